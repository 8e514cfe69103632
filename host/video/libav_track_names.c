/* libav_track_names.c -- names of MP4's tracks, which libavformat before 6 writes but does not
 * read. */
#include "libav_codec.h"

#include "../codec/big_endian.h"

#include <errno.h>
#include <stdio.h>
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

int tri_libav_read_track_names(AVFormatContext *format, const char *path)
{
    struct stat status; /* a pipe can be read only once */
    if (strstr(format->iformat->name, "mp4") == NULL || strcmp(path, "-") == 0 ||
        stat(path, &status) != 0 || !S_ISREG(status.st_mode))
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
