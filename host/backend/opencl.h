/* opencl.h -- within the OpenCL backend: devices, programs, errors. */
#ifndef TRI_OPENCL_H
#define TRI_OPENCL_H

#include "measuring.h"
#include "opencl_cache.h"
#include "opencl_transfers.h"

#include <pthread.h>
#include <stdatomic.h>

/* How a program is made, from what costs nothing to what costs most: as it is; with choices that keep their values apart
 * from how they were computed (TRI_SAFE in kernels/dialect/single.h); those, and without the compiler's
 * optimisation. */
enum opencl_form { FORM_PLAIN, FORM_SAFE, FORM_UNOPTIMISED, FORMS };
enum opencl_verdict { VERDICT_NONE, VERDICT_RIGHT, VERDICT_WRONG /* in every form */ };

struct opencl_program {
    char *source;             /* of the plain form */
    char kernels[200];        /* the files of its passes, for messages */
    cl_program program;       /* in that form; NULL: not built */
    enum opencl_form form;
    enum opencl_verdict verdict; /* of that form */
    bool refused;             /* what was kept of it; it is built and kept again */
    bool covered;             /* by the qualification that is under way */
    bool unbuilt;             /* in its plain form the driver does not compile it */
    bool noted;               /* the user knows of its form */
    bool bare;                /* of a backend that is not to qualify: always in its plain form */
    struct opencl_program *next;
};

struct tile_stage;

struct opencl {
    struct tri_backend base;
    cl_device_id device;
    bool sub_device; /* to be released */
    bool shared;     /* memory is the host's */
    bool no_lanes;   /* the compiler is known to end the process over their probe */
    bool lanes;      /* clang's vectors work: bands are walked; else tiles */
    int lanes_bytes; /* of a vector of them */
    cl_context context;
    cl_command_queue queue; /* of kernels */
    struct opencl_transfers transfers;
    int group;         /* items of a work-group of tiles */
    int window;        /* registers of an item for a window of samples */
    bool pairs;        /* it chooses among two samples of 16 bits at once */
    long local_memory; /* that a work-group may take */
    long share;        /* of it, that leaves its unit room for other groups */
    char options[100]; /* of the compiler */
    struct opencl_program *programs;
    struct opencl_cache cache; /* of programs and verdicts, on disk */
    char *identity;            /* device and driver: what those depend on beside text and options */
    bool qualifying;           /* the jobs that are made now are what qualifies programs */
    struct tri_backend *reference; /* scalar, once it was needed */
    struct opencl_profile *profile; /* NULL: nobody measures */
    cl_program copy;                /* of what is measured beside kernels; NULL: not built yet */
    struct opencl_wait {
        pthread_mutex_t lock;
        bool opened, is_given;
        double given; /* TRIPTYCH_OPENCL_TIMEOUT */
        const struct tri_plan *plan; /* that is carried out */
        double samples;              /* that it makes */
        double measured_samples, measured_seconds;
        struct opencl_launch {
            const char *name;
            cl_event event;
        } *launches; /* since the last wait */
        int launch_count, launch_room;
        atomic_bool hung;
        _Atomic cl_int unsettled; /* what clFinish failed with: nobody knows when it is through with what it was given */
        char hang[500]; /* what is told of it, set before `hung` */
    } wait;
};

/* A device of this machine, as it was found. */
#define DEVICES_MAX 64
struct opencl_found {
    cl_platform_id platform;
    cl_device_id device;
    int platform_number, device_number;
    bool no_lanes;      /* its compiler is known to end the process over the probe for lanes */
    char refused[1000]; /* why it is not to be opened: it is known to end the process; or "" */
    cl_device_type type; /* bits: a device may be of several */
    struct tri_device_info info;
};
/* Finds at most DEVICES_MAX; returns how many. Drivers are tried in a process of their own before, and those that end it
 * are left out of this one. */
int tri_opencl_find(struct opencl_found found[DEVICES_MAX]);
/* The same without that care: what the loader shows, to a process that may end. */
int tri_opencl_list(struct opencl_found found[DEVICES_MAX]);
/* TRI_NO_DEVICE with the reason why tri_opencl_find finds nothing. */
enum tri_status tri_opencl_fail_none(struct tri_error *error);

/* Around every call in which a driver may be loaded, or its compiler for the first time: signal handlers that it
 * replaces are put back. Threads may be inside at the same time. */
void tri_signals_keep(void);
void tri_signals_put_back(void);
/* Tells whoever watches this process that it now does what some driver does not survive; nothing otherwise. */
void tri_opencl_step(const char *step);
/* "CPU", or "CPU, GPU, accelerator": all that it is. */
void tri_opencl_describe_type(cl_device_type type, char *text, size_t size);
bool tri_opencl_is_cpu(cl_device_type type); /* and nothing else */

/* What follows "opencl:" and may be followed by "/UNITS". */
struct opencl_selection {
    char name[400]; /* "": any */
    int units;      /* 0: all */
};
enum tri_status tri_opencl_parse(const char *text, struct opencl_selection *selection, struct tri_error *error);
/* Fills in info.selector of all devices: names that do not depend on the order in which they were found. */
void tri_opencl_set_selectors(struct opencl_found *found, int count);
/* The device that a name selects; `fitting` becomes the number of those that it would fit too, which is 1 unless it is
 * no name but a type. The devices have their selectors. */
enum tri_status tri_opencl_choose(const struct opencl_found *found, int count, const char *name, int *chosen,
                                  int *fitting, struct tri_error *error);

/* Opens a device, or `units` of its compute units (0: all), and tests it. */
enum tri_status tri_opencl_open_device(const struct opencl_found *found, int units, struct opencl **result,
                                       struct tri_error *error);

/* The dialects, as users see them, and as $TRIPTYCH_OPENCL_DIALECT takes them. */
#define OPENCL_LANES "lanes"
#define OPENCL_TILES "tiles"
/* Chooses the dialect for a device that has a context, and notes why a CPU does not get lanes. */
enum tri_status tri_opencl_choose_dialect(struct opencl *cl, cl_device_type type, struct tri_error *error);

/* TRI_NO_DEVICE, with the call, the code's symbol, the device, and what to try; `device` may be NULL. */
enum tri_status tri_opencl_fail(struct tri_error *error, const char *call, cl_int code, const char *device);
/* The same of a call that asked for memory, with what the device has. */
enum tri_status tri_opencl_fail_size(const struct opencl *cl, const char *call, cl_int code, size_t size,
                                     struct tri_error *error);
/* Returns that for a call that fails; `cl` and `error` are the function's. */
#define CHECK(call, ...)                                                                                     \
    do {                                                                                                     \
        const cl_int code_ = call(__VA_ARGS__);                                                              \
        if (code_ != CL_SUCCESS)                                                                             \
            return tri_opencl_fail(error, #call, code_, cl->base.info.device);                               \
    } while (0)
const char *tri_opencl_symbol(cl_int code);

/* Launches a kernel in the backend's queue; `local` may be NULL. The name, for messages, must live until the wait. */
enum tri_status tri_opencl_launch(struct opencl *cl, cl_kernel kernel, const char *name, cl_uint dimensions,
                                  const size_t *offset, const size_t *global, const size_t *local, struct tri_error *error);
/* Whether launches that have ended failed; those that have not are asked another time. */
enum tri_status tri_opencl_check_launches(struct opencl *cl, struct tri_error *error);
/* Waiting, which has a limit: TRI_NO_DEVICE, with `what` ("the kernels of a frame"), the device and the seconds, where
 * that is exceeded. From then on the device hangs: nothing of its context can be released, and what commands under way
 * read and write must stay. A kernel that failed when its turn came is an error, too. */
enum tri_status tri_opencl_finish(struct opencl *cl, cl_command_queue queue, const char *what, struct tri_error *error);
/* For one command; releases the event. */
enum tri_status tri_opencl_await(struct opencl *cl, cl_command_queue queue, cl_event event, const char *what,
                                 struct tri_error *error);
/* The plan whose kernels follow; NULL: they are through. The limit is derived from its work and the speed so far, and the
 * message names its passes. */
void tri_opencl_expect(struct opencl *cl, const struct tri_plan *plan);
/* TRI_NO_DEVICE once the device hangs. */
enum tri_status tri_opencl_alive(struct opencl *cl, struct tri_error *error);
/* TRI_NO_DEVICE where it hangs or tri_opencl_holds: it gets no more work. */
enum tri_status tri_opencl_usable(struct opencl *cl, struct tri_error *error);
bool tri_opencl_hangs(struct tri_backend *backend);
/* Whether the device may use memory of the host yet that it was given: it hangs, or its driver fails even when it is
 * asked to finish. Such memory is never freed; objects of OpenCL are, unless it hangs. */
bool tri_opencl_holds(struct opencl *cl);
/* After a failure: images that the device may use yet, stay; NULL is fine. */
enum tri_status tri_opencl_leave_images(struct opencl *cl, struct tri_image *in, struct tri_image *out, enum tri_status status);
enum tri_status tri_opencl_wait_open(struct opencl *cl, struct tri_error *error);
void tri_opencl_wait_close(struct opencl *cl);

/* The text of a stage's program, to be freed; NULL: no memory. */
char *tri_opencl_source(const struct opencl *cl, const struct tri_plan *plan, const struct tri_stage *stage,
                        const struct tile_stage *tiles);
/* The program of a stage's passes that is right on this device: tri_opencl_qualify has seen to that before a job is
 * prepared. Kept, and freed with the backend. */
enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_plan *plan, const struct tri_stage *stage,
                                   const struct tile_stage *tiles, cl_program *program, struct tri_error *error);
/* Writes a program's text, before it is built, into the folder that TRIPTYCH_OPENCL_DUMP names; nothing without it. */
enum tri_status tri_opencl_dump(const struct opencl *cl, const struct tri_stage *stage, const char *source,
                                struct tri_error *error);
/* From source, with the device's options and `more` of them. */
enum tri_status tri_opencl_build(struct opencl *cl, const char *source, const char *more, cl_program *program,
                                 struct tri_error *error);
/* The entry of a stage's program, with what is known of it from earlier. */
enum tri_status tri_opencl_entry(struct opencl *cl, const struct tri_plan *plan, int stage, struct opencl_program **entry,
                                 struct tri_error *error);
/* NULL: it was not asked for yet. */
struct opencl_program *tri_opencl_find_entry(struct opencl *cl, const struct tri_plan *plan, int stage);
/* The entry's program in its form, built if need be. */
enum tri_status tri_opencl_build_entry(struct opencl *cl, struct opencl_program *entry, struct tri_error *error);
/* Goes to another form; what was built in the old one is released. */
void tri_opencl_set_form(struct opencl_program *entry, enum opencl_form form);
/* Verdicts of other versions, of other sets of pictures or of other rules are none. */
#define KEPT_VERSION "triptych " TRI_VERSION ", qualification 3\n"
/* Program and verdict as they are kept on disk, if they are; and keeps them there. */
void tri_opencl_load_entry(struct opencl *cl, struct opencl_program *entry);
void tri_opencl_keep_entry(struct opencl *cl, const struct opencl_program *entry);
/* Begins and ends all that: when there is a context, before anything is built; and at the device's end. */
enum tri_status tri_opencl_begin_programs(struct opencl *cl, struct tri_error *error);
void tri_opencl_end_programs(struct opencl *cl);
/* Small things that were found out about the device by a program of that text. */
bool tri_opencl_recall(struct opencl *cl, const char *source, void *data, size_t size);
void tri_opencl_remember(struct opencl *cl, const char *source, const void *data, size_t size);

/* Sees to it that every program of the job's plan is right: compared with scalar, or known from earlier. One that is not
 * is built in other forms, with a note; one that is right in none is TRI_NO_DEVICE. */
enum tri_status tri_opencl_qualify(struct tri_job *job, struct tri_error *error);

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

/* Tries the arithmetic that exactness rests on, piece by piece, and puts down the verdicts in the backend's info. A
 * failure of them is none of the function. */
enum tri_status tri_opencl_probe(struct opencl *cl, struct tri_error *error);

/* Where a command is to leave its event: the last argument of its clEnqueue function. NULL unless the device is
 * being measured. */
cl_event *tri_opencl_event(struct opencl *cl, enum tri_command what);
/* The same for a command that has an event anyway. */
void tri_opencl_keep(struct opencl *cl, cl_event event, enum tri_command what);
extern const struct tri_measuring tri_opencl_measuring;
/* Frees what measuring has left. */
void tri_opencl_measured(struct opencl *cl);

#endif
