/* The oracle of copy. */
#include "../oracle.h"

const struct oracle oracle_copy = {.name = "copy", .alpha = ORACLE_PLAIN, .run = oracle_unchanged};
