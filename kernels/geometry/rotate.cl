/* rotate -- rotates the picture by any angle. */
#include "kernel.h"

PASS(rotate_0, S, S)
{
    PUT(AT(0, 0));
}

TRANSPOSE(rotate_90, Y, IN_HEIGHT - 1 - X);

GATHER(rotate_180, S, S)
{
    return SAMPLE(IN_WIDTH - 1 - X, IN_HEIGHT - 1 - Y);
}

TRANSPOSE(rotate_270, IN_WIDTH - 1 - Y, X);

#ifdef HOST
#include <math.h>

static double angle_of(const struct tri_operation *operation)
{
    const double angle = tri_operation_value(operation, "angle");
    return angle - 360 * floor(angle / 360);
}

/* Turns by a multiple of 90 degrees only move samples. */
static bool only_moves(double angle)
{
    return angle / 90 == floor(angle / 90);
}

static enum tri_alpha rotate_alpha(const struct tri_operation *operation)
{
    return only_moves(angle_of(operation)) ? TRI_ALPHA_PLAIN : TRI_ALPHA_PREMULTIPLIED;
}

KERNEL(rotate, rotate_alpha, "rotate by any angle",
       "Rotates the picture clockwise, around its middle. Multiples of 90 degrees move samples and "
       "change nothing. At other angles places between pixels are interpolated, at multiples of "
       "1/256; the result is large enough for the whole picture, or with size=same as large as the "
       "picture, and what comes from outside is black or a gray, transparent in pictures with "
       "transparency, or with border=replicate the edge.",
       "rotate:angle=270",
       PARAM_FLOAT(angle, 90, -360, 360, "degrees, clockwise")
           PARAM_CHOICE(filter, 0, 2, "bilinear|bicubic", "interpolation at other angles")
               PARAM_CHOICE(border, 0, 2, "constant|replicate",
                            "what is outside the picture at other angles")
                   PARAM_FLOAT(gray, 0, 0, 1, "0: black, 1: white")
                       PARAM_CHOICE(size, 0, 2, "whole|same", "of the result at other angles"))
ALIASES(rotate, ALIAS("rot90|turn|rotateimage|imrotate", "rotate:angle=90")
                    ALIAS("rot180", "rotate:angle=180") ALIAS("rot270", "rotate:angle=270"))

KNOWN(rotate, "rotate:angle=90", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6),
      PICTURE(2, 3, 1, 4, 1, 5, 2, 6, 3))

static int quarter_turns(struct tri_graph *graph, int in, int turns)
{
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    switch (turns) {
    case 0:
        return NODE(rotate_0, .in = {in});
    case 1:
        return NODE(rotate_90, .in = {in}, .whole = true, .transposed = true, .width = height,
                    .height = width);
    case 2:
        return NODE(rotate_180, .in = {in}, .whole = true);
    default:
        return NODE(rotate_270, .in = {in}, .whole = true, .transposed = true, .width = height,
                    .height = width);
    }
}

/* A side of the box around the rotated picture; rounding errors add no pixel. */
static int box_side(double side)
{
    return (int)ceil(side - 1e-6);
}

static struct tri_value rotate_between(struct tri_graph *graph, struct tri_value in, double angle)
{
    const struct tri_luma luma = tri_graph_luma(graph);
    const bool chroma = luma.width != 0;
    const double sine = tri_sin_pi(angle / 180), cosine = tri_sin_pi(angle / 180 + 0.5),
                 in_width = chroma ? luma.width : tri_graph_width(graph, in.channel[0]),
                 in_height = chroma ? luma.height : tri_graph_height(graph, in.channel[0]);
    const bool whole = VALUE(size) == 0;
    const double across = whole ? in_width * fabs(cosine) + in_height * fabs(sine) : in_width,
                 down = whole ? in_width * fabs(sine) + in_height * fabs(cosine) : in_height;
    if (across > TRI_SIDE_MAX || down > TRI_SIDE_MAX) {
        tri_graph_fail(graph, "rotate: %.0f x %.0f pixels exceed the limit of %d per side", across,
                       down, TRI_SIDE_MAX);
        return in;
    }
    const int width = box_side(across), height = box_side(down);
    const struct tri_map map = {
        .x = {cosine, sine, (in_width - cosine * width - sine * height) / 2},
        .y = {-sine, cosine, (in_height + sine * width - cosine * height) / 2},
        .divisor = {0, 0, 1},
        .cubic = VALUE(filter) == 1,
        .replicate = VALUE(border) == 1,
        .gray = VALUE(gray),
    };
    return tri_graph_warp(graph, in, &map, width, height);
}

GRAPH(rotate)
{
    const double angle = angle_of(tri_graph_operation(graph));
    const int turns = (int)(angle / 90);
    if (!only_moves(angle))
        return rotate_between(graph, in, angle);
    tri_graph_same_samples(graph);
    tri_graph_moves(graph, turns >= 2, turns == 1 || turns == 2);
    if (turns % 2 == 1)
        tri_graph_transposed(graph);
    else if (turns == 2 && tri_graph_height(graph, in.channel[0]) % 2 == 0)
        tri_graph_fields(graph, TRI_FIELDS_EXCHANGED);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = quarter_turns(graph, in.channel[p], turns);
    return in;
}
#endif
