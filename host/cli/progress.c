/* progress.c -- draws a bar with files, speed and the time left. */
#include "cli/progress.h"
#include "parallel/cpu.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_NS 100000000

void cli_progress_begin(struct cli_progress *progress, int count, bool quiet)
{
    *progress = (struct cli_progress){.count = count, .started = tri_now_ns()};
    progress->shown = count != 1 && !quiet && isatty(STDERR_FILENO);
}

static void put_bar(double share)
{
    static const char full[] = "########################", empty[] = "------------------------";
    const int width = (int)sizeof full - 1, part = share < 1 ? (int)(share * width) : width;

    fprintf(stderr, "\r\033[K[%.*s%.*s] ", part, full, width - part, empty);
}

static void put_left(double seconds)
{
    fprintf(stderr, ", %d:%02d left", (int)(seconds + 0.5) / 60, (int)(seconds + 0.5) % 60);
}

static void draw(const struct cli_progress *progress, double seconds)
{
    put_bar((double)progress->through / progress->count);
    fprintf(stderr, "%d/%d files, %.0f megapixels/s", progress->through, progress->count,
            progress->megapixels / seconds);
    put_left(seconds / progress->through * (progress->count - progress->through));
    fflush(stderr);
}

/* Of a video whose length is not known there is no bar. */
static void draw_frames(long frames, long count, double rate, double seconds)
{
    const double speed = (double)frames / seconds;

    if (count > 0) {
        put_bar((double)frames / (double)count);
        fprintf(stderr, "%ld/%ld frames, %.1f frames/s", frames, count, speed);
    } else {
        fprintf(stderr, "\r\033[K%ld frames, %.1f frames/s", frames, speed);
    }
    if (rate > 0)
        fprintf(stderr, ", %.2fx real time", speed / rate);
    if (count > frames)
        put_left((double)(count - frames) / speed);
    fflush(stderr);
}

void cli_progress_add(struct cli_progress *progress, double megapixels)
{
    const int64_t now = tri_now_ns();

    progress->through++;
    progress->megapixels += megapixels;
    if (!progress->shown || now - progress->drawn < REDRAW_NS)
        return;
    progress->drawn = now;
    draw(progress, (double)(now - progress->started) / 1e9);
}

void cli_progress_clear(struct cli_progress *progress)
{
    if (progress->shown && progress->drawn > 0)
        fputs("\r\033[K", stderr);
    progress->drawn = 0;
}

void cli_progress_frames(struct cli_progress *progress, long frames, long count, double rate)
{
    const int64_t now = tri_now_ns();

    if (!progress->shown || now - progress->drawn < REDRAW_NS)
        return;
    progress->drawn = now;
    draw_frames(frames, count, rate, (double)(now - progress->started) / 1e9);
}
