/* report_devices.c -- devices by their own clocks, and the size from which they beat threads: a
 * second table, with sentences below it, and JSON. */
#include "measure/device_timing.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum {
    BACKEND,
    LAUNCHES,
    PROGRAMS,
    BUILD,
    UPLOAD,
    KERNEL,
    DOWNLOAD,
    HIDDEN,
    COPY,
    SHARE,
    UP,
    DOWN,
    BOTH,
    COLUMNS
};
enum { CELL = 64 };

static const struct {
    int width;
    const char *upper, *lower, *whole;
} columns[COLUMNS] = {
    [BACKEND] = {14, "", "backend", "backend"},
    [LAUNCHES] = {8, "laun-", "ches", "launches"},
    [PROGRAMS] = {10, "programs", "built", "programs built"},
    [BUILD] = {8, "built", "in ms", "built in ms"},
    [UPLOAD] = {8, "upload", "ms", "upload ms"},
    [KERNEL] = {8, "kernels", "ms", "kernels ms"},
    [DOWNLOAD] = {9, "download", "ms", "download ms"},
    [HIDDEN] = {9, "over-", "lapped", "overlapped"},
    [COPY] = {9, "device's", "copy ms", "device's copy ms"},
    [SHARE] = {8, "share", "of copy", "share of the device's copy"},
    [UP] = {9, "pinned", "up ms", "pinned up ms"},
    [DOWN] = {9, "pinned", "down ms", "pinned down ms"},
    [BOTH] = {9, "pinned", "both ms", "pinned both ms"},
};

static bool has_device(const struct tri_bench_row *row)
{
    return row->listed && row->total.count > 0 &&
           (row->device.measured || row->device.note[0] != '\0');
}

/* ---- the table ---- */

static void put_cell(FILE *file, const char *text, int column, bool markdown)
{
    if (markdown)
        fprintf(file, " %s |", text);
    else if (column == BACKEND)
        fprintf(file, "%-*s", columns[column].width, text);
    else
        fprintf(file, " %*s", columns[column].width - 1, text);
}

static void put_heads(FILE *file, bool markdown, bool bold)
{
    if (markdown) {
        fputs("\n|", file);
        for (int i = 0; i < COLUMNS; i++)
            put_cell(file, columns[i].whole, i, true);
        fputs("\n|---|", file);
        for (int i = 1; i < COLUMNS; i++)
            fputs("--:|", file);
        fputs("\n", file);
        return;
    }
    for (int line = 0; line < 2; line++) {
        fputs(line == 0 ? "\n" : "", file);
        fputs(bold ? "\033[1m" : "", file);
        for (int i = 0; i < COLUMNS; i++)
            put_cell(file, line == 0 ? columns[i].upper : columns[i].lower, i, false);
        fputs(bold ? "\033[0m\n" : "\n", file);
    }
}

/* Small times get more decimals. */
static void format_ms(char cell[CELL], int64_t ns)
{
    const double ms = (double)ns / 1e6;
    snprintf(cell, CELL, "%.*f", ms < 0.1 ? 4 : ms < 10 ? 3 : ms < 100 ? 2 : 1, ms);
}

static void format_median(char cell[CELL], const struct tri_summary *summary)
{
    if (summary->count > 0)
        format_ms(cell, summary->median);
}

/* The share of the transfers' time in which something else ran. Clocks are accurate to about a
 * hundredth of that. */
static double overlap_of(const struct tri_device_figures *device)
{
    const int64_t transfers = (device->upload.count > 0 ? device->upload.median : 0) +
                              (device->download.count > 0 ? device->download.median : 0);
    return device->overlap.count > 0 && transfers > 0
               ? (double)device->overlap.median / (double)transfers
               : (double)NAN;
}

static void format_row(const struct tri_bench_row *row, char cells[COLUMNS][CELL])
{
    const struct tri_device_figures *device = &row->device;
    const double overlap = overlap_of(device);
    for (int i = 0; i < COLUMNS; i++)
        strcpy(cells[i], "-");
    snprintf(cells[BACKEND], CELL, "%.63s", row->info->name);
    snprintf(cells[PROGRAMS], CELL, "%ld", device->built.programs_built);
    if (device->built.programs_loaded > 0)
        snprintf(cells[PROGRAMS], CELL, "%ld, %ld kept", device->built.programs_built,
                 device->built.programs_loaded);
    snprintf(cells[BUILD], CELL, "%.0f", device->built.build_ms);
    if (device->measured)
        snprintf(cells[LAUNCHES], CELL, "%ld", device->launches);
    format_median(cells[UPLOAD], &device->upload);
    format_median(cells[KERNEL], &device->span);
    format_median(cells[DOWNLOAD], &device->download);
    if (isfinite(overlap))
        snprintf(cells[HIDDEN], CELL, overlap < 0.01 ? "no" : "%.0f %%", overlap * 100);
    if (device->copy_ns > 0)
        format_ms(cells[COPY], device->copy_ns);
    if (isfinite(device->copy_share))
        snprintf(cells[SHARE], CELL, "%.*f %%", device->copy_share < 0.0995 ? 1 : 0,
                 device->copy_share * 100);
    if (device->pinned.together_ns > 0) {
        format_ms(cells[UP], device->pinned.up_ns);
        format_ms(cells[DOWN], device->pinned.down_ns);
        format_ms(cells[BOTH], device->pinned.together_ns);
    }
}

/* ---- sentences ---- */

static const char *cost_text(struct tri_cost cost, char text[80])
{
    snprintf(text, 80, "%.3f ms and %.3f ms per megapixel", cost.fixed_ns / 1e6, cost.pixel_ns);
    return text;
}

static void put_check(FILE *file, const struct tri_break_even *found)
{
    const double ratio =
        found->threads_ns > 0 ? (double)found->device_ns / (double)found->threads_ns : 1;
    if (found->checked.width == 0) {
        fprintf(file, "; not checked: %s\n", found->note);
        return;
    }
    fprintf(file, ";\n  measured at %dx%d: %.3f ms against %.3f", found->checked.width,
            found->checked.height, (double)found->device_ns / 1e6, (double)found->threads_ns / 1e6);
    if ((found->beats == TRI_BEATS_FROM || found->beats == TRI_BEATS_UP_TO) &&
        (ratio > 1.25 || ratio < 0.8))
        fprintf(file, ", so the estimate is off at that size");
    else if (found->beats == TRI_BEATS_ALWAYS && ratio > 1)
        fprintf(file, ", so not at that size");
    fputs("\n", file);
}

/* One sentence on the size from which the device beats threads, and the measurement that checks it.
 */
static void put_break_even(FILE *file, const struct tri_bench_row *row)
{
    const struct tri_break_even *found = &row->break_even;
    const char *name = row->info->name;
    char device[80], threads[80];
    if (found->against == NULL)
        return;
    if (found->beats == TRI_BEATS_UNKNOWN) {
        fprintf(file, "the size from which %s beats %s is unknown: %s\n", name,
                found->against->name, found->note);
        return;
    }
    if (found->beats == TRI_BEATS_ALWAYS)
        fprintf(file, "%s beats %s at every size", name, found->against->name);
    else if (found->beats == TRI_BEATS_NEVER)
        fprintf(file, "%s never beats %s", name, found->against->name);
    else
        fprintf(file, "%s beats %s %s %.3g megapixels%s", name, found->against->name,
                found->beats == TRI_BEATS_FROM ? "from" : "only up to", found->pixels / 1e6,
                found->beats == TRI_BEATS_FROM ? " on" : "");
    fprintf(file, ": it takes %s,\n  %s %s", cost_text(found->device, device), found->against->name,
            cost_text(found->threads, threads));
    put_check(file, found);
}

void tri_report_devices(FILE *file, const struct tri_bench_case *result, bool markdown, bool bold)
{
    char cells[COLUMNS][CELL];
    int shown = 0;
    for (int i = 0; i < result->row_count; i++) {
        if (!has_device(&result->rows[i]))
            continue;
        if (shown++ == 0)
            put_heads(file, markdown, bold);
        format_row(&result->rows[i], cells);
        fputs(markdown ? "|" : "", file);
        for (int column = 0; column < COLUMNS; column++)
            put_cell(file, cells[column], column, markdown);
        fputs("\n", file);
    }
    fputs(shown > 0 ? "\n" : "", file);
    for (int i = 0; i < result->row_count; i++) {
        const struct tri_bench_row *row = &result->rows[i];
        if (!has_device(row))
            continue;
        if (row->device.note[0] != '\0')
            fprintf(file, "%s: %.100s\n", row->info->name, row->device.note);
        put_break_even(file, row);
    }
}

/* ---- JSON ---- */

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *ns_or_null(int64_t ns)
{
    return ns > 0 ? json_integer(ns) : json_null();
}

static json_t *median_json(const struct tri_summary *summary)
{
    return summary->count > 0 ? json_integer(summary->median) : json_null();
}

static json_t *cost_json(struct tri_cost cost)
{
    json_t *object = json_object();
    json_object_set_new(object, "fixed_ns", real_or_null(cost.fixed_ns));
    json_object_set_new(object, "megapixel_ns", real_or_null(cost.pixel_ns * 1e6));
    return object;
}

static json_t *break_even_json(const struct tri_break_even *found)
{
    static const char *const names[] = {"unknown", "always", "from", "up to", "never"};
    json_t *object = json_object(), *checked = json_null();
    if (found->against == NULL) {
        json_decref(object);
        return json_null();
    }
    if (found->checked.width > 0) {
        checked = json_object();
        json_object_set_new(checked, "width", json_integer(found->checked.width));
        json_object_set_new(checked, "height", json_integer(found->checked.height));
        json_object_set_new(checked, "device_ns", json_integer(found->device_ns));
        json_object_set_new(checked, "threads_ns", json_integer(found->threads_ns));
    }
    json_object_set_new(object, "beats", json_string(names[found->beats]));
    json_object_set_new(object, "against", tri_text_json(found->against->name));
    json_object_set_new(object, "pixels", real_or_null(found->pixels));
    json_object_set_new(object, "upload", cost_json(found->upload));
    json_object_set_new(object, "kernel", cost_json(found->kernel));
    json_object_set_new(object, "download", cost_json(found->download));
    json_object_set_new(object, "rest", cost_json(found->rest));
    json_object_set_new(object, "device", cost_json(found->device));
    json_object_set_new(object, "threads", cost_json(found->threads));
    json_object_set_new(object, "checked", checked);
    json_object_set_new(object, "note", tri_text_json(found->note));
    return object;
}

json_t *tri_device_json(const struct tri_bench_row *row)
{
    const struct tri_device_figures *device = &row->device;
    const double overlap = overlap_of(device);
    if (row->total.count == 0 || (!device->measured && device->note[0] == '\0'))
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "launches",
                        device->measured ? json_integer(device->launches) : json_null());
    json_object_set_new(object, "programs_built", json_integer(device->built.programs_built));
    json_object_set_new(object, "programs_loaded", json_integer(device->built.programs_loaded));
    json_object_set_new(object, "build_ms", json_real(device->built.build_ms));
    json_object_set_new(object, "upload_ns", median_json(&device->upload));
    json_object_set_new(object, "kernels_ns", median_json(&device->kernel));
    json_object_set_new(object, "span_ns", median_json(&device->span));
    json_object_set_new(object, "download_ns", median_json(&device->download));
    json_object_set_new(object, "overlap_ns", median_json(&device->overlap));
    json_object_set_new(object, "overlapped",
                        isfinite(overlap) ? json_boolean(overlap >= 0.01) : json_null());
    json_object_set_new(object, "host_kernel_ns", median_json(&row->kernel));
    json_object_set_new(object, "copy_ns", ns_or_null(device->copy_ns));
    json_object_set_new(object, "copy_share", real_or_null(device->copy_share));
    json_object_set_new(object, "pinned_up_ns", ns_or_null(device->pinned.up_ns));
    json_object_set_new(object, "pinned_down_ns", ns_or_null(device->pinned.down_ns));
    json_object_set_new(object, "pinned_both_ns", ns_or_null(device->pinned.together_ns));
    json_object_set_new(object, "break_even", break_even_json(&row->break_even));
    json_object_set_new(object, "note", tri_text_json(device->note));
    return object;
}
