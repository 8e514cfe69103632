/* opencl.h -- within the OpenCL backend: devices, programs, errors. */
#ifndef TRI_OPENCL_H
#define TRI_OPENCL_H

#include "backend.h"

#include <CL/cl.h>

struct opencl {
    struct tri_backend base;
    cl_device_id device;
    bool sub_device; /* to be released */
    bool shared;     /* memory is the host's */
    bool lanes;      /* clang's vectors work: bands are walked */
    cl_context context;
    cl_command_queue queue;
    char options[100]; /* of the compiler */
    struct opencl_program {
        char *source;
        cl_program program;
        struct opencl_program *next;
    } *programs;
};

/* TRI_NO_DEVICE, with the call, the code's symbol and the device; `what` may be NULL. */
enum tri_status tri_opencl_fail(struct tri_error *error, const char *call, cl_int code, const char *device);
const char *tri_opencl_symbol(cl_int code);

/* The program of a stage's passes; kept, and freed with the backend. */
enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_stage *stage, int bits, cl_program *program,
                                   struct tri_error *error);
enum tri_status tri_opencl_build(struct opencl *cl, const char *source, cl_program *program, struct tri_error *error);

/* Jobs. */
enum tri_status tri_opencl_prepare(struct tri_job *job, struct tri_error *error);
enum tri_status tri_opencl_run(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                               struct tri_timing *timing, struct tri_error *error);
void tri_opencl_release(struct tri_job *job);

/* Whether the device computes as the exactness rules ask. */
enum tri_status tri_opencl_self_test(struct opencl *cl, struct tri_error *error);

#endif
