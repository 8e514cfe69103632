/* clahe -- histogram equalization by tile, with bounded contrast: a table for each tile, between
 * which each sample interpolates. Beyond the edges of the picture tiles go on in its mirror image.
 */
#include "kernel.h"

/* 16 bits: tables have an entry for the first value of each bin, and one for the end of the last;
 * values between are interpolated. */
#if BITS == 8
#define CLAHE_BINS 8
#define CLAHE_ONE 4096
#define CLAHE_SAMPLE(v) ((uchar)(v))
#else
#define CLAHE_BINS 10
#define CLAHE_ONE 32768
#define CLAHE_SAMPLE(v) ((ushort)(v))
#endif

/* `clip`: the most samples that a bin keeps; `scale`: the maximum per sample of a tile. */
struct clahe_tables {
    struct tri_regions tiles;
    uint clip;
    float scale;
};

/* A place for each column, then, after room for lanes beyond the width, one for each row, follow:
 * the table before it, times 65536, and the weight of the next one. */
struct clahe {
    int across;         /* tables in a row of tiles */
    int next_x, next_y; /* from a table to the next: 0 if there is but one */
    int rows;           /* index of the first row's place */
};

PASS(clahe_luma, S, S)
{
    PUT(TO_S((U32(AT_INPUT(0, 0, 0)) * ALL(u32, 19595) + U32(AT_INPUT(1, 0, 0)) * ALL(u32, 38470) +
              U32(AT_INPUT(2, 0, 0)) * ALL(u32, 7471) + ALL(u32, 32768)) >>
             ALL(u32, 16)));
}

/* What bins have beyond the limit goes to all of them; of a rest, bins at even distances get one
 * each. Sums times `scale` are rounded to nearest, half to even. */
REGIONS(clahe_tables, S, CLAHE_BINS)
{
    CONSTANT struct clahe_tables *k = CONSTANTS(struct clahe_tables);
    const uint bins = 1u << CLAHE_BINS;
    uint excess = 0, sum = 0;
    for (uint i = 0; i < bins; i++)
        excess += COUNTS[i] > k->clip ? COUNTS[i] - k->clip : 0;
    const uint each = excess >> CLAHE_BINS, step = bins / (excess % bins + (excess % bins == 0));
    uint rest = excess % bins, next = 0;
#if BITS == 16
    PUT_ENTRY(0, 0);
#endif
    for (uint i = 0; i < bins; i++) {
        const uint more = rest > 0 && i == next;
        next += more != 0 ? step : 0;
        rest -= more;
        sum += (COUNTS[i] < k->clip ? COUNTS[i] : k->clip) + each + more;
        const float value = ((float)sum * k->scale + 12582912.0f) - 12582912.0f;
        PUT_ENTRY((int)i + (BITS == 16), CLAHE_SAMPLE(value < MAXIMUM ? value : MAXIMUM));
    }
}

#if BITS == 8
#define CLAHE_ENTRY(x, y) (uint) SAMPLE_INPUT(1, v, (y)*k->across + (x))
#else
INLINE uint clahe_between(uint a, uint b, uint v)
{
    return (a * (64 - (v & 63)) + b * (v & 63) + 32) >> 6;
}
#define CLAHE_ENTRY(x, y) \
    clahe_between(SAMPLE_INPUT(1, v >> 6, (y)*k->across + (x)), \
                  SAMPLE_INPUT(1, (v >> 6) + 1, (y)*k->across + (x)), v)
#endif

#define CLAHE_PLACES ((CONSTANT uint *)(CONSTANTS(struct clahe) + 1))
#ifdef LOOKUP_LANES
/* Samples less 128, so that sums of 32 bits have a sign. */
INLINE i16 clahe_signed(u8 v)
{
    return I16(v) - ALL(i16, 128);
}

/* Between four tables that are the same for all lanes. */
INLINE u8 clahe_mix(const struct lookup *tables, u8 v, i16 wx, short wy)
{
    u8 at[4];
    for (int i = 0; i < 4; i++)
        at[i] = lookup_lanes(&tables[i], v);
    const acc left = ACC_ADD_PAIR(ACC_ZERO(), clahe_signed(at[0]), clahe_signed(at[2]),
                                  (short)(CLAHE_ONE - wy), wy),
              right = ACC_ADD_PAIR(ACC_ZERO(), clahe_signed(at[1]), clahe_signed(at[3]),
                                   (short)(CLAHE_ONE - wy), wy);
    return U8(ACC_NARROW(ACC_MIX(left, right, wx, CLAHE_ONE), 24) + ALL(i16, 128));
}

/* Inputs: the samples, and the tables, one in each row. */
GATHER_LANES(clahe, S, S)
{
    CONSTANT struct clahe *k = CONSTANTS(struct clahe);
    CONSTANT uint *places = CLAHE_PLACES;
    const int last = X + LANES < _r->width ? X + LANES - 1 : _r->width - 1,
              y = (int)(places[k->rows + Y] >> 16);
    const u32 column = CONSTANT_LANES(u32, places + X);
    const u8 v = ((GLOBAL const u8_at *)&SAMPLE(X, Y))->v;
    u8 made = v;
    for (int x = (int)(places[X] >> 16); x <= (int)(places[last] >> 16); x++) {
        struct lookup tables[4];
        for (int i = 0; i < 4; i++)
            lookup_load_bytes(
                &tables[i],
                &SAMPLE_INPUT(1, 0, (y + i / 2 * k->next_y) * k->across + x + i % 2 * k->next_x));
        const u8 mixed = clahe_mix(tables, v, I16(column & ALL(u32, 65535)),
                                   (short)(places[k->rows + Y] & 65535));
        made = SELECT(U8(column >> ALL(u32, 16)) == ALL(u8, x), mixed, made);
    }
    return made;
}
#else
/* Inputs: the samples, and the tables, one in each row. */
GATHER(clahe, S, S)
{
    CONSTANT struct clahe *k = CONSTANTS(struct clahe);
    CONSTANT uint *places = CLAHE_PLACES;
    const uint v = SAMPLE(X, Y), column = places[X], row = places[k->rows + Y];
    const uint wx = column & 65535, wy = row & 65535;
    const int x = (int)(column >> 16), y = (int)(row >> 16);
    const uint top = CLAHE_ENTRY(x, y) * (CLAHE_ONE - wx) + CLAHE_ENTRY(x + k->next_x, y) * wx,
               bottom = CLAHE_ENTRY(x, y + k->next_y) * (CLAHE_ONE - wx) +
                        CLAHE_ENTRY(x + k->next_x, y + k->next_y) * wx;
#if BITS == 8
    return CLAHE_SAMPLE((top * (CLAHE_ONE - wy) + bottom * wy + (1 << 23)) >> 24);
#else
    /* One bit more than a sample has. */
    const uint above = (top + 8192) >> 14, below = (bottom + 8192) >> 14;
    return CLAHE_SAMPLE((above * (CLAHE_ONE - wy) + below * wy + 32768) >> 16);
#endif
}
#endif

/* Inputs: a colour, the luma, and what that becomes. */
PASS(clahe_add, S, S)
{
    const WIDE_SIGNED colour = TO_WIDE_SIGNED(AT_INPUT(0, 0, 0)),
                      change =
                          TO_WIDE_SIGNED(AT_INPUT(2, 0, 0)) - TO_WIDE_SIGNED(AT_INPUT(1, 0, 0));
    PUT(TO_S(CLAMP(colour + change, ALL(WIDE_SIGNED, 0), ALL(WIDE_SIGNED, MAXIMUM))));
}

#ifdef HOST
#include <math.h>
#include <stdlib.h>

KERNEL(clahe, tri_alpha_kept, "histogram equalization by tile, with bounded contrast",
       "Equalizes the histogram of each of across x down tiles, and interpolates between the "
       "tables of the nearest four. What a histogram has beyond clip times its mean is spread "
       "evenly over all values before: that bounds the contrast, and with it the noise that comes "
       "out. clip=0 sets no bound. Where sides are no multiples, tiles go on in the mirror image "
       "of the picture, by as much as OpenCV makes of it. With planes=luma a picture in colour "
       "keeps its hues: its luma is equalized, and all three colours change by as much. At 8 bits "
       "the tables are those of OpenCV's createCLAHE, and results differ from it by 1 in few "
       "samples, where it rounds the other way. At 16 bits the histogram has 1024 bins, between "
       "which tables are interpolated (OpenCV: 65536 bins, most of them empty). Alpha is kept.",
       "clahe:clip=3",
       PARAM_FLOAT(clip, 2, 0, 255, "bound of a bin, as a multiple of the mean; 0: none")
           PARAM_INT(across, 8, 1, 64, "tiles across") PARAM_INT(down, 8, 1, 64, "tiles down")
               PARAM_CHOICE(planes, 0, 2, "luma|separate",
                            "of colours, equalize the luma or each plane by itself"))
ALIASES(clahe, ALIAS("adapthisteq|equalizeadapthist|histlocal|localequalize|createclahe", "clahe"))

/* One tile: 1, 3 and 4 of 4 samples are at most as large; times 255 that is 63.75, 191.25, 255. */
KNOWN(clahe, "clahe:clip=0:across=1:down=1", PICTURE(4, 1, 1, 10, 20, 20, 30),
      PICTURE(4, 1, 1, 64, 191, 191, 255))

static int clahe_table(struct tri_graph *graph, int in, const struct tri_regions *tiles, int count)
{
    const double area = (double)tiles->width * tiles->height, clip = VALUE(clip);
    const int maximum = (1 << tri_graph_bits(graph)) - 1,
              bins = tri_graph_bits(graph) == 8 ? 256 : 1024;
    if (area > 1 << 30) {
        tri_graph_fail(graph, "clahe: tiles of %d x %d samples are too large; use more of them",
                       tiles->width, tiles->height);
        return 0;
    }
    const double limit = clip > 0 ? fmin(clip * area / bins, area) : area;
    const struct clahe_tables k = {*tiles, limit < 1 ? 1 : (uint)limit,
                                   (float)maximum / (float)area};
    return NODE(clahe_tables, .in = {in}, .whole = true, .width = bins + (bins == 1024),
                .height = count, .operations = area / bins, .constants = &k,
                .constants_size = sizeof k);
}

/* Where the centre of a tile is taken to be is OpenCV's choice. */
static void clahe_place(uint *places, int count, int side, int tiles, int one)
{
    for (int i = 0; i < count; i++) {
        const double at = (double)i / side - 0.5;
        const int tile = (int)floor(at);
        if (tile < 0)
            places[i] = 0;
        else if (tile >= tiles - 1)
            places[i] = tiles == 1 ? 0 : (uint)(tiles - 2) << 16 | (uint)one;
        else
            places[i] = (uint)tile << 16 | (uint)((at - tile) * one + 0.5);
    }
}

static int clahe_plane(struct tri_graph *graph, int in)
{
    const int across = (int)VALUE(across), down = (int)VALUE(down),
              one = tri_graph_bits(graph) == 8 ? 4096 : 32768;
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    const bool even = width % across == 0 && height % down == 0;
    const struct tri_regions tiles = {across, even ? width / across : width / across + 1,
                                      even ? height / down : height / down + 1};
    const int table = clahe_table(graph, in, &tiles, across * down);
    const int columns = width + 64;
    const size_t size = sizeof(struct clahe) + (size_t)(columns + height) * sizeof(uint);
    struct clahe *k = calloc(1, size);
    if (k == NULL) {
        tri_graph_fail(graph, "clahe: out of memory for %zu bytes", size);
        return 0;
    }
    uint *const places = (uint *)(k + 1);
    *k = (struct clahe){across, across > 1, down > 1, columns};
    clahe_place(places, width, tiles.width, across, one);
    clahe_place(places + columns, height, tiles.height, down, one);
    const int made = NODE(clahe, .in = {in, table}, .whole = true, .operations = 12, .constants = k,
                          .constants_size = size);
    free(k);
    return made;
}

GRAPH(clahe)
{
    tri_graph_needs_rgb(graph);
    if (in.planes == 1 || VALUE(planes) == 1) {
        for (int p = 0; p < in.planes; p++)
            in.channel[p] = clahe_plane(graph, in.channel[p]);
        return in;
    }
    const int luma = NODE(clahe_luma, .in = {in.channel[0], in.channel[1], in.channel[2]}),
              made = clahe_plane(graph, luma);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(clahe_add, .in = {in.channel[p], luma, made});
    return in;
}
#endif
