/* module.c -- finds and loads modules, each once. */
#include "module.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULES_MAX 16

static struct module {
    char name[32];
    const void *symbol;
} modules[MODULES_MAX];
static int module_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The folder that the program is in, without a slash at its end; "": unknown. */
static void program_folder(char folder[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
}

static void *open_module(const char *name)
{
    char program[PATH_MAX], path[PATH_MAX + 64];
    program_folder(program);
    const struct {
        const char *folder, *below;
    } places[] = {{getenv("TRIPTYCH_MODULES"), ""}, {program, "/modules"}, {program, "/../modules"}, {program, "/../lib/triptych"}};
    for (int i = 0; i < 4; i++) {
        if (places[i].folder == NULL || places[i].folder[0] == '\0')
            continue;
        snprintf(path, sizeof path, "%s%s/%s.so", places[i].folder, places[i].below, name);
        if (access(path, F_OK) == 0) /* one that does not load is told of, not passed over */
            return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    snprintf(path, sizeof path, "%s/%s.so", TRI_MODULEDIR, name);
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static const void *find_or_load(const char *name, struct tri_error *error)
{
    for (int i = 0; i < module_count; i++) {
        if (strcmp(modules[i].name, name) == 0)
            return modules[i].symbol;
    }
    void *object = open_module(name);
    const void *symbol = object != NULL ? dlsym(object, "tri_module") : NULL;
    if (symbol == NULL) {
        const char *why = dlerror();
        tri_fail(error, TRI_FAILED, "the module %s cannot be loaded: %s", name, why != NULL ? why : "it is empty");
        return NULL;
    }
    if (module_count < MODULES_MAX) {
        snprintf(modules[module_count].name, sizeof modules[0].name, "%s", name);
        modules[module_count++].symbol = symbol;
    }
    return symbol;
}

const void *tri_module_load(const char *name, struct tri_error *error)
{
    pthread_mutex_lock(&lock);
    const void *symbol = find_or_load(name, error);
    pthread_mutex_unlock(&lock);
    return symbol;
}
