/* outputs.c -- names the output file of each input of `run`, and refuses names that would collide. */
#include "cli/outputs.h"
#include "video/video.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "frame-%04d.png": the text in front of the number, the number's width, the text after it. */
struct pattern {
    int before;
    int width;
    const char *after;
};

/* One %d or %0Nd, N of one digit, and no other %. The text never gets to printf as a format. */
static bool parse_pattern(const char *text, struct pattern *pattern)
{
    const char *percent = strchr(text, '%');

    if (!percent)
        return false;
    pattern->before = (int)(percent - text);
    pattern->width = 1;
    percent++;
    if (percent[0] == '0' && percent[1] >= '1' && percent[1] <= '9') {
        pattern->width = percent[1] - '0';
        percent += 2;
    }
    pattern->after = percent + 1;
    return *percent == 'd' && !strchr(pattern->after, '%');
}

static bool is_folder(const char *path)
{
    struct stat status;

    return path[0] != '\0' &&
           (path[strlen(path) - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)));
}

/* Keeps the name. Its extension too, where that is one of the format that is written; of a known other
 * format it is replaced, and what is no picture's extension stays part of the name. */
static char *path_in_folder(const char *folder, const char *name, const struct tri_format *format)
{
    char *path;
    const struct tri_format *named = tri_format_of_path(name);
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    const char *dot = strrchr(name, '.');
    int length = (int)strlen(name);

    if (!format)
        format = named ? named : tri_format_find("png");
    if (named && named != format)
        length = (int)(dot - name);
    if (asprintf(&path, "%s%s%.*s%s%.*s", folder, slash, length, name, named == format ? "" : ".",
                 named == format ? 0 : (int)strcspn(format->extensions, "|"), format->extensions) < 0)
        return NULL;
    return path;
}

static char *path_of(const char *target, bool folder, const struct pattern *pattern,
                     const struct cli_input *input, const struct tri_format *format, int number)
{
    char *path;

    if (folder)
        return path_in_folder(target, input->name, format);
    if (!pattern)
        return strdup(target);
    if (asprintf(&path, "%.*s%0*d%s", pattern->before, target, pattern->width, number, pattern->after) < 0)
        return NULL;
    return path;
}

/* An input or output file, for finding the same one twice. */
struct place {
    const char *path;
    dev_t device;
    ino_t inode;
    int index;
};

static int by_path(const void *a, const void *b)
{
    const struct place *first = a, *second = b;
    int order = strcmp(first->path, second->path);

    return order ? order : (first->index > second->index) - (first->index < second->index);
}

static int by_inode(const void *a, const void *b)
{
    const struct place *first = a, *second = b;

    if (first->device != second->device)
        return first->device < second->device ? -1 : 1;
    return (first->inode > second->inode) - (first->inode < second->inode);
}

static enum tri_status refuse_shared(const struct cli_outputs *outputs, const struct cli_input *inputs,
                                     struct place *places, struct tri_error *error)
{
    for (int i = 0; i < outputs->count; i++)
        places[i] = (struct place){.path = outputs->paths[i], .index = i};
    qsort(places, (size_t)outputs->count, sizeof places[0], by_path);
    for (int i = 1; i < outputs->count; i++)
        if (strcmp(places[i - 1].path, places[i].path) == 0)
            return tri_fail(error, TRI_USAGE,
                            "run: '%s' and '%s' would both be written to '%s'; use -o with %%d",
                            inputs[places[i - 1].index].path, inputs[places[i].index].path,
                            places[i].path);
    return TRI_OK;
}

/* With `-o %d.png 2.png 1.png` the first result would replace the second input, which may be read later. A
 * result that replaces its own input is fine. */
static enum tri_status refuse_overwriting(const struct cli_outputs *outputs, const struct cli_input *inputs,
                                          struct place *places, struct tri_error *error)
{
    struct stat status;
    size_t known = 0;

    for (int i = 0; i < outputs->count; i++)
        if (strcmp(inputs[i].path, "-") != 0 && stat(inputs[i].path, &status) == 0 && S_ISREG(status.st_mode))
            places[known++] = (struct place){inputs[i].path, status.st_dev, status.st_ino, i};
    qsort(places, known, sizeof places[0], by_inode);
    for (int i = 0; i < outputs->count; i++) {
        if (stat(outputs->paths[i], &status) != 0)
            continue;
        struct place wanted = {.device = status.st_dev, .inode = status.st_ino};
        struct place *found = bsearch(&wanted, places, known, sizeof places[0], by_inode);
        if (!found)
            continue;
        /* One input may be named several times: look at all of its uses. */
        while (found > places && by_inode(found - 1, &wanted) == 0)
            found--;
        for (; found < places + known && by_inode(found, &wanted) == 0; found++)
            if (found->index != i)
                return tri_fail(error, TRI_USAGE, "run: the result of '%s' would replace the input '%s'",
                                inputs[i].path, found->path);
    }
    return TRI_OK;
}

/* So that a name without a format is refused before anything is read. */
static enum tri_status check_format(const struct cli_outputs *outputs, const struct cli_input *inputs,
                                    const struct tri_format *format, struct tri_error *error)
{
    for (int i = 0; i < outputs->count; i++) {
        const char *path = outputs->paths[i], *slash = strrchr(path, '/');
        const char *dot = strrchr(slash ? slash : path, '.');
        if (format || !dot || !dot[1] || tri_format_of_path(path))
            continue;
        if (access(inputs[i].path, F_OK) != 0 && strcmp(inputs[i].path, "-") != 0)
            return tri_fail(error, TRI_FAILED, "cannot read %s: %s", inputs[i].path, strerror(errno));
        if (tri_video_writes(path, NULL))
            return tri_fail(error, TRI_USAGE,
                            "run: '%s' would be a video, which is made of one video or one pattern (in-%%04d.png), and '%s' is "
                            "none that is known",
                            path, inputs[i].path);
        return tri_fail(error, TRI_USAGE,
                        "run: no format has the extension of '%s'; say --format ('triptych --version' lists them)",
                        path);
    }
    return TRI_OK;
}

enum tri_status cli_outputs_plan(const char *target, const struct tri_format *format,
                                 const struct cli_input *inputs, int count, struct cli_outputs *outputs,
                                 struct tri_error *error)
{
    struct pattern pattern;
    bool folder = is_folder(target), numbered = !folder && parse_pattern(target, &pattern);
    struct place *places = NULL;
    enum tri_status status = TRI_FAILED;

    *outputs = (struct cli_outputs){0};
    if (count > 1 && !folder && !numbered)
        return tri_fail(
            error, TRI_USAGE,
            "run: %d inputs cannot all be written to '%s'; use a folder (out/) or one %%d (out-%%04d.png)",
            count, target);
    places = calloc((size_t)count, sizeof *places);
    outputs->paths = calloc((size_t)count, sizeof *outputs->paths);
    if (!places || !outputs->paths)
        goto no_memory;
    for (outputs->count = 0; outputs->count < count; outputs->count++) {
        char *path = path_of(target, folder, numbered ? &pattern : NULL, &inputs[outputs->count], format,
                             outputs->count + 1);
        if (!path)
            goto no_memory;
        outputs->paths[outputs->count] = path;
    }
    if (folder && !(outputs->folder = strdup(target)))
        goto no_memory;
    status = check_format(outputs, inputs, format, error);
    if (status == TRI_OK)
        status = refuse_shared(outputs, inputs, places, error);
    if (status == TRI_OK)
        status = refuse_overwriting(outputs, inputs, places, error);
    free(places);
    if (status != TRI_OK)
        cli_outputs_free(outputs);
    return status;

no_memory:
    free(places);
    cli_outputs_free(outputs);
    return tri_fail(error, TRI_FAILED, "run: no memory for the names of %d outputs", count);
}

void cli_outputs_free(struct cli_outputs *outputs)
{
    for (int i = 0; i < outputs->count; i++)
        free(outputs->paths[i]);
    free(outputs->paths);
    free(outputs->folder);
    *outputs = (struct cli_outputs){0};
}

/* Makes the folders that `path` is in; those before `from` are there. */
static enum tri_status make_folders(char *path, size_t from, struct tri_error *error)
{
    for (char *end = path + from + 1; *end; end++) {
        if (*end != '/')
            continue;
        *end = '\0';
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!made)
            tri_fail(error, TRI_FAILED, "cannot make the folder '%s': %s", path, strerror(errno));
        *end = '/';
        if (!made)
            return TRI_FAILED;
    }
    return TRI_OK;
}

enum tri_status cli_outputs_begin(const struct cli_outputs *outputs, struct tri_error *error)
{
    if (!outputs->folder)
        return TRI_OK;
    enum tri_status status = make_folders(outputs->folder, 0, error);
    const size_t length = strlen(outputs->folder);
    for (int i = 0; i < outputs->count && status == TRI_OK; i++)
        if (strchr(outputs->paths[i] + length + 1, '/'))
            status = make_folders(outputs->paths[i], length, error);
    return status;
}
