/* report.h -- `bench --report`: one page of HTML with everything that was measured, in charts.
 * Nothing in it comes from the network. */
#ifndef TRIPTYCH_REPORT_H
#define TRIPTYCH_REPORT_H

#include "measure/limits.h"
#include "measure/sizes.h"
#include "pipeline/graph.h"
#include "report/page_frame.h"

/* A picture, scaled down, as PNG in base64; NULL: none. */
struct tri_thumbnail {
    char *base64;
    int width, height;
};

/* What a page shows of a case, besides its figures. */
struct tri_page_case {
    struct tri_thumbnail before, after;
    struct tri_operations operations; /* of one run; all 0: it only moves samples, NAN: unknown */
    int strips, strips_workers;       /* of the first stage, with that many workers; 0: unknown */
};

/* One run of a backend, with times from its start. */
struct tri_page_timeline {
    const struct tri_backend_info *info;
    struct tri_span *spans;
    int count;
};

struct tri_page {
    const struct tri_report *report;              /* its cases; count 0: none */
    struct tri_page_case *cases;                  /* as many */
    const struct tri_end_to_end_case *end_to_end; /* NULL: not measured, here and below */
    const char *end_to_end_missing;               /* why */
    const struct tri_limits *limits;
    const struct tri_sizes_case *sizes;
    const char *sizes_missing;
    const struct tri_page_timeline *timelines;
    int timeline_count;
    const char *timeline_missing;
    const char *command; /* that makes the page */
    int64_t seconds;     /* when it was made, since 1970; 0: not shown */
};

/* Scales both pictures down with the backend, to at most `bytes` of PNG each. Without `before` (may
 * be NULL: it is that of the case before) only the other. A failure leaves thumbnails empty. */
void tri_page_pictures(struct tri_backend *backend, const struct tri_image *before,
                       const struct tri_image *after, size_t bytes, struct tri_page_case *result);
/* Counts operations and strips. */
void tri_page_plan(const struct tri_candidates *candidates, const struct tri_bench_case *figures,
                   struct tri_page_case *result);
void tri_page_case_free(struct tri_page_case *result);

/* Selects the backends that have limits and sizes: the fastest sequential row, the fastest row of
 * threads, and whole devices. */
void tri_page_choose(const struct tri_bench_case *figures, bool *chosen);

/* Takes the sizes from cases of one pipeline on several pictures, for the rows chosen in the first
 * one; leaves them empty if pipelines differ. */
void tri_page_sizes(const struct tri_report *report, const bool *chosen,
                    struct tri_sizes_case *sizes);

/* Makes the page. Free *text with free. TRI_FAILED: no memory. */
enum tri_status tri_page_make(const struct tri_page *page, char **text, size_t *size,
                              struct tri_error *error);
/* Makes it and writes it to a file, "-" for standard output; a failure leaves an existing file
 * untouched. */
enum tri_status tri_page_write(const char *path, const struct tri_page *page,
                               struct tri_error *error);

#endif
