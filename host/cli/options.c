/* options.c -- parses the options of a command by its table, and reports errors. */
#include "cli/option.h"
#include "cli/cli.h"
#include "pipeline/spelling.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

static const struct cli_option help_option = {"help", 'h', .help = "show this help"};

static int add_entry(struct cli_entry entries[CLI_OPTIONS_MAX], int count, struct cli_entry entry)
{
    if (count == CLI_OPTIONS_MAX)
        abort(); /* seen at once when an option is added */
    entries[count] = entry;
    return count + 1;
}

int cli_entries(const struct cli_command *command, struct cli_entry entries[CLI_OPTIONS_MAX])
{
    const struct cli_option_group *group = command->groups;
    int count = 0;
    bool helped = false;

    for (; group != NULL && group->options != NULL; group++) {
        if (count > 0 && group->heading != NULL && !helped) {
            count = add_entry(entries, count, (struct cli_entry){&help_option, NULL, 0});
            helped = true;
        }
        for (const struct cli_option *option = group->options; option->name != NULL; option++)
            count = add_entry(entries, count,
                              (struct cli_entry){option,
                                                 option == group->options ? group->heading : NULL,
                                                 group->place});
    }
    return helped || count == 0
               ? count
               : add_entry(entries, count, (struct cli_entry){&help_option, NULL, 0});
}

void cli_add_word(char words[CLI_WORDS_MAX], const char *word)
{
    const size_t used = strlen(words);

    snprintf(words + used, CLI_WORDS_MAX - used, "%s%s", used > 0 ? "|" : "", word);
}

void cli_option_words(const struct cli_option *option, char words[CLI_WORDS_MAX])
{
    words[0] = '\0';
    if (option->words != NULL)
        cli_add_word(words, option->words);
    if (option->more_words)
        option->more_words(words);
}

/* ---- values ---- */

bool cli_count(const char *command, const char *what, const char *text, uint64_t minimum,
               uint64_t maximum, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    /* strtoull accepts blanks and signs, and turns -1 into 2^64 - 1. */
    if (text[0] < '0' || text[0] > '9' || *end != '\0') {
        cli_usage(command, "invalid value '%s' for %s; expected a whole number", text, what);
        return false;
    }
    if (errno == ERANGE || *value < minimum || *value > maximum) {
        cli_usage(command, "invalid value '%s' for %s; expected %" PRIu64 " to %" PRIu64, text,
                  what, minimum, maximum);
        return false;
    }
    return true;
}

static bool choose(const char *command, const char *what, const char *text,
                   const struct cli_option *option, void *place)
{
    const int index = tri_word_index(option->words, text, strlen(text)),
              value = (int)option->minimum + index;
    char list[CLI_WORDS_MAX] = "";

    if (index >= 0) {
        memcpy(place, &value, sizeof value); /* enums are as large as int */
        return true;
    }
    for (const char *at = option->words; *at; at++)
        snprintf(list + strlen(list), sizeof list - strlen(list), *at == '|' ? ", " : "%c", *at);
    cli_usage(command, "invalid value '%s' for %s; expected one of %s", text, what, list);
    return false;
}

static bool append(const char *command, const char *what, const char *text, struct cli_list *list)
{
    if (list->count == CLI_LIST_MAX) {
        cli_usage(command, "%s may be given at most %d times", what, CLI_LIST_MAX);
        return false;
    }
    list->values[list->count++] = text;
    return true;
}

static bool set_number(const char *command, const char *what, const char *text,
                       const struct cli_option *option, int *place)
{
    uint64_t number;

    if (!cli_count(command, what, text, option->minimum, option->maximum, &number))
        return false;
    *place = (int)number;
    return true;
}

/* Sets the option to the value `text`. Returns false if it is invalid, after reporting it. */
static bool set(const char *command, const struct cli_entry *entry, const char *text, void *request)
{
    const struct cli_option *option = entry->option;
    void *const group = (char *)request + entry->place, *const place =
                                                            (char *)group + option->place;
    char what[48];

    snprintf(what, sizeof what, "--%s", option->name);
    switch (option->kind) {
    case CLI_FLAG:
    case CLI_CLEAR:
        *(bool *)place = option->kind == CLI_FLAG;
        return true;
    case CLI_TEXT:
        *(const char **)place = text;
        return true;
    case CLI_LIST:
        return append(command, what, text, place);
    case CLI_COUNT:
        return cli_count(command, what, text, option->minimum, option->maximum, place);
    case CLI_NUMBER:
        return set_number(command, what, text, option, place);
    case CLI_CHOICE:
        return choose(command, what, text, option, place);
    case CLI_CALL:
        return option->set(text, group);
    }
    return false;
}

/* ---- getopt ---- */

/* The table in getopt_long's form; the values of long options are indices of entries, above all
 * letters. */
enum { LONG = 256 };
struct getopt_table {
    struct option options[CLI_OPTIONS_MAX + 1];
    char letters[2 * CLI_OPTIONS_MAX + 2];
};

static void make_table(const struct cli_entry *entries, int count, struct getopt_table *table)
{
    size_t letters = 0;

    *table = (struct getopt_table){0};
    table->letters[letters++] = ':'; /* distinguishes a missing value from an unknown option */
    for (int i = 0; i < count; i++) {
        const struct cli_option *option = entries[i].option;
        table->options[i] = (struct option){
            option->name, option->value != NULL ? required_argument : no_argument, NULL, LONG + i};
        if (option->letter)
            table->letters[letters++] = option->letter;
        if (option->letter && option->value != NULL)
            table->letters[letters++] = ':';
    }
}

static const struct cli_entry *find(const struct cli_entry *entries, int count, int given)
{
    for (int i = 0; i < count; i++)
        if (given == LONG + i || given == entries[i].option->letter)
            return &entries[i];
    return NULL;
}

static void unknown_long(const char *command, const char *given, const struct cli_entry *entries,
                         int count)
{
    const char *names[CLI_OPTIONS_MAX];
    char word[64];
    int begun = 0;

    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (int i = 0; i < count; i++) {
        names[i] = entries[i].option->name;
        begun += strncmp(names[i], word, strlen(word)) == 0;
    }
    const char *nearest = tri_nearest(word, names, count);
    if (begun > 1)
        cli_usage(command, "ambiguous option '--%s'", word);
    else if (nearest != NULL)
        cli_usage(command, "unknown option '--%s'; did you mean '--%s'?", word, nearest);
    else
        cli_usage(command, "unknown option '--%s'", word);
}

/* Reports the option `given` that getopt stopped at; `missing`: it lacks its value. */
static void report(const char *command, const char *given, bool missing,
                   const struct cli_entry *entries, int count)
{
    const bool is_long = strncmp(given, "--", 2) == 0;

    if (missing && is_long)
        cli_usage(command, "option '%s' needs a value", given);
    else if (missing)
        cli_usage(command, "option '-%c' needs a value", optopt);
    else if (optopt == 0)
        unknown_long(command, given, entries, count);
    else if (is_long && strchr(given, '=') != NULL)
        cli_usage(command, "option '%.*s' takes no value", (int)strcspn(given, "="), given);
    else
        cli_usage(command, "unknown option '-%c'", optopt);
}

bool cli_parse(const struct cli_command *command, int argc, char **argv, void *request, int *code)
{
    struct cli_entry entries[CLI_OPTIONS_MAX];
    const int count = cli_entries(command, entries);
    struct getopt_table table;
    int given;

    make_table(entries, count, &table);
    opterr = 0;
    while ((given = getopt_long(argc, argv, table.letters, table.options, NULL)) != -1) {
        const struct cli_entry *entry =
            given == '?' || given == ':' ? NULL : find(entries, count, given);
        *code = TRI_USAGE;
        if (entry == NULL) {
            report(command->name, argv[optind - 1], given == ':', entries, count);
            return false;
        }
        if (entry->option == &help_option) {
            *code = cli_help(command);
            return false;
        }
        if (!set(command->name, entry, optarg, request))
            return false;
    }
    return true;
}
