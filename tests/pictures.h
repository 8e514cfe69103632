/* pictures.h -- helpers for tests of image files: a folder of their own, images, and comparisons.
 */
#ifndef PICTURES_H
#define PICTURES_H

#include "triptych.h"

struct bytes {
    unsigned char *data; /* release with free() */
    size_t size, room;   /* room: allocated by pictures_add */
};

/* Options with the members given: READ_OPTIONS(.max_pixels = 1). */
#define READ_OPTIONS(...) \
    ((struct tri_read_options){.size = sizeof(struct tri_read_options), __VA_ARGS__})
#define WRITE_OPTIONS(...) \
    ((struct tri_write_options){.size = sizeof(struct tri_write_options), __VA_ARGS__})

/* For CU_add_suite: make and remove the folder; removal fails if a test has left a file in it. */
int pictures_enter(void);
int pictures_leave(void);
/* A path in the folder, valid for three more calls; "" is the folder itself. */
const char *pictures_path(const char *name);

struct bytes pictures_load(const char *path);
void pictures_store(const char *path, const void *data, size_t size);
void pictures_add(struct bytes *to, const void *data, size_t size);

/* Slopes and waves, which suit lossy formats; alpha is opaque. */
struct tri_image *pictures_scene(int width, int height, int planes, int bits);
struct tri_image *pictures_noise(int width, int height, int planes, int bits);
int pictures_sample(const struct tri_image *image, int plane, int x, int y);
/* Peak signal-to-noise ratio in dB over all planes of `a`; 99 if they are equal, 0 if their shapes
 * differ. */
double pictures_psnr(const struct tri_image *a, const struct tri_image *b);

/* Reads without options; a failure fails the test. */
struct tri_image *pictures_read(const char *path, struct tri_read_info *info);
/* The bytes of a file of the format, and the image in such bytes; free their data. */
struct bytes pictures_written(const struct tri_image *image,
                              const struct tri_write_options *options, const char *format);
struct tri_image *pictures_stored(const struct bytes *file, const char *format,
                                  struct tri_read_info *info);
/* Both: there must be no warning, and no metadata. */
struct tri_image *pictures_round_trip(const struct tri_image *image,
                                      const struct tri_write_options *options, const char *format);
/* Reading must fail with one line that contains the path and `part`. */
void pictures_expect_error(const char *path, const char *part);
/* Two images, written with their options under the name, must give the same bytes. */
void pictures_expect_same_file(const char *name, const struct tri_image *a,
                               const struct tri_write_options *options_a, const struct tri_image *b,
                               const struct tri_write_options *options_b);
/* Writing must fail with the status and one line that contains `part`, and leave no file. */
void pictures_expect_refusal(const char *path, const struct tri_image *image,
                             enum tri_status status, const char *part);
/* Writing to /dev/full must fail with the system's reason. */
void pictures_expect_disk_full(const char *format);
/* Every truncation of the file must be an error that names it. */
void pictures_expect_cuts(const char *path, const struct bytes *file);
/* Changing any byte must at worst give an error. Returns how many changes gave one. */
size_t pictures_change_bytes(const char *path, const struct bytes *file, unsigned char change);

/* For options.tell: keeps the last note in `listener` (TRI_NOTE_MAX bytes), without the file name
 * before it. */
void pictures_keep_note(void *listener, const char *text);

/* EXIF data with an orientation, in either byte order. */
struct bytes pictures_exif(bool little, int orientation);
/* 132 bytes or more that are accepted as a profile of the space "RGB " or "GRAY". */
struct bytes pictures_profile(const char *space, size_t size);
/* A complete profile for RGB: the primaries of sRGB, a gamma of 1.8; its copyright is "free". */
struct bytes pictures_real_profile(void);
/* Whether `upright` is `stored` with the orientation applied; samples may differ by `slack`. */
bool pictures_upright(const struct tri_image *upright, const struct tri_image *stored,
                      int orientation, int slack);

#endif
