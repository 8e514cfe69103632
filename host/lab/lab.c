/* lab.c -- the experiments, and how one is run: its rows take turns, then each is recorded once. */
#include "lab/lab.h"

#include "parallel/cpu.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXPERIMENT(id) extern const struct tri_lab_experiment tri_lab_experiment_##id;
#include "experiments.h"
#undef EXPERIMENT

const struct tri_lab_experiment *const tri_lab_experiments[] = {
#define EXPERIMENT(id) &tri_lab_experiment_##id,
#include "experiments.h"
#undef EXPERIMENT
    NULL};

/* Of all rows of an experiment together. */
#define BUDGET_NS 6000000000.0
#define BUDGET_QUICK_NS 2000000000.0
#define LONGEST 2.5 /* times the budget, for intervals that are narrow enough */
enum { ROUNDS_LEAST = 8, ROUNDS_MOST = 400, EXTENSIONS = 3, BLOCKS_MOST = 1 << 16 };

const struct tri_lab_experiment *tri_lab_find(const char *name)
{
    for (int i = 0; tri_lab_experiments[i] != NULL; i++)
        if (strcmp(tri_lab_experiments[i]->name, name) == 0)
            return tri_lab_experiments[i];
    return NULL;
}

/* ---- rows ---- */

struct tri_lab_row *tri_lab_add(struct tri_lab_run *run, void (*work)(void *argument),
                                void *argument, int workers, const char *name, ...)
{
    struct tri_lab_row *row = &run->rows[run->row_count];
    va_list arguments;

    if (run->row_count == TRI_LAB_ROWS_MAX)
        abort(); /* the experiment is wrong, whatever the machine */
    run->row_count++;
    *row = (struct tri_lab_row){.work = work, .argument = argument, .workers = workers};
    va_start(arguments, name);
    vsnprintf(row->name, sizeof row->name, name, arguments);
    va_end(arguments);
    return row;
}

struct tri_lab_row *tri_lab_add_part(struct tri_lab_run *run, int64_t (*part)(void *argument),
                                     const char *name)
{
    int whole = run->row_count - 1;

    while (run->rows[whole].part != NULL)
        whole--;
    struct tri_lab_row *row =
        tri_lab_add(run, NULL, run->rows[whole].argument, run->rows[whole].workers, "%s, %s",
                    run->rows[whole].name, name);

    row->part = part;
    return row;
}

void tri_lab_add_figure(struct tri_lab_row *row, struct tri_interval (*read)(void *argument),
                        const char *unit)
{
    if (row->figure_count == TRI_LAB_FIGURES_MAX)
        abort();
    row->figures[row->figure_count++] = (struct tri_lab_figure){.read = read, .unit = unit};
}

void tri_lab_skip(struct tri_lab_row *row, const char *why, ...)
{
    va_list arguments;

    va_start(arguments, why);
    const int length = vsnprintf(row->skipped, sizeof row->skipped, why, arguments);
    va_end(arguments);
    if (length >= (int)sizeof row->skipped)
        strcpy(row->skipped + sizeof row->skipped - sizeof "...", "...");
}

const struct tri_lab_row *tri_lab_row(const struct tri_lab_run *run, const char *name)
{
    for (int i = 0; i < run->row_count; i++)
        if (strcmp(run->rows[i].name, name) == 0)
            return run->rows[i].count > 0 ? &run->rows[i] : NULL;
    return NULL;
}

struct tri_interval tri_lab_faster(const struct tri_lab_row *row, const struct tri_lab_row *than)
{
    struct tri_interval unknown = {(double)NAN, (double)NAN, (double)NAN};

    if (row == NULL || than == NULL || row->count == 0 || than->count == 0)
        return unknown;
    double over_variance, under_variance;
    const double over = tri_log_median(than->samples, than->count, &over_variance),
                 under = tri_log_median(row->samples, row->count, &under_variance);
    if (isnan(over) || isnan(under))
        return unknown;
    const struct tri_estimate ratio =
        tri_estimate_ratio(over, over_variance, than->count, under, under_variance, row->count);
    return tri_estimate_interval(&ratio, tri_student(0.05, ratio.freedom));
}

bool tri_lab_was_busy(const struct tri_lab_run *run)
{
    return run->others > 0.1 * run->cores;
}

enum tri_lab_verdict tri_lab_above(const struct tri_lab_run *run,
                                   const struct tri_interval *interval, double limit)
{
    if (interval->low > limit)
        return TRI_LAB_SHOWN;
    /* NAN is unclear. */
    return interval->high < limit && !tri_lab_was_busy(run) ? TRI_LAB_REFUTED : TRI_LAB_UNCLEAR;
}

enum tri_lab_verdict tri_lab_within(const struct tri_lab_run *run,
                                    const struct tri_interval *interval, double low, double high)
{
    if (interval->low > low && interval->high < high)
        return TRI_LAB_SHOWN;
    return (interval->high < low || interval->low > high) && !tri_lab_was_busy(run)
               ? TRI_LAB_REFUTED
               : TRI_LAB_UNCLEAR;
}

struct tri_lab_text tri_lab_words(const struct tri_interval *interval)
{
    struct tri_lab_text words;

    if (isnan(interval->ratio))
        snprintf(words.text, sizeof words.text, "an unknown number of");
    else
        snprintf(words.text, sizeof words.text, "%.3g (%.3g to %.3g)", interval->ratio,
                 interval->low, interval->high);
    return words;
}

struct tri_lab_text tri_lab_number(double value)
{
    struct tri_lab_text words;

    if (fabs(value) >= 1000)
        snprintf(words.text, sizeof words.text, "%.0f", value);
    else
        snprintf(words.text, sizeof words.text, "%.3g", value);
    return words;
}

void tri_lab_say(struct tri_lab_run *run, enum tri_lab_verdict verdict, const char *format, ...)
{
    struct tri_lab_finding *finding = &run->findings[run->finding_count];
    va_list arguments;

    if (run->finding_count == TRI_LAB_FINDINGS_MAX)
        abort();
    run->finding_count++;
    finding->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
}

void tri_lab_say_unmeasured(struct tri_lab_run *run)
{
    const char *why = run->row_count > 0 ? run->rows[0].skipped : "";

    tri_lab_say(run, TRI_LAB_UNCLEAR, "Nothing was measured%s%s", why[0] != '\0' ? ": " : ".", why);
}

void tri_lab_answer(struct tri_lab_run *run, int answer)
{
    run->answer = answer;
}

/* ---- failures ---- */

/* The first failure of any row: rows have no place for it, and may run on several threads. */
static struct {
    pthread_mutex_t lock;
    enum tri_status status;
    struct tri_error error;
} failure = {.lock = PTHREAD_MUTEX_INITIALIZER};

void tri_lab_row_failed(enum tri_status status, const struct tri_error *error)
{
    pthread_mutex_lock(&failure.lock);
    if (failure.status == TRI_OK) {
        failure.status = status;
        failure.error = *error;
    }
    pthread_mutex_unlock(&failure.lock);
}

/* Threads that a run ends only when it closes may fail after its failure was told. */
static void forget_failure(void)
{
    pthread_mutex_lock(&failure.lock);
    failure.status = TRI_OK;
    pthread_mutex_unlock(&failure.lock);
}

static enum tri_status failed_row(struct tri_error *error)
{
    pthread_mutex_lock(&failure.lock);
    const enum tri_status status = failure.status;
    if (status != TRI_OK)
        *error = failure.error;
    failure.status = TRI_OK;
    pthread_mutex_unlock(&failure.lock);
    return status;
}

/* ---- measuring ---- */

static int64_t run_once(const struct tri_lab_row *row)
{
    const int64_t start = tri_now_ns();

    row->work(row->argument);
    return tri_now_ns() - start;
}

/* Whether it is run and timed by itself. */
static bool runs(const struct tri_lab_row *row)
{
    return row->work != NULL && !row->skipped[0];
}

/* Runs a row and takes its time, and those of its parts, the rows after it. */
static void sample(struct tri_lab_run *run, int number)
{
    struct tri_lab_row *row = &run->rows[number];

    row->samples[row->count++] = run_once(row);
    for (int i = number + 1; i < run->row_count && run->rows[i].part != NULL; i++) {
        struct tri_lab_row *part = &run->rows[i];
        part->samples[part->count++] = part->part(part->argument);
    }
}

static double budget(const struct tri_lab_run *run)
{
    return run->settings.quick ? BUDGET_QUICK_NS : BUDGET_NS;
}

/* Runs each row twice, to let clocks and caches settle. Returns how many rounds fit the budget. */
static int warm_up(struct tri_lab_run *run)
{
    int64_t round = 0;

    for (int i = 0; i < run->row_count; i++) {
        if (!runs(&run->rows[i]))
            continue;
        run_once(&run->rows[i]);
        round += run_once(&run->rows[i]);
    }
    const double fits = budget(run) / (double)(round > 0 ? round : 1);
    return fits < ROUNDS_LEAST ? ROUNDS_LEAST : fits > ROUNDS_MOST ? ROUNDS_MOST : (int)fits;
}

/* A B C, then C B A: a slow drift affects all equally. */
static void run_rounds(struct tri_lab_run *run, int from, int to)
{
    for (int round = from; round < to; round++)
        for (int i = 0; i < run->row_count; i++) {
            const int number = round % 2 ? run->row_count - 1 - i : i;
            if (runs(&run->rows[number]))
                sample(run, number);
        }
}

/* Whether the intervals of all speeds are as narrow as the experiment needs them. */
static bool is_precise(const struct tri_lab_run *run)
{
    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i], *base = &run->rows[row->base];
        const struct tri_interval speed = tri_lab_faster(row, base);
        if (row != base && !isnan(speed.ratio) &&
            speed.high - speed.low > 2 * run->experiment->precision * speed.ratio)
            return false;
    }
    return true;
}

static void summarize(struct tri_lab_row *row)
{
    row->time = tri_summarize(row->samples, row->count);
    if (row->count == 0)
        return;
    if (row->figure != NULL)
        row->value = row->figure(row->argument);
    for (int i = 0; i < row->figure_count; i++)
        row->figures[i].value = row->figures[i].read(row->argument);
}

static enum tri_status measure(struct tri_lab_run *run, struct tri_error *error)
{
    const int rounds = warm_up(run);
    const int most = run->experiment->precision > 0 ? EXTENSIONS * rounds : rounds;
    const int64_t start = tri_now_ns();

    for (int i = 0; i < run->row_count; i++) {
        run->rows[i].samples = calloc((size_t)most, sizeof *run->rows[i].samples);
        if (run->rows[i].samples == NULL)
            return tri_fail(error, TRI_FAILED, "out of memory for samples");
    }
    run_rounds(run, 0, rounds);
    for (int done = rounds;
         done < most && !is_precise(run) && (double)(tri_now_ns() - start) < LONGEST * budget(run);
         done++)
        run_rounds(run, done, done + 1);
    for (int i = 0; i < run->row_count; i++)
        summarize(&run->rows[i]);
    return TRI_OK;
}

static double cpu_time_of(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* CPU time of all processes of the machine, and of this one, in seconds; false: unknown. */
static bool cpu_times(double *all, double *own)
{
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long user, nice, system, idle, io, irq, soft, steal;
    struct rusage usage, children; /* children: that have ended, as those of `deadlock` */

    if (file == NULL)
        return false;
    const int fields = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
                              &system, &idle, &io, &irq, &soft, &steal);
    fclose(file);
    if (fields != 8 || getrusage(RUSAGE_SELF, &usage) != 0 ||
        getrusage(RUSAGE_CHILDREN, &children) != 0)
        return false;
    *all = (double)(user + nice + system + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK);
    *own = cpu_time_of(&usage) + cpu_time_of(&children);
    return true;
}

/* Also finds out whether others were using the cores. */
static enum tri_status measure_watched(struct tri_lab_run *run, struct tri_error *error)
{
    double all, own, all_after, own_after;
    const bool known = cpu_times(&all, &own);
    const int64_t start = tri_now_ns();
    const enum tri_status status = measure(run, error);
    const double seconds = (double)(tri_now_ns() - start) / 1e9;

    if (known && cpu_times(&all_after, &own_after) && seconds > 0.1)
        run->others = fmax(0, (all_after - all - (own_after - own)) / seconds);
    return status;
}

/* One run of each row, as a span of its name. */
static void run_recorded(struct tri_lab_run *run)
{
    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i];
        if (!runs(row))
            continue;
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, tri_trace_text(row->name));
        row->work(row->argument);
        tri_trace_end(mark);
    }
}

static enum tri_status record(struct tri_lab_run *run, struct tri_error *error)
{
    struct tri_trace_summary summary;

    if (tri_tracing()) { /* --trace has it */
        run_recorded(run);
        return TRI_OK;
    }
    run->timeline = tri_timeline_new(BLOCKS_MOST);
    if (run->timeline == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    const struct tri_trace_reader reader = tri_timeline_reader(run->timeline);
    enum tri_status status = tri_trace_start(&reader, 1, error);
    if (status != TRI_OK)
        return status;
    run_recorded(run);
    tri_trace_stop(&summary);
    status = tri_timeline_finish(run->timeline, &summary, error);
    if (status == TRI_OK && run->experiment->cores)
        status = tri_timeline_by_core(run->timeline, &run->by_core, error);
    return status;
}

enum tri_status tri_lab_run(const struct tri_lab_experiment *experiment,
                            const struct tri_lab_settings *settings, struct tri_lab_run *run,
                            struct tri_error *error)
{
    *run = (struct tri_lab_run){.experiment = experiment,
                                .settings = *settings,
                                .cores = tri_cpu_workers(),
                                .others = -1,
                                .answer = -1};
    enum tri_status status = experiment->open(run, error);
    if (status == TRI_OK)
        status = measure_watched(run, error);
    if (status == TRI_OK)
        status = record(run, error);
    if (status == TRI_OK)
        status = failed_row(error);
    if (status == TRI_OK)
        experiment->conclude(run);
    if (experiment->close != NULL)
        experiment->close(run);
    forget_failure();
    run->context = NULL;
    return status;
}

void tri_lab_free(struct tri_lab_run *run)
{
    for (int i = 0; i < run->row_count; i++)
        free(run->rows[i].samples);
    tri_timeline_free(run->by_core);
    tri_timeline_free(run->timeline);
    *run = (struct tri_lab_run){0};
}
