/* The oracle of psnr: the picture stays as it is; test_data.c checks the data. */
#include "../oracle.h"

const struct oracle oracle_psnr = {.name = "psnr", .alpha = ORACLE_PLAIN, .run = oracle_unchanged};
