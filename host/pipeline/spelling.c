/* spelling.c -- guesses the intended name from a misspelt one. */
#include "spelling.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

/* Counts the insertions, deletions, replacements and swaps of neighbours that turn one word into
 * the other. */
static int distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    int rows[3][LONGEST + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    int a_length = (int)strnlen(a, LONGEST + 1), b_length = (int)strnlen(b, LONGEST + 1);

    if (a_length > LONGEST || b_length > LONGEST)
        return LONGEST;
    for (int j = 0; j <= b_length; j++)
        last[j] = j;
    for (int i = 1; i <= a_length; i++) {
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            bool same = strncasecmp(a + i - 1, b + j - 1, 1) == 0;

            row[j] = smallest(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smallest(row[j], before[j - 2] + 1, row[j]);
        }
        int *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

const char *tri_nearest(const char *word, const char *const names[], int count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    int least = length < 3   ? 2
                : length < 6 ? 3
                             : (int)(length / 3) + 2; /* this many changes: not similar */

    for (int i = 0; i < count; i++) {
        int changes = distance(word, names[i]);

        /* A prefix counts as one change, however long the rest is. */
        if (changes > 1 && length >= 2 && strncasecmp(word, names[i], length) == 0)
            changes = 1;
        if (changes < least) {
            least = changes;
            nearest = names[i];
        }
    }
    return nearest;
}

int tri_word_index(const char *words, const char *word, size_t length)
{
    int index = 0;

    for (const char *at = words; length > 0 && at != NULL;
         at = strchr(at, '|') != NULL ? strchr(at, '|') + 1 : NULL, index++)
        if (strcspn(at, "|") == length && strncmp(at, word, length) == 0)
            return index;
    return -1;
}
