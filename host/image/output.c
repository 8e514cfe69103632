/* output.c -- output files that replace an old file only when they are complete. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tri_status cannot_write(const char *name, const char *why, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", name, why);
}

/* Creates a file in the folder of `target`. Not by mkstemp, whose files are private to the user:
 * this way the umask, or the folder's default ACL, decides as for any other new file. */
static int open_beside(const char *target, char **temporary)
{
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target + 1) : 0;

    for (int attempt = 0; attempt < 100; attempt++) {
        if (asprintf(temporary, "%.*s.triptych-%ld-%d", folder, target, (long)getpid(), attempt) < 0) {
            *temporary = NULL;
            return -1;
        }
        int file = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0)
            return file;
        int why = errno;
        free(*temporary);
        *temporary = NULL;
        errno = why;
        if (why != EEXIST)
            break;
    }
    return -1;
}

/* A device, a pipe, or a link that leads nowhere yet. */
static int open_in_place(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

/* Returns a descriptor, or -1 and errno. */
static int open_target(const char *path, struct tri_output *output)
{
    struct stat old, link;
    bool exists = stat(path, &old) == 0;

    if (exists ? !S_ISREG(old.st_mode) : lstat(path, &link) == 0)
        return open_in_place(path);
    if (exists && access(path, W_OK) != 0) /* a rename would not ask */
        return -1;
    output->target = exists ? realpath(path, NULL) : strdup(path);
    if (!output->target)
        return -1;
    int file = open_beside(output->target, &output->temporary);
    if (file >= 0 && exists && fchmod(file, old.st_mode & 07777) != 0 && errno != EPERM) {
        close(file);
        return -1;
    }
    return file;
}

static void discard(struct tri_output *output)
{
    if (output->temporary)
        unlink(output->temporary);
    free(output->temporary);
    free(output->target);
    *output = (struct tri_output){0};
}

enum tri_status tri_output_open(const char *path, struct tri_output *output, struct tri_error *error)
{
    *output = (struct tri_output){.name = path};
    if (strcmp(path, "-") == 0) {
        output->name = "standard output";
        output->file = stdout;
        return TRI_OK;
    }
    int file = open_target(path, output);
    if (file >= 0)
        output->file = fdopen(file, "wb");
    if (!output->file) {
        cannot_write(path, strerror(errno), error);
        if (file >= 0)
            close(file);
        discard(output);
        return TRI_FAILED;
    }
    return TRI_OK;
}

enum tri_status tri_output_close(struct tri_output *output, enum tri_status so_far, struct tri_error *error)
{
    enum tri_status status = so_far;
    bool kept = output->file == stdout;

    if (!output->file)
        return status;
    if (!status && (fflush(output->file) != 0 || ferror(output->file)))
        status = cannot_write(output->name, strerror(errno), error);
    if (!kept && fclose(output->file) != 0 && !status)
        status = cannot_write(output->name, strerror(errno), error);
    if (!status && output->temporary) {
        if (rename(output->temporary, output->target) != 0) {
            status = cannot_write(output->name, strerror(errno), error);
        } else {
            free(output->temporary);
            output->temporary = NULL;
        }
    }
    discard(output);
    return status;
}
