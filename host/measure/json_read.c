/* json_read.c -- reads a file of JSON: whole, truncated, or anything else that has its name. */
#include "measure/measure.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static enum tri_status cannot_read(const char *path, const char *why, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s: %s", path, why);
}

/* Reads all of the stream. Returns NULL after reporting why not. */
static char *read_stream(FILE *file, const char *path, size_t limit, size_t *size,
                         struct tri_error *error)
{
    size_t room = 1 << 16;
    char *text = malloc(room);

    for (*size = 0; text != NULL;) {
        *size += fread(text + *size, 1, room - *size, file);
        if (*size < room)
            break;
        room *= 2;
        char *more = room <= limit ? realloc(text, room) : NULL;
        if (more == NULL)
            free(text);
        text = more;
    }
    if (text == NULL) {
        cannot_read(path, room > limit ? "it is larger than any file of results" : "out of memory",
                    error);
    } else if (ferror(file)) {
        cannot_read(path, strerror(errno), error);
        free(text);
        text = NULL;
    }
    return text;
}

static char *read_text(const char *path, size_t limit, size_t *size, struct tri_error *error)
{
    if (strcmp(path, "-") == 0)
        return read_stream(stdin, "standard input", limit, size, error);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        cannot_read(path, strerror(errno), error);
        return NULL;
    }
    char *text = read_stream(file, path, limit, size, error);
    fclose(file);
    return text;
}

static enum tri_status parse(const char *path, const char *what, const char *text, size_t size,
                             json_t **root, struct tri_error *error)
{
    json_error_t why;

    if (size == 0)
        return tri_fail(error, TRI_FAILED, "%s is empty", path);
    *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    if (*root != NULL)
        return TRI_OK;
    if (json_error_code(&why) == json_error_premature_end_of_input)
        return tri_fail(error, TRI_FAILED, "%s is truncated: it ends within line %d", path,
                        why.line);
    if (json_error_code(&why) == json_error_out_of_memory)
        return cannot_read(path, "out of memory", error);
    return tri_fail(error, TRI_FAILED, "%s has no %s: line %d: %.200s", path, what, why.line,
                    why.text);
}

enum tri_status tri_json_read(const char *path, const char *what, size_t limit, json_t **root,
                              struct tri_error *error)
{
    size_t size;
    char *text = read_text(path, limit, &size, error);

    *root = NULL;
    if (text == NULL)
        return TRI_FAILED;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    const enum tri_status status = parse(name, what, text, size, root, error);
    free(text);
    return status;
}
