/* dilate -- maximum of a window; borders replicate the edge sample. */
#include "kernel.h"

COVER(dilate, MAX);

/* For windows that are no squares: tri_graph_cover_shape. */
CHOOSE(dilate_join)
{
    PUT(MAX(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}
FUSE(dilate_join_3, dilate_join, dilate_rows_3);
FUSE(dilate_join_5, dilate_join, dilate_rows_5);
FUSE(dilate_join_7, dilate_join, dilate_rows_7);

#ifdef HOST
#include "../../host/pipeline/cover.h"

const struct tri_cover_shapes tri_cover_dilate = {
    COVER_PASSES(dilate),
    &tri_pass_dilate_join,
    {&tri_pass_dilate_join_3, &tri_pass_dilate_join_5, &tri_pass_dilate_join_7},
};

KERNEL(dilate, tri_alpha_premultiplied, "maximum of a window: bright areas grow",
       "The largest of the samples around each sample in a square with sides of 2 radius + 1, in a "
       "cross as wide, or in a disk: the samples no farther than the radius. The cost grows with "
       "the logarithm of the radius, for disks with the radius. Borders replicate the edge sample.",
       "dilate:radius=3",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
           PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(dilate, ALIAS("dilation|maximum|maxfilter", "dilate:radius=1"))

KNOWN(dilate, "dilate", PICTURE(4, 2, 1, 5, 1, 0, 0, 1, 2, 1, 0),
      PICTURE(4, 2, 1, 5, 5, 2, 1, 5, 5, 2, 1))

GRAPH_PLANE(dilate)
{
    return tri_graph_cover_shape(graph, &tri_cover_dilate, (enum tri_window_shape)VALUE(shape),
                                 (int)VALUE(radius), in);
}
#endif
