/* test_webp_frames.c -- animated WebP, written by FFmpeg and by us, read by libwebpdemux. */
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

enum { WIDTH = 41, HEIGHT = 30, FRAMES = 6 };

static const int durations[FRAMES] = {40, 80, 1000, 33, 10, 250};

/* A square that moves; `alpha`: on nothing. */
static struct tri_image *frame_of(int number, bool alpha)
{
    struct tri_image *image = pictures_scene(WIDTH, HEIGHT, alpha ? 4 : 3, 8);
    for (int plane = 0; plane < image->shape.planes; plane++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                uint8_t *sample = (uint8_t *)tri_image_row(image, plane, y) + x;
                const bool inside =
                    x >= 4 * number && x < 4 * number + 12 && y >= 2 * number && y < 2 * number + 9;
                *sample = inside
                              ? (uint8_t)(plane == 3 ? 255 - 20 * number : 60 * plane + 10 * number)
                          : alpha ? 0
                                  : *sample;
            }
    return image;
}

/* By libwebpmux, in parts of the canvas where that is smaller. */
static void make_animation(const char *name, bool alpha, int loops)
{
    WebPAnimEncoderOptions options;
    WebPConfig config;
    WebPData data;
    int time = 0;
    WebPDataInit(&data);
    CU_ASSERT_TRUE_FATAL(WebPAnimEncoderOptionsInit(&options) && WebPConfigInit(&config) &&
                         WebPConfigLosslessPreset(&config, 2));
    config.exact = 1;
    options.anim_params.loop_count = loops;
    WebPAnimEncoder *encoder = WebPAnimEncoderNew(WIDTH, HEIGHT, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoder);
    for (int i = 0; i < FRAMES; i++) {
        struct tri_image *image = frame_of(i, alpha);
        WebPPicture picture;
        WebPPictureInit(&picture);
        picture.use_argb = 1;
        picture.width = WIDTH;
        picture.height = HEIGHT;
        CU_ASSERT_TRUE_FATAL(WebPPictureAlloc(&picture));
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                picture.argb[y * picture.argb_stride + x] =
                    (uint32_t)(alpha ? pictures_sample(image, 3, x, y) : 255) << 24 |
                    (uint32_t)pictures_sample(image, 0, x, y) << 16 |
                    (uint32_t)pictures_sample(image, 1, x, y) << 8 |
                    (uint32_t)pictures_sample(image, 2, x, y);
        CU_ASSERT_TRUE(WebPAnimEncoderAdd(encoder, &picture, time, &config));
        time += durations[i];
        WebPPictureFree(&picture);
        tri_image_free(image);
    }
    CU_ASSERT_TRUE(WebPAnimEncoderAdd(encoder, NULL, time, NULL) &&
                   WebPAnimEncoderAssemble(encoder, &data));
    pictures_store(shell_path(name), data.bytes, data.size);
    WebPDataClear(&data);
    WebPAnimEncoderDelete(encoder);
}

static int wrong_pixels(const uint8_t *pixels, const struct tri_image *image)
{
    int wrong = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const uint8_t *pixel = pixels + 4 * (y * WIDTH + x);
            const int alpha = image->shape.planes == 4 ? pictures_sample(image, 3, x, y) : 255;
            wrong += pixel[3] != alpha;
            for (int c = 0; c < 3 && alpha > 0; c++)
                wrong += pixel[c] != pictures_sample(image, c, x, y);
        }
    return wrong;
}

/* As libwebpdemux plays it. */
static void check_animation(const char *name, bool alpha, int loops)
{
    struct bytes file = pictures_load(shell_path(name));
    const WebPData data = {file.data, file.size};
    WebPAnimInfo info;
    WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, NULL);
    uint8_t *pixels;
    int time, end = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
    CU_ASSERT_TRUE(WebPAnimDecoderGetInfo(decoder, &info) && info.frame_count == FRAMES &&
                   info.loop_count == (uint32_t)loops);
    for (int i = 0; i < FRAMES; i++) {
        struct tri_image *image = frame_of(i, alpha);
        CU_ASSERT_TRUE_FATAL(WebPAnimDecoderGetNext(decoder, &pixels, &time));
        end += durations[i];
        CU_ASSERT_EQUAL(time, end);
        CU_ASSERT_EQUAL(wrong_pixels(pixels, image), 0);
        tri_image_free(image);
    }
    WebPAnimDecoderDelete(decoder);
    free(file.data);
}

static void test_round_trips(void)
{
    for (int i = 0; i < 4; i++) {
        const bool alpha = i % 2 == 1;
        const int loops = i / 2 * 5;
        make_animation("a.webp", alpha, loops);
        check_animation("a.webp", alpha, loops);
        EXPECT("$T run copy a.webp -o b.webp --lossless", 0, "", "");
        check_animation("b.webp", alpha, loops);
        /* There and back through an APNG. */
        EXPECT("$T run copy a.webp -o c.png && $T run copy c.png -o c.webp --lossless && cmp "
               "b.webp c.webp",
               0, "", "");
        EXPECT("$T run copy - -o - --format webp --lossless < a.webp | cmp - b.webp; $T run copy "
               "a.webp -o c.webp --lossless --on sequential; cmp b.webp c.webp",
               0, "", "");
    }
    EXPECT("$T run gaussian:sigma=1 a.webp -o b.webp --verify-output && rm *", 0, "", "");
}

static void test_frames(void)
{
    for (int alpha = 0; alpha < 2; alpha++) {
        make_animation("a.webp", alpha, 0);
        EXPECT("$T run copy a.webp -o o-%d.png", 0, "",
               "triptych: note: o-%d.png: numbered pictures cannot store frame durations, "
               "which differ\n");
        for (int i = 0; i < FRAMES; i++) {
            char name[20];
            snprintf(name, sizeof name, "o-%d.png", i + 1);
            struct tri_image *image = frame_of(i, alpha),
                             *back = pictures_read(shell_path(name), NULL);
            CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
            tri_image_free(image);
            tri_image_free(back);
        }
    }
    EXPECT("for t in 1:0.03s 2:0.05s 3:0:00.5 4:1.12s 5:1.154s 6:1.413s; do $T run copy a.webp -o "
           "x.png --frame ${t#*:} && cmp x.png o-${t%%:*}.png; done",
           0, "", "");
    EXPECT("$T run copy a.webp -o x.png --frame 1.5s", 2, "",
           "triptych: a.webp ends after 1.413 s: there is no frame at 1.500 s\n");
    EXPECT("$T run copy a.webp -o x.tif && $T run copy x.tif -o p-%d.png && for i in 1 2 3 4 5 6; "
           "do cmp o-$i.png p-$i.png; done; rm *",
           0, "", "triptych: note: x.tif: TIFF cannot store frame durations\n");
}

/* What the file says stays the file's. */
static void test_metadata(void)
{
    if (shell_run("command -v exiftool")->code != 0) {
        test_skip("no exiftool");
        return;
    }
    make_animation("a.webp", false, 3);
    EXPECT("exiftool -q -overwrite_original -Artist=Somebody -XMP-dc:Title=Moving -Orientation#=6 "
           "a.webp && $T run copy a.webp -o b.webp --lossless",
           0, "", "");
    EXPECT("exiftool -s3 -Artist -XMP-dc:Title -AnimationLoopCount -ImageSize -IFD0:Orientation# "
           "b.webp",
           0, "Somebody\nMoving\n3\n30x41\n1\n", "");
    EXPECT("$T run copy a.webp -o o-%d.jpg && exiftool -q -s3 -Artist o-6.jpg && $T run copy "
           "a.webp -o c.webp --strip && exiftool -s3 -Artist c.webp; rm *",
           0, "Somebody\n",
           "triptych: note: o-%d.jpg: the format cannot store a play count of 3\n"
           "triptych: note: o-%d.jpg: numbered pictures cannot store frame durations, "
           "which differ\n");
}

/* Equal frames that follow each other are shown for as long as both. */
static void test_equal_frames(void)
{
    make_animation("a.webp", false, 0);
    EXPECT("$T run threshold:level=1 a.webp -o c.webp --lossless && $T run copy c.webp -o o-%d.png "
           "&& ls o-*",
           0, "o-1.png\n",
           "triptych: note: c.webp: 5 of 6 frames equal the frame before and extend its duration "
           "instead\n");
    EXPECT("rm *", 0, "", "");
}

static void test_ffmpeg(void)
{
    if (shell_run("command -v ffmpeg && ffmpeg -v quiet -encoders | grep -qw libwebp_anim")->code !=
        0) {
        test_skip("no ffmpeg with libwebp");
        return;
    }
    EXPECT("ffmpeg -v error -f lavfi -i testsrc2=size=64x48:rate=10:duration=0.9 -pix_fmt rgb24 "
           "f-%d.png && "
           "ffmpeg -v error -framerate 10 -i f-%d.png -c:v libwebp_anim -lossless 1 -pix_fmt bgra "
           "a.webp && $T run copy a.webp -o o-%d.ppm && "
           "for i in 1 2 3 4 5 6 7 8 9; do $T run copy f-$i.png -o - --format pnm --strip | cmp - "
           "o-$i.ppm; done; rm *",
           0, "", "");
}

static void test_cuts(void)
{
    make_animation("a.webp", true, 0);
    struct bytes file = pictures_load(shell_path("a.webp"));
    for (size_t size = 12; size < file.size; size += 1 + file.size / 200) {
        struct tri_pictures *pictures;
        struct tri_error error = {0};
        struct tri_image *image = NULL;
        pictures_store(shell_path("cut.webp"), file.data, size);
        enum tri_status status = tri_pictures_open(shell_path("cut.webp"), NULL, &pictures, &error);
        for (int i = 0; status == TRI_OK && i <= FRAMES && (i == 0 || image != NULL); i++) {
            status = tri_pictures_next(pictures, &image, NULL, &error);
            tri_image_free(image);
        }
        CU_ASSERT_EQUAL(status, TRI_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "cut.webp"));
        tri_pictures_close(pictures);
    }
    free(file.data);
    EXPECT("rm *", 0, "", "");
}

int test_webp_frames_suite(void)
{
    CU_pSuite suite = CU_add_suite("webp frames", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "numbered pictures, and one", test_frames) &&
             CU_add_test(suite, "metadata", test_metadata) &&
             CU_add_test(suite, "equal frames", test_equal_frames) &&
             CU_add_test(suite, "FFmpeg's", test_ffmpeg) &&
             CU_add_test(suite, "cut short", test_cuts));
}
