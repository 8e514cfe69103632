/* form.h -- what the options of writing say about the form of a picture in its file: its depth,
 * palette and interlacing. */
#ifndef TRI_FORM_H
#define TRI_FORM_H

#include "codec.h"

/* TRI_USAGE, with the reason, if the options contradict each other or the format. Tells if a format
 * has no interlaced form. */
enum tri_status tri_form_check(const struct tri_codec *about, const char *name,
                               const struct tri_write_options *options, struct tri_error *error);
/* Makes the image with the depth and the colours of the sink's options, to be freed by the caller;
 * NULL if that is the image itself. */
enum tri_status tri_form_convert(const struct tri_sink *sink, const struct tri_image *image,
                                 struct tri_image **converted);

#endif
