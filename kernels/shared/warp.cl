/* warp -- makes each output from where it lies in the input, by an affine map or a perspective: for
 * rotate, affine and perspective.
 *
 * Places are computed in integers, exactly at the beginning of each span of outputs and linearly
 * within, and rounded to 1/256 of a sample. An affine map is linear anyway; for a perspective the
 * host makes spans so short that it bends far less. Borders: a constant, or the edge sample. */
#include "kernel.h"

#define WARP_FAR (-(1L << 37))
#define WARP_HALF 128 /* of 1/256, to round */

/* Places of a span of outputs, with 16 fraction bits. */
struct warp_line {
    long x, y, step_x, step_y;
};

struct warp_plane {
    GLOBAL const SAMPLE_TYPE *from;
    long stride; /* samples */
    int width, height;
};

INLINE long warp_sum(CONSTANT long *part, int x, int y)
{
    return part[0] * x + part[1] * y + part[2];
}

/* The quotient with 16 fraction bits; behind the eye, or further than 2^21 samples, far outside. */
INLINE long warp_quotient(long place, long divisor)
{
    const long limit = divisor * (1L << 21);
    if (divisor < 1 || place < -limit || place > limit)
        return WARP_FAR;
    return place * 65536 / divisor;
}

struct warp_place {
    long x, y;
};

/* Oclgrind cannot run a function that it has inlined and that returns a structure. */
INLINE void warp_place_of(CONSTANT struct tri_warp *k, int x, int y, struct warp_place *place)
{
    const long divisor = warp_sum(k->divisor, x, y) >> 22;
    *place = (struct warp_place){
        warp_quotient(warp_sum(k->x, x, y) >> 12, divisor) + WARP_HALF,
        warp_quotient(warp_sum(k->y, x, y) >> 12, divisor) + WARP_HALF,
    };
}

INLINE void warp_line_between(CONSTANT struct tri_warp *k, struct warp_place begin,
                              struct warp_place end, struct warp_line *line)
{
    *line = (struct warp_line){begin.x, begin.y, (end.x - begin.x) >> k->span_bits,
                               (end.y - begin.y) >> k->span_bits};
}

/* Of the span that output x of row y is in. */
INLINE void warp_line_at(CONSTANT struct tri_warp *k, int x, int y, struct warp_line *line)
{
    const int span = 1 << k->span_bits, begin = x & -span;
    struct warp_place from, to;
    if (k->projective == 0) {
        *line =
            (struct warp_line){(warp_sum(k->x, begin, y) >> 8) + WARP_HALF,
                               (warp_sum(k->y, begin, y) >> 8) + WARP_HALF, k->step_x, k->step_y};
        return;
    }
    warp_place_of(k, begin, y, &from);
    warp_place_of(k, begin + span, y, &to);
    warp_line_between(k, from, to, line);
}

#define WARP_WITHIN(k, x) ((x) & ((1 << (k)->span_bits) - 1))

/* ---- one output, anywhere ---- */

INLINE int warp_at(const struct warp_plane *plane, CONSTANT struct tri_warp *k, long x, long y)
{
    if (k->replicate == 0 && (x < 0 || x >= plane->width || y < 0 || y >= plane->height))
        return k->fill;
    x = x < 0 ? 0 : x < plane->width ? x : plane->width - 1;
    y = y < 0 ? 0 : y < plane->height ? y : plane->height - 1;
    return plane->from[y * plane->stride + x];
}

INLINE SAMPLE_TYPE warp_linear_one(const struct warp_plane *plane, CONSTANT struct tri_warp *k,
                                   long x, long y)
{
    const uint right = (uint)(x >> 8 & 255), lower = (uint)(y >> 8 & 255);
    x >>= 16;
    y >>= 16;
    const uint above =
        (uint)warp_at(plane, k, x, y) * (256 - right) + (uint)warp_at(plane, k, x + 1, y) * right;
    const uint below = (uint)warp_at(plane, k, x, y + 1) * (256 - right) +
                       (uint)warp_at(plane, k, x + 1, y + 1) * right;
    return (SAMPLE_TYPE)((above * (256 - lower) + below * lower + 32768) >> 16);
}

/* Catmull and Rom's weights of four samples, in 8192ths; `at`: 256ths of the way from the second to
 * the third. They are polynomials, so lanes compute them like this, too. */
#define WARP_WEIGHTS(at, type, w) \
    const type square_##w = (at) * (at), cube_##w = square_##w * (at); \
    w[0] = (square_##w * 512 - cube_##w - (at)*65536 + 2048) >> 12; \
    w[2] = (square_##w * 1024 - cube_##w * 3 + (at)*65536 + 2048) >> 12; \
    w[3] = (cube_##w - square_##w * 256 + 2048) >> 12; \
    w[1] = 8192 - w[0] - w[2] - w[3]
/* Fraction bits lost between the sums along rows and columns, so that these fit 32 bits. */
#define WARP_LESS (BITS == 8 ? 5 : 12)

INLINE SAMPLE_TYPE warp_cubic_one(const struct warp_plane *plane, CONSTANT struct tri_warp *k,
                                  long x, long y)
{
    int across[4], down[4], sum = 1 << (25 - WARP_LESS);
    WARP_WEIGHTS((int)(x >> 8 & 255), int, across);
    WARP_WEIGHTS((int)(y >> 8 & 255), int, down);
    x = (x >> 16) - 1;
    y = (y >> 16) - 1;
    for (int i = 0; i < 4; i++) {
        int row = 1 << (WARP_LESS - 1);
        for (int j = 0; j < 4; j++)
            row += warp_at(plane, k, x + j, y + i) * across[j];
        sum += (row >> WARP_LESS) * down[i];
    }
    sum >>= 26 - WARP_LESS;
    return (SAMPLE_TYPE)(sum < 0 ? 0 : sum > MAXIMUM ? MAXIMUM : sum);
}

#define WARP_PLANE(i) \
    { \
        &SAMPLE_INPUT(i, 0, 0), &SAMPLE_INPUT(i, 0, 1) - &SAMPLE_INPUT(i, 0, 0), IN_WIDTH, \
            IN_HEIGHT \
    }

#if LANES == 1
#define WARP(name, ONE, INSIDE, NEAR, REACH) \
    GATHER_PLANES(name, S, S) \
    { \
        CONSTANT struct tri_warp *k = CONSTANTS(struct tri_warp); \
        struct warp_line line; \
        warp_line_at(k, X, Y, &line); \
        const long i = WARP_WITHIN(k, X), x = line.x + i * line.step_x, \
                   y = line.y + i * line.step_y; \
        EACH_OUTPUT(p) \
        { \
            const struct warp_plane plane = WARP_PLANE(p); \
            *OUTPUT(p) = ONE(&plane, k, x, y); \
        } \
    } \
    struct name##_takes_the_semicolon
#else
/* ---- 8 or 16 outputs, at a multiple of as many ---- */

#if LANES == 8
#define WARP_PART 8
#define WARP_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7
#else
#define WARP_PART 16
#define WARP_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#endif
typedef int warp_i32 __attribute__((ext_vector_type(WARP_PART)));
typedef uint warp_u32 __attribute__((ext_vector_type(WARP_PART)));
typedef SAMPLE_TYPE warp_s __attribute__((ext_vector_type(WARP_PART)));
typedef struct __attribute__((packed, may_alias)) {
    warp_s v;
} warp_s_at;
typedef struct __attribute__((packed, may_alias)) {
    uint v;
} warp_word_at;
#define WARP_U32(v) __builtin_convertvector(v, warp_u32)

/* Parts in a row, a stretch, are looked at together. */
#ifdef NEAR_LANES
#define WARP_PARTS (NEAR_PART / WARP_PART)
typedef near_number warp_numbers __attribute__((ext_vector_type(WARP_PART)));
#else
#define WARP_PARTS 1
#endif
#define WARP_STRETCH (WARP_PARTS * WARP_PART)

/* Four bytes at each place: samples there and to the right. */
INLINE warp_u32 warp_words(GLOBAL const SAMPLE_TYPE *from, warp_i32 places)
{
    union {
        warp_i32 lanes;
        int each[WARP_PART];
    } at;
    union {
        warp_u32 lanes;
        uint each[WARP_PART];
    } words;
    at.lanes = places;
    for (int i = 0; i < WARP_PART; i++)
        words.each[i] = ((GLOBAL const warp_word_at *)(from + at.each[i]))->v;
    return words.lanes;
}

#define WARP_FIRST(words) ((words)&MAXIMUM)
#define WARP_SECOND(words) ((words) >> BITS & MAXIMUM)

/* All outputs' places are between these. */
struct warp_range {
    long left, right, top, bottom;
};

/* Whether all places are within so many samples. 32 bits hold distances within 512. */
INLINE bool warp_is_within(struct warp_range range, int samples)
{
    return range.right - range.left < (long)samples << 16 &&
           range.bottom - range.top < (long)samples << 16;
}
#define WARP_WORDS 512

/* Whether all samples are inside, from `reach` before the places to `reach` + 1 after them. */
INLINE bool warp_is_inside(const struct warp_plane *plane, struct warp_range range, int reach)
{
    return range.left >= reach * 65536L && range.top >= reach * 65536L &&
           range.right < (plane->width - 1 - reach) * 65536L &&
           range.bottom < (plane->height - 1 - reach) * 65536L;
}

/* Whether all are so far on one side that they see nothing but the constant. */
INLINE bool warp_is_outside(const struct warp_plane *plane, struct warp_range range, int reach)
{
    const long before = -((long)reach + 1) * 65536;
    return range.right < before || range.bottom < before ||
           range.left >= (plane->width + reach) * 65536L ||
           range.top >= (plane->height + reach) * 65536L;
}

/* Whether some may see a plane of at least 2 x 2 samples. */
INLINE bool warp_is_about(const struct warp_plane *plane, struct warp_range range)
{
    return plane->width > 1 && plane->height > 1 && !warp_is_outside(plane, range, 0);
}

/* Places with 16 fraction bits, from the whole part of `first` on. */
struct warp_places {
    struct warp_place first;
    warp_i32 x, y;
};

struct warp_stretch {
    struct warp_range range; /* of all, or a little more */
    struct warp_places part[WARP_PARTS];
};

INLINE struct warp_range warp_widened(struct warp_range range, struct warp_place by)
{
    range.left = by.x < range.left ? by.x : range.left;
    range.right = by.x > range.right ? by.x : range.right;
    range.top = by.y < range.top ? by.y : range.top;
    range.bottom = by.y > range.bottom ? by.y : range.bottom;
    return range;
}

/* Multiples of a step; they wrap around if they are too far apart to be used. */
INLINE warp_i32 warp_multiples(long from, long step)
{
    const warp_u32 i = {WARP_NUMBERS};
    union {
        warp_u32 bits;
        warp_i32 lanes;
    } made;
    made.bits = i * (uint)step + (uint)from;
    return made.lanes;
}

/* What an affine map needs for parts from X on, one after another. */
struct warp_affine {
    struct warp_place sum, span, step, within; /* 24 fraction bits, then 16 */
};

INLINE void warp_affine_begin(CONSTANT struct tri_warp *k, int x, int y, struct warp_affine *affine)
{
    const int within = WARP_PART < 16 ? WARP_WITHIN(k, x) : 0; /* spans are 16 long */
    const struct warp_place step = {k->step_x, k->step_y};
    *affine = (struct warp_affine){
        {warp_sum(k->x, x - within, y), warp_sum(k->y, x - within, y)},
        {k->x[0] * WARP_PART, k->y[0] * WARP_PART},
        step,
        {within * step.x + WARP_HALF, within * step.y + WARP_HALF},
    };
}

INLINE void warp_affine(struct warp_affine *affine, struct warp_stretch *stretch)
{
    const long rounding = 16; /* more than that of starts and steps make up in a span */
    const struct warp_place step = affine->step;
    struct warp_place first = {0, 0};
    for (int i = 0; i < WARP_PARTS; i++) {
        first = (struct warp_place){(affine->sum.x >> 8) + affine->within.x,
                                    (affine->sum.y >> 8) + affine->within.y};
        stretch->part[i] = (struct warp_places){first, warp_multiples(first.x & 65535, step.x),
                                                warp_multiples(first.y & 65535, step.y)};
        affine->sum.x += affine->span.x;
        affine->sum.y += affine->span.y;
    }
    const struct warp_place last = {first.x + (WARP_PART - 1) * step.x,
                                    first.y + (WARP_PART - 1) * step.y};
    first = stretch->part[0].first;
    stretch->range = (struct warp_range){
        (first.x < last.x ? first.x : last.x) - rounding,
        (first.x < last.x ? last.x : first.x) + rounding,
        (first.y < last.y ? first.y : last.y) - rounding,
        (first.y < last.y ? last.y : first.y) + rounding,
    };
}

/* Of a perspective: the places of spans' ends, which cost divisions, from that of the span that X
 * is in on. */
struct warp_ends {
    int first, span_bits; /* column of the first; 2^this columns from each to the next */
    long x[LANES + 16], y[LANES + 16];
};

#ifdef QUOTIENT_LANES
/* As warp_quotient. */
INLINE quotient_64 warp_quotients(quotient_64 place, quotient_64 divisor)
{
    const quotient_64 none = (quotient_64)(0L), one = (quotient_64)(1L),
                      d = __builtin_elementwise_max(divisor, one), limit = d << (quotient_64)(21L),
                      size = __builtin_elementwise_abs(place),
                      q = lanes_quotient(
                          __builtin_elementwise_min(size, limit) << (quotient_64)(16L), d);
    return ((divisor < one) | (size > limit)) ? (quotient_64)(WARP_FAR) : place < none ? -q : q;
}

INLINE quotient_64 warp_sums(CONSTANT long *part, int x, int step, int y)
{
    const quotient_64 numbers = {0, 1, 2, 3, 4, 5, 6, 7};
    return numbers * (quotient_64)(part[0] * step) + (quotient_64)(warp_sum(part, x, y));
}

/* Eight ends, from number i on. */
INLINE void warp_ends_from(CONSTANT struct tri_warp *k, struct warp_ends *ends, int i, int y)
{
    const int x = ends->first + (i << ends->span_bits), step = 1 << ends->span_bits;
    const quotient_64 rounding = (quotient_64)((long)WARP_HALF), less = (quotient_64)(12L),
                      divisor = warp_sums(k->divisor, x, step, y) >> (quotient_64)(22L);
    ((quotient_64_at *)&ends->x[i])->v =
        warp_quotients(warp_sums(k->x, x, step, y) >> less, divisor) + rounding;
    ((quotient_64_at *)&ends->y[i])->v =
        warp_quotients(warp_sums(k->y, x, step, y) >> less, divisor) + rounding;
}
#endif

INLINE void warp_find_ends(CONSTANT struct tri_warp *k, int x, int y, struct warp_ends *ends)
{
    const int bits = k->span_bits, first = x & -(1 << bits),
              count = ((x + LANES - 1) >> bits) - (x >> bits) + 2;
    int i = 0;
    ends->first = first;
    ends->span_bits = bits;
#ifdef QUOTIENT_LANES
    for (; i + 1 < count; i += QUOTIENT_LANES)
        warp_ends_from(k, ends, i, y);
#endif
    for (; i < count; i++) {
        struct warp_place end;
        warp_place_of(k, first + (i << bits), y, &end);
        ends->x[i] = end.x;
        ends->y[i] = end.y;
    }
}

INLINE void warp_places_in_spans(const struct warp_ends *ends, int x, struct warp_range *range,
                                 struct warp_places *places)
{
    const int bits = ends->span_bits, span = 1 << bits, count = span < WARP_PART ? span : WARP_PART;
    const warp_u32 numbers = {WARP_NUMBERS};
    places->x = places->y = (warp_i32)(0);
    for (int i = 0; i < WARP_PART; i += count) {
        const int number = (x + i - ends->first) >> bits, within = (x + i) & (span - 1);
        const struct warp_place begin = {ends->x[number], ends->y[number]},
                                end = {ends->x[number + 1], ends->y[number + 1]},
                                step = {(end.x - begin.x) >> bits, (end.y - begin.y) >> bits};
        *range = warp_widened(*range, end);
        if (i == 0)
            places->first =
                (struct warp_place){begin.x + within * step.x, begin.y + within * step.y};
        const long before = within - i;
        const warp_i32 at_x = warp_multiples(
                           begin.x + before * step.x - (places->first.x & -65536L), step.x),
                       at_y = warp_multiples(
                           begin.y + before * step.y - (places->first.y & -65536L), step.y);
        places->x = numbers >= (warp_u32)((uint)i) ? at_x : places->x;
        places->y = numbers >= (warp_u32)((uint)i) ? at_y : places->y;
    }
}

INLINE void warp_perspective(const struct warp_ends *ends, int x, struct warp_stretch *stretch)
{
    const int number = (x - ends->first) >> ends->span_bits;
    stretch->range =
        (struct warp_range){ends->x[number], ends->x[number], ends->y[number], ends->y[number]};
    for (int i = 0; i < WARP_PARTS; i++)
        warp_places_in_spans(ends, x + i * WARP_PART, &stretch->range, &stretch->part[i]);
}

/* Of one part whose places are near. */
INLINE struct warp_range warp_range_of(const struct warp_places *places)
{
    const long x = places->first.x & -65536L, y = places->first.y & -65536L;
    return (struct warp_range){
        x + __builtin_reduce_min(places->x), x + __builtin_reduce_max(places->x),
        y + __builtin_reduce_min(places->y), y + __builtin_reduce_max(places->y)};
}

/* Where samples are, and the fractions of places. */
struct warp_samples {
    GLOBAL const SAMPLE_TYPE *from;
    warp_i32 at, right, lower;
};

INLINE struct warp_samples warp_samples_of(const struct warp_plane *plane,
                                           const struct warp_places *places)
{
    return (struct warp_samples){plane->from + (places->first.y >> 16) * plane->stride +
                                     (places->first.x >> 16),
                                 (places->y >> 16) * (int)plane->stride + (places->x >> 16),
                                 places->x >> 8 & 255, places->y >> 8 & 255};
}

INLINE warp_u32 warp_mix(warp_u32 first, warp_u32 second, warp_u32 share)
{
    return (first << 8) + (second - first) * share;
}

INLINE warp_s warp_linear_inside(const struct warp_plane *plane, struct warp_samples at)
{
    const warp_u32 above = warp_words(at.from, at.at),
                   below = warp_words(at.from + plane->stride, at.at), right = WARP_U32(at.right);
    const warp_u32 sum =
        warp_mix(warp_mix(WARP_FIRST(above), WARP_SECOND(above), right),
                 warp_mix(WARP_FIRST(below), WARP_SECOND(below), right), WARP_U32(at.lower));
    return __builtin_convertvector((sum + 32768) >> 16, warp_s);
}

INLINE void warp_four(warp_i32 *four, GLOBAL const SAMPLE_TYPE *from, warp_i32 at)
{
    const warp_u32 words = warp_words(from, at);
#if BITS == 8
    const warp_u32 more = words >> 16;
#else
    const warp_u32 more = warp_words(from + 2, at);
#endif
    four[0] = __builtin_convertvector(WARP_FIRST(words), warp_i32);
    four[1] = __builtin_convertvector(WARP_SECOND(words), warp_i32);
    four[2] = __builtin_convertvector(WARP_FIRST(more), warp_i32);
    four[3] = __builtin_convertvector(WARP_SECOND(more), warp_i32);
}

INLINE warp_s warp_cubic_inside(const struct warp_plane *plane, struct warp_samples at)
{
    warp_i32 across[4], down[4], four[4], sum = (warp_i32)(1 << (25 - WARP_LESS));
    WARP_WEIGHTS(at.right, warp_i32, across);
    WARP_WEIGHTS(at.lower, warp_i32, down);
    for (int i = 0; i < 4; i++) {
        warp_four(four, at.from + (i - 1) * plane->stride - 1, at.at);
        sum += ((four[0] * across[0] + four[1] * across[1] + four[2] * across[2] +
                 four[3] * across[3] + (1 << (WARP_LESS - 1))) >>
                WARP_LESS) *
               down[i];
    }
    sum >>= 26 - WARP_LESS;
    sum = __builtin_elementwise_min(__builtin_elementwise_max(sum, (warp_i32)(0)),
                                    (warp_i32)(MAXIMUM));
    return __builtin_convertvector(sum, warp_s);
}

/* The place of one of a part's outputs; unless places are near, lanes do not hold it. */
INLINE void warp_place_in(CONSTANT struct tri_warp *k, const struct warp_places *places, bool near,
                          int x, int y, int i, struct warp_place *at)
{
    if (near) {
        *at = (struct warp_place){(places->first.x & -65536L) + places->x[i],
                                  (places->first.y & -65536L) + places->y[i]};
        return;
    }
    struct warp_line line;
    warp_line_at(k, x + i, y, &line);
    const int within = WARP_WITHIN(k, x + i);
    *at = (struct warp_place){line.x + within * line.step_x, line.y + within * line.step_y};
}

/* ---- more of them, where they lie close together ---- */

#ifdef NEAR_LANES
/* A bound on whole places that count from a part's first, whose own are within 128. */
INLINE near_number warp_bound(long at)
{
    return (near_number)(at < -256 ? -256 : at > 256 ? 256 : at);
}

/* Moves places inside. */
INLINE void warp_find_edge(struct near_edge *edge, const struct warp_plane *plane,
                           const struct warp_stretch *stretch, near_numbers *column,
                           near_numbers *row)
{
    union {
        near_numbers all;
        warp_numbers part[WARP_PARTS];
    } left, right, top, bottom;
    for (int i = 0; i < WARP_PARTS; i++) {
        const struct warp_place first = stretch->part[i].first;
        left.part[i] = (warp_numbers)(warp_bound(-(first.x >> 16)));
        right.part[i] = (warp_numbers)(warp_bound(plane->width - 2 - (first.x >> 16)));
        top.part[i] = (warp_numbers)(warp_bound(-(first.y >> 16)));
        bottom.part[i] = (warp_numbers)(warp_bound(plane->height - 2 - (first.y >> 16)));
    }
    edge->x = near_beyond(column, left.all, right.all);
    edge->y = near_beyond(row, top.all, bottom.all);
}

/* Whether groups may be near, and 16 bits hold 256ths. */
INLINE bool warp_is_close(struct warp_range range)
{
    const int across = (NEAR_ACROSS + 1) * (NEAR_PART - 1) / (NEAR_GROUP - 1),
              down = (NEAR_DOWN + 1) * (NEAR_PART - 1) / (NEAR_GROUP - 1);
    return range.right - range.left < (long)across << 16 && range.bottom - range.top < (long)down
                                                                                           << 16;
}

/* Of a stretch that is close, to itself and to the plane. */
INLINE bool warp_find_near(struct near_places *near, struct near_edge *edge,
                           const struct warp_plane *plane, const struct warp_stretch *stretch,
                           bool inside)
{
    union {
        near_numbers all;
        warp_numbers part[WARP_PARTS];
    } x, y;
    int below = plane->height - 2 - (int)(stretch->range.bottom >> 16);
    for (int i = 0; i < WARP_PARTS; i++) {
        x.part[i] = __builtin_convertvector(stretch->part[i].x >> 8, warp_numbers);
        y.part[i] = __builtin_convertvector(stretch->part[i].y >> 8, warp_numbers);
    }
    const near_numbers eight = NEAR_NUMBER(8), fraction = NEAR_NUMBER(255);
    near_numbers column = x.all >> eight, row = y.all >> eight;
    if (!inside) {
        warp_find_edge(edge, plane, stretch, &column, &row);
        below = below < 0 ? 0 : below;
    }
    if (!near_find(near, column, row, x.all & fraction, y.all & fraction,
                   below < NEAR_DOWN ? below : NEAR_DOWN))
        return false;
    for (int i = 0; i < NEAR_GROUPS; i++) {
        const struct warp_place first = stretch->part[i * WARP_PARTS / NEAR_GROUPS].first;
        near->x[i] += (int)(first.x >> 16);
        near->y[i] += (int)(first.y >> 16);
    }
    return true;
}
#endif

#define WARP(name, ONE, INSIDE, NEAR, REACH) \
    INLINE warp_s name##_part(const struct warp_plane *plane, CONSTANT struct tri_warp *k, \
                              const struct warp_places *places, bool near, int x, int y, \
                              int width) \
    { \
        warp_s made = (warp_s)((SAMPLE_TYPE)k->fill); \
        if (near) { \
            const struct warp_range range = warp_range_of(places); \
            if (warp_is_inside(plane, range, REACH)) \
                return INSIDE(plane, warp_samples_of(plane, places)); \
            if (k->replicate == 0 && warp_is_outside(plane, range, REACH)) \
                return made; \
        } \
        for (int i = 0; i < WARP_PART && x + i < width; i++) { \
            struct warp_place at; \
            warp_place_in(k, places, near, x, y, i, &at); \
            made[i] = ONE(plane, k, at.x, at.y); \
        } \
        return made; \
    } \
    GATHER_PLANES(name, S, S) \
    { \
        CONSTANT struct tri_warp *k = CONSTANTS(struct tri_warp); \
        const bool projective = k->projective != 0; \
        const int replicate = k->replicate, fill = k->fill; \
        const struct warp_plane first = WARP_PLANE(0); \
        struct warp_stretch stretch; \
        struct warp_affine affine; \
        struct warp_ends ends; \
        if (projective) \
            warp_find_ends(k, X, Y, &ends); \
        else \
            warp_affine_begin(k, X, Y, &affine); \
        for (int i = 0; i < LANES; i += WARP_STRETCH) { \
            if (projective) \
                warp_perspective(&ends, X + i, &stretch); \
            else \
                warp_affine(&affine, &stretch); \
            const bool inside = warp_is_inside(&first, stretch.range, REACH); \
            NEAR(first, stretch, i) \
            const bool near = warp_is_within(stretch.range, WARP_WORDS); \
            if (near && inside) { \
                for (int j = 0; j < WARP_PARTS; j++) { \
                    EACH_OUTPUT(p) \
                    { \
                        const struct warp_plane plane = WARP_PLANE(p); \
                        ((GLOBAL warp_s_at *)(OUTPUT(p) + i + j * WARP_PART))->v = \
                            INSIDE(&plane, warp_samples_of(&plane, &stretch.part[j])); \
                    } \
                } \
                continue; \
            } \
            const bool outside = replicate == 0 && warp_is_outside(&first, stretch.range, REACH); \
            for (int j = 0; j < WARP_PARTS; j++) { \
                const int at = i + j * WARP_PART; \
                EACH_OUTPUT(p) \
                { \
                    const struct warp_plane plane = WARP_PLANE(p); \
                    ((GLOBAL warp_s_at *)(OUTPUT(p) + at))->v = \
                        outside ? (warp_s)((SAMPLE_TYPE)fill) \
                                : name##_part(&plane, k, &stretch.part[j], near, X + at, Y, \
                                              _r->width); \
                } \
            } \
        } \
    } \
    struct name##_takes_the_semicolon

#define WARP_NEAR_NONE(first, stretch, at)
#ifdef NEAR_LANES
/* Goes on with the next stretch if this one is near. */
#define WARP_NEAR_LINEAR(first, stretch, at) \
    { \
        struct near_places near_at; \
        struct near_edge edge = {NEAR_NUMBER(0), NEAR_NUMBER(0), \
                                 NEAR_WORD((uint)fill | (uint)fill << BITS), replicate}; \
        if (_r->outputs >= NEAR_PLANES && warp_is_close(stretch.range) && \
            (inside || warp_is_about(&first, stretch.range)) && \
            warp_find_near(&near_at, &edge, &first, &stretch, inside)) { \
            EACH_OUTPUT(p) \
            { \
                const struct warp_plane plane = WARP_PLANE(p); \
                struct near_square square = near_squares(&near_at, plane.from, plane.stride); \
                if (!inside) \
                    square = near_edge_squares(&edge, square); \
                ((GLOBAL near_samples_at *)(OUTPUT(p) + (at)))->v = near_linear(&near_at, square); \
            } \
            continue; \
        } \
    }
#else
#define WARP_NEAR_LINEAR WARP_NEAR_NONE
#endif
#endif

WARP(warp_linear, warp_linear_one, warp_linear_inside, WARP_NEAR_LINEAR, 0);
WARP(warp_cubic, warp_cubic_one, warp_cubic_inside, WARP_NEAR_NONE, 1);
