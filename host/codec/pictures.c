/* pictures.c -- reads the pictures of a file one after another: those its codec lists, or
 * concatenated files. */
#include "pictures.h"
#include "load.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct tri_pictures {
    struct tri_read_options options;
    char *name;
    struct tri_pictures_info info;
    const struct tri_codec *codec; /* complete */
    struct tri_load load;
    struct tri_series series;
    /* files are concatenated: `load` starts with the next one, */
    bool following;
    size_t extent; /* which has this size */
    long taken;
};

/* ---- concatenated files ---- */

/* Finds the end of the first file in memory, reading up to it. An incomplete file ends where the
 * data end. */
static enum tri_status find_extent(struct tri_pictures *pictures, const struct tri_source *source)
{
    struct tri_load *load = &pictures->load;
    const struct tri_codec_several *several = pictures->codec->several;
    size_t wanted = 0;
    while ((pictures->extent = several->extent(load->data, load->size, load->ended, &wanted)) ==
               0 &&
           !load->ended) {
        if (load->size >= load->most)
            return tri_source_fail(source,
                                   "a picture in the file is too large for %llu pixels; raise the "
                                   "limit with --max-pixels",
                                   (unsigned long long)source->max_pixels);
        if (tri_load_fill(load, source, wanted > load->size ? wanted : load->size + 1) != TRI_OK)
            return TRI_FAILED;
    }
    pictures->extent = pictures->extent > 0 ? pictures->extent : load->size;
    return TRI_OK;
}

/* Skips white space between files. Afterwards the first bytes of the next file, if any, are in
 * memory. */
static enum tri_status skip_space(struct tri_pictures *pictures, const struct tri_source *source,
                                  size_t *at)
{
    struct tri_load *load = &pictures->load;
    for (;;) {
        if (tri_load_fill(load, source, *at + TRI_MAGIC_MAX) != TRI_OK)
            return TRI_FAILED;
        if (*at == load->size || !isspace(load->data[*at]))
            return TRI_OK;
        (*at)++;
    }
}

static bool is_another(const struct tri_pictures *pictures, size_t at)
{
    const struct tri_load *load = &pictures->load;
    const struct tri_codec *codec =
        at < load->size ? tri_codec_of_head(load->data + at, load->size - at) : NULL;
    return codec != NULL && strcmp(codec->format.name, pictures->info.format->name) == 0;
}

/* Checks whether there is more than one. Anything may follow a single picture. */
static enum tri_status look_behind(struct tri_pictures *pictures, const struct tri_source *source)
{
    struct tri_series *series = &pictures->series;
    size_t at = pictures->extent;
    if (skip_space(pictures, source, &at) != TRI_OK)
        return TRI_FAILED;
    if (series->info.animated && is_another(pictures, at))
        tri_note(series->left_out, "further pictures after the animation are ignored");
    else if (!series->info.animated && is_another(pictures, at))
        series->info.count = 0;
    return TRI_OK;
}

/* Moves on to the next file. After several, data that are no picture count as one that is damaged
 * or cut short. */
static enum tri_status move_on(struct tri_pictures *pictures, const struct tri_source *source,
                               bool *more)
{
    struct tri_load *load = &pictures->load;
    size_t at = pictures->extent;
    *more = false;
    pictures->extent = 0;
    if (pictures->info.count == 1)
        return TRI_OK;
    if (skip_space(pictures, source, &at) != TRI_OK)
        return TRI_FAILED;
    const size_t left = load->size - at;
    const bool another = is_another(pictures, at);
    tri_load_drop(load, at);
    if (!another && left > 0) {
        load->ended = true;
        tri_load_drop(load, left);
        return tri_source_fail(
            source, "unexpected data after picture %ld; expected another picture in %s format",
            pictures->taken, pictures->info.format->name);
    }
    *more = another;
    return another ? find_extent(pictures, source) : TRI_OK;
}

/* ---- opening ---- */

/* A source without its data. */
static struct tri_source empty_source(const struct tri_pictures *pictures, const char *name,
                                      struct tri_error *error)
{
    struct tri_source source;
    tri_source_begin(&source, name, &pictures->options, error);
    source.name = name;
    source.several = pictures->info.count != 1;
    return source;
}

/* The file that all pictures are read from. Not while another thread takes the next of files that
 * follow each other, for which the data move. */
static struct tri_source source_of(const struct tri_pictures *pictures, const char *name,
                                   struct tri_error *error)
{
    struct tri_source source = empty_source(pictures, name, error);
    source.data = pictures->load.data;
    source.size = pictures->following ? pictures->extent : pictures->load.size;
    return source;
}

static enum tri_status open_series(struct tri_pictures *pictures, struct tri_error *error)
{
    const struct tri_codec_several *several = pictures->codec->several;
    struct tri_series *series = &pictures->series;
    struct tri_source source = source_of(pictures, pictures->name, error);
    series->info =
        (struct tri_pictures_info){.format = pictures->info.format, .word = "picture", .count = 1};
    pictures->following = several != NULL && several->extent != NULL;
    enum tri_status status = pictures->following ? find_extent(pictures, &source)
                                                 : tri_load_rest(&pictures->load, &source);
    if (status == TRI_OK && several != NULL && several->open != NULL) {
        source = source_of(pictures, pictures->name, error);
        status = several->open(&source, series);
    }
    if (status == TRI_OK && pictures->following)
        status = look_behind(pictures, &source);
    pictures->following &= !series->info.animated;
    pictures->info = series->info;
    return status;
}

static enum tri_status open_loaded(struct tri_pictures *pictures, const struct tri_source *source,
                                   struct tri_error *error)
{
    struct tri_error why;
    const struct tri_codec *codec = tri_codec_of_head(pictures->load.data, pictures->load.size);
    if (codec == NULL)
        return tri_source_unknown(source);
    pictures->info.format = tri_format_find(codec->format.name);
    pictures->codec = tri_codec_complete(codec, &why);
    return pictures->codec != NULL ? open_series(pictures, error)
                                   : tri_source_fail(source, "%s", why.text);
}

/* From a path or from memory. */
static enum tri_status open_pictures(const char *path, const struct tri_load *data,
                                     const struct tri_read_options *options,
                                     struct tri_pictures **result, struct tri_error *error)
{
    struct tri_pictures *pictures = calloc(1, sizeof *pictures);
    struct tri_source source;
    enum tri_status status = TRI_OK;
    tri_source_begin(&source, path, options, error);
    *result = NULL;
    if (pictures == NULL || (pictures->name = strdup(source.name)) == NULL) {
        free(pictures);
        return tri_source_fail(&source, "out of memory");
    }
    if (options != NULL)
        pictures->options = *options;
    if (data != NULL)
        pictures->load = *data;
    else
        status = tri_load_open(&pictures->load, &source, path, options);
    if (status == TRI_OK)
        status = open_loaded(pictures, &source, error);
    if (status == TRI_OK)
        *result = pictures;
    else
        tri_pictures_close(pictures);
    return status;
}

enum tri_status tri_pictures_open(const char *path, const struct tri_read_options *options,
                                  struct tri_pictures **pictures, struct tri_error *error)
{
    struct tri_read_options own;
    *pictures = NULL;
    const enum tri_status status = tri_read_options_take(options, &own, error);
    return status == TRI_OK ? open_pictures(path, NULL, &own, pictures, error) : status;
}

enum tri_status tri_pictures_open_memory(const char *name, const void *data, size_t size,
                                         const struct tri_read_options *options,
                                         struct tri_pictures **pictures, struct tri_error *error)
{
    const struct tri_load load = {
        .file = -1, .ended = true, .size = size, .most = SIZE_MAX, .data = malloc(size)};
    *pictures = NULL;
    if (load.data == NULL)
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory for %zu bytes", name,
                        size);
    memcpy(load.data, data, size);
    return open_pictures(name, &load, options, pictures, error);
}

void tri_pictures_close(struct tri_pictures *pictures)
{
    if (pictures == NULL)
        return;
    if (pictures->series.state != NULL)
        pictures->codec->several->close(&pictures->series);
    tri_load_close(&pictures->load);
    free(pictures->series.places);
    free(pictures->series.durations);
    free(pictures->name);
    free(pictures);
}

const struct tri_pictures_info *tri_pictures_info(const struct tri_pictures *pictures)
{
    return &pictures->info;
}

const char *tri_pictures_name(const struct tri_pictures *pictures)
{
    return pictures->name;
}

const struct tri_duration *tri_pictures_durations(const struct tri_pictures *pictures)
{
    return pictures->series.durations;
}

/* ---- one picture ---- */

static enum tri_status no_memory(const struct tri_pictures *pictures, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", pictures->name);
}

static bool name_picture(const struct tri_pictures *pictures, struct tri_picture *picture)
{
    if (pictures->info.count == 1)
        picture->name = strdup(pictures->name);
    else if (asprintf(&picture->name, "%s, %s %ld", pictures->name, pictures->info.word,
                      picture->number) < 0)
        picture->name = NULL;
    return picture->name != NULL;
}

/* For concatenated files, copies the picture's, so the next can be read while it is decoded. */
static enum tri_status take_file(struct tri_pictures *pictures, struct tri_picture *picture,
                                 bool *more, struct tri_error *error)
{
    struct tri_source source = source_of(pictures, pictures->name, error);
    *more = pictures->extent > 0;
    if (pictures->taken > 0) {
        const enum tri_status status = move_on(pictures, &source, more);
        if (status != TRI_OK || !*more)
            return status;
    }
    picture->size = pictures->extent;
    picture->data = malloc(picture->size);
    if (picture->data == NULL)
        return no_memory(pictures, error);
    memcpy(picture->data, pictures->load.data, picture->size);
    return TRI_OK;
}

static enum tri_status take_frame(struct tri_pictures *pictures, struct tri_picture *picture,
                                  struct tri_error *error)
{
    struct tri_source source = source_of(pictures, picture->name, error);
    source.metadata = tri_metadata_new();
    if (source.metadata == NULL)
        return no_memory(pictures, error);
    const enum tri_status status =
        pictures->codec->several->next(&source, &pictures->series, &picture->image);
    if (status != TRI_OK) /* later frames build on it */
        pictures->taken = pictures->info.count;
    return tri_source_end(&source, status, &picture->image, &picture->info);
}

enum tri_status tri_pictures_take(struct tri_pictures *pictures, struct tri_picture *picture,
                                  bool *more, struct tri_error *error)
{
    const long index = pictures->taken;
    enum tri_status status = TRI_OK;
    *picture = (struct tri_picture){.number = index + 1};
    *more = pictures->following || index < pictures->info.count;
    if (pictures->following)
        status = take_file(pictures, picture, more, error);
    if (status != TRI_OK || !*more)
        return status;
    pictures->taken++;
    if (pictures->series.places != NULL)
        picture->place = pictures->series.places[index];
    if (pictures->series.durations != NULL)
        picture->duration = pictures->series.durations[index];
    if (!name_picture(pictures, picture))
        status = no_memory(pictures, error);
    if (status == TRI_OK && pictures->series.state != NULL)
        status = take_frame(pictures, picture, error);
    if (status != TRI_OK)
        tri_picture_free(picture);
    return status;
}

enum tri_status tri_picture_decode(const struct tri_pictures *pictures, struct tri_picture *picture,
                                   struct tri_image **image, struct tri_read_info *info,
                                   struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    *image = picture->image;
    picture->image = NULL;
    if (*image != NULL) {
        if (info != NULL)
            *info = picture->info;
        else
            tri_metadata_free(picture->info.metadata);
        picture->info.metadata = NULL;
    } else {
        struct tri_source source = picture->data != NULL
                                       ? empty_source(pictures, picture->name, error)
                                       : source_of(pictures, picture->name, error);
        source.place = picture->place;
        if (picture->data != NULL) {
            source.data = picture->data;
            source.size = picture->size;
        }
        if (info != NULL)
            *info = (struct tri_read_info){0};
        if (info != NULL && (source.metadata = tri_metadata_new()) == NULL)
            return no_memory(pictures, error);
        status = tri_source_end(&source, pictures->codec->read(&source, image), image, info);
    }
    if (info != NULL && status == TRI_OK) {
        info->format = pictures->info.format;
        info->pictures = pictures->info.count;
        info->animated = pictures->info.animated;
        info->duration = picture->duration;
        if (picture->number == 1 && pictures->series.left_out[0] != '\0')
            tri_note(info->warning, "%s", pictures->series.left_out);
    }
    return status;
}

void tri_picture_free(struct tri_picture *picture)
{
    free(picture->name);
    free(picture->data);
    tri_image_free(picture->image);
    tri_metadata_free(picture->info.metadata);
    *picture = (struct tri_picture){0};
}

enum tri_status tri_pictures_next(struct tri_pictures *pictures, struct tri_image **image,
                                  struct tri_read_info *info, struct tri_error *error)
{
    struct tri_picture picture;
    struct tri_read_info found = {0};
    bool more;
    *image = NULL;
    enum tri_status status = tri_read_info_check(info, error);
    if (status != TRI_OK)
        return status;
    tri_read_info_give(&found, info);
    status = tri_pictures_take(pictures, &picture, &more, error);
    if (status != TRI_OK || !more)
        return status;
    status = tri_picture_decode(pictures, &picture, image, info != NULL ? &found : NULL, error);
    tri_read_info_give(&found, info);
    tri_picture_free(&picture);
    return status;
}
