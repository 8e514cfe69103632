/* test_jpeg.c -- JPEG files: round trips, every kind of file, limits, damage. */
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

/* ---- JPEG by libjpeg ---- */

struct recipe {
    J_COLOR_SPACE in, stored;
    int components;
    bool progressive, arithmetic, no_adobe, wide; /* wide: chroma a quarter as wide */
    int restart;                                  /* in rows of blocks */
    int scans;                                    /* with one component each; 0: the default */
};

static const struct recipe gray = {JCS_GRAYSCALE, JCS_GRAYSCALE, 1, false, false,
                                   false,         false,         0, 0};
static const struct recipe colour = {JCS_RGB, JCS_YCbCr, 3, false, false, false, false, 0, 0};

static void set_up(struct jpeg_compress_struct *jpeg, const struct recipe *recipe,
                   jpeg_scan_info *scans)
{
    jpeg->input_components = recipe->components;
    jpeg->in_color_space = recipe->in;
    jpeg_set_defaults(jpeg);
    jpeg_set_colorspace(jpeg, recipe->stored);
    jpeg_set_quality(jpeg, 95, TRUE);
    jpeg->arith_code = recipe->arithmetic;
    jpeg->restart_in_rows = recipe->restart;
    if (recipe->no_adobe)
        jpeg->write_Adobe_marker = FALSE;
    if (recipe->wide)
        jpeg->comp_info[0].h_samp_factor = 4;
    if (recipe->progressive)
        jpeg_simple_progression(jpeg);
    for (int i = 0; i < recipe->scans; i++)
        scans[i] = (jpeg_scan_info){
            .comps_in_scan = 1, .component_index = {i}, .Ss = 0, .Se = 63, .Ah = 0, .Al = 0};
    if (recipe->scans > 0) {
        jpeg->scan_info = scans;
        jpeg->num_scans = recipe->scans;
    }
}

/* The image's planes are interleaved as components; `in` must match the number of planes. */
static struct bytes compress(const struct recipe *recipe, const struct tri_image *image)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[4];
    unsigned char *data = NULL, row[4 * 512];
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = (JDIMENSION)image->shape.width;
    jpeg.image_height = (JDIMENSION)image->shape.height;
    set_up(&jpeg, recipe, scans);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < image->shape.height; y++) {
        for (int x = 0; x < image->shape.width; x++)
            for (int c = 0; c < recipe->components; c++)
                row[x * recipe->components + c] = (unsigned char)pictures_sample(image, c, x, y);
        jpeg_write_scanlines(&jpeg, (JSAMPROW[]){row}, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return (struct bytes){.data = data, .size = size};
}

/* The position of a marker's 0xff, at or after `from`. */
static size_t find_marker(const struct bytes *file, size_t from, unsigned char marker)
{
    for (size_t i = from; i + 1 < file->size; i++)
        if (file->data[i] == 0xff && file->data[i + 1] == marker)
            return i;
    CU_FAIL_FATAL("the marker is not there");
    return 0;
}

/* ---- round trips ---- */

static struct tri_image *round_trip(const struct tri_image *image,
                                    const struct tri_write_options *options)
{
    const char *path = pictures_path("round.jpg");
    struct tri_read_info info = {.size = sizeof info};
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, options, NULL), TRI_OK);
    struct tri_image *back = pictures_read(path, &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    CU_ASSERT_STRING_EQUAL(info.format->name, "jpeg");
    tri_metadata_free(info.metadata);
    unlink(path);
    return back;
}

static void test_round_trips(void)
{
    static const int sides[][2] = {{1, 1}, {7, 1}, {1, 9}, {16, 16}, {63, 64}, {65, 5}, {301, 47}};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                const int width = sides[i][0], height = sides[i][1];
                struct tri_image *image = pictures_scene(width, height, planes, bits);
                struct tri_image *wanted = pictures_scene(width, height, planes < 3 ? 1 : 3, 8);
                struct tri_image *back = round_trip(image, NULL);
                CU_ASSERT_TRUE(tri_shape_equal(&back->shape, &wanted->shape));
                CU_ASSERT_TRUE(pictures_psnr(wanted, back) > 37);
                tri_image_free(back);
                tri_image_free(wanted);
                tri_image_free(image);
            }
}

/* The limits are 1 to 2 dB below the measured values. */
static void test_qualities(void)
{
    static const struct {
        int quality;
        enum tri_subsampling subsampling;
        double psnr;
    } cases[] = {{100, TRI_444, 48}, {90, TRI_444, 42}, {90, TRI_422, 41},
                 {90, TRI_420, 41},  {50, TRI_420, 36}, {10, TRI_420, 25}};
    struct tri_image *image = pictures_scene(320, 200, 3, 8);
    double last = 100;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tri_image *back =
            round_trip(image, &WRITE_OPTIONS(.quality = cases[i].quality,
                                             .subsampling = cases[i].subsampling));
        const double psnr = pictures_psnr(image, back);
        if (psnr < cases[i].psnr)
            printf("quality %d: %.1f dB\n", cases[i].quality, psnr);
        CU_ASSERT_TRUE(psnr > cases[i].psnr && psnr < last + 0.01);
        last = psnr;
        tri_image_free(back);
    }
    tri_image_free(image);
}

static void test_same_files(void)
{
    struct tri_image *eight = pictures_noise(100, 40, 3, 8),
                     *sixteen = pictures_noise(100, 40, 3, 16);
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 100; x++) /* the farthest value that still rounds to it */
                ((uint16_t *)tri_image_row(sixteen, plane, y))[x] =
                    (uint16_t)(pictures_sample(eight, plane, x, y) * 257 +
                               (pictures_sample(eight, plane, x, y) < 255 ? 128 : 0));
    pictures_expect_same_file("a.jpg", eight, NULL, sixteen, NULL);
    pictures_expect_same_file("a.jpg", eight, NULL, eight,
                              &WRITE_OPTIONS(.quality = 90, .subsampling = TRI_420));
    tri_image_free(eight);
    tri_image_free(sixteen);
}

static void test_subsampling(void)
{
    static const unsigned char factors[] = {[TRI_420] = 0x22, [TRI_422] = 0x21, [TRI_444] = 0x11};
    const char *path = pictures_path("chroma.jpg");
    struct tri_image *image = pictures_scene(40, 30, 3, 8);
    for (int i = TRI_420; i <= TRI_444; i++) {
        const struct tri_write_options options = {.size = sizeof options,
                                                  .subsampling = (enum tri_subsampling)i};
        CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, &options, NULL), TRI_OK);
        struct bytes file = pictures_load(path);
        const unsigned char *frame = file.data + find_marker(&file, 0, 0xc0);
        CU_ASSERT_EQUAL(frame[11], factors[i]);
        CU_ASSERT_EQUAL(frame[14], 0x11);
        free(file.data);
    }
    tri_image_free(image);
    unlink(path);
}

/* ---- every kind of file ---- */

static void test_kinds(void)
{
    static const struct recipe kinds[] = {
        {JCS_GRAYSCALE, JCS_GRAYSCALE, 1, false, false, false, false, 0, 0},
        {JCS_GRAYSCALE, JCS_GRAYSCALE, 1, true, false, false, false, 1, 0},
        {JCS_RGB, JCS_YCbCr, 3, false, false, false, false, 1, 0},
        {JCS_RGB, JCS_YCbCr, 3, false, false, false, true, 0, 0},
        {JCS_RGB, JCS_YCbCr, 3, false, false, false, false, 0, 3},
        {JCS_RGB, JCS_YCbCr, 3, true, false, false, false, 0, 0},
        {JCS_RGB, JCS_YCbCr, 3, true, true, false, false, 2, 0},
        {JCS_RGB, JCS_YCbCr, 3, false, true, false, false, 0, 0},
        {JCS_RGB, JCS_RGB, 3, false, false, false, false, 0, 0},
        {JCS_RGB, JCS_RGB, 3, true, false, true, false, 0, 0},
    };
    const char *path = pictures_path("kind.jpg");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct tri_image *image = pictures_scene(211, 123, kinds[i].components, 8);
        struct bytes file = compress(&kinds[i], image);
        struct tri_read_info info = {.size = sizeof info};
        pictures_store(path, file.data, file.size);
        struct tri_image *back = pictures_read(path, &info);
        CU_ASSERT_STRING_EQUAL(info.warning, "");
        CU_ASSERT_TRUE(pictures_psnr(image, back) > 41);
        tri_metadata_free(info.metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
    unlink(path);
}

/* Inverted as by Adobe: 255 is no ink. With and without an Adobe marker. */
static void test_inks(void)
{
    static const struct {
        unsigned char inks[4], rgb[3];
    } cases[] = {
        {{255, 255, 255, 255}, {255, 255, 255}}, {{0, 255, 255, 255}, {0, 255, 255}},
        {{255, 0, 255, 255}, {255, 0, 255}},     {{255, 255, 0, 128}, {128, 128, 0}},
        {{255, 255, 255, 0}, {0, 0, 0}},         {{200, 100, 50, 153}, {120, 60, 30}},
    };
    const char *path = pictures_path("inks.jpg");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int kind = 0; kind < 3; kind++) {
            const struct recipe recipe = {.in = JCS_CMYK,
                                          .stored = kind == 2 ? JCS_YCCK : JCS_CMYK,
                                          .components = 4,
                                          .no_adobe = kind == 1};
            struct tri_image *inks = pictures_noise(20, 20, 4, 8);
            for (int plane = 0; plane < 4; plane++)
                for (int y = 0; y < 20; y++)
                    memset(tri_image_row(inks, plane, y), cases[i].inks[plane], 20);
            struct bytes file = compress(&recipe, inks);
            pictures_store(path, file.data, file.size);
            struct tri_image *image = pictures_read(path, NULL);
            CU_ASSERT_EQUAL_FATAL(image->shape.planes, 3);
            for (int c = 0; c < 3; c++)
                CU_ASSERT_TRUE(abs(pictures_sample(image, c, 11, 13) - cases[i].rgb[c]) <= 3);
            tri_image_free(image);
            tri_image_free(inks);
            free(file.data);
        }
    unlink(path);
}

/* ---- limits ---- */

static void test_limits(void)
{
    const char *path = pictures_path("limit.jpg");
    struct tri_image *image = pictures_scene(20, 30, 1, 8), *in;
    struct tri_error error;
    struct bytes file = compress(&gray, image);
    pictures_store(path, file.data, file.size);
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 599), &in, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "20 x 30 pixels exceed the limit of 599"));
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 600), &in, NULL, &error),
                    TRI_OK);
    tri_image_free(in);
    tri_image_free(image);

    unsigned char *frame = file.data + find_marker(&file, 0, 0xc0);
    memset(frame + 5, 0xf0, 4);
    pictures_store(path, file.data, file.size);
    pictures_expect_error(path, "61680 x 61680 pixels exceed the limit of 268435456");
    memset(frame + 5, 0xff, 4);
    pictures_store(path, file.data, file.size);
    pictures_expect_error(path, "65500 pixels"); /* libjpeg's own limit */
    free(file.data);
    unlink(path);
}

static void test_refusals(void)
{
    const char *path = pictures_path("refused.jpg");
    for (int planes = 2; planes <= 4; planes += 2)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = pictures_noise(9, 9, planes, bits);
            pictures_expect_refusal(
                path, image, TRI_USAGE,
                "JPEG has no transparency; use --format png or webp, or --background white");
            tri_image_free(image);
        }
    struct tri_image *wide = pictures_scene(65501, 1, 1, 8), *high = pictures_scene(1, 65501, 3, 8);
    pictures_expect_refusal(path, wide, TRI_USAGE,
                            "65501 x 1 pixels exceed JPEG's limit of 65500 per side");
    pictures_expect_refusal(path, high, TRI_USAGE, "1 x 65501 pixels");
    tri_image_free(wide);
    tri_image_free(high);
}

static void test_disk_full(void)
{
    pictures_expect_disk_full("jpeg");
}

/* ---- damage ---- */

static void test_damage(void)
{
    static const struct recipe kinds[] = {
        {JCS_GRAYSCALE, JCS_GRAYSCALE, 1, false, false, false, false, 0, 0},
        {JCS_RGB, JCS_YCbCr, 3, false, false, false, false, 1, 0},
        {JCS_RGB, JCS_YCbCr, 3, true, false, false, false, 0, 0},
        {JCS_RGB, JCS_YCbCr, 3, true, true, false, false, 0, 0},
        {JCS_CMYK, JCS_YCCK, 4, false, false, false, false, 0, 4},
    };
    const char *path = pictures_path("damaged.jpg");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct tri_image *image = pictures_noise(19, 17, kinds[i].components, 8);
        struct bytes file = compress(&kinds[i], image);
        pictures_expect_cuts(path, &file);
        CU_ASSERT_TRUE(pictures_change_bytes(path, &file, 0x10) > 20);
        CU_ASSERT_TRUE(pictures_change_bytes(path, &file, 0xff) > 20);
        tri_image_free(image);
        free(file.data);
    }
}

/* One flaw in a file of 40 x 30 pixels, and the expected error or warning. */
static void expect_flaw(struct bytes file, const char *error, const char *warning)
{
    const char *path = pictures_path("flaw.jpg");
    pictures_store(path, file.data, file.size);
    if (error != NULL) {
        pictures_expect_error(path, error);
    } else {
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *image = pictures_read(path, &info), *scene = pictures_scene(40, 30, 3, 8);
        if (strstr(info.warning, warning) == NULL)
            printf("\"%s\"\n", info.warning);
        CU_ASSERT_PTR_NOT_NULL(strstr(info.warning, warning));
        CU_ASSERT_TRUE(pictures_psnr(scene, image) > 24);
        tri_metadata_free(info.metadata);
        tri_image_free(image);
        tri_image_free(scene);
    }
    free(file.data);
    unlink(path);
}

static struct bytes flawed(const struct recipe *recipe)
{
    struct tri_image *image = pictures_scene(40, 30, 3, 8);
    struct bytes file = compress(recipe, image);
    tri_image_free(image);
    return file;
}

/* Cuts the file before scan `number`, from 1, and ends it properly. */
static struct bytes without_scans(const struct recipe *recipe, int number)
{
    struct bytes file = flawed(recipe);
    size_t at = 0;
    for (int i = 0; i < number; i++)
        at = find_marker(&file, at + 1, 0xda);
    file.size = at;
    pictures_add(&file, "\xff\xd9", 2);
    return file;
}

/* Image data without its end, or with a wrong restart marker. */
static void test_flawed_data(void)
{
    const struct recipe restarts = {
        .in = JCS_RGB, .stored = JCS_YCbCr, .components = 3, .restart = 1};
    struct bytes file = flawed(&colour);
    file.size = (find_marker(&file, 0, 0xda) + file.size) / 2;
    pictures_add(&file, "\xff\xd9", 2);
    expect_flaw(file, "premature end of data segment", NULL);
    file = flawed(&restarts);
    file.data[find_marker(&file, find_marker(&file, 0, 0xda), 0xd0) + 1] = 0xd3;
    expect_flaw(file, "instead of RST0", NULL);
    file = flawed(&colour);
    memcpy(file.data + find_marker(&file, 0, 0xda) + 20, "\xff\0\xff\0\xff\0\xff",
           8); /* all ones */
    expect_flaw(file, "bad Huffman code", NULL);
}

static void test_flaws(void)
{
    const struct recipe progressive = {JCS_RGB, JCS_YCbCr, 3, true, false, false, false, 0, 0};
    const struct recipe apart = {JCS_RGB, JCS_YCbCr, 3, false, false, false, false, 0, 3};
    struct bytes file = flawed(&colour);
    expect_flaw(file, NULL, "");
    file = flawed(&colour);
    file.data[find_marker(&file, 0, 0xc0) + 4] = 12;
    expect_flaw(file, "12 bits per sample are not supported; expected 8", NULL);
    file = flawed(&colour);
    file.data[find_marker(&file, 0, 0xc0) + 1] = 0xc3;
    expect_flaw(file, "Unsupported JPEG process", NULL);
    file = flawed(&colour);
    memset(file.data + find_marker(&file, 0, 0xc0) + 5, 0, 2);
    expect_flaw(file, "Empty", NULL);
    file = flawed(&colour);
    file.size -= 2;
    expect_flaw(file, "the file is truncated", NULL);
    file = flawed(&colour);
    file.data[file.size - 1] = 0xd9 ^ 0xff;
    expect_flaw(file, "", NULL);
    file = flawed(&colour); /* data after the end is ignored */
    pictures_add(&file, "trailing", 8);
    expect_flaw(file, NULL, "");
    file = flawed(&colour);
    file.size -= 2;
    pictures_add(&file, "more than libjpeg takes in advance\xff\xd9", 36);
    expect_flaw(file, NULL, "extraneous bytes before marker 0xd9");
    expect_flaw(without_scans(&apart, 2), "scans are missing", NULL);
    expect_flaw(without_scans(&apart, 3), "scans are missing", NULL);
    expect_flaw(without_scans(&progressive, 10), NULL, "the last scans are missing");
    expect_flaw(without_scans(&progressive, 2), NULL, "the last scans are missing");
}

static void test_too_many_scans(void)
{
    const char *path = pictures_path("bomb.jpg");
    const struct recipe recipe = {JCS_GRAYSCALE, JCS_GRAYSCALE, 1, false, false,
                                  false,         false,         0, 1};
    struct tri_image *image = pictures_scene(8, 8, 1, 8);
    struct bytes file = compress(&recipe, image), bomb = {0};
    /* Three components are declared, and the first one is repeated. */
    const size_t frame = find_marker(&file, 0, 0xc0), scan = find_marker(&file, 0, 0xda);
    pictures_add(&bomb, file.data, frame);
    pictures_add(&bomb, "\xff\xc0\0\21\10\0\10\0\10\3\1\21\0\2\21\0\3\21\0", 19);
    pictures_add(&bomb, file.data + frame + 13, scan - frame - 13);
    for (int i = 0; i < 501; i++)
        pictures_add(&bomb, file.data + scan, file.size - 2 - scan);
    pictures_store(path, bomb.data, bomb.size);
    pictures_expect_error(path, "scans");
    pictures_add(&bomb, "\xff\xd9", 2);
    pictures_store(path, bomb.data, bomb.size);
    pictures_expect_error(path, "the file has too many scans");
    tri_image_free(image);
    free(file.data);
    free(bomb.data);
    unlink(path);
}

int test_jpeg_suite(void)
{
    CU_pSuite suite = CU_add_suite("jpeg", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "qualities", test_qualities) &&
             CU_add_test(suite, "pictures with the same file", test_same_files) &&
             CU_add_test(suite, "subsampling", test_subsampling) &&
             CU_add_test(suite, "every kind of file", test_kinds) &&
             CU_add_test(suite, "inks", test_inks) && CU_add_test(suite, "limits", test_limits) &&
             CU_add_test(suite, "pictures that JPEG cannot hold", test_refusals) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "every byte cut or changed", test_damage) &&
             CU_add_test(suite, "single flaws", test_flaws) &&
             CU_add_test(suite, "flawed data", test_flawed_data) &&
             CU_add_test(suite, "too many scans", test_too_many_scans));
}
