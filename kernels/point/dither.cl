/* dither -- few levels per colour, where the pattern of a Bayer matrix stands in for those between
 * them. Rows and columns of the matrix repeat. */
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

#ifdef HOST
USES(lookup)

KERNEL(
    dither, tri_alpha_kept, "few levels, mixed by an ordered pattern",
    "Each sample becomes one of the two nearest of so many evenly spaced levels: the upper one if "
    "its distance from the lower, as a fraction, and (b + 1/2) / size^2 make at least 1, where b "
    "is the place's number in the Bayer matrix, from 0. So the mean of an even area stays within "
    "a step of the matrix. Levels are rounded half up. The matrix is the recursive one, which is "
    "0 2 above 3 1 at size 2. All colours use the same pattern. Errors are not diffused to "
    "neighbours: "
    "that has to go pixel by pixel. Alpha is kept.",
    "dither:levels=2:size=8",
    PARAM_INT(levels, 2, 2, 128, "levels per colour")
        PARAM_CHOICE(size, 2, 4, "2|4|8|16", "side of the matrix"))
ALIASES(dither, ALIAS("ordereddither|bayer|paletteuse|halftone|remap", "dither:levels=2:size=8"))

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

GRAPH_PLANE(dither)
{
    tri_graph_needs_rgb(graph);
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
    const int levels = NODE(dither, .in = {in}, .constants = &k, .constants_size = sizeof k);
    if (tri_graph_bits(graph) == 16)
        return levels;
    ushort table[256] = {0};
    for (uint level = 0; level <= steps; level++)
        table[level] = (ushort)((2 * level * maximum + steps) / (2 * steps));
    return NODE(lookup, .in = {levels}, .constants = table, .constants_size = sizeof table);
}
#endif
