/* libav_files.c -- decodes files, and runs copies of files. */
#include "libav_files.h"
#include "clips.h"

#include <CUnit/CUnit.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

static int level_of(const AVFrame *frame)
{
    long sum = 0;
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++)
            sum += frame->data[0][y * frame->linesize[0] + x];
    return (int)((sum + frame->width * frame->height / 2) / (frame->width * frame->height));
}

static void show(AVCodecContext *decoder, const AVStream *stream, const AVPacket *packet,
                 struct shown *shown)
{
    AVFrame *frame = av_frame_alloc();
    CU_ASSERT_TRUE(avcodec_send_packet(decoder, packet) >= 0);
    while (avcodec_receive_frame(decoder, frame) >= 0 && shown->frames < SHOWN_MOST) {
        const int n = shown->frames;
        shown->times[n] =
            frame->best_effort_timestamp != AV_NOPTS_VALUE
                ? (double)frame->best_effort_timestamp * av_q2d(stream->time_base)
            : n > 1 ? 2 * shown->times[n - 1] - shown->times[n - 2] /* for MPEG's last frame */
                    : -1;
        shown->levels[shown->frames++] = level_of(frame);
    }
    av_frame_free(&frame);
}

static void hear(const AVStream *stream, const AVPacket *packet, struct shown *shown)
{
    if (shown->heard++ == 0)
        shown->sound = (double)packet->pts * av_q2d(stream->time_base);
}

struct shown libav_shown(const char *path)
{
    struct shown shown = {0};
    AVFormatContext *format = NULL;
    CU_ASSERT_EQUAL_FATAL(avformat_open_input(&format, path, NULL, NULL), 0);
    CU_ASSERT_TRUE(avformat_find_stream_info(format, NULL) >= 0);
    const int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    CU_ASSERT_TRUE_FATAL(video >= 0);
    const AVStream *stream = format->streams[video];
    AVCodecContext *decoder =
        avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    AVPacket *packet = av_packet_alloc();
    CU_ASSERT_TRUE(avcodec_parameters_to_context(decoder, stream->codecpar) >= 0);
    decoder->pkt_timebase = stream->time_base;
    CU_ASSERT_TRUE(avcodec_open2(decoder, NULL, NULL) >= 0);
    while (av_read_frame(format, packet) == 0) {
        const AVStream *from = format->streams[packet->stream_index];
        if (packet->stream_index == video)
            show(decoder, stream, packet, &shown);
        else if (from->codecpar->codec_type == AVMEDIA_TYPE_AUDIO &&
                 packet->pts != AV_NOPTS_VALUE && !(packet->flags & AV_PKT_FLAG_DISCARD))
            hear(from, packet, &shown);
        av_packet_unref(packet);
    }
    show(decoder, stream, NULL, &shown);
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    avformat_close_input(&format);
    return shown;
}

int libav_shown_at(const struct shown *shown, int level)
{
    int best = 0;
    for (int i = 1; i < shown->frames; i++)
        best = abs(shown->levels[i] - level) < abs(shown->levels[best] - level) ? i : best;
    return best;
}

static char notes[2000];

static void keep_note(void *listener, const char *text)
{
    (void)listener;
    const size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s\n", text);
}

const char *libav_copy_notes(const char *from, const char *to,
                             const struct tri_video_write_options *like)
{
    struct tri_video_write_options options = *like;
    struct tri_error error = {0};
    notes[0] = '\0';
    options.pictures.tell = keep_note;
    if (clips_copy(from, to, &options, -1, &error) != TRI_OK) {
        printf("%s\n", error.text);
        CU_FAIL("a file cannot be copied");
    }
    return notes;
}
