/* backend.h -- what carries plans out. Each kind of backend fills in these functions. */
#ifndef TRI_BACKEND_H
#define TRI_BACKEND_H

#include "../pipeline/plan.h"

/* What a device has done since it was opened; of other backends all of it is 0. */
struct tri_backend_counts {
    long launches;                         /* of kernels */
    long programs_built, programs_loaded; /* compiled, and found on disk compiled already */
    double build_ms;                       /* that both took */
};
struct tri_backend_counts tri_backend_counts(const struct tri_backend *backend);

struct tri_flight {
    struct tri_backend *backend;
    struct tri_image *in, *out; /* of the frame that is on its way */
    void *state;                /* the backend's */
    struct tri_timing *timing;  /* NULL: nobody asks, and steps need not wait for each other */
};

/* What programs have cost so far; all 0 where kernels are compiled into triptych. */
struct tri_program_counts {
    int built, loaded;          /* from source; from what is kept on disk */
    int64_t build_ns, load_ns;
    int refused;                /* jobs, for a program that is wrong in every form */
    int qualified;              /* compared with scalar, not known from earlier */
    int64_t qualify_ns;         /* without building */
};

struct tri_backend {
    struct tri_backend_info info;
    char note[2000]; /* lines */
    bool unqualified; /* programs are taken as they are, wrong ones too, in their plain form */
    struct tri_program_counts programs;
    bool (*hangs)(struct tri_backend *backend); /* commands under way use the plan yet; NULL: never */
    long launches; /* of kernels */
    const struct tri_measuring *measuring; /* how a device is measured; NULL: it is none */
    struct tri_memory *memory; /* of images that go there; NULL: any */
    enum tri_plan_kind kind; /* of plans */
    /* Of a plan of that kind, whether it can be prepared: else every pass gets a stage of its own. NULL: any can. */
    enum tri_status (*takes)(struct tri_backend *backend, const struct tri_plan *plan, bool *taken, struct tri_error *error);
    enum tri_status (*prepare)(struct tri_job *job, struct tri_error *error);
    enum tri_status (*run)(struct tri_job *job, struct tri_flight *flight, struct tri_error *error);
    /* `size` bytes of the arena as the last run has left them. */
    enum tri_status (*fetch)(struct tri_job *job, long offset, size_t size, void *to, struct tri_error *error);
    void (*release)(struct tri_job *job);
    /* These three are NULL where kernels work on images in place. */
    enum tri_status (*upload)(struct tri_flight *flight, struct tri_error *error);
    enum tri_status (*download)(struct tri_flight *flight, struct tri_error *error);
    void (*land)(struct tri_flight *flight); /* frees the state */
    /* Rows `from` to `to - 1` of the output alone, of a plan of one stage; NULL: whole pictures only. */
    enum tri_status (*run_rows)(struct tri_job *job, struct tri_flight *flight, int from, int to, struct tri_error *error);
    /* Of those that deal work to others: tri_backend_shares and tri_backend_gain; else NULL. */
    int (*shares)(const struct tri_backend *backend, struct tri_share *shares, int most);
    double (*gain)(const struct tri_backend *backend, int *fastest);
    void (*close)(struct tri_backend *backend);
};

/* Is told of each stage that has run, while the arena is as that has left it. */
struct tri_watch {
    enum tri_status (*after)(struct tri_watch *watch, struct tri_job *job, int stage, struct tri_error *error);
};

struct tri_job {
    struct tri_backend *backend;
    const struct tri_pipeline *pipeline;
    struct tri_plan *plan;
    struct tri_watch *watch;  /* looks on while it runs; NULL: nobody */
    long frame, frames;       /* of the next run; that there are, 0: not known yet */
    struct tri_flight flight; /* of tri_job_run */
    void *state;              /* the backend's */
};

enum tri_status tri_native_open(int workers, const struct tri_backend_options *options, struct tri_backend **backend,
                                struct tri_error *error);
/* `selection` is what follows "opencl:", or "". */
enum tri_status tri_opencl_open(const char *selection, struct tri_backend **backend, struct tri_error *error);
/* "A+B+..." or "all"; see tri_names_several. */
enum tri_status tri_several_open(const char *on, const struct tri_backend_options *options, struct tri_backend **backend,
                                 struct tri_error *error);

/* The '+' behind the first of several names; NULL: there is none. Within the name of a device it is one only where a backend's
 * name follows. */
const char *tri_several_plus(const char *on);

/* As tri_flight_compute, of those rows; of a backend that has run_rows. */
enum tri_status tri_flight_rows(struct tri_flight *flight, struct tri_job *job, struct tri_image *out, int from, int to,
                                struct tri_error *error);

/* A plan of the backend's kind, or, where it cannot prepare that, with every pass by itself. */
enum tri_status tri_backend_plan(struct tri_backend *backend, const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                 struct tri_plan **plan, struct tri_error *error);
/* One more line of the backend's note; what has no room is left out. */
void tri_backend_add_note(struct tri_backend *backend, const char *format, ...) __attribute__((format(printf, 2, 3)));
const struct tri_program_counts *tri_backend_programs(const struct tri_backend *backend);
/* Whether a device has hung: its driver may never let the process end by itself, so that leaves by _exit. */
bool tri_opencl_hung(void);

/* Rows of a stage that a worker takes at a time, of all of them or of `rows`. */
int tri_band_rows(const struct tri_stage *stage, int workers);
int tri_band_rows_of(const struct tri_stage *stage, int rows, int workers);

/* Adds up `workers` scratch memories' tables, `scratch_step` bytes apart, and completes the constants
 * that wait for no more than this stage. */
void tri_stage_finish(struct tri_plan *plan, int stage, const unsigned char *scratch, size_t scratch_step, int workers);

#endif
