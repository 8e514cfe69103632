/* quoting.c -- quotes in the text of a pipeline. Within single quotes every character stands for
 * itself; within double quotes and outside of quotes a backslash makes the next one do so. */
#include "quoting.h"

#include <string.h>

/* Walks over one character, or a backslash and what it quotes. `quote` is the open one, or 0;
 * returns the character that stands for itself, or -1: none. */
static int step(const char **text, char *quote)
{
    const char sign = *(*text)++;
    if (sign == *quote && sign != '\0') {
        *quote = '\0';
        return -1;
    }
    if (*quote == '\0' && (sign == '\'' || sign == '"')) {
        *quote = sign;
        return -1;
    }
    if (sign == '\\' && *quote != '\'' && **text != '\0')
        return (unsigned char)*(*text)++;
    return (unsigned char)sign;
}

char *tri_quoting_find(char *text, char sign)
{
    char quote = '\0';
    for (const char *at = text; *at != '\0';) {
        if (quote == '\0' && *at == sign)
            return text + (at - text);
        step(&at, &quote);
    }
    return NULL;
}

enum tri_status tri_quoting_check(const char *text, struct tri_error *error)
{
    const char *opened = text;
    char quote = '\0';
    for (const char *at = text; *at != '\0';) {
        const char before = quote, *place = at;
        step(&at, &quote);
        opened = before == '\0' && quote != '\0' ? place : opened;
    }
    if (quote == '\0')
        return TRI_OK;
    return tri_fail(error, TRI_USAGE,
                    "the quote %c at character %d of the pipeline is not closed; close it, or "
                    "write \\%c for the character itself",
                    quote, (int)(opened - text) + 1, quote);
}

void tri_quoting_remove(char *text)
{
    char quote = '\0', *to = text;
    for (const char *at = text; *at != '\0';) {
        const int sign = step(&at, &quote);
        if (sign >= 0)
            *to++ = (char)sign;
    }
    *to = '\0';
}

void tri_quoting_write(FILE *to, const char *text)
{
    const char quote = strchr(text, '\'') != NULL ? '"' : '\'';
    if (text[0] != '\0' && strpbrk(text, ",:='\"\\ \t\n") == NULL) {
        fputs(text, to);
        return;
    }
    fputc(quote, to);
    for (; *text != '\0'; text++) {
        if (quote == '"' && (*text == '"' || *text == '\\'))
            fputc('\\', to);
        fputc(*text, to);
    }
    fputc(quote, to);
}
