/* counts -- counts the samples of each value: the pass "histogram". */
#include "kernel.h"

HISTOGRAM(histogram, S);
