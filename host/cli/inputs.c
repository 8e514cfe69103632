/* inputs.c -- finds the files that the operands of `run` name, folders included, and reads
 * pictures. */
#include "cli/inputs.h"
#include "cli/cli.h"
#include "image/numbered_names.h"
#include "video/video.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    struct cli_inputs *inputs;
    int room;
    size_t skip; /* length of the operand being walked, with its slash */
    struct stat except;
    bool has_except;
    struct tri_error *error;
};

static enum tri_status no_memory(const struct walk *walk)
{
    return tri_fail(walk->error, TRI_FAILED, "run: out of memory for file names");
}

/* Files named like pictures are not opened here; in a large folder each would be opened twice. */
static bool is_video(const char *path)
{
    return strcmp(path, "-") != 0 && tri_format_of_path(path) == NULL &&
           tri_video_is(path, NULL, 0);
}

static enum tri_status add(struct walk *walk, const char *path, const char *name)
{
    struct cli_inputs *inputs = walk->inputs;

    if (inputs->count == walk->room) {
        int room = walk->room > 0 ? 2 * walk->room : 64;
        struct cli_input *list = realloc(inputs->list, (size_t)room * sizeof *list);
        if (list == NULL)
            return no_memory(walk);
        inputs->list = list;
        walk->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
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

/* Reports a file or folder that cannot be read; the others are processed, as after a failure. */
static enum tri_status tell_unread(struct walk *walk, const char *what, const char *path, int why)
{
    struct tri_error error;

    if (why == ENOMEM)
        return no_memory(walk);
    tri_fail(&error, TRI_FAILED, "cannot read %s%s: %s", what, path, strerror(why));
    cli_fail(&error);
    walk->inputs->unread++;
    return TRI_OK;
}

static bool is_named(const char *path)
{
    return tri_format_of_path(path) != NULL || tri_video_named(path);
}

/* Links to folders are not followed: they may form a loop. */
static enum tri_status visit(struct walk *walk, const char *path)
{
    struct stat status, link;

    if (lstat(path, &link) != 0) /* ENOENT: removed meanwhile */
        return errno == ENOENT ? TRI_OK : tell_unread(walk, "", path, errno);
    if (stat(path, &status) != 0) /* ENOENT: a dangling link */
        return errno == ENOENT && !is_named(path) ? TRI_OK : tell_unread(walk, "", path, errno);
    if (S_ISDIR(status.st_mode) && S_ISLNK(link.st_mode))
        cli_note("%s is a link to a folder, which is not followed", path);
    else if (S_ISDIR(status.st_mode))
        return walk_folder(walk, path);
    else if (S_ISREG(status.st_mode) && is_named(path))
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
        return tell_unread(walk, "folder ", path, errno);
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
        return add(walk, operand, slash != NULL && slash[1] ? slash + 1 : operand);
    walk->inputs->folders = true;
    walk->skip = strlen(operand) + (operand[strlen(operand) - 1] != '/');
    /* Files in the output's folder are not inputs, unless the folder itself is an operand. */
    const bool has_except = walk->has_except;
    walk->has_except = has_except && (status.st_dev != walk->except.st_dev ||
                                      status.st_ino != walk->except.st_ino);
    enum tri_status result = walk_folder(walk, operand);
    walk->has_except = has_except;
    if (result == TRI_OK && walk->inputs->count + walk->inputs->unread == before)
        return tri_fail(walk->error, TRI_FAILED, "no pictures or videos in folder '%s'", operand);
    return result;
}

enum tri_status cli_inputs_find(char *const operands[], int count, const char *except,
                                struct cli_inputs *inputs, struct tri_error *error)
{
    struct walk walk = {.inputs = inputs, .error = error};
    enum tri_status status = TRI_OK;

    *inputs = (struct cli_inputs){0};
    walk.has_except = except != NULL && stat(except, &walk.except) == 0;
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

void cli_input_names(int count, char **paths)
{
    for (int i = 0; i < count; i++) {
        char *plain = tri_numbered_is(paths[i]) ? NULL : tri_plain_path(paths[i]);

        if (plain != NULL && access(plain, F_OK) == 0)
            strcpy(paths[i], plain); /* never longer */
        free(plain);
    }
}

enum tri_status cli_read(const char *path, uint64_t max_pixels, struct tri_image **image,
                         struct tri_error *error)
{
    struct tri_read_options options = {.size = sizeof options, .max_pixels = max_pixels};
    struct tri_read_info info = {.size = sizeof info};

    if (tri_pool_new(tri_cpu_workers(), &options.pool, error) != TRI_OK)
        return TRI_FAILED;
    const enum tri_status status = tri_image_read(path, &options, image, &info, error);
    tri_pool_free(options.pool);
    if (status == TRI_OK && info.warning[0])
        cli_note("%s: %s", path, info.warning);
    tri_metadata_free(info.metadata);
    return status;
}
