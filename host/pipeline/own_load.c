/* own_load.c -- loads the shared objects of kernel files. */
#include "own.h"
#include "own_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct tri_own_calls calls = {
#define CALL(name) .name = name,
    TRI_OWN_CALLS(CALL)
#undef CALL
};

/* Passes of kernels/shared. */
extern const struct tri_pass tri_pass_histogram, tri_pass_lookup, tri_pass_relay,
    tri_pass_alpha_multiply, tri_pass_alpha_divide;
static const struct tri_pass *const shared[] = {&tri_pass_alpha_divide, &tri_pass_alpha_multiply,
                                                &tri_pass_histogram, &tri_pass_lookup,
                                                &tri_pass_relay};

static const struct tri_pass *find_shared(const char *name)
{
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        if (strcmp(shared[i]->name, name) == 0)
            return shared[i];
    }
    return NULL;
}

static bool write_all(int file, const char *from, size_t size)
{
    while (size > 0) {
        const ssize_t put = write(file, from, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        size -= (size_t)put;
    }
    return true;
}

/* From memory, as the cache holds objects with their keys. The file stays open: the loader takes
 * two objects of the same path for one, and a number that is free is used again. */
static void *open_object(const char *path, const void *object, size_t size, struct tri_error *error)
{
    char name[64];
    const char *slash = strrchr(path, '/');
    snprintf(name, sizeof name, "%.60s", slash != NULL ? slash + 1 : path);
    const int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0 || !write_all(file, object, size)) {
        tri_fail(error, TRI_FAILED, "cannot load %s: %s", path, strerror(errno));
        if (file >= 0)
            close(file);
        return NULL;
    }
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *why = dlerror();
        const char *undefined = why != NULL ? strstr(why, "undefined symbol: ") : NULL;
        tri_fail(error, undefined != NULL ? TRI_USAGE : TRI_FAILED, "cannot load %s: %s", path,
                 undefined != NULL ? undefined
                 : why != NULL     ? why
                                   : "no reason is known");
        close(file);
    }
    return handle;
}

static enum tri_status fill_used(const char *path, const struct tri_own_object *object,
                                 struct tri_error *error)
{
    for (const struct tri_own_used *const *used = object->used; used < object->used_end; used++) {
        const struct tri_pass *pass = find_shared((*used)->name);
        if (pass == NULL)
            return tri_fail(error, TRI_USAGE,
                            "%s: USES(%s): there is no such pass to use; a kernel file can use "
                            "histogram, lookup and relay",
                            path, (*used)->name);
        *(*used)->pass = *pass;
    }
    return TRI_OK;
}

enum tri_status tri_own_load(const char *path, const void *object, size_t size,
                             struct tri_own_loaded *loaded, struct tri_error *error)
{
    *loaded = (struct tri_own_loaded){0};
    loaded->handle = open_object(path, object, size, error);
    if (loaded->handle == NULL)
        return error != NULL ? error->status : TRI_FAILED;
    const struct tri_kernel *const *kernel = dlsym(loaded->handle, "tri_own_kernel");
    loaded->object = dlsym(loaded->handle, "tri_own");
    if (loaded->object == NULL)
        return tri_fail(error, TRI_FAILED, "cannot load %s: the compiler made no symbol tri_own",
                        path);
    loaded->kernel = kernel != NULL ? *kernel : NULL;
    loaded->object->calls = &calls;
    return fill_used(path, loaded->object, error);
}
