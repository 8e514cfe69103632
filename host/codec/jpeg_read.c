/* jpeg_read.c -- reads a JPEG file into a planar image, by libjpeg. */
#include "exif.h"
#include "jpeg_parts.h"

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

#define ROWS 16 /* libjpeg returns a few at a time */
/* A typical progressive file has 10. A small file could ask for so many that they take hours. */
#define SCANS_MAX 500

_Noreturn void tri_jpeg_give_up(struct tri_jpeg_reader *reader, const char *why)
{
    tri_source_fail(reader->source, "%s", why);
    longjmp(reader->failed, 1);
}

static _Noreturn void on_error(j_common_ptr jpeg)
{
    struct tri_jpeg_reader *reader = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    if (jpeg->err->msg_code == JWRN_JPEG_EOF || jpeg->err->msg_code == JERR_INPUT_EOF)
        tri_jpeg_give_up(reader, "the file is truncated");
    if (jpeg->err->msg_code == JERR_BAD_PRECISION)
        snprintf(text, sizeof text, "%d bits per sample are not supported; expected 8",
                 jpeg->err->msg_parm.i[0]);
    else
        jpeg->err->format_message(jpeg, text);
    tri_jpeg_give_up(reader, text);
}

/* Warnings have level -1; other messages are informational. Where pixels are missing or wrong
 * libjpeg only warns; here it is an error. */
static void on_message(j_common_ptr jpeg, int level)
{
    const struct tri_jpeg_reader *reader = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    if (level >= 0)
        return;
    switch (jpeg->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        on_error(jpeg);
    default:
        jpeg->err->format_message(jpeg, text);
        tri_source_warn(reader->source, "%s", text);
    }
}

static void on_progress(j_common_ptr jpeg)
{
    if (((j_decompress_ptr)jpeg)->input_scan_number > SCANS_MAX)
        tri_jpeg_give_up(jpeg->client_data, "the file has too many scans");
}

static void set_up(struct tri_jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    jpeg_create_decompress(jpeg);
    reader->progress.progress_monitor = on_progress;
    jpeg->progress = &reader->progress;
    jpeg_mem_src(jpeg, (unsigned char *)reader->source->data, (unsigned long)reader->source->size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    if (reader->source->metadata != NULL) {
        for (int i = 2; i < 16; i++) /* APP14 is libjpeg's; of most only the name is reported */
            if (i != 14)
                jpeg_save_markers(jpeg, JPEG_APP0 + i, i == 2 || i == 13 ? 0xffff : 64);
        jpeg_save_markers(jpeg, JPEG_COM, 0xffff);
    }
}

static void take_metadata(struct tri_jpeg_reader *reader)
{
    if (tri_jpeg_read_metadata(reader->source, &reader->jpeg, &reader->orientation) != TRI_OK)
        longjmp(reader->failed, 1);
}

/* ---- pixels ---- */

/* Older libjpeg reports this itself. Lossless files have units of one sample, not one DCT block. */
static void refuse_lossless(struct tri_jpeg_reader *reader)
{
#if JPEG_LIB_VERSION >= 70
    const int unit = reader->jpeg.min_DCT_h_scaled_size;
#else
    const int unit = reader->jpeg.min_DCT_scaled_size;
#endif
    if (unit != DCTSIZE)
        tri_jpeg_give_up(reader, "Unsupported JPEG process: SOF type 0xc3");
}

static void choose_colours(struct tri_jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    char text[80];
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE:
        jpeg->out_color_space = JCS_GRAYSCALE;
        break;
    case JCS_RGB:
    case JCS_YCbCr:
        jpeg->out_color_space = JCS_RGB;
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        jpeg->out_color_space = JCS_CMYK;
        break;
    default:
        snprintf(text, sizeof text, "unknown colour space with %d components",
                 jpeg->num_components);
        tri_jpeg_give_up(reader, text);
    }
}

int tri_jpeg_planes(const struct jpeg_decompress_struct *jpeg)
{
    return jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3;
}

void tri_jpeg_read_head(struct tri_jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    set_up(reader);
    jpeg_read_header(jpeg, TRUE);
    refuse_lossless(reader);
    choose_colours(reader);
    if (tri_source_check_size(reader->source, jpeg->image_width, jpeg->image_height) != TRI_OK)
        longjmp(reader->failed, 1);
    take_metadata(reader);
}

/* A file may lack scans and still be complete to libjpeg, which makes the missing parts gray.
 * Omitting the finest bits is legal, but rare enough to report. */
void tri_jpeg_check_scans(struct tri_jpeg_reader *reader)
{
    const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    for (int c = 0; c < jpeg->num_components; c++) {
        if (jpeg->comp_info[c].quant_table == NULL)
            tri_jpeg_give_up(reader, "scans are missing");
        for (int i = 0; jpeg->coef_bits != NULL && i < DCTSIZE2; i++) {
            if (jpeg->coef_bits[c][i] != 0)
                tri_source_warn(
                    reader->source,
                    "the last scans are missing; the picture has less detail than the original");
        }
    }
}

/* Inverted CMYK, as Adobe's programs write it and others therefore read it: 255 is no ink. In
 * place. */
static void make_rgb(JSAMPLE *row, int width)
{
    const JSAMPLE *from = row;
    for (; width > 0; width--, from += 4, row += 3) {
        for (int c = 0; c < 3; c++) {
            const unsigned product = from[c] * (unsigned)from[3] + 128;
            /* divided by 255 and rounded */
            row[c] = (JSAMPLE)((product + (product >> 8)) >> 8);
        }
    }
}

static void read_rows(struct tri_jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    JSAMPARRAY rows =
        jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE,
                                jpeg->output_width * (JDIMENSION)jpeg->output_components, ROWS);
    while (jpeg->output_scanline < jpeg->output_height) {
        const int y = (int)jpeg->output_scanline,
                  count = (int)jpeg_read_scanlines(jpeg, rows, ROWS);
        for (int i = 0; i < count; i++) {
            if (jpeg->out_color_space == JCS_CMYK)
                make_rgb(rows[i], (int)jpeg->output_width);
            tri_row_split(reader->image, y + i, rows[i]);
        }
    }
}

/* Blocks are transformed to 4 x 4, 2 x 2 or one sample: averages of the pixels that these cover. At
 * the right and bottom edge they cover what is beyond the picture, too. */
static void choose_size(struct tri_jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    const struct tri_shape shape = {(int)jpeg->image_width, (int)jpeg->image_height,
                                    tri_jpeg_planes(jpeg), 8};
    jpeg->scale_num = 1;
    jpeg->scale_denom = (unsigned)tri_source_shrink(reader->source, &shape, reader->orientation);
    jpeg_calc_output_dimensions(jpeg);
}

static enum tri_status decode(struct tri_jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (setjmp(reader->failed) != 0)
        return TRI_FAILED;
    tri_jpeg_read_head(reader);
    choose_size(reader);
    if (tri_source_image(reader->source, jpeg->output_width, jpeg->output_height,
                         tri_jpeg_planes(jpeg), 8, &reader->image) != TRI_OK)
        return TRI_FAILED;
    jpeg_start_decompress(jpeg); /* reads all scans if there are several */
    tri_jpeg_check_scans(reader);
    read_rows(reader);
    jpeg_finish_decompress(jpeg); /* a file cut short after the pixels is also an error */
    tri_jpeg_note_rest(reader->source, jpeg->src->next_input_byte, jpeg->src->bytes_in_buffer);
    return tri_source_orient(reader->source, reader->orientation, &reader->image);
}

void tri_jpeg_reader_begin(struct tri_jpeg_reader *reader)
{
    reader->jpeg.err = jpeg_std_error(&reader->errors);
    reader->jpeg.client_data = reader;
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
}

enum tri_status tri_jpeg_read(struct tri_source *source, struct tri_image **image)
{
    struct tri_jpeg_reader reader = {.source = source};
    tri_jpeg_reader_begin(&reader);
    const enum tri_status status = decode(&reader);
    jpeg_destroy_decompress(&reader.jpeg);
    *image = reader.image; /* the caller frees it after a failure */
    return status;
}
