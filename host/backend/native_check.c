/* native_check.c -- runs the passes of kernel files with checks (kernels/dialect/own_check.h), and
 * looks for outputs that a pass does not write: it is run twice, over different leftovers. */
#include "native_check.h"

#include "../pipeline/own.h"

#include <stdlib.h>
#include <string.h>

/* The walk's `node` is in scope where it runs a pass. */
#define WALK_ARGUMENT , const struct tri_check_strip *strip
#define WALK_PASS_ON , strip
#define RUN_PASS(number, row) run_checked(strip, node, row)
static void run_checked(const struct tri_check_strip *strip, const struct walk_node *node,
                        const struct tri_row *row);
#define WALK_PREFETCH(row, bytes) (void)(row)
#define WALK_ANNOUNCE(channel, from, to) (void)strip, (void)(from), (void)(to)
#include "../../kernels/dialect/walk.h"

/* Of the pass that runs, for `report`. */
static _Thread_local struct {
    struct tri_findings *findings;
    const struct tri_pass *pass;
    int y;
} now;

static void report(enum tri_own_rule rule, const char *file, unsigned line, long found, long low,
                   long high)
{
    struct tri_findings *findings = now.findings;
    if (file[0] != '\0' && strcmp(file, now.pass->file) != 0)
        line = 0;
    for (int i = 0; i < findings->count; i++) {
        if (findings->list[i].rule == rule && findings->list[i].line == line &&
            findings->list[i].pass == now.pass->name)
            return;
    }
    if (findings->count < TRI_FINDINGS_MAX)
        findings->list[findings->count++] = (struct tri_finding){
            rule, line, now.pass->name, now.pass->file, now.y, found, low, high, NULL};
}

static struct tri_own_window window_of(const struct tri_check_strip *strip,
                                       const struct walk_node *node)
{
    struct tri_own_window window = {.low = node->low,
                                    .high = node->high,
                                    .sparse = node->sparse,
                                    .reach = strip->stage->facts[node - strip->stage->nodes].reach,
                                    .whole = node->whole,
                                    .inputs = node->inputs};
    for (int i = 0; i < node->inputs; i++) {
        window.width[i] = strip->plan->channels[node->in[i]].width;
        window.height[i] = strip->plan->channels[node->in[i]].height;
    }
    return window;
}

static void fill(const struct walk_node *node, const struct tri_row *row, size_t bytes, int value)
{
    for (int i = 0; i < node->outputs; i++)
        memset(row->out[i], value, bytes);
}

/* Slides may add in place, scans and histograms are the dialect's own. */
static bool writes_each(const struct walk_node *node, const struct tri_row *row)
{
    return row->rows == 1 && node->kind != WALK_SLIDE && node->kind != WALK_SCAN &&
           node->kind != WALK_HISTOGRAM;
}

static void run_twice(const struct tri_check_strip *strip, const struct walk_node *node,
                      const struct tri_row *row)
{
    const struct tri_pass *pass = strip->stage->passes[node->pass];
    const size_t size = (size_t)pass->rows[strip->plan->in.bits == 16][TRI_LEVEL_scalar]->out_size,
                 bytes = size * (size_t)row->width;
    unsigned char *first = malloc(bytes * (size_t)node->outputs + 1);
    fill(node, row, bytes, 0x5A);
    strip->runs[node->pass](row);
    for (int i = 0; i < node->outputs && first != NULL; i++)
        memcpy(first + bytes * (size_t)i, row->out[i], bytes);
    fill(node, row, bytes, 0xA5);
    strip->runs[node->pass](row);
    for (int i = 0; i < node->outputs && first != NULL; i++) {
        if (memcmp(first + bytes * (size_t)i, row->out[i], bytes) != 0)
            report(OWN_UNWRITTEN, "", 0, i, 0, 0);
    }
    free(first);
}

static void run_checked(const struct tri_check_strip *strip, const struct walk_node *node,
                        const struct tri_row *row)
{
    const struct tri_pass *pass = strip->stage->passes[node->pass];
    struct tri_own_object *object;
    if (pass->own == NULL ||
        tri_own_check(pass->own, strip->plan->in.bits, &object, NULL) != TRI_OK) {
        strip->runs[node->pass](row);
        return;
    }
    now.findings = strip->findings;
    now.pass = pass;
    now.y = row->y;
    object->window = window_of(strip, node);
    object->report = report;
    if (writes_each(node, row))
        run_twice(strip, node, row);
    else
        strip->runs[node->pass](row);
}

void tri_check_strip(const struct tri_check_strip *strip, uchar **base, const uchar **table, int y0,
                     int y1)
{
    walk_strip(strip->stage->nodes, strip->stage->node_count, strip->plan->channels, base, table,
               strip->stage->lead, y0, y1, strip);
}

enum tri_status tri_check_run(const struct tri_pass *pass, int bits,
                              void (**run)(const struct tri_row *), struct tri_error *error)
{
    struct tri_own_object *object;
    const enum tri_status status = tri_own_check(pass->own, bits, &object, error);
    *run = NULL;
    for (const struct tri_own_rows *const *rows = status == TRI_OK ? object->rows : NULL;
         rows != NULL && rows < object->rows_end; rows++) {
        if (strcmp((*rows)->name, pass->name) == 0)
            *run = (*rows)->rows.run;
    }
    return status;
}

/* ---- words ---- */

bool tri_finding_astray(const struct tri_finding *finding)
{
    return finding->rule <= OWN_INPUT || finding->rule == OWN_ARRAY;
}

static void tell(const struct tri_finding *f, char *text, size_t size)
{
    switch (f->rule) {
    case OWN_ROW:
        snprintf(text, size,
                 "reads the row at dy %ld, but its node declares %ld to %ld: .low and .high, or "
                 ".sparse",
                 f->found, f->low, f->high);
        break;
    case OWN_REACH:
        snprintf(text, size, "reads at dx %ld, but its node declares .reach = %ld", f->found,
                 f->high);
        break;
    case OWN_COLUMN:
    case OWN_PLANE_COLUMN:
        snprintf(text, size, "reads column %ld; there are %ld to %ld", f->found, f->low, f->high);
        break;
    case OWN_PLANE_ROW:
        snprintf(text, size, "reads row %ld of the plane; there are %ld to %ld", f->found, f->low,
                 f->high);
        break;
    case OWN_NOT_WHOLE:
        snprintf(text, size, "reads the whole plane, but its node does not set .whole");
        break;
    case OWN_IS_WHOLE:
        snprintf(text, size,
                 "reads rows of a window, but its node sets .whole: use SAMPLE or "
                 "SOURCE");
        break;
    case OWN_INPUT:
        snprintf(text, size, "reads input %ld, but its node has %ld", f->found, f->high + 1);
        break;
    case OWN_OVERFLOW:
        snprintf(text, size, "a signed integer overflows (rule 1)");
        break;
    case OWN_SHIFT:
        snprintf(text, size,
                 "a shift goes too far, or shifts a bit out of a signed integer "
                 "(rule 1)");
        break;
    case OWN_DIVISION:
        snprintf(text, size, "divides by zero, or the quotient overflows (rule 1)");
        break;
    case OWN_FLOAT:
        snprintf(text, size, "a float is outside the integer type that it becomes (rule 7)");
        break;
    case OWN_ARRAY:
        snprintf(text, size, "an index is outside its array");
        break;
    case OWN_UNWRITTEN:
        snprintf(text, size, "output %ld is not written, or not at each sample", f->found);
        break;
    case OWN_WORD:
        snprintf(text, size, "a body may not use '%s' (rules 3 and 5)", f->word);
        break;
    }
}

void tri_finding_text(const struct tri_finding *finding, char text[TRI_FINDING_TEXT])
{
    char what[150], line[24] = "";
    tell(finding, what, sizeof what);
    if (finding->line > 0)
        snprintf(line, sizeof line, ":%u", finding->line);
    if (finding->pass != NULL)
        snprintf(text, TRI_FINDING_TEXT, "%.80s%s: %s (pass %.40s, row %d)", finding->file, line,
                 what, finding->pass, finding->y);
    else
        snprintf(text, TRI_FINDING_TEXT, "%.80s%s: %s", finding->file, line, what);
}
