/* The oracle of gradient: the highest sample of a window less the lowest. */
#include "../oracle_window.h"

#include <stdlib.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct expected plain, lowest;

    (void)before;
    oracle_plain(in, &plain);
    oracle_extreme(pipeline, operation, &plain, 1, out);
    oracle_extreme(pipeline, operation, &plain, -1, &lowest);
    oracle_less(out, &lowest, out);
    free(plain.value);
    free(lowest.value);
}

static const char *const cases[] = {"radius=2:shape=cross", "radius=3:shape=disk",
                                    "radius=9:shape=disk", "radius=12", NULL};

const struct oracle oracle_gradient = {
    .name = "gradient", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
