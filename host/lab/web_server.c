/* web_server.c -- three servers that answer the same requests, and differ in who does it. */
#include "lab/web_server.h"
#include "lab/channel.h"
#include "trace/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STACK = 1 << 20, EVENTS = 64 };

struct connection {
    struct tri_web_server *server;
    int fd;
    uint32_t size; /* of the answer under way, as it is sent */
    const unsigned char *body;
    unsigned char *made; /* to be freed: the body, if it was made */
    size_t sent;         /* bytes of both */
    bool held_up;        /* epoll watches for room to send */
    bool failed;         /* there is no answer */
};

struct tri_web_server {
    enum tri_web_way way;
    struct tri_web_service service;
    int connection_count, open; /* open: of the loop's */
    struct connection connections[TRI_WEB_CONNECTIONS_MAX];
    int polled, woken; /* epoll's; an eventfd by which workers wake the loop */
    struct tri_channel *to_do, *done;
    int threads;
    pthread_t thread[TRI_WEB_CONNECTIONS_MAX];
    unsigned char *stacks; /* of all threads */
    size_t stacks_size;
    size_t page;
};

/* ---- a request and its answer ---- */

static void answer_small(struct connection *connection)
{
    connection->body = connection->server->service.small.data;
    connection->size = (uint32_t)connection->server->service.small.size;
    connection->sent = 0;
}

/* The part that takes long. */
static void answer_large(struct connection *connection)
{
    const struct tri_web_service *service = &connection->server->service;
    size_t size = 0;

    connection->failed = !service->make(service->context, &connection->made, &size);
    connection->body = connection->made;
    connection->size = (uint32_t)size;
    connection->sent = 0;
}

static ssize_t send_some(const struct connection *connection, int flags)
{
    const size_t head = sizeof connection->size, sent = connection->sent;
    unsigned char *size = (unsigned char *)&connection->size;
    struct iovec parts[2] = {{size + sent, sent < head ? head - sent : 0},
                             {(unsigned char *)connection->body, connection->size}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    if (sent > head) {
        parts[0].iov_len = 0;
        parts[1].iov_base = (unsigned char *)connection->body + (sent - head);
        parts[1].iov_len = connection->size - (sent - head);
    }
    return sendmsg(connection->fd, &message, flags | MSG_NOSIGNAL);
}

/* Sends what the socket takes. False: the connection is at its end. */
static bool send_answer(struct connection *connection, int flags)
{
    const size_t all = sizeof connection->size + connection->size;

    while (connection->sent < all && !connection->failed) {
        const ssize_t sent = send_some(connection, flags);
        if (sent < 0 && errno == EAGAIN)
            return true;
        if (sent < 0 && errno != EINTR)
            return false;
        connection->sent += sent > 0 ? (size_t)sent : 0;
    }
    free(connection->made);
    connection->made = NULL;
    connection->body = NULL;
    return !connection->failed;
}

/* False: the connection is at its end. */
static bool receive(struct connection *connection, int flags, enum tri_web_kind *kind)
{
    unsigned char byte;
    ssize_t got;

    while ((got = recv(connection->fd, &byte, 1, flags)) < 0 && errno == EINTR)
        ;
    *kind = got == 1 && byte < TRI_WEB_KINDS ? (enum tri_web_kind)byte : TRI_WEB_KINDS;
    return *kind != TRI_WEB_KINDS;
}

static void end(struct connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    free(connection->made);
    connection->made = NULL;
}

/* ---- a thread for each connection ---- */

static void *serve_one(void *argument)
{
    struct connection *connection = argument;
    enum tri_web_kind kind;

    tri_trace_name_thread("connection", (int)(connection - connection->server->connections));
    while (receive(connection, 0, &kind)) {
        if (kind == TRI_WEB_LARGE)
            answer_large(connection);
        else
            answer_small(connection);
        if (!send_answer(connection, 0))
            break;
    }
    end(connection);
    return NULL;
}

/* ---- a loop ---- */

static void drop(struct tri_web_server *server, struct connection *connection)
{
    epoll_ctl(server->polled, EPOLL_CTL_DEL, connection->fd, NULL);
    end(connection);
    server->open--;
}

/* Sends what is ready, and lets epoll say when there is room for the rest. */
static void reply(struct tri_web_server *server, struct connection *connection)
{
    if (!send_answer(connection, MSG_DONTWAIT)) {
        drop(server, connection);
        return;
    }
    const bool held_up = connection->body != NULL;
    struct epoll_event event = {.events = held_up ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data.ptr = connection};
    if (held_up != connection->held_up)
        epoll_ctl(server->polled, EPOLL_CTL_MOD, connection->fd, &event);
    connection->held_up = held_up;
}

static bool watch(struct tri_web_server *server, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return epoll_ctl(server->polled, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The connection is the workers' until it is done. */
static void hand_over(struct tri_web_server *server, struct connection *connection)
{
    epoll_ctl(server->polled, EPOLL_CTL_DEL, connection->fd, NULL);
    tri_channel_send(server->to_do, connection); /* it has room for all connections */
}

static void handle(struct tri_web_server *server, struct connection *connection)
{
    enum tri_web_kind kind = TRI_WEB_SMALL;

    if (connection->body == NULL) {
        if (!receive(connection, MSG_DONTWAIT, &kind)) {
            drop(server, connection);
            return;
        }
        if (kind == TRI_WEB_LARGE && server->way == TRI_WEB_POOL) {
            hand_over(server, connection);
            return;
        }
        if (kind == TRI_WEB_LARGE)
            answer_large(connection); /* and all others wait */
        else
            answer_small(connection);
    }
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "answer");
    reply(server, connection);
    tri_trace_end(mark);
}

/* Answers what workers have made. */
static void collect(struct tri_web_server *server)
{
    uint64_t count = 0;
    void *done;

    if (read(server->woken, &count, sizeof count) != sizeof count)
        return;
    for (; count > 0 && tri_channel_receive(server->done, &done); count--) {
        struct connection *connection = done;
        if (watch(server, connection->fd, connection))
            reply(server, connection);
        else
            drop(server, connection);
    }
}

static void *serve_all(void *argument)
{
    struct tri_web_server *server = argument;
    struct epoll_event events[EVENTS];

    tri_trace_name_thread("loop", 0);
    while (server->open > 0) {
        const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "poll");
        const int ready = epoll_wait(server->polled, events, EVENTS, -1);
        tri_trace_end(mark);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == NULL)
                collect(server);
            else
                handle(server, events[i].data.ptr);
        }
    }
    if (server->to_do != NULL)
        tri_channel_close(server->to_do);
    return NULL;
}

/* ---- a pool ---- */

static void *work(void *argument)
{
    struct tri_web_server *server = argument;
    const uint64_t one = 1;
    void *next;

    tri_trace_name_thread("worker", 0);
    for (;;) {
        const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "idle");
        const bool any = tri_channel_receive(server->to_do, &next);
        tri_trace_end(mark);
        if (!any)
            return NULL;
        answer_large(next);
        tri_channel_send(server->done, next);
        /* It can only fail where 2^64 - 2 events were not read, and then the loop is awake. */
        while (write(server->woken, &one, sizeof one) < 0 && errno == EINTR)
            ;
    }
}

/* ---- starting ---- */

/* Each thread gets a stack whose use can be seen, with a page below it that nobody may touch. */
static enum tri_status make_stacks(struct tri_web_server *server, int count)
{
    server->page = (size_t)sysconf(_SC_PAGESIZE);
    server->stacks_size = (size_t)count * STACK;
    void *stacks = mmap(NULL, server->stacks_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED)
        return TRI_FAILED;
    server->stacks = stacks;
    for (int i = 0; i < count; i++)
        if (mprotect(server->stacks + (size_t)i * STACK, server->page, PROT_NONE) != 0)
            return TRI_FAILED;
    return TRI_OK;
}

static int start_thread(struct tri_web_server *server, void *(*body)(void *), void *argument)
{
    unsigned char *stack = server->stacks + (size_t)server->threads * STACK;
    pthread_attr_t attributes;
    int why = pthread_attr_init(&attributes);

    if (why != 0)
        return why;
    why = pthread_attr_setstack(&attributes, stack + server->page, STACK - server->page);
    if (why == 0)
        why = pthread_create(&server->thread[server->threads], &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    server->threads += why == 0;
    return why;
}

/* What a loop needs; 0, or the error. */
static int open_loop(struct tri_web_server *server)
{
    server->polled = epoll_create1(EPOLL_CLOEXEC);
    server->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->polled < 0 || server->woken < 0 || !watch(server, server->woken, NULL))
        return errno;
    for (int i = 0; i < server->connection_count; i++)
        if (!watch(server, server->connections[i].fd, &server->connections[i]))
            return errno;
    server->open = server->connection_count;
    if (server->way == TRI_WEB_POOL) {
        server->to_do = tri_channel_new(server->connection_count);
        server->done = tri_channel_new(server->connection_count);
        return server->to_do != NULL && server->done != NULL ? 0 : ENOMEM;
    }
    return 0;
}

static int start_threads(struct tri_web_server *server, int count)
{
    const bool each = server->way == TRI_WEB_THREADS;
    int why = each ? 0 : open_loop(server);

    for (int i = 0; i < count && why == 0; i++)
        why = each     ? start_thread(server, serve_one, &server->connections[i])
              : i == 0 ? start_thread(server, serve_all, server)
                       : start_thread(server, work, server);
    return why;
}

enum tri_status tri_web_server_start(enum tri_web_way way, int workers, struct tri_web_load *load,
                                     int connections, const struct tri_web_service *service,
                                     struct tri_web_server **made, struct tri_error *error)
{
    const int count = way == TRI_WEB_THREADS ? connections : way == TRI_WEB_LOOP ? 1 : 1 + workers;
    struct tri_web_server *server = *made = calloc(1, sizeof *server);

    if (server == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a server");
    *server = (struct tri_web_server){.way = way,
                                      .service = *service,
                                      .connection_count = connections,
                                      .polled = -1,
                                      .woken = -1};
    for (int i = 0; i < connections; i++)
        server->connections[i] =
            (struct connection){.server = server, .fd = tri_web_load_server_end(load, i)};
    const int why = make_stacks(server, count) == TRI_OK ? start_threads(server, count) : errno;
    if (why == 0)
        return TRI_OK;
    tri_web_load_stop(load);
    tri_web_server_free(server);
    *made = NULL;
    return tri_fail(error, TRI_FAILED, "cannot start a server with %d threads: %s", count,
                    strerror(why));
}

static void close_all(struct tri_web_server *server)
{
    if (server->polled >= 0)
        close(server->polled);
    if (server->woken >= 0)
        close(server->woken);
    tri_channel_free(server->to_do);
    tri_channel_free(server->done);
}

void tri_web_server_free(struct tri_web_server *server)
{
    if (server == NULL)
        return;
    for (int i = 0; i < server->threads; i++)
        pthread_join(server->thread[i], NULL);
    close_all(server);
    if (server->stacks != NULL)
        munmap(server->stacks, server->stacks_size);
    free(server);
}

/* ---- what it costs ---- */

int tri_web_server_threads(const struct tri_web_server *server)
{
    return server->threads;
}

int64_t tri_web_server_memory(const struct tri_web_server *server)
{
    const size_t pages = STACK / server->page;
    unsigned char *there = malloc(pages);
    int64_t bytes = (int64_t)((size_t)server->connection_count * sizeof server->connections[0]);

    for (int i = 0; i < server->threads && there != NULL && bytes >= 0; i++) {
        if (mincore(server->stacks + (size_t)i * STACK, STACK, there) != 0)
            bytes = -1;
        for (size_t k = 0; k < pages && bytes >= 0; k++)
            bytes += (there[k] & 1) != 0 ? (int64_t)server->page : 0;
    }
    if (there == NULL)
        return -1;
    free(there);
    return bytes;
}
