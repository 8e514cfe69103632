/* compare_page.h -- `compare --report`: one page of HTML with a comparison of results, and its
 * chart of machines as a file of its own. Nothing in either comes from the network. */
#ifndef TRIPTYCH_COMPARE_PAGE_H
#define TRIPTYCH_COMPARE_PAGE_H

#include "measure/compare.h"
#include "report/page_frame.h"

struct tri_compare_page {
    const struct tri_comparison *comparison;
    double slower;       /* what --fail-slower asks for, a share; negative: nothing */
    const char *command; /* that makes the page; NULL: not shown */
    int64_t seconds;     /* when it was made, since 1970; 0: not shown */
};

/* Makes the page. Free *text with free. TRI_FAILED: no memory. */
enum tri_status tri_compare_page_make(const struct tri_compare_page *page, char **text,
                                      size_t *size, struct tri_error *error);
/* Makes it and writes it to a file, "-" for standard output; a failure leaves an existing file
 * untouched. */
enum tri_status tri_compare_page_write(const char *path, const struct tri_compare_page *page,
                                       struct tri_error *error);

/* Writes the chart of machines as SVG, with its own styles. TRI_FAILED: no memory. */
enum tri_status tri_comparison_svg(FILE *file, const struct tri_comparison *comparison,
                                   struct tri_error *error);

#endif
