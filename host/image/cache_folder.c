/* cache_folder.c -- finds or creates the private folder for what is kept between runs. Compiled
 * code is loaded from there, so other users must not be able to plant a file, a folder or a link.
 */
#include "cache_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LINKS_MAX 40
#define ROOM_LEAST (4 << 20) /* bytes; POCL aborts if it cannot write a file */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool known;
    pid_t owner; /* of the temporary folder: a forked child must not remove it */
    struct tri_cache_state state;
} cache;

__attribute__((format(printf, 2, 3))) static bool refuse(char why[4300], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, 4300, format, arguments);
    va_end(arguments);
    return false;
}

/* Whether only root and we can replace entries of a folder. A group is trusted if it is root's or
 * has the same number as its user, like the per-user groups that systems create. */
static bool check_folder(const char *path, const struct stat *status, char *why)
{
    if (!S_ISDIR(status->st_mode))
        return refuse(why, "%s is not a folder", path);
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return refuse(why, "%s belongs to user %ld", path, (long)status->st_uid);
    if ((status->st_mode & S_ISVTX) != 0)
        return true; /* sticky: users can replace only their own entries */
    if ((status->st_mode & S_IWOTH) != 0)
        return refuse(why, "%s is writable by everybody", path);
    if ((status->st_mode & S_IWGRP) != 0 && status->st_gid != 0 &&
        (status->st_gid != getegid() || status->st_gid != geteuid()))
        return refuse(why, "%s is writable by group %ld", path, (long)status->st_gid);
    return true;
}

/* Prepends a link's target to the rest of the path. `at` is the folder that contains the link,
 * already checked as above. */
static bool follow(const char *link, const struct stat *status, char *at, char rest[PATH_MAX],
                   char *why)
{
    char target[PATH_MAX], whole[2 * PATH_MAX];
    const ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0)
        return refuse(why, "%s: %s", link, strerror(errno));
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return refuse(why, "%s is a link owned by user %ld", link, (long)status->st_uid);
    target[length] = '\0';
    const int needed = snprintf(whole, sizeof whole, "%s/%s", target, rest);
    if (needed < 0 || needed >= PATH_MAX)
        return refuse(why, "%s: %s", link, strerror(ENAMETOOLONG));
    memcpy(rest, whole, (size_t)needed + 1);
    if (target[0] == '/')
        at[0] = '\0';
    return true;
}

/* Goes one step down from `at`, to its entry `name`. */
static bool step_down(char at[PATH_MAX], const char *name, char rest[PATH_MAX], int *links,
                      char *why)
{
    char next[PATH_MAX + 1];
    struct stat status;
    if (name[0] == '\0' || strcmp(name, ".") == 0)
        return true;
    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(at, '/');
        if (slash != NULL)
            *slash = '\0';
        return true;
    }
    const int length = snprintf(next, sizeof next, "%s/%s", at, name);
    if (length < 0 || length >= PATH_MAX)
        return refuse(why, "%s: %s", at, strerror(ENAMETOOLONG));
    if (lstat(next, &status) != 0 &&
        (errno != ENOENT || (mkdir(next, 0700) != 0 && errno != EEXIST) ||
         lstat(next, &status) != 0))
        return refuse(why, "%s: %s", next, strerror(errno));
    if (S_ISLNK(status.st_mode))
        return ++*links <= LINKS_MAX ? follow(next, &status, at, rest, why)
                                     : refuse(why, "%s: %s", next, strerror(ELOOP));
    if (!check_folder(next, &status, why))
        return false;
    memcpy(at, next, (size_t)length + 1);
    return true;
}

/* Follows `path` step by step and creates what is missing. */
static bool walk(const char *path, char at[PATH_MAX], char *why)
{
    char rest[PATH_MAX], name[NAME_MAX + 1];
    struct stat status;
    int links = 0;
    at[0] = '\0';
    if (snprintf(rest, sizeof rest, "%s", path) >= (int)sizeof rest)
        return refuse(why, "%.200s...: %s", path, strerror(ENAMETOOLONG));
    if (lstat("/", &status) != 0 || !check_folder("/", &status, why))
        return false;
    while (rest[0] != '\0') {
        const size_t length = strcspn(rest, "/");
        if (length > NAME_MAX)
            return refuse(why, "%.200s...: %s", path, strerror(ENAMETOOLONG));
        memcpy(name, rest, length);
        name[length] = '\0';
        memmove(rest, rest + length + (rest[length] == '/'),
                strlen(rest + length + (rest[length] == '/')) + 1);
        if (!step_down(at, name, rest, &links, why))
            return false;
    }
    if (at[0] == '\0')
        strcpy(at, "/");
    return true;
}

static bool check_access(const char *path, char *why)
{
    struct statvfs room;
    if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        return refuse(why, "%s: %s", path, strerror(errno));
    if (statvfs(path, &room) == 0 && room.f_blocks > 0 &&
        (double)room.f_bavail * (double)room.f_frsize < ROOM_LEAST)
        return refuse(why, "%s: less than %d MiB free", path, ROOM_LEAST >> 20);
    return true;
}

/* Whether this is a usable folder of our own. */
static bool check_own(const char *path, char *why)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return refuse(why, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return refuse(why, "%s is not a folder owned by user %ld", path, (long)geteuid());
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(why, "%s is writable by others", path);
    return check_access(path, why);
}

static bool check_chosen(const char *path, char *why)
{
    char part[PATH_MAX];
    struct stat status;
    const size_t length = strlen(path);
    if (length >= sizeof part)
        return refuse(why, "%.200s...: %s", path, strerror(ENAMETOOLONG));
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        if (stat(part, &status) != 0 && mkdir(part, 0700) != 0 && errno != EEXIST)
            return refuse(why, "%s: %s", part, strerror(errno));
        part[i] = path[i];
    }
    if (stat(path, &status) != 0)
        return refuse(why, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return refuse(why, "%s is not a folder", path);
    return check_access(path, why);
}

static bool usual_path(char path[PATH_MAX], char *why)
{
    const char *own = secure_getenv("TRIPTYCH_CACHE_DIR"),
               *cache_home = secure_getenv("XDG_CACHE_HOME");
    const char *home = secure_getenv("HOME");
    char here[PATH_MAX];
    int length;
    if (own != NULL && own[0] == '/')
        length = snprintf(path, PATH_MAX, "%s", own);
    else if (own != NULL && own[0] != '\0')
        length = getcwd(here, sizeof here) != NULL ? snprintf(path, PATH_MAX, "%s/%s", here, own)
                                                   : PATH_MAX;
    else if (cache_home != NULL && cache_home[0] == '/')
        length = snprintf(path, PATH_MAX, "%s/triptych", cache_home);
    /* HOME is / for services: not theirs, and no place for caches. */
    else if (home != NULL && home[0] == '/' && home[strspn(home, "/")] == '\0')
        return refuse(why, "HOME is %s", home);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, PATH_MAX, "%s/.cache/triptych", home);
    else
        return refuse(why, "none of TRIPTYCH_CACHE_DIR, XDG_CACHE_HOME and HOME is set");
    return length < PATH_MAX || refuse(why, "the path of the cache folder is too long");
}

bool tri_cache_chosen(const char *path)
{
    pthread_mutex_lock(&lock);
    const bool usable = check_chosen(path, cache.state.not_chosen);
    pthread_mutex_unlock(&lock);
    return usable;
}

/* ---- a folder for this process only ---- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    remove(path);
    return 0;
}

static void remove_temporary(void)
{
    if (cache.owner == getpid())
        nftw(cache.state.root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool make_temporary(void)
{
    const char *const places[] = {secure_getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"};
    char at[PATH_MAX], ignored[4300];
    struct stat status;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        /* It must exist: walk() would create it. */
        if (places[i] == NULL || places[i][0] != '/' || stat(places[i], &status) != 0 ||
            !walk(places[i], at, ignored))
            continue;
        const int length =
            snprintf(cache.state.root, sizeof cache.state.root, "%s/triptych-XXXXXX", at);
        if (length < PATH_MAX && mkdtemp(cache.state.root) != NULL &&
            check_own(cache.state.root, ignored)) {
            cache.owner = getpid();
            cache.state.temporary = true;
            atexit(remove_temporary);
            return true;
        }
        rmdir(cache.state.root);
    }
    cache.state.root[0] = '\0';
    return false;
}

/* ---- */

static void find_root(void)
{
    char path[PATH_MAX], at[PATH_MAX];
    if (cache.known)
        return;
    cache.known = true;
    if (usual_path(path, cache.state.why) && walk(path, at, cache.state.why) &&
        check_own(at, cache.state.why))
        snprintf(cache.state.root, sizeof cache.state.root, "%s", at);
    else
        make_temporary();
}

static bool below_root(const char *name, char *path, size_t size, char *why)
{
    const int length = snprintf(path, size, "%s/%s", cache.state.root, name);
    if (cache.state.root[0] == '\0' || length < 0 || (size_t)length >= size || length >= PATH_MAX)
        return refuse(why, "no folder is writable");
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return refuse(why, "%s: %s", path, strerror(errno));
    return check_own(path, why);
}

bool tri_cache_folder(const char *name, char *path, size_t size)
{
    char why[sizeof cache.state.why] = "";
    pthread_mutex_lock(&lock);
    find_root();
    bool found = below_root(name, path, size, why);
    if (!found && !cache.state.temporary) {
        memcpy(cache.state.why, why, sizeof why);
        found = make_temporary() && below_root(name, path, size, why);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void tri_cache_state(struct tri_cache_state *state)
{
    pthread_mutex_lock(&lock);
    find_root();
    *state = cache.state;
    pthread_mutex_unlock(&lock);
}
