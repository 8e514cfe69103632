/* The oracle of stabilize: the places of all frames first, then the mean of those around one. */
#include "../oracle.h"
#include "image/image.h"

#include <math.h>
#include <stdlib.h>

static int64_t level(const struct tri_image *image, int x, int y)
{
    const int64_t first = oracle_sample(image, 0, x, y);
    const int64_t luma =
        image->shape.planes < 3
            ? first
            : (2 + first + 2 * oracle_sample(image, 1, x, y) + oracle_sample(image, 2, x, y)) / 4;

    return image->shape.bits == 16 ? luma / 256 : luma;
}

/* 256 times the mean of a column, or of a row if `down`, without its fraction. */
static int64_t mean(const struct tri_image *image, bool down, int at)
{
    const int count = down ? image->shape.width : image->shape.height;
    int64_t sum = 0;

    for (int i = 0; i < count; i++)
        sum += level(image, down ? i : at, down ? at : i);
    return 256 * sum / count;
}

static int64_t *profile(const struct tri_image *image, bool down)
{
    const int size = down ? image->shape.height : image->shape.width;
    int64_t *means = oracle_memory((size_t)size, sizeof *means);

    for (int i = 0; i < size; i++)
        means[i] = mean(image, down, i);
    return means;
}

static int64_t apart(const int64_t *now, const int64_t *before, int size, int range, int by)
{
    int64_t sum = 0;

    for (int i = range; i < size - range; i++)
        sum += llabs(now[i] - before[i - by]);
    return sum / 256;
}

/* Where two lines of one slope meet: the steeper of those from the best place to its neighbours,
 * and one that falls or rises as much through the other neighbour. In 16ths of a place. */
static int between(const int64_t *now, const int64_t *before, int size, int range, int best)
{
    if (best == -range || best == range)
        return 0;
    const double left = (double)apart(now, before, size, range, best - 1),
                 least = (double)apart(now, before, size, range, best),
                 right = (double)apart(now, before, size, range, best + 1),
                 slope = fmax(left, right) - least;
    return least == 0 || slope == 0 ? 0 : (int)floor(16 * ((left - right) / (2 * slope)) + 0.5);
}

/* The nearest of the best movements; of two that are equally near, the one backwards. */
static int movement(const int64_t *now, const int64_t *before, int size, int asked, int parts)
{
    const int most = (size - 1) / 2, range = asked < most ? asked : most;
    int64_t least = INT64_MAX;
    int best = 0;

    for (int by = -range; by <= range; by++) {
        const int64_t sum = apart(now, before, size, range, by);
        if (sum < least || (sum == least && abs(by) < abs(best))) {
            least = sum;
            best = by;
        }
    }
    return parts == 1 ? best : 16 * best + between(now, before, size, range, best);
}

static int shift(struct tri_image *const *frames, int count, int index, bool down, int radius,
                 int range, int parts)
{
    const int size = down ? frames[0]->shape.height : frames[0]->shape.width;
    int64_t *place = oracle_memory((size_t)count, sizeof *place), *before = NULL;
    double sum = 0;

    for (int i = 0; i < count; i++) {
        int64_t *now = profile(frames[i], down);
        if (i > 0)
            place[i] = place[i - 1] + movement(now, before, size, range, parts);
        free(before);
        before = now;
    }
    free(before);
    for (int i = index - radius; i <= index + radius; i++)
        sum += (double)(place[(int)oracle_clamp(i, 0, count - 1)] - place[index]);
    free(place);
    return (int)floor(sum / (2 * radius + 1) + 0.5);
}

/* Colours times alpha. */
static struct tri_image *premultiplied(const struct tri_image *from)
{
    struct tri_image *image = NULL;
    const int alpha_plane = from->shape.planes - 1;
    const int64_t max = oracle_maximum(from);

    if (tri_image_new(&from->shape, &image, NULL) != TRI_OK)
        abort();
    for (int plane = 0; plane < from->shape.planes; plane++)
        for (int y = 0; y < from->shape.height; y++)
            for (int x = 0; x < from->shape.width; x++) {
                int64_t value = oracle_sample(from, plane, x, y);
                if (plane < alpha_plane && alpha_plane % 2 == 1)
                    value = oracle_divide(value * oracle_sample(from, alpha_plane, x, y), max);
                if (from->shape.bits == 16)
                    ((uint16_t *)tri_image_row(image, plane, y))[x] = (uint16_t)value;
                else
                    ((uint8_t *)tri_image_row(image, plane, y))[x] = (uint8_t)value;
            }
    return image;
}

static void divide_by_alpha(struct expected *out, int64_t max)
{
    for (int plane = 0; plane < out->planes - 1; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const int64_t alpha = (int64_t)*oracle_at(out, out->planes - 1, x, y);
                double *at = oracle_at(out, plane, x, y);
                const int64_t value = (int64_t)fmin(*at, (double)alpha);
                *at = alpha == 0 ? 0 : (double)oracle_divide(value * max, alpha);
            }
}

/* A sample where shares of four overlap, each 256ths of it. */
static double mixed(const struct tri_image *in, int plane, int x, int y, bool black)
{
    double sum = 0;
    for (int row = 0; row < 2; row++)
        for (int column = 0; column < 2; column++) {
            const int at_x = (int)floor(x / 16.0) + column, at_y = (int)floor(y / 16.0) + row;
            const int share = (16 - abs(16 * at_x - x)) * (16 - abs(16 * at_y - y));
            const bool inside =
                at_x >= 0 && at_y >= 0 && at_x < in->shape.width && at_y < in->shape.height;
            sum += black && !inside ? 0 : share * (double)oracle_sample(in, plane, at_x, at_y);
        }
    return floor(sum / 256 + 0.5);
}

static void by_parts(struct tri_image *const *frames, int count, int index, int radius, int range,
                     bool black, struct expected *out)
{
    struct tri_image **own = oracle_memory((size_t)count, sizeof *own);

    for (int i = 0; i < count; i++)
        own[i] = premultiplied(frames[i]);
    const int across = shift(own, count, index, false, radius, range, 16),
              down = shift(own, count, index, true, radius, range, 16);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) =
                    mixed(own[index], plane, 16 * x - across, 16 * y - down, black);
    if (out->planes % 2 == 0)
        divide_by_alpha(out, oracle_maximum(frames[index]));
    for (int i = 0; i < count; i++)
        tri_image_free(own[i]);
    free(own);
}

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    const int radius = (int)tri_pipeline_value(pipeline, operation, "radius"),
              range = (int)tri_pipeline_value(pipeline, operation, "range");
    const bool black = oracle_chosen(pipeline, operation, "edge", "black");
    const struct tri_image *in = frames[index];

    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    if (oracle_chosen(pipeline, operation, "subpixel", "yes")) {
        by_parts(frames, count, index, radius, range, black, out);
        return;
    }
    const int across = shift(frames, count, index, false, radius, range, 1),
              down = shift(frames, count, index, true, radius, range, 1);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const int from_x = x - across, from_y = y - down;
                const bool inside =
                    from_x >= 0 && from_y >= 0 && from_x < out->width && from_y < out->height;
                *oracle_at(out, plane, x, y) =
                    black && !inside ? 0 : (double)oracle_sample(in, plane, from_x, from_y);
            }
}

static const char *const cases[] = {"radius=1:range=3", "radius=2:edge=black",
                                    "radius=1:range=3:subpixel=yes",
                                    "radius=2:edge=black:subpixel=yes", NULL};

const struct oracle oracle_stabilize = {
    .name = "stabilize", .alpha = ORACLE_OWN, .over_time = over_time, .cases = cases};
