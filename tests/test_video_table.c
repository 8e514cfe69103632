/* test_video_table.c -- the table of videos in docs/metadata.md: each thing that a video can say
 * beside its pixels, into each format. Files are written by FFmpeg, or message by message, and read
 * by it and by ExifTool. */
#include "clips.h"
#include "pictures.h"
#include "png_files.h"
#include "sei.h"
#include "shell.h"
#include "tests.h"

#include "codec/name_list.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *to, *read; /* what `run` is given, and the file that is looked at */
} outputs[] = {
    {"o.mp4", "o.mp4"},
    {"o.mov --video-codec prores_ks", "o.mov"},
    {"o.mkv --video-codec ffv1", "o.mkv"},
    {"o.webm", "o.webm"},
    {"o.avi", "o.avi"},
    {"o.ts", "o.ts"},
    {"o.gif", "o.gif"},
    {"o.y4m", "o.y4m"},
    {"o-%d.png", "o-1.png"},
};
enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

#define PROBE "ffprobe -v error -of default=nw=1 -read_intervals %+#3 "
#define FRAMES PROBE "-show_frames -show_streams "

static const struct row {
    const char *what; /* in the table */
    const char *from,
        *make; /* its file, and ffmpeg's arguments behind the pictures; NULL: `prepare` makes it */
    const char *read;             /* prints what is said, of $O */
    const char *kept, *converted; /* what is then in it */
    const char *note;             /* where it is not */
} rows[] = {
    {"shape of pixels", "sar.mkv", "-vf setsar=16/15 -c:v ffv1",
     PROBE "-show_entries stream=sample_aspect_ratio $O", "=16:15", "=17:16", "pixel aspect 16:15"},
    {"turn", "turned.mp4", NULL, FRAMES "$O", "rotation=", NULL, "rotation of"},
    {"transparency", "alpha.mkv", "-vf format=yuva420p,geq=lum=128:cb=128:cr=128:a=X*4 -c:v ffv1",
     PROBE "-show_entries stream=pix_fmt:stream_tags=alpha_mode $O", "yuva4|rgba|bgra|alpha_mode=1",
     NULL, "background"},
    {"transparency of a palette", "palette.mov",
     "-vf \"format=rgba,geq=r=128:g=64:b=0:a='255*lt(X,30)',split[a][b],[a]palettegen[p],[b][p]"
     "paletteuse\" -c:v png -pix_fmt pal8",
     PROBE "-show_entries stream=pix_fmt:stream_tags=alpha_mode $O", "yuva4|rgba|bgra|alpha_mode=1",
     NULL, "background"},
    {"PQ, BT.2020", "light.mkv",
     "-c:v ffv1 -pix_fmt yuv420p10le -color_trc smpte2084 -color_primaries bt2020 -colorspace "
     "bt2020nc",
     PROBE "-show_entries stream=color_transfer,color_primaries $O; exiftool -s "
           "-TransferCharacteristics $O",
     "smpte2084|2084", NULL, "cannot store the colour description (PQ, BT.2020)"},
    {"light of HDR10", "hdr.hevc",
     "-c:v libx265 -pix_fmt yuv420p10le -x265-params "
     "log-level=none:master-display=G\\(13250,34500\\)B\\(7500,3000\\)R\\(34000,16000\\)WP\\(15635,"
     "16450\\)L\\(10000000,1\\):max-cll=1000,400",
     FRAMES "$O; head -c 200 $O | grep -ao mDCV", "max_luminance=1000|mDCV", NULL, "HDR10"},
    {"HDR10+", "plus.hevc", NULL, FRAMES "$O", "2094-40", NULL, "HDR10+"},
    {"Dolby Vision", "dolby.mp4", NULL, FRAMES "$O", "DOVI", NULL, "Dolby Vision"},
    {"closed captions", "captions.h264", NULL, FRAMES "$O", "A53", NULL, "closed captions"},
    {"active part of the picture (AFD)", "afd.h264", NULL, FRAMES "$O", "Active format", NULL,
     "AFD"},
    {"timecode", "code.mov", "-timecode 10:00:00:00 -c:v libx264",
     PROBE "-show_entries stream_tags=timecode,TIMECODE:format_tags=timecode,TIMECODE $O",
     "10:00:00:00", NULL, "timecode"},
    {"timecode of frames", "codes.hevc", NULL,
     PROBE "-show_entries stream_tags=timecode,TIMECODE:format_tags=timecode,TIMECODE $O", "",
     "01:02:03:04", "timecode"},
    {"how often it is shown", "often.gif", "-loop 3", "exiftool -s -AnimationIterations $O", ": 3",
     NULL, "play count of 4"},
    {"chapters", "chapters.mkv", "-i chapters.txt -map_metadata 1 -c:v ffv1",
     PROBE "-show_chapters $O", "title=Two", NULL, "chapters"},
    {"attachment", "attached.mkv", "-c:v ffv1 -attach font.ttf -metadata:s:t mimetype=font/ttf",
     PROBE "-show_streams $O", "filename=font.ttf", NULL, "font.ttf"},
    {"cover", "cover.mkv", "-c:v ffv1 -attach cover.png -metadata:s:t mimetype=image/png",
     PROBE "-show_streams $O", "attached_pic=1", NULL, "cover"},
    {"sound (MP3)", "sound.mkv", "-f lavfi -i sine=d=0.2 -c:v ffv1 -c:a libmp3lame",
     PROBE "-show_streams $O", "codec_name=mp3", NULL, "sound (mp3)"},
    {"language of sound", "french.ts",
     "-f lavfi -i sine=d=0.2 -c:v mpeg2video -c:a ac3 -metadata:s:a language=fra",
     PROBE "-show_streams $O", "language=fr", NULL, "sound (ac3)|languages"},
    {"language (German, deu)", "german.mkv",
     "-f lavfi -i sine=d=0.2 -c:v ffv1 -c:a libmp3lame -metadata:s:a language=deu",
     PROBE "-show_streams $O", "language=deu", "language=ger", "sound (mp3)|streams (deu)"},
    {"language with a region (en-US)", "region.mkv",
     "-f lavfi -i sine=d=0.2 -c:v ffv1 -c:a libmp3lame -metadata:s:a language=en-US",
     PROBE "-show_streams $O", "language=en-US", NULL, "sound (mp3)|streams (en-US"},
    {"title of sound", "called.mkv",
     "-f lavfi -i sine=d=0.2 -c:v ffv1 -c:a libmp3lame -metadata:s:a title=Gallery",
     PROBE "-show_streams $O; exiftool -s '-Track*Name' $O", "title=Gallery|: Gallery", NULL,
     "sound (mp3)|titles of streams (Gallery)"},
    {"title of sound (from MP4)", "called.mp4",
     "-f lavfi -i sine=d=0.2 -c:v mpeg4 -c:a libmp3lame -metadata:s:a title=Gallery",
     PROBE "-show_streams $O; exiftool -s '-Track*Name' $O", "title=Gallery|: Gallery", NULL,
     "sound (mp3)|titles of streams (Gallery)"},
    {"role of sound (forced)", "forced.mkv",
     "-f lavfi -i sine=d=0.2 -c:v ffv1 -c:a libmp3lame -disposition:a forced",
     PROBE "-show_streams $O", "forced=1", NULL, "sound (mp3)|roles of streams (forced)"},
    {"sound that is not the first, by default", "second.mkv",
     "-f lavfi -i sine=d=0.2 -map 0 -map 1 -map 1 -c:v ffv1 -c:a libmp3lame -disposition:a:0 0 "
     "-disposition:a:1 default",
     PROBE "-select_streams a:1 -show_streams $O", "default=1", NULL,
     "sound (mp3)|roles of streams (default)"},
    {"artist", "artist.mkv", "-c:v ffv1 -metadata artist=Somebody", PROBE "-show_format $O",
     "=Somebody", NULL, "tags (ARTIST)"},
    {"tag of another name", "tag.mkv", "-c:v ffv1 -metadata ANYTAG=anything",
     PROBE "-show_format $O", "=anything", NULL, "tags (ANYTAG)"},
    {"tags of phones", "phone.mov",
     "-c:v libx264 -movflags use_metadata_tags -metadata com.apple.quicktime.model=Telephone",
     PROBE "-show_format $O", "=Telephone", NULL, "tags (com.apple.quicktime.model)"},
    {"subtitles (SubRip)", "subtitles.mkv", "-i subtitles.srt -c:v ffv1 -c:s srt",
     PROBE "-show_streams $O", "codec_name=subrip", NULL, "subtitles (subrip)"},
    {"further video", "two.mkv", "-f lavfi -i testsrc=s=32x32:r=25:d=0.2 -map 0 -map 1 -c:v ffv1",
     PROBE "-show_streams $O", "width=32", NULL, "further video"},
    {"data", "data.ts", "-f data -i font.ttf -map 0 -map 1 -c:v mpeg2video -c:d copy",
     PROBE "-show_streams $O", "codec_type=data", NULL, "data"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- files ---- */

static bool add(const char *from, const char *to, bool hevc, const struct sei *sei)
{
    char path[300];
    snprintf(path, sizeof path, "%s", shell_path(from));
    const bool done = sei_add(path, shell_path(to), hevc, sei);
    CU_ASSERT_TRUE(done);
    return done;
}

/* ATSC's "GA94": two characters of line 21, in the first field. */
static void add_captions(void)
{
    struct sei sei = {.type = 4};
    sei_put(&sei, 0xb50031, 24);
    sei_put_text(&sei, "GA94\3");
    sei_put(&sei, 0x41, 8);
    sei_put(&sei, 0xfffc9420,
            32); /* of one triplet: valid, of the first field; "resume caption loading" */
    sei_put(&sei, 0xff, 8);
    add("plain.h264", "captions.h264", false, &sei);
}

/* "DTG1": 16:9 within the frame. */
static void add_afd(void)
{
    struct sei sei = {.type = 4};
    sei_put(&sei, 0xb50031, 24);
    sei_put_text(&sei, "DTG1");
    sei_put(&sei, 0x41fa, 16);
    add("plain.h264", "afd.h264", false, &sei);
}

/* One window, its light and a bright tenth. */
static void add_hdr10_plus(void)
{
    struct sei sei = {.type = 4};
    sei_put(&sei, 0xb5003c, 24);
    sei_put(&sei, 0x000104, 24);
    sei_put(&sei, 1, 8);
    sei_put(&sei, 1, 2);
    sei_put(&sei, 400, 27);
    sei_put(&sei, 0, 1);
    for (unsigned i = 0; i < 3; i++)
        sei_put(&sei, 50000 + i, 17);
    sei_put(&sei, 12345, 17);
    sei_put(&sei, 1, 4);
    sei_put(&sei, 99, 7);
    sei_put(&sei, 40000, 17);
    sei_put(&sei, 100, 10);
    sei_put(&sei, 0, 3);
    add("plain.hevc", "plus.hevc", true, &sei);
}

/* 01:02:03:04 */
static void add_timecode(void)
{
    struct sei sei = {.type = 136};
    sei_put(&sei, 1, 2);
    sei_put(&sei, 1, 1); /* there is one */
    sei_put(&sei, 0, 1);
    sei_put(&sei, 0, 5);
    sei_put(&sei, 1, 1); /* all of it */
    sei_put(&sei, 0, 2);
    sei_put(&sei, 4, 9);
    sei_put(&sei, 3, 6);
    sei_put(&sei, 2, 6);
    sei_put(&sei, 1, 5);
    sei_put(&sei, 0, 5);
    add("plain.hevc", "codes.hevc", true, &sei);
}

static void put_be32(char *to, size_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(value >> (24 - 8 * i));
}

static size_t get_be32(const char *from)
{
    const unsigned char *bytes = (const unsigned char *)from;
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* A box for Dolby Vision of profile 8 behind that of HEVC: all boxes around it grow. The index
 * comes after the samples, which stay. */
static void add_dolby(void)
{
    static const char box[32] = "\0\0\0\40dvvC\1\0\20\45\20";
    static const char *const around[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd", "hvc1"};
    struct bytes file = pictures_load(shell_path("plain.mp4")), grown = {0};
    char *at = memmem(file.data, file.size, "hvcC", 4);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    const size_t behind = (size_t)(at - (char *)file.data) - 4 + get_be32(at - 4);
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        char *parent = memmem(file.data, file.size, around[i], 4);
        CU_ASSERT_PTR_NOT_NULL_FATAL(parent);
        put_be32(parent - 4, get_be32(parent - 4) + sizeof box);
    }
    pictures_add(&grown, file.data, behind);
    pictures_add(&grown, box, sizeof box);
    pictures_add(&grown, (char *)file.data + behind, file.size - behind);
    FILE *to = fopen(shell_path("dolby.mp4"), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    CU_ASSERT_EQUAL(fwrite(grown.data, 1, grown.size, to), grown.size);
    fclose(to);
    free(file.data);
    free(grown.data);
}

#define PICTURES "ffmpeg -y -loglevel error -f lavfi -i testsrc2=s=60x48:r=25:d=0.2 "

/* Once for all tests of the suite, whose folder stays. */
static bool prepare(void)
{
    static bool prepared;
    char command[700];
    if (prepared)
        return true;
    if (shell_run("command -v ffmpeg && command -v exiftool")->code != 0 ||
        clips_lack_encoder("libx264") || clips_lack_encoder("libx265") ||
        clips_lack_encoder("libvpx-vp9")) {
        test_skip("no ffmpeg with libx264, libx265 and libvpx, or no exiftool");
        return false;
    }
    EXPECT("printf "
           "';FFMETADATA1\\n[CHAPTER]\\nTIMEBASE=1/"
           "1000\\nSTART=0\\nEND=100\\ntitle=One\\n[CHAPTER]\\nTIMEBASE=1/"
           "1000\\nSTART=100\\nEND=200\\n"
           "title=Two\\n' > chapters.txt; printf '1\\n00:00:00,000 --> 00:00:00,100\\nHello\\n' > "
           "subtitles.srt; echo font > font.ttf",
           0, "", "");
    EXPECT("ffmpeg -y -loglevel error -f lavfi -i color=red:s=64x64 -frames:v 1 cover.png", 0, "",
           "");
    EXPECT(PICTURES "-c:v libx264 -pix_fmt yuv420p plain.h264", 0, "", "");
    EXPECT(PICTURES "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=none plain.hevc", 0, "",
           "");
    EXPECT(PICTURES
           "-c:v libx265 -pix_fmt yuv420p -tag:v hvc1 -x265-params log-level=none plain.mp4",
           0, "", "");
    EXPECT("ffmpeg -y -loglevel error -display_rotation 90 -i plain.mp4 -c copy turned.mp4 2> "
           "/dev/null || ffmpeg -y -loglevel error -i plain.mp4 -c copy "
           "-metadata:s:v rotate=90 turned.mp4",
           0, "", "");
    add_captions();
    add_afd();
    add_hdr10_plus();
    add_timecode();
    add_dolby();
    for (int r = 0; r < ROWS; r++) {
        snprintf(command, sizeof command, PICTURES "%s %s",
                 rows[r].make != NULL ? rows[r].make : "", rows[r].from);
        if (rows[r].make != NULL)
            EXPECT(command, 0, "", "*");
    }
    prepared = true;
    return true;
}

/* ---- the table ---- */

static bool has(const char *text, const char *parts)
{
    char copy[100], *rest = NULL;
    if (parts == NULL || parts[0] == '\0')
        return false;
    snprintf(copy, sizeof copy, "%s", parts);
    for (char *part = strtok_r(copy, "|", &rest); part != NULL; part = strtok_r(NULL, "|", &rest)) {
        if (strstr(text, part) != NULL)
            return true;
    }
    return false;
}

/* What became of it, in the table's words; what is neither there nor told is "lost", and what is
 * there and told to be missing "untrue". */
static const char *outcome(const struct row *row, int output)
{
    char command[700];
    snprintf(command, sizeof command, "rm -f o.* o-*.png; $T run copy %s -o %s", row->from,
             outputs[output].to);
    const struct shell_result *result = shell_run(command);
    if (result->code == 2 && strstr(result->err, "cannot store the source's") != NULL &&
        strstr(result->err, "; use mkv, or drop it with --no-") != NULL)
        return "refused";
    CU_ASSERT_EQUAL(result->code, 0);
    const bool told = has(result->err, row->note);
    snprintf(command, sizeof command, "O=%s; %s", outputs[output].read, row->read);
    result = shell_run(command);
    const bool kept = has(result->out, row->kept), converted = has(result->out, row->converted);
    return kept || converted ? told   ? "untrue"
                               : kept ? "kept"
                                      : "converted"
           : told            ? "note"
                             : "lost";
}

/* "kept*": with a newer FFmpeg, else a note. */
static void expect_row(const char *text, const struct row *row)
{
    char expected[400], got[400], later[400];
    snprintf(expected, sizeof expected, "\n| %s |", row->what);
    const char *line = strstr(text, expected), *cell = line;
    snprintf(got, sizeof got, "| %s |", row->what);
    for (int o = 0; o < OUTPUTS; o++) {
        const size_t used = strlen(got);
        const char *found = outcome(row, o);
        cell = cell != NULL ? strchr(cell + (o == 0 ? 3 : 1), '|')
                            : NULL; /* behind what begins the line */
        snprintf(later, sizeof later, "%.*s", cell != NULL ? 8 : 0, cell != NULL ? cell : "");
        const bool either = strcmp(later, "| kept* ") == 0 &&
                            (strcmp(found, "kept") == 0 || strcmp(found, "note") == 0);
        snprintf(got + used, sizeof got - used, " %s |", either ? "kept*" : found);
    }
    snprintf(expected, sizeof expected, "%.*s", line != NULL ? (int)strcspn(line + 1, "\n") : 0,
             line != NULL ? line + 1 : "");
    if (strcmp(expected, got) != 0)
        printf("docs/metadata.md says\n%s\nbut it is\n%s\n", expected, got);
    CU_ASSERT_STRING_EQUAL(expected, got);
}

static void test_table(void)
{
    struct bytes text = {0};
    if (!prepare())
        return;
    text = pictures_load("docs/metadata.md");
    pictures_add(&text, "", 1);
    for (int r = 0; r < ROWS; r++)
        expect_row((const char *)text.data, &rows[r]);
    free(text.data);
}

/* ---- beside the table ---- */

#define LIGHT "| grep -o 'max_luminance=1000\\|max_content=1000' | sort -u | tr '\\n' ' '"

/* HDR10's light goes from videos into pictures and back, and a level goes when samples have
 * changed. */
static void test_light(void)
{
    if (!prepare())
        return;
    EXPECT("$T run copy hdr.hevc -o h-%d.png && $T run copy h-%d.png -o back.mkv --video-codec "
           "ffv1 && ffprobe -v error -show_streams -show_frames back.mkv " LIGHT,
           0, "max_content=1000 max_luminance=1000 ", "");
    EXPECT("$T run invert hdr.hevc -o back.mkv --video-codec ffv1 && ffprobe -v error "
           "-show_streams -show_frames back.mkv " LIGHT,
           0, "max_luminance=1000 ",
           "triptych: note: back.mkv: light level (cLLI) dropped: the samples have changed\n");
    EXPECT("$T run copy hdr.hevc -o back.ts --video-codec libx265 && ffprobe -v error "
           "-show_streams -show_frames back.ts " LIGHT,
           0, "max_content=1000 max_luminance=1000 ", "");
    EXPECT("$T run invert plus.hevc -o back.mkv --video-codec ffv1", 0, "",
           "triptych: note: back.mkv: HDR10+ dropped: the samples have changed\n");
    EXPECT("$T run rotate afd.h264 -o back.mkv --video-codec ffv1", 0, "",
           "triptych: note: back.mkv: active format description (AFD) dropped: the pixels have "
           "moved\n");
    EXPECT("rm h-*.png", 0, "", "");
}

static void test_plays(void)
{
    if (!prepare())
        return;
    EXPECT("for n in -1 0 3; do " PICTURES "-loop $n a.gif; $T run copy a.gif -o b.gif; $T run "
           "copy b.gif -o b.apng; $T run copy b.apng -o c.gif; "
           "exiftool -s3 -AnimationIterations b.gif; exiftool -s3 -AnimationPlays b.apng; exiftool "
           "-s3 -AnimationIterations c.gif; done",
           0, "1\nInfinite\ninf\nInfinite\n3\n4\n3\n", "");
    EXPECT(PICTURES "-loop 0 a.gif; $T run copy a.gif -o a.y4m", 0, "",
           "triptych: note: a.y4m: the format cannot store endless looping\n");
}

/* What the pictures of a sequence say, and a video does not, is told once. */
static void test_pictures(void)
{
    if (!prepare())
        return;
    EXPECT("for n in 1 2 3; do cp cover.png e-$n.png; done; exiftool -q -overwrite_original "
           "-IFD0:Make=Someone -PNG:Author=Me e-1.png e-2.png e-3.png; "
           "$T run copy e-%d.png -o e.mkv --video-codec ffv1",
           0, "", "triptych: note: e.mkv: ffv1 in matroska cannot store EXIF, text\n");
    EXPECT("$T run copy e-%d.png -o e.y4m; rm e-?.png", 0, "",
           "triptych: note: e.y4m: Y4M cannot store EXIF, text\n");
}

static void add_chunk(const char *to, const char *type, const char *data, size_t size)
{
    struct bytes file = pictures_load(shell_path("cover.png")), all = {0};
    const size_t header = 8 + 25;
    pictures_add(&all, file.data, header);
    png_add_chunk(&all, type, data, size);
    pictures_add(&all, (char *)file.data + header, file.size - header);
    pictures_store(shell_path(to), all.data, all.size);
    free(file.data);
    free(all.data);
}

/* How the samples of a sequence are meant: a video has one light, that of the first picture. */
static void test_samples_of_pictures(void)
{
    static const char linear[] = "\0\1\206\240", usual[] = "\0\0\261\217";
    if (!prepare())
        return;
    add_chunk("g-1.png", "gAMA", linear, 4);
    add_chunk("g-2.png", "sBIT", "\5\6\5", 3);
    EXPECT(
        "($T run copy g-%d.png -o g.mkv --video-codec ffv1; $T run copy g-%d.png -o g.y4m) 2>&1 | "
        "sort",
        0,
        "triptych: note: g.mkv: ffv1 in matroska cannot store gamma (gAMA)\ntriptych: note: g.mkv: "
        "ffv1 in matroska cannot store significant bits (sBIT)\ntriptych: note: g.y4m: Y4M cannot "
        "store gamma (gAMA)\ntriptych: note: g.y4m: Y4M cannot store significant bits (sBIT)\n",
        "");
    add_chunk("g-1.png", "gAMA", usual, 4);
    add_chunk("g-2.png", "sRGB", "\0", 1);
    EXPECT("$T run copy g-%d.png -o g.mkv --video-codec ffv1; $T run copy g-%d.png -o g.y4m", 0, "",
           "");
    add_chunk("g-1.png", "cICP", "\11\20\0\1", 4);
    add_chunk("g-2.png", "cICP", "\11\20\0\1", 4);
    EXPECT("$T run copy g-%d.png -o g.mkv --video-codec ffv1 && ffprobe -v error -show_entries "
           "stream=color_transfer -of csv=p=0 g.mkv",
           0, "smpte2084\n", "");
    add_chunk("g-2.png", "cICP", "\11\22\0\1", 4);
    EXPECT("$T run copy g-%d.png -o g.mkv --video-codec ffv1", 0, "",
           "triptych: note: g.mkv: ffv1 in matroska cannot store colour description of single "
           "pictures (cICP)\n");
    add_chunk("g-2.png", "sRGB", "\0", 1);
    EXPECT("$T run copy g-%d.png -o g.mkv --video-codec ffv1", 0, "",
           "triptych: note: g.mkv: ffv1 in matroska cannot store colour description of single "
           "pictures (cICP)\n");
    add_chunk("g-1.png", "cICP", "\11\20\0\0", 4);
    EXPECT("$T run copy g-1.png -o g-.png; rm g-2.png; $T run copy g-%d.png -o g.mkv --video-codec "
           "ffv1; rm g-?.png g-.png",
           0, "",
           "triptych: note: g.mkv: ffv1 in matroska cannot store colour description of single "
           "pictures (cICP)\n");
}

/* In one file all of the kinds, and languages and tags in the forms that containers have. */
static void test_streams(void)
{
    if (!prepare())
        return;
    EXPECT(PICTURES
           "-f lavfi -i sine=d=0.2 -map 0 -map 1 -map 1 -map 1 -c:v ffv1 -c:a libmp3lame "
           "-metadata:s:a:0 language=pt-BR -metadata:s:a:1 language=cy -metadata:s:a:2 "
           "language=zxx -metadata:s:a:0 title=One -metadata:s:a:1 title=Two "
           "-metadata:s:a:1 SOURCE=tape -disposition:a:2 comment+hearing_impaired "
           "-disposition:v default -metadata location=+12.5+013.0/ all.mkv; $T run copy "
           "all.mkv -o all.nut 2> nut.txt; cat nut.txt >&2; ffprobe -v error -show_entries "
           "stream_tags=language,title,SOURCE -of compact=p=0:nk=1 all.nut",
           0, "*pt-BR*", "*roles of streams (for the hearing impaired)\n");
    EXPECT("$T run copy all.mkv -o all.mp4; $T run copy all.mkv -o all.mov; for f in mp4 mov; do "
           "ffprobe -v error -select_streams a -show_entries stream_tags=language -of csv=p=0 "
           "all.$f; exiftool -c %.6g -s3 -GPSPosition all.$f; done",
           0, "por\ncym\nzxx\n12.5 N, 13 E\npor\nwel\n\n12.5 N, 13 E\n",
           "triptych: note: all.mp4: not copied from all.mkv: languages of streams (pt-BR, stored "
           "as por), tags of streams (SOURCE)\ntriptych: note: all.mov: not copied from all.mkv: "
           "languages of streams (zxx, pt-BR, stored as por), tags of streams (SOURCE), roles of "
           "streams (commentary, for the hearing impaired)\n");
    EXPECT("$T run copy all.mkv -o all.avi", 0, "",
           "triptych: note: all.avi: not copied from all.mkv: languages of streams (zxx, cy, "
           "pt-BR), tags of streams (SOURCE), roles of streams (commentary, for the hearing "
           "impaired), tags (LOCATION)\n");
    EXPECT("$T run copy all.mkv -o all.m4v --no-audio -q && ffprobe -v error -show_entries "
           "format=format_name:stream=codec_name -of csv=p=0 all.m4v && exiftool -s3 -MajorBrand "
           "all.m4v",
           0, "h264\n*Apple*", "");
}

/* A picture of a frame lies on its side, too. */
static void test_still(void)
{
    if (!prepare())
        return;
    EXPECT(
        "$T run copy turned.mp4 -o still.png --frame 2 && $T run copy turned.mp4 -o still.png -q",
        0, "",
        "triptych: note: turned.mp4 has a rotation of 270 degrees, which still.png cannot store\n");
}

/* Captions are read on, not shown for as long as a frame: those of repeated frames come once. */
static void test_captions(void)
{
    if (!prepare())
        return;
    EXPECT("$T run copy captions.h264 -o o.mp4 --frame-rate 50 -q && ffprobe -v error -show_frames "
           "o.mp4 | grep -c A53; ffprobe -v error -count_frames "
           "-show_entries stream=nb_read_frames -of csv=p=0 o.mp4",
           0, "5\n10\n", "");
    EXPECT("$T run copy captions.h264 -o o.mp4 --frame-rate 12.5", 0, "",
           "*closed captions of dropped frames are missing\n");
}

static void test_sound(void)
{
    if (!prepare())
        return;
    EXPECT(PICTURES "-f lavfi -i sine=d=0.2 -c:a aac aac.mkv; " PICTURES
                    "-f lavfi -i sine=d=0.2 -c:a mp2 mp2.mkv; " PICTURES
                    "-f lavfi -i sine=d=0.2 -c:a libvorbis vorbis.mkv",
           0, "", "");
    EXPECT("$T run copy aac.mkv -o o.mpg", 2, "",
           "triptych: cannot write o.mpg: mpeg cannot store the source's audio (aac); use mkv, or "
           "drop it with --no-audio\n");
    EXPECT("$T run copy mp2.mkv -o o.ogv", 2, "",
           "triptych: cannot write o.ogv: ogv cannot store the source's audio (mp2); use mkv, *\n");
    EXPECT("$T run copy vorbis.mkv -o o.ts", 2, "",
           "triptych: cannot write o.ts: mpegts cannot store the source's audio (vorbis); *\n");
    EXPECT("$T run copy mp2.mkv -o o.mpg && $T run copy vorbis.mkv -o o.ogv && $T run copy aac.mkv "
           "-o o.mpg --no-audio",
           0, "", "");
    EXPECT("$T run copy aac.mkv -o o.gif --no-audio", 0, "", "");
    EXPECT("$T run copy aac.mkv -o o.gif", 0, "",
           "triptych: note: o.gif: not copied from aac.mkv: sound (aac)\n");
}

/* A name that is part of another is still a name of its own. */
static void test_name_list(void)
{
    char list[60] = "";
    static const char *const names[] = {"stream tags", "tags",  "tags (A)",
                                        "tags",        "alpha", "stream"};
    for (int i = 0; i < 6; i++)
        tri_name_list_add(list, sizeof list, names[i]);
    CU_ASSERT_STRING_EQUAL(list, "stream tags, tags, tags (A), alpha, stream");
    CU_ASSERT_PTR_EQUAL(tri_name_list_find(list, list, "tags"), list + 13);
    CU_ASSERT_PTR_NULL(tri_name_list_find(list, list, "pha"));
    tri_name_list_add(list, 45, "cut off");
    CU_ASSERT_STRING_EQUAL(list, "stream tags, tags, tags (A), alpha, stream, ");
}

int test_video_table_suite(void)
{
    CU_pSuite suite = CU_add_suite("video table", shell_begin, shell_end);
    return !(
        suite != NULL && CU_add_test(suite, "each into each", test_table) &&
        CU_add_test(suite, "light", test_light) && CU_add_test(suite, "how often", test_plays) &&
        CU_add_test(suite, "pictures", test_pictures) &&
        CU_add_test(suite, "samples of pictures", test_samples_of_pictures) &&
        CU_add_test(suite, "streams", test_streams) && CU_add_test(suite, "still", test_still) &&
        CU_add_test(suite, "captions", test_captions) &&
        CU_add_test(suite, "names in notes", test_name_list) &&
        CU_add_test(suite, "sound", test_sound));
}
