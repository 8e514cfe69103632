/* test_parameters.c -- parameters that are text: lists, colours, files, and quotes around them. */
#include "pipeline/canonical.h"
#include "pipeline/graph.h"
#include "pipeline/quoting.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static void check_canonical(const char *text, const char *expected)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error = {.text = ""};

    CU_ASSERT_EQUAL(tri_pipeline_parse_words(text, &pipeline, &error), TRI_OK);
    char *got = pipeline != NULL ? tri_pipeline_canonical(pipeline) : NULL;
    if (got == NULL || strcmp(got, expected) != 0)
        printf("\n%s: expected %s, got %s %s\n", text, expected, got ? got : "nothing", error.text);
    CU_ASSERT(got != NULL && strcmp(got, expected) == 0);
    tri_pipeline_free(pipeline);
    /* The canonical text is a pipeline, and its own canonical text. */
    if (got != NULL && tri_pipeline_parse_words(got, &pipeline, NULL) == TRI_OK) {
        char *again = tri_pipeline_canonical(pipeline);
        CU_ASSERT(again != NULL && strcmp(again, got) == 0);
        free(again);
        tri_pipeline_free(pipeline);
    } else {
        CU_FAIL("the canonical text is no pipeline");
    }
    free(got);
}

static void test_canonical(void)
{
    check_canonical("convolve: 0 -1 0 /-1 5.0 -1/ 0 -1  0 ",
                    "convolve:matrix=0 -1 0/-1 5 -1/0 -1 0:divisor=0:bias=0:green=0:blue=0");
    check_canonical("convolve:bias=.5:matrix='1 2 1'",
                    "convolve:matrix=1 2 1:divisor=0:bias=0.5:green=0:blue=0");
    check_canonical("copy,lut:film.cube,copy",
                    "copy,lut:file=film.cube:interpolation=tetrahedral,copy");
    check_canonical("lut:'a, b=1: c.cube':trilinear",
                    "lut:file='a, b=1: c.cube':interpolation=trilinear");
    check_canonical("lut:a\\,b\\:c\\ d\\\\.cube",
                    "lut:file='a,b:c d\\.cube':interpolation=tetrahedral");
    check_canonical("lut:file=\"it's \\\"so\\\".cube\"",
                    "lut:file=\"it's \\\"so\\\".cube\":interpolation=tetrahedral");
    check_canonical("gaussian:'2'", "gaussian:sigma=2");
}

static void check_refused(const char *text, enum tri_status status, const char *why)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error = {.text = ""};

    CU_ASSERT_EQUAL(tri_pipeline_parse(text, &pipeline, &error), status);
    CU_ASSERT_PTR_NULL(pipeline);
    if (strcmp(error.text, why) != 0)
        printf("\n%s: expected '%s', got '%s'\n", text, why, error.text);
    CU_ASSERT_STRING_EQUAL(error.text, why);
}

static void test_refused(void)
{
    check_refused(
        "lut:'film.cube", TRI_USAGE,
        "the quote ' at character 5 of the pipeline is not closed; close it, or write \\' "
        "for the character itself");
    check_refused("convolve", TRI_USAGE,
                  "convolve needs matrix, such as convolve:matrix=0 -1 0 / -1 5 -1 / 0 -1 0");
    check_refused("convolve:1 2 x / 3 4 5", TRI_USAGE,
                  "convolve: number 3 of matrix is 'x'; expected a number");
    check_refused("convolve:1 nan 2", TRI_USAGE,
                  "convolve: number 2 of matrix is 'nan'; expected a number");
    check_refused("convolve:1 2 99999", TRI_USAGE,
                  "convolve: number 3 of matrix is '99999'; expected -10000 to 10000");
    check_refused("convolve:1 2 1/2 1", TRI_USAGE,
                  "convolve: row 2 of matrix has 2 numbers, but row 1 has 3");
    check_refused("convolve:1 2 1/", TRI_USAGE,
                  "convolve: row 2 of matrix is empty; expected numbers");
    check_refused("convolve:1 2 3 4", TRI_USAGE,
                  "convolve: matrix has 2 rows of 2 numbers; its sides must be odd, up to 31, with "
                  "/ between rows");
    check_refused("curves:0 0 0.5 0.2 0.5 1", TRI_USAGE,
                  "curves: x of point 3 of points is 0.5; it must be above 0.5, that of the point "
                  "before");
    check_refused("curves:0 0 1", TRI_USAGE,
                  "curves: points has 3 numbers; expected x and y of two points or more");
    check_refused("lut:@nothing", TRI_USAGE,
                  "lut: there is no '@nothing'; the program has @warm @contrast @faded, and a file "
                  "whose name begins with @ is ./@nothing");
    check_refused("lut:", TRI_USAGE, "lut: file is empty; expected the name of a file");
    check_refused("lut:/nowhere/film.cube", TRI_FAILED,
                  "lut: cannot read /nowhere/film.cube: No such file or directory");
    check_refused("lut:/", TRI_FAILED, "lut: cannot read /: Is a directory");
}

/* A copy, a copy for chroma, a beginning and a join have the values, also after the first is gone.
 */
static void test_copies(void)
{
    struct tri_pipeline *first = NULL, *copies[3] = {NULL}, *joined = NULL;

    CU_ASSERT_EQUAL_FATAL(
        tri_pipeline_parse("lut:file='@warm',convolve:1 2 1:bias=0.5", &first, NULL), TRI_OK);
    const struct tri_pipeline *const parts[2] = {first, first};
    CU_ASSERT_EQUAL(tri_pipeline_join(parts, 2, &joined, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_pipeline_scaled(first, 1, 1, &copies[0], NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_pipeline_begin(first, 1, &copies[1], NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_pipeline_begin(joined, 3, &copies[2], NULL), TRI_OK);
    tri_pipeline_free(first);
    CU_ASSERT_STRING_EQUAL(tri_pipeline_value_text(joined, 3, "matrix"), "1 2 1");
    CU_ASSERT_STRING_EQUAL(tri_pipeline_text(copies[1]), "lut:file='@warm'");
    CU_ASSERT_EQUAL(tri_pipeline_length(copies[2]), 3);
    tri_pipeline_free(joined);
    for (int i = 0; i < 3; i++) {
        struct tri_shape in = {5, 4, 3, 8}, out;
        CU_ASSERT_STRING_EQUAL(tri_pipeline_value_text(copies[i], 0, "file"), "@warm");
        CU_ASSERT_PTR_NULL(tri_pipeline_value_text(copies[i], 0, "interpolation"));
        CU_ASSERT_PTR_NULL(tri_pipeline_value_text(copies[i], 9, "file"));
        CU_ASSERT_EQUAL(tri_pipeline_shape(copies[i], &in, &out, NULL), TRI_OK);
        tri_pipeline_free(copies[i]);
    }
}

/* Writes a file in the test's folder. */
#define WRITE(name, text) "printf '" text "' > '" name "'; "
#define ROW "0.5 0.5 0.5\\n"
#define BAD(text, why) \
    EXPECT(WRITE("bad.cube", text) "cp $ROOT/images/street.png in.png; " \
                                   "$T run lut:bad.cube in.png -o out.png; code=$?; " \
                                   "test ! -e out.png || exit 9; exit $code", \
           1, "", "triptych: bad.cube" why "\n")

static void test_bad_files(void)
{
    BAD("", " has no table; expected a .cube file");
    BAD("hello\\n", ", line 1: unknown word 'hello'; this is no .cube file, or a kind that is "
                    "unknown");
    BAD("# a\\n\\nLUT_3D_SIZE 1\\n",
        ", line 3: LUT_3D_SIZE is '1'; expected a whole number from 2 to 129");
    BAD("LUT_3D_SIZE 2.5\\n", ", line 1: LUT_3D_SIZE is '2.5'; expected a whole number from 2 to "
                              "129");
    BAD("LUT_1D_SIZE 65537\\n",
        ", line 1: LUT_1D_SIZE is '65537'; expected a whole number from 2 to 65536");
    BAD(ROW, ", line 1: numbers before LUT_1D_SIZE or LUT_3D_SIZE");
    BAD("LUT_1D_SIZE 2\\n" ROW "0.5 0.5\\n", ", line 3: '0.5 0.5' is no row of three numbers");
    BAD("LUT_1D_SIZE 2\\n" ROW "0.5 0.5 0.5 1\\n",
        ", line 3: '0.5 0.5 0.5 1' is no row of three numbers");
    BAD("LUT_1D_SIZE 2\\n" ROW ROW ROW, ", line 4: more rows than the 2 that the sizes say");
    BAD("LUT_1D_SIZE 2\\r\\n" ROW, " ends after 1 of 2 rows");
    BAD("LUT_1D_SIZE 2\\n" ROW "LUT_3D_SIZE 2\\n",
        ", line 3: LUT_3D_SIZE comes after the first row of numbers");
    BAD("DOMAIN_MIN 0 0\\n", ", line 1: DOMAIN_MIN is '0 0'; expected three numbers");
    BAD("LUT_1D_SIZE 2\\nDOMAIN_MIN 0 1 0\\n" ROW ROW,
        ": the domain of channel 2 is empty: its end must be above its beginning");
}

/* The identity in several spellings, read from a quoted name and from a pipe. */
static void test_good_files(void)
{
    EXPECT(
        WRITE("a, b: c.cube",
              "\\357\\273\\277TITLE \"x\"\\r\\n# no\\r\\n\\r\\nLUT_1D_SIZE 2\\r\\n "
              "0 0 0 \\r\\n1e0\\t1 +1.0") "cp $ROOT/images/street.png in.png; "
                                          "$T run \"lut:file='a, b: c.cube'\" in.png -o out.png && "
                                          "$T run copy in.png -o same.png && cmp out.png same.png",
        0, "", "");
    EXPECT("$T run 'lut:a\\, b\\: c.cube,copy' in.png -o out.png && cmp out.png same.png", 0, "",
           "");
    EXPECT("mkfifo pipe; cat 'a, b: c.cube' > pipe & $T run lut:pipe in.png -o out.png && cmp "
           "out.png same.png",
           0, "", "");
}

/* No output may overwrite a file that a parameter names. */
static void test_conflicts(void)
{
    EXPECT(WRITE("film.png",
                 "LUT_1D_SIZE 2\\n0 0 0\\n1 1 1\\n") "cp film.png kept; "
                                                     "cp $ROOT/images/street.png in.png; "
                                                     "$T run copy,lut:./film.png in.png -o "
                                                     "film.png; code=$?; cmp film.png kept && exit "
                                                     "$code",
           2, "", "triptych: run: the result of 'in.png' would replace the input './film.png'\n");
    EXPECT(
        "cp film.png film.svg; $T run lut:film.svg in.png -o out.png --trace film.svg; code=$?; "
        "cmp film.svg kept && "
        "exit $code",
        2, "",
        "triptych: run: --trace 'film.svg' would overwrite the input 'film.svg'; write to another "
        "file\n");
    EXPECT("$T verify lut:film.png in.png --on sequential --json film.png; code=$?; cmp film.png "
           "kept && exit $code",
           2, "",
           "triptych: verify: --json 'film.png' would overwrite the input 'film.png'; write to "
           "another file\n");
    EXPECT("$T bench lut:film.png in.png --on sequential --json film.png; code=$?; cmp film.png "
           "kept && exit $code",
           2, "",
           "triptych: bench: --json 'film.png' would overwrite the input 'film.png'; write to "
           "another file\n");
    EXPECT(
        "cp film.png film.y4m; $T run lut:film.y4m $ROOT/images/frame-%d.png -o film.y4m; code=$?; "
        "cmp film.y4m kept && exit $code",
        2, "", "triptych: run: *film.y4m*\n");
}

static void check_colour(const char *text, int red, int green, int blue, int alpha)
{
    struct tri_rgba colour;

    CU_ASSERT_TRUE(tri_colour_parse(text, &colour));
    CU_ASSERT(colour.red == red && colour.green == green && colour.blue == blue &&
              colour.alpha == alpha);
}

static void test_colours(void)
{
    static const char *const bad[] = {"",           "#",      "#12",        "#12345",
                                      "#1234567",   "#12g",   "#123456789", "whit",
                                      "rgb(1,2,3)", " white", "123456"};
    struct tri_rgba colour;

    check_colour("#fa1", 255, 170, 17, 255);
    check_colour("#fa18", 255, 170, 17, 136);
    check_colour("#12345F", 18, 52, 95, 255);
    check_colour("#12345f80", 18, 52, 95, 128);
    check_colour("AliceBlue", 240, 248, 255, 255);
    check_colour("yellowgreen", 154, 205, 50, 255);
    check_colour("transparent", 0, 0, 0, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(tri_colour_parse(bad[i], &colour));
}

int test_parameters_suite(void)
{
    CU_pSuite suite = CU_add_suite("parameters", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "one spelling", test_canonical) ||
           !CU_add_test(suite, "what is refused", test_refused) ||
           !CU_add_test(suite, "copies of pipelines", test_copies) ||
           !CU_add_test(suite, "bad files", test_bad_files) ||
           !CU_add_test(suite, "good files", test_good_files) ||
           !CU_add_test(suite, "files that are read and written", test_conflicts) ||
           !CU_add_test(suite, "colours", test_colours);
}
