/* sweep.h -- what a benchmark runs over: picture sizes and numbers of workers as text, and suites,
 * which are files of pipelines and sizes. */
#ifndef TRIPTYCH_SWEEP_H
#define TRIPTYCH_SWEEP_H

#include "triptych.h"

#include <stdio.h>

enum { TRI_SIZES_MAX = 64, TRI_WORKER_COUNTS_MAX = 1024 };

/* Only width and height of the shapes are set. */
struct tri_sizes {
    struct tri_shape list[TRI_SIZES_MAX];
    int count;
};

/* Numbers of workers, in the order given. */
struct tri_worker_counts {
    int list[TRI_WORKER_COUNTS_MAX];
    int count;
};

/* Parse "512", "1920x1080", "64..8192" (64x64, then doubled up to 8192x8192, which is always the
 * last), or a list of these. TRI_USAGE, with the reason in `error`. */
enum tri_status tri_sizes_parse(const char *text, struct tri_sizes *sizes, struct tri_error *error);
/* Parse "4", "1..8" (each number), or a list of these; "N" stands for `most`. */
enum tri_status tri_worker_counts_parse(const char *text, int most,
                                        struct tri_worker_counts *counts, struct tri_error *error);

/* ---- suites: suite.c ---- */

/* A pipeline on one generated picture. */
struct tri_suite_entry {
    char *pipeline;
    struct tri_shape shape;
};

struct tri_suite {
    char name[64];
    int version;
    double seconds;                   /* for each row; 0: not stated */
    struct tri_worker_counts workers; /* count 0: not stated */
    struct tri_suite_entry *entries;
    int count;
};

/* Reads a suite from the file `name`, or, if that has no slash and no dot, the suite of that name
 * that is shipped. TRI_USAGE: there is none of that name, or the file is wrong, with its line.
 * TRI_FAILED: it cannot be read. Release with tri_suite_free, also after a failure. */
enum tri_status tri_suite_read(const char *name, struct tri_suite *suite, struct tri_error *error);
void tri_suite_free(struct tri_suite *suite);
/* The suites that are shipped, as "a|b", for shells and messages; "" if none is found. */
void tri_suite_names(char *names, size_t size);

#endif
