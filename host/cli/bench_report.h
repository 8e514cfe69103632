/* bench_report.h -- `bench --report`: gathers what the page needs while cases are measured, and
 * measures what only the page shows. */
#ifndef TRIPTYCH_CLI_BENCH_REPORT_H
#define TRIPTYCH_CLI_BENCH_REPORT_H

#include "cli/bench.h"
#include "report/report.h"

struct cli_bench_report {
    const struct cli_bench_request *request;
    const struct tri_candidates *candidates;
    struct tri_page_case *cases;
    int count, room;
    uint64_t last; /* digest of the input that a picture was made of; 0: none */
};

/* For `room` cases; does nothing, here and below, unless the request has a report. False: no
 * memory. */
bool cli_report_begin(struct cli_bench_report *report, const struct cli_bench_request *request,
                      const struct tri_candidates *candidates, int room);
/* Takes what the page shows of the next case: its pictures and its plan. */
void cli_report_case(struct cli_bench_report *report, const struct tri_image *in,
                     const struct tri_bench_case *result);
/* Measures limits, sizes and the way from file to file, and writes the page. */
enum tri_status cli_report_write(struct cli_bench_report *report, const struct tri_report *figures,
                                 const struct cli_bench_works *works, struct tri_error *error);
void cli_report_end(struct cli_bench_report *report);

#endif
