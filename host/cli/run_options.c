/* run_options.c -- the options of triptych run. */
#include "cli/cli.h"
#include "cli/run.h"

#include <math.h>
#include <string.h>

enum {
    ON = 256,
    ISA,
    MAX_PIXELS,
    JOBS,
    FORMAT,
    PNG_LEVEL,
    QUALITY,
    SUBSAMPLING,
    LOSSLESS,
    BACKGROUND,
    STRIP,
    VERIFY_OUTPUT,
    PLANES,
    WITH,
    DATA,
    VIDEO_CODEC,
    PIXEL_FORMAT,
    CRF,
    FRAME_RATE,
    FRAME,
    NO_AUDIO,
    NO_SUBTITLES,
    STAGES,
    KEEP_GOING,
    FAIL_FAST,
    TIMINGS
};

const struct option cli_run_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"on", required_argument, NULL, ON},
    {"isa", required_argument, NULL, ISA},
    {"jobs", required_argument, NULL, 'j'},
    {"max-pixels", required_argument, NULL, MAX_PIXELS},
    {"format", required_argument, NULL, FORMAT},
    {"png-level", required_argument, NULL, PNG_LEVEL},
    {"quality", required_argument, NULL, QUALITY},
    {"subsampling", required_argument, NULL, SUBSAMPLING},
    {"lossless", no_argument, NULL, LOSSLESS},
    {"background", required_argument, NULL, BACKGROUND},
    {"strip", no_argument, NULL, STRIP},
    {"verify-output", no_argument, NULL, VERIFY_OUTPUT},
    {"planes", required_argument, NULL, PLANES},
    {"with", required_argument, NULL, WITH},
    {"data", required_argument, NULL, DATA},
    {"video-codec", required_argument, NULL, VIDEO_CODEC},
    {"pixel-format", required_argument, NULL, PIXEL_FORMAT},
    {"crf", required_argument, NULL, CRF},
    {"frame-rate", required_argument, NULL, FRAME_RATE},
    {"frame", required_argument, NULL, FRAME},
    {"no-audio", no_argument, NULL, NO_AUDIO},
    {"no-subtitles", no_argument, NULL, NO_SUBTITLES},
    {"stages", no_argument, NULL, STAGES},
    {"keep-going", no_argument, NULL, KEEP_GOING},
    {"fail-fast", no_argument, NULL, FAIL_FAST},
    {"timings", no_argument, NULL, TIMINGS},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* The place of `text` in `names`, which '|' separates; -1: it is not there, and that is reported. */
static int choose(const char *option, const char *text, const char *names)
{
    const size_t length = strlen(text);
    int index = 0;

    for (const char *at = names; length > 0 && at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL, index++)
        if (strcspn(at, "|") == length && strncmp(at, text, length) == 0)
            return index;
    cli_usage("run", "%s: '%s' is none of %s", option, text, names);
    return -1;
}

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

/* "30", "29.97", which means 30000/1001, or that itself; or "every": each frame once. */
static bool set_frame_rate(const char *text, struct tri_video_write_options *video)
{
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
    } else if (sscanf(text, "%9d/%9d%c", &rate[0], &rate[1], &end) != 2 || rate[0] < 1 || rate[1] < 1) {
        cli_usage("run", "--frame-rate: '%s' is neither frames a second, as 30, 29.97 or 30000/1001, nor 'every'", text);
        return false;
    }
    reduce(rate);
    return true;
}

static bool choose_format(const char *text, struct cli_run_request *request)
{
    request->video.format = text; /* of pictures too: those of a sequence */
    request->write.format = tri_format_find(text);
    /* In this order, for the libraries of video take long to load. */
    if (request->write.format || tri_video_writes("", text))
        return true;
    cli_usage("run", "--format: '%s' is no format that was built in ('triptych --version' lists them)", text);
    return false;
}

static bool choose_background(const char *text, struct cli_run_request *request)
{
    struct tri_error error;

    if (tri_background_parse(text, &request->write.background, &error) == TRI_OK)
        return true;
    cli_usage("run", "--background: %s", error.text);
    return false;
}

static bool set_output(const char *text, struct cli_run_request *request)
{
    if (request->output)
        cli_usage("run", "-o is given twice");
    else
        request->output = text;
    return request->output == text;
}

/* Options of how files are written. False: wrong, and reported. */
static bool set_write_option(int option, const char *text, struct cli_run_request *request)
{
    uint64_t number;
    int choice;

    switch (option) {
    case FORMAT:
        return choose_format(text, request);
    case PNG_LEVEL:
        choice = choose("--png-level", text, "default|fast|small");
        request->write.png_level = (enum tri_png_level)choice;
        return choice >= 0;
    case QUALITY:
        if (!cli_count("run", "--quality", text, 1, 100, &number))
            return false;
        request->write.quality = (int)number;
        return true;
    case SUBSAMPLING:
        choice = choose("--subsampling", text, "420|422|444");
        request->write.subsampling = (enum tri_subsampling)choice;
        return choice >= 0;
    case LOSSLESS:
        request->write.lossless = true;
        return true;
    case BACKGROUND:
        return choose_background(text, request);
    case VERIFY_OUTPUT:
        request->write.verify = true;
        return true;
    case STRIP:
        request->strip = true;
        return true;
    case WITH:
        request->with = text;
        return true;
    case DATA:
        request->data = text;
        return true;
    case PLANES:
        choice = choose("--planes", text, "all|y");
        request->chroma = choice == 1 ? TRI_CHROMA_KEPT : TRI_CHROMA_RUN;
        return choice >= 0;
    case VIDEO_CODEC:
        request->video.video_codec = text;
        return true;
    case PIXEL_FORMAT:
        request->video.pixel_format = text;
        return true;
    case FRAME:
        return cli_parse_frame(text, &request->frame);
    case NO_AUDIO:
        request->video.no_audio = true;
        return true;
    case NO_SUBTITLES:
        request->video.no_subtitles = true;
        return true;
    case FRAME_RATE:
        return set_frame_rate(text, &request->video);
    case CRF:
        if (!cli_count("run", "--crf", text, 0, 63, &number))
            return false;
        request->video.crf = (int)number;
        return true;
    default:
        return false; /* '?', which is reported already */
    }
}

bool cli_run_set(int option, const char *text, struct cli_run_request *request)
{
    switch (option) {
    case 'o':
        return set_output(text, request);
    case ON:
        request->on = text;
        return true;
    case ISA:
        request->isa = text;
        return true;
    case 'j':
        return cli_count("run", "--jobs", text, 1, CLI_JOBS_MAX, &request->jobs);
    case MAX_PIXELS:
        return cli_count("run", "--max-pixels", text, 1, (uint64_t)TRI_SIDE_MAX * TRI_SIDE_MAX,
                         &request->max_pixels);
    case KEEP_GOING:
        request->fail_fast = false;
        return true;
    case FAIL_FAST:
        request->fail_fast = true;
        return true;
    case STAGES:
        request->stages = true;
        return true;
    case TIMINGS:
        request->timings = true;
        return true;
    case 'q':
    case 'v': /* the last one counts */
        request->quiet = option == 'q';
        request->verbose = option == 'v';
        return true;
    default:
        return set_write_option(option, text, request);
    }
}
