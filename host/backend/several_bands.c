/* several_bands.c -- one picture by all parts: each takes bands of its rows until there are none. */
#include "several.h"
#include "../parallel/cpu.h"

#include <stdatomic.h>

#define SAMPLES_TO_CUT 131072 /* less work than that is not worth waking others */
#define BANDS_MOST 64         /* of one picture */
#define PROBE 16              /* this part of a picture tells how fast a part is */

struct bands {
    struct several *several;
    struct tri_job *job;
    const struct tri_image *in;
    struct tri_image *out;
    struct tri_deal deal;
    int most;   /* rows of a band; 0: no limit */
    int apart;  /* the same, of parts that need jobs for each height; they have those for this one */
    bool once;  /* each part takes one band and no more */
    bool count; /* it goes into the books */
    int64_t began;
    double ended[TRI_PARTS_MAX]; /* ns since then; 0: it had nothing */
    atomic_int next;
};

/* Rows that are made twice are few of a band. */
int several_unit(const struct several *s, const struct tri_job *job)
{
    const struct several_job *state = job->state;
    const struct tri_stage *stage = &job->plan->stages[0];
    const int height = job->plan->in.height;
    if (s->rows > 0)
        return s->rows;
    int unit = (height + BANDS_MOST - 1) / BANDS_MOST;
    unit = unit < 8 ? 8 : unit;
    unit = unit < 2 * (state->cut.above + state->cut.below) ? 2 * (state->cut.above + state->cut.below) : unit;
    return stage->samples < SAMPLES_TO_CUT || height < 2 * unit ? 0 : unit;
}

/* False: it failed, and its rows are given back. */
static bool run_rows(struct bands *b, int part, int from, int to, bool alone)
{
    struct several *s = b->several;
    struct several_job *state = b->job->state;
    struct kind *kind = state->kind;
    const double pictures = (double)(to - from) / b->deal.rows, work = (to - from) * b->deal.row;
    struct tri_error error;
    int64_t ns;
    bool fresh;
    const enum tri_status status = several_rows(s, b->job, part, b->in, b->out, from, to, &ns, &fresh, &error);
    if (status != TRI_OK)
        several_lose(s, kind, part, &error);
    pthread_mutex_lock(&s->lock);
    if (status != TRI_OK) {
        tri_deal_back(&b->deal, from, to);
    } else {
        if (!fresh || (b->count && kind->bands.ns[part] <= 0))
            tri_pace_learn(&kind->bands, part, work, (double)ns);
        if (alone)
            kind->alone[part] = (double)ns / work;
        b->ended[part] = (double)(tri_now_ns() - b->began);
        if (b->count)
            several_count(s, kind, part, work, pictures, ns);
    }
    pthread_mutex_unlock(&s->lock);
    return status == TRI_OK;
}

static bool take(struct bands *b, int part, int *from, int *to)
{
    struct several *s = b->several;
    struct several_job *state = b->job->state;
    pthread_mutex_lock(&s->lock);
    several_live(s, state->kind);
    const int most = b->most > 0 || s->parts[part].backend->run_rows != NULL ? b->most : b->apart;
    const bool taken = tri_deal_take(&b->deal, &state->kind->bands, part, most, from, to);
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void drive(void *argument, int worker)
{
    struct bands *b = argument;
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

static void run_crew(struct bands *b)
{
    atomic_store(&b->next, 0);
    tri_pool_run(b->several->crew, b->several->count, drive, b);
}

/* What is left for others to do; no part that could do it: false. */
static bool is_left(struct bands *b, bool *live)
{
    struct several *s = b->several;
    const struct several_job *state = b->job->state;
    pthread_mutex_lock(&s->lock);
    *live = several_live(s, state->kind) > 0;
    const bool left = tri_deal_left(&b->deal) > 0;
    pthread_mutex_unlock(&s->lock);
    return left;
}

/* All make what they need and one band with it; then each has another while the others rest. */
static void measure(struct bands *b)
{
    struct several *s = b->several;
    int from, to;
    b->most = b->deal.rows / PROBE > b->deal.unit ? b->deal.rows / PROBE : b->deal.unit;
    b->once = true;
    b->count = false;
    run_crew(b);
    b->count = true;
    s->since = tri_now_ns(); /* nobody else is there */
    for (int i = 0; i < s->count; i++) {
        if (take(b, i, &from, &to))
            run_rows(b, i, from, to, true);
    }
    b->apart = b->most;
    b->most = 0;
    b->once = false;
}

static void learn_spread(struct bands *b)
{
    struct several *s = b->several;
    struct several_job *state = b->job->state;
    double shortest = 0, longest = 0;
    for (int i = 0; i < s->count; i++) {
        const double ended = b->ended[i];
        shortest = ended > 0 && (shortest <= 0 || ended < shortest) ? ended : shortest;
        longest = ended > longest ? ended : longest;
    }
    pthread_mutex_lock(&s->lock);
    tri_pace_ended(&state->kind->bands, shortest, longest);
    pthread_mutex_unlock(&s->lock);
}

enum tri_status several_bands(struct several *s, struct tri_job *job, const struct tri_image *in, struct tri_image *out,
                              bool first, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct bands b = {.several = s, .job = job, .in = in, .out = out, .count = true, .began = tri_now_ns()};
    bool live = true;
    b.deal = (struct tri_deal){.rows = in->shape.height, .unit = several_unit(s, job), .row = in->shape.width,
                               .strict = s->rows > 0};
    for (int i = 0; i < s->count; i++)
        b.deal.doubles[i] = s->parts[i].backend->run_rows == NULL;
    out->padded = false;
    pthread_mutex_lock(&s->lock);
    live = several_live(s, state->kind) > 0;
    tri_deal_begin(&b.deal, &state->kind->bands, b.began);
    pthread_mutex_unlock(&s->lock);
    if (first && live)
        measure(&b);
    while (live && is_left(&b, &live))
        run_crew(&b);
    if (!first && live)
        learn_spread(&b);
    return live ? TRI_OK : several_first(s, error);
}
