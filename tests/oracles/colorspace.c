/* The oracle of colorspace: the definitions in real numbers, with libm's functions. */
#include "../oracle.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"srgb",  "linear",   "hsv",      "hsl",      "lab",
                                    "oklab", "ycbcr601", "ycbcr709", "ycbcr2020"};
enum { SRGB, LINEAR, HSV, HSL, LAB, OKLAB, YCBCR, SPACES = 9 };

/* ---- sRGB's curve ---- */

static double light(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double of_light(double v)
{
    v = oracle_clamp(v, 0, 1);
    return v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

/* ---- Lab: f of X, Y and Z relative to white ---- */

static double f(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static double not_f(double v)
{
    return v > 6.0 / 29 ? v * v * v : (116 * v - 16) * 27 / 24389;
}

static const double white[3] = {0.4124 + 0.3576 + 0.1805, 1, 0.0193 + 0.1192 + 0.9505};

static void to_lab(const double c[3], double lab[3])
{
    double r = light(c[0]), g = light(c[1]), b = light(c[2]);
    double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / white[0]);
    double y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    double z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / white[2]);

    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

/* Solves m * x = v by Cramer's rule. */
static double det(double m[3][3])
{
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

static void solve(const double *m, const double v[3], double x[3])
{
    double whole[3][3], changed[3][3];

    memcpy(whole, m, sizeof(whole));
    for (int j = 0; j < 3; j++) {
        memcpy(changed, m, sizeof(changed));
        for (int i = 0; i < 3; i++)
            changed[i][j] = v[i];
        x[j] = det(changed) / det(whole);
    }
}

static void of_lab(const double lab[3], double c[3])
{
    static const double xyz[3][3] = {
        {0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}};
    double y = (lab[0] + 16) / 116;
    double v[3] = {not_f(y + lab[1] / 500) * white[0], not_f(y),
                   not_f(y - lab[2] / 200) * white[2]};

    solve(&xyz[0][0], v, c);
    for (int i = 0; i < 3; i++)
        c[i] = of_light(c[i]);
}

/* ---- Oklab, with the matrices as published, whose rows sum to 1 but for their last digit ---- */

static const double lms[3][3] = {{0.4122214708, 0.5363325363, 0.0514459929},
                                 {0.2119034982, 0.6806995451, 0.1073969566},
                                 {0.0883024619, 0.2817188376, 0.6299787005}};
static const double ok[3][3] = {{0.2104542553, 0.7936177850, -0.0040720468},
                                {1.9779984951, -2.4285922050, 0.4505937099},
                                {0.0259040371, 0.7827717662, -0.8086757660}};

static void to_oklab(const double c[3], double lab[3])
{
    double root[3];

    for (int i = 0; i < 3; i++)
        root[i] = cbrt(lms[i][0] * light(c[0]) + lms[i][1] * light(c[1]) + lms[i][2] * light(c[2]));
    for (int i = 0; i < 3; i++)
        lab[i] = ok[i][0] * root[0] + ok[i][1] * root[1] + ok[i][2] * root[2];
}

static void of_oklab(const double lab[3], double c[3])
{
    double root[3], cube[3];

    solve(&ok[0][0], lab, root);
    for (int i = 0; i < 3; i++)
        cube[i] = root[i] * root[i] * root[i];
    solve(&lms[0][0], cube, c);
    for (int i = 0; i < 3; i++)
        c[i] = of_light(c[i]);
}

/* ---- HSV and HSL; hue in turns ---- */

static double hue(const double c[3], double most, double chroma)
{
    double sixths = chroma == 0    ? 0
                    : c[0] == most ? (c[1] - c[2]) / chroma
                    : c[1] == most ? (c[2] - c[0]) / chroma + 2
                                   : (c[0] - c[1]) / chroma + 4;

    return sixths < 0 ? sixths / 6 + 1 : sixths / 6;
}

static void to_cone(const double c[3], bool lightness, double made[3])
{
    double most = fmax(fmax(c[0], c[1]), c[2]), least = fmin(fmin(c[0], c[1]), c[2]);
    double room = lightness ? 1 - fabs(most + least - 1) : most;

    made[0] = hue(c, most, most - least);
    made[1] = most == least ? 0 : (most - least) / room;
    made[2] = lightness ? (most + least) / 2 : most;
}

/* The colour of a hue by its sixth of the turn. */
static void of_cone(const double v[3], bool lightness, double c[3])
{
    double chroma = lightness ? (1 - fabs(2 * v[2] - 1)) * v[1] : v[2] * v[1];
    double least = lightness ? v[2] - chroma / 2 : v[2] - chroma;
    double sixths = v[0] * 6, rest = sixths - 2 * floor(sixths / 2);
    double middle = chroma * (1 - fabs(rest - 1));
    static const int places[6][3] = {{0, 1, 2}, {1, 0, 2}, {1, 2, 0},
                                     {2, 1, 0}, {2, 0, 1}, {0, 2, 1}}; /* of most, middle, least */
    const int *place = places[(int)floor(sixths) % 6];

    c[place[0]] = least + chroma;
    c[place[1]] = least + middle;
    c[place[2]] = least;
}

/* ---- Y'CbCr ---- */

static void luma_weights(int space, double w[3])
{
    w[0] = space == YCBCR ? 0.299 : space == YCBCR + 1 ? 0.2126 : 0.2627;
    w[2] = space == YCBCR ? 0.114 : space == YCBCR + 1 ? 0.0722 : 0.0593;
    w[1] = 1 - w[0] - w[2];
}

static void to_ycc(const double c[3], int space, double ycc[3])
{
    double w[3];

    luma_weights(space, w);
    ycc[0] = w[0] * c[0] + w[1] * c[1] + w[2] * c[2];
    ycc[1] = (c[2] - ycc[0]) / (2 - 2 * w[2]);
    ycc[2] = (c[0] - ycc[0]) / (2 - 2 * w[0]);
}

static void of_ycc(const double ycc[3], int space, double c[3])
{
    double w[3];

    luma_weights(space, w);
    c[0] = ycc[0] + (2 - 2 * w[0]) * ycc[2];
    c[2] = ycc[0] + (2 - 2 * w[2]) * ycc[1];
    c[1] = (ycc[0] - w[0] * c[0] - w[2] * c[2]) / w[1];
}

/* ---- samples ---- */

/* A sample is offset + scale * value. */
struct code {
    double scale[3], offset[3];
};

static struct code code_of(int space, double max)
{
    double half = (max + 1) / 2, ab = space == LAB ? half / 128 : max + 1;
    struct code code = {{max, max, max}, {0, 0, 0}};

    if (space == HSV || space == HSL)
        code.scale[0] = max + 1;
    if (space == LAB)
        code.scale[0] = max / 100;
    for (int i = 1; i < 3 && space >= LAB; i++) {
        code.scale[i] = space < YCBCR ? ab : max;
        code.offset[i] = half;
    }
    return code;
}

static void convert(const double from[3], int source, int to, double made[3])
{
    if (source == to)
        memcpy(made, from, 3 * sizeof(double));
    else if (source == LAB)
        of_lab(from, made);
    else if (source == OKLAB)
        of_oklab(from, made);
    else if (source == HSV || source == HSL)
        of_cone(from, source == HSL, made);
    else if (source >= YCBCR)
        of_ycc(from, source, made);
    else if (to == LAB)
        to_lab(from, made);
    else if (to == OKLAB)
        to_oklab(from, made);
    else if (to == HSV || to == HSL)
        to_cone(from, to == HSL, made);
    else if (to >= YCBCR)
        to_ycc(from, to, made);
    for (int i = 0; i < 3 && (source == LINEAR) != (to == LINEAR); i++)
        made[i] = to == LINEAR ? light(from[i]) : of_light(from[i]);
}

/* Hue has no end: the sample that is nearest to what is expected may be at the other one. */
static double wrap(double v, double max)
{
    return v >= max + 0.5 ? v - (max + 1) : v;
}

static int space_of(const struct tri_pipeline *pipeline, int operation, const char *param)
{
    int space = 0;

    while (!oracle_chosen(pipeline, operation, param, names[space]))
        space++;
    return space;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int from = space_of(pipeline, operation, "from"), to = space_of(pipeline, operation, "to");
    double max = oracle_max(in);
    struct code source = code_of(from, max), result = code_of(to, max);
    bool one = in->shape.planes == 1 && (from == LINEAR || to == LINEAR || from == to);
    double bound = in->shape.bits == 8 ? 0.51 : from == LAB || from == OKLAB ? 4 : 0.75;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, one ? 1 : 3, from == to ? 0 : bound);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double v[3], made[3];

            for (int i = 0; i < 3; i++)
                v[i] = ((double)oracle_sample(in, in->shape.planes == 1 ? 0 : i, x, y) -
                        source.offset[i]) /
                       source.scale[i];
            convert(v, from, to, made);
            for (int i = 0; i < out->planes; i++)
                *oracle_at(out, i, x, y) =
                    oracle_clamp(i == 0 && (to == HSV || to == HSL) && from != to
                                     ? wrap(made[0] * result.scale[0], max)
                                     : made[i] * result.scale[i] + result.offset[i],
                                 0, max);
        }
}

static bool refuses(const double *values)
{
    return values[0] != values[1] && values[0] != 0 && values[1] != 0;
}

const struct oracle oracle_colorspace = {
    .name = "colorspace", .alpha = ORACLE_KEPT, .run = run, .refuses = refuses};
