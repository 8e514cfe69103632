/* core_load.h -- how busy this process keeps each core, its libraries' threads included. */
#ifndef TRIPTYCH_CLI_CORE_LOAD_H
#define TRIPTYCH_CLI_CORE_LOAD_H

#include <stdint.h>

enum { CLI_CORES = 1024, CLI_THREADS = 2048 };

struct cli_core_load {
    int64_t time; /* of the last look */
    int count;    /* of threads then */
    struct {
        int thread;
        int64_t cpu; /* ns so far */
    } threads[CLI_THREADS];
    /* Results: */
    int cores; /* that the process may use */
    int numbers[CLI_CORES];
    double busy[CLI_CORES]; /* share of the time since the look before, 0 to 1 */
};

/* Looks at the threads in /proc/self. A thread's time counts for the core that it is on now. */
void cli_core_load(struct cli_core_load *load);

#endif
