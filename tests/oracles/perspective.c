/* The oracle of perspective: solves the eight equations of the four corners by elimination. */
#include "../oracle.h"
#include "../oracle_places.h"

#include <math.h>

struct homography {
    double h[8]; /* x = (h0 u + h1 v + h2) / (h6 u + h7 v + 1), y = (h3 u + h4 v + h5) / ... */
};

static void exchange(double *a, double *b)
{
    double c = *a;

    *a = *b;
    *b = c;
}

static void solve(double rows[8][9], double result[8])
{
    for (int i = 0; i < 8; i++) {
        int best = i;

        for (int r = i + 1; r < 8; r++)
            best = fabs(rows[r][i]) > fabs(rows[best][i]) ? r : best;
        for (int c = 0; c < 9; c++)
            exchange(&rows[i][c], &rows[best][c]);
        for (int r = 0; r < 8; r++) {
            double factor = r == i ? 0 : rows[r][i] / rows[i][i];

            for (int c = i; c < 9; c++)
                rows[r][c] -= factor * rows[i][c];
        }
    }
    for (int i = 0; i < 8; i++)
        result[i] = rows[i][8] / rows[i][i];
}

static void find(const void *data, double x, double y, double *from_x, double *from_y)
{
    const double *h = ((const struct homography *)data)->h;
    double divisor = h[6] * x + h[7] * y + 1;

    *from_x = divisor > 0 ? (h[0] * x + h[1] * y + h[2]) / divisor : -1e9;
    *from_y = divisor > 0 ? (h[3] * x + h[4] * y + h[5]) / divisor : -1e9;
}

static double corner(const struct tri_pipeline *pipeline, int operation, char axis, int number)
{
    char name[3] = {axis, (char)('0' + number), '\0'};

    return tri_pipeline_value(pipeline, operation, name);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int width = (int)tri_pipeline_value(pipeline, operation, "width");
    int height = (int)tri_pipeline_value(pipeline, operation, "height");
    double rows[8][9] = {{0}};
    struct homography map;

    (void)before;
    oracle_expect(out, width ? width : in->shape.width, height ? height : in->shape.height,
                  in->shape.planes, 0);
    for (int i = 0; i < 4; i++) {
        double u = i % 2 ? out->width : 0, v = i / 2 ? out->height : 0;
        double x = corner(pipeline, operation, 'x', i) * in->shape.width;
        double y = corner(pipeline, operation, 'y', i) * in->shape.height;
        double across[9] = {u, v, 1, 0, 0, 0, -u * x, -v * x, x};
        double down[9] = {0, 0, 0, u, v, 1, -u * y, -v * y, y};

        for (int c = 0; c < 9; c++) {
            rows[2 * i][c] = across[c];
            rows[2 * i + 1][c] = down[c];
        }
    }
    solve(rows, map.h);
    oracle_places(pipeline, operation, in, find, &map, out);
}

/* Whether corner `c` is on the left or on the right of the line from `a` to `b`. */
static double side(const double *values, int a, int b, int c)
{
    double ax = values[2 * a], ay = values[2 * a + 1];

    return (values[2 * b] - ax) * (values[2 * c + 1] - ay) -
           (values[2 * b + 1] - ay) * (values[2 * c] - ax);
}

/* Unless both other corners are on the same side of each edge. */
static bool refuses(const double *values)
{
    static const int edges[4][2] = {{0, 1}, {1, 3}, {3, 2}, {2, 0}};
    double first = side(values, 0, 1, 2);

    for (int e = 0; e < 4; e++)
        for (int c = 0; c < 4; c++)
            if (c != edges[e][0] && c != edges[e][1] &&
                side(values, edges[e][0], edges[e][1], c) * (first < 0 ? -1 : 1) <= 1e-6)
                return true;
    return false;
}

static const char *const cases[] = {
    "0.1:0.1:0.9:0:0:1:1:0.9",
    "0.1:0.1:0.9:0:0:1:1:0.9:filter=bicubic",
    "0.3:0.1:0.6:0.1:0:1:1:0.9:border=replicate",
    "0.45:0:0.55:0:0:1:1:1:filter=bicubic:border=replicate",
    "1:0:0:0.1:0.9:1:0:0.9",
    "-0.5:-0.3:1.5:-0.2:-0.1:1.2:1.1:1.6:gray=0.7:width=120:height=90",
    "0.2:0.2:0.4:0.2:0.2:0.3:0.4:0.4:width=200:height=7",
    NULL};

const struct oracle oracle_perspective = {.name = "perspective",
                                          .alpha = ORACLE_PREMULTIPLIED,
                                          .run = run,
                                          .refuses = refuses,
                                          .opaque = "gray",
                                          .cases = cases};
