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
    GLOBAL const SAMPLE_TYPE *from;
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

INLINE SAMPLE_TYPE undistort_one(const struct undistort_plane *plane, CONSTANT struct undistort *k,
                                 long from_x, long from_y)
{
    const long left = from_x >> 8, top = from_y >> 8;
    const uint right = (uint)(from_x & 255), lower = (uint)(from_y & 255);
    const uint above = mix_256(undistort_sample(plane, k, left, top),
                               undistort_sample(plane, k, left + 1, top), right);
    const uint below = mix_256(undistort_sample(plane, k, left, top + 1),
                               undistort_sample(plane, k, left + 1, top + 1), right);
    return (SAMPLE_TYPE)((mix_256(above, below, lower) + 32768) >> 16);
}

#define UNDISTORT_PLANE(i) \
    { \
        &SAMPLE_INPUT(i, 0, 0), &SAMPLE_INPUT(i, 0, 1) - &SAMPLE_INPUT(i, 0, 0), IN_WIDTH, \
            IN_HEIGHT \
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

INLINE SAMPLE_TYPE undistort_cubic_one(const struct undistort_plane *plane,
                                       CONSTANT struct undistort *k, long from_x, long from_y)
{
    int across[4], down[4], sum = 1 << (25 - UNDISTORT_LESS);
    const long left = (from_x >> 8) - 1, top = (from_y >> 8) - 1;
    undistort_weights((int)(from_x & 255), across);
    undistort_weights((int)(from_y & 255), down);
    for (int i = 0; i < 4; i++) {
        int row = 1 << (UNDISTORT_LESS - 1);
        for (int j = 0; j < 4; j++)
            row += (int)undistort_sample(plane, k, left + j, top + i) * across[j];
        sum += (row >> UNDISTORT_LESS) * down[i];
    }
    sum >>= 26 - UNDISTORT_LESS;
    return (SAMPLE_TYPE)(sum < 0 ? 0 : sum > MAXIMUM ? MAXIMUM : sum);
}

/* One sample of each plane, from X + i on. */
#define UNDISTORT_ONE_OF_EACH(ONE, i) \
    { \
        long from_x, from_y; \
        undistort_find(k, X + (i), Y, &from_x, &from_y); \
        EACH_OUTPUT(p) \
        { \
            const struct undistort_plane plane = UNDISTORT_PLANE(p); \
            OUTPUT(p)[i] = ONE(&plane, k, from_x, from_y); \
        } \
    }

/* Places beyond the width may be too far for their products. */
#if LANES == 1
#define UNDISTORT_WITHIN 1
#else
#define UNDISTORT_WITHIN (X + LANES <= _r->width ? LANES : _r->width - X)
#endif

GATHER_PLANES(undistort_cubic, S, S)
{
    CONSTANT struct undistort *k = CONSTANTS(struct undistort);
    for (int i = 0; i < UNDISTORT_WITHIN; i++)
        UNDISTORT_ONE_OF_EACH(undistort_cubic_one, i)
}

#if LANES == 1
GATHER_PLANES(undistort, S, S)
{
    CONSTANT struct undistort *k = CONSTANTS(struct undistort);
    UNDISTORT_ONE_OF_EACH(undistort_one, 0)
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
typedef SAMPLE_TYPE undistort_s __attribute__((ext_vector_type(UNDISTORT_PART)));
typedef struct __attribute__((packed, may_alias)) {
    undistort_s v;
} undistort_s_at;
typedef struct __attribute__((packed, may_alias)) {
    uint v;
} undistort_word_at;

/* Parts whose places are looked at together. */
#ifdef NEAR_LANES
#define UNDISTORT_PARTS (NEAR_PART / UNDISTORT_PART)
typedef near_number undistort_numbers __attribute__((ext_vector_type(UNDISTORT_PART)));
#else
#define UNDISTORT_PARTS 1
#endif

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
INLINE undistort_u32 undistort_words(GLOBAL const SAMPLE_TYPE *from, undistort_i32 places)
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

/* Whether a comparison holds in any lane. */
INLINE bool undistort_any(undistort_i32 holds)
{
    return __builtin_reduce_min(holds) != 0;
}

INLINE undistort_s undistort_part(const struct undistort_plane *plane, CONSTANT struct undistort *k,
                                  struct undistort_from from)
{
    const undistort_i32 left = from.x >> 8, top = from.y >> 8,
                        outside =
                            left | (plane->width - 2 - left) | top | (plane->height - 2 - top);
    const undistort_u32 right = __builtin_convertvector(from.x & 255, undistort_u32),
                        lower = __builtin_convertvector(from.y & 255, undistort_u32);
    undistort_u32 above, below;
    if (undistort_any(outside < 0)) {
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

#ifdef NEAR_LANES
/* One coordinate of places: whole, from `first` on, inside and, in `beyond`, how far outside; and
 * 256ths. What is too far away for 16 bits is cut off: near_find and near_edge only tell that it
 * is. */
struct undistort_near {
    int first[UNDISTORT_PARTS];
    union {
        near_numbers all;
        undistort_numbers part[UNDISTORT_PARTS];
    } at, beyond, share;
};

INLINE undistort_numbers undistort_cut(undistort_i32 at)
{
    return __builtin_convertvector(
        __builtin_elementwise_min(__builtin_elementwise_max(at, (undistort_i32)(-256)),
                                  (undistort_i32)(256)),
        undistort_numbers);
}

INLINE void undistort_coordinate(struct undistort_near *near, int part, undistort_i32 from,
                                 int size)
{
    const undistort_i32 at = from >> 8, inside = undistort_limited(at, size - 1);
    near->first[part] = inside[0];
    near->at.part[part] = undistort_cut(inside - inside[0]);
    near->beyond.part[part] = undistort_cut(at - inside);
    near->share.part[part] = __builtin_convertvector(from & 255, undistort_numbers);
}

/* Whether all places are inside, with some rows below them, and 128 samples from the first; then
 * finds coordinates in few steps. */
INLINE bool undistort_all_inside(struct undistort_near *x, struct undistort_near *y,
                                 const struct undistort_plane *plane,
                                 const struct undistort_from *from, int below)
{
    undistort_i32 outside = (undistort_i32)(0), far = outside;
    for (int i = 0; i < UNDISTORT_PARTS; i++) {
        const undistort_i32 left = from[i].x >> 8, top = from[i].y >> 8, dx = left - left[0],
                            dy = top - top[0];
        outside |= left | (plane->width - 2 - left) | top | (plane->height - 2 - below - top);
        far |= (dx + 128) | (dy + 128);
        x->first[i] = left[0];
        y->first[i] = top[0];
        x->at.part[i] = __builtin_convertvector(dx, undistort_numbers);
        y->at.part[i] = __builtin_convertvector(dy, undistort_numbers);
        x->share.part[i] = __builtin_convertvector(from[i].x & 255, undistort_numbers);
        y->share.part[i] = __builtin_convertvector(from[i].y & 255, undistort_numbers);
    }
    return !undistort_any(
        ((outside & (undistort_i32)(~0x7fffffff)) | (far & (undistort_i32)(~255))) != 0);
}

/* Returns false if places are not near. */
INLINE bool undistort_find_near(struct near_places *near, struct near_edge *edge, bool *inside,
                                const struct undistort_plane *plane,
                                const struct undistort_from *from)
{
    const int below = 3;
    struct undistort_near x, y;
    if (plane->width < 2 || plane->height < 2)
        return false;
    *inside = undistort_all_inside(&x, &y, plane, from, below);
    for (int i = 0; i < UNDISTORT_PARTS && !*inside; i++) {
        undistort_coordinate(&x, i, from[i].x, plane->width);
        undistort_coordinate(&y, i, from[i].y, plane->height);
    }
    edge->x = x.beyond.all;
    edge->y = y.beyond.all;
    if (!near_find(near, x.at.all, y.at.all, x.share.all, y.share.all, *inside ? below : 0))
        return false;
    for (int i = 0; i < NEAR_GROUPS; i++) {
        near->x[i] += x.first[i * UNDISTORT_PARTS / NEAR_GROUPS];
        near->y[i] += y.first[i * UNDISTORT_PARTS / NEAR_GROUPS];
    }
    return true;
}
#endif

/* Whether 32 bits hold all that follows. */
INLINE bool undistort_is_narrow(CONSTANT struct undistort *k, const struct undistort_plane *plane)
{
    return k->narrow != 0 && plane->stride * plane->height < 1L << 31;
}

GATHER_PLANES(undistort, S, S)
{
    CONSTANT struct undistort *k = CONSTANTS(struct undistort);
    const struct undistort_plane first = UNDISTORT_PLANE(0);
    bool narrow = true;
    EACH_OUTPUT(p)
    {
        const struct undistort_plane plane = UNDISTORT_PLANE(p);
        narrow &= undistort_is_narrow(k, &plane);
    }
    for (int i = 0; i < LANES && !narrow; i++)
        UNDISTORT_ONE_OF_EACH(undistort_one, i)
    for (int i = 0; i < LANES && narrow; i += UNDISTORT_PARTS * UNDISTORT_PART) {
        struct undistort_from from[UNDISTORT_PARTS];
        for (int j = 0; j < UNDISTORT_PARTS; j++)
            undistort_map(k, X + i + j * UNDISTORT_PART, Y, &from[j]);
#ifdef NEAR_LANES
        struct near_places near;
        struct near_edge edge;
        bool inside;
        if (_r->outputs >= NEAR_PLANES &&
            undistort_find_near(&near, &edge, &inside, &first, from)) {
            edge.fill = NEAR_WORD(k->fill | k->fill << BITS);
            edge.replicate = k->replicate;
            EACH_OUTPUT(p)
            {
                const struct undistort_plane plane = UNDISTORT_PLANE(p);
                struct near_square square = near_squares(&near, plane.from, plane.stride);
                if (!inside)
                    square = near_edge_squares(&edge, square);
                ((GLOBAL near_samples_at *)(OUTPUT(p) + i))->v = near_linear(&near, square);
            }
            continue;
        }
#endif
        for (int j = 0; j < UNDISTORT_PARTS; j++) {
            EACH_OUTPUT(p)
            {
                const struct undistort_plane plane = UNDISTORT_PLANE(p);
                ((GLOBAL undistort_s_at *)(OUTPUT(p) + i + j * UNDISTORT_PART))->v =
                    undistort_part(&plane, k, from[j]);
            }
        }
    }
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
    const bool cubic = VALUE(filter) == 1;
    struct tri_node_spec spec = {.outputs = in.planes,
                                 .whole = true,
                                 .block = PLANES_ROWS,
                                 .operations = cubic ? 37 : 20,
                                 .constants = &k,
                                 .constants_size = sizeof k};
    for (int p = 0; p < in.planes; p++)
        spec.in[p] = in.channel[p];
    const int first =
        tri_graph_add(graph, cubic ? &tri_pass_undistort_cubic : &tri_pass_undistort, &spec);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = first + p;
    return in;
}
#endif
