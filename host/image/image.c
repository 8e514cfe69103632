/* image.c -- planar images: their memory, padding, digest and comparison. */
#include "image.h"
#include "interleave.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE ((uint64_t)64)   /* bytes of a cache line */
#define PAGE ((uint64_t)4096) /* alignment that OpenCL needs to use host memory without a copy */
#define HUGE_PAGE ((uint64_t)1 << 21)
#define ANY_PAGE ((uint64_t)1 << 16) /* a multiple of every machine's page size */

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

bool tri_shape_equal(const struct tri_shape *a, const struct tri_shape *b)
{
    return a->width == b->width && a->height == b->height && a->planes == b->planes &&
           a->bits == b->bits;
}

enum tri_status tri_shape_check(const struct tri_shape *shape, struct tri_error *error)
{
    if (shape->width < 1 || shape->width > TRI_SIDE_MAX || shape->height < 1 ||
        shape->height > TRI_SIDE_MAX)
        return tri_fail(error, TRI_USAGE,
                        "an image cannot have %d x %d pixels; each side must be 1 to %d",
                        shape->width, shape->height, TRI_SIDE_MAX);
    if (shape->planes < 1 || shape->planes > TRI_PLANES_MAX)
        return tri_fail(error, TRI_USAGE, "an image cannot have %d planes; expected 1 to %d",
                        shape->planes, TRI_PLANES_MAX);
    if (shape->bits != 8 && shape->bits != 16)
        return tri_fail(error, TRI_USAGE,
                        "an image cannot have %d bits per sample; expected 8 or 16", shape->bits);
    return TRI_OK;
}

static size_t memory_size(size_t size)
{
    const size_t unit = size >= HUGE_PAGE ? ANY_PAGE : PAGE;
    return size == 0 ? PAGE : (size + unit - 1) / unit * unit;
}

/* Zeroed, so that padding is initialised. Large images use huge pages: the first touch of 4 KiB
 * pages would cost more than most kernels. Small ones are on the heap, where the sanitizers and
 * valgrind check their bounds. */
void *tri_memory_new(size_t size)
{
    size = memory_size(size);
    if (size < HUGE_PAGE) {
        void *memory = aligned_alloc(PAGE, size);
        return memory != NULL ? memset(memory, 0, size) : NULL;
    }
    unsigned char *memory =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)memory & (HUGE_PAGE - 1));
    if (before)
        munmap(memory, before);
    munmap(memory + before + size, HUGE_PAGE - before);
#ifdef MADV_HUGEPAGE
    madvise(memory + before, size, MADV_HUGEPAGE);
#endif
    return memory + before;
}

void tri_memory_free(void *memory, size_t size)
{
    size = memory_size(size);
    if (memory == NULL)
        return;
    if (size < HUGE_PAGE)
        free(memory);
    else
        munmap(memory, size);
}

static struct abandoned {
    void *memory;
    struct abandoned *next;
} * abandoned;

void tri_memory_abandon(void *memory)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct abandoned *one = memory != NULL ? malloc(sizeof *one) : NULL;
    if (one == NULL)
        return;
    pthread_mutex_lock(&lock);
    *one = (struct abandoned){memory, abandoned};
    abandoned = one;
    pthread_mutex_unlock(&lock);
}

/* Saving less padding than this is not worth the copies that packed rows cost. */
#define PADDING_ALLOWED ((uint64_t)1 << 20)

/* Bytes from row to row, with padding. An odd number of cache lines, so that rows above each other
 * spread over all cache sets. */
static uint64_t padded_stride(const struct tri_shape *shape)
{
    const uint64_t bytes = tri_sample_bytes(shape);
    const uint64_t stride =
        (TRI_PAD + round_up((uint64_t)shape->width, TRI_PAD) + 2 * TRI_PAD) * bytes;
    return stride / LINE % 2 == 0 ? stride + LINE : stride;
}

static uint64_t packed_stride(const struct tri_shape *shape)
{
    return (uint64_t)shape->width * tri_sample_bytes(shape);
}

bool tri_shape_packed(const struct tri_shape *shape)
{
    const uint64_t samples = packed_stride(shape), padding = padded_stride(shape) - samples;
    return padding > samples &&
           padding * (uint64_t)shape->height * (uint64_t)shape->planes > PADDING_ALLOWED;
}

/* Returns the layout, without memory. */
static struct tri_image lay_out(const struct tri_shape *shape, bool packed)
{
    const uint64_t stride = packed ? packed_stride(shape) : padded_stride(shape);
    uint64_t plane_stride = round_up(stride * (uint64_t)shape->height, PAGE) + TRI_PLANES_APART;
    uint64_t size = round_up(plane_stride * (uint64_t)shape->planes, PAGE);
    if (size >= HUGE_PAGE)
        size = round_up(size, ANY_PAGE);
    return (struct tri_image){
        .shape = *shape,
        .stride = (ptrdiff_t)stride,
        .plane_stride = (ptrdiff_t)plane_stride,
        .memory_size = (size_t)size,
    };
}

size_t tri_image_size(const struct tri_shape *shape)
{
    return lay_out(shape, tri_shape_packed(shape)).memory_size;
}

static enum tri_status new_image(struct tri_memory *memory, const struct tri_shape *shape,
                                 bool packed, struct tri_image **image, struct tri_error *error)
{
    const struct tri_image laid = lay_out(shape, packed);
    struct tri_image *made = NULL;
    if (laid.memory_size <= PTRDIFF_MAX - HUGE_PAGE && (made = malloc(sizeof *made)) != NULL) {
        *made = laid;
        made->from = memory;
        made->memory = memory != NULL ? memory->take(memory, laid.memory_size) : NULL;
        if (made->memory == NULL) {
            made->from = NULL;
            made->memory = tri_memory_new(laid.memory_size);
        }
    }
    if (made == NULL || made->memory == NULL) {
        free(made);
        return tri_fail(error, TRI_FAILED, "out of memory for an image of %d x %d pixels (%.1f MB)",
                        shape->width, shape->height, (double)laid.memory_size / 1e6);
    }
    made->data = (unsigned char *)made->memory + TRI_PAD * tri_sample_bytes(shape);
    *image = made;
    tri_trace_image_memory((int64_t)made->memory_size);
    return TRI_OK;
}

enum tri_status tri_image_new_in(struct tri_memory *memory, const struct tri_shape *shape,
                                 struct tri_image **image, struct tri_error *error)
{
    *image = NULL;
    const enum tri_status status = tri_shape_check(shape, error);
    return status == TRI_OK ? new_image(memory, shape, tri_shape_packed(shape), image, error)
                            : status;
}

enum tri_status tri_image_new_padded(struct tri_memory *memory, const struct tri_shape *shape,
                                     struct tri_image **image, struct tri_error *error)
{
    *image = NULL;
    const enum tri_status status = tri_shape_check(shape, error);
    return status == TRI_OK ? new_image(memory, shape, false, image, error) : status;
}

enum tri_status tri_image_new(const struct tri_shape *shape, struct tri_image **image,
                              struct tri_error *error)
{
    return tri_image_new_in(NULL, shape, image, error);
}

void tri_image_free(struct tri_image *image)
{
    if (image == NULL)
        return;
    tri_trace_image_memory(-(int64_t)image->memory_size);
    if (image->abandoned) {
        tri_memory_abandon(image->memory);
        tri_memory_abandon(image->from);
    } else if (image->from != NULL) {
        image->from->give(image->from, image->memory);
    } else {
        tri_memory_free(image->memory, image->memory_size);
    }
    free(image);
}

static void pad_row_8(uint8_t *row, int width)
{
    memset(row - TRI_PAD, row[0], TRI_PAD);
    memset(row + width, row[width - 1], TRI_PAD);
}

static void pad_row_16(uint16_t *row, int width)
{
    uint16_t first = row[0], last = row[width - 1];
    for (int i = 0; i < TRI_PAD; i++) {
        row[i - TRI_PAD] = first;
        row[width + i] = last;
    }
}

void tri_image_pad_row(const struct tri_image *image, int plane, int y)
{
    if (image->shape.bits == 8)
        pad_row_8(tri_image_row(image, plane, y), image->shape.width);
    else
        pad_row_16(tri_image_row(image, plane, y), image->shape.width);
}

void tri_image_pad_rows(const struct tri_image *image, int from, int to)
{
    for (int plane = 0; plane < image->shape.planes && !tri_image_packed(image); plane++) {
        for (int y = from; y < to; y++)
            tri_image_pad_row(image, plane, y);
    }
}

void tri_image_pad(struct tri_image *image)
{
    if (image->padded) /* no write: several may see to it at once */
        return;
    tri_image_pad_rows(image, 0, image->shape.height);
    image->padded = true;
}

static uint64_t digest_byte(uint64_t digest, unsigned byte)
{
    return (digest ^ (byte & 255)) * UINT64_C(0x100000001b3);
}

/* 16-bit samples count as little-endian on every machine. */
static uint64_t digest_row(uint64_t digest, const void *row, const struct tri_shape *shape)
{
    const uint8_t *row_8 = row;
    const uint16_t *row_16 = row;
    for (int x = 0; x < shape->width; x++) {
        if (shape->bits == 8)
            digest = digest_byte(digest, row_8[x]);
        else
            digest = digest_byte(digest_byte(digest, row_16[x]), row_16[x] >> 8);
    }
    return digest;
}

uint64_t tri_image_digest(const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    const int header[4] = {shape->width, shape->height, shape->planes, shape->bits};
    uint64_t digest = UINT64_C(0xcbf29ce484222325);

    for (int i = 0; i < 4; i++)
        for (int shift = 0; shift < 32; shift += 8)
            digest = digest_byte(digest, (unsigned)header[i] >> shift);
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            digest = digest_row(digest, tri_image_row(image, plane, y), shape);
    return digest;
}

static int sample(const struct tri_image *image, const void *row, int x)
{
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

struct tri_difference tri_image_compare(const struct tri_image *expected,
                                        const struct tri_image *actual)
{
    const struct tri_shape *shape = &expected->shape;
    struct tri_difference difference = {0};

    if (!tri_shape_equal(shape, &actual->shape)) {
        difference.count = UINT64_MAX; /* not comparable, and not equal */
        return difference;
    }
    for (int plane = 0; plane < shape->planes; plane++) {
        for (int y = 0; y < shape->height; y++) {
            const void *a = tri_image_row(expected, plane, y), *b = tri_image_row(actual, plane, y);
            if (memcmp(a, b, (size_t)shape->width * tri_sample_bytes(shape)) == 0)
                continue;
            for (int x = 0; x < shape->width; x++) {
                int want = sample(expected, a, x), have = sample(actual, b, x);
                if (want != have && difference.count++ == 0)
                    difference = (struct tri_difference){1, plane, x, y, want, have};
            }
        }
    }
    return difference;
}

/* ---- interleaved rows: interleave.c, for the best level of this CPU ---- */

#define TABLE(level, argument) &tri_interleave_##level,
static const struct tri_interleave *const interleave[] = {TRI_LEVELS(TABLE, 0)};

void tri_row_split(const struct tri_image *image, int y, const void *interleaved)
{
    void *rows[TRI_PLANES_MAX];
    for (int plane = 0; plane < image->shape.planes; plane++)
        rows[plane] = tri_image_row(image, plane, y);
    interleave[tri_isa_best()]->split(rows, interleaved, image->shape.planes, image->shape.bits,
                                      image->shape.width);
}

void tri_row_join(const struct tri_image *image, int y, void *interleaved)
{
    const void *rows[TRI_PLANES_MAX];
    for (int plane = 0; plane < image->shape.planes; plane++)
        rows[plane] = tri_image_row(image, plane, y);
    interleave[tri_isa_best()]->join(interleaved, rows, image->shape.planes, image->shape.bits,
                                     image->shape.width);
}

void tri_image_copy_plane(const struct tri_image *from, int from_plane, struct tri_image *to,
                          int to_plane)
{
    const size_t bytes = (size_t)from->shape.width * tri_sample_bytes(&from->shape);
    for (int y = 0; y < from->shape.height; y++)
        memcpy(tri_image_row(to, to_plane, y), tri_image_row(from, from_plane, y), bytes);
    to->padded = false;
}
