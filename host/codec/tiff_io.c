/* tiff_io.c -- in-memory files for libtiff. */
#include "tiff_codec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* ---- libtiff's view of a file ---- */

static tmsize_t on_read(thandle_t handle, void *data, tmsize_t size)
{
    struct tri_tiff *tiff = handle;
    const size_t left = tiff->at < tiff->size ? tiff->size - tiff->at : 0;
    const size_t take = (size_t)size < left ? (size_t)size : left;
    if (take > 0)
        memcpy(data, tiff->data + tiff->at, take);
    tiff->at += take;
    return (tmsize_t)take;
}

static bool make_room(struct tri_tiff *tiff, size_t size)
{
    if (size <= tiff->room)
        return true;
    const size_t room = size > tiff->room * 2 ? size + (1 << 16) : tiff->room * 2;
    unsigned char *data = realloc(tiff->data, room);
    if (data == NULL)
        return false;
    tiff->data = data;
    tiff->room = room;
    return true;
}

static tmsize_t on_write(thandle_t handle, void *data, tmsize_t size)
{
    struct tri_tiff *tiff = handle;
    const size_t end = tiff->at + (size_t)size;
    if (!make_room(tiff, end))
        return 0;
    if (tiff->at > tiff->size) /* a gap left by seeking */
        memset(tiff->data + tiff->size, 0, tiff->at - tiff->size);
    memcpy(tiff->data + tiff->at, data, (size_t)size);
    tiff->at = end;
    tiff->size = end > tiff->size ? end : tiff->size;
    return size;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence)
{
    struct tri_tiff *tiff = handle;
    tiff->at = (whence == SEEK_CUR ? tiff->at : whence == SEEK_END ? tiff->size : 0) + offset;
    return tiff->at;
}

static int on_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t on_size(thandle_t handle)
{
    const struct tri_tiff *tiff = handle;
    return tiff->size;
}

/* Called for files being read; libtiff does not write there. */
static int on_map(thandle_t handle, void **data, toff_t *size)
{
    const struct tri_tiff *tiff = handle;
    *data = tiff->data;
    *size = tiff->size;
    return 1;
}

static void on_unmap(thandle_t handle, void *data, toff_t size)
{
    (void)handle, (void)data, (void)size;
}

/* ---- libtiff's messages ---- */

static void note(char *first, size_t size, const char *format, va_list arguments)
{
    if (first[0] != '\0')
        return;
    vsnprintf(first, size, format, arguments);
    first[strcspn(first, "\n")] = '\0';
}

static int on_error(TIFF *handle, void *user, const char *module, const char *format,
                    va_list arguments)
{
    struct tri_tiff *tiff = user;
    (void)handle, (void)module;
    note(tiff->error, sizeof tiff->error, format, arguments);
    return 1; /* no other handler need report it */
}

static int on_warning(TIFF *handle, void *user, const char *module, const char *format,
                      va_list arguments)
{
    struct tri_tiff *tiff = user;
    (void)handle, (void)module;
    /* cameras and editors have many fields of their own */
    if (strstr(format, "Unknown field") == NULL)
        note(tiff->warning, sizeof tiff->warning, format, arguments);
    return 1;
}

bool tri_tiff_open(struct tri_tiff *tiff, const char *name, const char *mode,
                   uint64_t largest_memory)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL)
        return false;
    TIFFOpenOptionsSetMaxSingleMemAlloc(
        options, largest_memory < PTRDIFF_MAX ? (tmsize_t)largest_memory : PTRDIFF_MAX);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, tiff);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, tiff);
    tiff->handle = TIFFClientOpenExt(name, mode, tiff, on_read, on_write, on_seek, on_close,
                                     on_size, on_map, on_unmap, options);
    TIFFOpenOptionsFree(options);
    return tiff->handle != NULL;
}

void tri_tiff_close(struct tri_tiff *tiff)
{
    /* After an error nothing is to be written any more; libtiff would, and crashes where memory was
     * lacking. */
    if (tiff->handle != NULL && tiff->error[0] != '\0')
        TIFFSetMode(tiff->handle, O_RDONLY);
    if (tiff->handle != NULL)
        TIFFClose(tiff->handle);
    tiff->handle = NULL;
}
