/* png_fast.c -- reads the usual PNG files fast: inflates strips of rows into a small ring; another
 * thread, if one is free, unfilters them from there and splits them into planes.
 *
 * Accepts only what libpng reads without a warning, with every checksum right, and leaves the rest
 * to libpng. So both give the same pixels, and all messages about damage are libpng's. */
#include "big_endian.h"
#include "checksum.h"
#include "inflate.h"
#include "png_codec.h"
#include "png_unfilter.h"

#include "../parallel/pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4
/* at least, except the last; the ring stays in a core's L2 cache */
#define STRIP_BYTES ((size_t)128 << 10)
#define INPUT_BYTES ((size_t)64 << 10)
#define ANCILLARY_MAX ((size_t)4 << 20) /* libpng warns about chunks over 8 MB */

/* ---- what is accepted ---- */

struct header {
    uint32_t width, height;
    int planes, bits;
};

static bool read_header(const struct tri_source *source, size_t *at, struct header *header)
{
    static const int planes_of[7] = {1, 0, 3, 0, 2, 0, 4};
    struct tri_png_chunk chunk;

    *at = TRI_PNG_SIGNATURE;
    if (source->size < TRI_PNG_SIGNATURE ||
        memcmp(source->data, "\211PNG\r\n\032\n", TRI_PNG_SIGNATURE) != 0)
        return false;
    if (!tri_png_chunk_next(source, at, &chunk) || !tri_png_chunk_is(&chunk, "IHDR") ||
        chunk.size != 13 || !tri_png_chunk_intact(&chunk))
        return false;
    const unsigned char *data = chunk.data;
    *header = (struct header){tri_get_be32(data), tri_get_be32(data + 4),
                              data[9] < 7 ? planes_of[data[9]] : 0, data[8]};
    const bool size_fits = header->width > 0 && header->height > 0 &&
                           header->width <= TRI_SIDE_MAX && header->height <= TRI_SIDE_MAX &&
                           (uint64_t)header->width * header->height <= source->max_pixels;
    return size_fits && header->planes > 0 && (header->bits == 8 || header->bits == 16) &&
           data[10] == 0 && data[11] == 0 && data[12] == 0;
}

static bool is_ignored(const struct tri_png_chunk *chunk)
{
    for (int i = 0; i < 4; i++) {
        const int letter = chunk->type[i] | 32;
        if (letter < 'a' || letter > 'z')
            return false;
    }
    /* Newer libpng rejects chunks whose third letter is lower case. */
    const bool ancillary = chunk->type[0] & 32, reserved = chunk->type[2] & 32;
    return ancillary && !reserved && !tri_png_chunk_is(chunk, "tRNS") &&
           chunk->size <= ANCILLARY_MAX && tri_png_chunk_intact(chunk);
}

/* Checks all chunks after IHDR; the checksums of IDAT are checked later. libpng warns about IDAT
 * longer than the pixels need. */
static bool check_chunks(const struct tri_source *source, size_t at, uint64_t bytes,
                         size_t *pixels_at)
{
    const uint64_t stored = bytes + 6 + 5 * (bytes / 32566 + 1),
                   most = stored > ANCILLARY_MAX ? stored : ANCILLARY_MAX;
    struct tri_png_chunk chunk;
    bool before = true, within = false;

    for (size_t start = at; tri_png_chunk_next(source, &at, &chunk); start = at) {
        if (tri_png_chunk_is(&chunk, "IEND"))
            return !before && chunk.size == 0 && tri_png_chunk_intact(&chunk);
        if (tri_png_chunk_is(&chunk, "IDAT")) {
            if (before)
                *pixels_at = start;
            else if (!within)
                return false;
            if (chunk.size > most)
                return false;
            before = false;
            within = true;
        } else {
            if (!is_ignored(&chunk))
                return false;
            within = false;
        }
    }
    return false;
}

/* ---- compressed data: all IDAT chunks joined ---- */

struct input {
    const struct tri_source *source;
    size_t at;                  /* the next chunk */
    struct tri_png_chunk chunk; /* the current one, less what has been read from it */
    uint32_t crc;
    unsigned char *buffer;
    size_t room;
};

/* False if the chunk is damaged. */
static bool next_chunk(struct input *input, bool *last)
{
    if (input->chunk.data != NULL && input->crc != tri_get_be32(input->chunk.data))
        return false;
    *last = !tri_png_chunk_next(input->source, &input->at, &input->chunk) ||
            !tri_png_chunk_is(&input->chunk, "IDAT");
    input->crc = tri_crc32(0, input->chunk.type, 4);
    return true;
}

static bool fill(struct input *input, struct tri_inflate *inflate)
{
    size_t size = (size_t)(inflate->end - inflate->in);
    if (size > 0)
        memmove(input->buffer, inflate->in, size);
    while (size < input->room && !inflate->last) {
        const size_t piece =
            input->chunk.size < input->room - size ? input->chunk.size : input->room - size;
        if (piece > 0) {
            memcpy(input->buffer + size, input->chunk.data, piece);
            input->crc = tri_crc32(input->crc, input->buffer + size, piece);
            input->chunk.data += piece;
            input->chunk.size -= piece;
            size += piece;
        } else if (!next_chunk(input, &inflate->last)) {
            return false;
        }
    }
    inflate->in = input->buffer;
    inflate->end = input->buffer + size;
    memset(input->buffer + size, 0, TRI_INFLATE_BEYOND_IN);
    return true;
}

/* ---- strips ---- */

struct job {
    const struct tri_source *source;
    struct tri_image *image;
    const struct tri_png_unfilter *unfilter;
    size_t line; /* bytes of a row in the file, including the filter */
    int pixel;   /* bytes of a pixel */
    int strip_rows, strips;
    /* with room for the history before, and for writes beyond */
    unsigned char *slots[SLOTS];

    /* For the worker that inflates. */
    struct input input;
    struct tri_inflate inflate;
    unsigned char *out;
    uint32_t sum_wanted;

    /* For the worker that unfilters, which has set `unfiltering`. */
    unsigned char *rows[3], *native;
    uint32_t sum;

    atomic_int inflated, finished; /* strips */
    atomic_bool unfiltering, failed, joined;
};

static int rows_of(const struct job *job, int strip)
{
    const int left = job->image->shape.height - strip * job->strip_rows;
    return left < job->strip_rows ? left : job->strip_rows;
}

static enum tri_inflate_result run_inflate(struct job *job, const unsigned char *wanted,
                                           const unsigned char *history)
{
    for (;;) {
        const enum tri_inflate_result result =
            tri_inflate_run(&job->inflate, &job->out, wanted, history);
        if (result != TRI_INFLATE_MORE)
            return result;
        if (!fill(&job->input, &job->inflate))
            return TRI_INFLATE_BAD;
    }
}

/* RFC 1950: the two bytes before the data. libpng relies on a smaller window, so it has to hold all
 * the data. */
static bool begin_stream(struct job *job)
{
    job->inflate.in = job->inflate.end = job->input.buffer;
    if (!fill(&job->input, &job->inflate) || job->inflate.end - job->inflate.in < 2)
        return false;
    const unsigned method = job->inflate.in[0], flags = job->inflate.in[1], window = method >> 4;
    const uint64_t bytes = (uint64_t)job->line * (uint64_t)job->image->shape.height;
    job->inflate.in += 2;
    return (method & 15) == 8 && window <= 7 && (method << 8 | flags) % 31 == 0 &&
           (flags & 32) == 0 && (window == 7 || bytes <= (uint64_t)256 << window);
}

/* After all bytes of the picture the data end, and only the checksum follows. */
static bool end_stream(struct job *job, const unsigned char *history)
{
    const unsigned char *const end = job->out;
    if (run_inflate(job, end + 1, history) != TRI_INFLATE_DONE || job->out != end)
        return false;
    if (!job->inflate.last && !fill(&job->input, &job->inflate))
        return false;
    job->sum_wanted = job->inflate.end - job->inflate.in == 4 ? tri_get_be32(job->inflate.in) : 0;
    return job->inflate.last && job->inflate.end - job->inflate.in == 4;
}

static bool inflate_strip(struct job *job, int strip)
{
    unsigned char *const start = job->slots[strip % SLOTS];
    const unsigned char *const end = start + job->line * (size_t)rows_of(job, strip);
    const unsigned char *history = start;

    if (strip == 0) {
        job->out = start;
        if (!begin_stream(job))
            return false;
    } else { /* strips before the last are larger than the history */
        const unsigned char *before =
            job->slots[(strip - 1) % SLOTS] + job->line * (size_t)job->strip_rows;
        const size_t surplus = (size_t)(job->out - before);
        memcpy(start - TRI_INFLATE_HISTORY, before - TRI_INFLATE_HISTORY,
               TRI_INFLATE_HISTORY + surplus);
        job->out = start + surplus;
        history = start - TRI_INFLATE_HISTORY;
    }
    if (run_inflate(job, end, history) != TRI_INFLATE_FULL)
        return false;
    return strip < job->strips - 1 || (job->out == end && end_stream(job, history));
}

static void split(struct job *job, int y, const unsigned char *row)
{
    const struct tri_shape *shape = &job->image->shape;
    if (shape->bits == 16) {
        job->unfilter->to_native(job->native, row, (size_t)shape->width * (size_t)shape->planes);
        row = job->native;
    }
    tri_row_split(job->image, y, row);
}

static void exchange(unsigned char **a, unsigned char **b)
{
    unsigned char *const c = *a;
    *a = *b;
    *b = c;
}

/* rows[0] is the row above; two rows at a time where possible. */
static bool unfilter_strip(struct job *job, int strip)
{
    const unsigned char *at = job->slots[strip % SLOTS];
    const int first = strip * job->strip_rows, end = first + rows_of(job, strip);

    job->sum = tri_adler32(job->sum, at, job->line * (size_t)(end - first));
    for (int y = first; y < end;) {
        const int filters[2] = {at[0], y + 1 < end ? at[job->line] : 0};
        if (filters[0] > 4 || filters[1] > 4)
            return false;
        if (y + 1 < end) {
            const unsigned char *const filtered[2] = {at + 1, at + job->line + 1};
            job->unfilter->two_rows(filters, job->pixel, job->rows + 1, filtered, job->rows[0],
                                    job->line - 1);
            split(job, y++, job->rows[1]);
            exchange(&job->rows[0], &job->rows[2]);
            split(job, y++, job->rows[0]);
            at += 2 * job->line;
        } else {
            job->unfilter->row(filters[0], job->pixel, job->rows[1], at + 1, job->rows[0],
                               job->line - 1);
            exchange(&job->rows[0], &job->rows[1]);
            split(job, y++, job->rows[0]);
        }
    }
    return true;
}

/* ---- two workers ---- */

static void announce(const struct job *job)
{
    if (job->source->pool != NULL)
        tri_pool_next_round(job->source->pool);
}

static bool is_over(const struct job *job)
{
    return atomic_load(&job->failed) || atomic_load(&job->finished) == job->strips;
}

static tri_trace_mark begin_strip(const struct job *job, const char *name, int strip)
{
    return tri_trace_begin_rows(TRI_TRACE_CODEC, name, strip * job->strip_rows,
                                rows_of(job, strip));
}

/* Unfilters a strip, if one is ready and no other worker is unfiltering. */
static bool try_unfilter(struct job *job)
{
    const int strip = atomic_load(&job->finished);
    if (atomic_load(&job->inflated) == strip || atomic_exchange(&job->unfiltering, true))
        return false;
    const int mine = atomic_load(&job->finished); /* it may have grown in between */
    const bool there = atomic_load(&job->inflated) > mine;
    const tri_trace_mark mark = there ? begin_strip(job, "unfilter", mine) : 0;
    if (there && !unfilter_strip(job, mine))
        atomic_store(&job->failed, true);
    else if (there)
        atomic_store(&job->finished, mine + 1);
    tri_trace_end(mark);
    atomic_store(&job->unfiltering, false);
    announce(job);
    return there;
}

static void unfilter_all(struct job *job)
{
    atomic_store(&job->joined, true);
    while (!is_over(job)) {
        const int round = tri_pool_round(job->source->pool);
        if (!try_unfilter(job) && !is_over(job)) {
            tri_trace_mark wait = tri_trace_wait(TRI_TRACE_FOR_WORK, "inflate");
            tri_pool_wait(job->source->pool, round, &wait);
            tri_trace_end(wait);
        }
    }
}

static bool inflate_next(struct job *job)
{
    const int strip = atomic_load(&job->inflated);
    const tri_trace_mark mark = begin_strip(job, "inflate", strip);
    const bool there = inflate_strip(job, strip);
    tri_trace_end(mark);
    return there;
}

static bool may_inflate(const struct job *job)
{
    /* alone, the worker reads each strip right after writing it */
    const int ahead = atomic_load(&job->joined) ? SLOTS : 1;
    const int inflated = atomic_load(&job->inflated);
    return inflated < job->strips && inflated - atomic_load(&job->finished) < ahead;
}

/* Also unfilters if no other worker does, and waits only while one is unfiltering. */
static void inflate_all(struct job *job)
{
    struct tri_pool *const pool = job->source->pool;
    while (!is_over(job)) {
        const int round = pool != NULL ? tri_pool_round(pool) : 0;
        if (may_inflate(job)) {
            if (inflate_next(job))
                atomic_fetch_add(&job->inflated, 1);
            else
                atomic_store(&job->failed, true);
            announce(job);
        } else if (!try_unfilter(job) && !is_over(job) && atomic_load(&job->unfiltering)) {
            tri_trace_mark wait = tri_trace_wait(TRI_TRACE_FOR_ORDER, "unfilter");
            tri_pool_wait(pool, round, &wait);
            tri_trace_end(wait);
        }
    }
}

static void work(void *argument, int worker)
{
    if (worker == 0)
        inflate_all(argument);
    else
        unfilter_all(argument);
}

/* ---- memory ---- */

static size_t round_up(size_t size)
{
    return (size + 63) / 64 * 64;
}

/* One block for everything, starting with the ring. */
static unsigned char *make_memory(struct job *job, size_t *size)
{
    const size_t strip = job->line * (size_t)job->strip_rows,
                 row = round_up(job->line + TRI_PNG_BEYOND_ROW);
    const size_t slot = round_up(TRI_INFLATE_HISTORY + strip + TRI_INFLATE_BEYOND_OUT);
    const int slots = job->strips < SLOTS ? job->strips : SLOTS;

    job->input.room = job->source->size < INPUT_BYTES ? job->source->size : INPUT_BYTES;
    job->input.room += TRI_INFLATE_MARGIN;
    *size = (size_t)slots * slot + 4 * row + job->input.room + TRI_INFLATE_BEYOND_IN;
    unsigned char *const memory = tri_memory_new(*size);
    if (memory == NULL)
        return NULL;
    for (int i = 0; i < slots; i++)
        job->slots[i] = memory + (size_t)i * slot + TRI_INFLATE_HISTORY;
    unsigned char *const rows = memory + (size_t)slots * slot;
    for (int i = 0; i < 3; i++)
        job->rows[i] = rows + (size_t)i * row;
    job->native = rows + 3 * row;
    job->input.buffer = rows + 4 * row;
    return memory;
}

#define UNFILTER(level, argument) &tri_png_unfilter_##level,
static const struct tri_png_unfilter *const unfilters[] = {TRI_LEVELS(UNFILTER, 0)};

static bool decode(struct job *job, const struct header *header, size_t pixels_at)
{
    size_t size;

    job->unfilter = unfilters[tri_isa_best()];
    job->pixel = header->planes * header->bits / 8;
    job->line = (size_t)header->width * (size_t)job->pixel + 1;
    job->strip_rows =
        job->line < STRIP_BYTES ? (int)((STRIP_BYTES + job->line - 1) / job->line) : 1;
    if (job->strip_rows > (int)header->height)
        job->strip_rows = (int)header->height;
    job->strips = ((int)header->height + job->strip_rows - 1) / job->strip_rows;
    job->input.source = job->source;
    job->input.at = pixels_at;
    job->sum = 1;
    unsigned char *const memory = make_memory(job, &size);
    if (memory == NULL)
        return false;
    tri_pool_run(job->source->pool, job->strips > 1 ? 2 : 1, work, job);
    tri_memory_free(memory, size);
    return !atomic_load(&job->failed) && job->sum == job->sum_wanted;
}

bool tri_png_read_fast(const struct tri_source *source, struct tri_image **image)
{
    struct job job = {.source = source};
    struct header header;
    struct tri_error unsaid; /* the next reader reports it again */
    size_t at, pixels_at;

    if (!read_header(source, &at, &header))
        return false;
    const uint64_t bytes =
        ((uint64_t)header.width * (uint64_t)(header.planes * header.bits / 8) + 1) * header.height;
    if (!check_chunks(source, at, bytes, &pixels_at))
        return false;
    const struct tri_shape shape = {(int)header.width, (int)header.height, header.planes,
                                    header.bits};
    if (tri_image_new_in(source->memory, &shape, &job.image, &unsaid) != TRI_OK)
        return false;
    if (!decode(&job, &header, pixels_at)) {
        tri_image_free(job.image);
        return false;
    }
    *image = job.image;
    return true;
}
