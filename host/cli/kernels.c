/* kernels.c -- triptych kernels: the list by family, and a page about one. */
#include "cli/cli.h"
#include "pipeline/kernel.h"
#include "pipeline/nearest.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 90 };

/* ---- text ---- */

/* Kernels come in the order of their names; this is the first family after `last` by name. */
static const char *next_family(const char *last)
{
    const char *next = NULL;

    for (int i = 0; i < tri_kernel_count(); i++) {
        const char *family = tri_kernel_family(tri_kernel_at(i));

        if ((!last || strcmp(family, last) > 0) && (!next || strcmp(family, next) < 0))
            next = family;
    }
    return next;
}

static void print_list(void)
{
    int widest = 0;

    for (int i = 0; i < tri_kernel_count(); i++) {
        int width = (int)strlen(tri_kernel_name(tri_kernel_at(i)));
        widest = width > widest ? width : widest;
    }
    for (const char *family = next_family(NULL); family; family = next_family(family)) {
        printf("%s\n", family);
        for (int i = 0; i < tri_kernel_count(); i++) {
            const struct tri_kernel *kernel = tri_kernel_at(i);
            if (strcmp(tri_kernel_family(kernel), family) == 0)
                printf("  %-*s  %s\n", widest, tri_kernel_name(kernel), tri_kernel_summary(kernel));
        }
        putchar('\n');
    }
    printf("'triptych kernels NAME' explains one.\n");
}

/* Breaks lines between words; keeps the breaks that are there. */
static void print_wrapped(const char *text)
{
    size_t column = 0;

    while (*text) {
        if (*text == '\n') {
            putchar('\n');
            column = 0;
            text++;
            continue;
        }
        size_t blanks = strspn(text, " "), word = strcspn(text + blanks, " \n");
        if (column > 0 && column + blanks + word > COLUMNS) {
            putchar('\n');
            column = blanks = 0;
            text += strspn(text, " ");
        }
        printf("%.*s", (int)(blanks + word), text);
        column += blanks + word;
        text += blanks + word;
    }
    putchar('\n');
}

/* The name of choice `index` in "a|b|c"; its length is stored. */
static const char *choice(const struct tri_param *param, int index, int *length)
{
    const char *name = param->choices;

    while (index-- > 0 && strchr(name, '|'))
        name = strchr(name, '|') + 1;
    *length = (int)strcspn(name, "|");
    return name;
}

static void print_param(const struct tri_param *param, int widest)
{
    printf("  %-*s  ", widest, param->name);
    if (param->type == TRI_CHOICE) {
        int length;
        const char *initial = choice(param, (int)param->initial, &length);
        for (const char *c = param->choices; *c; c++)
            putchar(*c == '|' ? ' ' : *c);
        printf("; default %.*s\n", length, initial);
    } else {
        printf("%s, %.10g to %.10g; default %.10g\n", param->type == TRI_INT ? "whole number" : "number",
               param->minimum, param->maximum, param->initial);
    }
    printf("  %-*s  %s\n", widest, "", param->help);
}

/* With the files that such a kernel is for: over time, those are videos. */
static void print_example(const char *pipeline)
{
    struct tri_pipeline *parsed = NULL;
    const bool video = tri_pipeline_parse(pipeline, &parsed, NULL) == TRI_OK && tri_pipeline_over_time(parsed);
    const char *files = video ? "in.mp4 -o out.mp4" : "in.png -o out.png";

    tri_pipeline_free(parsed);
    printf("Example:\n  triptych run %s %s\n\n", pipeline, files);
}

static void print_page(const struct tri_kernel *kernel)
{
    int count = tri_kernel_param_count(kernel), widest = 0;

    printf("%s (%s): %s\n\n", tri_kernel_name(kernel), tri_kernel_family(kernel), tri_kernel_summary(kernel));
    print_example(tri_kernel_example(kernel));
    for (int i = 0; i < count; i++) {
        int width = (int)strlen(tri_kernel_param(kernel, i)->name);
        widest = width > widest ? width : widest;
    }
    puts(count ? "Parameters, in this order:" : "No parameters.");
    for (int i = 0; i < count; i++)
        print_param(tri_kernel_param(kernel, i), widest);
    putchar('\n');
    print_wrapped(tri_kernel_help(kernel));
}

/* ---- JSON ---- */

/* Whole numbers without ".0". */
static json_t *number_json(double value)
{
    return value == (double)(long)value ? json_integer((long)value) : json_real(value);
}

static json_t *param_json(const struct tri_param *param)
{
    static const char *const types[] = {[TRI_INT] = "int", [TRI_FLOAT] = "float", [TRI_CHOICE] = "choice"};
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(param->name));
    json_object_set_new(object, "type", json_string(types[param->type]));
    if (param->type == TRI_CHOICE) {
        json_t *choices = json_array();
        int length;
        for (int i = 0; i <= (int)param->maximum; i++) {
            const char *name = choice(param, i, &length);
            json_array_append_new(choices, json_stringn(name, (size_t)length));
        }
        json_object_set(object, "default", json_array_get(choices, (size_t)param->initial));
        json_object_set_new(object, "choices", choices);
    } else {
        json_object_set_new(object, "default", number_json(param->initial));
        json_object_set_new(object, "minimum", number_json(param->minimum));
        json_object_set_new(object, "maximum", number_json(param->maximum));
    }
    json_object_set_new(object, "help", json_string(param->help));
    return object;
}

static json_t *kernel_json(const struct tri_kernel *kernel)
{
    json_t *object = json_object(), *params = json_array();

    json_object_set_new(object, "name", json_string(tri_kernel_name(kernel)));
    json_object_set_new(object, "family", json_string(tri_kernel_family(kernel)));
    json_object_set_new(object, "summary", json_string(tri_kernel_summary(kernel)));
    json_object_set_new(object, "example", json_string(tri_kernel_example(kernel)));
    for (int i = 0; i < tri_kernel_param_count(kernel); i++)
        json_array_append_new(params, param_json(tri_kernel_param(kernel, i)));
    json_object_set_new(object, "parameters", params);
    json_object_set_new(object, "help", json_string(tri_kernel_help(kernel)));
    return object;
}

/* All kernels, or the one given. */
static void print_json(const struct tri_kernel *kernel)
{
    json_t *root = kernel ? kernel_json(kernel) : json_array();

    for (int i = 0; !kernel && i < tri_kernel_count(); i++)
        json_array_append_new(root, kernel_json(tri_kernel_at(i)));
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(root);
}

/* ---- the command ---- */

static int unknown_kernel(const char *name)
{
    int count = tri_kernel_count();
    const char **names = calloc((size_t)count + 1, sizeof *names);
    const char *nearest = tri_kernel_call(name);

    for (int i = 0; names && i < count; i++)
        names[i] = tri_kernel_name(tri_kernel_at(i));
    if (names && !nearest)
        nearest = tri_nearest(name, names, count);
    if (nearest)
        fprintf(stderr, "triptych: kernels: unknown kernel '%s'; did you mean '%s'?\n", name, nearest);
    else
        fprintf(stderr, "triptych: kernels: unknown kernel '%s' ('triptych kernels' lists them)\n", name);
    free(names);
    return TRI_USAGE;
}

const struct option cli_kernels_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

int cli_kernels(int argc, char **argv)
{
    const struct tri_kernel *kernel = NULL;
    bool json = false;
    int option;

    while ((option = cli_option(argc, argv, "h", cli_kernels_options)) != -1) {
        if (option == 'h')
            return cli_help(cli_help_kernels);
        if (option != 'j')
            return TRI_USAGE;
        json = true;
    }
    if (argc - optind > 1)
        return cli_usage("kernels", "one name at a time");
    if (optind < argc && !(kernel = tri_kernel_find(argv[optind])))
        return unknown_kernel(argv[optind]);
    if (json)
        print_json(kernel);
    else if (kernel)
        print_page(kernel);
    else
        print_list();
    return TRI_OK;
}
