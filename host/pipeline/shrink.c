/* shrink.c -- pictures that their decoder shrinks because a pipeline makes them smaller anyway. */
#include "graph.h"

#define FACTOR_MOST 8 /* of the decoder of JPEG */

/* ---- which part of it is where ---- */

static int divided(int side, int factor)
{
    return (side + factor - 1) / factor;
}

struct tri_shrunk tri_shrunk_to(const struct tri_shrunk *shrunk, const struct tri_shape *in)
{
    const bool so = shrunk->factor > 1 && divided(shrunk->width, shrunk->factor) == in->width &&
                    divided(shrunk->height, shrunk->factor) == in->height;
    return so ? *shrunk : (struct tri_shrunk){0};
}

/* Where the picture begins in the first of its shrunk samples, of which all but one are whole. */
static double edge_of(int side, int factor, bool from_end)
{
    return from_end ? (double)(divided(side, factor) * factor - side) / factor : 0;
}

struct tri_extent tri_graph_extent(struct tri_graph *graph, int channel)
{
    const struct tri_shrunk *shrunk = &graph->shrunk;
    const int width = tri_graph_width(graph, channel), height = tri_graph_height(graph, channel),
              factor = shrunk->factor;
    const bool first = graph->operation != NULL && graph->channels[channel].producer == FROM_INPUT;
    graph->shrinkable |= first;
    if (!first || factor < 2)
        return (struct tri_extent){width, height, 0, 0, width, height};
    return (struct tri_extent){shrunk->width,
                               shrunk->height,
                               edge_of(shrunk->width, factor, shrunk->from_right),
                               edge_of(shrunk->height, factor, shrunk->from_bottom),
                               (double)shrunk->width / factor,
                               (double)shrunk->height / factor};
}

/* ---- by how much ---- */

/* Whether a side is left that is `times` as long as needed. The needed one is rounded: it may be up
 * to half a pixel too long. */
static bool leaves(int side, int factor, int needed, int times)
{
    const int64_t halves = needed > 1 ? 2 * (int64_t)needed - 1 : 2;
    return 2 * (int64_t)side >= halves * times * factor;
}

static int factor_for(const struct tri_shape *in, const struct tri_result *made,
                      enum tri_shrink shrink)
{
    const int times = shrink == TRI_SHRINK_GOOD ? 2 : 1;
    int factor = FACTOR_MOST;
    while (factor > 1 && !(leaves(in->width, factor, made->width, times) &&
                           leaves(in->height, factor, made->height, times)))
        factor /= 2;
    return factor;
}

int tri_pipeline_shrink(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                        enum tri_shrink shrink)
{
    struct tri_graph graph;
    struct tri_value value;
    struct tri_shape out;
    struct tri_error ignored; /* running the pipeline reports it */
    int factor = 1;
    if (shrink != TRI_SHRINK_OFF &&
        tri_graph_build_shapes(pipeline, in, &graph, &value, &out, &ignored) == TRI_OK) {
        if (graph.shrinkable)
            factor = factor_for(in, &graph.results[0], shrink);
    }
    if (shrink != TRI_SHRINK_OFF)
        tri_graph_free(&graph);
    return factor;
}

enum tri_status tri_pipeline_shrunk(const struct tri_pipeline *pipeline,
                                    const struct tri_shrunk *shrunk, struct tri_pipeline **result,
                                    struct tri_error *error)
{
    const enum tri_status status = tri_pipeline_join(&pipeline, 1, result, error);
    if (status == TRI_OK)
        (*result)->shrunk = *shrunk;
    return status;
}
