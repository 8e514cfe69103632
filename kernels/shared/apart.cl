/* apart -- how far samples of two inputs are apart. */
#include "kernel.h"

PASS(apart, S, S)
{
    PUT(ABS_DIFFERENCE(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}
