/* canonical.c -- one spelling for each pipeline: every parameter by name, in order. */
#include "canonical.h"
#include "graph.h"
#include "own.h"
#include "quoting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fewest digits that give the same number again. */
static void put_number(FILE *text, double value)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%.15g", value);
    if (strtod(digits, NULL) == value)
        fputs(digits, text);
    else
        fprintf(text, "%.17g", value);
}

static void put_choice(FILE *text, const struct tri_param *param, int index)
{
    const char *name = param->choices;

    while (index-- > 0 && strchr(name, '|') != NULL)
        name = strchr(name, '|') + 1;
    fprintf(text, "%.*s", (int)strcspn(name, "|"), name);
}

/* A row after another, as in the text. */
static void put_list(FILE *text, const struct tri_list *list)
{
    for (int i = 0; i < list->count; i++) {
        if (i > 0)
            fputc(list->columns > 0 && i % list->columns == 0 ? '/' : ' ', text);
        put_number(text, list->numbers[i]);
    }
}

static void put_text(FILE *text, const struct tri_param *param, const struct tri_text_value *value)
{
    const struct tri_rgba *colour = &value->colour;

    if (param->type == TRI_LIST) {
        put_list(text, &value->list);
    } else if (param->type == TRI_COLOUR) {
        fprintf(text, "#%02x%02x%02x", colour->red, colour->green, colour->blue);
        if (colour->alpha != 255)
            fprintf(text, "%02x", colour->alpha);
    } else {
        tri_quoting_write(text, value->text);
    }
}

static void put_step(FILE *text, const struct tri_pipeline_step *step)
{
    fputs(step->kernel->own != NULL ? tri_own_call(step->kernel->own)
                                    : tri_kernel_name(step->kernel),
          text);
    for (int i = 0; i < tri_kernel_param_count(step->kernel); i++) {
        const struct tri_param *param = tri_kernel_param(step->kernel, i);

        fprintf(text, ":%s=", param->name);
        if (param->type == TRI_CHOICE)
            put_choice(text, param, (int)step->values[i]);
        else if (step->texts[i] != NULL)
            put_text(text, param, step->texts[i]);
        else
            put_number(text, step->values[i]);
    }
}

char *tri_pipeline_canonical(const struct tri_pipeline *pipeline)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    if (stream == NULL)
        return NULL;
    for (int i = 0; i < pipeline->length; i++) {
        fputs(i > 0 ? "," : "", stream);
        put_step(stream, &pipeline->steps[i]);
    }
    const int failed = ferror(stream);
    if (fclose(stream) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}
