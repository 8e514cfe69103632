/* beside.c -- metadata of frames, and notes about what a file cannot store. */
#include "../codec/name_list.h"
#include "video.h"

#include "../codec/metadata.h"

#include <stdio.h>
#include <string.h>

/* Items of pictures, then items that video codecs have for frames. Light and pixel shape are in
 * struct tri_video. */
static const struct {
    char type[5];
    const char *name;
} kinds[] = {
    {"iCCP", "colour profile"},
    {"eXIf", "EXIF"},
    {"XMP ", "XMP"},
    {"pHYs", "density"},
    {"IPTC", "IPTC"},
    {"tEXt", "text"},
    {"zTXt", "text"},
    {"iTXt", "text"},
    {"TIFF", "TIFF tags"},
    {"PNG ", "chunks of unknown meaning"},
    {"sBIT", "significant bits (sBIT)"},
    {"gAMA", "gamma (gAMA)"},
    {"cHRM", "primaries (cHRM)"},
    {"cICP", "colour description of single pictures (cICP)"},
    {"mDCV", "mastering display of single pictures (mDCV)"},
    {"cLLI", "light level of single pictures (cLLI)"},
    {"A53 ", "closed captions"},
    {"AFD ", "active format description (AFD)"},
    {"S12M", "frame timecodes"},
    {"HDR+", "HDR10+"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

unsigned tri_beside_bit(const char *type)
{
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return 1U << i;
    }
    return 0;
}

static bool is_same(const struct tri_metadata_item *item, bool known, const void *data, size_t size)
{
    return known && item->size == size && memcmp(item->data, data, size) == 0;
}

/* Whether the video states the same. */
static bool is_of_video(const struct tri_metadata *metadata, const struct tri_metadata_item *item,
                        const struct tri_video *video)
{
    const unsigned char light[4] = {(unsigned char)video->primaries, (unsigned char)video->transfer,
                                    0, 1};
    if (strcmp(item->type, "pHYs") == 0)
        return item->size != 9 || item->data[8] != 1; /* the pixel aspect */
    if (strcmp(item->type, "gAMA") == 0 || strcmp(item->type, "cHRM") == 0)
        return tri_metadata_is_srgb(item) || tri_metadata_find(metadata, "sRGB") != NULL ||
               tri_metadata_find(metadata, "iCCP") != NULL ||
               tri_metadata_find(metadata, "cICP") != NULL;
    if (strcmp(item->type, "cICP") == 0)
        return is_same(item, true, light, sizeof light);
    if (strcmp(item->type, "mDCV") == 0)
        return is_same(item, video->has_mastering, video->mastering, sizeof video->mastering);
    return strcmp(item->type, "cLLI") == 0 &&
           is_same(item, video->has_light_level, video->light_level, sizeof video->light_level);
}

unsigned tri_beside_kinds(const struct tri_metadata *metadata, const struct tri_video *video)
{
    char name[24];
    unsigned bits = tri_video_light_name(video, name) && metadata != NULL &&
                            tri_metadata_find(metadata, "cICP") == NULL
                        ? tri_beside_bit("cICP")
                        : 0;
    for (int i = 0; i < tri_metadata_count(metadata); i++) {
        const struct tri_metadata_item *item = tri_metadata_at(metadata, i);
        if (!is_of_video(metadata, item, video))
            bits |= tri_beside_bit(item->type);
    }
    return bits;
}

void tri_video_leave(struct tri_video_writer *writer, const char *what, unsigned bits)
{
    char list[300] = "";
    pthread_mutex_lock(&writer->lock);
    const unsigned left = bits & ~writer->left;
    writer->left |= bits;
    pthread_mutex_unlock(&writer->lock);
    for (int i = 0; i < KINDS; i++)
        if (left & 1U << i)
            tri_name_list_add(list, sizeof list, kinds[i].name);
    if (list[0] != '\0' && !writer->strip)
        tri_video_note(writer, "%s: %s cannot store %s", writer->name, what, list);
}

bool tri_video_is_new(struct tri_video_writer *writer, char *told, size_t size, const char *note)
{
    pthread_mutex_lock(&writer->lock);
    const bool new = strstr(told, note) == NULL;
    const size_t used = strlen(told);
    if (new)
        snprintf(told + used, size - used, "%s\n", note);
    pthread_mutex_unlock(&writer->lock);
    return new;
}

void tri_video_tell_beside(const struct tri_video_writer *writer,
                           const struct tri_video_write_options *options)
{
    const struct tri_video_reader *source = options->source;
    const int plays = writer->video.plays;
    struct tri_video_write_options left = *options;
    char list[TRI_NOTE_MAX] = "";
    left.no_audio |= writer->joins_sound;
    if (source != NULL && source->codec->beside != NULL && source->codec != writer->codec)
        source->codec->beside(source, &left, list);
    if (list[0] != '\0')
        tri_video_note(writer, "%s: not copied from %s: %s", writer->name, source->name, list);
    if (writer->keeps_plays || plays == 0 || plays == 1)
        return;
    if (plays < 0)
        tri_video_note(writer, "%s: the format cannot store endless looping", writer->name);
    else
        tri_video_note(writer, "%s: the format cannot store a play count of %d", writer->name,
                       plays);
}

/* ---- the light that pictures were made for ---- */

void tri_video_say_light(const struct tri_metadata *metadata, struct tri_video *video)
{
    const struct tri_metadata_item *colours = tri_metadata_find(metadata, "cICP"),
                                   *mastering = tri_metadata_find(metadata, "mDCV"),
                                   *level = tri_metadata_find(metadata, "cLLI");
    if (colours != NULL && colours->size == 4 && colours->data[2] == 0 && colours->data[3] == 1) {
        video->primaries = colours->data[0];
        video->transfer = colours->data[1];
    }
    video->has_mastering = mastering != NULL && mastering->size == sizeof video->mastering;
    if (video->has_mastering)
        memcpy(video->mastering, mastering->data, sizeof video->mastering);
    video->has_light_level = level != NULL && level->size == sizeof video->light_level;
    if (video->has_light_level)
        memcpy(video->light_level, level->data, sizeof video->light_level);
}
