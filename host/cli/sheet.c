/* sheet.c -- triptych sheet: frames of a clip as small pictures on one. */
#include "cli/candidates_options.h"
#include "cli/cli.h"
#include "cli/clip_tiles.h"
#include "cli/file_conflicts.h"
#include "cli/interrupt.h"
#include "cli/montage_sheet.h"
#include "cli/picture_options.h"
#include "cli/trim_options.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char intro[] =
    "Examples:\n"
    "  triptych sheet film.mp4 -o sheet.png\n"
    "  triptych sheet film.mp4 -o sheet.jpg --every 60 --columns 8 --width 200 --label\n"
    "  triptych sheet film.mp4 -o cuts.png --scenes --from 1:30 --to 5:00\n"
    "\n"
    "Usage: triptych sheet CLIP -o OUTPUT [OPTION]...\n"
    "\n"
    "Puts frames of a video on one picture, row by row. The clip is cut into equal parts,\n"
    "and the frame in the middle of each is taken; or one for each --every, or the first\n"
    "one and those after cuts. CLIP is a video, a picture of several frames, or numbered\n"
    "pictures such as frame-%04d.png; not standard input, as it is read several times.\n"
    "Pixels become square, and frames upright as the clip says. The result has 16 bits if\n"
    "the clip has more than 8. One frame as a picture: triptych run copy CLIP -o x.png\n"
    "--frame 90.5s.\n";

struct request {
    const char *output, *threshold;
    const struct tri_format *format;
    struct cli_clip clip;
    uint64_t columns, gap, border, max_pixels;
    int quality;
    struct tri_background background;
};

/* ---- options ---- */

static bool set_background(const char *text, void *of)
{
    return cli_set_background("sheet", text, &((struct request *)of)->background);
}

static bool set_format(const char *text, void *of)
{
    return cli_set_format("sheet", text, &((struct request *)of)->format);
}

static bool set_from(const char *text, void *of)
{
    return cli_set_mark("sheet", "from", text, &((struct request *)of)->clip.trim.from);
}

static bool set_to(const char *text, void *of)
{
    return cli_set_mark("sheet", "to", text, &((struct request *)of)->clip.trim.to);
}

static bool set_every(const char *text, void *of)
{
    struct request *request = of;
    struct tri_mark every;

    if (!cli_set_mark("sheet", "every", text, &every))
        return false;
    request->clip.every = every.seconds;
    if (every.frame < 0 && every.seconds >= 0.001)
        return true;
    cli_usage("sheet", "invalid value '%s' for --every; expected a time such as 10 or 1:30", text);
    return false;
}

#define COUNT(member, low, high) CLI_SETS_COUNT(struct request, member, low, high)

static const struct cli_option options[] = {
    {"output", 'o', "OUTPUT", "the picture to write; '-' is standard output",
     CLI_SETS_TEXT(struct request, output), .file = true},
    {"count", 0, "N", "how many frames; default 16, or all of a clip that has fewer",
     COUNT(clip.count, 1, 1000000)},
    {"every", 0, "TIME", "the first frame of each so many seconds, such as 10, or 1:30",
     CLI_CALLS(set_every)},
    {"scenes", 0, NULL,
     "the first frame, and each frame after a cut, as the kernel scene finds them",
     CLI_SETS_FLAG(struct request, clip.scenes)},
    {"threshold", 0, "N", "for --scenes: scores of at least N percent are cuts; default 10",
     CLI_SETS_TEXT(struct request, threshold)},
    {"from", 0, "TIME",
     "leave out the frames before TIME: seconds, such as 90.5, or 1:30.5, or 1:02:03, or a number "
     "of frames, such as 250f",
     CLI_CALLS(set_from)},
    {"to", 0, "TIME", "leave out frames from TIME on", CLI_CALLS(set_to)},
    {"columns", 0, "N", "frames in a row; by default the grid is about as wide as high",
     COUNT(columns, 1, 1000000)},
    {"width", 0, "N", "of a frame, in pixels; default 320, or that of a clip that is less wide",
     CLI_SETS_NUMBER(struct request, clip.width, 1, TRI_SIDE_MAX)},
    {"label", 0, NULL, "draw the time of each frame into it",
     CLI_SETS_FLAG(struct request, clip.label)},
    {"gap", 0, "N", "pixels between frames; default 4", COUNT(gap, 0, 100000)},
    {"border", 0, "N", "pixels around all; default 0", COUNT(border, 0, 100000)},
    {"background", 0, "C",
     "colour between frames: #rgb, #rrggbb, a name, or none for transparency; default white",
     CLI_CALLS(set_background), .more_words = cli_background_words},
    {"on", 0, "BACKEND", "what computes, as in 'triptych run'; default threads",
     CLI_SETS_TEXT(struct request, clip.on), .words = CLI_BACKENDS},
    {"format", 0, "FORMAT", "format of the output, instead of that of the extension",
     CLI_CALLS(set_format), .more_words = cli_format_words},
    {"quality", 0, "N", "quality of lossy formats, 1 to 100; default 90",
     CLI_SETS_NUMBER(struct request, quality, 1, 100)},
    {"max-pixels", 0, "N", "refuse larger frames, and a larger result; default 268435456",
     COUNT(max_pixels, 1, (uint64_t)TRI_SIDE_MAX *TRI_SIDE_MAX)},
    {0},
};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

static int check_choice(const struct request *request)
{
    const struct cli_clip *clip = &request->clip;

    if ((clip->count > 0) + (clip->every > 0) + clip->scenes > 1)
        return cli_usage("sheet", "--count, --every and --scenes exclude each other");
    if (request->threshold != NULL && !clip->scenes)
        return cli_usage("sheet", "--threshold is for --scenes");
    return TRI_OK;
}

/* Whether it can be read once only. */
static bool is_pipe(const char *path)
{
    struct stat status;

    return strcmp(path, "-") == 0 || (stat(path, &status) == 0 && S_ISFIFO(status.st_mode));
}

static int check(const struct request *request, int operands, char **operand)
{
    if (operands != 1)
        return cli_usage("sheet", operands == 0 ? "no clip given" : "more than one clip given");
    if (request->output == NULL || request->output[0] == '\0')
        return cli_usage("sheet", "no output given; add -o FILE");
    if (is_pipe(operand[0]))
        return cli_usage("sheet", "a clip is read several times, so it cannot be a pipe; write it "
                                  "to a file first");
    if (strcmp(request->output, "-") == 0 && isatty(STDOUT_FILENO))
        return cli_usage("sheet",
                         "cannot write a picture to a terminal; redirect it to a file or a pipe");
    return check_choice(request);
}

/* ---- the sheet ---- */

static enum tri_status write_sheet(const struct request *request, const struct cli_tiles *tiles,
                                   struct tri_error *error)
{
    const uint8_t *colour = request->background.colour;
    const int columns = request->columns == 0 ? cli_sheet_columns(tiles->count)
                        : request->columns < (uint64_t)tiles->count ? (int)request->columns
                                                                    : tiles->count;
    const struct cli_sheet sheet = {.command = "sheet",
                                    .smaller = "--width",
                                    .pictures = tiles->list,
                                    .count = tiles->count,
                                    .columns = columns,
                                    .gap = (int)request->gap,
                                    .border = (int)request->border,
                                    .clear = request->background.use == TRI_NO_BACKGROUND,
                                    .colour = {colour[0], colour[1], colour[2]}};
    const struct cli_sheet_file file = {request->output, request->format, request->quality,
                                        request->max_pixels};

    return cli_sheet_write(&sheet, &file, error);
}

static enum tri_status check_places(const struct request *request, struct tri_error *error)
{
    struct cli_places places = {.command = "sheet"};

    cli_places_numbered(&places, NULL, request->clip.path, 0);
    cli_places_output(&places, "-o", request->output, 0);
    return cli_places_check(&places, error);
}

static int make(const struct request *request)
{
    struct cli_tiles tiles = {0};
    struct tri_error error;

    enum tri_status status = check_places(request, &error);
    if (status == TRI_OK) {
        cli_interrupt_catch();
        status = cli_tiles_read(&request->clip, &tiles, &error);
    }
    if (status == TRI_OK)
        status = write_sheet(request, &tiles, &error);
    if (status != TRI_OK)
        cli_fail(&error);
    if (tiles.damage[0] != '\0')
        cli_note("%s", tiles.damage);
    if (tiles.damage[0] != '\0' && status == TRI_OK)
        status = TRI_FAILED;
    cli_tiles_free(&tiles);
    return status;
}

static int run_sheet(int argc, char **argv)
{
    struct request request = {
        .clip = {.on = "threads"}, .gap = 4, .background = {TRI_BACKGROUND_TOLD, {255, 255, 255}}};
    int code;

    if (!cli_parse(&cli_command_sheet, argc, argv, &request, &code))
        return code;
    code = check(&request, argc - optind, argv + optind);
    if (code != TRI_OK)
        return code;
    cli_input_names(1, argv + optind);
    request.clip.path = argv[optind];
    request.clip.threshold = request.threshold;
    request.clip.max_pixels = request.max_pixels > 0 ? request.max_pixels : TRI_PIXEL_LIMIT;
    return make(&request);
}

const struct cli_command cli_command_sheet = {.name = "sheet",
                                              .summary = "put frames of a clip on one picture",
                                              .intro = intro,
                                              .groups = groups,
                                              .run = run_sheet};
