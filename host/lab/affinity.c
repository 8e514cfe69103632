/* affinity.c -- threads on some of the cores only. */
#include "lab/affinity.h"
#include "lab/lab.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { CORES_MOST = 8192 };

struct tri_lab_cores {
    size_t size; /* of the set, in bytes */
    cpu_set_t *set;
};

void tri_lab_unpin(struct tri_lab_cores *before)
{
    if (before == NULL)
        return;
    if (before->set != NULL) {
        sched_setaffinity(0, before->size, before->set);
        CPU_FREE(before->set);
    }
    free(before);
}

/* Takes all cores but `count` out of a set: those after the first `skipped`. */
static void keep(cpu_set_t *set, size_t size, int skipped, int count)
{
    int number = 0;

    for (int i = 0; i < CORES_MOST; i++) {
        if (!CPU_ISSET_S((size_t)i, size, set))
            continue;
        if (number < skipped || number >= skipped + count)
            CPU_CLR_S((size_t)i, size, set);
        number++;
    }
}

static enum tri_status pin(int skipped, int count, struct tri_lab_cores **made,
                           struct tri_error *error)
{
    struct tri_lab_cores *before = calloc(1, sizeof *before);
    cpu_set_t *fewer = CPU_ALLOC(CORES_MOST);
    int why = ENOMEM;

    if (before != NULL && fewer != NULL && (before->set = CPU_ALLOC(CORES_MOST)) != NULL) {
        before->size = CPU_ALLOC_SIZE(CORES_MOST);
        CPU_ZERO_S(before->size, before->set);
        why = sched_getaffinity(0, before->size, before->set) == 0 ? 0 : errno;
    }
    if (why == 0) {
        const int all = CPU_COUNT_S(before->size, before->set);
        memcpy(fewer, before->set, before->size);
        keep(fewer, before->size, all > 0 ? skipped % all : 0, count);
        why = sched_setaffinity(0, before->size, fewer) == 0 ? 0 : errno;
    }
    CPU_FREE(fewer);
    if (why != 0) {
        tri_lab_unpin(before);
        before = NULL;
    }
    *made = before;
    return why == 0 ? TRI_OK
                    : tri_fail(error, TRI_FAILED, "cannot keep threads to %d core%s: %s", count,
                               count == 1 ? "" : "s", strerror(why));
}

enum tri_status tri_lab_pin(int count, struct tri_lab_cores **before, struct tri_error *error)
{
    return pin(0, count, before, error);
}

enum tri_status tri_lab_pin_to(int number, struct tri_lab_cores **before, struct tri_error *error)
{
    return pin(number, 1, before, error);
}

void tri_lab_run_on(int count, void (*work)(void *argument), void *argument)
{
    struct tri_lab_cores *before;
    struct tri_error error;
    const enum tri_status status = tri_lab_pin(count, &before, &error);

    if (status != TRI_OK)
        tri_lab_row_failed(status, &error);
    work(argument);
    tri_lab_unpin(before);
}

enum tri_status tri_lab_team_new_on(int cores, int count, struct tri_lab_team **team,
                                    struct tri_error *error)
{
    struct tri_lab_cores *before;
    enum tri_status status = tri_lab_pin(cores, &before, error);

    if (status == TRI_OK)
        status = tri_lab_team_new(count, team, error);
    tri_lab_unpin(before);
    return status;
}
