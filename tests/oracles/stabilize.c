/* The oracle of stabilize: the places of all frames first, then the mean of those around one. */
#include "../oracle.h"

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

static int64_t apart(const struct tri_image *now, const struct tri_image *before, bool down,
                     int range, int by)
{
    const int size = down ? now->shape.height : now->shape.width;
    int64_t sum = 0;

    for (int i = range; i < size - range; i++)
        sum += llabs(mean(now, down, i) - mean(before, down, i - by));
    return sum / 256;
}

/* The nearest of the best movements; of two that are equally near, the one backwards. */
static int movement(const struct tri_image *now, const struct tri_image *before, bool down,
                    int range)
{
    const int most = ((down ? now->shape.height : now->shape.width) - 1) / 2;
    int64_t least = INT64_MAX;
    int best = 0;

    range = range < most ? range : most;
    for (int by = -range; by <= range; by++) {
        const int64_t sum = apart(now, before, down, range, by);
        if (sum < least || (sum == least && abs(by) < abs(best))) {
            least = sum;
            best = by;
        }
    }
    return best;
}

static int shift(struct tri_image *const *frames, int count, int index, bool down, int radius,
                 int range)
{
    int64_t *place = oracle_memory((size_t)count, sizeof *place);
    double sum = 0;

    for (int i = 1; i < count; i++)
        place[i] = place[i - 1] + movement(frames[i], frames[i - 1], down, range);
    for (int i = index - radius; i <= index + radius; i++)
        sum += (double)(place[(int)oracle_clamp(i, 0, count - 1)] - place[index]);
    free(place);
    return (int)floor(sum / (2 * radius + 1) + 0.5);
}

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    const int radius = (int)tri_pipeline_value(pipeline, operation, "radius"),
              range = (int)tri_pipeline_value(pipeline, operation, "range");
    const bool black = oracle_chosen(pipeline, operation, "edge", "black");
    const struct tri_image *in = frames[index];
    const int across = shift(frames, count, index, false, radius, range),
              down = shift(frames, count, index, true, radius, range);

    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
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

static const char *const cases[] = {"radius=1:range=3", "radius=2:edge=black", NULL};

const struct oracle oracle_stabilize = {
    .name = "stabilize", .alpha = ORACLE_OWN, .over_time = over_time, .cases = cases};
