/* The oracle of lut: reads the file in another way, and interpolates in double by the weights of
 * all eight corners of a cell. */
#include "../../host/pipeline/kernel_description.h"
#include "../oracle.h"
#include "../rig.h"

#include <stdlib.h>
#include <string.h>

struct table {
    int size[2]; /* of one dimension, and of three */
    double low[2][3], high[2][3];
    double *rows[2];
};

static char *read_text(const char *file)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = file[0] == '@' ? NULL : fopen(file, "re");

    for (const struct tri_own_file *own = tri_kernel_find("lut")->files->own; own->name; own++)
        if (file[0] == '@' && !strcmp(own->name, file + 1))
            return strdup(own->text);
    if (!stream || getdelim(&text, &size, '\0', stream) < 0)
        abort();
    fclose(stream);
    return text;
}

static struct table read_table(const char *file)
{
    char *text = read_text(file), *rest = text;
    struct table table = {.high = {{1, 1, 1}, {1, 1, 1}}};
    size_t count = 0;
    double *all = oracle_memory(strlen(text) + 1, sizeof(double)), low, high, row[3];

    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        sscanf(line, "LUT_1D_SIZE %d", &table.size[0]);
        sscanf(line, "LUT_3D_SIZE %d", &table.size[1]);
        for (int i = 0; i < 2; i++) {
            double(*ends)[3] = strncmp(line, "DOMAIN_MIN", 10) ? table.high : table.low;

            if (!strncmp(line, "DOMAIN_M", 8))
                sscanf(line + 10, "%lf %lf %lf", &ends[i][0], &ends[i][1], &ends[i][2]);
            if (sscanf(line, i ? "LUT_3D_INPUT_RANGE %lf %lf" : "LUT_1D_INPUT_RANGE %lf %lf", &low,
                       &high) == 2)
                for (int c = 0; c < 3; c++) {
                    table.low[i][c] = low;
                    table.high[i][c] = high;
                }
        }
        if (sscanf(line, "%lf %lf %lf", &row[0], &row[1], &row[2]) == 3)
            for (int c = 0; c < 3; c++)
                all[count++] = row[c];
    }
    free(text);
    table.rows[0] = all;
    table.rows[1] = all + 3 * table.size[0];
    return table;
}

/* Where a value from 0 to 1 is among a table's entries. */
static double place(const struct table *table, int which, int channel, double value)
{
    const double low = table->low[which][channel], high = table->high[which][channel];

    return oracle_clamp((value - low) / (high - low), 0, 1) * (table->size[which] - 1);
}

static double curve(const struct table *table, int channel, double value)
{
    const double at = place(table, 0, channel, value);
    const int entry = at < table->size[0] - 1 ? (int)at : table->size[0] - 2;
    const double rest = at - entry;

    return oracle_clamp(table->rows[0][3 * entry + channel] * (1 - rest) +
                            table->rows[0][3 * entry + 3 + channel] * rest,
                        0, 1);
}

/* The weight of a corner, given by which axes lead to it. In the tetrahedron: the fractions of its
 * axes beyond those of all others. */
static double weight(int corner, const double rest[3], bool trilinear)
{
    double product = 1, least = 1, most = 0;

    for (int axis = 0; axis < 3; axis++) {
        const bool there = corner >> axis & 1;

        product *= there ? rest[axis] : 1 - rest[axis];
        if (there && rest[axis] < least)
            least = rest[axis];
        if (!there && rest[axis] > most)
            most = rest[axis];
    }
    return trilinear ? product : least > most ? least - most : 0;
}

static void cube(const struct table *table, bool trilinear, const double value[3], double out[3])
{
    int cell[3];
    double rest[3];

    for (int axis = 0; axis < 3; axis++) {
        const double at = place(table, 1, axis, value[axis]);

        cell[axis] = at < table->size[1] - 1 ? (int)at : table->size[1] - 2;
        rest[axis] = at - cell[axis];
    }
    for (int c = 0; c < 3; c++)
        out[c] = 0;
    for (int corner = 0; corner < 8; corner++) {
        const int red = cell[0] + (corner & 1), green = cell[1] + (corner >> 1 & 1),
                  blue = cell[2] + (corner >> 2);
        const int row = (blue * table->size[1] + green) * table->size[1] + red;

        for (int c = 0; c < 3; c++)
            out[c] +=
                weight(corner, rest, trilinear) * oracle_clamp(table->rows[1][3 * row + c], 0, 1);
    }
}

/* Decimal numbers that lie half-way between two samples go up, however their products round. */
#define HALF (0.5 + 1e-9)

/* Both tables, with samples of the image's depth between them. */
static void look_up(const struct table *table, bool trilinear, double max, double value[3])
{
    for (int c = 0; c < 3 && table->size[0]; c++) {
        value[c] = curve(table, c, value[c]);
        if (table->size[1])
            value[c] = (double)(int64_t)(value[c] * max + HALF) / max;
    }
    if (table->size[1]) {
        const double before[3] = {value[0], value[1], value[2]};

        cube(table, trilinear, before, value);
    }
}

/* Half a step for the last rounding; entries and steps between have 16 bits; and where the domain
 * is not that of the samples, half a step of the place. */
static double bound_of(const struct table *table, bool trilinear, int bits)
{
    const bool moved = table->low[1][0] != 0 || table->high[1][0] != 1;

    if (!table->size[1])
        return 0.501;
    return 0.5 + (bits == 8 ? 0.01 : trilinear ? 1.6 : 0.6) + (moved ? 0.6 : 0);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    struct table table = read_table(tri_pipeline_value_text(pipeline, operation, "file"));
    const bool trilinear = oracle_chosen(pipeline, operation, "interpolation", "trilinear");
    const double max = oracle_max(in);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, 3,
                  bound_of(&table, trilinear, in->shape.bits));
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double value[3];

            for (int c = 0; c < 3; c++)
                value[c] = (double)oracle_sample(in, in->shape.planes == 1 ? 0 : c, x, y) / max;
            look_up(&table, trilinear, max, value);
            for (int c = 0; c < 3; c++)
                *oracle_at(out, c, x, y) = value[c] * max;
        }
    free(table.rows[0]);
}

static void draw_text(const char *param, uint64_t *state, char *text, size_t size)
{
    static const char *const names[] = {"@warm", "@contrast", "@faded"};

    (void)param;
    snprintf(text, size, "%s", names[rig_draw(state) % 3]);
}

static const char *const cases[] = {"file=@contrast", "file=@faded",
                                    "file=@faded:interpolation=trilinear",
                                    "file='@warm':interpolation=trilinear", NULL};

const struct oracle oracle_lut = {
    .name = "lut", .alpha = ORACLE_KEPT, .run = run, .cases = cases, .draw_text = draw_text};
