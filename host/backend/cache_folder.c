/* cache_folder.c -- where on disk triptych keeps what it need not make twice. */
#include "cache_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Others must be able neither to write there nor to have put it there. */
static bool is_private(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 022) == 0 && access(path, W_OK | X_OK) == 0;
}

static bool make_under(const char *base, const char *name, char *path, size_t size)
{
    mkdir(base, 0700);
    const int length = snprintf(path, size, "%s/%s", base, name);
    if (length < 0 || (size_t)length >= size)
        return false;
    mkdir(path, 0700);
    return is_private(path);
}

bool tri_cache_folder(const char *name, char *path, size_t size)
{
    const char *own = getenv("TRIPTYCH_CACHE_DIR"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char base[1000];
    if (own != NULL && own[0] != '\0')
        return make_under(own, name, path, size);
    if (cache != NULL && cache[0] == '/') {
        mkdir(cache, 0700);
        snprintf(base, sizeof base, "%s/triptych", cache);
        if (make_under(base, name, path, size))
            return true;
    } else if (home != NULL && home[0] == '/') {
        snprintf(base, sizeof base, "%s/.cache", home);
        mkdir(base, 0700);
        snprintf(base, sizeof base, "%s/.cache/triptych", home);
        if (make_under(base, name, path, size))
            return true;
    }
    snprintf(base, sizeof base, "/tmp/triptych-%ld", (long)geteuid());
    mkdir(base, 0700);
    return is_private(base) && make_under(base, name, path, size);
}
