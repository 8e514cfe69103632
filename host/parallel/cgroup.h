/* cgroup.h -- what the control groups of this process leave of the machine's cores. */
#ifndef TRI_CGROUP_H
#define TRI_CGROUP_H

#include <sched.h>
#include <stddef.h>

/* How many of the cores in `set`, of `size` bytes: those of the cpuset, and no more than the quota of any group that this one
 * is in, rounded up. At least 1. `root` goes before all paths; "" but for tests. */
int tri_cgroup_cores(const char *root, const cpu_set_t *set, size_t size);

#endif
