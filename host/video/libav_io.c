/* libav_io.c -- writes a muxer's bytes to the file. */
#include "libav_codec.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (1 << 18)

/* Muxers ignore the results of seeks and of some writes, so the first failure is kept. */
static int fail(struct tri_libav_output *output)
{
    const int code = AVERROR(errno != 0 ? errno : EIO);
    if (output->failure == 0)
        output->failure = code;
    return code;
}

#if LIBAVFORMAT_VERSION_MAJOR < 61
static int write_bytes(void *context, uint8_t *data, int size)
#else
static int write_bytes(void *context, const uint8_t *data, int size)
#endif
{
    struct tri_libav_output *output = context;
    for (int at = 0; at < size;) {
        errno = 0;
        const ssize_t done = write(output->descriptor, data + at, (size_t)(size - at));
        if (done <= 0 && errno != EINTR)
            return fail(output);
        at += done > 0 ? (int)done : 0;
    }
    return size;
}

static int64_t seek_bytes(void *context, int64_t offset, int whence)
{
    struct tri_libav_output *output = context;
    struct stat status;
    errno = 0;
    if (whence & AVSEEK_SIZE)
        return fstat(output->descriptor, &status) == 0 ? status.st_size : fail(output);
    const off_t at = lseek(output->descriptor, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? fail(output) : at;
}

bool tri_libav_open_bytes(struct tri_libav_output *output)
{
    unsigned char *buffer = av_malloc(BUFFER_BYTES);
    if (buffer == NULL)
        return false;
    output->descriptor = fileno(output->file.file);
    /* A file written in place may be a pipe, which cannot seek. */
    const bool regular = output->file.temporary != NULL;
    output->io = avio_alloc_context(buffer, BUFFER_BYTES, 1, output, NULL, write_bytes,
                                    regular ? seek_bytes : NULL);
    if (output->io == NULL)
        av_free(buffer);
    output->format->pb = output->io;
    return output->io != NULL;
}

void tri_libav_close_bytes(struct tri_libav_output *output)
{
    if (output->io != NULL)
        av_freep(&output->io->buffer);
    avio_context_free(&output->io);
}
