/* kernel.h -- how a kernel file describes itself to the program: its name, parameters, graph of
 * passes and known answer. Kernel files include this through the dialect; docs/kernels.md is the guide. */
#ifndef TRI_KERNEL_H
#define TRI_KERNEL_H

#include "../triptych.h"
#include "../parallel/cpu.h"
#include "../../kernels/dialect/row.h"

/* ---- passes ---- */

enum tri_pass_kind { PASS_LANES, PASS_GATHER, PASS_SLIDE, PASS_SCAN, PASS_TALLY, PASS_MAP, PASS_CHOOSE };

struct tri_rows {
    void (*run)(const struct tri_row *row);
    int in_size, out_size; /* bytes a sample */
};

struct tri_pass {
    const char *name, *file;
    enum tri_pass_kind kind;
    const struct tri_rows *rows[2][TRI_LEVEL_COUNT]; /* [bits == 16] */
};

/* ---- the graph that a kernel's host part builds ---- */

struct tri_graph;
struct tri_operation; /* a kernel with the values of its parameters */

/* What flows between kernels: a channel (one plane of samples) for each plane, alpha last. */
struct tri_value {
    int planes;
    int channel[TRI_PLANES_MAX];
};

/* Counts of the samples of a tally's channels, by value. */
struct tri_counts {
    int bins; /* 1 << bits */
    const uint64_t *count;
    uint64_t total;
};

/* One pass at work. Channels are numbers from 1; 0 is none. */
struct tri_node_spec {
    int in[TRI_INPUTS];
    int outputs;            /* default 1; of a tally 0 */
    int low, high;          /* AT(dx, dy) is asked for low <= dy <= high */
    int sparse, rows[4];    /* or for 0 <= dy < sparse, and then means row y + rows[dy] */
    int reach;              /* and for -reach <= dx <= reach */
    bool dynamic;           /* dy is not the same wherever the body is compiled: it depends on Y */
    bool specialize;        /* constants tell loops' counts or offsets: programs for devices are made for them */
    bool transposed;        /* rows of the output are columns of the input */
    bool whole;             /* the pass sees the whole plane of input 0 (SAMPLE, SOURCE) */
    int width, height;      /* of the output; default as the input */
    const void *constants;  /* copied; what CONSTANTS(type) points to */
    size_t constants_size;
    int tally;              /* of a tally: count into this one too; else: `finish` waits for it */
    /* Completes the constants from the counts, in the middle of a run. */
    void (*finish)(const struct tri_counts *counts, const struct tri_operation *operation, void *constants);
    /* Sets the constants for each frame, numbered from 0. */
    void (*frame)(long number, const struct tri_operation *operation, void *constants);
};

/* Adds a node; returns its first output's channel (further ones follow it), or of a tally a number
 * for `tally`. After a failure, which the graph remembers, everything returns 0. */
int tri_graph_add(struct tri_graph *graph, const struct tri_pass *pass, const struct tri_node_spec *spec);
/* The channel as it was `frames` frames earlier, 1 to TRI_FRAMES_MAX; before the first frame, as in the first. */
#define TRI_FRAMES_MAX 32
int tri_graph_before(struct tri_graph *graph, int channel, int frames);
/* A channel of the shape of `like` that holds what the frame before has kept by tri_graph_keep; in the first
 * frame it is zero. */
int tri_graph_state(struct tri_graph *graph, int like);
void tri_graph_keep(struct tri_graph *graph, int state, int channel);
/* The kernel's result is that of so many frames ago: it looks at frames after the one that it yields. */
void tri_graph_delay(struct tri_graph *graph, int frames);
/* The result is no colour, whatever planes it is made of (a mask, strengths): of videos in Y'CbCr luma alone is made. */
void tri_graph_monochrome(struct tri_graph *graph);
/* The samples that mean black and white in the planes at work: 0 and the largest one, unless they are planes of video in
 * Y'CbCr. Of chroma both are the middle, which is no colour. */
struct tri_levels {
    uint32_t black, white;
};
struct tri_levels tri_graph_levels(const struct tri_graph *graph);
/* Where the samples of the planes at work lie: so much right of and below the middle of what they stand for, in their own
 * distances. 0 but for chroma of videos that is smaller than luma, whose samples mostly lie left, and but for planes that
 * become chroma, or were. */
struct tri_siting {
    double in_x, in_y, out_x, out_y;
};
struct tri_siting tri_graph_siting(const struct tri_graph *graph);
/* The kernel means light, not any samples (a curve, a product): videos in Y'CbCr become R, G, B for it. */
void tri_graph_light(struct tri_graph *graph);
/* Whether the second line of frames is of the field that is shown first; not, where nothing is known of it. */
bool tri_graph_bottom_first(const struct tri_graph *graph);
/* What becomes of the fields of an interlaced video: where they are gone, the result is progressive. */
void tri_graph_fields(struct tri_graph *graph, enum tri_fields fields);
/* Rows and columns have changed places: the aspect of a pixel is turned too, and there are no fields. */
void tri_graph_turned(struct tri_graph *graph);
/* Every sample of the result is one of the input's, whose light level and depth are still true of it. */
void tri_graph_same_samples(struct tri_graph *graph);
/* What the kernel tells beside the picture, as CSV: each sample of a channel of 32 bits becomes a line, or none, by
 * `line`, whose constants are those of the node that makes the channel. Of several kernels in a pipeline the last one
 * tells, and of its planes the first. */
void tri_graph_data(struct tri_graph *graph, int channel, const char *columns,
                    void (*line)(FILE *to, int x, int y, uint32_t sample, const void *constants));
/* Another kernel, with default values but for one, on a channel. */
int tri_graph_kernel(struct tri_graph *graph, const char *kernel, const char *param, double value, int channel);
/* A square window's result for passes of an idempotent operation on four samples (minimum, maximum):
 * spans grow fourfold from pass to pass. `columns` takes rows AT(0, 0..3); `rows` takes samples at
 * the four places in its constants. */
int tri_graph_cover(struct tri_graph *graph, const struct tri_pass *columns, const struct tri_pass *rows, int radius,
                    int channel);
/* Each plane through a table of 2^bits ushorts that `finish` makes from its histogram, or from the
 * histogram of all planes together. */
struct tri_value tri_graph_by_histogram(struct tri_graph *graph, const struct tri_pass *histogram,
                                        const struct tri_pass *lookup, bool joint,
                                        void (*finish)(const struct tri_counts *, const struct tri_operation *, void *),
                                        struct tri_value in);
void tri_graph_fail(struct tri_graph *graph, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tri_graph_bits(const struct tri_graph *graph);
int tri_graph_width(const struct tri_graph *graph, int channel);
int tri_graph_height(const struct tri_graph *graph, int channel);
const struct tri_operation *tri_graph_operation(const struct tri_graph *graph);
double tri_operation_value(const struct tri_operation *operation, const char *param);

/* ---- arithmetic of the host parts: made of + - * / alone, so the same on every machine ---- */

double tri_exp(double x);
double tri_pow(double x, double y); /* x > 0 */
double tri_sin_pi(double x);        /* sin(pi x) */
struct tri_divisor tri_divisor_make(uint32_t divisor);

/* ---- kernels ---- */

/* What becomes of an alpha plane. */
enum tri_alpha {
    TRI_ALPHA_KEPT,          /* the kernel sees the colour planes only */
    TRI_ALPHA_PLAIN,         /* alpha is a plane as the others */
    TRI_ALPHA_PREMULTIPLIED, /* colour is multiplied by alpha before and divided by it after */
};
enum tri_alpha tri_alpha_kept(const struct tri_operation *operation);
enum tri_alpha tri_alpha_plain(const struct tri_operation *operation);
enum tri_alpha tri_alpha_premultiplied(const struct tri_operation *operation);

struct tri_picture {
    int width, height, planes;
    const unsigned char *samples; /* 8 bits, plane by plane */
};

/* Worked out by hand: with this text as the pipeline, `in` gives `out`. Where `before` has
 * samples, it is the frame before `in`, and `after` the one that a result which is late waits for. */
struct tri_known {
    const char *pipeline;
    struct tri_picture in, out, before, after;
};

struct tri_about {
    const char *name;
    enum tri_alpha (*alpha)(const struct tri_operation *operation);
    const char *summary, *help, *example;
    const struct tri_param *params; /* ends with name NULL */
};

/* What other programs call it: names in small letters, without '-' and '_', separated by '|'; and the pipeline for them. */
struct tri_alias {
    const char *names, *call;
};

struct tri_kernel {
    const struct tri_about *about;
    const struct tri_alias *aliases; /* ends with names NULL */
    const struct tri_known *known;
    /* One of these: for all planes together, or for one plane at a time. */
    struct tri_value (*graph)(struct tri_graph *graph, struct tri_value in);
    int (*graph_plane)(struct tri_graph *graph, int in);
};

/* The pipeline that does what other programs call `name`, as "gaussian:sigma=2" for "blur"; NULL: it is no such name. */
const char *tri_kernel_call(const char *name);

/* ---- the words of a kernel file's host part ---- */

#ifdef HOST
/* PARAM_s stand one after the other without commas. */
#define KERNEL(name, alpha, summary, help, example, ...)                                                     \
    static const struct tri_param name##_params[] = {__VA_ARGS__{0}};                                        \
    static const struct tri_about name##_about = {#name, alpha, summary, help, example, name##_params};
#define PARAM_INT(name, initial, minimum, maximum, help) {#name, TRI_INT, initial, minimum, maximum, 0, help, TRI_NO_LENGTH},
#define PARAM_FLOAT(name, initial, minimum, maximum, help) {#name, TRI_FLOAT, initial, minimum, maximum, 0, help, TRI_NO_LENGTH},
/* Of parameters that count pixels: TRI_RADIUS, TRI_WIDTH or TRI_HEIGHT. */
#define PARAM_LENGTH(name, type, initial, minimum, maximum, help, length) {#name, type, initial, minimum, maximum, 0, help, length},
#define PARAM_CHOICE(name, initial, count, choices, help) {#name, TRI_CHOICE, initial, 0, (count) - 1, choices, help, TRI_NO_LENGTH},
#define NO_PARAMS

/* ALIAS_s stand one after the other without commas. */
#define ALIASES(name, ...) static const struct tri_alias name##_aliases[] = {__VA_ARGS__{0}};
#define ALIAS(names, call) {names, call},
#define NO_ALIASES

#define KNOWN(name, ...) static const struct tri_known name##_known = {__VA_ARGS__};
#define PICTURE(width, height, planes, ...) {width, height, planes, (const unsigned char[]){__VA_ARGS__}}

#define GRAPH(name)                                                                                          \
    static struct tri_value name##_graph(struct tri_graph *graph, struct tri_value in);                      \
    const struct tri_kernel tri_kernel_##name = {&name##_about, name##_aliases, &name##_known, name##_graph, 0};             \
    static struct tri_value name##_graph(struct tri_graph *graph, struct tri_value in)
#define GRAPH_PLANE(name)                                                                                    \
    static int name##_graph(struct tri_graph *graph, int in);                                                \
    const struct tri_kernel tri_kernel_##name = {&name##_about, name##_aliases, &name##_known, 0, name##_graph};             \
    static int name##_graph(struct tri_graph *graph, int in)

#define NODE(pass, ...) tri_graph_add(graph, &tri_pass_##pass, &(struct tri_node_spec){__VA_ARGS__})
#define USES(pass) extern const struct tri_pass tri_pass_##pass;
#define VALUE(param) tri_operation_value(tri_graph_operation(graph), #param)
#endif

#endif
