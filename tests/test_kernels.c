/* test_kernels.c -- every kernel: matches its oracle and its known answer, gives the same bytes on
 * every backend, and treats alpha as declared.
 *
 * TRIPTYCH_TESTS=full runs the full product of shapes, parameters and patterns on every backend,
 * =quick a small part of it, TRIPTYCH_KERNEL=name one kernel, TRIPTYCH_SEED=n the random values of
 * an earlier run. Without an OpenCL device the suite fails, unless TRIPTYCH_ALLOW_NO_OPENCL=1. */
#include "../host/pipeline/kernel_description.h"
#include "rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

/* Tests take no argument, so a test's name begins with the kernel's. */
static const struct tri_kernel *current_kernel(void)
{
    const char *test = CU_get_current_test()->pName;
    char name[100];

    rig_begin();
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(test, ":"), test);
    return tri_kernel_find(name);
}

static void check_refusal(const char *text, const struct tri_shape *shape)
{
    struct tri_shape out;
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    enum tri_status status = set_shape(text, shape, &out);

    rig_note(text, &rig.places[0], shape, "none");
    if (!status && !tri_pipeline_parse(text, &pipeline, &error))
        status = tri_job_new(rig.places[0].backend, pipeline, shape, &job, &error);
    if (status != TRI_USAGE)
        rig_complain("expected status %d, got %d", (int)TRI_USAGE, (int)status);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
}

static void check_frames(const struct oracle *oracle, const char *text, int size, int planes,
                         int bits)
{
    struct tri_shape shape = rig_shape(size, planes, bits);
    struct tri_image *frames[PATTERNS];
    struct trial trial;
    int delay;

    if (!trial_open(&trial, &rig.places[0], text, &shape))
        return;
    for (int pattern = 0; pattern < PATTERNS; pattern++)
        frames[pattern] = rig_input(size, planes, bits, pattern);
    delay = tri_job_delay(trial.job);
    for (int run = 0; run < PATTERNS + delay; run++) {
        int pattern = run < PATTERNS ? run : PATTERNS - 1;
        struct expected expected;

        if (run == PATTERNS)
            trial_end(&trial);
        if (!trial_run(&trial, frames[pattern], &rig.places[0], rig_patterns[pattern]))
            break;
        if (run < delay)
            continue;
        oracle_frame(oracle, trial.pipeline, frames, PATTERNS, run - delay, &expected);
        rig_compare_oracle(&expected, trial.out);
        free(expected.value);
    }
    trial_close(&trial);
}

static void check_oracle(const struct oracle *oracle, const char *text, int size, int planes,
                         int bits)
{
    struct tri_shape shape = rig_shape(size, planes, bits);
    struct tri_image *with;

    if (set_refused_for(text, &shape))
        check_refusal(text, &shape);
    if (set_unfit(text, &shape))
        return;
    rig.with = with = rig_frame(&shape, 99);
    check_frames(oracle, text, size, planes, bits);
    rig.with = NULL;
    tri_image_free(with);
}

static void test_oracle(void)
{
    const struct tri_kernel *kernel = current_kernel();
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    struct set sets[SETS_MAX];
    int count = set_list(kernel, sets);

    if (!oracle) {
        printf("\n  FAILED kernel %s: there is no tests/oracles/%s.c\n", tri_kernel_name(kernel),
               tri_kernel_name(kernel));
        CU_FAIL("a kernel without an oracle");
        return;
    }
    for (int i = 0; i < count; i++) {
        if (sets[i].refused) {
            check_refusal(sets[i].text, &(struct tri_shape){4, 4, 1, 8});
            continue;
        }
        if (rig.quick && sets[i].rank == SET_OTHER)
            continue;
        for (int size = 0; size < SMALL_SIZES; size++)
            for (int planes = 1; planes <= 3; planes += 2)
                for (int bits = 8; bits <= 16; bits += 8)
                    check_oracle(oracle, sets[i].text, size, planes, bits);
    }
}

/* One element of the full product. */
struct corner {
    const struct set *set;
    int size, planes, bits;
    bool over_time;
};

static bool wanted_on_cpu(const struct corner *corner)
{
    bool large = corner->size >= SMALL_SIZES;

    if (corner->set->rank == SET_DEFAULT)
        return true;
    if (corner->set->rank == SET_EDGE)
        return !large || corner->planes == 1 || corner->planes == 4;
    return corner->size == SIZE_17X5 || (corner->size == SIZE_333X217 && corner->planes != 2);
}

/* A device compiles for each pipeline, and again for alpha, so it gets fewer. */
static bool wanted_on_device(const struct corner *corner)
{
    if (corner->set->rank == SET_OTHER)
        return corner->size == SIZE_333X217 && corner->planes == 3;
    return (corner->size == SIZE_1X1 || corner->size == SIZE_17X5 ||
            corner->size == SIZE_333X217) &&
           corner->planes != 2 && (corner->planes != 4 || corner->set->rank == SET_DEFAULT);
}

/* For builds that are slow and differ in their checks, not in what they compute. */
static bool wanted_quickly(const struct corner *corner, const struct place *place)
{
    if (corner->set->rank == SET_OTHER || (place->opencl && corner->set->rank != SET_DEFAULT))
        return corner->size == SIZE_17X5 && corner->planes == 4 && !place->opencl;
    if (corner->size >= SMALL_SIZES)
        return corner->size == SIZE_333X217 && corner->planes == 4 &&
               corner->set->rank == SET_DEFAULT;
    return corner->planes == 1 || corner->planes == 4;
}

static bool wanted(const struct corner *corner, const struct place *place)
{
    if (rig.quick)
        return wanted_quickly(corner, place);
    return rig.full || (place->opencl ? wanted_on_device(corner) : wanted_on_cpu(corner));
}

static bool wanted_pattern(const struct corner *corner, int pattern)
{
    /* With temporal kernels each frame affects the next one. */
    return rig.full || corner->over_time || corner->set->rank == SET_DEFAULT ||
           pattern == PATTERN_CHECKERBOARD || pattern == PATTERN_NOISE;
}

static void check_place(const struct corner *corner, const struct place *place,
                        struct tri_image *const truth[PATTERNS])
{
    struct tri_shape shape = rig_shape(corner->size, corner->planes, corner->bits);
    struct trial trial;

    if (!trial_open(&trial, place, corner->set->text, &shape))
        return;
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
        struct tri_image *in = rig_input(corner->size, corner->planes, corner->bits, pattern);

        if (truth[pattern] && trial_run(&trial, in, place, rig_patterns[pattern]))
            rig_compare(truth[pattern], trial.out);
    }
    trial_close(&trial);
}

static bool find_truth(const struct corner *corner, struct tri_image *truth[PATTERNS])
{
    struct tri_shape shape = rig_shape(corner->size, corner->planes, corner->bits);
    struct trial trial;
    bool good = trial_open(&trial, &rig.places[0], corner->set->text, &shape);

    for (int pattern = 0; pattern < PATTERNS && good; pattern++) {
        struct tri_image *in = rig_input(corner->size, corner->planes, corner->bits, pattern);

        if (!wanted_pattern(corner, pattern))
            continue;
        good = trial_run(&trial, in, &rig.places[0], rig_patterns[pattern]);
        truth[pattern] = rig_copy(trial.out);
    }
    trial_close(&trial);
    return good;
}

static void check_corner(const struct corner *corner)
{
    struct tri_shape shape = rig_shape(corner->size, corner->planes, corner->bits);
    struct tri_image *truth[PATTERNS] = {NULL};

    if (set_unfit(corner->set->text, &shape) || !wanted(corner, &rig.places[0]))
        return;
    if (find_truth(corner, truth))
        for (int i = 1; i < rig.place_count; i++)
            if (wanted(corner, &rig.places[i]))
                check_place(corner, &rig.places[i], truth);
    for (int pattern = 0; pattern < PATTERNS; pattern++)
        tri_image_free(truth[pattern]);
}

static void test_backends(void)
{
    const struct tri_kernel *kernel = current_kernel();
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    struct set sets[SETS_MAX];
    int count = set_list(kernel, sets);

    for (int i = 0; i < count; i++)
        for (int size = 0; size < SIZES && !sets[i].refused; size++)
            for (int planes = 1; planes <= TRI_PLANES_MAX; planes++)
                for (int bits = 8; bits <= 16; bits += 8)
                    check_corner(&(struct corner){&sets[i], size, planes, bits,
                                                  oracle && oracle->over_time != NULL});
    rig_check_inputs();
}

/* Part `part` of an image with alpha: all colours, or one plane, weighted by alpha. */
static struct tri_image *take_part(const struct tri_image *in, enum oracle_alpha alpha, int part)
{
    struct tri_shape shape = in->shape;
    struct tri_image *out;
    int last = in->shape.planes - 1;
    int64_t max = oracle_max(in);

    shape.planes = alpha == ORACLE_KEPT ? last : 1;
    out = rig_image(&shape);
    for (int plane = 0; plane < shape.planes; plane++)
        for (int y = 0; y < shape.height; y++)
            for (int x = 0; x < shape.width; x++) {
                int64_t value = oracle_sample(in, part + plane, x, y);

                if (alpha == ORACLE_PREMULTIPLIED && part < last)
                    value = (value * oracle_sample(in, last, x, y) + max / 2) / max;
                rig_set_sample(out, plane, x, y, value);
            }
    return out;
}

static int64_t divided(int64_t value, int64_t alpha, int64_t max)
{
    int64_t result = alpha ? (value * max + alpha / 2) / alpha : 0;

    return result < max ? result : max;
}

/* Kept alpha is that of `in`, the frame of the parts. */
static struct tri_image *join_parts(const struct trial *parts, const struct tri_image *in,
                                    enum oracle_alpha alpha, const struct tri_shape *shape)
{
    struct tri_image *out = rig_image(shape);
    int last = shape->planes - 1;

    for (int plane = 0; plane <= last; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                int64_t value;

                if (alpha == ORACLE_KEPT)
                    value = plane == last ? oracle_sample(in, in->shape.planes - 1, x, y)
                                          : oracle_sample(parts[0].out, plane, x, y);
                else
                    value = oracle_sample(parts[plane].out, 0, x, y);
                if (alpha == ORACLE_PREMULTIPLIED && plane < last)
                    value = divided(value, oracle_sample(parts[last].out, 0, x, y), oracle_max(in));
                rig_set_sample(out, plane, x, y, value);
            }
    return out;
}

static bool run_parts(struct trial *parts, int count, const struct tri_image *in,
                      enum oracle_alpha alpha, const char *pattern)
{
    bool good = true;

    for (int part = 0; part < count; part++) {
        struct tri_image *image = take_part(in, alpha, part);

        good = trial_run(&parts[part], image, &rig.places[0], pattern) && good;
        tri_image_free(image);
    }
    return good;
}

/* The text for a part, which has no alpha, of an image with alpha. */
static void part_text(const struct oracle *oracle, const char *text, char *part, size_t size)
{
    char name[100];
    char *at;

    snprintf(part, size, "%.*s", SET_TEXT - 1, text);
    snprintf(name, sizeof(name), ":%s=", oracle->opaque ? oracle->opaque : "");
    at = strstr(part, name);
    if (at) {
        at += strlen(name);
        memset(at, '0', strcspn(at, ":"));
    }
}

static void check_alpha(const struct oracle *oracle, const char *text, int size, int planes,
                        int bits)
{
    struct tri_shape shape = rig_shape(size, planes, bits), part_shape = shape;
    struct trial whole, parts[TRI_PLANES_MAX] = {{0}};
    enum oracle_alpha alpha;
    bool good = true;
    int count;
    char apart[SET_TEXT];

    part_text(oracle, text, apart, sizeof(apart));
    if (set_unfit(text, &shape) || !trial_open(&whole, &rig.places[0], text, &shape))
        return;
    alpha = oracle_alpha_of(oracle, whole.pipeline, 0);
    if (alpha == ORACLE_OWN) {
        trial_close(&whole);
        check_oracle(oracle, text, size, planes, bits);
        return;
    }
    count = alpha == ORACLE_KEPT ? 1 : planes;
    part_shape.planes = alpha == ORACLE_KEPT ? planes - 1 : 1;
    for (int part = 0; part < count; part++)
        good = trial_open(&parts[part], &rig.places[0], apart, &part_shape) && good;
    if (good && alpha == ORACLE_KEPT && whole.out->shape.planes != parts[0].out->shape.planes + 1) {
        rig_complain("%d planes come of %d", whole.out->shape.planes, planes);
        good = false;
    }
    for (int pattern = 0; pattern < PATTERNS && good; pattern++) {
        struct tri_image *in = rig_input(size, planes, bits, pattern), *expected;

        good = run_parts(parts, count, in, alpha, rig_patterns[pattern]) &&
               trial_run(&whole, in, &rig.places[0], rig_patterns[pattern]);
        if (good) {
            int shown = pattern - tri_job_delay(whole.job);

            expected = join_parts(parts, rig_input(size, planes, bits, shown < 0 ? 0 : shown),
                                  alpha, &whole.out->shape);
            rig_compare(expected, whole.out);
            tri_image_free(expected);
        }
    }
    for (int part = 0; part < count; part++)
        trial_close(&parts[part]);
    trial_close(&whole);
}

static void test_alpha(void)
{
    const struct tri_kernel *kernel = current_kernel();
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    struct set sets[SETS_MAX];
    int count = set_list(kernel, sets);

    for (int i = 0; oracle && i < count && !(rig.quick && sets[i].rank == SET_OTHER); i++)
        for (int size = 0; size < SMALL_SIZES && !sets[i].refused; size++)
            for (int planes = 2; planes <= 4 && (rig.full || size >= SIZE_17X5 || !sets[i].rank);
                 planes += 2)
                for (int bits = 8; bits <= 16; bits += 8)
                    check_alpha(oracle, sets[i].text, size, planes, bits);
}

static struct tri_image *picture(const struct tri_picture *from)
{
    struct tri_shape shape = {from->width, from->height, from->planes, 8};
    struct tri_image *image = rig_image(&shape);
    const unsigned char *sample = from->samples;

    for (int plane = 0; plane < shape.planes; plane++)
        for (int y = 0; y < shape.height; y++)
            for (int x = 0; x < shape.width; x++)
                rig_set_sample(image, plane, x, y, *sample++);
    return image;
}

static void check_known(const struct tri_known *known, const struct place *place,
                        struct tri_image *before, struct tri_image *in, struct tri_image *after,
                        const struct tri_image *out)
{
    struct trial trial;

    if (!trial_open(&trial, place, known->pipeline, &in->shape))
        return;
    if (!tri_shape_equal(&trial.out->shape, &out->shape))
        rig_complain("its known answer has another shape");
    else if ((!before || trial_run(&trial, before, place, "known, before")) &&
             trial_run(&trial, in, place, "known") &&
             (!after || trial_run(&trial, after, place, "known, after")))
        rig_compare(out, trial.out);
    trial_close(&trial);
}

static void test_known(void)
{
    const struct tri_known *known = current_kernel()->known;
    struct tri_image *before, *in, *after, *out, *with;

    CU_ASSERT(known && known->pipeline);
    if (!known || !known->pipeline)
        return;
    before = known->before.samples ? picture(&known->before) : NULL;
    in = picture(&known->in);
    after = known->after.samples ? picture(&known->after) : NULL;
    out = picture(&known->out);
    rig.with = with = known->with.samples ? picture(&known->with) : NULL;
    for (int i = 0; i < rig.place_count; i++)
        check_known(known, &rig.places[i], before, in, after, out);
    rig.with = NULL;
    tri_image_free(with);
    tri_image_free(before);
    tri_image_free(in);
    tri_image_free(after);
    tri_image_free(out);
}

static void test_device(void)
{
    const char *allowed = getenv("TRIPTYCH_ALLOW_NO_OPENCL");

    CU_ASSERT_TRUE(rig.devices_opened);
    if (rig_find_place("opencl:"))
        return;
    if (allowed && !strcmp(allowed, "1"))
        test_skip("no OpenCL device was tested");
    else
        CU_FAIL("no OpenCL device was tested (TRIPTYCH_ALLOW_NO_OPENCL=1 allows it)");
}

static int add_kernel_test(CU_pSuite suite, const char *kernel, const char *what,
                           void (*test)(void))
{
    char name[200];

    snprintf(name, sizeof(name), "%s: %s", kernel, what);
    return !CU_add_test(suite, name, test);
}

int test_kernels_suite(void)
{
    const char *only = getenv("TRIPTYCH_KERNEL");
    CU_pSuite suite = CU_add_suite("kernels", rig_open, rig_close);
    int failed = !suite;

    if (failed)
        return 1;
    failed |= !CU_add_test(suite, "OpenCL is tested", test_device);
    for (int i = 0; i < tri_kernel_count(); i++) {
        const char *name = tri_kernel_name(tri_kernel_at(i));

        if (only && strcmp(only, name))
            continue;
        failed |= add_kernel_test(suite, name, "known answer", test_known);
        failed |= add_kernel_test(suite, name, "oracle", test_oracle);
        failed |= add_kernel_test(suite, name, "alpha", test_alpha);
        failed |= add_kernel_test(suite, name, "same bytes on every backend", test_backends);
    }
    return failed;
}
