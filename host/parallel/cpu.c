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

#if defined(__x86_64__)
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
}

static bool has_ice_lake(void)
{
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bitalg") &&
           __builtin_cpu_supports("avx512vpopcntdq");
}
#endif

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
        return has_avx512();
    if (strcmp(name, "avx512icl") == 0)
        return has_avx512() && has_ice_lake();
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

/* The value of a line "key : value" of /proc/cpuinfo, without its newline; NULL: another key. */
static const char *value_of(char *line, const char *key)
{
    char *colon = strchr(line, ':');
    const size_t length = strlen(key);

    if (colon == NULL || strncmp(line, key, length) != 0 ||
        line[length + strspn(line + length, " \t")] != ':')
        return NULL;
    colon[strcspn(colon, "\n")] = '\0';
    return colon + 1 + strspn(colon + 1, " ");
}

/* Virtual machines may hide the model: "AMD EPYC" is many CPUs. Family and model tell them apart.
 */
static void name_model(const char *name, int family, int model)
{
    if (strpbrk(name, "0123456789") != NULL || family < 0 || model < 0)
        snprintf(cpu.model, sizeof cpu.model, "%.150s", name);
    else
        snprintf(cpu.model, sizeof cpu.model, "%.120s (family %d model %d)", name, family, model);
}

static void find_model(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[300];
    const char *value;
    int family = -1, model = -1;

    snprintf(cpu.model, sizeof cpu.model, "unknown CPU");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if ((value = value_of(line, "cpu family")) != NULL)
            family = atoi(value);
        else if ((value = value_of(line, "model")) != NULL)
            model = atoi(value);
        else if ((value = value_of(line, "model name")) != NULL) {
            name_model(value, family, model);
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

int tri_isa_registers(int level)
{
#if defined(__x86_64__)
    return level >= TRI_LEVEL_avx512 ? 32 : 16;
#else
    (void)level;
    return 32;
#endif
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

/* Not sysconf: glibc's answer for AMD's processors in virtual machines may be ten times too much.
 */
size_t tri_cpu_last_cache(void)
{
    size_t most = 0;
    for (int i = 0; i < 8; i++) {
        char path[80];
        size_t kilobytes = 0;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            break;
        if (fscanf(file, "%zuK", &kilobytes) == 1 && kilobytes > most)
            most = kilobytes;
        fclose(file);
    }
    return most << 10;
}
