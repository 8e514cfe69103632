/* rig.h -- the base of kernel tests: all backends, images with guards, and running pipelines. */
#ifndef RIG_H
#define RIG_H

#include "oracle.h"

/* The first is the reference: sequential scalar. */
struct place {
    struct tri_backend *backend;
    char label[140];
    bool opencl;
    /* How the program selects it. */
    char on[40], environment[80]; /* variables, "NAME=value" */
    const char *isa;              /* NULL: the default */
};

extern struct rig {
    uint64_t seed;
    bool full, quick; /* TRIPTYCH_TESTS=full, =quick */
    bool devices_opened;
    const struct tri_image *with; /* second picture of trials; NULL: noise */
    struct place places[64];
    int place_count, best; /* best: the place of one thread at the best ISA level */
} rig;

/* A suite's start and end: opens all available backends. */
int rig_open(void);
int rig_close(void);
const struct place *
rig_find_place(const char *label); /* the first whose label contains it, or NULL */
/* One of each kind, for tests that are too slow for all of them. */
int rig_choose_places(const struct place *chosen[4]);

/* ---- random numbers ---- */

uint64_t rig_draw(uint64_t *state);
double rig_draw_unit(uint64_t *state); /* 0 to 1 */
/* Seeded with a name too, so each kernel draws the same values whether or not others are tested. */
uint64_t rig_seed_for(const char *name);

/* ---- failures: the running test fails once; a few lines say where, and how to reproduce it ----
 */

void rig_begin(void); /* of a test */
void rig_note(const char *pipeline, const struct place *place, const struct tri_shape *shape,
              const char *pattern);
void rig_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void rig_compare(const struct tri_image *expected, const struct tri_image *actual);
void rig_compare_oracle(const struct expected *expected, const struct tri_image *actual);

/* ---- images ---- */

enum {
    PATTERN_ZEROS,
    PATTERN_MAXIMUM,
    PATTERN_CHECKERBOARD,
    PATTERN_RAMP,
    PATTERN_NOISE,
    PATTERNS
};
extern const char *const rig_patterns[PATTERNS];

/* 1x1, 1x9, 9x1, 2x3, 17x5, 64x64; 333x217, 130x700. */
enum { SIZE_1X1, SIZE_2X3 = 3, SIZE_17X5, SIZE_64X64, SIZE_333X217, SIZE_130X700, SIZES };
enum { SMALL_SIZES = SIZE_333X217 };

struct tri_shape rig_shape(int size, int planes, int bits);
struct tri_image *rig_input(int size, int planes, int bits, int pattern); /* owned by the rig */
/* A frame of a series: a still image with noise, and some arbitrary samples. */
struct tri_image *rig_frame(const struct tri_shape *shape, int number);
void rig_check_inputs(void);                                /* no run may have changed one */
struct tri_image *rig_image(const struct tri_shape *shape); /* never NULL */
struct tri_image *rig_copy(const struct tri_image *image);
void rig_set_sample(struct tri_image *image, int plane, int x, int y, int64_t value);

/* ---- one pipeline on one backend ---- */

enum { SERIES_MAX = 64 };

struct trial {
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    struct tri_image *out;
    /* The inputs: all frames since the first for temporal kernels, else the last one. */
    struct series {
        struct tri_image *frames[SERIES_MAX];
        int count;
    } series;
    bool over_time, ended;
};

/* False after a failure, which is reported. */
bool trial_open(struct trial *trial, const struct place *place, const char *text,
                const struct tri_shape *shape);
/* Poisons the padding of `in` first, and then checks the guards of `out`. */
bool trial_run(struct trial *trial, struct tri_image *in, const struct place *place,
               const char *pattern);
void trial_end(struct trial *trial);    /* no frame follows: further runs flush delayed output */
void trial_rewind(struct trial *trial); /* the next frame is a first frame */
void trial_close(struct trial *trial);

#endif
