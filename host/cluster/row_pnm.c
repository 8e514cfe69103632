/* row_pnm.c -- PNM files by rows: each row is at a place that the header tells, so ranks read and
 * write them without each other. */
#include "row_file.h"

#include "../codec/pnm_codec.h"
#include "../image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_MOST 65536           /* of a header with comments */
#define AT_ONCE ((size_t)4 << 20) /* bytes */

struct reader {
    struct tri_row_reader base;
    char *path;
    int fd;
    off_t begin; /* of the samples */
    unsigned char *rows;
};

static size_t row_bytes(const struct tri_shape *shape)
{
    return (size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape);
}

/* ---- reading ---- */

static enum tri_status read_all(int fd, const char *path, void *to, size_t size, off_t at,
                                struct tri_error *error)
{
    for (size_t done = 0; done < size;) {
        const ssize_t got = pread(fd, (char *)to + done, size - done, at + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tri_fail(error, TRI_FAILED, "cannot read %s: %s", path, strerror(errno));
        if (got == 0)
            return tri_fail(error, TRI_FAILED,
                            "cannot read %s: the file is truncated: it ends before byte %lld", path,
                            (long long)at + (long long)size);
        done += (size_t)got;
    }
    return TRI_OK;
}

static void spread_row(const struct tri_image *image, int y, unsigned char *row)
{
    if (image->shape.bits == 16)
        tri_pnm_swap(row, row, (size_t)image->shape.width * (size_t)image->shape.planes);
    tri_row_split(image, y, row);
}

static enum tri_status read_rows(struct tri_row_reader *base, int from, int to,
                                 struct tri_image *image, struct tri_error *error)
{
    struct reader *reader = (struct reader *)base;
    const size_t bytes = row_bytes(&base->shape);
    const int step = bytes < AT_ONCE ? (int)(AT_ONCE / bytes) : 1;
    for (int y = from; y < to; y += step) {
        const int rows = to - y < step ? to - y : step;
        const enum tri_status status =
            read_all(reader->fd, reader->path, reader->rows, (size_t)rows * bytes,
                     reader->begin + (off_t)y * (off_t)bytes, error);
        if (status != TRI_OK)
            return status;
        for (int i = 0; i < rows; i++)
            spread_row(image, y + i, reader->rows + (size_t)i * bytes);
    }
    return TRI_OK;
}

static void close_reader(struct tri_row_reader *base)
{
    struct reader *reader = (struct reader *)base;
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->path);
    free(reader->rows);
    free(reader);
}

static enum tri_status check_head(const struct tri_pnm_head *head, const char *path,
                                  struct tri_shape *shape, struct tri_error *error)
{
    if (head->maxval != 255 && head->maxval != 65535)
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s in rows: its maxval is %u; expected 255 or 65535", path,
                        head->maxval);
    if (head->width > TRI_SIDE_MAX || head->height > TRI_SIDE_MAX || head->planes > TRI_PLANES_MAX)
        return tri_fail(error, TRI_FAILED, "cannot read %s: %u x %u pixels are too many", path,
                        head->width, head->height);
    *shape = (struct tri_shape){(int)head->width, (int)head->height, (int)head->planes,
                                head->maxval > 255 ? 16 : 8};
    if (tri_shape_check(shape, error) == TRI_OK)
        return TRI_OK;
    error->status = TRI_FAILED;
    return TRI_FAILED;
}

static enum tri_status read_head(struct reader *reader, struct tri_error *error)
{
    struct stat file;
    struct tri_pnm_head head;
    const ssize_t got = pread(reader->fd, reader->rows, HEAD_MOST, 0);
    if (got < 0 || fstat(reader->fd, &file) != 0)
        return tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->path, strerror(errno));
    if (!tri_pnm_read_head(reader->rows, (size_t)got, &head))
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s in rows: it is no PNM file of binary samples (P5, P6, P7)",
                        reader->path);
    const enum tri_status status = check_head(&head, reader->path, &reader->base.shape, error);
    if (status != TRI_OK)
        return status;
    reader->begin = (off_t)head.size;
    const uint64_t wanted =
        head.size + (uint64_t)row_bytes(&reader->base.shape) * (uint64_t)head.height;
    if ((uint64_t)file.st_size < wanted)
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s: the file is truncated: it has %lld of %llu bytes",
                        reader->path, (long long)file.st_size, (unsigned long long)wanted);
    /* A row may be larger than what is read at once. */
    free(reader->rows);
    const size_t row = row_bytes(&reader->base.shape);
    reader->rows = malloc(row > AT_ONCE ? row : AT_ONCE);
    return reader->rows != NULL ? TRI_OK
                                : tri_fail(error, TRI_FAILED, "out of memory for %s", reader->path);
}

enum tri_status tri_row_pnm_open(const char *path, struct tri_row_reader **result,
                                 struct tri_error *error)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    reader->base = (struct tri_row_reader){.unit = 1, .read = read_rows, .close = close_reader};
    reader->path = strdup(path);
    reader->rows = malloc(HEAD_MOST);
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    enum tri_status status = TRI_OK;
    if (reader->fd < 0)
        status = tri_fail(error, TRI_FAILED, "cannot read %s: %s", path, strerror(errno));
    else if (reader->path == NULL || reader->rows == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    else
        status = read_head(reader, error);
    if (status == TRI_OK)
        *result = &reader->base;
    else
        close_reader(&reader->base);
    return status;
}

/* ---- writing ---- */

struct writer {
    struct tri_row_writer base;
    struct tri_shape shape;
    char *path;
    int fd;
    off_t begin;
};

static enum tri_status cannot_write(const char *path, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, strerror(errno));
}

static enum tri_status write_all(const struct writer *writer, const void *from, size_t size,
                                 off_t at, struct tri_error *error)
{
    for (size_t done = 0; done < size;) {
        const ssize_t put =
            pwrite(writer->fd, (const char *)from + done, size - done, at + (off_t)done);
        if (put < 0 && errno != EINTR)
            return cannot_write(writer->path, error);
        done += put > 0 ? (size_t)put : 0;
    }
    return TRI_OK;
}

static enum tri_status write_swapped(const struct writer *writer, const void *from, size_t size,
                                     off_t at, struct tri_error *error)
{
    unsigned char *swapped = malloc(size);
    if (swapped == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", writer->path);
    tri_pnm_swap(swapped, from, size / 2);
    const enum tri_status status = write_all(writer, swapped, size, at, error);
    free(swapped);
    return status;
}

static enum tri_status write_rows(struct tri_row_writer *base, int from, int to, const void *rows,
                                  struct tri_error *error)
{
    const struct writer *writer = (const struct writer *)base;
    const size_t bytes = row_bytes(&writer->shape);
    const off_t at = writer->begin + (off_t)from * (off_t)bytes;
    const size_t size = (size_t)(to - from) * bytes;
    return writer->shape.bits == 16 ? write_swapped(writer, rows, size, at, error)
                                    : write_all(writer, rows, size, at, error);
}

static enum tri_status end_writer(struct tri_row_writer *base, struct tri_error *error)
{
    struct writer *writer = (struct writer *)base;
    const int fd = writer->fd;
    writer->fd = -1;
    return close(fd) == 0 ? TRI_OK : cannot_write(writer->path, error);
}

static void close_writer(struct tri_row_writer *base)
{
    struct writer *writer = (struct writer *)base;
    if (writer->fd >= 0)
        close(writer->fd);
    free(writer->path);
    free(writer);
}

static bool ends_in(const char *name, const char *extension)
{
    const size_t length = strlen(name), end = strlen(extension);
    return length > end && strcasecmp(name + length - end, extension) == 0;
}

bool tri_row_pnm_suits(const char *named, const struct tri_shape *shape)
{
    if (ends_in(named, ".pam") || ends_in(named, ".pnm"))
        return true;
    return ends_in(named, ".pgm") ? shape->planes == 1
                                  : ends_in(named, ".ppm") && shape->planes % 2 == 1;
}

static enum tri_status begin_file(struct writer *writer, const char *head, int size, bool fresh,
                                  struct tri_error *error)
{
    const off_t whole = size + (off_t)row_bytes(&writer->shape) * (off_t)writer->shape.height;
    struct stat file;
    writer->begin = size;
    if (fresh && ftruncate(writer->fd, whole) != 0)
        return cannot_write(writer->path, error);
    if (fresh)
        return write_all(writer, head, (size_t)size, 0, error);
    if (fstat(writer->fd, &file) != 0)
        return cannot_write(writer->path, error);
    return file.st_size == whole
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "%s has %lld bytes in place of %lld", writer->path,
                          (long long)file.st_size, (long long)whole);
}

enum tri_status tri_row_pnm_create(const char *path, const char *named,
                                   const struct tri_shape *shape, bool fresh,
                                   struct tri_row_writer **result, struct tri_error *error)
{
    char head[TRI_PNM_HEAD_MAX];
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    writer->base = (struct tri_row_writer){
        .anywhere = true, .write = write_rows, .end = end_writer, .close = close_writer};
    writer->shape = *shape;
    writer->path = strdup(path);
    writer->fd = open(path, O_WRONLY | O_CLOEXEC | (fresh ? O_CREAT | O_TRUNC : 0), 0666);
    enum tri_status status = TRI_OK;
    if (writer->path == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    else if (writer->fd < 0)
        status = cannot_write(path, error);
    else
        status = begin_file(writer, head, tri_pnm_make_head(head, named, shape), fresh, error);
    if (status == TRI_OK)
        *result = &writer->base;
    else
        close_writer(&writer->base);
    return status;
}
