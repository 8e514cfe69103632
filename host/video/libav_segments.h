/* libav_segments.h -- shared by the parts that encode segments in parallel. */
#ifndef TRI_LIBAV_SEGMENTS_H
#define TRI_LIBAV_SEGMENTS_H

#include "libav_codec.h"

struct tri_libav_segment {
    struct tri_libav_segment *next;
    long first;     /* number of its first frame */
    AVFrame **left; /* by number in the segment: frames that the encoder has not taken */
    int64_t *times, *durations; /* of its frames, in the encoder's time base; the writer's */
    int count, taken;           /* frames that have arrived, and that the encoder took */
    bool whole;                 /* no more frames follow */
    struct tri_libav_packet *oldest, **newest; /* packets to be written */
    int written;
    bool ended; /* by its encoder, with libav's code, and what else is to be said */
    int code;
    const char *complaint;
};

struct tri_libav_segments {
    struct tri_video_writer *writer;
    int length; /* frames of a segment */
    int encoders, started;
    pthread_t *threads;
    pthread_cond_t arrived, advanced; /* signals to encoders, and to the writer */
    pthread_mutex_t lock;             /* for the members below, and those of segments */
    bool stop, last;                  /* stop at once; no more segments follow */
    struct tri_libav_segment *oldest, *newest, *next; /* next: that no encoder has taken */
    int held, unended;
    /* The writer's: frames in earlier segments, packets before the first frame's time, which show
     * how many frames an encoder holds back for reordering, and the previous segment's times. */
    long frames;
    int delay;
    int64_t *before;
};

/* ---- libav_segments_encode.c ---- */
/* A thread that encodes one segment after another; `data`: all of them. */
void *tri_libav_encode_segments(void *data);

/* ---- libav_segments_write.c: in the writer's thread ---- */
void tri_libav_free_segment(struct tri_libav_segment *segment);
void tri_libav_remove_oldest(struct tri_libav_segments *all);
/* Writes what is ready, in order; returns libav's code. */
int tri_libav_write_ready(struct tri_libav_segments *all);
/* Waits until the oldest segment has something to write, or another has ended. Locked. */
void tri_libav_wait_for_news(struct tri_libav_segments *all);

#endif
