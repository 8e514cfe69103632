/* rig.c -- backends, images with guards, and comparisons of a pipeline between backends. */
#include "image/image.h"
#include "pipeline/graph.h"
#include "reproduce.h"
#include "rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct rig rig;

/* ---- random numbers ---- */

uint64_t rig_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double rig_draw_unit(uint64_t *state)
{
    return (double)(rig_draw(state) >> 11) / 9007199254740992.0;
}

/* Seeded with a name too, so each kernel draws the same values whether or not others are tested. */
uint64_t rig_seed_for(const char *name)
{
    uint64_t state = rig.seed;

    for (; *name; name++)
        state = (state ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return state;
}

/* ---- failures ---- */

static struct {
    char pipeline[4000];
    const char *pattern;
    const struct place *place;
    struct tri_shape shape;
    const struct series *series; /* NULL: nothing was run */
} now;
static struct series left; /* of the closed trial that `now` describes */

static void drop_series(struct series *series)
{
    while (series->count > 0)
        tri_image_free(series->frames[--series->count]);
}

/* Forgets what an earlier test ran. */
void rig_begin(void)
{
    now.pipeline[0] = '\0';
    now.place = NULL;
    now.series = NULL;
    drop_series(&left);
}

void rig_note(const char *pipeline, const struct place *place, const struct tri_shape *shape,
              const char *pattern)
{
    snprintf(now.pipeline, sizeof(now.pipeline), "%s", pipeline);
    now.place = place;
    now.series = NULL;
    now.shape = *shape;
    now.pattern = pattern;
}

void rig_complain(const char *format, ...)
{
    va_list arguments;

    if (!test_fail_once())
        return;
    printf("    ");
    if (now.place)
        printf("%s on %s, %dx%d, planes %d, bits %d, pattern %s:\n    ", now.pipeline,
               now.place->label, now.shape.width, now.shape.height, now.shape.planes,
               now.shape.bits, now.pattern);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    reproduce_test();
    if (now.place && now.series)
        reproduce_run(now.pipeline, now.place, now.series->frames, now.series->count);
}

void rig_compare(const struct tri_image *expected, const struct tri_image *actual)
{
    struct tri_difference d = tri_image_compare(expected, actual);

    if (d.count)
        rig_complain("plane %d, x %d, y %d: expected %d, got %d; %llu samples differ", d.plane, d.x,
                     d.y, d.expected, d.actual, (unsigned long long)d.count);
}

void rig_compare_oracle(const struct expected *expected, const struct tri_image *actual)
{
    const struct tri_shape *shape = &actual->shape;

    if (shape->width != expected->width || shape->height != expected->height ||
        shape->planes != expected->planes) {
        rig_complain("expected %dx%d with %d planes, got %dx%d with %d", expected->width,
                     expected->height, expected->planes, shape->width, shape->height,
                     shape->planes);
        return;
    }
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                double wanted = *oracle_at(expected, plane, x, y);
                int64_t got = oracle_sample(actual, plane, x, y);

                if (!((double)got - wanted <= expected->bound &&
                      wanted - (double)got <= expected->bound)) {
                    rig_complain("plane %d, x %d, y %d: expected %.6f within %g, got %d", plane, x,
                                 y, wanted, expected->bound, (int)got);
                    return;
                }
            }
}

/* ---- images ---- */

const char *const rig_patterns[PATTERNS] = {"zeros", "maximum", "checkerboard", "ramp", "noise"};

static const struct {
    int width, height;
} sizes[SIZES] = {{1, 1}, {1, 9}, {9, 1}, {2, 3}, {17, 5}, {64, 64}, {333, 217}, {130, 700}};

struct tri_image *rig_image(const struct tri_shape *shape)
{
    struct tri_image *image;
    struct tri_error error;

    if (tri_image_new(shape, &image, &error)) {
        fprintf(stderr, "tests: %s\n", error.text);
        exit(1);
    }
    return image;
}

struct tri_image *rig_copy(const struct tri_image *image)
{
    struct tri_image *copy = rig_image(&image->shape);

    memcpy(copy->memory, image->memory, image->memory_size);
    return copy;
}

void rig_set_sample(struct tri_image *image, int plane, int x, int y, int64_t value)
{
    void *row = tri_image_row(image, plane, y);

    if (image->shape.bits == 8)
        ((uint8_t *)row)[x] = (uint8_t)value;
    else
        ((uint16_t *)row)[x] = (uint16_t)value;
}

/* Noise has many samples at the ends of the range, so alpha is often 0 or full. */
static int64_t noise(uint64_t *state, int max)
{
    uint64_t bits = rig_draw(state);

    return bits % 8 == 0 ? 0 : bits % 8 == 1 ? max : (int64_t)((bits >> 8) % ((uint64_t)max + 1));
}

static struct tri_image *draw_pattern(const struct tri_shape *shape, int pattern)
{
    struct tri_image *image = rig_image(shape);
    int max = oracle_max(image), length = shape->width + shape->height;
    uint64_t state = rig.seed + (uint64_t)shape->width * 7919 + (uint64_t)shape->planes;

    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                int64_t ramp = (int64_t)(x + y + plane * length / 5) % length * max / length;
                int64_t values[PATTERNS] = {0, max, (x + y + plane) % 2 ? max : 0, ramp,
                                            noise(&state, max)};

                rig_set_sample(image, plane, x, y, values[pattern]);
            }
    return image;
}

static struct {
    struct tri_image *image;
    uint64_t digest;
} inputs[SIZES][TRI_PLANES_MAX + 1][2][PATTERNS];

struct tri_shape rig_shape(int size, int planes, int bits)
{
    return (struct tri_shape){sizes[size].width, sizes[size].height, planes, bits};
}

/* Drawn once, since drawing takes longer than most kernels. */
struct tri_image *rig_input(int size, int planes, int bits, int pattern)
{
    struct tri_image **image = &inputs[size][planes][bits == 16][pattern].image;
    struct tri_shape shape = rig_shape(size, planes, bits);

    if (!*image) {
        *image = draw_pattern(&shape, pattern);
        inputs[size][planes][bits == 16][pattern].digest = tri_image_digest(*image);
    }
    return *image;
}

/* A still image with noise, and some arbitrary samples: small changes and large ones. */
struct tri_image *rig_frame(const struct tri_shape *shape, int number)
{
    struct tri_image *image = rig_image(shape);
    int max = oracle_max(image);
    uint64_t state = rig.seed + (uint64_t)number * 1000003;

    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                int64_t still = (x / 3 * 37 + y / 2 * 53 + plane * 91) % 97 * max / 96;
                int64_t noise = (int64_t)(rig_draw(&state) % (uint64_t)(max / 12)) - max / 24;
                bool any = rig_draw(&state) % 6 == 0;

                rig_set_sample(image, plane, x, y,
                               any ? (int64_t)(rig_draw(&state) % (uint64_t)(max + 1))
                                   : (int64_t)oracle_clamp((double)(still + noise), 0, max));
            }
    return image;
}

enum { INPUTS = sizeof(inputs) / sizeof(inputs[0][0][0][0]) };

void rig_check_inputs(void)
{
    for (int i = 0; i < INPUTS; i++) {
        struct tri_image *image = (&inputs[0][0][0][0])[i].image;

        if (image && tri_image_digest(image) != (&inputs[0][0][0][0])[i].digest) {
            now.shape = image->shape;
            now.pattern = rig_patterns[i % PATTERNS];
            rig_complain("a run changed its input");
        }
    }
}

static void free_inputs(void)
{
    for (int i = 0; i < INPUTS; i++) {
        tri_image_free((&inputs[0][0][0][0])[i].image);
        (&inputs[0][0][0][0])[i].image = NULL;
    }
}

/* ---- padding and guards ---- */

#define PADDING 64 /* minimum padding on either side of a row, in samples */
#define GUARD 0xa5
#define GUARD_SIZE 4096 /* before and after the memory of an output */

/* An image as tri_image_new makes it, with guards around its memory. */
static struct tri_image *new_guarded(const struct tri_shape *shape)
{
    struct tri_image *model = rig_image(shape), *image = oracle_memory(1, sizeof(*image));
    ptrdiff_t offset = model->data - (unsigned char *)model->memory;
    unsigned char *base = aligned_alloc(GUARD_SIZE, model->memory_size + 2 * GUARD_SIZE);

    if (!base) {
        fprintf(stderr, "tests: out of memory\n");
        exit(1);
    }
    *image = *model;
    image->memory = base + GUARD_SIZE;
    image->data = base + GUARD_SIZE + offset;
    tri_image_free(model);
    return image;
}

static void free_guarded(struct tri_image *image)
{
    if (image)
        free((unsigned char *)image->memory - GUARD_SIZE);
    free(image);
}

static void set_guards(struct tri_image *image)
{
    memset((unsigned char *)image->memory - GUARD_SIZE, GUARD, image->memory_size + 2 * GUARD_SIZE);
    image->padded = false;
}

/* A run that reads padding without requesting it gets these values. */
static void poison(struct tri_image *image)
{
    ptrdiff_t size = image->shape.bits / 8, width = image->shape.width * size;

    for (int plane = 0; plane < image->shape.planes && !tri_image_packed(image); plane++)
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

/* A run may write a row's pixels, rounded up to 64 samples because lanes store whole groups, and
 * the padding: from 64 samples before the row to 64 after the rounded width. Of a packed image it
 * may write the pixels alone. All other memory is a guard. */
static void check_guards(const struct tri_image *image)
{
    const ptrdiff_t size = image->shape.bits / 8, around = tri_image_packed(image) ? 0 : PADDING;
    const ptrdiff_t width =
        (around == 0 ? image->shape.width : (image->shape.width + 63) / 64 * 64) * size;
    const unsigned char *clean = (unsigned char *)image->memory - GUARD_SIZE;
    const unsigned char *end = (unsigned char *)image->memory + image->memory_size + GUARD_SIZE;

    for (int plane = 0; plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++) {
            const unsigned char *row = tri_image_row(image, plane, y);

            if (!check_gap(clean, row - around * size)) {
                rig_complain("wrote outside the rows, before plane %d, row %d", plane, y);
                return;
            }
            clean = row + width + around * size;
        }
    if (!check_gap(clean, end))
        rig_complain("wrote behind the last row");
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
    const bool padded = image->padded && !tri_image_packed(image);
    for (int plane = 0; padded && plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++)
            if (!row_is_padded(image, plane, y)) {
                rig_complain("says that it is padded, but plane %d, row %d is not", plane, y);
                return;
            }
}

/* ---- backends ---- */

static bool add_place(const char *on, const char *isa, const char *label, const char *environment)
{
    struct tri_backend_options options = {.size = sizeof options, .isa = isa};
    struct place *place = &rig.places[rig.place_count];
    struct tri_error error;

    if (rig.place_count == (int)(sizeof(rig.places) / sizeof(rig.places[0])))
        return false;
    if (tri_backend_open(on, isa ? &options : NULL, &place->backend, &error)) {
        printf("\n  %s: %s\n", label, error.text);
        return false;
    }
    snprintf(place->label, sizeof(place->label), "%s", label);
    snprintf(place->on, sizeof(place->on), "%s", on);
    snprintf(place->environment, sizeof(place->environment), "%s", environment);
    place->isa = isa;
    place->opencl = !strncmp(on, "opencl", 6);
    rig.place_count++;
    return true;
}

static bool add_devices(void)
{
    static const char *const dialects[] = {"lanes", "tiles"}, *const memories[] = {"host", "copy"};
    struct tri_device_info *devices = NULL;
    struct tri_error error;
    char on[40], label[140], environment[80];
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
            /* As on GPUs: plain, and with memory of their own. */
            setenv("TRIPTYCH_OPENCL_MEMORY", memories[d], 1);
            snprintf(environment, sizeof(environment),
                     "TRIPTYCH_OPENCL_DIALECT=%s TRIPTYCH_OPENCL_MEMORY=%s", dialects[d],
                     memories[d]);
            snprintf(on, sizeof(on), "opencl:%s", devices[i].id);
            snprintf(label, sizeof(label), "%s %s (%.60s)", on, dialects[d], devices[i].name);
            all = add_place(on, NULL, label, environment) && all;
        }
    unsetenv("TRIPTYCH_OPENCL_DIALECT");
    unsetenv("TRIPTYCH_OPENCL_MEMORY");
    free(devices);
    return all;
}

int rig_open(void)
{
    static const char *const threads[] = {"threads:1", "threads:2", "threads:3", "threads:64"};
    const char *mode = getenv("TRIPTYCH_TESTS"), *places = getenv("TRIPTYCH_PLACES");
    const bool few = places && !strcmp(places, "few");
    char label[140];

    rig.full = mode && !strcmp(mode, "full");
    rig.quick = mode && !strcmp(mode, "quick");
    if (!rig.seed)
        rig.seed = test_seed();
    for (int i = 0; i < tri_isa_count(); i++) {
        if (few && i > 0 && i < tri_isa_count() - 1)
            continue;
        snprintf(label, sizeof(label), "sequential %s", tri_isa_name(i));
        if (!add_place("sequential", tri_isa_name(i), label, ""))
            return 1;
        rig.best = rig.place_count - 1;
    }
    for (int i = few ? 2 : 0; i < (few ? 3 : 4); i++)
        if (!add_place(threads[i], NULL, threads[i], ""))
            return 1;
    rig.devices_opened = add_devices();
    printf("\n  seed %llu; on", (unsigned long long)rig.seed);
    for (int i = 0; i < rig.place_count; i++)
        printf("%s %s", i ? "," : "", rig.places[i].label);
    printf("\n");
    return rig.place_count ? 0 : 1;
}

int rig_close(void)
{
    free_inputs();
    rig_begin();
    while (rig.place_count)
        tri_backend_close(rig.places[--rig.place_count].backend);
    return 0;
}

const struct place *rig_find_place(const char *label)
{
    for (int i = 0; i < rig.place_count; i++)
        if (strstr(rig.places[i].label, label))
            return &rig.places[i];
    return NULL;
}

/* One of each kind, for tests that are too slow for all of them. */
int rig_choose_places(const struct place *chosen[4])
{
    const struct place *device = rig_find_place(" lanes (");
    int count = 0;

    if (!device)
        device = rig_find_place("opencl:");
    chosen[count++] = &rig.places[0];
    chosen[count++] = &rig.places[rig.best];
    chosen[count++] = rig_find_place("threads:3");
    if (device)
        chosen[count++] = device;
    return count;
}

/* ---- one pipeline on one backend ---- */

void trial_close(struct trial *trial)
{
    if (now.series == &trial->series) { /* it may still be needed for failure messages */
        drop_series(&left);
        left = trial->series;
        now.series = &left;
    } else {
        drop_series(&trial->series);
    }
    tri_job_free(trial->job);
    tri_pipeline_free(trial->pipeline);
    free_guarded(trial->out);
    *trial = (struct trial){0};
}

static enum tri_status give_with(struct tri_pipeline *pipeline, struct tri_error *error)
{
    if (rig.with && tri_pipeline_takes_with(pipeline))
        return tri_pipeline_set_with(pipeline, rig.with, error);
    tri_pipeline_noise(pipeline);
    return TRI_OK;
}

bool trial_open(struct trial *trial, const struct place *place, const char *text,
                const struct tri_shape *shape)
{
    struct tri_error error;

    *trial = (struct trial){0};
    rig_note(text, place, shape, "any");
    if (tri_pipeline_parse(text, &trial->pipeline, &error) || give_with(trial->pipeline, &error) ||
        tri_job_new(place->backend, trial->pipeline, shape, &trial->job, &error)) {
        rig_complain("status %d: %s", (int)error.status, error.text);
        trial_close(trial);
        return false;
    }
    trial->over_time = tri_pipeline_over_time(trial->pipeline);
    trial->out = new_guarded(tri_job_shape(trial->job));
    return true;
}

void trial_end(struct trial *trial)
{
    trial->ended = true;
    tri_job_end(trial->job);
}

void trial_rewind(struct trial *trial)
{
    trial->ended = false;
    drop_series(&trial->series);
    tri_job_rewind(trial->job);
}

/* There are no new frames after the end. */
static void remember(struct trial *trial, const struct tri_image *in)
{
    struct series *series = &trial->series;

    if (!trial->over_time)
        drop_series(series);
    if (!trial->ended && series->count < SERIES_MAX)
        series->frames[series->count++] = rig_copy(in);
}

bool trial_run(struct trial *trial, struct tri_image *in, const struct place *place,
               const char *pattern)
{
    struct tri_error error;

    rig_note(tri_pipeline_text(trial->pipeline), place, &in->shape, pattern);
    remember(trial, in);
    now.series = &trial->series;
    poison(in);
    set_guards(trial->out);
    if (tri_job_run(trial->job, in, trial->out, NULL, &error)) {
        rig_complain("status %d: %s", (int)error.status, error.text);
        return false;
    }
    check_guards(trial->out);
    check_padding(in);
    check_padding(trial->out);
    return true;
}
