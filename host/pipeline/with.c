/* with.c -- the second picture of a pipeline: given once, and combined with each input by the
 * kernels that ask for it. Its planes become channels that jobs keep in the form of the input. */
#include "graph.h"

#include "../image/image.h"

#include <string.h>

/* ---- pipelines ---- */

bool tri_pipeline_takes_with(const struct tri_pipeline *pipeline)
{
    return pipeline->takes_with;
}

enum tri_status tri_pipeline_set_with(struct tri_pipeline *pipeline, const struct tri_image *image,
                                      struct tri_error *error)
{
    if (image != NULL && !pipeline->takes_with)
        return tri_fail(error, TRI_USAGE, "no kernel of %s takes a second picture", pipeline->text);
    pipeline->with = image;
    return TRI_OK;
}

const struct tri_image *tri_pipeline_with(const struct tri_pipeline *pipeline)
{
    return pipeline->with;
}

void tri_pipeline_noise(struct tri_pipeline *pipeline)
{
    pipeline->noise = true;
}

/* ---- graphs ---- */

int tri_graph_with_width(const struct tri_graph *graph, const struct tri_value *like)
{
    return graph->with != NULL ? graph->with->shape.width
                               : tri_graph_width(graph, like->channel[0]);
}

int tri_graph_with_height(const struct tri_graph *graph, const struct tri_value *like)
{
    return graph->with != NULL ? graph->with->shape.height
                               : tri_graph_height(graph, like->channel[0]);
}

/* The plane that serves as colour `colour` of `colours`. */
static int plane_of(const struct tri_graph *graph, int colours, int colour)
{
    const bool coloured = graph->with == NULL ? colours > 1 : graph->with->shape.planes > 2;
    return !coloured ? 0 : colours == 1 ? WITH_GRAY : colour;
}

struct tri_value tri_graph_with(struct tri_graph *graph, const struct tri_value *like, int x, int y)
{
    const int colours = like->planes > 2 ? 3 : 1;
    struct tri_value with = {.planes = colours + 1};
    struct tri_channel channel = {.width = tri_graph_width(graph, like->channel[0]),
                                  .height = tri_graph_height(graph, like->channel[0]),
                                  .size = graph->bits / 8,
                                  .producer = FROM_WITH,
                                  .x = x,
                                  .y = y};
    for (int p = 0; p < with.planes; p++) {
        channel.of = p == colours ? WITH_ALPHA : plane_of(graph, colours, p);
        with.channel[p] = tri_graph_add_channel(graph, &channel);
    }
    graph->takes_with = true;
    tri_graph_needs_rgb(graph);
    return with;
}

struct tri_value tri_graph_with_equal(struct tri_graph *graph, const struct tri_value *like)
{
    const int width = tri_graph_width(graph, like->channel[0]);
    const int height = tri_graph_height(graph, like->channel[0]);
    const int with_width = tri_graph_with_width(graph, like);
    const int with_height = tri_graph_with_height(graph, like);
    if (with_width != width || with_height != height)
        tri_graph_fail(graph,
                       "%s needs pictures of one size, but the second has %d x %d pixels and the "
                       "first %d x %d here; resize one ('resize:width=%d:height=%d'), or use "
                       "composite, which takes any size",
                       graph->operation->kernel->about->name, with_width, with_height, width,
                       height, width, height);
    return tri_graph_with(graph, like, 0, 0);
}

/* ---- samples ---- */

static uint32_t sample_of(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

/* Rounded to nearest, as the kernel gray does. */
static uint32_t gray_of(const struct tri_image *image, int x, int y)
{
    return (299 * sample_of(image, 0, x, y) + 587 * sample_of(image, 1, x, y) +
            114 * sample_of(image, 2, x, y) + 500) /
           1000;
}

/* From 8 bits to 16, or back, rounded to nearest. */
static uint32_t in_bits(uint32_t sample, int from, int to)
{
    return from == to ? sample : to == 16 ? sample * 257 : (sample + 128) / 257;
}

static uint32_t picture_sample(const struct tri_image *image, int of, int x, int y, int bits)
{
    const int planes = image->shape.planes;
    if (of == WITH_ALPHA && planes % 2 == 1)
        return (1u << bits) - 1;
    return in_bits(of == WITH_GRAY    ? gray_of(image, x, y)
                   : of == WITH_ALPHA ? sample_of(image, planes - 1, x, y)
                                      : sample_of(image, of, x, y),
                   image->shape.bits, bits);
}

/* A quarter of its alpha is 0, and a quarter opaque. */
static uint32_t noise_sample(int of, int x, int y, int bits)
{
    const uint32_t most = (1u << bits) - 1;
    uint32_t z =
        (uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u ^ (uint32_t)(of + 1) * 0xc2b2ae3du;
    z = (z ^ z >> 15) * 0x2c1b3c6du;
    z = (z ^ z >> 12) * 0x297a2d39u;
    z ^= z >> 15;
    return of != WITH_ALPHA || z >> 31 != 0 ? z & most : z >> 30 != 0 ? most : 0;
}

/* The plane whose rows can be copied as they are; -1: none. */
static int plain_plane(const struct tri_image *image, int of, int bits)
{
    const int last = image->shape.planes - 1;
    if (image->shape.bits != bits || of == WITH_GRAY || (of == WITH_ALPHA && last % 2 == 0))
        return -1;
    return of == WITH_ALPHA ? last : of;
}

void tri_with_row(const struct tri_image *image, const struct tri_channel *channel, int bits, int y,
                  void *row)
{
    const int width = image != NULL ? image->shape.width : channel->width;
    const int height = image != NULL ? image->shape.height : channel->height;
    const int from = channel->x > 0 ? channel->x : 0, at_y = y - channel->y;
    const int to = channel->x + width < channel->width ? channel->x + width : channel->width;
    const int plane = image != NULL ? plain_plane(image, channel->of, bits) : -1;
    const size_t size = (size_t)bits / 8;
    memset(row, 0, (size_t)channel->width * size);
    if (at_y < 0 || at_y >= height || from >= to)
        return;
    if (plane >= 0) {
        const unsigned char *start = tri_image_row(image, plane, at_y);
        memcpy((unsigned char *)row + (size_t)from * size,
               start + (size_t)(from - channel->x) * size, (size_t)(to - from) * size);
        return;
    }
    for (int x = from; x < to; x++) {
        const uint32_t sample =
            image == NULL ? noise_sample(channel->of, x - channel->x, at_y, bits)
                          : picture_sample(image, channel->of, x - channel->x, at_y, bits);
        if (bits == 8)
            ((uint8_t *)row)[x] = (uint8_t)sample;
        else
            ((uint16_t *)row)[x] = (uint16_t)sample;
    }
}
