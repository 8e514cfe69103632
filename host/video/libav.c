/* libav.c -- video through FFmpeg's libraries: which files, and the codec's functions. */
#include "libav_codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *tri_libav_reason(int code, char text[TRI_LIBAV_TEXT])
{
    av_strerror(code, text, TRI_LIBAV_TEXT);
    return text;
}

AVRational tri_libav_fraction(const int fraction[2], AVRational otherwise)
{
    return fraction[0] > 0 && fraction[1] > 0 ? (AVRational){fraction[0], fraction[1]} : otherwise;
}

/* ---- which files ---- */

static bool listed(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcasecmp(word, *list) == 0)
            return true;
    }
    return false;
}

static bool begins(const unsigned char *head, size_t size, size_t at, const char *magic, size_t length)
{
    return size >= at + length && memcmp(head + at, magic, length) == 0;
}

/* Pictures have the boxes of MP4 too: HEIF, AVIF, JPEG XL. */
static bool is_mp4(const unsigned char *head, size_t size)
{
    static const char pictures[][5] = {"heic", "heix", "mif1", "avif", "jxl "};
    if (!begins(head, size, 4, "ftyp", 4))
        return false;
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        if (begins(head, size, 8, pictures[i], 4))
            return false;
    }
    return true;
}

static bool has_magic(const unsigned char *head, size_t size)
{
    return is_mp4(head, size) || begins(head, size, 0, "\x1a\x45\xdf\xa3", 4) ||
           (begins(head, size, 0, "RIFF", 4) && begins(head, size, 8, "AVI ", 4)) ||
           begins(head, size, 0, "FLV", 3) || begins(head, size, 0, "\0\0\1\xba", 4) ||
           begins(head, size, 0, "\0\0\1\xb3", 4) || begins(head, size, 0, "OggS", 4) ||
           begins(head, size, 0, "GIF8", 4) || begins(head, size, 0, "DKIF", 4);
}

static bool probe(const char *path, const unsigned char *head, size_t size)
{
    static const char *const extensions[] = {
        "mp4",  "m4v", "mov",   "qt",   "mkv",  "webm", "avi",  "mpg",  "mpeg", "m1v", "m2v",
        "vob",  "ts",  "m2ts",  "mts",  "flv",  "f4v",  "wmv",  "asf",  "ogv",  "ogm", "3gp",
        "3g2",  "gif", "mxf",   "dv",   "nut",  "ivf",  "obu",  "h264", "264",  "avc", "hevc",
        "h265", "265", "mjpeg", "mjpg", "apng", "rm",   "rmvb", NULL};
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    return has_magic(head, size) || (dot != NULL && listed(dot + 1, extensions));
}

const AVOutputFormat *tri_libav_container(const char *format)
{
    /* They are for pictures. */
    static const char *const others[] = {"webp", "ico", "fits", "avif", NULL};
    char name[64];
    if (*format == '\0' || snprintf(name, sizeof name, "x.%s", format) >= (int)sizeof name)
        return NULL;
    const AVOutputFormat *container = av_guess_format(format, name, NULL);
    if (container == NULL || container->video_codec == AV_CODEC_ID_NONE ||
        container->video_codec == AV_CODEC_ID_PNG /* the cover of a song */ ||
        (container->flags & AVFMT_NOFILE) || listed(container->name, others))
        return NULL;
    return container;
}

static bool writes(const char *path, const char *format)
{
    (void)path;
    return tri_libav_container(format) != NULL;
}

static const char *library(void)
{
    return "libavformat " AV_STRINGIFY(LIBAVFORMAT_VERSION);
}

const struct tri_video_codec tri_video_codec_libav = {
    .library = library,
    .name = "libav",
    .probe = probe,
    .writes = writes,
    .open = tri_libav_open,
    .next = tri_libav_next,
    .decode = tri_libav_decode,
    .close = tri_libav_close,
    .create = tri_libav_create,
    .encode = tri_libav_encode,
    .put = tri_libav_put,
    .end = tri_libav_end,
    .discard = tri_libav_discard,
};
