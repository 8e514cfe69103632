/* The oracle of gray: the weights of either standard in integers. */
#include "../oracle.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    static const int64_t bt601[] = {2990, 5870, 1140}, bt709[] = {2126, 7152, 722};
    const int64_t *weight = oracle_chosen(pipeline, operation, "standard", "bt709") ? bt709 : bt601;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, 1, 0);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int64_t sum = 0;

            for (int plane = 0; plane < 3; plane++)
                sum += weight[plane] * oracle_sample(in, in->shape.planes == 1 ? 0 : plane, x, y);
            *oracle_at(out, 0, x, y) = (double)oracle_divide(sum, 10000);
        }
}

const struct oracle oracle_gray = {.name = "gray", .alpha = ORACLE_KEPT, .run = run};
