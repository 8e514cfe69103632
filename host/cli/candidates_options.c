/* candidates_options.c -- the options that bench and verify share. */
#include "cli/candidates_options.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/trace_output.h"
#include "image/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cli_option cli_candidates_options[] = {
    {"on", 0, "BACKEND",
     "only this backend (repeatable): sequential, threads[:N], opencl[:SEL], opencl:all, or "
     "several joined by '+', or all; these are compared with each of them alone",
     CLI_ADDS_TO(struct cli_candidates, on), .words = CLI_BACKENDS "|auto|all"},
    {"isa", 0, "ISA", "instruction set for sequential and threads (repeatable)",
     CLI_ADDS_TO(struct cli_candidates, isa), .more_words = cli_isa_words},
    {"max-pixels", 0, "N", "refuse larger pictures, as input and as result; default 268435456",
     CLI_SETS_COUNT(struct cli_candidates, max_pixels, 1, UINT64_MAX)},
    {"json", 0, "FILE", "write JSON; '-' is standard output, instead of the text",
     CLI_SETS_TEXT(struct cli_candidates, json), .file = true},
    {"trace", 0, "FILE", CLI_TRACE_HELP, CLI_SETS_TEXT(struct cli_candidates, trace), .file = true},
    {0},
};

struct tri_candidates_request cli_candidates_request(const struct cli_candidates *candidates)
{
    return (struct tri_candidates_request){.on = candidates->on.values,
                                           .on_count = candidates->on.count,
                                           .isa = candidates->isa.values,
                                           .isa_count = candidates->isa.count,
                                           .notes = stderr,
                                           .max_pixels = candidates->max_pixels};
}

void cli_isa_words(char words[CLI_WORDS_MAX])
{
    cli_add_word(words, "native");
    for (int i = 0; i < tri_isa_count(); i++)
        cli_add_word(words, tri_isa_name(i));
}

/* "lut:film.png", unless there is such a file. */
static bool names_kernel(const char *operand)
{
    char name[64];
    const size_t length = strcspn(operand, ":,");

    if (operand[length] == '\0' || length >= sizeof name || access(operand, F_OK) == 0)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)length, operand);
    return tri_kernel_find(name) != NULL;
}

bool cli_is_pipeline(const char *operand)
{
    return names_kernel(operand) || (!cli_is_picture(operand) && !tri_video_is(operand, NULL, 0));
}

bool cli_is_picture(const char *operand)
{
    return strcmp(operand, "-") == 0 || tri_format_of_path(operand) != NULL;
}

/* Returns 0, or errno: whether a file can be created or replaced in the folder of `path`. */
static int folder_refuses(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    const int why = folder == NULL ? ENOMEM : access(folder, W_OK | X_OK) == 0 ? 0 : errno;

    free(folder);
    return why;
}

/* Creates nothing: what is created only to be removed can stay behind. */
static int refuses(const char *path)
{
    struct stat kind;

    if (stat(path, &kind) != 0) {
        if (errno != ENOENT)
            return errno;
        return lstat(path, &kind) == 0 ? 0 /* a dangling link: writing creates its target */
                                       : folder_refuses(path);
    }
    if (access(path, S_ISDIR(kind.st_mode) ? W_OK | X_OK : W_OK) != 0)
        return errno;
    char *target = S_ISREG(kind.st_mode) ? realpath(path, NULL) : NULL;
    const int why = target != NULL ? folder_refuses(target) : 0;
    free(target);
    return why;
}

enum tri_status cli_check_writable(const char *path, struct tri_error *error)
{
    if (path == NULL || strcmp(path, "-") == 0)
        return TRI_OK;
    const int why = refuses(path);
    return why == 0 ? TRI_OK
                    : tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, strerror(why));
}

enum tri_status cli_check_file(const char *path, struct tri_error *error)
{
    if (path != NULL && cli_is_folder(path))
        return tri_fail(error, TRI_FAILED, "cannot write %s: it is a folder; name a file", path);
    return cli_check_writable(path, error);
}

enum tri_status cli_write_json(const char *path, struct json_t *json, struct tri_error *error)
{
    cli_interrupt_catch();
    cli_write_begin();
    const enum tri_status status = tri_json_write(path, json, error);
    cli_write_end();
    return status;
}
