/* learn_ranks.c -- what ranks of an MPI job tell each other while they learn: whole numbers that
 * are added up, so that all have the same bits whatever their number. */
#include "cli/cli.h"
#include "cli/learn.h"
#include "cluster/agree.h"

#include <stdlib.h>
#include <string.h>

bool cli_learn_is_own(const struct tri_link *link, int number)
{
    return link == NULL || number % link->size == link->rank;
}

enum tri_status cli_learn_agree(struct tri_link *link, enum tri_status status,
                                struct tri_error *error)
{
    return link == NULL ? status : tri_link_agree(link, status, error);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (size_t i = 0; i <= strlen(text); i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return hash;
}

enum tri_status cli_learn_compare_names(struct tri_link *link, const struct cli_learn_files *files,
                                        struct tri_error *error)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325), sum;

    if (link == NULL)
        return TRI_OK;
    for (int i = 0; i < files->count; i++)
        hash = hash_text(hash_text(hash, files->list[i].before), files->list[i].after);
    sum = hash;
    enum tri_status status = link->sum(link, &sum, 1, error);
    if (status == TRI_OK && sum != hash * (uint64_t)link->size)
        status = tri_fail(error, TRI_FAILED,
                          "learn: ranks see different pictures; all hosts need the same files");
    return tri_link_agree(link, status, error);
}

/* ---- pairs ---- */

enum { SHAPE = 5 }; /* numbers */

static void pack_shape(const struct tri_learn_pair *pair, uint64_t *shape)
{
    const int numbers[SHAPE] = {pair->taps, pair->planes, pair->bits, pair->blocks, pair->columns};

    for (int i = 0; i < SHAPE; i++)
        shape[i] = (uint64_t)numbers[i];
}

static enum tri_status make_pair(struct tri_learn_pair *pair, const uint64_t *shape,
                                 struct tri_error *error)
{
    *pair = (struct tri_learn_pair){.taps = (int)shape[0],
                                    .planes = (int)shape[1],
                                    .bits = (int)shape[2],
                                    .blocks = (int)shape[3],
                                    .columns = (int)shape[4]};
    return tri_learn_pair_make(pair, error);
}

/* Numbers of a pair are 0 on all ranks but its own. */
static enum tri_status add_shapes(struct tri_link *link, struct tri_learn_set *set,
                                  uint64_t *shapes, struct tri_error *error)
{
    for (int i = 0; i < set->count; i++)
        if (cli_learn_is_own(link, i))
            pack_shape(&set->pairs[i], shapes + (size_t)i * SHAPE);
    enum tri_status status = link->sum(link, shapes, (size_t)set->count * SHAPE, error);
    for (int i = 0; i < set->count && status == TRI_OK; i++)
        if (!cli_learn_is_own(link, i))
            status = make_pair(&set->pairs[i], shapes + (size_t)i * SHAPE, error);
    return tri_link_agree(link, status, error);
}

enum tri_status cli_learn_add_pairs(struct tri_link *link, struct tri_learn_set *set,
                                    struct tri_error *error)
{
    if (link == NULL || link->size == 1)
        return TRI_OK;
    uint64_t *shapes = calloc((size_t)set->count * SHAPE, sizeof *shapes);
    enum tri_status status =
        tri_link_agree(link,
                       shapes != NULL ? TRI_OK
                                      : tri_fail(error, TRI_FAILED,
                                                 "learn: out of memory for %d pairs", set->count),
                       error);
    if (status == TRI_OK)
        status = add_shapes(link, set, shapes, error);
    free(shapes);
    for (int i = 0; i < set->count && status == TRI_OK; i++)
        status = link->sum(link, set->pairs[i].sums, tri_learn_pair_numbers(&set->pairs[i]), error);
    return status;
}

/* ---- tones and errors ---- */

enum tri_status cli_learn_add_tones(struct tri_link *link, struct tri_learn_tones *tones,
                                    struct tri_error *error)
{
    return link == NULL ? TRI_OK
                        : link->sum(link, &tones->sum[0][0][0],
                                    sizeof tones->sum / sizeof tones->sum[0][0][0], error);
}

/* Of the largest errors, each rank adds its own at a place of its own. */
enum tri_status cli_learn_add_errors(struct tri_link *link, struct tri_learn_errors *errors,
                                     struct tri_error *error)
{
    if (link == NULL)
        return TRI_OK;
    const int size = link->size;
    uint64_t *numbers = calloc(4 + (size_t)size, sizeof *numbers);
    enum tri_status status = tri_link_agree(
        link, numbers != NULL ? TRI_OK : tri_fail(error, TRI_FAILED, "learn: out of memory"),
        error);
    if (status == TRI_OK) {
        const uint64_t own[] = {errors->samples, errors->apart, errors->sum, errors->squares};
        memcpy(numbers, own, sizeof own);
        numbers[4 + link->rank] = (uint64_t)errors->largest;
        status = link->sum(link, numbers, 4 + (size_t)size, error);
    }
    if (status == TRI_OK) {
        *errors = (struct tri_learn_errors){numbers[0], numbers[1], numbers[2], numbers[3], 0};
        for (int i = 0; i < size; i++)
            if ((int)numbers[4 + i] > errors->largest)
                errors->largest = (int)numbers[4 + i];
    }
    free(numbers);
    return status;
}
