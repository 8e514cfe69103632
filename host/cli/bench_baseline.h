/* bench_baseline.h -- `bench --baseline`: the run against an earlier one of this machine. */
#ifndef TRIPTYCH_CLI_BENCH_BASELINE_H
#define TRIPTYCH_CLI_BENCH_BASELINE_H

#include "cli/bench.h"
#include "measure/baseline.h"

struct cli_baseline {
    struct tri_results files[2]; /* as read, and this run */
    struct tri_baseline comparison;
    int *measured; /* how often each row of this run was */
    bool complete; /* the comparison is of all rows */
};

/* Reads the file. TRI_FAILED: it cannot be read, or has no results of pictures. Release with
 * cli_baseline_free, also after a failure. */
enum tri_status cli_baseline_read(struct cli_baseline *baseline, const char *path,
                                  struct tri_error *error);
void cli_baseline_free(struct cli_baseline *baseline);

/* Before anything is measured: TRI_FAILED if it is of another machine, or has none of these works.
 * Notes tell what else differs. */
enum tri_status cli_baseline_check(const struct cli_baseline *baseline,
                                   const struct tri_environment *environment,
                                   const struct cli_bench_works *works, struct tri_error *error);
/* Compares, and measures rows that are slower again, up to twice: the last measurement counts, and
 * replaces the row's figures. TRI_DIFFERS: bytes differ from the baseline's. */
enum tri_status cli_baseline_compare(struct cli_baseline *baseline,
                                     const struct cli_bench_request *request,
                                     const struct tri_candidates *candidates,
                                     struct cli_bench_works *works, const struct tri_report *report,
                                     struct tri_bench_case *cases, struct tri_error *error);
/* Prints the table where the tables of bench are, and names each slower row on standard error.
 * Returns the exit code. */
int cli_baseline_tell(const struct cli_baseline *baseline, const struct cli_bench_request *request);

#endif
