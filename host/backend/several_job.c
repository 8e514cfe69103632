/* several_job.c -- jobs on several backends: finds the kind of work, and makes each part's jobs
 * when first needed. */
#include "several.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

void tri_several_lock(struct part *part)
{
    if (part->serial)
        tri_trace_lock(&part->lock, "the device");
}

void tri_several_unlock(struct part *part)
{
    if (part->serial)
        pthread_mutex_unlock(&part->lock);
}

/* ---- kinds ---- */

/* Sizes within a factor of four are one kind: the cost per pixel hardly depends on anything else.
 */
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
    tri_trace_lock(&s->lock, "the deal");
    struct kind *kind = s->kinds;
    while (kind != NULL && (kind->planes != shape->planes || kind->bits != shape->bits ||
                            kind->size != size || strcmp(kind->text, text) != 0))
        kind = kind->next;
    if (kind == NULL && (kind = calloc(1, sizeof *kind)) != NULL) {
        *kind = (struct kind){.next = s->kinds,
                              .text = strdup(text),
                              .planes = shape->planes,
                              .bits = shape->bits,
                              .size = size};
        kind->strips = kind->pictures = (struct tri_pace){.parts = s->count, .spread = 1};
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

enum tri_status tri_several_prepare(struct tri_job *job, struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = calloc(1, sizeof *state);
    char why[200] = "";
    job->state = state;
    if (state == NULL ||
        (state->kind = find_kind(s, tri_pipeline_text(job->pipeline), &job->plan->in)) == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a job");
    state->over_time =
        job->plan->history_count > 0 || job->plan->frame_count > 0 || job->plan->delay > 0;
    state->cuts = tri_plan_cut(job->plan, &state->cut, why);
    state->fixed = -1;
    state->work = (double)job->plan->in.width * job->plan->in.height;
    if (state->cuts && tri_several_unit(s, job) == 0)
        snprintf(why, sizeof why, "the image is too small");
    tri_trace_lock(&s->lock, "the deal");
    snprintf(state->kind->why, sizeof state->kind->why, "%s", why);
    pthread_mutex_unlock(&s->lock);
    return TRI_OK;
}

static void free_strip(struct strip *strip)
{
    tri_inflight_free(strip->inflight);
    tri_job_free(strip->job);
    tri_image_free(strip->in);
    tri_image_free(strip->out);
    *strip = (struct strip){0};
}

void tri_several_release(struct tri_job *job)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = job->state;
    if (state == NULL)
        return;
    for (int i = 0; i < s->count; i++) {
        struct own *own = &state->own[i];
        tri_several_lock(&s->parts[i]);
        for (int b = 0; b < STRIPS_KEPT; b++)
            free_strip(&own->strips[b]);
        tri_inflight_free(own->inflight);
        tri_job_free(own->whole);
        tri_several_unlock(&s->parts[i]);
    }
    free(state);
}

/* To the jobs of parts that exist already; the others follow when they are made. */
static enum tri_status lend_to_parts(struct tri_job *job, struct tri_error *error)
{
    struct several *s = (struct several *)job->backend;
    struct several_job *state = job->state;
    enum tri_status status = TRI_OK;
    for (int i = 0; i < s->count && status == TRI_OK; i++) {
        struct tri_job *whole = state->own[i].whole;
        int runs;
        if (whole == NULL)
            continue;
        tri_several_lock(&s->parts[i]);
        tri_job_rewind(whole);
        status = tri_job_lend(whole, &runs, error);
        tri_several_unlock(&s->parts[i]);
    }
    return status;
}

/* One part gets all frames, but which one is not known yet: as many as any of them may need. */
enum tri_status tri_several_lend(struct tri_job *job, int *runs, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct tri_plan *plan = NULL;
    if (!state->over_time)
        return TRI_OK;
    const enum tri_status status =
        tri_plan_make_lent(job->pipeline, &job->plan->in, 0, &plan, error);
    if (status != TRI_OK)
        return status;
    state->lent = plan->lent.room > 0;
    *runs = state->lent ? plan->lent.room - 1 : 0;
    tri_plan_free(plan);
    return state->lent ? lend_to_parts(job, error) : TRI_OK;
}

enum tri_status tri_several_whole(struct several *s, struct tri_job *job, int part,
                                  struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    if (own->whole != NULL)
        return TRI_OK;
    tri_several_lock(&s->parts[part]);
    enum tri_status status =
        tri_job_new(s->parts[part].backend, job->pipeline, &job->plan->in, &own->whole, error);
    int runs;
    if (status == TRI_OK && state->lent)
        status = tri_job_lend(own->whole, &runs, error);
    tri_several_pass_note(s, part);
    tri_several_unlock(&s->parts[part]);
    own->fresh = true;
    return status;
}

/* ---- strips ---- */

/* In place: a backend with run_rows needs no separate image. */
static enum tri_status rows_in_place(struct several *s, struct tri_job *job, int part,
                                     const struct tri_image *in, const struct tri_image *out,
                                     int from, int to, int64_t *ns, bool *fresh,
                                     struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    struct tri_image from_image = *in, to_image = *out; /* views: other parts use the same images */
    enum tri_status status = tri_several_whole(s, job, part, error);
    if (status == TRI_OK && own->inflight == NULL)
        status = tri_inflight_new(s->parts[part].backend, &own->inflight, error);
    *fresh = own->fresh;
    const int64_t start = tri_now_ns();
    if (status == TRI_OK)
        status = tri_inflight_upload(own->inflight, &from_image, error);
    if (status == TRI_OK)
        status = tri_inflight_rows(own->inflight, own->whole, &to_image, from, to, error);
    *ns = tri_now_ns() - start;
    own->fresh &= status != TRI_OK;
    return status;
}

/* Checks, for each height, that the strip's plan treats rows as the whole image's plan does. */
static enum tri_status check_strip(const struct tri_job *job, const struct tri_shape *shape,
                                   struct tri_error *error)
{
    struct tri_plan *plan;
    enum tri_status status = tri_plan_make(job->pipeline, shape, TRI_PLAN_WALK, NULL, &plan, error);
    if (status != TRI_OK)
        return status;
    if (!tri_plan_same_rows(job->plan, plan))
        status = tri_fail(error, TRI_FAILED,
                          "%s gives different results on %d rows and on %d: it cannot be cut",
                          tri_pipeline_text(job->pipeline), shape->height, job->plan->in.height);
    tri_plan_free(plan);
    return status;
}

static enum tri_status new_strip(struct several *s, struct tri_job *job, int part, int height,
                                 struct strip *strip, struct tri_error *error)
{
    struct tri_shape shape = job->plan->in;
    shape.height = height;
    enum tri_status status =
        height == job->plan->in.height ? TRI_OK : check_strip(job, &shape, error);
    if (status == TRI_OK)
        status = tri_image_new_for(s->parts[part].backend, &shape, &strip->in, error);
    if (status == TRI_OK)
        status = tri_job_new(s->parts[part].backend, job->pipeline, &shape, &strip->job, error);
    tri_several_pass_note(s, part);
    if (status == TRI_OK)
        status = tri_image_new_for(s->parts[part].backend, tri_job_shape(strip->job), &strip->out,
                                   error);
    if (status == TRI_OK)
        status = tri_inflight_new(s->parts[part].backend, &strip->inflight, error);
    strip->height = height;
    strip->fresh = true;
    return status;
}

/* Returns the strip of that height, an existing one or a new one in place of the least recently
 * used. */
static enum tri_status take_strip(struct several *s, struct tri_job *job, int part, int height,
                                  struct strip **result, struct tri_error *error)
{
    struct several_job *state = job->state;
    struct own *own = &state->own[part];
    struct strip *oldest = &own->strips[0];
    for (int i = 0; i < STRIPS_KEPT; i++) {
        struct strip *strip = &own->strips[i];
        oldest = strip->used < oldest->used ? strip : oldest;
        if (strip->job != NULL && strip->height == height) {
            *result = strip;
            strip->used = ++own->uses;
            return TRI_OK;
        }
    }
    tri_several_lock(&s->parts[part]);
    free_strip(oldest);
    const enum tri_status status = new_strip(s, job, part, height, oldest, error);
    if (status != TRI_OK)
        free_strip(oldest);
    tri_several_unlock(&s->parts[part]);
    oldest->used = ++own->uses;
    *result = oldest;
    return status;
}

/* Copies rows with their padding, which is the same for images of one width: one block per plane.
 */
static void copy_rows_in(const struct tri_image *from, int first, struct tri_image *to)
{
    const size_t pad = TRI_PAD * tri_sample_bytes(&to->shape);
    for (int p = 0; p < to->shape.planes; p++) {
        if (from->stride == to->stride) {
            memcpy((unsigned char *)tri_image_row(to, p, 0) - pad,
                   (unsigned char *)tri_image_row(from, p, first) - pad,
                   (size_t)to->stride * (size_t)to->shape.height);
            continue;
        }
        for (int y = 0; y < to->shape.height; y++)
            memcpy(tri_image_row(to, p, y), tri_image_row(from, p, first + y),
                   (size_t)to->shape.width * tri_sample_bytes(&to->shape));
    }
    to->padded = from->padded && from->stride == to->stride;
}

/* Only samples: the padding between rows belongs to the other image. */
static void copy_rows_out(const struct tri_image *from, int first, const struct tri_image *to,
                          int to_first, int rows)
{
    const size_t bytes = (size_t)to->shape.width * tri_sample_bytes(&to->shape);
    for (int p = 0; p < to->shape.planes; p++) {
        for (int y = 0; y < rows; y++)
            memcpy(tri_image_row(to, p, to_first + y), tri_image_row(from, p, first + y), bytes);
    }
}

static enum tri_status run_strip(struct several *s, int part, struct strip *strip,
                                 struct tri_error *error)
{
    enum tri_status status = tri_inflight_upload(strip->inflight, strip->in, error);
    tri_several_lock(&s->parts[part]);
    if (status == TRI_OK)
        status = tri_inflight_compute(strip->inflight, strip->job, strip->out, error);
    tri_several_unlock(&s->parts[part]);
    return status == TRI_OK ? tri_inflight_download(strip->inflight, error) : status;
}

/* As an image of its own, with the surrounding rows it depends on. At the image's edges it has as
 * many rows as elsewhere, including unneeded ones, so that few jobs serve all strips. */
static enum tri_status rows_apart(struct several *s, struct tri_job *job, int part,
                                  const struct tri_image *in, const struct tri_image *out, int from,
                                  int to, int64_t *ns, bool *fresh, struct tri_error *error)
{
    const struct several_job *state = job->state;
    int whole = in->shape.height, wanted = tri_several_unit(s, job);
    while (wanted < to - from)
        wanted *= 2;
    wanted += state->cut.above + state->cut.below;
    const int height = wanted < whole ? wanted : whole;
    int first = from - state->cut.above; /* `below` rows follow `to`, unless the image ends */
    struct strip *strip;
    first = first < 0 ? 0 : first > whole - height ? whole - height : first;
    enum tri_status status = take_strip(s, job, part, height, &strip, error);
    if (status != TRI_OK)
        return status;
    const int64_t start = tri_now_ns();
    copy_rows_in(in, first, strip->in);
    status = run_strip(s, part, strip, error);
    if (status == TRI_OK)
        copy_rows_out(strip->out, from - first, out, from, to - from);
    *ns = tri_now_ns() - start;
    *fresh = strip->fresh;
    strip->fresh &= status != TRI_OK;
    return status;
}

enum tri_status tri_several_rows(struct several *s, struct tri_job *job, int part,
                                 const struct tri_image *in, const struct tri_image *out, int from,
                                 int to, int64_t *ns, bool *fresh, struct tri_error *error)
{
    *ns = 0;
    *fresh = true;
    return (s->parts[part].backend->run_rows != NULL ? rows_in_place : rows_apart)(
        s, job, part, in, out, from, to, ns, fresh, error);
}
