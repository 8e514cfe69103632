/* lab_page.h -- experiments as one HTML page. */
#ifndef TRIPTYCH_LAB_PAGE_H
#define TRIPTYCH_LAB_PAGE_H

#include "lab/lab.h"

struct tri_lab_page {
    const struct tri_lab_run *const *runs;
    int count;
    const struct tri_environment *environment;
    struct json_t *json; /* all of it, as a file within the page; NULL: none */
};

/* Takes ownership of the JSON. Writes the page to a file, "-" for standard output; a failure leaves
 * an existing file untouched. */
enum tri_status tri_lab_page_write(const char *path, const struct tri_lab_page *page,
                                   struct tri_error *error);

#endif
