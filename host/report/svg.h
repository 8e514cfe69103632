/* svg.h -- charts as SVG. Each is WIDTH units wide, whatever its size on the screen: text has 13
 * units, so it can be read from 350 to 700 pixels. Colours are classes, k0 to k7, which chart.css
 * defines for light and dark; marks carry their figures in a <title>, which page.js shows. */
#ifndef TRIPTYCH_SVG_H
#define TRIPTYCH_SVG_H

#include "report/html.h"

#define TRI_SVG_WIDTH 400
#define TRI_COLOURS 8
#define TRI_TITLE 800 /* bytes of a title */

extern const char tri_chart_css[]; /* chart.css, by the Makefile */

/* ---- parts ---- */

/* A scale of an axis, from a value to a place. */
struct tri_scale {
    double low, high; /* values; above 0 if `log` */
    double from, to;  /* places of these */
    bool log;
    bool twos; /* of a logarithmic scale: ticks at powers of two, not of ten */
};

double tri_scale_place(const struct tri_scale *scale, double value);
/* Round values with at least `gap` units between them; returns their number. */
int tri_scale_ticks(const struct tri_scale *scale, double gap, double ticks[32]);
/* Widens low and high to round values. */
void tri_scale_round(struct tri_scale *scale);

void tri_svg_begin(FILE *file, double height, const char *label);
void tri_svg_end(FILE *file);
void tri_svg_text(FILE *file, double x, double y, const char *classes, const char *text);
/* The label of a tick below an axis, centred at x unless it would leave the chart. */
void tri_svg_tick(FILE *file, double x, double y, struct tri_words words);
void tri_svg_line(FILE *file, double x1, double y1, double x2, double y2, const char *classes);
/* A vertical line beside `rows` bars only, so that it does not cross their names. */
struct tri_svg_rows {
    int count, height, first, thick; /* of a row; from its top to its bar; of the bar */
};
void tri_svg_rule(FILE *file, double x, const struct tri_svg_rows *rows, const char *classes);
/* A group with a title: begin, marks, end. */
void tri_svg_mark(FILE *file, const char *classes, int colour, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void tri_svg_mark_end(FILE *file);
/* Units that a text takes at most, at this size. */
double tri_svg_measure(const char *text, double size);
/* Cuts a text to this many units, with an ellipsis. */
void tri_svg_fit(char *text, double units, double size);
/* A legend above a chart, in HTML: only the groups with a name. */
void tri_svg_legend(FILE *file, const char *const names[TRI_COLOURS]);

/* ---- bars: chart_bars.c ---- */

struct tri_bar {
    char name[64], words[48]; /* words: the value, for people */
    char title[240];          /* all about it */
    double value, low, high;  /* NAN: unknown, here and as an interval */
    int colour;
};

struct tri_bars {
    const char *label; /* for those who do not see it */
    const char *axis;
    const struct tri_bar *list;
    int count;
    struct tri_words (*words)(double); /* of the axis */
    double mark;                       /* a line at this value; NAN: none */
    bool both;                         /* also on a logarithmic scale */
};

/* Bars from 0, and dots on the logarithmic scale, both with intervals; page.js switches. */
void tri_chart_bars(FILE *file, const struct tri_bars *bars);

/* Bars of parts that add up, one below another; at most TRI_PARTS parts. */
enum { TRI_PARTS = 8 };
struct tri_stack {
    char name[64], words[48];
    double parts[TRI_PARTS];
    char titles[TRI_PARTS][120];
    int colour;
};
void tri_chart_stacks(FILE *file, const char *label, const struct tri_stack *stacks, int count,
                      int parts, struct tri_words (*words)(double));

/* ---- lines and dots: chart_plot.c ---- */

enum tri_plot_look {
    TRI_LOOK_LINE,
    TRI_LOOK_DASHED,
    TRI_LOOK_DOTTED,
    TRI_LOOK_DOTS,
    TRI_LOOK_BOTH
};

struct tri_plot_series {
    enum tri_plot_look look;
    int colour;                       /* -1: gray */
    const double *x, *y, *low, *high; /* low, high: NULL if unknown */
    int count;
    const char *name; /* in titles of dots */
};

struct tri_plot {
    const char *label, *axis_x, *axis_y;
    struct tri_scale x, y; /* without places */
    struct tri_words (*words_x)(double), (*words_y)(double);
    const struct tri_plot_series *series;
    int count;
    bool both;       /* also on logarithmic scales, for page.js to switch to */
    double beyond_x; /* from here on nothing was measured; NAN: does not apply */
};

void tri_chart_plot(FILE *file, const struct tri_plot *plot);

/* ---- samples in the order of measurement: chart_samples.c ---- */

/* A strip of dots; `every` 1 draws each sample, 2 every second one, ... */
void tri_chart_samples(FILE *file, double y, const int64_t *samples, int count, int every,
                       double low, double high, int colour);

/* ---- lanes of spans: chart_lanes.c ---- */

enum tri_span_kind {
    TRI_SPAN_WORK,
    TRI_SPAN_CODEC,
    TRI_SPAN_TRANSFER,
    TRI_SPAN_WAIT,
    TRI_SPAN_KINDS
};

struct tri_span {
    const char *lane, *label;
    int64_t begin, end; /* ns */
    enum tri_span_kind kind;
};

/* Spans in lanes, in the order in which lanes first occur. */
void tri_chart_lanes(FILE *file, const char *label, const struct tri_span *spans, int count,
                     int colour);
int tri_chart_lane_count(const struct tri_span *spans, int count);

#endif
