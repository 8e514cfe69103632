/* lut -- colours through a table from a .cube file.
 *
 * A table of three dimensions has entries of 16 bits for red, green and blue on a grid. A sample's
 * place in it is a cell and a fraction of it, in steps of 1 / MAXIMUM. Weights of a tetrahedron's
 * corners add up to MAXIMUM, and MAXIMUM times an entry fits in 32 bits, so the sum is exact and
 * rounds once. */
#include "kernel.h"

/* The entries follow, as two numbers each: green and red, and blue. */
struct lut {
    int size;
    float scale[3], offset[3]; /* from a sample to its place */
};
#define LUT_TABLE(k) ((CONSTANT uint *)((k) + 1))

/* x / 65535, rounded, for x up to 65535 * 65535: as alpha_multiply does it. */
INLINE u32 lut_divide(u32 x)
{
    const u32 rounded = x + ALL(u32, 32768), places = ALL(u32, 16);
    return (rounded + (rounded >> places)) >> places;
}

/* A channel's place, in steps of 1 / MAXIMUM of a cell. */
INLINE u32 lut_place(CONSTANT struct lut *k, f32 sample, int channel)
{
    const f32 place = sample * ALL(f32, k->scale[channel]) + ALL(f32, k->offset[channel]);
    const f32 most = ALL(f32, (float)MAXIMUM * (float)(k->size - 1));
    return U32(I32(FLOAT_CLAMP(place, ALL(f32, 0.0f), most) + ALL(f32, 0.5f)));
}

/* The cell: place / MAXIMUM without its fraction, but the last cell includes its end. */
INLINE u32 lut_cell(CONSTANT struct lut *k, u32 place)
{
    const u32 bits = ALL(u32, BITS), cell = (place + (place >> bits) + ALL(u32, 1)) >> bits;
    return MIN(cell, ALL(u32, k->size - 2));
}

#define LUT_PLACES \
    CONSTANT struct lut *k = CONSTANTS(struct lut); \
    const u32 red = lut_place(k, F32(AT_INPUT(0, 0, 0)), 0); \
    const u32 green = lut_place(k, F32(AT_INPUT(1, 0, 0)), 1); \
    const u32 blue = lut_place(k, F32(AT_INPUT(2, 0, 0)), 2); \
    const u32 red_cell = lut_cell(k, red), green_cell = lut_cell(k, green), \
              blue_cell = lut_cell(k, blue), most = ALL(u32, MAXIMUM); \
    const u32 red_rest = red - red_cell * most, green_rest = green - green_cell * most, \
              blue_rest = blue - blue_cell * most; \
    const u32 to_red = ALL(u32, 2), to_green = ALL(u32, 2 * k->size), \
              to_blue = ALL(u32, 2 * k->size * k->size); \
    const u32 first = red_cell * to_red + green_cell * to_green + blue_cell * to_blue;

#define LUT_RED(pair) ((pair)&ALL(u32, 65535))
#define LUT_GREEN(pair) ((pair) >> ALL(u32, 16))

/* The step along the axis that a key names. */
INLINE u32 lut_step(u32 key, u32 to_red, u32 to_green, u32 to_blue)
{
    const u32 axis = key & ALL(u32, 3);
    return SELECT(axis == ALL(u32, 0), to_red, SELECT(axis == ALL(u32, 1), to_green, to_blue));
}

/* From the cell's first corner to its last along the axis of the largest fraction, then of the
 * second, then of the smallest. Equal fractions may come in any order: what is between them has no
 * weight. */
PASS(lut_tetrahedral, S, S)
{
    LUT_PLACES
    const u32 four = ALL(u32, 4), two = ALL(u32, 2), one = ALL(u32, 1);
    const u32 a = red_rest * four, b = green_rest * four + one, c = blue_rest * four + two;
    const u32 large = MAX(MAX(a, b), c), small = MIN(MIN(a, b), c),
              middle = a + b + c - large - small;
    const u32 last = first + (to_red + to_green + to_blue);
    const u32 second = first + lut_step(large, to_red, to_green, to_blue);
    const u32 third = last - lut_step(small, to_red, to_green, to_blue);
    const u32 x = large >> two, y = middle >> two, z = small >> two;
    const u32 w0 = most - x, w1 = x - y, w2 = y - z, w3 = z;
    const u32 p0 = TABLE_AT(LUT_TABLE(k), first), p1 = TABLE_AT(LUT_TABLE(k), second),
              p2 = TABLE_AT(LUT_TABLE(k), third), p3 = TABLE_AT(LUT_TABLE(k), last);
    PUT_OUTPUT(0, TO_S(lut_divide(LUT_RED(p0) * w0 + LUT_RED(p1) * w1 + LUT_RED(p2) * w2 +
                                  LUT_RED(p3) * w3)));
    PUT_OUTPUT(1, TO_S(lut_divide(LUT_GREEN(p0) * w0 + LUT_GREEN(p1) * w1 + LUT_GREEN(p2) * w2 +
                                  LUT_GREEN(p3) * w3)));
    PUT_OUTPUT(2, TO_S(lut_divide(TABLE_AT(LUT_TABLE(k), first + one) * w0 +
                                  TABLE_AT(LUT_TABLE(k), second + one) * w1 +
                                  TABLE_AT(LUT_TABLE(k), third + one) * w2 +
                                  TABLE_AT(LUT_TABLE(k), last + one) * w3)));
}

/* Between two entries of 16 bits, with a fraction of 65535. */
INLINE u32 lut_between(u32 low, u32 high, u32 fraction)
{
    return lut_divide(low * (ALL(u32, 65535) - fraction) + high * fraction);
}

#if BITS == 8
#define LUT_FRACTION(rest) ((rest)*ALL(u32, 257))
#define LUT_SAMPLE(entry) TO_S(lut_divide((entry)*ALL(u32, 255)))
#else
#define LUT_FRACTION(rest) (rest)
#define LUT_SAMPLE(entry) TO_S(entry)
#endif

#define LUT_SQUARE(of, e, at) \
    lut_between(lut_between(of(e[at]), of(e[at + 1]), red_part), \
                lut_between(of(e[at + 2]), of(e[at + 3]), red_part), green_part)
#define LUT_CUBE(of, e) \
    LUT_SAMPLE(lut_between(LUT_SQUARE(of, e, 0), LUT_SQUARE(of, e, 4), blue_part))
#define LUT_BLUE(number) (number)

/* Along red, then green, then blue; each rounds to 16 bits. */
PASS(lut_trilinear, S, S)
{
    LUT_PLACES
    const u32 red_part = LUT_FRACTION(red_rest), green_part = LUT_FRACTION(green_rest),
              blue_part = LUT_FRACTION(blue_rest), one = ALL(u32, 1);
    const u32 at[8] = {first,
                       first + to_red,
                       first + to_green,
                       first + to_green + to_red,
                       first + to_blue,
                       first + to_blue + to_red,
                       first + to_blue + to_green,
                       first + to_blue + to_green + to_red};
    const u32 pair[8] = {TABLE_AT(LUT_TABLE(k), at[0]), TABLE_AT(LUT_TABLE(k), at[1]),
                         TABLE_AT(LUT_TABLE(k), at[2]), TABLE_AT(LUT_TABLE(k), at[3]),
                         TABLE_AT(LUT_TABLE(k), at[4]), TABLE_AT(LUT_TABLE(k), at[5]),
                         TABLE_AT(LUT_TABLE(k), at[6]), TABLE_AT(LUT_TABLE(k), at[7])};
    PUT_OUTPUT(0, LUT_CUBE(LUT_RED, pair));
    PUT_OUTPUT(1, LUT_CUBE(LUT_GREEN, pair));
    const u32 single[8] = {
        TABLE_AT(LUT_TABLE(k), at[0] + one), TABLE_AT(LUT_TABLE(k), at[1] + one),
        TABLE_AT(LUT_TABLE(k), at[2] + one), TABLE_AT(LUT_TABLE(k), at[3] + one),
        TABLE_AT(LUT_TABLE(k), at[4] + one), TABLE_AT(LUT_TABLE(k), at[5] + one),
        TABLE_AT(LUT_TABLE(k), at[6] + one), TABLE_AT(LUT_TABLE(k), at[7] + one)};
    PUT_OUTPUT(2, LUT_CUBE(LUT_BLUE, single));
}

#ifdef HOST
#include "../../host/image/cube.h"

#include <stdlib.h>

USES(lookup)

/* ---- files ---- */

static const char lut_warm[] = "TITLE \"warm: golden light, lifted shadows\"\n"
                               "LUT_3D_SIZE 3\n"
                               "0.040 0.025 0.035\n0.582 0.025 0.035\n1.000 0.025 0.035\n"
                               "0.054 0.520 0.035\n0.540 0.505 0.035\n1.000 0.490 0.035\n"
                               "0.052 0.975 0.035\n0.483 0.975 0.035\n1.000 0.975 0.035\n"
                               "0.042 0.025 0.525\n0.579 0.025 0.511\n1.000 0.025 0.497\n"
                               "0.054 0.515 0.479\n0.535 0.500 0.465\n1.000 0.485 0.451\n"
                               "0.051 0.975 0.433\n0.476 0.975 0.419\n1.000 0.975 0.405\n"
                               "0.044 0.025 0.895\n0.575 0.025 0.895\n1.000 0.025 0.895\n"
                               "0.055 0.510 0.895\n0.530 0.495 0.895\n1.000 0.480 0.895\n"
                               "0.050 0.975 0.895\n0.469 0.975 0.895\n1.000 0.975 0.895\n";
static const char lut_contrast[] = "TITLE \"contrast: an S-curve\"\n"
                                   "LUT_1D_SIZE 9\n"
                                   "0.000 0.000 0.000\n0.073 0.073 0.073\n0.188 0.188 0.188\n"
                                   "0.335 0.335 0.335\n0.500 0.500 0.500\n0.665 0.665 0.665\n"
                                   "0.812 0.812 0.812\n0.927 0.927 0.927\n1.000 1.000 1.000\n";
static const char lut_faded[] = "TITLE \"faded: an old print\"\n"
                                "LUT_1D_SIZE 3\n"
                                "LUT_3D_SIZE 2\n"
                                "LUT_3D_INPUT_RANGE -0.125 1.125\n"
                                "0 0 0.05\n0.54 0.52 0.5\n1 0.98 0.94\n"
                                "0.120 0.120 0.120\n0.720 0.188 0.188\n0.257 0.789 0.257\n"
                                "0.857 0.857 0.325\n0.143 0.143 0.675\n0.743 0.211 0.743\n"
                                "0.280 0.812 0.812\n0.880 0.880 0.880\n";

static enum tri_status lut_read(const char *path, const char *bytes, size_t size, void **contents,
                                struct tri_error *error)
{
    struct tri_cube *cube = NULL;
    const enum tri_status status = tri_cube_read(path, bytes, size, &cube, error);
    *contents = cube;
    return status;
}

static const struct tri_own_file lut_own[] = {
    {"warm", lut_warm}, {"contrast", lut_contrast}, {"faded", lut_faded}, {0}};
static const struct tri_kernel_files lut_files = {lut_read, lut_own};

KERNEL(
    lut, tri_alpha_kept, "colours through a .cube file",
    "Colour grading by the tables of a .cube file, of one dimension for each channel, of three "
    "for all together with sides of 2 to 129, or one after the other. Between the entries of "
    "three dimensions it interpolates in tetrahedra, as most programs for films do, or in cubes. "
    "@warm, @contrast and @faded are part of the program. A gray picture becomes a colour "
    "picture. Alpha is kept.",
    "lut:file=@warm",
    PARAM_FILE(file, 0, "a .cube file") PARAM_CHOICE(interpolation, 0, 2, "tetrahedral|trilinear",
                                                     "between the entries of three dimensions"))
ALIASES(lut, ALIAS("lut3d|lut1d|haldclut|cube|colorcube|clut|colorgrade", "lut:file=@warm"))

/* The first entry, the last, and between the first and the middle one, 0.535 0.500 0.465, which
 * weigh 127 and 128 of 255: 0.040 * 127 + 0.535 * 128 = 73.6 and so on. */
KNOWN(lut, "lut:file=@warm", PICTURE(3, 1, 3, 0, 255, 64, 0, 255, 64, 0, 255, 64),
      PICTURE(3, 1, 3, 10, 255, 74, 6, 249, 67, 9, 228, 64))

/* Decimal numbers in a file may lie half-way between two samples, where products of doubles are a
 * little less or more. They go up. */
#define LUT_HALF (0.5 + 1e-9)

/* ---- one dimension ---- */

static double lut_clamp(double value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

static int lut_curve(struct tri_graph *graph, const struct tri_cube *cube, int channel, int in)
{
    const int most = (1 << tri_graph_bits(graph)) - 1, last = cube->size_1d - 1;
    const double low = cube->low_1d[channel], high = cube->high_1d[channel];
    ushort table[1 << 16];
    for (int v = 0; v <= most; v++) {
        const double at = lut_clamp(((double)v / most - low) / (high - low)) * last;
        const int entry = at < last ? (int)at : last - 1;
        const double first = cube->entries[3 * entry + channel],
                     next = cube->entries[3 * entry + 3 + channel];
        table[v] = (ushort)(lut_clamp(first + (next - first) * (at - entry)) * most + LUT_HALF);
    }
    return NODE(lookup, .in = {in}, .constants = table,
                .constants_size = ((size_t)most + 1) * sizeof table[0]);
}

/* ---- three dimensions ---- */

static uint lut_entry(double value)
{
    return (uint)(lut_clamp(value) * 65535 + 0.5);
}

static struct tri_value lut_cube(struct tri_graph *graph, const struct tri_cube *cube,
                                 const int in[3])
{
    const size_t side = (size_t)cube->size_3d, count = side * side * side;
    const size_t size = sizeof(struct lut) + 2 * count * sizeof(uint);
    const double *from = cube->entries + 3 * (size_t)cube->size_1d;
    struct lut *k = malloc(size);
    int first = 0;
    if (k == NULL) {
        tri_graph_fail(graph, "lut: out of memory for a table of %zu bytes", size);
        return (struct tri_value){3, {0}};
    }
    uint *table = (uint *)(k + 1);
    k->size = cube->size_3d;
    for (int i = 0; i < 3; i++) {
        const double each = (double)(side - 1) / (cube->high_3d[i] - cube->low_3d[i]);
        k->scale[i] = (float)each;
        k->offset[i] = (float)(-cube->low_3d[i] * ((1 << tri_graph_bits(graph)) - 1) * each);
    }
    for (size_t i = 0; i < count; i++) {
        table[2 * i] = lut_entry(from[3 * i]) | lut_entry(from[3 * i + 1]) << 16;
        table[2 * i + 1] = lut_entry(from[3 * i + 2]);
    }
    if (VALUE(interpolation) == 1)
        first = NODE(lut_trilinear, .in = {in[0], in[1], in[2]}, .outputs = 3, .operations = 7,
                     .constants = k, .constants_size = size);
    else
        first = NODE(lut_tetrahedral, .in = {in[0], in[1], in[2]}, .outputs = 3, .operations = 4,
                     .constants = k, .constants_size = size);
    free(k);
    return (struct tri_value){3, {first, first + 1, first + 2}};
}

GRAPH_WITH_FILES(lut, &lut_files)
{
    const struct tri_cube *cube = CONTENTS(file);
    int channel[3];
    tri_graph_needs_rgb(graph);
    for (int i = 0; i < 3; i++) {
        channel[i] = in.channel[in.planes == 1 ? 0 : i];
        if (cube->size_1d > 0)
            channel[i] = lut_curve(graph, cube, i, channel[i]);
    }
    if (cube->size_3d > 0)
        return lut_cube(graph, cube, channel);
    return (struct tri_value){3, {channel[0], channel[1], channel[2]}};
}
#endif
