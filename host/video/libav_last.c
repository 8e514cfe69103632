/* libav_last.c -- how long animations (GIF, APNG) show their last frame. */
#include "libav_codec.h"

#include <libavutil/opt.h>
#include <string.h>

void tri_libav_set_last(AVFormatContext *format, int64_t duration, AVRational base)
{
    if (format->priv_data == NULL || duration <= 0)
        return;
    const int64_t hundredths = av_rescale_q(duration, base, (AVRational){1, 100});
    if (strcmp(format->oformat->name, "gif") == 0)
        av_opt_set_int(format->priv_data, "final_delay",
                       av_clip_uint16(FFMAX(hundredths, 100 / TRI_GIF_RATE)), 0);
    else if (strcmp(format->oformat->name, "apng") == 0)
        av_opt_set_q(format->priv_data, "final_delay",
                     av_mul_q((AVRational){(int)FFMIN(duration, INT32_MAX), 1}, base), 0);
}
