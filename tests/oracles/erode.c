/* The oracle of erode: the lowest sample of a window. */
#include "../oracle_window.h"

#include <stdlib.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct expected plain;

    (void)before;
    oracle_plain(in, &plain);
    oracle_extreme(pipeline, operation, &plain, -1, out);
    free(plain.value);
}

const struct oracle oracle_erode = {
    .name = "erode", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = oracle_shapes};
