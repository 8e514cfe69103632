/* several_run.c -- pictures to parts: as bands to all, as a whole to one, or over time all to the same one. */
#include "several.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

#define TRIAL 8           /* this part of a picture tells how fast a part is, where it is not cut */
#define TRIAL_OVER_TIME 2 /* and of a frame: a stream stays where it begins */

struct several_flight {
    struct tri_flight *inner[TRI_PARTS_MAX];
    int fixed;     /* the part that had its last frame, over time; -1: none */
    bool uploaded; /* to that one already */
    bool late;     /* its result is there yet */
};

/* ---- each part alone ---- */

/* Twice: the first time there is much to be made. */
static enum tri_status try_part(struct several *s, struct tri_job *job, int part, const struct tri_shape *shape,
                                const struct tri_image *from, int64_t *ns, struct tri_error *error)
{
    struct tri_job *trial = NULL;
    struct tri_image *in = NULL, *out = NULL;
    enum tri_status status = tri_job_new(s->parts[part].backend, job->pipeline, shape, &trial, error);
    several_pass_note(s, part);
    if (status == TRI_OK)
        status = tri_image_new(shape, &in, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(trial), &out, error);
    for (int p = 0; status == TRI_OK && p < shape->planes; p++) {
        for (int y = 0; y < shape->height; y++)
            memcpy(tri_image_row(in, p, y), tri_image_row(from, p, y), (size_t)shape->width * tri_sample_bytes(shape));
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

/* On the upper part of the picture, if the pipeline takes it; nobody sees the result. */
static void try_parts(struct several *s, struct tri_job *job, const struct tri_image *in)
{
    const struct several_job *state = job->state;
    struct tri_shape shape = job->plan->in, ignored;
    struct tri_error error;
    const int share = shape.height / (state->over_time ? TRIAL_OVER_TIME : TRIAL);
    shape.height = share > 16 ? share : shape.height < 16 ? shape.height : 16;
    if (tri_pipeline_shape(job->pipeline, &shape, &ignored, &error) == TRI_USAGE) /* too low for it */
        shape.height = job->plan->in.height;
    for (int i = 0; i < s->count; i++) {
        struct kind *kind = state->kind;
        int64_t ns = 0;
        if (kind->pictures.out[i])
            continue;
        const enum tri_status status = try_part(s, job, i, &shape, in, &ns, &error);
        if (status != TRI_OK)
            several_lose(s, kind, i, &error);
        else
            kind->alone[i] = (double)ns / ((double)shape.width * shape.height);
    }
}

/* The first picture of a kind. Nobody else is at work meanwhile. True: the picture is done with it. */
static bool measure(struct several *s, struct tri_job *job, const struct tri_image *in, struct tri_image *out,
                    enum tri_status *status, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct kind *kind = state->kind;
    bool done = false;
    pthread_rwlock_wrlock(&s->gate);
    pthread_mutex_lock(&s->lock);
    const bool wanted = !kind->measured && several_live(s, kind) > 1 && s->rows == 0;
    kind->measured = true;
    pthread_mutex_unlock(&s->lock);
    if (wanted && state->cuts && several_unit(s, job) > 0) {
        several_begin(s);
        *status = several_bands(s, job, in, out, true, error);
        several_end(s);
        done = true;
    } else if (wanted) {
        try_parts(s, job, in);
    }
    for (int i = 0; i < s->count && wanted; i++) {
        kind->bands.ns[i] = kind->bands.ns[i] > 0 ? kind->bands.ns[i] : kind->alone[i];
        kind->pictures.ns[i] = kind->alone[i];
    }
    pthread_rwlock_unlock(&s->gate);
    return done;
}

/* ---- one part ---- */

static enum tri_status take_flight(struct several *s, struct several_flight *flight, int part, struct tri_error *error)
{
    return flight->inner[part] != NULL ? TRI_OK : tri_flight_new(s->parts[part].backend, &flight->inner[part], error);
}

static enum tri_status compute(struct several *s, struct tri_flight *flight, struct tri_job *job, struct tri_image *out, int part,
                               struct tri_error *error)
{
    several_lock(&s->parts[part]);
    const enum tri_status status = tri_flight_compute(flight, job, out, error);
    several_unlock(&s->parts[part]);
    return status;
}

static enum tri_status run_whole(struct several *s, struct tri_job *job, struct tri_flight *outer, int part, int64_t *ns,
                                 bool *fresh, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    struct several_flight *flight = outer->state;
    enum tri_status status = several_whole(s, job, part, error);
    if (status == TRI_OK)
        status = take_flight(s, flight, part, error);
    *fresh = own->fresh;
    const int64_t start = tri_now_ns();
    if (status == TRI_OK)
        status = tri_flight_upload(flight->inner[part], outer->in, error);
    if (status == TRI_OK)
        status = compute(s, flight->inner[part], own->whole, outer->out, part, error);
    if (status == TRI_OK)
        status = tri_flight_download(flight->inner[part], error);
    *ns = tri_now_ns() - start;
    own->fresh &= status != TRI_OK;
    return status;
}

/* With the lock held. A part that has several under way is as fast as they come out of it. */
static void enter_window(struct window *window, int64_t now)
{
    if (window->under_way++ == 0)
        *window = (struct window){.start = now, .under_way = 1};
    window->most = window->under_way > window->most ? window->under_way : window->most;
}

static void leave_window(struct kind *kind, int part, double work, bool learn)
{
    struct window *window = &kind->window[part];
    const int64_t now = tri_now_ns();
    window->under_way--;
    window->done += learn;
    window->work += learn ? work : 0;
    if (!learn) { /* what it took says nothing */
        *window = (struct window){.start = now, .under_way = window->under_way, .most = window->under_way};
    } else if (window->done >= window->most) {
        tri_pace_learn(&kind->pictures, part, window->work, (double)(now - window->start));
        *window = (struct window){.start = now, .under_way = window->under_way, .most = window->under_way};
    }
}

/* To the part that will be through with it first; where one fails, to another. */
static enum tri_status run_picture(struct several *s, struct tri_job *job, struct tri_flight *flight, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct kind *kind = state->kind;
    for (;;) {
        double waiting[TRI_PARTS_MAX];
        struct tri_error why;
        int64_t ns;
        bool fresh;
        pthread_mutex_lock(&s->lock);
        several_live(s, kind);
        for (int i = 0; i < s->count; i++)
            waiting[i] = s->parts[i].waiting;
        const int64_t now = tri_now_ns();
        const int part = tri_deal_picture(&kind->pictures, waiting, state->work, now);
        const double expected = part >= 0 ? kind->pictures.ns[part] * state->work + 1 : 0;
        if (part >= 0) {
            s->parts[part].waiting += expected;
            enter_window(&kind->window[part], now);
        }
        pthread_mutex_unlock(&s->lock);
        if (part < 0)
            return several_first(s, error);
        const enum tri_status status = run_whole(s, job, flight, part, &ns, &fresh, &why);
        if (status != TRI_OK)
            several_lose(s, kind, part, &why);
        pthread_mutex_lock(&s->lock);
        s->parts[part].waiting -= expected;
        leave_window(kind, part, state->work, status == TRI_OK && !fresh);
        if (status == TRI_OK) {
            kind->whole[part]++;
            several_count(s, kind, part, state->work, 1, ns);
        }
        pthread_mutex_unlock(&s->lock);
        if (status == TRI_OK)
            return TRI_OK;
    }
}

/* ---- over time: what a part remembers stays with it ---- */

static enum tri_status run_fixed_on(struct several *s, struct tri_job *job, struct tri_flight *outer, int part,
                                    struct tri_error *error)
{
    struct several_job *state = job->state;
    struct several_flight *flight = outer->state;
    enum tri_status status = several_whole(s, job, part, error);
    if (status == TRI_OK)
        status = take_flight(s, flight, part, error);
    if (status == TRI_OK && !(flight->uploaded && flight->fixed == part))
        status = tri_flight_upload(flight->inner[part], outer->in, error);
    if (status != TRI_OK)
        return status;
    struct tri_job *whole = state->own[part].whole;
    whole->frame = job->frame;
    whole->frames = job->frames;
    flight->fixed = part;
    flight->uploaded = false;
    status = compute(s, flight->inner[part], whole, outer->out, part, error);
    flight->late = status == TRI_OK;
    return status;
}

static enum tri_status end_stream(struct several *s, int part, const struct tri_error *why, struct tri_error *error)
{
    return tri_fail(error, why->status, "%s: %.*s; what it remembered of the frames so far is lost with it, so no other can go on",
                    s->parts[part].backend->info.name, (int)strcspn(why->text, "\n"), why->text);
}

static enum tri_status run_fixed(struct several *s, struct tri_job *job, struct tri_flight *flight, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct kind *kind = state->kind;
    for (;;) {
        struct tri_error why;
        pthread_mutex_lock(&s->lock);
        several_live(s, kind);
        if (job->frame == 0 || state->fixed < 0)
            state->fixed = tri_pace_fastest(&kind->pictures);
        const int part = state->fixed;
        pthread_mutex_unlock(&s->lock);
        if (part < 0)
            return several_first(s, error);
        const int64_t start = tri_now_ns();
        const enum tri_status status = run_fixed_on(s, job, flight, part, &why);
        if (status == TRI_OK) {
            pthread_mutex_lock(&s->lock);
            kind->whole[part]++;
            several_count(s, kind, part, state->work, 1, tri_now_ns() - start);
            pthread_mutex_unlock(&s->lock);
            return TRI_OK;
        }
        if (job->frame > 0)
            return end_stream(s, part, &why, error);
        several_lose(s, kind, part, &why);
    }
}

/* ---- what a backend does ---- */

/* To the part that had the last frame in this flight, where there was one: over time it will have this one, too. */
enum tri_status several_upload(struct tri_flight *flight, struct tri_error *error)
{
    struct several_flight *state = flight->state;
    if (state == NULL) {
        state = flight->state = calloc(1, sizeof *state);
        if (state == NULL)
            return tri_fail(error, TRI_FAILED, "no memory for a frame under way");
        state->fixed = -1;
    }
    state->late = false;
    /* If it fails, so it will when it is computed, where others may take it. */
    state->uploaded = state->fixed >= 0 && tri_flight_upload(state->inner[state->fixed], flight->in, error) == TRI_OK;
    return TRI_OK;
}

enum tri_status several_run(struct tri_job *job, struct tri_flight *flight, struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = job->state;
    struct several_flight *under_way = flight->state;
    enum tri_status status = TRI_OK;
    pthread_mutex_lock(&s->lock);
    const bool measured = state->kind->measured;
    pthread_mutex_unlock(&s->lock);
    if (!state->over_time)
        under_way->fixed = -1;
    if (!measured && measure(s, job, flight->in, flight->out, &status, error))
        return status;
    pthread_rwlock_rdlock(&s->gate);
    const bool only = several_begin(s);
    if (state->over_time)
        status = run_fixed(s, job, flight, error);
    else if (only && state->cuts && several_unit(s, job) > 0)
        status = several_bands(s, job, flight->in, flight->out, false, error);
    else
        status = run_picture(s, job, flight, error);
    several_end(s);
    pthread_rwlock_unlock(&s->gate);
    return status;
}

enum tri_status several_download(struct tri_flight *flight, struct tri_error *error)
{
    struct several *s = (struct several *)flight->backend;
    struct several_flight *state = flight->state;
    struct tri_error why;
    if (!state->late)
        return TRI_OK;
    state->late = false;
    return tri_flight_download(state->inner[state->fixed], &why) == TRI_OK ? TRI_OK : end_stream(s, state->fixed, &why, error);
}

/* As the part has left it that had the last frame; it has the channel elsewhere than the plan of all. */
enum tri_status several_fetch(struct tri_job *job, long offset, size_t size, void *to, struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    const struct several_job *state = job->state;
    struct tri_job *whole = state->fixed >= 0 ? state->own[state->fixed].whole : NULL;
    (void)offset;
    if (whole == NULL)
        return tri_fail(error, TRI_USAGE, "no frame has run that could tell anything");
    several_lock(&s->parts[state->fixed]);
    const enum tri_status status = whole->backend->fetch(whole, whole->plan->channels[whole->plan->told.channel].offset, size, to, error);
    several_unlock(&s->parts[state->fixed]);
    return status;
}

void several_land(struct tri_flight *flight)
{
    struct several *s = (struct several *)flight->backend;
    struct several_flight *state = flight->state;
    if (state == NULL)
        return;
    for (int i = 0; i < s->count; i++)
        tri_flight_free(state->inner[i]);
    free(state);
    flight->state = NULL;
}
