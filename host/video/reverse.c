/* reverse.c -- a video backwards. Its frames are decoded into a temporary file, so memory does not
 * grow with their number, and are read from its end. */
#include "rows.h"
#include "video.h"

#include "../image/temporary_folder.h"
#include "../parallel/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 64 /* rows of a call */

struct kept {
    int64_t time, duration;
    struct tri_metadata *metadata;
};

struct input {
    struct tri_video_reader *reader; /* forwards */
    int file;                        /* has no name; -1: none so far */
    struct kept *frames;
    long count, room, returned;
    int64_t end; /* of the last frame */
};

/* ---- planes in the file ---- */

static int64_t frame_bytes(const struct tri_frame *frame)
{
    int64_t sum = 0;
    for (int p = 0; p < 3 && frame->planes[p] != NULL; p++) {
        const struct tri_shape *shape = &frame->planes[p]->shape;
        sum += (int64_t)tri_sample_bytes(shape) * shape->width * shape->height * shape->planes;
    }
    return sum;
}

/* All of it; rows are few enough for that to be rare. */
static bool move(int file, bool out, struct iovec *rows, int count, int64_t *at)
{
    while (count > 0) {
        const ssize_t done = out ? pwritev(file, rows, count, *at) : preadv(file, rows, count, *at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            errno = done == 0 ? EIO : errno;
            return false;
        }
        *at += done;
        count = tri_rows_advance(&rows, count, (size_t)done);
    }
    return true;
}

static bool move_image(int file, bool out, struct tri_image *image, int64_t *at)
{
    struct iovec rows[BATCH];
    bool moved = true;
    for (int y = 0, count;
         (count = tri_rows_gather(image, image->shape.planes, y, rows, BATCH)) > 0 && moved;
         y += count)
        moved = move(file, out, rows, count, at);
    image->padded = image->padded && out;
    return moved;
}

static bool move_frame(int file, bool out, const struct tri_frame *frame, long number)
{
    int64_t at = frame_bytes(frame) * number;
    bool moved = true;
    for (int p = 0; p < 3 && frame->planes[p] != NULL && moved; p++)
        moved = move_image(file, out, frame->planes[p], &at);
    return moved;
}

/* ---- forwards ---- */

static enum tri_status open_file(struct input *input, struct tri_error *error)
{
    char *folder = NULL, *path = NULL;
    const enum tri_status status = tri_temporary_folder_make("reverse", &folder, error);
    if (status != TRI_OK)
        return status;
    if (asprintf(&path, "%s/frames", folder) >= 0) {
        input->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        free(path); /* keeps errno */
    }
    const int why = errno; /* the file stays without its name */
    tri_temporary_folder_remove(folder);
    return input->file >= 0
               ? TRI_OK
               : tri_fail(error, TRI_FAILED,
                          "cannot reverse %s: cannot make a temporary file: %s; set TMPDIR to "
                          "another folder",
                          input->reader->name, strerror(why));
}

static enum tri_status keep(struct input *input, struct tri_frame *frame, struct tri_error *error)
{
    if (input->count == input->room) {
        const long room = input->room > 0 ? 2 * input->room : 256;
        struct kept *frames = realloc(input->frames, (size_t)room * sizeof *frames);
        if (frames == NULL)
            return tri_fail(error, TRI_FAILED, "cannot reverse %s: out of memory",
                            input->reader->name);
        input->frames = frames;
        input->room = room;
    }
    if (!move_frame(input->file, true, frame, input->count))
        return tri_fail(error, TRI_FAILED,
                        "cannot reverse %s: cannot keep frame %ld, of %lld bytes, in a temporary "
                        "file: %s; set TMPDIR to a folder with more space, or choose a part with "
                        "--from and --to",
                        input->reader->name, input->count + 1, (long long)frame_bytes(frame),
                        strerror(errno));
    /* A frame is shown until the next one, whatever the file states. */
    struct kept *before = input->count > 0 ? &input->frames[input->count - 1] : NULL;
    if (before != NULL && frame->time > before->time)
        before->duration = frame->time - before->time;
    input->frames[input->count++] = (struct kept){frame->time, frame->duration, frame->metadata};
    frame->metadata = NULL;
    if (frame->time + frame->duration > input->end)
        input->end = frame->time + frame->duration;
    return TRI_OK;
}

static enum tri_status read_all(struct tri_video_reader *whole, struct tri_error *error)
{
    struct input *input = whole->state;
    struct tri_video_reader *reader = input->reader;
    struct tri_frame frame;
    bool more = true;
    enum tri_status status = open_file(input, error);
    if (status == TRI_OK)
        status = tri_frame_new(&reader->video, &frame, error);
    if (status != TRI_OK)
        return status;
    while (status == TRI_OK && more && !(reader->options.stop != NULL && reader->options.stop())) {
        frame.raw = NULL;
        status = tri_video_next(reader, &frame, &more, error);
        if (status == TRI_OK && more)
            status = tri_video_decode(reader, &frame, error);
        if (status == TRI_OK && more)
            status = keep(input, &frame, error);
        if (frame.raw != NULL)
            reader->codec->discard(&frame);
    }
    tri_frame_free(&frame);
    memcpy(whole->warning, reader->warning, sizeof whole->warning);
    return status;
}

/* ---- backwards ---- */

static enum tri_status next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                            struct tri_error *error)
{
    struct input *input = reader->state;
    *more = false;
    if (input->file < 0) {
        const int64_t start = tri_now_ns();
        const enum tri_status status = read_all(reader, error);
        reader->decode_ns += tri_now_ns() - start;
        if (status != TRI_OK)
            return status;
    }
    if (input->returned == input->count || (reader->options.stop != NULL && reader->options.stop()))
        return TRI_OK;
    frame->number = input->returned++;
    struct kept *kept = &input->frames[input->count - input->returned];
    frame->time = input->end - kept->time - kept->duration;
    frame->duration = kept->duration;
    frame->raw = kept;
    *more = true;
    return TRI_OK;
}

static void discard(struct tri_frame *frame)
{
    frame->raw = NULL;
}

static enum tri_status decode(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct input *input = reader->state;
    struct kept *kept = frame->raw;
    tri_metadata_free(frame->metadata);
    frame->metadata = kept->metadata;
    kept->metadata = NULL;
    frame->raw = NULL;
    return move_frame(input->file, false, frame, kept - input->frames)
               ? TRI_OK
               : tri_fail(error, TRI_FAILED,
                          "cannot reverse %s: cannot read the temporary file: %s", reader->name,
                          strerror(errno));
}

static void close_input(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    for (long i = 0; i < input->count; i++)
        tri_metadata_free(input->frames[i].metadata);
    if (input->file >= 0)
        close(input->file);
    tri_video_close(input->reader);
    free(input->frames);
    free(input);
}

static void list_beside(const struct tri_video_reader *reader,
                        const struct tri_video_write_options *options, char text[TRI_NOTE_MAX])
{
    const struct input *input = reader->state;
    if (input->reader->codec->beside != NULL)
        input->reader->codec->beside(input->reader, options, text);
}

static const struct tri_video_codec codec = {
    .name = "reversed",
    .next = next,
    .decode = decode,
    .close = close_input,
    .discard = discard,
    .beside = list_beside,
};

enum tri_status tri_video_reverse(struct tri_video_reader *forwards,
                                  struct tri_video_reader **result, struct tri_error *error)
{
    struct tri_video_reader *reader = calloc(1, sizeof *reader);
    struct input *input = calloc(1, sizeof *input);
    const char field = forwards->video.interlace;
    if (reader == NULL || input == NULL) {
        free(reader);
        free(input);
        return tri_fail(error, TRI_FAILED, "cannot reverse %s: out of memory", forwards->name);
    }
    *reader = (struct tri_video_reader){.video = forwards->video,
                                        .name = forwards->name,
                                        .codec = &codec,
                                        .options = forwards->options,
                                        .state = input};
    reader->options.trim = (struct tri_trim){{0}, {0}, false};
    reader->video.interlace = field == 't' ? 'b' : field == 'b' ? 't' : field;
    *input = (struct input){.reader = forwards, .file = -1};
    *result = reader;
    return TRI_OK;
}
