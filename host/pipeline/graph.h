/* graph.h -- uses of passes and the channels between them, as built by the kernels' host parts. */
#ifndef TRI_GRAPH_H
#define TRI_GRAPH_H

#include "kernel_description.h"
#include "text_value.h"

struct tri_operation {
    const struct tri_kernel *kernel;
    const double *values;                /* one per parameter */
    struct tri_text_value *const *texts; /* one per parameter; NULL where its value is a number */
    int bits;
    /* for `frame` of a node: when the frame is shown, if that is known */
    bool timed;
    double seconds;
};

/* FROM_NOWHERE: its node is gone. FROM_WITH: a plane of the second picture. */
enum { FROM_INPUT = -1, FROM_PREVIOUS = -2, FROM_NOWHERE = -3, FROM_WITH = -4 };

/* `of` such a plane: one of its colours, what it would be in gray, or where it covers the channel.
 */
enum { WITH_GRAY = 3, WITH_ALPHA = 4 };

struct tri_channel {
    int width, height, size; /* size: bytes per sample */
    int producer;            /* node, FROM_INPUT, FROM_PREVIOUS or FROM_WITH */
    int of;                  /* plane of the input, or the channel that this one lags behind */
    int ago;                 /* by this many frames, 1 or more */
    int first;               /* the frame in which `of` has its own first frame */
    bool state; /* `of` one frame before, which is made from this channel; zero at first */
    int x, y;   /* where the second picture's first sample lies in it */
};

struct tri_node {
    const struct tri_pass *pass;
    struct tri_node_spec spec;
    void *constants; /* copied from the spec */
    /* that it belongs to, for `finish`; the values are the pipeline's */
    struct tri_operation operation;
    int first; /* the frame in which it sees its own first frame: earlier kernels may be delayed */
    int delay; /* of the kernels up to its own: it makes its last frame so many runs after the last
                  frame's */
    int inputs;
    int first_output; /* channel; the other outputs follow it */
    int histogram;    /* number from 1, for histograms and for nodes that wait for one */
    int repeat;       /* number from 1 of those that are repeated with it; 0: it is not repeated */
    uint64_t rounds;  /* at most */
};

/* Data reported besides the picture; see tri_graph_data and tri_graph_table. */
struct tri_told {
    int channel; /* 0: nothing */
    const char *columns;
    void (*line)(FILE *to, int x, int y, uint32_t sample, const void *constants);
    void (*table)(FILE *to, const struct tri_data *data);          /* instead */
    void (*merge)(FILE *to, const char *total, const char *lines); /* NULL: no totals */
};

/* The result of an operation of a pipeline. */
struct tri_result {
    int width, height;
    bool transposed; /* relative to the pipeline's input */
    bool placed;     /* the kernel has declared the region */
    struct tri_rectangle region;
    bool moves, mirrored_x, mirrored_y; /* as tri_graph_moves declares */
};

struct tri_graph {
    const struct tri_operation *operation; /* whose host part is running */
    int bits;
    struct tri_node *nodes;
    int node_count, node_room;
    struct tri_channel *channels; /* [0] is none */
    int channel_count, channel_room;
    int histogram_count;
    int repeat_count, repeat; /* repeat, rounds: of nodes that are added now */
    uint64_t rounds;
    bool lent; /* earlier inputs are read where they are, not copied */
    int delay; /* frames that the result lags behind: up to the current operation and, in the end,
                  of all */
    int first; /* frames that the operation's input lags behind */
    uint64_t max_pixels; /* that an operation may make */
    bool monochrome, needs_rgb, planes_differ, takes_with;
    bool any_size;                        /* as in tri_pipeline */
    bool shapes_only;                     /* it never runs */
    const struct tri_pipeline_step *step; /* of `operation` */
    bool placed;                          /* the current kernel has declared a region, */
    struct tri_rectangle region;          /* which is this */
    bool moves, mirrored_x, mirrored_y;   /* declared by the current kernel */
    double scale_x, scale_y;              /* samples of the result per sample of the input */
    const struct tri_image *with;         /* NULL: one as large as each kernel wants */
    struct tri_levels levels;
    struct tri_siting siting;
    struct tri_shrunk shrunk; /* the input, if its shape is that of such an image */
    bool shrinkable;          /* the first operation allows for that */
    char first_field;         /* of the input, as in tri_plane */
    bool transposed;          /* an odd number of times */
    enum tri_fields fields;
    bool same_samples; /* declared by the current kernel */
    bool new_samples;  /* some kernel makes new ones */
    struct tri_told told;
    const double *told_by;      /* the values of the operation that reports it */
    int told_first, told_delay; /* `first` of that operation, and `delay` up to it */
    struct tri_result *results; /* of each operation */
    char note[2000];            /* lines; "": none */
    struct tri_error error;
};

struct tri_pipeline {
    char *text;
    int length;
    struct tri_pipeline_step {
        const struct tri_kernel *kernel;
        double *values;
        struct tri_text_value **texts; /* as in tri_operation */
        bool placed; /* for chroma with fewer samples: the region is known from luma's */
        struct tri_rectangle region;
        struct tri_luma luma; /* also for that; width 0: the planes have the picture's size */
    } * steps;
    bool any_size; /* while it is checked, for pictures of every size */
    /* Known from the start: kernels treat time and samples the same way in pictures of all shapes.
     */
    bool over_time, pairs, same_samples, takes_with, shrinkable;
    char note[2000];   /* see tri_pipeline_note */
    const char *makes; /* the first kernel that does more than move samples; NULL: none */
    int delay;
    const char *data_columns; /* of the data that a kernel reports; NULL: none does */
    void (*data_merge)(FILE *to, const char *total, const char *lines);
    const struct tri_image *with; /* the second picture; NULL: none */
    bool noise;                   /* instead of it; see tri_pipeline_noise */
    uint64_t max_pixels;          /* see tri_pipeline_limit */
    struct tri_levels levels;     /* of planes of video; white 0: the default levels */
    struct tri_siting siting;
    struct tri_shrunk shrunk; /* see tri_pipeline_shrunk */
    char first_field;         /* as in tri_plane */
};

/* A plane of a video's frames. */
struct tri_plane {
    int shift_x, shift_y;     /* 2^shift times fewer columns and rows than the frame */
    struct tri_levels levels; /* white 0: the default levels */
    struct tri_siting siting;
    char first_field; /* of interlaced frames: 't' (top) or 'b' (bottom); else 0 */
};
/* Makes a copy of the pipeline for such planes, as tri_pipeline_scaled does, but with each
 * operation's result size divided from that for luma. `frames` is the pipeline's graph for whole
 * frames. */
enum tri_status tri_pipeline_of_plane(const struct tri_pipeline *pipeline,
                                      const struct tri_graph *frames, const struct tri_plane *plane,
                                      struct tri_pipeline **result, struct tri_error *error);
/* Parses without reading files and without checking that values suit each other: for texts that
 * are only compared. Such a pipeline has no graph. */
enum tri_status tri_pipeline_parse_words(const char *text, struct tri_pipeline **pipeline,
                                         struct tri_error *error);
/* Makes a new pipeline of the first operations. */
enum tri_status tri_pipeline_begin(const struct tri_pipeline *pipeline, int length,
                                   struct tri_pipeline **result, struct tri_error *error);
/* Makes a new pipeline of the parts in sequence. The lowest of their limits applies. */
enum tri_status tri_pipeline_join(const struct tri_pipeline *const *parts, int count,
                                  struct tri_pipeline **result, struct tri_error *error);

/* Builds the graph of a pipeline for an input shape; `out` is the result, `shape` its shape.
 * The input's channels are 1, 2, ... */
enum tri_status tri_graph_build(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                struct tri_graph *graph, struct tri_value *out,
                                struct tri_shape *shape, struct tri_error *error);
/* The same for a graph that never runs: kernels may leave tables empty that take long to make. */
enum tri_status tri_graph_build_shapes(const struct tri_pipeline *pipeline,
                                       const struct tri_shape *in, struct tri_graph *graph,
                                       struct tri_value *out, struct tri_shape *shape,
                                       struct tri_error *error);
void tri_graph_free(struct tri_graph *graph);
/* Returns the new channel's number; 0 after a failure, which the graph records. */
int tri_graph_add_channel(struct tri_graph *graph, const struct tri_channel *channel);
/* Reports, before any picture is read, what is wrong for the smallest picture and therefore for
 * all: contradictory values, sides that are too long. Also does tri_pipeline_learn. */
enum tri_status tri_pipeline_check(struct tri_pipeline *pipeline, struct tri_error *error);
/* Sets how the pipeline treats time and samples, from its graph for pictures of any shape. */
void tri_pipeline_learn(struct tri_pipeline *pipeline, const struct tri_graph *graph);
/* Whether data depend on other planes than the first. */
enum tri_status tri_graph_mixes_data(const struct tri_graph *graph, bool *mixes,
                                     struct tri_error *error);
/* Gets the properties of a pipeline from its graph, whose input is all planes of a frame. */
enum tri_status tri_graph_properties(const struct tri_graph *graph, const struct tri_value *out,
                                     const struct tri_shape *in, struct tri_properties *properties,
                                     struct tri_error *error);

/* shrink.c: what the pipeline knows of a picture that its decoder has shrunk, if it is of that
 * shape; factor 0: nothing. */
struct tri_shrunk tri_shrunk_to(const struct tri_shrunk *shrunk, const struct tri_shape *in);
/* Gets how many samples of the result there are to one of an image of this shape, across and down
 * as in the result. False if it makes no result of it. */
bool tri_pipeline_scale(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                        double *across, double *down);
/* with.c: from now on, jobs get noise as the second picture, as large as each kernel wants: for
 * measuring and comparing. */
void tri_pipeline_noise(struct tri_pipeline *pipeline);
/* Makes row `y` of a channel FROM_WITH from that picture, or from noise where it is NULL, for a
 * graph of that depth. */
void tri_with_row(const struct tri_image *image, const struct tri_channel *channel, int bits, int y,
                  void *row);

/* operations.c: counts the arithmetic of one run. An operation takes one more sample into a result:
 * a multiply-add, a minimum, a comparison, a table look-up. What only moves samples counts as 0;
 * so do conversions, rounding, addresses, and the samples that tiles and strips make twice. */
struct tri_operations {
    double all, choices; /* choices: those of passes that only choose (PASS_CHOOSE) */
};
double tri_node_operations(const struct tri_node *node); /* for one sample of each output */
struct tri_operations tri_graph_operations(const struct tri_graph *graph);
/* The same for a pipeline on an image of this shape. */
enum tri_status tri_pipeline_operations(const struct tri_pipeline *pipeline,
                                        const struct tri_shape *in,
                                        struct tri_operations *operations, struct tri_error *error);

/* Returns whether a node needs the padding around the rows that it reads. One that reads straight
 * above and below needs none: lanes beyond the width are made from arbitrary values and never read.
 */
bool tri_node_needs_padding(const struct tri_node *node);
/* Whether it sees planes, or whole rows, but says which part of them it reads. */
bool tri_node_reads_part(const struct tri_node *node);

/* Puts passes into one node with their sources where `fused` of their specs allows it and no more
 * than `most` channels are between them. */
void tri_graph_fuse(struct tri_graph *graph, const struct tri_value *out, int most);

/* Inserts copies where outputs are read or shared, or where an input's padding is too narrow, as it
 * always is if the input is packed; the graph records a failure. Inputs that later frames read are
 * copied, unless they are `lent`, which becomes false if they must be. */
void tri_graph_fit(struct tri_graph *graph, struct tri_value *out, bool packed);
/* Returns whether a channel is the input of an earlier run. */
bool tri_graph_past_input(const struct tri_graph *graph, int channel);
/* Gets, for each channel, how many samples beyond a row's ends its readers need. */
void tri_graph_halos(const struct tri_graph *graph, int *halo);

#endif
