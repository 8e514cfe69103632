/* pictures.h -- what the tests of picture files share: a folder of their own, pictures, and comparisons. */
#ifndef PICTURES_H
#define PICTURES_H

#include "triptych.h"

struct bytes {
    unsigned char *data; /* ends with free() */
    size_t size, room;   /* room: that pictures_add has made */
};

/* For CU_add_suite: makes the folder, and removes it; that fails where a test has left a file in it. */
int pictures_enter(void);
int pictures_leave(void);
/* A path in the folder, of four at a time; "" is the folder itself. */
const char *pictures_path(const char *name);

struct bytes pictures_load(const char *path);
void pictures_store(const char *path, const void *data, size_t size);
void pictures_add(struct bytes *to, const void *data, size_t size);

/* Slopes and waves, as lossy formats are made for; alpha is full. */
struct tri_image *pictures_scene(int width, int height, int planes, int bits);
struct tri_image *pictures_noise(int width, int height, int planes, int bits);
int pictures_sample(const struct tri_image *image, int plane, int x, int y);
/* Peak signal-to-noise ratio in dB over all planes of `a`; 99 where they are equal, 0 where their shapes
 * differ. */
double pictures_psnr(const struct tri_image *a, const struct tri_image *b);

/* Reads without options, and must not fail. */
struct tri_image *pictures_read(const char *path, struct tri_read_info *info);
/* Reading must fail with one line that names the path and holds `part`. */
void pictures_expect_error(const char *path, const char *part);
/* Two pictures, written with their options under the name, must give the same bytes. */
void pictures_expect_same_file(const char *name, const struct tri_image *a,
                               const struct tri_write_options *options_a, const struct tri_image *b,
                               const struct tri_write_options *options_b);
/* Writing must fail with the status and one line that holds `part`, and leave no file. */
void pictures_expect_refusal(const char *path, const struct tri_image *image, enum tri_status status,
                             const char *part);
/* Writing to /dev/full must fail with the system's reason. */
void pictures_expect_disk_full(const char *format);
/* Every beginning of the file must be an error that names it. */
void pictures_expect_cuts(const char *path, const struct bytes *file);
/* No change of any byte may do worse than an error. Returns how many changes were one. */
size_t pictures_change_bytes(const char *path, const struct bytes *file, unsigned char change);

/* EXIF data with an orientation, in one of both byte orders. */
struct bytes pictures_exif(bool little, int orientation);
/* 132 bytes or more that pass for a profile of the space "RGB " or "GRAY". */
struct bytes pictures_profile(const char *space, size_t size);
/* True where `upright` is what `stored` means with the orientation; samples may differ by `slack`. */
bool pictures_upright(const struct tri_image *upright, const struct tri_image *stored, int orientation,
                      int slack);

#endif
