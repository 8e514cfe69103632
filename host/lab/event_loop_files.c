/* event_loop_files.c -- whole files through libuv. Each function below asks for one thing and names
 * the next one, which is above it: open, size, read or write, close, remove. */
#include "lab/event_loop_files.h"

#include <fcntl.h>
#include <stdlib.h>

/* What a request is for; the first error is kept. */
static struct tri_uv_file *answer(uv_fs_t *request)
{
    struct tri_uv_file *file = request->data;

    uv_fs_req_cleanup(request);
    if (request->result < 0 && file->why == 0)
        file->why = (int)request->result;
    return file;
}

static void removed(uv_fs_t *request)
{
    struct tri_uv_file *file = answer(request);

    file->done(file);
}

static void closed(uv_fs_t *request)
{
    struct tri_uv_file *file = answer(request);

    if (file->writing && file->why < 0)
        uv_fs_unlink(file->loop, request, file->path, removed);
    else
        file->done(file);
}

static void moved(uv_fs_t *request);

/* A call may move less than was asked for, and no more than an unsigned int holds. */
static void move(struct tri_uv_file *file)
{
    const size_t rest = file->size - file->moved;
    const uv_buf_t part =
        uv_buf_init((char *)file->bytes + file->moved, rest < 1 << 30 ? (unsigned)rest : 1u << 30);

    if (file->why < 0 || rest == 0)
        uv_fs_close(file->loop, &file->request, file->file, closed);
    else if (file->writing)
        uv_fs_write(file->loop, &file->request, file->file, &part, 1, -1, moved);
    else
        uv_fs_read(file->loop, &file->request, file->file, &part, 1, -1, moved);
}

static void moved(uv_fs_t *request)
{
    struct tri_uv_file *file = answer(request);
    const ssize_t bytes = request->result;

    if (bytes > 0)
        file->moved += (size_t)bytes;
    else if (bytes == 0 && file->writing)
        file->why = UV_EIO;
    else if (bytes == 0) /* the file has become shorter */
        file->size = file->moved;
    move(file);
}

static void sized(uv_fs_t *request)
{
    struct tri_uv_file *file = answer(request);

    file->size = file->why < 0 ? 0 : (size_t)request->statbuf.st_size;
    file->bytes = malloc(file->size + 1);
    if (file->bytes == NULL && file->why == 0)
        file->why = UV_ENOMEM;
    move(file);
}

static void opened(uv_fs_t *request)
{
    struct tri_uv_file *file = answer(request);

    file->file = (uv_file)request->result;
    if (file->why < 0)
        file->done(file);
    else if (file->writing)
        move(file);
    else
        uv_fs_fstat(file->loop, request, file->file, sized);
}

static void begin(uv_loop_t *loop, struct tri_uv_file *file, const char *path, int flags)
{
    file->loop = loop;
    file->path = path;
    file->writing = (flags & O_WRONLY) != 0;
    file->moved = 0;
    file->why = 0;
    file->request.data = file;
    uv_fs_open(loop, &file->request, path, flags | O_CLOEXEC, 0666, opened);
}

void tri_uv_read(uv_loop_t *loop, struct tri_uv_file *file, const char *path)
{
    file->bytes = NULL;
    file->size = 0;
    begin(loop, file, path, O_RDONLY);
}

void tri_uv_write(uv_loop_t *loop, struct tri_uv_file *file, const char *path)
{
    begin(loop, file, path, O_WRONLY | O_CREAT | O_TRUNC);
}
