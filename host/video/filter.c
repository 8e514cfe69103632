/* filter.c -- jobs for the planes of frames. */
#include "filter.h"

#include "../image/image.h"
#include "../pipeline/graph.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The jobs that compute one frame at a time. Of a pipeline over time there is one set. */
struct set {
    struct set *next; /* of those that are idle */
    struct tri_job *planes[3], *whole;
};

/* What one frame under way needs beside them. */
struct tri_filter_slot {
    struct tri_filter_slot *next; /* of those that are idle */
    struct tri_flight *flights[3];
    /* For R, G and B: */
    struct tri_job *up[2], *down[2];  /* of Cb and Cr; NULL where they have luma's size */
    struct tri_image *before, *after; /* all planes together */
    struct tri_frame plain;           /* the result before `convert` */
    struct tri_frame *out;            /* since `compute` */
};

struct tri_filter {
    struct tri_backend *backend;
    struct tri_video in, out;
    bool by_plane, usual; /* usual: as a picture is meant, not as samples are */
    enum { COMPUTED, COPIED, NEUTRAL } chroma; /* by plane; what it comes from */
    const struct tri_pipeline *pipeline; /* the caller's */
    struct tri_pipeline *planes[2]; /* by plane: for the first, and for the others */
    struct tri_pipeline *up, *whole, *down;
    struct tri_pipeline *copy;   /* by plane: of `convert` */
    struct tri_filter *convert;  /* of results to R, G, B, or from it; NULL: they are as they are wanted */
    int out_planes; /* that the pipeline for R, G and B makes, alpha with them */
    int delay;
    const char *columns; /* of what a kernel tells beside the picture */
    bool tells;          /* and whether results come with it */
    pthread_mutex_t lock; /* for these */
    struct set *sets;
    struct tri_filter_slot *slots;
};

/* ---- sets of jobs ---- */

static void free_set(struct set *set)
{
    if (set == NULL)
        return;
    for (int p = 0; p < 3; p++)
        tri_job_free(set->planes[p]);
    tri_job_free(set->whole);
    free(set);
}

/* Planes that have jobs of their own, or that are one image for the job of all. */
static int planes_of(const struct tri_filter *filter)
{
    return filter->chroma == COMPUTED ? filter->in.planes : 1;
}

static enum tri_status new_set(const struct tri_filter *filter, struct set **result, struct tri_error *error)
{
    struct set *set = calloc(1, sizeof *set);
    enum tri_status status = TRI_OK;
    struct tri_shape shape;
    *result = NULL;
    if (set == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for the jobs of a frame");
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++) {
        tri_video_plane(&filter->in, p, &shape);
        status = tri_job_new(filter->backend, filter->planes[p > 0], &shape, &set->planes[p], error);
    }
    if (!filter->by_plane) {
        tri_video_plane(&filter->in, 0, &shape);
        shape.planes = filter->in.planes;
        status = tri_job_new(filter->backend, filter->whole, &shape, &set->whole, error);
    }
    if (status == TRI_OK)
        *result = set;
    else
        free_set(set);
    return status;
}

/* Whose delay is the frame's, how its rows lie, and what it tells: luma's, where planes have jobs of their own. */
static struct tri_job *telling_job(const struct tri_filter *filter, const struct set *set)
{
    return filter->by_plane ? set->planes[0] : set->whole;
}

/* Made with the lock held: that nobody else makes jobs at the same time is what devices ask for. */
static enum tri_status take_set(struct tri_filter *filter, struct set **set, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    pthread_mutex_lock(&filter->lock);
    *set = filter->sets;
    if (*set != NULL)
        filter->sets = (*set)->next;
    else
        status = new_set(filter, set, error);
    pthread_mutex_unlock(&filter->lock);
    return status;
}

static void put_set(struct tri_filter *filter, struct set *set)
{
    pthread_mutex_lock(&filter->lock);
    set->next = filter->sets;
    filter->sets = set;
    pthread_mutex_unlock(&filter->lock);
}

/* Those for single planes of a slot go on: they know no time. */
void tri_filter_end(struct tri_filter *filter)
{
    pthread_mutex_lock(&filter->lock);
    for (struct set *set = filter->sets; set != NULL; set = set->next) {
        for (int p = 0; filter->by_plane && p < planes_of(filter); p++)
            tri_job_end(set->planes[p]);
        if (!filter->by_plane)
            tri_job_end(set->whole);
    }
    pthread_mutex_unlock(&filter->lock);
}

/* ---- slots ---- */

static void free_slot(struct tri_filter_slot *slot)
{
    if (slot == NULL)
        return;
    for (int p = 0; p < 3; p++)
        tri_flight_free(slot->flights[p]);
    for (int i = 0; i < 2; i++) {
        tri_job_free(slot->up[i]);
        tri_job_free(slot->down[i]);
    }
    tri_image_free(slot->before);
    tri_image_free(slot->after);
    tri_frame_free(&slot->plain);
    free(slot);
}

static enum tri_status prepare_for_rgb(const struct tri_filter *filter, struct tri_filter_slot *slot, struct tri_error *error)
{
    struct tri_shape shape, chroma, result;
    tri_video_plane(&filter->in, 0, &shape);
    tri_video_plane(&filter->in, 1, &chroma);
    tri_video_plane(&filter->out, 0, &result);
    const struct tri_shape plane = result;
    shape.planes = filter->in.planes;
    result.planes = filter->out_planes;
    enum tri_status status = tri_image_new(&shape, &slot->before, error);
    if (status == TRI_OK)
        status = tri_image_new(&result, &slot->after, error);
    for (int i = 0; filter->up != NULL && i < 2 && status == TRI_OK; i++)
        status = tri_job_new(filter->backend, filter->up, &chroma, &slot->up[i], error);
    for (int i = 0; filter->down != NULL && i < 2 && status == TRI_OK; i++)
        status = tri_job_new(filter->backend, filter->down, &plane, &slot->down[i], error);
    return status;
}

static enum tri_status new_slot(const struct tri_filter *filter, struct tri_filter_slot **result, struct tri_error *error)
{
    struct tri_filter_slot *slot = calloc(1, sizeof *slot);
    *result = NULL;
    if (slot == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a frame under way");
    enum tri_status status = filter->by_plane ? TRI_OK : prepare_for_rgb(filter, slot, error);
    if (status == TRI_OK && filter->convert != NULL)
        status = tri_frame_new(&filter->out, &slot->plain, error);
    for (int p = 0; status == TRI_OK && p < (filter->by_plane ? planes_of(filter) : 1); p++)
        status = tri_flight_new(filter->backend, &slot->flights[p], error);
    if (status == TRI_OK)
        *result = slot;
    else
        free_slot(slot);
    return status;
}

static enum tri_status take_slot(struct tri_filter *filter, struct tri_filter_slot **slot, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    pthread_mutex_lock(&filter->lock);
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
    pthread_mutex_lock(&filter->lock);
    slot->next = filter->slots;
    filter->slots = slot;
    pthread_mutex_unlock(&filter->lock);
}

/* ---- what comes out ---- */

/* Fields, and the sides of a pixel, are where kernels have put them. Without fields a stream is progressive, also where
 * nobody knew whether it had any. */
static void describe_lines(const struct tri_job *job, struct tri_video *out)
{
    const enum tri_fields fields = tri_job_fields(job);
    if (fields == TRI_FIELDS_GONE)
        out->interlace = 'p';
    else if (fields == TRI_FIELDS_EXCHANGED && (out->interlace == 't' || out->interlace == 'b'))
        out->interlace = out->interlace == 't' ? 'b' : 't';
    if (tri_job_turned(job)) {
        const int width = out->aspect[0];
        out->aspect[0] = out->aspect[1];
        out->aspect[1] = width;
    }
}

/* Chroma has to be as large as it is in frames of luma's new size. It is, where it went the same way as luma. */
static enum tri_status check_chroma(const struct tri_filter *filter, const struct set *set, struct tri_error *error)
{
    struct tri_shape wanted, chroma;
    tri_video_plane(&filter->out, 1, &wanted);
    if (filter->chroma == COPIED)
        tri_video_plane(&filter->in, 1, &chroma);
    else
        chroma = *tri_job_shape(set->planes[1]);
    if (chroma.width == wanted.width && chroma.height == wanted.height)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE, "%s makes %d x %d pixels of luma and %d x %d of chroma, which do not fit together%s",
                    tri_pipeline_text(filter->pipeline), filter->out.width, filter->out.height, chroma.width, chroma.height,
                    filter->chroma == COPIED ? "; leave out --planes y" : "");
}

/* Turned by 90 degrees, columns and rows change places, and so does their subsampling. */
static enum tri_status find_output(struct tri_filter *filter, const struct set *set, struct tri_error *error)
{
    struct tri_video *out = &filter->out;
    const struct tri_job *job = telling_job(filter, set);
    const struct tri_shape *shape = tri_job_shape(job);
    const enum tri_matrix matrix = out->matrix;
    *out = filter->in;
    out->matrix = matrix;
    out->width = shape->width;
    out->height = shape->height;
    describe_lines(job, out);
    filter->out_planes = shape->planes;
    if (!filter->by_plane) {
        out->planes = shape->planes > 2 ? 3 : 1;
        if (matrix == TRI_RGB || out->planes == 1)
            out->shift_x = out->shift_y = 0;
        return TRI_OK;
    }
    if (out->planes == 1 || filter->chroma == NEUTRAL)
        return TRI_OK;
    if (tri_job_turned(job)) {
        out->shift_x = filter->in.shift_y;
        out->shift_y = filter->in.shift_x;
    }
    return check_chroma(filter, set, error);
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
    snprintf(how, sizeof how, "matrix=%s:range=%s:bits=%d", matrix_name(from_rgb ? filter->out.matrix : in->matrix),
             in->full_range ? "full" : "limited", in->bits);
    if (asprintf(&whole, "%s%s%s%s%s%s", from_rgb ? "" : "ycbcr:to=rgb:", from_rgb ? "" : how, from_rgb ? "" : ",",
                 tri_pipeline_text(pipeline), to_rgb ? "" : ",ycbcr:to=ycbcr:", to_rgb ? "" : how) < 0)
        return tri_fail(error, TRI_FAILED, "no memory for a pipeline");
    const enum tri_status status = tri_pipeline_parse(whole, &filter->whole, error);
    if (status == TRI_OK)
        filter->whole->bottom_first = in->interlace == 'b';
    free(whole);
    return status;
}

/* A value of eight bits in terms of a plane's samples, where 9 to 15 bits are spread over 16. */
static uint32_t level_of(const struct tri_video *video, uint32_t eight)
{
    const uint32_t value = eight << (video->bits - 8);
    return video->bits == 8 ? eight : value << (16 - video->bits) | value >> (2 * video->bits - 16);
}

/* Planes of video mean something; where the user has chosen planes by himself, or of R, G and B, samples are samples. */
static enum tri_status parse_planes(struct tri_filter *filter, const struct tri_pipeline *pipeline, struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    const bool bottom_first = in->interlace == 'b';
    struct tri_plane luma = {.bottom_first = bottom_first};
    struct tri_plane chroma = {.shift_x = in->shift_x, .shift_y = in->shift_y, .bottom_first = bottom_first};
    tri_video_plane(in, 0, &chroma.luma);
    if (filter->usual && in->matrix != TRI_RGB) {
        const uint32_t middle = level_of(in, 128);
        chroma.levels = (struct tri_levels){middle, middle};
        if (!in->full_range)
            luma.levels = (struct tri_levels){level_of(in, 16), level_of(in, 235)};
    }
    const enum tri_status status = tri_pipeline_of_plane(pipeline, &luma, &filter->planes[0], error);
    return status == TRI_OK ? tri_pipeline_of_plane(pipeline, &chroma, &filter->planes[1], error) : status;
}

static enum tri_status parse_pipelines(struct tri_filter *filter, const struct tri_pipeline *pipeline,
                                       struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    filter->pipeline = pipeline;
    if (filter->by_plane)
        return parse_planes(filter, pipeline, error);
    enum tri_status status = parse_whole(filter, pipeline, error);
    if (status == TRI_OK && in->planes == 3 && (in->shift_x > 0 || in->shift_y > 0))
        status = parse_resize(in, 0, &filter->up, error);
    return status;
}

/* One filter, whose results are of that matrix. */
static enum tri_status make_filter(struct tri_backend *backend, const struct tri_pipeline *pipeline, const struct tri_video *in,
                                   bool by_plane, enum tri_matrix matrix, enum tri_chroma chroma,
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
    filter->out.matrix = matrix;
    filter->by_plane = by_plane;
    filter->usual = chroma == TRI_CHROMA_USUAL;
    if (by_plane && in->planes > 1 && in->matrix != TRI_RGB)
        filter->chroma = chroma == TRI_CHROMA_KEPT                                          ? COPIED
                         : chroma == TRI_CHROMA_USUAL && tri_pipeline_monochrome(pipeline) ? NEUTRAL
                                                                                            : COMPUTED;
    struct set *set = NULL;
    enum tri_status status = parse_pipelines(filter, pipeline, error);
    if (status == TRI_OK)
        status = new_set(filter, &set, error);
    if (status == TRI_OK)
        status = find_output(filter, set, error);
    if (status == TRI_OK && filter->up != NULL && filter->out.planes == 3 && filter->out.matrix != TRI_RGB)
        status = parse_resize(&filter->out, 1, &filter->down, error);
    if (status != TRI_OK) {
        free_set(set);
        tri_filter_free(filter);
        return status;
    }
    filter->delay = tri_job_delay(telling_job(filter, set));
    filter->columns = tri_job_data_columns(telling_job(filter, set));
    put_set(filter, set);
    *result = filter;
    return TRI_OK;
}

/* What is wanted of the results. Y4M, which takes nothing but Y'CbCr, does not tell the matrix. */
static enum tri_status choose_matrix(const struct tri_pipeline *pipeline, const struct tri_video *in, enum tri_colour takes,
                                     enum tri_matrix *matrix, struct tri_error *error)
{
    struct tri_shape shape;
    *matrix = takes == TRI_ONLY_RGB ? TRI_RGB : in->matrix;
    if (takes != TRI_ONLY_YCBCR || in->matrix != TRI_RGB)
        return TRI_OK;
    tri_video_plane(in, 0, &shape);
    shape.planes = in->planes;
    const enum tri_status status = tri_pipeline_shape(pipeline, &shape, &shape, error);
    *matrix = tri_video_usual_matrix(shape.height);
    return status;
}

/* By plane, what comes out is of the same matrix as what goes in; another filter makes of it what is wanted. */
static enum tri_status add_conversion(struct tri_filter *filter, enum tri_matrix matrix, struct tri_error *error)
{
    enum tri_status status = filter->out.matrix != matrix ? tri_pipeline_parse("copy", &filter->copy, error) : TRI_OK;
    if (filter->copy != NULL)
        status = make_filter(filter->backend, filter->copy, &filter->out, false, matrix, TRI_CHROMA_USUAL, &filter->convert, error);
    return status;
}

enum tri_status tri_filter_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_video *in, enum tri_colour takes, enum tri_chroma chroma,
                               struct tri_filter **result, struct tri_error *error)
{
    const bool by_plane = tri_pipeline_by_plane(pipeline) &&
                          (chroma != TRI_CHROMA_USUAL || in->matrix == TRI_RGB || !tri_pipeline_wants_light(pipeline));
    struct tri_filter_slot *slot = NULL;
    enum tri_matrix matrix;
    *result = NULL;
    enum tri_status status = choose_matrix(pipeline, in, takes, &matrix, error);
    if (status == TRI_OK)
        status = make_filter(backend, pipeline, in, by_plane, by_plane ? in->matrix : matrix, chroma, result, error);
    if (status == TRI_OK)
        status = add_conversion(*result, matrix, error);
    if (status == TRI_OK) /* that there is memory for one frame is known before anything is written */
        status = take_slot(*result, &slot, error);
    if (status != TRI_OK) {
        tri_filter_free(*result);
        *result = NULL;
        return status;
    }
    tri_filter_drop(*result, slot);
    return TRI_OK;
}

void tri_filter_free(struct tri_filter *filter)
{
    if (filter == NULL)
        return;
    for (struct set *set; (set = filter->sets) != NULL;) {
        filter->sets = set->next;
        free_set(set);
    }
    for (struct tri_filter_slot *slot; (slot = filter->slots) != NULL;) {
        filter->slots = slot->next;
        free_slot(slot);
    }
    tri_filter_free(filter->convert);
    tri_pipeline_free(filter->copy);
    tri_pipeline_free(filter->planes[0]);
    tri_pipeline_free(filter->planes[1]);
    tri_pipeline_free(filter->up);
    tri_pipeline_free(filter->whole);
    tri_pipeline_free(filter->down);
    pthread_mutex_destroy(&filter->lock);
    free(filter);
}

const struct tri_video *tri_filter_video(const struct tri_filter *filter)
{
    return filter->convert != NULL ? &filter->convert->out : &filter->out;
}

bool tri_filter_in_order(const struct tri_filter *filter)
{
    return tri_pipeline_over_time(filter->pipeline) || tri_backend_info(filter->backend)->opencl;
}

int tri_filter_delay(const struct tri_filter *filter)
{
    return filter->delay;
}

const char *tri_filter_data_columns(const struct tri_filter *filter)
{
    return filter->columns;
}

void tri_filter_tell(struct tri_filter *filter)
{
    filter->tells = filter->columns != NULL;
}

/* ---- one frame ---- */

/* One plane of an image as an image: it shares the memory. */
static struct tri_image plane_of(const struct tri_image *image, int plane)
{
    struct tri_image view = *image;
    view.shape.planes = 1;
    view.data = tri_image_row(image, plane, 0);
    view.padded = false;
    return view;
}

/* By its job where the sizes differ. */
static enum tri_status bring_plane(struct tri_job *job, struct tri_image *from, struct tri_image *to, struct tri_error *error)
{
    if (job != NULL)
        return tri_job_run(job, from, to, NULL, error);
    tri_image_copy_plane(from, 0, to, 0);
    return TRI_OK;
}

static enum tri_status upload_together(const struct tri_filter *filter, struct tri_filter_slot *slot,
                                       const struct tri_frame *in, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int p = 0; p < filter->in.planes && status == TRI_OK; p++) {
        struct tri_image view = plane_of(slot->before, p);
        status = bring_plane(p > 0 ? slot->up[p - 1] : NULL, in->planes[p], &view, error);
    }
    slot->before->padded = false;
    return status == TRI_OK ? tri_flight_upload(slot->flights[0], slot->before, error) : status;
}

enum tri_status tri_filter_upload(struct tri_filter *filter, const struct tri_frame *in, struct tri_filter_slot **result,
                                  struct tri_error *error)
{
    struct tri_filter_slot *slot;
    *result = NULL;
    enum tri_status status = take_slot(filter, &slot, error);
    if (status != TRI_OK)
        return status;
    if (!filter->by_plane)
        status = upload_together(filter, slot, in, error);
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++)
        status = tri_flight_upload(slot->flights[p], in->planes[p], error);
    if (status == TRI_OK)
        *result = slot;
    else
        tri_filter_drop(filter, slot);
    return status;
}

enum tri_status tri_filter_compute(struct tri_filter *filter, struct tri_filter_slot *slot, struct tri_frame *out,
                                   struct tri_error *error)
{
    const struct tri_frame *planes = filter->convert != NULL ? &slot->plain : out;
    struct set *set;
    enum tri_status status = take_set(filter, &set, error);
    if (status != TRI_OK)
        return status;
    slot->out = out;
    if (!filter->by_plane)
        status = tri_flight_compute(slot->flights[0], set->whole, slot->after, error);
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++)
        status = tri_flight_compute(slot->flights[p], set->planes[p], planes->planes[p], error);
    if (status == TRI_OK && filter->tells)
        status = tri_job_data(telling_job(filter, set), &out->data, error);
    put_set(filter, set);
    return status;
}

static enum tri_status download_together(const struct tri_filter *filter, const struct tri_filter_slot *slot,
                                         struct tri_error *error)
{
    enum tri_status status = tri_flight_download(slot->flights[0], error);
    for (int p = 0; p < filter->out.planes && status == TRI_OK; p++) {
        struct tri_image view = plane_of(slot->after, p);
        status = bring_plane(p > 0 ? slot->down[p - 1] : NULL, &view, slot->out->planes[p], error);
    }
    return status;
}

/* No colour: the middle of the range, 128 of 8 bits and the like, spread as samples are. */
static void clear_plane(const struct tri_filter *filter, const struct tri_image *image)
{
    for (int y = 0; y < image->shape.height; y++) {
        void *row = tri_image_row(image, 0, y);
        if (image->shape.bits == 8)
            memset(row, 128, (size_t)image->shape.width);
        for (int x = 0; image->shape.bits == 16 && x < image->shape.width; x++)
            ((uint16_t *)row)[x] = (uint16_t)level_of(&filter->out, 128);
    }
}

static void bring_chroma(const struct tri_filter *filter, const struct tri_frame *in, const struct tri_frame *out)
{
    for (int p = 1; p < filter->out.planes; p++) {
        if (filter->chroma == COPIED)
            tri_image_copy_plane(in->planes[p], 0, out->planes[p], 0);
        if (filter->chroma == NEUTRAL)
            clear_plane(filter, out->planes[p]);
    }
}

enum tri_status tri_filter_download(struct tri_filter *filter, struct tri_filter_slot *slot, const struct tri_frame *in,
                                    struct tri_error *error)
{
    enum tri_status status = filter->by_plane ? TRI_OK : download_together(filter, slot, error);
    for (int p = 0; filter->by_plane && p < planes_of(filter) && status == TRI_OK; p++)
        status = tri_flight_download(slot->flights[p], error);
    if (status == TRI_OK)
        bring_chroma(filter, in, filter->convert != NULL ? &slot->plain : slot->out);
    if (status == TRI_OK && filter->convert != NULL)
        status = tri_filter_run(filter->convert, &slot->plain, slot->out, error);
    tri_filter_drop(filter, slot);
    return status;
}

enum tri_status tri_filter_run(struct tri_filter *filter, const struct tri_frame *in, struct tri_frame *out,
                               struct tri_error *error)
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
