/* native.c -- executes plans on the CPU: workers take strips of rows from one shared counter and
 * walk them. One worker is `sequential`; the code is the same. */
#include "backend.h"
#include "native_check.h"
#include "row_padding.h"
#include "stream_rows.h"
#include "../image/image.h"
#include "../image/sparse_memory.h"
#include "../parallel/cpu.h"
#include "../parallel/pool.h"
#include "../pipeline/own.h"

struct native_walk {
    void (*const *runs)(const struct tri_row *);
    struct tri_row_padding *padding; /* NULL: the input needs none, or has it */
};
#define WALK_ARGUMENT , const struct native_walk *with
#define WALK_PASS_ON , with
#define RUN_PASS(pass, row) with->runs[pass](row)
#define NEAR_ROW 8192 /* bytes: six rows fit in the first cache of 48 KiB */

static inline void prefetch(const unsigned char *row, long bytes)
{
    const unsigned char *const end = row + bytes;
    if (bytes <= NEAR_ROW) {
        for (; row < end; row += 64)
            __builtin_prefetch(row, 0, 3);
    } else {
        for (; row < end; row += 64)
            __builtin_prefetch(row, 0, 2);
    }
}
#define WALK_PREFETCH(row, bytes) prefetch(row, bytes)

#define WALK_ANNOUNCE(channel, from, to) \
    for (int announced = from; with->padding != NULL && announced <= to; announced++) \
    tri_row_padding_fill(with->padding, (channel)->plane, announced)
#define WALK_STORE(to, from, bytes) tri_stream_row(to, from, bytes)
#include "../../kernels/dialect/walk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)WALK_SLIDE == (int)PASS_SLIDE && (int)WALK_SCAN == (int)PASS_SCAN &&
                   (int)WALK_HISTOGRAM == (int)PASS_HISTOGRAM &&
                   (int)WALK_UPDATE == (int)PASS_UPDATE,
               "walk.h has the numbers of enum tri_pass_kind");

/* About 100 operations per nanosecond with vectors, 5 without. */
#define WORK_PER_US 100000
#define SCALAR_WORK_PER_US 5000
#define US_PER_WORKER 10 /* less work does not pay for waking a thread */
#define US_FOR_SPAN 25   /* of which a span would take 1 % */

#define OWN_LINES 128 /* bytes: a cache line and the one fetched with it */

struct native {
    struct tri_backend base;
    struct tri_pool *pool;
    bool own_pool;
    int workers, level;
    struct tri_findings *findings; /* passes of kernel files run with checks; NULL: without */
};

/* In recordings: none, one for all strips that a worker computes, one for each. */
enum strip_spans { NO_SPANS, SPAN_OF_ALL, SPAN_OF_EACH };

struct native_job {
    unsigned char *arena;
    unsigned char **scratch;      /* one per worker */
    GLOBAL const uchar ***tables; /* of row pointers, one per worker */
    size_t scratch_size;
    void (***runs)(const struct tri_row *); /* [stage][pass] */
    /* The running stage. */
    const struct tri_plan *plan;
    const struct tri_stage *stage;
    int stage_number, workers, rows, end;
    unsigned char *out;
    const char *name; /* in recordings */
    enum strip_spans spans;
    struct tri_findings *findings; /* the backend's */
    struct tri_row_padding padding;
    bool pads; /* while it walks */
    atomic_int next;
};

static bool take_strip(struct native_job *job, int *from, int *to)
{
    *from = atomic_load_explicit(&job->next, memory_order_relaxed);
    do {
        if (*from >= job->end)
            return false;
        *to = *from + tri_strip_next(job->stage, job->workers, job->rows, job->end - *from);
    } while (!atomic_compare_exchange_weak_explicit(&job->next, from, *to, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

static void walk(struct native_job *job, uchar **base, int worker, int y, int end)
{
    const struct tri_stage *stage = job->stage;
    const struct native_walk with = {
        (void (*const *)(const struct tri_row *))job->runs[job->stage_number],
        job->pads ? &job->padding : NULL};
    if (job->findings == NULL)
        walk_strip(stage->nodes, stage->node_count, job->plan->channels, base, job->tables[worker],
                   stage->lead, y, end, &with);
    else
        tri_check_strip(&(struct tri_check_strip){job->plan, stage, job->findings, with.runs}, base,
                        job->tables[worker], y, end);
}

static void work(void *argument, int worker)
{
    struct native_job *job = argument;
    uchar *base[BASE_COUNT] = {job->scratch[worker], job->arena, job->plan->constants, job->out};
    memcpy(&base[BASE_IN], job->plan->inputs, sizeof job->plan->inputs);
    tri_trace_mark all = 0;
    for (int y, end; take_strip(job, &y, &end);) {
        if (job->spans == SPAN_OF_ALL && all == 0)
            all = tri_trace_begin(TRI_TRACE_STRIP, job->name);
        const tri_trace_mark one =
            job->spans == SPAN_OF_EACH
                ? tri_trace_begin_rows(TRI_TRACE_STRIP, job->name, y, end - y)
                : 0;
        walk(job, base, worker, y, end);
        tri_trace_end(one);
    }
    tri_stream_end();
    tri_trace_end(all);
}

/* Microseconds that one worker needs for rows of a stage, roughly. */
static double estimate_us(const struct native *native, const struct tri_stage *stage, int rows)
{
    const double work = stage->work * rows / stage->height;
    return work / (native->level == 0 ? SCALAR_WORK_PER_US : WORK_PER_US);
}

/* ---- padding ---- */

#define ROWS_TO_PAD 64 /* at a time; about 5 microseconds, as each row's ends are in memory */

struct padding {
    const struct tri_image *image;
    atomic_int next;
};

static void pad_some(void *argument, int worker)
{
    struct padding *padding = argument;
    const int height = padding->image->shape.height;
    (void)worker;
    for (int y; (y = atomic_fetch_add(&padding->next, ROWS_TO_PAD)) < height;)
        tri_image_pad_rows(padding->image, y, y + ROWS_TO_PAD < height ? y + ROWS_TO_PAD : height);
}

static void pad(struct tri_backend *backend, struct tri_image *image)
{
    const struct native *native = (struct native *)backend;
    const int parts = image->shape.height * image->shape.planes / (4 * ROWS_TO_PAD);
    const int workers = parts < native->workers ? parts : native->workers;
    struct padding padding = {.image = image};
    if (image->padded || workers < 2) {
        tri_image_pad(image);
        return;
    }
    tri_pool_run(native->pool, workers, pad_some, &padding);
    image->padded = true;
}

/* Rows are padded when the walk comes to them, while they are in the cache; all before, where a
 * pass may read any. */
static void begin_padding(struct tri_job *job, struct tri_image *in)
{
    struct native_job *state = job->state;
    const struct native *native = (struct native *)job->backend;
    if (!job->plan->reads_padding || in->padded || tri_image_packed(in))
        return;
    state->pads = state->findings == NULL && job->plan->pads_rows;
    if (state->pads)
        tri_row_padding_begin(&state->padding, in, native->workers > 1);
    else
        pad(job->backend, in);
}

/* ---- running ---- */

static int workers_for(const struct native *native, const struct tri_stage *stage, int rows)
{
    const double most = estimate_us(native, stage, rows) / US_PER_WORKER;
    return most < 2 ? 1 : most < native->workers ? (int)most : native->workers;
}

static enum strip_spans spans_of(const struct native *native, const struct native_job *state)
{
    if (!tri_tracing() || state->workers == 1)
        return NO_SPANS;
    return estimate_us(native, state->stage, tri_strip_least(state->stage)) < US_FOR_SPAN
               ? SPAN_OF_ALL
               : SPAN_OF_EACH;
}

/* Runs rows `from` to `to - 1` of a stage. */
static void run_stage(struct tri_job *job, int number, int from, int to)
{
    struct native *native = (struct native *)job->backend;
    struct native_job *state = job->state;
    struct tri_stage *stage = &job->plan->stages[number];
    if (stage->node_count ==
        0) /* in plans with each pass alone: running sums are computed with their readers */
        return;
    state->stage = stage;
    state->stage_number = number;
    state->workers = workers_for(native, stage, to - from);
    state->rows = to - from;
    state->end = to;
    atomic_store(&state->next, from);
    state->name = tri_tracing() ? tri_stage_traced_name(stage) : "";
    state->spans = spans_of(native, state);
    /* One worker's strips follow each other: they are one span. */
    const tri_trace_mark mark = tri_trace_begin_rows(
        state->workers == 1 ? TRI_TRACE_STRIP : TRI_TRACE_PLAN, state->name, from, to - from);
    for (int w = 0; w < state->workers; w++)
        memset(state->scratch[w], 0, (size_t)stage->zeroed);
    if (state->workers == 1)
        work(state, 0);
    else
        tri_pool_run(native->pool, state->workers, work, state);
    tri_trace_end(mark);
}

static enum tri_status run(struct tri_job *job, struct tri_inflight *inflight,
                           struct tri_error *error)
{
    struct native_job *state = job->state;
    for (int i = 0; i < job->plan->previous_count && job->frame == 0; i++) {
        long offset, size;
        if (tri_plan_zeroed(job->plan, i, &offset, &size))
            memset(state->arena + offset, 0, (size_t)size);
    }
    state->out = inflight->out->memory;
    begin_padding(job, inflight->in);
    enum tri_status status = TRI_OK;
    for (int s = 0; s < job->plan->stage_count && status == TRI_OK;
         s = tri_plan_next(job->plan, s)) {
        if (tri_plan_holds(job->plan, s))
            continue;
        run_stage(job, s, 0, job->plan->stages[s].height);
        tri_stage_finish(job->plan, s, state->scratch[0], state->scratch_size, state->workers);
        if (job->watch != NULL)
            status = job->watch->after(job->watch, job, s, error);
    }
    if (state->pads)
        tri_row_padding_end(&state->padding, inflight->in);
    state->pads = false;
    return status;
}

static enum tri_status run_rows(struct tri_job *job, struct tri_inflight *inflight, int from,
                                int to, struct tri_error *error)
{
    struct native_job *state = job->state;
    (void)error;
    state->out = inflight->out->memory;
    run_stage(job, 0, from, to);
    return TRI_OK;
}

static enum tri_status run_one_stage(struct tri_job *job, struct tri_image *out, int stage,
                                     int from, int to, bool counts, struct tri_error *error)
{
    struct native_job *state = job->state;
    (void)error;
    state->out = out->memory;
    run_stage(job, stage, from, to);
    if (counts)
        tri_stage_count(job->plan, stage, state->scratch[0], state->scratch_size, state->workers);
    return TRI_OK;
}

static void drop(struct tri_job *job)
{
    const struct native_job *state = job->state;
    tri_sparse_drop(state->arena, (size_t)job->plan->arena_size);
}

static enum tri_status fetch(struct tri_job *job, long offset, size_t size, void *to,
                             struct tri_error *error)
{
    const struct native_job *state = job->state;
    (void)error;
    memcpy(to, state->arena + offset, size);
    return TRI_OK;
}

static enum tri_status store(struct tri_job *job, long offset, size_t size, const void *from,
                             struct tri_error *error)
{
    const struct native_job *state = job->state;
    (void)error;
    memcpy(state->arena + offset, from, size);
    return TRI_OK;
}

static void release(struct tri_job *job)
{
    const struct native *native = (struct native *)job->backend;
    struct native_job *state = job->state;
    if (state == NULL)
        return;
    for (int w = 0; state->tables != NULL && w < native->workers; w++)
        free(state->tables[w]);
    for (int s = 0; state->runs != NULL && s < job->plan->stage_count; s++)
        free(state->runs[s]);
    if (state->scratch != NULL)
        tri_memory_free(state->scratch[0], state->scratch_size * (size_t)native->workers);
    if (job->sparse)
        tri_sparse_free(state->arena, (size_t)job->plan->arena_size);
    else
        tri_memory_free(state->arena, (size_t)job->plan->arena_size);
    tri_row_padding_free(&state->padding);
    free(state->scratch);
    free(state->tables);
    free(state->runs);
    free(state);
}

/* Passes of kernel files are compiled when they are needed. */
static enum tri_status need_passes(const struct native *native, const struct tri_plan *plan,
                                   struct tri_error *error)
{
    for (int s = 0; s < plan->stage_count; s++) {
        for (int i = 0; i < plan->stages[s].pass_count; i++) {
            const enum tri_status status =
                tri_own_need(plan->stages[s].passes[i]->own, plan->in.bits, native->level, error);
            if (status != TRI_OK)
                return status;
        }
    }
    return TRI_OK;
}

static bool find_runs(const struct native *native, const struct tri_plan *plan,
                      struct native_job *state)
{
    state->runs = calloc((size_t)plan->stage_count, sizeof state->runs[0]);
    for (int s = 0; state->runs != NULL && s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        state->runs[s] = calloc((size_t)stage->pass_count, sizeof state->runs[s][0]);
        for (int i = 0; state->runs[s] != NULL && i < stage->pass_count; i++)
            state->runs[s][i] = stage->passes[i]->rows[plan->in.bits == 16][native->level]->run;
        if (state->runs[s] == NULL)
            return false;
    }
    return state->runs != NULL;
}

static enum tri_status find_checks(const struct tri_plan *plan, struct native_job *state,
                                   struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int s = 0; s < plan->stage_count; s++) {
        for (int i = 0; i < plan->stages[s].pass_count && status == TRI_OK; i++) {
            const struct tri_pass *pass = plan->stages[s].passes[i];
            if (pass->own != NULL)
                status = tri_check_run(pass, plan->in.bits, &state->runs[s][i], error);
        }
    }
    return status;
}

static bool take_memory(const struct native *native, const struct tri_job *job,
                        struct native_job *state)
{
    const struct tri_plan *plan = job->plan;
    const size_t workers = (size_t)native->workers;
    int window = 1;
    for (int s = 0; s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        state->scratch_size = (size_t)stage->scratch_size > state->scratch_size
                                  ? (size_t)stage->scratch_size
                                  : state->scratch_size;
        window = stage->window > window ? stage->window : window;
    }
    state->arena = job->sparse ? tri_sparse_new((size_t)plan->arena_size)
                               : tri_memory_new((size_t)plan->arena_size);
    state->scratch = calloc(workers, sizeof state->scratch[0]);
    state->tables = calloc(workers, sizeof state->tables[0]);
    if (state->arena == NULL || state->scratch == NULL || state->tables == NULL)
        return false;
    state->scratch[0] = tri_memory_new(state->scratch_size * workers);
    for (size_t w = 0; w < workers; w++) {
        if (w > 0)
            state->scratch[w] = state->scratch[0] + w * state->scratch_size;
        /* Cache lines of its own: workers write their tables on every row and would otherwise
         * contend for them. */
        state->tables[w] = aligned_alloc(
            OWN_LINES, ((size_t)window * sizeof state->tables[w][0] / OWN_LINES + 1) * OWN_LINES);
        if (state->tables[w] == NULL)
            return false;
    }
    return state->scratch[0] != NULL &&
           (!plan->pads_rows || tri_row_padding_new(&state->padding, &plan->in));
}

static enum tri_status prepare(struct tri_job *job, struct tri_error *error)
{
    const struct native *native = (struct native *)job->backend;
    struct native_job *state = calloc(1, sizeof *state);
    job->state = state;
    if (state == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a job");
    state->plan = job->plan;
    const enum tri_status status = need_passes(native, job->plan, error);
    if (status != TRI_OK)
        return status;
    if (!take_memory(native, job, state) || !find_runs(native, job->plan, state))
        return tri_fail(
            error, TRI_FAILED,
            "out of memory for a job on %s: %ld MiB of planes and %d times %zu KiB of rows",
            native->base.info.name, job->plan->arena_size >> 20, native->workers,
            state->scratch_size >> 10);
    state->findings = native->findings;
    return native->findings != NULL ? find_checks(job->plan, state, error) : TRI_OK;
}

static void close_native(struct tri_backend *backend)
{
    struct native *native = (struct native *)backend;
    if (native->own_pool)
        tri_pool_free(native->pool);
    free(native);
}

/* The number of an instruction set; NULL: of the best. */
static enum tri_status find_level(const char *isa, int *level, struct tri_error *error)
{
    char list[200] = "";
    *level = tri_isa_count() - 1;
    if (isa == NULL || strcmp(isa, "native") == 0)
        return TRI_OK;
    for (*level = 0; *level < tri_isa_count(); ++*level) {
        if (strcmp(tri_isa_name(*level), isa) == 0)
            return TRI_OK;
    }
    for (int i = 0, used = 0; i < tri_isa_count(); i++)
        used += snprintf(list + used, sizeof list - (size_t)used, "%s, ", tri_isa_name(i));
    return tri_fail(error, TRI_USAGE, "unknown ISA level '%s': this CPU has %snative", isa, list);
}

static void describe(struct tri_backend_info *info, int workers, int level)
{
    snprintf(info->name, sizeof info->name, workers == 0 ? "sequential" : "threads:%d", workers);
    snprintf(info->selector, sizeof info->selector, "%s", info->name);
    snprintf(info->device, sizeof info->device, "%s", tri_cpu_model());
    snprintf(info->isa, sizeof info->isa, "%s", tri_isa_name(level));
    info->workers = workers < 1 ? 1 : workers;
}

enum tri_status tri_native_open(int workers, const struct tri_backend_options *options,
                                struct tri_backend **backend, struct tri_error *error)
{
    int level;
    if (find_level(options->isa, &level, error) != TRI_OK)
        return TRI_USAGE;
    struct native *native = calloc(1, sizeof *native);
    if (native == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a backend");
    native->pool = options->pool;
    native->own_pool = options->pool == NULL && workers > 1;
    if (native->own_pool && tri_pool_new(workers, &native->pool, error) != TRI_OK) {
        free(native);
        return TRI_FAILED;
    }
    describe(&native->base.info, workers, level);
    native->workers = native->base.info.workers;
    native->level = tri_isa_level(level);
    native->base.walk = (struct tri_walk_options){
        .fused = tri_isa_registers(native->level) < 32 ? 3 : 5, .streamed = tri_stream_from()};
    native->base.prepare = prepare;
    native->base.run = run;
    native->base.run_rows = run_rows;
    native->base.run_stage = run_one_stage;
    native->base.drop = drop;
    native->base.pad = pad;
    native->base.pads_in_run = true;
    native->base.fetch = fetch;
    native->base.store = store;
    native->base.release = release;
    native->base.lend = tri_job_lend_in_place;
    native->base.close = close_native;
    *backend = &native->base;
    return TRI_OK;
}

enum tri_status tri_check_open(struct tri_findings *findings, struct tri_backend **backend,
                               struct tri_error *error)
{
    const struct tri_backend_options options = {.size = sizeof options, .isa = "scalar"};
    const enum tri_status status = tri_native_open(0, &options, backend, error);
    if (status == TRI_OK) {
        ((struct native *)*backend)->findings = findings;
        (*backend)->walk = (struct tri_walk_options){0}; /* each pass as it is declared */
    }
    return status;
}
