/* rig.h -- what the tests of kernels stand on: all backends, images with guards, pipelines run on them. */
#ifndef RIG_H
#define RIG_H

#include "oracle.h"

/* The first is the truth: sequential scalar. */
struct place {
    struct tri_backend *backend;
    char label[140];
    bool opencl;
};

extern struct rig {
    uint64_t seed;
    bool full, quick; /* TRIPTYCH_TESTS=full, =quick */
    bool devices_opened;
    struct place places[64];
    int place_count;
} rig;

/* A suite's start and end: all backends that there are. */
int rig_open(void);
int rig_close(void);
const struct place *rig_find_place(const char *label); /* the first whose label contains it, or NULL */
/* One of each sort, for what is too much for all of them. */
int rig_choose_places(const struct place *chosen[4]);

/* ---- random numbers ---- */

uint64_t rig_draw(uint64_t *state);
double rig_draw_unit(uint64_t *state); /* 0 to 1 */
/* The seed and a name: so each kernel draws the same whether others are tested or not. */
uint64_t rig_seed_for(const char *name);

/* ---- failures: the running test fails, and a few lines say where ---- */

void rig_begin(void); /* of a test */
void rig_note(const char *pipeline, const struct place *place, const struct tri_shape *shape,
              const char *pattern);
void rig_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void rig_compare(const struct tri_image *expected, const struct tri_image *actual);
void rig_compare_oracle(const struct expected *expected, const struct tri_image *actual);

/* ---- images ---- */

enum { PATTERN_ZEROS, PATTERN_MAXIMUM, PATTERN_CHECKERBOARD, PATTERN_RAMP, PATTERN_NOISE, PATTERNS };
extern const char *const rig_patterns[PATTERNS];

/* 1x1, 1x9, 9x1, 2x3, 17x5, 64x64; 333x217, 130x700. */
enum { SIZE_1X1, SIZE_2X3 = 3, SIZE_17X5, SIZE_64X64, SIZE_333X217, SIZE_130X700, SIZES };
enum { SMALL_SIZES = SIZE_333X217 };

struct tri_shape rig_shape(int size, int planes, int bits);
struct tri_image *rig_input(int size, int planes, int bits, int pattern); /* the rig's own */
/* Of a series: a still picture with noise, and some samples that are anything. */
struct tri_image *rig_frame(const struct tri_shape *shape, int number);
void rig_check_inputs(void);                                              /* no run changed one */
struct tri_image *rig_image(const struct tri_shape *shape);               /* never NULL */
struct tri_image *rig_copy(const struct tri_image *image);
void rig_set_sample(struct tri_image *image, int plane, int x, int y, int64_t value);

/* ---- one pipeline on one backend ---- */

struct trial {
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    struct tri_image *out;
};

/* False: a failure, which is told. */
bool trial_open(struct trial *trial, const struct place *place, const char *text,
                const struct tri_shape *shape);
/* Poisons the padding of `in` before, and checks the guards of `out` after. */
bool trial_run(struct trial *trial, struct tri_image *in, const struct place *place, const char *pattern);
void trial_close(struct trial *trial);

#endif
