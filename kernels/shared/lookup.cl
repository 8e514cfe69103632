/* lookup -- maps each sample through a table of 2^bits entries; the constants are the table. */
#include "kernel.h"

LOOKUP(lookup);
