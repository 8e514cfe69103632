/* libav.c -- video through FFmpeg's libraries: which files it handles. The rest is a module,
 * because the libraries take long to load. */
#include "../image/image.h"
#include "../module.h"
#include "video.h"

#include <string.h>
#include <strings.h>

static bool begins(const unsigned char *head, size_t size, size_t at, const char *magic,
                   size_t length)
{
    return size >= at + length && memcmp(head + at, magic, length) == 0;
}

/* Some pictures use MP4's boxes too: HEIF, AVIF, JPEG XL. */
static bool is_mp4(const unsigned char *head, size_t size)
{
    static const char pictures[][5] = {"heic", "heix", "mif1", "avif", "jxl "};
    if (!begins(head, size, 4, "ftyp", 4))
        return false;
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        if (begins(head, size, 8, pictures[i], 4))
            return false;
    }
    return tri_format_of_head(head, size) == NULL; /* sequences of AVIF, if they can be read so */
}

/* The first packet of a transport stream as muxers write it: it starts a unit and has a payload. */
static bool is_mpegts(const unsigned char *head, size_t size)
{
    return size >= 4 && head[0] == 0x47 && (head[1] & 0xc0) == 0x40 && (head[3] & 0xd0) == 0x10;
}

static bool has_magic(const unsigned char *head, size_t size)
{
    return is_mp4(head, size) || begins(head, size, 0, "\x1a\x45\xdf\xa3", 4) ||
           (begins(head, size, 0, "RIFF", 4) && begins(head, size, 8, "AVI ", 4)) ||
           begins(head, size, 0, "FLV", 3) || begins(head, size, 0, "\0\0\1\xba", 4) ||
           begins(head, size, 0, "\0\0\1\xb3", 4) || begins(head, size, 0, "OggS", 4) ||
           begins(head, size, 0, "GIF8", 4) || begins(head, size, 0, "DKIF", 4) ||
           begins(head, size, 0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 8) || is_mpegts(head, size);
}

static const char *const extensions[] = {
    "mp4",  "m4v", "mov",   "qt",   "mkv",  "webm", "avi",  "mpg",  "mpeg", "m1v", "m2v",
    "vob",  "ts",  "m2ts",  "mts",  "flv",  "f4v",  "wmv",  "asf",  "ogv",  "ogm", "3gp",
    "3g2",  "gif", "mxf",   "dv",   "nut",  "ivf",  "obu",  "h264", "264",  "avc", "hevc",
    "h265", "265", "mjpeg", "mjpg", "apng", "rm",   "rmvb", NULL};

static bool has_extension(const char *extension)
{
    for (const char *const *known = extensions; *known != NULL; known++) {
        if (strcasecmp(extension, *known) == 0)
            return true;
    }
    return false;
}

/* Streams of pictures start like pictures; any other file that does is a picture, whatever its
 * name. */
static bool may_begin_so(const char *extension, const unsigned char *head, size_t size)
{
    return tri_format_of_head(head, size) == NULL || strcasecmp(extension, "apng") == 0 ||
           strcasecmp(extension, "mjpeg") == 0 || strcasecmp(extension, "mjpg") == 0;
}

static bool probe(const char *path, const unsigned char *head, size_t size)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    return has_magic(head, size) ||
           (dot != NULL && has_extension(dot + 1) && may_begin_so(dot + 1, head, size));
}

/* Asks the libraries only about formats that are not in the list. */
static bool writes(const char *path, const char *format)
{
    const struct tri_video_codec *module;
    return *format != '\0' &&
           (has_extension(format) ||
            ((module = tri_module_load("libav", NULL)) != NULL && module->writes(path, format)));
}

/* From here on the reader or the writer uses the module's functions. */
static enum tri_status open_input(struct tri_video_reader *reader, const char *path,
                                  struct tri_error *error)
{
    reader->codec = tri_module_load("libav", error);
    return reader->codec != NULL ? reader->codec->open(reader, path, error) : TRI_FAILED;
}

static enum tri_status create(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options,
                              struct tri_error *error)
{
    writer->codec = tri_module_load("libav", error);
    return writer->codec != NULL ? writer->codec->create(writer, path, options, error) : TRI_FAILED;
}

static const char *library(void)
{
    return "libavformat " TRI_VERSION_libav;
}

const struct tri_video_codec tri_video_codec_libav = {
    .library = library,
    .name = "libav",
    .probe = probe,
    .containers = true,
    .writes = writes,
    .open = open_input,
    .create = create,
};
