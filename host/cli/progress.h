/* progress.h -- lines on the terminal with the progress of a batch or a video, and with --progress
 * how busy each stage and core is. */
#ifndef TRIPTYCH_CLI_PROGRESS_H
#define TRIPTYCH_CLI_PROGRESS_H

#include "trace/timeline.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

struct cli_core_load;

struct cli_progress {
    bool shown; /* on a terminal, and not for a single file */
    int count;  /* files; 0: a video */
    /* What is through so far: */
    int through;
    double megapixels;
    long frames, frame_count;
    double rate;
    int64_t started, drawn;
    /* --progress: a thread draws both lines. */
    bool live;
    pthread_t thread;
    sem_t ending;
    pthread_mutex_t lock; /* for all but `shown`, `count` and `live` */
    struct tri_timeline_kind before[TRI_TIMELINE_KINDS];
    int64_t measured;
    struct cli_core_load *cores;
    char load[400]; /* the second line */
};

/* --progress: the reader that a recording needs for it. TRI_FAILED: no memory. */
enum tri_status cli_progress_reader(struct tri_trace_reader *reader, struct tri_error *error);
/* After that recording has ended. */
void cli_progress_forget(void);

/* Begins a batch of `count` files, shown if more than one or if there is such a reader; 0: a video.
 */
void cli_progress_begin(struct cli_progress *progress, int count, bool quiet);
/* Counts one more finished file. */
void cli_progress_add(struct cli_progress *progress, double megapixels);
/* Shows a video's progress: `frames` of `count` (0: unknown) are finished, and play at `rate`
 * frames a second (0: unknown). */
void cli_progress_frames(struct cli_progress *progress, long frames, long count, double rate);
/* Clears the lines before a message. */
void cli_progress_clear(struct cli_progress *progress);
/* Clears them at the end. */
void cli_progress_end(struct cli_progress *progress);

#endif
