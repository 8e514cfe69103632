/* opencl_signals.c -- drivers put handlers of their own for signals into the process when they are loaded or first
 * compile: POCL and Intel's runtime for 15 each, so that even what nohup(1) ignores would end it. They are taken out. */
#include "opencl_drivers.h"

#include <pthread.h>
#include <signal.h>

#define SIGNALS 65

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int inside; /* threads between the two */
static bool known[SIGNALS];
static struct sigaction before[SIGNALS];

/* The first thread in keeps what there is; who comes while it is inside may see a driver's already. */
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
