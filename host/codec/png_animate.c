/* png_animate.c -- writes an animated PNG: each frame is encoded as a file of its own, whose chunks
 * go into one. */
#include "big_endian.h"
#include "checksum.h"
#include "png_codec.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 12
#define HEADER_END (TRI_PNG_SIGNATURE + CHUNK + 13) /* after IHDR */
#define CONTROL_SIZE 8                              /* of acTL */

struct animation {
    FILE *file; /* in memory */
    char *data;
    size_t size;
    unsigned char head[HEADER_END]; /* start of each frame's own file */
    int loops;
    uint32_t frames, sequence;
};

/* Writes a chunk whose data are in two parts. */
static bool put(FILE *file, const char *type, const unsigned char *first, size_t first_size,
                const unsigned char *second, size_t second_size)
{
    unsigned char head[8], sum[4];
    uint32_t crc = tri_crc32(0, type, 4);
    tri_put_be32(head, (uint32_t)(first_size + second_size));
    memcpy(head + 4, type, 4);
    crc = tri_crc32(crc, first, first_size);
    crc = second_size > 0 ? tri_crc32(crc, second, second_size) : crc;
    tri_put_be32(sum, crc);
    return fwrite(head, 1, 8, file) == 8 && fwrite(first, 1, first_size, file) == first_size &&
           (second_size == 0 || fwrite(second, 1, second_size, file) == second_size) &&
           fwrite(sum, 1, 4, file) == 4;
}

static enum tri_status no_memory(const struct tri_sink *sink)
{
    return tri_sink_fail(sink, "out of memory for the file");
}

enum tri_status tri_png_begin(const struct tri_sink *sink, const struct tri_pictures_info *info,
                              void **state)
{
    struct animation *animation = calloc(1, sizeof *animation);
    *state = animation;
    if (animation == NULL)
        return no_memory(sink);
    animation->loops = info->loops;
    animation->file = open_memstream(&animation->data, &animation->size);
    return animation->file != NULL ? TRI_OK : no_memory(sink);
}

/* fcTL: covers the whole canvas and replaces its pixels. */
static bool put_control(struct animation *animation, struct tri_duration duration)
{
    unsigned char control[TRI_APNG_CONTROL] = {0};
    int count = duration.count, per = duration.per;
    if (count < 0 || per < 1) { /* unspecified: as for numbered pictures */
        count = 1;
        per = 25;
    }
    if (count > UINT16_MAX || per > UINT16_MAX) { /* to the nearest the format can express */
        const double seconds = (double)count / per;
        per = seconds <= 65 ? 1000 : 1;
        count = seconds < UINT16_MAX ? (int)(seconds * per + 0.5) : UINT16_MAX;
    }
    tri_put_be32(control, animation->sequence++);
    memcpy(control + 4, animation->head + TRI_PNG_SIGNATURE + 8, 8); /* width and height */
    control[20] = (unsigned char)(count >> 8);
    control[21] = (unsigned char)count;
    control[22] = (unsigned char)(per >> 8);
    control[23] = (unsigned char)per;
    return put(animation->file, "fcTL", control, sizeof control, NULL, 0);
}

/* Writes all of the first frame's file, of others the pixels. The number of frames is known only at
 * the end. */
static bool put_frame(struct animation *animation, const struct tri_source *file,
                      struct tri_duration duration)
{
    static const unsigned char unknown[CONTROL_SIZE];
    const bool first = animation->frames == 0;
    struct tri_png_chunk chunk;
    size_t at = HEADER_END;
    bool written = true, begun = false;
    if (first)
        written = fwrite(file->data, 1, HEADER_END, animation->file) == HEADER_END &&
                  put(animation->file, "acTL", unknown, sizeof unknown, NULL, 0);
    while (written && tri_png_chunk_next(file, &at, &chunk) && !tri_png_chunk_is(&chunk, "IEND")) {
        const bool data = tri_png_chunk_is(&chunk, "IDAT");
        unsigned char number[4];
        if (data && !begun)
            written = put_control(animation, duration);
        begun |= data;
        if (first) {
            written &= fwrite(chunk.data - 8, 1, chunk.size + CHUNK, animation->file) ==
                       chunk.size + CHUNK;
        } else if (data) {
            tri_put_be32(number, animation->sequence++);
            written &= put(animation->file, "fdAT", number, sizeof number, chunk.data, chunk.size);
        }
    }
    animation->frames++;
    return written;
}

/* Frames are parts of one picture, so the file determines the size and kind of samples. */
static enum tri_status take_frame(const struct tri_sink *sink, struct animation *animation,
                                  const struct tri_source *file, struct tri_duration duration)
{
    if (animation->frames == 0)
        memcpy(animation->head, file->data, HEADER_END);
    else if (memcmp(animation->head, file->data, HEADER_END) != 0)
        return tri_fail(
            sink->error, TRI_USAGE,
            "cannot write %s: the size or depth of frame %u differs from the frames before it",
            sink->name, animation->frames + 1);
    return put_frame(animation, file, duration) ? TRI_OK : no_memory(sink);
}

enum tri_status tri_png_add(const struct tri_sink *sink, void *state, const struct tri_part *part)
{
    const struct tri_source file = {.data = part->data, .size = part->size};
    return take_frame(sink, state, &file, part->duration);
}

enum tri_status tri_png_finish(const struct tri_sink *sink, void *state)
{
    static const unsigned char end[CHUNK] = {0,   0,   0,    0,    'I',  'E',
                                             'N', 'D', 0xae, 0x42, 0x60, 0x82};
    struct animation *animation = state;
    bool written = fwrite(end, 1, sizeof end, animation->file) == sizeof end;
    written &= !ferror(animation->file);
    written &= fclose(animation->file) == 0;
    animation->file = NULL;
    if (!written || animation->data == NULL || animation->size < HEADER_END + CHUNK + CONTROL_SIZE)
        return no_memory(sink);
    unsigned char *control = (unsigned char *)animation->data + HEADER_END;
    tri_put_be32(control + 8, animation->frames);
    tri_put_be32(control + 12, (uint32_t)animation->loops);
    tri_put_be32(control + 16, tri_crc32(0, control + 4, 4 + CONTROL_SIZE));
    return tri_sink_write(sink, animation->data, animation->size);
}

void tri_png_drop(void *state)
{
    struct animation *animation = state;
    if (animation == NULL)
        return;
    if (animation->file != NULL)
        fclose(animation->file);
    free(animation->data);
    free(animation);
}
