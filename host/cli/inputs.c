/* inputs.c -- finds the files that operands of `run` name. */
#include "cli/inputs.h"
#include "cli/cli.h"
#include "video/video.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
    struct cli_inputs *inputs;
    int room;
    size_t skip; /* length of the operand that is being walked, with its slash */
    struct stat except;
    bool has_except;
    struct tri_error *error;
};

static enum tri_status no_memory(const struct walk *walk)
{
    return tri_fail(walk->error, TRI_FAILED, "run: no memory for the names of the inputs");
}

/* What is named like a picture is none, so that no file of a large folder is opened twice. */
static bool is_video(const char *path)
{
    return strcmp(path, "-") != 0 && !tri_format_of_path(path) && tri_video_is(path, NULL, 0);
}

static enum tri_status add(struct walk *walk, const char *path, const char *name)
{
    struct cli_inputs *inputs = walk->inputs;

    if (inputs->count == walk->room) {
        int room = walk->room > 0 ? 2 * walk->room : 64;
        struct cli_input *list = realloc(inputs->list, (size_t)room * sizeof *list);
        if (!list)
            return no_memory(walk);
        inputs->list = list;
        walk->room = room;
    }
    char *copy = strdup(path);
    if (!copy)
        return no_memory(walk);
    const bool video = is_video(path);
    inputs->videos += video;
    inputs->list[inputs->count++] =
        (struct cli_input){copy, video, strcmp(path, "-") == 0 ? "stdin" : copy + (name - path)};
    return TRI_OK; // cppcheck-suppress memleak
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum tri_status walk_folder(struct walk *walk, const char *path);

/* The rest goes on, as after a file that fails. */
static enum tri_status tell_unread(struct walk *walk, const char *what, const char *path, int why)
{
    struct tri_error error;

    if (why == ENOMEM)
        return no_memory(walk);
    tri_fail(&error, TRI_FAILED, "cannot read %s'%s': %s", what, path, strerror(why));
    cli_fail(&error);
    walk->inputs->unread++;
    return TRI_OK;
}

/* Links to folders are not followed: they may lead in circles. */
static enum tri_status visit(struct walk *walk, const char *path)
{
    struct stat status, link;

    if (stat(path, &status) != 0 || lstat(path, &link) != 0) /* ENOENT: it has gone, or is a link to nothing */
        return errno == ENOENT ? TRI_OK : tell_unread(walk, "", path, errno);
    if (S_ISDIR(status.st_mode))
        return S_ISLNK(link.st_mode) ? TRI_OK : walk_folder(walk, path);
    if (S_ISREG(status.st_mode) && (tri_format_of_path(path) || tri_video_named(path)))
        return add(walk, path, path + walk->skip);
    return TRI_OK;
}

static enum tri_status walk_folder(struct walk *walk, const char *path)
{
    struct dirent **entries;
    struct stat self;
    enum tri_status status = TRI_OK;
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";

    if (walk->has_except && stat(path, &self) == 0 && self.st_dev == walk->except.st_dev &&
        self.st_ino == walk->except.st_ino)
        return TRI_OK;
    int count = scandir(path, &entries, visible, by_bytes);
    if (count < 0)
        return tell_unread(walk, "the folder ", path, errno);
    for (int i = 0; i < count; i++) {
        char *inner;
        if (status == TRI_OK && asprintf(&inner, "%s%s%s", path, slash, entries[i]->d_name) < 0)
            status = no_memory(walk);
        else if (status == TRI_OK) {
            status = visit(walk, inner);
            free(inner);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum tri_status take_operand(struct walk *walk, const char *operand)
{
    struct stat status;
    const int before = walk->inputs->count + walk->inputs->unread;
    const char *slash = strrchr(operand, '/');

    if (strcmp(operand, "-") == 0 || stat(operand, &status) != 0 || !S_ISDIR(status.st_mode))
        return add(walk, operand, slash && slash[1] ? slash + 1 : operand);
    walk->inputs->folders = true;
    walk->skip = strlen(operand) + (operand[strlen(operand) - 1] != '/');
    /* What is in the output's folder is no input, but for one that is asked for by name. */
    const bool has_except = walk->has_except;
    walk->has_except = has_except && (status.st_dev != walk->except.st_dev || status.st_ino != walk->except.st_ino);
    enum tri_status result = walk_folder(walk, operand);
    walk->has_except = has_except;
    if (result == TRI_OK && walk->inputs->count + walk->inputs->unread == before)
        return tri_fail(walk->error, TRI_FAILED, "there is no picture and no video in the folder '%s'", operand);
    return result;
}

enum tri_status cli_inputs_find(char *const operands[], int count, const char *except, struct cli_inputs *inputs,
                                struct tri_error *error)
{
    struct walk walk = {.inputs = inputs, .error = error};
    enum tri_status status = TRI_OK;

    *inputs = (struct cli_inputs){0};
    walk.has_except = except && stat(except, &walk.except) == 0;
    for (int i = 0; i < count && status == TRI_OK; i++)
        status = take_operand(&walk, operands[i]);
    if (status != TRI_OK)
        cli_inputs_free(inputs);
    return status;
}

void cli_inputs_free(struct cli_inputs *inputs)
{
    for (int i = 0; i < inputs->count; i++)
        free(inputs->list[i].path);
    free(inputs->list);
    *inputs = (struct cli_inputs){0};
}
