/* option.h -- a command-line option is one entry of a table, which drives parsing, errors, help and
 * shell completion. docs/extending.md shows how to add one. */
#ifndef TRIPTYCH_CLI_OPTION_H
#define TRIPTYCH_CLI_OPTION_H

#include <getopt.h> /* optind */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_command;

#define CLI_WORDS_MAX 600
#define CLI_OPTIONS_MAX 64 /* per command */

enum cli_option_kind {
    CLI_FLAG,   /* sets a bool */
    CLI_CLEAR,  /* clears a bool */
    CLI_TEXT,   /* const char *, the last value given */
    CLI_LIST,   /* struct cli_list, all values given */
    CLI_COUNT,  /* uint64_t */
    CLI_NUMBER, /* int */
    CLI_CHOICE, /* an enum */
    CLI_CALL    /* calls a function */
};

/* The values of a repeatable option. */
enum { CLI_LIST_MAX = 32 };
struct cli_list {
    const char *values[CLI_LIST_MAX];
    int count;
};

struct cli_option {
    const char *name;  /* "output" for --output */
    char letter;       /* 'o' for -o; 0: none */
    const char *value; /* its name in help, "OUTPUT"; NULL: takes no value */
    const char *help;  /* wrapped when printed; shells show it up to the first ';' or the end of the
                          first sentence */
    /* What it sets, by one of the macros below. */
    enum cli_option_kind kind;
    size_t place;
    uint64_t minimum, maximum;
    bool (*set)(const char *text, void *request); /* returns false if invalid, after reporting it */
    /* What shells offer for its value. */
    const char *words; /* "a|b"; for a choice, all its values */
    void (*more_words)(
        char words[CLI_WORDS_MAX]); /* adds words known only at run time, with cli_add_word */
    bool file;
};

/* Each command's request is a struct; these name the member that the option sets, and check its
 * type. */
#define CLI_PLACE(request, member, type) \
    (offsetof(request, member) + 0 * sizeof(&((request *)0)->member == (type *)0))
#define CLI_SETS_FLAG(request, member) .kind = CLI_FLAG, .place = CLI_PLACE(request, member, bool)
#define CLI_CLEARS_FLAG(request, member) \
    .kind = CLI_CLEAR, .place = CLI_PLACE(request, member, bool)
#define CLI_SETS_TEXT(request, member) \
    .kind = CLI_TEXT, .place = CLI_PLACE(request, member, const char *)
#define CLI_ADDS_TO(request, member) \
    .kind = CLI_LIST, .place = CLI_PLACE(request, member, struct cli_list)
#define CLI_SETS_COUNT(request, member, low, high) \
    .kind = CLI_COUNT, .place = CLI_PLACE(request, member, uint64_t), .minimum = (low), \
    .maximum = (high)
#define CLI_SETS_NUMBER(request, member, low, high) \
    .kind = CLI_NUMBER, .place = CLI_PLACE(request, member, int), .minimum = (low), \
    .maximum = (high)
/* The words are the values of the enum from `first` on, in order. */
#define CLI_SETS_CHOICE(request, member, enumeration, first, all) \
    .kind = CLI_CHOICE, .place = CLI_PLACE(request, member, enumeration), .minimum = (first), \
    .words = (all)
#define CLI_CALLS(function) .kind = CLI_CALL, .set = (function)

/* Options under one heading of the help, which set members of one struct. */
struct cli_option_group {
    const char *heading;              /* NULL: the previous heading continues */
    const struct cli_option *options; /* the last entry has no name */
    size_t place;                     /* offset of their struct in the command's request */
};

/* Gets all options of a command in the order of its help, with --help, which every command has.
 * Returns their number. */
struct cli_entry {
    const struct cli_option *option;
    const char *heading; /* for the first option under it, else NULL */
    size_t place;        /* offset of the option's struct in the command's request */
};
int cli_entries(const struct cli_command *command, struct cli_entry entries[CLI_OPTIONS_MAX]);

/* Parses a command's options, which may be anywhere, into its request; operands then begin at
 * argv[optind]. Returns false if the command ends with the exit code *code: help was printed, or an
 * error reported. */
bool cli_parse(const struct cli_command *command, int argc, char **argv, void *request, int *code);

/* Parses a decimal number from minimum to maximum; `what` names it in errors. Returns false if it
 * is invalid, after reporting it. */
bool cli_count(const char *command, const char *what, const char *text, uint64_t minimum,
               uint64_t maximum, uint64_t *value);

/* Appends a word to "a|b". */
void cli_add_word(char words[CLI_WORDS_MAX], const char *word);
/* Gets what shells offer for an option's value, as "a|b"; "": nothing, or files if the option has
 * `file`. */
void cli_option_words(const struct cli_option *option, char words[CLI_WORDS_MAX]);

#endif
