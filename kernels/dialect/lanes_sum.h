/* lanes_sum.h -- sums of products of 8-bit samples and 16-bit weights; body_words.h names them.
 *
 * Interleaving puts the samples that are multiplied together side by side. The order of lanes is
 * private to sum_s: in every 16 bytes of a register of samples, four quarters. */

#if BITS == 8
#if defined(NATIVE) && LANES % (2 * NATIVE) == 0
#if LANES / (2 * NATIVE) == 2
#define SUM_REGISTERS 2
#define EACH_REGISTER(DO) DO(0) DO(1)
#else
#define SUM_REGISTERS 1
#define EACH_REGISTER(DO) DO(0)
#endif
typedef uchar native8 __attribute__((ext_vector_type(2 * NATIVE)));
union native_bytes {
    native8 n8;
    native16 n16;
    native32 n32;
    madd32 m32;
};
union lanes_bytes {
    u8 lanes;
    native8 native[SUM_REGISTERS];
};

/* Eight bytes of either register in turn, from `at` on. */
#define BYTE_PAIRS(at) \
    at, 2 * NATIVE + at, at + 1, 2 * NATIVE + at + 1, at + 2, 2 * NATIVE + at + 2, at + 3, \
        2 * NATIVE + at + 3, at + 4, 2 * NATIVE + at + 4, at + 5, 2 * NATIVE + at + 5, at + 6, \
        2 * NATIVE + at + 6, at + 7, 2 * NATIVE + at + 7
#if NATIVE == 32
#define BYTES_LOW BYTE_PAIRS(0), BYTE_PAIRS(16), BYTE_PAIRS(32), BYTE_PAIRS(48)
#define BYTES_HIGH BYTE_PAIRS(8), BYTE_PAIRS(24), BYTE_PAIRS(40), BYTE_PAIRS(56)
/* Restores the order of two packed registers. */
#define WORDS_FIRST \
    0, 1, 2, 3, 4, 5, 6, 7, 32, 33, 34, 35, 36, 37, 38, 39, 8, 9, 10, 11, 12, 13, 14, 15, 40, 41, \
        42, 43, 44, 45, 46, 47
#define WORDS_SECOND \
    16, 17, 18, 19, 20, 21, 22, 23, 48, 49, 50, 51, 52, 53, 54, 55, 24, 25, 26, 27, 28, 29, 30, \
        31, 56, 57, 58, 59, 60, 61, 62, 63
#elif NATIVE == 16
#define BYTES_LOW BYTE_PAIRS(0), BYTE_PAIRS(16)
#define BYTES_HIGH BYTE_PAIRS(8), BYTE_PAIRS(24)
#define WORDS_FIRST 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define WORDS_SECOND 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#else
#define BYTES_LOW BYTE_PAIRS(0)
#define BYTES_HIGH BYTE_PAIRS(8)
#define WORDS_FIRST 0, 1, 2, 3, 4, 5, 6, 7
#define WORDS_SECOND 8, 9, 10, 11, 12, 13, 14, 15
#endif

INLINE native16 sum_pairs_low(native8 a, native8 b)
{
    union native_bytes pairs;
    pairs.n8 = __builtin_shufflevector(a, b, BYTES_LOW);
    return pairs.n16;
}

INLINE native16 sum_pairs_high(native8 a, native8 b)
{
    union native_bytes pairs;
    pairs.n8 = __builtin_shufflevector(a, b, BYTES_HIGH);
    return pairs.n16;
}

/* Four samples of each place side by side, in quarters; PAIRED is applied to each two first. */
#define SUM_QUARTERS_OF(r, PAIRED) \
    { \
        const native16 ab_low = PAIRED(sum_pairs_low(first.native[r], second.native[r]), 0), \
                       ab_high = PAIRED(sum_pairs_high(first.native[r], second.native[r]), 0), \
                       cd_low = PAIRED(sum_pairs_low(third.native[r], fourth.native[r]), 16), \
                       cd_high = PAIRED(sum_pairs_high(third.native[r], fourth.native[r]), 16); \
        QUARTER(r, 0, ab_low, cd_low, NATIVE_LOW) \
        QUARTER(r, 1, ab_low, cd_low, NATIVE_HIGH) \
        QUARTER(r, 2, ab_high, cd_high, NATIVE_LOW) \
        QUARTER(r, 3, ab_high, cd_high, NATIVE_HIGH) \
    }

#if defined(__AVX512VNNI__) && NATIVE == 32
/* The instruction multiplies four bytes by four signed bytes, so a weight is 256 * large + small.
 */
typedef struct {
    native32 small[SUM_REGISTERS][4], large[SUM_REGISTERS][4];
} sum_s;
#define SUM_QUARTER(sum, r, i) ((sum).small[r][i] + ((sum).large[r][i] << (native32)(8)))
#define SUM_FIRST(sum, r, i) (sum).small[r][i]
#define SUM_CLEAR(sum, r, i) (sum).small[r][i] = (sum).large[r][i] = (native32)(0)

INLINE native32 sum_dot(native32 sum, native16 bytes, uint weights)
{
    union native_bytes to, from, by;
    to.n32 = sum;
    from.n16 = bytes;
    by.n32 = (native32)(int)(weights);
    to.m32 = __builtin_ia32_vpdpbusd512(to.m32, from.m32, by.m32);
    return to.n32;
}

#define SUM_AS_IT_IS(bytes, shift) (bytes)
#define SUM_QUARTERS(r) SUM_QUARTERS_OF(r, SUM_AS_IT_IS)

INLINE sum_s sum_add_4(sum_s sum, u8 a, u8 b, u8 c, u8 d, CONSTANT struct sum_weights *weights)
{
    const uint small = weights->small, large = weights->large;
    const union lanes_bytes first = {.lanes = a}, second = {.lanes = b}, third = {.lanes = c},
                            fourth = {.lanes = d};
#define QUARTER(r, i, ab, cd, order) \
    sum.small[r][i] = sum_dot(sum.small[r][i], __builtin_shufflevector(ab, cd, order), small); \
    sum.large[r][i] = sum_dot(sum.large[r][i], __builtin_shufflevector(ab, cd, order), large);
    EACH_REGISTER(SUM_QUARTERS)
#undef QUARTER
    return sum;
}

INLINE sum_s sum_add_2(sum_s sum, u8 a, u8 b, CONSTANT struct sum_weights *weights)
{
    return sum_add_4(sum, a, b, (u8)(0), (u8)(0), weights);
}

/* Without weights that are 256 times as large. */
INLINE sum_s sum_add_4_bytes(sum_s sum, u8 a, u8 b, u8 c, u8 d,
                             CONSTANT struct sum_weights *weights)
{
    const uint small = weights->small;
    const union lanes_bytes first = {.lanes = a}, second = {.lanes = b}, third = {.lanes = c},
                            fourth = {.lanes = d};
#define QUARTER(r, i, ab, cd, order) \
    sum.small[r][i] = sum_dot(sum.small[r][i], __builtin_shufflevector(ab, cd, order), small);
    EACH_REGISTER(SUM_QUARTERS)
#undef QUARTER
    return sum;
}
#else
typedef struct {
    native32 quarter[SUM_REGISTERS][4];
} sum_s;
#define SUM_QUARTER(sum, r, i) ((sum).quarter[r][i])
#define SUM_FIRST(sum, r, i) (sum).quarter[r][i]
#define SUM_CLEAR(sum, r, i) (sum).quarter[r][i] = (native32)(0)

/* Two weights as one number. */
struct __attribute__((packed, may_alias)) sum_pair {
    int both;
};
#define SUM_PAIR(weights, i) (((CONSTANT struct sum_pair *)(weights)->each)[i].both)

INLINE sum_s sum_add_pair(sum_s sum, u8 a, u8 b, int weights)
{
    const native32 both = (native32)(weights);
    const union lanes_bytes first = {.lanes = a}, second = {.lanes = b};
    const native8 zero = (native8)(0);
#define ADD(r) \
    { \
        union native_bytes low, high; \
        low.n16 = sum_pairs_low(first.native[r], second.native[r]); \
        high.n16 = sum_pairs_high(first.native[r], second.native[r]); \
        sum.quarter[r][0] += acc_madd(sum_pairs_low(low.n8, zero), both); \
        sum.quarter[r][1] += acc_madd(sum_pairs_high(low.n8, zero), both); \
        sum.quarter[r][2] += acc_madd(sum_pairs_low(high.n8, zero), both); \
        sum.quarter[r][3] += acc_madd(sum_pairs_high(high.n8, zero), both); \
    }
    EACH_REGISTER(ADD)
#undef ADD
    return sum;
}

INLINE sum_s sum_add_2(sum_s sum, u8 a, u8 b, CONSTANT struct sum_weights *weights)
{
    return sum_add_pair(sum, a, b, SUM_PAIR(weights, 0));
}

INLINE sum_s sum_add_4(sum_s sum, u8 a, u8 b, u8 c, u8 d, CONSTANT struct sum_weights *weights)
{
    return sum_add_pair(sum_add_pair(sum, a, b, SUM_PAIR(weights, 0)), c, d, SUM_PAIR(weights, 1));
}

#ifdef __SSSE3__
#if NATIVE == 32
#define NATIVE_MADD_BYTES __builtin_ia32_pmaddubsw512
#elif NATIVE == 16
#define NATIVE_MADD_BYTES __builtin_ia32_pmaddubsw256
#else
#define NATIVE_MADD_BYTES __builtin_ia32_pmaddubsw128
#endif
typedef char madd8 __attribute__((__vector_size__(NATIVE * 2)));

/* The instruction adds two products of bytes with signed bytes, in 16 bits. */
INLINE native16 sum_madd_bytes(native16 pairs, short weights)
{
    union {
        native16 n16;
        madd8 m8;
        madd16 m16;
    } a, b;
    a.n16 = pairs;
    b.n16 = (native16)(weights);
    a.m16 = NATIVE_MADD_BYTES(a.m8, b.m8);
    return a.n16;
}

INLINE sum_s sum_add_4_bytes(sum_s sum, u8 a, u8 b, u8 c, u8 d,
                             CONSTANT struct sum_weights *weights)
{
    const uint small = weights->small;
    const native32 ones = (native32)(1 << 16 | 1);
    const union lanes_bytes first = {.lanes = a}, second = {.lanes = b}, third = {.lanes = c},
                            fourth = {.lanes = d};
#define WEIGHED(pairs, shift) sum_madd_bytes(pairs, (short)(small >> (shift)))
#define QUARTER(r, i, ab, cd, order) \
    sum.quarter[r][i] += acc_madd(__builtin_shufflevector(ab, cd, order), ones);
#define ADD(r) SUM_QUARTERS_OF(r, WEIGHED)
    EACH_REGISTER(ADD)
#undef ADD
#undef QUARTER
#undef WEIGHED
    return sum;
}
#else
INLINE sum_s sum_add_4_bytes(sum_s sum, u8 a, u8 b, u8 c, u8 d,
                             CONSTANT struct sum_weights *weights)
{
    return sum_add_4(sum, a, b, c, d, weights);
}
#endif
#endif

INLINE sum_s sum_zero(void)
{
    sum_s sum;
#define CLEAR(r) \
    SUM_CLEAR(sum, r, 0); \
    SUM_CLEAR(sum, r, 1); \
    SUM_CLEAR(sum, r, 2); \
    SUM_CLEAR(sum, r, 3);
    EACH_REGISTER(CLEAR)
#undef CLEAR
    return sum;
}

INLINE sum_s sum_times(sum_s sum, int times, int plus)
{
    sum_s result = sum_zero();
#define TIMES(r) \
    SUM_FIRST(result, r, 0) = SUM_QUARTER(sum, r, 0) * (native32)(times) + (native32)(plus); \
    SUM_FIRST(result, r, 1) = SUM_QUARTER(sum, r, 1) * (native32)(times) + (native32)(plus); \
    SUM_FIRST(result, r, 2) = SUM_QUARTER(sum, r, 2) * (native32)(times) + (native32)(plus); \
    SUM_FIRST(result, r, 3) = SUM_QUARTER(sum, r, 3) * (native32)(times) + (native32)(plus);
    EACH_REGISTER(TIMES)
#undef TIMES
    return result;
}

INLINE i16 sum_narrow(sum_s sum, int shift)
{
    const native32 rounding = (native32)((1 << shift) >> 1), places = (native32)(shift);
    union native_lanes result;
#define NARROWED(r, i) ((SUM_QUARTER(sum, r, i) + rounding) >> places)
#define NARROW(r) \
    { \
        const native16 even = acc_pack(NARROWED(r, 0), NARROWED(r, 1)), \
                       odd = acc_pack(NARROWED(r, 2), NARROWED(r, 3)); \
        result.native[2 * r] = __builtin_shufflevector(even, odd, WORDS_FIRST); \
        result.native[2 * r + 1] = __builtin_shufflevector(even, odd, WORDS_SECOND); \
    }
    EACH_REGISTER(NARROW)
#undef NARROW
#undef NARROWED
    return result.lanes;
}
#else
typedef acc sum_s;
INLINE sum_s sum_zero(void)
{
    return acc_zero();
}
INLINE sum_s sum_add_2(sum_s sum, u8 a, u8 b, CONSTANT struct sum_weights *weights)
{
    return acc_add_pair(sum, I16(a), I16(b), weights->each[0], weights->each[1]);
}
INLINE sum_s sum_add_4(sum_s sum, u8 a, u8 b, u8 c, u8 d, CONSTANT struct sum_weights *weights)
{
    return acc_add_pair(sum_add_2(sum, a, b, weights), I16(c), I16(d), weights->each[2],
                        weights->each[3]);
}
INLINE sum_s sum_add_4_bytes(sum_s sum, u8 a, u8 b, u8 c, u8 d,
                             CONSTANT struct sum_weights *weights)
{
    return sum_add_4(sum, a, b, c, d, weights);
}
INLINE sum_s sum_times(sum_s sum, int times, int plus)
{
    return acc_times(sum, times, plus);
}
INLINE i16 sum_narrow(sum_s sum, int shift)
{
    return acc_narrow(sum, shift);
}
#endif
#endif
