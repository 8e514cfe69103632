/* run.h -- the request of `triptych run`, and its two ways: picture files and videos. */
#ifndef TRIPTYCH_CLI_RUN_H
#define TRIPTYCH_CLI_RUN_H

#include "triptych.h"
#include "video/filter.h"

#define CLI_JOBS_MAX 1024

int cli_run(int argc, char **argv);

/* --frame: which frame becomes the picture. */
struct cli_frame {
    bool given;
    long number; /* from 0; -1: the one at `seconds` */
    double seconds;
};

/* run_data.c: the data that kernels report, for --data. */
enum cli_data_format { CLI_DATA_AUTO, CLI_DATA_CSV, CLI_DATA_JSON };
struct cli_run_request;
struct tri_batch_result;
/* Data of pictures, which arrives in any order; zeroed at first. */
struct cli_data {
    struct cli_data_part *parts;
    int count, room;
    bool failed; /* no memory for some of it */
};
bool cli_data_is_json(const struct cli_run_request *request);
/* Keeps what a result has, for input number `file`. One call at a time. */
void cli_data_add(struct cli_data *data, int file, const struct tri_batch_result *result);
/* Writes all of it, in the order of the inputs. */
enum tri_status cli_data_write(const struct cli_run_request *request,
                               const struct tri_pipeline *pipeline, struct tri_error *error);
void cli_data_free(struct cli_data *data);

struct cli_run_request {
    const char *pipeline, *output, *with, *data, *trace, *on, *isa;
    uint64_t max_pixels, jobs;
    struct tri_write_options write;
    struct tri_video_write_options video;
    enum tri_chroma chroma; /* --planes */
    struct cli_frame frame;
    struct tri_trim trim; /* --from, --to, --duration */
    enum tri_shrink shrink;
    long *shrunk;             /* counts the pictures that their decoder has shrunk */
    struct tri_image *second; /* the picture of --with; NULL: none, or a video */
    char *const *joined;      /* --concat: the inputs; NULL: there is one */
    int joined_count;
    enum cli_data_format data_format;
    struct cli_data *collected;  /* the data of pictures; NULL: not wanted */
    double tolerance;            /* of --trim, if it `trims` */
    struct tri_pipeline *border; /* finds the crop for it; NULL: no trimming */
    bool trims, lossless_jpeg;   /* blocks of JPEG files are moved, not decoded */
    bool concat, reverse, strip, fail_fast, timings, timeline, progress, stages, quiet, verbose;
};

/* engine.c: the backend and the threads. */
struct cli_engine {
    struct tri_backend *backend;
    struct tri_pool *pool; /* NULL: one thread */
    int jobs;              /* pictures or frames in flight at the same time */
    bool quiet;
    size_t told; /* characters of the backend's notes already printed */
};

/* Returns how many threads --on allows libraries with threads of their own: one for "sequential", N
 * for "threads:N", else one for each core. */
int cli_workers(const char *on);
enum tri_status cli_engine_open(const struct cli_run_request *request, struct cli_engine *engine,
                                struct tri_error *error);
/* Prints what the backend has noted since the last call; closing prints the rest. */
void cli_engine_tell(struct cli_engine *engine);
/* report_shares.c: for a backend that deals work to several, prints each one's share and the gain;
 * for others, nothing. */
void cli_print_shares(const struct tri_backend *backend);
void cli_engine_close(struct cli_engine *engine);

/* run_still.c: parses a number from 1, or a time. Returns false if it is neither, after reporting
 * it. */
bool cli_parse_frame(const char *text, struct cli_frame *frame);
/* Parses [[HOURS:]MINUTES:]SECONDS, or SECONDSs; only seconds may have a fraction. */
bool cli_parse_time(const char *text, double *seconds);
/* Returns whether a video is to become one picture. */
bool cli_output_is_picture(const struct cli_run_request *request);
/* run_series.c: the format of pictures in that output; PNG if nothing names one. */
const struct tri_format *cli_picture_format(const struct cli_run_request *request,
                                            const char *output);
/* Writes the requested frame. TRI_USAGE: there is no such frame. */
enum tri_status cli_write_frame(const struct cli_run_request *request,
                                const struct tri_pipeline *pipeline, struct tri_backend *backend,
                                struct tri_video_reader *reader,
                                const struct tri_write_options *write, struct tri_error *error);

/* run_with.c: reads --with, if a kernel combines it with the input and it is a picture, and gives
 * it to the pipeline. `head` is what was read of standard input. */
enum tri_status cli_with_read(struct cli_run_request *request, struct tri_pipeline *pipeline,
                              const unsigned char *head, size_t head_size, struct tri_error *error);
/* Reports, once, in what that picture is changed for an input of these planes and bits. */
void cli_with_note(const struct cli_run_request *request, const struct tri_image *second,
                   int planes, int bits);

/* run_trim.c: --trim's tolerance. False if it is none, after reporting it. */
bool cli_set_trim(const char *text, void *of);
/* Makes `border`. */
enum tri_status cli_trim_parse(struct cli_run_request *request, struct tri_error *error);
/* Reports, for --trim, options and kernels that do not go with it. Returns the exit code. */
int cli_check_trim(const struct cli_run_request *request, const struct tri_pipeline *pipeline);

/* run_moves.c: reports, for --lossless-jpeg, options and kernels that do not go with it. Returns
 * the exit code. */
int cli_check_moves(const struct cli_run_request *request, const struct tri_pipeline *pipeline);

/* run_video.c: runs one video to another, or to a picture. Returns the exit code. */
int cli_run_video(const struct cli_run_request *request, struct tri_pipeline *pipeline,
                  const char *input, const unsigned char *head, size_t head_size);

#endif
