/* clip_tiles.c -- finds frames of a clip, and makes each a small picture. Frames that are far apart
 * are found by seeking, where the format knows key frames and how long the clip is. If that finds
 * no frame, or one twice, all frames are read instead: the file promises more than it has. */
#include "cli/clip_tiles.h"

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/run.h"
#include "cli/tile_maker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TILES 16         /* if none is asked for */
#define SEEK_SECONDS 4.0 /* reading that much takes as long as going there */

struct picker {
    const struct cli_clip *clip;
    struct cli_tiles *tiles;
    struct tri_backend *backend;
    struct tri_video video; /* the clip's */
    double start;           /* of the part, in seconds of the file */
    bool seeks;             /* the format can, and the part is given in seconds */
    struct cli_tile_maker maker;
    struct tri_pipeline *scene;
    struct tri_filter *scenes;
    struct tri_frame in, seen; /* what is read, and what `scenes` makes of it */
    int64_t newest;            /* time of the last tile in the file; -1: none */
    long next;                 /* number of the next tile, or of the next slot of `every` */
    long count, frames;        /* tiles, and the frames they are chosen from */
};

/* ---- the clip ---- */

static void tell(void *listener, const char *text)
{
    (void)listener;
    cli_note("%s", text);
}

static enum tri_status open_part(const struct picker *picker, const struct tri_trim *trim,
                                 bool first, struct tri_video_reader **reader,
                                 struct tri_error *error)
{
    const struct tri_video_read_options options = {
        .background = {TRI_BACKGROUND_TOLD, {255, 255, 255}},
        .trim = *trim,
        .threads = cli_workers(picker->clip->on),
        .max_pixels = picker->clip->max_pixels,
        .stop = cli_interrupted,
        .tell = first ? tell : NULL};

    return tri_video_open(picker->clip->path, &options, reader, error);
}

/* Closes a reader after the frames wanted from it; damage is reported once. */
static void close_part(const struct picker *picker, struct tri_video_reader *reader)
{
    if (reader->warning[0] != '\0' && picker->tiles->damage[0] == '\0')
        snprintf(picker->tiles->damage, sizeof picker->tiles->damage, "%s: %s", reader->name,
                 reader->warning);
    tri_video_close(reader);
}

static bool same_form(const struct tri_video *a, const struct tri_video *b)
{
    return a->width == b->width && a->height == b->height && a->planes == b->planes &&
           a->alpha == b->alpha && a->shift_x == b->shift_x && a->shift_y == b->shift_y &&
           a->bits == b->bits && a->matrix == b->matrix && a->full_range == b->full_range;
}

static enum tri_status look(struct picker *picker, struct tri_error *error)
{
    const struct tri_trim *trim = &picker->clip->trim;
    struct tri_video_reader *reader;
    const enum tri_status status = open_part(picker, trim, true, &reader, error);

    if (status != TRI_OK)
        return status;
    picker->video = reader->video;
    picker->start = tri_video_seconds(&reader->video, reader->trimmed.start);
    picker->seeks = reader->codec->seek != NULL && trim->from.frame < 0 && trim->to.frame < 0 &&
                    reader->video.frames > 0 && reader->video.rate[0] > 0 &&
                    reader->video.rate[1] > 0;
    picker->frames = (long)reader->video.frames;
    close_part(picker, reader);
    return TRI_OK;
}

/* ---- tiles ---- */

static bool make_room(struct cli_tiles *tiles)
{
    const int room = tiles->room > 0 ? 2 * tiles->room : 16;

    if (tiles->count < tiles->room)
        return true;
    struct tri_image **more = realloc(tiles->list, (size_t)room * sizeof *more);
    if (more == NULL)
        return false;
    tiles->list = more;
    tiles->room = room;
    return true;
}

/* Makes the frame a tile, whose label is its time in the file. */
static enum tri_status add_tile(struct picker *picker, int64_t time, struct tri_error *error)
{
    struct cli_tiles *tiles = picker->tiles;
    struct tri_image *image = NULL;

    if (!make_room(tiles))
        return tri_fail(error, TRI_FAILED, "sheet: out of memory for %d tiles", tiles->count + 1);
    picker->newest = picker->in.time = time;
    if (cli_tile_make(&picker->maker, &picker->in, &image, error) != TRI_OK)
        return error->status;
    tiles->list[tiles->count++] = image;
    tiles->pixels += (uint64_t)image->shape.width * (uint64_t)image->shape.height;
    if (tiles->pixels <= picker->clip->max_pixels)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE,
                    "sheet: %d tiles of %d x %d pixels exceed the limit of %llu; use fewer or "
                    "smaller ones (--width), or --max-pixels",
                    tiles->count, image->shape.width, image->shape.height,
                    (unsigned long long)picker->clip->max_pixels);
}

static void forget_tiles(struct picker *picker)
{
    while (picker->tiles->count > 0)
        tri_image_free(picker->tiles->list[--picker->tiles->count]);
    picker->tiles->pixels = 0;
    picker->newest = -1;
    picker->next = 0;
}

/* ---- which frames ---- */

/* The frame in the middle of part `i`. */
static long middle(const struct picker *picker, long i)
{
    return (2 * i + 1) * picker->frames / (2 * picker->count);
}

/* After a frame at `seconds` of the part: the next slot of `every`. */
static long slot_after(const struct picker *picker, double seconds)
{
    return (long)floor((seconds + TRI_TRIM_SLACK) / picker->clip->every) + 1;
}

/* Whether a cut is before the frame, or it is the first one. */
static enum tri_status find_cut(struct picker *picker, bool *wanted, struct tri_error *error)
{
    const enum tri_status status =
        tri_filter_run(picker->scenes, &picker->in, &picker->seen, error);

    *wanted = status == TRI_OK && (picker->in.number == 0 ||
                                   (picker->seen.data != NULL && picker->seen.data[0] != '\0'));
    free(picker->seen.data);
    picker->seen.data = NULL;
    return status;
}

/* Decodes the frame if it may be wanted. */
static enum tri_status choose(struct picker *picker, struct tri_video_reader *reader, bool *wanted,
                              struct tri_error *error)
{
    const struct cli_clip *clip = picker->clip;
    const double seconds = tri_video_seconds(&reader->video, picker->in.time);

    if (clip->every > 0)
        *wanted = seconds >= (double)picker->next * clip->every - TRI_TRIM_SLACK;
    else
        *wanted = clip->scenes || (picker->next < picker->count &&
                                   picker->in.number == middle(picker, picker->next));
    if (!*wanted)
        return TRI_OK;
    picker->next = clip->every > 0 ? slot_after(picker, seconds) : picker->next + 1;
    const enum tri_status status = tri_video_decode(reader, &picker->in, error);
    return status == TRI_OK && clip->scenes ? find_cut(picker, wanted, error) : status;
}

/* ---- all frames in order ---- */

static enum tri_status next_frame(struct picker *picker, struct tri_video_reader *reader,
                                  bool *more, struct tri_error *error)
{
    *more = false;
    return cli_interrupted() ? tri_fail(error, TRI_FAILED, "interrupted")
                             : tri_video_next(reader, &picker->in, more, error);
}

static void drop_frame(struct picker *picker, const struct tri_video_reader *reader)
{
    if (picker->in.raw != NULL)
        reader->codec->discard(&picker->in);
    tri_frame_free_data(&picker->in);
}

static enum tri_status count_frames(struct picker *picker, struct tri_error *error)
{
    struct tri_video_reader *reader;
    bool more = true;
    long frames = 0;

    enum tri_status status = open_part(picker, &picker->clip->trim, false, &reader, error);
    if (status != TRI_OK)
        return status;
    while (status == TRI_OK && more) {
        status = next_frame(picker, reader, &more, error);
        frames += more;
        drop_frame(picker, reader);
    }
    picker->frames = frames;
    tri_video_close(reader);
    return status;
}

static enum tri_status read_in_order(struct picker *picker, struct tri_error *error)
{
    struct tri_video_reader *reader;
    bool more = true, wanted = false;

    enum tri_status status = open_part(picker, &picker->clip->trim, false, &reader, error);
    if (status != TRI_OK)
        return status;
    while (status == TRI_OK && more) {
        status = next_frame(picker, reader, &more, error);
        if (status == TRI_OK && more)
            status = choose(picker, reader, &wanted, error);
        if (status == TRI_OK && more && wanted)
            status = add_tile(picker, picker->in.time + reader->trimmed.start, error);
        drop_frame(picker, reader);
    }
    close_part(picker, reader);
    return status;
}

static enum tri_status check_count(struct picker *picker, struct tri_error *error)
{
    const struct cli_clip *clip = picker->clip;

    if (picker->frames == 0)
        return tri_fail(error, TRI_FAILED, "%s has no frames", clip->path);
    if ((uint64_t)picker->frames < clip->count)
        return tri_fail(error, TRI_USAGE,
                        "sheet: %s has %ld frame%s, fewer than --count %llu; give a smaller number",
                        clip->path, picker->frames, picker->frames == 1 ? "" : "s",
                        (unsigned long long)clip->count);
    picker->count = clip->count > 0          ? (long)clip->count
                    : picker->frames < TILES ? picker->frames
                                             : TILES;
    return TRI_OK;
}

static enum tri_status read_counted(struct picker *picker, struct tri_error *error)
{
    enum tri_status status = count_frames(picker, error);

    if (status == TRI_OK)
        status = check_count(picker, error);
    return status == TRI_OK ? read_in_order(picker, error) : status;
}

/* ---- by seeking ---- */

/* Makes a tile of the first frame at `seconds` of the part or later. *found is false if there is
 * none, or none that is later than the last tile. */
static enum tri_status seek_tile(struct picker *picker, double seconds, bool *found,
                                 struct tri_error *error)
{
    struct tri_trim trim = picker->clip->trim;
    struct tri_video_reader *reader;
    bool more = false;

    *found = false;
    if (seconds > 0)
        trim.from =
            (struct tri_mark){.given = true, .frame = -1, .seconds = picker->start + seconds};
    enum tri_status status = open_part(picker, &trim, false, &reader, error);
    if (status != TRI_OK)
        return status == TRI_USAGE ? TRI_OK : status; /* the clip ends before */
    if (same_form(&reader->video, &picker->video))
        status = next_frame(picker, reader, &more, error);
    const int64_t time = picker->in.time + reader->trimmed.start;
    *found = status == TRI_OK && more && time > picker->newest;
    if (*found)
        status = tri_video_decode(reader, &picker->in, error);
    if (*found && status == TRI_OK)
        status = add_tile(picker, time, error);
    drop_frame(picker, reader);
    close_part(picker, reader);
    return status == TRI_USAGE && !*found ? TRI_OK : status;
}

/* *all is false if a frame was not found. */
static enum tri_status seek_counted(struct picker *picker, bool *all, struct tri_error *error)
{
    const int *rate = picker->video.rate;
    enum tri_status status = TRI_OK;

    *all = (uint64_t)picker->frames >= picker->clip->count;
    if (*all)
        status = check_count(picker, error);
    for (long i = 0; i < picker->count && *all && status == TRI_OK; i++) {
        /* times in files are rounded */
        const double frame = (double)middle(picker, i) - 0.5;
        status = seek_tile(picker, frame * rate[1] / rate[0], all, error);
    }
    return status;
}

/* Until there is no frame. */
static enum tri_status seek_slots(struct picker *picker, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    bool found = true;

    while (found && status == TRI_OK) {
        status = seek_tile(picker, (double)picker->next * picker->clip->every, &found, error);
        picker->next =
            slot_after(picker, tri_video_seconds(&picker->video, picker->newest) - picker->start);
    }
    return status;
}

/* ---- all of it ---- */

static enum tri_status open_scenes(struct picker *picker, struct tri_error *error)
{
    const char *threshold = picker->clip->threshold;
    char text[100] = "scene:lines=cuts";

    if (!picker->clip->scenes)
        return TRI_OK;
    if (threshold != NULL)
        snprintf(text, sizeof text, "scene:lines=cuts:threshold=%.60s", threshold);
    enum tri_status status = tri_pipeline_parse(text, &picker->scene, error);
    if (status == TRI_OK)
        status = tri_filter_new(picker->backend, picker->scene, &picker->video, TRI_ANY_COLOUR,
                                TRI_CHROMA_USUAL, &picker->scenes, error);
    if (status != TRI_OK)
        return status;
    tri_filter_tell(picker->scenes);
    return tri_frame_new(tri_filter_video(picker->scenes), &picker->seen, error);
}

static enum tri_status open_all(struct picker *picker, struct tri_error *error)
{
    const struct tri_backend_options with = {.size = sizeof with};

    cli_set_opencl_environment(&picker->clip->on, 1);
    enum tri_status status = look(picker, error);
    if (status == TRI_OK)
        status = tri_backend_open(picker->clip->on, &with, &picker->backend, error);
    if (status == TRI_OK)
        status = open_scenes(picker, error);
    if (status == TRI_OK)
        status = cli_tile_maker_open(&picker->maker, picker->backend, &picker->video,
                                     picker->clip->width, picker->clip->label, error);
    return status == TRI_OK ? tri_frame_new(&picker->video, &picker->in, error) : status;
}

static enum tri_status read_tiles(struct picker *picker, struct tri_error *error)
{
    const struct cli_clip *clip = picker->clip;
    enum tri_status status = TRI_OK;
    bool all = false;

    if (clip->scenes || (clip->every > 0 && (!picker->seeks || clip->every < SEEK_SECONDS)))
        return read_in_order(picker, error);
    if (clip->every > 0)
        return seek_slots(picker, error);
    if (picker->seeks)
        status = seek_counted(picker, &all, error);
    if (status != TRI_OK || all)
        return status;
    forget_tiles(picker);
    return read_counted(picker, error);
}

enum tri_status cli_tiles_read(const struct cli_clip *clip, struct cli_tiles *tiles,
                               struct tri_error *error)
{
    struct picker picker = {.clip = clip, .tiles = tiles, .newest = -1};

    enum tri_status status = open_all(&picker, error);
    if (status == TRI_OK)
        status = read_tiles(&picker, error);
    if (status == TRI_OK && tiles->count == 0)
        status = tri_fail(error, TRI_FAILED, "%s has no frames", clip->path);
    tri_frame_free(&picker.in);
    tri_frame_free(&picker.seen);
    cli_tile_maker_close(&picker.maker);
    tri_filter_free(picker.scenes);
    tri_pipeline_free(picker.scene);
    tri_backend_close(picker.backend);
    return status;
}

void cli_tiles_free(struct cli_tiles *tiles)
{
    for (int i = 0; i < tiles->count; i++)
        tri_image_free(tiles->list[i]);
    free(tiles->list);
    *tiles = (struct cli_tiles){0};
}
