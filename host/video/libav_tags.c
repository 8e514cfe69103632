/* libav_tags.c -- tags of a source and its streams, and which of them an output has a place for. */
#include "libav_codec.h"
#include "../codec/name_list.h"

#include <libavutil/avstring.h>
#include <libavutil/opt.h>
#include <string.h>
#include <strings.h>

#define NAMES_BYTES 160

/* ---- which tags matter ---- */

/* How the old file was made and laid out: untrue of the new one. */
static bool is_of_old_file(const char *key)
{
    static const char *const keys[] = {"encoder",
                                       "major_brand",
                                       "minor_version",
                                       "compatible_brands",
                                       "duration",
                                       "bps",
                                       "number_of_frames",
                                       "number_of_bytes",
                                       "source_id",
                                       "alpha_mode",
                                       "rotate",
                                       "vendor_id",
                                       "variant_bitrate",
                                       "metadatadate",
                                       "uid",
                                       "generation_uid",
                                       "material_package_umid",
                                       "file_package_umid"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcasecmp(key, keys[i]) == 0)
            return true;
    }
    return strncasecmp(key, "_statistics", 11) == 0;
}

/* Copied where possible, and not missed elsewhere: a name of a piece of software, and what is
 * reported by itself. */
static bool is_minor(const char *key)
{
    static const char *const keys[] = {"handler_name", "timecode",      "filename",
                                       "mimetype",     "language",      "title",
                                       "company_name", "product_name",  "product_version",
                                       "product_uid",  "creation_time", "toolkit_version_num"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcasecmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

/* MP4's demuxer adds "title-eng" to "title". */
static bool is_repeated(const AVDictionary *tags, const AVDictionaryEntry *entry)
{
    char base[64];
    const char *dash = strrchr(entry->key, '-');
    if (dash == NULL || strlen(dash) != 4 || (size_t)(dash - entry->key) >= sizeof base)
        return false;
    snprintf(base, sizeof base, "%.*s", (int)(dash - entry->key), entry->key);
    const AVDictionaryEntry *other = av_dict_get(tags, base, NULL, 0);
    return other != NULL && strcmp(other->value, entry->value) == 0;
}

/* `same`: they describe something that is copied as it is. */
static int copy_tags(const AVDictionary *from, bool same, AVDictionary **to)
{
    int code = 0;
    for (const AVDictionaryEntry *entry = av_dict_get(from, "", NULL, AV_DICT_IGNORE_SUFFIX);
         entry != NULL && code >= 0; entry = av_dict_get(from, "", entry, AV_DICT_IGNORE_SUFFIX)) {
        if ((same || !is_of_old_file(entry->key)) && !is_repeated(from, entry))
            code = av_dict_set(to, entry->key, entry->value, 0);
    }
    return code;
}

/* ---- lists for notes ---- */

/* Puts the names into the parentheses behind `what`, which may be in the list already. */
static void leave_names(char list[TRI_NOTE_MAX], const char *what, const char *names)
{
    char text[NAMES_BYTES + 40], rest[TRI_NOTE_MAX];
    snprintf(text, sizeof text, "%s (", what);
    char *at = tri_name_list_find(list, list, text);
    if (names[0] == '\0')
        return;
    if (at != NULL) {
        at += strlen(text);
        snprintf(rest, sizeof rest, "%s", at);
        snprintf(at, TRI_NOTE_MAX - (size_t)(at - list), "%s, %s", names, rest);
        return;
    }
    snprintf(text, sizeof text, "%s (%s)", what, names);
    tri_libav_leave(list, text);
}

/* ---- streams ---- */

/* What a container stores of a stream, besides its language; found by writing and reading with
 * FFmpeg 5.1. Which stream is the default one is not among the dispositions here. */
static const struct place {
    const char *containers;
    unsigned dispositions;
    bool title, tags, defaults;
} places[] = {
    {"mp4",
     AV_DISPOSITION_DUB | AV_DISPOSITION_COMMENT | AV_DISPOSITION_FORCED |
         AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED |
         AV_DISPOSITION_CAPTIONS | AV_DISPOSITION_DESCRIPTIONS,
     true, false, true},
    {"mov", 0, true, false, true},
    {"3gp,3g2,ipod,psp,f4v,ismv", 0, false, false, true},
    {"matroska",
     AV_DISPOSITION_DUB | AV_DISPOSITION_ORIGINAL | AV_DISPOSITION_COMMENT | AV_DISPOSITION_FORCED |
         AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED,
     true, true, true},
    {"webm", AV_DISPOSITION_FORCED, true, true, true},
    {"nut",
     AV_DISPOSITION_DUB | AV_DISPOSITION_ORIGINAL | AV_DISPOSITION_COMMENT | AV_DISPOSITION_LYRICS |
         AV_DISPOSITION_KARAOKE,
     true, true, true},
    {"mpegts",
     AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED |
         AV_DISPOSITION_CLEAN_EFFECTS,
     false, false, false},
    {"ogg,ogv", 0, true, true, false},
    {"avi", 0, true, false, false},
};

static struct place place_of(const AVOutputFormat *container)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (av_match_name(container->name, places[i].containers) > 0)
            return places[i];
    }
    return (struct place){0};
}

static const struct {
    unsigned bit;
    const char *name;
} dispositions[] = {{AV_DISPOSITION_DUB, "dubbed"},
                    {AV_DISPOSITION_ORIGINAL, "original"},
                    {AV_DISPOSITION_COMMENT, "commentary"},
                    {AV_DISPOSITION_LYRICS, "lyrics"},
                    {AV_DISPOSITION_KARAOKE, "karaoke"},
                    {AV_DISPOSITION_FORCED, "forced"},
                    {AV_DISPOSITION_HEARING_IMPAIRED, "for the hearing impaired"},
                    {AV_DISPOSITION_VISUAL_IMPAIRED, "for the visually impaired"},
                    {AV_DISPOSITION_CLEAN_EFFECTS, "clean effects"},
                    {AV_DISPOSITION_CAPTIONS, "captions"},
                    {AV_DISPOSITION_DESCRIPTIONS, "descriptions"}};

/* Readers take the first stream of a type unless told otherwise. */
static bool is_unusual_default(const AVFormatContext *source, const AVStream *stream)
{
    if (!(stream->disposition & AV_DISPOSITION_DEFAULT))
        return false;
    for (unsigned i = 0; source->streams[i] != stream; i++) {
        if (source->streams[i]->codecpar->codec_type == stream->codecpar->codec_type &&
            !(source->streams[i]->disposition & AV_DISPOSITION_DEFAULT))
            return true;
    }
    return false;
}

static void leave_dispositions(const struct tri_libav_output *output, const AVStream *from,
                               const struct place *place, char list[TRI_NOTE_MAX])
{
    const unsigned lost = (unsigned)from->disposition & ~place->dispositions;
    char names[NAMES_BYTES] = "";
    for (size_t i = 0; i < sizeof dispositions / sizeof dispositions[0]; i++) {
        if (lost & dispositions[i].bit)
            tri_name_list_add(names, NAMES_BYTES, dispositions[i].name);
    }
    if (!place->defaults && is_unusual_default(output->source->format, from))
        tri_name_list_add(names, NAMES_BYTES, "default");
    leave_names(list, "roles of streams", names);
}

/* The rest of a stream's tags, by name. */
static void leave_rest(const AVStream *from, char list[TRI_NOTE_MAX])
{
    const AVDictionaryEntry *entry = NULL;
    char names[NAMES_BYTES] = "";
    while ((entry = av_dict_get(from->metadata, "", entry, AV_DICT_IGNORE_SUFFIX)) != NULL) {
        if (!is_of_old_file(entry->key) && !is_minor(entry->key) &&
            !is_repeated(from->metadata, entry))
            tri_name_list_add(names, NAMES_BYTES, entry->key);
    }
    leave_names(list, "tags of streams", names);
}

static int copy_language(const struct tri_libav_output *output, const AVStream *from, AVStream *to,
                         char list[TRI_NOTE_MAX])
{
    const AVDictionaryEntry *entry = av_dict_get(from->metadata, "language", NULL, 0);
    char fitted[TRI_LANGUAGE], text[NAMES_BYTES];
    if (entry == NULL || strcmp(entry->value, "und") == 0)
        return 0;
    const bool whole = tri_libav_fit_language(output->format->oformat, from->codecpar->codec_type,
                                              entry->value, fitted);
    snprintf(text, sizeof text, "%.40s%s%s", entry->value, fitted[0] != '\0' ? ", stored as " : "",
             fitted);
    if (!whole)
        leave_names(list, "languages of streams", text);
    return av_dict_set(&to->metadata, "language", fitted[0] != '\0' ? fitted : NULL, 0);
}

int tri_libav_copy_stream_tags(const struct tri_libav_output *output, const AVStream *from,
                               AVStream *to, char list[TRI_NOTE_MAX])
{
    const struct place place = place_of(output->format->oformat);
    const AVDictionaryEntry *title = av_dict_get(from->metadata, "title", NULL, 0);
    int code = copy_tags(from->metadata, from != output->source->stream, &to->metadata);
    if (code >= 0)
        code = copy_language(output, from, to, list);
    if (title != NULL && !place.title)
        leave_names(list, "titles of streams", title->value);
    if (!place.tags)
        leave_rest(from, list);
    leave_dispositions(output, from, &place, list);
    to->disposition = from->disposition;
    return code;
}

/* ---- the file ---- */

/* A tag is stored under its own name, perhaps in another form, or under another name. */
static bool is_kept(const AVDictionary *tags, const AVDictionaryEntry *entry)
{
    const AVDictionaryEntry *other = av_dict_get(tags, entry->key, NULL, 0);
    if (other != NULL && other->value[0] != '\0')
        return true;
    other = NULL;
    while ((other = av_dict_get(tags, "", other, AV_DICT_IGNORE_SUFFIX)) != NULL) {
        if (strcmp(other->value, entry->value) == 0)
            return true;
    }
    return false;
}

/* Returns how many tags `kept` lacks, and their names. */
static int find_lost(const AVDictionary *tags, const AVDictionary *kept, char names[NAMES_BYTES])
{
    const AVDictionaryEntry *entry = NULL;
    int count = 0;
    names[0] = '\0';
    while ((entry = av_dict_get(tags, "", entry, AV_DICT_IGNORE_SUFFIX)) != NULL) {
        if (strcasecmp(entry->key, "timecode") == 0 || is_kept(kept, entry))
            continue;
        tri_name_list_add(names, NAMES_BYTES, entry->key);
        count++;
    }
    return count;
}

static int try_tags(const struct tri_video_writer *writer, const struct tri_libav_output *output,
                    const char *flags, char names[NAMES_BYTES])
{
    const struct tri_libav_say say = {
        .video = &writer->video, .tags = output->format->metadata, .flags = flags};
    struct tri_libav_said said;
    tri_libav_find_said(output->format->oformat, output->encoder, output->encoder->codec, &say,
                        &said);
    const int lost = find_lost(output->format->metadata, said.tags, names);
    av_dict_free(&said.tags);
    return lost;
}

/* 3GPP's boxes, which libavformat writes but does not read. */
static int leave_3gp(const AVDictionary *tags, char names[NAMES_BYTES])
{
    AVDictionary *kept = NULL;
    static const char *const keys[] = {"title", "artist",    "genre", "comment",
                                       "album", "copyright", "date",  "location"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        av_dict_set(&kept, keys[i], "1", 0);
    const int lost = find_lost(tags, kept, names);
    av_dict_free(&kept);
    return lost;
}

/* MP4's usual boxes have names for common tags only. QuickTime's keys, which phones use, may have
 * any name, but fewer players read the common ones there: they are used for what had keys before.
 */
static void choose_keys(struct tri_video_writer *writer, struct tri_libav_output *output, int lost,
                        char names[NAMES_BYTES])
{
    static const char flags[] = "use_metadata_tags";
    char other[NAMES_BYTES];
    const bool had_keys = strncmp(output->source->format->iformat->name, "mov", 3) == 0;
    if (lost == 0 || !had_keys || av_match_name(output->format->oformat->name, "mp4,mov") <= 0 ||
        try_tags(writer, output, flags, other) >= lost)
        return;
    av_opt_set(output->format->priv_data, "movflags", flags, 0);
    memcpy(names, other, sizeof other);
}

static bool keeps_any(const AVOutputFormat *container)
{
    return av_match_name(container->name, "matroska,webm,nut") > 0;
}

int tri_libav_copy_file_tags(struct tri_video_writer *writer, struct tri_libav_output *output,
                             char list[TRI_NOTE_MAX])
{
    const AVOutputFormat *container = output->format->oformat;
    char names[NAMES_BYTES] = "";
    const int code = copy_tags(output->source->format->metadata, false, &output->format->metadata);
    if (code < 0 || keeps_any(container) || av_dict_count(output->format->metadata) == 0)
        return code;
    if (av_match_name(container->name, "3gp,3g2") > 0)
        leave_3gp(output->format->metadata, names);
    else
        choose_keys(writer, output, try_tags(writer, output, NULL, names), names);
    leave_names(list, "tags", names);
    return code;
}

void tri_libav_list_tags(const struct tri_libav_input *input, char list[TRI_NOTE_MAX])
{
    AVDictionary *tags = NULL;
    char names[NAMES_BYTES];
    copy_tags(input->format->metadata, false, &tags);
    find_lost(tags, NULL, names);
    leave_names(list, "tags", names);
    av_dict_free(&tags);
}
