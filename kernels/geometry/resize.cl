/* resize -- scales columns, then rows; each output sample is a weighted sum of input samples.
 *
 * Sample centres are aligned (for chroma, at its siting). When shrinking, the filter is widened by
 * the factor, as in Pillow and libvips. Borders replicate the edge sample. 8 bits: integer weights,
 * with 3 to 6 fraction bits kept between the passes; 16 bits: floats, added in a fixed order. */
#include "kernel.h"

/* Followed by int start[outputs], then by the weights of the outputs; see enum layout. */
struct resize {
    int taps, shift; /* weights per output; right shift of their sum */
    int weights_at;  /* bytes from the start of this structure to the weights */
    int step; /* from one output's first sample to the next one's, if always the same; or 0 */
};

#define RESIZE CONSTANTS(struct resize)
#define RESIZE_START(i) (((CONSTANT int *)(RESIZE + 1))[i])
#define RESIZE_WEIGHTS(type, i) ((CONSTANT type *)(CONSTANTS(uchar) + RESIZE->weights_at) + (i))

#if BITS == 8
#define BETWEEN i16

PASS(resize_columns, S, BETWEEN)
{
    const int taps = READ_DOWN(RESIZE->taps), left = taps % 4;
    CONSTANT struct sum_weights *weights = RESIZE_WEIGHTS(struct sum_weights, Y * ((taps + 3) / 4));
    sum_s sum = SUM_ZERO();
    int y = RESIZE_START(Y);
    UNROLL
    for (int fours = taps / 4; fours > 0; fours--, y += 4)
        sum = SUM_ADD_4(sum, SOURCE(0, y), SOURCE(0, y + 1), SOURCE(0, y + 2), SOURCE(0, y + 3),
                        weights++);
    if (left > 2)
        sum =
            SUM_ADD_4(sum, SOURCE(0, y), SOURCE(0, y + 1), SOURCE(0, y + 2), SOURCE(0, y), weights);
    else if (left > 0)
        sum = SUM_ADD_2(sum, SOURCE(0, y), SOURCE(0, y + left - 1), weights);
    PUT(SUM_NARROW(sum, RESIZE->shift));
}

GATHER_LANES(resize_rows, BETWEEN, S)
{
    const int shift = RESIZE->shift;
    const i32 sum = dot_row(ROW_POINTER(0), &RESIZE_START(0), RESIZE_WEIGHTS(short, 0),
                            READ_ACROSS(RESIZE->taps) / 2, RESIZE->step, X);
    return TO_S(CLAMP((sum + ALL(i32, 1 << (shift - 1))) >> ALL(i32, shift), ALL(i32, 0),
                      ALL(i32, MAXIMUM)));
}

GATHER(resize_rows_far, BETWEEN, S)
{
    const int shift = RESIZE->shift;
    const int sum = dot_short(ROW_POINTER(RESIZE_START(X)), RESIZE_WEIGHTS(short, X * RESIZE->taps),
                              RESIZE->taps);
    const int rounded = (sum + (1 << (shift - 1))) >> shift;
    return (uchar)(rounded < 0 ? 0 : rounded > MAXIMUM ? MAXIMUM : rounded);
}
#define RESIZE_BY_TWO(sum, shift) ((uchar)(((sum) + (1 << ((shift)-1))) >> (shift)))
#else
#define BETWEEN f32

PASS(resize_columns, S, BETWEEN)
{
    const int start = RESIZE_START(Y), taps = READ_DOWN(RESIZE->taps);
    CONSTANT float *weight = RESIZE_WEIGHTS(float, Y *taps);
    f32 sum = ALL(f32, 0.0f);
    UNROLL
    for (int i = 0; i < taps; i++)
        sum = sum + F32(SOURCE(0, start + i)) * ALL(f32, weight[i]);
    PUT(sum);
}

GATHER_LANES(resize_rows, BETWEEN, S)
{
    const f32 sum = dot_row_float(ROW_POINTER(0), &RESIZE_START(0), RESIZE_WEIGHTS(float, 0),
                                  READ_ACROSS(RESIZE->taps), X);
    return TO_S(I32(FLOAT_CLAMP(sum, ALL(f32, 0.0f), ALL(f32, MAXIMUM)) + ALL(f32, 0.5f)));
}

GATHER(resize_rows_far, BETWEEN, S)
{
    const float sum = dot_float(ROW_POINTER(RESIZE_START(X)),
                                RESIZE_WEIGHTS(float, X * RESIZE->taps), RESIZE->taps);
    const float inside = sum < 0.0f ? 0.0f : sum > (float)MAXIMUM ? (float)MAXIMUM : sum;
    return (ushort)(inside + 0.5f);
}
#define RESIZE_BY_TWO(sum, shift) ((ushort)((sum) * (1.0f / (float)(1 << (shift))) + 0.5f))
#endif

/* The bilinear filter for a factor of exactly two, as for chroma of videos: the weights are the
 * same everywhere, 1 3 and 3 1 alternating, or 1 3 3 1. For left-sited chroma, which lies on every
 * other luma sample, they are 1 and 1 1 alternating, or 1 2 1. None is negative, so the sum is in
 * range. */
#define RESIZE_DOUBLE_BITS (BITS == 8 ? 6 : 0) /* fraction bits between the passes */
#define RESIZE_HALVE_BITS (BITS == 8 ? 5 : 0)

GATHER_PAIRS(resize_double, BETWEEN, S)
{
    const int x = X >> 1;
    return RESIZE_BY_TWO(ROW_SAMPLE(x) * 3 + ROW_SAMPLE((X & 1) != 0 ? x + 1 : x - 1),
                         2 + RESIZE_DOUBLE_BITS);
}

GATHER_PAIRS(resize_halve, BETWEEN, S)
{
    const int x = 2 * X;
    return RESIZE_BY_TWO((ROW_SAMPLE(x) + ROW_SAMPLE(x + 1)) * 3 + ROW_SAMPLE(x - 1) +
                             ROW_SAMPLE(x + 2),
                         3 + RESIZE_HALVE_BITS);
}

GATHER_PAIRS(resize_double_left, BETWEEN, S)
{
    const int x = X >> 1;
    return RESIZE_BY_TWO(ROW_SAMPLE(x) + ROW_SAMPLE((X & 1) != 0 ? x + 1 : x),
                         1 + RESIZE_DOUBLE_BITS);
}

GATHER_PAIRS(resize_halve_left, BETWEEN, S)
{
    const int x = 2 * X;
    return RESIZE_BY_TWO(ROW_SAMPLE(x) * 2 + ROW_SAMPLE(x - 1) + ROW_SAMPLE(x + 1),
                         2 + RESIZE_HALVE_BITS);
}

PASS(pick_rows, S, S)
{
    PUT(SOURCE(0, CONSTANTS(int)[Y]));
}

GATHER(pick_columns, S, S)
{
    return ROW_SAMPLE(CONSTANTS(int)[X]);
}

#ifdef HOST
#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum tri_alpha resize_alpha(const struct tri_operation *operation)
{
    return tri_operation_value(operation, "filter") == 0 ? TRI_ALPHA_PLAIN
                                                         : TRI_ALPHA_PREMULTIPLIED;
}

KERNEL(resize, resize_alpha, "scale to another size",
       "Scales to a width and height, to one of them with the aspect ratio kept, or by a factor. "
       "With both, mode=stretch makes exactly that size, mode=fit the largest picture of the same "
       "aspect ratio that fits in, mode=outside the smallest one that has no side shorter, and "
       "mode=cover the same, of which the middle is cut out to that size. only=shrink enlarges "
       "nothing, only=enlarge shrinks nothing. When shrinking, all filters but nearest weight all "
       "samples that an output pixel covers; area gives their mean. The result is within 1 of the "
       "exact one. Sample centres are aligned; borders replicate the edge sample.",
       "resize:scale=0.5",
       PARAM_LENGTH(width, TRI_INT, 0, -1, 1000000, "pixels; 0 or -1: derived from height or scale",
                    TRI_WIDTH)
           PARAM_LENGTH(height, TRI_INT, 0, -1, 1000000,
                        "pixels; 0 or -1: derived from width or scale", TRI_HEIGHT)
               PARAM_FLOAT(scale, 1, 0.001, 100, "factor if neither width nor height is given")
                   PARAM_CHOICE(filter, 2, 6, "nearest|bilinear|lanczos3|mitchell|catmull-rom|area",
                                "interpolation filter")
                       PARAM_CHOICE(mode, 0, 4, "stretch|fit|outside|cover",
                                    "how the picture takes up width and height")
                           PARAM_CHOICE(only, 0, 3, "either|shrink|enlarge",
                                        "which changes of size are made"))
ALIASES(
    resize,
    ALIAS("scale|zoom|size|sample|shrink|reduce|enlarge|resample|imresize|adaptiveresize|rescale",
          "resize:scale=0.5") ALIAS("thumbnail|thumbnailimage|fit|inside|contain",
                                    "resize:width=320:height=320:mode=fit:only=shrink")
        ALIAS("cover|fill|cropresize|resizeandcrop|imageopsfit",
              "resize:width=640:height=480:mode=cover")
            ALIAS("pixelate|nearest", "resize:scale=0.5:filter=nearest")
                ALIAS("bicubic", "resize:scale=0.5:filter=catmull-rom")
                    ALIAS("lanczos", "resize:scale=0.5:filter=lanczos3")
                        ALIAS("interarea", "resize:scale=0.5:filter=area"))

/* Halving with a triangle of width 4: weights 1/8 3/8 3/8 1/8 over 0 0 80 80, edges replicated. */
KNOWN(resize, "resize:scale=0.5:filter=bilinear", PICTURE(4, 1, 1, 0, 0, 80, 80),
      PICTURE(2, 1, 1, 10, 70))

enum { NEAREST, BILINEAR, LANCZOS3, MITCHELL, CATMULL_ROM, AREA };

static double lanczos3_at(double x)
{
    const double pi = 3.14159265358979323846;
    if (x < 1e-9)
        return 1;
    return x < 3 ? 3 * tri_sin_pi(x) * tri_sin_pi(x / 3) / (pi * pi * x * x) : 0;
}

/* Mitchell & Netravali, "Reconstruction filters in computer graphics", 1988. */
static double cubic_at(double x, double b, double c)
{
    if (x < 1)
        return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + (6 - 2 * b)) /
               6;
    if (x < 2)
        return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x +
                (8 * b + 24 * c)) /
               6;
    return 0;
}

static double filter_at(int filter, double x)
{
    x = fabs(x);
    switch (filter) {
    case BILINEAR:
        return x < 1 ? 1 - x : 0;
    case MITCHELL:
        return cubic_at(x, 1.0 / 3, 1.0 / 3);
    case CATMULL_ROM:
        return cubic_at(x, 0, 0.5);
    default:
        return lanczos3_at(x);
    }
}

/* How much of a sample is within `half` of a centre that is `apart` from the sample's. */
static double area_at(double half, double apart)
{
    const double most = half < 0.5 ? 2 * half : 1, covered = half + 0.5 - fabs(apart);
    return covered < 0 ? 0 : covered < most ? covered : most;
}

struct axis {
    int in, out, filter, taps, fraction;
    double from, shown;   /* the outputs show so many samples, from there on */
    double in_at, out_at; /* as in tri_graph_siting */
    double support;       /* of the filter to each side, in input samples */
    int *start;
    double *weight; /* [out][taps] */
    short *rounded; /* [taps]: of one output */
    bool empty;     /* nobody will read the weights */
};

/* The samples that output `i` weighs: first to last - 1, some of which may be outside. */
struct span {
    double centre;
    int first, last;
};

static struct span span_of(const struct axis *axis, int i)
{
    const double centre =
        (i + 0.5 + axis->out_at) * axis->shown / axis->out - axis->in_at + axis->from;
    return (struct span){centre, (int)floor(centre - axis->support + 0.5),
                         (int)ceil(centre + axis->support - 0.5)};
}

/* Whether output `i` weighs samples that lie around it just as those of the output before do, all
 * inside: so it is for most outputs of a whole factor. */
static bool is_like_before(const struct axis *axis, int i, const struct span *span)
{
    if (i == 0)
        return false;
    const struct span before = span_of(axis, i - 1);
    return before.first >= 0 && span->last <= axis->in &&
           span->last - span->first == before.last - before.first &&
           span->centre - span->first == before.centre - before.first &&
           axis->start[i - 1] == before.first && span->first <= axis->in - axis->taps;
}

/* Computes the weights of output sample `i`, whose sum is 1; those outside are added to the edge
 * samples'. All weighted samples are inside unless there are more weights than samples. */
static void weigh(const struct axis *axis, int i)
{
    const double scale = axis->shown / axis->out, wide = scale > 1 ? scale : 1;
    const struct span span = span_of(axis, i);
    const int latest = axis->in > axis->taps ? axis->in - axis->taps : 0;
    const int start = span.first < 0 ? 0 : span.first > latest ? latest : span.first;
    double *weight = axis->weight + (size_t)i * (size_t)axis->taps, sum = 0;
    axis->start[i] = start;
    if (is_like_before(axis, i, &span)) {
        memcpy(weight, weight - axis->taps, (size_t)axis->taps * sizeof weight[0]);
        return;
    }
    for (int x = span.first; x < span.last; x++) {
        const double apart = x + 0.5 - span.centre;
        const double w = axis->filter == AREA ? area_at(scale / 2, apart)
                                              : filter_at(axis->filter, apart / wide);
        const int inside = x < 0 ? 0 : x >= axis->in ? axis->in - 1 : x;
        weight[inside - start] += w;
        sum += w;
    }
    for (int k = 0; k < axis->taps; k++)
        weight[k] /= sum;
}

/* The most samples that an output weighs. */
static int most_taps(const struct axis *axis)
{
    int most = 1;
    for (int i = 0; i < axis->out; i++) {
        const struct span span = span_of(axis, i);
        most = span.last - span.first > most ? span.last - span.first : most;
    }
    return most < axis->in ? most : axis->in;
}

static int rounded_up(int n, int multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* The support of the axis's filter to each side, in input samples. */
static double support_of(const struct axis *axis)
{
    static const double supports[] = {0, 1, 3, 2, 2};
    const double scale = axis->shown / axis->out;
    return axis->filter == AREA ? scale / 2 + 0.5 - 1e-9 /* samples that only touch do not count */
                                : supports[axis->filter] * (scale > 1 ? scale : 1);
}

/* The caller has set what the axis shows. Its weights are a multiple of `multiple` in number. */
static bool axis_make(struct axis *axis, int multiple)
{
    axis->support = support_of(axis);
    axis->fraction = 15;
    axis->taps = rounded_up(most_taps(axis), multiple);
    axis->start = calloc((size_t)axis->out, sizeof axis->start[0]);
    axis->weight = calloc((size_t)axis->out * (size_t)axis->taps, sizeof axis->weight[0]);
    axis->rounded = calloc((size_t)axis->taps, sizeof axis->rounded[0]);
    if (axis->start == NULL || axis->weight == NULL || axis->rounded == NULL)
        return false;
    double largest = 0;
    for (int i = 0; i < axis->out && !axis->empty; i++)
        weigh(axis, i);
    for (size_t i = 0; i < (size_t)axis->out * (size_t)axis->taps; i++)
        largest = fabs(axis->weight[i]) > largest ? fabs(axis->weight[i]) : largest;
    while (axis->fraction < 18 && largest * (2 << axis->fraction) < SUM_WEIGHT_MAX)
        axis->fraction++;
    while (largest * (1 << axis->fraction) > SUM_WEIGHT_MAX)
        axis->fraction--;
    return true;
}

static void axis_free(struct axis *axis)
{
    free(axis->start);
    free(axis->weight);
    free(axis->rounded);
}

/* Rounds one output's weights to integers whose sum is 1 << fraction; the largest absorbs the
 * rounding error. */
static void round_weights(const double *from, short *to, int count, int fraction)
{
    int rest = 1 << fraction, largest = 0;
    for (int k = 0; k < count; k++) {
        to[k] = (short)floor(from[k] * (1 << fraction) + 0.5);
        rest -= to[k];
        largest = to[k] > to[largest] ? k : largest;
    }
    to[largest] =
        (short)(to[largest] + rest > SUM_WEIGHT_MAX ? SUM_WEIGHT_MAX : to[largest] + rest);
}

/* Which form the rows take: see resize_rows and resize_rows_far. */
static bool is_near(const struct axis *axis, int bits)
{
    return axis->shown <= (bits == 8 ? 4 : 2) * axis->out;
}

/* How weights lie: those of one output after those of another, as structures of four, or as dot_row
 * and dot_row_float expect them. */
enum layout { LAYOUT_OUTPUTS, LAYOUT_FOURS, LAYOUT_LANES };

/* Bytes for one output. */
static size_t weights_size(const struct axis *axis, enum layout layout, int bits)
{
    if (layout == LAYOUT_FOURS)
        return (size_t)rounded_up(axis->taps, 4) / 4 * sizeof(struct sum_weights);
    return (size_t)axis->taps * (bits == 8 ? sizeof(short) : sizeof(float));
}

static void put_floats(const struct axis *axis, int i, enum layout layout, float *to)
{
    const double *from = axis->weight + (size_t)i * (size_t)axis->taps;
    const size_t taps = (size_t)axis->taps, apart = layout == LAYOUT_LANES ? DOT_BLOCK : 1;
    to += layout == LAYOUT_LANES ? DOT_WEIGHTS_AT((size_t)i, taps) : (size_t)i * taps;
    for (size_t k = 0; k < taps; k++)
        to[k * apart] = (float)from[k];
}

static void put_fours(const struct axis *axis, int i, struct sum_weights *to)
{
    to += (size_t)i * (size_t)(rounded_up(axis->taps, 4) / 4);
    for (int k = 0; k < axis->taps; k += 4)
        *to++ = sum_weights_of(axis->rounded + k, axis->taps - k < 4 ? axis->taps - k : 4);
}

static void put_shorts(const struct axis *axis, int i, enum layout layout, short *to)
{
    const size_t taps = (size_t)axis->taps, apart = layout == LAYOUT_LANES ? 2 * DOT_BLOCK : 2;
    to += layout == LAYOUT_LANES ? 2 * DOT_WEIGHTS_AT((size_t)i, taps / 2) : (size_t)i * taps;
    for (size_t k = 0; k < taps; k++)
        to[k / 2 * apart + k % 2] = axis->rounded[k];
}

/* The constants of a pass along an axis. In lanes there are more outputs than needed: these begin
 * like the last one, and their weights are zero. */
static struct resize *axis_constants(const struct axis *axis, int bits, int shift,
                                     enum layout layout, size_t *size)
{
    const size_t outputs = (size_t)rounded_up(axis->out, layout == LAYOUT_LANES ? DOT_ROUND : 1);
    const size_t at = (sizeof(struct resize) + outputs * sizeof(int) + 15) & ~(size_t)15;
    *size = at + outputs * weights_size(axis, layout, bits);
    struct resize *k = *size > INT32_MAX ? NULL : calloc(1, *size);
    if (k == NULL)
        return NULL;
    *k = (struct resize){axis->taps, shift, (int)at, axis->shown == 2 * axis->out ? 2 : 0};
    for (size_t i = 0; i < outputs; i++)
        ((int *)(k + 1))[i] = axis->start[i < (size_t)axis->out ? i : (size_t)axis->out - 1];
    void *weights = (char *)k + at;
    for (int i = 0; i < axis->out && !axis->empty; i++) {
        if (bits == 16) {
            put_floats(axis, i, layout, weights);
            continue;
        }
        round_weights(axis->weight + (size_t)i * (size_t)axis->taps, axis->rounded, axis->taps,
                      axis->fraction);
        if (layout == LAYOUT_FOURS)
            put_fours(axis, i, weights);
        else
            put_shorts(axis, i, layout, weights);
    }
    return k;
}

static bool shows_all(const struct axis *axis)
{
    return axis->from == 0 && axis->shown == axis->in;
}

static bool is_double(const struct axis *x)
{
    return x->filter == BILINEAR && shows_all(x) && x->out == 2 * x->in && x->out_at == 0 &&
           (x->in_at == 0 || x->in_at == -0.25);
}

static bool is_half(const struct axis *x)
{
    return x->filter == BILINEAR && shows_all(x) && x->in == 2 * x->out && x->in_at == 0 &&
           (x->out_at == 0 || x->out_at == -0.25);
}

/* Fraction bits between the passes at 8 bits. */
static int bits_between(const struct axis *x)
{
    return is_double(x)       ? RESIZE_DOUBLE_BITS
           : is_half(x)       ? RESIZE_HALVE_BITS
           : x->fraction > 15 ? 21 - x->fraction
                              : 6;
}

/* What outputs read along an axis: span_of as a line, and all weights. */
static struct tri_reads reads_of(const struct axis *axis)
{
    const double step = axis->shown / axis->out;
    if (axis->taps >= axis->in)
        return (struct tri_reads){0, 0, axis->taps};
    return (struct tri_reads){
        step, (0.5 + axis->out_at) * step - axis->in_at + axis->from - axis->support + 0.5,
        axis->taps};
}

static int resize_row(struct tri_graph *graph, const struct axis *x, const struct resize *rows,
                      size_t rows_size, int channel)
{
    const struct tri_reads doubled = {0.5, -1, 3}, halved = {2, -1, 4}, across = reads_of(x);
    if (is_double(x) && x->in_at < 0)
        return NODE(resize_double_left, .in = {channel}, .reach = 1, .width = x->out,
                    .across = doubled, .operations = 2);
    if (is_half(x) && x->out_at < 0)
        return NODE(resize_halve_left, .in = {channel}, .reach = 1, .width = x->out,
                    .across = halved, .operations = 3);
    if (is_double(x))
        return NODE(resize_double, .in = {channel}, .reach = 1, .width = x->out, .across = doubled,
                    .operations = 2);
    if (is_half(x))
        return NODE(resize_halve, .in = {channel}, .reach = 1, .width = x->out, .across = halved,
                    .operations = 4);
    /* If a row has fewer samples than there are weights, zero weights read beyond it; the values
     * there must be finite. */
    const int beyond = x->taps > x->in ? x->taps - x->in : 0;
    if (is_near(x, tri_graph_bits(graph)))
        return NODE(resize_rows, .in = {channel}, .reach = beyond, .width = x->out,
                    .across = across, .operations = x->taps, .constants = rows,
                    .constants_size = rows_size);
    return NODE(resize_rows_far, .in = {channel}, .reach = beyond, .width = x->out,
                .across = across, .operations = x->taps, .constants = rows,
                .constants_size = rows_size);
}

static struct tri_value resize_filtered(struct tri_graph *graph, struct tri_value in,
                                        const struct tri_rectangle *from, int width, int height)
{
    const int bits = tri_graph_bits(graph), filter = (int)VALUE(filter);
    const struct tri_siting at = tri_graph_siting(graph);
    const struct tri_extent extent = tri_graph_extent(graph, in.channel[0]);
    const double across = extent.width / extent.whole_width,
                 down = extent.height / extent.whole_height;
    struct axis x = {.in = tri_graph_width(graph, in.channel[0]),
                     .out = width,
                     .filter = filter,
                     .from = from->x * across + extent.x,
                     .shown = at.step_x > 0 ? at.step_x * width : from->width * across,
                     .in_at = at.in_x,
                     .out_at = at.out_x,
                     .empty = tri_graph_shapes_only(graph)};
    struct axis y = {.in = tri_graph_height(graph, in.channel[0]),
                     .out = height,
                     .filter = filter,
                     .from = from->y * down + extent.y,
                     .shown = at.step_y > 0 ? at.step_y * height : from->height * down,
                     .in_at = at.in_y,
                     .out_at = at.out_y,
                     .empty = x.empty};
    struct resize *rows = NULL, *columns = NULL;
    const bool near = is_near(&x, bits);
    size_t rows_size, columns_size;
    if (axis_make(&x, near ? 2 : 8) && axis_make(&y, 1)) {
        const int between = bits_between(&x);
        columns = axis_constants(&y, bits, y.fraction - between,
                                 bits == 8 ? LAYOUT_FOURS : LAYOUT_OUTPUTS, &columns_size);
        rows = axis_constants(&x, bits, x.fraction + between, near ? LAYOUT_LANES : LAYOUT_OUTPUTS,
                              &rows_size);
    }
    if (columns == NULL || rows == NULL)
        tri_graph_fail(graph, "resize: out of memory for the weights of %d x %d pixels", width,
                       height);
    for (int p = 0; p < in.planes && columns != NULL && rows != NULL; p++) {
        const int high = NODE(resize_columns, .in = {in.channel[p]}, .whole = true,
                              .height = height, .down = reads_of(&y), .operations = y.taps,
                              .constants = columns, .constants_size = columns_size);
        in.channel[p] = resize_row(graph, &x, rows, rows_size, high);
    }
    axis_free(&x);
    axis_free(&y);
    free(rows);
    free(columns);
    return in;
}

/* Returns floor((i + 0.5 + out_at) * in / out - in_at) for each output i, computed in eighths, or
 * NULL if out of memory. in_at and out_at are as in tri_graph_siting. */
static int *nearest_of(int in, double in_at, int out, double out_at)
{
    int *at = malloc((size_t)out * sizeof at[0]);
    const int64_t in_eighths = (int64_t)(in_at * 8), out_eighths = (int64_t)(out_at * 8);
    for (int i = 0; at != NULL && i < out; i++) {
        const int64_t eighths = (8 * (int64_t)i + 4 + out_eighths) * in - in_eighths * out;
        const int64_t place = eighths < 0 ? 0 : eighths / (8 * (int64_t)out);
        at[i] = (int)(place < in ? place : in - 1);
    }
    return at;
}

/* The same where the outputs show only a part. Places are multiples of far more than 1e-9, so that
 * they are on the right side of a whole number. */
static int *nearest_in_part(int in, double from, double shown, int out, double moved)
{
    int *at = malloc((size_t)out * sizeof at[0]);
    for (int i = 0; at != NULL && i < out; i++) {
        const double place = floor((i + 0.5) * shown / out + moved + from + 1e-9);
        at[i] = (int)(place < 0 ? 0 : place < in ? place : in - 1);
    }
    return at;
}

static int *nearest_along(int in, double in_at, double from, double shown, int out, double out_at)
{
    return from == 0 && shown == in
               ? nearest_of(in, in_at, out, out_at)
               : nearest_in_part(in, from, shown, out, out_at * shown / out - in_at);
}

/* What outputs read along an axis. */
static struct tri_reads nearest_reads(double in_at, double from, double shown, int out,
                                      double out_at)
{
    return (struct tri_reads){shown / out, (0.5 + out_at) * shown / out - in_at + from, 1};
}

static struct tri_value resize_nearest(struct tri_graph *graph, struct tri_value in,
                                       const struct tri_rectangle *from, int width, int height)
{
    const struct tri_siting at = tri_graph_siting(graph);
    int *x = nearest_along(tri_graph_width(graph, in.channel[0]), at.in_x, from->x, from->width,
                           width, at.out_x);
    int *y = nearest_along(tri_graph_height(graph, in.channel[0]), at.in_y, from->y, from->height,
                           height, at.out_y);
    const struct tri_reads across = nearest_reads(at.in_x, from->x, from->width, width, at.out_x),
                           down = nearest_reads(at.in_y, from->y, from->height, height, at.out_y);
    if (x == NULL || y == NULL)
        tri_graph_fail(graph, "resize: out of memory for %d x %d pixels", width, height);
    for (int p = 0; p < in.planes && x != NULL && y != NULL; p++) {
        const int rows =
            NODE(pick_rows, .in = {in.channel[p]}, .whole = true, .height = height, .down = down,
                 .constants = y, .constants_size = (size_t)height * sizeof(int));
        in.channel[p] = NODE(pick_columns, .in = {rows}, .width = width, .across = across,
                             .constants = x, .constants_size = (size_t)width * sizeof(int));
    }
    free(x);
    free(y);
    return in;
}

static double at_least_one(double side)
{
    return side < 0.5 ? 1 : floor(side + 0.5);
}

struct size {
    double width, height;
};

static double limited(double side, double old, int only)
{
    return only == 1 && side > old ? old : only == 2 && side < old ? old : side;
}

/* The size that width, height and scale ask for, whatever the mode. */
static struct size wanted_size(const struct tri_graph *graph, double width, double height)
{
    struct size to = {VALUE(width), VALUE(height)};
    if (to.width <= 0 && to.height <= 0)
        return (struct size){at_least_one(width * VALUE(scale)),
                             at_least_one(height * VALUE(scale))};
    if (to.width <= 0)
        to.width = at_least_one(width * to.height / height);
    else if (to.height <= 0)
        to.height = at_least_one(height * to.width / width);
    return to;
}

/* Scales both sides by the smaller or the larger of their factors. */
static struct size same_aspect(struct size to, double width, double height, bool inside, int only)
{
    const bool by_width = (to.width * height < to.height * width) == inside;
    const double factor =
        limited(by_width ? to.width / width : to.height / height, 1, only); /* as limits a side */
    return (struct size){at_least_one(width * factor), at_least_one(height * factor)};
}

/* Makes `to` no larger than the scaled picture, and finds the middle that it shows. */
static struct tri_rectangle middle_of(struct size *to, double width, double height, int only)
{
    const bool by_width = to->width * height >= to->height * width;
    const double factor = by_width ? to->width / width : to->height / height;
    struct tri_rectangle from = {0, 0, width, height};
    if (factor != limited(factor, 1, only)) {
        from.width = to->width = to->width < width ? to->width : width;
        from.height = to->height = to->height < height ? to->height : height;
        from.x = floor((width - from.width) / 2);
        from.y = floor((height - from.height) / 2);
    } else if (by_width) {
        from.height = to->height * width / to->width;
        from.y = (height - from.height) / 2;
    } else {
        from.width = to->width * height / to->height;
        from.x = (width - from.width) / 2;
    }
    return from;
}

enum { STRETCH, FIT, OUTSIDE, COVER };

/* Finds the size of the result, and which part of the input it shows. */
static struct tri_rectangle measure(struct tri_graph *graph, double width, double height,
                                    struct size *to)
{
    const struct tri_rectangle whole = {0, 0, width, height};
    const int mode = (int)VALUE(mode), only = (int)VALUE(only);
    const bool both = VALUE(width) > 0 && VALUE(height) > 0;
    struct tri_rectangle from = whole;
    *to = wanted_size(graph, width, height);
    if (both && mode == COVER)
        from = middle_of(to, width, height, only);
    else if (both && mode != STRETCH)
        *to = same_aspect(*to, width, height, mode == FIT, only);
    else
        *to = (struct size){limited(to->width, width, only), limited(to->height, height, only)};
    if (!tri_graph_region(graph, &from))
        return from;
    *to = (struct size){VALUE(width), VALUE(height)};
    return both && mode == COVER ? from : whole;
}

GRAPH(resize)
{
    const bool nearest = VALUE(filter) == NEAREST;
    const struct tri_extent extent =
        nearest ? (struct tri_extent){tri_graph_width(graph, in.channel[0]),
                                      tri_graph_height(graph, in.channel[0])}
                : tri_graph_extent(graph, in.channel[0]);
    const double old_width = extent.whole_width, old_height = extent.whole_height;
    struct size to;
    const struct tri_rectangle from = measure(graph, old_width, old_height, &to);
    if (to.width > TRI_SIDE_MAX || to.height > TRI_SIDE_MAX) {
        tri_graph_fail(graph, "resize: %.0f x %.0f pixels exceed the limit of %d per side",
                       to.width, to.height, TRI_SIDE_MAX);
        return in;
    }
    if (to.height != old_height || from.y != 0)
        tri_graph_fields(graph, TRI_FIELDS_GONE);
    if (nearest)
        return resize_nearest(graph, in, &from, (int)to.width, (int)to.height);
    return resize_filtered(graph, in, &from, (int)to.width, (int)to.height);
}
#endif
