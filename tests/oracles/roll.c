/* The oracle of roll: puts each sample where it goes. */
#include "../oracle.h"

static int wrap(int at, int size)
{
    while (at < 0)
        at += size;
    return at % size;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int x = (int)tri_pipeline_value(pipeline, operation, "x");
    int y = (int)tri_pipeline_value(pipeline, operation, "y");

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int j = 0; j < out->height; j++)
            for (int i = 0; i < out->width; i++)
                *oracle_at(out, plane, wrap(i + x % out->width, out->width),
                           wrap(j + y % out->height, out->height)) =
                    (double)oracle_sample(in, plane, i, j);
}

static const char *const cases[] = {"x=1:y=-1", "x=-7", "y=3", "x=1000000:y=-1000000", NULL};

const struct oracle oracle_roll = {
    .name = "roll", .alpha = ORACLE_PLAIN, .run = run, .cases = cases};
