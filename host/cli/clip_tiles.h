/* clip_tiles.h -- frames of a clip as small pictures. */
#ifndef TRIPTYCH_CLI_CLIP_TILES_H
#define TRIPTYCH_CLI_CLIP_TILES_H

#include "triptych.h"
#include "video/trim.h"

struct cli_clip {
    const char *path, *on;
    struct tri_trim trim;
    /* Which frames: */
    uint64_t count;        /* the middle of as many equal parts; 0: 16, or all if there are fewer */
    double every;          /* or the first of each so many seconds; 0: not */
    bool scenes;           /* or the first one, and those after cuts */
    const char *threshold; /* of cuts, as the kernel scene takes it; NULL: its own */
    int width;             /* of a tile; 0: 320, or the clip's if that is less */
    bool label;            /* draw its time into each */
    uint64_t max_pixels;   /* of a frame, and of all tiles */
};

struct cli_tiles {
    struct tri_image **list;
    int count, room;
    uint64_t pixels;  /* of all */
    char damage[300]; /* of the clip: what to report; "": none */
};

/* Reads them in the order of the clip, one frame at a time: by seeking if tiles are far apart. */
enum tri_status cli_tiles_read(const struct cli_clip *clip, struct cli_tiles *tiles,
                               struct tri_error *error);
void cli_tiles_free(struct cli_tiles *tiles);

#endif
