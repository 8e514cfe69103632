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

/* The nearest of the best movements; of two that are equally near, the one backwards. */
static int movement(const int64_t *now, const int64_t *before, int size, int asked)
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
    return best;
}

static int shift(struct tri_image *const *frames, int count, int index, bool down, int radius,
                 int range)
{
    const int size = down ? frames[0]->shape.height : frames[0]->shape.width;
    int64_t *place = oracle_memory((size_t)count, sizeof *place), *before = NULL;
    double sum = 0;

    for (int i = 0; i < count; i++) {
        int64_t *now = profile(frames[i], down);
        if (i > 0)
            place[i] = place[i - 1] + movement(now, before, size, range);
        free(before);
        before = now;
    }
    free(before);
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
