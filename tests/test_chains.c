/* test_chains.c -- chains of operations give the same bytes as the operations one at a time. */
#include "rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum { CHAIN = 6, STEP = 600 };

struct chain {
    char text[CHAIN * STEP];
    char steps[CHAIN][STEP];
    int length;
};

static bool chain_add(struct chain *chain, const char *step, const struct tri_shape *in)
{
    size_t length = strlen(chain->text);
    struct tri_shape out;

    if (chain->length == CHAIN)
        return false;
    snprintf(chain->steps[chain->length], sizeof(chain->steps[0]), "%s", step);
    snprintf(chain->text + length, sizeof(chain->text) - length, "%s%s", chain->length ? "," : "",
             step);
    if (set_shape(chain->text, in, &out) || out.width * out.height > 40000) {
        chain->text[length] = 0;
        return false;
    }
    chain->length++;
    return true;
}

static void random_chain(struct chain *chain, const struct tri_shape *in, uint64_t *state)
{
    *chain = (struct chain){.length = 0};
    for (int tries = 0; tries < 1000 && chain->length < CHAIN; tries++) {
        struct set set;

        set_draw(tri_kernel_at((int)(rig_draw(state) % (uint64_t)tri_kernel_count())), RANDOM_SMALL,
                 state, &set);
        if (!set.refused && strlen(set.text) < STEP)
            chain_add(chain, set.text, in);
    }
}

enum { FRAMES = 6 };

/* Replaces the frames by the reference output of an operation, and adds up its delay. */
static bool run_step(const char *step, struct tri_image **frames, int count, int *delay)
{
    struct tri_image *made[FRAMES] = {0};
    struct trial trial;
    bool good = trial_open(&trial, &rig.places[0], step, &frames[0]->shape);
    int late = good ? tri_job_delay(trial.job) : 0;

    for (int run = 0; run < count + late && good; run++) {
        if (run == count)
            trial_end(&trial);
        good =
            trial_run(&trial, frames[run < count ? run : count - 1], &rig.places[0], "of a step");
        if (good && run >= late)
            made[run - late] = rig_copy(trial.out);
    }
    for (int i = 0; i < count; i++) {
        tri_image_free(frames[i]);
        frames[i] = made[i];
    }
    trial_close(&trial);
    *delay += late;
    return good;
}

static void check_place(const char *text, const struct place *place,
                        struct tri_image *const *frames, struct tri_image *const *truth, int count,
                        int delay)
{
    struct trial trial;
    char what[40];

    if (!trial_open(&trial, place, text, &frames[0]->shape))
        return;
    if (tri_job_delay(trial.job) != delay)
        rig_complain("late by %d frames, the steps by %d", tri_job_delay(trial.job), delay);
    for (int run = 0; run < count + delay; run++) {
        if (run == count)
            trial_end(&trial);
        snprintf(what, sizeof(what), "frame %d of %d", run - delay, count);
        if (!trial_run(&trial, frames[run < count ? run : count - 1], place, what))
            break;
        if (run >= delay)
            rig_compare(truth[run - delay], trial.out);
    }
    trial_close(&trial);
}

static void check_chain(const struct chain *chain, struct tri_image *const *frames, int count,
                        const struct place *const *places, int place_count)
{
    struct tri_image *truth[FRAMES];
    int delay = 0;
    bool good = true;

    for (int i = 0; i < count; i++)
        truth[i] = rig_copy(frames[i]);
    for (int i = 0; i < chain->length && good; i++)
        good = run_step(chain->steps[i], truth, count, &delay);
    for (int i = 0; i < place_count && good; i++)
        check_place(chain->text, places[i], frames, truth, count, delay);
    for (int i = 0; i < count; i++)
        tri_image_free(truth[i]);
}

/* Different frames, on one backend of each kind; on a device only if requested, since it is slow.
 */
static void check_chain_somewhere(const struct chain *chain, int size, int planes, int bits,
                                  bool device)
{
    struct tri_image *const frames[] = {rig_input(size, planes, bits, PATTERN_NOISE),
                                        rig_input(size, planes, bits, PATTERN_CHECKERBOARD),
                                        rig_input(size, planes, bits, PATTERN_RAMP),
                                        rig_input(size, planes, bits, PATTERN_NOISE)};
    const struct place *chosen[4];
    int count = rig_choose_places(chosen);

    check_chain(chain, frames, 4, chosen, device || !chosen[count - 1]->opencl ? count : count - 1);
}

static void test_random_chains(void)
{
    static const int chain_sizes[] = {SIZE_2X3, SIZE_17X5, SIZE_64X64, SIZE_64X64};
    uint64_t state = rig_seed_for("chains");
    struct chain chain;

    rig_begin();
    for (int i = 0; i < (rig.full ? 400 : rig.quick ? 12 : 60); i++) {
        int size = chain_sizes[rig_draw(&state) % 4], planes = i % 4 + 1, bits = i / 4 % 2 ? 16 : 8;
        struct tri_shape shape = rig_shape(size, planes, bits);

        random_chain(&chain, &shape, &state);
        check_chain_somewhere(&chain, size, planes, bits, rig.full || i % 6 == 0);
    }
}

static bool chain_of(struct chain *chain, const char *const *steps, const struct tri_shape *in)
{
    *chain = (struct chain){.length = 0};
    for (int i = 0; i < CHAIN && steps[i]; i++)
        if (!chain_add(chain, steps[i], in)) {
            CU_FAIL("a chosen chain cannot be made");
            return false;
        }
    return true;
}

/* The reference, threads, and a device in both dialects. */
static int choose_places(const struct place *places[4])
{
    static const char *const labels[] = {"sequential scalar", "threads:3", " lanes (", " tiles ("};
    int count = 0;

    for (int i = 0; i < 4; i++) {
        places[count] = rig_find_place(labels[i]);
        count += places[count] != NULL;
    }
    return count;
}

/* Reductions after reductions, frame memory behind frame memory, transposed and resized planes, and
 * windows that add up: state that the engine must keep separate within a chain. */
static void test_chosen_chains(void)
{
    static const char *const chains[][CHAIN] = {
        {"gray", "gaussian:sigma=2", "sobel"},
        {"gaussian", "difference", "invert", "difference", "dilate", "difference"},
        {"equalize", "autolevels", "equalize:planes=joint", "autolevels:planes=joint"},
        {"rotate", "gaussian", "rotate", "resize:scale=1.5", "flip", "rotate:angle=270"},
        {"gaussian:sigma=4", "box:radius=9", "median:radius=2", "unsharp:sigma=3", "erode:radius=6",
         "sobel"},
        {"gray", "matrix:rr=0.9:bg=0.2", "equalize", "resize:width=20", "matrix:rb=0.5", "gray"},
        {"copy", "copy"},
        {"temporal_median", "gaussian"},
        {"difference", "average:frames=3"},
        {"temporal_denoise", "median:radius=2", "average:frames=9", "background", "box:radius=5"},
        {"temporal_median", "temporal_denoise", "average:frames=10", "fade:frames=5", "background",
         "difference"},
        {"temporal_median", "gaussian", "temporal_median"},
        {"temporal_median:radius=2", "fade:frames=4", "temporal_median", "difference"},
    };

    rig_begin();
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
        for (int planes = 1; planes <= TRI_PLANES_MAX; planes++) {
            struct tri_shape shape = rig_shape(SIZE_64X64, planes, planes % 2 ? 8 : 16);
            struct chain chain;

            if (chain_of(&chain, chains[i], &shape))
                check_chain_somewhere(&chain, SIZE_64X64, planes, shape.bits,
                                      rig.full || planes == 4);
        }
}

static void check_last_frames(const char *const *steps, int size, int planes, int bits,
                              const int *lengths)
{
    struct tri_shape shape = rig_shape(size, planes, bits),
                     small = rig_shape(SIZE_17X5, planes, bits);
    struct tri_image *frames[FRAMES];
    const struct place *places[4];
    int count = choose_places(places);
    struct chain chain;

    for (int i = 0; i < FRAMES; i++)
        frames[i] = rig_frame(&shape, i);
    for (int i = 0; lengths[i] && chain_of(&chain, steps, &small); i++)
        check_chain(&chain, frames, lengths[i], places, count);
    for (int i = 0; i < FRAMES; i++)
        tri_image_free(frames[i]);
}

/* Kernels that look ahead, after other temporal ones: at the end each sees the last frame of its
 * own input. */
static void test_last_frames(void)
{
    static const char *const chains[][CHAIN] = {
        {"difference", "temporal_median:radius=2"},
        {"average", "temporal_median:radius=1"},
        {"temporal_denoise", "deinterlace"},
        {"motion", "temporal_median"},
        {"fade:frames=4", "temporal_median", "difference", "deinterlace"},
        {"average:frames=9", "gaussian", "deinterlace"},
        {"background", "rotate", "temporal_median:radius=2", "rotate", "blend"},
        {"difference", "equalize", "temporal_median", "equalize", "temporal_median", "autolevels"},
    };
    static const int lengths[] = {1, 2, 3, 6, 0}, three[] = {3, 0};

    rig_begin();
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        for (int planes = 1; planes <= 4; planes += 3)
            for (int bits = 8; bits <= (rig.quick ? 8 : 16); bits += 8)
                check_last_frames(chains[i], SIZE_17X5, planes, bits, lengths);
        check_last_frames(chains[i], SIZE_333X217, 1, 8, three); /* enough samples for threads */
    }
}

int test_chains_suite(void)
{
    CU_pSuite suite = CU_add_suite("chains", rig_open, rig_close);

    return !suite || !CU_add_test(suite, "random chains", test_random_chains) ||
           !CU_add_test(suite, "chosen chains", test_chosen_chains) ||
           !CU_add_test(suite, "last frames", test_last_frames);
}
