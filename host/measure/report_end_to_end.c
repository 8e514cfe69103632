/* report_end_to_end.c -- the results of `bench --end-to-end`, as a table and as JSON. */
#include "batch/batch.h"
#include "measure/measure.h"

#include <jansson.h>
#include <string.h>

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static void put_row(FILE *file, const struct tri_end_to_end_row *row)
{
    char limit[40];

    fprintf(file, "%-14s%-10s%4d ", row->info->name, row->info->isa, row->info->workers);
    if (!row->verified) {
        fprintf(file, "  %s\n", row->failure[0] ? "failed" : "DIFFERENT FILE: no figures");
        return;
    }
    for (int i = 0; i < TRI_PHASES; i++)
        fprintf(file, "%9.2f", ms(row->phases[i].median));
    snprintf(limit, sizeof limit, "%s %.0f %%", tri_phase_names[row->limit],
             100.0 * (double)row->phases[row->limit].median / (double)row->total.median);
    fprintf(file, "%9.2f  %-13s%8.2f%8.1f\n", ms(row->total.median), limit,
            ms(row->each_of_many.median), row->mpix_per_s);
}

void tri_end_to_end_table(FILE *file, const struct tri_end_to_end_case *result,
                          const char *pipeline, const char *input)
{
    char shape[64];

    fprintf(file, "\n%s, from file to file\n%s, %s, %.2f MB; written: %.2f MB\n\n", pipeline, input,
            tri_shape_text(&result->in, shape), (double)result->bytes_in / 1e6,
            (double)result->bytes_out / 1e6);
    fprintf(file, "%-14s%-10s%4s %45s%9s  %-13s%16s\n", "", "", "wor-",
            "one file alone, medians in ms", "", "limited", "many at a time");
    fprintf(file, "%-14s%-10s%4s ", "backend", "ISA", "kers");
    for (int i = 0; i < TRI_PHASES; i++)
        fprintf(file, "%9s", tri_phase_names[i]);
    fprintf(file, "%9s  %-13s%8s%8s\n", "total", "by", "ms each", "Mpix/s");
    for (int i = 0; i < result->row_count; i++)
        if (result->rows[i].listed || (!result->rows[i].verified && !result->rows[i].failure[0]))
            put_row(file, &result->rows[i]);
}

/* Amdahl's law, with the kernel as the part that gets faster. */
void tri_end_to_end_legend(FILE *file, const struct tri_end_to_end_case *result)
{
    const struct tri_end_to_end_row *best = NULL;

    for (int i = 0; i < result->row_count; i++) {
        const struct tri_end_to_end_row *row = &result->rows[i];
        if (row->listed && row->verified &&
            (best == NULL || row->total.median < best->total.median))
            best = row;
    }
    fputs("\nAll rows wrote the same bytes as sequential scalar, or have no figures. Files were in "
          "the page cache.\n",
          file);
    if (best == NULL)
        return;
    const int64_t rest = best->total.median - best->phases[TRI_KERNEL].median;
    fprintf(file,
            "%s is limited by %s: a kernel that took no time would make it %.2f times as fast.\n",
            best->info->name, tri_phase_names[best->limit],
            (double)best->total.median / (double)(rest > 0 ? rest : 1));
}

static json_t *row_json(const struct tri_end_to_end_row *row)
{
    json_t *object = json_object(), *phases = json_object();

    json_object_set_new(object, "backend", json_string(row->info->name));
    json_object_set_new(object, "selector", json_string(row->info->selector));
    json_object_set_new(object, "isa", json_string(row->info->isa));
    json_object_set_new(object, "workers", json_integer(row->info->workers));
    json_object_set_new(object, "verified", json_boolean(row->verified));
    if (!row->verified || row->total.count == 0)
        return json_decref(phases), object;
    for (int i = 0; i < TRI_PHASES; i++)
        json_object_set_new(phases, tri_phase_names[i], json_integer(row->phases[i].median));
    json_object_set_new(object, "median_ns", json_integer(row->total.median));
    json_object_set_new(object, "samples", json_integer(row->total.count));
    json_object_set_new(object, "samples_ns",
                        row->samples != NULL ? tri_samples_json(row->samples, row->total.count)
                                             : json_array());
    json_object_set_new(object, "digest", tri_digest_json(row->digest)); /* of the file */
    json_object_set_new(object, "phases_ns", phases);
    json_object_set_new(object, "limit", json_string(tri_phase_names[row->limit]));
    json_object_set_new(object, "each_of_many_ns", json_integer(row->each_of_many.median));
    return object;
}

json_t *tri_end_to_end_json(const struct tri_end_to_end_case *result, const char *pipeline,
                            const char *input)
{
    json_t *object = json_object(), *rows = json_array();

    for (int i = 0; i < result->row_count; i++)
        if (result->rows[i].listed)
            json_array_append_new(rows, row_json(&result->rows[i]));
    json_object_set_new(object, "pipeline", json_string(pipeline));
    json_object_set_new(object, "input", json_string(input));
    json_object_set_new(object, "width", json_integer(result->in.width));
    json_object_set_new(object, "height", json_integer(result->in.height));
    json_object_set_new(object, "planes", json_integer(result->in.planes));
    json_object_set_new(object, "bits", json_integer(result->in.bits));
    json_object_set_new(object, "bytes_in", json_integer(result->bytes_in));
    json_object_set_new(object, "bytes_out", json_integer(result->bytes_out));
    json_object_set_new(object, "rows", rows);
    return object;
}
