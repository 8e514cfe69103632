/* progress.h -- one line on a terminal that tells how far a batch or a video is. */
#ifndef TRIPTYCH_CLI_PROGRESS_H
#define TRIPTYCH_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_progress {
    bool shown; /* there is a terminal, and more than one file */
    int count, through;
    double megapixels;
    int64_t started, drawn;
};

/* Of a batch of `count` files, shown if more than one; 0: of a video. */
void cli_progress_begin(struct cli_progress *progress, int count, bool quiet);
/* One more file is through. */
void cli_progress_add(struct cli_progress *progress, double megapixels);
/* Of a video: `frames` are through, of `count` (0: unknown) that are to be played at `rate` a second (0: unknown). */
void cli_progress_frames(struct cli_progress *progress, long frames, long count, double rate);
/* Takes the line away, before a message and at the end. */
void cli_progress_clear(struct cli_progress *progress);

#endif
