/* options.c -- reading options and reporting what is wrong with them, the same way in every command. */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int cli_fail(const struct tri_error *error)
{
    fprintf(stderr, "triptych: %s\n", error->text);
    return error->status;
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "triptych: %s: ", command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (see 'triptych %s --help')\n", command);
    return TRI_USAGE;
}

void cli_note(const char *format, ...)
{
    va_list arguments;

    fputs("triptych: note: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
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

const char *cli_nearest(const char *word, const char *const names[], int count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    int least = length < 3 ? 2 : length < 6 ? 3 : (int)(length / 3) + 2; /* that many changes: no likeness */

    for (int i = 0; i < count; i++) {
        int changes = distance(word, names[i]);

        /* A beginning counts as one change, however long the rest is. */
        if (changes > 1 && length >= 2 && strncasecmp(word, names[i], length) == 0)
            changes = 1;
        if (changes < least) {
            least = changes;
            nearest = names[i];
        }
    }
    return nearest;
}

static void unknown_long(const char *command, const char *given, const struct option *options)
{
    const char *names[32] = {0};
    char word[64];
    int count = 0, begun = 0;

    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (; count < 32 && options[count].name; count++) {
        names[count] = options[count].name;
        begun += strncmp(names[count], word, strlen(word)) == 0;
    }
    const char *nearest = cli_nearest(word, names, count);
    if (begun > 1)
        cli_usage(command, "option '--%s' could be several", word);
    else if (nearest)
        cli_usage(command, "unknown option '--%s'; did you mean '--%s'?", word, nearest);
    else
        cli_usage(command, "unknown option '--%s'", word);
}

int cli_option(int argc, char **argv, const char *letters, const struct option *options)
{
    char quiet_letters[64];

    /* The ':' in front tells a missing value from an unknown option. */
    snprintf(quiet_letters, sizeof quiet_letters, ":%s", letters);
    opterr = 0;
    int option = getopt_long(argc, argv, quiet_letters, options, NULL);
    if (option != '?' && option != ':')
        return option;

    const char *given = argv[optind - 1];
    bool is_long = strncmp(given, "--", 2) == 0;
    if (option == ':' && is_long)
        cli_usage(argv[0], "option '%s' needs a value", given);
    else if (option == ':')
        cli_usage(argv[0], "option '-%c' needs a value", optopt);
    else if (optopt == 0)
        unknown_long(argv[0], given, options);
    else if (is_long && strchr(given, '='))
        cli_usage(argv[0], "option '%.*s' takes no value", (int)strcspn(given, "="), given);
    else
        cli_usage(argv[0], "unknown option '-%c'", optopt);
    return '?';
}

bool cli_count(const char *command, const char *what, const char *text, uint64_t minimum, uint64_t maximum,
               uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    /* strtoull takes blanks and signs, and makes 2^64 - 1 of -1. */
    if (text[0] < '0' || text[0] > '9' || *end != '\0') {
        cli_usage(command, "%s: '%s' is not a whole number", what, text);
        return false;
    }
    if (errno == ERANGE || *value < minimum || *value > maximum) {
        cli_usage(command, "%s: %s is not within %" PRIu64 " to %" PRIu64, what, text, minimum, maximum);
        return false;
    }
    return true;
}
