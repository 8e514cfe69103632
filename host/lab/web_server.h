/* web_server.h -- three servers that answer the same requests, and differ in who does it. */
#ifndef TRIPTYCH_LAB_WEB_SERVER_H
#define TRIPTYCH_LAB_WEB_SERVER_H

#include "lab/web_load.h"

enum tri_web_way {
    TRI_WEB_THREADS, /* a thread for each connection, which waits for it and computes */
    TRI_WEB_LOOP,    /* one thread waits for all connections and computes */
    TRI_WEB_POOL,    /* one thread waits for all connections; others compute */
    TRI_WEB_WAYS
};

struct tri_web_service {
    struct tri_web_body small;
    /* Makes the answer to a large request; many threads may call it at once. *data is to be freed.
     * False: it has told tri_lab_row_failed. */
    bool (*make)(void *context, unsigned char **data, size_t *size);
    void *context;
};

/* Serves the connections of a load from now on. `workers`: threads of the pool. */
struct tri_web_server;
enum tri_status tri_web_server_start(enum tri_web_way way, int workers, struct tri_web_load *load,
                                     int connections, const struct tri_web_service *service,
                                     struct tri_web_server **server, struct tri_error *error);
/* After tri_web_load_stop: waits until its threads have ended. May be NULL. */
void tri_web_server_free(struct tri_web_server *server);

int tri_web_server_threads(const struct tri_web_server *server);
/* Bytes of its own and of its threads' stacks, as far as they have been used; -1: unknown. */
int64_t tri_web_server_memory(const struct tri_web_server *server);

#endif
