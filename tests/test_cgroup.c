/* test_cgroup.c -- the number of cores that control groups leave, on simulated systems. */
#include "shell.h"
#include "tests.h"
#include "parallel/cgroup.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

/* Of sixteen cores, those that a system leaves: groups as in /proc/self/cgroup, mounts, and
 * commands that create files. */
static void expect(int cores, const char *groups, const char *mounts, const char *files)
{
    char command[3000];
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < 16; i++)
        CPU_SET(i, &set);
    snprintf(command, sizeof command,
             "rm -rf r && mkdir -p r/proc/self && cd r && printf '%s' > proc/self/cgroup && printf "
             "'%s' > proc/self/mountinfo && { %s; }",
             groups, mounts, files);
    CU_ASSERT_EQUAL_FATAL(shell_run(command)->code, 0);
    const int got = tri_cgroup_cores(shell_path("r"), &set, sizeof set);
    if (got != cores)
        printf("\n%d cores expected, got %d: %s\n", cores, got, files);
    CU_ASSERT_EQUAL(got, cores);
}

#define V2 "25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\\n"
#define V1 \
    "30 20 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\\n" \
    "31 20 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\\n"
#define G "g=sys/fs/cgroup; mkdir -p $g/a/b.slice $g/cpuset/c $g/cpu,cpuacct/c/d; "

static void test_none(void)
{
    expect(16, "", "", "true");
    expect(16, "0::/\\n", V2, G "echo max 100000 > $g/cpu.max");
    expect(16, "0::/gone\\n", V2, "true");
    expect(16, "nonsense\\n1:2\\n::\\n", "nonsense - x\\n", G "echo x > $g/cpu.max");
    expect(16, "0::/\\n", V2, G "echo 0 0 > $g/cpu.max; echo > $g/cpuset.cpus.effective");
}

static void test_second_version(void)
{
    expect(2, "0::/\\n", V2, G "echo 200000 100000 > $g/cpu.max");
    expect(2, "0::/\\n", V2, G "echo 150000 100000 > $g/cpu.max");
    expect(1, "0::/\\n", V2, G "echo 1000 100000 > $g/cpu.max");
    expect(3, "0::/a/b.slice\\n", V2,
           G "echo max 100000 > $g/a/b.slice/cpu.max; echo 300000 100000 > $g/a/cpu.max");
    expect(2, "0::/a/b.slice\\n", V2,
           G "echo 200000 100000 > $g/a/b.slice/cpu.max; echo 300000 100000 > $g/a/cpu.max");
    expect(2, "0::/a/b.slice\\n", V2,
           G "echo 400000 100000 > $g/a/b.slice/cpu.max; echo 200000 100000 > $g/a/cpu.max");
    expect(2, "0::/a/b.slice\\n", "", G "echo 200000 100000 > $g/a/b.slice/cpu.max");
    /* A container sees its own group as the root. */
    expect(5, "0::/a/b.slice\\n", "25 20 0:22 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\\n",
           "g=sys/fs/cgroup; mkdir -p $g/b.slice; echo 500000 100000 > $g/b.slice/cpu.max");
    expect(6, "0::/elsewhere\\n", "25 20 0:22 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\\n",
           G "echo 600000 100000 > $g/cpu.max");
    expect(4, "0::/\\n", "25 20 0:22 / /mnt/my\\\\040groups rw - cgroup2 cgroup2 rw\\n",
           "mkdir -p 'mnt/my groups'; echo 4 1 > 'mnt/my groups/cpu.max'");
}

static void test_first_version(void)
{
    expect(
        4, "4:cpu,cpuacct:/c/d\\n", V1,
        G
        "cd $g/cpu,cpuacct/c; echo 350000 > d/cpu.cfs_quota_us; echo 100000 > d/cpu.cfs_period_us");
    expect(16, "4:cpu,cpuacct:/c/d\\n", V1,
           G
           "cd $g/cpu,cpuacct/c; echo -1 > d/cpu.cfs_quota_us; echo 100000 > d/cpu.cfs_period_us");
    expect(3, "4:cpuacct,cpu:/c/d\\n0::/\\n", V1 V2,
           G "cd $g/cpu,cpuacct; echo -1 > c/d/cpu.cfs_quota_us; echo 100000 > "
             "c/d/cpu.cfs_period_us; echo 30000 > c/cpu.cfs_quota_us; "
             "echo 10000 > c/cpu.cfs_period_us; echo 10000 10000 > ../cpu.max");
    /* Mixed: version 1 has only other controllers. */
    expect(2, "0::/a\\n7:memory:/c\\n", V1 V2, G "echo 20000 10000 > $g/a/cpu.max");
}

static void test_cpusets(void)
{
    expect(3, "0::/a\\n", V2, G "echo 1-2,7 > $g/a/cpuset.cpus.effective");
    expect(2, "0::/a/b.slice\\n", V2, G "echo 14-40 > $g/a/cpuset.cpus.effective");
    expect(4, "3:cpuset:/c\\n", V1, G "echo 0-3 > $g/cpuset/c/cpuset.cpus");
    expect(1, "3:cpuset:/c\\n", V1,
           G "echo 0-3 > $g/cpuset/c/cpuset.cpus; echo 2 > $g/cpuset/c/cpuset.effective_cpus");
    expect(2, "0::/a\\n", V2, G "echo 0-3 > $g/a/cpuset.cpus.effective; echo 2 1 > $g/a/cpu.max");
    expect(16, "0::/a\\n", V2, G "echo 99-100 > $g/a/cpuset.cpus.effective");
}

int test_cgroup_suite(void)
{
    CU_pSuite suite = CU_add_suite("cgroup", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "no limits", test_none) &&
             CU_add_test(suite, "version 2", test_second_version) &&
             CU_add_test(suite, "version 1", test_first_version) &&
             CU_add_test(suite, "cpusets", test_cpusets));
}
