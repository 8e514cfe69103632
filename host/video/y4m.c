/* y4m.c -- YUV4MPEG2, the uncompressed stream of MJPEG tools that FFmpeg, x264 and others exchange.
 * Frames are read into and written from planes directly, without a copy in between. Those of a
 * regular file are only found in order; several at a time are then read.
 *
 * A line "YUV4MPEG2 W640 H480 F25:1 Ip A1:1 C420jpeg", then for each frame a line "FRAME" and the
 * rows of its planes; samples of more than 8 bits are little-endian words. */
#include "y4m_codec.h"

#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

/* ---- colour spaces ---- */

static const struct space {
    const char *name;
    int planes, shift_x, shift_y;
    const char *siting;
} spaces[] = {
    {"420jpeg", 3, 1, 1, "jpeg"}, {"420mpeg2", 3, 1, 1, "mpeg2"}, {"420paldv", 3, 1, 1, "paldv"},
    {"420", 3, 1, 1, ""},         {"422", 3, 1, 0, ""},           {"444", 3, 0, 0, ""},
    {"411", 3, 2, 0, ""},         {"440", 3, 0, 1, ""},           {"mono", 1, 0, 0, ""},
};
enum { SPACES = sizeof spaces / sizeof spaces[0] };

bool tri_y4m_parse_space(const char *text, struct tri_video *video)
{
    for (int i = 0; i < SPACES; i++) {
        const struct space *space = &spaces[i];
        const size_t length = strlen(space->name);
        char end;
        int bits = 8;
        if (strncmp(text, space->name, length) != 0)
            continue;
        const char *rest = text + length;
        if (*rest == 'p' && space->planes == 3)
            rest++;
        else if (*rest != '\0' && space->planes == 3)
            continue;
        if (*rest != '\0' && (sscanf(rest, "%2d%c", &bits, &end) != 1 || bits < 9 || bits > 16))
            continue;
        video->planes = space->planes;
        video->shift_x = space->shift_x;
        video->shift_y = space->shift_y;
        video->bits = bits;
        snprintf(video->siting, sizeof video->siting, "%s", space->siting);
        return true;
    }
    return false;
}

bool tri_y4m_print_space(const struct tri_video *video, char text[24])
{
    const bool sited =
        video->bits == 8 && video->planes == 3 && video->shift_x == 1 && video->shift_y == 1;
    for (int i = 0; i < SPACES; i++) {
        const struct space *space = &spaces[i];
        if (video->planes != space->planes || video->shift_x != space->shift_x ||
            video->shift_y != space->shift_y ||
            strcmp(sited ? video->siting : "", space->siting) != 0)
            continue;
        if (video->bits > 8)
            snprintf(text, 24, "%s%s%d", space->name, space->planes == 3 ? "p" : "", video->bits);
        else
            snprintf(text, 24, "%s", space->name);
        return true;
    }
    return false;
}

/* ---- samples ---- */

void tri_y4m_to_native(struct tri_frame *frame, int bits)
{
    const uint16_t mask = (uint16_t)((1 << bits) - 1), probe = 1;
    const bool swap = *(const unsigned char *)&probe == 0;
    for (int p = 0; p < 3 && frame->planes[p] != NULL; p++) {
        for (int y = 0; y < frame->planes[p]->shape.height; y++) {
            uint16_t *row = tri_image_row(frame->planes[p], 0, y);
            for (int x = 0; x < frame->planes[p]->shape.width; x++)
                row[x] = (swap ? __builtin_bswap16(row[x]) : row[x]) & mask;
        }
    }
}

const struct tri_video_codec tri_video_codec_y4m = {
    .name = "y4m",
    .probe = tri_y4m_probe,
    .takes = TRI_ONLY_YCBCR,
    .writes = tri_y4m_writes,
    .open = tri_y4m_open,
    .next = tri_y4m_next,
    .decode = tri_y4m_decode,
    .close = tri_y4m_close,
    .create = tri_y4m_create,
    .encode = tri_y4m_encode,
    .put = tri_y4m_put,
    .end = tri_y4m_end,
};
