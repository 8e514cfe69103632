/* inflate.c -- decompresses DEFLATE data. */
#include "inflate.h"

#include <string.h>

#define LITERAL_BITS 11
#define DISTANCE_BITS 8
#define LENGTH_BITS 7 /* the code for code lengths */
#define CODE_MAX 15

/* A table entry gives the meaning of the next bits. Bits 0 to 5: how many bits to drop, extra bits
 * included. Bits 6 and 7: the number of literals; the first is in bits 16 to 23, the second in bits
 * 24 to 31. Without literals it is a length or distance: the base is in bits 16 to 31, the size of
 * the code alone in bits 8 to 11. */
#define LITERAL 0x40u
#define LITERALS 0xc0u
/* Otherwise one of these: */
#define SPECIAL 0x1000u
/* starts at bits 16 to 31, indexed by the number of bits in 8 to 11 */
#define SUBTABLE 0x2000u
#define END_OF_BLOCK 0x4000u
#define INVALID SPECIAL

#define TAKEN(entry) ((entry)&63)
#define CODE_BITS(entry) ((entry) >> 8 & 15)
#define BASE(entry) ((entry) >> 16)

static inline uint64_t load(const unsigned char *in)
{
    uint64_t value;
    memcpy(&value, in, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

/* Leaves at least 56 bits. Bits above `count` are already set, to the same values. */
#define REFILL(bits, count, in) \
    ((bits) |= load(in) << (count), (in) += (63 - (count)) >> 3, (count) |= 56)
#define DROP(bits, count, n) ((bits) >>= (n), (count) -= (n))
#define LOW(bits, n) ((bits) & ((UINT64_C(1) << (n)) - 1))

/* ---- tables ---- */

enum kind { LITERAL_KIND, DISTANCE_KIND, PLAIN_KIND };

/* RFC 1951, 3.2.5 */
static const uint16_t length_bases[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                          15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                          67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                         2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_bases[30] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t distance_extra[30] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                           6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

/* The entry for a symbol with `size` code bits not yet dropped. */
static inline uint32_t entry_of(enum kind kind, unsigned symbol, unsigned size)
{
    if (kind == PLAIN_KIND)
        return symbol << 16 | size;
    if (kind == DISTANCE_KIND)
        return symbol >= 30 ? INVALID
                            : (uint32_t)distance_bases[symbol] << 16 | size << 8 |
                                  (size + distance_extra[symbol]);
    if (symbol < 256)
        return symbol << 16 | LITERAL | size;
    if (symbol == 256)
        return SPECIAL | END_OF_BLOCK | size;
    symbol -= 257;
    return symbol >= 29
               ? INVALID
               : (uint32_t)length_bases[symbol] << 16 | size << 8 | (size + length_extra[symbol]);
}

/* Codes are packed most significant bit first; tables are indexed least significant bit first. */
static inline unsigned reverse(unsigned code, unsigned size)
{
    unsigned reversed = 0;
    for (unsigned i = 0; i < size; i++, code >>= 1)
        reversed = reversed << 1 | (code & 1);
    return reversed;
}

/* The index bits of the subtable for codes with the same prefix, starting with the first of them,
 * the `used`th of its size: as many as make them complete. */
static unsigned subtable_bits(const unsigned counts[CODE_MAX + 1], unsigned used, unsigned size,
                              unsigned table_bits)
{
    unsigned bits = size - table_bits;
    int left = (1 << bits) - (int)(counts[size] - used);
    while (left > 0 && bits + table_bits < CODE_MAX) {
        bits++;
        left = (left << 1) - (int)counts[bits + table_bits];
    }
    return bits;
}

/* False unless all bit patterns have a meaning. As in zlib, a single one-bit code is allowed, and
 * so are no distance codes. */
static bool check_complete(enum kind kind, const unsigned counts[CODE_MAX + 1], unsigned codes)
{
    int left = 1;
    for (int size = 1; size <= CODE_MAX; size++) {
        left = (left << 1) - (int)counts[size];
        if (left < 0)
            return false;
    }
    return left == 0 || (kind != PLAIN_KIND && codes == counts[1]);
}

/* By size, then by symbol: the order of the codes. */
static void sort_symbols(uint16_t *sorted, const unsigned counts[CODE_MAX + 1],
                         const uint8_t *sizes, unsigned symbols)
{
    unsigned starts[CODE_MAX + 1] = {0};
    for (unsigned size = 2; size <= CODE_MAX; size++)
        starts[size] = starts[size - 1] + counts[size - 1];
    for (unsigned i = 0; i < symbols; i++)
        if (sizes[i] != 0)
            sorted[starts[sizes[i]]++] = (uint16_t)i;
}

/* Sets every table entry whose index ends with these bits. */
static void fill(uint32_t *table, unsigned table_bits, unsigned index, unsigned bits,
                 uint32_t entry)
{
    for (size_t at = index; at < (size_t)1 << table_bits; at += (size_t)1 << bits)
        table[at] = entry;
}

/* A table of 1 << table_bits entries, followed by the subtables for longer codes; `room` entries in
 * all. */
static bool build(uint32_t *table, size_t room, unsigned table_bits, enum kind kind,
                  const uint8_t *sizes, unsigned symbols)
{
    unsigned counts[CODE_MAX + 1] = {0}, code = 0, prefix = 0, sub_bits = 0;
    uint16_t sorted[320], *symbol = sorted;
    size_t next = (size_t)1 << table_bits, sub = 0;

    for (unsigned i = 0; i < symbols; i++)
        counts[sizes[i]]++;
    const unsigned codes = symbols - counts[0];
    counts[0] = 0;
    if (!check_complete(kind, counts, codes))
        return false;
    sort_symbols(sorted, counts, sizes, symbols);
    if (codes < 2)
        fill(table, table_bits, 0, 0, INVALID);
    for (unsigned size = 1; size <= CODE_MAX; size++, code <<= 1) {
        for (unsigned used = 0; used < counts[size]; used++, symbol++, code++) {
            const unsigned index = reverse(code, size);
            if (size <= table_bits) {
                fill(table, table_bits, index, size, entry_of(kind, *symbol, size));
                continue;
            }
            const unsigned rest = size - table_bits;
            /* codes with the same prefix are consecutive */
            if (sub_bits == 0 || code >> rest != prefix) {
                prefix = code >> rest;
                sub_bits = subtable_bits(counts, used, size, table_bits);
                sub = next;
                next += (size_t)1 << sub_bits;
                if (next > room)
                    return false;
                table[reverse(prefix, table_bits)] =
                    (uint32_t)sub << 16 | SPECIAL | SUBTABLE | sub_bits << 8 | table_bits;
            }
            fill(table + sub, sub_bits, index >> table_bits, rest, entry_of(kind, *symbol, rest));
        }
    }
    return true;
}

/* If the bits of an entry hold another literal, the entry yields both at once. */
static void pair_literals(uint32_t *table)
{
    for (unsigned i = 1 << LITERAL_BITS; i-- > 0;) {
        /* `second` is still single, as its index is lower */
        const uint32_t first = table[i], second = table[i >> TAKEN(first)];
        const unsigned size = TAKEN(first) + TAKEN(second);
        if ((first & LITERALS) == LITERAL && (second & LITERALS) == LITERAL && size <= LITERAL_BITS)
            table[i] = (second & 0xff0000) << 8 | (first & 0xff0000) | LITERAL << 1 | size;
    }
}

static bool build_tables(struct tri_inflate *inflate, const uint8_t *sizes, unsigned literals,
                         unsigned distances)
{
    if (!build(inflate->literals, sizeof inflate->literals / 4, LITERAL_BITS, LITERAL_KIND, sizes,
               literals) ||
        !build(inflate->distances, sizeof inflate->distances / 4, DISTANCE_BITS, DISTANCE_KIND,
               sizes + literals, distances))
        return false;
    pair_literals(inflate->literals);
    return true;
}

static bool build_fixed(struct tri_inflate *inflate)
{
    uint8_t sizes[288 + 32];
    if (inflate->fixed)
        return true;
    memset(sizes, 8, 144);
    memset(sizes + 144, 9, 112);
    memset(sizes + 256, 7, 24);
    memset(sizes + 280, 8, 8);
    memset(sizes + 288, 5, 32);
    inflate->fixed = build_tables(inflate, sizes, 288, 32);
    return inflate->fixed;
}

/* ---- block headers ---- */

/* The sizes of all codes, themselves coded. */
static bool read_sizes(struct tri_inflate *inflate, const uint32_t table[1 << LENGTH_BITS],
                       uint8_t *sizes, unsigned symbols)
{
    const unsigned char *const beyond = inflate->end + TRI_INFLATE_BEYOND_IN / 2;
    for (unsigned i = 0; i < symbols;) {
        REFILL(inflate->bits, inflate->count, inflate->in);
        const uint32_t entry = table[LOW(inflate->bits, LENGTH_BITS)];
        unsigned symbol = BASE(entry), times = 1;
        uint8_t size = (uint8_t)symbol;
        if (inflate->in > beyond)
            return false;
        DROP(inflate->bits, inflate->count, TAKEN(entry));
        if (symbol >= 16) {
            const unsigned extra = symbol == 18 ? 7 : symbol - 14;
            times = (symbol == 18 ? 11 : 3) + (unsigned)LOW(inflate->bits, extra);
            DROP(inflate->bits, inflate->count, extra);
            size = symbol == 16 && i > 0 ? sizes[i - 1] : 0;
        }
        if (times > symbols - i || (symbol == 16 && i == 0))
            return false;
        memset(sizes + i, size, times);
        i += times;
    }
    return true;
}

static bool read_codes(struct tri_inflate *inflate)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    const unsigned literals = (unsigned)LOW(inflate->bits, 5) + 257,
                   distances = (unsigned)LOW(inflate->bits >> 5, 5) + 1,
                   lengths = (unsigned)LOW(inflate->bits >> 10, 4) + 4;
    uint8_t sizes[288 + 32] = {0};
    uint32_t table[1 << LENGTH_BITS];

    DROP(inflate->bits, inflate->count, 14);
    if (literals > 286 || distances > 30)
        return false;
    for (unsigned i = 0; i < lengths; i++) {
        REFILL(inflate->bits, inflate->count, inflate->in);
        sizes[order[i]] = (uint8_t)LOW(inflate->bits, 3);
        DROP(inflate->bits, inflate->count, 3);
    }
    inflate->fixed = false;
    return build(table, 1 << LENGTH_BITS, LENGTH_BITS, PLAIN_KIND, sizes, 19) &&
           read_sizes(inflate, table, sizes, literals + distances) && sizes[256] != 0 &&
           build_tables(inflate, sizes, literals, distances);
}

/* Returns whole bytes in `bits` to the input. */
static void give_back(struct tri_inflate *inflate)
{
    inflate->in -= inflate->count >> 3;
    inflate->count &= 7;
    inflate->bits = LOW(inflate->bits, inflate->count);
}

static void align(struct tri_inflate *inflate)
{
    give_back(inflate);
    inflate->bits = 0;
    inflate->count = 0;
}

static bool read_stored(struct tri_inflate *inflate)
{
    align(inflate);
    if (inflate->end - inflate->in < 4)
        return false;
    const unsigned char *in = inflate->in;
    inflate->stored = in[0] | (unsigned)in[1] << 8;
    inflate->in += 4;
    return (in[2] | (unsigned)in[3] << 8) == (inflate->stored ^ 0xffff);
}

static bool read_header(struct tri_inflate *inflate)
{
    REFILL(inflate->bits, inflate->count, inflate->in);
    const unsigned type = (unsigned)LOW(inflate->bits >> 1, 2);
    inflate->last_block = inflate->bits & 1;
    inflate->stage = type == 0 ? TRI_INFLATE_STORED : TRI_INFLATE_CODES;
    DROP(inflate->bits, inflate->count, 3);
    if (type == 0)
        return read_stored(inflate);
    return type == 1 ? build_fixed(inflate) : type == 2 && read_codes(inflate);
}

/* ---- block contents ---- */

static void end_block(struct tri_inflate *inflate)
{
    inflate->stage = inflate->last_block ? TRI_INFLATE_ENDED : TRI_INFLATE_HEADER;
}

static void copy_stored(struct tri_inflate *inflate, unsigned char **out,
                        const unsigned char *wanted)
{
    size_t size = inflate->stored;
    if (size > (size_t)(inflate->end - inflate->in))
        size = (size_t)(inflate->end - inflate->in);
    if (size > (size_t)(wanted - *out))
        size = (size_t)(wanted - *out);
    memcpy(*out, inflate->in, size);
    *out += size;
    inflate->in += size;
    inflate->stored -= (unsigned)size;
    if (inflate->stored == 0)
        end_block(inflate);
}

/* Writes up to 31 bytes more than `length`. */
static inline void copy_match(unsigned char *out, size_t distance, size_t length)
{
    const unsigned char *const end = out + length, *from = out - distance;
    if (distance >= 16) {
        do { /* most matches need one iteration */
            memcpy(out, from, 16);
            memcpy(out + 16, from + 16, 16);
            out += 32, from += 32;
        } while (out < end);
    } else if (distance == 1) {
        memset(out, from[0], length);
    } else if (distance >= 8) {
        do {
            memcpy(out, from, 8);
            out += 8, from += 8;
        } while (out < end);
    } else {
        /* only the first `distance` of 8 bytes are right; the next step overwrites the others */
        do {
            memcpy(out, from, 8);
            out += distance, from += distance;
        } while (out < end);
    }
}

#define TAKE_LITERALS() \
    do { \
        const uint16_t pair = (uint16_t)(entry >> 16); \
        out[0] = (unsigned char)pair; \
        out[1] = (unsigned char)(pair >> 8); \
        out += entry >> 6 & 3; \
        DROP(bits, count, TAKEN(entry)); \
        entry = literals[LOW(bits, LITERAL_BITS)]; \
    } while (0)

/* Decodes symbols until the output is as long as wanted, input runs short, or the block ends. */
static bool decode(struct tri_inflate *inflate, unsigned char **out_at, const unsigned char *wanted,
                   const unsigned char *history, const unsigned char *limit)
{
    const uint32_t *const literals = inflate->literals, *const distances = inflate->distances;
    const unsigned char *in = inflate->in;
    unsigned char *out = *out_at;
    uint64_t bits = inflate->bits;
    unsigned count = inflate->count;
    bool good = true;

    REFILL(bits, count, in);
    uint32_t entry = literals[LOW(bits, LITERAL_BITS)];
    while (out < wanted && in <= limit) {
        /* four times 11 bits, plus 11 to look up the next, are fewer than 56 */
        if (entry & LITERALS) {
            TAKE_LITERALS();
            if (entry & LITERALS) {
                TAKE_LITERALS();
                if (entry & LITERALS) {
                    TAKE_LITERALS();
                    if (entry & LITERALS)
                        TAKE_LITERALS();
                }
            }
            REFILL(bits, count, in);
            continue;
        }
        if (entry & SUBTABLE) {
            DROP(bits, count, LITERAL_BITS);
            entry = literals[BASE(entry) + LOW(bits, CODE_BITS(entry))];
            if (entry & LITERALS) {
                TAKE_LITERALS();
                REFILL(bits, count, in);
                continue;
            }
        }
        if (entry & SPECIAL) {
            DROP(bits, count, TAKEN(entry));
            good = entry & END_OF_BLOCK;
            end_block(inflate);
            break;
        }
        const size_t length = BASE(entry) + (LOW(bits, TAKEN(entry)) >> CODE_BITS(entry));
        DROP(bits, count, TAKEN(entry));
        entry = distances[LOW(bits, DISTANCE_BITS)];
        if (entry & SUBTABLE) {
            DROP(bits, count, DISTANCE_BITS);
            entry = distances[BASE(entry) + LOW(bits, CODE_BITS(entry))];
        }
        const size_t distance = BASE(entry) + (LOW(bits, TAKEN(entry)) >> CODE_BITS(entry));
        if (entry & SPECIAL || distance > (size_t)(out - history)) {
            good = false;
            break;
        }
        DROP(bits, count, TAKEN(entry));
        REFILL(bits, count, in);
        entry = literals[LOW(bits, LITERAL_BITS)];
        copy_match(out, distance, length);
        out += length;
    }
    inflate->in = in;
    inflate->bits = bits;
    inflate->count = count;
    *out_at = out;
    return good;
}

enum tri_inflate_result tri_inflate_run(struct tri_inflate *inflate, unsigned char **out,
                                        const unsigned char *wanted, const unsigned char *history)
{
    while (*out < wanted) {
        bool good = true;
        if (inflate->stage == TRI_INFLATE_ENDED) {
            align(inflate);
            return inflate->in <= inflate->end ? TRI_INFLATE_DONE : TRI_INFLATE_BAD;
        }
        if (!inflate->last && inflate->end - inflate->in < TRI_INFLATE_MARGIN) {
            give_back(inflate); /* the bytes before `in` will be gone */
            return TRI_INFLATE_MORE;
        }
        /* Past the last input zeros are read, within limits; the final check rejects data that used
         * one. */
        const unsigned char *const limit =
            inflate->last ? inflate->end + 16 : inflate->end - TRI_INFLATE_MARGIN;
        if (inflate->in > limit)
            return TRI_INFLATE_BAD;
        if (inflate->stage == TRI_INFLATE_HEADER) {
            good = read_header(inflate);
        } else if (inflate->stage == TRI_INFLATE_CODES) {
            good = decode(inflate, out, wanted, history, limit);
        } else {
            const unsigned before = inflate->stored;
            copy_stored(inflate, out, wanted);
            good = inflate->stored != before || before == 0;
        }
        if (!good)
            return TRI_INFLATE_BAD;
    }
    return TRI_INFLATE_FULL;
}
