/* test_colour.c -- RGB to Y'CbCr and back, and vice versa: the distance from the original. */
#include "rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>

/* A slab of the cube of all triples: the first value is `first`, the others follow columns and
 * rows. */
static struct tri_image *slab(int first, int bits)
{
    struct tri_shape shape = {256, 256, 3, bits};
    struct tri_image *image = rig_image(&shape);
    int unit = bits == 8 ? 1 : 257;

    for (int y = 0; y < 256; y++)
        for (int x = 0; x < 256; x++) {
            rig_set_sample(image, 0, x, y, first * unit);
            rig_set_sample(image, 1, x, y, y * unit);
            rig_set_sample(image, 2, x, y, x * unit);
        }
    return image;
}

/* No sample of the pixel is at an end of the range, where it may have been clamped. */
static bool is_inside(const struct tri_image *image, int x, int y)
{
    for (int p = 0; p < 3; p++) {
        int64_t sample = oracle_sample(image, p, x, y);

        if (sample == 0 || sample == oracle_max(image))
            return false;
    }
    return true;
}

static int64_t farthest(const struct tri_image *from, const struct tri_image *between,
                        const struct tri_image *to)
{
    int64_t most = 0;

    for (int y = 0; y < 256; y++)
        for (int x = 0; x < 256; x++)
            for (int p = 0; p < 3 && is_inside(between, x, y); p++) {
                int64_t error = oracle_sample(from, p, x, y) - oracle_sample(to, p, x, y);

                error = error < 0 ? -error : error;
                most = error > most ? error : most;
            }
    return most;
}

/* Every fifth slab, or the whole cube; at 16 bits values in steps of 257. */
static void check_journey(const char *there_text, const char *back_text, int bits, int64_t most)
{
    struct tri_shape shape = {256, 256, 3, bits};
    struct trial there, back;
    int64_t error = 0;

    if (!trial_open(&there, &rig.places[0], there_text, &shape))
        return;
    if (trial_open(&back, &rig.places[0], back_text, &shape)) {
        for (int first = 0; first < 256; first += rig.full ? 1 : 5) {
            struct tri_image *in = slab(first, bits);
            int64_t here = INT64_MAX;

            if (trial_run(&there, in, &rig.places[0], "cube") &&
                trial_run(&back, there.out, &rig.places[0], "cube"))
                here = farthest(in, there.out, back.out);
            error = here > error ? here : error;
            tri_image_free(in);
        }
        trial_close(&back);
    }
    if (error > most)
        rig_complain("%s there and back: off by %lld, more than %lld", there_text, (long long)error,
                     (long long)most);
    trial_close(&there);
}

/* Limited range has fewer levels than RGB: rounding each of Y, Cb and Cr by half a level moves blue
 * by up to 0.58 + 1.07 levels, so 2 is the best possible; in the other direction nothing changes.
 */
static void test_journeys(void)
{
    static const char *const matrices[] = {"bt601", "bt709", "bt2020", "ycgco"};
    static const char *const ranges[] = {"limited", "full"};

    rig_begin();
    for (int i = 0; i < 8; i++)
        for (int bits = 8; bits <= 16; bits += 8) {
            int range = i / 4;
            char to_ycbcr[80], to_rgb[80];

            snprintf(to_ycbcr, sizeof(to_ycbcr), "ycbcr:matrix=%s:range=%s", matrices[i % 4],
                     ranges[range]);
            snprintf(to_rgb, sizeof(to_rgb), "ycbcr:to=rgb:matrix=%s:range=%s", matrices[i % 4],
                     ranges[range]);
            check_journey(to_ycbcr, to_rgb, bits, range == 0 ? 2 : 1);
            check_journey(to_rgb, to_ycbcr, bits, range == 0 ? 0 : 1);
        }
}

int test_colour_suite(void)
{
    CU_pSuite suite = CU_add_suite("colour", rig_open, rig_close);

    return !suite || !CU_add_test(suite, "Y'CbCr there and back", test_journeys);
}
