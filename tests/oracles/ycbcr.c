/* The oracle of ycbcr: ITU-R BT.601, BT.709 and BT.2020 in real numbers, on a scale from 0 to 255. */
#include "../oracle.h"

struct coding {
    double red, blue;             /* weights in Y */
    double black, y_span, c_span; /* levels of Y, and how many there are of Y and of Cb and Cr */
};

static struct coding coding_of(const struct tri_pipeline *pipeline, int operation)
{
    struct coding coding = {0.299, 0.114, 16, 219, 224};

    if (oracle_chosen(pipeline, operation, "matrix", "bt709")) {
        coding.red = 0.2126;
        coding.blue = 0.0722;
    } else if (oracle_chosen(pipeline, operation, "matrix", "bt2020")) {
        coding.red = 0.2627;
        coding.blue = 0.0593;
    }
    if (oracle_chosen(pipeline, operation, "range", "full")) {
        coding.black = 0;
        coding.y_span = coding.c_span = 255;
    }
    return coding;
}

static void to_ycbcr(const struct coding *c, const double rgb[3], double ycc[3])
{
    double y = c->red * rgb[0] + (1 - c->red - c->blue) * rgb[1] + c->blue * rgb[2];

    ycc[0] = c->black + y * c->y_span / 255;
    ycc[1] = 128 + (rgb[2] - y) / (2 - 2 * c->blue) * c->c_span / 255;
    ycc[2] = 128 + (rgb[0] - y) / (2 - 2 * c->red) * c->c_span / 255;
}

static void to_rgb(const struct coding *c, const double ycc[3], double rgb[3])
{
    double y = (ycc[0] - c->black) * 255 / c->y_span;

    rgb[2] = y + (ycc[1] - 128) * 255 / c->c_span * (2 - 2 * c->blue);
    rgb[0] = y + (ycc[2] - 128) * 255 / c->c_span * (2 - 2 * c->red);
    rgb[1] = (y - c->red * rgb[0] - c->blue * rgb[2]) / (1 - c->red - c->blue);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct coding coding = coding_of(pipeline, operation);
    bool back = oracle_chosen(pipeline, operation, "to", "rgb"), gray = in->shape.planes == 1;
    double unit = oracle_max(in) / 255.0;

    (void)before;
    /* Rounding the weights moves the sum by less than 0.05 of 255 and 0.2 of 65535. */
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0.5 + (unit == 1 ? 0.05 : 0.2));
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double from[3], to[3];

            for (int p = 0; p < 3; p++)
                from[p] = (double)oracle_sample(in, gray ? 0 : p, x, y) / unit;
            if (gray && back)
                from[1] = from[2] = 128;
            (back ? to_rgb : to_ycbcr)(&coding, from, to);
            for (int p = 0; p < out->planes; p++)
                *oracle_at(out, p, x, y) = oracle_clamp(to[p] * unit, 0, oracle_max(in));
        }
}

static const char *const cases[] = {"to=rgb:matrix=bt709",
                                    "to=rgb:matrix=bt2020",
                                    "to=rgb:range=full",
                                    "to=ycbcr:matrix=bt709:range=full",
                                    "to=ycbcr:matrix=bt2020:range=full",
                                    "to=rgb:matrix=bt2020:range=full",
                                    NULL};

const struct oracle oracle_ycbcr = {.name = "ycbcr", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
