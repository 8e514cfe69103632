/* y4m.c -- YUV4MPEG2, the uncompressed stream of MJPEG tools that FFmpeg, x264 and others exchange.
 * Frames are read into and written from planes directly, without a copy in between. Those of a
 * regular file are only found in order; several at a time are then read.
 *
 * A line "YUV4MPEG2 W640 H480 F25:1 Ip A1:1 C420jpeg", then for each frame a line "FRAME" and the
 * rows of its planes; samples of more than 8 bits are little-endian words. */
#include "constant_rate.h"

#include "../image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAGIC "YUV4MPEG2 "
#define LINE_MAX_BYTES 1024
#define BATCH 512 /* rows per system call */

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

struct output {
    struct tri_output file;
    int descriptor;
    struct tri_pace pace;
    bool every_frame; /* exactly once: `pace` is only for the note */
    /* Copy of the planes until the number of repeats is known; has none if each frame is written
     * once. */
    struct tri_frame newest;
};

/* ---- colour spaces ---- */

static const struct space {
    const char *name;
    int planes, shift_x, shift_y;
    const char *siting;
} spaces[] = {
    {"420jpeg", 3, 1, 1, "jpeg"}, {"420mpeg2", 3, 1, 1, "mpeg2"}, {"420paldv", 3, 1, 1, "paldv"},
    {"420", 3, 1, 1, ""},         {"422", 3, 1, 0, ""},           {"444", 3, 0, 0, ""},
    {"411", 3, 2, 0, ""},         {"440", 3, 0, 1, ""},           {"mono", 1, 0, 0, ""},
};
enum { SPACES = sizeof spaces / sizeof spaces[0] };

/* "420p10", "mono12", "420mpeg2"; false if unknown. */
static bool parse_space(const char *text, struct tri_video *video)
{
    for (int i = 0; i < SPACES; i++) {
        const struct space *space = &spaces[i];
        const size_t length = strlen(space->name);
        char end;
        int bits = 8;
        if (strncmp(text, space->name, length) != 0)
            continue;
        const char *rest = text + length;
        if (*rest == 'p' && space->planes == 3)
            rest++;
        else if (*rest != '\0' && space->planes == 3)
            continue;
        if (*rest != '\0' && (sscanf(rest, "%2d%c", &bits, &end) != 1 || bits < 9 || bits > 16))
            continue;
        video->planes = space->planes;
        video->shift_x = space->shift_x;
        video->shift_y = space->shift_y;
        video->bits = bits;
        snprintf(video->siting, sizeof video->siting, "%s", space->siting);
        return true;
    }
    return false;
}

/* Only 8-bit spaces that are subsampled in both directions state chroma siting. False: it has no
 * name. */
static bool print_space(const struct tri_video *video, char text[24])
{
    const bool sited =
        video->bits == 8 && video->planes == 3 && video->shift_x == 1 && video->shift_y == 1;
    for (int i = 0; i < SPACES; i++) {
        const struct space *space = &spaces[i];
        if (video->planes != space->planes || video->shift_x != space->shift_x ||
            video->shift_y != space->shift_y ||
            strcmp(sited ? video->siting : "", space->siting) != 0)
            continue;
        if (video->bits > 8)
            snprintf(text, 24, "%s%s%d", space->name, space->planes == 3 ? "p" : "", video->bits);
        else
            snprintf(text, 24, "%s", space->name);
        return true;
    }
    return false;
}

/* ---- reading ---- */

static enum tri_status cannot_read(const struct tri_video_reader *reader, const char *why,
                                   struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->name, why);
}

static bool probe(const char *path, const unsigned char *head, size_t size)
{
    const size_t length = strlen(path);
    if (size == 0) /* so that opening it reports why nothing can be read */
        return length > 4 && strcmp(path + length - 4, ".y4m") == 0;
    return size >= strlen(MAGIC) && memcmp(head, MAGIC, strlen(MAGIC)) == 0;
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
        return parse_space(field + 1, video);
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

static enum tri_status open_input(struct tri_video_reader *reader, const char *path,
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
    else if (read_bytes(input, line, strlen(MAGIC)) != (ssize_t)strlen(MAGIC) ||
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

static size_t row_bytes(const struct tri_image *image)
{
    return (size_t)image->shape.width * tri_sample_bytes(&image->shape);
}

/* Rows from `y` on, for one read or write call. */
static int gather_rows(const struct tri_image *image, int y, struct iovec rows[BATCH])
{
    int count = 0;
    for (; count < BATCH && y < image->shape.height; count++, y++)
        rows[count] = (struct iovec){tri_image_row(image, 0, y), row_bytes(image)};
    return count;
}

/* Advances `rows` by the bytes a call has transferred; returns how many are left. */
static int advance(struct iovec **rows, int count, size_t done)
{
    while (count > 0 && done >= (*rows)->iov_len) {
        done -= (*rows)->iov_len;
        (*rows)++;
        count--;
    }
    if (count > 0) {
        (*rows)->iov_base = (char *)(*rows)->iov_base + done;
        (*rows)->iov_len -= done;
    }
    return count;
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
    struct iovec batch[BATCH];
    for (int y = 0; y < image->shape.height;) {
        struct iovec *rows = batch;
        int count = gather_rows(image, y, batch);
        y += count;
        while (count > 0) {
            const ssize_t got = read_rows(input, rows, count, at);
            if (got < 0 && (errno == EINTR || errno == EAGAIN))
                continue;
            if (got <= 0) {
                errno = got < 0 ? errno : 0;
                return false;
            }
            count = advance(&rows, count, (size_t)got);
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

static enum tri_status next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
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

/* Samples may not exceed their bit depth: higher bits are cut off. */
static void to_native(struct tri_frame *frame, int bits)
{
    const uint16_t mask = (uint16_t)((1 << bits) - 1), probe = 1;
    const bool swap = *(const unsigned char *)&probe == 0;
    for (int p = 0; p < 3 && frame->planes[p] != NULL; p++) {
        for (int y = 0; y < frame->planes[p]->shape.height; y++) {
            uint16_t *row = tri_image_row(frame->planes[p], 0, y);
            for (int x = 0; x < frame->planes[p]->shape.width; x++)
                row[x] = (swap ? __builtin_bswap16(row[x]) : row[x]) & mask;
        }
    }
}

static enum tri_status decode(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error)
{
    if (frame->at > 0 && !read_planes(reader->state, frame))
        return errno != 0 ? cannot_read(reader, strerror(errno), error)
                          : cut_short(reader, frame->number, error);
    if (reader->video.bits > 8) {
        to_native(frame, reader->video.bits);
        tri_frame_expand_depth(frame, reader->video.bits);
    }
    return TRI_OK;
}

static void close_input(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    if (input->file > STDIN_FILENO)
        close(input->file);
    free(input);
}

/* ---- writing ---- */

static enum tri_status cannot_write(const struct tri_video_writer *writer, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name, strerror(errno));
}

static bool writes(const char *path, const char *format)
{
    (void)path;
    return strcmp(format, "y4m") == 0;
}

static void print_comments(const struct tri_video *video, const char *space,
                           char text[sizeof video->comments + 32])
{
    char all[sizeof video->comments], *rest = NULL;
    snprintf(all, sizeof all, "%s", video->comments);
    text[0] = '\0';
    for (char *field = strtok_r(all, " ", &rest); field != NULL;
         field = strtok_r(NULL, " ", &rest)) {
        /* FFmpeg repeats the colour space here. */
        if (strncmp(field, "XYSCSS=", 7) != 0 || strcasecmp(field + 7, space) == 0)
            sprintf(text + strlen(text), " %s", field);
    }
    if (video->full_range)
        strcat(text, " XCOLORRANGE=FULL");
}

static void note_colour(const struct tri_video_writer *writer)
{
    const struct tri_video *video = &writer->video;
    const enum tri_matrix usual = tri_video_usual_matrix(video->height);
    char light[24];
    if (video->planes == 3 && video->matrix != usual)
        tri_video_note(writer, "%s: Y4M cannot store the colour matrix (%s); readers assume %s",
                       writer->name, tri_video_matrix_name(video->matrix),
                       tri_video_matrix_name(usual));
    if (tri_video_light_name(video, light))
        tri_video_note(
            writer,
            "%s: Y4M cannot store the colour description (%s); colours will look pale or wrong",
            writer->name, light);
    if (video->has_mastering || video->has_light_level)
        tri_video_note(writer, "%s: Y4M cannot store the mastering display and light level (HDR10)",
                       writer->name);
}

/* Refuses frames that Y4M cannot describe. */
static enum tri_status check_video(const struct tri_video *video, const char *path, char space[24],
                                   struct tri_error *error)
{
    if (video->planes == 3 && (video->matrix == TRI_YCGCO || video->matrix == TRI_OTHER_MATRIX))
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: Y4M cannot store the colour matrix (%s)", path,
                        tri_video_matrix_name(video->matrix));
    if (!print_space(video, space))
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: Y4M cannot store chroma with 1/%d of the columns and "
                        "1/%d of the rows",
                        path, 1 << video->shift_x, 1 << video->shift_y);
    return TRI_OK;
}

static enum tri_status write_header(const struct tri_video_writer *writer, const char *space,
                                    const int rate[2], struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    FILE *file = ((struct output *)writer->state)->file.file;
    char comments[sizeof video->comments + 32];
    print_comments(video, space, comments);
    if (fprintf(file, MAGIC "W%d H%d F%d:%d I%c A%d:%d C%s%s\n", video->width, video->height,
                rate[0], rate[1], video->interlace, video->aspect[0], video->aspect[1], space,
                comments) < 0 ||
        fflush(file) != 0)
        return cannot_write(writer, error);
    return TRI_OK;
}

static enum tri_status create(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options,
                              struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    char space[24];
    int rate[2];
    if (check_video(video, path, space, error) != TRI_OK)
        return TRI_USAGE;
    struct output *output = calloc(1, sizeof *output);
    if (output == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    tri_video_steady_rate(video, options, rate);
    tri_pace_begin(&output->pace, rate, video->time_base);
    output->pace.asked = options->frame_rate[0] > 0;
    output->every_frame =
        options->every_frame || (options->frame_rate[0] == 0 && video->steady_rate[0] == 0);
    if (output->every_frame)
        memcpy(rate, video->rate, sizeof rate);
    enum tri_status status =
        output->every_frame ? TRI_OK : tri_frame_new(video, &output->newest, error);
    if (status == TRI_OK)
        status = tri_output_open(path, &output->file, error);
    if (status != TRI_OK) {
        tri_frame_free(&output->newest);
        free(output);
        return status;
    }
    writer->state = output;
    snprintf(writer->opaque, sizeof writer->opaque, "Y4M has");
    output->file.tell = options->pictures.tell;
    output->file.listener = options->pictures.listener;
    output->descriptor = fileno(output->file.file);
    status = write_header(writer, space, rate, error);
    if (status != TRI_OK) {
        tri_output_close(&output->file, status, error);
        tri_frame_free(&output->newest);
        free(output);
        return status;
    }
    note_colour(writer);
    return TRI_OK;
}

static enum tri_status encode(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error)
{
    (void)error;
    tri_video_leave(writer, "Y4M", tri_beside_kinds(frame->metadata, &writer->video));
    if (writer->video.bits > 8) {
        tri_frame_reduce_depth(frame, writer->video.bits);
        to_native(frame, writer->video.bits); /* swaps on big-endian machines */
    }
    return TRI_OK;
}

static bool write_all(int file, struct iovec *rows, int count)
{
    while (count > 0) {
        const ssize_t done = writev(file, rows, count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        count = advance(&rows, count, (size_t)done);
    }
    return true;
}

static bool write_planes(const struct tri_video_writer *writer, const struct tri_frame *frame)
{
    const struct output *output = writer->state;
    static char head[] = "FRAME\n";
    struct iovec rows[BATCH] = {{head, 6}};
    bool written = write_all(output->descriptor, rows, 1);
    for (int p = 0; p < writer->video.planes && written; p++) {
        for (int y = 0; y < frame->planes[p]->shape.height && written; y += BATCH) {
            const int count = gather_rows(frame->planes[p], y, rows);
            written = write_all(output->descriptor, rows, count);
        }
    }
    return written;
}

static enum tri_status write_frame(const struct tri_video_writer *writer,
                                   const struct tri_frame *frame, struct tri_error *error)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_DISK, "write");
    const bool written = write_planes(writer, frame);
    const int why = errno;
    tri_trace_end(mark);
    errno = why;
    return written ? TRI_OK : cannot_write(writer, error);
}

static enum tri_status write_newest(const struct tri_video_writer *writer, long count,
                                    struct tri_error *error)
{
    const struct output *output = writer->state;
    enum tri_status status = TRI_OK;
    for (long i = 0; i < count && status == TRI_OK; i++)
        status = write_frame(writer, &output->newest, error);
    return status;
}

static enum tri_status put(struct tri_video_writer *writer, struct tri_frame *frame,
                           struct tri_error *error)
{
    struct output *output = writer->state;
    const long count = tri_pace_next(&output->pace, frame->time, frame->duration);
    if (output->every_frame)
        return write_frame(writer, frame, error);
    const enum tri_status status = write_newest(writer, count, error);
    for (int p = 0; p < writer->video.planes && status == TRI_OK; p++)
        tri_image_copy_plane(frame->planes[p], 0, output->newest.planes[p], 0);
    return status;
}

static enum tri_status end(struct tri_video_writer *writer, enum tri_status so_far,
                           struct tri_error *error)
{
    struct output *output = writer->state;
    const long count = tri_pace_end(&output->pace);
    if (so_far == TRI_OK && !output->every_frame)
        so_far = write_newest(writer, count, error);
    const enum tri_status status = tri_output_close(&output->file, so_far, error);
    if (status == TRI_OK)
        (output->every_frame ? tri_pace_note_uneven : tri_pace_note)(&output->pace, writer);
    tri_frame_free(&output->newest);
    free(output);
    return status;
}

const struct tri_video_codec tri_video_codec_y4m = {
    .name = "y4m",
    .probe = probe,
    .takes = TRI_ONLY_YCBCR,
    .writes = writes,
    .open = open_input,
    .next = next,
    .decode = decode,
    .close = close_input,
    .create = create,
    .encode = encode,
    .put = put,
    .end = end,
};
