/* interrupt.c -- leaves no partial file behind when a signal ends the program, and
 * completes what can be. */
#include "cli/interrupt.h"
#include "image/temporary_folder.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* SIGPIPE too: when the output's reader is gone, there are other files to end. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

/* A writer increments `writers`, then checks `pending`; the handler sets `pending`, then checks
 * `writers`. So either the writer sees the signal, or the handler sees the writer. */
static atomic_int writers, pending;
/* When the first signal arrived, in seconds. Atomic, since a second one may arrive on another
 * thread meanwhile. */
static _Atomic time_t since = -1;

static _Atomic(const char *) unfinished;

void cli_interrupt_discard(const char *path)
{
    atomic_store(&unfinished, path);
}

static void end_by(int number)
{
    const char *path = atomic_load(&unfinished);
    if (path != NULL)
        unlink(path);
    signal(number, SIG_DFL);
    raise(number);
}

/* ---- what is completed before the end ---- */

static struct {
    pthread_mutex_t lock; /* held while `complete` runs or changes */
    void (*complete)(void *context);
    void *context;
    bool folders;     /* are removed */
    bool started;     /* there is a thread that completes it */
    atomic_bool some; /* for the handler */
    sem_t wake;
} last = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* In a thread of its own, since a handler may not do it, and any other thread may be computing. */
static void *complete_then_end(void *unused)
{
    for (;;) {
        sem_wait(&last.wake);
        if (!atomic_load(&pending) || atomic_load(&writers) > 0)
            continue;
        pthread_mutex_lock(&last.lock); /* for good */
        if (last.complete != NULL)
            last.complete(last.context);
        if (last.folders)
            tri_temporary_folders_abandon();
        end_by(atomic_load(&pending));
    }
    return unused;
}

static bool start_thread(void)
{
    pthread_t thread;
    if (sem_init(&last.wake, 0, 0) != 0 ||
        pthread_create(&thread, NULL, complete_then_end, NULL) != 0)
        return false;
    pthread_detach(thread);
    return true;
}

/* Called with the lock, after what is to be done has changed. */
static void prepare(void)
{
    const bool some = last.complete != NULL || last.folders;

    if (some && !last.started)
        last.started = start_thread();
    atomic_store(&last.some, some && last.started);
}

void cli_interrupt_complete(void (*complete)(void *context), void *context)
{
    pthread_mutex_lock(&last.lock);
    last.complete = complete;
    last.context = context;
    prepare();
    pthread_mutex_unlock(&last.lock);
}

void cli_interrupt_remove_folders(void)
{
    pthread_mutex_lock(&last.lock);
    last.folders = true;
    prepare();
    pthread_mutex_unlock(&last.lock);
}

/* Nobody writes any more. */
static void end_soon(int number)
{
    if (atomic_load(&last.some))
        sem_post(&last.wake);
    else
        end_by(number);
}

/* ---- signals ---- */

static void remember(int number)
{
    struct timespec now;
    time_t first = -1;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (atomic_compare_exchange_strong(&since, &first, now.tv_sec)) {
        atomic_store(&pending, number);
        if (atomic_load(&writers) == 0)
            end_soon(number);
    } else if (number != SIGPIPE && now.tv_sec - first > 1) {
        /* A second request: a write hangs. Signals in quick succession are one request, passed on
         * by both timeout(1) and a shell. */
        end_by(number);
    }
}

void cli_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART}, before;

    /* Handlers must not interrupt each other. */
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&action.sa_mask, signals[i]);
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

static void wait_for_the_end(void)
{
    for (;;)
        pause();
}

void cli_write_begin(void)
{
    atomic_fetch_add(&writers, 1);
    if (!atomic_load(&pending))
        return;
    cli_write_end();
    wait_for_the_end();
}

void cli_write_end(void)
{
    if (atomic_fetch_sub(&writers, 1) != 1 || !atomic_load(&pending))
        return;
    end_soon(atomic_load(&pending));
    wait_for_the_end();
}

bool cli_interrupted(void)
{
    return atomic_load(&pending) != 0;
}

bool cli_unread(void)
{
    return atomic_load(&pending) == SIGPIPE;
}
