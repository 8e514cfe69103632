/* oracle_places.c -- interpolates at places in double: each pixel by itself. */
#include "oracle_places.h"

#include <math.h>

/* Keys' cubic with a = -1/2, which is Catmull and Rom's, of a distance. */
static double cubic(double x)
{
    x = fabs(x);
    if (x <= 1)
        return 1.5 * x * x * x - 2.5 * x * x + 1;
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

static double triangle(double x)
{
    return fabs(x) < 1 ? 1 - fabs(x) : 0;
}

struct look {
    double (*filter)(double);
    bool replicate;
    double outside;
};

static double sample(const struct tri_image *in, int plane, int x, int y, const struct look *look)
{
    bool inside = x >= 0 && x < in->shape.width && y >= 0 && y < in->shape.height;

    return inside || look->replicate ? (double)oracle_sample(in, plane, x, y) : look->outside;
}

/* The sum over all samples near the place. */
static double interpolate(const struct tri_image *in, int plane, double x, double y,
                          const struct look *look)
{
    double sum = 0;

    if (!(fabs(x) < 1e8 && fabs(y) < 1e8))
        return look->outside;
    for (int j = (int)floor(y) - 2; j <= (int)floor(y) + 3; j++)
        for (int i = (int)floor(x) - 2; i <= (int)floor(x) + 3; i++)
            sum += look->filter(x - i) * look->filter(y - j) * sample(in, plane, i, j, look);
    return oracle_clamp(sum, 0, oracle_max(in));
}

/* Places are rounded by at most 1/512 in either direction, and a little more where they are on a
 * line. A triangle's slope is at most the largest sample per pixel, a cubic's two and a half of it;
 * its weights are rounded, too. */
static double bound_of(int max, bool is_cubic)
{
    double step = max * 2 * (1 / 512.0 + 1 / 1024.0);

    return is_cubic ? 2.5 * step + max * 4 / 8192.0 + 1 : step + 1;
}

void oracle_places(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                   oracle_find_place *find, const void *data, struct expected *out)
{
    bool is_cubic = oracle_chosen(pipeline, operation, "filter", "bicubic");
    struct look look = {
        is_cubic ? cubic : triangle, oracle_chosen(pipeline, operation, "border", "replicate"),
        floor(tri_pipeline_value(pipeline, operation, "gray") * oracle_max(in) + 0.5)};

    out->bound = bound_of(oracle_max(in), is_cubic);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double from_x, from_y;

            find(data, x + 0.5, y + 0.5, &from_x, &from_y);
            for (int plane = 0; plane < out->planes; plane++)
                *oracle_at(out, plane, x, y) =
                    interpolate(in, plane, from_x - 0.5, from_y - 0.5, &look);
        }
}
