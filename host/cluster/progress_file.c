/* progress_file.c -- which parts of a picture are written.
 *
 * The list is text: a line that names what is computed, then the number of a part on each line. The
 * last line of a run that was ended may be cut short; it counts only with its newline. */
#include "progress_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum tri_status cannot(const char *what, const char *path, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot %s %s: %s", what, path, strerror(errno));
}

static void take_part(struct tri_progress_file *progress, const char *line)
{
    char *end;
    const long part = strtol(line, &end, 10);
    if (end == line || *end != '\n' || part < 0 || part >= progress->count || progress->done[part])
        return;
    progress->done[part] = true;
    progress->finished++;
}

/* Returns whether there is a list of an earlier run of that kind. */
static bool read_list(struct tri_progress_file *progress, const char *kind)
{
    FILE *file = fopen(progress->list, "re");
    char *line = NULL;
    size_t room = 0;
    if (file == NULL)
        return false;
    bool same = getline(&line, &room, file) > 0 && strcmp(line, kind) == 0;
    while (same && getline(&line, &room, file) > 0)
        take_part(progress, line);
    free(line);
    fclose(file);
    return same && access(progress->part, F_OK) == 0;
}

/* Of an earlier run only whole lines are kept: a new one must not join one that was cut short. */
static enum tri_status write_list(struct tri_progress_file *progress, const char *kind,
                                  struct tri_error *error)
{
    progress->file = fopen(progress->list, "we");
    if (progress->file == NULL)
        return cannot("write", progress->list, error);
    fputs(kind, progress->file);
    for (long part = 0; part < progress->count; part++) {
        if (progress->done[part])
            fprintf(progress->file, "%ld\n", part);
    }
    return fflush(progress->file) == 0 ? TRI_OK : cannot("write", progress->list, error);
}

enum tri_status tri_progress_open(const char *output, const char *kind, long count, bool resume,
                                  struct tri_progress_file *progress, struct tri_error *error)
{
    *progress = (struct tri_progress_file){.count = count};
    progress->done = calloc((size_t)count + 1, sizeof *progress->done);
    if (asprintf(&progress->part, "%s.part", output) < 0)
        progress->part = NULL;
    if (asprintf(&progress->list, "%s.parts", output) < 0)
        progress->list = NULL;
    if (progress->done == NULL || progress->part == NULL || progress->list == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %ld parts", count);
    if (resume && !read_list(progress, kind)) {
        memset(progress->done, 0, (size_t)count * sizeof *progress->done);
        progress->finished = 0;
    }
    return write_list(progress, kind, error);
}

enum tri_status tri_progress_add(struct tri_progress_file *progress, long part,
                                 struct tri_error *error)
{
    progress->done[part] = true;
    progress->finished++;
    return fprintf(progress->file, "%ld\n", part) > 0 && fflush(progress->file) == 0
               ? TRI_OK
               : cannot("write", progress->list, error);
}

enum tri_status tri_progress_close(struct tri_progress_file *progress, const char *output,
                                   bool whole, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    if (progress->file != NULL && fclose(progress->file) != 0 && whole)
        status = cannot("write", progress->list, error);
    if (whole && status == TRI_OK && rename(progress->part, output) != 0)
        status = cannot("write", output, error);
    const bool empty = !whole && progress->finished == 0;
    if (empty && progress->file != NULL)
        unlink(progress->part);
    if ((whole && status == TRI_OK) || (empty && progress->file != NULL))
        unlink(progress->list);
    free(progress->part);
    free(progress->list);
    free(progress->done);
    *progress = (struct tri_progress_file){0};
    return status;
}
