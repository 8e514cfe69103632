/* erode -- minimum of a square window; borders replicate the edge sample. */
#include "kernel.h"

CHOOSE(erode_columns)
{
    PUT(MIN(MIN(AT(0, 0), AT(0, 1)), MIN(AT(0, 2), AT(0, 3))));
}

CHOOSE(erode_rows)
{
    CONSTANT int *at = CONSTANTS(int);
    PUT(MIN(MIN(AT(at[0], 0), AT(at[1], 0)), MIN(AT(at[2], 0), AT(at[3], 0))));
}

/* A radius of 1 needs no spans of four. */
CHOOSE(erode_columns_3)
{
    PUT(MIN(MIN(AT(0, -1), AT(0, 0)), AT(0, 1)));
}

CHOOSE(erode_rows_3)
{
    PUT(MIN(MIN(AT(-1, 0), AT(0, 0)), AT(1, 0)));
}

FUSE(erode_3, erode_columns_3, erode_rows_3, S, S, S);

#ifdef HOST
KERNEL(erode, tri_alpha_premultiplied, "minimum of a square window: dark areas grow",
       "The smallest of the (2 radius + 1)^2 samples around each sample. The cost grows with the "
       "logarithm of the radius. Borders replicate the edge sample.",
       "erode:radius=3",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS))
ALIASES(erode, ALIAS("erosion|minimum|min|minfilter", "erode:radius=1"))

KNOWN(erode, "erode", PICTURE(4, 2, 1, 5, 4, 9, 9, 6, 8, 9, 9),
      PICTURE(4, 2, 1, 4, 4, 4, 9, 4, 4, 4, 9))

GRAPH_PLANE(erode)
{
    if (VALUE(radius) == 1) {
        const int columns =
            NODE(erode_columns_3, .in = {in}, .low = -1, .high = 1, .operations = 2);
        return NODE(erode_rows_3, .in = {columns}, .reach = 1, .operations = 2,
                    .fused = &tri_pass_erode_3);
    }
    return tri_graph_cover(graph, &tri_pass_erode_columns, &tri_pass_erode_rows, (int)VALUE(radius),
                           in);
}
#endif
