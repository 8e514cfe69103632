/* bench.h -- the request of `triptych bench`, and its kinds of measurement. */
#ifndef TRIPTYCH_CLI_BENCH_H
#define TRIPTYCH_CLI_BENCH_H

#include "cli/candidates_options.h"
#include "measure/sweep.h"

int cli_bench(int argc, char **argv);

enum { CLI_SUITE = 8 }; /* pipelines measured if none is given */

struct cli_bench_request {
    const char *pipelines[CLI_SUITE];
    int pipeline_count;
    char **paths; /* of inputs */
    int path_count;
    bool clip; /* the one input is a video */
    struct cli_candidates candidates;
    const char *output, *reference, *report, *store;
    const char *baseline_path;
    struct cli_baseline *baseline; /* NULL: not asked; of bench_baseline.h */
    double slower; /* what a row may take longer than the baseline's, as a share; negative: not
                      given */
    const char *command;    /* as given, for reports */
    double seconds;         /* 0: not given */
    struct tri_sizes sizes; /* of generated pictures, RGB of 8 bits; count 0: not given */
    const char *workers_text, *suite_name; /* as given */
    struct tri_worker_counts workers;      /* count 0: not given */
    struct tri_suite suite;                /* count 0: not given */
    bool markdown, csv, end_to_end;
};

struct cli_bench_input {
    char name[600];
    const char *path; /* NULL: generated */
    struct tri_image *image;
};

/* One pipeline on one picture. */
struct cli_bench_work {
    const char *pipeline;
    const struct cli_bench_input *input; /* NULL: a generated picture of this shape */
    struct tri_shape shape;
};

struct cli_bench_works {
    struct cli_bench_work *list;
    int count;
    struct cli_bench_input generated; /* the last one */
};

/* bench_works.c: reads the inputs, or else the bundled picture if nothing else is requested. */
enum tri_status cli_bench_read(const struct cli_bench_request *request,
                               struct cli_bench_input *inputs, struct tri_error *error);
/* Lists what to measure, and checks generated pictures against the limit of pixels. Release with
 * cli_bench_works_free, also after a failure. */
enum tri_status cli_bench_list(const struct cli_bench_request *request,
                               const struct cli_bench_input *inputs, int input_count,
                               struct cli_bench_works *works, struct tri_error *error);
/* Gets the picture of a work; a generated one is valid until the next call. */
enum tri_status cli_bench_picture(struct cli_bench_works *works, const struct cli_bench_work *work,
                                  const struct cli_bench_input **input, struct tri_error *error);
void cli_bench_works_free(struct cli_bench_works *works);

/* bench_options.c: parses options, pipelines and inputs, and reports contradictions. Returns false
 * if the command ends with the exit code *code. */
bool cli_bench_parse(int argc, char **argv, struct cli_bench_request *request, int *code);
void cli_bench_request_free(struct cli_bench_request *request);
/* Returns whether standard output is free for the table. */
bool cli_bench_prints(const struct cli_bench_request *request);
/* Prints the header of the table, if there is a table. */
void cli_bench_header(const struct cli_bench_request *request,
                      const struct tri_environment *environment);

/* Writes what was measured as JSON where --json asks for it; in a folder the file gets a name of
 * its own. Takes ownership of `json`. */
enum tri_status cli_bench_write(const struct cli_bench_request *request,
                                const struct tri_environment *environment, struct json_t *json,
                                struct tri_error *error);

/* bench_end_to_end.c: measure from file to file, and over the frames of a video. Return the exit
 * code. */
int cli_bench_file(const struct cli_bench_request *request, struct tri_candidates *candidates,
                   const struct cli_bench_input *input);
int cli_bench_clip(const struct cli_bench_request *request, struct tri_candidates *candidates);

#endif
