/* measuring.c -- exports what the scripts of bench/ need of triptych besides its public interface.
 * With the library it makes build/bench/libtriptych.so. */
#include "backend/device_clock.h"
#include "measure/limits.h"
#include "measure/measure.h"
#include "pipeline/graph.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT __typeof__(tri_copier_new) bench_copier_new;
EXPORT __typeof__(tri_copier_run) bench_copier_run;
EXPORT __typeof__(tri_backend_profile) bench_profile;
EXPORT __typeof__(tri_backend_commands) bench_commands;
EXPORT __typeof__(tri_backend_copy_time) bench_copy_time;
EXPORT __typeof__(tri_picture_generate) bench_picture;
EXPORT __typeof__(tri_pipeline_noise) bench_noise;

/* What a pipeline must do for one frame: bytes that it must read and write, and operations, of
 * which some choose and some count samples. */
struct bench_work {
    double read, written, operations, choices, counts;
};
EXPORT enum tri_status bench_work(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                  struct bench_work *work, struct tri_error *error);
/* 10^9 operations a second: minima and maxima, and multiply-adds. */
EXPORT enum tri_status bench_limits(struct tri_backend *backend, int bits, double limits[2],
                                    struct tri_error *error);

enum tri_status bench_copier_new(int workers, size_t bytes, struct tri_copier **copier,
                                 struct tri_error *error)
{
    return tri_copier_new(workers, bytes, copier, error);
}

int64_t bench_copier_run(struct tri_copier *copier)
{
    return tri_copier_run(copier);
}

enum tri_status bench_profile(struct tri_backend *backend, bool on, struct tri_error *error)
{
    return tri_backend_profile(backend, on, error);
}

enum tri_status bench_commands(struct tri_backend *backend,
                               struct tri_device_command commands[TRI_COMMANDS_MAX], int *count,
                               struct tri_error *error)
{
    return tri_backend_commands(backend, commands, count, error);
}

enum tri_status bench_copy_time(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                int64_t *ns, struct tri_error *error)
{
    return tri_backend_copy_time(backend, bytes_in, bytes_out, ns, error);
}

void bench_noise(struct tri_pipeline *pipeline)
{
    tri_pipeline_noise(pipeline);
}

enum tri_status bench_picture(const struct tri_shape *shape, unsigned seed,
                              struct tri_image **image, struct tri_error *error)
{
    return tri_picture_generate(shape, seed, image, error);
}

/* The channel's own bytes, where it is read or written as a whole. */
static double bytes_of(const struct tri_channel *channel)
{
    return (double)channel->width * channel->height * channel->size;
}

static bool is_read(const struct tri_graph *graph, int channel)
{
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].inputs; i++)
            if (graph->nodes[n].spec.in[i] == channel)
                return true;
    return false;
}

/* Samples of earlier frames and of a second picture are read once, and the former written if they
 * are not those of the input. Samples that are counted are read again for the result, which needs
 * all counts. */
static void add_channel(const struct tri_graph *graph, int number, struct bench_work *work)
{
    const struct tri_channel *channel = &graph->channels[number];
    const double bytes = bytes_of(channel);

    if (channel->producer == FROM_INPUT)
        work->read += graph->histogram_count > 0 ? 2 * bytes : bytes;
    if (channel->producer == FROM_PREVIOUS ||
        (channel->producer == FROM_WITH && is_read(graph, number)))
        work->read += bytes;
    if (channel->producer == FROM_PREVIOUS && channel->ago == 1 &&
        graph->channels[channel->of].producer >= 0)
        work->written += bytes;
}

/* Samples that a node counts. */
static double counts_of(const struct tri_node *node)
{
    return node->pass->kind == PASS_HISTOGRAM
               ? tri_node_operations(node) * node->spec.width * node->spec.height
               : 0;
}

enum tri_status bench_work(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                           struct bench_work *work, struct tri_error *error)
{
    struct tri_graph graph;
    struct tri_value out;
    struct tri_shape shape;
    const enum tri_status status = tri_graph_build(pipeline, in, &graph, &out, &shape, error);

    *work = (struct bench_work){0};
    if (status == TRI_OK) {
        const struct tri_operations operations = tri_graph_operations(&graph);

        for (int i = 1; i < graph.channel_count; i++)
            add_channel(&graph, i, work);
        for (int i = 0; i < out.planes; i++)
            work->written += bytes_of(&graph.channels[out.channel[i]]);
        work->operations = operations.all;
        work->choices = operations.choices;
        for (int i = 0; i < graph.node_count; i++)
            work->counts += counts_of(&graph.nodes[i]);
    }
    tri_graph_free(&graph);
    return status;
}

enum tri_status bench_limits(struct tri_backend *backend, int bits, double limits[2],
                             struct tri_error *error)
{
    struct tri_contender contender = {.backend = backend, .info = tri_backend_info(backend)};
    const struct tri_candidates candidates = {.contenders = &contender, .count = 1};
    struct tri_limits measured;
    const enum tri_status status = tri_limits_measure(&candidates, bits, NULL, &measured, error);

    if (status == TRI_OK) {
        limits[0] = measured.list[0].choose;
        limits[1] = measured.list[0].multiply;
    }
    tri_limits_free(&measured);
    return status;
}
