/* dilate -- maximum of a square window; borders replicate the edge sample. */
#include "kernel.h"

CHOOSE(dilate_columns)
{
    PUT(MAX(MAX(AT(0, 0), AT(0, 1)), MAX(AT(0, 2), AT(0, 3))));
}

CHOOSE(dilate_rows)
{
    CONSTANT int *at = CONSTANTS(int);
    PUT(MAX(MAX(AT(at[0], 0), AT(at[1], 0)), MAX(AT(at[2], 0), AT(at[3], 0))));
}

/* A radius of 1 needs no spans of four. */
CHOOSE(dilate_columns_3)
{
    PUT(MAX(MAX(AT(0, -1), AT(0, 0)), AT(0, 1)));
}

CHOOSE(dilate_rows_3)
{
    PUT(MAX(MAX(AT(-1, 0), AT(0, 0)), AT(1, 0)));
}

FUSE(dilate_3, dilate_columns_3, dilate_rows_3, S, S, S);

#ifdef HOST
KERNEL(dilate, tri_alpha_premultiplied, "maximum of a square window: bright areas grow",
       "The largest of the (2 radius + 1)^2 samples around each sample. The cost grows with the "
       "logarithm of the radius. Borders replicate the edge sample.",
       "dilate:radius=3",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS))
ALIASES(dilate, ALIAS("dilation|maximum|max|maxfilter", "dilate:radius=1"))

KNOWN(dilate, "dilate", PICTURE(4, 2, 1, 5, 1, 0, 0, 1, 2, 1, 0),
      PICTURE(4, 2, 1, 5, 5, 2, 1, 5, 5, 2, 1))

GRAPH_PLANE(dilate)
{
    if (VALUE(radius) == 1) {
        const int columns =
            NODE(dilate_columns_3, .in = {in}, .low = -1, .high = 1, .operations = 2);
        return NODE(dilate_rows_3, .in = {columns}, .reach = 1, .operations = 2,
                    .fused = &tri_pass_dilate_3);
    }
    return tri_graph_cover(graph, &tri_pass_dilate_columns, &tri_pass_dilate_rows,
                           (int)VALUE(radius), in);
}
#endif
