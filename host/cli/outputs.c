/* outputs.c -- names the output file of each input of `run`, and refuses names that would collide. */
#include "cli/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

static char *path_in_folder(const char *folder, const char *input)
{
    char *path;
    size_t length = strlen(input);
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";

    if (strcmp(input, "-") == 0) {
        input = "stdin";
        length = 5;
    }
    while (length > 1 && input[length - 1] == '/')
        length--;
    size_t name = length;
    while (name > 0 && input[name - 1] != '/')
        name--;
    bool png = length - name > 4 && strncasecmp(input + length - 4, ".png", 4) == 0;
    if (asprintf(&path, "%s%s%.*s%s", folder, slash, (int)(length - name), input + name, png ? "" : ".png") <
        0)
        return NULL;
    return path;
}

static char *path_of(const char *target, bool folder, const struct pattern *pattern, const char *input,
                     int number)
{
    char *path;

    if (folder)
        return path_in_folder(target, input);
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

static enum tri_status refuse_shared(const struct cli_outputs *outputs, char *const inputs[],
                                     struct place *places, struct tri_error *error)
{
    for (int i = 0; i < outputs->count; i++)
        places[i] = (struct place){.path = outputs->paths[i], .index = i};
    qsort(places, (size_t)outputs->count, sizeof places[0], by_path);
    for (int i = 1; i < outputs->count; i++)
        if (strcmp(places[i - 1].path, places[i].path) == 0)
            return tri_fail(error, TRI_USAGE,
                            "run: '%s' and '%s' would both be written to '%s'; use -o with %%d",
                            inputs[places[i - 1].index], inputs[places[i].index], places[i].path);
    return TRI_OK;
}

/* With `-o %d.png 2.png 1.png` the first result would replace the second input before it is read. */
static enum tri_status refuse_overwriting(const struct cli_outputs *outputs, char *const inputs[],
                                          struct place *places, struct tri_error *error)
{
    struct stat status;
    size_t known = 0;

    for (int i = 0; i < outputs->count; i++)
        if (strcmp(inputs[i], "-") != 0 && stat(inputs[i], &status) == 0 && S_ISREG(status.st_mode))
            places[known++] = (struct place){inputs[i], status.st_dev, status.st_ino, i};
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
            if (found->index > i)
                return tri_fail(error, TRI_USAGE,
                                "run: the result of '%s' would replace '%s' before that is read", inputs[i],
                                found->path);
    }
    return TRI_OK;
}

enum tri_status cli_outputs_plan(const char *target, char *const inputs[], int count,
                                 struct cli_outputs *outputs, struct tri_error *error)
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
        const char *input = inputs[outputs->count];
        char *path = path_of(target, folder, numbered ? &pattern : NULL, input, outputs->count + 1);
        if (!path)
            goto no_memory;
        outputs->paths[outputs->count] = path;
    }
    if (folder && !(outputs->folder = strdup(target)))
        goto no_memory;
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

enum tri_status cli_outputs_begin(const struct cli_outputs *outputs, struct tri_error *error)
{
    char *folder = outputs->folder;

    if (!folder)
        return TRI_OK;
    for (char *end = folder + 1; *end; end++) {
        if (*end != '/')
            continue;
        *end = '\0';
        bool made = mkdir(folder, 0777) == 0 || errno == EEXIST;
        if (!made)
            tri_fail(error, TRI_FAILED, "cannot make the folder '%s': %s", folder, strerror(errno));
        *end = '/';
        if (!made)
            return TRI_FAILED;
    }
    return TRI_OK;
}
