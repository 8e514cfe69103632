/* form.c -- depth, palette and interlacing of written pictures. */
#include "form.h"

#include "palette.h"
#include "reduce_depth.h"

static enum tri_status check_depth(const struct tri_codec *about, const char *name,
                                   const struct tri_write_options *options, struct tri_error *error)
{
    const int depth = options->depth;
    if (depth != 0 && depth != 8 && depth != 16)
        return tri_fail(error, TRI_USAGE, "cannot write %s: a depth of %d; expected 8 or 16", name,
                        depth);
    if (depth == 16 && (about->keeps & TRI_WRITES_8_BITS) != 0)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: %s cannot store 16 bits; use --depth 8, or --format png "
                        "or tiff",
                        name, about->format.name);
    return TRI_OK;
}

static enum tri_status check_colours(const struct tri_codec *about, const char *name,
                                     const struct tri_write_options *options,
                                     struct tri_error *error)
{
    const int colours = options->colours;
    if (colours != 0 && (colours < 2 || colours > TRI_PALETTE_MOST))
        return tri_fail(error, TRI_USAGE, "cannot write %s: %d colours; expected 2 to %d", name,
                        colours, TRI_PALETTE_MOST);
    if (colours != 0 && (about->keeps & TRI_WRITES_PALETTE) == 0)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: %s has no palette for --colors; use --format png", name,
                        about->format.name);
    if (colours != 0 && options->depth == 16)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: colours of a palette have 8 bits; drop --depth 16 or "
                        "--colors",
                        name);
    return TRI_OK;
}

enum tri_status tri_form_check(const struct tri_codec *about, const char *name,
                               const struct tri_write_options *options, struct tri_error *error)
{
    char note[TRI_NOTE_MAX];
    enum tri_status status = check_depth(about, name, options, error);
    if (status == TRI_OK)
        status = check_colours(about, name, options, error);
    if (status == TRI_OK && options->interlace == TRI_INTERLACED &&
        (about->keeps & TRI_WRITES_INTERLACED) == 0) {
        snprintf(note, sizeof note, "--interlace had no effect: it is for PNG and JPEG, not for %s",
                 about->format.name);
        tri_write_tell(options, name, note);
    }
    return status;
}

static void expand(const struct tri_image *image, const struct tri_image *to)
{
    for (int plane = 0; plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++) {
            const uint8_t *from_row = tri_image_row(image, plane, y);
            uint16_t *to_row = tri_image_row(to, plane, y);
            for (int x = 0; x < image->shape.width; x++)
                to_row[x] = (uint16_t)(from_row[x] * 257);
        }
}

static enum tri_status convert_depth(const struct tri_image *image, int depth,
                                     struct tri_image **converted, struct tri_error *error)
{
    struct tri_shape shape = image->shape;
    if (depth == 0 || shape.bits == depth)
        return TRI_OK;
    if (depth == 8)
        return tri_image_reduce(image, converted, error);
    shape.bits = 16;
    const enum tri_status status = tri_image_new(&shape, converted, error);
    if (status == TRI_OK)
        expand(image, *converted);
    return status;
}

enum tri_status tri_form_convert(const struct tri_sink *sink, const struct tri_image *image,
                                 struct tri_image **converted)
{
    const struct tri_write_options *options = sink->options;
    struct tri_error why;
    *converted = NULL;
    const enum tri_status status =
        options->colours > 0 ? tri_image_quantize(image, options->colours,
                                                  options->dither == TRI_DITHER, converted, &why)
                             : convert_depth(image, options->depth, converted, &why);
    return status == TRI_OK ? TRI_OK : tri_sink_fail(sink, "%s", why.text);
}
