/* device_timing.c -- a job on a device, by the device's own clock, with a bare copy and bare
 * transfers of as many bytes. */
#include "measure/device_timing.h"

#include "parallel/cpu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MIN = 6, RUNS_MAX = 100, KINDS = 3 };

/* ---- times of commands ---- */

static int by_begin(const void *a, const void *b)
{
    const struct tri_device_command *first = a, *second = b;
    return (first->begin_ns > second->begin_ns) - (first->begin_ns < second->begin_ns);
}

/* Time during which at least one command of these kinds (bits) is running. */
static int64_t busy(const struct tri_device_command *commands, int count, unsigned sorts)
{
    int64_t sum = 0, until = INT64_MIN;
    for (int i = 0; i < count; i++) {
        if ((sorts & 1u << commands[i].what) == 0 || commands[i].end_ns <= until)
            continue;
        sum += commands[i].end_ns - (commands[i].begin_ns > until ? commands[i].begin_ns : until);
        until = commands[i].end_ns;
    }
    return sum;
}

struct tri_phase_times tri_phase_times(struct tri_device_command *commands, int count)
{
    int counts[KINDS] = {0};
    int64_t first = INT64_MAX, last = INT64_MIN;
    qsort(commands, (size_t)count, sizeof commands[0], by_begin);
    for (int i = 0; i < count; i++) {
        counts[commands[i].what]++;
        if (commands[i].what != TRI_COMMAND_KERNEL)
            continue;
        first = commands[i].begin_ns < first ? commands[i].begin_ns : first;
        last = commands[i].end_ns > last ? commands[i].end_ns : last;
    }
    struct tri_phase_times times = {.upload_ns = busy(commands, count, 1u << TRI_COMMAND_UPLOAD),
                                    .kernel_ns = busy(commands, count, 1u << TRI_COMMAND_KERNEL),
                                    .download_ns =
                                        busy(commands, count, 1u << TRI_COMMAND_DOWNLOAD),
                                    .span_ns = last > first ? last - first : 0,
                                    .uploads = counts[TRI_COMMAND_UPLOAD],
                                    .kernels = counts[TRI_COMMAND_KERNEL],
                                    .downloads = counts[TRI_COMMAND_DOWNLOAD]};
    times.overlap_ns =
        times.upload_ns + times.kernel_ns + times.download_ns - busy(commands, count, ~0u);
    return times;
}

/* ---- a job ---- */

struct session {
    struct tri_backend *backend;
    struct tri_job *job;
    struct tri_image *in, *out;
    double seconds;
    struct tri_device_command *commands; /* TRI_COMMANDS_MAX */
    struct tri_inflight *inflight;
    int64_t samples[5][RUNS_MAX]; /* upload, kernel, download, span, overlap */
};

/* Times of the commands since the last call. */
static enum tri_status take_times(struct session *session, struct tri_phase_times *times,
                                  struct tri_error *error)
{
    int count;
    const enum tri_status status =
        tri_backend_commands(session->backend, session->commands, &count, error);
    if (status == TRI_OK)
        *times = tri_phase_times(session->commands, count);
    return status;
}

static bool wants_more(int runs, int64_t start, double seconds)
{
    return runs < RUNS_MAX && (runs < RUNS_MIN || (double)(tri_now_ns() - start) < seconds * 1e9);
}

/* The image is uploaded once and computed repeatedly, so kernels find the caches as the bare copy
 * does. */
static enum tri_status time_kernels(struct session *session, struct tri_device_figures *figures,
                                    struct tri_error *error)
{
    struct tri_phase_times times;
    int runs = 0;
    enum tri_status status = tri_inflight_upload(session->inflight, session->in, error);
    for (int64_t start = tri_now_ns();
         status == TRI_OK && wants_more(runs, start, session->seconds / 4);) {
        tri_job_rewind(session->job);
        status = tri_inflight_compute(session->inflight, session->job, session->out, error);
        if (status == TRI_OK)
            status = take_times(session, &times, error);
        session->samples[1][runs] = times.kernel_ns;
        session->samples[3][runs++] = times.span_ns;
    }
    if (status == TRI_OK)
        status = tri_inflight_download(session->inflight, error);
    if (status == TRI_OK)
        status = take_times(session, &times, error);
    if (status != TRI_OK || runs == 0)
        return status;
    figures->kernel = tri_summarize(session->samples[1], runs);
    figures->span = tri_summarize(session->samples[3], runs);
    return TRI_OK;
}

static enum tri_status time_runs(struct session *session, struct tri_device_figures *figures,
                                 struct tri_error *error)
{
    struct tri_phase_times times = {0};
    int runs = 0;
    enum tri_status status = TRI_OK;
    for (int64_t start = tri_now_ns();
         status == TRI_OK && wants_more(runs, start, session->seconds / 4);) {
        tri_job_rewind(session->job);
        status = tri_job_run(session->job, session->in, session->out, NULL, error);
        if (status == TRI_OK)
            status = take_times(session, &times, error);
        session->samples[0][runs] = times.upload_ns;
        session->samples[2][runs] = times.download_ns;
        session->samples[4][runs++] = times.overlap_ns;
    }
    if (status != TRI_OK)
        return status;
    figures->upload = tri_summarize(session->samples[0], times.uploads > 0 ? runs : 0);
    figures->download = tri_summarize(session->samples[2], times.downloads > 0 ? runs : 0);
    figures->overlap =
        tri_summarize(session->samples[4], times.uploads + times.downloads > 0 ? runs : 0);
    return TRI_OK;
}

static enum tri_status count_launches(struct session *session, struct tri_device_figures *figures,
                                      struct tri_error *error)
{
    const long before = tri_backend_counts(session->backend).launches;
    tri_job_rewind(session->job);
    const enum tri_status status =
        tri_job_run(session->job, session->in, session->out, NULL, error);
    figures->launches = tri_backend_counts(session->backend).launches - before;
    return status;
}

/* Runs with profiling queues, and switches back afterwards, also after a failure. */
static enum tri_status time_job(struct session *session, struct tri_device_figures *figures,
                                struct tri_error *error)
{
    struct tri_error ignored;
    enum tri_status status = tri_inflight_new(session->backend, &session->inflight, error);
    if (status != TRI_OK)
        return status;
    status = tri_backend_profile(session->backend, true, error);
    if (status == TRI_OK)
        status = count_launches(session, figures, error);
    if (status == TRI_OK) /* discards the times of the warm-up */
        status = tri_backend_commands(session->backend, session->commands, &(int){0}, error);
    if (status == TRI_OK)
        status = time_kernels(session, figures, error);
    if (status == TRI_OK)
        status = time_runs(session, figures, error);
    tri_inflight_free(session->inflight);
    session->inflight = NULL;
    const enum tri_status after =
        tri_backend_profile(session->backend, false, status == TRI_OK ? error : &ignored);
    return status == TRI_OK ? after : status;
}

static void note_failure(struct tri_device_figures *figures, const struct tri_error *error)
{
    if (figures->note[0] == '\0')
        snprintf(figures->note, sizeof figures->note, "%.*s", (int)strcspn(error->text, "\n"),
                 error->text);
}

/* Called before and after the job, so a change of clock rate does not affect one side alone; the
 * faster time counts. */
static void time_copy(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                      struct tri_device_figures *figures)
{
    struct tri_error error;
    int64_t ns;
    if (tri_backend_copy_time(backend, bytes_in, bytes_out, &ns, &error) != TRI_OK)
        note_failure(figures, &error);
    else if (figures->copy_ns == 0 || ns < figures->copy_ns)
        figures->copy_ns = ns;
}

void tri_device_measure(struct tri_backend *backend, struct tri_job *job, struct tri_image *in,
                        struct tri_image *out, size_t bytes_in, size_t bytes_out, double seconds,
                        struct tri_device_figures *figures)
{
    struct tri_error error;
    struct session *session = calloc(1, sizeof *session);
    figures->copy_share = (double)NAN;
    if (session == NULL ||
        (session->commands = calloc(TRI_COMMANDS_MAX, sizeof session->commands[0])) == NULL) {
        snprintf(figures->note, sizeof figures->note, "out of memory while measuring the device");
        free(session);
        return;
    }
    session->backend = backend;
    session->job = job;
    session->in = in;
    session->out = out;
    session->seconds = seconds;
    time_copy(backend, bytes_in, bytes_out, figures);
    figures->measured = time_job(session, figures, &error) == TRI_OK;
    if (!figures->measured)
        note_failure(figures, &error);
    time_copy(backend, bytes_in, bytes_out, figures);
    if (tri_backend_transfer_time(backend, bytes_in, bytes_out, &figures->pinned, &error) != TRI_OK)
        note_failure(figures, &error);
    if (figures->measured && figures->copy_ns > 0 && figures->span.median > 0)
        figures->copy_share = (double)figures->copy_ns / (double)figures->span.median;
    free(session->commands);
    free(session);
}
