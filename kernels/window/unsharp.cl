/* unsharp -- sharpens by adding what a Gaussian blur removes; borders replicate the edge sample. */
#include "kernel.h"

struct unsharp {
    int threshold; /* samples whose doubled difference is below it do not change */
    float amount;
};

/* Inputs: the picture and its blur. */
PASS(unsharp, S, S)
{
    CONSTANT struct unsharp *k = CONSTANTS(struct unsharp);
    const i32 sample = I32(AT_INPUT(0, 0, 0)), difference = sample - I32(AT_INPUT(1, 0, 0));
    const i32 twice = ABS(difference) * ALL(i32, 2);
    const f32 sharp = F32(sample) + F32(difference) * ALL(f32, k->amount);
    PUT(SELECT(TO_S(twice < ALL(i32, k->threshold)) != ALL(S, 0), AT_INPUT(0, 0, 0),
               S_FROM_F32(sharp)));
}

#ifdef HOST
KERNEL(unsharp, tri_alpha_premultiplied, "sharpening (unsharp masking)",
       "Adds amount times the difference from a Gaussian blur where twice the absolute difference "
       "is at "
       "least threshold times the maximum. Borders replicate the edge sample.",
       "unsharp:sigma=1.5:amount=0.8:threshold=0.02",
       PARAM_LENGTH(sigma, TRI_FLOAT, 1, 0.1, 100, "standard deviation of the blur, in pixels",
                    TRI_RADIUS) PARAM_FLOAT(amount, 1, 0, 10, "multiple of the difference to add")
           PARAM_FLOAT(threshold, 0, 0, 1, "fraction of the maximum"))
ALIASES(unsharp, ALIAS("sharpen|unsharpmask|usm", "unsharp:sigma=1"))

/* The blur leaves 0.7866 of the peak of 100, which therefore gains 100 - 79 = 21; its neighbours
 * fall below 0. */
KNOWN(unsharp, "unsharp:sigma=0.5", PICTURE(3, 1, 1, 0, 100, 0), PICTURE(3, 1, 1, 0, 121, 0))

GRAPH_PLANE(unsharp)
{
    const double threshold = VALUE(threshold) * ((1 << tri_graph_bits(graph)) - 1);
    struct unsharp k = {(int)threshold, (float)VALUE(amount)};
    k.threshold +=
        k.threshold < threshold; /* rounded up: integers below it are below the exact threshold */
    const int blur = tri_graph_kernel(graph, "gaussian", "sigma", VALUE(sigma), in);
    return NODE(unsharp, .in = {in, blur}, .constants = &k, .constants_size = sizeof k);
}
#endif
