/* tri_several_strips.c -- one image on all parts: each takes strips of its rows until none are
 * left. */
#include "several.h"
#include "../parallel/cpu.h"

#include <stdatomic.h>

#define SAMPLES_TO_CUT 131072 /* below this, the work is not worth waking others */
#define STRIPS_MOST 64        /* per image */
#define PROBE 16              /* 1/PROBE of an image shows how fast a part is */

struct strips {
    struct several *several;
    struct tri_job *job;
    const struct tri_image *in;
    struct tri_image *out;
    struct tri_deal deal;
    int most;   /* rows of a strip; 0: no limit */
    int apart;  /* the same, for parts that need a job per height; they already have one for this
                   height */
    bool once;  /* each part takes only one strip */
    bool count; /* it goes into the statistics */
    int64_t began;
    double ended[TRI_PARTS_MAX]; /* ns since `began`; 0: it got nothing */
    atomic_int next;
};

/* Keeps the rows computed twice a small part of a strip. */
int tri_several_unit(const struct several *s, const struct tri_job *job)
{
    const struct several_job *state = job->state;
    const struct tri_stage *stage = &job->plan->stages[0];
    const int height = job->plan->in.height;
    if (s->rows > 0)
        return s->rows;
    int unit = (height + STRIPS_MOST - 1) / STRIPS_MOST;
    unit = unit < 8 ? 8 : unit;
    unit = unit < 2 * (state->cut.above + state->cut.below)
               ? 2 * (state->cut.above + state->cut.below)
               : unit;
    return stage->samples < SAMPLES_TO_CUT || height < 2 * unit ? 0 : unit;
}

/* False: it failed and returned its rows. */
static bool run_rows(struct strips *b, int part, int from, int to, bool alone)
{
    struct several *s = b->several;
    struct several_job *state = b->job->state;
    struct kind *kind = state->kind;
    const double pictures = (double)(to - from) / b->deal.rows, work = (to - from) * b->deal.row;
    struct tri_error error;
    int64_t ns;
    bool fresh;
    const enum tri_status status =
        tri_several_rows(s, b->job, part, b->in, b->out, from, to, &ns, &fresh, &error);
    if (status != TRI_OK)
        tri_several_lose(s, kind, part, &error);
    tri_trace_lock(&s->lock, "the deal");
    if (status != TRI_OK) {
        tri_deal_back(&b->deal, from, to);
    } else {
        if (!fresh || (b->count && kind->strips.ns[part] <= 0))
            tri_pace_learn(&kind->strips, part, work, (double)ns);
        if (alone)
            kind->alone[part] = (double)ns / work;
        b->ended[part] = (double)(tri_now_ns() - b->began);
        if (b->count)
            tri_several_count(s, kind, part, work, pictures, ns);
    }
    pthread_mutex_unlock(&s->lock);
    return status == TRI_OK;
}

static bool take(struct strips *b, int part, int *from, int *to)
{
    struct several *s = b->several;
    struct several_job *state = b->job->state;
    tri_trace_lock(&s->lock, "the deal");
    tri_several_live(s, state->kind);
    const int most = b->most > 0 || s->parts[part].backend->run_rows != NULL ? b->most : b->apart;
    const bool taken = tri_deal_take(&b->deal, &state->kind->strips, part, most, from, to);
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void drive(void *argument, int worker)
{
    struct strips *b = argument;
    (void)worker;
    for (;;) {
        const int at = atomic_fetch_add(&b->next, 1);
        int from, to;
        if (at >= b->several->count)
            return;
        const int part = b->several->order[at];
        while (take(b, part, &from, &to) && run_rows(b, part, from, to, false) && !b->once)
            ;
    }
}

static void run_crew(struct strips *b)
{
    atomic_store(&b->next, 0);
    tri_pool_run(b->several->crew, b->several->count, drive, b);
}

/* Whether rows are left for others; *live is false if no part can do them. */
static bool is_left(struct strips *b, bool *live)
{
    struct several *s = b->several;
    const struct several_job *state = b->job->state;
    tri_trace_lock(&s->lock, "the deal");
    *live = tri_several_live(s, state->kind) > 0;
    const bool left = tri_deal_left(&b->deal) > 0;
    pthread_mutex_unlock(&s->lock);
    return left;
}

/* All parts set up and do one strip; then each does another while the others rest. */
static void measure(struct strips *b)
{
    struct several *s = b->several;
    int from, to;
    b->most = b->deal.rows / PROBE > b->deal.unit ? b->deal.rows / PROBE : b->deal.unit;
    b->once = true;
    b->count = false;
    run_crew(b);
    b->count = true;
    s->since = tri_now_ns(); /* nothing else runs */
    for (int i = 0; i < s->count; i++) {
        if (take(b, i, &from, &to))
            run_rows(b, i, from, to, true);
    }
    b->apart = b->most;
    b->most = 0;
    b->once = false;
}

static void learn_spread(struct strips *b)
{
    struct several *s = b->several;
    struct several_job *state = b->job->state;
    double shortest = 0, longest = 0;
    for (int i = 0; i < s->count; i++) {
        const double ended = b->ended[i];
        shortest = ended > 0 && (shortest <= 0 || ended < shortest) ? ended : shortest;
        longest = ended > longest ? ended : longest;
    }
    tri_trace_lock(&s->lock, "the deal");
    tri_pace_ended(&state->kind->strips, shortest, longest);
    pthread_mutex_unlock(&s->lock);
}

enum tri_status tri_several_strips(struct several *s, struct tri_job *job,
                                   const struct tri_image *in, struct tri_image *out, bool first,
                                   struct tri_error *error)
{
    struct several_job *state = job->state;
    struct strips b = {
        .several = s, .job = job, .in = in, .out = out, .count = true, .began = tri_now_ns()};
    bool live = true;
    b.deal = (struct tri_deal){.rows = in->shape.height,
                               .unit = tri_several_unit(s, job),
                               .row = in->shape.width,
                               .strict = s->rows > 0};
    for (int i = 0; i < s->count; i++)
        b.deal.doubles[i] = s->parts[i].backend->run_rows == NULL;
    out->padded = false;
    tri_trace_lock(&s->lock, "the deal");
    live = tri_several_live(s, state->kind) > 0;
    tri_deal_begin(&b.deal, &state->kind->strips, b.began);
    pthread_mutex_unlock(&s->lock);
    if (first && live)
        measure(&b);
    while (live && is_left(&b, &live))
        run_crew(&b);
    if (!first && live)
        learn_spread(&b);
    return live ? TRI_OK : tri_several_first(s, error);
}
