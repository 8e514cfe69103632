/* compare.h -- results of several machines, or of several versions, side by side: rows of the same
 * work, their ratios, and what differs in the environment. */
#ifndef TRIPTYCH_COMPARE_H
#define TRIPTYCH_COMPARE_H

#include "measure/measure.h"
#include "measure/results.h"

/* Every ratio is a time of the base over a time of this file: above 1 this file is faster. */

/* A row's result in one file. */
struct tri_compared {
    const struct tri_results_row *row; /* NULL: the file has none */
    struct tri_estimate estimate;      /* of the ratio; unset for the base */
    struct tri_interval interval; /* of all rows and files together: that any of them misses its
                                     true ratio has a probability of 5 % */
    bool certain;                 /* the interval excludes 1 */
};

/* The same work on the same kind of backend in two or more files. */
struct tri_comparison_row {
    const struct tri_results_row *work; /* of one of the files: pipeline, input, shape, frames */
    int number;                         /* of the work, from 0 */
    char kind[80]; /* of the backend: "threads:2 avx2", "threads" (as many as there are), ... */
    int base;      /* the first file that has it */
    struct tri_compared *files; /* one for each */
    bool certain;               /* the result of at least one file differs for certain */
    double distance; /* the largest |logarithm| of its ratios, of the certain ones if any */
};

/* The geometric mean over all work that a file and the first one have on this kind of backend. */
struct tri_comparison_mean {
    const char *kind;
    struct {
        int rows;                     /* 0: none in common */
        double *ratios;               /* of each row */
        struct tri_interval interval; /* 95 %; NAN without rows. The first file's is 1. */
    } * files;
};

struct tri_comparison_property {
    const char *name;
    const char **values; /* one for each file, "" where unknown */
};

struct tri_comparison {
    const struct tri_results *files;
    int file_count;
    struct tri_comparison_row *rows; /* what differs most first; what does not for certain, last */
    int row_count, certain_count;
    struct tri_comparison_mean *means;
    int mean_count;
    struct tri_comparison_property *properties; /* those that differ */
    int property_count;
    /* Rows of files without a counterpart, in the order of files. */
    struct tri_comparison_left {
        int file;
        const struct tri_results_row *row;
        bool unusable; /* it has no figures, or not the bytes of its reference */
    } * left;
    int left_count;
};

/* Matches two or more files, which must outlive the result. TRI_DIFFERS: the bytes of the same work
 * differ; `error` names the work and the files. TRI_FAILED: a file has no work in common with the
 * first, or no memory. Free the result with tri_comparison_free, also after a failure. */
enum tri_status tri_compare(const struct tri_results *files, int count,
                            struct tri_comparison *comparison, struct tri_error *error);
void tri_comparison_free(struct tri_comparison *comparison);

/* Returns whether a result takes certainly longer than the base's, by more than this share. */
bool tri_compared_slower(const struct tri_compared *result, double share);

/* ---- reports: compare_text.c, compare_data.c ---- */

/* For a terminal of 80 columns, or markdown. */
void tri_comparison_text(FILE *file, const struct tri_comparison *comparison);
void tri_comparison_markdown(FILE *file, const struct tri_comparison *comparison);
/* One line for each row and file. */
void tri_comparison_csv(FILE *file, const struct tri_comparison *comparison);
/* docs/results-schema.json, kind "comparison"; NULL: no memory. */
struct json_t *tri_comparison_json(const struct tri_comparison *comparison);
/* "1920x1080 RGB 8 bits", "1280x720, 250 frames" */
const char *tri_work_text(const struct tri_results_row *work, char text[100]);
/* Cells of tables. Times have at most four significant digits, as measurements are no more precise;
 * "±3 %": an interval is as far below as above, as a factor; a size is without the usual samples.
 */
enum { TRI_CELL = 160 };
void tri_format_ms(char cell[TRI_CELL], double ns);
void tri_format_ratio(char cell[TRI_CELL], double ratio);
void tri_format_within(char cell[TRI_CELL], const struct tri_interval *interval);
void tri_format_size(char cell[TRI_CELL], const struct tri_results_row *work);
/* "1, 3, 5-9": the numbers from 1 of the files that `chosen` marks. */
void tri_file_numbers(char *text, size_t size, const bool *chosen, int count);
/* The files with the smallest and the largest ratio of a row, apart from its base. */
void tri_comparison_extremes(const struct tri_comparison_row *row, int count, int *least,
                             int *most);

/* ---- for compare.c: compare_works.c ---- */

/* A row of one of the files, with the number of its work. */
struct tri_matched {
    const char *key; /* of the work but for its input */
    int work, file;
    const struct tri_results_row *row;
};
struct tri_works {
    struct tri_matched *list; /* by work, then by file, in the order of rows */
    int count, works;
    void *spellings; /* that the keys belong to */
    char **keys;
    int key_count;
};

/* Finds out which rows do the same work. TRI_DIFFERS: their bytes differ. Free the result with
 * tri_works_free, also after a failure. */
enum tri_status tri_match_works(const struct tri_results *files, int file_count,
                                struct tri_works *works, struct tri_error *error);
void tri_works_free(struct tri_works *works);

/* ---- for compare.c: compare_kinds.c ---- */

/* The rows of one work that ran on the same kind of backend. */
struct tri_kind_set {
    char kind[80];
    int rank; /* of two that say the same, the smaller one names it better */
    const struct tri_results_row **rows; /* one for each file, NULL where it has none */
};
struct tri_kinds {
    struct tri_kind_set *sets;
    int count, room;
};

/* The kinds that geometric means are of; NULL after the last. */
extern const char *const tri_mean_kinds[];

/* Sorts the usable rows of one work by kind. A row may be of several. Returns false if memory runs
 * out. Free the result with tri_kinds_free, also after a failure. */
bool tri_kinds_find(const struct tri_matched *rows, int count, int file_count,
                    struct tri_kinds *kinds);
void tri_kinds_free(struct tri_kinds *kinds);

#endif
