/* interrupt.c -- lets no half of a file stay behind. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* Where nobody reads the output any more, there are other files to end. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

/* A writer counts itself in and then looks for a signal; the handler notes the signal and then looks for writers.
 * So either the writer sees the signal, or the handler the writer. */
static atomic_int writers, pending;
/* The second of the first signal. Atomic, since a second signal may come on another thread meanwhile. */
static _Atomic time_t since = -1;

static void end_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

static void remember(int number)
{
    struct timespec now;
    time_t first = -1;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (atomic_compare_exchange_strong(&since, &first, now.tv_sec)) {
        atomic_store(&pending, number);
        if (atomic_load(&writers) == 0)
            end_by(number);
    } else if (number != SIGPIPE && now.tv_sec - first > 1) {
        /* Asked again: a write hangs. Sooner than that it is one request, which timeout(1) and a
         * shell both pass on. */
        end_by(number);
    }
}

void cli_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART}, before;

    /* Two of them must not interrupt each other. */
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&action.sa_mask, signals[i]);
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

void cli_write_begin(void)
{
    atomic_fetch_add(&writers, 1);
    if (!atomic_load(&pending))
        return;
    cli_write_end();
    for (;;)
        pause();
}

void cli_write_end(void)
{
    if (atomic_fetch_sub(&writers, 1) != 1 || !atomic_load(&pending))
        return;
    end_by(atomic_load(&pending));
}

bool cli_interrupted(void)
{
    return atomic_load(&pending) != 0;
}

bool cli_unread(void)
{
    return atomic_load(&pending) == SIGPIPE;
}
