/* png_files.h -- what the tests of PNG files share: files, pictures, and PNG put together by hand. */
#ifndef PNG_FILES_H
#define PNG_FILES_H

#include "image/image.h"

/* A suite's start and end: a folder of its own. */
int png_enter(void);
int png_leave(void);
extern char png_folder[];
const char *png_scratch(const char *name); /* a path in it; of two at a time */

struct bytes {
    unsigned char *data;
    size_t size, room;
};
struct bytes png_load(const char *path);
void png_store(const char *path, const void *data, size_t size);
struct tri_image *png_noise(int width, int height, int planes, int bits);
/* Reading gives no picture, but one line that names the path and holds `part`. */
void png_expect_error(const char *path, const char *part);

/* ---- PNG by hand, chunk by chunk ---- */

void png_add(struct bytes *to, const void *data, size_t size);
void png_add_chunk(struct bytes *to, const char *type, const void *data, size_t size);
void png_add_header(struct bytes *to, uint32_t width, uint32_t height, int bits,
                    int colour_type); /* and signature */
/* Fewer than 256 bytes of rows as one stored block; the Adler-32 is off by `off`, and may have a chunk
 * of its own. */
void png_add_pixels(struct bytes *to, const void *rows, size_t size, unsigned off, bool apart);

#endif
