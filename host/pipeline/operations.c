/* operations.c -- counts the arithmetic operations of a graph, from what its nodes declare. */
#include "graph.h"

extern const struct tri_pass tri_pass_relay;

static double samples_read(const struct tri_node *node)
{
    const struct tri_node_spec *spec = &node->spec;
    const int rows = spec->sparse > 0 ? spec->sparse : spec->high - spec->low + 1;

    return (double)node->inputs * rows * (2 * spec->reach + 1);
}

static double by_kind(const struct tri_node *node)
{
    switch (node->pass->kind) {
    case PASS_GATHER: /* moves samples, unless it declares more */
    case PASS_REGIONS:
        return 0;
    case PASS_SLIDE: /* the entering and the leaving row */
        return 2;
    case PASS_SCAN:
    case PASS_MAP:
    case PASS_HISTOGRAM:
    case PASS_UPDATE:
        return 1;
    case PASS_EXTREMES:
        return 2;
    default:
        return node->pass == &tri_pass_relay || node->spec.whole ? 0 : samples_read(node);
    }
}

double tri_node_operations(const struct tri_node *node)
{
    const int outputs = node->spec.outputs > 0 ? node->spec.outputs : 1;
    return outputs * (node->spec.operations > 0 ? node->spec.operations : by_kind(node));
}

struct tri_operations tri_graph_operations(const struct tri_graph *graph)
{
    struct tri_operations sum = {0};

    for (int i = 0; i < graph->node_count; i++) {
        const struct tri_node *node = &graph->nodes[i];
        const double own = tri_node_operations(node) * node->spec.width * node->spec.height;

        sum.all += own;
        sum.choices += node->pass->kind == PASS_CHOOSE ? own : 0;
    }
    return sum;
}

enum tri_status tri_pipeline_operations(const struct tri_pipeline *pipeline,
                                        const struct tri_shape *in,
                                        struct tri_operations *operations, struct tri_error *error)
{
    struct tri_graph graph;
    struct tri_value out;
    struct tri_shape shape;
    const enum tri_status status = tri_graph_build(pipeline, in, &graph, &out, &shape, error);

    *operations = status == TRI_OK ? tri_graph_operations(&graph) : (struct tri_operations){0};
    tri_graph_free(&graph);
    return status;
}
