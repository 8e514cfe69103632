/* web_load.c -- the clients of a server: one thread asks over all connections. */
#include "lab/web_load.h"
#include "lab/lab.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    enum tri_web_kind kind;
    int64_t *due; /* of each request, from the beginning of a run */
    int next;     /* request */
    bool asked;   /* it waits for the answer to that one */
    uint32_t size;
    size_t got;    /* bytes of the answer, with those of its size */
    int64_t since; /* when the request was due */
};

struct tri_web_load {
    struct tri_web_plan plan;
    struct client clients[TRI_WEB_CONNECTIONS_MAX];
    struct pollfd ours[TRI_WEB_CONNECTIONS_MAX];
    int theirs[TRI_WEB_CONNECTIONS_MAX];
    int64_t *times[TRI_WEB_KINDS]; /* of all requests */
    int64_t *dues;
    int answered[TRI_WEB_KINDS];
    int64_t start;
    bool broken;
};

int tri_web_plan_requests(const struct tri_web_plan *plan, enum tri_web_kind kind)
{
    return plan->requests[kind] *
           (kind == TRI_WEB_LARGE ? plan->asks_large : plan->connections - plan->asks_large);
}

static void fail(struct tri_web_load *load, const char *what)
{
    struct tri_error error;

    load->broken = true;
    tri_lab_row_failed(tri_fail(&error, TRI_FAILED, "the clients of a server: %s", what), &error);
}

/* ---- the plan ---- */

/* SplitMix64: G. L. Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014.
 */
static uint64_t draw(uint64_t *state)
{
    uint64_t word = *state += UINT64_C(0x9e3779b97f4a7c15);

    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

static int by_time(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static void plan_requests(struct tri_web_load *load)
{
    const struct tri_web_plan *plan = &load->plan;
    uint64_t state = plan->seed;
    int64_t *next = load->dues;

    for (int i = 0; i < plan->connections; i++) {
        struct client *client = &load->clients[i];
        client->kind = i < plan->asks_large ? TRI_WEB_LARGE : TRI_WEB_SMALL;
        const int count = plan->requests[client->kind];
        client->due = next;
        for (int k = 0; k < count && client->kind == TRI_WEB_SMALL; k++)
            next[k] = (int64_t)(draw(&state) % (uint64_t)plan->window_ns);
        qsort(next, (size_t)count, sizeof *next, by_time);
        next += count;
    }
}

/* ---- connections ---- */

static enum tri_status connect_all(struct tri_web_load *load, struct tri_error *error)
{
    for (int i = 0; i < load->plan.connections; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return tri_fail(error, TRI_FAILED, "cannot open %d connections: %s",
                            load->plan.connections, strerror(errno));
        load->ours[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
        load->theirs[i] = ends[1];
    }
    return TRI_OK;
}

enum tri_status tri_web_load_new(const struct tri_web_plan *plan, struct tri_web_load **made,
                                 struct tri_error *error)
{
    struct tri_web_load *load = *made = calloc(1, sizeof *load);
    enum tri_status status = TRI_OK;
    size_t all = 0;

    if (load == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the clients of a server");
    load->plan = *plan;
    for (enum tri_web_kind kind = 0; kind < TRI_WEB_KINDS && status == TRI_OK; kind++) {
        const size_t count = (size_t)tri_web_plan_requests(plan, kind);
        load->times[kind] = calloc(count, sizeof *load->times[kind]);
        if (load->times[kind] == NULL)
            status = TRI_FAILED;
        all += count;
    }
    load->dues = calloc(all, sizeof *load->dues);
    if (status != TRI_OK || load->dues == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for the clients of a server");
    if (status == TRI_OK) {
        plan_requests(load);
        status = connect_all(load, error);
    }
    if (status != TRI_OK) {
        tri_web_load_free(load);
        *made = NULL;
    }
    return status;
}

static void close_socket(int socket)
{
    if (socket > 0) /* 0: it was not opened; standard input is no socket of ours */
        close(socket);
}

void tri_web_load_stop(struct tri_web_load *load)
{
    for (int i = 0; i < load->plan.connections; i++) {
        close_socket(load->ours[i].fd);
        load->ours[i].fd = -1;
    }
    load->broken = true; /* nobody would answer */
}

void tri_web_load_free(struct tri_web_load *load)
{
    if (load == NULL)
        return;
    tri_web_load_stop(load);
    for (int i = 0; i < load->plan.connections; i++)
        close_socket(load->theirs[i]);
    for (int kind = 0; kind < TRI_WEB_KINDS; kind++)
        free(load->times[kind]);
    free(load->dues);
    free(load);
}

int tri_web_load_server_end(const struct tri_web_load *load, int connection)
{
    return load->theirs[connection];
}

/* ---- asking ---- */

/* Asks for what is due at a client that awaits nothing. */
static void ask(struct tri_web_load *load, int number, int64_t now)
{
    struct client *client = &load->clients[number];
    const unsigned char kind = (unsigned char)client->kind;

    client->since = client->kind == TRI_WEB_LARGE ? now : load->start + client->due[client->next];
    client->asked = true;
    client->got = 0;
    if (send(load->ours[number].fd, &kind, 1, MSG_NOSIGNAL) != 1)
        fail(load, "a request cannot be sent");
}

/* Sends all that is due. Returns when the next one is; 0: all that is left waits for an answer. */
static int64_t ask_due(struct tri_web_load *load)
{
    const int64_t now = tri_now_ns();
    int64_t first = 0;

    for (int i = 0; i < load->plan.connections && !load->broken; i++) {
        const struct client *client = &load->clients[i];
        if (client->asked || client->next == load->plan.requests[client->kind])
            continue;
        const int64_t due = load->start + client->due[client->next];
        if (due <= now)
            ask(load, i, now);
        else if (first == 0 || due < first)
            first = due;
    }
    return first;
}

/* ---- answers ---- */

static void finish(struct tri_web_load *load, struct client *client)
{
    load->times[client->kind][load->answered[client->kind]++] = tri_now_ns() - client->since;
    client->asked = false;
    client->next++;
}

/* Takes bytes that have come, of the size or of what follows it; false: there are none more. */
static bool take(struct tri_web_load *load, int number)
{
    struct client *client = &load->clients[number];
    const struct tri_web_body *wanted = &load->plan.answers[client->kind];
    const size_t all = sizeof client->size + wanted->size;
    unsigned char bytes[1 << 14];
    size_t most =
        client->got < sizeof client->size ? sizeof client->size - client->got : all - client->got;
    most = most < sizeof bytes ? most : sizeof bytes;
    const ssize_t got = recv(load->ours[number].fd, bytes, most, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        fail(load, "a connection was closed before the answer");
        return false;
    }
    if (client->got < sizeof client->size) {
        memcpy((char *)&client->size + client->got, bytes, (size_t)got);
    } else if (client->size != wanted->size ||
               memcmp(bytes, wanted->data + (client->got - sizeof client->size), (size_t)got) !=
                   0) {
        fail(load, "an answer is wrong");
        return false;
    }
    client->got += (size_t)got;
    if (client->got == all)
        finish(load, client);
    return client->asked;
}

static bool is_done(const struct tri_web_load *load)
{
    bool done = true;

    for (enum tri_web_kind kind = 0; kind < TRI_WEB_KINDS; kind++)
        done = done && load->answered[kind] == tri_web_plan_requests(&load->plan, kind);
    return done;
}

/* Waits for answers, and for the time when a request is due. */
static void await(struct tri_web_load *load, int64_t until)
{
    const int64_t now = tri_now_ns(), wait = until > now ? until - now : 0;
    const struct timespec time = {wait / 1000000000, wait % 1000000000};
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "poll");
    const int ready =
        ppoll(load->ours, (nfds_t)load->plan.connections, until != 0 ? &time : NULL, NULL);

    tri_trace_end(mark);
    for (int i = 0; i < load->plan.connections && ready > 0; i++)
        while (load->ours[i].revents != 0 && !load->broken && take(load, i))
            ;
}

void tri_web_load_run(struct tri_web_load *load)
{
    load->start = tri_now_ns();
    memset(load->answered, 0, sizeof load->answered);
    for (int i = 0; i < load->plan.connections; i++)
        load->clients[i].next = 0;
    while (!load->broken && !is_done(load)) {
        const int64_t next = ask_due(load);
        if (!load->broken)
            await(load, next);
    }
}

int64_t tri_web_load_percentile(struct tri_web_load *load, enum tri_web_kind kind, int percent)
{
    const int count = load->answered[kind];

    if (count == 0)
        return 0;
    qsort(load->times[kind], (size_t)count, sizeof *load->times[kind], by_time);
    return load->times[kind][(count * percent + 99) / 100 - 1];
}
