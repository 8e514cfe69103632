/* lab_print.c -- an experiment in text: what it claims and runs, the rows, what they show. */
#include "lab/lab.h"

#include <math.h>
#include <string.h>

enum { INDENT = 10 };

const char *const tri_lab_verdict_words[] = {
    [TRI_LAB_SHOWN] = "shown", [TRI_LAB_REFUTED] = "not so", [TRI_LAB_UNCLEAR] = "unclear"};

/* ---- text that is wrapped ---- */

/* Returns the bytes of the next line: up to the last blank that fits. */
static size_t next_line(const char *text, size_t width)
{
    size_t fits = 0;

    for (size_t at = 0; at <= width; at++) {
        if (text[at] == ' ' || text[at] == '\0')
            fits = at;
        if (text[at] == '\0')
            break;
    }
    return fits > 0 ? fits : strcspn(text, " ");
}

void tri_lab_print_text(FILE *file, const char *margin, const char *text, int columns)
{
    const size_t width = (size_t)(columns > INDENT + 20 ? columns - INDENT : 20);

    while (*text != '\0') {
        const size_t length = next_line(text, width);
        fprintf(file, "%-*s%.*s\n", INDENT, margin, (int)length, text);
        text += length;
        text += *text == ' ';
        margin = "";
    }
}

void tri_lab_print_intro(FILE *file, const struct tri_lab_experiment *experiment, int columns)
{
    fprintf(file, "%s\n\n", experiment->name);
    tri_lab_print_text(file, "claim", experiment->claim, columns);
    tri_lab_print_text(file, "run", experiment->plan, columns);
}

/* ---- rows ---- */

static void put_time(FILE *file, double ns)
{
    static const struct {
        double scale;
        const char *unit;
    } units[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};
    int unit = 0;

    while (unit < 3 && ns >= 1000 * units[unit].scale)
        unit++;
    const double value = ns / units[unit].scale;
    fprintf(file, " %7.*f %-2s",
            value < 9.995   ? 2
            : value < 99.95 ? 1
                            : 0,
            value, units[unit].unit);
}

static void put_speed(FILE *file, const struct tri_lab_run *run, const struct tri_lab_row *row)
{
    const struct tri_lab_row *base = &run->rows[row->base];
    const struct tri_interval faster = tri_lab_faster(row, base);

    if (row == base)
        fputs("    1.00x", file);
    else
        fprintf(file, " %7.*fx  %.3g to %.3g", faster.ratio < 9.995 ? 2 : 1, faster.ratio,
                faster.low, faster.high);
}

static void put_row(FILE *file, const struct tri_lab_run *run, const struct tri_lab_row *row,
                    int width)
{
    fprintf(file, "  %-*s", width, row->name);
    if (row->skipped[0]) {
        fprintf(file, "  not run: %s\n", row->skipped);
        return;
    }
    put_time(file, (double)row->time.median);
    put_speed(file, run, row);
    const char *between = row == &run->rows[row->base] ? "  " : ", ";
    if (row->unit != NULL)
        fprintf(file, "%s%.*g %s", between, row->value >= 1e5 ? 9 : 3, row->value, row->unit);
    for (int i = 0; i < row->figure_count; i++)
        fprintf(file, "%s%s %s", i == 0 && row->unit == NULL ? between : ", ",
                tri_lab_number(row->figures[i].value.ratio).text, row->figures[i].unit);
    fputc('\n', file);
}

static void put_rows(FILE *file, const struct tri_lab_run *run)
{
    int width = 0;

    for (int i = 0; i < run->row_count; i++) {
        const int length = (int)strlen(run->rows[i].name);
        width = length > width ? length : width;
    }
    fprintf(file, "  %-*s %10s %8s  95 %% within\n", width, "", "median", "speed");
    for (int i = 0; i < run->row_count; i++)
        put_row(file, run, &run->rows[i], width);
}

static void put_cores(FILE *file, const struct tri_lab_run *run, int columns, bool colours)
{
    if (run->by_core->lane_count == 0) {
        fputs("\nThe system does not tell which core ran what.\n", file);
        return;
    }
    fputs("\nThe same by core:\n\n", file);
    tri_timeline_print_lanes(file, run->by_core, columns, colours);
}

/* ---- the whole ---- */

void tri_lab_print(FILE *file, const struct tri_lab_run *run, int columns, bool colours)
{
    fputc('\n', file);
    put_rows(file, run);
    if (run->timeline != NULL) {
        fputs("\nOne run of each, one after another:\n\n", file);
        tri_timeline_print(file, run->timeline, columns, colours);
    }
    if (run->by_core != NULL)
        put_cores(file, run, columns, colours);
    fputc('\n', file);
    for (int i = 0; i < run->finding_count; i++)
        tri_lab_print_text(file, tri_lab_verdict_words[run->findings[i].verdict],
                           run->findings[i].text, columns);
    if (tri_lab_was_busy(run))
        tri_lab_print_text(file, "note", TRI_LAB_BUSY, columns);
    tri_lab_print_text(file, "try next", run->experiment->next, columns);
}
