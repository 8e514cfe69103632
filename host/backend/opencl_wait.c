/* opencl_wait.c -- waits for an OpenCL device, but not for ever: a kernel or a driver that hangs is
 * an error. */
#include "opencl.h"
#include "../parallel/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* The limit: at least SECONDS_LEAST, and GENEROSITY times what the work should take. */
#define SECONDS_LEAST 120.0
#define GENEROSITY 1000.0
/* For a program's first launches, since POCL compiles only then. */
#define SECONDS_FIRST 600.0
/* Work is counted in samples that passes compute. TELLING_SAMPLES are enough to measure the
 * device's speed rather than the cost of a launch; the weight of older work fades. */
#define TELLING_SAMPLES 1e6
#define FORGOTTEN_SAMPLES 1e9
/* Seconds per sample, until one is measured. */
#define GUESS_GPU 1e-10
#define GUESS_CPU 4e-9

static atomic_bool any_hung;

bool tri_opencl_hung(void)
{
    return atomic_load(&any_hung);
}

enum tri_status tri_opencl_wait_open(struct opencl *cl, struct tri_error *error)
{
    const char *given = getenv("TRIPTYCH_OPENCL_TIMEOUT");
    char *end = NULL;
    if (pthread_mutex_init(&cl->wait.lock, NULL) != 0)
        return tri_fail(error, TRI_FAILED, "out of memory for a lock");
    cl->wait.opened = true;
    if (given == NULL || given[0] == '\0')
        return TRI_OK;
    cl->wait.given = strtod(given, &end);
    cl->wait.is_given = true;
    if (end == given || *end != '\0' || !(cl->wait.given >= 0 && cl->wait.given <= 1e9))
        return tri_fail(
            error, TRI_USAGE,
            "invalid TRIPTYCH_OPENCL_TIMEOUT '%s'; expected a number of seconds (0: wait forever)",
            given);
    return TRI_OK;
}

void tri_opencl_wait_close(struct opencl *cl)
{
    if (!cl->wait.opened)
        return;
    for (int i = 0; i < cl->wait.launch_count; i++)
        clReleaseEvent(cl->wait.launches[i].event);
    free(cl->wait.launches);
    pthread_mutex_destroy(&cl->wait.lock);
}

void tri_opencl_expect(struct opencl *cl, const struct tri_plan *plan)
{
    pthread_mutex_lock(&cl->wait.lock);
    cl->wait.plan = plan;
    for (int s = 0; plan != NULL && s < plan->stage_count; s++)
        cl->wait.samples = (s > 0 ? cl->wait.samples : 0) + (double)plan->stages[s].samples;
    pthread_mutex_unlock(&cl->wait.lock);
}

/* In seconds; 0: none. */
static double limit_of(struct opencl *cl)
{
    struct opencl_wait *wait = &cl->wait;
    if (wait->is_given)
        return wait->given;
    pthread_mutex_lock(&wait->lock);
    double each = cl->base.info.gpu ? GUESS_GPU : GUESS_CPU;
    if (wait->measured_samples > 0)
        each = wait->measured_seconds / wait->measured_samples;
    const double limit = GENEROSITY * each * wait->samples;
    pthread_mutex_unlock(&wait->lock);
    const double least = cl->qualifying ? SECONDS_FIRST : SECONDS_LEAST;
    return limit > least ? limit : least;
}

/* The expected work took this long. */
static void learn(struct opencl *cl, double seconds)
{
    struct opencl_wait *wait = &cl->wait;
    pthread_mutex_lock(&wait->lock);
    if (wait->plan != NULL && wait->samples >= TELLING_SAMPLES) {
        if (wait->measured_samples > FORGOTTEN_SAMPLES) {
            wait->measured_samples /= 2;
            wait->measured_seconds /= 2;
        }
        wait->measured_samples += wait->samples;
        wait->measured_seconds += seconds;
    }
    pthread_mutex_unlock(&wait->lock);
}

static double seconds_since(int64_t start)
{
    return (double)(tri_now_ns() - start) / 1e9;
}

/* ---- until a command is complete: TIMED_OUT, or its code ---- */

#define TIMED_OUT 1

/* The command's status if it has ended, otherwise TIMED_OUT. */
static cl_int status_of(cl_event event)
{
    cl_int status = CL_QUEUED;
    const cl_int code =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    if (code != CL_SUCCESS)
        return code;
    return status <= CL_COMPLETE ? status : TIMED_OUT;
}

/* For GPUs: their commands take microseconds, and a callback would take longer than polling. After
 * polling for a while, sleeps in between, never for more than a fiftieth of the time waited. */
static cl_int ask_until(cl_event event, int64_t start, double limit)
{
    for (;;) {
        const cl_int status = status_of(event);
        const double waited = seconds_since(start);
        if (status != TIMED_OUT || waited > limit)
            return status;
        if (waited > 5e-3) {
            const double pause = waited / 50 < 5e-3 ? waited / 50 : 5e-3;
            nanosleep(&(struct timespec){0, (long)(pause * 1e9)}, NULL);
        }
    }
}

/* For CPUs: polling takes time from the threads that compute. The callback may come long after the
 * waiter has left, so both own this and the last one frees it. */
struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    bool complete, left;
    cl_int status;
};

static void free_bell(struct bell *bell)
{
    pthread_cond_destroy(&bell->rung);
    pthread_mutex_destroy(&bell->lock);
    free(bell);
}

static struct bell *new_bell(void)
{
    struct bell *bell = calloc(1, sizeof *bell);
    pthread_condattr_t steady;
    if (bell == NULL || pthread_mutex_init(&bell->lock, NULL) != 0) {
        free(bell);
        return NULL;
    }
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&bell->rung, &steady);
    pthread_condattr_destroy(&steady);
    return bell;
}

static void CL_CALLBACK ring(cl_event event, cl_int status, void *data)
{
    struct bell *bell = data;
    (void)event;
    pthread_mutex_lock(&bell->lock);
    bell->complete = true;
    bell->status = status;
    const bool last = bell->left;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->lock);
    if (last)
        free_bell(bell);
}

/* Also polls now and then, in case a driver forgets to call. */
static cl_int listen_until(struct bell *bell, cl_event event, int64_t start, double limit)
{
    cl_int status = TIMED_OUT;
    pthread_mutex_lock(&bell->lock);
    while (!bell->complete && status == TIMED_OUT) {
        const double left = limit - seconds_since(start);
        struct timespec until;
        if (left <= 0)
            break;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)((left < 0.05 ? left : 0.05) * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&bell->rung, &bell->lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&bell->lock);
            status = status_of(event);
            pthread_mutex_lock(&bell->lock);
        }
    }
    if (bell->complete)
        status = bell->status;
    bell->left = true;
    const bool last = bell->complete;
    pthread_mutex_unlock(&bell->lock);
    if (last)
        free_bell(bell);
    return status;
}

static cl_int wait_until(struct opencl *cl, cl_event event, int64_t start, double limit)
{
    cl_int status = status_of(event);
    if (status != TIMED_OUT)
        return status;
    if (limit <= 0) {
        const cl_int code = clWaitForEvents(1, &event);
        status = code == CL_SUCCESS ? CL_SUCCESS : status_of(event);
        return status == TIMED_OUT ? code : status;
    }
    struct bell *bell = cl->base.info.gpu ? NULL : new_bell();
    if (bell == NULL)
        return ask_until(event, start, limit);
    if (clSetEventCallback(event, CL_COMPLETE, ring, bell) == CL_SUCCESS)
        return listen_until(bell, event, start, limit);
    free_bell(bell);
    return ask_until(event, start, limit);
}

/* ---- for the rest of the backend ---- */

/* Makes room for one more; the caller holds the lock. */
static bool make_room(struct opencl_wait *wait)
{
    if (wait->launch_count < wait->launch_room)
        return true;
    const int room = wait->launch_room > 0 ? 2 * wait->launch_room : 16;
    struct opencl_launch *launches = realloc(wait->launches, (size_t)room * sizeof launches[0]);
    if (launches == NULL)
        return false;
    wait->launches = launches;
    wait->launch_room = room;
    return true;
}

enum tri_status tri_opencl_launch(struct opencl *cl, cl_kernel kernel, const char *name,
                                  cl_uint dimensions, const size_t *offset, const size_t *global,
                                  const size_t *local, struct tri_error *error)
{
    struct opencl_wait *wait = &cl->wait;
    cl_event event;
    CHECK(clEnqueueNDRangeKernel, cl->queue, kernel, dimensions, offset, global, local, 0, NULL,
          &event);
    tri_opencl_keep(cl, event, &(struct opencl_command){TRI_COMMAND_KERNEL, name, 0});
    __atomic_fetch_add(&cl->base.launches, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&wait->lock);
    const bool room = make_room(wait);
    if (room)
        wait->launches[wait->launch_count++] = (struct opencl_launch){name, event};
    pthread_mutex_unlock(&wait->lock);
    if (room)
        return TRI_OK;
    clReleaseEvent(event);
    return tri_fail(error, TRI_FAILED, "out of memory for a list of kernels");
}

/* Drivers need not report to the queue that a kernel failed while running, so check each event. */
enum tri_status tri_opencl_check_launches(struct opencl *cl, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    int left = 0;
    pthread_mutex_lock(&cl->wait.lock);
    for (int i = 0; i < cl->wait.launch_count; i++) {
        const struct opencl_launch *launch = &cl->wait.launches[i];
        const cl_int code = status_of(launch->event);
        if (code == TIMED_OUT) { /* of a later frame */
            cl->wait.launches[left++] = *launch;
            continue;
        }
        if (code < 0 && status == TRI_OK)
            status = tri_opencl_fail(error, launch->name, code, cl->base.info.device);
        clReleaseEvent(launch->event);
    }
    cl->wait.launch_count = left;
    pthread_mutex_unlock(&cl->wait.lock);
    return status;
}

/* The first kernel that has not completed, or "". */
static void name_kernel(struct opencl *cl, char *text, size_t size)
{
    pthread_mutex_lock(&cl->wait.lock);
    text[0] = '\0';
    for (int i = 0; i < cl->wait.launch_count && text[0] == '\0'; i++) {
        if (status_of(cl->wait.launches[i].event) == TIMED_OUT)
            snprintf(text, size, "'%s' of ", cl->wait.launches[i].name);
    }
    pthread_mutex_unlock(&cl->wait.lock);
}

static bool is_running(cl_event event)
{
    cl_int status = CL_QUEUED;
    return clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL) ==
               CL_SUCCESS &&
           status == CL_RUNNING;
}

/* The culprit is the first kernel that has not completed: other kernels and downloads wait for it,
 * and so do uploads into what it reads, unless the upload has begun. The first text stays, even if
 * other waits time out later. */
static enum tri_status fail_hung(struct opencl *cl, cl_command_queue queue, cl_event event,
                                 const char *what, double seconds, struct tri_error *error)
{
    char kernel[100] = "";
    if (queue != cl->transfers.uploads || !is_running(event))
        name_kernel(cl, kernel, sizeof kernel);
    pthread_mutex_lock(&cl->wait.lock);
    if (!atomic_load(&cl->wait.hung))
        snprintf(cl->wait.hang, sizeof cl->wait.hang,
                 "%s has not finished %s%s in %.6g seconds: a kernel or the driver hangs "
                 "(TRIPTYCH_OPENCL_TIMEOUT=SECONDS waits longer, 0 forever)",
                 cl->base.info.device, kernel, what, seconds);
    atomic_store(&cl->wait.hung, true);
    pthread_mutex_unlock(&cl->wait.lock);
    atomic_store(&any_hung, true);
    return tri_opencl_alive(cl, error);
}

enum tri_status tri_opencl_alive(struct opencl *cl, struct tri_error *error)
{
    if (!atomic_load(&cl->wait.hung))
        return TRI_OK;
    return tri_fail(error, TRI_NO_DEVICE, "%s", cl->wait.hang);
}

enum tri_status tri_opencl_usable(struct opencl *cl, struct tri_error *error)
{
    const enum tri_status status = tri_opencl_alive(cl, error);
    if (status != TRI_OK || !atomic_load(&cl->wait.unsettled))
        return status;
    return tri_opencl_fail(error, "clFinish", atomic_load(&cl->wait.unsettled),
                           cl->base.info.device);
}

bool tri_opencl_hangs(struct tri_backend *backend)
{
    return atomic_load(&((struct opencl *)backend)->wait.hung);
}

bool tri_opencl_holds(struct opencl *cl)
{
    return atomic_load(&cl->wait.hung) || atomic_load(&cl->wait.unsettled);
}

void tri_opencl_end_queue(struct opencl *cl, cl_command_queue queue)
{
    const cl_int code = clFinish(queue);
    if (code != CL_SUCCESS)
        atomic_store(&cl->wait.unsettled, code);
}

void tri_opencl_settle(struct opencl *cl, cl_command_queue queue)
{
    if (tri_opencl_finish(cl, queue, "what was left", NULL) != TRI_OK &&
        !tri_opencl_hangs(&cl->base))
        tri_opencl_end_queue(cl, queue);
}

enum tri_status tri_opencl_leave_images(struct opencl *cl, struct tri_image *in,
                                        struct tri_image *out, enum tri_status status)
{
    const bool holds = status != TRI_OK && tri_opencl_holds(cl);
    if (holds && in != NULL)
        in->abandoned = true;
    if (holds && out != NULL)
        out->abandoned = true;
    return status;
}

enum tri_status tri_opencl_await(struct opencl *cl, cl_command_queue queue, cl_event event,
                                 const char *what, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    const double limit = limit_of(cl);
    const cl_int flushed = clFlush(queue);
    if (flushed != CL_SUCCESS) {
        clReleaseEvent(event);
        return tri_opencl_fail(error, "clFlush", flushed, cl->base.info.device);
    }
    const tri_trace_mark mark =
        tri_trace_wait(queue == cl->queue ? TRI_TRACE_FOR_DEVICE : TRI_TRACE_FOR_TRANSFER, what);
    const cl_int status = wait_until(cl, event, start, limit);
    tri_trace_end(mark);
    if (status == TIMED_OUT) /* the event stays with the driver, which may hold its locks */
        return fail_hung(cl, queue, event, what, limit, error);
    clReleaseEvent(event);
    if (status != CL_SUCCESS)
        return tri_opencl_fail(error, what, status, cl->base.info.device);
    return TRI_OK;
}

enum tri_status tri_opencl_finish(struct opencl *cl, cl_command_queue queue, const char *what,
                                  struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    cl_event event;
    enum tri_status status = tri_opencl_alive(cl, error);
    if (status != TRI_OK)
        return status;
    CHECK(clEnqueueMarkerWithWaitList, queue, 0, NULL, &event);
    status = tri_opencl_await(cl, queue, event, what, error);
    if (queue != cl->queue || tri_opencl_hangs(&cl->base))
        return status;
    struct tri_error *const unless = status == TRI_OK ? error : NULL; /* report the first error */
    const enum tri_status launched = tri_opencl_check_launches(cl, unless);
    if (status == TRI_OK && launched == TRI_OK)
        learn(cl, seconds_since(start));
    return status == TRI_OK ? launched : status;
}
