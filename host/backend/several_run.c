/* tri_several_run.c -- assigns images to parts: as strips to all, as a whole to one, or, for
 * temporal pipelines, always to the same one. */
#include "several.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

#define TRIAL 8           /* 1/TRIAL of an image that is not cut shows how fast a part is */
#define TRIAL_OVER_TIME 2 /* the same for frames of a stream, which stays where it starts */

struct several_inflight {
    struct tri_inflight *inner[TRI_PARTS_MAX];
    int fixed;     /* for temporal pipelines, the part that had its last frame; -1: none */
    bool uploaded; /* to that part already */
    bool late;     /* its result is still there */
};

/* ---- each part alone ---- */

/* Twice: the first run includes setup. */
static enum tri_status try_part(struct several *s, struct tri_job *job, int part,
                                const struct tri_shape *shape, const struct tri_image *from,
                                int64_t *ns, struct tri_error *error)
{
    struct tri_job *trial = NULL;
    struct tri_image *in = NULL, *out = NULL;
    enum tri_status status =
        tri_job_new(s->parts[part].backend, job->pipeline, shape, &trial, error);
    tri_several_pass_note(s, part);
    if (status == TRI_OK)
        status = tri_image_new(shape, &in, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(trial), &out, error);
    for (int p = 0; status == TRI_OK && p < shape->planes; p++) {
        for (int y = 0; y < shape->height; y++)
            memcpy(tri_image_row(in, p, y), tri_image_row(from, p, y),
                   (size_t)shape->width * tri_sample_bytes(shape));
    }
    for (int i = 0; i < 2 && status == TRI_OK; i++) {
        const int64_t start = tri_now_ns();
        status = tri_job_run(trial, in, out, NULL, error);
        *ns = tri_now_ns() - start;
    }
    tri_job_free(trial);
    tri_image_free(in);
    tri_image_free(out);
    return status;
}

/* On the upper part of the image, if the pipeline accepts that; the result is discarded. */
static void try_parts(struct several *s, struct tri_job *job, const struct tri_image *in)
{
    const struct several_job *state = job->state;
    struct tri_shape shape = job->plan->in, ignored;
    struct tri_error error;
    const int share = shape.height / (state->over_time ? TRIAL_OVER_TIME : TRIAL);
    shape.height = share > 16 ? share : shape.height < 16 ? shape.height : 16;
    if (tri_pipeline_shape(job->pipeline, &shape, &ignored, &error) ==
        TRI_USAGE) /* too few rows for it */
        shape.height = job->plan->in.height;
    for (int i = 0; i < s->count; i++) {
        struct kind *kind = state->kind;
        int64_t ns = 0;
        if (kind->pictures.out[i])
            continue;
        const enum tri_status status = try_part(s, job, i, &shape, in, &ns, &error);
        if (status != TRI_OK)
            tri_several_lose(s, kind, i, &error);
        else
            kind->alone[i] = (double)ns / ((double)shape.width * shape.height);
    }
}

/* Waits until nothing is measured. */
static void pass_gate(struct several *s)
{
    if (pthread_rwlock_tryrdlock(&s->gate) == 0)
        return;
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_LOCK, "a measurement");
    pthread_rwlock_rdlock(&s->gate);
    tri_trace_end(mark);
}

/* The first image of a kind; nothing else runs meanwhile. True: this also computed the image. */
static bool measure(struct several *s, struct tri_job *job, const struct tri_image *in,
                    struct tri_image *out, enum tri_status *status, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct kind *kind = state->kind;
    bool done = false;
    pthread_rwlock_wrlock(&s->gate);
    tri_trace_lock(&s->lock, "the deal");
    const bool wanted = !kind->measured && tri_several_live(s, kind) > 1 && s->rows == 0;
    kind->measured = true;
    pthread_mutex_unlock(&s->lock);
    if (wanted && state->cuts && tri_several_unit(s, job) > 0) {
        tri_several_begin(s);
        *status = tri_several_strips(s, job, in, out, true, error);
        tri_several_end(s);
        done = true;
    } else if (wanted) {
        try_parts(s, job, in);
    }
    for (int i = 0; i < s->count && wanted; i++) {
        kind->strips.ns[i] = kind->strips.ns[i] > 0 ? kind->strips.ns[i] : kind->alone[i];
        kind->pictures.ns[i] = kind->alone[i];
    }
    pthread_rwlock_unlock(&s->gate);
    return done;
}

/* ---- one part ---- */

static enum tri_status take_inflight(struct several *s, struct several_inflight *inflight, int part,
                                     struct tri_error *error)
{
    return inflight->inner[part] != NULL
               ? TRI_OK
               : tri_inflight_new(s->parts[part].backend, &inflight->inner[part], error);
}

static enum tri_status compute(struct several *s, struct tri_inflight *inflight,
                               struct tri_job *job, struct tri_image *out, int part,
                               struct tri_error *error)
{
    tri_several_lock(&s->parts[part]);
    const enum tri_status status = tri_inflight_compute(inflight, job, out, error);
    tri_several_unlock(&s->parts[part]);
    return status;
}

static enum tri_status run_whole(struct several *s, struct tri_job *job, struct tri_inflight *outer,
                                 int part, int64_t *ns, bool *fresh, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    struct several_inflight *inflight = outer->state;
    enum tri_status status = tri_several_whole(s, job, part, error);
    if (status == TRI_OK)
        status = take_inflight(s, inflight, part, error);
    *fresh = own->fresh;
    const int64_t start = tri_now_ns();
    if (status == TRI_OK)
        status = tri_inflight_upload(inflight->inner[part], outer->in, error);
    if (status == TRI_OK)
        status = compute(s, inflight->inner[part], own->whole, outer->out, part, error);
    if (status == TRI_OK)
        status = tri_inflight_download(inflight->inner[part], error);
    *ns = tri_now_ns() - start;
    own->fresh &= status != TRI_OK;
    return status;
}

/* With the lock held. The speed of a part with several images in flight is the rate at which they
 * complete. */
static void enter_window(struct window *window, int64_t now)
{
    if (window->in_flight++ == 0)
        *window = (struct window){.start = now, .in_flight = 1};
    window->most = window->in_flight > window->most ? window->in_flight : window->most;
}

static void leave_window(struct kind *kind, int part, double work, bool learn)
{
    struct window *window = &kind->window[part];
    const int64_t now = tri_now_ns();
    window->in_flight--;
    window->done += learn;
    window->work += learn ? work : 0;
    if (!learn) { /* its time is meaningless */
        *window = (struct window){
            .start = now, .in_flight = window->in_flight, .most = window->in_flight};
    } else if (window->done >= window->most) {
        tri_pace_learn(&kind->pictures, part, window->work, (double)(now - window->start));
        *window = (struct window){
            .start = now, .in_flight = window->in_flight, .most = window->in_flight};
    }
}

/* Picks the part that will finish a picture first, and adds the expected time to what it has
 * waiting; -1 if none is left. */
static int deal_picture(struct several *s, const struct several_job *state, double *expected)
{
    struct kind *kind = state->kind;
    double waiting[TRI_PARTS_MAX];
    tri_trace_lock(&s->lock, "the deal");
    tri_several_live(s, kind);
    for (int i = 0; i < s->count; i++)
        waiting[i] = s->parts[i].waiting;
    const int64_t now = tri_now_ns();
    const int part = tri_deal_picture(&kind->pictures, waiting, state->work, now);
    if (part >= 0) {
        *expected = kind->pictures.ns[part] * state->work + 1;
        s->parts[part].waiting += *expected;
        enter_window(&kind->window[part], now);
    }
    pthread_mutex_unlock(&s->lock);
    return part;
}

/* If a part fails, another gets the picture. */
static enum tri_status run_picture(struct several *s, struct tri_job *job,
                                   struct tri_inflight *inflight, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct kind *kind = state->kind;
    for (;;) {
        struct tri_error why;
        double expected = 0;
        int64_t ns;
        bool fresh;
        const int part = deal_picture(s, state, &expected);
        if (part < 0)
            return tri_several_first(s, error);
        const enum tri_status status = run_whole(s, job, inflight, part, &ns, &fresh, &why);
        if (status != TRI_OK)
            tri_several_lose(s, kind, part, &why);
        tri_trace_lock(&s->lock, "the deal");
        s->parts[part].waiting -= expected;
        leave_window(kind, part, state->work, status == TRI_OK && !fresh);
        if (status == TRI_OK) {
            state->fixed = part; /* has the data */
            kind->whole[part]++;
            tri_several_count(s, kind, part, state->work, 1, ns);
        }
        pthread_mutex_unlock(&s->lock);
        if (status == TRI_OK)
            return TRI_OK;
    }
}

/* ---- temporal pipelines: a part's state stays with it ---- */

static enum tri_status run_fixed_on(struct several *s, struct tri_job *job,
                                    struct tri_inflight *outer, int part, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct several_inflight *inflight = outer->state;
    enum tri_status status = tri_several_whole(s, job, part, error);
    if (status == TRI_OK)
        status = take_inflight(s, inflight, part, error);
    if (status == TRI_OK && !(inflight->uploaded && inflight->fixed == part))
        status = tri_inflight_upload(inflight->inner[part], outer->in, error);
    if (status != TRI_OK)
        return status;
    struct tri_job *whole = state->own[part].whole;
    whole->frame = job->frame;
    whole->frames = job->frames;
    whole->timed = job->timed;
    whole->seconds = job->seconds;
    inflight->fixed = part;
    inflight->uploaded = false;
    status = compute(s, inflight->inner[part], whole, outer->out, part, error);
    inflight->late = status == TRI_OK;
    return status;
}

static enum tri_status end_stream(struct several *s, int part, const struct tri_error *why,
                                  struct tri_error *error)
{
    return tri_fail(
        error, why->status,
        "%s: %.*s; its state from earlier frames is lost with it, so no other can continue",
        s->parts[part].backend->info.name, (int)strcspn(why->text, "\n"), why->text);
}

static enum tri_status run_fixed(struct several *s, struct tri_job *job,
                                 struct tri_inflight *inflight, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct kind *kind = state->kind;
    for (;;) {
        struct tri_error why;
        tri_trace_lock(&s->lock, "the deal");
        tri_several_live(s, kind);
        if (job->frame == 0 || state->fixed < 0)
            state->fixed = tri_pace_fastest(&kind->pictures);
        const int part = state->fixed;
        pthread_mutex_unlock(&s->lock);
        if (part < 0)
            return tri_several_first(s, error);
        const int64_t start = tri_now_ns();
        const enum tri_status status = run_fixed_on(s, job, inflight, part, &why);
        if (status == TRI_OK) {
            tri_trace_lock(&s->lock, "the deal");
            kind->whole[part]++;
            tri_several_count(s, kind, part, state->work, 1, tri_now_ns() - start);
            pthread_mutex_unlock(&s->lock);
            return TRI_OK;
        }
        if (job->frame > 0)
            return end_stream(s, part, &why, error);
        tri_several_lose(s, kind, part, &why);
    }
}

/* ---- the backend's functions ---- */

/* To the part that had the last frame of this slot, if there was one: in a temporal pipeline it
 * will get this one, too. */
enum tri_status tri_several_upload(struct tri_inflight *inflight, struct tri_error *error)
{
    struct several_inflight *state = inflight->state;
    if (state == NULL) {
        state = inflight->state = calloc(1, sizeof *state);
        if (state == NULL)
            return tri_fail(error, TRI_FAILED, "out of memory for a frame in flight");
        state->fixed = -1;
    }
    state->late = false;
    /* If this fails, computing will fail, too, where another part may take the frame. */
    state->uploaded = state->fixed >= 0 && tri_inflight_upload(state->inner[state->fixed],
                                                               inflight->in, error) == TRI_OK;
    return TRI_OK;
}

enum tri_status tri_several_run(struct tri_job *job, struct tri_inflight *inflight,
                                struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = job->state;
    struct several_inflight *own = inflight->state;
    enum tri_status status = TRI_OK;
    tri_trace_lock(&s->lock, "the deal");
    const bool measured = state->kind->measured;
    pthread_mutex_unlock(&s->lock);
    if (!state->over_time)
        own->fixed = -1;
    if (!measured && measure(s, job, inflight->in, inflight->out, &status, error))
        return status;
    pass_gate(s);
    const bool only = tri_several_begin(s);
    if (state->over_time)
        status = run_fixed(s, job, inflight, error);
    else if (only && state->cuts && tri_several_unit(s, job) > 0)
        status = tri_several_strips(s, job, inflight->in, inflight->out, false, error);
    else
        status = run_picture(s, job, inflight, error);
    tri_several_end(s);
    pthread_rwlock_unlock(&s->gate);
    return status;
}

enum tri_status tri_several_download(struct tri_inflight *inflight, struct tri_error *error)
{
    struct several *s = (struct several *)inflight->backend;
    struct several_inflight *state = inflight->state;
    struct tri_error why;
    if (!state->late)
        return TRI_OK;
    state->late = false;
    return tri_inflight_download(state->inner[state->fixed], &why) == TRI_OK
               ? TRI_OK
               : end_stream(s, state->fixed, &why, error);
}

/* Rows of the channel of data, which lie elsewhere in the part's plan. */
static enum tri_status fetch_rows(const struct tri_plan *plan, struct tri_job *whole,
                                  unsigned char *to, struct tri_error *error)
{
    const struct walk_channel *common = &plan->channels[plan->told.channel],
                              *own = &whole->plan->channels[whole->plan->told.channel];
    enum tri_status status = TRI_OK;
    for (int y = 0; y < own->height && status == TRI_OK; y++)
        status = whole->backend->fetch(whole, own->offset + (long)y * own->stride,
                                       (size_t)own->width * (size_t)own->size,
                                       to + (long)y * common->stride, error);
    return status;
}

/* As left by the part that had the last frame; its plan has the channel at another offset than the
 * common plan, and perhaps with longer rows. */
enum tri_status tri_several_fetch(struct tri_job *job, long offset, size_t size, void *to,
                                  struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    const struct several_job *state = job->state;
    struct tri_job *whole = state->fixed >= 0 ? state->own[state->fixed].whole : NULL;
    (void)offset;
    if (whole == NULL)
        return tri_fail(error, TRI_USAGE, "no frame has run that could give data");
    tri_several_lock(&s->parts[state->fixed]);
    const struct walk_channel *own = &whole->plan->channels[whole->plan->told.channel];
    const bool same = own->stride == job->plan->channels[job->plan->told.channel].stride;
    const enum tri_status status = same ? whole->backend->fetch(whole, own->offset, size, to, error)
                                        : fetch_rows(job->plan, whole, to, error);
    tri_several_unlock(&s->parts[state->fixed]);
    return status;
}

void tri_several_release_inflight(struct tri_inflight *inflight)
{
    struct several *s = (struct several *)inflight->backend;
    struct several_inflight *state = inflight->state;
    if (state == NULL)
        return;
    for (int i = 0; i < s->count; i++)
        tri_inflight_free(state->inner[i]);
    free(state);
    inflight->state = NULL;
}
