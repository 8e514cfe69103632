/* libav_list.c -- what a source has besides its video, in words; and whether containers accept a
 * stream. */
#include "libav_codec.h"
#include "../codec/name_list.h"

#include <libavutil/dovi_meta.h>
#include <libavutil/timecode.h>
#include <stdlib.h>
#include <string.h>

/* ---- in words ---- */

void tri_libav_name_stream(const AVStream *stream, char text[100])
{
    const AVCodecParameters *params = stream->codecpar;
    const AVDictionaryEntry *file = av_dict_get(stream->metadata, "filename", NULL, 0);
    const char *codec = avcodec_get_name(params->codec_id);
    if (params->codec_type == AVMEDIA_TYPE_AUDIO)
        snprintf(text, 100, "sound (%.60s)", codec);
    else if (params->codec_type == AVMEDIA_TYPE_SUBTITLE)
        snprintf(text, 100, "subtitles (%.60s)", codec);
    else if (params->codec_type == AVMEDIA_TYPE_ATTACHMENT)
        snprintf(text, 100, "attachment %.60s", file != NULL ? file->value : codec);
    else if (stream->disposition & AV_DISPOSITION_ATTACHED_PIC)
        snprintf(text, 100, "cover picture");
    else if (params->codec_type == AVMEDIA_TYPE_VIDEO)
        snprintf(text, 100, "further video (%.60s)", codec);
    else
        snprintf(text, 100, "data (%.40s)",
                 params->codec_id == AV_CODEC_ID_NONE || params->codec_id == AV_CODEC_ID_BIN_DATA
                     ? "unknown kind"
                     : codec);
}

void tri_libav_leave(char list[TRI_NOTE_MAX], const char *what)
{
    tri_name_list_add(list, TRI_NOTE_MAX, what);
}

/* MP4 tracks that only repeat other data: a timecode, chapter titles, streaming hints. */
bool tri_libav_is_said_elsewhere(const AVFormatContext *format, const AVStream *stream)
{
    const uint32_t tag = stream->codecpar->codec_tag;
    return stream->codecpar->codec_type == AVMEDIA_TYPE_DATA &&
           (tag == MKTAG('t', 'm', 'c', 'd') || tag == MKTAG('r', 't', 'p', ' ') ||
            (tag == MKTAG('t', 'e', 'x', 't') && format->nb_chapters > 0));
}

void tri_libav_list_beside(const struct tri_video_reader *reader,
                           const struct tri_video_write_options *options, char text[TRI_NOTE_MAX])
{
    const struct tri_libav_input *input = reader->state;
    const AVFormatContext *format = input->format;
    char name[100];
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVStream *stream = format->streams[i];
        const enum AVMediaType type = stream->codecpar->codec_type;
        if (stream == input->stream || tri_libav_is_said_elsewhere(format, stream) ||
            (type == AVMEDIA_TYPE_AUDIO && options->no_audio) ||
            (type == AVMEDIA_TYPE_SUBTITLE && options->no_subtitles))
            continue;
        tri_libav_name_stream(stream, name);
        tri_libav_leave(text, name);
    }
    if (format->nb_chapters > 0)
        tri_libav_leave(text, "chapters");
    if (tri_libav_timecode(input) != NULL)
        tri_libav_leave(text, "timecode");
    tri_libav_list_tags(input, text);
}

/* The timecode of the first frame of a part, from that of the file. NULL: it is none. */
static const char *later_timecode(const struct tri_libav_input *input, AVRational rate,
                                  const char *first)
{
    static _Thread_local char text[AV_TIMECODE_STR_SIZE];
    const struct tri_video_reader *reader = input->reader;
    const double frames =
        tri_video_seconds(&reader->video, reader->trimmed.start) * av_q2d(rate) + 0.5;
    AVTimecode timecode;
    if (reader->trimmed.start == 0)
        return first;
    if (frames > INT32_MAX || av_timecode_init_from_string(&timecode, rate, first, NULL) < 0)
        return NULL;
    return av_timecode_make_string(&timecode, text, (int)frames);
}

const char *tri_libav_timecode(const struct tri_libav_input *input)
{
    static _Thread_local char text[AV_TIMECODE_STR_SIZE];
    const AVDictionaryEntry *of_stream = av_dict_get(input->stream->metadata, "timecode", NULL, 0),
                            *of_file = av_dict_get(input->format->metadata, "timecode", NULL, 0);
    const AVFrameSideData *code = input->first != NULL
                                      ? av_frame_get_side_data(input->first,
                                                               AV_FRAME_DATA_S12M_TIMECODE)
                                      : NULL,
                          *group =
                              input->first != NULL
                                  ? av_frame_get_side_data(input->first, AV_FRAME_DATA_GOP_TIMECODE)
                                  : NULL;
    const AVRational rate = tri_libav_fraction(input->reader->video.rate, (AVRational){25, 1});
    uint32_t first;
    int64_t of_group;
    if (of_stream != NULL || of_file != NULL)
        return later_timecode(input, rate, of_stream != NULL ? of_stream->value : of_file->value);
    if (code != NULL && code->size >= 2 * sizeof first) {
        memcpy(&first, code->data + sizeof first, sizeof first);
        return av_timecode_make_smpte_tc_string2(text, rate, first, 0, 0);
    }
    if (group == NULL || group->size < sizeof of_group)
        return NULL;
    memcpy(&of_group, group->data, sizeof of_group);
    av_timecode_make_mpeg_tc_string(text, (uint32_t)of_group);
    /* Every MPEG file has a timecode of 0. */
    return strncmp(text, "00:00:00", 8) == 0 ? NULL : text;
}

/* ---- what is not read ---- */

/* In Matroska, VP8 and VP9 alpha is in separate pictures, which only libvpx decodes. */
static void tell_alpha(const struct tri_video_reader *reader, const struct tri_libav_input *input)
{
    const enum AVCodecID id = input->stream->codecpar->codec_id;
    const AVDictionaryEntry *mode = av_dict_get(input->stream->metadata, "alpha_mode", NULL, 0);
    char text[400];
    if (mode == NULL || strcmp(mode->value, "1") != 0 || reader->video.alpha ||
        (id != AV_CODEC_ID_VP8 && id != AV_CODEC_ID_VP9))
        return;
    snprintf(text, sizeof text, "%.200s: transparency dropped: libavcodec was built without libvpx",
             reader->name);
    reader->options.tell(reader->options.listener, text);
}

/* Its changes to the light of pictures are in data that no encoder here accepts. */
static void tell_dolby(const struct tri_video_reader *reader, const struct tri_libav_input *input)
{
    const AVDOVIDecoderConfigurationRecord *said = tri_libav_side_data(
        input->stream, AV_PKT_DATA_DOVI_CONF, sizeof(AVDOVIDecoderConfigurationRecord));
    const bool there = said != NULL ||
                       av_frame_get_side_data(input->first, AV_FRAME_DATA_DOVI_METADATA) != NULL ||
                       av_frame_get_side_data(input->first, AV_FRAME_DATA_DOVI_RPU_BUFFER) != NULL;
    char text[400];
    if (!there)
        return;
    snprintf(text, sizeof text, "%.200s: Dolby Vision dropped%s", reader->name,
             said != NULL && said->dv_bl_signal_compatibility_id == 0
                 ? "; colours will look wrong without it"
                 : "");
    reader->options.tell(reader->options.listener, text);
}

/* Of about the same weights, within 4 of 255 levels. */
static void tell_matrix(const struct tri_video_reader *reader, const struct tri_libav_input *input)
{
    const bool old = input->first->colorspace == AVCOL_SPC_SMPTE240M;
    char text[400];
    if (!old && input->first->colorspace != AVCOL_SPC_FCC)
        return;
    snprintf(text, sizeof text, "%.200s: the colour matrix (%s) is taken for %s", reader->name,
             old ? "SMPTE 240M" : "FCC", old ? "BT.709" : "BT.601");
    reader->options.tell(reader->options.listener, text);
}

void tri_libav_tell_unread(const struct tri_video_reader *reader)
{
    if (reader->options.tell == NULL)
        return;
    tell_alpha(reader, reader->state);
    tell_dolby(reader, reader->state);
    tell_matrix(reader, reader->state);
}

/* ---- what a container accepts ---- */

static int add(AVFormatContext *format, const AVStream *like)
{
    AVStream *stream = avformat_new_stream(format, NULL);
    if (stream == NULL)
        return AVERROR(ENOMEM);
    stream->time_base = like->time_base;
    stream->avg_frame_rate = like->avg_frame_rate;
    const int code = avcodec_parameters_copy(stream->codecpar, like->codecpar);
    stream->codecpar->codec_tag = 0;
    return code;
}

/* Whether the header of such a file can be written; `other` may be NULL. */
static bool can_begin(const struct tri_libav_output *output, const AVStream *other)
{
    AVFormatContext *format = NULL;
    uint8_t *bytes = NULL;
    int code = avformat_alloc_output_context2(&format, output->format->oformat, NULL, NULL);
    if (code >= 0)
        code = add(format, output->stream);
    if (code >= 0 && other != NULL)
        code = add(format, other);
    if (code >= 0)
        code = avio_open_dyn_buf(&format->pb);
    if (code >= 0) {
        code = avformat_write_header(format, NULL);
        avio_close_dyn_buf(format->pb, &bytes);
    }
    av_free(bytes);
    avformat_free_context(format);
    return code >= 0;
}

/* The types that transport streams define; anything else becomes data that nothing understands. */
static bool ts_knows(enum AVCodecID codec)
{
    static const enum AVCodecID known[] = {AV_CODEC_ID_MP1,
                                           AV_CODEC_ID_MP2,
                                           AV_CODEC_ID_MP3,
                                           AV_CODEC_ID_AAC,
                                           AV_CODEC_ID_AAC_LATM,
                                           AV_CODEC_ID_AC3,
                                           AV_CODEC_ID_EAC3,
                                           AV_CODEC_ID_DTS,
                                           AV_CODEC_ID_TRUEHD,
                                           AV_CODEC_ID_OPUS,
                                           AV_CODEC_ID_PCM_BLURAY,
                                           AV_CODEC_ID_S302M,
                                           AV_CODEC_ID_DVB_SUBTITLE,
                                           AV_CODEC_ID_DVB_TELETEXT,
                                           AV_CODEC_ID_HDMV_PGS_SUBTITLE,
                                           AV_CODEC_ID_HDMV_TEXT_SUBTITLE};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i] == codec)
            return true;
    }
    return false;
}

/* For MPEG and Ogg only the muxers know. Text would become data there, too. */
bool tri_libav_holds(const struct tri_libav_output *output, const AVStream *stream)
{
    const enum AVCodecID codec = stream->codecpar->codec_id;
    const AVCodecDescriptor *desc = avcodec_descriptor_get(codec);
    const int known =
        avformat_query_codec(output->format->oformat, codec, FF_COMPLIANCE_UNOFFICIAL);
    const bool text = desc != NULL && (desc->props & AV_CODEC_PROP_TEXT_SUB);
    if (known >= 0)
        return known > 0;
    if (strcmp(output->format->oformat->name, "mpegts") == 0 && !ts_knows(codec))
        return false;
    return !text && (can_begin(output, stream) || !can_begin(output, NULL));
}
