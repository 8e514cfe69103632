/* test_text.c -- the kernel text: frames and times, fonts, errors. What it draws on pictures is
 * compared by the suite kernels, with tests/oracles/text.c. */
#include "tests.h"
#include "image/image.h"
#include "pictures.h"
#include "shell.h"
#include "text/typeset.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- parts of a text ---- */

static void test_split(void)
{
    struct tri_text_segment parts[TRI_TEXT_SEGMENTS];
    CU_ASSERT_EQUAL(tri_text_split("", parts, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(tri_text_split("a%{frame}\n\n%{time}b%%", parts, NULL), 5);
    CU_ASSERT_TRUE(parts[0].kind == TRI_TEXT_PLAIN && parts[0].length == 1);
    CU_ASSERT_TRUE(parts[1].kind == TRI_TEXT_FRAME && parts[1].line == 0);
    CU_ASSERT_TRUE(parts[2].kind == TRI_TEXT_TIME && parts[2].line == 2);
    CU_ASSERT_TRUE(parts[3].kind == TRI_TEXT_PLAIN && *parts[3].text == 'b');
    CU_ASSERT_TRUE(parts[4].length == 1 && *parts[4].text == '%');
}

static void test_bad_text(void)
{
    static const char *const wrong[] = {"50%",      "%{frames}",    "%{",      "\xff",
                                        "\xc0\x80", "\xed\xa0\x80", "\xe2\x82"};
    struct tri_text_segment parts[TRI_TEXT_SEGMENTS];
    char long_text[TRI_TEXT_MOST + 2], many[TRI_TEXT_MOST];
    struct tri_error error;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        error.status = TRI_OK;
        CU_ASSERT_EQUAL(tri_text_split(wrong[i], parts, &error), -1);
        CU_ASSERT_EQUAL(error.status, TRI_USAGE);
    }
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    CU_ASSERT_EQUAL(tri_text_split(long_text, parts, &error), -1);
    many[0] = '\0';
    for (int i = 0; i < TRI_TEXT_SEGMENTS + 1; i++)
        strcat(many, "%%");
    CU_ASSERT_EQUAL(tri_text_split(many, parts, &error), -1);
}

/* ---- frames ---- */

/* The box of what is not black, on a black picture. */
static void covered(const char *name, int edges[4])
{
    struct tri_image *image = pictures_read(shell_path(name), NULL);
    edges[0] = edges[2] = 100000;
    edges[1] = edges[3] = -1;
    for (int y = 0; y < image->shape.height; y++)
        for (int x = 0; x < image->shape.width; x++)
            if (pictures_sample(image, 0, x, y) > 0) {
                edges[0] = x < edges[0] ? x : edges[0];
                edges[1] = x > edges[1] ? x : edges[1];
                edges[2] = y < edges[2] ? y : edges[2];
                edges[3] = y > edges[3] ? y : edges[3];
            }
    tri_image_free(image);
}

static int width_of(const char *name)
{
    int edges[4];
    covered(name, edges);
    return edges[1] - edges[0];
}

#define BLACK "head -c 57600 /dev/zero | (printf 'P5 240 240 255\\n'; cat) > black.pgm"

/* Twelve frames: the number of a frame is what the same text without it gives; a number of two
 * digits is wider than one of one; no backend, and no number of frames in flight, matters. */
static void test_frames(void)
{
    EXPECT(BLACK
           " && for i in 01 02 03 04 05 06 07 08 09 10 11 12; do cp black.pgm in-$i.pgm; done "
           "&& $T run \"text:text='%{frame}':size=40\" in-%02d.pgm -o a-%02d.pgm -q "
           "&& $T run \"text:text='%{frame}':size=40\" in-%02d.pgm -o b-%02d.pgm -q "
           "--on sequential --isa scalar && $T run \"text:text='%{frame}':size=40\" in-*.pgm "
           "-o c-%02d.pgm -q -j 8 && for i in 01 07 12; do cmp a-$i.pgm b-$i.pgm && cmp "
           "a-$i.pgm c-$i.pgm; done && $T run text:text=7:size=40 black.pgm -o seven.pgm && "
           "cmp seven.pgm a-07.pgm; cmp -s a-07.pgm a-08.pgm",
           1, "", "");
    CU_ASSERT_TRUE(width_of("a-12.pgm") > width_of("a-09.pgm") + 10);
    EXPECT("$T run crop:width=200:height=200:x=0:y=0,\"text:text='%{frame}':size=40\",invert "
           "in-%02d.pgm -o d-%02d.pgm -q && $T run "
           "crop:width=200:height=200:x=0:y=0,text:text=7:size=40,invert black.pgm -o e.pgm && "
           "cmp e.pgm d-07.pgm",
           0, "", "");
}

#define Y4M(name, rate, frames) \
    "(printf 'YUV4MPEG2 W240 H64 F" rate ":1 Cmono\\n'; for i in $(seq " frames "); do printf " \
    "'FRAME\\n'; head -c 15360 /dev/zero | tr '\\0' '\\020'; done) > " name " && "

/* A frame's time is that of the video: after a second at either rate, and so behind a kernel that
 * delays frames. The last frame's is its own, too. */
static void test_times(void)
{
    EXPECT(Y4M("4.y4m", "4", "6")
               Y4M("8.y4m", "8",
                   "12") "for i in 4 8; do $T run "
                         "\"text:text='%{time}':size=20\" $i.y4m -o t.y4m -q && $T run copy t.y4m "
                         "-o t$i-%d.pgm "
                         "-q; done && $T run "
                         "temporal_median:radius=2,\"text:text='%{time}':size=20\" 4.y4m -o "
                         "t.y4m -q && $T run copy t.y4m -o d-%d.pgm -q && cmp t4-5.pgm t8-9.pgm && "
                         "cmp t4-6.pgm "
                         "t8-11.pgm && for i in 1 2 3 4 5 6; do cmp t4-$i.pgm d-$i.pgm; done; cmp "
                         "-s t4-5.pgm "
                         "t4-6.pgm",
           1, "", "");
    /* However long the delay is. */
    EXPECT(Y4M("long.y4m", "4",
               "80") "chain=$(yes temporal_median:radius=2 | head -n 33 | paste -sd,) "
                     "&& $T run \"text:text='%{time}':size=20\" long.y4m -o a.y4m -q "
                     "&& $T run \"$chain,text:text='%{time}':size=20\" long.y4m -o "
                     "b.y4m -q && cmp a.y4m b.y4m",
           0, "", "");
    EXPECT(
        "$T run \"text:text='%{time}':size=20\" 4.y4m -o still.png --frame 5 -q && $T run copy "
        "t4-5.pgm -o five.png && $T run \"text:text='%{time}':size=20\" 8.y4m -o 8.png --frame 9 "
        "-q && cmp still.png 8.png && $T run psnr still.png --with five.png --data - | tail -n 1 | "
        "cut "
        "-d, -f6",
        0, "1\n", "");
}

/* ---- text and fonts ---- */

static void test_lines(void)
{
    int one[4], two[4], bottom[4];
    EXPECT(BLACK
           " && $T run text:text=Hxg:size=30 black.pgm -o one.pgm && $T run \"text:text='Hxg\n"
           "Hxg':size=30\" black.pgm -o two.pgm && $T run "
           "text:text=Hxg:size=30:gravity=southeast:x=3 black.pgm -o bottom.pgm && $T run "
           "text:text=Hxg:size=30:outline=4:outline_colour=white black.pgm -o outline.pgm",
           0, "", "");
    covered("one.pgm", one);
    covered("two.pgm", two);
    covered("bottom.pgm", bottom);
    CU_ASSERT_TRUE(two[2] == one[2] && two[1] == one[1] && two[3] > one[3] + 30);
    CU_ASSERT_TRUE(bottom[1] <= 240 - 3 && bottom[1] > 225 && bottom[3] > 225);
    covered("outline.pgm", two);
    CU_ASSERT_TRUE(two[3] >= one[3] + 3 && two[3] <= one[3] + 5 && two[1] >= one[1] + 3);
}

/* ---- both directions of writing ---- */

static const char *draw(const char *text, const char *name)
{
    static char command[1000];
    snprintf(command, sizeof command,
             "$T run \"text:text='%s':size=30:outline=2:outline_colour=#808080\" black.pgm -o %s",
             text, name);
    return command;
}

#ifdef TRI_FRIBIDI
#define LRM "\u200e"
#define RLM "\u200f"
#define AS_WRITTEN "\u202d" /* what follows goes from left to right */
#define BACKWARDS "\u202e"
#define END "\u202c"

/* The text, and what is seen from left to right, by the rules of Unicode's UAX #9. */
static const struct {
    const char *text, *seen;
} both[] = {
    {"car is THE CAR", "car is THE CAR"},
    {"car is אבג דה now", "car is הד גבא now"},
    {"אבג book דה", "הד book גבא"},
    /* W2 to W7 and N1: numbers go from left to right, and what is between them with them. */
    {"he said אבג 123, 456, דה.", "he said הד ,456 ,123 גבא."},
    {"12.50 אבג", "גבא 12.50"},
    {"אבג 1,234.5-6 %%", "%% 1,234.5-6 גבא"},
    /* N0: brackets go with what they enclose, and are mirrored. */
    {"a (b אבג) דה", "a (b גבא) הד"},
    {"אבג (דה) [x]", "[x] (הד) גבא"},
    /* The direction of a line is that of its first letter, or of a mark. */
    {"אבג!", "!גבא"},
    {RLM "abc!", "!abc"},
    {LRM "אבג!", "גבא!"},
    {"abc\nאבג!\ndef!", "abc\n!גבא\ndef!"},
    /* Isolates and overrides. */
    {"a \u2067אב c\u2069 1", "a c בא 1"},
    {BACKWARDS "abc" END "d", "cbad"},
    /* L1: blanks at the end belong to the line. */
    {"abc אבג  ", "abc גבא  "},
};

/* Each is drawn as what is seen of it, which is drawn as written; the marks are not seen. */
static void test_directions(void)
{
    char seen[300];
    EXPECT(BLACK, 0, "", "");
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        const char *line = both[i].seen;
        seen[0] = '\0';
        for (size_t length; *line != '\0'; line += length) {
            length = strcspn(line, "\n");
            snprintf(seen + strlen(seen), sizeof seen - strlen(seen), AS_WRITTEN "%.*s" END,
                     (int)length, line);
            if (line[length] == '\n') {
                strcat(seen, "\n");
                length++;
            }
        }
        EXPECT(draw(both[i].text, "a.pgm"), 0, "", "");
        EXPECT(draw(seen, "b.pgm"), 0, "", "");
        EXPECT("cmp a.pgm b.pgm", 0, "", "");
    }
    EXPECT(draw("אבג", "a.pgm"), 0, "", "");
    EXPECT(draw("גבא", "b.pgm"), 0, "", "");
    EXPECT("cmp -s a.pgm b.pgm", 1, "", "");
}

/* A number goes where a digit goes, whatever is around it; Arabic letters are joined across parts
 * of another kind as in one. */
static void test_numbers(void)
{
    static const char *const texts[][2] = {
        {"אבג %{frame} דה", "אבג 1 דה"},
        {"%{frame} אבג", "1 אבג"},
        {"abc אבג %{frame}, %{frame}", "abc אבג 1, 1"},
        {"אבג%%%{frame}", "אבג%%1"},
        {"\u202e%{time}x\u202c", "\u202d"
                                 "x000.00:00:00\u202c"},
    };
    EXPECT(BLACK, 0, "", "");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int edges[2][4];
        EXPECT(draw(texts[i][0], "a.pgm"), 0, "", "");
        EXPECT(draw(texts[i][1], "b.pgm"), 0, "", "");
        covered("a.pgm", edges[0]);
        covered("b.pgm", edges[1]);
        for (int j = 0; j < 4; j++) /* a number begins at a whole pixel */
            CU_ASSERT_TRUE(abs(edges[0][j] - edges[1][j]) <= 2);
    }
    EXPECT(draw("سلام", "a.pgm"), 0, "", "");
    EXPECT(draw("س\u200cل\u200cا\u200cم", "b.pgm"), 0, "", "");
    EXPECT("cmp -s a.pgm b.pgm", 1, "", "");
    EXPECT("rm a.pgm b.pgm", 0, "", "");
}
#else
/* Without FriBidi a line goes in one direction; a note tells of those that have two. */
static void test_one_direction(void)
{
#define GUESSED \
    "triptych: note: text: a line in both directions of writing goes in that of its first letter*"
    EXPECT(BLACK, 0, "", "");
    EXPECT(draw("abc 123", "a.pgm"), 0, "", "");
    EXPECT(draw("אבג", "a.pgm"), 0, "", "");
    EXPECT(draw("אבג %{frame}", "a.pgm"), 0, "", "");
    EXPECT(draw("abc אבג", "a.pgm"), 0, "", GUESSED);
    EXPECT(draw("אבג abc", "b.pgm"), 0, "", GUESSED);
    EXPECT(draw("אבג 12", "b.pgm"), 0, "", GUESSED);
    EXPECT("cp black.pgm black2.pgm && $T run \"text:text='a אבג'\" black.pgm black2.pgm -o both/",
           0, "", GUESSED);
    EXPECT("$T run \"text:text='a אבג'\" black.pgm -o c.pgm -q && rm -r a.pgm b.pgm both", 0, "",
           "");
}
#endif

/* ---- what a font lacks ---- */

#define SERIF "DejaVu Serif"
#define SANS "DejaVu Sans"
#define SERIF_FILE "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
#define BOTH SERIF "," SANS /* DejaVu Sans is next, whatever else is installed */
#define NO_FONT(characters, drawn) \
    "triptych: note: text: no font was found for " characters ": " drawn

/* Draws texts one over the other, each in a font at some column. */
static void set(const char *name, const char *note, const char *first, const char *font,
                const char *second, const char *second_font, int x)
{
    char command[1000];
    snprintf(command, sizeof command,
             "$T run \"text:text='%s':font='%s':size=32,text:text='%s':font='%s':size=32:x=%d\" "
             "black.pgm -o %s",
             first, font, second, second_font, x, name);
    EXPECT(command, 0, "", note);
}

/* In DejaVu Serif an N is 28 pixels wide, which DejaVu Sans may follow exactly. What DejaVu Sans
 * alone has is all drawn by it. */
static const struct {
    const char *text, *serif, *sans;
    int x; /* of what is in DejaVu Sans */
} mixed[] = {
    {"\u1401", "", "\u1401", 0},
    {"N\u1401", "N", "\u1401", 28},
    {"NN\u1401\u1403\u1405", "NN", "\u1401\u1403\u1405", 56},
    /* Of the same script, none. */
    {"N\u2614", "N", "\u2614", 28},
    {"N\u2614\u2602", "N", "\u2614\u2602", 28},
    /* DejaVu Serif has the letter but not its mark, and the selector but not its sign. */
    {"Nx\u0346", "N", "x\u0346", 28},
    {"Nx\u0301\u0346", "N", "x\u0301\u0346", 28},
    {"N\u2614\ufe0e", "N", "\u2614\ufe0e", 28},
    {"N\u2614\u200d\u2602", "N", "\u2614\u200d\u2602", 28},
    {"NN\n\u1401", "NN", "\n\u1401", 0},
#ifdef TRI_FRIBIDI
    {"N\u05d0\u05d1", "N", "\u05d0\u05d1", 28},
    {"\u05d0\u05d1N", "N", "\u05d0\u05d1", 28},
    {"\u0633\u0644\u0627\u0645NN", "NN", "\u0633\u0644\u0627\u0645", 56},
    /* The joiner, which DejaVu Serif has, joins. */
    {"N\u0633\u200d", "N", "\u0633\u200d", 28},
#endif
};

static void test_fallback(void)
{
    EXPECT(BLACK, 0, "", "");
    for (size_t i = 0; i < sizeof mixed / sizeof mixed[0]; i++) {
        set("a.pgm", "", mixed[i].text, BOTH, "", SANS, 0);
        set("b.pgm", "", mixed[i].serif, SERIF, mixed[i].sans, SANS, mixed[i].x);
        EXPECT("cmp a.pgm b.pgm", 0, "", "");
    }
    /* Neither font has all of them as they are. */
    set("a.pgm", "", "N\u1401", SANS, "", SANS, 0);
    set("b.pgm", "", "N\u1401", BOTH, "", SANS, 0);
    EXPECT("cmp -s a.pgm b.pgm", 1, "", "");
    /* A font in a file is as good as its name. */
    if (access(SERIF_FILE, R_OK) == 0) {
        set("a.pgm", "", "N\u1401", SERIF_FILE, "", SANS, 0);
        set("b.pgm", "", "N\u1401", SERIF, "", SANS, 0);
        EXPECT("cmp a.pgm b.pgm", 0, "", "");
    }
    /* With an outline, and on every backend. */
    EXPECT("$T run \"text:text='N\u1401':font='" BOTH "':outline=2\" black.pgm -o a.pgm && $T run "
           "\"text:text='N\u1401':font='" BOTH "':outline=2\" black.pgm -o b.pgm --on sequential "
           "--isa scalar && cmp a.pgm b.pgm",
           0, "", "");
}

#define IN(text, font, y) "text:text='" text "':font='" font "':size=32:y=" y

/* The ascent of DejaVu Serif Bold is 31 pixels, that of DejaVu Sans Bold 30, and its lines are 37
 * apart: a line that has both has the larger. The weight is kept. */
static void test_line_heights(void)
{
    static const char *const same[][2] = {
        {IN("א", "DejaVu Serif,DejaVu Sans:bold", "0"), IN("א", "DejaVu Sans:bold", "1")},
        {IN("⤀", "DejaVu Sans,DejaVu Serif:bold", "0"), IN("⤀", "DejaVu Serif:bold", "0")},
        {IN("c\n⤀", "DejaVu Sans,DejaVu Serif:bold", "0"),
         IN("c", "DejaVu Sans:bold", "0") "," IN("⤀", "DejaVu Serif:bold", "37")},
        {IN("⤀\nc", "DejaVu Sans,DejaVu Serif:bold", "0"),
         IN("⤀", "DejaVu Serif:bold", "0") "," IN("c", "DejaVu Sans:bold", "38")},
        {IN("c\n\nc", "DejaVu Sans,DejaVu Serif:bold", "0"),
         IN("c", "DejaVu Sans:bold", "0") "," IN("c", "DejaVu Sans:bold", "74")},
        {IN("⤀\n\n%{frame}", "DejaVu Sans,DejaVu Serif:bold", "0"),
         IN("⤀", "DejaVu Serif:bold", "0") "," IN("%{frame}", "DejaVu Sans:bold", "75")},
        {IN("⤀\nc", "DejaVu Sans,DejaVu Serif:bold", "5:gravity=southwest"),
         IN("⤀\nc", "DejaVu Sans,DejaVu Serif:bold", "159")},
    };
    char command[1000];
    EXPECT(BLACK, 0, "", "");
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        snprintf(command, sizeof command,
                 "$T run \"%s\" black.pgm -o a.pgm -q && $T run \"%s\" black.pgm -o b.pgm -q && "
                 "cmp a.pgm b.pgm && ! cmp -s a.pgm black.pgm",
                 same[i][0], same[i][1]);
        EXPECT(command, 0, "", "");
    }
    EXPECT("rm a.pgm b.pgm", 0, "", "");
}

/* A character that no font has is drawn as the missing glyph of the named font, with a note. */
static void test_missing(void)
{
    EXPECT(BLACK, 0, "", "");
    set("a.pgm", NO_FONT("U+10FFFD", "a missing glyph is drawn; install a font that has it\n"),
        "N\U0010fffd", SERIF, "", SANS, 0);
    set("b.pgm", NO_FONT("U+10FFFC", "a missing glyph is drawn; install a font that has it\n"), "N",
        SERIF, "\U0010fffc", SERIF, 28);
    EXPECT("cmp a.pgm b.pgm", 0, "", "");
    set("b.pgm", "", "N", SERIF, "", SERIF, 0);
    EXPECT("cmp -s a.pgm b.pgm", 1, "", "");
    /* Each is named once, in one note for both. */
    set("a.pgm",
        NO_FONT("U+10FFFD, U+10FFFC", "missing glyphs are drawn; install a font that has them\n"),
        "\U0010fffd\u1401\U0010fffc\n\U0010fffd", BOTH, "", SANS, 0);
    set("a.pgm",
        NO_FONT("U+10FFF0, U+10FFF1, U+10FFF2, U+10FFF3, U+10FFF4, U+10FFF5, U+10FFF6, U+10FFF7 "
                "and 1 more",
                "missing glyphs are drawn; install a font that has them\n"),
        "\U0010fff0\U0010fff1\U0010fff2\U0010fff3\U0010fff4\U0010fff5\U0010fff6\U0010fff7"
        "\U0010fff8",
        BOTH, "", SANS, 0);
    /* A note of each text, but none twice. */
    set("a.pgm",
        NO_FONT("U+10FFFD", "a missing glyph is drawn; install a font that has it\n")
            NO_FONT("U+10FFFC", "a missing glyph is drawn; install a font that has it\n"),
        "\U0010fffd", SERIF, "\U0010fffc", SANS, 0);
    set("a.pgm", NO_FONT("U+10FFFD", "a missing glyph is drawn; install a font that has it\n"),
        "\U0010fffd", SERIF, "\U0010fffd", SANS, 0);
    EXPECT("$T run text:text=\U0010fffd black.pgm -o a.pgm -q", 0, "", "");
    /* What is not seen is not missed. */
    set("a.pgm", "", "N\u2060\u200b\U000e0001N", SERIF, "", SANS, 0);
    EXPECT("rm a.pgm b.pgm", 0, "", "");
}

static void test_bad_values(void)
{
    EXPECT(BLACK " && $T run text black.pgm -o a.pgm", 2, "",
           "triptych: text needs text, such as text:text=Triptych*");
    EXPECT("$T run text:text=50% black.pgm -o a.pgm", 2, "",
           "triptych: text: '%' is unknown; expected %{frame}, %{time}, or %% for a percent "
           "sign\n");
    EXPECT(
        "$T run text:text=a:font=./black.pgm black.pgm -o a.pgm", 2, "",
        "triptych: text: cannot read the font ./black.pgm: it is no font that FreeType knows, or "
        "is not there\n");
    EXPECT("$T run text:text=a:font=./nowhere.ttf black.pgm -o a.pgm", 2, "", "*./nowhere.ttf*");
    EXPECT("$T run text:text=a:size=0 black.pgm -o a.pgm", 2, "",
           "*size is 0; expected 1 to 2000*");
    EXPECT("$T run text:text=a:colour=ink black.pgm -o a.pgm", 2, "", "*colour is 'ink'*");
    EXPECT("$T run text:text=$(head -c 4000 /dev/zero | tr '\\0' m):size=2000 black.pgm -o a.pgm",
           2, "", "triptych: text: a line of * pixels is too large; use a smaller size\n");
    EXPECT("mkdir none && TRIPTYCH_MODULES=$PWD/none $T run text:text=a black.pgm -o b.pgm", 0, "",
           "");
    EXPECT("echo x > none/text.so && TRIPTYCH_MODULES=$PWD/none $T run text:text=a black.pgm -o "
           "a.pgm; code=$?; test -e a.pgm || exit $code",
           1, "", "triptych: cannot load the module text: *");
}

int test_text_suite(void)
{
    CU_pSuite suite = CU_add_suite("text", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "parts of a text", test_split) &&
             CU_add_test(suite, "texts that are wrong", test_bad_text) &&
             CU_add_test(suite, "numbers of frames", test_frames) &&
             CU_add_test(suite, "times of frames", test_times) &&
             CU_add_test(suite, "lines, gravity and outline", test_lines) &&
#ifdef TRI_FRIBIDI
             CU_add_test(suite, "both directions of writing", test_directions) &&
             CU_add_test(suite, "numbers in text from right to left", test_numbers) &&
#else
             CU_add_test(suite, "one direction of writing", test_one_direction) &&
#endif
             CU_add_test(suite, "what a font lacks", test_fallback) &&
             CU_add_test(suite, "lines of several fonts", test_line_heights) &&
             CU_add_test(suite, "what no font has", test_missing) &&
             CU_add_test(suite, "values that are wrong", test_bad_values));
}
