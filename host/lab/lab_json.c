/* lab_json.c -- an experiment's rows and findings as JSON. */
#include "lab/lab.h"

#include <jansson.h>
#include <math.h>

static const char *const verdicts[] = {
    [TRI_LAB_SHOWN] = "shown", [TRI_LAB_REFUTED] = "refuted", [TRI_LAB_UNCLEAR] = "unclear"};

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *figure_json(const struct tri_interval *value, const char *unit)
{
    return json_pack("{s:o, s:o, s:o, s:s}", "figure", number(value->ratio), "low",
                     number(value->low), "high", number(value->high), "unit", unit);
}

/* The first one, or the only one, is also the row's `figure`. */
static void set_figures(json_t *object, const struct tri_lab_row *row)
{
    const struct tri_interval plain = {row->value, (double)NAN, (double)NAN};
    json_t *figures = json_array();

    if (row->unit != NULL)
        json_array_append_new(figures, figure_json(&plain, row->unit));
    for (int i = 0; i < row->figure_count; i++)
        json_array_append_new(figures, figure_json(&row->figures[i].value, row->figures[i].unit));
    const json_t *first = json_array_get(figures, 0);
    if (first != NULL) {
        json_object_set(object, "figure", json_object_get(first, "figure"));
        json_object_set(object, "unit", json_object_get(first, "unit"));
        json_object_set(object, "figures", figures);
    }
    json_decref(figures);
}

static json_t *row_json(const struct tri_lab_run *run, const struct tri_lab_row *row)
{
    json_t *object = json_object(), *samples = json_array();

    json_object_set_new(object, "name", json_string(row->name));
    json_object_set_new(object, "workers", json_integer(row->workers));
    if (row->skipped[0]) {
        json_object_set_new(object, "skipped", json_string(row->skipped));
        json_decref(samples);
        return object;
    }
    const struct tri_interval faster = tri_lab_faster(row, &run->rows[row->base]);
    for (int i = 0; i < row->count; i++)
        json_array_append_new(samples, json_integer(row->samples[i]));
    json_object_set_new(object, "median_ns", json_integer(row->time.median));
    json_object_set_new(object, "compared_with", json_string(run->rows[row->base].name));
    json_object_set_new(object, "speed", number(faster.ratio));
    json_object_set_new(object, "speed_low", number(faster.low));
    json_object_set_new(object, "speed_high", number(faster.high));
    set_figures(object, row);
    json_object_set_new(object, "samples_ns", samples);
    return object;
}

json_t *tri_lab_json(const struct tri_lab_run *run)
{
    json_t *object = json_object(), *rows = json_array(), *findings = json_array();

    for (int i = 0; i < run->row_count; i++)
        json_array_append_new(rows, row_json(run, &run->rows[i]));
    for (int i = 0; i < run->finding_count; i++)
        json_array_append_new(findings,
                              json_pack("{s:s, s:s}", "verdict", verdicts[run->findings[i].verdict],
                                        "text", run->findings[i].text));
    json_object_set_new(object, "experiment", json_string(run->experiment->name));
    json_object_set_new(object, "claim", json_string(run->experiment->claim));
    json_object_set_new(object, "workers", json_integer(run->settings.workers));
    json_object_set_new(object, "cores", json_integer(run->cores));
    json_object_set_new(object, "cores_used_by_others",
                        run->others >= 0 ? number(run->others) : json_null());
    json_object_set_new(object, "rows", rows);
    json_object_set_new(object, "findings", findings);
    json_object_set_new(object, "answer",
                        run->answer >= 0 ? json_string(run->experiment->answers[run->answer])
                                         : json_null());
    return object;
}
