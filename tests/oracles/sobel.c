/* The oracle of sobel. */
#include "../oracle_window.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)before;
    oracle_strength(pipeline, operation, in, oracle_derivative, out);
}

const struct oracle oracle_sobel = {.name = "sobel", .alpha = ORACLE_PREMULTIPLIED, .run = run};
