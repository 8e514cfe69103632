/* answer.c -- answers, which requests, writes and the cache share. */
#include "serve/serve.h"

#include <stdarg.h>
#include <stdlib.h>

struct tri_serve_answer *tri_serve_answer_new(int code, const char *format, ...)
{
    struct tri_serve_answer *answer = calloc(1, sizeof *answer);
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    const int length = answer != NULL ? vasprintf(&text, format, arguments) : -1;
    va_end(arguments);
    if (length < 0) {
        free(answer);
        return NULL;
    }
    answer->uses = 1;
    answer->code = code;
    answer->data = text;
    answer->size = (size_t)length;
    return answer;
}

void tri_serve_answer_release(struct tri_serve_answer *answer)
{
    if (answer == NULL || --answer->uses > 0)
        return;
    free(answer->data);
    free(answer->key);
    free(answer);
}
