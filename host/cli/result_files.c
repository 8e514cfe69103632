/* result_files.c -- the files of results that a command's operands stand for. */
#include "cli/result_files.h"
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum tri_status add_path(struct cli_result_files *paths, char *path, struct tri_error *error)
{
    if (paths->count == paths->room) {
        const int room = paths->room > 0 ? 2 * paths->room : 64;
        char **list = realloc(paths->list, (size_t)room * sizeof *list);
        if (list == NULL) {
            free(path);
            return tri_fail(error, TRI_FAILED, "out of memory for file names");
        }
        paths->list = list;
        paths->room = room;
    }
    if (path == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for file names");
    paths->list[paths->count++] = path;
    return TRI_OK;
}

static int is_result(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".json") == 0;
}

/* A pipe in a folder would be waited for, maybe for ever. Damaged links are reported later. */
static bool is_special(const char *path)
{
    struct stat kind;

    if (stat(path, &kind) != 0 || S_ISREG(kind.st_mode) || S_ISDIR(kind.st_mode))
        return false;
    cli_note("%s is left out: it is a pipe, a socket or a device", path);
    return true;
}

static enum tri_status add_folder(struct cli_result_files *paths, const char *folder,
                                  struct tri_error *error)
{
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_result, alphasort);
    const int before = paths->count;
    enum tri_status status = TRI_OK;

    if (count < 0)
        return tri_fail(error, TRI_FAILED, "cannot read %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (status == TRI_OK && asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) < 0)
            path = NULL;
        if (path != NULL && is_special(path))
            free(path);
        else if (status == TRI_OK)
            status = add_path(paths, path, error);
        free(entries[i]);
    }
    free(entries);
    return status == TRI_OK && paths->count == before
               ? tri_fail(error, TRI_FAILED, "the folder %s has no .json files", folder)
               : status;
}

enum tri_status cli_result_files_find(char *const operands[], int count,
                                      struct cli_result_files *paths, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < count && status == TRI_OK; i++) {
        struct stat kind;
        const bool folder =
            strcmp(operands[i], "-") != 0 && stat(operands[i], &kind) == 0 && S_ISDIR(kind.st_mode);
        status = folder ? add_folder(paths, operands[i], error)
                        : add_path(paths, strdup(operands[i]), error);
    }
    return status;
}

bool cli_slower_parse(const char *command, const char *text, double *share)
{
    char *end;

    *share = strtod(text, &end) / 100;
    if (end != text && strcmp(end, "%") == 0 && *share >= 0 && *share <= 100)
        return true;
    cli_usage(
        command,
        "invalid value '%s' for --fail-slower; expected a percentage like 5%%, from 0%% to 10000%%",
        text);
    return false;
}

void cli_result_files_free(struct cli_result_files *paths)
{
    for (int i = 0; i < paths->count; i++)
        free(paths->list[i]);
    free(paths->list);
}
