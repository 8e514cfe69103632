/* png_frames.c -- reads the frames of an animated PNG as shown: libpng decodes a frame's own
 * pixels, which are drawn onto a canvas here (PNG, third edition, section 13.4: "Canvas" and the
 * chunks acTL, fcTL and fdAT). */
#include "big_endian.h"
#include "checksum.h"
#include "exif.h"
#include "png_codec.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_MOST (1 << 24) /* more than four days at 48 frames a second */
#define HEADER 13             /* bytes of IHDR */
#define CHUNK 12              /* bytes of a chunk besides its data */

struct frame {
    uint32_t width, height, x, y;
    unsigned char dispose, blend;
    size_t at, end; /* the chunks with its data, and others between them */
};

struct animation {
    struct frame *frames;
    long count, found, next;
    uint32_t sequence;                    /* expected number of the next fcTL or fdAT */
    size_t header, palette, transparency; /* offsets of these chunks; 0 if absent */
    bool still;                           /* the picture in IDAT is not one of the frames */
    /* part of the canvas may be transparent, whatever the frames' pixels */
    bool alpha;
    /* the canvas as shown, and as it was before a frame that will be undone */
    struct tri_image *canvas, *before;
};

/* ---- the file's frames ---- */

static struct tri_duration duration_of(const unsigned char *control)
{
    const int count = control[20] << 8 | control[21], per = control[22] << 8 | control[23];
    return (struct tri_duration){count, per > 0 ? per : 100};
}

/* A frame starts with its fcTL; false if that is damaged. */
static bool add_frame(struct animation *animation, struct tri_series *series,
                      const struct tri_png_chunk *chunk, size_t end)
{
    const unsigned char *control = chunk->data;
    if (chunk->size != TRI_APNG_CONTROL || !tri_png_chunk_intact(chunk) ||
        animation->found == animation->count)
        return false;
    series->durations[animation->found] = duration_of(control);
    animation->frames[animation->found++] = (struct frame){
        .width = tri_get_be32(control + 4),
        .height = tri_get_be32(control + 8),
        .x = tri_get_be32(control + 12),
        .y = tri_get_be32(control + 16),
        .dispose = control[24],
        .blend = control[25],
        .at = end,
        .end = end,
    };
    return true;
}

static bool is_numbered(const struct tri_png_chunk *chunk)
{
    return tri_png_chunk_is(chunk, "fcTL") || tri_png_chunk_is(chunk, "fdAT");
}

/* Finds frames until one is damaged. */
static void find_frames(struct animation *animation, const struct tri_source *source,
                        struct tri_series *series)
{
    struct tri_png_chunk chunk;
    size_t at = TRI_PNG_SIGNATURE, start = at;
    animation->still = true;
    for (; tri_png_chunk_next(source, &at, &chunk) && !tri_png_chunk_is(&chunk, "IEND");
         start = at) {
        struct frame *frame =
            animation->found > 0 ? &animation->frames[animation->found - 1] : NULL;
        const bool data = tri_png_chunk_is(&chunk, "IDAT");
        if (tri_png_chunk_is(&chunk, "IHDR"))
            animation->header = start;
        else if (tri_png_chunk_is(&chunk, "PLTE"))
            animation->palette = start;
        else if (tri_png_chunk_is(&chunk, "tRNS"))
            animation->transparency = start;
        else if (is_numbered(&chunk) &&
                 (chunk.size < 4 || tri_get_be32(chunk.data) != animation->sequence++))
            return;
        else if (tri_png_chunk_is(&chunk, "fcTL") && !add_frame(animation, series, &chunk, at))
            return;
        else if ((data || tri_png_chunk_is(&chunk, "fdAT")) && frame != NULL)
            frame->end = at;
        animation->still &= !(data && frame != NULL);
    }
}

/* Whether the canvas shows parts that no frame has covered or that were cleared. */
static bool has_gaps(const struct animation *animation, uint32_t width, uint32_t height)
{
    bool gaps = false;
    for (long i = 0; i < animation->found && !gaps; i++) {
        const struct frame *frame = &animation->frames[i], *last = i > 0 ? frame - 1 : NULL;
        const bool cleared = last == NULL || last->dispose == TRI_APNG_CLEAR ||
                             (last->dispose == TRI_APNG_RESTORE && i == 1);
        gaps = cleared && (frame->width < width || frame->height < height);
    }
    return gaps;
}

/* The number of frames; 0 if it is no animation. */
static uint32_t count_frames(const struct tri_source *source, int *loops)
{
    struct tri_png_chunk chunk;
    size_t at = TRI_PNG_SIGNATURE;
    while (tri_png_chunk_next(source, &at, &chunk) && !tri_png_chunk_is(&chunk, "IDAT")) {
        if (!tri_png_chunk_is(&chunk, "acTL") || chunk.size != 8 || !tri_png_chunk_intact(&chunk))
            continue;
        const uint32_t plays = tri_get_be32(chunk.data + 4);
        *loops = plays <= INT32_MAX ? (int)plays : 0;
        return tri_get_be32(chunk.data);
    }
    return 0;
}

enum tri_status tri_png_open(struct tri_source *source, struct tri_series *series)
{
    int loops = 0;
    const uint32_t count = count_frames(source, &loops);
    if (count > FRAMES_MOST)
        return tri_source_fail(source, "%u frames exceed the limit of %d", count, FRAMES_MOST);
    if (count < 1 || source->size < TRI_PNG_SIGNATURE + CHUNK + HEADER)
        return TRI_OK;
    /* No more than fit the file: each frame has at least a chunk. */
    const size_t room = count < source->size / CHUNK ? count : source->size / CHUNK;
    struct animation *animation = calloc(1, sizeof *animation);
    series->durations = calloc(room, sizeof series->durations[0]);
    if (animation == NULL || series->durations == NULL ||
        (animation->frames = calloc(room, sizeof animation->frames[0])) == NULL) {
        free(animation);
        return tri_source_fail(source, "out of memory for %u frames", count);
    }
    animation->count = (long)room;
    find_frames(animation, source, series);
    series->state = animation;
    if (count == 1 && !animation->still) { /* really a still picture */
        tri_png_close(series);
        return TRI_OK;
    }
    if (animation->header == 0) {
        tri_png_close(series);
        return tri_source_fail(source, "the IHDR chunk is missing");
    }
    if (animation->still)
        tri_note(series->left_out, "still picture dropped: it is not one of the frames");
    const unsigned char *header = source->data + animation->header + 8;
    animation->alpha = has_gaps(animation, tri_get_be32(header), tri_get_be32(header + 4));
    series->info.count = (long)room;
    series->info.animated = true;
    series->info.loops = loops;
    series->info.word = "frame";
    return TRI_OK;
}

void tri_png_close(struct tri_series *series)
{
    struct animation *animation = series->state;
    free(animation->frames);
    tri_image_free(animation->canvas);
    tri_image_free(animation->before);
    free(animation);
    free(series->durations);
    series->durations = NULL;
    series->state = NULL;
}

/* ---- a frame's own pixels ---- */

static size_t put_chunk(unsigned char *to, const char *type, const void *data, size_t size)
{
    tri_put_be32(to, (uint32_t)size);
    memcpy(to + 4, type, 4);
    if (size > 0)
        memcpy(to + 8, data, size);
    tri_put_be32(to + 8 + size, tri_crc32(0, to + 4, size + 4));
    return CHUNK + size;
}

static size_t copy_chunk(unsigned char *to, const struct tri_source *source, size_t at)
{
    if (at == 0)
        return 0;
    const size_t size = tri_get_be32(source->data + at) + CHUNK;
    memcpy(to, source->data + at, size);
    return size;
}

static size_t chunk_size(const struct tri_source *source, size_t at)
{
    return at > 0 ? tri_get_be32(source->data + at) + CHUNK : 0;
}

/* fdAT data start with a number; IDAT is copied with its checksum. */
static size_t put_data(unsigned char *to, const struct tri_source *source,
                       const struct frame *frame, bool *intact)
{
    const struct tri_source part = {.data = source->data, .size = frame->end};
    struct tri_png_chunk chunk;
    size_t size = 0, at = frame->at;
    *intact = true;
    while (tri_png_chunk_next(&part, &at, &chunk)) {
        if (tri_png_chunk_is(&chunk, "IDAT")) {
            memcpy(to + size, chunk.data - 8, chunk.size + CHUNK);
            size += chunk.size + CHUNK;
        } else if (tri_png_chunk_is(&chunk, "fdAT") && chunk.size >= 4) {
            *intact &= tri_png_chunk_intact(&chunk);
            size += put_chunk(to + size, "IDAT", chunk.data + 4, chunk.size - 4);
        }
    }
    return size;
}

/* Makes a PNG file of the frame alone for libpng. */
static enum tri_status decode_frame(struct tri_source *source, const struct animation *animation,
                                    const struct frame *frame, struct tri_image **image)
{
    unsigned char header[HEADER];
    bool intact;
    const size_t most = TRI_PNG_SIGNATURE + 2 * CHUNK + HEADER +
                        chunk_size(source, animation->palette) +
                        chunk_size(source, animation->transparency) + (frame->end - frame->at);
    unsigned char *file = malloc(most);
    if (file == NULL)
        return tri_source_fail(source, "out of memory for %zu bytes", most);
    memcpy(header, source->data + animation->header + 8, HEADER);
    tri_put_be32(header, frame->width);
    tri_put_be32(header + 4, frame->height);
    size_t size = TRI_PNG_SIGNATURE;
    memcpy(file, source->data, size);
    size += put_chunk(file + size, "IHDR", header, HEADER);
    size += copy_chunk(file + size, source, animation->palette);
    size += copy_chunk(file + size, source, animation->transparency);
    size += put_data(file + size, source, frame, &intact);
    size += put_chunk(file + size, "IEND", NULL, 0);
    struct tri_source own = *source;
    own.data = file;
    own.size = size;
    enum tri_status status = frame->end == frame->at
                                 ? tri_source_fail(source, "the file is truncated")
                             : intact ? TRI_OK
                                      : tri_source_fail(source, "the data is damaged");
    if (status == TRI_OK && !tri_png_read_fast(&own, image))
        status = tri_png_read(&own, image);
    memcpy(source->warning, own.warning, sizeof own.warning);
    free(file);
    return status;
}

/* ---- the canvas ---- */

/* One sample over the one below, whose weight is its alpha times what the upper lets through. */
#define LOOPS(type, most, wide) \
    static void put_##type(const struct tri_image *from, int y, struct tri_image *to, int to_y, \
                           int to_x, bool over) \
    { \
        const int planes = from->shape.planes, colours = planes - (planes % 2 == 0); \
        const type *above = planes > colours ? tri_image_row(from, planes - 1, y) : NULL; \
        type *below = to->shape.planes > colours \
                          ? (type *)tri_image_row(to, to->shape.planes - 1, to_y) + to_x \
                          : NULL; \
        for (int x = 0; x < from->shape.width; x++) { \
            const wide a = above != NULL ? above[x] : (wide)(most); \
            const wide rest = over && below != NULL ? below[x] * ((wide)(most)-a) : 0, \
                       sum = a * (wide)(most) + rest; \
            for (int plane = 0; plane < colours; plane++) { \
                type *sample = (type *)tri_image_row(to, plane, to_y) + to_x + x; \
                const wide own = ((const type *)tri_image_row(from, plane, y))[x]; \
                if (!over || rest == 0) \
                    *sample = over && a == 0 ? *sample : (type)own; \
                else \
                    *sample = (type)((own * a * (wide)(most) + *sample * rest + sum / 2) / sum); \
            } \
            if (below != NULL) \
                below[x] = (type)((sum + (most) / 2) / (most)); \
        } \
    }

LOOPS(uint8_t, 255, uint32_t)
LOOPS(uint16_t, 65535, uint64_t)

static void put_frame(const struct tri_image *image, const struct frame *frame,
                      struct tri_image *canvas)
{
    for (int y = 0; y < image->shape.height; y++) {
        if (image->shape.bits == 8)
            put_uint8_t(image, y, canvas, (int)frame->y + y, (int)frame->x,
                        frame->blend == TRI_APNG_OVER);
        else
            put_uint16_t(image, y, canvas, (int)frame->y + y, (int)frame->x,
                         frame->blend == TRI_APNG_OVER);
    }
}

/* Restores the frame's part of the canvas; to transparent black if `before` is NULL. */
static void take_back(const struct frame *frame, const struct tri_image *before,
                      struct tri_image *canvas)
{
    const size_t sample = tri_sample_bytes(&canvas->shape), bytes = frame->width * sample,
                 left = frame->x * sample;
    for (int plane = 0; plane < canvas->shape.planes; plane++) {
        for (uint32_t y = frame->y; y < frame->y + frame->height; y++) {
            unsigned char *to = (unsigned char *)tri_image_row(canvas, plane, (int)y) + left;
            if (before != NULL)
                memcpy(to, (const unsigned char *)tri_image_row(before, plane, (int)y) + left,
                       bytes);
            else
                memset(to, 0, bytes);
        }
    }
}

static enum tri_status copy_image(const struct tri_source *source, const struct tri_image *image,
                                  struct tri_image **copy)
{
    const struct tri_shape *shape = &image->shape;
    const enum tri_status status = tri_source_image(
        source, (uint64_t)shape->width, (uint64_t)shape->height, shape->planes, shape->bits, copy);
    for (int plane = 0; status == TRI_OK && plane < shape->planes; plane++)
        tri_image_copy_plane(image, plane, *copy, plane);
    return status;
}

/* Makes a canvas for frames like `image`. */
static enum tri_status make_canvas(struct animation *animation, const struct tri_source *source,
                                   const struct tri_image *image)
{
    const unsigned char *header = source->data + animation->header + 8;
    const uint32_t width = tri_get_be32(header), height = tri_get_be32(header + 4);
    const int planes = image->shape.planes + (animation->alpha && image->shape.planes % 2 == 1);
    const struct frame whole = {.width = width, .height = height};
    const enum tri_status status =
        tri_source_image(source, width, height, planes, image->shape.bits, &animation->canvas);
    if (status == TRI_OK)
        take_back(&whole, NULL, animation->canvas);
    return status;
}

static enum tri_status check_place(const struct tri_source *source,
                                   const struct animation *animation, const struct frame *frame)
{
    const unsigned char *header = source->data + animation->header + 8;
    const uint64_t width = tri_get_be32(header), height = tri_get_be32(header + 4);
    if (frame->width < 1 || frame->height < 1 || (uint64_t)frame->x + frame->width > width ||
        (uint64_t)frame->y + frame->height > height)
        return tri_source_fail(
            source, "%u x %u pixels at %u, %u extend beyond the canvas of %u x %u", frame->width,
            frame->height, frame->x, frame->y, (unsigned)width, (unsigned)height);
    return tri_source_check_size(source, width, height);
}

/* Disposes of the previous frame. */
static void dispose_last(struct animation *animation, long index)
{
    const struct frame *last = &animation->frames[index - 1];
    if (last->dispose == TRI_APNG_CLEAR)
        take_back(last, NULL, animation->canvas);
    else if (last->dispose == TRI_APNG_RESTORE)
        take_back(last, animation->before, animation->canvas);
    tri_image_free(animation->before);
    animation->before = NULL;
}

static enum tri_status show(struct animation *animation, const struct tri_source *source,
                            long index, const struct tri_image *own)
{
    const struct frame *frame = &animation->frames[index];
    enum tri_status status = TRI_OK;
    if (animation->canvas == NULL)
        status = make_canvas(animation, source, own);
    if (status == TRI_OK && index > 0)
        dispose_last(animation, index);
    /* before the first frame there is nothing */
    if (status == TRI_OK && frame->dispose == TRI_APNG_RESTORE && index > 0)
        status = copy_image(source, animation->canvas, &animation->before);
    if (status == TRI_OK)
        put_frame(own, frame, animation->canvas);
    return status;
}

enum tri_status tri_png_next(struct tri_source *source, struct tri_series *series,
                             struct tri_image **image)
{
    struct animation *animation = series->state;
    const long index = animation->next;
    struct tri_image *own = NULL;
    int orientation = 1;
    *image = NULL;
    if (index >= animation->found)
        return tri_source_fail(source,
                               "the file is damaged or truncated: only %ld frames were found",
                               animation->found);
    enum tri_status status = check_place(source, animation, &animation->frames[index]);
    if (status == TRI_OK)
        status = decode_frame(source, animation, &animation->frames[index], &own);
    if (status == TRI_OK)
        status = show(animation, source, index, own);
    tri_image_free(own);
    if (status == TRI_OK)
        status = copy_image(source, animation->canvas, image);
    if (status == TRI_OK)
        status = tri_png_read_metadata(source, &orientation);
    if (status == TRI_OK)
        status = tri_source_orient(source, orientation, image);
    animation->next++;
    return status;
}
