/* libav_seek.c -- goes on to the first frame of a part. Decoding begins at a key frame before it,
 * where the container knows these; otherwise at the first frame. Other frames are decoded and
 * dropped, so the part is exact. */
#include "libav_codec.h"

#include <libavutil/avstring.h>
#include <math.h>

/* Decoding begins earlier by as much: key frames are found by the times of decoding, and the
 * first frames after one may need frames before it. */
#define MARGIN 2.0

static int64_t ticks(const struct tri_libav_input *input, double seconds)
{
    return (int64_t)(seconds / av_q2d(input->stream->time_base));
}

/* Transport streams know no key frames, and their clocks may restart. */
static bool can_jump(const struct tri_libav_input *input, const struct tri_trim *trim)
{
    const AVFormatContext *format = input->format;
    return trim->from.frame < 0 && (!trim->to.given || trim->length || trim->to.frame < 0) &&
           input->io == NULL && format->pb != NULL &&
           (format->pb->seekable & AVIO_SEEKABLE_NORMAL) &&
           av_match_name(format->iformat->name, "mov,matroska,avi") > 0 &&
           trim->from.seconds > MARGIN;
}

static bool has_subtitles(const AVFormatContext *format)
{
    bool found = false;
    for (unsigned i = 0; i < format->nb_streams; i++)
        found |= format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
    return found;
}

static bool go_to(struct tri_libav_input *input, int64_t time)
{
    if (avformat_seek_file(input->format, input->stream->index, INT64_MIN, time, time, 0) < 0)
        return false;
    avcodec_flush_buffers(input->decoder);
    input->ended = false;
    input->jumped = true;
    input->packets = input->skipped = 0;
    input->decode_from = AV_NOPTS_VALUE;
    return true;
}

/* A subtitle may begin long before the frames that it is shown with: then all packets are read,
 * but frames before the key frame are not decoded. */
static bool read_all(struct tri_libav_input *input)
{
    int64_t key = AV_NOPTS_VALUE;
    while (key == AV_NOPTS_VALUE && av_read_frame(input->format, input->packet) >= 0) {
        if (input->packet->stream_index == input->stream->index)
            key = input->packet->dts;
        av_packet_unref(input->packet);
    }
    if (key == AV_NOPTS_VALUE || !go_to(input, input->start))
        return false;
    input->jumped = false;
    input->decode_from = key;
    return true;
}

/* Back to the first frame. */
static bool go_back(struct tri_libav_input *input)
{
    tri_libav_forget(input, INT64_MAX);
    const bool gone = go_to(input, input->start);
    input->jumped = false;
    return gone;
}

/* Decodes the next frame into `first`. */
static int decode_first(struct tri_video_reader *reader)
{
    struct tri_libav_input *input = reader->state;
    if (input->first == NULL)
        input->first = av_frame_alloc();
    const int code =
        input->first != NULL ? tri_libav_decode_next(reader, input->first) : AVERROR(ENOMEM);
    if (code < 0)
        av_frame_free(&input->first);
    return code;
}

/* Begins with a key frame before the part. Returns 0 or libav's code. */
static int jump(struct tri_video_reader *reader, double seconds)
{
    struct tri_libav_input *input = reader->state;
    const int64_t target = input->start + ticks(input, seconds);
    tri_libav_forget(input, INT64_MAX);
    int code = AVERROR_EOF;
    if (go_to(input, target - ticks(input, MARGIN)) &&
        (!has_subtitles(input->format) || read_all(input)))
        code = decode_first(reader);
    const int64_t time = code >= 0 ? input->first->best_effort_timestamp : AV_NOPTS_VALUE;
    if (time != AV_NOPTS_VALUE && time <= target)
        return 0;
    if (code >= 0 || code == AVERROR_EOF)
        code = go_back(input) ? decode_first(reader) : AVERROR(EIO);
    return code;
}

/* Decodes up to the part. *found is false at the end of the file; *end is the time it ends at. */
static int pass_frames(struct tri_video_reader *reader, const struct tri_mark *from, double *end)
{
    struct tri_libav_input *input = reader->state;
    int code = 0;
    while (code >= 0) {
        struct tri_frame frame = {.raw = input->first};
        tri_libav_set_times(input, &reader->video, &frame);
        reader->trimmed.start = frame.time;
        if (tri_trim_reaches(from, tri_video_seconds(&reader->video, frame.time), input->skipped))
            return 0;
        *end = tri_video_seconds(&reader->video, frame.time + frame.duration);
        reader->warning[0] = '\0'; /* of what is left out */
        input->frames = 0;
        input->skipped++;
        tri_libav_forget(input, frame.time + input->start);
        av_frame_unref(input->first);
        code = reader->options.stop != NULL && reader->options.stop() ? AVERROR_EXIT
                                                                      : decode_first(reader);
    }
    return code;
}

enum tri_status tri_libav_seek(struct tri_video_reader *reader, struct tri_error *error)
{
    struct tri_libav_input *input = reader->state;
    const struct tri_trim *trim = &reader->options.trim;
    struct tri_trimmed *trimmed = &reader->trimmed;
    double end = 0;
    char text[TRI_LIBAV_TEXT];
    int code = can_jump(input, trim) ? jump(reader, trim->from.seconds) : 0;
    if (code >= 0)
        code = pass_frames(reader, &trim->from, &end);
    trimmed->skipped = input->skipped;
    if (code == AVERROR_EOF)
        return tri_trim_no_frames(reader, end, error);
    if (code < 0)
        return tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->name,
                        tri_libav_reason(code, text));
    tri_libav_forget(input, input->start + trimmed->start);
    input->start += trimmed->start;
    input->last = AV_NOPTS_VALUE;
    input->frames = 0;
    trimmed->relative = trimmed->begun = true;
    return TRI_OK;
}
