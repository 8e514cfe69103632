/* simd.c -- the first parallelism is inside a core; then come more cores, then a device. */
#include "lab/lab.h"
#include "lab/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIPELINE "gaussian:sigma=2"
enum { LEVELS_MAX = 6 };

struct simd {
    struct tri_lab_picture *levels[LEVELS_MAX], *threads, *device;
    int count;
};

static void add_device(struct tri_lab_run *run, struct simd *simd, const struct tri_shape *shape)
{
    struct tri_error error;
    const enum tri_status status =
        tri_lab_picture_new("opencl", NULL, PIPELINE, shape, &simd->device, &error);
    struct tri_lab_row *row =
        tri_lab_add(run, tri_lab_picture_run, simd->device, 1, "OpenCL device");

    if (status != TRI_OK)
        tri_lab_skip(row, "%s", error.text);
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 720, 3, 8};
    struct simd *simd = calloc(1, sizeof *simd);
    enum tri_status status = TRI_OK;
    char threads[32];

    run->context = simd;
    if (simd == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    for (int i = 0; i < tri_isa_count() && i < LEVELS_MAX && status == TRI_OK; i++) {
        status = tri_lab_picture_new("sequential", tri_isa_name(i), PIPELINE, &shape,
                                     &simd->levels[i], error);
        if (status == TRI_OK)
            tri_lab_add(run, tri_lab_picture_run, simd->levels[i], 1, "one core, %s",
                        tri_isa_name(i));
    }
    if (status != TRI_OK)
        return status;
    snprintf(threads, sizeof threads, "threads:%d", run->settings.workers);
    status = tri_lab_picture_new(threads, NULL, PIPELINE, &shape, &simd->threads, error);
    if (status != TRI_OK)
        return status;
    tri_lab_add(run, tri_lab_picture_run, simd->threads, run->settings.workers, "all cores, %s",
                tri_isa_name(tri_isa_count() - 1));
    add_device(run, simd, &shape);
    return TRI_OK;
}

static void conclude_wide(struct tri_lab_run *run, const struct tri_lab_row *scalar,
                          const struct tri_lab_row *wide)
{
    static const double limits[] = {2, 8, 32};
    const struct tri_interval faster = tri_lab_faster(wide, scalar);
    int bucket = 0;

    while (bucket < 3 && faster.low > limits[bucket])
        bucket++;
    tri_lab_answer(run, bucket < 3 && !(faster.high < limits[bucket]) ? -1 : bucket);
    tri_lab_say(run, tri_lab_above(run, &faster, 1.2),
                "On one core, '%s' is %s times as fast as scalar code: "
                "one instruction computes many samples.",
                wide->name, tri_lab_words(&faster).text);
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *scalar = NULL, *wide = NULL, *all = NULL;

    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i];
        if (row->count == 0)
            continue;
        scalar = scalar == NULL ? row : scalar;
        if (strncmp(row->name, "one core", 8) == 0)
            wide = row;
        if (strncmp(row->name, "all cores", 9) == 0)
            all = row;
    }
    if (scalar != NULL && wide != NULL && wide != scalar)
        conclude_wide(run, scalar, wide);
    else
        tri_lab_say(run, TRI_LAB_UNCLEAR, "This CPU has one level only: nothing to compare.");
    if (all == NULL || wide == NULL)
        return;
    const struct tri_interval more = tri_lab_faster(all, wide);
    if (all->workers < 2)
        tri_lab_say(run, TRI_LAB_UNCLEAR, "With one core, threads cannot add to that.");
    else
        tri_lab_say(run, tri_lab_above(run, &more, 1.1),
                    "%d cores are %s times as fast as one on top of that: both factors multiply.",
                    all->workers, tri_lab_words(&more).text);
}

static void close(struct tri_lab_run *run)
{
    struct simd *simd = run->context;

    if (simd == NULL)
        return;
    for (int i = 0; i < LEVELS_MAX; i++)
        tri_lab_picture_free(simd->levels[i]);
    tri_lab_picture_free(simd->threads);
    tri_lab_picture_free(simd->device);
    free(simd);
}

TRI_LAB_EXPERIMENT(simd) = {
    .name = "simd",
    .claim = "The first parallelism is inside one core: an instruction computes many samples at "
             "once. Cores multiply it.",
    .plan = PIPELINE " on 1280x720 RGB: one core with each instruction set, all cores, a device.",
    .question = "On one core, how many times as fast as scalar code is the widest instruction set?",
    .answers = {"less than 2", "2 to 8", "8 to 32", "more than 32"},
    .next = "triptych bench median --on sequential --on threads: a filter that only compares.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
