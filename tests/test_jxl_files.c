/* test_jxl_files.c -- JPEG XL files that libjxl writes: orientation, animations. */
#include "codec/metadata.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <jxl/encode.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_kept(const struct tri_metadata *metadata, const char *type, const void *data,
                        size_t size)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, type);
    CU_ASSERT_TRUE(item != NULL && item->size == size && memcmp(item->data, data, size) == 0);
}

/* ---- files that libjxl writes ---- */

struct file_kind {
    int orientation, frames, bits, alpha_bits;
    const struct bytes *exif;
};

static void finish(JxlEncoder *encoder, struct bytes *file)
{
    JxlEncoderStatus left = JXL_ENC_NEED_MORE_OUTPUT;
    JxlEncoderCloseInput(encoder);
    while (left == JXL_ENC_NEED_MORE_OUTPUT) {
        unsigned char part[500], *next = part;
        size_t room = sizeof part;
        left = JxlEncoderProcessOutput(encoder, &next, &room);
        pictures_add(file, part, sizeof part - room);
    }
    CU_ASSERT_EQUAL_FATAL(left, JXL_ENC_SUCCESS);
    JxlEncoderDestroy(encoder);
}

static void add_frames(JxlEncoder *encoder, const struct file_kind *kind,
                       const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    const JxlPixelFormat format = {(uint32_t)shape->planes, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    const size_t size = (size_t)shape->width * (size_t)shape->height * (size_t)shape->planes;
    unsigned char *pixels = malloc(size);
    for (int frame = 0; frame < (kind->frames > 0 ? kind->frames : 1); frame++) {
        JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(encoder, NULL);
        JxlFrameHeader header;
        JxlEncoderInitFrameHeader(&header);
        header.duration = (uint32_t)(10 + frame);
        CU_ASSERT_EQUAL(JxlEncoderSetFrameLossless(settings, JXL_TRUE), JXL_ENC_SUCCESS);
        if (kind->frames > 0)
            CU_ASSERT_EQUAL(JxlEncoderSetFrameHeader(settings, &header), JXL_ENC_SUCCESS);
        for (size_t i = 0; i < size; i++) {
            const int plane = (int)(i % (size_t)shape->planes),
                      at = (int)(i / (size_t)shape->planes);
            pixels[i] = (unsigned char)(pictures_sample(image, plane, at % shape->width,
                                                        at / shape->width) ^
                                        frame);
        }
        CU_ASSERT_EQUAL_FATAL(JxlEncoderAddImageFrame(settings, &format, pixels, size),
                              JXL_ENC_SUCCESS);
    }
    free(pixels);
}

static struct bytes encoded(const struct tri_image *image, const struct file_kind *kind)
{
    JxlEncoder *encoder = JxlEncoderCreate(NULL);
    struct bytes file = {0}, box = {0};
    JxlBasicInfo info;
    JxlColorEncoding colour;
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoder);
    JxlEncoderInitBasicInfo(&info);
    info.xsize = (uint32_t)image->shape.width;
    info.ysize = (uint32_t)image->shape.height;
    info.bits_per_sample = (uint32_t)kind->bits;
    info.num_color_channels = image->shape.planes < 3 ? 1 : 3;
    info.num_extra_channels = image->shape.planes % 2 == 0;
    info.alpha_bits = (uint32_t)kind->alpha_bits;
    info.uses_original_profile = JXL_TRUE;
    info.orientation = (JxlOrientation)kind->orientation;
    info.have_animation = kind->frames > 0;
    info.animation = (JxlAnimationHeader){100, 1, 4, JXL_FALSE};
    if (kind->exif != NULL) {
        pictures_add(&box, "\0\0\0", 4);
        pictures_add(&box, kind->exif->data, kind->exif->size);
        CU_ASSERT_EQUAL(JxlEncoderUseBoxes(encoder), JXL_ENC_SUCCESS);
        CU_ASSERT_EQUAL(JxlEncoderAddBox(encoder, "Exif", box.data, box.size, JXL_TRUE),
                        JXL_ENC_SUCCESS);
        JxlEncoderCloseBoxes(encoder);
    }
    CU_ASSERT_EQUAL_FATAL(JxlEncoderSetBasicInfo(encoder, &info), JXL_ENC_SUCCESS);
    JxlColorEncodingSetToSRGB(&colour, image->shape.planes < 3);
    CU_ASSERT_EQUAL_FATAL(JxlEncoderSetColorEncoding(encoder, &colour), JXL_ENC_SUCCESS);
    add_frames(encoder, kind, image);
    finish(encoder, &file);
    free(box.data);
    return file;
}

/* The codestream tells; EXIF, here in a compressed box, says the same or is overruled. */
static void test_orientation(void)
{
    struct bytes exif = pictures_exif(false, 6), wanted = pictures_exif(false, 1);
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct tri_image *image = pictures_noise(70, 31, 3, 8);
        struct bytes file = encoded(
            image, &(struct file_kind){.orientation = orientation, .bits = 8, .exif = &exif});
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *turned = pictures_stored(&file, "jxl", &info);
        CU_ASSERT_TRUE(pictures_upright(turned, image, orientation, 0));
        expect_kept(info.metadata, "eXIf", wanted.data, wanted.size);
        tri_metadata_free(info.metadata);
        tri_image_free(turned);
        tri_image_free(image);
        free(file.data);
    }
    free(exif.data);
    free(wanted.data);
}

/* All frames, each as shown, or the first. */
static void test_animation(void)
{
    const char *path = pictures_path("animation.jxl");
    struct tri_image *image = pictures_noise(40, 30, 4, 8), *frame = NULL;
    struct bytes file = encoded(
        image, &(struct file_kind){.orientation = 1, .frames = 3, .bits = 8, .alpha_bits = 8});
    struct tri_read_info info = {.size = sizeof info};
    struct tri_pictures *pictures;
    struct tri_error error;
    frame = pictures_stored(&file, "jxl", &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "only the first of 3 frames is read");
    CU_ASSERT_TRUE(info.animated && info.pictures == 3);
    CU_ASSERT_EQUAL(tri_image_compare(image, frame).count, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(frame);
    pictures_store(path, file.data, file.size);
    CU_ASSERT_EQUAL_FATAL(tri_pictures_open(path, NULL, &pictures, &error), TRI_OK);
    CU_ASSERT_TRUE(tri_pictures_info(pictures)->count == 3 &&
                   tri_pictures_info(pictures)->loops == 4);
    for (int i = 0; i < 3; i++) {
        info = (struct tri_read_info){.size = sizeof info};
        CU_ASSERT_EQUAL_FATAL(tri_pictures_next(pictures, &frame, &info, &error), TRI_OK);
        CU_ASSERT_TRUE(info.duration.per > 0 &&
                       info.duration.count * 100 == (10 + i) * info.duration.per);
        int wrong = 0;
        for (int p = 0; p < 4; p++)
            for (int y = 0; y < 30; y++)
                for (int x = 0; x < 40; x++)
                    wrong +=
                        pictures_sample(frame, p, x, y) != (pictures_sample(image, p, x, y) ^ i);
        CU_ASSERT_EQUAL(wrong, 0);
        tri_metadata_free(info.metadata);
        tri_image_free(frame);
    }
    CU_ASSERT_EQUAL(tri_pictures_next(pictures, &frame, NULL, &error), TRI_OK);
    CU_ASSERT_PTR_NULL(frame);
    tri_pictures_close(pictures);
    tri_image_free(image);
    free(file.data);
    unlink(path);
}

int test_jxl_files_suite(void)
{
    CU_pSuite suite = CU_add_suite("jxl files", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "orientation", test_orientation) &&
             CU_add_test(suite, "animations", test_animation));
}
