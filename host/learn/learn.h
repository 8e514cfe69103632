/* learn.h -- learns a filter from pictures before and after: the kernel `products` sums what linear
 * regression needs, on any backend, in integers; the host descends from there. So the weights are
 * the same bits whatever made the sums, and however they were added. */
#ifndef TRIPTYCH_LEARN_H
#define TRIPTYCH_LEARN_H

#include "../triptych.h"

enum { TRI_LEARN_SIDE_MAX = 9, TRI_LEARN_TAPS_MAX = TRI_LEARN_SIDE_MAX * TRI_LEARN_SIDE_MAX };

/* What is learnt: a sample as a sum of the samples around it, or of the colours of its pixel. */
struct tri_learn_model {
    int side;     /* of the window; 0: colours */
    bool colours; /* then planes are told apart: each has weights of its own */
};
int tri_learn_taps(const struct tri_learn_model *model);

/* ---- sums.c ---- */

__extension__ typedef __int128 tri_learn_wide;

/* Products of factors i and j <= i at i (i + 1) / 2 + j: first the taps, then 1, then what is
 * wanted. The product of 1 and 1 is the number of places. */
enum {
    TRI_LEARN_FACTORS_MAX = TRI_LEARN_TAPS_MAX + 2,
    TRI_LEARN_PRODUCTS_MAX = TRI_LEARN_FACTORS_MAX * (TRI_LEARN_FACTORS_MAX + 1) / 2
};
struct tri_learn_sums {
    int taps;
    tri_learn_wide product[TRI_LEARN_PRODUCTS_MAX];
};
/* Any order and grouping gives the same: parts of pictures, pictures, and machines. */
void tri_learn_sums_add(struct tri_learn_sums *to, const struct tri_learn_sums *from);
tri_learn_wide tri_learn_places(const struct tri_learn_sums *sums);

/* The sums of a pair of pictures in blocks, for each plane. */
struct tri_learn_pair {
    int taps, planes, bits, blocks;
    int columns; /* of blocks, which are TRI_LEARN_BLOCK_WIDTH x TRI_LEARN_BLOCK_HEIGHT */
    uint64_t *sums;
};
enum { TRI_LEARN_BLOCK_WIDTH = 256, TRI_LEARN_BLOCK_HEIGHT = 64 };
/* TRI_USAGE: the pictures do not suit each other, or the model. Else as tri_job_run. */
enum tri_status tri_learn_pair_sum(struct tri_backend *backend, const struct tri_learn_model *model,
                                   struct tri_image *before, const struct tri_image *after,
                                   struct tri_learn_pair *pair, struct tri_error *error);
void tri_learn_pair_free(struct tri_learn_pair *pair);
/* Allocates the sums of a pair whose shape is set, as 0. TRI_FAILED: no memory. */
enum tri_status tri_learn_pair_make(struct tri_learn_pair *pair, struct tri_error *error);
/* How many sums a pair has, all blocks together. */
size_t tri_learn_pair_numbers(const struct tri_learn_pair *pair);
void tri_learn_pair_add(struct tri_learn_sums *to, const struct tri_learn_pair *pair, int plane,
                        int block);
/* The number of places that count. */
uint64_t tri_learn_pair_places(const struct tri_learn_pair *pair, int plane, int block);

/* ---- descend.c ---- */

/* The mean squared error as a function of the weights, with the best offset for each; of colours
 * without an offset: means are 0 then, and covariances are means of products. */
struct tri_learn_problem {
    int taps;
    double places, mean[TRI_LEARN_TAPS_MAX], wanted; /* means of the taps, and of what is wanted */
    double variance;                                 /* of what is wanted */
    double with_wanted[TRI_LEARN_TAPS_MAX];          /* covariances */
    double covariance[TRI_LEARN_TAPS_MAX][TRI_LEARN_TAPS_MAX];
};
/* TRI_USAGE: too few places, or too little detail to tell the weights apart. */
enum tri_status tri_learn_problem_set(struct tri_learn_problem *problem,
                                      const struct tri_learn_sums *sums, bool offset,
                                      struct tri_error *error);
/* Without these checks: for a loss alone. */
void tri_learn_problem_fill(struct tri_learn_problem *problem, const struct tri_learn_sums *sums,
                            bool offset);
double tri_learn_loss(const struct tri_learn_problem *problem, const double *weights);
/* Half the slope of the loss, downwards. */
void tri_learn_slope(const struct tri_learn_problem *problem, const double *weights, double *slope);
/* What is to be added to the sum of the weighted taps. */
double tri_learn_offset(const struct tri_learn_problem *problem, const double *weights);

struct tri_learn_step {
    int plane; /* whose weights; -1: those of all planes */
    long number;
    double loss, check; /* check: on places that were kept for that; NAN: there are none */
};
struct tri_learn_descent {
    bool steepest; /* along the slope itself; else along conjugate directions */
    long steps;    /* at most */
    int plane;     /* for the steps */
    long patience; /* ends after so many without a lower loss on the places for checks */
    void (*tell)(void *listener, const struct tri_learn_step *step); /* NULL: nobody */
    void *listener;
};
/* From weights of 0. `check` may be NULL. The step with the least loss on `check`, or the last one,
 * is returned, with its weights. */
struct tri_learn_step tri_learn_descend(const struct tri_learn_problem *problem,
                                        const struct tri_learn_problem *check,
                                        const struct tri_learn_descent *descent, double *weights);

/* ---- fraction.c ---- */

/* Weights and offset as they are written. */
struct tri_learn_fraction {
    int divisor;                               /* 1: the weights are decimals */
    double weight[TRI_LEARN_TAPS_MAX], offset; /* weights: before they are divided */
};
/* The simplest ones first; the last one is decimals of 7 places, as exact as any. */
enum { TRI_LEARN_FRACTIONS_MAX = 128 };
struct tri_learn_fractions {
    int taps, count;
    struct tri_learn_fraction list[TRI_LEARN_FRACTIONS_MAX];
};
/* Finds whole numbers over small divisors, or with `decimal` over powers of ten, that are so near
 * to the weights that rounding the results could hide the difference; each with a simple offset
 * first. */
void tri_learn_fractions_find(const struct tri_learn_problem *problem, const double *weights,
                              bool decimal, struct tri_learn_fractions *fractions);
/* Whether other weights with an offset differ by no more than rounding could hide. */
bool tri_learn_fits(const struct tri_learn_problem *problem, const double *than,
                    const double *weights, double offset);

/* ---- fit.c ---- */

/* Pairs of pictures; of each block, whether it is kept for checks instead of learnt from. */
struct tri_learn_set {
    struct tri_learn_pair *pairs;
    bool **kept;
    int count;
};
/* Keeps a quarter of the blocks that have places, chosen by the seed; none if there is only one.
 * TRI_FAILED: no memory. */
enum tri_status tri_learn_set_split(struct tri_learn_set *set, uint64_t seed,
                                    struct tri_error *error);
void tri_learn_set_free(struct tri_learn_set *set);

/* ---- curve.c ---- */

/* For each plane and range of samples that a matrix makes: how many there are, their sum, and that
 * of the samples wanted. */
enum { TRI_LEARN_RANGES = 64 };
struct tri_learn_tones {
    uint64_t sum[3][TRI_LEARN_RANGES][3];
};
struct tri_learn_part;
/* Adds those of a part of a pair of pictures in colour. Errors as tri_job_run. */
enum tri_status tri_learn_tones_add(struct tri_backend *backend, const char *matrix,
                                    struct tri_image *before, const struct tri_image *after,
                                    const struct tri_learn_part *part,
                                    struct tri_learn_tones *tones, struct tri_error *error);
/* Points of a curve, as parts of the maximum; it rises, from x 0 to 1. */
struct tri_learn_curve {
    int count;
    double x[TRI_LEARN_RANGES + 2], y[TRI_LEARN_RANGES + 2];
};
/* False if there are too few tones. */
bool tri_learn_curve_find(const struct tri_learn_tones *tones, int plane, int bits,
                          struct tri_learn_curve *curve);
/* Prints three curves, or what undoes them, as a pipeline. */
void tri_learn_curves_print(FILE *to, const struct tri_learn_curve *curves, bool inverse);
/* As tri_learn_pair_sum for colours, with the curves undone in the picture after; at 16 bits. */
enum tri_status tri_learn_pair_straighten(struct tri_backend *backend,
                                          const struct tri_learn_curve *curves,
                                          const struct tri_image *before,
                                          const struct tri_image *after,
                                          struct tri_learn_pair *pair, struct tri_error *error);

struct tri_learn_filter {
    struct tri_learn_step step; /* the one that it is from */
    double places;              /* that it is learnt from */
    struct tri_learn_fractions fractions;
    int chosen; /* of the fractions: the one that is written */
};
struct tri_learn_result {
    struct tri_learn_model model;
    int bits, count; /* count: of filters: 1 for all planes, or 3 */
    struct tri_learn_filter filters[3];
    bool curved; /* of colours: curves follow the matrix */
    struct tri_learn_curve curves[3];
};
/* Of a window, one filter serves all planes if it fits each as well as one of its own would.
 * TRI_USAGE: as tri_learn_problem_set. */
enum tri_status tri_learn_fit(const struct tri_learn_set *set, const struct tri_learn_model *model,
                              const struct tri_learn_descent *descent,
                              struct tri_learn_result *result, struct tri_error *error);

/* ---- result.c ---- */

/* The pipeline that does what was learnt; end *text with free(). TRI_USAGE: none does, as weights
 * or offsets are out of its range. */
enum tri_status tri_learn_text(const struct tri_learn_result *result, char **text,
                               struct tri_error *error);

/* Which part of a picture: its blocks that are kept, or those that are not; `blocks` NULL: all. */
struct tri_learn_part {
    const bool *blocks;
    bool kept;
};
/* How far a pipeline's results are from the pictures after. */
struct tri_learn_errors {
    uint64_t samples, apart, sum; /* apart: those that differ; sum: of the differences */
    uint64_t squares;
    int largest;
};
/* Adds those of a part of a picture, but for samples within `reach` of an edge. */
enum tri_status tri_learn_check(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                struct tri_image *before, const struct tri_image *after, int reach,
                                const struct tri_learn_part *part, struct tri_learn_errors *errors,
                                struct tri_error *error);
/* Chooses for each filter the simplest fraction with which the pipeline does as well on the part as
 * with decimals. Errors as tri_learn_text and tri_job_run. */
enum tri_status tri_learn_choose(struct tri_backend *backend, struct tri_learn_result *result,
                                 struct tri_image *before, const struct tri_image *after,
                                 const struct tri_learn_part *part, struct tri_error *error);

#endif
