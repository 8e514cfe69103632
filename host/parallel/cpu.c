/* cpu.c -- the CPU's model, its ISA levels, and the cores that this process may use. */
#include "cpu.h"
#include "cgroup.h"
#include "../triptych.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t tri_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static bool has_level(const char *name)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(name, "sse") == 0)
        return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    if (strcmp(name, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
               __builtin_cpu_supports("fma");
    if (strcmp(name, "avx512") == 0)
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
#endif
    (void)name;
    return true;
}

static struct {
    int count;
    int level[TRI_LEVEL_COUNT];
    char model[160];
} cpu;
static pthread_once_t cpu_once = PTHREAD_ONCE_INIT;

#define LEVEL_NAME(level, argument) #level,
static const char *const level_names[] = {TRI_LEVELS(LEVEL_NAME, 0)};

static void find_model(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[300];
    snprintf(cpu.model, sizeof cpu.model, "unknown CPU");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(cpu.model, sizeof cpu.model, "%.150s", colon + 2);
            cpu.model[strcspn(cpu.model, "\n")] = '\0';
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

static void find_cpu(void)
{
    for (int i = 0; i < TRI_LEVEL_COUNT; i++) {
        if (has_level(level_names[i]))
            cpu.level[cpu.count++] = i;
    }
    find_model();
}

int tri_isa_count(void)
{
    pthread_once(&cpu_once, find_cpu);
    return cpu.count;
}

const char *tri_isa_name(int index)
{
    pthread_once(&cpu_once, find_cpu);
    return index >= 0 && index < cpu.count ? level_names[cpu.level[index]] : NULL;
}

int tri_isa_level(int index)
{
    pthread_once(&cpu_once, find_cpu);
    return cpu.level[index];
}

int tri_isa_best(void)
{
    return tri_isa_level(tri_isa_count() - 1);
}

const char *tri_cpu_model(void)
{
    pthread_once(&cpu_once, find_cpu);
    return cpu.model;
}

int tri_cpu_workers(void)
{
    enum { CORES = 4096 };
    cpu_set_t *set = CPU_ALLOC(CORES);
    const size_t size = CPU_ALLOC_SIZE(CORES);
    int count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (set != NULL && sched_getaffinity(0, size, set) == 0)
        count = tri_cgroup_cores("", set, size);
    CPU_FREE(set);
    return count < 1 ? 1 : count;
}
