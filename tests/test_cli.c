/* test_cli.c -- the command line except run: help, unknown words, kernels, devices, closed streams.
 */
#include "shell.h"
#include "tests.h"
#include "pipeline/kernel_description.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEE " (see 'triptych --help')\n"

static void test_help(void)
{
    static const char *const commands[] = {"run",     "bench",  "compare", "verify",
                                           "devices", "doctor", "kernels"};
    char command[64];

    EXPECT("$T --help", 0, "Examples:\n  triptych run *Commands:\n  run *Exit codes:\n  0 *", "");
    EXPECT("$T -h | cmp - o && exit 9; $T --help > o; $T help | cmp - o; rm o", 0, "", "cmp: *");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        snprintf(command, sizeof command, "$T %s --help", commands[i]);
        EXPECT(command, 0, "Examples:\n  triptych *\nUsage: triptych *\nOptions:\n*  -h, --help *",
               "");
        snprintf(command, sizeof command, "$T %s -h > o; $T help %s | cmp - o; rm o", commands[i],
                 commands[i]);
        EXPECT(command, 0, "", "");
    }
}

static void test_version(void)
{
    EXPECT("$T --version", 0,
           "triptych " TRI_VERSION
           "\ninstruction sets: scalar*\nformats: *png (libpng 1.*video: *y4m*\nOpenCL: *\n",
           "");
    EXPECT("$T --version > a; $T version > b; cmp a b; rm a b", 0, "", "");
    EXPECT("$T version 1", 2, "",
           "triptych: version: unexpected argument '1' (see 'triptych version --help')\n");
    EXPECT("$T help version", 0, "Examples:*", "");
    EXPECT("$T -V | head -1", 0, "triptych " TRI_VERSION "\n", "");
}

static void test_unknown_words(void)
{
    EXPECT("$T", 2, "", "triptych: no command given" SEE);
    EXPECT("$T rnu", 2, "", "triptych: unknown command 'rnu'; did you mean 'run'?\n");
    EXPECT("$T kernel", 2, "", "triptych: unknown command 'kernel'; did you mean 'kernels'?\n");
    EXPECT("$T frobnicate", 2, "", "triptych: unknown command 'frobnicate'" SEE);
    EXPECT("$T ''", 2, "", "triptych: unknown command ''" SEE);
    EXPECT("$T help rnu", 2, "", "triptych: unknown command 'rnu'; did you mean 'run'?\n");
    EXPECT("$T --frob", 2, "", "triptych: unknown option '--frob'" SEE);
    EXPECT(
        "$T devices --jsn", 2, "",
        "triptych: devices: unknown option '--jsn'; did you mean '--json'? (see 'triptych devices "
        "--help')\n");
    EXPECT("$T kernels --frobnicate", 2, "",
           "triptych: kernels: unknown option '--frobnicate' (see 'triptych kernels --help')\n");
    EXPECT("$T kernels -j", 2, "",
           "triptych: kernels: unknown option '-j' (see 'triptych kernels --help')\n");
    EXPECT("$T devices --json=3", 2, "",
           "triptych: devices: option '--json' takes no value (see 'triptych devices --help')\n");
    EXPECT("$T devices 0.0", 2, "",
           "triptych: devices: unexpected argument '0.0' (see 'triptych devices --help')\n");
    EXPECT("$T kernels copy box", 2, "",
           "triptych: kernels: expected one kernel name (see 'triptych kernels --help')\n");
    EXPECT("$T kernels gausian", 2, "",
           "triptych: kernels: unknown kernel 'gausian'; did you mean 'gaussian'?\n");
    EXPECT("$T kernels thresh", 2, "",
           "triptych: kernels: unknown kernel 'thresh'; did you mean 'threshold'?\n");
    EXPECT("$T kernels grayscale", 2, "",
           "triptych: kernels: unknown kernel 'grayscale'; did you mean 'gray'?\n");
    EXPECT("$T kernels xyzzy", 2, "",
           "triptych: kernels: unknown kernel 'xyzzy' ('triptych kernels' lists them)\n");
    EXPECT("$T bench gausian", 2, "",
           "triptych: unknown kernel 'gausian': did you mean 'gaussian'?\n");
    EXPECT("$T run gray,append $ROOT/images/street.png -o x.png", 2, "",
           "triptych: unknown kernel 'append': it is the command 'triptych montage'\n");
    EXPECT("$T run fps=30 $ROOT/images/street.png -o x.png", 2, "",
           "triptych: unknown kernel 'fps=30'*\n");
    EXPECT("$T run fps $ROOT/images/street.png -o x.png", 2, "",
           "triptych: unknown kernel 'fps': it is the option --frame-rate of 'triptych run'\n");
    EXPECT("$T verify gausian", 2, "",
           "triptych: unknown kernel 'gausian': did you mean 'gaussian'?\n");
}

static void check_alias(const struct tri_alias *alias)
{
    struct tri_error error = {0};
    struct tri_pipeline *pipeline = NULL;
    char names[200];

    snprintf(names, sizeof names, "%s", alias->names);
    CU_ASSERT_EQUAL(tri_pipeline_parse(alias->call, &pipeline, &error), TRI_OK);
    tri_pipeline_free(pipeline);
    for (char *rest = names, *name; (name = strsep(&rest, "|")) != NULL;) {
        CU_ASSERT_PTR_NULL(tri_kernel_find(name));
        CU_ASSERT_PTR_EQUAL(tri_kernel_call(name), alias->call); /* a single kernel */
    }
}

/* The suggestions for foreign names are correct, and no such name hides a kernel. */
static void test_aliases(void)
{
    for (int i = 0; i < tri_kernel_count(); i++)
        for (const struct tri_alias *alias = tri_kernel_at(i)->aliases; alias->names != NULL;
             alias++)
            check_alias(alias);
    CU_ASSERT_PTR_NULL(tri_kernel_call("frobnicate"));
    CU_ASSERT_PTR_NULL(tri_kernel_call(""));
}

/* From file to file: the figures exist, and nothing is left in the temporary folder. */
static void test_end_to_end(void)
{
    /* An image of any format, and no pipeline: every kernel. */
    EXPECT("printf 'P5 4 2 255 abcdefgh' > v.pgm; $T verify v.pgm --on threads:2 | tail -n 1; rm "
           "v.pgm",
           0, "* compared, 0 differ\n", "");
    EXPECT("mkdir tmp && $T run copy \"$ROOT/images/alpha.png\" -o x.png && TMPDIR=$PWD/tmp $T "
           "bench invert,sobel x.png "
           "--end-to-end --time 0.001 --on sequential --on threads:2 --json j && rmdir tmp && "
           "grep -c '\"limit\": \"[a-z]*\"' j; rm j x.png",
           0, "triptych *decode*kernel*encode*limited by*\n2\n", "");
    EXPECT(
        "mkdir tmp && $T run copy \"$ROOT/images/alpha.png\" -o x.png && TMPDIR=$PWD/tmp timeout "
        "-s TERM 0.5 $T bench invert x.png --end-to-end --time 20 --on sequential > out; echo "
        "$?; rm x.png out; rmdir tmp",
        0, "124\n", "*");
    EXPECT("$T bench invert --end-to-end", 2, "",
           "*--end-to-end needs one PIPELINE and one INPUT*");
    EXPECT("$T bench invert x.png --end-to-end --csv", 2, "",
           "*--end-to-end cannot be combined with --markdown, --csv or -o*");
    EXPECT("$T bench invert x.png --end-to-end", 1, "", "triptych: cannot read x.png*");
}

static void test_lost_output(void)
{
    EXPECT("$T --help > /dev/full", 1, "",
           "triptych: cannot write standard output: No space left on device\n");
    EXPECT("$T kernels > /dev/full", 1, "", "triptych: cannot write standard output*\n");
    EXPECT("$T kernels --json > /dev/full", 1, "", "triptych: cannot write standard output*\n");
    EXPECT("$T devices --json > /dev/full", 1, "", "triptych: cannot write standard output*\n");
    EXPECT("$T --version >&-", 1, "",
           "triptych: cannot write standard output: Bad file descriptor\n");
    EXPECT("$T xyzzy 2>&-", 2, "", "");
}

static void test_kernel_list(void)
{
    const struct shell_result *result = shell_run("$T kernels");
    char line[200];

    CU_ASSERT_EQUAL(result->code, 0);
    for (int i = 0; i < tri_kernel_count(); i++) {
        const struct tri_kernel *kernel = tri_kernel_at(i);
        const char *found;

        snprintf(line, sizeof line, "\n  %s ", tri_kernel_name(kernel));
        found = strstr(result->out, line);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        /* The last heading above it names its family. */
        const char *heading = NULL;
        for (const char *c = result->out; c < found; c++)
            if ((c == result->out || c[-1] == '\n') && *c != ' ' && *c != '\n')
                heading = c;
        CU_ASSERT_PTR_NOT_NULL_FATAL(heading);
        CU_ASSERT(!strncmp(heading, tri_kernel_family(kernel), strlen(tri_kernel_family(kernel))));
        CU_ASSERT_PTR_NOT_NULL(strstr(found, tri_kernel_summary(kernel)));
    }
}

/* Quoted for shells, if it has to be. */
static bool has_example(const char *page, const char *example)
{
    static const char *const quotes[] = {"", "'", "\""};
    char line[4000];
    bool found = false;

    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "triptych run %s%s%s in.", quotes[i], example, quotes[i]);
        found |= strstr(page, line) != NULL;
    }
    return found;
}

static void test_kernel_pages(void)
{
    char command[100], word[200];

    for (int i = 0; i < tri_kernel_count(); i++) {
        const struct tri_kernel *kernel = tri_kernel_at(i);

        snprintf(command, sizeof command, "$T kernels %s", tri_kernel_name(kernel));
        const struct shell_result *result = shell_run(command);
        CU_ASSERT_EQUAL(result->code, 0);
        CU_ASSERT_STRING_EQUAL(result->err, "");
        CU_ASSERT_TRUE(has_example(result->out, tri_kernel_example(kernel)));
        for (int p = 0; p < tri_kernel_param_count(kernel); p++) {
            snprintf(word, sizeof word, "\n  %s ", tri_kernel_param(kernel, p)->name);
            CU_ASSERT_PTR_NOT_NULL(strstr(result->out, word));
            CU_ASSERT_PTR_NOT_NULL(strstr(result->out, tri_kernel_param(kernel, p)->help));
        }
    }
    EXPECT("$T kernels gaussian", 0,
           "gaussian (window): Gaussian blur\n\n"
           "Example:\n  triptych run gaussian:sigma=2 in.png -o out.png\n\n"
           "Parameters, in this order:\n"
           "  sigma  number, 0.1 to 100; default 1\n"
           "         standard deviation in pixels\n\n*",
           "");
}

static void check_param(const json_t *object, const struct tri_param *param)
{
    const json_t *initial = json_object_get(object, "default");

    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "name")), param->name);
    if (param->type == TRI_CHOICE) {
        const json_t *choices = json_object_get(object, "choices");
        CU_ASSERT_EQUAL(json_array_size(choices), (size_t)param->maximum + 1);
        CU_ASSERT(json_equal(initial, json_array_get(choices, (size_t)param->initial)));
    } else if (param->type >= TRI_LIST) {
        const char *text = json_string_value(initial);
        CU_ASSERT_EQUAL(json_is_null(initial), param->initial_text == NULL);
        CU_ASSERT(text == NULL || strcmp(text, param->initial_text) == 0);
    } else {
        CU_ASSERT(fabs(json_number_value(initial) - param->initial) <= 1e-9 * fabs(param->initial));
        CU_ASSERT_EQUAL(json_number_value(json_object_get(object, "maximum")), param->maximum);
    }
}

static void test_kernel_json(void)
{
    const struct shell_result *result = shell_run("$T kernels --json");
    json_t *list = json_loads(result->out, 0, NULL);
    char command[100];

    CU_ASSERT_EQUAL(result->code, 0);
    CU_ASSERT_EQUAL_FATAL(json_array_size(list), (size_t)tri_kernel_count());
    for (int i = 0; i < tri_kernel_count(); i++) {
        const struct tri_kernel *kernel = tri_kernel_at(i);
        const json_t *object = json_array_get(list, (size_t)i);
        const json_t *params = json_object_get(object, "parameters");

        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "name")),
                               tri_kernel_name(kernel));
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "help")),
                               tri_kernel_help(kernel));
        CU_ASSERT_EQUAL_FATAL(json_array_size(params), (size_t)tri_kernel_param_count(kernel));
        for (int p = 0; p < tri_kernel_param_count(kernel); p++)
            check_param(json_array_get(params, (size_t)p), tri_kernel_param(kernel, p));

        snprintf(command, sizeof command, "$T kernels --json %s", tri_kernel_name(kernel));
        json_t *single = json_loads(shell_run(command)->out, 0, NULL);
        CU_ASSERT(json_equal(single, object));
        json_decref(single);
    }
    json_decref(list);
}

static void test_devices(void)
{
    const struct shell_result *result;
    json_t *root, *cpu;

    EXPECT("$T devices", 0,
           "CPU\n  model      *\n  cores      *\n  --isa      scalar*\n\nOpenCL\n  *", "");
    result = shell_run("$T devices --json");
    CU_ASSERT_EQUAL(result->code, 0);
    root = json_loads(result->out, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    cpu = json_object_get(root, "cpu");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(cpu, "model")), tri_cpu_model());
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(cpu, "cores")), tri_cpu_workers());
    CU_ASSERT_EQUAL(json_array_size(json_object_get(cpu, "isa")), (size_t)tri_isa_count());
    CU_ASSERT(json_is_array(json_object_get(root, "opencl")));
    json_decref(root);
}

/* The loader looks for platforms in a folder that does not exist. */
static void test_no_platform(void)
{
    EXPECT("OCL_ICD_VENDORS=/nowhere/ $T devices", 0, "CPU\n*\n\nOpenCL\n  no device; *", "");
    const struct shell_result *result = shell_run("OCL_ICD_VENDORS=/nowhere/ $T devices --json");
    json_t *root = json_loads(result->out, 0, NULL);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(root, "opencl")), 0);
    CU_ASSERT_PTR_NOT_NULL(root);
    json_decref(root);
}

int test_cli_suite(void)
{
    CU_pSuite suite = CU_add_suite("command line", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "help", test_help) ||
           !CU_add_test(suite, "version", test_version) ||
           !CU_add_test(suite, "unknown words", test_unknown_words) ||
           !CU_add_test(suite, "names from elsewhere", test_aliases) ||
           !CU_add_test(suite, "standard output that is full or closed", test_lost_output) ||
           !CU_add_test(suite, "from file to file", test_end_to_end) ||
           !CU_add_test(suite, "list of kernels", test_kernel_list) ||
           !CU_add_test(suite, "page of each kernel", test_kernel_pages) ||
           !CU_add_test(suite, "kernels as JSON", test_kernel_json) ||
           !CU_add_test(suite, "devices", test_devices) ||
           !CU_add_test(suite, "no OpenCL platform", test_no_platform);
}
