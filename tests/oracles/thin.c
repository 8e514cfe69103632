/* The oracle of thin: looks each sample's neighbourhood up in a table of all 256, which the rules
 * of both papers fill, and goes on with lists of the samples that are left. */
#include "../oracle.h"

#include <stdlib.h>
#include <string.h>

/* Of a neighbourhood, bit 0 is the sample above, and the others follow clockwise. */
static int around(int neighbours, int i)
{
    return neighbours >> (i & 7) & 1;
}

/* From 0 to 1, once around; in steps of a neighbour, or of two, which count as one if either is. */
static int runs(int neighbours, bool pairs)
{
    int count = 0;

    for (int i = 0; i < 8; i += pairs ? 2 : 1)
        count += around(neighbours, i) == 0 &&
                 (around(neighbours, i + 1) != 0 || (pairs && around(neighbours, i + 2) != 0));
    return count;
}

static int pairs_from(int neighbours, int first)
{
    int count = 0;

    for (int i = first; i < first + 8; i += 2)
        count += around(neighbours, i) != 0 || around(neighbours, i + 1) != 0;
    return count;
}

enum { NORTH, NORTHEAST, EAST, SOUTHEAST, SOUTH, SOUTHWEST, WEST, NORTHWEST };

/* Zhang and Suen: conditions (a) to (d), the latter two for the first or the second pass. */
static bool zhang_suen(int neighbours, bool second)
{
    bool n = around(neighbours, NORTH) != 0, e = around(neighbours, EAST) != 0,
         s = around(neighbours, SOUTH) != 0, w = around(neighbours, WEST) != 0;
    int count = 0;

    for (int i = 0; i < 8; i++)
        count += around(neighbours, i);
    if (count < 2 || count > 6 || runs(neighbours, false) != 1)
        return false;
    return second ? !(n && e && w) && !(n && s && w) : !(n && e && s) && !(e && s && w);
}

/* Guo and Hall, algorithm A1: conditions (a) to (c), turned by half for the second pass. */
static bool guo_hall(int neighbours, bool second)
{
    int one = pairs_from(neighbours, 0), other = pairs_from(neighbours, 1),
        least = one < other ? one : other, turn = second ? 4 : 0;
    bool kept =
        (around(neighbours, SOUTH + turn) != 0 || around(neighbours, SOUTHWEST + turn) != 0 ||
         around(neighbours, NORTHWEST + turn) == 0) &&
        around(neighbours, WEST + turn) != 0;

    return runs(neighbours, true) == 1 && least >= 2 && least <= 3 && !kept;
}

struct thin {
    int width, height, left;
    unsigned char *samples;
    int *places, *gone; /* those left, and those of them to remove */
    bool removed[2][256];
};

static int neighbours_of(const struct thin *t, int place)
{
    static const int dx[8] = {0, 1, 1, 1, 0, -1, -1, -1}, dy[8] = {-1, -1, 0, 1, 1, 1, 0, -1};
    int neighbours = 0;

    for (int i = 0; i < 8; i++) {
        int x = place % t->width + dx[i], y = place / t->width + dy[i];

        if (x >= 0 && y >= 0 && x < t->width && y < t->height && t->samples[y * t->width + x] != 0)
            neighbours |= 1 << i;
    }
    return neighbours;
}

static int remove_once(struct thin *t, int pass)
{
    int kept = 0, gone = 0;

    for (int i = 0; i < t->left; i++) {
        if (t->removed[pass][neighbours_of(t, t->places[i])])
            t->gone[gone++] = t->places[i];
        else
            t->places[kept++] = t->places[i];
    }
    for (int i = 0; i < gone; i++)
        t->samples[t->gone[i]] = 0;
    t->left = kept;
    return gone;
}

static void thin_plane(struct thin *t, const struct tri_image *in, int plane, int most,
                       const struct expected *out)
{
    t->left = 0;
    for (int i = 0; i < t->width * t->height; i++) {
        t->samples[i] = oracle_sample(in, plane, i % t->width, i / t->width) != 0;
        if (t->samples[i] != 0)
            t->places[t->left++] = i;
    }
    for (int n = 0, gone = 1; gone > 0 && (most == 0 || n < most); n++) {
        gone = remove_once(t, 0);
        gone += remove_once(t, 1);
    }
    for (int i = 0; i < t->left; i++)
        *oracle_at(out, plane, t->places[i] % t->width, t->places[i] / t->width) = oracle_max(in);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    size_t samples = (size_t)in->shape.width * (size_t)in->shape.height;
    struct thin t = {.width = in->shape.width, .height = in->shape.height};
    bool is_guo_hall = oracle_chosen(pipeline, operation, "method", "guo-hall");
    int most = (int)tri_pipeline_value(pipeline, operation, "iterations");

    (void)before;
    oracle_expect(out, t.width, t.height, in->shape.planes, 0);
    for (int i = 0; i < 512; i++)
        t.removed[i / 256][i % 256] =
            is_guo_hall ? guo_hall(i % 256, i >= 256) : zhang_suen(i % 256, i >= 256);
    t.samples = oracle_memory(samples, 1);
    t.places = oracle_memory(samples, sizeof(int));
    t.gone = oracle_memory(samples, sizeof(int));
    for (int plane = 0; plane < in->shape.planes; plane++)
        thin_plane(&t, in, plane, most, out);
    free(t.samples);
    free(t.places);
    free(t.gone);
}

static const char *const cases[] = {"method=guo-hall", "iterations=1",
                                    "iterations=2",    "iterations=3:method=guo-hall",
                                    "iterations=5",    NULL};

const struct oracle oracle_thin = {
    .name = "thin", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
