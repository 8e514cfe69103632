/* patterns_print.c -- how the patterns compare: a table and timelines, and the same as JSON. */
#include "lab/lab.h"
#include "lab/patterns.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { NAME_WIDTH = 14 };

/* ---- text ---- */

static void put_time(FILE *file, int64_t ns)
{
    const double ms = (double)ns / 1e6;

    fprintf(file, " %7.*f ms", ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0, ms);
}

static void put_peak(FILE *file, int64_t bytes)
{
    if (bytes < 0)
        fprintf(file, " %9s", "-");
    else
        fprintf(file, " %6.1f MB", (double)bytes / 1e6);
}

/* Compared with the first row, which is sequential. */
static void put_speed(FILE *file, const struct tri_pattern_row *row,
                      const struct tri_pattern_row *base)
{
    const struct tri_interval faster = tri_pattern_faster(row, base);

    if (row == base || isnan(faster.ratio))
        fprintf(file, " %6s %-14s", row == base ? "1.00x" : "-", "");
    else
        fprintf(file, " %5.2fx %5.2f to %-5.2f", faster.ratio, faster.low, faster.high);
}

static void put_row(FILE *file, const struct tri_patterns_run *run,
                    const struct tri_pattern_row *row)
{
    fprintf(file, "%-*s", NAME_WIDTH, row->entry->name);
    if (row->entry->pattern == NULL) {
        fprintf(file, " not built in: install %s and build triptych again\n", row->entry->package);
        return;
    }
    put_time(file, row->first_time.median);
    put_time(file, row->total_time.median);
    put_speed(file, row, &run->rows[0]);
    put_peak(file, row->peak);
    fprintf(file, " %7d %6d\n", row->threads, row->lines);
}

static void put_table(FILE *file, const struct tri_patterns_run *run)
{
    fprintf(file, "%-*s %10s %10s %6s %-14s %9s %7s %6s\n", NAME_WIDTH, "", "first", "total",
            "speed", "95 % within", "memory", "threads", "lines");
    for (int i = 0; i < run->row_count; i++)
        put_row(file, run, &run->rows[i]);
}

static void put_intro(FILE *file, const struct tri_patterns_run *run, int columns)
{
    fprintf(file, "%d picture%s (%.1f MB), %d worker%s, median of %d rounds in turns.\n",
            run->count, run->count == 1 ? "" : "s", (double)run->bytes / 1e6, run->settings.workers,
            run->settings.workers == 1 ? "" : "s", run->rows[0].count);
    fprintf(file,
            "Each is read, decoded, shrunk to %d columns, filtered by %s, encoded,%cwritten.\n",
            TRI_THUMBNAIL_WIDTH, TRI_THUMBNAIL_FILTER, columns < 74 ? '\n' : ' ');
    fputs("Time to the first file and to the last; the most memory at a time; lines of code.\n\n",
          file);
}

/* What follows from the table, if rows can be compared. */
static void put_findings(FILE *file, const struct tri_patterns_run *run, int columns)
{
    char text[TRI_PATTERN_TEXT_MAX];

    if (!tri_pattern_say_gain(run, text))
        return;
    fputc('\n', file);
    tri_lab_print_text(file, "speed", text, columns);
    for (int merit = 0; merit < TRI_PATTERN_MERITS; merit++)
        if (tri_pattern_say(run, merit, text))
            tri_lab_print_text(file, tri_pattern_merit_name(merit), text, columns);
}

void tri_patterns_print(FILE *file, const struct tri_patterns_run *run, int columns, bool colours)
{
    put_intro(file, run, columns);
    put_table(file, run);
    put_findings(file, run, columns);
    if (run->failures > 0)
        fprintf(file,
                "\n%d of %d pictures failed, in all patterns alike; the others are complete.\n",
                run->failures, run->count);
    else
        fputs("\nAll wrote the same bytes.\n", file);
    for (int i = 0; i < run->row_count; i++) {
        const struct tri_pattern_row *row = &run->rows[i];
        if (row->timeline == NULL)
            continue;
        fprintf(file, "\n%s: %s\n\n", row->entry->name, row->entry->pattern->structure);
        tri_timeline_print(file, row->timeline, columns, colours);
    }
}

/* ---- JSON ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *samples_json(const int64_t *samples, int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_integer(samples[i]));
    return array;
}

static json_t *compared_json(const struct tri_pattern_row *row, const struct tri_pattern_row *than)
{
    const struct tri_interval faster = tri_pattern_faster(row, than);
    json_t *object = json_object();

    json_object_set_new(object, "speed", number(faster.ratio));
    json_object_set_new(object, "low", number(faster.low));
    json_object_set_new(object, "high", number(faster.high));
    return object;
}

static json_t *row_json(const struct tri_patterns_run *run, const struct tri_pattern_row *row)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(row->entry->name));
    json_object_set_new(object, "lines", json_integer(row->lines));
    if (row->entry->pattern == NULL) {
        json_object_set_new(object, "missing", json_string(row->entry->package));
        return object;
    }
    json_object_set_new(object, "threads", json_integer(row->threads));
    json_object_set_new(object, "restarts", json_integer(row->restarts));
    json_object_set_new(object, "first_ns", json_integer(row->first_time.median));
    json_object_set_new(object, "total_ns", json_integer(row->total_time.median));
    json_object_set_new(object, "peak_bytes",
                        row->peak < 0 ? json_null() : json_integer(row->peak));
    json_object_set_new(object, "over_sequential",
                        compared_json(row, tri_pattern_row(run, "sequential")));
    json_object_set_new(object, "over_engine", compared_json(row, tri_pattern_row(run, "engine")));
    json_object_set_new(object, "first_samples_ns", samples_json(row->first, row->count));
    json_object_set_new(object, "samples_ns", samples_json(row->total, row->count));
    json_object_set_new(object, "peak_samples_bytes", samples_json(row->memory, row->count));
    return object;
}

static json_t *names_json(const struct tri_patterns_run *run, const struct tri_pattern_best *best)
{
    json_t *names = json_array();

    for (int i = 0; i < best->count; i++)
        json_array_append_new(names, json_string(run->rows[best->rows[i]].entry->name));
    return names;
}

/* `best`: one that is told from all others, or several that are too close; `of_others`: without the
 * first row. */
static json_t *findings_json(const struct tri_patterns_run *run)
{
    json_t *findings = json_object();
    char text[TRI_PATTERN_TEXT_MAX];

    if (tri_pattern_say_gain(run, text)) {
        const struct tri_pattern_gain gain = tri_pattern_gain(run);
        json_object_set_new(findings, "speed",
                            json_pack("{s:s, s:i, s:i, s:i}", "text", text, "faster", gain.faster,
                                      "slower", gain.slower, "unclear", gain.unclear));
    }
    for (int merit = 0; merit < TRI_PATTERN_MERITS; merit++) {
        const struct tri_pattern_best best = tri_pattern_best(run, merit, 0),
                                      others = tri_pattern_best(run, merit, 1);
        if (tri_pattern_say(run, merit, text))
            json_object_set_new(findings, tri_pattern_merit_name(merit),
                                json_pack("{s:s, s:o, s:o}", "text", text, "best",
                                          names_json(run, &best), "of_others",
                                          names_json(run, &others)));
    }
    return findings;
}

json_t *tri_patterns_json(const struct tri_patterns_run *run)
{
    json_t *object = json_object(), *rows = json_array();

    for (int i = 0; i < run->row_count; i++)
        json_array_append_new(rows, row_json(run, &run->rows[i]));
    json_object_set_new(object, "pictures", json_integer(run->count));
    json_object_set_new(object, "failed", json_integer(run->failures));
    json_object_set_new(object, "bytes", json_integer(run->bytes));
    json_object_set_new(object, "workers", json_integer(run->settings.workers));
    json_object_set_new(object, "patterns", rows);
    json_object_set_new(object, "findings", findings_json(run));
    return object;
}
