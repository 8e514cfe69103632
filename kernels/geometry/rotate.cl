/* rotate -- rotates the picture by 90, 180 or 270 degrees. */
#include "kernel.h"

TRANSPOSE(rotate_90, Y, IN_HEIGHT - 1 - X);

GATHER(rotate_180, S, S)
{
    return SAMPLE(IN_WIDTH - 1 - X, IN_HEIGHT - 1 - Y);
}

TRANSPOSE(rotate_270, IN_WIDTH - 1 - Y, X);

#ifdef HOST
KERNEL(rotate, tri_alpha_plain, "rotate by 90, 180 or 270 degrees",
       "Rotates the picture clockwise.", "rotate:angle=270",
       PARAM_CHOICE(angle, 0, 3, "90|180|270", "degrees, clockwise"))
ALIASES(rotate, ALIAS("rot90|turn", "rotate:angle=90") ALIAS("rot180", "rotate:angle=180")
                    ALIAS("rot270", "rotate:angle=270"))

KNOWN(rotate, "rotate:angle=90", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6),
      PICTURE(2, 3, 1, 4, 1, 5, 2, 6, 3))

GRAPH_PLANE(rotate)
{
    tri_graph_same_samples(graph);
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    const int angle = (int)VALUE(angle);
    if (angle != 1)
        tri_graph_transposed(graph);
    else if (height % 2 == 0)
        tri_graph_fields(graph, TRI_FIELDS_EXCHANGED);
    switch (angle) {
    case 0:
        return NODE(rotate_90, .in = {in}, .whole = true, .transposed = true, .width = height,
                    .height = width);
    case 1:
        return NODE(rotate_180, .in = {in}, .whole = true);
    default:
        return NODE(rotate_270, .in = {in}, .whole = true, .transposed = true, .width = height,
                    .height = width);
    }
}
#endif
