/* objects.c -- our objects and the ones they stand for. */
#include "driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct object *objects[KINDS];
static const char *const names[KINDS] = {"platforms", "devices",  "contexts", "queues",
                                         "buffers",   "programs", "kernels",  "events"};

void *icd_wrap(enum kind kind, void *real)
{
    if (real == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    struct object *object = objects[kind];
    while (object != NULL && ((kind != PLATFORM && kind != DEVICE) || object->real != real))
        object = object->next;
    if (object == NULL) {
        object = calloc(1, sizeof *object);
        if (object == NULL)
            abort();
        *object = (struct object){.dispatch = &icd_dispatch,
                                  .real = real,
                                  .kind = kind,
                                  .references = 1,
                                  .next = objects[kind]};
        objects[kind] = object;
    }
    pthread_mutex_unlock(&lock);
    return object;
}

struct object *icd_find(enum kind kind, const void *pointer)
{
    pthread_mutex_lock(&lock);
    struct object *object = objects[kind];
    while (object != NULL && object != pointer)
        object = object->next;
    pthread_mutex_unlock(&lock);
    return object;
}

void icd_retain(void *object)
{
    pthread_mutex_lock(&lock);
    ((struct object *)object)->references++;
    pthread_mutex_unlock(&lock);
}

void icd_release(void *pointer)
{
    struct object *object = pointer;
    bool last = false;
    pthread_mutex_lock(&lock);
    /* Root devices stay, however often they are released. */
    if (--object->references == 0 && (object->kind != DEVICE || object->parent != NULL)) {
        struct object **link = &objects[object->kind];
        while (*link != object)
            link = &(*link)->next;
        *link = object->next;
        last = true;
    }
    pthread_mutex_unlock(&lock);
    if (last) {
        free(object->text);
        free(object);
    }
}

size_t icd_buffer_bytes(void)
{
    size_t sum = 0;
    pthread_mutex_lock(&lock);
    for (const struct object *buffer = objects[BUFFER]; buffer != NULL; buffer = buffer->next)
        sum += buffer->host ? 0 : buffer->size;
    pthread_mutex_unlock(&lock);
    return sum;
}

void icd_translate(void *value, size_t size)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; value != NULL && i + sizeof(void *) <= size; i += sizeof(void *)) {
        void *real;
        memcpy(&real, (char *)value + i, sizeof real);
        for (int kind = 0; kind < KINDS && real != NULL; kind++) {
            for (struct object *object = objects[kind]; object != NULL; object = object->next) {
                if (object->real == real)
                    memcpy((char *)value + i, &object, sizeof object);
            }
        }
    }
    pthread_mutex_unlock(&lock);
}

/* Logs what the program has not released. */
static void __attribute__((destructor)) count_left(void)
{
    char text[200];
    size_t used = 0;
    for (int kind = CONTEXT; kind < KINDS; kind++) {
        int count = 0;
        for (const struct object *object = objects[kind]; object != NULL; object = object->next)
            count++;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d %s", used > 0 ? ", " : "",
                                 count, names[kind]);
    }
    icd_end("left", 0, text);
}
