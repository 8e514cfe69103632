/* learn_pairs.c -- reads pairs of pictures for `triptych learn`: once to learn from them, once to
 * check the result. So no more than one pair is in memory. */
#include "cli/cli.h"
#include "cli/learn.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    struct tri_image *before, *after;
};

static void free_pair(struct pair *pair)
{
    tri_image_free(pair->before);
    tri_image_free(pair->after);
}

static enum tri_status read_pair(const struct cli_learn_request *request,
                                 const struct cli_learn_names *names, struct pair *pair,
                                 struct tri_error *error)
{
    *pair = (struct pair){NULL, NULL};
    enum tri_status status = cli_read(names->before, request->max_pixels, &pair->before, error);
    if (status == TRI_OK)
        status = cli_read(names->after, request->max_pixels, &pair->after, error);
    return status;
}

/* Adds which pair an error is about. */
static enum tri_status about(const struct cli_learn_names *names, enum tri_status status,
                             struct tri_error *error)
{
    return status == TRI_USAGE ? tri_fail(error, status, "learn: %s and %s: %s", names->before,
                                          names->after, error->text)
                               : status;
}

static enum tri_status add_sums(const struct cli_learn_request *request,
                                const struct cli_learn_names *names, struct tri_backend *backend,
                                struct tri_learn_set *set, struct tri_error *error)
{
    const struct tri_learn_model model = {request->colours ? 1 : request->side, request->colours};
    struct tri_learn_pair *sums = &set->pairs[set->count];
    struct pair pair;
    enum tri_status status = read_pair(request, names, &pair, error);

    if (status == TRI_OK)
        status =
            about(names, tri_learn_pair_sum(backend, &model, pair.before, pair.after, sums, error),
                  error);
    free_pair(&pair);
    if (status != TRI_OK)
        return status;
    set->count++;
    if (sums->planes == set->pairs[0].planes && sums->bits == set->pairs[0].bits)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE,
                    "learn: %s is in %s with %d bits, and pictures before it are in %s with %d; "
                    "all must be alike",
                    names->before, sums->planes == 1 ? "gray" : "colour", sums->bits,
                    set->pairs[0].planes == 1 ? "gray" : "colour", set->pairs[0].bits);
}

static enum tri_status sum_all(const struct cli_learn_request *request,
                               const struct cli_learn_files *files, struct tri_backend *backend,
                               struct tri_learn_set *set, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    set->pairs = calloc((size_t)files->count, sizeof *set->pairs);
    if (set->pairs == NULL)
        return tri_fail(error, TRI_FAILED, "learn: out of memory for %d pairs", files->count);
    for (int i = 0; i < files->count && status == TRI_OK; i++)
        status = add_sums(request, &files->list[i], backend, set, error);
    return status;
}

static bool any_kept(const struct tri_learn_set *set)
{
    for (int i = 0; i < set->count; i++)
        for (int block = 0; block < set->pairs[i].blocks; block++)
            if (set->kept[i][block])
                return true;
    return false;
}

static enum tri_status check_all(const struct cli_learn_request *request,
                                 const struct cli_learn_files *files, struct tri_backend *backend,
                                 const struct tri_learn_set *set, struct cli_learn_outcome *outcome,
                                 struct tri_error *error)
{
    struct tri_pipeline *pipeline = NULL;
    enum tri_status status = tri_pipeline_parse(outcome->pipeline, &pipeline, error);

    outcome->kept = any_kept(set);
    for (int i = 0; i < files->count && status == TRI_OK; i++) {
        const struct tri_learn_part part = {outcome->kept ? set->kept[i] : NULL, true};
        struct pair pair;
        status = read_pair(request, &files->list[i], &pair, error);
        if (status == TRI_OK)
            status =
                tri_learn_check(backend, pipeline, pair.before, pair.after,
                                outcome->result->model.side / 2, &part, &outcome->errors, error);
        free_pair(&pair);
    }
    tri_pipeline_free(pipeline);
    return status;
}

static enum tri_status fit(const struct cli_learn_request *request, const struct tri_learn_set *set,
                           struct tri_learn_result *result, struct tri_error *error)
{
    bool quiet = request->quiet;
    const struct tri_learn_model model = {request->colours ? 1 : request->side, request->colours};
    const struct tri_learn_descent descent = {.steepest = request->descent == CLI_LEARN_STEEPEST,
                                              .steps = (long)request->steps,
                                              .patience = (long)request->patience,
                                              .tell = cli_learn_tell,
                                              .listener = &quiet};

    return tri_learn_fit(set, &model, &descent, result, error);
}

/* By the first pair, where it was learnt from. */
static enum tri_status choose(const struct cli_learn_request *request,
                              const struct cli_learn_files *files, struct tri_backend *backend,
                              const struct tri_learn_set *set, struct tri_learn_result *result,
                              struct tri_error *error)
{
    const struct tri_learn_part part = {set->kept[0], false};
    struct pair pair;
    enum tri_status status = read_pair(request, &files->list[0], &pair, error);

    if (status == TRI_OK)
        status = tri_learn_choose(backend, result, pair.before, pair.after, &part, error);
    free_pair(&pair);
    return status;
}

static enum tri_status in_learn(enum tri_status status, struct tri_error *error)
{
    return status == TRI_USAGE ? tri_fail(error, status, "learn: %s", error->text) : status;
}

enum tri_status cli_learn_pairs(const struct cli_learn_request *request,
                                const struct cli_learn_files *files, struct tri_backend *backend,
                                struct tri_error *error)
{
    struct tri_learn_set set = {0};
    struct tri_learn_result result;
    struct cli_learn_outcome outcome = {.result = &result};
    char *text = NULL;
    enum tri_status status = sum_all(request, files, backend, &set, error);

    if (status == TRI_OK)
        status = tri_learn_set_split(&set, request->seed, error);
    if (status == TRI_OK)
        status = in_learn(fit(request, &set, &result, error), error);
    if (status == TRI_OK)
        status = in_learn(choose(request, files, backend, &set, &result, error), error);
    if (status == TRI_OK)
        status = tri_learn_text(&result, &text, error);
    outcome.pipeline = text;
    if (status == TRI_OK)
        status = check_all(request, files, backend, &set, &outcome, error);
    if (status == TRI_OK && !request->quiet)
        cli_learn_summary(&outcome);
    if (status == TRI_OK)
        status = cli_learn_write(request, &outcome, error);
    free(text);
    tri_learn_set_free(&set);
    return status;
}
