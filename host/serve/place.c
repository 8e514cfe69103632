/* place.c -- opens files below the root, whatever a path says and whoever changes links meanwhile.
 *
 * openat2 with RESOLVE_BENEATH does that in the kernel. Where it is not there (before Linux 5.6, or
 * forbidden by a filter of system calls), the path is walked with O_NOFOLLOW, and links within the
 * root do not work either. */
#include "serve/serve.h"

#include "codec/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fifos and devices must not keep the opener waiting. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
enum { RETRIES = 8 }; /* after a rename on the way, the kernel wants to be asked again */

enum tri_status tri_serve_root_open(const char *path, int *fd, struct tri_error *error)
{
    *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? TRI_OK
                    : tri_fail(error, TRI_FAILED, "cannot open the folder %s: %s", path,
                               strerror(errno));
}

int tri_serve_walk(int root, const char *path)
{
    char part[256];
    int at = dup(root);

    while (at >= 0) {
        const size_t length = strcspn(path, "/");
        const bool last = path[length] == '\0';
        if (length == 0 || length >= sizeof part)
            break;
        snprintf(part, sizeof part, "%.*s", (int)length, path);
        const int next = openat(
            at, part, last ? FLAGS | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(at);
        if (last)
            return next;
        at = next;
        path += length + 1;
    }
    if (at >= 0)
        close(at);
    return -1;
}

static int open_beneath(int root, const char *path)
{
    const struct open_how how = {.flags = FLAGS,
                                 .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = -1;

    for (int i = 0; i < RETRIES && fd < 0; i++) {
        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd < 0 && (errno == ENOSYS || errno == EPERM))
            return tri_serve_walk(root, path);
        if (fd < 0 && errno != EAGAIN)
            break;
    }
    return fd;
}

/* Whether it is "/a/b" with parts that may be served: neither empty nor hidden, and no "..". */
static bool is_plain(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *at = path; at != NULL; at = strchr(at + 1, '/')) {
        if (at[1] == '.' || at[1] == '/' || at[1] == '\0')
            return false;
    }
    return true;
}

static void describe(const struct stat *status, struct tri_serve_file *file)
{
    file->device = status->st_dev;
    file->inode = status->st_ino;
    file->size = (uint64_t)status->st_size;
    file->modified = status->st_mtim;
}

const struct tri_format *tri_serve_format_of(const void *head, size_t size)
{
    const struct tri_codec *codec = size > 0 ? tri_codec_of_head(head, size) : NULL;

    return codec != NULL ? tri_format_find(codec->format.name) : NULL;
}

bool tri_serve_file_open(int root, const char *path, struct tri_serve_file *file)
{
    unsigned char head[16];
    struct stat status;

    *file = (struct tri_serve_file){.fd = is_plain(path) ? open_beneath(root, path + 1) : -1};
    if (file->fd < 0)
        return false;
    if (fstat(file->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        tri_serve_file_close(file);
        return false;
    }
    describe(&status, file);
    const ssize_t got = pread(file->fd, head, sizeof head, 0);
    file->format = got > 0 ? tri_serve_format_of(head, (size_t)got) : NULL;
    return true;
}

bool tri_serve_file_unchanged(const struct tri_serve_file *file)
{
    struct tri_serve_file now;
    struct stat status;

    if (fstat(file->fd, &status) != 0)
        return false;
    describe(&status, &now);
    return now.size == file->size && now.modified.tv_sec == file->modified.tv_sec &&
           now.modified.tv_nsec == file->modified.tv_nsec;
}

void tri_serve_file_close(struct tri_serve_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
