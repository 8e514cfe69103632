/* new.c -- triptych new: writes the start of a kernel file. */
#include "cli/cli.h"
#include "pipeline/registry.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char intro[] =
    "Examples:\n"
    "  triptych new vignette\n"
    "  triptych new filters/soften --class window\n"
    "\n"
    "Usage: triptych new NAME [--class point|window|time|gather]\n"
    "\n"
    "Writes NAME.cl, the commented start of a kernel: 'triptych run ./NAME.cl' runs\n"
    "it, 'triptych verify ./NAME.cl' checks it, and fails until its body gives the\n"
    "known answer in it. A file that exists is not overwritten.\n";

enum { CLASSES = 4 };
static const struct {
    const char *template, *sentence;
} classes[CLASSES] = {
    {"new_point", "what it makes of each sample."},
    {"new_window", "what it makes of each sample and those around it."},
    {"new_time", "what it makes of a frame and the one before."},
    {"new_gather", "which samples it takes."},
};
enum kind { POINT, WINDOW, TIME, GATHER };

struct request {
    enum kind kind;
};

static const struct cli_option options[] = {
    {"class", 0, "CLASS",
     "what a sample is made from: the one at its place (point, the default), those around it "
     "(window), those of two frames (time), or any (gather)",
     CLI_SETS_CHOICE(struct request, kind, enum kind, POINT, "point|window|time|gather")},
    {0}};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

/* The kernel's name: a path's last part. */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Names are words of C, in lower case as all of them are. */
static bool is_name(const char *name)
{
    const size_t length = strlen(name);

    return length > 0 && length <= 40 && islower((unsigned char)name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

/* The template with the name in place of NAME. */
static void put_template(FILE *to, const char *text, const char *name)
{
    for (const char *at; (at = strstr(text, "NAME")) != NULL; text = at + 4)
        fprintf(to, "%.*s%s", (int)(at - text), text, name);
    fputs(text, to);
}

static enum tri_status write_start(const char *path, const char *name, enum kind kind,
                                   struct tri_error *error)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *to = file >= 0 ? fdopen(file, "w") : NULL;

    if (to == NULL) {
        const int why = errno;
        if (file >= 0)
            close(file);
        return tri_fail(error, TRI_FAILED, "new: cannot write %s: %s", path,
                        why == EEXIST ? "it exists; remove it, or choose another name"
                                      : strerror(why));
    }
    fprintf(to, "/* %s -- %s */\n#include \"kernel.h\"\n", name, classes[kind].sentence);
    put_template(to, tri_source_find(classes[kind].template), name);
    const bool failed = ferror(to);
    if (fclose(to) == 0 && !failed)
        return TRI_OK;
    const int why = errno;
    unlink(path);
    return tri_fail(error, TRI_FAILED, "new: cannot write %s: %s", path, strerror(why));
}

static int run_new(int argc, char **argv)
{
    struct request request = {POINT};
    struct tri_error error;
    char path[4200], stem[4096];
    int code;

    if (!cli_parse(&cli_command_new, argc, argv, &request, &code))
        return code;
    if (argc - optind != 1)
        return cli_usage("new", "expected one name");
    const size_t length = strlen(argv[optind]);
    const bool ends = length > 3 && strcmp(argv[optind] + length - 3, ".cl") == 0;
    if (length >= sizeof stem)
        return cli_usage("new", "the name is too long");
    snprintf(stem, sizeof stem, "%.*s", (int)(ends ? length - 3 : length), argv[optind]);
    if (!is_name(name_of(stem)))
        return cli_usage("new",
                         "'%s' is no name: a kernel's has small letters, digits and '_', and "
                         "begins with a letter",
                         name_of(stem));
    if (tri_kernel_find(name_of(stem)) != NULL)
        cli_note("%s is also a built-in kernel: pipelines reach this one by its path alone",
                 name_of(stem));
    snprintf(path, sizeof path, "%s.cl", stem);
    if (write_start(path, name_of(stem), request.kind, &error) != TRI_OK)
        return cli_fail(&error);
    const char *before = strchr(path, '/') != NULL ? "" : "./";
    printf("%s is written. Next:\n  triptych run %s%s in.png -o out.png\n  triptych verify %s%s\n",
           path, before, path, before, path);
    return TRI_OK;
}

const struct cli_command cli_command_new = {.name = "new",
                                            .summary = "write the start of a kernel of your own",
                                            .intro = intro,
                                            .groups = groups,
                                            .run = run_new};
