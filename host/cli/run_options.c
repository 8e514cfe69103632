/* run_options.c -- the help and the options of triptych run. */
#include "cli/cli.h"
#include "cli/candidates_options.h"
#include "cli/picture_options.h"
#include "cli/run.h"
#include "cli/trace_output.h"
#include "cli/trim_options.h"
#include "codec/reduce_depth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char intro[] =
    "Examples:\n"
    "  triptych run sobel in.png -o out.png\n"
    "  triptych run gray,gaussian:sigma=2,sobel in.jpg -o out.png --timings\n"
    "  triptych run resize:width=1280 photos/ -o small/ --format jpeg --quality 85\n"
    "  triptych run difference frame-*.png -o moved-%04d.png\n"
    "  triptych run temporal_denoise in.mp4 -o out.mp4\n"
    "  triptych run median scan.tif -o clean.tif\n"
    "  triptych run composite:gravity=southeast photos/ --with logo.png -o marked/\n"
    "  triptych run resize:width=320 clips/ -o previews/ --format jpeg --frame 2.5s\n"
    "  ffmpeg -i in.mp4 -f yuv4mpegpipe - | triptych run sobel - -o - | ffplay -\n"
    "  cat in.png | triptych run box:radius=9 - -o - --format pnm > out.ppm\n"
    "\n"
    "Usage: triptych run PIPELINE INPUT... -o OUTPUT [OPTION]...\n"
    "\n"
    "PIPELINE is a list of operations separated by commas; parameters follow after\n"
    "colons ('triptych kernels' lists them). INPUT is a picture, a video, a folder\n"
    "with both, or '-' for standard input; its format is known from its content. If\n"
    "the pipeline uses previous frames, several inputs of one shape are successive\n"
    "frames. All pages of a TIFF, frames of an APNG or animated WebP, AVIF or JPEG XL,\n"
    "and PNG or PNM files one behind another go to numbered pictures (out-%d.png), to\n"
    "a video, or into one file of a format that can store them: pages into TIFF,\n"
    "frames also into PNG and WebP. Other outputs get the first, or the one that\n"
    "--frame names.\n";

/* ---- options with functions of their own ---- */

static void reduce(int fraction[2])
{
    int a = fraction[0], b = fraction[1];

    while (b != 0) {
        const int rest = a % b;
        a = b;
        b = rest;
    }
    fraction[0] /= a;
    fraction[1] /= a;
}

/* Accepts "30", "30000/1001", "29.97" (which means 30000/1001), or "every": each frame once. */
static bool set_frame_rate(const char *text, void *request)
{
    struct tri_video_write_options *video = &((struct cli_run_request *)request)->video;
    int *rate = video->frame_rate;
    double value;
    char end;

    video->every_frame = strcmp(text, "every") == 0;
    if (video->every_frame)
        return true;
    if (sscanf(text, "%lf%c", &value, &end) == 1 && value >= 0.001 && value <= 100000) {
        const bool ntsc = value < round(value) && fabs(value - round(value) / 1.001) < 0.005;
        rate[0] = (int)round((ntsc ? round(value) : value) * 1000);
        rate[1] = ntsc ? 1001 : 1000;
    } else if (sscanf(text, "%9d/%9d%c", &rate[0], &rate[1], &end) != 2 || rate[0] < 1 ||
               rate[1] < 1) {
        cli_usage(
            "run",
            "invalid value '%s' for --frame-rate or --fps; expected a rate such as 30, 29.97 or "
            "30000/1001, or 'every'",
            text);
        return false;
    }
    reduce(rate);
    return true;
}

static bool set_format(const char *text, void *of)
{
    struct cli_run_request *request = of;

    request->video.format = text; /* of pictures too: those of a sequence */
    request->write.format = tri_format_find(text);
    /* In this order, because the video libraries take long to load. */
    if (request->write.format != NULL || tri_video_writes("", text))
        return true;
    cli_usage("run",
              "unknown format '%s' for --format ('triptych --version' lists the supported ones)",
              text);
    return false;
}

static bool set_background(const char *text, void *request)
{
    return cli_set_background("run", text, &((struct cli_run_request *)request)->write.background);
}

static bool set_output(const char *text, void *of)
{
    struct cli_run_request *request = of;

    if (request->output != NULL)
        cli_usage("run", "-o is given twice");
    else
        request->output = text;
    return request->output == text;
}

static bool set_depth(const char *text, void *of)
{
    struct cli_run_request *request = of;

    request->write.depth = strcmp(text, "8") == 0 ? 8 : strcmp(text, "16") == 0 ? 16 : 0;
    if (request->write.depth == 0)
        cli_usage("run", "invalid value '%s' for --depth; expected 8 or 16", text);
    return request->write.depth != 0;
}

static bool set_interlace(const char *text, void *of)
{
    (void)text;
    ((struct cli_run_request *)of)->write.interlace = TRI_INTERLACED;
    return true;
}

static bool set_frame(const char *text, void *request)
{
    return cli_parse_frame(text, &((struct cli_run_request *)request)->frame);
}

static bool set_from(const char *text, void *request)
{
    return cli_set_mark("run", "from", text, &((struct cli_run_request *)request)->trim.from);
}

static bool set_end(const char *name, const char *text, bool length, struct tri_trim *trim)
{
    if (trim->to.given && trim->length != length) {
        cli_usage("run", "--to and --duration both say where the part ends; remove one of them");
        return false;
    }
    trim->length = length;
    return cli_set_mark("run", name, text, &trim->to);
}

static bool set_to(const char *text, void *request)
{
    return set_end("to", text, false, &((struct cli_run_request *)request)->trim);
}

static bool set_duration(const char *text, void *request)
{
    return set_end("duration", text, true, &((struct cli_run_request *)request)->trim);
}

/* The last of --quiet and --verbose counts. */
static bool set_quiet(const char *text, void *of)
{
    struct cli_run_request *request = of;

    (void)text;
    request->quiet = true;
    request->verbose = false;
    return true;
}

static bool set_verbose(const char *text, void *of)
{
    struct cli_run_request *request = of;

    (void)text;
    request->quiet = false;
    request->verbose = true;
    return true;
}

static void format_words(char words[CLI_WORDS_MAX])
{
    cli_format_words(words);
    cli_add_word(words, "y4m|mp4|mkv|webm|mov");
}

/* ---- all options ---- */

#define FLAG(member) CLI_SETS_FLAG(struct cli_run_request, member)
#define TEXT(member) CLI_SETS_TEXT(struct cli_run_request, member)
#define COUNT(member, low, high) CLI_SETS_COUNT(struct cli_run_request, member, low, high)
#define NUMBER(member, low, high) CLI_SETS_NUMBER(struct cli_run_request, member, low, high)
#define CHOICE(member, enumeration, first, all) \
    CLI_SETS_CHOICE(struct cli_run_request, member, enumeration, first, all)

static const struct cli_option general[] = {
    {"output", 'o', "OUTPUT",
     "a file, or '-' for standard output; for several inputs a folder (created if it ends in '/') "
     "or a pattern with one %d or %04d, which counts from 1 (%% is a percent sign)",
     CLI_CALLS(set_output), .file = true},
    {"on", 0, "BACKEND",
     "sequential, threads[:N], opencl[:SEL] or auto; default threads. SEL is gpu, cpu, "
     "accelerator, the name of a device or platform or part of it, PLATFORM:DEVICE, or P.D, a "
     "number that may change; a final /N uses N compute units ('triptych devices' lists all). "
     "Several joined by '+', or all, share the work by measured speed",
     TEXT(on), .words = CLI_BACKENDS "|auto|all"},
    {"isa", 0, "ISA",
     "instruction set for sequential and threads, listed by 'triptych devices'; default native",
     TEXT(isa), .more_words = cli_isa_words},
    {"with", 0, "FILE",
     "the second picture for kernels of two, such as composite, or for videos also a video, frame "
     "by frame; for blend and difference a video whose frames serve as the previous ones of INPUT",
     TEXT(with), .file = true},
    {"data", 0, "FILE",
     "write what a kernel reports besides the picture, such as the numbers of stats or the vectors "
     "of motion, as CSV, or as JSON if the name ends in .json; -o may then be omitted",
     TEXT(data), .file = true},
    {"data-format", 0, "FORMAT", "of --data: csv, json, or auto (default), by the name of its FILE",
     CHOICE(data_format, enum cli_data_format, CLI_DATA_AUTO, "auto|csv|json")},
    {"trim", 0, "TOLERANCE",
     "first cut off the border of each picture that has the colour of its top left pixel, but for "
     "differences up to this part of the maximum, such as 0 or 0.05",
     CLI_CALLS(cli_set_trim)},
    {"jobs", 'j', "N",
     "files or frames in flight at the same time; default one for each thread, two more for videos",
     COUNT(jobs, 1, CLI_JOBS_MAX)},
    {"max-pixels", 0, "N",
     "refuse larger pictures and frames, as input and as result; default 268435456",
     COUNT(max_pixels, 1, (uint64_t)TRI_SIDE_MAX *TRI_SIDE_MAX)},
    {"keep-going", 0, NULL, "finish the other files if one fails (default)",
     CLI_CLEARS_FLAG(struct cli_run_request, fail_fast)},
    {"fail-fast", 0, NULL, "start no more files after one has failed", FLAG(fail_fast)},
    {"timings", 0, NULL, "print on standard error how long each phase took", FLAG(timings)},
    {"progress", 0, NULL,
     "on a terminal, also show while it runs how busy each stage and each core is", FLAG(progress)},
    {"timeline", 0, NULL,
     "draw on standard error what each thread and each queue of a device did when, and where it "
     "waited",
     FLAG(timeline)},
    {"trace", 0, "FILE", CLI_TRACE_HELP, TEXT(trace), .file = true},
    {"quiet", 'q', NULL, "no notes, no progress; errors are still reported", CLI_CALLS(set_quiet)},
    {"verbose", 'v', NULL, "also report what computes, and the result for each file",
     CLI_CALLS(set_verbose)},
    {0},
};

static const struct cli_option files[] = {
    {"format", 0, "FORMAT",
     "format of the output, instead of that of the extension; 'triptych --version' lists what was "
     "built in",
     CLI_CALLS(set_format), .more_words = format_words},
    {"png-level", 0, "L", "PNG compression (default, fast or small)",
     CHOICE(write.png_level, enum tri_png_level, TRI_PNG_DEFAULT, "default|fast|small")},
    {"quality", 0, "N", "quality of JPEG and lossy WebP, AVIF, JPEG XL, 1 to 100; default 90",
     NUMBER(write.quality, 1, 100)},
    {"subsampling", 0, "S", "chroma subsampling in JPEG and lossy AVIF: 420 (default), 422 or 444",
     CHOICE(write.subsampling, enum tri_subsampling, TRI_420, "420|422|444")},
    {"lossless", 0, NULL, "write lossless WebP, AVIF, JPEG XL", FLAG(write.lossless)},
    {"lossless-jpeg", 0, NULL,
     "JPEG to JPEG without decoding, for crop, flip, transpose, rotate by quarters and copy: "
     "refused if that is not exact, as where a crop begins within a block",
     FLAG(lossless_jpeg)},
    {"depth", 0, "BITS",
     "bits of each sample in pictures, 8 (rounded to nearest) or 16; default those of the result, "
     "or what the format can store",
     CLI_CALLS(set_depth), .words = "8|16"},
    {"colors", 0, "N", "write PNG and GIF with a palette of at most N colours, 2 to 256",
     NUMBER(write.colours, 2, 256)},
    {"dither", 0, "HOW",
     "with --colors: on spreads each pixel's error over its neighbours, off does not; default on",
     CHOICE(write.dither, enum tri_dither, TRI_DITHER, "on|off")},
    {"interlace", 0, NULL,
     "write PNG (Adam7) and JPEG (progressive) that show the whole picture early",
     CLI_CALLS(set_interlace)},
    {"background", 0, "C",
     "colour behind transparent pictures if the format has no transparency: #rgb, #rrggbb, a name, "
     "or none to refuse them; default white, with a note",
     CLI_CALLS(set_background), .more_words = cli_background_words},
    {"shrink-on-load", 0, "HOW",
     "let the JPEG decoder shrink by 2, 4 or 8 if the pipeline begins with a resize to less; the "
     "size is the same, the samples are not. good: leave a factor of 2 or more to resize; fast: "
     "none, twice as fast, but fine detail may alias; default off",
     CHOICE(shrink, enum tri_shrink, TRI_SHRINK_OFF, "off|good|fast")},
    {"strip", 0, NULL, "drop colour profile, EXIF, text and other metadata", FLAG(strip)},
    {"verify-output", 0, NULL, "read each written picture back and compare it", FLAG(write.verify)},
    {0},
};

static const struct cli_option videos[] = {
    {"frame", 0, "N|TIME",
     "if OUTPUT is one picture: the frame or page to use, by its number from 1 or a time like "
     "90.5s or 1:30.5; default the first",
     CLI_CALLS(set_frame)},
    {"from", 0, "TIME",
     "leave out the frames before TIME: seconds, such as 90.5, or 1:30.5, or 1:02:03, or a number "
     "of frames, such as 250f; sound and subtitles are cut to the part",
     CLI_CALLS(set_from)},
    {"to", 0, "TIME", "leave out frames from TIME on, which counts as for --from",
     CLI_CALLS(set_to)},
    {"duration", 0, "TIME", "leave out what is that much after the first frame, instead of --to",
     CLI_CALLS(set_duration)},
    {"concat", 0, NULL,
     "write all INPUTs one after another into one video; they must have frames of one size and "
     "form",
     FLAG(concat)},
    {"reverse", 0, NULL,
     "the frames in reverse order, without sound; they are kept in a temporary file, not "
     "compressed",
     FLAG(reverse)},
    {"planes", 0, "WHICH",
     "y: keep chroma as it is; all: run on chroma as on luma. By default edges and masks become "
     "gray, and kernels that work on light get RGB",
     CHOICE(chroma, enum tri_chroma, TRI_CHROMA_RUN, "all|y")},
    {"video-codec", 0, "C", "an FFmpeg encoder; default the usual one for OUTPUT's format",
     TEXT(video.video_codec)},
    {"pixel-format", 0, "F",
     "FFmpeg's name of the pixel format, such as yuv444p; default the nearest to the frames, and "
     "4:2:0 for RGB where players need it, with a note",
     TEXT(video.pixel_format),
     .words = "yuv420p|yuv422p|yuv444p|yuv420p10le|yuv422p10le|yuv444p10le"},
    {"crf", 0, "N", "quality for encoders that support it, 0 to 63", NUMBER(video.crf, 0, 63)},
    {"encode-parallel", 0, "N",
     "cut the video at key frames and encode N segments at the same time, each by an encoder with "
     "one thread; the file is the same for every N",
     NUMBER(video.parallel, 1, 256)},
    {"segment", 0, "FRAMES",
     "with --encode-parallel: the length of segments; default as the encoder sets key frames, 250 "
     "for most and 24 or a little more where they are closer. Up to N times FRAMES frames wait in "
     "memory",
     NUMBER(video.segment, 16, 100000)},
    {"frame-rate", 0, "R",
     "a constant rate, such as 30 or 30000/1001: frames are repeated or dropped to keep the "
     "timing; 'every': write each frame exactly once. By default frames keep their times if OUTPUT "
     "can store them",
     CLI_CALLS(set_frame_rate)},
    {"fps", 0, "R", "the same as --frame-rate", CLI_CALLS(set_frame_rate)},
    {"no-audio", 0, NULL, "drop the audio, which is otherwise copied", FLAG(video.no_audio)},
    {"no-subtitles", 0, NULL, "drop subtitles, which are otherwise copied",
     FLAG(video.no_subtitles)},
    {"stages", 0, NULL, "print on standard error how busy each stage was", FLAG(stages)},
    {0},
};

static const struct cli_option_group groups[] = {
    {.heading = "Options", .options = general},
    {.heading = "Output files", .options = files},
    {.heading = "Videos (one INPUT and OUTPUT, or several into a folder; Y4M also through '-')",
     .options = videos},
    {0},
};

const struct cli_command cli_command_run = {.name = "run",
                                            .summary = "run a pipeline on pictures and videos",
                                            .intro = intro,
                                            .groups = groups,
                                            .pipeline = true,
                                            .run = cli_run};
