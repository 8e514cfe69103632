/* mutate.c -- ways to damage a PNG file, and to change it so that it stays whole. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNKS_MAX 4000

static void flip_bit(struct file *file, const struct file *other, uint64_t *state)
{
    (void)other;
    if (file->size > 0)
        file->data[below(state, (unsigned)file->size)] ^= (unsigned char)(1 << below(state, 8));
}

static void set_bytes(struct file *file, const struct file *other, uint64_t *state)
{
    static const unsigned char telling[] = {0, 1, 4, 5, 127, 128, 255};
    (void)other;
    for (unsigned i = 1 + below(state, 4); i > 0 && file->size > 0; i--)
        file->data[below(state, (unsigned)file->size)] =
            below(state, 2) ? (unsigned char)draw(state) : telling[below(state, sizeof telling)];
}

/* Puts the file together again from its chunks in this order; what follows the last of them goes.
 */
static void reorder(struct file *file, const struct chunk *chunks, int count)
{
    struct file made = {0};
    file_put(&made, file->data, file->size < 8 ? file->size : 8);
    for (int i = 0; i < count; i++)
        file_put(&made, file->data + chunks[i].at, chunks[i].size);
    file_free(file);
    *file = made;
}

static void move_chunks(struct file *file, const struct file *other, uint64_t *state)
{
    struct chunk chunks[CHUNKS_MAX + 1];
    int count = file_chunks(file, chunks, CHUNKS_MAX);
    (void)other;
    if (count == 0)
        return;
    const int a = (int)below(state, (unsigned)count), b = (int)below(state, (unsigned)count);
    const struct chunk taken = chunks[a];
    switch (below(state, 3)) {
    case 0:
        memmove(chunks + a, chunks + a + 1, (size_t)(--count - a) * sizeof chunks[0]);
        break;
    case 1:
        memmove(chunks + b + 1, chunks + b, (size_t)(count++ - b) * sizeof chunks[0]);
        chunks[b] = taken;
        break;
    default:
        chunks[a] = chunks[b];
        chunks[b] = taken;
    }
    reorder(file, chunks, count);
}

static void change_length(struct file *file, const struct file *other, uint64_t *state)
{
    struct chunk chunks[CHUNKS_MAX];
    const int count = file_chunks(file, chunks, CHUNKS_MAX);
    (void)other;
    if (count == 0)
        return;
    unsigned char *length = file->data + chunks[below(state, (unsigned)count)].at;
    set_32(length,
           below(state, 4) == 0 ? (uint32_t)draw(state) : get_32(length) + below(state, 33) - 16);
}

static void truncate_file(struct file *file, const struct file *other, uint64_t *state)
{
    (void)other;
    if (file->size > 0)
        file->size = below(state, (unsigned)file->size);
}

/* The chunks of one file, then those of another. */
static void splice(struct file *file, const struct file *other, uint64_t *state)
{
    struct chunk chunks[CHUNKS_MAX];
    int count = file_chunks(file, chunks, CHUNKS_MAX);
    if (count == 0)
        return;
    file->size = chunks[below(state, (unsigned)count)].at;
    count = file_chunks(other, chunks, CHUNKS_MAX);
    if (count == 0)
        return;
    const struct chunk from = chunks[below(state, (unsigned)count)];
    file_put(file, other->data + from.at, other->size - from.at);
}

static void change_header(struct file *file, const struct file *other, uint64_t *state)
{
    (void)other;
    if (file->size < 33)
        return;
    switch (below(state, 6)) {
    case 0:
        set_32(file->data + 16, get_32(file->data + 16) + below(state, 5) - 2);
        break;
    case 1:
        set_32(file->data + 20, get_32(file->data + 20) + below(state, 5) - 2);
        break;
    case 2:
        file->data[24] = (unsigned char)(1 << below(state, 6));
        break;
    case 3:
        file->data[25] = (unsigned char)below(state, 8);
        break;
    case 4:
        file->data[26 + below(state, 3)] = (unsigned char)below(state, 3);
        break;
    default:
        set_32(file->data + 16 + 4 * below(state, 2), (uint32_t)draw(state) >> below(state, 32));
    }
}

/* ---- the stream in all IDAT ---- */

static bool is_pixels(const struct file *file, struct chunk chunk)
{
    return memcmp(file->data + chunk.at + 4, "IDAT", 4) == 0;
}

static struct file take_stream(const struct file *file)
{
    struct chunk chunks[CHUNKS_MAX];
    struct file stream = {0};
    const int count = file_chunks(file, chunks, CHUNKS_MAX);
    for (int i = 0; i < count; i++)
        if (is_pixels(file, chunks[i]))
            file_put(&stream, file->data + chunks[i].at + 8, chunks[i].size - 12);
    return stream;
}

/* In the place of the first IDAT come new ones, of one size or another, some of them empty. */
static void put_stream(struct file *file, const struct file *stream, uint64_t *state)
{
    struct chunk chunks[CHUNKS_MAX];
    struct file made = {0};
    const int count = file_chunks(file, chunks, CHUNKS_MAX);
    const unsigned most = below(state, 3) == 0 ? 1 + below(state, 60) : 1u << 20;
    bool done = false;

    file_put(&made, file->data, file->size < 8 ? file->size : 8);
    for (int i = 0; i < count; i++) {
        if (!is_pixels(file, chunks[i])) {
            file_put(&made, file->data + chunks[i].at, chunks[i].size);
            continue;
        }
        for (size_t at = 0; !done && at < stream->size;) {
            size_t size = most < stream->size - at ? most : stream->size - at;
            if (most < 61 && below(state, 8) == 0)
                size = 0;
            file_put_chunk(&made, "IDAT", stream->data + at, size);
            at += size;
        }
        done = true;
    }
    file_free(file);
    *file = made;
}

static void split_pixels(struct file *file, const struct file *other, uint64_t *state)
{
    struct file stream = take_stream(file);
    (void)other;
    put_stream(file, &stream, state);
    file_free(&stream);
}

/* Changes rows, filter bytes and their number, and deflates them anew, with a right sum. */
static void change_rows(struct file *file, const struct file *other, uint64_t *state)
{
    struct file stream = take_stream(file);
    uLongf size = (uLongf)1 << 20;
    unsigned char *rows = malloc(size + 64);
    (void)other;

    if (rows != NULL && uncompress(rows, &size, stream.data, stream.size) == Z_OK && size > 0) {
        const size_t line = size / (get_32(file->data + 20) > 0 ? get_32(file->data + 20) : 1);
        for (unsigned i = below(state, 20); i > 0; i--)
            rows[below(state, (unsigned)size)] = (unsigned char)draw(state);
        for (unsigned i = below(state, 12); i > 0 && line > 0; i--)
            rows[below(state, (unsigned)(size / line)) * line] =
                (unsigned char)below(state, below(state, 30) ? 5 : 256);
        if (below(state, 12) == 0)
            size += below(state, 2) ? below(state, 64)
                                    : -(uLongf)below(state, size < 64 ? (unsigned)size : 64);
        z_stream deflater = {.next_in = rows, .avail_in = (uInt)size};
        deflateInit2(&deflater, (int)below(state, 10), Z_DEFLATED,
                     below(state, 2) ? 15 : 8 + (int)below(state, 8), 1 + (int)below(state, 9),
                     (int)below(state, 5));
        stream.size = 0;
        unsigned char piece[4096];
        int result;
        do {
            deflater.next_out = piece;
            deflater.avail_out = sizeof piece;
            result = deflate(&deflater, Z_FINISH);
            file_put(&stream, piece, sizeof piece - deflater.avail_out);
        } while (result == Z_OK);
        deflateEnd(&deflater);
        put_stream(file, &stream, state);
    }
    free(rows);
    file_free(&stream);
}

/* Changes the compressed data, and makes the sum that of what zlib finds in them. */
static void change_stream(struct file *file, const struct file *other, uint64_t *state)
{
    struct file stream = take_stream(file);
    const size_t size = (size_t)1 << 20;
    unsigned char *rows = malloc(size);
    (void)other;

    if (rows != NULL && stream.size > 8) {
        for (unsigned i = 1 + below(state, 3); i > 0; i--)
            stream.data[below(state, 2) ? below(state, (unsigned)stream.size) : below(state, 8)] ^=
                (unsigned char)(1 << below(state, 8));
        z_stream inflater = {.next_in = stream.data + 2,
                             .avail_in = (uInt)stream.size - 2,
                             .next_out = rows,
                             .avail_out = (uInt)size};
        inflateInit2(&inflater, -15);
        inflate(&inflater, Z_FINISH);
        if (inflater.avail_in >= 4)
            set_32((unsigned char *)inflater.next_in,
                   (uint32_t)adler32(1, rows, (uInt)inflater.total_out));
        inflateEnd(&inflater);
        put_stream(file, &stream, state);
    }
    free(rows);
    file_free(&stream);
}

/* The window that is declared, and the method, with a right check; or the sum; or bytes after it.
 */
static void change_frame(struct file *file, const struct file *other, uint64_t *state)
{
    struct file stream = take_stream(file);
    (void)other;
    if (stream.size > 6) {
        switch (below(state, 4)) {
        case 0:
            stream.data[stream.size - 1 - below(state, 4)] ^= (unsigned char)(1 << below(state, 8));
            break;
        case 1:
            file_put(&stream, "extra", 1 + below(state, 5));
            break;
        case 2:
            stream.size -= 1 + below(state, 5);
            break;
        default:
            stream.data[0] =
                (unsigned char)(below(state, 9) << 4 | (below(state, 8) ? 8 : below(state, 16)));
            stream.data[1] = (unsigned char)(below(state, 8) << 5);
            stream.data[1] +=
                (unsigned char)(31 - (stream.data[0] << 8 | stream.data[1]) % 31) % 31;
        }
        put_stream(file, &stream, state);
    }
    file_free(&stream);
}

static void insert_chunk(struct file *file, const struct file *other, uint64_t *state)
{
    static const char types[][5] = {"tEXt", "zTXt", "iTXt", "gAMA", "sRGB", "iCCP", "eXIf", "pHYs",
                                    "cHRM", "tRNS", "PLTE", "IDAT", "IEND", "tIME", "bKGD", "hIST",
                                    "sBIT", "acTL", "vpAg", "CgBI", "a1Zz", "zzzz"};
    struct chunk chunks[CHUNKS_MAX];
    unsigned char data[64];
    const int count = file_chunks(file, chunks, CHUNKS_MAX);
    (void)other;
    if (count == 0)
        return;
    const size_t at = chunks[below(state, (unsigned)count)].at;
    struct file made = {0};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(draw(state) & (i % 5 == 4 ? 0 : 255));
    file_put(&made, file->data, at);
    file_put_chunk(&made, types[below(state, sizeof types / sizeof types[0])], data,
                   below(state, sizeof data));
    file_put(&made, file->data + at, file->size - at);
    file_free(file);
    *file = made;
}

static void keep(struct file *file, const struct file *other, uint64_t *state)
{
    (void)file, (void)other, (void)state;
}

/* Those that leave more files whole come more often. */
static const struct {
    const char *name;
    void (*change)(struct file *file, const struct file *other, uint64_t *state);
    unsigned share;
} mutations[MUTATIONS] = {
    {"flip a bit", flip_bit, 4},
    {"set bytes", set_bytes, 3},
    {"move chunks", move_chunks, 4},
    {"change a length", change_length, 1},
    {"truncate", truncate_file, 1},
    {"splice", splice, 2},
    {"change IHDR", change_header, 3},
    {"split IDAT", split_pixels, 6},
    {"change rows", change_rows, 10},
    {"change the deflate data", change_stream, 6},
    {"change zlib's frame", change_frame, 3},
    {"insert a chunk", insert_chunk, 4},
    {"nothing", keep, 1},
};

int mutation_draw(uint64_t *state)
{
    unsigned shares = 0, drawn;
    int mutation = 0;
    for (int i = 0; i < MUTATIONS; i++)
        shares += mutations[i].share;
    for (drawn = below(state, shares); drawn >= mutations[mutation].share; mutation++)
        drawn -= mutations[mutation].share;
    return mutation;
}

const char *mutation_name(int mutation)
{
    return mutations[mutation].name;
}

void mutate_by(int mutation, struct file *file, const struct file *other, uint64_t *state)
{
    mutations[mutation].change(file, other, state);
}
