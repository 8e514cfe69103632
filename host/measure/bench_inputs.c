/* bench_inputs.c -- default inputs for measuring: a bundled image or a generated one. */
#include "codec/big_endian.h"
#include "measure/measure.h"

#include <dirent.h>
#include <string.h>

enum { ENOUGH_PIXELS = 500000 }; /* less takes microseconds, mostly for waking threads */

/* xorshift32: noise that is the same on every machine. */
static unsigned next_random(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* 0 to 65535: two crossed gradients, stripes and discs with hard edges, and noise on a third of the
 * rows. */
static unsigned sample_at(const struct tri_shape *shape, int plane, int x, int y, unsigned *random)
{
    unsigned across = (unsigned)((uint64_t)x * 65535 / (uint64_t)shape->width);
    unsigned down = (unsigned)((uint64_t)y * 65535 / (uint64_t)shape->height);
    unsigned value = plane % 2 ? 65535 - (across + down) / 2 : (across + down) / 2;
    int dx = x % 160 - 80, dy = y % 160 - 80;

    if (dx * dx + dy * dy < 40 * 40)
        value = plane == 1 ? 52000 : 65535 - value;
    else if ((x + y * (plane + 1)) / 24 % 7 == 0)
        value = plane == 2 ? 0 : 65535;
    if (y % 3 == 0) {
        unsigned noise = next_random(random) % 16384;

        value = value > 32768 ? value - noise : value + noise;
    }
    return value;
}

enum tri_status tri_picture_generate(const struct tri_shape *shape, unsigned seed,
                                     struct tri_image **image, struct tri_error *error)
{
    enum tri_status status = tri_image_new(shape, image, error);
    unsigned random = seed * 2654435761u | 1;

    if (status != TRI_OK)
        return status;
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++) {
            void *row = tri_image_row(*image, plane, y);

            for (int x = 0; x < shape->width; x++) {
                unsigned value = sample_at(shape, plane, x, y, &random);

                if (shape->bits == 8)
                    ((uint8_t *)row)[x] = (uint8_t)(value >> 8);
                else
                    ((uint16_t *)row)[x] = (uint16_t)value;
            }
        }
    (*image)->padded = false;
    return TRI_OK;
}

/* Width times height from the header of a PNG file; 0 if it is not one. */
static uint64_t pixels_of(const char *path)
{
    static const unsigned char magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char head[24];
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(head, 1, sizeof head, file) : 0;

    if (file != NULL)
        fclose(file);
    if (length < sizeof head || memcmp(head, magic, sizeof magic) != 0)
        return 0;
    return (uint64_t)tri_get_be32(head + 16) * tri_get_be32(head + 20);
}

static bool largest_in(const char *folder, char path[512])
{
    DIR *directory = opendir(folder);
    uint64_t most = ENOUGH_PIXELS - 1;
    bool found = false;

    if (directory == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char candidate[512];
        const char *ending = strrchr(entry->d_name, '.');

        if (ending == NULL || strcmp(ending, ".png") != 0)
            continue;
        int length = snprintf(candidate, sizeof candidate, "%s/%s", folder, entry->d_name);
        if (length >= (int)sizeof candidate)
            continue;
        uint64_t pixels = pixels_of(candidate);
        /* Of several of the same size, the first by name, since folders have no order. */
        if (pixels > most || (found && pixels == most && strcmp(candidate, path) < 0)) {
            memcpy(path, candidate, sizeof candidate);
            most = pixels;
            found = true;
        }
    }
    closedir(directory);
    return found;
}

bool tri_picture_bundled(char path[512])
{
    if (largest_in("images", path))
        return true;
#ifdef TRI_DATADIR
    return largest_in(TRI_DATADIR "/images", path);
#else
    return false;
#endif
}
