/* lanes_quotient.h -- quotients of 64-bit numbers, eight at a time, where the CPU multiplies and
 * converts such: dividing them one by one takes several times as long. */

#ifdef __AVX512DQ__
#define QUOTIENT_LANES 8
typedef long quotient_64 __attribute__((ext_vector_type(QUOTIENT_LANES)));
typedef float quotient_f32 __attribute__((ext_vector_type(QUOTIENT_LANES)));
typedef struct __attribute__((packed, may_alias)) {
    quotient_64 v;
} quotient_64_at;

INLINE quotient_64 quotient_about(quotient_64 n, quotient_f32 d)
{
    return __builtin_convertvector(__builtin_convertvector(n, quotient_f32) / d, quotient_64);
}

/* floor(n / d), for 0 <= n < d * 2^38 and 1 <= d < 2^25. Integers correct what floats lose, so it
 * does not depend on how they are rounded: the first quotient, less 2^17, is too small by less than
 * 2^18, and the sum of both is off by one at most. */
INLINE quotient_64 lanes_quotient(quotient_64 n, quotient_64 d)
{
    const quotient_f32 divisor = __builtin_convertvector(d, quotient_f32);
    quotient_64 q = quotient_about(n, divisor) - (1L << 17), rest = n - q * d;
    const quotient_64 more = quotient_about(rest, divisor);
    q += more;
    rest -= more * d;
    return q + (rest < 0) - (rest >= d); /* a comparison is -1 where it holds */
}
#endif
