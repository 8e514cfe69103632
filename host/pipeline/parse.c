/* parse.c -- from "gray,gaussian:sigma=2,sobel" to kernels and values. */
#include "graph.h"
#include "spelling.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 256
#define BLANKS " \t\n"

static enum tri_status unknown_kernel(const char *name, struct tri_error *error)
{
    const char *names[NAMES_MAX], *call = tri_kernel_call(name);
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

/* Removes surrounding blanks, in place. */
static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

/* Parses "name=value", or a value for the parameter at `position`; `given` has a bit for each
 * parameter already set. */
static enum tri_status parse_param(struct tri_pipeline_step *step, char *text, int position,
                                   uint64_t *given, struct tri_error *error)
{
    const struct tri_kernel *kernel = step->kernel;
    const int count = tri_kernel_param_count(kernel);
    char *equals = strchr(text, '=');
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
    if ((*given & bit) != 0)
        return tri_fail(error, TRI_USAGE, "%s: %s is given twice", kernel->about->name,
                        tri_kernel_param(kernel, index)->name);
    *given |= bit;
    return parse_value(kernel, tri_kernel_param(kernel, index), text, &step->values[index], error);
}

static enum tri_status parse_step(struct tri_pipeline_step *step, char *text,
                                  struct tri_error *error)
{
    char *rest = strchr(text, ':');
    if (rest != NULL)
        *rest++ = '\0';
    text = trim(text);
    if (text[0] == '\0')
        return tri_fail(
            error, TRI_USAGE,
            "the pipeline has an empty operation; separate operations by single commas");
    step->kernel = tri_kernel_find(text);
    if (step->kernel == NULL)
        return unknown_kernel(text, error);
    const int count = tri_kernel_param_count(step->kernel);
    step->values = calloc((size_t)count + 1, sizeof(double));
    if (step->values == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    for (int i = 0; i < count; i++)
        step->values[i] = tri_kernel_param(step->kernel, i)->initial;
    uint64_t given = 0; /* no kernel has more parameters than this has bits */
    for (int position = 0; rest != NULL; position++) {
        char *param = rest;
        rest = strchr(param, ':');
        if (rest != NULL)
            *rest++ = '\0';
        const enum tri_status status = parse_param(step, trim(param), position, &given, error);
        if (status != TRI_OK)
            return status;
    }
    return TRI_OK;
}

#define STEPS_MAX 1000

enum tri_status tri_pipeline_check(struct tri_pipeline *pipeline, struct tri_error *error)
{
    const struct tri_shape smallest = {1, 1, 1, 8};
    struct tri_graph graph;
    struct tri_value value;
    struct tri_shape out;
    const uint64_t limit = pipeline->max_pixels;
    pipeline->max_pixels = UINT64_MAX; /* the caller cannot have raised it yet */
    const enum tri_status status =
        tri_graph_build(pipeline, &smallest, &graph, &value, &out, error);
    pipeline->max_pixels = limit;
    if (status == TRI_OK)
        tri_pipeline_learn(pipeline, &graph);
    tri_graph_free(&graph);
    return status;
}

enum tri_status tri_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                   struct tri_error *error)
{
    int commas = 0;
    for (const char *c = text; *c != '\0'; c++)
        commas += *c == ',';
    *pipeline = NULL;
    if (commas >= STEPS_MAX)
        return tri_fail(error, TRI_USAGE, "a pipeline may have at most %d operations", STEPS_MAX);
    struct tri_pipeline *p = calloc(1, sizeof *p);
    char *copy = strdup(text);
    if (p != NULL) {
        p->max_pixels = TRI_PIXEL_LIMIT;
        p->text = strdup(text);
        p->steps = calloc((size_t)commas + 1, sizeof p->steps[0]);
    }
    enum tri_status status = TRI_OK;
    if (p == NULL || copy == NULL || p->text == NULL || p->steps == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    for (char *rest = copy; status == TRI_OK && rest != NULL;) {
        char *step = rest;
        rest = strchr(step, ',');
        if (rest != NULL)
            *rest++ = '\0';
        status = parse_step(&p->steps[p->length++], step, error);
    }
    free(copy);
    if (status == TRI_OK)
        status = tri_pipeline_check(p, error);
    if (status != TRI_OK)
        tri_pipeline_free(p);
    else
        *pipeline = p;
    return status;
}

void tri_pipeline_free(struct tri_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (int i = 0; i < pipeline->length; i++)
        free(pipeline->steps[i].values);
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

double tri_pipeline_value(const struct tri_pipeline *pipeline, int operation, const char *param)
{
    if (operation < 0 || operation >= pipeline->length)
        return (double)NAN;
    const struct tri_operation it = {pipeline->steps[operation].kernel,
                                     pipeline->steps[operation].values, 0};
    return tri_operation_value(&it, param);
}
