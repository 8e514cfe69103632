/* learn.c -- triptych learn: the filter that made pictures from others. */
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/cluster_setup.h"
#include "cli/file_conflicts.h"
#include "cli/inputs.h"
#include "cli/learn.h"

#include "image/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char intro[] =
    "Examples:\n"
    "  triptych learn photo.png sharpened.png --kernel 5x5\n"
    "  triptych learn originals/ edited/ --kernel 7x7 -o look.txt\n"
    "  triptych run @look.txt other.png -o out.png\n"
    "  triptych learn photo.png sepia.png --colors\n"
    "  mpirun -n 4 triptych learn --mpi originals/ edited/ --kernel 9x9\n"
    "\n"
    "Usage: triptych learn BEFORE AFTER [BEFORE AFTER]... [OPTION]...\n"
    "       triptych learn FOLDER FOLDER [OPTION]...\n"
    "\n"
    "Learns what another program did to pictures, from examples: pairs of pictures before\n"
    "and after, or two folders whose pictures have equal names. Prints a pipeline that\n"
    "'triptych run' takes: a convolution, or with --colors a matrix of colours. Gradient\n"
    "descent minimizes the mean squared error on three quarters of the pictures, in\n"
    "blocks, and ends when the others, which it does not learn from, get no better. All\n"
    "sums over samples are whole numbers, so the result is the same on every backend.\n";

/* ---- options ---- */

static bool set_kernel(const char *text, void *of)
{
    struct cli_learn_request *request = of;
    int width, height;
    char end;

    if (sscanf(text, "%2dx%2d%c", &width, &height, &end) == 2 && width == height &&
        width % 2 == 1 && width >= 3 && width <= TRI_LEARN_SIDE_MAX) {
        request->side = width;
        return true;
    }
    cli_usage("learn", "invalid value '%s' for --kernel; expected 3x3, 5x5, 7x7 or 9x9", text);
    return false;
}

#define COUNT(member, low, high) CLI_SETS_COUNT(struct cli_learn_request, member, low, high)

static const struct cli_option options[] = {
    {"kernel", 0, "SIZE", "size of the convolution's matrix: 3x3, 5x5, 7x7 or 9x9; default 3x3",
     CLI_CALLS(set_kernel), .words = "3x3|5x5|7x7|9x9"},
    {"colors", 0, NULL, "learn a matrix of colours instead: each as a sum of red, green and blue",
     CLI_SETS_FLAG(struct cli_learn_request, colours)},
    {"output", 'o', "FILE", "write the pipeline there instead of to standard output",
     CLI_SETS_TEXT(struct cli_learn_request, output), .file = true},
    {"json", 0, "FILE", "write the result with its errors as JSON; '-' is standard output",
     CLI_SETS_TEXT(struct cli_learn_request, json), .file = true},
    {"steps", 0, "N", "steps of descent at most; default 1000", COUNT(steps, 1, 1000000)},
    {"stop", 0, "N",
     "stop after so many steps without a lower loss on the blocks that are kept for checks; "
     "default 50",
     COUNT(patience, 1, 1000000)},
    {"seed", 0, "N", "chooses those blocks; default 1", COUNT(seed, 0, UINT64_MAX)},
    {"descent", 0, "WAY",
     "directions of the steps: conjugate, or steepest, which needs many more; default conjugate",
     CLI_SETS_CHOICE(struct cli_learn_request, descent, enum cli_learn_descent, CLI_LEARN_CONJUGATE,
                     "conjugate|steepest")},
    {"on", 0, "BACKEND",
     "what computes the sums, as in 'triptych run'; default threads, with --mpi a share of them",
     CLI_SETS_TEXT(struct cli_learn_request, on), .words = CLI_BACKENDS},
    {"mpi", 0, NULL,
     "deal the pairs to the ranks that mpirun has started: mpirun -n 4 triptych learn --mpi ...; "
     "the result is the same",
     CLI_SETS_FLAG(struct cli_learn_request, mpi)},
    {"max-pixels", 0, "N", "refuse larger pictures; default 268435456",
     COUNT(max_pixels, 1, (uint64_t)TRI_SIDE_MAX *TRI_SIDE_MAX)},
    {"quiet", 'q', NULL, "print no progress", CLI_SETS_FLAG(struct cli_learn_request, quiet)},
    {0},
};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

/* ---- pairs ---- */

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static enum tri_status add_pair(struct cli_learn_files *files, const char *before,
                                const char *after, struct tri_error *error)
{
    struct cli_learn_names *list =
        realloc(files->list, ((size_t)files->count + 1) * sizeof *files->list);

    if (list == NULL)
        return tri_fail(error, TRI_FAILED, "learn: out of memory for file names");
    files->list = list;
    list[files->count++] = (struct cli_learn_names){before, after};
    return TRI_OK;
}

static const char *named(const struct cli_inputs *inputs, const char *name)
{
    for (int i = 0; i < inputs->count; i++)
        if (strcmp(inputs->list[i].name, name) == 0)
            return inputs->list[i].path;
    return NULL;
}

/* Every picture has a partner: one that has none is more likely a mistake than meant. */
static enum tri_status match(struct cli_learn_files *files, char *const folders[],
                             struct tri_error *error)
{
    const struct cli_inputs *before = &files->inputs[0], *after = &files->inputs[1];
    enum tri_status status = TRI_OK;

    for (int i = 0; i < before->count && status == TRI_OK; i++) {
        const char *partner = named(after, before->list[i].name);
        status = partner != NULL
                     ? add_pair(files, before->list[i].path, partner, error)
                     : tri_fail(error, TRI_USAGE, "learn: %s has no picture %s, which is in %s",
                                folders[1], before->list[i].name, folders[0]);
    }
    for (int i = 0; i < after->count && status == TRI_OK; i++)
        if (named(before, after->list[i].name) == NULL)
            status = tri_fail(error, TRI_USAGE, "learn: %s has no picture %s, which is in %s",
                              folders[0], after->list[i].name, folders[1]);
    return status;
}

static enum tri_status find_files(struct cli_learn_files *files, char *const operands[], int count,
                                  struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    if (count == 2 && is_folder(operands[0]) && is_folder(operands[1])) {
        for (int i = 0; i < 2 && status == TRI_OK; i++) {
            status = cli_inputs_find(operands + i, 1, NULL, &files->inputs[i], error);
            if (status == TRI_OK && files->inputs[i].unread > 0) /* already reported */
                status =
                    tri_fail(error, TRI_FAILED, "learn: %s is not read completely", operands[i]);
        }
        return status == TRI_OK ? match(files, operands, error) : status;
    }
    for (int i = 0; i < count && status == TRI_OK; i++)
        if (is_folder(operands[i]))
            status = tri_fail(error, TRI_USAGE,
                              "learn: %s is a folder; give two folders, or pairs of pictures",
                              operands[i]);
    for (int i = 0; i < count && status == TRI_OK; i += 2)
        status = add_pair(files, operands[i], operands[i + 1], error);
    return status;
}

static void free_files(struct cli_learn_files *files)
{
    cli_inputs_free(&files->inputs[0]);
    cli_inputs_free(&files->inputs[1]);
    free(files->list);
}

/* ---- the command ---- */

static enum tri_status check_places(const struct cli_learn_request *request,
                                    const struct cli_learn_files *files, struct tri_error *error)
{
    struct cli_places places = {.command = "learn"};

    for (int i = 0; i < files->count; i++) {
        cli_places_input(&places, files->list[i].before, 0);
        cli_places_input(&places, files->list[i].after, 0);
    }
    cli_places_output(&places, "-o", request->output, 0);
    cli_places_output(&places, "--json", request->json, 0);
    return cli_places_check(&places, error);
}

/* The parts of several, each as a backend of its own. */
static enum tri_status open_parts(struct tri_backend *several, struct cli_learn_backends *backends,
                                  struct tri_error *error)
{
    const struct tri_backend_options with = {.size = sizeof with};
    struct tri_share shares[CLI_LEARN_BACKENDS_MAX];
    const int parts = tri_backend_shares(several, shares, CLI_LEARN_BACKENDS_MAX);
    enum tri_status status = TRI_OK;

    for (int i = 0; i < parts && i < CLI_LEARN_BACKENDS_MAX && status == TRI_OK; i++) {
        const struct tri_backend_info *info = shares[i].info;
        const char *on = info->selector[0] != '\0' ? info->selector : info->name;
        status = tri_backend_open(on, &with, &backends->list[backends->count], error);
        backends->count += status == TRI_OK;
    }
    return status;
}

static enum tri_status open_backends(const char *on, struct cli_learn_backends *backends,
                                     struct tri_error *error)
{
    const struct tri_backend_options with = {.size = sizeof with};
    struct tri_backend *first = NULL;
    size_t told = 0;

    cli_set_opencl_environment(&on, 1);
    enum tri_status status = tri_backend_open(on, &with, &first, error);
    if (status != TRI_OK)
        return status;
    cli_backend_notes(first, &told);
    if (tri_backend_info(first)->parts == 0) {
        *backends = (struct cli_learn_backends){{first}, 1};
        return TRI_OK;
    }
    status = open_parts(first, backends, error);
    tri_backend_close(first);
    return status;
}

/* Without --on, the ranks of a machine share its cores. */
static enum tri_status open_work(struct cli_learn_work *work, struct tri_error *error)
{
    char threads[32] = "threads";

    if (work->link != NULL)
        snprintf(threads, sizeof threads, "threads:%d", tri_cluster_threads(work->link));
    return open_backends(work->request->on != NULL ? work->request->on : threads, &work->backends,
                         error);
}

static enum tri_status prepare(struct cli_learn_work *work, char *const operands[], int count,
                               struct tri_error *error)
{
    enum tri_status status = find_files(&work->files, operands, count, error);

    if (status == TRI_OK)
        status = check_places(work->request, &work->files, error);
    if (status == TRI_OK)
        status = open_work(work, error);
    return status;
}

static enum tri_status learn(const struct cli_learn_request *request, struct tri_link *link,
                             char *const operands[], int count, struct tri_error *error)
{
    struct cli_learn_work work = {.request = request, .link = link};
    enum tri_status status = cli_learn_agree(link, prepare(&work, operands, count, error), error);

    if (status == TRI_OK)
        status = cli_learn_compare_names(link, &work.files, error);
    if (status == TRI_OK)
        status = cli_learn_pairs(&work, error);
    for (int i = 0; i < work.backends.count; i++)
        tri_backend_close(work.backends.list[i]);
    free_files(&work.files);
    return status;
}

static int check_request(const struct cli_learn_request *request, char *const operands[], int count)
{
    if (count == 0)
        return cli_usage("learn", "no pictures given");
    if (count % 2 == 1)
        return cli_usage("learn", "%s has no picture after it; give pairs, before and after",
                         operands[count - 1]);
    if (request->colours && request->side > 0)
        return cli_usage("learn", "--kernel and --colors exclude each other");
    if (request->mpi)
        return cli_cluster_is_started() ? TRI_OK : cli_cluster_tell_start("learn", "learn --mpi");
    if (tri_cluster_mpirun_size() > 1)
        return cli_usage("learn",
                         "mpirun has started %d processes, which would all do the same; add "
                         "--mpi, so that they share the work",
                         tri_cluster_mpirun_size());
    return TRI_OK;
}

static int read_request(int argc, char **argv, struct cli_learn_request *request)
{
    int code;

    if (!cli_parse(&cli_command_learn, argc, argv, request, &code))
        return -1 - code;
    code = check_request(request, argv + optind, argc - optind);
    if (request->side == 0)
        request->side = 3;
    return code;
}

/* Rank 0 speaks for all, and its exit code is that of the command. */
static int learn_ranks(struct cli_learn_request *request, char *const operands[], int count)
{
    struct cli_cluster cluster = {0};
    struct tri_error error;
    int code = cli_cluster_connect(&cluster);

    if (code != TRI_OK)
        return code;
    const int rank = cluster.link->rank;
    request->quiet |= rank > 0;
    code = learn(request, cluster.link, operands, count, &error);
    if (code != TRI_OK && rank == 0)
        code = cli_fail(&error);
    cli_cluster_close(&cluster);
    return rank == 0 ? code : TRI_OK;
}

static int run_learn(int argc, char **argv)
{
    struct cli_learn_request request = {.steps = 1000, .patience = 50, .seed = 1};
    struct cli_cluster hushed = {0};
    struct tri_error error;

    cli_cluster_hush(&hushed, true);
    const int code = read_request(argc, argv, &request);
    cli_cluster_hush(&hushed, false);
    if (code != TRI_OK)
        return code < 0 ? -1 - code : code;
    const int count = argc - optind;
    char *const *operands = argv + optind;
    cli_input_names(count, argv + optind);
    if (request.mpi)
        return learn_ranks(&request, operands, count);
    return learn(&request, NULL, operands, count, &error) == TRI_OK ? TRI_OK : cli_fail(&error);
}

const struct cli_command cli_command_learn = {.name = "learn",
                                              .summary = "find the filter that made a picture",
                                              .intro = intro,
                                              .groups = groups,
                                              .run = run_learn};
