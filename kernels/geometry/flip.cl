/* flip -- mirrors the picture. */
#include "kernel.h"

GATHER(flip_rows, S, S)
{
    return ROW_SAMPLE(IN_WIDTH - 1 - X);
}

PASS(flip_columns, S, S)
{
    PUT(SOURCE(0, IN_HEIGHT - 1 - Y));
}

#ifdef HOST
KERNEL(flip, tri_alpha_plain, "mirror image",
       "Swaps left and right (axis=horizontal) or top and bottom (axis=vertical).",
       "flip:axis=vertical",
       PARAM_CHOICE(axis, 0, 2, "horizontal|vertical", "the direction in which samples move"))
ALIASES(flip, ALIAS("mirror|flop|hflip|fliplr", "flip:axis=horizontal")
                  ALIAS("vflip|flipud", "flip:axis=vertical"))

KNOWN(flip, "flip", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6), PICTURE(3, 2, 1, 3, 2, 1, 6, 5, 4))

GRAPH_PLANE(flip)
{
    tri_graph_same_samples(graph);
    tri_graph_moves(graph, VALUE(axis) == 0, VALUE(axis) == 1);
    if (VALUE(axis) == 0)
        return NODE(flip_rows, .in = {in});
    if (tri_graph_height(graph, in) % 2 == 0) /* with an odd height all rows keep their parity */
        tri_graph_fields(graph, TRI_FIELDS_EXCHANGED);
    return NODE(flip_columns, .in = {in}, .whole = true);
}
#endif
