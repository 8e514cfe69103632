/* test_kernels.c -- every kernel: right by its oracle and its known answer, the same bytes on every backend,
 * with alpha as declared, over time and in chains.
 *
 * TRIPTYCH_TESTS=full runs the whole product of shapes, parameters and patterns on every backend,
 * TRIPTYCH_KERNEL=name one kernel, TRIPTYCH_SEED=n the random values of an earlier run. Without an OpenCL
 * device the suite fails, unless TRIPTYCH_ALLOW_NO_OPENCL=1. */
#include "../host/pipeline/kernel.h"
#include "oracle.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;
static bool full;

/* ---- random numbers ---- */

static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double draw_unit(uint64_t *state)
{
    return (double)(draw(state) >> 11) / 9007199254740992.0;
}

/* The seed and a name: so each kernel draws the same whether others are tested or not. */
static uint64_t seed_for(const char *name)
{
    uint64_t state = seed;

    for (; *name; name++)
        state = (state ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return state;
}

/* ---- failures ---- */

#define COMPLAINTS_MAX 5 /* printed per test */

static struct {
    const char *pipeline, *place, *pattern;
    struct tri_shape shape;
} now;
static int complaints;

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
    size_t kernel = strcspn(now.pipeline, ":");
    const char *params = now.pipeline[kernel] ? now.pipeline + kernel + 1 : "default";
    va_list arguments;

    CU_FAIL("see the line above");
    if (complaints++ >= COMPLAINTS_MAX)
        return;
    if (strchr(now.pipeline, ','))
        printf("\n  FAILED chain %s", now.pipeline);
    else
        printf("\n  FAILED kernel %.*s, parameters %s", (int)kernel, now.pipeline, params);
    printf(", on %s, %dx%d, planes %d, bits %d, pattern %s, seed %llu:\n    ", now.place, now.shape.width,
           now.shape.height, now.shape.planes, now.shape.bits, now.pattern, (unsigned long long)seed);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static void compare(const struct tri_image *expected, const struct tri_image *actual)
{
    struct tri_difference d = tri_image_compare(expected, actual);

    if (d.count)
        complain("plane %d, x %d, y %d: expected %d, got %d; %llu samples differ", d.plane, d.x, d.y,
                 d.expected, d.actual, (unsigned long long)d.count);
}

static void compare_oracle(const struct expected *expected, const struct tri_image *actual)
{
    const struct tri_shape *shape = &actual->shape;

    if (shape->width != expected->width || shape->height != expected->height ||
        shape->planes != expected->planes) {
        complain("expected %dx%d with %d planes, got %dx%d with %d", expected->width, expected->height,
                 expected->planes, shape->width, shape->height, shape->planes);
        return;
    }
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                double wanted = *oracle_at(expected, plane, x, y);
                int64_t got = oracle_sample(actual, plane, x, y);

                if (!((double)got - wanted <= expected->bound && wanted - (double)got <= expected->bound)) {
                    complain("plane %d, x %d, y %d: expected %.6f within %g, got %d", plane, x, y, wanted,
                             expected->bound, (int)got);
                    return;
                }
            }
}

/* ---- images ---- */

enum { PATTERNS = 5 };
static const char *const pattern_names[PATTERNS] = {"zeros", "maximum", "checkerboard", "ramp", "noise"};

static const struct {
    int width, height;
} sizes[] = {{1, 1}, {1, 9}, {9, 1}, {2, 3}, {17, 5}, {64, 64}, {333, 217}, {130, 700}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), SMALL_SIZES = 6, SIZE_17X5 = 4, SIZE_333X217 = 6 };

static struct tri_image *new_image(const struct tri_shape *shape)
{
    struct tri_image *image;
    struct tri_error error;

    if (tri_image_new(shape, &image, &error)) {
        fprintf(stderr, "tests: %s\n", error.text);
        exit(1);
    }
    return image;
}

static void set_sample(struct tri_image *image, int plane, int x, int y, int64_t value)
{
    void *row = tri_image_row(image, plane, y);

    if (image->shape.bits == 8)
        ((uint8_t *)row)[x] = (uint8_t)value;
    else
        ((uint16_t *)row)[x] = (uint16_t)value;
}

/* Noise has many samples at the ends, so that alpha is often 0 or full. */
static int64_t noise(uint64_t *state, int max)
{
    uint64_t bits = draw(state);

    return bits % 8 == 0 ? 0 : bits % 8 == 1 ? max : (int64_t)((bits >> 8) % ((uint64_t)max + 1));
}

static struct tri_image *draw_pattern(const struct tri_shape *shape, int pattern)
{
    struct tri_image *image = new_image(shape);
    int max = oracle_max(image), length = shape->width + shape->height;
    uint64_t state = seed + (uint64_t)shape->width * 7919 + (uint64_t)shape->planes;

    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                int64_t ramp = (int64_t)(x + y + plane * length / 5) % length * max / length;
                int64_t values[PATTERNS] = {0, max, (x + y + plane) % 2 ? max : 0, ramp, noise(&state, max)};

                set_sample(image, plane, x, y, values[pattern]);
            }
    return image;
}

static struct {
    struct tri_image *image;
    uint64_t digest;
} inputs[SIZES][TRI_PLANES_MAX + 1][2][PATTERNS];

static struct tri_shape shape_of(int size, int planes, int bits)
{
    return (struct tri_shape){sizes[size].width, sizes[size].height, planes, bits};
}

/* Made once, since drawing them takes longer than most kernels. */
static struct tri_image *input(int size, int planes, int bits, int pattern)
{
    struct tri_image **image = &inputs[size][planes][bits == 16][pattern].image;
    struct tri_shape shape = shape_of(size, planes, bits);

    if (!*image) {
        *image = draw_pattern(&shape, pattern);
        inputs[size][planes][bits == 16][pattern].digest = tri_image_digest(*image);
    }
    return *image;
}

static void check_inputs(bool discard)
{
    for (int i = 0; i < SIZES * (TRI_PLANES_MAX + 1) * 2 * PATTERNS; i++) {
        struct tri_image **image = &(&inputs[0][0][0][0])[i].image;

        if (*image && tri_image_digest(*image) != (&inputs[0][0][0][0])[i].digest) {
            now.shape = (*image)->shape;
            now.pattern = pattern_names[i % PATTERNS];
            complain("a run changed its input");
        }
        if (discard) {
            tri_image_free(*image);
            *image = NULL;
        }
    }
}

/* ---- padding and guards ---- */

#define PADDING 64 /* samples that a row has on either side at least */
#define GUARD 0xa5

/* A run that reads padding without asking for it reads this. */
static void poison(struct tri_image *image)
{
    ptrdiff_t size = image->shape.bits / 8, width = image->shape.width * size;

    for (int plane = 0; plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++) {
            unsigned char *row = tri_image_row(image, plane, y);

            memset(row - PADDING * size, 0x5b, (size_t)(PADDING * size));
            memset(row + width, 0x5b, (size_t)(PADDING * size));
        }
    image->padded = false;
}

static bool check_gap(const unsigned char *from, const unsigned char *to)
{
    for (; from < to; from++)
        if (*from != GUARD)
            return false;
    return true;
}

/* A run may write a row's pixels, rounded up to 64 samples as lanes store whole groups, and the padding:
 * from 64 samples before the row to 64 after the rounded width. All other memory is a guard. */
static void check_guards(const struct tri_image *image)
{
    ptrdiff_t size = image->shape.bits / 8, width = (image->shape.width + 63) / 64 * 64 * size;
    const unsigned char *clean = image->memory, *end = clean + image->memory_size;

    for (int plane = 0; plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++) {
            const unsigned char *row = tri_image_row(image, plane, y);

            if (!check_gap(clean, row - PADDING * size)) {
                complain("wrote outside the rows, before plane %d, row %d", plane, y);
                return;
            }
            clean = row + width + PADDING * size;
        }
    if (!check_gap(clean, end))
        complain("wrote behind the last row");
}

static bool row_is_padded(const struct tri_image *image, int plane, int y)
{
    for (int x = 1; x <= PADDING; x++)
        for (int side = 0; side < 2; side++) {
            int edge = side ? image->shape.width - 1 : 0;
            const unsigned char *row = tri_image_row(image, plane, y);
            ptrdiff_t size = image->shape.bits / 8;

            if (memcmp(row + edge * size, row + (edge + (side ? x : -x)) * size, (size_t)size))
                return false;
        }
    return true;
}

static void check_padding(const struct tri_image *image)
{
    for (int plane = 0; image->padded && plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++)
            if (!row_is_padded(image, plane, y)) {
                complain("says that it is padded, but plane %d, row %d is not", plane, y);
                return;
            }
}

/* ---- backends ---- */

/* The first is the truth: sequential scalar. */
static struct place {
    struct tri_backend *backend;
    char label[100];
    bool opencl;
} places[64];
static int place_count;

static bool add_place(const char *on, const char *isa, const char *label)
{
    struct tri_backend_options options = {.isa = isa};
    struct place *place = &places[place_count];
    struct tri_error error;

    if (place_count == (int)(sizeof(places) / sizeof(places[0])))
        return false;
    if (tri_backend_open(on, isa ? &options : NULL, &place->backend, &error)) {
        printf("\n  %s: %s\n", label, error.text);
        return false;
    }
    snprintf(place->label, sizeof(place->label), "%s", label);
    place->opencl = !strncmp(on, "opencl", 6);
    place_count++;
    return true;
}

static bool add_devices(void)
{
    static const char *const dialects[] = {"lanes", "plain"};
    struct tri_device_info *devices = NULL;
    struct tri_error error;
    char on[40], label[100];
    bool all = true;
    int count;

    if (tri_devices(&devices, &count, &error)) {
        printf("\n  %s\n", error.text);
        return false;
    }
    for (int i = 0; i < count; i++)
        for (int d = 0; d < 2; d++) {
            /* Lanes need a compiler with clang's vectors; plain must work everywhere. */
            if (!strcmp(dialects[d], "lanes") && strcmp(devices[i].dialect, "lanes"))
                continue;
            setenv("TRIPTYCH_OPENCL_DIALECT", dialects[d], 1);
            snprintf(on, sizeof(on), "opencl:%s", devices[i].id);
            snprintf(label, sizeof(label), "%s %s (%.60s)", on, dialects[d], devices[i].name);
            all = add_place(on, NULL, label) && all;
        }
    unsetenv("TRIPTYCH_OPENCL_DIALECT");
    free(devices);
    return all;
}

static bool devices_opened;

static int open_places(void)
{
    static const char *const threads[] = {"threads:1", "threads:2", "threads:3", "threads:64"};
    char label[100];

    for (int i = 0; i < tri_isa_count(); i++) {
        snprintf(label, sizeof(label), "sequential %s", tri_isa_name(i));
        if (!add_place("sequential", tri_isa_name(i), label))
            return 1;
    }
    for (int i = 0; i < 4; i++)
        if (!add_place(threads[i], NULL, threads[i]))
            return 1;
    devices_opened = add_devices();
    printf("\n  seed %llu; on", (unsigned long long)seed);
    for (int i = 0; i < place_count; i++)
        printf("%s %s", i ? "," : "", places[i].label);
    printf("\n");
    return place_count ? 0 : 1;
}

static int close_places(void)
{
    check_inputs(true);
    while (place_count)
        tri_backend_close(places[--place_count].backend);
    return 0;
}

static const struct place *find_place(const char *label)
{
    for (int i = 0; i < place_count; i++)
        if (strstr(places[i].label, label))
            return &places[i];
    return NULL;
}

/* One of each sort, for what is too much for all of them. */
static int choose_places(const struct place *chosen[4])
{
    const struct place *device = find_place(" lanes (");
    int count = 0;

    if (!device)
        device = find_place("opencl:");
    chosen[count++] = &places[0];
    chosen[count++] = &places[tri_isa_count() - 1];
    chosen[count++] = find_place("threads:3");
    if (device)
        chosen[count++] = device;
    return count;
}

/* ---- one pipeline on one backend ---- */

struct trial {
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    struct tri_image *out;
};

static void trial_close(struct trial *trial)
{
    tri_job_free(trial->job);
    tri_pipeline_free(trial->pipeline);
    tri_image_free(trial->out);
    *trial = (struct trial){0};
}

static bool trial_open(struct trial *trial, const struct place *place, const char *text,
                       const struct tri_shape *shape)
{
    struct tri_error error;

    *trial = (struct trial){0};
    now.pipeline = text;
    now.place = place->label;
    now.shape = *shape;
    now.pattern = "any";
    if (tri_pipeline_parse(text, &trial->pipeline, &error) ||
        tri_job_new(place->backend, trial->pipeline, shape, &trial->job, &error)) {
        complain("status %d: %s", (int)error.status, error.text);
        trial_close(trial);
        return false;
    }
    trial->out = new_image(tri_job_shape(trial->job));
    return true;
}

static bool trial_run(struct trial *trial, struct tri_image *in, const struct place *place,
                      const char *pattern)
{
    struct tri_error error;

    now.pipeline = tri_pipeline_text(trial->pipeline);
    now.place = place->label;
    now.shape = in->shape;
    now.pattern = pattern;
    poison(in);
    memset(trial->out->memory, GUARD, trial->out->memory_size);
    trial->out->padded = false;
    if (tri_job_run(trial->job, in, trial->out, NULL, &error)) {
        complain("status %d: %s", (int)error.status, error.text);
        return false;
    }
    check_guards(trial->out);
    check_padding(trial->out);
    return true;
}

/* ---- sets of parameters ---- */

#define SETS_MAX 40

struct set {
    char text[500];
    bool refused;
};

static double temper(const struct tri_param *param)
{
    return param->type == TRI_INT && param->maximum > 1000 ? 100 : param->maximum;
}

static double random_value(const struct tri_param *param, uint64_t *state, bool small)
{
    double low = param->minimum, high = temper(param);

    if (draw(state) % 4 == 0)
        return param->initial;
    if (param->type == TRI_CHOICE)
        return (double)(draw(state) % (uint64_t)(param->maximum + 1));
    if (small) {
        low = param->initial - 2 > low ? param->initial - 2 : low;
        high = param->initial + 3 < high ? param->initial + 3 : high;
    }
    if (param->type == TRI_INT)
        return low + (double)(draw(state) % (uint64_t)(high - low + 1));
    return low + (high - low) * draw_unit(state);
}

static void print_value(const struct tri_param *param, double value, char *text, size_t size)
{
    const char *choice = param->choices;

    if (param->type == TRI_CHOICE) {
        for (int i = (int)value; i > 0; i--)
            choice = strchr(choice, '|') + 1;
        snprintf(text, size, ":%s=%.*s", param->name, (int)strcspn(choice, "|"), choice);
    } else if (param->type == TRI_INT) {
        snprintf(text, size, ":%s=%d", param->name, (int)value);
    } else {
        snprintf(text, size, ":%s=%.3f", param->name, value);
    }
}

enum choice_of_values { LOWEST, HIGHEST, RANDOM, RANDOM_SMALL };

static void print_set(const struct tri_kernel *kernel, enum choice_of_values choice, uint64_t *state,
                      struct set *set)
{
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    size_t length = (size_t)snprintf(set->text, sizeof(set->text), "%s", tri_kernel_name(kernel));
    double values[32] = {0};

    for (int i = 0; i < tri_kernel_param_count(kernel) && i < 32; i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);

        values[i] = choice == LOWEST    ? param->minimum
                    : choice == HIGHEST ? temper(param)
                                        : random_value(param, state, choice == RANDOM_SMALL);
        print_value(param, values[i], set->text + length, sizeof(set->text) - length);
        length += strlen(set->text + length);
    }
    set->refused = oracle && oracle->refuses && oracle->refuses(values);
}

static void print_choices(const struct tri_kernel *kernel, struct set *sets, int *count)
{
    for (int i = 0; i < tri_kernel_param_count(kernel); i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);

        for (int value = 0; param->type == TRI_CHOICE && value <= (int)param->maximum; value++) {
            struct set *set = &sets[(*count)++];
            size_t length = (size_t)snprintf(set->text, sizeof(set->text), "%s", tri_kernel_name(kernel));

            print_value(param, value, set->text + length, sizeof(set->text) - length);
        }
    }
}

/* The default is first; those before `basic` matter most. */
static int make_sets(const struct tri_kernel *kernel, struct set sets[SETS_MAX], int *basic)
{
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    uint64_t state = seed_for(tri_kernel_name(kernel));
    int count = 1;

    memset(sets, 0, SETS_MAX * sizeof(sets[0]));
    snprintf(sets[0].text, sizeof(sets[0].text), "%s", tri_kernel_name(kernel));
    if (tri_kernel_param_count(kernel)) {
        print_set(kernel, LOWEST, &state, &sets[count++]);
        print_set(kernel, HIGHEST, &state, &sets[count++]);
        print_choices(kernel, sets, &count);
        *basic = count;
        print_set(kernel, RANDOM, &state, &sets[count++]);
        print_set(kernel, RANDOM, &state, &sets[count++]);
    }
    *basic = count;
    for (int i = 0; oracle && oracle->cases && oracle->cases[i] && count < SETS_MAX; i++)
        snprintf(sets[count++].text, sizeof(sets[0].text), "%s:%s", tri_kernel_name(kernel),
                 oracle->cases[i]);
    return count;
}

static enum tri_status output_shape(const char *text, const struct tri_shape *in, struct tri_shape *out)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    enum tri_status status = tri_pipeline_parse(text, &pipeline, &error);

    if (!status)
        status = tri_pipeline_shape(pipeline, in, out, &error);
    tri_pipeline_free(pipeline);
    return status;
}

static bool too_large(const char *text, const struct tri_shape *in)
{
    struct tri_shape out;

    return !output_shape(text, in, &out) && (int64_t)out.width * out.height > (full ? 4000000 : 300000);
}

static void check_refusal(const char *text)
{
    struct tri_shape shape = {4, 4, 1, 8}, out;
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    enum tri_status status = output_shape(text, &shape, &out);

    now.pipeline = text;
    now.place = places[0].label;
    now.shape = shape;
    now.pattern = "none";
    if (!status && !tri_pipeline_parse(text, &pipeline, &error))
        status = tri_job_new(places[0].backend, pipeline, &shape, &job, &error);
    if (status != TRI_USAGE)
        complain("expected status %d, got %d", (int)TRI_USAGE, (int)status);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
}

/* ---- the tests of one kernel, which is told by the test's name ---- */

static const struct tri_kernel *current_kernel(void)
{
    const char *test = CU_get_current_test()->pName;
    char name[100];

    complaints = 0;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(test, ":"), test);
    return tri_kernel_find(name);
}

static void check_oracle(const struct oracle *oracle, const char *text, int size, int planes, int bits)
{
    struct tri_shape shape = shape_of(size, planes, bits);
    struct tri_image *before = NULL;
    struct trial trial;

    if (too_large(text, &shape) || !trial_open(&trial, &places[0], text, &shape))
        return;
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
        struct tri_image *in = input(size, planes, bits, pattern);
        struct expected expected;

        if (trial_run(&trial, in, &places[0], pattern_names[pattern])) {
            oracle->run(trial.pipeline, 0, in, before ? before : in, &expected);
            compare_oracle(&expected, trial.out);
            free(expected.value);
        }
        before = in;
    }
    trial_close(&trial);
}

static void test_oracle(void)
{
    const struct tri_kernel *kernel = current_kernel();
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));
    struct set sets[SETS_MAX];
    int basic, count = make_sets(kernel, sets, &basic);

    if (!oracle) {
        printf("\n  FAILED kernel %s: there is no tests/oracles/%s.c\n", tri_kernel_name(kernel),
               tri_kernel_name(kernel));
        CU_FAIL("a kernel without an oracle");
        return;
    }
    for (int i = 0; i < count; i++) {
        if (sets[i].refused) {
            check_refusal(sets[i].text);
            continue;
        }
        for (int size = 0; size < SMALL_SIZES; size++)
            for (int planes = 1; planes <= 3; planes += 2)
                for (int bits = 8; bits <= 16; bits += 8)
                    check_oracle(oracle, sets[i].text, size, planes, bits);
    }
}

/* What of the whole product is run. */
static bool wanted(const struct place *place, int size, int planes, bool basic)
{
    if (full || !place->opencl)
        return true;
    if (basic)
        return (size == 0 || size == SIZE_17X5 || size == SIZE_333X217) && planes != 2;
    return size == SIZE_333X217 && planes == 3;
}

static bool wanted_pattern(const struct place *place, int size, bool basic, int pattern)
{
    bool telling =
        !strcmp(pattern_names[pattern], "checkerboard") || !strcmp(pattern_names[pattern], "noise");

    return full || telling || (!place->opencl && (basic || size < SMALL_SIZES));
}

static void check_place(const struct place *place, const char *text, int size, int planes, int bits,
                        bool basic, struct tri_image *const truth[PATTERNS])
{
    struct tri_shape shape = shape_of(size, planes, bits);
    const struct oracle *oracle;
    struct trial trial;

    if (!trial_open(&trial, place, text, &shape))
        return;
    oracle = oracle_find(tri_kernel_name(tri_pipeline_kernel(trial.pipeline, 0)));
    for (int pattern = 0; pattern < PATTERNS; pattern++)
        /* Over time each frame counts for the next one. */
        if ((oracle && oracle->over_time) || wanted_pattern(place, size, basic, pattern))
            if (trial_run(&trial, input(size, planes, bits, pattern), place, pattern_names[pattern]))
                compare(truth[pattern], trial.out);
    trial_close(&trial);
}

static void check_places(const char *text, int size, int planes, int bits, bool basic)
{
    struct tri_shape shape = shape_of(size, planes, bits);
    struct tri_image *truth[PATTERNS] = {NULL};
    struct trial trial;
    bool good = true;

    if (too_large(text, &shape) || !trial_open(&trial, &places[0], text, &shape))
        return;
    for (int pattern = 0; pattern < PATTERNS && good; pattern++) {
        good = trial_run(&trial, input(size, planes, bits, pattern), &places[0], pattern_names[pattern]);
        truth[pattern] = trial.out;
        trial.out = new_image(&truth[pattern]->shape);
    }
    for (int i = 1; i < place_count && good; i++)
        if (wanted(&places[i], size, planes, basic))
            check_place(&places[i], text, size, planes, bits, basic, truth);
    for (int pattern = 0; pattern < PATTERNS; pattern++)
        tri_image_free(truth[pattern]);
    trial_close(&trial);
}

static void test_backends(void)
{
    const struct tri_kernel *kernel = current_kernel();
    struct set sets[SETS_MAX];
    int basic, count = make_sets(kernel, sets, &basic);

    for (int i = 0; i < count; i++)
        for (int size = 0; size < SIZES && !sets[i].refused; size++)
            for (int planes = 1; planes <= TRI_PLANES_MAX; planes++)
                for (int bits = 8; bits <= 16; bits += 8)
                    check_places(sets[i].text, size, planes, bits, i < basic);
    check_inputs(false);
}

/* Part `part` of an image with alpha: all its colour, or one plane, weighted by alpha. */
static struct tri_image *take_part(const struct tri_image *in, enum oracle_alpha alpha, int part)
{
    struct tri_shape shape = in->shape;
    struct tri_image *out;
    int last = in->shape.planes - 1;
    int64_t max = oracle_max(in);

    shape.planes = alpha == ORACLE_KEPT ? last : 1;
    out = new_image(&shape);
    for (int plane = 0; plane < shape.planes; plane++)
        for (int y = 0; y < shape.height; y++)
            for (int x = 0; x < shape.width; x++) {
                int64_t value = oracle_sample(in, part + plane, x, y);

                if (alpha == ORACLE_PREMULTIPLIED && part < last)
                    value = (value * oracle_sample(in, last, x, y) + max / 2) / max;
                set_sample(out, plane, x, y, value);
            }
    return out;
}

static int64_t divided(int64_t value, int64_t alpha, int64_t max)
{
    int64_t result = alpha ? (value * max + alpha / 2) / alpha : 0;

    return result < max ? result : max;
}

static struct tri_image *join_parts(const struct trial *parts, const struct tri_image *in,
                                    enum oracle_alpha alpha, const struct tri_shape *shape)
{
    struct tri_image *out = new_image(shape);
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
                set_sample(out, plane, x, y, value);
            }
    return out;
}

static bool run_parts(struct trial *parts, int count, const struct tri_image *in, enum oracle_alpha alpha,
                      const char *pattern)
{
    bool good = true;

    for (int part = 0; part < count; part++) {
        struct tri_image *image = take_part(in, alpha, part);

        good = trial_run(&parts[part], image, &places[0], pattern) && good;
        tri_image_free(image);
    }
    return good;
}

static void check_alpha(const struct oracle *oracle, const char *text, int size, int planes, int bits)
{
    struct tri_shape shape = shape_of(size, planes, bits), part_shape = shape;
    struct trial whole, parts[TRI_PLANES_MAX] = {{0}};
    enum oracle_alpha alpha;
    bool good = true;
    int count;

    if (too_large(text, &shape) || !trial_open(&whole, &places[0], text, &shape))
        return;
    alpha = oracle_alpha_of(oracle, whole.pipeline, 0);
    count = alpha == ORACLE_KEPT ? 1 : planes;
    part_shape.planes = alpha == ORACLE_KEPT ? planes - 1 : 1;
    for (int part = 0; part < count; part++)
        good = trial_open(&parts[part], &places[0], text, &part_shape) && good;
    if (good && alpha == ORACLE_KEPT && whole.out->shape.planes != parts[0].out->shape.planes + 1) {
        complain("%d planes come of %d", whole.out->shape.planes, planes);
        good = false;
    }
    for (int pattern = 0; pattern < PATTERNS && good; pattern++) {
        struct tri_image *in = input(size, planes, bits, pattern), *expected;

        good = run_parts(parts, count, in, alpha, pattern_names[pattern]) &&
               trial_run(&whole, in, &places[0], pattern_names[pattern]);
        if (good) {
            expected = join_parts(parts, in, alpha, &whole.out->shape);
            compare(expected, whole.out);
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
    int basic, count = make_sets(kernel, sets, &basic);

    for (int i = 0; oracle && i < count; i++)
        for (int size = 0; size < SMALL_SIZES && !sets[i].refused; size++)
            for (int planes = 2; planes <= 4; planes += 2)
                for (int bits = 8; bits <= 16; bits += 8)
                    check_alpha(oracle, sets[i].text, size, planes, bits);
}

static struct tri_image *picture(const struct tri_picture *from)
{
    struct tri_shape shape = {from->width, from->height, from->planes, 8};
    struct tri_image *image = new_image(&shape);
    const unsigned char *sample = from->samples;

    for (int plane = 0; plane < shape.planes; plane++)
        for (int y = 0; y < shape.height; y++)
            for (int x = 0; x < shape.width; x++)
                set_sample(image, plane, x, y, *sample++);
    return image;
}

static void test_known(void)
{
    const struct tri_kernel *kernel = current_kernel();
    const struct tri_known *known = &kernel->known;
    struct tri_image *in, *out;

    CU_ASSERT_PTR_NOT_NULL(known->pipeline);
    if (!known->pipeline)
        return;
    in = picture(&known->in);
    out = picture(&known->out);
    for (int i = 0; i < place_count; i++) {
        struct trial trial;

        if (!trial_open(&trial, &places[i], known->pipeline, &in->shape))
            continue;
        if (!tri_shape_equal(&trial.out->shape, &out->shape))
            complain("its known answer has another shape");
        else if (trial_run(&trial, in, &places[i], "known"))
            compare(out, trial.out);
        trial_close(&trial);
    }
    tri_image_free(in);
    tri_image_free(out);
}

/* Three frames, a rewind, and the same again. */
static void check_frames(const struct oracle *oracle, const struct place *place, const char *text, int planes,
                         int bits)
{
    static const int frames[] = {4, 3, 2};
    struct tri_shape shape = shape_of(SIZE_17X5, planes, bits);
    struct trial trial;

    if (!trial_open(&trial, place, text, &shape))
        return;
    for (int i = 0; i < 6; i++) {
        struct tri_image *in = input(SIZE_17X5, planes, bits, frames[i % 3]);
        struct tri_image *before = i % 3 ? input(SIZE_17X5, planes, bits, frames[i % 3 - 1]) : in;
        struct expected expected;

        if (i == 3)
            tri_job_rewind(trial.job);
        if (!trial_run(&trial, in, place, pattern_names[frames[i % 3]]))
            break;
        oracle->run(trial.pipeline, 0, in, before, &expected);
        compare_oracle(&expected, trial.out);
        free(expected.value);
    }
    trial_close(&trial);
}

static void test_frames(void)
{
    const struct tri_kernel *kernel = current_kernel();
    const struct oracle *oracle = oracle_find(tri_kernel_name(kernel));

    for (int i = 0; oracle && i < place_count; i++)
        for (int planes = 1; planes <= 3; planes += 2)
            for (int bits = 8; bits <= 16; bits += 8)
                check_frames(oracle, &places[i], tri_kernel_name(kernel), planes, bits);
}

/* ---- chains ---- */

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
    if (output_shape(chain->text, in, &out) || out.width * out.height > 40000) {
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

        print_set(tri_kernel_at((int)(draw(state) % (uint64_t)tri_kernel_count())), RANDOM_SMALL, state,
                  &set);
        if (!set.refused)
            chain_add(chain, set.text, in);
    }
}

/* Opens the operations one by one, on the truth. */
static bool open_steps(const struct chain *chain, const struct tri_shape *in, struct trial *steps)
{
    for (int i = 0; i < chain->length; i++) {
        if (!trial_open(&steps[i], &places[0], chain->steps[i], in))
            return false;
        in = &steps[i].out->shape;
    }
    return true;
}

static bool run_steps(const struct chain *chain, struct trial *steps, struct tri_image *in,
                      const char *pattern)
{
    for (int i = 0; i < chain->length; i++) {
        if (!trial_run(&steps[i], in, &places[0], pattern))
            return false;
        in = steps[i].out;
    }
    return true;
}

enum { FRAMES = 3 };

static void check_chain(const struct chain *chain, int size, int planes, int bits, bool device)
{
    static const int frames[FRAMES] = {4, 2, 3};
    struct tri_shape shape = shape_of(size, planes, bits);
    struct trial steps[CHAIN] = {{0}}, whole[4] = {{0}};
    const struct place *chosen[4];
    int count = choose_places(chosen);
    bool good = open_steps(chain, &shape, steps);

    for (int i = 0; i < count && good; i++)
        if (device || !chosen[i]->opencl)
            good = trial_open(&whole[i], chosen[i], chain->text, &shape);
    for (int frame = 0; frame < FRAMES && good; frame++) {
        struct tri_image *in = input(size, planes, bits, frames[frame]);
        const char *pattern = pattern_names[frames[frame]];

        good = run_steps(chain, steps, in, pattern);
        for (int i = 0; i < count && good; i++)
            if (whole[i].job && trial_run(&whole[i], in, chosen[i], pattern))
                compare(steps[chain->length - 1].out, whole[i].out);
    }
    for (int i = 0; i < 4; i++)
        trial_close(&whole[i]);
    for (int i = 0; i < CHAIN; i++)
        trial_close(&steps[i]);
}

static void test_random_chains(void)
{
    static const int chain_sizes[] = {3, 4, 5, 5};
    uint64_t state = seed_for("chains");
    struct chain chain;

    complaints = 0;
    for (int i = 0; i < (full ? 400 : 60); i++) {
        int size = chain_sizes[draw(&state) % 4], planes = i % 4 + 1, bits = i / 4 % 2 ? 16 : 8;
        struct tri_shape shape = shape_of(size, planes, bits);

        random_chain(&chain, &shape, &state);
        check_chain(&chain, size, planes, bits, full || i % 6 == 0);
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
    };

    complaints = 0;
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
        for (int planes = 1; planes <= TRI_PLANES_MAX; planes++) {
            struct tri_shape shape = shape_of(5, planes, planes % 2 ? 8 : 16);
            struct chain chain = {.length = 0};
            bool known = true;

            for (int k = 0; k < CHAIN && chains[i][k]; k++)
                known = chain_add(&chain, chains[i][k], &shape) && known;
            if (known)
                check_chain(&chain, 5, planes, shape.bits, full || planes == 4);
            else
                CU_FAIL("a chosen chain cannot be made");
        }
}

/* ---- the suite ---- */

static void test_device(void)
{
    const char *allowed = getenv("TRIPTYCH_ALLOW_NO_OPENCL");

    CU_ASSERT_TRUE(devices_opened);
    if (find_place("opencl:"))
        return;
    if (allowed && !strcmp(allowed, "1"))
        test_skip("no OpenCL device was tested");
    else
        CU_FAIL("no OpenCL device was tested (TRIPTYCH_ALLOW_NO_OPENCL=1 allows it)");
}

static int add_kernel_test(CU_pSuite suite, const char *kernel, const char *what, void (*test)(void))
{
    char name[200];

    snprintf(name, sizeof(name), "%s: %s", kernel, what);
    return !CU_add_test(suite, name, test);
}

int test_kernels_suite(void)
{
    const char *mode = getenv("TRIPTYCH_TESTS"), *only = getenv("TRIPTYCH_KERNEL");
    CU_pSuite suite = CU_add_suite("kernels", open_places, close_places);
    int failed = !suite;

    seed = test_seed();
    full = mode && !strcmp(mode, "full");
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
        failed |= add_kernel_test(suite, name, "frames", test_frames);
        failed |= add_kernel_test(suite, name, "same bytes on every backend", test_backends);
    }
    if (!only) {
        failed |= !CU_add_test(suite, "random chains", test_random_chains);
        failed |= !CU_add_test(suite, "chosen chains", test_chosen_chains);
    }
    return failed;
}
