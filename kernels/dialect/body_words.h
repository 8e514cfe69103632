/* body_words.h -- the vocabulary of pass bodies, for either kind of lanes. */

#if BITS == 8
#define S u8 /* lanes of samples */
#define SAMPLE_TYPE uchar
#define MAXIMUM 255     /* a sample's largest value */
#define WIDE u16        /* holds sums of some samples */
#define WIDE_SIGNED i16 /* holds their differences */
#define TO_S(v) U8(v)
#define TO_WIDE(v) U16(v)
#define TO_WIDE_SIGNED(v) I16(v)
#else
#define S u16
#define SAMPLE_TYPE ushort
#define MAXIMUM 65535
#define WIDE u32
#define WIDE_SIGNED i32
#define TO_S(v) U16(v)
#define TO_WIDE(v) U32(v)
#define TO_WIDE_SIGNED(v) I32(v)
#endif

/* The same number in every lane. */
#define ALL(type, number) ALL_(type, number)
#define ALL_(type, number) ((type)(type##_e)(number))
#define CLAMP(v, low, high) MIN(MAX(v, low), high)
#define FLOAT_CLAMP(v, low, high) FLOAT_MIN(FLOAT_MAX(v, low), high)
#define ABS_DIFFERENCE(a, b) (MAX(a, b) - MIN(a, b))

/* The constants that the kernel file's host part computed for this node. */
#define CONSTANTS(type) ((CONSTANT type *)CONSTANT_BYTES)
/* Lanes of the constants, from a pointer on. */
#define CONSTANT_LANES(type, pointer) CONSTANT_LANES_(type, pointer)

/* Accumulators: sums of products of 16-bit numbers, two products at a time. */
#define ACC_ZERO() acc_zero()
#define ACC_ADD_PAIR(sum, a, b, weight_a, weight_b) acc_add_pair(sum, a, b, weight_a, weight_b)
#define ACC_NARROW(sum, shift) acc_narrow(sum, shift) /* rounded, saturated to i16 */
#define ACC_I32(sum) acc_i32(sum)                     /* as i32 lanes */
/* a * one + (b - a) * share, by lanes of shares from 0 to `one`. */
#define ACC_MIX(a, b, share, one) acc_mix(a, b, share, one)

/* The same for samples of 8 bits, with the weights of a struct sum_weights: all four, or the first
 * two. */
#define SUM_ZERO() sum_zero()
#define SUM_ADD_2(sum, a, b, weights) sum_add_2(sum, a, b, weights)
#define SUM_ADD_4(sum, a, b, c, d, weights) sum_add_4(sum, a, b, c, d, weights)
#define SUM_NARROW(sum, shift) sum_narrow(sum, shift) /* rounded, saturated to i16 */
/* SUM_ADD_4 with weights from -64 to 64, and such a sum times a number, plus another. */
#define SUM_ADD_4_BYTES(sum, a, b, c, d, weights) sum_add_4_bytes(sum, a, b, c, d, weights)
#define SUM_TIMES(sum, times, plus) sum_times(sum, times, plus)

/* Rounds to the nearest integer, half to even, for |v| < 2^22: adding 1.5 * 2^23 leaves no fraction
 * bits. */
#define ROUND(v) (((v) + ALL(f32, 12582912.0f)) - ALL(f32, 12582912.0f))
/* Converts a float to a sample, rounded and saturated. */
#define S_FROM_F32(v) TO_S(I32(ROUND(FLOAT_CLAMP(v, ALL(f32, 0.0f), ALL(f32, MAXIMUM)))))

/* The high halves of products of u16 or i16 lanes. */
#define MUL_HIGH(a, b) lanes_mul_high(a, b)
#define MUL_HIGH_SIGNED(a, b) lanes_mul_high_signed(a, b)

/* u32 lanes of a table of `uint` in the constants, by u32 lanes of indices. */
#define TABLE_AT(table, index) lanes_pick(table, index)

/* v / MAXIMUM, rounded, for WIDE lanes up to MAXIMUM * MAXIMUM, without dividing: exact for all of
 * them, since the first two terms of 1 / MAXIMUM = 1 / (MAXIMUM + 1) + 1 / (MAXIMUM + 1)^2 + ...
 * suffice. */
INLINE S divide_maximum(WIDE v)
{
    const WIDE rounded = v + ALL(WIDE, 1u << (BITS - 1));
    return TO_S((rounded + (rounded >> ALL(WIDE, BITS))) >> ALL(WIDE, BITS));
}

/* floor(n / d) for u32 lanes below 2^31 and a divisor that is the same in all lanes. */
#define DIVIDE(n, d) (lanes_mul_hi((n) << 1, (d).multiplier) >> (d).shift)

/* floor(n / d) for u32 lanes with a divisor per lane, 1 to 65535, for n <= 65535 * d + d - 1. The
 * float quotient is off by at most one, however rough a device's division; integers then correct
 * it, so the result is exact everywhere. */
INLINE u32 divide_lanes(u32 n, u32 d)
{
    u32 q = U32(I32(F32(n >> 1) * ALL(f32, 2.0f) / F32(d)));
    u32 product = q * d;
    q = SELECT(product > n, q - ALL(u32, 1), q);
    product = q * d;
    return SELECT(n - product >= d, q + ALL(u32, 1), q);
}

/* round(sqrt(n)) for u32 lanes of at most 65535 * 65535. A device's rough root (4 units in the last
 * place) is off by less than 1/20, and the bit of n that may be lost only lowers it, by less than
 * 1/2 from n = 2 on. With 9/20 in place of a half the root is therefore right or 1 too small, and
 * integers tell which: r is right if n - r*r <= r. This was tried for all n. */
INLINE u32 round_sqrt_16(u32 n)
{
    const f32 root = lanes_sqrt(lanes_near_float(n)) + ALL(f32, 0.45f);
    const i32 r = I32(root), rest = I32(n - U32(r) * U32(r));
    return U32(SELECT(rest > r, r + ALL(i32, 1), r));
}

/* The same for all u32, with 65535 as the largest result. */
INLINE u32 round_sqrt(u32 n)
{
    return round_sqrt_16(MIN(n, ALL(u32, 65535u * 65535u)));
}

/* Differences of the samples around: of opposite corners, left to right upwards and downwards, and
 * of opposite sides. */
#define GRADIENT_PARTS \
    const WIDE_SIGNED rising = TO_WIDE_SIGNED(AT(1, 1)) - TO_WIDE_SIGNED(AT(-1, -1)); \
    const WIDE_SIGNED falling = TO_WIDE_SIGNED(AT(1, -1)) - TO_WIDE_SIGNED(AT(-1, 1)); \
    const WIDE_SIGNED across = TO_WIDE_SIGNED(AT(1, 0)) - TO_WIDE_SIGNED(AT(-1, 0)); \
    const WIDE_SIGNED down = TO_WIDE_SIGNED(AT(0, 1)) - TO_WIDE_SIGNED(AT(0, -1));
/* The gradient by Sobel's operator. */
#define GRADIENT \
    GRADIENT_PARTS \
    const WIDE_SIGNED gx = across + across + rising + falling; \
    const WIDE_SIGNED gy = down + down + rising - falling;

/* The length of a vector, rounded. A component above the maximum decides the result alone, so the
 * caller clamps both to it. */
#if BITS == 8
/* A root of up to 361 is at least 1/2892 away from k + 1/2; that is more than ten times the error
 * that OpenCL allows. */
INLINE S round_length(i16 x, i16 y)
{
    const u32 sum = U32(U16(x) * U16(x)) + U32(U16(y) * U16(y));
    const f32 root = lanes_sqrt(F32(I32(sum))) + ALL(f32, 0.5f);
    return TO_S(MIN(U32(I32(root)), ALL(u32, MAXIMUM)));
}
#else
/* The sum of squares is cut off where the root reaches the maximum, and so stays below 2^32. */
INLINE S round_length(i32 x, i32 y)
{
    const u32 across = U32(x) * U32(x), most = ALL(u32, 65535u * 65535u);
    return TO_S(round_sqrt_16(across + MIN(U32(y) * U32(y), most - across)));
}
#endif

/* For bodies that take samples from places of their own: the nearest place inside, and a mean of
 * two samples by 256ths of `b`, times 256. */
INLINE long place_inside(long at, int size)
{
    return at < 0 ? 0 : at < size ? at : size - 1;
}

INLINE uint mix_256(uint a, uint b, uint share)
{
    return a * (256 - share) + b * share;
}

/* In updates: a pointer to a sample of the plane, or of that of input i; the sample as it is now,
 * or was a moment ago; lowering it to `to`, unless it is lower, which returns what it was before;
 * and setting it, where nobody else lowers or sets it in the same pass. */
#define PLACE(x, y) PLACE_INPUT(0, x, y)
#define PLACE_INPUT(i, x, y) ((GLOBAL uint *)&SAMPLE_INPUT(i, x, y))
#define LATEST(place) sample_latest(place)
#define LOWER(place, to) sample_lower(place, to)
#define SET(place, to) sample_set(place, to)

#ifdef __OPENCL_VERSION__
INLINE uint sample_latest(GLOBAL const uint *place)
{
    return *(GLOBAL const volatile uint *)place;
}

INLINE uint sample_lower(GLOBAL uint *place, uint to)
{
    return atomic_min((GLOBAL volatile uint *)place, to);
}

INLINE void sample_set(GLOBAL uint *place, uint to)
{
    *(GLOBAL volatile uint *)place = to;
}
#else
INLINE uint sample_latest(const uint *place)
{
    return __atomic_load_n(place, __ATOMIC_RELAXED);
}

INLINE uint sample_lower(uint *place, uint to)
{
    uint before = sample_latest(place);
    while (before > to &&
           !__atomic_compare_exchange_n(place, &before, to, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
    return before;
}

INLINE void sample_set(uint *place, uint to)
{
    __atomic_store_n(place, to, __ATOMIC_RELAXED);
}
#endif
