/* test_shrink.c -- pictures that the JPEG decoder shrinks for a pipeline: the size and place of the
 * result are those of the whole picture, and its samples are close. */
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* ---- files ---- */

/* Waves so long that averages of 8 x 8 pixels keep them, and so steep that a shift of half a pixel
 * shows. */
static int wave(int c, int x, int y)
{
    return (int)(128 + 60 * sin(x / 19.0 + c) + 50 * cos(y / 17.0 - c) + 0.5);
}

struct kind {
    const char *name;
    J_COLOR_SPACE in;
    int components;
    bool progressive;
    int across, down; /* luma's sampling factors */
};
static const struct kind kinds[] = {
    {"gray", JCS_GRAYSCALE, 1, false, 1, 1}, {"4:2:0", JCS_RGB, 3, false, 2, 2},
    {"4:2:2", JCS_RGB, 3, false, 2, 1},      {"4:4:4", JCS_RGB, 3, false, 1, 1},
    {"progressive", JCS_RGB, 3, true, 2, 2}, {"CMYK", JCS_CMYK, 4, false, 1, 1},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void set_up(struct jpeg_compress_struct *jpeg, const struct kind *kind)
{
    jpeg->input_components = kind->components;
    jpeg->in_color_space = kind->in;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, 98, TRUE);
    jpeg->comp_info[0].h_samp_factor = kind->across;
    jpeg->comp_info[0].v_samp_factor = kind->down;
    if (kind->progressive)
        jpeg_simple_progression(jpeg);
    jpeg->density_unit = 1;
    jpeg->X_density = 300;
    jpeg->Y_density = 300;
}

static void write_jpeg(const char *path, const struct kind *kind, int width, int height,
                       int orientation)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct bytes exif = pictures_exif(true, orientation), marker = {0};
    unsigned char row[4 * 1024];
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    set_up(&jpeg, kind);
    jpeg_start_compress(&jpeg, TRUE);
    pictures_add(&marker, "Exif\0", 6);
    pictures_add(&marker, exif.data, exif.size);
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, marker.data, (unsigned)marker.size);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            for (int c = 0; c < kind->components; c++)
                row[x * kind->components + c] = (unsigned char)(c == 3 ? 255 : wave(c, x, y));
        jpeg_write_scanlines(&jpeg, (JSAMPROW[]){row}, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    CU_ASSERT_EQUAL(fclose(file), 0);
    free(marker.data);
    free(exif.data);
}

/* ---- runs ---- */

struct result {
    struct tri_image *image;
    struct tri_shrunk shrunk;
};

static struct result run(const char *path, const char *text, enum tri_shrink shrink)
{
    struct tri_backend *backend = NULL;
    struct tri_pipeline *given = NULL, *pipeline = NULL;
    struct tri_job *job = NULL;
    struct tri_image *in = NULL;
    struct tri_read_info info = {.size = sizeof info};
    struct result result = {0};
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &given, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_image_read(path, &READ_OPTIONS(.shrink = shrink, .shrink_for = given),
                                         &in, &info, NULL),
                          TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_shrunk(given, &info.shrunk, &pipeline, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_job_new(backend, pipeline, &in->shape, &job, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(tri_job_shape(job), &result.image, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_job_run(job, in, result.image, NULL, NULL), TRI_OK);
    result.shrunk = info.shrunk;
    tri_job_free(job);
    tri_metadata_free(info.metadata);
    tri_image_free(in);
    tri_pipeline_free(pipeline);
    tri_pipeline_free(given);
    tri_backend_close(backend);
    return result;
}

/* The largest difference; samples less than `edge` from the border are left out. */
static int difference(const struct tri_image *a, const struct tri_image *b, int edge)
{
    int most = 0;
    for (int p = 0; p < a->shape.planes; p++)
        for (int y = edge; y < a->shape.height - edge; y++)
            for (int x = edge; x < a->shape.width - edge; x++) {
                const int d = abs(pictures_sample(a, p, x, y) - pictures_sample(b, p, x, y));
                most = d > most ? d : most;
            }
    return most;
}

/* The result of the shrunk picture is within `most` of the whole one's, and within twice that at
 * the border, where blocks are partly outside. */
static void check(const char *what, const char *path, const char *text, enum tri_shrink shrink,
                  int factor, int most)
{
    struct result whole = run(path, text, TRI_SHRINK_OFF), shrunk = run(path, text, shrink);
    CU_ASSERT_EQUAL(whole.shrunk.factor, 0);
    CU_ASSERT_EQUAL(shrunk.shrunk.factor, factor);
    CU_ASSERT_TRUE_FATAL(tri_shape_equal(&whole.image->shape, &shrunk.image->shape));
    const int inside = difference(whole.image, shrunk.image, 2),
              all = difference(whole.image, shrunk.image, 0);
    if (inside > most || all > 2 * most)
        printf("\n%s, %s: off by %d, at the border by %d\n", what, text, inside, all);
    CU_ASSERT_TRUE(inside <= most);
    CU_ASSERT_TRUE(all <= 2 * most);
    tri_image_free(whole.image);
    tri_image_free(shrunk.image);
}

/* ---- the tests ---- */

/* Sides that are one more than a multiple of 8, one less, and a multiple. */
static const int sides[][2] = {{329, 257}, {303, 231}, {320, 240}};

static void test_kinds(void)
{
    const char *path = shell_path("kind.jpg");
    /* of 4:2:2 the decoder makes chroma half as fine as luma */
    for (int k = 0; k < KINDS; k++)
        for (int s = 0; s < 3; s++) {
            write_jpeg(path, &kinds[k], sides[s][0], sides[s][1], 1);
            check(kinds[k].name, path, "resize:scale=0.25", TRI_SHRINK_GOOD, 2, 2);
            check(kinds[k].name, path, "resize:scale=0.125", TRI_SHRINK_GOOD, 4, 3);
            check(kinds[k].name, path, "resize:scale=0.0625", TRI_SHRINK_GOOD, 8, 5);
            check(kinds[k].name, path, "resize:width=18", TRI_SHRINK_GOOD, 8, 5);
            check(kinds[k].name, path, "resize:height=50:filter=bilinear", TRI_SHRINK_GOOD, 2, 2);
            check(kinds[k].name, path, "resize:scale=0.5", TRI_SHRINK_FAST, 2, 4);
            check(kinds[k].name, path, "resize:scale=0.25,invert", TRI_SHRINK_FAST, 4, 4);
            check(kinds[k].name, path, "resize:width=37:height=25", TRI_SHRINK_FAST, 8,
                  kinds[k].across > kinds[k].down ? 15 : 5);
        }
    remove(path);
}

static void test_orientations(void)
{
    const char *path = shell_path("turned.jpg");
    char what[40];
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int s = 0; s < 3; s++) {
            snprintf(what, sizeof what, "orientation %d, %d x %d", orientation, sides[s][0],
                     sides[s][1]);
            write_jpeg(path, &kinds[1], sides[s][0], sides[s][1], orientation);
            check(what, path, "resize:scale=0.0625", TRI_SHRINK_GOOD, 8, 5);
            check(what, path, "resize:scale=0.125", TRI_SHRINK_FAST, 8, 5);
            check(what, path, "resize:scale=0.2:filter=bilinear", TRI_SHRINK_GOOD, 2, 2);
        }
    remove(path);
}

static int factor_of(const char *text, int width, int height, enum tri_shrink shrink)
{
    const struct tri_shape shape = {width, height, 3, 8};
    struct tri_pipeline *pipeline;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    const int factor = tri_pipeline_shrink(pipeline, &shape, shrink);
    tri_pipeline_free(pipeline);
    return factor;
}

static void test_factors(void)
{
    CU_ASSERT_EQUAL(factor_of("resize:width=500", 4000, 3000, TRI_SHRINK_OFF), 1);
    CU_ASSERT_EQUAL(factor_of("resize:width=500", 4000, 3000, TRI_SHRINK_GOOD), 4);
    CU_ASSERT_EQUAL(factor_of("resize:width=501", 4000, 3000, TRI_SHRINK_GOOD), 2);
    CU_ASSERT_EQUAL(factor_of("resize:width=500", 4000, 3000, TRI_SHRINK_FAST), 8);
    CU_ASSERT_EQUAL(factor_of("resize:width=2000", 4000, 3000, TRI_SHRINK_FAST), 2);
    CU_ASSERT_EQUAL(factor_of("resize:width=2001", 4000, 3000, TRI_SHRINK_FAST), 1);
    CU_ASSERT_EQUAL(factor_of("resize:width=1001", 4000, 3000, TRI_SHRINK_GOOD), 1);
    CU_ASSERT_EQUAL(factor_of("resize:width=10:height=2000", 4000, 3000, TRI_SHRINK_GOOD), 1);
    CU_ASSERT_EQUAL(factor_of("resize:width=10", 4000, 3000, TRI_SHRINK_GOOD), 8);
    CU_ASSERT_EQUAL(factor_of("resize:scale=0.25", 3839, 2161, TRI_SHRINK_GOOD), 2);
    CU_ASSERT_EQUAL(factor_of("resize:scale=0.0625", 329, 257, TRI_SHRINK_GOOD), 8);
    CU_ASSERT_EQUAL(factor_of("resize:width=1", 1, 1, TRI_SHRINK_FAST), 1);
    CU_ASSERT_EQUAL(factor_of("resize:width=1", 3, 3, TRI_SHRINK_FAST), 2);
    CU_ASSERT_EQUAL(factor_of("resize:width=50:filter=nearest", 4000, 3000, TRI_SHRINK_FAST), 1);
    CU_ASSERT_EQUAL(factor_of("invert,resize:width=50", 4000, 3000, TRI_SHRINK_FAST), 1);
    CU_ASSERT_EQUAL(factor_of("resize:width=8000,resize:width=9", 4000, 3000, TRI_SHRINK_FAST), 1);
}

/* Another shape than that of the shrunk picture is taken as it is. */
static void test_other_shape(void)
{
    const struct tri_shrunk shrunk = {.factor = 8, .width = 329, .height = 257};
    const struct tri_shape other = {100, 80, 1, 8}, same = {42, 33, 1, 8};
    struct tri_pipeline *given, *pipeline;
    struct tri_shape out;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("resize:scale=0.0625", &given, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_shrunk(given, &shrunk, &pipeline, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_pipeline_shape(pipeline, &other, &out, NULL), TRI_OK);
    CU_ASSERT_EQUAL(out.width, 6);
    CU_ASSERT_EQUAL(tri_pipeline_shape(pipeline, &same, &out, NULL), TRI_OK);
    CU_ASSERT_EQUAL(out.width, 21);
    tri_pipeline_free(pipeline);
    tri_pipeline_free(given);
}

/* Without the pipeline, or without the option, the whole picture is read. */
static void test_whole(void)
{
    const char *path = shell_path("whole.jpg");
    struct tri_pipeline *pipeline;
    struct tri_image *image;
    write_jpeg(path, &kinds[1], 329, 257, 6);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("resize:width=9", &pipeline, NULL), TRI_OK);
    const struct tri_read_options asked[] = {
        READ_OPTIONS(.shrink = TRI_SHRINK_FAST), READ_OPTIONS(.shrink_for = pipeline),
        READ_OPTIONS(.shrink = TRI_SHRINK_FAST, .shrink_for = pipeline)};
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(tri_image_read(path, &asked[i], &image, NULL, NULL), TRI_OK);
        CU_ASSERT_EQUAL(image->shape.width, i < 2 ? 257 : 33);
        CU_ASSERT_EQUAL(image->shape.height, i < 2 ? 329 : 42);
        tri_image_free(image);
    }
    struct tri_error error = {0};
    const struct tri_read_options limited =
        READ_OPTIONS(.shrink = TRI_SHRINK_FAST, .shrink_for = pipeline, .max_pixels = 329 * 256);
    CU_ASSERT_EQUAL(tri_image_read(path, &limited, &image, NULL, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "329 x 257 pixels exceed the limit"));
    tri_pipeline_free(pipeline);
    remove(path);
}

/* ---- the program ---- */

#define HAD_NONE "triptych: note: --shrink-on-load had no effect: "
#define NEEDS_ALL \
    "the first kernel needs all pixels (resize does not, unless it has filter=nearest)\n"

static void test_program(void)
{
    write_jpeg(shell_path("a.jpg"), &kinds[1], 329, 257, 1);
    write_jpeg(shell_path("b.jpg"), &kinds[1], 336, 264, 1); /* as many blocks */
    write_jpeg(shell_path("c.jpg"), &kinds[0], 329, 257, 6);
    EXPECT(
        "$T run resize:scale=0.0625 a.jpg b.jpg c.jpg -o o/ --format png --shrink-on-load good -v "
        "--on sequential 2>&1 | sed -n 's/.*jpg: //p' | LC_ALL=C sort",
        0,
        "257 x 329, gray, 8 bits -> o/c.png: 16 x 21, gray, 8 bits\n"
        "329 x 257, RGB, 8 bits -> o/a.png: 21 x 16, RGB, 8 bits\n"
        "336 x 264, RGB, 8 bits -> o/b.png: 21 x 17, RGB, 8 bits\n",
        "");
    EXPECT(
        "for f in a b c; do $T run resize:scale=0.0625 $f.jpg -o - --shrink-on-load good --on "
        "sequential | cmp - o/$f.png || exit; cat $f.jpg | $T run resize:scale=0.0625 - -o - "
        "--shrink-on-load good | cmp - o/$f.png || exit; $T run resize:scale=0.0625 $f.jpg -o - | "
        "cmp -s - o/$f.png && exit 9; done; rm -r o",
        0, "", "");
    EXPECT("$T run resize:scale=0.125,average:frames=2 a.jpg b.jpg a.jpg -o f%d.png "
           "--shrink-on-load fast; rm f?.png",
           0, "", "*b.jpg: its shape differs from the picture before it*\n");
    EXPECT("$T run resize:width=20 a.jpg -o x.jpg --shrink-on-load good && $T run copy x.jpg -o - "
           "| head -c 400 | grep -c pHYs; rm x.jpg",
           0, "1\n", "");
}

static void test_notes(void)
{
    EXPECT("$T run invert,resize:width=9 a.jpg -o x.png --shrink-on-load good", 0, "",
           HAD_NONE NEEDS_ALL);
    EXPECT("$T run resize:width=9:filter=nearest a.jpg -o x.png --shrink-on-load fast", 0, "",
           HAD_NONE NEEDS_ALL);
    EXPECT("$T run resize:width=100 a.jpg -o x.png --shrink-on-load good", 0, "",
           HAD_NONE "it is for JPEG pictures that become at most 1/4 as wide and high\n");
    EXPECT("$T run resize:width=200 a.jpg -o x.png --shrink-on-load fast", 0, "",
           HAD_NONE "it is for JPEG pictures that become at most 1/2 as wide and high\n");
    EXPECT("$T run resize:width=9 x.png -o y.png --shrink-on-load fast -q; $T run resize:width=9 "
           "x.png -o y.png --shrink-on-load off",
           0, "", "");
    EXPECT("$T run resize:width=9 x.png a.jpg -o o/ --shrink-on-load fast", 0, "", "");
    EXPECT("$T run resize:width=9 a.jpg -o x.png --shrink-on-load yes", 2, "",
           "triptych: run: invalid value 'yes' for --shrink-on-load; *\n");
    EXPECT("rm -r o *.jpg *.png", 0, "", "");
}

int test_shrink_suite(void)
{
    CU_pSuite suite = CU_add_suite("shrink", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "factors", test_factors) &&
             CU_add_test(suite, "every kind of file", test_kinds) &&
             CU_add_test(suite, "orientations", test_orientations) &&
             CU_add_test(suite, "another shape", test_other_shape) &&
             CU_add_test(suite, "whole pictures", test_whole) &&
             CU_add_test(suite, "files", test_program) && CU_add_test(suite, "notes", test_notes));
}
