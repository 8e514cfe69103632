/* deinterlace -- keeps the lines of one field and interpolates the others from the lines above and
 * below, along the direction in which these agree best, but no farther from the neighbouring frames
 * than those change there. The interpolation is yadif's. */
#include "kernel.h"

struct deinterlace {
    int kept; /* parity of the lines that are kept */
};

#define DEINTERLACE_CHANGE(a, b) TO_WIDE_SIGNED(ABS_DIFFERENCE(a, b))
#define DEINTERLACE_MEAN(a, b) ((TO_WIDE_SIGNED(a) + TO_WIDE_SIGNED(b)) >> ALL(WIDE_SIGNED, 1))

/* Inputs: the frame, the one before it, the one after it. A direction goes through dx above and -dx
 * below. */
#define DEINTERLACE_LEAN(dx) \
    (DEINTERLACE_CHANGE(AT_INPUT(0, (dx)-1, above), AT_INPUT(0, -(dx)-1, below)) + \
     DEINTERLACE_CHANGE(AT_INPUT(0, (dx), above), AT_INPUT(0, -(dx), below)) + \
     DEINTERLACE_CHANGE(AT_INPUT(0, (dx) + 1, above), AT_INPUT(0, -(dx) + 1, below)))

#define DEINTERLACE_ALONG(dx) DEINTERLACE_MEAN(AT_INPUT(0, dx, above), AT_INPUT(0, -(dx), below))

/* The steep lean counts only where the gentle one beats the best so far. */
#define DEINTERLACE_TRY(gentle, steep) \
    { \
        const WIDE_SIGNED found = DEINTERLACE_LEAN(gentle), further = DEINTERLACE_LEAN(steep); \
        const WIDE_SIGNED mean = \
            SELECT(further < found, DEINTERLACE_ALONG(steep), DEINTERLACE_ALONG(gentle)); \
        line = SELECT(found < best, mean, line); \
        best = SELECT(found < best, MIN(found, further), best); \
    }

PASS(deinterlace, S, S)
{
    if ((Y & 1) == CONSTANTS(struct deinterlace)->kept) {
        PUT(AT_INPUT(0, 0, 0));
        return;
    }
    /* Beyond the picture a field repeats its own edge line. */
    const int above = Y > 0 ? -1 : 1, below = Y + 1 < IN_HEIGHT ? 1 : -1;
    const int above_2 = Y > 1 ? -2 : 0, below_2 = Y + 2 < IN_HEIGHT ? 2 : 0;
    const S up = AT_INPUT(0, 0, above), down = AT_INPUT(0, 0, below);
    const WIDE_SIGNED c = TO_WIDE_SIGNED(up), e = TO_WIDE_SIGNED(down);

    WIDE_SIGNED line = (c + e) >> ALL(WIDE_SIGNED, 1),
                best = DEINTERLACE_LEAN(0) - ALL(WIDE_SIGNED, 1);
    DEINTERLACE_TRY(-1, -2)
    DEINTERLACE_TRY(1, 2)

    /* In time, the missing line lies between the other fields of the previous frame and of this
     * one. */
    const S then = AT_INPUT(1, 0, 0), soon = AT_INPUT(0, 0, 0);
    const WIDE_SIGNED d = DEINTERLACE_MEAN(then, soon);
    const WIDE_SIGNED b = DEINTERLACE_MEAN(AT_INPUT(1, 0, above_2), AT_INPUT(0, 0, above_2)) - c;
    const WIDE_SIGNED f = DEINTERLACE_MEAN(AT_INPUT(1, 0, below_2), AT_INPUT(0, 0, below_2)) - e;
    const WIDE_SIGNED before = DEINTERLACE_MEAN(ABS_DIFFERENCE(AT_INPUT(1, 0, above), up),
                                                ABS_DIFFERENCE(AT_INPUT(1, 0, below), down));
    const WIDE_SIGNED after = DEINTERLACE_MEAN(ABS_DIFFERENCE(AT_INPUT(2, 0, above), up),
                                               ABS_DIFFERENCE(AT_INPUT(2, 0, below), down));
    const WIDE_SIGNED here = DEINTERLACE_CHANGE(then, soon) >> ALL(WIDE_SIGNED, 1);
    const WIDE_SIGNED highest = MAX(MAX(d - e, d - c), MIN(b, f)),
                      lowest = MIN(MIN(d - e, d - c), MAX(b, f));
    const WIDE_SIGNED margin =
        MAX(MAX(MAX(here, before), after), MAX(lowest, NEGATE(WIDE_SIGNED, highest)));
    PUT(TO_S(CLAMP(line, d - margin, d + margin)));
}

#ifdef HOST
KERNEL(deinterlace, tri_alpha_kept, "progressive frames from interlaced ones",
       "Keeps the lines of the field that is shown first and interpolates the others as yadif "
       "does: from "
       "the lines above and below, along the direction (up to two samples to either side) in which "
       "they "
       "agree best, limited by how much the samples around change from frame to frame. Each frame "
       "gives "
       "one, one frame late. Beyond the picture a field repeats its edge line. Alpha is kept.",
       "deinterlace:parity=bottom",
       PARAM_CHOICE(parity, 0, 3, "auto|top|bottom",
                    "field shown first: as tagged, lines 0, 2, ... or lines 1, 3, ..."))
ALIASES(deinterlace, ALIAS("yadif|bwdif|w3fdif", "deinterlace"))

/* The line that has changed is interpolated from its neighbours; the one that has not is kept. */
KNOWN(deinterlace, "deinterlace", PICTURE(1, 5, 1, 10, 60, 12, 14, 14),
      PICTURE(1, 5, 1, 10, 11, 12, 14, 14), PICTURE(1, 5, 1, 10, 10, 12, 14, 14),
      PICTURE(1, 5, 1, 10, 60, 12, 14, 14))

GRAPH_PLANE(deinterlace)
{
    const int parity = (int)VALUE(parity);
    const struct deinterlace k = {parity == 0 ? tri_graph_bottom_first(graph) : parity - 1};
    const int now = tri_graph_previous(graph, in, 1), before = tri_graph_previous(graph, in, 2);
    tri_graph_delay(graph, 1);
    tri_graph_fields(graph, TRI_FIELDS_GONE);
    /* Of every other line: five leans of six samples, and 14 of other lines and frames. */
    return NODE(deinterlace, .in = {now, before, in}, .low = -2, .high = 2, .reach = 3,
                .operations = (5 * 6 + 14) / 2, .constants = &k, .constants_size = sizeof k,
                .dynamic = true);
}
#endif
