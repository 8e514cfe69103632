/* make_images.c -- draws the pictures in images/: `make_images FOLDER`. The output is always the
 * same. */
#include "triptych.h"

#include <math.h>
#include <string.h>

#define FINE 4 /* samples per pixel and direction */

struct colour {
    double red, green, blue, alpha; /* 0 to 1 */
};

/* The colour at a point; x and y are in pixels of the picture. */
typedef struct colour scene(double x, double y);

static struct colour rgb(int red, int green, int blue)
{
    return (struct colour){red / 255.0, green / 255.0, blue / 255.0, 1};
}

static struct colour mix(struct colour a, struct colour b, double part)
{
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return (struct colour){a.red + (b.red - a.red) * part, a.green + (b.green - a.green) * part,
                           a.blue + (b.blue - a.blue) * part, a.alpha + (b.alpha - a.alpha) * part};
}

static struct colour shade(struct colour a, double factor)
{
    return (struct colour){a.red * factor, a.green * factor, a.blue * factor, a.alpha};
}

/* ---- noise ---- */

static double hash(int x, int y)
{
    uint32_t h = (uint32_t)x * 374761393u + (uint32_t)y * 668265263u;
    h = (h ^ h >> 13) * 1274126177u;
    return ((h ^ h >> 16) & 0xffff) / 65535.0;
}

static double smooth(double t)
{
    return t * t * (3 - 2 * t);
}

static double noise(double x, double y)
{
    int left = (int)floor(x), top = (int)floor(y);
    double u = smooth(x - left), v = smooth(y - top);
    double above = hash(left, top) * (1 - u) + hash(left + 1, top) * u;
    double below = hash(left, top + 1) * (1 - u) + hash(left + 1, top + 1) * u;
    return above * (1 - v) + below * v;
}

static double clouds(double x, double y)
{
    return noise(x, y) * 0.5 + noise(2 * x + 9, 2 * y) * 0.25 + noise(4 * x, 4 * y + 5) * 0.15 +
           noise(8 * x + 3, 8 * y) * 0.1;
}

/* ---- shapes ---- */

static bool in_box(double x, double y, double left, double top, double right, double bottom)
{
    return x >= left && x < right && y >= top && y < bottom;
}

static double distance(double x, double y, double to_x, double to_y)
{
    return sqrt((x - to_x) * (x - to_x) + (y - to_y) * (y - to_y));
}

/* 5 x 7 dots per letter, a bit per dot, the leftmost in the highest bit. */
static bool in_text(double x, double y, double left, double top, double dot, const char *text)
{
    static const char letters[] = "CHIPRTY";
    static const unsigned char dots[][7] = {
        {14, 17, 16, 16, 16, 17, 14}, {17, 17, 17, 31, 17, 17, 17}, {14, 4, 4, 4, 4, 4, 14},
        {30, 17, 17, 30, 16, 16, 16}, {30, 17, 17, 30, 20, 18, 17}, {31, 4, 4, 4, 4, 4, 4},
        {17, 17, 10, 4, 4, 4, 4},
    };
    int column = (int)floor((x - left) / dot), row = (int)floor((y - top) / dot);
    if (row < 0 || row >= 7 || column < 0 || column >= 6 * (int)strlen(text) || column % 6 == 5)
        return false;
    const char *letter = strchr(letters, text[column / 6]);
    return letter && (dots[letter - letters][row] >> (4 - column % 6) & 1);
}

/* ---- street.png: a street in the evening ---- */

#define HORIZON 318

static struct colour sky(double x, double y)
{
    struct colour colour = mix(rgb(28, 44, 104), rgb(226, 128, 108), y / 230);
    colour = mix(colour, rgb(255, 206, 128), (y - 190) / 120);
    double from_sun = distance(x, y, 352, 236);
    colour = mix(colour, rgb(255, 228, 160), 0.8 * smooth(from_sun < 150 ? 1 - from_sun / 150 : 0));
    double cloud = clouds(x / 110 + 3, y / 26);
    colour = mix(colour, rgb(250, 182, 160), (cloud - 0.52) * 3.5);
    if (from_sun < 34)
        colour = mix(rgb(255, 250, 220), rgb(255, 222, 140), from_sun / 34);
    double hill = 282 + 34 * clouds(x / 90, 0.5) - 26 * clouds(x / 31, 7.5);
    if (y > hill)
        colour = mix(rgb(88, 70, 112), rgb(150, 104, 110), (y - hill) / 60);
    return colour;
}

static struct colour bricks(double x, double y, struct colour colour)
{
    int row = (int)floor(y / 5);
    double along = x + (row & 1) * 6;
    int brick = (int)floor(along / 12);
    if (y - row * 5 < 0.9 || along - brick * 12 < 0.9)
        return shade(colour, 0.72);
    return shade(colour, 0.88 + 0.22 * hash(brick, row));
}

struct house {
    double left, right, top;
    bool gable;
    int red, green, blue;
};

static const struct house houses[] = {
    {214, 268, 226, true, 108, 74, 92},  {268, 300, 252, false, 96, 70, 96},
    {404, 446, 240, true, 112, 78, 90},  {446, 500, 206, false, 122, 72, 76},
    {120, 216, 168, false, 130, 74, 70}, {498, 566, 150, true, 150, 118, 92},
    {0, 128, 96, false, 150, 84, 66},    {564, 640, 112, false, 106, 84, 100},
};

static struct colour window(const struct house *house, double x, double y, struct colour wall)
{
    double column = floor((x - house->left) / 24), row = floor((y - house->top - 10) / 34);
    double u = x - house->left - column * 24, v = y - house->top - 10 - row * 34;
    if (row < 0 || house->top + 10 + (row + 1) * 34 > HORIZON + 4 ||
        house->left + (column + 1) * 24 > house->right || !in_box(u, v, 6, 6, 20, 28))
        return wall;
    if (!in_box(u, v, 7, 7, 19, 27) || (u > 12.5 && u < 13.5) || (v > 14 && v < 15))
        return rgb(60, 44, 48);
    double chance = hash((int)(column + house->left), (int)row + 40);
    if (chance > 0.5)
        return mix(rgb(255, 236, 150), rgb(236, 160, 70), (v - 7) / 24 + 0.3 * chance);
    return mix(rgb(120, 130, 170), rgb(46, 52, 84), (u + v) / 36);
}

static bool draw_house(const struct house *house, double x, double y, struct colour *colour)
{
    double middle = (house->left + house->right) / 2, half = (house->right - house->left) / 2;
    double ground = HORIZON + 14;

    if (house->gable && y < house->top && house->top - y < 0.7 * (half + 4 - fabs(x - middle))) {
        *colour = fmod(y + 0.15 * fmod(x, 7), 4) < 1 ? rgb(74, 40, 44) : rgb(108, 54, 50);
        return true;
    }
    if (!in_box(x, y, house->left, house->top, house->right, ground))
        return false;
    *colour = bricks(x, y, rgb(house->red, house->green, house->blue));
    if (!house->gable && y < house->top + 5)
        *colour = rgb(house->red / 2 + 80, house->green / 2 + 70, house->blue / 2 + 60);
    *colour = window(house, x, y, *colour);
    *colour = shade(*colour, 1 - 0.3 * smooth((x - house->left) / (house->right - house->left)));
    return true;
}

/* A star of spokes and rings, in which blurring, sharpening and edge detection show. */
static void draw_clock(double x, double y, struct colour *colour)
{
    double from = distance(x, y, 532, 190), angle = atan2(y - 190, x - 532);
    if (from >= 27)
        return;
    *colour = rgb(238, 230, 206);
    if (from > 24.5)
        *colour = rgb(70, 48, 40);
    else if (from < 22)
        *colour = sin(angle * 18) > 0 ? rgb(36, 32, 44) : *colour;
    if (from < 5)
        *colour = rgb(200, 60, 48);
}

/* Shop, sign and awning of the house on the left. */
static void draw_shop(double x, double y, struct colour *colour)
{
    if (in_box(x, y, 6, 246, 122, 272))
        *colour = in_text(x, y, 18, 252, 2, "TRIPTYCH") ? rgb(252, 240, 200) : rgb(30, 62, 66);
    if (in_box(x, y, 6, 285, 122, HORIZON + 14)) {
        *colour = mix(rgb(255, 226, 140), rgb(170, 96, 56), (y - 285) / 60);
        for (int panel = 0; panel < 3; panel++)
            if (in_box(x, y, 16 + panel * 34, 296, 44 + panel * 34, 326))
                *colour = panel == 0   ? rgb(196, 58, 50)
                          : panel == 1 ? rgb(246, 240, 226)
                                       : rgb(44, 92, 160);
        if (distance(x, y, 64, 311) < 9)
            *colour = rgb(226, 160, 40);
    }
    if (in_box(x, y, 2 - (y - 272) / 4, 272, 126 + (y - 272) / 4, 288 + 3 * fabs(sin(x * 0.39))))
        *colour = fmod(x + 16, 16) < 8 ? rgb(214, 74, 62) : rgb(246, 236, 220);
}

static struct colour street(double x, double y)
{
    double depth = 60 / (y - HORIZON + 6),
           across = (x - 352) / (y - HORIZON + 6); /* 0 at the middle */
    double grain = noise(x / 1.6, y / 1.2) - 0.5;
    struct colour colour =
        shade(mix(rgb(132, 96, 104), rgb(58, 56, 72), (y - HORIZON) / 130), 1 + 0.28 * grain);

    if (fabs(across) > 1.5) { /* the pavement: slabs in perspective */
        colour = shade(mix(rgb(168, 130, 124), rgb(112, 104, 112), (y - HORIZON) / 150),
                       1 + 0.12 * grain);
        double slab = fmod(fabs(across) * 4, 1), row = fmod(depth * 9, 1);
        if (slab < 0.05 || row < 0.09)
            colour = shade(colour, 0.7);
        if (fabs(across) < 1.58)
            colour = rgb(206, 188, 178);
    } else if (fabs(across) < 0.045 && fmod(depth * 2.2, 1) < 0.55) {
        colour = rgb(240, 226, 190);
    }
    double glow = 1 - distance(x, (y - HORIZON) * 0.55, 352, 0) / 120; /* the sun on wet asphalt */
    return mix(colour, rgb(255, 196, 130), glow > 0 ? 0.55 * glow : 0);
}

static void draw_lamp(double x, double y, double at, double top, double foot, struct colour *colour)
{
    double from = distance(x, y, at, top), size = (foot - top) / 26;
    if (fabs(x - at) < size / 4 + (y > foot - 3 * size ? size / 4 : 0) && y > top && y < foot)
        *colour = rgb(32, 30, 40);
    if (from < 6 * size)
        *colour = mix(*colour, rgb(255, 232, 160), 0.75 * smooth(1 - from / (6 * size)));
    if (from < size)
        *colour = rgb(255, 250, 224);
}

static void draw_tree(double x, double y, struct colour *colour)
{
    if (fabs(x - 596 - 2 * sin(y / 17)) < 5 + (y - 330) / 30 && y > 280 && y < 384)
        *colour = shade(rgb(70, 48, 42), 0.7 + 0.6 * noise(x / 1.5, y / 9));
    double from = distance(x, (y - 248) * 1.15 + 248, 594, 248);
    if (from + 40 * clouds(x / 16, y / 16) < 86) {
        double leaf = noise(x / 2.2, y / 2.2), lit = 0.5 - (x - 594 + y - 248) / 190;
        *colour = mix(rgb(24, 44, 38), rgb(150, 146, 62), lit * 0.75 + (leaf - 0.5) * 0.9);
    }
}

static struct colour street_scene(double x, double y)
{
    struct colour colour = y < HORIZON + 4 ? sky(x, y) : street(x, y);

    if (y >= HORIZON && y < HORIZON + 4)
        colour = street(x, y);
    for (size_t i = 0; i < sizeof houses / sizeof houses[0]; i++)
        draw_house(&houses[i], x, y, &colour);
    draw_clock(x, y, &colour);
    draw_shop(x, y, &colour);
    for (int wire = 0; wire < 3; wire++) { /* thin lines, hardly a pixel wide */
        double t = (x - 128) / 370,
               hang = 150 + 12 * wire + 20 * t + (60 + 14 * wire) * 4 * t * (1 - t) / 2;
        if (t > 0 && t < 1 && fabs(y - hang) < 0.55)
            colour = rgb(30, 26, 40);
    }
    draw_tree(x, y, &colour);
    draw_lamp(x, y, 284, 262, 352, &colour);
    draw_lamp(x, y, 424, 262, 352, &colour);
    draw_lamp(x, y, 174, 196, 420, &colour);
    return colour;
}

/* ---- alpha.png: three glass panels with soft edges ---- */

static struct colour alpha_scene(double x, double y)
{
    static const int tones[3][3] = {{226, 64, 52}, {250, 204, 70}, {40, 120, 214}};
    struct colour colour = {0};

    for (int panel = 0; panel < 3; panel++) {
        double middle = 62 + 66 * panel, half = 34, tall = panel == 1 ? 100 : 84;
        double dx = fabs(x - middle) - half + 14, dy = fabs(y - 128) - tall + 14;
        double out = sqrt((dx > 0 ? dx * dx : 0) + (dy > 0 ? dy * dy : 0)) - 14;
        double cover = smooth(out < -9 ? 1 : out > 9 ? 0 : 0.5 - out / 18) * (panel == 1 ? 1 : 0.8);
        struct colour tone = rgb(tones[panel][0], tones[panel][1], tones[panel][2]);
        tone = mix(tone, rgb(255, 255, 255), 0.45 * (1 - y / 200));
        double both = cover + colour.alpha * (1 - cover); /* over what is there */
        if (both > 0)
            colour = mix(colour, tone, cover / both);
        colour.alpha = both;
    }
    double from = distance(x, y, 128, 128); /* a hole, and a hard edge in it */
    if (from < 30)
        colour.alpha *= smooth(from < 18 ? 0 : (from - 18) / 12);
    if (from < 12)
        colour = rgb(30, 34, 60);
    return colour;
}

/* ---- gray16.png: finer steps than 8 bits can hold ---- */

static struct colour gray_scene(double x, double y)
{
    double level = (x + y / 4) / 400;
    if (in_box(x, y, 20, 20, 150, 110)) /* rings in steps of a 2000th: they show after stretching */
        level = 0.3 + floor(distance(x, y, 85, 65) / 6) / 2000;
    if (distance(x, y, 235, 65) < 45)
        level = 1 - distance(x, y, 220, 50) / 80;
    if (in_box(x, y, 20, 130, 150, 220)) /* bars, finer and finer */
        level = sin((x - 20) * (x - 20) / 55) > 0 ? 0.95 : 0.05;
    if (in_box(x, y, 170, 130, 300, 220))
        level = 0.5 + 0.5 * (clouds(x / 24, y / 24) - 0.5) * (y - 110) / 55;
    return (struct colour){level, level, level, 1};
}

/* ---- frame-1.png to frame-3.png: a ball that flies ---- */

static double ball_x, ball_y;

static struct colour frame_scene(double x, double y)
{
    struct colour colour = mix(rgb(150, 196, 232), rgb(232, 240, 236), y / 92);
    if (y > 92)
        colour = fmod(x + (y - 92) * 0.5 * (x - 80) / 80 + 160, 20) < 10 ? rgb(96, 152, 84)
                                                                         : rgb(82, 136, 74);
    double shadow = distance(x, y * 3, ball_x, 105 * 3) / 16;
    if (y > 92 && shadow < 1)
        colour = shade(colour, 0.6 + 0.4 * shadow);
    if (distance(x, y, ball_x, ball_y) < 15) {
        double light = distance(x, y, ball_x - 5, ball_y - 6);
        colour = mix(rgb(255, 170, 130), rgb(170, 30, 30), light / 20);
        if (fabs(y - ball_y - (x - ball_x) * 0.5) < 2.5)
            colour = rgb(250, 240, 220);
    }
    return colour;
}

/* ---- drawing ---- */

static struct colour pixel(scene *at, int x, int y)
{
    struct colour sum = {0};
    for (int i = 0; i < FINE * FINE; i++) {
        struct colour one = at(x + (i % FINE + 0.5) / FINE, y + (i / FINE + 0.5) / FINE);
        sum.red += one.red * one.alpha; /* what is transparent lends no colour */
        sum.green += one.green * one.alpha;
        sum.blue += one.blue * one.alpha;
        sum.alpha += one.alpha;
    }
    double weight = sum.alpha > 0 ? 1 / sum.alpha : 0;
    return (struct colour){sum.red * weight, sum.green * weight, sum.blue * weight,
                           sum.alpha / (FINE * FINE)};
}

static void put(struct tri_image *image, int plane, int x, int y, double value)
{
    value = value < 0 ? 0 : value > 1 ? 1 : value;
    if (image->shape.bits == 8)
        ((uint8_t *)tri_image_row(image, plane, y))[x] = (uint8_t)(value * 255 + 0.5);
    else
        ((uint16_t *)tri_image_row(image, plane, y))[x] = (uint16_t)(value * 65535 + 0.5);
}

static int draw(const char *folder, const char *name, struct tri_shape shape, scene *at)
{
    struct tri_image *image;
    struct tri_error error;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (tri_image_new(&shape, &image, &error))
        goto fail;
    for (int y = 0; y < shape.height; y++)
        for (int x = 0; x < shape.width; x++) {
            struct colour colour = pixel(at, x, y);
            const double values[] = {colour.red, shape.planes == 2 ? colour.alpha : colour.green,
                                     colour.blue, colour.alpha};
            for (int plane = 0; plane < shape.planes; plane++)
                put(image, plane, x, y, values[plane]);
        }
    if (tri_image_write(path, image, NULL, &error))
        goto fail;
    tri_image_free(image);
    return 0;
fail:
    tri_image_free(image);
    fprintf(stderr, "make_images: %s\n", error.text);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_images FOLDER\n");
        return 2;
    }
    int failed = draw(argv[1], "street.png", (struct tri_shape){640, 480, 3, 8}, street_scene);
    failed |= draw(argv[1], "alpha.png", (struct tri_shape){256, 256, 4, 8}, alpha_scene);
    failed |= draw(argv[1], "gray16.png", (struct tri_shape){320, 240, 1, 16}, gray_scene);
    for (int frame = 1; frame <= 3; frame++) {
        char name[32];
        snprintf(name, sizeof name, "frame-%d.png", frame);
        ball_x = 8 + 36 * frame;
        ball_y = 40 + 14 * (frame - 2) * (frame - 2);
        failed |= draw(argv[1], name, (struct tri_shape){160, 120, 3, 8}, frame_scene);
    }
    return failed;
}
