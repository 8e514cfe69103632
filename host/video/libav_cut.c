/* libav_cut.c -- sound, subtitles and chapters of a part of a video. Packets are not decoded, so
 * sound is cut between them. */
#include "libav_codec.h"

#include <math.h>
#include <stdlib.h>

#define PREROLL 1.0 /* seconds of packets kept before the part, of which few are written */

/* Whether packets may have to be left out. */
static bool is_cut(const struct tri_libav_input *input)
{
    return tri_trim_is_part(&input->reader->options.trim);
}

/* ---- packets before the part ---- */

static bool is_over(const struct tri_libav_input *input, const struct tri_libav_packet *kept,
                    int64_t time)
{
    const AVPacket *packet = kept->packet;
    const AVStream *stream = input->format->streams[packet->stream_index];
    const bool text = stream->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
    if ((stream->disposition & AV_DISPOSITION_ATTACHED_PIC) || packet->pts == AV_NOPTS_VALUE)
        return false;
    if (time == INT64_MAX)
        return true;
    const double end = (double)(packet->pts + packet->duration) * av_q2d(kept->base);
    return end + (text ? 0 : PREROLL) < (double)time * av_q2d(input->stream->time_base);
}

void tri_libav_forget(struct tri_libav_input *input, int64_t time)
{
    pthread_mutex_lock(&input->lock);
    struct tri_libav_packet **at = &input->oldest;
    while (*at != NULL) {
        struct tri_libav_packet *kept = *at;
        if (!is_over(input, kept, time)) {
            at = &kept->next;
            continue;
        }
        *at = kept->next;
        input->waiting -= (size_t)kept->packet->size;
        av_packet_free(&kept->packet);
        free(kept);
    }
    input->newest = at;
    pthread_mutex_unlock(&input->lock);
}

/* ---- packets of the part ---- */

bool tri_libav_is_later(const struct tri_libav_input *input, const AVPacket *packet,
                        AVRational base, int64_t time)
{
    if (time == INT64_MAX || packet->pts == AV_NOPTS_VALUE)
        return false;
    const int64_t start = av_rescale_q(input->start, input->stream->time_base, base);
    return av_compare_ts(packet->pts - start, base, time, input->stream->time_base) >= 0;
}

/* How long the part is to be, in `base`; INT64_MAX: as long as the file. */
static int64_t length_of(const struct tri_libav_input *input, AVRational base)
{
    const struct tri_video_reader *reader = input->reader;
    const struct tri_trim *trim = &reader->options.trim;
    const double start =
        trim->length ? 0 : tri_video_seconds(&reader->video, reader->trimmed.start);
    const int *rate = reader->video.rate;
    double seconds = trim->to.seconds - start;
    if (!trim->to.given || (trim->to.frame >= 0 && rate[0] < 1))
        return INT64_MAX;
    if (trim->to.frame >= 0)
        seconds = (double)(trim->to.frame - (trim->length ? 0 : reader->trimmed.skipped)) *
                  rate[1] / rate[0];
    return llround(seconds / av_q2d(base));
}

/* A subtitle is shown during the part only. */
static bool cut_subtitle(const struct tri_libav_input *input, AVPacket *packet, AVRational base)
{
    const int64_t length = length_of(input, base);
    const bool began = input->reader->options.trim.from.given;
    int64_t end = packet->pts + packet->duration;
    if (packet->duration <= 0)
        return packet->pts >= 0 || !began;
    if (end > length)
        end = length;
    if (packet->pts < 0 && began)
        packet->pts = packet->dts = 0;
    packet->duration = end - packet->pts;
    return packet->duration > 0;
}

/* MP4 hides what is before 0, and decoders need the packet before. */
static bool is_before(const struct tri_libav_output *output, const AVPacket *packet)
{
    const int64_t end = packet->pts + packet->duration;
    return tri_libav_is_mp4(output->format->oformat) ? end + packet->duration <= 0
                                                     : packet->pts < 0;
}

static void measure_sound(struct tri_libav_output *output, const AVPacket *packet, AVRational base)
{
    const double from = (double)packet->pts * av_q2d(base),
                 to = (double)(packet->pts + packet->duration) * av_q2d(base);
    if (output->cut_late == 0 && output->cut_before && !output->cut_begun && from > 0)
        output->cut_late = from;
    output->cut_begun = true;
    if (to > output->cut_end)
        output->cut_end = to;
}

bool tri_libav_cut(struct tri_libav_output *output, AVPacket *packet, AVRational base)
{
    const struct tri_libav_input *input = output->source;
    const AVStream *stream = input->format->streams[packet->stream_index];
    const enum AVMediaType type = stream->codecpar->codec_type;
    if (!is_cut(input) || packet->pts == AV_NOPTS_VALUE)
        return true;
    if (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) {
        packet->pts = packet->dts = 0;
        return true;
    }
    if (type == AVMEDIA_TYPE_SUBTITLE)
        return cut_subtitle(input, packet, base);
    if (input->reader->options.trim.from.given && is_before(output, packet)) {
        output->cut_before |= type == AVMEDIA_TYPE_AUDIO;
        return false;
    }
    if (type == AVMEDIA_TYPE_AUDIO)
        measure_sound(output, packet, base);
    return true;
}

/* After the last frame: only then is known where the part ends. */
void tri_libav_note_cut(const struct tri_video_writer *writer)
{
    const struct tri_libav_output *output = writer->state;
    const struct tri_video_reader *reader = output->reader;
    double more = 0;
    if (output->cut_begun && reader->trimmed.ended && reader->trimmed.end < INT64_MAX)
        more = output->cut_end - tri_video_seconds(&reader->video, reader->trimmed.end);
    more = more > 0 ? more : 0;
    if (output->cut_late >= 0.0005 || more >= 0.0005)
        tri_video_note(writer,
                       "%s: sound is copied in whole packets: it begins %.3f s after the first "
                       "frame, and ends %.3f s after the last",
                       writer->name, output->cut_late, more);
}

/* ---- what is stored beside packets ---- */

bool tri_libav_cut_chapter(const struct tri_libav_input *input, AVChapter *chapter)
{
    if (!is_cut(input))
        return true;
    const int64_t length = length_of(input, chapter->time_base);
    chapter->start = chapter->start > 0 ? chapter->start : 0;
    chapter->end = chapter->end < length ? chapter->end : length;
    return chapter->end > chapter->start;
}
