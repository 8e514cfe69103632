/* limits.c -- measures the limits of a roofline: kernels/shared/limit.cl through the same backends
 * as any pipeline, and copies that no cache holds. */
#include "measure/limits.h"

#include "parallel/cpu.h"
#include "pipeline/graph.h"

#include <stdlib.h>
#include <unistd.h>

extern const struct tri_kernel tri_limit_choose, tri_limit_multiply;

enum { RUNS_MIN = 10, RUNS_MAX = 40, COPIES = 4 };
static const int64_t time_for_one = 25000000; /* ns */
static const size_t copy_bytes = (size_t)96 << 20;

/* The best of a few runs: a limit is what is reached, not what is usual. Returns ns; 0: failed. */
static int64_t best_run(struct tri_job *job, struct tri_image *in, struct tri_image *out)
{
    int64_t best = 0;
    const int64_t start = tri_now_ns();

    for (int i = 0; i < RUNS_MAX && (i < RUNS_MIN || tri_now_ns() - start < time_for_one); i++) {
        const int64_t from = tri_now_ns();
        tri_job_rewind(job);
        if (tri_job_run(job, in, out, NULL, NULL) != TRI_OK)
            return 0;
        const int64_t took = tri_now_ns() - from;
        best = best == 0 || took < best ? took : best;
    }
    return best;
}

/* 10^9 operations a second; 0: failed. */
static double rate_of(struct tri_backend *backend, const struct tri_kernel *kernel,
                      struct tri_image *in, struct tri_image *out)
{
    static char text[] = "limit";
    struct tri_pipeline_step step = {.kernel = kernel};
    const struct tri_pipeline pipeline = {
        .text = text, .length = 1, .steps = &step, .max_pixels = TRI_PIXEL_LIMIT};
    struct tri_job *job = NULL;
    struct tri_operations operations;

    if (tri_pipeline_operations(&pipeline, &in->shape, &operations, NULL) != TRI_OK ||
        tri_job_new(backend, &pipeline, &in->shape, &job, NULL) != TRI_OK)
        return 0;
    const int64_t best = best_run(job, in, out);
    tri_job_free(job);
    return best > 0 ? operations.all / (double)best : 0;
}

/* A GPU needs more pixels to fill it; on a CPU the picture stays in the caches. */
static enum tri_status measure_one(const struct tri_contender *contender, int bits,
                                   struct tri_limit *limit, struct tri_error *error)
{
    const int side = contender->info->gpu ? 2048 : 256;
    const struct tri_shape shape = {side, side, 1, bits};
    struct tri_image *in = NULL, *out = NULL;
    enum tri_status status = tri_picture_generate(&shape, 1, &in, error);

    if (status == TRI_OK)
        status = tri_image_new(&shape, &out, error);
    limit->info = contender->info;
    if (status == TRI_OK) {
        limit->choose = rate_of(contender->backend, &tri_limit_choose, in, out);
        limit->multiply = rate_of(contender->backend, &tri_limit_multiply, in, out);
    }
    tri_image_free(in);
    tri_image_free(out);
    return status;
}

static double memory_rate(void)
{
    const long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    struct tri_copier *copier = NULL;
    int64_t best = 0;

    if (pages > 0 && page > 0 && (size_t)pages < 4 * copy_bytes / (size_t)page)
        return 0;
    if (tri_copier_new(tri_cpu_workers(), copy_bytes, &copier, NULL) != TRI_OK)
        return 0;
    for (int i = 0; i < COPIES; i++) {
        const int64_t took = tri_copier_run(copier);
        best = best == 0 || took < best ? took : best;
    }
    tri_copier_free(copier);
    return best > 0 ? 2 * (double)copy_bytes / (double)best : 0;
}

enum tri_status tri_limits_measure(const struct tri_candidates *candidates, int bits,
                                   const bool *wanted, struct tri_limits *limits,
                                   struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    *limits = (struct tri_limits){.bits = bits};
    limits->list = calloc((size_t)candidates->count + 1, sizeof *limits->list);
    if (limits->list == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the limits of %d backends",
                        candidates->count);
    for (int i = 0; i < candidates->count && status == TRI_OK; i++)
        if (wanted == NULL || wanted[i])
            status = measure_one(&candidates->contenders[i], bits, &limits->list[limits->count++],
                                 error);
    limits->memory_gb_per_s = memory_rate();
    return status;
}

void tri_limits_free(struct tri_limits *limits)
{
    free(limits->list);
    *limits = (struct tri_limits){0};
}

const struct tri_limit *tri_limit_of(const struct tri_limits *limits,
                                     const struct tri_backend_info *info)
{
    for (int i = 0; i < limits->count; i++)
        if (limits->list[i].info == info)
            return &limits->list[i];
    return NULL;
}
