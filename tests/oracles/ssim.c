/* The oracle of ssim: the picture stays as it is; test_data.c checks the data. */
#include "../oracle.h"

const struct oracle oracle_ssim = {.name = "ssim", .alpha = ORACLE_PLAIN, .run = oracle_unchanged};
