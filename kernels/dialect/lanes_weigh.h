/* lanes_weigh.h -- sums of samples that count by their difference from one of them: weights come
 * from tables by permutations of bytes, where the CPU has them.
 *
 * A weight below 2^12 is made of two digits of 6 bits: sums of four such fit bytes, and those of
 * four products with differences fit words. From a difference of 127 on weights must be 0. The
 * order of lanes is that of sum_s.
 */

#if BITS == 8 && defined(__AVX512VBMI__) && defined(NATIVE) && NATIVE == 32
#define WEIGH_LANES
typedef signed char weigh_signed __attribute__((ext_vector_type(64)));
typedef char weigh_bits __attribute__((__vector_size__(64)));
union weigh_bytes {
    u8 lanes;
    native8 n8;
    native16 n16;
    weigh_bits bits;
};
struct weigh {
    union weigh_bytes small[2], large[2]; /* digits, for differences up to 63 and from then on */
};
struct weigh_sum {
    native32 quarter[4];
};
struct weigh_sums {
    struct weigh_sum weights, small, large;
};
/* Four samples of each output. */
struct weigh_samples {
    u8 a, b, c, d;
};
/* Of four samples of half the outputs: sums of weights, and of differences weighted by either
 * digit.
 */
struct weigh_four {
    native16 weights, small, large;
};

/* Entries `half` * 64 to `half` * 64 + 63. */
INLINE void weigh_load(struct weigh *weigh, int half, u16 weights)
{
    weigh->small[half].lanes = U8(weights & (u16)((ushort)63));
    weigh->large[half].lanes = U8(weights >> (u16)((ushort)6));
}

INLINE weigh_bits weigh_look_up(const union weigh_bytes *table, weigh_bits at)
{
    return __builtin_ia32_vpermi2varqi512(table[0].bits, at, table[1].bits);
}

/* Sums of the products of two bytes of `a`, unsigned, and `b`, signed. */
INLINE native16 weigh_madd(union weigh_bytes a, union weigh_bytes b)
{
    union native_bits made;
    made.m16 = __builtin_ia32_pmaddubsw512(a.bits, b.bits);
    return made.n16;
}

/* Samples in the middle, twice each, and the farthest from them that are told apart. */
struct weigh_around {
    native8 middle, low, high;
};

INLINE struct weigh_around weigh_around(native16 twice)
{
    const native8 far = (native8)((uchar)127), most = (native8)((uchar)255);
    union weigh_bytes middle;
    struct weigh_around around;
    middle.n16 = twice;
    around.middle = middle.n8;
    around.low = MAX(middle.n8, far) - far;
    around.high = MIN(middle.n8, most - far) + far;
    return around;
}

/* Two samples of each output, side by side. */
struct weigh_pair {
    union weigh_bytes small, large;
    native16 small_products, large_products;
};

INLINE struct weigh_pair weigh_pair(const struct weigh *weigh, native16 samples,
                                    struct weigh_around around)
{
    union {
        native8 n8;
        weigh_signed s8;
        union weigh_bytes bytes;
    } apart, away;
    union weigh_bytes from;
    struct weigh_pair pair;
    from.n16 = samples;
    apart.n8 = MIN(MAX(from.n8, around.low), around.high) - around.middle;
    away.s8 = ABS(apart.s8);
    pair.small.bits = weigh_look_up(weigh->small, away.bytes.bits);
    pair.large.bits = weigh_look_up(weigh->large, away.bytes.bits);
    pair.small_products = weigh_madd(pair.small, apart.bytes);
    pair.large_products = weigh_madd(pair.large, apart.bytes);
    return pair;
}

INLINE struct weigh_four weigh_four(const struct weigh *weigh, struct weigh_around around,
                                    native16 ab, native16 cd)
{
    const struct weigh_pair one = weigh_pair(weigh, ab, around),
                            other = weigh_pair(weigh, cd, around);
    union weigh_bytes small, large, ones, units;
    struct weigh_four four;
    small.n8 = one.small.n8 + other.small.n8;
    large.n8 = one.large.n8 + other.large.n8;
    ones.n8 = (native8)((uchar)1);
    units.n8 = (native8)((uchar)64);
    four.weights = weigh_madd(small, ones) + weigh_madd(large, units);
    four.small = one.small_products + other.small_products;
    four.large = one.large_products + other.large_products;
    return four;
}

INLINE native8 weigh_native(u8 v)
{
    const union weigh_bytes bytes = {.lanes = v};
    return bytes.n8;
}

/* The first and the second eight of sixteen lanes. */
INLINE struct weigh_four weigh_first(const struct weigh *weigh, u8 here, struct weigh_samples from)
{
    return weigh_four(weigh, weigh_around(sum_pairs_low(weigh_native(here), weigh_native(here))),
                      sum_pairs_low(weigh_native(from.a), weigh_native(from.b)),
                      sum_pairs_low(weigh_native(from.c), weigh_native(from.d)));
}

INLINE struct weigh_four weigh_second(const struct weigh *weigh, u8 here, struct weigh_samples from)
{
    return weigh_four(weigh, weigh_around(sum_pairs_high(weigh_native(here), weigh_native(here))),
                      sum_pairs_high(weigh_native(from.a), weigh_native(from.b)),
                      sum_pairs_high(weigh_native(from.c), weigh_native(from.d)));
}

INLINE void weigh_add(struct weigh_sum *sum, int quarter, native16 a, native16 b, native32 weights)
{
    sum->quarter[quarter] += acc_madd(__builtin_shufflevector(a, b, NATIVE_LOW), weights);
    sum->quarter[quarter + 1] += acc_madd(__builtin_shufflevector(a, b, NATIVE_HIGH), weights);
}

INLINE void weigh_add_fours(struct weigh_sums *sums, int quarter, struct weigh_four a,
                            struct weigh_four b, native32 weights)
{
    weigh_add(&sums->weights, quarter, a.weights, b.weights, weights);
    weigh_add(&sums->small, quarter, a.small, b.small, weights);
    weigh_add(&sums->large, quarter, a.large, b.large, weights);
}

/* Adds samples at two distances, times `weight_a` and `weight_b`. */
INLINE void weigh_add_eight(struct weigh_sums *sums, const struct weigh *weigh, u8 here,
                            struct weigh_samples a, struct weigh_samples b, short weight_a,
                            short weight_b)
{
    const native32 both = (native32)(int)((uint)(ushort)weight_a | (uint)(ushort)weight_b << 16);
    weigh_add_fours(sums, 0, weigh_first(weigh, here, a), weigh_first(weigh, here, b), both);
    weigh_add_fours(sums, 2, weigh_second(weigh, here, a), weigh_second(weigh, here, b), both);
}

INLINE struct weigh_sum weigh_start(int each)
{
    struct weigh_sum sum;
    for (int i = 0; i < 4; i++)
        sum.quarter[i] = (native32)(each);
    return sum;
}

INLINE struct weigh_sum weigh_differences(const struct weigh_sums *sums)
{
    struct weigh_sum both;
    for (int i = 0; i < 4; i++)
        both.quarter[i] = sums->small.quarter[i] + (sums->large.quarter[i] << (native32)(6));
    return both;
}

/* Rounded, saturated to i16. */
INLINE i16 weigh_narrow(struct weigh_sum sum, int shift)
{
    const native32 rounding = (native32)((1 << shift) >> 1), places = (native32)(shift);
    for (int i = 0; i < 4; i++)
        sum.quarter[i] = (sum.quarter[i] + rounding) >> places;
    const native16 even = acc_pack(sum.quarter[0], sum.quarter[1]),
                   odd = acc_pack(sum.quarter[2], sum.quarter[3]);
    union native_lanes result;
    result.native[0] = __builtin_shufflevector(even, odd, WORDS_FIRST);
    result.native[1] = __builtin_shufflevector(even, odd, WORDS_SECOND);
    return result.lanes;
}
#endif
