/* test_choose.c -- the OpenCL device that a selection means, on made-up lists and through the
 * program; errors of devices that cannot be opened; and the choice of their dialect. */
#include "icd.h"
#include "tests.h"

#include "backend/opencl.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_TYPES \
    (CL_DEVICE_TYPE_DEFAULT | CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR)

/* ---- made-up lists ---- */

static struct opencl_found list[8];
static int count;

static void begin_list(void)
{
    memset(list, 0, sizeof list);
    count = 0;
}

static void add(const char *id, const char *platform, const char *name, const char *version,
                const char *driver, cl_device_type type)
{
    struct opencl_found *found = &list[count++];
    struct tri_device_info *info = &found->info;
    found->type = type;
    found->device_number = atoi(strchr(id, '.') + 1);
    snprintf(info->id, sizeof info->id, "%s", id);
    snprintf(info->platform, sizeof info->platform, "%s", platform);
    snprintf(info->name, sizeof info->name, "%s", name);
    snprintf(info->version, sizeof info->version, "%s", version);
    snprintf(info->driver, sizeof info->driver, "%s", driver);
    tri_opencl_describe_type(type, info->type, sizeof info->type);
}

#define POCL "Portable Computing Language"
#define POCL_VERSION "OpenCL 3.0 PoCL HSTR: pthread-x86_64-pc-linux-gnu-skylake-avx512"
#define XEON "Intel(R) Xeon(R) Processor @ 2.70GHz"

/* A server with two equal cards, two drivers for its CPU, and a simulator. */
static void make_server(void)
{
    begin_list();
    add("0.0", "Oclgrind", "Oclgrind Simulator", "OpenCL 1.2 (Oclgrind 21.10)", "Oclgrind 21.10",
        ALL_TYPES);
    add("1.0", POCL, "pthread-skylake-avx512-" XEON, POCL_VERSION, "3.1", CL_DEVICE_TYPE_CPU);
    add("2.0", "Intel(R) OpenCL", XEON, "OpenCL 3.0 (Build 0)", "2026.2",
        CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_DEFAULT);
    add("3.0", "NVIDIA CUDA", "NVIDIA H100 PCIe", "OpenCL 3.0 CUDA", "580.1", CL_DEVICE_TYPE_GPU);
    add("3.1", "NVIDIA CUDA", "NVIDIA H100 PCIe", "OpenCL 3.0 CUDA", "580.1", CL_DEVICE_TYPE_GPU);
    add("4.0", "AMD Accelerated Parallel Processing", "gfx90a:sramecc+:xnack-", "OpenCL 2.0 ",
        "3602.0", CL_DEVICE_TYPE_GPU);
    tri_opencl_set_selectors(list, count);
}

static struct tri_error error;

/* The id of the chosen device; "usage" and "none" for the errors. */
static const char *chosen(const char *name)
{
    int which = -1, fitting = -1;
    error.text[0] = '\0';
    const enum tri_status status = tri_opencl_choose(list, count, name, &which, &fitting, &error);
    if (status != TRI_OK)
        return status == TRI_USAGE ? "usage" : status == TRI_NO_DEVICE ? "none" : "another status";
    return which >= 0 && which < count ? list[which].info.id : "out of the list";
}

#define CHOSEN(name, id) CU_ASSERT_STRING_EQUAL(chosen(name), id)
#define SAYS(part) CU_ASSERT_PTR_NOT_NULL(strstr(error.text, part))
#define SAYS_NOT(part) CU_ASSERT_PTR_NULL(strstr(error.text, part))

static void test_numbers(void)
{
    make_server();
    CHOSEN("1", "usage"); /* and not 1.0, nor the 1 in avx512 */
    SAYS("'opencl:1' is ambiguous: a number alone");
    SAYS("\n  opencl:oclgrind:oclgrind-simulator is 0.0, Oclgrind Simulator of Oclgrind");
    CHOSEN("512", "usage");
    CHOSEN("0", "usage");
    CHOSEN("1.", "usage");
    CHOSEN("-1", "usage");
    CHOSEN("1.0", "1.0");
    CHOSEN("3.1", "3.1");
    CHOSEN("3.2", "none");
    SAYS("there is no OpenCL device 3.2; available:\n  ");
    CHOSEN("1.0.0", "none");
    CHOSEN("01.0", "none");
}

static void test_names(void)
{
    make_server();
    CHOSEN("intel", "2.0"); /* the platform, although POCL's device has it in its name */
    CHOSEN("Intel(R) OpenCL", "2.0");
    CHOSEN("INTEL OPENCL", "2.0");
    CHOSEN(XEON, "2.0"); /* the full name of a device, although it is part of another's */
    CHOSEN("skylake", "1.0");
    CHOSEN("portable", "1.0");
    CHOSEN("pocl", "1.0"); /* only its version contains it */
    CHOSEN("PTHREAD-skylake-AVX512-" XEON, "1.0");
    CHOSEN("xeon", "usage");
    SAYS("'opencl:xeon' matches 2 OpenCL devices; name one of them:\n"
         "  opencl:portable-computing-language:pthread-skylake-avx512-intel-xeon-processor-2-70ghz "
         "is 1.0, "
         "pthread-skylake-avx512-" XEON " of " POCL "\n"
         "  opencl:intel-opencl:intel-xeon-processor-2-70ghz is 2.0, " XEON " of Intel(R) OpenCL");
    SAYS_NOT("NVIDIA");
    CHOSEN("gfx90a:sramecc+:xnack-", "4.0");
    CHOSEN("gfx90a", "4.0");
    CHOSEN("no such device", "none");
    SAYS("no OpenCL device matches 'no such device'; available:\n  opencl:oclgrind:");
    CHOSEN("()", "usage");
    CHOSEN("(R)", "usage");
    /* The full name of a device takes precedence over that of a platform. */
    CHOSEN("oclgrind", "0.0");
    add("5.0", "cloud", "Oclgrind", "OpenCL 1.2", "1", CL_DEVICE_TYPE_GPU);
    tri_opencl_set_selectors(list, count);
    CHOSEN("oclgrind", "5.0");
}

static void test_pairs(void)
{
    make_server();
    CHOSEN("intel:xeon", "2.0");
    CHOSEN("portable:xeon", "1.0");
    CHOSEN("portable:h100", "none");
    CHOSEN("nvidia:", "usage"); /* both of its devices, as without the colon */
    CHOSEN("nvidia-cuda:nvidia-h100-pcie", "usage");
    SAYS("nvidia-h100-pcie#1 is 3.0, ");
    SAYS("nvidia-h100-pcie#2 is 3.1, ");
    CHOSEN("h100#2", "3.1");
    CHOSEN("nvidia#1", "3.0");
    CHOSEN("h100#3", "none");
    CHOSEN("h100#0", "usage");
    CHOSEN("intel:xeon#1", "2.0"); /* if there is only one, it is the first */
    CHOSEN("intel:xeon#2", "none");
}

/* Each selector selects its device and no other, in whatever order they were found. */
static void test_selectors(void)
{
    make_server();
    for (int turn = 0; turn < count; turn++) {
        for (int i = 0; i < count; i++) {
            const char *selector = list[i].info.selector;
            CU_ASSERT_EQUAL(strncmp(selector, "opencl:", 7), 0);
            CU_ASSERT_EQUAL(strcspn(selector + 7, "+/ ()'\"$&;*?"), strlen(selector + 7));
            CHOSEN(selector + 7, list[i].info.id);
        }
        const struct opencl_found first = list[0];
        memmove(list, list + 1, (size_t)(count - 1) * sizeof list[0]);
        list[count - 1] = first;
    }
    CU_ASSERT_STRING_EQUAL(list[3].info.selector, "opencl:nvidia-cuda:nvidia-h100-pcie#1");
    CU_ASSERT_STRING_EQUAL(list[5].info.selector,
                           "opencl:amd-accelerated-parallel-processing:gfx90a-sramecc-xnack");
}

/* Two versions of one driver keep their numbers when they swap places. */
static void test_twins(void)
{
    begin_list();
    add("0.0", POCL, "cpu", "OpenCL 3.0 PoCL", "6.0", CL_DEVICE_TYPE_CPU);
    add("1.0", POCL, "cpu", "OpenCL 3.0 PoCL", "3.1", CL_DEVICE_TYPE_CPU);
    add("2.0", "", "()", "OpenCL 3.0", "1", CL_DEVICE_TYPE_CPU);
    add("3.0", "\xe8\xaf\xad\xe8\xa8\x80", "\xe5\x8d\xa1", "OpenCL 3.0", "1", CL_DEVICE_TYPE_CPU);
    tri_opencl_set_selectors(list, count);
    CU_ASSERT_STRING_EQUAL(list[0].info.selector, "opencl:portable-computing-language:cpu#2");
    CU_ASSERT_STRING_EQUAL(list[1].info.selector, "opencl:portable-computing-language:cpu#1");
    CU_ASSERT_STRING_EQUAL(list[2].info.selector, "opencl:unnamed:unnamed");
    for (int i = 0; i < count; i++)
        CHOSEN(list[i].info.selector + 7, list[i].info.id);
}

static void test_types(void)
{
    int which, fitting;
    char text[40], little[8];
    make_server();
    CU_ASSERT_STRING_EQUAL(list[0].info.type, "CPU, GPU, accelerator");
    CU_ASSERT_STRING_EQUAL(list[2].info.type, "CPU");
    tri_opencl_describe_type(CL_DEVICE_TYPE_CUSTOM, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "custom");
    tri_opencl_describe_type(CL_DEVICE_TYPE_DEFAULT, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "other");
    tri_opencl_describe_type(ALL_TYPES, little, sizeof little);
    CU_ASSERT_STRING_EQUAL(little, "CPU, GP");
    CU_ASSERT_TRUE(tri_opencl_is_cpu(CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_DEFAULT));
    CU_ASSERT_FALSE(tri_opencl_is_cpu(ALL_TYPES));
    /* A card before the simulator, which is also a GPU. */
    CHOSEN("GPU", "3.0");
    CHOSEN("cpu", "1.0");
    CHOSEN("accelerator", "0.0");
    CHOSEN("custom", "none");
    CHOSEN("", "3.0");
    CU_ASSERT_EQUAL(tri_opencl_choose(list, count, "gpu", &which, &fitting, &error), TRI_OK);
    CU_ASSERT_EQUAL(fitting, 4);
    CU_ASSERT_EQUAL(tri_opencl_choose(list, count, "accelerator", &which, &fitting, &error),
                    TRI_OK);
    CU_ASSERT_EQUAL(fitting, 1);
    CU_ASSERT_EQUAL(tri_opencl_choose(list, count, "", &which, &fitting, &error), TRI_OK);
    CU_ASSERT_EQUAL(fitting, 6);
    CU_ASSERT_EQUAL(tri_opencl_choose(list, count, "intel", &which, &fitting, &error), TRI_OK);
    CU_ASSERT_EQUAL(fitting, 1);
    count = 3; /* no card: the first device */
    CHOSEN("", "0.0");
    CHOSEN("gpu", "0.0");
    begin_list();
    CHOSEN("", "none");
    CHOSEN("gpu", "none");
    CHOSEN("3", "usage");
    add("0.0", POCL, "cpu", "OpenCL 3.0 PoCL", "6.0", CL_DEVICE_TYPE_CPU);
    CHOSEN("gpu", "none");
    SAYS("no OpenCL device matches 'gpu'");
}

/* The error lists as many candidates as fit, none cut off. */
static void test_long_list(void)
{
    char name[161];
    begin_list();
    for (int i = 0; i < 8; i++) {
        memset(name, 'a' + i, sizeof name - 1);
        name[sizeof name - 1] = '\0';
        add("0.0", "platform", name, "OpenCL 3.0", "1", CL_DEVICE_TYPE_CPU);
        snprintf(list[i].info.id, sizeof list[i].info.id, "%d.0", i);
    }
    tri_opencl_set_selectors(list, count);
    CHOSEN("platform", "usage");
    SAYS("matches 8 OpenCL devices");
    SAYS("aaaa of platform\n  opencl:platform:bbb");
    const char *end = "\n  ... ('triptych devices' lists all)";
    CU_ASSERT_STRING_EQUAL(error.text + strlen(error.text) - strlen(end), end);
    for (int i = 0; i < count; i++)
        CHOSEN(list[i].info.selector + 7, list[i].info.id);
}

static void test_units(void)
{
    static const char *const wrong[] = {"gpu/",   "gpu/0",  "gpu/x",
                                        "gpu/1x", "gpu/-1", "gpu/100000",
                                        "/",      "a/b",    "gpu/99999999999999999999"};
    struct opencl_selection selection;
    char name[500];
    CU_ASSERT_EQUAL(tri_opencl_parse("intel:xeon#1/12", &selection, &error), TRI_OK);
    CU_ASSERT_STRING_EQUAL(selection.name, "intel:xeon#1");
    CU_ASSERT_EQUAL(selection.units, 12);
    CU_ASSERT_EQUAL(tri_opencl_parse("/1", &selection, &error), TRI_OK);
    CU_ASSERT_STRING_EQUAL(selection.name, "");
    CU_ASSERT_EQUAL(tri_opencl_parse("", &selection, &error), TRI_OK);
    CU_ASSERT_EQUAL(selection.units, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(tri_opencl_parse(wrong[i], &selection, &error), TRI_USAGE);
        SAYS("a number of compute units");
    }
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CU_ASSERT_EQUAL(tri_opencl_parse(name, &selection, &error), TRI_USAGE);
    SAYS("longer than any device name");
}

/* ---- errors ---- */

static void test_symbols(void)
{
    /* The ends of the ranges that the headers of OpenCL 1.2 to 3.0 define, and the loader's own
     * code. */
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(CL_DEVICE_NOT_FOUND), "CL_DEVICE_NOT_FOUND");
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
                           "CL_KERNEL_ARG_INFO_NOT_AVAILABLE");
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(CL_INVALID_VALUE), "CL_INVALID_VALUE");
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(CL_INVALID_DEVICE_PARTITION_COUNT),
                           "CL_INVALID_DEVICE_PARTITION_COUNT");
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(-72), "CL_MAX_SIZE_RESTRICTION_EXCEEDED");
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
    CU_ASSERT_STRING_EQUAL(tri_opencl_symbol(-20), "unknown code");
    for (int code = -72; code <= 0; code++) {
        const bool named = strcmp(tri_opencl_symbol(code), "unknown code") != 0;
        CU_ASSERT_EQUAL(named, code >= -19 || code <= -30);
    }
    CU_ASSERT_EQUAL(tri_opencl_fail(&error, "clCreateContext", CL_DEVICE_NOT_AVAILABLE, "a card"),
                    TRI_NO_DEVICE);
    SAYS("clCreateContext: CL_DEVICE_NOT_AVAILABLE (-2) on a card: the device exists, ");
    tri_opencl_fail(&error, "clGetPlatformIDs", CL_INVALID_VALUE, NULL);
    CU_ASSERT_STRING_EQUAL(error.text, "clGetPlatformIDs: CL_INVALID_VALUE (-30)");
}

/* ---- through the program ---- */

static const char *missing; /* why testing is not possible */

static int begin(void)
{
    if (shell_begin() != 0)
        return 1;
    missing = icd_begin();
    return shell_run("cp $ROOT/images/frame-1.png a.png")->code != 0;
}

static bool is_skipped(void)
{
    if (missing != NULL)
        test_skip(missing);
    return missing != NULL;
}

#define RUN "$T run copy a.png -o x.png --on "
#define FAULTS "ICD_PLATFORM=' with faults'"

static void expect(const char *settings, const char *command, int code, const char *text,
                   const char *more)
{
    const struct shell_result *got = icd_run(settings, command);
    CU_ASSERT_EQUAL(got->code, code);
    CU_ASSERT_TRUE(strstr(got->err, text) != NULL || strstr(got->out, text) != NULL);
    CU_ASSERT_TRUE(strstr(got->err, more) != NULL || strstr(got->out, more) != NULL);
    if (got->code != code || (strstr(got->err, text) == NULL && strstr(got->out, text) == NULL))
        printf("%s %s: %d\n%.500s\n", settings, command, got->code, got->err);
}

static const struct shell_result *beside(const char *on)
{
    char command[400];
    snprintf(command, sizeof command, RUN "'%s'", on);
    return icd_run_beside(FAULTS, command);
}

/* Two platforms with nearly the same name, and devices with the same name. */
static void test_beside(void)
{
    if (is_skipped())
        return;
    CU_ASSERT_EQUAL(beside("opencl:faults")->code, 0);
    CU_ASSERT_EQUAL(beside("opencl:portable-computing-language")->code, 0); /* POCL's full name */
    const struct shell_result *got = beside("opencl:pthread");
    CU_ASSERT_EQUAL(got->code, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        got->err,
        "matches 2 OpenCL devices; name one of them:\n  opencl:portable-computing-language"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(got->err, "\n  opencl:portable-computing-language-with-faults:pthread-"));
    got = beside("opencl:cpu");
    CU_ASSERT_EQUAL(got->code, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        got->err, "triptych: note: 2 devices match 'opencl:cpu'; using 0.0: 'opencl:portable-"));
    got = beside("opencl:1");
    CU_ASSERT_EQUAL(got->code, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(got->err, "'opencl:1' is ambiguous: a number alone"));
}

/* The names that `devices` prints for --on and JSON stores open that device, parts of it too. */
static void test_saved(void)
{
    if (is_skipped())
        return;
    const struct shell_result *got = icd_run_beside(
        FAULTS, "$T devices | sed -n 's/^    --on  *//p' > names && for n in $(cat names); do " RUN
                "$n || exit 9; done; wc -l < names");
    CU_ASSERT_EQUAL(got->code, 0);
    CU_ASSERT_STRING_EQUAL(got->out, "2\n");
    got = icd_run_beside(FAULTS, "$T devices --json");
    json_t *root = json_loads(got->out, 0, NULL);
    const json_t *devices = json_object_get(root, "opencl");
    CU_ASSERT_EQUAL(json_array_size(devices), 2);
    for (size_t i = 0; i < json_array_size(devices); i++) {
        const char *selector =
            json_string_value(json_object_get(json_array_get(devices, i), "selector"));
        CU_ASSERT_TRUE(selector != NULL &&
                       strncmp(selector, "opencl:portable-computing-language", 34) == 0);
        CU_ASSERT_TRUE(json_is_null(json_object_get(json_array_get(devices, i), "note")));
    }
    json_decref(root);
    got = icd_run(
        FAULTS, "$T verify copy a.png --on opencl:faults --json saved > log; "
                "$T bench copy a.png --on opencl:faults/1 --time 0.001 --json - > saved && "
                "grep -o '\"selector\": \"opencl:[^\"]*/1\"' saved | cut -d'\"' -f4 > name && " RUN
                "$(cat name) && cat name");
    CU_ASSERT_EQUAL(got->code, 0);
    CU_ASSERT_EQUAL(
        strncmp(got->out, "opencl:portable-computing-language-with-faults:pthread-", 55), 0);
}

static void test_parts(void)
{
    if (is_skipped())
        return;
    expect("ICD_NO_PARTITIONS=1", RUN "opencl:cpu/1", 4,
           "cannot be divided into parts: omit '/1'; opencl:0.0 uses all", "pthread");
    expect("A=", RUN "opencl:cpu/999", 2, "compute unit",
           "fewer than '/999': use opencl:0.0, which uses all");
    expect("ICD_FAIL=clCreateSubDevices:1:-18", RUN "opencl:cpu/1", 4,
           "clCreateSubDevices: CL_DEVICE_PARTITION_FAILED (-18) on pthread", "omit '/'");
    /* More units than the machine has cores are compared with a copy by as many threads as it has
     * cores. */
    const struct shell_result *got =
        icd_run("ICD_UNITS=999 ICD_NO_PARTITIONS=1",
                "$T bench copy a.png --on opencl --time 0.001 --json - | tr -d ' \\n'");
    CU_ASSERT_EQUAL(got->code, 0);
    json_t *root = json_loads(got->out, 0, NULL);
    const json_t *copies = json_object_get(json_object_get(root, "calibration"), "memcpy");
    CU_ASSERT_TRUE(json_array_size(copies) > 0);
    for (size_t i = 0; i < json_array_size(copies); i++)
        CU_ASSERT_TRUE(json_integer_value(json_object_get(json_array_get(copies, i), "workers")) <=
                       tri_cpu_workers());
    json_decref(root);
}

static void test_opening(void)
{
    if (is_skipped())
        return;
    expect("ICD_FAIL=clCreateContext:1:-6", RUN "opencl", 4,
           "clCreateContext: CL_OUT_OF_HOST_MEMORY (-6) on pthread", "ulimit -v");
    expect("ICD_FAIL=clCreateContext:1:-2", RUN "opencl", 4,
           "clCreateContext: CL_DEVICE_NOT_AVAILABLE (-2) on pthread", "reserved");
    expect("ICD_FAIL=clCreateCommandQueue:1:-5", RUN "opencl", 4,
           "clCreateCommandQueue: CL_OUT_OF_RESOURCES (-5) on pthread", "start again");
    expect("ICD_FAIL=clCreateBuffer:1:-4", RUN "opencl", 4,
           "clCreateBuffer: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4) on pthread", "");
}

/* ---- dialects ---- */

static void test_dialects(void)
{
    if (is_skipped())
        return;
    expect("TRIPTYCH_OPENCL_DIALECT=plane", RUN "opencl", 2,
           "invalid TRIPTYCH_OPENCL_DIALECT 'plane'; expected lanes or tiles", "");
    expect("TRIPTYCH_OPENCL_DIALECT=plane", "$T devices", 2,
           "invalid TRIPTYCH_OPENCL_DIALECT 'plane'", "CPU\n  model");
    expect("TRIPTYCH_OPENCL_QUALIFY=perhaps", RUN "opencl", 2,
           "invalid TRIPTYCH_OPENCL_QUALIFY 'perhaps'; expected yes or no", "");
    expect("TRIPTYCH_OPENCL_QUALIFY=no", RUN "opencl", 0, "note: programs for pthread",
           "without a comparison");
    /* Failures unrelated to lanes: once, and permanently. */
    expect("ICD_FAIL=clBuildProgram:1:-11:once", "$T devices", 0, "dialect    lanes", "");
    expect("ICD_FAIL=clBuildProgram:1:-6:once", "$T devices", 0, "dialect    lanes", "");
    expect("ICD_FAIL=clBuildProgram:1:-6", RUN "opencl", 4,
           "clBuildProgram, for the lanes probe: CL_OUT_OF_HOST_MEMORY (-6) on pthread", "");
    expect("ICD_TYPE=GPU", "$T devices", 0, "dialect    tiles", "");
    expect("ICD_TYPE=ACCELERATOR", "$T devices", 0, "dialect    tiles", "type       accelerator");
}

/* The compiler's own error, provoked by an option that breaks a word of the probe. */
static void test_refused_lanes(void)
{
    struct opencl_found *found = calloc(DEVICES_MAX, sizeof *found);
    struct opencl *cl = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    setenv("TRIPTYCH_CACHE_SIZE", "0", 1);
    const int there = tri_opencl_find(found);
    int cpu = -1;
    for (int i = there - 1; i >= 0; i--)
        cpu = tri_opencl_is_cpu(found[i].type) ? i : cpu;
    if (cpu < 0 || tri_opencl_open_device(&found[cpu], 0, &cl, &error) != TRI_OK || !cl->lanes) {
        test_skip("there is no device with lanes");
    } else {
        CU_ASSERT_STRING_EQUAL(cl->base.info.isa, OPENCL_LANES);
        CU_ASSERT_STRING_EQUAL(cl->base.note, "");
        snprintf(cl->options + strlen(cl->options), sizeof cl->options - strlen(cl->options),
                 " -D__builtin_convertvector=nonsense");
        CU_ASSERT_EQUAL(tri_opencl_choose_dialect(cl, found[cpu].type, &error), TRI_OK);
        CU_ASSERT_FALSE(cl->lanes);
        CU_ASSERT_STRING_EQUAL(cl->base.info.isa, OPENCL_TILES);
        CU_ASSERT_PTR_NOT_NULL(strstr(
            cl->base.note, "without lanes: its compiler does not support clang's vectors: "));
        CU_ASSERT_PTR_NOT_NULL(strstr(cl->base.note, "error: ")); /* of its log */
        CU_ASSERT_PTR_NULL(strchr(cl->base.note, '\n'));
    }
    if (cl != NULL)
        cl->base.close(&cl->base);
    unsetenv("TRIPTYCH_CACHE_SIZE");
    free(found);
}

int test_choose_suite(void)
{
    CU_pSuite suite = CU_add_suite("choose", begin, shell_end);
    return !(suite && CU_add_test(suite, "numbers", test_numbers) &&
             CU_add_test(suite, "names", test_names) &&
             CU_add_test(suite, "platform and device", test_pairs) &&
             CU_add_test(suite, "lasting names", test_selectors) &&
             CU_add_test(suite, "equal names", test_twins) &&
             CU_add_test(suite, "types", test_types) &&
             CU_add_test(suite, "a long list", test_long_list) &&
             CU_add_test(suite, "units", test_units) && CU_add_test(suite, "codes", test_symbols) &&
             CU_add_test(suite, "two platforms", test_beside) &&
             CU_add_test(suite, "saved names", test_saved) &&
             CU_add_test(suite, "parts of devices", test_parts) &&
             CU_add_test(suite, "devices that do not open", test_opening) &&
             CU_add_test(suite, "dialects", test_dialects) &&
             CU_add_test(suite, "lanes refused", test_refused_lanes));
}
