/* test_libav.c -- video through FFmpeg's libraries: lossless round trips, tags, sound, damage. Sources that
 * our own writer cannot make come from the program ffmpeg, where it is installed. */
#include "clips.h"
#include "pictures.h"
#include "tests.h"
#include "video/libav_codec.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct tri_video_codec tri_video_codec_libav;

static const struct tri_video_write_options ffv1 = {.video_codec = "ffv1", .crf = -1};
static const struct tri_video_write_options x264 = {.video_codec = "libx264", .crf = 0};

static bool no_x264(void)
{
    const bool absent = avcodec_find_encoder_by_name("libx264") == NULL;
    if (absent)
        test_skip("libavcodec without libx264");
    return absent;
}

/* Runs ffmpeg in the tests' folder. False, and a skipped test: there is none. */
static bool ffmpeg(const char *arguments)
{
    char command[2000];
    if (system("command -v ffmpeg >/dev/null") != 0) {
        test_skip("no ffmpeg");
        return false;
    }
    snprintf(command, sizeof command, "cd %s && ffmpeg -nostdin -v error -y %s", pictures_path(""),
             arguments);
    const int code = system(command);
    CU_ASSERT_TRUE(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    return true;
}

/* ---- round trips ---- */

static void test_lossless(void)
{
    static const struct {
        int planes, shift_x, shift_y, bits;
        enum tri_matrix matrix;
        const char *codec;
    } kinds[] = {
        {3, 1, 1, 8, TRI_BT601, "ffv1"},     {3, 1, 0, 8, TRI_BT601, "ffv1"},
        {3, 0, 0, 8, TRI_BT601, "ffv1"},     {3, 0, 1, 8, TRI_BT601, "ffv1"},
        {3, 2, 0, 8, TRI_BT601, "ffv1"},     {1, 0, 0, 8, TRI_BT601, "ffv1"},
        {3, 1, 1, 9, TRI_BT601, "ffv1"},     {3, 1, 1, 10, TRI_BT601, "ffv1"},
        {3, 1, 0, 10, TRI_BT709, "ffv1"},    {3, 0, 0, 12, TRI_BT2020, "ffv1"},
        {3, 1, 1, 14, TRI_BT601, "ffv1"},    {3, 0, 0, 16, TRI_BT601, "ffv1"},
        {1, 0, 0, 10, TRI_BT601, "ffv1"},    {1, 0, 0, 16, TRI_BT601, "ffv1"},
        {3, 0, 0, 8, TRI_RGB, "ffv1"},       {3, 0, 0, 10, TRI_RGB, "ffv1"},
        {3, 0, 0, 16, TRI_RGB, "ffv1"},      {3, 1, 1, 8, TRI_BT601, "rawvideo"},
        {3, 0, 0, 8, TRI_RGB, "libx264rgb"}, {3, 1, 1, 8, TRI_BT601, "huffyuv"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (int odd = 0; odd < 2; odd++) {
            struct tri_video video = clips_video(64 + 3 * odd, 48 + odd, kinds[i].planes, kinds[i].shift_x,
                                                 kinds[i].shift_y, kinds[i].bits);
            const bool rgb264 = strcmp(kinds[i].codec, "libx264rgb") == 0;
            const struct tri_video_write_options options = {.video_codec = kinds[i].codec,
                                                            .crf = rgb264 ? 0 : -1};
            const char *path =
                pictures_path(strcmp(kinds[i].codec, "rawvideo") == 0 ? "lossless.nut" : "lossless.mkv");
            if (avcodec_find_encoder_by_name(kinds[i].codec) == NULL ||
                (strcmp(kinds[i].codec, "huffyuv") == 0 && kinds[i].shift_y))
                continue;
            video.matrix = kinds[i].matrix;
            clips_must_write(path, &video, &options, 5, NULL);
            clips_must_read(path, 5);
            struct tri_video_reader *reader = clips_open(path);
            CU_ASSERT_EQUAL(reader->video.matrix == TRI_RGB, video.matrix == TRI_RGB);
            CU_ASSERT_EQUAL(reader->video.bits, video.bits);
            CU_ASSERT_EQUAL(reader->video.planes, video.planes);
            CU_ASSERT_TRUE(reader->video.shift_x == video.shift_x && reader->video.shift_y == video.shift_y);
            tri_video_close(reader);
            unlink(path);
        }
    }
}

static void test_x264(void)
{
    static const char *const names[] = {"a.mp4", "a.mkv", "a.mov", "a.ts", "a.flv", "a.avi", "a.h264"};
    const struct tri_video video = clips_video(96, 64, 3, 1, 1, 8);
    if (no_x264())
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = pictures_path(names[i]);
        clips_must_write(path, &video, &x264, 100, NULL); /* more than the encoder holds back */
        clips_must_read(path, 100);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_TRUE(reader->video.rate[0] == 25 * reader->video.rate[1] || i == 6);
        CU_ASSERT_TRUE(i != 0 || reader->video.frames == 100);
        tri_video_close(reader);
        unlink(path);
    }
}

/* Every container's usual codec: it is written, and what comes back is about the same. */
static void test_usual_codecs(void)
{
    static const char *const names[] = {"b.mp4", "b.mkv", "b.webm", "b.avi",   "b.mpg", "b.ts",
                                        "b.mov", "b.flv", "b.gif",  "b.mjpeg", "b.ogv", "b.wmv"};
    struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = pictures_path(names[i]);
        struct tri_error error;
        const enum tri_status status = clips_write(path, &video, NULL, 12, NULL, &error);
        if (status != TRI_OK) {
            printf("%s\n", error.text);
            CU_ASSERT_EQUAL(status, TRI_USAGE);
            continue;
        }
        const struct clip clip = clips_read_file(path, 255);
        CU_ASSERT_EQUAL(clip.status, TRI_OK);
        CU_ASSERT_EQUAL(clip.frames, 12);
        CU_ASSERT_STRING_EQUAL(clip.warning, "");
        unlink(path);
    }
}

/* The same frames give the same file. */
static void test_same_file(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    static const char *const names[] = {"same.mkv", "same.mp4"};
    for (int i = 0; i < 2; i++) {
        clips_must_write(pictures_path(names[i]), &video, NULL, 10, NULL);
        struct bytes first = pictures_load(pictures_path(names[i]));
        clips_must_write(pictures_path(names[i]), &video, NULL, 10, NULL);
        struct bytes second = pictures_load(pictures_path(names[i]));
        CU_ASSERT_TRUE(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        free(first.data);
        free(second.data);
        unlink(pictures_path(names[i]));
    }
}

/* ---- times and tags ---- */

static int64_t in_units(const struct tri_video *video, int64_t time, int per_second)
{
    return av_rescale_q(time, (AVRational){video->time_base[0], video->time_base[1]},
                        (AVRational){1, per_second});
}

static void test_times(void)
{
    static const int64_t times[] = {0, 1, 3, 7, 8, 9, 30, 31, 32, 60};
    static const char *const names[] = {"times.mkv", "times.mp4", "times.nut"};
    struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    video.time_base[1] = 50;
    for (int i = 0; i < 3; i++) {
        const struct tri_video_write_options *options = i == 1 ? &x264 : &ffv1;
        const char *path = pictures_path(names[i]);
        if (i == 1 && no_x264())
            continue;
        clips_must_write(path, &video, options, 10, times);
        struct tri_video_reader *reader = clips_open(path);
        const struct clip clip = clips_read(reader, 0);
        CU_ASSERT_EQUAL(clip.frames, 10);
        CU_ASSERT_EQUAL(clip.wrong, 0);
        for (int n = 0; n < 10; n++)
            CU_ASSERT_EQUAL(in_units(&reader->video, clip.times[n], 50), times[n]);
        for (int n = 0; n < 9 && i == 1; n++)
            CU_ASSERT_EQUAL(in_units(&reader->video, clip.durations[n], 50), times[n + 1] - times[n]);
        tri_video_close(reader);
        unlink(path);
    }
}

static void test_tags(void)
{
    static const struct {
        enum tri_matrix matrix;
        bool full;
        char interlace;
        const char *siting;
        int aspect[2], rotation;
    } cases[] = {
        {TRI_BT709, false, 'p', "mpeg2", {1, 1}, 0},
        {TRI_BT601, true, 't', "jpeg", {16, 15}, 90},
        {TRI_BT2020, false, 'b', "paldv", {4, 3}, 180},
        {TRI_BT709, true, 'p', "mpeg2", {1, 1}, 270},
    };
    if (no_x264())
        return;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const bool mp4 = i % 2;
        const char *path = pictures_path(mp4 ? "tags.mp4" : "tags.mkv");
        struct tri_video video = clips_video(96, 64, 3, 1, 1, 8);
        video.matrix = cases[i / 2].matrix;
        video.full_range = cases[i / 2].full;
        video.interlace = cases[i / 2].interlace;
        video.rotation = cases[i / 2].rotation;
        memcpy(video.aspect, cases[i / 2].aspect, sizeof video.aspect);
        snprintf(video.siting, sizeof video.siting, "%s", cases[i / 2].siting);
        clips_must_write(path, &video, &x264, 3, NULL);
        clips_must_read(path, 3);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_EQUAL(reader->video.matrix, video.matrix);
        CU_ASSERT_EQUAL(reader->video.full_range, video.full_range);
        CU_ASSERT_EQUAL(reader->video.interlace, video.interlace);
        CU_ASSERT_STRING_EQUAL(reader->video.siting, video.siting);
        CU_ASSERT_EQUAL(reader->video.aspect[0] * video.aspect[1], reader->video.aspect[1] * video.aspect[0]);
        if (mp4)
            CU_ASSERT_EQUAL(reader->video.rotation, video.rotation);
        tri_video_close(reader);
        unlink(path);
    }
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

/* RGB through an encoder of YCbCr and back by ffmpeg's own conversion is about what it was: matrix and range
 * are those that the file says. */
static void test_rgb_to_ycbcr(void)
{
    struct tri_video video = clips_video(64, 48, 3, 0, 0, 8);
    const struct tri_video_write_options options = {.video_codec = "libx264", .crf = 1};
    struct tri_frame frame, back;
    struct tri_video_writer *writer;
    bool more;
    video.matrix = TRI_RGB;
    if (no_x264())
        return;
    for (int deep = 0; deep < 2; deep++) {
        video.bits = deep ? 10 : 8;
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &frame, NULL), TRI_OK);
        make_gradient(&video, &frame);
        CU_ASSERT_EQUAL_FATAL(tri_video_create(pictures_path("rgb.mkv"), &video, &options, &writer, NULL),
                              TRI_OK);
        CU_ASSERT_EQUAL(tri_video_encode(writer, &frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_put(writer, &frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_end(writer, TRI_OK, NULL), TRI_OK);
        struct tri_video_reader *reader = clips_open(pictures_path("rgb.mkv"));
        CU_ASSERT_EQUAL(reader->video.matrix, TRI_BT601);
        CU_ASSERT_FALSE(reader->video.full_range);
        tri_video_close(reader);
        if (ffmpeg(deep ? "-i rgb.mkv -pix_fmt gbrp10le -c:v ffv1 -frames:v 1 back.mkv"
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

/* Any value of a component, and what it is among those of `bits` bits. */
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
    for (const AVPixFmtDescriptor *desc = av_pix_fmt_desc_next(NULL); desc != NULL;
         desc = av_pix_fmt_desc_next(desc)) {
        struct tri_video_reader reader = {.name = "frame", .codec = &tri_video_codec_libav};
        struct tri_frame frame;
        if (!tri_libav_layout(av_pix_fmt_desc_get_id(desc), &reader.video) ||
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

/* Few bits and palettes become 8 bits of the whole range. */
static void test_small_layouts(void)
{
    static const struct {
        const char *layout;
        int planes, least, most;
    } layouts[] = {{"monow", 1, 0, 255}, {"monob", 1, 0, 255}, {"rgb565le", 3, 0, 255}, {"pal8", 3, 0, 255}};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        char arguments[300];
        struct tri_frame frame;
        bool more;
        snprintf(arguments, sizeof arguments,
                 "-f lavfi -i "
                 "'color=white:s=32x16,format=rgb24,drawbox=w=16:h=16:c=red:t=fill,drawbox=x=24:w=8:h=16:c="
                 "black:t=fill' "
                 "-frames:v 1 -pix_fmt %s -c:v rawvideo small.nut",
                 layouts[i].layout);
        if (!ffmpeg(arguments))
            return;
        struct tri_video_reader *reader = clips_open(pictures_path("small.nut"));
        CU_ASSERT_EQUAL(reader->video.planes, layouts[i].planes);
        CU_ASSERT_EQUAL(reader->video.bits, 8);
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_next(reader, &frame, &more, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_decode(reader, &frame, NULL), TRI_OK);
        for (int p = 0; p < layouts[i].planes; p++) {
            if (layouts[i].planes == 3) /* red */
                CU_ASSERT_TRUE(abs(pictures_sample(frame.planes[p], 0, 4, 8) - (p == 0 ? 254 : 0)) < 16);
            CU_ASSERT_TRUE(pictures_sample(frame.planes[p], 0, 20, 8) >= layouts[i].most - 3);
            CU_ASSERT_EQUAL(pictures_sample(frame.planes[p], 0, 28, 8), layouts[i].least);
        }
        tri_frame_free(&frame);
        tri_video_close(reader);
        unlink(pictures_path("small.nut"));
    }
}

/* ---- sound ---- */

/* All packets of streams that are no video, one after another, and how many there are. */
static struct bytes sound_of(const char *path, int *packets, int *streams)
{
    struct bytes all = {NULL, 0};
    AVFormatContext *format = NULL;
    AVPacket *packet = av_packet_alloc();
    *packets = *streams = 0;
    CU_ASSERT_EQUAL_FATAL(avformat_open_input(&format, path, NULL, NULL), 0);
    CU_ASSERT_TRUE(avformat_find_stream_info(format, NULL) >= 0);
    for (unsigned i = 0; i < format->nb_streams; i++)
        *streams += format->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO;
    while (av_read_frame(format, packet) == 0) {
        if (format->streams[packet->stream_index]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
            pictures_add(&all, packet->data, (size_t)packet->size);
            ++*packets;
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&format);
    return all;
}

/* Frames go over as they are, with everything beside them. `most` frames, -1: all. */
static enum tri_status copy_clip(const char *from, const char *to, const struct tri_video_write_options *like,
                                 long most, struct tri_error *error)
{
    struct tri_video_reader *reader = clips_open(from);
    struct tri_video_write_options options = *like;
    struct tri_video_writer *writer;
    struct tri_frame frame;
    bool more = true;
    options.source = reader;
    enum tri_status status = tri_video_create(to, &reader->video, &options, &writer, error);
    if (status == TRI_OK) {
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, error), TRI_OK);
        for (long n = 0; n != most && status == TRI_OK; n++) {
            status = tri_video_next(reader, &frame, &more, error);
            if (!more)
                break;
            if (status == TRI_OK)
                status = tri_video_decode(reader, &frame, error);
            if (status == TRI_OK)
                status = tri_video_encode(writer, &frame, error);
            if (status == TRI_OK)
                status = tri_video_put(writer, &frame, error);
        }
        tri_frame_free(&frame);
        status = tri_video_end(writer, status, error);
    }
    tri_video_close(reader);
    return status;
}

static void expect_same_sound(const char *from, const char *to)
{
    int packets[2], streams[2];
    struct bytes a = sound_of(from, &packets[0], &streams[0]), b = sound_of(to, &packets[1], &streams[1]);
    CU_ASSERT_TRUE(packets[0] > 10);
    CU_ASSERT_EQUAL(packets[0], packets[1]);
    CU_ASSERT_EQUAL(streams[0], streams[1]);
    CU_ASSERT_TRUE(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
    free(a.data);
    free(b.data);
}

#define PICTURES "-f lavfi -i testsrc=s=64x48:r=25:d=3 "
#define SOUND "-f lavfi -i sine=d=3 "

static void test_sound(void)
{
    static const struct {
        const char *arguments, *from, *to;
        bool lossless;
    } cases[] = {
        {PICTURES SOUND "-c:v mpeg4 -c:a aac", "src.mp4", "dst.mp4", false},
        {PICTURES SOUND "-c:v mpeg4 -c:a aac", "src.mp4", "dst.mkv", true},
        {PICTURES SOUND "-c:v ffv1 -c:a pcm_s16le", "src.mkv", "dst.mkv", true},
        {PICTURES SOUND "-c:v mpeg4 -c:a aac", "src.mkv", "dst.mp4", false},
        {PICTURES SOUND SOUND "-map 0 -map 1 -map 2 -c:v mpeg4 -c:a flac", "src.mkv", "dst.mkv", true},
        {PICTURES SOUND "-c:v mpeg2video -c:a mp2", "src.ts", "dst.mkv", true},
        {PICTURES SOUND "-c:v mpeg4 -c:a mp2", "src.avi", "dst.mkv", true},
    };
    struct tri_error error = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[500];
        snprintf(arguments, sizeof arguments, "%s %s", cases[i].arguments, cases[i].from);
        if (!ffmpeg(arguments))
            return;
        const struct tri_video_write_options usual = {.crf = -1};
        const char *from = pictures_path(cases[i].from), *to = pictures_path(cases[i].to);
        const enum tri_status status = copy_clip(from, to, cases[i].lossless ? &ffv1 : &usual, -1, &error);
        if (status != TRI_OK)
            printf("%s\n", error.text);
        CU_ASSERT_EQUAL_FATAL(status, TRI_OK);
        expect_same_sound(from, to);
        const struct clip a = clips_read_file(from, 255), b = clips_read_file(to, 255);
        CU_ASSERT_EQUAL(a.frames, 75);
        CU_ASSERT_EQUAL(b.frames, 75);
        CU_ASSERT_EQUAL(a.status, TRI_OK);
        CU_ASSERT_EQUAL(b.status, TRI_OK);
        unlink(from);
        unlink(to);
    }
}

/* Sound that belongs to a time stays there: not only the bytes are the same. */
static void test_sound_times(void)
{
    struct tri_error error;
    if (!ffmpeg(PICTURES SOUND "-c:v mpeg2video -c:a mp2 -muxdelay 2 src.ts"))
        return;
    CU_ASSERT_EQUAL(copy_clip(pictures_path("src.ts"), pictures_path("dst.mkv"), &ffv1, -1, &error), TRI_OK);
    int64_t offsets[2];
    for (int i = 0; i < 2; i++) {
        AVFormatContext *format = NULL;
        int64_t starts[2] = {0};
        CU_ASSERT_EQUAL_FATAL(
            avformat_open_input(&format, pictures_path(i ? "dst.mkv" : "src.ts"), NULL, NULL), 0);
        CU_ASSERT_TRUE(avformat_find_stream_info(format, NULL) >= 0);
        for (unsigned s = 0; s < 2; s++)
            starts[s] = av_rescale_q(format->streams[s]->start_time, format->streams[s]->time_base,
                                     (AVRational){1, 1000});
        offsets[i] = starts[1] - starts[0];
        CU_ASSERT_TRUE(i == 0 || llabs(starts[0]) < 100);
        avformat_close_input(&format);
    }
    CU_ASSERT_TRUE(llabs(offsets[0] - offsets[1]) <= 1);
    unlink(pictures_path("src.ts"));
    unlink(pictures_path("dst.mkv"));
}

/* A run that was interrupted leaves a file that plays. */
static void test_interrupted(void)
{
    struct tri_error error;
    const struct tri_video_write_options usual = {.crf = -1};
    if (!ffmpeg(PICTURES SOUND "-c:v mpeg4 -c:a aac src.mp4"))
        return;
    CU_ASSERT_EQUAL(copy_clip(pictures_path("src.mp4"), pictures_path("dst.mp4"), &usual, 20, &error),
                    TRI_OK);
    const struct clip clip = clips_read_file(pictures_path("dst.mp4"), 255);
    CU_ASSERT_EQUAL(clip.status, TRI_OK);
    CU_ASSERT_EQUAL(clip.frames, 20);
    CU_ASSERT_STRING_EQUAL(clip.warning, "");
    unlink(pictures_path("src.mp4"));
    unlink(pictures_path("dst.mp4"));
}

static void test_chapters_and_tags(void)
{
    static const char text[] =
        ";FFMETADATA1\ntitle=A title\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=3000\ntitle=Two\n";
    static const char subtitles[] = "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n";
    struct tri_error error;
    pictures_store(pictures_path("tags.txt"), text, strlen(text));
    pictures_store(pictures_path("words.srt"), subtitles, strlen(subtitles));
    if (ffmpeg(PICTURES SOUND "-i words.srt -i tags.txt -map 0 -map 1 -map 2 -map_metadata 3 -map_chapters 3 "
                              "-metadata:s:a:0 language=fra -c:v ffv1 -c:a flac -c:s srt src.mkv")) {
        AVFormatContext *format = NULL;
        CU_ASSERT_EQUAL(copy_clip(pictures_path("src.mkv"), pictures_path("dst.mkv"), &ffv1, -1, &error),
                        TRI_OK);
        CU_ASSERT_EQUAL_FATAL(avformat_open_input(&format, pictures_path("dst.mkv"), NULL, NULL), 0);
        CU_ASSERT_EQUAL(format->nb_streams, 3);
        CU_ASSERT_EQUAL_FATAL(format->nb_chapters, 2);
        CU_ASSERT_EQUAL(
            av_rescale_q(format->chapters[1]->start, format->chapters[1]->time_base, (AVRational){1, 1000}),
            1000);
        CU_ASSERT_STRING_EQUAL(av_dict_get(format->chapters[1]->metadata, "title", NULL, 0)->value, "Two");
        CU_ASSERT_STRING_EQUAL(av_dict_get(format->metadata, "title", NULL, 0)->value, "A title");
        CU_ASSERT_STRING_EQUAL(av_dict_get(format->streams[1]->metadata, "language", NULL, 0)->value, "fra");
        avformat_close_input(&format);
        unlink(pictures_path("src.mkv"));
        unlink(pictures_path("dst.mkv"));
    }
    unlink(pictures_path("tags.txt"));
    unlink(pictures_path("words.srt"));
}

/* ---- refusals ---- */

static void expect_refusal(const char *name, const struct tri_video_write_options *options,
                           const struct tri_video *video, const char *part)
{
    struct tri_error error = {0};
    const char *path = pictures_path(name);
    CU_ASSERT_EQUAL(clips_write(path, video, options, 1, NULL, &error), TRI_USAGE);
    if (strstr(error.text, part) == NULL)
        printf("expected \"%s\" in \"%s\"\n", part, error.text);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, part));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void test_refusals(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8), deep = clips_video(64, 48, 3, 2, 0, 10);
    struct tri_error error;
    expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "none", .crf = -1}, &video,
                   "'none'");
    expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "aac", .crf = -1}, &video,
                   "'aac'");
    expect_refusal("a.webm", &ffv1, &video, "webm cannot hold");
    expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "ffv1", .crf = 3}, &video,
                   "ffv1");
    expect_refusal("a.mkv", &ffv1, &deep, "10 bits");
    expect_refusal("a.none", &ffv1, &video, "'none'");
    if (!no_x264())
        expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "libx264", .crf = 999},
                       &video, "999");
    CU_ASSERT_EQUAL(clips_write("/nowhere/at/all/a.mkv", &video, &ffv1, 1, NULL, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "No such file or directory"));
    if (!ffmpeg(PICTURES SOUND "-c:v ffv1 -c:a flac src.mkv"))
        return;
    const struct tri_video_write_options usual = {.crf = -1};
    CU_ASSERT_EQUAL(copy_clip(pictures_path("src.mkv"), pictures_path("a.webm"), &usual, -1, &error),
                    TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "webm cannot hold the audio (flac)"));
    CU_ASSERT_EQUAL(copy_clip(pictures_path("src.mkv"), pictures_path("a.gif"), &usual, -1, &error), TRI_OK);
    unlink(pictures_path("a.gif"));
    unlink(pictures_path("src.mkv"));
}

static void test_names(void)
{
    static const char *const videos[] = {"mp4", "mkv", "webm", "matroska", "mpegts", "avi", "gif", "mov"};
    static const char *const others[] = {"png", "jpg", "webp", "tiff", "mp3",
                                         "wav", "txt", "",     "none", "bmp"};
    for (size_t i = 0; i < sizeof videos / sizeof videos[0]; i++)
        CU_ASSERT_TRUE(tri_video_writes("", videos[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (tri_video_writes("", others[i]))
            printf("%s is written as video\n", others[i]);
        CU_ASSERT_FALSE(tri_video_writes("", others[i]));
    }
    CU_ASSERT_TRUE(tri_video_is("-",
                                (const unsigned char *)"\0\0\0\x20"
                                                       "ftypisom",
                                12));
    CU_ASSERT_FALSE(tri_video_is("-",
                                 (const unsigned char *)"\0\0\0\x20"
                                                        "ftypheic",
                                 12));
    CU_ASSERT_FALSE(tri_video_is("-",
                                 (const unsigned char *)"\0\0\0\x20"
                                                        "ftypavif",
                                 12));
    CU_ASSERT_FALSE(tri_video_is("-", (const unsigned char *)"RIFF\1\1\1\1WEBP", 12));
    CU_ASSERT_FALSE(tri_video_is("-", (const unsigned char *)"\x89PNG\r\n\x1a\n", 8));
    CU_ASSERT_TRUE(tri_video_is("-", (const unsigned char *)"\x1a\x45\xdf\xa3", 4));
    CU_ASSERT_FALSE(tri_video_is("-", NULL, 0));
}

/* ---- standard input and output, full disks ---- */

static void test_standard_input(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    const char *path = pictures_path("piped.mkv");
    struct tri_video_reader *reader = NULL;
    struct tri_error error;
    clips_must_write(path, &video, &ffv1, 7, NULL);
    struct bytes file = pictures_load(path);
    const int old = clips_feed_input(path, TRI_HEAD);
    CU_ASSERT_EQUAL(tri_video_open("-", file.data, TRI_HEAD, &reader, &error), TRI_OK);
    if (reader != NULL) {
        const struct clip clip = clips_read(reader, 0);
        CU_ASSERT_EQUAL(clip.status, TRI_OK);
        CU_ASSERT_EQUAL(clip.frames, 7);
        CU_ASSERT_EQUAL(clip.wrong, 0);
    }
    tri_video_close(reader);
    clips_restore_input(old);
    free(file.data);
    unlink(path);
}

static void test_standard_output(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    const struct tri_video_write_options options = {.format = "matroska", .video_codec = "ffv1", .crf = -1};
    const struct tri_video_write_options mp4 = {.format = "mp4", .crf = -1};
    const char *path = pictures_path("out.mkv");
    struct tri_error error = {0}, second = {0};
    fflush(stdout);
    const int old = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT, 0600);
    CU_ASSERT_TRUE_FATAL(old >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    const enum tri_status status = clips_write("-", &video, &options, 6, NULL, &error);
    const enum tri_status refused = clips_write("-", &video, &mp4, 1, NULL, &second);
    dup2(old, STDOUT_FILENO);
    close(old);
    close(file);
    CU_ASSERT_EQUAL(status, TRI_OK);
    clips_must_read(path, 6);
    CU_ASSERT_EQUAL(refused, TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(second.text, "cannot write standard output: mp4 may need a file"));
    unlink(path);
}

static void test_disk_full(void)
{
    struct tri_error error;
    const struct tri_video_write_options options = {.format = "matroska", .video_codec = "ffv1", .crf = -1};
    if (access("/dev/full", W_OK) != 0) {
        test_skip("no /dev/full");
        return;
    }
    for (int side = 16; side <= 816; side += 800) {
        const struct tri_video video = clips_video(side, side, 3, 1, 1, 8);
        CU_ASSERT_EQUAL(clips_write("/dev/full", &video, &options, 3, NULL, &error), TRI_FAILED);
        CU_ASSERT_STRING_EQUAL(error.text, "cannot write /dev/full: No space left on device");
    }
}

/* ---- damage ---- */

/* Neither crashes nor goes on for ever, and says that there is damage unless every frame is there. */
static void check_damaged(const char *path, long frames, bool must_tell)
{
    const struct clip clip = clips_read_file(path, 255);
    CU_ASSERT_TRUE(clip.frames <= frames + 5);
    if (must_tell && clip.frames < frames && clip.status == TRI_OK && !clip.warning[0]) {
        printf("%s: %ld of %ld frames and not a word\n", path, clip.frames, frames);
        CU_FAIL("damage that is not told");
    }
}

static void test_damage(void)
{
    static const char *const names[] = {"damage.mkv", "damage.mp4", "damage.avi", "damage.ts"};
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (int i = 0; i < 4; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s", pictures_path(names[i]));
        clips_must_write(path, &video, NULL, 30, NULL);
        struct bytes file = pictures_load(path);
        for (int cut = 0; cut < 20; cut++) {
            pictures_store(path, file.data, file.size * (size_t)cut / 20);
            check_damaged(path, 30, i != 3);
        }
        uint32_t state = 1;
        for (int round = 0; round < 40; round++) {
            for (int k = 0; k < 20; k++) {
                state = state * 1664525 + 1013904223;
                file.data[(state >> 8) % file.size] ^= (unsigned char)(1 << (state >> 29));
            }
            pictures_store(path, file.data, file.size);
            check_damaged(path, 30, false);
        }
        free(file.data);
        unlink(path);
    }
}

/* MP4 with its index in front, cut: what is there comes. */
static void test_cut_with_index(void)
{
    if (!ffmpeg(PICTURES "-c:v mpeg4 -movflags +faststart whole.mp4"))
        return;
    struct bytes file = pictures_load(pictures_path("whole.mp4"));
    char path[512];
    snprintf(path, sizeof path, "%s", pictures_path("cut.mp4"));
    pictures_store(path, file.data, file.size / 2);
    const struct clip clip = clips_read_file(path, 255);
    CU_ASSERT_EQUAL(clip.status, TRI_OK);
    CU_ASSERT_TRUE(clip.frames > 5 && clip.frames < 75);
    CU_ASSERT_TRUE(clip.warning[0] != '\0');
    free(file.data);
    unlink(path);
    unlink(pictures_path("whole.mp4"));
}

static void test_no_video(void)
{
    struct clip clip = clips_read_file(pictures_path("missing.mp4"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "No such file or directory"));
    pictures_store(pictures_path("text.mp4"), "no video at all, but text", 25);
    clip = clips_read_file(pictures_path("text.mp4"), 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    unlink(pictures_path("text.mp4"));
    if (!ffmpeg(SOUND "-c:a flac sound.mkv"))
        return;
    clip = clips_read_file(pictures_path("sound.mkv"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "there is no video in it"));
    unlink(pictures_path("sound.mkv"));
}

static void test_change_of_size(void)
{
    const struct tri_video small = clips_video(64, 48, 3, 1, 1, 8), large = clips_video(96, 64, 3, 1, 1, 8);
    if (no_x264())
        return;
    clips_must_write(pictures_path("a.h264"), &small, &x264, 5, NULL);
    clips_must_write(pictures_path("b.h264"), &large, &x264, 5, NULL);
    struct bytes both = pictures_load(pictures_path("a.h264")),
                 second = pictures_load(pictures_path("b.h264"));
    pictures_add(&both, second.data, second.size);
    pictures_store(pictures_path("a.h264"), both.data, both.size);
    const struct clip clip = clips_read_file(pictures_path("a.h264"), 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    CU_ASSERT_EQUAL(clip.frames, 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "frame 6 has 96 x 64 pixels, those before it 64 x 48"));
    free(both.data);
    free(second.data);
    unlink(pictures_path("a.h264"));
    unlink(pictures_path("b.h264"));
}

/* ---- threads ---- */

struct share {
    struct tri_video_writer *writer;
    struct tri_frame *frames;
    long from, to;
};

static void *encode_share(void *context)
{
    const struct share *share = context;
    bool done = true;
    for (long n = share->from; n < share->to; n++)
        done &= tri_video_encode(share->writer, &share->frames[n], NULL) == TRI_OK;
    return done ? context : NULL;
}

/* Frames that are converted by several threads at once give the file that one alone makes. */
static void test_threads(void)
{
    enum { FRAMES = 24, THREADS = 4 };
    static const char *const names[] = {"one.mkv", "many.mkv"};
    struct tri_video video = clips_video(97, 61, 3, 0, 0, 8);
    struct tri_frame frames[FRAMES];
    struct bytes files[2];
    const struct tri_video_write_options options = {.video_codec = "huffyuv", .crf = -1};
    video.matrix = TRI_RGB;
    for (int i = 0; i < FRAMES; i++)
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &frames[i], NULL), TRI_OK);
    for (int many = 0; many < 2; many++) {
        const int count = many ? THREADS : 1;
        struct share shares[THREADS];
        pthread_t threads[THREADS];
        struct tri_video_writer *writer;
        for (int i = 0; i < FRAMES; i++)
            clips_fill(&video, i, &frames[i]);
        CU_ASSERT_EQUAL_FATAL(tri_video_create(pictures_path(names[many]), &video, &options, &writer, NULL),
                              TRI_OK);
        for (int t = 0; t < count; t++) {
            shares[t] = (struct share){writer, frames, FRAMES * t / count, FRAMES * (t + 1) / count};
            CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[t], NULL, encode_share, &shares[t]), 0);
        }
        for (int t = 0; t < count; t++) {
            void *done;
            pthread_join(threads[t], &done);
            CU_ASSERT_PTR_NOT_NULL(done);
        }
        for (int i = 0; i < FRAMES; i++)
            CU_ASSERT_EQUAL(tri_video_put(writer, &frames[i], NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_end(writer, TRI_OK, NULL), TRI_OK);
        files[many] = pictures_load(pictures_path(names[many]));
        unlink(pictures_path(names[many]));
    }
    CU_ASSERT_TRUE(files[0].size == files[1].size &&
                   memcmp(files[0].data, files[1].data, files[0].size) == 0);
    for (int i = 0; i < FRAMES; i++)
        tri_frame_free(&frames[i]);
    free(files[0].data);
    free(files[1].data);
}

/* ---- real files ---- */

static void test_real_files(void)
{
    static const char *const names[] = {"video/bikes.mp4", "video/bigbuckbunny-720p.mp4"};
    for (int i = 0; i < 2; i++) {
        char path[1024];
        struct tri_error error;
        if (test_data(names[i], path) == NULL) {
            test_skip("no data");
            return;
        }
        struct tri_video_reader *reader = clips_open(path);
        const int64_t known = reader->video.frames;
        struct clip clip = clips_read(reader, 255);
        CU_ASSERT_EQUAL(clip.status, TRI_OK);
        CU_ASSERT_EQUAL(clip.frames, known);
        CU_ASSERT_STRING_EQUAL(clip.warning, "");
        CU_ASSERT_TRUE(clip.times[0] == 0 && clip.times[1] > 0);
        tri_video_close(reader);
        CU_ASSERT_EQUAL(copy_clip(path, pictures_path("real.mkv"), &ffv1, 40, &error), TRI_OK);
        clip = clips_read_file(pictures_path("real.mkv"), 255);
        CU_ASSERT_EQUAL(clip.frames, 40);
        unlink(pictures_path("real.mkv"));
    }
}

int test_libav_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "lossless round trips", test_lossless) &&
             CU_add_test(suite, "lossless H.264 in every container", test_x264) &&
             CU_add_test(suite, "usual codecs", test_usual_codecs) &&
             CU_add_test(suite, "the same file again", test_same_file) &&
             CU_add_test(suite, "times of frames", test_times) && CU_add_test(suite, "tags", test_tags) &&
             CU_add_test(suite, "RGB for encoders of YCbCr", test_rgb_to_ycbcr) &&
             CU_add_test(suite, "every layout of pixels", test_layouts) &&
             CU_add_test(suite, "few bits, and palettes", test_small_layouts) &&
             CU_add_test(suite, "sound", test_sound) &&
             CU_add_test(suite, "times of sound", test_sound_times) &&
             CU_add_test(suite, "a run that was interrupted", test_interrupted) &&
             CU_add_test(suite, "chapters and tags", test_chapters_and_tags) &&
             CU_add_test(suite, "what cannot be written", test_refusals) &&
             CU_add_test(suite, "which files", test_names) &&
             CU_add_test(suite, "standard input", test_standard_input) &&
             CU_add_test(suite, "standard output", test_standard_output) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "damage", test_damage) &&
             CU_add_test(suite, "an index in front, and the end missing", test_cut_with_index) &&
             CU_add_test(suite, "no video", test_no_video) &&
             CU_add_test(suite, "a change of size", test_change_of_size) &&
             CU_add_test(suite, "several threads", test_threads) &&
             CU_add_test(suite, "real files", test_real_files));
}
