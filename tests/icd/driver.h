/* driver.h -- internals of the test driver: its objects, each of which stands for one of the
 * wrapped driver. */
#ifndef ICD_DRIVER_H
#define ICD_DRIVER_H

#include "faults.h"

#include <CL/cl_icd.h>
#include <string.h>

enum kind { PLATFORM, DEVICE, CONTEXT, QUEUE, BUFFER, PROGRAM, KERNEL, EVENT, KINDS };

enum { ARGUMENTS = 64, WAITS = 64 };

struct object {
    const cl_icd_dispatch *dispatch; /* the loader needs it first */
    void *real;
    enum kind kind;
    int references;
    struct object *parent; /* a sub-device's device, a kernel's program */
    size_t size;           /* for a buffer */
    bool host;             /* a buffer in the host's memory */
    bool wrong;  /* a program, or a buffer of its kernels, whose results are to be wrong */
    char *text;  /* a program's source, and later its options; a kernel's name */
    bool binary; /* a program created from a binary */
    cl_int fate; /* the code a kernel's event failed with, or all later commands of its queue */
    struct object *arguments[ARGUMENTS];
    struct object *next;
};

extern struct driver {
    const cl_icd_dispatch *calls; /* of the wrapped driver */
    struct object *platform;
} driver;
extern const cl_icd_dispatch icd_dispatch; /* ours */

/* NULL is allowed. */
static inline void *icd_real(const void *object)
{
    return object != NULL ? ((const struct object *)object)->real : NULL;
}
#define REAL(object) icd_real(object)

/* Our object for one of the wrapped driver; for a device or platform always the same one. NULL
 * stays NULL. */
void *icd_wrap(enum kind kind, void *real);
/* Our object, if `pointer` is an existing one of `kind`; otherwise NULL. */
struct object *icd_find(enum kind kind, const void *pointer);
void icd_retain(void *object);
void icd_release(void *object);
/* Bytes of the existing buffers in the device's memory. */
size_t icd_buffer_bytes(void);
/* Replaces the wrapped driver's objects with ours. */
void icd_translate(void *value, size_t size);

/* The first and last lines of our calls. */
#define BEGIN(call) \
    static const char call_[] = call; \
    const cl_int fault_ = icd_begin(call_); \
    if (fault_ != CL_SUCCESS) \
    return icd_end(call_, fault_, "fails")
#define END(code) return icd_end(call_, code, "")
/* For calls that return an object. */
#define BEGIN_NEW(call) \
    static const char call_[] = call; \
    cl_int code_ = icd_begin(call_); \
    if (code_ != CL_SUCCESS) \
    return fail_new(call_, code_, errcode)
#define END_NEW(kind, real) return end_new(call_, kind, real, code_, errcode)
static inline void *fail_new(const char *call, cl_int code, cl_int *errcode)
{
    icd_end(call, code, "fails");
    if (errcode != NULL)
        *errcode = code;
    return NULL;
}
static inline void *end_new(const char *call, enum kind kind, void *real, cl_int code,
                            cl_int *errcode)
{
    icd_end(call, code, "");
    if (errcode != NULL)
        *errcode = code;
    return code == CL_SUCCESS ? icd_wrap(kind, real) : NULL;
}
/* Retain and release calls: a release that fails has released anyway; a retain that fails has not
 * retained. */
#define COUNTED(verb, Name, type, lower) \
    cl_int CL_API_CALL icd_##verb##Name(type object) \
    { \
        static const char call_[] = "cl" #verb #Name; \
        const cl_int fault = icd_begin(call_); \
        if (fault != CL_SUCCESS && strcmp(#verb, "Retain") == 0) \
            return icd_end(call_, fault, ""); \
        const cl_int code = driver.calls->cl##verb##Name(REAL(object)); \
        lower(object); \
        return icd_end(call_, fault != CL_SUCCESS ? fault : code, ""); \
    }
/* Calls that query an object. */
#define INFO(Name, type, what) \
    cl_int CL_API_CALL icd_##Name(type object, what name, size_t size, void *value, \
                                  size_t *size_ret) \
    { \
        BEGIN("cl" #Name); \
        const cl_int code = driver.calls->cl##Name(REAL(object), name, size, value, size_ret); \
        if (code == CL_SUCCESS) \
            icd_translate(value, size); \
        END(code); \
    }

/* Calls in the other files. */
extern const cl_icd_dispatch icd_dispatch;
#define CALL(name) extern __typeof__(*(cl_api_cl##name)0) icd_##name;
#include "calls.h"
#undef CALL

/* Make results that the host is about to see wrong; the queue is finished then. */
void icd_spoil_buffer(struct object *queue, struct object *kernel);
void icd_spoil_memory(struct object *queue, const struct object *buffer, void *memory, size_t size);

#endif
