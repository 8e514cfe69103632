/* disk_cache.c -- compiled code and verdicts on disk, keyed by the whole text they depend on.
 *
 * A file is named after a digest of its key and also holds the key, to tell apart keys with the
 * same digest. It is written next to its final place and renamed, so nobody reads half a file, and
 * readers of a file that is being replaced keep the old one. An incomplete file, whatever the
 * reason, counts as absent: it is made anew and replaced. */
#include "disk_cache.h"
#include "cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SIZE_DEFAULT 256 /* MiB */
#define NAME_LENGTH 32
#define TEMPORARY ".new-"
#define TEMPORARY_AGE 3600 /* seconds; by then its writer is gone */

struct header {
    char magic[8];
    uint64_t key_size, data_size;
    uint64_t sum; /* over the three fields before, the key and the data */
};

static const char magic[8] = "TRIKEPT1";

static uint64_t fnv1a(uint64_t state, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        state = (state ^ bytes[i]) * UINT64_C(0x100000001b3);
    return state;
}

/* A second hash, to make 128 bits with the first. */
static uint64_t mixed(uint64_t state, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        state = (state + bytes[i] + 1) * UINT64_C(0x9e3779b97f4a7c15);
        state ^= state >> 29;
    }
    return state;
}

static void file_path(const struct tri_disk_cache *cache, const char *key, char *path, size_t size)
{
    const size_t length = strlen(key);
    snprintf(path, size, "%s/%016llx%016llx", cache->folder,
             (unsigned long long)fnv1a(UINT64_C(0xcbf29ce484222325), key, length),
             (unsigned long long)mixed(0, key, length));
}

static struct header make_header(const char *key, const void *data, size_t size)
{
    struct header header = {.key_size = strlen(key), .data_size = size};
    memcpy(header.magic, magic, sizeof magic);
    header.sum = mixed(0, &header, offsetof(struct header, sum));
    header.sum = mixed(header.sum, key, header.key_size);
    header.sum = mixed(header.sum, data, size);
    return header;
}

void tri_disk_cache_open(struct tri_disk_cache *cache, const char *folder, const char *what)
{
    const char *size = getenv("TRIPTYCH_CACHE_SIZE");
    char *end = NULL;
    unsigned long long mib = size != NULL ? strtoull(size, &end, 10) : SIZE_DEFAULT;
    *cache = (struct tri_disk_cache){.what = what};
    if (size != NULL && (end == size || *end != '\0' || mib > 1 << 20))
        mib = SIZE_DEFAULT;
    cache->limit = mib << 20;
    if (mib == 0)
        return; /* the user disabled it */
    if (!tri_cache_folder(folder, cache->folder, sizeof cache->folder)) {
        cache->folder[0] = '\0';
        snprintf(cache->complaint, sizeof cache->complaint,
                 "compiled %s are not kept: no cache folder is private and writable; "
                 "set TRIPTYCH_CACHE_DIR to one",
                 what);
        return;
    }
    struct tri_cache_state state;
    tri_cache_state(&state);
    if (state.temporary)
        snprintf(cache->complaint, sizeof cache->complaint,
                 "compiled %s are not kept beyond this run: %.100s", what, state.why);
}

/* ---- reading ---- */

static bool read_all(int file, void *to, size_t size)
{
    unsigned char *at = to;
    while (size > 0) {
        const ssize_t got = read(file, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool sizes_agree(const struct header *header, const struct stat *status)
{
    const uint64_t size = (uint64_t)status->st_size;
    return memcmp(header->magic, magic, sizeof magic) == 0 && header->key_size <= size &&
           header->data_size <= size &&
           sizeof *header + header->key_size + header->data_size == (uint64_t)status->st_size;
}

/* Reads a file with any key. The caller frees key and data; false: both are NULL. */
static bool read_file(int file, char **key, void **data, size_t *size)
{
    struct stat status;
    struct header header;
    *key = NULL;
    *data = NULL;
    /* Another user's file would be another user's program. */
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
        (status.st_mode & 022) != 0)
        return false;
    if (!read_all(file, &header, sizeof header) || !sizes_agree(&header, &status))
        return false;
    *key = calloc(1, header.key_size + 1);
    *size = header.data_size;
    *data = malloc(*size + 1);
    if (*key != NULL && *data != NULL && read_all(file, *key, header.key_size) &&
        read_all(file, *data, *size) && strlen(*key) == header.key_size &&
        make_header(*key, *data, *size).sum == header.sum)
        return true;
    free(*key);
    free(*data);
    *key = NULL;
    *data = NULL;
    return false;
}

bool tri_disk_cache_load(const struct tri_disk_cache *cache, const char *key, void **data,
                         size_t *size)
{
    char path[1300], *own_key;
    *data = NULL;
    if (cache->folder[0] == '\0')
        return false;
    file_path(cache, key, path, sizeof path);
    const int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    const bool good = read_file(file, &own_key, data, size) && strcmp(own_key, key) == 0;
    if (good) {
        (void)futimens(file, NULL); /* marks it as just used; if that fails, it is evicted sooner */
    } else {
        free(*data);
        *data = NULL;
    }
    free(own_key);
    close(file);
    return good;
}

void tri_disk_cache_each(const struct tri_disk_cache *cache,
                         void (*visit)(const char *key, const void *data, size_t size,
                                       void *context),
                         void *context)
{
    DIR *directory = cache->folder[0] != '\0' ? opendir(cache->folder) : NULL;
    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char *key;
        void *data;
        size_t size;
        const int file = strlen(entry->d_name) == NAME_LENGTH
                             ? openat(dirfd(directory), entry->d_name,
                                      O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
                             : -1;
        if (file >= 0 && read_file(file, &key, &data, &size)) {
            visit(key, data, size, context);
            free(key);
            free(data);
        }
        if (file >= 0)
            close(file);
    }
    closedir(directory);
}

/* ---- writing ---- */

struct kept {
    char name[40];
    uint64_t size;
    struct timespec used;
};

static int by_use(const void *a, const void *b)
{
    const struct timespec *x = &((const struct kept *)a)->used,
                          *y = &((const struct kept *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* Lists the folder's files and their total size; removes leftovers of interrupted processes. */
static struct kept *list_files(DIR *directory, size_t *count, uint64_t *total)
{
    struct kept *list = NULL;
    size_t room = 0;
    *count = 0;
    *total = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        struct stat status;
        if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        if (strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)) == 0) {
            if (time(NULL) - status.st_mtime > TEMPORARY_AGE)
                unlinkat(dirfd(directory), entry->d_name, 0);
            continue;
        }
        if (strlen(entry->d_name) != NAME_LENGTH)
            continue;
        if (*count == room) {
            room = room * 2 + 64;
            struct kept *more = realloc(list, room * sizeof *list);
            if (more == NULL)
                break;
            list = more;
        }
        struct kept *kept = &list[(*count)++];
        snprintf(kept->name, sizeof kept->name, "%.32s", entry->d_name);
        kept->size = (uint64_t)status.st_size;
        kept->used = status.st_mtim;
        *total += kept->size;
    }
    return list;
}

/* Makes room for `size` bytes: evicts the least recently used files down to three quarters of the
 * limit, so that not every new file has to evict another. */
static void make_room(const struct tri_disk_cache *cache, uint64_t size)
{
    DIR *directory = opendir(cache->folder);
    size_t count;
    uint64_t total;
    if (directory == NULL)
        return;
    struct kept *list = list_files(directory, &count, &total);
    if (total + size > cache->limit && count > 0) {
        qsort(list, count, sizeof *list, by_use);
        for (size_t i = 0; i < count && total + size > cache->limit / 4 * 3; i++) {
            if (unlinkat(dirfd(directory), list[i].name, 0) == 0)
                total -= list[i].size;
        }
    }
    free(list);
    closedir(directory);
}

static bool write_all(int file, const void *from, size_t size)
{
    const unsigned char *at = from;
    while (size > 0) {
        const ssize_t put = write(file, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

static bool write_file(const char *temporary, int file, const char *path, const char *key,
                       const void *data, size_t size)
{
    const struct header header = make_header(key, data, size);
    bool good = write_all(file, &header, sizeof header) && write_all(file, key, strlen(key)) &&
                write_all(file, data, size);
    const int why = errno;
    if (close(file) != 0 && good)
        good = false;
    else if (!good)
        errno = why;
    return good && rename(temporary, path) == 0;
}

void tri_disk_cache_store(struct tri_disk_cache *cache, const char *key, const void *data,
                          size_t size)
{
    char path[1300], temporary[1300];
    const uint64_t whole = sizeof(struct header) + strlen(key) + size;
    if (cache->folder[0] == '\0' || whole > cache->limit)
        return;
    make_room(cache, whole);
    file_path(cache, key, path, sizeof path);
    snprintf(temporary, sizeof temporary, "%s/" TEMPORARY "XXXXXX", cache->folder);
    const int file = mkostemp(temporary, O_CLOEXEC);
    if (file >= 0 && write_file(temporary, file, path, key, data, size))
        return;
    snprintf(cache->complaint, sizeof cache->complaint, "compiled %s are not kept: %.60s: %.60s",
             cache->what, cache->folder, strerror(errno));
    if (file >= 0)
        unlink(temporary);
    cache->folder[0] = '\0';
}
