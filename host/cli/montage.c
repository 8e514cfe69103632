/* montage.c -- triptych montage: several pictures on one, side by side, one below the other, or in
 * a grid. */
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/picture_options.h"
#include "cli/file_conflicts.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/montage_sheet.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char intro[] =
    "Examples:\n"
    "  triptych montage photos/ -o sheet.png --cell 320x240 --gap 8\n"
    "  triptych montage left.png right.png -o both.png --rows 1\n"
    "  triptych montage a.png b.png c.png -o tall.png --columns 1 --gravity west\n"
    "\n"
    "Usage: triptych montage INPUT... -o OUTPUT [OPTION]...\n"
    "\n"
    "Puts pictures on one, row by row: in a grid that is about as wide as high, or in\n"
    "as many columns or rows as --columns or --rows says. Columns are as wide as their\n"
    "widest picture and rows as high as their highest, or with --cell pictures are\n"
    "fitted into cells of one size. INPUT is a picture, a folder with pictures, or '-'\n"
    "for standard input; of several pictures in a file the first is used. The result\n"
    "has colours if a picture or the background has, transparency if a picture has\n"
    "or the background is none, and 16 bits if a picture has. Metadata are not kept.\n";

struct request {
    const char *output, *on;
    const struct tri_format *format;
    uint64_t columns, rows, gap, border, max_pixels;
    int quality, cell[2];                           /* cell: 0: none */
    enum gravity { NORTHWEST, CENTER = 4 } gravity; /* row by row */
    struct tri_background background;
};

/* ---- options ---- */

static bool set_cell(const char *text, void *of)
{
    struct request *request = of;
    char end;

    if (sscanf(text, "%6dx%6d%c", &request->cell[0], &request->cell[1], &end) == 2 &&
        request->cell[0] > 0 && request->cell[1] > 0)
        return true;
    cli_usage("montage", "invalid value '%s' for --cell; expected a size such as 320x240", text);
    return false;
}

static bool set_background(const char *text, void *of)
{
    return cli_set_background("montage", text, &((struct request *)of)->background);
}

static bool set_format(const char *text, void *of)
{
    return cli_set_format("montage", text, &((struct request *)of)->format);
}

#define COUNT(member, low, high) CLI_SETS_COUNT(struct request, member, low, high)

static const struct cli_option options[] = {
    {"output", 'o', "OUTPUT", "the picture to write; '-' is standard output",
     CLI_SETS_TEXT(struct request, output), .file = true},
    {"columns", 0, "N", "pictures in a row", COUNT(columns, 1, 1000000)},
    {"rows", 0, "N", "rows, instead of columns", COUNT(rows, 1, 1000000)},
    {"cell", 0, "WxH",
     "fit each picture into this many pixels, enlarged if it is smaller; by default pictures keep "
     "their size",
     CLI_CALLS(set_cell)},
    {"gap", 0, "N", "pixels between pictures; default 0", COUNT(gap, 0, 100000)},
    {"border", 0, "N", "pixels around all; default 0", COUNT(border, 0, 100000)},
    {"gravity", 0, "WHERE", "where a picture is in a larger cell; default center",
     CLI_SETS_CHOICE(struct request, gravity, enum gravity, NORTHWEST,
                     "northwest|north|northeast|west|center|east|southwest|south|southeast")},
    {"background", 0, "C",
     "colour between and behind pictures: #rgb, #rrggbb, a name, or none for transparency; default "
     "white",
     CLI_CALLS(set_background), .more_words = cli_background_words},
    {"on", 0, "BACKEND", "what fits pictures into cells, as in 'triptych run'; default threads",
     CLI_SETS_TEXT(struct request, on), .words = CLI_BACKENDS},
    {"format", 0, "FORMAT", "format of the output, instead of that of the extension",
     CLI_CALLS(set_format), .more_words = cli_format_words},
    {"quality", 0, "N", "quality of lossy formats, 1 to 100; default 90",
     CLI_SETS_NUMBER(struct request, quality, 1, 100)},
    {"max-pixels", 0, "N", "refuse larger pictures, as input and as result; default 268435456",
     COUNT(max_pixels, 1, (uint64_t)TRI_SIDE_MAX *TRI_SIDE_MAX)},
    {0},
};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

static int check(const struct request *request, int operands)
{
    if (operands == 0)
        return cli_usage("montage", "no input given");
    if (request->output == NULL || request->output[0] == '\0')
        return cli_usage("montage", "no output given; add -o FILE");
    if (request->columns > 0 && request->rows > 0)
        return cli_usage("montage", "--columns and --rows exclude each other; the number of "
                                    "pictures gives the other one");
    if (strcmp(request->output, "-") == 0 && isatty(STDOUT_FILENO))
        return cli_usage("montage",
                         "cannot write a picture to a terminal; redirect it to a file or a pipe");
    return TRI_OK;
}

/* ---- pictures in cells ---- */

struct fitter {
    struct tri_backend *backend; /* NULL: pictures keep their size */
    struct tri_pipeline *pipeline;
};

static enum tri_status open_fitter(const struct request *request, struct fitter *fitter,
                                   struct tri_error *error)
{
    const struct tri_backend_options with = {.size = sizeof with};
    char text[80];

    if (request->cell[0] == 0)
        return TRI_OK;
    snprintf(text, sizeof text, "resize:width=%d:height=%d:mode=fit", request->cell[0],
             request->cell[1]);
    cli_set_opencl_environment(&request->on, 1);
    const enum tri_status status = tri_pipeline_parse(text, &fitter->pipeline, error);
    return status == TRI_OK ? tri_backend_open(request->on, &with, &fitter->backend, error)
                            : status;
}

static void close_fitter(struct fitter *fitter)
{
    tri_pipeline_free(fitter->pipeline);
    tri_backend_close(fitter->backend);
}

/* Replaces the picture by one that fits. */
static enum tri_status fit(const struct fitter *fitter, struct tri_image **image,
                           struct tri_error *error)
{
    struct tri_image *fitted = NULL;
    struct tri_job *job = NULL;

    if (fitter->backend == NULL)
        return TRI_OK;
    enum tri_status status =
        tri_job_new(fitter->backend, fitter->pipeline, &(*image)->shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(job), &fitted, error);
    if (status == TRI_OK)
        status = tri_job_run(job, *image, fitted, NULL, error);
    tri_job_free(job);
    if (status == TRI_OK) {
        tri_image_free(*image);
        *image = fitted;
    } else {
        tri_image_free(fitted);
    }
    return status;
}

static enum tri_status read_all(const struct request *request, const struct cli_inputs *inputs,
                                const struct fitter *fitter, struct tri_image **pictures,
                                struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < inputs->count && status == TRI_OK; i++) {
        const char *path = inputs->list[i].path;
        if (inputs->list[i].video)
            return tri_fail(error, TRI_USAGE,
                            "montage: %s is a video; 'triptych run copy %s -o frame.png --frame 1' "
                            "makes a picture of its first frame",
                            path, path);
        status = cli_read(path, request->max_pixels, &pictures[i], error);
        if (status == TRI_OK)
            status = fit(fitter, &pictures[i], error);
    }
    return status;
}

/* ---- the sheet ---- */

static int columns_of(const struct request *request, int count)
{
    const int rows = request->rows < (uint64_t)count ? (int)request->rows : count;

    if (request->columns > 0)
        return request->columns < (uint64_t)count ? (int)request->columns : count;
    return rows > 0 ? (count + rows - 1) / rows : cli_sheet_columns(count);
}

static enum tri_status write_sheet(const struct request *request, struct tri_image *const *pictures,
                                   int count, struct tri_error *error)
{
    const struct cli_sheet sheet = {.command = "montage",
                                    .smaller = "--cell",
                                    .pictures = pictures,
                                    .count = count,
                                    .columns = columns_of(request, count),
                                    .cell_width = request->cell[0],
                                    .cell_height = request->cell[1],
                                    .gap = (int)request->gap,
                                    .border = (int)request->border,
                                    .gravity = (int)request->gravity,
                                    .clear = request->background.use == TRI_NO_BACKGROUND,
                                    .colour = {request->background.colour[0],
                                               request->background.colour[1],
                                               request->background.colour[2]}};
    const struct cli_sheet_file file = {request->output, request->format, request->quality,
                                        request->max_pixels};

    return cli_sheet_write(&sheet, &file, error);
}

static enum tri_status make(const struct request *request, const struct cli_inputs *inputs,
                            struct tri_error *error)
{
    struct tri_image **pictures = calloc((size_t)inputs->count + 1, sizeof *pictures);
    struct cli_places places = {.command = "montage"};
    struct fitter fitter = {0};

    for (int i = 0; i < inputs->count; i++)
        cli_places_input(&places, inputs->list[i].path, i + 1);
    cli_places_output(&places, "-o", request->output, 0);
    enum tri_status status = cli_places_check(&places, error);
    if (status == TRI_OK && pictures == NULL)
        status =
            tri_fail(error, TRI_FAILED, "montage: out of memory for %d pictures", inputs->count);
    if (status == TRI_OK)
        status = open_fitter(request, &fitter, error);
    if (status == TRI_OK)
        status = read_all(request, inputs, &fitter, pictures, error);
    if (status == TRI_OK)
        status = write_sheet(request, pictures, inputs->count, error);
    for (int i = 0; i < inputs->count && pictures != NULL; i++)
        tri_image_free(pictures[i]);
    free(pictures);
    close_fitter(&fitter);
    return status;
}

static int run_montage(int argc, char **argv)
{
    struct request request = {
        .on = "threads", .gravity = CENTER, .background = {TRI_BACKGROUND_TOLD, {255, 255, 255}}};
    struct cli_inputs inputs = {0};
    struct tri_error error;
    int code;

    if (!cli_parse(&cli_command_montage, argc, argv, &request, &code))
        return code;
    code = check(&request, argc - optind);
    if (code != TRI_OK)
        return code;
    cli_input_names(argc - optind, argv + optind);
    enum tri_status status =
        cli_inputs_find(argv + optind, argc - optind, request.output, &inputs, &error);
    if (status == TRI_OK && inputs.unread > 0) /* already reported */
        code = TRI_FAILED;
    else if (status != TRI_OK || (status = make(&request, &inputs, &error)) != TRI_OK)
        code = cli_fail(&error);
    cli_inputs_free(&inputs);
    return code;
}

const struct cli_command cli_command_montage = {.name = "montage",
                                                .summary = "put several pictures on one",
                                                .intro = intro,
                                                .groups = groups,
                                                .run = run_montage};
