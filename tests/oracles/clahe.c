/* The oracle of clahe: whole pictures of expected values, interpolated between tables of fractions
 * that are not rounded. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

struct tiles {
    int across, down, width, height, bins;
    double *table; /* [tile][bin + 1]: how many samples are in bins before, as a fraction */
};

static int mirrored(int at, int size)
{
    while (size > 1 && at >= size)
        at = abs(2 * (size - 1) - at);
    return size > 1 ? at : 0;
}

/* Takes what is beyond the clip limit off, and gives it back one by one: to all bins in turn, and
 * in the end to bins that are as far apart as whole numbers of them allow. */
static void redistribute(int64_t *count, int bins, int64_t most)
{
    int64_t excess = 0, rest;

    for (int i = 0; i < bins; i++)
        while (count[i] > most) {
            count[i]--;
            excess++;
        }
    for (; excess >= bins; excess -= bins)
        for (int i = 0; i < bins; i++)
            count[i]++;
    rest = excess;
    for (int64_t i = 0; i < rest; i++)
        count[i * (bins / rest)]++;
}

static void fill(const struct tiles *t, const struct tri_image *in, int plane, int tile,
                 double clip)
{
    int64_t *count = oracle_memory((size_t)t->bins, sizeof(*count)), below = 0;
    double area = (double)t->width * t->height,
           *table = t->table + (size_t)tile * (size_t)(t->bins + 1);

    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++) {
            int at_x = mirrored(tile % t->across * t->width + x, in->shape.width),
                at_y = mirrored(tile / t->across * t->height + y, in->shape.height);

            count[oracle_sample(in, plane, at_x, at_y) * t->bins / (oracle_max(in) + 1)]++;
        }
    if (clip > 0)
        redistribute(count, t->bins, (int64_t)fmax(1, clip * area / t->bins));
    for (int i = 0; i <= t->bins; i++) {
        table[i] = (double)below / area;
        below += i < t->bins ? count[i] : 0;
    }
    free(count);
}

/* The samples before a value, or at 8 bits up to it. */
static double at_value(const struct tiles *t, int x, int y, int64_t v)
{
    int column = x < 0            ? 0
                 : x >= t->across ? t->across - 1
                                  : x,
        row = y < 0          ? 0
              : y >= t->down ? t->down - 1
                             : y;
    const double *table = t->table + (size_t)(row * t->across + column) * (size_t)(t->bins + 1);
    double at = t->bins == 256 ? (double)(v + 1) : (double)v / 64;
    int i = (int)fmin(floor(at), t->bins - 1);

    return table[i] + (table[i + 1] - table[i]) * (at - i);
}

static double interpolated(const struct tiles *t, int x, int y, int64_t v)
{
    double across = (double)x / t->width - 0.5, down = (double)y / t->height - 0.5;
    int left = (int)floor(across), up = (int)floor(down);

    across -= left;
    down -= up;
    return (at_value(t, left, up, v) * (1 - across) + at_value(t, left + 1, up, v) * across) *
               (1 - down) +
           (at_value(t, left, up + 1, v) * (1 - across) +
            at_value(t, left + 1, up + 1, v) * across) *
               down;
}

static struct tiles tiles_of(const struct tri_pipeline *pipeline, int operation,
                             const struct tri_image *in)
{
    struct tiles t = {.across = (int)tri_pipeline_value(pipeline, operation, "across"),
                      .down = (int)tri_pipeline_value(pipeline, operation, "down"),
                      .bins = oracle_max(in) == 255 ? 256 : 1024};
    bool whole = in->shape.width % t.across == 0 && in->shape.height % t.down == 0;

    t.width = whole ? in->shape.width / t.across : 1 + in->shape.width / t.across;
    t.height = whole ? in->shape.height / t.down : 1 + in->shape.height / t.down;
    t.table = oracle_memory((size_t)(t.across * t.down) * (size_t)(t.bins + 1), sizeof(double));
    return t;
}

static void one_plane(const struct tri_pipeline *pipeline, int operation,
                      const struct tri_image *in, int plane, struct expected *out)
{
    struct tiles t = tiles_of(pipeline, operation, in);
    double clip = tri_pipeline_value(pipeline, operation, "clip");

    for (int tile = 0; tile < t.across * t.down; tile++)
        fill(&t, in, plane, tile, clip);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
            *oracle_at(out, plane, x, y) =
                interpolated(&t, x, y, oracle_sample(in, plane, x, y)) * oracle_max(in);
    free(t.table);
}

/* Its weights are those of BT.601 in 65536ths. */
static struct tri_image *luma_of(const struct tri_image *in)
{
    struct tri_shape shape = in->shape;
    struct tri_image *luma;
    struct tri_error error;

    shape.planes = 1;
    if (tri_image_new(&shape, &luma, &error)) {
        fprintf(stderr, "tests: clahe: %s\n", error.text);
        exit(1);
    }
    for (int y = 0; y < shape.height; y++)
        for (int x = 0; x < shape.width; x++) {
            int64_t sum = 19595 * oracle_sample(in, 0, x, y) + 38470 * oracle_sample(in, 1, x, y) +
                          7471 * oracle_sample(in, 2, x, y);
            void *row = tri_image_row(luma, 0, y);

            if (shape.bits == 8)
                ((uint8_t *)row)[x] = (uint8_t)oracle_divide(sum, 65536);
            else
                ((uint16_t *)row)[x] = (uint16_t)oracle_divide(sum, 65536);
        }
    return luma;
}

/* All colours change by as much as the luma. */
static void by_luma(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                    struct expected *out)
{
    struct tri_image *luma = luma_of(in);
    struct expected made;

    oracle_expect(&made, out->width, out->height, 1, 0);
    one_plane(pipeline, operation, luma, 0, &made);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double change = *oracle_at(&made, 0, x, y) - (double)oracle_sample(luma, 0, x, y);

                *oracle_at(out, plane, x, y) = oracle_clamp(
                    (double)oracle_sample(in, plane, x, y) + change, 0, oracle_max(in));
            }
    free(made.value);
    tri_image_free(luma);
}

/* Tables are rounded, then what is interpolated, at 16 bits in three steps. */
static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  oracle_max(in) == 255 ? 1.1 : 4);
    if (in->shape.planes == 3 && oracle_chosen(pipeline, operation, "planes", "luma")) {
        by_luma(pipeline, operation, in, out);
        return;
    }
    for (int plane = 0; plane < out->planes; plane++)
        one_plane(pipeline, operation, in, plane, out);
}

static const char *const cases[] = {"clip=0:planes=separate", "across=1:down=1",
                                    "across=3:down=2:clip=40", "across=64:down=64", NULL};

const struct oracle oracle_clahe = {
    .name = "clahe", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
