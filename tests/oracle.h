/* oracle.h -- slow, obvious implementations of the kernels, which share nothing with the engine. */
#ifndef ORACLE_H
#define ORACLE_H

#include "triptych.h"

/* The treatment of an image with alpha, relative to that of planes without alpha. */
enum oracle_alpha {
    ORACLE_KEPT,          /* alpha is copied; colour is treated as without alpha */
    ORACLE_PLAIN,         /* alpha is a plane like any other */
    ORACLE_PREMULTIPLIED, /* colour is multiplied by alpha before and divided by it after */
    ORACLE_OWN,           /* alpha has a rule of its own: `run` gets images with alpha, too */
};

/* Real-valued: |actual - value| <= bound must hold for each sample. */
struct expected {
    int width, height, planes;
    double bound;
    double *value; /* plane by plane, row by row; release with free() */
};

struct oracle {
    const char *name;
    enum oracle_alpha alpha;
    /* `in` has 1 or 3 planes, if alpha has no rule of its own; `before` is the previous frame, or
     * `in` itself for a first frame. */
    void (*run)(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out);

    /* For temporal kernels instead: the result for frame `index` of a series of `count` of one
     * shape. */
    void (*over_time)(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out);

    /* The rest may be NULL. */
    enum oracle_alpha (*alpha_of)(const struct tri_pipeline *pipeline,
                                  int operation); /* instead of `alpha` */
    bool (*refuses)(
        const double *values); /* these values, in order, are TRI_USAGE as a combination */
    /* Writes a value of a parameter that is text, quoted if necessary; NULL: the initial value, or
     * that of the kernel's example, if it is no colour. */
    void (*draw_text)(const char *param, uint64_t *state, char *text, size_t size);
    bool (*refuses_shape)(const struct tri_pipeline *pipeline, int operation,
                          const struct tri_shape *in); /* such images are TRI_USAGE */
    const char *opaque;       /* a parameter that counts as 0 in images with alpha */
    const char *const *cases; /* further parameter texts worth testing; ends with NULL */
};

const struct oracle *oracle_find(const char *name); /* NULL if there is none */
enum oracle_alpha oracle_alpha_of(const struct oracle *oracle, const struct tri_pipeline *pipeline,
                                  int operation);

/* Frame `index` of a series, by `run` or `over_time`. */
void oracle_frame(const struct oracle *oracle, const struct tri_pipeline *pipeline,
                  struct tri_image *const *frames, int count, int index, struct expected *out);

/* ---- for the oracles; running out of memory ends the program ---- */

void *oracle_memory(size_t count, size_t size); /* zeroed */
void oracle_expect(struct expected *out, int width, int height, int planes, double bound);
double *oracle_at(const struct expected *out, int plane, int x, int y);

int oracle_maximum(const struct tri_image *image); /* 255 or 65535 */
#define oracle_max(image) oracle_maximum(image)    /* the oracle of max has the name alone */
/* The sample at (x, y); outside the image that of the nearest edge sample. */
int64_t oracle_sample(const struct tri_image *image, int plane, int x, int y);
bool oracle_chosen(const struct tri_pipeline *pipeline, int operation, const char *param,
                   const char *choice);
int64_t oracle_divide(int64_t dividend, int64_t divisor); /* both >= 0; rounded half up */
double oracle_clamp(double value, double low, double high);
/* What a pipeline of kernels that have oracles of their own makes, in scalar C; its result has the
 * shape of `in`. */
struct tri_image *oracle_other(const char *text, const struct tri_image *in);

/* Calls `point` for each sample. */
void oracle_points(const struct tri_image *in, struct expected *out,
                   double (*point)(double value, double max, const double *params),
                   const double *params);

/* `run` of the oracles of kernels that leave the picture as it is. */
void oracle_unchanged(const struct tri_pipeline *pipeline, int operation,
                      const struct tri_image *in, const struct tri_image *before,
                      struct expected *out);

/* For qsort. */
int oracle_ascending(const void *a, const void *b);
/* The sorted samples of `planes` planes from `first` on; release with free(). */
int64_t *oracle_sorted(const struct tri_image *in, int first, int planes, size_t *count);

/* The second picture. Around it samples are 0. */
const struct tri_image *oracle_with(const struct tri_pipeline *pipeline);
/* Its sample in plane `plane` of `colours`, 1 or 3, where the first picture's maximum is `max`. */
int64_t oracle_with_sample(const struct tri_image *with, int colours, int plane, int x, int y,
                           int max);
int64_t oracle_with_alpha(const struct tri_image *with, int x, int y, int max);
/* Calls `point` for each sample of two pictures of one size. */
void oracle_pairs(const struct tri_image *in, const struct tri_image *with, struct expected *out,
                  double (*point)(double a, double b, double max));

/* The weights of the inputs in each output along one axis. */
struct oracle_weights {
    int outputs, inputs;
    double *weight; /* outputs rows of `inputs` */
};
struct oracle_weights oracle_weights_new(int outputs, int inputs);
/* Adds to a weight; that of an input outside the image is added to the edge. */
void oracle_weights_add(struct oracle_weights *weights, int output, int input, double weight);
void oracle_weights_normalise(struct oracle_weights *weights); /* each output's sum becomes 1 */
/* Writes plane `plane` of `out`, neither rounded nor clamped. */
void oracle_weights_apply(const struct oracle_weights *across, const struct oracle_weights *down,
                          const struct tri_image *in, int plane, struct expected *out);

#endif
