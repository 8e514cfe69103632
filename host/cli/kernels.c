/* kernels.c -- triptych kernels: lists kernels by family, or explains one. */
#include "cli/cli.h"
#include "pipeline/kernel_description.h"
#include "pipeline/own.h"
#include "pipeline/text_value.h"
#include "pipeline/spelling.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80 };

/* ---- text ---- */

/* Returns the first family after `last` in alphabetical order; kernels are sorted by their own
 * names. */
static const char *next_family(const char *last)
{
    const char *next = NULL;

    for (int i = 0; i < tri_kernel_count(); i++) {
        const char *family = tri_kernel_family(tri_kernel_at(i));

        if ((last == NULL || strcmp(family, last) > 0) &&
            (next == NULL || strcmp(family, next) < 0))
            next = family;
    }
    return next;
}

static enum tri_status find_file(const char *name, const struct tri_kernel **kernel,
                                 struct tri_error *error)
{
    tri_own_allow(true);
    const enum tri_status status = tri_own_find(name, kernel, error);
    tri_own_allow(false);
    return status;
}

/* Calls `visit` for each kernel file in the folders of $TRIPTYCH_KERNELS; kernel NULL: it does not
 * compile. */
static void each_file(void (*visit)(const char *name, const struct tri_kernel *kernel,
                                    const struct tri_error *error, void *context),
                      void *context)
{
    int count;

    tri_own_allow(true);
    char **names = tri_own_names(&count);
    tri_own_allow(false);
    for (int i = 0; i < count; i++) {
        const struct tri_kernel *kernel = NULL;
        struct tri_error error = {TRI_OK, "it is gone"};
        (void)find_file(names[i], &kernel, &error); /* the error says why there is none */
        visit(names[i], kernel, &error, context);
        free(names[i]);
    }
    free(names);
}

static void print_file(const char *name, const struct tri_kernel *kernel,
                       const struct tri_error *error, void *context)
{
    int *printed = context;

    if (*printed == 0)
        printf("files in TRIPTYCH_KERNELS\n");
    *printed += 1;
    if (kernel != NULL)
        printf("  %s  %s (%s)\n", name, tri_kernel_summary(kernel), tri_kernel_family(kernel));
    else
        printf("  %s  cannot be used: %.*s\n", name, (int)strcspn(error->text, "\n"), error->text);
}

static void print_files(void)
{
    int printed = 0;

    each_file(print_file, &printed);
    if (printed > 0)
        putchar('\n');
}

static void print_list(void)
{
    int widest = 0;

    for (int i = 0; i < tri_kernel_count(); i++) {
        int width = (int)strlen(tri_kernel_name(tri_kernel_at(i)));
        widest = width > widest ? width : widest;
    }
    for (const char *family = next_family(NULL); family != NULL; family = next_family(family)) {
        printf("%s\n", family);
        for (int i = 0; i < tri_kernel_count(); i++) {
            const struct tri_kernel *kernel = tri_kernel_at(i);
            if (strcmp(tri_kernel_family(kernel), family) == 0)
                printf("  %-*s  %s\n", widest, tri_kernel_name(kernel), tri_kernel_summary(kernel));
        }
        putchar('\n');
    }
    print_files();
    printf("'triptych kernels NAME' explains one.\n");
}

/* Returns the name of choice `index` in "a|b|c", and stores its length. */
static const char *choice(const struct tri_param *param, int index, int *length)
{
    const char *name = param->choices;

    while (index-- > 0 && strchr(name, '|') != NULL)
        name = strchr(name, '|') + 1;
    *length = (int)strcspn(name, "|");
    return name;
}

static void print_text_param(const struct tri_param *param)
{
    if (param->type == TRI_LIST)
        printf("list of numbers, %.10g to %.10g", param->minimum, param->maximum);
    else
        fputs(param->type == TRI_COLOUR ? "colour"
              : param->type == TRI_FILE ? "name of a file"
                                        : "text",
              stdout);
    if (param->initial_text != NULL)
        printf("; default %s\n", param->initial_text);
    else
        puts("; must be given");
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
    } else if (tri_param_is_text(param)) {
        print_text_param(param);
    } else {
        printf("%s, %.10g to %.10g; default %.10g\n",
               param->type == TRI_INT ? "whole number" : "number", param->minimum, param->maximum,
               param->initial);
    }
    printf("  %-*s  %s\n", widest, "", param->help);
}

/* Gets files of the kind that the kernel is for: videos if it works over time. An example of one's
 * own that is wrong gets none. */
static enum tri_status example_files(const char *pipeline, const char **files,
                                     struct tri_error *error)
{
    struct tri_pipeline *parsed = NULL;
    const enum tri_status status = tri_pipeline_parse(pipeline, &parsed, error);

    *files = status != TRI_OK                  ? ""
             : tri_pipeline_takes_with(parsed) ? "in.png --with second.png -o out.png"
             : tri_pipeline_over_time(parsed)  ? "in.mp4 -o out.mp4"
                                               : "in.png -o out.png";
    tri_pipeline_free(parsed);
    return status == TRI_USAGE ? TRI_OK : status;
}

static void print_example(const char *pipeline, const char *files)
{
    const char *quote = strpbrk(pipeline, " '\";#") == NULL ? ""
                        : strchr(pipeline, '\'') == NULL    ? "'"
                                                            : "\"";
    printf("Example:\n  triptych run %s%s%s %s\n\n", quote, pipeline, quote, files);
}

static int print_page(const struct tri_kernel *kernel)
{
    struct tri_error error;
    const char *files;
    if (example_files(tri_kernel_example(kernel), &files, &error) != TRI_OK)
        return cli_fail(&error);
    int count = tri_kernel_param_count(kernel), widest = 0;

    printf("%s (%s): %s\n\n", tri_kernel_name(kernel), tri_kernel_family(kernel),
           tri_kernel_summary(kernel));
    print_example(tri_kernel_example(kernel), files);
    for (int i = 0; i < count; i++) {
        int width = (int)strlen(tri_kernel_param(kernel, i)->name);
        widest = width > widest ? width : widest;
    }
    puts(count ? "Parameters, in this order:" : "No parameters.");
    for (int i = 0; i < count; i++)
        print_param(tri_kernel_param(kernel, i), widest);
    putchar('\n');
    cli_print_wrapped(tri_kernel_help(kernel), 0, COLUMNS);
    return TRI_OK;
}

/* ---- JSON ---- */

/* Whole numbers without ".0". */
static json_t *number_json(double value)
{
    return value == (double)(long)value ? json_integer((long)value) : json_real(value);
}

static void set_bounds(json_t *object, const struct tri_param *param)
{
    json_object_set_new(object, "minimum", number_json(param->minimum));
    json_object_set_new(object, "maximum", number_json(param->maximum));
}

/* null: it must be given. */
static json_t *initial_json(const struct tri_param *param)
{
    return param->initial_text != NULL ? json_string(param->initial_text) : json_null();
}

static json_t *param_json(const struct tri_param *param)
{
    static const char *const types[] = {
        [TRI_INT] = "int",   [TRI_FLOAT] = "float",   [TRI_CHOICE] = "choice",
        [TRI_LIST] = "list", [TRI_COLOUR] = "colour", [TRI_FILE] = "file",
        [TRI_TEXT] = "text"};
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
    } else if (tri_param_is_text(param)) {
        json_object_set_new(object, "default", initial_json(param));
        if (param->type == TRI_LIST)
            set_bounds(object, param);
    } else {
        json_object_set_new(object, "default", number_json(param->initial));
        set_bounds(object, param);
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

static void add_file(const char *name, const struct tri_kernel *kernel,
                     const struct tri_error *error, void *root)
{
    if (kernel != NULL)
        json_array_append_new(root, kernel_json(kernel));
    else
        cli_note("%s cannot be used: %s", name, error->text);
}

/* Prints all kernels, or the one given. */
static void print_json(const struct tri_kernel *kernel)
{
    json_t *root = kernel != NULL ? kernel_json(kernel) : json_array();

    for (int i = 0; kernel == NULL && i < tri_kernel_count(); i++)
        json_array_append_new(root, kernel_json(tri_kernel_at(i)));
    if (kernel == NULL)
        each_file(add_file, root);
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

    for (int i = 0; names != NULL && i < count; i++)
        names[i] = tri_kernel_name(tri_kernel_at(i));
    if (names != NULL && nearest == NULL)
        nearest = tri_nearest(name, names, count);
    if (nearest != NULL)
        fprintf(stderr, "triptych: kernels: unknown kernel '%s'; did you mean '%s'?\n", name,
                nearest);
    else
        fprintf(stderr, "triptych: kernels: unknown kernel '%s' ('triptych kernels' lists them)\n",
                name);
    free(names);
    return TRI_USAGE;
}

static const char intro[] =
    "Examples:\n"
    "  triptych kernels\n"
    "  triptych kernels gaussian\n"
    "  triptych kernels gaussian --json\n"
    "  triptych kernels ./mine.cl\n"
    "\n"
    "Usage: triptych kernels [NAME] [--json]\n"
    "\n"
    "Lists the kernels by family, or explains one with its parameters. The\n"
    "name may be the path of a kernel file, which is then compiled; those in\n"
    "the folders of TRIPTYCH_KERNELS are listed too.\n";

struct request {
    bool json;
};

static const struct cli_option options[] = {
    {"json", 0, NULL, "print JSON", CLI_SETS_FLAG(struct request, json)}, {0}};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

static int run_kernels(int argc, char **argv)
{
    const struct tri_kernel *kernel = NULL;
    struct request request = {0};
    int code;

    if (!cli_parse(&cli_command_kernels, argc, argv, &request, &code))
        return code;
    if (argc - optind > 1)
        return cli_usage("kernels", "expected one kernel name");
    if (optind < argc) {
        struct tri_error error;
        kernel = tri_kernel_find(argv[optind]);
        if (kernel == NULL && find_file(argv[optind], &kernel, &error) != TRI_OK)
            return cli_fail(&error);
        if (kernel == NULL)
            return unknown_kernel(argv[optind]);
    }
    if (request.json)
        print_json(kernel);
    else if (kernel != NULL)
        return print_page(kernel);
    else
        print_list();
    return TRI_OK;
}

const struct cli_command cli_command_kernels = {.name = "kernels",
                                                .summary = "list the kernels, or explain one",
                                                .intro = intro,
                                                .groups = groups,
                                                .pipeline = true,
                                                .run = run_kernels};
