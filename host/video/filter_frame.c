/* filter_frame.c -- jobs for the planes of frames, and the steps of each frame through them. */
#include "filter_internal.h"

#include "../backend/backend.h"

#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

/* ---- sets of jobs ---- */

void tri_filter_free_set(struct tri_filter_set *set)
{
    if (set == NULL)
        return;
    for (int p = 0; p < 3; p++)
        tri_job_free(set->planes[p]);
    tri_job_free(set->whole);
    free(set);
}

/* The number of planes that the pipeline computes: the rest are copied. For jobs by plane. */
static int planes_of(const struct tri_filter *filter)
{
    return filter->chroma == COMPUTED ? filter->in.planes : 1;
}

enum tri_status tri_filter_new_set(const struct tri_filter *filter, struct tri_filter_set **result,
                                   struct tri_error *error)
{
    struct tri_filter_set *set = calloc(1, sizeof *set);
    enum tri_status status = TRI_OK;
    struct tri_shape shape;
    *result = NULL;
    if (set == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the jobs of a frame");
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++) {
        tri_video_plane(&filter->in, p, &shape);
        status =
            tri_job_new(filter->backend, filter->planes[p > 0], &shape, &set->planes[p], error);
    }
    if (!filter->by_plane) {
        tri_video_plane(&filter->in, 0, &shape);
        shape.planes = filter->in.planes + filter->in.alpha;
        status = tri_job_new(filter->backend, filter->whole, &shape, &set->whole, error);
    }
    if (status == TRI_OK)
        *result = set;
    else
        tri_filter_free_set(set);
    return status;
}

/* Makes sets with the lock held: devices do not allow two threads to make jobs at the same time. */
static enum tri_status take_set(struct tri_filter *filter, struct tri_filter_set **set,
                                struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    tri_trace_lock(&filter->lock, "the filter");
    *set = filter->sets;
    if (*set != NULL)
        filter->sets = (*set)->next;
    else
        status = tri_filter_new_set(filter, set, error);
    pthread_mutex_unlock(&filter->lock);
    return status;
}

void tri_filter_put_set(struct tri_filter *filter, struct tri_filter_set *set)
{
    tri_trace_lock(&filter->lock, "the filter");
    set->next = filter->sets;
    filter->sets = set;
    pthread_mutex_unlock(&filter->lock);
}

/* Only by plane do jobs read the frames themselves. A pipeline over time has one set. */
enum tri_status tri_filter_lend(struct tri_filter *filter, int *runs, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    *runs = 0;
    if (!filter->by_plane || !tri_pipeline_over_time(filter->pipeline))
        return TRI_OK;
    tri_trace_lock(&filter->lock, "the filter");
    for (struct tri_filter_set *set = filter->sets; set != NULL; set = set->next) {
        for (int p = 0; p < planes_of(filter) && status == TRI_OK; p++) {
            int needed;
            status = tri_job_lend(set->planes[p], &needed, error);
            *runs = needed > *runs ? needed : *runs;
        }
    }
    pthread_mutex_unlock(&filter->lock);
    return status;
}

/* The single-plane jobs of slots are not ended: they do not work over time. */
void tri_filter_end(struct tri_filter *filter)
{
    tri_trace_lock(&filter->lock, "the filter");
    for (struct tri_filter_set *set = filter->sets; set != NULL; set = set->next) {
        for (int p = 0; filter->by_plane && p < planes_of(filter); p++)
            tri_job_end(set->planes[p]);
        if (!filter->by_plane)
            tri_job_end(set->whole);
    }
    pthread_mutex_unlock(&filter->lock);
}

/* ---- slots ---- */

void tri_filter_free_slot(struct tri_filter_slot *slot)
{
    if (slot == NULL)
        return;
    for (int p = 0; p < 3; p++)
        tri_inflight_free(slot->inflight[p]);
    for (int i = 0; i < 2; i++) {
        tri_job_free(slot->up[i]);
        tri_job_free(slot->down[i]);
    }
    tri_image_free(slot->before);
    tri_image_free(slot->after);
    tri_frame_free(&slot->plain);
    free(slot);
}

static enum tri_status prepare_for_rgb(const struct tri_filter *filter,
                                       struct tri_filter_slot *slot, struct tri_error *error)
{
    struct tri_shape shape, chroma, result;
    tri_video_plane(&filter->in, 0, &shape);
    tri_video_plane(&filter->in, 1, &chroma);
    tri_video_plane(&filter->out, 0, &result);
    struct tri_shape plane = result;
    plane.planes = 1;
    shape.planes = filter->in.planes + filter->in.alpha;
    result.planes = filter->out_planes;
    enum tri_status status = tri_image_new_for(filter->backend, &shape, &slot->before, error);
    if (status == TRI_OK)
        status = tri_image_new_for(filter->backend, &result, &slot->after, error);
    for (int i = 0; filter->up != NULL && i < 2 && status == TRI_OK; i++)
        status = tri_job_new(filter->backend, filter->up, &chroma, &slot->up[i], error);
    for (int i = 0; filter->down != NULL && i < 2 && status == TRI_OK; i++)
        status = tri_job_new(filter->backend, filter->down, &plane, &slot->down[i], error);
    return status;
}

static enum tri_status new_slot(const struct tri_filter *filter, struct tri_filter_slot **result,
                                struct tri_error *error)
{
    struct tri_filter_slot *slot = calloc(1, sizeof *slot);
    *result = NULL;
    if (slot == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a frame in flight");
    enum tri_status status = filter->by_plane ? TRI_OK : prepare_for_rgb(filter, slot, error);
    if (status == TRI_OK && filter->convert != NULL)
        status = tri_frame_new_in(tri_filter_memory(filter), &filter->out, &slot->plain, error);
    for (int p = 0; status == TRI_OK && p < (filter->by_plane ? planes_of(filter) : 1); p++)
        status = tri_inflight_new(filter->backend, &slot->inflight[p], error);
    if (status == TRI_OK)
        *result = slot;
    else
        tri_filter_free_slot(slot);
    return status;
}

enum tri_status tri_filter_take_slot(struct tri_filter *filter, struct tri_filter_slot **slot,
                                     struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    tri_trace_lock(&filter->lock, "the filter");
    *slot = filter->slots;
    if (*slot != NULL)
        filter->slots = (*slot)->next;
    else
        status = new_slot(filter, slot, error);
    pthread_mutex_unlock(&filter->lock);
    return status;
}

void tri_filter_drop(struct tri_filter *filter, struct tri_filter_slot *slot)
{
    if (slot == NULL)
        return;
    tri_trace_lock(&filter->lock, "the filter");
    slot->next = filter->slots;
    filter->slots = slot;
    pthread_mutex_unlock(&filter->lock);
}

/* ---- one frame ---- */

/* One plane of an image as an image of its own, sharing its memory. */
static struct tri_image plane_of(const struct tri_image *image, int plane)
{
    struct tri_image view = *image;
    view.shape.planes = 1;
    view.data = tri_image_row(image, plane, 0);
    view.padded = false;
    return view;
}

/* Copies a plane, through the job if the sizes differ. */
static enum tri_status bring_plane(struct tri_job *job, struct tri_image *from,
                                   struct tri_image *to, struct tri_error *error)
{
    if (job != NULL)
        return tri_job_run(job, from, to, NULL, error);
    tri_image_copy_plane(from, 0, to, 0);
    return TRI_OK;
}

static enum tri_status upload_together(const struct tri_filter *filter,
                                       struct tri_filter_slot *slot, const struct tri_frame *in,
                                       struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int p = 0; p < filter->in.planes && status == TRI_OK; p++) {
        struct tri_image view = plane_of(slot->before, p);
        status = bring_plane(p > 0 ? slot->up[p - 1] : NULL, in->planes[p], &view, error);
    }
    if (status == TRI_OK && filter->in.alpha)
        tri_image_copy_plane(in->planes[0], 1, slot->before, filter->in.planes);
    slot->before->padded = false;
    return status == TRI_OK ? tri_inflight_upload(slot->inflight[0], slot->before, error) : status;
}

enum tri_status tri_filter_upload(struct tri_filter *filter, const struct tri_frame *in,
                                  struct tri_filter_slot **result, struct tri_error *error)
{
    struct tri_filter_slot *slot;
    *result = NULL;
    enum tri_status status = tri_filter_take_slot(filter, &slot, error);
    if (status != TRI_OK)
        return status;
    slot->seconds = tri_video_seconds(&filter->in, in->time);
    if (!filter->by_plane)
        status = upload_together(filter, slot, in, error);
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++)
        status = tri_inflight_upload(slot->inflight[p], in->planes[p], error);
    if (status == TRI_OK)
        *result = slot;
    else
        tri_filter_drop(filter, slot);
    return status;
}

void tri_filter_with(struct tri_filter_slot *slot, const struct tri_image *image)
{
    slot->with = image;
}

static void tell_time(const struct tri_filter_set *set, double seconds)
{
    for (int p = 0; p < 3; p++)
        if (set->planes[p] != NULL)
            tri_job_set_time(set->planes[p], seconds);
    if (set->whole != NULL)
        tri_job_set_time(set->whole, seconds);
}

enum tri_status tri_filter_compute(struct tri_filter *filter, struct tri_filter_slot *slot,
                                   struct tri_frame *out, struct tri_error *error)
{
    const struct tri_frame *planes = filter->convert != NULL ? &slot->plain : out;
    struct tri_filter_set *set;
    enum tri_status status = take_set(filter, &set, error);
    if (status != TRI_OK)
        return status;
    slot->out = out;
    if (slot->with != NULL && set->whole != NULL)
        status = tri_job_set_with(set->whole, slot->with, error);
    slot->with = NULL;
    tell_time(set, slot->seconds);
    if (!filter->by_plane && status == TRI_OK)
        status = tri_inflight_compute(slot->inflight[0], set->whole, slot->after, error);
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++)
        status = tri_inflight_compute(slot->inflight[p], set->planes[p], planes->planes[p], error);
    if (status == TRI_OK && filter->tells)
        status = tri_job_data(tri_filter_telling_job(filter, set), &out->data, error);
    tri_filter_put_set(filter, set);
    return status;
}

static enum tri_status download_together(const struct tri_filter *filter,
                                         const struct tri_filter_slot *slot,
                                         struct tri_error *error)
{
    enum tri_status status = tri_inflight_download(slot->inflight[0], error);
    for (int p = 0; p < filter->out.planes && status == TRI_OK; p++) {
        struct tri_image view = plane_of(slot->after, p);
        status = bring_plane(p > 0 ? slot->down[p - 1] : NULL, &view, slot->out->planes[p], error);
    }
    if (status == TRI_OK && filter->out.alpha)
        tri_image_copy_plane(slot->after, filter->out.planes, slot->out->planes[0], 1);
    return status;
}

/* No colour: the middle of the range (128 of 8 bits), scaled as samples are. */
static void clear_plane(const struct tri_filter *filter, const struct tri_image *image)
{
    for (int y = 0; y < image->shape.height; y++) {
        void *row = tri_image_row(image, 0, y);
        if (image->shape.bits == 8)
            memset(row, 128, (size_t)image->shape.width);
        for (int x = 0; image->shape.bits == 16 && x < image->shape.width; x++)
            ((uint16_t *)row)[x] = (uint16_t)tri_filter_level(&filter->out, 128);
    }
}

static void bring_chroma(const struct tri_filter *filter, const struct tri_frame *in,
                         const struct tri_frame *out)
{
    for (int p = 1; p < filter->out.planes; p++) {
        if (filter->chroma == COPIED)
            tri_image_copy_plane(in->planes[p], 0, out->planes[p], 0);
        if (filter->chroma == NEUTRAL)
            clear_plane(filter, out->planes[p]);
    }
}

enum tri_status tri_filter_download(struct tri_filter *filter, struct tri_filter_slot *slot,
                                    const struct tri_frame *in, struct tri_error *error)
{
    enum tri_status status = filter->by_plane ? TRI_OK : download_together(filter, slot, error);
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++)
        status = tri_inflight_download(slot->inflight[p], error);
    if (status == TRI_OK)
        bring_chroma(filter, in, filter->convert != NULL ? &slot->plain : slot->out);
    if (status == TRI_OK && filter->convert != NULL)
        status = tri_filter_run(filter->convert, &slot->plain, slot->out, error);
    tri_filter_drop(filter, slot);
    return status;
}

enum tri_status tri_filter_run(struct tri_filter *filter, const struct tri_frame *in,
                               struct tri_frame *out, struct tri_error *error)
{
    struct tri_filter_slot *slot;
    enum tri_status status = tri_filter_upload(filter, in, &slot, error);
    if (status != TRI_OK)
        return status;
    status = tri_filter_compute(filter, slot, out, error);
    if (status == TRI_OK)
        return tri_filter_download(filter, slot, in, error);
    tri_filter_drop(filter, slot);
    return status;
}
