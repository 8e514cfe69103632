/* libav_avi_start.c -- start times of AVI streams. The muxer starts all streams at once and leaves
 * their headers' start field (dwStart) empty; so packets are shifted to the times it expects, and
 * the field is filled in at the end. */
#include "libav_codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_AT 28 /* offset of dwStart after "strh" and its size */

static bool is_avi(const struct tri_libav_output *output)
{
    return strcmp(output->format->oformat->name, "avi") == 0;
}

/* If nothing can be filled in later, packets stay where they are. */
int tri_libav_begin_late(struct tri_libav_output *output, AVPacket *packet)
{
    const int index = packet->stream_index;
    if (!is_avi(output) || output->file.temporary == NULL)
        return 0;
    if (output->starts == NULL) {
        output->starts = calloc(output->format->nb_streams, sizeof *output->starts);
        if (output->starts == NULL)
            return AVERROR(ENOMEM);
    }
    struct tri_libav_start *start = &output->starts[index];
    if (!start->known && packet->dts != AV_NOPTS_VALUE) {
        start->known = true;
        start->time = packet->dts <= UINT32_MAX
                          ? packet->dts
                          : 0; /* a time before 0 is less than one audio packet */
    }
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts -= start->time;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts -= start->time;
    return 0;
}

static bool read_chunk(FILE *file, char name[4], long *end)
{
    unsigned char head[8];
    if (fread(head, 1, sizeof head, file) != sizeof head)
        return false;
    memcpy(name, head, 4);
    const uint32_t size =
        head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 24;
    *end = ftell(file) + (long)size + (long)(size & 1);
    return true;
}

/* Leaves `file` after the head of the next "strh", which is nested in lists. */
static bool find_header(FILE *file)
{
    char name[4];
    long end;
    while (read_chunk(file, name, &end)) {
        if (memcmp(name, "strh", 4) == 0)
            return true;
        const bool list = memcmp(name, "RIFF", 4) == 0 || memcmp(name, "LIST", 4) == 0;
        if (fseek(file, list ? 4 : end, list ? SEEK_CUR : SEEK_SET) != 0)
            return false;
    }
    return false;
}

static bool write_starts(const struct tri_libav_output *output, FILE *file)
{
    for (unsigned i = 0; i < output->format->nb_streams; i++) {
        const uint32_t time = output->starts[i].time > 0 ? (uint32_t)output->starts[i].time : 0;
        const unsigned char bytes[4] = {time & 255, time >> 8 & 255, time >> 16 & 255, time >> 24};
        long at;
        if (!find_header(file) || (at = ftell(file)) < 0 || fseek(file, START_AT, SEEK_CUR) != 0 ||
            fwrite(bytes, 1, 4, file) != 4 || fseek(file, at - 8, SEEK_SET) != 0)
            return false;
        char name[4];
        long end;
        if (!read_chunk(file, name, &end) || fseek(file, end, SEEK_SET) != 0)
            return false;
    }
    return true;
}

int tri_libav_end_late(const struct tri_libav_output *output)
{
    bool late = false;
    for (unsigned i = 0; output->starts != NULL && i < output->format->nb_streams; i++)
        late |= output->starts[i].time > 0;
    if (!late)
        return 0;
    errno = 0;
    FILE *file = fopen(output->file.temporary, "r+be");
    bool done = file != NULL && write_starts(output, file);
    const int code = AVERROR(errno != 0 ? errno : EIO);
    if (file != NULL)
        done &= fclose(file) == 0;
    return done ? 0 : code;
}
