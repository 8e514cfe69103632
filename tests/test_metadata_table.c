/* test_metadata_table.c -- the table of docs/metadata.md: each kind of metadata, from each format
 * into each. Files are written and read by ExifTool, or byte by byte. */
#include "codec/metadata.h"
#include "pictures.h"
#include "png_files.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const formats[] = {"png", "jpeg", "webp", "tiff", "avif", "jxl", "pnm"};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* ExifTool does not look into the codestream of JPEG XL, where colours and size are: back.png,
 * which we make of the file, shows them. Only lossless files keep a profile. */
#define LOSSLESS "$([ $o = jxl ] && echo --lossless)"

struct row {
    const char *what;          /* as named in the table */
    const char *write;         /* ExifTool's arguments; NULL: another function makes the file */
    const char *read;          /* ExifTool's arguments: tags */
    const char *kept;          /* ExifTool's output then; alternatives separated by '|' */
    const char *converted;     /* the output if it is converted; "*": anything but the original */
    const char *note;          /* what the note names if it is dropped */
    const char *chunk, *bytes; /* for PNG, or in tag `tag` of TIFF: the raw bytes in the file */
    size_t size;
    unsigned tag;
};

#define MASTERING "0123456789abcdefghijklmn"
#define PRIMARIES "\0\0\1\1\0\0\1\2\0\0\1\3\0\0\1\4\0\0\1\5\0\0\1\6\0\0\1\7\0\0\1\10"
#define LONG_BYTES "of ImageJ: ranges, labels"
#define DOUBLES "0123456701234567abcdefgh"

static const struct row rows[] = {
    {"colour profile", "'-icc_profile<=p.icc'",
     "-ICC-header:ColorSpaceData -ICC_Profile:ProfileCopyright", "RGB\tfree|RGB \tfree", "",
     "colour profile", NULL, NULL, 0, 0},
    {"EXIF", "-IFD0:Make=Someone", "-IFD0:Make", "Someone", "", "EXIF", NULL, NULL, 0, 0},
    {"EXIF thumbnail", "'-ThumbnailImage<=t.jpg'", "-IFD1:ThumbnailLength", "", "*", "EXIF", NULL,
     NULL, 0, 0},
    {"sizes in EXIF", "-ExifIFD:ExifImageWidth=7 -ExifIFD:ExifImageHeight=9",
     "-ExifIFD:ExifImageWidth -ExifIFD:ExifImageHeight", "", "200\t150", "EXIF", NULL, NULL, 0, 0},
    {"orientation", "-IFD0:Orientation#=6", "-ImageSize -IFD0:Orientation#", "",
     "150x200\t-|150x200\t1", "", NULL, NULL, 0, 0},
    {"GPS in EXIF", "-GPSLatitude=48.5 -GPSLatitudeRef=N", "-GPS:GPSLatitude# -GPS:GPSLatitudeRef#",
     "48.5\tN", "", "EXIF", NULL, NULL, 0, 0},
    {"caption, artist, copyright",
     "-IFD0:ImageDescription='A cäption' -IFD0:Artist='An Artist' -IFD0:Copyright='(c) X'",
     "-IFD0:ImageDescription -IFD0:Artist -IFD0:Copyright", "A cäption\tAn Artist\t(c) X", "",
     "EXIF", NULL, NULL, 0, 0},
    {"XMP", "-XMP-dc:Title=Töne -XMP-xmp:Rating=4", "-XMP-dc:Title -XMP-xmp:Rating", "Töne\t4", "",
     "XMP", NULL, NULL, 0, 0},
    {"IPTC", "-IPTC:Keywords=alpha -IPTC:Caption-Abstract=beta",
     "-IPTC:Keywords -IPTC:Caption-Abstract", "alpha\tbeta", "", "IPTC", NULL, NULL, 0, 0},
    {"comment", "-Comment='A cömment'", "-Comment -IFD0:ImageDescription", "A cömment\t-",
     "-\tA cömment", "text", NULL, NULL, 0, 0},
    {"author as PNG's text", "-PNG:Author='Sömebody'", "-PNG:Author -IFD0:Artist", "Sömebody\t-",
     "-\tSömebody", "text", NULL, NULL, 0, 0},
    {"text of another keyword", "-PNG:Disclaimer=none", "-PNG:Disclaimer", "none", "", "text", NULL,
     NULL, 0, 0},
    {"density",
     "-PNG-pHYs:PixelsPerUnitX=11811 -PNG-pHYs:PixelsPerUnitY=5906 -PNG-pHYs:PixelUnits=meters "
     "-JFIF:XResolution=300 -JFIF:YResolution=150 "
     "-JFIF:ResolutionUnit=inches -IFD0:XResolution=300 -IFD0:YResolution=150 "
     "-IFD0:ResolutionUnit=inches",
     "-PNG-pHYs:PixelsPerUnitX -PNG-pHYs:PixelsPerUnitY -JFIF:XResolution -JFIF:YResolution "
     "-IFD0:XResolution -IFD0:YResolution",
     "11811\t5906\t-\t-\t-\t-|11811\t5906\t-\t-\t300\t150|-\t-\t300\t150\t-\t-|-\t-"
     "\t300\t150\t300\t150|-\t-\t-\t-\t300\t150",
     "", "density", NULL, NULL, 0, 0},
    {"cICP", NULL, "", "", "", "cICP", "cICP", "\11\20\0\1", 4, 0},
    {"mDCV", NULL, "", "", "", "mDCV", "mDCV", MASTERING, 24, 0},
    {"cLLI", NULL, "", "", "", "cLLI", "cLLI", "01234567", 8, 0},
    {"sBIT", NULL, "", "", "", "sBIT", "sBIT", "\5\6\5", 3, 0},
    {"gAMA and cHRM", NULL, "", "", "", "cHRM", "cHRM", PRIMARIES, 32, 0},
    {"chunk of unknown meaning, safe to copy", NULL, "", "", "", "tsTc", "tsTc", "any bytes", 9, 0},
    {"other chunk of unknown meaning", NULL, "", "", "", "tsTC", "tsTC", "any bytes", 9, 0},
    {"digital signature", NULL, "", "", "", "dSIG", "dSIG", "any bytes", 9, 0},
    {"ImageJ's description", "-IFD0:ImageDescription='ImageJ=1.11a unit=um'",
     "-IFD0:ImageDescription", "ImageJ=1.11a unit=um", "", "EXIF", NULL, NULL, 0, 0},
    {"ImageJ tags", NULL, "", "", "", "ImageJ tags", NULL, LONG_BYTES, sizeof LONG_BYTES, 50839},
    {"GeoTIFF", NULL, "", "", "", "GeoTIFF", NULL, DOUBLES, 24, 33550},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- the table ---- */

/* Splits a row into trimmed cells: the input formats, then one for each output. */
static bool find_cells(const char *text, const char *what, char cells[FORMATS + 1][80])
{
    char start[80];
    snprintf(start, sizeof start, "\n| %s |", what);
    const char *at = strstr(text, start);
    if (at == NULL)
        return false;
    at += strlen(start);
    for (int i = 0; i <= FORMATS; i++) {
        if (sscanf(at, " %79[^|]", cells[i]) != 1)
            return false;
        for (size_t size = strlen(cells[i]); size > 0 && cells[i][size - 1] == ' '; size--)
            cells[i][size - 1] = '\0';
        at = strchr(at, '|') + 1;
    }
    return true;
}

/* ---- files ---- */

static void store(const char *name, const struct bytes *file)
{
    FILE *to = fopen(shell_path(name), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    CU_ASSERT_EQUAL(fwrite(file->data, 1, file->size, to), file->size);
    CU_ASSERT_EQUAL(fclose(to), 0);
}

static struct bytes load(const char *name)
{
    return pictures_load(shell_path(name));
}

static void put(struct bytes *to, unsigned value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        pictures_add(to, &(char){(char)(value >> 8 * i)}, 1);
}

static void put_entry(struct bytes *to, unsigned tag, unsigned type, unsigned count, unsigned value)
{
    put(to, tag, 2);
    put(to, type, 2);
    put(to, count, 4);
    put(to, value, 4);
}

/* Eight gray pixels and the tag. */
static void make_tiff(const struct row *row)
{
    struct bytes file = {0};
    const unsigned value = 8 + 2 + 9 * 12 + 4;
    pictures_add(&file, "II*\0", 4);
    put(&file, 8, 4);
    put(&file, 9, 2);
    put_entry(&file, 256, 3, 1, 4);
    put_entry(&file, 257, 3, 1, 2);
    put_entry(&file, 258, 3, 1, 8);
    put_entry(&file, 259, 3, 1, 1);
    put_entry(&file, 262, 3, 1, 1);
    put_entry(&file, 273, 4, 1, value + 100);
    put_entry(&file, 278, 3, 1, 2);
    put_entry(&file, 279, 4, 1, 8);
    put_entry(&file, row->tag, row->tag == 33550 ? 12 : 1,
              row->tag == 33550 ? 3 : (unsigned)row->size, value);
    put(&file, 0, 4);
    pictures_add(&file, row->bytes, row->size);
    while (file.size < value + 108)
        put(&file, 7, 1);
    store("in.tiff", &file);
    free(file.data);
}

/* Inserts the chunk after the header of a plain file. */
static void make_png(const struct row *row)
{
    struct bytes plain = load("plain.png"), file = {0};
    pictures_add(&file, plain.data, 8 + 25);
    if (strcmp(row->chunk, "cHRM") == 0)
        png_add_chunk(&file, "gAMA", "\0\0\1\1", 4);
    png_add_chunk(&file, row->chunk, row->bytes, row->size);
    pictures_add(&file, plain.data + 33, plain.size - 33);
    store("in.png", &file);
    free(plain.data);
    free(file.data);
}

/* Makes in.FORMAT for each format in the list. */
static void make_inputs(const struct row *row, const char *from)
{
    char command[1200];
    shell_run("rm -f in.* out-*");
    if (row->write == NULL && row->chunk != NULL) {
        make_png(row);
        return;
    }
    if (row->write == NULL) {
        make_tiff(row);
        return;
    }
    snprintf(command, sizeof command,
             "for f in %s; do cp plain.$f in.$f; done && exiftool -q -q -m -charset utf8 "
             "-overwrite_original %s in.*",
             from, row->write);
    CU_ASSERT_EQUAL(shell_run(command)->code, 0);
}

/* ---- one cell ---- */

static bool is_any(const char *list, const char *line)
{
    while (*list != '\0') {
        const size_t size = strcspn(list, "|");
        if (size == strlen(line) && strncmp(list, line, size) == 0)
            return true;
        list += size + (list[size] == '|');
    }
    return false;
}

/* Whether the file has the bytes, in PNG after their chunk's type, in AVIF after their box's. */
static bool holds(const char *name, const struct row *row)
{
    const bool codes = row->chunk != NULL && strcmp(row->chunk, "cICP") == 0;
    const bool box = codes && strstr(name, ".avif") != NULL;
    struct bytes file = load(codes && strstr(name, ".jxl") != NULL ? "back.png" : name);
    char wanted[80];
    const size_t type = row->chunk != NULL ? 4 : 0;
    memcpy(wanted, row->chunk != NULL ? row->chunk : "", type);
    memcpy(wanted + type, row->bytes, row->size);
    const bool found = box ? memmem(file.data, file.size, "colrnclx\0\11\0\20", 12) != NULL
                           : memmem(file.data, file.size, wanted, type + row->size) != NULL;
    free(file.data);
    return found;
}

static bool is_as_told(const struct row *row, const char *cell, const char *name, const char *line,
                       const char *before)
{
    char note[60];
    snprintf(note, sizeof note, "note-%s", name);
    struct bytes said = load(note);
    pictures_add(&said, "", 1);
    const bool noted = row->note[0] != '\0' && strstr((char *)said.data, row->note) != NULL;
    const bool any = said.size > 1;
    free(said.data);
    if (strcmp(cell, "note") == 0)
        return noted;
    if (any && row->note[0] != '\0')
        return false;
    if (strcmp(cell, "kept") == 0)
        return row->bytes != NULL ? holds(name, row) : is_any(row->kept, line);
    if (strcmp(cell, "converted") != 0)
        return false;
    return strcmp(row->converted, "*") == 0 ? strcmp(line, "-") != 0 && strcmp(line, before) != 0
                                            : is_any(row->converted, line);
}

/* Finds a file's line in ExifTool's output for all files: name, then tags. */
static void line_of(const char *printed, const char *name, char line[400])
{
    char start[60];
    snprintf(start, sizeof start, "%s\t", name);
    const char *at = strstr(printed, start);
    line[0] = '\0';
    if (at != NULL)
        snprintf(line, 400, "%.*s", (int)strcspn(at + strlen(start), "\n"), at + strlen(start));
}

static char built_in[80]; /* formats */

static void expect_row(const struct row *row, char cells[FORMATS + 1][80], const char *from)
{
    char command[600], name[40], input[20], line[400], before[400];
    snprintf(command, sizeof command,
             "rm -f back.png; for o in %s; do $T run copy in.%s -o out-%s.$o --format $o " LOSSLESS
             " 2>note-out-%s.$o || exit 1; done; [ ! -e out-%s.jxl ] || $T run copy out-%s.jxl -o "
             "back.png",
             built_in, from, from, from, from, from);
    const struct shell_result *result = shell_run(command);
    if (result->code != 0)
        printf("%s from %s: %s\n", row->what, from, result->err);
    CU_ASSERT_EQUAL(result->code, 0);
    const char *printed = "";
    if (row->read[0] != '\0') {
        snprintf(command, sizeof command,
                 "exiftool -q -m -charset utf8 -T -f -filename %s in.%s out-%s.* $(ls back.png)",
                 row->read, from, from);
        printed = shell_run(command)->out; /* valid until the next run */
    }
    snprintf(input, sizeof input, "in.%s", from);
    line_of(printed, input, before);
    for (int i = 0; i < FORMATS; i++) {
        if (tri_format_find(formats[i]) == NULL)
            continue;
        snprintf(name, sizeof name, "out-%s.%s", from, formats[i]);
        const bool hidden =
            strcmp(formats[i], "jxl") == 0 &&
            (strcmp(row->what, "colour profile") == 0 || strcmp(row->what, "orientation") == 0);
        line_of(printed, hidden ? "back.png" : name, line);
        const bool as_told = is_as_told(row, cells[1 + i], name, line, before);
        if (!as_told)
            printf("%s from %s to %s: not %s, but '%s'\n", row->what, from, formats[i],
                   cells[1 + i], line);
        CU_ASSERT_TRUE(as_told);
    }
}

/* ---- the whole table ---- */

static void make_plain(void)
{
    struct bytes profile = pictures_real_profile();
    store("p.icc", &profile);
    free(profile.data);
    const struct tri_shape shape = {200, 150, 3, 8};
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < 150; y++)
            for (int x = 0; x < 200; x++)
                ((uint8_t *)tri_image_row(image, p, y))[x] = (uint8_t)(x + p * y);
    static const char *const names[] = {"plain.png", "plain.jpeg", "plain.webp", "plain.tiff",
                                        "t.jpg",     "plain.avif", "plain.jxl"};
    for (int i = 0; i < 7; i++)
        if (i < 5 || tri_format_of_path(names[i]) != NULL)
            CU_ASSERT_EQUAL(tri_image_write(shell_path(names[i]), image, NULL, NULL), TRI_OK);
    tri_image_free(image);
}

static void test_table(void)
{
    built_in[0] = '\0';
    for (int i = 0; i < FORMATS; i++) {
        if (tri_format_find(formats[i]) == NULL)
            test_skip("a picture format is not built in");
        else
            snprintf(built_in + strlen(built_in), sizeof built_in - strlen(built_in), " %s",
                     formats[i]);
    }
    if (shell_run("exiftool -ver")->code != 0) {
        test_skip("no exiftool");
        return;
    }
    struct bytes docs = pictures_load("docs/metadata.md");
    pictures_add(&docs, "", 1);
    make_plain();
    for (int i = 0; i < ROWS; i++) {
        char cells[FORMATS + 1][80], *rest;
        const bool found = find_cells((char *)docs.data, rows[i].what, cells);
        if (!found)
            printf("no row '%s'\n", rows[i].what);
        CU_ASSERT_TRUE_FATAL(found);
        char all[80] = "";
        for (int k = 0; k < FORMATS; k++)
            if (strstr(cells[0], formats[k]) != NULL && tri_format_find(formats[k]) != NULL)
                snprintf(all + strlen(all), sizeof all - strlen(all), " %s", formats[k]);
        make_inputs(&rows[i], all);
        strcpy(cells[0], all);
        for (char *from = strtok_r(cells[0], " ", &rest); from != NULL;
             from = strtok_r(NULL, " ", &rest))
            expect_row(&rows[i], cells, from);
    }
    /* of the table: each has been checked. Behind it are those of animations and videos. */
    int lines = 0;
    const char *const end = strstr((char *)docs.data, "\n## Animations");
    CU_ASSERT_PTR_NOT_NULL(end);
    for (const char *at = (char *)docs.data; (at = strstr(at, "\n| ")) != NULL && at < end; at++)
        lines++;
    CU_ASSERT_EQUAL(lines, ROWS + 1);
    free(docs.data);
}

/* For frames of a sequence there are the same notes as for images, once; also for a frame that
 * becomes an image. */
static void test_frames(void)
{
    const struct tri_shape shape = {8, 8, 3, 8};
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < 8; y++)
            memset(tri_image_row(image, p, y), 32 * y, 8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "cLLI", "12345678", 8));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "tEXt", "Title\0one", 9));
    const struct tri_write_options options = {.size = sizeof options, .metadata = metadata};
    CU_ASSERT_EQUAL(tri_image_write(shell_path("f1.png"), image, &options, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_write(shell_path("f2.png"), image, &options, NULL), TRI_OK);
    tri_metadata_free(metadata);
    tri_image_free(image);
    EXPECT("$T run invert f%d.png -o g%d.png && rm g1.png g2.png", 0, "",
           "triptych: note: g%d.png: light level (cLLI) dropped: the samples have changed\n");
    EXPECT("$T run invert f%d.png -o g%d.png --strip && rm g1.png g2.png", 0, "", "");
    EXPECT("$T run invert f%d.png -o g.png --frame 2 && rm g.png", 0, "",
           "triptych: note: g.png: light level (cLLI) dropped: the samples have changed\n");
    EXPECT("$T run invert f%d.png -o g.pnm --frame 2 && rm g.pnm", 0, "",
           "triptych: note: g.pnm: PNM cannot store text\ntriptych: note: g.pnm: light level *\n");
    EXPECT("$T run invert f1.png f2.png -o g%d.png -q && rm f1.png f2.png g1.png g2.png", 0, "",
           "");
}

int test_metadata_table_suite(void)
{
    CU_pSuite suite = CU_add_suite("metadata table", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "kept, converted, or told", test_table) &&
             CU_add_test(suite, "kept, converted, or told of frames", test_frames));
}
