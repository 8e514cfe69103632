/* figures.c -- numbers from histograms as a channel of data. */
#include "kernel_description.h"

#include <stdlib.h>
#include <string.h>

extern const struct tri_pass tri_pass_figures_first, tri_pass_figures_next;

int tri_graph_figures(struct tri_graph *graph, int like, const int histograms[], int planes,
                      const struct tri_figures *figures)
{
    const int words = 2 * figures->count;
    const size_t size = ((size_t)TRI_FIGURES_HEAD + (size_t)words) * sizeof(uint32_t);
    uint32_t *constants = calloc(1, size);
    int channel = like;
    if (constants == NULL) {
        tri_graph_fail(graph, "out of memory for data of %d numbers", figures->count);
        return like;
    }
    for (int p = 0; p < planes; p++) {
        constants[0] = (uint32_t)p;
        memcpy(constants + 1, figures->parameters, sizeof figures->parameters);
        channel = tri_graph_add(graph, p == 0 ? &tri_pass_figures_first : &tri_pass_figures_next,
                                &(struct tri_node_spec){.in = {channel},
                                                        .whole = true,
                                                        .width = words,
                                                        .height = planes,
                                                        .constants = constants,
                                                        .constants_size = size,
                                                        .histogram = histograms[p],
                                                        .finish = figures->finish});
    }
    free(constants);
    return channel;
}
