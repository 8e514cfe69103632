/* timeline_print.c -- draws a timeline in text. */
#include "timeline_parts.h"

#include <stdlib.h>
#include <string.h>

/* A cell that is busy for less than BLANK is blank, for less than HALF a small letter. */
#define BLANK (1 / 3.0)
#define HALF (2 / 3.0)
#define NAME_MOST 16  /* columns for names of lanes */
#define SHARE 6       /* columns for " 100 %" */
#define LEAST 0.005   /* smaller shares are left out of the legend */
#define LANES_MOST 64 /* more are summed up in a line */
#define IDLE_MOST 3   /* idle lanes that are drawn */

struct drawing {
    FILE *file;
    const struct tri_timeline *timeline;
    int columns, name, cells; /* of the terminal, for names, for time */
    bool colours;
    struct tri_timeline_cell *row;
    bool *shown; /* kinds that are in the drawing */
};

/* ---- colours, which differ for the colour-blind too (after Okabe and Ito) ---- */

static int colour_of(const struct tri_timeline *timeline, int kind)
{
    static const char letters[] = "RDUCLEW<>";
    static const unsigned char colours[] = {175, 74, 228, 214, 229, 36, 67, 248, 244};
    static const unsigned char others[] = {173, 141, 150, 187, 138, 101};
    const char *at = strchr(letters, timeline->kinds[kind].letter);
    int number = 0;
    if (at != NULL)
        return colours[at - letters];
    for (int k = 0; k < kind; k++)
        number += strchr(letters, timeline->kinds[k].letter) == NULL &&
                  timeline->kinds[k].class != TRI_TIMELINE_WAIT;
    return others[number % (int)sizeof others];
}

/* Switches to the colours of a cell: of a full one the background, of others the letter. */
static void set_colour(const struct drawing *d, int kind, bool full)
{
    if (d->colours && full)
        fprintf(d->file, "\033[38;5;16;48;5;%dm", colour_of(d->timeline, kind));
    else if (d->colours)
        fprintf(d->file, "\033[0;38;5;%dm", colour_of(d->timeline, kind));
}

static void end_colour(const struct drawing *d)
{
    if (d->colours)
        fputs("\033[0m", d->file);
}

/* ---- lanes ---- */

static char letter_of(const struct tri_timeline *timeline, const struct tri_timeline_cell *cell)
{
    const char letter = cell->kind >= 0 ? timeline->kinds[cell->kind].letter : ' ';
    if (cell->busy < BLANK)
        return ' ';
    return cell->busy < HALF && letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a')
                                                               : letter;
}

static void put_cells(const struct drawing *d)
{
    int last = -1;
    for (int i = 0; i < d->cells; i++) {
        const struct tri_timeline_cell *cell = &d->row[i];
        const char letter = letter_of(d->timeline, cell);
        const int look = letter == ' ' ? -1 : 2 * cell->kind + (cell->busy >= HALF);
        if (look != last && last >= 0)
            end_colour(d);
        if (look != last && look >= 0)
            set_colour(d, cell->kind, look % 2 == 1);
        fputc(letter, d->file);
        if (look >= 0)
            d->shown[cell->kind] = true;
        last = look;
    }
    if (last >= 0)
        end_colour(d);
}

static double share_of(const struct drawing *d, int64_t time)
{
    return d->timeline->length > 0 ? 100 * (double)time / (double)d->timeline->length : 0;
}

static void put_lane(const struct drawing *d, int lane)
{
    char name[80];
    tri_timeline_lane_name(name, d->timeline, lane);
    fprintf(d->file, "%-*.*s ", d->name, d->name, name);
    if (tri_timeline_cells(d->timeline, lane, INT64_MAX, d->row, d->cells) == TRI_OK)
        put_cells(d);
    fprintf(d->file, " %3.0f %%\n", share_of(d, d->timeline->lanes[lane].busy));
}

/* Lanes that are not drawn. */
struct rest {
    int idle, busy;
    int64_t time;
};

static void put_rest(const struct drawing *d, const struct rest *rest)
{
    if (rest->busy > 0)
        fprintf(d->file, "and %d lane%s more, %.0f %% busy\n", rest->busy,
                rest->busy == 1 ? "" : "s", share_of(d, rest->time) / rest->busy);
    if (rest->idle > 0)
        fprintf(d->file, "and %d thread%s that had no work\n", rest->idle,
                rest->idle == 1 ? "" : "s");
}

static void put_lanes(const struct drawing *d)
{
    const struct tri_timeline *timeline = d->timeline;
    struct rest rest = {0};
    int idle = 0, drawn = 0;
    for (int i = 0; i < timeline->lane_count; i++)
        idle += timeline->lanes[i].busy == 0;
    for (int i = 0; i < timeline->lane_count; i++) {
        const int64_t busy = timeline->lanes[i].busy;
        if (busy == 0 && idle > IDLE_MOST) {
            rest.idle++;
        } else if (drawn == LANES_MOST) {
            rest.busy++;
            rest.time += busy;
        } else {
            put_lane(d, i);
            drawn++;
        }
    }
    put_rest(d, &rest);
}

/* ---- the scale ---- */

/* Marks are where their time begins: "|0 ms     |50       |100". */
static void put_scale(const struct drawing *d)
{
    const struct tri_timeline *timeline = d->timeline;
    const struct timeline_scale scale = tri_timeline_scale(timeline->length, d->cells / 9);
    char line[1024];
    int end = 0;
    memset(line, ' ', sizeof line);
    for (int64_t time = 0; time <= timeline->length; time += scale.step) {
        char mark[33] = "|";
        const int at = (int)((double)time / (double)timeline->length * d->cells);
        tri_timeline_mark(mark + 1, &scale, time, time == 0);
        const int length = (int)strlen(mark);
        if (at + length > d->cells + SHARE || at >= d->cells)
            break;
        memcpy(line + at, mark, (size_t)length);
        end = at + length;
    }
    if (end <= d->cells)
        memcpy(line + d->cells + 2, "busy", 4);
    fprintf(d->file, "%*s %.*s\n", d->name, "", end <= d->cells ? d->cells + SHARE : end, line);
}

/* ---- the legend ---- */

/* Texts beside each other, as many as fit into a line. */
struct legend {
    const struct drawing *drawing;
    int column;
};

static void begin_entry(struct legend *legend, int length)
{
    FILE *file = legend->drawing->file;
    if (legend->column > 0 && legend->column + 3 + length > legend->drawing->columns) {
        fputc('\n', file);
        legend->column = 0;
    }
    if (legend->column > 0)
        fputs("   ", file);
    legend->column += length + (legend->column > 0 ? 3 : 0);
}

static void end_legend(struct legend *legend)
{
    if (legend->column > 0)
        fputc('\n', legend->drawing->file);
    legend->column = 0;
}

static void put_entry(struct legend *legend, const char *text)
{
    const int most = legend->drawing->columns, length = (int)strlen(text);
    begin_entry(legend, length < most ? length : most);
    fprintf(legend->drawing->file, "%.*s", most, text);
}

/* "C compute 61 %" of all that is busy. */
static void put_kinds(struct legend *legend)
{
    const struct drawing *d = legend->drawing;
    const double sum = (double)tri_timeline_busy(d->timeline);
    int kinds[TRI_TIMELINE_KINDS];
    const int count = tri_timeline_sort_kinds(d->timeline, false, kinds);
    for (int i = 0; i < count; i++) {
        const struct tri_timeline_kind *kind = &d->timeline->kinds[kinds[i]];
        char text[100];
        if (!d->shown[kinds[i]] && (double)kind->busy < LEAST * sum)
            continue;
        const int length = snprintf(text, sizeof text, " %s %.0f %%", kind->name,
                                    100 * (double)kind->busy / (sum > 0 ? sum : 1));
        begin_entry(legend, length + 1);
        set_colour(d, kinds[i], true);
        fputc(kind->letter, d->file);
        end_colour(d);
        fputs(text, d->file);
    }
    end_legend(legend);
}

/* Adds "work 21 %". */
static void put_wait(struct legend *legend, const char *name, double share)
{
    char text[100];
    if (share < LEAST)
        return;
    if (legend->column == 0) {
        begin_entry(legend, (int)strlen("blank: waiting for"));
        fputs("blank: waiting for", legend->drawing->file);
    }
    snprintf(text, sizeof text, "%s %.0f %%", name, 100 * share);
    put_entry(legend, text);
}

static void put_waits(struct legend *legend)
{
    struct timeline_wait waits[TRI_TIMELINE_KINDS + 1];
    const int count = tri_timeline_sum_waits(legend->drawing->timeline, waits);
    for (int i = 0; i < count; i++)
        put_wait(legend, waits[i].name, waits[i].share);
    end_legend(legend);
}

static void put_devices(struct legend *legend)
{
    const char *devices[64];
    const int count = tri_timeline_devices(legend->drawing->timeline, devices, 64);
    char text[160];
    for (int i = 0; i < count; i++) {
        if (count == 1)
            snprintf(text, sizeof text, "device: %s", devices[i]);
        else
            snprintf(text, sizeof text, "%d: %s", i + 1, devices[i]);
        put_entry(legend, text);
    }
    end_legend(legend);
}

static void put_remarks(struct legend *legend)
{
    const struct tri_timeline *timeline = legend->drawing->timeline;
    char time[32], text[160];
    if (timeline->other_cpu > timeline->length / 20) {
        tri_timeline_time(time, timeline->other_cpu);
        snprintf(text, sizeof text, "threads that report nothing: %s of CPU time", time);
        put_entry(legend, text);
    }
    if (timeline->dropped > 0) {
        snprintf(text, sizeof text, "%lld events are missing", (long long)timeline->dropped);
        put_entry(legend, text);
    }
    end_legend(legend);
}

/* ---- all of it ---- */

static int name_width(const struct tri_timeline *timeline)
{
    int width = 4;
    for (int i = 0; i < timeline->lane_count; i++) {
        char name[80];
        tri_timeline_lane_name(name, timeline, i);
        const int length = (int)strlen(name);
        width = length > width ? length : width;
    }
    return width < NAME_MOST ? width : NAME_MOST;
}

static void print(FILE *file, const struct tri_timeline *timeline, int columns, bool colours,
                  bool explained)
{
    bool shown[TRI_TIMELINE_KINDS] = {false};
    struct drawing d = {.file = file,
                        .timeline = timeline,
                        .columns = columns,
                        .name = name_width(timeline),
                        .colours = colours,
                        .shown = shown};
    struct legend legend = {&d, 0};
    d.cells = columns - d.name - 1 - SHARE;
    d.cells = d.cells < 10 ? 10 : d.cells > 1000 ? 1000 : d.cells;
    d.row = calloc((size_t)d.cells, sizeof *d.row);
    if (d.row == NULL)
        return;
    put_lanes(&d);
    put_scale(&d);
    if (explained) {
        put_kinds(&legend);
        put_waits(&legend);
        put_devices(&legend);
        put_remarks(&legend);
    }
    free(d.row);
}

void tri_timeline_print(FILE *file, const struct tri_timeline *timeline, int columns, bool colours)
{
    print(file, timeline, columns, colours, true);
}

void tri_timeline_print_lanes(FILE *file, const struct tri_timeline *timeline, int columns,
                              bool colours)
{
    print(file, timeline, columns, colours, false);
}
