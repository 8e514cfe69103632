/* text_value.h -- values of parameters that are text: lists of numbers, colours, files, words. */
#ifndef TRI_TEXT_VALUE_H
#define TRI_TEXT_VALUE_H

#include "kernel_description.h"

#include <stdatomic.h>

/* Unchanged once made, and shared by the copies of a pipeline. */
struct tri_text_value {
    atomic_int uses;
    char *text;           /* without quotes */
    double *numbers;      /* of a list */
    struct tri_list list; /* its numbers are those */
    struct tri_rgba colour;
    void *contents; /* what the kernel made of the file; NULL: it was not read */
};

static inline bool tri_param_is_text(const struct tri_param *param)
{
    return param->type == TRI_LIST || param->type == TRI_COLOUR || param->type == TRI_FILE ||
           param->type == TRI_TEXT;
}

/* Checks the text and makes the value, which the caller releases. Files are read if `read`. */
enum tri_status tri_text_value_new(const struct tri_kernel *kernel, const struct tri_param *param,
                                   const char *text, bool read, struct tri_text_value **value,
                                   struct tri_error *error);
/* The value of an operation's parameter; NULL: it is no text, or there is no such parameter. */
const struct tri_text_value *tri_operation_text(const struct tri_operation *operation,
                                                const char *param);
struct tri_text_value *tri_text_value_share(struct tri_text_value *value); /* NULL gives NULL */
void tri_text_value_release(struct tri_text_value *value);

#endif
