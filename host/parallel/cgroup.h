/* cgroup.h -- the cores that this process's control groups allow it. */
#ifndef TRI_CGROUP_H
#define TRI_CGROUP_H

#include <sched.h>
#include <stddef.h>

/* Returns how many of the cores in `set`, of `size` bytes, are usable: those of the cpuset, limited
 * by the quota of every enclosing group, rounded up. At least 1. `root` is put before all paths; ""
 * except in tests. */
int tri_cgroup_cores(const char *root, const cpu_set_t *set, size_t size);

#endif
