/* temporary_folder.c -- folders for files that nobody wants to keep. They are listed, so that they
 * can be removed when a signal ends the program. */
#include "image/temporary_folder.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS = 1000 };

struct folder {
    struct folder *next;
    char *path;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for the list */
static struct folder *folders;

/* ---- removing ---- */

static void remove_files(const char *path)
{
    DIR *directory = opendir(path);

    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
}

/* When a signal ends the program, others may still write some: it is gone once that did not happen
 * in between. */
static void remove_folder(const char *path)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        remove_files(path);
        if (rmdir(path) == 0 || (errno != ENOTEMPTY && errno != EEXIST))
            return;
    }
}

void tri_temporary_folder_remove(char *path)
{
    struct folder **at = &folders;

    if (path == NULL)
        return;
    remove_folder(path);
    pthread_mutex_lock(&lock);
    while ((*at)->path != path)
        at = &(*at)->next;
    struct folder *folder = *at;
    *at = folder->next;
    pthread_mutex_unlock(&lock);
    free(folder);
    free(path);
}

void tri_temporary_folders_abandon(void)
{
    pthread_mutex_lock(&lock); /* for good */
    for (const struct folder *folder = folders; folder != NULL; folder = folder->next)
        remove_folder(folder->path);
}

/* ---- making ---- */

/* Returns why it cannot be made; 0: it is made and listed. */
static int make_listed(struct folder *folder)
{
    pthread_mutex_lock(&lock);
    const int why = mkdtemp(folder->path) != NULL ? 0 : errno;
    if (why == 0) {
        folder->next = folders;
        folders = folder;
    }
    pthread_mutex_unlock(&lock);
    return why;
}

enum tri_status tri_temporary_folder_make(const char *what, char **path, struct tri_error *error)
{
    struct folder *folder = calloc(1, sizeof *folder);
    const char *place = getenv("TMPDIR");

    if (place == NULL || place[0] == '\0')
        place = "/tmp";
    *path = NULL;
    if (folder == NULL || asprintf(&folder->path, "%s/triptych-%s-XXXXXX", place, what) < 0) {
        free(folder);
        return tri_fail(error, TRI_FAILED, "out of memory for a name");
    }
    const int why = make_listed(folder);
    if (why == 0) {
        *path = folder->path;
        return TRI_OK;
    }
    free(folder->path);
    free(folder);
    return tri_fail(error, TRI_FAILED,
                    "cannot make a folder in %s: %s; set TMPDIR to one that can be written", place,
                    strerror(why));
}
