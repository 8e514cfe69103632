/* minus -- one channel less another, which is nowhere larger. */
#include "kernel.h"

PASS(minus, S, S)
{
    PUT(AT_INPUT(0, 0, 0) - AT_INPUT(1, 0, 0));
}
