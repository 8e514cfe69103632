/* chart_samples.c -- all samples of a row as dots, in the order of measurement. */
#include "report/svg.h"

#include <math.h>

enum { LEFT = 4, RIGHT = 396, HEIGHT = 34 };

void tri_chart_samples(FILE *file, double y, const int64_t *samples, int count, int every,
                       double low, double high, int colour)
{
    const double step = count > 1 ? (double)(RIGHT - LEFT) / (count - 1) : 0;
    long last_x = 0, last_y = 0;

    fprintf(file, "<path class=\"samples k%d\" d=\"", colour);
    for (int i = 0; i < count; i += every) {
        /* Whole tenths, relative to the dot before: short, and without rounding that adds up. */
        const double share = high > low ? log((double)samples[i] / low) / log(high / low) : 0.5;
        const long at_x = lround((LEFT + i * step) * 10),
                   at_y = lround((y + HEIGHT * (1 - share)) * 10);

        fprintf(file, i == 0 ? "M%g %gh0" : "m%g %gh0", (double)(at_x - last_x) / 10,
                (double)(at_y - last_y) / 10);
        last_x = at_x;
        last_y = at_y;
    }
    fputs("\"/>\n", file);
}
