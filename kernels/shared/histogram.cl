/* histogram -- counts the samples of each value. */
#include "kernel.h"

HISTOGRAM(histogram, S);
