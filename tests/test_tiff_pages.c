/* test_tiff_pages.c -- TIFF of several pages, written and read by libtiff itself. */
#include "pictures.h"
#include "shell.h"
#include "tests.h"
#include "tiff_files.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 5 };

/* Of different sizes and kinds. */
static const struct tri_shape shapes[PAGES] = {
    {40, 30, 3, 8}, {17, 44, 1, 8}, {33, 21, 4, 16}, {40, 30, 3, 8}, {9, 9, 1, 16}};

static struct tri_image *picture_of(int page)
{
    return pictures_scene(shapes[page].width, shapes[page].height, shapes[page].planes,
                          shapes[page].bits);
}

/* `small`: behind each page a reduced copy of it, as GDAL and cameras write them. */
static void make_pages(const char *name, const char *mode, int count, bool small,
                       const char *description)
{
    TIFF *tiff = TIFFOpen(shell_path(name), mode);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    for (int i = 0; i < count * (1 + small); i++) {
        const int page = i / (1 + small) % PAGES, reduced = small && i % 2 == 1;
        struct tri_image *image = picture_of(page);
        struct tiff_recipe recipe = tiff_usual;
        char text[40];
        recipe.bits = shapes[page].bits;
        recipe.photometric = shapes[page].planes < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
        recipe.extra = shapes[page].planes % 2 == 0 ? EXTRASAMPLE_UNASSALPHA : -1;
        tiff_set_up(tiff, &recipe, &image->shape);
        snprintf(text, sizeof text, "text of page %d", page);
        TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION,
                     description != NULL && i == 0 ? description : text);
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 100.0 + page);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 200.0 + page);
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        if (reduced)
            TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
        tiff_write_page(tiff, &recipe, image);
        TIFFWriteDirectory(tiff);
        tri_image_free(image);
    }
    TIFFClose(tiff);
}

/* What libtiff reads of the rows of an image of 8 or 16 bits with samples together. */
static int wrong_rows(TIFF *tiff, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    const size_t bytes = (size_t)shape->width * (size_t)shape->planes * (shape->bits / 8);
    unsigned char *row = malloc(bytes), *own = malloc(bytes);
    int wrong = TIFFScanlineSize(tiff) != (tmsize_t)bytes;
    for (int y = 0; y < shape->height && !wrong; y++) {
        memset(own, 0, bytes);
        for (size_t i = 0; i < bytes / (shape->bits / 8); i++) {
            const int sample = pictures_sample(image, (int)(i % (size_t)shape->planes),
                                               (int)(i / (size_t)shape->planes), y);
            if (shape->bits == 16)
                ((uint16_t *)(void *)own)[i] = (uint16_t)sample;
            else
                own[i] = (unsigned char)sample;
        }
        wrong += TIFFReadScanline(tiff, row, (uint32_t)y, 0) != 1 || memcmp(row, own, bytes) != 0;
    }
    free(row);
    free(own);
    return wrong;
}

static void check_pages(const char *name, int count, bool texts)
{
    TIFF *tiff = TIFFOpen(shell_path(name), "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    for (int page = 0; page < count; page++) {
        struct tri_image *image = picture_of(page % PAGES);
        uint16_t number = 99, of = 0;
        float x = 0, y = 0;
        char *text = NULL, wanted[40];
        TIFFGetField(tiff, TIFFTAG_PAGENUMBER, &number, &of);
        TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x);
        TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y);
        TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text);
        snprintf(wanted, sizeof wanted, "text of page %d", page % PAGES);
        CU_ASSERT_EQUAL(wrong_rows(tiff, image), 0);
        CU_ASSERT_TRUE(number == page && of == count);
        CU_ASSERT_TRUE(x == 100 + page % PAGES && y == 200 + page % PAGES);
        CU_ASSERT_TRUE(texts ? text != NULL && strcmp(text, wanted) == 0 : text == NULL);
        CU_ASSERT_EQUAL(TIFFReadDirectory(tiff), page < count - 1);
        tri_image_free(image);
    }
    TIFFClose(tiff);
}

static void test_copies(void)
{
    static const char *const modes[] = {"w", "wb", "w8"};
    for (int i = 0; i < 3; i++) {
        make_pages("a.tif", modes[i], PAGES, false, NULL);
        EXPECT("$T run copy a.tif -o b.tif", 0, "",
               i == 2 ? "triptych: note: a.tif, page 1: text, EXIF and GeoTIFF tags dropped: they "
                        "are not supported in BigTIFF\n"
                      : "");
        check_pages("b.tif", PAGES, i < 2);
        EXPECT("$T run copy a.tif -o a.tif -q && cmp a.tif b.tif && $T run copy - -o - --format "
               "tiff < a.tif -q | cmp - b.tif",
               0, "", "");
        EXPECT("$T run copy a.tif -o c.tif --on sequential --verify-output -q && $T run copy b.tif "
               "-o d.tif && cmp c.tif d.tif; rm c.tif d.tif",
               0, "", "");
        check_pages("b.tif", PAGES, i < 2);
    }
    EXPECT("$T run copy b.tif -o c.tif --strip && $T run copy c.tif -o d.tif && cmp c.tif d.tif; "
           "rm *.tif",
           0, "", "");
}

static void test_many(void)
{
    make_pages("a.tif", "w", 300, false, NULL);
    EXPECT("$T run copy a.tif -o b.tif", 0, "", "");
    check_pages("b.tif", 300, true);
    EXPECT("rm *.tif", 0, "", "");
}

/* A chain of directories that ends in nothing is an error, however many pages came before it. */
static void test_broken_chain(void)
{
    for (int pages = 15; pages <= 18; pages++) {
        make_pages("a.tif", "w", pages, false, NULL);
        TIFF *tiff = TIFFOpen(shell_path("a.tif"), "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
        CU_ASSERT_EQUAL(TIFFSetDirectory(tiff, (uint16_t)(pages - 1)), 1);
        const off_t last = (off_t)TIFFCurrentDirOffset(tiff);
        TIFFClose(tiff);
        CU_ASSERT_EQUAL(truncate(shell_path("a.tif"), last), 0);
        EXPECT("$T run copy a.tif -o b-%d.tif", 1, "", "*cannot read a.tif*");
        EXPECT("rm *.tif", 0, "", "");
    }
}

/* Each for itself, as its own file would be. */
static void test_numbered(void)
{
    make_pages("a.tif", "w", PAGES, false, NULL);
    EXPECT("$T run gaussian:sigma=1 a.tif -o 'n/o-%d.png' && ls n", 0,
           "o-1.png\no-2.png\no-3.png\no-4.png\no-5.png\n", "");
    EXPECT("$T run gaussian:sigma=1 a.tif -o b.tif && $T run copy b.tif -o 'm/o-%d.png' && for i "
           "in 1 2 3 4 5; do cmp n/o-$i.png m/o-$i.png; done",
           0, "", "");
    EXPECT("for i in 1 2 3 4 5; do $T run gaussian:sigma=1 a.tif -o x.png --frame $i; cmp x.png "
           "n/o-$i.png; done; rm -r n m x.png b.tif",
           0, "", "");
    for (int page = 0; page < PAGES; page++) {
        char name[20];
        struct tri_image *image = picture_of(page);
        if (page == 0)
            EXPECT("$T run copy a.tif -o o-%d.pam -q", 0, "", "");
        snprintf(name, sizeof name, "o-%d.pam", page + 1);
        struct tri_image *back = pictures_read(shell_path(name), NULL);
        CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
        tri_image_free(image);
        tri_image_free(back);
    }
    EXPECT("rm o-*.pam", 0, "", "");
}

static void test_one(void)
{
    EXPECT("$T run copy a.tif -o one.png && $T run copy a.tif -o two.png --frame 1; cmp one.png "
           "two.png; rm *.png",
           0, "", "triptych: note: a.tif: only the first of 5 pages is read\n");
    EXPECT("$T run copy a.tif -o x.png --frame 6", 2, "",
           "triptych: a.tif has 5 pages: there is no page 6\n");
    EXPECT("$T run copy a.tif -o x.png --frame 1s", 2, "",
           "triptych: a.tif has no times; give the number of the page instead\n");
    EXPECT("$T run copy a.tif -o x-%d.png --frame 1", 2, "",
           "triptych: run: --frame needs a single picture as output; 'x-%d.png' is not one\n");
    EXPECT("$T run copy a.tif -o x.y4m --strip", 2, "",
           "triptych: cannot read a.tif, page 2: it has 17 x 44 pixels, but the first picture 40 x "
           "30; all frames of a video must match: write numbered pictures (-o NAME-%04d.png) or a "
           "TIFF instead\n");
    EXPECT("$T run temporal_median a.tif -o x.tif", 1, "",
           "triptych: a.tif, page 2: its shape differs from the pictures before it, but "
           "temporal_median uses both\n");
    EXPECT("ls", 0, "a.tif\n", "");
}

static void test_folder(void)
{
    make_pages("b.tif", "w", 1, false, NULL);
    EXPECT("mkdir in && mv a.tif b.tif in && $T run invert in/a.tif -o a.tif && $T run invert "
           "in/b.tif -o b.tif && $T run invert in -o out/ && "
           "cmp a.tif out/a.tif && cmp b.tif out/b.tif; ls out; rm -r out",
           0, "a.tif\nb.tif\n", "");
    EXPECT("$T run invert in -o out/ --format png && ls out; rm -r out", 0, "a.png\nb.png\n",
           "triptych: note: in/a.tif: only the first of 5 pages is read\n");
    EXPECT("head -c 9000 in/a.tif > in/c.tif; $T run invert in -o out/; echo $?; ls out; rm -r in "
           "out *.tif",
           0, "1\na.tif\nb.tif\n",
           "triptych: cannot read in/c.tif*triptych: 1 of 3 files failed\n");
}

static void test_others(void)
{
    make_pages("a.tif", "w", 2, true, NULL);
    EXPECT("$T run copy a.tif -o b.tif", 0, "",
           "triptych: note: a.tif, page 1: smaller copies or masks of pages dropped: 2\n");
    check_pages("b.tif", 2, true);
    make_pages("a.tif", "w", 1, true, NULL);
    EXPECT("$T run copy a.tif -o b.tif; $T run copy a.tif -o o-%d.png && ls", 0,
           "a.tif\nb.tif\no-1.png\n",
           "triptych: note: a.tif: smaller copies or masks of pages dropped: 1\ntriptych: note: "
           "a.tif: smaller copies or masks of pages dropped: 1\n");
    EXPECT("rm *", 0, "", "");
}

static void write_kind(TIFF *tiff, uint32_t kind)
{
    struct tri_image *image = picture_of(0);
    tiff_set_up(tiff, &tiff_usual, &image->shape);
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, kind);
    tiff_write_page(tiff, &tiff_usual, image);
    TIFFWriteDirectory(tiff);
    tri_image_free(image);
}

static int pages_in(const char *name)
{
    TIFF *tiff = TIFFOpen(shell_path(name), "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    const int count = (int)TIFFNumberOfDirectories(tiff);
    TIFFClose(tiff);
    return count;
}

/* A page's own directories: of a pyramid, or a raw file's, whose page is a small picture; and
 * another page. */
static void test_inside(void)
{
    static const struct {
        uint32_t kinds[3]; /* of the page, and of its two directories */
        const char *note;
    } cases[] = {
        {{0, FILETYPE_REDUCEDIMAGE, FILETYPE_REDUCEDIMAGE},
         "smaller copies or masks of pages dropped: 2"},
        {{FILETYPE_REDUCEDIMAGE, 0, FILETYPE_REDUCEDIMAGE},
         "images in its SubIFDs, as raw files have them, not read: 1; smaller copies or masks of "
         "pages dropped: 1"}};
    for (int i = 0; i < 2; i++) {
        char expected[400];
        uint64_t offsets[2] = {0};
        TIFF *tiff = TIFFOpen(shell_path("a.tif"), "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
        TIFFSetField(tiff, TIFFTAG_SUBIFD, 2, offsets);
        for (int k = 0; k < 3; k++)
            write_kind(tiff, cases[i].kinds[k]);
        TIFFClose(tiff);
        snprintf(expected, sizeof expected, "triptych: note: a.tif: %s\n", cases[i].note);
        EXPECT("$T run copy a.tif -o b.tif", 0, "", expected);
        CU_ASSERT_EQUAL(pages_in("b.tif"), 1);
        tiff = TIFFOpen(shell_path("a.tif"), "a");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
        write_kind(tiff, 0);
        TIFFClose(tiff);
        snprintf(expected, sizeof expected, "triptych: note: a.tif, page 1: %s\n", cases[i].note);
        EXPECT("$T run copy a.tif -o b.tif", 0, "", expected);
        CU_ASSERT_EQUAL(pages_in("b.tif"), 2);
        EXPECT("rm *", 0, "", "");
    }
}

/* Of a page, as Photoshop and cameras write them. */
static void test_private_tags(void)
{
    static const TIFFFieldInfo fields[] = {
        {37724, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_UNDEFINED, FIELD_CUSTOM, 1, 1, (char *)"a"},
        {52545, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_UNDEFINED, FIELD_CUSTOM, 1, 1, (char *)"b"}};
    TIFF *tiff = TIFFOpen(shell_path("a.tif"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    TIFFMergeFieldInfo(tiff, fields, 2);
    CU_ASSERT_TRUE(TIFFSetField(tiff, 37724, (uint32_t)20, "Adobe Photoshop Docu"));
    CU_ASSERT_TRUE(TIFFSetField(tiff, 52545, (uint32_t)8, "jumbjumb"));
    write_kind(tiff, 0);
    TIFFClose(tiff);
    EXPECT("$T run copy a.tif -o b.tif; rm *.tif", 0, "",
           "triptych: note: a.tif: Photoshop layers dropped; content credentials (C2PA) "
           "dropped\n");
}

static void test_volume(void)
{
    TIFF *tiff = TIFFOpen(shell_path("a.tif"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    TIFFSetField(tiff, TIFFTAG_IMAGEDEPTH, 4);
    write_kind(tiff, 0);
    TIFFClose(tiff);
    EXPECT("$T run copy a.tif -o b.tif; rm *.tif", 0, "",
           "triptych: note: a.tif: only the first of 4 slices of a volume is read\n");
}

/* How many pictures ImageJ's description tells of stays true within TIFF, and goes elsewhere. */
static void test_imagej(void)
{
    static const char text[] = "ImageJ=1.53k\nimages=3\nslices=3\nunit=um\n";
    char *description = NULL;
    make_pages("a.tif", "w", 3, false, text);
    EXPECT("$T run invert a.tif -o b.tif && $T run invert a.tif -o c-%d.tif && rm c-2.tif c-3.tif",
           0, "", "");
    for (int i = 0; i < 2; i++) {
        TIFF *tiff = TIFFOpen(shell_path(i == 0 ? "b.tif" : "c-1.tif"), "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
        CU_ASSERT_TRUE_FATAL(TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &description));
        CU_ASSERT_STRING_EQUAL(description, i == 0 ? text : "ImageJ=1.53k\nunit=um\n");
        TIFFClose(tiff);
    }
    make_pages("a.tif", "w", 1, false, text);
    EXPECT("$T run invert a.tif -o b.tif; rm *.tif", 0, "",
           "triptych: note: a.tif: ImageJ declares 3 pictures; those without a directory of their "
           "own cannot be read\n");
}

static void test_library(void)
{
    struct tri_pictures_writer *writer = NULL;
    struct tri_error error;
    const struct tri_pictures_info info = {.count = 2};
    CU_ASSERT_EQUAL(tri_pictures_create(shell_path("x.jpg"), &info, NULL, &writer, &error),
                    TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "jpeg can store only one picture"));
    CU_ASSERT_EQUAL(tri_pictures_create(shell_path("x.tif"), &info, NULL, &writer, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_pictures_end(writer, TRI_OK, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "there are no pictures to write"));
    for (int fails = 0; fails < 2; fails++) {
        CU_ASSERT_EQUAL_FATAL(
            tri_pictures_create(shell_path("x.tif"), &info, NULL, &writer, &error), TRI_OK);
        for (int page = 0; page < 2; page++) {
            struct tri_image *image = picture_of(page);
            CU_ASSERT_EQUAL(
                tri_pictures_add(writer, image, NULL, (struct tri_duration){0, 0}, NULL, &error),
                TRI_OK);
            tri_image_free(image);
        }
        CU_ASSERT_EQUAL(tri_pictures_end(writer, fails ? TRI_FAILED : TRI_OK, &error),
                        fails ? TRI_FAILED : TRI_OK);
        CU_ASSERT_EQUAL(unlink(shell_path("x.tif")), fails ? -1 : 0);
    }
    CU_ASSERT_TRUE(tri_pictures_fit(tri_format_find("tiff"), &info));
    CU_ASSERT_FALSE(tri_pictures_fit(tri_format_find("png"), &info));
}

int test_tiff_pages_suite(void)
{
    CU_pSuite suite = CU_add_suite("tiff pages", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "all pages, each as it is", test_copies) &&
             CU_add_test(suite, "many pages", test_many) &&
             CU_add_test(suite, "a broken chain of pages", test_broken_chain) &&
             CU_add_test(suite, "numbered pictures", test_numbered) &&
             CU_add_test(suite, "where one picture is written", test_one) &&
             CU_add_test(suite, "folders", test_folder) &&
             CU_add_test(suite, "smaller copies", test_others) &&
             CU_add_test(suite, "directories within a page", test_inside) &&
             CU_add_test(suite, "private tags", test_private_tags) &&
             CU_add_test(suite, "slices of a volume", test_volume) &&
             CU_add_test(suite, "ImageJ's counts", test_imagej) &&
             CU_add_test(suite, "the library", test_library));
}
