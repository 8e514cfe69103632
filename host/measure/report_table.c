/* report_table.c -- the bench report for people: a table for the terminal, 100 columns wide, or
 * Markdown. */
#include "measure/device_timing.h"

#include <math.h>
#include <string.h>

enum {
    BACKEND,
    ISA,
    WORKERS,
    MEDIAN,
    INTERVAL,
    KERNEL,
    RATE,
    COPY,
    SCALAR,
    BEST,
    EFFICIENCY,
    KARP_FLATT,
    COLUMNS
};

/* Widths count characters on the screen, including the space before; heads have two lines. */
static const struct {
    int width;
    bool left;
    const char *upper, *lower, *whole;
} columns[COLUMNS] = {
    [BACKEND] = {14, true, "", "backend", "backend"},
    [ISA] = {10, true, "", "ISA", "ISA"},
    [WORKERS] = {6, false, "work-", "ers", "workers"},
    [MEDIAN] = {9, false, "median", "ms", "median ms"},
    [INTERVAL] = {8, false, "95 %", "within", "95 % within"},
    [KERNEL] = {9, false, "kernel", "ms", "kernel ms"},
    [RATE] = {8, false, "", "Mpix/s", "Mpix/s"},
    [COPY] = {8, false, "share", "of copy", "share of copy"},
    [SCALAR] = {9, false, "speed-up", "scalar", "speed-up over scalar"},
    [BEST] = {7, false, "over", "best", "over best sequential"},
    [EFFICIENCY] = {7, false, "effi-", "ciency", "efficiency"},
    [KARP_FLATT] = {7, false, "Karp-", "Flatt", "Karp-Flatt"},
};

enum { CELL = 260 };

/* Counts the characters of UTF-8 text on the screen. */
static int screen_width(const char *text)
{
    int width = 0;

    for (; *text; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

static void put_cell(FILE *file, const char *text, int column, bool markdown)
{
    int gap = columns[column].width - screen_width(text);

    if (markdown)
        fprintf(file, " %s |", text);
    else if (columns[column].left)
        fprintf(file, "%s%*s", text, gap > 1 ? gap : 1, "");
    else
        fprintf(file, "%*s%s", gap > 1 ? gap : 1, "", text);
}

/* At most four significant digits; measurements are no more precise. */
static void format_ms(char cell[CELL], int64_t ns)
{
    double ms = (double)ns / 1e6;

    snprintf(cell, CELL, "%.*f", ms < 10 ? 3 : ms < 100 ? 2 : ms < 1000 ? 1 : 0, ms);
}

static void format_number(char cell[CELL], double value, const char *unit)
{
    if (isfinite(value))
        snprintf(cell, CELL, "%.*f%s", value < 10 ? 2 : value < 100 ? 1 : 0, value, unit);
}

static void format_percent(char cell[CELL], double value)
{
    if (isfinite(value))
        snprintf(cell, CELL, "%.*f %%", fabs(value) < 0.0995 ? 1 : 0, value * 100);
}

static void format_row(const struct tri_bench_row *row, char cells[COLUMNS][CELL])
{
    const struct tri_summary *total = &row->total;

    for (int i = 0; i < COLUMNS; i++)
        strcpy(cells[i], "-");
    snprintf(cells[BACKEND], CELL, "%s", row->info->name);
    snprintf(cells[ISA], CELL, "%s", row->info->isa);
    snprintf(cells[WORKERS], CELL, "%d", row->info->workers);
    if (total->count == 0) {
        strcpy(cells[MEDIAN], row->failure[0] ? "FAILED" : "DIFFERS");
        return;
    }
    format_ms(cells[MEDIAN], total->median);
    if (total->low >= 0) {
        int64_t below = total->median - total->low, above = total->high - total->median;

        double share = (double)(below > above ? below : above) / (double)total->median;

        snprintf(cells[INTERVAL], CELL, "±%.*f %%", share < 0.0995 ? 1 : 0, share * 100);
    }
    if (row->info->opencl)
        format_ms(cells[KERNEL],
                  row->device.measured ? row->device.span.median : row->kernel.median);
    format_number(cells[RATE], row->mpix_per_s, "");
    format_percent(cells[COPY], row->copy_share);
    format_number(cells[SCALAR], row->speedup, "x");
    format_number(cells[BEST], row->speedup_best, "x");
    format_percent(cells[EFFICIENCY], row->efficiency);
    format_percent(cells[KARP_FLATT], row->karp_flatt);
}

static void put_heads(FILE *file, bool markdown, bool bold)
{
    if (markdown) {
        fputs("|", file);
        for (int i = 0; i < COLUMNS; i++)
            put_cell(file, columns[i].whole, i, true);
        fputs("\n|", file);
        for (int i = 0; i < COLUMNS; i++)
            fputs(columns[i].left ? "---|" : "--:|", file);
        fputs("\n", file);
        return;
    }
    for (int line = 0; line < 2; line++) {
        fputs(bold ? "\033[1m" : "", file);
        for (int i = 0; i < COLUMNS; i++)
            put_cell(file, line ? columns[i].lower : columns[i].upper, i, false);
        fputs(bold ? "\033[0m\n" : "\n", file);
    }
}

/* The scaling law of this row's family, below the table. */
static void put_scaling(FILE *file, const struct tri_bench_case *result, int index, bool markdown)
{
    const struct tri_backend_info *info = result->rows[index].info;
    struct tri_scaling fit = tri_bench_scaling(result, index);
    double more = fit.most_workers < 8 ? 16 : 4.0 * fit.most_workers;
    const char *indent = markdown ? "" : "  ";

    if (fit.points < 2)
        return;
    fprintf(file, "%.*s, %s: serial fraction %.1f %% (Amdahl)",
            (int)strcspn(info->name, info->opencl ? "/" : ":"), info->name, info->isa,
            fit.serial * 100);
    if (fit.serial >= 0.0005)
        fprintf(file, ", so at most %.*fx", 1 / fit.serial < 10 ? 1 : 0, 1 / fit.serial);
    fprintf(file, "\n%s%.0f workers: %.1fx, or %.1fx if the picture grows with them (Gustafson)\n",
            indent, more, tri_amdahl(fit.serial, more), tri_gustafson(fit.serial, more));
    if (isfinite(fit.contention))
        fprintf(file, "%suniversal law: contention %.4f, coherence %.6f\n", indent, fit.contention,
                fit.coherence);
}

/* Copies with one worker and with the most; JSON has them all. */
static void put_copies(FILE *file, const struct tri_bench_case *result)
{
    int most = 0;

    for (int i = 0; i < result->copy_count; i++)
        most = result->copies[i].workers > most ? result->copies[i].workers : most;
    fprintf(file, "memcpy of the same %.1f MB read and written", (double)result->bytes / 1e6);
    for (int i = 0; i < result->copy_count; i++) {
        const struct tri_bench_copy *copy = &result->copies[i];
        char cell[CELL];

        if ((copy->workers != 1 && copy->workers != most) || copy->total.count == 0 ||
            copy->total.median <= 0)
            continue;
        format_ms(cell, copy->total.median);
        fprintf(file, "%s %s ms (%.1f GB/s) with %d", i ? "," : ":", cell,
                (double)result->bytes / (double)copy->total.median, copy->workers);
    }
    fputs("\n", file);
}

static int fewest_samples(const struct tri_bench_case *result, int *most)
{
    int fewest = TRI_ROUNDS_MAX;

    *most = 0;
    for (int i = 0; i < result->row_count; i++) {
        int count = result->rows[i].total.count;

        if (!result->rows[i].listed || count == 0)
            continue;
        fewest = count < fewest ? count : fewest;
        *most = count > *most ? count : *most;
    }
    return fewest;
}

const char *tri_shape_text(const struct tri_shape *shape, char text[64])
{
    static const char *const kinds[] = {"?", "gray", "gray and alpha", "RGB", "RGBA"};

    snprintf(text, 64, "%dx%d %s %d bits", shape->width, shape->height, kinds[shape->planes],
             shape->bits);
    return text;
}

static void put_title(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold)
{
    char in[64], out[64];
    bool same = tri_shape_equal(&result->in, &result->out);
    int most, fewest = fewest_samples(result, &most);

    if (markdown)
        fprintf(file, "\n### `%s`\n\n", result->pipeline);
    else
        fprintf(file, "\n%s%s%s\n", bold ? "\033[1m" : "", result->pipeline, bold ? "\033[0m" : "");
    fprintf(file, "%s, %s%s%s", result->input, tri_shape_text(&result->in, in), same ? "" : " to ",
            same ? "" : tri_shape_text(&result->out, out));
    if (most > fewest)
        fprintf(file, "; %d to %d samples per row", fewest, most);
    else if (most > 0)
        fprintf(file, "; %d samples per row", most);
    fputs("\n\n", file);
}

void tri_report_table(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold)
{
    char cells[COLUMNS][CELL];

    put_title(file, result, markdown, bold);
    put_heads(file, markdown, bold);
    for (int i = 0; i < result->row_count; i++) {
        if (!result->rows[i].listed)
            continue;
        format_row(&result->rows[i], cells);
        fputs(markdown ? "|" : "", file);
        for (int column = 0; column < COLUMNS; column++)
            put_cell(file, cells[column], column, markdown);
        fputs("\n", file);
    }
    fputs("\n", file);
    put_copies(file, result);
    tri_report_devices(file, result, markdown, bold);
    for (int i = 0; i < result->row_count; i++)
        tri_bench_put_shares(file, &result->rows[i]);
    for (int i = 0; i < result->row_count; i++) {
        fputs(markdown && tri_bench_scaling(result, i).points >= 2 ? "\n" : "", file);
        put_scaling(file, result, i, markdown);
    }
}

void tri_report_header(FILE *file, const struct tri_environment *environment, bool markdown)
{
    const char *begin = markdown ? "- " : "";

    fprintf(file, "%striptych %s, commit %s, %s\n", begin, TRI_VERSION, environment->commit,
            environment->compiler);
    fprintf(file, "%s%s, %d of %d cores, %s\n", begin, environment->cpu, environment->cores,
            environment->cores_online, environment->isas);
    fprintf(file, "%s%s\n", begin, environment->kernel);
    for (int i = 0; i < environment->device_count; i++) {
        const struct tri_device_info *device = &environment->devices[i];
        bool cpu = strcmp(device->type, "CPU") == 0;

        fprintf(file, "%sopencl:%s is %s%s, %d units%s\n  %s, %.10s, driver %s\n", begin,
                device->id, cpu ? "the CPU through OpenCL: " : "", device->name,
                device->compute_units, device->usable ? "" : " (unusable)", device->platform,
                device->version, device->driver);
    }
    if (environment->load > 0.5 * environment->cores_online)
        fprintf(file, "%sthe machine was busy before the run: load %.1f on %d cores\n", begin,
                environment->load, environment->cores_online);
}

void tri_report_legend(FILE *file)
{
    fputs("\nMedians, end to end: upload, kernel and download; \"kernel\" is the device's part by "
          "its own clock.\n"
          "The true median lies within the given distance with 95 % confidence. Share of copy: the "
          "time of\n"
          "memcpy of the same bytes with as many workers, as a share of this row's. Speed-up over "
          "sequential\n"
          "scalar, and over the best sequential row. Efficiency: T1/(n Tn), T1 being the same code "
          "with one\n"
          "worker. Karp-Flatt: the serial fraction implied by the speed-up.\n",
          file);
}
