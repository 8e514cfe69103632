/* fit.c -- learns from some blocks of pictures, and checks with the others. */
#include "learn/learn.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_OF = 4 }; /* one block of so many is kept */

/* ---- which blocks are kept ---- */

struct place {
    int pair, block;
};

static bool has_places(const struct tri_learn_pair *pair, int block)
{
    uint64_t places = 0;

    for (int p = 0; p < pair->planes; p++)
        places += tri_learn_pair_places(pair, p, block);
    return places > 0;
}

static int list_blocks(const struct tri_learn_set *set, struct place *list)
{
    int count = 0;

    for (int i = 0; i < set->count; i++)
        for (int block = 0; block < set->pairs[i].blocks; block++)
            if (has_places(&set->pairs[i], block))
                list[count++] = (struct place){i, block};
    return count;
}

/* SplitMix64: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static void keep_some(struct tri_learn_set *set, struct place *list, int count, uint64_t seed)
{
    const int kept = count < 2 ? 0 : count < KEPT_OF ? 1 : count / KEPT_OF;

    for (int i = 0; i < kept; i++) {
        const int other = i + (int)(draw(&seed) % (uint64_t)(count - i));
        const struct place chosen = list[other];
        list[other] = list[i];
        set->kept[chosen.pair][chosen.block] = true;
    }
}

enum tri_status tri_learn_set_split(struct tri_learn_set *set, uint64_t seed,
                                    struct tri_error *error)
{
    size_t blocks = 0;
    bool whole = true;

    set->kept = calloc((size_t)set->count, sizeof *set->kept);
    for (int i = 0; i < set->count && set->kept != NULL; i++) {
        blocks += (size_t)set->pairs[i].blocks;
        set->kept[i] = calloc((size_t)set->pairs[i].blocks, sizeof *set->kept[i]);
        whole = whole && set->kept[i] != NULL;
    }
    struct place *list = calloc(blocks + 1, sizeof *list);
    if (set->kept == NULL || !whole || list == NULL) {
        free(list);
        return tri_fail(error, TRI_FAILED, "out of memory for the blocks of %d pictures",
                        set->count);
    }
    keep_some(set, list, list_blocks(set, list), seed);
    free(list);
    return TRI_OK;
}

void tri_learn_set_free(struct tri_learn_set *set)
{
    for (int i = 0; i < set->count; i++) {
        if (set->pairs != NULL)
            tri_learn_pair_free(&set->pairs[i]);
        if (set->kept != NULL)
            free(set->kept[i]);
    }
    free(set->pairs);
    free(set->kept);
    *set = (struct tri_learn_set){0};
}

/* ---- filters ---- */

/* The sums of one plane, or of all (-1), that are learnt from or kept for checks. */
static void sum_up(const struct tri_learn_set *set, int plane, bool kept,
                   struct tri_learn_sums *sums)
{
    *sums = (struct tri_learn_sums){.taps = set->pairs[0].taps};
    for (int i = 0; i < set->count; i++)
        for (int p = 0; p < set->pairs[i].planes; p++)
            for (int block = 0; block < set->pairs[i].blocks; block++)
                if ((plane < 0 || plane == p) && set->kept[i][block] == kept)
                    tri_learn_pair_add(sums, &set->pairs[i], p, block);
}

struct fit {
    struct tri_learn_sums sums;
    struct tri_learn_problem problem, check;
    double weights[TRI_LEARN_TAPS_MAX];
};

static enum tri_status fit_filter(const struct tri_learn_set *set, int plane,
                                  const struct tri_learn_model *model,
                                  const struct tri_learn_descent *descent, struct fit *fit,
                                  struct tri_learn_filter *filter, struct tri_error *error)
{
    struct tri_learn_descent own = *descent;

    own.plane = plane;
    sum_up(set, plane, true, &fit->sums);
    const bool checks = tri_learn_places(&fit->sums) > 0;
    if (checks)
        tri_learn_problem_fill(&fit->check, &fit->sums, !model->colours);
    sum_up(set, plane, false, &fit->sums);
    const enum tri_status status =
        tri_learn_problem_set(&fit->problem, &fit->sums, !model->colours, error);
    if (status != TRI_OK)
        return status;
    filter->places = fit->problem.places;
    filter->step =
        tri_learn_descend(&fit->problem, checks ? &fit->check : NULL, &own, fit->weights);
    tri_learn_fractions_find(&fit->problem, fit->weights, model->colours, &filter->fractions);
    filter->chosen = filter->fractions.count - 1;
    return TRI_OK;
}

/* Whether a filter fits the plane that `fit` is about as well as its own weights. */
static bool serves(const struct tri_learn_filter *filter, const struct fit *fit)
{
    const struct tri_learn_fractions *all = &filter->fractions;
    const struct tri_learn_fraction *decimals = &all->list[all->count - 1];

    return tri_learn_fits(&fit->problem, fit->weights, decimals->weight, decimals->offset);
}

static enum tri_status fit_planes(const struct tri_learn_set *set,
                                  const struct tri_learn_model *model,
                                  const struct tri_learn_descent *descent, struct fit *fit,
                                  struct tri_learn_result *result, struct tri_error *error)
{
    const bool colours = set->pairs[0].planes == 3;
    struct tri_learn_filter all;
    struct tri_learn_descent silent = *descent;
    bool one = !model->colours;
    enum tri_status status = TRI_OK;

    silent.tell = NULL;

    if (one)
        status = fit_filter(set, -1, model, descent, fit, &all, error);
    for (int p = 0; p < 3 && colours && status == TRI_OK; p++) {
        status = fit_filter(set, p, model, model->colours ? descent : &silent, fit,
                            &result->filters[p], error);
        one = one && status == TRI_OK && serves(&all, fit);
    }
    result->count = one || !colours ? 1 : 3;
    if (result->count == 1 && status == TRI_OK)
        result->filters[0] = all;
    return status;
}

enum tri_status tri_learn_fit(const struct tri_learn_set *set, const struct tri_learn_model *model,
                              const struct tri_learn_descent *descent,
                              struct tri_learn_result *result, struct tri_error *error)
{
    struct fit *fit = calloc(1, sizeof *fit);

    if (fit == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for weights");
    *result = (struct tri_learn_result){.model = *model, .bits = set->pairs[0].bits};
    const enum tri_status status = fit_planes(set, model, descent, fit, result, error);
    free(fit);
    return status;
}
