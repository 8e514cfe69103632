/* test_transfers.c -- image transfers to and from a device with memory of its own: in strips,
 * through pinned memory, with several frames in flight, and with drivers that refuse. POCL stands
 * for such a device (TRIPTYCH_OPENCL_MEMORY=copy). */
#include "rig.h"
#include "tests.h"

#include "image/image.h"
#include "pipeline/strips.h"

#include <CL/cl.h>
#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- the driver: calls are intercepted before they reach the library ---- */

static struct {
    atomic_int buffers, maps, kernels, reads; /* calls since the last reset */
    atomic_int failing_read,
        failing_marker;  /* the call that counts down to 0 fails; negative: none */
    bool refusing;       /* pinned memory */
    size_t memory, most; /* that devices report, in total and in one piece; 0: the real ones */
} driver = {.failing_read = -1, .failing_marker = -1};

/* NAME from the library, with the type of ours. */
#define LIBRARY(name, pointer) (*(void **)&(pointer) = dlsym(RTLD_NEXT, name), pointer)

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code)
{
    cl_mem (*call)(cl_context, cl_mem_flags, size_t, void *, cl_int *);
    atomic_fetch_add(&driver.buffers, 1);
    if (driver.refusing && flags & CL_MEM_ALLOC_HOST_PTR) {
        *code = CL_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    return LIBRARY("clCreateBuffer", call)(context, flags, size, host, code);
}

cl_kernel clCreateKernel(cl_program program, const char *name, cl_int *code)
{
    cl_kernel (*call)(cl_program, const char *, cl_int *);
    atomic_fetch_add(&driver.kernels, 1);
    return LIBRARY("clCreateKernel", call)(program, name, code);
}

void *clEnqueueMapBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                         cl_map_flags flags, size_t offset, size_t size, cl_uint waits,
                         const cl_event *list, cl_event *event, cl_int *code)
{
    void *(*call)(cl_command_queue, cl_mem, cl_bool, cl_map_flags, size_t, size_t, cl_uint,
                  const cl_event *, cl_event *, cl_int *);
    atomic_fetch_add(&driver.maps, 1);
    return LIBRARY("clEnqueueMapBuffer", call)(queue, buffer, blocking, flags, offset, size, waits,
                                               list, event, code);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                           size_t size, void *to, cl_uint waits, const cl_event *list,
                           cl_event *event)
{
    cl_int (*call)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, void *, cl_uint,
                   const cl_event *, cl_event *);
    atomic_fetch_add(&driver.reads, 1);
    if (driver.failing_read >= 0 && atomic_fetch_sub(&driver.failing_read, 1) == 0)
        return CL_OUT_OF_RESOURCES;
    return LIBRARY("clEnqueueReadBuffer", call)(queue, buffer, blocking, offset, size, to, waits,
                                                list, event);
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint waits, const cl_event *list,
                                   cl_event *event)
{
    cl_int (*call)(cl_command_queue, cl_uint, const cl_event *, cl_event *);
    if (driver.failing_marker >= 0 && atomic_fetch_sub(&driver.failing_marker, 1) == 0)
        return CL_OUT_OF_RESOURCES;
    return LIBRARY("clEnqueueMarkerWithWaitList", call)(queue, waits, list, event);
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t size, void *value,
                       size_t *size_needed)
{
    cl_int (*call)(cl_device_id, cl_device_info, size_t, void *, size_t *);
    const char *version = test_driver_version();
    if (version != NULL && what == CL_DRIVER_VERSION && value != NULL) {
        snprintf(value, size, "%s", version);
        return CL_SUCCESS;
    }
    const cl_int code = LIBRARY("clGetDeviceInfo", call)(device, what, size, value, size_needed);
    if (code == CL_SUCCESS && value != NULL && what == CL_DEVICE_GLOBAL_MEM_SIZE &&
        driver.memory > 0)
        *(cl_ulong *)value = driver.memory;
    if (code == CL_SUCCESS && value != NULL && what == CL_DEVICE_MAX_MEM_ALLOC_SIZE &&
        driver.most > 0)
        *(cl_ulong *)value = driver.most;
    return code;
}

/* ---- a device with memory of its own ---- */

/* NULL if there is no OpenCL device, and the test is skipped. `memory` as in
 * TRIPTYCH_OPENCL_MEMORY, `pinned` in _PINNED. */
static struct tri_backend *open_dialect(const char *memory, const char *pinned, const char *dialect)
{
    struct tri_backend *backend = NULL;
    struct tri_error error;
    setenv("TRIPTYCH_OPENCL_MEMORY", memory, 1);
    setenv("TRIPTYCH_OPENCL_DIALECT", dialect, 1);
    if (pinned != NULL)
        setenv("TRIPTYCH_OPENCL_PINNED", pinned, 1);
    if (tri_backend_open("opencl", NULL, &backend, &error) != TRI_OK)
        test_skip(error.text);
    unsetenv("TRIPTYCH_OPENCL_MEMORY");
    unsetenv("TRIPTYCH_OPENCL_DIALECT");
    unsetenv("TRIPTYCH_OPENCL_PINNED");
    return backend;
}

static struct tri_backend *open_device(const char *memory, const char *pinned)
{
    return open_dialect(memory, pinned, "tiles");
}

static struct tri_pipeline *parse(const char *text)
{
    struct tri_pipeline *pipeline = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    return pipeline;
}

static struct tri_job *new_job(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_shape *shape)
{
    struct tri_job *job = NULL;
    struct tri_error error = {0};
    const enum tri_status status = tri_job_new(backend, pipeline, shape, &job, &error);
    if (status != TRI_OK)
        printf("\n  %s\n", error.text);
    CU_ASSERT_EQUAL_FATAL(status, TRI_OK);
    return job;
}

static struct tri_image *image_in(struct tri_memory *memory, const struct tri_shape *shape)
{
    struct tri_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_image_new_in(memory, shape, &image, NULL), TRI_OK);
    return image;
}

static void copy_samples(const struct tri_image *from, struct tri_image *to)
{
    for (int p = 0; p < from->shape.planes; p++)
        tri_image_copy_plane(from, p, to, p);
    to->padded = false;
}

/* The reference output of sequential scalar for the frames, in sequence. */
static void make_truth(const char *text, struct tri_image *const *frames, int count,
                       struct tri_image **truth)
{
    struct tri_backend *scalar = NULL;
    const struct tri_backend_options options = {.size = sizeof options, .isa = "scalar"};
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", &options, &scalar, NULL), TRI_OK);
    struct tri_pipeline *pipeline = parse(text);
    struct tri_job *job = new_job(scalar, pipeline, &frames[0]->shape);
    for (int i = 0; i < count; i++) {
        truth[i] = image_in(NULL, tri_job_shape(job));
        CU_ASSERT_EQUAL(tri_job_run(job, frames[i], truth[i], NULL, NULL), TRI_OK);
    }
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_backend_close(scalar);
}

/* ---- rows that strips need ---- */

static struct tri_plan *plan_of(const char *text, const struct tri_shape *shape,
                                enum tri_plan_kind kind)
{
    struct tri_pipeline *pipeline = parse(text);
    struct tri_plan *plan = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_plan_make(pipeline, shape, kind, NULL, &plan, NULL), TRI_OK);
    tri_pipeline_free(pipeline); /* rows of a plan do not use it */
    return plan;
}

/* For rows `first` to `first + count - 1` of the output, those of the input reach `up` and `down`
 * further. */
static void check_rows(const char *text, enum tri_plan_kind kind, struct tri_span out, int up,
                       int down)
{
    const struct tri_shape shape = {90, 100, 3, 8};
    struct tri_plan *plan = plan_of(text, &shape, kind);
    struct tri_span *stages = calloc((size_t)plan->stage_count, sizeof *stages), in;
    const int begin = out.first - up < 0 ? 0 : out.first - up;
    const int end =
        out.first + out.count + down > shape.height ? shape.height : out.first + out.count + down;
    if (!tri_plan_in_strips(plan))
        printf("\n  %s, kind %d: not banded\n", text, kind);
    CU_ASSERT_TRUE_FATAL(tri_plan_in_strips(plan));
    CU_ASSERT_TRUE(tri_plan_rows(plan, out, NULL, stages, &in));
    if (in.first != begin || in.first + in.count != end)
        printf("\n  %s, kind %d: rows %d to %d for %d to %d\n", text, kind, in.first,
               in.first + in.count, out.first, out.first + out.count);
    CU_ASSERT_EQUAL(in.first, begin);
    CU_ASSERT_EQUAL(in.first + in.count, end);
    CU_ASSERT_EQUAL(stages[plan->stage_count - 1].first, out.first);
    CU_ASSERT_EQUAL(stages[plan->stage_count - 1].count, out.count);
    free(stages);
    tri_plan_free(plan);
}

static void test_rows(void)
{
    static const struct tri_span strips[] = {{0, 100}, {0, 1}, {0, 10}, {40, 7}, {95, 5}, {99, 1}};
    for (enum tri_plan_kind kind = TRI_PLAN_WALK; kind <= TRI_PLAN_ALONE; kind++) {
        for (size_t b = 0; b < sizeof strips / sizeof strips[0]; b++) {
            check_rows("invert", kind, strips[b], 0, 0);
            check_rows("sobel", kind, strips[b], 1, 1);
            if (kind == TRI_PLAN_ALONE) /* there planes share a place in turn */
                continue;
            check_rows("dilate:radius=3", kind, strips[b], 3, 3);
            check_rows("box:radius=5", kind, strips[b], 6,
                       5); /* a row leaves the sum, another enters it */
            check_rows("sobel,invert,dilate:radius=2", kind, strips[b], 3, 3);
        }
    }
}

/* Pipelines that need more than neighbouring rows are not cut. */
static void test_no_strips(void)
{
    static const char *const whole[] = {
        "rotate:angle=90",   "flip:axis=vertical", "resize:scale=0.5", "equalize",
        "invert,autolevels", "difference",         "temporal_median",  "average"};
    const struct tri_shape shape = {90, 100, 3, 8};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct tri_plan *plan = plan_of(whole[i], &shape, TRI_PLAN_TILES);
        struct tri_span *stages = calloc((size_t)plan->stage_count, sizeof *stages), in;
        CU_ASSERT_FALSE(tri_plan_in_strips(plan));
        CU_ASSERT_FALSE(tri_plan_rows(plan, (struct tri_span){0, 10}, NULL, stages, &in));
        free(stages);
        tri_plan_free(plan);
    }
    /* In a long chain planes share a place in turn; nothing may be in it twice. */
    struct tri_plan *plan =
        plan_of("gaussian,dilate,gaussian,dilate,gaussian,dilate,gaussian", &shape, TRI_PLAN_ALONE);
    CU_ASSERT_FALSE(tri_plan_in_strips(plan));
    tri_plan_free(plan);
}

/* Units round up a stage's rows, and thus the rows that it needs. */
static void test_units(void)
{
    const struct tri_shape shape = {90, 100, 1, 8};
    struct tri_plan *plan = plan_of("sobel", &shape, TRI_PLAN_WALK);
    struct tri_span stages[4], in;
    const int units[4] = {32, 32, 32, 32};
    CU_ASSERT_EQUAL_FATAL(plan->stage_count, 1);
    CU_ASSERT_TRUE(tri_plan_rows(plan, (struct tri_span){40, 7}, units, stages, &in));
    CU_ASSERT_TRUE(stages[0].first == 32 && stages[0].count == 32 && in.first == 31 &&
                   in.count == 34);
    CU_ASSERT_TRUE(tri_plan_rows(plan, (struct tri_span){0, 97}, units, stages, &in));
    CU_ASSERT_TRUE(stages[0].first == 0 && stages[0].count == 100 && in.first == 0 &&
                   in.count == 100);
    tri_plan_free(plan);
}

/* ---- pinned memory ---- */

static void test_pool(void)
{
    const struct tri_shape shape = {700, 500, 1, 8}, large = {900, 900, 1, 8},
                           small = {30, 20, 3, 8};
    struct tri_backend *backend = open_device("copy", "2.5"); /* megabytes */
    if (backend == NULL)
        return;
    struct tri_memory *memory = tri_backend_memory(backend);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    struct tri_image *first = image_in(memory, &shape), *tiny = image_in(memory, &small);
    CU_ASSERT_PTR_EQUAL(first->from, memory);
    CU_ASSERT_PTR_NULL(tiny->from); /* too small */
    CU_ASSERT_EQUAL((uintptr_t)first->memory % 4096, 0);
    void *place = first->memory;
    memset(first->memory, 7, first->memory_size);
    tri_image_free(first);
    driver.buffers = 0;
    first = image_in(memory, &shape); /* the same one again */
    CU_ASSERT_PTR_EQUAL(first->memory, place);
    CU_ASSERT_EQUAL(driver.buffers, 0);
    struct tri_image *second = image_in(memory, &large), *third = image_in(memory, &large),
                     *fourth = image_in(memory, &large);
    CU_ASSERT_PTR_EQUAL(second->from, memory);
    CU_ASSERT_PTR_NULL(third->from); /* over the limit */
    CU_ASSERT_PTR_NULL(fourth->from);
    tri_image_free(first);
    tri_image_free(second);
    tri_image_free(third);
    tri_image_free(fourth);
    const struct tri_shape larger = {1300, 1200, 1, 8};
    first = image_in(memory, &larger); /* unused memory makes room */
    CU_ASSERT_PTR_EQUAL(first->from, memory);
    tri_image_free(tiny);
    tri_backend_close(backend);
    memset(first->memory, 9, first->memory_size); /* it outlives the backend */
    tri_image_free(first);
}

/* A driver that cannot pin memory: ordinary memory, the same bytes, and a note. */
static void test_refused(void)
{
    const struct tri_shape shape = {700, 500, 1, 8};
    struct tri_image *frame = rig_frame(&shape, 1), *truth;
    make_truth("invert", &frame, 1, &truth);
    for (int refusing = 0; refusing < 2; refusing++) {
        struct tri_backend *backend = open_device("copy:30000", refusing ? NULL : "0");
        if (backend == NULL)
            break;
        struct tri_pipeline *pipeline = parse("invert");
        struct tri_job *job = new_job(backend, pipeline, &shape);
        driver.refusing = refusing;
        struct tri_image *out = image_in(tri_backend_memory(backend), &shape);
        CU_ASSERT_PTR_NULL(out->from);
        CU_ASSERT_EQUAL(tri_job_run(job, frame, out, NULL, NULL), TRI_OK);
        driver.refusing = false;
        CU_ASSERT_EQUAL(tri_image_compare(truth, out).count, 0);
        CU_ASSERT_EQUAL(strstr(tri_backend_note(backend), "cannot pin") != NULL, refusing);
        tri_image_free(out);
        tri_job_free(job);
        tri_pipeline_free(pipeline);
        tri_backend_close(backend);
    }
    tri_image_free(frame);
    tri_image_free(truth);
    struct tri_backend *backend = NULL;
    struct tri_error error;
    setenv("TRIPTYCH_OPENCL_MEMORY", "copy", 1);
    setenv("TRIPTYCH_OPENCL_PINNED", "many", 1);
    if (tri_backend_open("opencl", NULL, &backend, &error) != TRI_NO_DEVICE)
        CU_ASSERT_PTR_NOT_NULL(
            strstr(error.text, "invalid TRIPTYCH_OPENCL_PINNED 'many'; expected"));
    tri_backend_close(backend);
    unsetenv("TRIPTYCH_OPENCL_MEMORY");
    unsetenv("TRIPTYCH_OPENCL_PINNED");
}

/* ---- bytes ---- */

#define MARK 0x3c

/* In a user's image nothing between the rows changes, except the padding. */
static bool gaps_kept(const struct tri_image *image)
{
    const ptrdiff_t bytes = image->shape.bits / 8,
                    used = ((image->shape.width + 63) / 64 * 64 + 64) * bytes;
    const ptrdiff_t gap = image->stride - 64 * bytes - used;
    for (int p = 0; p < image->shape.planes; p++) {
        for (int y = 0; y + 1 < image->shape.height; y++) {
            const unsigned char *behind = (unsigned char *)tri_image_row(image, p, y) + used;
            for (ptrdiff_t i = 0; i < gap; i++) {
                if (behind[i] != MARK)
                    return false;
            }
        }
    }
    return true;
}

static void run_between(struct tri_job *job, struct tri_memory *in_memory,
                        struct tri_memory *out_memory, struct tri_image *frame,
                        const struct tri_image *truth, bool timed)
{
    struct tri_image *in = image_in(in_memory, &frame->shape),
                     *out = image_in(out_memory, &truth->shape);
    struct tri_timing timing = {-1, -1, -1};
    struct tri_error error = {0};
    memset(out->memory, MARK, out->memory_size);
    copy_samples(frame, in);
    CU_ASSERT_EQUAL(tri_job_run(job, in, out, timed ? &timing : NULL, &error), TRI_OK);
    const struct tri_difference d = tri_image_compare(truth, out);
    if (d.count > 0)
        printf("\n  %d x %d, %d planes, %d bits: %llu differ, the first in plane %d at %d, %d %s\n",
               frame->shape.width, frame->shape.height, frame->shape.planes, frame->shape.bits,
               (unsigned long long)d.count, d.plane, d.x, d.y, error.text);
    CU_ASSERT_EQUAL(d.count, 0);
    CU_ASSERT_TRUE(out->from != NULL || gaps_kept(out));
    CU_ASSERT_TRUE(!timed ||
                   (timing.upload_ns > 0 && timing.kernel_ns > 0 && timing.download_ns > 0));
    tri_image_free(in);
    tri_image_free(out);
}

static void check_shape(struct tri_backend *backend, const char *text,
                        const struct tri_shape *shape)
{
    struct tri_image *frame = rig_frame(shape, 1), *truth;
    struct tri_memory *pinned = tri_backend_memory(backend);
    make_truth(text, &frame, 1, &truth);
    struct tri_pipeline *pipeline = parse(text);
    struct tri_job *job = new_job(backend, pipeline, shape);
    for (int way = 0; way < 4; way++)
        run_between(job, way & 1 ? pinned : NULL, way & 2 ? pinned : NULL, frame, truth, way == 3);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(frame);
    tri_image_free(truth);
}

/* In tiles a few pipelines of one kernel, which POCL compiles fast; in lanes, chains. */
static void check_dialect(const char *dialect, const char *memory, const char *const *pipelines)
{
    static const struct tri_shape shapes[] = {
        {1, 1, 1, 8},      {3, 700, 2, 8},    {700, 3, 3, 8},   {333, 217, 4, 8},
        {1030, 401, 1, 8}, {517, 389, 3, 16}, {1200, 900, 3, 8}};
    struct tri_backend *backend = open_dialect(memory, NULL, dialect);
    if (backend == NULL)
        return;
    for (; *pipelines != NULL; pipelines++) {
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            if (strcmp(dialect, "lanes") == 0 || shapes[s].planes % 2 == 1 ||
                strcmp(*pipelines, "invert") == 0)
                check_shape(backend, *pipelines, &shapes[s]);
        }
    }
    tri_backend_close(backend);
}

static void test_tiles(void)
{
    static const char *const pipelines[] = {"invert",          "sobel",    "gaussian:sigma=1",
                                            "rotate:angle=90", "equalize", NULL};
    check_dialect("tiles", "copy", pipelines);
    check_dialect("tiles", "copy:20000", pipelines);
    check_dialect("tiles", "copy:150000", pipelines);
}

static void test_walked(void)
{
    static const char *const pipelines[] = {"gaussian:sigma=1,sobel,dilate:radius=1",
                                            "box:radius=4", "equalize,sobel", NULL};
    struct tri_device_info *devices = NULL;
    int count = 0;
    CU_ASSERT_EQUAL_FATAL(tri_devices(&devices, &count, NULL), TRI_OK);
    const bool lanes = count > 0 && strcmp(devices[0].dialect, "lanes") == 0;
    free(devices);
    if (!lanes) {
        test_skip("no device walks strips");
        return;
    }
    check_dialect("lanes", "copy", pipelines);
    check_dialect("lanes", "copy:20000", pipelines);
}

/* A ring's buffers grow for a row that is longer than they are. */
static void test_long_rows(void)
{
    const struct tri_shape shape = {999999, 2, 4, 16};
    struct tri_backend *backend = open_device("copy", NULL);
    if (backend == NULL)
        return;
    check_shape(backend, "invert", &shape);
    tri_backend_close(backend);
}

/* ---- streams ---- */

enum { FRAMES = 24, UNDER_WAY = 4 };

/* Uploads run ahead of kernels, and kernels of downloads; a frame's memory is reused as soon as it
 * is done. */
static void check_stream(struct tri_backend *backend, const char *text,
                         const struct tri_shape *shape, bool pinned)
{
    struct tri_memory *memory = pinned ? tri_backend_memory(backend) : NULL;
    struct tri_image *frames[FRAMES], *truth[FRAMES], *in[UNDER_WAY], *out[UNDER_WAY];
    struct tri_inflight *inflight[UNDER_WAY];
    for (int i = 0; i < FRAMES; i++)
        frames[i] = rig_frame(shape, i);
    make_truth(text, frames, FRAMES, truth);
    struct tri_pipeline *pipeline = parse(text);
    struct tri_job *job = new_job(backend, pipeline, shape);
    for (int i = 0; i < UNDER_WAY; i++) {
        in[i] = image_in(memory, shape);
        out[i] = image_in(memory, &truth[0]->shape);
        CU_ASSERT_EQUAL_FATAL(tri_inflight_new(backend, &inflight[i], NULL), TRI_OK);
    }
    for (int i = 0; i < FRAMES + UNDER_WAY - 1; i++) {
        const int new = i % UNDER_WAY, old = i - (UNDER_WAY - 1);
        if (i < FRAMES) {
            copy_samples(frames[i], in[new]);
            CU_ASSERT_EQUAL(tri_inflight_upload(inflight[new], in[new], NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_inflight_compute(inflight[new], job, out[new], NULL), TRI_OK);
        }
        if (old >= 0) {
            CU_ASSERT_EQUAL(tri_inflight_download(inflight[old % UNDER_WAY], NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_image_compare(truth[old], out[old % UNDER_WAY]).count, 0);
        }
    }
    for (int i = 0; i < UNDER_WAY; i++) {
        tri_inflight_free(inflight[i]);
        tri_image_free(in[i]);
        tri_image_free(out[i]);
    }
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    for (int i = 0; i < FRAMES; i++) {
        tri_image_free(frames[i]);
        tri_image_free(truth[i]);
    }
}

static void test_stream(void)
{
    static const char *const pipelines[] = {"gaussian:sigma=1", "difference", "equalize",
                                            "average"};
    const struct tri_shape shapes[] = {{640, 480, 1, 8}, {97, 51, 3, 16}};
    struct tri_backend *backend = open_device("copy:60000", NULL);
    if (backend == NULL)
        return;
    for (int i = 0; i < 4; i++) {
        for (int s = 0; s < 2; s++) {
            check_stream(backend, pipelines[i], &shapes[s], false);
            check_stream(backend, pipelines[i], &shapes[s], true);
        }
    }
    tri_backend_close(backend);
}

/* Several threads handle a frame's memory: one uploads, one computes, one downloads. */
struct belt {
    struct tri_inflight *inflight;
    struct tri_image *out;
    enum tri_status status;
};

static void *fetch(void *argument)
{
    struct belt *belt = argument;
    belt->status = tri_inflight_download(belt->inflight, NULL);
    return NULL;
}

static void test_threads(void)
{
    const struct tri_shape shape = {300, 200, 1, 8};
    struct tri_backend *backend = open_device("copy:20000", NULL);
    struct belt belts[UNDER_WAY];
    pthread_t threads[UNDER_WAY];
    if (backend == NULL)
        return;
    struct tri_image *frame = rig_frame(&shape, 3), *truth;
    make_truth("sobel", &frame, 1, &truth);
    struct tri_pipeline *pipeline = parse("sobel");
    struct tri_job *job = new_job(backend, pipeline, &shape);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < UNDER_WAY; i++) {
            belts[i].out = image_in(NULL, &shape);
            CU_ASSERT_EQUAL(tri_inflight_new(backend, &belts[i].inflight, NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_inflight_upload(belts[i].inflight, frame, NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_inflight_compute(belts[i].inflight, job, belts[i].out, NULL),
                            TRI_OK);
            CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, fetch, &belts[i]), 0);
        }
        for (int i = 0; i < UNDER_WAY; i++) {
            pthread_join(threads[i], NULL);
            CU_ASSERT_EQUAL(belts[i].status, TRI_OK);
            CU_ASSERT_EQUAL(tri_image_compare(truth, belts[i].out).count, 0);
            tri_inflight_free(belts[i].inflight);
            tri_image_free(belts[i].out);
        }
    }
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(frame);
    tri_image_free(truth);
    tri_backend_close(backend);
}

/* ---- the cost of a run ---- */

static void test_calls(void)
{
    const struct tri_shape shape = {900, 700, 3, 8};
    struct tri_backend *backend = open_device("copy", NULL);
    if (backend == NULL)
        return;
    struct tri_image *frame = rig_frame(&shape, 1), *truth;
    struct tri_pipeline *pipeline = parse("sobel");
    make_truth("sobel", &frame, 1, &truth);
    struct tri_job *job = new_job(backend, pipeline, &shape);
    for (int pinned = 0; pinned < 2; pinned++) {
        struct tri_memory *memory = pinned ? tri_backend_memory(backend) : NULL;
        run_between(job, memory, memory, frame, truth, false);
        driver.buffers = driver.maps = driver.kernels = driver.reads = 0;
        run_between(job, memory, memory, frame, truth, false);
        CU_ASSERT_EQUAL(driver.buffers, 0);
        CU_ASSERT_EQUAL(driver.maps, 0);
        CU_ASSERT_EQUAL(driver.kernels, 0);
        CU_ASSERT_EQUAL(driver.reads, pinned ? 3 : driver.reads); /* one per plane */
    }
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(frame);
    tri_image_free(truth);
    tri_backend_close(backend);
}

/* ---- failures ---- */

/* After a failure in any call the next frame is right. */
static void check_failures(struct tri_backend *backend, struct tri_memory *memory,
                           atomic_int *failing, int places)
{
    const struct tri_shape shape = {700, 500, 1, 8};
    struct tri_image *frame = rig_frame(&shape, 1), *truth;
    struct tri_pipeline *pipeline = parse("sobel");
    make_truth("sobel", &frame, 1, &truth);
    struct tri_job *job = new_job(backend, pipeline, &shape);
    int failed = 0;
    for (int at = 0; at < places; at++) {
        struct tri_error error = {0};
        struct tri_image *in = image_in(memory, &shape), *out = image_in(memory, &shape);
        copy_samples(frame, in);
        *failing = at;
        const enum tri_status status = tri_job_run(job, in, out, NULL, &error);
        *failing = -1;
        CU_ASSERT_TRUE(status == TRI_OK || status == TRI_NO_DEVICE);
        CU_ASSERT_TRUE(status == TRI_OK || strstr(error.text, "CL_OUT_OF_RESOURCES") != NULL);
        failed += status != TRI_OK;
        tri_image_free(in);
        tri_image_free(out);
        run_between(job, memory, memory, frame, truth, false);
    }
    CU_ASSERT_TRUE(failed >= 3);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(frame);
    tri_image_free(truth);
}

static void test_failures(void)
{
    struct tri_backend *backend = open_device("copy:60000", NULL);
    if (backend == NULL)
        return;
    for (int pinned = 0; pinned < 2; pinned++) {
        struct tri_memory *memory = pinned ? tri_backend_memory(backend) : NULL;
        check_failures(backend, memory, &driver.failing_read, 8);
        check_failures(backend, memory, &driver.failing_marker, 14);
    }
    tri_backend_close(backend);
}

/* Frames that are dropped between two steps. */
static void test_dropped(void)
{
    const struct tri_shape shape = {700, 500, 1, 8};
    struct tri_backend *backend = open_device("copy:60000", NULL);
    if (backend == NULL)
        return;
    struct tri_image *frame = rig_frame(&shape, 1), *truth,
                     *out = image_in(tri_backend_memory(backend), &shape);
    struct tri_pipeline *pipeline = parse("sobel");
    make_truth("sobel", &frame, 1, &truth);
    struct tri_job *job = new_job(backend, pipeline, &shape);
    for (int steps = 1; steps <= 2; steps++) {
        struct tri_inflight *inflight = NULL;
        CU_ASSERT_EQUAL_FATAL(tri_inflight_new(backend, &inflight, NULL), TRI_OK);
        for (int i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(tri_inflight_upload(inflight, frame, NULL), TRI_OK);
            CU_ASSERT_TRUE(steps < 2 || tri_inflight_compute(inflight, job, out, NULL) == TRI_OK);
        }
        CU_ASSERT_EQUAL(tri_inflight_upload(inflight, frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_inflight_compute(inflight, job, out, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_inflight_download(inflight, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_image_compare(truth, out).count, 0);
        CU_ASSERT_EQUAL(tri_inflight_upload(inflight, frame, NULL), TRI_OK);
        tri_inflight_free(inflight);
    }
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(frame);
    tri_image_free(truth);
    tri_image_free(out);
    tri_backend_close(backend);
}

/* ---- too little memory ---- */

static void test_memory(void)
{
    const struct tri_shape shape = {4000, 3000, 3, 8}, small = {400, 300, 3, 8};
    struct tri_error error = {0};
    struct tri_job *job = NULL;
    for (int piece = 0; piece < 2; piece++) {
        driver.memory = piece ? (size_t)4000000000 : 60000000;
        driver.most = piece ? 20000000 : 50000000;
        struct tri_backend *backend = open_device("copy", NULL);
        driver.memory = driver.most = 0;
        if (backend == NULL)
            return;
        struct tri_pipeline *pipeline = parse("invert");
        CU_ASSERT_EQUAL(tri_job_new(backend, pipeline, &shape, &job, &error), TRI_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "a picture of 4000 x 3000 pixels needs "));
        CU_ASSERT_PTR_NOT_NULL(
            strstr(error.text, piece ? "at most 20.0 MB in one piece" : "it has 60.0 MB"));
        CU_ASSERT_EQUAL(tri_job_new(backend, pipeline, &small, &job, &error), TRI_OK);
        tri_job_free(job);
        tri_pipeline_free(pipeline);
        tri_backend_close(backend);
    }
}

int test_transfers_suite(void)
{
    CU_pSuite suite = CU_add_suite("transfers", NULL, NULL);
    return !(suite && CU_add_test(suite, "rows that strips need", test_rows) &&
             CU_add_test(suite, "plans that are not cut", test_no_strips) &&
             CU_add_test(suite, "units of rows", test_units) &&
             CU_add_test(suite, "pinned memory", test_pool) &&
             CU_add_test(suite, "nothing is pinned", test_refused) &&
             CU_add_test(suite, "bytes of tiles", test_tiles) &&
             CU_add_test(suite, "bytes of walked strips", test_walked) &&
             CU_add_test(suite, "long rows", test_long_rows) &&
             CU_add_test(suite, "streams", test_stream) &&
             CU_add_test(suite, "threads", test_threads) &&
             CU_add_test(suite, "what a run costs", test_calls) &&
             CU_add_test(suite, "calls that fail", test_failures) &&
             CU_add_test(suite, "frames that are given up", test_dropped) &&
             CU_add_test(suite, "too little memory", test_memory));
}
