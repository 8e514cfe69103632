/* opencl.h -- within the OpenCL backend: devices, programs, errors. */
#ifndef TRI_OPENCL_H
#define TRI_OPENCL_H

#include "measuring.h"

#include <CL/cl.h>

struct tile_stage;

struct opencl {
    struct tri_backend base;
    cl_device_id device;
    bool sub_device; /* to be released */
    bool shared;     /* memory is the host's */
    bool lanes;      /* clang's vectors work: bands are walked; else tiles */
    cl_context context;
    cl_command_queue queue;     /* of kernels */
    cl_command_queue transfers; /* of images, so that they overlap kernels of other frames */
    int group;         /* items of a work-group of tiles */
    long local_memory; /* that a work-group may take */
    char options[100]; /* of the compiler */
    struct opencl_profile *profile; /* NULL: nobody measures */
    cl_program copy;                /* of what is measured beside kernels; NULL: not built yet */
    struct opencl_program {
        char *source;
        cl_program program;
        struct opencl_program *next;
    } *programs;
};

/* A device of this machine, as it was found. */
#define DEVICES_MAX 64
struct opencl_found {
    cl_platform_id platform;
    cl_device_id device;
    int platform_number, device_number;
    struct tri_device_info info;
};
/* Finds at most DEVICES_MAX; returns how many. */
int tri_opencl_find(struct opencl_found found[DEVICES_MAX]);
/* Opens a device, or `units` of its compute units (0: all), and tests it. */
enum tri_status tri_opencl_open_device(const struct opencl_found *found, int units, struct opencl **result,
                                       struct tri_error *error);

/* TRI_NO_DEVICE, with the call, the code's symbol and the device; `what` may be NULL. */
enum tri_status tri_opencl_fail(struct tri_error *error, const char *call, cl_int code, const char *device);
/* Returns that for a call that fails; `cl` and `error` are the function's. */
#define CHECK(call, ...)                                                                                     \
    do {                                                                                                     \
        const cl_int code_ = call(__VA_ARGS__);                                                              \
        if (code_ != CL_SUCCESS)                                                                             \
            return tri_opencl_fail(error, #call, code_, cl->base.info.device);                               \
    } while (0)
const char *tri_opencl_symbol(cl_int code);

/* The text of a stage's program, to be freed; NULL: no memory. */
char *tri_opencl_source(const struct opencl *cl, const struct tri_plan *plan, const struct tri_stage *stage,
                        const struct tile_stage *tiles);
/* The program of a stage's passes; kept, and freed with the backend. */
enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_plan *plan, const struct tri_stage *stage,
                                   const struct tile_stage *tiles, cl_program *program, struct tri_error *error);
/* Writes a program's text, before it is built, into the folder that TRIPTYCH_OPENCL_DUMP names; nothing without it. */
enum tri_status tri_opencl_dump(const struct opencl *cl, const struct tri_stage *stage, const char *source,
                                struct tri_error *error);
enum tri_status tri_opencl_build(struct opencl *cl, const char *source, cl_program *program, struct tri_error *error);

/* Buffers; size 0 is fine, and so is releasing NULL. */
enum tri_status tri_opencl_buffer(struct opencl *cl, cl_mem_flags flags, size_t size, void *host, cl_mem *buffer,
                                  struct tri_error *error);
void tri_opencl_release_buffer(cl_mem buffer);

/* Jobs. */
struct opencl_job;
struct opencl_stage;
enum tri_status tri_opencl_prepare(struct tri_job *job, struct tri_error *error);
enum tri_status tri_opencl_run(struct tri_job *job, struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_fetch(struct tri_job *job, long offset, size_t size, void *to, struct tri_error *error);
void tri_opencl_release(struct tri_job *job);

/* Images to the device and back. */
struct opencl_flight {
    cl_mem in, out; /* kept while images stay where they are, or, where memory is not shared, of one size */
    const void *in_memory, *out_memory;
    size_t in_size, out_size;
};
/* The output's buffer, before kernels write to it; and the end of all kernels, after which the host may read it where
 * memory is shared. */
enum tri_status tri_opencl_output(struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_wait(struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_upload(struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_download(struct tri_flight *flight, struct tri_error *error);
void tri_opencl_land(struct tri_flight *flight);

/* Enqueues a kernel in cl->queue, and counts it. */
enum tri_status tri_opencl_launch(struct opencl *cl, cl_kernel kernel, cl_uint dimensions, const size_t *global,
                                  const size_t *local, struct tri_error *error);
/* Where a command is to leave its event: the last argument of its clEnqueue function. NULL unless the device is
 * being measured. */
cl_event *tri_opencl_event(struct opencl *cl, enum tri_command what);
extern const struct tri_measuring tri_opencl_measuring;
/* Frees what measuring has left. */
void tri_opencl_measured(struct opencl *cl);

/* Whether the device computes as the exactness rules ask. */
enum tri_status tri_opencl_self_test(struct opencl *cl, struct tri_error *error);

#endif
