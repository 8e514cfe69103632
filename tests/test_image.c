/* test_image.c -- images: layout, padding, digest, comparison, and tri_fail. */
#include "tests.h"
#include "image/image.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static const struct tri_shape shapes[] = {
    {1, 1, 1, 8},   {1, 1, 4, 16},   {3, 2, 3, 8},     {63, 5, 2, 8},     {64, 5, 2, 16},
    {65, 7, 3, 16}, {127, 31, 4, 8}, {129, 1, 1, 16},  {1, 200, 3, 8},    {1000, 3, 1, 8},
    {832, 9, 4, 8}, {1856, 4, 3, 8}, {1920, 33, 3, 8}, {1920, 33, 2, 16}, {3840, 2160, 1, 8},
};
#define SHAPES (int)(sizeof shapes / sizeof shapes[0])

static int get(const struct tri_image *image, int plane, int y, int x)
{
    const void *row = tri_image_row(image, plane, y);
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static void put(struct tri_image *image, int plane, int y, int x, int value)
{
    void *row = tri_image_row(image, plane, y);
    if (image->shape.bits == 8)
        ((uint8_t *)row)[x] = (uint8_t)value;
    else
        ((uint16_t *)row)[x] = (uint16_t)value;
}

static struct tri_image *make(const struct tri_shape *shape)
{
    struct tri_image *image;
    uint32_t state = 1;

    if (tri_image_new(shape, &image, NULL))
        return NULL;
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++)
                put(image, plane, y, x, (int)((state = state * 1664525 + 1013904223) >> 16));
    return image;
}

/* The layout that vector code and OpenCL rely on, as documented in image.h. */
static void test_layout(void)
{
    for (int i = 0; i < SHAPES; i++) {
        const struct tri_shape *shape = &shapes[i];
        struct tri_image *image = make(shape);
        CU_ASSERT_PTR_NOT_NULL_FATAL(image);
        ptrdiff_t bytes = shape->bits / 8, rounded = (shape->width + 63) / 64 * 64;
        const unsigned char *memory = image->memory;

        CU_ASSERT_TRUE(tri_shape_equal(&image->shape, shape));
        CU_ASSERT_FALSE(image->padded);
        CU_ASSERT_EQUAL((uintptr_t)image->data % 64, 0);
        CU_ASSERT_EQUAL(image->stride % 64, 0);
        CU_ASSERT_EQUAL(image->plane_stride % 64, 0);
        CU_ASSERT_EQUAL((uintptr_t)image->memory % 4096, 0);
        CU_ASSERT_EQUAL(image->memory_size % 4096, 0);
        CU_ASSERT_TRUE(image->stride >= (64 + rounded + 128) * bytes);
        CU_ASSERT_TRUE(image->data - memory >= 64 * bytes);
        const unsigned char *last = tri_image_row(image, shape->planes - 1, shape->height - 1);
        CU_ASSERT_TRUE(last + (rounded + 128) * bytes <= memory + image->memory_size);
        for (int a = 0; a < shape->planes; a++)
            for (int b = 0; b < a; b++)
                CU_ASSERT_TRUE((a - b) * image->plane_stride % 4096 >= 512 &&
                               (a - b) * image->plane_stride % 4096 <= 4096 - 512);
        tri_image_free(image);
    }
    tri_image_free(NULL);
}

static void test_initialised(void)
{
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shapes[9], &image, NULL), TRI_OK);
    const unsigned char *memory = image->memory;
    size_t set = 0;
    for (size_t i = 0; i < image->memory_size; i++)
        set += memory[i] != 0;
    CU_ASSERT_EQUAL(set, 0);
    tri_image_free(image);
}

static void test_pad(void)
{
    for (int i = 0; i < SHAPES; i++) {
        const struct tri_shape *shape = &shapes[i];
        struct tri_image *image = make(shape), *same = make(shape);
        CU_ASSERT_PTR_NOT_NULL_FATAL(image);
        CU_ASSERT_PTR_NOT_NULL_FATAL(same);
        int wrong = 0;

        tri_image_pad(image);
        CU_ASSERT_TRUE(image->padded);
        for (int plane = 0; plane < shape->planes; plane++)
            for (int y = 0; y < shape->height; y++)
                for (int x = 0; x < 64; x++) {
                    wrong += get(image, plane, y, x - 64) != get(image, plane, y, 0);
                    wrong += get(image, plane, y, shape->width + x) !=
                             get(image, plane, y, shape->width - 1);
                }
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_EQUAL(tri_image_compare(same, image).count, 0);

        put(image, 0, 0, 0, get(image, 0, 0, 0) ^ 1);
        tri_image_pad(image); /* still marked as padded: left alone */
        CU_ASSERT_NOT_EQUAL(get(image, 0, 0, -1), get(image, 0, 0, 0));
        image->padded = false;
        tri_image_pad(image);
        CU_ASSERT_EQUAL(get(image, 0, 0, -1), get(image, 0, 0, 0));
        tri_image_free(image);
        tri_image_free(same);
    }
}

static void test_refused(void)
{
    static const struct tri_shape absurd[] = {
        {0, 1, 1, 8},  {1, 0, 1, 8},  {-1, 1, 1, 8}, {1, -5, 1, 8}, {TRI_SIDE_MAX + 1, 1, 1, 8},
        {1, 1, 0, 8},  {1, 1, 5, 8},  {1, 1, -1, 8}, {1, 1, 1, 0},  {1, TRI_SIDE_MAX + 1, 1, 8},
        {1, 1, 1, 12}, {1, 1, 1, 32}, {1, 1, 1, -8}, {1, 1, 1, 1},  {INT32_MAX, INT32_MAX, 4, 16},
    };
    for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++) {
        struct tri_image *image = (struct tri_image *)&absurd; /* must be overwritten */
        struct tri_error error = {0};
        CU_ASSERT_EQUAL(tri_image_new(&absurd[i], &image, &error), TRI_USAGE);
        CU_ASSERT_EQUAL(error.status, TRI_USAGE);
        CU_ASSERT_TRUE(error.text[0] != '\0' && !strchr(error.text, '\n'));
        CU_ASSERT_PTR_NULL(image);
    }
}

/* Computed independently of the code, with the constants of FNV's authors. */
static void test_digest_known(void)
{
    const struct tri_shape shape_8 = {3, 1, 1, 8}, shape_16 = {1, 2, 1, 16};
    const unsigned char bytes_8[] = {3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 'a', 'b', 255};
    const unsigned char bytes_16[] = {1, 0, 0,  0, 2, 0, 0,    0,    1,    0,
                                      0, 0, 16, 0, 0, 0, 0x34, 0x12, 0xfe, 0xff};
    uint64_t want_8 = UINT64_C(14695981039346656037), want_16 = want_8;
    struct tri_image *a, *b;

    for (size_t i = 0; i < sizeof bytes_8; i++)
        want_8 = (want_8 ^ bytes_8[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < sizeof bytes_16; i++)
        want_16 = (want_16 ^ bytes_16[i]) * UINT64_C(1099511628211);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape_8, &a, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape_16, &b, NULL), TRI_OK);
    put(a, 0, 0, 0, 'a');
    put(a, 0, 0, 1, 'b');
    put(a, 0, 0, 2, 255);
    put(b, 0, 0, 0, 0x1234);
    put(b, 0, 1, 0, 0xfffe);
    CU_ASSERT_EQUAL(tri_image_digest(a), want_8);
    CU_ASSERT_EQUAL(tri_image_digest(b), want_16);
    tri_image_pad(a); /* padding does not count */
    CU_ASSERT_EQUAL(tri_image_digest(a), want_8);
    tri_image_free(a);
    tri_image_free(b);
}

/* Black images of different shapes, and single samples changed, all digest differently. */
static void test_digest_distinguishes(void)
{
    uint64_t seen[256];
    int count = 0;

    for (int i = 0; i < SHAPES - 1; i++) {
        const struct tri_shape *shape = &shapes[i];
        struct tri_image *image;
        CU_ASSERT_EQUAL_FATAL(tri_image_new(shape, &image, NULL), TRI_OK);
        seen[count++] = tri_image_digest(image);
        for (int plane = 0; plane < shape->planes; plane++) {
            put(image, plane, shape->height - 1, shape->width - 1, 1);
            seen[count++] = tri_image_digest(image);
            put(image, plane, shape->height - 1, shape->width - 1, shape->bits == 8 ? 128 : 256);
            seen[count++] = tri_image_digest(image);
            put(image, plane, shape->height - 1, shape->width - 1, 0);
        }
        tri_image_free(image);
    }
    for (int a = 0; a < count; a++)
        for (int b = 0; b < a; b++)
            CU_ASSERT_NOT_EQUAL(seen[a], seen[b]);
}

static void test_compare(void)
{
    for (int i = 0; i < SHAPES; i++) {
        const struct tri_shape *shape = &shapes[i];
        struct tri_image *a = make(shape), *b = make(shape);
        CU_ASSERT_PTR_NOT_NULL_FATAL(a);
        CU_ASSERT_PTR_NOT_NULL_FATAL(b);
        int plane = shape->planes - 1, y = shape->height / 2, x = shape->width - 1;

        tri_image_pad(a); /* padding does not count */
        CU_ASSERT_EQUAL(tri_image_compare(a, b).count, 0);
        int want = get(a, plane, y, x), have = want ^ (shape->bits == 8 ? 255 : 0x100);
        put(b, plane, y, x, have);
        struct tri_difference one = tri_image_compare(a, b);
        CU_ASSERT_EQUAL(one.count, 1);
        CU_ASSERT_TRUE(one.plane == plane && one.y == y && one.x == x);
        CU_ASSERT_TRUE(one.expected == want && one.actual == have);

        uint64_t later = 0; /* of the samples after the first difference, the last; it counts, but
                               is not the first */
        if (y < shape->height - 1) {
            put(b, plane, shape->height - 1, 0, get(a, plane, shape->height - 1, 0) ^ 2);
            later = 1;
        }
        struct tri_difference two = tri_image_compare(a, b);
        CU_ASSERT_EQUAL(two.count, 1 + later);
        CU_ASSERT_TRUE(two.plane == plane && two.y == y && two.x == x);
        tri_image_free(a);
        tri_image_free(b);
    }
}

static void test_compare_shapes(void)
{
    struct tri_image *a = make(&shapes[0]), *b = make(&shapes[1]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_NOT_EQUAL(tri_image_compare(a, b).count, 0);
    tri_image_free(a);
    tri_image_free(b);
}

static void test_shape_equal(void)
{
    const struct tri_shape base = {5, 6, 3, 8},
                           others[] = {{4, 6, 3, 8}, {5, 7, 3, 8}, {5, 6, 4, 8}, {5, 6, 3, 16}};
    CU_ASSERT_TRUE(tri_shape_equal(&base, &(struct tri_shape){5, 6, 3, 8}));
    for (int i = 0; i < 4; i++)
        CU_ASSERT_FALSE(tri_shape_equal(&base, &others[i]));
}

static void test_rows(void)
{
    for (int i = 0; i < SHAPES - 1; i++) {
        const struct tri_shape *shape = &shapes[i];
        struct tri_image *a = make(shape), *b = NULL;
        CU_ASSERT_PTR_NOT_NULL_FATAL(a);
        CU_ASSERT_EQUAL_FATAL(tri_image_new(shape, &b, NULL), TRI_OK);
        void *row = malloc(
            (size_t)(shape->width * shape->planes * shape->bits / 8)); /* exact size, for ASan */
        CU_ASSERT_PTR_NOT_NULL_FATAL(row);
        int wrong = 0;
        for (int y = 0; y < shape->height; y++) {
            tri_row_join(a, y, row);
            for (int k = 0; k < shape->width * shape->planes; k++) {
                int value = shape->bits == 8 ? ((uint8_t *)row)[k] : ((uint16_t *)row)[k];
                wrong += value != get(a, k % shape->planes, y, k / shape->planes);
            }
            tri_row_split(b, y, row);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_EQUAL(tri_image_compare(a, b).count, 0);
        free(row);
        tri_image_free(a);
        tri_image_free(b);
    }
}

static void test_fail(void)
{
    struct tri_error error;
    char longer[3000];

    CU_ASSERT_EQUAL(tri_fail(NULL, TRI_DIFFERS, "%s", "unheard"), TRI_DIFFERS);
    CU_ASSERT_EQUAL(tri_fail(&error, TRI_USAGE, "no %s at %d", "kernel", 7), TRI_USAGE);
    CU_ASSERT_EQUAL(error.status, TRI_USAGE);
    CU_ASSERT_STRING_EQUAL(error.text, "no kernel at 7");
    tri_fail(&error, TRI_FAILED, "outer: %s", error.text);
    CU_ASSERT_STRING_EQUAL(error.text, "outer: no kernel at 7");
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    tri_fail(&error, TRI_FAILED, "%s", longer);
    CU_ASSERT_EQUAL(strlen(error.text), sizeof error.text - 1);
}

int test_image_suite(void)
{
    CU_pSuite suite = CU_add_suite("image", NULL, NULL);
    return !(suite && CU_add_test(suite, "layout", test_layout) &&
             CU_add_test(suite, "memory is initialised", test_initialised) &&
             CU_add_test(suite, "padding replicates the edges", test_pad) &&
             CU_add_test(suite, "absurd shapes are refused", test_refused) &&
             CU_add_test(suite, "digest, known answers", test_digest_known) &&
             CU_add_test(suite, "digest distinguishes", test_digest_distinguishes) &&
             CU_add_test(suite, "compare finds the first difference", test_compare) &&
             CU_add_test(suite, "compare of unequal shapes", test_compare_shapes) &&
             CU_add_test(suite, "shapes are equal in all parts", test_shape_equal) &&
             CU_add_test(suite, "rows to and from interleaved", test_rows) &&
             CU_add_test(suite, "tri_fail", test_fail));
}
