/* The oracle of convolve: the definition in double, straight from the text of the parameter. */
#include "../oracle.h"
#include "../rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct weights {
    int columns, rows, count;
    double weight[31 * 31], bias;
};

/* Those of `param`, or if that is 0 those of matrix. */
static struct weights read_weights(const struct tri_pipeline *pipeline, int operation,
                                   const char *param)
{
    struct weights weights = {.rows = 1};
    double sum = 0, divisor = tri_pipeline_value(pipeline, operation, "divisor");
    const char *text = tri_pipeline_value_text(pipeline, operation, param);

    if (strcmp(text, "0") == 0)
        text = tri_pipeline_value_text(pipeline, operation, "matrix");
    const char *all = text;
    for (char *end; *text; text = end) {
        weights.weight[weights.count] = strtod(text, &end);
        if (end != text) {
            sum += weights.weight[weights.count++];
            continue;
        }
        end = (char *)text + 1; /* a blank at the end, or a slash */
        weights.rows += *text == '/';
    }
    if (!strchr(all, '/') && pow(floor(sqrt(weights.count) + 0.5), 2) == weights.count)
        weights.rows = (int)floor(sqrt(weights.count) + 0.5);
    weights.columns = weights.count / weights.rows;
    if (divisor == 0)
        divisor = fabs(sum) < 1e-9 ? 1 : sum;
    for (int i = 0; i < weights.count; i++)
        weights.weight[i] /= divisor;
    weights.bias = tri_pipeline_value(pipeline, operation, "bias");
    return weights;
}

/* Half a step for the last rounding. At 8 bits a weight has at least 14 bits of the largest one, or
 * of the sum as far as 2^22 of it fits in 31 bits with samples; or all have a common factor that
 * costs 1/16. At 16 bits each term has 24 bits. */
static double bound_of(const struct weights *weights, int bits)
{
    double most = 0, sum = 0;

    for (int i = 0; i < weights->count; i++) {
        most = fmax(most, fabs(weights->weight[i]));
        sum += fabs(weights->weight[i]);
    }
    if (bits == 16)
        return 0.5 + (weights->count + 3) * (sum + fabs(weights->bias)) * 65535 / (1 << 24);
    return 0.5 + 0.001 + 1.0 / 16 +
           weights->count * 0.5 * 255 * fmax(most / 16000, fmax(sum, 1) / (1 << 21));
}

static void run_plane(const struct weights *weights, const struct tri_image *in, int plane,
                      struct expected *out)
{
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double sum = weights->bias * oracle_max(in);

            for (int i = 0; i < weights->count; i++)
                sum += weights->weight[i] *
                       (double)oracle_sample(in, plane,
                                             x + i % weights->columns - weights->columns / 2,
                                             y + i / weights->columns - weights->rows / 2);
            *oracle_at(out, plane, x, y) = oracle_clamp(sum, 0, oracle_max(in));
        }
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    static const char *const params[] = {"matrix", "green", "blue", "matrix"};
    double bound = 0;

    (void)before;
    for (int plane = 0; plane < 3; plane++) {
        const struct weights weights = read_weights(pipeline, operation, params[plane]);
        bound = fmax(bound, bound_of(&weights, in->shape.bits));
    }
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, bound);
    for (int plane = 0; plane < out->planes; plane++) {
        const struct weights weights =
            read_weights(pipeline, operation, out->planes < 3 ? "matrix" : params[plane]);
        run_plane(&weights, in, plane, out);
    }
}

static enum oracle_alpha alpha_of(const struct tri_pipeline *pipeline, int operation)
{
    const struct weights weights = read_weights(pipeline, operation, "matrix");
    double sum = 0;

    for (int i = 0; i < weights.count; i++)
        sum += weights.weight[i];
    return fabs(sum - 1) < 1e-6 && weights.bias == 0 ? ORACLE_PREMULTIPLIED : ORACLE_KEPT;
}

/* Whole numbers or decimals; a column times a row, or any; some weights are zero. */
static void draw_text(const char *param, uint64_t *state, char *text, size_t size)
{
    const int rows = 1 + 2 * (int)(rig_draw(state) % 4),
              columns = 1 + 2 * (int)(rig_draw(state) % 4);
    const bool product = rig_draw(state) % 2, whole = rig_draw(state) % 3;
    int across[7], length = 0;

    (void)param;
    for (int x = 0; x < columns; x++)
        across[x] = (int)(rig_draw(state) % 9) - 3;
    length += snprintf(text, size, "'");
    for (int y = 0; y < rows; y++) {
        const int down = (int)(rig_draw(state) % 8) - 2;

        for (int x = 0; x < columns; x++) {
            const int any = (int)(rig_draw(state) % 12) - 4;
            const int weight = product ? down * across[x] : any;

            length += snprintf(text + length, size - (size_t)length, whole ? "%s%.0f" : "%s%.5f",
                               x   ? " "
                               : y ? " / "
                                   : "",
                               whole ? weight : weight * 0.12347);
        }
    }
    snprintf(text + length, size - (size_t)length, "'");
}

#define ONES_7 "1 1 1 1 1 1 1"
#define ONES_31 ONES_7 " " ONES_7 " " ONES_7 " " ONES_7 " 1 1 1"
#define FIVE(row) row "/" row "/" row "/" row "/" row "/"
#define ROWS_30 FIVE(ONES_31) FIVE(ONES_31) FIVE(ONES_31) FIVE(ONES_31) FIVE(ONES_31) FIVE(ONES_31)
static const char *const cases[] = {
    "matrix=1 2 1 / 2 4 2 / 1 2 1",
    "matrix=1 4 6 4 1 4 16 24 16 4 6 24 36 24 6 4 16 24 16 4 1 4 6 4 1",
    "matrix=1 1 1/1 1 1/1 1 1",
    "matrix=1 2 1",
    "matrix=1/2/1:bias=0.25",
    "matrix=-1 0 1 / -2 0 2 / -1 0 1:bias=0.5",
    "matrix=0 0 0 / 0 1 0 / 0 0 0",
    "matrix=0 0 0 / 0 0 0 / 0 0 0:bias=1",
    "matrix=7:divisor=-3:bias=1",
    "matrix=1 4 7 4 1/4 16 26 16 4/7 26 41 26 7/4 16 26 16 4/1 4 7 4 1",
    "matrix=0.1234567 0.3 0.2 / 0.01 9.3 0.5 / -8 0.3 -0.125",
    "matrix=9999 -9999 0.5:divisor=2",
    "matrix=1 2 1:divisor=4:green=0 -1 0 / -1 8 -1 / 0 -1 0:blue=3 1 -2",
    "matrix=0 0 0:divisor=1:green=1 1 1:bias=0.1",
    /* Products of two neighbours at and beyond what 16 bits hold. */
    "matrix=64 64 1 / -64 -64 1 / 0 64 64:divisor=64:bias=0.5",
    "matrix=65 65 1 / -65 -65 1 / 0 65 65:divisor=64:bias=0.5",
    "matrix=-64 -64 64 / 64 64 64 / 1 -64 64:divisor=100",
    /* As many weights as there can be: a column times a row, and not. */
    "matrix=" ROWS_30 ONES_31,
    "matrix=" ROWS_30 ONES_7 " " ONES_7 " " ONES_7 " " ONES_7 " 1 1 2",
    NULL,
};

const struct oracle oracle_convolve = {
    .name = "convolve", .run = run, .alpha_of = alpha_of, .draw_text = draw_text, .cases = cases};
