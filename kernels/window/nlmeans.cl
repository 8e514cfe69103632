/* nlmeans -- non-local means: averages samples whose surroundings are alike; borders replicate the
 * edge sample. Buades, Coll and Morel, "A non-local algorithm for image denoising", 2005.
 *
 * Differences are scaled so that 255 ends all weight; `unit` scales their squares so that `full` is
 * 255 squared, and the sum of a patch fits 16 bits. */
#include "kernel.h"

struct nlmeans {
    struct tri_patches patches;
    ushort scale, add;        /* of differences; what rounds them */
    ushort unit, round, full; /* of squares */
    ushort stretch;           /* from `full` to about 65535 */
    ushort shift;             /* weights then have as many bits as fit for the search window */
};

INLINE u16 nlmeans_alike(const struct nlmeans *k, S a, S b)
{
#if BITS == 8
    const u16 difference = U16(U16(ABS_DIFFERENCE(a, b)) << ALL(u16, 7));
#else
    const u16 difference = U16(ABS_DIFFERENCE(a, b) >> ALL(u16, 1));
#endif
    const u16 scaled =
        MIN(MUL_HIGH(U16(difference + ALL(u16, k->add)), ALL(u16, k->scale)), ALL(u16, 255));
    return MUL_HIGH(U16(U16(scaled * scaled) + ALL(u16, k->round)), ALL(u16, k->unit));
}

/* (1 - sum / full)^8 */
INLINE u16 nlmeans_weight(const struct nlmeans *k, u16 sum)
{
    const u16 full = ALL(u16, k->full);
    u16 weight = U16(U16(full - MIN(sum, full)) * ALL(u16, k->stretch));
    weight = MUL_HIGH(weight, weight);
    weight = MUL_HIGH(weight, weight);
    weight = MUL_HIGH(weight, weight);
    return U16(weight >> ALL(u16, k->shift));
}

PATCHES(nlmeans, nlmeans, nlmeans_alike, nlmeans_weight);

#ifdef HOST
#include <math.h>

KERNEL(nlmeans, tri_alpha_premultiplied, "noise removal by averaging what looks alike",
       "Non-local means: each sample becomes the mean of those of a search window, where one "
       "weighs the more, the more alike the patches around both are: (1 - d / (8 strength^2))^8, "
       "which is near exp(-d / strength^2), for the mean squared difference d of the patches, "
       "with 8 bits of weight, or 7 from search=8 on. strength is about the noise's standard "
       "deviation, or somewhat less, out of 255. Each plane by itself. Borders replicate the edge "
       "sample. It is h of OpenCV's fastNlMeansDenoising, whose default windows are "
       "patch=3:search=10; FFmpeg's nlmeans=s=S is strength = 10 S / 7 with the default windows.",
       "nlmeans:strength=8:patch=1:search=2",
       PARAM_FLOAT(strength, 5, 0, 100, "how much patches may differ, out of 255")
           PARAM_LENGTH(patch, TRI_INT, 3, 0, PATCH_MOST, "radius of patches", TRI_RADIUS)
               PARAM_LENGTH(search, TRI_INT, 7, 1, 10, "radius of the search window", TRI_RADIUS))
ALIASES(nlmeans,
        ALIAS("nlm|nonlocalmeans|fastnlmeansdenoising|denoisenlmeans|nlmeansdenoise", "nlmeans"))

/* d is 400, so the other sample weighs 0.92^8 = 0.51, and each is 20 * 0.51 / 2.51 = 4.1 nearer to
 * it: at the edges it or the sample itself is there twice. */
KNOWN(nlmeans, "nlmeans:strength=25:patch=0:search=1", PICTURE(2, 1, 1, 100, 120),
      PICTURE(2, 1, 1, 104, 116))

static struct nlmeans nlmeans_of(int patch, int search, double strength, int bits)
{
    const int area = (2 * patch + 1) * (2 * patch + 1), count = (2 * search + 1) * (2 * search + 1);
    const double most = fmax(strength * sqrt(8.0 * area), 2); /* difference, out of 255 */
    struct nlmeans k = {.patches = {patch, search}};
    k.scale = (ushort)(255 * 65536 / (most * (bits == 8 ? 128 : 128.5)) + 0.5);
    k.add = (ushort)(32768 / k.scale);
    k.full = (ushort)(65535 / area < 65024 ? 65535 / area : 65024);
    k.unit = (ushort)(k.full * 65536.0 / (255 * 255) + 0.5);
    k.round = (ushort)(32768 / k.unit < 510 ? 32768 / k.unit : 510);
    k.stretch = (ushort)(65535 / k.full);
    for (k.shift = 8; (65535 >> k.shift) * count > 65535;)
        k.shift++;
    return k;
}

GRAPH_PLANE(nlmeans)
{
    const int patch = (int)VALUE(patch), search = (int)VALUE(search);
    const struct nlmeans k = nlmeans_of(patch, search, VALUE(strength), tri_graph_bits(graph));
    const double count = (2.0 * search + 1) * (2 * search + 1);
    return NODE(nlmeans, .in = {in}, .whole = true, .reach = patch + search, .block = PATCH_ROWS,
                .operations = count * (2 * patch + 14), .constants = &k,
                .constants_size = sizeof k);
}
#endif
