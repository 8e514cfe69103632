/* opencl_pinned.c -- host memory that the device reads and writes directly: allocated by the driver
 * once, and reused for one image after another. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Smaller images are copied as fast as the driver pins memory or allocates it from a heap shared
 * with others. */
#define SMALLEST ((size_t)1 << 18)
#define PAGE ((size_t)4096)
/* At most 1/SHARE of the host's memory is pinned, since pinned memory is never swapped out. */
#define SHARE 4

struct block {
    cl_mem buffer;
    void *mapped, *at; /* valid as long as the block exists; `at` is page-aligned */
    size_t size;       /* from `at` */
    bool used;
    struct block *next;
};

struct opencl_pinned {
    struct tri_memory memory;
    pthread_mutex_t lock; /* for the fields below */
    struct opencl *cl;    /* NULL: closed */
    /* and the queue: references of its own, since images may outlive the backend */
    cl_context context;
    /* the upload queue: memory unmapped there is no longer read by any upload */
    cl_command_queue queue;
    struct block *blocks; /* last returned first */
    size_t taken, most;
    bool refused; /* the driver has no more; a note was added */
};

static void tell(struct opencl_pinned *pinned, size_t size, cl_int code)
{
    if (!pinned->refused)
        tri_backend_add_note(
            &pinned->cl->base, "%.100s cannot pin %.1f MB of memory (%s): transfers are slower",
            pinned->cl->base.info.device, (double)size / 1e6, tri_opencl_symbol(code));
    pinned->refused = true;
}

static void free_block(struct opencl_pinned *pinned, struct block *block)
{
    const bool hangs =
        pinned->cl != NULL && tri_opencl_hangs(&pinned->cl->base); /* then nothing is released */
    if (block->mapped != NULL && !hangs)
        clEnqueueUnmapMemObject(pinned->queue, block->buffer, block->mapped, 0, NULL, NULL);
    if (block->buffer != NULL && !hangs)
        clReleaseMemObject(block->buffer);
    pinned->taken -= block->size;
    free(block);
}

/* Frees unused blocks, longest unused first, until this much may be taken. */
static void make_room(struct opencl_pinned *pinned, size_t size)
{
    while (pinned->taken + size > pinned->most) {
        struct block **last = NULL;
        for (struct block **at = &pinned->blocks; *at != NULL; at = &(*at)->next) {
            if (!(*at)->used)
                last = at;
        }
        if (last == NULL)
            return;
        struct block *block = *last;
        *last = block->next;
        free_block(pinned, block);
    }
}

static struct block *new_block(struct opencl_pinned *pinned, size_t size)
{
    struct block *block = calloc(1, sizeof *block);
    cl_int code;
    if (block == NULL)
        return NULL;
    block->size = size;
    pinned->taken += size;
    block->buffer = clCreateBuffer(pinned->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR,
                                   size + PAGE, NULL, &code);
    cl_event mapped = NULL;
    if (code == CL_SUCCESS)
        block->mapped =
            clEnqueueMapBuffer(pinned->queue, block->buffer, CL_FALSE, CL_MAP_READ | CL_MAP_WRITE,
                               0, size + PAGE, 0, NULL, &mapped, &code);
    if (code == CL_SUCCESS &&
        tri_opencl_await(pinned->cl, pinned->queue, mapped, "mapping memory", NULL) != TRI_OK)
        code = CL_MAP_FAILURE;
    if (code != CL_SUCCESS) {
        tell(pinned, size, code);
        free_block(pinned, block);
        return NULL;
    }
    block->at = (unsigned char *)block->mapped + (-(uintptr_t)block->mapped & (PAGE - 1));
    memset(block->at, 0, size);
    return block;
}

/* An existing block, if no more than a quarter of it is wasted. */
static struct block *find_block(struct opencl_pinned *pinned, size_t size)
{
    for (struct block **at = &pinned->blocks; *at != NULL; at = &(*at)->next) {
        struct block *block = *at;
        if (!block->used && block->size >= size && block->size - size <= block->size / 4) {
            *at = block->next;
            return block;
        }
    }
    return NULL;
}

void *tri_opencl_pin(struct opencl_pinned *pinned, size_t size)
{
    struct block *block = NULL;
    pthread_mutex_lock(&pinned->lock);
    if (pinned->cl != NULL && size <= pinned->most &&
        tri_opencl_usable(pinned->cl, NULL) == TRI_OK) {
        block = find_block(pinned, size);
        if (block == NULL && !pinned->refused) {
            make_room(pinned, size);
            block = pinned->taken + size <= pinned->most ? new_block(pinned, size) : NULL;
        }
    }
    if (block != NULL) {
        block->used = true;
        block->next = pinned->blocks;
        pinned->blocks = block;
    }
    pthread_mutex_unlock(&pinned->lock);
    return block != NULL ? block->at : NULL;
}

static void *take(struct tri_memory *memory, size_t size)
{
    return size < SMALLEST ? NULL : tri_opencl_pin((struct opencl_pinned *)memory, size);
}

/* For a closed pool: frees unused blocks, and the pool once it is empty. */
static void end(struct opencl_pinned *pinned)
{
    for (struct block **at = &pinned->blocks; *at != NULL;) {
        struct block *block = *at;
        if (block->used) {
            at = &block->next;
            continue;
        }
        *at = block->next;
        free_block(pinned, block);
    }
    const bool empty = pinned->blocks == NULL;
    pthread_mutex_unlock(&pinned->lock);
    if (!empty)
        return;
    clFinish(pinned->queue);
    clReleaseCommandQueue(pinned->queue);
    clReleaseContext(pinned->context);
    pthread_mutex_destroy(&pinned->lock);
    free(pinned);
}

void tri_opencl_unpin(struct opencl_pinned *pinned, void *memory)
{
    if (memory == NULL)
        return;
    pthread_mutex_lock(&pinned->lock);
    for (struct block **at = &pinned->blocks; *at != NULL; at = &(*at)->next) {
        struct block *block = *at;
        if (block->at != memory)
            continue;
        *at = block->next;
        block->used = false;
        block->next = pinned->blocks;
        pinned->blocks = block;
        break;
    }
    if (pinned->cl == NULL)
        end(pinned);
    else
        pthread_mutex_unlock(&pinned->lock);
}

static void give(struct tri_memory *memory, void *at)
{
    tri_opencl_unpin((struct opencl_pinned *)memory, at);
}

/* TRIPTYCH_OPENCL_PINNED: megabytes, 0 for none. */
static enum tri_status most_of(size_t *most, struct tri_error *error)
{
    const char *given = getenv("TRIPTYCH_OPENCL_PINNED");
    char *rest = NULL;
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    *most = pages > 0 && page > 0 ? (size_t)pages / SHARE * (size_t)page : (size_t)1 << 28;
    if (given == NULL || given[0] == '\0')
        return TRI_OK;
    const double megabytes = strtod(given, &rest);
    if (rest == given || *rest != '\0' || !(megabytes >= 0 && megabytes <= 1e9))
        return tri_fail(error, TRI_USAGE,
                        "invalid TRIPTYCH_OPENCL_PINNED '%s'; expected a number of megabytes (0: "
                        "pin no memory)",
                        given);
    *most = (size_t)(megabytes * 1e6);
    return TRI_OK;
}

/* The pinned memory may outlive the backend. */
static enum tri_status retain(const struct opencl *cl, struct tri_error *error)
{
    cl_int code = clRetainContext(cl->context);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clRetainContext", code, cl->base.info.device);
    code = clRetainCommandQueue(cl->transfers.uploads);
    if (code == CL_SUCCESS)
        return TRI_OK;
    clReleaseContext(cl->context);
    return tri_opencl_fail(error, "clRetainCommandQueue", code, cl->base.info.device);
}

enum tri_status tri_opencl_pinned_new(struct opencl *cl, struct opencl_pinned **result,
                                      struct tri_error *error)
{
    struct opencl_pinned *pinned = calloc(1, sizeof *pinned);
    *result = NULL;
    if (pinned == NULL || pthread_mutex_init(&pinned->lock, NULL) != 0) {
        free(pinned);
        return tri_fail(error, TRI_FAILED, "out of memory for transfers");
    }
    enum tri_status status = most_of(&pinned->most, error);
    if (status == TRI_OK)
        status = retain(cl, error);
    if (status != TRI_OK) {
        pthread_mutex_destroy(&pinned->lock);
        free(pinned);
        return status;
    }
    pinned->memory = (struct tri_memory){take, give};
    pinned->cl = cl;
    pinned->context = cl->context;
    pinned->queue = cl->transfers.uploads;
    *result = pinned;
    return TRI_OK;
}

void tri_opencl_pinned_close(struct opencl_pinned *pinned)
{
    if (pinned == NULL)
        return;
    pthread_mutex_lock(&pinned->lock);
    pinned->cl = NULL;
    end(pinned);
}

struct tri_memory *tri_opencl_pinned_memory(struct opencl_pinned *pinned)
{
    return pinned != NULL ? &pinned->memory : NULL;
}
