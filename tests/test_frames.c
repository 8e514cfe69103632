/* test_frames.c -- every kernel over series of frames: matches its oracle from the first frame to
 * the last, with a new series after each rewind, on every backend. */
#include "rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 40 };

/* All frames of a series, then the last one again for each delayed result, and no more. */
static bool check_series(const struct oracle *oracle, const struct place *place,
                         struct trial *trial, struct tri_image *const *frames, int count)
{
    int delay = tri_job_delay(trial->job);
    char what[40];

    for (int run = 0; run < count + delay; run++) {
        struct expected expected;

        if (run == count)
            trial_end(trial);
        snprintf(what, sizeof(what), "frame %d of %d", run - delay, count);
        if (!trial_run(trial, frames[run < count ? run : count - 1], place, what))
            return false;
        if (run < delay)
            continue;
        oracle_frame(oracle, trial->pipeline, frames, count, run - delay, &expected);
        rig_compare_oracle(&expected, trial->out);
        free(expected.value);
    }
    trial_end(trial);
    if (tri_job_run(trial->job, frames[count - 1], trial->out, NULL, NULL) != TRI_USAGE)
        rig_complain("runs after the end");
    return true;
}

static void check_place(const struct oracle *oracle, const struct place *place, const char *text,
                        struct tri_image *const *frames, const int *lengths)
{
    struct trial trial;

    if (!trial_open(&trial, place, text, &frames[0]->shape))
        return;
    for (int i = 0; lengths[i] && check_series(oracle, place, &trial, frames, lengths[i]); i++)
        trial_rewind(&trial);
    trial_close(&trial);
}

static void check_shape(const struct oracle *oracle, const char *text, int size, int planes,
                        int bits)
{
    static const int lengths[] = {7, 1, 2, FRAMES_MAX, 0}, independent[] = {3, 2, 0};
    struct tri_shape shape = rig_shape(size, planes, bits);
    struct tri_image *frames[FRAMES_MAX], *with;

    rig.with = with = rig_frame(&shape, FRAMES_MAX);
    for (int i = 0; i < FRAMES_MAX; i++)
        frames[i] = rig_frame(&shape, i);
    for (int i = 0; i < rig.place_count; i++)
        check_place(oracle, &rig.places[i], text, frames,
                    oracle->over_time ? lengths : independent);
    for (int i = 0; i < FRAMES_MAX; i++)
        tri_image_free(frames[i]);
    rig.with = NULL;
    tri_image_free(with);
}

/* Tests take no argument, so the name of the test is the kernel's. */
static void test_kernel(void)
{
    const struct tri_kernel *kernel = tri_kernel_find(CU_get_current_test()->pName);
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    struct set sets[SETS_MAX];
    int count = set_list(kernel, sets);

    rig_begin();
    CU_ASSERT_PTR_NOT_NULL(oracle);
    if (!oracle)
        return;
    for (int i = 0; i < count && (oracle->over_time || sets[i].rank == SET_DEFAULT); i++) {
        if (sets[i].refused || (rig.quick && sets[i].rank == SET_OTHER))
            continue;
        for (int bits = 8; bits <= 16; bits += 8) {
            check_shape(oracle, sets[i].text, SIZE_17X5, 1, bits);
            if (sets[i].rank == SET_DEFAULT) {
                check_shape(oracle, sets[i].text, SIZE_17X5, 3, bits);
                check_shape(oracle, sets[i].text, SIZE_1X1, 1, bits);
            }
        }
    }
}

int test_frames_suite(void)
{
    const char *only = getenv("TRIPTYCH_KERNEL");
    CU_pSuite suite = CU_add_suite("frames", rig_open, rig_close);
    int failed = !suite;

    for (int i = 0; i < tri_kernel_count() && !failed; i++)
        if (!only || !strcmp(only, tri_kernel_name(tri_kernel_at(i))))
            failed = !CU_add_test(suite, tri_kernel_name(tri_kernel_at(i)), test_kernel);
    return failed;
}
