/* libav_plays.c -- how often a GIF or an APNG is shown, which libavformat does not report. */
#include "libav_codec.h"

#include "../codec/big_endian.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool skip(FILE *file, long bytes)
{
    return fseek(file, bytes, SEEK_CUR) == 0;
}

/* Skips data blocks from the first size byte to the empty block. */
static bool skip_blocks(FILE *file)
{
    for (int size = getc(file); size > 0; size = getc(file)) {
        if (!skip(file, size))
            return false;
    }
    return !feof(file);
}

/* The extension precedes the first picture. Without it a GIF is shown once. */
static int plays_of_gif(FILE *file)
{
    unsigned char head[7], block[16];
    if (fread(head, 1, sizeof head, file) != sizeof head ||
        ((head[4] & 0x80) && !skip(file, 3L << ((head[4] & 7) + 1))))
        return 0;
    for (int mark = getc(file); mark == '!'; mark = getc(file)) {
        const int label = getc(file), size = label == 0xff ? getc(file) : 0;
        if (size == 11 && fread(block, 1, 15, file) == 15 &&
            memcmp(block, "NETSCAPE2.0\3\1", 13) == 0) {
            const int more = block[13] | block[14] << 8;
            return more == 0 ? -1 : more + 1;
        }
        /* Back to the first block after the name. */
        if (!skip(file, size == 11 ? -4 : size) || !skip_blocks(file))
            return 0;
    }
    return 1;
}

/* acTL precedes the first picture's data. */
static int plays_of_png(FILE *file)
{
    unsigned char chunk[16];
    while (fread(chunk, 1, 8, file) == 8 && memcmp(chunk + 4, "IDAT", 4) != 0) {
        const uint32_t size = tri_get_be32(chunk);
        if (memcmp(chunk + 4, "acTL", 4) == 0 && size == 8 && fread(chunk, 1, 8, file) == 8) {
            const uint32_t plays = tri_get_be32(chunk + 4);
            return plays == 0 ? -1 : plays <= INT32_MAX ? (int)plays : 0;
        }
        if (size > INT32_MAX || !skip(file, (long)size + 4))
            return 0;
    }
    return 0;
}

/* Closes the file. */
static int find_plays(FILE *file)
{
    unsigned char magic[6] = {0};
    int plays = 0;
    if (file == NULL)
        return 0;
    if (fread(magic, 1, 6, file) == 6 && memcmp(magic, "GIF8", 4) == 0)
        plays = plays_of_gif(file);
    else if (memcmp(magic, "\x89PNG", 4) == 0 && skip(file, 2))
        plays = plays_of_png(file);
    fclose(file);
    return plays;
}

int tri_libav_find_plays(const char *path)
{
    struct stat status; /* a pipe can be read only once */
    return strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode)
               ? find_plays(fopen(path, "rbe"))
               : 0;
}

int tri_libav_plays_of_input(struct tri_libav_input *input)
{
    return input->begin_size > 0 ? find_plays(fmemopen(input->begin, input->begin_size, "rb")) : 0;
}
