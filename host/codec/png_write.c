/* png_write.c -- writes an image to a PNG file: all workers filter and deflate strips of rows,
 * which are joined into one stream. */
#include "png_codec.h"
#include "png_effort.h"
#include "../parallel/pool.h"
#include "checksum.h"
#include "deflate.h"
#include "png_chunk.h"
#include "png_rows.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* compression ratio of flat graphics, where a second try costs little */
#define FLAT 8
#define WINDOW 32768 /* how far deflate looks back, in bytes */

#define HEAD 8 /* bytes of a chunk before its data: size and type */
#define SUM 4  /* after the data */
#define ZLIB_HEAD 2
#define ZLIB_SUM 4

#define SET TRI_PNG_SET

const struct tri_png_effort tri_png_efforts[] = {
    [TRI_PNG_DEFAULT] = {TRI_PNG_ADAPTIVE, SET(TRI_PNG_NONE), TRI_DEFLATE_DEFAULT, 0x5e, 1 << 19},
    [TRI_PNG_FAST] = {SET(TRI_PNG_UP), 0, TRI_DEFLATE_FAST, 0x01, 1 << 19},
    [TRI_PNG_SMALL] = {0, 0, TRI_DEFLATE_BEST, 0xda, 1 << 21},
};

/* A future IDAT chunk. */
struct piece {
    struct piece *next; /* in the list of spare pieces */
    size_t size, raw;   /* bytes of the chunk's data, and of their source */
    uint32_t crc, adler;
    unsigned char chunk[];
};

struct strip {
    struct piece *made; /* until it is written */
    bool noisy;         /* for deflate; chosen beforehand, like `types` */
};

struct writer {
    const struct tri_sink *sink;
    const struct tri_image *image;
    const struct tri_palette *palette; /* whose colours' numbers are in the image; NULL: none */
    int level, rows, count;            /* rows in a strip, number of strips */
    size_t row;                        /* bytes of a filtered row */
    size_t room;                       /* bytes in a piece's chunk */
    uint8_t *types;                    /* the rows' filters if chosen beforehand, else NULL */
    struct strip *strips;
    atomic_int next;       /* the next strip to take */
    atomic_bool no_memory; /* some worker ran out of memory */
    pthread_mutex_t lock;  /* guards what follows, and `made` */
    enum tri_status status;
    struct piece *spare;
    int written;
    bool writing; /* some worker is writing */
    uint32_t adler;
};

/* A worker's buffers. */
struct scratch {
    struct tri_png_rows rows;
    struct tri_deflate *deflate;
    uint8_t *filtered; /* a strip, preceded by what deflate looks back to */
    uint8_t *other;    /* a second deflated version of a strip */
};

static int first_row(const struct writer *writer, int strip)
{
    const int first = strip * writer->rows, height = writer->image->shape.height;
    return first < height ? first : height;
}

/* The number of rows before a strip that deflate looks back to. */
static int rows_before(const struct writer *writer, int strip)
{
    const int first = first_row(writer, strip);
    const size_t wanted = writer->types != NULL ? (WINDOW + writer->row - 1) / writer->row : 0;
    return wanted < (size_t)first ? (int)wanted : first;
}

/* ---- a worker's buffers ---- */

static bool open_scratch(struct scratch *scratch, const struct writer *writer)
{
    const size_t rows = (size_t)writer->rows + (size_t)rows_before(writer, writer->count);
    if (!tri_png_rows_open(&scratch->rows, writer->image))
        return false;
    scratch->filtered = malloc(rows * writer->row);
    scratch->other = malloc(writer->room);
    scratch->deflate = tri_deflate_new(tri_png_efforts[writer->level].effort);
    return scratch->filtered != NULL && scratch->other != NULL && scratch->deflate != NULL;
}

static void close_scratch(struct scratch *scratch)
{
    tri_png_rows_close(&scratch->rows);
    tri_deflate_free(scratch->deflate);
    free(scratch->filtered);
    free(scratch->other);
}

static struct piece *take_piece(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    struct piece *piece = writer->spare;
    if (piece != NULL)
        writer->spare = piece->next;
    pthread_mutex_unlock(&writer->lock);
    return piece != NULL ? piece : malloc(sizeof *piece + writer->room);
}

/* Lets no worker take another strip. */
static void stop(struct writer *writer)
{
    atomic_store(&writer->next, writer->count);
}

static void stop_without_memory(struct writer *writer)
{
    atomic_store(&writer->no_memory, true);
    stop(writer);
}

/* ---- writing, in order ---- */

/* The size, the sum over all pieces, and the final CRC are known only now. */
static enum tri_status write_piece(struct writer *writer, int strip, struct piece *piece)
{
    unsigned char *end = piece->chunk + HEAD + piece->size;
    writer->adler = tri_adler32_combine(writer->adler, piece->adler, piece->raw);
    if (strip == writer->count - 1) {
        tri_put_be32(end, writer->adler);
        piece->crc = tri_crc32(piece->crc, end, ZLIB_SUM);
        piece->size += ZLIB_SUM;
        end += ZLIB_SUM;
    }
    tri_put_be32(piece->chunk, (uint32_t)piece->size);
    tri_put_be32(end, piece->crc);
    return tri_sink_write(writer->sink, piece->chunk, HEAD + piece->size + SUM);
}

static struct piece *next_piece(const struct writer *writer)
{
    return writer->status == TRI_OK && writer->written < writer->count
               ? writer->strips[writer->written].made
               : NULL;
}

/* If no worker is writing, writes the next piece in turn, if ready, and those after it. */
static void hand_over(struct writer *writer, int strip, struct piece *piece)
{
    pthread_mutex_lock(&writer->lock);
    writer->strips[strip].made = piece;
    if (!writer->writing) {
        writer->writing = true;
        while ((piece = next_piece(writer)) != NULL) {
            pthread_mutex_unlock(&writer->lock);
            const enum tri_status status = write_piece(writer, writer->written, piece);
            pthread_mutex_lock(&writer->lock);
            writer->status = status;
            writer->strips[writer->written++].made = NULL;
            piece->next = writer->spare;
            writer->spare = piece;
        }
        writer->writing = false;
        if (writer->status != TRI_OK)
            stop(writer);
    }
    pthread_mutex_unlock(&writer->lock);
}

/* ---- strips ---- */

/* Numbers of colours are no samples: neighbours tell nothing of them. Filters chosen beforehand
 * have been tried. */
static unsigned filters_of(const struct writer *writer)
{
    const unsigned usual = tri_png_efforts[writer->level].filters;
    return usual != 0 && writer->palette != NULL ? SET(TRI_PNG_NONE) : usual;
}

/* Filters rows `first` to `end` - 1 by filters of the set; 0: those chosen beforehand. */
static void filter_rows(const struct writer *writer, struct scratch *scratch, int first, int end,
                        unsigned set)
{
    uint8_t *to = scratch->filtered;
    for (int y = first; y < end; y++, to += writer->row)
        tri_png_rows_filter(&scratch->rows, y, set != 0 ? set : SET(writer->types[y]), to);
}

static size_t deflate_strip(const struct writer *writer, struct scratch *scratch, int strip,
                            uint8_t *out, uint32_t *adler)
{
    const int first = first_row(writer, strip), end = first_row(writer, strip + 1),
              before = rows_before(writer, strip);
    const unsigned flat = writer->palette == NULL ? tri_png_efforts[writer->level].flat : 0;
    const size_t looked_back = (size_t)before * writer->row;
    const struct tri_deflate_input input = {
        .data = scratch->filtered + looked_back,
        .size = (size_t)(end - first) * writer->row,
        .before = looked_back,
        .last = strip == writer->count - 1,
        .noisy = writer->strips[strip].noisy,
    };
    filter_rows(writer, scratch, first - before, end, filters_of(writer));
    size_t size = tri_deflate_piece(scratch->deflate, &input, out);
    *adler = tri_adler32(1, input.data, input.size);
    if (flat == 0 || size > input.size / FLAT)
        return size;
    filter_rows(writer, scratch, first, end, flat);
    const size_t other = tri_deflate_piece(scratch->deflate, &input, scratch->other);
    if (other < size) {
        memcpy(out, scratch->other, other);
        size = other;
        *adler = tri_adler32(1, input.data, input.size);
    }
    return size;
}

static void make_piece(const struct writer *writer, struct scratch *scratch, int strip,
                       struct piece *piece)
{
    unsigned char *chunk = piece->chunk;
    memcpy(chunk + 4, "IDAT", 4);
    piece->size = 0;
    if (strip == 0) {
        chunk[HEAD] = 0x78; /* deflate with a window of 32768 bytes */
        chunk[HEAD + 1] = tri_png_efforts[writer->level].flags;
        piece->size = ZLIB_HEAD;
    }
    piece->raw = (size_t)(first_row(writer, strip + 1) - first_row(writer, strip)) * writer->row;
    piece->size += deflate_strip(writer, scratch, strip, chunk + HEAD + piece->size, &piece->adler);
    piece->crc = tri_crc32(0, chunk + 4, 4 + piece->size);
}

static tri_trace_mark begin_strip(const struct writer *writer, const char *name, int strip)
{
    const int first = first_row(writer, strip);
    return tri_trace_begin_rows(TRI_TRACE_CODEC, name, first, first_row(writer, strip + 1) - first);
}

static void make_pieces(void *argument, int worker)
{
    struct writer *writer = argument;
    struct scratch scratch = {0};
    bool ready = false;
    (void)worker;
    for (int strip; (strip = atomic_fetch_add(&writer->next, 1)) < writer->count;) {
        ready = ready || open_scratch(&scratch, writer);
        struct piece *piece = ready ? take_piece(writer) : NULL;
        if (piece == NULL) {
            stop_without_memory(writer);
            break;
        }
        const tri_trace_mark mark = begin_strip(writer, "deflate", strip);
        make_piece(writer, &scratch, strip, piece);
        tri_trace_end_bytes(mark, (int64_t)piece->size);
        hand_over(writer, strip, piece);
    }
    close_scratch(&scratch);
}

/* ---- per strip, the smallest of several versions ---- */

static const unsigned sets[] = {
    SET(TRI_PNG_NONE),
    SET(TRI_PNG_SUB),
    SET(TRI_PNG_UP),
    SET(TRI_PNG_AVERAGE),
    SET(TRI_PNG_PAETH),
    TRI_PNG_ADAPTIVE,
    TRI_PNG_ADAPTIVE | SET(TRI_PNG_PAETH) | SET(TRI_PNG_NONE),
};
#define SETS (int)(sizeof sets / sizeof sets[0])

struct trial {
    int first, end; /* rows */
    struct tri_deflate_input input;
};

static size_t try_set(const struct writer *writer, struct scratch *scratch,
                      const struct trial *trial, int set)
{
    filter_rows(writer, scratch, trial->first, trial->end, sets[set]);
    return tri_deflate_piece(scratch->deflate, &trial->input, scratch->other);
}

/* By quick trials; for flat graphics the best of these are compressed in earnest, which costs
 * little there and gives other results. */
static int find_set(const struct writer *writer, struct scratch *scratch, struct trial *trial)
{
    size_t sizes[SETS];
    int best = 0;
    for (int i = 0; i < SETS; i++) {
        sizes[i] = try_set(writer, scratch, trial, i);
        best = sizes[i] < sizes[best] ? i : best;
    }
    const size_t least = sizes[best];
    trial->input.trial = least > trial->input.size / FLAT;
    if (trial->input.trial)
        return best;
    best = 0;
    for (int i = 0; i < SETS; i++) {
        sizes[i] = sizes[i] <= least + least / 8 ? try_set(writer, scratch, trial, i) : SIZE_MAX;
        best = sizes[i] < sizes[best] ? i : best;
    }
    return best;
}

static void choose_for_strip(struct writer *writer, struct scratch *scratch, int strip)
{
    struct trial trial = {.first = first_row(writer, strip), .end = first_row(writer, strip + 1)};
    trial.input.data = scratch->filtered;
    trial.input.size = (size_t)(trial.end - trial.first) * writer->row;
    trial.input.trial = true;
    const int set = find_set(writer, scratch, &trial);
    const size_t size = try_set(writer, scratch, &trial, set);
    for (int y = trial.first; y < trial.end; y++)
        writer->types[y] = scratch->filtered[(size_t)(y - trial.first) * writer->row];
    trial.input.noisy = true;
    writer->strips[strip].noisy =
        tri_deflate_piece(scratch->deflate, &trial.input, scratch->other) < size;
}

static void choose(void *argument, int worker)
{
    struct writer *writer = argument;
    struct scratch scratch = {0};
    bool ready = false;
    (void)worker;
    for (int strip; (strip = atomic_fetch_add(&writer->next, 1)) < writer->count;) {
        ready = ready || open_scratch(&scratch, writer);
        if (!ready) {
            stop_without_memory(writer);
            break;
        }
        const tri_trace_mark mark = begin_strip(writer, "choose filters", strip);
        choose_for_strip(writer, &scratch, strip);
        tri_trace_end(mark);
    }
    close_scratch(&scratch);
}

/* ---- the file ---- */

/* Strips depend on position only, so the bytes are the same for any number of workers. */
static void cut(struct writer *writer)
{
    const struct tri_shape *shape = &writer->image->shape;
    writer->row = 1 + (size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape);
    const size_t strip = tri_png_efforts[writer->level].strip;
    const size_t most = (writer->row * (size_t)shape->height + strip - 1) / strip;
    writer->rows = (int)(((size_t)shape->height + most - 1) / most);
    writer->count = (shape->height + writer->rows - 1) / writer->rows;
    writer->room =
        HEAD + ZLIB_HEAD + tri_deflate_bound((size_t)writer->rows * writer->row) + ZLIB_SUM + SUM;
}

static void run(struct writer *writer, void (*work)(void *argument, int worker))
{
    struct tri_pool *pool = writer->sink->options->pool;
    const int workers =
        tri_pool_workers(pool) < writer->count ? tri_pool_workers(pool) : writer->count;
    if (writer->status != TRI_OK)
        return;
    atomic_store(&writer->next, 0);
    tri_pool_run(pool, workers, work, writer);
    if (writer->status == TRI_OK && atomic_load(&writer->no_memory))
        writer->status = tri_sink_fail(writer->sink, "out of memory for strips of rows");
}

static void encode(struct writer *writer)
{
    const bool chosen = tri_png_efforts[writer->level].filters == 0;
    writer->strips = calloc((size_t)writer->count, sizeof writer->strips[0]);
    writer->types = chosen ? malloc((size_t)writer->image->shape.height) : NULL;
    if (writer->strips == NULL || (chosen && writer->types == NULL)) {
        writer->status = tri_sink_fail(writer->sink, "out of memory for a list of rows");
        return;
    }
    if (chosen)
        run(writer, choose);
    if (writer->status == TRI_OK)
        writer->status = tri_png_write_head(writer->sink, &writer->image->shape, writer->palette);
    run(writer, make_pieces);
    if (writer->status == TRI_OK)
        writer->status = tri_png_write_tail(writer->sink);
}

enum tri_status tri_png_write_strips(const struct tri_sink *sink, const struct tri_image *image,
                                     const struct tri_palette *palette)
{
    struct writer writer = {.sink = sink,
                            .image = image,
                            .palette = palette,
                            .level = sink->options->png_level,
                            .adler = 1};
    if (pthread_mutex_init(&writer.lock, NULL) != 0)
        return tri_sink_fail(sink, "out of memory for a lock");
    cut(&writer);
    encode(&writer);
    for (struct piece *piece; (piece = writer.spare) != NULL; free(piece))
        writer.spare = piece->next;
    for (int strip = 0; writer.strips != NULL && strip < writer.count; strip++)
        free(writer.strips[strip].made);
    free(writer.strips);
    free(writer.types);
    pthread_mutex_destroy(&writer.lock);
    return writer.status;
}
