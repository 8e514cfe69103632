/* dither -- few levels per colour, where a pattern of pixels stands in for those between them: that
 * of a Bayer matrix, whose rows and columns repeat, or of errors that pixels leave to their
 * neighbours. Borders: nothing is beyond the picture.
 *
 * Floyd and Steinberg, "An adaptive algorithm for spatial grey scale", 1976: a pixel has to wait
 * for the one before it and for three above it. So the picture is cut into bands of rows, and each
 * band into tiles that lean to the left by one column a row, as the error from above on the right
 * wants. A tile waits for the one before it in its band and for the next one in the band above. In
 * round t band b makes its tile t - 2 b, so both are there, and no two tiles of a round touch the
 * same samples. */
#include "kernel.h"

#define DITHER_SIDE 16 /* the largest matrix; smaller ones repeat in it */
#define DITHER_LANES 64

/* A row of the matrix is repeated for as many lanes as there are. */
struct dither {
    ushort add[DITHER_SIDE][DITHER_SIDE + DITHER_LANES]; /* up to the maximum */
    uint steps; /* between levels: one less than there are levels */
    struct tri_divisor maximum, twice_steps;
};

PASS(dither, S, S)
{
    CONSTANT struct dither *k = CONSTANTS(struct dither);
    const u16 add = CONSTANT_LANES(u16, &k->add[Y & (DITHER_SIDE - 1)][X & (DITHER_SIDE - 1)]);
#if BITS == 8
    /* Fits 16 bits; (n + 1 + (n >> 8)) >> 8 is n / 255 for n < 65535. */
    const u16 n = U16(U16(AT(0, 0)) * ALL(u16, k->steps) + add);
    PUT(U8(U16(n + ALL(u16, 1) + U16(n >> ALL(u16, 8))) >> ALL(u16, 8)));
#else
    const u32 level = DIVIDE(U32(AT(0, 0)) * ALL(u32, k->steps) + U32(add), k->maximum);
    PUT(U16(DIVIDE(level * ALL(u32, 2 * MAXIMUM) + ALL(u32, k->steps), k->twice_steps)));
#endif
}

#define DITHER_TILE_ROWS 32
#define DITHER_TILE_COLUMNS 64 /* at least as many */
#define DITHER_NO_ERROR 32768

struct dither_errors {
    int width, height, tiles; /* tiles: of a band */
    uint steps;
    ushort values[128]; /* of levels */
};

PASS(dither_widen, S, u32)
{
    PUT(U32(AT(0, 0)));
}

/* What a pixel leaves: its error in the lower half, and its value in the upper one. */
INLINE int dither_error(GLOBAL const uint *place)
{
    return (int)(LATEST(place) & 0xffff) - DITHER_NO_ERROR;
}

/* Which tile each band makes in the first round. No pixel has a value yet, so that half is 0. */
GATHER(dither_begin, u32, u32)
{
    return (SAMPLE(X, Y) >> 16) - 2 * (uint)Y;
}

/* Makes columns `begin` to `end` - 1 of a row; `above` is NULL in the first one. */
INLINE void dither_row(CONSTANT struct dither_errors *k, GLOBAL uint *row, GLOBAL const uint *above,
                       int begin, int end)
{
    int left = begin > 0 ? dither_error(row + begin - 1) : 0;
    int above_left = begin > 0 && above != 0 ? dither_error(above + begin - 1) : 0;
    int above_here = above != 0 ? dither_error(above + begin) : 0;
    for (int x = begin; x < end; x++) {
        const int above_right = above != 0 && x + 1 < k->width ? dither_error(above + x + 1) : 0;
        const int sum = 7 * left + above_left + 5 * above_here + 3 * above_right;
        const int wanted = (int)LATEST(row + x) + sum / 16;
        const int v = wanted < 0 ? 0 : wanted > MAXIMUM ? MAXIMUM : wanted;
        const uint value = k->values[(2 * (uint)v * k->steps + MAXIMUM) / (2u * MAXIMUM)];
        left = v - (int)value;
        row[x] = value << 16 | (uint)(left + DITHER_NO_ERROR);
        above_left = above_here;
        above_here = above_right;
    }
}

/* Makes the next tile of band Y of input 1, if it is in the picture. */
UPDATE(dither_tile)
{
    CONSTANT struct dither_errors *k = CONSTANTS(struct dither_errors);
    const int tile = (int)LATEST(PLACE(X, Y));
    *PLACE(X, Y) = (uint)tile + 1;
    if (tile < 0 || tile >= k->tiles)
        return;
    for (int r = 0; r < DITHER_TILE_ROWS; r++) {
        const int y = Y * DITHER_TILE_ROWS + r, from = tile * DITHER_TILE_COLUMNS - r;
        const int to = from + DITHER_TILE_COLUMNS, end = to < k->width ? to : k->width;
        if (y < k->height && end > 0)
            dither_row(k, PLACE_INPUT(1, 0, y), y > 0 ? PLACE_INPUT(1, 0, y - 1) : 0,
                       from > 0 ? from : 0, end);
    }
}

PASS(dither_value, u32, S)
{
    PUT(TO_S(AT(0, 0) >> ALL(u32, 16)));
}

#ifdef HOST
USES(lookup)

KERNEL(
    dither, tri_alpha_kept, "few levels, mixed by a pattern or by diffusing errors",
    "Each sample becomes one of so many evenly spaced levels, rounded half up. method=ordered "
    "takes "
    "one of the two nearest: the upper one if its distance from the lower, as a fraction, and (b + "
    "1/2) / size^2 make at least 1, where b is the place's number in the Bayer matrix, from 0. So "
    "the mean of an even area stays within a step of the matrix. The matrix is the recursive one, "
    "which is 0 2 above 3 1 at size 2, and all colours use the same pattern. "
    "method=floyd-steinberg takes the nearest level, and adds the error to neighbours that follow: "
    "7/16 of it to the right, 3/16, 5/16 and 1/16 below on the left, below, and on the right, row "
    "by row and from left to right, as Pillow does. What a sample gets is summed, rounded towards "
    "0, and the sample stays between black and white. Finer, but it moves with the picture, and "
    "takes much longer on GPUs, as pixels wait for others. Alpha is kept.",
    "dither:levels=2:size=8",
    PARAM_INT(levels, 2, 2, 128, "levels per colour")
        PARAM_CHOICE(size, 2, 4, "2|4|8|16", "side of the matrix")
            PARAM_CHOICE(method, 0, 2, "ordered|floyd-steinberg", "where errors go"))
ALIASES(dither, ALIAS("ordereddither|bayer|paletteuse|halftone", "dither:levels=2:size=8")
                    ALIAS("floydsteinberg|errordiffusion|diffuse|fsdither",
                          "dither:levels=2:method=floyd-steinberg"))

/* At size 2, white begins above 7/8, 3/8, 1/8 and 5/8 of the maximum: 0 2 above 3 1. */
KNOWN(dither, "dither:levels=2:size=2", PICTURE(4, 2, 1, 223, 95, 224, 96, 31, 159, 32, 160),
      PICTURE(4, 2, 1, 0, 0, 255, 255, 0, 0, 255, 255))

/* The numbers of a matrix with sides twice as long are 4 times as large, plus 0 2 above 3 1 by
 * quarter: bits of x ^ y and of y in turn, from the lowest bits of the place on. */
static int dither_number(int x, int y, int side)
{
    int number = 0;
    for (int bit = 1; bit < side; bit *= 2)
        number = number * 4 + ((x ^ y) & bit ? 2 : 0) + (y & bit ? 1 : 0);
    return number;
}

/* Levels are rounded half up. */
static ushort dither_level(uint level, uint steps, uint maximum)
{
    return (ushort)((2 * level * maximum + steps) / (2 * steps));
}

static struct tri_value dither_ordered(struct tri_graph *graph, struct tri_value in)
{
    const int side = 2 << (int)VALUE(size);
    const uint maximum = (1u << tri_graph_bits(graph)) - 1, steps = (uint)VALUE(levels) - 1;
    struct dither k = {.steps = steps,
                       .maximum = tri_divisor_make(maximum),
                       .twice_steps = tri_divisor_make(2 * steps)};
    for (int y = 0; y < DITHER_SIDE; y++) {
        for (int x = 0; x < DITHER_SIDE + DITHER_LANES; x++) {
            const uint number = (uint)dither_number(x % side, y % side, side);
            k.add[y][x] = (ushort)((2 * number + 1) * maximum / (2 * (uint)(side * side)));
        }
    }
    ushort table[256] = {0};
    for (uint level = 0; level <= steps; level++)
        table[level] = dither_level(level, steps, maximum);
    for (int p = 0; p < in.planes; p++) {
        in.channel[p] =
            NODE(dither, .in = {in.channel[p]}, .constants = &k, .constants_size = sizeof k);
        if (tri_graph_bits(graph) == 8)
            in.channel[p] = NODE(lookup, .in = {in.channel[p]}, .constants = table,
                                 .constants_size = sizeof table);
    }
    return in;
}

static struct tri_value dither_diffused(struct tri_graph *graph, struct tri_value in)
{
    const uint maximum = (1u << tri_graph_bits(graph)) - 1;
    struct dither_errors k = {.width = tri_graph_width(graph, in.channel[0]),
                              .height = tri_graph_height(graph, in.channel[0]),
                              .steps = (uint)VALUE(levels) - 1};
    const int bands = (k.height + DITHER_TILE_ROWS - 1) / DITHER_TILE_ROWS;
    int next[TRI_PLANES_MAX]; /* tiles of bands */
    k.tiles = (k.width + DITHER_TILE_ROWS - 1 + DITHER_TILE_COLUMNS - 1) / DITHER_TILE_COLUMNS;
    for (uint level = 0; level <= k.steps; level++)
        k.values[level] = dither_level(level, k.steps, maximum);
    for (int p = 0; p < in.planes; p++) {
        in.channel[p] = NODE(dither_widen, .in = {in.channel[p]});
        next[p] =
            NODE(dither_begin, .in = {in.channel[p]}, .whole = true, .width = 1, .height = bands);
    }
    tri_graph_repeat(graph, (uint64_t)k.tiles + 2 * (uint64_t)(bands - 1));
    for (int p = 0; p < in.planes; p++)
        NODE(dither_tile, .in = {next[p], in.channel[p]}, .into = in.channel[p], .constants = &k,
             .constants_size = sizeof k,
             .operations = 8.0 * DITHER_TILE_ROWS * DITHER_TILE_COLUMNS);
    tri_graph_repeat_end(graph);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(dither_value, .in = {in.channel[p]});
    return in;
}

GRAPH(dither)
{
    tri_graph_needs_rgb(graph);
    return VALUE(method) == 0 ? dither_ordered(graph, in) : dither_diffused(graph, in);
}
#endif
