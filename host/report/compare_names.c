/* compare_names.c -- what the page of a comparison calls files, kinds and ratios. */
#include "report/compare_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

static const char *gpu_of(const struct tri_results *file)
{
    for (int i = 0; i < file->row_count; i++)
        if (file->rows[i].usable && file->rows[i].ran_on == TRI_RAN_GPU)
            return file->rows[i].device;
    return "";
}

/* "AMD EPYC (2 cores, NVIDIA H100)"; "" if the file does not state its machine. */
static void name_machine(const struct tri_results *file, struct tri_file_name *name)
{
    char parts[100] = "", cpu[60], gpu[60];

    name->text[0] = '\0';
    if (file->cpu[0] == '\0')
        return;
    tri_results_model(file->cpu, cpu, sizeof cpu);
    tri_results_model(gpu_of(file), gpu, sizeof gpu);
    if (file->cores > 0)
        snprintf(parts, sizeof parts, "%d core%s", file->cores, file->cores == 1 ? "" : "s");
    const size_t used = strlen(parts);
    if (gpu[0] != '\0')
        snprintf(parts + used, sizeof parts - used, "%s%s", used > 0 ? ", " : "", gpu);
    snprintf(name->text, sizeof name->text, parts[0] != '\0' ? "%s (%s)" : "%s", cpu, parts);
}

/* Whether no other file has the name. A file may be given twice. */
static bool is_unique(const struct tri_comparison *comparison, const struct tri_file_name *names,
                      int index)
{
    for (int i = 0; i < comparison->file_count; i++)
        if (strcmp(names[i].text, names[index].text) == 0 &&
            strcmp(comparison->files[i].path, comparison->files[index].path) != 0)
            return false;
    return names[index].text[0] != '\0';
}

/* Without folder and ".json". */
static void name_file(const char *path, struct tri_file_name *name)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL && slash[1] != '\0' ? slash + 1 : path;

    snprintf(name->text, sizeof name->text, "%.150s", base);
    char *dot = strrchr(name->text, '.');
    if (dot != NULL && dot != name->text && strcmp(dot, ".json") == 0)
        *dot = '\0';
}

/* The last part of a path says more than the first. */
static void name_path(const char *path, struct tri_file_name *name)
{
    const size_t length = strlen(path), most = sizeof name->text - 1;

    snprintf(name->text, sizeof name->text, "%s", path + (length > most ? length - most : 0));
}

struct tri_file_name *tri_file_names(const struct tri_comparison *comparison)
{
    const int count = comparison->file_count;
    struct tri_file_name *machines = calloc((size_t)count, sizeof *machines),
                         *files = calloc((size_t)count, sizeof *files),
                         *names = calloc((size_t)count, sizeof *names);

    for (int i = 0; i < count && machines != NULL && files != NULL; i++) {
        name_machine(&comparison->files[i], &machines[i]);
        name_file(comparison->files[i].path, &files[i]);
    }
    for (int i = 0; i < count && machines != NULL && files != NULL && names != NULL; i++)
        if (is_unique(comparison, machines, i))
            names[i] = machines[i];
        else if (is_unique(comparison, files, i))
            names[i] = files[i];
        else
            name_path(comparison->files[i].path, &names[i]);
    const bool lost = machines == NULL || files == NULL;
    free(machines);
    free(files);
    if (!lost)
        return names;
    free(names);
    return NULL;
}

/* ---- kinds ---- */

int tri_kind_colour(const char *kind, const struct tri_results_row *row)
{
    if (strncmp(kind, "fastest", 7) == 0)
        return 7;
    switch (row->ran_on) {
    case TRI_RAN_SEQUENTIAL:
        return 0;
    case TRI_RAN_THREADS:
        return 1;
    case TRI_RAN_SEVERAL:
        return 2;
    case TRI_RAN_CPU_DEVICE:
        return 3;
    case TRI_RAN_GPU:
        return 5;
    default:
        return 6;
    }
}

const struct tri_comparison_mean *tri_compared_whole(const struct tri_comparison *comparison)
{
    for (int i = 0; i < comparison->mean_count; i++)
        if (strcmp(comparison->means[i].kind, "fastest") == 0)
            return &comparison->means[i];
    return &comparison->means[0];
}

/* ---- words ---- */

bool tri_interval_certain(const struct tri_interval *interval)
{
    return interval->low > 1 || interval->high < 1;
}

struct tri_words tri_words_interval(const struct tri_interval *interval)
{
    struct tri_words words;

    if (!isfinite(interval->high) || !isfinite(interval->low))
        snprintf(words.text, sizeof words.text, "%.20s (interval unknown)",
                 tri_words_times(interval->ratio).text);
    else
        snprintf(words.text, sizeof words.text, "%.20s (%.18s to %.18s)",
                 tri_words_times(interval->ratio).text, tri_words_digits(interval->low).text,
                 tri_words_digits(interval->high).text);
    return words;
}

/* The size, and the samples unless they are the usual ones. */
void tri_compared_work(const struct tri_results_row *work, char *text, size_t size)
{
    char shape[100];

    snprintf(text, size, "%s %s", work->pipeline, tri_work_text(work, shape));
    char *usual = strstr(text, " RGB 8 bits");
    if (usual != NULL && usual[11] == '\0')
        *usual = '\0';
}

static void result_of_two(const struct tri_compare_writer *writer, char *text, size_t size)
{
    const struct tri_interval *mean = &tri_compared_whole(writer->comparison)->files[1].interval;
    const char *one = writer->names[0].text, *two = writer->names[1].text;

    if (!tri_interval_certain(mean))
        snprintf(text, size, "No difference between %s and %s can be told", one, two);
    else if (mean->ratio > 1)
        snprintf(text, size, "%s is %s as fast as %s", two, tri_words_times(mean->ratio).text, one);
    else
        snprintf(text, size, "%s is slower than %s: %s of its speed", two, one,
                 tri_words_share(mean->ratio).text);
}

void tri_compared_result(const struct tri_compare_writer *writer, char *text, size_t size)
{
    const struct tri_comparison *comparison = writer->comparison;
    const struct tri_comparison_mean *mean = tri_compared_whole(comparison);
    int best = 0;

    if (comparison->file_count == 2) {
        result_of_two(writer, text, size);
        return;
    }
    for (int i = 1; i < comparison->file_count; i++)
        if (mean->files[i].interval.ratio > mean->files[best].interval.ratio)
            best = i;
    if (best == 0 || !tri_interval_certain(&mean->files[best].interval))
        snprintf(text, size, "None of %d others is measurably faster than %s",
                 comparison->file_count - 1, writer->names[0].text);
    else
        snprintf(text, size, "%s is the fastest of %d: %s the speed of %s",
                 writer->names[best].text, comparison->file_count,
                 tri_words_times(mean->files[best].interval.ratio).text, writer->names[0].text);
}
