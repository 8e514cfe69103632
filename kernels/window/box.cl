/* box -- mean of a square window, at a cost that does not depend on its size: sums slide down the
 * columns, and differences of running sums along the row are the window sums. Borders replicate the
 * edge sample. */
#include "kernel.h"

struct box {
    int radius;
    struct tri_divisor area;
};

SLIDE(box_columns, S, u32)
{
    return ABOVE + (U32(ENTERING) - U32(LEAVING));
}

#if BITS == 8
#define RUNNING u32 /* a window's sum fits, so running sums may wrap */
#else
#define RUNNING u64
#endif
SCAN(box_running, u32, RUNNING);

PASS(box_mean, RUNNING, S)
{
    CONSTANT struct box *k = CONSTANTS(struct box);
    const RUNNING sum = AT(k->radius, 0) - AT(-k->radius - 1, 0);
    const u32 rounding = ALL(u32, k->area.divisor / 2);
#if BITS == 8
    PUT(TO_S(DIVIDE(sum + rounding, k->area)));
#else
    /* Up to 36 bits: long division in 8-bit digits. */
    const u32 high = U32(sum >> ALL(u64, 8)), low = U32(sum) & ALL(u32, 255);
    const u32 quotient = DIVIDE(high, k->area);
    const u32 rest = high - quotient * ALL(u32, k->area.divisor);
    PUT(TO_S((quotient << ALL(u32, 8)) + DIVIDE((rest << ALL(u32, 8)) + low + rounding, k->area)));
#endif
}

#ifdef HOST
KERNEL(box, tri_alpha_premultiplied, "mean of a square window",
       "The exact mean of the (2 radius + 1)^2 samples around each sample, rounded to nearest. The "
       "cost "
       "is the same for every radius. Borders replicate the edge sample.",
       "box:radius=15",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 500, "window radius in pixels", TRI_RADIUS))
ALIASES(box, ALIAS("boxblur|boxfilter|avgblur|meanblur|mean", "box:radius=2"))

/* The only row is replicated, so it counts three times. The first result is (0 + 0 + 90) / 3. */
KNOWN(box, "box", PICTURE(3, 1, 1, 0, 90, 240), PICTURE(3, 1, 1, 30, 110, 190))

GRAPH_PLANE(box)
{
    const int radius = (int)VALUE(radius), side = 2 * radius + 1;
    const struct box k = {radius, tri_divisor_make((uint32_t)(side * side))};
    const int columns = NODE(box_columns, .in = {in}, .sparse = 2, .rows = {-radius - 1, radius});
    const int running = NODE(box_running, .in = {columns});
    return NODE(box_mean, .in = {running}, .reach = radius + 1, .operations = 2, .constants = &k,
                .constants_size = sizeof k, .specialize = true);
}
#endif
