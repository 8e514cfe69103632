/* file_conflicts.c -- compares the files that a command reads and writes: no output may overwrite
 * an input, and no two outputs may be the same file. */
#include "cli/file_conflicts.h"
#include "image/numbered_names.h"
#include "pipeline/graph.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MOST 40

/* An existing file is identified by its inode, a missing one by its name within the nearest
 * existing folder. */
struct cli_place {
    const char *option; /* NULL: an input */
    const char *given;
    char *path; /* one of the numbered files; NULL: `given` */
    char *name; /* within the folder `inode`; NULL: `inode` is the file */
    dev_t device;
    ino_t inode;
    long number;
    bool numbered; /* stands for all numbered files */
    bool nowhere;  /* nothing that could be damaged, or that can be written */
    int index;
};

static const char *path_of(const struct cli_place *place)
{
    return place->path != NULL ? place->path : place->given;
}

static enum tri_status no_memory(struct cli_places *places)
{
    return tri_fail(&places->error, TRI_FAILED, "%s: out of memory for file names",
                    places->command);
}

/* Follows links whose target does not exist yet. Returns false if there are too many, or the path
 * is too long. */
static bool follow(char path[PATH_MAX])
{
    for (int i = 0; i < LINKS_MOST; i++) {
        char target[PATH_MAX];
        const ssize_t length = readlink(path, target, sizeof target - 1);
        char *slash = strrchr(path, '/');

        if (length < 0)
            return true;
        target[length] = '\0';
        char *name = target[0] == '/' ? path : slash != NULL ? slash + 1 : path;
        if ((size_t)(name - path) + (size_t)length >= PATH_MAX)
            return false;
        memcpy(name, target, (size_t)length + 1);
    }
    return false;
}

/* Reduces "//" and "/./" to one slash. */
static void tidy(char *name)
{
    char *to = name;

    for (const char *from = name; *from; from++) {
        if (from[0] == '/' && from[1] == '.' && from[2] == '/')
            from++;
        else if (from[0] != '/' || from[1] != '/')
            *to++ = *from;
    }
    *to = '\0';
}

/* Splits the path of a missing file into an existing folder and the rest. Returns false if no
 * folder exists or memory runs out. */
static bool locate_missing(struct cli_place *place)
{
    char path[PATH_MAX], folder[PATH_MAX];
    struct stat status;

    if (strlen(path_of(place)) >= PATH_MAX)
        return false;
    strcpy(path, path_of(place));
    if (!follow(path))
        return false;
    for (const char *end = path + strlen(path); end > path;) {
        while (end > path && end[-1] != '/')
            end--;
        snprintf(folder, sizeof folder, "%.*s", (int)(end - path), path);
        if (stat(end > path ? folder : ".", &status) == 0) {
            place->device = status.st_dev;
            place->inode = status.st_ino;
            place->name = strdup(end);
            if (place->name != NULL)
                tidy(place->name);
            return place->name != NULL;
        }
        end -= end > path; /* skip the slash */
    }
    return false;
}

static bool locate(struct cli_place *place)
{
    const char *path = path_of(place);
    const bool stream = strcmp(path, "-") == 0;
    struct stat status;

    if (stream ? fstat(place->option != NULL ? STDOUT_FILENO : STDIN_FILENO, &status) != 0
               : stat(path, &status) != 0)
        return !stream && place->option != NULL && errno == ENOENT && locate_missing(place);
    place->device = status.st_dev;
    place->inode = status.st_ino;
    return S_ISREG(status.st_mode) || (stream && place->option != NULL);
}

static void add(struct cli_places *places, const struct cli_place *place)
{
    if (places->count == places->room) {
        int room = places->room > 0 ? 2 * places->room : 64;
        struct cli_place *list = realloc(places->list, (size_t)room * sizeof *list);
        if (list == NULL) {
            free(place->path);
            no_memory(places);
            return;
        }
        places->list = list;
        places->room = room;
    }
    struct cli_place *own = &places->list[places->count];
    *own = *place;
    own->index = places->count++;
    own->nowhere = !locate(own);
}

/* Returns whether the folder of `path` does not exist yet; it will be created. */
static bool in_missing_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    struct stat status;

    if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof folder)
        return false;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return stat(folder, &status) != 0 && errno == ENOENT;
}

/* Adds all existing files of a pattern and, for an output, the pattern itself, which stands for
 * those that do not exist yet. */
static void add_numbered(struct cli_places *places, const struct cli_place *place)
{
    struct tri_numbered names;
    long *numbers;
    size_t count;

    if (!tri_numbered_new(place->given, &names)) {
        no_memory(places);
        return;
    }
    if (!(place->option != NULL && in_missing_folder(place->given)) &&
        tri_numbered_find(&names, place->given, &numbers, &count, &places->error) == TRI_OK) {
        long first = 1;
        for (size_t i = 0; i < count; i++)
            first = numbers[i] == 0 && place->option == NULL ? 0 : first;
        for (size_t i = 0; i < count; i++) {
            if (place->option != NULL && numbers[i] < 1) /* results count from 1 */
                continue;
            struct cli_place file = *place;
            file.number = place->number > 0 ? numbers[i] - first + 1 : 0;
            file.path = tri_numbered_path(&names, numbers[i]);
            if (file.path != NULL)
                add(places, &file);
            else
                no_memory(places);
        }
        free(numbers);
    }
    tri_numbered_free(&names);
    if (place->option != NULL) {
        struct cli_place all = *place;
        all.numbered = true;
        add(places, &all);
    }
}

static void take(struct cli_places *places, const struct cli_place *place, bool numbered)
{
    if (place->given == NULL || places->error.status != TRI_OK)
        return;
    if (numbered && tri_numbered_is(place->given))
        add_numbered(places, place);
    else
        add(places, place);
}

void cli_places_input(struct cli_places *places, const char *path, int number)
{
    take(places, &(struct cli_place){.given = path, .number = number}, false);
}

void cli_places_output(struct cli_places *places, const char *option, const char *path, int number)
{
    take(places, &(struct cli_place){.option = option, .given = path, .number = number}, false);
}

void cli_places_numbered(struct cli_places *places, const char *option, const char *path,
                         int number)
{
    take(places, &(struct cli_place){.option = option, .given = path, .number = number}, true);
}

static void add_parameters(struct cli_places *places, const struct tri_pipeline *pipeline,
                           int index)
{
    const struct tri_kernel *kernel = tri_pipeline_kernel(pipeline, index);

    for (int i = 0; i < tri_kernel_param_count(kernel); i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);
        const char *name = tri_pipeline_value_text(pipeline, index, param->name);
        if (param->type != TRI_FILE || name[0] == '@' || places->error.status != TRI_OK)
            continue;
        char *path = strdup(name);
        if (path != NULL)
            add(places, &(struct cli_place){.given = path, .path = path});
        else
            no_memory(places);
    }
}

void cli_places_pipeline(struct cli_places *places, const char *text)
{
    struct tri_pipeline *pipeline = NULL;

    if (text != NULL && text[0] == '@')
        cli_places_input(places, text + 1, 0);
    if (text == NULL || tri_pipeline_parse_words(text, &pipeline, NULL) != TRI_OK)
        return; /* which is reported where it is used */
    for (int i = 0; i < tri_pipeline_length(pipeline); i++)
        add_parameters(places, pipeline, i);
    tri_pipeline_free(pipeline);
}

static int compare(const struct cli_place *a, const struct cli_place *b)
{
    if (a->nowhere || b->nowhere)
        return a->nowhere - b->nowhere;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    if (a->name == NULL || b->name == NULL)
        return (a->name != NULL) - (b->name != NULL);
    return strcmp(a->name, b->name);
}

static int by_place(const void *first, const void *second)
{
    const struct cli_place *a = first, *b = second;
    const int order = compare(a, b);

    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static const struct cli_place *input_of(const struct cli_places *places,
                                        const struct cli_place *output)
{
    for (int i = 0; i < places->count; i++)
        if (places->list[i].option == NULL && places->list[i].number == output->number)
            return &places->list[i];
    return NULL;
}

static enum tri_status refuse_input(const struct cli_places *places, const struct cli_place *output,
                                    const struct cli_place *input, struct tri_error *error)
{
    const struct cli_place *source = output->number > 0 ? input_of(places, output) : NULL;

    if (source != NULL)
        return tri_fail(error, TRI_USAGE, "%s: the result of '%s' would replace the input '%s'",
                        places->command, path_of(source), path_of(input));
    return tri_fail(error, TRI_USAGE,
                    "%s: %s '%s' would overwrite the input '%s'; write to another file",
                    places->command, output->option, output->given, path_of(input));
}

static enum tri_status refuse_outputs(const struct cli_places *places, const struct cli_place *a,
                                      const struct cli_place *b, struct tri_error *error)
{
    const struct cli_place *one = a->number > 0 ? input_of(places, a) : NULL;
    const struct cli_place *other = b->number > 0 ? input_of(places, b) : NULL;

    if (one != NULL && other != NULL && strcmp(a->option, b->option) == 0)
        return tri_fail(error, TRI_USAGE,
                        "%s: '%s' and '%s' would both be written to '%s'; use -o with %%d",
                        places->command, path_of(one), path_of(other), path_of(b));
    if (strcmp(path_of(a), "-") == 0 && strcmp(path_of(b), "-") == 0)
        return tri_fail(error, TRI_USAGE, "%s: only one output can go to standard output: %s or %s",
                        places->command, a->option, b->option);
    return tri_fail(error, TRI_USAGE,
                    "%s: %s '%s' and %s '%s' are the same file; use two different files",
                    places->command, a->option, a->given, b->option, b->given);
}

static enum tri_status check_pair(const struct cli_places *places, const struct cli_place *output,
                                  const struct cli_place *other, struct tri_error *error)
{
    if (other == output ||
        (output->number > 0 && output->number == other->number && other->option == NULL))
        return TRI_OK;
    return other->option != NULL ? refuse_outputs(places, output, other, error)
                                 : refuse_input(places, output, other, error);
}

/* Checks the places from `first` up to `end`, which are the same file. */
static enum tri_status check_same(const struct cli_places *places, const struct cli_place *first,
                                  const struct cli_place *end, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    if (first->nowhere)
        return TRI_OK;
    for (const struct cli_place *output = first; output < end && status == TRI_OK; output++)
        for (const struct cli_place *other = first;
             other < end && output->option != NULL && status == TRI_OK; other++)
            status = check_pair(places, output, other, error);
    return status;
}

/* Checks for outputs that do not exist yet, but that a pattern will create too:
 * `--data out-2.csv` with `-o out-%d.csv`. */
static enum tri_status check_names(const struct cli_places *places, const struct cli_place *output,
                                   struct tri_error *error)
{
    struct tri_numbered names;
    enum tri_status status = TRI_OK;

    if (!output->numbered || !tri_numbered_new(output->given, &names))
        return TRI_OK;
    for (int i = 0; i < places->count && status == TRI_OK; i++) {
        const struct cli_place *other = &places->list[i];
        if (other != output && other->option != NULL && other->name != NULL &&
            other->device == output->device && other->inode == output->inode &&
            strcspn(other->name, "/") == strlen(other->name) &&
            tri_numbered_of(&names, other->name) >= 0)
            status = refuse_outputs(places, output, other, error);
    }
    tri_numbered_free(&names);
    return status;
}

/* Reports the conflict that was named first, in whatever order inodes sort. */
static enum tri_status check_all(struct cli_places *places, struct tri_error *error)
{
    const struct cli_place *end = places->list + places->count;
    enum tri_status status = TRI_OK;
    int least = places->count;

    if (places->count == 0)
        return TRI_OK;
    qsort(places->list, (size_t)places->count, sizeof *places->list, by_place);
    for (const struct cli_place *first = places->list, *next; first < end; first = next) {
        struct tri_error own;
        for (next = first + 1; next < end && compare(first, next) == 0;)
            next++;
        if (first->index < least && check_same(places, first, next, &own) != TRI_OK) {
            least = first->index;
            *error = own;
            status = own.status;
        }
    }
    return status;
}

enum tri_status cli_places_check(struct cli_places *places, struct tri_error *error)
{
    enum tri_status status = places->error.status;

    if (status != TRI_OK)
        *error = places->error;
    else
        status = check_all(places, error);
    for (int i = 0; i < places->count && status == TRI_OK; i++)
        status = check_names(places, &places->list[i], error);
    for (int i = 0; i < places->count; i++) {
        free(places->list[i].path);
        free(places->list[i].name);
    }
    free(places->list);
    *places = (struct cli_places){0};
    return status;
}
