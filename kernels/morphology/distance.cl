/* distance -- how far the nearest sample of 0 is. Borders: nothing is beyond the picture.
 *
 * First the distance along the column, by windows eight times as high each time. Then along the
 * row: a sample's nearest column is not before that of a sample before it (Meijster, Roerdink and
 * Hesselink, "A general algorithm for computing distance transforms in linear time", 2000). So
 * where it is known for every second sample of some, one search between the two next to it finds
 * it for those in between, and each sample takes log2 of the width comparisons, whatever the
 * picture.
 *
 * Distances end at 65535, so that squares have 32 bits. */
#include "kernel.h"

#define DISTANCE_FAR 65535u
#define DISTANCE_SHARE 8 /* windows grow by this factor */

enum { DISTANCE_EUCLIDEAN, DISTANCE_CITYBLOCK, DISTANCE_CHESSBOARD };

struct distance {
    int metric;
    int step;   /* rows between those of a window; samples of a row between those that are known */
    uint scale; /* 256 times as large */
};

PASS(distance_begin, S, u16)
{
    PUT(SELECT(U16(AT(0, 0)) == ALL(u16, 0), ALL(u16, 0), ALL(u16, DISTANCE_FAR)));
}

/* Input: the distance along the column within less than `step` rows. */
PASS(distance_columns, u16, u16)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    u16 nearest = SOURCE(0, Y);
    for (int i = 1; i < DISTANCE_SHARE; i++) {
        const int far = i * k->step, above = Y - far, below = Y + far;
        const u16 limit = ALL(u16, DISTANCE_FAR - (far < 65535 ? far : 65535));
        const u16 up = SOURCE(0, above < 0 ? 0 : above),
                  down = SOURCE(0, below < IN_HEIGHT ? below : IN_HEIGHT - 1);
        const u16 next = above < 0 ? down : below >= IN_HEIGHT ? up : MIN(up, down);
        if (above >= 0 || below < IN_HEIGHT)
            nearest = MIN(nearest, MIN(next, limit) + ALL(u16, far < 65535 ? far : 65535));
    }
    PUT(nearest);
}

PASS(distance_widen, u16, u32)
{
    PUT(U32(AT(0, 0)));
}

/* To a column `across` columns away, whose nearest 0 is `down` rows away. */
INLINE ulong distance_of(int metric, int across, uint down)
{
    const ulong x = (ulong)(across < 0 ? -across : across), y = down;
    return metric == DISTANCE_EUCLIDEAN   ? x * x + y * y
           : metric == DISTANCE_CITYBLOCK ? x + y
           : x > y                        ? x
                                          : y;
}

/* The first of the nearest columns from `first` to `last`, seen from `column`. */
INLINE int distance_nearest(GLOBAL const uint *row, int metric, int column, int first, int last)
{
    ulong least = distance_of(metric, column - first, row[first]);
    int nearest = first;
    for (int x = first + 1; x <= last; x++) {
        const ulong distance = distance_of(metric, column - x, row[x]);
        if (distance < least) {
            least = distance;
            nearest = x;
        }
    }
    return nearest;
}

/* The nearest column of the first sample of a row. */
GATHER(distance_first, u32, u32)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    return (uint)distance_nearest(&SAMPLE(0, Y), k->metric, X, 0, IN_WIDTH - 1);
}

/* The nearest columns of every `step`-th sample. Inputs: distances along columns; the nearest
 * columns of every second of these samples. */
#define DISTANCE_SEARCH \
    CONSTANT struct distance *k = CONSTANTS(struct distance); \
    const int known = X / 2, beyond = (known + 1) * 2 * k->step; \
    const int first = (int)SAMPLE_INPUT(1, known, Y); \
    const int last = (X & 1) == 0        ? first \
                     : beyond < IN_WIDTH ? (int)SAMPLE_INPUT(1, known + 1, Y) \
                                         : IN_WIDTH - 1; \
    const int column = X * k->step; \
    const int nearest = distance_nearest(&SAMPLE(0, Y), k->metric, column, first, last);

GATHER(distance_between, u32, u32)
{
    DISTANCE_SEARCH
    return (uint)nearest;
}

/* The distance to it, for every sample; squared if it is Euclidean. */
GATHER(distance_to, u32, u32)
{
    DISTANCE_SEARCH
    const ulong most =
        k->metric == DISTANCE_EUCLIDEAN ? (ulong)DISTANCE_FAR * DISTANCE_FAR : DISTANCE_FAR;
    const ulong distance = distance_of(k->metric, column - nearest, SAMPLE(nearest, Y));
    return (uint)(distance < most ? distance : most);
}

PASS(distance_scale, u32, S)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    const u32 scaled = (AT(0, 0) * ALL(u32, k->scale) + ALL(u32, 128)) >> ALL(u32, 8);
    PUT(TO_S(MIN(scaled, ALL(u32, MAXIMUM))));
}

/* The root of a square. 256 times the scaled distance is the root of `square`; the result is right
 * if it is from 256 r - 128 to less than 256 r + 128. */
PASS(distance_root, u32, S)
{
    CONSTANT struct distance *k = CONSTANTS(struct distance);
    const ulong most = 256ul * MAXIMUM + 128;
    const u64 square =
        MIN(U64(AT(0, 0)) * ALL(u64, (ulong)k->scale * k->scale), ALL(u64, most * most));
    const f32 root = lanes_sqrt(F32(square)) * ALL(f32, 0.00390625f);
    u64 r = U64(MIN(U32(I32(root)), ALL(u32, MAXIMUM)));
    for (int i = 0; i < 2; i++) {
        const u64 low = r * ALL(u64, 256) - MIN(r, ALL(u64, 1)) * ALL(u64, 128);
        r = SELECT(low * low > square, r - ALL(u64, 1), r);
    }
    for (int i = 0; i < 2; i++) {
        const u64 high = r * ALL(u64, 256) + ALL(u64, 128);
        r = SELECT((high * high <= square) & (r < ALL(u64, MAXIMUM)), r + ALL(u64, 1), r);
    }
    PUT(TO_S(r));
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
    int columns = NODE(distance_begin, .in = {in});
    for (k.step = 1; k.step < height && k.step <= 65535; k.step *= DISTANCE_SHARE)
        columns = NODE(distance_columns, .in = {columns}, .whole = true, .constants = &k,
                       .constants_size = sizeof k, .operations = 2 * DISTANCE_SHARE);
    columns = NODE(distance_widen, .in = {columns});
    for (k.step = 1; k.step < width; k.step *= 2)
        continue;
    int nearest = NODE(distance_first, .in = {columns}, .whole = true, .width = 1, .constants = &k,
                       .constants_size = sizeof k, .operations = width);
    while (k.step > 2) {
        k.step /= 2;
        nearest = NODE(distance_between, .in = {columns, nearest}, .whole = true,
                       .width = (width + k.step - 1) / k.step, .constants = &k,
                       .constants_size = sizeof k, .operations = k.step + 1);
    }
    k.step = 1;
    const int distances = NODE(distance_to, .in = {columns, nearest}, .whole = true,
                               .constants = &k, .constants_size = sizeof k, .operations = 2);
    tri_graph_monochrome(graph);
    if (k.metric == DISTANCE_EUCLIDEAN)
        return NODE(distance_root, .in = {distances}, .constants = &k, .constants_size = sizeof k);
    return NODE(distance_scale, .in = {distances}, .constants = &k, .constants_size = sizeof k);
}
#endif
