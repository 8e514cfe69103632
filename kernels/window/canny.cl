/* canny -- thin edges by Canny's method: gradients, their ridges, and hysteresis over the whole
 * picture. Borders: gradients replicate the edge sample; beyond the picture they are 0. */
#include "kernel.h"

#define CANNY_LANES 64
#define CANNY_INSIDE 130

struct canny {
    ulong low, high;             /* a strength above them is a weak or a strong edge */
    ushort inside[CANNY_INSIDE]; /* 0 at CANNY_LANES, else 1 */
};

/* Where the gradient points, in the lowest two bits: to the side, down, down to the right, down to
 * the left. The tangent of 22.5 degrees is 13573 / 32768. */
#define CANNY_DIRECTION_BITS 2

#define CANNY_GRADIENT \
    GRADIENT \
    const WIDE x = TO_WIDE(ABS(gx)), y = TO_WIDE(ABS(gy));

/* x has up to 10 bits, or 18. Its product with 13573 is no multiple of 32768 at 8 bits. */
#if BITS == 8
#define CANNY_TANGENT MUL_HIGH(x, ALL(u16, 2 * 13573))
#define CANNY_ASIDE (y <= tangent)
#else
#define CANNY_TANGENT ((x * ALL(u32, 13573)) >> ALL(u32, 15))
#define CANNY_ASIDE (y < ((x * ALL(u32, 13573) + ALL(u32, 32767)) >> ALL(u32, 15)))
#endif

INLINE WIDE canny_direction(WIDE_SIGNED gx, WIDE_SIGNED gy, WIDE x, WIDE y)
{
    const WIDE tangent = CANNY_TANGENT;
    const WIDE diagonal = SELECT((gx ^ gy) < ALL(WIDE_SIGNED, 0), ALL(WIDE, 3), ALL(WIDE, 2));
    return SELECT(CANNY_ASIDE, ALL(WIDE, 0), SELECT(y > x + x + tangent, ALL(WIDE, 1), diagonal));
}

#if BITS == 8
#define CANNY_SQUARE u32
#define CANNY_TO_SQUARE(v) U32(v)
#else
#define CANNY_SQUARE u64
#define CANNY_TO_SQUARE(v) U64(v)
#endif

PASS(canny_l1, S, WIDE)
{
    CANNY_GRADIENT
    PUT(((x + y) << ALL(WIDE, CANNY_DIRECTION_BITS)) | canny_direction(gx, gy, x, y));
}

PASS(canny_l2, S, CANNY_SQUARE)
{
    CANNY_GRADIENT
    const CANNY_SQUARE x2 = CANNY_TO_SQUARE(x) * CANNY_TO_SQUARE(x);
    const CANNY_SQUARE y2 = CANNY_TO_SQUARE(y) * CANNY_TO_SQUARE(y);
    PUT(((x2 + y2) << ALL(CANNY_SQUARE, CANNY_DIRECTION_BITS)) |
        CANNY_TO_SQUARE(canny_direction(gx, gy, x, y)));
}

/* Marks ridges for hysteresis: 1 if weak, the maximum if strong. A ridge is stronger than what is
 * before it, and stronger than what is after it or, to the side and down, as strong. */
#define CANNY_STRENGTH(T, dx, dy, inside) \
    SELECT((inside) != ALL(T, 0), AT(dx, dy) >> ALL(T, CANNY_DIRECTION_BITS), ALL(T, 0))
#define CANNY_MARK(T, TO_T) \
    CONSTANT struct canny *k = CONSTANTS(struct canny); \
    const int last = IN_WIDTH - 1 - X; \
    const T left = TO_T(CONSTANT_LANES(u16, &k->inside[X == 0 ? CANNY_LANES : CANNY_LANES + 1])); \
    const T right = TO_T(CONSTANT_LANES( \
        u16, &k->inside[last >= 0 && last < CANNY_LANES ? CANNY_LANES - last : CANNY_LANES + 1])); \
    const T above = ALL(T, Y > 0), below = ALL(T, Y < IN_HEIGHT - 1); \
    const T strength = AT(0, 0) >> ALL(T, CANNY_DIRECTION_BITS); \
    const T direction = AT(0, 0) & ALL(T, 3); \
    const T before = \
        SELECT(direction == ALL(T, 0), CANNY_STRENGTH(T, -1, 0, left), \
               SELECT(direction == ALL(T, 1), CANNY_STRENGTH(T, 0, -1, above), \
                      SELECT(direction == ALL(T, 2), CANNY_STRENGTH(T, -1, -1, left & above), \
                             CANNY_STRENGTH(T, 1, -1, right & above)))); \
    const T after = \
        SELECT(direction == ALL(T, 0), CANNY_STRENGTH(T, 1, 0, right), \
               SELECT(direction == ALL(T, 1), CANNY_STRENGTH(T, 0, 1, below), \
                      SELECT(direction == ALL(T, 2), CANNY_STRENGTH(T, 1, 1, right & below), \
                             CANNY_STRENGTH(T, -1, 1, left & below)))); \
    const T least = SELECT(direction < ALL(T, 2), strength + ALL(T, 1), strength); \
    const T mark = SELECT(strength > ALL(T, k->high), ALL(T, MAXIMUM), ALL(T, 1)); \
    PUT(TO_S(SELECT((strength > before) & (least > after) & (strength > ALL(T, k->low)), mark, \
                    ALL(T, 0))));

PASS(canny_mark_l1, WIDE, S){CANNY_MARK(WIDE, TO_WIDE)}

PASS(canny_mark_l2, CANNY_SQUARE, S){CANNY_MARK(CANNY_SQUARE, CANNY_TO_SQUARE)}

/* Where runs begin without those that have a strong edge and come after such a run in a word: after
 * its end a carry goes through the gap. Inputs: where runs begin, bits, runs with a strong edge. */
GATHER(canny_begins, u32, u32)
{
    const int rows = CONSTANTS(struct tri_runs)->rows, y = Y * rows;
    const uint word = (uint)X / 2;
    const ulong begins = bits_word(&SAMPLE(0, Y), word),
                strong = bits_word(&SAMPLE_INPUT(2, 0, Y), word),
                gaps = ~(bits_word(&SAMPLE_INPUT(1, 0, y), word) |
                         bits_word(&SAMPLE_INPUT(1, 0, y + rows - 1), word));
    const ulong after = gaps + (strong << 1 & gaps);
    return (uint)((begins & ~(strong & after)) >> X % 2 * 32);
}

/* White in components that have a strong edge. Input 3: runs that have one. */
RUNS(canny_edges)
{
    CONSTANT struct tri_runs *k = CONSTANTS(struct tri_runs);
    GLOBAL const uint *plane = &SAMPLE(0, 0), *bits = &SAMPLE_INPUT(2, 0, 0);
    if ((SAMPLE_INPUT(3, (uint)X / 32, Y) >> X % 32 & 1) != 0)
        return MAXIMUM;
    const uint own = run_pointer(bits, &SAMPLE_INPUT(2, 0, 1) - bits, k->rows, k->shift, X, Y);
    return components_first(plane, &SAMPLE(0, 1) - plane, k->rows, k->shift, own) == 0 ? MAXIMUM
                                                                                       : 0;
}

#ifdef HOST
KERNEL(canny, tri_alpha_kept, "thin edges (Canny)",
       "White where an edge is, 1 pixel wide, and black elsewhere. The gradient is that of the 3x3 "
       "Sobel operator, its strength |gx| + |gy| or with norm=l2 its length. An edge is stronger "
       "than its neighbours along the gradient, whose direction is rounded to 45 degrees, and "
       "stronger than high, or stronger than low and connected to such an edge by others, "
       "anywhere in the picture. Gives what OpenCV's Canny gives, whose thresholds are 255 times "
       "as large. Noise has edges, too: gaussian comes before. Alpha is kept.",
       "gray,gaussian:sigma=1.4,canny:low=0.2:high=0.4",
       PARAM_FLOAT(low, 0.2, 0, 8, "fraction of the maximum above which an edge goes on")
           PARAM_FLOAT(high, 0.4, 0, 8, "fraction of the maximum above which an edge begins")
               PARAM_CHOICE(norm, 0, 2, "l1|l2", "how to combine gx and gy"))
ALIASES(canny, ALIAS("cannyedge|cannyedges|cannyedgedetector|edgecanny",
                     "gray,gaussian:sigma=1.4,canny:low=0.2:high=0.4"))

/* Steps of 10 and 30: the strength is 40 on both sides of one, 120 on both sides of the other, and
 * of equals the first is the ridge. The thresholds are 26 and 77. Only the step of 30 is strong,
 * and the other is not connected to it. */
KNOWN(canny, "canny:low=0.1:high=0.3", PICTURE(8, 1, 1, 0, 10, 10, 10, 10, 40, 40, 40),
      PICTURE(8, 1, 1, 0, 0, 0, 0, 255, 0, 0, 0))

/* Strengths are whole, so thresholds may be. */
static ulong canny_threshold(double fraction, int bits, bool squared)
{
    const ulong threshold = (ulong)(fraction * ((1 << bits) - 1) + 0.5);
    return squared ? threshold * threshold : threshold;
}

GRAPH_PLANE(canny)
{
    const bool l2 = VALUE(norm) == 1;
    const double low = VALUE(low), high = VALUE(high);
    const int bits = tri_graph_bits(graph);
    struct canny k = {canny_threshold(low < high ? low : high, bits, l2),
                      canny_threshold(low < high ? high : low, bits, l2),
                      {0}};
    for (int i = 0; i < CANNY_INSIDE; i++)
        k.inside[i] = i != CANNY_LANES;
    tri_graph_monochrome(graph);
    int marks;
    if (l2) {
        const int strengths = NODE(canny_l2, .in = {in}, .low = -1, .high = 1, .reach = 1);
        marks = NODE(canny_mark_l2, .in = {strengths}, .low = -1, .high = 1, .reach = 1,
                     .constants = &k, .constants_size = sizeof k);
    } else {
        const int strengths = NODE(canny_l1, .in = {in}, .low = -1, .high = 1, .reach = 1);
        marks = NODE(canny_mark_l1, .in = {strengths}, .low = -1, .high = 1, .reach = 1,
                     .constants = &k, .constants_size = sizeof k);
    }
    const struct tri_components c = tri_graph_components(graph, marks, true, true);
    const struct tri_runs runs = {c.rows, c.shift};
    const int begins = NODE(canny_begins, .in = {c.begins, c.bits, c.strong}, .whole = true,
                            .constants = &runs, .constants_size = sizeof runs);
    return NODE(canny_edges, .in = {c.pointers, begins, c.bits, c.strong}, .whole = true,
                .block = c.rows, .width = tri_graph_width(graph, in),
                .height = tri_graph_height(graph, in), .constants = &runs,
                .constants_size = sizeof runs);
}
#endif
