/* timeline_scale.c -- marks of a scale, and names for people. */
#include "timeline_parts.h"

#include <string.h>

bool tri_timeline_waits(const struct tri_timeline *timeline, const struct tri_timeline_block *block)
{
    return timeline->kinds[block->kind].class == TRI_TIMELINE_WAIT;
}

int64_t tri_timeline_busy(const struct tri_timeline *timeline)
{
    int64_t sum = 0;
    for (int i = 0; i < timeline->lane_count; i++)
        sum += timeline->lanes[i].busy;
    return sum;
}

int tri_timeline_sort_kinds(const struct tri_timeline *timeline, bool waits,
                            int kinds[TRI_TIMELINE_KINDS])
{
    int count = 0;
    for (int k = 0; k < timeline->kind_count; k++) {
        const struct tri_timeline_kind *kind = &timeline->kinds[k];
        int at = count;
        if ((kind->class == TRI_TIMELINE_WAIT) != waits || kind->busy == 0)
            continue;
        for (; at > 0 && timeline->kinds[kinds[at - 1]].busy < kind->busy; at--)
            kinds[at] = kinds[at - 1];
        kinds[at] = k;
        count++;
    }
    return count;
}

/* Threads' time that is in no block. */
static int64_t unknown_time(const struct tri_timeline *timeline)
{
    int64_t sum = 0;
    for (int i = 0; i < timeline->lane_count; i++)
        if (timeline->lanes[i].device[0] == '\0')
            sum += timeline->length - timeline->lanes[i].busy - timeline->lanes[i].waiting;
    return sum;
}

int tri_timeline_sum_waits(const struct tri_timeline *timeline,
                           struct timeline_wait waits[TRI_TIMELINE_KINDS + 1])
{
    int kinds[TRI_TIMELINE_KINDS], threads = 0;
    const int count = tri_timeline_sort_kinds(timeline, true, kinds);
    for (int i = 0; i < timeline->lane_count; i++)
        threads += timeline->lanes[i].device[0] == '\0';
    const double sum = (double)timeline->length * (threads > 0 ? threads : 1) + 1;
    for (int i = 0; i < count; i++) {
        const struct tri_timeline_kind *kind = &timeline->kinds[kinds[i]];
        waits[i] = (struct timeline_wait){kind->name, (double)kind->busy / sum};
    }
    waits[count] =
        (struct timeline_wait){"what is not recorded", (double)unknown_time(timeline) / sum};
    return count + 1;
}

/* ---- times ---- */

static const struct {
    int64_t ns;
    const char *name;
} units[] = {{1, "ns"}, {1000, "us"}, {1000000, "ms"}, {1000000000, "s"}};
enum { UNITS = sizeof units / sizeof units[0] };

/* The largest unit of which there are at least that many; the smallest if there is none. */
static int unit_of(int64_t time, int64_t least)
{
    int unit = 0;
    for (int i = 1; i < UNITS; i++)
        unit = time >= least * units[i].ns ? i : unit;
    return unit;
}

struct timeline_scale tri_timeline_scale(int64_t length, int most)
{
    static const int digits[] = {1, 2, 5};
    struct timeline_scale scale = {.step = 1};
    int64_t power = 1;
    for (int i = 0; most > 0 && scale.step < (length + most - 1) / most; i++) {
        power *= i > 0 && i % 3 == 0 ? 10 : 1;
        scale.step = digits[i % 3] * power;
    }
    const int unit = unit_of(length, 2);
    scale.unit = units[unit].ns;
    scale.name = units[unit].name;
    return scale;
}

void tri_timeline_mark(char text[32], const struct timeline_scale *scale, int64_t time, bool unit)
{
    int digits = 0;
    for (int64_t step = scale->step; step % scale->unit != 0 && digits < 3; step *= 10)
        digits++;
    snprintf(text, 32, "%.*f%s%s", time > 0 ? digits : 0, (double)time / (double)scale->unit,
             unit ? " " : "", unit ? scale->name : "");
}

void tri_timeline_time(char text[32], int64_t time)
{
    const int unit = unit_of(time, 1);
    const double value = (double)time / (double)units[unit].ns;
    snprintf(text, 32, "%.*f %s",
             unit == 0 || value >= 100 ? 0
             : value >= 10             ? 1
                                       : 2,
             value, units[unit].name);
}

/* ---- lanes ---- */

int tri_timeline_devices(const struct tri_timeline *timeline, const char *devices[], int most)
{
    int count = 0;
    for (int i = 0; i < timeline->lane_count && count < most; i++) {
        const char *device = timeline->lanes[i].device;
        if (device[0] != '\0' && (count == 0 || strcmp(devices[count - 1], device) != 0))
            devices[count++] = device;
    }
    return count;
}

/* How many lanes before this one have its name. */
static int count_same(const struct tri_timeline *timeline, int lane)
{
    const struct tri_timeline_lane *lanes = timeline->lanes;
    int count = 0;
    for (int i = 0; i < lane; i++)
        count += strcmp(lanes[i].name, lanes[lane].name) == 0 &&
                 strcmp(lanes[i].device, lanes[lane].device) == 0;
    return count;
}

void tri_timeline_lane_name(char text[80], const struct tri_timeline *timeline, int lane)
{
    const struct tri_timeline_lane *of = &timeline->lanes[lane];
    const char *devices[64];
    const int count = tri_timeline_devices(timeline, devices, 64),
              same = count_same(timeline, lane);
    int number = 0;
    while (number < count && of->device[0] != '\0' && strcmp(devices[number], of->device) != 0)
        number++;
    if (of->device[0] != '\0' && count > 1)
        snprintf(text, 80, "%d %s", number + 1, of->name);
    else if (same > 0)
        snprintf(text, 80, "%s (%d)", of->name, same + 1);
    else
        snprintf(text, 80, "%s", of->name);
}
