/* serve.h -- an image service: pictures of a folder, and uploads, through pipelines, over HTTP.
 *
 * What has to do with HTTP alone is the module serve (serve_*.c, libevent); what a request means
 * and how it is answered is here, in the library, and knows no libevent. */
#ifndef TRIPTYCH_SERVE_H
#define TRIPTYCH_SERVE_H

#include "triptych.h"

#include <stdatomic.h>
#include <time.h>

struct tri_serve_options {
    const char *root;       /* folder; NULL: uploads only */
    const char *listen;     /* "HOST:PORT" or "unix:/path" */
    const char *access_log; /* "-": standard output; NULL: none */
    const char *key;        /* file of the key that URLs are signed with; NULL: unsigned */
    uint64_t cache;         /* bytes of answers that are kept */
    uint64_t max_pixels, max_bytes;
    int timeout; /* seconds */
    int workers; /* 0: one for each core */
    int queue;   /* computations that wait */
    int connections;
    int max_age; /* seconds for Cache-Control */
};

/* Serves until SIGTERM or SIGINT, and then ends what is under way. `ready` is told where it
 * listens. TRI_USAGE: an option is wrong. TRI_FAILED: the module, the folder, the key or the
 * address cannot be used. */
enum tri_status tri_serve(const struct tri_serve_options *options, void (*ready)(const char *where),
                          struct tri_error *error);

/* What the module provides: the same. */
struct tri_serve_module {
    enum tri_status (*serve)(const struct tri_serve_options *options,
                             void (*ready)(const char *where), struct tri_error *error);
};

/* ---- target.c: what a URL asks for ---- */

enum { TRI_SERVE_TEXT_MAX = 4096 };

struct tri_serve_target {
    char pipeline[TRI_SERVE_TEXT_MAX];
    char path[TRI_SERVE_TEXT_MAX]; /* below the root; "": none was given */
    struct tri_write_options write;
    enum tri_shrink shrink;
    bool strip;
    char chosen[300]; /* the query's options in one order, for keys */
};
/* Parses "/PIPELINE[/PATH]", still percent-encoded, and a query, which may be NULL. TRI_USAGE: it
 * is none. */
enum tri_status tri_serve_target_parse(const char *path, const char *query,
                                       struct tri_serve_target *target, struct tri_error *error);

/* ---- accept.c ---- */

/* The media type of a format: "image/jpeg"; NULL: it has none that clients know. */
const char *tri_serve_media(const struct tri_format *format);
/* The format that an Accept header prefers, among those built in; `own` is that of the source,
 * which wins where the client does not care. `header` NULL: any. NULL: none is acceptable. */
const struct tri_format *tri_serve_accept(const char *header, const struct tri_format *own);

/* ---- place.c: files below the root ---- */

struct tri_serve_file {
    int fd; /* -1: none */
    uint64_t device, inode, size;
    struct timespec modified;
    const struct tri_format *format; /* by its first bytes; NULL: no picture */
};
/* Opens a folder that files are served from. TRI_FAILED: it cannot be opened. */
enum tri_status tri_serve_root_open(const char *path, int *fd, struct tri_error *error);
/* Opens a regular file. False: there is none below the root. No link leads out of it, and no part
 * of the path may begin with a dot. */
bool tri_serve_file_open(int root, const char *path, struct tri_serve_file *file);
/* Of a picture that begins so; NULL: it is none. */
const struct tri_format *tri_serve_format_of(const void *head, size_t size);
bool tri_serve_file_unchanged(const struct tri_serve_file *file);
void tri_serve_file_close(struct tri_serve_file *file);
/* As tri_serve_file_open on systems without openat2: opens no link at all. Gives a descriptor, or
 * -1. */
int tri_serve_walk(int root, const char *path);

/* ---- answer.c, cache.c ---- */

/* Headers and body of an answer. Counted by the event loop alone. */
struct tri_serve_answer {
    int uses;
    int code;                        /* HTTP's */
    const struct tri_format *format; /* NULL: the body is a message */
    void *data;
    size_t size;
    /* of one in the cache */
    char *key;
    struct tri_serve_answer *newer, *older, *next;
};
/* A message with its newline; NULL: out of memory. */
struct tri_serve_answer *tri_serve_answer_new(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tri_serve_answer_release(struct tri_serve_answer *answer); /* may be NULL */

/* Answers by key, the least recently used ones leave first. */
struct tri_serve_cache;
struct tri_serve_cache *tri_serve_cache_new(uint64_t bytes); /* NULL: out of memory */
void tri_serve_cache_free(struct tri_serve_cache *cache);
/* One more use of the answer, which the caller releases; NULL: it is not there. */
struct tri_serve_answer *tri_serve_cache_find(struct tri_serve_cache *cache, const char *key);
/* Keeps the answer too, unless it is larger than an eighth of the cache. */
void tri_serve_cache_add(struct tri_serve_cache *cache, const char *key,
                         struct tri_serve_answer *answer);
uint64_t tri_serve_cache_bytes(const struct tri_serve_cache *cache);
uint64_t tri_serve_cache_count(const struct tri_serve_cache *cache);

/* ---- jobs.c: jobs that wait for the next picture of their kind ---- */

struct tri_serve_kept {
    struct tri_shape shape;              /* of the input */
    struct tri_shrunk shrunk;            /* by its decoder */
    struct tri_pipeline *pipeline, *own; /* own: for pictures that were shrunk; NULL: none */
    struct tri_job *job;
};
struct tri_serve_jobs;
struct tri_serve_jobs *tri_serve_jobs_new(int most);   /* NULL: out of memory */
void tri_serve_jobs_free(struct tri_serve_jobs *jobs); /* before their backend is closed */
/* Replaces what is wanted, which has no job, by one of that kind that has, if there is one. Any
 * thread calls this and the next one. */
void tri_serve_jobs_take(struct tri_serve_jobs *jobs, struct tri_serve_kept *wanted);
/* Takes it over. */
void tri_serve_jobs_put(struct tri_serve_jobs *jobs, struct tri_serve_kept *kept);
void tri_serve_kept_free(struct tri_serve_kept *kept);
/* For the images of those jobs. */
struct tri_memory *tri_serve_jobs_memory(const struct tri_serve_jobs *jobs);

/* ---- memory.c: memory of images ---- */

struct tri_serve_memory;
/* Keeps up to `most` bytes that images have given back. NULL: out of memory. */
struct tri_serve_memory *tri_serve_memory_new(size_t most);
void tri_serve_memory_free(struct tri_serve_memory *memory); /* after all images; may be NULL */
/* For tri_image_new_in; any thread. */
struct tri_memory *tri_serve_memory(struct tri_serve_memory *memory);

/* ---- compute.c ---- */

/* What is to be computed, by any thread. */
struct tri_serve_work {
    const struct tri_serve_target *target;
    const struct tri_format *to;
    struct tri_serve_file *file; /* NULL: `data` */
    const void *data;
    size_t size;
    uint64_t max_pixels, max_bytes;
    struct tri_backend *backend;
    struct tri_serve_jobs *jobs; /* of that backend */
    struct tri_pool *pool;
    atomic_bool *unwanted; /* true: nobody waits for it any more */
};
/* The caller releases it; NULL: it became unwanted, or memory ran out. */
struct tri_serve_answer *tri_serve_compute(const struct tri_serve_work *work);

/* As tri_pipeline_parse, for a text that anybody may have written: it names no file. */
enum tri_status tri_serve_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                         struct tri_error *error);

#endif
