/* test_libav_pixels.c -- pixel layouts other than planes, and encoders that need other layouts. */
#include "clips.h"
#include "module.h"
#include "pictures.h"
#include "tests.h"
#include "video/libav_codec.h"

#include <CUnit/Basic.h>
#include <dlfcn.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- inside the module ---- */

static const struct tri_video_codec *module;
static bool (*layout_of)(enum AVPixelFormat format, struct tri_video *video);

/* The shared object with the codec is loaded already; it has more functions than those that the
 * program uses. */
static bool enter_module(void)
{
    Dl_info object = {0};
    module = tri_module_load("libav", NULL);
    if (module == NULL || dladdr(module, &object) == 0)
        return false;
    void *handle = dlopen(object.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    void *symbol = handle != NULL ? dlsym(handle, "tri_libav_layout") : NULL;
    memcpy(&layout_of, &symbol, sizeof layout_of); /* ISO C has no cast for this */
    if (handle != NULL)
        dlclose(handle);
    return symbol != NULL;
}

/* ---- conversions ---- */

static void make_gradient(const struct tri_video *video, struct tri_frame *frame)
{
    for (int p = 0; p < video->planes; p++) {
        const struct tri_image *image = frame->planes[p];
        for (int y = 0; y < image->shape.height; y++)
            for (int x = 0; x < image->shape.width; x++) {
                const int value = 40 + 3 * x * (p == 0) + 2 * y * (p == 1) + (x + y) * (p == 2);
                if (video->bits > 8)
                    ((uint16_t *)tri_image_row(image, 0, y))[x] = (uint16_t)(value * 257);
                else
                    ((uint8_t *)tri_image_row(image, 0, y))[x] = (uint8_t)value;
            }
    }
}

/* RGB through a YCbCr encoder and back by ffmpeg's own conversion is about the same: matrix and
 * range are those that the file states. */
static void test_rgb_to_ycbcr(void)
{
    struct tri_video video = clips_video(64, 48, 3, 0, 0, 8);
    const struct tri_video_write_options options = {.video_codec = "libx264", .crf = 1};
    struct tri_frame frame, back;
    struct tri_video_writer *writer;
    bool more;
    video.matrix = TRI_RGB;
    if (clips_lack_encoder("libx264"))
        return;
    for (int deep = 0; deep < 2; deep++) {
        video.bits = deep ? 10 : 8;
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &frame, NULL), TRI_OK);
        make_gradient(&video, &frame);
        CU_ASSERT_EQUAL_FATAL(
            tri_video_create(pictures_path("rgb.mkv"), &video, &options, &writer, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_encode(writer, &frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_put(writer, &frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_end(writer, TRI_OK, NULL), TRI_OK);
        struct tri_video_reader *reader = clips_open(pictures_path("rgb.mkv"));
        CU_ASSERT_EQUAL(reader->video.matrix, TRI_BT601);
        CU_ASSERT_FALSE(reader->video.full_range);
        tri_video_close(reader);
        if (clips_ffmpeg(deep ? "-i rgb.mkv -pix_fmt gbrp10le -c:v ffv1 -frames:v 1 back.mkv"
                              : "-i rgb.mkv -pix_fmt gbrp -c:v rawvideo back.nut")) {
            make_gradient(&video, &frame);
            reader = clips_open(pictures_path(deep ? "back.mkv" : "back.nut"));
            CU_ASSERT_EQUAL(reader->video.matrix, TRI_RGB);
            CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &back, NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_video_next(reader, &back, &more, NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_video_decode(reader, &back, NULL), TRI_OK);
            for (int p = 0; p < 3; p++)
                CU_ASSERT_TRUE(pictures_psnr(frame.planes[p], back.planes[p]) > 38);
            tri_frame_free(&back);
            tri_video_close(reader);
            unlink(pictures_path(deep ? "back.mkv" : "back.nut"));
        }
        tri_frame_free(&frame);
        unlink(pictures_path("rgb.mkv"));
    }
}

/* An arbitrary value of a component, of `depth` bits, and its equivalent at `bits` bits. */
static unsigned component_at(int c, int x, int y, int depth)
{
    return (unsigned)(x * 7919 + y * 104729 + c * 1299709) & ((1u << depth) - 1);
}

static unsigned widened(unsigned value, int depth, int bits)
{
    const unsigned most = (1u << bits) - 1, own = (1u << depth) - 1;
    value = (value * most + own / 2) / own;
    return bits > 8 && bits < 16 ? value << (16 - bits) | value >> (2 * bits - 16) : value;
}

static AVFrame *frame_of(const AVPixFmtDescriptor *desc, int width, int height)
{
    AVFrame *raw = av_frame_alloc();
    uint16_t row[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    raw->format = av_pix_fmt_desc_get_id(desc);
    raw->width = width;
    raw->height = height;
    CU_ASSERT_EQUAL_FATAL(av_frame_get_buffer(raw, 0), 0);
    for (int i = 0; i < 4 && raw->buf[i] != NULL; i++)
        memset(raw->buf[i]->data, 0, raw->buf[i]->size);
    for (int c = 0; c < desc->nb_components; c++) {
        const bool chroma = c == 1 || c == 2;
        const int columns = AV_CEIL_RSHIFT(width, chroma ? desc->log2_chroma_w : 0);
        for (int y = 0; y < AV_CEIL_RSHIFT(height, chroma ? desc->log2_chroma_h : 0); y++) {
            for (int x = 0; x < columns; x++)
                row[x] = (uint16_t)component_at(c, x, y, desc->comp[c].depth);
            av_write_image_line2(row, raw->data, raw->linesize, desc, 0, y, c, columns, 2);
        }
    }
    return raw;
}

static long wrong_components(const struct tri_frame *frame, const AVPixFmtDescriptor *desc,
                             const struct tri_video *video)
{
    long wrong = 0;
    for (int c = 0; c < video->planes; c++) {
        const struct tri_image *image = frame->planes[c];
        const int depth = desc->comp[c].depth;
        for (int y = 0; y < image->shape.height; y++)
            for (int x = 0; x < image->shape.width; x++)
                wrong += (unsigned)pictures_sample(image, 0, x, y) !=
                         widened(component_at(c, x, y, depth), depth, video->bits);
    }
    return wrong;
}

/* Every layout of libavutil that can be read becomes planes without loss. */
static void test_layouts(void)
{
    int known = 0;
    CU_ASSERT_FATAL(enter_module());
    for (const AVPixFmtDescriptor *desc = av_pix_fmt_desc_next(NULL); desc != NULL;
         desc = av_pix_fmt_desc_next(desc)) {
        struct tri_video_reader reader = {.name = "frame", .codec = module};
        struct tri_frame frame;
        if (!layout_of(av_pix_fmt_desc_get_id(desc), &reader.video) ||
            (desc->flags & AV_PIX_FMT_FLAG_PAL) || strcmp(desc->name, "monow") == 0)
            continue;
        reader.video.width = 32;
        reader.video.height = 18;
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader.video, &frame, NULL), TRI_OK);
        frame.raw = frame_of(desc, 32, 18);
        CU_ASSERT_EQUAL(tri_video_decode(&reader, &frame, NULL), TRI_OK);
        CU_ASSERT_PTR_NULL(frame.raw);
        const long wrong = wrong_components(&frame, desc, &reader.video);
        if (wrong > 0)
            printf("%s: %ld samples are wrong\n", desc->name, wrong);
        CU_ASSERT_EQUAL(wrong, 0);
        tri_frame_free(&frame);
        known++;
    }
    CU_ASSERT_TRUE(known > 100);
}

/* Shallow depths and palettes become 8 bits over the full range. */
static void test_small_layouts(void)
{
    static const struct {
        const char *layout;
        int planes, least, most;
    } layouts[] = {
        {"monow", 1, 0, 255}, {"monob", 1, 0, 255}, {"rgb565le", 3, 0, 255}, {"pal8", 3, 0, 255}};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        char arguments[300];
        struct tri_frame frame;
        bool more;
        snprintf(arguments, sizeof arguments,
                 "-f lavfi -i "
                 "'color=white:s=32x16,format=rgb24,drawbox=w=16:h=16:c=red:t=fill,drawbox=x=24:w="
                 "8:h=16:c="
                 "black:t=fill' "
                 "-frames:v 1 -pix_fmt %s -c:v rawvideo small.nut",
                 layouts[i].layout);
        if (!clips_ffmpeg(arguments))
            return;
        struct tri_video_reader *reader = clips_open(pictures_path("small.nut"));
        CU_ASSERT_EQUAL(reader->video.planes, layouts[i].planes);
        CU_ASSERT_EQUAL(reader->video.bits, 8);
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_next(reader, &frame, &more, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_decode(reader, &frame, NULL), TRI_OK);
        for (int p = 0; p < layouts[i].planes; p++) {
            if (layouts[i].planes == 3) /* red */
                CU_ASSERT_TRUE(abs(pictures_sample(frame.planes[p], 0, 4, 8) - (p == 0 ? 254 : 0)) <
                               16);
            CU_ASSERT_TRUE(pictures_sample(frame.planes[p], 0, 20, 8) >= layouts[i].most - 3);
            CU_ASSERT_EQUAL(pictures_sample(frame.planes[p], 0, 28, 8), layouts[i].least);
        }
        tri_frame_free(&frame);
        tri_video_close(reader);
        unlink(pictures_path("small.nut"));
    }
}

int test_libav_pixels_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav pixels", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "RGB for encoders of YCbCr", test_rgb_to_ycbcr) &&
             CU_add_test(suite, "every layout of pixels", test_layouts) &&
             CU_add_test(suite, "few bits, and palettes", test_small_layouts));
}
