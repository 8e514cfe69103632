/* libav_sound.c -- the sound of joined videos: whether its packets are copied or all of it is
 * encoded again, and which part is written. */
#include "libav_sound.h"

#ifdef TRI_LIBAV_JOINS_SOUND

#include "../codec/name_list.h"

#include <libavutil/parseutils.h>
#include <stdlib.h>
#include <string.h>

#define SHORT 0.1 /* seconds by which sound may be shorter than pictures, and be copied */

/* ---- what the inputs have ---- */

struct survey {
    struct tri_libav_sound_input first; /* with sound; open */
    const char *first_path;
    int count;     /* inputs */
    int sounds;    /* of these with sound */
    char why[300]; /* packets cannot be copied; empty: they can */
    int further;   /* tracks that are not joined */
    bool undecodable;
};

static bool is_same(const AVCodecParameters *a, const AVCodecParameters *b)
{
    return a->codec_id == b->codec_id && a->sample_rate == b->sample_rate &&
           a->format == b->format && av_channel_layout_compare(&a->ch_layout, &b->ch_layout) == 0 &&
           a->extradata_size == b->extradata_size &&
           (a->extradata_size == 0 ||
            memcmp(a->extradata, b->extradata, (size_t)a->extradata_size) == 0);
}

/* Seconds at which a stream ends, as far as the file states it; 0: unknown. */
static double end_of(const AVStream *stream)
{
    const AVDictionaryEntry *tag = av_dict_get(stream->metadata, "DURATION", NULL, 0);
    const int64_t start = stream->start_time != AV_NOPTS_VALUE ? stream->start_time : 0;
    int64_t duration;
    if (tag != NULL && av_parse_time(&duration, tag->value, 1) >= 0)
        return (double)duration / AV_TIME_BASE; /* of Matroska: the end */
    return stream->duration > 0 ? (double)(start + stream->duration) * av_q2d(stream->time_base)
                                : 0;
}

static double start_of(const AVStream *stream)
{
    return stream->start_time != AV_NOPTS_VALUE
               ? (double)stream->start_time * av_q2d(stream->time_base)
               : 0;
}

/* Whether silence has to be added where parts meet. */
static bool is_short(const struct tri_libav_sound_input *input, bool first, bool last)
{
    AVFormatContext *format = input->whole.format;
    const int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    const AVStream *pictures = format->streams[video];
    const double end = end_of(input->stream);
    return (!last && end > 0 && end + SHORT < end_of(pictures)) ||
           (!first && start_of(input->stream) > start_of(pictures) + SHORT);
}

static void __attribute__((format(printf, 2, 3)))
say_why(struct survey *survey, const char *format, ...)
{
    va_list arguments;
    if (survey->why[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(survey->why, sizeof survey->why, format, arguments);
    va_end(arguments);
}

/* Takes over the input. */
static void add_input(struct survey *survey, struct tri_libav_sound_input *input, const char *path,
                      bool last)
{
    const bool first = survey->count++ == 0;
    if (input->stream == NULL) {
        say_why(survey, "%.100s has none", path);
        tri_libav_close_sound(input);
        return;
    }
    if (is_short(input, first, last))
        say_why(survey, "that of %.100s is shorter than its pictures", path);
    survey->further += input->further;
    survey->undecodable |= avcodec_find_decoder(input->stream->codecpar->codec_id) == NULL;
    if (survey->sounds++ == 0) {
        survey->first = *input;
        survey->first_path = path;
        return;
    }
    if (!is_same(survey->first.stream->codecpar, input->stream->codecpar))
        say_why(survey, "that of %.100s has another form than that of %.100s", path,
                survey->first_path);
    tri_libav_close_sound(input);
}

static enum tri_status look(const struct tri_video_reader *reader, struct survey *survey,
                            struct tri_error *error)
{
    struct tri_joined_part part, next;
    char text[TRI_LIBAV_TEXT];
    for (int i = 0; tri_video_joined(reader, i, &part); i++) {
        struct tri_libav_sound_input input;
        const int code = tri_libav_open_sound(&input, part.path, false);
        if (code == AVERROR(ENOMEM))
            return tri_fail(error, TRI_FAILED, "cannot read the sound of %s: %s", part.path,
                            tri_libav_reason(code, text));
        if (code < 0) /* such as a sequence of pictures */
            input = (struct tri_libav_sound_input){0};
        add_input(survey, &input, part.path, !tri_video_joined(reader, i + 1, &next));
    }
    return TRI_OK;
}

/* ---- the output's stream ---- */

static int add_stream(struct tri_libav_output *output, const struct survey *survey)
{
    struct tri_libav_sound *sound = output->sound;
    const AVStream *from = survey->first.stream;
    const AVDictionaryEntry *language = av_dict_get(from->metadata, "language", NULL, 0);
    char fitted[TRI_LANGUAGE] = "";
    AVStream *to = sound->stream = avformat_new_stream(output->format, NULL);
    if (to == NULL)
        return AVERROR(ENOMEM);
    int code = sound->coder.encoder != NULL
                   ? avcodec_parameters_from_context(to->codecpar, sound->coder.encoder)
                   : avcodec_parameters_copy(to->codecpar, from->codecpar);
    to->codecpar->codec_tag = 0; /* let the container choose */
    to->time_base =
        sound->coder.encoder != NULL ? sound->coder.encoder->time_base : from->time_base;
    to->disposition = from->disposition & AV_DISPOSITION_DEFAULT;
    if (code >= 0 && language != NULL &&
        tri_libav_fit_language(output->format->oformat, AVMEDIA_TYPE_AUDIO, language->value,
                               fitted) &&
        fitted[0] != '\0')
        code = av_dict_set(&to->metadata, "language", fitted, 0);
    return code;
}

/* Chooses how; AVERROR_ENCODER_NOT_FOUND and others: it cannot be joined. */
static int choose(struct tri_libav_output *output, struct survey *survey)
{
    const AVStream *first = survey->first.stream;
    if (survey->why[0] == '\0' && !tri_libav_holds(output, first))
        say_why(survey, "%s cannot store %s", output->format->oformat->name,
                avcodec_get_name(first->codecpar->codec_id));
    if (survey->why[0] == '\0')
        return 0;
    return survey->undecodable ? AVERROR_DECODER_NOT_FOUND
                               : tri_libav_open_sound_encoder(
                                     output->sound, output->format->oformat, first->codecpar);
}

static enum tri_status begin(struct tri_video_writer *writer, struct survey *survey,
                             struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    char text[TRI_LIBAV_TEXT];
    int code = choose(output, survey);
    if (code < 0 && code != AVERROR(ENOMEM)) {
        tri_video_note(writer, "%s: sound is not joined, as %s: %s", writer->name, survey->why,
                       tri_libav_reason(code, text));
        tri_libav_free_sound(output);
        return TRI_OK;
    }
    if (code >= 0)
        code = add_stream(output, survey);
    if (code < 0)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name,
                        tri_libav_reason(code, text));
    if (output->sound->coder.encoder != NULL)
        tri_video_note(writer, "%s: sound is encoded again (%s), as %s", writer->name,
                       output->sound->coder.encoder->codec->name, survey->why);
    if (survey->further > 0)
        tri_video_note(writer, "%s: %d further track%s of sound %s not joined", writer->name,
                       survey->further, survey->further == 1 ? "" : "s",
                       survey->further == 1 ? "is" : "are");
    writer->joins_sound = true;
    return TRI_OK;
}

enum tri_status tri_libav_begin_sound(struct tri_video_writer *writer,
                                      const struct tri_video_write_options *options,
                                      struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    struct tri_joined_part part;
    struct survey survey = {0};
    if (options->source == NULL || options->no_audio ||
        output->format->oformat->audio_codec == AV_CODEC_ID_NONE ||
        !tri_video_joined(options->source, 0, &part))
        return TRI_OK;
    enum tri_status status = look(options->source, &survey, error);
    if (status == TRI_OK && survey.sounds > 0) {
        struct tri_libav_sound *sound = output->sound = calloc(1, sizeof *sound);
        if (sound != NULL) {
            sound->reader = options->source;
            sound->end = sound->newest = AV_NOPTS_VALUE;
            sound->packet = av_packet_alloc();
        }
        status = sound != NULL && sound->packet != NULL
                     ? begin(writer, &survey, error)
                     : tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", writer->name);
    }
    tri_libav_close_sound(&survey.first);
    return status;
}

/* ---- parts ---- */

static AVRational unit_of(const struct tri_libav_sound *sound)
{
    return tri_libav_fraction(sound->reader->video.time_base, (AVRational){1, 1});
}

bool tri_libav_sound_span(const struct tri_libav_sound *sound, AVRational unit, int64_t *begin,
                          int64_t *end)
{
    const int64_t start = sound->reader->trimmed.start;
    struct tri_joined_part part;
    if (!tri_video_joined(sound->reader, sound->part, &part) || part.begins < 0)
        return false;
    *begin = av_rescale_q(part.begins - start, unit_of(sound), unit);
    *end = part.ends >= 0 ? av_rescale_q(part.ends - start, unit_of(sound), unit) : INT64_MAX;
    return true;
}

int64_t tri_libav_sound_time(const struct tri_libav_sound *sound, int64_t time, AVRational unit,
                             int64_t begin)
{
    const struct tri_libav_sound_input *input = &sound->input;
    return begin + av_rescale_q(time, input->stream->time_base, unit) -
           av_rescale_q(input->start, AV_TIME_BASE_Q, unit);
}

static int open_part(struct tri_libav_sound *sound)
{
    struct tri_joined_part part;
    char text[TRI_LIBAV_TEXT];
    if (sound->open || !tri_video_joined(sound->reader, sound->part, &part))
        return 0;
    const int code = tri_libav_open_sound(&sound->input, part.path, sound->coder.encoder != NULL);
    sound->open = code >= 0;
    if (code < 0)
        snprintf(sound->trouble, sizeof sound->trouble, "cannot read the sound of %.150s: %s",
                 part.path, tri_libav_reason(code, text));
    return code;
}

static void close_part(struct tri_libav_sound *sound)
{
    if (sound->open)
        tri_libav_close_sound(&sound->input);
    sound->open = sound->begun = false;
    sound->part++;
}

int tri_libav_write_sound(struct tri_libav_output *output, int64_t time, AVRational base, bool last)
{
    struct tri_libav_sound *sound = output->sound;
    const bool encodes = sound->coder.encoder != NULL;
    const AVRational unit = encodes ? sound->coder.encoder->time_base : sound->stream->time_base;
    const int64_t limit = av_rescale_q(time, base, unit);
    int64_t begin, end;
    int code = 0;
    while (code >= 0 && tri_libav_sound_span(sound, unit, &begin, &end) && begin < limit) {
        bool done = end <= 0; /* before the part that --from gives */
        if (!done)
            code = open_part(sound);
        if (!done && code >= 0)
            code = encodes ? tri_libav_encode_sound(output, limit, &done)
                           : tri_libav_copy_sound(output, limit, last, &done);
        if (!done)
            break;
        close_part(sound);
    }
    return code >= 0 && last && encodes ? tri_libav_finish_sound_encoder(output) : code;
}

const char *tri_libav_sound_trouble(const struct tri_libav_output *output)
{
    return output->sound != NULL && output->sound->trouble[0] != '\0' ? output->sound->trouble
                                                                      : NULL;
}

void tri_libav_note_sound(struct tri_video_writer *writer)
{
    const struct tri_libav_output *output = writer->state;
    if (output->sound == NULL)
        return;
    if (output->sound->gap >= SHORT)
        tri_video_note(writer,
                       "%s: sound is copied in whole packets: where parts meet, up to %.3f s are "
                       "missing",
                       writer->name, output->sound->gap);
    if (output->sound->damaged)
        tri_video_note(writer, "%s: damaged sound is replaced by silence", writer->name);
}

void tri_libav_free_sound(struct tri_libav_output *output)
{
    struct tri_libav_sound *sound = output->sound;
    if (sound == NULL)
        return;
    tri_libav_close_sound(&sound->input);
    tri_libav_free_sound_coder(&sound->coder);
    av_packet_free(&sound->packet);
    free(sound);
    output->sound = NULL;
}

#else /* it is left out, with a note */

enum tri_status tri_libav_begin_sound(struct tri_video_writer *writer,
                                      const struct tri_video_write_options *options,
                                      struct tri_error *error)
{
    (void)writer;
    (void)options;
    (void)error;
    return TRI_OK;
}

int tri_libav_write_sound(struct tri_libav_output *output, int64_t time, AVRational base, bool last)
{
    (void)output;
    (void)time;
    (void)base;
    (void)last;
    return 0;
}

const char *tri_libav_sound_trouble(const struct tri_libav_output *output)
{
    (void)output;
    return NULL;
}

void tri_libav_note_sound(struct tri_video_writer *writer)
{
    (void)writer;
}

void tri_libav_free_sound(struct tri_libav_output *output)
{
    (void)output;
}

#endif
