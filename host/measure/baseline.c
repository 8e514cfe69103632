/* baseline.c -- matches the rows of a run with those of an earlier one, and judges each. */
#include "measure/baseline.h"

#include <stdlib.h>
#include <string.h>

static const double miss_all = 0.05; /* the probability that any interval misses */

/* ---- rows ---- */

static bool same_backend(const struct tri_results_row *a, const struct tri_results_row *b)
{
    return strcmp(a->backend, b->backend) == 0 && strcmp(a->isa, b->isa) == 0 &&
           strcmp(a->device, b->device) == 0 && a->workers == b->workers;
}

/* `used` marks rows of the baseline. */
static const struct tri_results_row *find_before(const struct tri_works *works,
                                                 const struct tri_matched *now,
                                                 const struct tri_results *files, const bool *used)
{
    for (int i = 0; i < works->count; i++) {
        const struct tri_matched *at = &works->list[i];
        if (at->work == now->work && at->file == 0 && !used[at->row - files[0].rows] &&
            same_backend(at->row, now->row))
            return at->row;
    }
    return NULL;
}

static void leave(struct tri_baseline *baseline, int file, const struct tri_results_row *row)
{
    baseline->left[baseline->left_count++] = (struct tri_comparison_left){file, row, !row->usable};
}

/* Both are left if one of them has no figures. */
static void pair(struct tri_baseline *baseline, const struct tri_results_row *before,
                 const struct tri_results_row *now)
{
    if (before != NULL && before->usable && now->usable) {
        baseline->rows[baseline->row_count++] =
            (struct tri_baseline_row){.before = before, .now = now};
        return;
    }
    if (before != NULL)
        leave(baseline, 0, before);
    leave(baseline, 1, now);
}

static int by_now(const void *a, const void *b)
{
    const struct tri_baseline_row *left = a, *right = b;

    return (left->now > right->now) - (left->now < right->now);
}

static void match(struct tri_baseline *baseline, const struct tri_works *works, bool *used)
{
    const struct tri_results *files = baseline->files;

    for (int i = 0; i < works->count; i++) {
        if (works->list[i].file == 0)
            continue;
        const struct tri_results_row *before = find_before(works, &works->list[i], files, used);
        if (before != NULL)
            used[before - files[0].rows] = true;
        pair(baseline, before, works->list[i].row);
    }
    for (int i = 0; i < files[0].row_count; i++)
        if (!used[i])
            leave(baseline, 0, &files[0].rows[i]);
    if (baseline->row_count > 0)
        qsort(baseline->rows, (size_t)baseline->row_count, sizeof *baseline->rows, by_now);
}

/* ---- judging ---- */

static enum tri_change change_of(const struct tri_interval *interval, double share)
{
    const double most = 1 + share, least = 1 / most;

    if (interval->high < least)
        return TRI_SLOWER;
    if (interval->low > most)
        return TRI_FASTER;
    return interval->low >= least && interval->high <= most ? TRI_LEVEL : TRI_UNCLEAR;
}

static void judge(struct tri_baseline *baseline)
{
    for (int i = 0; i < baseline->row_count; i++) {
        struct tri_baseline_row *row = &baseline->rows[i];
        const struct tri_estimate estimate =
            tri_estimate_ratio(row->before->median, row->before->variance, row->before->count,
                               row->now->median, row->now->variance, row->now->count);

        /* Bonferroni: with n intervals, each may miss with an n-th of the probability. */
        row->interval = tri_estimate_interval(
            &estimate, tri_student(miss_all / baseline->row_count, estimate.freedom));
        row->change = change_of(&row->interval, baseline->share);
        baseline->counts[row->change]++;
    }
}

/* ---- all of it ---- */

static bool allocate(struct tri_baseline *baseline, bool **used)
{
    const size_t before = (size_t)baseline->files[0].row_count,
                 now = (size_t)baseline->files[1].row_count;

    *used = calloc(before + 1, sizeof **used);
    baseline->rows = calloc(now + 1, sizeof *baseline->rows);
    baseline->left = calloc(before + now + 1, sizeof *baseline->left);
    return *used != NULL && baseline->rows != NULL && baseline->left != NULL;
}

enum tri_status tri_baseline_compare(const struct tri_results files[2], double share,
                                     struct tri_baseline *baseline, struct tri_error *error)
{
    struct tri_works works;
    bool *used = NULL;

    *baseline = (struct tri_baseline){.files = files, .share = share};
    enum tri_status status = tri_match_works(files, 2, &works, error);
    if (status == TRI_OK && !allocate(baseline, &used))
        status =
            tri_fail(error, TRI_FAILED, "out of memory while comparing with %s", files[0].path);
    if (status == TRI_OK) {
        match(baseline, &works, used);
        judge(baseline);
    }
    free(used);
    tri_works_free(&works);
    return status;
}

void tri_baseline_free(struct tri_baseline *baseline)
{
    free(baseline->rows);
    free(baseline->left);
    *baseline = (struct tri_baseline){0};
}
