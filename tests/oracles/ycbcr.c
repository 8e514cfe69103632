/* The oracle of ycbcr: ITU-R BT.601, BT.709 and BT.2020 in real numbers, on the samples' own scale.
 */
#include "../oracle.h"

struct coding {
    double red, blue;      /* weights in Y */
    double black, gray;    /* of Y without light, and of Cb and Cr without colour */
    double y_span, c_span; /* number of levels of Y, and of Cb and Cr */
    double max;
    bool ycgco; /* H.273's: Y = R/4 + G/2 + B/4, Cg = G/2 - (R + B)/4, Co = (R - B)/2 */
};

/* A value of `bits` bits at 16 bits: its bits repeat below, from the highest on. */
static int spread(int value, int bits)
{
    int sample = 0;

    for (int i = 0; i < 16; i++)
        sample = sample * 2 + (value >> (bits - 1 - i % bits) & 1);
    return sample;
}

static struct coding coding_of(const struct tri_pipeline *pipeline, int operation, int max)
{
    int bits = max == 255 ? 8 : (int)tri_pipeline_value(pipeline, operation, "bits");
    double one = (double)(1 << (bits - 8)) / ((1 << bits) - 1) * max; /* one 8-bit level */
    struct coding coding = {
        0.299,     0.114,     16,  128,
        219 * one, 224 * one, max, oracle_chosen(pipeline, operation, "matrix", "ycgco")};

    if (oracle_chosen(pipeline, operation, "matrix", "bt709")) {
        coding.red = 0.2126;
        coding.blue = 0.0722;
    } else if (oracle_chosen(pipeline, operation, "matrix", "bt2020")) {
        coding.red = 0.2627;
        coding.blue = 0.0593;
    }
    if (oracle_chosen(pipeline, operation, "range", "full")) {
        coding.black = 0;
        coding.y_span = coding.c_span = max;
    }
    if (max == 65535) {
        coding.black = spread((int)coding.black << (bits - 8), bits);
        coding.gray = spread(128 << (bits - 8), bits);
    }
    return coding;
}

static void to_ycbcr(const struct coding *c, const double rgb[3], double ycc[3])
{
    double y = c->red * rgb[0] + (1 - c->red - c->blue) * rgb[1] + c->blue * rgb[2];

    if (c->ycgco) {
        ycc[0] = c->black + (rgb[0] + 2 * rgb[1] + rgb[2]) / 4 * c->y_span / c->max;
        ycc[1] = c->gray + (2 * rgb[1] - rgb[0] - rgb[2]) / 4 * c->c_span / c->max;
        ycc[2] = c->gray + (rgb[0] - rgb[2]) / 2 * c->c_span / c->max;
        return;
    }
    ycc[0] = c->black + y * c->y_span / c->max;
    ycc[1] = c->gray + (rgb[2] - y) / (2 - 2 * c->blue) * c->c_span / c->max;
    ycc[2] = c->gray + (rgb[0] - y) / (2 - 2 * c->red) * c->c_span / c->max;
}

static void to_rgb(const struct coding *c, const double ycc[3], double rgb[3])
{
    double y = (ycc[0] - c->black) * c->max / c->y_span;
    double green = (ycc[1] - c->gray) * c->max / c->c_span,
           orange = (ycc[2] - c->gray) * c->max / c->c_span;

    if (c->ycgco) {
        rgb[0] = y - green + orange;
        rgb[1] = y + green;
        rgb[2] = y - green - orange;
        return;
    }

    rgb[2] = y + (ycc[1] - c->gray) * c->max / c->c_span * (2 - 2 * c->blue);
    rgb[0] = y + (ycc[2] - c->gray) * c->max / c->c_span * (2 - 2 * c->red);
    rgb[1] = (y - c->red * rgb[0] - c->blue * rgb[2]) / (1 - c->red - c->blue);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct coding coding = coding_of(pipeline, operation, oracle_max(in));
    bool back = oracle_chosen(pipeline, operation, "to", "rgb"), gray = in->shape.planes == 1;

    (void)before;
    /* Rounding the weights moves the sum by less than 0.05 of 255 and 0.2 of 65535. */
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  0.5 + (oracle_max(in) == 255 ? 0.05 : 0.2));
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double from[3], to[3];

            for (int p = 0; p < 3; p++)
                from[p] = (double)oracle_sample(in, gray ? 0 : p, x, y);
            if (gray && back)
                from[1] = from[2] = coding.gray;
            (back ? to_rgb : to_ycbcr)(&coding, from, to);
            for (int p = 0; p < out->planes; p++)
                *oracle_at(out, p, x, y) = oracle_clamp(to[p], 0, oracle_max(in));
        }
}

static const char *const cases[] = {"to=rgb:matrix=bt709",
                                    "to=rgb:matrix=bt2020",
                                    "to=rgb:range=full",
                                    "to=ycbcr:matrix=bt709:range=full",
                                    "to=ycbcr:matrix=bt2020:range=full",
                                    "to=rgb:matrix=bt2020:range=full",
                                    "to=rgb:matrix=bt709:bits=10",
                                    "to=ycbcr:matrix=bt2020:bits=12",
                                    "to=rgb:matrix=ycgco",
                                    "to=ycbcr:matrix=ycgco",
                                    "to=rgb:matrix=ycgco:range=full",
                                    "to=ycbcr:matrix=ycgco:range=full",
                                    "to=rgb:matrix=ycgco:bits=10",
                                    "to=ycbcr:bits=8",
                                    "to=rgb:range=full:bits=9",
                                    NULL};

const struct oracle oracle_ycbcr = {
    .name = "ycbcr", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
