/* The oracle of rotate: a quarter turn clockwise moves the first row to the last column. Other
 * angles turn places around the middle. */
#include "../oracle.h"
#include "../oracle_places.h"

#include <math.h>

static double radians_of(const struct tri_pipeline *pipeline, int operation)
{
    return tri_pipeline_value(pipeline, operation, "angle") * acos(-1.0) / 180;
}

static bool is_quarter(double angle)
{
    return fmod(angle, 90) == 0;
}

static void turn(const struct tri_image *in, int quarters, struct expected *out)
{
    int width = in->shape.width, height = in->shape.height;
    bool half = quarters == 2, left = quarters == 3;

    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                int to_x = !quarters ? x : half ? width - 1 - x : left ? y : height - 1 - y;
                int to_y = !quarters ? y : half ? height - 1 - y : left ? width - 1 - x : x;

                *oracle_at(out, plane, to_x, to_y) = (double)oracle_sample(in, plane, x, y);
            }
}

/* Polar coordinates around the middles. */
struct middles {
    double in_x, in_y, out_x, out_y, angle;
};

static void find(const void *data, double x, double y, double *from_x, double *from_y)
{
    const struct middles *m = data;
    double radius = hypot(x - m->out_x, y - m->out_y);
    double before = atan2(y - m->out_y, x - m->out_x) - m->angle;

    *from_x = m->in_x + radius * cos(before);
    *from_y = m->in_y + radius * sin(before);
}

/* The extent of the corners after the turn. */
static void measure(const struct tri_shape *in, double angle, int *width, int *height)
{
    double right = 0, bottom = 0;

    for (int i = 0; i < 2; i++) {
        double x = in->width / 2.0, y = (i ? 1 : -1) * in->height / 2.0;

        right = fmax(right, fabs(x * cos(angle) - y * sin(angle)));
        bottom = fmax(bottom, fabs(x * sin(angle) + y * cos(angle)));
    }
    *width = (int)ceil(2 * right - 1e-6);
    *height = (int)ceil(2 * bottom - 1e-6);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int width = in->shape.width, height = in->shape.height;
    double degrees = tri_pipeline_value(pipeline, operation, "angle");

    (void)before;
    if (is_quarter(degrees)) {
        int quarters = ((int)(degrees / 90) + 4) % 4;

        oracle_expect(out, quarters % 2 ? height : width, quarters % 2 ? width : height,
                      in->shape.planes, 0);
        turn(in, quarters, out);
        return;
    }
    if (oracle_chosen(pipeline, operation, "size", "whole"))
        measure(&in->shape, radians_of(pipeline, operation), &width, &height);
    oracle_expect(out, width, height, in->shape.planes, 0);
    oracle_places(pipeline, operation, in, find,
                  &(struct middles){in->shape.width / 2.0, in->shape.height / 2.0, width / 2.0,
                                    height / 2.0, radians_of(pipeline, operation)},
                  out);
}

static enum oracle_alpha alpha_of(const struct tri_pipeline *pipeline, int operation)
{
    return is_quarter(tri_pipeline_value(pipeline, operation, "angle")) ? ORACLE_PLAIN
                                                                        : ORACLE_PREMULTIPLIED;
}

static const char *const cases[] = {"180",
                                    "270",
                                    "-90",
                                    "0",
                                    "-180",
                                    "30",
                                    "-7.5:filter=bicubic",
                                    "45:size=same:gray=0.5",
                                    "135:border=replicate",
                                    "89.99:size=same:filter=bicubic:border=replicate",
                                    NULL};

const struct oracle oracle_rotate = {
    .name = "rotate", .run = run, .alpha_of = alpha_of, .opaque = "gray", .cases = cases};
