/* link_local.c -- ranks that are processes of this machine, over socket pairs: for the lab and for
 * tests, which then need no MPI. */
#include "cluster.h"

#include "../parallel/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANKS_MOST 64

/* A parcel on its way over one socket, after its size. */
struct flow {
    uint64_t size;
    size_t done; /* bytes, of the size and the data together */
    struct tri_parcel parcel;
    struct flow *next;
};

struct peer {
    int fd; /* -1: none */
    struct flow in;
    struct flow *first, *last; /* going out */
};

struct local {
    struct tri_link link;
    struct peer *peers; /* [rank] */
    pid_t *children;    /* [rank], of rank 0 */
};

static enum tri_status lost(struct local *local, int rank, struct tri_error *error)
{
    local->link.broken = true;
    return tri_fail(error, TRI_FAILED, "rank %d: rank %d has ended", local->link.rank, rank);
}

/* ---- bytes ---- */

/* Where the next bytes of a flow are. */
static unsigned char *place(struct flow *flow, size_t *left)
{
    const size_t head = sizeof flow->size;
    if (flow->done < head) {
        *left = head - flow->done;
        return (unsigned char *)&flow->size + flow->done;
    }
    *left = head + flow->size - flow->done;
    return flow->parcel.data + (flow->done - head);
}

static bool is_whole(const struct flow *flow)
{
    return flow->done >= sizeof flow->size && flow->done == sizeof flow->size + flow->size;
}

/* False: the other end is gone. */
static bool push(struct peer *peer)
{
    while (peer->first != NULL) {
        struct flow *flow = peer->first;
        size_t left;
        const unsigned char *from = place(flow, &left);
        const ssize_t sent = left > 0 ? send(peer->fd, from, left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        flow->done += (size_t)sent;
        if (is_whole(flow)) {
            peer->first = flow->next;
            free(flow->parcel.data);
            free(flow);
        }
    }
    return true;
}

/* Reads what has come of the next parcel. */
static bool pull(struct peer *peer)
{
    struct flow *flow = &peer->in;
    while (!is_whole(flow)) {
        size_t left;
        unsigned char *to = place(flow, &left);
        const ssize_t got = recv(peer->fd, to, left, MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        flow->done += (size_t)got;
        if (flow->done == sizeof flow->size) {
            flow->parcel = (struct tri_parcel){malloc(flow->size + 1), flow->size};
            if (flow->parcel.data == NULL)
                return false;
        }
    }
    return true;
}

/* Waits until something can be sent or received. */
static void wait_for(struct local *local, int64_t ns)
{
    struct pollfd polls[RANKS_MOST];
    int count = 0;
    for (int rank = 0; rank < local->link.size; rank++) {
        const struct peer *peer = &local->peers[rank];
        if (peer->fd >= 0)
            polls[count++] = (struct pollfd){
                .fd = peer->fd, .events = (short)(POLLIN | (peer->first != NULL ? POLLOUT : 0))};
    }
    poll(polls, (nfds_t)count, (int)((ns + 999999) / 1000000));
}

/* ---- the link ---- */

static enum tri_status send_parcel(struct tri_link *link, int to, struct tri_parcel *parcel,
                                   struct tri_error *error)
{
    struct local *local = (struct local *)link;
    struct peer *peer = &local->peers[to];
    struct flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL) {
        free(parcel->data);
        return tri_fail(error, TRI_FAILED, "out of memory for a message");
    }
    *flow = (struct flow){.size = parcel->size, .parcel = *parcel};
    *parcel = (struct tri_parcel){0};
    link->traffic.messages++;
    link->traffic.bytes += (int64_t)flow->size;
    if (peer->first == NULL)
        peer->first = flow;
    else
        peer->last->next = flow;
    peer->last = flow;
    return push(peer) ? TRI_OK : lost(local, to, error);
}

static enum tri_status look(struct local *local, int *from, struct tri_parcel *parcel,
                            struct tri_error *error)
{
    for (int rank = 0; rank < local->link.size && *from < 0; rank++) {
        struct peer *peer = &local->peers[rank];
        if (peer->fd < 0)
            continue;
        if (!push(peer) || !pull(peer))
            return lost(local, rank, error);
        if (!is_whole(&peer->in))
            continue;
        *parcel = peer->in.parcel;
        *from = rank;
        peer->in = (struct flow){0};
    }
    return TRI_OK;
}

static enum tri_status receive(struct tri_link *link, int64_t wait_ns, int *from,
                               struct tri_parcel *parcel, struct tri_error *error)
{
    struct local *local = (struct local *)link;
    const int64_t until = tri_now_ns() + wait_ns;
    *from = -1;
    for (;;) {
        const enum tri_status status = look(local, from, parcel, error);
        const int64_t left = until - tri_now_ns();
        if (status != TRI_OK || *from >= 0 || left <= 0)
            return status;
        wait_for(local, left);
    }
}

static enum tri_status flush(struct tri_link *link, struct tri_error *error)
{
    struct local *local = (struct local *)link;
    for (int rank = 0; rank < link->size; rank++) {
        struct peer *peer = &local->peers[rank];
        while (peer->fd >= 0 && peer->first != NULL) {
            struct pollfd one = {.fd = peer->fd, .events = POLLOUT};
            poll(&one, 1, 1000);
            if (!push(peer))
                return lost(local, rank, error);
        }
    }
    return TRI_OK;
}

static enum tri_status send_numbers(struct tri_link *link, int to, const uint64_t *numbers,
                                    size_t bytes, struct tri_error *error)
{
    struct tri_parcel parcel = {malloc(bytes), bytes};
    if (parcel.data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for counts");
    memcpy(parcel.data, numbers, bytes);
    return send_parcel(link, to, &parcel, error);
}

/* Rank 0 adds them up. */
static enum tri_status sum(struct tri_link *link, uint64_t *numbers, size_t count,
                           struct tri_error *error)
{
    const size_t bytes = count * sizeof *numbers;
    enum tri_status status = link->rank > 0 ? send_numbers(link, 0, numbers, bytes, error) : TRI_OK;
    for (int left = link->rank > 0 ? 1 : link->size - 1; left > 0 && status == TRI_OK;) {
        struct tri_parcel parcel = {0};
        int from;
        status = receive(link, 1000000000, &from, &parcel, error);
        if (status != TRI_OK || from < 0)
            continue;
        for (size_t i = 0; i < count && parcel.size == bytes; i++) {
            uint64_t number;
            memcpy(&number, parcel.data + i * sizeof number, sizeof number);
            numbers[i] = link->rank > 0 ? number : numbers[i] + number;
        }
        free(parcel.data);
        left--;
    }
    for (int to = 1; link->rank == 0 && to < link->size && status == TRI_OK; to++)
        status = send_numbers(link, to, numbers, bytes, error);
    return status == TRI_OK ? flush(link, error) : status;
}

static void close_local(struct tri_link *link)
{
    struct local *local = (struct local *)link;
    for (int rank = 1; local->children != NULL && rank < link->size && link->broken; rank++)
        kill(local->children[rank], SIGKILL);
    for (int rank = 0; rank < link->size; rank++) {
        struct peer *peer = &local->peers[rank];
        if (peer->fd >= 0)
            close(peer->fd);
        free(peer->in.parcel.data);
        while (peer->first != NULL) {
            struct flow *flow = peer->first;
            peer->first = flow->next;
            free(flow->parcel.data);
            free(flow);
        }
    }
    if (link->rank > 0)
        _exit(link->broken);
    for (int rank = 1; rank < link->size; rank++)
        waitpid(local->children[rank], NULL, 0);
    free(local->children);
    free(local->peers);
    free(local);
}

/* ---- beginning ---- */

static struct local *new_local(int size)
{
    struct local *local = calloc(1, sizeof *local);
    if (local == NULL)
        return NULL;
    local->link = (struct tri_link){.size = size,
                                    .local_size = size,
                                    .sharers = size,
                                    .library = "processes of this machine",
                                    .send = send_parcel,
                                    .receive = receive,
                                    .flush = flush,
                                    .sum = sum,
                                    .close = close_local};
    if (gethostname(local->link.host, sizeof local->link.host - 1) != 0)
        strcpy(local->link.host, "localhost");
    local->peers = calloc((size_t)size, sizeof *local->peers);
    local->children = calloc((size_t)size, sizeof *local->children);
    if (local->peers == NULL || local->children == NULL) {
        free(local->peers);
        free(local->children);
        free(local);
        return NULL;
    }
    for (int rank = 0; rank < size; rank++)
        local->peers[rank].fd = -1;
    return local;
}

/* In the new process: it keeps the socket to rank 0 alone. */
static void become(struct local *local, int rank, int fd)
{
    for (int other = 0; other < local->link.size; other++) {
        if (local->peers[other].fd >= 0)
            close(local->peers[other].fd);
        local->peers[other].fd = -1;
    }
    local->peers[0].fd = fd;
    local->link.rank = local->link.local_rank = rank;
    free(local->children);
    local->children = NULL;
}

enum tri_status tri_link_fork(int size, struct tri_link **link, struct tri_error *error)
{
    struct local *local = size <= RANKS_MOST ? new_local(size) : NULL;
    if (local == NULL)
        return tri_fail(error, TRI_FAILED, "cannot have %d ranks on this machine", size);
    for (int rank = 1; rank < size; rank++) {
        int pair[2] = {-1, -1};
        const bool paired = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
        const pid_t child = paired ? fork() : -1;
        if (child == 0) {
            close(pair[0]);
            become(local, rank, pair[1]);
            break;
        }
        if (paired)
            close(pair[1]);
        if (child < 0) {
            tri_fail(error, TRI_FAILED, "cannot start rank %d: %s", rank, strerror(errno));
            if (paired)
                close(pair[0]);
            local->link.size = rank;
            local->link.broken = true;
            close_local(&local->link);
            return TRI_FAILED;
        }
        local->peers[rank].fd = pair[0];
        local->children[rank] = child;
    }
    *link = &local->link;
    return TRI_OK;
}
