/* The oracle of nlmeans: for each place of the search window, sums of all squared differences above
 * and left of each sample, from which follow those of each patch. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

struct means {
    int patch, search, area, shift;
    int64_t scale, unit, full, stretch;
    int width, height, border; /* of the pictures below; as many samples around them */
    int64_t *above, *weight, *sum;
};

static int64_t square(const struct means *m, const struct tri_image *in, int64_t difference)
{
    int64_t wide = oracle_max(in) == 255 ? difference * 128 : difference / 2,
            scaled = (wide + 32768 / m->scale) * m->scale / 65536;

    scaled = scaled > 255 ? 255 : scaled;
    return (scaled * scaled + (int64_t)fmin(510, (double)(32768 / m->unit))) * m->unit / 65536;
}

/* above[y][x]: the sum over the rows above y and the columns left of x. */
static void sum_up(const struct means *m, const struct tri_image *in, int plane, int dx, int dy)
{
    int row = m->width + 2 * m->border + 1;

    for (int y = 0; y < m->height + 2 * m->border; y++) {
        int64_t sum = 0;

        for (int x = 0; x < m->width + 2 * m->border; x++) {
            int at_x = x - m->border, at_y = y - m->border;

            sum += square(m, in,
                          llabs(oracle_sample(in, plane, at_x, at_y) -
                                oracle_sample(in, plane, at_x + dx, at_y + dy)));
            m->above[(y + 1) * row + x + 1] = m->above[y * row + x + 1] + sum;
        }
    }
}

static int64_t weight_of(const struct means *m, int x, int y)
{
    int row = m->width + 2 * m->border + 1, side = 2 * m->patch + 1;
    const int64_t *top = m->above + y * row + x, *bottom = top + side * row;
    int64_t sum = bottom[side] - bottom[0] - top[side] + top[0],
            weight = sum > m->full ? 0 : (m->full - sum) * m->stretch;

    for (int i = 0; i < 3; i++)
        weight = weight * weight / 65536;
    return weight >> m->shift;
}

static void add_place(const struct means *m, const struct tri_image *in, int plane, int dx, int dy)
{
    sum_up(m, in, plane, dx, dy);
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++) {
            int64_t weight = weight_of(m, x, y);

            m->weight[y * m->width + x] += weight;
            m->sum[y * m->width + x] += weight * oracle_sample(in, plane, x + dx, y + dy);
        }
}

static void one_plane(struct means m, const struct tri_image *in, int plane, struct expected *out)
{
    size_t samples = (size_t)m.width * (size_t)m.height;

    m.weight = oracle_memory(samples, sizeof(int64_t));
    m.sum = oracle_memory(samples, sizeof(int64_t));
    for (int dy = -m.search; dy <= m.search; dy++)
        for (int dx = -m.search; dx <= m.search; dx++)
            add_place(&m, in, plane, dx, dy);
    for (int y = 0; y < m.height; y++)
        for (int x = 0; x < m.width; x++)
            *oracle_at(out, plane, x, y) =
                (double)oracle_divide(m.sum[y * m.width + x], m.weight[y * m.width + x]);
    free(m.weight);
    free(m.sum);
}

static struct means means_of(const struct tri_pipeline *pipeline, int operation,
                             const struct tri_image *in)
{
    struct means m = {.patch = (int)tri_pipeline_value(pipeline, operation, "patch"),
                      .search = (int)tri_pipeline_value(pipeline, operation, "search"),
                      .width = in->shape.width,
                      .height = in->shape.height,
                      .shift = 8};
    double strength = tri_pipeline_value(pipeline, operation, "strength"), end;

    m.border = m.patch;
    m.area = (2 * m.patch + 1) * (2 * m.patch + 1);
    end = fmax(2, strength * sqrt(8.0 * m.area));
    m.scale = (int64_t)floor(0.5 + 255 * 65536 / (end * (oracle_max(in) == 255 ? 128 : 128.5)));
    m.full = m.area == 1 ? 65024 : 65535 / m.area;
    m.unit = (int64_t)floor(0.5 + (double)m.full * 65536 / 65025);
    m.stretch = 65535 / m.full;
    while ((65535 >> m.shift) * (2 * m.search + 1) * (2 * m.search + 1) > 65535)
        m.shift++;
    return m;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct means m = means_of(pipeline, operation, in);

    (void)before;
    m.above =
        oracle_memory((size_t)(m.width + 2 * m.border + 1) * (size_t)(m.height + 2 * m.border + 1),
                      sizeof(int64_t));
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        one_plane(m, in, plane, out);
    free(m.above);
}

static const char *const cases[] = {"strength=30",
                                    "strength=60:patch=1:search=3",
                                    "strength=100:patch=0:search=8",
                                    "strength=3:patch=5:search=1",
                                    "strength=0",
                                    NULL};

const struct oracle oracle_nlmeans = {
    .name = "nlmeans", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
