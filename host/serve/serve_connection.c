/* serve_connection.c -- what evhttp leaves to others: limits on time and memory while a request
 * arrives, and clients that go while it is under way.
 *
 * evhttp tells of a request when it is complete. What arrives before is seen where bytes enter the
 * input buffer. There nothing may be freed, so a client that asks for too much gets its message
 * past evhttp, and its socket is shut; evhttp then closes the connection as one that has ended. */
#include "serve_parts.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { HEADERS_MOST = 16 << 10, CHUNK_SIGNS = 1 << 16, SLOWEST_BYTES_PER_SECOND = 10000 };

bool tri_serve_is_full(const struct tri_serve_service *service)
{
    return service->held > service->held_most;
}

static void hold(struct tri_serve_connection *connection, uint64_t bytes)
{
    connection->service->held += bytes - connection->bytes;
    connection->bytes = bytes;
}

static void refuse(struct tri_serve_connection *connection, const char *line, const char *text)
{
    char message[400];
    const int length =
        snprintf(message, sizeof message,
                 "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n"
                 "Connection: close\r\nRetry-After: 1\r\n\r\n%s",
                 line, strlen(text), text);

    if (connection->refused)
        return;
    connection->refused = true;
    connection->service->metrics.refused++;
    /* A message that does not fit into an empty socket buffer is not worth more. */
    if (send(connection->fd, message, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        connection->service->metrics.gone++;
    shutdown(connection->fd, SHUT_RDWR);
    hold(connection, 0); /* it is freed soon; until then others need not be refused too */
}

static void run_timer(struct tri_serve_connection *connection, int64_t seconds)
{
    const struct timeval time = {.tv_sec = seconds};

    if (connection->late == NULL || event_add(connection->late, &time) != 0)
        shutdown(connection->fd, SHUT_RDWR); /* it would never end */
}

/* ---- the end ---- */

static void input_cb(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *argument);

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void drop(struct tri_serve_connection *connection)
{
    struct tri_serve_service *service = connection->service;

    if (connection->request != NULL) {
        service->metrics.gone++;
        tri_serve_request_free(connection->request);
    }
    evbuffer_remove_cb(bufferevent_get_input(connection->buffers), input_cb, connection);
    hold(connection, 0);
    if (connection->fd >= 0)
        service->by_fd[connection->fd] = NULL;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        service->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->start != NULL)
        bufferevent_decref(connection->buffers);
    free_event(connection->start);
    free_event(connection->late);
    free_event(connection->gone);
    free(connection);
    service->connection_count--;
    tri_serve_accept_more(service);
    tri_serve_check_end(service);
}

void tri_serve_connection_free_all(struct tri_serve_service *service)
{
    while (service->connections != NULL)
        drop(service->connections);
}

static void close_cb(struct evhttp_connection *http, void *argument)
{
    (void)http;
    drop(argument);
}

static void gone_cb(evutil_socket_t fd, short what, void *argument)
{
    struct tri_serve_connection *connection = argument;

    (void)fd;
    (void)what;
    evhttp_connection_free(connection->http); /* which calls close_cb */
}

static void late_cb(evutil_socket_t fd, short what, void *argument)
{
    struct tri_serve_connection *connection = argument;

    (void)fd;
    (void)what;
    if (connection->busy) {
        shutdown(connection->fd, SHUT_RDWR);
        evhttp_connection_free(connection->http);
        return;
    }
    connection->service->metrics.late++;
    refuse(connection, "408 Request Timeout", "the request took too long to arrive\n");
}

/* ---- the beginning ---- */

/* evhttp makes itself the argument of the buffers' callbacks, and names no other way to itself
 * before it has a request. False: it has given the connection up. */
static bool learn(struct tri_serve_connection *connection)
{
    struct tri_serve_service *service = connection->service;
    bufferevent_data_cb reads, writes;
    bufferevent_event_cb events = NULL;
    void *http = NULL;
    const int on = 1;

    if (connection->http != NULL)
        return true;
    bufferevent_getcb(connection->buffers, &reads, &writes, &events, &http);
    const evutil_socket_t fd = bufferevent_getfd(connection->buffers);
    if (events == NULL || http == NULL || fd < 0 || fd >= service->fds_most ||
        evhttp_connection_get_bufferevent(http) != connection->buffers)
        return false;
    connection->http = http;
    connection->fd = fd;
    connection->late = event_new(service->base, -1, 0, late_cb, connection);
    connection->gone = event_new(service->base, fd, EV_CLOSED, gone_cb, connection);
    service->by_fd[fd] = connection;
    evhttp_connection_set_closecb(http, close_cb, connection);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* not that of Unix sockets */
    event_free(connection->start);
    connection->start = NULL;
    bufferevent_decref(connection->buffers);
    return true;
}

static void start_cb(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    if (!learn(argument))
        drop(argument);
}

/* What each may hold where all together hold too much: those that hold less go on. */
static uint64_t share_of(const struct tri_serve_service *service)
{
    return service->held_most / 2 / (uint64_t)service->connection_count;
}

static void input_cb(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *argument)
{
    struct tri_serve_connection *connection = argument;
    const struct tri_serve_service *service = connection->service;

    (void)buffer;
    if (info->n_added == 0 || connection->refused || !learn(connection))
        return;
    if (connection->bytes == 0 && !connection->busy)
        run_timer(connection, service->options->timeout);
    hold(connection, connection->bytes + info->n_added);
    if (connection->bytes > service->options->max_bytes + HEADERS_MOST + CHUNK_SIGNS)
        refuse(connection, "413 Content Too Large", "the upload is too large\n");
    else if (tri_serve_is_full(service) && connection->bytes > share_of(service))
        refuse(connection, "503 Service Unavailable", "too much is under way; try again later\n");
}

struct bufferevent *tri_serve_connection_new(struct event_base *base, void *argument)
{
    static const struct timeval now = {0};
    struct tri_serve_service *service = argument;
    struct tri_serve_connection *connection = calloc(1, sizeof *connection);
    struct bufferevent *buffers = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (connection != NULL)
        connection->start = event_new(base, -1, 0, start_cb, connection);
    if (connection == NULL || buffers == NULL || connection->start == NULL ||
        event_add(connection->start, &now) != 0 ||
        evbuffer_add_cb(bufferevent_get_input(buffers), input_cb, connection) == NULL) {
        if (connection != NULL)
            free_event(connection->start);
        free(connection);
        return buffers;
    }
    connection->service = service;
    connection->buffers = buffers;
    connection->fd = -1;
    bufferevent_incref(buffers);
    connection->next = service->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    service->connections = connection;
    service->connection_count++;
    service->metrics.connections++;
    tri_serve_accept_more(service);
    return buffers;
}

/* ---- requests ---- */

struct tri_serve_connection *tri_serve_connection_begin(struct tri_serve_service *service,
                                                        struct evhttp_request *http)
{
    struct bufferevent *buffers =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(http));
    const evutil_socket_t fd = bufferevent_getfd(buffers);
    struct tri_serve_connection *connection =
        fd >= 0 && fd < service->fds_most ? service->by_fd[fd] : NULL;

    if (connection == NULL || connection->buffers != buffers)
        return NULL;
    connection->busy = true;
    if (connection->late != NULL)
        event_del(connection->late);
    if (connection->gone != NULL)
        event_add(connection->gone, NULL);
    return connection;
}

/* evhttp goes on with what the client has sent meanwhile. */
static void complete_cb(struct evhttp_request *http, void *argument)
{
    struct tri_serve_connection *connection = argument;

    (void)http;
    connection->busy = false;
    if (connection->late != NULL)
        event_del(connection->late);
    hold(connection, evbuffer_get_length(bufferevent_get_input(connection->buffers)));
    if (connection->bytes > 0)
        run_timer(connection, connection->service->options->timeout);
    else if (connection->service->stopping)
        shutdown(connection->fd, SHUT_RDWR);
}

void tri_serve_connection_send(struct tri_serve_connection *connection, size_t size)
{
    struct tri_serve_request *request = connection->request;

    if (connection->gone != NULL)
        event_del(connection->gone); /* what is on its way is sent, even to half-closed sockets */
    connection->request = NULL;
    hold(connection, connection->bytes + size);
    run_timer(connection,
              connection->service->options->timeout + (int64_t)(size / SLOWEST_BYTES_PER_SECOND));
    if (request != NULL)
        evhttp_request_set_on_complete_cb(request->http, complete_cb, connection);
}

void tri_serve_connection_end_idle(struct tri_serve_service *service)
{
    for (struct tri_serve_connection *at = service->connections; at != NULL; at = at->next) {
        if (!at->busy && at->bytes == 0 && at->fd >= 0)
            shutdown(at->fd, SHUT_RDWR);
    }
}
