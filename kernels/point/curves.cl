/* curves -- tone curves through points, by a table. */
#include "kernel.h"

#ifdef HOST
USES(lookup)

KERNEL(curves, tri_alpha_kept, "tone curves through given points",
       "Maps samples by a smooth curve through points, each given as x and y, fractions of the "
       "maximum; x ascends, and beyond the first and the last point the curve is level. Between "
       "points it rises or falls only as they do (monotone cubics of Fritsch and Carlson). The "
       "curves of red, green and blue come first, then that of points for all. Alpha is kept.",
       "curves:points=0 0 / 0.25 0.18 / 0.75 0.84 / 1 1",
       PARAM_LIST(points, "0 0 1 1", 0, 1, "x and y of each point, for all colours")
           PARAM_LIST(red, "0 0 1 1", 0, 1, "the same for red")
               PARAM_LIST(green, "0 0 1 1", 0, 1, "the same for green")
                   PARAM_LIST(blue, "0 0 1 1", 0, 1, "the same for blue"))
ALIASES(curves, ALIAS("curve|tonecurve|gradationcurve|splinecurve",
                      "curves:points=0 0 / 0.25 0.18 / 0.75 0.84 / 1 1"))

/* 51 is at the second point, 0.2. Halfway from there to the third, at 0.6, the cubic is at the mean
 * of 0.4 and 1, plus 0.8 / 8 of the difference of slopes: (2 + 0.75) / 2 and 0.75. */
KNOWN(curves, "curves:points=0 0 0.2 0.4 1 1", PICTURE(4, 1, 1, 0, 51, 153, 255),
      PICTURE(4, 1, 1, 0, 102, 194, 255))

#define CURVES_POINTS 2048

struct curves_line {
    int count;
    double x[CURVES_POINTS], y[CURVES_POINTS], slope[CURVES_POINTS];
};

static bool curves_read(struct tri_graph *graph, const char *param, struct curves_line *line)
{
    const struct tri_list list = tri_operation_list(tri_graph_operation(graph), param);
    line->count = list.count / 2;
    if (list.count % 2 != 0 || list.count < 4 || (list.columns != 0 && list.columns % 2 != 0)) {
        tri_graph_fail(graph, "curves: %s has %d numbers; expected x and y of two points or more",
                       param, list.count);
        return false;
    }
    for (int i = 0; i < line->count; i++) {
        line->x[i] = list.numbers[2 * i];
        line->y[i] = list.numbers[2 * i + 1];
        if (i > 0 && line->x[i] <= line->x[i - 1]) {
            tri_graph_fail(graph,
                           "curves: x of point %d of %s is %g; it must be above %g, that of "
                           "the point before",
                           i + 1, param, line->x[i], line->x[i - 1]);
            return false;
        }
    }
    return true;
}

static double curves_secant(const struct curves_line *line, int i)
{
    return (line->y[i + 1] - line->y[i]) / (line->x[i + 1] - line->x[i]);
}

/* Between -3 and 3 times the smaller of two secants, or 0 where these have different signs: F. N.
 * Fritsch and R. E. Carlson, "Monotone Piecewise Cubic Interpolation", SIAM Journal on Numerical
 * Analysis 17 (1980), region S2. */
static double curves_limited(double slope, double before, double after)
{
    if (before * after <= 0)
        return 0;
    if (before < 0)
        return -curves_limited(-slope, -before, -after);
    const double least = before < after ? before : after;
    return slope < 3 * least ? slope : 3 * least;
}

/* The mean of the secants on both sides; at the ends that of the only one. */
static void curves_find_slopes(struct curves_line *line)
{
    const int last = line->count - 1;
    line->slope[0] = curves_secant(line, 0);
    line->slope[last] = curves_secant(line, last - 1);
    for (int i = 1; i < last; i++) {
        const double before = curves_secant(line, i - 1), after = curves_secant(line, i);
        line->slope[i] = curves_limited((before + after) / 2, before, after);
    }
}

static double curves_at(const struct curves_line *line, double x)
{
    int i = 0;
    if (x <= line->x[0])
        return line->y[0];
    if (x >= line->x[line->count - 1])
        return line->y[line->count - 1];
    while (x > line->x[i + 1])
        i++;
    const double width = line->x[i + 1] - line->x[i], t = (x - line->x[i]) / width, u = 1 - t;
    const double y = line->y[i] * u * u * (1 + 2 * t) + line->y[i + 1] * t * t * (1 + 2 * u) +
                     width * t * u * (line->slope[i] * u - line->slope[i + 1] * t);
    return y < 0 ? 0 : y > 1 ? 1 : y;
}

/* A channel's curve, then that of all. */
static int curves_node(struct tri_graph *graph, const struct curves_line *line,
                       const struct curves_line *all, int in)
{
    const int most = (1 << tri_graph_bits(graph)) - 1;
    ushort table[1 << 16];
    for (int v = 0; v <= most; v++)
        table[v] = (ushort)(curves_at(all, curves_at(line, (double)v / most)) * most + 0.5);
    return NODE(lookup, .in = {in}, .constants = table,
                .constants_size = ((size_t)most + 1) * sizeof table[0]);
}

static bool curves_same(const struct curves_line *a, const struct curves_line *b)
{
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = a->x[i] == b->x[i] && a->y[i] == b->y[i];
    return same;
}

/* A gray picture stays gray if its channels would be equal. */
GRAPH(curves)
{
    static const char *const names[] = {"red", "green", "blue"};
    struct curves_line all, line[3];
    struct tri_value out = {.planes = 3};
    tri_graph_needs_rgb(graph);
    if (!curves_read(graph, "points", &all))
        return in;
    curves_find_slopes(&all);
    for (int i = 0; i < 3; i++) {
        if (!curves_read(graph, names[i], &line[i]))
            return in;
        curves_find_slopes(&line[i]);
    }
    if (in.planes == 1 && curves_same(&line[0], &line[1]) && curves_same(&line[0], &line[2]))
        out.planes = 1;
    for (int i = 0; i < out.planes; i++)
        out.channel[i] = curves_node(graph, &line[i], &all, in.channel[in.planes == 1 ? 0 : i]);
    return out;
}
#endif
