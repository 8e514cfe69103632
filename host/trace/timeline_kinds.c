/* timeline_kinds.c -- which stage a span belongs to. */
#include "timeline_parts.h"

#include <ctype.h>
#include <string.h>

/* Stages of streams that people should find under the same letter everywhere. */
static const struct {
    const char *name;
    enum tri_timeline_class class;
    char letter;
} known[] = {{"next", TRI_TIMELINE_WORK, 'N'},      {"read", TRI_TIMELINE_CODEC, 'R'},
             {"decode", TRI_TIMELINE_CODEC, 'D'},   {"upload", TRI_TIMELINE_TRANSFER, 'U'},
             {"compute", TRI_TIMELINE_WORK, 'C'},   {"download", TRI_TIMELINE_TRANSFER, 'L'},
             {"encode", TRI_TIMELINE_CODEC, 'E'},   {"write", TRI_TIMELINE_CODEC, 'W'},
             {"read file", TRI_TIMELINE_FILE, '<'}, {"write file", TRI_TIMELINE_FILE, '>'}};
enum { KNOWN = sizeof known / sizeof known[0] };

static bool is_taken(const struct tri_timeline *timeline, char letter)
{
    bool taken = false;
    for (int i = 0; i < KNOWN; i++)
        taken |= known[i].letter == letter;
    for (int i = 0; i < timeline->kind_count; i++)
        taken |= timeline->kinds[i].letter == letter;
    return taken;
}

/* The first letter of the name that is free, else the first of the alphabet. */
static char letter_of(const struct tri_timeline *timeline, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        const char letter = (char)toupper((unsigned char)*at);
        if (letter >= 'A' && letter <= 'Z' && !is_taken(timeline, letter))
            return letter;
    }
    for (int letter = 'A'; letter <= 'Z'; letter++)
        if (!is_taken(timeline, (char)letter))
            return (char)letter;
    return '*';
}

int tri_timeline_kind(struct tri_timeline *timeline, const char *name,
                      enum tri_timeline_class class)
{
    const bool waits = class == TRI_TIMELINE_WAIT;
    for (int i = 0; i < timeline->kind_count; i++)
        if ((timeline->kinds[i].class == TRI_TIMELINE_WAIT) == waits &&
            strcmp(timeline->kinds[i].name, name) == 0)
            return i;
    if (timeline->kind_count == TRI_TIMELINE_KINDS - 1) /* the last one is for all others */
        name = "other";
    if (timeline->kind_count == TRI_TIMELINE_KINDS)
        return TRI_TIMELINE_KINDS - 1;
    struct tri_timeline_kind kind = {.name = name, .class = class, .letter = waits ? ' ' : '\0'};
    for (int i = 0; i < KNOWN && !waits; i++)
        if (strcmp(known[i].name, name) == 0) {
            kind.class = known[i].class;
            kind.letter = known[i].letter;
        }
    if (kind.letter == '\0')
        kind.letter = letter_of(timeline, name);
    timeline->kinds[timeline->kind_count] = kind;
    return timeline->kind_count++;
}

/* Parts of stages that also run outside of them: what is delayed is flushed at the end. */
static const char *stage_of_part(const char *name)
{
    const char *last = strrchr(name, ' ');
    return last == NULL                    ? name
           : strcmp(last, " decoder") == 0 ? "read"
           : strcmp(last, " encoder") == 0 ? "write"
                                           : name;
}

static int kind_by_name(struct tri_timeline *timeline, const char *name, unsigned category)
{
    if (category == TRI_TRACE_CODEC)
        return tri_timeline_kind(timeline, stage_of_part(name), TRI_TIMELINE_CODEC);
    return tri_timeline_kind(timeline, name, TRI_TIMELINE_WORK);
}

/* The kind of the outermost span of a track that a thread may help in: for the same item, and not a
 * wait. -1: none. */
static int kind_to_help(const struct tri_timeline *timeline, const struct timeline_track *track,
                        uint64_t item)
{
    for (int d = 0; d < track->depth && d < TIMELINE_DEPTH; d++) {
        const struct timeline_open *open = &track->open[d];
        const bool helps =
            item != 0 ? open->category == TRI_TRACE_STAGE
                      : open->category == TRI_TRACE_PLAN || open->category == TRI_TRACE_CODEC;
        if (helps && open->item == item && timeline->kinds[open->kind].class != TRI_TIMELINE_WAIT)
            return open->kind;
    }
    return -1;
}

static int kind_of_helper(const struct tri_timeline *timeline, const struct tri_trace_event *begin)
{
    const struct tri_timeline_state *state = timeline->state;
    int kind = -1;
    for (int i = 0; i < state->track_room && kind < 0; i++)
        if (state->tracks[i] != NULL && i != begin->track)
            kind = kind_to_help(timeline, state->tracks[i], begin->item);
    return kind;
}

static int kind_of_wait(struct tri_timeline *timeline, const struct tri_trace_event *begin)
{
    static const char *const names[TRI_TRACE_CAUSES] = {
        "work", "work", "a lock", "its turn", "other workers", "transfers", "devices", "files"};
    if (begin->cause == TRI_TRACE_FOR_DISK)
        return tri_timeline_kind(timeline,
                                 strcmp(begin->name, "read") == 0 ? "read file" : "write file",
                                 TRI_TIMELINE_FILE);
    return tri_timeline_kind(timeline, names[begin->cause], TRI_TIMELINE_WAIT);
}

/* A part of a stage, which threads share. */
static bool is_part(const struct tri_trace_event *begin)
{
    return begin->item != 0 || begin->category == TRI_TRACE_STRIP ||
           (begin->category == TRI_TRACE_CODEC && begin->rows > 0);
}

int tri_timeline_kind_of(struct tri_timeline *timeline, const struct tri_trace_event *begin)
{
    const struct timeline_track *track = timeline->state->tracks[begin->track];
    const struct timeline_open *outer = track->depth > 0 ? &track->open[track->depth - 1] : NULL;
    if (begin->category == TRI_TRACE_WAIT)
        return kind_of_wait(timeline, begin);
    if (begin->category == TRI_TRACE_STAGE)
        return kind_by_name(timeline, begin->name, begin->category);
    if (outer != NULL && timeline->kinds[outer->kind].class < TRI_TIMELINE_FILE &&
        outer->category != TRI_TRACE_OTHER)
        return outer->kind;
    const int helped = is_part(begin) ? kind_of_helper(timeline, begin) : -1;
    return helped >= 0 ? helped : kind_by_name(timeline, begin->name, begin->category);
}

int tri_timeline_kind_of_command(struct tri_timeline *timeline, const char *queue)
{
    const char *stage = strcmp(queue, "uploads") == 0     ? "upload"
                        : strcmp(queue, "downloads") == 0 ? "download"
                                                          : "compute";
    return tri_timeline_kind(timeline, stage, TRI_TIMELINE_WORK);
}
