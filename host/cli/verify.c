/* verify.c -- triptych verify: every backend against sequential scalar, byte by byte. */
#include "cli/cli.h"
#include "cli/candidates_options.h"
#include "cli/file_conflicts.h"
#include "cli/trace_output.h"
#include "cli/verify_files.h"
#include "measure/measure.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char intro[] =
    "Examples:\n"
    "  triptych verify\n"
    "  triptych verify gaussian:sigma=7\n"
    "  triptych verify gray,sobel photo.png --on opencl:gpu\n"
    "\n"
    "Usage: triptych verify [PIPELINE] [INPUT...] [OPTION]...\n"
    "\n"
    "Runs PIPELINE (default: the example of each kernel) on each INPUT (default:\n"
    "generated pictures of 1 to 4 planes with 8 and 16 bits) on every backend, and\n"
    "compares the outputs with those of sequential scalar byte by byte. Inputs of\n"
    "one shape are successive frames. If outputs differ, it prints the first pixel\n"
    "and both values, the smallest picture that shows it, the first operation and\n"
    "pass that differ, and a likely cause; the exit code is 3. For a program that is\n"
    "refused on a device it prints the same, and the exit code is 4.\n"
    "\n"
    "Of a kernel file, as in 'verify ./mine.cl', it also checks the known answer and\n"
    "the rules of exactness, with pictures of many shapes, extreme samples and, unless\n"
    "parameters are given, the ends of each.\n";

enum { FRAMES = 2, GENERATED = 2 * TRI_PLANES_MAX * FRAMES, ROOM = GENERATED + CLI_FUZZ_MAX };

struct request {
    struct cli_candidates candidates;
    const char *pipeline; /* NULL: every kernel */
    /* Of a pipeline with kernel files: it, and it with other parameters; NULL: of no others. */
    char *variants[CLI_VARIANTS_MAX];
    int variant_count;
    const struct tri_pipeline *files;
    struct cli_file_checks checks;
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

static const struct cli_option_group groups[] = {
    {.heading = "Options",
     .options = cli_candidates_options,
     .place = offsetof(struct request, candidates)},
    {0},
};

/* Generates two frames of each kind of picture; the odd size leaves a remainder for every number of
 * lanes. */
static enum tri_status generate_inputs(const struct request *request, struct inputs *inputs,
                                       struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    inputs->generated = true;
    if (request->files != NULL)
        status = cli_fuzz_pictures(inputs->images, &inputs->count, error);
    for (int i = 0; i < GENERATED && status == TRI_OK; i++) {
        struct tri_shape shape = {333, 217, i / FRAMES % TRI_PLANES_MAX + 1,
                                  i < GENERATED / 2 ? 8 : 16};

        status =
            tri_picture_generate(&shape, (unsigned)i + 1, &inputs->images[inputs->count], error);
        if (status == TRI_OK)
            inputs->count++;
    }
    return status;
}

static enum tri_status read_inputs(char **paths, int count, uint64_t max_pixels,
                                   struct inputs *inputs, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < count && status == TRI_OK; i++) {
        status = cli_read(paths[i], max_pixels, &inputs->images[inputs->count], error);
        if (status == TRI_OK)
            inputs->count++;
    }
    return status;
}

static json_t *result_json(const struct tri_verify_result *result,
                           const struct tri_diagnosis *diagnosis)
{
    json_t *object = json_object(), *first = json_null();
    const struct tri_difference *difference = &result->difference;

    if (result->differ > 0)
        first = json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:I}", "width", result->in.width,
                          "height", result->in.height, "planes", result->in.planes, "bits",
                          result->in.bits, "plane", difference->plane, "x", difference->x, "y",
                          difference->y, "expected", difference->expected, "actual",
                          difference->actual, "samples", (json_int_t)difference->count);
    json_object_set_new(object, "pipeline", tri_text_json(result->pipeline));
    json_object_set_new(object, "backend", tri_text_json(result->info->name));
    json_object_set_new(object, "selector", tri_text_json(result->info->selector));
    json_object_set_new(object, "device", tri_text_json(result->info->device));
    json_object_set_new(object, "isa", tri_text_json(result->info->isa));
    json_object_set_new(object, "compared", json_integer(result->compared));
    json_object_set_new(object, "differ", json_integer(result->differ));
    json_object_set_new(object, "inapplicable", json_integer(result->inapplicable));
    json_object_set_new(object, "failure", tri_text_json(result->failure));
    json_object_set_new(object, "first_difference", first);
    json_object_set_new(object, "diagnosis",
                        diagnosis != NULL ? tri_diagnosis_json(diagnosis) : json_null());
    return object;
}

static void print_result(const struct tri_verify_result *result)
{
    const struct tri_difference *difference = &result->difference;
    uint64_t samples =
        (uint64_t)result->out.width * (uint64_t)result->out.height * (uint64_t)result->out.planes;
    char shape[64];

    printf("  %-14s %-9s ", result->info->name, result->info->isa);
    if (result->differ > 0)
        printf("DIFFERS in %d of %d\n", result->differ, result->compared);
    else if (result->failure[0])
        printf("FAILED: %s\n", result->failure);
    else if (result->compared == 0)
        printf("no suitable input\n");
    else
        printf("%d equal\n", result->compared);
    if (result->differ > 0)
        printf("    first in %s: plane %d, x %d, y %d: expected %d, got %d; %llu of %llu samples "
               "differ\n",
               tri_shape_text(&result->in, shape), difference->plane, difference->x, difference->y,
               difference->expected, difference->actual, (unsigned long long)difference->count,
               (unsigned long long)samples);
}

/* Reports one contender's result, with a diagnosis if it is wrong. */
static void tell_result(const struct tally *tally, const struct tri_candidates *candidates,
                        int contender, const struct tri_verify_result *result,
                        const struct inputs *inputs)
{
    struct tri_diagnosis diagnosis = {.plane = -1};
    struct tri_error error;
    bool wrong = result->differ > 0 || result->refused;

    if (tally->text) /* the diagnosis may take a while */
        print_result(result);
    fflush(stdout);
    if (wrong && tri_diagnose(candidates, contender, result, inputs->images, inputs->count,
                              &diagnosis, &error) != TRI_OK) {
        cli_fail(&error);
        wrong = false;
    }
    if (wrong && tally->text)
        tri_diagnosis_print(stdout, &diagnosis);
    if (tally->list != NULL)
        json_array_append_new(tally->list, result_json(result, wrong ? &diagnosis : NULL));
    tri_diagnosis_free(&diagnosis);
}

static void count_results(struct tally *tally, const struct tri_candidates *candidates,
                          const struct tri_verify_result *results, const struct inputs *inputs)
{
    if (tally->text)
        printf("%s\n", results[0].pipeline);
    for (int i = 1; i < candidates->count; i++) {
        if (!candidates->contenders[i].listed)
            continue;
        tally->compared += results[i].compared;
        tally->differ += results[i].differ;
        tally->failed += results[i].failure[0] != '\0';
        tell_result(tally, candidates, i, &results[i], inputs);
    }
    fflush(stdout);
}

/* In code of one sample at a time C widens what lanes do not. */
static void tell_rule(const struct request *request, const struct tri_candidates *candidates,
                      const struct tri_verify_result *results, const struct tally *tally)
{
    bool differs = false;

    for (int i = 1; i < candidates->count; i++)
        differs |= results[i].differ > 0 && !results[i].info->opencl;
    if (request->files != NULL && request->checks.findings == 0 && differs && tally->text)
        printf("  BROKEN: lanes differ from one sample at a time: a value does not fit its lane "
               "type (rule 2)\n");
}

/* The pipeline with this number. */
static const char *pipeline_of(const struct request *request, int number)
{
    return request->variant_count > 0  ? request->variants[number]
           : request->pipeline != NULL ? request->pipeline
                                       : tri_kernel_example(tri_kernel_at(number));
}

/* Differences and lost devices do not stop the remaining pipelines. */
static int verify_pipelines(const struct request *request, const struct tri_candidates *candidates,
                            const struct inputs *inputs, struct tally *tally)
{
    int count = request->variant_count > 0  ? request->variant_count
                : request->pipeline != NULL ? 1
                                            : tri_kernel_count(),
        worst = request->checks.faults > 0 ? TRI_DIFFERS : TRI_OK;
    struct tri_verify_result *results = calloc((size_t)candidates->count, sizeof *results);

    if (results == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the results"});
    for (int i = 0; i < count && !request->checks.astray; i++) {
        const char *pipeline = pipeline_of(request, i);
        struct tri_error error;
        enum tri_status status =
            tri_verify_run(candidates, pipeline, inputs->images, inputs->count,
                           request->pipeline != NULL && !inputs->generated, results, &error);

        count_results(tally, candidates, results, inputs);
        if (status != TRI_OK && status != TRI_DIFFERS)
            cli_fail(&error);
        tell_rule(request, candidates, results, tally);
        if (status != TRI_OK && worst != TRI_DIFFERS)
            worst = status;
    }
    free(results);
    return worst;
}

static int write_json(const struct request *request, const struct tri_candidates *candidates,
                      const struct tally *tally)
{
    struct tri_environment environment;
    struct tri_error error;

    tri_candidates_environment(candidates, &environment);
    json_t *root =
        json_pack("{s:s,s:o,s:i,s:i,s:i,s:O}", "triptych", TRI_VERSION, "environment",
                  tri_environment_json(&environment), "compared", tally->compared, "differ",
                  tally->differ, "failed", tally->failed, "results", tally->list);
    if (request->checks.json != NULL)
        json_object_set(root, "broken", request->checks.json);
    return cli_write_json(request->candidates.json, root, &error) == TRI_OK ? TRI_OK
                                                                            : cli_fail(&error);
}

static int verify_inputs(const struct request *request, const struct inputs *inputs)
{
    const struct tri_candidates_request who = cli_candidates_request(&request->candidates);
    const char *json = request->candidates.json;
    struct tally tally = {.list = json != NULL ? json_array() : NULL,
                          .text = json == NULL || strcmp(json, "-") != 0};
    struct tri_candidates candidates = {0};
    struct tri_error error;

    cli_set_opencl_environment(who.on, who.on_count);
    enum tri_status status = tri_candidates_open(&who, &candidates, &error);
    int result = status == TRI_OK ? verify_pipelines(request, &candidates, inputs, &tally)
                                  : cli_fail(&error);
    if (status == TRI_OK && tally.text) {
        printf("%d compared, %d differ", tally.compared, tally.differ);
        if (tally.failed > 0)
            printf(", %d backends failed", tally.failed);
        printf("\n");
    }
    if (status == TRI_OK && json != NULL) {
        int written = write_json(request, &candidates, &tally);
        result = result == TRI_OK ? written : result;
    }
    json_decref(tally.list);
    tri_candidates_close(&candidates);
    return result;
}

static enum tri_status check_places(const struct request *request, char *const paths[], int count,
                                    struct tri_error *error)
{
    struct cli_places places = {.command = "verify"};

    for (int i = 0; i < count; i++)
        cli_places_input(&places, paths[i], 0);
    cli_places_pipeline(&places, request->pipeline);
    cli_places_output(&places, "--json", request->candidates.json, 0);
    cli_places_output(&places, "--trace", request->candidates.trace, 0);
    return cli_places_check(&places, error);
}

/* Checks kernel files before anything else is run. */
static enum tri_status check_files(struct request *request, const struct inputs *inputs,
                                   struct tri_error *error)
{
    const char *json = request->candidates.json;

    if (request->files == NULL)
        return TRI_OK;
    request->checks.text = json == NULL || strcmp(json, "-") != 0;
    request->checks.json = json != NULL ? json_array() : NULL;
    if (request->checks.text)
        printf("%s, checked\n", request->pipeline);
    return cli_check_files(request->files, request->variants, request->variant_count,
                           inputs->images, inputs->count, &request->checks, error);
}

static int verify_files(struct request *request, char **paths, int count)
{
    struct inputs inputs = {0};
    struct tri_error error;

    inputs.images = calloc((size_t)count + ROOM, sizeof(struct tri_image *));
    if (inputs.images == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the inputs"});
    enum tri_status status =
        count > 0 ? read_inputs(paths, count, request->candidates.max_pixels, &inputs, &error)
                  : generate_inputs(request, &inputs, &error);
    if (status == TRI_OK)
        status = check_files(request, &inputs, &error);
    int result = status == TRI_OK ? verify_inputs(request, &inputs) : cli_fail(&error);
    for (int i = 0; i < inputs.count; i++)
        tri_image_free(inputs.images[i]);
    free(inputs.images);
    json_decref(request->checks.json);
    return result;
}

static int verify_request(struct request *request, int count, char **paths)
{
    struct tri_error error;
    struct cli_trace trace = {.path = request->candidates.trace};

    cli_input_names(count, paths);
    if (check_places(request, paths, count, &error) != TRI_OK ||
        cli_trace_begin(&trace, &error) != TRI_OK)
        return cli_fail(&error);
    return cli_trace_end(&trace, verify_files(request, paths, count));
}

static int run_verify(int argc, char **argv)
{
    struct request request = {0};
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    int result;

    if (!cli_parse(&cli_command_verify, argc, argv, &request, &result))
        return result;
    if (optind < argc && cli_is_pipeline(argv[optind]))
        request.pipeline = argv[optind++];
    if (request.pipeline != NULL &&
        cli_pipeline_parse(request.pipeline, &pipeline, &error) != TRI_OK)
        return cli_fail(&error);
    if (pipeline != NULL && cli_has_kernel_file(pipeline)) {
        request.files = pipeline;
        request.variant_count = cli_variants(request.pipeline, pipeline, request.variants);
    }
    result = verify_request(&request, argc - optind, argv + optind);
    for (int i = 0; i < request.variant_count; i++)
        free(request.variants[i]);
    tri_pipeline_free(pipeline);
    return result;
}

const struct cli_command cli_command_verify = {.name = "verify",
                                               .summary =
                                                   "check that every backend gives the same bytes",
                                               .intro = intro,
                                               .groups = groups,
                                               .pipeline = true,
                                               .run = run_verify};
