/* test_follow.c -- metadata after a pipeline has changed the image: density, positions, light
 * level; XMP. */
#include "codec/metadata.h"
#include "codec/xmp.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

/* ---- XMP ---- */

static void expect_xmp(const char *before, const char *after)
{
    char whole[600], wanted[600];
    size_t size;
    bool sound;
    snprintf(whole, sizeof whole, "<x:xmpmeta><rdf:RDF>%s</rdf:RDF></x:xmpmeta>", before);
    snprintf(wanted, sizeof wanted, "<x:xmpmeta><rdf:RDF>%s</rdf:RDF></x:xmpmeta>", after);
    char *fitted = tri_xmp_fit(whole, strlen(whole), 60, 80, &size, &sound);
    CU_ASSERT_TRUE(sound);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fitted);
    CU_ASSERT_STRING_EQUAL(fitted, wanted);
    CU_ASSERT_EQUAL(size, strlen(wanted));
    free(fitted);
}

static void test_xmp(void)
{
    static const char *const cut[] = {
        "rdf:RDF tiff:Orientation",  "rdf:RDF tiff:Orientation=",   "rdf:RDF tiff:Orientation=\"6",
        "rdf:RDF <tiff:Orientation", "rdf:RDF <tiff:Orientation>6", "rdf:RDF<xmp:Thumbnails",
        "rdf:RDF <xmp:Thumbnails>"};
    size_t size;
    bool sound;
    expect_xmp("nothing of it", "nothing of it");
    expect_xmp("<d tiff:Orientation=\"6\" a='b'/>", "<d tiff:Orientation=\"1\" a='b'/>");
    expect_xmp("<d tiff:Orientation = '6'/>", "<d tiff:Orientation = '1'/>");
    expect_xmp("<tiff:Orientation>8</tiff:Orientation>", "<tiff:Orientation>1</tiff:Orientation>");
    expect_xmp("<tiff:ImageWidth>1</tiff:ImageWidth><tiff:ImageLength>2</tiff:ImageLength>",
               "<tiff:ImageWidth>60</tiff:ImageWidth><tiff:ImageLength>80</tiff:ImageLength>");
    expect_xmp("<d exif:PixelXDimension=\"12345\" exif:PixelYDimension=\"\"/>",
               "<d exif:PixelXDimension=\"60\" exif:PixelYDimension=\"80\"/>");
    expect_xmp(
        "a<xmp:Thumbnails><rdf:Alt><rdf:li xmpGImg:image=\"/9j/\"/></rdf:Alt></xmp:Thumbnails>b",
        "ab");
    expect_xmp("<d xmpNote:HasExtendedXMP=\"0123\" c=\"d\"/>", "<d  c=\"d\"/>");
    expect_xmp("<d GCamera:MicroVideo=\"1\" GCamera:MicroVideoOffset=\"300\" a=\"b\" "
               "hdrgm:Version=\"1.0\"/>",
               "<d   a=\"b\" />");
    expect_xmp("<d/><Container:Directory><rdf:Seq><rdf:li/></rdf:Seq></Container:Directory>",
               "<d/>");
    expect_xmp("<x:tiff:OrientationX>6</x:tiff:OrientationX>",
               "<x:tiff:OrientationX>6</x:tiff:OrientationX>");
    CU_ASSERT_PTR_NULL(tri_xmp_fit("<\0r\0d\0f", 7, 1, 1, &size, &sound));
    CU_ASSERT_FALSE(sound);
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        char *fitted = tri_xmp_fit(cut[i], strlen(cut[i]), 1, 1, &size, &sound);
        CU_ASSERT_TRUE(sound);
        CU_ASSERT_STRING_EQUAL(fitted, cut[i]);
        free(fitted);
    }
    static const char transposed[] =
        "<d tiff:XResolution=\"300/1\" "
        "tiff:YResolution=\"72/1\"/><mwg-rs:Regions>face</mwg-rs:Regions>.";
    char *moved = tri_xmp_move(transposed, strlen(transposed), true, &size);
    CU_ASSERT_STRING_EQUAL(moved, "<d tiff:XResolution=\"72/1\" tiff:YResolution=\"300/1\"/>.");
    free(moved);
}

/* A hostile packet: changing each property would take hours. */
static void test_many(void)
{
    const size_t each = strlen(" tiff:Orientation='6'"), count = 200000;
    char *text = malloc(each * count + 20);
    size_t size;
    bool sound;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    strcpy(text, "<rdf:RDF");
    for (size_t i = 0; i < count; i++)
        memcpy(text + 8 + i * each, " tiff:Orientation='6'", each);
    CU_ASSERT_PTR_NULL(tri_xmp_fit(text, 8 + each * count, 1, 1, &size, &sound));
    CU_ASSERT_FALSE(sound);
    free(text);
}

/* ---- pipelines ---- */

static struct tri_metadata *follow(struct tri_metadata *metadata, const char *text, bool transposed,
                                   struct tri_shape out, char *note)
{
    struct tri_metadata_change change = {
        .in = {64, 64, 1, 8}, .out = out, .transposed = transposed};
    struct tri_pipeline *pipeline;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    change.pipeline = pipeline;
    note[0] = '\0';
    tri_metadata_follow(metadata, &change, note);
    tri_pipeline_free(pipeline);
    return metadata;
}

static struct tri_metadata *with(const char *type, const void *data, size_t size)
{
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, type, data, size));
    return metadata;
}

/* Expects the item and the note after the pipeline; NULL: none. */
static void expect_item(const char *pipeline, bool transposed, const char *type, const void *data,
                        const void *wanted, size_t size, const char *said)
{
    char note[TRI_NOTE_MAX];
    struct tri_metadata *metadata = follow(with(type, data, size), pipeline, transposed,
                                           (struct tri_shape){64, 64, 1, 8}, note);
    const struct tri_metadata_item *item = tri_metadata_find(metadata, type);
    CU_ASSERT_TRUE(wanted == NULL ? item == NULL
                                  : item != NULL && item->size == size &&
                                        memcmp(item->data, wanted, size) == 0);
    CU_ASSERT_STRING_EQUAL(note, said);
    tri_metadata_free(metadata);
}

static void test_items(void)
{
    static const char level[] = "light level (cLLI) dropped: the samples have changed";
    static const char map[] = "GeoTIFF tags dropped: the pixels have moved";
    /* One tag of GeoTIFF, and a directory without it. */
    static const char geo[] = "II*\0\10\0\0\0\1\0\x0e\x83\4\0\1\0\0\0abcd\0\0\0\0",
                      gone[] = "II*\0\10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    static const char wide[] = "\0\0\0\5\0\0\0\3\1", high[] = "\0\0\0\3\0\0\0\5\1";
    expect_item("rotate:angle=90", true, "pHYs", wide, high, 9, "");
    expect_item("rotate:angle=180", false, "pHYs", wide, wide, 9, "");
    expect_item("gaussian", false, "pHYs", wide, wide, 9, "");
    expect_item("copy", false, "cLLI", "12345678", "12345678", 8, "");
    expect_item("flip,rotate:angle=90", true, "cLLI", "12345678", "12345678", 8, "");
    expect_item("copy,gaussian", false, "cLLI", "12345678", NULL, 8, level);
    expect_item("copy", false, "sBIT", "\5", "\5", 1, "");
    expect_item("invert", false, "sBIT", "\5", NULL, 1, "");
    expect_item("gaussian", false, "TIFF", geo, geo, 26, "");
    expect_item("flip", false, "TIFF", geo, gone, 26, map);
    expect_item("transpose", true, "pHYs", wide, high, 9, "");
    expect_item("transpose", true, "sBIT", "\5", "\5", 1, "");
    expect_item("crop", false, "pHYs", wide, wide, 9, "");
    expect_item("crop", false, "TIFF", geo, gone, 26, map);
    expect_item("resize:scale=50", false, "TIFF", geo, gone, 26, map);
}

/* ImageJ's 4 pixels per micrometre; a density in inches stays. */
static void test_scale(void)
{
    static const char made[] = "II*\0\10\0\0\0\4\0"
                               "\x0e\1\2\0\x0c\0\0\0\x3e\0\0\0"
                               "\x1a\1\5\0\1\0\0\0\x4a\0\0\0"
                               "\x1b\1\5\0\1\0\0\0\x52\0\0\0"
                               "\x28\1\3\0\1\0\0\0\1\0\0\0"
                               "\0\0\0\0"
                               "ImageJ=1.11\0\4\0\0\0\1\0\0\0\4\0\0\0\1\0\0";
    for (int unit = 1; unit <= 2; unit++) {
        char data[90] = {0}, note[TRI_NOTE_MAX];
        memcpy(data, made, sizeof made);
        data[54] = (char)unit;
        struct tri_metadata *metadata =
            follow(with("eXIf", data, sizeof data), "resize:width=32:height=16", false,
                   (struct tri_shape){32, 16, 1, 8}, note);
        const unsigned char *exif = tri_metadata_find(metadata, "eXIf")->data;
        uint32_t value[4];
        for (int i = 0; i < 4; i++)
            value[i] = exif[74 + 4 * i] | (uint32_t)exif[75 + 4 * i] << 8 |
                       (uint32_t)exif[76 + 4 * i] << 16 | (uint32_t)exif[77 + 4 * i] << 24;
        CU_ASSERT_EQUAL((double)value[0] / value[1], unit == 1 ? 2 : 4);
        CU_ASSERT_EQUAL((double)value[2] / value[3], unit == 1 ? 1 : 4);
        tri_metadata_free(metadata);
    }
}

int test_follow_suite(void)
{
    CU_pSuite suite = CU_add_suite("follow", NULL, NULL);
    return !(suite && CU_add_test(suite, "XMP", test_xmp) &&
             CU_add_test(suite, "XMP of too many properties", test_many) &&
             CU_add_test(suite, "what depends on the pipeline", test_items) &&
             CU_add_test(suite, "the scale of ImageJ", test_scale));
}
