/* adjust -- brightness and contrast: contrast * (v - middle) + middle + brightness * range. */
#include "kernel.h"

/* (v * contrast + offset) >> 16, where the offset has two digits: 256 * high + low. */
struct adjust {
    int contrast, high, low;
};

/* High and low bytes separately, because the product of 16 and 21 bits does not fit. */
PASS(adjust, S, S)
{
    CONSTANT struct adjust *k = CONSTANTS(struct adjust);
    const i32 v = I32(AT(0, 0)), contrast = ALL(i32, k->contrast), eight = ALL(i32, 8);
    const i32 high = (v >> eight) * contrast + ALL(i32, k->high);
    const i32 low = (v & ALL(i32, 255)) * contrast + ALL(i32, k->low);
    PUT(TO_S(CLAMP((high + (low >> eight)) >> eight, ALL(i32, 0), ALL(i32, MAXIMUM))));
}

#ifdef HOST
#include <math.h>

USES(lookup)

KERNEL(
    adjust, tri_alpha_kept, "brightness and contrast",
    "Each sample becomes contrast * (v - middle) + middle + brightness * range, clamped, where "
    "the range is from 0 to the maximum, or in planes of video from black to white. Both numbers "
    "are rounded to 65536ths, the result to nearest, half up. ImageMagick's "
    "-brightness-contrast takes percentages and makes the slope from a tangent; here contrast is "
    "the slope. Alpha is kept.",
    "adjust:brightness=0.1:contrast=1.2",
    PARAM_FLOAT(brightness, 0, -1, 1, "added, as a fraction of the range")
        PARAM_FLOAT(contrast, 1, 0, 16, "slope about the middle: 0 is flat gray, 1 no change"))
ALIASES(adjust,
        ALIAS("brightness|brighten", "adjust:brightness=0.1")
            ALIAS("contrast|brightnesscontrast|eq|convertscaleabs|linear", "adjust:contrast=1.2"))

/* 1.5 * (100 - 127.5) + 127.5 + 0.2 * 255 = 137.25; the others are clamped. */
KNOWN(adjust, "adjust:brightness=0.2:contrast=1.5", PICTURE(3, 1, 1, 0, 100, 200),
      PICTURE(3, 1, 1, 0, 137, 255))

static int64_t adjust_floor(int64_t dividend, int64_t divisor)
{
    return dividend / divisor - (dividend % divisor < 0);
}

GRAPH_PLANE(adjust)
{
    const struct tri_levels levels = tri_graph_levels(graph);
    const int64_t contrast = (int64_t)floor(VALUE(contrast) * 65536 + 0.5);
    const int64_t brightness = (int64_t)floor(VALUE(brightness) * 65536 + 0.5);
    const int64_t sum = (int64_t)levels.black + levels.white,
                  range = (int64_t)levels.white - levels.black;
    const int64_t offset =
        adjust_floor(sum * (65536 - contrast) + 2 * brightness * range + 65536, 2);
    const int64_t high = adjust_floor(offset, 256);
    const struct adjust k = {(int)contrast, (int)high, (int)(offset - 256 * high)};
    if (tri_graph_bits(graph) == 16)
        return NODE(adjust, .in = {in}, .constants = &k, .constants_size = sizeof k);
    ushort table[256];
    for (int v = 0; v < 256; v++) {
        const int64_t made = adjust_floor(v * contrast + offset, 65536);
        table[v] = (ushort)(made < 0 ? 0 : made > 255 ? 255 : made);
    }
    return NODE(lookup, .in = {in}, .constants = table, .constants_size = sizeof table);
}
#endif
