/* own.c -- the kernel files that were named: found, compiled, kept and loaded, each once. */
#include "own.h"
#include "own_calls.h"

#include "../image/disk_cache.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (4 << 20) /* bytes */

struct tri_own {
    struct tri_own *next;
    char *path, *call;
    struct tri_own_text text;
    struct tri_kernel kernel; /* the object's, with `own` */
    struct tri_about about;   /* its own, with these texts */
    struct tri_known known;
    char *example, *known_pipeline;
    struct tri_own_object *object;
    bool sized[2], loaded[2][TRI_LEVEL_COUNT]; /* [bits == 16] */
    struct tri_own_object *checked[2];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tri_own *first;
static void (*told)(const char *text);
static bool allowed;
static bool told_lanes;
static struct tri_own_compiler compiler;
static struct tri_disk_cache cache;
static bool cache_open;

void tri_own_allow(bool are)
{
    pthread_mutex_lock(&lock);
    allowed = are;
    pthread_mutex_unlock(&lock);
}

bool tri_own_allowed(void)
{
    pthread_mutex_lock(&lock);
    const bool are = allowed;
    pthread_mutex_unlock(&lock);
    return are;
}

void tri_own_tell(void (*to)(const char *text))
{
    pthread_mutex_lock(&lock);
    told = to;
    pthread_mutex_unlock(&lock);
}

static void note(const char *text)
{
    if (told != NULL)
        told(text);
}

bool tri_own_is_path(const char *name)
{
    const size_t length = strlen(name);
    return strchr(name, '/') != NULL || (length > 3 && strcmp(name + length - 3, ".cl") == 0);
}

const char *tri_own_path(const struct tri_own *own)
{
    return own->path;
}

const char *tri_own_call(const struct tri_own *own)
{
    return own->call;
}

static struct tri_own *find_path(const char *path)
{
    struct tri_own *own = first;
    while (own != NULL && strcmp(own->path, path) != 0)
        own = own->next;
    return own;
}

static const struct tri_own *find_call(const char *name)
{
    const struct tri_own *own = first;
    while (own != NULL && strcmp(own->call, name) != 0)
        own = own->next;
    return own;
}

const char *tri_own_source(const char *path)
{
    pthread_mutex_lock(&lock);
    const struct tri_own *own = find_path(path);
    pthread_mutex_unlock(&lock);
    return own != NULL ? own->text.source : NULL;
}

/* ---- an object: from the cache or the compiler ---- */

static char *key_of(const struct tri_own *own, const struct tri_own_build *build)
{
    char *key = NULL;
    size_t size;
    FILE *to = open_memstream(&key, &size);
    if (to == NULL)
        return NULL;
    fprintf(to, "triptych " TRI_VERSION " kernel file\n%016llx\n%s\n",
            (unsigned long long)own->text.dialect, compiler.identity);
    tri_own_options(&compiler, build, to);
    if ((build->parts & TRI_OWN_CHECKS) != 0)
        fprintf(to, "\n%s", own->path); /* the sanitizer's places have it */
    fprintf(to, "\n%s", own->text.source);
    const bool failed = ferror(to);
    if (fclose(to) == 0 && !failed)
        return key;
    free(key);
    return NULL;
}

static void open_cache(void)
{
    if (!cache_open)
        tri_disk_cache_open(&cache, "kernels", "kernel files");
    if (!cache_open && cache.complaint[0] != '\0')
        note(cache.complaint);
    cache_open = true;
}

/* Without clang there are no lanes. */
static void tell_lanes(const struct tri_own *own)
{
    char text[400];
    if (told_lanes || compiler.clang)
        return;
    told_lanes = true;
    snprintf(text, sizeof text,
             "%.200s is compiled by %.80s, one sample at a time: with clang it runs several times "
             "as fast (apt-get install clang)",
             own->path, compiler.path);
    note(text);
}

/* What the compiler says of a text that it accepts. */
static void tell_log(const char *path, const char *log)
{
    char text[4000];
    if (log == NULL || log[0] == '\0')
        return;
    snprintf(text, sizeof text, "%.200s compiles with warnings:\n%.3500s", path, log);
    note(text);
}

static enum tri_status compile(const struct tri_own_build *build, void **object, size_t *size,
                               struct tri_error *error)
{
    char *log = NULL;
    const enum tri_status status = tri_own_compile(&compiler, build, object, size, &log, error);
    if (status == TRI_OK && (build->parts & TRI_OWN_HOST) != 0)
        tell_log(build->path, log);
    free(log);
    return status;
}

/* What was kept may have been made on another machine, with libraries that this one lacks: then it
 * is made anew. What loads is kept. */
static enum tri_status obtain(const struct tri_own_build *build, const char *key,
                              struct tri_own_loaded *loaded, struct tri_error *error)
{
    void *object = NULL;
    size_t size = 0;
    const bool kept = tri_disk_cache_load(&cache, key, &object, &size) &&
                      tri_own_load(build->path, object, size, loaded, error) == TRI_OK;
    enum tri_status status = TRI_OK;
    if (!kept) {
        free(object);
        object = NULL;
        status = compile(build, &object, &size, error);
        if (status == TRI_OK)
            status = tri_own_load(build->path, object, size, loaded, error);
        if (status == TRI_OK)
            tri_disk_cache_store(&cache, key, object, size);
    }
    free(object);
    return status;
}

static void take_rows(struct tri_own *own, const struct tri_own_object *object, int deep, int level)
{
    for (const struct tri_own_rows *const *rows = object->rows; rows < object->rows_end; rows++) {
        for (const struct tri_own_rows *const *at = own->object->rows; at < own->object->rows_end;
             at++) {
            const struct tri_pass *pass = (*at)->pass;
            if (strcmp((*at)->name, (*rows)->name) != 0)
                continue;
            for (int i = 0; i < TRI_LEVEL_COUNT && !own->sized[deep]; i++) {
                /* The object's tables, which are const to all others. */
                struct tri_rows *table = (struct tri_rows *)pass->rows[deep][i];
                table->in_size = (*rows)->rows.in_size;
                table->out_size = (*rows)->rows.out_size;
            }
            ((struct tri_rows *)pass->rows[deep][level])->run = (*rows)->rows.run;
        }
    }
    own->sized[deep] = true;
    own->loaded[deep][level] = true;
}

static enum tri_status take_kernel(struct tri_own *own, const struct tri_own_loaded *loaded,
                                   struct tri_error *error)
{
    if (loaded->kernel == NULL)
        return tri_fail(error, TRI_USAGE,
                        "%s has no kernel: its part in #ifdef HOST must have KERNEL, ALIASES, "
                        "KNOWN, and GRAPH or GRAPH_PLANE",
                        own->path);
    own->kernel = *loaded->kernel;
    own->kernel.own = own;
    own->object = loaded->object;
    own->about = *own->kernel.about;
    own->known = *own->kernel.known;
    own->example = tri_own_spell(own->about.name, own->call, own->about.example);
    own->known_pipeline = tri_own_spell(own->about.name, own->call, own->known.pipeline);
    if (own->example == NULL || own->known_pipeline == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", own->path);
    own->about.example = own->example;
    own->known.pipeline = own->known_pipeline;
    own->kernel.about = &own->about;
    own->kernel.known = &own->known;
    for (const struct tri_own_rows *const *rows = own->object->rows; rows < own->object->rows_end;
         rows++) {
        (*rows)->pass->file = own->path;
        (*rows)->pass->own = own;
    }
    return TRI_OK;
}

/* Compiles or finds, loads and takes over an object. */
static enum tri_status make(struct tri_own *own, int bits, int level, int parts,
                            struct tri_error *error)
{
    const struct tri_own_build build = {own->path, own->text.c, bits, level, parts};
    struct tri_own_loaded loaded;
    if (compiler.path[0] == '\0' && tri_own_compiler_find(&compiler, error) != TRI_OK) {
        compiler.path[0] = '\0';
        return tri_fail(error, error->status, "cannot compile %s: %s", own->path, error->text);
    }
    open_cache();
    tell_lanes(own);
    char *key = key_of(own, &build);
    if (key == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", own->path);
    enum tri_status status = obtain(&build, key, &loaded, error);
    if (status == TRI_OK && (parts & TRI_OWN_HOST) != 0)
        status = take_kernel(own, &loaded, error);
    if (status == TRI_OK && (parts & TRI_OWN_CHECKS) != 0)
        own->checked[bits == 16] = loaded.object;
    else if (status == TRI_OK)
        take_rows(own, loaded.object, bits == 16, level);
    free(key);
    return status;
}

enum tri_status tri_own_need(struct tri_own *own, int bits, int level, struct tri_error *error)
{
    struct tri_error own_error = {TRI_OK, ""};
    enum tri_status status = TRI_OK;
    const int deep = bits == 16;
    if (own == NULL)
        return TRI_OK;
    pthread_mutex_lock(&lock);
    if (level == TRI_OWN_ANY ? !own->sized[deep] : !own->loaded[deep][level])
        status = make(own, bits, level == TRI_OWN_ANY ? tri_isa_best() : level, 0, &own_error);
    pthread_mutex_unlock(&lock);
    return status == TRI_OK ? TRI_OK : tri_fail(error, status, "%s", own_error.text);
}

enum tri_status tri_own_check(struct tri_own *own, int bits, struct tri_own_object **object,
                              struct tri_error *error)
{
    struct tri_error own_error = {TRI_OK, ""};
    enum tri_status status = TRI_OK;
    pthread_mutex_lock(&lock);
    if (own->checked[bits == 16] == NULL)
        status = make(own, bits, TRI_LEVEL_scalar, TRI_OWN_CHECKS, &own_error);
    *object = own->checked[bits == 16];
    pthread_mutex_unlock(&lock);
    return status == TRI_OK ? TRI_OK : tri_fail(error, status, "%s", own_error.text);
}

/* ---- files ---- */

/* Lines may end as on other systems. */
static void unify_lines(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] != '\r' || at[1] != '\n')
            *to++ = *at;
    }
    *to = '\0';
}

static enum tri_status read_text(const char *path, char **text, struct tri_error *error)
{
    size_t size = 0;
    FILE *file = fopen(path, "re");
    *text = malloc(TEXT_MAX + 1);
    if (file != NULL && *text != NULL)
        size = fread(*text, 1, TEXT_MAX + 1, file);
    const int why = errno;
    const bool failed = file == NULL || ferror(file);
    if (file != NULL)
        fclose(file);
    if (*text == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    if (failed)
        return tri_fail(error, TRI_FAILED, "cannot read the kernel file %s: %s", path,
                        strerror(why));
    if (size > TEXT_MAX || memchr(*text, '\0', size) != NULL)
        return tri_fail(error, TRI_USAGE, "%s is no kernel file: %s", path,
                        size > TEXT_MAX ? "it is larger than 4 MiB" : "it is not text");
    (*text)[size] = '\0';
    unify_lines(*text);
    return TRI_OK;
}

static void free_own(struct tri_own *own)
{
    free(own->path);
    free(own->call);
    free(own->text.c);
    free(own->text.source);
    free(own->example);
    free(own->known_pipeline);
    free(own);
}

static enum tri_status fill(struct tri_own *own, struct tri_error *error)
{
    char *text = NULL;
    enum tri_status status = read_text(own->path, &text, error);
    if (status == TRI_OK)
        status = tri_own_text_make(own->path, text, &own->text, error);
    free(text);
    if (status == TRI_OK)
        status = make(own, 8, tri_isa_best(), TRI_OWN_HOST, error);
    return status;
}

static enum tri_status load(const char *path, const char *call, const struct tri_kernel **kernel,
                            struct tri_error *error)
{
    struct tri_own *own = find_path(path);
    if (own == NULL) {
        own = calloc(1, sizeof *own);
        if (own == NULL)
            return tri_fail(error, TRI_FAILED, "out of memory for %s", path);
        own->path = strdup(path);
        own->call = strdup(call);
        const enum tri_status status =
            own->path == NULL || own->call == NULL
                ? tri_fail(error, TRI_FAILED, "out of memory for %s", path)
                : fill(own, error);
        if (status != TRI_OK) {
            free_own(own);
            return status;
        }
        own->next = first;
        first = own;
    }
    *kernel = &own->kernel;
    return TRI_OK;
}

/* ---- names ---- */

static enum tri_status find_file(const char *name, const struct tri_kernel **kernel,
                                 struct tri_error *error)
{
    const struct tri_own *known = find_call(name);
    char path[PATH_MAX];
    if (known != NULL) {
        *kernel = &known->kernel;
        return TRI_OK;
    }
    if (!allowed)
        return tri_own_is_path(name)
                   ? tri_fail(error, TRI_USAGE,
                              "'%s' is a kernel file: this program has not loaded it, and lets no "
                              "pipeline name files",
                              name)
                   : TRI_OK;
    if (tri_own_is_path(name))
        return load(name, name, kernel, error);
    return tri_own_in_folders(name, path) ? load(path, name, kernel, error) : TRI_OK;
}

enum tri_status tri_own_find(const char *name, const struct tri_kernel **kernel,
                             struct tri_error *error)
{
    struct tri_error own_error = {TRI_OK, ""};
    *kernel = NULL;
    pthread_mutex_lock(&lock);
    const enum tri_status status = find_file(name, kernel, &own_error);
    pthread_mutex_unlock(&lock);
    return status == TRI_OK ? TRI_OK : tri_fail(error, status, "%s", own_error.text);
}

enum tri_status tri_kernel_load(const char *path, const struct tri_kernel **kernel,
                                struct tri_error *error)
{
    struct tri_error own_error = {TRI_OK, ""};
    *kernel = NULL;
    if (!tri_own_is_path(path))
        return tri_fail(error, TRI_USAGE,
                        "'%s' names no kernel file: its path has no slash and does not end in .cl",
                        path);
    pthread_mutex_lock(&lock);
    const enum tri_status status = load(path, path, kernel, &own_error);
    pthread_mutex_unlock(&lock);
    return status == TRI_OK ? TRI_OK : tri_fail(error, status, "%s", own_error.text);
}

char **tri_own_names(int *count)
{
    pthread_mutex_lock(&lock);
    char **names = allowed ? tri_own_list_folders(note, count) : NULL;
    *count = allowed ? *count : 0;
    pthread_mutex_unlock(&lock);
    return names;
}
