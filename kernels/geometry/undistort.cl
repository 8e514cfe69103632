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
    int narrow, unused; /* whether 32 bits hold all that is multiplied */
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

struct undistort_plane {
    GLOBAL const UNDISTORT_SAMPLE *from;
    long stride; /* samples */
    int width, height;
};

/* ---- one output ---- */

INLINE uint undistort_sample(const struct undistort_plane *plane, CONSTANT struct undistort *k,
                             long x, long y)
{
    if (k->replicate == 0 && (x < 0 || x >= plane->width || y < 0 || y >= plane->height))
        return (uint)k->fill;
    return plane
        ->from[place_inside(y, plane->height) * plane->stride + place_inside(x, plane->width)];
}

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

INLINE UNDISTORT_SAMPLE undistort_one(const struct undistort_plane *plane,
                                      CONSTANT struct undistort *k, int x, int y)
{
    long from_x, from_y;
    undistort_find(k, x, y, &from_x, &from_y);
    const long left = from_x >> 8, top = from_y >> 8;
    const uint right = (uint)(from_x & 255), lower = (uint)(from_y & 255);
    const uint above = mix_256(undistort_sample(plane, k, left, top),
                               undistort_sample(plane, k, left + 1, top), right);
    const uint below = mix_256(undistort_sample(plane, k, left, top + 1),
                               undistort_sample(plane, k, left + 1, top + 1), right);
    return (UNDISTORT_SAMPLE)((mix_256(above, below, lower) + 32768) >> 16);
}

#define UNDISTORT_PLANE \
    { \
        &SAMPLE(0, 0), &SAMPLE(0, 1) - &SAMPLE(0, 0), IN_WIDTH, IN_HEIGHT \
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
    const struct undistort_plane plane = UNDISTORT_PLANE;
    int across[4], down[4], sum = 1 << (25 - UNDISTORT_LESS);
    long from_x, from_y;
    undistort_find(k, X, Y, &from_x, &from_y);
    const long left = (from_x >> 8) - 1, top = (from_y >> 8) - 1;
    undistort_weights((int)(from_x & 255), across);
    undistort_weights((int)(from_y & 255), down);
    for (int i = 0; i < 4; i++) {
        int row = 1 << (UNDISTORT_LESS - 1);
        for (int j = 0; j < 4; j++)
            row += (int)undistort_sample(&plane, k, left + j, top + i) * across[j];
        sum += (row >> UNDISTORT_LESS) * down[i];
    }
    sum >>= 26 - UNDISTORT_LESS;
    return (UNDISTORT_SAMPLE)(sum < 0 ? 0 : sum > MAXIMUM ? MAXIMUM : sum);
}

#if LANES == 1
GATHER(undistort, S, S)
{
    const struct undistort_plane plane = UNDISTORT_PLANE;
    return undistort_one(&plane, CONSTANTS(struct undistort), X, Y);
}
#else
/* ---- 8 or 16 outputs, where 32 bits suffice ---- */

#if LANES == 8
#define UNDISTORT_PART 8
#define UNDISTORT_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7
#else
#define UNDISTORT_PART 16
#define UNDISTORT_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#endif
typedef long undistort_i64 __attribute__((ext_vector_type(UNDISTORT_PART)));
typedef ulong undistort_u64 __attribute__((ext_vector_type(UNDISTORT_PART)));
typedef int undistort_i32 __attribute__((ext_vector_type(UNDISTORT_PART)));
typedef uint undistort_u32 __attribute__((ext_vector_type(UNDISTORT_PART)));
typedef UNDISTORT_SAMPLE undistort_s __attribute__((ext_vector_type(UNDISTORT_PART)));
typedef struct __attribute__((packed, may_alias)) {
    uint v;
} undistort_word_at;

/* Only the lower half of each lane counts, up to the shift: one instruction multiplies those. */
INLINE undistort_i64 undistort_times(undistort_i64 a, undistort_i64 b)
{
    return ((a << 32) >> 32) * ((b << 32) >> 32);
}
INLINE undistort_i64 undistort_products(undistort_i64 a, undistort_i64 b)
{
    return (undistort_times(a, b) + (1L << 23)) >> 24;
}
#define UNDISTORT_ALL(v) ((undistort_i64)(v))
/* A number of the constants in all lanes. Were it loaded ahead of the loop, compilers would no
 * longer see that 32 bits hold it, and multiply by all 64. */
#define UNDISTORT_FACTOR(number) UNDISTORT_ALL((long)(int)*(CONSTANT volatile long *)&(number))

/* As undistort_ray, from column x on; beyond the width it may wrap around. */
INLINE undistort_i64 undistort_rays(CONSTANT struct undistort *k, int x)
{
    const undistort_u64 numbers = {UNDISTORT_NUMBERS};
    const ulong step = (ulong)k->inverse_x << 16,
                first = ((ulong)(uint)x * 65536 - (ulong)k->middle_x) * (ulong)k->inverse_x;
    return __builtin_convertvector(numbers * step + (first + (1UL << 35)), undistort_i64) >> 36;
}

/* As undistort_place: its two roundings are one. */
INLINE undistort_i32 undistort_places(undistort_i64 ray, long middle, undistort_i64 focal)
{
    const long rounded = (1L << 19) + (middle + 128) * (1L << 20);
    return __builtin_convertvector((undistort_times(ray, focal) + rounded) >> 28, undistort_i32);
}

/* With 8 fraction bits. */
struct undistort_from {
    undistort_i32 x, y;
};

INLINE void undistort_map(CONSTANT struct undistort *k, int at_x, int at_y,
                          struct undistort_from *from)
{
    const long at = undistort_ray(at_y, k->middle_y, k->inverse_y);
    const undistort_i64 x = undistort_rays(k, at_x), y = UNDISTORT_ALL(at),
                        xx = undistort_products(x, x),
                        yy = UNDISTORT_ALL(undistort_product(at, at)), r = xx + yy;
    undistort_i64 inner = UNDISTORT_ALL(k->k1);
    if ((k->k2 | k->k3) != 0)
        inner += undistort_products(k->k2 + undistort_products(UNDISTORT_FACTOR(k->k3), r), r);
    const undistort_i64 radial = (1L << 24) + undistort_products(inner, r);
    undistort_i64 ray_x = undistort_products(x, radial), ray_y = undistort_products(y, radial);
    if ((k->p1 | k->p2) != 0) {
        const undistort_i64 xy = undistort_products(x, y), p1 = UNDISTORT_FACTOR(k->p1),
                            p2 = UNDISTORT_FACTOR(k->p2);
        ray_x += 2 * undistort_products(p1, xy) + undistort_products(p2, r + 2 * xx);
        ray_y += 2 * undistort_products(p2, xy) + undistort_products(p1, r + 2 * yy);
    }
    from->x = undistort_places(ray_x, k->middle_x, UNDISTORT_FACTOR(k->focal_x));
    from->y = undistort_places(ray_y, k->middle_y, UNDISTORT_FACTOR(k->focal_y));
}

INLINE undistort_u32 undistort_mixed(undistort_u32 a, undistort_u32 b, undistort_u32 share)
{
    return (a << 8) + (b - a) * share;
}

/* FROM(place) of each lane's place. */
#define UNDISTORT_EACH(places, FROM) \
    union { \
        undistort_i32 lanes; \
        int each[UNDISTORT_PART]; \
    } at; \
    union { \
        undistort_u32 lanes; \
        uint each[UNDISTORT_PART]; \
    } found; \
    at.lanes = places; \
    for (int i = 0; i < UNDISTORT_PART; i++) \
        found.each[i] = FROM(at.each[i]);

/* Four bytes at each place: samples there and to the right. */
#define UNDISTORT_WORD(place) ((GLOBAL const undistort_word_at *)(from + (place)))->v
INLINE undistort_u32 undistort_words(GLOBAL const UNDISTORT_SAMPLE *from, undistort_i32 places)
{
    UNDISTORT_EACH(places, UNDISTORT_WORD)
    return found.lanes;
}

/* Samples at the left and the right of a row; the constant in the lanes where `outside` is not 0.
 */
#define UNDISTORT_ONE(place) plane->from[place]
INLINE undistort_u32 undistort_edge(const struct undistort_plane *plane, undistort_i32 places,
                                    undistort_i32 outside, uint fill)
{
    UNDISTORT_EACH(places, UNDISTORT_ONE)
    return outside != 0 ? (undistort_u32)(fill) : found.lanes;
}

INLINE undistort_i32 undistort_limited(undistort_i32 at, int size)
{
    return __builtin_elementwise_min(__builtin_elementwise_max(at, (undistort_i32)(0)),
                                     (undistort_i32)(size - 1));
}

/* Not 0 where a constant is seen in place of the plane's samples. */
INLINE undistort_i32 undistort_outside(CONSTANT struct undistort *k, undistort_i32 at, int size)
{
    return k->replicate != 0 ? (undistort_i32)(0) : (at < 0) | (at >= size);
}

/* A row of samples around the places, mixed. */
INLINE undistort_u32 undistort_edge_row(const struct undistort_plane *plane,
                                        CONSTANT struct undistort *k, undistort_i32 left,
                                        undistort_i32 y, undistort_u32 share)
{
    const undistort_i32 row = undistort_limited(y, plane->height) * (int)plane->stride,
                        outside = undistort_outside(k, y, plane->height), right = left + 1;
    return undistort_mixed(
        undistort_edge(plane, row + undistort_limited(left, plane->width),
                       outside | undistort_outside(k, left, plane->width), (uint)k->fill),
        undistort_edge(plane, row + undistort_limited(right, plane->width),
                       outside | undistort_outside(k, right, plane->width), (uint)k->fill),
        share);
}

INLINE undistort_s undistort_part(const struct undistort_plane *plane, CONSTANT struct undistort *k,
                                  int x, int y)
{
    struct undistort_from from;
    undistort_map(k, x, y, &from);
    const undistort_i32 left = from.x >> 8, top = from.y >> 8,
                        outside =
                            left | (plane->width - 2 - left) | top | (plane->height - 2 - top);
    const undistort_u32 right = __builtin_convertvector(from.x & 255, undistort_u32),
                        lower = __builtin_convertvector(from.y & 255, undistort_u32);
    undistort_u32 above, below;
    if (__builtin_reduce_min(outside) < 0) {
        above = undistort_edge_row(plane, k, left, top, right);
        below = undistort_edge_row(plane, k, left, top + 1, right);
    } else {
        const undistort_i32 at = top * (int)plane->stride + left;
        above = undistort_words(plane->from, at);
        below = undistort_words(plane->from + plane->stride, at);
        above = undistort_mixed(above & MAXIMUM, above >> BITS & MAXIMUM, right);
        below = undistort_mixed(below & MAXIMUM, below >> BITS & MAXIMUM, right);
    }
    return __builtin_convertvector((undistort_mixed(above, below, lower) + 32768) >> 16,
                                   undistort_s);
}

GATHER_LANES(undistort, S, S)
{
    CONSTANT struct undistort *k = CONSTANTS(struct undistort);
    const struct undistort_plane plane = UNDISTORT_PLANE;
    union {
        S lanes;
        undistort_s parts[LANES / UNDISTORT_PART];
        UNDISTORT_SAMPLE each[LANES];
    } made = {.lanes = (S)(0)};
    if (k->narrow != 0 && plane.stride * plane.height < 1L << 31) {
        for (int i = 0; i < LANES / UNDISTORT_PART; i++)
            made.parts[i] = undistort_part(&plane, k, X + i * UNDISTORT_PART, Y);
    } else {
        for (int i = 0; i < LANES && X + i < _r->width; i++)
            made.each[i] = undistort_one(&plane, k, X + i, Y);
    }
    return made.lanes;
}
#endif

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

/* The most that parts of the model amount to, for the ray (x, y) to the corner: what its length is
 * multiplied by, with the powers that follow, and where the ray goes. */
struct undistort_bounds {
    double x, y, third, k2, second, k1, first, tangential, ray;
};

static struct undistort_bounds undistort_bounds(const struct tri_graph *graph, double x, double y)
{
    const double r = x * x + y * y, third = fabs(VALUE(k3)) * r, k2 = fabs(VALUE(k2)) + third,
                 k1 = fabs(VALUE(k1)) + k2 * r, first = k1 * r,
                 tangential = (fabs(VALUE(p1)) + fabs(VALUE(p2))) * r;
    return (struct undistort_bounds){
        x,     y,          third,
        k2,    k2 * r,     k1,
        first, tangential, (x > y ? x : y) * (1 + first) + 3 * tangential};
}

/* What integers of 64 bits hold: rays to the corner of less than 5, powers of less than 2^13, and
 * places within 2^26 samples of the middle. */
static bool undistort_fits(const struct undistort_bounds *most, double focal)
{
    return most->x < 5 && most->y < 5 && most->third < 8192 && most->second < 8192 &&
           most->first < 1024 && most->tangential < 256 && most->ray * focal < 0x1p26;
}

/* Whether all factors fit 32 bits, 24 of them fraction bits, and so do places. */
static bool undistort_narrow(const struct undistort_bounds *most, double focal)
{
    return most->k2 < 127 && most->k1 < 127 && most->first < 126 && most->ray < 127 &&
           focal < 0x1p19 && most->ray * focal < 0x1p21;
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
    const struct undistort_bounds most = undistort_bounds(graph, undistort_farthest(cx, fx, width),
                                                          undistort_farthest(cy, fy, height));
    const double focal = fx > fy ? fx : fy;
    const bool fits = fx >= 1 && fy >= 1 && undistort_fits(&most, focal);
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
        in.planes % 2 == 0 ? 0 : (int)(VALUE(gray) * ((1 << tri_graph_bits(graph)) - 1) + 0.5),
        undistort_narrow(&most, focal),
        0};
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = VALUE(filter) == 1
                            ? NODE(undistort_cubic, .in = {in.channel[p]}, .whole = true,
                                   .operations = 37, .constants = &k, .constants_size = sizeof k)
                            : NODE(undistort, .in = {in.channel[p]}, .whole = true,
                                   .operations = 20, .constants = &k, .constants_size = sizeof k);
    return in;
}
#endif
