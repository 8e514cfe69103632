/* The oracle of curves: the same slopes, but each section as a Bezier curve, by halving. */
#include "../oracle.h"
#include "../rig.h"

#include <math.h>
#include <stdlib.h>

struct line {
    int count;
    double x[100], y[100];
};

static struct line read_line(const struct tri_pipeline *pipeline, int operation, const char *param)
{
    const char *text = tri_pipeline_value_text(pipeline, operation, param);
    struct line line = {.count = 0};
    int numbers = 0;

    for (char *end; *text; text = end) {
        const double number = strtod(text, &end);

        if (end == text) {
            end++; /* a slash, or a blank at the end */
            continue;
        }
        (numbers % 2 ? line.y : line.x)[numbers / 2] = number;
        numbers++;
    }
    line.count = numbers / 2;
    return line;
}

static double secant(const struct line *line, int i)
{
    return (line->y[i + 1] - line->y[i]) / (line->x[i + 1] - line->x[i]);
}

static double slope(const struct line *line, int i)
{
    if (i == 0 || i == line->count - 1)
        return secant(line, i ? i - 1 : 0);
    const double before = secant(line, i - 1), after = secant(line, i);

    if ((before < 0) != (after < 0) || before == 0 || after == 0)
        return 0;
    return copysign(fmin(fabs(before + after) / 2, 3 * fmin(fabs(before), fabs(after))), before);
}

/* De Casteljau's halving of the control values, towards x. */
static double section(const struct line *line, int i, double x)
{
    const double third = (line->x[i + 1] - line->x[i]) / 3;
    double p[4] = {line->y[i], line->y[i] + third * slope(line, i),
                   line->y[i + 1] - third * slope(line, i + 1), line->y[i + 1]};
    double low = line->x[i], high = line->x[i + 1];

    for (int step = 0; step < 40; step++) {
        const double a = (p[0] + p[1]) / 2, b = (p[1] + p[2]) / 2, c = (p[2] + p[3]) / 2,
                     ab = (a + b) / 2, bc = (b + c) / 2, middle = (low + high) / 2;

        if (x < middle) {
            p[1] = a;
            p[2] = ab;
            p[3] = (ab + bc) / 2;
            high = middle;
        } else {
            p[0] = (ab + bc) / 2;
            p[1] = bc;
            p[2] = c;
            low = middle;
        }
    }
    return p[0];
}

static double at(const struct line *line, double x)
{
    if (x < line->x[0])
        return line->y[0];
    for (int i = 0; i + 1 < line->count; i++)
        if (x < line->x[i + 1])
            return oracle_clamp(section(line, i, x), 0, 1);
    return line->y[line->count - 1];
}

static bool same(const struct line *a, const struct line *b)
{
    bool equal = a->count == b->count;

    for (int i = 0; i < a->count && equal; i++)
        equal = a->x[i] == b->x[i] && a->y[i] == b->y[i];
    return equal;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    static const char *const names[] = {"red", "green", "blue"};
    const struct line all = read_line(pipeline, operation, "points");
    struct line line[3];

    (void)before;
    for (int i = 0; i < 3; i++)
        line[i] = read_line(pipeline, operation, names[i]);
    const bool gray = in->shape.planes == 1 && same(&line[0], &line[1]) && same(&line[0], &line[2]);

    oracle_expect(out, in->shape.width, in->shape.height, gray ? 1 : 3, 0.501);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const int from = in->shape.planes == 1 ? 0 : plane;
                const double value = (double)oracle_sample(in, from, x, y) / oracle_max(in);

                *oracle_at(out, plane, x, y) = at(&all, at(&line[plane], value)) * oracle_max(in);
            }
}

/* Points with ascending x, and any y. */
static void draw_text(const char *param, uint64_t *state, char *text, size_t size)
{
    const int count = 2 + (int)(rig_draw(state) % 5);
    int length = snprintf(text, size, "'");

    (void)param;
    for (int i = 0; i < count; i++)
        length += snprintf(text + length, size - (size_t)length, "%s%.3f %.3f", i ? " / " : "",
                           (i + 0.9 * rig_draw_unit(state)) / count, rig_draw_unit(state));
    snprintf(text + length, size - (size_t)length, "'");
}

static const char *const cases[] = {"points=0 1 1 0", "points=0.2 0 0.21 1",
                                    "points=0 0 0.1 0.5 0.2 0.5 0.3 0.1 1 1:red=0 0 0.5 0.9 1 1",
                                    "red=0 0.2 1 1:green=0 0 1 0.5:blue=0.3 0.3 1 1", NULL};

const struct oracle oracle_curves = {
    .name = "curves", .alpha = ORACLE_KEPT, .run = run, .draw_text = draw_text, .cases = cases};
