/* result.c -- what was learnt, as the text of a pipeline, and how well that does. */
#include "learn/learn.h"

#include "image/image.h"

#include <math.h>
#include <stdlib.h>

/* ---- the pipeline ---- */

static const struct tri_learn_fraction *fraction_of(const struct tri_learn_result *result,
                                                    int filter)
{
    return &result->filters[filter].fractions.list[result->filters[filter].chosen];
}

static void print_window(FILE *to, const struct tri_learn_fraction *fraction, int side,
                         double scale)
{
    for (int i = 0; i < side * side; i++)
        fprintf(to, "%s%.10g",
                i == 0          ? ""
                : i % side == 0 ? " / "
                                : " ",
                fraction->weight[i] * scale);
}

static enum tri_status no_offset(const struct tri_learn_result *result, int filter,
                                 struct tri_error *error)
{
    static const char *const names[] = {"red", "green", "blue"};

    return tri_fail(
        error, TRI_USAGE,
        "%s needs an offset of %.4g of its own, which convolve cannot add: what was done "
        "to the pictures is more than weights",
        result->count == 1 ? "the result" : names[filter], fraction_of(result, filter)->offset);
}

/* Different filters share a divisor and the offset. */
static enum tri_status print_three(FILE *to, const struct tri_learn_result *result,
                                   struct tri_error *error)
{
    static const char *const params[] = {"convolve:matrix=", ":divisor=1:green=", ":blue="};

    for (int p = 0; p < 3; p++) {
        const struct tri_learn_fraction *fraction = fraction_of(result, p);
        if (fabs(fraction->offset - fraction_of(result, 0)->offset) > 1)
            return no_offset(result, p, error);
        fputs(params[p], to);
        print_window(to, fraction, result->model.side, 1.0 / fraction->divisor);
    }
    return TRI_OK;
}

static enum tri_status print_kernel(FILE *to, const struct tri_learn_result *result,
                                    struct tri_error *error)
{
    const struct tri_learn_fraction *fraction = fraction_of(result, 0);
    const double maximum = (1 << result->bits) - 1;
    enum tri_status status = TRI_OK;
    double offset = 0;

    for (int i = 0; i < result->count; i++)
        offset += fraction_of(result, i)->offset / result->count;
    if (fabs(offset) > maximum)
        return no_offset(result, 0, error);
    if (result->count > 1) {
        status = print_three(to, result, error);
    } else {
        fputs("convolve:matrix=", to);
        print_window(to, fraction, result->model.side, 1);
        fprintf(to, ":divisor=%d", fraction->divisor);
    }
    if (offset != 0)
        fprintf(to, ":bias=%.10g", offset / maximum);
    return status;
}

static enum tri_status print_colours(FILE *to, const struct tri_learn_result *result,
                                     struct tri_error *error)
{
    static const char names[] = "rgb";

    fprintf(to, "matrix");
    for (int p = 0; p < 3; p++) {
        const struct tri_learn_fraction *fraction = fraction_of(result, p);
        for (int i = 0; i < 3; i++) {
            const double weight = fraction->weight[i] / fraction->divisor;
            if (fabs(weight) > 8)
                return tri_fail(error, TRI_USAGE,
                                "a colour would weigh %.4g times in another; matrix has a limit of "
                                "8",
                                weight);
            fprintf(to, ":%c%c=%.10g", names[p], names[i], weight);
        }
    }
    if (result->curved) {
        fputc(',', to);
        tri_learn_curves_print(to, result->curves, false);
    }
    return TRI_OK;
}

enum tri_status tri_learn_text(const struct tri_learn_result *result, char **text,
                               struct tri_error *error)
{
    size_t length;
    FILE *to = open_memstream(text, &length);

    if (to == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    enum tri_status status =
        result->model.colours ? print_colours(to, result, error) : print_kernel(to, result, error);
    if ((ferror(to) | (fclose(to) != 0) || *text == NULL) && status == TRI_OK)
        status = tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    if (status != TRI_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}

/* ---- how well it does ---- */

static int sample(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);

    return image->shape.bits == 16 ? ((const uint16_t *)row)[x] : ((const uint8_t *)row)[x];
}

static bool is_in(const struct tri_learn_part *part, int width, int x, int y)
{
    const int columns = (width + TRI_LEARN_BLOCK_WIDTH - 1) / TRI_LEARN_BLOCK_WIDTH;
    const int block = y / TRI_LEARN_BLOCK_HEIGHT * columns + x / TRI_LEARN_BLOCK_WIDTH;

    return part->blocks == NULL || part->blocks[block] == part->kept;
}

static void add_error(struct tri_learn_errors *errors, int apart)
{
    errors->samples++;
    errors->apart += apart > 0;
    errors->sum += (uint64_t)apart;
    errors->squares += (uint64_t)apart * (uint64_t)apart;
    errors->largest = apart > errors->largest ? apart : errors->largest;
}

static void compare(const struct tri_image *made, const struct tri_image *after, int reach,
                    const struct tri_learn_part *part, struct tri_learn_errors *errors)
{
    const struct tri_shape *shape = &after->shape;

    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = reach; y < shape->height - reach; y++)
            for (int x = reach; x < shape->width - reach; x++)
                if (is_in(part, shape->width, x, y))
                    add_error(errors, abs(sample(made, plane, x, y) - sample(after, plane, x, y)));
}

enum tri_status tri_learn_check(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                struct tri_image *before, const struct tri_image *after, int reach,
                                const struct tri_learn_part *part, struct tri_learn_errors *errors,
                                struct tri_error *error)
{
    struct tri_image *made = NULL;
    struct tri_job *job = NULL;
    enum tri_status status = tri_job_new(backend, pipeline, &before->shape, &job, error);

    if (status == TRI_OK)
        status = tri_image_new_for(backend, tri_job_shape(job), &made, error);
    if (status == TRI_OK)
        status = tri_job_run(job, before, made, NULL, error);
    if (status == TRI_OK)
        compare(made, after, reach, part, errors);
    tri_job_free(job);
    tri_image_free(made);
    return status;
}

/* ---- which fraction ---- */

static enum tri_status try_fraction(struct tri_backend *backend,
                                    const struct tri_learn_result *result, struct tri_image *before,
                                    const struct tri_image *after,
                                    const struct tri_learn_part *part, double *squares,
                                    struct tri_error *error)
{
    struct tri_learn_errors errors = {0};
    struct tri_pipeline *pipeline = NULL;
    char *text;
    enum tri_status status = tri_learn_text(result, &text, error);

    if (status == TRI_OK)
        status = tri_pipeline_parse(text, &pipeline, error);
    if (status == TRI_OK)
        status = tri_learn_check(backend, pipeline, before, after, result->model.side / 2, part,
                                 &errors, error);
    tri_pipeline_free(pipeline);
    free(text);
    *squares = (double)errors.squares;
    return status;
}

/* Tries the fractions of one filter, while others stay as they are. */
static enum tri_status choose(struct tri_backend *backend, struct tri_learn_result *result,
                              int filter, struct tri_image *before, const struct tri_image *after,
                              const struct tri_learn_part *part, double *squares,
                              struct tri_error *error)
{
    const int last = result->filters[filter].fractions.count - 1;
    enum tri_status status = TRI_OK;

    for (int k = 0; k < last && status == TRI_OK; k++) {
        double its;
        result->filters[filter].chosen = k;
        status = try_fraction(backend, result, before, after, part, &its, error);
        if (status == TRI_OK && its <= *squares) {
            *squares = its;
            return TRI_OK;
        }
    }
    result->filters[filter].chosen = last;
    return status;
}

/* Together first: filters share what is left of their offsets. */
enum tri_status tri_learn_choose(struct tri_backend *backend, struct tri_learn_result *result,
                                 struct tri_image *before, const struct tri_image *after,
                                 const struct tri_learn_part *part, struct tri_error *error)
{
    double squares = 0, simplest = 0;
    enum tri_status status = try_fraction(backend, result, before, after, part, &squares, error);

    if (status == TRI_OK) {
        for (int i = 0; i < result->count; i++)
            result->filters[i].chosen = 0;
        status = try_fraction(backend, result, before, after, part, &simplest, error);
    }
    if (status != TRI_OK || simplest <= squares)
        return status;
    for (int i = 0; i < result->count; i++)
        result->filters[i].chosen = result->filters[i].fractions.count - 1;
    for (int i = 0; i < result->count && status == TRI_OK; i++)
        status = choose(backend, result, i, before, after, part, &squares, error);
    return status;
}
