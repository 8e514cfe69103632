/* results.h -- files of results, as `triptych bench --json` writes them, read back. */
#ifndef TRIPTYCH_RESULTS_H
#define TRIPTYCH_RESULTS_H

#include "triptych.h"

struct json_t; /* of jansson.h */

enum tri_results_kind { TRI_RESULTS_PICTURES, TRI_RESULTS_CLIP };

/* What a row ran on. */
enum tri_ran_on {
    TRI_RAN_SEQUENTIAL,
    TRI_RAN_THREADS,
    TRI_RAN_CPU_DEVICE,
    TRI_RAN_GPU,
    TRI_RAN_DEVICE, /* another one, or of unknown type */
    TRI_RAN_SEVERAL
};

/* Texts belong to the file of results. */
struct tri_results_row {
    const char *pipeline; /* as given */
    const char *input;    /* the picture's or clip's name; "": unknown */
    struct tri_shape shape;
    int frames;            /* of a clip; 0: a picture */
    uint64_t input_digest; /* 0: unknown */
    const char *backend, *device, *isa;
    int workers;
    enum tri_ran_on ran_on;
    bool part;      /* of an OpenCL device */
    bool by_frames; /* of a clip: frames in parallel, not rows */
    bool usable;    /* it has figures, and its bytes are those of its reference */
    uint64_t digest;
    int64_t *samples; /* ns of a run, in the order of measurement */
    int count;
    double median;   /* ns */
    double variance; /* of the logarithm of the median: tri_log_median */
};

enum { TRI_PROPERTIES_MAX = 16, TRI_PROPERTY = 400 };

/* What is known of the machine and the run, as text: "cpu", "AMD EPYC". */
struct tri_results_property {
    const char *name;
    char value[TRI_PROPERTY];
};

struct tri_results {
    char *path;
    enum tri_results_kind kind;
    int schema; /* 0: written before there were versions */
    struct tri_results_property properties[TRI_PROPERTIES_MAX];
    int property_count;
    const char *cpu, *date; /* "": unknown */
    int cores;              /* 0: unknown */
    struct tri_results_row *rows;
    int row_count;
    struct json_t *root; /* the texts */
};

/* Whether results of that kind have rows that can be read. */
bool tri_results_have_rows(const char *kind);
/* Reads a file; "-" is standard input. TRI_FAILED: it cannot be read, is no file of results, is
 * damaged, of a newer schema, or of a kind that cannot be compared. May run on several threads at
 * once, for different results. Release with tri_results_free, also after a failure. */
enum tri_status tri_results_read(const char *path, struct tri_results *results,
                                 struct tri_error *error);
/* The same of what would be written: takes `root` over, NULL if memory ran out. */
enum tri_status tri_results_take(struct json_t *root, const char *name, struct tri_results *results,
                                 struct tri_error *error);
void tri_results_free(struct tri_results *results);

/* results_environment.c: fills the properties from the root. */
void tri_results_read_properties(struct tri_results *results);
/* Returns a property's text; "" if the file has none. */
const char *tri_results_property(const struct tri_results *results, const char *name);

#endif
