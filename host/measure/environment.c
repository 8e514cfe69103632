/* environment.c -- the conditions of a measurement: CPU, cores, ISA, compiler, system, commit. */
#include "measure/measure.h"

#include "commit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef __clang__
#define HOST_COMPILER __VERSION__ /* begins with the compiler's name */
#else
#define HOST_COMPILER "gcc " __VERSION__
#endif

static void read_isas(struct tri_environment *environment)
{
    size_t length = 0;

    for (int i = 0; i < tri_isa_count() && length < sizeof environment->isas; i++)
        length += (size_t)snprintf(environment->isas + length, sizeof environment->isas - length,
                                   "%s%s", i ? " " : "", tri_isa_name(i));
}

static void read_compilers(struct tri_environment *environment)
{
#ifdef TRI_KERNEL_CC
    snprintf(environment->compiler, sizeof environment->compiler, "%s, kernels by %s",
             HOST_COMPILER, TRI_KERNEL_CC);
#else
    snprintf(environment->compiler, sizeof environment->compiler, "%s", HOST_COMPILER);
#endif
}

static void read_date(struct tri_environment *environment)
{
    const time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL)
        strftime(environment->date, sizeof environment->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void read_memory(struct tri_environment *environment)
{
    const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

    if (pages > 0 && bytes > 0)
        environment->memory = (uint64_t)pages * (uint64_t)bytes;
}

void tri_environment_read(struct tri_environment *environment)
{
    struct utsname system;

    memset(environment, 0, sizeof *environment);
    snprintf(environment->cpu, sizeof environment->cpu, "%s", tri_cpu_model());
    if (uname(&system) == 0)
        snprintf(environment->kernel, sizeof environment->kernel, "%s %s %s", system.sysname,
                 system.release, system.machine);
    read_date(environment);
    read_memory(environment);
    read_isas(environment);
    read_compilers(environment);
    snprintf(environment->commit, sizeof environment->commit, "%s", TRI_COMMIT);
    environment->cores = tri_cpu_workers();
    environment->cores_online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&environment->load, 1) != 1)
        environment->load = -1;
}
