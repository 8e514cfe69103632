/* section_machines.c -- the speed of each machine over the reference: a chart of all, and the means
 * behind it. */
#include "report/compare_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 8, RATIOS_MOST = 64 /* of which each gets a line of its own */ };

static const struct {
    const char *kind, *label;
} labels[] = {{"sequential scalar", "scalar"}, {"OpenCL device", "OpenCL other"}};

static const char *label_of(const char *kind)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (strcmp(labels[i].kind, kind) == 0)
            return labels[i].label;
    return kind;
}

static int colour_of(const char *kind)
{
    static const struct {
        const char *kind;
        enum tri_ran_on on;
    } known[] = {{"sequential", TRI_RAN_SEQUENTIAL}, {"threads", TRI_RAN_THREADS},
                 {"OpenCL CPU", TRI_RAN_CPU_DEVICE}, {"OpenCL GPU", TRI_RAN_GPU},
                 {"OpenCL device", TRI_RAN_DEVICE},  {"several", TRI_RAN_SEVERAL}};
    struct tri_results_row row = {.ran_on = TRI_RAN_DEVICE};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(kind, known[i].kind, strlen(known[i].kind)) == 0)
            row.ran_on = known[i].on;
    return tri_kind_colour(kind, &row);
}

/* ---- the chart ---- */

/* Files by the speed of their fastest backends, each path once: a file that is given twice adds
 * nothing. */
static int order_of(const struct tri_comparison *comparison, int *order)
{
    const struct tri_comparison_mean *whole = tri_compared_whole(comparison);
    int count = 0;

    for (int i = 0; i < comparison->file_count; i++) {
        bool given = false;
        for (int j = 0; j < i; j++)
            given |= strcmp(comparison->files[j].path, comparison->files[i].path) == 0;
        if (given)
            continue;
        int at = count++;
        for (;
             at > 0 && whole->files[order[at - 1]].interval.ratio < whole->files[i].interval.ratio;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count;
}

static int count_ratios(const struct tri_comparison *comparison, const int *order, int count)
{
    int ratios = 0;

    for (int i = 0; i < count; i++)
        for (int j = 0; j < comparison->mean_count; j++)
            ratios += comparison->means[j].files[order[i]].rows > 0;
    return ratios;
}

static struct tri_ratio ratio_of(const struct tri_compare_writer *writer,
                                 const struct tri_comparison_mean *mean, int file, bool alone)
{
    const struct tri_interval *interval = &mean->files[file].interval;
    struct tri_ratio ratio = {.value = interval->ratio,
                              .low = interval->low,
                              .high = interval->high,
                              .certain = file == 0 || tri_interval_certain(interval),
                              .colour = colour_of(mean->kind),
                              .each = mean->files[file].ratios,
                              .each_count = mean->files[file].rows};

    snprintf(ratio.label, sizeof ratio.label, "%s", alone ? "" : label_of(mean->kind));
    snprintf(ratio.words, sizeof ratio.words, "%.30s", tri_words_times(interval->ratio).text);
    snprintf(ratio.title, sizeof ratio.title, "%.120s, %s: %s, %d row%s", writer->names[file].text,
             mean->kind, tri_words_interval(interval).text, mean->files[file].rows,
             mean->files[file].rows == 1 ? "" : "s");
    return ratio;
}

/* Each kind on its own line, or only the whole machine. The reference needs no ratios, unless it is
 * alone. */
static void fill_group(const struct tri_compare_writer *writer, int file, bool alone, bool only,
                       struct tri_ratio_group *group)
{
    const struct tri_comparison *comparison = writer->comparison;
    const struct tri_comparison_mean *whole = tri_compared_whole(comparison);

    if (comparison->file_count > 2)
        snprintf(group->name, sizeof group->name, "%d  %.140s", file + 1, writer->names[file].text);
    else
        snprintf(group->name, sizeof group->name, "%s", writer->names[file].text);
    if (file == 0)
        snprintf(group->words, sizeof group->words, "the reference");
    if (file == 0 && !only)
        return;
    if (alone && file > 0)
        snprintf(group->words, sizeof group->words, "%.30s",
                 tri_words_times(whole->files[file].interval.ratio).text);
    for (int i = 0; i < comparison->mean_count; i++) {
        const struct tri_comparison_mean *mean = &comparison->means[i];
        if (mean->files[file].rows > 0 && (!alone || mean == whole))
            group->list[group->count++] = ratio_of(writer, mean, file, alone);
    }
}

static bool is_alone(const struct tri_comparison *comparison)
{
    int *order = calloc((size_t)comparison->file_count, sizeof *order);
    const bool alone =
        order == NULL || count_ratios(comparison, order, order_of(comparison, order)) > RATIOS_MOST;

    free(order);
    return alone;
}

void tri_compared_machines_chart(const struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    const size_t files = (size_t)comparison->file_count;
    struct tri_ratio_group *groups = calloc(files, sizeof *groups);
    struct tri_ratio *ratios = calloc(files * KINDS, sizeof *ratios);
    int *order = calloc(files, sizeof *order);
    char label[TRI_TITLE];

    if (groups != NULL && ratios != NULL && order != NULL) {
        const bool alone = is_alone(comparison);
        const int count = order_of(comparison, order);
        for (int i = 0; i < count; i++) {
            groups[i].list = &ratios[i * KINDS];
            fill_group(writer, order[i], alone, count == 1, &groups[i]);
        }
        snprintf(label, sizeof label, "Speed of %d of %d files over %s, by kind of backend",
                 count == 1 ? 1 : count - 1, count, writer->names[0].text);
        tri_chart_ratios(writer->file, label, "times as fast as the reference", groups, count);
    }
    free(order);
    free(ratios);
    free(groups);
}

/* ---- the table behind it ---- */

static void put_kinds(const struct tri_compare_writer *writer)
{
    static const char *const heads[] = {"backend", "rows", "ratio", "95 % within", ""};
    const struct tri_comparison *comparison = writer->comparison;

    tri_table_begin(writer->file, "All means as a table", heads, 5);
    for (int i = 0; i < comparison->mean_count; i++) {
        const struct tri_comparison_mean *mean = &comparison->means[i];
        const struct tri_interval *interval = &mean->files[1].interval;
        if (mean->files[1].rows == 0)
            continue;
        tri_row_begin(writer->file);
        tri_cell_name(writer->file, colour_of(mean->kind), "%s", mean->kind);
        fprintf(writer->file, "<td data-rows=%d>%d</td>", mean->files[1].rows, mean->files[1].rows);
        tri_cell_number(writer->file, "ratio", interval->ratio, tri_words_times(interval->ratio));
        if (isfinite(interval->high))
            tri_cell_text(writer->file, "%s",
                          tri_words_range(interval->low, interval->high, tri_words_digits).text);
        else
            tri_cell_text(writer->file, "unknown");
        tri_cell_text(writer->file, "%s",
                      tri_interval_certain(interval) ? "certain" : "cannot be told");
        tri_row_end(writer->file);
    }
    tri_table_end(writer->file);
}

static void put_matrix(const struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    const char *heads[2 + KINDS] = {"#", "machine"};

    for (int i = 0; i < comparison->mean_count; i++)
        heads[2 + i] = comparison->means[i].kind;
    tri_table_begin(writer->file, "All means as a table, by kind of backend", heads,
                    2 + comparison->mean_count);
    for (int i = 0; i < comparison->file_count; i++) {
        tri_row_begin(writer->file);
        tri_cell_name(writer->file, -1, "%d", i + 1);
        tri_cell_text(writer->file, "%s", writer->names[i].text);
        for (int j = 0; j < comparison->mean_count; j++) {
            const struct tri_interval *interval = &comparison->means[j].files[i].interval;
            tri_cell_number(writer->file, "ratio", interval->ratio,
                            i == 0 ? tri_words_times(1) : tri_words_interval(interval));
        }
        tri_row_end(writer->file);
    }
    tri_table_end(writer->file);
}

/* ---- the figure ---- */

static void put_title(const struct tri_compare_writer *writer, bool alone)
{
    const struct tri_comparison *comparison = writer->comparison;
    const struct tri_comparison_mean *whole = tri_compared_whole(comparison);
    char title[TRI_TITLE], reading[500];
    double low = 1, high = 1;

    for (int i = 1; i < comparison->file_count; i++) {
        low = fmin(low, whole->files[i].interval.ratio);
        high = fmax(high, whole->files[i].interval.ratio);
    }
    if (comparison->file_count == 2)
        snprintf(title, sizeof title,
                 "The fastest backends over %d piece%s of work, by geometric mean: %s%s",
                 whole->files[1].rows, whole->files[1].rows == 1 ? "" : "s",
                 tri_words_interval(&whole->files[1].interval).text,
                 tri_interval_certain(&whole->files[1].interval) ? "" : ", which can be chance");
    else
        snprintf(title, sizeof title, "Machines have %s to %s the speed of %s",
                 tri_words_times(low).text, tri_words_times(high).text, writer->names[0].text);
    snprintf(reading, sizeof reading,
             "Bars are geometric means over all work that a file shares with the reference%s; thin "
             "lines are their 95 %% intervals, pale dots single rows. Hollow marks: the interval "
             "includes 1, so no difference can be told.",
             alone ? ", of the fastest backend in each; the table has the other kinds" : "");
    tri_figure_begin(writer->file, "machines", title, reading);
}

void tri_compared_machines(struct tri_compare_writer *writer)
{
    put_title(writer, is_alone(writer->comparison));
    tri_compared_machines_chart(writer);
    if (writer->comparison->file_count == 2)
        put_kinds(writer);
    else
        put_matrix(writer);
    tri_figure_end(writer->file);
}
