/* run_series.h -- triptych run on a file of several pictures. */
#ifndef TRIPTYCH_CLI_RUN_SERIES_H
#define TRIPTYCH_CLI_RUN_SERIES_H

#include "batch/batch.h"
#include "cli/run.h"

struct cli_series {
    const struct cli_run_request *request;
    const struct tri_pipeline *pipeline;
    struct cli_engine *engine;
    const char *input, *output; /* the output of a pattern is the request's own; each picture gets
                                   a name from it */
    const struct tri_read_options *read;
    int number; /* of the input */
    bool alone; /* it is the only input */
};

/* Returns whether all pictures of such an input go to the output (to numbered files if it is the
 * only input, or into one file that holds them), or --frame asks for one. */
bool cli_series_wanted(const struct cli_run_request *request, const char *output, bool alone,
                       const struct tri_read_info *info);
/* Returns whether a file is a picture file with several pictures. Only the first bytes of standard
 * input are examined. */
bool cli_has_pictures(const char *path, const unsigned char *head, size_t size);
/* run.c: prints --timings of a batch that began at `started`. */
void cli_print_timings(const struct tri_batch *batch, int64_t started);
/* Runs the series and reports failures. Returns the exit code. */
int cli_run_series(const struct cli_series *series);

#endif
