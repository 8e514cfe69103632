/* sizes.c -- measures a few backends on pictures of many sizes. */
#include "measure/sizes.h"

#include "parallel/cpu.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_SIDE = 64, LARGE_SIDE = 2048, RUNS_MIN = TRI_ROUNDS_MIN, RUNS_MAX = 200 };
static const int64_t longest_run = 50000000; /* ns */

struct runner {
    struct tri_job *job;
    struct tri_image *out;
    int64_t samples[RUNS_MAX];
};

static enum tri_status run_once(struct runner *runner, struct tri_image *in, int64_t *took,
                                struct tri_error *error)
{
    tri_job_rewind(runner->job);
    const int64_t start = tri_now_ns();
    const enum tri_status status = tri_job_run(runner->job, in, runner->out, NULL, error);
    *took = tri_now_ns() - start;
    return status;
}

static enum tri_status open_runners(const struct tri_candidates *candidates,
                                    const struct tri_sizes_case *result, const int *who,
                                    const struct tri_pipeline *pipeline,
                                    const struct tri_shape *shape, struct runner *runners,
                                    struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < result->line_count && status == TRI_OK; i++) {
        status = tri_job_new(candidates->contenders[who[i]].backend, pipeline, shape,
                             &runners[i].job, error);
        if (status == TRI_OK)
            status = tri_image_new(tri_job_shape(runners[i].job), &runners[i].out, error);
    }
    return status;
}

static enum tri_status run_all(struct runner *runners, int count, struct tri_image *in,
                               double seconds, int *runs, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    enum tri_status status = TRI_OK;
    int64_t took;

    for (int k = 0; k < 2; k++) /* to warm up */
        for (int i = 0; i < count && status == TRI_OK; i++)
            status = run_once(&runners[i], in, &took, error);
    for (*runs = 0; status == TRI_OK && *runs < RUNS_MAX; ++*runs) {
        if (*runs >= RUNS_MIN && (double)(tri_now_ns() - start) >= seconds * 1e9 * count)
            break;
        for (int i = 0; i < count && status == TRI_OK; i++) { /* A B, B A */
            struct runner *runner = &runners[*runs % 2 ? count - 1 - i : i];
            status = run_once(runner, in, &runner->samples[*runs], error);
        }
    }
    return status;
}

static enum tri_status compare(const struct tri_sizes_case *result, const struct runner *runners,
                               struct tri_error *error)
{
    const struct tri_shape *shape = &runners[0].out->shape;

    for (int i = 1; i < result->line_count; i++)
        if (tri_image_compare(runners[0].out, runners[i].out).count > 0)
            return tri_fail(error, TRI_DIFFERS, "%s differs from %s at %dx%d; see triptych verify",
                            result->lines[i].info->name, result->lines[0].info->name, shape->width,
                            shape->height);
    return TRI_OK;
}

/* Returns the longest median in *longest. */
static enum tri_status measure_size(const struct tri_candidates *candidates, const int *who,
                                    const struct tri_pipeline *pipeline,
                                    const struct tri_shape *shape, double seconds,
                                    struct tri_sizes_case *result, int64_t *longest,
                                    struct tri_error *error)
{
    struct runner *runners = calloc(TRI_SIZE_LINES, sizeof *runners);
    struct tri_image *in = NULL;
    int runs = 0;

    if (runners == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for samples");
    enum tri_status status = tri_picture_generate(shape, 1, &in, error);
    if (status == TRI_OK)
        status = open_runners(candidates, result, who, pipeline, shape, runners, error);
    if (status == TRI_OK)
        status = run_all(runners, result->line_count, in, seconds, &runs, error);
    if (status == TRI_OK)
        status = compare(result, runners, error);
    for (int i = 0; i < result->line_count && status == TRI_OK; i++) {
        const struct tri_summary summary = tri_summarize(runners[i].samples, runs);
        result->lines[i].points[result->count] = summary;
        *longest = summary.median > *longest ? summary.median : *longest;
    }
    for (int i = 0; i < result->line_count; i++) {
        tri_job_free(runners[i].job);
        tri_image_free(runners[i].out);
    }
    tri_image_free(in);
    free(runners);
    return status;
}

enum tri_status tri_sizes_measure(const struct tri_candidates *candidates, const bool *wanted,
                                  const struct tri_pipeline *pipeline, const struct tri_shape *like,
                                  double seconds, struct tri_sizes_case *result,
                                  struct tri_error *error)
{
    const double pixels = (double)like->width * like->height,
                 most = pixels > LARGE_SIDE * LARGE_SIDE ? pixels : LARGE_SIDE * LARGE_SIDE;
    int who[TRI_SIZE_LINES];
    enum tri_status status = TRI_OK;
    int64_t longest = 0;

    *result = (struct tri_sizes_case){0};
    for (int i = 0; i < candidates->count && result->line_count < TRI_SIZE_LINES; i++)
        if (wanted[i]) {
            who[result->line_count] = i;
            result->lines[result->line_count++].info = candidates->contenders[i].info;
        }
    for (int side = FIRST_SIDE; status == TRI_OK && result->line_count > 0; side *= 2) {
        const struct tri_shape shape = {side, side, like->planes, like->bits};
        if (result->count == TRI_SIZE_POINTS || longest > longest_run ||
            (result->count > 0 && (double)side * side > most))
            break;
        status = measure_size(candidates, who, pipeline, &shape, seconds, result, &longest, error);
        if (status == TRI_OK)
            result->shapes[result->count++] = shape;
    }
    return status;
}

static double pixels_at(const struct tri_sizes_case *sizes, int point)
{
    return (double)sizes->shapes[point].width * sizes->shapes[point].height;
}

/* The logarithm of how many times as long `b` takes as `a`. */
static double log_ratio(const struct tri_sizes_case *sizes, int a, int b, int point)
{
    return log((double)sizes->lines[b].points[point].median /
               (double)sizes->lines[a].points[point].median);
}

double tri_sizes_crossing(const struct tri_sizes_case *sizes, int a, int b)
{
    int last = -1; /* where b is not faster */

    for (int i = 0; i < sizes->count; i++)
        if (log_ratio(sizes, a, b, i) >= 0)
            last = i;
    if (last < 0)
        return sizes->count > 0 ? 0 : (double)NAN;
    if (last == sizes->count - 1)
        return (double)NAN;
    const double before = log_ratio(sizes, a, b, last), after = log_ratio(sizes, a, b, last + 1);
    const double from = log(pixels_at(sizes, last)), to = log(pixels_at(sizes, last + 1));
    return exp(from + (to - from) * before / (before - after));
}
