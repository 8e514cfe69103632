/* warp -- makes each output from where it lies in the input, by an affine map or a perspective: for
 * rotate, affine and perspective.
 *
 * Places are computed in integers, exactly at the beginning of each span of outputs and linearly
 * within, and rounded to 1/256 of a sample. An affine map is linear anyway; for a perspective the
 * host makes spans so short that it bends far less. Borders: a constant, or the edge sample. */
#include "kernel.h"

#define WARP_FAR (-(1L << 37))
#define WARP_HALF 128 /* of 1/256, to round */

#if BITS == 8
#define WARP_SAMPLE uchar
#else
#define WARP_SAMPLE ushort
#endif

/* Places of a span of outputs, with 16 fraction bits. */
struct warp_line {
    long x, y, step_x, step_y;
};

struct warp_plane {
    GLOBAL const WARP_SAMPLE *from;
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

INLINE WARP_SAMPLE warp_linear_one(const struct warp_plane *plane, CONSTANT struct tri_warp *k,
                                   long x, long y)
{
    const uint right = (uint)(x >> 8 & 255), lower = (uint)(y >> 8 & 255);
    x >>= 16;
    y >>= 16;
    const uint above =
        (uint)warp_at(plane, k, x, y) * (256 - right) + (uint)warp_at(plane, k, x + 1, y) * right;
    const uint below = (uint)warp_at(plane, k, x, y + 1) * (256 - right) +
                       (uint)warp_at(plane, k, x + 1, y + 1) * right;
    return (WARP_SAMPLE)((above * (256 - lower) + below * lower + 32768) >> 16);
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

INLINE WARP_SAMPLE warp_cubic_one(const struct warp_plane *plane, CONSTANT struct tri_warp *k,
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
    return (WARP_SAMPLE)(sum < 0 ? 0 : sum > MAXIMUM ? MAXIMUM : sum);
}

#define WARP_PLANE \
    { \
        &SAMPLE(0, 0), &SAMPLE(0, 1) - &SAMPLE(0, 0), IN_WIDTH, IN_HEIGHT \
    }

#if LANES == 1
#define WARP(name, ONE, INSIDE, REACH) \
    GATHER_LANES(name, S, S) \
    { \
        CONSTANT struct tri_warp *k = CONSTANTS(struct tri_warp); \
        const struct warp_plane plane = WARP_PLANE; \
        struct warp_line line; \
        warp_line_at(k, X, Y, &line); \
        const long i = WARP_WITHIN(k, X); \
        return ONE(&plane, k, line.x + i * line.step_x, line.y + i * line.step_y); \
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
typedef WARP_SAMPLE warp_s __attribute__((ext_vector_type(WARP_PART)));
typedef struct __attribute__((packed, may_alias)) {
    warp_s v;
} warp_s_at;
typedef struct __attribute__((packed, may_alias)) {
    uint v;
} warp_word_at;
#define WARP_U32(v) __builtin_convertvector(v, warp_u32)

/* Four bytes at each place: samples there and to the right. */
INLINE warp_u32 warp_words(GLOBAL const WARP_SAMPLE *from, warp_i32 places)
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

/* Whether all places are so close together that 32 bits hold their distances. */
INLINE bool warp_is_near(struct warp_range range)
{
    const long near = 256L << 16;
    return range.right - range.left < near && range.bottom - range.top < near;
}

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

/* Places with 16 fraction bits, from the whole part of `first` on. */
struct warp_places {
    struct warp_range range;
    struct warp_place first;
    warp_i32 x, y;
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

/* For an affine map, whose spans are no shorter than a part. */
INLINE struct warp_places warp_places_on(const struct warp_line *line, int within)
{
    const struct warp_place first = {line->x + within * line->step_x,
                                     line->y + within * line->step_y},
                            last = {first.x + (WARP_PART - 1) * line->step_x,
                                    first.y + (WARP_PART - 1) * line->step_y};
    return (struct warp_places){
        warp_widened((struct warp_range){first.x, first.x, first.y, first.y}, last), first,
        warp_multiples(first.x & 65535, line->step_x),
        warp_multiples(first.y & 65535, line->step_y)};
}

/* For a perspective. `begin` is the place of the span that x is in, and becomes that of the span
 * after the part: both cost divisions. */
INLINE struct warp_places warp_places_in_spans(CONSTANT struct tri_warp *k, int x, int y,
                                               struct warp_place *begin)
{
    const int span = 1 << k->span_bits, count = span < WARP_PART ? span : WARP_PART;
    const warp_u32 numbers = {WARP_NUMBERS};
    struct warp_place end;
    struct warp_places places;
    places.x = places.y = (warp_i32)(0);
    places.range = (struct warp_range){begin->x, begin->x, begin->y, begin->y};
    for (int i = 0; i < WARP_PART; i += count) {
        struct warp_line line;
        const int within = (x + i) & (span - 1);
        warp_place_of(k, ((x + i) & -span) + span, y, &end);
        warp_line_between(k, *begin, end, &line);
        places.range = warp_widened(places.range, end);
        if (i == 0)
            places.first = (struct warp_place){begin->x + within * line.step_x,
                                               begin->y + within * line.step_y};
        const long before = within - i;
        const warp_i32 at_x = warp_multiples(
                           line.x + before * line.step_x - (places.first.x & -65536L), line.step_x),
                       at_y = warp_multiples(
                           line.y + before * line.step_y - (places.first.y & -65536L), line.step_y);
        places.x = numbers >= (warp_u32)((uint)i) ? at_x : places.x;
        places.y = numbers >= (warp_u32)((uint)i) ? at_y : places.y;
        if (((x + i + count) & (span - 1)) == 0)
            *begin = end;
    }
    return places;
}

/* Where samples are, and the fractions of places. */
struct warp_samples {
    GLOBAL const WARP_SAMPLE *from;
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

INLINE void warp_four(warp_i32 *four, GLOBAL const WARP_SAMPLE *from, warp_i32 at)
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

#define WARP(name, ONE, INSIDE, REACH) \
    INLINE warp_s name##_part(const struct warp_plane *plane, CONSTANT struct tri_warp *k, int x, \
                              int y, int width, struct warp_place *begin) \
    { \
        struct warp_line line = {0, 0, 0, 0}; \
        if (k->projective == 0) \
            warp_line_at(k, x, y, &line); \
        const struct warp_places places = k->projective != 0 \
                                              ? warp_places_in_spans(k, x, y, begin) \
                                              : warp_places_on(&line, WARP_WITHIN(k, x)); \
        warp_s made = (warp_s)((WARP_SAMPLE)k->fill); \
        const bool near = warp_is_near(places.range); \
        if (near && warp_is_inside(plane, places.range, REACH)) \
            return INSIDE(plane, warp_samples_of(plane, &places)); \
        if (k->replicate == 0 && warp_is_outside(plane, places.range, REACH)) \
            return made; \
        for (int i = 0; i < WARP_PART && x + i < width; i++) { \
            struct warp_place at; \
            warp_place_in(k, &places, near, x, y, i, &at); \
            made[i] = ONE(plane, k, at.x, at.y); \
        } \
        return made; \
    } \
    GATHER_LANES(name, S, S) \
    { \
        CONSTANT struct tri_warp *k = CONSTANTS(struct tri_warp); \
        const struct warp_plane plane = WARP_PLANE; \
        union { \
            S lanes; \
            warp_s parts[LANES / WARP_PART]; \
        } made; \
        struct warp_place begin = {0, 0}; \
        if (k->projective != 0) \
            warp_place_of(k, X & -(1 << k->span_bits), Y, &begin); \
        for (int i = 0; i < LANES / WARP_PART; i++) \
            made.parts[i] = name##_part(&plane, k, X + i * WARP_PART, Y, _r->width, &begin); \
        return made.lanes; \
    } \
    struct name##_takes_the_semicolon
#endif

WARP(warp_linear, warp_linear_one, warp_linear_inside, 0);
WARP(warp_cubic, warp_cubic_one, warp_cubic_inside, 1);
