/* y4m_codec.h -- between the parts of the Y4M codec. */
#ifndef TRI_Y4M_CODEC_H
#define TRI_Y4M_CODEC_H

#include "constant_rate.h"
#include "rows.h"

#define Y4M_MAGIC "YUV4MPEG2 "
#define Y4M_BATCH 512 /* rows per system call */

/* "420p10", "mono12", "420mpeg2"; false if unknown. */
bool tri_y4m_parse_space(const char *text, struct tri_video *video);
/* Only 8-bit spaces that are subsampled in both directions state chroma siting. False: it has no
 * name. */
bool tri_y4m_print_space(const struct tri_video *video, char text[24]);
/* Between words of a file, which are little-endian, and samples. These may not exceed their bit
 * depth: higher bits are cut off. */
void tri_y4m_to_native(struct tri_frame *frame, int bits);

/* y4m_read.c */
bool tri_y4m_probe(const char *path, const unsigned char *head, size_t size);
enum tri_status tri_y4m_open(struct tri_video_reader *reader, const char *path,
                             struct tri_error *error);
enum tri_status tri_y4m_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                             struct tri_error *error);
enum tri_status tri_y4m_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                               struct tri_error *error);
void tri_y4m_close(struct tri_video_reader *reader);

/* y4m_write.c */
bool tri_y4m_writes(const char *path, const char *format);
enum tri_status tri_y4m_create(struct tri_video_writer *writer, const char *path,
                               const struct tri_video_write_options *options,
                               struct tri_error *error);
enum tri_status tri_y4m_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                               struct tri_error *error);
enum tri_status tri_y4m_put(struct tri_video_writer *writer, struct tri_frame *frame,
                            struct tri_error *error);
enum tri_status tri_y4m_end(struct tri_video_writer *writer, enum tri_status so_far,
                            struct tri_error *error);

#endif
