/* The oracle of scene: the picture stays as it is; test_data.c checks the data. */
#include "../oracle.h"

const struct oracle oracle_scene = {.name = "scene", .alpha = ORACLE_KEPT, .run = oracle_unchanged};
