/* test_libav_choice.c -- pixel formats that are requested or that players need, and sizes that do
 * not fit them. */
#include "clips.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>

static bool lacks(const char *encoder)
{
    char command[200];

    snprintf(command, sizeof command,
             "command -v ffprobe && ffmpeg -v quiet -encoders | grep -qw -e %s", encoder);
    if (shell_run(command)->code == 0 && tri_video_writes("a.mkv", NULL))
        return false;
    test_skip("an encoder, or ffprobe, is not there");
    return true;
}

/* ffprobe's pixel format of a file. */
static void expect_pixels(const char *file, const char *format)
{
    char command[200], out[100];

    snprintf(
        command, sizeof command,
        "ffprobe -v error -select_streams v -show_entries stream=pix_fmt -of csv=p=0 %s | tr -d ,",
        file);
    snprintf(out, sizeof out, "%s\n", format);
    EXPECT(command, 0, out, "");
}

static void make_pictures(void)
{
    EXPECT("for i in 1 2 3; do $T run resize:width=64:height=48 $ROOT/images/frame-$i.png -o "
           "s-$i.png -q; $T run resize:width=63:height=47 "
           "$ROOT/images/frame-$i.png -o o-$i.png -q; $T run resize:width=64:height=48 "
           "$ROOT/images/gray16.png -o g-$i.png -q; done",
           0, "", "");
}

static void test_players(void)
{
    static const struct {
        const char *codec, *full;
    } codecs[] = {{"libx264", "yuv444p"}, {"libx265", "yuv444p"}, {"libvpx-vp9", "yuv444p"}};
    char command[300], note[300];

    make_pictures();
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (lacks(codecs[i].codec))
            continue;
        snprintf(command, sizeof command, "$T run copy s-%%d.png -o o.mkv --video-codec %s",
                 codecs[i].codec);
        snprintf(note, sizeof note,
                 "triptych: note: o.mkv: RGB is converted to 4:2:0 with 8 bits (yuv420p), which "
                 "players need; use --pixel-format %s to keep full chroma\n",
                 codecs[i].full);
        EXPECT(command, 0, "", note);
        expect_pixels("o.mkv", "yuv420p");
        snprintf(command, sizeof command,
                 "$T run copy s-%%d.png -o o.mkv --video-codec %s --pixel-format %s",
                 codecs[i].codec, codecs[i].full);
        EXPECT(command, 0, "", "");
        expect_pixels("o.mkv", codecs[i].full);
    }
    if (lacks("ffv1"))
        return;
    /* Others keep what they can, without a note if that is everything. */
    EXPECT("$T run copy s-%d.png -o o.mkv --video-codec ffv1 && $T run copy o.mkv -o b-%d.png && "
           "for i in 1 2 3; do cmp s-$i.png b-$i.png; done; rm b-*",
           0, "", "");
    EXPECT("$T run copy s-%d.png -o o.avi", 0, "",
           "triptych: note: o.avi: RGB is converted to 4:2:0 with 8 bits (yuv420p)\n");
    EXPECT("rm o.*", 0, "", "");
}

static void test_bits(void)
{
    if (lacks("libx264") || lacks("libx265"))
        return;
    EXPECT("for i in 1 2 3; do ffmpeg -v error -y -i s-$i.png -pix_fmt rgb48be h-$i.png; done", 0,
           "", "");
    EXPECT("$T run copy h-%d.png -o o.mkv --video-codec libx264", 0, "",
           "*4:2:0 with 8 bits (yuv420p), which*");
    expect_pixels("o.mkv", "yuv420p");
    EXPECT("$T run copy h-%d.png -o o.mkv --video-codec libx265", 0, "",
           "*4:2:0 with 1* bits (yuv420p1*le), which*");
    EXPECT("rm o.mkv h-*", 0, "", "");
}

/* Planes that the codec has no format for: fewer chroma samples, fewer bits, or nothing less. */
static void test_nearest(void)
{
    if (lacks("mpeg4"))
        return;
    EXPECT("ffmpeg -v error -y -f lavfi -i testsrc=size=64x48:rate=25:duration=0.2 -pix_fmt "
           "yuv422p10le -strict -1 n.y4m; ffmpeg -v error -y -i n.y4m -pix_fmt yuv420p m.y4m",
           0, "", "");
    EXPECT("$T run copy n.y4m -o o.avi --video-codec mpeg4", 0, "",
           "triptych: note: o.avi: 4:2:2 with 10 bits is converted to 4:2:0 with 8 bits (yuv420p), "
           "the nearest that mpeg4 supports\n");
    expect_pixels("o.avi", "yuv420p");
    EXPECT("$T run copy m.y4m -o o.avi --video-codec mpeg4", 0, "", "");
    EXPECT("$T run copy n.y4m -o o.avi --video-codec mpeg4 --pixel-format yuv420p", 0, "", "");
    EXPECT("rm o.avi n.y4m m.y4m", 0, "", "");
}

static void test_asked_for(void)
{
    if (lacks("libx264"))
        return;
    CU_ASSERT_TRUE(clips_stream("v.y4m", 32, 16, "444", 0, 0, 3, 1, 3));
    EXPECT("$T run copy v.y4m -o o.mkv --video-codec libx264", 0, "", "");
    expect_pixels("o.mkv", "yuv444p"); /* Y'CbCr is unchanged */
    EXPECT("$T run copy v.y4m -o o.mkv --video-codec libx264 --pixel-format yuv422p10le", 0, "",
           "");
    expect_pixels("o.mkv", "yuv422p10le");
    EXPECT("$T run copy v.y4m -o o.mkv --video-codec libx264 --pixel-format yuv420p", 0, "", "");
    expect_pixels("o.mkv", "yuv420p");
    EXPECT("rm o.mkv; $T run copy v.y4m -o o.mkv --video-codec libx264 --pixel-format bgr24", 2, "",
           "triptych: cannot write o.mkv: libx264 does not support the pixel format bgr24; "
           "supported: yuv420p, *yuv444p*\n");
    EXPECT("$T run copy v.y4m -o o.mkv --video-codec libx264 --pixel-format yuv421", 2, "",
           "triptych: cannot write o.mkv: unknown pixel format 'yuv421'; expected a name such as "
           "yuv420p or yuv444p\n");
    EXPECT("$T run copy v.y4m -o o.mkv --pixel-format vaapi", 2, "",
           "triptych: cannot write o.mkv: unknown pixel format 'vaapi'; *");
    EXPECT("$T run copy v.y4m -o o.y4m --pixel-format yuv420p", 2, "",
           "triptych: cannot write o.y4m: --pixel-format does not apply to this format\n");
    EXPECT("ls o.* 2>/dev/null", 2, "", "");
}

static void test_odd(void)
{
    if (lacks("libx264"))
        return;
    EXPECT("$T run copy o-%d.png -o o.mp4 --video-codec libx264 -q", 2, "",
           "triptych: cannot write o.mp4: the width 63 is odd and the height 47 is odd; libx264 "
           "with 4:2:0 needs even sizes; add "
           "resize:width=62:height=46 to the pipeline, or --pixel-format yuv444p\n");
    EXPECT("$T run copy,resize:width=62:height=46 o-%d.png -o o.mp4 --video-codec libx264 -q", 0,
           "", "");
    EXPECT("$T run copy o-%d.png -o o.mp4 --video-codec libx264 --pixel-format yuv444p -q", 0, "",
           "");
    expect_pixels("o.mp4", "yuv444p");
    CU_ASSERT_TRUE(clips_stream("v.y4m", 281, 16, "420jpeg", 1, 1, 3, 1, 3));
    EXPECT("rm o.mp4; $T run copy v.y4m -o o.mp4 --video-codec libx264", 2, "",
           "triptych: cannot write o.mp4: the width 281 is odd; libx264 with 4:2:0 needs even "
           "sizes; add resize:width=280:height=16 to the pipeline, or "
           "--pixel-format yuv444p\n");
    EXPECT("ls o.mp4", 2, "", "ls: *");
}

int test_libav_choice_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav_choice", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "what players need", test_players) &&
             CU_add_test(suite, "16 bits", test_bits) &&
             CU_add_test(suite, "the nearest pixel format", test_nearest) &&
             CU_add_test(suite, "asked for", test_asked_for) &&
             CU_add_test(suite, "odd sizes", test_odd));
}
