/* test_levels.c -- the codecs' code for each ISA level gives the same results on all levels of this
 * CPU. */
#include "tests.h"
#include "codec/png_filter.h"
#include "image/image.h"
#include "image/interleave.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_TABLE(level, argument) &tri_png_filter_##level,
#define INTERLEAVE_TABLE(level, argument) &tri_interleave_##level,
static const struct tri_png_filter *const filters[] = {TRI_LEVELS(FILTER_TABLE, 0)};
static const struct tri_interleave *const interleaves[] = {TRI_LEVELS(INTERLEAVE_TABLE, 0)};

enum { WIDEST = 1100, ROOM = TRI_PNG_BEFORE + WIDEST * 8 };

static void fill(unsigned char *bytes, size_t size, uint32_t *state)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)((*state = *state * 1664525 + 1013904223) >> 24);
}

/* As worded in the specification. */
static uint8_t predict(int type, int a, int b, int c)
{
    const int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    const int all[] = {0, a, b, (a + b) / 2, paeth};
    return (uint8_t)all[type];
}

static void expect_filters(const unsigned char *row, const unsigned char *above, int pixel,
                           size_t size)
{
    static unsigned char want[ROOM], have[ROOM];
    for (int type = 0; type < TRI_PNG_FILTERS; type++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < size; i++) {
            want[i] = (uint8_t)(row[i] - predict(type, row[(ptrdiff_t)i - pixel], above[i],
                                                 above[(ptrdiff_t)i - pixel]));
            sum += (uint64_t)abs((int8_t)want[i]);
        }
        for (int level = 0; level < tri_isa_count(); level++) {
            memset(have, 0x55, sizeof have);
            CU_ASSERT_EQUAL(
                filters[tri_isa_level(level)]->filter[type](have, row, above, pixel, size), sum);
            CU_ASSERT_EQUAL(memcmp(want, have, size), 0);
            CU_ASSERT_EQUAL(have[size], 0x55);
        }
    }
}

static void test_filters(void)
{
    static unsigned char rows[2][ROOM];
    uint32_t state = 1;
    for (int pixel = 1; pixel <= 8; pixel++)
        for (int width = 1; width <= WIDEST; width += width < 140 ? 1 : 160) {
            fill(rows[0] + TRI_PNG_BEFORE, (size_t)(width * pixel), &state);
            fill(rows[1] + TRI_PNG_BEFORE, (size_t)(width * pixel), &state);
            if (width % 3 == 0) /* the greatest distance */
                memset(rows[1] + TRI_PNG_BEFORE, width % 2 ? 0x80 : 0, (size_t)(width * pixel));
            expect_filters(rows[0] + TRI_PNG_BEFORE, rows[1] + TRI_PNG_BEFORE, pixel,
                           (size_t)(width * pixel));
            expect_filters(rows[1] + TRI_PNG_BEFORE, rows[0] + TRI_PNG_BEFORE, pixel,
                           (size_t)(width * pixel));
        }
}

static void expect_interleave(const struct tri_interleave *interleave, int planes, int bits,
                              int width, uint32_t *state)
{
    static unsigned char pixels[ROOM], joined[ROOM], rows[TRI_PLANES_MAX][ROOM];
    void *to[TRI_PLANES_MAX];
    const void *from[TRI_PLANES_MAX];
    const size_t sample = (size_t)bits / 8, size = (size_t)(width * planes) * sample;
    int wrong = 0;
    for (int plane = 0; plane < planes; plane++)
        from[plane] = to[plane] = rows[plane];
    fill(pixels, size, state);
    interleave->split(to, pixels, planes, bits, width);
    for (size_t x = 0; x < (size_t)width; x++)
        for (size_t plane = 0; plane < (size_t)planes; plane++)
            wrong += memcmp(rows[plane] + x * sample,
                            pixels + (x * (size_t)planes + plane) * sample, sample) != 0;
    memset(joined, 0x55, sizeof joined);
    interleave->join(joined, from, planes, bits, width);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(memcmp(pixels, joined, size), 0);
    CU_ASSERT_EQUAL(joined[size], 0x55);
}

static void test_interleave(void)
{
    uint32_t state = 1;
    for (int level = 0; level < tri_isa_count(); level++)
        for (int planes = 1; planes <= TRI_PLANES_MAX; planes++)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int width = 1; width <= WIDEST; width += width < 300 ? 1 : 160)
                    expect_interleave(interleaves[tri_isa_level(level)], planes, bits, width,
                                      &state);
}

static void test_swap(void)
{
    unsigned char bytes[600], swapped[600];
    uint16_t samples[300];
    uint32_t state = 1;
    for (int level = 0; level < tri_isa_count(); level++)
        for (size_t count = 0; count < 300; count++) {
            fill(bytes, sizeof bytes, &state);
            memcpy(samples, bytes, sizeof bytes);
            filters[tri_isa_level(level)]->swap(samples, count);
            memcpy(swapped, samples, sizeof swapped);
            int wrong = 0;
            for (size_t i = 0; i < sizeof bytes; i++)
                wrong += swapped[i] != bytes[i < 2 * count ? i ^ 1 : i];
            CU_ASSERT_EQUAL(wrong, 0);
        }
}

int test_levels_suite(void)
{
    CU_pSuite suite = CU_add_suite("levels", NULL, NULL);
    return !(suite && CU_add_test(suite, "PNG filters", test_filters) &&
             CU_add_test(suite, "planes and pixels", test_interleave) &&
             CU_add_test(suite, "swapped bytes", test_swap));
}
