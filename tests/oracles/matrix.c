/* The oracle of matrix: one gray plane counts as three equal ones. */
#include "../oracle.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    static const char *const names[3][3] = {
        {"rr", "rg", "rb"}, {"gr", "gg", "gb"}, {"br", "bg", "bb"}};

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, 3,
                  0.5 + (in->shape.bits == 8 ? 1e-2 : 0.2));
    for (int plane = 0; plane < 3; plane++)
        for (int from = 0; from < 3; from++) {
            double weight = tri_pipeline_value(pipeline, operation, names[plane][from]);
            int source = in->shape.planes == 1 ? 0 : from;

            for (int y = 0; y < out->height; y++)
                for (int x = 0; x < out->width; x++)
                    *oracle_at(out, plane, x, y) +=
                        weight * (double)oracle_sample(in, source, x, y);
        }
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) =
                    oracle_clamp(*oracle_at(out, plane, x, y), 0, oracle_max(in));
}

static const char *const cases[] = {
    "rr=0.393:rg=0.769:rb=0.189:gr=0.349:gg=0.686:gb=0.168:br=0.272:bg=0.534:bb=0.131",
    "rr=0:rg=1:gg=0:gb=1:bb=0:br=1", "rr=8:rg=-8:rb=8:gr=-8:gg=8:gb=-8:br=8:bg=8:bb=-8",
    "rr=0.5:gg=0.25:bb=-1", NULL};

const struct oracle oracle_matrix = {
    .name = "matrix", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
