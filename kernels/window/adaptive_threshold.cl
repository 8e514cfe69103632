/* adaptive_threshold -- white where a sample is above the mean of those around it less an offset;
 * borders replicate the edge sample. */
#include "kernel.h"

/* Inputs: the picture and its means. */
PASS(adaptive_threshold, S, S)
{
    const WIDE_SIGNED raised =
        TO_WIDE_SIGNED(AT_INPUT(0, 0, 0)) + ALL(WIDE_SIGNED, *CONSTANTS(int));
    PUT(TO_S(SELECT(raised > TO_WIDE_SIGNED(AT_INPUT(1, 0, 0)), ALL(WIDE_SIGNED, MAXIMUM),
                    ALL(WIDE_SIGNED, 0))));
}

#ifdef HOST
#include <math.h>

KERNEL(
    adaptive_threshold, tri_alpha_kept, "white above the mean around, black elsewhere",
    "The maximum where the sample is greater than the mean of the (2 radius + 1)^2 samples around "
    "it, rounded, less offset times the maximum; 0 elsewhere. So writing and shadows on the "
    "same page come apart. With method=gaussian the mean is a Gaussian blur whose sigma is "
    "0.3 radius + 0.5. At 8 bits method=mean gives what OpenCV gives; its Gaussian ends at the "
    "radius, so few samples differ. Each plane has its own means. Alpha is kept. Borders "
    "replicate the edge sample.",
    "gray,adaptive_threshold:radius=7:offset=0.05",
    PARAM_CHOICE(method, 0, 2, "mean|gaussian",
                 "how samples around count: equally, or less with "
                 "distance")
        PARAM_LENGTH(radius, TRI_INT, 5, 1, 300, "window radius in pixels", TRI_RADIUS)
            PARAM_FLOAT(offset, 0.03, -1, 1, "fraction of the maximum taken from the mean"))
ALIASES(adaptive_threshold,
        ALIAS("adaptivethresholding|localthreshold|thresholdlocal|lat|adaptivethresh",
              "gray,adaptive_threshold"))

/* The means are 3, 7, 13, 17. */
KNOWN(adaptive_threshold, "adaptive_threshold:radius=1:offset=0", PICTURE(4, 1, 1, 0, 10, 10, 20),
      PICTURE(4, 1, 1, 0, 255, 0, 255))

/* Samples and means are whole, so the offset may be too: the next one above. */
GRAPH_PLANE(adaptive_threshold)
{
    const double radius = VALUE(radius);
    const int offset = (int)ceil(VALUE(offset) * ((1 << tri_graph_bits(graph)) - 1));
    tri_graph_monochrome(graph);
    const int means = VALUE(method) == 0
                          ? tri_graph_kernel(graph, "box", "radius", radius, in)
                          : tri_graph_kernel(graph, "gaussian", "sigma", 0.3 * radius + 0.5, in);
    return NODE(adaptive_threshold, .in = {in, means}, .constants = &offset,
                .constants_size = sizeof offset);
}
#endif
