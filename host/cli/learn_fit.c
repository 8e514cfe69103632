/* learn_fit.c -- what `triptych learn` does with pairs of pictures: sums them, fits weights and
 * perhaps curves, chooses how to write them, and checks the result. */
#include "cli/cli.h"
#include "cli/learn.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 16 }; /* of matrix and curves, in turns */
#define BETTER 0.9    /* curves are kept if squares of errors become less than this part */

struct learning {
    const struct cli_learn_work *work;
    const struct cli_learn_request *request;
    struct tri_backend *backend; /* the first */
    struct tri_learn_set set;
    struct tri_learn_result result;
    struct tri_learn_tones tones;
    struct tri_learn_errors errors; /* of some part of some pairs */
    struct tri_pipeline *pipeline;
    char *text;
    bool kept; /* which blocks are looked at */
};

/* What each rank does by itself may fail on one alone. */
static enum tri_status agree(const struct learning *l, enum tri_status status,
                             struct tri_error *error)
{
    return cli_learn_agree(l->work->link, status, error);
}

static enum tri_status in_learn(enum tri_status status, struct tri_error *error)
{
    return status == TRI_USAGE ? tri_fail(error, status, "learn: %s", error->text) : status;
}

static bool any_kept(const struct tri_learn_set *set)
{
    for (int i = 0; i < set->count; i++)
        for (int block = 0; block < set->pairs[i].blocks; block++)
            if (set->kept[i][block])
                return true;
    return false;
}

static struct tri_learn_part part_of(const struct learning *l, int number)
{
    return (struct tri_learn_part){any_kept(&l->set) ? l->set.kept[number] : NULL, l->kept};
}

static enum tri_status fit(struct learning *l, const struct tri_learn_set *set, bool quiet,
                           struct tri_error *error)
{
    const struct cli_learn_request *request = l->request;
    const struct tri_learn_model model = {request->colours ? 1 : request->side, request->colours};
    const struct tri_learn_descent descent = {.steepest = request->descent == CLI_LEARN_STEEPEST,
                                              .steps = (long)request->steps,
                                              .patience = (long)request->patience,
                                              .tell = cli_learn_tell,
                                              .listener = &quiet};

    return agree(l, in_learn(tri_learn_fit(set, &model, &descent, &l->result, error), error),
                 error);
}

/* ---- errors ---- */

static enum tri_status check_pair(void *of, int number, const struct cli_learn_pair *pair,
                                  struct tri_error *error)
{
    struct learning *l = of;
    const struct tri_learn_part part = part_of(l, number);

    return tri_learn_check(l->backend, l->pipeline, pair->before, pair->after,
                           l->result.model.side / 2, &part, &l->errors, error);
}

/* Gets the errors of the result on the blocks that are kept, or the others. */
static enum tri_status check(struct learning *l, bool kept, struct tri_error *error)
{
    l->kept = kept;
    l->errors = (struct tri_learn_errors){0};
    free(l->text);
    enum tri_status status = in_learn(tri_learn_text(&l->result, &l->text, error), error);
    if (status == TRI_OK)
        status = tri_pipeline_parse(l->text, &l->pipeline, error);
    status = agree(l, status, error);
    if (status == TRI_OK)
        status = cli_learn_each(l->work, check_pair, l, error);
    if (status == TRI_OK)
        status = cli_learn_add_errors(l->work->link, &l->errors, error);
    tri_pipeline_free(l->pipeline);
    l->pipeline = NULL;
    return status;
}

/* ---- curves ---- */

static enum tri_status add_tones(void *of, int number, const struct cli_learn_pair *pair,
                                 struct tri_error *error)
{
    struct learning *l = of;
    const struct tri_learn_part part = part_of(l, number);

    return tri_learn_tones_add(l->backend, l->text, pair->before, pair->after, &part, &l->tones,
                               error);
}

/* Finds the curves that follow the matrix; *found is false if there are too few tones. */
static enum tri_status find_curves(struct learning *l, bool *found, struct tri_error *error)
{
    l->kept = false;
    l->tones = (struct tri_learn_tones){{{{0}}}};
    l->result.curved = false;
    free(l->text);
    enum tri_status status =
        agree(l, in_learn(tri_learn_text(&l->result, &l->text, error), error), error);
    if (status == TRI_OK)
        status = cli_learn_each(l->work, add_tones, l, error);
    if (status == TRI_OK)
        status = cli_learn_add_tones(l->work->link, &l->tones, error);
    *found = status == TRI_OK;
    for (int i = 0; i < 3 && *found; i++)
        *found = tri_learn_curve_find(&l->tones, i, l->set.pairs[0].bits, &l->result.curves[i]);
    l->result.curved = *found;
    return status;
}

struct straightening {
    struct learning *l;
    struct tri_learn_set *set;
};

static enum tri_status straighten(void *of, int number, const struct cli_learn_pair *pair,
                                  struct tri_error *error)
{
    const struct straightening *s = of;

    return tri_learn_pair_straighten(s->l->backend, s->l->result.curves, pair->before, pair->after,
                                     &s->set->pairs[number], error);
}

/* Fits the matrix to what the curves were applied to. */
static enum tri_status fit_straight(struct learning *l, struct tri_error *error)
{
    struct tri_learn_set set = {calloc((size_t)l->set.count, sizeof *set.pairs), l->set.kept,
                                l->set.count};
    const struct straightening s = {l, &set};

    enum tri_status status =
        agree(l,
              set.pairs != NULL
                  ? TRI_OK
                  : tri_fail(error, TRI_FAILED, "learn: out of memory for %d pairs", set.count),
              error);
    if (status == TRI_OK)
        status = cli_learn_each(l->work, straighten, (void *)&s, error);
    if (status == TRI_OK)
        status = cli_learn_add_pairs(l->work->link, &set, error);
    if (status == TRI_OK)
        status = fit(l, &set, true, error);
    for (int i = 0; i < set.count && set.pairs != NULL; i++)
        tri_learn_pair_free(&set.pairs[i]);
    free(set.pairs);
    return status;
}

/* Matrix and curves in turns, each as good as the other allows. What that cannot learn is no
 * failure: the matrix alone remains. */
static enum tri_status fit_curves(struct learning *l, struct tri_error *error)
{
    const struct tri_learn_result plain = l->result;
    enum tri_status status = check(l, false, error);
    const double squares = (double)l->errors.squares;
    bool found = true;

    for (int round = 0; round < ROUNDS && status == TRI_OK && found; round++) {
        if (round > 0) {
            const struct tri_learn_result before = l->result;
            status = fit_straight(l, error);
            l->result.bits = before.bits;
            memcpy(l->result.curves, before.curves, sizeof before.curves);
        }
        if (status == TRI_OK)
            status = find_curves(l, &found, error);
    }
    if (status == TRI_OK && found)
        status = check(l, false, error);
    if (status == TRI_USAGE || !found || (double)l->errors.squares > BETTER * squares) {
        l->result = plain;
        return status == TRI_USAGE ? TRI_OK : status;
    }
    return status;
}

/* ---- the whole ---- */

static enum tri_status choose(void *of, int number, const struct cli_learn_pair *pair,
                              struct tri_error *error)
{
    struct learning *l = of;
    const struct tri_learn_part part = part_of(l, number);

    return tri_learn_choose(l->backend, &l->result, pair->before, pair->after, &part, error);
}

static enum tri_status report(struct learning *l, struct tri_error *error)
{
    if (l->work->link != NULL && l->work->link->rank > 0)
        return TRI_OK;
    const struct cli_learn_outcome outcome = {&l->result, l->text, l->errors, any_kept(&l->set)};

    if (!l->request->quiet)
        cli_learn_summary(&outcome);
    return cli_learn_write(l->request, &outcome, error);
}

static enum tri_status learn(struct learning *l, struct tri_error *error)
{
    enum tri_status status = cli_learn_sums(l->work, &l->set, error);

    if (status == TRI_OK)
        status = agree(l, tri_learn_set_split(&l->set, l->request->seed, error), error);
    if (status == TRI_OK)
        status = fit(l, &l->set, l->request->quiet, error);
    if (status == TRI_OK && l->request->colours)
        status = fit_curves(l, error);
    l->kept = false;
    if (status == TRI_OK)
        status = cli_learn_first(l->work, choose, l, error);
    if (status == TRI_OK)
        status = check(l, true, error);
    return status == TRI_OK ? report(l, error) : status;
}

enum tri_status cli_learn_pairs(const struct cli_learn_work *work, struct tri_error *error)
{
    struct learning *l = calloc(1, sizeof *l);

    if (l == NULL)
        return tri_fail(error, TRI_FAILED, "learn: out of memory for weights");
    l->work = work;
    l->request = work->request;
    l->backend = work->backends.list[0];
    const enum tri_status status = learn(l, error);
    free(l->text);
    tri_learn_set_free(&l->set);
    free(l);
    return status;
}
