/* record.c -- one run of a backend, from the recorder's events to spans of a chart. */
#include "report/record.h"

#include "parallel/cpu.h"
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVENTS = 20000, SPANS = 400, RUNS = 4 };
static const struct timespec pause_before = {.tv_nsec = 2000000};

/* ---- the run ---- */

struct window {
    int64_t begin, end;
};

static enum tri_status run_job(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                               struct window *last, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < RUNS && status == TRI_OK; i++) {
        tri_job_rewind(job);
        nanosleep(&pause_before, NULL); /* so that runs lie apart */
        last->begin = tri_now_ns();
        status = tri_job_run(job, in, out, NULL, error);
        last->end = tri_now_ns();
    }
    return status;
}

static enum tri_status run_backend(const struct tri_backend_info *info,
                                   const struct tri_pipeline *pipeline, struct tri_image *in,
                                   struct window *last, struct tri_error *error)
{
    const struct tri_backend_options options = {.size = sizeof options,
                                                .isa = info->opencl ? NULL : info->isa};
    struct tri_backend *backend = NULL;
    struct tri_job *job = NULL;
    struct tri_image *out = NULL;
    enum tri_status status = tri_backend_open(info->name, &options, &backend, error);

    if (status == TRI_OK)
        status = tri_job_new(backend, pipeline, &in->shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(job), &out, error);
    if (status == TRI_OK)
        status = run_job(job, in, out, last, error);
    tri_image_free(out);
    tri_job_free(job);
    tri_backend_close(backend);
    return status;
}

/* ---- its spans ---- */

static enum tri_span_kind kind_of(const struct tri_trace_span *span)
{
    const bool transfer = span->name != NULL && (strstr(span->name, "upload") != NULL ||
                                                 strstr(span->name, "download") != NULL);

    switch (span->category) {
    case TRI_TRACE_WAIT:
        return TRI_SPAN_WAIT;
    case TRI_TRACE_COMMAND:
    case TRI_TRACE_PLAN:
        return transfer ? TRI_SPAN_TRANSFER : TRI_SPAN_WORK;
    case TRI_TRACE_CODEC:
        return TRI_SPAN_CODEC;
    default:
        return TRI_SPAN_WORK;
    }
}

/* Lanes have strips, commands and waits; a plan's stage only where nothing is inside it. */
static bool drawn(const struct tri_trace_log *log, int index, const struct window *window)
{
    const struct tri_trace_span *span = &log->spans[index];

    if (span->end <= window->begin || span->begin >= window->end)
        return false;
    if (span->category != TRI_TRACE_PLAN)
        return span->category == TRI_TRACE_STRIP || span->category == TRI_TRACE_COMMAND ||
               span->category == TRI_TRACE_WAIT;
    for (int i = index + 1; i < log->span_count && log->spans[i].begin < span->end; i++)
        if (log->spans[i].track == span->track)
            return false;
    return true;
}

static const char *lane_of(const struct tri_trace_log *log, int track)
{
    char text[200];
    const struct tri_trace_track *own = &log->tracks[track];

    if (own->device[0])
        snprintf(text, sizeof text, "device: %.100s", own->name);
    else
        snprintf(text, sizeof text, "%.100s", own->name[0] ? own->name : "main thread");
    return tri_trace_text(text);
}

static struct tri_span span_of(const struct tri_trace_log *log, const struct tri_trace_span *from,
                               const struct window *window)
{
    char text[300];
    const char *cause = from->category == TRI_TRACE_WAIT ? tri_trace_cause_names[from->cause] : "";

    if (from->rows > 0)
        snprintf(text, sizeof text, "%.200s, rows %d to %d", from->name, from->first,
                 from->first + from->rows - 1);
    else if (from->category == TRI_TRACE_WAIT)
        snprintf(text, sizeof text, "waits for %.200s", cause);
    else
        snprintf(text, sizeof text, "%.200s", from->name);
    const int64_t begin = from->begin > window->begin ? from->begin : window->begin,
                  end = from->end < window->end ? from->end : window->end;
    return (struct tri_span){lane_of(log, from->track), tri_trace_text(text), begin - window->begin,
                             end - window->begin, kind_of(from)};
}

static enum tri_status take_spans(const struct tri_trace_log *log, const struct window *window,
                                  struct tri_page_timeline *timeline, struct tri_error *error)
{
    timeline->spans = calloc(SPANS, sizeof *timeline->spans);
    if (timeline->spans == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    for (int track = 1; track < log->track_count; track++) /* lanes in the order of tracks */
        for (int i = 0; i < log->span_count && timeline->count < SPANS; i++)
            if (log->spans[i].track == track && drawn(log, i, window))
                timeline->spans[timeline->count++] = span_of(log, &log->spans[i], window);
    if (timeline->count > 0)
        return TRI_OK;
    return tri_fail(error, TRI_FAILED, "%s: nothing was recorded", timeline->info->name);
}

enum tri_status tri_page_timeline_record(const struct tri_backend_info *info,
                                         const struct tri_pipeline *pipeline, struct tri_image *in,
                                         struct tri_page_timeline *timeline,
                                         struct tri_error *error)
{
    struct tri_trace_log *log = tri_trace_log_new(EVENTS);
    struct tri_trace_summary summary;
    struct window last = {0};

    *timeline = (struct tri_page_timeline){.info = info};
    if (log == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    const struct tri_trace_reader reader = tri_trace_log_reader(log);
    enum tri_status status = tri_trace_start(&reader, 1, error);
    if (status == TRI_OK) {
        status = run_backend(info, pipeline, in, &last, error);
        tri_trace_stop(&summary);
        if (status == TRI_OK)
            status = tri_trace_log_finish(log, &summary, error);
        if (status == TRI_OK)
            status = take_spans(log, &last, timeline, error);
    }
    tri_trace_log_free(log);
    return status;
}

void tri_page_timeline_free(struct tri_page_timeline *timeline)
{
    free(timeline->spans);
    *timeline = (struct tri_page_timeline){0};
}
