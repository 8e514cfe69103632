/* libav_module.c -- the module's interface to frame.c, and which containers can be written. */
#include "libav_codec.h"

#include <libavutil/avstring.h>
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

static bool listed(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcasecmp(word, *list) == 0)
            return true;
    }
    return false;
}

const AVOutputFormat *tri_libav_container(const char *format)
{
    /* Formats for pictures. */
    static const char *const others[] = {"webp", "ico", "fits", "avif", NULL};
    char name[64];
    if (strcasecmp(format, "m4v") == 0) /* Apple's MP4; libavformat's name for bare MPEG-4 video */
        format = "ipod";
    if (*format == '\0' || snprintf(name, sizeof name, "x.%s", format) >= (int)sizeof name)
        return NULL;
    const AVOutputFormat *container = av_guess_format(format, name, NULL);
    if (container == NULL || container->video_codec == AV_CODEC_ID_NONE ||
        container->video_codec == AV_CODEC_ID_PNG /* the cover of an audio file */ ||
        (container->flags & AVFMT_NOFILE) || listed(container->name, others))
        return NULL;
    return container;
}

bool tri_libav_is_mp4(const AVOutputFormat *container)
{
    return av_match_name(container->name, "mp4,mov,3gp,3g2,ipod,psp,f4v,ismv") > 0;
}

static bool writes(const char *path, const char *format)
{
    (void)path;
    return tri_libav_container(format) != NULL;
}

static const struct tri_video_codec codec = {
    .name = "libav",
    .writes = writes,
    .containers = true,
    .open = tri_libav_open,
    .next = tri_libav_next,
    .decode = tri_libav_decode,
    .seek = tri_libav_seek,
    .close = tri_libav_close,
    .create = tri_libav_create,
    .encode = tri_libav_encode,
    .put = tri_libav_put,
    .end = tri_libav_end,
    .discard = tri_libav_discard,
    .beside = tri_libav_list_beside,
};
TRI_MODULE_BEGIN(codec)
