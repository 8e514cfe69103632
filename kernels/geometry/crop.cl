/* crop -- cuts out a rectangle. */
#include "kernel.h"

/* Where the result begins in the input; of chroma between its samples, by so many 16ths. */
struct crop {
    int x, y, after_x, after_y;
};

PASS(crop_rows, S, S)
{
    CONSTANT struct crop *k = CONSTANTS(struct crop);
    PUT(SOURCE(k->x, k->y + Y));
}

GATHER(crop_between, S, S)
{
    CONSTANT struct crop *k = CONSTANTS(struct crop);
    const int left = X + k->x < IN_WIDTH ? X + k->x : IN_WIDTH - 1,
              top = Y + k->y < IN_HEIGHT ? Y + k->y : IN_HEIGHT - 1,
              right = left + 1 < IN_WIDTH ? left + 1 : left,
              bottom = top + 1 < IN_HEIGHT ? top + 1 : top;
    const uint upper =
        (uint)SAMPLE(left, top) * (uint)(16 - k->after_x) + SAMPLE(right, top) * (uint)k->after_x;
    const uint lower = (uint)SAMPLE(left, bottom) * (uint)(16 - k->after_x) +
                       SAMPLE(right, bottom) * (uint)k->after_x;
    return (SAMPLE_TYPE)((upper * (uint)(16 - k->after_y) + lower * (uint)k->after_y + 128) >> 8);
}

#ifdef HOST
#include <math.h>

KERNEL(crop, tri_alpha_plain, "cut out a rectangle",
       "Cuts out width x height pixels. x and y count from the side or corner that gravity names "
       "inwards, or from the centre to the right and down. What lies beyond the picture is left "
       "out of the result; a rectangle with nothing of the picture is an error. In video whose "
       "chroma has fewer samples, these lie between the old ones if x or y is odd, and are "
       "interpolated.",
       "crop:width=640:height=480:gravity=center",
       PARAM_LENGTH(width, TRI_INT, 0, 0, 1000000, "pixels; 0: as far as the picture reaches",
                    TRI_WIDTH) PARAM_LENGTH(height, TRI_INT, 0, 0, 1000000,
                                            "pixels; 0: as far as the picture reaches", TRI_HEIGHT)
           PARAM_INT(x, 0, -1000000, 1000000, "pixels from the side that gravity names")
               PARAM_INT(y, 0, -1000000, 1000000, "pixels from the side that gravity names")
                   PARAM_CHOICE(gravity, 0, 9,
                                "northwest|north|northeast|west|center|east|southwest|south|"
                                "southeast",
                                "the part of the picture to start from"))
ALIASES(crop, ALIAS("extractarea|extract|cut|cutout|cropimage|subimage|imcrop|clip|roi",
                    "crop:width=640:height=480:x=0:y=0")
                  ALIAS("smartcrop|centercrop|centrecrop|cropcenter",
                        "crop:width=640:height=480:gravity=center"))

KNOWN(crop, "crop:width=2:height=1:x=1:y=1", PICTURE(4, 2, 1, 1, 2, 3, 4, 5, 6, 7, 8),
      PICTURE(2, 1, 1, 6, 7))

/* One axis: `side` is 0 for west or north, 1 for the centre, 2 for east or south. Returns false if
 * nothing remains. */
static bool cut_axis(double in, double wanted, double offset, int side, double *from, double *size)
{
    const double whole = wanted > 0 ? wanted : side == 1 ? in : in - offset;
    const double begin = side == 0   ? offset
                         : side == 1 ? floor((in - whole) / 2) + offset
                                     : in - whole - offset;
    const double end = begin + whole < in ? begin + whole : in;
    *from = begin > 0 ? begin : 0;
    *size = end - *from;
    return *size >= 1;
}

static struct tri_rectangle cut(struct tri_graph *graph, int width, int height)
{
    const int gravity = (int)VALUE(gravity);
    struct tri_rectangle region;
    const bool across =
        cut_axis(width, VALUE(width), VALUE(x), gravity % 3, &region.x, &region.width);
    if (cut_axis(height, VALUE(height), VALUE(y), gravity / 3, &region.y, &region.height) && across)
        return region;
    if (!tri_graph_any_size(graph))
        tri_graph_fail(graph,
                       "crop: the rectangle has nothing of the picture, which has %d x %d pixels; "
                       "lower x or y",
                       width, height);
    return (struct tri_rectangle){0, 0, 1, 1};
}

GRAPH_PLANE(crop)
{
    struct tri_rectangle region =
        cut(graph, tri_graph_width(graph, in), tri_graph_height(graph, in));
    tri_graph_region(graph, &region);
    tri_graph_moves(graph, false, false);
    const double x = floor(region.x), y = floor(region.y);
    const struct crop k = {(int)x, (int)y, (int)((region.x - x) * 16), (int)((region.y - y) * 16)};
    if (k.y % 2 != 0)
        tri_graph_fields(graph, TRI_FIELDS_EXCHANGED);
    if (k.after_x == 0 && k.after_y == 0)
        return NODE(crop_rows, .in = {in}, .whole = true, .width = (int)region.width,
                    .height = (int)region.height, .constants = &k, .constants_size = sizeof k);
    return NODE(crop_between, .in = {in}, .whole = true, .width = (int)region.width,
                .height = (int)region.height, .operations = 4, .constants = &k,
                .constants_size = sizeof k);
}
#endif
