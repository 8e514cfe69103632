/* The oracle of undistort: the model of Brown and Conrady in double, for each pixel. */
#include "../oracle.h"
#include "../oracle_places.h"

#include <math.h>

struct lens {
    double fx, fy, cx, cy, k[3], p[2];
};

static void find(const void *data, double x, double y, double *from_x, double *from_y)
{
    const struct lens *lens = data;
    double u = (x - 0.5 - lens->cx) / lens->fx, v = (y - 0.5 - lens->cy) / lens->fy;
    double r = u * u + v * v, power = 1, radial = 1;

    for (int i = 0; i < 3; i++) {
        power *= r;
        radial += lens->k[i] * power;
    }
    *from_x = (u * radial + 2 * lens->p[0] * u * v + lens->p[1] * (r + 2 * u * u)) * lens->fx +
              lens->cx + 0.5;
    *from_y = (v * radial + lens->p[0] * (r + 2 * v * v) + 2 * lens->p[1] * u * v) * lens->fy +
              lens->cy + 0.5;
}

static struct lens lens_of(const struct tri_pipeline *pipeline, int operation,
                           const struct tri_shape *shape)
{
    struct lens lens = {tri_pipeline_value(pipeline, operation, "fx"),
                        tri_pipeline_value(pipeline, operation, "fy"),
                        tri_pipeline_value(pipeline, operation, "cx"),
                        tri_pipeline_value(pipeline, operation, "cy"),
                        {tri_pipeline_value(pipeline, operation, "k1"),
                         tri_pipeline_value(pipeline, operation, "k2"),
                         tri_pipeline_value(pipeline, operation, "k3")},
                        {tri_pipeline_value(pipeline, operation, "p1"),
                         tri_pipeline_value(pipeline, operation, "p2")}};

    lens.fx = lens.fx > 0 ? lens.fx : shape->width;
    lens.fy = lens.fy > 0 ? lens.fy : lens.fx;
    lens.cx = lens.cx != 0 ? lens.cx : (shape->width - 1) * 0.5;
    lens.cy = lens.cy != 0 ? lens.cy : (shape->height - 1) * 0.5;
    return lens;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct lens lens = lens_of(pipeline, operation, &in->shape);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    oracle_places(pipeline, operation, in, find, &lens, out);
}

/* Corners that rays and coefficients move beyond what 64 bits hold. */
static bool refuses_shape(const struct tri_pipeline *pipeline, int operation,
                          const struct tri_shape *in)
{
    struct lens lens = lens_of(pipeline, operation, in);
    double x = fmax(lens.cx, in->width - 1 - lens.cx) / lens.fx,
           y = fmax(lens.cy, in->height - 1 - lens.cy) / lens.fy, r = x * x + y * y,
           third = fabs(lens.k[2]) * r, second = (fabs(lens.k[1]) + third) * r,
           first = (fabs(lens.k[0]) + second) * r,
           tangential = (fabs(lens.p[0]) + fabs(lens.p[1])) * r;

    return lens.fx < 1 || lens.fy < 1 || x >= 5 || y >= 5 || third >= 8192 || second >= 8192 ||
           first >= 1024 || tangential >= 256 ||
           (fmax(x, y) * (1 + first) + 3 * tangential) * fmax(lens.fx, lens.fy) >= 67108864;
}

static const char *const cases[] = {"k1=-0.3:k2=0.1",
                                    "fx=400:fy=390:cx=20:cy=8:k1=0.5:border=replicate",
                                    "k1=2:k2=-3:k3=1:gray=0.5",
                                    "p1=0.05:p2=-0.03",
                                    "fx=100000:k1=-100",
                                    "k1=-0.2:filter=bicubic",
                                    "k1=0.4:p2=0.02:filter=bicubic:border=replicate",
                                    NULL};

const struct oracle oracle_undistort = {.name = "undistort",
                                        .alpha = ORACLE_PREMULTIPLIED,
                                        .run = run,
                                        .refuses_shape = refuses_shape,
                                        .opaque = "gray",
                                        .cases = cases};
