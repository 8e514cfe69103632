/* properties.c -- how a pipeline treats pictures and time, as seen in its graph and in what its
 * kernels have declared there. */
#include "graph.h"

#include <stdlib.h>

/* Finds the input planes that each channel depends on, as bits. States depend on themselves, so
 * this repeats until nothing changes. */
static void find_sources(const struct tri_graph *graph, unsigned *sources)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (int c = 1; c < graph->channel_count; c++) {
            const struct tri_channel *channel = &graph->channels[c];
            unsigned found = sources[c];
            if (channel->producer == FROM_INPUT)
                found = 1u << channel->of;
            else if (channel->producer == FROM_WITH) /* its planes are those of all of the input */
                found = 1u << TRI_PLANES_MAX;
            else if (channel->producer == FROM_PREVIOUS)
                found |= sources[channel->of];
            for (int k = 0; channel->producer >= 0 && k < graph->nodes[channel->producer].inputs;
                 k++)
                found |= sources[graph->nodes[channel->producer].spec.in[k]];
            changed |= found != sources[c];
            sources[c] = found;
        }
    }
}

/* Kernels that count samples are meant for pictures, whose planes are R, G and B. */
static enum tri_status find_by_plane(const struct tri_graph *graph, const struct tri_value *out,
                                     int planes, bool *by_plane, struct tri_error *error)
{
    *by_plane = out->planes == planes && graph->histogram_count == 0 && !graph->planes_differ;
    if (!*by_plane)
        return TRI_OK;
    unsigned *sources = calloc((size_t)graph->channel_count, sizeof *sources);
    if (sources == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a graph");
    find_sources(graph, sources);
    for (int p = 0; p < planes; p++)
        *by_plane &= sources[out->channel[p]] == 1u << p;
    free(sources);
    return TRI_OK;
}

enum tri_status tri_graph_mixes_data(const struct tri_graph *graph, bool *mixes,
                                     struct tri_error *error)
{
    *mixes = false;
    if (graph->told.channel == 0)
        return TRI_OK;
    unsigned *sources = calloc((size_t)graph->channel_count, sizeof *sources);
    if (sources == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a graph");
    find_sources(graph, sources);
    *mixes = (sources[graph->told.channel] & ~1u) != 0;
    free(sources);
    return TRI_OK;
}

enum tri_status tri_graph_properties(const struct tri_graph *graph, const struct tri_value *out,
                                     const struct tri_shape *in, struct tri_properties *properties,
                                     struct tri_error *error)
{
    const int first = out->channel[0];
    *properties =
        (struct tri_properties){.out = {tri_graph_width(graph, first),
                                        tri_graph_height(graph, first), out->planes, in->bits},
                                .monochrome = graph->monochrome,
                                .needs_rgb = graph->needs_rgb};
    return find_by_plane(graph, out, in->planes, &properties->by_plane, error);
}

enum tri_status tri_pipeline_properties(const struct tri_pipeline *pipeline,
                                        const struct tri_shape *in,
                                        struct tri_properties *properties, struct tri_error *error)
{
    struct tri_graph graph;
    struct tri_value value;
    struct tri_shape out;
    enum tri_status status = tri_graph_build(pipeline, in, &graph, &value, &out, error);
    if (status == TRI_OK)
        status = tri_graph_properties(&graph, &value, in, properties, error);
    tri_graph_free(&graph);
    return status;
}

enum tri_status tri_pipeline_shape(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                   struct tri_shape *out, struct tri_error *error)
{
    struct tri_properties properties;
    const enum tri_status status = tri_pipeline_properties(pipeline, in, &properties, error);
    if (status == TRI_OK)
        *out = properties.out;
    return status;
}

bool tri_pipeline_scale(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                        double *across, double *down)
{
    const struct tri_shape one = {in->width, in->height, 1, 8};
    struct tri_graph graph;
    struct tri_value value;
    struct tri_shape out;
    struct tri_error error;
    const enum tri_status status = tri_graph_build(pipeline, &one, &graph, &value, &out, &error);
    *across = graph.scale_x;
    *down = graph.scale_y;
    tri_graph_free(&graph);
    return status == TRI_OK;
}

void tri_pipeline_limit(struct tri_pipeline *pipeline, uint64_t max_pixels)
{
    pipeline->max_pixels = max_pixels;
}

/* ---- time and samples ---- */

void tri_pipeline_learn(struct tri_pipeline *pipeline, const struct tri_graph *graph)
{
    bool looks_back = false, one_frame = true, counts_frames = false;
    for (int c = 1; c < graph->channel_count; c++) {
        const struct tri_channel *channel = &graph->channels[c];
        if (channel->producer != FROM_PREVIOUS)
            continue;
        looks_back = true;
        one_frame &= channel->ago == 1 && !channel->state;
    }
    for (int i = 0; i < graph->node_count; i++)
        counts_frames |= graph->nodes[i].spec.frame != NULL;
    pipeline->delay = graph->delay;
    pipeline->takes_with = graph->takes_with;
    pipeline->data_columns = graph->told.channel != 0 ? graph->told.columns : NULL;
    pipeline->data_merge = graph->told.merge;
    pipeline->shrinkable = graph->shrinkable;
    memcpy(pipeline->note, graph->note, sizeof pipeline->note);
    pipeline->same_samples = !graph->new_samples;
    pipeline->makes = NULL;
    for (int i = pipeline->length - 1; i >= 0; i--)
        if (!graph->results[i].moves)
            pipeline->makes = pipeline->steps[i].kernel->about->name;
    pipeline->over_time = looks_back || counts_frames || graph->delay > 0;
    pipeline->pairs = looks_back && one_frame && !counts_frames && graph->delay == 0;
}

bool tri_pipeline_over_time(const struct tri_pipeline *pipeline)
{
    return pipeline->over_time;
}

bool tri_pipeline_pairs(const struct tri_pipeline *pipeline)
{
    return pipeline->pairs;
}

int tri_pipeline_delay(const struct tri_pipeline *pipeline)
{
    return pipeline->delay;
}

const char *tri_pipeline_note(const struct tri_pipeline *pipeline)
{
    return pipeline->note;
}

bool tri_pipeline_same_samples(const struct tri_pipeline *pipeline)
{
    return pipeline->same_samples;
}
