/* pipeline_file.c -- "@FILE": a pipeline that a file has, as `triptych learn -o` writes it. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

static enum tri_status read_text(const char *path, char **text, struct tri_error *error)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return tri_fail(error, TRI_FAILED, "cannot read the pipeline in %s: %s", path,
                        strerror(errno));
    *text = calloc(1, TEXT_MAX + 1);
    const size_t length = *text != NULL ? fread(*text, 1, TEXT_MAX, file) : 0;
    const bool failed = ferror(file) != 0, more = length == TEXT_MAX;
    fclose(file);
    if (*text == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the pipeline in %s", path);
    if (failed)
        return tri_fail(error, TRI_FAILED, "cannot read the pipeline in %s", path);
    if (more || memchr(*text, 0, length) != NULL)
        return tri_fail(error, TRI_USAGE, "%s has no pipeline: it is %s", path,
                        more ? "too long" : "no text");
    return TRI_OK;
}

/* Lines are for people: a pipeline goes on in the next one. */
static void join_lines(char *text)
{
    for (; *text; text++)
        if (*text == '\n' || *text == '\r')
            *text = ' ';
}

enum tri_status cli_pipeline_read(const char *text, struct tri_pipeline **pipeline,
                                  struct tri_error *error)
{
    char *own = NULL;

    *pipeline = NULL;
    if (text[0] != '@')
        return cli_pipeline_parse(text, pipeline, error);
    enum tri_status status = read_text(text + 1, &own, error);
    if (status == TRI_OK) {
        join_lines(own);
        status = cli_pipeline_parse(own, pipeline, error);
    }
    free(own);
    return status;
}
