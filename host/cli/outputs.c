/* outputs.c -- names the output file of each input of `run`, and refuses names that would collide. */
#include "cli/outputs.h"
#include "cli/places.h"
#include "image/numbered.h"
#include "video/video.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_is_folder(const char *path)
{
    struct stat status;

    return path[0] != '\0' &&
           (path[strlen(path) - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)));
}

static const char *extension_of(const char *name)
{
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');

    return dot && dot[1] ? dot : name + strlen(name);
}

/* Keeps the name. Its extension too, where that is one of the format that is written; of a known other
 * format it is replaced, and what is no picture's extension stays part of the name. */
static char *picture_in_folder(const char *folder, const char *name, const struct tri_format *format)
{
    char *path;
    const struct tri_format *named = tri_format_of_path(name);
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    int length = (int)strlen(name);

    if (!format)
        format = named ? named : tri_format_find("png");
    if (named && named != format)
        length = (int)(extension_of(name) - name);
    if (asprintf(&path, "%s%s%.*s%s%.*s", folder, slash, length, name, named == format ? "" : ".",
                 named == format ? 0 : (int)strcspn(format->extensions, "|"), format->extensions) < 0)
        return NULL;
    return path;
}

/* The same, with any extension of a video for that of the format, or with its own. */
static char *video_in_folder(const char *folder, const char *name, const struct cli_formats *formats)
{
    char *path;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/", *extension = extension_of(name);
    const char *wanted = formats->picture ? formats->picture->extensions : formats->video;
    const int length = (int)(wanted && tri_video_named(name) ? extension - name : (long)strlen(name));

    if (asprintf(&path, "%s%s%.*s%s%.*s", folder, slash, length, name, wanted ? "." : "", wanted ? (int)strcspn(wanted, "|") : 0,
                 wanted ? wanted : "") < 0)
        return NULL;
    return path;
}

static char *path_of(const char *target, bool folder, const struct tri_numbered *names, const struct cli_input *input,
                     const struct cli_formats *formats, int number)
{
    if (folder)
        return input->video ? video_in_folder(target, input->name, formats) : picture_in_folder(target, input->name, formats->picture);
    return names ? tri_numbered_path(names, number) : tri_plain_path(target);
}

static enum tri_status check_places(const struct cli_outputs *outputs, const struct cli_input *inputs, struct tri_error *error)
{
    struct cli_places places = {.command = "run"};

    for (int i = 0; i < outputs->count; i++) {
        cli_places_input(&places, inputs[i].path, i + 1);
        cli_places_output(&places, "-o", outputs->paths[i], i + 1);
    }
    return cli_places_check(&places, error);
}

/* So that a name without a format is refused before anything is read. */
static enum tri_status check_format(const struct cli_outputs *outputs, const struct cli_input *inputs,
                                    const struct cli_formats *formats, struct tri_error *error)
{
    for (int i = 0; i < outputs->count; i++) {
        const char *path = outputs->paths[i];
        if (formats->video && !formats->picture && !inputs[i].video)
            return tri_fail(error, TRI_USAGE, "run: --format: '%s' is a format of videos, and '%s' is none", formats->video, inputs[i].path);
        if (formats->picture || formats->video || !extension_of(path)[0] || tri_format_of_path(path) ||
            (inputs[i].video && tri_video_writes(path, NULL)))
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

enum tri_status cli_outputs_plan(const char *target, const struct cli_formats *formats,
                                 const struct cli_input *inputs, int count, struct cli_outputs *outputs,
                                 struct tri_error *error)
{
    struct tri_numbered names = {0};
    bool folder = cli_is_folder(target), numbered = !folder && tri_numbered_is(target);
    enum tri_status status = TRI_FAILED;

    *outputs = (struct cli_outputs){0};
    if (count > 1 && !folder && !numbered)
        return tri_fail(
            error, TRI_USAGE,
            "run: %d inputs cannot all be written to '%s'; use a folder (out/) or one %%d (out-%%04d.png)",
            count, target);
    outputs->paths = calloc((size_t)count, sizeof *outputs->paths);
    if (!outputs->paths || (numbered && !tri_numbered_new(target, &names)))
        goto no_memory;
    for (outputs->count = 0; outputs->count < count; outputs->count++) {
        char *path = path_of(target, folder, numbered ? &names : NULL, &inputs[outputs->count], formats, outputs->count + 1);
        if (!path)
            goto no_memory;
        outputs->paths[outputs->count] = path;
    }
    if (folder && !(outputs->folder = strdup(target)))
        goto no_memory;
    outputs->numbered = numbered;
    status = check_format(outputs, inputs, formats, error);
    if (status == TRI_OK)
        status = check_places(outputs, inputs, error);
    tri_numbered_free(&names);
    if (status != TRI_OK)
        cli_outputs_free(outputs);
    return status;

no_memory:
    tri_numbered_free(&names);
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
    if (outputs->numbered)
        return make_folders(outputs->paths[0], 0, error);
    if (!outputs->folder)
        return TRI_OK;
    enum tri_status status = make_folders(outputs->folder, 0, error);
    const size_t length = strlen(outputs->folder);
    for (int i = 0; i < outputs->count && status == TRI_OK; i++)
        if (strchr(outputs->paths[i] + length + 1, '/'))
            status = make_folders(outputs->paths[i], length, error);
    return status;
}

enum tri_status cli_make_parent(const char *path, struct tri_error *error)
{
    char *copy = tri_numbered_is(path) ? strdup(path) : NULL;
    enum tri_status status = TRI_OK;

    if (copy)
        status = make_folders(copy, 0, error);
    else if (tri_numbered_is(path))
        status = tri_fail(error, TRI_FAILED, "run: no memory for the name of the output");
    free(copy);
    return status;
}
