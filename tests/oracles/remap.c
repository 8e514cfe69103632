/* The oracle of remap: reads the maps as text, and sums over all samples of the picture, each
 * weighted by how near the place is. */
#include "../../host/pipeline/kernel_description.h"
#include "../oracle.h"
#include "../rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct map {
    int width, height;
    double *places; /* in pixels, rounded to 1/256 */
};

/* A map that is part of the program. */
static struct map read_map(const struct tri_pipeline *pipeline, int operation, const char *param)
{
    struct map map = {0};
    const struct tri_own_file *own = tri_kernel_find("remap")->files->own;
    char name[80];
    int used = 0, number;

    snprintf(name, sizeof name, "%s", tri_pipeline_value_text(pipeline, operation, param));
    while (strcmp(own->name, name + 1) != 0)
        own++;
    if (sscanf(own->text, "P2 %d %d 65535%n", &map.width, &map.height, &used) != 2)
        abort();
    map.places = oracle_memory((size_t)map.width * (size_t)map.height, sizeof map.places[0]);
    const char *text = own->text + used;
    for (int i = 0; i < map.width * map.height; i++, text += used) {
        if (sscanf(text, "%d%n", &number, &used) != 1)
            abort();
        map.places[i] =
            floor(number / tri_pipeline_value(pipeline, operation, "scale") * 256 + 0.5) / 256;
    }
    return map;
}

static bool is_near(const struct tri_pipeline *pipeline, int operation)
{
    return oracle_chosen(pipeline, operation, "filter", "nearest");
}

static bool all_whole(const struct map *map)
{
    bool whole = true;

    for (int i = 0; i < map->width * map->height; i++)
        whole &= map->places[i] == floor(map->places[i]);
    return whole;
}

static enum oracle_alpha alpha_of(const struct tri_pipeline *pipeline, int operation)
{
    struct map x = read_map(pipeline, operation, "x"), y = read_map(pipeline, operation, "y");
    bool whole = all_whole(&x) && all_whole(&y);

    free(x.places);
    free(y.places);
    return whole || is_near(pipeline, operation) ? ORACLE_PLAIN : ORACLE_PREMULTIPLIED;
}

/* How much a sample counts at a distance. */
static double weight(double distance)
{
    return fabs(distance) < 1 ? 1 - fabs(distance) : 0;
}

static double at_place(const struct tri_image *in, int plane, double x, double y, bool replicate,
                       double outside)
{
    double sum = 0;

    for (int j = (int)y - 2; j <= (int)y + 2; j++)
        for (int i = (int)x - 2; i <= (int)x + 2; i++) {
            bool inside = i >= 0 && j >= 0 && i < in->shape.width && j < in->shape.height;

            sum += weight(x - i) * weight(y - j) *
                   (inside || replicate ? (double)oracle_sample(in, plane, i, j) : outside);
        }
    return floor(sum + 0.5);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct map xs = read_map(pipeline, operation, "x"), ys = read_map(pipeline, operation, "y");
    bool replicate = oracle_chosen(pipeline, operation, "border", "replicate"),
         near = is_near(pipeline, operation);
    double outside = floor(tri_pipeline_value(pipeline, operation, "gray") * oracle_max(in) + 0.5);

    (void)before;
    oracle_expect(out, xs.width, xs.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int i = 0; i < xs.width * xs.height; i++) {
            double x = xs.places[i], y = ys.places[i];

            if (near) {
                x = floor(x + 0.5);
                y = floor(y + 0.5);
            }
            *oracle_at(out, plane, i % xs.width, i / xs.width) =
                at_place(in, plane, x, y, replicate, outside);
        }
    free(xs.places);
    free(ys.places);
}

/* Maps of one size, in any order. */
static void draw_text(const char *param, uint64_t *state, char *text, size_t size)
{
    (void)param;
    snprintf(text, size, "@swirl_%c", rig_draw(state) % 2 == 0 ? 'x' : 'y');
}

static const char *const cases[] = {"x=@swirl_x:y=@swirl_y:scale=32:border=replicate",
                                    "x=@swirl_x:y=@swirl_y:scale=32:filter=nearest:gray=0.5",
                                    "x=@swirl_x:y=@swirl_y:scale=3",
                                    "x=@swirl_y:y=@swirl_x:scale=256:border=replicate",
                                    "x=@known_x:y=@known_y:border=replicate",
                                    "x=@known_x:y=@known_y:scale=2:gray=1",
                                    NULL};

const struct oracle oracle_remap = {.name = "remap",
                                    .alpha_of = alpha_of,
                                    .run = run,
                                    .draw_text = draw_text,
                                    .opaque = "gray",
                                    .cases = cases};
