/* aliases.c -- what kernels of ours are called elsewhere. */
#include "nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Names of FFmpeg, ImageMagick, libvips, OpenCV and Pillow, in small letters and without '-' and '_'. */
static const struct {
    const char *names, *call;
} aliases[] = {
    {"blur|gaussianblur|gaussblur|gblur|smooth|smartblur", "gaussian:sigma=2"},
    {"boxblur|boxfilter|avgblur|meanblur|mean", "box:radius=2"},
    {"medianblur|medianfilter|despeckle", "median:radius=1"},
    {"sharpen|unsharpmask|usm", "unsharp:sigma=1"},
    {"edge|edges|edgedetect|findedges|canny|prewitt", "sobel"},
    {"grayscale|greyscale|grey|desaturate|monochrome|bw|bandw|luma", "gray"},
    {"negate|negative|inverse", "invert"},
    {"normalize|normalise|contraststretch|linearstretch|autocontrast|autolevel|stretch", "autolevels"},
    {"histeq|histequal|equalizehist|equalise|histogrameq", "equalize"},
    {"brightness|contrast|gamma|curves", "levels:gamma=1.2"},
    {"binarize|binarise|blackwhite|otsu", "gray,threshold:level=0.5"},
    {"colormatrix|colourmatrix|colorchannelmixer|recomb", "matrix"},
    {"sepia|sepiatone",
     "matrix:rr=0.393:rg=0.769:rb=0.189:gr=0.349:gg=0.686:gb=0.168:br=0.272:bg=0.534:bb=0.131"},
    {"mirror|flop|hflip|fliplr", "flip:axis=horizontal"},
    {"vflip|flipud", "flip:axis=vertical"},
    {"transpose|rot90|turn", "rotate:angle=90"},
    {"rot180", "rotate:angle=180"},
    {"rot270", "rotate:angle=270"},
    {"scale|thumbnail|zoom|size|sample|shrink|reduce|enlarge|resample", "resize:scale=0.5"},
    {"dilation|maximum|max|maxfilter", "dilate:radius=1"},
    {"erosion|minimum|min|minfilter", "erode:radius=1"},
    {"null|identity|noop", "copy"},
    {"denoise|hqdn3d|atadenoise|nlmeans", "temporal_denoise"},
    {"tmedian|temporalmedian", "temporal_median"},
    {"tmix", "average:frames=3"},
    {"yadif|bwdif|w3fdif", "deinterlace"},
    {"overlay|mix|merge", "blend"},
    {"tblend|framediff|absdiff", "difference"},
    {"mestimate|opticalflow|motionvectors", "motion"},
};

/* Whether `word` is one of the names, which '|' separates. */
static bool is_among(const char *names, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = names; at != NULL; at = strchr(at, '|') != NULL ? strchr(at, '|') + 1 : NULL)
        if (strcspn(at, "|") == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

const char *tri_kernel_call(const char *name)
{
    char word[32];
    size_t length = 0;

    for (; *name != '\0' && length < sizeof word - 1; name++)
        if (*name != '-' && *name != '_')
            word[length++] = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
    word[length] = '\0';
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (length > 0 && is_among(aliases[i].names, word))
            return aliases[i].call;
    return NULL;
}

const char *tri_kernel_alias(int index)
{
    const int count = sizeof aliases / sizeof aliases[0];

    return index < count ? aliases[index].names : NULL;
}
