/* rank -- the sample of a given rank in a square window; borders replicate the edge sample. */
#include "kernel.h"

RANKS(rank);
