/* serve_metrics.c -- counters in Prometheus' text format, and the access log. */
#include "serve_parts.h"

#include "parallel/cpu.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/un.h>

static const int codes[TRI_SERVE_CODES] = {200, 206, 304, 400, 403, 404, 405, 406,
                                           413, 415, 416, 422, 500, 503, 504, 0}; /* 0: others */
static const double bounds[TRI_SERVE_BUCKETS] = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30};

void tri_serve_metrics_answer(struct tri_serve_metrics *metrics, int code, uint64_t ns,
                              uint64_t bytes)
{
    int at = 0;

    while (codes[at] != code && codes[at] != 0)
        at++;
    metrics->codes[at]++;
    for (int i = 0; i < TRI_SERVE_BUCKETS; i++)
        metrics->buckets[i] += (double)ns <= bounds[i] * 1e9;
    metrics->count++;
    metrics->ns += ns;
    metrics->bytes += bytes;
}

/* ---- Prometheus ---- */

static void put(FILE *to, const char *name, const char *kind, const char *help, uint64_t value)
{
    fprintf(to,
            "# HELP triptych_%s %s\n# TYPE triptych_%s %s\n"
            "triptych_%s %" PRIu64 "\n",
            name, help, name, kind, name, value);
}

static void put_answers(FILE *to, const struct tri_serve_metrics *metrics)
{
    fprintf(to, "# HELP triptych_responses_total Responses by status.\n"
                "# TYPE triptych_responses_total counter\n");
    for (int i = 0; codes[i] != 0; i++)
        fprintf(to, "triptych_responses_total{code=\"%d\"} %" PRIu64 "\n", codes[i],
                metrics->codes[i]);
    fprintf(to, "# HELP triptych_response_seconds From a request's arrival to its response.\n"
                "# TYPE triptych_response_seconds histogram\n");
    for (int i = 0; i < TRI_SERVE_BUCKETS; i++)
        fprintf(to, "triptych_response_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", bounds[i],
                metrics->buckets[i]);
    fprintf(to,
            "triptych_response_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
            "triptych_response_seconds_sum %.6f\ntriptych_response_seconds_count %" PRIu64 "\n",
            metrics->count, (double)metrics->ns / 1e9, metrics->count);
}

static void put_all(FILE *to, struct tri_serve_service *service)
{
    const struct tri_serve_metrics *metrics = &service->metrics;

    pthread_mutex_lock(&service->lock);
    const int queued = service->queued, running = service->running;
    pthread_mutex_unlock(&service->lock);
    put_answers(to, metrics);
    put(to, "response_bytes_total", "counter", "Bytes of bodies.", metrics->bytes);
    put(to, "computations_total", "counter", "Computations that ended.", metrics->computed);
    put(to, "shared_total", "counter", "Requests that joined a computation.", metrics->shared);
    put(to, "cache_hits_total", "counter", "Requests answered from the cache.", metrics->hits);
    put(to, "cache_misses_total", "counter", "Requests that were not in it.", metrics->misses);
    put(to, "clients_gone_total", "counter", "Clients that left before their response.",
        metrics->gone);
    put(to, "slow_requests_total", "counter", "Requests that took too long to arrive.",
        metrics->late);
    put(to, "refused_connections_total", "counter", "Connections ended for what they sent.",
        metrics->refused);
    put(to, "connections_total", "counter", "Connections accepted.", metrics->connections);
    put(to, "connections", "gauge", "Connections that are open.",
        (uint64_t)service->connection_count);
    put(to, "held_bytes", "gauge", "Bytes of requests and responses in memory.", service->held);
    put(to, "cache_bytes", "gauge", "Bytes of the cache.", tri_serve_cache_bytes(service->cache));
    put(to, "cache_entries", "gauge", "Responses in the cache.",
        tri_serve_cache_count(service->cache));
    put(to, "queue_length", "gauge", "Computations that wait.", (uint64_t)queued);
    put(to, "running", "gauge", "Computations that run.", (uint64_t)running);
}

struct tri_serve_answer *tri_serve_metrics_text(struct tri_serve_service *service)
{
    struct tri_serve_answer *answer = calloc(1, sizeof *answer);
    char *text = NULL;
    size_t size = 0;
    FILE *to = answer != NULL ? open_memstream(&text, &size) : NULL;

    if (to != NULL)
        put_all(to, service);
    if (to == NULL || fclose(to) != 0) {
        free(text);
        free(answer);
        return NULL;
    }
    *answer = (struct tri_serve_answer){.uses = 1, .code = 200, .data = text, .size = size};
    return answer;
}

/* ---- the access log ---- */

/* The address of a client; "-" of a Unix socket. */
static void name_client(const struct evhttp_connection *http, char name[INET6_ADDRSTRLEN])
{
    const struct sockaddr *address =
        http != NULL ? evhttp_connection_get_addr((struct evhttp_connection *)http) : NULL;
    const void *bytes = NULL;

    if (address != NULL && address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address != NULL && address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (bytes == NULL || inet_ntop(address->sa_family, bytes, name, INET6_ADDRSTRLEN) == NULL)
        strcpy(name, "-");
}

/* Nobody writes lines of his own into it. */
static void put_escaped(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            putc(*text, to);
    }
}

static const char *word_of(enum evhttp_cmd_type method)
{
    return method == EVHTTP_REQ_GET    ? "GET"
           : method == EVHTTP_REQ_HEAD ? "HEAD"
           : method == EVHTTP_REQ_POST ? "POST"
                                       : "-";
}

/* The common log format, and the seconds it took with where the answer was from. */
void tri_serve_log(struct tri_serve_request *request, int code, size_t size)
{
    FILE *to = request->service->log;
    char client[INET6_ADDRSTRLEN], when[40];
    struct tm at;
    const time_t now = time(NULL);

    if (to == NULL)
        return;
    name_client(evhttp_request_get_connection(request->http), client);
    gmtime_r(&now, &at);
    strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &at);
    fprintf(to, "%s - - [%s] \"%s ", client, when,
            word_of(evhttp_request_get_command(request->http)));
    put_escaped(to, evhttp_request_get_uri(request->http));
    fprintf(to, " HTTP/1.1\" %d %zu %.6f %s\n", code, size,
            (double)(tri_now_ns() - request->begun) / 1e9,
            request->hit      ? "cached"
            : request->shared ? "shared"
                              : "-");
    fflush(to);
}
