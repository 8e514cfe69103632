/* The oracle of tophat: samples less the highest of the lowest. */
#include "../oracle_window.h"

#include <stdlib.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct expected plain, between;

    (void)before;
    oracle_plain(in, &plain);
    oracle_extreme(pipeline, operation, &plain, -1, &between);
    oracle_extreme(pipeline, operation, &between, 1, out);
    oracle_less(&plain, out, out);
    free(plain.value);
    free(between.value);
}

static const char *const cases[] = {"radius=2:shape=cross", "radius=3:shape=disk",
                                    "radius=9:shape=disk", "radius=12", NULL};

const struct oracle oracle_tophat = {
    .name = "tophat", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
