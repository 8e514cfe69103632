/* several.h -- within the backend that deals work to several others: its parts, what it knows of their speed, its jobs. */
#ifndef TRI_SEVERAL_H
#define TRI_SEVERAL_H

#include "../parallel/pool.h"
#include "../pipeline/cut.h"
#include "backend.h"
#include "deal.h"

#include <pthread.h>

struct part {
    struct tri_backend *backend;
    bool serial;          /* one thread at a time makes, runs and frees its jobs */
    pthread_mutex_t lock; /* for that */
    size_t told;          /* of its note */
    /* With the lock of all: */
    bool lost;
    double waiting; /* ns that what it was given will take yet */
    double pictures;
    int64_t busy_ns;
};

/* One sort of work: a pipeline on pictures of about one size. */
struct kind {
    struct kind *next;
    char *text; /* of the pipeline */
    int planes, bits, size;
    bool measured; /* each part alone */
    double alone[TRI_PARTS_MAX]; /* ns for a pixel; 0: not known */
    struct tri_pace bands, pictures;
    bool unable[TRI_PARTS_MAX]; /* parts that cannot do it */
    struct window {             /* of whole pictures on a part that does several at a time */
        int64_t start;
        int under_way, most, done;
        double work;
    } window[TRI_PARTS_MAX];
    char why[200]; /* its pictures are not cut */
    long whole[TRI_PARTS_MAX]; /* pictures that were given to a part as a whole */
};

struct several {
    struct tri_backend base;
    struct part parts[TRI_PARTS_MAX];
    int count;
    int order[TRI_PARTS_MAX]; /* in which parts find threads: the caller's is for one on the CPU */
    struct tri_pool *crew;    /* a thread for each part */
    pthread_rwlock_t gate;    /* whoever measures a part alone keeps the others out */
    int rows;                 /* of bands, for tests; 0: as speeds ask for */
    struct tri_backend_options options;
    pthread_mutex_t telling;
    pthread_mutex_t lock; /* for all that follows, and for kinds */
    struct kind *kinds;
    int running; /* pictures */
    int64_t since, wall_ns;       /* while any are: since then, and before */
    double alone_ns[TRI_PARTS_MAX]; /* that the same would have taken each part; infinite: not known */
    bool dealt;
    struct tri_error first; /* of the parts that were lost */
};

/* ---- jobs: several_job.c ---- */

/* A band of one height on one part: a picture of its own, from the rows that it needs to those that are asked for. Heights
 * are a unit, two, four, ... with the rows around. */
#define BANDS_KEPT 8
struct band {
    int height;
    long used;
    struct tri_job *job;
    struct tri_flight *flight;
    struct tri_image *in, *out;
    bool fresh; /* it has not run yet */
};

struct own { /* of a part */
    struct tri_job *whole;
    struct tri_flight *flight; /* of its rows */
    bool fresh;
    struct band bands[BANDS_KEPT];
    long uses;
};

struct several_job {
    struct kind *kind;
    struct tri_cut cut;
    bool cuts, over_time;
    int fixed; /* the part that has all frames, over time; -1: none yet */
    double work; /* pixels */
    struct own own[TRI_PARTS_MAX];
};

enum tri_status several_prepare(struct tri_job *job, struct tri_error *error);
void several_release(struct tri_job *job);
/* The job of whole pictures on a part. */
enum tri_status several_whole(struct several *several, struct tri_job *job, int part, struct tri_error *error);
/* Rows `from` to `to - 1` of the output, by a part. `ns`: how long it took, without what is made once; `fresh`: it was the
 * first time. */
enum tri_status several_rows(struct several *several, struct tri_job *job, int part, const struct tri_image *in,
                             const struct tri_image *out, int from, int to, int64_t *ns, bool *fresh, struct tri_error *error);
void several_lock(struct part *part);
void several_unlock(struct part *part);

/* ---- runs: several_run.c, several_bands.c ---- */

enum tri_status several_run(struct tri_job *job, struct tri_flight *flight, struct tri_error *error);
enum tri_status several_upload(struct tri_flight *flight, struct tri_error *error);
enum tri_status several_download(struct tri_flight *flight, struct tri_error *error);
void several_land(struct tri_flight *flight);
enum tri_status several_fetch(struct tri_job *job, long offset, size_t size, void *to, struct tri_error *error);
/* The picture in bands; with `measure`, each part has some alone before. */
enum tri_status several_bands(struct several *several, struct tri_job *job, const struct tri_image *in, struct tri_image *out,
                              bool measure, struct tri_error *error);
/* Rows that a band of the job's pictures has at least; 0: it is not worth cutting them. */
int several_unit(const struct several *several, const struct tri_job *job);

/* ---- the books: several.c ---- */

/* A part has failed: it is left out, of everything where its device is at fault, and this is told. */
void several_lose(struct several *several, struct kind *kind, int part, const struct tri_error *error);
/* With the lock held: who is left out, in both paces. How many are not. */
int several_live(const struct several *several, struct kind *kind);
/* The first error of a part that was lost. */
enum tri_status several_first(struct several *several, struct tri_error *error);
/* Around pictures that are computed. True: it is the only one. */
bool several_begin(struct several *several);
void several_end(struct several *several);
/* With the lock held: so many pixels of it are done, by a part in that time. */
void several_count(struct several *several, struct kind *kind, int part, double work, double pictures, int64_t ns);
/* Tells what a part has noted since: such a part's jobs are made by one thread at a time. */
void several_pass_note(struct several *several, int part);
void several_tell(struct several *several, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
