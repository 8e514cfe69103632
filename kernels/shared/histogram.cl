/* histogram -- how often each value occurs. */
#include "kernel.h"

TALLY(histogram, S);
