/* page_parts.h -- the sections of a report, and what they share. */
#ifndef TRIPTYCH_PAGE_PARTS_H
#define TRIPTYCH_PAGE_PARTS_H

#include "report/report.h"

/* How much fits into the page; each level leaves out one thing more. */
enum tri_detail {
    TRI_DETAIL_ALL,
    TRI_DETAIL_DOTS,     /* samples as dots, not as numbers */
    TRI_DETAIL_FEW_DOTS, /* not all of them */
    TRI_DETAIL_FILE,     /* samples only in the file of results */
    TRI_DETAIL_NO_FILE,
    TRI_DETAIL_NO_PICTURES,
    TRI_DETAIL_SPEEDUPS, /* of each case only the speed-ups */
    TRI_DETAIL_SUMMARY   /* no single cases */
};

struct tri_writer {
    FILE *file;
    const struct tri_page *page;
    enum tri_detail detail;
    bool told; /* the method of intervals has been explained */
};

/* ---- rows: page_rows.c ---- */

/* Whether a row is shown with figures. */
bool tri_page_shown(const struct tri_bench_row *row);
/* The colour of a backend: sequential 0, threads 1, several 2, devices 3 and on. */
int tri_page_colour(const struct tri_page *page, const struct tri_backend_info *info);
/* "threads:2 avx2". */
struct tri_words tri_page_name(const struct tri_backend_info *info);
/* Fills in the legend's names for the rows of a case. */
void tri_page_legend(const struct tri_writer *writer, const struct tri_bench_case *figures);
/* The fastest row shown, of those that `of` accepts; NULL: none. */
const struct tri_bench_row *tri_page_fastest(const struct tri_bench_case *figures,
                                             bool (*of)(const struct tri_bench_row *row));
bool tri_page_any(const struct tri_bench_row *row);
bool tri_page_sequential(const struct tri_bench_row *row);
bool tri_page_threads(const struct tri_bench_row *row);
bool tri_page_device(const struct tri_bench_row *row);
/* The interval of a row's speed-up over another. */
struct tri_range tri_page_speedup(const struct tri_bench_row *base,
                                  const struct tri_bench_row *row);
/* "2.01x (1.98 to 2.03)", or without the interval if there is none. */
struct tri_words tri_page_times(double ratio, struct tri_range range);
/* Copies that as many workers make: bytes read and written in a ns, so GB/s; NAN: not measured. */
double tri_page_copy_rate(const struct tri_bench_case *figures, int workers);
/* 10^9 operations a second that arithmetic allows a pipeline: choices as minima and maxima, all
 * else as multiply-adds; NAN: not measured. */
double tri_page_arithmetic(const struct tri_limit *limit, const struct tri_operations *operations);
/* Beyond this share of a limit the limit was measured too low, as other work was running. */
#define TRI_SHARE_MAX 1.1
/* An id or an anchor that is unique for a case. */
struct tri_words tri_page_id(const char *what, int index);
/* The shape, for people: "640 x 480, RGB, 8 bits". */
struct tri_words tri_page_shape(const struct tri_shape *shape);

/* ---- sections ---- */

/* The title of the page: its main result. */
void tri_page_result(const struct tri_page *page, char *text, size_t size);
void tri_section_head(struct tri_writer *writer);
void tri_section_summary(struct tri_writer *writer); /* only of several cases */
void tri_section_case(struct tri_writer *writer, int index);
void tri_section_speedups(struct tri_writer *writer, int index);
void tri_section_scaling(struct tri_writer *writer, int index);
void tri_section_roofline(struct tri_writer *writer);
void tri_section_end_to_end(struct tri_writer *writer);
void tri_section_sizes(struct tri_writer *writer);
/* From which size threads, or else a device, beat sequential code. */
void tri_sizes_result(const struct tri_sizes_case *sizes, char *text, size_t size);
void tri_section_timeline(struct tri_writer *writer);
void tri_section_why(struct tri_writer *writer, int index);
void tri_section_samples(struct tri_writer *writer, int index);
/* What was not measured, and what does not fit. */
void tri_section_missing(struct tri_writer *writer);
void tri_section_environment(struct tri_writer *writer);

#endif
