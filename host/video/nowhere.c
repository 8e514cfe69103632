/* nowhere.c -- the writer for when only the data of a pipeline is wanted (--data): frames are
 * computed and go nowhere, so there is nothing to refuse or to report. */
#include "video.h"

static enum tri_status create(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options,
                              struct tri_error *error)
{
    (void)path, (void)options, (void)error;
    writer->note = NULL;
    return TRI_OK;
}

static enum tri_status take(struct tri_video_writer *writer, struct tri_frame *frame,
                            struct tri_error *error)
{
    (void)writer, (void)frame, (void)error;
    return TRI_OK;
}

static enum tri_status end(struct tri_video_writer *writer, enum tri_status so_far,
                           struct tri_error *error)
{
    (void)writer, (void)error;
    return so_far;
}

const struct tri_video_codec tri_video_codec_nowhere = {
    .name = "nowhere",
    .pictures = true,
    .create = create,
    .encode = take,
    .put = take,
    .end = end,
};
