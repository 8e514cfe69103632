/* page_frame.h -- what all pages share: head and style sheet, files within the page, and the size
 * that details are left out for. */
#ifndef TRIPTYCH_PAGE_FRAME_H
#define TRIPTYCH_PAGE_FRAME_H

#include "report/svg.h"

struct json_t; /* of jansson.h */

#define TRI_PAGE_MAX \
    400000 /* bytes; details are left out, and the page says so, before it grows \
            */

/* Everything before and after the sections of a page. */
void tri_page_begin(FILE *file, const char *title);
void tri_page_end(FILE *file);

/* Writes a link to a file within the page, compressed; `name` ends in ".json.gz". Takes ownership
 * of `json`; NULL, or no memory: writes nothing. */
void tri_page_attach(FILE *file, struct json_t *json, const char *name, const char *words);

/* Writes a whole page with less detail the larger `detail` is, from 0 to `last`. */
struct tri_page_maker {
    void (*put)(FILE *file, const void *subject, int detail);
    const void *subject;
    int last;
};

/* Makes the page with as much detail as TRI_PAGE_MAX allows. Free *text with free. TRI_FAILED: no
 * memory. */
enum tri_status tri_page_fit(const struct tri_page_maker *maker, char **text, size_t *size,
                             struct tri_error *error);
/* Makes it and writes it to a file, "-" for standard output; a failure leaves an existing file
 * untouched. */
enum tri_status tri_page_save(const char *path, const struct tri_page_maker *maker,
                              struct tri_error *error);

#endif
