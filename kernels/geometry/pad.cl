/* pad -- adds a border around the picture. */
#include "kernel.h"

/* Where the result begins in the input, at a negative place or 0; in chroma between its samples, by
 * so many 16ths. */
struct pad {
    int x, y, after_x, after_y;
    int mode; /* an index of the parameter's choices */
    int fill;
};

enum { PAD_CONSTANT, PAD_REPLICATE, PAD_MIRROR, PAD_REFLECT, PAD_WRAP };

/* Returns which of `size` samples stands at `at`; -1: the constant. */
INLINE int pad_place(int at, int size, int mode)
{
    const int period = mode == PAD_MIRROR ? 2 * size : mode == PAD_REFLECT ? 2 * size - 2 : size;
    if (at >= 0 && at < size)
        return at;
    if (mode == PAD_CONSTANT)
        return -1;
    if (mode == PAD_REPLICATE || period == 0)
        return at < 0 ? 0 : size - 1;
    const int left = at % period, within = left < 0 ? left + period : left;
    return within < size ? within : mode == PAD_MIRROR ? period - 1 - within : period - within;
}

#define PAD_K CONSTANTS(struct pad)

PICK(pad_places, pad_place(X + PAD_K->x, IN_WIDTH, PAD_K->mode),
     pad_place(Y + PAD_K->y, IN_HEIGHT, PAD_K->mode), (SAMPLE_TYPE)PAD_K->fill);

GATHER(pad_between, S, S)
{
    uint sum = 128;
    for (int i = 0; i < 4; i++) {
        const int x = pad_place(X + PAD_K->x + i % 2, IN_WIDTH, PAD_K->mode),
                  y = pad_place(Y + PAD_K->y + i / 2, IN_HEIGHT, PAD_K->mode);
        const uint sample = x < 0 || y < 0 ? (uint)PAD_K->fill : SAMPLE(x, y);
        sum += sample * (uint)(i % 2 != 0 ? PAD_K->after_x : 16 - PAD_K->after_x) *
               (uint)(i / 2 != 0 ? PAD_K->after_y : 16 - PAD_K->after_y);
    }
    return (SAMPLE_TYPE)(sum >> 8);
}

#ifdef HOST
#include <math.h>

KERNEL(
    pad, tri_alpha_plain, "add a border",
    "Adds left, right, top and bottom pixels, and then as many as the picture lacks in width and "
    "height, on the sides away from gravity. mode=constant fills them with a gray, or with red, "
    "green and blue; with transparency they are transparent unless alpha says otherwise. "
    "mode=replicate repeats the edge, mirror and reflect continue backwards, with the edge sample "
    "twice or once, and wrap continues from the other side. In video whose chroma has fewer "
    "samples, these lie between the old ones if left or top is odd, and are interpolated.",
    "pad:left=8:right=8:gray=1",
    PARAM_INT(left, 0, 0, 1000000, "pixels") PARAM_INT(right, 0, 0, 1000000, "pixels")
        PARAM_INT(top, 0, 0, 1000000, "pixels") PARAM_INT(bottom, 0, 0, 1000000, "pixels")
            PARAM_LENGTH(width, TRI_INT, 0, 0, 1000000, "pixels that the result has at least",
                         TRI_WIDTH) PARAM_LENGTH(height, TRI_INT, 0, 0, 1000000,
                                                 "pixels that the result has at least", TRI_HEIGHT)
                PARAM_CHOICE(gravity, 4, 9,
                             "northwest|north|northeast|west|center|east|southwest|south|southeast",
                             "where the picture is when width or height adds pixels")
                    PARAM_CHOICE(mode, 0, 5, "constant|replicate|mirror|reflect|wrap",
                                 "what the border shows") PARAM_FLOAT(gray, 0, 0, 1,
                                                                      "0: black, 1: white")
                        PARAM_FLOAT(red, -1, -1, 1, "of the constant; below 0: as gray")
                            PARAM_FLOAT(green, -1, -1, 1, "of the constant; below 0: as gray")
                                PARAM_FLOAT(blue, -1, -1, 1, "of the constant; below 0: as gray")
                                    PARAM_FLOAT(alpha, 0, 0, 1,
                                                "of the constant; 0: transparent, 1: opaque"))
ALIASES(pad, ALIAS("border|copymakeborder|padding|addborder|fillborders|matte",
                   "pad:left=8:right=8:top=8:bottom=8")
                 ALIAS("extend|extent|embed|canvas|letterbox|expand",
                       "pad:width=640:height=480:gravity=center"))

KNOWN(pad, "pad:left=1:right=2:bottom=1:gray=1", PICTURE(2, 1, 1, 7, 8),
      PICTURE(5, 2, 1, 255, 7, 8, 255, 255, 255, 255, 255, 255, 255))

/* One axis: `side` is as in crop. Returns the pixels before the picture. */
static double pad_before(double in, double before, double after, double wanted, int side,
                         double *size)
{
    const double sum = in + before + after, more = wanted > sum ? wanted - sum : 0;
    *size = sum + more;
    return before + (side == 0 ? 0 : side == 1 ? floor(more / 2) : more);
}

static bool colour_differs(const struct tri_graph *graph)
{
    const struct tri_operation *operation = tri_graph_operation(graph);
    return tri_operation_value(operation, "mode") == PAD_CONSTANT &&
           (tri_operation_value(operation, "red") >= 0 ||
            tri_operation_value(operation, "green") >= 0 ||
            tri_operation_value(operation, "blue") >= 0);
}

/* The constant of plane `plane` of `planes`. */
static int constant_of(const struct tri_graph *graph, int plane, int planes)
{
    static const char *const colours[3] = {"red", "green", "blue"};
    const struct tri_levels levels = tri_graph_levels(graph);
    if (planes % 2 == 0 && plane == planes - 1)
        return (int)(VALUE(alpha) * ((1 << tri_graph_bits(graph)) - 1) + 0.5);
    const double colour =
        planes > 2 ? tri_operation_value(tri_graph_operation(graph), colours[plane]) : -1;
    return (int)(levels.black +
                 (colour >= 0 ? colour : VALUE(gray)) * ((double)levels.white - levels.black) +
                 0.5);
}

static struct tri_rectangle surroundings(const struct tri_graph *graph, double width, double height)
{
    const int gravity = (int)VALUE(gravity);
    struct tri_rectangle region;
    region.x =
        -pad_before(width, VALUE(left), VALUE(right), VALUE(width), gravity % 3, &region.width);
    region.y =
        -pad_before(height, VALUE(top), VALUE(bottom), VALUE(height), gravity / 3, &region.height);
    return region;
}

GRAPH(pad)
{
    struct tri_rectangle region = surroundings(graph, tri_graph_width(graph, in.channel[0]),
                                               tri_graph_height(graph, in.channel[0]));
    tri_graph_region(graph, &region);
    if (region.width > TRI_SIDE_MAX || region.height > TRI_SIDE_MAX) {
        tri_graph_fail(graph, "pad: %.0f x %.0f pixels exceed the limit of %d per side",
                       region.width, region.height, TRI_SIDE_MAX);
        return in;
    }
    if (colour_differs(graph)) {
        tri_graph_planes_differ(graph);
        tri_graph_needs_rgb(graph);
    }
    const double x = floor(region.x), y = floor(region.y);
    struct pad k = {
        (int)x,           (int)y, (int)((region.x - x) * 16), (int)((region.y - y) * 16),
        (int)VALUE(mode), 0};
    if (k.y % 2 != 0)
        tri_graph_fields(graph, TRI_FIELDS_EXCHANGED);
    for (int p = 0; p < in.planes; p++) {
        k.fill = constant_of(graph, p, in.planes);
        in.channel[p] =
            k.after_x == 0 && k.after_y == 0
                ? NODE(pad_places, .in = {in.channel[p]}, .whole = true, .width = (int)region.width,
                       .height = (int)region.height, .constants = &k, .constants_size = sizeof k)
                : NODE(pad_between, .in = {in.channel[p]}, .whole = true,
                       .width = (int)region.width, .height = (int)region.height, .operations = 4,
                       .constants = &k, .constants_size = sizeof k);
    }
    return in;
}
#endif
