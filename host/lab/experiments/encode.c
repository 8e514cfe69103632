/* encode.c -- one clip encoded by one encoder with one thread and with all, and in segments by
 * several encoders: which is done sooner, and what it costs in size. */
#include "lab/lab.h"

#include "image/temporary_folder.h"
#include "video/video.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WIDTH = 480, HEIGHT = 270, FRAMES = 96, SEGMENT = 24 };
#define CODEC "libx264"

struct variant {
    const char *name;
    bool segments, all; /* all: as many threads or encoders as there are workers */
    struct encode *whole;
    double kilobytes; /* of the file */
};

struct encode {
    int workers;
    struct tri_video video;
    struct tri_frame frames[FRAMES], frame;
    char *folder;
    struct variant variants[4];
};

/* ---- the clip ---- */

/* Two gradients that move against each other, with a little noise. */
static uint8_t luma(int x, int y, int number)
{
    const unsigned noise =
        ((unsigned)(x * 7919 + y * 104729 + number * 1299709) * 2654435761U) >> 29;

    return (uint8_t)(48 + ((x + 2 * number) / 2 & 63) + ((y + 3 * HEIGHT - number) / 2 & 63) +
                     (int)noise);
}

static void draw(struct tri_frame *frame, int number)
{
    for (int y = 0; y < HEIGHT; y++) {
        uint8_t *row = tri_image_row(frame->planes[0], 0, y);
        for (int x = 0; x < WIDTH; x++)
            row[x] = luma(x, y, number);
    }
    for (int p = 1; p < 3; p++)
        for (int y = 0; y < frame->planes[p]->shape.height; y++)
            memset(tri_image_row(frame->planes[p], 0, y), 128,
                   (size_t)frame->planes[p]->shape.width);
}

static enum tri_status make_clip(struct encode *whole, struct tri_error *error)
{
    enum tri_status status = tri_frame_new(&whole->video, &whole->frame, error);

    for (int i = 0; i < FRAMES && status == TRI_OK; i++) {
        status = tri_frame_new(&whole->video, &whole->frames[i], error);
        if (status == TRI_OK)
            draw(&whole->frames[i], i);
    }
    return status;
}

/* ---- encoding ---- */

/* A writer may change the planes that it gets. */
static void copy_frame(struct encode *whole, int number)
{
    for (int p = 0; p < 3; p++) {
        struct tri_image *to = whole->frame.planes[p];
        for (int y = 0; y < to->shape.height; y++)
            memcpy(tri_image_row(to, 0, y), tri_image_row(whole->frames[number].planes[p], 0, y),
                   (size_t)to->shape.width);
    }
    whole->frame.number = number;
    whole->frame.time = number;
    whole->frame.duration = 1;
}

static enum tri_status write_clip(struct variant *variant, const char *path, int frames,
                                  struct tri_error *error)
{
    struct encode *whole = variant->whole;
    const int workers = variant->all ? whole->workers : 1;
    const struct tri_video_write_options options = {.video_codec = CODEC,
                                                    .crf = -1,
                                                    .threads = workers,
                                                    .parallel = variant->segments ? workers : 0,
                                                    .segment = variant->segments ? SEGMENT : 0,
                                                    .pictures = tri_write_options_default()};
    struct tri_video_writer *writer;
    enum tri_status status = tri_video_create(path, &whole->video, &options, &writer, error);

    if (status != TRI_OK)
        return status;
    for (int i = 0; i < frames && status == TRI_OK; i++) {
        copy_frame(whole, i);
        status = tri_video_encode(writer, &whole->frame, error);
        if (status == TRI_OK)
            status = tri_video_put(writer, &whole->frame, error);
    }
    return tri_video_end(writer, status, error);
}

static enum tri_status write_frames(struct variant *variant, int frames, struct tri_error *error)
{
    char path[4200];
    struct stat file;

    snprintf(path, sizeof path, "%s/clip.mkv", variant->whole->folder);
    const enum tri_status status = write_clip(variant, path, frames, error);
    variant->kilobytes =
        status == TRI_OK && stat(path, &file) == 0 ? (double)file.st_size / 1000 : 0;
    return status;
}

static void run_variant(void *argument)
{
    struct tri_error error;
    const enum tri_status status = write_frames(argument, FRAMES, &error);

    if (status != TRI_OK)
        tri_lab_row_failed(status, &error);
}

/* ---- rows ---- */

static double kilobytes_of(void *argument)
{
    return ((struct variant *)argument)->kilobytes;
}

static const struct variant variants[] = {
    {.name = "one encoder, 1 thread"},
    {.name = "one encoder, its threads", .all = true},
    {.name = "segments, 1 encoder", .segments = true},
    {.name = "segments, encoders at once", .segments = true, .all = true}};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static void add_rows(struct tri_lab_run *run, const char *why)
{
    struct encode *whole = run->context;

    for (int i = 0; i < VARIANTS; i++) {
        whole->variants[i] = variants[i];
        whole->variants[i].whole = whole;
        struct tri_lab_row *row =
            tri_lab_add(run, run_variant, &whole->variants[i], variants[i].all ? whole->workers : 1,
                        "%s", variants[i].name);
        row->figure = kilobytes_of;
        row->unit = "kB";
        if (why != NULL)
            tri_lab_skip(row, "%s", why);
        else if (variants[i].all && whole->workers < 2)
            tri_lab_skip(row, "it takes 2 workers");
    }
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct encode *whole = run->context = calloc(1, sizeof *whole);

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    whole->workers = run->settings.workers;
    whole->video = (struct tri_video){.width = WIDTH,
                                      .height = HEIGHT,
                                      .planes = 3,
                                      .shift_x = 1,
                                      .shift_y = 1,
                                      .bits = 8,
                                      .rate = {25, 1},
                                      .time_base = {1, 25},
                                      .interlace = 'p',
                                      .matrix = TRI_BT709,
                                      .frames = FRAMES};
    enum tri_status status = make_clip(whole, error);
    if (status == TRI_OK)
        status = tri_temporary_folder_make("lab", &whole->folder, error);
    if (status != TRI_OK)
        return status;
    struct variant trial = {.whole = whole}; /* whether there is such an encoder */
    add_rows(run, write_frames(&trial, 1, error) == TRI_OK ? NULL : error->text);
    return TRI_OK;
}

static void close(struct tri_lab_run *run)
{
    struct encode *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < FRAMES; i++)
        tri_frame_free(&whole->frames[i]);
    tri_frame_free(&whole->frame);
    tri_temporary_folder_remove(whole->folder);
    free(whole);
}

/* ---- what follows ---- */

static void conclude_times(struct tri_lab_run *run, const struct tri_lab_row *one,
                           const struct tri_lab_row *own, const struct tri_lab_row *segments)
{
    const struct tri_interval threads = tri_lab_faster(own, one),
                              encoders = tri_lab_faster(segments, one),
                              between = tri_lab_faster(segments, own);

    tri_lab_say(run, tri_lab_above(run, &threads, 1),
                "One encoder with %d threads is %s times as fast as with one.", own->workers,
                tri_lab_words(&threads).text);
    tri_lab_say(run, tri_lab_above(run, &encoders, 1),
                "%d encoders at once, each with a segment of %d frames, are %s times as fast as "
                "one: they share nothing but the reader and the file.",
                segments->workers, (int)SEGMENT, tri_lab_words(&encoders).text);
    tri_lab_say(run, tri_lab_above(run, &between, 1),
                "They are %s times as fast as the one with threads.", tri_lab_words(&between).text);
    if (between.low > 1.1)
        tri_lab_answer(run, 1);
    else if (between.high < 1 / 1.1)
        tri_lab_answer(run, 0);
    else if (between.low > 1 / 1.1 && between.high < 1.1)
        tri_lab_answer(run, 2);
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *one = tri_lab_row(run, "one encoder, 1 thread"),
                             *own = tri_lab_row(run, "one encoder, its threads"),
                             *cut = tri_lab_row(run, "segments, 1 encoder"),
                             *segments = tri_lab_row(run, "segments, encoders at once");

    if (one == NULL || cut == NULL) {
        tri_lab_say_unmeasured(run);
        return;
    }
    if (own != NULL && segments != NULL)
        conclude_times(run, one, own, segments);
    else
        tri_lab_say(run, TRI_LAB_UNCLEAR, "With one worker there is nothing to do at once.");
    tri_lab_say(run, cut->value > one->value ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "Cutting costs %.1f %% in size: each segment begins with a key frame, and its "
                "encoder knows nothing of those before.",
                100 * (cut->value / one->value - 1));
    if (segments != NULL)
        tri_lab_say(run, segments->value == cut->value ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                    "The file is as large for any number of encoders, as segments do not depend "
                    "on it.");
}

TRI_LAB_EXPERIMENT(encode) = {
    .name = "encode",
    .claim = "A clip that is cut into segments is encoded by several encoders at once, as fast as "
             "cores allow, at a price in size.",
    .plan = "96 frames of 480x270 as H.264: one encoder with one thread and with one for each "
            "worker, and in segments of 24 frames, by one encoder after another and by one for "
            "each worker.",
    .question = "One encoder with a thread for each core, or an encoder for each core, each with "
                "segments of its own: which is done sooner?",
    .answers = {"the one with threads", "the several with segments", "both within a tenth"},
    .next = "triptych run copy in.mp4 -o out.mp4 --encode-parallel 8, and the same with --segment "
            "48.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
