/* baseline.h -- a run against an earlier one of the same machine, row by row. */
#ifndef TRIPTYCH_BASELINE_H
#define TRIPTYCH_BASELINE_H

#include "measure/compare.h"

enum tri_change { TRI_SLOWER, TRI_FASTER, TRI_LEVEL, TRI_UNCLEAR, TRI_CHANGES };

/* The same work on the same backend, instruction set and number of workers. */
struct tri_baseline_row {
    const struct tri_results_row *before, *now;
    struct tri_interval interval; /* of the time before over the time now: above 1 is faster. That
                                     any of all intervals misses has a probability of 5 % */
    enum tri_change change;
};

struct tri_baseline {
    const struct tri_results *files; /* the baseline, and this run */
    double share;
    struct tri_baseline_row *rows; /* in the order of this run */
    int row_count, counts[TRI_CHANGES];
    struct tri_comparison_left *left; /* rows of one of the two that nothing compares with */
    int left_count;
};

/* Compares the rows of two files, which must outlive the result. A row is slower or faster if its
 * whole interval is, by more than `share`; level if its whole interval lies within that.
 * TRI_DIFFERS: the bytes of the same work differ. Free the result with tri_baseline_free, also
 * after a failure. */
enum tri_status tri_baseline_compare(const struct tri_results files[2], double share,
                                     struct tri_baseline *baseline, struct tri_error *error);
void tri_baseline_free(struct tri_baseline *baseline);

/* Returns whether the file has rows of this pipeline, however it is spelt, on pictures of this
 * shape. */
bool tri_results_has_work(const struct tri_results *results, const char *pipeline,
                          const struct tri_shape *shape);

/* baseline_report.c. `measured`: how often each row of this run was measured; NULL: once. */
void tri_baseline_table(FILE *file, const struct tri_baseline *baseline, const int *measured,
                        bool markdown);
/* Member "baseline" of docs/results-schema.json; NULL: no memory. */
struct json_t *tri_baseline_json(const struct tri_baseline *baseline, const int *measured);

#endif
