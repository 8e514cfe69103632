/* output_file.c -- output files that replace an old file only once they are complete. */
#include "image.h"
#include "file_attributes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tri_status cannot_write(const char *name, const char *why, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", name, why);
}

#define PREFIX ".triptych-" /* followed by the process ID and a random number */

/* Returns the process that a temporary file of ours is named after; 0 if it is not ours. */
static pid_t owner_of(const char *name)
{
    char *end;

    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return 0;
    const long number = strtol(name + strlen(PREFIX), &end, 10);
    return *end == '-' && number > 0 && number <= INT_MAX ? (pid_t)number : 0;
}

/* Removes a file only if it is not locked: a process that we cannot see, in a container, locks what
 * it writes. */
static void remove_if_left(int folder, const char *name)
{
    struct stat status;
    const int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file < 0)
        return;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        flock(file, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(file);
}

/* Removes the temporary files of killed processes from a folder. Ignores failures. */
static void remove_left(const char *path)
{
    DIR *directory = opendir(path);

    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const pid_t owner = owner_of(entry->d_name);
        if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH)
            remove_if_left(dirfd(directory), entry->d_name);
    }
    closedir(directory);
}

/* Cleans a folder once for consecutive files in it. */
static void clean(const char *path)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static dev_t device;
    static ino_t inode;
    struct stat status;

    if (stat(path, &status) != 0)
        return;
    pthread_mutex_lock(&lock);
    const bool done = status.st_dev == device && status.st_ino == inode;
    device = status.st_dev;
    inode = status.st_ino;
    pthread_mutex_unlock(&lock);
    if (!done)
        remove_left(path);
}

/* Creates a file in the folder of `target`. Does not use mkstemp, whose files are private to the
 * user: the umask or the folder's default ACL decides, as for any other new file. */
static int open_beside(const char *target, char **temporary)
{
    const char *slash = strrchr(target, '/');
    int length = slash != NULL ? (int)(slash - target + 1) : 0, file = -1;
    char *folder = strndup(target, (size_t)length);

    if (folder != NULL)
        clean(length > 0 ? folder : ".");
    for (int attempt = 0; folder != NULL && file < 0 && attempt < 100; attempt++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            break;
        free(*temporary);
        if (asprintf(temporary, "%s" PREFIX "%ld-%016llx", folder, (long)getpid(),
                     (unsigned long long)random) < 0) {
            *temporary = NULL;
            break;
        }
        file = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST)
            break;
    }
    const int why = errno;
    if (file >= 0) {
        flock(file, LOCK_EX | LOCK_NB);
    } else {
        free(*temporary);
        *temporary = NULL;
    }
    free(folder);
    errno = why;
    return file;
}

/* For a device, a pipe, or a dangling link. */
static int open_in_place(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

/* Returns a descriptor, or -1 and sets errno. */
static int open_target(const char *path, struct tri_output *output)
{
    struct stat old, link;
    bool exists = stat(path, &old) == 0;

    if (exists ? !S_ISREG(old.st_mode) : lstat(path, &link) == 0)
        return open_in_place(path);
    if (exists && access(path, W_OK) != 0) /* a rename would ignore the file's permissions */
        return -1;
    output->target = exists ? realpath(path, NULL) : strdup(path);
    if (output->target == NULL)
        return -1;
    int file = open_beside(output->target, &output->temporary);
    if (exists)
        output->old = (struct tri_output_owner){true, old.st_uid, old.st_gid, old.st_mode & 07777};
    if (file >= 0 && exists && fchmod(file, S_IRUSR | S_IWUSR) != 0 &&
        errno != EPERM) { /* private until complete */
        close(file);
        return -1;
    }
    return file;
}

static void discard(struct tri_output *output)
{
    if (output->temporary != NULL)
        unlink(output->temporary);
    free(output->temporary);
    free(output->target);
    *output = (struct tri_output){0};
}

enum tri_status tri_output_open(const char *path, struct tri_output *output,
                                struct tri_error *error)
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
    if (output->file == NULL) {
        cannot_write(path, strerror(errno), error);
        if (file >= 0)
            close(file);
        discard(output);
        return TRI_FAILED;
    }
    return TRI_OK;
}

enum tri_status tri_output_close(struct tri_output *output, enum tri_status so_far,
                                 struct tri_error *error)
{
    enum tri_status status = so_far;
    bool kept = output->file == stdout;

    if (output->file == NULL)
        return status;
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_DISK, "close");
    if (!status && (fflush(output->file) != 0 || ferror(output->file)))
        status = cannot_write(output->name, strerror(errno), error);
    if (!status && output->old.there)
        tri_output_keep(output, fileno(output->file));
    if (!kept && fclose(output->file) != 0 && !status)
        status = cannot_write(output->name, strerror(errno), error);
    if (!status && output->temporary != NULL) {
        if (rename(output->temporary, output->target) != 0) {
            status = cannot_write(output->name, strerror(errno), error);
        } else {
            free(output->temporary);
            output->temporary = NULL;
        }
    }
    discard(output);
    tri_trace_end(mark);
    return status;
}
