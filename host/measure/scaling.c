/* scaling.c -- the gain from parallelism: the figures of a row that need other rows. */
#include "measure/measure.h"

#include <math.h>
#include <string.h>

static bool has_figures(const struct tri_bench_row *row)
{
    return row->verified && row->total.count > 0 && row->total.median > 0;
}

/* Rows of one family run the same code with various numbers of workers: the CPU backends of one
 * ISA, or a device and its sub-devices ("opencl:0.0" and "opencl:0.0/1"). */
static bool same_family(const struct tri_backend_info *a, const struct tri_backend_info *b)
{
    if (a->opencl != b->opencl || a->parts > 0 || b->parts > 0 || strcmp(a->isa, b->isa) != 0)
        return false;
    size_t length = strcspn(a->name, "/");
    return !a->opencl ||
           (length == strcspn(b->name, "/") && strncmp(a->name, b->name, length) == 0);
}

/* The base of efficiency, the same code with one worker: sequential rather than threads:1. */
static const struct tri_bench_row *one_worker(const struct tri_bench_case *result,
                                              const struct tri_bench_row *row)
{
    const struct tri_bench_row *found = NULL;

    if (row->info->gpu) /* the compute units of a GPU cannot be used one by one */
        return NULL;
    for (int i = 0; i < result->row_count; i++) {
        const struct tri_bench_row *one = &result->rows[i];

        if (has_figures(one) && one->info->workers == 1 && same_family(one->info, row->info) &&
            (found == NULL || tri_is_sequential(one->info)))
            found = one;
    }
    return found;
}

static double best_sequential(const struct tri_bench_case *result)
{
    double best = (double)NAN;

    for (int i = 0; i < result->row_count; i++) {
        const struct tri_bench_row *row = &result->rows[i];

        if (has_figures(row) && tri_is_sequential(row->info))
            best = fmin(best, (double)row->total.median); /* fmin ignores a NAN */
    }
    return best;
}

/* The fastest copy with at most this many workers: small images are fastest with fewer. */
static double copy_time(const struct tri_bench_case *result, int workers)
{
    double best = (double)NAN;

    for (int i = 0; i < result->copy_count; i++)
        if (result->copies[i].workers <= workers && result->copies[i].total.count > 0)
            best = fmin(best, (double)result->copies[i].total.median);
    return best;
}

static void compare_row(const struct tri_bench_case *result, struct tri_bench_row *row)
{
    const struct tri_bench_row *scalar = &result->rows[0], *one = one_worker(result, row);
    double time = (double)row->total.median;

    row->speedup = has_figures(scalar) && tri_is_sequential(scalar->info)
                       ? (double)scalar->total.median / time
                       : (double)NAN;
    row->speedup_best = best_sequential(result) / time;
    if (!row->info->gpu && row->info->parts == 0) /* a GPU has other memory */
        row->copy_share = copy_time(result, row->info->workers) / time;
    if (one != NULL && row->info->workers > 1) {
        row->efficiency = tri_efficiency((double)one->total.median, time, row->info->workers);
        row->karp_flatt = tri_karp_flatt((double)one->total.median / time, row->info->workers);
    }
}

void tri_bench_compare(struct tri_bench_case *result)
{
    for (int i = 0; i < result->row_count; i++) {
        struct tri_bench_row *row = &result->rows[i];

        row->copy_share = row->speedup = row->speedup_best = (double)NAN;
        row->efficiency = row->karp_flatt = row->over_parts = (double)NAN;
        row->best_part = -1;
        if (has_figures(row))
            compare_row(result, row);
        if (has_figures(row))
            tri_bench_over_parts(result, row);
    }
}

/* A curve has one row per worker count: threads:1 but not sequential, the largest sub-device but
 * not the whole device. */
static bool on_curve(const struct tri_bench_row *row)
{
    return has_figures(row) && row->listed && !row->info->gpu && !tri_is_sequential(row->info) &&
           (!row->info->opencl || strchr(row->info->name, '/') != NULL);
}

int tri_bench_curve(const struct tri_bench_case *result, int index, struct tri_curve *curve)
{
    const struct tri_bench_row *row = &result->rows[index];

    curve->count = 0;
    curve->one = one_worker(result, row);
    if (!on_curve(row) || curve->one == NULL)
        return 0;
    for (int i = 0; i < result->row_count && curve->count < TRI_CURVE_MAX; i++) {
        const struct tri_bench_row *other = &result->rows[i];

        if (!on_curve(other) || !same_family(other->info, row->info))
            continue;
        if (i < index)
            return curve->count = 0;
        curve->rows[curve->count++] = other;
    }
    return curve->count;
}

struct tri_scaling tri_bench_scaling(const struct tri_bench_case *result, int index)
{
    struct tri_curve curve;
    double speedups[TRI_CURVE_MAX];
    int workers[TRI_CURVE_MAX];

    if (tri_bench_curve(result, index, &curve) < 2)
        return (struct tri_scaling){.serial = (double)NAN};
    for (int i = 0; i < curve.count; i++) {
        workers[i] = curve.rows[i]->info->workers;
        speedups[i] = (double)curve.one->total.median / (double)curve.rows[i]->total.median;
    }
    return tri_scaling_fit(workers, speedups, curve.count);
}
