/* opencl_signals.c -- removes the signal handlers that drivers install when they are loaded or
 * first compile. POCL and Intel's runtime each install 15, so that even signals ignored under
 * nohup(1) would end the process. */
#include "opencl_drivers.h"

#include <pthread.h>
#include <signal.h>

#define SIGNALS 65

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int inside; /* threads between the two calls */
static bool known[SIGNALS];
static struct sigaction before[SIGNALS];

/* The first thread in saves the handlers; one that arrives later may already see a driver's. */
void tri_signals_keep(void)
{
    pthread_mutex_lock(&lock);
    if (inside++ == 0) {
        for (int i = 1; i < SIGNALS; i++)
            known[i] = sigaction(i, NULL, &before[i]) == 0;
    }
    pthread_mutex_unlock(&lock);
}

void tri_signals_put_back(void)
{
    pthread_mutex_lock(&lock);
    for (int i = 1; i < SIGNALS; i++) {
        if (known[i])
            sigaction(i, &before[i], NULL);
    }
    inside--;
    pthread_mutex_unlock(&lock);
}
