/* The oracle of motion: tries every position of a block, then walks along each line. */
#include "../oracle.h"

#include <stdlib.h>

struct field {
    const struct tri_image *now, *before;
    int size, range;
};

static int64_t level(const struct tri_image *image, int x, int y)
{
    if (image->shape.planes == 1)
        return oracle_sample(image, 0, x, y);
    return (2 + oracle_sample(image, 0, x, y) + 2 * oracle_sample(image, 1, x, y) +
            oracle_sample(image, 2, x, y)) /
           4;
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

/* The difference of the block at (x, y) from the samples at (from_x, from_y); -1 if these are not
 * all in the picture. */
static int64_t disagreement(const struct field *field, int x, int y, int from_x, int from_y)
{
    int width = field->now->shape.width, height = field->now->shape.height;
    int columns = at_most(field->size, width - x), rows = at_most(field->size, height - y);
    int64_t sum = 0;

    if (from_x < 0 || from_y < 0 || from_x + columns > width || from_y + rows > height)
        return -1;
    for (int j = 0; j < rows; j++)
        for (int i = 0; i < columns; i++)
            sum += llabs(level(field->now, x + i, y + j) -
                         level(field->before, from_x + i, from_y + j));
    return sum;
}

/* Whether a movement takes precedence over another that is as good: the shorter, then that of fewer
 * rows, then down, then to the right. */
static bool comes_before(int dx, int dy, int than_x, int than_y)
{
    int length = dx * dx + dy * dy, than = than_x * than_x + than_y * than_y;

    if (length != than)
        return length < than;
    if (abs(dy) != abs(than_y))
        return abs(dy) < abs(than_y);
    return dy != than_y ? dy > than_y : dx > than_x;
}

static void find_motion(const struct field *field, int x, int y, int *best_x, int *best_y)
{
    int64_t least = INT64_MAX;

    for (int dy = -field->range; dy <= field->range; dy++)
        for (int dx = -field->range; dx <= field->range; dx++) {
            int64_t sum = disagreement(field, x, y, x - dx, y - dy);

            if (sum < 0 || sum > least || (sum == least && !comes_before(dx, dy, *best_x, *best_y)))
                continue;
            least = sum;
            *best_x = dx;
            *best_y = dy;
        }
}

static void light(struct expected *out, int x, int y, int max)
{
    for (int plane = 0;
         plane < out->planes && x >= 0 && y >= 0 && x < out->width && y < out->height; plane++)
        *oracle_at(out, plane, x, y) = max;
}

/* Step by step along the longer axis; a step that ends half way between two samples marks both. */
static void draw_line(struct expected *out, int x, int y, int dx, int dy, int max)
{
    int steps = abs(dx) > abs(dy) ? abs(dx) : abs(dy);

    light(out, x, y, max);
    for (int i = 1; i <= steps; i++) {
        bool flat = abs(dx) == steps;
        int other = flat ? dy : dx, low = abs(2 * i * other) + steps - 1,
            high = abs(2 * i * other) + steps;

        low = low / (2 * steps) * (other < 0 ? -1 : 1);
        high = high / (2 * steps) * (other < 0 ? -1 : 1);
        light(out, x + (flat ? i * (dx < 0 ? -1 : 1) : low),
              y + (flat ? low : i * (dy < 0 ? -1 : 1)), max);
        light(out, x + (flat ? i * (dx < 0 ? -1 : 1) : high),
              y + (flat ? high : i * (dy < 0 ? -1 : 1)), max);
    }
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct field field = {in, before, oracle_chosen(pipeline, operation, "size", "8") ? 8 : 16,
                          (int)tri_pipeline_value(pipeline, operation, "range")};

    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)oracle_sample(in, plane, x, y);
    for (int y = 0; y < out->height; y += field.size)
        for (int x = 0; x < out->width; x += field.size) {
            int dx = 0, dy = 0;

            find_motion(&field, x, y, &dx, &dy);
            draw_line(out, x + at_most(field.size, out->width - x) / 2,
                      y + at_most(field.size, out->height - y) / 2, dx, dy, oracle_max(in));
        }
}

static const char *const cases[] = {"size=8:range=3", "size=8:range=15", NULL};

const struct oracle oracle_motion = {
    .name = "motion", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
