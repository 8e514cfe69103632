/* web_load.h -- the clients of a server: connections over which they ask, at times drawn from a
 * seed, and how long each answer takes. */
#ifndef TRIPTYCH_LAB_WEB_LOAD_H
#define TRIPTYCH_LAB_WEB_LOAD_H

#include "triptych.h"

enum { TRI_WEB_CONNECTIONS_MAX = 256 };

/* What is asked for: a request is one byte, its kind. An answer is its size, a uint32_t as this
 * machine stores it, and so many bytes. */
enum tri_web_kind { TRI_WEB_SMALL, TRI_WEB_LARGE, TRI_WEB_KINDS };
struct tri_web_body {
    const unsigned char *data;
    size_t size;
};

struct tri_web_plan {
    int connections;
    int asks_large; /* so many of them ask for what is large, the others for what is small */
    int requests[TRI_WEB_KINDS]; /* of one connection in a run */
    /* Small requests are due at random times within it, whether the ones before were answered or
     * not; a large one is as soon as the one before was answered. */
    int64_t window_ns;
    uint64_t seed;
    struct tri_web_body answers[TRI_WEB_KINDS]; /* what each has to be; not copied */
};

/* Connections of a server, which are open until it is stopped. Equal plans are equal loads. */
struct tri_web_load;
enum tri_status tri_web_load_new(const struct tri_web_plan *plan, struct tri_web_load **load,
                                 struct tri_error *error);
void tri_web_load_free(struct tri_web_load *load); /* the server has ended; may be NULL */
int tri_web_load_server_end(const struct tri_web_load *load, int connection);
/* Asks for everything, and returns when all is answered. An answer that is wrong or missing goes to
 * tri_lab_row_failed, and later calls do nothing. */
void tri_web_load_run(struct tri_web_load *load);
/* Closes the clients' ends: the server reads the end of each connection. */
void tri_web_load_stop(struct tri_web_load *load);

int tri_web_plan_requests(const struct tri_web_plan *plan, enum tri_web_kind kind); /* of a run */
/* Of the last run: the least time that so many percent of the requests did not exceed, from when
 * they were due to the last byte of the answer. In ns; 0: there was no run. */
int64_t tri_web_load_percentile(struct tri_web_load *load, enum tri_web_kind kind, int percent);

#endif
