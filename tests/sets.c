/* sets.c -- parameter values of a kernel: default, extreme, each choice, random, and the oracle's
 * cases. */
#include "sets.h"
#include "rig.h"

#include "pipeline/text_value.h"

#include <string.h>

/* What counts or measures pixels stays at the scale of the pictures that are tested. */
static double temper(const struct tri_param *param)
{
    const bool pixels = param->type == TRI_INT || (param->type == TRI_FLOAT && param->minimum >= 1);
    return pixels && param->maximum > 1000 ? 100 : param->maximum;
}

static double random_value(const struct tri_param *param, uint64_t *state, bool small)
{
    double low = param->minimum < -1000 ? -20 : param->minimum, high = temper(param);

    if (rig_draw(state) % 4 == 0)
        return param->initial;
    if (param->type == TRI_CHOICE)
        return (double)(rig_draw(state) % (uint64_t)(param->maximum + 1));
    if (small) {
        low = param->initial - 2 > low ? param->initial - 2 : low;
        high = param->initial + 3 < high ? param->initial + 3 : high;
    }
    if (param->type == TRI_INT)
        return low + (double)(rig_draw(state) % (uint64_t)(high - low + 1));
    return low + (high - low) * rig_draw_unit(state);
}

static void print_value(const struct tri_param *param, double value, char *text, size_t size)
{
    const char *choice = param->choices;

    if (param->type == TRI_CHOICE) {
        for (int i = (int)value; i > 0; i--)
            choice = strchr(choice, '|') + 1;
        snprintf(text, size, ":%s=%.*s", param->name, (int)strcspn(choice, "|"), choice);
    } else if (param->type == TRI_INT) {
        snprintf(text, size, ":%s=%d", param->name, (int)value);
    } else {
        snprintf(text, size, ":%s=%.3f", param->name, value);
    }
}

/* The value that the kernel's example gives the parameter. */
static void print_of_example(const struct tri_kernel *kernel, const char *param, char *text,
                             size_t size)
{
    struct tri_pipeline *example = NULL;
    const char *value = NULL;
    int operation = 0;

    if (tri_pipeline_parse(tri_kernel_example(kernel), &example, NULL) == TRI_OK) {
        while (operation < tri_pipeline_length(example) &&
               tri_pipeline_kernel(example, operation) != kernel)
            operation++;
        value = tri_pipeline_value_text(example, operation, param);
    }
    snprintf(text, size, "'%s'", value ? value : "no value in the example");
    tri_pipeline_free(example);
}

static void print_text(const struct tri_kernel *kernel, const struct tri_param *param,
                       uint64_t *state, char *text, size_t size)
{
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    const int length = snprintf(text, size, ":%s=", param->name);

    text += length;
    size -= (size_t)length;
    if (oracle && oracle->draw_text)
        oracle->draw_text(param->name, state, text, size);
    else if (param->type == TRI_COLOUR)
        snprintf(text, size, "#%08x", (unsigned)rig_draw(state));
    else if (param->initial_text)
        snprintf(text, size, "'%s'", param->initial_text);
    else
        print_of_example(kernel, param->name, text, size);
}

void set_print_default(const struct tri_kernel *kernel, char *text, size_t size)
{
    int length = snprintf(text, size, "%s", tri_kernel_name(kernel));

    for (int i = 0; i < tri_kernel_param_count(kernel); i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);

        if (!tri_param_is_text(param) || param->initial_text)
            continue;
        length += snprintf(text + length, size - (size_t)length, ":%s=", param->name);
        print_of_example(kernel, param->name, text + length, size - (size_t)length);
        length += (int)strlen(text + length);
    }
}

void set_draw(const struct tri_kernel *kernel, enum set_values choice, uint64_t *state,
              struct set *set)
{
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    size_t length = (size_t)snprintf(set->text, sizeof(set->text), "%s", tri_kernel_name(kernel));
    double values[32] = {0};

    for (int i = 0; i < tri_kernel_param_count(kernel) && i < 32; i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);

        values[i] = choice == LOWEST           ? param->minimum
                    : choice == HIGHEST        ? temper(param)
                    : tri_param_is_text(param) ? 0
                                               : random_value(param, state, choice == RANDOM_SMALL);
        if (tri_param_is_text(param))
            print_text(kernel, param, state, set->text + length, sizeof(set->text) - length);
        else
            print_value(param, values[i], set->text + length, sizeof(set->text) - length);
        length += strlen(set->text + length);
    }
    set->refused = oracle && oracle->refuses && oracle->refuses(values);
}

static void print_choices(const struct tri_kernel *kernel, struct set *sets, int *count)
{
    for (int i = 0; i < tri_kernel_param_count(kernel); i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);

        for (int value = 0; param->type == TRI_CHOICE && value <= (int)param->maximum; value++) {
            struct set *set = &sets[(*count)++];

            set_print_default(kernel, set->text, sizeof(set->text));
            const size_t length = strlen(set->text);
            print_value(param, value, set->text + length, sizeof(set->text) - length);
        }
    }
}

int set_list(const struct tri_kernel *kernel, struct set sets[SETS_MAX])
{
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    uint64_t state = rig_seed_for(tri_kernel_name(kernel));
    int count = 1, edge = 1;

    memset(sets, 0, SETS_MAX * sizeof(sets[0]));
    set_print_default(kernel, sets[0].text, sizeof(sets[0].text));
    if (tri_kernel_param_count(kernel)) {
        set_draw(kernel, LOWEST, &state, &sets[count++]);
        set_draw(kernel, HIGHEST, &state, &sets[count++]);
        print_choices(kernel, sets, &count);
        edge = count;
        set_draw(kernel, RANDOM, &state, &sets[count++]);
        set_draw(kernel, RANDOM, &state, &sets[count++]);
    }
    for (int i = 0; oracle && oracle->cases && oracle->cases[i] && count < SETS_MAX; i++)
        snprintf(sets[count++].text, sizeof(sets[0].text), "%s:%s", tri_kernel_name(kernel),
                 oracle->cases[i]);
    for (int i = 0; i < count; i++)
        sets[i].rank = i == 0 ? SET_DEFAULT : i < edge ? SET_EDGE : SET_OTHER;
    return count;
}

static enum tri_status limited_shape(const char *text, const struct tri_shape *in,
                                     uint64_t max_pixels, struct tri_shape *out)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    enum tri_status status = tri_pipeline_parse(text, &pipeline, &error);

    if (!status) {
        tri_pipeline_limit(pipeline, max_pixels);
        status = tri_pipeline_shape(pipeline, in, out, &error);
    }
    tri_pipeline_free(pipeline);
    return status;
}

enum tri_status set_shape(const char *text, const struct tri_shape *in, struct tri_shape *out)
{
    return limited_shape(text, in, TRI_PIXEL_LIMIT, out);
}

bool set_too_large(const char *text, const struct tri_shape *in)
{
    struct tri_shape out;

    /* A result beyond the usual limit has a shape too. */
    return !limited_shape(text, in, UINT64_MAX, &out) &&
           (int64_t)out.width * out.height > (rig.full ? 4000000 : 300000);
}

bool set_refused_for(const char *text, const struct tri_shape *in)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    bool refused = false;

    if (!tri_pipeline_parse(text, &pipeline, &error)) {
        const struct oracle *oracle =
            oracle_find(tri_kernel_name(tri_pipeline_kernel(pipeline, 0)));

        refused = oracle && oracle->refuses_shape && oracle->refuses_shape(pipeline, 0, in);
    }
    tri_pipeline_free(pipeline);
    return refused;
}

bool set_unfit(const char *text, const struct tri_shape *in)
{
    return set_refused_for(text, in) || set_too_large(text, in);
}
