/* load.c -- reads a file, or its first bytes, into memory. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_FIRST (1 << 16)
#define STOP_MS 100 /* until a signal is noticed on an idle pipe */

static enum tri_status make_room(struct tri_load *load, const struct tri_source *source,
                                 size_t room)
{
    unsigned char *data = realloc(load->data, room);
    if (data == NULL)
        return tri_source_fail(source, "out of memory for %zu bytes", room);
    load->data = data;
    load->room = room;
    return TRI_OK;
}

/* Waits for data or the end; false if asked to stop meanwhile. With a timeout, as a signal may
 * arrive just before, and on another thread. */
static bool wait_for(const struct tri_load *load)
{
    struct pollfd waited = {.fd = load->file, .events = POLLIN};
    while (load->stop != NULL) {
        const int ready = poll(&waited, 1, STOP_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
        if (load->stop())
            return false;
    }
    return true;
}

/* As read(); 0 also if asked to stop. */
static ssize_t read_more(const struct tri_load *load)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_DISK, "read");
    const ssize_t got =
        wait_for(load) ? read(load->file, load->data + load->size, load->room - load->size) : 0;
    const int why = errno;
    tri_trace_end_bytes(mark, got > 0 ? got : 0);
    errno = why;
    return got;
}

enum tri_status tri_load_fill(struct tri_load *load, const struct tri_source *source, size_t size)
{
    const size_t wanted = size < load->most ? size : load->most;
    while (load->size < wanted && !load->ended) {
        const size_t twice = load->room < load->most / 2 ? load->room * 2 : load->most;
        if (load->size == load->room && make_room(load, source, twice) != TRI_OK)
            return TRI_FAILED;
        const ssize_t got = read_more(load);
        if (got < 0 && errno != EINTR)
            return tri_source_fail(source, "%s", strerror(errno));
        load->ended = got == 0;
        load->size += got > 0 ? (size_t)got : 0;
    }
    return TRI_OK;
}

enum tri_status tri_load_rest(struct tri_load *load, const struct tri_source *source)
{
    struct stat status;
    if (!load->ended && fstat(load->file, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > 0) {
        const size_t room =
            (size_t)status.st_size < load->most ? (size_t)status.st_size + 1 : load->most;
        if (room > load->room && make_room(load, source, room) != TRI_OK)
            return TRI_FAILED;
    }
    if (tri_load_fill(load, source, load->most) != TRI_OK)
        return TRI_FAILED;
    return load->size < load->most ? TRI_OK
                                   : tri_source_fail(source,
                                                     "the file is too large for a picture of %llu "
                                                     "pixels; raise the limit with --max-pixels",
                                                     (unsigned long long)source->max_pixels);
}

enum tri_status tri_load_open(struct tri_load *load, const struct tri_source *source,
                              const char *path, const struct tri_read_options *options)
{
    const bool standard = strcmp(path, "-") == 0;
    *load = (struct tri_load){.standard = standard};
    load->most = source->max_pixels > SIZE_MAX / 32
                     ? SIZE_MAX / 2
                     : (size_t)(source->max_pixels * 12 + (UINT64_C(1) << 28));
    load->file = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (load->file < 0)
        return tri_source_fail(source, "%s", strerror(errno));
    load->stop = options != NULL ? options->stop : NULL;
    if (make_room(load, source, ROOM_FIRST) != TRI_OK)
        return TRI_FAILED;
    if (options != NULL && standard && options->head_size > 0 &&
        options->head_size <= TRI_MAGIC_MAX) {
        memcpy(load->data, options->head, options->head_size);
        load->size = options->head_size;
    }
    if (tri_load_fill(load, source, TRI_MAGIC_MAX) != TRI_OK)
        return TRI_FAILED;
    return load->size > 0 ? TRI_OK : tri_source_fail(source, "the file is empty");
}

void tri_load_drop(struct tri_load *load, size_t bytes)
{
    load->size -= bytes;
    memmove(load->data, load->data + bytes, load->size);
}

void tri_load_close(struct tri_load *load)
{
    if (load->file >= 0 && !load->standard)
        close(load->file);
    free(load->data);
    *load = (struct tri_load){.file = -1};
}
