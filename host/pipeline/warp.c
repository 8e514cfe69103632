/* warp.c -- turns a map from a result's places to the input's into nodes of kernels/shared/warp.cl,
 * for planes of the picture's size and for chroma with fewer samples. */
#include "graph.h"

#include <math.h>

extern const struct tri_pass tri_pass_warp_linear, tri_pass_warp_cubic;

/* How places along an axis become samples: place = (sample + 0.5 + at) * size. */
struct axis {
    double size, in_at, out_at;
};

/* The map as sums for a sample's column and row rather than for places. */
static void by_samples(const double part[3], const struct axis *x, const struct axis *y,
                       double sums[3])
{
    sums[0] = part[0] * x->size;
    sums[1] = part[1] * y->size;
    sums[2] =
        part[0] * (0.5 + x->out_at) * x->size + part[1] * (0.5 + y->out_at) * y->size + part[2];
}

/* Also places in the input as its samples. */
static void numerator(const double part[3], const double divisor[3], const struct axis *x,
                      const struct axis *y, const struct axis *along, double sums[3])
{
    by_samples(part, x, y, sums);
    for (int i = 0; i < 3; i++)
        sums[i] = sums[i] / along->size - (0.5 + along->in_at) * divisor[i];
}

/* Returns false if a sum may exceed 60 bits. */
static bool fixed_point(const double sums[3], double scale, int width, int height, long fixed[3])
{
    const double most = fabs(sums[0]) * (width + 16) + fabs(sums[1]) * height + fabs(sums[2]);
    if (!(most * scale < 0x1p60))
        return false;
    for (int i = 0; i < 3; i++)
        fixed[i] = (long)floor(sums[i] * scale + 0.5);
    return true;
}

static double largest_divisor(const double sums[3], int width, int height)
{
    double largest = 0;
    for (int i = 0; i < 4; i++) {
        const int x = i % 2 * (width + 15), y = i < 2 ? 0 : height - 1;
        const double at = sums[0] * x + sums[1] * y + sums[2];
        largest = fabs(at) > largest ? fabs(at) : largest;
    }
    return largest;
}

static bool is_projective(const struct tri_map *map)
{
    return map->divisor[0] != 0 || map->divisor[1] != 0;
}

/* By how much the quotient of two sums differs at most from a line within one output, squared: its
 * second derivative along rows. */
static double bend(const double place[3], const double divisor[3], int width, int height)
{
    double least = (double)INFINITY, most = 0;
    for (int i = 0; i < 4; i++) {
        const double y = i < 2 ? 0 : height - 1,
                     here = divisor[0] * (i % 2 * (width + 15)) + divisor[1] * y + divisor[2],
                     turn = place[0] * (divisor[1] * y + divisor[2]) -
                            divisor[0] * (place[1] * y + place[2]);
        least = here < least ? here : least;
        most = fabs(turn) > most ? fabs(turn) : most;
    }
    return least <= 0 ? (double)INFINITY : 2 * fabs(divisor[0]) * most / (least * least * least);
}

/* The longest span, of 2^this outputs, in which places are within 1/1024 of a line. */
static int span_bits_of(double bend)
{
    int bits = 4;
    while (bits > 0 && bend * (1 << bits) * (1 << bits) / 8 > 1.0 / 1024)
        bits--;
    return bits;
}

/* Fills in the places; false if they are too far apart for integers. */
static bool fill_places(const struct tri_map *map, const struct axis *x, const struct axis *y,
                        int width, int height, struct tri_warp *warp)
{
    double divisor[3], across[3], down[3];
    by_samples(map->divisor, x, y, divisor);
    numerator(map->x, divisor, x, y, x, across);
    numerator(map->y, divisor, x, y, y, down);
    if (!is_projective(map)) {
        warp->step_x = (long)floor(across[0] * 65536 + 0.5);
        warp->step_y = (long)floor(down[0] * 65536 + 0.5);
        return fixed_point(across, 0x1p24, width, height, warp->x) &&
               fixed_point(down, 0x1p24, width, height, warp->y);
    }
    const double bend_x = bend(across, divisor, width, height),
                 bend_y = bend(down, divisor, width, height);
    warp->span_bits = span_bits_of(bend_x > bend_y ? bend_x : bend_y);
    const double unit = 1 / largest_divisor(divisor, width, height);
    warp->projective = 1;
    return fixed_point(divisor, 0x1p46 * unit, width, height, warp->divisor) &&
           fixed_point(across, 0x1p36 * unit, width, height, warp->x) &&
           fixed_point(down, 0x1p36 * unit, width, height, warp->y);
}

/* With alpha, samples are multiplied by it: 0 is transparent. */
static int constant_outside(const struct tri_graph *graph, const struct tri_map *map, int planes)
{
    const struct tri_levels levels = tri_graph_levels(graph);
    return planes % 2 == 0
               ? 0
               : (int)(levels.black + map->gray * ((double)levels.white - levels.black) + 0.5);
}

struct tri_value tri_graph_warp(struct tri_graph *graph, struct tri_value in,
                                const struct tri_map *map, int width, int height)
{
    const struct tri_luma luma = tri_graph_luma(graph);
    const struct tri_siting at = tri_graph_siting(graph);
    const struct axis x = {1 << luma.shift_x, at.in_x, at.out_x},
                      y = {1 << luma.shift_y, at.in_y, at.out_y};
    struct tri_warp warp = {.span_bits = 4,
                            .replicate = map->replicate,
                            .fill = constant_outside(graph, map, in.planes)};
    width = (width + (1 << luma.shift_x) - 1) >> luma.shift_x;
    height = (height + (1 << luma.shift_y) - 1) >> luma.shift_y;
    tri_graph_fields(graph, TRI_FIELDS_GONE);
    if (!fill_places(map, &x, &y, width, height, &warp)) {
        tri_graph_fail(graph, "%s: its places are too far apart; use numbers closer to 0",
                       tri_graph_operation(graph)->kernel->about->name);
        return in;
    }
    struct tri_node_spec spec = {.outputs = in.planes,
                                 .whole = true,
                                 .block = PLANES_ROWS,
                                 .width = width,
                                 .height = height,
                                 .operations = map->cubic ? 20 : 3,
                                 .constants = &warp,
                                 .constants_size = sizeof warp};
    for (int p = 0; p < in.planes; p++)
        spec.in[p] = in.channel[p];
    const int first =
        tri_graph_add(graph, map->cubic ? &tri_pass_warp_cubic : &tri_pass_warp_linear, &spec);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = first + p;
    return in;
}
