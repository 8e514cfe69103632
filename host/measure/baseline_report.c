/* baseline_report.c -- a run against its baseline, as a table and as JSON. */
#include "measure/baseline.h"
#include "measure/text_table.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { LEFT_SHOWN = 3 };

static const char *const words[TRI_CHANGES] = {[TRI_SLOWER] = "slower",
                                               [TRI_FASTER] = "faster",
                                               [TRI_LEVEL] = "level",
                                               [TRI_UNCLEAR] = "cannot tell"};

static int times(const struct tri_baseline *baseline, const struct tri_baseline_row *row,
                 const int *measured)
{
    return measured != NULL ? measured[row->now - baseline->files[1].rows] : 1;
}

/* ---- text ---- */

static void put_row(const struct tri_table *table, const struct tri_baseline *baseline,
                    const struct tri_baseline_row *row, const int *measured)
{
    char size[TRI_CELL], before[TRI_CELL], now[TRI_CELL], ratio[TRI_CELL], within[TRI_CELL];
    char backend[TRI_CELL], both[2 * TRI_CELL + 2], verdict[60];
    const int count = times(baseline, row, measured);

    tri_format_size(size, row->now);
    tri_format_ms(before, row->before->median);
    tri_format_ms(now, row->now->median);
    tri_format_ratio(ratio, row->interval.ratio);
    tri_format_within(within, &row->interval);
    snprintf(backend, sizeof backend, "%.80s %.40s", row->now->backend, row->now->isa);
    snprintf(both, sizeof both, "%s %s", ratio, within);
    snprintf(verdict, sizeof verdict, count > 1 ? "%s (%d)" : "%s", words[row->change], count);
    tri_table_row(table,
                  (const char *[]){row->now->pipeline, size, backend, before, now, both, verdict});
}

static void put_rows(FILE *file, const struct tri_baseline *baseline, const int *measured,
                     bool markdown)
{
    const struct tri_table table = {file,
                                    markdown,
                                    {{"pipeline", 16, false, false},
                                     {"size", 9, false, false},
                                     {"backend", 14, false, false},
                                     {"before", 6, true, false},
                                     {"now", 6, true, false},
                                     {"ratio", 12, true, false},
                                     {"verdict", 11, false, false}},
                                    7};

    tri_table_heads(&table);
    for (int i = 0; i < baseline->row_count; i++)
        put_row(&table, baseline, &baseline->rows[i], measured);
    fputc('\n', file);
}

/* Their number, and the first of them; JSON has all. */
static void put_left(FILE *file, const struct tri_baseline *baseline, int index, bool unusable)
{
    int count = 0;

    for (int i = 0; i < baseline->left_count; i++)
        count += baseline->left[i].file == index && baseline->left[i].unusable == unusable;
    if (count == 0)
        return;
    fprintf(file, "%d row%s of %s %s:\n", count, count == 1 ? "" : "s",
            index == 0 ? "the baseline" : "this run",
            unusable     ? "without figures"
            : index == 0 ? "not measured now"
                         : "that the baseline does not have");
    for (int i = 0, shown = 0; i < baseline->left_count && shown < LEFT_SHOWN; i++) {
        const struct tri_comparison_left *left = &baseline->left[i];
        char shape[100];
        if (left->file != index || left->unusable != unusable)
            continue;
        fprintf(file, "- %s, %s, on %s %s\n", left->row->pipeline, tri_work_text(left->row, shape),
                left->row->backend, left->row->isa);
        shown++;
    }
    if (count > LEFT_SHOWN)
        fprintf(file, "- and %d more\n", count - LEFT_SHOWN);
    fputc('\n', file);
}

static void put_counts(FILE *file, const struct tri_baseline *baseline)
{
    const char *version = tri_results_property(&baseline->files[0], "triptych");

    fprintf(file, "%s, of %.10s, triptych %s:\n", baseline->files[0].path,
            baseline->files[0].date[0] ? baseline->files[0].date : "an unknown day",
            version[0] ? version : "of an unknown version");
    fprintf(
        file,
        "%d slower, %d faster, %d level, %d that cannot be told; by more than %g %%, with 95 %%\n"
        "confidence for all rows together. Times are medians in ms, a ratio is before over\n"
        "now; (3): measured three times.\n\n",
        baseline->counts[TRI_SLOWER], baseline->counts[TRI_FASTER], baseline->counts[TRI_LEVEL],
        baseline->counts[TRI_UNCLEAR], baseline->share * 100);
}

void tri_baseline_table(FILE *file, const struct tri_baseline *baseline, const int *measured,
                        bool markdown)
{
    fputs("Compared with the baseline ", file);
    put_counts(file, baseline);
    put_rows(file, baseline, measured, markdown);
    for (int index = 0; index < 2; index++) {
        put_left(file, baseline, index, false);
        put_left(file, baseline, index, true);
    }
}

/* ---- JSON ---- */

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_json(const struct tri_baseline *baseline, const struct tri_baseline_row *row,
                        const int *measured)
{
    json_t *object = json_object();

    json_object_set_new(object, "row", json_integer(row->now - baseline->files[1].rows));
    json_object_set_new(object, "before_ns", json_real(row->before->median));
    json_object_set_new(object, "ratio", real_or_null(row->interval.ratio));
    json_object_set_new(object, "interval",
                        isfinite(row->interval.high)
                            ? json_pack("[f,f]", row->interval.low, row->interval.high)
                            : json_null());
    json_object_set_new(object, "verdict", json_string(words[row->change]));
    json_object_set_new(object, "measured", json_integer(times(baseline, row, measured)));
    return object;
}

static json_t *left_json(const struct tri_comparison_left *left)
{
    json_t *object = json_object();
    char shape[100];

    json_object_set_new(object, "in", json_string(left->file == 0 ? "baseline" : "run"));
    json_object_set_new(object, "figures", json_boolean(!left->unusable));
    json_object_set_new(object, "pipeline", tri_text_json(left->row->pipeline));
    json_object_set_new(object, "shape", json_string(tri_work_text(left->row, shape)));
    json_object_set_new(object, "backend", tri_text_json(left->row->backend));
    json_object_set_new(object, "isa", tri_text_json(left->row->isa));
    json_object_set_new(object, "workers", json_integer(left->row->workers));
    return object;
}

json_t *tri_baseline_json(const struct tri_baseline *baseline, const int *measured)
{
    json_t *root = json_object(), *rows = json_array(), *left = json_array();

    for (int i = 0; i < baseline->row_count; i++)
        json_array_append_new(rows, row_json(baseline, &baseline->rows[i], measured));
    for (int i = 0; i < baseline->left_count; i++)
        json_array_append_new(left, left_json(&baseline->left[i]));
    json_object_set_new(root, "file", tri_text_json(baseline->files[0].path));
    json_object_set_new(root, "date", tri_text_json(baseline->files[0].date));
    json_object_set_new(root, "share", json_real(baseline->share));
    json_object_set_new(root, "rows", rows);
    json_object_set_new(root, "left", left);
    return root;
}
