/* backend.h -- backends execute plans. Each kind of backend fills in these functions. */
#ifndef TRI_BACKEND_H
#define TRI_BACKEND_H

#include "../pipeline/plan.h"
#include "../trace/trace.h"

/* What a device has done since it was opened; all 0 for other backends. */
struct tri_backend_counts {
    long launches;                        /* of kernels */
    long programs_built, programs_loaded; /* compiled; found compiled on disk */
    double build_ms;                      /* for both */
};
struct tri_backend_counts tri_backend_counts(const struct tri_backend *backend);

struct tri_inflight {
    struct tri_backend *backend;
    struct tri_image *in, *out; /* the frame in flight */
    /* the caller's output: `out`, or packed if the backend needs padding */
    struct tri_image *asked;
    /* the backend's own padded input and output; NULL: not needed so far */
    struct tri_image *padded[2];
    void *state;               /* the backend's */
    struct tri_timing *timing; /* NULL if not wanted; then steps need not wait for each other */
};

/* What programs have cost so far; all 0 for kernels compiled into triptych. */
struct tri_program_counts {
    int built, loaded; /* from source; from disk */
    int64_t build_ns, load_ns;
    int refused;        /* jobs whose program is wrong in every form */
    int qualified;      /* compared with scalar, not known from earlier runs */
    int64_t qualify_ns; /* without building */
};

struct tri_backend {
    struct tri_backend_info info;
    _Atomic(const char *) traced_name; /* for recordings; NULL: not asked for so far */
    char note[2000];                   /* lines */
    bool unqualified; /* programs are used unchecked in their plain form, even wrong ones */
    struct tri_program_counts programs;
    bool (*hangs)(
        struct tri_backend *backend);      /* commands in flight still use the plan; NULL: never */
    long launches;                         /* of kernels */
    const struct tri_measuring *measuring; /* how to measure the device; NULL: not a device */
    struct tri_memory *memory;             /* for images that go there; NULL: any */
    enum tri_plan_kind kind;               /* of plans */
    struct tri_walk_options walk;          /* of plans */
    bool pads;                             /* packed images are copied into padded ones and back */
    /* Whether a plan of that kind can be prepared; if not, every pass gets a stage of its own.
     * NULL: any can. */
    enum tri_status (*takes)(struct tri_backend *backend, const struct tri_plan *plan, bool *taken,
                             struct tri_error *error);
    /* tri_image_pad by several threads; NULL: by one. */
    void (*pad)(struct tri_backend *backend, struct tri_image *image);
    bool pads_in_run; /* run() pads the input if a pass reads the padding */
    enum tri_status (*prepare)(struct tri_job *job, struct tri_error *error);
    enum tri_status (*run)(struct tri_job *job, struct tri_inflight *inflight,
                           struct tri_error *error);
    /* Reads `size` bytes of the arena as the last run left them. */
    enum tri_status (*fetch)(struct tri_job *job, long offset, size_t size, void *to,
                             struct tri_error *error);
    /* Writes them before the first run; NULL: other jobs have the arena (several). */
    enum tri_status (*store)(struct tri_job *job, long offset, size_t size, const void *from,
                             struct tri_error *error);
    void (*release)(struct tri_job *job);
    /* For tri_job_lend, before the first run; NULL: earlier inputs are always copied. */
    enum tri_status (*lend)(struct tri_job *job, int *runs, struct tri_error *error);
    /* The next three are NULL where kernels work on images in place. */
    enum tri_status (*upload)(struct tri_inflight *inflight, struct tri_error *error);
    enum tri_status (*download)(struct tri_inflight *inflight, struct tri_error *error);
    void (*release_inflight)(struct tri_inflight *inflight); /* frees the state */
    /* Computes only rows `from` to `to - 1` of the output, for plans of one stage; NULL: whole
     * images only. */
    enum tri_status (*run_rows)(struct tri_job *job, struct tri_inflight *inflight, int from,
                                int to, struct tri_error *error);
    /* Computes some rows of one stage, and adds what they count to the plan's counts if `counts`;
     * NULL: no jobs of tri_job_new_sparse. */
    enum tri_status (*run_stage)(struct tri_job *job, struct tri_image *out, int stage, int from,
                                 int to, bool counts, struct tri_error *error);
    void (*drop)(struct tri_job *job); /* for such jobs: forgets all planes between stages */
    /* For backends that split work among others: tri_backend_shares and tri_backend_gain. Otherwise
     * NULL. */
    int (*shares)(const struct tri_backend *backend, struct tri_share *shares, int most);
    double (*gain)(const struct tri_backend *backend, int *fastest);
    void (*close)(struct tri_backend *backend);
};

/* Called after each stage, while the arena is as the stage left it. */
struct tri_watch {
    enum tri_status (*after)(struct tri_watch *watch, struct tri_job *job, int stage,
                             struct tri_error *error);
};

struct tri_job {
    struct tri_backend *backend;
    const struct tri_pipeline *pipeline;
    struct tri_plan *plan;
    struct tri_shape out;    /* the plan's, which tri_job_lend replaces */
    struct tri_watch *watch; /* called during the run; NULL: none */
    bool sparse;             /* its planes between stages are in sparse memory */
    bool timed;              /* the next frame's time is known: */
    double seconds;
    long frame, frames;           /* number of the next run; their count, 0 while unknown */
    struct tri_inflight inflight; /* for tri_job_run */
    void *state;                  /* the backend's */
};

/* Says when the next frame is shown. */
void tri_job_set_time(struct tri_job *job, double seconds);
/* As tri_job_data, but gives the samples themselves to `use`. */
enum tri_status tri_job_use_data(struct tri_job *job,
                                 void (*use)(void *of, const struct tri_data *data), void *of,
                                 struct tri_error *error);
/* with.c: copies the second picture, if the plan has one, into the arena. */
enum tri_status tri_job_keep_with(struct tri_job *job, struct tri_error *error);

enum tri_status tri_native_open(int workers, const struct tri_backend_options *options,
                                struct tri_backend **backend, struct tri_error *error);
#define TRI_NO_OPENCL "there is no OpenCL device" /* begins the error if no driver has one */
/* `selection` is what follows "opencl:", or "". */
enum tri_status tri_opencl_open(const char *selection, struct tri_backend **backend,
                                struct tri_error *error);
/* "A+B+..." or "all"; see tri_names_several. */
enum tri_status tri_several_open(const char *on, const struct tri_backend_options *options,
                                 struct tri_backend **backend, struct tri_error *error);

/* Returns the '+' after the first of several names, or NULL. Inside a device name, a '+' separates
 * only where a backend's name follows. */
const char *tri_several_plus(const char *on);

/* `lend` of a backend that works on images in place: prepares the job again, with a plan that
 * copies no inputs. */
enum tri_status tri_job_lend_in_place(struct tri_job *job, int *runs, struct tri_error *error);

/* Like tri_inflight_compute, for these rows only; needs a backend with run_rows. */
enum tri_status tri_inflight_rows(struct tri_inflight *inflight, struct tri_job *job,
                                  struct tri_image *out, int from, int to, struct tri_error *error);

/* Makes a plan of the backend's kind, or, if it cannot prepare that, one with each pass in its own
 * stage. */
enum tri_status tri_backend_plan(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                 const struct tri_shape *in, struct tri_plan **plan,
                                 struct tri_error *error);
/* Adds a line to the backend's note; drops it if it does not fit. */
void tri_backend_add_note(struct tri_backend *backend, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const struct tri_program_counts *tri_backend_programs(const struct tri_backend *backend);
/* Whether a device has hung. Its driver may then never let the process exit normally, so callers
 * use _exit. */
bool tri_opencl_hung(void);

/* Rows of each strip, for devices. */
int tri_strip_rows(const struct tri_stage *stage, int workers);
/* Rows that a worker of the CPU takes next, of `rows` in all of which some are left: what would be
 * its share of these, so that the last strips are short and all workers end together (guided
 * self-scheduling: C. D. Polychronopoulos and D. J. Kuck, IEEE Transactions on Computers C-36(12),
 * 1987), but no fewer than tri_strip_least, as rows at the edges of strips are made twice. Where
 * many workers' shares are so small that this would cost more than ending together gains, each
 * takes one strip. */
int tri_strip_next(const struct tri_stage *stage, int workers, int rows, int left);
int tri_strip_least(const struct tri_stage *stage);

/* Adds up the count tables in the scratch memory of `workers` workers, `scratch_step` bytes apart,
 * and completes the constants that were waiting for this stage. */
void tri_stage_finish(struct tri_plan *plan, int stage, const unsigned char *scratch,
                      size_t scratch_step, int workers);
/* The two halves of that. */
void tri_stage_count(struct tri_plan *plan, int stage, const unsigned char *scratch,
                     size_t scratch_step, int workers);
void tri_stage_complete(struct tri_plan *plan, int stage);

/* A job for a picture that is never in memory as a whole, on a backend with run_stage: parts.h. */
enum tri_status tri_job_new_sparse(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                   const struct tri_shape *in, struct tri_job **job,
                                   struct tri_error *error);

#endif
