/* compare_parts.h -- the sections and charts of a comparison's page, and what they share. */
#ifndef TRIPTYCH_COMPARE_PARTS_H
#define TRIPTYCH_COMPARE_PARTS_H

#include "report/compare_page.h"

/* How much fits into the page; each level leaves out one thing more. From TRI_COMPARED_ROWS on,
 * each level halves the rows of tables. */
enum tri_compared_detail {
    TRI_COMPARED_ALL,
    TRI_COMPARED_NO_FILE,      /* results are not a file within the page */
    TRI_COMPARED_NO_INTERVALS, /* rows of more than two files have ratios only */
    TRI_COMPARED_ROWS,
    TRI_COMPARED_LAST = TRI_COMPARED_ROWS + 12
};

/* "AMD EPYC (2 cores)", or the file's name where machines do not differ. */
struct tri_file_name {
    char text[160];
};

struct tri_compare_writer {
    FILE *file;
    const struct tri_compare_page *page;
    const struct tri_comparison *comparison;
    const struct tri_file_name *names; /* one for each file */
    int detail;                        /* see tri_compared_detail */
};

/* Of `count` rows, how many fit into the page's tables. */
int tri_compared_fit(const struct tri_compare_writer *writer, int count);

/* ---- names and words: compare_names.c ---- */

/* One for each file; free with free. NULL: no memory. */
struct tri_file_name *tri_file_names(const struct tri_comparison *comparison);
/* The colour of a kind of backend, as on the page of `bench`. `row` ran on it. */
int tri_kind_colour(const char *kind, const struct tri_results_row *row);
/* The mean of the fastest backends; every file has one. */
const struct tri_comparison_mean *tri_compared_whole(const struct tri_comparison *comparison);
bool tri_interval_certain(const struct tri_interval *interval);
/* "1.52x (1.50 to 1.54)", with a multiplication sign. */
struct tri_words tri_words_interval(const struct tri_interval *interval);
/* "gaussian:2 1920x1080" */
void tri_compared_work(const struct tri_results_row *work, char *text, size_t size);
/* The title of the page: its main result. */
void tri_compared_result(const struct tri_compare_writer *writer, char *text, size_t size);

/* ---- ratios around 1, with intervals: chart_ratios.c ---- */

struct tri_ratio {
    char label[16], words[32]; /* label: "" if it is alone in its group */
    char title[240];           /* all about it */
    double value, low, high;
    bool certain; /* else it is drawn hollow */
    int colour;
    const double *each; /* dots, or NULL */
    int each_count;
};

/* Ratios under one name. One without ratios has only its words. */
struct tri_ratio_group {
    char name[160], words[64];
    struct tri_ratio *list;
    int count;
};

/* On a logarithmic scale, or a linear one if all ratios are near 1. It is also valid XML. */
void tri_chart_ratios(FILE *file, const char *label, const char *axis,
                      const struct tri_ratio_group *groups, int count);

/* ---- ratios as colours: chart_heat.c ---- */

enum tri_heat_state { TRI_HEAT_NONE, TRI_HEAT_BASE, TRI_HEAT_OPEN, TRI_HEAT_CERTAIN };

struct tri_heat_row {
    char name[160], words[64], title[300];
    const struct tri_comparison_row *row;
};

/* The class of a ratio's colour: "f1" to "f4" faster, "s1" to "s4" slower, "u" if it cannot be
 * told, "b" of the base, "" without a result. */
const char *tri_heat_class(const struct tri_comparison_row *row, int file);
void tri_heat_legend(FILE *file);
/* A line of cells for each row, one cell for each file. */
void tri_chart_heat(FILE *file, const char *label, const struct tri_heat_row *rows, int count,
                    int files);

/* ---- sections ---- */

void tri_compared_head(struct tri_compare_writer *writer);
void tri_compared_verdict(struct tri_compare_writer *writer); /* of --fail-slower */
void tri_compared_machines(struct tri_compare_writer *writer);
void tri_compared_rows(struct tri_compare_writer *writer);
void tri_compared_table(struct tri_compare_writer *writer); /* of all rows */
void tri_compared_differs(struct tri_compare_writer *writer);
void tri_compared_left(struct tri_compare_writer *writer);
void tri_compared_files(struct tri_compare_writer *writer);

/* The chart of machines alone. */
void tri_compared_machines_chart(const struct tri_compare_writer *writer);

#endif
