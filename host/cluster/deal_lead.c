/* deal_lead.c -- rank 0: prepares tasks, hands them out, computes some of them itself, and takes
 * the results in order. */
#include "deal_internal.h"

#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

enum state { FREE, READY, GIVEN, DONE };

struct task {
    enum state state;
    int rank; /* that has it */
    long first, count;
    struct tri_parcel data; /* of the task, then of its result */
    enum tri_status status;
    struct tri_error failure;
};

struct lead {
    struct tri_link *link;
    struct tri_dealt *dealt;
    pthread_mutex_t lock;
    pthread_cond_t wake_taker, wake_talker, wake_computer;
    struct task *tasks; /* of number n at n % window */
    long prepared, given, taken, items;
    int *credits; /* [rank]: tasks that it may get */
    long *shares; /* [rank]: items that it computed */
    int out;      /* tasks that others have */
    int heard;    /* ranks that have asked for tasks */
    bool ended;   /* all are prepared */
    bool stopped; /* hand out no more */
    bool over;
    enum tri_status status;
    struct tri_error error;
};

static struct task *at(struct lead *lead, long number)
{
    return &lead->tasks[number % lead->dealt->window];
}

static void stop(struct lead *lead, enum tri_status status, const struct tri_error *error)
{
    if (!lead->stopped || lead->status == TRI_OK) {
        lead->status = status;
        lead->error = *error;
    }
    lead->stopped = true;
    pthread_cond_broadcast(&lead->wake_taker);
}

/* Returns the next task for a rank; NULL: there is none now. */
static struct task *give(struct lead *lead, int rank, long *number)
{
    if (lead->stopped || lead->given == lead->prepared)
        return NULL;
    *number = lead->given++;
    struct task *task = at(lead, *number);
    task->state = GIVEN;
    task->rank = rank;
    return task;
}

static void finish(struct lead *lead, struct task *task)
{
    task->state = DONE;
    lead->shares[task->rank] += task->count;
    if (task->status != TRI_OK && lead->dealt->stops)
        stop(lead, task->status, &task->failure);
    else if (lead->dealt->arrived != NULL && task->status == TRI_OK)
        lead->dealt->arrived(lead->dealt->own, task->rank, task->first, task->count);
    pthread_cond_signal(&lead->wake_taker);
}

/* ---- the thread that computes ---- */

static void compute_one(struct lead *lead, struct task *task)
{
    struct tri_parcel result = {0};
    struct tri_dealt *dealt = lead->dealt;
    pthread_mutex_unlock(&lead->lock);
    task->failure = (struct tri_error){0};
    task->status =
        dealt->compute(dealt->own, task->first, task->count, &task->data, &result, &task->failure);
    pthread_mutex_lock(&lead->lock);
    tri_parcel_drop(&task->data);
    task->data = result;
    finish(lead, task);
}

static void *compute_tasks(void *argument)
{
    struct lead *lead = argument;
    long number;
    pthread_mutex_lock(&lead->lock);
    for (;;) {
        struct task *task = NULL;
        const int64_t since = tri_now_ns();
        while (!lead->over && (task = give(lead, 0, &number)) == NULL)
            pthread_cond_wait(&lead->wake_computer, &lead->lock);
        lead->link->traffic.waited_ns += tri_now_ns() - since;
        if (task == NULL)
            break;
        compute_one(lead, task);
    }
    pthread_mutex_unlock(&lead->lock);
    return NULL;
}

/* ---- the thread that talks ---- */

static enum tri_status send_task(struct lead *lead, int rank, bool *sent, struct tri_error *error)
{
    long number;
    struct task *task = give(lead, rank, &number);
    *sent = task != NULL;
    if (task == NULL)
        return TRI_OK;
    const struct tri_deal_head head = {
        .kind = TRI_DEAL_TASK, .first = task->first, .count = task->count, .task = number};
    lead->credits[rank]--;
    lead->out++;
    const enum tri_status status = tri_deal_send(lead->link, rank, &head, NULL, &task->data, error);
    tri_parcel_drop(&task->data);
    return status;
}

/* Those that have nothing go before those that have a task already. */
static enum tri_status send_tasks(struct lead *lead, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    bool sent = true;
    for (int credit = lead->dealt->ahead; credit > 0; credit--) {
        for (int rank = 1; rank < lead->link->size && status == TRI_OK && sent; rank++) {
            if (lead->credits[rank] >= credit)
                status = send_task(lead, rank, &sent, error);
        }
    }
    return status;
}

static void name_rank(struct tri_error *failure, int rank, int size)
{
    struct tri_error named;
    if (size < 2 || rank == 0)
        return;
    tri_fail(&named, failure->status, "rank %d: %s", rank, failure->text);
    *failure = named;
}

static enum tri_status open_message(struct lead *lead, int from, struct tri_parcel *parcel,
                                    struct tri_error *error)
{
    struct tri_deal_head head;
    struct tri_error failure = {0};
    if (tri_deal_open(parcel, &head, &failure, error) != TRI_OK)
        return TRI_FAILED;
    if (head.kind == TRI_DEAL_WANT) {
        lead->credits[from] += (int)head.count;
        lead->heard++;
        return TRI_OK;
    }
    if (head.kind != TRI_DEAL_RESULT || head.task < lead->taken || head.task >= lead->given)
        return tri_fail(error, TRI_FAILED, "rank %d sent a message out of turn", from);
    struct task *task = at(lead, head.task);
    task->data = *parcel;
    *parcel = (struct tri_parcel){0};
    task->status = (enum tri_status)head.status;
    task->failure = failure;
    name_rank(&task->failure, from, lead->link->size);
    lead->credits[from]++;
    lead->out--;
    finish(lead, task);
    return TRI_OK;
}

/* *got: a message has come. */
static enum tri_status hear(struct lead *lead, bool *got, struct tri_error *error)
{
    struct tri_parcel parcel = {0};
    int from = -1;
    enum tri_status status = lead->link->receive(lead->link, 0, &from, &parcel, error);
    *got = from >= 0;
    if (status == TRI_OK && from >= 0)
        status = open_message(lead, from, &parcel, error);
    tri_parcel_drop(&parcel);
    return status;
}

static enum tri_status dismiss(struct lead *lead, struct tri_error *error)
{
    const struct tri_deal_head head = {.kind = TRI_DEAL_END, .status = lead->status};
    enum tri_status status = TRI_OK;
    for (int rank = 1; rank < lead->link->size && status == TRI_OK; rank++)
        status =
            tri_deal_send(lead->link, rank, &head, &lead->error, &(struct tri_parcel){0}, error);
    return status == TRI_OK ? lead->link->flush(lead->link, error) : status;
}

/* The link has failed: nothing comes back. */
static void lose_all(struct lead *lead, enum tri_status status, const struct tri_error *error)
{
    lead->out = 0;
    lead->link->broken = true;
    stop(lead, status, error);
    for (long number = lead->taken; number < lead->given; number++) {
        if (at(lead, number)->rank != 0)
            at(lead, number)->state = DONE;
    }
}

/* A link that fails cannot even tell others to end. */
static void *talk(void *argument)
{
    struct lead *lead = argument;
    struct tri_error error;
    enum tri_status status = TRI_OK;
    int64_t pause = 0;
    pthread_mutex_lock(&lead->lock);
    /* Not before all have asked: a late question would be taken for one of the next work. */
    while (status == TRI_OK &&
           !(lead->over && lead->out == 0 && lead->heard == lead->link->size - 1)) {
        bool got;
        status = hear(lead, &got, &error);
        if (status == TRI_OK)
            status = send_tasks(lead, &error);
        pause = got ? 0 : tri_deal_pause(pause, lead->over || lead->out < lead->link->size - 1);
        if (!got && status == TRI_OK)
            tri_deal_sleep(&lead->wake_talker, &lead->lock, pause);
    }
    if (status == TRI_OK)
        status = dismiss(lead, &error);
    if (status != TRI_OK)
        lose_all(lead, status, &error);
    pthread_mutex_unlock(&lead->lock);
    return NULL;
}

/* ---- the caller's thread ---- */

static void prepare(struct lead *lead)
{
    struct tri_dealt *dealt = lead->dealt;
    struct task *task = at(lead, lead->prepared);
    struct tri_error error;
    enum tri_status status = TRI_OK;
    long count = dealt->items < 0 || lead->items < dealt->items;
    *task = (struct task){.first = lead->items};
    pthread_mutex_unlock(&lead->lock);
    if (count > 0 && dealt->prepare != NULL)
        status = dealt->prepare(dealt->own, task->first, &count, &task->data, &error);
    pthread_mutex_lock(&lead->lock);
    task->count = count;
    if (status != TRI_OK) {
        stop(lead, status, &error);
        return;
    }
    lead->ended = count == 0;
    if (count == 0)
        return;
    task->state = READY;
    lead->items += count;
    lead->prepared++;
    pthread_cond_signal(&lead->wake_computer);
    pthread_cond_signal(&lead->wake_talker);
}

static void take(struct lead *lead)
{
    struct tri_dealt *dealt = lead->dealt;
    struct task *task = at(lead, lead->taken);
    struct tri_error error;
    enum tri_status status = TRI_OK;
    const bool stopped = lead->stopped; /* then results have gaps */
    pthread_mutex_unlock(&lead->lock);
    if (dealt->take != NULL && !stopped)
        status = dealt->take(dealt->own, task->rank, task->first, task->count, &task->data,
                             task->status != TRI_OK ? &task->failure : NULL, &error);
    tri_parcel_drop(&task->data);
    pthread_mutex_lock(&lead->lock);
    task->state = FREE;
    lead->taken++;
    if (status != TRI_OK)
        stop(lead, status, &error);
}

/* Tasks that are out come back even after a failure: their ranks must hear of it. */
static bool is_left(const struct lead *lead)
{
    return lead->stopped ? lead->taken < lead->given : !lead->ended || lead->taken < lead->prepared;
}

static void run(struct lead *lead)
{
    pthread_mutex_lock(&lead->lock);
    while (is_left(lead)) {
        const bool room =
            lead->prepared - lead->taken < lead->dealt->window && !lead->ended && !lead->stopped;
        const bool there = lead->taken < lead->given && at(lead, lead->taken)->state == DONE;
        if (room && (!there || lead->prepared - lead->given < lead->link->size))
            prepare(lead);
        else if (there)
            take(lead);
        else
            pthread_cond_wait(&lead->wake_taker, &lead->lock);
    }
    lead->over = true;
    pthread_cond_broadcast(&lead->wake_computer);
    pthread_cond_broadcast(&lead->wake_talker);
    pthread_mutex_unlock(&lead->lock);
}

static enum tri_status run_threads(struct lead *lead)
{
    pthread_t talker, computer;
    const bool computes = pthread_create(&computer, NULL, compute_tasks, lead) == 0;
    const bool talks = lead->link->size > 1 && pthread_create(&talker, NULL, talk, lead) == 0;
    if (!computes || (lead->link->size > 1 && !talks)) {
        struct tri_error error;
        tri_fail(&error, TRI_FAILED, "rank 0 on %s cannot start threads", lead->link->host);
        stop(lead, TRI_FAILED, &error);
    }
    run(lead);
    if (computes)
        pthread_join(computer, NULL);
    if (talks)
        pthread_join(talker, NULL);
    return lead->status;
}

static void count_shares(const struct lead *lead)
{
    struct tri_dealt *dealt = lead->dealt;
    dealt->least = dealt->most = lead->shares[0];
    for (int rank = 1; rank < lead->link->size; rank++) {
        const long share = lead->shares[rank];
        dealt->least = share < dealt->least ? share : dealt->least;
        dealt->most = share > dealt->most ? share : dealt->most;
    }
}

enum tri_status tri_deal_lead(struct tri_link *link, struct tri_dealt *dealt,
                              struct tri_error *error)
{
    struct lead lead = {.link = link, .dealt = dealt};
    enum tri_status status = TRI_FAILED;
    pthread_mutex_init(&lead.lock, NULL);
    pthread_cond_init(&lead.wake_taker, NULL);
    pthread_cond_init(&lead.wake_talker, NULL);
    pthread_cond_init(&lead.wake_computer, NULL);
    lead.tasks = calloc((size_t)dealt->window, sizeof *lead.tasks);
    lead.credits = calloc((size_t)link->size, sizeof *lead.credits);
    lead.shares = calloc((size_t)link->size, sizeof *lead.shares);
    if (lead.tasks != NULL && lead.credits != NULL && lead.shares != NULL) {
        status = run_threads(&lead);
        *error = lead.error;
        count_shares(&lead);
    } else {
        tri_fail(error, TRI_FAILED, "out of memory for %d tasks", dealt->window);
    }
    for (int i = 0; lead.tasks != NULL && i < dealt->window; i++)
        tri_parcel_drop(&lead.tasks[i].data);
    free(lead.tasks);
    free(lead.credits);
    free(lead.shares);
    pthread_cond_destroy(&lead.wake_taker);
    pthread_cond_destroy(&lead.wake_talker);
    pthread_cond_destroy(&lead.wake_computer);
    pthread_mutex_destroy(&lead.lock);
    return status;
}
