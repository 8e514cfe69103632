/* remap -- reads each pixel from the place that two maps name for it. Places are rounded to 1/256
 * of a pixel and interpolated; whole ones only move samples. Borders: a constant, or the edge
 * sample. */
#include "kernel.h"

/* A pair of numbers for each sample follows: where it comes from, in pixels, or in 256ths. */
struct remap {
    int width, replicate, fill;
};
#define REMAP_PLACE(k) ((CONSTANT int *)((k) + 1) + 2 * ((long)Y * (k)->width + X))

/* Pixels; what is outside is negative, and what is replicated is inside already. */
GATHER(remap_whole, S, S)
{
    CONSTANT struct remap *k = CONSTANTS(struct remap);
    CONSTANT int *from = REMAP_PLACE(k);
    return from[0] < 0 ? (SAMPLE_TYPE)k->fill : SAMPLE(from[0], from[1]);
}

#define REMAP_AT(x, y) \
    (k->replicate == 0 && ((x) < 0 || (x) >= IN_WIDTH || (y) < 0 || (y) >= IN_HEIGHT) \
         ? (uint)k->fill \
         : (uint)SAMPLE(place_inside(x, IN_WIDTH), place_inside(y, IN_HEIGHT)))

GATHER(remap_between, S, S)
{
    CONSTANT struct remap *k = CONSTANTS(struct remap);
    CONSTANT int *from = REMAP_PLACE(k);
    const int left = from[0] >> 8, top = from[1] >> 8;
    const uint right = (uint)(from[0] & 255), lower = (uint)(from[1] & 255);
    const uint above = mix_256(REMAP_AT(left, top), REMAP_AT(left + 1, top), right);
    const uint below = mix_256(REMAP_AT(left, top + 1), REMAP_AT(left + 1, top + 1), right);
    return (SAMPLE_TYPE)((mix_256(above, below, lower) + 32768) >> 16);
}

#ifdef HOST
#include "../../host/image/place_map.h"

#include <math.h>
#include <stdlib.h>

/* ---- files ---- */

static const char remap_swirl_x[] = "P2 16 12 65535\n"
                                    "0 32 70 121 170 214 254 289 319 345 368 388 406 422 448 480\n"
                                    "0 34 85 135 183 227 265 298 326 350 373 394 415 434 450 480\n"
                                    "0 43 93 142 189 231 267 297 322 345 367 390 413 436 457 480\n"
                                    "1 47 95 142 187 227 261 287 309 330 352 377 404 432 458 481\n"
                                    "3 46 91 135 178 215 247 270 289 308 331 359 390 422 453 482\n"
                                    "2 41 82 123 162 197 226 247 262 281 306 338 373 410 446 481\n"
                                    "0 34 70 107 142 174 199 218 233 254 283 318 357 398 439 478\n"
                                    "0 27 58 90 121 149 172 191 210 233 265 302 345 389 434 477\n"
                                    "0 22 48 76 103 128 150 171 193 219 253 293 338 385 433 479\n"
                                    "0 23 44 67 90 113 135 158 183 213 249 291 338 387 437 480\n"
                                    "0 30 46 65 86 107 130 154 182 215 253 297 345 395 446 480\n"
                                    "0 32 58 74 92 112 135 161 191 226 266 310 359 410 448 480\n";
static const char remap_swirl_y[] =
    "P2 16 12 65535\n"
    "0 0 0 0 0 0 0 6 18 27 31 29 21 6 0 0\n"
    "32 29 10 1 3 12 26 43 59 71 78 78 71 57 35 32\n"
    "64 45 28 22 26 39 57 78 98 114 123 125 119 106 84 64\n"
    "93 65 48 43 49 64 85 110 133 151 163 167 163 150 129 99\n"
    "115 88 71 66 71 86 108 135 162 183 197 203 201 190 170 141\n"
    "143 115 97 90 94 107 127 154 183 206 223 233 234 225 206 177\n"
    "175 146 127 118 119 129 146 169 198 225 245 258 262 255 237 209\n"
    "211 182 162 151 149 155 169 190 217 244 266 281 286 281 264 237\n"
    "253 223 202 189 185 189 201 219 242 267 288 303 309 304 287 259\n"
    "288 268 246 233 227 229 238 254 274 295 313 326 330 324 307 288\n"
    "320 317 295 281 274 274 281 293 309 326 340 349 351 342 323 320\n"
    "352 352 346 331 323 321 325 334 346 358 368 372 370 358 352 352\n";
static const char remap_known_x[] = "P2 4 1 65535 2 0 1 7";
static const char remap_known_y[] = "P2 4 1 65535 0 1 1 0";

static enum tri_status remap_read(const char *path, const char *bytes, size_t size, void **contents,
                                  struct tri_error *error)
{
    struct tri_place_map *map = NULL;
    const enum tri_status status = tri_place_map_read(path, bytes, size, &map, error);
    *contents = map;
    return status;
}

static const struct tri_own_file remap_own[] = {{"swirl_x", remap_swirl_x},
                                                {"swirl_y", remap_swirl_y},
                                                {"known_x", remap_known_x},
                                                {"known_y", remap_known_y},
                                                {0}};
static const struct tri_kernel_files remap_files = {remap_read, remap_own};

/* ---- places ---- */

static bool remap_map_is_whole(const struct tri_operation *operation, const char *param)
{
    const struct tri_place_map *map = tri_operation_contents(operation, param);
    const long scale = (long)tri_operation_value(operation, "scale");
    return map->whole && map->step % scale == 0;
}

/* Whether samples are only moved. */
static bool remap_moves(const struct tri_operation *operation)
{
    return tri_operation_value(operation, "filter") == 1 ||
           (remap_map_is_whole(operation, "x") && remap_map_is_whole(operation, "y"));
}

static enum tri_alpha remap_alpha(const struct tri_operation *operation)
{
    return remap_moves(operation) ? TRI_ALPHA_PLAIN : TRI_ALPHA_PREMULTIPLIED;
}

KERNEL(remap, remap_alpha, "pixels from where maps say",
       "Each pixel of the result shows the picture at the place that two maps name: x has its "
       "column and y its row, from 0 for the first, in pixels or in parts of them (scale=32: in "
       "32nds). Maps are gray PGM files of up to 16 bits, as FFmpeg's remap takes them, or gray "
       "PFM files, whose floats may be negative and have fractions, as OpenCV's remap has them. "
       "The result has their size. Places are rounded to 1/256 and interpolated between pixels, "
       "or to whole pixels with filter=nearest. What comes from outside is black or a gray, "
       "transparent in pictures with transparency, or with border=replicate the edge. Videos in "
       "Y'CbCr become R, G, B for it. @swirl_x and @swirl_y are part of the program, for 16 x 12 "
       "pixels.",
       "remap:x=@swirl_x:y=@swirl_y:scale=32",
       PARAM_FILE(x, 0, "the map of columns, a gray PGM or PFM file")
           PARAM_FILE(y, 0, "the map of rows, of the same size")
               PARAM_INT(scale, 1, 1, 256, "parts of a pixel in which the maps count")
                   PARAM_CHOICE(filter, 0, 2, "bilinear|nearest", "between pixels")
                       PARAM_CHOICE(border, 0, 2, "constant|replicate",
                                    "what is outside the picture")
                           PARAM_FLOAT(gray, 0, 0, 1, "0: black, 1: white"))
ALIASES(remap, ALIAS("mapim|displace|displacement|distortmap|mapping|initundistortrectifymap",
                     "remap:x=@swirl_x:y=@swirl_y:scale=32"))

/* Places (2, 0), (0, 1), (1, 1), and (7, 0), which is outside. */
KNOWN(remap, "remap:x=@known_x:y=@known_y:gray=0.2", PICTURE(3, 2, 1, 1, 2, 3, 4, 5, 6),
      PICTURE(4, 1, 1, 3, 4, 5, 51))

/* In 256ths of a pixel. */
static int remap_fixed(float number, double scale)
{
    return (int)floor(number * 256 / scale + 0.5);
}

/* Makes a place whole: rounded, and inside or negative. */
static void remap_settle(int place[2], int width, int height, bool replicate)
{
    const int sizes[2] = {width, height};
    bool outside = false;
    for (int i = 0; i < 2; i++) {
        place[i] = (int)floor((place[i] + 128) / 256.0);
        outside |= place[i] < 0 || place[i] >= sizes[i];
        place[i] = place[i] < 0 ? 0 : place[i] < sizes[i] ? place[i] : sizes[i] - 1;
    }
    if (outside && !replicate)
        place[0] = place[1] = -1;
}

static void remap_fill(struct tri_graph *graph, const struct tri_value *in, struct remap *k)
{
    const struct tri_place_map *x = CONTENTS(x), *y = CONTENTS(y);
    const bool whole = remap_moves(tri_graph_operation(graph));
    const int width = tri_graph_width(graph, in->channel[0]),
              height = tri_graph_height(graph, in->channel[0]);
    int *place = (int *)(k + 1);
    k->width = x->width;
    k->replicate = VALUE(border) == 1;
    k->fill =
        in->planes % 2 == 0 ? 0 : (int)(VALUE(gray) * ((1 << tri_graph_bits(graph)) - 1) + 0.5);
    for (size_t i = 0; i < (size_t)x->width * (size_t)x->height; i++, place += 2) {
        place[0] = remap_fixed(x->numbers[i], VALUE(scale));
        place[1] = remap_fixed(y->numbers[i], VALUE(scale));
        if (whole)
            remap_settle(place, width, height, k->replicate);
    }
}

GRAPH_WITH_FILES(remap, &remap_files)
{
    const struct tri_place_map *x = CONTENTS(x), *y = CONTENTS(y);
    const size_t size =
        sizeof(struct remap) + 2 * sizeof(int) * (size_t)x->width * (size_t)x->height;
    tri_graph_needs_rgb(graph);
    tri_graph_fields(graph, TRI_FIELDS_GONE);
    if (x->width != y->width || x->height != y->height) {
        tri_graph_fail(graph,
                       "remap: both maps need one size, but x has %d x %d numbers and y %d x %d",
                       x->width, x->height, y->width, y->height);
        return in;
    }
    struct remap *k = malloc(size);
    if (k == NULL) {
        tri_graph_fail(graph, "remap: out of memory for %zu bytes of places", size);
        return in;
    }
    remap_fill(graph, &in, k);
    const bool whole = remap_moves(tri_graph_operation(graph));
    for (int p = 0; p < in.planes; p++)
        in.channel[p] =
            whole ? NODE(remap_whole, .in = {in.channel[p]}, .whole = true, .width = x->width,
                         .height = x->height, .constants = k, .constants_size = size)
                  : NODE(remap_between, .in = {in.channel[p]}, .whole = true, .width = x->width,
                         .height = x->height, .operations = 4, .constants = k,
                         .constants_size = size);
    free(k);
    return in;
}
#endif
