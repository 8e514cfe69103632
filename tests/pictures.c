/* pictures.c -- helpers for tests of image files. */
#include "pictures.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static char folder[64];

int pictures_enter(void)
{
    strcpy(folder, "/tmp/triptych-test-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

int pictures_leave(void)
{
    return rmdir(folder);
}

const char *pictures_path(const char *name)
{
    static char paths[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

struct bytes pictures_load(const char *path)
{
    struct bytes bytes = {.data = malloc(1 << 24)};
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes.data);
    bytes.size = fread(bytes.data, 1, 1 << 24, file);
    fclose(file);
    return bytes;
}

void pictures_store(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(data, 1, size, file), size);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

void pictures_add(struct bytes *to, const void *data, size_t size)
{
    if (to->size + size > to->room) {
        to->room = 2 * (to->size + size);
        to->data = realloc(to->data, to->room);
        CU_ASSERT_PTR_NOT_NULL_FATAL(to->data);
    }
    if (size > 0) /* else the memory may be NULL */
        memcpy(to->data + to->size, data, size);
    to->size += size;
}

/* ---- pictures ---- */

static void put(struct tri_image *image, int plane, int x, int y, unsigned value)
{
    if (image->shape.bits == 8)
        ((uint8_t *)tri_image_row(image, plane, y))[x] = (uint8_t)(value >> 8);
    else
        ((uint16_t *)tri_image_row(image, plane, y))[x] = (uint16_t)value;
}

int pictures_sample(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static unsigned scene_at(int plane, int x, int y, uint32_t *state)
{
    (void)state;
    return (unsigned)(32768 + 14000 * sin(x * 0.05 + plane) +
                      14000 * cos(y * 0.04 - plane * 2 + x * 0.01));
}

static unsigned noise_at(int plane, int x, int y, uint32_t *state)
{
    *state = *state * 1664525 + 1013904223 + (uint32_t)(plane + x + y);
    return *state >> 16;
}

static struct tri_image *make(int width, int height, int planes, int bits, bool full_alpha,
                              unsigned (*at)(int plane, int x, int y, uint32_t *state))
{
    const struct tri_shape shape = {width, height, planes, bits};
    struct tri_image *image;
    uint32_t state = 1;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int plane = 0; plane < planes; plane++) {
        const bool alpha = planes % 2 == 0 && plane == planes - 1;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                put(image, plane, x, y, alpha && full_alpha ? 0xffff : at(plane, x, y, &state));
    }
    return image;
}

struct tri_image *pictures_scene(int width, int height, int planes, int bits)
{
    return make(width, height, planes, bits, true, scene_at);
}

struct tri_image *pictures_noise(int width, int height, int planes, int bits)
{
    return make(width, height, planes, bits, false, noise_at);
}

double pictures_psnr(const struct tri_image *a, const struct tri_image *b)
{
    const struct tri_shape *shape = &a->shape;
    double sum = 0;
    if (!tri_shape_equal(shape, &b->shape))
        return 0;
    for (int plane = 0; plane < shape->planes; plane++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                const double difference =
                    pictures_sample(a, plane, x, y) - pictures_sample(b, plane, x, y);
                sum += difference * difference;
            }
    const double peak = shape->bits == 8 ? 255 : 65535;
    const double samples = (double)shape->width * shape->height * shape->planes;
    return sum > 0 ? 10 * log10(peak * peak * samples / sum) : 99;
}

/* ---- expectations ---- */

struct tri_image *pictures_read(const char *path, struct tri_read_info *info)
{
    struct tri_image *image;
    struct tri_error error = {0};
    const enum tri_status status = tri_image_read(path, NULL, &image, info, &error);
    if (status != TRI_OK)
        printf("%s\n", error.text);
    CU_ASSERT_EQUAL_FATAL(status, TRI_OK);
    return image;
}

/* "name.format" in the folder. */
static const char *path_of(const char *name, const char *format)
{
    char file[40];
    snprintf(file, sizeof file, "%s.%s", name, format);
    return pictures_path(file);
}

struct bytes pictures_written(const struct tri_image *image,
                              const struct tri_write_options *options, const char *format)
{
    const char *path = path_of("written", format);
    struct tri_error error = {0};
    const enum tri_status status = tri_image_write(path, image, options, &error);
    if (status != TRI_OK)
        printf("%s\n", error.text);
    CU_ASSERT_EQUAL_FATAL(status, TRI_OK);
    struct bytes file = pictures_load(path);
    unlink(path);
    return file;
}

struct tri_image *pictures_stored(const struct bytes *file, const char *format,
                                  struct tri_read_info *info)
{
    const char *path = path_of("stored", format);
    pictures_store(path, file->data, file->size);
    struct tri_image *image = pictures_read(path, info);
    unlink(path);
    return image;
}

struct tri_image *pictures_round_trip(const struct tri_image *image,
                                      const struct tri_write_options *options, const char *format)
{
    struct bytes file = pictures_written(image, options, format);
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *back = pictures_stored(&file, format, &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    CU_ASSERT_STRING_EQUAL(info.format->name, format);
    CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 0);
    tri_metadata_free(info.metadata);
    free(file.data);
    return back;
}

static void expect_text(const char *text, const char *part)
{
    CU_ASSERT_PTR_NULL(strchr(text, '\n'));
    if (strstr(text, part) == NULL) {
        printf("expected \"%s\" in \"%s\"\n", part, text);
        CU_FAIL("another text");
    }
}

void pictures_expect_error(const char *path, const char *part)
{
    struct tri_image *image = (struct tri_image *)folder; /* must be overwritten */
    struct tri_error error = {0};
    struct tri_read_info info = {.size = sizeof info};
    CU_ASSERT_EQUAL(tri_image_read(path, NULL, &image, &info, &error), TRI_FAILED);
    CU_ASSERT_EQUAL(error.status, TRI_FAILED);
    CU_ASSERT_PTR_NULL(image);
    CU_ASSERT_PTR_NULL(info.metadata);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    expect_text(error.text, path);
    expect_text(error.text, part);
}

void pictures_expect_same_file(const char *name, const struct tri_image *a,
                               const struct tri_write_options *options_a, const struct tri_image *b,
                               const struct tri_write_options *options_b)
{
    const char *path = pictures_path(name);
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, a, options_a, NULL), TRI_OK);
    struct bytes one = pictures_load(path);
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, b, options_b, NULL), TRI_OK);
    struct bytes two = pictures_load(path);
    CU_ASSERT_TRUE(one.size == two.size && memcmp(one.data, two.data, one.size) == 0);
    free(one.data);
    free(two.data);
    unlink(path);
}

void pictures_expect_refusal(const char *path, const struct tri_image *image,
                             enum tri_status status, const char *part)
{
    struct tri_error error = {0};
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, &error), status);
    expect_text(error.text, path);
    expect_text(error.text, part);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

void pictures_expect_disk_full(const char *format)
{
    const struct tri_write_options options = {.size = sizeof options,
                                              .format = tri_format_find(format)};
    struct tri_error error;
    if (access("/dev/full", W_OK) != 0) {
        test_skip("no /dev/full");
        return;
    }
    for (int side = 10; side <= 500; side += 490) { /* less than buffers hold, and more */
        struct tri_image *image = pictures_noise(side, side, 3, 8);
        CU_ASSERT_EQUAL(tri_image_write("/dev/full", image, &options, &error), TRI_FAILED);
        CU_ASSERT_STRING_EQUAL(error.text, "cannot write /dev/full: No space left on device");
        tri_image_free(image);
    }
}

void pictures_expect_cuts(const char *path, const struct bytes *file)
{
    for (size_t size = 0; size < file->size; size++) {
        pictures_store(path, file->data, size);
        pictures_expect_error(path, "cannot read ");
    }
    unlink(path);
}

size_t pictures_change_bytes(const char *path, const struct bytes *file, unsigned char change)
{
    size_t errors = 0;
    for (size_t i = 0; i < file->size; i++) {
        struct tri_image *image;
        struct tri_read_info info = {.size = sizeof info};
        struct tri_error error = {0};
        file->data[i] ^= change;
        pictures_store(path, file->data, file->size);
        file->data[i] ^= change;
        if (tri_image_read(path, NULL, &image, &info, &error) != TRI_OK) {
            expect_text(error.text, path);
            CU_ASSERT_PTR_NULL(image);
            errors++;
        }
        tri_image_free(image);
        tri_metadata_free(info.metadata);
    }
    unlink(path);
    return errors;
}

/* ---- metadata ---- */

void pictures_keep_note(void *listener, const char *text)
{
    const char *after = strstr(text, ": ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(after);
    snprintf(listener, TRI_NOTE_MAX, "%s", after + 2);
}

struct bytes pictures_exif(bool little, int orientation)
{
    /* Two entries: the maker "ab", and the orientation; no further directory. */
    static const unsigned char big[38] =
        "MM\0*\0\0\0\10\0\2\1\17\0\2\0\0\0\3ab\0\0\1\22\0\3\0\0\0\1\0\1";
    static const unsigned char small[38] =
        "II*\0\10\0\0\0\2\0\17\1\2\0\3\0\0\0ab\0\0\22\1\3\0\1\0\0\0\1";
    struct bytes exif = {0};
    pictures_add(&exif, little ? small : big, 38);
    exif.data[little ? 30 : 31] = (unsigned char)orientation;
    return exif;
}

struct bytes pictures_profile(const char *space, size_t size)
{
    struct bytes profile = {.data = malloc(size), .size = size};
    CU_ASSERT_PTR_NOT_NULL_FATAL(profile.data);
    for (size_t i = 0; i < size; i++)
        profile.data[i] = (unsigned char)(i * 7 + i / 251);
    memcpy(profile.data + 16, space, 4);
    memcpy(profile.data + 36, "acsp", 4);
    return profile;
}

static void put_32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Adds a tag and its data, whose size is a multiple of 4. */
static void add_tag(struct bytes *profile, int number, const char *name, const void *data,
                    size_t size)
{
    unsigned char *entry = profile->data + 132 + 12 * number;
    memcpy(entry, name, 4);
    put_32(entry + 4, (uint32_t)profile->size);
    put_32(entry + 8, (uint32_t)size);
    pictures_add(profile, data, size);
}

struct bytes pictures_real_profile(void)
{
    static const struct {
        const char *name;
        double x, y, z;
    } colours[] = {{"wtpt", 0.9642, 1, 0.8249},
                   {"rXYZ", 0.4361, 0.2225, 0.0139},
                   {"gXYZ", 0.3851, 0.7169, 0.0971},
                   {"bXYZ", 0.1431, 0.0606, 0.7141}};
    static const unsigned char head[132 + 9 * 12] = {
        [8] = 2, [9] = 0x40, [12] = 'm',  'n',  't',      'r',         'R',        'G',
        'B',     ' ',        'X',         'Y',  'Z',      ' ',         [36] = 'a', 'c',
        's',     'p',        [70] = 0xf6, 0xd6, [73] = 1, [78] = 0xd3, 0x2d,       [131] = 9};
    static const unsigned char name[104] = "desc\0\0\0\0\0\0\0\5test";
    static const char *const curves[] = {"rTRC", "gTRC", "bTRC"};
    struct bytes profile = {0};
    pictures_add(&profile, head, sizeof head);
    add_tag(&profile, 0, "desc", name, sizeof name);
    add_tag(&profile, 1, "cprt", "text\0\0\0\0free\0\0\0", 16);
    for (int i = 0; i < 4; i++) {
        unsigned char data[20] = "XYZ ";
        put_32(data + 8, (uint32_t)(colours[i].x * 65536 + 0.5));
        put_32(data + 12, (uint32_t)(colours[i].y * 65536 + 0.5));
        put_32(data + 16, (uint32_t)(colours[i].z * 65536 + 0.5));
        add_tag(&profile, 2 + i, colours[i].name, data, sizeof data);
    }
    for (int i = 0; i < 3; i++)
        add_tag(&profile, 6 + i, curves[i], "curv\0\0\0\0\0\0\0\1\1\315\0\0", 16);
    put_32(profile.data, (uint32_t)profile.size);
    return profile;
}

/* EXIF states which sides of the scene the stored row 0 and column 0 are. */
bool pictures_upright(const struct tri_image *upright, const struct tri_image *stored,
                      int orientation, int slack)
{
    static const struct {
        char row, column;
    } sides[9] = {{0, 0},     {'t', 'l'}, {'t', 'r'}, {'b', 'r'}, {'b', 'l'},
                  {'l', 't'}, {'r', 't'}, {'r', 'b'}, {'l', 'b'}};
    const char row = sides[orientation].row, column = sides[orientation].column;
    const int width = upright->shape.width, height = upright->shape.height;
    const bool lying = row == 'l' || row == 'r';
    if (width != (lying ? stored->shape.height : stored->shape.width) ||
        height != (lying ? stored->shape.width : stored->shape.height) ||
        upright->shape.planes != stored->shape.planes || upright->shape.bits != stored->shape.bits)
        return false;
    for (int plane = 0; plane < stored->shape.planes; plane++)
        for (int y = 0; y < stored->shape.height; y++)
            for (int x = 0; x < stored->shape.width; x++) {
                const int across = lying ? y : x, down = lying ? x : y;
                const int from_left = row == 'r' || column == 'r' ? width - 1 - across : across;
                const int from_top = row == 'b' || column == 'b' ? height - 1 - down : down;
                if (abs(pictures_sample(upright, plane, from_left, from_top) -
                        pictures_sample(stored, plane, x, y)) > slack)
                    return false;
            }
    return true;
}
