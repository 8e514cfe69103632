/* event_loop_files.h -- whole files through libuv, by callbacks: only with libuv. */
#ifndef TRIPTYCH_LAB_EVENT_LOOP_FILES_H
#define TRIPTYCH_LAB_EVENT_LOOP_FILES_H

#include <stdbool.h>
#include <uv.h>

/* One file on its way; the caller's, until `done` was called. */
struct tri_uv_file {
    void (*done)(struct tri_uv_file *file); /* on the loop's thread */
    void *data;                             /* the caller's */
    /* The content: after reading to be freed by the caller, also after a failure. */
    unsigned char *bytes;
    size_t size;
    int why; /* 0, or the first error: below 0, as of libuv */
    /* Its own: */
    uv_loop_t *loop;
    uv_fs_t request;
    const char *path;
    bool writing;
    size_t moved;
    uv_file file;
};

/* Start, and return at once. A file that cannot be written as a whole is removed. */
void tri_uv_read(uv_loop_t *loop, struct tri_uv_file *file, const char *path);
void tri_uv_write(uv_loop_t *loop, struct tri_uv_file *file, const char *path);

#endif
