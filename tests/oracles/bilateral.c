/* The oracle of bilateral: weights from the definition, in double precision. */
#include "../oracle.h"

#include <math.h>

struct filter {
    int radius;
    double space, reach; /* 2 sigma_space^2, (3 sigma_color)^2 in samples */
};

static double weight(const struct filter *filter, int squared_distance, double difference)
{
    double left = 1 - difference * difference / filter->reach;

    return left > 0 ? exp(-squared_distance / filter->space) * pow(left, 4) : 0;
}

static double mean(const struct filter *filter, const struct tri_image *in, int plane, int x, int y)
{
    double here = (double)oracle_sample(in, plane, x, y), sum = 0, weights = 0;

    for (int dy = -filter->radius; dy <= filter->radius; dy++)
        for (int dx = -filter->radius; dx <= filter->radius; dx++) {
            double other = (double)oracle_sample(in, plane, x + dx, y + dy), w;

            if (dx * dx + dy * dy > filter->radius * filter->radius)
                continue;
            w = weight(filter, dx * dx + dy * dy, other - here);
            weights += w;
            sum += w * other;
        }
    return sum / weights;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double space = tri_pipeline_value(pipeline, operation, "sigma_space");
    double reach = 3 * tri_pipeline_value(pipeline, operation, "sigma_color") * oracle_max(in);
    struct filter filter = {(int)tri_pipeline_value(pipeline, operation, "radius"),
                            2 * space * space, reach * reach};

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 1);
    if (in->shape.bits == 8)
        filter.reach = ceil(filter.reach);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = mean(&filter, in, plane, x, y);
}

static const char *const cases[] = {"radius=1:sigma_color=0.001",
                                    "radius=10:sigma_color=0.05:sigma_space=5",
                                    "radius=10:sigma_color=1:sigma_space=100",
                                    "radius=2:sigma_color=0.4:sigma_space=0.5",
                                    "radius=3:sigma_color=0.2",
                                    NULL};

const struct oracle oracle_bilateral = {
    .name = "bilateral", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
