/* The oracle of affine: inverts the matrix for each pixel, and interpolates in double. */
#include "../oracle.h"
#include "../oracle_places.h"

#include <math.h>

struct inverse {
    double xx, xy, yx, yy, dx, dy;
};

/* Cramer's rule for the place that goes to (x, y). */
static void find(const void *data, double x, double y, double *from_x, double *from_y)
{
    const struct inverse *m = data;
    double area = m->xx * m->yy - m->xy * m->yx;

    *from_x = ((x - m->dx) * m->yy - (y - m->dy) * m->xy) / area;
    *from_y = ((y - m->dy) * m->xx - (x - m->dx) * m->yx) / area;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int width = (int)tri_pipeline_value(pipeline, operation, "width");
    int height = (int)tri_pipeline_value(pipeline, operation, "height");
    struct inverse m = {tri_pipeline_value(pipeline, operation, "xx"),
                        tri_pipeline_value(pipeline, operation, "xy"),
                        tri_pipeline_value(pipeline, operation, "yx"),
                        tri_pipeline_value(pipeline, operation, "yy"),
                        tri_pipeline_value(pipeline, operation, "dx"),
                        tri_pipeline_value(pipeline, operation, "dy")};

    (void)before;
    oracle_expect(out, width ? width : in->shape.width, height ? height : in->shape.height,
                  in->shape.planes, 0);
    oracle_places(pipeline, operation, in, find, &m, out);
}

static bool refuses(const double *values)
{
    return fabs(values[0] * values[3] - values[1] * values[2]) < 1e-6;
}

static const char *const cases[] = {"dx=3:dy=-2",
                                    "dx=0.3:dy=0.7:filter=bicubic",
                                    "xx=0.9:xy=0.3:yx=-0.3:yy=0.9:dx=2",
                                    "xx=0.9:xy=0.3:yx=-0.3:yy=0.9:filter=bicubic:border=replicate",
                                    "xx=2.3:yy=1.9:border=replicate",
                                    "xx=0.2:yy=0.31:dx=1:width=30:height=40:gray=0.5",
                                    "xx=-1:dx=17:filter=bicubic",
                                    "xx=0:xy=1:yx=1:yy=0:width=200:height=300",
                                    "xx=0.01:yy=0.02",
                                    NULL};

const struct oracle oracle_affine = {.name = "affine",
                                     .alpha = ORACLE_PREMULTIPLIED,
                                     .run = run,
                                     .refuses = refuses,
                                     .opaque = "gray",
                                     .cases = cases};
