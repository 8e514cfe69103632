/* verify.c -- triptych verify: every backend against sequential scalar, byte by byte. */
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/places.h"
#include "measure/measure.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char cli_help_verify[] =
    "Examples:\n"
    "  triptych verify\n"
    "  triptych verify gaussian:sigma=7\n"
    "  triptych verify gray,sobel photo.png --on opencl:gpu\n"
    "\n"
    "Usage: triptych verify [PIPELINE] [INPUT...] [OPTION]...\n"
    "\n"
    "Runs PIPELINE (without: the example of each kernel) on each INPUT (without: generated\n"
    "pictures of 1 to 4 planes with 8 and 16 bits) with every backend, and compares the outputs\n"
    "with those of sequential scalar byte by byte. Inputs of one shape are successive frames.\n"
    "Where outputs differ it prints the first pixel and both values, the smallest picture that\n"
    "shows it, the operation and pass that differ first, and a likely cause; the exit code is 3.\n"
    "For programs that a device is refused for it prints the same, and the exit code is 4.\n"
    "\n"
    "Options:\n"
    "      --on BACKEND     only this one (repeatable): sequential, threads[:N], opencl[:SEL]\n"
    "                       or opencl:all\n"
    "      --isa ISA        of sequential and threads (repeatable)\n"
    "      --max-pixels N   refuse larger pictures, and to make them; default 268435456\n"
    "      --json FILE      write JSON; '-' is standard output, for the text\n"
    "  -h, --help           this text\n";

enum { MANY = 32, FRAMES = 2, GENERATED = 2 * TRI_PLANES_MAX * FRAMES };

struct request {
    const char *on[MANY], *isa[MANY];
    int on_count, isa_count;
    const char *json, *pipeline; /* NULL: every kernel */
    uint64_t max_pixels;
};

struct inputs {
    struct tri_image **images;
    int count;
    bool generated;
};

struct tally {
    int compared, differ, failed;
    json_t *list; /* NULL: not wanted */
    bool text;
};

enum { ON = 256, ISA, MAX_PIXELS, JSON };

const struct option cli_verify_options[] = {
    {"on", required_argument, NULL, ON},
    {"isa", required_argument, NULL, ISA},
    {"max-pixels", required_argument, NULL, MAX_PIXELS},
    {"json", required_argument, NULL, JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* TRI_OK, TRI_USAGE, or -1: help was printed. */
static int parse_options(int argc, char **argv, struct request *request)
{
    bool right = true;
    int option;

    while (right && (option = cli_option(argc, argv, "h", cli_verify_options)) != -1)
        switch (option) {
        case ON:
            right = cli_append("verify", "--on", optarg, request->on, &request->on_count, MANY);
            break;
        case ISA:
            right = cli_append("verify", "--isa", optarg, request->isa, &request->isa_count, MANY);
            break;
        case MAX_PIXELS:
            right = cli_count("verify", "--max-pixels", optarg, 1, UINT64_MAX, &request->max_pixels);
            break;
        case JSON:
            request->json = optarg;
            break;
        case 'h':
            cli_help(cli_help_verify);
            return -1;
        default:
            right = false;
        }
    return right ? TRI_OK : TRI_USAGE;
}

/* Two frames of each kind of picture; the odd size leaves a rest for every number of lanes. */
static enum tri_status generate_inputs(struct inputs *inputs, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    inputs->generated = true;
    for (int i = 0; i < GENERATED && status == TRI_OK; i++) {
        struct tri_shape shape = {333, 217, i / FRAMES % TRI_PLANES_MAX + 1, i < GENERATED / 2 ? 8 : 16};

        status = tri_picture_generate(&shape, (unsigned)i + 1, &inputs->images[inputs->count], error);
        if (status == TRI_OK)
            inputs->count++;
    }
    return status;
}

static enum tri_status read_inputs(char **paths, int count, uint64_t max_pixels, struct inputs *inputs,
                                   struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < count && status == TRI_OK; i++) {
        status = cli_read(paths[i], max_pixels, &inputs->images[inputs->count], error);
        if (status == TRI_OK)
            inputs->count++;
    }
    return status;
}

static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);

    return value ? value : json_null(); /* a driver's text need not be UTF-8 */
}

static json_t *result_json(const struct tri_verify_result *result, const struct tri_diagnosis *diagnosis)
{
    json_t *object = json_object(), *first = json_null();
    const struct tri_difference *difference = &result->difference;

    if (result->differ > 0)
        first = json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:I}", "width", result->in.width, "height",
                          result->in.height, "planes", result->in.planes, "bits", result->in.bits, "plane",
                          difference->plane, "x", difference->x, "y", difference->y, "expected",
                          difference->expected, "actual", difference->actual, "samples",
                          (json_int_t)difference->count);
    json_object_set_new(object, "pipeline", text_json(result->pipeline));
    json_object_set_new(object, "backend", text_json(result->info->name));
    json_object_set_new(object, "selector", text_json(result->info->selector));
    json_object_set_new(object, "device", text_json(result->info->device));
    json_object_set_new(object, "isa", text_json(result->info->isa));
    json_object_set_new(object, "compared", json_integer(result->compared));
    json_object_set_new(object, "differ", json_integer(result->differ));
    json_object_set_new(object, "inapplicable", json_integer(result->inapplicable));
    json_object_set_new(object, "failure", result->failure[0] ? text_json(result->failure) : json_null());
    json_object_set_new(object, "first_difference", first);
    json_object_set_new(object, "diagnosis", diagnosis ? tri_diagnosis_json(diagnosis) : json_null());
    return object;
}

static void print_result(const struct tri_verify_result *result)
{
    const struct tri_difference *difference = &result->difference;
    uint64_t samples =
        (uint64_t)result->out.width * (uint64_t)result->out.height * (uint64_t)result->out.planes;
    char shape[64];

    printf("  %-14s %-8s ", result->info->name, result->info->isa);
    if (result->differ > 0)
        printf("DIFFERS in %d of %d\n", result->differ, result->compared);
    else if (result->failure[0])
        printf("FAILED: %s\n", result->failure);
    else if (result->compared == 0)
        printf("no input that it takes\n");
    else
        printf("%d equal\n", result->compared);
    if (result->differ > 0)
        printf("    first in %s: plane %d, x %d, y %d: expected %d, got %d; %llu of %llu samples differ\n",
               tri_shape_text(&result->in, shape), difference->plane, difference->x, difference->y,
               difference->expected, difference->actual, (unsigned long long)difference->count,
               (unsigned long long)samples);
}

/* One contender's result, and what is wrong with it if anything is. */
static void tell_result(const struct tally *tally, const struct tri_lineup *lineup, int contender,
                        const struct tri_verify_result *result, const struct inputs *inputs)
{
    struct tri_diagnosis diagnosis = {.plane = -1};
    struct tri_error error;
    bool wrong = result->differ > 0 || result->refused;

    if (tally->text) /* looking for what is wrong may take a while */
        print_result(result);
    fflush(stdout);
    if (wrong && tri_diagnose(lineup, contender, result, inputs->images, inputs->count, &diagnosis, &error) != TRI_OK) {
        cli_fail(&error);
        wrong = false;
    }
    if (wrong && tally->text)
        tri_diagnosis_print(stdout, &diagnosis);
    if (tally->list)
        json_array_append_new(tally->list, result_json(result, wrong ? &diagnosis : NULL));
    tri_diagnosis_free(&diagnosis);
}

static void count_results(struct tally *tally, const struct tri_lineup *lineup,
                          const struct tri_verify_result *results, const struct inputs *inputs)
{
    if (tally->text)
        printf("%s\n", results[0].pipeline);
    for (int i = 1; i < lineup->count; i++) {
        if (!lineup->contenders[i].listed)
            continue;
        tally->compared += results[i].compared;
        tally->differ += results[i].differ;
        tally->failed += results[i].failure[0] != '\0';
        tell_result(tally, lineup, i, &results[i], inputs);
    }
    fflush(stdout);
}

/* Differences and lost devices do not stop the rest. */
static int verify_pipelines(const struct request *request, const struct tri_lineup *lineup,
                            const struct inputs *inputs, struct tally *tally)
{
    int count = request->pipeline ? 1 : tri_kernel_count(), worst = TRI_OK;
    struct tri_verify_result *results = calloc((size_t)lineup->count, sizeof *results);

    if (!results)
        return cli_fail(&(struct tri_error){TRI_FAILED, "no memory for the results"});
    for (int i = 0; i < count; i++) {
        const char *pipeline = request->pipeline ? request->pipeline : tri_kernel_example(tri_kernel_at(i));
        struct tri_error error;
        enum tri_status status = tri_verify_run(lineup, pipeline, inputs->images, inputs->count,
                                                request->pipeline && !inputs->generated, results, &error);

        count_results(tally, lineup, results, inputs);
        if (status != TRI_OK && status != TRI_DIFFERS)
            cli_fail(&error);
        if (status != TRI_OK && worst != TRI_DIFFERS)
            worst = status;
    }
    free(results);
    return worst;
}

static int write_json(const struct request *request, const struct tri_lineup *lineup,
                      const struct tally *tally)
{
    struct tri_environment environment;
    struct tri_error error;

    tri_environment_read(&environment);
    environment.devices = lineup->devices;
    environment.device_count = lineup->device_count;
    json_t *root = json_pack("{s:s,s:o,s:i,s:i,s:i,s:O}", "triptych", TRI_VERSION, "environment",
                             tri_environment_json(&environment), "compared", tally->compared, "differ",
                             tally->differ, "failed", tally->failed, "results", tally->list);
    cli_interrupt_catch();
    cli_write_begin();
    const enum tri_status status = tri_json_write(request->json, root, &error);
    cli_write_end();
    return status == TRI_OK ? TRI_OK : cli_fail(&error);
}

static int verify_inputs(const struct request *request, const struct inputs *inputs)
{
    struct tri_lineup_request who = {request->on, request->on_count, request->isa, request->isa_count, false,
                                     NULL, stderr, request->max_pixels};
    struct tally tally = {.list = request->json ? json_array() : NULL};
    struct tri_lineup lineup = {0};
    struct tri_error error;

    tally.text = !request->json || strcmp(request->json, "-") != 0;
    enum tri_status status = tri_lineup_open(&who, &lineup, &error);
    int result = status == TRI_OK ? verify_pipelines(request, &lineup, inputs, &tally) : cli_fail(&error);
    if (status == TRI_OK && tally.text) {
        printf("%d compared, %d differ", tally.compared, tally.differ);
        if (tally.failed > 0)
            printf(", %d backends failed", tally.failed);
        printf("\n");
    }
    if (status == TRI_OK && request->json) {
        int written = write_json(request, &lineup, &tally);
        result = result == TRI_OK ? written : result;
    }
    json_decref(tally.list);
    tri_lineup_close(&lineup);
    return result;
}

/* "triptych verify photo.png" is every kernel on that picture: no kernel's name has a dot. */
static bool is_input(const char *operand)
{
    return strcmp(operand, "-") == 0 || tri_format_of_path(operand) != NULL;
}

static enum tri_status check_places(const struct request *request, char *const paths[], int count, struct tri_error *error)
{
    struct cli_places places = {.command = "verify"};

    for (int i = 0; i < count; i++)
        cli_places_input(&places, paths[i], 0);
    cli_places_output(&places, "--json", request->json, 0);
    return cli_places_check(&places, error);
}

int cli_verify(int argc, char **argv)
{
    struct request request = {0};
    struct inputs inputs = {0};
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    int parsed = parse_options(argc, argv, &request), result;

    if (parsed != TRI_OK)
        return parsed < 0 ? TRI_OK : parsed;
    if (optind < argc && !is_input(argv[optind]))
        request.pipeline = argv[optind++];
    if (request.pipeline && tri_pipeline_parse(request.pipeline, &pipeline, &error) != TRI_OK)
        return cli_fail(&error);
    tri_pipeline_free(pipeline);

    int count = argc - optind;
    cli_input_names(count, argv + optind);
    if (check_places(&request, argv + optind, count, &error) != TRI_OK)
        return cli_fail(&error);
    inputs.images = calloc((size_t)count + GENERATED, sizeof(struct tri_image *));
    if (!inputs.images)
        return cli_fail(&(struct tri_error){TRI_FAILED, "no memory for the inputs"});
    enum tri_status status = count > 0
                                 ? read_inputs(argv + optind, count, request.max_pixels, &inputs, &error)
                                 : generate_inputs(&inputs, &error);
    result = status == TRI_OK ? verify_inputs(&request, &inputs) : cli_fail(&error);
    for (int i = 0; i < inputs.count; i++)
        tri_image_free(inputs.images[i]);
    free(inputs.images);
    return result;
}
