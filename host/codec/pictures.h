/* pictures.h -- files with several pictures, for decoding them in several threads. */
#ifndef TRI_PICTURES_H
#define TRI_PICTURES_H

#include "../triptych.h"

struct tri_part;

/* One picture between `take` and `decode`. */
struct tri_picture {
    long number; /* from 1 */
    char *name;  /* for messages: "scan.tif, page 3"; malloc'ed */
    struct tri_duration duration;
    uint64_t place;
    unsigned char *data; /* its own file, of several concatenated; malloc'ed */
    size_t size;
    /* for animations, whose frames are decoded in order */
    struct tri_image *image;
    struct tri_read_info info;
};

/* Like tri_pictures_open, for a file in memory, which remains the caller's. */
enum tri_status tri_pictures_open_memory(const char *name, const void *data, size_t size,
                                         const struct tri_read_options *options,
                                         struct tri_pictures **pictures, struct tri_error *error);
/* The file's name, for messages. */
const char *tri_pictures_name(const struct tri_pictures *pictures);
/* When each frame begins and how long it is shown, one per picture; NULL if they have no times or
 * are no frames. */
const struct tri_duration *tri_pictures_durations(const struct tri_pictures *pictures);

/* Takes the next picture, in order; one call at a time. Sets *more to false if there is none. The
 * options passed when opening apply, except for `memory`. After a failure the next picture may be
 * taken. Free with tri_picture_free. */
enum tri_status tri_pictures_take(struct tri_pictures *pictures, struct tri_picture *picture,
                                  bool *more, struct tri_error *error);
/* Its image and metadata; callable from several threads at once, each for its own picture. `info`
 * may be NULL. */
enum tri_status tri_picture_decode(const struct tri_pictures *pictures, struct tri_picture *picture,
                                   struct tri_image **image, struct tri_read_info *info,
                                   struct tri_error *error);
void tri_picture_free(struct tri_picture *picture);

/* tri_pictures_add in two steps. Prepare: callable from several threads at once, each for its own
 * picture, whose `number` counts from 1 and which must stay until it is put. Put: one call at a
 * time, in order. Free with tri_part_free, even after a failure. */
enum tri_status tri_pictures_prepare(const struct tri_pictures_writer *writer,
                                     const struct tri_image *image, long number,
                                     const struct tri_metadata *metadata, char *note,
                                     struct tri_part **part, struct tri_error *error);
enum tri_status tri_pictures_put(struct tri_pictures_writer *writer, struct tri_part *part,
                                 struct tri_duration duration, char *note, struct tri_error *error);
void tri_part_free(struct tri_part *part);

#endif
