/* alpha -- premultiplies colour by alpha, and divides by it again. Opaque samples do not change.
 * Inputs: a colour plane, then the alpha plane. */
#include "kernel.h"

/* (c * a + maximum / 2) / maximum, without dividing: exact for all 2^8 * 2^8 and 2^16 * 2^16 pairs,
 * since the first two terms of 1 / maximum = 1 / (maximum + 1) + 1 / (maximum + 1)^2 + ... suffice.
 */
PASS(alpha_multiply, S, S)
{
    const u32 product =
        U32(AT_INPUT(0, 0, 0)) * U32(AT_INPUT(1, 0, 0)) + ALL(u32, 1u << (BITS - 1));
    PUT(TO_S((product + (product >> BITS)) >> BITS));
}

PASS(alpha_divide, S, S)
{
    const u32 alpha = U32(AT_INPUT(1, 0, 0));
    const u32 divisor = MAX(alpha, ALL(u32, 1));
    const u32 colour = MIN(U32(AT_INPUT(0, 0, 0)), alpha);
    PUT(TO_S(divide_lanes(colour * ALL(u32, MAXIMUM) + (divisor >> 1), divisor)));
}
