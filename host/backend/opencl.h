/* opencl.h -- internals of the OpenCL backend: devices, programs, errors. */
#ifndef TRI_OPENCL_H
#define TRI_OPENCL_H

#include "device_clock.h"
#include "../image/disk_cache.h"
#include "opencl_transfers.h"

#include <pthread.h>
#include <stdatomic.h>

/* How a program is built, cheapest first: as it is; with choices whose values are kept separate
 * from how they were computed (TRI_SAFE in kernels/dialect/one_lane.h); the same without compiler
 * optimisation. */
enum opencl_form { FORM_PLAIN, FORM_SAFE, FORM_UNOPTIMISED, FORMS };
enum opencl_verdict { VERDICT_NONE, VERDICT_RIGHT, VERDICT_WRONG /* in every form */ };

struct opencl_program {
    char *source;       /* of the plain form */
    char kernels[200];  /* the files of its passes, for messages */
    cl_program program; /* in that form; NULL: not built */
    enum opencl_form form;
    enum opencl_verdict verdict; /* of that form */
    bool refused; /* the driver rejected the stored binary; build and store it again */
    bool covered; /* by the running qualification */
    bool unbuilt; /* the driver does not compile its plain form */
    bool noted;   /* the user was told of its form */
    bool bare;    /* from a backend that skips qualification: always in plain form */
    struct opencl_program *next;
};

struct tile_stage;

struct opencl {
    struct tri_backend base;
    cl_device_id device;
    bool sub_device; /* release it */
    bool shared;     /* memory is the host's */
    bool no_lanes;   /* the compiler is known to end the process on the probe for lanes */
    bool lanes;      /* clang's vectors work: walk strips; else make tiles */
    int lanes_bytes; /* of a vector of lanes */
    cl_context context;
    cl_command_queue queue; /* for kernels */
    struct opencl_transfers transfers;
    int group;         /* work-items in a work-group of tiles */
    int window;        /* registers of a work-item for a window of samples */
    bool pairs;        /* can choose between pairs of 16-bit samples at once */
    long local_memory; /* usable by a work-group */
    long share;        /* of it, what leaves room for other groups on the compute unit */
    char options[100]; /* for the compiler */
    struct opencl_program *programs;
    struct tri_disk_cache cache; /* programs and verdicts, on disk */
    char *identity;  /* device and driver: what those depend on besides text and options */
    bool qualifying; /* jobs created now serve qualification */
    struct tri_backend *reference;  /* scalar, once needed */
    struct opencl_profile *profile; /* NULL: not measuring */
    struct opencl_trace *trace;     /* NULL: no recording ran when it was opened */
    cl_program copy; /* the bare copy, measured besides kernels; NULL: not built yet */
    struct opencl_wait {
        pthread_mutex_t lock;
        bool opened, is_given;
        double given;                /* TRIPTYCH_OPENCL_TIMEOUT */
        const struct tri_plan *plan; /* being executed */
        double samples;              /* that it computes */
        double measured_samples, measured_seconds;
        struct opencl_launch {
            const char *name;
            cl_event event;
        } * launches; /* since the last wait */
        int launch_count, launch_room;
        atomic_bool hung;
        _Atomic cl_int unsettled; /* clFinish's error: nothing tells when the device is done with
                                     its commands */
        char hang[500];           /* the message, set before `hung` */
    } wait;
};

/* A device of this machine, as found. */
#define DEVICES_MAX 64
struct opencl_found {
    cl_platform_id platform;
    cl_device_id device;
    int platform_number, device_number;
    bool no_lanes;       /* its compiler is known to end the process on the probe for lanes */
    char refused[1000];  /* why not to open it (it is known to end the process), or "" */
    cl_device_type type; /* bits: a device may have several types */
    struct tri_device_info info;
};
/* Finds at most DEVICES_MAX devices; returns how many. Tries drivers in a separate process first
 * and leaves out those that end it. */
int tri_opencl_find(struct opencl_found found[DEVICES_MAX]);
/* The same without that precaution: lists what the loader shows, in a process that may end. */
int tri_opencl_list(struct opencl_found found[DEVICES_MAX]);
/* TRI_NO_DEVICE, with the reason why tri_opencl_find finds nothing. */
enum tri_status tri_opencl_fail_none(struct tri_error *error);

/* Wrap every call that may load a driver or run its compiler for the first time: they restore
 * signal handlers that the driver replaces. Several threads may be inside at once. */
void tri_signals_keep(void);
void tri_signals_put_back(void);
/* In a probing child, reports that the next step is one some drivers do not survive; otherwise does
 * nothing. */
void tri_opencl_step(const char *step);
/* "CPU", or "CPU, GPU, accelerator": all its types. */
void tri_opencl_describe_type(cl_device_type type, char *text, size_t size);
bool tri_opencl_is_cpu(cl_device_type type); /* and nothing else */

/* The text after "opencl:"; "/UNITS" may follow. */
struct opencl_selection {
    char name[400]; /* "": any */
    int units;      /* 0: all */
};
enum tri_status tri_opencl_parse(const char *text, struct opencl_selection *selection,
                                 struct tri_error *error);
/* Fills in info.selector of all devices: names that do not depend on the order in which the devices
 * were found. */
void tri_opencl_set_selectors(struct opencl_found *found, int count);
/* The device that a name selects. `fitting` is the number of devices that match, which is 1 unless
 * the name is a type. The devices must have their selectors. */
enum tri_status tri_opencl_choose(const struct opencl_found *found, int count, const char *name,
                                  int *chosen, int *fitting, struct tri_error *error);

/* Opens a device, or `units` of its compute units (0: all), and tests it. */
enum tri_status tri_opencl_open_device(const struct opencl_found *found, int units,
                                       struct opencl **result, struct tri_error *error);

/* The dialects, as users see them and as accepted in $TRIPTYCH_OPENCL_DIALECT. */
#define OPENCL_LANES "lanes"
#define OPENCL_TILES "tiles"
/* Chooses the dialect for a device that has a context; adds a note if a CPU does not get lanes. */
enum tri_status tri_opencl_choose_dialect(struct opencl *cl, cl_device_type type,
                                          struct tri_error *error);

/* TRI_NO_DEVICE, with the call, the code's symbol, the device, and what to try; `device` may be
 * NULL. */
enum tri_status tri_opencl_fail(struct tri_error *error, const char *call, cl_int code,
                                const char *device);
/* The same for a call that requested memory, with the memory the device has. */
enum tri_status tri_opencl_fail_size(const struct opencl *cl, const char *call, cl_int code,
                                     size_t size, struct tri_error *error);
/* Returns that error if a call fails; uses the function's `cl` and `error`. */
#define CHECK(call, ...) \
    do { \
        const cl_int code_ = call(__VA_ARGS__); \
        if (code_ != CL_SUCCESS) \
            return tri_opencl_fail(error, #call, code_, cl->base.info.device); \
    } while (0)
const char *tri_opencl_symbol(cl_int code);

/* Launches a kernel in the backend's queue; `local` may be NULL. `name`, for messages, must live
 * until the wait. */
enum tri_status tri_opencl_launch(struct opencl *cl, cl_kernel kernel, const char *name,
                                  cl_uint dimensions, const size_t *offset, const size_t *global,
                                  const size_t *local, struct tri_error *error);
/* Returns the error of a launch that ended in failure; launches still in flight are checked next
 * time. */
enum tri_status tri_opencl_check_launches(struct opencl *cl, struct tri_error *error);
/* Waits for the queue, with a time limit. If it is exceeded, returns TRI_NO_DEVICE with `what`
 * ("the kernels of a frame"), the device and the seconds. From then on the device hangs: nothing of
 * its context can be released, and memory that commands in flight use must stay. A kernel that
 * failed while running is an error, too. */
enum tri_status tri_opencl_finish(struct opencl *cl, cl_command_queue queue, const char *what,
                                  struct tri_error *error);
/* Waits for one command; releases the event. */
enum tri_status tri_opencl_await(struct opencl *cl, cl_command_queue queue, cl_event event,
                                 const char *what, struct tri_error *error);
/* Sets the plan whose kernels follow; NULL: they are done. Its work and the speed so far determine
 * the limit, and the message names its passes. */
void tri_opencl_expect(struct opencl *cl, const struct tri_plan *plan);
/* TRI_NO_DEVICE once the device hangs. */
enum tri_status tri_opencl_alive(struct opencl *cl, struct tri_error *error);
/* TRI_NO_DEVICE if it hangs or tri_opencl_holds: it gets no more work. */
enum tri_status tri_opencl_usable(struct opencl *cl, struct tri_error *error);
bool tri_opencl_hangs(struct tri_backend *backend);
/* Whether the device may still use host memory it was given: it hangs, or its driver fails even at
 * finishing. Such memory is never freed; OpenCL objects are, unless it hangs. */
bool tri_opencl_holds(struct opencl *cl);
/* After a failure, keeps images that the device may still use; either may be NULL. Returns
 * `status`. */
enum tri_status tri_opencl_leave_images(struct opencl *cl, struct tri_image *in,
                                        struct tri_image *out, enum tri_status status);
enum tri_status tri_opencl_wait_open(struct opencl *cl, struct tri_error *error);
void tri_opencl_wait_close(struct opencl *cl);

/* The text of a stage's program, to be freed; NULL: no memory. */
char *tri_opencl_source(const struct opencl *cl, const struct tri_plan *plan,
                        const struct tri_stage *stage, const struct tile_stage *tiles);
/* The program of a stage's passes that is right on this device, as tri_opencl_qualify ensures
 * before a job is prepared. The backend keeps and frees it. */
enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_plan *plan,
                                   const struct tri_stage *stage, const struct tile_stage *tiles,
                                   cl_program *program, struct tri_error *error);
/* Writes the text of a stage's program, before it is built, into the folder named by
 * TRIPTYCH_OPENCL_DUMP, if that is set; with tiles, also what its table of channels and its
 * constants hold at first. */
enum tri_status tri_opencl_dump(const struct opencl *cl, const struct tri_plan *plan,
                                const struct tri_stage *stage, const char *source,
                                struct tri_error *error);
/* Builds from source, with the device's options and those in `more`. */
enum tri_status tri_opencl_build(struct opencl *cl, const char *source, const char *more,
                                 cl_program *program, struct tri_error *error);
/* The entry of a stage's program, with what earlier runs learnt about it. */
enum tri_status tri_opencl_entry(struct opencl *cl, const struct tri_plan *plan, int stage,
                                 struct opencl_program **entry, struct tri_error *error);
/* NULL if it has not been requested yet. */
struct opencl_program *tri_opencl_find_entry(struct opencl *cl, const struct tri_plan *plan,
                                             int stage);
/* Builds the entry's program in its form, if not built yet. */
enum tri_status tri_opencl_build_entry(struct opencl *cl, struct opencl_program *entry,
                                       struct tri_error *error);
/* Switches to another form; releases what was built in the old one. */
void tri_opencl_set_form(struct opencl_program *entry, enum opencl_form form);
/* Verdicts of other versions, other test images or other rules do not count. */
#define KEPT_VERSION "triptych " TRI_VERSION ", qualification 3\n"
/* Load an entry's program and verdict from disk, if stored there, and store them. */
void tri_opencl_load_entry(struct opencl *cl, struct opencl_program *entry);
void tri_opencl_keep_entry(struct opencl *cl, const struct opencl_program *entry);
/* Begin and end all that: once there is a context, before anything is built; and when the device is
 * closed. */
enum tri_status tri_opencl_begin_programs(struct opencl *cl, struct tri_error *error);
void tri_opencl_end_programs(struct opencl *cl);
/* Small facts about the device, found out by a program with that text. */
bool tri_opencl_recall(struct opencl *cl, const char *source, void *data, size_t size);
void tri_opencl_remember(struct opencl *cl, const char *source, const void *data, size_t size);

/* Makes sure that every program of the job's plan is right, by comparison with scalar or from
 * earlier runs. A wrong one is built in other forms, with a note; if no form is right, returns
 * TRI_NO_DEVICE. */
enum tri_status tri_opencl_qualify(struct tri_job *job, struct tri_error *error);

/* Buffers. Size 0 and releasing NULL are allowed. */
enum tri_status tri_opencl_buffer(struct opencl *cl, cl_mem_flags flags, size_t size, void *host,
                                  cl_mem *buffer, struct tri_error *error);
void tri_opencl_release_buffer(cl_mem buffer);

/* Jobs. */
struct opencl_job;
struct opencl_stage;
enum tri_status tri_opencl_prepare(struct tri_job *job, struct tri_error *error);
enum tri_status tri_opencl_run(struct tri_job *job, struct tri_inflight *inflight,
                               struct tri_error *error);
enum tri_status tri_opencl_fetch(struct tri_job *job, long offset, size_t size, void *to,
                                 struct tri_error *error);
enum tri_status tri_opencl_store(struct tri_job *job, long offset, size_t size, const void *from,
                                 struct tri_error *error);
void tri_opencl_release(struct tri_job *job);

/* Tests the arithmetic that exactness depends on, piece by piece, and stores the verdicts in the
 * backend's info. A failed test is not an error of this function. */
enum tri_status tri_opencl_probe(struct opencl *cl, struct tri_error *error);

/* A command, for measuring and for recordings. The name must live as long as a recording. */
struct opencl_command {
    enum tri_command what;
    const char *name;
    int64_t bytes; /* that it moves; 0: unknown */
};
/* Whether commands have to have events for that. */
bool tri_opencl_wants_event(const struct opencl *cl);
/* Keeps a command's event as long as that needs it. */
void tri_opencl_keep(struct opencl *cl, cl_event event, const struct opencl_command *command);
/* The same for a command that has an event only if wanted; releases it. */
void tri_opencl_keep_own(struct opencl *cl, cl_event event, const struct opencl_command *command);

/* Whether a recording runs, and began before the device was opened. */
bool tri_opencl_is_traced(const struct opencl *cl);
/* Reports a command to the recording once it has ended. */
void tri_opencl_trace(struct opencl *cl, cl_event event, const struct opencl_command *command);
/* If a recording runs: once there is a context; and before the queues are released. */
void tri_opencl_trace_open(struct opencl *cl);
void tri_opencl_trace_close(struct opencl *cl);

extern const struct tri_measuring tri_opencl_measuring;
/* Frees what measuring left. */
void tri_opencl_measured(struct opencl *cl);

#endif
