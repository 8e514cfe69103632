/* stabilize -- holds a shaking picture still: finds by how many columns and rows each frame has
 * moved, and moves it to the mean of its places in the frames around it.
 *
 * The means of luma of all columns, and of all rows, are a frame's profiles. A frame has moved by
 * as much as makes its profile most like that of the frame before. */
#include "kernel.h"

struct stabilize {
    int range[2];     /* of the search: columns, rows */
    int across, down; /* samples of a row and of a column */
    int frames;       /* of the mean */
    int black;        /* what is beyond the edge */
    int parts;        /* of a sample, in which movements are counted: 1 or 16 */
};

#define STABILIZE_ABS(a) ((a) < 0 ? -(a) : (a))
#define STABILIZE_INSIDE(at, size) ((at) < 0 ? 0 : (at) >= (size) ? (size)-1 : (at))
/* Farther than any place is from the mean, so that sums with it are not negative. */
#define STABILIZE_FAR 32768

PASS(stabilize_luma, S, S)
{
    const WIDE red = TO_WIDE(AT_INPUT(0, 0, 0)), green = TO_WIDE(AT_INPUT(1, 0, 0));
    const WIDE blue = TO_WIDE(AT_INPUT(2, 0, 0));
    PUT(TO_S((red + green + green + blue + ALL(WIDE, 2)) >> ALL(WIDE, 2)));
}

/* Means of columns, in 256ths of 8 bits. */
GATHER(stabilize_columns, S, u32)
{
    uint sum = 0;
    for (int y = 0; y < IN_HEIGHT; y++)
        sum += (uint)SAMPLE(X, y) >> (BITS - 8);
    return (uint)(((ulong)sum << 8) / (uint)IN_HEIGHT);
}

GATHER(stabilize_rows, S, u32)
{
    uint sum = 0;
    for (int x = 0; x < IN_WIDTH; x++)
        sum += (uint)SAMPLE(x, X) >> (BITS - 8);
    return (uint)(((ulong)sum << 8) / (uint)IN_WIDTH);
}

/* By how much the profile of this frame and that of the previous one, moved by X - range, differ in
 * the places that all movements leave inside. Inputs: both. */
#define STABILIZE_COST(range) \
    const int by = X - (range); \
    ulong sum = 0; \
    for (int i = (range); i < IN_WIDTH - (range); i++) { \
        const int apart = (int)SAMPLE_INPUT(0, i, 0) - (int)SAMPLE_INPUT(1, i - by, 0); \
        sum += (uint)STABILIZE_ABS(apart); \
    } \
    return (uint)(sum >> 8);

GATHER(stabilize_costs_across, u32, u32){STABILIZE_COST(CONSTANTS(struct stabilize)->range[0])}

GATHER(stabilize_costs_down, u32, u32){STABILIZE_COST(CONSTANTS(struct stabilize)->range[1])}

/* Between samples, costs are taken to rise by the same slope on both sides of the least, as sums of
 * absolute differences do: two lines, of which that through the higher neighbour of the best place
 * also goes through the best. Where they meet, in 16ths to the right, rounded to nearest, half up:
 * -8 to 8. Equal profiles have not moved. */
INLINE int stabilize_between(uint before, uint best, uint after)
{
    const ulong higher = before > after ? before : after, slope = higher - best,
                apart = slope + before - after; /* 0 to 2 slope */
    return best == 0 || slope == 0 ? 0 : (int)((16 * apart + slope) / (2 * slope)) - 8;
}

/* Inputs: the costs across and down. How far the frame has moved: the least cost, of equal ones the
 * shortest way, then that to the left or up. */
GATHER(stabilize_moves, u32, u32)
{
    const int range = CONSTANTS(struct stabilize)->range[X];
    int best = 0;
    for (int i = 1; i <= 2 * range; i++) {
        const int by = (i & 1) != 0 ? -((i + 1) / 2) : i / 2;
        const uint cost = X == 0 ? SAMPLE_INPUT(0, range + by, 0) : SAMPLE_INPUT(1, range + by, 0);
        const uint least =
            X == 0 ? SAMPLE_INPUT(0, range + best, 0) : SAMPLE_INPUT(1, range + best, 0);
        best = cost < least ? by : best;
    }
    if (CONSTANTS(struct stabilize)->parts == 1)
        return (uint)best;
    const int at = range + best;
    if (best == -range || best == range)
        return (uint)(16 * best);
    return (uint)(16 * best +
                  (X == 0 ? stabilize_between(SAMPLE_INPUT(0, at - 1, 0), SAMPLE_INPUT(0, at, 0),
                                              SAMPLE_INPUT(0, at + 1, 0))
                          : stabilize_between(SAMPLE_INPUT(1, at - 1, 0), SAMPLE_INPUT(1, at, 0),
                                              SAMPLE_INPUT(1, at + 1, 0))));
}

/* The places since the first frame, and their sum over the frames of the mean. */
GATHER(stabilize_add, u32, u32)
{
    return SAMPLE_INPUT(0, X, 0) + SAMPLE_INPUT(1, X, 0);
}

GATHER(stabilize_exchange, u32, u32)
{
    return SAMPLE_INPUT(0, X, 0) + SAMPLE_INPUT(1, X, 0) - SAMPLE_INPUT(2, X, 0);
}

/* Inputs: the sum, and the place in the middle. By how much the frame is to be moved, in two
 * samples of 8 bits for each direction: the mean is rounded to nearest, half up. */
GATHER(stabilize_shifts, u32, u32)
{
    const uint frames = (uint)CONSTANTS(struct stabilize)->frames;
    const uint apart = SAMPLE_INPUT(0, X / 2, 0) - frames * SAMPLE_INPUT(1, X / 2, 0);
    const uint shift = (2 * (apart + frames * STABILIZE_FAR) + frames) / (2 * frames);
    return (X & 1) == 0 ? shift & 255 : shift >> 8;
}

GATHER(stabilize_samples, u32, S)
{
    return ROW_SAMPLE(X);
}

/* Inputs: a plane, and the shifts as samples. */
GATHER(stabilize_move, S, S)
{
    CONSTANT struct stabilize *k = CONSTANTS(struct stabilize);
    const int across =
        (int)((uint)SAMPLE_INPUT(1, 0, 0) | (uint)SAMPLE_INPUT(1, 1, 0) << 8) - STABILIZE_FAR;
    const int down =
        (int)((uint)SAMPLE_INPUT(1, 2, 0) | (uint)SAMPLE_INPUT(1, 3, 0) << 8) - STABILIZE_FAR;
    const int x = X - across, y = Y - down;
    const int from_x = STABILIZE_INSIDE(x, k->across), from_y = STABILIZE_INSIDE(y, k->down);
    return k->black != 0 && (x != from_x || y != from_y) ? 0 : SAMPLE(from_x, from_y);
}

/* ---- movements by parts of a sample ---- */

/* Where the output's first sample is in the plane, and the 16ths from there to the next. */
struct stabilize_from {
    GLOBAL const SAMPLE_TYPE *plane;
    long stride; /* samples */
    int x, y;
    uint right, lower;
};

INLINE uint stabilize_at(const struct stabilize_from *from, CONSTANT struct stabilize *k, int x,
                         int y)
{
    const int inside_x = STABILIZE_INSIDE(x, k->across), inside_y = STABILIZE_INSIDE(y, k->down);
    return k->black != 0 && (x != inside_x || y != inside_y)
               ? 0
               : from->plane[inside_y * from->stride + inside_x];
}

INLINE SAMPLE_TYPE stabilize_mixed_one(const struct stabilize_from *from,
                                       CONSTANT struct stabilize *k, int x, int y)
{
    const uint above = stabilize_at(from, k, x, y) * (16 - from->right) +
                       stabilize_at(from, k, x + 1, y) * from->right;
    const uint below = stabilize_at(from, k, x, y + 1) * (16 - from->right) +
                       stabilize_at(from, k, x + 1, y + 1) * from->right;
    return (SAMPLE_TYPE)((above * (16 - from->lower) + below * from->lower + 128) >> 8);
}

#define STABILIZE_FROM \
    const int across = \
        STABILIZE_FAR - (int)((uint)SAMPLE_INPUT(1, 0, 0) | (uint)SAMPLE_INPUT(1, 1, 0) << 8); \
    const int down = \
        STABILIZE_FAR - (int)((uint)SAMPLE_INPUT(1, 2, 0) | (uint)SAMPLE_INPUT(1, 3, 0) << 8); \
    const struct stabilize_from from = {&SAMPLE(0, 0),     &SAMPLE(0, 1) - &SAMPLE(0, 0), \
                                        across >> 4,       down >> 4, \
                                        (uint)across & 15, (uint)down & 15};

#define STABILIZE_LANES(type, pointer) STABILIZE_LANES_(type, pointer)
#define STABILIZE_LANES_(type, pointer) (((GLOBAL const type##_at *)(pointer))->v)

/* Inputs: a plane, and the shifts in 16ths as samples. Lanes hold the sums: these are less than 256
 * times a sample's maximum. */
GATHER_LANES(stabilize_mix, S, S)
{
    CONSTANT struct stabilize *k = CONSTANTS(struct stabilize);
    STABILIZE_FROM
    const int x = X + from.x, y = Y + from.y;
#if LANES == 1
    return stabilize_mixed_one(&from, k, x, y);
#else
    if (x >= 0 && y >= 0 && x + LANES < k->across && y + 1 < k->down) {
        GLOBAL const SAMPLE_TYPE *above = from.plane + y * from.stride + x,
                                 *below = above + from.stride;
        const WIDE right = ALL(WIDE, from.right), lower = ALL(WIDE, from.lower);
        const WIDE left = ALL(WIDE, 16 - from.right), upper = ALL(WIDE, 16 - from.lower);
        const WIDE first = TO_WIDE(STABILIZE_LANES(S, above)) * left +
                           TO_WIDE(STABILIZE_LANES(S, above + 1)) * right;
        const WIDE second = TO_WIDE(STABILIZE_LANES(S, below)) * left +
                            TO_WIDE(STABILIZE_LANES(S, below + 1)) * right;
        return TO_S((first * upper + second * lower + ALL(WIDE, 128)) >> ALL(WIDE, 8));
    }
    union {
        S lanes;
        SAMPLE_TYPE each[LANES];
    } made = {.lanes = (S)(0)};
    for (int i = 0; i < LANES && X + i < _r->width; i++)
        made.each[i] = stabilize_mixed_one(&from, k, x + i, y);
    return made.lanes;
#endif
}

#ifdef HOST
/* Premultiplied only where samples are mixed. */
static enum tri_alpha stabilize_alpha(const struct tri_operation *operation)
{
    return tri_operation_value(operation, "subpixel") == 0 ? TRI_ALPHA_PLAIN
                                                           : TRI_ALPHA_PREMULTIPLIED;
}

KERNEL(
    stabilize, stabilize_alpha, "holds a shaking picture still",
    "Finds by how many whole columns and rows each frame has moved since the one before: the means "
    "of all columns, and of all rows, are compared at all distances up to range, but for range "
    "places at both ends, and the smallest sum of absolute differences counts; of equal ones the "
    "shortest distance. Each frame is then moved to the mean of its places in the frames from "
    "radius before it to radius after it, rounded to nearest, so that slow movements stay. The "
    "first and the last frame stand in for those beyond. Turns and zooms are not found. Colours "
    "are compared by (R + 2 G + B) / 4, in 8 bits, means in 256ths. Videos in Y'CbCr go through R, "
    "G, B. The result is delayed by radius. By default samples only move, and stay as sharp as "
    "they are. With "
    "subpixel=yes movements are found and made in 16ths of a column and row: costs are taken to "
    "rise by one slope on both sides of the least, and the picture is interpolated bilinearly, "
    "which blurs it a little, differently from frame to frame.",
    "stabilize:radius=1:range=24",
    PARAM_INT(radius, 12, 1, 15, "frames before and after that a place is the mean of")
        PARAM_INT(range, 24, 1, 128, "how far a frame may have moved, in columns and in rows")
            PARAM_CHOICE(edge, 0, 2, "replicate|black",
                         "what is beyond the edge of a frame; black is transparent if it can be")
                PARAM_CHOICE(subpixel, 0, 2, "no|yes", "movements in 16ths; blurs a little"))
ALIASES(stabilize,
        ALIAS("deshake|vidstab|vidstabtransform|videostab|stabilise|steady", "stabilize"))

/* What is bright is at 4, 6 and 6. The mean of 0, 2 and 2 is 1 1/3, so the second frame goes back
 * by one column. */
KNOWN(stabilize, "stabilize:radius=1:range=3",
      PICTURE(12, 1, 1, 1, 1, 1, 1, 1, 1, 90, 1, 1, 1, 1, 7),
      PICTURE(12, 1, 1, 1, 1, 1, 1, 1, 90, 1, 1, 1, 1, 7, 7),
      PICTURE(12, 1, 1, 1, 1, 1, 1, 90, 1, 1, 1, 1, 1, 1, 1),
      PICTURE(12, 1, 1, 1, 1, 1, 1, 1, 1, 90, 1, 1, 1, 1, 1))

static int stabilize_range(int asked, int size)
{
    return asked < (size - 1) / 2 ? asked : (size - 1) / 2;
}

/* How far the frame has moved, in two words. */
static int stabilize_find(struct tri_graph *graph, const struct tri_value *in,
                          const struct stabilize *k)
{
    int luma = in->channel[0];
    if (in->planes > 2)
        luma = NODE(stabilize_luma, .in = {in->channel[0], in->channel[1], in->channel[2]});
    const int columns =
        NODE(stabilize_columns, .in = {luma}, .whole = true, .height = 1, .operations = k->down);
    const int rows = NODE(stabilize_rows, .in = {luma}, .whole = true, .width = k->down,
                          .height = 1, .operations = k->across);
    const int across =
        NODE(stabilize_costs_across, .in = {columns, tri_graph_previous(graph, columns, 1)},
             .whole = true, .width = 2 * k->range[0] + 1, .operations = 2 * k->across,
             .constants = k, .constants_size = sizeof *k);
    const int down = NODE(stabilize_costs_down, .in = {rows, tri_graph_previous(graph, rows, 1)},
                          .whole = true, .width = 2 * k->range[1] + 1, .operations = 2 * k->down,
                          .constants = k, .constants_size = sizeof *k);
    return NODE(stabilize_moves, .in = {across, down}, .whole = true, .width = 2, .constants = k,
                .constants_size = sizeof *k);
}

/* By how much the frame of `radius` frames ago is to be moved. */
static int stabilize_shift(struct tri_graph *graph, int moves, const struct stabilize *k)
{
    const int before = tri_graph_state(graph, moves);
    const int place = NODE(stabilize_add, .in = {moves, before}, .whole = true);
    tri_graph_feedback(graph, before, place);
    const int sum_before = tri_graph_state(graph, moves);
    const int sum =
        NODE(stabilize_exchange,
             .in = {sum_before, place, tri_graph_previous(graph, place, k->frames)}, .whole = true);
    tri_graph_feedback(graph, sum_before, sum);
    const int shifts =
        NODE(stabilize_shifts, .in = {sum, tri_graph_previous(graph, place, k->frames / 2)},
             .whole = true, .width = 4, .constants = k, .constants_size = sizeof *k);
    return NODE(stabilize_samples, .in = {shifts});
}

GRAPH(stabilize)
{
    const int width = tri_graph_width(graph, in.channel[0]);
    const int height = tri_graph_height(graph, in.channel[0]);
    const int radius = (int)VALUE(radius), range = (int)VALUE(range);
    const struct stabilize k = {{stabilize_range(range, width), stabilize_range(range, height)},
                                width,
                                height,
                                2 * radius + 1,
                                VALUE(edge) == 1,
                                VALUE(subpixel) == 1 ? 16 : 1};
    const int shift = stabilize_shift(graph, stabilize_find(graph, &in, &k), &k);
    for (int p = 0; p < in.planes; p++) {
        const int then = tri_graph_previous(graph, in.channel[p], radius);
        in.channel[p] = k.parts == 1
                            ? NODE(stabilize_move, .in = {then, shift}, .whole = true,
                                   .constants = &k, .constants_size = sizeof k)
                            : NODE(stabilize_mix, .in = {then, shift}, .whole = true,
                                   .operations = 8, .constants = &k, .constants_size = sizeof k);
    }
    tri_graph_delay(graph, radius);
    return in;
}
#endif
