/* test_opencl.c -- drivers that misbehave: this file intercepts the program's calls to the library.
 */
#include "rig.h"
#include "tests.h"

#include <CL/cl.h>
#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static struct {
    bool crowded;      /* more platforms than fit */
    int asked, strays; /* calls for the fake platform's devices, and for unknown platforms */
    bool failing; /* launches, after some that succeed; other tests' threads write nothing here */
    int launches;
    bool reading; /* the host's memory, until a later command is complete */
} driver;

static int the_platform; /* its address is the handle that a crowded driver returns */
#define THE_PLATFORM ((cl_platform_id)(void *)&the_platform)

/* ---- the calls ---- */

/* NAME from the library, with the type of ours. */
#define LIBRARY(name, pointer) (*(void **)&(pointer) = dlsym(RTLD_NEXT, name), pointer)

cl_int clGetPlatformIDs(cl_uint entries, cl_platform_id *platforms, cl_uint *count)
{
    cl_int (*call)(cl_uint, cl_platform_id *, cl_uint *);
    if (!driver.crowded)
        return LIBRARY("clGetPlatformIDs", call)(entries, platforms, count);
    for (cl_uint i = 0; i < entries; i++)
        platforms[i] = THE_PLATFORM;
    *count = entries + 36;
    return CL_SUCCESS;
}

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint entries,
                      cl_device_id *devices, cl_uint *count)
{
    cl_int (*call)(cl_platform_id, cl_device_type, cl_uint, cl_device_id *, cl_uint *);
    if (!driver.crowded)
        return LIBRARY("clGetDeviceIDs", call)(platform, type, entries, devices, count);
    driver.asked++;
    driver.strays += platform != THE_PLATFORM;
    return CL_DEVICE_NOT_FOUND;
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                            size_t size, const void *from, cl_uint waits, const cl_event *list,
                            cl_event *event)
{
    cl_int (*call)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, const void *, cl_uint,
                   const cl_event *, cl_event *);
    if (driver.failing && !blocking)
        driver.reading = true;
    return LIBRARY("clEnqueueWriteBuffer", call)(queue, buffer, blocking, offset, size, from, waits,
                                                 list, event);
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint waits, const cl_event *list, cl_event *event)
{
    cl_int (*call)(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *,
                   const size_t *, cl_uint, const cl_event *, cl_event *);
    if (driver.failing && driver.launches-- == 0)
        return CL_OUT_OF_RESOURCES;
    return LIBRARY("clEnqueueNDRangeKernel", call)(queue, kernel, dimensions, offset, global, local,
                                                   waits, list, event);
}

/* A command is complete only when all before it in the queue are. */
cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value,
                      size_t *size_ret)
{
    cl_int (*call)(cl_event, cl_event_info, size_t, void *, size_t *);
    const cl_int code = LIBRARY("clGetEventInfo", call)(event, what, size, value, size_ret);
    if (driver.failing && code == CL_SUCCESS && *(cl_int *)value == CL_COMPLETE)
        driver.reading = false;
    return code;
}

/* ---- the tests ---- */

static void test_crowded(void)
{
    struct tri_device_info *devices = NULL;
    struct tri_error error;
    int count = 0;
    /* The platforms are first listed once per process. */
    CU_ASSERT_EQUAL(tri_devices(&devices, &count, &error), TRI_OK);
    free(devices);
    driver.crowded = true;
    CU_ASSERT_EQUAL(tri_devices(&devices, &count, &error), TRI_OK);
    driver.crowded = false;
    free(devices);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(driver.asked, 64);
    CU_ASSERT_EQUAL(driver.strays, 0);
}

/* Two stages; the second cannot be launched. */
static void check_failure(struct tri_job *job, struct tri_image *in, struct tri_image *out)
{
    struct tri_error error;
    CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, &error), TRI_OK);
    const uint64_t truth = tri_image_digest(out);
    driver.failing = true;
    driver.launches = 1;
    CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, &error), TRI_NO_DEVICE);
    driver.failing = false;
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "clEnqueueNDRangeKernel: CL_OUT_OF_RESOURCES"));
    CU_ASSERT_FALSE(driver.reading);
    CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_digest(out), truth);
}

/* Freeing the job and the images after a failure must not take them from the device. */
static void test_failure(void)
{
    struct tri_shape shape = {90, 70, 1, 8};
    struct tri_backend *backend = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    if (tri_backend_open("opencl", NULL, &backend, &error) != TRI_OK) {
        test_skip("there is no OpenCL device");
        return;
    }
    struct tri_image *in = rig_image(&shape), *out = rig_image(&shape);
    for (int y = 0; y < shape.height; y++)
        for (int x = 0; x < shape.width; x++)
            rig_set_sample(in, 0, x, y, (x * 7 + y * 13) & 255);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("sobel,rotate:angle=180", &pipeline, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_job_new(backend, pipeline, &shape, &job, &error), TRI_OK);
    check_failure(job, in, out);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(in);
    tri_image_free(out);
    tri_backend_close(backend);
}

int test_opencl_suite(void)
{
    CU_pSuite suite = CU_add_suite("opencl", NULL, NULL);
    return !(suite && CU_add_test(suite, "many platforms", test_crowded) &&
             CU_add_test(suite, "a launch that fails", test_failure));
}
