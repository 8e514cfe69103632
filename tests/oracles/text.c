/* The oracle of text: coverage from the typeset text, mixed in whole numbers. */
#include "../oracle.h"
#include "text/typeset.h"

#include <stdlib.h>
#include <string.h>

struct scene {
    const struct tri_pipeline *pipeline;
    int operation;
    const struct tri_image *in;
    struct tri_typeset *typeset;
};

static double value_of(const struct scene *scene, const char *param)
{
    return tri_pipeline_value(scene->pipeline, scene->operation, param);
}

static const char *text_of(const struct scene *scene, const char *param)
{
    return tri_pipeline_value_text(scene->pipeline, scene->operation, param);
}

/* Red, green, blue, alpha, of #rrggbbaa, which is what `draw_text` and the defaults give. */
static void colour_of(const struct scene *scene, const char *param, int64_t colour[4])
{
    const char *text = text_of(scene, param);
    const bool white = strcmp(text, "white") == 0;
    unsigned long number = white ? 0xffffffff : 0xff;
    if (text[0] == '#')
        number = strtoul(text + 1, NULL, 16);
    for (int i = 0; i < 4; i++)
        colour[i] = (int64_t)(number >> (24 - 8 * i) & 255);
}

/* Coverage of the whole picture by a layer, from 0 to `most`. */
static uint16_t *coverage(const struct scene *scene, int layer, int64_t most)
{
    const int width = scene->in->shape.width, height = scene->in->shape.height;
    const struct tri_text_place place = {width,
                                         height,
                                         (int)value_of(scene, "gravity"),
                                         (int)value_of(scene, "x"),
                                         (int)value_of(scene, "y"),
                                         1,
                                         0};
    uint16_t *samples = oracle_memory((size_t)width * (size_t)height, sizeof *samples);
    const struct tri_text_mask mask = {{0, 0, width, height}, samples, width, 16, (uint32_t)most};
    tri_typeset_draw(scene->typeset, &place, layer, &mask);
    return samples;
}

static int64_t ink_of(const int64_t colour[4], int planes, int plane, int64_t max)
{
    if (planes % 2 == 0 && plane == planes - 1)
        return max;
    const int64_t value = planes < 3
                              ? (299 * colour[0] + 587 * colour[1] + 114 * colour[2] + 500) / 1000
                              : colour[plane];
    return value * (max / 255);
}

static void mix_layer(const struct scene *scene, int layer, int64_t max, struct expected *out)
{
    int64_t colour[4];
    colour_of(scene, layer == 0 ? "colour" : "outline_colour", colour);
    const int64_t most =
        (int64_t)(value_of(scene, "opacity") * (double)colour[3] / 255 * (double)max + 0.5);
    uint16_t *share = coverage(scene, layer, most);
    for (int p = 0; p < out->planes; p++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double *at = oracle_at(out, p, x, y);
                const int64_t part = share[y * out->width + x];
                *at = (double)oracle_divide(
                    part * ink_of(colour, out->planes, p, max) + (max - part) * (int64_t)*at, max);
            }
    free(share);
}

/* Colours times alpha, and divided by it again. */
static void by_alpha(struct expected *out, int64_t max, bool divide)
{
    const int alpha_plane = out->planes - 1;
    for (int p = 0; p < alpha_plane && out->planes % 2 == 0; p++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double *at = oracle_at(out, p, x, y);
                const int64_t alpha = (int64_t)*oracle_at(out, alpha_plane, x, y),
                              value = (int64_t)*at;
                if (!divide)
                    *at = (double)oracle_divide(value * alpha, max);
                else
                    *at = alpha == 0
                              ? 0
                              : (double)oracle_divide((value < alpha ? value : alpha) * max, alpha);
            }
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct scene scene = {pipeline, operation, in, NULL};
    const int64_t max = oracle_maximum(in);
    struct tri_error error;
    const struct tri_text_request request = {text_of(&scene, "text"), text_of(&scene, "font"),
                                             value_of(&scene, "size"), value_of(&scene, "outline")};
    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int p = 0; p < out->planes; p++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, p, x, y) = (double)oracle_sample(in, p, x, y);
    if (tri_text_set(&request, &scene.typeset, &error) != TRI_OK) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
    by_alpha(out, max, false);
    if (request.outline > 0)
        mix_layer(&scene, 1, max, out);
    mix_layer(&scene, 0, max, out);
    by_alpha(out, max, true);
    free(scene.typeset);
}

static void draw_text(const char *param, uint64_t *state, char *text, size_t size)
{
    static const char *const texts[] = {"'Triptych'", "'Αγ ąž'", "'100%% سلام'",
                                        "' '",        "''",      "'two\nlines, and more'"};
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    if (strcmp(param, "text") == 0)
        snprintf(text, size, "%s", texts[(*state >> 33) % (sizeof texts / sizeof texts[0])]);
    else if (strcmp(param, "font") == 0)
        snprintf(text, size, "%s", *state >> 63 ? "sans" : "serif");
    else
        snprintf(text, size, "#%08x", (unsigned)(*state >> 32));
}

static const char *const cases[] = {
    "text=Triptych:size=9:x=1:y=2",
    "text='A\nBC':size=14:outline=2:gravity=center:colour=#ff8800ff:outline_colour=#00000080",
    "text=W:size=40:gravity=southeast:opacity=0.5:x=-9:y=-5", "text=far:x=100000", NULL};

const struct oracle oracle_text = {
    .name = "text", .alpha = ORACLE_OWN, .run = run, .draw_text = draw_text, .cases = cases};
