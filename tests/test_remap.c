/* test_remap.c -- maps of the kernel remap: formats, damage, sizes. */
#include "image/place_map.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tri_status read_map(const char *bytes, size_t size, struct tri_place_map **map,
                                struct tri_error *error)
{
    /* Of exactly that size, and a zero, so that a sanitizer sees what is read behind it. */
    char *copy = malloc(size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    const enum tri_status status = tri_place_map_read("it", copy, size, map, error);
    free(copy);
    return status;
}

static void expect_map(const char *bytes, size_t size, const float numbers[4], bool whole,
                       long step)
{
    struct tri_place_map *map = NULL;
    struct tri_error error = {.text = ""};
    const enum tri_status status = read_map(bytes, size, &map, &error);
    if (status != TRI_OK && test_fail_once())
        printf("%s\n", error.text);
    if (status != TRI_OK)
        return;
    CU_ASSERT_TRUE(map->width == 2 && map->height == 2);
    CU_ASSERT_EQUAL(memcmp(map->numbers, numbers, 4 * sizeof numbers[0]), 0);
    CU_ASSERT_EQUAL(map->whole, whole);
    CU_ASSERT_EQUAL(map->step, step);
    free(map);
}
#define MAP(text) text, sizeof(text) - 1

static void test_formats(void)
{
    static const float small[4] = {0, 32, 64, 255}, large[4] = {0, 300, 65535, 15},
                       zeros[4] = {0, 0, 0, 0}, floats[4] = {-1.5F, 2, 100, 0.25F},
                       wide[4] = {4194304, -4194304, 8, 16};
    expect_map(MAP("P2 2 2 255 0 32 64 255"), small, true, 1);
    expect_map(MAP("P2\n# a comment 7\n2 # and one\n2\n255\n0 32\n64 255\n"), small, true, 1);
    expect_map(MAP("P5\n2 2\n255\n\x00\x20\x40\xff"), small, true, 1);
    expect_map(MAP("P5 2 2 65535\n\x00\x00\x01\x2c\xff\xff\x00\x0f"), large, true, 15);
    expect_map(MAP("P2 2 2 1 0 0 0 0"), zeros, true, 0);
    expect_map(MAP("Pf\n2 2\n-1.0\n\0\0\xc8\x42\0\0\x80\x3e\0\0\xc0\xbf\0\0\0\x40"), floats, false,
               1);
    expect_map(MAP("Pf 2 2 1 \x42\xc8\0\0\x3e\x80\0\0\xbf\xc0\0\0\x40\0\0\0"), floats, false, 1);
    expect_map(MAP("Pf 2 2 1 \x41\0\0\0\x41\x80\0\0\x7f\x80\0\0\xff\x7f\0\0"), wide, true, 8);
}

static void expect_refused(const char *bytes, size_t size, const char *part)
{
    struct tri_place_map *map = NULL;
    struct tri_error error = {.text = ""};
    CU_ASSERT_EQUAL(read_map(bytes, size, &map, &error), TRI_FAILED);
    CU_ASSERT_PTR_NULL(map);
    if (strstr(error.text, part) == NULL && test_fail_once())
        printf("%s; expected %s\n", error.text, part);
}

static void test_damage(void)
{
    static const char good[] = "P5\n2 2\n65535\n12345678";
    expect_refused(MAP("PNG"), "neither a gray PGM file");
    expect_refused(MAP("P6 1 1 255 abc"), "neither a gray PGM file");
    expect_refused(MAP("PF 1 1 1 abcdefghijkl"), "neither a gray PGM file");
    expect_refused(MAP(""), "neither a gray PGM file");
    expect_refused(MAP("P5 0 2 255 "), "its size");
    expect_refused(MAP("P5 -1 2 255 "), "its size");
    expect_refused(MAP("P5 2 1000001 255 "), "its size");
    expect_refused(MAP("P5 99999999999999999999 2 255 "), "its size");
    expect_refused(MAP("P5 2 2 65536 "), "its maximum");
    expect_refused(MAP("P5 2 2 0 "), "its maximum");
    expect_refused(MAP("Pf 2 2 0 "), "its scale");
    expect_refused(MAP("Pf 2 2 x "), "its scale");
    expect_refused(MAP("Pf 2 2 nan "), "its scale");
    expect_refused(MAP("P5 2 2 255"), "it ends within its head");
    expect_refused(MAP("P5 1000000 1000000 65535 abc"), "it ends before its last sample");
    expect_refused(MAP("P2 1000000 1000000 65535 1"), "it ends before its last sample");
    expect_refused(MAP("P2 2 2 255 0 1 2 256"), "a sample is no whole number");
    expect_refused(MAP("P2 2 2 255 0 1 2 -1"), "a sample is no whole number");
    expect_refused(MAP("P2 2 2 255 000 1 2"), "a sample is no whole number");
    expect_refused(MAP("P5 1 1 300 \x01\x2d"), "a sample is more than its maximum");
    expect_refused(MAP("Pf 1 1 1 \x7f\xc0\0\0"), "a sample is not a number");
    for (size_t size = 0; size < sizeof good - 1; size++)
        expect_refused(good, size, "cannot read the map it: ");
}

static void test_program(void)
{
    EXPECT("printf 'P2 3 2 255 0 1 2 0 1 2' > x.pgm; printf 'P2 3 2 255 0 0 0 1 1 1' > y.pgm; "
           "printf 'P5 3 2 255 abcdef' > in.pgm; $T run remap:x=x.pgm:y=y.pgm in.pgm -o out.pgm && "
           "tail -c 6 out.pgm",
           0, "abcdef", "");
    EXPECT("printf 'P2 2 2 255 2 9 0 1' > x.pgm; printf 'P2 2 2 255 1 0 0 1' > y.pgm; "
           "$T run remap:x=x.pgm:y=y.pgm:gray=0.3 in.pgm -o out.pgm && tail -c 4 out.pgm && "
           "$T run remap:x=x.pgm:y=y.pgm:border=replicate in.pgm -o out.pgm && tail -c 4 out.pgm",
           0, "fMaefcae", "");
    EXPECT("printf 'P2 2 1 255 2 1' > x.pgm; printf 'P2 2 1 255 0 1' > y.pgm; "
           "$T run remap:x=x.pgm:y=y.pgm:scale=2 in.pgm -o out.pgm && tail -c 2 out.pgm && "
           "$T run remap:x=x.pgm:y=y.pgm:scale=2:filter=nearest in.pgm -o out.pgm && tail -c 2 "
           "out.pgm",
           0, "bcbe", "");
    EXPECT("$T run remap:x=x.pgm:y=@swirl_y in.pgm -o no.pgm", 2, "",
           "triptych: *remap: both maps need one size, but x has 2 x 1 numbers and y 16 x 12*\n");
    EXPECT("printf 'P5 9' > bad.pgm; $T run remap:x=bad.pgm:y=y.pgm in.pgm -o no.pgm", 1, "",
           "triptych: cannot read the map bad.pgm: its size is no pair of whole numbers*\n");
    EXPECT("$T run remap:x=none.pgm:y=y.pgm in.pgm -o no.pgm", 1, "",
           "triptych: remap: cannot read none.pgm: No such file or directory\n");
    EXPECT("$T run remap:x=x.pgm:y=y.pgm in.pgm -o x.pgm", 2, "", "triptych: *x.pgm*");
    EXPECT("$T run remap:x=x.pgm in.pgm -o no.pgm", 2, "", "triptych: *y*");
    EXPECT("ls no.pgm", 2, "", "*");
}

int test_remap_suite(void)
{
    CU_pSuite suite = CU_add_suite("remap", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "formats of maps", test_formats) &&
             CU_add_test(suite, "damaged maps", test_damage) &&
             CU_add_test(suite, "the program", test_program));
}
