/* file_attributes.c -- what a file takes over from the one it replaces: owner, group, mode, ACL,
 * extended attributes. */
#include "file_attributes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"

__attribute__((format(printf, 2, 3))) static void tell(const struct tri_output *output,
                                                       const char *format, ...)
{
    char text[600];
    va_list arguments;

    if (!output->tell)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    output->tell(output->listener, text);
}

/* ---- attributes ---- */

struct value {
    char *data;
    ssize_t size; /* -1: none, or unreadable */
};

/* Reads from `file` if `path` is NULL. */
static struct value read_value(const char *path, int file, const char *name)
{
    struct value value = {NULL, path != NULL ? getxattr(path, name, NULL, 0)
                                             : fgetxattr(file, name, NULL, 0)};

    if (value.size < 0)
        return value;
    value.data = malloc((size_t)value.size + 1);
    value.size = value.data == NULL ? -1
                 : path != NULL     ? getxattr(path, name, value.data, (size_t)value.size)
                                    : fgetxattr(file, name, value.data, (size_t)value.size);
    return value;
}

static bool equal(const struct value *a, const struct value *b)
{
    return a->size == b->size && (a->size <= 0 || memcmp(a->data, b->data, (size_t)a->size) == 0);
}

/* Signatures of the old content, and capabilities granted to it. */
static bool is_of_content(const char *name)
{
    return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0 ||
           strcmp(name, "security.capability") == 0;
}

/* Returns false, and sets errno, if the attribute is lost. */
static bool keep_attribute(const struct tri_output *output, int file, const char *name)
{
    struct value old = read_value(output->target, -1, name), now = read_value(NULL, file, name);
    const bool kept = old.size < 0 || equal(&old, &now) ||
                      fsetxattr(file, name, old.data, (size_t)old.size, 0) == 0;
    const int why = errno;

    free(old.data);
    free(now.data);
    errno = why;
    return kept;
}

static void keep_attributes(const struct tri_output *output, int file)
{
    const ssize_t room = listxattr(output->target, NULL, 0);
    char *names = room > 0 ? malloc((size_t)room) : NULL;
    const ssize_t size = names != NULL ? listxattr(output->target, names, (size_t)room) : 0;
    bool told = false;

    for (const char *name = names; name != NULL && name < names + size; name += strlen(name) + 1) {
        if (is_of_content(name) || keep_attribute(output, file, name) || told)
            continue;
        told = true;
        tell(output, "%s: the attribute %s cannot be kept: %s", output->name, name,
             strerror(errno));
    }
    free(names);
}

/* The folder's default ACL is for new files only. */
static void drop_inherited_acl(const struct tri_output *output, int file)
{
    if (getxattr(output->target, ACL, NULL, 0) < 0 && errno == ENODATA)
        fremovexattr(file, ACL);
}

/* ---- owner and mode ---- */

static bool keep_user(const struct tri_output *output, int file, const struct stat *now)
{
    if (now->st_uid == output->old.user || fchown(file, output->old.user, (gid_t)-1) == 0)
        return true;
    tell(output, "%s: the owner has changed from user %ld to user %ld: %s", output->name,
         (long)output->old.user, (long)now->st_uid, strerror(errno));
    return false;
}

static bool keep_group(const struct tri_output *output, int file, const struct stat *now)
{
    if (now->st_gid == output->old.group || fchown(file, (uid_t)-1, output->old.group) == 0)
        return true;
    tell(output,
         "%s: the group has changed from %ld to %ld, which has the permissions of others: %s",
         output->name, (long)output->old.group, (long)now->st_gid, strerror(errno));
    return false;
}

static void keep_mode(const struct tri_output *output, int file, mode_t mode)
{
    struct stat now;

    if (fchmod(file, mode) != 0 && fstat(file, &now) == 0 && (now.st_mode & 07777) != mode)
        tell(output, "%s: the mode has changed from %04o to %04o: %s", output->name, (unsigned)mode,
             (unsigned)(now.st_mode & 07777), strerror(errno));
}

void tri_output_keep(const struct tri_output *output, int file)
{
    const mode_t ids = output->old.mode & (S_ISUID | S_ISGID);
    mode_t mode = output->old.mode & ~ids;
    struct stat now;

    if (fstat(file, &now) != 0)
        return;
    /* The user last: after giving the file away we may not change it any more. */
    const bool group = keep_group(output, file, &now);
    drop_inherited_acl(output, file);
    keep_attributes(output, file);
    if (!group)
        mode &= ~(mode_t)S_IRWXG | (mode & S_IRWXO) << 3;
    keep_mode(output, file, mode);
    if (keep_user(output, file, &now) && group && ids) /* a change of owner clears them */
        keep_mode(output, file, mode | ids);
}
