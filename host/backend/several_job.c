/* several_job.c -- jobs of several backends: what kind of work it is, and the jobs of each part, made when it is their turn. */
#include "several.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

void several_lock(struct part *part)
{
    if (part->serial)
        pthread_mutex_lock(&part->lock);
}

void several_unlock(struct part *part)
{
    if (part->serial)
        pthread_mutex_unlock(&part->lock);
}

/* ---- kinds ---- */

/* Sizes within a factor of four are one kind: what a pixel costs depends on little more. */
static int size_of(const struct tri_shape *shape)
{
    int size = 0;
    for (int64_t pixels = (int64_t)shape->width * shape->height; pixels > 1; pixels /= 4)
        size++;
    return size;
}

static struct kind *find_kind(struct several *s, const char *text, const struct tri_shape *shape)
{
    const int size = size_of(shape);
    pthread_mutex_lock(&s->lock);
    struct kind *kind = s->kinds;
    while (kind != NULL && (kind->planes != shape->planes || kind->bits != shape->bits || kind->size != size ||
                            strcmp(kind->text, text) != 0))
        kind = kind->next;
    if (kind == NULL && (kind = calloc(1, sizeof *kind)) != NULL) {
        *kind = (struct kind){.next = s->kinds, .text = strdup(text), .planes = shape->planes, .bits = shape->bits, .size = size};
        kind->bands = kind->pictures = (struct tri_pace){.parts = s->count, .spread = 1};
        if (kind->text != NULL) {
            s->kinds = kind;
        } else {
            free(kind);
            kind = NULL;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return kind;
}

/* ---- jobs ---- */

enum tri_status several_prepare(struct tri_job *job, struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = calloc(1, sizeof *state);
    char why[200] = "";
    job->state = state;
    if (state == NULL || (state->kind = find_kind(s, tri_pipeline_text(job->pipeline), &job->plan->in)) == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a job");
    state->over_time = job->plan->history_count > 0 || job->plan->frame_count > 0 || job->plan->delay > 0;
    state->cuts = tri_plan_cut(job->plan, &state->cut, why);
    state->fixed = -1;
    state->work = (double)job->plan->in.width * job->plan->in.height;
    if (state->cuts && several_unit(s, job) == 0)
        snprintf(why, sizeof why, "the picture is too small for that");
    pthread_mutex_lock(&s->lock);
    snprintf(state->kind->why, sizeof state->kind->why, "%s", why);
    pthread_mutex_unlock(&s->lock);
    return TRI_OK;
}

static void free_band(struct band *band)
{
    tri_flight_free(band->flight);
    tri_job_free(band->job);
    tri_image_free(band->in);
    tri_image_free(band->out);
    *band = (struct band){0};
}

void several_release(struct tri_job *job)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = job->state;
    if (state == NULL)
        return;
    for (int i = 0; i < s->count; i++) {
        struct own *own = &state->own[i];
        several_lock(&s->parts[i]);
        for (int b = 0; b < BANDS_KEPT; b++)
            free_band(&own->bands[b]);
        tri_flight_free(own->flight);
        tri_job_free(own->whole);
        several_unlock(&s->parts[i]);
    }
    free(state);
}

enum tri_status several_whole(struct several *s, struct tri_job *job, int part, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    if (own->whole != NULL)
        return TRI_OK;
    several_lock(&s->parts[part]);
    const enum tri_status status = tri_job_new(s->parts[part].backend, job->pipeline, &job->plan->in, &own->whole, error);
    several_pass_note(s, part);
    several_unlock(&s->parts[part]);
    own->fresh = true;
    return status;
}

/* ---- bands ---- */

/* In place: a backend that runs rows of a plan needs no picture of its own for them. */
static enum tri_status rows_in_place(struct several *s, struct tri_job *job, int part, const struct tri_image *in,
                                     const struct tri_image *out, int from, int to, int64_t *ns, bool *fresh,
                                     struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    struct tri_image from_image = *in, to_image = *out; /* views, for other parts look at the same images */
    enum tri_status status = several_whole(s, job, part, error);
    if (status == TRI_OK && own->flight == NULL)
        status = tri_flight_new(s->parts[part].backend, &own->flight, error);
    *fresh = own->fresh;
    const int64_t start = tri_now_ns();
    if (status == TRI_OK)
        status = tri_flight_upload(own->flight, &from_image, error);
    if (status == TRI_OK)
        status = tri_flight_rows(own->flight, own->whole, &to_image, from, to, error);
    *ns = tri_now_ns() - start;
    own->fresh &= status != TRI_OK;
    return status;
}

/* That the band's plan does with rows what the whole one does is looked at for each height. */
static enum tri_status check_band(const struct tri_job *job, const struct tri_shape *shape, struct tri_error *error)
{
    struct tri_plan *plan;
    enum tri_status status = tri_plan_make(job->pipeline, shape, TRI_PLAN_WALK, &plan, error);
    if (status != TRI_OK)
        return status;
    if (!tri_plan_same_rows(job->plan, plan))
        status = tri_fail(error, TRI_FAILED, "%s makes something else of %d rows than of %d: it cannot be cut",
                          tri_pipeline_text(job->pipeline), shape->height, job->plan->in.height);
    tri_plan_free(plan);
    return status;
}

static enum tri_status new_band(struct several *s, struct tri_job *job, int part, int height, struct band *band,
                                struct tri_error *error)
{
    struct tri_shape shape = job->plan->in;
    shape.height = height;
    enum tri_status status = height == job->plan->in.height ? TRI_OK : check_band(job, &shape, error);
    if (status == TRI_OK)
        status = tri_image_new_for(s->parts[part].backend, &shape, &band->in, error);
    if (status == TRI_OK)
        status = tri_job_new(s->parts[part].backend, job->pipeline, &shape, &band->job, error);
    several_pass_note(s, part);
    if (status == TRI_OK)
        status = tri_image_new_for(s->parts[part].backend, tri_job_shape(band->job), &band->out, error);
    if (status == TRI_OK)
        status = tri_flight_new(s->parts[part].backend, &band->flight, error);
    band->height = height;
    band->fresh = true;
    return status;
}

/* The band of that height, kept from before, or in place of the one that was used longest ago. */
static enum tri_status take_band(struct several *s, struct tri_job *job, int part, int height, struct band **result,
                                 struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    struct band *oldest = &own->bands[0];
    for (int i = 0; i < BANDS_KEPT; i++) {
        struct band *band = &own->bands[i];
        oldest = band->used < oldest->used ? band : oldest;
        if (band->job != NULL && band->height == height) {
            *result = band;
            band->used = ++own->uses;
            return TRI_OK;
        }
    }
    several_lock(&s->parts[part]);
    free_band(oldest);
    const enum tri_status status = new_band(s, job, part, height, oldest, error);
    if (status != TRI_OK)
        free_band(oldest);
    several_unlock(&s->parts[part]);
    oldest->used = ++own->uses;
    *result = oldest;
    return status;
}

/* Rows with what is around them, which images of one width have alike: one block for each plane. */
static void copy_rows_in(const struct tri_image *from, int first, struct tri_image *to)
{
    const size_t pad = TRI_PAD * tri_sample_bytes(&to->shape);
    for (int p = 0; p < to->shape.planes; p++) {
        if (from->stride == to->stride) {
            memcpy((unsigned char *)tri_image_row(to, p, 0) - pad, (unsigned char *)tri_image_row(from, p, first) - pad,
                   (size_t)to->stride * (size_t)to->shape.height);
            continue;
        }
        for (int y = 0; y < to->shape.height; y++)
            memcpy(tri_image_row(to, p, y), tri_image_row(from, p, first + y), (size_t)to->shape.width * tri_sample_bytes(&to->shape));
    }
    to->padded = from->padded && from->stride == to->stride;
}

/* Samples alone: what is between rows is the other image's own. */
static void copy_rows_out(const struct tri_image *from, int first, const struct tri_image *to, int to_first, int rows)
{
    const size_t bytes = (size_t)to->shape.width * tri_sample_bytes(&to->shape);
    for (int p = 0; p < to->shape.planes; p++) {
        for (int y = 0; y < rows; y++)
            memcpy(tri_image_row(to, p, to_first + y), tri_image_row(from, p, first + y), bytes);
    }
}

static enum tri_status run_band(struct several *s, int part, struct band *band, struct tri_error *error)
{
    enum tri_status status = tri_flight_upload(band->flight, band->in, error);
    several_lock(&s->parts[part]);
    if (status == TRI_OK)
        status = tri_flight_compute(band->flight, band->job, band->out, error);
    several_unlock(&s->parts[part]);
    return status == TRI_OK ? tri_flight_download(band->flight, error) : status;
}

/* As a picture of its own, with the rows around it on which it depends. At the picture's edges it has as many rows as
 * elsewhere, and rows that nobody asked for where there are less of them, so that few jobs serve all. */
static enum tri_status rows_apart(struct several *s, struct tri_job *job, int part, const struct tri_image *in,
                                  const struct tri_image *out, int from, int to, int64_t *ns, bool *fresh,
                                  struct tri_error *error)
{
    const struct several_job *state = job->state;
    int whole = in->shape.height, wanted = several_unit(s, job);
    while (wanted < to - from)
        wanted *= 2;
    wanted += state->cut.above + state->cut.below;
    const int height = wanted < whole ? wanted : whole;
    int first = from - state->cut.above; /* there are `below` rows behind `to`, or the picture's end */
    struct band *band;
    first = first < 0 ? 0 : first > whole - height ? whole - height : first;
    enum tri_status status = take_band(s, job, part, height, &band, error);
    if (status != TRI_OK)
        return status;
    const int64_t start = tri_now_ns();
    copy_rows_in(in, first, band->in);
    status = run_band(s, part, band, error);
    if (status == TRI_OK)
        copy_rows_out(band->out, from - first, out, from, to - from);
    *ns = tri_now_ns() - start;
    *fresh = band->fresh;
    band->fresh &= status != TRI_OK;
    return status;
}

enum tri_status several_rows(struct several *s, struct tri_job *job, int part, const struct tri_image *in,
                             const struct tri_image *out, int from, int to, int64_t *ns, bool *fresh, struct tri_error *error)
{
    *ns = 0;
    *fresh = true;
    return (s->parts[part].backend->run_rows != NULL ? rows_in_place : rows_apart)(s, job, part, in, out, from, to, ns, fresh,
                                                                                  error);
}
