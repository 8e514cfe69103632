/* stream.c -- workers carry items through stages; a worker with nothing to carry helps inside a
 * stage. */
#include "stream.h"
#include "cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    enum { FREE, WAITING, RUNNING } state;
    long number; /* of the item, in the order of stage 0 */
    int stage;   /* that it waits for, or is in */
    bool ended;  /* it only waits for its turns to pass */
    void *item;
    uint64_t traced; /* what it is in a recording */
};

struct stream_run {
    struct tri_stream *stream;
    struct tri_pool *pool;
    pthread_mutex_t lock; /* for the fields below */
    struct slot *slots;
    long begun;
    bool exhausted;  /* stage 0 has no more items */
    unsigned traced; /* the stream's number in recordings */
    int in_flight;
    bool busy[TRI_STAGES_MAX];
    long turn[TRI_STAGES_MAX];
};

static void change_in_flight(struct stream_run *run, int by)
{
    run->in_flight += by;
    tri_trace_count(TRI_TRACE_IN_FLIGHT, by);
}

static bool may_enter(const struct stream_run *run, const struct slot *slot)
{
    return !run->stream->stages[slot->stage].in_order ||
           (!run->busy[slot->stage] && run->turn[slot->stage] == slot->number);
}

/* Lets items pass those that have ended early. */
static void skip_ended(struct stream_run *run)
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
                change_in_flight(run, -1);
            }
        }
    }
}

/* Chooses the item nearest to its end, to free its memory; a new item comes last. */
static struct slot *choose(struct stream_run *run)
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
    change_in_flight(run, 1);
    return unused;
}

/* Returns the time it took. The work may change which item of a recording this is. */
static int64_t run_stage(const struct stream_run *run, struct slot *slot, bool *goes_on)
{
    const struct tri_stream_stage *at = &run->stream->stages[slot->stage];
    if (slot->stage == 0)
        slot->traced = TRI_TRACE_ITEM(run->traced, slot->number);
    if (tri_tracing())
        tri_trace_set_item(slot->traced);
    const int64_t start = tri_now_ns();
    const tri_trace_mark mark = tri_trace_begin_at(TRI_TRACE_STAGE, at->name, start);
    *goes_on = at->run(run->stream->context, slot->item);
    const int64_t end = tri_now_ns();
    if (mark != 0) {
        slot->traced = tri_trace_item();
        tri_trace_end_at(mark, 0, end);
        tri_trace_set_item(0);
    }
    return end - start;
}

static void carry(struct stream_run *run, struct slot *slot)
{
    const int stage = slot->stage;
    const struct tri_stream_stage *at = &run->stream->stages[stage];
    slot->state = RUNNING;
    run->busy[stage] = true; /* meaningless if the stage is not in order */
    pthread_mutex_unlock(&run->lock);
    if (stage == 0)
        memset(slot->item, 0, run->stream->item_size);
    bool goes_on;
    const int64_t took = run_stage(run, slot, &goes_on);
    tri_trace_lock(&run->lock, "the stream");
    run->busy[stage] = false;
    run->stream->busy_ns[stage] += took;
    run->turn[stage] += at->in_order;
    slot->state = WAITING;
    slot->ended = !goes_on;
    slot->stage++;
    if (stage == 0 && !goes_on) {
        run->exhausted = true;
        slot->state = FREE;
        change_in_flight(run, -1);
    } else if (stage == 0) {
        run->begun++;
    }
    if (slot->state == WAITING && slot->stage == run->stream->stage_count) {
        slot->state = FREE;
        change_in_flight(run, -1);
    }
    skip_ended(run);
}

/* A span for waiting: for its turn, if an item is there that only lacks that. */
static tri_trace_mark begin_wait(const struct stream_run *run)
{
    const struct slot *held = NULL;
    for (int i = 0; i < run->stream->items_most; i++) {
        const struct slot *slot = &run->slots[i];
        if (slot->state == WAITING && (held == NULL || slot->stage > held->stage))
            held = slot;
    }
    return held != NULL ? tri_trace_wait(TRI_TRACE_FOR_ORDER, run->stream->stages[held->stage].name)
                        : tri_trace_wait(TRI_TRACE_FOR_WORK, "no item");
}

static void work(void *argument, int worker)
{
    struct stream_run *run = argument;
    tri_trace_mark wait = 0;
    (void)worker;
    tri_trace_lock(&run->lock, "the stream");
    for (;;) {
        const int round = run->pool == NULL ? 0 : tri_pool_round(run->pool);
        struct slot *slot = choose(run);
        if (slot != NULL) {
            tri_trace_end(wait);
            wait = 0;
            carry(run, slot);
            if (run->pool != NULL)
                tri_pool_next_round(run->pool);
        } else if (run->exhausted && run->in_flight == 0) {
            break;
        } else {
            if (wait == 0 && tri_tracing())
                wait = begin_wait(run);
            pthread_mutex_unlock(&run->lock);
            tri_pool_wait(run->pool, round, &wait);
            tri_trace_lock(&run->lock, "the stream");
        }
    }
    pthread_mutex_unlock(&run->lock);
    tri_trace_end(wait);
}

enum tri_status tri_stream_run(struct tri_pool *pool, struct tri_stream *stream,
                               struct tri_error *error)
{
    struct stream_run run = {.stream = stream, .pool = pool, .traced = tri_trace_new_stream()};
    const size_t count = (size_t)stream->items_most;
    const int64_t start = tri_now_ns();
    run.slots = calloc(count, sizeof run.slots[0]);
    char *items = calloc(count, stream->item_size);
    if (run.slots == NULL || items == NULL || pthread_mutex_init(&run.lock, NULL) != 0) {
        free(run.slots);
        free(items);
        return tri_fail(error, TRI_FAILED, "out of memory for %zu items in flight", count);
    }
    for (size_t i = 0; i < count; i++)
        run.slots[i].item = items + i * stream->item_size;
    memset(stream->busy_ns, 0, sizeof stream->busy_ns);
    tri_pool_run_blocking(pool, work, &run);
    stream->wall_ns = tri_now_ns() - start;
    stream->items = run.begun;
    pthread_mutex_destroy(&run.lock);
    free(items);
    free(run.slots);
    return TRI_OK;
}
