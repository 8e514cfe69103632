/* filter.c -- jobs for the planes of frames. */
#include "filter.h"

#include "../image/image.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What one frame at a time is run with. */
struct set {
    struct set *next; /* of those that are idle */
    struct tri_job *planes[3];
    /* For R, G and B: */
    struct tri_job *up[2], *whole, *down[2]; /* of Cb and Cr; NULL where they have luma's size */
    struct tri_image *before, *after;        /* all planes together */
};

struct tri_filter {
    struct tri_backend *backend;
    struct tri_video in, out;
    bool by_plane, luma_only;
    const struct tri_pipeline *luma; /* by plane; the caller's */
    struct tri_pipeline *chroma;
    struct tri_pipeline *up, *whole, *down;
    int delay;
    pthread_mutex_t lock; /* for `idle` */
    struct set *idle;
};

/* ---- sets of jobs ---- */

static void free_set(struct set *set)
{
    if (set == NULL)
        return;
    for (int p = 0; p < 3; p++)
        tri_job_free(set->planes[p]);
    for (int i = 0; i < 2; i++) {
        tri_job_free(set->up[i]);
        tri_job_free(set->down[i]);
    }
    tri_job_free(set->whole);
    tri_image_free(set->before);
    tri_image_free(set->after);
    free(set);
}

static enum tri_status new_jobs_by_plane(const struct tri_filter *filter, struct set *set, struct tri_error *error)
{
    const int planes = filter->luma_only ? 1 : filter->in.planes;
    enum tri_status status = TRI_OK;
    for (int p = 0; p < planes && status == TRI_OK; p++) {
        struct tri_shape shape;
        tri_video_plane(&filter->in, p, &shape);
        status = tri_job_new(filter->backend, p > 0 ? filter->chroma : filter->luma, &shape, &set->planes[p], error);
    }
    return status;
}

static enum tri_status new_jobs_for_rgb(const struct tri_filter *filter, struct set *set, struct tri_error *error)
{
    struct tri_shape shape, chroma;
    tri_video_plane(&filter->in, 0, &shape);
    tri_video_plane(&filter->in, 1, &chroma);
    const struct tri_shape plane = shape;
    enum tri_status status = TRI_OK;
    shape.planes = filter->in.planes;
    for (int i = 0; filter->up != NULL && i < 2 && status == TRI_OK; i++)
        status = tri_job_new(filter->backend, filter->up, &chroma, &set->up[i], error);
    if (status == TRI_OK)
        status = tri_job_new(filter->backend, filter->whole, &shape, &set->whole, error);
    if (status == TRI_OK)
        status = tri_image_new(&shape, &set->before, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(set->whole), &set->after, error);
    struct tri_shape result = plane;
    if (status == TRI_OK) {
        result.width = set->after->shape.width;
        result.height = set->after->shape.height;
    }
    for (int i = 0; filter->down != NULL && i < 2 && status == TRI_OK; i++)
        status = tri_job_new(filter->backend, filter->down, &result, &set->down[i], error);
    return status;
}

static enum tri_status new_set(const struct tri_filter *filter, struct set **result, struct tri_error *error)
{
    struct set *set = calloc(1, sizeof *set);
    *result = NULL;
    if (set == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for the jobs of a frame");
    const enum tri_status status =
        filter->by_plane ? new_jobs_by_plane(filter, set, error) : new_jobs_for_rgb(filter, set, error);
    if (status == TRI_OK)
        *result = set;
    else
        free_set(set);
    return status;
}

static struct set *take_idle(struct tri_filter *filter)
{
    pthread_mutex_lock(&filter->lock);
    struct set *set = filter->idle;
    if (set != NULL)
        filter->idle = set->next;
    pthread_mutex_unlock(&filter->lock);
    return set;
}

static void put_idle(struct tri_filter *filter, struct set *set)
{
    pthread_mutex_lock(&filter->lock);
    set->next = filter->idle;
    filter->idle = set;
    pthread_mutex_unlock(&filter->lock);
}

/* ---- what comes out ---- */

static bool same_size(const struct tri_shape *a, const struct tri_shape *b)
{
    return a->width == b->width && a->height == b->height;
}

/* Turned by 90 degrees, columns and rows change places, and so does their subsampling. */
static enum tri_status find_output(struct tri_filter *filter, const struct set *set, struct tri_error *error)
{
    struct tri_video *out = &filter->out;
    const struct tri_shape *shape = filter->by_plane ? tri_job_shape(set->planes[0]) : &set->after->shape;
    const enum tri_matrix matrix = out->matrix;
    *out = filter->in;
    out->matrix = matrix;
    out->width = shape->width;
    out->height = shape->height;
    if (!filter->by_plane) {
        out->planes = shape->planes > 2 ? 3 : 1;
        if (matrix == TRI_RGB || out->planes == 1)
            out->shift_x = out->shift_y = 0;
        return TRI_OK;
    }
    if (out->planes == 1)
        return TRI_OK;
    const struct tri_shape *chroma = filter->luma_only ? NULL : tri_job_shape(set->planes[1]);
    for (int turn = 0; turn < 2; turn++) {
        struct tri_shape wanted, old;
        out->shift_x = turn ? filter->in.shift_y : filter->in.shift_x;
        out->shift_y = turn ? filter->in.shift_x : filter->in.shift_y;
        tri_video_plane(out, 1, &wanted);
        tri_video_plane(&filter->in, 1, &old);
        if (same_size(chroma != NULL ? chroma : &old, &wanted))
            return TRI_OK;
    }
    return tri_fail(error, TRI_USAGE, "%s makes %d x %d pixels of luma and %d x %d of chroma, which do not fit together%s",
                    tri_pipeline_text(filter->luma), shape->width, shape->height, chroma != NULL ? chroma->width : 0,
                    chroma != NULL ? chroma->height : 0,
                    filter->luma_only ? "; leave out --planes y" : "; give resize width and height that are even");
}

/* ---- pipelines ---- */

static const char *matrix_name(enum tri_matrix matrix)
{
    return matrix == TRI_BT709 ? "bt709" : matrix == TRI_BT2020 ? "bt2020" : "bt601";
}

static enum tri_status parse_resize(const struct tri_video *video, int plane, struct tri_pipeline **pipeline,
                                    struct tri_error *error)
{
    struct tri_shape shape;
    char text[100];
    tri_video_plane(video, plane, &shape);
    snprintf(text, sizeof text, "resize:width=%d:height=%d:filter=bilinear", shape.width, shape.height);
    return tri_pipeline_parse(text, pipeline, error);
}

/* "ycbcr:to=rgb,PIPELINE,ycbcr:to=ycbcr": the first unless the stream is R, G, B already, the last unless that is
 * what comes out. */
static enum tri_status parse_whole(struct tri_filter *filter, const struct tri_pipeline *pipeline, struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    const bool from_rgb = in->matrix == TRI_RGB, to_rgb = filter->out.matrix == TRI_RGB;
    char how[60], *whole = NULL;
    snprintf(how, sizeof how, "matrix=%s:range=%s", matrix_name(from_rgb ? filter->out.matrix : in->matrix),
             in->full_range ? "full" : "limited");
    if (asprintf(&whole, "%s%s%s%s%s%s", from_rgb ? "" : "ycbcr:to=rgb:", from_rgb ? "" : how, from_rgb ? "" : ",",
                 tri_pipeline_text(pipeline), to_rgb ? "" : ",ycbcr:to=ycbcr:", to_rgb ? "" : how) < 0)
        return tri_fail(error, TRI_FAILED, "no memory for a pipeline");
    const enum tri_status status = tri_pipeline_parse(whole, &filter->whole, error);
    free(whole);
    return status;
}

static enum tri_status parse_pipelines(struct tri_filter *filter, const struct tri_pipeline *pipeline,
                                       struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    filter->luma = pipeline;
    if (filter->by_plane)
        return tri_pipeline_scaled(pipeline, in->shift_x, in->shift_y, &filter->chroma, error);
    enum tri_status status = parse_whole(filter, pipeline, error);
    if (status == TRI_OK && in->planes == 3 && (in->shift_x > 0 || in->shift_y > 0))
        status = parse_resize(in, 0, &filter->up, error);
    return status;
}

enum tri_status tri_filter_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_video *in, enum tri_colour takes, bool luma_only,
                               struct tri_filter **result, struct tri_error *error)
{
    struct tri_filter *filter = calloc(1, sizeof *filter);
    *result = NULL;
    if (filter == NULL || pthread_mutex_init(&filter->lock, NULL) != 0) {
        free(filter);
        return tri_fail(error, TRI_FAILED, "no memory for a filter");
    }
    filter->backend = backend;
    filter->in = *in;
    filter->out.matrix = takes == TRI_ONLY_RGB                              ? TRI_RGB
                         : takes == TRI_ONLY_YCBCR && in->matrix == TRI_RGB ? TRI_BT709
                                                                            : in->matrix;
    filter->by_plane = tri_pipeline_by_plane(pipeline) && filter->out.matrix == in->matrix;
    filter->luma_only = luma_only && filter->by_plane && in->planes > 1;
    struct set *set = NULL;
    enum tri_status status = parse_pipelines(filter, pipeline, error);
    if (status == TRI_OK)
        status = new_set(filter, &set, error);
    if (status == TRI_OK)
        status = find_output(filter, set, error);
    if (status == TRI_OK && filter->up != NULL && filter->out.planes == 3 && filter->out.matrix != TRI_RGB) {
        free_set(set); /* made without what follows it */
        set = NULL;
        status = parse_resize(&filter->out, 1, &filter->down, error);
        if (status == TRI_OK)
            status = new_set(filter, &set, error);
    }
    if (status != TRI_OK) {
        free_set(set);
        tri_filter_free(filter);
        return status;
    }
    filter->delay = tri_job_delay(filter->by_plane ? set->planes[0] : set->whole);
    put_idle(filter, set);
    *result = filter;
    return TRI_OK;
}

void tri_filter_free(struct tri_filter *filter)
{
    if (filter == NULL)
        return;
    for (struct set *set; (set = filter->idle) != NULL;) {
        filter->idle = set->next;
        free_set(set);
    }
    tri_pipeline_free(filter->chroma);
    tri_pipeline_free(filter->up);
    tri_pipeline_free(filter->whole);
    tri_pipeline_free(filter->down);
    pthread_mutex_destroy(&filter->lock);
    free(filter);
}

const struct tri_video *tri_filter_video(const struct tri_filter *filter)
{
    return &filter->out;
}

bool tri_filter_luma_only(const struct tri_filter *filter)
{
    return filter->luma_only;
}

int tri_filter_delay(const struct tri_filter *filter)
{
    return filter->delay;
}

/* ---- one frame ---- */

static enum tri_status run_job(struct tri_job *job, struct tri_image *in, struct tri_image *out, struct tri_timing *timing,
                               struct tri_error *error)
{
    struct tri_timing took = {0};
    const enum tri_status status = tri_job_run(job, in, out, &took, error);
    timing->upload_ns += took.upload_ns;
    timing->kernel_ns += took.kernel_ns;
    timing->download_ns += took.download_ns;
    return status;
}

/* One plane of an image as an image: it shares the memory. */
static struct tri_image plane_of(const struct tri_image *image, int plane)
{
    struct tri_image view = *image;
    view.shape.planes = 1;
    view.data = tri_image_row(image, plane, 0);
    view.padded = false;
    return view;
}

static void copy_plane(const struct tri_image *from, const struct tri_image *to)
{
    const size_t bytes = (size_t)from->shape.width * tri_sample_bytes(&from->shape);
    for (int y = 0; y < from->shape.height; y++)
        memcpy(tri_image_row(to, 0, y), tri_image_row(from, 0, y), bytes);
}

static enum tri_status run_for_rgb(const struct set *set, int planes_in, int planes_out, const struct tri_frame *in,
                                   struct tri_frame *out, struct tri_timing *timing, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int p = 0; p < planes_in && status == TRI_OK; p++) {
        struct tri_image view = plane_of(set->before, p);
        if (p > 0 && set->up[p - 1] != NULL)
            status = run_job(set->up[p - 1], in->planes[p], &view, timing, error);
        else
            copy_plane(in->planes[p], &view);
    }
    set->before->padded = false;
    if (status == TRI_OK)
        status = run_job(set->whole, set->before, set->after, timing, error);
    for (int p = 0; p < planes_out && status == TRI_OK; p++) {
        struct tri_image view = plane_of(set->after, p);
        if (p > 0 && set->down[p - 1] != NULL)
            status = run_job(set->down[p - 1], &view, out->planes[p], timing, error);
        else
            copy_plane(&view, out->planes[p]);
    }
    return status;
}

enum tri_status tri_filter_run(struct tri_filter *filter, const struct tri_frame *in, struct tri_frame *out,
                               struct tri_timing *timing, struct tri_error *error)
{
    struct set *set = take_idle(filter);
    enum tri_status status = TRI_OK;
    *timing = (struct tri_timing){0};
    if (set == NULL)
        status = new_set(filter, &set, error);
    for (int p = 0; status == TRI_OK && p < 3; p++) {
        if (set->planes[p] != NULL)
            status = run_job(set->planes[p], in->planes[p], out->planes[p], timing, error);
    }
    if (status == TRI_OK && !filter->by_plane)
        status = run_for_rgb(set, filter->in.planes, filter->out.planes, in, out, timing, error);
    if (set != NULL)
        put_idle(filter, set);
    return status;
}
