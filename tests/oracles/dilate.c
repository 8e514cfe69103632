/* The oracle of dilate: the highest sample of a window. */
#include "../oracle_window.h"

#include <stdlib.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct expected plain;

    (void)before;
    oracle_plain(in, &plain);
    oracle_extreme(pipeline, operation, &plain, 1, out);
    free(plain.value);
}

static const char *const cases[] = {"radius=2",
                                    "radius=5",
                                    "radius=31",
                                    "radius=1:shape=disk",
                                    "radius=2:shape=disk",
                                    "radius=4:shape=disk",
                                    "radius=7:shape=disk",
                                    "radius=21:shape=disk",
                                    "radius=3:shape=cross",
                                    "radius=17:shape=cross",
                                    NULL};

const struct oracle oracle_dilate = {
    .name = "dilate", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
