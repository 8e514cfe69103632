/* cut.c -- which plans give the same bytes on strips as on the whole picture.
 *
 * All requirements can be checked in the plan, so a new kernel is cut only if that is right: one
 * stage, whose nodes make a row from a window of rows and from constants; bodies that use no word
 * that depends on a row's position; and, for each height that is cut to, the same passes and
 * constants as for the whole. Beyond a cut the edge row stands in for rows that exist in the
 * picture, so results are wrong as far as windows reach, and are discarded there. */
#include "cut.h"
#include "registry.h"

#include "../image/image.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- words in bodies ---- */

/* Words of the dialect that depend on the row's number, the input's height or whole planes, and the
 * names that define them. tests/test_cut.c looks for others in the dialect. */
const char *const tri_row_words[] = {"Y",
                                     "IN_HEIGHT",
                                     "SOURCE",
                                     "SAMPLE",
                                     "SAMPLE_INPUT",
                                     "PLACE",
                                     "PLACE_INPUT",
                                     "_r",
                                     "get_global_id",
                                     "TRANSPOSE",
                                     "TRANSPOSE_",
                                     "TRANSPOSE_AS",
                                     "TRANSPOSE_SAMPLES",
                                     "PICK",
                                     "PICK_",
                                     "PICK_AS",
                                     "PICK_PLACES",
                                     "PICK_ROWS",
                                     NULL};

static bool is_row_word(const char *word, size_t length)
{
    for (int i = 0; tri_row_words[i] != NULL; i++) {
        if (strlen(tri_row_words[i]) == length && strncmp(tri_row_words[i], word, length) == 0)
            return true;
    }
    return false;
}

static const char *skip_comment(const char *at)
{
    const char *end = at[1] == '*' ? strstr(at + 2, "*/") : strchr(at, '\n');
    return end == NULL ? at + strlen(at) : at[1] == '*' ? end + 2 : end;
}

static const char *skip_string(const char *at)
{
    const char quote = *at++;
    while (*at != '\0' && *at != quote)
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    return *at == '\0' ? at : at + 1;
}

/* Skips past the line that ends "#ifdef HOST" or starts its other branch. */
static const char *skip_host(const char *at)
{
    for (int depth = 0; *at != '\0';) {
        const char *word = at + strspn(at, " \t");
        const char *next = strchr(at, '\n');
        at = next == NULL ? at + strlen(at) : next + 1;
        if (*word != '#')
            continue;
        word += 1 + strspn(word + 1, " \t");
        depth += strncmp(word, "if", 2) == 0;
        depth -= strncmp(word, "endif", 5) == 0;
        if (depth == 0 || (depth == 1 && strncmp(word, "el", 2) == 0))
            return at;
    }
    return at;
}

static bool begins_host(const char *line)
{
    static const char begin[] = "#ifdef HOST";
    return strncmp(line, begin, sizeof begin - 1) == 0 &&
           strchr(" \t\n", line[sizeof begin - 1]) != NULL;
}

bool tri_source_each_word(const char *text,
                          bool (*visit)(const char *word, size_t length, void *context),
                          void *context)
{
    for (const char *at = text; *at != '\0';) {
        const bool begins_line = at == text || at[-1] == '\n';
        if (at[0] == '/' && (at[1] == '*' || at[1] == '/')) {
            at = skip_comment(at);
        } else if (*at == '"' || *at == '\'') {
            at = skip_string(at);
        } else if (begins_line && begins_host(at)) {
            at = skip_host(at);
        } else if (isalpha((unsigned char)*at) || *at == '_') {
            size_t length = 1;
            while (isalnum((unsigned char)at[length]) || at[length] == '_')
                length++;
            if (visit(at, length, context))
                return true;
            at += length;
        } else {
            at++;
        }
    }
    return false;
}

static bool visit_row_word(const char *word, size_t length, void *context)
{
    (void)context;
    return is_row_word(word, length);
}

bool tri_source_tells_row(const char *text)
{
    return tri_source_each_word(text, visit_row_word, NULL);
}

/* ---- plans ---- */

/* Returns whether a kind makes a row from the rows of a window; false for kinds unknown here. */
static bool makes_rows(int kind)
{
    return kind == PASS_LANES || kind == PASS_CHOOSE || kind == PASS_GATHER || kind == PASS_MAP ||
           kind == PASS_SLIDE || kind == PASS_SCAN;
}

static bool refuse(char why[200], const char *format, const char *kernel)
{
    snprintf(why, 200, format, kernel);
    return false;
}

static bool node_cuts(const struct tri_plan *plan, const struct tri_stage *stage,
                      const struct walk_node *node, char why[200])
{
    const struct tri_pass *pass = stage->passes[node->pass];
    const char *text = tri_source_find(pass->file);
    if (node->kind == PASS_HISTOGRAM)
        return refuse(why, "%s counts the samples of the whole picture", pass->name);
    if (node->whole || !makes_rows(node->kind))
        return refuse(why, "%s reads whole planes", pass->file);
    if (text == NULL || tri_source_tells_row(text))
        return refuse(why, "%s depends on the position of a row", pass->file);
    for (int o = 0; o < node->outputs; o++) {
        if (plan->channels[node->out[o]].height != plan->in.height)
            return refuse(why, "%s changes the height of the picture", pass->file);
    }
    return true;
}

static void find_reach(const struct tri_plan *plan, const struct walk_node *node,
                       struct tri_cut *cut)
{
    int low = node->low, high = node->high;
    for (int i = 0; i < node->sparse; i++) {
        low = i == 0 || node->rows[i] < low ? node->rows[i] : low;
        high = i == 0 || node->rows[i] > high ? node->rows[i] : high;
    }
    for (int k = 0; k < node->inputs; k++) {
        if (plan->channels[node->in[k]].base != BASE_IN)
            continue;
        cut->above = node->back - low > cut->above ? node->back - low : cut->above;
        cut->below = node->ahead + high > cut->below ? node->ahead + high : cut->below;
    }
}

bool tri_plan_cut(const struct tri_plan *plan, struct tri_cut *cut, char why[200])
{
    *cut = (struct tri_cut){0};
    if (plan->with_count > 0)
        return refuse(why, "%s", "it has a second picture, which is not cut");
    if (plan->history_count > 0 || plan->frame_count > 0 || plan->delay > 0)
        return refuse(why, "%s", "frames depend on earlier frames");
    for (int s = 0; s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        for (int i = 0; i < stage->node_count; i++) {
            if (!node_cuts(plan, stage, &stage->nodes[i], why))
                return false;
        }
    }
    if (tri_shape_packed(&plan->in) || tri_shape_packed(&plan->out))
        return refuse(
            why, "%s",
            "the picture is too narrow: its rows have no padding, but those of its strips would");
    if (plan->stage_count != 1 || plan->histogram_count > 0 || plan->finish_count > 0 ||
        plan->told.channel != 0 || plan->out.height != plan->in.height)
        return refuse(why, "%s", "its stages pass whole planes to each other");
    for (int i = 0; i < plan->stages[0].node_count; i++)
        find_reach(plan, &plan->stages[0].nodes[i], cut);
    return true;
}

static bool same_channel(const struct tri_plan *whole, const struct tri_plan *strip, int number)
{
    const struct walk_channel *a = &whole->channels[number], *b = &strip->channels[number];
    return a->base == b->base && a->size == b->size && a->halo == b->halo && a->width == b->width &&
           a->height == whole->in.height && b->height == strip->in.height;
}

static bool same_node(const struct tri_plan *whole, const struct tri_plan *strip, int number)
{
    const struct walk_node *a = &whole->stages[0].nodes[number],
                           *b = &strip->stages[0].nodes[number];
    bool same = whole->stages[0].passes[a->pass] == strip->stages[0].passes[b->pass] &&
                a->constants == b->constants && a->inputs == b->inputs &&
                a->outputs == b->outputs && a->whole == b->whole && a->sparse == b->sparse &&
                memcmp(a->rows, b->rows, sizeof a->rows) == 0 && a->low == b->low &&
                a->high == b->high;
    for (int k = 0; same && k < a->inputs; k++)
        same = a->in[k] == b->in[k] && same_channel(whole, strip, a->in[k]);
    for (int o = 0; same && o < a->outputs; o++)
        same = a->out[o] == b->out[o] && same_channel(whole, strip, a->out[o]);
    return same;
}

bool tri_plan_same_rows(const struct tri_plan *whole, const struct tri_plan *strip)
{
    bool same = whole->stage_count == 1 && strip->stage_count == 1 &&
                whole->channel_count == strip->channel_count &&
                whole->stages[0].node_count == strip->stages[0].node_count &&
                whole->in.width == strip->in.width && whole->in.planes == strip->in.planes &&
                whole->in.bits == strip->in.bits && whole->out.width == strip->out.width &&
                whole->out.planes == strip->out.planes && whole->out.height == whole->in.height &&
                strip->out.height == strip->in.height && strip->delay == 0 &&
                strip->history_count == 0 && strip->frame_count == 0 &&
                strip->histogram_count == 0 && strip->finish_count == 0 &&
                whole->constants_size == strip->constants_size &&
                memcmp(whole->constants, strip->constants, (size_t)whole->constants_size) == 0 &&
                memcmp(whole->out_channel, strip->out_channel,
                       sizeof whole->out_channel[0] * (size_t)whole->out.planes) == 0;
    for (int i = 0; same && i < whole->stages[0].node_count; i++)
        same = same_node(whole, strip, i);
    return same;
}
