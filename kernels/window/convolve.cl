/* convolve -- sums of samples times the weights of a matrix; borders replicate the edge sample.
 *
 * 8 bits: whole weights, of up to 15 bits and a sign, whose products with samples add up exactly in
 * 32 bits. So the order of the sum does not matter, zeros can be left out, and a matrix that is
 * exactly a column times a row can be applied as columns and rows. Where all weights are multiples
 * of one number, by at most 64 to either side, sums are those of the multiples, in 16 bits where
 * two products fit. 16 bits: whole weights of up to 15 bits together are summed exactly in 32 bits,
 * too, and the sum is scaled as a float; others are floats, added in the order of the matrix. A
 * matrix that is a column times a row is applied as such, in floats. */
#include "kernel.h"

#define CONVOLVE_SIDE 31
#define CONVOLVE_TAPS (CONVOLVE_SIDE * CONVOLVE_SIDE)

/* 8 bits: four samples at a time. */
struct convolve_four {
    short dx[4], dy[4];
    struct sum_weights weights;
};

struct convolve {
    int count; /* of fours */
    int shift; /* fraction bits of the weights */
    int bias;  /* what is added at 8 bits: whole, and the rest as a weight of the maximum */
    struct sum_weights rest;
    struct convolve_four four[(CONVOLVE_TAPS + 3) / 4];
};

/* The same with a factor for all weights, which then are at most 64; `plus` is what is added to the
 * products. */
struct convolve_multiples {
    int count, shift, bias, times, plus;
    struct convolve_four four[(CONVOLVE_TAPS + 3) / 4];
};

/* The rows of a matrix that is a column times a row. */
struct convolve_line {
    int count; /* even */
    int shift, bias, left;
    short rest, unused;
    short weight[CONVOLVE_SIDE + 1];
};

/* 16 bits: weights that are whole multiples of a unit. */
struct convolve_whole {
    int count;  /* of pairs */
    int offset; /* what the sum lacks, as half their range is taken off samples */
    float unit, bias;
    struct convolve_pair {
        short dx[2], dy[2], weight[2];
    } pair[(CONVOLVE_TAPS + 1) / 2];
};

struct convolve_real {
    int count;
    float bias;
    struct convolve_tap {
        short dx, dy;
        float weight;
    } tap[CONVOLVE_TAPS];
};

#if BITS == 8
/* What is far out of the range stays so. */
#define CONVOLVE_PUT(sum, bias) \
    PUT(TO_S(CLAMP(CLAMP(sum, ALL(i16, -1024), ALL(i16, 1024)) + ALL(i16, bias), ALL(i16, 0), \
                   ALL(i16, MAXIMUM))))

#define CONVOLVE_PADDED_TAPS ((CONVOLVE_TAPS + 3) / 4 * 4)
#define CONVOLVE_DX(i) k->four[(i) / 4].dx[(i) % 4]
#define CONVOLVE_DY(i) k->four[(i) / 4].dy[(i) % 4]
#define CONVOLVE_TAP(i) TAP(i, CONVOLVE_DX(i), CONVOLVE_DY(i))
#define CONVOLVE_ADD_4(SUM_ADD, sum, i) \
    SUM_ADD(sum, CONVOLVE_TAP(4 * (i)), CONVOLVE_TAP(4 * (i) + 1), CONVOLVE_TAP(4 * (i) + 2), \
            CONVOLVE_TAP(4 * (i) + 3), &k->four[i].weights)

TAPS(convolve, S, S, struct convolve, CONVOLVE_PADDED_TAPS, 4 * k->count, CONVOLVE_DX, CONVOLVE_DY)
{
    CONSTANT struct convolve *k = CONSTANTS(struct convolve);
    sum_s sum = SUM_ADD_2(SUM_ZERO(), ALL(S, MAXIMUM), ALL(S, 0), &k->rest);
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = CONVOLVE_ADD_4(SUM_ADD_4, sum, i);
    CONVOLVE_PUT(SUM_NARROW(sum, k->shift), k->bias);
}

TAPS(convolve_whole, S, S, struct convolve_multiples, CONVOLVE_PADDED_TAPS, 4 * k->count,
     CONVOLVE_DX, CONVOLVE_DY)
{
    CONSTANT struct convolve_multiples *k = CONSTANTS(struct convolve_multiples);
    sum_s sum = SUM_ZERO();
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = CONVOLVE_ADD_4(SUM_ADD_4_BYTES, sum, i);
    if (k->times != 1 || k->plus != 0)
        sum = SUM_TIMES(sum, k->times, k->plus);
    CONVOLVE_PUT(SUM_NARROW(sum, k->shift), k->bias);
}

TAPS(convolve_columns, S, i16, struct convolve, CONVOLVE_PADDED_TAPS, 4 * k->count, CONVOLVE_DX,
     CONVOLVE_DY)
{
    CONSTANT struct convolve *k = CONSTANTS(struct convolve);
    sum_s sum = SUM_ZERO();
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = CONVOLVE_ADD_4(SUM_ADD_4, sum, i);
    PUT(SUM_NARROW(sum, 0));
}

PASS(convolve_rows, i16, S)
{
    CONSTANT struct convolve_line *k = CONSTANTS(struct convolve_line);
    acc sum = ACC_ADD_PAIR(ACC_ZERO(), ALL(i16, MAXIMUM), ALL(i16, 0), k->rest, 0);
    UNROLL
    for (int i = 0; i < k->count; i += 2)
        sum = ACC_ADD_PAIR(sum, AT(k->left + i, 0), AT(k->left + i + 1, 0), k->weight[i],
                           k->weight[i + 1]);
    CONVOLVE_PUT(ACC_NARROW(sum, k->shift), k->bias);
}
#else
#define CONVOLVE_REAL_DX(i) k->tap[i].dx
#define CONVOLVE_REAL_DY(i) k->tap[i].dy
#define CONVOLVE_REAL_TAP(i) TAP(i, k->tap[i].dx, k->tap[i].dy)

TAPS(convolve, S, S, struct convolve_real, CONVOLVE_TAPS, k->count, CONVOLVE_REAL_DX,
     CONVOLVE_REAL_DY)
{
    CONSTANT struct convolve_real *k = CONSTANTS(struct convolve_real);
    f32 sum = ALL(f32, k->bias);
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = sum + F32(CONVOLVE_REAL_TAP(i)) * ALL(f32, k->tap[i].weight);
    PUT(S_FROM_F32(sum));
}

TAPS(convolve_columns, S, f32, struct convolve_real, CONVOLVE_TAPS, k->count, CONVOLVE_REAL_DX,
     CONVOLVE_REAL_DY)
{
    CONSTANT struct convolve_real *k = CONSTANTS(struct convolve_real);
    f32 sum = ALL(f32, 0.0f);
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = sum + F32(CONVOLVE_REAL_TAP(i)) * ALL(f32, k->tap[i].weight);
    PUT(sum);
}

PASS(convolve_rows, f32, S)
{
    CONSTANT struct convolve_real *k = CONSTANTS(struct convolve_real);
    f32 sum = ALL(f32, k->bias);
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = sum + AT(k->tap[i].dx, 0) * ALL(f32, k->tap[i].weight);
    PUT(S_FROM_F32(sum));
}

/* Samples less half their range. */
#define CONVOLVE_DX(i) k->pair[(i) / 2].dx[(i) % 2]
#define CONVOLVE_DY(i) k->pair[(i) / 2].dy[(i) % 2]
#define CONVOLVE_SIGNED(i) I16(TAP(i, CONVOLVE_DX(i), CONVOLVE_DY(i)) ^ ALL(S, 32768))

TAPS(convolve_whole, S, S, struct convolve_whole, CONVOLVE_TAPS + 1, 2 * k->count, CONVOLVE_DX,
     CONVOLVE_DY)
{
    CONSTANT struct convolve_whole *k = CONSTANTS(struct convolve_whole);
    acc sum = ACC_ZERO();
    UNROLL
    for (int i = 0; i < k->count; i++)
        sum = ACC_ADD_PAIR(sum, CONVOLVE_SIGNED(2 * i), CONVOLVE_SIGNED(2 * i + 1),
                           k->pair[i].weight[0], k->pair[i].weight[1]);
    const f32 whole = F32(ACC_I32(sum) + ALL(i32, k->offset));
    PUT(S_FROM_F32(whole * ALL(f32, k->unit) + ALL(f32, k->bias)));
}
#endif

#ifdef HOST
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* A matrix whose sum is 1 is a blur or sharpens, and weighs colour by alpha; others measure. */
static enum tri_alpha convolve_alpha(const struct tri_operation *operation);

KERNEL(convolve, convolve_alpha, "any matrix of weights",
       "Each sample becomes the sum of the samples around it times the weights of a matrix, which "
       "lies on the picture as it is written, divided by divisor, plus bias. Sides are odd, up to "
       "31; without / a list is a square, or else one row. If weights and divisor give a sum of 1 "
       "and there is no bias, alpha takes part, else it is kept. The result is rounded and "
       "clamped; at 8 bits weights have 15 bits. Green and blue may have matrices of their own, "
       "with the same divisor and bias. Borders replicate the edge sample.",
       "convolve:matrix=0 -1 0 / -1 5 -1 / 0 -1 0",
       PARAM_LIST(matrix, 0, -10000, 10000, "weights in rows: blanks between them, / between rows")
           PARAM_FLOAT(divisor, 0, -1000000, 1000000,
                       "the sum is divided by it; 0: by the sum of the weights, unless that is 0")
               PARAM_FLOAT(bias, 0, -1, 1, "fraction of the maximum that is added")
                   PARAM_LIST(green, "0", -10000, 10000, "weights of green; 0: those of matrix")
                       PARAM_LIST(blue, "0", -10000, 10000, "weights of blue; 0: those of matrix"))
ALIASES(convolve, ALIAS("conv|convolution|filter2d|customfilter|userfilter",
                        "convolve:matrix=1 2 1 / 2 4 2 / 1 2 1"))

/* The only row counts three times, so a sample becomes three times itself less its neighbours. */
KNOWN(convolve, "convolve:matrix=0 -1 0 / -1 5 -1 / 0 -1 0", PICTURE(3, 1, 1, 10, 20, 40),
      PICTURE(3, 1, 1, 0, 10, 60))

struct convolve_matrix {
    int columns, rows;
    double bias;                  /* in samples */
    double weight[CONVOLVE_TAPS]; /* divided by the divisor */
    /* The same as multiples of `unit`; `whole` is false if they are not such. */
    bool whole;
    double unit;
    int multiple[CONVOLVE_TAPS];
};

static bool convolve_shape(const struct tri_list *list, struct convolve_matrix *matrix)
{
    int side = 1;
    while (side * side < list->count)
        side++;
    matrix->columns = list->columns > 0            ? list->columns
                      : side * side == list->count ? side
                                                   : list->count;
    matrix->rows = list->count / matrix->columns;
    return matrix->columns % 2 == 1 && matrix->rows % 2 == 1 && matrix->columns <= CONVOLVE_SIDE &&
           matrix->rows <= CONVOLVE_SIDE;
}

static double convolve_sum(const double *numbers, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += numbers[i];
    return sum;
}

static double convolve_divisor(const struct tri_operation *operation, const struct tri_list *list)
{
    const double given = tri_operation_value(operation, "divisor");
    const double sum = convolve_sum(list->numbers, list->count);
    /* sums of decimals that are 0 but for rounding */
    return given != 0 ? given : fabs(sum) > 1e-9 ? sum : 1;
}

static enum tri_alpha convolve_alpha(const struct tri_operation *operation)
{
    const struct tri_list list = tri_operation_list(operation, "matrix");
    const double divisor = convolve_divisor(operation, &list);
    const bool even = fabs(convolve_sum(list.numbers, list.count) / divisor - 1) < 1e-6;
    return even && tri_operation_value(operation, "bias") == 0 ? TRI_ALPHA_PREMULTIPLIED
                                                               : TRI_ALPHA_KEPT;
}

static int common_divisor(int a, int b)
{
    return b == 0 ? abs(a) : common_divisor(b, a % b);
}

/* Finds decimals of up to 4 places as multiples of a unit; times `scale` they are the weights. */
static void convolve_find_unit(const struct tri_list *list, double scale,
                               struct convolve_matrix *matrix)
{
    int tens = 1, common = 0;
    for (; tens <= 10000 && !matrix->whole; tens *= 10) {
        matrix->whole = true;
        for (int i = 0; i < list->count; i++) {
            const double times = list->numbers[i] * tens, whole = floor(times + 0.5);
            matrix->whole &= fabs(times - whole) < 1e-6 && fabs(whole) < 1e6;
            matrix->multiple[i] = matrix->whole ? (int)whole : 0;
        }
        matrix->unit = scale / tens;
    }
    for (int i = 0; i < list->count && matrix->whole; i++)
        common = common_divisor(common, matrix->multiple[i]);
    for (int i = 0; i < list->count && common > 1; i++)
        matrix->multiple[i] /= common;
    matrix->unit *= common > 1 ? common : 1;
}

static bool convolve_read(struct tri_graph *graph, const char *param,
                          struct convolve_matrix *matrix)
{
    const struct tri_operation *operation = tri_graph_operation(graph);
    const struct tri_list list = tri_operation_list(operation, param);
    const double divisor = convolve_divisor(operation, &list);
    double sum = 0;
    *matrix = (struct convolve_matrix){.bias = VALUE(bias) * ((1 << tri_graph_bits(graph)) - 1)};
    if (!convolve_shape(&list, matrix)) {
        tri_graph_fail(graph,
                       "convolve: %s has %d rows of %d numbers; its sides must be odd, up to "
                       "%d, with / between rows",
                       param, matrix->rows, matrix->columns, CONVOLVE_SIDE);
        return false;
    }
    for (int i = 0; i < list.count; i++) {
        matrix->weight[i] = list.numbers[i] / divisor;
        sum += fabs(matrix->weight[i]);
    }
    if (!(sum <= 16000))
        tri_graph_fail(graph,
                       "convolve: the weights divided by %g are too large: they sum to %g; "
                       "the limit is 16000",
                       divisor, sum);
    convolve_find_unit(&list, 1 / divisor, matrix);
    return sum <= 16000;
}

/* ---- 8 bits ---- */

/* Whole weights with `shift` fraction bits. */
struct convolve_fixed {
    int shift;
    short weight[CONVOLVE_TAPS];
    bool multiples; /* each is a multiple of the matrix's, times `times` */
    int times;
};

/* The most fraction bits with which weights have 15 bits and their sum fits: 255 times the sum of
 * all, the bias's fraction and what rounds. */
static int convolve_bits(const struct convolve_matrix *matrix)
{
    double most = 0, sum = 0;
    int shift = 22;
    for (int i = 0; i < matrix->columns * matrix->rows; i++) {
        most = fabs(matrix->weight[i]) > most ? fabs(matrix->weight[i]) : most;
        sum += fabs(matrix->weight[i]) + 1e-6;
    }
    while (shift > 0 && (most * (1 << shift) > SUM_WEIGHT_MAX - 1 ||
                         (sum * 255 + 2) * (1 << shift) > 2147000000.0))
        shift--;
    return shift;
}

/* As multiples, one factor is rounded instead of each weight, which keeps columns and rows. It is
 * chosen unless that costs more than 1/16 of a sample. */
static struct convolve_fixed convolve_fix(const struct convolve_matrix *matrix)
{
    struct convolve_fixed fixed = {.shift = convolve_bits(matrix)};
    const double scale = 1 << fixed.shift, times = floor(matrix->unit * scale + 0.5);
    double sum = 0;
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        sum += abs(matrix->multiple[i]);
    fixed.multiples = matrix->whole && fabs(times) <= SUM_WEIGHT_MAX &&
                      sum * fabs(times / scale - matrix->unit) * 255 <= 1.0 / 16;
    fixed.times = fixed.multiples ? (int)times : 0;
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        fixed.weight[i] = (short)(fixed.multiples ? matrix->multiple[i] * fixed.times
                                                  : floor(matrix->weight[i] * scale + 0.5));
    return fixed;
}

/* Splits the bias into whole samples, and a weight of the maximum. */
static int convolve_bias(const struct convolve_matrix *matrix, int shift, short *rest)
{
    const double whole = floor(matrix->bias);
    *rest = (short)((matrix->bias - whole) * (1 << shift) / 255 + 0.5);
    return (int)whole;
}

/* Adds a weight to the fours. */
static void convolve_put(struct convolve_four *fours, int *count, int dx, int dy, int weight)
{
    struct convolve_four *four = &fours[*count / 4];
    const int at = *count % 4;
    if (weight == 0)
        return;
    if (at == 0)
        *four = (struct convolve_four){.dx = {0}};
    four->dx[at] = (short)dx;
    four->dy[at] = (short)dy;
    four->weights.each[at] = (short)weight;
    four->weights = sum_weights_of(four->weights.each, 4);
    ++*count;
}

static int convolve_fours(int count)
{
    return (count + 3) / 4;
}

static int convolve_direct(struct tri_graph *graph, const struct convolve_matrix *matrix,
                           const struct convolve_fixed *fixed, int in)
{
    struct convolve k = {.shift = fixed->shift};
    short rest[4] = {0};
    int count = 0;
    k.bias = convolve_bias(matrix, fixed->shift, rest);
    k.rest = sum_weights_of(rest, 4);
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        convolve_put(k.four, &count, i % matrix->columns - matrix->columns / 2,
                     i / matrix->columns - matrix->rows / 2, fixed->weight[i]);
    k.count = convolve_fours(count);
    return NODE(convolve, .in = {in}, .low = -(matrix->rows / 2), .high = matrix->rows / 2,
                .reach = matrix->columns / 2, .operations = count, .constants = &k,
                .constants_size =
                    offsetof(struct convolve, four) + (size_t)k.count * sizeof k.four[0],
                .specialize = true);
}

/* Whether multiples are at most 64. */
static bool convolve_small(const struct convolve_matrix *matrix, const struct convolve_fixed *fixed)
{
    bool small = fixed->multiples;
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        small = small && abs(matrix->multiple[i]) <= 64;
    return small;
}

/* The same sums as those of convolve_direct, multiplied once. */
static int convolve_whole_8(struct tri_graph *graph, const struct convolve_matrix *matrix,
                            const struct convolve_fixed *fixed, int in)
{
    struct convolve_multiples k = {.shift = fixed->shift, .times = fixed->times};
    short rest;
    int count = 0;
    k.bias = convolve_bias(matrix, fixed->shift, &rest);
    k.plus = 255 * rest;
    for (; k.shift > 0 && k.times % 2 == 0 && k.plus % 2 == 0; k.shift--) {
        k.times /= 2;
        k.plus /= 2;
    }
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        convolve_put(k.four, &count, i % matrix->columns - matrix->columns / 2,
                     i / matrix->columns - matrix->rows / 2, matrix->multiple[i]);
    k.count = convolve_fours(count);
    return NODE(convolve_whole, .in = {in}, .low = -(matrix->rows / 2), .high = matrix->rows / 2,
                .reach = matrix->columns / 2, .operations = count, .constants = &k,
                .constants_size =
                    offsetof(struct convolve_multiples, four) + (size_t)k.count * sizeof k.four[0],
                .specialize = true);
}

/* A column and a row whose products are the multiples. */
struct convolve_parts {
    int column[CONVOLVE_SIDE], row[CONVOLVE_SIDE];
    int in_column, in_row; /* weights other than 0 */
};

/* The row is the first that is not empty, without common divisors; the column has its multiples.
 * Returns false if the matrix is not their product. */
static bool convolve_split(const struct convolve_matrix *matrix, struct convolve_parts *parts)
{
    const int *all = matrix->multiple, columns = matrix->columns, count = columns * matrix->rows;
    int first = 0, common = 0;
    *parts = (struct convolve_parts){.column = {0}};
    while (first < count && all[first] == 0)
        first++;
    if (!matrix->whole || first == count)
        return false;
    const int *row = all + first / columns * columns, pivot = first % columns;
    for (int i = 0; i < columns; i++)
        common = common_divisor(common, row[i]);
    for (int i = 0; i < columns; i++)
        parts->in_row += (parts->row[i] = row[i] / common) != 0;
    for (int i = 0; i < matrix->rows; i++)
        parts->in_column += (parts->column[i] = all[i * columns + pivot] / parts->row[pivot]) != 0;
    for (int i = 0; i < count; i++)
        if ((int64_t)parts->column[i / columns] * parts->row[i % columns] != all[i])
            return false;
    return true;
}

/* Whether columns and rows are fewer products, and exact: sums of columns fit in 16 bits. */
static bool convolve_separable(const struct convolve_matrix *matrix,
                               const struct convolve_fixed *fixed, struct convolve_parts *parts)
{
    int sum = 0;
    if (!fixed->multiples || !convolve_split(matrix, parts) || matrix->rows == 1 ||
        matrix->columns == 1)
        return false;
    for (int i = 0; i < matrix->rows && sum <= 128; i++)
        sum += abs(parts->column[i]);
    for (int i = 0; i < matrix->columns; i++)
        if (fabs((double)parts->row[i] * fixed->times) > 32767)
            return false;
    return sum <= 128 && parts->in_column * parts->in_row > parts->in_column + parts->in_row + 4;
}

static int convolve_parts_8(struct tri_graph *graph, const struct convolve_matrix *matrix,
                            const struct convolve_fixed *fixed, const struct convolve_parts *parts,
                            int in)
{
    struct convolve k = {.count = 0};
    struct convolve_line line = {
        matrix->columns + 1, fixed->shift, 0, -(matrix->columns / 2), 0, 0, {0}};
    int count = 0;
    for (int i = 0; i < matrix->rows; i++)
        convolve_put(k.four, &count, 0, i - matrix->rows / 2, parts->column[i]);
    k.count = convolve_fours(count);
    for (int i = 0; i < matrix->columns; i++)
        line.weight[i] = (short)(parts->row[i] * fixed->times);
    line.bias = convolve_bias(matrix, fixed->shift, &line.rest);
    const int columns =
        NODE(convolve_columns, .in = {in}, .low = -(matrix->rows / 2), .high = matrix->rows / 2,
             .operations = count, .constants = &k,
             .constants_size = offsetof(struct convolve, four) + (size_t)k.count * sizeof k.four[0],
             .specialize = true);
    return NODE(convolve_rows, .in = {columns}, .reach = matrix->columns / 2 + 1,
                .operations = parts->in_row, .constants = &line, .constants_size = sizeof line,
                .specialize = true);
}

/* ---- 16 bits ---- */

static void convolve_tap(struct convolve_real *k, int dx, int dy, double weight)
{
    if (weight != 0)
        k->tap[k->count++] = (struct convolve_tap){(short)dx, (short)dy, (float)weight};
}

static size_t convolve_real_size(const struct convolve_real *k)
{
    return offsetof(struct convolve_real, tap) + (size_t)k->count * sizeof k->tap[0];
}

static int convolve_direct_16(struct tri_graph *graph, const struct convolve_matrix *matrix, int in)
{
    struct convolve_real k = {.bias = (float)matrix->bias};
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        convolve_tap(&k, i % matrix->columns - matrix->columns / 2,
                     i / matrix->columns - matrix->rows / 2, matrix->weight[i]);
    return NODE(convolve, .in = {in}, .low = -(matrix->rows / 2), .high = matrix->rows / 2,
                .reach = matrix->columns / 2, .operations = k.count, .constants = &k,
                .constants_size = convolve_real_size(&k), .specialize = true);
}

/* Whether the sums of products with samples of 16 bits fit 32 bits. */
static bool convolve_fits(const struct convolve_matrix *matrix)
{
    int64_t sum = 0;
    for (int i = 0; i < matrix->columns * matrix->rows; i++)
        sum += abs(matrix->multiple[i]);
    return matrix->whole && sum <= 32767;
}

static int convolve_whole_16(struct tri_graph *graph, const struct convolve_matrix *matrix, int in)
{
    struct convolve_whole k = {.unit = (float)matrix->unit, .bias = (float)matrix->bias};
    int count = 0;
    for (int i = 0; i < matrix->columns * matrix->rows; i++) {
        struct convolve_pair *pair = &k.pair[count / 2];
        if (matrix->multiple[i] == 0)
            continue;
        pair->dx[count % 2] = (short)(i % matrix->columns - matrix->columns / 2);
        pair->dy[count % 2] = (short)(i / matrix->columns - matrix->rows / 2);
        pair->weight[count++ % 2] = (short)matrix->multiple[i];
        k.offset += matrix->multiple[i] * 32768;
    }
    k.count = (count + 1) / 2;
    return NODE(convolve_whole, .in = {in}, .low = -(matrix->rows / 2), .high = matrix->rows / 2,
                .reach = matrix->columns / 2, .operations = count, .constants = &k,
                .constants_size =
                    offsetof(struct convolve_whole, pair) + (size_t)k.count * sizeof k.pair[0],
                .specialize = true);
}

static int convolve_parts_16(struct tri_graph *graph, const struct convolve_matrix *matrix,
                             const struct convolve_parts *parts, int in)
{
    struct convolve_real down = {.count = 0}, across = {.bias = (float)matrix->bias};
    for (int i = 0; i < matrix->rows; i++)
        convolve_tap(&down, 0, i - matrix->rows / 2, parts->column[i]);
    for (int i = 0; i < matrix->columns; i++)
        convolve_tap(&across, i - matrix->columns / 2, 0, parts->row[i] * matrix->unit);
    const int columns = NODE(convolve_columns, .in = {in}, .low = -(matrix->rows / 2),
                             .high = matrix->rows / 2, .operations = down.count, .constants = &down,
                             .constants_size = convolve_real_size(&down), .specialize = true);
    return NODE(convolve_rows, .in = {columns}, .reach = matrix->columns / 2,
                .operations = across.count, .constants = &across,
                .constants_size = convolve_real_size(&across), .specialize = true);
}

static int convolve_plane(struct tri_graph *graph, const char *param, int in)
{
    struct convolve_matrix matrix;
    struct convolve_parts parts;
    if (!convolve_read(graph, param, &matrix))
        return 0;
    const struct convolve_fixed fixed = convolve_fix(&matrix);
    const bool separable = convolve_separable(&matrix, &fixed, &parts);
    if (tri_graph_bits(graph) == 16)
        return separable                ? convolve_parts_16(graph, &matrix, &parts, in)
               : convolve_fits(&matrix) ? convolve_whole_16(graph, &matrix, in)
                                        : convolve_direct_16(graph, &matrix, in);
    return separable                         ? convolve_parts_8(graph, &matrix, &fixed, &parts, in)
           : convolve_small(&matrix, &fixed) ? convolve_whole_8(graph, &matrix, &fixed, in)
                                             : convolve_direct(graph, &matrix, &fixed, in);
}

static bool convolve_given(struct tri_graph *graph, const char *param)
{
    const struct tri_list list = tri_operation_list(tri_graph_operation(graph), param);
    return list.count != 1 || list.numbers[0] != 0;
}

/* Gray and alpha are as red. */
GRAPH(convolve)
{
    const bool green = convolve_given(graph, "green"), blue = convolve_given(graph, "blue");
    if (convolve_alpha(tri_graph_operation(graph)) == TRI_ALPHA_KEPT || green || blue)
        tri_graph_needs_rgb(graph); /* it moves black, or gray */
    if (green || blue)
        tri_graph_planes_differ(graph);
    for (int p = 0; p < in.planes; p++) {
        const char *param = in.planes < 3     ? "matrix"
                            : p == 1 && green ? "green"
                            : p == 2 && blue  ? "blue"
                                              : "matrix";
        in.channel[p] = convolve_plane(graph, param, in.channel[p]);
    }
    return in;
}
#endif
