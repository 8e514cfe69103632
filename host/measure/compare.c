/* compare.c -- matches results by work and kind of backend, and estimates their ratios. */
#include "measure/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FREEDOM_MAX = 1000 };
static const double miss_all = 0.05; /* the probability that any interval misses */

struct comparing {
    struct tri_comparison *out;
    struct tri_works works;
    bool **used; /* rows of each file with a counterpart */
    int row_room, left_room;
    bool lost; /* memory ran out */
    double quantiles[FREEDOM_MAX + 1];
    /* the logarithms of each mean's ratios: [mean][file] */
    struct gathered {
        struct tri_estimate *list;
        int count, room;
    } * gathered;
};

/* Returns the list with room for one more; NULL if memory ran out, which is noted. */
static void *grow(struct comparing *run, void *list, int count, int *room, size_t size)
{
    if (count < *room)
        return list;
    const int more = *room > 0 ? 2 * *room : 64;
    void *grown = realloc(list, (size_t)more * size);
    if (grown == NULL)
        run->lost = true;
    else
        *room = more;
    return grown;
}

/* ---- ratios ---- */

static struct tri_estimate estimate(const struct tri_results_row *base,
                                    const struct tri_results_row *row)
{
    return tri_estimate_ratio(base->median, base->variance, base->count, row->median, row->variance,
                              row->count);
}

static void gather(struct comparing *run, struct gathered *gathered,
                   const struct tri_estimate *ratio)
{
    struct tri_estimate *list =
        grow(run, gathered->list, gathered->count, &gathered->room, sizeof *list);

    if (list == NULL)
        return;
    gathered->list = list;
    list[gathered->count++] = *ratio;
}

/* Means compare with the first file. */
static void gather_means(struct comparing *run, const struct tri_kind_set *set)
{
    const int files = run->out->file_count;

    for (int kind = 0; tri_mean_kinds[kind] != NULL; kind++) {
        if (strcmp(tri_mean_kinds[kind], set->kind) != 0 || set->rows[0] == NULL)
            continue;
        for (int i = 0; i < files; i++) {
            if (set->rows[i] == NULL)
                continue;
            const struct tri_estimate ratio = estimate(set->rows[0], set->rows[i]);
            gather(run, &run->gathered[kind * files + i], &ratio);
        }
    }
}

/* ---- rows ---- */

static int members(const struct tri_kind_set *set, int files)
{
    int count = 0;

    for (int i = 0; i < files; i++)
        count += set->rows[i] != NULL;
    return count;
}

static bool within(const struct tri_kind_set *set, const struct tri_kind_set *other, int files)
{
    for (int i = 0; i < files; i++)
        if (set->rows[i] != NULL && set->rows[i] != other->rows[i])
            return false;
    return true;
}

/* A row may be of several kinds; what another kind says already is left out. */
static bool is_said(const struct tri_kinds *kinds, int index, int files)
{
    const struct tri_kind_set *own = &kinds->sets[index];

    for (int i = 0; i < kinds->count; i++) {
        const struct tri_kind_set *other = &kinds->sets[i];
        const bool first = other->rank != own->rank ? other->rank < own->rank : i < index;
        if (i != index && within(own, other, files) && (first || !within(other, own, files)))
            return true;
    }
    return false;
}

static void add_row(struct comparing *run, int number, const struct tri_results_row *work,
                    const struct tri_kind_set *set)
{
    struct tri_comparison *out = run->out;
    struct tri_comparison_row *rows =
        grow(run, out->rows, out->row_count, &run->row_room, sizeof *rows);
    struct tri_compared *files = calloc((size_t)out->file_count, sizeof *files);

    out->rows = rows != NULL ? rows : out->rows;
    if (rows == NULL || files == NULL) {
        run->lost = true;
        free(files);
        return;
    }
    struct tri_comparison_row *row = &rows[out->row_count++];
    *row = (struct tri_comparison_row){.work = work, .number = number, .base = -1, .files = files};
    memcpy(row->kind, set->kind, sizeof row->kind);
    for (int i = 0; i < out->file_count; i++) {
        files[i].row = set->rows[i];
        if (files[i].row == NULL)
            continue;
        row->base = row->base < 0 ? i : row->base;
        files[i].estimate = estimate(set->rows[row->base], set->rows[i]);
    }
}

static void mark(struct comparing *run, const struct tri_kind_set *set)
{
    for (int i = 0; i < run->out->file_count; i++)
        if (set->rows[i] != NULL)
            run->used[i][set->rows[i] - run->out->files[i].rows] = true;
}

static void compare_work(struct comparing *run, const struct tri_matched *first, int count)
{
    const int files = run->out->file_count;
    struct tri_kinds kinds;

    run->lost |= !tri_kinds_find(first, count, files, &kinds);
    for (int i = 0; i < kinds.count && !run->lost; i++) {
        const struct tri_kind_set *set = &kinds.sets[i];
        if (members(set, files) < 2)
            continue;
        mark(run, set);
        gather_means(run, set);
        if (!is_said(&kinds, i, files))
            add_row(run, first->work, first->row, set);
    }
    tri_kinds_free(&kinds);
}

static void compare_works(struct comparing *run)
{
    const struct tri_works *works = &run->works;

    for (int first = 0, next; first < works->count && !run->lost; first = next) {
        for (next = first + 1;
             next < works->count && works->list[next].work == works->list[first].work;)
            next++;
        compare_work(run, &works->list[first], next - first);
    }
}

/* ---- intervals ---- */

/* Bonferroni: with n intervals, each may miss with an n-th of the probability. */
static double quantile(struct comparing *run, double miss, double freedom)
{
    const int whole = freedom < FREEDOM_MAX ? (int)freedom : FREEDOM_MAX;

    if (run->quantiles[whole] == 0)
        run->quantiles[whole] = tri_student(miss, whole);
    return run->quantiles[whole];
}

static int count_ratios(const struct tri_comparison *out)
{
    int count = 0;

    for (int i = 0; i < out->row_count; i++)
        for (int j = 0; j < out->file_count; j++)
            count += out->rows[i].files[j].row != NULL && j != out->rows[i].base;
    return count;
}

static void judge_row(struct comparing *run, struct tri_comparison_row *row, double miss)
{
    double certain = 0, any = 0;

    for (int i = 0; i < run->out->file_count; i++) {
        struct tri_compared *file = &row->files[i];
        if (file->row == NULL || i == row->base) {
            file->interval = (struct tri_interval){1, 1, 1};
            continue;
        }
        file->interval =
            tri_estimate_interval(&file->estimate, quantile(run, miss, file->estimate.freedom));
        file->certain = file->interval.low > 1 || file->interval.high < 1;
        any = fmax(any, fabs(file->estimate.log));
        certain = file->certain ? fmax(certain, fabs(file->estimate.log)) : certain;
        row->certain |= file->certain;
    }
    row->distance = row->certain ? certain : any;
    run->out->certain_count += row->certain;
}

static int by_distance(const void *a, const void *b)
{
    const struct tri_comparison_row *left = a, *right = b;

    if (left->certain != right->certain)
        return right->certain - left->certain;
    if (left->distance != right->distance)
        return left->distance < right->distance ? 1 : -1;
    if (left->number != right->number)
        return left->number - right->number;
    return strcmp(left->kind, right->kind);
}

static void judge_rows(struct comparing *run)
{
    struct tri_comparison *out = run->out;
    const int ratios = count_ratios(out);

    for (int i = 0; i < out->row_count; i++)
        judge_row(run, &out->rows[i], miss_all / ratios);
    if (out->row_count > 0)
        qsort(out->rows, (size_t)out->row_count, sizeof *out->rows, by_distance);
}

static double *ratios_of(struct comparing *run, const struct gathered *gathered)
{
    double *ratios = calloc((size_t)gathered->count + 1, sizeof *ratios);

    run->lost |= ratios == NULL;
    for (int i = 0; i < gathered->count && ratios != NULL; i++)
        ratios[i] = exp(gathered->list[i].log);
    return ratios;
}

static void fill_mean(struct comparing *run, const struct gathered *gathered,
                      struct tri_comparison_mean *mean)
{
    for (int i = 0; i < run->out->file_count; i++) {
        const struct tri_estimate estimated =
            tri_estimate_mean(gathered[i].list, gathered[i].count);

        mean->files[i].rows = gathered[i].count;
        mean->files[i].ratios = ratios_of(run, &gathered[i]);
        mean->files[i].interval = (struct tri_interval){1, 1, 1};
        if (gathered[i].count == 0)
            mean->files[i].interval = (struct tri_interval){(double)NAN, (double)NAN, (double)NAN};
        else if (i > 0)
            mean->files[i].interval =
                tri_estimate_interval(&estimated, tri_student(miss_all, estimated.freedom));
    }
}

/* Only of kinds that the first file shares with another. */
static void fill_means(struct comparing *run)
{
    struct tri_comparison *out = run->out;
    const int files = out->file_count;
    int kinds = 0;

    while (tri_mean_kinds[kinds] != NULL)
        kinds++;
    out->means = calloc((size_t)kinds, sizeof *out->means);
    for (int i = 0; i < kinds && out->means != NULL; i++) {
        struct tri_comparison_mean *mean = &out->means[out->mean_count];
        if (run->gathered[i * files].count == 0)
            continue;
        mean->kind = tri_mean_kinds[i];
        mean->files = calloc((size_t)files, sizeof *mean->files);
        run->lost |= mean->files == NULL;
        if (run->lost)
            return;
        out->mean_count++;
        fill_mean(run, &run->gathered[i * files], mean);
    }
    run->lost |= out->means == NULL;
}

/* ---- what differs, and what is left ---- */

static void add_property(struct comparing *run, const char *name)
{
    struct tri_comparison *out = run->out;
    struct tri_comparison_property *property = &out->properties[out->property_count];
    bool differs = false;

    property->name = name;
    property->values = calloc((size_t)out->file_count, sizeof *property->values);
    run->lost |= property->values == NULL;
    for (int i = 0; i < out->file_count && !run->lost; i++) {
        property->values[i] = tri_results_property(&out->files[i], name);
        differs |= strcmp(property->values[i], property->values[0]) != 0;
    }
    if (differs)
        out->property_count++;
    else
        free(property->values);
}

static bool is_listed(const struct tri_comparison *out, const char *name, int file)
{
    for (int i = 0; i < file; i++)
        for (int j = 0; j < out->files[i].property_count; j++)
            if (strcmp(out->files[i].properties[j].name, name) == 0)
                return true;
    return false;
}

static void fill_properties(struct comparing *run)
{
    struct tri_comparison *out = run->out;

    out->properties = calloc(2 * TRI_PROPERTIES_MAX, sizeof *out->properties);
    run->lost |= out->properties == NULL;
    for (int i = 0; i < out->file_count; i++)
        for (int j = 0; j < out->files[i].property_count && !run->lost; j++)
            if (!is_listed(out, out->files[i].properties[j].name, i))
                add_property(run, out->files[i].properties[j].name);
}

static void fill_left(struct comparing *run)
{
    struct tri_comparison *out = run->out;

    for (int i = 0; i < out->file_count; i++)
        for (int j = 0; j < out->files[i].row_count && !run->lost; j++) {
            const struct tri_results_row *row = &out->files[i].rows[j];
            if (run->used[i][j])
                continue;
            struct tri_comparison_left *left =
                grow(run, out->left, out->left_count, &run->left_room, sizeof *left);
            if (left == NULL)
                return;
            out->left = left;
            left[out->left_count++] = (struct tri_comparison_left){i, row, !row->usable};
        }
}

/* Every file must share some work with the first. */
static enum tri_status check_common(const struct tri_comparison *out, struct tri_error *error)
{
    for (int i = 1; i < out->file_count; i++) {
        bool common = false;
        for (int j = 0; j < out->row_count && !common; j++)
            common = out->rows[j].files[0].row != NULL && out->rows[j].files[i].row != NULL;
        if (!common)
            return tri_fail(error, TRI_FAILED,
                            "%s and %s have no work in common: no pipeline, input and kind of "
                            "backend is in both",
                            out->files[0].path, out->files[i].path);
    }
    return TRI_OK;
}

/* ---- all of it ---- */

static bool begin(struct comparing *run)
{
    const int files = run->out->file_count;
    int kinds = 0;

    while (tri_mean_kinds[kinds] != NULL)
        kinds++;
    run->gathered = calloc((size_t)kinds * (size_t)files, sizeof *run->gathered);
    run->used = calloc((size_t)files, sizeof *run->used);
    for (int i = 0; i < files && run->used != NULL; i++) {
        run->used[i] = calloc((size_t)run->out->files[i].row_count, sizeof **run->used);
        run->lost |= run->used[i] == NULL;
    }
    run->lost |= run->gathered == NULL || run->used == NULL;
    return !run->lost;
}

static void end(struct comparing *run)
{
    const int files = run->out->file_count;

    for (int i = 0; i < files && run->used != NULL; i++)
        free(run->used[i]);
    for (int kind = 0; tri_mean_kinds[kind] != NULL && run->gathered != NULL; kind++)
        for (int i = 0; i < files; i++)
            free(run->gathered[kind * files + i].list);
    free(run->used);
    free(run->gathered);
    tri_works_free(&run->works);
}

static void compare(struct comparing *run)
{
    compare_works(run);
    if (!run->lost)
        judge_rows(run);
    if (!run->lost)
        fill_means(run);
    if (!run->lost)
        fill_properties(run);
    if (!run->lost)
        fill_left(run);
}

enum tri_status tri_compare(const struct tri_results *files, int count,
                            struct tri_comparison *comparison, struct tri_error *error)
{
    struct comparing run = {.out = comparison};

    *comparison = (struct tri_comparison){.files = files, .file_count = count};
    enum tri_status status = tri_match_works(files, count, &run.works, error);
    if (status == TRI_OK && begin(&run))
        compare(&run);
    if (status == TRI_OK && run.lost)
        status = tri_fail(error, TRI_FAILED, "out of memory while comparing results");
    end(&run);
    return status == TRI_OK ? check_common(comparison, error) : status;
}

void tri_comparison_free(struct tri_comparison *comparison)
{
    for (int i = 0; i < comparison->row_count; i++)
        free(comparison->rows[i].files);
    for (int i = 0; i < comparison->mean_count; i++) {
        for (int j = 0; j < comparison->file_count; j++)
            free(comparison->means[i].files[j].ratios);
        free(comparison->means[i].files);
    }
    for (int i = 0; i < comparison->property_count; i++)
        free(comparison->properties[i].values);
    free(comparison->rows);
    free(comparison->means);
    free(comparison->properties);
    free(comparison->left);
    *comparison = (struct tri_comparison){0};
}

bool tri_compared_slower(const struct tri_compared *result, double share)
{
    return result->row != NULL && result->interval.high < 1 / (1 + share);
}
