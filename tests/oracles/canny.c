/* The oracle of canny: follows edges from strong ones with a stack. */
#include "../oracle_window.h"

#include <stdlib.h>

struct gradient {
    int64_t x, y, strength;
};

struct canny {
    const struct tri_image *in;
    int plane;
    bool l2;
    struct gradient *gradients;
};

static void find_gradients(const struct canny *c)
{
    for (int y = 0, i = 0; y < c->in->shape.height; y++)
        for (int x = 0; x < c->in->shape.width; x++, i++) {
            struct gradient *g = &c->gradients[i];

            g->x = oracle_derivative(c->in, c->plane, x, y, true);
            g->y = oracle_derivative(c->in, c->plane, x, y, false);
            g->strength = c->l2 ? g->x * g->x + g->y * g->y : llabs(g->x) + llabs(g->y);
        }
}

static int64_t strength(const struct canny *c, int x, int y)
{
    if (x < 0 || y < 0 || x >= c->in->shape.width || y >= c->in->shape.height)
        return 0;
    return c->gradients[(int64_t)y * c->in->shape.width + x].strength;
}

static bool is_ridge(const struct canny *c, int x, int y)
{
    struct gradient g = c->gradients[(int64_t)y * c->in->shape.width + x];
    /* Times tan 22.5 and tan 67.5 degrees. */
    int64_t flat = llabs(g.x) * 13573, steep = flat + 2 * 32768 * llabs(g.x),
            rise = llabs(g.y) * 32768;
    int dx = 1, dy = 0;

    if (rise > steep)
        dx = 0, dy = 1;
    else if (rise >= flat)
        dx = (g.x < 0) == (g.y < 0) ? 1 : -1, dy = 1;
    return g.strength > strength(c, x - dx, y - dy) &&
           (dx != 0 && dy != 0 ? g.strength > strength(c, x + dx, y + dy)
                               : g.strength >= strength(c, x + dx, y + dy));
}

static void follow(const struct canny *c, int64_t low, int64_t high, struct expected *out)
{
    int width = out->width, height = out->height, count = 0;
    int *stack = oracle_memory((size_t)width * (size_t)height, sizeof(int));
    double max = oracle_max(c->in);

    for (int i = 0; i < width * height; i++)
        if (c->gradients[i].strength > high && is_ridge(c, i % width, i / width)) {
            *oracle_at(out, c->plane, i % width, i / width) = max;
            stack[count++] = i;
        }
    while (count > 0) {
        int at = stack[--count];

        for (int y = at / width - 1; y <= at / width + 1; y++)
            for (int x = at % width - 1; x <= at % width + 1; x++)
                if (x >= 0 && y >= 0 && x < width && y < height && strength(c, x, y) > low &&
                    *oracle_at(out, c->plane, x, y) == 0 && is_ridge(c, x, y)) {
                    *oracle_at(out, c->plane, x, y) = max;
                    stack[count++] = y * width + x;
                }
    }
    free(stack);
}

static int64_t threshold(const struct tri_pipeline *pipeline, int operation, const char *param,
                         const struct canny *c)
{
    double fraction = tri_pipeline_value(pipeline, operation, param);
    int64_t whole = (int64_t)(fraction * oracle_max(c->in) + 0.5);

    return c->l2 ? whole * whole : whole;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct canny c = {.in = in, .l2 = oracle_chosen(pipeline, operation, "norm", "l2")};
    int64_t one = threshold(pipeline, operation, "low", &c),
            other = threshold(pipeline, operation, "high", &c);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    c.gradients =
        oracle_memory((size_t)in->shape.width * (size_t)in->shape.height, sizeof(struct gradient));
    for (c.plane = 0; c.plane < out->planes; c.plane++) {
        find_gradients(&c);
        follow(&c, one < other ? one : other, one < other ? other : one, out);
    }
    free(c.gradients);
}

static const char *const cases[] = {"low=0.1:high=0.2:norm=l2", "low=0:high=3", "low=1:high=0.5",
                                    NULL};

const struct oracle oracle_canny = {
    .name = "canny", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
