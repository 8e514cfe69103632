/* patterns.c -- runs the patterns in turns on the same pictures, and compares what they wrote. */
#include "lab/patterns.h"
#include "lab/patterns_job.h"

#include "parallel/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATTERN_ENTRY(id, name) \
    extern const struct tri_pattern tri_pattern_##id; \
    extern const char tri_pattern_source_##id[];
#define PATTERN_ABSENT(id, name, package) extern const char tri_pattern_source_##id[];
#include "pattern_list.h"
#undef PATTERN_ENTRY
#undef PATTERN_ABSENT

const struct tri_pattern_entry tri_patterns[] = {
#define PATTERN_ENTRY(id, name) {name, &tri_pattern_##id, NULL, tri_pattern_source_##id},
#define PATTERN_ABSENT(id, name, package) {name, NULL, package, tri_pattern_source_##id},
#include "pattern_list.h"
#undef PATTERN_ENTRY
#undef PATTERN_ABSENT
    {0}};

/* Of all patterns together; folders may be large. */
#define BUDGET_NS 20000000000.0
enum { ROUNDS_MOST = 9, ROUNDS_LEAST = 3, BLOCKS_MOST = 1 << 14 };

const struct tri_pattern_entry *tri_pattern_find(const char *name)
{
    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        if (strcmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

/* Whether a line has code, `inside` being whether it begins in a comment. */
static bool has_code(const char *line, size_t length, bool *inside)
{
    bool code = false;

    for (size_t i = 0; i < length; i++) {
        const bool pair = i + 1 < length;
        if (*inside && pair && line[i] == '*' && line[i + 1] == '/') {
            *inside = false;
            i++;
        } else if (!*inside && pair && line[i] == '/' && line[i + 1] == '*') {
            *inside = true;
            i++;
        } else if (!*inside && line[i] != ' ') {
            code = true;
        }
    }
    return code;
}

int tri_pattern_lines(const char *source)
{
    bool inside = false;
    int lines = 0;

    while (*source != '\0') {
        const size_t length = strcspn(source, "\n");
        lines += has_code(source, length, &inside);
        source += length + (source[length] == '\n');
    }
    return lines;
}

/* ---- memory ---- */

/* A line of /proc/self/status in bytes; -1: unknown. */
static int64_t memory_of(const char *name)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[200];
    long long kilobytes = -1;

    while (file != NULL && kilobytes < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kilobytes = strtoll(line + strlen(name), NULL, 10);
    if (file != NULL)
        fclose(file);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

/* Forgets the peak so far. Returns the memory in use; -1: the peak cannot be known. */
static int64_t forget_peak(void)
{
    const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    malloc_trim(0);
    const bool done = file >= 0 && write(file, "5", 1) == 1;
    if (file >= 0)
        close(file);
    return done ? memory_of("VmRSS:") : -1;
}

/* ---- one run ---- */

struct taken {
    int64_t first, total, peak;
    int threads, restarts;
};

static enum tri_status take(struct tri_patterns_run *run, const struct tri_pattern_entry *entry,
                            struct taken *taken, struct tri_error *error)
{
    struct tri_thumbnail_tools tools;
    _Atomic int64_t first = 0;
    struct tri_pattern_job job = {
        .pictures = run->pictures, .count = run->count, .workers = run->settings.workers};
    enum tri_status status = tri_thumbnail_tools_open(NULL, &tools, error);

    if (status != TRI_OK)
        return status;
    tri_patterns_renew(run, &tools, &first);
    const int64_t before = forget_peak(), start = tri_now_ns();
    status = entry->pattern->run(&job, error);
    taken->total = tri_now_ns() - start;
    taken->first = first > 0 ? first - start : taken->total;
    const int64_t peak = before >= 0 ? memory_of("VmHWM:") : -1;
    taken->peak = peak < before ? -1 : peak - before;
    taken->threads = job.threads;
    taken->restarts = job.restarts;
    for (int i = 0; i < run->count; i++)
        tri_thumbnail_drop(&run->pictures[i]);
    tri_thumbnail_tools_close(&tools);
    return status == TRI_OK ? tri_patterns_check(run, entry->name, error) : status;
}

static enum tri_status take_round(struct tri_patterns_run *run, struct tri_pattern_row *row,
                                  struct tri_error *error)
{
    struct taken taken;
    const enum tri_status status = take(run, row->entry, &taken, error);

    if (status != TRI_OK)
        return status;
    row->first[row->count] = taken.first;
    row->memory[row->count] = taken.peak;
    row->total[row->count++] = taken.total;
    row->peak = taken.peak > row->peak ? taken.peak : row->peak;
    row->threads = taken.threads;
    row->restarts = taken.restarts;
    return TRI_OK;
}

/* ---- all runs ---- */

static enum tri_status record(struct tri_patterns_run *run, struct tri_pattern_row *row,
                              struct tri_error *error)
{
    struct tri_trace_summary summary;
    struct taken taken;

    if (tri_tracing()) { /* --trace has it */
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_OTHER, row->entry->name);
        const enum tri_status status = take(run, row->entry, &taken, error);
        tri_trace_end(mark);
        return status;
    }
    row->timeline = tri_timeline_new(BLOCKS_MOST);
    if (row->timeline == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    const struct tri_trace_reader reader = tri_timeline_reader(row->timeline);
    enum tri_status status = tri_trace_start(&reader, 1, error);
    if (status != TRI_OK)
        return status;
    status = take(run, row->entry, &taken, error);
    tri_trace_stop(&summary);
    return status == TRI_OK ? tri_timeline_finish(row->timeline, &summary, error) : status;
}

static void choose_rows(struct tri_patterns_run *run)
{
    const struct tri_pattern_entry *only = run->settings.only;

    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        if (run->row_count < TRI_PATTERNS_MAX &&
            (only == NULL || entry == only || entry == tri_patterns)) {
            run->rows[run->row_count++] = (struct tri_pattern_row){
                .entry = entry, .peak = -1, .lines = tri_pattern_lines(entry->source)};
        }
}

/* The first run of each: what the first pattern makes, all others must. Returns how many rounds fit
 * the budget. */
static enum tri_status warm_up(struct tri_patterns_run *run, int *rounds, struct tri_error *error)
{
    struct taken ignored;
    enum tri_status status = TRI_OK;
    const int64_t start = tri_now_ns();

    for (int i = 0; i < run->row_count && status == TRI_OK; i++)
        if (run->rows[i].entry->pattern != NULL)
            status = take(run, run->rows[i].entry, &ignored, error);
    const double fit = BUDGET_NS / (double)(tri_now_ns() - start);
    *rounds = run->settings.quick || fit < ROUNDS_LEAST ? ROUNDS_LEAST
              : fit > ROUNDS_MOST                       ? ROUNDS_MOST
                                                        : (int)fit;
    return status;
}

/* A B C, then C B A: a slow drift affects all equally. */
static enum tri_status take_turns(struct tri_patterns_run *run, int rounds, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < run->row_count && status == TRI_OK; i++) {
            struct tri_pattern_row *row = &run->rows[round % 2 ? run->row_count - 1 - i : i];
            if (row->entry->pattern != NULL)
                status = take_round(run, row, error);
        }
    return status;
}

enum tri_status tri_patterns_compare(const struct tri_patterns_settings *settings,
                                     struct tri_patterns_run *run, struct tri_error *error)
{
    int rounds = 0;

    *run = (struct tri_patterns_run){.settings = *settings};
    choose_rows(run);
    enum tri_status status = tri_patterns_prepare(run, error);
    if (status == TRI_OK)
        status = warm_up(run, &rounds, error);
    if (status == TRI_OK)
        status = take_turns(run, rounds, error);
    for (int i = 0; i < run->row_count && status == TRI_OK; i++) {
        struct tri_pattern_row *row = &run->rows[i];
        row->first_time = tri_summarize(row->first, row->count);
        row->total_time = tri_summarize(row->total, row->count);
        if (row->entry->pattern != NULL)
            status = record(run, row, error);
    }
    return status;
}

void tri_patterns_free(struct tri_patterns_run *run)
{
    for (int i = 0; i < run->row_count; i++)
        tri_timeline_free(run->rows[i].timeline);
    tri_patterns_clear(run);
    *run = (struct tri_patterns_run){0};
}

/* ---- comparing ---- */

const struct tri_pattern_row *tri_pattern_row(const struct tri_patterns_run *run, const char *name)
{
    for (int i = 0; i < run->row_count; i++)
        if (strcmp(run->rows[i].entry->name, name) == 0)
            return &run->rows[i];
    return NULL;
}

struct tri_interval tri_pattern_faster(const struct tri_pattern_row *row,
                                       const struct tri_pattern_row *than)
{
    const struct tri_interval unknown = {(double)NAN, (double)NAN, (double)NAN};
    double over_variance, under_variance;

    if (row == NULL || than == NULL || row->count == 0 || than->count == 0)
        return unknown;
    const double over = tri_log_median(than->total, than->count, &over_variance),
                 under = tri_log_median(row->total, row->count, &under_variance);
    if (isnan(over) || isnan(under))
        return unknown;
    const struct tri_estimate ratio =
        tri_estimate_ratio(over, over_variance, than->count, under, under_variance, row->count);
    return tri_estimate_interval(&ratio, tri_student(0.05, ratio.freedom));
}
