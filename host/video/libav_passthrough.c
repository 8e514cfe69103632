/* libav_passthrough.c -- copied unchanged from a source: sound, subtitles, chapters, tags. */
#include "libav_codec.h"

#include <libavutil/avstring.h>
#include <stdlib.h>
#include <string.h>

/* Consecutive packets: damage in a source, of which less remains without them. */
#define REFUSED_MOST 100
#define WAITING_MOST ((size_t)256 << 20) /* bytes of packets that wait to be written */

/* ---- packets from the reader to the writer ---- */

static void append(struct tri_libav_input *input, struct tri_libav_packet *kept)
{
    pthread_mutex_lock(&input->lock);
    *input->newest = kept;
    input->newest = &kept->next;
    input->waiting += (size_t)kept->packet->size;
    pthread_mutex_unlock(&input->lock);
}

/* The oldest packet, unless it is of that time or later. */
static AVPacket *take(struct tri_libav_input *input, int64_t time, AVRational *base)
{
    AVPacket *packet = NULL;
    pthread_mutex_lock(&input->lock);
    struct tri_libav_packet *kept = input->oldest;
    if (kept != NULL && tri_libav_is_later(input, kept->packet, kept->base, time))
        kept = NULL;
    if (kept != NULL) {
        packet = kept->packet;
        *base = kept->base;
        input->oldest = kept->next;
        input->waiting -= (size_t)packet->size;
        if (input->oldest == NULL)
            input->newest = &input->oldest;
    }
    pthread_mutex_unlock(&input->lock);
    free(kept);
    return packet;
}

bool tri_libav_keep(struct tri_libav_input *input, AVPacket *packet)
{
    if (input->wanted ? packet->stream_index >= input->known : input->frames > 0)
        return true;
    pthread_mutex_lock(&input->lock);
    const size_t waiting = input->waiting;
    pthread_mutex_unlock(&input->lock);
    struct tri_libav_packet *kept = waiting < WAITING_MOST ? calloc(1, sizeof *kept) : NULL;
    AVPacket *own = kept != NULL ? av_packet_alloc() : NULL;
    if (own == NULL || av_packet_make_refcounted(packet) < 0) {
        av_packet_free(&own);
        free(kept);
        return false;
    }
    av_packet_move_ref(own, packet);
    kept->packet = own;
    kept->base = input->format->streams[own->stream_index]->time_base;
    append(input, kept);
    return true;
}

void tri_libav_drop(struct tri_libav_input *input)
{
    AVRational base;
    for (AVPacket *packet = take(input, INT64_MAX, &base); packet != NULL;
         packet = take(input, INT64_MAX, &base))
        av_packet_free(&packet);
    for (unsigned i = 0; input->format != NULL && i < input->format->nb_streams; i++) {
        AVStream *stream = input->format->streams[i];
        if (stream != input->stream)
            stream->discard = AVDISCARD_ALL;
    }
}

/* The file starts at 0, as its video does. */
static void shift_times(const struct tri_libav_input *input, AVPacket *packet, AVRational base)
{
    const int64_t start = av_rescale_q(input->start, input->stream->time_base, base);
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts -= start;
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts -= start;
}

/* Content hidden by an edit list must stay unheard. Only MP4 can keep it hidden; elsewhere decoders
 * get one packet of preroll, unless that would move the pictures, as in AVI. */
bool tri_libav_is_hidden(const struct tri_libav_output *output, const AVPacket *packet)
{
    const AVOutputFormat *container = output->format->oformat;
    const bool before = packet->pts<0, next = packet->pts + 2 * packet->duration> 0;
    const bool kept =
        before && (tri_libav_is_mp4(container) || (next && strcmp(container->name, "avi") != 0));
    return (packet->flags & AV_PKT_FLAG_DISCARD) && !kept;
}

/* A failing packet may be an older one of a copied stream: the muxer writes packets once each
 * stream has some. */
int tri_libav_write(struct tri_libav_output *output, AVPacket *packet)
{
    int code = packet != NULL ? tri_libav_begin_late(output, packet) : 0;
    if (code >= 0)
        code = av_interleaved_write_frame(output->format, packet);
    if (code >= 0)
        output->refused_now = 0;
    else if (output->source != NULL && code != AVERROR(ENOMEM) && output->failure == 0 &&
             output->refused_now < REFUSED_MOST) {
        output->refused_now++;
        output->refused++;
        return 0;
    }
    return code;
}

/* Of a part, packets wait until the frames are at their time: it may end before. The same if frames
 * are written long after they were read. */
static int64_t limit_of(const struct tri_libav_output *output, int64_t time)
{
    const struct tri_video_reader *reader = output->source->reader;
    const struct tri_trimmed *trimmed = &reader->trimmed;
    if (!reader->options.trim.to.given)
        return output->segments != NULL ? time : INT64_MAX;
    return time == INT64_MAX && trimmed->ended ? trimmed->end : time;
}

int tri_libav_write_kept(struct tri_libav_output *output, int64_t time)
{
    struct tri_libav_input *input = output->source;
    AVRational base;
    int code = 0;
    if (input == NULL)
        return 0;
    const int64_t limit = limit_of(output, time);
    for (AVPacket *packet = take(input, limit, &base); packet != NULL;
         packet = code < 0 ? NULL : take(input, limit, &base)) {
        const int to = output->streams[packet->stream_index];
        if (to >= 0)
            shift_times(input, packet, base);
        if (to >= 0 && !tri_libav_is_hidden(output, packet) &&
            tri_libav_cut(output, packet, base)) {
            av_packet_rescale_ts(packet, base, output->format->streams[to]->time_base);
            packet->stream_index = to;
            packet->pos = -1;
            code = tri_libav_write(output, packet);
        }
        av_packet_free(&packet);
    }
    return code;
}

/* ---- streams ---- */

static bool mkv_holds(enum AVCodecID codec)
{
    const AVOutputFormat *mkv = av_guess_format("matroska", NULL, NULL);
    return mkv != NULL && avformat_query_codec(mkv, codec, FF_COMPLIANCE_UNOFFICIAL) > 0;
}

static enum tri_status cannot_hold(const struct tri_video_writer *writer,
                                   const struct tri_libav_output *output, const AVStream *from,
                                   struct tri_error *error)
{
    return tri_fail(
        error, TRI_USAGE,
        "cannot write %s: %s cannot store the source's %s (%s); use %s, or drop it with --no-%s",
        writer->name, output->format->oformat->name,
        av_get_media_type_string(from->codecpar->codec_type),
        avcodec_get_name(from->codecpar->codec_id),
        mkv_holds(from->codecpar->codec_id) ? "mkv" : "the source's format",
        from->codecpar->codec_type == AVMEDIA_TYPE_AUDIO ? "audio" : "subtitles");
}

static int add_stream(struct tri_libav_output *output, AVStream *from, int *index,
                      char left[TRI_NOTE_MAX])
{
    AVStream *to = avformat_new_stream(output->format, NULL);
    if (to == NULL)
        return AVERROR(ENOMEM);
    const int code = avcodec_parameters_copy(to->codecpar, from->codecpar);
    to->codecpar->codec_tag = 0; /* let the container choose */
    to->time_base = from->time_base;
    *index = to->index;
    return code < 0 ? code : tri_libav_copy_stream_tags(output, from, to, left);
}

/* Matroska's covers are attachments, which its muxer accepts with a name and a type. */
static int attach_cover(struct tri_libav_output *output, AVStream *from)
{
    const AVCodecDescriptor *desc = avcodec_descriptor_get(from->codecpar->codec_id);
    const char *type = desc != NULL && desc->mime_types != NULL ? desc->mime_types[0] : NULL;
    const bool png = from->codecpar->codec_id == AV_CODEC_ID_PNG;
    AVStream *to = type != NULL && from->attached_pic.size > 0
                       ? avformat_new_stream(output->format, NULL)
                       : NULL;
    if (to == NULL)
        return type != NULL && from->attached_pic.size > 0 ? AVERROR(ENOMEM) : 0;
    const size_t size = (size_t)from->attached_pic.size;
    to->codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;
    to->codecpar->codec_id = from->codecpar->codec_id;
    to->codecpar->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (to->codecpar->extradata == NULL)
        return AVERROR(ENOMEM);
    memcpy(to->codecpar->extradata, from->attached_pic.data, size);
    to->codecpar->extradata_size = (int)size;
    int code = av_dict_set(&to->metadata, "filename", png ? "cover.png" : "cover.jpg", 0);
    if (code >= 0)
        code = av_dict_copy(&to->metadata, from->metadata, 0); /* may have its own name */
    return code < 0 ? code : av_dict_set(&to->metadata, "mimetype", type, AV_DICT_DONT_OVERWRITE);
}

/* Fonts and other attachments, and cover pictures, if the container has a place for them. */
static int copy_attached(struct tri_libav_output *output, AVStream *from, int *index,
                         char left[TRI_NOTE_MAX])
{
    const AVOutputFormat *container = output->format->oformat;
    const bool cover = from->disposition & AV_DISPOSITION_ATTACHED_PIC,
               mkv = strcmp(container->name, "matroska") == 0;
    int code = 0;
    if (mkv && cover)
        return attach_cover(output, from);
    if (cover && av_match_name(container->name, "mp4,ipod") > 0) {
        code = add_stream(output, from, index, left);
        if (code >= 0)
            output->format->streams[*index]->disposition = AV_DISPOSITION_ATTACHED_PIC;
    } else if (mkv && from->codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT &&
               av_dict_get(from->metadata, "filename", NULL, 0) != NULL) {
        code = add_stream(output, from, index, left);
    }
    return code;
}

/* Data that players of the container understand. */
static bool holds_data(const struct tri_libav_output *output, const AVStream *from)
{
    const AVCodecParameters *params = from->codecpar;
    const AVOutputFormat *container = output->format->oformat;
    const bool of_ts = strcmp(output->source->format->iformat->name, "mpegts") == 0;
    if (params->codec_type != AVMEDIA_TYPE_DATA)
        return false;
    if (params->codec_tag == MKTAG('g', 'p', 'm', 'd')) /* camera telemetry */
        return av_match_name(container->name, "mov,mp4") > 0;
    return of_ts && strcmp(container->name, "mpegts") == 0 &&
           (params->codec_id == AV_CODEC_ID_SMPTE_KLV || params->codec_id == AV_CODEC_ID_TIMED_ID3);
}

/* Requested, or nothing would be lost. */
static bool may_leave(const struct tri_libav_output *output,
                      const struct tri_video_write_options *options, const AVStream *from)
{
    const enum AVMediaType type = from->codecpar->codec_type;
    return (type == AVMEDIA_TYPE_AUDIO && options->no_audio) ||
           (type == AVMEDIA_TYPE_SUBTITLE && options->no_subtitles) ||
           tri_libav_is_said_elsewhere(output->source->format, from);
}

/* A container without any sound gets neither sound nor subtitles; one that supports sound, but not
 * these streams, is refused: omitting them must be explicit. */
static enum tri_status copy_stream(struct tri_video_writer *writer, struct tri_libav_output *output,
                                   const struct tri_video_write_options *options, AVStream *from,
                                   int *index, char left[TRI_NOTE_MAX], struct tri_error *error)
{
    const AVOutputFormat *container = output->format->oformat;
    const AVCodecParameters *params = from->codecpar;
    const bool timed =
        params->codec_type == AVMEDIA_TYPE_AUDIO || params->codec_type == AVMEDIA_TYPE_SUBTITLE;
    char text[TRI_LIBAV_TEXT];
    *index = -1;
    if (may_leave(output, options, from) || (timed && container->audio_codec == AV_CODEC_ID_NONE))
        return TRI_OK;
    if (params->codec_type == AVMEDIA_TYPE_AUDIO && params->sample_rate <= 0) {
        if (!output->reader->warning[0])
            snprintf(output->reader->warning, sizeof output->reader->warning,
                     "damaged: sound (%s) dropped: its parameters are unknown",
                     avcodec_get_name(params->codec_id));
        return TRI_OK;
    }
    if (timed && !tri_libav_holds(output, from))
        return cannot_hold(writer, output, from, error);
    const int code = timed || holds_data(output, from) ? add_stream(output, from, index, left)
                                                       : copy_attached(output, from, index, left);
    return code >= 0 ? TRI_OK
                     : tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name,
                                tri_libav_reason(code, text));
}

/* A cover that has become an attachment has no packets to copy. */
static bool is_attached(const struct tri_libav_output *output, AVStream *from)
{
    const bool cover = (from->disposition & AV_DISPOSITION_ATTACHED_PIC) &&
                       from->attached_pic.size > 0 &&
                       strcmp(output->format->oformat->name, "matroska") == 0;
    if (cover)
        from->discard = AVDISCARD_ALL;
    return cover;
}

static enum tri_status copy_streams(struct tri_video_writer *writer,
                                    struct tri_libav_output *output,
                                    const struct tri_video_write_options *options,
                                    char left[TRI_NOTE_MAX], struct tri_error *error)
{
    const AVFormatContext *format = output->source->format;
    char name[100];
    enum tri_status status = TRI_OK;
    output->streams = calloc(format->nb_streams, sizeof *output->streams);
    if (output->streams == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", writer->name);
    for (unsigned i = 0; i < format->nb_streams && status == TRI_OK; i++) {
        output->streams[i] = -1;
        if (format->streams[i] == output->source->stream)
            continue;
        status = copy_stream(writer, output, options, format->streams[i], &output->streams[i], left,
                             error);
        if (output->streams[i] >= 0 || status != TRI_OK || is_attached(output, format->streams[i]))
            continue;
        format->streams[i]->discard = AVDISCARD_ALL;
        tri_libav_name_stream(format->streams[i], name);
        if (!may_leave(output, options, format->streams[i]))
            tri_libav_leave(left, name);
    }
    return status;
}

/* ---- chapters, and all of it ---- */

/* libavformat frees the list's entries with av_freep. */
static int copy_chapters(struct tri_libav_output *output)
{
    const AVFormatContext *from = output->source->format;
    AVFormatContext *to = output->format;
    if (from->nb_chapters == 0)
        return 0;
    to->chapters = av_calloc(from->nb_chapters, sizeof *to->chapters);
    if (to->chapters == NULL)
        return AVERROR(ENOMEM);
    for (unsigned i = 0; i < from->nb_chapters; i++) {
        const AVChapter *chapter = from->chapters[i];
        const int64_t start = av_rescale_q(output->source->start, output->source->stream->time_base,
                                           chapter->time_base);
        AVChapter at = {.id = chapter->id,
                        .time_base = chapter->time_base,
                        .start = chapter->start - start,
                        .end = chapter->end - start};
        if (!tri_libav_cut_chapter(output->source, &at))
            continue;
        AVChapter *copy = av_mallocz(sizeof *copy);
        if (copy == NULL)
            return AVERROR(ENOMEM);
        to->chapters[to->nb_chapters++] = copy;
        *copy = at;
        const int code = av_dict_copy(&copy->metadata, chapter->metadata, 0);
        if (code < 0)
            return code;
    }
    return 0;
}

static int copy_tags(struct tri_video_writer *writer, struct tri_libav_output *output,
                     char left[TRI_NOTE_MAX])
{
    const char *timecode = tri_libav_timecode(output->source);
    int code = tri_libav_copy_file_tags(writer, output, left);
    if (code >= 0)
        code = tri_libav_copy_stream_tags(output, output->source->stream, output->stream, left);
    if (code >= 0 && timecode != NULL)
        code = av_dict_set(&output->stream->metadata, "timecode", timecode, 0);
    return code;
}

enum tri_status tri_libav_copy(struct tri_video_writer *writer, struct tri_libav_output *output,
                               const struct tri_video_write_options *options,
                               struct tri_error *error)
{
    char text[TRI_LIBAV_TEXT], left[TRI_NOTE_MAX] = "";
    const enum tri_status status = copy_streams(writer, output, options, left, error);
    if (status != TRI_OK)
        return status;
    int code = copy_chapters(output);
    if (code >= 0)
        code = copy_tags(writer, output, left);
    if (left[0] != '\0')
        tri_video_note(writer, "%s: not copied from %s: %s", writer->name, output->reader->name,
                       left);
    if (code < 0)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name,
                        tri_libav_reason(code, text));
    output->source->known = (int)output->source->format->nb_streams;
    output->source->wanted = true;
    return TRI_OK;
}
