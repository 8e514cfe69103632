/* alpha -- premultiplies colour by alpha, and divides by it again. Opaque samples do not change.
 * Inputs: a colour plane, then the alpha plane. */
#include "kernel.h"

PASS(alpha_multiply, S, S)
{
    PUT(divide_maximum(TO_WIDE(AT_INPUT(0, 0, 0)) * TO_WIDE(AT_INPUT(1, 0, 0))));
}

PASS(alpha_divide, S, S)
{
    const u32 alpha = U32(AT_INPUT(1, 0, 0));
    const u32 divisor = MAX(alpha, ALL(u32, 1));
    const u32 colour = MIN(U32(AT_INPUT(0, 0, 0)), alpha);
    PUT(TO_S(divide_lanes(colour * ALL(u32, MAXIMUM) + (divisor >> 1), divisor)));
}
