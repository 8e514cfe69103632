/* kernel_description.h -- how a kernel file describes itself to the program: its name, parameters,
 * graph of passes and known answer. Kernel files include this through the dialect; see
 * docs/kernels.md. */
#ifndef TRI_KERNEL_DESCRIPTION_H
#define TRI_KERNEL_DESCRIPTION_H

#include "../triptych.h"
#include "../image/colour.h"
#include "../parallel/cpu.h"
#include "../../kernels/dialect/row_arguments.h"

/* ---- passes ---- */

enum tri_pass_kind {
    PASS_LANES,
    PASS_GATHER,
    PASS_SLIDE,
    PASS_SCAN,
    PASS_HISTOGRAM,
    PASS_MAP,
    PASS_CHOOSE,
    PASS_REGIONS,
    PASS_UPDATE,
    PASS_EXTREMES
};

struct tri_rows {
    void (*run)(const struct tri_row *row);
    int in_size, out_size; /* bytes per sample */
};

struct tri_pass {
    const char *name, *file;
    enum tri_pass_kind kind;
    const struct tri_rows *rows[2][TRI_LEVEL_COUNT]; /* [bits == 16] */
    struct tri_own *own; /* the kernel file that was compiled for it (own.h); NULL: built in */
};

/* Whether it fills a table of counts, not planes. */
static inline bool tri_pass_counts(const struct tri_pass *pass)
{
    return pass->kind == PASS_HISTOGRAM || pass->kind == PASS_EXTREMES;
}

/* ---- the graph that a kernel's host part builds ---- */

struct tri_graph;
struct tri_operation; /* a kernel with the values of its parameters */

/* The value passed between kernels: one channel (a plane of samples) per plane, alpha last. */
struct tri_value {
    int planes;
    int channel[TRI_PLANES_MAX];
};

/* Sample counts of a histogram's channels, by value. Of EXTREMES only count[0], how far the least
 * sample is below the maximum, and count[1], the greatest. */
struct tri_counts {
    int bins; /* 1 << bits */
    const uint64_t *count;
    uint64_t total; /* 0 of EXTREMES */
};

/* What a pass reads of its input in one direction: for sample i of the output, `count` samples from
 * floor(i * step + first) on; where some of these lie outside by more than `reach` (in a row), it
 * reads others instead, as near as there are. step >= 0. count 0: anything. */
struct tri_reads {
    double step, first;
    int count;
};

/* One use of a pass. Channels are numbered from 1; 0 is none. */
struct tri_node_spec {
    int in[TRI_INPUTS];
    int outputs;         /* default 1; 0 for a histogram and for an update */
    int low, high;       /* AT(dx, dy) is used with low <= dy <= high */
    int sparse, rows[4]; /* or with 0 <= dy < sparse, which then means row y + rows[dy] */
    int reach;           /* and with -reach <= dx <= reach */
    bool dynamic;        /* the body computes dy, from Y */
    bool specialize;   /* constants set loop counts or offsets: device programs are built for their
                          values */
    bool transposed;   /* rows of the output are columns of the input */
    int block;         /* rows that the pass makes at a time where all rows of the output exist */
    bool whole;        /* the pass sees whole planes of its inputs (SAMPLE, SOURCE) */
    int width, height; /* of the output; default: the input's */
    /* Of such a pass, and of gathers: what it reads, along rows and columns. Tiles then need not
     * have whole planes. Directions that a pass cannot choose need not be stated: a gather that is
     * not `whole` reads its own row, and a pass in lanes without `reach` its own column. */
    struct tri_reads across, down;
    /* Arithmetic operations for one sample of each output, for the roofline of reports and for how
     * many samples an item of a GPU makes at a time; 0: the samples that it reads (operations.c).
     */
    double operations;
    /* Does the work of this pass and of its source together, where rows are walked; NULL: none.
     * Used if nothing else reads the source, and neither has other constants than the other. */
    const struct tri_pass *fused;
    const void *constants; /* copied; CONSTANTS(type) points to the copy */
    size_t constants_size;
    int histogram; /* for a histogram or extremes: into this one too; else: `finish` waits for it */
    /* Completes the constants from the counts, during a run. */
    void (*finish)(const struct tri_counts *counts, const struct tri_operation *operation,
                   void *constants);
    /* Sets the constants for each frame, numbered from 0. */
    void (*frame)(long number, const struct tri_operation *operation, void *constants);
    /* The output replaces this channel, which a pass has made before, instead of being a new one;
     * an update changes it too. No pass of the same stage reads it. */
    int into;
};

/* Adds a node. Returns the channel of its first output (the others follow it), for a histogram a
 * number for `histogram`, or for an update the channel that it updates. After a failure, which the
 * graph records, it returns 0. */
int tri_graph_add(struct tri_graph *graph, const struct tri_pass *pass,
                  const struct tri_node_spec *spec);
/* Repeats the nodes from here to tri_graph_repeat_end in rounds: `most` times, or, if some are
 * histograms, until a round counts what the round before it has counted. What a round hands to the
 * next are channels from before, replaced with `into`. */
void tri_graph_repeat(struct tri_graph *graph, uint64_t most);
void tri_graph_repeat_end(struct tri_graph *graph);
/* Returns the channel as it was `frames` frames earlier, 1 to TRI_FRAMES_MAX; before the first
 * frame, as in the first. */
#define TRI_FRAMES_MAX 32
int tri_graph_previous(struct tri_graph *graph, int channel, int frames);
/* Returns a channel with the shape of `like` that holds what the previous frame kept with
 * tri_graph_feedback; it is zero in the first frame. */
int tri_graph_state(struct tri_graph *graph, int like);
void tri_graph_feedback(struct tri_graph *graph, int state, int channel);
/* Declares that the result lags behind by `frames`: the kernel looks at frames after the one that
 * it yields. */
void tri_graph_delay(struct tri_graph *graph, int frames);
/* Declares that the result has no colour (a mask, edge strengths): for videos in Y'CbCr only luma
 * is made. */
void tri_graph_monochrome(struct tri_graph *graph);
/* The values of black and white in the current planes: 0 and the maximum, unless they are planes of
 * Y'CbCr video. In chroma both are the middle, which is neutral. */
struct tri_levels {
    uint32_t black, white;
};
struct tri_levels tri_graph_levels(const struct tri_graph *graph);
/* Where the samples of the current planes lie: how far right of and below the centre of the area
 * that they represent, in sample distances. 0 except for subsampled chroma of videos, which is
 * mostly sited left, and for planes that become such chroma, or were. Of these, step_x and step_y
 * are the samples of the input for one of the result, as chroma's last samples may represent an
 * area that is partly outside; 0: the quotient of the sizes. */
struct tri_siting {
    double in_x, in_y, out_x, out_y, step_x, step_y;
};
struct tri_siting tri_graph_siting(const struct tri_graph *graph);
/* The whole picture that the samples of a channel stand for, if a decoder has shrunk it: its size
 * in the file, and its edges in sample distances. For other pictures all of that is the channel's.
 * A kernel that asks accepts such pictures as the first of a pipeline. */
struct tri_extent {
    int whole_width, whole_height;
    double x, y, width, height;
};
struct tri_extent tri_graph_extent(struct tri_graph *graph, int channel);
/* A part of the kernel's input, in samples. */
struct tri_rectangle {
    double x, y, width, height;
};
/* Declares which part of the input the result shows; it may reach beyond it. Returns false if the
 * planes have the picture's size. Else, for chroma with fewer samples, sets the region to luma's,
 * divided, so that a fraction of a sample may remain; parameters of TRI_WIDTH and TRI_HEIGHT are
 * the result's size then. */
bool tri_graph_region(struct tri_graph *graph, struct tri_rectangle *region);
/* Declares that the result's samples are those of the input, or of the declared region, moved only:
 * mirrored left to right or top to bottom, then transposed if tri_graph_transposed declares that.
 */
void tri_graph_moves(struct tri_graph *graph, bool mirrored_x, bool mirrored_y);
/* For chroma with fewer samples: 2^shift times fewer columns and rows than luma, whose input and
 * result have these sizes. Else shifts are 0, and so are the sizes. */
struct tri_luma {
    int shift_x, shift_y, width, height, out_width, out_height;
};
struct tri_luma tri_graph_luma(const struct tri_graph *graph);
/* Returns whether the graph is only checked, for pictures of every size: then nothing may fail that
 * depends on the size. */
bool tri_graph_any_size(const struct tri_graph *graph);
/* Returns whether the graph never runs: then constants that take long to make may be anything of
 * the same size. */
bool tri_graph_shapes_only(const struct tri_graph *graph);
/* Declares that the kernel treats the planes differently although none depends on another. */
void tri_graph_planes_differ(struct tri_graph *graph);
/* Declares that the kernel works on light, not on arbitrary samples (a curve, a product): videos in
 * Y'CbCr are converted to R, G, B for it. */
void tri_graph_needs_rgb(struct tri_graph *graph);
/* Returns whether the second line of a frame belongs to the field that is shown first; false if
 * unknown. */
bool tri_graph_bottom_first(const struct tri_graph *graph);
/* Declares what happens to the fields of interlaced video. If they are gone, the result is
 * progressive. */
void tri_graph_fields(struct tri_graph *graph, enum tri_fields fields);
/* Declares that rows and columns are swapped: so is the aspect of a pixel, and fields are gone. */
void tri_graph_transposed(struct tri_graph *graph);
/* Declares that every sample of the result is one of the input's, so that light levels and depth
 * stay true. */
void tri_graph_same_samples(struct tri_graph *graph);
/* Sets the data that the kernel reports besides the picture, as CSV: `line` makes a line, or none,
 * from each sample of a 32-bit channel; its constants are those of the node that makes the channel.
 * Among several kernels of a pipeline the last one reports, and among its planes the first. */
void tri_graph_data(struct tri_graph *graph, int channel, const char *columns,
                    void (*line)(FILE *to, int x, int y, uint32_t sample, const void *constants));
/* The same where lines are made from several samples: `table` gets all of the channel. Of its
 * constants it may use only what the host part has set, not what `finish` has completed. */
struct tri_data {
    int width, height, bits; /* bits: of the picture */
    long stride;             /* samples */
    const uint32_t *samples;
    const void *constants;
};
void tri_graph_table(struct tri_graph *graph, int channel, const char *columns,
                     void (*table)(FILE *to, const struct tri_data *data));
/* After that: `merge` makes the lines for two texts of lines together, of as many planes in the
 * same order. Then lines for all pictures or frames follow theirs. */
void tri_graph_totals(struct tri_graph *graph,
                      void (*merge)(FILE *to, const char *total, const char *lines));
/* Makes such a channel of numbers that `finish` yields from the histogram of each plane, with
 * tri_figure_set (figures.h). `like` is a channel of the picture's samples. */
struct tri_figures {
    int count;              /* numbers for each plane, of 64 bits */
    uint32_t parameters[3]; /* words 1 to 3 of the constants */
    void (*finish)(const struct tri_counts *counts, const struct tri_operation *operation,
                   void *constants);
};
int tri_graph_figures(struct tri_graph *graph, int like, const int histograms[], int planes,
                      const struct tri_figures *figures);
/* The second picture (`run --with`), in the depth of the graph, for a kernel whose input is `like`:
 * as many colours, then alpha. Its first sample lies at (x, y) of channels that are as large as
 * those of `like`; around it colours and alpha are 0. Gray serves as each colour, and colours
 * become gray as by the kernel gray; without alpha it is opaque. Declares tri_graph_needs_rgb. */
struct tri_value tri_graph_with(struct tri_graph *graph, const struct tri_value *like, int x,
                                int y);
/* The same at (0, 0). Fails if it has another size than `like`. */
struct tri_value tri_graph_with_equal(struct tri_graph *graph, const struct tri_value *like);
int tri_graph_with_width(const struct tri_graph *graph, const struct tri_value *like);
int tri_graph_with_height(const struct tri_graph *graph, const struct tri_value *like);
/* Applies another kernel to a channel, with default values for all parameters but one. */
int tri_graph_kernel(struct tri_graph *graph, const char *kernel, const char *param, double value,
                     int channel);
/* Applies an idempotent choice among samples (minimum, maximum) to a square window, with the passes
 * of cover.h: windows of up to 7 at once, then fourfold in each pass. [0], [1], [2]: radius 1,
 * 2, 3.
 */
struct tri_cover {
    const struct tri_pass *columns_of[3], *rows_of[3], *both_of[3];
    const struct tri_pass *columns, *rows, *columns_rows_7;
};
int tri_graph_cover(struct tri_graph *graph, const struct tri_cover *passes, int radius,
                    int channel);
/* Where pixels of a result are in the input: at x / divisor and y / divisor, which are sums of [0]
 * for each column, [1] for each row, and [2]. Places are counted from the top left corner, so the
 * centre of the first pixel is at 0.5; an affine map has the divisor 0, 0, 1. */
struct tri_map {
    double x[3], y[3], divisor[3];
    bool cubic;     /* bicubic rather than bilinear interpolation */
    bool replicate; /* outside is the edge; else black, or transparent */
    double gray;    /* what is outside instead of black */
};
/* Moves the pixels of all planes, for a result of this size. */
struct tri_value tri_graph_warp(struct tri_graph *graph, struct tri_value in,
                                const struct tri_map *map, int width, int height);
/* Maps each plane through a table of 2^bits ushorts that `finish` makes from its histogram, or if
 * `joint` from the histogram of all planes together. */
struct tri_value tri_graph_by_histogram(struct tri_graph *graph, const struct tri_pass *count,
                                        const struct tri_pass *lookup, bool joint,
                                        void (*finish)(const struct tri_counts *,
                                                       const struct tri_operation *, void *),
                                        struct tri_value in);
/* The same with the histograms of the planes. */
struct tri_value
tri_graph_by_counts(struct tri_graph *graph, const struct tri_pass *lookup, const int *histogram,
                    void (*finish)(const struct tri_counts *, const struct tri_operation *, void *),
                    struct tri_value in);
/* Stretches each plane to all values, from a range that `finish` finds in its histogram, or if
 * `joint` in that of all planes together, and passes to tri_stretch_range with the constants it is
 * given. `extremes`: the range is that of all samples, and `finish` is not called. */
struct tri_value tri_graph_stretch(struct tri_graph *graph, bool joint, bool extremes,
                                   void (*finish)(const struct tri_counts *,
                                                  const struct tri_operation *, void *),
                                   struct tri_value in);
/* low becomes 0, high the maximum, and what is between them is mapped linearly, rounded half up. If
 * low is not below high, nothing changes. */
void tri_stretch_range(const struct tri_counts *counts, int low, int high, void *constants);
/* Makes each of three colours a weighted sum of them, in integers, rounded half up and clamped:
 * after[i] + sum of weight[i][j] * (in[j] - before[j]). Weights are rounded to 2^-14 (8 bits) or
 * 2^-20, less if they are large, but the sum of a row is rounded as a whole. |weight| < 16. */
struct tri_mix {
    double weight[3][3];
    int before[3], after[3];
};
struct tri_value tri_graph_mix(struct tri_graph *graph, const struct tri_mix *mix,
                               struct tri_value in);
/* Fails with the status and text of another error. */
void tri_graph_fail_as(struct tri_graph *graph, const struct tri_error *error);
/* What the user should know of the result: a line, which is kept once. */
void tri_graph_note(struct tri_graph *graph, const char *text);
/* Finds connected components of the samples that are not 0, or with `corners` also by corners, in
 * runs (kernels/dialect/runs.h): a channel of pointers, whose ends components_first finds, bits of
 * where runs begin, and bits of samples. A component ends at its first sample, in raster order.
 * With `strong` components that have a sample of the maximum end at 0; runs with such a sample have
 * no pointer, but are in a channel of bits, by pairs of rows. */
struct tri_components {
    int rows, shift; /* of a struct tri_runs */
    int pointers, begins, bits, strong;
};
struct tri_components tri_graph_components(struct tri_graph *graph, int in, bool corners,
                                           bool strong);
void tri_graph_fail(struct tri_graph *graph, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int tri_graph_bits(const struct tri_graph *graph);
int tri_graph_width(const struct tri_graph *graph, int channel);
int tri_graph_height(const struct tri_graph *graph, int channel);
const struct tri_operation *tri_graph_operation(const struct tri_graph *graph);
double tri_operation_value(const struct tri_operation *operation, const char *param);

/* The value of a TRI_LIST. */
struct tri_list {
    int count, columns; /* columns: numbers in each row; 0: it has no rows */
    const double *numbers;
};
struct tri_list tri_operation_list(const struct tri_operation *operation, const char *param);
struct tri_rgba tri_operation_colour(const struct tri_operation *operation, const char *param);
const char *tri_operation_string(const struct tri_operation *operation, const char *param);
/* For `frame` of a node: the depth, and the time of that frame; of pictures, which have none,
 * `number` 25ths of a second. */
int tri_operation_bits(const struct tri_operation *operation);
double tri_operation_seconds(const struct tri_operation *operation, long number);
/* What `read` of the kernel's files made of a TRI_FILE. */
const void *tri_operation_contents(const struct tri_operation *operation, const char *param);

/* ---- arithmetic for host parts: + - * / only, so the same on every machine ---- */

double tri_exp(double x);
double tri_pow(double x, double y); /* x > 0 */
double tri_sin_pi(double x);        /* sin(pi x) */
struct tri_divisor tri_divisor_make(uint32_t divisor);
/* Fills a table of maximum + 1 entries that maps low to 0, high to the maximum, and what is between
 * them linearly, rounded half up. If low is not below high, nothing changes. */
void tri_table_stretch(ushort *table, int maximum, int low, int high);

/* ---- kernels ---- */

/* How an alpha plane is treated. */
enum tri_alpha {
    TRI_ALPHA_KEPT,          /* the kernel sees the colour planes only */
    TRI_ALPHA_PLAIN,         /* alpha is a plane like the others */
    TRI_ALPHA_PREMULTIPLIED, /* colour is multiplied by alpha before and divided by it after */
};
enum tri_alpha tri_alpha_kept(const struct tri_operation *operation);
enum tri_alpha tri_alpha_plain(const struct tri_operation *operation);
enum tri_alpha tri_alpha_premultiplied(const struct tri_operation *operation);

struct tri_picture {
    int width, height, planes;
    const unsigned char *samples; /* 8 bits, plane by plane */
};

/* A known answer, worked out by hand: the pipeline makes `out` from `in`. If `before` has samples,
 * it is the frame before `in`; `after` is the frame that a delayed result waits for, `with` the
 * second picture. */
struct tri_known {
    const char *pipeline;
    struct tri_picture in, out, before, after, with;
};

struct tri_about {
    const char *name;
    enum tri_alpha (*alpha)(const struct tri_operation *operation);
    const char *summary, *help, *example;
    const struct tri_param *params; /* ends with name NULL */
};

/* Its names in other programs, in lower case without '-' and '_', separated by '|'; and the
 * pipeline for them. */
struct tri_alias {
    const char *names, *call;
};

/* For kernels with parameters that name files. */
struct tri_kernel_files {
    /* Checks a file of `size` bytes, after which there is a zero, and makes what the host part
     * needs of it, in one block of memory that ends with free(). `path` is for messages. A failure
     * is TRI_FAILED, with the line, or TRI_USAGE. */
    enum tri_status (*read)(const char *path, const char *bytes, size_t size, void **contents,
                            struct tri_error *error);
    /* Files that are part of the program, given as "@name"; ends with name NULL. */
    const struct tri_own_file {
        const char *name, *text;
    } * own;
};

struct tri_kernel {
    const struct tri_about *about;
    const struct tri_alias *aliases; /* ends with names NULL */
    const struct tri_known *known;
    /* One of these: for all planes together, or for one plane at a time. */
    struct tri_value (*graph)(struct tri_graph *graph, struct tri_value in);
    int (*graph_plane)(struct tri_graph *graph, int in);
    const struct tri_kernel_files *files; /* NULL: no parameter names one */
    struct tri_own *own;                  /* as in tri_pass */
};

/* Returns the pipeline for what other programs call `name`, such as "gaussian:sigma=2" for "blur";
 * NULL if unknown. */
const char *tri_kernel_call(const char *name);

#include "figures.h"

/* ---- the vocabulary of a kernel file's host part ---- */

#ifdef HOST
/* PARAM_s follow each other without commas. */
#define KERNEL(name, alpha, summary, help, example, ...) \
    static const struct tri_param name##_params[] = {__VA_ARGS__{0}}; \
    static const struct tri_about name##_about = {#name, alpha,   summary, \
                                                  help,  example, name##_params};
#define PARAM_INT(name, initial, minimum, maximum, help) \
    {#name, TRI_INT, initial, minimum, maximum, 0, help, TRI_NO_LENGTH, 0},
#define PARAM_FLOAT(name, initial, minimum, maximum, help) \
    {#name, TRI_FLOAT, initial, minimum, maximum, 0, help, TRI_NO_LENGTH, 0},
/* For parameters that count pixels: TRI_RADIUS, TRI_WIDTH or TRI_HEIGHT. */
#define PARAM_LENGTH(name, type, initial, minimum, maximum, help, length) \
    {#name, type, initial, minimum, maximum, 0, help, length, 0},
#define PARAM_CHOICE(name, initial, count, choices, help) \
    {#name, TRI_CHOICE, initial, 0, (count)-1, choices, help, TRI_NO_LENGTH, 0},
/* Text; `initial` 0: it must be given. A file needs GRAPH_WITH_FILES. */
#define PARAM_LIST(name, initial, minimum, maximum, help) \
    {#name, TRI_LIST, 0, minimum, maximum, 0, help, TRI_NO_LENGTH, initial},
#define PARAM_COLOUR(name, initial, help) \
    {#name, TRI_COLOUR, 0, 0, 0, 0, help, TRI_NO_LENGTH, initial},
#define PARAM_TEXT(name, initial, help) {#name, TRI_TEXT, 0, 0, 0, 0, help, TRI_NO_LENGTH, initial},
#define PARAM_FILE(name, initial, help) {#name, TRI_FILE, 0, 0, 0, 0, help, TRI_NO_LENGTH, initial},
#define NO_PARAMS

/* ALIAS_s follow each other without commas. */
#define ALIASES(name, ...) static const struct tri_alias name##_aliases[] = {__VA_ARGS__{0}};
#define ALIAS(names, call) {names, call},
#define NO_ALIASES

#define KNOWN(name, ...) static const struct tri_known name##_known = {__VA_ARGS__};
#define PICTURE(width, height, planes, ...) \
    { \
        width, height, planes, (const unsigned char[]) \
        { \
            __VA_ARGS__ \
        } \
    }

/* Of a file that the program compiles itself, the kernel is found by this pointer. */
#ifdef TRI_OWN
#define OWN_KERNEL(name) const struct tri_kernel *const tri_own_kernel = &tri_kernel_##name;
#else
#define OWN_KERNEL(name)
#endif
#define GRAPH(name) GRAPH_WITH_FILES(name, 0)
#define GRAPH_WITH_FILES(name, files) \
    static struct tri_value name##_graph(struct tri_graph *graph, struct tri_value in); \
    const struct tri_kernel tri_kernel_##name = { \
        &name##_about, name##_aliases, &name##_known, name##_graph, 0, files, 0}; \
    OWN_KERNEL(name) \
    static struct tri_value name##_graph(struct tri_graph *graph, struct tri_value in)
#define GRAPH_PLANE(name) \
    static int name##_graph(struct tri_graph *graph, int in); \
    const struct tri_kernel tri_kernel_##name = { \
        &name##_about, name##_aliases, &name##_known, 0, name##_graph, 0, 0}; \
    OWN_KERNEL(name) \
    static int name##_graph(struct tri_graph *graph, int in)

#define NODE(pass, ...) tri_graph_add(graph, &tri_pass_##pass, &(struct tri_node_spec){__VA_ARGS__})
#define USES(pass) extern const struct tri_pass tri_pass_##pass;
#define VALUE(param) tri_operation_value(tri_graph_operation(graph), #param)
#define LIST(param) tri_operation_list(tri_graph_operation(graph), #param)
#define COLOUR(param) tri_operation_colour(tri_graph_operation(graph), #param)
#define TEXT(param) tri_operation_string(tri_graph_operation(graph), #param)
#define CONTENTS(param) tri_operation_contents(tri_graph_operation(graph), #param)
#endif

#endif
