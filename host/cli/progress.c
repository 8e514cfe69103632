/* progress.c -- draws a bar with files, speed and the time left, and below it the load. */
#include "cli/progress.h"
#include "cli/core_load.h"
#include "cli/terminal.h"
#include "parallel/cpu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_NS 100000000
#define LIVE_NS 250000000
#define LEAST 0.005 /* smaller shares are not shown */

/* Sums of the running recording, for --progress; NULL: not wanted. */
static struct tri_timeline *sums;

enum tri_status cli_progress_reader(struct tri_trace_reader *reader, struct tri_error *error)
{
    sums = tri_timeline_new(0);
    if (sums == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for --progress");
    *reader = tri_timeline_reader(sums);
    return TRI_OK;
}

void cli_progress_forget(void)
{
    tri_timeline_free(sums);
    sums = NULL;
}

/* ---- text that fits ---- */

static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/* ---- the first line: what is through, in less and less detail ---- */

enum detail { BAR, NO_BAR, NO_SPEED, BARE, DETAILS };

static void add_bar(char *text, size_t size, double share)
{
    static const char full[] = "########################", empty[] = "------------------------";
    const int width = (int)sizeof full - 1, part = share < 1 ? (int)(share * width) : width;

    append(text, size, "[%.*s%.*s] ", part, full, width - part, empty);
}

static void add_left(char *text, size_t size, double seconds)
{
    append(text, size, ", %d:%02d left", (int)(seconds + 0.5) / 60, (int)(seconds + 0.5) % 60);
}

static void say_files(const struct cli_progress *progress, double seconds, enum detail detail,
                      char *text, size_t size)
{
    if (detail == BAR)
        add_bar(text, size, (double)progress->through / progress->count);
    append(text, size, "%d/%d files", progress->through, progress->count);
    if (detail < NO_SPEED)
        append(text, size, ", %.0f megapixels/s", progress->megapixels / seconds);
    if (detail < BARE && progress->through > 0)
        add_left(text, size, seconds / progress->through * (progress->count - progress->through));
}

/* A video of unknown length has no bar. */
static void say_frames(const struct cli_progress *progress, double seconds, enum detail detail,
                       char *text, size_t size)
{
    const long frames = progress->frames, count = progress->frame_count;
    const double speed = (double)frames / seconds;

    if (count > 0 && detail == BAR)
        add_bar(text, size, (double)frames / (double)count);
    if (count > 0)
        append(text, size, "%ld/%ld frames", frames, count);
    else
        append(text, size, "%ld frames", frames);
    if (detail < NO_SPEED)
        append(text, size, ", %.1f frames/s", speed);
    if (detail < NO_SPEED && progress->rate > 0)
        append(text, size, ", %.2fx real time", speed / progress->rate);
    if (detail < BARE && frames > 0 && count > frames)
        add_left(text, size, (double)(count - frames) / speed);
}

/* The most that fits into the terminal. */
static void say(const struct cli_progress *progress, char *text, size_t size, int columns)
{
    const double seconds = (double)(tri_now_ns() - progress->started) / 1e9;

    text[0] = '\0';
    for (int detail = BAR; detail < DETAILS; detail++) {
        text[0] = '\0';
        if (progress->count > 1)
            say_files(progress, seconds, (enum detail)detail, text, size);
        else if (progress->count == 0)
            say_frames(progress, seconds, (enum detail)detail, text, size);
        if ((int)strlen(text) < columns)
            return;
    }
    text[columns - 1] = '\0';
}

/* ---- the second line: the load since the last look ---- */

/* "decode 31 %, compute 120 %": of the time, summed over threads, as --stages does. */
static void add_stages(char *text, size_t size, const double *shares,
                       const struct tri_timeline_kind *kinds, int count, double least)
{
    const char *between = "";

    for (int i = 0; i < count; i++) {
        if (kinds[i].class == TRI_TIMELINE_WAIT || shares[i] < least)
            continue;
        append(text, size, "%s%s %.0f %%", between, kinds[i].name, 100 * shares[i]);
        between = ", ";
    }
}

/* "cores 97 88 %", or as a digit for each, 9 for 90 % and more. */
static void add_cores(char *text, size_t size, const struct cli_core_load *cores, bool digits)
{
    append(text, size, "%score%s ", text[0] != '\0' ? " | " : "", cores->cores == 1 ? "" : "s");
    for (int i = 0; i < cores->cores; i++) {
        if (digits)
            append(text, size, "%d", cores->busy[i] < 0.9 ? (int)(10 * cores->busy[i]) : 9);
        else
            append(text, size, "%.0f ", 100 * cores->busy[i]);
    }
    append(text, size, "%s", digits ? "" : "%");
}

/* Leaves out, as far as needed, percent of cores, small shares of stages, and cores. */
static void fit_load(struct cli_progress *progress, const double *shares,
                     const struct tri_timeline_kind *kinds, int count, int columns)
{
    static const struct {
        double least;
        bool cores, digits;
    } forms[] = {
        {LEAST, true, false}, {LEAST, true, true}, {0.05, true, true}, {0.05, false, true}};
    char *text = progress->load;
    const size_t size = sizeof progress->load;

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        text[0] = '\0';
        add_stages(text, size, shares, kinds, count, forms[i].least);
        if (forms[i].cores && progress->cores->cores > 0)
            add_cores(text, size, progress->cores, forms[i].digits);
        if ((int)strlen(text) < columns)
            return;
    }
    text[columns - 1] = '\0';
}

static void measure(struct cli_progress *progress, int columns)
{
    struct tri_timeline_kind kinds[TRI_TIMELINE_KINDS];
    double shares[TRI_TIMELINE_KINDS];
    const int64_t now = tri_now_ns();
    const int count = tri_timeline_sums(sums, kinds);

    for (int i = 0; i < count; i++)
        shares[i] = (double)(kinds[i].busy - progress->before[i].busy) /
                    (double)(now - progress->measured + 1);
    memcpy(progress->before, kinds, sizeof kinds);
    progress->measured = now;
    cli_core_load(progress->cores);
    fit_load(progress, shares, kinds, count, columns);
}

/* ---- drawing ---- */

/* The cursor stays at the begin of the first line, from where both are cleared. */
static void draw(struct cli_progress *progress)
{
    char first[256];
    const int columns = cli_columns(stderr);

    if (progress->live)
        measure(progress, columns);
    say(progress, first, sizeof first, columns < 250 ? columns : 250);
    if (!progress->live)
        fprintf(stderr, "\r\033[K%s", first);
    else if (first[0] == '\0')
        fprintf(stderr, "\r\033[J%s\r", progress->load);
    else
        fprintf(stderr, "\r\033[J%s\n%s\r\033[A", first, progress->load);
    fflush(stderr);
    progress->drawn = tri_now_ns();
}

static void clear(struct cli_progress *progress)
{
    if (progress->shown && progress->drawn > 0)
        fputs(progress->live ? "\r\033[J" : "\r\033[K", stderr);
    /* A live line returns only after the message that follows. */
    progress->drawn = progress->live ? tri_now_ns() : 0;
}

static void *draw_live(void *argument)
{
    struct cli_progress *progress = argument;
    struct timespec until;

    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LIVE_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (sem_clockwait(&progress->ending, CLOCK_MONOTONIC, &until) == 0 || errno != ETIMEDOUT)
            return NULL;
        pthread_mutex_lock(&progress->lock);
        if (tri_now_ns() - progress->drawn >= LIVE_NS / 2)
            draw(progress);
        pthread_mutex_unlock(&progress->lock);
    }
}

/* ---- progress ---- */

static bool begin_live(struct cli_progress *progress)
{
    progress->cores = calloc(1, sizeof *progress->cores);
    if (progress->cores == NULL)
        return false;
    sem_init(&progress->ending, 0, 0);
    cli_core_load(progress->cores);
    progress->measured = progress->started;
    if (pthread_create(&progress->thread, NULL, draw_live, progress) == 0)
        return true;
    free(progress->cores);
    return false;
}

void cli_progress_begin(struct cli_progress *progress, int count, bool quiet)
{
    *progress = (struct cli_progress){
        .count = count, .started = tri_now_ns(), .lock = PTHREAD_MUTEX_INITIALIZER};
    progress->shown = (count != 1 || sums != NULL) && !quiet && cli_redraws(stderr);
    progress->live = progress->shown && sums != NULL;
    if (progress->live)
        progress->live = begin_live(progress);
}

/* With the lock held. */
static void draw_sometimes(struct cli_progress *progress)
{
    if (progress->shown && !progress->live && tri_now_ns() - progress->drawn >= REDRAW_NS)
        draw(progress);
}

void cli_progress_add(struct cli_progress *progress, double megapixels)
{
    pthread_mutex_lock(&progress->lock);
    progress->through++;
    progress->megapixels += megapixels;
    draw_sometimes(progress);
    pthread_mutex_unlock(&progress->lock);
}

void cli_progress_frames(struct cli_progress *progress, long frames, long count, double rate)
{
    pthread_mutex_lock(&progress->lock);
    progress->frames = frames;
    progress->frame_count = count;
    progress->rate = rate;
    draw_sometimes(progress);
    pthread_mutex_unlock(&progress->lock);
}

void cli_progress_clear(struct cli_progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    clear(progress);
    pthread_mutex_unlock(&progress->lock);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->live) {
        sem_post(&progress->ending);
        pthread_join(progress->thread, NULL);
        sem_destroy(&progress->ending);
        free(progress->cores);
    }
    clear(progress);
    progress->shown = progress->live = false;
}
