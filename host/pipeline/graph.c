/* graph.c -- makes a graph of passes from a pipeline: the functions that kernels' host parts call,
 * and the treatment of alpha around kernels. */
#include "graph.h"
#include "own.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

extern const struct tri_pass tri_pass_alpha_multiply, tri_pass_alpha_divide, tri_pass_relay;

void tri_graph_fail(struct tri_graph *graph, const char *format, ...)
{
    char text[500];
    va_list arguments;
    if (graph->error.status != TRI_OK)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tri_fail(&graph->error, TRI_USAGE, "%s", text);
}

void tri_graph_fail_as(struct tri_graph *graph, const struct tri_error *error)
{
    if (graph->error.status == TRI_OK)
        graph->error = *error;
}

void tri_graph_note(struct tri_graph *graph, const char *text)
{
    static const char more[] = "there are more notes than are kept";
    const size_t used = strlen(graph->note), room = sizeof graph->note - used;
    const char *line = strlen(text) + 1 + sizeof more < room ? text : more;
    if (strstr(graph->note, line) == NULL)
        snprintf(graph->note + used, room, "%s%s", used > 0 ? "\n" : "", line);
}

/* Makes room for one more element after `count`; returns false, and the graph has failed, if out of
 * memory. */
static bool grow(struct tri_graph *graph, void **array, int count, int *room, size_t size)
{
    if (count < *room)
        return true;
    const int more = *room == 0 ? 32 : 2 * *room;
    void *moved = realloc(*array, (size_t)more * size);
    if (moved == NULL) {
        tri_fail(&graph->error, TRI_FAILED, "out of memory for a graph of %d passes", count);
        return false;
    }
    *array = moved;
    *room = more;
    return true;
}

static int add_channel(struct tri_graph *graph, struct tri_channel channel)
{
    if (!grow(graph, (void **)&graph->channels, graph->channel_count, &graph->channel_room,
              sizeof channel))
        return 0;
    graph->channels[graph->channel_count] = channel;
    return graph->channel_count++;
}

static void *copy_of(struct tri_graph *graph, const void *bytes, size_t size)
{
    void *copy = malloc(size);
    if (copy == NULL)
        tri_fail(&graph->error, TRI_FAILED, "out of memory for a table of %zu bytes", size);
    else
        memcpy(copy, bytes, size);
    return copy;
}

/* A table is that of counts or of extremes. */
static void check_table(struct tri_graph *graph, const struct tri_pass *pass, int histogram)
{
    for (int i = 0; i < graph->node_count; i++) {
        const struct tri_node *node = &graph->nodes[i];
        if (tri_pass_counts(node->pass) && node->histogram == histogram &&
            node->pass->kind != pass->kind)
            tri_fail(
                &graph->error, TRI_USAGE,
                "pass %s cannot use the table of pass %s: one counts, the other finds extremes",
                pass->name, node->pass->name);
    }
}

int tri_graph_add(struct tri_graph *graph, const struct tri_pass *pass,
                  const struct tri_node_spec *spec)
{
    if (graph->error.status != TRI_OK || !grow(graph, (void **)&graph->nodes, graph->node_count,
                                               &graph->node_room, sizeof graph->nodes[0]))
        return 0;
    const bool histogram = tri_pass_counts(pass), update = pass->kind == PASS_UPDATE;
    struct tri_node node = {.pass = pass,
                            .spec = *spec,
                            .first = graph->first,
                            .delay = graph->delay,
                            .repeat = graph->repeat,
                            .rounds = graph->rounds,
                            .first_output = spec->into != 0 ? spec->into : graph->channel_count};
    while (node.inputs < TRI_INPUTS && spec->in[node.inputs] != 0)
        node.inputs++;
    const struct tri_channel in = graph->channels[spec->in[0]];
    node.spec.width = spec->width != 0 ? spec->width : in.width;
    node.spec.height = spec->height != 0 ? spec->height : in.height;
    node.spec.whole = spec->whole || update;
    if (pass->kind == PASS_GATHER && !spec->whole)
        node.spec.down = (struct tri_reads){1, 0, 1};
    if (pass->kind == PASS_LANES)
        node.spec.across = (struct tri_reads){1, 0, spec->reach == 0 ? 1 : 0};
    node.spec.outputs = histogram || update ? 0 : spec->outputs != 0 ? spec->outputs : 1;
    node.histogram = histogram && spec->histogram == 0 ? ++graph->histogram_count : spec->histogram;
    if (histogram && spec->histogram != 0)
        check_table(graph, pass, spec->histogram);
    node.operation = *graph->operation;
    if (spec->constants_size != 0)
        node.constants = copy_of(graph, spec->constants, spec->constants_size);
    const int index = graph->node_count;
    graph->nodes[graph->node_count++] = node;
    const int size = pass->rows[graph->bits == 16][0]->out_size;
    for (int i = 0; i < node.spec.outputs && spec->into == 0; i++)
        add_channel(graph, (struct tri_channel){node.spec.width, node.spec.height, size,
                                                .producer = index});
    if (graph->error.status != TRI_OK)
        return 0;
    return histogram ? node.histogram : update && spec->into == 0 ? spec->in[0] : node.first_output;
}

bool tri_node_reads_part(const struct tri_node *node)
{
    return (node->pass->kind == PASS_GATHER ||
            (node->pass->kind == PASS_LANES && node->spec.whole)) &&
           node->spec.across.count > 0 && node->spec.down.count > 0;
}

void tri_graph_repeat(struct tri_graph *graph, uint64_t most)
{
    graph->repeat = ++graph->repeat_count;
    graph->rounds = most;
}

void tri_graph_repeat_end(struct tri_graph *graph)
{
    graph->repeat = 0;
}

int tri_graph_add_channel(struct tri_graph *graph, const struct tri_channel *channel)
{
    return graph->error.status == TRI_OK ? add_channel(graph, *channel) : 0;
}

int tri_graph_previous(struct tri_graph *graph, int channel, int frames)
{
    if (graph->error.status != TRI_OK || frames == 0)
        return channel;
    if (graph->channels[channel].state) /* itself a past, so it is kept once more */
        channel = tri_graph_add(graph, &tri_pass_relay, &(struct tri_node_spec){.in = {channel}});
    struct tri_channel before = graph->channels[channel];
    if (before.producer == FROM_PREVIOUS) { /* further back in the same channel */
        before.ago += frames;
        return add_channel(graph, before);
    }
    before.producer = FROM_PREVIOUS;
    before.of = channel;
    before.ago = frames;
    before.first = graph->first;
    return add_channel(graph, before);
}

int tri_graph_state(struct tri_graph *graph, int like)
{
    if (graph->error.status != TRI_OK)
        return 0;
    struct tri_channel state = graph->channels[like];
    state.producer = FROM_PREVIOUS;
    state.of = 0;
    state.ago = 1;
    state.first = graph->first;
    state.state = true;
    return add_channel(graph, state);
}

void tri_graph_feedback(struct tri_graph *graph, int state, int channel)
{
    if (graph->error.status != TRI_OK)
        return;
    graph->channels[state].of = channel;
    graph->channels[state].size = graph->channels[channel].size;
}

void tri_graph_delay(struct tri_graph *graph, int frames)
{
    graph->delay += frames;
}

void tri_graph_monochrome(struct tri_graph *graph)
{
    graph->monochrome = true;
}

bool tri_graph_region(struct tri_graph *graph, struct tri_rectangle *region)
{
    const bool given = graph->step->placed;
    if (given)
        *region = graph->step->region;
    graph->placed = true;
    graph->region = *region;
    return given;
}

struct tri_luma tri_graph_luma(const struct tri_graph *graph)
{
    return graph->step->luma;
}

bool tri_graph_any_size(const struct tri_graph *graph)
{
    return graph->any_size;
}

bool tri_graph_shapes_only(const struct tri_graph *graph)
{
    return graph->shapes_only;
}

void tri_graph_planes_differ(struct tri_graph *graph)
{
    graph->planes_differ = true;
}

struct tri_levels tri_graph_levels(const struct tri_graph *graph)
{
    return graph->levels;
}

struct tri_siting tri_graph_siting(const struct tri_graph *graph)
{
    return graph->siting;
}

void tri_graph_needs_rgb(struct tri_graph *graph)
{
    graph->needs_rgb = true;
}

bool tri_graph_bottom_first(const struct tri_graph *graph)
{
    if (graph->first_field == 0 || graph->fields == TRI_FIELDS_GONE)
        return false;
    return (graph->first_field == 'b') != (graph->fields == TRI_FIELDS_EXCHANGED);
}

/* Fields exchanged twice are as before; fields that are gone stay gone. */
void tri_graph_fields(struct tri_graph *graph, enum tri_fields fields)
{
    if (graph->fields == TRI_FIELDS_GONE || fields == TRI_FIELDS_GONE)
        graph->fields = TRI_FIELDS_GONE;
    else
        graph->fields = graph->fields == fields ? TRI_FIELDS_KEPT : TRI_FIELDS_EXCHANGED;
}

void tri_graph_transposed(struct tri_graph *graph)
{
    graph->transposed = !graph->transposed;
    graph->fields = TRI_FIELDS_GONE;
}

void tri_graph_moves(struct tri_graph *graph, bool mirrored_x, bool mirrored_y)
{
    graph->moves = true;
    graph->mirrored_x = mirrored_x;
    graph->mirrored_y = mirrored_y;
}

void tri_graph_same_samples(struct tri_graph *graph)
{
    graph->same_samples = true;
}

static void tell(struct tri_graph *graph, const struct tri_told *told)
{
    if (graph->error.status != TRI_OK || graph->told_by == graph->operation->values)
        return;
    if (graph->channels[told->channel].size != sizeof(uint32_t) ||
        graph->channels[told->channel].producer < 0) {
        tri_graph_fail(graph, "%s: a channel of data must be made by a pass, with 32-bit samples",
                       graph->operation->kernel->about->name);
        return;
    }
    graph->told = *told;
    graph->told_by = graph->operation->values;
    graph->told_first = graph->first;
    graph->told_delay = graph->delay;
}

void tri_graph_data(struct tri_graph *graph, int channel, const char *columns,
                    void (*line)(FILE *to, int x, int y, uint32_t sample, const void *constants))
{
    tell(graph, &(struct tri_told){.channel = channel, .columns = columns, .line = line});
}

void tri_graph_table(struct tri_graph *graph, int channel, const char *columns,
                     void (*table)(FILE *to, const struct tri_data *data))
{
    tell(graph, &(struct tri_told){.channel = channel, .columns = columns, .table = table});
}

void tri_graph_totals(struct tri_graph *graph,
                      void (*merge)(FILE *to, const char *total, const char *lines))
{
    if (graph->told_by == graph->operation->values)
        graph->told.merge = merge;
}

int tri_graph_bits(const struct tri_graph *graph)
{
    return graph->bits;
}

int tri_graph_width(const struct tri_graph *graph, int channel)
{
    return graph->channels[channel].width;
}

int tri_graph_height(const struct tri_graph *graph, int channel)
{
    return graph->channels[channel].height;
}

const struct tri_operation *tri_graph_operation(const struct tri_graph *graph)
{
    return graph->operation;
}

/* Returns the parameter's index, or -1. */
static int index_of(const struct tri_operation *operation, const char *param)
{
    const struct tri_param *params = operation->kernel->about->params;
    for (int i = 0; params[i].name != NULL; i++) {
        if (strcmp(params[i].name, param) == 0)
            return i;
    }
    return -1;
}

double tri_operation_value(const struct tri_operation *operation, const char *param)
{
    const int index = index_of(operation, param);
    return index >= 0 && operation->texts[index] == NULL ? operation->values[index] : (double)NAN;
}

const struct tri_text_value *tri_operation_text(const struct tri_operation *operation,
                                                const char *param)
{
    const int index = index_of(operation, param);
    return index >= 0 ? operation->texts[index] : NULL;
}

struct tri_list tri_operation_list(const struct tri_operation *operation, const char *param)
{
    return tri_operation_text(operation, param)->list;
}

struct tri_rgba tri_operation_colour(const struct tri_operation *operation, const char *param)
{
    return tri_operation_text(operation, param)->colour;
}

const char *tri_operation_string(const struct tri_operation *operation, const char *param)
{
    return tri_operation_text(operation, param)->text;
}

int tri_operation_bits(const struct tri_operation *operation)
{
    return operation->bits;
}

double tri_operation_seconds(const struct tri_operation *operation, long number)
{
    return operation->timed ? operation->seconds : (double)number / 25;
}

const void *tri_operation_contents(const struct tri_operation *operation, const char *param)
{
    return tri_operation_text(operation, param)->contents;
}

enum tri_alpha tri_alpha_kept(const struct tri_operation *operation)
{
    (void)operation;
    return TRI_ALPHA_KEPT;
}

enum tri_alpha tri_alpha_plain(const struct tri_operation *operation)
{
    (void)operation;
    return TRI_ALPHA_PLAIN;
}

enum tri_alpha tri_alpha_premultiplied(const struct tri_operation *operation)
{
    (void)operation;
    return TRI_ALPHA_PREMULTIPLIED;
}

/* ---- graph shapes shared by several kernels ---- */

struct tri_value
tri_graph_by_counts(struct tri_graph *graph, const struct tri_pass *lookup, const int *histogram,
                    void (*finish)(const struct tri_counts *, const struct tri_operation *, void *),
                    struct tri_value in)
{
    static const ushort nothing[1 << 16];
    for (int p = 0; p < in.planes; p++)
        in.channel[p] =
            tri_graph_add(graph, lookup,
                          &(struct tri_node_spec){.in = {in.channel[p]},
                                                  .constants = nothing,
                                                  .constants_size = sizeof(ushort) << graph->bits,
                                                  .histogram = histogram[p],
                                                  .finish = finish});
    return in;
}

struct tri_value tri_graph_by_histogram(struct tri_graph *graph, const struct tri_pass *count,
                                        const struct tri_pass *lookup, bool joint,
                                        void (*finish)(const struct tri_counts *,
                                                       const struct tri_operation *, void *),
                                        struct tri_value in)
{
    int histogram[TRI_PLANES_MAX] = {0};
    for (int p = 0; p < in.planes; p++)
        histogram[p] =
            tri_graph_add(graph, count,
                          &(struct tri_node_spec){.in = {in.channel[p]},
                                                  .histogram = joint && p > 0 ? histogram[0] : 0});
    return tri_graph_by_counts(graph, lookup, histogram, finish, in);
}

/* ---- from a pipeline to a graph ---- */

/* A kernel's result is held after its last frame, so a pass has to make it: a past or a state would
 * move on. The second picture has no frames before. */
static int made(struct tri_graph *graph, int channel)
{
    const int producer = graph->channels[channel].producer;
    if (graph->error.status != TRI_OK || (producer != FROM_PREVIOUS && producer != FROM_WITH))
        return channel;
    return tri_graph_add(graph, &tri_pass_relay, &(struct tri_node_spec){.in = {channel}});
}

static struct tri_value apply_kernel(struct tri_graph *graph, const struct tri_kernel *kernel,
                                     struct tri_value in)
{
    const int delay = graph->delay;
    if (graph->error.status != TRI_OK)
        return in;
    if (kernel->graph != NULL)
        in = kernel->graph(graph, in);
    const enum tri_fields fields = graph->fields;
    const bool transposed = graph->transposed;
    for (int p = 0; p < in.planes && kernel->graph == NULL; p++) {
        graph->delay = delay; /* all planes have the same delay, fields and orientation */
        graph->fields = fields;
        graph->transposed = transposed;
        in.channel[p] = kernel->graph_plane(graph, in.channel[p]);
    }
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = made(graph, in.channel[p]);
    return in;
}

static struct tri_value with_alpha(struct tri_graph *graph, const struct tri_pass *pass,
                                   struct tri_value value)
{
    for (int p = 0; p < value.planes - 1; p++)
        value.channel[p] = tri_graph_add(
            graph, pass,
            &(struct tri_node_spec){.in = {value.channel[p], value.channel[value.planes - 1]}});
    return value;
}

static struct tri_value apply_with_alpha(struct tri_graph *graph,
                                         const struct tri_operation *operation,
                                         struct tri_value value)
{
    const int alpha = value.channel[value.planes - 1];
    if (value.planes % 2 == 1 || operation->kernel->about->alpha(operation) == TRI_ALPHA_PLAIN)
        return apply_kernel(graph, operation->kernel, value);
    if (operation->kernel->about->alpha(operation) == TRI_ALPHA_KEPT) {
        value.planes--;
        value = apply_kernel(graph, operation->kernel, value);
        value.channel[value.planes++] =
            tri_graph_previous(graph, alpha, graph->delay - graph->first);
        return value;
    }
    value = with_alpha(graph, &tri_pass_alpha_multiply, value);
    value = apply_kernel(graph, operation->kernel,
                         value); /* alpha is one of its planes, with the same delay */
    return with_alpha(graph, &tri_pass_alpha_divide, value);
}

/* The delay of the operation's nodes is known once all of them exist. */
static struct tri_value apply(struct tri_graph *graph, const struct tri_operation *operation,
                              struct tri_value value)
{
    const int before = graph->node_count;
    graph->operation = operation;
    graph->first = graph->delay;
    graph->same_samples = false;
    graph->placed = false;
    graph->moves = false;
    value = apply_with_alpha(graph, operation, value);
    graph->new_samples |= !graph->same_samples;
    for (int i = before; i < graph->node_count; i++)
        graph->nodes[i].delay = graph->delay;
    return value;
}

int tri_graph_kernel(struct tri_graph *graph, const char *name, const char *param, double value,
                     int channel)
{
    const struct tri_kernel *kernel = tri_kernel_find(name);
    if (kernel == NULL) {
        tri_graph_fail(graph, "%s needs the kernel %s, which is not built in",
                       graph->operation->kernel->about->name, name);
        return 0;
    }
    static struct tri_text_value *const no_texts[32] = {NULL};
    double values[32];
    for (int i = 0; i < tri_kernel_param_count(kernel); i++) {
        const struct tri_param *p = tri_kernel_param(kernel, i);
        if (tri_param_is_text(p))
            tri_graph_fail(graph, "%s cannot use %s, which has a parameter that is text",
                           graph->operation->kernel->about->name, name);
        values[i] = strcmp(p->name, param) == 0 ? value : p->initial;
    }
    const struct tri_operation *outer = graph->operation,
                               inner = {kernel, values, no_texts, graph->bits, false, 0};
    /* while that kernel's host part runs */
    // cppcheck-suppress autoVariables
    graph->operation = &inner;
    const struct tri_value result = apply_kernel(graph, kernel, (struct tri_value){1, {channel}});
    graph->operation = outer;
    return result.channel[0];
}

/* A few letters in a pipeline can ask for any size. */
static void check_size(struct tri_graph *graph, const struct tri_operation *operation,
                       const struct tri_result *made)
{
    const uint64_t pixels = (uint64_t)made->width * (uint64_t)made->height;
    if (graph->error.status == TRI_OK && pixels > graph->max_pixels)
        tri_fail(&graph->error, TRI_FAILED,
                 "%s makes %d x %d pixels, more than the limit of %llu; raise it with --max-pixels",
                 operation->kernel->about->name, made->width, made->height,
                 (unsigned long long)graph->max_pixels);
}

/* Puts the operation's result on record, and follows the scale. */
static void record(struct tri_graph *graph, int operation, int channel)
{
    const int width = tri_graph_width(graph, channel), height = tri_graph_height(graph, channel);
    struct tri_result *result = &graph->results[operation];
    if (graph->placed) {
        graph->scale_x *= width / graph->region.width;
        graph->scale_y *= height / graph->region.height;
    }
    if (graph->transposed != (operation > 0 && result[-1].transposed)) {
        const double across = graph->scale_x;
        graph->scale_x = graph->scale_y;
        graph->scale_y = across;
    }
    *result =
        (struct tri_result){width,         height,       graph->transposed, graph->placed,
                            graph->region, graph->moves, graph->mirrored_x, graph->mirrored_y};
}

static enum tri_status build(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                             bool shapes_only, struct tri_graph *graph, struct tri_value *out,
                             struct tri_shape *shape, struct tri_error *error)
{
    const uint64_t pixels = (uint64_t)in->width * (uint64_t)in->height;
    *graph = (struct tri_graph){.bits = in->bits,
                                .levels = pipeline->levels,
                                .first_field = pipeline->first_field,
                                .siting = pipeline->siting,
                                .shrunk = tri_shrunk_to(&pipeline->shrunk, in),
                                .any_size = pipeline->any_size,
                                .shapes_only = shapes_only,
                                .scale_x = 1,
                                .scale_y = 1,
                                .with = pipeline->noise ? NULL : pipeline->with,
                                .max_pixels =
                                    pixels > pipeline->max_pixels ? pixels : pipeline->max_pixels};
    graph->results = calloc((size_t)pipeline->length + 1, sizeof graph->results[0]);
    if (graph->results == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a graph");
    if (graph->levels.white == 0)
        graph->levels.white = (UINT32_C(1) << in->bits) - 1;
    struct tri_value value = {.planes = in->planes};
    add_channel(graph, (struct tri_channel){0});
    for (int p = 0; p < in->planes; p++)
        value.channel[p] = add_channel(
            graph, (struct tri_channel){in->width, in->height, in->bits / 8, FROM_INPUT, .of = p});
    for (int i = 0; i < pipeline->length && graph->error.status == TRI_OK; i++) {
        const struct tri_operation operation = {pipeline->steps[i].kernel,
                                                pipeline->steps[i].values,
                                                pipeline->steps[i].texts,
                                                in->bits,
                                                false,
                                                0};
        graph->step = &pipeline->steps[i];
        if (tri_own_need(operation.kernel->own, in->bits, TRI_OWN_ANY, &graph->error) != TRI_OK)
            break;
        value = apply(graph, &operation, value);
        graph->shrunk.factor = 0; /* the first operation has allowed for it */
        record(graph, i, value.channel[0]);
        check_size(graph, &operation, &graph->results[i]);
    }
    if (graph->told.channel != 0) { /* the data is about the frame that is output */
        graph->first = graph->told_first;
        graph->told.channel =
            tri_graph_previous(graph, graph->told.channel, graph->delay - graph->told_delay);
    }
    graph->operation = NULL;
    if (graph->error.status != TRI_OK)
        return tri_fail(error, graph->error.status, "%s", graph->error.text);
    *out = value;
    *shape = (struct tri_shape){tri_graph_width(graph, value.channel[0]),
                                tri_graph_height(graph, value.channel[0]), value.planes, in->bits};
    return TRI_OK;
}

enum tri_status tri_graph_build(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                struct tri_graph *graph, struct tri_value *out,
                                struct tri_shape *shape, struct tri_error *error)
{
    return build(pipeline, in, false, graph, out, shape, error);
}

enum tri_status tri_graph_build_shapes(const struct tri_pipeline *pipeline,
                                       const struct tri_shape *in, struct tri_graph *graph,
                                       struct tri_value *out, struct tri_shape *shape,
                                       struct tri_error *error)
{
    return build(pipeline, in, true, graph, out, shape, error);
}

void tri_graph_free(struct tri_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++)
        free(graph->nodes[i].constants);
    free(graph->nodes);
    free(graph->channels);
    free(graph->results);
    *graph = (struct tri_graph){0};
}
