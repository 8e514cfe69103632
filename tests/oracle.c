/* oracle.c -- the table of the oracles, and what several of them need. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* oracles.h is made by the Makefile: ORACLE(name) for each file in tests/oracles. */
#define ORACLE(name) extern const struct oracle oracle_##name;
#include "oracles.h"
#undef ORACLE

#define ORACLE(name) &oracle_##name,
static const struct oracle *const table[] = {
#include "oracles.h"
    NULL};
#undef ORACLE

const struct oracle *oracle_find(const char *name)
{
    for (int i = 0; table[i]; i++)
        if (!strcmp(table[i]->name, name))
            return table[i];
    return NULL;
}

enum oracle_alpha oracle_alpha_of(const struct oracle *oracle, const struct tri_pipeline *pipeline,
                                  int operation)
{
    return oracle->alpha_of ? oracle->alpha_of(pipeline, operation) : oracle->alpha;
}

void oracle_frame(const struct oracle *oracle, const struct tri_pipeline *pipeline,
                  struct tri_image *const *frames, int count, int index, struct expected *out)
{
    if (oracle->over_time)
        oracle->over_time(pipeline, 0, frames, count, index, out);
    else
        oracle->run(pipeline, 0, frames[index], frames[index ? index - 1 : 0], out);
}

void *oracle_memory(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory) {
        fprintf(stderr, "tests: out of memory\n");
        exit(1);
    }
    return memory;
}

void oracle_expect(struct expected *out, int width, int height, int planes, double bound)
{
    *out = (struct expected){.width = width, .height = height, .planes = planes, .bound = bound};
    out->value = oracle_memory((size_t)width * (size_t)height * (size_t)planes, sizeof(double));
}

double *oracle_at(const struct expected *out, int plane, int x, int y)
{
    return &out->value[((size_t)plane * (size_t)out->height + (size_t)y) * (size_t)out->width + (size_t)x];
}

int oracle_max(const struct tri_image *image)
{
    return image->shape.bits == 8 ? 255 : 65535;
}

static int clamp_index(int index, int count)
{
    return index < 0 ? 0 : index >= count ? count - 1 : index;
}

int64_t oracle_sample(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, clamp_index(y, image->shape.height));

    x = clamp_index(x, image->shape.width);
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static const struct tri_param *find_param(const struct tri_kernel *kernel, const char *name)
{
    for (int i = 0; i < tri_kernel_param_count(kernel); i++)
        if (!strcmp(tri_kernel_param(kernel, i)->name, name))
            return tri_kernel_param(kernel, i);
    return NULL;
}

bool oracle_chosen(const struct tri_pipeline *pipeline, int operation, const char *param, const char *choice)
{
    const struct tri_param *p = find_param(tri_pipeline_kernel(pipeline, operation), param);
    const char *name = p && p->type == TRI_CHOICE ? p->choices : "";

    for (int i = (int)tri_pipeline_value(pipeline, operation, param); i > 0 && *name; i--) {
        name += strcspn(name, "|");
        name += *name == '|';
    }
    return strcspn(name, "|") == strlen(choice) && !strncmp(name, choice, strlen(choice));
}

int64_t oracle_divide(int64_t dividend, int64_t divisor)
{
    return (2 * dividend + divisor) / (2 * divisor);
}

double oracle_clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

void oracle_points(const struct tri_image *in, struct expected *out,
                   double (*point)(double value, double max, const double *params), const double *params)
{
    const struct tri_shape *shape = &in->shape;

    oracle_expect(out, shape->width, shape->height, shape->planes, 0);
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++)
                *oracle_at(out, plane, x, y) =
                    point((double)oracle_sample(in, plane, x, y), oracle_max(in), params);
}

struct oracle_weights oracle_weights_new(int outputs, int inputs)
{
    struct oracle_weights weights = {.outputs = outputs, .inputs = inputs};

    weights.weight = oracle_memory((size_t)outputs * (size_t)inputs, sizeof(double));
    return weights;
}

static double *weights_of(const struct oracle_weights *weights, int output)
{
    return weights->weight + (size_t)output * (size_t)weights->inputs;
}

void oracle_weights_add(struct oracle_weights *weights, int output, int input, double weight)
{
    weights_of(weights, output)[clamp_index(input, weights->inputs)] += weight;
}

void oracle_weights_normalise(struct oracle_weights *weights)
{
    for (int o = 0; o < weights->outputs; o++) {
        double *row = weights_of(weights, o), sum = 0;

        for (int i = 0; i < weights->inputs; i++)
            sum += row[i];
        for (int i = 0; i < weights->inputs; i++)
            row[i] /= sum;
    }
}

/* One output: the weighted sum of samples that lie `step` apart. */
static double weigh(const double *weight, int count, const double *sample, int step)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        if (weight[i] != 0)
            sum += weight[i] * sample[(size_t)i * (size_t)step];
    return sum;
}

void oracle_weights_apply(const struct oracle_weights *across, const struct oracle_weights *down,
                          const struct tri_image *in, int plane, struct expected *out)
{
    double *row = oracle_memory((size_t)across->inputs, sizeof(double));
    double *half = oracle_memory((size_t)across->outputs * (size_t)down->inputs, sizeof(double));

    for (int y = 0; y < down->inputs; y++) {
        for (int x = 0; x < across->inputs; x++)
            row[x] = (double)oracle_sample(in, plane, x, y);
        for (int x = 0; x < across->outputs; x++)
            half[y * across->outputs + x] = weigh(weights_of(across, x), across->inputs, row, 1);
    }
    for (int y = 0; y < down->outputs; y++)
        for (int x = 0; x < across->outputs; x++)
            *oracle_at(out, plane, x, y) =
                weigh(weights_of(down, y), down->inputs, half + x, across->outputs);
    free(half);
    free(row);
}
