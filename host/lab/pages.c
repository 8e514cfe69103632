/* pages.c -- memory whose pages have not been touched yet, and how near it lies to the cores. */
#include "lab/pages.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NODES_MOST = 1024, CORES_MOST = 8192 };

unsigned char *tri_lab_pages_new(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    madvise(pages, bytes, MADV_NOHUGEPAGE); /* kernels without huge pages refuse: no loss */
    return pages;
}

void tri_lab_pages_free(unsigned char *pages, size_t bytes)
{
    if (pages != NULL)
        munmap(pages, bytes);
}

long tri_lab_pages_faults(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : -1;
}

/* The NUMA node of a core, which has a link to it among its files; 0 if it has none. */
static int node_of(int core)
{
    char path[64];
    int node = 0;

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d", core);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strncmp(entry->d_name, "node", 4) == 0 && entry->d_name[4] >= '0' &&
            entry->d_name[4] <= '9')
            node = (int)strtol(entry->d_name + 4, NULL, 10);
    closedir(folder);
    return node >= 0 && node < NODES_MOST ? node : 0;
}

int tri_lab_pages_nodes(void)
{
    const size_t size = CPU_ALLOC_SIZE(CORES_MOST);
    cpu_set_t *cores = CPU_ALLOC(CORES_MOST);
    bool seen[NODES_MOST] = {false};
    int nodes = 0;

    if (cores != NULL && sched_getaffinity(0, size, cores) == 0)
        for (int i = 0; i < CORES_MOST; i++)
            if (CPU_ISSET_S((size_t)i, size, cores) && !seen[node_of(i)]) {
                seen[node_of(i)] = true;
                nodes++;
            }
    CPU_FREE(cores);
    return nodes > 0 ? nodes : 1;
}
