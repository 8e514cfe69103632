/* error.c -- tri_fail, the one place that fills in a caller's struct tri_error. */
#include "triptych.h"

#include <stdarg.h>
#include <string.h>

enum tri_status tri_fail(struct tri_error *error, enum tri_status status, const char *format, ...)
{
    char text[sizeof(struct tri_error){0}.text]; /* separate: the arguments may point into
                                                    error->text */
    va_list arguments;

    if (error == NULL)
        return status;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error->status = status;
    memcpy(error->text, text, sizeof text);
    return status;
}
