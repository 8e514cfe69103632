/* stream.c -- workers carry items through stages; whoever finds nothing to do helps inside a stage. */
#include "stream.h"
#include "cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    enum { FREE, WAITING, RUNNING } state;
    long number; /* of the item, in the order of stage 0 */
    int stage;   /* that it waits for, or is in */
    bool ended;  /* only waits for its turns to pass */
    void *item;
};

struct run {
    struct tri_stream *stream;
    struct tri_pool *pool;
    pthread_mutex_t lock; /* for all that follows */
    struct slot *slots;
    long begun;
    bool exhausted; /* stage 0 has no more */
    int under_way;
    bool busy[TRI_STAGES_MAX];
    long turn[TRI_STAGES_MAX];
};

static bool may_enter(const struct run *run, const struct slot *slot)
{
    return !run->stream->stages[slot->stage].in_order ||
           (!run->busy[slot->stage] && run->turn[slot->stage] == slot->number);
}

/* Items that have ended early let those after them pass. */
static void skip_ended(struct run *run)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < run->stream->items_most; i++) {
            struct slot *slot = &run->slots[i];
            if (slot->state != WAITING || !slot->ended || !may_enter(run, slot))
                continue;
            run->turn[slot->stage] += run->stream->stages[slot->stage].in_order;
            moved = true;
            if (++slot->stage == run->stream->stage_count) {
                slot->state = FREE;
                run->under_way--;
            }
        }
    }
}

/* What is nearest to its end comes first, so that its memory becomes free; a new item comes last. */
static struct slot *choose(struct run *run)
{
    struct slot *best = NULL, *unused = NULL;
    for (int i = 0; i < run->stream->items_most; i++) {
        struct slot *slot = &run->slots[i];
        if (slot->state == FREE)
            unused = slot;
        if (slot->state == WAITING && !slot->ended && may_enter(run, slot) &&
            (best == NULL || slot->stage > best->stage ||
             (slot->stage == best->stage && slot->number < best->number)))
            best = slot;
    }
    if (best != NULL || unused == NULL || run->exhausted || run->busy[0])
        return best;
    unused->number = run->begun;
    unused->stage = 0;
    unused->ended = false;
    run->under_way++;
    return unused;
}

static void carry(struct run *run, struct slot *slot)
{
    const int stage = slot->stage;
    const struct tri_stream_stage *at = &run->stream->stages[stage];
    slot->state = RUNNING;
    run->busy[stage] = true; /* of no meaning where several may be in */
    pthread_mutex_unlock(&run->lock);
    if (stage == 0)
        memset(slot->item, 0, run->stream->item_size);
    const int64_t start = tri_now_ns();
    const bool goes_on = at->run(run->stream->context, slot->item);
    const int64_t took = tri_now_ns() - start;
    pthread_mutex_lock(&run->lock);
    run->busy[stage] = false;
    run->stream->busy_ns[stage] += took;
    run->turn[stage] += at->in_order;
    slot->state = WAITING;
    slot->ended = !goes_on;
    slot->stage++;
    if (stage == 0 && !goes_on) {
        run->exhausted = true;
        slot->state = FREE;
        run->under_way--;
    } else if (stage == 0) {
        run->begun++;
    }
    if (slot->state == WAITING && slot->stage == run->stream->stage_count) {
        slot->state = FREE;
        run->under_way--;
    }
    skip_ended(run);
}

static void work(void *argument, int worker)
{
    struct run *run = argument;
    (void)worker;
    pthread_mutex_lock(&run->lock);
    for (;;) {
        const int round = run->pool == NULL ? 0 : tri_pool_round(run->pool);
        struct slot *slot = choose(run);
        if (slot != NULL) {
            carry(run, slot);
            if (run->pool != NULL)
                tri_pool_next_round(run->pool);
        } else if (run->exhausted && run->under_way == 0) {
            break;
        } else {
            pthread_mutex_unlock(&run->lock);
            tri_pool_wait(run->pool, round);
            pthread_mutex_lock(&run->lock);
        }
    }
    pthread_mutex_unlock(&run->lock);
}

enum tri_status tri_stream_run(struct tri_pool *pool, struct tri_stream *stream, struct tri_error *error)
{
    struct run run = {.stream = stream, .pool = pool};
    const size_t count = (size_t)stream->items_most;
    const int64_t start = tri_now_ns();
    run.slots = calloc(count, sizeof run.slots[0]);
    char *items = calloc(count, stream->item_size);
    if (run.slots == NULL || items == NULL || pthread_mutex_init(&run.lock, NULL) != 0) {
        free(run.slots);
        free(items);
        return tri_fail(error, TRI_FAILED, "no memory for %zu items under way", count);
    }
    for (size_t i = 0; i < count; i++)
        run.slots[i].item = items + i * stream->item_size;
    memset(stream->busy_ns, 0, sizeof stream->busy_ns);
    tri_pool_stay(pool, work, &run);
    stream->wall_ns = tri_now_ns() - start;
    stream->items = run.begun;
    pthread_mutex_destroy(&run.lock);
    free(items);
    free(run.slots);
    return TRI_OK;
}
