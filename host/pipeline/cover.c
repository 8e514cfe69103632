/* cover.c -- graphs of minima and maxima over windows. */
#include "cover.h"

#include <string.h>

/* Grows windows of radius `q` step by step. They stay centred: then the edge sample of a pass,
 * which stands in for all beyond it, covers nothing that the whole window would not. */
static int widen(struct tri_graph *graph, const struct tri_pass *pass, bool along_rows, int q,
                 int radius, int channel)
{
    while (q < radius) {
        const int most = 4 * q + 1, next = most < radius ? most : radius;
        const int outer = next - q, inner = outer < q ? outer : q;
        const int at[4] = {-outer, -inner, inner, outer};
        struct tri_node_spec spec = {.in = {channel}};
        if (along_rows) {
            spec.reach = outer;
            spec.operations = 4;
            spec.constants = at;
            spec.constants_size = sizeof at;
            spec.specialize = true;
        } else {
            spec.sparse = 4;
            memcpy(spec.rows, at, sizeof at);
        }
        channel = tri_graph_add(graph, pass, &spec);
        q = next;
    }
    return channel;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Grows columns of radius `q` to `radius`. */
static int cover_columns(struct tri_graph *graph, const struct tri_cover *passes, int q, int radius,
                         int channel)
{
    const int first = smaller(radius, 3);
    const struct tri_node_spec columns = {.in = {channel}, .low = -first, .high = first};
    if (q > 0 || radius == 0)
        return widen(graph, passes->columns, false, q, radius, channel);
    return widen(graph, passes->columns, false, first, radius,
                 tri_graph_add(graph, passes->columns_of[first - 1], &columns));
}

/* Makes windows of `radius` to either side. `fused` does the first pass along rows and the source's
 * work: [0], [1], [2]: of radius 1, 2, 3. */
static int cover_rows(struct tri_graph *graph, const struct tri_cover *passes,
                      const struct tri_pass *const *fused, int radius, int channel)
{
    const int first = smaller(radius, 3);
    if (radius == 0)
        return channel;
    const struct tri_node_spec rows = {.in = {channel}, .reach = first, .fused = fused[first - 1]};
    return widen(graph, passes->rows, true, first, radius,
                 tri_graph_add(graph, passes->rows_of[first - 1], &rows));
}

int tri_graph_cover(struct tri_graph *graph, const struct tri_cover *passes, int radius,
                    int channel)
{
    const struct tri_pass *const after_more[3] = {NULL, NULL, passes->columns_rows_7};
    return cover_rows(graph, passes, radius <= 3 ? passes->both_of : after_more, radius,
                      cover_columns(graph, passes, 0, radius, channel));
}

/* The largest x with x^2 + y^2 <= radius^2. */
static int disk_reach(int y, int radius)
{
    int x = 0;
    while ((x + 1) * (x + 1) + y * y <= radius * radius)
        x++;
    return x;
}

/* How far the window goes to either side in the row `y` rows from its middle; -1: not at all. */
static int reach_of(enum tri_window_shape shape, int y, int radius)
{
    if (y > radius)
        return -1;
    return shape == TRI_DISK ? disk_reach(y, radius) : y == 0 || shape == TRI_SQUARE ? radius : 0;
}

/* The window is the union of rectangles, from the widest to the tallest. What the widest has on
 * its sides beyond the next is made first, and grows along rows together with the next. */
int tri_graph_cover_shape(struct tri_graph *graph, const struct tri_cover_shapes *passes,
                          enum tri_window_shape shape, int radius, int channel)
{
    int tall = channel, height = 0, made = 0;
    if (shape == TRI_SQUARE)
        return tri_graph_cover(graph, passes->square, radius, channel);
    for (int y = 0; y <= radius; y++) {
        const int reach = reach_of(shape, y, radius), next = reach_of(shape, y + 1, radius);
        if (next == reach)
            continue;
        tall = cover_columns(graph, passes->square, height, y, tall);
        height = y;
        made = made == 0 ? tall
                         : tri_graph_add(graph, passes->join,
                                         &(struct tri_node_spec){.in = {made, tall}});
        made = cover_rows(graph, passes->square, passes->join_rows, reach - (next > 0 ? next : 0),
                          made);
    }
    return made;
}
