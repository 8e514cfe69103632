/* seeds.c -- small pictures of every kind, made by libpng. */
#include "fuzz.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_write(png_structp png, png_bytep data, size_t size)
{
    file_put(png_get_io_ptr(png), data, size);
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* The kinds that the fast reader takes come more often. */
static void choose_kind(uint64_t *state, int *type, int *bits, bool *interlaced, bool *transparent)
{
    static const unsigned char kinds[15][2] = {{0, 8},  {0, 16}, {2, 8},  {2, 16}, {4, 8},
                                               {4, 16}, {6, 8},  {6, 16}, {0, 1},  {0, 2},
                                               {0, 4},  {3, 1},  {3, 2},  {3, 4},  {3, 8}};
    const bool usual = below(state, 4) > 0;
    const unsigned kind = below(state, usual ? 8 : 15);
    *type = kinds[kind][0];
    *bits = kinds[kind][1];
    *interlaced = !usual && below(state, 2);
    *transparent = !usual && below(state, 2) && (*type & 4) == 0;
}

static void put_ancillary(png_structp png, png_infop info, uint64_t *state)
{
    static png_text texts[3];
    png_color_16 background = {0};
    texts[0] = (png_text){
        .compression = PNG_TEXT_COMPRESSION_NONE, .key = (char *)"Title", .text = (char *)"seed"};
    texts[1] = (png_text){.compression = PNG_TEXT_COMPRESSION_zTXt,
                          .key = (char *)"Comment",
                          .text = (char *)"a a a a a a a"};
    texts[2] = (png_text){.compression = PNG_ITXT_COMPRESSION_NONE,
                          .key = (char *)"Author",
                          .text = (char *)"nobody"};
    if (below(state, 2))
        png_set_gAMA_fixed(png, info, 45455);
    if (below(state, 2))
        png_set_pHYs(png, info, 2835, 2835, PNG_RESOLUTION_METER);
    if (below(state, 2))
        png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    if (below(state, 2))
        png_set_text(png, info, texts, 1 + (int)below(state, 3));
    if (below(state, 4) == 0 && png_get_color_type(png, info) != PNG_COLOR_TYPE_PALETTE)
        png_set_bKGD(png, info, &background);
}

static void put_palette(png_structp png, png_infop info, int type, int bits, bool transparent,
                        uint64_t *state)
{
    png_color palette[256];
    png_byte alpha[256];
    png_color_16 colour = {.red = 1, .green = 2, .blue = 3, .gray = 1};

    for (int i = 0; i < 256; i++) {
        palette[i] =
            (png_color){(png_byte)draw(state), (png_byte)draw(state), (png_byte)draw(state)};
        alpha[i] = (png_byte)draw(state);
    }
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 1 << bits);
    if (transparent)
        png_set_tRNS(png, info, alpha, 1 << bits, type == PNG_COLOR_TYPE_PALETTE ? NULL : &colour);
}

/* Smooth with some noise, so that every filter and matches of many lengths come. */
static void put_pixels(png_structp png, unsigned char *row, size_t size, int height, int passes,
                       uint64_t *state)
{
    const unsigned noise = below(state, 4), slope = below(state, 5);
    for (int pass = 0; pass < passes; pass++) {
        for (int y = 0; y < height; y++) {
            for (size_t i = 0; i < size; i++)
                row[i] = (unsigned char)(noise == 3 ? draw(state)
                                                    : (i + (size_t)y) * slope +
                                                          (draw(state) & ((1u << noise) - 1)));
            png_write_row(png, row);
        }
    }
}

void seed_make(struct seed *seed, uint64_t *state, bool large)
{
    const int width = large ? 200 + (int)below(state, 300) : 1 + (int)below(state, 70);
    const int height = large ? 150 + (int)below(state, 150) : 1 + (int)below(state, 40);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    int type, bits;
    bool interlaced, transparent;
    unsigned char *row = calloc(1, 8 * 600);

    if (png == NULL || info == NULL || row == NULL || setjmp(png_jmpbuf(png))) {
        fputs("libpng cannot write a seed\n", stderr);
        exit(2);
    }
    choose_kind(state, &type, &bits, &interlaced, &transparent);
    snprintf(seed->kind, sizeof seed->kind, "type %d, %2d bits%s%s", type, bits,
             interlaced ? ", interlaced" : "", transparent ? ", tRNS" : "");
    png_set_write_fn(png, &seed->file, on_write, on_flush);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, bits, type,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    put_palette(png, info, type, bits, transparent, state);
    put_ancillary(png, info, state);
    png_set_compression_level(png, (int)below(state, 10));
    if (below(state, 3) == 0)
        png_set_compression_buffer_size(png, 6 + below(state, 200)); /* many IDAT */
    png_set_filter(png, 0, below(state, 2) ? PNG_ALL_FILTERS : 8 << below(state, 5));
    png_write_info(png, info);
    const int passes = png_set_interlace_handling(png);
    put_pixels(png, row, png_get_rowbytes(png, info), height, passes, state);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
}
