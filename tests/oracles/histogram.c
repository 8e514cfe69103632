/* The oracle of histogram: the picture stays as it is; test_data.c checks the data. */
#include "../oracle.h"

static const char *const cases[] = {"bins=1", "bins=128:planes=joint", "bins=65536", NULL};

const struct oracle oracle_histogram = {
    .name = "histogram", .alpha = ORACLE_PLAIN, .run = oracle_unchanged, .cases = cases};
