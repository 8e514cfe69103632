/* picture.h -- a filter on a picture: the real work of most experiments. */
#ifndef TRIPTYCH_LAB_PICTURE_H
#define TRIPTYCH_LAB_PICTURE_H

#include "triptych.h"

/* One backend with one pipeline on one generated picture, and the image that it writes. */
struct tri_lab_picture;
/* `isa` NULL: the best. Errors as tri_backend_open and tri_job_new. */
enum tri_status tri_lab_picture_new(const char *on, const char *isa, const char *pipeline,
                                    const struct tri_shape *shape, struct tri_lab_picture **picture,
                                    struct tri_error *error);
void tri_lab_picture_free(struct tri_lab_picture *picture); /* may be NULL */
/* Filters it; for tri_lab_add. */
void tri_lab_picture_run(void *picture);
/* Filters an image of the picture's shape into another. */
void tri_lab_picture_filter(struct tri_lab_picture *picture, struct tri_image *in,
                            struct tri_image *out);

#endif
