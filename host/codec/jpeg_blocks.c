/* jpeg_blocks.c -- moves the blocks of a JPEG file into another, without decoding them:
 * coefficients are only exchanged and negated, so nothing is lost. */
#include "jpeg_parts.h"

#include "exif.h"

#include "../image/divisor.h"
#include "../pipeline/moves.h"

#include <stdlib.h>

enum { COMPONENTS = 3 };

struct blocks {
    struct tri_jpeg_reader reader;
    struct tri_jpeg_writer writer;
    jvirt_barray_ptr *from, to[COMPONENTS];
    int grid_x, grid_y; /* pixels: the blocks of all components begin at multiples of these */
};

/* ---- reading ---- */

static void measure_grid(struct blocks *blocks)
{
    const struct jpeg_decompress_struct *jpeg = &blocks->reader.jpeg;
    int across = jpeg->max_h_samp_factor, down = jpeg->max_v_samp_factor;
    for (int c = 0; c < jpeg->num_components; c++) {
        across = (int)tri_common_divisor(across, jpeg->comp_info[c].h_samp_factor);
        down = (int)tri_common_divisor(down, jpeg->comp_info[c].v_samp_factor);
    }
    blocks->grid_x = DCTSIZE * jpeg->max_h_samp_factor / across;
    blocks->grid_y = DCTSIZE * jpeg->max_v_samp_factor / down;
}

static enum tri_status read_blocks(struct blocks *blocks)
{
    struct tri_jpeg_reader *reader = &blocks->reader;
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (setjmp(reader->failed) != 0)
        return TRI_FAILED;
    tri_jpeg_read_head(reader);
    if (jpeg->out_color_space == JCS_CMYK)
        return tri_fail(reader->source->error, TRI_USAGE,
                        "%s has CMYK colours, which become RGB; that loses, so --lossless-jpeg "
                        "does not work with it",
                        reader->source->name);
    blocks->from = jpeg_read_coefficients(jpeg);
    tri_jpeg_check_scans(reader);
    tri_jpeg_note_rest(reader->source, jpeg->src->next_input_byte, jpeg->src->bytes_in_buffer);
    measure_grid(blocks);
    return TRI_OK;
}

static void close_blocks(void *state)
{
    struct blocks *blocks = state;
    jpeg_destroy_decompress(&blocks->reader.jpeg);
    free(blocks);
}

static enum tri_status open_blocks(struct tri_source *source, struct tri_shape *stored,
                                   int *orientation, void **state)
{
    struct blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks == NULL)
        return tri_source_fail(source, "out of memory");
    const struct jpeg_decompress_struct *jpeg = &blocks->reader.jpeg;
    blocks->reader.source = source;
    tri_jpeg_reader_begin(&blocks->reader);
    const enum tri_status status = read_blocks(blocks);
    if (status != TRI_OK) {
        close_blocks(blocks);
        return status;
    }
    *stored = (struct tri_shape){(int)jpeg->image_width, (int)jpeg->image_height,
                                 tri_jpeg_planes(jpeg), 8};
    *orientation = blocks->reader.orientation;
    *state = blocks;
    return TRI_OK;
}

/* ---- what can be moved ---- */

/* One side of the stored picture, of `whole` pixels, of which `size` are shown from `first` on: the
 * edge that comes first in the result must be between blocks. */
static enum tri_status check_side(const char *of, int whole, int first, int size, bool mirrored,
                                  int grid, struct tri_error *error)
{
    const int edge = mirrored ? first + size : first;
    const int below = edge - edge % grid, above = below + grid;
    char near[80] = "";
    if (edge == below)
        return TRI_OK;
    if (mirrored && below > first)
        snprintf(near, sizeof near, "; crop it to end at %d", below);
    else if (!mirrored)
        snprintf(near, sizeof near,
                 above < whole ? "; let it begin at %d or %d" : "; let it begin at %d", below,
                 above);
    return tri_fail(
        error, TRI_USAGE,
        mirrored ? "what is mirrored ends at %s %d of the stored picture, but without loss only "
                   "multiples of %d are possible%s"
                 : "the result begins at %s %d of the stored picture, but without loss only "
                   "multiples of %d are possible%s",
        of, edge, grid, near);
}

static enum tri_status check_moves(const void *state, const struct tri_moves *moves,
                                   struct tri_error *error)
{
    const struct blocks *blocks = state;
    const struct jpeg_decompress_struct *jpeg = &blocks->reader.jpeg;
    const enum tri_status status =
        check_side("column", (int)jpeg->image_width, moves->x, moves->width, moves->turn.mirrored_x,
                   blocks->grid_x, error);
    return status != TRI_OK ? status
                            : check_side("row", (int)jpeg->image_height, moves->y, moves->height,
                                         moves->turn.mirrored_y, blocks->grid_y, error);
}

/* ---- moving ---- */

/* Where each coefficient of a turned block comes from, and whether it is negated: the waves of odd
 * frequency are odd functions around the middle of a block. */
struct block_turn {
    unsigned char from[DCTSIZE2];
    short sign[DCTSIZE2];
};

static struct block_turn turn_of_block(struct tri_turn turn)
{
    struct block_turn of = {{0}, {0}};
    for (int i = 0; i < DCTSIZE2; i++) {
        const int across = turn.transposed ? i / DCTSIZE : i % DCTSIZE,
                  down = turn.transposed ? i % DCTSIZE : i / DCTSIZE;
        const bool negated =
            (turn.mirrored_x && across % 2 == 1) != (turn.mirrored_y && down % 2 == 1);
        of.from[i] = (unsigned char)(down * DCTSIZE + across);
        of.sign[i] = negated ? -1 : 1;
    }
    return of;
}

/* A component of the stored picture. */
struct component {
    jvirt_barray_ptr from, to;
    int first_x, first_y; /* the block that comes first in the result */
    int columns, rows;    /* of the result's blocks */
    struct tri_turn turn;
};

static int blocks_of(int pixels, int factor, int most)
{
    return (int)(((long)pixels * factor + (long)most * DCTSIZE - 1) / ((long)most * DCTSIZE));
}

static int first_block(int first, int size, bool mirrored, int factor, int most)
{
    const long edge = (long)(mirrored ? first + size : first) * factor / ((long)most * DCTSIZE);
    return (int)edge - (mirrored ? 1 : 0);
}

static struct component component_of(const struct blocks *blocks, const struct tri_moves *moves,
                                     int c)
{
    const struct jpeg_decompress_struct *jpeg = &blocks->reader.jpeg;
    const jpeg_component_info *info = &jpeg->comp_info[c];
    const int across = jpeg->max_h_samp_factor, down = jpeg->max_v_samp_factor;
    const int columns = blocks_of(moves->width, info->h_samp_factor, across),
              rows = blocks_of(moves->height, info->v_samp_factor, down);
    const struct tri_turn turn = moves->turn;
    return (struct component){
        blocks->from[c],
        blocks->to[c],
        first_block(moves->x, moves->width, turn.mirrored_x, info->h_samp_factor, across),
        first_block(moves->y, moves->height, turn.mirrored_y, info->v_samp_factor, down),
        turn.transposed ? rows : columns,
        turn.transposed ? columns : rows,
        turn};
}

static void move_block(const struct block_turn *turn, const JCOEF *restrict from,
                       JCOEF *restrict to)
{
    for (int i = 0; i < DCTSIZE2; i++)
        to[i] = (JCOEF)(from[turn->from[i]] * turn->sign[i]);
}

/* Row `y` of the result's blocks. */
static void move_row(struct blocks *blocks, const struct component *component,
                     const struct block_turn *turn, int y)
{
    struct jpeg_decompress_struct *from = &blocks->reader.jpeg;
    struct jpeg_compress_struct *to = &blocks->writer.jpeg;
    const struct tri_turn *way = &component->turn;
    JBLOCKROW out =
        to->mem->access_virt_barray((j_common_ptr)to, component->to, (JDIMENSION)y, 1, TRUE)[0];
    for (int x = 0; x < component->columns; x++) {
        const int across = way->transposed ? y : x, down = way->transposed ? x : y;
        const int column = component->first_x + (way->mirrored_x ? -across : across),
                  row = component->first_y + (way->mirrored_y ? -down : down);
        JBLOCKARRAY in = from->mem->access_virt_barray((j_common_ptr)from, component->from,
                                                       (JDIMENSION)row, 1, FALSE);
        move_block(turn, in[0][column], out[x]);
    }
}

/* ---- writing ---- */

static int round_up(int value, int step)
{
    return (value + step - 1) / step * step;
}

static void swap(int *a, int *b)
{
    const int kept = *a;
    *a = *b;
    *b = kept;
}

static void transpose_table(JQUANT_TBL *table)
{
    for (int i = 0; i < DCTSIZE; i++)
        for (int k = 0; k < i; k++) {
            UINT16 *a = &table->quantval[i * DCTSIZE + k], *b = &table->quantval[k * DCTSIZE + i];
            const UINT16 kept = *a;
            *a = *b;
            *b = kept;
        }
}

/* Columns become rows: of sampling, too, and of the steps by which coefficients are coded. */
static void transpose(struct jpeg_compress_struct *jpeg)
{
    for (int c = 0; c < jpeg->num_components; c++)
        swap(&jpeg->comp_info[c].h_samp_factor, &jpeg->comp_info[c].v_samp_factor);
    for (int i = 0; i < NUM_QUANT_TBLS; i++)
        if (jpeg->quant_tbl_ptrs[i] != NULL)
            transpose_table(jpeg->quant_tbl_ptrs[i]);
}

static void set_up(struct blocks *blocks, const struct tri_moves *moves)
{
    struct jpeg_compress_struct *jpeg = &blocks->writer.jpeg;
    const bool turned = moves->turn.transposed;
    tri_jpeg_writer_open(&blocks->writer);
    jpeg_copy_critical_parameters(&blocks->reader.jpeg, jpeg);
    jpeg->image_width = (JDIMENSION)(turned ? moves->height : moves->width);
    jpeg->image_height = (JDIMENSION)(turned ? moves->width : moves->height);
#if JPEG_LIB_VERSION >= 70
    jpeg->jpeg_width = jpeg->image_width;
    jpeg->jpeg_height = jpeg->image_height;
#endif
    if (turned)
        transpose(jpeg);
    jpeg->optimize_coding = TRUE;
    if (blocks->writer.sink->options->interlace == TRI_INTERLACED)
        jpeg_simple_progression(jpeg);
    jpeg->density_unit = 0;
    jpeg->X_density = jpeg->Y_density = 1;
    tri_jpeg_set_density(blocks->writer.sink, jpeg);
}

/* Rows and columns that fill up the last of the units in which components are interleaved exist,
 * but libjpeg makes their blocks itself. */
static void take_room(struct blocks *blocks, const struct tri_moves *moves)
{
    struct jpeg_compress_struct *jpeg = &blocks->writer.jpeg;
    for (int c = 0; c < jpeg->num_components; c++) {
        const jpeg_component_info *info = &jpeg->comp_info[c];
        const struct component component = component_of(blocks, moves, c);
        blocks->to[c] = jpeg->mem->request_virt_barray(
            (j_common_ptr)jpeg, JPOOL_IMAGE, TRUE,
            (JDIMENSION)round_up(component.columns, info->h_samp_factor),
            (JDIMENSION)round_up(component.rows, info->v_samp_factor),
            (JDIMENSION)info->v_samp_factor);
    }
    jpeg->mem->realize_virt_arrays((j_common_ptr)jpeg);
}

static void move_all(struct blocks *blocks, const struct tri_moves *moves)
{
    const struct block_turn turn = turn_of_block(moves->turn);
    for (int c = 0; c < blocks->writer.jpeg.num_components; c++) {
        const struct component component = component_of(blocks, moves, c);
        for (int y = 0; y < component.rows; y++)
            move_row(blocks, &component, &turn, y);
    }
}

static enum tri_status write_all(struct blocks *blocks, const struct tri_moves *moves)
{
    struct tri_jpeg_writer *writer = &blocks->writer;
    if (setjmp(writer->failed) != 0 || setjmp(blocks->reader.failed) != 0)
        return TRI_FAILED;
    set_up(blocks, moves);
    take_room(blocks, moves);
    move_all(blocks, moves);
    jpeg_write_coefficients(&writer->jpeg, blocks->to);
    if (tri_jpeg_write_metadata(writer->sink, &writer->jpeg,
                                tri_jpeg_planes(&blocks->reader.jpeg)) != TRI_OK)
        return TRI_FAILED;
    jpeg_finish_compress(&writer->jpeg);
    return TRI_OK;
}

static enum tri_status write_blocks(const struct tri_sink *sink, void *state,
                                    const struct tri_moves *moves)
{
    struct blocks *blocks = state;
    blocks->writer = (struct tri_jpeg_writer){.sink = sink};
    tri_jpeg_writer_begin(&blocks->writer);
    const enum tri_status status = write_all(blocks, moves);
    jpeg_destroy_compress(&blocks->writer.jpeg);
    return status;
}

const struct tri_codec_moves tri_jpeg_moves = {open_blocks, check_moves, write_blocks,
                                               close_blocks};
