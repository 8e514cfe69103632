/* learn_pairs.c -- reads pairs of pictures for `triptych learn`, again and again: so no more of
 * them are in memory than backends work on. */
#include "cli/cli.h"
#include "cli/learn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void free_pair(struct cli_learn_pair *pair)
{
    tri_image_free(pair->before);
    tri_image_free(pair->after);
}

static enum tri_status read_pair(const struct cli_learn_request *request,
                                 const struct cli_learn_names *names, struct cli_learn_pair *pair,
                                 struct tri_error *error)
{
    *pair = (struct cli_learn_pair){NULL, NULL};
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

static enum tri_status use_pair(const struct cli_learn_work *work, int number, cli_learn_use use,
                                void *of, struct tri_error *error)
{
    const struct cli_learn_names *names = &work->files.list[number];
    struct cli_learn_pair pair;
    enum tri_status status = read_pair(work->request, names, &pair, error);

    if (status == TRI_OK)
        status = about(names, use(of, number, &pair, error), error);
    free_pair(&pair);
    return status;
}

enum tri_status cli_learn_each(const struct cli_learn_work *work, cli_learn_use use, void *of,
                               struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < work->files.count && status == TRI_OK; i++)
        if (cli_learn_is_own(work->link, i))
            status = use_pair(work, i, use, of, error);
    return cli_learn_agree(work->link, status, error);
}

enum tri_status cli_learn_first(const struct cli_learn_work *work, cli_learn_use use, void *of,
                                struct tri_error *error)
{
    return cli_learn_agree(work->link, use_pair(work, 0, use, of, error), error);
}

/* ---- sums ---- */

/* Backends take one pair after another. Each pair has a place of its own, and sums are exact, so
 * nothing depends on which backend took it. */
struct dealer {
    const struct cli_learn_work *work;
    struct tri_learn_pair *sums;
    atomic_int next;
    pthread_mutex_t lock; /* for what follows */
    int failed;           /* the first pair that failed, of those that were tried */
    struct tri_error error;
};

struct worker {
    struct dealer *dealer;
    struct tri_backend *backend;
    pthread_t thread;
    bool runs;
};

static enum tri_status sum_pair(void *of, int number, const struct cli_learn_pair *pair,
                                struct tri_error *error)
{
    const struct worker *worker = of;
    const struct cli_learn_request *request = worker->dealer->work->request;
    const struct tri_learn_model model = {request->colours ? 1 : request->side, request->colours};

    return tri_learn_pair_sum(worker->backend, &model, pair->before, pair->after,
                              &worker->dealer->sums[number], error);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct dealer *dealer = worker->dealer;
    const int count = dealer->work->files.count;
    struct tri_error error;

    for (;;) {
        const int number = atomic_fetch_add(&dealer->next, 1);
        if (number >= count)
            return NULL;
        if (!cli_learn_is_own(dealer->work->link, number) ||
            use_pair(dealer->work, number, sum_pair, worker, &error) == TRI_OK)
            continue;
        pthread_mutex_lock(&dealer->lock);
        if (number < dealer->failed) {
            dealer->failed = number;
            dealer->error = error;
        }
        pthread_mutex_unlock(&dealer->lock);
        atomic_store(&dealer->next, count);
    }
}

/* This thread serves the first backend. One that gets no thread leaves its pairs to the others. */
static void deal(struct dealer *dealer)
{
    const struct cli_learn_backends *backends = &dealer->work->backends;
    struct worker workers[CLI_LEARN_BACKENDS_MAX] = {{0}};

    for (int i = 0; i < backends->count; i++) {
        workers[i] = (struct worker){dealer, backends->list[i], 0, false};
        workers[i].runs = i > 0 && pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    }
    work(&workers[0]);
    for (int i = 1; i < backends->count; i++)
        if (workers[i].runs)
            pthread_join(workers[i].thread, NULL);
}

static enum tri_status check_alike(const struct cli_learn_files *files,
                                   const struct tri_learn_pair *sums, struct tri_error *error)
{
    for (int i = 1; i < files->count; i++)
        if (sums[i].planes != sums[0].planes || sums[i].bits != sums[0].bits)
            return tri_fail(error, TRI_USAGE,
                            "learn: %s is in %s with %d bits, and %s in %s with %d; all must be "
                            "alike",
                            files->list[i].before, sums[i].planes == 1 ? "gray" : "colour",
                            sums[i].bits, files->list[0].before,
                            sums[0].planes == 1 ? "gray" : "colour", sums[0].bits);
    return TRI_OK;
}

static enum tri_status sum_own(const struct cli_learn_work *work, struct tri_learn_set *set,
                               struct tri_error *error)
{
    const int count = work->files.count;
    struct dealer dealer = {.work = work, .failed = count};

    set->pairs = calloc((size_t)count, sizeof *set->pairs);
    if (set->pairs == NULL)
        return tri_fail(error, TRI_FAILED, "learn: out of memory for %d pairs", count);
    set->count = count;
    dealer.sums = set->pairs;
    pthread_mutex_init(&dealer.lock, NULL);
    deal(&dealer);
    pthread_mutex_destroy(&dealer.lock);
    return dealer.failed < count ? tri_fail(error, dealer.error.status, "%s", dealer.error.text)
                                 : TRI_OK;
}

enum tri_status cli_learn_sums(const struct cli_learn_work *work, struct tri_learn_set *set,
                               struct tri_error *error)
{
    enum tri_status status = cli_learn_agree(work->link, sum_own(work, set, error), error);

    if (status == TRI_OK)
        status = cli_learn_add_pairs(work->link, set, error);
    return status == TRI_OK ? check_alike(&work->files, set->pairs, error) : status;
}
