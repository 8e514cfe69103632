/* roll -- moves the picture; what leaves it on one side enters on the other. */
#include "kernel.h"

/* Where the result's first sample lies in the input; in chroma between its samples, by so many
 * 16ths. */
struct roll {
    int x, y, after_x, after_y;
};

#define ROLL_AT(at, size) ((at) < (size) ? (at) : (at) - (size))
#define ROLL_K CONSTANTS(struct roll)

PICK(roll_places, ROLL_AT(X + ROLL_K->x, IN_WIDTH), ROLL_AT(Y + ROLL_K->y, IN_HEIGHT), 0);

GATHER(roll_between, S, S)
{
    CONSTANT struct roll *k = ROLL_K;
    const int left = ROLL_AT(X + k->x, IN_WIDTH), right = ROLL_AT(left + 1, IN_WIDTH);
    const int top = ROLL_AT(Y + k->y, IN_HEIGHT), bottom = ROLL_AT(top + 1, IN_HEIGHT);
    const uint above = (uint)SAMPLE(left, top) * (uint)(16 - k->after_x) +
                       (uint)SAMPLE(right, top) * (uint)k->after_x;
    const uint below = (uint)SAMPLE(left, bottom) * (uint)(16 - k->after_x) +
                       (uint)SAMPLE(right, bottom) * (uint)k->after_x;
    return (above * (uint)(16 - k->after_y) + below * (uint)k->after_y + 128) >> 8;
}

#ifdef HOST
#include <math.h>

KERNEL(roll, tri_alpha_plain, "move the picture, around its edges",
       "Moves the picture x pixels to the right and y down. What leaves it on one side enters on "
       "the other, so that no sample is lost. In video whose chroma has fewer samples, these lie "
       "between the old ones if x or y is odd, and are interpolated.",
       "roll:x=40:y=-25",
       PARAM_INT(x, 0, -1000000, 1000000, "pixels to the right")
           PARAM_INT(y, 0, -1000000, 1000000, "pixels down"))
ALIASES(roll, ALIAS("offset|scroll|circshift|wraparound|cyclicshift|imageoffset", "roll:x=40:y=25"))

KNOWN(roll, "roll:x=1:y=-1", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6), PICTURE(3, 2, 1, 6, 4, 5, 3, 1, 2))

/* `at` is where the first sample comes from; it may be any number of turns away. */
static int roll_start(double at, int size, int *after)
{
    const double whole = floor(at), turns = floor(whole / size);
    *after = (int)((at - whole) * 16);
    return (int)(whole - turns * size);
}

GRAPH_PLANE(roll)
{
    const struct tri_luma luma = tri_graph_luma(graph);
    const int y = (int)VALUE(y), height = tri_graph_height(graph, in);
    struct roll k;
    k.x = roll_start(-VALUE(x) / (1 << luma.shift_x), tri_graph_width(graph, in), &k.after_x);
    k.y = roll_start(-VALUE(y) / (1 << luma.shift_y), height, &k.after_y);
    if (y % 2 != 0)
        tri_graph_fields(graph, height % 2 == 0 ? TRI_FIELDS_EXCHANGED : TRI_FIELDS_GONE);
    if (k.after_x == 0 && k.after_y == 0) {
        tri_graph_same_samples(graph);
        return NODE(roll_places, .in = {in}, .whole = true, .constants = &k,
                    .constants_size = sizeof k);
    }
    return NODE(roll_between, .in = {in}, .whole = true, .operations = 4, .constants = &k,
                .constants_size = sizeof k);
}
#endif
