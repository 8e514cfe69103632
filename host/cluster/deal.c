/* deal.c -- hands out work to ranks as they get free.
 *
 * Threads that talk poll, as MPI offers no other way that leaves the cores to those that compute,
 * and sleep between polls: the longer, the longer nothing has happened, and until a thread of their
 * own rank has something for them. */
#include "deal_internal.h"

#include "../parallel/cpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- parcels ---- */

enum tri_status tri_deal_send(struct tri_link *link, int to, const struct tri_deal_head *head,
                              const struct tri_error *failure, const struct tri_parcel *data,
                              struct tri_error *error)
{
    const size_t text = head->status != TRI_OK ? sizeof *failure : 0, size = data->size;
    struct tri_parcel parcel = {malloc(sizeof *head + text + size), sizeof *head + text + size};
    if (parcel.data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %zu bytes for rank %d", parcel.size,
                        to);
    memcpy(parcel.data, head, sizeof *head);
    if (text > 0) { /* not what was in memory behind the text */
        struct tri_error clean = {.status = failure->status};
        snprintf(clean.text, sizeof clean.text, "%s", failure->text);
        memcpy(parcel.data + sizeof *head, &clean, text);
    }
    if (size > 0)
        memcpy(parcel.data + sizeof *head + text, data->data, size);
    return link->send(link, to, &parcel, error);
}

enum tri_status tri_deal_open(struct tri_parcel *parcel, struct tri_deal_head *head,
                              struct tri_error *failure, struct tri_error *error)
{
    size_t skip = sizeof *head;
    if (parcel->size >= skip)
        memcpy(head, parcel->data, skip);
    if (parcel->size >= skip && head->status != TRI_OK)
        skip += sizeof *failure;
    if (parcel->size < skip)
        return tri_fail(error, TRI_FAILED, "a rank sent %zu bytes that are no message",
                        parcel->size);
    if (head->status != TRI_OK)
        memcpy(failure, parcel->data + sizeof *head, sizeof *failure);
    parcel->size -= skip;
    memmove(parcel->data, parcel->data + skip, parcel->size);
    return TRI_OK;
}

void tri_parcel_drop(struct tri_parcel *parcel)
{
    free(parcel->data);
    *parcel = (struct tri_parcel){0};
}

/* ---- sleeping between polls ---- */

void tri_deal_sleep(pthread_cond_t *wake, pthread_mutex_t *lock, int64_t ns)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ns;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(wake, lock, &until);
}

int64_t tri_deal_pause(int64_t before, bool hungry)
{
    const int64_t most = hungry ? 250000 : 4000000;
    return before == 0 ? 20000 : 2 * before < most ? 2 * before : most;
}

/* ---- other ranks: one thread talks, one computes ---- */

struct worker {
    struct tri_link *link;
    struct tri_dealt *dealt;
    pthread_mutex_t lock;
    pthread_cond_t wake_talker, wake_computer;
    struct piece {
        struct tri_deal_head head;
        struct tri_parcel data;
        struct tri_error failure;
    } tasks[2], results[2];
    int task_count, result_count;
    bool computing, over;
};

static void shift(struct piece pieces[2], int *count)
{
    pieces[0] = pieces[1];
    --*count;
}

static void compute_piece(struct worker *worker, struct piece *piece)
{
    struct tri_parcel result = {0};
    struct tri_dealt *dealt = worker->dealt;
    piece->failure = (struct tri_error){0};
    piece->head.status = dealt->compute(dealt->own, piece->head.first, piece->head.count,
                                        &piece->data, &result, &piece->failure);
    piece->head.kind = TRI_DEAL_RESULT;
    tri_parcel_drop(&piece->data);
    piece->data = result;
}

static void *compute_pieces(void *argument)
{
    struct worker *worker = argument;
    pthread_mutex_lock(&worker->lock);
    for (;;) {
        const int64_t since = tri_now_ns();
        while (!worker->over && worker->task_count == 0)
            pthread_cond_wait(&worker->wake_computer, &worker->lock);
        worker->link->traffic.waited_ns += tri_now_ns() - since;
        if (worker->task_count == 0)
            break;
        struct piece piece = worker->tasks[0];
        shift(worker->tasks, &worker->task_count);
        worker->computing = true;
        pthread_mutex_unlock(&worker->lock);
        compute_piece(worker, &piece);
        pthread_mutex_lock(&worker->lock);
        worker->computing = false;
        worker->results[worker->result_count++] = piece;
        pthread_cond_signal(&worker->wake_talker);
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

static enum tri_status send_results(struct worker *worker, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    while (worker->result_count > 0 && status == TRI_OK) {
        struct piece *piece = &worker->results[0];
        status = tri_deal_send(worker->link, 0, &piece->head, &piece->failure, &piece->data, error);
        tri_parcel_drop(&piece->data);
        shift(worker->results, &worker->result_count);
    }
    return status;
}

/* *got: something has arrived, or left. */
static enum tri_status talk_once(struct worker *worker, enum tri_status *end, bool *got,
                                 struct tri_error *error)
{
    struct piece piece = {0};
    int from = -1;
    *got = worker->result_count > 0;
    enum tri_status status = send_results(worker, error);
    if (status == TRI_OK)
        status = worker->link->receive(worker->link, 0, &from, &piece.data, error);
    if (status != TRI_OK || from < 0)
        return status;
    *got = true;
    status = tri_deal_open(&piece.data, &piece.head, &piece.failure, error);
    if (status == TRI_OK && piece.head.kind == TRI_DEAL_END) {
        *end = piece.head.status;
        *error = piece.failure;
        worker->over = true;
        tri_parcel_drop(&piece.data);
    } else if (status == TRI_OK) {
        worker->tasks[worker->task_count++] = piece;
        pthread_cond_signal(&worker->wake_computer);
    }
    return status;
}

static enum tri_status talk(struct worker *worker, struct tri_error *error)
{
    const struct tri_deal_head want = {.kind = TRI_DEAL_WANT, .count = worker->dealt->ahead};
    enum tri_status end = TRI_OK, status = tri_deal_send(worker->link, 0, &want, NULL,
                                                         &(struct tri_parcel){0}, error);
    int64_t pause = 0;
    while (status == TRI_OK && !worker->over) {
        bool got;
        status = talk_once(worker, &end, &got, error);
        pause = got ? 0 : tri_deal_pause(pause, worker->task_count == 0 && !worker->computing);
        if (!got && status == TRI_OK)
            tri_deal_sleep(&worker->wake_talker, &worker->lock, pause);
    }
    worker->over = true;
    pthread_cond_signal(&worker->wake_computer);
    worker->link->broken |= status != TRI_OK;
    return status == TRI_OK ? end : status;
}

static enum tri_status be_worker(struct tri_link *link, struct tri_dealt *dealt,
                                 struct tri_error *error)
{
    struct worker worker = {.link = link, .dealt = dealt};
    pthread_t computer;
    pthread_mutex_init(&worker.lock, NULL);
    pthread_cond_init(&worker.wake_talker, NULL);
    pthread_cond_init(&worker.wake_computer, NULL);
    enum tri_status status = TRI_OK;
    if (pthread_create(&computer, NULL, compute_pieces, &worker) != 0) {
        status = tri_fail(error, TRI_FAILED, "rank %d on %s cannot start a thread", link->rank,
                          link->host);
    } else {
        pthread_mutex_lock(&worker.lock);
        status = talk(&worker, error);
        pthread_mutex_unlock(&worker.lock);
        pthread_join(computer, NULL);
    }
    for (int i = 0; i < worker.task_count; i++)
        tri_parcel_drop(&worker.tasks[i].data);
    for (int i = 0; i < worker.result_count; i++)
        tri_parcel_drop(&worker.results[i].data);
    pthread_cond_destroy(&worker.wake_talker);
    pthread_cond_destroy(&worker.wake_computer);
    pthread_mutex_destroy(&worker.lock);
    return status;
}

/* ---- all ranks ---- */

enum tri_status tri_deal_run(struct tri_link *link, struct tri_dealt *dealt,
                             struct tri_error *error)
{
    link->traffic.waited_ns = 0;
    return link->rank == 0 ? tri_deal_lead(link, dealt, error) : be_worker(link, dealt, error);
}

enum tri_status tri_link_spread(struct tri_link *link, struct tri_parcel *parcel,
                                struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int to = 1; link->rank == 0 && to < link->size && status == TRI_OK; to++) {
        struct tri_parcel copy = {malloc(parcel->size + 1), parcel->size};
        if (copy.data == NULL)
            return tri_fail(error, TRI_FAILED, "out of memory for a message to rank %d", to);
        memcpy(copy.data, parcel->data, parcel->size);
        status = link->send(link, to, &copy, error);
    }
    if (link->rank == 0)
        return status == TRI_OK ? link->flush(link, error) : status;
    for (int from = -1; from < 0 && status == TRI_OK;)
        status = link->receive(link, 1000000000, &from, parcel, error);
    return status;
}
