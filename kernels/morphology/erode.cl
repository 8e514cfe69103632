/* erode -- minimum of a window; borders replicate the edge sample. */
#include "kernel.h"

COVER(erode, MIN);

/* For windows that are no squares: tri_graph_cover_shape. */
CHOOSE(erode_join)
{
    PUT(MIN(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}
FUSE(erode_join_3, erode_join, erode_rows_3);
FUSE(erode_join_5, erode_join, erode_rows_5);
FUSE(erode_join_7, erode_join, erode_rows_7);

#ifdef HOST
#include "../../host/pipeline/cover.h"

const struct tri_cover_shapes tri_cover_erode = {
    COVER_PASSES(erode),
    &tri_pass_erode_join,
    {&tri_pass_erode_join_3, &tri_pass_erode_join_5, &tri_pass_erode_join_7},
};

KERNEL(
    erode, tri_alpha_premultiplied, "minimum of a window: dark areas grow",
    "The smallest of the samples around each sample in a square with sides of 2 radius + 1, in a "
    "cross as wide, or in a disk: the samples no farther than the radius. The cost grows with "
    "the logarithm of the radius, for disks with the radius. Borders replicate the edge sample.",
    "erode:radius=3",
    PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
        PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(erode, ALIAS("erosion|minimum|minfilter", "erode:radius=1"))

KNOWN(erode, "erode", PICTURE(4, 2, 1, 5, 4, 9, 9, 6, 8, 9, 9),
      PICTURE(4, 2, 1, 4, 4, 4, 9, 4, 4, 4, 9))

GRAPH_PLANE(erode)
{
    return tri_graph_cover_shape(graph, &tri_cover_erode, (enum tri_window_shape)VALUE(shape),
                                 (int)VALUE(radius), in);
}
#endif
