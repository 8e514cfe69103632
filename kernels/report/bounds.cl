/* bounds -- reports the box around what differs from the border's colour, and the crop that cuts it
 * out; the picture stays as it is. */
#include "kernel.h"

struct bounds {
    uint threshold, planes;
    int width, height;
};

#define BOUNDS_DIFFERENCE(a, b) ((a) > (b) ? (a) - (b) : (b) - (a))

/* Whether one sample at (x, y) differs from that of the corner by more than the threshold. */
#define BOUNDS_PLANE(p, x, y) \
    (k->planes > (p) && \
     BOUNDS_DIFFERENCE((uint)SAMPLE_INPUT(p, x, y), (uint)SAMPLE_INPUT(p, 0, 0)) > k->threshold)
#define BOUNDS_DIFFERS(x, y) \
    (BOUNDS_PLANE(0, x, y) || BOUNDS_PLANE(1, x, y) || BOUNDS_PLANE(2, x, y) || \
     BOUNDS_PLANE(3, x, y))

/* For each row, how many columns from the left and from the right are as the corner. */
GATHER(bounds_rows, S, u32)
{
    CONSTANT struct bounds *k = CONSTANTS(struct bounds);
    int count = 0;
    while (count < IN_WIDTH && !BOUNDS_DIFFERS(X == 0 ? count : IN_WIDTH - 1 - count, Y))
        count++;
    return (uint)count;
}

#ifdef HOST
#include <math.h>

KERNEL(
    bounds, tri_alpha_plain, "the box around what differs from the border, as data",
    "Finds the smallest box outside of which all pixels have the colour of the picture's first "
    "one, at the top left, within a tolerance, and writes one line of data: the box's first column "
    "and row, its width and height (0 if all pixels are alike), and the pipeline that cuts it out, "
    "'crop' with colons. 'run --trim' does both for pictures at once. Of several frames or "
    "pictures, the "
    "box around all boxes follows, or zeros if their sizes differ. The data goes to the file of "
    "--data; the picture does not change. Videos in Y'CbCr are examined in R, G, B.",
    "bounds:tolerance=0.05",
    PARAM_FLOAT(tolerance, 0, 0, 1, "differences up to this part of the maximum do not count"))
ALIASES(bounds, ALIAS("trim|cropdetect|findtrim|autocrop|bbox|getbbox|boundingrect", "bounds"))

KNOWN(bounds, "bounds", PICTURE(3, 1, 1, 0, 7, 0), PICTURE(3, 1, 1, 0, 7, 0))

struct bounds_box {
    int left, top, right, bottom; /* right and bottom: of the first column and row after it */
    int width, height;            /* of the picture */
};

static void bounds_print(FILE *to, const struct bounds_box *box)
{
    const int width = box->right - box->left, height = box->bottom - box->top;
    if (width <= 0 || height <= 0)
        fprintf(to, "0,0,0,0,%d,%d,\n", box->width, box->height);
    else
        fprintf(to, "%d,%d,%d,%d,%d,%d,crop:x=%d:y=%d:width=%d:height=%d\n", box->left, box->top,
                width, height, box->width, box->height, box->left, box->top, width, height);
}

static void bounds_table(FILE *to, const struct tri_data *data)
{
    const struct bounds *k = data->constants;
    struct bounds_box box = {k->width, k->height, 0, 0, k->width, k->height};
    for (int y = 0; y < data->height; y++) {
        const uint32_t *row = data->samples + y * data->stride;
        if ((int)row[0] == k->width)
            continue;
        box.left = (int)row[0] < box.left ? (int)row[0] : box.left;
        box.right = k->width - (int)row[1] > box.right ? k->width - (int)row[1] : box.right;
        box.top = y < box.top ? y : box.top;
        box.bottom = y + 1;
    }
    bounds_print(to, &box);
}

/* False for an empty box. */
static bool bounds_parse(const char *line, struct bounds_box *box)
{
    int width = 0, height = 0;
    if (sscanf(line, "%d,%d,%d,%d,%d,%d", &box->left, &box->top, &width, &height, &box->width,
               &box->height) != 6)
        *box = (struct bounds_box){0};
    box->right = box->left + width;
    box->bottom = box->top + height;
    return width > 0 && height > 0;
}

static void bounds_merge(FILE *to, const char *total, const char *lines)
{
    struct bounds_box box, other;
    const bool any = bounds_parse(total, &box), more = bounds_parse(lines, &other);
    if (any && more) {
        box.left = other.left < box.left ? other.left : box.left;
        box.top = other.top < box.top ? other.top : box.top;
        box.right = other.right > box.right ? other.right : box.right;
        box.bottom = other.bottom > box.bottom ? other.bottom : box.bottom;
    }
    if (box.width != other.width || box.height != other.height) /* then and from now on */
        other = (struct bounds_box){0};
    bounds_print(to, any && other.width > 0 ? &box : &other);
}

GRAPH(bounds)
{
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const struct bounds k = {(uint)floor(VALUE(tolerance) * maximum), (uint)in.planes,
                             tri_graph_width(graph, in.channel[0]),
                             tri_graph_height(graph, in.channel[0])};
    struct tri_node_spec spec = {.whole = true,
                                 .width = 2,
                                 .operations = k.width,
                                 .constants = &k,
                                 .constants_size = sizeof k};
    for (int p = 0; p < TRI_PLANES_MAX; p++)
        spec.in[p] = in.channel[p < in.planes ? p : 0];
    const int rows = tri_graph_add(graph, &tri_pass_bounds_rows, &spec);
    tri_graph_same_samples(graph);
    tri_graph_planes_differ(graph); /* a pixel is all of them */
    tri_graph_table(graph, rows, "x,y,width,height,picture_width,picture_height,crop",
                    bounds_table);
    tri_graph_totals(graph, bounds_merge);
    return in;
}
#endif
