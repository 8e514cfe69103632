/* colorspace -- between sRGB and other colour spaces.
 *
 * Lab and Oklab are made from light: a matrix, a root of each result, another matrix. All of that
 * is float arithmetic with + and * alone, in the same order everywhere. */
#include "kernel.h"

#define COLORSPACE_TERMS 7 /* of a polynomial */
#define COLORSPACE_STEPS 5

/* offset + slope * x up to `below`, else plus + times * (inner * x + shift)^power. The power of a
 * number from 1/2 to 1 is a polynomial of 4 x - 3; smaller ones are multiplied by 2^16, 2^8, 2^4,
 * 2^2 and 2, as far as they are below the inverse of that, and the power by step[i]. */
struct colorspace_curve {
    float below, slope, offset, inner, shift, times, plus;
    float step[COLORSPACE_STEPS], term[COLORSPACE_TERMS];
};

struct colorspace {
    int small;                           /* roots are taken of numbers below 1/256 */
    struct colorspace_curve light, root; /* of a colour; after the matrix `cones` */
    float cones[3][3], result[3][3], offset[3];
};

/* Numbers are large enough for the steps from `first` on. */
INLINE f32 colorspace_power(f32 x, CONSTANT struct colorspace_curve *k, int first)
{
    f32 times = ALL(f32, k->times);
#define COLORSPACE_STEP(i, large) \
    if (first <= i) { \
        const f32 limit = ALL(f32, 1.0f / large); \
        times = SELECT(x < limit, times * ALL(f32, k->step[i]), times); \
        x = SELECT(x < limit, x * ALL(f32, large), x); \
    }
    COLORSPACE_STEP(0, 65536.0f)
    COLORSPACE_STEP(1, 256.0f)
    COLORSPACE_STEP(2, 16.0f)
    COLORSPACE_STEP(3, 4.0f)
    COLORSPACE_STEP(4, 2.0f)
#undef COLORSPACE_STEP
    const f32 u = x * ALL(f32, 4.0f) - ALL(f32, 3.0f);
    f32 sum = ALL(f32, k->term[COLORSPACE_TERMS - 1]);
    for (int i = COLORSPACE_TERMS - 2; i >= 0; i--)
        sum = sum * u + ALL(f32, k->term[i]);
    return sum * times;
}

INLINE f32 colorspace_curve(f32 x, CONSTANT struct colorspace_curve *k, int first)
{
    const f32 power = colorspace_power(x * ALL(f32, k->inner) + ALL(f32, k->shift), k, first);
    return SELECT(x > ALL(f32, k->below), power + ALL(f32, k->plus),
                  x * ALL(f32, k->slope) + ALL(f32, k->offset));
}

INLINE f32 colorspace_sum(CONSTANT float *weight, f32 a, f32 b, f32 c)
{
    return (a * ALL(f32, weight[0]) + b * ALL(f32, weight[1])) + c * ALL(f32, weight[2]);
}

/* From sRGB to Lab or Oklab. */
PASS(colorspace_lab, S, S)
{
    CONSTANT struct colorspace *k = CONSTANTS(struct colorspace);
    const f32 one = ALL(f32, 1.0f / MAXIMUM);
    const int first = k->small != 0 ? 0 : 2;
    const f32 red = colorspace_curve(F32(AT_INPUT(0, 0, 0)) * one, &k->light, 3);
    const f32 green = colorspace_curve(F32(AT_INPUT(1, 0, 0)) * one, &k->light, 3);
    const f32 blue = colorspace_curve(F32(AT_INPUT(2, 0, 0)) * one, &k->light, 3);
    const f32 a = colorspace_curve(colorspace_sum(k->cones[0], red, green, blue), &k->root, first);
    const f32 b = colorspace_curve(colorspace_sum(k->cones[1], red, green, blue), &k->root, first);
    const f32 c = colorspace_curve(colorspace_sum(k->cones[2], red, green, blue), &k->root, first);
    PUT_OUTPUT(0, S_FROM_F32(colorspace_sum(k->result[0], a, b, c) + ALL(f32, k->offset[0])));
    PUT_OUTPUT(1, S_FROM_F32(colorspace_sum(k->result[1], a, b, c) + ALL(f32, k->offset[1])));
    PUT_OUTPUT(2, S_FROM_F32(colorspace_sum(k->result[2], a, b, c) + ALL(f32, k->offset[2])));
}

/* The inverse of `root`: a cube, but slope * x + offset up to `below`. */
INLINE f32 colorspace_cube(f32 x, CONSTANT struct colorspace_curve *k)
{
    return SELECT(x > ALL(f32, k->below), x * x * x, x * ALL(f32, k->slope) + ALL(f32, k->offset));
}

INLINE S colorspace_colour(CONSTANT struct colorspace *k, int i, f32 a, f32 b, f32 c)
{
    const f32 light = colorspace_sum(k->result[i], a, b, c);
    const f32 within = FLOAT_CLAMP(light, ALL(f32, 0.0f), ALL(f32, 1.0f));
    return S_FROM_F32(colorspace_curve(within, &k->light, 1));
}

/* From Lab or Oklab to sRGB: the matrices are the inverse ones, in the other order. */
PASS(colorspace_of_lab, S, S)
{
    CONSTANT struct colorspace *k = CONSTANTS(struct colorspace);
    const f32 first = F32(AT_INPUT(0, 0, 0)), second = F32(AT_INPUT(1, 0, 0)),
              third = F32(AT_INPUT(2, 0, 0));
    const f32 a = colorspace_cube(
        colorspace_sum(k->cones[0], first, second, third) + ALL(f32, k->offset[0]), &k->root);
    const f32 b = colorspace_cube(
        colorspace_sum(k->cones[1], first, second, third) + ALL(f32, k->offset[1]), &k->root);
    const f32 c = colorspace_cube(
        colorspace_sum(k->cones[2], first, second, third) + ALL(f32, k->offset[2]), &k->root);
    PUT_OUTPUT(0, colorspace_colour(k, 0, a, b, c));
    PUT_OUTPUT(1, colorspace_colour(k, 1, a, b, c));
    PUT_OUTPUT(2, colorspace_colour(k, 2, a, b, c));
}

struct colorspace_cone {
    uint lightness;             /* HSL, else HSV */
    struct tri_divisor sextant; /* 65536ths of a sixth of a turn in a step of hue */
};

/* dividend / divisor in 65535ths of `scale`, where the dividend is no larger; 0 / 0 is 0. */
INLINE u32 colorspace_ratio(u32 dividend, u32 divisor, uint scale)
{
    const u32 some = MAX(divisor, ALL(u32, 1));
    return divide_lanes(dividend * ALL(u32, scale) + (some >> ALL(u32, 1)), some);
}

/* From sRGB to HSV or HSL. */
PASS(colorspace_cone, S, S)
{
    CONSTANT struct colorspace_cone *k = CONSTANTS(struct colorspace_cone);
    const u32 red = U32(AT_INPUT(0, 0, 0)), green = U32(AT_INPUT(1, 0, 0)),
              blue = U32(AT_INPUT(2, 0, 0));
    const u32 most = MAX(MAX(red, green), blue), least = MIN(MIN(red, green), blue);
    const u32 chroma = most - least, sum = most + least;
    /* Hue is `centre` sixths of a turn plus (ahead - behind) / chroma. */
    const u32 ahead = SELECT(red == most, green, SELECT(green == most, blue, red));
    const u32 behind = SELECT(red == most, blue, SELECT(green == most, red, green));
    const u32 centre = SELECT(red == most, ALL(u32, 6u << 16),
                              SELECT(green == most, ALL(u32, 2u << 16), ALL(u32, 4u << 16)));
    const u32 part = colorspace_ratio(ABS_DIFFERENCE(ahead, behind), chroma, 65535);
    const u32 turn = part + (part >> ALL(u32, 15)); /* 65536ths */
    const u32 sixths = SELECT(ahead < behind, centre - turn, centre + turn);
    const u32 hue = DIVIDE(sixths + ALL(u32, k->sextant.divisor / 2), k->sextant);
    PUT_OUTPUT(0, TO_S(hue & ALL(u32, MAXIMUM)));
    if (k->lightness != 0) {
        const u32 room = MIN(sum, ALL(u32, 2 * MAXIMUM) - sum);
        PUT_OUTPUT(1, TO_S(colorspace_ratio(chroma, room, MAXIMUM)));
        PUT_OUTPUT(2, TO_S((sum + ALL(u32, 1)) >> ALL(u32, 1)));
    } else {
        PUT_OUTPUT(1, TO_S(colorspace_ratio(chroma, most, MAXIMUM)));
        PUT_OUTPUT(2, TO_S(most));
    }
}

/* From HSV or HSL to sRGB: `sixths` are those of a turn. */
PASS(colorspace_of_cone, S, S)
{
    CONSTANT struct colorspace_cone *k = CONSTANTS(struct colorspace_cone);
    const f32 zero = ALL(f32, 0.0f), one = ALL(f32, 1.0f), two = ALL(f32, 2.0f);
    const f32 sixths = F32(AT_INPUT(0, 0, 0)) * ALL(f32, 6.0f / (MAXIMUM + 1.0f));
    const f32 saturation = F32(AT_INPUT(1, 0, 0)) * ALL(f32, 1.0f / MAXIMUM);
    const f32 value = F32(AT_INPUT(2, 0, 0));
    f32 chroma = value * saturation, least = value - chroma;
    if (k->lightness != 0) {
        const f32 room = FLOAT_MIN(value, ALL(f32, MAXIMUM) - value);
        chroma = (room + room) * saturation;
        least = value - room * saturation;
    }
    const f32 red = ABS_DIFFERENCE(sixths, ALL(f32, 3.0f)) - one;
    const f32 green = two - ABS_DIFFERENCE(sixths, two);
    const f32 blue = two - ABS_DIFFERENCE(sixths, ALL(f32, 4.0f));
    PUT_OUTPUT(0, S_FROM_F32(least + chroma * CLAMP(red, zero, one)));
    PUT_OUTPUT(1, S_FROM_F32(least + chroma * CLAMP(green, zero, one)));
    PUT_OUTPUT(2, S_FROM_F32(least + chroma * CLAMP(blue, zero, one)));
}

#ifdef HOST
USES(lookup)

#define COLORSPACE_NAMES "srgb|linear|hsv|hsl|lab|oklab|ycbcr601|ycbcr709|ycbcr2020"
enum { SRGB, LINEAR, HSV, HSL, LAB, OKLAB, YCBCR };

KERNEL(
    colorspace, tri_alpha_kept, "between sRGB and other colour spaces",
    "Converts three planes. One of from and to is srgb; two steps join other spaces. linear: "
    "light, by sRGB's curve. hsv, hsl: hue is a fraction of 256 (65536) steps a turn, 0 is red; "
    "saturation, value and lightness have the full range. OpenCV's HSV_FULL has the same hues at 8 "
    "bits, but takes 255 steps a turn on the way back; its HSV has hues up to 180, and its HLS has "
    "lightness before saturation. lab: CIE 1976 for white D65; L has the full range, a and b are "
    "128 plus their value, at 16 bits 32768 plus 256 times it; OpenCV's is the same at 8 bits. "
    "oklab: Ottosson 2020; L has the full range, a and b are half the range plus 256 (65536) times "
    "their value. ycbcr: full range, Cb and Cr of gray are half the range; the matrix is that of "
    "BT.601, BT.709 or BT.2020, and the curve stays. Results are those of exact arithmetic, "
    "rounded to nearest, but for errors below 0.01 at 8 bits and 0.2 at 16, or 3 from lab and "
    "oklab, most where a colour is beyond sRGB; what sRGB cannot express is clamped. A gray "
    "picture counts as three equal planes, or with linear as one. Alpha is kept.",
    "colorspace:to=lab",
    PARAM_CHOICE(from, 0, 9, COLORSPACE_NAMES, "what the planes are")
        PARAM_CHOICE(to, 0, 9, COLORSPACE_NAMES, "what they become"))
ALIASES(colorspace, ALIAS("colourspace|cvtcolor|tocolorspace|tocolourspace|rgbtolab|lab",
                          "colorspace:to=lab") ALIAS("rgbtohsv|hsv|hsb", "colorspace:to=hsv")
                        ALIAS("hsl|hls", "colorspace:to=hsl") ALIAS("oklab", "colorspace:to=oklab")
                            ALIAS("degamma|linearize", "colorspace:to=linear"))

/* Red, a dark yellow, a gray: 60 degrees are 42.7 of 256. */
KNOWN(colorspace, "colorspace:to=hsv", PICTURE(3, 1, 3, 255, 100, 50, 0, 100, 50, 0, 0, 50),
      PICTURE(3, 1, 3, 0, 43, 0, 255, 255, 0, 255, 100, 50))

/* ---- curves ---- */

/* Sets the polynomial that interpolates x^power at Chebyshev's points of 1/2 to 1: first the
 * coefficients of Chebyshev's polynomials, then their terms. */
static void colorspace_fit(struct colorspace_curve *curve, double power)
{
    enum { N = COLORSPACE_TERMS };
    double term[N] = {0}, before[N] = {0}, now[N] = {1};
    for (int j = 0; j < N; j++) {
        double sum = 0, next[N];
        for (int i = 0; i < N; i++) {
            const double u = tri_sin_pi((i + 0.5) / N + 0.5);
            sum += tri_pow((u + 3) / 4, power) * tri_sin_pi(j * (i + 0.5) / N + 0.5);
        }
        for (int i = 0; i < N; i++) {
            term[i] += now[i] * sum * (j == 0 ? 1.0 : 2.0) / N;
            next[i] = (j == 0 ? 1.0 : 2.0) * (i == 0 ? 0 : now[i - 1]) - before[i];
        }
        for (int i = 0; i < N; i++) {
            before[i] = now[i];
            now[i] = next[i];
        }
    }
    for (int i = 0; i < N; i++)
        curve->term[i] = (float)term[i];
    for (int i = 0; i < COLORSPACE_STEPS; i++)
        curve->step[i] = (float)tri_pow(0.5, power * (16 >> i));
}

/* Light of a colour from 0 to 1, and back, times `scale`. */
static struct colorspace_curve colorspace_light(void)
{
    struct colorspace_curve curve = {.below = 0.04045f,
                                     .slope = (float)(1 / 12.92),
                                     .inner = (float)(1 / 1.055),
                                     .shift = (float)(0.055 / 1.055),
                                     .times = 1};
    colorspace_fit(&curve, 2.4);
    return curve;
}

static struct colorspace_curve colorspace_of_light(double scale)
{
    struct colorspace_curve curve = {.below = 0.0031308f,
                                     .slope = (float)(12.92 * scale),
                                     .inner = 1,
                                     .times = (float)(1.055 * scale),
                                     .plus = (float)(-0.055 * scale)};
    colorspace_fit(&curve, 1 / 2.4);
    return curve;
}

/* The cube root; Lab's is a line near 0. */
static struct colorspace_curve colorspace_root(bool oklab)
{
    const double end = 6.0 / 29;
    struct colorspace_curve curve = {.inner = 1, .times = 1};
    if (!oklab) {
        curve.below = (float)(end * end * end);
        curve.slope = (float)(1 / (3 * end * end));
        curve.offset = (float)(4.0 / 29);
    }
    colorspace_fit(&curve, 1.0 / 3);
    return curve;
}

static struct colorspace_curve colorspace_no_root(bool oklab)
{
    const double end = 6.0 / 29;
    if (oklab)
        return (struct colorspace_curve){.below = -1e9f};
    return (struct colorspace_curve){.below = (float)end,
                                     .slope = (float)(3 * end * end),
                                     .offset = (float)(-3 * end * end * 4 / 29)};
}

/* ---- matrices ---- */

static void colorspace_invert(const double m[3][3], double inverse[3][3])
{
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            inverse[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
        }
    }
    for (int j = 0; j < 3; j++)
        sum += m[0][j] * inverse[j][0];
    for (int i = 0; i < 9; i++)
        inverse[i / 3][i % 3] /= sum;
}

/* From light to what roots are taken of, where white is 1. */
static const double colorspace_cones[2][3][3] = {
    /* IEC 61966-2-1: X, Y, Z of red, green and blue. */
    {{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}},
    {{0.4122214708, 0.5363325363, 0.0514459929},
     {0.2119034982, 0.6806995451, 0.1073969566},
     {0.0883024619, 0.2817188376, 0.6299787005}}};
/* From the roots to lightness of 0 to 1, and a and b in units of 256. */
static const double colorspace_results[2][3][3] = {
    {{0, 1.16, 0}, {500.0 / 256, -500.0 / 256, 0}, {0, 200.0 / 256, -200.0 / 256}},
    {{0.2104542553, 0.7936177850, -0.0040720468},
     {1.9779984951, -2.4285922050, 0.4505937099},
     {0.0259040371, 0.7827717662, -0.8086757660}}};

/* All in real numbers: a row of `result` is times the sample that 1 stands for. */
static void colorspace_matrices(bool oklab, int maximum, double cones[3][3], double result[3][3],
                                double offset[3])
{
    for (int i = 0; i < 3; i++) {
        const double *from = colorspace_cones[oklab][i], white = from[0] + from[1] + from[2];
        for (int j = 0; j < 3; j++) {
            cones[i][j] = from[j] / white;
            result[i][j] = colorspace_results[oklab][i][j] * (i == 0 ? maximum : maximum + 1);
        }
        offset[i] = i > 0 ? (maximum + 1) / 2 : oklab ? 0 : -0.16 * maximum;
    }
}

static struct tri_value colorspace_make(struct tri_graph *graph, const struct tri_pass *pass,
                                        const void *constants, size_t size, struct tri_value in)
{
    const struct tri_node_spec spec = {.in = {in.channel[0], in.channel[1], in.channel[2]},
                                       .outputs = 3,
                                       .operations = 40,
                                       .constants = constants,
                                       .constants_size = size};
    const int first = tri_graph_add(graph, pass, &spec);
    return (struct tri_value){3, {first, first + 1, first + 2}};
}

static struct tri_value colorspace_by_lab(struct tri_graph *graph, bool back, bool oklab,
                                          struct tri_value in)
{
    const int maximum = (1 << tri_graph_bits(graph)) - 1;
    double cones[3][3], result[3][3], offset[3], first[3][3], last[3][3];
    struct colorspace k = {.small = oklab,
                           .light = back ? colorspace_of_light(maximum) : colorspace_light(),
                           .root = back ? colorspace_no_root(oklab) : colorspace_root(oklab)};
    colorspace_matrices(oklab, maximum, cones, result, offset);
    colorspace_invert(result, first);
    colorspace_invert(cones, last);
    for (int i = 0; i < 3; i++) {
        double shift = 0;
        for (int j = 0; j < 3; j++) {
            k.cones[i][j] = (float)(back ? first[i][j] : cones[i][j]);
            k.result[i][j] = (float)(back ? last[i][j] : result[i][j]);
            shift -= first[i][j] * offset[j];
        }
        k.offset[i] = (float)(back ? shift : offset[i]);
    }
    return colorspace_make(graph, back ? &tri_pass_colorspace_of_lab : &tri_pass_colorspace_lab, &k,
                           sizeof k, in);
}

/* ---- the others ---- */

static struct tri_value colorspace_by_table(struct tri_graph *graph, bool back, struct tri_value in)
{
    ushort table[1 << 16];
    const int maximum = (1 << tri_graph_bits(graph)) - 1;
    for (int i = 0; i <= maximum; i++) {
        const double v = (double)i / maximum;
        const double made = back ? v <= 0.0031308 ? v * 12.92 : 1.055 * tri_pow(v, 1 / 2.4) - 0.055
                            : v <= 0.04045 ? v / 12.92
                                           : tri_pow((v + 0.055) / 1.055, 2.4);
        table[i] = (ushort)(made * maximum + 0.5);
    }
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(lookup, .in = {in.channel[p]}, .constants = table,
                             .constants_size = ((size_t)maximum + 1) * sizeof table[0]);
    return in;
}

static struct tri_value colorspace_by_mix(struct tri_graph *graph, bool back, int which,
                                          struct tri_value in)
{
    static const double luma[3][2] = {{0.299, 0.114}, {0.2126, 0.0722}, {0.2627, 0.0593}};
    const double red = luma[which][0], blue = luma[which][1], green = 1 - red - blue;
    const double cb = 2 * (1 - blue), cr = 2 * (1 - red);
    const int gray = 1 << (tri_graph_bits(graph) - 1);
    const struct tri_mix to = {
        {{red, green, blue}, {-red / cb, -green / cb, 0.5}, {0.5, -green / cr, -blue / cr}},
        {0, 0, 0},
        {0, gray, gray}};
    const struct tri_mix from = {
        {{1, 0, cr}, {1, -cb * blue / green, -cr * red / green}, {1, cb, 0}},
        {0, gray, gray},
        {0, 0, 0}};
    return tri_graph_mix(graph, back ? &from : &to, in);
}

static struct tri_value colorspace_by_cone(struct tri_graph *graph, bool back, bool lightness,
                                           struct tri_value in)
{
    const struct colorspace_cone k = {lightness,
                                      tri_divisor_make(6u << (16 - tri_graph_bits(graph)))};
    return colorspace_make(graph, back ? &tri_pass_colorspace_of_cone : &tri_pass_colorspace_cone,
                           &k, sizeof k, in);
}

GRAPH(colorspace)
{
    const int from = (int)VALUE(from), to = (int)VALUE(to), other = from == SRGB ? to : from;
    tri_graph_needs_rgb(graph);
    if (from == to) {
        tri_graph_same_samples(graph);
        return in;
    }
    if (from != SRGB && to != SRGB)
        tri_graph_fail(graph, "colorspace: from or to must be srgb; use two steps, as in "
                              "colorspace:from=lab,colorspace:to=hsv");
    if (other == LINEAR)
        return colorspace_by_table(graph, from == LINEAR, in);
    for (; in.planes < 3; in.planes++)
        in.channel[in.planes] = in.channel[0];
    if (other >= YCBCR)
        return colorspace_by_mix(graph, from != SRGB, other - YCBCR, in);
    if (other == HSV || other == HSL)
        return colorspace_by_cone(graph, from != SRGB, other == HSL, in);
    return colorspace_by_lab(graph, from != SRGB, other == OKLAB, in);
}
#endif
