/* y4m_write.c -- writes Y4M: the header, then each frame as often as the constant rate asks for. */
#include "y4m_codec.h"

#include "../image/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct output {
    struct tri_output file;
    int descriptor;
    struct tri_pace pace;
    bool every_frame; /* exactly once: `pace` is only for the note */
    /* Copy of the planes until the number of repeats is known; has none if each frame is written
     * once. */
    struct tri_frame newest;
};

static enum tri_status cannot_write(const struct tri_video_writer *writer, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name, strerror(errno));
}

bool tri_y4m_writes(const char *path, const char *format)
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
    if (!tri_y4m_print_space(video, space))
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
    if (fprintf(file, Y4M_MAGIC "W%d H%d F%d:%d I%c A%d:%d C%s%s\n", video->width, video->height,
                rate[0], rate[1], video->interlace, video->aspect[0], video->aspect[1], space,
                comments) < 0 ||
        fflush(file) != 0)
        return cannot_write(writer, error);
    return TRI_OK;
}

enum tri_status tri_y4m_create(struct tri_video_writer *writer, const char *path,
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

enum tri_status tri_y4m_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                               struct tri_error *error)
{
    (void)error;
    tri_video_leave(writer, "Y4M", tri_beside_kinds(frame->metadata, &writer->video));
    if (writer->video.bits > 8) {
        tri_frame_reduce_depth(frame, writer->video.bits);
        tri_y4m_to_native(frame, writer->video.bits); /* swaps on big-endian machines */
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
        count = tri_rows_advance(&rows, count, (size_t)done);
    }
    return true;
}

static bool write_planes(const struct tri_video_writer *writer, const struct tri_frame *frame)
{
    const struct output *output = writer->state;
    static char head[] = "FRAME\n";
    struct iovec rows[Y4M_BATCH] = {{head, 6}};
    bool written = write_all(output->descriptor, rows, 1);
    for (int p = 0; p < writer->video.planes && written; p++) {
        for (int y = 0; y < frame->planes[p]->shape.height && written; y += Y4M_BATCH) {
            const int count = tri_rows_gather(frame->planes[p], 1, y, rows, Y4M_BATCH);
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

enum tri_status tri_y4m_put(struct tri_video_writer *writer, struct tri_frame *frame,
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

enum tri_status tri_y4m_end(struct tri_video_writer *writer, enum tri_status so_far,
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
