/* serve.c -- triptych serve: an image service over HTTP. */
#include "serve/serve.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>

static const char intro[] =
    "Examples:\n"
    "  triptych serve --root photos/\n"
    "  triptych serve --root photos/ --listen unix:/run/triptych.sock --cache 1G\n"
    "  triptych serve --root photos/ --key key.txt --max-age 86400 --access-log -\n"
    "  curl http://127.0.0.1:8080/resize:width=320/cat.jpg -o small.jpg\n"
    "  curl http://127.0.0.1:8080/gray,sobel/cat.jpg?format=png -o edges.png\n"
    "  curl -X POST -T cat.jpg http://127.0.0.1:8080/flip -o flipped.jpg\n"
    "\n"
    "Usage: triptych serve [OPTION]...\n"
    "\n"
    "Answers GET /PIPELINE/PATH with the picture at PATH below the root, and POST\n"
    "/PIPELINE with the picture in its body, after the pipeline. The format is the one\n"
    "that Accept prefers, or that the URL names. /healthz and /metrics tell how it is.\n"
    "It speaks HTTP alone, by default to this machine: leave TLS, and clients from\n"
    "elsewhere, to a proxy. SIGTERM and SIGINT end it after what is under way.\n";

/* ---- options ---- */

static bool parse_size(const char *name, const char *text, uint64_t *size)
{
    static const char units[] = "KMGT";
    char *end;

    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    const int shift = unit != NULL ? 10 * (int)(unit - units + 1) : 0;
    if (text[0] < '0' || text[0] > '9' || end[unit != NULL] != '\0' || errno != 0 ||
        number > (UINT64_C(1) << 50) >> shift) {
        cli_usage("serve", "invalid value '%s' for --%s; expected bytes, such as 500000 or 64M",
                  text, name);
        return false;
    }
    *size = (uint64_t)number << shift;
    return true;
}

static bool set_cache(const char *text, void *options)
{
    return parse_size("cache", text, &((struct tri_serve_options *)options)->cache);
}

static bool set_max_bytes(const char *text, void *of)
{
    struct tri_serve_options *options = of;

    if (!parse_size("max-bytes", text, &options->max_bytes))
        return false;
    if (options->max_bytes > 0 && options->max_bytes <= UINT64_C(1) << 40)
        return true;
    cli_usage("serve", "invalid value '%s' for --max-bytes; expected 1 to 1T", text);
    return false;
}

#define TEXT(member) CLI_SETS_TEXT(struct tri_serve_options, member)
#define NUMBER(member, low, high) CLI_SETS_NUMBER(struct tri_serve_options, member, low, high)

static const struct cli_option options[] = {
    {"root", 0, "FOLDER", "the folder of the pictures for GET; without it only uploads work",
     TEXT(root), .file = true},
    {"listen", 0, "WHERE",
     "HOST:PORT, where port 0 takes a free one, or unix:PATH; default 127.0.0.1:8080",
     TEXT(listen)},
    {"cache", 0, "SIZE", "bytes of answers to keep, such as 64M (default) or 2G; 0 keeps none",
     CLI_CALLS(set_cache)},
    {"max-pixels", 0, "N", "refuse larger pictures, as input and as result; default 50000000",
     CLI_SETS_COUNT(struct tri_serve_options, max_pixels, 1, (uint64_t)TRI_SIDE_MAX *TRI_SIDE_MAX)},
    {"max-bytes", 0, "SIZE", "refuse larger files and uploads; default 32M",
     CLI_CALLS(set_max_bytes)},
    {"timeout", 0, "SECONDS",
     "longest time for a request to arrive, and again for its answer; default 30",
     NUMBER(timeout, 1, 3600)},
    {"workers", 0, "N", "threads that compute; default one for each core",
     NUMBER(workers, 1, 1024)},
    {"queue", 0, "N", "computations that wait; more are answered by 503; default 64",
     NUMBER(queue, 1, 100000)},
    {"connections", 0, "N", "connections at a time; more wait to be accepted; default 4096",
     NUMBER(connections, 1, 1000000)},
    {"max-age", 0, "SECONDS",
     "how long clients may use an answer without asking again; default 0: they ask each time, "
     "which costs little",
     NUMBER(max_age, 0, 31536000)},
    {"access-log", 0, "FILE", "add a line for each request; '-' is standard output",
     TEXT(access_log), .file = true},
    {"key", 0, "FILE",
     "accept only URLs signed with this key: a line of hexadecimal digits, and a second one if "
     "there is a salt, as of imgproxy",
     TEXT(key), .file = true},
    {0},
};

static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

/* ---- the command ---- */

static void ready(const char *where)
{
    printf("listening on %s\n", where);
    fflush(stdout);
}

static int run_serve(int argc, char **argv)
{
    struct tri_serve_options request = {.listen = "127.0.0.1:8080",
                                        .cache = UINT64_C(64) << 20,
                                        .max_pixels = 50000000,
                                        .max_bytes = UINT64_C(32) << 20,
                                        .timeout = 30,
                                        .queue = 64,
                                        .connections = 4096};
    struct tri_error error;
    int code;

    if (!cli_parse(&cli_command_serve, argc, argv, &request, &code))
        return code;
    if (optind < argc)
        return cli_usage("serve", "unexpected argument '%s'", argv[optind]);
    return tri_serve(&request, ready, &error) == TRI_OK ? TRI_OK : cli_fail(&error);
}

const struct cli_command cli_command_serve = {.name = "serve",
                                              .summary = "answer requests for pictures over HTTP",
                                              .intro = intro,
                                              .groups = groups,
                                              .run = run_serve};
