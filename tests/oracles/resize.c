/* The oracle of resize: nearest in integers, the other filters as weights in double. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static double triangle(double x)
{
    return fabs(x) < 1 ? 1 - fabs(x) : 0;
}

static double sinc(double x)
{
    double angle = acos(-1.0) * x;

    return x == 0 ? 1 : sin(angle) / angle;
}

static double lanczos3(double x)
{
    return fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

static struct oracle_weights resample(int outputs, int inputs, double support,
                                      double (*filter)(double))
{
    struct oracle_weights weights = oracle_weights_new(outputs, inputs);
    double ratio = (double)inputs / outputs, widening = ratio > 1 ? ratio : 1;
    int reach = (int)ceil(support * widening) + 1;

    for (int o = 0; o < outputs; o++) {
        double centre = (o + 0.5) * ratio;

        for (int i = (int)floor(centre) - reach; i <= (int)floor(centre) + reach; i++)
            oracle_weights_add(&weights, o, i, filter((i + 0.5 - centre) / widening));
    }
    oracle_weights_normalise(&weights);
    return weights;
}

static void smooth(const struct tri_image *in, double support, double (*filter)(double),
                   struct expected *out)
{
    struct oracle_weights across = resample(out->width, in->shape.width, support, filter);
    struct oracle_weights down = resample(out->height, in->shape.height, support, filter);
    size_t samples = (size_t)out->width * (size_t)out->height * (size_t)out->planes;

    for (int plane = 0; plane < out->planes; plane++)
        oracle_weights_apply(&across, &down, in, plane, out);
    for (size_t i = 0; i < samples; i++)
        out->value[i] = oracle_clamp(out->value[i], 0, oracle_max(in));
    out->bound = 1;
    free(across.weight);
    free(down.weight);
}

static void nearest(const struct tri_image *in, struct expected *out)
{
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t from_x = (2 * (int64_t)x + 1) * in->shape.width / (2 * (int64_t)out->width);
                int64_t from_y =
                    (2 * (int64_t)y + 1) * in->shape.height / (2 * (int64_t)out->height);

                *oracle_at(out, plane, x, y) =
                    (double)oracle_sample(in, plane, (int)from_x, (int)from_y);
            }
}

static int at_least_1(double side)
{
    return side < 1 ? 1 : (int)round(side);
}

static void measure(const struct tri_pipeline *pipeline, int operation, const struct tri_shape *in,
                    int *width, int *height)
{
    double scale = tri_pipeline_value(pipeline, operation, "scale");

    *width = (int)tri_pipeline_value(pipeline, operation, "width");
    *height = (int)tri_pipeline_value(pipeline, operation, "height");
    if (!*width && !*height) {
        *width = at_least_1(in->width * scale);
        *height = at_least_1(in->height * scale);
    } else if (!*width) {
        *width = at_least_1((double)in->width * *height / in->height);
    } else if (!*height) {
        *height = at_least_1((double)in->height * *width / in->width);
    }
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int width, height;

    (void)before;
    measure(pipeline, operation, &in->shape, &width, &height);
    oracle_expect(out, width, height, in->shape.planes, 0);
    if (oracle_chosen(pipeline, operation, "filter", "nearest"))
        nearest(in, out);
    else if (oracle_chosen(pipeline, operation, "filter", "bilinear"))
        smooth(in, 1, triangle, out);
    else
        smooth(in, 3, lanczos3, out);
}

static enum oracle_alpha alpha_of(const struct tri_pipeline *pipeline, int operation)
{
    return oracle_chosen(pipeline, operation, "filter", "nearest") ? ORACLE_PLAIN
                                                                   : ORACLE_PREMULTIPLIED;
}

static const char *const cases[] = {"width=40",
                                    "height=7",
                                    "width=100:height=3:filter=bilinear",
                                    "scale=0.5",
                                    "scale=0.37",
                                    "scale=0.37:filter=bilinear",
                                    "scale=2.5",
                                    "scale=2.5:filter=bilinear",
                                    "scale=3:filter=nearest",
                                    "scale=0.7:filter=nearest",
                                    "width=1:height=1",
                                    "width=1:height=1:filter=nearest",
                                    NULL};

const struct oracle oracle_resize = {
    .name = "resize", .run = run, .alpha_of = alpha_of, .cases = cases};
