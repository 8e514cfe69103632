/* patterns_best.c -- which pattern is best at what, as far as the samples of a run can tell. */
#include "lab/patterns.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* ---- what is compared ---- */

static const struct merit {
    const char *name;  /* as the table's column */
    const char *best;  /* of one that is told from all others; then its figure comes */
    const char *which; /* of several that are too close */
} merits[TRI_PATTERN_MERITS] = {
    [TRI_PATTERN_FIRST] = {"first", "is the first to answer, after", "answers first"},
    [TRI_PATTERN_TOTAL] = {"total", "ends first, after", "ends first"},
    [TRI_PATTERN_MEMORY] = {"memory", "needs the least memory,", "needs the least memory"},
    [TRI_PATTERN_LINES] = {"lines", "is the shortest, with", "is the shortest"}};

const char *tri_pattern_merit_name(enum tri_pattern_merit merit)
{
    return merits[merit].name;
}

/* Returns how many samples there are; one stands for a figure that does not vary. */
static int samples_of(const struct tri_pattern_row *row, enum tri_pattern_merit merit,
                      int64_t samples[TRI_PATTERN_ROUNDS_MAX])
{
    const int64_t *from = merit == TRI_PATTERN_FIRST   ? row->first
                          : merit == TRI_PATTERN_TOTAL ? row->total
                                                       : row->memory;

    if (row->count == 0)
        return 0;
    samples[0] = row->lines;
    for (int i = 0; i < row->count && merit != TRI_PATTERN_LINES; i++) {
        if (from[i] < 0)
            return 0;
        samples[i] = from[i] > 0 ? from[i] : 1; /* ratios need more than nothing */
    }
    return merit == TRI_PATTERN_LINES ? 1 : row->count;
}

/* NAN: unknown. */
static double median_of(const struct tri_pattern_row *row, enum tri_pattern_merit merit)
{
    int64_t samples[TRI_PATTERN_ROUNDS_MAX];
    const int count = samples_of(row, merit, samples);

    return count > 0 ? (double)tri_summarize(samples, count).median : (double)NAN;
}

/* How many times as much a row takes as another, with a 95 % interval. */
static struct tri_interval ratio_of(const struct tri_pattern_row *row,
                                    const struct tri_pattern_row *than,
                                    enum tri_pattern_merit merit)
{
    int64_t over[TRI_PATTERN_ROUNDS_MAX], under[TRI_PATTERN_ROUNDS_MAX];
    const int over_count = samples_of(row, merit, over),
              under_count = samples_of(than, merit, under);
    double over_variance, under_variance;

    if (merit == TRI_PATTERN_LINES) {
        const double exact = (double)row->lines / than->lines;
        return (struct tri_interval){exact, exact, exact};
    }
    const double over_log = tri_log_median(over, over_count, &over_variance),
                 under_log = tri_log_median(under, under_count, &under_variance);
    const struct tri_estimate ratio = tri_estimate_ratio(over_log, over_variance, over_count,
                                                         under_log, under_variance, under_count);
    return tri_estimate_interval(&ratio, tri_student(0.05, ratio.freedom));
}

/* ---- the best ---- */

/* The row with the smallest median; -1: none is known. Returns how many are known. */
static int find_least(const struct tri_patterns_run *run, enum tri_pattern_merit merit, int from,
                      int *least)
{
    int known = 0;

    *least = -1;
    for (int i = from; i < run->row_count; i++) {
        const double median = median_of(&run->rows[i], merit);
        if (isnan(median))
            continue;
        known++;
        if (*least < 0 || median < median_of(&run->rows[*least], merit))
            *least = i;
    }
    return known;
}

struct tri_pattern_best tri_pattern_best(const struct tri_patterns_run *run,
                                         enum tri_pattern_merit merit, int from)
{
    struct tri_pattern_best best = {.count = 0};
    int least;

    best.among = find_least(run, merit, from, &least);
    if (best.among < 2)
        return best;
    best.rows[best.count++] = least;
    for (int i = from; i < run->row_count; i++)
        if (i != least && !isnan(median_of(&run->rows[i], merit)) &&
            !(ratio_of(&run->rows[i], &run->rows[least], merit).low > 1))
            best.rows[best.count++] = i;
    return best;
}

/* ---- in words ---- */

struct words {
    char *text;
    size_t used, size;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *words, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length =
        vsnprintf(words->text + words->used, words->size - words->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->used = words->used + (size_t)length < words->size ? words->used + (size_t)length
                                                                 : words->size - 1;
}

static void add_figure(struct words *words, enum tri_pattern_merit merit, double figure)
{
    const double scaled = figure / 1e6; /* ms, or MB */

    if (merit == TRI_PATTERN_LINES)
        add(words, "%.0f lines", figure);
    else
        add(words, "%.*f %s",
            scaled < 9.995   ? 2
            : scaled < 99.95 ? 1
                             : 0,
            scaled, merit == TRI_PATTERN_MEMORY ? "MB" : "ms");
}

static void add_names(struct words *words, const struct tri_patterns_run *run,
                      const struct tri_pattern_best *best)
{
    for (int i = 0; i < best->count; i++)
        add(words, "%s%s",
            i == 0                 ? ""
            : i + 1 == best->count ? " and "
                                   : ", ",
            run->rows[best->rows[i]].entry->name);
}

static void add_best(struct words *words, const struct tri_patterns_run *run,
                     enum tri_pattern_merit merit, const struct tri_pattern_best *best)
{
    if (best->count > 2 && best->count == best->among && merit != TRI_PATTERN_LINES) {
        add(words, "cannot tell which %s: all are too close", merits[merit].which);
    } else if (best->count == 1) {
        const struct tri_pattern_row *row = &run->rows[best->rows[0]];
        add(words, "%s %s ", row->entry->name, merits[merit].best);
        add_figure(words, merit, median_of(row, merit));
    } else if (merit == TRI_PATTERN_LINES) {
        add_names(words, run, best);
        add(words, " are equally short, with ");
        add_figure(words, merit, median_of(&run->rows[best->rows[0]], merit));
    } else {
        add(words, "cannot tell which %s: ", merits[merit].which);
        add_names(words, run, best);
        add(words, " are too close");
    }
}

bool tri_pattern_say(const struct tri_patterns_run *run, enum tri_pattern_merit merit,
                     char text[TRI_PATTERN_TEXT_MAX])
{
    struct words words = {.text = text, .size = TRI_PATTERN_TEXT_MAX};
    const struct tri_pattern_best best = tri_pattern_best(run, merit, 0);

    text[0] = '\0';
    if (best.count == 0)
        return false;
    add_best(&words, run, merit, &best);
    const struct tri_pattern_best others = tri_pattern_best(run, merit, 1);
    if (best.count == 1 && best.rows[0] == 0 && others.count > 0) {
        add(&words, "; of the others, ");
        add_best(&words, run, merit, &others);
    }
    add(&words, ".");
    return true;
}

/* ---- against the first row, which is sequential ---- */

struct tri_pattern_gain tri_pattern_gain(const struct tri_patterns_run *run)
{
    struct tri_pattern_gain gain = {0, 0, 0};

    for (int i = 1; i < run->row_count; i++) {
        const struct tri_interval faster = tri_pattern_faster(&run->rows[i], &run->rows[0]);
        gain.faster += faster.low > 1;
        gain.slower += faster.high < 1;
        gain.unclear += faster.low <= 1 && faster.high >= 1;
    }
    return gain;
}

bool tri_pattern_say_gain(const struct tri_patterns_run *run, char text[TRI_PATTERN_TEXT_MAX])
{
    struct words words = {.text = text, .size = TRI_PATTERN_TEXT_MAX};
    const struct tri_pattern_gain gain = tri_pattern_gain(run);
    const int all = gain.faster + gain.slower + gain.unclear;

    text[0] = '\0';
    if (all == 0)
        return false;
    const char *sequential = run->rows[0].entry->name;
    if (all == 1)
        add(&words,
            gain.faster   ? "%s is faster than %s."
            : gain.slower ? "%s is slower than %s."
                          : "cannot tell whether %s is faster than %s.",
            run->rows[1].entry->name, sequential);
    else
        add(&words, "faster than %s: %d of %d patterns; slower: %d; cannot be told: %d.",
            sequential, gain.faster, all, gain.slower, gain.unclear);
    return true;
}
