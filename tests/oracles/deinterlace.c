/* The oracle of deinterlace: yadif's rules, sample by sample. */
#include "../oracle.h"

#include <stdlib.h>

/* The previous, current and next frame; the requested row and plane. */
struct place_in_time {
    const struct tri_image *before, *now, *after;
    int plane, y;
};

/* The sample of a row; beyond the picture that of the nearest row of the same field. */
static int64_t field_sample(const struct tri_image *image, int plane, int x, int y)
{
    int height = image->shape.height;

    while (y < 0)
        y += 2;
    while (y >= height)
        y -= 2;
    return oracle_sample(image, plane, x, y);
}

static int64_t at(const struct place_in_time *p, const struct tri_image *image, int dx, int x,
                  int dy)
{
    return field_sample(image, p->plane, (int)oracle_clamp(x + dx, 0, image->shape.width - 1),
                        p->y + dy);
}

/* For an edge that leans by `lean` above and -`lean` below: how much the two lines differ along it.
 */
static int64_t disagreement(const struct place_in_time *p, int x, int lean)
{
    int64_t sum = 0;

    for (int i = -1; i <= 1; i++)
        sum += llabs(at(p, p->now, lean + i, x, -1) - at(p, p->now, i - lean, x, 1));
    return sum;
}

static int64_t along_edge(const struct place_in_time *p, int x)
{
    int64_t least = disagreement(p, x, 0) - 1;
    int lean = 0;

    for (int side = -1; side <= 1; side += 2)
        for (int i = 1; i <= 2; i++) {
            int64_t this = disagreement(p, x, side * i);

            if (this >= least)
                break;
            least = this;
            lean = side * i;
        }
    return (at(p, p->now, lean, x, -1) + at(p, p->now, -lean, x, 1)) / 2;
}

static int64_t largest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The mean of the other field before and after the moment of the line. */
static int64_t other_field(const struct place_in_time *p, int x, int dy)
{
    return (at(p, p->before, 0, x, dy) + at(p, p->now, 0, x, dy)) / 2;
}

static int64_t change_of_lines(const struct place_in_time *p, const struct tri_image *than, int x)
{
    return (llabs(at(p, than, 0, x, -1) - at(p, p->now, 0, x, -1)) +
            llabs(at(p, than, 0, x, 1) - at(p, p->now, 0, x, 1))) /
           2;
}

static int64_t missing(const struct place_in_time *p, int x)
{
    int64_t up = at(p, p->now, 0, x, -1), down = at(p, p->now, 0, x, 1),
            middle = other_field(p, x, 0);
    int64_t above = other_field(p, x, -2) - up, below = other_field(p, x, 2) - down;
    int64_t hill = largest(largest(middle - up, middle - down), above < below ? above : below);
    int64_t valley = largest(largest(up - middle, down - middle), -largest(above, below));
    int64_t margin = llabs(at(p, p->before, 0, x, 0) - at(p, p->now, 0, x, 0)) / 2;

    margin = largest(margin, change_of_lines(p, p->before, x));
    margin = largest(margin, change_of_lines(p, p->after, x));
    margin = largest(margin, largest(-hill, -valley));
    return (int64_t)oracle_clamp((double)along_edge(p, x), (double)(middle - margin),
                                 (double)(middle + margin));
}

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    int kept = oracle_chosen(pipeline, operation, "parity", "bottom");
    const struct tri_shape *shape = &frames[0]->shape;
    struct place_in_time p = {frames[index > 0 ? index - 1 : 0], frames[index],
                              frames[index + 1 < count ? index + 1 : index], 0, 0};

    oracle_expect(out, shape->width, shape->height, shape->planes, 0);
    for (p.plane = 0; p.plane < out->planes; p.plane++)
        for (p.y = 0; p.y < out->height; p.y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, p.plane, x, p.y) =
                    (double)(p.y % 2 == kept ? oracle_sample(p.now, p.plane, x, p.y)
                                             : missing(&p, x));
}

const struct oracle oracle_deinterlace = {
    .name = "deinterlace", .alpha = ORACLE_KEPT, .over_time = over_time};
