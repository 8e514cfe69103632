/* graph.h -- passes at work and the channels between them, as the kernels' host parts build them. */
#ifndef TRI_GRAPH_H
#define TRI_GRAPH_H

#include "kernel.h"

struct tri_operation {
    const struct tri_kernel *kernel;
    const double *values; /* one for each parameter */
    int bits;
};

enum { FROM_INPUT = -1, FROM_BEFORE = -2 };

struct tri_channel {
    int width, height, size; /* bytes a sample */
    int producer;            /* node, FROM_INPUT or FROM_BEFORE */
    int of;                  /* plane of the input, or the channel that it is some frames behind */
    int ago;                 /* so many frames, 1 or more */
    int first;               /* and the frame in which `of` is the first of its own */
    bool state;              /* it is `of` one frame before, which is made from it; zero at first */
};

struct tri_node {
    const struct tri_pass *pass;
    struct tri_node_spec spec;
    void *constants; /* the spec's, copied */
    struct tri_operation operation; /* what it is part of, for `finish`: the pipeline's own values */
    int first; /* the frame in which it sees the first of its own: kernels before it may be late */
    int delay; /* of the kernels up to its own: so many runs after the last frame's it makes its last frame */
    int inputs;
    int first_output; /* channel; outputs follow each other */
    int tally;        /* number from 1, of tallies and of those that wait for one */
};

/* What is told beside the picture; see tri_graph_data. */
struct tri_told {
    int channel; /* 0: nothing */
    const char *columns;
    void (*line)(FILE *to, int x, int y, uint32_t sample, const void *constants);
};

/* What an operation of a pipeline makes. */
struct tri_result {
    int width, height;
    bool turned; /* against the pipeline's input */
};

struct tri_graph {
    const struct tri_operation *operation; /* whose host part is at work */
    int bits;
    struct tri_node *nodes;
    int node_count, node_room;
    struct tri_channel *channels; /* [0] is none */
    int channel_count, channel_room;
    int tally_count;
    int delay; /* frames that the result lags behind, of the operation at work or, at last, of all */
    int first; /* frames that the operation's input lags behind */
    uint64_t max_pixels; /* that an operation may make */
    bool monochrome, light;
    struct tri_levels levels;
    struct tri_siting siting;
    char first_field; /* of the input, as of a plane */
    bool turned; /* an odd number of times */
    enum tri_fields fields;
    bool same_samples; /* said by the kernel at work */
    bool new_samples;  /* some kernel has made them */
    struct tri_told told;
    const double *told_by; /* the values of the operation that tells it */
    int told_first, told_delay; /* `first` of that operation, and `delay` up to there */
    struct tri_result *results; /* of each operation */
    struct tri_error error;
};

struct tri_pipeline {
    char *text;
    int length;
    struct tri_pipeline_step {
        const struct tri_kernel *kernel;
        double *values;
    } *steps;
    /* Known since it was made: kernels treat time and samples alike in pictures of all shapes. */
    bool over_time, pairs, same_samples;
    int delay;
    uint64_t max_pixels;      /* see tri_pipeline_limit */
    struct tri_levels levels; /* of planes of video; white is 0: the usual ones */
    struct tri_siting siting;
    char first_field;         /* as of a plane */
};

/* A plane of a video's frames. */
struct tri_plane {
    int shift_x, shift_y;      /* it has 2^shift times fewer columns and rows */
    struct tri_levels levels;  /* white 0: the usual ones */
    struct tri_siting siting;
    char first_field;          /* of interlaced frames 't', top, or 'b', bottom; else 0 */
};
/* A copy of the pipeline for such planes: tri_pipeline_scaled, and what an operation makes has the size of what it makes of
 * luma, divided. `frames` is the pipeline's graph for whole frames. */
enum tri_status tri_pipeline_of_plane(const struct tri_pipeline *pipeline, const struct tri_graph *frames,
                                      const struct tri_plane *plane, struct tri_pipeline **result, struct tri_error *error);
/* The parts one after the other, as one pipeline of its own. The lowest of their limits holds. */
enum tri_status tri_pipeline_join(const struct tri_pipeline *const *parts, int count, struct tri_pipeline **result,
                                  struct tri_error *error);

/* Builds the graph of a pipeline for an input shape; `out` is what it yields, `shape` its shape.
 * The input's channels are 1, 2, ... */
enum tri_status tri_graph_build(const struct tri_pipeline *pipeline, const struct tri_shape *in, struct tri_graph *graph,
                                struct tri_value *out, struct tri_shape *shape, struct tri_error *error);
void tri_graph_free(struct tri_graph *graph);
/* What is wrong for the smallest picture is wrong for all: values that contradict each other, sides that are too long. So it
 * is said before any picture is read. Learns time and samples, too. */
enum tri_status tri_pipeline_check(struct tri_pipeline *pipeline, struct tri_error *error);
/* Sets what the pipeline is known to do with time and samples, by its graph for pictures of any shape. */
void tri_pipeline_learn(struct tri_pipeline *pipeline, const struct tri_graph *graph);
/* What the graph, with all planes of frames for its input, says of a pipeline. */
enum tri_status tri_graph_properties(const struct tri_graph *graph, const struct tri_value *out, const struct tri_shape *in,
                                     struct tri_properties *properties, struct tri_error *error);

/* Puts copies where outputs are read or shared, or inputs' padding is too narrow; a failure stays in
 * the graph. */
void tri_graph_fit(struct tri_graph *graph, struct tri_value *out);
/* For each channel, the samples beyond a row's ends that its readers ask for. */
void tri_graph_halos(const struct tri_graph *graph, int *halo);

#endif
