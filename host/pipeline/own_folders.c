/* own_folders.c -- kernel files in the folders of $TRIPTYCH_KERNELS. */
#include "own.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls `visit` for each folder of $TRIPTYCH_KERNELS until it returns true. */
static bool each_folder(bool (*visit)(const char *folder, void *context), void *context)
{
    const char *at = secure_getenv("TRIPTYCH_KERNELS");
    char folder[PATH_MAX];
    while (at != NULL && *at != '\0') {
        const size_t length = strcspn(at, ":");
        if (length > 0 && length < sizeof folder) {
            memcpy(folder, at, length);
            folder[length] = '\0';
            if (visit(folder, context))
                return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

struct wanted {
    const char *name;
    char path[PATH_MAX];
};

static bool has_file(const char *folder, void *context)
{
    struct wanted *wanted = context;
    const int length =
        snprintf(wanted->path, sizeof wanted->path, "%s/%s.cl", folder, wanted->name);
    return length > 0 && length < PATH_MAX && access(wanted->path, F_OK) == 0;
}

bool tri_own_in_folders(const char *name, char path[])
{
    struct wanted wanted = {.name = name};
    if (!each_folder(has_file, &wanted))
        return false;
    strcpy(path, wanted.path);
    return true;
}

struct names {
    char **list;
    int count;
    void (*note)(const char *text);
};

static bool has_name(const struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++) {
        if (strcmp(names->list[i], name) == 0)
            return true;
    }
    return false;
}

static void add_name(struct names *names, const char *file)
{
    const size_t length = strlen(file);
    char *name = length > 3 && file[0] != '.' && strcmp(file + length - 3, ".cl") == 0
                     ? strndup(file, length - 3)
                     : NULL;
    char **list = NULL;
    if (name != NULL && tri_kernel_find(name) == NULL && !has_name(names, name))
        list = realloc(names->list, ((size_t)names->count + 1) * sizeof *list);
    if (list == NULL) {
        free(name);
        return;
    }
    names->list = list;
    names->list[names->count++] = name;
}

static bool list_folder(const char *folder, void *context)
{
    struct names *names = context;
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        char text[PATH_MAX + 100];
        snprintf(text, sizeof text, "TRIPTYCH_KERNELS: cannot read the folder %.2000s: %s", folder,
                 strerror(errno));
        names->note(text);
        return false;
    }
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        add_name(names, entry->d_name);
    closedir(directory);
    return false;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **tri_own_list_folders(void (*note)(const char *text), int *count)
{
    struct names names = {.note = note};
    each_folder(list_folder, &names);
    if (names.count > 0)
        qsort(names.list, (size_t)names.count, sizeof names.list[0], by_bytes);
    *count = names.count;
    return names.list;
}
