/* opencl_trace.c -- reports a device's commands to a recording: their times by the device's clock,
 * mapped onto the host's. */
#include "opencl.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PENDING_MOST = 2048, ROUNDS = 8 };
#define CALIBRATE_NS 1000000000 /* between two looks at the device's clock */
#define PATIENCE_NS 50000000    /* for a command of that look */
#define LAST_NS 2000000000      /* for commands in flight when the recording ends */
#define DRIFT_MOST 1e-3         /* more is an error of measurement */

static const char *const queue_names[] = {[TRI_COMMAND_UPLOAD] = "uploads",
                                          [TRI_COMMAND_KERNEL] = "kernels",
                                          [TRI_COMMAND_DOWNLOAD] = "downloads"};
enum { QUEUES = sizeof queue_names / sizeof queue_names[0] };

struct pending {
    cl_event event;
    struct opencl_command command;
    uint64_t item;
};

/* At the device's time `device` its clock was behind the host's by `offset`. */
struct clock_point {
    int64_t device, offset;
};

struct opencl_trace {
    struct tri_trace_source source; /* first */
    struct opencl *cl;
    cl_command_queue queue; /* for looks at the clock */
    cl_mem word;
    struct clock_point first, last;
    bool calibrated;
    int64_t calibrated_at;
    int64_t ends[QUEUES]; /* of the last command of each queue */
    pthread_mutex_t lock; /* for the members below */
    struct pending *pending;
    int count;
};

/* ---- the device's clock ---- */

/* Whether a command has ended within the time. */
static bool await(cl_event event, int64_t limit)
{
    const int64_t start = tri_now_ns();
    for (;;) {
        cl_int status = CL_QUEUED;
        if (clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status,
                           NULL) != CL_SUCCESS ||
            status < 0)
            return false;
        if (status == CL_COMPLETE)
            return true;
        if (tri_now_ns() - start > limit)
            return false;
        if (tri_now_ns() - start > 1000000)
            nanosleep(&(struct timespec){0, 100000}, NULL);
    }
}

static bool times_of(cl_event event, int64_t *begin, int64_t *end)
{
    cl_ulong times[2];
    if (clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof times[0], &times[0],
                                NULL) != CL_SUCCESS ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof times[1], &times[1],
                                NULL) != CL_SUCCESS ||
        times[0] == 0 || times[1] < times[0])
        return false;
    *begin = (int64_t)times[0];
    *end = (int64_t)times[1];
    return true;
}

/* A small command lies between two looks at the host's clock: so the offset is at least `low` and
 * at most `high`. */
static bool look(const struct opencl_trace *trace, int64_t *low, int64_t *high, int64_t *device)
{
    const cl_uint word = 0;
    cl_event event;
    int64_t begin, end;
    const int64_t before = tri_now_ns();
    if (clEnqueueWriteBuffer(trace->queue, trace->word, CL_FALSE, 0, sizeof word, &word, 0, NULL,
                             &event) != CL_SUCCESS)
        return false;
    const bool ended = clFlush(trace->queue) == CL_SUCCESS && await(event, PATIENCE_NS);
    const int64_t after = tri_now_ns();
    const bool known = ended && times_of(event, &begin, &end);
    if (ended) /* else the driver still uses it */
        clReleaseEvent(event);
    if (!known)
        return false;
    *low = before - begin;
    *high = after - end;
    *device = end;
    return true;
}

/* The offset that all looks allow, or, if they contradict each other, that of the shortest. */
static void calibrate(struct opencl_trace *trace)
{
    int64_t low = INT64_MIN, high = INT64_MAX, device = 0, best = INT64_MAX, middle = 0;
    int done = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t l, h, d;
        if (!look(trace, &l, &h, &d))
            continue;
        low = l > low ? l : low;
        high = h < high ? h : high;
        if (h - l < best) {
            best = h - l;
            middle = l + best / 2;
        }
        device = d;
        done++;
    }
    trace->calibrated_at = tri_now_ns();
    if (done == 0)
        return;
    trace->last = (struct clock_point){device, low <= high ? low + (high - low) / 2 : middle};
    if (!trace->calibrated)
        trace->first = trace->last;
    trace->calibrated = true;
}

/* The drift is that between the first look and the last. */
static int64_t host_time(const struct opencl_trace *trace, int64_t device)
{
    const struct clock_point *first = &trace->first, *last = &trace->last;
    const int64_t apart = last->device - first->device;
    double drift =
        apart >= CALIBRATE_NS / 2 ? (double)(last->offset - first->offset) / (double)apart : 0;
    drift = drift > DRIFT_MOST ? DRIFT_MOST : drift < -DRIFT_MOST ? -DRIFT_MOST : drift;
    return device + last->offset + (int64_t)(drift * (double)(device - last->device));
}

/* ---- commands ---- */

bool tri_opencl_is_traced(const struct opencl *cl)
{
    return cl->trace != NULL && tri_tracing();
}

void tri_opencl_trace(struct opencl *cl, cl_event event, const struct opencl_command *command)
{
    struct opencl_trace *trace = cl->trace;
    bool kept = false;
    if (!tri_opencl_is_traced(cl) || clRetainEvent(event) != CL_SUCCESS)
        return;
    pthread_mutex_lock(&trace->lock);
    if (trace->count < PENDING_MOST) {
        trace->pending[trace->count++] = (struct pending){event, *command, tri_trace_item()};
        kept = true;
    }
    pthread_mutex_unlock(&trace->lock);
    if (kept)
        return;
    clReleaseEvent(event);
    tri_trace_count_dropped(1);
}

/* Commands of a queue follow each other: what overlaps is the error of the offset. */
static void report(struct opencl_trace *trace, const struct pending *pending)
{
    const enum tri_command what = pending->command.what;
    int64_t begin, end;
    if (!trace->calibrated || !times_of(pending->event, &begin, &end)) {
        tri_trace_count_dropped(1);
        return;
    }
    begin = host_time(trace, begin);
    end = host_time(trace, end);
    begin = begin < trace->ends[what] ? trace->ends[what] : begin;
    end = end > begin ? end : begin + 1;
    trace->ends[what] = end;
    tri_trace_add_command(&(struct tri_trace_command){
        tri_trace_queue(trace->cl->base.info.device, queue_names[what]), pending->command.name,
        pending->item, begin, end, pending->command.bytes});
}

static bool has_ended(const struct pending *pending, bool last)
{
    return await(pending->event, last ? LAST_NS : 0);
}

/* Reports commands that have ended, in the order in which they were enqueued, and keeps those from
 * the first of each queue on that has not. */
static int report_ended(struct opencl_trace *trace, struct pending *taken, int count, bool last)
{
    bool waits[QUEUES] = {false};
    int left = 0;
    for (int i = 0; i < count; i++) {
        bool *const wait = &waits[taken[i].command.what];
        *wait = *wait || !has_ended(&taken[i], last);
        if (*wait && !last) {
            taken[left++] = taken[i];
            continue;
        }
        if (*wait)
            tri_trace_count_dropped(1);
        else
            report(trace, &taken[i]);
        clReleaseEvent(taken[i].event);
    }
    return left;
}

static void put_back(struct opencl_trace *trace, const struct pending *left, int count)
{
    pthread_mutex_lock(&trace->lock);
    const int fits = trace->count < PENDING_MOST - count ? trace->count : PENDING_MOST - count;
    for (int i = fits; i < trace->count; i++) {
        clReleaseEvent(trace->pending[i].event);
        tri_trace_count_dropped(1);
    }
    memmove(trace->pending + count, trace->pending, (size_t)fits * sizeof *left);
    memcpy(trace->pending, left, (size_t)count * sizeof *left);
    trace->count = fits + count;
    pthread_mutex_unlock(&trace->lock);
}

static void poll(struct tri_trace_source *source, bool last)
{
    struct opencl_trace *trace = (struct opencl_trace *)source;
    struct pending *taken = trace->pending + PENDING_MOST;
    if (tri_opencl_hangs(&trace->cl->base)) /* its driver may hold its locks */
        return;
    pthread_mutex_lock(&trace->lock);
    const int count = trace->count;
    memcpy(taken, trace->pending, (size_t)count * sizeof *taken);
    trace->count = 0;
    pthread_mutex_unlock(&trace->lock);
    if (count > 0 && tri_now_ns() - trace->calibrated_at > CALIBRATE_NS)
        calibrate(trace);
    const int left = report_ended(trace, taken, count, last);
    if (left > 0)
        put_back(trace, taken, left);
}

/* ---- the device ---- */

static bool open_clock(struct opencl *cl, struct opencl_trace *trace)
{
    cl_int code;
    trace->queue = clCreateCommandQueue(cl->context, cl->device, CL_QUEUE_PROFILING_ENABLE, &code);
    if (code != CL_SUCCESS)
        trace->queue = NULL;
    return trace->queue != NULL && tri_opencl_buffer(cl, CL_MEM_READ_WRITE, sizeof(cl_uint), NULL,
                                                     &trace->word, NULL) == TRI_OK;
}

static void free_trace(struct opencl_trace *trace)
{
    tri_opencl_release_buffer(trace->word);
    if (trace->queue != NULL)
        clReleaseCommandQueue(trace->queue);
    pthread_mutex_destroy(&trace->lock);
    free(trace->pending);
    free(trace);
}

void tri_opencl_trace_open(struct opencl *cl)
{
    struct opencl_trace *trace = tri_tracing() ? calloc(1, sizeof *trace) : NULL;
    if (trace == NULL)
        return;
    trace->cl = cl;
    trace->source.poll = poll;
    pthread_mutex_init(&trace->lock, NULL);
    trace->pending = calloc(2 * (size_t)PENDING_MOST, sizeof *trace->pending);
    if (trace->pending == NULL || !open_clock(cl, trace)) {
        free_trace(trace);
        return;
    }
    calibrate(trace);
    cl->trace = trace;
    tri_trace_add_source(&trace->source);
}

void tri_opencl_trace_close(struct opencl *cl)
{
    if (cl->trace == NULL)
        return;
    tri_trace_remove_source(&cl->trace->source);
    free_trace(cl->trace);
    cl->trace = NULL;
}
