/* completion.c -- scripts that complete command lines in bash, zsh and fish, made from the tables of options. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

struct command {
    const char *name, *summary, *help;
    const struct option *options;
    bool pipeline; /* the first operand is one, or the name of a kernel */
};

static const struct command commands[] = {
    {"run", "run a pipeline on pictures and videos", cli_help_run, cli_run_options, true},
    {"bench", "measure it on every backend", cli_help_bench, cli_bench_options, true},
    {"verify", "check that every backend gives the same bytes", cli_help_verify, cli_verify_options, true},
    {"devices", "list the CPU and the OpenCL devices", cli_help_devices, cli_devices_options, false},
    {"doctor", "say what OpenCL needs and what is missing", cli_help_doctor, cli_doctor_options, false},
    {"kernels", "list the kernels, or explain one", cli_help_kernels, cli_kernels_options, true},
    {"version", "say what was built in", NULL, NULL, false},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* ---- what follows an option ---- */

static const struct {
    const char *option, *words; /* words NULL: a file */
} values[] = {
    {"on", "sequential threads opencl opencl:gpu opencl:cpu auto all"},
    {"reference", "sequential threads opencl"},
    {"png-level", "default fast small"},
    {"subsampling", "420 422 444"},
    {"planes", "all y"},
    {"background", "white black gray red green blue yellow cyan magenta none"},
    {"pixel-format", "yuv420p yuv422p yuv444p yuv420p10le yuv422p10le yuv444p10le"},
    {"output", NULL},
    {"with", NULL},
    {"data", NULL},
};

static void append(char words[600], const char *word)
{
    const size_t used = strlen(words);

    snprintf(words + used, 600 - used, "%s%s", used > 0 ? " " : "", word);
}

/* False: no words, and a file if `*file`. Of some the program knows by itself what there is. */
static bool words_of(const struct command *command, const char *option, char words[600], bool *file)
{
    words[0] = '\0';
    *file = strcmp(option, "json") == 0 && command->pipeline;
    if (strcmp(option, "isa") == 0) {
        append(words, "native");
        for (int i = 0; i < tri_isa_count(); i++)
            append(words, tri_isa_name(i));
    } else if (strcmp(option, "format") == 0) {
        for (int i = 0; i < tri_format_count(); i++)
            append(words, tri_format_at(i)->name);
        append(words, "y4m mp4 mkv webm mov");
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strcmp(option, values[i].option) != 0)
            continue;
        *file = values[i].words == NULL;
        append(words, values[i].words ? values[i].words : "");
    }
    return words[0] != '\0';
}

/* The first words on an option in the help of its command, without what shells would take for their own. */
static void describe(const struct command *command, const struct option *option, char text[120])
{
    char name[40];

    snprintf(name, sizeof name, "--%s", option->name);
    const char *at = strstr(command->help, "\nOptions:"); /* examples have options, too */
    while ((at = strstr(at, name)) != NULL && !strchr(" ,\n", at[strlen(name)]))
        at++;
    text[0] = '\0';
    if (!at)
        return;
    const size_t line = strcspn(at, "\n");
    const char *gap = strstr(at, "  ");
    if (!gap || gap >= at + line)
        return;
    gap += strspn(gap, " ");
    size_t length = strcspn(gap, ";\n");
    length = length < 100 ? length : 100;
    for (size_t i = 0, to = 0; i < length; i++)
        if (!strchr("'\"`$\\[]:", gap[i])) {
            text[to++] = gap[i];
            text[to] = '\0';
        }
}

static bool takes_value(const struct option *option)
{
    return option->has_arg == required_argument;
}

static bool has_letter(const struct option *option)
{
    return option->val > ' ' && option->val < 127 && option->name[0] == option->val;
}

static void print_kernels(const char *before)
{
    for (int i = 0; i < tri_kernel_count(); i++)
        printf("%s%s", i > 0 ? " " : before, tri_kernel_name(tri_kernel_at(i)));
}

/* ---- bash ---- */

static void bash_values(const struct command *command)
{
    char words[600];
    bool file;

    for (const struct option *option = command->options; option && option->name; option++) {
        if (!takes_value(option))
            continue;
        printf("    '%s --%s'", command->name, option->name);
        if (has_letter(option))
            printf(" | '%s -%c'", command->name, option->val);
        if (words_of(command, option->name, words, &file))
            printf(") words='%s' ;;\n", words);
        else
            printf(") %s ;;\n", file ? "files=1" : "none=1");
    }
}

static void bash_options(const struct command *command)
{
    if (!command->options)
        return;
    printf("        %s) words='", command->name);
    for (const struct option *option = command->options; option->name; option++)
        printf("%s--%s", option == command->options ? "" : " ", option->name);
    printf("' ;;\n");
}

static void bash(void)
{
    printf("# bash completion for triptych; 'triptych completion bash' prints it\n"
           "_triptych()\n{\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
           "    local words='' files='' none='' head=''\n"
           "    if [[ $current == '=' ]]; then current=''; fi\n"
           "    if [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
           "    COMPREPLY=()\n"
           "    if ((COMP_CWORD == 1)); then\n        words='");
    for (int i = 0; i < COMMANDS; i++)
        printf("%s ", commands[i].name);
    printf("help --help --version'\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n        return\n    fi\n"
           "    case \"$command $before\" in\n");
    for (int i = 0; i < COMMANDS; i++)
        bash_values(&commands[i]);
    printf("    esac\n"
           "    if [[ $none ]]; then return; fi\n"
           "    if [[ ! $words && ! $files && $current == -* ]]; then\n        case $command in\n");
    for (int i = 0; i < COMMANDS; i++)
        bash_options(&commands[i]);
    printf("        esac\n"
           "    elif [[ ! $words && ! $files && ( $before == \"$command\" || $current == *,* ) ]]; then\n"
           "        case $command in\n        ");
    for (int i = 0, before = 0; i < COMMANDS; i++)
        if (commands[i].pipeline)
            printf("%s%s", before++ > 0 ? " | " : "", commands[i].name);
    print_kernels(") words='");
    printf("' ;;\n        esac\n"
           "        if [[ $current == *,* ]]; then head=${current%%,*},; fi\n"
           "    fi\n"
           "    if [[ $words ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -P \"$head\" -W \"$words\" -- \"${current#\"$head\"}\")\n"
           "        return\n    fi\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "}\n"
           "complete -F _triptych triptych\n");
}

/* ---- zsh ---- */

static void zsh_option(const struct command *command, const struct option *option)
{
    char words[600], text[120];
    bool file;

    describe(command, option, text);
    if (has_letter(option))
        printf(" \\\n        '(-%c --%s)'{-%c,--%s%s}'[%s]", option->val, option->name, option->val, option->name,
               takes_value(option) ? "=" : "", text);
    else
        printf(" \\\n        '--%s%s[%s]", option->name, takes_value(option) ? "=" : "", text);
    if (takes_value(option) && words_of(command, option->name, words, &file)) {
        printf(":%s:(", option->name);
        for (const char *at = words; *at; at++)
            printf(*at == ':' ? "\\%c" : "%c", *at);
        putchar(')');
    } else if (takes_value(option)) {
        printf(":%s:%s", option->name, file ? "_files" : " ");
    }
    putchar('\'');
}

static void zsh(void)
{
    printf("#compdef triptych\n# zsh completion for triptych; 'triptych completion zsh' prints it\n\n"
           "_triptych_pipeline() {\n    compset -P '*,'\n    compadd -S '' --");
    print_kernels(" ");
    printf("\n}\n\n_triptych() {\n    local -a commands=(");
    for (int i = 0; i < COMMANDS; i++)
        printf(" '%s:%s'", commands[i].name, commands[i].summary);
    printf(")\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    fi\n"
           "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (int i = 0; i < COMMANDS; i++) {
        if (!commands[i].options)
            continue;
        printf("    %s)\n        _arguments -s -S", commands[i].name);
        for (const struct option *option = commands[i].options; option->name; option++)
            zsh_option(&commands[i], option);
        if (commands[i].pipeline)
            printf(" \\\n        '1:pipeline:_triptych_pipeline' '*:file:_files'");
        printf(" ;;\n");
    }
    printf("    esac\n}\n\n_triptych \"$@\"\n");
}

/* ---- fish ---- */

static void fish_option(const struct command *command, const struct option *option)
{
    char words[600], text[120];
    bool file;

    describe(command, option, text);
    printf("complete -c triptych -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (has_letter(option))
        printf(" -s %c", option->val);
    if (takes_value(option) && words_of(command, option->name, words, &file))
        printf(" -x -a '%s'", words);
    else if (takes_value(option))
        printf(" %s", file ? "-r -F" : "-x");
    printf(" -d '%s'\n", text);
}

static void fish(void)
{
    printf("# fish completion for triptych; 'triptych completion fish' prints it\n"
           "function __triptych_pipeline\n"
           "    set -l head (string match -r '.*,' -- (commandline -ct))\n"
           "    for kernel in");
    print_kernels(" ");
    printf("\n        echo $head$kernel\n    end\nend\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("complete -c triptych -f -n __fish_use_subcommand -a %s -d '%s'\n", commands[i].name, commands[i].summary);
    printf("complete -c triptych -n '__fish_seen_subcommand_from");
    for (int i = 0; i < COMMANDS; i++)
        if (commands[i].pipeline)
            printf(" %s", commands[i].name);
    printf("; and test (count (commandline -opc)) -eq 2' -a '(__triptych_pipeline)'\n");
    for (int i = 0; i < COMMANDS; i++)
        for (const struct option *option = commands[i].options; option && option->name; option++)
            fish_option(&commands[i], option);
}

int cli_completion(int argc, char **argv)
{
    const char *shell = argc == 2 ? argv[1] : "";

    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return cli_usage("completion", "takes one shell: bash, zsh or fish");
    return TRI_OK;
}
