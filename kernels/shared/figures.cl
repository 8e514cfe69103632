/* figures -- makes a channel of numbers that histograms yield: a row for each plane. The host part
 * completes a plane's numbers from its counts, as constants of the pass that writes its row. */
#include "kernel.h"

/* The constants: the plane, three parameters of the kernel, and the numbers. */
#define FIGURES_HEAD 4
#ifdef HOST
_Static_assert(FIGURES_HEAD == TRI_FIGURES_HEAD, "figures.h has the same");
#endif

/* Rows of the planes that follow are written by figures_next. */
GATHER(figures_first, S, u32)
{
    CONSTANT uint *k = CONSTANTS(uint);
    return Y == 0 ? k[FIGURES_HEAD + X] : SAMPLE(0, 0);
}

GATHER(figures_next, u32, u32)
{
    CONSTANT uint *k = CONSTANTS(uint);
    return Y == (int)k[0] ? k[FIGURES_HEAD + X] : SAMPLE(X, Y);
}
