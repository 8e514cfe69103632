/* The oracle of label: fills each component from its first sample. */
#include "../oracle.h"

#include <stdlib.h>

struct label {
    const struct tri_image *in;
    int plane;
    bool corners;
    int *stack;
    struct expected *out;
};

static void take(const struct label *l, int x, int y, int64_t number, int *count)
{
    int width = l->out->width;

    if (x < 0 || y < 0 || x >= width || y >= l->out->height ||
        *oracle_at(l->out, l->plane, x, y) != 0 || oracle_sample(l->in, l->plane, x, y) == 0)
        return;
    *oracle_at(l->out, l->plane, x, y) = (double)number;
    l->stack[(*count)++] = y * width + x;
}

static void fill(const struct label *l, int x, int y, int64_t number)
{
    int count = 0;

    take(l, x, y, number, &count);
    while (count > 0) {
        int at = l->stack[--count];

        x = at % l->out->width;
        y = at / l->out->width;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++)
                if (l->corners || dx == 0 || dy == 0)
                    take(l, x + dx, y + dy, number, &count);
    }
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct label l = {
        .in = in, .corners = oracle_chosen(pipeline, operation, "neighbours", "8"), .out = out};
    int max = oracle_max(in);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    l.stack = oracle_memory((size_t)out->width * (size_t)out->height, sizeof(int));
    for (l.plane = 0; l.plane < out->planes; l.plane++) {
        int64_t components = 0;

        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                if (*oracle_at(out, l.plane, x, y) == 0 && oracle_sample(in, l.plane, x, y) != 0) {
                    components++;
                    fill(&l, x, y, components < max ? components : max);
                }
    }
    free(l.stack);
}

const struct oracle oracle_label = {.name = "label", .alpha = ORACLE_KEPT, .run = run};
