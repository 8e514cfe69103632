/* constant_rate.c -- which frame is shown at each tick of a constant rate: the newest, to within
 * half a tick. */
#include "constant_rate.h"

/* For products of times and rates, which files may set to anything. */
__extension__ typedef __int128 wide;

/* Milliseconds; the duration of a frame that lasts less is unknown. */
#define SHORTEST 2

/* Seconds; a longer gap is a clock error that would fill the disk with one frame. */
#define GAP_MOST 86400

void tri_pace_begin(struct tri_pace *pace, const int rate[2], const int time_base[2])
{
    *pace =
        (struct tri_pace){.rate = {rate[0], rate[1]}, .time_base = {time_base[0], time_base[1]}};
}

static bool is_known(const struct tri_pace *pace)
{
    return pace->rate[0] > 0 && pace->rate[1] > 0 && pace->time_base[0] > 0 &&
           pace->time_base[1] > 0;
}

/* The tick nearest to a time since the first frame. */
static int64_t place_of(const struct tri_pace *pace, wide time)
{
    const wide per = (wide)pace->time_base[1] * pace->rate[1];
    const wide scaled = time * pace->time_base[0] * pace->rate[0] + per / 2;
    const wide place = scaled >= 0 ? scaled / per : 0;
    return place < INT64_MAX / 2 ? (int64_t)place : INT64_MAX / 2;
}

long tri_pace_next(struct tri_pace *pace, int64_t time, int64_t duration)
{
    if (!pace->begun)
        pace->first = time;
    const int64_t before = pace->place;
    int64_t place =
        is_known(pace) ? place_of(pace, (wide)time - pace->first) : before + pace->begun;
    if (pace->begun && (wide)(place - before) * pace->rate[1] > GAP_MOST * (wide)pace->rate[0]) {
        place = pace->next > before ? pace->next : before + 1;
        pace->first = time - (int64_t)((wide)place * pace->rate[1] * pace->time_base[1] /
                                       ((wide)pace->rate[0] * pace->time_base[0]));
        pace->jumps++;
    }
    place = place > before ? place : before;
    pace->place = place;
    pace->lasts = is_known(pace) &&
                  (wide)duration * pace->time_base[0] * 1000 >= (wide)SHORTEST * pace->time_base[1];
    pace->next = is_known(pace) ? place_of(pace, (wide)time - pace->first + duration) : place + 1;
    if (!pace->begun) {
        pace->begun = true;
        return 0;
    }
    pace->left_out += place == before;
    pace->repeated += place > before ? (long)(place - before - 1) : 0;
    return (long)(place - before);
}

long tri_pace_end(struct tri_pace *pace)
{
    if (!pace->begun)
        return 0;
    const int64_t most = is_known(pace) ? GAP_MOST * (int64_t)pace->rate[0] / pace->rate[1] : 1;
    int64_t count = pace->next - pace->place;
    if (count < 1 && pace->asked && pace->lasts && pace->place > 0) {
        pace->left_out++;
        return 0;
    }
    count = count < 1 ? 1 : count < most ? count : most;
    pace->repeated += (long)(count - 1);
    return (long)count;
}

static double per_second(const struct tri_pace *pace)
{
    return (double)pace->rate[0] / pace->rate[1];
}

void tri_pace_note(const struct tri_pace *pace, const struct tri_video_writer *writer)
{
    if (pace->repeated > 0 || pace->left_out > 0)
        tri_video_note(writer,
                       "%s has a constant rate of %.6g frames/s: to keep the timing, %ld frames "
                       "were repeated and %ld dropped",
                       writer->name, per_second(pace), pace->repeated, pace->left_out);
    if (pace->jumps > 0)
        tri_video_note(writer, "%s: %ld gaps of more than a day between frames were removed",
                       writer->name, pace->jumps);
}

void tri_pace_note_uneven(const struct tri_pace *pace, const struct tri_video_writer *writer)
{
    if (pace->repeated > 0 || pace->left_out > 0)
        tri_video_note(writer,
                       "%s cannot store frame durations, which differ; --frame-rate %.6g would "
                       "keep the timing by repeating %ld frames and dropping %ld",
                       writer->name, per_second(pace), pace->repeated, pace->left_out);
}
