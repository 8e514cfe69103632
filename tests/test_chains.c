/* test_chains.c -- chains of operations give the same bytes as the operations one at a time. */
#include "rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum { CHAIN = 6 };

struct chain {
    char text[CHAIN * 500];
    char steps[CHAIN][500];
    int length;
};

static bool chain_add(struct chain *chain, const char *step, const struct tri_shape *in)
{
    size_t length = strlen(chain->text);
    struct tri_shape out;

    if (chain->length == CHAIN)
        return false;
    snprintf(chain->steps[chain->length], sizeof(chain->steps[0]), "%s", step);
    snprintf(chain->text + length, sizeof(chain->text) - length, "%s%s", chain->length ? "," : "", step);
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

        set_draw(tri_kernel_at((int)(rig_draw(state) % (uint64_t)tri_kernel_count())), RANDOM_SMALL, state,
                 &set);
        if (!set.refused)
            chain_add(chain, set.text, in);
    }
}

/* Opens the operations one by one, on the truth. */
static bool open_steps(const struct chain *chain, const struct tri_shape *in, struct trial *steps)
{
    for (int i = 0; i < chain->length; i++) {
        if (!trial_open(&steps[i], &rig.places[0], chain->steps[i], in))
            return false;
        in = &steps[i].out->shape;
    }
    return true;
}

/* `out` is what comes out at the end; NULL: a step has to see later frames first. `runs` counts those of
 * each. */
static bool run_steps(const struct chain *chain, struct trial *steps, int *runs, struct tri_image *in,
                      const char *pattern, const struct tri_image **out)
{
    *out = NULL;
    for (int i = 0; i < chain->length; i++) {
        if (!trial_run(&steps[i], in, &rig.places[0], pattern))
            return false;
        if (runs[i]++ < tri_job_delay(steps[i].job))
            return true;
        in = steps[i].out;
    }
    *out = in;
    return true;
}

enum { FRAMES = 4 };

static void check_chain(const struct chain *chain, int size, int planes, int bits, bool device)
{
    static const int frames[FRAMES] = {PATTERN_NOISE, PATTERN_CHECKERBOARD, PATTERN_RAMP, PATTERN_NOISE};
    struct tri_shape shape = rig_shape(size, planes, bits);
    struct trial steps[CHAIN] = {{0}}, whole[4] = {{0}};
    const struct place *chosen[4];
    int count = rig_choose_places(chosen);
    int runs[CHAIN] = {0}, delay = 0;
    bool good = open_steps(chain, &shape, steps);

    for (int i = 0; i < count && good; i++)
        if (device || !chosen[i]->opencl)
            good = trial_open(&whole[i], chosen[i], chain->text, &shape);
    for (int i = 0; i < chain->length && good; i++)
        delay += tri_job_delay(steps[i].job);
    for (int frame = 0; frame < FRAMES + delay && good; frame++) {
        int shown = frames[frame < FRAMES ? frame : FRAMES - 1];
        struct tri_image *in = rig_input(size, planes, bits, shown);
        const struct tri_image *truth = NULL;

        /* What the last frames give once more is the whole chain's own. */
        good = frame >= FRAMES || run_steps(chain, steps, runs, in, rig_patterns[shown], &truth);
        for (int i = 0; i < count && good; i++) {
            if (!whole[i].job || !trial_run(&whole[i], in, chosen[i], rig_patterns[shown]))
                continue;
            if (tri_job_delay(whole[i].job) != delay)
                rig_complain("late by %d frames, the steps by %d", tri_job_delay(whole[i].job), delay);
            if (truth)
                rig_compare(truth, whole[i].out);
            rig_compare(whole[0].out, whole[i].out);
        }
    }
    for (int i = 0; i < 4; i++)
        trial_close(&whole[i]);
    for (int i = 0; i < CHAIN; i++)
        trial_close(&steps[i]);
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
        check_chain(&chain, size, planes, bits, rig.full || i % 6 == 0);
    }
}

/* Reductions after reductions, memory of frames behind memory of frames, turned and resized planes, and
 * windows that add up: what the engine must keep apart in one chain. */
static void test_chosen_chains(void)
{
    static const char *const chains[][CHAIN] = {
        {"gray", "gaussian:sigma=2", "sobel"},
        {"gaussian", "difference", "invert", "difference", "dilate", "difference"},
        {"equalize", "autolevels", "equalize:planes=joint", "autolevels:planes=joint"},
        {"rotate", "gaussian", "rotate", "resize:scale=1.5", "flip", "rotate:angle=270"},
        {"gaussian:sigma=4", "box:radius=9", "median:radius=2", "unsharp:sigma=3", "erode:radius=6", "sobel"},
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
            struct chain chain = {.length = 0};
            bool known = true;

            for (int k = 0; k < CHAIN && chains[i][k]; k++)
                known = chain_add(&chain, chains[i][k], &shape) && known;
            if (known)
                check_chain(&chain, SIZE_64X64, planes, shape.bits, rig.full || planes == 4);
            else
                CU_FAIL("a chosen chain cannot be made");
        }
}

int test_chains_suite(void)
{
    CU_pSuite suite = CU_add_suite("chains", rig_open, rig_close);

    return !suite || !CU_add_test(suite, "random chains", test_random_chains) ||
           !CU_add_test(suite, "chosen chains", test_chosen_chains);
}
