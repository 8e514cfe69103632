/* resize -- scales columns, then rows; each output sample is a weighted sum of input samples.
 *
 * Sample centres are aligned (for chroma, at its siting). When shrinking, the filter is widened by
 * the factor, as in Pillow and libvips. Borders replicate the edge sample. 8 bits: integer weights,
 * with 3 to 6 fraction bits kept between the passes; 16 bits: floats, added in a fixed order. */
#include "kernel.h"

/* Followed by int start[outputs], then by outputs * taps weights, short or float. */
struct resize {
    int taps,
        shift; /* weights per output: even, along rows a multiple of 8; right shift of their sum */
    int weights_at; /* bytes from the start of this structure to the weights */
    int unused;
};

#define RESIZE CONSTANTS(struct resize)
#define RESIZE_START(i) (((CONSTANT int *)(RESIZE + 1))[i])
#define RESIZE_WEIGHTS(type, i) \
    ((CONSTANT type *)(CONSTANTS(uchar) + RESIZE->weights_at) + (i)*RESIZE->taps)
#define RESIZE_ROW(i) (start + (i) < IN_HEIGHT ? start + (i) : IN_HEIGHT - 1)

#if BITS == 8
#define BETWEEN i16

PASS(resize_columns, S, BETWEEN)
{
    const int start = RESIZE_START(Y), taps = RESIZE->taps;
    CONSTANT short *weight = RESIZE_WEIGHTS(short, Y);
    acc sum = ACC_ZERO();
    for (int i = 0; i < taps; i += 2)
        sum = ACC_ADD_PAIR(sum, I16(SOURCE(0, RESIZE_ROW(i))), I16(SOURCE(0, RESIZE_ROW(i + 1))),
                           weight[i], weight[i + 1]);
    PUT(ACC_NARROW(sum, RESIZE->shift));
}

GATHER(resize_rows, BETWEEN, S)
{
    const int shift = RESIZE->shift;
    const int sum = dot_short(ROW_POINTER(RESIZE_START(X)), RESIZE_WEIGHTS(short, X), RESIZE->taps);
    const int rounded = (sum + (1 << (shift - 1))) >> shift;
    return (uchar)(rounded < 0 ? 0 : rounded > MAXIMUM ? MAXIMUM : rounded);
}
#define RESIZE_BY_TWO(sum, shift) ((uchar)(((sum) + (1 << ((shift)-1))) >> (shift)))
#else
#define BETWEEN f32

PASS(resize_columns, S, BETWEEN)
{
    const int start = RESIZE_START(Y), taps = RESIZE->taps;
    CONSTANT float *weight = RESIZE_WEIGHTS(float, Y);
    f32 sum = ALL(f32, 0.0f);
    for (int i = 0; i < taps; i++)
        sum = sum + F32(SOURCE(0, RESIZE_ROW(i))) * ALL(f32, weight[i]);
    PUT(sum);
}

GATHER(resize_rows, BETWEEN, S)
{
    const float sum =
        dot_float(ROW_POINTER(RESIZE_START(X)), RESIZE_WEIGHTS(float, X), RESIZE->taps);
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

static enum tri_alpha resize_alpha(const struct tri_operation *operation)
{
    return tri_operation_value(operation, "filter") == 0 ? TRI_ALPHA_PLAIN
                                                         : TRI_ALPHA_PREMULTIPLIED;
}

KERNEL(
    resize, resize_alpha, "scale to another size",
    "Scales to a width and height, to one of them with the aspect ratio kept, or by a factor. When "
    "shrinking, bilinear and lanczos3 weight all samples that an output pixel covers. The result "
    "is "
    "within 1 of the exact one. Sample centres are aligned; borders replicate the edge sample.",
    "resize:scale=0.5",
    PARAM_LENGTH(width, TRI_INT, 0, 0, 1000000, "pixels; 0: derived from height or scale",
                 TRI_WIDTH) PARAM_LENGTH(height, TRI_INT, 0, 0, 1000000,
                                         "pixels; 0: derived from width or scale", TRI_HEIGHT)
        PARAM_FLOAT(scale, 1, 0.001, 100, "factor if neither width nor height is given")
            PARAM_CHOICE(filter, 2, 3, "nearest|bilinear|lanczos3", "interpolation filter"))
ALIASES(resize, ALIAS("scale|thumbnail|zoom|size|sample|shrink|reduce|enlarge|resample",
                      "resize:scale=0.5"))

/* Halving with a triangle of width 4: weights 1/8 3/8 3/8 1/8 over 0 0 80 80, edges replicated. */
KNOWN(resize, "resize:scale=0.5:filter=bilinear", PICTURE(4, 1, 1, 0, 0, 80, 80),
      PICTURE(2, 1, 1, 10, 70))

static double filter_at(int filter, double x)
{
    x = fabs(x);
    if (filter == 1)
        return x < 1 ? 1 - x : 0;
    if (x < 1e-9)
        return 1;
    const double pi = 3.14159265358979323846;
    return x < 3 ? 3 * tri_sin_pi(x) * tri_sin_pi(x / 3) / (pi * pi * x * x) : 0;
}

struct axis {
    int in, out, filter, taps, fraction;
    double in_at, out_at; /* as in tri_graph_siting */
    double support;       /* of the filter to each side, in input samples */
    int *start;
    double *weight; /* [out][taps] */
};

/* Computes the weights of output sample `i`, whose sum is 1; those outside are added to the edge
 * samples'. All weighted samples are inside unless there are more weights than samples. */
static void weigh(const struct axis *axis, int i)
{
    const double scale = (double)axis->in / axis->out, wide = scale > 1 ? scale : 1;
    const double centre = (i + 0.5 + axis->out_at) * scale - axis->in_at;
    const int first = (int)floor(centre - axis->support + 0.5),
              last = (int)ceil(centre + axis->support - 0.5);
    const int latest = axis->in > axis->taps ? axis->in - axis->taps : 0;
    const int start = first < 0 ? 0 : first > latest ? latest : first;
    double *weight = axis->weight + (size_t)i * (size_t)axis->taps, sum = 0;
    axis->start[i] = start;
    for (int x = first; x < last; x++) {
        const double w = filter_at(axis->filter, (x + 0.5 - centre) / wide);
        const int inside = x < 0 ? 0 : x >= axis->in ? axis->in - 1 : x;
        weight[inside - start] += w;
        sum += w;
    }
    for (int k = 0; k < axis->taps; k++)
        weight[k] /= sum;
}

static bool axis_make(struct axis *axis, int in, double in_at, int out, double out_at, int filter,
                      int align)
{
    const double scale = (double)in / out,
                 support = (filter == 1 ? 1 : 3) * (scale > 1 ? scale : 1);
    const int taps = ((int)ceil(2 * support) + align) / align * align;
    *axis = (struct axis){in, out, filter, taps, 15, in_at, out_at, support, NULL, NULL};
    axis->start = calloc((size_t)out, sizeof axis->start[0]);
    axis->weight = calloc((size_t)out * (size_t)taps, sizeof axis->weight[0]);
    if (axis->start == NULL || axis->weight == NULL)
        return false;
    double largest = 0;
    for (int i = 0; i < out; i++)
        weigh(axis, i);
    for (size_t i = 0; i < (size_t)out * (size_t)taps; i++)
        largest = fabs(axis->weight[i]) > largest ? fabs(axis->weight[i]) : largest;
    while (axis->fraction < 18 && largest * (2 << axis->fraction) < 32767)
        axis->fraction++;
    while (largest * (1 << axis->fraction) > 32767)
        axis->fraction--;
    return true;
}

static void axis_free(struct axis *axis)
{
    free(axis->start);
    free(axis->weight);
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
    to[largest] = (short)(to[largest] + rest > 32767 ? 32767 : to[largest] + rest);
}

static struct resize *axis_constants(const struct axis *axis, int bits, int shift, size_t *size)
{
    const size_t weights = (size_t)axis->out * (size_t)axis->taps;
    const size_t at = (sizeof(struct resize) + (size_t)axis->out * sizeof(int) + 15) & ~(size_t)15;
    *size = at + weights * (bits == 8 ? sizeof(short) : sizeof(float));
    struct resize *k = calloc(1, *size);
    if (k == NULL || *size > INT32_MAX) {
        free(k);
        return NULL;
    }
    *k = (struct resize){axis->taps, shift, (int)at, 0};
    for (int i = 0; i < axis->out; i++)
        ((int *)(k + 1))[i] = axis->start[i];
    if (bits == 8) {
        for (int i = 0; i < axis->out; i++)
            round_weights(axis->weight + (size_t)i * (size_t)axis->taps,
                          (short *)((char *)k + at) + (size_t)i * (size_t)axis->taps, axis->taps,
                          axis->fraction);
    } else {
        for (size_t i = 0; i < weights; i++)
            ((float *)((char *)k + at))[i] = (float)axis->weight[i];
    }
    return k;
}

static bool is_double(const struct axis *x)
{
    return x->filter == 1 && x->out == 2 * x->in && x->out_at == 0 &&
           (x->in_at == 0 || x->in_at == -0.25);
}

static bool is_half(const struct axis *x)
{
    return x->filter == 1 && x->in == 2 * x->out && x->in_at == 0 &&
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

static int resize_row(struct tri_graph *graph, const struct axis *x, const struct resize *rows,
                      size_t rows_size, int channel)
{
    if (is_double(x) && x->in_at < 0)
        return NODE(resize_double_left, .in = {channel}, .reach = 1, .width = x->out,
                    .operations = 2);
    if (is_half(x) && x->out_at < 0)
        return NODE(resize_halve_left, .in = {channel}, .reach = 1, .width = x->out,
                    .operations = 3);
    if (is_double(x))
        return NODE(resize_double, .in = {channel}, .reach = 1, .width = x->out, .operations = 2);
    if (is_half(x))
        return NODE(resize_halve, .in = {channel}, .reach = 1, .width = x->out, .operations = 4);
    /* If a row has fewer samples than there are weights, zero weights read beyond it; the values
     * there must be finite. */
    const int beyond = x->taps > x->in ? x->taps - x->in : 0;
    return NODE(resize_rows, .in = {channel}, .reach = beyond, .width = x->out,
                .operations = x->taps, .constants = rows, .constants_size = rows_size);
}

static struct tri_value resize_filtered(struct tri_graph *graph, struct tri_value in, int width,
                                        int height)
{
    const int bits = tri_graph_bits(graph), filter = (int)VALUE(filter);
    const struct tri_siting at = tri_graph_siting(graph);
    struct axis x = {0}, y = {0};
    struct resize *rows = NULL, *columns = NULL;
    size_t rows_size, columns_size;
    if (axis_make(&x, tri_graph_width(graph, in.channel[0]), at.in_x, width, at.out_x, filter, 8) &&
        axis_make(&y, tri_graph_height(graph, in.channel[0]), at.in_y, height, at.out_y, filter,
                  2)) {
        const int between = bits_between(&x);
        columns = axis_constants(&y, bits, y.fraction - between, &columns_size);
        rows = axis_constants(&x, bits, x.fraction + between, &rows_size);
    }
    if (columns == NULL || rows == NULL)
        tri_graph_fail(graph, "resize: out of memory for the weights of %d x %d pixels", width,
                       height);
    for (int p = 0; p < in.planes && columns != NULL && rows != NULL; p++) {
        const int high =
            NODE(resize_columns, .in = {in.channel[p]}, .whole = true, .height = height,
                 .operations = y.taps, .constants = columns, .constants_size = columns_size);
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

static struct tri_value resize_nearest(struct tri_graph *graph, struct tri_value in, int width,
                                       int height)
{
    const struct tri_siting at = tri_graph_siting(graph);
    int *x = nearest_of(tri_graph_width(graph, in.channel[0]), at.in_x, width, at.out_x);
    int *y = nearest_of(tri_graph_height(graph, in.channel[0]), at.in_y, height, at.out_y);
    if (x == NULL || y == NULL)
        tri_graph_fail(graph, "resize: out of memory for %d x %d pixels", width, height);
    for (int p = 0; p < in.planes && x != NULL && y != NULL; p++) {
        const int rows = NODE(pick_rows, .in = {in.channel[p]}, .whole = true, .height = height,
                              .constants = y, .constants_size = (size_t)height * sizeof(int));
        in.channel[p] = NODE(pick_columns, .in = {rows}, .width = width, .constants = x,
                             .constants_size = (size_t)width * sizeof(int));
    }
    free(x);
    free(y);
    return in;
}

static double at_least_one(double side)
{
    return side < 0.5 ? 1 : floor(side + 0.5);
}

GRAPH(resize)
{
    const double old_width = tri_graph_width(graph, in.channel[0]),
                 old_height = tri_graph_height(graph, in.channel[0]);
    double width = VALUE(width), height = VALUE(height);
    if (width == 0 && height == 0) {
        width = at_least_one(old_width * VALUE(scale));
        height = at_least_one(old_height * VALUE(scale));
    } else if (width == 0) {
        width = at_least_one(old_width * height / old_height);
    } else if (height == 0) {
        height = at_least_one(old_height * width / old_width);
    }
    if (width > TRI_SIDE_MAX || height > TRI_SIDE_MAX) {
        tri_graph_fail(graph, "resize: %.0f x %.0f pixels exceed the limit of %d per side", width,
                       height, TRI_SIDE_MAX);
        return in;
    }
    if (height != old_height)
        tri_graph_fields(graph, TRI_FIELDS_GONE);
    if (VALUE(filter) == 0)
        return resize_nearest(graph, in, (int)width, (int)height);
    return resize_filtered(graph, in, (int)width, (int)height);
}
#endif
