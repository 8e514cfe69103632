/* sources.c -- devices that report their commands when asked. */
#include "trace_parts.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held while they are asked */
static struct tri_trace_source *sources;

void tri_trace_add_source(struct tri_trace_source *source)
{
    pthread_mutex_lock(&lock);
    source->next = sources;
    sources = source;
    pthread_mutex_unlock(&lock);
}

void tri_trace_remove_source(struct tri_trace_source *source)
{
    pthread_mutex_lock(&lock);
    for (struct tri_trace_source **at = &sources; *at != NULL; at = &(*at)->next) {
        if (*at != source)
            continue;
        source->poll(source, true);
        *at = source->next;
        break;
    }
    pthread_mutex_unlock(&lock);
}

bool tri_trace_has_sources(void)
{
    pthread_mutex_lock(&lock);
    const bool some = sources != NULL;
    pthread_mutex_unlock(&lock);
    return some;
}

void tri_trace_poll_sources(bool last, void (*after)(void))
{
    pthread_mutex_lock(&lock);
    for (struct tri_trace_source *source = sources; source != NULL; source = source->next) {
        source->poll(source, last);
        after();
    }
    pthread_mutex_unlock(&lock);
}
