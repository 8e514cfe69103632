/* test_lend.c -- inputs that the caller lends to a job: the same bytes as with copies, on every
 * backend, though each image is overwritten and freed as soon as that is allowed. */
#include "rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 24, LATE_MAX = 8 };

/* `runs`: as stated for the CPU, worked out by hand; -1: some number above 0. */
static const struct pipeline {
    const char *text;
    int runs;
} pipelines[] = {
    {"invert", 0},
    {"difference", 1},
    {"blend:mode=screen:opacity=0.8", 1},
    {"temporal_median", 2},
    {"temporal_median:radius=2", 4},
    {"deinterlace", 2},
    {"average:frames=5", 4},
    {"average:frames=8", 7},
    {"average:frames=20", 20},
    {"background", 0},
    {"temporal_denoise", 0},
    {"invert,difference", 0}, /* not the input's past */
    {"difference,invert", 1},
    {"temporal_median,difference,gaussian:sigma=1", -1},
    {"temporal_median:radius=2,temporal_median,flip", -1},
    {"average:frames=3,average:frames=4", -1},
    {"deinterlace,equalize,temporal_median", -1},
    {"difference,rotate:angle=90,difference", -1},
};

/* 17x5; rows without padding; and one for several strips. With alpha, a channel may cross all
 * kernels. */
static const struct tri_shape shapes[] = {{17, 5, 1, 8},    {17, 5, 4, 16},    {1, 1, 2, 8},
                                          {3, 1200, 2, 8},  {33, 1100, 1, 16}, {64, 300, 3, 8},
                                          {130, 700, 1, 16}};

static struct tri_image *read_frame(const struct tri_shape *shape, int number)
{
    struct tri_image *frame = rig_frame(shape, number);
    struct tri_image *own = rig_image(shape); /* no other test's guards: it is freed early */
    for (int p = 0; p < shape->planes; p++) {
        for (int y = 0; y < shape->height; y++)
            memcpy(tri_image_row(own, p, y), tri_image_row(frame, p, y),
                   (size_t)shape->width * (size_t)shape->bits / 8);
    }
    own->padded = false;
    tri_image_free(frame);
    return own;
}

/* ---- what comes out with copies ---- */

struct truth {
    uint64_t digests[FRAMES_MAX + LATE_MAX]; /* of each run */
    int late;
};

static bool find_truth(const struct pipeline *pipeline, const struct tri_shape *shape, int count,
                       struct truth *truth)
{
    struct trial trial;
    if (!trial_open(&trial, &rig.places[0], pipeline->text, shape))
        return false;
    truth->late = tri_job_delay(trial.job);
    CU_ASSERT_FATAL(truth->late <= LATE_MAX);
    struct tri_image *frame = NULL;
    bool good = true;
    for (int run = 0; run < count + truth->late && good; run++) {
        if (run < count) {
            tri_image_free(frame);
            frame = read_frame(shape, run);
        } else {
            tri_job_end(trial.job);
        }
        good = tri_job_run(trial.job, frame, trial.out, NULL, NULL) == TRI_OK;
        truth->digests[run] = tri_image_digest(trial.out);
    }
    tri_image_free(frame);
    trial_close(&trial);
    return good;
}

/* ---- what comes out without ---- */

/* The image's memory is as if another frame had been read into it, then it is given back. */
static void take_back(struct tri_image **image)
{
    memset((*image)->memory, 0x5a, (*image)->memory_size);
    tri_image_free(*image);
    *image = NULL;
}

static void check_series(struct tri_job *job, const struct tri_shape *shape, int runs, int count,
                         const struct truth *truth)
{
    struct tri_image *frames[FRAMES_MAX] = {NULL}, *out;
    CU_ASSERT_FATAL(tri_image_new(tri_job_shape(job), &out, NULL) == TRI_OK);
    for (int run = 0; run < count + truth->late; run++) {
        if (run < count)
            frames[run] = read_frame(shape, run);
        else
            tri_job_end(job);
        memset(out->memory, 0xa5, out->memory_size);
        if (tri_job_run(job, frames[run < count ? run : count - 1], out, NULL, NULL) != TRI_OK)
            rig_complain("run %d failed", run);
        else if (run >= truth->late && tri_image_digest(out) != truth->digests[run])
            rig_complain("run %d of %d frames differs from that with copies", run, count);
        const int done = run - runs; /* so many runs have followed it; the last is given again */
        if (done >= 0 && done < count - 1)
            take_back(&frames[done]);
    }
    for (int i = 0; i < count; i++)
        tri_image_free(frames[i]);
    tri_image_free(out);
}

static void check_place(const struct place *place, const struct pipeline *pipeline,
                        const struct tri_shape *shape)
{
    static const int counts[] = {FRAMES_MAX, 1, 2, 7};
    struct trial trial;
    int runs = -1, again = -1;
    if (!trial_open(&trial, place, pipeline->text, shape))
        return;
    if (tri_job_lend(trial.job, &runs, NULL) != TRI_OK)
        rig_complain("cannot lend");
    const bool several = tri_backend_info(place->backend)->parts > 0;
    if (place->opencl && !several && runs != 0)
        rig_complain("a device reads %d runs later", runs);
    if (!place->opencl && (pipeline->runs < 0 ? runs < 1 : runs != pipeline->runs))
        rig_complain("%d runs, not %d", runs, pipeline->runs);
    for (int i = 0; i < 4; i++) {
        struct truth truth;
        if (!find_truth(pipeline, shape, counts[i], &truth))
            break;
        check_series(trial.job, shape, runs, counts[i], &truth);
        if (tri_job_lend(trial.job, &again, NULL) != TRI_USAGE)
            rig_complain("lent after a run");
        tri_job_rewind(trial.job);
        if (tri_job_lend(trial.job, &again, NULL) != TRI_OK || again != runs)
            rig_complain("lent again: %d runs, not %d", again, runs);
    }
    trial_close(&trial);
}

static void test_same_bytes(void)
{
    rig_begin();
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (size_t p = 0; p < sizeof pipelines / sizeof pipelines[0]; p++) {
            if (rig.quick && (s + p) % 3 != 0)
                continue;
            for (int i = 0; i < rig.place_count; i++)
                if (!rig.places[i].opencl || (s == 0 && p < 6))
                    check_place(&rig.places[i], &pipelines[p], &shapes[s]);
        }
    }
}

/* After a run with copies and a rewind; the shape that the job returned before stays valid. */
static void test_after_rewind(void)
{
    const struct tri_shape shape = {64, 48, 1, 8};
    const struct pipeline pipeline = {"temporal_median", 2};
    struct truth truth;
    struct trial trial;
    int runs = -1;
    rig_begin();
    if (!find_truth(&pipeline, &shape, 7, &truth) ||
        !trial_open(&trial, &rig.places[0], pipeline.text, &shape))
        return;
    const struct tri_shape *out = tri_job_shape(trial.job);
    check_series(trial.job, &shape, 0, 7, &truth);
    tri_job_rewind(trial.job);
    CU_ASSERT_EQUAL(tri_job_lend(trial.job, &runs, NULL), TRI_OK);
    CU_ASSERT_EQUAL(runs, 2);
    CU_ASSERT_TRUE(tri_job_shape(trial.job) == out && tri_shape_equal(out, &shape));
    check_series(trial.job, &shape, runs, 7, &truth);
    trial_close(&trial);
}

/* Several threads of the CPU as parts of one backend: whichever gets the frames. */
static void test_several(void)
{
    const struct place place = {.label = "threads:2+sequential"};
    struct place opened = place;
    rig_begin();
    CU_ASSERT_FATAL(tri_backend_open(place.label, NULL, &opened.backend, NULL) == TRI_OK);
    for (size_t p = 0; p < sizeof pipelines / sizeof pipelines[0]; p++)
        check_place(&opened, &pipelines[p], &shapes[5]);
    tri_backend_close(opened.backend);
}

int test_lend_suite(void)
{
    CU_pSuite suite = CU_add_suite("lend", rig_open, rig_close);
    return !(suite && CU_add_test(suite, "same bytes as with copies", test_same_bytes) &&
             CU_add_test(suite, "after a rewind", test_after_rewind) &&
             CU_add_test(suite, "several backends", test_several));
}
