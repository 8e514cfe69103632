/* y4m_read.c -- reads Y4M: the header, then frames, which of a regular file are only found in
 * order. */
#include "y4m_codec.h"

#include "../image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

struct input {
    int file;
    unsigned char head[TRI_HEAD]; /* already read */
    size_t head_size, head_at;
    long frames;  /* read or found so far */
    int64_t at;   /* of the next frame in a regular file; 0: frames are read one after another */
    int64_t size; /* of the file, when it was last asked for */
    int64_t frame_bytes; /* without its header */
    const struct tri_video_reader *reader;
};

static enum tri_status cannot_read(const struct tri_video_reader *reader, const char *why,
                                   struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->name, why);
}

bool tri_y4m_probe(const char *path, const unsigned char *head, size_t size)
{
    const size_t length = strlen(path);
    if (size == 0) /* so that opening it reports why nothing can be read */
        return length > 4 && strcmp(path + length - 4, ".y4m") == 0;
    return size >= strlen(Y4M_MAGIC) && memcmp(head, Y4M_MAGIC, strlen(Y4M_MAGIC)) == 0;
}

/* As read_bytes, for a regular file, from `input->at` on. */
static ssize_t read_bytes_at(struct input *input, void *data, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const ssize_t more = pread(input->file, (char *)data + got, size - got, input->at);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        got += (size_t)more;
        input->at += more;
    }
    return (ssize_t)got;
}

/* Reads up to `size` bytes; fewer at the end of the file, -1 and errno on failure, ECANCELED if
 * asked to stop. */
static ssize_t read_bytes(struct input *input, void *data, size_t size)
{
    if (input->at > 0)
        return read_bytes_at(input, data, size);
    size_t got =
        input->head_size - input->head_at < size ? input->head_size - input->head_at : size;
    memcpy(data, input->head + input->head_at, got);
    input->head_at += got;
    while (got < size) {
        if (!tri_video_wait(input->reader, input->file)) {
            errno = ECANCELED;
            return -1;
        }
        const ssize_t more = read(input->file, (char *)data + got, size - got);
        if (more < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

/* Reads the rest of a line, of which `known` bytes are present; false: it is too long, or the file
 * ends first. */
static bool read_line(struct input *input, char line[LINE_MAX_BYTES], size_t known)
{
    for (size_t at = known; at < LINE_MAX_BYTES; at++) {
        if (read_bytes(input, line + at, 1) != 1)
            return false;
        if (line[at] == '\n') {
            line[at] = '\0';
            return true;
        }
    }
    return false;
}

static bool parse_fraction(const char *text, int fraction[2])
{
    char end;
    return sscanf(text, "%9d:%9d%c", &fraction[0], &fraction[1], &end) == 2 && fraction[0] >= 0 &&
           fraction[1] >= 0;
}

/* Fields that do not fit are dropped; `full_range` holds the range. */
static void keep_comment(const char *field, struct tri_video *video)
{
    const size_t used = strlen(video->comments);
    if (strcmp(field, "XCOLORRANGE=FULL") == 0)
        video->full_range = true;
    else if (used + strlen(field) + 2 <= sizeof video->comments)
        sprintf(video->comments + used, "%s%s", used > 0 ? " " : "", field);
}

static bool parse_field(const char *field, struct tri_video *video)
{
    char end;
    switch (field[0]) {
    case 'W':
        return sscanf(field + 1, "%9d%c", &video->width, &end) == 1 && video->width > 0;
    case 'H':
        return sscanf(field + 1, "%9d%c", &video->height, &end) == 1 && video->height > 0;
    case 'F':
        return parse_fraction(field + 1, video->rate);
    case 'A':
        return parse_fraction(field + 1, video->aspect);
    case 'I':
        video->interlace = field[1];
        return field[1] != '\0' && strchr("ptbm?", field[1]) != NULL && field[2] == '\0';
    case 'C':
        return tri_y4m_parse_space(field + 1, video);
    case 'X':
        keep_comment(field, video);
        return true;
    default:
        return true;
    }
}

static enum tri_status parse_header(struct tri_video_reader *reader, char *line,
                                    struct tri_error *error)
{
    struct tri_video *video = &reader->video;
    char text[200], *rest = NULL;
    *video = (struct tri_video){
        .planes = 3, .shift_x = 1, .shift_y = 1, .bits = 8, .interlace = '?', .siting = "jpeg"};
    for (char *field = strtok_r(line, " ", &rest); field != NULL;
         field = strtok_r(NULL, " ", &rest)) {
        if (!parse_field(field, video)) {
            for (char *at = field; *at != '\0'; at++) /* it may contain any bytes */
                *at = *at < ' ' || *at > '~' ? '?' : *at;
            snprintf(text, sizeof text, "unsupported header field '%.100s'", field);
            return cannot_read(reader, text, error);
        }
    }
    video->matrix = tri_video_usual_matrix(video->height);
    video->time_base[0] = video->rate[1] > 0 ? video->rate[1] : 1;
    video->time_base[1] = video->rate[0] > 0 ? video->rate[0] : 25;
    return tri_video_check_size(reader, video->width, video->height, error);
}

static int64_t frame_bytes(const struct tri_video *video)
{
    int64_t bytes = 0;
    for (int p = 0; p < video->planes; p++) {
        struct tri_shape shape;
        tri_video_plane(video, p, &shape);
        bytes += (int64_t)shape.width * shape.height * (int64_t)tri_sample_bytes(&shape);
    }
    return bytes;
}

/* Gets how many frames a regular file has room for. One with a name is read at places from now on;
 * standard input is not, as its place may be others' too. */
static void look_ahead(struct tri_video_reader *reader, struct input *input)
{
    struct stat status;
    const off_t at = lseek(input->file, 0, SEEK_CUR);
    input->frame_bytes = frame_bytes(&reader->video);
    if (at < 0 || fstat(input->file, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    reader->video.frames =
        (status.st_size - at) / (input->frame_bytes + (int64_t)strlen("FRAME\n"));
    input->size = status.st_size;
    if (input->file != STDIN_FILENO)
        input->at = at;
}

enum tri_status tri_y4m_open(struct tri_video_reader *reader, const char *path,
                             struct tri_error *error)
{
    const struct tri_video_read_options *options = &reader->options;
    struct input *input = calloc(1, sizeof *input);
    char line[LINE_MAX_BYTES];
    if (input == NULL)
        return cannot_read(reader, "out of memory", error);
    if (options->head_size > 0)
        memcpy(input->head, options->head, options->head_size);
    input->head_size = options->head_size;
    input->reader = reader;
    input->file = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    reader->state = input;
    enum tri_status status = TRI_OK;
    if (input->file < 0)
        status = cannot_read(reader, strerror(errno), error);
    else if (read_bytes(input, line, strlen(Y4M_MAGIC)) != (ssize_t)strlen(Y4M_MAGIC) ||
             !read_line(input, line, 0))
        status = cannot_read(reader, "the header is truncated or too long", error);
    else
        status = parse_header(reader, line, error);
    if (status == TRI_OK)
        look_ahead(reader, input);
    if (status != TRI_OK) {
        if (input->file > STDIN_FILENO)
            close(input->file);
        free(input);
    }
    return status;
}

/* Reads into rows from `*at` on, if it is not 0, or from where the file is. */
static ssize_t read_rows(const struct input *input, const struct iovec *rows, int count,
                         int64_t *at)
{
    if (*at == 0 && !tri_video_wait(input->reader, input->file)) {
        errno = ECANCELED;
        return -1;
    }
    const ssize_t got =
        *at == 0 ? readv(input->file, rows, count) : preadv(input->file, rows, count, *at);
    *at += *at > 0 && got > 0 ? got : 0;
    return got;
}

/* False at the end of the file (errno 0) or on failure, as read_bytes. */
static bool read_plane(const struct input *input, struct tri_image *image, int64_t *at)
{
    struct iovec batch[Y4M_BATCH];
    for (int y = 0; y < image->shape.height;) {
        struct iovec *rows = batch;
        int count = tri_rows_gather(image, 1, y, batch, Y4M_BATCH);
        y += count;
        while (count > 0) {
            const ssize_t got = read_rows(input, rows, count, at);
            if (got < 0 && (errno == EINTR || errno == EAGAIN))
                continue;
            if (got <= 0) {
                errno = got < 0 ? errno : 0;
                return false;
            }
            count = tri_rows_advance(&rows, count, (size_t)got);
        }
    }
    image->padded = false;
    return true;
}

static bool read_planes(const struct input *input, const struct tri_frame *frame)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_DISK, "read");
    int64_t at = frame->at;
    bool there = true;
    for (int p = 0; p < input->reader->video.planes && there; p++)
        there = read_plane(input, frame->planes[p], &at);
    const int why = errno;
    tri_trace_end(mark);
    errno = why;
    return there;
}

static enum tri_status cut_short(const struct tri_video_reader *reader, long frame,
                                 struct tri_error *error)
{
    char text[200];
    snprintf(text, sizeof text, "the file is truncated in frame %ld", frame + 1);
    return cannot_read(reader, text, error);
}

/* Notes where the frame is that begins here, if all of it is there now: files may grow. */
static bool find_planes(struct input *input, struct tri_frame *frame)
{
    struct stat status;
    frame->at = input->at;
    input->at += input->frame_bytes;
    if (input->at > input->size) {
        if (fstat(input->file, &status) != 0)
            return false;
        input->size = status.st_size;
    }
    errno = 0;
    return input->at <= input->size;
}

/* Maps a read failure (errno; 0: the file ended) to a frame's status: a stop request is the end. */
static enum tri_status no_frame(const struct tri_video_reader *reader, bool *more,
                                struct tri_error *error)
{
    const struct input *input = reader->state;
    *more = false;
    if (errno == ECANCELED)
        return TRI_OK;
    return errno != 0 ? cannot_read(reader, strerror(errno), error)
                      : cut_short(reader, input->frames, error);
}

enum tri_status tri_y4m_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                             struct tri_error *error)
{
    struct input *input = reader->state;
    char line[LINE_MAX_BYTES], text[200];
    errno = 0;
    const ssize_t got = read_bytes(input, line, 6);
    *more = got == 6;
    if (got == 0)
        return TRI_OK;
    if (got < 6)
        return no_frame(reader, more, error);
    if (memcmp(line, "FRAME", 5) != 0 || (line[5] != '\n' && line[5] != ' ')) {
        snprintf(text, sizeof text, "frame %ld does not begin with FRAME", input->frames + 1);
        return cannot_read(reader, text, error);
    }
    errno = 0;
    if (line[5] == ' ' && !read_line(input, line, 6))
        return no_frame(reader, more, error);
    frame->at = 0;
    if (!(input->at > 0 ? find_planes(input, frame) : read_planes(input, frame)))
        return no_frame(reader, more, error);
    frame->number = frame->time = input->frames++;
    frame->duration = 1;
    return TRI_OK;
}

enum tri_status tri_y4m_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                               struct tri_error *error)
{
    if (frame->at > 0 && !read_planes(reader->state, frame))
        return errno != 0 ? cannot_read(reader, strerror(errno), error)
                          : cut_short(reader, frame->number, error);
    if (reader->video.bits > 8) {
        tri_y4m_to_native(frame, reader->video.bits);
        tri_frame_expand_depth(frame, reader->video.bits);
    }
    return TRI_OK;
}

void tri_y4m_close(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    if (input->file > STDIN_FILENO)
        close(input->file);
    free(input);
}
