/* serve_parts.h -- between the parts of the module. One thread, the event loop's, calls all of it
 * but what serve_work.c says; what libevent owns is touched by that thread alone. */
#ifndef TRIPTYCH_SERVE_PARTS_H
#define TRIPTYCH_SERVE_PARTS_H

#include "serve/serve.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <pthread.h>

struct tri_serve_service;
struct tri_serve_request;

/* ---- serve_connection.c ---- */

/* Knows of each client what evhttp does not tell: how much it has sent, for how long, and whether
 * it is gone. */
struct tri_serve_connection {
    struct tri_serve_service *service;
    struct bufferevent *buffers;
    struct evhttp_connection *http; /* NULL: not known yet */
    evutil_socket_t fd;
    struct event *start;               /* while `http` is not known */
    struct event *late;                /* runs while a request or an answer is on its way */
    struct event *gone;                /* while a request is under way */
    uint64_t bytes;                    /* that it holds: of the request so far, and of the answer */
    bool busy;                         /* with a request, until its answer has been sent */
    bool refused;                      /* by a message behind evhttp's back; its socket is shut */
    struct tri_serve_request *request; /* that waits for an answer; NULL: none */
    struct tri_serve_connection *previous, *next;
};

/* For evhttp_set_bevcb. */
struct bufferevent *tri_serve_connection_new(struct event_base *base, void *service);
/* The connection of a request that has arrived, which is busy from now on; NULL: it is unknown, as
 * memory ran out. */
struct tri_serve_connection *tri_serve_connection_begin(struct tri_serve_service *service,
                                                        struct evhttp_request *http);
/* An answer of that size is on its way. */
void tri_serve_connection_send(struct tri_serve_connection *connection, size_t size);
/* Closes those that have not begun a request. */
void tri_serve_connection_end_idle(struct tri_serve_service *service);
/* Those that evhttp does not know of; it has freed the others. */
void tri_serve_connection_free_all(struct tri_serve_service *service);
bool tri_serve_is_full(const struct tri_serve_service *service); /* memory for more requests */

/* ---- serve_work.c ---- */

struct tri_serve_job {
    struct tri_serve_target target;
    char *key; /* NULL: of an upload */
    struct tri_serve_file file;
    struct evbuffer *body;
    struct tri_serve_work work;
    atomic_bool unwanted;
    enum { TRI_SERVE_QUEUED, TRI_SERVE_RUNNING, TRI_SERVE_DONE } state; /* under the lock */
    struct tri_serve_answer *answer;
    struct tri_serve_request *requests; /* that wait for it */
    struct tri_serve_job *next;         /* in the queue, or done */
    struct tri_serve_job *next_known;   /* of all */
};

/* A request that waits for a job. */
struct tri_serve_request {
    struct tri_serve_service *service;
    struct tri_serve_connection *connection;
    struct evhttp_request *http;
    struct tri_serve_job *job;
    struct event *late;
    struct tri_serve_request *next; /* of the same job */
    int64_t begun;
    bool head, vary; /* vary: the answer depends on Accept */
    bool hit, shared;
    char etag[40];     /* "": none */
    char modified[40]; /* for Last-Modified; "": unknown */
};

enum tri_status tri_serve_work_begin(struct tri_serve_service *service, struct tri_error *error);
/* After all that runs. */
void tri_serve_work_end(struct tri_serve_service *service);
/* One under way that has the key; NULL: none. */
struct tri_serve_job *tri_serve_job_find(struct tri_serve_service *service, const char *key);
bool tri_serve_queue_is_full(struct tri_serve_service *service);
/* Takes the job over. */
void tri_serve_job_add(struct tri_serve_service *service, struct tri_serve_job *job);
void tri_serve_job_free(struct tri_serve_job *job);
/* The request no longer waits. A job for which none waits is dropped. */
void tri_serve_job_leave(struct tri_serve_request *request);

/* ---- serve_request.c, serve_reply.c ---- */

/* For evhttp_set_gencb. */
void tri_serve_request_handle(struct evhttp_request *http, void *service);
void tri_serve_request_free(struct tri_serve_request *request);
/* Sends it, and frees the request. */
void tri_serve_reply(struct tri_serve_request *request, struct tri_serve_answer *answer);
void tri_serve_reply_text(struct tri_serve_request *request, int code, const char *text);
/* Whether the client has what it asks for (If-None-Match, If-Modified-Since). */
bool tri_serve_is_current(const struct tri_serve_request *request, const struct timespec *modified);

/* ---- serve_sign.c ---- */

struct tri_serve_key;
enum tri_status tri_serve_key_read(const char *path, struct tri_serve_key **key,
                                   struct tri_error *error);
void tri_serve_key_free(struct tri_serve_key *key);
/* Checks "/SIGNATURE/...", and returns the rest from its slash on; NULL: the signature is wrong. */
const char *tri_serve_key_check(const struct tri_serve_key *key, const char *path,
                                const char *query);
/* A digest of the text, in quotes. */
void tri_serve_etag(const char *text, char etag[40]);

/* ---- serve_metrics.c ---- */

enum { TRI_SERVE_CODES = 20, TRI_SERVE_BUCKETS = 10 };
struct tri_serve_metrics {
    uint64_t codes[TRI_SERVE_CODES];
    uint64_t buckets[TRI_SERVE_BUCKETS], count, ns; /* of answers */
    uint64_t bytes;                                 /* of bodies sent */
    uint64_t computed, shared, hits, misses, gone, late, refused, connections;
};
void tri_serve_metrics_answer(struct tri_serve_metrics *metrics, int code, uint64_t ns,
                              uint64_t bytes);
/* Prometheus' text format. */
struct tri_serve_answer *tri_serve_metrics_text(struct tri_serve_service *service);
/* Adds a line to the access log, if there is one. */
void tri_serve_log(struct tri_serve_request *request, int code, size_t size);

/* ---- serve_loop.c ---- */

struct tri_serve_service {
    const struct tri_serve_options *options;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *signals[2], *resume;
    int root; /* -1: none */
    char *socket_path;
    FILE *log;
    struct tri_serve_key *key;
    struct tri_serve_cache *cache;
    struct tri_serve_metrics metrics;
    struct tri_serve_connection *connections;
    struct tri_serve_connection **by_fd;
    int connection_count, connections_most, fds_most;
    uint64_t held, held_most; /* bytes of all connections */
    bool stopping;
    /* serve_work.c */
    struct tri_pool *pool;
    struct tri_backend *backend;
    struct tri_serve_jobs *kept;
    struct tri_serve_job *jobs;
    pthread_t thread;
    bool started, ending;
    pthread_mutex_t lock; /* for the queue, what is done, and the jobs' state */
    struct tri_serve_job *queue, **queue_end, *done;
    int queued, running;
    int wake;
    struct event *woken;
};
enum tri_status tri_serve_run(const struct tri_serve_options *options,
                              void (*ready)(const char *where), struct tri_error *error);
/* Ends the loop if nothing is left to do. */
void tri_serve_check_end(struct tri_serve_service *service);
/* More connections may be accepted, or none. */
void tri_serve_accept_more(struct tri_serve_service *service);

#endif
