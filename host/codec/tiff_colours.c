/* tiff_colours.c -- converts CMYK, CIELab and 16-bit palettes to RGB, and reports what else tags
 * say of colours. */
#include "tiff_colours.h"

#include "ifd.h"
#include "name_list.h"

#include <math.h>

void tri_tiff_unpack(const uint8_t *packed, void *samples, size_t count, unsigned bits)
{
    const uint32_t most = (1U << bits) - 1;
    uint32_t held = 0;
    unsigned have = 0;
    for (size_t i = 0; i < count; i++) {
        while (have < bits) {
            held = held << 8 | *packed++;
            have += 8;
        }
        have -= bits;
        const uint32_t sample = held >> have & most;
        if (bits <= 8)
            ((uint8_t *)samples)[i] = (uint8_t)((sample * 255 + most / 2) / most);
        else
            ((uint16_t *)samples)[i] = (uint16_t)((sample * 65535 + most / 2) / most);
    }
}

/* Makes a three-plane image like the existing one. */
static enum tri_status make_three(const struct tri_source *source, const struct tri_image *image,
                                  struct tri_image **made)
{
    const struct tri_shape *shape = &image->shape;
    return tri_source_image(source, (uint64_t)shape->width, (uint64_t)shape->height, 3, shape->bits,
                            made);
}

static enum tri_status take_place(struct tri_image **image, struct tri_image *made)
{
    tri_image_free(*image);
    *image = made;
    return TRI_OK;
}

/* ---- CMYK ---- */

#define CMYK(type, most) \
    static void cmyk_##type(type *row, const type *ink, const type *black, int width) \
    { \
        for (int x = 0; x < width; x++) { \
            const uint64_t product = (uint64_t)((most)-ink[x]) * ((most)-black[x]); \
            row[x] = (type)((product + (most) / 2) / (most)); \
        } \
    }

CMYK(uint8_t, UINT64_C(255))
CMYK(uint16_t, UINT64_C(65535))

enum tri_status tri_tiff_from_cmyk(const struct tri_source *source, struct tri_image **image)
{
    const struct tri_image *from = *image;
    struct tri_image *made;
    if (make_three(source, from, &made) != TRI_OK)
        return TRI_FAILED;
    for (int plane = 0; plane < 3; plane++) {
        for (int y = 0; y < made->shape.height; y++) {
            void *row = tri_image_row(made, plane, y);
            const void *ink = tri_image_row(from, plane, y), *black = tri_image_row(from, 3, y);
            if (made->shape.bits == 8)
                cmyk_uint8_t(row, ink, black, made->shape.width);
            else
                cmyk_uint16_t(row, ink, black, made->shape.width);
        }
    }
    return take_place(image, made);
}

/* ---- CIELab ---- */

/* CIE 15, 8.2.1: the inverse of its cube root with a linear part. */
static double cube(double f)
{
    return f > 6.0 / 29 ? f * f * f : (f - 4.0 / 29) * 3 * (6.0 / 29) * (6.0 / 29);
}

static double to_srgb(double light)
{
    if (light <= 0.0031308)
        return light <= 0 ? 0 : light * 12.92;
    return light >= 1 ? 1 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

/* Light under D50, adapted to D65 by Bradford's method, in sRGB primaries. */
static void lab_to_srgb(const double lab[3], double rgb[3])
{
    static const double white[3] = {0.96422, 1, 0.82521};
    static const double matrix[3][3] = {{3.1338561, -1.6168667, -0.4906146},
                                        {-0.9787684, 1.9161415, 0.0334540},
                                        {0.0719453, -0.2289914, 1.4052427}};
    const double f = (lab[0] + 16) / 116;
    const double xyz[3] = {white[0] * cube(f + lab[1] / 500), white[1] * cube(f),
                           white[2] * cube(f - lab[2] / 200)};
    for (int c = 0; c < 3; c++)
        rgb[c] = to_srgb(matrix[c][0] * xyz[0] + matrix[c][1] * xyz[1] + matrix[c][2] * xyz[2]);
}

/* TIFF 6.0, section 23: a* and b* are signed; ICC.1:2022, 6.3.4: they are offset, and 16-bit white
 * is 0xff00. */
static double lab_value(unsigned sample, int plane, int bits, bool icc)
{
    if (plane == 0)
        return sample * 100.0 / (bits == 8 ? 255 : icc ? 65280 : 65535);
    if (icc)
        return bits == 8 ? (double)sample - 128 : sample / 256.0 - 128;
    return bits == 8 ? (double)(int8_t)sample : (int16_t)sample / 256.0;
}

static unsigned sample_at(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);
    return image->shape.bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

enum tri_status tri_tiff_from_lab(const struct tri_source *source, struct tri_image **image,
                                  bool icc)
{
    const struct tri_image *from = *image;
    const int bits = from->shape.bits;
    struct tri_image *made;
    if (make_three(source, from, &made) != TRI_OK)
        return TRI_FAILED;
    for (int y = 0; y < made->shape.height; y++) {
        for (int x = 0; x < made->shape.width; x++) {
            double lab[3], rgb[3];
            for (int plane = 0; plane < 3; plane++)
                lab[plane] = lab_value(sample_at(from, plane, x, y), plane, bits, icc);
            lab_to_srgb(lab, rgb);
            for (int plane = 0; plane < 3; plane++) {
                void *row = tri_image_row(made, plane, y);
                if (bits == 8)
                    ((uint8_t *)row)[x] = (uint8_t)lround(rgb[plane] * 255);
                else
                    ((uint16_t *)row)[x] = (uint16_t)lround(rgb[plane] * 65535);
            }
        }
    }
    return take_place(image, made);
}

/* ---- palettes ---- */

enum tri_status tri_tiff_from_palette(const struct tri_source *source, struct tri_image **image,
                                      uint16_t *const maps[3])
{
    const struct tri_image *from = *image;
    struct tri_image *made;
    if (make_three(source, from, &made) != TRI_OK)
        return TRI_FAILED;
    for (int plane = 0; plane < 3; plane++) {
        for (int y = 0; y < made->shape.height; y++) {
            const uint16_t *index = tri_image_row(from, 0, y);
            uint16_t *row = tri_image_row(made, plane, y);
            for (int x = 0; x < made->shape.width; x++)
                row[x] = maps[plane][index[x]];
        }
    }
    return take_place(image, made);
}

/* ---- tags about light ---- */

/* Whether the tag has these numbers; also if it has none, and thus says nothing else. */
static bool says(TIFF *tiff, uint32_t tag, const float *usual, int count)
{
    float *values = NULL;
    if (!TIFFGetField(tiff, tag, &values) || values == NULL)
        return true;
    for (int i = 0; i < count; i++) {
        if (!(fabsf(values[i] - usual[i]) < 0.0005F)) /* as exact as sRGB's are given */
            return false;
    }
    return true;
}

/* libtiff itself applies it to Y, Cb, Cr, except for JPEG's. */
static bool has_usual_reference(TIFF *tiff, uint16_t photometric)
{
    uint16_t compression = COMPRESSION_NONE, bits = 8;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    const float most = (float)((1U << (bits < 16 ? bits : 16)) - 1);
    const float rgb[6] = {0, most, 0, most, 0, most}, chroma[6] = {0, 255, 128, 255, 128, 255};
    if (photometric == PHOTOMETRIC_YCBCR)
        return compression != COMPRESSION_JPEG ||
               says(tiff, TIFFTAG_REFERENCEBLACKWHITE, chroma, 6);
    return photometric != PHOTOMETRIC_RGB || says(tiff, TIFFTAG_REFERENCEBLACKWHITE, rgb, 6);
}

static bool has_usual_dots(TIFF *tiff)
{
    uint16_t least = 0, most = 0, bits = 8;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    return !TIFFGetField(tiff, TIFFTAG_DOTRANGE, &least, &most) ||
           (least == 0 && most == (1U << (bits < 16 ? bits : 16)) - 1);
}

static bool has_transfer(TIFF *tiff)
{
    uint16_t *curves[3] = {NULL};
    return TIFFGetField(tiff, TIFFTAG_TRANSFERFUNCTION, &curves[0], &curves[1], &curves[2]) != 0;
}

/* libtiff skips this tag, so it is found here, in classic files. */
static bool has_gray_curve(const struct tri_source *source, TIFF *tiff)
{
    struct tri_ifd file;
    return tri_ifd_open(&file, source->data, source->size) &&
           tri_ifd_find(&file, (size_t)TIFFCurrentDirOffset(tiff), TIFFTAG_GRAYRESPONSECURVE) !=
               NULL;
}

void tri_tiff_note_light(struct tri_source *source, TIFF *tiff)
{
    static const float white[2] = {0.3127F, 0.3290F},
                       primaries[6] = {0.64F, 0.33F, 0.30F, 0.60F, 0.15F, 0.06F};
    uint16_t photometric = PHOTOMETRIC_RGB;
    uint32_t size = 0;
    const void *profile = NULL;
    char list[200] = "";
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    if (!has_usual_reference(tiff, photometric))
        tri_name_list_add(list, sizeof list, "ReferenceBlackWhite");
    if (photometric == PHOTOMETRIC_SEPARATED && !has_usual_dots(tiff))
        tri_name_list_add(list, sizeof list, "DotRange");
    if (!TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &size, &profile) || size == 0) {
        if (has_transfer(tiff))
            tri_name_list_add(list, sizeof list, "TransferFunction");
        if (has_gray_curve(source, tiff))
            tri_name_list_add(list, sizeof list, "GrayResponseCurve");
        if (!says(tiff, TIFFTAG_WHITEPOINT, white, 2))
            tri_name_list_add(list, sizeof list, "WhitePoint");
        if (!says(tiff, TIFFTAG_PRIMARYCHROMATICITIES, primaries, 6))
            tri_name_list_add(list, sizeof list, "PrimaryChromaticities");
    }
    if (list[0] != '\0')
        tri_source_warn(source, "samples are taken as they are, without %s", list);
}
