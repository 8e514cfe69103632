/* filter.c -- how a pipeline sees the planes of frames, and what it produces. */
#include "filter_internal.h"

#include "../pipeline/graph.h"

#include <stdlib.h>
#include <string.h>

/* ---- output ---- */

/* Fields and pixel aspect follow what the kernels did. Without fields a stream is progressive, even
 * if it was unknown whether it had any. */
static void describe_lines(const struct tri_job *job, struct tri_video *out)
{
    const enum tri_fields fields = tri_job_fields(job);
    if (fields == TRI_FIELDS_GONE)
        out->interlace = 'p';
    else if (fields == TRI_FIELDS_EXCHANGED && (out->interlace == 't' || out->interlace == 'b'))
        out->interlace = out->interlace == 't' ? 'b' : 't';
    if (tri_job_transposed(job)) {
        const int width = out->aspect[0];
        out->aspect[0] = out->aspect[1];
        out->aspect[1] = width;
    }
}

/* The stream's light, by the rule of tri_metadata_follow for pictures. */
static void follow_light(const struct tri_filter *filter, struct tri_video *out)
{
    if (!tri_pipeline_same_samples(filter->pipeline))
        out->has_light_level = false;
}

/* Chroma must have the size that luma's new size requires; it does if processed like luma. */
static enum tri_status check_chroma(const struct tri_filter *filter,
                                    const struct tri_filter_set *set, struct tri_error *error)
{
    struct tri_shape wanted, chroma;
    tri_video_plane(&filter->out, 1, &wanted);
    if (filter->chroma == COPIED)
        tri_video_plane(&filter->in, 1, &chroma);
    else
        chroma = *tri_job_shape(set->planes[1]);
    if (chroma.width == wanted.width && chroma.height == wanted.height)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE,
                    "%s makes %d x %d pixels of luma but %d x %d of chroma, which do not match%s",
                    tri_pipeline_text(filter->pipeline), filter->out.width, filter->out.height,
                    chroma.width, chroma.height,
                    filter->chroma == COPIED ? "; remove --planes y" : "");
}

/* A turn by 90 degrees swaps columns and rows, and their subsampling. */
static enum tri_status find_output(struct tri_filter *filter, const struct tri_filter_set *set,
                                   struct tri_error *error)
{
    struct tri_video *out = &filter->out;
    const struct tri_job *job = tri_filter_telling_job(filter, set);
    const struct tri_shape *shape = tri_job_shape(job);
    const enum tri_matrix matrix = out->matrix;
    *out = filter->in;
    out->matrix = matrix;
    out->width = shape->width;
    out->height = shape->height;
    describe_lines(job, out);
    follow_light(filter, out);
    filter->transposed = tri_job_transposed(job);
    filter->out_planes = shape->planes;
    out->alpha = shape->planes % 2 == 0;
    if (!filter->by_plane) {
        out->planes = shape->planes > 2 ? 3 : 1;
        if (matrix == TRI_RGB || out->planes == 1)
            out->shift_x = out->shift_y = 0;
        return TRI_OK;
    }
    if (out->planes == 1 || filter->chroma == NEUTRAL)
        return TRI_OK;
    if (tri_job_transposed(job)) {
        out->shift_x = filter->in.shift_y;
        out->shift_y = filter->in.shift_x;
    }
    return check_chroma(filter, set, error);
}

void tri_filter_follow(const struct tri_filter *filter, struct tri_metadata *metadata,
                       char note[TRI_NOTE_MAX])
{
    const struct tri_metadata_change change = {filter->pipeline,
                                               {filter->in.width, filter->in.height, 0, 0},
                                               {filter->out.width, filter->out.height, 0, 0},
                                               filter->transposed};
    tri_metadata_follow(metadata, &change, note);
}

/* ---- pipelines ---- */

static const char *matrix_name(enum tri_matrix matrix)
{
    return matrix == TRI_BT709    ? "bt709"
           : matrix == TRI_BT2020 ? "bt2020"
           : matrix == TRI_YCGCO  ? "ycgco"
                                  : "bt601";
}

/* A pipeline as seen here: its graph for whole frames, and the graph's properties. */
struct view {
    const struct tri_pipeline *pipeline;
    struct tri_graph graph;
    struct tri_properties properties;
};

static enum tri_status look_at(const struct tri_pipeline *pipeline, const struct tri_video *video,
                               struct view *view, struct tri_error *error)
{
    struct tri_shape shape, out;
    struct tri_value value;
    tri_video_plane(video, 0, &shape);
    shape.planes = video->planes + video->alpha;
    view->pipeline = pipeline;
    const enum tri_status status =
        tri_graph_build(pipeline, &shape, &view->graph, &value, &out, error);
    return status == TRI_OK
               ? tri_graph_properties(&view->graph, &value, &shape, &view->properties, error)
               : status;
}

/* Left of the middle of the 2^shift luma samples that one chroma sample stands for, in chroma
 * sample distances. */
static double left_of(int shift)
{
    return -0.5 * (1 - 1.0 / (1 << shift));
}

/* Chroma siting in x and y. Untagged, left is the rule since MPEG-2. */
static void find_siting(const struct tri_video *video, double at[2])
{
    const bool middle = strcmp(video->siting, "jpeg") == 0;
    at[0] = middle ? 0 : left_of(video->shift_x);
    at[1] = strcmp(video->siting, "paldv") == 0 ? left_of(video->shift_y) : 0;
}

/* Parses a pipeline put around the user's operations, without a pixel limit: the user's limit may
 * be above the default. */
static enum tri_status parse_own(const char *text, struct tri_pipeline **pipeline,
                                 struct tri_error *error)
{
    const enum tri_status status = tri_pipeline_parse(text, pipeline, error);
    if (status == TRI_OK)
        tri_pipeline_limit(*pipeline, UINT64_MAX);
    return status;
}

/* Resizes chroma to luma's size (plane 0), or back. */
static enum tri_status parse_resize(const struct tri_video *video, int plane,
                                    struct tri_pipeline **pipeline, struct tri_error *error)
{
    const double across = 1 << video->shift_x, down = 1 << video->shift_y;
    struct tri_shape shape;
    char text[100];
    double at[2];
    tri_video_plane(video, plane, &shape);
    find_siting(video, at);
    snprintf(text, sizeof text, "resize:width=%d:height=%d:filter=bilinear", shape.width,
             shape.height);
    const enum tri_status status = parse_own(text, pipeline, error);
    if (status == TRI_OK)
        (*pipeline)->siting = plane == 0
                                  ? (struct tri_siting){at[0], at[1], 0, 0, 1 / across, 1 / down}
                                  : (struct tri_siting){0, 0, at[0], at[1], across, down};
    return status;
}

static char first_field(const struct tri_video *video)
{
    return video->interlace == 't' || video->interlace == 'b' ? video->interlace : 0;
}

static enum tri_status parse_conversion(const struct tri_filter *filter, const char *to,
                                        struct tri_pipeline **conversion, struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    const enum tri_matrix matrix = in->matrix == TRI_RGB ? filter->out.matrix : in->matrix;
    char text[100];
    snprintf(text, sizeof text, "ycbcr:to=%s:matrix=%s:range=%s:bits=%d", to, matrix_name(matrix),
             in->full_range ? "full" : "limited", in->bits);
    return parse_own(text, conversion, error);
}

/* Adds conversions around the pipeline: the first unless the stream is already R, G, B, the last
 * unless the output is. */
static enum tri_status join_whole(struct tri_filter *filter, const struct tri_pipeline *pipeline,
                                  struct tri_error *error)
{
    struct tri_pipeline *first = NULL, *last = NULL;
    const struct tri_pipeline *parts[3];
    int count = 0;
    enum tri_status status = TRI_OK;
    if (filter->in.matrix != TRI_RGB)
        status = parse_conversion(filter, "rgb", &first, error);
    if (status == TRI_OK && filter->out.matrix != TRI_RGB)
        status = parse_conversion(filter, "ycbcr", &last, error);
    if (first != NULL)
        parts[count++] = first;
    parts[count++] = pipeline;
    if (last != NULL)
        parts[count++] = last;
    if (status == TRI_OK)
        status = tri_pipeline_join(parts, count, &filter->whole, error);
    if (status == TRI_OK)
        filter->whole->first_field = first_field(&filter->in);
    tri_pipeline_free(first);
    tri_pipeline_free(last);
    return status;
}

/* Planes of a video have a meaning; but if the user chose planes explicitly, or with R, G and B,
 * samples are bare samples. */
static enum tri_status make_planes(struct tri_filter *filter, const struct view *view,
                                   struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    struct tri_plane luma = {.first_field = first_field(in)}, chroma = luma;
    double at[2];
    chroma.shift_x = in->shift_x;
    chroma.shift_y = in->shift_y;
    find_siting(in, at);
    chroma.siting = (struct tri_siting){at[0], at[1], at[0], at[1], 0, 0};
    if (filter->usual && in->matrix != TRI_RGB) {
        const uint32_t middle = tri_filter_level(in, 128);
        chroma.levels = (struct tri_levels){middle, middle};
        if (!in->full_range)
            luma.levels = (struct tri_levels){tri_filter_level(in, 16), tri_filter_level(in, 235)};
    }
    const enum tri_status status =
        tri_pipeline_of_plane(view->pipeline, &view->graph, &luma, &filter->planes[0], error);
    return status == TRI_OK ? tri_pipeline_of_plane(view->pipeline, &view->graph, &chroma,
                                                    &filter->planes[1], error)
                            : status;
}

static enum tri_status make_pipelines(struct tri_filter *filter, const struct view *view,
                                      struct tri_error *error)
{
    const struct tri_video *in = &filter->in;
    filter->pipeline = view->pipeline;
    if (filter->by_plane)
        return make_planes(filter, view, error);
    enum tri_status status = join_whole(filter, view->pipeline, error);
    if (status == TRI_OK && in->planes == 3 && (in->shift_x > 0 || in->shift_y > 0))
        status = parse_resize(in, 0, &filter->up, error);
    return status;
}

/* Makes one filter, whose results have that matrix. */
static enum tri_status make_filter(struct tri_backend *backend, const struct view *view,
                                   const struct tri_video *in, bool by_plane,
                                   enum tri_matrix matrix, enum tri_chroma chroma,
                                   struct tri_filter **result, struct tri_error *error)
{
    struct tri_filter *filter = calloc(1, sizeof *filter);
    *result = NULL;
    if (filter == NULL || pthread_mutex_init(&filter->lock, NULL) != 0) {
        free(filter);
        return tri_fail(error, TRI_FAILED, "out of memory for a filter");
    }
    filter->backend = backend;
    filter->in = *in;
    filter->out.matrix = matrix;
    filter->by_plane = by_plane;
    if (!by_plane && in->matrix == TRI_OTHER_MATRIX) {
        tri_filter_free(filter);
        return tri_fail(error, TRI_USAGE,
                        "cannot convert these planes to RGB (constant luminance, ICtCp or "
                        "similar); use only kernels and outputs that work on planes");
    }
    filter->usual = chroma == TRI_CHROMA_USUAL;
    if (by_plane && in->planes > 1 && in->matrix != TRI_RGB)
        filter->chroma = chroma == TRI_CHROMA_KEPT                                   ? COPIED
                         : chroma == TRI_CHROMA_USUAL && view->properties.monochrome ? NEUTRAL
                                                                                     : COMPUTED;
    struct tri_filter_set *set = NULL;
    enum tri_status status = make_pipelines(filter, view, error);
    if (status == TRI_OK)
        status = tri_filter_new_set(filter, &set, error);
    if (status == TRI_OK)
        status = find_output(filter, set, error);
    if (status == TRI_OK && filter->up != NULL && filter->out.planes == 3 &&
        filter->out.matrix != TRI_RGB)
        status = parse_resize(&filter->out, 1, &filter->down, error);
    if (status != TRI_OK) {
        tri_filter_free_set(set);
        tri_filter_free(filter);
        return status;
    }
    filter->delay = tri_job_delay(tri_filter_telling_job(filter, set));
    filter->columns = tri_job_data_columns(tri_filter_telling_job(filter, set));
    tri_filter_put_set(filter, set);
    *result = filter;
    return TRI_OK;
}

/* The matrix of the results. Y4M, which accepts only Y'CbCr, does not store it. */
static enum tri_matrix choose_matrix(const struct view *view, const struct tri_video *in,
                                     enum tri_colour takes)
{
    if (takes == TRI_ONLY_YCBCR && in->matrix == TRI_RGB)
        return tri_video_usual_matrix(view->properties.out.height);
    return takes == TRI_ONLY_RGB ? TRI_RGB : in->matrix;
}

/* By plane, the output keeps the input's matrix; a second filter converts it to the wanted one. */
static enum tri_status add_conversion(struct tri_filter *filter, enum tri_matrix matrix,
                                      struct tri_error *error)
{
    struct view view = {0};
    if (filter->out.matrix == matrix)
        return TRI_OK;
    enum tri_status status = parse_own("copy", &filter->copy, error);
    if (status == TRI_OK)
        status = look_at(filter->copy, &filter->out, &view, error);
    if (status == TRI_OK)
        status = make_filter(filter->backend, &view, &filter->out, false, matrix, TRI_CHROMA_USUAL,
                             &filter->convert, error);
    tri_graph_free(&view.graph);
    return status;
}

/* Data of Y'CbCr are those of luma, but a plane of R, G, B is not the picture. */
static enum tri_status keep_data_whole(const struct view *view, const struct tri_video *in,
                                       bool *by_plane, struct tri_error *error)
{
    bool mixes = false;
    if (!*by_plane || in->matrix != TRI_RGB)
        return TRI_OK;
    const enum tri_status status = tri_graph_mixes_data(&view->graph, &mixes, error);
    *by_plane = !mixes;
    return status;
}

/* Whether planes are processed separately. With alpha, kernels that weight by it need all planes:
 * then frames are processed like pictures, unless the user chose planes explicitly. */
static enum tri_status find_way(const struct tri_pipeline *pipeline, const struct tri_video *in,
                                enum tri_chroma chroma, const struct view *view, bool *by_plane,
                                struct tri_error *error)
{
    struct tri_video opaque = *in;
    struct view plain = {0};
    *by_plane = view->properties.by_plane && (chroma != TRI_CHROMA_USUAL || in->matrix == TRI_RGB ||
                                              !view->properties.needs_rgb);
    if (chroma == TRI_CHROMA_USUAL && *by_plane)
        return keep_data_whole(view, in, by_plane, error);
    if (*by_plane || !in->alpha || chroma == TRI_CHROMA_USUAL)
        return TRI_OK;
    opaque.alpha = false;
    const enum tri_status status = look_at(pipeline, &opaque, &plain, error);
    *by_plane = plain.properties.by_plane;
    tri_graph_free(&plain.graph);
    return status;
}

enum tri_status tri_filter_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_video *in, enum tri_colour takes,
                               enum tri_chroma chroma, struct tri_filter **result,
                               struct tri_error *error)
{
    struct tri_filter_slot *slot = NULL;
    struct view view = {0};
    *result = NULL;
    enum tri_status status = look_at(pipeline, in, &view, error);
    bool by_plane = false;
    if (status == TRI_OK)
        status = find_way(pipeline, in, chroma, &view, &by_plane, error);
    const enum tri_matrix matrix = choose_matrix(&view, in, takes);
    if (status == TRI_OK)
        status = make_filter(backend, &view, in, by_plane, by_plane ? in->matrix : matrix, chroma,
                             result, error);
    tri_graph_free(&view.graph);
    if (status == TRI_OK)
        status = add_conversion(*result, matrix, error);
    /* Check that there is memory for one frame before anything is written. */
    if (status == TRI_OK)
        status = tri_filter_take_slot(*result, &slot, error);
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
    for (struct tri_filter_set *set; (set = filter->sets) != NULL;) {
        filter->sets = set->next;
        tri_filter_free_set(set);
    }
    for (struct tri_filter_slot *slot; (slot = filter->slots) != NULL;) {
        filter->slots = slot->next;
        tri_filter_free_slot(slot);
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

struct tri_memory *tri_filter_memory(const struct tri_filter *filter)
{
    return tri_backend_memory(filter->backend);
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
