/* main.c -- the program: finds the command and runs it. */
#include "backend/backend.h"
#include "cli/cli.h"
#include "pipeline/own.h"
#include "pipeline/spelling.h"
#include "video/video.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int help(int argc, char **argv);
static int version(int argc, char **argv);

static const struct cli_command version_command = {
    .name = "version", .summary = "show the version and what was built in", .run = version};
static const struct cli_command help_command = {.name = "help", .run = help};

const struct cli_command *const cli_commands[] = {
    &cli_command_run,
    &cli_command_montage,
    &cli_command_sheet,
    &cli_command_learn,
    &cli_command_serve,
    &cli_command_cluster,
    &cli_command_bench,
    &cli_command_compare,
    &cli_command_results,
    &cli_command_verify,
    &cli_command_devices,
    &cli_command_doctor,
    &cli_command_lab,
    &cli_command_kernels,
    &cli_command_new,
    &version_command,
    &help_command,
    &cli_command_completion,
    NULL,
};
const struct cli_command *const cli_two_words[] = {&cli_command_lab_grade, NULL};
enum { COMMANDS = sizeof cli_commands / sizeof cli_commands[0] - 1 };

static int run_command(int argc, char **argv)
{
    const char *names[COMMANDS];
    int count = 0;

    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[0], cli_commands[i]->name) == 0)
            return cli_commands[i]->run(argc, argv);
        if (cli_commands[i] != &cli_command_completion) /* called only by installations */
            names[count++] = cli_commands[i]->name;
    }
    const char *nearest = tri_nearest(argv[0], names, count);
    const char *what = argv[0][0] == '-' ? "option" : "command";
    if (nearest != NULL)
        fprintf(stderr, "triptych: unknown %s '%s'; did you mean '%s'?\n", what, argv[0], nearest);
    else
        fprintf(stderr, "triptych: unknown %s '%s' (see 'triptych --help')\n", what, argv[0]);
    return TRI_USAGE;
}

/* "triptych help run" is "triptych run --help". */
static int help(int argc, char **argv)
{
    char option[] = "--help";
    char *arguments[] = {argc > 1 ? argv[1] : NULL, option, NULL};

    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
        return cli_help_triptych();
    return run_command(2, arguments);
}

static int version(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return cli_help_triptych();
    if (argc > 1)
        return cli_usage("version", "unexpected argument '%s'", argv[1]);
    printf("triptych %s\ninstruction sets:", TRI_VERSION);
    for (int i = 0; i < tri_isa_count(); i++)
        printf(" %s", tri_isa_name(i));
    printf("\nformats:");
    for (int i = 0; i < tri_format_count(); i++) {
        const struct tri_format *format = tri_format_at(i);
        printf("%s %s%s%s%s", i > 0 ? "," : "", format->name, format->library[0] ? " (" : "",
               format->library, format->library[0] ? ")" : "");
    }
    printf("\nvideo:");
    for (int i = 0; tri_video_codec_at(i) != NULL; i++) {
        const struct tri_video_codec *codec = tri_video_codec_at(i);
        printf("%s %s", i > 0 ? "," : "", codec->name);
        if (codec->library)
            printf(" (%s)", codec->library());
    }
    printf("\nOpenCL: yes\n");
    return TRI_OK;
}

/* If a standard stream is closed, the next file opened would take its place and receive our
 * messages. The placeholder is opened in the wrong direction, so using it is still an error. */
static void occupy_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
            _exit(TRI_FAILED);
}

int main(int argc, char **argv)
{
    int status;

    if (tri_probe_command(argc, argv, &status))
        return status;
    occupy_streams();
    cli_set_environment();
    tri_own_tell(cli_long_note);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit returns an error instead */
    if (argc < 2) {
        fputs("triptych: no command given (see 'triptych --help')\n", stderr);
        status = TRI_USAGE;
    } else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        status = cli_help_triptych();
    } else if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        status = version(1, argv);
    } else {
        status = run_command(argc - 1, argv + 1);
    }

    /* Output that did not arrive is a failure: a full disk shows here at the latest. */
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == TRI_OK) {
        fprintf(stderr, "triptych: cannot write standard output%s%s\n", errno ? ": " : "",
                errno ? strerror(errno) : "");
        status = TRI_FAILED;
    }
    if (tri_opencl_hung())
        _exit(status); /* drivers' exit handlers would wait for the hung kernel */
    return status;
}
