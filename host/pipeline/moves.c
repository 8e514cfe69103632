/* moves.c -- which sample of the stored picture each sample of a result is. */
#include "moves.h"

#include "graph.h"

struct tri_moves tri_moves_upright(const struct tri_shape *stored, int orientation)
{
    return (struct tri_moves){0, 0, stored->width, stored->height,
                              tri_orientation_turn(orientation)};
}

struct tri_shape tri_moves_shape(const struct tri_moves *moves, const struct tri_shape *stored)
{
    struct tri_shape shape = *stored;
    shape.width = moves->turn.transposed ? moves->height : moves->width;
    shape.height = moves->turn.transposed ? moves->width : moves->height;
    return shape;
}

/* Keeps `size` samples from the one at `from` on, along one side of the stored picture. */
static void cut(int *first, int *length, bool mirrored, double from, double size)
{
    *first += mirrored ? *length - (int)from - (int)size : (int)from;
    *length = (int)size;
}

static void keep(struct tri_moves *moves, const struct tri_rectangle *region)
{
    const struct tri_turn *turn = &moves->turn;
    const bool turned = turn->transposed;
    cut(&moves->x, &moves->width, turn->mirrored_x, turned ? region->y : region->x,
        turned ? region->height : region->width);
    cut(&moves->y, &moves->height, turn->mirrored_y, turned ? region->x : region->y,
        turned ? region->width : region->height);
}

/* Mirrors what is shown. */
static void mirror(struct tri_turn *turn, bool across, bool down)
{
    turn->mirrored_x ^= turn->transposed ? down : across;
    turn->mirrored_y ^= turn->transposed ? across : down;
}

static void follow(struct tri_moves *moves, const struct tri_pipeline *pipeline,
                   const struct tri_graph *graph)
{
    for (int i = 0; i < pipeline->length; i++) {
        const struct tri_result *result = &graph->results[i];
        if (result->placed)
            keep(moves, &result->region);
        mirror(&moves->turn, result->mirrored_x, result->mirrored_y);
        moves->turn.transposed ^= result->transposed != (i > 0 && result[-1].transposed);
    }
}

enum tri_status tri_moves_only(const struct tri_pipeline *pipeline, struct tri_error *error)
{
    return pipeline->makes == NULL
               ? TRI_OK
               : tri_fail(error, TRI_USAGE,
                          "--lossless-jpeg moves blocks of samples, as crop, flip, transpose and "
                          "rotate by quarters do; %s makes new samples",
                          pipeline->makes);
}

enum tri_status tri_moves_add(struct tri_moves *moves, const struct tri_pipeline *pipeline,
                              const struct tri_shape *shape, struct tri_error *error)
{
    struct tri_graph graph;
    struct tri_value value;
    struct tri_shape out;
    if (tri_moves_only(pipeline, error) != TRI_OK)
        return TRI_USAGE;
    const enum tri_status status = tri_graph_build(pipeline, shape, &graph, &value, &out, error);
    if (status == TRI_OK)
        follow(moves, pipeline, &graph);
    tri_graph_free(&graph);
    return status;
}
