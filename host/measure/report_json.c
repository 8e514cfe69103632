/* report_json.c -- the bench report as JSON, with every sample; values that do not apply are null.
 */
#include "image/image.h"
#include "measure/device_timing.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

json_t *tri_text_json(const char *text)
{
    json_t *value = text[0] != '\0' ? json_string(text) : NULL;

    return value != NULL ? value : json_null();
}

static json_t *real_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

uint64_t tri_digest_bytes(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ at[i]) * UINT64_C(0x100000001b3);
    return digest;
}

json_t *tri_digest_json(uint64_t digest)
{
    char text[20];

    snprintf(text, sizeof text, "%016" PRIx64, digest);
    return json_string(text);
}

/* Nanoseconds; null if the summary is empty. */
static json_t *ns_json(const struct tri_summary *summary, int64_t value)
{
    return summary->count > 0 && value >= 0 ? json_integer(value) : json_null();
}

json_t *tri_samples_json(const int64_t *samples, int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_integer(samples[i]));
    return array;
}

static json_t *interval_json(const struct tri_summary *summary)
{
    if (summary->count == 0 || summary->low < 0)
        return json_null();
    json_t *array = json_array();
    json_array_append_new(array, json_integer(summary->low));
    json_array_append_new(array, json_integer(summary->high));
    return array;
}

static json_t *isas_json(const char *isas)
{
    json_t *array = json_array();

    while (*isas) {
        size_t length = strcspn(isas, " ");

        json_array_append_new(array, json_stringn(isas, length));
        isas += length + strspn(isas + length, " ");
    }
    return array;
}

static json_t *probes_json(const enum tri_probe_verdict probes[TRI_PROBES])
{
    json_t *list = json_array();

    for (int i = 0; i < TRI_PROBES; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", tri_probe_name(i),
                                              "sentence", tri_probe_sentence(i), "verdict",
                                              tri_probe_word(probes[i])));
    return list;
}

json_t *tri_device_info_json(const struct tri_device_info *device)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", tri_text_json(device->id));
    json_object_set_new(object, "selector", tri_text_json(device->selector));
    json_object_set_new(object, "name", tri_text_json(device->name));
    json_object_set_new(object, "type", tri_text_json(device->type));
    json_object_set_new(object, "platform", tri_text_json(device->platform));
    json_object_set_new(object, "version", tri_text_json(device->version));
    json_object_set_new(object, "driver", tri_text_json(device->driver));
    json_object_set_new(object, "dialect", tri_text_json(device->dialect));
    json_object_set_new(object, "compute_units", json_integer(device->compute_units));
    json_object_set_new(object, "memory_bytes", json_integer((json_int_t)device->memory));
    json_object_set_new(object, "probes",
                        device->usable ? probes_json(device->probes) : json_null());
    json_object_set_new(object, "usable", json_boolean(device->usable));
    json_object_set_new(object, "crashes", json_boolean(device->crashes));
    json_object_set_new(object, "no_lanes", json_boolean(device->no_lanes));
    json_object_set_new(object, "reason",
                        device->usable ? json_null() : tri_text_json(device->reason));
    json_object_set_new(object, "note", tri_text_json(device->note));
    return object;
}

json_t *tri_environment_json(const struct tri_environment *environment)
{
    json_t *object = json_object(), *devices = json_array();

    json_object_set_new(object, "cpu", tri_text_json(environment->cpu));
    json_object_set_new(object, "cores", json_integer(environment->cores));
    json_object_set_new(object, "cores_online", json_integer(environment->cores_online));
    json_object_set_new(object, "isas", isas_json(environment->isas));
    json_object_set_new(object, "compiler", tri_text_json(environment->compiler));
    json_object_set_new(object, "commit", tri_text_json(environment->commit));
    json_object_set_new(object, "kernel", tri_text_json(environment->kernel));
    json_object_set_new(object, "memory_bytes",
                        environment->memory > 0 ? json_integer((json_int_t)environment->memory)
                                                : json_null());
    json_object_set_new(object, "load",
                        environment->load < 0 ? json_null() : real_json(environment->load));
    for (int i = 0; i < environment->device_count; i++)
        json_array_append_new(devices, tri_device_info_json(&environment->devices[i]));
    json_object_set_new(object, "opencl", devices);
    return object;
}

static void set_shape(json_t *object, const struct tri_bench_case *result)
{
    json_object_set_new(object, "pipeline", tri_text_json(result->pipeline));
    json_object_set_new(object, "width", json_integer(result->in.width));
    json_object_set_new(object, "height", json_integer(result->in.height));
    json_object_set_new(object, "planes", json_integer(result->in.planes));
    json_object_set_new(object, "bits", json_integer(result->in.bits));
}

static void set_summary(json_t *object, const int64_t *samples, const struct tri_summary *total)
{
    json_object_set_new(object, "samples_ns", tri_samples_json(samples, total->count));
    json_object_set_new(object, "median_ns", ns_json(total, total->median));
    json_object_set_new(object, "min_ns", ns_json(total, total->minimum));
    json_object_set_new(object, "ci95_ns", interval_json(total));
}

static json_t *shares_json(const struct tri_bench_row *row)
{
    json_t *list = json_array();

    for (int i = 0; i < row->parts; i++) {
        json_t *object = json_object();

        json_object_set_new(object, "backend", tri_text_json(row->part[i]->name));
        json_object_set_new(object, "share", real_json(tri_bench_share(row, i)));
        json_array_append_new(list, object);
    }
    return list;
}

static void set_times(json_t *object, const struct tri_bench_row *row)
{
    const bool opencl = row->info->opencl;

    set_summary(object, row->samples, &row->total);
    json_object_set_new(object, "upload_ns",
                        opencl ? ns_json(&row->upload, row->upload.median) : json_null());
    json_object_set_new(
        object, "kernel_ns",
        ns_json(&row->kernel, row->device.measured ? row->device.span.median : row->kernel.median));
    json_object_set_new(object, "download_ns",
                        opencl ? ns_json(&row->download, row->download.median) : json_null());
}

static void set_ratios(json_t *object, const struct tri_bench_row *row)
{
    const bool measured = row->total.count > 0;

    json_object_set_new(object, "mpix_per_s", measured ? real_json(row->mpix_per_s) : json_null());
    json_object_set_new(object, "copy_share", measured ? real_json(row->copy_share) : json_null());
    json_object_set_new(object, "speedup", measured ? real_json(row->speedup) : json_null());
    json_object_set_new(object, "efficiency", measured ? real_json(row->efficiency) : json_null());
    json_object_set_new(object, "karp_flatt", measured ? real_json(row->karp_flatt) : json_null());
}

/* `index`: of the case, and of its input in the environment. */
static json_t *row_json(const struct tri_bench_case *result, int index,
                        const struct tri_bench_row *row)
{
    json_t *object = json_object();
    const struct tri_backend_info *info = row->info;

    set_shape(object, result);
    json_object_set_new(object, "case", json_integer(index));
    json_object_set_new(object, "input_digest", tri_digest_json(result->input_digest));
    json_object_set_new(object, "backend", tri_text_json(info->name));
    json_object_set_new(object, "selector", tri_text_json(info->selector));
    json_object_set_new(object, "device", tri_text_json(info->device));
    json_object_set_new(object, "isa", tri_text_json(info->isa));
    json_object_set_new(object, "workers", json_integer(info->workers));
    json_object_set_new(object, "verified", json_boolean(row->verified));
    json_object_set_new(object, "digest",
                        row->failure[0] ? json_null() : tri_digest_json(row->digest));
    json_object_set_new(object, "failure", tri_text_json(row->failure));
    set_times(object, row);
    set_ratios(object, row);
    json_object_set_new(object, "opencl", tri_device_json(row));
    if (row->parts > 0) {
        json_object_set_new(object, "shares", shares_json(row));
        json_object_set_new(object, "speedup_over_best_part", real_json(row->over_parts));
        json_object_set_new(object, "best_part",
                            row->best_part >= 0 ? tri_text_json(row->part[row->best_part]->name)
                                                : json_null());
    }
    return object;
}

static json_t *copy_json(const struct tri_bench_case *result, const struct tri_bench_copy *copy)
{
    json_t *object = json_object();
    bool measured = copy->total.count > 0 && copy->total.median > 0;

    set_shape(object, result);
    json_object_set_new(object, "workers", json_integer(copy->workers));
    json_object_set_new(object, "bytes",
                        json_integer((json_int_t)result->bytes)); /* read and written */
    json_object_set_new(object, "gb_per_s",
                        measured ? real_json((double)result->bytes / (double)copy->total.median)
                                 : json_null());
    set_summary(object, copy->samples, &copy->total);
    return object;
}

/* The reference for the bytes, such as "sequential scalar". */
static json_t *reference_json(const struct tri_report *report)
{
    if (report->count == 0 || report->cases[0].row_count == 0)
        return json_null();
    const struct tri_backend_info *info = report->cases[0].rows[0].info;
    return json_sprintf("%s %s", info->name, info->isa);
}

static json_t *suite_json(const struct tri_suite *suite)
{
    return suite == NULL ? json_null()
                         : json_pack("{s:s,s:i}", "name", suite->name, "version", suite->version);
}

json_t *tri_results_json(const char *kind, const struct tri_environment *environment)
{
    json_t *root = json_object();

    json_object_set_new(root, "triptych", json_string(TRI_VERSION));
    json_object_set_new(root, "schema", json_integer(TRI_RESULTS_SCHEMA));
    json_object_set_new(root, "kind", json_string(kind));
    json_object_set_new(root, "date", tri_text_json(environment->date));
    json_object_set_new(root, "environment", tri_environment_json(environment));
    return root;
}

json_t *tri_report_json(const struct tri_report *report)
{
    json_t *root = tri_results_json("pictures", report->environment);
    json_t *rows = json_array(), *copies = json_array(), *inputs = json_array(),
           *calibration = json_object();

    for (int i = 0; i < report->count; i++) {
        const struct tri_bench_case *result = &report->cases[i];

        json_array_append_new(inputs, tri_text_json(result->input));
        for (int j = 0; j < result->row_count; j++)
            if (result->rows[j].listed)
                json_array_append_new(rows, row_json(result, i, &result->rows[j]));
        for (int j = 0; j < result->copy_count; j++)
            json_array_append_new(copies, copy_json(result, &result->copies[j]));
    }
    /* one for each measured pipeline */
    json_object_set_new(json_object_get(root, "environment"), "inputs", inputs);
    json_object_set_new(calibration, "memcpy", copies);
    json_object_set_new(root, "suite", suite_json(report->suite));
    json_object_set_new(root, "seconds", real_json(report->seconds));
    json_object_set_new(root, "reference", reference_json(report));
    json_object_set_new(root, "calibration", calibration);
    json_object_set_new(root, "rows", rows);
    return root;
}

enum tri_status tri_json_write(const char *path, json_t *json, struct tri_error *error)
{
    struct tri_output output;
    enum tri_status status = TRI_OK;

    if (json == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory for JSON", path);
    status = tri_output_open(path, &output, error);
    if (status == TRI_OK) {
        if (json_dumpf(json, output.file, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0 ||
            fputc('\n', output.file) == EOF)
            status =
                tri_fail(error, TRI_FAILED, "cannot write %s: %s", output.name, strerror(errno));
        status = tri_output_close(&output, status, error);
    }
    json_decref(json);
    return status;
}
