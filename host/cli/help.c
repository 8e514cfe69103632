/* help.c -- prints help from the tables of commands and options, examples first. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80 };

static const char examples[] = "Examples:\n"
                               "  triptych run gray,gaussian:sigma=2,sobel in.png -o out.png\n"
                               "  triptych run gaussian:sigma=2 photos/ -o blurred/\n"
                               "  triptych bench gaussian:sigma=2 photo.png\n"
                               "  triptych verify\n"
                               "  triptych kernels gaussian\n"
                               "\n"
                               "Usage: triptych COMMAND ...\n"
                               "\n"
                               "Commands:\n";

static const char exit_codes[] =
    "\n"
    "'triptych COMMAND --help' explains a command.\n"
    "\n"
    "Exit codes:\n"
    "  0  success\n"
    "  1  input, output or the system failed\n"
    "  2  the request is invalid: unknown names, values out of range\n"
    "  3  outputs that must be equal differ\n"
    "  4  a device is missing or unusable\n"
    "  5  compare --fail-slower, bench --baseline: something is slower\n";

int cli_help_triptych(void)
{
    fputs(examples, stdout);
    for (int i = 0; cli_commands[i] != NULL; i++)
        if (cli_commands[i]->summary != NULL)
            printf("  %-8s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs(exit_codes, stdout);
    return TRI_OK;
}

void cli_print_wrapped(const char *text, int indent, int columns)
{
    int column = indent;

    while (*text) {
        if (*text == '\n') {
            text++;
            printf("\n%*s", *text ? indent : 0, "");
            column = indent;
            continue;
        }
        int blanks = (int)strspn(text, " "), word = (int)strcspn(text + blanks, " \n");
        if (column > indent && column + blanks + word > columns) {
            printf("\n%*s", indent, "");
            text += blanks;
            column = indent;
            blanks = 0;
        }
        printf("%.*s", blanks + word, text);
        column += blanks + word;
        text += blanks + word;
    }
    putchar('\n');
}

/* "  -o, --output OUTPUT" */
static int left_of(const struct cli_option *option, char text[80])
{
    char letter[5] = "    ";

    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    return snprintf(text, 80, "  %s--%s%s%s", letter, option->name,
                    option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
}

int cli_help(const struct cli_command *command)
{
    struct cli_entry entries[CLI_OPTIONS_MAX];
    const int count = cli_entries(command, entries);
    char left[80];
    int widest = 0;

    if (command->intro == NULL)
        return cli_help_triptych();
    fputs(command->intro, stdout);
    for (int i = 0; i < count; i++) {
        const int width = left_of(entries[i].option, left);
        widest = width > widest ? width : widest;
    }
    for (int i = 0; i < count; i++) {
        if (entries[i].heading != NULL)
            printf("\n%s:\n", entries[i].heading);
        left_of(entries[i].option, left);
        printf("%-*s", widest + 2, left);
        cli_print_wrapped(entries[i].option->help, widest + 2, COLUMNS);
    }
    return TRI_OK;
}
