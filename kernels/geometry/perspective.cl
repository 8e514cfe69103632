/* perspective -- straightens a part of the picture that has four corners. */
#include "kernel.h"

#ifdef HOST
#include <math.h>

KERNEL(perspective, tri_alpha_premultiplied, "straighten what is seen at an angle",
       "The result shows the quadrilateral with these corners in the picture: top left (x0, y0), "
       "top right (x1, y1), bottom left (x2, y2), bottom right (x3, y3), as fractions of its width "
       "and height. Places between pixels are interpolated, at multiples of 1/256. The result has "
       "the picture's size, or width x height. What comes from outside is black or a gray, "
       "transparent in pictures with transparency, or with border=replicate the edge.",
       "perspective:0.1:0.1:0.9:0:0:1:1:0.9",
       PARAM_FLOAT(x0, 0, -10, 10, "top left corner, fraction of the width")
           PARAM_FLOAT(y0, 0, -10, 10, "top left corner, fraction of the height")
               PARAM_FLOAT(x1, 1, -10, 10, "top right corner")
                   PARAM_FLOAT(y1, 0, -10, 10, "top right corner") PARAM_FLOAT(x2, 0, -10, 10,
                                                                               "bottom left corner")
                       PARAM_FLOAT(y2, 1, -10, 10, "bottom left corner")
                           PARAM_FLOAT(x3, 1, -10, 10, "bottom right corner")
                               PARAM_FLOAT(y3, 1, -10, 10, "bottom right corner")
                                   PARAM_CHOICE(filter, 0, 2, "bilinear|bicubic", "interpolation")
                                       PARAM_CHOICE(border, 0, 2, "constant|replicate",
                                                    "what is outside the picture")
                                           PARAM_FLOAT(gray, 0, 0, 1, "0: black, 1: white")
                                               PARAM_LENGTH(width, TRI_INT, 0, 0, 1000000,
                                                            "pixels of the result; 0: the "
                                                            "picture's",
                                                            TRI_WIDTH)
                                                   PARAM_LENGTH(height, TRI_INT, 0, 0, 1000000,
                                                                "pixels of the result; 0: the "
                                                                "picture's",
                                                                TRI_HEIGHT))
ALIASES(perspective,
        ALIAS("warpperspective|homography|perspectivetransform|perspectiveprojection|quad|deskew|"
              "keystone|fourpoint|unwarp",
              "perspective:x0=0.1:y0=0.1:x1=0.9:y1=0:x2=0:y2=1:x3=1:y3=0.9"))

/* The middle half of a row: its pixels are at 1.5 and 2.5 of the picture's. */
KNOWN(perspective, "perspective:x0=0.25:x1=0.75:x2=0.25:x3=0.75:width=2",
      PICTURE(4, 1, 1, 10, 20, 30, 40), PICTURE(2, 1, 1, 20, 30))

struct corner {
    double x, y;
};

/* Twice the area of the triangle of a corner and its neighbours; 0 or below unless they turn right.
 */
static double turn(const struct corner *a, const struct corner *b, const struct corner *c)
{
    return (b->x - a->x) * (c->y - b->y) - (b->y - a->y) * (c->x - b->x);
}

/* In the order of the corners' numbers. Mirrored pictures turn left everywhere. */
static bool is_convex(const struct corner at[4])
{
    const double turns[4] = {turn(&at[0], &at[1], &at[3]), turn(&at[1], &at[3], &at[2]),
                             turn(&at[3], &at[2], &at[0]), turn(&at[2], &at[0], &at[1])};
    bool right = true, left = true;
    for (int i = 0; i < 4; i++) {
        right &= turns[i] > 1e-6;
        left &= turns[i] < -1e-6;
    }
    return right || left;
}

/* The map from the unit square to the corners. Heckbert, "Fundamentals of texture mapping and image
 * warping", 1989. */
static struct tri_map map_of(const struct corner at[4])
{
    const double across_x = at[1].x - at[3].x, across_y = at[1].y - at[3].y,
                 down_x = at[2].x - at[3].x, down_y = at[2].y - at[3].y,
                 sum_x = at[0].x - at[1].x + at[3].x - at[2].x,
                 sum_y = at[0].y - at[1].y + at[3].y - at[2].y,
                 area = across_x * down_y - down_x * across_y,
                 g = (sum_x * down_y - down_x * sum_y) / area,
                 h = (across_x * sum_y - sum_x * across_y) / area;
    return (struct tri_map){
        .x = {at[1].x - at[0].x + g * at[1].x, at[2].x - at[0].x + h * at[2].x, at[0].x},
        .y = {at[1].y - at[0].y + g * at[1].y, at[2].y - at[0].y + h * at[2].y, at[0].y},
        .divisor = {g, h, 1}};
}

GRAPH(perspective)
{
    const struct tri_luma luma = tri_graph_luma(graph);
    const bool chroma = luma.width != 0;
    const double in_width = chroma ? luma.width : tri_graph_width(graph, in.channel[0]),
                 in_height = chroma ? luma.height : tri_graph_height(graph, in.channel[0]);
    const int width = chroma             ? luma.out_width
                      : VALUE(width) > 0 ? (int)VALUE(width)
                                         : (int)in_width;
    const int height = chroma              ? luma.out_height
                       : VALUE(height) > 0 ? (int)VALUE(height)
                                           : (int)in_height;
    const struct corner at[4] = {{VALUE(x0), VALUE(y0)},
                                 {VALUE(x1), VALUE(y1)},
                                 {VALUE(x2), VALUE(y2)},
                                 {VALUE(x3), VALUE(y3)}};
    if (!is_convex(at)) {
        tri_graph_fail(graph, "perspective: the corners do not make a convex quadrilateral; they "
                              "are top left, top right, bottom left, bottom right");
        return in;
    }
    struct tri_map map = map_of(at);
    for (int i = 0; i < 3; i++) {
        const double side = i == 0 ? width : i == 1 ? height : 1;
        map.x[i] *= in_width / side;
        map.y[i] *= in_height / side;
        map.divisor[i] /= side;
    }
    map.cubic = VALUE(filter) == 1;
    map.replicate = VALUE(border) == 1;
    map.gray = VALUE(gray);
    return tri_graph_warp(graph, in, &map, width, height);
}
#endif
