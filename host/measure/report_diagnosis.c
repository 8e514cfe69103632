/* report_diagnosis.c -- the diagnosis of different outputs, as text and as JSON. */
#include "measure/measure.h"

#include <jansson.h>

enum { COLUMNS = 8, ROWS = 4 }; /* shown of an image */

static int sample_of(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);

    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

/* The start of the section that is shown, chosen to include `at`. */
static int window_start(int size, int at, int most)
{
    int start = at - most / 2;

    if (start + most > size)
        start = size - most;
    return start < 0 ? 0 : start;
}

static void print_samples(FILE *file, const char *what, const struct tri_image *image, int plane,
                          int x, int y)
{
    const struct tri_shape *shape = &image->shape;
    const int left = window_start(shape->width, x, COLUMNS),
              top = window_start(shape->height, y, ROWS);

    for (int row = top; row < shape->height && row < top + ROWS; row++) {
        fprintf(file, "      %-9s", row == top ? what : "");
        for (int column = left; column < shape->width && column < left + COLUMNS; column++)
            fprintf(file, " %*d", shape->bits == 8 ? 3 : 5, sample_of(image, plane, column, row));
        fputc('\n', file);
    }
}

static void print_picture(FILE *file, const struct tri_diagnosis *diagnosis)
{
    const struct tri_difference first = tri_image_compare(diagnosis->expected, diagnosis->actual);
    const struct tri_shape *in = &diagnosis->in->shape, *out = &diagnosis->expected->shape;
    const int plane = first.plane < in->planes ? first.plane : 0;
    char shape[64];

    fprintf(file, "    smallest failing input: %s from x %d, y %d", tri_shape_text(in, shape),
            diagnosis->x, diagnosis->y);
    if (diagnosis->plane >= 0)
        fprintf(file, ", plane %d", diagnosis->plane);
    if (diagnosis->frames > 1)
        fprintf(file, ", the last of %d frames", diagnosis->frames);
    if (in->width > COLUMNS || in->height > ROWS || out->width > COLUMNS || out->height > ROWS ||
        out->planes > 1)
        fprintf(file, "; around x %d, y %d of plane %d:", first.x, first.y, first.plane);
    fputc('\n', file);
    print_samples(file, "in", diagnosis->in, plane, first.x < in->width ? first.x : in->width - 1,
                  first.y < in->height ? first.y : in->height - 1);
    print_samples(file, "expected", diagnosis->expected, first.plane, first.x, first.y);
    print_samples(file, "got", diagnosis->actual, first.plane, first.x, first.y);
}

static bool is_suspect(const struct tri_diagnosis *diagnosis, int probe)
{
    return diagnosis->info->probes[probe] > TRI_PROBE_PASSED;
}

static void print_causes(FILE *file, const struct tri_diagnosis *diagnosis)
{
    bool any = false;

    for (int i = 0; i < TRI_PROBES; i++)
        if (is_suspect(diagnosis, i)) {
            fprintf(file, "    likely cause: the probe %s %s: %s\n", tri_probe_name(i),
                    tri_probe_word(diagnosis->info->probes[i]), tri_probe_sentence(i));
            any = true;
        }
    if (!any && diagnosis->info->opencl)
        fprintf(
            file,
            "    likely cause: none of the probed arithmetic, which is correct on this device\n");
}

void tri_diagnosis_print(FILE *file, const struct tri_diagnosis *diagnosis)
{
    if (diagnosis->frames > 0)
        print_picture(file, diagnosis);
    else
        fprintf(file, "    no single input reproduces it\n");
    if (diagnosis->kernel != NULL)
        fprintf(file, "    first to differ: operation %d, %s", diagnosis->step,
                tri_kernel_name(diagnosis->kernel));
    if (diagnosis->kernel != NULL && diagnosis->pass != NULL)
        fprintf(file, "; its pass %s of %s, at x %d, y %d: expected %lld, got %lld",
                diagnosis->pass, diagnosis->file, diagnosis->pass_x, diagnosis->pass_y,
                (long long)diagnosis->pass_expected, (long long)diagnosis->pass_actual);
    else if (diagnosis->kernel != NULL)
        fprintf(file, "; none of its passes alone, only when they run together");
    if (diagnosis->kernel != NULL)
        fputc('\n', file);
    print_causes(file, diagnosis);
}

static json_t *samples_json(const struct tri_image *image, int plane, int x, int y)
{
    const struct tri_shape *shape = &image->shape;
    const int left = window_start(shape->width, x, COLUMNS),
              top = window_start(shape->height, y, ROWS);
    json_t *rows = json_array();

    for (int row = top; row < shape->height && row < top + ROWS; row++) {
        json_t *samples = json_array();

        for (int column = left; column < shape->width && column < left + COLUMNS; column++)
            json_array_append_new(samples, json_integer(sample_of(image, plane, column, row)));
        json_array_append_new(rows, samples);
    }
    return rows;
}

static json_t *picture_json(const struct tri_diagnosis *diagnosis)
{
    const struct tri_difference first = tri_image_compare(diagnosis->expected, diagnosis->actual);
    const struct tri_shape *in = &diagnosis->in->shape;
    const int plane = first.plane < in->planes ? first.plane : 0;

    return json_pack(
        "{s:i,s:i,s:i,s:i,s:i,s:i,s:o,s:i,s:o,s:o,s:o}", "width", in->width, "height", in->height,
        "planes", in->planes, "bits", in->bits, "x", diagnosis->x, "y", diagnosis->y, "plane",
        diagnosis->plane < 0 ? json_null() : json_integer(diagnosis->plane), "frames",
        diagnosis->frames, "in",
        samples_json(diagnosis->in, plane, first.x < in->width ? first.x : in->width - 1,
                     first.y < in->height ? first.y : in->height - 1),
        "expected", samples_json(diagnosis->expected, first.plane, first.x, first.y), "actual",
        samples_json(diagnosis->actual, first.plane, first.x, first.y));
}

json_t *tri_diagnosis_json(const struct tri_diagnosis *diagnosis)
{
    json_t *object = json_object(), *causes = json_array();

    for (int i = 0; i < TRI_PROBES; i++)
        if (is_suspect(diagnosis, i))
            json_array_append_new(causes, json_string(tri_probe_name(i)));
    json_object_set_new(object, "smallest",
                        diagnosis->frames > 0 ? picture_json(diagnosis) : json_null());
    json_object_set_new(object, "operation",
                        diagnosis->kernel != NULL ? json_integer(diagnosis->step) : json_null());
    json_object_set_new(object, "kernel",
                        diagnosis->kernel != NULL ? json_string(tri_kernel_name(diagnosis->kernel))
                                                  : json_null());
    json_object_set_new(object, "pass",
                        diagnosis->pass != NULL ? json_string(diagnosis->pass) : json_null());
    json_object_set_new(object, "likely_causes", causes);
    return object;
}
