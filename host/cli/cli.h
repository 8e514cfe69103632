/* cli.h -- the commands, and the messages and help that they share. */
#ifndef TRIPTYCH_CLI_H
#define TRIPTYCH_CLI_H

#include "cli/option.h"
#include "triptych.h"

/* A command with its help and options. */
struct cli_command {
    const char *name;
    const char *summary; /* a few words; NULL: not listed */
    const char *intro;   /* the help above the options; NULL: no help of its own */
    /* the last group has no options; NULL: the command has none */
    const struct cli_option_group *groups;
    bool pipeline;                     /* the first operand is a pipeline or a kernel's name */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
    /* What shells offer for operands: after one of the words `after`, "a|b", the words `words`;
     * `after` may be the command's name. Called with 0, 1, ... until it returns false; NULL: files
     * only. */
    bool (*operands)(int number, char after[CLI_WORDS_MAX], char words[CLI_WORDS_MAX]);
};

/* main.c: all commands in the order of the help, then NULL. */
extern const struct cli_command *const cli_commands[];
/* Those of two words, "lab grade", with options of their own, for completion; then NULL. The first
 * word's command runs them. */
extern const struct cli_command *const cli_two_words[];
extern const struct cli_command cli_command_run, cli_command_montage, cli_command_sheet,
    cli_command_bench, cli_command_verify, cli_command_compare, cli_command_results,
    cli_command_lab, cli_command_serve, cli_command_cluster, cli_command_devices,
    cli_command_doctor, cli_command_lab_grade, cli_command_kernels, cli_command_new,
    cli_command_completion, cli_command_learn;

/* environment.c. Call the first one at the start of main, the second before opening backends of
 * these names (count 0: all OpenCL devices may be used). */
void cli_set_environment(void);
void cli_set_opencl_environment(const char *const on[], int count);

/* The exit code of `compare --fail-slower` and `bench --baseline`; others are enum tri_status. */
enum { CLI_SLOWER = 5 };

/* Prints "triptych: TEXT" on standard error; returns the exit code. */
int cli_fail(const struct tri_error *error);
/* Prints "triptych: COMMAND: TEXT (see 'triptych COMMAND --help')"; returns TRI_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints "triptych: TEXT", for --verbose. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints "triptych: note: TEXT". */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_notes(const char *lines);    /* one note for each line */
void cli_long_note(const char *text); /* one note of several lines */
/* Prints notes on OpenCL drivers that were left out, each once per process, except those that the
 * error `told` (may be NULL) already names. */
void cli_note_drivers(const struct tri_error *told);
/* Prints a backend's notes from character *told on, one for each line, and advances *told. */
void cli_backend_notes(const struct tri_backend *backend, size_t *told);

/* Joins a command's arguments after "triptych", as a shell takes them. */
void cli_join_command(int argc, char **argv, char *text, size_t size);

/* Replaces "%%" by '%' in the names of inputs, in place, unless a file has the name as given. */
void cli_input_names(int count, char **paths);

/* Reads a picture on all cores, and prints the reader's warning as a note. */
enum tri_status cli_read(const char *path, uint64_t max_pixels, struct tri_image **image,
                         struct tri_error *error);

/* As tri_pipeline_parse, for a pipeline of the command line: it may name kernel files. */
enum tri_status cli_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                   struct tri_error *error);
/* Of an unknown kernel: which command or option does that, if one is known. */
void cli_explain_not_kernel(struct tri_error *error);

/* The same, but "@FILE" is the pipeline in that file. */
enum tri_status cli_pipeline_read(const char *text, struct tri_pipeline **pipeline,
                                  struct tri_error *error);

/* Print help to standard output, examples first; return TRI_OK. */
int cli_help(const struct cli_command *command);
int cli_help_triptych(void);
/* Prints `text` in lines of at most `columns`, broken between words; line breaks of the text are
 * kept. The first line is already indented; the others begin with `indent` blanks. */
void cli_print_wrapped(const char *text, int indent, int columns);

#endif
