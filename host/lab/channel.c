/* channel.c -- channels: a ring under a mutex, and conditions for both sides. Threads are woken
 * after the mutex was given up: they would only wait for it. */
#include "lab/channel.h"
#include "trace/trace.h"

#include <stdlib.h>

/* Somebody who waits for any of several channels. */
struct listener {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    bool news;
};

struct link {
    struct listener *listener;
    struct link *next;
};

struct tri_channel {
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t room, items, taken;
    int senders, receivers; /* that wait */
    unsigned long sent_count, taken_count;
    struct link *links; /* of those who listen */
    bool closed, direct;
    bool promised; /* the item of a direct channel: a receiver waits, and will take it */
    int size, first, count;
    void *ring[];
};

struct tri_channel *tri_channel_new(int room)
{
    const int size = room > 0 ? room : 1;
    struct tri_channel *channel =
        calloc(1, sizeof *channel + (size_t)size * sizeof channel->ring[0]);

    if (channel == NULL)
        return NULL;
    channel->size = size;
    channel->direct = room == 0;
    pthread_mutex_init(&channel->lock, NULL);
    pthread_cond_init(&channel->room, NULL);
    pthread_cond_init(&channel->items, NULL);
    pthread_cond_init(&channel->taken, NULL);
    return channel;
}

void tri_channel_free(struct tri_channel *channel)
{
    if (channel == NULL)
        return;
    pthread_cond_destroy(&channel->room);
    pthread_cond_destroy(&channel->items);
    pthread_cond_destroy(&channel->taken);
    pthread_mutex_destroy(&channel->lock);
    free(channel);
}

/* Called with the lock, which it gives up meanwhile. */
static void wait_for(struct tri_channel *channel, pthread_cond_t *change, const char *what)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, what);

    pthread_cond_wait(change, &channel->lock);
    tri_trace_end(mark);
}

static void ring_listeners(struct tri_channel *channel)
{
    for (struct link *link = channel->links; link != NULL; link = link->next) {
        pthread_mutex_lock(&link->listener->lock);
        link->listener->news = true;
        pthread_cond_signal(&link->listener->rung);
        pthread_mutex_unlock(&link->listener->lock);
    }
}

/* ---- sending ---- */

static void put(struct tri_channel *channel, void *item)
{
    channel->ring[(channel->first + channel->count++) % channel->size] = item;
    channel->sent_count++;
    channel->promised = channel->receivers > 0;
    ring_listeners(channel);
}

/* Returns false if the channel was closed before anybody took it. */
static bool wait_until_taken(struct tri_channel *channel, unsigned long number)
{
    while (channel->taken_count < number && !channel->closed)
        wait_for(channel, &channel->taken, "send");
    if (channel->taken_count >= number)
        return true;
    channel->count = 0; /* the ring of a direct channel holds one item: this one */
    return false;
}

bool tri_channel_send(struct tri_channel *channel, void *item)
{
    pthread_mutex_lock(&channel->lock);
    channel->senders++;
    while (channel->count == channel->size && !channel->closed)
        wait_for(channel, &channel->room, "send");
    channel->senders--;
    bool sent = !channel->closed, awaited = false;
    if (sent) {
        put(channel, item);
        awaited = channel->receivers > 0;
        if (channel->direct && !awaited)
            sent = wait_until_taken(channel, channel->sent_count);
    }
    pthread_mutex_unlock(&channel->lock);
    if (awaited)
        pthread_cond_signal(&channel->items);
    return sent;
}

void tri_channel_close(struct tri_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    channel->closed = true;
    pthread_cond_broadcast(&channel->room);
    pthread_cond_broadcast(&channel->items);
    pthread_cond_broadcast(&channel->taken);
    ring_listeners(channel);
    pthread_mutex_unlock(&channel->lock);
}

/* ---- receiving ---- */

/* Whether an item can be had: of a closed direct channel only what was promised. */
static bool has_item(const struct tri_channel *channel)
{
    return channel->count > 0 && !(channel->direct && channel->closed && !channel->promised);
}

static void *get(struct tri_channel *channel)
{
    void *item = channel->ring[channel->first];

    channel->first = (channel->first + 1) % channel->size;
    channel->count--;
    channel->taken_count++;
    return item;
}

/* After an item was taken, and the lock given up: of the senders one waits for that item, others
 * for room. */
static void wake_senders(struct tri_channel *channel, bool direct, bool waiting)
{
    if (direct)
        pthread_cond_broadcast(&channel->taken);
    if (waiting)
        pthread_cond_signal(&channel->room);
}

bool tri_channel_receive(struct tri_channel *channel, void **item)
{
    pthread_mutex_lock(&channel->lock);
    channel->receivers++;
    while (!has_item(channel) && !channel->closed)
        wait_for(channel, &channel->items, "receive");
    channel->receivers--;
    const bool got = has_item(channel);
    if (got)
        *item = get(channel);
    const bool direct = got && channel->direct && !channel->promised,
               waiting = got && channel->senders > 0;
    pthread_mutex_unlock(&channel->lock);
    wake_senders(channel, direct, waiting);
    return got;
}

/* ---- receiving from one of several ---- */

enum { NOTHING = -2, ALL_CLOSED = -1 };

/* The number of a channel that had an item, ALL_CLOSED or NOTHING. */
static int try_all(struct tri_channel *const channels[], int count, void **item)
{
    static atomic_uint turn;
    const int from = (int)(atomic_fetch_add(&turn, 1) % (unsigned)count);
    int closed = 0, found = NOTHING;

    for (int i = 0; i < count && found == NOTHING; i++) {
        const int number = (from + i) % count;
        struct tri_channel *channel = channels[number];
        pthread_mutex_lock(&channel->lock);
        const bool got = has_item(channel), waiting = channel->senders > 0;
        if (got) {
            *item = get(channel);
            found = number;
        } else {
            closed += channel->closed;
        }
        pthread_mutex_unlock(&channel->lock);
        wake_senders(channel, got && channel->direct, got && waiting);
    }
    return closed == count ? ALL_CLOSED : found;
}

static void listen_to(struct tri_channel *channel, struct link *link)
{
    pthread_mutex_lock(&channel->lock);
    link->next = channel->links;
    channel->links = link;
    pthread_mutex_unlock(&channel->lock);
}

static void stop_listening(struct tri_channel *channel, const struct link *link)
{
    pthread_mutex_lock(&channel->lock);
    struct link **at = &channel->links;
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    pthread_mutex_unlock(&channel->lock);
}

static void wait_for_news(struct listener *listener)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "select");

    pthread_mutex_lock(&listener->lock);
    while (!listener->news)
        pthread_cond_wait(&listener->rung, &listener->lock);
    listener->news = false;
    pthread_mutex_unlock(&listener->lock);
    tri_trace_end(mark);
}

int tri_channel_select(struct tri_channel *const channels[], int count, void **item)
{
    struct listener listener = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                .rung = PTHREAD_COND_INITIALIZER};
    struct link links[TRI_CHANNELS_MAX];
    int found = try_all(channels, count, item);

    if (found != NOTHING)
        return found;
    for (int i = 0; i < count; i++) {
        links[i] = (struct link){.listener = &listener};
        listen_to(channels[i], &links[i]);
    }
    /* What came before somebody listened is found by trying again. */
    while ((found = try_all(channels, count, item)) == NOTHING)
        wait_for_news(&listener);
    for (int i = 0; i < count; i++)
        stop_listening(channels[i], &links[i]);
    pthread_cond_destroy(&listener.rung);
    pthread_mutex_destroy(&listener.lock);
    return found;
}
