/* temporal_median -- median of each sample over successive frames; the first frame stands in for
 * earlier ones, the last for later ones. */
#include "kernel.h"

#define TEMPORAL_MIDDLE(a, b, c) MAX(MIN(a, b), MIN(MAX(a, b), c))

PASS(temporal_median_3, S, S)
{
    const S a = AT_INPUT(0, 0, 0), b = AT_INPUT(1, 0, 0), c = AT_INPUT(2, 0, 0);
    PUT(TEMPORAL_MIDDLE(a, b, c));
}

/* Neither the smallest nor the largest of four samples can be the median of five. */
PASS(temporal_median_5, S, S)
{
    const S a = AT_INPUT(0, 0, 0), b = AT_INPUT(1, 0, 0), c = AT_INPUT(2, 0, 0),
            d = AT_INPUT(3, 0, 0), e = AT_INPUT(4, 0, 0);
    const S low = MAX(MIN(a, b), MIN(c, d)), high = MIN(MAX(a, b), MAX(c, d));
    PUT(TEMPORAL_MIDDLE(low, high, e));
}

#ifdef HOST
KERNEL(temporal_median, tri_alpha_kept, "median over frames: removes what appears only briefly",
       "The median of the 2 radius + 1 frames around each frame, sample by sample. Results are "
       "radius frames "
       "late. The first frame stands in for earlier ones, the last for later ones. Alpha is kept.",
       "temporal_median:radius=2", PARAM_INT(radius, 1, 1, 2, "frames before and after"))
ALIASES(temporal_median, ALIAS("tmedian|temporalmedian", "temporal_median"))

KNOWN(temporal_median, "temporal_median", PICTURE(4, 1, 1, 9, 9, 9, 250),
      PICTURE(4, 1, 1, 5, 9, 7, 30), PICTURE(4, 1, 1, 1, 20, 7, 10), PICTURE(4, 1, 1, 5, 3, 5, 30))

GRAPH_PLANE(temporal_median)
{
    const int radius = (int)VALUE(radius);
    struct tri_node_spec spec = {.in = {in}};
    for (int i = 1; i <= 2 * radius; i++)
        spec.in[i] = tri_graph_previous(graph, in, i);
    tri_graph_delay(graph, radius);
    if (radius == 1)
        return tri_graph_add(graph, &tri_pass_temporal_median_3, &spec);
    return tri_graph_add(graph, &tri_pass_temporal_median_5, &spec);
}
#endif
