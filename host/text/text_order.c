/* text_order.c -- the order of a line's characters from left to right, by FriBidi. */
#include "text_setter.h"

#ifdef TRI_FRIBIDI

#include <fribidi.h>
#include <stdlib.h>

struct types {
    FriBidiCharType of[TRI_TEXT_MOST];
    FriBidiBracketType brackets[TRI_TEXT_MOST];
};

/* A line is a paragraph: its direction is that of its first character with one. */
static bool order(struct tri_text_line *line, struct types *types)
{
    FriBidiParType direction = FRIBIDI_PAR_ON;
    fribidi_get_bidi_types(line->characters, line->count, types->of);
    fribidi_get_bracket_types(line->characters, line->count, types->of, types->brackets);
    return fribidi_get_par_embedding_levels_ex(types->of, types->brackets, line->count, &direction,
                                               line->levels) > 0 &&
           fribidi_reorder_line(0, types->of, line->count, 0, direction, line->levels, NULL,
                                line->order) > 0;
}

bool tri_text_order(struct tri_text_line *line, bool *guessed)
{
    struct types *types = malloc(sizeof *types);
    *guessed = false;
    for (int i = 0; i < line->count; i++)
        line->order[i] = i;
    const bool ordered = types != NULL && order(line, types);
    free(types);
    return ordered;
}

#else

static bool is_rtl(hb_script_t script)
{
    return hb_script_get_horizontal_direction(script) == HB_DIRECTION_RTL;
}

/* All of the line goes in the direction of its first character with one, which is right for lines
 * of one direction without numbers. */
bool tri_text_order(struct tri_text_line *line, bool *guessed)
{
    const bool rtl = is_rtl(line->scripts[0]);
    *guessed = false;
    for (int i = 0; i < line->count; i++) {
        const bool digit = line->characters[i] - '0' < 10;
        line->order[i] = rtl ? line->count - 1 - i : i;
        line->levels[i] = (signed char)(!rtl ? 0 : line->kinds[i] == TRI_TEXT_PLAIN ? 1 : 2);
        *guessed |=
            is_rtl(line->scripts[i]) != rtl || (rtl && digit && line->kinds[i] == TRI_TEXT_PLAIN);
    }
    return true;
}

#endif
