/* The oracle of emboss: a weight for each neighbour by how far it is from the light's direction. */
#include "../oracle.h"

#include <stdlib.h>
#include <string.h>

/* Where the light is: right of, and below. */
static void find_light(const struct tri_pipeline *pipeline, int operation, int *right, int *below)
{
    static const char *const names[] = {"n", "ne", "e", "se", "s", "sw", "w", "nw"};

    for (int i = 0; i < 8; i++)
        if (oracle_chosen(pipeline, operation, "light", names[i])) {
            *right = (strchr(names[i], 'e') != NULL) - (strchr(names[i], 'w') != NULL);
            *below = (strchr(names[i], 's') != NULL) - (strchr(names[i], 'n') != NULL);
        }
}

/* -2 towards the light, -1 beside it, 1 and 2 opposite. */
static int weight(int dx, int dy, int right, int below)
{
    const int towards = dx * right + dy * below;
    const bool straight = dx * below == dy * right, diagonal = right != 0 && below != 0;

    return straight && !diagonal ? -2 * towards : -towards;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    const double amount = tri_pipeline_value(pipeline, operation, "amount");
    int right = 0, below = 0;

    (void)before;
    find_light(pipeline, operation, &right, &below);
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  0.5 + (in->shape.bits == 8 ? 0.001 : 0.3));
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double sum = 0;

                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                        sum += weight(dx, dy, right, below) *
                               (double)oracle_sample(in, plane, x + dx, y + dy);
                *oracle_at(out, plane, x, y) =
                    oracle_clamp((oracle_max(in) + 1) / 2 + amount * sum, 0, oracle_max(in));
            }
}

static const char *const cases[] = {"light=n:amount=3", "light=e", "light=sw:amount=0.123", NULL};

const struct oracle oracle_emboss = {
    .name = "emboss", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
