/* trim.c -- leaves out frames before and after a part. Codecs that cannot seek only find the frames
 * before it; they are not decoded. */
#include "video.h"

#include <math.h>
#include <stdio.h>

bool tri_trim_is_part(const struct tri_trim *trim)
{
    return trim->from.given || trim->to.given;
}

bool tri_trim_reaches(const struct tri_mark *from, double seconds, long number)
{
    return from->frame >= 0 ? number >= from->frame : seconds >= from->seconds - TRI_TRIM_SLACK;
}

/* "frame 25", "1.500 s" */
static const char *say(const struct tri_mark *mark, char text[40])
{
    if (mark->frame >= 0)
        snprintf(text, 40, "frame %ld", mark->frame + 1);
    else
        snprintf(text, 40, "%.3f s", mark->seconds);
    return text;
}

/* ---- the beginning ---- */

/* The number of a frame; -1: unknown. */
static int64_t number_of(const struct tri_video *video, const struct tri_mark *mark)
{
    if (mark->frame >= 0 || video->rate[1] < 1)
        return mark->frame;
    return (int64_t)ceil((mark->seconds - TRI_TRIM_SLACK) * video->rate[0] / video->rate[1]);
}

/* For progress. */
static int64_t estimate(const struct tri_video *video, const struct tri_trim *trim)
{
    const int64_t from = trim->from.given ? number_of(video, &trim->from) : 0,
                  to = trim->to.given ? number_of(video, &trim->to) : video->frames;
    if (from < 0 || to < 0 || (video->frames > 0 && from >= video->frames))
        return 0;
    const int64_t end = trim->length ? from + to : to;
    return (video->frames > 0 && end > video->frames ? video->frames : end) - from;
}

enum tri_status tri_trim_begin(struct tri_video_reader *reader, struct tri_error *error)
{
    const struct tri_trim *trim = &reader->options.trim;
    const bool timed =
        (trim->from.given && trim->from.frame < 0) || (trim->to.given && trim->to.frame < 0);
    if (!tri_trim_is_part(trim))
        return TRI_OK;
    if (timed && (reader->video.time_base[0] < 1 || reader->video.time_base[1] < 1))
        return tri_fail(error, TRI_USAGE,
                        "%s states no frame rate: give the part in frames, such as 25f",
                        reader->name);
    if (trim->to.given || reader->video.frames > 0)
        reader->video.frames = estimate(&reader->video, trim);
    reader->trimmed.begun = !trim->from.given;
    return trim->from.given && reader->codec->seek != NULL ? reader->codec->seek(reader, error)
                                                           : TRI_OK;
}

/* ---- frames ---- */

enum tri_status tri_trim_no_frames(const struct tri_video_reader *reader, double end,
                                   struct tri_error *error)
{
    const struct tri_mark *from = &reader->options.trim.from;
    char text[40];
    if (from->frame < 0)
        return tri_fail(error, TRI_USAGE, "%s ends after %.3f s: it has no frame at %s or later",
                        reader->name, end, say(from, text));
    return tri_fail(error, TRI_USAGE, "%s has %ld frame%s: there is no %s", reader->name,
                    reader->trimmed.skipped, reader->trimmed.skipped == 1 ? "" : "s",
                    say(from, text));
}

static enum tri_status no_part(const struct tri_video_reader *reader, struct tri_error *error)
{
    const struct tri_trim *trim = &reader->options.trim;
    char to[40];
    return tri_fail(error, TRI_USAGE,
                    "%s has no frames in this part: its first frame is at %.3f s, and the part "
                    "ends %s %s",
                    reader->name, tri_video_seconds(&reader->video, reader->trimmed.start),
                    trim->length ? "after" : "before", say(&trim->to, to));
}

/* Goes on to the first frame of the part. */
static enum tri_status find_first(struct tri_video_reader *reader, struct tri_frame *frame,
                                  bool *more, struct tri_error *error)
{
    struct tri_trimmed *trimmed = &reader->trimmed;
    double end = 0;
    enum tri_status status = TRI_OK;
    while (status == TRI_OK && *more && !trimmed->begun) {
        trimmed->begun =
            tri_trim_reaches(&reader->options.trim.from,
                             tri_video_seconds(&reader->video, frame->time), trimmed->skipped);
        trimmed->start = frame->time;
        if (trimmed->begun)
            break;
        end = tri_video_seconds(&reader->video, frame->time + frame->duration);
        trimmed->skipped++;
        if (frame->raw != NULL)
            reader->codec->discard(frame);
        if (reader->options.stop != NULL && reader->options.stop())
            *more = false;
        else
            status = reader->codec->next(reader, frame, more, error);
    }
    return status == TRI_OK && !trimmed->begun &&
                   !(reader->options.stop != NULL && reader->options.stop())
               ? tri_trim_no_frames(reader, end, error)
               : status;
}

/* Whether a frame, counted from the part's first, is after the part. */
static bool is_after(const struct tri_video_reader *reader, const struct tri_frame *frame)
{
    const struct tri_trim *trim = &reader->options.trim;
    const struct tri_trimmed *trimmed = &reader->trimmed;
    const int64_t time = frame->time + (trim->length ? 0 : trimmed->start);
    const long number = frame->number + (trim->length ? 0 : trimmed->skipped);
    return trim->to.given &&
           tri_trim_reaches(&trim->to, tri_video_seconds(&reader->video, time), number);
}

/* Whether the next frame is known to be after the part without reading it. Codecs that seek also
 * pass on sound, which ends at that frame's time. */
static bool has_all(const struct tri_video_reader *reader)
{
    const struct tri_trim *trim = &reader->options.trim;
    const struct tri_trimmed *trimmed = &reader->trimmed;
    const long number = trimmed->frames + (trim->length ? 0 : trimmed->skipped);
    return trim->to.given && trim->to.frame >= 0 && reader->codec->seek == NULL &&
           trimmed->frames > 0 && number >= trim->to.frame;
}

/* Whether the frames so far fill the part. */
static bool is_full(const struct tri_video_reader *reader)
{
    const struct tri_trim *trim = &reader->options.trim;
    const struct tri_trimmed *trimmed = &reader->trimmed;
    const int64_t end = trimmed->shown + (trim->length ? 0 : trimmed->start);
    const long number = trimmed->frames + (trim->length ? 0 : trimmed->skipped);
    return tri_trim_reaches(&trim->to, tri_video_seconds(&reader->video, end), number);
}

/* The file ends before the part does. */
static void note_short(struct tri_video_reader *reader)
{
    const struct tri_trim *trim = &reader->options.trim;
    char text[TRI_NOTE_MAX], to[40];
    if (!trim->to.given || reader->trimmed.ended || is_full(reader) ||
        reader->options.tell == NULL || (reader->options.stop != NULL && reader->options.stop()))
        return;
    snprintf(text, sizeof text, "%.200s ends before the part does, which is to end %s %s",
             reader->name, trim->length ? "after" : "at", say(&trim->to, to));
    reader->options.tell(reader->options.listener, text);
    reader->trimmed.ended = true;
    reader->trimmed.end = INT64_MAX;
}

enum tri_status tri_trim_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                              struct tri_error *error)
{
    struct tri_trimmed *trimmed = &reader->trimmed;
    *more = false;
    if (trimmed->ended || has_all(reader))
        return TRI_OK;
    enum tri_status status = reader->codec->next(reader, frame, more, error);
    if (status == TRI_OK && !trimmed->begun)
        status = find_first(reader, frame, more, error);
    if (status != TRI_OK || !*more) {
        if (status == TRI_OK)
            note_short(reader);
        return status;
    }
    if (!trimmed->relative) {
        frame->time -= trimmed->start;
        frame->number -= trimmed->skipped;
    }
    if (is_after(reader, frame)) {
        trimmed->ended = true;
        trimmed->end = frame->time;
        if (frame->raw != NULL)
            reader->codec->discard(frame);
        *more = false;
        return trimmed->frames == 0 ? no_part(reader, error) : TRI_OK;
    }
    trimmed->frames++;
    trimmed->shown = frame->time + frame->duration;
    return TRI_OK;
}
