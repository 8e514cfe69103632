/* test_inflate.c -- DEFLATE data against zlib: the same bytes, or both refuse. */
#include "tests.h"

#include "codec/inflate.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define OUT_MAX ((size_t)1 << 20)

struct data {
    unsigned char *bytes;
    size_t size;
};

/* Inflates everything in pieces of input and output. Returns the size, or -1; `left` is the number
 * of bytes after the data. */
static long inflate_pieces(struct data in, unsigned char *result, size_t piece_in, size_t piece_out,
                           size_t *left)
{
    enum { HISTORY = TRI_INFLATE_HISTORY };
    struct tri_inflate *inflate = calloc(1, sizeof *inflate);
    unsigned char *input = calloc(1, piece_in + 2 * TRI_INFLATE_MARGIN + TRI_INFLATE_BEYOND_IN);
    unsigned char *slot = calloc(1, HISTORY + piece_out + TRI_INFLATE_BEYOND_OUT),
                  *out = slot + HISTORY;
    size_t taken = 0, total = 0;
    enum tri_inflate_result got = TRI_INFLATE_BAD;

    if (inflate == NULL || input == NULL || slot == NULL)
        abort();
    inflate->in = inflate->end = input;
    for (;;) {
        const unsigned char *history = slot + HISTORY - (total < HISTORY ? total : HISTORY);
        got = tri_inflate_run(inflate, &out, slot + HISTORY + piece_out, history);
        if (got == TRI_INFLATE_MORE) {
            const size_t kept = (size_t)(inflate->end - inflate->in),
                         more = piece_in < in.size - taken ? piece_in : in.size - taken;
            memmove(input, inflate->in, kept);
            memcpy(input + kept, in.bytes + taken, more);
            taken += more;
            inflate->in = input;
            inflate->end = input + kept + more;
            inflate->last = taken == in.size;
            memset(input + kept + more, 0, TRI_INFLATE_BEYOND_IN);
            continue;
        }
        const size_t size =
            (size_t)(out - slot) - HISTORY < piece_out ? (size_t)(out - slot) - HISTORY : piece_out;
        if (got == TRI_INFLATE_BAD || total + size > OUT_MAX)
            break;
        memcpy(result + total, slot + HISTORY, size);
        total += size;
        const size_t surplus = (size_t)(out - slot) - HISTORY - size;
        if (got == TRI_INFLATE_DONE)
            break;
        memmove(slot, slot + piece_out, HISTORY + surplus);
        out = slot + HISTORY + surplus;
    }
    *left = (size_t)(inflate->end - inflate->in) + in.size - taken;
    free(inflate);
    free(input);
    free(slot);
    return got == TRI_INFLATE_DONE ? (long)total : -1;
}

static long inflate_zlib(struct data in, unsigned char *result, size_t *left)
{
    z_stream stream = {
        .next_in = in.bytes, .avail_in = (uInt)in.size, .next_out = result, .avail_out = OUT_MAX};
    CU_ASSERT_EQUAL_FATAL(inflateInit2(&stream, -15), Z_OK);
    const int got = inflate(&stream, Z_FINISH);
    const long size = got == Z_STREAM_END ? (long)stream.total_out : -1;
    *left = stream.avail_in;
    inflateEnd(&stream);
    return size;
}

/* Returns whether both accepted the data. */
static bool expect_same(const char *what, struct data in)
{
    static const size_t pieces[][2] = {{1 << 21, OUT_MAX}, {1100, 40000}, {1, 50000}};
    unsigned char *expected = malloc(OUT_MAX), *result = malloc(OUT_MAX);
    size_t expected_left, left;
    const long size = inflate_zlib(in, expected, &expected_left);

    for (size_t i = 0; i < (in.size < 4000 ? 3 : 2); i++) {
        const long got = inflate_pieces(in, result, pieces[i][0], pieces[i][1], &left);
        const bool same =
            got == size &&
            (size < 0 || (left == expected_left && memcmp(result, expected, (size_t)size) == 0));
        if (!same)
            printf("%s, pieces %zu: %ld bytes, %zu left; zlib %ld, %zu\n", what, i, got, left, size,
                   expected_left);
        CU_ASSERT_TRUE(same);
    }
    free(expected);
    free(result);
    return size >= 0;
}

/* ---- blocks by hand ---- */

struct bits {
    unsigned char bytes[1 << 16];
    size_t count;
};

static void put(struct bits *bits, unsigned value, unsigned size)
{
    for (unsigned i = 0; i < size; i++, bits->count++)
        bits->bytes[bits->count / 8] |= (unsigned char)((value >> i & 1) << bits->count % 8);
}

struct code {
    unsigned char sizes[320];
    unsigned codes[320];
    int symbols;
};

/* RFC 1951, 3.2.2 */
static void number(struct code *code)
{
    unsigned next = 0;
    for (int size = 1; size <= 15; size++, next <<= 1)
        for (int i = 0; i < code->symbols; i++)
            if (code->sizes[i] == size)
                code->codes[i] = next++;
}

static void put_symbol(struct bits *bits, const struct code *code, int symbol)
{
    for (int i = code->sizes[symbol] - 1; i >= 0; i--)
        put(bits, code->codes[symbol] >> i & 1, 1);
}

/* The header of a last block; the lengths are written one by one, 4 bits each. */
static void put_header(struct bits *bits, const struct code *literals, const struct code *distances,
                       const unsigned char *lengths)
{
    static const unsigned char order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                            11, 4,  12, 3, 13, 2, 14, 1, 15};
    struct code plain = {.symbols = 19};
    for (int i = 0; i < 19; i++)
        plain.sizes[i] = lengths != NULL ? lengths[i] : i < 16 ? 4 : 0;
    number(&plain);
    put(bits, 5, 3);
    put(bits, (unsigned)literals->symbols - 257, 5);
    put(bits, (unsigned)distances->symbols - 1, 5);
    put(bits, 15, 4);
    for (int i = 0; i < 19; i++)
        put(bits, plain.sizes[order[i]], 3);
    for (int i = 0; i < literals->symbols; i++)
        put_symbol(bits, &plain, literals->sizes[i]);
    for (int i = 0; i < distances->symbols; i++)
        put_symbol(bits, &plain, distances->sizes[i]);
}

/* Literals 0 and 1, end of block, the shortest match, and two distances, with codes of these
 * lengths. */
static bool try_sizes(const char *what, int zero, int one, int end, int match, int first,
                      int second)
{
    struct code literals = {.symbols = 286}, distances = {.symbols = 2};
    struct bits *bits = calloc(1, sizeof *bits);
    literals.sizes[0] = (unsigned char)zero;
    literals.sizes[1] = (unsigned char)one;
    literals.sizes[256] = (unsigned char)end;
    literals.sizes[257] = (unsigned char)match;
    distances.sizes[0] = (unsigned char)first;
    distances.sizes[1] = (unsigned char)second;
    number(&literals);
    number(&distances);
    put_header(bits, &literals, &distances, NULL);
    if (zero > 0)
        put_symbol(bits, &literals, 0);
    if (match > 0) {
        put_symbol(bits, &literals, 257);
        put_symbol(bits, &distances, first > 0 ? 0 : 1);
    }
    put_symbol(bits, &literals, 256);
    const bool taken = expect_same(what, (struct data){bits->bytes, (bits->count + 7) / 8});
    free(bits);
    return taken;
}

static void test_codes(void)
{
    CU_ASSERT_TRUE(try_sizes("whole", 2, 2, 2, 2, 1, 1));
    CU_ASSERT_TRUE(try_sizes("no distances", 1, 0, 1, 0, 0, 0));
    CU_ASSERT_TRUE(try_sizes("one distance", 1, 0, 2, 2, 1, 0));
    CU_ASSERT_TRUE(try_sizes("one code", 0, 0, 1, 0, 0, 0));
    CU_ASSERT_FALSE(try_sizes("long, patterns unused", 1, 2, 15, 15, 1, 1));
    CU_ASSERT_FALSE(try_sizes("patterns unused", 2, 0, 2, 2, 1, 1));
    CU_ASSERT_FALSE(try_sizes("one code of two bits", 0, 0, 2, 0, 0, 0));
    CU_ASSERT_FALSE(try_sizes("too many codes", 1, 1, 1, 0, 0, 0));
    CU_ASSERT_FALSE(try_sizes("one distance of two bits", 1, 0, 2, 2, 2, 0));
    CU_ASSERT_FALSE(try_sizes("two distances of two bits", 1, 0, 2, 2, 2, 2));
    CU_ASSERT_FALSE(try_sizes("match without a distance", 1, 0, 2, 2, 0, 0));
    CU_ASSERT_FALSE(try_sizes("match beyond the start", 1, 0, 2, 2, 0, 1));
}

static void test_bytes(void)
{
    static const struct {
        const char *what;
        unsigned char bytes[16];
        size_t size;
        bool taken;
    } cases[] = {
        {"nothing", {0}, 0, false},
        {"stored", {1, 3, 0, 0xfc, 0xff, 'a', 'b', 'c'}, 8, true},
        {"stored, empty", {1, 0, 0, 0xff, 0xff}, 5, true},
        {"stored, bytes after it", {1, 1, 0, 0xfe, 0xff, 'a', 'b', 'c'}, 8, true},
        {"stored, cut", {1, 3, 0, 0xfc, 0xff, 'a', 'b'}, 7, false},
        {"stored, another size", {1, 3, 0, 0xfc, 0xfe, 'a', 'b', 'c'}, 8, false},
        {"stored, no size", {1, 3, 0}, 3, false},
        {"stored, twice", {0, 1, 0, 0xfe, 0xff, 'a', 1, 1, 0, 0xfe, 0xff, 'b'}, 12, true},
        {"type 3", {7}, 1, false},
        {"fixed, empty", {3, 0}, 2, true},
        {"fixed, cut", {3}, 1, false},
        {"fixed, length 286", {0x63, 0x18, 0x03}, 3, false},
        {"fixed, distance 30", {0x63, 0x40, 0x1f, 0}, 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char bytes[16];
        memcpy(bytes, cases[i].bytes, 16);
        CU_ASSERT_EQUAL(expect_same(cases[i].what, (struct data){bytes, cases[i].size}),
                        cases[i].taken);
    }
}

/* ---- random blocks ---- */

static unsigned draw(uint64_t *state, unsigned limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((*state >> 33) % limit);
}

/* A complete code: a code of no bits is split repeatedly, and the lengths go to random symbols. */
static void draw_code(struct code *code, int symbols, int wanted, uint64_t *state)
{
    unsigned char sizes[320] = {0};
    int count = 1;
    code->symbols = symbols;
    for (int tries = 0; count < wanted && tries < 10000; tries++) {
        const int i = draw(state, 3) ? count - 1 : (int)draw(state, (unsigned)count);
        if (sizes[i] < 15) {
            sizes[i]++;
            sizes[count++] = sizes[i];
        }
    }
    for (int i = 0; i < count; i++) {
        int symbol;
        do
            symbol = (int)draw(state, (unsigned)symbols);
        while (code->sizes[symbol] != 0);
        code->sizes[symbol] = sizes[i];
    }
    number(code);
}

static void put_random_symbols(struct bits *bits, const struct code *literals,
                               const struct code *distances, uint64_t *state)
{
    static const unsigned char length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    for (int i = (int)draw(state, 3000); i > 0; i--) {
        const int symbol = (int)draw(state, draw(state, 4) ? 256 : 286);
        if (literals->sizes[symbol] == 0 || symbol == 256)
            continue;
        if (symbol > 256) { /* mostly near, since there are few bytes */
            int distance = (int)draw(state, draw(state, 50) ? 8 : 30);
            if (distance >= distances->symbols || distances->sizes[distance] == 0)
                continue;
            put_symbol(bits, literals, symbol);
            put(bits, draw(state, 32), length_extra[symbol - 257]);
            put_symbol(bits, distances, distance);
            put(bits, draw(state, 8192), distance < 2 ? 0 : (unsigned)distance / 2 - 1);
        } else {
            put_symbol(bits, literals, symbol);
        }
    }
    put_symbol(bits, literals, 256);
}

/* Codes of all lengths, sometimes with a wrong length or a flipped bit. */
static void test_random_blocks(void)
{
    uint64_t state = test_seed();
    struct bits *bits = malloc(sizeof *bits);
    long taken = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bits);
    for (int i = 0; i < 3000; i++) {
        struct code literals = {{0}, {0}, 0}, distances = {{0}, {0}, 0};
        memset(bits, 0, sizeof *bits);
        draw_code(&literals, 286, 2 + (int)draw(&state, 280), &state);
        if (literals.sizes[256] == 0)
            continue;
        draw_code(&distances, 1 + (int)draw(&state, 30), 1, &state);
        if (distances.symbols > 2) {
            const int symbols = distances.symbols;
            distances = (struct code){{0}, {0}, 0};
            draw_code(&distances, symbols, 2 + (int)draw(&state, (unsigned)symbols - 1), &state);
        }
        if (draw(&state, 8) == 0)
            literals.sizes[draw(&state, 286)] ^= 1;
        put_header(bits, &literals, &distances, NULL);
        put_random_symbols(bits, &literals, &distances, &state);
        if (draw(&state, 4) == 0)
            bits->bytes[draw(&state, (unsigned)(bits->count + 7) / 8)] ^=
                (unsigned char)(1 << draw(&state, 8));
        taken += expect_same("random block", (struct data){bits->bytes, (bits->count + 7) / 8});
    }
    CU_ASSERT_TRUE(taken > 500);
    free(bits);
}

/* All kinds of zlib's output: intact, cut and changed. */
static void test_of_zlib(void)
{
    uint64_t state = test_seed() + 1;
    unsigned char *plain = malloc(300000), *packed = malloc(400000);
    long taken = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(plain);
    CU_ASSERT_PTR_NOT_NULL_FATAL(packed);
    for (int i = 0; i < 1500; i++) {
        const size_t size = draw(&state, i % 20 == 0 ? 300000 : 3000);
        const unsigned sort = draw(&state, 5), period = 1 + draw(&state, 40);
        for (size_t k = 0; k < size; k++)
            plain[k] = (unsigned char)(sort == 0   ? 0
                                       : sort == 1 ? draw(&state, 256)
                                       : sort == 2 ? draw(&state, 3)
                                                   : (k % period) * 7 + draw(&state, 20) / 19);
        z_stream stream = {
            .next_in = plain, .avail_in = (uInt)size, .next_out = packed, .avail_out = 400000};
        deflateInit2(&stream, (int)draw(&state, 10), Z_DEFLATED, -15, 1 + (int)draw(&state, 9),
                     (int)draw(&state, 5));
        CU_ASSERT_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
        struct data data = {packed, stream.total_out};
        deflateEnd(&stream);
        taken += expect_same("of zlib", data);
        if (i % 3 == 0)
            data.size = draw(&state, (unsigned)data.size + 1);
        for (int k = (int)draw(&state, 3); k > 0 && data.size > 0; k--)
            packed[draw(&state, 2) ? draw(&state, (unsigned)data.size)
                                   : draw(&state, data.size < 30 ? (unsigned)data.size : 30)] ^=
                (unsigned char)(1 << draw(&state, 8));
        taken += expect_same("of zlib, changed", data);
    }
    CU_ASSERT_TRUE(taken > 1500);
    free(plain);
    free(packed);
}

int test_inflate_suite(void)
{
    CU_pSuite suite = CU_add_suite("inflate", NULL, NULL);
    return !(suite && CU_add_test(suite, "codes whole and not", test_codes) &&
             CU_add_test(suite, "blocks byte by byte", test_bytes) &&
             CU_add_test(suite, "random blocks", test_random_blocks) &&
             CU_add_test(suite, "what zlib makes", test_of_zlib));
}
