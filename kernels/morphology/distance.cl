/* distance -- how far the nearest sample of 0 is. Borders: nothing is beyond the picture.
 *
 * First the distance along the column, by windows eight times as high each time, in 8 bits as long
 * as these hold it. Then along the row: a sample's nearest column is not before that of a sample
 * before it (Meijster, Roerdink and Hesselink, "A general algorithm for computing distance
 * transforms in linear time", 2000). So where it is known for every second sample of some, one
 * search between the two next to it finds it for those in between. Once it is known for the first
 * samples of blocks, all samples of a block look at the columns from the nearest of its first
 * sample to that of the next block's. So blocks look at as many columns as they have samples, on
 * average, whatever the picture.
 *
 * Distances end at 65535, so that squares have 32 bits. */
#include "kernel.h"

#define DISTANCE_FAR 65535u
#define DISTANCE_FAR_8 255
#define DISTANCE_SHARE 8  /* windows grow by this factor */
#define DISTANCE_BLOCK 16 /* samples */
/* Sums of two squares have 32 bits up to this width and height, even if DISTANCE_NONE, which is
 * more than any distance then, stands for DISTANCE_FAR. */
#define DISTANCE_SIDE 32768
#define DISTANCE_NONE 46341u

/* LONG: Euclidean, and the picture is larger than DISTANCE_SIDE. */
enum { DISTANCE_EUCLIDEAN, DISTANCE_CITYBLOCK, DISTANCE_CHESSBOARD, DISTANCE_LONG };

struct distance {
    int metric;
    int step;   /* rows between those of a window; samples of a row between those that are known */
    uint scale; /* 256 times as large */
    uint largest;              /* that has 32 bits when multiplied by the square of `scale` */
    uint none;                 /* the distance along a column without 0 */
    uint lane[DISTANCE_BLOCK]; /* 0, 1, ... */
};

/* The distance along the column if it is less than DISTANCE_SHARE. Edge rows stand in for those
 * beyond, which are farther away. */
PASS(distance_begin, S, u8)
{
    S nearest = SELECT(AT(0, 0) == ALL(S, 0), ALL(S, 0), ALL(S, DISTANCE_FAR_8));
    for (int i = DISTANCE_SHARE - 1; i > 0; i--)
        nearest = SELECT(MIN(AT(0, -i), AT(0, i)) == ALL(S, 0), MIN(nearest, ALL(S, i)), nearest);
    PUT(U8(nearest));
}

/* Input: the distance along the column if it is less than `step`. Output: if it is less than
 * DISTANCE_SHARE times that, and less than `far`. */
#define DISTANCE_COLUMNS(name, IN, OUT, TO_OUT, far) \
    PASS(name, IN, OUT) \
    { \
        CONSTANT struct distance *k = CONSTANTS(struct distance); \
        OUT nearest = TO_OUT(SOURCE(0, Y)); \
        for (int i = k->step; i < k->step * DISTANCE_SHARE && i < IN_HEIGHT && i < far; \
             i += k->step) { \
            const IN up = SOURCE(0, Y < i ? 0 : Y - i), \
                     down = SOURCE(0, Y + i < IN_HEIGHT ? Y + i : IN_HEIGHT - 1); \
            nearest = MIN(nearest, MIN(TO_OUT(MIN(up, down)), ALL(OUT, far - i)) + ALL(OUT, i)); \
        } \
        PUT(nearest); \
    }

INLINE u16 distance_of_8(u8 v)
{
    const u16 distance = U16(v);
    return SELECT(distance == ALL(u16, DISTANCE_FAR_8), ALL(u16, DISTANCE_FAR), distance);
}
DISTANCE_COLUMNS(distance_columns_8, u8, u8, U8, DISTANCE_FAR_8)
DISTANCE_COLUMNS(distance_columns_16, u8, u16, distance_of_8, (int)DISTANCE_FAR)
DISTANCE_COLUMNS(distance_columns, u16, u16, U16, (int)DISTANCE_FAR)

PASS(distance_widen, u16, u32)
{
    const u32 distance = U32(AT(0, 0));
    PUT(SELECT(distance == ALL(u32, DISTANCE_FAR), ALL(u32, CONSTANTS(struct distance)->none),
               distance));
}

/* The nearest of the columns from `first` to `last`, seen from `column`, if `of` is the distance to
 * one that is `across` columns away and whose nearest 0 is `down` rows away, or its square. Of
 * several, any will do. One loop for the least and one for its place run in lanes. */
#define DISTANCE_NEAREST(name, number, of) \
    INLINE int name(GLOBAL const uint *row, int column, int first, int last) \
    { \
        number least = (number)-1; \
        int nearest = last; \
        REDUCTION for (int x = first; x <= last; x++) \
        { \
            const int across = column - x; \
            const number down = row[x], distance = of; \
            least = distance < least ? distance : least; \
        } \
        REDUCTION for (int x = first; x <= last; x++) \
        { \
            const int across = column - x; \
            const number down = row[x], distance = of; \
            const int place = distance == least ? x : last; \
            nearest = place < nearest ? place : nearest; \
        } \
        return nearest; \
    }
#define DISTANCE_ACROSS (uint)(across < 0 ? -across : across)
DISTANCE_NEAREST(distance_nearest_square, uint, (uint)across *(uint)across + down * down)
DISTANCE_NEAREST(distance_nearest_long, ulong, (ulong)across *(ulong)across + down * down)
DISTANCE_NEAREST(distance_nearest_sum, uint, DISTANCE_ACROSS + down)
DISTANCE_NEAREST(distance_nearest_larger, uint, DISTANCE_ACROSS > down ? DISTANCE_ACROSS : down)

/* No column is nearest that is farther away than the nearest 0 of the same column. */
INLINE uint distance_nearest(GLOBAL const uint *row, int metric, int column, int first, int last)
{
    const int most = (int)row[column], left = column - most, right = column + most;
    first = left > first ? left : first;
    last = right < last ? right : last;
    return (uint)(metric == DISTANCE_EUCLIDEAN ? distance_nearest_square(row, column, first, last)
                  : metric == DISTANCE_LONG    ? distance_nearest_long(row, column, first, last)
                  : metric == DISTANCE_CITYBLOCK
                      ? distance_nearest_sum(row, column, first, last)
                      : distance_nearest_larger(row, column, first, last));
}

/* The nearest column of the first sample of a row. */
GATHER(distance_first, u32, u32)
{
    return distance_nearest(ROW_POINTER(0), CONSTANTS(struct distance)->metric, X, 0, IN_WIDTH - 1);
}

/* The nearest columns of every `step`-th sample. Inputs: distances along columns; the nearest
 * columns of every second of these samples. */
GATHER(distance_between, u32, u32)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    const int known = X / 2, beyond = (known + 1) * 2 * k->step;
    const uint first = ROW_SAMPLE_INPUT(1, known);
    if (X % 2 == 0)
        return first;
    const uint last = beyond < IN_WIDTH ? ROW_SAMPLE_INPUT(1, known + 1) : (uint)IN_WIDTH - 1;
    return distance_nearest(ROW_POINTER(0), k->metric, X * k->step, (int)first, (int)last);
}

/* The least square for lanes from `column` on. That of lane l is (column - x)^2 + 2 (column - x) l
 * + l^2 + down^2; what depends on l needs no product for each x. */
INLINE u32_part distance_squares(GLOBAL const uint *row, u32_part lane, int column, int first,
                                 int last)
{
    const u32_part less = lane + lane;
    u32_part least = ALL(u32_part, 0xffffffffu),
             rest = (lane + ALL(u32_part, 2 * (uint)(column - first))) * lane;
    for (int x = first; x <= last; x++) {
        const uint across = (uint)(column - x), down = row[x];
        least = MIN(least, rest + ALL(u32_part, across * across + down * down));
        rest = rest - less;
    }
    return least;
}

/* The same for any width: what would be more than DISTANCE_FAR squared is as much as that. */
INLINE u32_part distance_squares_long(GLOBAL const uint *row, u32_part column, int first, int last)
{
    const u32_part most = ALL(u32_part, DISTANCE_FAR * DISTANCE_FAR);
    u32_part least = most;
    for (int x = first; x <= last; x++) {
        const u32_part across =
            MIN(ABS_DIFFERENCE(column, ALL(u32_part, x)), ALL(u32_part, DISTANCE_FAR));
        const u32_part square = across * across;
        least = MIN(least, square + MIN(ALL(u32_part, row[x] * row[x]), most - square));
    }
    return least;
}

INLINE u32_part distance_steps(GLOBAL const uint *row, int metric, u32_part column, int first,
                               int last)
{
    u32_part least = ALL(u32_part, DISTANCE_FAR);
    for (int x = first; x <= last; x++) {
        const u32_part across = ABS_DIFFERENCE(column, ALL(u32_part, x)),
                       down = ALL(u32_part, row[x]);
        const u32_part larger = MAX(across, down);
        least = MIN(least, metric == DISTANCE_CITYBLOCK ? across + down : larger);
    }
    return least;
}

/* The distance, for every sample; squared if it is Euclidean. Inputs: distances along columns; the
 * nearest columns of samples that are `step` apart. */
GATHER_LANES(distance_to, u32, u32_part)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    const int known = (X + PART_LANES - 1) / k->step + 1;
    const int first = (int)ROW_SAMPLE_INPUT(1, X / k->step),
              last = known * k->step < IN_WIDTH ? (int)ROW_SAMPLE_INPUT(1, known) : IN_WIDTH - 1;
    const u32_part lane = CONSTANT_LANES(u32_part, k->lane), column = lane + ALL(u32_part, X);
    GLOBAL const uint *row = ROW_POINTER(0);
    if (k->metric == DISTANCE_LONG)
        return distance_squares_long(row, column, first, last);
    if (k->metric != DISTANCE_EUCLIDEAN)
        return distance_steps(row, k->metric, column, first, last);
    const u32_part least = distance_squares(row, lane, X, first, last);
    return SELECT(least < ALL(u32_part, DISTANCE_NONE * DISTANCE_NONE), least,
                  ALL(u32_part, DISTANCE_FAR * DISTANCE_FAR));
}

PASS(distance_scale, u32, S)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    const u32 scaled = (AT(0, 0) * ALL(u32, k->scale) + ALL(u32, 128)) >> ALL(u32, 8);
    PUT(TO_S(MIN(scaled, ALL(u32, MAXIMUM))));
}

/* The root of a square. 256 times the scaled distance is the root of `square`, and the result r is
 * right if that is from 256 r - 128 to less than 256 r + 128. A device's root is off by less
 * than 1/32, so with 1/16 more r is right or 1 too large. */
#if BITS == 8
#define DISTANCE_SQUARE u32
#define TO_SQUARE(v) (v)
#else
#define DISTANCE_SQUARE u64
#define TO_SQUARE(v) U64(v)
#endif
PASS(distance_root, u32, S)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    const ulong most = 256ul * MAXIMUM + 128;
#if BITS == 8
    const u32 scaled = AT(0, 0) * ALL(u32, k->scale * k->scale);
    const u32 square = SELECT(AT(0, 0) > ALL(u32, k->largest), ALL(u32, most * most),
                              MIN(scaled, ALL(u32, most * most)));
#else
    const u64 scaled = U64(AT(0, 0)) * ALL(u64, (ulong)k->scale * k->scale),
              square = MIN(scaled, ALL(u64, most * most));
#endif
    const f32 root = lanes_sqrt(F32(square)) * ALL(f32, 0.00390625f) + ALL(f32, 0.5625f);
    const u32 result = MIN(U32(I32(root)), ALL(u32, MAXIMUM));
    const DISTANCE_SQUARE r = TO_SQUARE(result), low = (r + r - MIN(r, ALL(DISTANCE_SQUARE, 1))) *
                                                       ALL(DISTANCE_SQUARE, 128);
    PUT(TO_S(SELECT(low * low > square, r - ALL(DISTANCE_SQUARE, 1), r)));
}

#ifdef HOST
KERNEL(
    distance, tri_alpha_kept, "distance to the nearest sample of 0",
    "Each sample becomes its distance in pixels from the nearest sample of 0 in its plane, times "
    "scale, rounded half up, at most the maximum: so 0 stays 0. The distance is exact: the length "
    "of the way (euclidean), the sum of its columns and rows (cityblock), or the larger of both "
    "(chessboard). It ends at 65535, which it also is where the plane has no 0. The scale is "
    "rounded to 1/256. At 8 bits a scale of 8 shows shapes up to 64 pixels wide. Alpha is kept.",
    "gray,threshold,distance:scale=8",
    PARAM_CHOICE(metric, 0, 3, "euclidean|cityblock|chessboard", "what the distance is")
        PARAM_FLOAT(scale, 1, 0.00390625, 256, "factor of the distance"))
ALIASES(distance, ALIAS("distancetransform|euclideandistance|bwdist|edt|nearest0",
                        "gray,threshold,distance:metric=euclidean"))

/* Roots of 2, 5, 8, 10 and 13 are 1.414, 2.236, 2.828, 3.162 and 3.606; four times these
 * are 5.66, 8.94, 11.31, 12.65 and 14.42. */
KNOWN(distance, "distance:scale=4", PICTURE(4, 3, 1, 0, 1, 1, 1, 9, 9, 9, 9, 7, 7, 7, 7),
      PICTURE(4, 3, 1, 0, 4, 8, 12, 4, 6, 9, 13, 8, 9, 11, 14))

GRAPH_PLANE(distance)
{
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    struct distance k = {.metric = (int)VALUE(metric), .scale = (uint)(VALUE(scale) * 256 + 0.5)};
    const bool euclidean = k.metric == DISTANCE_EUCLIDEAN;
    const bool far = width > DISTANCE_SIDE || height > DISTANCE_SIDE;
    k.metric = euclidean && far ? DISTANCE_LONG : k.metric;
    k.none = k.metric == DISTANCE_EUCLIDEAN ? DISTANCE_NONE : DISTANCE_FAR;
    k.largest = (uint)(0xffffffffu / ((ulong)k.scale * k.scale));
    for (uint i = 0; i < DISTANCE_BLOCK; i++)
        k.lane[i] = i;
    int columns =
        NODE(distance_begin, .in = {in}, .low = 1 - DISTANCE_SHARE, .high = DISTANCE_SHARE - 1);
    for (k.step = DISTANCE_SHARE; k.step < height && k.step < DISTANCE_FAR_8;
         k.step *= DISTANCE_SHARE)
        columns = NODE(distance_columns_8, .in = {columns}, .whole = true, .constants = &k,
                       .constants_size = sizeof k, .operations = 2 * DISTANCE_SHARE);
    k.step = DISTANCE_FAR_8;
    columns = NODE(distance_columns_16, .in = {columns}, .whole = true, .constants = &k,
                   .constants_size = sizeof k, .operations = 2 * DISTANCE_SHARE);
    for (k.step *= DISTANCE_SHARE; k.step < height && k.step < (int)DISTANCE_FAR;
         k.step *= DISTANCE_SHARE)
        columns = NODE(distance_columns, .in = {columns}, .whole = true, .constants = &k,
                       .constants_size = sizeof k, .operations = 2 * DISTANCE_SHARE);
    columns = NODE(distance_widen, .in = {columns}, .constants = &k, .constants_size = sizeof k);
    for (k.step = 1; k.step < width; k.step *= 2)
        continue;
    int nearest = NODE(distance_first, .in = {columns}, .width = 1, .constants = &k,
                       .constants_size = sizeof k, .operations = width);
    while (k.step > DISTANCE_BLOCK) {
        k.step /= 2;
        nearest =
            NODE(distance_between, .in = {columns, nearest}, .width = (width + k.step - 1) / k.step,
                 .constants = &k, .constants_size = sizeof k, .operations = k.step + 1);
    }
    const int distances = NODE(distance_to, .in = {columns, nearest}, .constants = &k,
                               .constants_size = sizeof k, .operations = 2 * DISTANCE_BLOCK);
    tri_graph_monochrome(graph);
    if (euclidean)
        return NODE(distance_root, .in = {distances}, .constants = &k, .constants_size = sizeof k);
    return NODE(distance_scale, .in = {distances}, .constants = &k, .constants_size = sizeof k);
}
#endif
