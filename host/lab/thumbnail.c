/* thumbnail.c -- the six steps from a picture file to a file with the edges of a small copy. */
#include "lab/thumbnail.h"

#include "codec/load.h"
#include "measure/measure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- tools ---- */

static const struct tri_format *format_to_write(void)
{
    const struct tri_format *png = tri_format_find("png");

    return png != NULL ? png : tri_format_find("pnm"); /* which is always built in */
}

enum tri_status tri_thumbnail_tools_open(struct tri_pool *pool, struct tri_thumbnail_tools *tools,
                                         struct tri_error *error)
{
    struct tri_backend_options options = tri_backend_options_default();
    enum tri_status status;

    *tools = (struct tri_thumbnail_tools){
        .pool = pool, .format = format_to_write(), .stream = tri_trace_new_stream()};
    options.pool = pool;
    if ((status = tri_backend_open(pool != NULL ? "threads" : "sequential", &options,
                                   &tools->backend, error)) == TRI_OK &&
        (status = tri_pipeline_parse(TRI_THUMBNAIL_SHRINK, &tools->shrink, error)) == TRI_OK)
        status = tri_pipeline_parse(TRI_THUMBNAIL_FILTER, &tools->filter, error);
    if (status != TRI_OK)
        tri_thumbnail_tools_close(tools);
    return status;
}

void tri_thumbnail_tools_close(struct tri_thumbnail_tools *tools)
{
    tri_pipeline_free(tools->shrink);
    tri_pipeline_free(tools->filter);
    if (tools->backend != NULL)
        tri_backend_close(tools->backend);
    tools->shrink = tools->filter = NULL;
    tools->backend = NULL;
}

/* ---- a picture ---- */

void tri_thumbnail_drop(struct tri_thumbnail *picture)
{
    free(picture->data);
    tri_image_free(picture->image);
    picture->data = NULL;
    picture->size = 0;
    picture->image = NULL;
}

bool tri_thumbnail_fail(struct tri_thumbnail *picture, const char *format, ...)
{
    char text[sizeof picture->error.text];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tri_fail(&picture->error, TRI_FAILED, "%s", text);
    tri_thumbnail_drop(picture);
    return false;
}

void tri_thumbnail_written(struct tri_thumbnail *picture)
{
    int64_t none = 0;

    atomic_compare_exchange_strong(picture->first, &none, tri_now_ns());
    picture->done = true;
    tri_thumbnail_drop(picture);
}

/* A step as a span, unless the picture has failed. */
static bool take_step(struct tri_thumbnail *picture, const char *name,
                      enum tri_status (*step)(struct tri_thumbnail *picture))
{
    if (picture->error.status != TRI_OK)
        return false;
    tri_trace_set_item(TRI_TRACE_ITEM(picture->tools->stream, picture->number));
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, name);
    const enum tri_status status = step(picture);
    tri_trace_end(mark);
    tri_trace_set_item(0);
    if (status != TRI_OK)
        tri_thumbnail_drop(picture);
    return status == TRI_OK;
}

/* ---- reading ---- */

static enum tri_status read_file(struct tri_thumbnail *picture)
{
    struct tri_source source;
    struct tri_load load;

    tri_source_begin(&source, picture->from, NULL, &picture->error);
    enum tri_status status = tri_load_open(&load, &source, picture->from, NULL);
    if (status == TRI_OK)
        status = tri_load_rest(&load, &source);
    if (status == TRI_OK) {
        picture->data = load.data;
        picture->size = load.size;
        load.data = NULL;
    }
    tri_load_close(&load);
    return status;
}

static enum tri_status decode(struct tri_thumbnail *picture)
{
    struct tri_read_options options = tri_read_options_default();
    struct tri_source source;
    struct tri_error why;
    const struct tri_codec *codec = tri_codec_of_head(picture->data, picture->size);
    enum tri_status status;

    options.pool = picture->tools->pool;
    tri_source_begin(&source, picture->from, &options, &picture->error);
    source.data = picture->data;
    source.size = picture->size;
    if (picture->size == 0)
        status = tri_source_fail(&source, "the file is empty");
    else if (codec == NULL)
        status = tri_source_unknown(&source);
    else if ((codec = tri_codec_complete(codec, &why)) == NULL)
        status = tri_source_fail(&source, "%s", why.text);
    else
        status = codec->read(&source, &picture->image);
    status = tri_source_end(&source, status, &picture->image, NULL);
    free(picture->data);
    picture->data = NULL;
    return status;
}

/* ---- computing ---- */

static enum tri_status apply(struct tri_thumbnail *picture, const struct tri_pipeline *pipeline)
{
    struct tri_image *result = NULL;
    struct tri_job *job = NULL;
    struct tri_error why;
    enum tri_status status =
        tri_job_new(picture->tools->backend, pipeline, &picture->image->shape, &job, &why);

    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(job), &result, &why);
    if (status == TRI_OK)
        status = tri_job_run(job, picture->image, result, NULL, &why);
    tri_job_free(job);
    tri_image_free(picture->image);
    picture->image = result;
    return status == TRI_OK ? TRI_OK
                            : tri_fail(&picture->error, status, "%s: %s", picture->from, why.text);
}

static enum tri_status shrink(struct tri_thumbnail *picture)
{
    return apply(picture, picture->tools->shrink);
}

static enum tri_status filter(struct tri_thumbnail *picture)
{
    return apply(picture, picture->tools->filter);
}

/* ---- writing ---- */

static enum tri_status encode(struct tri_thumbnail *picture)
{
    struct tri_write_options options = tri_write_options_default();
    struct tri_memory_sink memory;
    const struct tri_sink sink = {
        .name = picture->to, .options = &options, .error = &picture->error};
    const struct tri_codec *codec = tri_codec_complete(tri_codec_of(picture->tools->format), NULL);

    options.pool = picture->tools->pool;
    if (codec == NULL)
        return tri_sink_fail(&sink, "its format cannot be loaded");
    enum tri_status status = tri_memory_sink_begin(&memory, &sink);
    if (status != TRI_OK)
        return status;
    status = tri_memory_sink_end(&memory, codec->write(&memory.sink, picture->image));
    picture->data = (unsigned char *)memory.data;
    picture->size = memory.size;
    tri_image_free(picture->image);
    picture->image = NULL;
    return status;
}

static enum tri_status write_file(struct tri_thumbnail *picture)
{
    struct tri_output output;
    enum tri_status status = tri_output_open(picture->to, &output, &picture->error);

    if (status != TRI_OK)
        return status;
    if (fwrite(picture->data, 1, picture->size, output.file) != picture->size)
        status = tri_fail(&picture->error, TRI_FAILED, "cannot write %s: %s", picture->to,
                          strerror(errno));
    status = tri_output_close(&output, status, &picture->error);
    if (status == TRI_OK)
        tri_thumbnail_written(picture);
    return status;
}

/* ---- steps ---- */

bool tri_thumbnail_read(struct tri_thumbnail *picture)
{
    return take_step(picture, "read", read_file);
}

bool tri_thumbnail_decode(struct tri_thumbnail *picture)
{
    return take_step(picture, "decode", decode);
}

bool tri_thumbnail_shrink(struct tri_thumbnail *picture)
{
    return take_step(picture, "shrink", shrink);
}

bool tri_thumbnail_filter(struct tri_thumbnail *picture)
{
    return take_step(picture, "filter", filter);
}

bool tri_thumbnail_encode(struct tri_thumbnail *picture)
{
    return take_step(picture, "encode", encode);
}

bool tri_thumbnail_write(struct tri_thumbnail *picture)
{
    return take_step(picture, "write", write_file);
}

bool tri_thumbnail_compute(struct tri_thumbnail *picture)
{
    return tri_thumbnail_decode(picture) && tri_thumbnail_shrink(picture) &&
           tri_thumbnail_filter(picture) && tri_thumbnail_encode(picture);
}

bool tri_thumbnail_make(struct tri_thumbnail *picture)
{
    return tri_thumbnail_read(picture) && tri_thumbnail_compute(picture) &&
           tri_thumbnail_write(picture);
}

void tri_thumbnail_count(const struct tri_thumbnail *picture, struct tri_edge_counts *counts)
{
    const struct tri_shape *shape = &picture->image->shape;

    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++) {
            const void *row = tri_image_row(picture->image, plane, y);
            for (int x = 0; x < shape->width; x++)
                counts->of[shape->bits == 8 ? ((const uint8_t *)row)[x]
                                            : ((const uint16_t *)row)[x] >> 8]++;
        }
}
