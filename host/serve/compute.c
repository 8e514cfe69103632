/* compute.c -- a picture through a pipeline into the bytes of an answer, as `triptych run` makes
 * them. */
#include "serve/serve.h"

#include <stdlib.h>
#include <unistd.h>

/* What is made on the way, and freed in the end. */
struct course {
    const struct tri_serve_work *work;
    void *read; /* the file, if there is one */
    const void *data;
    size_t size;
    struct tri_serve_kept kept;
    bool done; /* the job may serve another picture */
    struct tri_image *in, *out;
    struct tri_read_info info;
    struct tri_serve_answer *answer; /* an error, or the result */
    struct tri_error error;
};

/* The message of a failed step; `code` is for what has its cause in the picture. False. */
static bool refuse(struct course *course, enum tri_status status, int code)
{
    const char *text = course->error.text;

    if (status == TRI_USAGE)
        code = 400;
    else if (strstr(text, "out of memory") != NULL)
        code = 500;
    course->answer = tri_serve_answer_new(code, "%s\n", text);
    return false;
}

static bool refuse_with(struct course *course, int code, const char *text)
{
    course->answer = tri_serve_answer_new(code, "%s\n", text);
    return false;
}

static bool is_wanted(const struct course *course)
{
    return !atomic_load_explicit(course->work->unwanted, memory_order_relaxed);
}

/* ---- steps; false: the course ends ---- */

static bool parse(struct course *course)
{
    const enum tri_status status = tri_serve_pipeline_parse(course->work->target->pipeline,
                                                            &course->kept.pipeline, &course->error);

    if (status != TRI_OK)
        return refuse(course, status, 500);
    tri_pipeline_limit(course->kept.pipeline, course->work->max_pixels);
    return true;
}

/* Not mapped, as a file that becomes shorter would then end the process. */
static bool read_file(struct course *course)
{
    const struct tri_serve_file *file = course->work->file;
    size_t got = 0;
    ssize_t more = 1;

    if (file->size > course->work->max_bytes)
        return refuse_with(course, 422, "the file is larger than --max-bytes allows");
    course->read = malloc((size_t)file->size + 1);
    if (course->read == NULL)
        return refuse_with(course, 500, "out of memory for the file");
    while (got < file->size && more > 0) {
        more = pread(file->fd, (char *)course->read + got, (size_t)file->size - got, (off_t)got);
        got += more > 0 ? (size_t)more : 0;
    }
    if (more < 0)
        return refuse_with(course, 500, "the file cannot be read");
    if (got < file->size || !tri_serve_file_unchanged(file))
        return refuse_with(course, 503, "the file changed while it was read");
    course->data = course->read;
    course->size = got;
    return true;
}

static bool take_data(struct course *course)
{
    course->data = course->work->data;
    course->size = course->work->size;
    if (course->work->file != NULL && !read_file(course))
        return false;
    if (tri_serve_format_of(course->data, course->size) == NULL)
        return refuse_with(course, 415, "the format of the picture is not known");
    return true;
}

static bool decode(struct course *course)
{
    struct tri_read_options options = tri_read_options_default();

    options.max_pixels = course->work->max_pixels;
    options.pool = course->work->pool;
    options.memory = tri_serve_jobs_memory(course->work->jobs);
    options.shrink = course->work->target->shrink;
    options.shrink_for = course->kept.pipeline;
    course->info = tri_read_info_default();
    const enum tri_status status = tri_image_decode(course->data, course->size, &options,
                                                    &course->in, &course->info, &course->error);
    free(course->read);
    course->read = NULL;
    return status == TRI_OK || refuse(course, status, 422);
}

/* What fails here lies in the pipeline and the picture together. */
static bool prepare(struct course *course)
{
    struct tri_serve_kept *kept = &course->kept;
    struct tri_error *error = &course->error;
    enum tri_status status = TRI_OK;

    kept->shape = course->in->shape;
    kept->shrunk = course->info.shrunk;
    tri_serve_jobs_take(course->work->jobs, kept);
    if (kept->job != NULL) {
        tri_job_rewind(kept->job); /* each picture is a first frame */
        return true;
    }
    if (kept->shrunk.factor > 1)
        status = tri_pipeline_shrunk(kept->pipeline, &kept->shrunk, &kept->own, error);
    if (status == TRI_OK)
        status = tri_job_new(course->work->backend, kept->own != NULL ? kept->own : kept->pipeline,
                             &kept->shape, &kept->job, error);
    return status == TRI_OK || refuse(course, status, 422);
}

static bool compute(struct course *course)
{
    enum tri_status status =
        tri_image_new_in(tri_serve_jobs_memory(course->work->jobs), tri_job_shape(course->kept.job),
                         &course->out, &course->error);

    if (status == TRI_OK)
        status = tri_job_run(course->kept.job, course->in, course->out, NULL, &course->error);
    course->done = status == TRI_OK;
    return status == TRI_OK || refuse(course, status, 500);
}

/* The metadata that hold for the result; NULL: none. */
static const struct tri_metadata *follow(struct course *course)
{
    struct tri_metadata_change change = {course->kept.pipeline, course->in->shape,
                                         course->out->shape, tri_job_transposed(course->kept.job)};

    if (course->work->target->strip || course->info.metadata == NULL)
        return NULL;
    if (course->info.shrunk.factor > 1) {
        change.in.width = course->info.shrunk.width;
        change.in.height = course->info.shrunk.height;
    }
    tri_metadata_follow(course->info.metadata, &change, NULL);
    return course->info.metadata;
}

static bool encode(struct course *course)
{
    struct tri_write_options options = course->work->target->write;
    void *data;
    size_t size;

    options.format = course->work->to;
    options.pool = course->work->pool;
    options.metadata = follow(course);
    const enum tri_status status =
        tri_image_encode(course->out, &options, &data, &size, &course->error);
    if (status != TRI_OK)
        return refuse(course, status, 500);
    course->answer = calloc(1, sizeof *course->answer);
    if (course->answer == NULL) {
        free(data);
        return false;
    }
    *course->answer = (struct tri_serve_answer){
        .uses = 1, .code = 200, .format = options.format, .data = data, .size = size};
    return true;
}

/* ---- all ---- */

struct tri_serve_answer *tri_serve_compute(const struct tri_serve_work *work)
{
    static bool (*const steps[])(struct course * course) = {parse,   take_data, decode,
                                                            prepare, compute,   encode};
    struct course course = {.work = work};
    bool more = true;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && more; i++)
        more = is_wanted(&course) && steps[i](&course);
    if (course.done)
        tri_serve_jobs_put(work->jobs, &course.kept);
    tri_serve_kept_free(&course.kept);
    tri_image_free(course.out);
    tri_image_free(course.in);
    tri_metadata_free(course.info.metadata);
    free(course.read);
    return course.answer;
}
