/* cli.h -- the command line: its commands, and what they share for options, errors and help. */
#ifndef TRIPTYCH_CLI_H
#define TRIPTYCH_CLI_H

#include "triptych.h"

#include <getopt.h>

/* The commands. argv[0] is the command's name; they return the exit code. */
int cli_run(int argc, char **argv);
int cli_bench(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_devices(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_kernels(int argc, char **argv);

/* getopt_long with our messages: the value of the next option, -1 after the last one, '?' where it
 * is wrong; that is reported already, and the command returns TRI_USAGE. `letters` is as for getopt,
 * without a leading ':'. Options may stand anywhere; operands then begin at argv[optind]. */
int cli_option(int argc, char **argv, const char *letters, const struct option *options);

/* An option's or operand's decimal number, minimum to maximum. False: reported already. */
bool cli_count(const char *command, const char *what, const char *text, uint64_t minimum, uint64_t maximum,
               uint64_t *value);

/* Their options, for getopt and for completion in shells. */
extern const struct option cli_run_options[], cli_bench_options[], cli_verify_options[], cli_devices_options[], cli_doctor_options[],
    cli_kernels_options[];
/* completion.c: prints a script for bash, zsh or fish. */
int cli_completion(int argc, char **argv);

/* "triptych: TEXT" on standard error; the result is the exit code. */
int cli_fail(const struct tri_error *error);
/* "triptych: COMMAND: TEXT (see 'triptych COMMAND --help')"; the result is TRI_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "triptych: TEXT", of what --verbose wants to know. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "triptych: note: TEXT". */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_notes(const char *lines); /* one for each line */
/* Notes on OpenCL drivers that were left out, each once in a process, but for those that an error tells of (or NULL). */
void cli_note_drivers(const struct tri_error *told);
/* What a backend notes, from its `told`th character on, each line as a note. */
void cli_backend_notes(const struct tri_backend *backend, size_t *told);

/* Appends an option's value to a list; false where it has `most` already, and that is reported. */
bool cli_append(const char *command, const char *what, const char *value, const char *list[], int *count, int most);

/* "%%" of inputs' names becomes '%', in place, unless there are files of just these names. */
void cli_input_names(int count, char **paths);

/* Reads a picture with all cores, and notes its reader's warning. */
enum tri_status cli_read(const char *path, uint64_t max_pixels, struct tri_image **image, struct tri_error *error);

/* Help, examples first; prints `text` to standard output and returns TRI_OK. bench and verify keep
 * theirs in their own files, the rest is in help.c. */
int cli_help(const char *text);
extern const char cli_help_bench[], cli_help_verify[];
extern const char cli_help_triptych[], cli_help_run[], cli_help_devices[], cli_help_doctor[], cli_help_kernels[];

#endif
