/* test_cache.c -- the cache on disk: bounded, intact on a full disk, and shared by several
 * processes. */
#include "tests.h"

#include "image/disk_cache.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char cache[64];

static int begin_suite(void)
{
    strcpy(cache, "/tmp/triptych-cache-XXXXXX");
    if (mkdtemp(cache) == NULL)
        return 1;
    return setenv("TRIPTYCH_CACHE_DIR", cache, 1);
}

static int end_suite(void)
{
    char command[100];
    unsetenv("TRIPTYCH_CACHE_DIR");
    snprintf(command, sizeof command, "rm -rf '%s'", cache);
    return system(command) != 0;
}

static void forget(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'/*", cache);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* Whatever their names: no half-written file may remain. */
static int count_files(void)
{
    char folder[100];
    int count = 0;
    snprintf(folder, sizeof folder, "%s/programs", cache);
    DIR *directory = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

/* The most recently used entries stay. */
static void test_bound(void)
{
    struct tri_disk_cache store;
    char key[100];
    void *data;
    size_t size, count = 0;
    static unsigned char value[100000];
    struct timespec pause = {0, 2000000};
    forget();
    setenv("TRIPTYCH_CACHE_SIZE", "1", 1);
    tri_disk_cache_open(&store, "programs", "OpenCL programs");
    CU_ASSERT_STRING_EQUAL(store.complaint, "");
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "key %d", i);
        tri_disk_cache_store(&store, key, value, sizeof value);
        CU_ASSERT(tri_disk_cache_load(&store, "key 0", &data, &size));
        CU_ASSERT_EQUAL(size, sizeof value);
        free(data);
        CU_ASSERT(count_files() <= 10);
        nanosleep(&pause, NULL); /* file times may be coarse */
    }
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "key %d", i);
        if (tri_disk_cache_load(&store, key, &data, &size)) {
            CU_ASSERT(i == 0 || i > 30);
            free(data);
            count++;
        }
    }
    CU_ASSERT(count >= 5);
    /* An entry larger than the limit is not stored, and evicts nothing. */
    unsigned char *large = calloc(1, 2 << 20);
    tri_disk_cache_store(&store, "large", large, 2 << 20);
    free(large);
    CU_ASSERT_FALSE(tri_disk_cache_load(&store, "large", &data, &size));
    CU_ASSERT((size_t)count_files() >= count);
    unsetenv("TRIPTYCH_CACHE_SIZE");
    forget();
}

/* The disk fills up while a file is written: the old file stays, and nothing else is left. */
static void test_full(void)
{
    struct tri_disk_cache store;
    static unsigned char value[300000];
    void *data;
    size_t size;
    int status;
    forget();
    tri_disk_cache_open(&store, "programs", "OpenCL programs");
    memset(value, 7, sizeof value);
    tri_disk_cache_store(&store, "a", value, 1000);
    const pid_t child = fork();
    if (child == 0) {
        /* Writes fail at the limit as on a full disk, except for the error number. */
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {100000, 100000};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(1);
        tri_disk_cache_store(&store, "a", value, sizeof value);
        _exit(store.complaint[0] == '\0' || store.folder[0] != '\0');
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT(tri_disk_cache_load(&store, "a", &data, &size));
    CU_ASSERT_EQUAL(size, 1000);
    free(data);
    CU_ASSERT_EQUAL(count_files(), 1);
    forget();
}

/* Several processes share one cold cache. */
static void test_together(void)
{
    enum { PROCESSES = 4 };
    pid_t children[PROCESSES];
    struct tri_disk_cache store;
    static unsigned char value[50000];
    forget();
    tri_disk_cache_open(&store, "programs", "OpenCL programs");
    for (int p = 0; p < PROCESSES; p++) {
        children[p] = fork();
        if (children[p] != 0)
            continue;
        bool good = true;
        for (int i = 0; i < 200; i++) {
            char key[20];
            void *data;
            size_t size;
            snprintf(key, sizeof key, "%d", i % 5);
            memset(value, i % 5, sizeof value);
            tri_disk_cache_store(&store, key, value, sizeof value);
            /* Whoever wrote it last, it is complete and belongs to this key. */
            good &= tri_disk_cache_load(&store, key, &data, &size) && size == sizeof value &&
                    memcmp(data, value, size) == 0;
            free(data);
        }
        _exit(!good || store.complaint[0] != '\0');
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 1;
        CU_ASSERT_EQUAL(waitpid(children[p], &status, 0), children[p]);
        CU_ASSERT_EQUAL(status, 0);
    }
    CU_ASSERT_EQUAL(count_files(), 5);
    forget();
}

int test_cache_suite(void)
{
    CU_pSuite suite = CU_add_suite("cache", begin_suite, end_suite);
    return !(suite && CU_add_test(suite, "bounded", test_bound) &&
             CU_add_test(suite, "a full disk", test_full) &&
             CU_add_test(suite, "processes at once", test_together));
}
