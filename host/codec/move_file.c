/* move_file.c -- moves the samples of a file into another file of its format. */
#include "move_file.h"

#include "../pipeline/graph.h"
#include "../pipeline/moves.h"
#include "exif.h"
#include "form.h"
#include "load.h"

#include <stdlib.h>
#include <string.h>

/* A file on its way. */
struct way {
    struct tri_file_move *move;
    struct tri_source source;
    const struct tri_codec *codec;
    void *state; /* the codec's; NULL: not open */
    struct tri_moves moves;
    bool transposed; /* by the pipeline */
    struct tri_error *error;
};

/* ---- the input ---- */

/* Puts the file's name before the text. */
static enum tri_status name_file(const struct way *way, enum tri_status status)
{
    if (status == TRI_OK || way->error == NULL)
        return status;
    const struct tri_error inner = *way->error;
    return tri_fail(way->error, status, "%s: %s", way->source.name, inner.text);
}

/* Before all of the input is read. */
static enum tri_status check_formats(struct way *way, const struct tri_load *load)
{
    const struct tri_format *to;
    way->codec = tri_codec_of_head(load->data, load->size);
    if (way->codec == NULL)
        return tri_source_unknown(&way->source);
    if (way->codec->moves == NULL)
        return tri_fail(way->error, TRI_USAGE,
                        "%s is a %s file; --lossless-jpeg needs JPEG files as inputs",
                        way->source.name, way->codec->format.name);
    to = tri_format_written(way->move->to, way->move->write, way->error);
    if (to == NULL)
        return TRI_USAGE;
    if (strcmp(to->name, way->codec->format.name) != 0)
        return tri_fail(way->error, TRI_USAGE,
                        "cannot write %s: the output of --lossless-jpeg is a JPEG file; name it "
                        ".jpg, or use --format jpeg",
                        way->move->to);
    return tri_form_check(way->codec, way->move->to, way->move->write, way->error);
}

/* What the pipeline shows of the stored picture. */
static enum tri_status follow(struct way *way, const struct tri_shape *stored, int orientation)
{
    struct tri_file_move *move = way->move;
    way->moves = tri_moves_upright(stored, orientation);
    move->in = tri_moves_shape(&way->moves, stored);
    enum tri_status status = tri_moves_add(&way->moves, move->pipeline, &move->in, way->error);
    if (status == TRI_OK)
        status = way->codec->moves->check(way->state, &way->moves, way->error);
    move->out = tri_moves_shape(&way->moves, stored);
    way->transposed = way->moves.turn.transposed != tri_orientation_turn(orientation).transposed;
    return name_file(way, status);
}

static enum tri_status open_input(struct way *way, struct tri_load *load)
{
    struct tri_shape stored;
    int orientation;
    enum tri_status status = tri_load_open(load, &way->source, way->move->from, way->move->read);
    if (status == TRI_OK)
        status = check_formats(way, load);
    if (status == TRI_OK)
        status = tri_load_rest(load, &way->source);
    if (status != TRI_OK)
        return status;
    way->source.data = load->data;
    way->source.size = load->size;
    status = way->codec->moves->open(&way->source, &stored, &orientation, &way->state);
    return status == TRI_OK ? follow(way, &stored, orientation) : status;
}

/* ---- the output ---- */

/* The picture that is written, for a thumbnail: decoded from a file without metadata. */
static enum tri_status decode_result(struct way *way, const struct tri_sink *sink,
                                     struct tri_image **image)
{
    struct tri_write_options plain = *sink->options;
    struct tri_memory_sink memory;
    plain.metadata = NULL;
    if (tri_memory_sink_begin(&memory, sink) != TRI_OK)
        return TRI_FAILED;
    memory.sink.options = &plain;
    enum tri_status status = tri_memory_sink_end(
        &memory, way->codec->moves->write(&memory.sink, way->state, &way->moves));
    struct tri_source source = way->source;
    source.data = (const unsigned char *)memory.data;
    source.size = memory.size;
    source.metadata = NULL;
    source.shrink_for = NULL;
    if (status == TRI_OK)
        status = way->codec->read(&source, image);
    free(memory.data);
    return status;
}

/* Metadata that hold of the result. Only a thumbnail needs its samples. */
static enum tri_status carry(struct way *way, const struct tri_sink *sink,
                             struct tri_metadata **carried)
{
    const struct tri_metadata_item *exif = tri_metadata_find(sink->options->metadata, "eXIf");
    struct tri_image shape = {.shape = way->move->out}, *image = NULL;
    enum tri_status status = TRI_OK;
    if (exif != NULL && tri_exif_has_thumbnail(exif->data, exif->size))
        status = decode_result(way, sink, &image);
    if (status == TRI_OK)
        status = tri_sink_carry(way->codec, sink, image != NULL ? image : &shape, carried);
    tri_image_free(image);
    return status;
}

static enum tri_status encode(struct way *way, const struct tri_sink *sink)
{
    struct tri_write_options options = *sink->options;
    struct tri_sink carrying = *sink;
    struct tri_metadata *carried = NULL;
    enum tri_status status = carry(way, sink, &carried);
    options.metadata = carried;
    carrying.options = &options;
    if (status == TRI_OK)
        status = way->codec->moves->write(&carrying, way->state, &way->moves);
    tri_metadata_free(carried);
    return status;
}

static enum tri_status write_output(struct way *way)
{
    const struct tri_file_move *move = way->move;
    const struct tri_metadata_change change = {move->pipeline, move->in, move->out,
                                               way->transposed};
    struct tri_write_options options = *move->write;
    struct tri_output output;
    char note[TRI_NOTE_MAX] = "";
    if (!move->strip)
        tri_metadata_follow(way->source.metadata, &change, note);
    options.metadata = move->strip ? NULL : way->source.metadata;
    if (tri_output_open(move->to, &output, way->error) != TRI_OK)
        return TRI_FAILED;
    output.tell = options.tell;
    output.listener = options.listener;
    const struct tri_sink sink = {output.name, output.file, &options, note, way->error};
    const enum tri_status status = tri_output_close(&output, encode(way, &sink), way->error);
    if (status == TRI_OK)
        tri_write_tell(&options, move->to, note);
    return status;
}

enum tri_status tri_file_move(struct tri_file_move *move, struct tri_error *error)
{
    struct way way = {.move = move, .error = error};
    struct tri_load load = {.file = -1};
    tri_source_begin(&way.source, move->from, move->read, error);
    way.source.metadata = tri_metadata_new();
    enum tri_status status = way.source.metadata != NULL
                                 ? open_input(&way, &load)
                                 : tri_source_fail(&way.source, "out of memory");
    if (status == TRI_OK && move->writing != NULL)
        move->writing();
    if (status == TRI_OK) {
        status = write_output(&way);
        if (move->written != NULL)
            move->written();
    }
    memcpy(move->warning, way.source.warning, sizeof move->warning);
    if (way.state != NULL)
        way.codec->moves->close(way.state);
    tri_load_close(&load);
    tri_metadata_free(way.source.metadata);
    return status;
}
