/* core_load.c -- how busy this process keeps each core, from /proc/self/task. */
#include "cli/core_load.h"
#include "parallel/cpu.h"

#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The thread's CPU time in ns and the core it is on. False: it has ended. */
static bool look_at(int thread, int64_t *cpu, int *core)
{
    char path[64], text[1024];
    long long ns = 0;
    int fields = 2;

    snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", thread);
    FILE *file = fopen(path, "r");
    const bool known = file != NULL && fscanf(file, "%lld", &ns) == 1;
    if (file != NULL)
        fclose(file);
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    file = known ? fopen(path, "r") : NULL;
    const size_t length = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[length] = '\0';
    const char *at = strrchr(text, ')'); /* a thread's name may have blanks in it */
    for (; at != NULL && fields < 39; fields++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return false;
    *cpu = ns;
    *core = atoi(at);
    return true;
}

static int64_t cpu_before(const struct cli_core_load *load, int thread)
{
    for (int i = 0; i < load->count; i++)
        if (load->threads[i].thread == thread)
            return load->threads[i].cpu;
    return load->count > 0 ? 0 : INT64_MAX; /* new, or the first look */
}

static void find_cores(struct cli_core_load *load)
{
    cpu_set_t set;

    load->cores = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    for (int i = 0; i < CPU_SETSIZE && load->cores < CLI_CORES; i++)
        if (CPU_ISSET(i, &set))
            load->numbers[load->cores++] = i;
}

static void add(struct cli_core_load *load, int core, double share)
{
    for (int i = 0; i < load->cores; i++)
        if (load->numbers[i] == core)
            load->busy[i] = load->busy[i] + share < 1 ? load->busy[i] + share : 1;
}

void cli_core_load(struct cli_core_load *load)
{
    const int64_t now = tri_now_ns();
    DIR *folder = opendir("/proc/self/task");
    struct cli_core_load *next = calloc(1, sizeof *next);
    const struct dirent *entry;

    find_cores(load);
    memset(load->busy, 0, sizeof load->busy);
    while (folder != NULL && next != NULL && (entry = readdir(folder)) != NULL) {
        int64_t cpu;
        int core;
        const int thread = atoi(entry->d_name);
        if (thread <= 0 || next->count == CLI_THREADS || !look_at(thread, &cpu, &core))
            continue;
        const int64_t before = cpu_before(load, thread);
        if (before < cpu)
            add(load, core, (double)(cpu - before) / (double)(now - load->time + 1));
        next->threads[next->count].thread = thread;
        next->threads[next->count++].cpu = cpu;
    }
    if (folder != NULL)
        closedir(folder);
    if (next != NULL) {
        memcpy(load->threads, next->threads, sizeof load->threads);
        load->count = next->count;
        load->time = now;
    }
    free(next);
}
