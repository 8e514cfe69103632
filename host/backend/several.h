/* several.h -- internals of the backend that distributes work to several others: its parts, their
 * speeds, its jobs. */
#ifndef TRI_SEVERAL_H
#define TRI_SEVERAL_H

#include "../parallel/pool.h"
#include "../pipeline/cut.h"
#include "backend.h"
#include "load_balance.h"

#include <pthread.h>

struct part {
    struct tri_backend *backend;
    bool serial;          /* only one thread at a time may make, run and free its jobs */
    pthread_mutex_t lock; /* for `serial` */
    size_t told;          /* bytes of its note already passed on */
    /* Protected by the common lock: */
    bool lost;
    double waiting; /* ns it still needs for its work */
    double pictures;
    int64_t busy_ns;
};

/* A sort of work: one pipeline on images of about one size. */
struct kind {
    struct kind *next;
    char *text; /* the pipeline's */
    int planes, bits, size;
    bool measured;               /* each part alone */
    double alone[TRI_PARTS_MAX]; /* ns per pixel; 0: unknown */
    struct tri_pace strips, pictures;
    bool unable[TRI_PARTS_MAX]; /* parts that cannot do it */
    struct window {             /* for whole images on a part that runs several at a time */
        int64_t start;
        int in_flight, most, done;
        double work;
    } window[TRI_PARTS_MAX];
    char why[200];             /* why its images are not cut */
    long whole[TRI_PARTS_MAX]; /* whole images given to each part */
};

struct several {
    struct tri_backend base;
    struct part parts[TRI_PARTS_MAX];
    int count;
    int order[TRI_PARTS_MAX]; /* the order in which parts get threads: a CPU part gets the caller's
                               */
    struct tri_pool *crew;    /* a thread per part */
    pthread_rwlock_t gate;    /* locked for writing while a part is measured alone */
    int rows;                 /* rows of strips, for tests; 0: as speeds require */
    struct tri_backend_options options;
    pthread_mutex_t telling;
    pthread_mutex_t lock; /* for everything below, and for kinds */
    struct kind *kinds;
    int running;                    /* images */
    int64_t since, wall_ns;         /* start of the current busy period; length of earlier ones */
    double alone_ns[TRI_PARTS_MAX]; /* what each part alone would have needed; infinite: unknown */
    bool dealt;
    struct tri_error first; /* from the first part that failed */
};

/* ---- jobs: several_job.c ---- */

/* Strips of one height on one part: each is run as an image of its own, from the rows it needs to
 * the rows requested. Heights are a unit, two, four, ... plus the surrounding rows. */
#define STRIPS_KEPT 8
struct strip {
    int height;
    long used;
    struct tri_job *job;
    struct tri_inflight *inflight;
    struct tri_image *in, *out;
    bool fresh; /* it has not run yet */
};

struct own { /* one part's */
    struct tri_job *whole;
    struct tri_inflight *inflight; /* for its rows */
    bool fresh;
    struct strip strips[STRIPS_KEPT];
    long uses;
};

struct several_job {
    struct kind *kind;
    struct tri_cut cut;
    bool cuts, over_time;
    bool lent;   /* parts that can read earlier inputs where they are do so */
    int fixed;   /* the part that had the last whole image, and for temporal pipelines gets all
                    frames; -1: none yet */
    double work; /* pixels */
    struct own own[TRI_PARTS_MAX];
};

enum tri_status tri_several_prepare(struct tri_job *job, struct tri_error *error);
void tri_several_release(struct tri_job *job);
enum tri_status tri_several_lend(struct tri_job *job, int *runs, struct tri_error *error);
/* Makes a part's job for whole images. */
enum tri_status tri_several_whole(struct several *several, struct tri_job *job, int part,
                                  struct tri_error *error);
/* Computes rows `from` to `to - 1` of the output on a part. `ns`: the time, without one-time setup;
 * `fresh`: whether this was the first run. */
enum tri_status tri_several_rows(struct several *several, struct tri_job *job, int part,
                                 const struct tri_image *in, const struct tri_image *out, int from,
                                 int to, int64_t *ns, bool *fresh, struct tri_error *error);
void tri_several_lock(struct part *part);
void tri_several_unlock(struct part *part);

/* ---- runs: tri_several_run.c, tri_several_strips.c ---- */

enum tri_status tri_several_run(struct tri_job *job, struct tri_inflight *inflight,
                                struct tri_error *error);
enum tri_status tri_several_upload(struct tri_inflight *inflight, struct tri_error *error);
enum tri_status tri_several_download(struct tri_inflight *inflight, struct tri_error *error);
void tri_several_release_inflight(struct tri_inflight *inflight);
enum tri_status tri_several_fetch(struct tri_job *job, long offset, size_t size, void *to,
                                  struct tri_error *error);
/* Computes an image in strips; with `measure`, each part first does some alone. */
enum tri_status tri_several_strips(struct several *several, struct tri_job *job,
                                   const struct tri_image *in, struct tri_image *out, bool measure,
                                   struct tri_error *error);
/* Minimum rows of a strip of the job's images; 0: cutting them is not worth it. */
int tri_several_unit(const struct several *several, const struct tri_job *job);

/* ---- statistics: several.c ---- */

/* A part has failed: leaves it out, of everything if its device is at fault, and adds a note. */
void tri_several_lose(struct several *several, struct kind *kind, int part,
                      const struct tri_error *error);
/* With the lock held: marks the parts that are out in both paces. Returns how many are not. */
int tri_several_live(const struct several *several, struct kind *kind);
/* The first error of a part that failed. */
enum tri_status tri_several_first(struct several *several, struct tri_error *error);
/* Wrap the computation of images. True: it is the only one running. */
bool tri_several_begin(struct several *several);
void tri_several_end(struct several *several);
/* With the lock held: records that a part did that many pixels in that time. */
void tri_several_count(struct several *several, struct kind *kind, int part, double work,
                       double pictures, int64_t ns);
/* Passes on a part's new notes; only for parts whose jobs are made by one thread at a time. */
void tri_several_pass_note(struct several *several, int part);
void tri_several_tell(struct several *several, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
