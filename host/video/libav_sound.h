/* libav_sound.h -- shared by the parts that write the sound of joined videos. */
#ifndef TRI_LIBAV_SOUND_H
#define TRI_LIBAV_SOUND_H

#include "libav_codec.h"

#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>

/* Since FFmpeg 5.1 layouts of channels have names; with older libraries sound is not joined. */
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 24, 100)
#define TRI_LIBAV_JOINS_SOUND

/* The sound of one input, whose file is opened once more for it. */
struct tri_libav_sound_input {
    struct tri_libav_input whole; /* only what libav_concat.c needs */
    AVStream *stream;             /* NULL: it has none */
    int64_t start;                /* of the file, in units of AV_TIME_BASE */
    AVCodecContext *decoder;
    int further; /* other streams of sound */
    bool ended;  /* all packets are read */
};

/* What encoding needs. */
struct tri_libav_sound_coder {
    AVCodecContext *encoder;
    SwrContext *resampler; /* to the encoder's form */
    AVFrame *like;         /* whose form the resampler takes; no samples */
    AVFrame *decoded;
    AVAudioFifo *read;   /* samples of the input that wait for their time */
    AVAudioFifo *ready;  /* samples to encode */
    bool begun, drained; /* the input: its first frame is read; the resampler is empty */
    /* In samples of the output: behind what is in `read`, of what went to `ready`, and encoded. */
    int64_t tail, placed, encoded;
};

struct tri_libav_sound {
    const struct tri_video_reader *reader; /* the joined one */
    AVStream *stream;                      /* of the output */
    int part;
    bool open; /* `input` is that of the part */
    struct tri_libav_sound_input input;
    AVPacket *packet;
    /* Copying: of what is written, in the stream's time base; AV_NOPTS_VALUE: nothing. */
    int64_t end, newest;
    bool held;                          /* copying: `packet` waits for its time */
    bool begun;                         /* copying: some packet of the part is written */
    double gap;                         /* copying: the longest, in seconds */
    bool damaged;                       /* some packet could not be decoded */
    struct tri_libav_sound_coder coder; /* encoder NULL: packets are copied */
    char trouble[300];                  /* why it cannot be read; empty: it can */
};

/* ---- libav_sound_input.c ---- */
/* Opens the sound of a file, with a decoder if `decodes`; without sound, `stream` is NULL. Returns
 * libav's code. */
int tri_libav_open_sound(struct tri_libav_sound_input *input, const char *path, bool decodes);
void tri_libav_close_sound(struct tri_libav_sound_input *input);
/* The next packet of the sound; AVERROR_EOF at the end. */
int tri_libav_read_sound(struct tri_libav_sound_input *input, AVPacket *packet);

/* ---- libav_sound.c ---- */
/* When a part begins and ends in the output, in some unit; `end` INT64_MAX: not known yet. False:
 * it has not begun. */
bool tri_libav_sound_span(const struct tri_libav_sound *sound, AVRational unit, int64_t *begin,
                          int64_t *end);
/* A time of the part's packets in the output, in some unit. */
int64_t tri_libav_sound_time(const struct tri_libav_sound *sound, int64_t time, AVRational unit,
                             int64_t begin);

/* ---- libav_sound_copy.c ---- */
/* Writes packets up to a time of the output, in the stream's time base; `last`: nothing follows.
 * `*done`: the part has no more. Both return libav's code. */
int tri_libav_copy_sound(struct tri_libav_output *output, int64_t limit, bool last, bool *done);

/* ---- libav_sound_encoder.c ---- */
/* Opens an encoder for sound like that of `like` for the container, or like it.
 * AVERROR_ENCODER_NOT_FOUND: there is none. */
int tri_libav_open_sound_encoder(struct tri_libav_sound *sound, const AVOutputFormat *container,
                                 const AVCodecParameters *like);
void tri_libav_free_sound_coder(struct tri_libav_sound_coder *coder);

/* ---- libav_sound_encode.c ---- */
/* As tri_libav_copy_sound; the limit is in samples. */
int tri_libav_encode_sound(struct tri_libav_output *output, int64_t limit, bool *done);
int tri_libav_finish_sound_encoder(struct tri_libav_output *output);

#endif
#endif
