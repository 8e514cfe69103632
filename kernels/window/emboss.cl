/* emboss -- a relief lit from one side; borders replicate the edge sample. */
#include "kernel.h"

/* The neighbour away from the light and the two beside it; those towards it are opposite. */
struct emboss {
    short dx[3], dy[3];
    float amount, gray;
};

#define EMBOSS_SLOPE(k, i) \
    (TO_WIDE_SIGNED(AT((k)->dx[i], (k)->dy[i])) - TO_WIDE_SIGNED(AT(-(k)->dx[i], -(k)->dy[i])))

/* The sum of slopes is whole and has at most 19 bits, so only its product and the sum round. */
PASS(emboss, S, S)
{
    CONSTANT struct emboss *k = CONSTANTS(struct emboss);
    const WIDE_SIGNED straight = EMBOSS_SLOPE(k, 0);
    const WIDE_SIGNED sum = (straight + straight) + (EMBOSS_SLOPE(k, 1) + EMBOSS_SLOPE(k, 2));
    PUT(S_FROM_F32(F32(I32(sum)) * ALL(f32, k->amount) + ALL(f32, k->gray)));
}

#ifdef HOST
KERNEL(emboss, tri_alpha_kept, "relief lit from one side",
       "The picture as a relief whose bright parts are high: middle gray plus amount times the "
       "slope towards the light, by the weights -2 for the neighbour there, -1 for the two beside "
       "it, and 2 and 1 opposite. Alpha is kept. Borders replicate the edge sample.",
       "gray,emboss:light=nw:amount=0.6",
       PARAM_CHOICE(light, 0, 8, "nw|n|ne|e|se|s|sw|w", "where the light is; n is up, w is left")
           PARAM_FLOAT(amount, 0.5, 0, 10, "how strong the relief is"))
ALIASES(emboss, ALIAS("relief|bumpmap|embossing", "gray,emboss"))

/* Left and right count 3 times each, and a half of that: 128 + 1.5 * 10, and 128 + 1.5 * 20. */
KNOWN(emboss, "emboss", PICTURE(3, 1, 1, 0, 10, 20), PICTURE(3, 1, 1, 143, 158, 143))

GRAPH_PLANE(emboss)
{
    /* clockwise from the lower right, which is opposite to nw */
    static const short ring[8][2] = {{1, 1},   {0, 1},  {-1, 1}, {-1, 0},
                                     {-1, -1}, {0, -1}, {1, -1}, {1, 0}};
    const struct tri_levels levels = tri_graph_levels(graph);
    const int away = (int)VALUE(light);
    struct emboss k = {.amount = (float)VALUE(amount),
                       .gray = (float)((levels.black + levels.white + 1) / 2)};
    for (int i = 0; i < 3; i++) {
        const short *place = ring[(away + (i == 2 ? 7 : i)) % 8];
        k.dx[i] = place[0];
        k.dy[i] = place[1];
    }
    return NODE(emboss, .in = {in}, .low = -1, .high = 1, .reach = 1, .operations = 6,
                .constants = &k, .constants_size = sizeof k, .specialize = true);
}
#endif
