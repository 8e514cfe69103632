/* frame_flatten.c -- transparent frames on a background, for files without transparency. */
#include "video.h"

#include "../codec/reduce_depth.h"
#include "../image/image.h"

#include <math.h>
#include <string.h>
#include <strings.h>

bool tri_video_opaque_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcasecmp(dot, ".ppm") == 0 || strcasecmp(dot, ".pgm") == 0);
}

/* ---- the background as samples ---- */

/* By H.273, from red, green and blue in 0 to 1: luma from 0 to 1, chroma from -1/2 to 1/2. */
static void to_ycbcr(enum tri_matrix matrix, const double rgb[3], double samples[3])
{
    const double red = matrix == TRI_BT709 ? 0.2126 : matrix == TRI_BT601 ? 0.299 : 0.2627;
    const double blue = matrix == TRI_BT709 ? 0.0722 : matrix == TRI_BT601 ? 0.114 : 0.0593;
    if (matrix == TRI_YCGCO) {
        samples[0] = (rgb[0] + 2 * rgb[1] + rgb[2]) / 4;
        samples[1] = (2 * rgb[1] - rgb[0] - rgb[2]) / 4;
        samples[2] = (rgb[0] - rgb[2]) / 2;
        return;
    }
    samples[0] = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2];
    samples[1] = (rgb[2] - samples[0]) / (2 * (1 - blue));
    samples[2] = (rgb[0] - samples[0]) / (2 * (1 - red));
}

/* A value of `bits` bits as stored in memory. */
static uint32_t spread(double value, int bits)
{
    const uint32_t sample =
        (uint32_t)lround(fmax(0, fmin(value, (double)((UINT32_C(1) << bits) - 1))));
    return bits == 8 ? sample : sample << (16 - bits) | sample >> (2 * bits - 16);
}

static void find_levels(const struct tri_video *video, const uint8_t colour[3], uint32_t levels[3])
{
    const double rgb[3] = {colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0};
    const double unit = (double)(1 << (video->bits - 8)), most = (double)((1 << video->bits) - 1);
    double samples[3];
    to_ycbcr(video->matrix, rgb, samples);
    for (int p = 0; p < 3; p++) {
        if (video->matrix == TRI_RGB && video->planes == 3)
            levels[p] = spread(most * rgb[p], video->bits);
        else if (video->full_range)
            levels[p] = spread(most * samples[p] + (p > 0 ? (most + 1) / 2 : 0), video->bits);
        else
            levels[p] = spread(unit * (p > 0 ? 128 + 224 * samples[p] : 16 + 219 * samples[p]),
                               video->bits);
    }
}

/* ---- samples ---- */

static uint32_t sample_at(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

/* The mean alpha, rounded, of the samples that one sample of a smaller plane stands for. */
static uint32_t alpha_at(const struct tri_image *luma, int x, int y, int shift_x, int shift_y)
{
    const int right = (x + 1) << shift_x, below = (y + 1) << shift_y;
    const int x_end = right < luma->shape.width ? right : luma->shape.width,
              y_end = below < luma->shape.height ? below : luma->shape.height;
    uint32_t sum = 0, count = 0;
    for (int row = y << shift_y; row < y_end; row++) {
        for (int column = x << shift_x; column < x_end; column++, count++)
            sum += sample_at(luma, 1, column, row);
    }
    return (sum + count / 2) / count;
}

static void flatten_plane(const struct tri_frame *frame, int plane, int shift_x, int shift_y,
                          uint32_t behind)
{
    const struct tri_image *image = frame->planes[plane];
    const bool small = image->shape.bits == 8;
    const uint32_t most = small ? 255 : 65535;
    for (int y = 0; y < image->shape.height; y++) {
        void *row = tri_image_row(image, 0, y);
        for (int x = 0; x < image->shape.width; x++) {
            const uint32_t alpha = alpha_at(frame->planes[0], x, y, shift_x, shift_y);
            const uint32_t value = small ? ((uint8_t *)row)[x] : ((uint16_t *)row)[x];
            const uint32_t flat = (value * alpha + behind * (most - alpha) + most / 2) / most;
            if (small)
                ((uint8_t *)row)[x] = (uint8_t)flat;
            else
                ((uint16_t *)row)[x] = (uint16_t)flat;
        }
    }
}

bool tri_frame_flatten(struct tri_frame *frame, const struct tri_video *video,
                       const struct tri_background *background)
{
    uint32_t levels[3];
    if (tri_image_opaque(frame->planes[0]))
        return false;
    find_levels(video, background->colour, levels);
    for (int p = 0; p < video->planes; p++)
        flatten_plane(frame, p, p > 0 ? video->shift_x : 0, p > 0 ? video->shift_y : 0, levels[p]);
    return true;
}

/* ---- for writers ---- */

/* Only the first frame is reported. */
static void note_background(struct tri_video_writer *writer)
{
    const uint8_t *colour = writer->background.colour;
    pthread_mutex_lock(&writer->lock);
    const bool first = !writer->told;
    writer->told = true;
    pthread_mutex_unlock(&writer->lock);
    if (first && writer->background.use == TRI_BACKGROUND_TOLD)
        tri_video_note(writer,
                       "%s: flattened onto #%02x%02x%02x, as %s no transparency; choose another "
                       "colour with --background%s",
                       writer->name, colour[0], colour[1], colour[2], writer->opaque,
                       writer->keeping);
}

enum tri_status tri_video_flatten(struct tri_video_writer *writer, struct tri_frame *frame,
                                  struct tri_error *error)
{
    if (writer->opaque[0] == '\0' || !tri_frame_flatten(frame, &writer->video, &writer->background))
        return TRI_OK;
    if (writer->background.use == TRI_NO_BACKGROUND)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: frame %ld has transparent parts, but %s no transparency; "
                        "use --background white%s",
                        writer->name, frame->number + 1, writer->opaque, writer->keeping);
    note_background(writer);
    return TRI_OK;
}
