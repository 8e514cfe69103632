/* own.h -- kernel files that the program compiles itself, from anywhere, when they are first used:
 * for the CPU as shared objects, one for each ISA level and depth that is needed, kept in the cache
 * folder; for OpenCL from the same text as built-in kernels.
 *
 * A file's code runs in this process, with the user's rights. So a pipeline's text alone never gets
 * a file compiled, unless the program has allowed it. */
#ifndef TRI_OWN_H
#define TRI_OWN_H

#include "kernel_description.h"

struct tri_own_object; /* own_calls.h */

/* Allows pipelines that are parsed from now on to name files, and kernels in the folders of
 * $TRIPTYCH_KERNELS, or no longer. Those that are loaded may be named in any case. */
void tri_own_allow(bool allowed);
bool tri_own_allowed(void);
/* Gets remarks, each of one line or several; never concurrently. */
void tri_own_tell(void (*note)(const char *text));

/* Whether a name in a pipeline means a file: it has a slash or ends in ".cl". */
bool tri_own_is_path(const char *name);

/* Finds what is neither built in nor, if it is no path, hidden by something built in. TRI_OK with
 * *kernel NULL: there is no such kernel. TRI_FAILED: the file cannot be read, or there is no
 * compiler. TRI_USAGE: the file is wrong, or files are not allowed. */
enum tri_status tri_own_find(const char *name, const struct tri_kernel **kernel,
                             struct tri_error *error);

/* Compiles what is needed for passes of this depth at an ISA level; level TRI_OWN_ANY: at whichever
 * there is, so that sizes are known. `own` may be NULL. */
enum { TRI_OWN_ANY = -1 };
enum tri_status tri_own_need(struct tri_own *own, int bits, int level, struct tri_error *error);

/* Compiles it with checks, one sample at a time. The object's list has all passes. */
enum tri_status tri_own_check(struct tri_own *own, int bits, struct tri_own_object **object,
                              struct tri_error *error);

const char *tri_own_path(const struct tri_own *own); /* as it was named */
/* How pipelines name the kernel: the path, or the name in a folder of $TRIPTYCH_KERNELS. */
const char *tri_own_call(const struct tri_own *own);
const char *tri_own_source(const char *path); /* for OpenCL; NULL: no such file is loaded */

/* The names of the files in the folders of $TRIPTYCH_KERNELS that are used if they are named,
 * sorted, without ".cl". The caller frees each and the list; *count 0 if there are none, or if
 * files are not allowed. */
char **tri_own_names(int *count);

/* ---- own_folders.c ---- */

/* Finds NAME.cl in the folders; `path` has room for PATH_MAX bytes. */
bool tri_own_in_folders(const char *name, char path[]);
/* As tri_own_names; `note` is told of folders that cannot be read. */
char **tri_own_list_folders(void (*note)(const char *text), int *count);

/* ---- own_text.c ---- */

/* A kernel file's text. `c` is what is compiled: the dialect, and the text with its own line
 * numbers. `source` is for OpenCL. Free both. TRI_USAGE: it includes other files. */
struct tri_own_text {
    char *c, *source;
    uint64_t dialect; /* a digest of what is the same for all files */
};
enum tri_status tri_own_text_make(const char *path, const char *text, struct tri_own_text *made,
                                  struct tri_error *error);

/* A pipeline where the kernel `name` is called `call`; the caller frees it. NULL: no memory. */
char *tri_own_spell(const char *name, const char *call, const char *pipeline);

/* ---- own_compile.c ---- */

struct tri_own_compiler {
    char path[4096];
    char identity[4200]; /* changes with the compiler */
    bool clang;
};
/* TRI_FAILED: there is none. */
enum tri_status tri_own_compiler_find(struct tri_own_compiler *compiler, struct tri_error *error);

enum { TRI_OWN_HOST = 1, TRI_OWN_CHECKS = 2 };
struct tri_own_build {
    const char *path, *text;
    int bits, level, parts; /* of the enum above */
};
/* Makes a shared object, which the caller frees; `log` is what the compiler said, to be freed, or
 * NULL. TRI_USAGE: the text is wrong. TRI_FAILED: the compiler or the system failed. */
enum tri_status tri_own_compile(const struct tri_own_compiler *compiler,
                                const struct tri_own_build *build, void **object, size_t *size,
                                char **log, struct tri_error *error);
/* Everything that the result depends on, beside the text. */
void tri_own_options(const struct tri_own_compiler *compiler, const struct tri_own_build *build,
                     FILE *to);

/* ---- own_load.c ---- */

/* What an object has; all of it stays loaded. */
struct tri_own_loaded {
    struct tri_own_object *object;
    const struct tri_kernel *kernel; /* of an object with a host part */
    void *handle;
};
/* TRI_USAGE: the file has no kernel, or uses what no kernel file has. */
enum tri_status tri_own_load(const char *path, const void *object, size_t size,
                             struct tri_own_loaded *loaded, struct tri_error *error);

#endif
