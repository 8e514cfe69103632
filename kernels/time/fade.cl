/* fade -- fades in from black, or out to black, over a number of frames. */
#include "kernel.h"

struct fade {
    uint weight; /* of the picture, in 65536ths */
    uint black;
};

/* (v * weight + 32768) / 65536. At 8 bits a 16-bit weight is enough: 65535 gives the same as 65536.
 */
PASS(fade, S, S)
{
#if BITS == 8
    const uint weight = CONSTANTS(struct fade)->weight;
    const u16 shifted = U16(AT(0, 0)) << ALL(u16, 8), part = ALL(u16, weight - (weight >> 16));
    PUT(U8((MUL_HIGH(shifted, part) + ALL(u16, 128)) >> ALL(u16, 8)));
#else
    PUT(U16((U32(AT(0, 0)) * ALL(u32, CONSTANTS(struct fade)->weight) + ALL(u32, 32768)) >>
            ALL(u32, 16)));
#endif
}

/* The same for a black that is not 0: (v * weight + black * (65536 - weight) + 32768) / 65536 */
PASS(fade_black, S, S)
{
    const uint weight = CONSTANTS(struct fade)->weight,
               rest = CONSTANTS(struct fade)->black * (65536 - weight) + 32768;
    PUT(TO_S((U32(AT(0, 0)) * ALL(u32, weight) + ALL(u32, rest)) >> ALL(u32, 16)));
}

#ifdef HOST
KERNEL(fade, tri_alpha_kept, "fade in from black, or out to black",
       "Multiplies frame start + i (counted from 0) by i / frames, limited to 0 to 1; with "
       "type=out by 1 "
       "minus that. The factor is rounded to 65536ths, the result half up. Alpha is kept.",
       "fade:type=out:start=1:frames=4",
       PARAM_CHOICE(type, 0, 2, "in|out", "fade in from black, or out to black")
           PARAM_INT(start, 0, 0, 1000000,
                     "number of the last frame before the fade, counted from 0")
               PARAM_INT(frames, 25, 1, 1000000, "frames from there to the end of the fade"))
ALIASES(fade, NO_ALIASES)

/* The second of four frames: 3 / 4 of 100, 2 and 255; 1.5 is rounded up. */
KNOWN(fade, "fade:type=out:frames=4", PICTURE(3, 1, 1, 100, 2, 255), PICTURE(3, 1, 1, 75, 2, 191),
      PICTURE(3, 1, 1, 1, 2, 3))

static void fade_frame(long number, const struct tri_operation *operation, void *constants)
{
    const long frames = (long)tri_operation_value(operation, "frames");
    const long since = number - (long)tri_operation_value(operation, "start");
    const long step = since < 0 ? 0 : since > frames ? frames : since;
    const long part = tri_operation_value(operation, "type") == 0 ? step : frames - step;
    ((struct fade *)constants)->weight = (uint)((part * 131072 + frames) / (frames * 2));
}

GRAPH_PLANE(fade)
{
    const struct fade k = {65536, tri_graph_levels(graph).black};
    if (k.black != 0)
        return NODE(fade_black, .in = {in}, .constants = &k, .constants_size = sizeof k,
                    .frame = fade_frame);
    return NODE(fade, .in = {in}, .constants = &k, .constants_size = sizeof k, .frame = fade_frame);
}
#endif
