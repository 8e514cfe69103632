/* peer.c -- somebody to wait for: a peer that answers each request late. */
#include "lab/peer.h"
#include "lab/lab.h"
#include "parallel/cpu.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct tri_lab_peer {
    int count;
    int64_t delay_ns;
    int *ours;             /* sockets, of `count` */
    struct pollfd *theirs; /* their other ends, and the one that ends the thread */
    int64_t *due;          /* when the answer of a socket is; 0: nothing was asked */
    int stop;              /* closed to end the thread */
    pthread_t thread;
    bool started;
};

/* ---- the peer's thread ---- */

/* Sends answers that are due. Returns when the next one is; 0: none is awaited. */
static int64_t answer(struct tri_lab_peer *peer, int64_t now)
{
    int64_t next = 0;

    for (int i = 0; i < peer->count; i++) {
        if (peer->due[i] != 0 && peer->due[i] <= now) {
            peer->due[i] = 0;
            if (send(peer->theirs[i].fd, "a", 1, MSG_NOSIGNAL) != 1)
                return 0; /* the end of it: whoever asked finds out by reading */
        }
        if (peer->due[i] != 0 && (next == 0 || peer->due[i] < next))
            next = peer->due[i];
    }
    return next;
}

static void take_requests(struct tri_lab_peer *peer, int64_t now)
{
    char request;

    for (int i = 0; i < peer->count; i++)
        if ((peer->theirs[i].revents & POLLIN) != 0 && read(peer->theirs[i].fd, &request, 1) == 1)
            peer->due[i] = now + peer->delay_ns;
}

static void *be_peer(void *argument)
{
    struct tri_lab_peer *peer = argument;
    const struct pollfd *stop = &peer->theirs[peer->count];

    while (stop->revents == 0) {
        const int64_t now = tri_now_ns(), next = answer(peer, now), wait = next - now;
        const struct timespec until = {wait / 1000000000, wait % 1000000000};
        const int ready =
            ppoll(peer->theirs, (nfds_t)peer->count + 1, next != 0 ? &until : NULL, NULL);
        if (ready > 0)
            take_requests(peer, tri_now_ns());
        else if (ready < 0 && errno != EINTR)
            break;
    }
    return NULL;
}

/* ---- this end ---- */

static enum tri_status connect_all(struct tri_lab_peer *peer, struct tri_error *error)
{
    for (int i = 0; i <= peer->count; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return tri_fail(error, TRI_FAILED, "cannot connect %d sockets: %s", peer->count,
                            strerror(errno));
        *(i < peer->count ? &peer->ours[i] : &peer->stop) = ends[0];
        peer->theirs[i] = (struct pollfd){.fd = ends[1], .events = POLLIN};
    }
    return TRI_OK;
}

static enum tri_status open_peer(struct tri_lab_peer *peer, struct tri_error *error)
{
    const size_t count = (size_t)peer->count;

    peer->ours = calloc(count, sizeof *peer->ours);
    peer->theirs = calloc(count + 1, sizeof *peer->theirs);
    peer->due = calloc(count, sizeof *peer->due);
    if (peer->ours == NULL || peer->theirs == NULL || peer->due == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for sockets");
    const enum tri_status status = connect_all(peer, error);
    if (status != TRI_OK)
        return status;
    const int why = pthread_create(&peer->thread, NULL, be_peer, peer);
    if (why != 0)
        return tri_fail(error, TRI_FAILED, "cannot start a thread: %s", strerror(why));
    peer->started = true;
    return TRI_OK;
}

enum tri_status tri_lab_peer_new(int count, int64_t delay_ns, struct tri_lab_peer **made,
                                 struct tri_error *error)
{
    struct tri_lab_peer *peer = *made = calloc(1, sizeof *peer);

    if (peer == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for sockets");
    peer->count = count;
    peer->delay_ns = delay_ns;
    const enum tri_status status = open_peer(peer, error);
    if (status != TRI_OK) {
        tri_lab_peer_free(peer);
        *made = NULL;
    }
    return status;
}

static void close_socket(int socket)
{
    if (socket > 0) /* 0: it was not opened; standard input is no socket of ours */
        close(socket);
}

void tri_lab_peer_free(struct tri_lab_peer *peer)
{
    if (peer == NULL)
        return;
    close_socket(peer->stop);
    if (peer->started)
        pthread_join(peer->thread, NULL);
    for (int i = 0; peer->ours != NULL && i < peer->count; i++)
        close_socket(peer->ours[i]);
    for (int i = 0; peer->theirs != NULL && i <= peer->count; i++)
        close_socket(peer->theirs[i].fd);
    free(peer->ours);
    free(peer->theirs);
    free(peer->due);
    free(peer);
}

int tri_lab_peer_socket(const struct tri_lab_peer *peer, int number)
{
    return peer->ours[number];
}

static bool tell_failure(const char *what)
{
    struct tri_error error;

    tri_lab_row_failed(
        tri_fail(&error, TRI_FAILED, "cannot %s a socket: %s", what, strerror(errno)), &error);
    return false;
}

bool tri_lab_peer_ask(const struct tri_lab_peer *peer, int number)
{
    return send(peer->ours[number], "q", 1, MSG_NOSIGNAL) == 1 || tell_failure("write to");
}

bool tri_lab_peer_answer(const struct tri_lab_peer *peer, int number)
{
    char answer;
    ssize_t got;

    while ((got = read(peer->ours[number], &answer, 1)) < 0 && errno == EINTR)
        ;
    return got == 1 || tell_failure("read from");
}
