/* curve.c -- the curve of each colour that follows a matrix: through the means of what is wanted,
 * for ranges of what the matrix makes. */
#include "learn/learn.h"

#include "backend/backend.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST = 32, FIGURES = 3 }; /* LEAST: samples of a range whose mean counts */

#define NEXT_TO 1e-5 /* points that are nearer are one, as they are written with six digits */

/* ---- sums ---- */

struct taking {
    struct tri_learn_tones *tones;
    const struct tri_learn_part *part;
};

static void take(void *of, const struct tri_data *data)
{
    const struct taking *taking = of;
    const int blocks = data->height / 3;

    for (int y = 0; y < data->height; y++) {
        const uint32_t *words = data->samples + y * data->stride;
        if (taking->part->blocks != NULL && taking->part->blocks[y % blocks] != taking->part->kept)
            continue;
        for (int i = 0; i < TRI_LEARN_RANGES; i++)
            for (int figure = 0; figure < FIGURES; figure++)
                taking->tones->sum[y / blocks][i][figure] += words[FIGURES * i + figure];
    }
}

static enum tri_status run(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                           struct tri_image *in, const struct taking *taking,
                           struct tri_image **out, struct tri_error *error)
{
    struct tri_job *job = NULL;
    enum tri_status status = tri_job_new(backend, pipeline, &in->shape, &job, error);

    *out = NULL;
    if (status == TRI_OK)
        status = tri_image_new_for(backend, tri_job_shape(job), out, error);
    if (status == TRI_OK)
        status = tri_job_run(job, in, *out, NULL, error);
    if (status == TRI_OK && taking != NULL)
        status = tri_job_use_data(job, take, (void *)taking, error);
    tri_job_free(job);
    return status;
}

enum tri_status tri_learn_tones_add(struct tri_backend *backend, const char *matrix,
                                    struct tri_image *before, const struct tri_image *after,
                                    const struct tri_learn_part *part,
                                    struct tri_learn_tones *tones, struct tri_error *error)
{
    const struct taking taking = {tones, part};
    struct tri_pipeline *pipeline = NULL;
    struct tri_image *made = NULL;
    char text[1000];

    snprintf(text, sizeof text, "%s,tones:ranges=%d", matrix, TRI_LEARN_RANGES);
    enum tri_status status = tri_pipeline_parse(text, &pipeline, error);
    if (status == TRI_OK)
        status = tri_pipeline_set_with(pipeline, after, error);
    if (status == TRI_OK)
        status = run(backend, pipeline, before, &taking, &made, error);
    tri_image_free(made);
    tri_pipeline_free(pipeline);
    return status;
}

/* ---- the curve ---- */

/* Two points that fall become their mean, which may then fall from the one before: regression that
 * only rises, by pooling adjacent violators. */
static int pool(double *x, double *y, double *weight, int count)
{
    int last = -1;

    for (int i = 0; i < count; i++) {
        last++;
        x[last] = x[i];
        y[last] = y[i];
        weight[last] = weight[i];
        while (last > 0 && y[last - 1] >= y[last]) {
            const double both = weight[last - 1] + weight[last];
            x[last - 1] = (x[last - 1] * weight[last - 1] + x[last] * weight[last]) / both;
            y[last - 1] = (y[last - 1] * weight[last - 1] + y[last] * weight[last]) / both;
            weight[--last] = both;
        }
    }
    return last + 1;
}

/* Where the line through two points is at `x`, as far as that is a tone. */
static double extend(const struct tri_learn_curve *curve, int a, int b, double x)
{
    const double slope = (curve->y[b] - curve->y[a]) / (curve->x[b] - curve->x[a]);
    const double y = curve->y[a] + slope * (x - curve->x[a]);

    return y < 0 ? 0 : y > 1 ? 1 : y;
}

static void add_ends(struct tri_learn_curve *curve)
{
    const int count = curve->count;
    const double first = extend(curve, 0, 1, 0), last = extend(curve, count - 2, count - 1, 1);

    if (curve->x[count - 1] < 1 - NEXT_TO) {
        curve->x[count] = 1;
        curve->y[count] = last;
        curve->count++;
    }
    if (curve->x[0] > NEXT_TO) {
        memmove(curve->x + 1, curve->x, (size_t)curve->count * sizeof curve->x[0]);
        memmove(curve->y + 1, curve->y, (size_t)curve->count * sizeof curve->y[0]);
        curve->x[0] = 0;
        curve->y[0] = first;
        curve->count++;
    }
}

bool tri_learn_curve_find(const struct tri_learn_tones *tones, int plane, int bits,
                          struct tri_learn_curve *curve)
{
    const double maximum = (1 << bits) - 1;
    double weight[TRI_LEARN_RANGES];
    int count = 0;

    for (int i = 0; i < TRI_LEARN_RANGES; i++) {
        const uint64_t *sum = tones->sum[plane][i];
        if (sum[0] < LEAST)
            continue;
        weight[count] = (double)sum[0];
        curve->x[count] = (double)sum[1] / weight[count] / maximum;
        curve->y[count] = (double)sum[2] / weight[count] / maximum;
        count++;
    }
    curve->count = pool(curve->x, curve->y, weight, count);
    if (curve->count < 2)
        return false;
    add_ends(curve);
    return true;
}

/* ---- texts ---- */

static void print_point(FILE *to, bool *any, double x, double y)
{
    fprintf(to, "%s%.6g %.6g", *any ? " / " : "", x, y);
    *any = true;
}

static void print_curve(FILE *to, const struct tri_learn_curve *curve)
{
    bool any = false;

    for (int i = 0; i < curve->count; i++)
        print_point(to, &any, curve->x[i], curve->y[i]);
}

/* From 0 to 0 and from the maximum to the maximum: what was perhaps clamped stays at the ends, and
 * does not count. */
static void print_inverse(FILE *to, const struct tri_learn_curve *curve)
{
    double before = 0;
    bool any = false;

    print_point(to, &any, 0, 0);
    for (int i = 0; i < curve->count; i++) {
        if (curve->x[i] < NEXT_TO || curve->x[i] > 1 - NEXT_TO || curve->y[i] < before + NEXT_TO ||
            curve->y[i] > 1 - NEXT_TO)
            continue;
        print_point(to, &any, curve->y[i], curve->x[i]);
        before = curve->y[i];
    }
    print_point(to, &any, 1, 1);
}

void tri_learn_curves_print(FILE *to, const struct tri_learn_curve *curves, bool inverse)
{
    static const char *const names[] = {"red", "green", "blue"};

    fputs("curves", to);
    for (int i = 0; i < 3; i++) {
        fprintf(to, ":%s=", names[i]);
        if (inverse)
            print_inverse(to, &curves[i]);
        else
            print_curve(to, &curves[i]);
    }
}

/* ---- undoing it ---- */

static enum tri_status widen(const struct tri_image *image, struct tri_image **wide,
                             struct tri_error *error)
{
    struct tri_shape shape = image->shape;

    shape.bits = 16;
    const enum tri_status status = tri_image_new(&shape, wide, error);
    for (int plane = 0; plane < shape.planes && status == TRI_OK; plane++)
        for (int y = 0; y < shape.height; y++) {
            const void *from = tri_image_row(image, plane, y);
            uint16_t *to = tri_image_row(*wide, plane, y);
            for (int x = 0; x < shape.width; x++)
                to[x] = (uint16_t)(image->shape.bits == 16 ? ((const uint16_t *)from)[x]
                                                           : ((const uint8_t *)from)[x] * 257);
        }
    return status;
}

static enum tri_status undo(struct tri_backend *backend, const struct tri_learn_curve *curves,
                            struct tri_image *wide, struct tri_image **straight,
                            struct tri_error *error)
{
    struct tri_pipeline *pipeline = NULL;
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    if (to == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for curves");
    tri_learn_curves_print(to, curves, true);
    const bool failed = (ferror(to) | (fclose(to) != 0)) != 0 || text == NULL;
    enum tri_status status = failed ? tri_fail(error, TRI_FAILED, "out of memory for curves")
                                    : tri_pipeline_parse(text, &pipeline, error);
    if (status == TRI_OK)
        status = run(backend, pipeline, wide, NULL, straight, error);
    tri_pipeline_free(pipeline);
    free(text);
    return status;
}

enum tri_status tri_learn_pair_straighten(struct tri_backend *backend,
                                          const struct tri_learn_curve *curves,
                                          const struct tri_image *before,
                                          const struct tri_image *after,
                                          struct tri_learn_pair *pair, struct tri_error *error)
{
    const struct tri_learn_model model = {.side = 1, .colours = true};
    struct tri_image *wide_before = NULL, *wide_after = NULL, *straight = NULL;
    enum tri_status status = widen(before, &wide_before, error);

    *pair = (struct tri_learn_pair){0};
    if (status == TRI_OK)
        status = widen(after, &wide_after, error);
    if (status == TRI_OK)
        status = undo(backend, curves, wide_after, &straight, error);
    if (status == TRI_OK)
        status = tri_learn_pair_sum(backend, &model, wide_before, straight, pair, error);
    tri_image_free(wide_before);
    tri_image_free(wide_after);
    tri_image_free(straight);
    return status;
}
