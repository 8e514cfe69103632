/* The oracle of bounds: the picture stays as it is; test_data.c checks the data. */
#include "../oracle.h"

const struct oracle oracle_bounds = {
    .name = "bounds", .alpha = ORACLE_PLAIN, .run = oracle_unchanged};
