/* test_libav_copy.c -- parts of a video that are copied unchanged. Sources are made by the ffmpeg
 * program. */
#include "clips.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tri_video_write_options ffv1 = {.video_codec = "ffv1", .crf = -1};

#define PICTURES "-f lavfi -i testsrc=s=64x48:r=25:d=3 "
#define SOUND "-f lavfi -i sine=d=3 "

/* ---- sound ---- */

/* All packets of non-video streams, concatenated, and their number. */
static struct bytes sound_of(const char *path, int *packets, int *streams)
{
    struct bytes all = {0};
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

static void expect_same_sound(const char *from, const char *to)
{
    int packets[2], streams[2];
    struct bytes a = sound_of(from, &packets[0], &streams[0]),
                 b = sound_of(to, &packets[1], &streams[1]);
    CU_ASSERT_TRUE(packets[0] > 10);
    CU_ASSERT_EQUAL(packets[0], packets[1]);
    CU_ASSERT_EQUAL(streams[0], streams[1]);
    CU_ASSERT_TRUE(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
    free(a.data);
    free(b.data);
}

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
        {PICTURES SOUND SOUND "-map 0 -map 1 -map 2 -c:v mpeg4 -c:a flac", "src.mkv", "dst.mkv",
         true},
        {PICTURES SOUND "-c:v mpeg2video -c:a mp2", "src.ts", "dst.mkv", true},
        {PICTURES SOUND "-c:v mpeg4 -c:a mp2", "src.avi", "dst.mkv", true},
    };
    struct tri_error error = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[500];
        snprintf(arguments, sizeof arguments, "%s %s", cases[i].arguments, cases[i].from);
        if (!clips_ffmpeg(arguments))
            return;
        const struct tri_video_write_options usual = {.crf = -1};
        const char *from = pictures_path(cases[i].from), *to = pictures_path(cases[i].to);
        const enum tri_status status =
            clips_copy(from, to, cases[i].lossless ? &ffv1 : &usual, -1, &error);
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

/* Sound keeps its times: not only the bytes are the same. */
static void test_sound_times(void)
{
    struct tri_error error;
    static const char *const names[] = {"src.ts", "dst.mkv",
                                        "dst.ts"}; /* MPEG-2's frames have times by number */
    const struct tri_video_write_options usual = {.crf = -1};
    if (!clips_ffmpeg(PICTURES SOUND "-c:v mpeg2video -c:a mp2 -muxdelay 2 src.ts"))
        return;
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.ts"), pictures_path("dst.mkv"), &ffv1, -1, &error), TRI_OK);
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.ts"), pictures_path("dst.ts"), &usual, -1, &error), TRI_OK);
    int64_t offsets[3];
    for (int i = 0; i < 3; i++) {
        AVFormatContext *format = NULL;
        int64_t starts[2] = {0};
        CU_ASSERT_EQUAL_FATAL(avformat_open_input(&format, pictures_path(names[i]), NULL, NULL), 0);
        CU_ASSERT_TRUE(avformat_find_stream_info(format, NULL) >= 0);
        for (unsigned s = 0; s < 2; s++)
            starts[s] = av_rescale_q(format->streams[s]->start_time, format->streams[s]->time_base,
                                     (AVRational){1, 1000});
        offsets[i] = starts[1] - starts[0];
        CU_ASSERT_TRUE(i == 0 || llabs(starts[0]) < 100);
        avformat_close_input(&format);
    }
    CU_ASSERT_TRUE(llabs(offsets[0] - offsets[1]) <= 1);
    CU_ASSERT_TRUE(llabs(offsets[0] - offsets[2]) <= 1);
    for (int i = 0; i < 3; i++)
        unlink(pictures_path(names[i]));
}

/* An interrupted run leaves a playable file. */
static void test_interrupted(void)
{
    struct tri_error error;
    const struct tri_video_write_options usual = {.crf = -1};
    if (!clips_ffmpeg(PICTURES SOUND "-c:v mpeg4 -c:a aac src.mp4"))
        return;
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.mp4"), pictures_path("dst.mp4"), &usual, 20, &error), TRI_OK);
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
    if (clips_ffmpeg(
            PICTURES SOUND
            "-i words.srt -i tags.txt -map 0 -map 1 -map 2 -map_metadata 3 -map_chapters 3 "
            "-metadata:s:a:0 language=fra -c:v ffv1 -c:a flac -c:s srt src.mkv")) {
        AVFormatContext *format = NULL;
        CU_ASSERT_EQUAL(
            clips_copy(pictures_path("src.mkv"), pictures_path("dst.mkv"), &ffv1, -1, &error),
            TRI_OK);
        CU_ASSERT_EQUAL_FATAL(avformat_open_input(&format, pictures_path("dst.mkv"), NULL, NULL),
                              0);
        CU_ASSERT_EQUAL(format->nb_streams, 3);
        CU_ASSERT_EQUAL_FATAL(format->nb_chapters, 2);
        CU_ASSERT_EQUAL(av_rescale_q(format->chapters[1]->start, format->chapters[1]->time_base,
                                     (AVRational){1, 1000}),
                        1000);
        CU_ASSERT_STRING_EQUAL(av_dict_get(format->chapters[1]->metadata, "title", NULL, 0)->value,
                               "Two");
        CU_ASSERT_STRING_EQUAL(av_dict_get(format->metadata, "title", NULL, 0)->value, "A title");
        CU_ASSERT_STRING_EQUAL(
            av_dict_get(format->streams[1]->metadata, "language", NULL, 0)->value, "fra");
        avformat_close_input(&format);
        unlink(pictures_path("src.mkv"));
        unlink(pictures_path("dst.mkv"));
    }
    unlink(pictures_path("tags.txt"));
    unlink(pictures_path("words.srt"));
}

/* A picture that is shown mirrored, which is not a rotation. */
static void test_mirrored(void)
{
    static const unsigned char mirror[] = {255, 255, 0, 0}; /* -1.0 */
    struct tri_error error;
    const struct tri_video_write_options usual = {.crf = -1};
    if (!clips_ffmpeg(PICTURES "-c:v mpeg4 src.mp4"))
        return;
    struct bytes file = pictures_load(pictures_path("src.mp4"));
    size_t at = 0;
    while (at + 80 < file.size && memcmp(file.data + at, "tkhd", 4) != 0)
        at++;
    memcpy(file.data + at + 44, mirror, sizeof mirror); /* version 0 */
    pictures_store(pictures_path("src.mp4"), file.data, file.size);
    free(file.data);
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.mp4"), pictures_path("dst.mp4"), &usual, -1, &error), TRI_OK);
    file = pictures_load(pictures_path("dst.mp4"));
    at = 0;
    while (at + 80 < file.size && memcmp(file.data + at, "tkhd", 4) != 0)
        at++;
    CU_ASSERT_TRUE(at + 80 < file.size && memcmp(file.data + at + 44, mirror, sizeof mirror) == 0);
    free(file.data);
    unlink(pictures_path("src.mp4"));
    unlink(pictures_path("dst.mp4"));
}

/* The attached picture, or else the extradata, which holds Matroska's attachments, of all streams
 * of a codec. */
static struct bytes attached_to(const char *path, const char *codec)
{
    struct bytes all = {0};
    AVFormatContext *format = NULL;
    CU_ASSERT_EQUAL_FATAL(avformat_open_input(&format, path, NULL, NULL), 0);
    CU_ASSERT_TRUE(avformat_find_stream_info(format, NULL) >= 0);
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVStream *stream = format->streams[i];
        if (strcmp(avcodec_get_name(stream->codecpar->codec_id), codec) != 0)
            continue;
        if (stream->attached_pic.size > 0)
            pictures_add(&all, stream->attached_pic.data, (size_t)stream->attached_pic.size);
        else
            pictures_add(&all, stream->codecpar->extradata,
                         (size_t)stream->codecpar->extradata_size);
    }
    avformat_close_input(&format);
    return all;
}

static void expect_same_attached(const char *from, const char *to, const char *codec)
{
    struct bytes a = attached_to(pictures_path(from), codec),
                 b = attached_to(pictures_path(to), codec);
    if (a.size < 100 || a.size != b.size)
        printf("%s %s: %zu and %zu bytes\n", from, to, a.size, b.size);
    CU_ASSERT_TRUE(a.size > 100 && a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
    free(a.data);
    free(b.data);
}

/* Fonts, and cover art as in MP4 and as in Matroska. */
static void test_attached(void)
{
    static const struct {
        const char *from, *to, *codec;
    } cases[] = {{"cover.mp4", "a.mp4", "png"}, {"a.mp4", "a.mkv", "png"},
                 {"a.mkv", "b.mkv", "png"},     {"b.mkv", "b.mp4", "png"},
                 {"font.mkv", "c.mkv", "ttf"},  {"font.mkv", "c.mp4", ""}};
    const struct tri_video_write_options usual = {.crf = -1};
    struct tri_error error = {0};
    char font[500] = "not really a font";
    pictures_store(pictures_path("some.ttf"), font, sizeof font);
    if (clips_ffmpeg("-f lavfi -i testsrc=s=32x32:d=0.04 -frames:v 1 cover.png") &&
        clips_ffmpeg(PICTURES SOUND
                     "-i cover.png -map 0 -map 1 -map 2 -c:v:0 mpeg4 -c:a aac -c:v:1 png "
                     "-disposition:v:1 attached_pic cover.mp4") &&
        clips_ffmpeg(PICTURES "-attach some.ttf -metadata:s:t mimetype=application/x-truetype-font "
                              "-c:v mpeg4 font.mkv")) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            char from[512];
            snprintf(from, sizeof from, "%s", pictures_path(cases[i].from));
            CU_ASSERT_EQUAL_FATAL(clips_copy(from, pictures_path(cases[i].to), &usual, -1, &error),
                                  TRI_OK);
            CU_ASSERT_EQUAL(clips_read_file(pictures_path(cases[i].to), 255).frames, 75);
            if (cases[i].codec[0])
                expect_same_attached(cases[i].from, cases[i].to, cases[i].codec);
        }
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            unlink(pictures_path(cases[i].to));
        unlink(pictures_path("cover.png"));
        unlink(pictures_path("cover.mp4"));
        unlink(pictures_path("font.mkv"));
    }
    unlink(pictures_path("some.ttf"));
}

/* Damaged sound does not end the video. */
static void test_damaged_sound(void)
{
    const struct tri_video_write_options usual = {.crf = -1};
    struct tri_error error = {0};
    char path[512];
    if (!clips_ffmpeg(PICTURES SOUND "-c:v mpeg2video -c:a aac src.ts"))
        return;
    struct bytes file = pictures_load(pictures_path("src.ts"));
    for (int round = 0; round < 8; round++) {
        for (size_t i = 0; i < 60; i++)
            file.data[file.size / 3 + i * 97 + (size_t)round * 1000] ^= 0x5a;
        snprintf(path, sizeof path, "%s", pictures_path("damaged.ts"));
        pictures_store(path, file.data, file.size);
        const enum tri_status status =
            clips_copy(path, pictures_path("dst.mkv"), &ffv1, -1, &error);
        if (status != TRI_OK)
            printf("%s\n", error.text);
        CU_ASSERT_EQUAL(status, TRI_OK);
        CU_ASSERT_TRUE(clips_read_file(pictures_path("dst.mkv"), 255).frames > 60);
        unlink(pictures_path("dst.mkv"));
        /* Here the muxer detects it only when a video packet is written. */
        CU_ASSERT_EQUAL(clips_copy(path, pictures_path("dst.ts"), &usual, -1, &error), TRI_OK);
        CU_ASSERT_TRUE(clips_read_file(pictures_path("dst.ts"), 255).frames > 60);
        unlink(pictures_path("dst.ts"));
    }
    free(file.data);
    unlink(path);
    unlink(pictures_path("src.ts"));
}

/* Streams that appear after the copy has begun are not part of it. */
static void test_late_streams(void)
{
    struct tri_error error = {0};
    if (!clips_ffmpeg("-f lavfi -i testsrc=s=64x48:r=25:d=15 -f lavfi -i sine=d=15 -c:v mpeg2video "
                      "-c:a mp2 one.ts") ||
        !clips_ffmpeg(PICTURES SOUND
                      "-c:v mpeg2video -c:a mp2 -mpegts_service_id 2 -mpegts_pmt_start_pid 0x1100 "
                      "-mpegts_start_pid 0x200 two.ts"))
        return;
    struct bytes both = pictures_load(pictures_path("one.ts")),
                 two = pictures_load(pictures_path("two.ts"));
    pictures_add(&both, two.data, two.size);
    pictures_store(pictures_path("both.ts"), both.data, both.size);
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("both.ts"), pictures_path("dst.mkv"), &ffv1, -1, &error), TRI_OK);
    expect_same_sound(pictures_path("one.ts"), pictures_path("dst.mkv"));
    free(both.data);
    free(two.data);
    unlink(pictures_path("one.ts"));
    unlink(pictures_path("two.ts"));
    unlink(pictures_path("both.ts"));
    unlink(pictures_path("dst.mkv"));
}

/* Sound that the file's header declares and its body lacks. */
static void test_sound_that_is_none(void)
{
    struct tri_error error = {0};
    const struct tri_video_write_options usual = {.crf = -1};
    if (!clips_ffmpeg(PICTURES SOUND "-c:v mpeg2video -c:a mp2 -mpegts_start_pid 0x100 src.ts"))
        return;
    struct bytes file = pictures_load(pictures_path("src.ts"));
    for (size_t at = 0; at + 188 <= file.size; at += 188) {
        if ((file.data[at + 1] & 31) == 1 &&
            file.data[at + 2] == 1) /* the sound's, now of no stream */
            file.data[at + 1] |= 31;
    }
    pictures_store(pictures_path("src.ts"), file.data, file.size);
    free(file.data);
    struct tri_video_reader *reader = clips_open(pictures_path("src.ts"));
    struct tri_video_write_options options = usual;
    struct tri_video_writer *writer;
    options.source = reader;
    CU_ASSERT_EQUAL_FATAL(
        tri_video_create(pictures_path("dst.mp4"), &reader->video, &options, &writer, &error),
        TRI_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(reader->warning, "dropped: its parameters are unknown"));
    tri_video_end(writer, TRI_FAILED, &error);
    tri_video_close(reader);
    unlink(pictures_path("src.ts"));
}

/* ---- refusals ---- */

static void test_sound_that_does_not_fit(void)
{
    struct tri_error error;
    if (!clips_ffmpeg(PICTURES SOUND "-c:v ffv1 -c:a flac src.mkv"))
        return;
    const struct tri_video_write_options usual = {.crf = -1};
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.mkv"), pictures_path("a.webm"), &usual, -1, &error),
        TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "webm cannot store the source's audio (flac)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "or drop it with --no-audio"));
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.mkv"), pictures_path("a.gif"), &usual, -1, &error), TRI_OK);
    unlink(pictures_path("a.gif"));
    const struct tri_video_write_options silent = {.crf = -1, .no_audio = true};
    int packets, streams;
    CU_ASSERT_EQUAL(
        clips_copy(pictures_path("src.mkv"), pictures_path("a.webm"), &silent, -1, &error), TRI_OK);
    free(sound_of(pictures_path("a.webm"), &packets, &streams).data);
    CU_ASSERT_EQUAL(streams, 0);
    unlink(pictures_path("a.webm"));
    unlink(pictures_path("src.mkv"));
}

/* Colour tags of a source are copied, and unspecified ones stay unspecified. */
static void test_colour_tags(void)
{
    static const char *const tags[] = {
        "", "-color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709 ",
        "-color_range pc -colorspace smpte170m "};
    char command[300];
    struct tri_error error;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        AVFormatContext *formats[2] = {NULL, NULL};
        snprintf(command, sizeof command, "%s-pix_fmt yuv420p -c:v ffv1 %ssrc.mkv", PICTURES,
                 tags[i]);
        if (!clips_ffmpeg(command))
            return;
        const char *paths[2] = {pictures_path("src.mkv"), pictures_path("dst.mkv")};
        CU_ASSERT_EQUAL_FATAL(clips_copy(paths[0], paths[1], &ffv1, -1, &error), TRI_OK);
        for (int k = 0; k < 2; k++) {
            CU_ASSERT_EQUAL_FATAL(avformat_open_input(&formats[k], paths[k], NULL, NULL), 0);
            CU_ASSERT_TRUE(avformat_find_stream_info(formats[k], NULL) >= 0);
        }
        const AVCodecParameters *a = formats[0]->streams[0]->codecpar,
                                *b = formats[1]->streams[0]->codecpar;
        CU_ASSERT_TRUE(a->color_space == b->color_space && a->color_range == b->color_range &&
                       a->color_primaries == b->color_primaries && a->color_trc == b->color_trc);
        CU_ASSERT_EQUAL(a->color_space == AVCOL_SPC_UNSPECIFIED, i == 0);
        for (int k = 0; k < 2; k++) {
            avformat_close_input(&formats[k]);
            unlink(paths[k]);
        }
    }
}

static void test_subtitles_that_do_not_fit(void)
{
    static const char text[] = "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n";
    const struct tri_video_write_options usual = {.crf = -1};
    struct tri_error error;
    pictures_store(pictures_path("words.srt"), text, strlen(text));
    if (clips_ffmpeg(PICTURES "-i words.srt -c:v mpeg4 -c:s mov_text src.mp4")) {
        const char *path = pictures_path("src.mp4");
        CU_ASSERT_EQUAL(clips_copy(path, pictures_path("a.mkv"), &usual, -1, &error), TRI_USAGE);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(error.text,
                   "matroska cannot store the source's subtitle (mov_text); use the source's"));
        CU_ASSERT_EQUAL(
            clips_copy(pictures_path("src.mp4"), pictures_path("a.ts"), &usual, -1, &error),
            TRI_USAGE);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(error.text, "mpegts cannot store the source's subtitle (mov_text)"));
        CU_ASSERT_EQUAL(
            clips_copy(pictures_path("src.mp4"), pictures_path("a.gif"), &usual, -1, &error),
            TRI_OK);
        unlink(pictures_path("a.gif"));
        unlink(pictures_path("src.mp4"));
    }
    unlink(pictures_path("words.srt"));
}

int test_libav_copy_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav copies", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "sound", test_sound) &&
             CU_add_test(suite, "times of sound", test_sound_times) &&
             CU_add_test(suite, "a run that was interrupted", test_interrupted) &&
             CU_add_test(suite, "chapters and tags", test_chapters_and_tags) &&
             CU_add_test(suite, "attachments and covers", test_attached) &&
             CU_add_test(suite, "tags of colour", test_colour_tags) &&
             CU_add_test(suite, "a mirror", test_mirrored) &&
             CU_add_test(suite, "damaged sound", test_damaged_sound) &&
             CU_add_test(suite, "sound that is none", test_sound_that_is_none) &&
             CU_add_test(suite, "streams that come late", test_late_streams) &&
             CU_add_test(suite, "sound that does not fit", test_sound_that_does_not_fit) &&
             CU_add_test(suite, "subtitles that do not fit", test_subtitles_that_do_not_fit));
}
