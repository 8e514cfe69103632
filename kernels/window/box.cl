/* box -- mean of a square window, at a cost that does not depend on its size: sums slide down the
 * columns, and differences of running sums along the row are the window sums. Borders replicate the
 * edge sample. */
#include "kernel.h"

struct box {
    int radius;
    struct tri_divisor area;
    float inverse; /* 1 / area, or 0: too inexact */
};

/* The sum of a column fits in COLUMN and that of a window in 32 bits, unless the window is far
 * larger than usual. */
#if BITS == 8
#define COLUMN u16
#define TO_COLUMN(v) U16(v)
#define RUNNING u32
#else
#define COLUMN u32
#define TO_COLUMN(v) U32(v)
#define RUNNING u64
#endif

SLIDE(box_columns, S, COLUMN)
{
    return ABOVE + (TO_COLUMN(ENTERING) - TO_COLUMN(LEAVING));
}

SLIDE(box_columns_far, S, u32)
{
    return ABOVE + (U32(ENTERING) - U32(LEAVING));
}

/* The window's sum fits, so running sums may wrap. */
SCAN(box_running, COLUMN, u32);
SCAN(box_running_far, u32, RUNNING);

#if BITS == 8
INLINE S box_divide(u32 sum, CONSTANT struct box *k)
{
    return TO_S(DIVIDE(sum + ALL(u32, k->area.divisor / 2), k->area));
}
#else
/* Up to 36 bits: long division in 8-bit digits. */
INLINE S box_divide_digits(u32 high, u32 low, CONSTANT struct box *k)
{
    const u32 quotient = DIVIDE(high, k->area), rest = high - quotient * ALL(u32, k->area.divisor);
    return TO_S((quotient << ALL(u32, 8)) +
                DIVIDE((rest << ALL(u32, 8)) + low + ALL(u32, k->area.divisor / 2), k->area));
}

/* Sums of up to 181 * 181 samples and half of that are below 2^31. */
INLINE S box_divide(u32 sum, CONSTANT struct box *k)
{
    if (k->area.divisor <= 181 * 181)
        return TO_S(DIVIDE(sum + ALL(u32, k->area.divisor / 2), k->area));
    return box_divide_digits(sum >> ALL(u32, 8), sum & ALL(u32, 255), k);
}
#endif

/* No mean of an odd number of samples is halfway between integers. As long as the float quotient is
 * closer to the mean than that is to the nearest half, it rounds to the same integer. */
PASS(box_mean, u32, S)
{
    CONSTANT struct box *k = CONSTANTS(struct box);
    const u32 sum = AT(k->radius, 0) - AT(-k->radius - 1, 0);
    if (BITS == 8 && k->inverse > 0.0f)
        PUT(TO_S(I32(F32(I32(sum)) * ALL(f32, k->inverse) + ALL(f32, 0.5f))));
    else
        PUT(box_divide(sum, k));
}

PASS(box_mean_far, RUNNING, S)
{
    CONSTANT struct box *k = CONSTANTS(struct box);
    const RUNNING sum = AT(k->radius, 0) - AT(-k->radius - 1, 0);
#if BITS == 8
    PUT(box_divide(sum, k));
#else
    PUT(box_divide_digits(U32(sum >> ALL(u64, 8)), U32(sum) & ALL(u32, 255), k));
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

/* 127: a column of 255 times 255 fits in 16 bits, a window of 255 * 255 times 65535 in 32. 31: the
 * float quotient, up to 255, is within 2^-14 of the mean, and 1 / (2 * 63 * 63) is more. */
enum { BOX_NEAR = 127, BOX_FLOAT = 31 };

GRAPH_PLANE(box)
{
    const int radius = (int)VALUE(radius), side = 2 * radius + 1;
    const struct box k = {radius, tri_divisor_make((uint32_t)(side * side)),
                          radius <= BOX_FLOAT ? 1.0f / (float)(side * side) : 0.0f};
    if (radius <= BOX_NEAR) {
        const int columns =
            NODE(box_columns, .in = {in}, .sparse = 2, .rows = {-radius - 1, radius});
        const int running = NODE(box_running, .in = {columns});
        return NODE(box_mean, .in = {running}, .reach = radius + 1, .operations = 2,
                    .constants = &k, .constants_size = sizeof k, .specialize = true);
    }
    const int columns =
        NODE(box_columns_far, .in = {in}, .sparse = 2, .rows = {-radius - 1, radius});
    const int running = NODE(box_running_far, .in = {columns});
    return NODE(box_mean_far, .in = {running}, .reach = radius + 1, .operations = 2,
                .constants = &k, .constants_size = sizeof k, .specialize = true);
}
#endif
