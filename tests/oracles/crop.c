/* The oracle of crop: visits all places of the rectangle, and keeps those inside the picture. */
#include "../oracle.h"

struct rectangle {
    int left, top, right, bottom; /* without the last two */
};

/* West and north begin at the offset, east and south end before it. */
static void place(int in, int wanted, int offset, bool from_start, bool from_end, int *begin,
                  int *end)
{
    int size = wanted ? wanted : from_start || from_end ? in - offset : in;

    if (from_start)
        *begin = offset;
    else if (from_end)
        *begin = in - offset - size;
    else if (in >= size)
        *begin = (in - size) / 2 + offset;
    else
        *begin = -((size - in + 1) / 2) + offset;
    *end = *begin + size;
    *begin = *begin < 0 ? 0 : *begin;
    *end = *end > in ? in : *end;
}

static struct rectangle find(const struct tri_pipeline *pipeline, int operation,
                             const struct tri_shape *in)
{
    static const char *const west[] = {"northwest", "west", "southwest"},
                             *const east[] = {"northeast", "east", "southeast"},
                             *const north[] = {"northwest", "north", "northeast"},
                             *const south[] = {"southwest", "south", "southeast"};
    bool w = false, e = false, n = false, s = false;
    struct rectangle at;

    for (int i = 0; i < 3; i++) {
        w |= oracle_chosen(pipeline, operation, "gravity", west[i]);
        e |= oracle_chosen(pipeline, operation, "gravity", east[i]);
        n |= oracle_chosen(pipeline, operation, "gravity", north[i]);
        s |= oracle_chosen(pipeline, operation, "gravity", south[i]);
    }
    place(in->width, (int)tri_pipeline_value(pipeline, operation, "width"),
          (int)tri_pipeline_value(pipeline, operation, "x"), w, e, &at.left, &at.right);
    place(in->height, (int)tri_pipeline_value(pipeline, operation, "height"),
          (int)tri_pipeline_value(pipeline, operation, "y"), n, s, &at.top, &at.bottom);
    return at;
}

static bool refuses_shape(const struct tri_pipeline *pipeline, int operation,
                          const struct tri_shape *in)
{
    struct rectangle at = find(pipeline, operation, in);

    return at.left >= at.right || at.top >= at.bottom;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct rectangle at = find(pipeline, operation, &in->shape);

    (void)before;
    oracle_expect(out, at.right - at.left, at.bottom - at.top, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = at.top; y < at.bottom; y++)
            for (int x = at.left; x < at.right; x++)
                *oracle_at(out, plane, x - at.left, y - at.top) =
                    (double)oracle_sample(in, plane, x, y);
}

static const char *const cases[] = {"width=7:height=3:x=5:y=1",
                                    "width=7:height=3:gravity=center",
                                    "width=100:height=90:gravity=center",
                                    "width=3:height=2:gravity=southeast",
                                    "x=2:y=1",
                                    "x=2:y=1:gravity=southeast",
                                    "width=6:x=-2:height=1:y=0",
                                    "width=9:x=3:gravity=east",
                                    "height=4:y=-1:x=1:gravity=center",
                                    "width=4:x=-3:gravity=north",
                                    "width=300:height=200:x=7:y=3",
                                    "x=1000",
                                    NULL};

const struct oracle oracle_crop = {.name = "crop",
                                   .alpha = ORACLE_PLAIN,
                                   .run = run,
                                   .refuses_shape = refuses_shape,
                                   .cases = cases};
