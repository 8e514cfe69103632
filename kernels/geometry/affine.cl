/* affine -- scales, shears, rotates and moves the picture by a matrix. */
#include "kernel.h"

#ifdef HOST
#include <math.h>

KERNEL(affine, tri_alpha_premultiplied, "move pixels by a matrix",
       "The pixel at (x, y) goes to (xx x + xy y + dx, yx x + yy y + dy), in pixels from the top "
       "left corner: the centre of the first pixel is at 0.5. Places between pixels are "
       "interpolated, at multiples of 1/256. The result has the picture's size, or width x height. "
       "What comes from outside is black or a gray, transparent in pictures with transparency, or "
       "with border=replicate the edge.",
       "affine:xy=0.2:dx=-20",
       PARAM_FLOAT(xx, 1, -1000, 1000, "right per pixel to the right")
           PARAM_FLOAT(xy, 0, -1000, 1000, "right per pixel down")
               PARAM_FLOAT(yx, 0, -1000, 1000, "down per pixel to the right")
                   PARAM_FLOAT(yy, 1, -1000, 1000, "down per pixel down")
                       PARAM_FLOAT(dx, 0, -1000000, 1000000, "pixels to the right")
                           PARAM_FLOAT(dy, 0, -1000000, 1000000, "pixels down")
                               PARAM_CHOICE(filter, 0, 2, "bilinear|bicubic", "interpolation")
                                   PARAM_CHOICE(border, 0, 2, "constant|replicate",
                                                "what is outside the picture")
                                       PARAM_FLOAT(gray, 0, 0, 1, "0: black, 1: white")
                                           PARAM_LENGTH(width, TRI_INT, 0, 0, 1000000,
                                                        "pixels of the result; 0: the picture's",
                                                        TRI_WIDTH)
                                               PARAM_LENGTH(height, TRI_INT, 0, 0, 1000000,
                                                            "pixels of the result; 0: the "
                                                            "picture's",
                                                            TRI_HEIGHT))
ALIASES(affine,
        ALIAS("warpaffine|affinetransform|similarity|transform|affineprojection|distort",
              "affine:xx=1:xy=0.2:yx=0:yy=1:dx=0:dy=0") ALIAS("shear|skew|shearx", "affine:xy=0.2")
            ALIAS("translate|shift|move", "affine:dx=10:dy=5"))

/* Half a pixel to the right: means of neighbours, the first one with black. */
KNOWN(affine, "affine:dx=0.5", PICTURE(3, 1, 1, 100, 200, 50), PICTURE(3, 1, 1, 50, 150, 125))

GRAPH(affine)
{
    const double xx = VALUE(xx), xy = VALUE(xy), yx = VALUE(yx), yy = VALUE(yy), dx = VALUE(dx),
                 dy = VALUE(dy), area = xx * yy - xy * yx;
    const struct tri_luma luma = tri_graph_luma(graph);
    const bool chroma = luma.width != 0;
    const int width = chroma             ? luma.out_width
                      : VALUE(width) > 0 ? (int)VALUE(width)
                                         : tri_graph_width(graph, in.channel[0]);
    const int height = chroma              ? luma.out_height
                       : VALUE(height) > 0 ? (int)VALUE(height)
                                           : tri_graph_height(graph, in.channel[0]);
    if (fabs(area) < 1e-6) {
        tri_graph_fail(graph, "affine: xx yy - xy yx is %g: the picture becomes a line", area);
        return in;
    }
    const struct tri_map map = {
        .x = {yy / area, -xy / area, (xy * dy - yy * dx) / area},
        .y = {-yx / area, xx / area, (yx * dx - xx * dy) / area},
        .divisor = {0, 0, 1},
        .cubic = VALUE(filter) == 1,
        .replicate = VALUE(border) == 1,
        .gray = VALUE(gray),
    };
    return tri_graph_warp(graph, in, &map, width, height);
}
#endif
