/* compare_data.c -- a comparison for other programs: as CSV, and as JSON. */
#include "measure/compare.h"
#include "image/text_csv.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>

/* ---- CSV ---- */

static void put_csv(FILE *file, const struct tri_comparison *comparison,
                    const struct tri_comparison_row *row, int index)
{
    const struct tri_compared *own = &row->files[index];
    const struct tri_results_row *work = row->work, *result = own->row;

    tri_csv_text(file, work->pipeline);
    fprintf(file, "%d,%d,%d,%d,%d,%016" PRIx64 ",", work->shape.width, work->shape.height,
            work->shape.planes, work->shape.bits, work->frames, result->digest);
    tri_csv_text(file, row->kind);
    tri_csv_text(file, comparison->files[row->base].path);
    tri_csv_text(file, comparison->files[index].path);
    tri_csv_text(file, result->backend);
    tri_csv_text(file, result->device);
    tri_csv_text(file, result->isa);
    fprintf(file, "%d,%d,%.0f,%.6g,", result->workers, result->count, result->median,
            own->interval.ratio);
    if (isfinite(own->interval.high))
        fprintf(file, "%.6g,%.6g", own->interval.low, own->interval.high);
    else
        fputc(',', file);
    fprintf(file, ",%s\n", own->certain ? "true" : "false");
}

void tri_comparison_csv(FILE *file, const struct tri_comparison *comparison)
{
    fputs("pipeline,width,height,planes,bits,frames,digest,kind,base,file,backend,device,isa,"
          "workers,samples,median_ns,ratio,low,high,certain\n",
          file);
    for (int i = 0; i < comparison->row_count; i++)
        for (int j = 0; j < comparison->file_count; j++)
            if (comparison->rows[i].files[j].row != NULL)
                put_csv(file, comparison, &comparison->rows[i], j);
}

/* ---- JSON ---- */

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval_json(const struct tri_interval *interval)
{
    return isfinite(interval->high) ? json_pack("[f,f]", interval->low, interval->high)
                                    : json_null();
}

static json_t *work_json(const struct tri_results_row *work)
{
    json_t *object = json_object();

    json_object_set_new(object, "pipeline", json_string(work->pipeline));
    json_object_set_new(object, "input", tri_text_json(work->input));
    json_object_set_new(object, "width", json_integer(work->shape.width));
    json_object_set_new(object, "height", json_integer(work->shape.height));
    json_object_set_new(object, "planes", json_integer(work->shape.planes));
    json_object_set_new(object, "bits", json_integer(work->shape.bits));
    json_object_set_new(object, "frames", json_integer(work->frames));
    return object;
}

static void set_backend(json_t *object, const struct tri_results_row *row)
{
    json_object_set_new(object, "backend", json_string(row->backend));
    json_object_set_new(object, "device", tri_text_json(row->device));
    json_object_set_new(object, "isa", tri_text_json(row->isa));
    json_object_set_new(object, "workers", json_integer(row->workers));
}

static json_t *result_json(const struct tri_compared *own, int file)
{
    json_t *object = json_object();

    json_object_set_new(object, "file", json_integer(file));
    set_backend(object, own->row);
    json_object_set_new(object, "digest",
                        own->row->digest != 0 ? tri_digest_json(own->row->digest) : json_null());
    json_object_set_new(object, "samples", json_integer(own->row->count));
    json_object_set_new(object, "median_ns", json_real(own->row->median));
    json_object_set_new(object, "ratio", json_real(own->interval.ratio));
    json_object_set_new(object, "interval", interval_json(&own->interval));
    json_object_set_new(object, "certain", json_boolean(own->certain));
    return object;
}

static json_t *row_json(const struct tri_comparison_row *row, int files)
{
    json_t *object = work_json(row->work), *results = json_array();

    json_object_set_new(object, "work", json_integer(row->number));
    json_object_set_new(object, "kind", json_string(row->kind));
    json_object_set_new(object, "base", json_integer(row->base));
    json_object_set_new(object, "certain", json_boolean(row->certain));
    for (int i = 0; i < files; i++)
        if (row->files[i].row != NULL)
            json_array_append_new(results, result_json(&row->files[i], i));
    json_object_set_new(object, "results", results);
    return object;
}

static json_t *rows_json(const struct tri_comparison *comparison)
{
    json_t *rows = json_array();

    for (int i = 0; i < comparison->row_count; i++)
        json_array_append_new(rows, row_json(&comparison->rows[i], comparison->file_count));
    return rows;
}

static json_t *files_json(const struct tri_comparison *comparison)
{
    json_t *files = json_array();

    for (int i = 0; i < comparison->file_count; i++) {
        const struct tri_results *own = &comparison->files[i];
        json_t *object = json_object();

        json_object_set_new(object, "path", tri_text_json(own->path));
        json_object_set_new(object, "date", tri_text_json(own->date));
        json_object_set_new(object, "cpu", tri_text_json(own->cpu));
        json_object_set_new(object, "cores", json_integer(own->cores));
        json_object_set_new(object, "environment", json_object());
        for (int j = 0; j < own->property_count; j++)
            json_object_set_new(json_object_get(object, "environment"), own->properties[j].name,
                                tri_text_json(own->properties[j].value));
        json_array_append_new(files, object);
    }
    return files;
}

static json_t *means_json(const struct tri_comparison *comparison)
{
    json_t *means = json_array();

    for (int i = 0; i < comparison->mean_count; i++) {
        const struct tri_comparison_mean *mean = &comparison->means[i];
        json_t *files = json_array();

        for (int j = 0; j < comparison->file_count; j++) {
            json_t *file = json_object(), *ratios = json_array();
            for (int k = 0; k < mean->files[j].rows; k++)
                json_array_append_new(ratios, json_real(mean->files[j].ratios[k]));
            json_object_set_new(file, "rows", json_integer(mean->files[j].rows));
            json_object_set_new(file, "ratios", ratios);
            json_object_set_new(file, "ratio", real_or_null(mean->files[j].interval.ratio));
            json_object_set_new(file, "interval", interval_json(&mean->files[j].interval));
            json_array_append_new(files, file);
        }
        json_array_append_new(means, json_pack("{s:s,s:o}", "kind", mean->kind, "files", files));
    }
    return means;
}

static json_t *differences_json(const struct tri_comparison *comparison)
{
    json_t *list = json_array();

    for (int i = 0; i < comparison->property_count; i++) {
        const struct tri_comparison_property *property = &comparison->properties[i];
        json_t *values = json_array();

        for (int j = 0; j < comparison->file_count; j++)
            json_array_append_new(values, tri_text_json(property->values[j]));
        json_array_append_new(list,
                              json_pack("{s:s,s:o}", "name", property->name, "values", values));
    }
    return list;
}

static json_t *left_json(const struct tri_comparison *comparison)
{
    json_t *list = json_array();

    for (int i = 0; i < comparison->left_count; i++) {
        const struct tri_comparison_left *left = &comparison->left[i];
        json_t *object = work_json(left->row);

        json_object_set_new(object, "file", json_integer(left->file));
        set_backend(object, left->row);
        json_object_set_new(object, "figures", json_boolean(!left->unusable));
        json_object_set_new(object, "median_ns",
                            left->unusable ? json_null() : json_real(left->row->median));
        json_array_append_new(list, object);
    }
    return list;
}

json_t *tri_comparison_json(const struct tri_comparison *comparison)
{
    json_t *root = json_object();

    json_object_set_new(root, "triptych", json_string(TRI_VERSION));
    json_object_set_new(root, "schema", json_integer(TRI_RESULTS_SCHEMA));
    json_object_set_new(root, "kind", json_string("comparison"));
    json_object_set_new(root, "files", files_json(comparison));
    json_object_set_new(root, "differences", differences_json(comparison));
    json_object_set_new(root, "means", means_json(comparison));
    json_object_set_new(root, "rows", rows_json(comparison));
    json_object_set_new(root, "without_counterpart", left_json(comparison));
    return root;
}
