/* test_video_alpha.c -- transparency of moving pictures: from each format that has it to each,
 * written and read by FFmpeg. */
#include "clips.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define W 64
#define H 48
#define FRAMES 5

/* Colours, and alpha that goes from clear to opaque and moves. GIF's is one or the other. */
static const char *const sources[] = {
    "rgba.mkv",     "-c:v ffv1 -pix_fmt bgra",
    "yuva.mkv",     "-c:v ffv1 -pix_fmt yuva420p",
    "vp9.webm",     "-c:v libvpx-vp9 -pix_fmt yuva420p -crf 4 -b:v 0",
    "vp8.webm",     "-c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -crf 4 -b:v 4M",
    "prores.mov",   "-c:v prores_ks -pix_fmt yuva444p10",
    "qtrle.mov",    "-c:v qtrle -pix_fmt argb",
    "anim.apng",    "-f apng -pix_fmt rgba",
    "clear.gif",    "-vf \"split[a][b];[a]palettegen[p];[b][p]paletteuse=alpha_threshold=128\"",
    "still-%d.png", "-pix_fmt rgba",
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

static const struct {
    const char *to;
    int slack; /* levels of alpha, beside what the source has lost */
} outputs[] = {
    {"o.mkv --video-codec ffv1", 1},
    {"o.avi --video-codec ffv1", 1},
    {"o.webm --crf 4", 12},
    {"o.webm --video-codec libvpx --crf 4", 24},
    {"o.mov --video-codec prores_ks", 2},
    {"o.mov --video-codec qtrle", 1},
    {"o.mov --video-codec png", 1},
    {"o.apng", 1},
    {"o.gif", 255},
    {"o-%d.png", 1},
};
enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

static bool make_sources(void)
{
    char command[700];
    if (shell_run("command -v ffmpeg")->code != 0 || clips_lack_encoder("libvpx-vp9") ||
        clips_lack_encoder("libvpx")) {
        test_skip("no ffmpeg with libvpx");
        return false;
    }
    EXPECT("ffmpeg -y -loglevel error -f lavfi -i "
           "'testsrc2=s=64x48:r=25:d=0.2,format=rgba,geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):"
           "a=clip(X*6-60+N*10\\,0\\,255)' -c:v ffv1 -pix_fmt bgra source.mkv",
           0, "", "");
    for (int i = 0; i < SOURCES; i += 2) {
        snprintf(command, sizeof command, "ffmpeg -y -loglevel error -i source.mkv %s %s",
                 sources[i + 1], sources[i]);
        EXPECT(command, 0, "", "");
    }
    return true;
}

/* What FFmpeg reads, as R, G, B, A of all frames. */
static struct bytes pixels_of(const char *name)
{
    char command[300], file[64];
    snprintf(file, sizeof file, "%.*s", (int)strcspn(name, " "), name);
    const bool webm = strstr(file, ".webm") != NULL,
               eight = strstr(name, "libvpx ") != NULL || strcmp(name, "vp8.webm") == 0;
    snprintf(command, sizeof command,
             "ffmpeg -y -loglevel error %s -i '%s' -pix_fmt rgba -f rawvideo pixels.rgba",
             !webm   ? ""
             : eight ? "-c:v libvpx"
                     : "-c:v libvpx-vp9",
             file);
    EXPECT(command, 0, "", "");
    return pictures_load(shell_path("pixels.rgba"));
}

static int alpha_apart(const struct bytes *a, const struct bytes *b, bool whole)
{
    int most = a->size != b->size || a->size != (size_t)W * H * 4 * FRAMES ? 999 : 0;
    for (size_t i = 3; i < a->size && i < b->size; i += 4) {
        const int first = (unsigned char)a->data[i], second = (unsigned char)b->data[i];
        const int apart = whole ? ((first > 127) != (second > 127)) * 255 : abs(first - second);
        most = apart > most ? apart : most;
    }
    return most;
}

static void test_table(void)
{
    char command[300];
    if (!make_sources())
        return;
    for (int s = 0; s < SOURCES; s += 2) {
        struct bytes from = pixels_of(sources[s]);
        for (int o = 0; o < OUTPUTS; o++) {
            const bool whole = outputs[o].slack == 255;
            snprintf(command, sizeof command, "$T run copy %s -o %s", sources[s], outputs[o].to);
            const struct shell_result *result = shell_run(command);
            CU_ASSERT_EQUAL(result->code, 0);
            CU_ASSERT_PTR_NULL(strstr(result->err, "background"));
            CU_ASSERT_EQUAL(strstr(result->err, "partial transparency") != NULL,
                            whole && strcmp(sources[s], "clear.gif") != 0);
            struct bytes to = pixels_of(outputs[o].to);
            const int apart = alpha_apart(&from, &to, whole);
            if (apart > (whole ? 0 : outputs[o].slack))
                printf("%s -> %s: alpha differs by %d\n", sources[s], outputs[o].to, apart);
            CU_ASSERT_TRUE(apart <= (whole ? 0 : outputs[o].slack));
            free(to.data);
            shell_run("rm -f o.* o-*.png");
        }
        free(from.data);
    }
}

/* A video of R, G, B, A goes through kernels as each of its pictures does. */
static void test_as_pictures(void)
{
    static const char *const kernels[] = {"gaussian:sigma=2", "invert",     "rotate",
                                          "resize:width=40",  "sobel",      "gray",
                                          "equalize",         "flip,median"};
    char command[400];
    if (!make_sources())
        return;
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        snprintf(command, sizeof command,
                 "mkdir -p d && $T run '%s' rgba.mkv -o v-%%d.png && $T run '%s' still-?.png -o d/ "
                 "-q && for n in 1 2 3 4 5; do "
                 "$T run copy v-$n.png -o v.pam && $T run copy d/still-$n.png -o d/v.pam && cmp "
                 "v.pam d/v.pam; done; rm -r d v*",
                 kernels[i], kernels[i]);
        EXPECT(command, 0, "", "");
    }
}

/* Planes of Y'CbCr: what does not weigh by alpha leaves the other planes alone, what does goes by
 * R, G, B. */
static void test_by_plane(void)
{
    if (!make_sources())
        return;
    EXPECT("$T run flip yuva.mkv -o o.mkv --video-codec ffv1 && ffmpeg -loglevel error -i o.mkv "
           "-vf hflip -f rawvideo - | md5sum >a; "
           "ffmpeg -loglevel error -i yuva.mkv -f rawvideo - | md5sum | cmp - a",
           0, "", "");
    EXPECT("$T run invert yuva.mkv -o o.mkv --video-codec ffv1 && ffmpeg -loglevel error -i o.mkv "
           "-vf alphaextract -f rawvideo - | md5sum >a; "
           "ffmpeg -loglevel error -i yuva.mkv -vf alphaextract -f rawvideo - | md5sum | cmp - a",
           0, "", "");
    /* Alpha goes with the frame that it belongs to. */
    EXPECT("$T run temporal_median:radius=2 yuva.mkv -o o.mkv --video-codec ffv1 && ffmpeg "
           "-loglevel error -i o.mkv -vf alphaextract -f rawvideo - | "
           "md5sum | cmp - a",
           0, "", "");
    EXPECT("$T run gaussian:sigma=3 yuva.mkv -o o.mkv --video-codec ffv1 --planes y && ffprobe -v "
           "error -show_entries stream=pix_fmt -of csv=p=0 o.mkv",
           0, "yuva420p\n", "");
    EXPECT("ffmpeg -y -loglevel error -i yuva.mkv -pix_fmt yuv420p -c:v ffv1 opaque.mkv && $T run "
           "blend yuva.mkv --with opaque.mkv -o o.mkv",
           2, "",
           "triptych: yuva.mkv has transparency, but opaque.mkv has none; convert one of them "
           "first\n");
}

/* ---- where there is none ---- */

static int nearest(int value, int alpha, int behind)
{
    return (value * alpha + behind * (255 - alpha) + 127) / 255;
}

/* Samples are mixed by alpha, chroma by the mean of the four. */
static void test_flattened(void)
{
    long wrong = 0;
    if (!make_sources())
        return;
    EXPECT("$T run copy yuva.mkv -o o.mkv --video-codec ffv1 --pixel-format yuv420p --background "
           "'#3070c0' && ffmpeg -y -loglevel error -i o.mkv -f "
           "rawvideo flat.yuv && ffmpeg -y -loglevel error -i yuva.mkv -f rawvideo -pix_fmt "
           "yuva420p all.yuv",
           0, "", "");
    struct bytes flat = pictures_load(shell_path("flat.yuv")),
                 all = pictures_load(shell_path("all.yuv"));
    const unsigned char *a = (const unsigned char *)all.data, *f = (const unsigned char *)flat.data;
    const int size = W * H, behind[3] = {104, 173, 94}; /* BT.601, limited range, of 48, 112, 192 */
    CU_ASSERT_EQUAL_FATAL(all.size, (size_t)FRAMES * size * 5 / 2);
    CU_ASSERT_EQUAL_FATAL(flat.size, (size_t)FRAMES * size * 3 / 2);
    for (int n = 0; n < FRAMES; n++, a += size * 5 / 2, f += size * 3 / 2) {
        const unsigned char *alpha = a + size * 3 / 2;
        for (int i = 0; i < size; i++)
            wrong += f[i] != nearest(a[i], alpha[i], behind[0]);
        for (int i = 0; i < size / 2; i++) {
            const unsigned char *corner =
                alpha + i % (size / 4) / (W / 2) * 2 * W + i % (W / 2) * 2;
            const int mean = (corner[0] + corner[1] + corner[W] + corner[W + 1] + 2) / 4;
            wrong += f[size + i] != nearest(a[size + i], mean, behind[i < size / 4 ? 1 : 2]);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(flat.data);
    free(all.data);
}

static void test_told(void)
{
    if (!make_sources())
        return;
    EXPECT("$T run copy yuva.mkv -o o.mp4", 0, "",
           "triptych: note: o.mp4: flattened onto #ffffff, as libx264 in mp4 has no transparency; "
           "choose another colour with --background, or use webm to keep transparency\n");
    EXPECT("$T run copy yuva.mkv -o o.mov", 0, "",
           "*, or use --video-codec prores_ks to keep transparency\n");
    EXPECT("$T run copy yuva.mkv -o o.mkv", 0, "",
           "*, or use --video-codec ffv1 to keep transparency\n");
    EXPECT("$T run copy yuva.mkv -o o.y4m", 0, "",
           "*, as Y4M has no transparency; choose another colour with --background\n");
    EXPECT("$T run copy yuva.mkv -o o.y4m --background red; rm o.*", 0, "", "");
    EXPECT("$T run copy yuva.mkv -o o.y4m --background none; echo $?; ls o.* 2> /dev/null", 2,
           "2\n",
           "triptych: cannot write o.y4m: frame 1 has transparent parts, but Y4M has no "
           "transparency; use --background white\n");
    /* Of what has alpha and is opaque nothing is lost. */
    EXPECT("ffmpeg -y -loglevel error -i source.mkv -vf format=rgb24,format=rgba -c:v ffv1 "
           "full.mkv && $T run copy full.mkv -o o.y4m --background none && "
           "$T run copy full.mkv -o o.ppm",
           0, "", "triptych: note: only the first frame *\n");
    EXPECT("$T run copy yuva.mkv -o o.ppm --frame 1", 0, "",
           "triptych: note: o.ppm: flattened onto #ffffff, as PPM has no transparency; *\n");
    EXPECT("$T run copy yuva.mkv -o o.png --frame 1 && $T run copy o.png -o o.pam && head -c 64 "
           "o.pam | grep -a TUPLTYPE",
           0, "TUPLTYPE RGB_ALPHA\n", "");
}

int test_video_alpha_suite(void)
{
    CU_pSuite suite = CU_add_suite("video alpha", shell_begin, shell_end);
    return !(suite != NULL && CU_add_test(suite, "from each format to each", test_table) &&
             CU_add_test(suite, "as pictures", test_as_pictures) &&
             CU_add_test(suite, "planes", test_by_plane) &&
             CU_add_test(suite, "on a background", test_flattened) &&
             CU_add_test(suite, "told", test_told));
}
