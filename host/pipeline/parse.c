/* parse.c -- from "gray,gaussian:sigma=2,sobel" to kernels and values. */
#include "graph.h"
#include "own.h"
#include "quoting.h"
#include "spelling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX 256
#define BLANKS " \t\n"

static enum tri_status unknown_kernel(const char *name, struct tri_error *error)
{
    const char *names[NAMES_MAX], *call = tri_kernel_call(name);
    char file[300];
    if (tri_own_allowed() && snprintf(file, sizeof file, "./%s.cl", name) < (int)sizeof file &&
        access(file, F_OK) == 0)
        return tri_fail(error, TRI_USAGE, "unknown kernel '%s': did you mean '%s'?", name, file);
    if (call != NULL)
        return tri_fail(error, TRI_USAGE, "unknown kernel '%s': did you mean '%s'?", name, call);
    const int count = tri_kernel_count() < NAMES_MAX ? tri_kernel_count() : NAMES_MAX;
    for (int i = 0; i < count; i++)
        names[i] = tri_kernel_name(tri_kernel_at(i));
    const char *nearest = tri_nearest(name, names, count);
    if (nearest == NULL)
        return tri_fail(error, TRI_USAGE, "unknown kernel '%s': 'triptych kernels' lists them",
                        name);
    return tri_fail(error, TRI_USAGE, "unknown kernel '%s': did you mean '%s'?", name, nearest);
}

static enum tri_status unknown_param(const struct tri_kernel *kernel, const char *name,
                                     struct tri_error *error)
{
    const char *names[NAMES_MAX];
    char list[300] = "it has none";
    const int count =
        tri_kernel_param_count(kernel) < NAMES_MAX ? tri_kernel_param_count(kernel) : NAMES_MAX;
    for (int i = 0, used = 0; i < count; i++) {
        names[i] = tri_kernel_param(kernel, i)->name;
        if (used < (int)sizeof list - 1)
            used += snprintf(list + used, sizeof list - (size_t)used, "%s%s",
                             i == 0 ? "it has " : ", ", names[i]);
    }
    const char *nearest = tri_nearest(name, names, count);
    if (nearest == NULL)
        return tri_fail(error, TRI_USAGE, "%s has no parameter '%s': %s", kernel->about->name, name,
                        list);
    return tri_fail(error, TRI_USAGE, "%s has no parameter '%s': did you mean '%s'?",
                    kernel->about->name, name, nearest);
}

static enum tri_status parse_choice(const struct tri_kernel *kernel, const struct tri_param *param,
                                    const char *text, double *value, struct tri_error *error)
{
    const size_t length = strlen(text);
    const char *name = param->choices;
    for (int i = 0; name != NULL; i++) {
        const char *end = strchr(name, '|');
        const size_t n = end != NULL ? (size_t)(end - name) : strlen(name);
        if (n == length && memcmp(name, text, n) == 0) {
            *value = i;
            return TRI_OK;
        }
        name = end != NULL ? end + 1 : NULL;
    }
    return tri_fail(error, TRI_USAGE, "%s: %s is '%s'; expected one of %s", kernel->about->name,
                    param->name, text, param->choices);
}

static enum tri_status parse_value(const struct tri_kernel *kernel, const struct tri_param *param,
                                   const char *text, double *value, struct tri_error *error)
{
    if (param->type == TRI_CHOICE)
        return parse_choice(kernel, param, text, value, error);
    char *end;
    const bool plain = text[0] != '\0' && strspn(text, "0123456789.eE+-") == strlen(text);
    *value = plain ? strtod(text, &end) : 0;
    if (!plain || *end != '\0' || !isfinite(*value))
        return tri_fail(error, TRI_USAGE, "%s: %s is '%s'; expected a number", kernel->about->name,
                        param->name, text);
    if (param->type == TRI_INT && *value != floor(*value))
        return tri_fail(error, TRI_USAGE, "%s: %s is %s; expected a whole number",
                        kernel->about->name, param->name, text);
    if (*value < param->minimum || *value > param->maximum)
        return tri_fail(error, TRI_USAGE, "%s: %s is %s; expected %g to %.10g", kernel->about->name,
                        param->name, text, param->minimum, param->maximum);
    return TRI_OK;
}

/* Removes surrounding blanks that are not quoted, in place. */
static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL &&
           !(length > 1 && text[length - 2] == '\\'))
        length--;
    text[length] = '\0';
    return text;
}

/* What is known of an operation while its parameters are parsed. */
struct reader {
    struct tri_pipeline_step *step;
    uint64_t given; /* a bit for each parameter; no kernel has more of them than this has bits */
    bool files;     /* read the files that parameters name */
};

static enum tri_status set_value(const struct reader *reader, int index, const char *text,
                                 struct tri_error *error)
{
    const struct tri_kernel *kernel = reader->step->kernel;
    const struct tri_param *param = tri_kernel_param(kernel, index);
    if (tri_param_is_text(param))
        return tri_text_value_new(kernel, param, text, reader->files, &reader->step->texts[index],
                                  error);
    return parse_value(kernel, param, text, &reader->step->values[index], error);
}

/* Parses "name=value", or a value for the parameter at `position`. */
static enum tri_status parse_param(struct reader *reader, char *text, int position,
                                   struct tri_error *error)
{
    struct tri_pipeline_step *step = reader->step;
    const struct tri_kernel *kernel = step->kernel;
    const int count = tri_kernel_param_count(kernel);
    char *equals = tri_quoting_find(text, '=');
    int index = position;
    if (equals != NULL) {
        *equals = '\0';
        text = trim(text);
        for (index = 0; index < count && strcmp(tri_kernel_param(kernel, index)->name, text) != 0;)
            index++;
        if (index == count)
            return unknown_param(kernel, text, error);
        text = trim(equals + 1);
    } else if (position >= count) {
        return tri_fail(error, TRI_USAGE, "%s takes %d parameter%s; remove '%s'",
                        kernel->about->name, count, count == 1 ? "" : "s", text);
    }
    const uint64_t bit = UINT64_C(1) << index;
    if ((reader->given & bit) != 0)
        return tri_fail(error, TRI_USAGE, "%s: %s is given twice", kernel->about->name,
                        tri_kernel_param(kernel, index)->name);
    reader->given |= bit;
    tri_quoting_remove(text);
    return set_value(reader, index, text, error);
}

/* Gives the parameters that are not given their initial values. */
static enum tri_status complete(const struct reader *reader, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    const struct tri_kernel *kernel = reader->step->kernel;
    for (int i = 0; i < tri_kernel_param_count(kernel) && status == TRI_OK; i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);
        if ((reader->given & UINT64_C(1) << i) != 0)
            continue;
        if (!tri_param_is_text(param))
            reader->step->values[i] = param->initial;
        else if (param->initial_text != NULL)
            status = set_value(reader, i, param->initial_text, error);
        else
            status = tri_fail(error, TRI_USAGE, "%s needs %s, such as %s", kernel->about->name,
                              param->name, kernel->about->example);
    }
    return status;
}

static enum tri_status find_kernel(struct tri_pipeline_step *step, const char *name,
                                   struct tri_error *error)
{
    struct tri_error found;
    if (name[0] == '\0')
        return tri_fail(
            error, TRI_USAGE,
            "the pipeline has an empty operation; separate operations by single commas");
    step->kernel = tri_kernel_find(name);
    if (step->kernel == NULL && tri_own_find(name, &step->kernel, &found) != TRI_OK)
        return tri_fail(error, found.status, "%s", found.text);
    if (step->kernel == NULL)
        return unknown_kernel(name, error);
    const size_t count = (size_t)tri_kernel_param_count(step->kernel) + 1;
    step->values = calloc(count, sizeof step->values[0]);
    step->texts = calloc(count, sizeof(struct tri_text_value *));
    if (step->values == NULL || step->texts == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    return TRI_OK;
}

static enum tri_status parse_step(struct reader *reader, char *text, struct tri_error *error)
{
    char *rest = tri_quoting_find(text, ':');
    if (rest != NULL)
        *rest++ = '\0';
    char *name = trim(text);
    tri_quoting_remove(name);
    enum tri_status status = find_kernel(reader->step, name, error);
    for (int position = 0; status == TRI_OK && rest != NULL; position++) {
        char *param = rest;
        rest = tri_quoting_find(param, ':');
        if (rest != NULL)
            *rest++ = '\0';
        status = parse_param(reader, trim(param), position, error);
    }
    return status == TRI_OK ? complete(reader, error) : status;
}

#define STEPS_MAX 1000

enum tri_status tri_pipeline_check(struct tri_pipeline *pipeline, struct tri_error *error)
{
    const struct tri_shape smallest = {1, 1, 1, 8};
    struct tri_graph graph;
    struct tri_value value;
    struct tri_shape out;
    const uint64_t limit = pipeline->max_pixels;
    const bool noise = pipeline->noise;
    pipeline->max_pixels = UINT64_MAX; /* the caller cannot have raised it yet */
    pipeline->any_size = true;
    pipeline->noise = true; /* the second picture is known later, or larger */
    const enum tri_status status =
        tri_graph_build_shapes(pipeline, &smallest, &graph, &value, &out, error);
    pipeline->max_pixels = limit;
    pipeline->any_size = false;
    pipeline->noise = noise;
    if (status == TRI_OK)
        tri_pipeline_learn(pipeline, &graph);
    tri_graph_free(&graph);
    return status;
}

/* The operations in `text`, which becomes pieces. */
static enum tri_status parse_steps(struct tri_pipeline *pipeline, char *text, bool files,
                                   struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (char *rest = text; status == TRI_OK && rest != NULL;) {
        char *step = rest;
        rest = tri_quoting_find(step, ',');
        if (rest != NULL)
            *rest++ = '\0';
        struct reader reader = {&pipeline->steps[pipeline->length++], 0, files};
        status = parse_step(&reader, step, error);
    }
    return status;
}

static enum tri_status parse(const char *text, bool files, struct tri_pipeline **pipeline,
                             struct tri_error *error)
{
    int commas = 0;
    for (const char *c = text; *c != '\0'; c++)
        commas += *c == ',';
    *pipeline = NULL;
    if (commas >= STEPS_MAX)
        return tri_fail(error, TRI_USAGE, "a pipeline may have at most %d operations", STEPS_MAX);
    enum tri_status status = tri_quoting_check(text, error);
    if (status != TRI_OK)
        return status;
    struct tri_pipeline *p = calloc(1, sizeof *p);
    char *copy = strdup(text);
    if (p != NULL) {
        p->max_pixels = TRI_PIXEL_LIMIT;
        p->text = strdup(text);
        p->steps = calloc((size_t)commas + 1, sizeof p->steps[0]);
    }
    if (p == NULL || copy == NULL || p->text == NULL || p->steps == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    else
        status = parse_steps(p, copy, files, error);
    free(copy);
    if (status == TRI_OK && files)
        status = tri_pipeline_check(p, error);
    if (status != TRI_OK)
        tri_pipeline_free(p);
    else
        *pipeline = p;
    return status;
}

enum tri_status tri_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                   struct tri_error *error)
{
    return parse(text, true, pipeline, error);
}

enum tri_status tri_pipeline_parse_words(const char *text, struct tri_pipeline **pipeline,
                                         struct tri_error *error)
{
    return parse(text, false, pipeline, error);
}

static void free_step(struct tri_pipeline_step *step)
{
    for (int i = 0; step->texts != NULL && i < tri_kernel_param_count(step->kernel); i++)
        tri_text_value_release(step->texts[i]);
    free(step->texts);
    free(step->values);
}

void tri_pipeline_free(struct tri_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (int i = 0; pipeline->steps != NULL && i < pipeline->length; i++)
        free_step(&pipeline->steps[i]);
    free(pipeline->steps);
    free(pipeline->text);
    free(pipeline);
}

const char *tri_pipeline_text(const struct tri_pipeline *pipeline)
{
    return pipeline->text;
}

int tri_pipeline_length(const struct tri_pipeline *pipeline)
{
    return pipeline->length;
}

const struct tri_kernel *tri_pipeline_kernel(const struct tri_pipeline *pipeline, int operation)
{
    return operation >= 0 && operation < pipeline->length ? pipeline->steps[operation].kernel
                                                          : NULL;
}

/* An operation of no kernel, if there is no such one. */
static struct tri_operation operation_at(const struct tri_pipeline *pipeline, int index)
{
    if (index < 0 || index >= pipeline->length)
        return (struct tri_operation){0};
    const struct tri_pipeline_step *step = &pipeline->steps[index];
    return (struct tri_operation){step->kernel, step->values, step->texts, 0, false, 0};
}

double tri_pipeline_value(const struct tri_pipeline *pipeline, int operation, const char *param)
{
    const struct tri_operation it = operation_at(pipeline, operation);
    return it.kernel != NULL ? tri_operation_value(&it, param) : (double)NAN;
}

const char *tri_pipeline_value_text(const struct tri_pipeline *pipeline, int operation,
                                    const char *param)
{
    const struct tri_operation it = operation_at(pipeline, operation);
    const struct tri_text_value *value = it.kernel != NULL ? tri_operation_text(&it, param) : NULL;
    return value != NULL ? value->text : NULL;
}
