/* test_serve_memory.c -- the memory of images that the service keeps for the next ones. */
#include "image/image.h"
#include "serve/serve.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

int test_serve_memory_suite(void);

enum { SIZE = 1 << 16, MOST = 4 * SIZE };

static int no_set_up(void)
{
    return 0;
}

static void *take(struct tri_serve_memory *memory, size_t size)
{
    struct tri_memory *from = tri_serve_memory(memory);
    unsigned char *at = from->take(from, size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_EQUAL((uintptr_t)at % 4096, 0);
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0) {
            CU_FAIL("it has bytes of whoever had it before");
            break;
        }
    memset(at, 0xa5, size);
    return at;
}

static void give(struct tri_serve_memory *memory, void *at)
{
    struct tri_memory *to = tri_serve_memory(memory);

    to->give(to, at);
}

static void test_again(void)
{
    struct tri_serve_memory *memory = tri_serve_memory_new(MOST);

    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    void *one = take(memory, SIZE), *two = take(memory, 2 * SIZE);
    CU_ASSERT_PTR_NOT_EQUAL(one, two);
    give(memory, one);
    give(memory, two);
    CU_ASSERT_PTR_EQUAL(take(memory, SIZE), one); /* cleared, as `take` looks */
    CU_ASSERT_PTR_EQUAL(take(memory, 2 * SIZE), two);
    void *other = take(memory, SIZE); /* nothing is left of that size */
    CU_ASSERT_PTR_NOT_EQUAL(other, one);
    give(memory, one);
    give(memory, two);
    give(memory, other);
    tri_serve_memory_free(memory);
}

/* The newest stay. Whether a block was freed shows by its address alone, so all others are held. */
static void test_limit(void)
{
    enum { BLOCKS = 6 };
    struct tri_serve_memory *memory = tri_serve_memory_new(MOST);
    void *blocks[BLOCKS], *held[BLOCKS];
    int kept = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = take(memory, SIZE);
    for (int i = 0; i < BLOCKS; i++)
        give(memory, blocks[i]);
    for (int i = 0; i < 4; i++) {
        held[i] = take(memory, SIZE);
        kept += held[i] == blocks[BLOCKS - 1 - i];
    }
    CU_ASSERT_EQUAL(kept, MOST / SIZE);
    for (int i = 0; i < 4; i++)
        give(memory, held[i]);
    void *large = take(memory, MOST); /* would be all that is kept */
    give(memory, large);
    CU_ASSERT_PTR_EQUAL(take(memory, SIZE), held[3]);
    give(memory, held[3]);
    tri_serve_memory_free(memory);
}

static void test_images(void)
{
    const struct tri_shape shape = {300, 200, 3, 8};
    struct tri_serve_memory *memory = tri_serve_memory_new((size_t)16 * MOST);
    struct tri_image *image;
    struct tri_error error;
    void *at = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(tri_image_new_in(tri_serve_memory(memory), &shape, &image, &error),
                              TRI_OK);
        CU_ASSERT(i == 0 || image->memory == at);
        at = image->memory;
        tri_image_free(image);
    }
    tri_serve_memory_free(memory);
    tri_serve_memory_free(NULL);
}

int test_serve_memory_suite(void)
{
    CU_pSuite suite = CU_add_suite("serve_memory", no_set_up, no_set_up);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "used again", test_again);
    CU_add_test(suite, "limit", test_limit);
    CU_add_test(suite, "images", test_images);
    return 0;
}
