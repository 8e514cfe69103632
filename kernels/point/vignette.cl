/* vignette -- darkens towards the corners: each sample times (1 - strength * r^2)^2. */
#include "kernel.h"

#define VIGNETTE_LANES 64

/* r^2 is x^2 + y^2, where both are linear in the place; its maximum is about 1. */
struct vignette {
    float x_slope, x_start, y_slope, y_start, strength;
    float lane[VIGNETTE_LANES]; /* 0, 1, 2, ... */
};

PASS(vignette, S, S)
{
    CONSTANT struct vignette *k = CONSTANTS(struct vignette);
    const f32 column = CONSTANT_LANES(f32, k->lane) + ALL(f32, X);
    const f32 x = column * ALL(f32, k->x_slope) + ALL(f32, k->x_start);
    const f32 y = ALL(f32, Y) * ALL(f32, k->y_slope) + ALL(f32, k->y_start);
    const f32 left = ALL(f32, 1.0f) - (x * x + y * y) * ALL(f32, k->strength);
    PUT(S_FROM_F32(F32(AT(0, 0)) * (left * left)));
}

#ifdef HOST
KERNEL(vignette, tri_alpha_kept, "darker towards the corners",
       "Multiplies each sample by (1 - strength * r^2)^2, where r is the distance from the centre "
       "in an ellipse that goes through the corners, as a fraction: corners are darkened to "
       "(1 - strength)^2. This is close to the cosine's fourth power by which lenses darken. Alpha "
       "is kept.",
       "vignette:strength=0.5",
       PARAM_FLOAT(strength, 0.3, 0, 1, "0 changes nothing, 1 makes the corners black"))
ALIASES(vignette, ALIAS("vignetting|darkencorners", "vignette"))

/* The outer samples have x = 2/3 and y = 0, so r^2 is 2/9: (1 - 0.1111)^2 * 200 = 158.02. */
KNOWN(vignette, "vignette:strength=0.5", PICTURE(3, 1, 1, 200, 200, 200),
      PICTURE(3, 1, 1, 158, 200, 158))

GRAPH_PLANE(vignette)
{
    tri_graph_needs_rgb(graph);
    const double width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    const double half = 0.70710678118654752; /* r^2 is half of the sum of squares from -1 to 1 */
    struct vignette k = {(float)(2 * half / width), (float)((1 - width) * half / width),
                         (float)(2 * half / height), (float)((1 - height) * half / height),
                         (float)VALUE(strength)};
    for (int i = 0; i < VIGNETTE_LANES; i++)
        k.lane[i] = (float)i;
    return NODE(vignette, .in = {in}, .operations = 8, .constants = &k, .constants_size = sizeof k);
}
#endif
