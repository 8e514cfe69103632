/* module.c -- finds and loads modules, each one once. */
#include "module.h"

#include "module_calls.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULES_MAX 16

static struct module {
    char name[32];
    const void *given;
} modules[MODULES_MAX];
static int module_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct tri_module_calls calls = {
#define CALL(name) .name = name,
    TRI_MODULE_CALLS(CALL)
#undef CALL
};

/* Cuts a line of /proc/self/maps down to the path of the file mapped at `address`; NULL if the line
 * is about another range. */
static char *path_at(char *line, uintptr_t address)
{
    unsigned long long from, to;
    char *path = strchr(line, '/');
    if (sscanf(line, "%llx-%llx ", &from, &to) != 2 || address < from || address >= to ||
        path == NULL)
        return NULL;
    path[strcspn(path, "\n")] = '\0';
    return path;
}

/* The folder of the program or library that contains this code, without a trailing slash; "" if
 * unknown. */
static void own_folder(char folder[PATH_MAX])
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL, *path = NULL;
    size_t room = 0;
    folder[0] = '\0';
    while (maps != NULL && path == NULL && getline(&line, &room, maps) > 0)
        path = path_at(line, (uintptr_t)&calls);
    if (path != NULL && strlen(path) < PATH_MAX) {
        strcpy(folder, path);
        *strrchr(folder, '/') = '\0';
    }
    free(line);
    if (maps != NULL)
        fclose(maps);
}

static void *open_module(const char *name)
{
    char own[PATH_MAX], path[PATH_MAX + 64];
    own_folder(own);
    const struct {
        const char *folder, *below;
    } places[] = {{getenv("TRIPTYCH_MODULES"), ""},
                  {own, "/modules"},
                  {own, "/triptych"},
                  {own, "/../modules"},
                  {own, "/../lib/triptych"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].folder == NULL || places[i].folder[0] == '\0')
            continue;
        snprintf(path, sizeof path, "%s%s/%s.so", places[i].folder, places[i].below, name);
        if (access(path, F_OK) == 0) /* if it does not load, report it; look no further */
            return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    snprintf(path, sizeof path, "%s/%s.so", TRI_MODULEDIR, name);
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* NULL if the module cannot be loaded; `why` is the linker's message or our own. */
static const void *begin_module(const char *name, const char **why)
{
    tri_module_begin *begin;
    void *object = open_module(name);
    void *symbol = object != NULL ? dlsym(object, "tri_module") : NULL;
    if (symbol == NULL) {
        *why = dlerror();
        return NULL;
    }
    memcpy(&begin, &symbol, sizeof begin); /* ISO C has no such conversion */
    const void *given = begin(&calls, TRI_VERSION, TRI_MODULE_BUILD);
    if (given == NULL) {
        *why = "it belongs to another build of triptych";
        dlclose(object);
    }
    return given;
}

static const void *find_or_load(const char *name, struct tri_error *error)
{
    for (int i = 0; i < module_count; i++) {
        if (strcmp(modules[i].name, name) == 0)
            return modules[i].given;
    }
    const char *why = NULL;
    const void *given = begin_module(name, &why);
    if (given == NULL) {
        tri_fail(error, TRI_FAILED, "cannot load the module %s: %s", name,
                 why != NULL ? why : "it is empty");
        return NULL;
    }
    if (module_count < MODULES_MAX) {
        snprintf(modules[module_count].name, sizeof modules[0].name, "%s", name);
        modules[module_count++].given = given;
    }
    return given;
}

const void *tri_module_load(const char *name, struct tri_error *error)
{
    pthread_mutex_lock(&lock);
    const void *given = find_or_load(name, error);
    pthread_mutex_unlock(&lock);
    return given;
}
