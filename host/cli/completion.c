/* completion.c -- generates completion scripts for bash, zsh and fish from the option tables. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static bool has_options(const struct cli_command *command)
{
    return command->groups != NULL;
}

/* Calls it for each command, also for those of two words. */
static void for_each(void (*visit)(const struct cli_command *command))
{
    for (int i = 0; cli_commands[i] != NULL; i++)
        visit(cli_commands[i]);
    for (int i = 0; cli_two_words[i] != NULL; i++)
        visit(cli_two_words[i]);
}

/* Returns the second of two words; NULL: it is one word. */
static const char *second_word(const struct cli_command *command)
{
    const char *blank = strchr(command->name, ' ');

    return blank != NULL ? blank + 1 : NULL;
}

/* The name as a pattern of `case`. */
static void print_pattern(const struct cli_command *command)
{
    printf(second_word(command) != NULL ? "'%s'" : "%s", command->name);
}

/* ---- what follows an option ---- */

/* The beginning of the option's help, without characters that are special in shells. */
static void describe(const struct cli_option *option, char text[120])
{
    size_t length = strcspn(option->help, ";"), to = 0;
    const char *sentence = strstr(option->help, ". ");

    if (sentence != NULL && (size_t)(sentence - option->help) < length)
        length = (size_t)(sentence - option->help);
    if (length > 100)
        for (length = 100; option->help[length] != ' '; length--)
            continue;
    for (size_t i = 0; i < length; i++)
        if (strchr("'\"`$\\[]:", option->help[i]) == NULL)
            text[to++] = option->help[i];
    text[to] = '\0';
}

static void separate(char words[CLI_WORDS_MAX])
{
    for (char *at = words; *at; at++)
        *at = *at == '|' ? ' ' : *at;
}

/* Gets the words that an option's value may be, separated by blanks. Returns false if there are
 * none. */
static bool words_of(const struct cli_option *option, char words[CLI_WORDS_MAX])
{
    cli_option_words(option, words);
    separate(words);
    return words[0] != '\0';
}

/* Gets the words that an operand may be after one of others, all separated by blanks. */
static bool operands_of(const struct cli_command *command, int number, char after[CLI_WORDS_MAX],
                        char words[CLI_WORDS_MAX])
{
    after[0] = words[0] = '\0';
    if (command->operands == NULL || !command->operands(number, after, words))
        return false;
    separate(after);
    separate(words);
    return true;
}

/* Each as a pattern of `case`: 'lab race' | 'lab memory'. */
static void print_after(const struct cli_command *command, const char *after)
{
    for (const char *at = after; *at != '\0'; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        printf("%s'%s %.*s'", at == after ? "" : " | ", command->name, (int)length, at);
        at += length;
    }
}

/* Patterns of `case` for the command and the word before, each with an action on the words. */
static void print_operands(const struct cli_command *command, const char *action, const char *end)
{
    char after[CLI_WORDS_MAX], words[CLI_WORDS_MAX];

    for (int i = 0; operands_of(command, i, after, words); i++) {
        printf("        ");
        print_after(command, after);
        printf(") %s%s%s ;;\n", action, words, end);
    }
}

static void print_kernels(const char *before)
{
    for (int i = 0; i < tri_kernel_count(); i++)
        printf("%s%s", i > 0 ? " " : before, tri_kernel_name(tri_kernel_at(i)));
}

/* ---- bash ---- */

static void bash_values(const struct cli_command *command)
{
    struct cli_entry entries[CLI_OPTIONS_MAX];
    const int count = cli_entries(command, entries);
    char words[CLI_WORDS_MAX];

    for (int i = 0; i < count; i++) {
        const struct cli_option *option = entries[i].option;
        if (option->value == NULL)
            continue;
        printf("    '%s --%s'", command->name, option->name);
        if (option->letter)
            printf(" | '%s -%c'", command->name, option->letter);
        if (words_of(option, words))
            printf(") words='%s' ;;\n", words);
        else
            printf(") %s ;;\n", option->file ? "files=1" : "none=1");
    }
}

static void bash_options(const struct cli_command *command)
{
    struct cli_entry entries[CLI_OPTIONS_MAX];
    const int count = cli_entries(command, entries);

    if (count == 0)
        return;
    printf("        ");
    print_pattern(command);
    printf(") words='");
    for (int i = 0; i < count; i++)
        printf("%s--%s", i == 0 ? "" : " ", entries[i].option->name);
    printf("' ;;\n");
}

/* Sets `command` to both words. */
static void bash_part(const struct cli_command *command)
{
    if (second_word(command) != NULL)
        printf("    if ((COMP_CWORD > 2)) && [[ \"$command ${COMP_WORDS[2]}\" == '%s' ]]; then "
               "command='%s'; fi\n",
               command->name, command->name);
}

static void bash_commands(void)
{
    for (int i = 0; cli_commands[i] != NULL; i++)
        if (cli_commands[i]->summary != NULL)
            printf("%s ", cli_commands[i]->name);
    printf("help --help --version");
}

static void bash_pipelines(void)
{
    for (int i = 0, before = 0; cli_commands[i] != NULL; i++)
        if (cli_commands[i]->pipeline)
            printf("%s%s", before++ > 0 ? " | " : "", cli_commands[i]->name);
    print_kernels(") words='");
    printf("' ;;\n");
}

static void bash_operands(const struct cli_command *command)
{
    print_operands(command, "words='", "'");
}

static void bash(void)
{
    printf("# bash completion for triptych; 'triptych completion bash' prints it\n"
           "_triptych()\n{\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
           "command=${COMP_WORDS[1]}\n"
           "    local words='' files='' none='' head=''\n"
           "    if [[ $current == '=' ]]; then current=''; fi\n"
           "    if [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
           "    COMPREPLY=()\n"
           "    if ((COMP_CWORD == 1)); then\n        words='");
    bash_commands();
    printf("'\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n        "
           "return\n    fi\n");
    for_each(bash_part);
    printf("    case \"$command $before\" in\n");
    for_each(bash_values);
    printf("    esac\n"
           "    if [[ $none ]]; then return; fi\n"
           "    if [[ ! $words && ! $files && $current == -* ]]; then\n        case $command in\n");
    for_each(bash_options);
    printf("        esac\n"
           "    elif [[ ! $words && ! $files && $current != */* && ( $before == \"$command\" || "
           "$current == *,* ) ]]; "
           "then\n"
           "        case $command in\n        ");
    bash_pipelines();
    printf("        esac\n"
           "        if [[ $current == *,* ]]; then head=${current%%,*},; fi\n"
           "    fi\n"
           "    if [[ ! $words && ! $files && $current != -* ]]; then\n"
           "        case \"$command $before\" in\n");
    for_each(bash_operands);
    printf("        esac\n"
           "    fi\n"
           "    if [[ $words ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -P \"$head\" -W \"$words\" -- "
           "\"${current#\"$head\"}\")\n"
           "        return\n    fi\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "}\n"
           "complete -F _triptych triptych\n");
}

/* ---- zsh ---- */

static void zsh_option(const struct cli_option *option)
{
    char words[CLI_WORDS_MAX], text[120];

    describe(option, text);
    if (option->letter)
        printf(" \\\n        '(-%c --%s)'{-%c,--%s%s}'[%s]", option->letter, option->name,
               option->letter, option->name, option->value != NULL ? "=" : "", text);
    else
        printf(" \\\n        '--%s%s[%s]", option->name, option->value != NULL ? "=" : "", text);
    if (option->value != NULL && words_of(option, words)) {
        printf(":%s:(", option->name);
        for (const char *at = words; *at; at++)
            printf(*at == ':' ? "\\%c" : "%c", *at);
        putchar(')');
    } else if (option->value != NULL) {
        printf(":%s:%s", option->name, option->file ? "_files" : " ");
    }
    putchar('\'');
}

static void zsh_options(const struct cli_command *command)
{
    struct cli_entry entries[CLI_OPTIONS_MAX];
    const int count = cli_entries(command, entries);

    if (!has_options(command))
        return;
    printf("    ");
    print_pattern(command);
    printf(")\n        _arguments -s -S");
    for (int i = 0; i < count; i++)
        zsh_option(entries[i].option);
    if (command->pipeline)
        printf(" \\\n        '1:pipeline:_triptych_pipeline' '*:file:_files'");
    if (command->operands != NULL)
        printf(" \\\n        '*:operand:_triptych_operand'");
    printf(" ;;\n");
}

static void zsh_operands(const struct cli_command *command)
{
    print_operands(command, "compadd -- ", "");
}

/* Sets `command` to both words. */
static void zsh_part(const struct cli_command *command)
{
    if (second_word(command) != NULL)
        printf("    if (( CURRENT > 2 )) && [[ \"$command $words[2]\" == '%s' ]]; then\n"
               "        command='%s'\n        shift words\n        (( CURRENT-- ))\n    fi\n",
               command->name, command->name);
}

static void zsh(void)
{
    printf(
        "#compdef triptych\n# zsh completion for triptych; 'triptych completion zsh' prints it\n\n"
        "_triptych_pipeline() {\n    compset -P '*,'\n    compadd -S '' --");
    print_kernels(" ");
    printf("\n    _files -g '*.cl'\n}\n\n_triptych_operand() {\n    case \"$command "
           "$words[CURRENT-1]\" in\n");
    for_each(zsh_operands);
    printf("        *) _files ;;\n    esac\n}\n\n_triptych() {\n    local -a commands=(");
    for (int i = 0; cli_commands[i] != NULL; i++)
        if (cli_commands[i]->summary != NULL)
            printf(" '%s:%s'", cli_commands[i]->name, cli_commands[i]->summary);
    printf(")\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        "
           "return\n    fi\n"
           "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n");
    for_each(zsh_part);
    printf("    case $command in\n");
    for_each(zsh_options);
    printf("    esac\n}\n\n_triptych \"$@\"\n");
}

/* ---- fish ---- */

/* Whether this command is being typed, and no longer one that begins with it. */
static void fish_condition(const struct cli_command *command)
{
    const char *second = second_word(command);

    printf("__fish_seen_subcommand_from %.*s", (int)strcspn(command->name, " "), command->name);
    if (second != NULL)
        printf("; and __fish_seen_subcommand_from %s", second);
    for (int i = 0; cli_two_words[i] != NULL && second == NULL; i++) {
        const size_t first = strcspn(cli_two_words[i]->name, " ");
        if (strlen(command->name) == first &&
            strncmp(cli_two_words[i]->name, command->name, first) == 0)
            printf("; and not __fish_seen_subcommand_from %s", second_word(cli_two_words[i]));
    }
}

static void fish_option(const struct cli_command *command, const struct cli_option *option)
{
    char words[CLI_WORDS_MAX], text[120];

    describe(option, text);
    printf("complete -c triptych -n '");
    fish_condition(command);
    printf("' -l %s", option->name);
    if (option->letter)
        printf(" -s %c", option->letter);
    if (option->value != NULL && words_of(option, words))
        printf(" -x -a '%s'", words);
    else if (option->value != NULL)
        printf(" %s", option->file ? "-r -F" : "-x");
    printf(" -d '%s'\n", text);
}

static void fish_options(const struct cli_command *command)
{
    struct cli_entry entries[CLI_OPTIONS_MAX];
    const int count = cli_entries(command, entries);

    for (int i = 0; i < count; i++)
        fish_option(command, entries[i].option);
}

static void fish_operands(const struct cli_command *command)
{
    char after[CLI_WORDS_MAX], words[CLI_WORDS_MAX];

    for (int i = 0; operands_of(command, i, after, words); i++) {
        printf("complete -c triptych -n '");
        fish_condition(command);
        printf("; and contains -- (commandline -opc)[-1] %s' -f -a '%s'\n", after, words);
    }
}

static void fish(void)
{
    printf("# fish completion for triptych; 'triptych completion fish' prints it\n"
           "function __triptych_pipeline\n"
           "    set -l head (string match -r '.*,' -- (commandline -ct))\n"
           "    for kernel in");
    print_kernels(" ");
    printf("\n        echo $head$kernel\n    end\nend\n");
    for (int i = 0; cli_commands[i] != NULL; i++)
        if (cli_commands[i]->summary != NULL)
            printf("complete -c triptych -f -n __fish_use_subcommand -a %s -d '%s'\n",
                   cli_commands[i]->name, cli_commands[i]->summary);
    printf("complete -c triptych -n '__fish_seen_subcommand_from");
    for (int i = 0; cli_commands[i] != NULL; i++)
        if (cli_commands[i]->pipeline)
            printf(" %s", cli_commands[i]->name);
    printf("; and test (count (commandline -opc)) -eq 2' -a '(__triptych_pipeline)'\n");
    for_each(fish_operands);
    for_each(fish_options);
}

static int completion(int argc, char **argv)
{
    const char *shell = argc == 2 ? argv[1] : "";

    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return cli_usage("completion", "expected one shell: bash, zsh or fish");
    return TRI_OK;
}

const struct cli_command cli_command_completion = {.name = "completion", .run = completion};
