/* page_rows.c -- what sections ask of rows: names, colours, the fastest ones. */
#include "report/page_parts.h"

#include <math.h>
#include <string.h>

bool tri_page_shown(const struct tri_bench_row *row)
{
    return row->listed && row->verified && row->total.count > 0 && row->total.median > 0;
}

/* "opencl:0.0" and "opencl:0.0/1" are one device. */
static int device_number(const struct tri_page *page, const char *name)
{
    const struct tri_environment *environment = page->report->environment;
    const char *id = name + strcspn(name, ":");
    const size_t length = strcspn(id, "/");

    for (int i = 0; i < environment->device_count; i++) {
        const char *other = environment->devices[i].id;
        if (length == strlen(other) + 1 && strncmp(id + 1, other, length - 1) == 0)
            return i;
    }
    return 0;
}

int tri_page_colour(const struct tri_page *page, const struct tri_backend_info *info)
{
    if (info->parts > 0)
        return 2;
    if (info->opencl)
        return 3 + device_number(page, info->name) % (TRI_COLOURS - 3);
    return tri_is_sequential(info) ? 0 : 1;
}

struct tri_words tri_page_name(const struct tri_backend_info *info)
{
    struct tri_words words;

    snprintf(words.text, sizeof words.text, "%.45s %.16s", info->name, info->isa);
    return words;
}

static const char *legend_name(int colour)
{
    static const char *const names[TRI_COLOURS] = {
        "sequential",    "threads",      "several at once", "OpenCL device",
        "second device", "third device", "fourth device",   "fifth device"};

    return names[colour];
}

void tri_page_legend(const struct tri_writer *writer, const struct tri_bench_case *figures)
{
    const char *names[TRI_COLOURS] = {NULL};

    for (int i = 0; i < figures->row_count; i++)
        if (figures->rows[i].listed) {
            const int colour = tri_page_colour(writer->page, figures->rows[i].info);
            names[colour] = legend_name(colour);
        }
    tri_svg_legend(writer->file, names);
}

const struct tri_bench_row *tri_page_fastest(const struct tri_bench_case *figures,
                                             bool (*of)(const struct tri_bench_row *row))
{
    const struct tri_bench_row *best = NULL;

    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_bench_row *row = &figures->rows[i];
        if (tri_page_shown(row) && of(row) &&
            (best == NULL || row->total.median < best->total.median))
            best = row;
    }
    return best;
}

bool tri_page_any(const struct tri_bench_row *row)
{
    return row->total.count > 0;
}

bool tri_page_sequential(const struct tri_bench_row *row)
{
    return tri_is_sequential(row->info);
}

bool tri_page_threads(const struct tri_bench_row *row)
{
    return !row->info->opencl && row->info->parts == 0 && row->info->workers > 1;
}

bool tri_page_device(const struct tri_bench_row *row)
{
    return row->info->opencl && row->info->parts == 0 && strchr(row->info->name, '/') == NULL;
}

struct tri_range tri_page_speedup(const struct tri_bench_row *base, const struct tri_bench_row *row)
{
    if (base == row)
        return (struct tri_range){1, 1};
    return tri_ratio_range(base->samples, base->total.count, row->samples, row->total.count);
}

struct tri_words tri_page_times(double ratio, struct tri_range range)
{
    struct tri_words words = tri_words_times(ratio);
    const size_t length = strlen(words.text);

    if (isfinite(range.low) && range.low < range.high)
        snprintf(words.text + length, sizeof words.text - length, " (%.12s to %.12s)",
                 tri_words_digits(range.low).text, tri_words_digits(range.high).text);
    return words;
}

double tri_page_copy_rate(const struct tri_bench_case *figures, int workers)
{
    double best = (double)NAN;

    for (int i = 0; i < figures->copy_count; i++) {
        const struct tri_bench_copy *copy = &figures->copies[i];
        if (copy->workers <= workers && copy->total.count > 0 && copy->total.median > 0)
            best = fmax(best, (double)figures->bytes / (double)copy->total.median);
    }
    return best;
}

double tri_page_arithmetic(const struct tri_limit *limit, const struct tri_operations *operations)
{
    if (limit == NULL || !(limit->choose > 0) || !(limit->multiply > 0) || !(operations->all > 0))
        return (double)NAN;
    return operations->all / (operations->choices / limit->choose +
                              (operations->all - operations->choices) / limit->multiply);
}

struct tri_words tri_page_id(const char *what, int index)
{
    struct tri_words words;

    snprintf(words.text, sizeof words.text, "%s-%d", what, index + 1);
    return words;
}

struct tri_words tri_page_shape(const struct tri_shape *shape)
{
    static const char *const kinds[] = {"?", "gray", "gray and alpha", "RGB", "RGBA"};
    struct tri_words words;

    snprintf(words.text, sizeof words.text, "%d \xC3\x97 %d, %s, %d bits", shape->width,
             shape->height, kinds[shape->planes], shape->bits);
    return words;
}
