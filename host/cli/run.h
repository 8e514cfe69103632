/* run.h -- what `triptych run` is asked for, and its two ways: picture files and moving pictures. */
#ifndef TRIPTYCH_CLI_RUN_H
#define TRIPTYCH_CLI_RUN_H

#include "triptych.h"
#include "video/filter.h"

#define CLI_JOBS_MAX 1024

/* --frame: which frame becomes the picture. */
struct cli_frame {
    bool given;
    long number; /* from 0; -1: the one at `seconds` */
    double seconds;
};

struct cli_run_request {
    const char *pipeline, *output, *with, *data, *on, *isa;
    uint64_t max_pixels, jobs;
    struct tri_write_options write;
    struct tri_video_write_options video;
    enum tri_chroma chroma; /* --planes */
    struct cli_frame frame;
    bool strip, fail_fast, timings, stages, quiet, verbose;
};

/* run_options.c: one of cli_run_options with its value. False: wrong, and reported. */
bool cli_run_set(int option, const char *text, struct cli_run_request *request);

/* What computes, and with which threads. */
struct cli_engine {
    struct tri_backend *backend;
    struct tri_pool *pool; /* NULL: one thread */
    int jobs;              /* pictures or frames under way at the same time */
    bool quiet;
    size_t told; /* of the backend's note */
};

/* Threads that --on leaves to what has threads of its own: one of "sequential", N of "threads:N", else one for each core. */
int cli_workers(const char *on);
enum tri_status cli_engine_open(const struct cli_run_request *request, struct cli_engine *engine,
                                struct tri_error *error);
/* Tells what the backend has noted since; closing tells the rest. */
void cli_engine_tell(struct cli_engine *engine);
/* shares.c: of a backend that deals work to several, who did how much and what it gained; of another nothing. */
void cli_print_shares(const struct tri_backend *backend);
void cli_engine_close(struct cli_engine *engine);

/* run_frame.c: a number from 1, or a time. False: it is neither, and reported. */
bool cli_parse_frame(const char *text, struct cli_frame *frame);
/* Whether what a video is to become is one picture. */
bool cli_output_is_picture(const struct cli_run_request *request);
/* Writes the frame that is asked for. TRI_USAGE: there is no such frame. */
enum tri_status cli_write_frame(const struct cli_run_request *request, const struct tri_pipeline *pipeline,
                                struct tri_backend *backend, struct tri_video_reader *reader, const struct tri_write_options *write,
                                struct tri_error *error);

/* run_video.c: one video to another, or to a picture. The result is the exit code. */
int cli_run_video(const struct cli_run_request *request, const struct tri_pipeline *pipeline, const char *input,
                  const unsigned char *head, size_t head_size);

#endif
