/* libav_track_names.c -- names of MP4's tracks, which libavformat before 6 writes but does not
 * read. */
#include "libav_codec.h"

#include "../codec/big_endian.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct box {
    char type[5];
    int64_t end;
};

/* Reads a box's header, at the end of the one before; false at `end`, or if the box is damaged. */
static bool next_box(FILE *file, int64_t end, struct box *box)
{
    unsigned char head[8];
    const int64_t start = ftello(file);
    if (start < 0 || start > end - 8 || fread(head, 1, 8, file) != 8)
        return false;
    int64_t size = tri_get_be32(head);
    memcpy(box->type, head + 4, 4);
    box->type[4] = '\0';
    if (size == 1 && fread(head, 1, 8, file) == 8 && head[0] == 0)
        size = (int64_t)tri_get_be32(head) << 32 | tri_get_be32(head + 4);
    else if (size == 0)
        size = end - start;
    box->end = start + size;
    return size >= 8 && size <= end - start && box->end >= ftello(file);
}

/* Moves into the first box of a type; false if there is none. */
static bool enter(FILE *file, int64_t end, const char *type, struct box *box)
{
    while (next_box(file, end, box)) {
        if (strcmp(box->type, type) == 0)
            return true;
        if (fseeko(file, box->end, SEEK_SET) != 0)
            return false;
    }
    return false;
}

static int track_number(FILE *file, int64_t end)
{
    unsigned char data[24];
    struct box box;
    if (!enter(file, end, "tkhd", &box) || fread(data, 1, sizeof data, file) != sizeof data)
        return 0;
    return (int)tri_get_be32(data + (data[0] == 1 ? 20 : 12)); /* times have 8 bytes, or 4 */
}

/* UTF-8, not always terminated. */
static bool read_name(FILE *file, int64_t end, char name[TRI_TRACK_NAME])
{
    struct box box;
    if (!enter(file, end, "udta", &box) || !enter(file, box.end, "name", &box))
        return false;
    const int64_t left = box.end - ftello(file);
    const size_t size = left < TRI_TRACK_NAME ? (size_t)left : TRI_TRACK_NAME - 1;
    if (fread(name, 1, size, file) != size)
        return false;
    name[size] = '\0';
    return name[0] != '\0';
}

static int set_name(AVFormatContext *format, int number, const char *name)
{
    int code = 0;
    for (unsigned i = 0; i < format->nb_streams && code >= 0; i++) {
        AVStream *stream = format->streams[i];
        if (stream->id == number && av_dict_get(stream->metadata, "title", NULL, 0) == NULL)
            code = av_dict_set(&stream->metadata, "title", name, 0);
    }
    return code;
}

static int read_tracks(FILE *file, int64_t end, AVFormatContext *format)
{
    struct box movie, track;
    char name[TRI_TRACK_NAME];
    int code = 0;
    if (!enter(file, end, "moov", &movie))
        return 0;
    while (code >= 0 && enter(file, movie.end, "trak", &track)) {
        const int64_t start = ftello(file);
        const int number = track_number(file, track.end);
        if (number != 0 && fseeko(file, start, SEEK_SET) == 0 && read_name(file, track.end, name))
            code = set_name(format, number, name);
        if (fseeko(file, track.end, SEEK_SET) != 0)
            break;
    }
    return code;
}

/* ---- through a pipe ---- */

#define MOVIE_MOST (64 << 20) /* bytes; hours of video have less */

/* Whether MP4 files have such boxes outside others, up to "moov". */
static bool may_precede(const unsigned char *type)
{
    static const char types[][5] = {"ftyp", "free", "skip", "wide", "pdin", "uuid",
                                    "styp", "pnot", "mdat", "moov", "meta"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (memcmp(type, types[i], 4) == 0)
            return true;
    }
    return false;
}

/* At the end of a box's header, of 8 bytes or 16. */
static void begin_box(struct tri_libav_movie *movie)
{
    const size_t head = movie->head_size;
    int64_t size = tri_get_be32(movie->head);
    if (size == 1)
        size = (int64_t)tri_get_be32(movie->head + 8) << 32 | tri_get_be32(movie->head + 12);
    movie->head_size = 0;
    movie->left = size - (int64_t)head;
    movie->ended = movie->left < 0 || !may_precede(movie->head + 4);
    if (movie->ended || memcmp(movie->head + 4, "moov", 4) != 0)
        return;
    movie->ended = size > MOVIE_MOST;
    movie->data = movie->ended ? NULL : malloc((size_t)size);
    movie->room = (size_t)size;
    movie->size = head;
    if (movie->data != NULL)
        memcpy(movie->data, movie->head, head);
    else
        movie->ended = true;
}

static size_t take_head(struct tri_libav_movie *movie, unsigned char byte)
{
    movie->head[movie->head_size++] = byte;
    const bool large = movie->head_size >= 4 && tri_get_be32(movie->head) == 1;
    if (movie->head_size == (large ? 16U : 8U))
        begin_box(movie);
    return 1;
}

static size_t take_data(struct tri_libav_movie *movie, const unsigned char *data, size_t size)
{
    const size_t count = (int64_t)size < movie->left ? size : (size_t)movie->left;
    if (movie->data != NULL) {
        memcpy(movie->data + movie->size, data, count);
        movie->size += count;
    }
    movie->left -= (int64_t)count;
    movie->ended = movie->data != NULL && movie->left == 0;
    return count;
}

void tri_libav_keep_movie(struct tri_libav_movie *movie, const unsigned char *data, size_t size)
{
    for (size_t taken; size > 0 && !movie->ended; data += taken, size -= taken)
        taken = movie->left > 0 ? take_data(movie, data, size) : take_head(movie, data[0]);
}

/* ---- */

static int read_kept(const struct tri_libav_movie *movie, AVFormatContext *format)
{
    if (movie->data == NULL || movie->size < movie->room)
        return 0;
    FILE *file = fmemopen(movie->data, movie->size, "rb");
    if (file == NULL)
        return AVERROR(ENOMEM);
    const int code = read_tracks(file, (int64_t)movie->size, format);
    fclose(file);
    return code;
}

int tri_libav_read_track_names(struct tri_libav_input *input, const char *path)
{
    AVFormatContext *format = input->format;
    struct stat status;
    if (strstr(format->iformat->name, "mp4") == NULL)
        return 0;
    if (input->io != NULL) /* can be read only once */
        return read_kept(&input->movie, format);
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return AVERROR(errno);
    int code = read_tracks(file, status.st_size, format);
    if (code >= 0 && ferror(file))
        code = AVERROR(EIO);
    fclose(file);
    return code;
}
