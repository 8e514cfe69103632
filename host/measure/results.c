/* results.c -- reads files of results: of this version, of older ones, and anything else that turns
 * up under such a name. */
#include "measure/results.h"
#include "measure/measure.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* No run writes more. */
#define FILE_MAX ((size_t)256 << 20)
enum { ROWS_MAX = 200000, SAMPLES_MAX = 1000000 };

struct reader {
    struct tri_results *results;
    struct tri_error *error;
    size_t row; /* from 1, for messages */
};

/* ---- members ---- */

static enum tri_status damaged(const struct reader *reader, const char *name, const char *what)
{
    if (reader->row > 0)
        return tri_fail(reader->error, TRI_FAILED, "%s is damaged: '%s' of row %zu is not %s",
                        reader->results->path, name, reader->row, what);
    return tri_fail(reader->error, TRI_FAILED, "%s is damaged: '%s' is not %s",
                    reader->results->path, name, what);
}

/* These return false after reporting that the member is not what it must be. */

static bool get_text(const struct reader *reader, const json_t *object, const char *name,
                     const char **text)
{
    const json_t *value = json_object_get(object, name);

    *text = "";
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return damaged(reader, name, "a text"), false;
    *text = json_string_value(value);
    return true;
}

static bool get_number(const struct reader *reader, const json_t *object, const char *name,
                       int least, int most, int *number)
{
    const json_t *value = json_object_get(object, name);
    const json_int_t found = json_integer_value(value);

    if (!json_is_integer(value) || found < least || found > most) {
        char what[60];
        snprintf(what, sizeof what, "a whole number from %d to %d", least, most);
        return damaged(reader, name, what), false;
    }
    *number = (int)found;
    return true;
}

/* 0 if it is null or missing. */
static bool get_digest(const struct reader *reader, const json_t *object, const char *name,
                       uint64_t *digest)
{
    const char *text;
    char *end = NULL;

    *digest = 0;
    if (!get_text(reader, object, name, &text))
        return false;
    if (*text == '\0')
        return true;
    *digest = strtoull(text, &end, 16);
    if (strlen(text) != 16 || *end != '\0' || strchr("+- ", text[0]) != NULL)
        return damaged(reader, name, "a digest of 16 hexadecimal digits"), false;
    return true;
}

static bool get_samples(const struct reader *reader, const json_t *object,
                        struct tri_results_row *row)
{
    const json_t *list = json_object_get(object, "samples_ns");
    const size_t count = json_array_size(list);

    if (list != NULL && !json_is_array(list))
        return damaged(reader, "samples_ns", "a list"), false;
    if (count > SAMPLES_MAX)
        return damaged(reader, "samples_ns", "a list of at most a million times"), false;
    row->samples = calloc(count + 1, sizeof *row->samples);
    if (row->samples == NULL)
        return tri_fail(reader->error, TRI_FAILED, "cannot read %s: out of memory",
                        reader->results->path),
               false;
    for (size_t i = 0; i < count; i++) {
        const json_t *sample = json_array_get(list, i);
        row->samples[i] = json_integer_value(sample);
        if (!json_is_integer(sample) || row->samples[i] <= 0)
            return damaged(reader, "samples_ns", "a list of nanoseconds"), false;
    }
    row->count = (int)count;
    return true;
}

/* ---- rows ---- */

/* The type of a device by its number, which begins the backend's name: "opencl:0.1/2". */
static enum tri_ran_on device_type(const struct tri_results *results, const char *backend)
{
    const json_t *environment = json_object_get(results->root, "environment"),
                 *devices = json_object_get(environment, "opencl");
    const char *id = backend + strlen("opencl:");
    const size_t length = strcspn(id, "/");

    for (size_t i = 0; i < json_array_size(devices); i++) {
        const json_t *device = json_array_get(devices, i);
        const char *own = json_string_value(json_object_get(device, "id")),
                   *type = json_string_value(json_object_get(device, "type"));
        if (own != NULL && type != NULL && strlen(own) == length && memcmp(own, id, length) == 0)
            return strcmp(type, "GPU") == 0   ? TRI_RAN_GPU
                   : strcmp(type, "CPU") == 0 ? TRI_RAN_CPU_DEVICE
                                              : TRI_RAN_DEVICE;
    }
    return TRI_RAN_DEVICE;
}

static enum tri_ran_on ran_on(const struct tri_results *results, const char *backend)
{
    if (strchr(backend, '+') != NULL || strcmp(backend, "all") == 0)
        return TRI_RAN_SEVERAL;
    if (strcmp(backend, "sequential") == 0)
        return TRI_RAN_SEQUENTIAL;
    return strncmp(backend, "opencl:", 7) == 0 ? device_type(results, backend) : TRI_RAN_THREADS;
}

static bool read_backend(const struct reader *reader, const json_t *object,
                         struct tri_results_row *row)
{
    const char *parallel;

    if (!get_text(reader, object, "backend", &row->backend) ||
        !get_text(reader, object, "device", &row->device) ||
        !get_text(reader, object, "isa", &row->isa) ||
        !get_text(reader, object, "parallel", &parallel) ||
        !get_number(reader, object, "workers", 0, INT_MAX, &row->workers))
        return false;
    if (row->backend[0] == '\0')
        return damaged(reader, "backend", "a name"), false;
    row->ran_on = ran_on(reader->results, row->backend);
    row->part = strncmp(row->backend, "opencl:", 7) == 0 && strchr(row->backend, '/') != NULL;
    row->by_frames = *parallel != '\0' && strcmp(parallel, "rows") != 0;
    return true;
}

static bool read_work(const struct reader *reader, const json_t *object,
                      struct tri_results_row *row)
{
    const bool clip = reader->results->kind == TRI_RESULTS_CLIP;

    if (!get_text(reader, object, "pipeline", &row->pipeline) ||
        !get_number(reader, object, "width", 1, TRI_SIDE_MAX, &row->shape.width) ||
        !get_number(reader, object, "height", 1, TRI_SIDE_MAX, &row->shape.height) ||
        !get_digest(reader, object, "input_digest", &row->input_digest))
        return false;
    /* Old results of clips have neither planes nor bits. */
    if ((!clip || reader->results->schema > 0) &&
        (!get_number(reader, object, "planes", 1, TRI_PLANES_MAX, &row->shape.planes) ||
         !get_number(reader, object, "bits", 1, 16, &row->shape.bits)))
        return false;
    if (clip && !get_number(reader, object, "frames", 1, INT_MAX, &row->frames))
        return false;
    return row->pipeline[0] != '\0' || (damaged(reader, "pipeline", "a pipeline"), false);
}

static bool read_row(const struct reader *reader, const json_t *object, const json_t *work,
                     struct tri_results_row *row)
{
    if (!json_is_object(object))
        return damaged(reader, "rows", "a list of objects"), false;
    if (!read_work(reader, work, row) || !read_backend(reader, object, row) ||
        !get_digest(reader, object, "digest", &row->digest) || !get_samples(reader, object, row))
        return false;
    row->usable = json_is_true(json_object_get(object, "verified")) && row->count > 0;
    row->median = tri_log_median(row->samples, row->count, &row->variance);
    if (row->usable && row->median != row->median)
        return tri_fail(reader->error, TRI_FAILED, "cannot read %s: out of memory",
                        reader->results->path),
               false;
    return true;
}

/* ---- inputs ---- */

/* "street.png, decoded in 8.1 ms" is named "street.png": the time is another one in each run. The
 * text is cut in place. */
static void cut_input(json_t *name)
{
    const char *text = json_string_value(name),
               *rest = text != NULL ? strstr(text, ", decoded in ") : NULL;

    if (rest != NULL)
        json_string_setn(name, text, (size_t)(rest - text));
}

static bool same_work(const struct tri_results_row *a, const struct tri_results_row *b)
{
    return strcmp(a->pipeline, b->pipeline) == 0 && tri_shape_equal(&a->shape, &b->shape);
}

/* The environment names one input for each case; rows of older files have no number of their case,
 * but those of a case follow each other. */
static void name_inputs(struct tri_results *results)
{
    const json_t *environment = json_object_get(results->root, "environment"),
                 *inputs = json_object_get(environment, "inputs"),
                 *rows = json_object_get(results->root, "rows");
    size_t index = 0;

    for (size_t i = 0; i < json_array_size(inputs); i++)
        cut_input(json_array_get(inputs, i));
    for (int i = 0; i < results->row_count; i++) {
        struct tri_results_row *row = &results->rows[i];
        const json_t *number = json_object_get(json_array_get(rows, (size_t)i), "case");

        index += i > 0 && !same_work(row, row - 1);
        const json_int_t at =
            json_is_integer(number) ? json_integer_value(number) : (json_int_t)index;
        const char *name = at >= 0 ? json_string_value(json_array_get(inputs, (size_t)at)) : NULL;
        row->input = name != NULL ? name : "";
    }
}

/* A clip is known by the file's name without its folder. */
static void name_clip(struct tri_results *results)
{
    const char *path = json_string_value(json_object_get(results->root, "input")),
               *slash = path != NULL ? strrchr(path, '/') : NULL;

    for (int i = 0; i < results->row_count; i++)
        results->rows[i].input = slash != NULL ? slash + 1 : path != NULL ? path : "";
}

static enum tri_status read_rows(struct reader *reader)
{
    struct tri_results *results = reader->results;
    const json_t *rows = json_object_get(results->root, "rows");
    const size_t count = json_array_size(rows);

    if (count == 0)
        return tri_fail(reader->error, TRI_FAILED, "%s has no rows: nothing was measured",
                        results->path);
    if (count > ROWS_MAX)
        return damaged(reader, "rows", "a list of at most 200000 rows");
    results->rows = calloc(count, sizeof *results->rows);
    if (results->rows == NULL)
        return tri_fail(reader->error, TRI_FAILED, "cannot read %s: out of memory", results->path);
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_array_get(rows, i);

        reader->row = i + 1;
        results->row_count++;
        if (!read_row(reader, row, results->kind == TRI_RESULTS_CLIP ? results->root : row,
                      &results->rows[i]))
            return TRI_FAILED;
        json_object_del(row, "samples_ns"); /* they take most of the memory */
    }
    reader->row = 0;
    if (results->kind == TRI_RESULTS_CLIP)
        name_clip(results);
    else
        name_inputs(results);
    return TRI_OK;
}

/* ---- kinds ---- */

/* What a file without a version holds, by what it has. */
static const char *guess_kind(const json_t *root)
{
    const json_t *first = json_array_get(json_object_get(root, "rows"), 0);

    if (json_object_get(first, "stages_ms") != NULL)
        return "clip file";
    if (json_object_get(root, "frames") != NULL)
        return "clip";
    if (json_object_get(root, "bytes_in") != NULL)
        return "file";
    return json_object_get(root, "triptych") != NULL ? "pictures" : "";
}

bool tri_results_have_rows(const char *kind)
{
    return strcmp(kind, "pictures") == 0 || strcmp(kind, "clip") == 0;
}

static enum tri_status read_kind(struct reader *reader)
{
    struct tri_results *results = reader->results;
    const json_t *root = results->root;
    const char *kind = "";

    if (!json_is_array(json_object_get(root, "rows")))
        return tri_fail(reader->error, TRI_FAILED,
                        "%s has no results of 'triptych bench --json': there is no list of rows",
                        results->path);
    if (json_object_get(root, "schema") == NULL)
        kind = guess_kind(root);
    else if (!get_text(reader, root, "kind", &kind))
        return TRI_FAILED;
    if (tri_results_have_rows(kind)) {
        results->kind = kind[0] == 'c' ? TRI_RESULTS_CLIP : TRI_RESULTS_PICTURES;
        return TRI_OK;
    }
    if (strcmp(kind, "file") == 0 || strcmp(kind, "clip file") == 0)
        return tri_fail(reader->error, TRI_FAILED,
                        "%s was measured with --end-to-end, where codecs of other versions write "
                        "other bytes; compare results without it",
                        results->path);
    if (strcmp(kind, "comparison") == 0)
        return tri_fail(reader->error, TRI_FAILED,
                        "%s is a comparison; compare the files of results that it was made of",
                        results->path);
    return tri_fail(reader->error, TRI_FAILED, "%s has no results of 'triptych bench --json'",
                    results->path);
}

static enum tri_status read_schema(struct reader *reader)
{
    struct tri_results *results = reader->results;
    const json_t *schema = json_object_get(results->root, "schema");
    const char *version = json_string_value(json_object_get(results->root, "triptych"));

    if (!json_is_object(results->root))
        return tri_fail(reader->error, TRI_FAILED, "%s has no results of 'triptych bench --json'",
                        results->path);
    if (schema == NULL)
        return TRI_OK;
    if (json_is_integer(schema) && json_integer_value(schema) > TRI_RESULTS_SCHEMA)
        return tri_fail(reader->error, TRI_FAILED,
                        "%s has schema %lld, of triptych %.40s; this is triptych %s, which reads "
                        "schemas up to %d: use a newer one",
                        results->path, (long long)json_integer_value(schema),
                        version != NULL ? version : "?", TRI_VERSION, TRI_RESULTS_SCHEMA);
    return get_number(reader, results->root, "schema", 1, TRI_RESULTS_SCHEMA, &results->schema)
               ? TRI_OK
               : TRI_FAILED;
}

static enum tri_status begin(const char *name, struct tri_results *results, struct tri_error *error)
{
    *results = (struct tri_results){.cpu = "", .date = ""};
    results->path = strdup(name);
    return results->path != NULL
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "out of memory for the name of a file");
}

static enum tri_status read_root(struct tri_results *results, struct tri_error *error)
{
    struct reader reader = {.results = results, .error = error};
    enum tri_status status = read_schema(&reader);

    if (status == TRI_OK)
        status = read_kind(&reader);
    if (status != TRI_OK)
        return status;
    tri_results_read_properties(results);
    return read_rows(&reader);
}

enum tri_status tri_results_read(const char *path, struct tri_results *results,
                                 struct tri_error *error)
{
    enum tri_status status =
        begin(strcmp(path, "-") == 0 ? "standard input" : path, results, error);

    if (status == TRI_OK)
        status = tri_json_read(path, "results of 'triptych bench --json'", FILE_MAX, &results->root,
                               error);
    return status == TRI_OK ? read_root(results, error) : status;
}

enum tri_status tri_results_take(json_t *root, const char *name, struct tri_results *results,
                                 struct tri_error *error)
{
    const enum tri_status status = begin(name, results, error);

    results->root = root;
    if (status == TRI_OK && root == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", name);
    return status == TRI_OK ? read_root(results, error) : status;
}

void tri_results_free(struct tri_results *results)
{
    for (int i = 0; i < results->row_count; i++)
        free(results->rows[i].samples);
    free(results->rows);
    free(results->path);
    json_decref(results->root);
    *results = (struct tri_results){0};
}
