/* The oracle of scharr, from its two matrices. */
#include "../oracle_window.h"

#include <stdlib.h>

static int64_t component(const struct tri_image *in, int plane, int x, int y, bool across)
{
    static const int weight[3][3] = {{-3, 0, 3}, {-10, 0, 10}, {-3, 0, 3}};
    int64_t sum = 0;

    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            sum += (across ? weight[r][c] : weight[c][r]) *
                   oracle_sample(in, plane, x + c - 1, y + r - 1);
    return oracle_divide(llabs(sum), 4);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)before;
    oracle_strength(pipeline, operation, in, component, out);
}

const struct oracle oracle_scharr = {.name = "scharr", .alpha = ORACLE_KEPT, .run = run};
