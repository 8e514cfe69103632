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

/* Mitchell's with B = C = 1/3, and Catmull and Rom's, with their coefficients multiplied out. */
static double mitchell(double x)
{
    x = fabs(x);
    return x < 1   ? (7 * x * x * x - 12 * x * x + 16.0 / 3) / 6
           : x < 2 ? (-7.0 / 3 * x * x * x + 12 * x * x - 20 * x + 32.0 / 3) / 6
                   : 0;
}

static double catmull_rom(double x)
{
    x = fabs(x);
    return x < 1 ? 1 + x * x * (1.5 * x - 2.5) : x < 2 ? 2 + x * (-4 + x * (2.5 - 0.5 * x)) : 0;
}

/* Which part of the input's axis the outputs show. */
struct part {
    double from, size;
};

static struct oracle_weights resample(int outputs, int inputs, struct part part, double support,
                                      double (*filter)(double))
{
    struct oracle_weights weights = oracle_weights_new(outputs, inputs);
    double ratio = part.size / outputs, widening = ratio > 1 ? ratio : 1;
    int reach = (int)ceil(support * widening) + 1;

    for (int o = 0; o < outputs; o++) {
        double centre = part.from + (o + 0.5) * ratio;

        for (int i = (int)floor(centre) - reach; i <= (int)floor(centre) + reach; i++)
            oracle_weights_add(&weights, o, i, filter((i + 0.5 - centre) / widening));
    }
    oracle_weights_normalise(&weights);
    return weights;
}

/* The length of the part of each sample that an output covers. */
static struct oracle_weights cover_areas(int outputs, int inputs, struct part part)
{
    struct oracle_weights weights = oracle_weights_new(outputs, inputs);

    for (int o = 0; o < outputs; o++) {
        double begin = part.from + part.size * o / outputs;
        double end = part.from + part.size * (o + 1) / outputs;

        for (int i = 0; i < inputs; i++)
            oracle_weights_add(&weights, o, i, fmax(0, fmin(end, i + 1) - fmax(begin, i)));
    }
    oracle_weights_normalise(&weights);
    return weights;
}

struct kind {
    const char *name;
    double support;
    double (*filter)(double); /* NULL: areas */
};
static const struct kind kinds[] = {{"bilinear", 1, triangle},
                                    {"lanczos3", 3, lanczos3},
                                    {"mitchell", 2, mitchell},
                                    {"catmull-rom", 2, catmull_rom},
                                    {"area", 0, NULL}};

static struct oracle_weights weights_of(const struct kind *kind, int outputs, int inputs,
                                        struct part part)
{
    return kind->filter ? resample(outputs, inputs, part, kind->support, kind->filter)
                        : cover_areas(outputs, inputs, part);
}

static void smooth(const struct tri_image *in, const struct kind *kind, const struct part part[2],
                   struct expected *out)
{
    struct oracle_weights across = weights_of(kind, out->width, in->shape.width, part[0]);
    struct oracle_weights down = weights_of(kind, out->height, in->shape.height, part[1]);
    size_t samples = (size_t)out->width * (size_t)out->height * (size_t)out->planes;

    for (int plane = 0; plane < out->planes; plane++)
        oracle_weights_apply(&across, &down, in, plane, out);
    for (size_t i = 0; i < samples; i++)
        out->value[i] = oracle_clamp(out->value[i], 0, oracle_max(in));
    out->bound = 1;
    free(across.weight);
    free(down.weight);
}

/* The sample that the output's centre lies in. The part's size is a fraction of `other`: what is in
 * it is in the middle, so centres are ((2i + 1) * size + in * other - out * size) / (2 * other) for
 * `out` outputs of size / other samples each. */
struct ratio {
    int64_t samples, outputs; /* so many outputs show so many samples */
};

static int centre_of(int i, int in, int out, struct ratio ratio)
{
    int64_t twice = 2 * ratio.outputs;

    if (ratio.samples == ratio.outputs) /* cut out */
        return i + (in - out) / 2;
    return (int)(((2 * (int64_t)i + 1 - out) * ratio.samples + in * ratio.outputs) / twice);
}

static void nearest(const struct tri_image *in, const struct ratio ratio[2], struct expected *out)
{
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)oracle_sample(
                    in, plane, centre_of(x, in->shape.width, out->width, ratio[0]),
                    centre_of(y, in->shape.height, out->height, ratio[1]));
}

static int at_least_1(double side)
{
    return side < 1 ? 1 : (int)round(side);
}

static int choice_of(const struct tri_pipeline *pipeline, int operation, const char *param)
{
    return (int)tri_pipeline_value(pipeline, operation, param);
}

/* The factor, if it is allowed. */
static double allowed(const struct tri_pipeline *pipeline, int operation, double factor)
{
    if (oracle_chosen(pipeline, operation, "only", "shrink") && factor > 1)
        return 1;
    return oracle_chosen(pipeline, operation, "only", "enlarge") && factor < 1 ? 1 : factor;
}

struct target {
    int size[2];
    struct part part[2];
    struct ratio ratio[2];
};

/* Width and height as given. A side that is 0 or less follows from the other, or from the scale. */
static bool ask(const struct tri_pipeline *pipeline, int operation, const int in[2], int size[2])
{
    double scale = tri_pipeline_value(pipeline, operation, "scale");
    bool given[2];

    size[0] = choice_of(pipeline, operation, "width");
    size[1] = choice_of(pipeline, operation, "height");
    for (int i = 0; i < 2; i++)
        given[i] = size[i] > 0;
    for (int i = 0; i < 2; i++)
        if (!given[i])
            size[i] = given[1 - i] ? at_least_1((double)in[i] * size[1 - i] / in[1 - i])
                                   : at_least_1(in[i] * scale);
    return given[0] && given[1];
}

/* Cuts the middle out of the picture scaled so that its side `i` is the target's. */
static void cover(const struct tri_pipeline *pipeline, int operation, const int in[2],
                  struct target *to)
{
    int i = (double)to->size[0] / in[0] >= (double)to->size[1] / in[1] ? 0 : 1;
    double factor = (double)to->size[i] / in[i];
    bool unscaled = allowed(pipeline, operation, factor) != factor;

    for (int k = 0; k < 2; k++) {
        if (unscaled && to->size[k] > in[k])
            to->size[k] = in[k];
        to->ratio[k] = unscaled ? (struct ratio){1, 1} : (struct ratio){in[i], to->size[i]};
        to->part[k].size =
            (double)to->size[k] * (double)to->ratio[k].samples / (double)to->ratio[k].outputs;
        to->part[k].from = (in[k] - to->part[k].size) / 2;
        if (unscaled)
            to->part[k].from = floor(to->part[k].from);
    }
}

static struct target measure(const struct tri_pipeline *pipeline, int operation, const int in[2])
{
    struct target to;
    bool both = ask(pipeline, operation, in, to.size);
    double factor[2] = {(double)to.size[0] / in[0], (double)to.size[1] / in[1]};

    if (both && oracle_chosen(pipeline, operation, "mode", "cover")) {
        cover(pipeline, operation, in, &to);
        return to;
    }
    if (both && oracle_chosen(pipeline, operation, "mode", "fit"))
        factor[0] = factor[1] = fmin(factor[0], factor[1]);
    if (both && oracle_chosen(pipeline, operation, "mode", "outside"))
        factor[0] = factor[1] = fmax(factor[0], factor[1]);
    for (int i = 0; i < 2; i++) {
        to.size[i] = at_least_1(in[i] * allowed(pipeline, operation, factor[i]));
        to.part[i] = (struct part){0, in[i]};
        to.ratio[i] = (struct ratio){in[i], to.size[i]};
    }
    return to;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int sides[2] = {in->shape.width, in->shape.height};
    struct target to = measure(pipeline, operation, sides);

    (void)before;
    oracle_expect(out, to.size[0], to.size[1], in->shape.planes, 0);
    if (oracle_chosen(pipeline, operation, "filter", "nearest"))
        nearest(in, to.ratio, out);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (oracle_chosen(pipeline, operation, "filter", kinds[i].name))
            smooth(in, &kinds[i], to.part, out);
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
                                    "scale=0.37:filter=mitchell",
                                    "scale=2.5:filter=mitchell",
                                    "scale=0.5:filter=catmull-rom",
                                    "scale=2.5:filter=catmull-rom",
                                    "scale=0.5:filter=area",
                                    "scale=0.29:filter=area",
                                    "scale=1.7:filter=area",
                                    "width=40:height=40:mode=fit",
                                    "width=10:height=30:mode=outside:filter=area",
                                    "width=24:height=24:mode=cover",
                                    "width=9:height=4:mode=cover:filter=bilinear",
                                    "width=40:height=7:mode=cover:filter=nearest",
                                    "width=8:height=4:mode=cover:filter=area",
                                    "width=20:height=4:mode=cover:only=shrink",
                                    "width=40:height=3:only=shrink",
                                    "width=40:height=-1:only=enlarge",
                                    "width=40:height=3:mode=fit:only=enlarge",
                                    "width=1:height=1",
                                    "width=1:height=1:filter=nearest",
                                    NULL};

const struct oracle oracle_resize = {
    .name = "resize", .run = run, .alpha_of = alpha_of, .cases = cases};
