/* undistort -- removes the distortion of a lens, by the model of Brown and Conrady. Places are
 * computed in integers, so that they are the same everywhere, and interpolated at multiples of
 * 1/256 of a sample. Borders: a constant, or the edge sample. */
#include "kernel.h"

struct undistort {
    long inverse_x, inverse_y; /* 1 / fx, 1 / fy, with 44 fraction bits */
    long middle_x, middle_y;   /* from the first sample's centre, with 16 */
    long focal_x, focal_y;     /* with 12 */
    long k1, k2, k3, p1, p2;   /* with 24 */
    int replicate, fill;
};

#if BITS == 8
#define UNDISTORT_SAMPLE uchar
#else
#define UNDISTORT_SAMPLE ushort
#endif

/* Both have 24 fraction bits, and so has the product, whose size the host has limited. */
INLINE long undistort_product(long a, long b)
{
    return (a * b + (1L << 23)) >> 24;
}

/* From the middle, in focal lengths, with 24 fraction bits. */
INLINE long undistort_ray(int at, long middle, long inverse)
{
    return (((long)at * 65536 - middle) * inverse + (1L << 35)) >> 36;
}

/* Back to samples, with 8 fraction bits. */
INLINE long undistort_place(long ray, long middle, long focal)
{
    return (((ray * focal + (1L << 19)) >> 20) + middle + 128) >> 8;
}

INLINE long undistort_limit(long at, int size)
{
    return at < 0 ? 0 : at < size ? at : size - 1;
}

INLINE uint undistort_mix(uint a, uint b, uint share)
{
    return a * (256 - share) + b * share;
}

#define UNDISTORT_AT(x, y) \
    (k->replicate == 0 && ((x) < 0 || (x) >= IN_WIDTH || (y) < 0 || (y) >= IN_HEIGHT) \
         ? (uint)k->fill \
         : (uint)SAMPLE(undistort_limit(x, IN_WIDTH), undistort_limit(y, IN_HEIGHT)))

/* Where output (across, down) comes from, with 8 fraction bits. */
INLINE void undistort_find(CONSTANT struct undistort *k, int across, int down, long *from_x,
                           long *from_y)
{
    const long x = undistort_ray(across, k->middle_x, k->inverse_x),
               y = undistort_ray(down, k->middle_y, k->inverse_y);
    const long xx = undistort_product(x, x), yy = undistort_product(y, y),
               xy = undistort_product(x, y), r = xx + yy;
    const long radial =
        (1L << 24) +
        undistort_product(k->k1 + undistort_product(k->k2 + undistort_product(k->k3, r), r), r);
    const long ray_x = undistort_product(x, radial) + 2 * undistort_product(k->p1, xy) +
                       undistort_product(k->p2, r + 2 * xx);
    const long ray_y = undistort_product(y, radial) + undistort_product(k->p1, r + 2 * yy) +
                       2 * undistort_product(k->p2, xy);
    *from_x = undistort_place(ray_x, k->middle_x, k->focal_x);
    *from_y = undistort_place(ray_y, k->middle_y, k->focal_y);
}

GATHER(undistort, S, S)
{
    CONSTANT struct undistort *k = CONSTANTS(struct undistort);
    long from_x, from_y;
    undistort_find(k, X, Y, &from_x, &from_y);
    const long left = from_x >> 8, top = from_y >> 8;
    const uint right = (uint)(from_x & 255), lower = (uint)(from_y & 255);
    const uint above = undistort_mix(UNDISTORT_AT(left, top), UNDISTORT_AT(left + 1, top), right);
    const uint below =
        undistort_mix(UNDISTORT_AT(left, top + 1), UNDISTORT_AT(left + 1, top + 1), right);
    return (UNDISTORT_SAMPLE)((undistort_mix(above, below, lower) + 32768) >> 16);
}

/* Catmull and Rom's weights of four samples, in 8192ths, as for rotate; `at`: 256ths of the way
 * from the second to the third. */
INLINE void undistort_weights(int at, int weights[4])
{
    const int square = at * at, cube = square * at;
    weights[0] = (square * 512 - cube - at * 65536 + 2048) >> 12;
    weights[2] = (square * 1024 - cube * 3 + at * 65536 + 2048) >> 12;
    weights[3] = (cube - square * 256 + 2048) >> 12;
    weights[1] = 8192 - weights[0] - weights[2] - weights[3];
}
/* Fraction bits lost between the sums along rows and columns, so that these fit 32 bits. */
#define UNDISTORT_LESS (BITS == 8 ? 5 : 12)

GATHER(undistort_cubic, S, S)
{
    CONSTANT struct undistort *k = CONSTANTS(struct undistort);
    int across[4], down[4], sum = 1 << (25 - UNDISTORT_LESS);
    long from_x, from_y;
    undistort_find(k, X, Y, &from_x, &from_y);
    const long left = (from_x >> 8) - 1, top = (from_y >> 8) - 1;
    undistort_weights((int)(from_x & 255), across);
    undistort_weights((int)(from_y & 255), down);
    for (int i = 0; i < 4; i++) {
        int row = 1 << (UNDISTORT_LESS - 1);
        for (int j = 0; j < 4; j++)
            row += (int)UNDISTORT_AT(left + j, top + i) * across[j];
        sum += (row >> UNDISTORT_LESS) * down[i];
    }
    sum >>= 26 - UNDISTORT_LESS;
    return (UNDISTORT_SAMPLE)(sum < 0 ? 0 : sum > MAXIMUM ? MAXIMUM : sum);
}

#ifdef HOST
#include <math.h>

KERNEL(undistort, tri_alpha_premultiplied, "remove the distortion of a lens",
       "Straightens lines that a lens has bent, by the model of Brown and Conrady with the numbers "
       "of a calibration, such as OpenCV's: focal lengths fx and fy and the middle (cx, cy) in "
       "pixels, the centre of the first pixel being 0; three radial coefficients and two "
       "tangential ones. A pixel of the result at the ray (x, y), with r2 = x^2 + y^2, shows the "
       "picture at the ray x (1 + k1 r2 + k2 r2^2 + k3 r2^3) + 2 p1 x y + p2 (r2 + 2 x^2), and "
       "likewise for y. Places are interpolated between pixels, at multiples of 1/256. What comes "
       "from outside is black or a gray, transparent in pictures with transparency, or with "
       "border=replicate the edge. Videos in Y'CbCr become R, G, B for it.",
       "undistort:fx=500:k1=-0.2",
       PARAM_FLOAT(fx, 0, 0, 1000000, "focal length in pixels across; 0: the picture's width")
           PARAM_FLOAT(fy, 0, 0, 1000000, "focal length in pixels down; 0: fx")
               PARAM_FLOAT(cx, 0, -1000000, 1000000, "middle in pixels across; 0: the picture's")
                   PARAM_FLOAT(cy, 0, -1000000, 1000000, "middle in pixels down; 0: the picture's")
                       PARAM_FLOAT(k1, 0, -100, 100, "radial, of r2")
                           PARAM_FLOAT(k2, 0, -100, 100, "radial, of r2^2")
                               PARAM_FLOAT(p1, 0, -10, 10, "tangential")
                                   PARAM_FLOAT(p2, 0, -10, 10, "tangential")
                                       PARAM_FLOAT(k3, 0, -100, 100, "radial, of r2^3")
                                           PARAM_CHOICE(border, 0, 2, "constant|replicate",
                                                        "what is outside the picture")
                                               PARAM_FLOAT(gray, 0, 0, 1, "0: black, 1: white")
                                                   PARAM_CHOICE(filter, 0, 2, "bilinear|bicubic",
                                                                "interpolation between pixels"))
ALIASES(undistort, ALIAS("lenscorrection|barrel|barrelinverse|lensfun|lensdistortion|dedistort",
                         "undistort:k1=-0.2"))

/* The focal length is 2 and the middle 1: rays of -1/2, 0, 1/2. With k1 = 2 they become -3/4, 0,
 * 3/4: places -0.5, 1, 2.5, half of which is outside. */
KNOWN(undistort, "undistort:fx=2:k1=2", PICTURE(3, 1, 1, 100, 200, 50),
      PICTURE(3, 1, 1, 50, 200, 25))

/* What integers of 64 bits hold: rays to the corner of less than 5, powers of less than 2^13, and
 * places within 2^26 samples of the middle. */
static bool undistort_fits(const struct tri_graph *graph, double x, double y, double focal)
{
    const double r = x * x + y * y, third = fabs(VALUE(k3)) * r,
                 second = (fabs(VALUE(k2)) + third) * r, first = (fabs(VALUE(k1)) + second) * r,
                 tangential = (fabs(VALUE(p1)) + fabs(VALUE(p2))) * r;
    return x < 5 && y < 5 && third < 8192 && second < 8192 && first < 1024 && tangential < 256 &&
           ((x > y ? x : y) * (1 + first) + 3 * tangential) * focal < 0x1p26;
}

/* The ray to the edge that is farther from the middle. */
static double undistort_farthest(double middle, double focal, int size)
{
    return (middle > size - 1 - middle ? middle : size - 1 - middle) / focal;
}

static long undistort_fixed(double value, int bits)
{
    return (long)floor(value * (double)(1L << bits) + 0.5);
}

GRAPH(undistort)
{
    const int width = tri_graph_width(graph, in.channel[0]),
              height = tri_graph_height(graph, in.channel[0]);
    const double fx = VALUE(fx) > 0 ? VALUE(fx) : width, fy = VALUE(fy) > 0 ? VALUE(fy) : fx,
                 cx = VALUE(cx) != 0 ? VALUE(cx) : (width - 1) / 2.0,
                 cy = VALUE(cy) != 0 ? VALUE(cy) : (height - 1) / 2.0;
    tri_graph_needs_rgb(graph);
    tri_graph_fields(graph, TRI_FIELDS_GONE);
    const bool fits = fx >= 1 && fy >= 1 &&
                      undistort_fits(graph, undistort_farthest(cx, fx, width),
                                     undistort_farthest(cy, fy, height), fx > fy ? fx : fy);
    if (!fits && !tri_graph_any_size(graph)) {
        tri_graph_fail(
            graph,
            "undistort: with a focal length of %g x %g pixels, coefficients of this size "
            "move the corners too far; use a larger one or smaller coefficients",
            fx, fy);
        return in;
    }
    if (!fits)
        return in;
    const struct undistort k = {
        undistort_fixed(1 / fx, 44),
        undistort_fixed(1 / fy, 44),
        undistort_fixed(cx, 16),
        undistort_fixed(cy, 16),
        undistort_fixed(fx, 12),
        undistort_fixed(fy, 12),
        undistort_fixed(VALUE(k1), 24),
        undistort_fixed(VALUE(k2), 24),
        undistort_fixed(VALUE(k3), 24),
        undistort_fixed(VALUE(p1), 24),
        undistort_fixed(VALUE(p2), 24),
        VALUE(border) == 1,
        in.planes % 2 == 0 ? 0 : (int)(VALUE(gray) * ((1 << tri_graph_bits(graph)) - 1) + 0.5)};
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = VALUE(filter) == 1
                            ? NODE(undistort_cubic, .in = {in.channel[p]}, .whole = true,
                                   .operations = 37, .constants = &k, .constants_size = sizeof k)
                            : NODE(undistort, .in = {in.channel[p]}, .whole = true,
                                   .operations = 20, .constants = &k, .constants_size = sizeof k);
    return in;
}
#endif
