/* outputs.c -- names the output file of each input of `run`, and refuses names that collide. */
#include "cli/outputs.h"
#include "cli/candidates_options.h"
#include "cli/file_conflicts.h"
#include "image/numbered_names.h"
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
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash != NULL ? slash : name, '.');

    return dot != NULL && dot[1] ? dot : name + strlen(name);
}

/* Keeps the input's name. The extension is kept if it belongs to the output format, replaced if it
 * belongs to another known format, and otherwise stays as part of the name. */
static char *picture_in_folder(const char *folder, const char *name,
                               const struct tri_format *format)
{
    char *path;
    const struct tri_format *named = tri_format_of_path(name);
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    int length = (int)strlen(name);

    if (format == NULL)
        format = named != NULL ? named : tri_format_find("png");
    if (named != NULL && named != format)
        length = (int)(extension_of(name) - name);
    if (asprintf(&path, "%s%s%.*s%s%.*s", folder, slash, length, name, named == format ? "" : ".",
                 named == format ? 0 : (int)strcspn(format->extensions, "|"),
                 format->extensions) < 0)
        return NULL;
    return path;
}

/* The same for videos: with a format, any extension of a video is replaced by the format's; without
 * one, the name stays. */
static char *video_in_folder(const char *folder, const char *name,
                             const struct cli_formats *formats)
{
    char *path;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/",
               *extension = extension_of(name);
    const char *wanted = formats->picture != NULL ? formats->picture->extensions : formats->video;
    const int length =
        (int)(wanted != NULL && tri_video_named(name) ? extension - name : (long)strlen(name));

    if (asprintf(&path, "%s%s%.*s%s%.*s", folder, slash, length, name, wanted != NULL ? "." : "",
                 wanted != NULL ? (int)strcspn(wanted, "|") : 0, wanted != NULL ? wanted : "") < 0)
        return NULL;
    return path;
}

static char *path_of(const char *target, bool folder, const struct tri_numbered *names,
                     const struct cli_input *input, const struct cli_formats *formats, int number)
{
    if (folder)
        return input->video ? video_in_folder(target, input->name, formats)
                            : picture_in_folder(target, input->name, formats->picture);
    return names != NULL ? tri_numbered_path(names, number) : tri_plain_path(target);
}

static const char *command_of(const struct cli_more_files *more)
{
    return more->command != NULL ? more->command : "run";
}

static enum tri_status check_places(const struct cli_outputs *outputs,
                                    const struct cli_input *inputs,
                                    const struct cli_more_files *more, struct tri_error *error)
{
    struct cli_places places = {.command = command_of(more)};

    for (int i = 0; i < outputs->count; i++) {
        cli_places_input(&places, inputs[i].path, i + 1);
        cli_places_output(&places, "-o", outputs->paths[i], i + 1);
    }
    cli_places_pipeline(&places, more->pipeline);
    cli_places_input(&places, more->with, 0);
    cli_places_output(&places, "--trace", more->trace, 0);
    cli_places_output(&places, "--data", more->data, 0);
    const enum tri_status status = cli_places_check(&places, error);
    return status == TRI_OK ? cli_check_file(more->data, error) : status;
}

/* Refuses a name without a known format before anything is read. */
static enum tri_status check_format(const struct cli_outputs *outputs,
                                    const struct cli_input *inputs,
                                    const struct cli_formats *formats, const char *command,
                                    struct tri_error *error)
{
    for (int i = 0; i < outputs->count; i++) {
        const char *path = outputs->paths[i];
        if (formats->video != NULL && formats->picture == NULL && !inputs[i].video)
            return tri_fail(error, TRI_USAGE,
                            "%s: --format %s is for videos, but '%s' is not a video", command,
                            formats->video, inputs[i].path);
        if (formats->picture != NULL || formats->video != NULL || !extension_of(path)[0] ||
            tri_format_of_path(path) != NULL || (inputs[i].video && tri_video_writes(path, NULL)))
            continue;
        if (access(inputs[i].path, F_OK) != 0 && strcmp(inputs[i].path, "-") != 0)
            return tri_fail(error, TRI_FAILED, "cannot read %s: %s", inputs[i].path,
                            strerror(errno));
        if (tri_video_writes(path, NULL))
            return tri_fail(error, TRI_USAGE,
                            "%s: '%s' is a video, which needs a video, a file of several pictures "
                            "or a pattern (in-%%04d.png) as input; '%s' is none of these",
                            command, path, inputs[i].path);
        return tri_fail(
            error, TRI_USAGE,
            "%s: unknown extension in '%s'; use --format ('triptych --version' lists the formats)",
            command, path);
    }
    return TRI_OK;
}

/* Fills in the path of each output. Returns false if memory runs out. */
static bool name_outputs(const char *target, bool folder, const struct tri_numbered *names,
                         const struct cli_formats *formats, const struct cli_input *inputs,
                         int count, struct cli_outputs *outputs)
{
    outputs->paths = calloc((size_t)count, sizeof *outputs->paths);
    for (; outputs->paths != NULL && outputs->count < count; outputs->count++) {
        char *path =
            path_of(target, folder, names, &inputs[outputs->count], formats, outputs->count + 1);
        if (path == NULL)
            return false;
        outputs->paths[outputs->count] = path;
    }
    return outputs->paths != NULL && (!folder || (outputs->folder = strdup(target)) != NULL);
}

enum tri_status cli_outputs_plan(const char *target, const struct cli_formats *formats,
                                 const struct cli_input *inputs, int count,
                                 const struct cli_more_files *more, struct cli_outputs *outputs,
                                 struct tri_error *error)
{
    struct tri_numbered names = {0};
    bool folder = cli_is_folder(target), numbered = !folder && tri_numbered_is(target);

    *outputs = (struct cli_outputs){.numbered = numbered};
    if (count > 1 && !folder && !numbered && !more->nowhere)
        return tri_fail(error, TRI_USAGE,
                        "%s: %d inputs cannot all be written to '%s'; use a folder (out/) or a "
                        "pattern with one %%d (out-%%04d.png)",
                        command_of(more), count, target);
    const bool named =
        (!numbered || tri_numbered_new(target, &names)) &&
        name_outputs(target, folder, numbered ? &names : NULL, formats, inputs, count, outputs);
    tri_numbered_free(&names);
    enum tri_status status =
        named ? check_format(outputs, inputs, formats, command_of(more), error)
              : tri_fail(error, TRI_FAILED, "%s: out of memory for file names of %d outputs",
                         command_of(more), count);
    if (status == TRI_OK)
        status = check_places(outputs, inputs, more, error);
    if (status != TRI_OK)
        cli_outputs_free(outputs);
    return status;
}

void cli_outputs_free(struct cli_outputs *outputs)
{
    for (int i = 0; i < outputs->count; i++)
        free(outputs->paths[i]);
    free(outputs->paths);
    free(outputs->folder);
    *outputs = (struct cli_outputs){0};
}

/* Creates the folders that contain `path`; those within its first `from` bytes exist. */
static enum tri_status make_folders(char *path, size_t from, struct tri_error *error)
{
    for (char *end = path + from + 1; *end; end++) {
        if (*end != '/')
            continue;
        *end = '\0';
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!made)
            tri_fail(error, TRI_FAILED, "cannot create folder '%s': %s", path, strerror(errno));
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
    if (outputs->folder == NULL)
        return TRI_OK;
    enum tri_status status = make_folders(outputs->folder, 0, error);
    const size_t length = strlen(outputs->folder);
    for (int i = 0; i < outputs->count && status == TRI_OK; i++)
        if (strchr(outputs->paths[i] + length + 1, '/') != NULL)
            status = make_folders(outputs->paths[i], length, error);
    return status;
}

enum tri_status cli_make_parent(const char *path, struct tri_error *error)
{
    char *copy = tri_numbered_is(path) ? strdup(path) : NULL;
    enum tri_status status = TRI_OK;

    if (copy != NULL)
        status = make_folders(copy, 0, error);
    else if (tri_numbered_is(path))
        status = tri_fail(error, TRI_FAILED, "run: out of memory for file names");
    free(copy);
    return status;
}
