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
    progress->shown = count > 1 && !quiet && isatty(STDERR_FILENO);
}

static void draw(const struct cli_progress *progress, double seconds)
{
    static const char full[] = "########################", empty[] = "------------------------";
    const int width = (int)sizeof full - 1, part = (int)((int64_t)width * progress->through / progress->count);
    const double left = seconds / progress->through * (progress->count - progress->through);

    fprintf(stderr, "\r\033[K[%.*s%.*s] %d/%d files, %.0f megapixels/s, %d:%02d left", part, full, width - part,
            empty, progress->through, progress->count, progress->megapixels / seconds, (int)(left + 0.5) / 60,
            (int)(left + 0.5) % 60);
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
