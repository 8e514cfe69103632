/* tracks.c -- the names of threads and queues, and copies of texts. */
#include "trace_parts.h"

#include <stdlib.h>
#include <string.h>

enum { TRACKS_MAX = 16384, BUCKETS = 1024, TEXT_BYTES_MAX = 4 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for all below */
static struct tri_trace_track *tracks;
static int count, room;

struct text {
    struct text *next;
    char bytes[];
};
static struct text *texts[BUCKETS];
static size_t text_bytes;

/* ---- tracks; [0] is number 1 ---- */

static bool make_room(void)
{
    if (count < room)
        return true;
    const int larger = room > 0 ? 2 * room : 64;
    struct tri_trace_track *list = realloc(tracks, (size_t)larger * sizeof *list);
    if (list == NULL)
        return false;
    tracks = list;
    room = larger;
    return true;
}

static int add_locked(const struct tri_trace_track *track)
{
    if (count == TRACKS_MAX || !make_room())
        return 0;
    tracks[count] = *track;
    return ++count;
}

int tri_tracks_add(const struct tri_trace_track *track)
{
    pthread_mutex_lock(&lock);
    const int number = add_locked(track);
    pthread_mutex_unlock(&lock);
    return number;
}

void tri_tracks_clear(void)
{
    pthread_mutex_lock(&lock);
    count = 0;
    pthread_mutex_unlock(&lock);
}

int tri_trace_track_count(void)
{
    pthread_mutex_lock(&lock);
    const int result = count;
    pthread_mutex_unlock(&lock);
    return result;
}

bool tri_trace_track_at(int track, struct tri_trace_track *to)
{
    pthread_mutex_lock(&lock);
    const bool exists = track >= 1 && track <= count;
    if (exists)
        *to = tracks[track - 1];
    pthread_mutex_unlock(&lock);
    return exists;
}

int tri_trace_queue(const char *device, const char *queue)
{
    struct tri_trace_track track = {0};
    int number = 0;
    snprintf(track.name, sizeof track.name, "%s", queue);
    snprintf(track.device, sizeof track.device, "%s", device);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < count && number == 0; i++) {
        if (tracks[i].thread == 0 && strcmp(tracks[i].name, track.name) == 0 &&
            strcmp(tracks[i].device, track.device) == 0)
            number = i + 1;
    }
    if (number == 0)
        number = add_locked(&track);
    pthread_mutex_unlock(&lock);
    return number;
}

/* ---- texts ---- */

static struct text **bucket_of(const char *text)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const char *at = text; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    return &texts[hash % BUCKETS];
}

static struct text *new_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    if (text_bytes + size > TEXT_BYTES_MAX)
        return NULL;
    struct text *copy = malloc(sizeof *copy + size);
    if (copy == NULL)
        return NULL;
    memcpy(copy->bytes, text, size);
    text_bytes += size;
    return copy;
}

const char *tri_trace_text(const char *text)
{
    struct text **bucket = bucket_of(text), *found;
    pthread_mutex_lock(&lock);
    for (found = *bucket; found != NULL && strcmp(found->bytes, text) != 0; found = found->next)
        ;
    if (found == NULL && (found = new_text(text)) != NULL) {
        found->next = *bucket;
        *bucket = found;
    }
    pthread_mutex_unlock(&lock);
    return found != NULL ? found->bytes : "(more names than are kept)";
}
