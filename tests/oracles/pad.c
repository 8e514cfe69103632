/* The oracle of pad: walks outwards from the picture, one sample at a time. */
#include "../oracle.h"

#include <math.h>

#define OUTSIDE (-1)

/* The index of the sample at `at`, found by walking there from 0. */
static int walk(int at, int size, const char *mode)
{
    int step = at < 0 ? -1 : 1, direction = step, index = 0;

    for (int i = 0; i != at; i += step) {
        bool inside = index + direction >= 0 && index + direction < size;

        if (inside)
            index += direction;
        else if (mode[0] == 'c')
            return OUTSIDE;
        else if (mode[0] == 'w')
            index = direction > 0 ? 0 : size - 1;
        else if (mode[0] == 'm')
            direction = -direction;
        else if (mode[0] == 'r' && mode[2] == 'f') {
            direction = -direction;
            index += size > 1 ? direction : 0;
        }
    }
    return index;
}

static const char *mode_of(const struct tri_pipeline *pipeline, int operation)
{
    static const char *const modes[] = {"constant", "replicate", "mirror", "reflect", "wrap"};

    for (int i = 0; i < 4; i++)
        if (oracle_chosen(pipeline, operation, "mode", modes[i]))
            return modes[i];
    return modes[4];
}

static int before_picture(int in, int first, int second, int wanted, bool start, bool end,
                          int *size)
{
    int least = in + first + second;

    *size = least;
    while (*size < wanted) {
        bool in_front = end || (!start && (*size - least) % 2 == 1);

        first += in_front;
        second += !in_front;
        ++*size;
    }
    return first;
}

static bool gravity_has(const struct tri_pipeline *pipeline, int operation, const char *a,
                        const char *b, const char *c)
{
    return oracle_chosen(pipeline, operation, "gravity", a) ||
           oracle_chosen(pipeline, operation, "gravity", b) ||
           oracle_chosen(pipeline, operation, "gravity", c);
}

static double constant_of(const struct tri_pipeline *pipeline, int operation, int plane, int planes,
                          int max)
{
    static const char *const names[] = {"red", "green", "blue"};
    double value =
        planes >= 3 && plane < 3 ? tri_pipeline_value(pipeline, operation, names[plane]) : -1;

    if (planes % 2 == 0 && plane == planes - 1)
        value = tri_pipeline_value(pipeline, operation, "alpha");
    else if (value < 0)
        value = tri_pipeline_value(pipeline, operation, "gray");
    return floor(value * max + 0.5);
}

static int whole(const struct tri_pipeline *pipeline, int operation, const char *name)
{
    return (int)tri_pipeline_value(pipeline, operation, name);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    const char *mode = mode_of(pipeline, operation);
    int width, height;
    int left =
        before_picture(in->shape.width, whole(pipeline, operation, "left"),
                       whole(pipeline, operation, "right"), whole(pipeline, operation, "width"),
                       gravity_has(pipeline, operation, "northwest", "west", "southwest"),
                       gravity_has(pipeline, operation, "northeast", "east", "southeast"), &width);
    int top = before_picture(
        in->shape.height, whole(pipeline, operation, "top"), whole(pipeline, operation, "bottom"),
        whole(pipeline, operation, "height"),
        gravity_has(pipeline, operation, "northwest", "north", "northeast"),
        gravity_has(pipeline, operation, "southwest", "south", "southeast"), &height);

    (void)before;
    oracle_expect(out, width, height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                int from_x = walk(x - left, in->shape.width, mode);
                int from_y = walk(y - top, in->shape.height, mode);

                *oracle_at(out, plane, x, y) =
                    from_x == OUTSIDE || from_y == OUTSIDE
                        ? constant_of(pipeline, operation, plane, out->planes, oracle_max(in))
                        : (double)oracle_sample(in, plane, from_x, from_y);
            }
}

static const char *const cases[] = {"left=3:right=5:top=2:bottom=1:gray=0.5",
                                    "left=30:right=50:top=20:bottom=10:mode=mirror",
                                    "left=30:right=50:top=20:bottom=10:mode=reflect",
                                    "left=30:right=150:top=20:bottom=10:mode=wrap",
                                    "left=3:right=50:top=2:bottom=10:mode=replicate",
                                    "left=70:right=200:gray=0.3:alpha=0.6",
                                    "width=31:height=10:red=1:green=0.5",
                                    "width=30:height=8:gravity=northeast:blue=1",
                                    "width=30:height=8:gravity=southwest:gray=1",
                                    "left=2:width=37:gravity=center:mode=wrap",
                                    NULL};

const struct oracle oracle_pad = {.name = "pad", .alpha = ORACLE_OWN, .run = run, .cases = cases};
