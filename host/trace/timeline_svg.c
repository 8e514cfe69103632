/* timeline_svg.c -- draws a timeline as a picture. Titles, which viewers show when the mouse rests
 * on a block, have the figures. Colours differ for the colour-blind too (after Okabe and Ito), and
 * blocks that are large enough have their kind's letter and the frame's number in them. */
#include "timeline_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Units are pixels at normal size. */
enum {
    WIDTH = 1200,
    LEFT = 110, /* names of lanes */
    RIGHT = 52, /* their shares */
    TOP = 50,   /* the title */
    LANE = 30,  /* from lane to lane */
    BAR = 22,   /* height of blocks */
    LETTER = 7, /* width at most, of text of 12 units */
    SMALL = 2,  /* narrower blocks are summed up in cells of this width */
    LEGEND_ROW = 22,
    NOTE_ROW = 18,
    COLOURS = 13, /* classes c0 to c12 of the style */
    OTHERS = 9,   /* the first of those for kinds of no fixed colour */
    PALE = 6      /* with light text in it */
};

struct picture {
    FILE *file;
    const struct tri_timeline *timeline;
    double scale; /* units of a ns */
    struct timeline_scale marks;
    struct tri_timeline_cell *row;
};
enum { CELLS = (WIDTH - LEFT - RIGHT) / SMALL };

/* ---- text ---- */

/* Names of devices and stages may have any characters. */
static void put_text(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char letter = (unsigned char)*text;
        if (letter == '<')
            fputs("&lt;", file);
        else if (letter == '>')
            fputs("&gt;", file);
        else if (letter == '&')
            fputs("&amp;", file);
        else if (letter == '"')
            fputs("&quot;", file);
        else
            fputc(letter >= ' ' ? letter : '?', file);
    }
}

static void put_line_of(FILE *file, double x, double y, const char *class, const char *text)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\"%s%s%s>", x, y, class[0] ? " class=\"" : "", class,
            class[0] ? "\"" : "");
    put_text(file, text);
    fputs("</text>\n", file);
}

/* ---- colours ---- */

static int colour_of(const struct tri_timeline *timeline, int kind)
{
    static const char known[] = "RDUCLEW<>";
    const char *at = strchr(known, timeline->kinds[kind].letter);
    int others = 0;
    if (at != NULL)
        return (int)(at - known);
    for (int k = 0; k < kind; k++)
        others += strchr(known, timeline->kinds[k].letter) == NULL &&
                  timeline->kinds[k].class != TRI_TIMELINE_WAIT;
    return OTHERS + others % (COLOURS - OTHERS);
}

/* Text in blocks does not depend on the scheme. */
static void put_style(FILE *file)
{
    fputs("<style>\n"
          "svg{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
          "--ink:#1b1f24;--dim:#57606a;--page:#ffffff;--lane:#f1f3f5;--line:#d0d7de}\n"
          "@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--dim:#9da7b3;--page:#0d1117;"
          "--lane:#1a212a;--line:#333c47}}\n"
          "text{fill:var(--ink)}.d{fill:var(--dim)}.r{text-anchor:end}.m{text-anchor:middle}"
          ".h{font-size:15px;font-weight:600}.i{fill:#111;pointer-events:none}"
          ".w{fill:#fff;pointer-events:none}\n"
          ".page{fill:var(--page)}.lane{fill:var(--lane)}.line{stroke:var(--line)}"
          ".wait{fill:var(--dim);opacity:.35}\n"
          ".c0{fill:#cc79a7}.c1{fill:#56b4e9}.c2{fill:#f0e442}.c3{fill:#e69f00}.c4{fill:#d9cf8b}"
          ".c5{fill:#2aa882}.c6{fill:#2f7fc1}.c7{fill:#a7adb5}.c8{fill:#858c95}"
          ".c9{fill:#b98ae0}.c10{fill:#dd6b3d}.c11{fill:#8fb339}.c12{fill:#c9a27a}\n"
          ".b:hover{stroke:var(--ink);stroke-width:1.5}\n"
          "</style>\n",
          file);
}

/* ---- blocks ---- */

static double place(const struct picture *p, int64_t time)
{
    return LEFT + (double)time * p->scale;
}

/* What viewers show: "decode: inflate, frame 3, rows 0 to 63: 12.3 ms from 45.6 ms on". */
static void put_title(const struct picture *p, const struct tri_timeline_block *block)
{
    const struct tri_timeline_kind *kind = &p->timeline->kinds[block->kind];
    char length[32], begin[32];
    tri_timeline_time(length, block->end - block->begin);
    tri_timeline_time(begin, block->begin);
    fputs("<title>", p->file);
    if (kind->class == TRI_TIMELINE_WAIT)
        fputs("waits for ", p->file);
    put_text(p->file, kind->name);
    if (block->label != NULL && strcmp(block->label, kind->name) != 0) {
        fputs(": ", p->file);
        put_text(p->file, block->label);
    }
    if (block->frame >= 0 && p->timeline->frames)
        fprintf(p->file, ", frame %ld", block->frame);
    if (block->rows > 0)
        fprintf(p->file, ", rows %d to %d", block->first, block->first + block->rows - 1);
    if (block->core >= 0)
        fprintf(p->file, ", core %d", block->core);
    fprintf(p->file, "; %s, from %s on</title>", length, begin);
}

/* The most of "C compute 12", "C 12" and "C" that fits. */
static void put_inside(const struct picture *p, int kind, long frame, double x, double width, int y)
{
    const struct tri_timeline_kind *of = &p->timeline->kinds[kind];
    char texts[3][120];
    const bool numbered = frame >= 0 && p->timeline->frames;
    snprintf(texts[0], sizeof texts[0], numbered ? "%s %ld" : "%s", of->name, frame);
    snprintf(texts[1], sizeof texts[1], numbered ? "%c %ld" : "%c", of->letter, frame);
    snprintf(texts[2], sizeof texts[2], "%c", of->letter);
    for (int i = 0; i < 3; i++) {
        if ((double)strlen(texts[i]) * LETTER + 3 > width)
            continue;
        put_line_of(p->file, x + width / 2, y + BAR - 6.5,
                    colour_of(p->timeline, kind) == PALE ? "w m" : "i m", texts[i]);
        return;
    }
}

static void put_block(const struct picture *p, const struct tri_timeline_block *block, int y)
{
    const double x = place(p, block->begin), width = place(p, block->end) - x;
    const bool waits = tri_timeline_waits(p->timeline, block);
    fprintf(p->file, "<rect class=\"");
    if (waits)
        fputs("wait", p->file);
    else
        fprintf(p->file, "b c%d", colour_of(p->timeline, block->kind));
    fprintf(p->file, "\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\">", x,
            waits ? y + BAR - 3 : y, width > 0.6 ? width - 0.3 : 0.6, waits ? 3 : BAR);
    put_title(p, block);
    fputs("</rect>\n", p->file);
    if (!waits)
        put_inside(p, block->kind, block->frame, x, width, y);
}

static bool is_small(const struct picture *p, const struct tri_timeline_block *block)
{
    return block->end - block->begin < (int64_t)ceil(SMALL / p->scale);
}

/* ---- small blocks: cells of what took most, less opaque where the lane also waited ---- */

static int level_of(const struct tri_timeline_cell *cell)
{
    return cell->kind < 0 ? 0 : (int)fmin(ceil(cell->busy * 4), 4);
}

static void put_cells(const struct picture *p, int from, int to, int y)
{
    const struct tri_timeline_cell *cell = &p->row[from];
    const double width = (double)(WIDTH - LEFT - RIGHT) / CELLS;
    char time[32];
    tri_timeline_time(time, (int64_t)(width * from / p->scale));
    fprintf(p->file,
            "<rect class=\"b c%d\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" "
            "opacity=\"%.2f\"><title>mostly ",
            colour_of(p->timeline, cell->kind), LEFT + from * width, y, (to - from) * width, BAR,
            level_of(cell) / 4.0);
    put_text(p->file, p->timeline->kinds[cell->kind].name);
    fprintf(p->file, ", %.0f %% busy, from %s on</title></rect>\n", 100 * cell->busy, time);
    if (level_of(cell) > 2)
        put_inside(p, cell->kind, -1, LEFT + from * width, (to - from) * width, y);
}

/* Neighbours that look the same are drawn as one. */
static void put_small(const struct picture *p, int lane, int y)
{
    int from = 0;
    const int64_t longest = (int64_t)ceil(SMALL / p->scale);
    if (tri_timeline_cells(p->timeline, lane, longest, p->row, CELLS) != TRI_OK)
        return;
    for (int i = 1; i <= CELLS; i++) {
        const struct tri_timeline_cell *cell = &p->row[from];
        if (i < CELLS && p->row[i].kind == cell->kind && level_of(&p->row[i]) == level_of(cell))
            continue;
        if (level_of(cell) > 0)
            put_cells(p, from, i, y);
        from = i;
    }
}

/* ---- lanes ---- */

static void put_lane(const struct picture *p, int lane, int y)
{
    const struct tri_timeline_lane *of = &p->timeline->lanes[lane];
    char text[100];
    tri_timeline_lane_name(text, p->timeline, lane);
    put_line_of(p->file, LEFT - 8, y + BAR - 6.5, "r", text);
    fprintf(p->file, "<rect class=\"lane\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT,
            y, WIDTH - LEFT - RIGHT, BAR);
    put_small(p, lane, y);
    for (int i = of->first; i < of->first + of->count; i++)
        if (!is_small(p, &p->timeline->blocks[i]))
            put_block(p, &p->timeline->blocks[i], y);
    snprintf(text, sizeof text, "%.0f %%",
             100 * (double)of->busy / (double)(p->timeline->length + 1));
    put_line_of(p->file, WIDTH - 8, y + BAR - 6.5, "d r", text);
}

static void put_scale(const struct picture *p, int bottom)
{
    for (int64_t time = 0; time <= p->timeline->length; time += p->marks.step) {
        char text[32];
        tri_timeline_mark(text, &p->marks, time, true);
        fprintf(p->file, "<line class=\"line\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
                place(p, time), TOP - 4, place(p, time), bottom);
        if (place(p, time) < WIDTH - RIGHT - 20)
            put_line_of(p->file, place(p, time), bottom + 14, "d m", text);
    }
    put_line_of(p->file, WIDTH - 8, bottom + 14, "d r", "busy");
}

/* ---- the legend ---- */

struct entry {
    char text[120];
    double x;
    int kind, row;
};

/* Fills in as many as there are kinds; returns the number of rows. */
static int lay_out(const struct tri_timeline *timeline, struct entry *entries, int *count)
{
    int kinds[TRI_TIMELINE_KINDS], row = 0;
    const double sum = (double)tri_timeline_busy(timeline) + 1;
    double x = LEFT;
    *count = tri_timeline_sort_kinds(timeline, false, kinds);
    for (int i = 0; i < *count; i++) {
        const struct tri_timeline_kind *of = &timeline->kinds[kinds[i]];
        struct entry *entry = &entries[i];
        snprintf(entry->text, sizeof entry->text, "%s %.1f %%", of->name,
                 100 * (double)of->busy / sum);
        const double width = 22 + (double)strlen(entry->text) * LETTER + 12;
        row += x + width > WIDTH;
        x = x + width > WIDTH ? LEFT : x;
        entry->x = x;
        entry->kind = kinds[i];
        entry->row = row;
        x += width;
    }
    return row + 1;
}

static int legend_rows(const struct tri_timeline *timeline)
{
    struct entry entries[TRI_TIMELINE_KINDS];
    int count;
    return lay_out(timeline, entries, &count);
}

static void put_entry(const struct picture *p, const struct entry *entry, double y)
{
    const int colour = colour_of(p->timeline, entry->kind);
    const char letter[2] = {p->timeline->kinds[entry->kind].letter, '\0'};
    fprintf(p->file, "<rect class=\"c%d\" x=\"%.1f\" y=\"%.1f\" width=\"16\" height=\"16\"/>\n",
            colour, entry->x, y);
    put_line_of(p->file, entry->x + 8, y + 12.5, colour == PALE ? "w m" : "i m", letter);
    put_line_of(p->file, entry->x + 22, y + 12.5, "", entry->text);
}

/* "Waiting for work 28 %, its turn 3 %." */
static void put_waits(const struct picture *p, int y)
{
    struct timeline_wait waits[TRI_TIMELINE_KINDS + 1];
    const int count = tri_timeline_sum_waits(p->timeline, waits);
    char text[600] = "Threads wait for";
    bool any = false;
    for (int i = 0; i < count; i++) {
        const size_t used = strlen(text);
        if (waits[i].share < 0.001)
            continue;
        snprintf(text + used, sizeof text - used, "%s %s %.1f %%", any ? "," : "", waits[i].name,
                 100 * waits[i].share);
        any = true;
    }
    put_line_of(p->file, LEFT, y, "", any ? text : "Threads do not wait");
}

static void put_legend(const struct picture *p, int y)
{
    struct entry entries[TRI_TIMELINE_KINDS];
    int count;
    const int rows = lay_out(p->timeline, entries, &count);
    const char *devices[64];
    const int device_count = tri_timeline_devices(p->timeline, devices, 64);
    char text[200];
    for (int i = 0; i < count; i++)
        put_entry(p, &entries[i], y + entries[i].row * LEGEND_ROW);
    y += rows * LEGEND_ROW + 12;
    put_waits(p, y);
    put_line_of(p->file, LEFT, y + NOTE_ROW, "d",
                "Shares of all that is busy. A thin gray line is a wait; paler blocks stand for "
                "many short ones with waits in between.");
    for (int i = 0; i < device_count; i++) {
        snprintf(text, sizeof text, device_count > 1 ? "%s: queues %d" : "Queues are of %s",
                 devices[i], i + 1);
        put_line_of(p->file, LEFT, y + (i + 2) * NOTE_ROW, "d", text);
    }
}

/* ---- all of it ---- */

/* The program's arguments, as many as fit. */
static void command_line(char *text, size_t size)
{
    FILE *file = fopen("/proc/self/cmdline", "rb");
    const size_t length = file != NULL ? fread(text, 1, size - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    for (size_t i = 0; i + 1 < length; i++)
        text[i] = text[i] == '\0' ? ' ' : text[i];
    text[length] = '\0';
    if (length == size - 1)
        memcpy(text + length - 3, "...", 3);
    const char *space = strchr(text, ' ');
    const char *slash = memrchr(text, '/', space != NULL ? (size_t)(space - text) : length);
    if (slash != NULL)
        memmove(text, slash + 1, strlen(slash));
}

static void put_heading(const struct picture *p)
{
    char command[130], text[200], length[32], cpu[32];
    tri_timeline_time(length, p->timeline->length);
    tri_timeline_time(cpu, p->timeline->other_cpu);
    command_line(command, sizeof command);
    put_line_of(p->file, LEFT, 18, "h", command);
    if (p->timeline->other_cpu > p->timeline->length / 20)
        snprintf(text, sizeof text,
                 "%s. Threads of libraries, which are not shown, used %s of CPU time.", length,
                 cpu);
    else
        snprintf(text, sizeof text, "%s", length);
    put_line_of(p->file, LEFT, 36, "d", text);
}

void tri_timeline_svg(FILE *file, const struct tri_timeline *timeline)
{
    struct picture p = {file, timeline, 0, tri_timeline_scale(timeline->length, 12), NULL};
    const char *devices[64];
    const int bottom = TOP + timeline->lane_count * LANE, legend = bottom + 32;
    const int height = legend + legend_rows(timeline) * LEGEND_ROW + 12 +
                       NOTE_ROW * (2 + tri_timeline_devices(timeline, devices, 64));
    p.scale = (double)(WIDTH - LEFT - RIGHT) / (double)(timeline->length + 1);
    p.row = calloc(CELLS, sizeof *p.row);
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" role=\"img\" aria-labelledby=\"title\">\n"
            "<title id=\"title\">timeline of a run of triptych</title>\n",
            WIDTH, height, WIDTH, height);
    put_style(file);
    fprintf(file, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", WIDTH, height);
    put_heading(&p);
    put_scale(&p, bottom);
    for (int i = 0; i < timeline->lane_count && p.row != NULL; i++)
        put_lane(&p, i, TOP + i * LANE);
    put_legend(&p, legend);
    fputs("</svg>\n", file);
    free(p.row);
}
