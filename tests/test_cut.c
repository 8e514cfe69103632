/* test_cut.c -- the pipelines that may be cut into strips: the analysis of bodies and plans, and
 * its limits. */
#include "pipeline/cut.h"
#include "pipeline/registry.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static void test_words(void)
{
    static const char *const telling[] = {
        "PASS(a, S, S)\n{\n    PUT(Y);\n}\n",
        "#define EVEN (Y & 1)\nPASS(a, S, S) { PUT(EVEN); }\n",
        "PASS(a, S, S) { PUT(SOURCE(0, 3)); }",
        "GATHER(a, S, S) { return SAMPLE_INPUT(1, X, 2); }",
        "GATHER(a, S, S) { return SAMPLE(X, 2); }",
        "PASS(a, S, S) { PUT(AT(0, IN_HEIGHT > 4)); }",
        "PASS(a, S, S) { PUT(_r->y); }",
        "#ifdef HOST\nint a;\n#endif\nPASS(a, S, S) { PUT(Y); }",
        "#ifdef HOST\n#if 1\nint a;\n#endif\n#else\nPASS(a, S, S) { PUT(Y); }\n#endif\n",
        "#ifndef HOST\nPASS(a, S, S) { PUT(Y); }\n#endif\n",
        "/* Y */ PASS(a, S, S) { /* x */ PUT(Y); }",
        "// a\nPASS(a, S, S) { PUT(Y); }",
        "#include \"x\"\nPASS(a, S, S) { \"\\\"\"; PUT(Y); }",
    };
    static const char *const silent[] = {
        "",
        "PASS(a, S, S) { PUT(AT(1, -2)); }",
        "/* Y, IN_HEIGHT and SOURCE */ // SAMPLE\nPASS(a, S, S) { PUT(AT(0, 0)); }",
        "PASS(a, S, S) { const int MY_Y = 1, Y1 = 2, a_r = 3; PUT(ALL(S, MOTION_SAMPLE)); }",
        "PASS(a, S, S) { PUT(AT(0, 0)); }\n#ifdef HOST\n#if Y\n#endif\nint Y = IN_HEIGHT; /* "
        "#endif */\n#endif\n",
        "GATHER(a, S, S) { return ROW_SAMPLE(IN_WIDTH - 1 - X); }",
        "#define HELP \"Y \\\" Y\"\n",
        "/* no end Y",
        "\"no end Y",
    };
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        if (!tri_source_tells_row(telling[i])) {
            printf("\n  not seen: %s\n", telling[i]);
            CU_FAIL("a word was not seen");
        }
    }
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (tri_source_tells_row(silent[i])) {
            printf("\n  seen: %s\n", silent[i]);
            CU_FAIL("a word was seen that is not there");
        }
    }
}

/* ---- the dialect has no other words of that kind ---- */

static bool is_listed(const char *word)
{
    for (int i = 0; tri_row_words[i] != NULL; i++)
        if (strcmp(tri_row_words[i], word) == 0)
            return true;
    return false;
}

/* Members of the row that do not reveal its position. */
static bool is_harmless(const char *member)
{
    static const char *const harmless[] = {"in", "out", "outputs", "constants", "in_width"};
    const size_t length = strspn(member, "abcdefghijklmnopqrstuvwxyz_");
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (strlen(harmless[i]) == length && strncmp(harmless[i], member, length) == 0)
            return true;
    return false;
}

/* Whether the text of a macro has a member of the row that reveals its position, or a listed word
 * other than the row. */
static bool tells(const char *body)
{
    for (const char *at = body; (at = strstr(at, "_r->")) != NULL; at += 4)
        if (!is_harmless(at + 4))
            return true;
    char *copy = strdup(body), *rest = copy;
    bool found = false;
    for (char *word; (word = strtok_r(rest, " ()[],;*+-&|<>=!?:.{}\n\t\\#", &rest)) != NULL;)
        found |= strcmp(word, "_r") != 0 && is_listed(word);
    free(copy);
    return found;
}

/* One definition with its continuation lines; returns the number of words that reveal the position.
 */
static int check_definition(const char *line)
{
    const char *name = line + strlen("#define "), *end = line;
    while ((end = strchr(end, '\n')) != NULL && end[-1] == '\\')
        end++;
    const size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"),
                 size = end != NULL ? (size_t)(end - name) : strlen(name);
    char *word = strndup(name, length), *body = strndup(name + length, size - length);
    const bool telling = tells(body);
    if (telling && !is_listed(word)) {
        printf("\n  the word %s tells where a row is, and is not in tri_row_words\n", word);
        CU_FAIL("a word of the dialect is not listed");
    }
    free(word);
    free(body);
    return telling;
}

static void test_dialect(void)
{
    static const char *const files[] = {"row_functions.h", "body_words.h", "host_symbols.h"};
    int telling = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *text = tri_source_find(files[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        for (const char *at = text; (at = strstr(at, "#define ")) != NULL; at += 8)
            telling += check_definition(at);
    }
    CU_ASSERT_TRUE(telling >=
                   5); /* Y, IN_HEIGHT, SOURCE, SAMPLE, SAMPLE_INPUT: else nothing was examined */
}

/* ---- plans ---- */

static struct tri_plan *plan_of(const char *text, int width, int height, int planes)
{
    const struct tri_shape shape = {width, height, planes, 8};
    struct tri_pipeline *pipeline = NULL;
    struct tri_plan *plan = NULL;
    struct tri_error error;
    if (tri_pipeline_parse(text, &pipeline, &error) != TRI_OK ||
        tri_plan_make(pipeline, &shape, TRI_PLAN_WALK, NULL, &plan, &error) != TRI_OK)
        printf("\n  %s: %s\n", text, error.text);
    tri_pipeline_free(pipeline); /* the plan uses it again only for operations with `finish` */
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    return plan;
}

static void check_reach(const char *text, int above, int below)
{
    struct tri_plan *plan = plan_of(text, 40, 30, 3);
    struct tri_cut cut;
    char why[200] = "";
    if (!tri_plan_cut(plan, &cut, why) || cut.above != above || cut.below != below) {
        printf("\n  %s: %d and %d rows, expected %d and %d %s\n", text, cut.above, cut.below, above,
               below, why);
        CU_FAIL("a pipeline that can be cut");
    }
    tri_plan_free(plan);
}

static void check_refused(const char *text, const char *reason)
{
    struct tri_plan *plan = plan_of(text, 40, 30, 3);
    struct tri_cut cut;
    char why[200] = "";
    if (tri_plan_cut(plan, &cut, why) || strstr(why, reason) == NULL) {
        printf("\n  %s: '%s'\n", text, why);
        CU_FAIL("a pipeline that cannot be cut");
    }
    tri_plan_free(plan);
}

static void test_pipelines(void)
{
    check_reach("invert", 0, 0);
    check_reach("gray,threshold,levels", 0, 0);
    check_reach("sobel", 1, 1);
    check_reach("median:radius=2", 2, 2);
    check_reach("box:radius=9", 10, 9); /* a row leaves the window at its top */
    check_reach("dilate:radius=7", 7, 7);
    check_reach("sobel,erode:radius=3,invert,sobel", 5, 5);
    check_reach("matrix,unsharp:sigma=1", 4, 4); /* 4 sigma */
    check_reach("adjust,solarize,range,threshold", 0, 0);
    check_reach("hue,colorspace:to=lab,saturation,channels", 0, 0);
    check_refused("rotate", "rotate reads whole planes");
    check_refused("flip:axis=vertical", "flip reads whole planes");
    check_refused("flip:axis=horizontal", "flip depends on the position");
    check_refused("resize:scale=0.5", "resize reads whole planes");
    check_refused("invert,equalize", "histogram counts the samples");
    check_refused("autolevels", "histogram counts the samples");
    check_refused("sobel,rotate:angle=180", "rotate reads whole planes");
    check_refused("threshold:method=otsu", "histogram counts the samples");
    check_refused("dither", "dither depends on the position");
    check_refused("vignette", "vignette depends on the position");
    check_refused("difference", "frames depend on earlier frames");
    check_refused("fade", "frames depend on earlier frames");
    check_refused("deinterlace", "frames depend on earlier frames");
    check_refused("sobel,temporal_median", "frames depend on earlier frames");
    check_refused("motion", "frames depend on earlier frames");
}

/* Plausible future kernels: modified plans of one that can be cut. */
static void expect_refusal(struct tri_plan *plan, const char *reason)
{
    struct tri_cut cut;
    char why[200] = "";
    CU_ASSERT_FALSE(tri_plan_cut(plan, &cut, why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, reason));
}

static void test_new_kernels(void)
{
    struct tri_plan *plan = plan_of("sobel", 40, 30, 1);
    struct tri_stage *stage = &plan->stages[0];
    struct walk_node *node = &stage->nodes[stage->node_count - 1];
    const struct walk_node as_it_is = *node;
    struct tri_cut cut;
    char why[200];
    CU_ASSERT_TRUE(tri_plan_cut(plan, &cut, why));
    node->whole = true;
    expect_refusal(plan, "reads whole planes");
    *node = as_it_is;
    node->kind = 77;
    expect_refusal(plan, "reads whole planes");
    *node = as_it_is;
    node->kind = PASS_HISTOGRAM;
    expect_refusal(plan, "counts");
    *node = as_it_is;
    const struct tri_pass *pass = stage->passes[node->pass];
    const struct tri_pass by_row = {.name = "new", .file = "deinterlace"},
                          unknown = {.name = "new", .file = "nowhere"};
    stage->passes[node->pass] = &by_row;
    expect_refusal(plan, "deinterlace depends on the position");
    stage->passes[node->pass] = &unknown;
    expect_refusal(plan, "nowhere depends on the position");
    stage->passes[node->pass] = pass;
    plan->channels[node->out[0]].height--;
    expect_refusal(plan, "changes the height");
    plan->channels[node->out[0]].height++;
    plan->delay = 1;
    expect_refusal(plan, "earlier frames");
    plan->delay = 0;
    plan->frame_count = 1;
    expect_refusal(plan, "earlier frames");
    plan->frame_count = 0;
    plan->finish_count = 1;
    expect_refusal(plan, "stages");
    plan->finish_count = 0;
    plan->told.channel = 1;
    expect_refusal(plan, "stages");
    plan->told.channel = 0;
    CU_ASSERT_TRUE(tri_plan_cut(plan, &cut, why));
    tri_plan_free(plan);
}

/* A strip's plan that differs in anything but its height is not used. */
static void test_same_rows(void)
{
    struct tri_plan *whole = plan_of("matrix:rr=0.5,gaussian:sigma=2,sobel", 40, 300, 3);
    struct tri_plan *strip = plan_of("matrix:rr=0.5,gaussian:sigma=2,sobel", 40, 3, 3);
    CU_ASSERT_TRUE(tri_plan_same_rows(whole, strip));
    strip->constants[0] ^= 1;
    CU_ASSERT_FALSE(tri_plan_same_rows(whole, strip));
    strip->constants[0] ^= 1;
    strip->stages[0].nodes[1].low--;
    CU_ASSERT_FALSE(tri_plan_same_rows(whole, strip));
    strip->stages[0].nodes[1].low++;
    strip->channels[strip->stages[0].nodes[0].out[0]].height++;
    CU_ASSERT_FALSE(tri_plan_same_rows(whole, strip));
    strip->channels[strip->stages[0].nodes[0].out[0]].height--;
    const struct tri_pass *pass = strip->stages[0].passes[0];
    strip->stages[0].passes[0] = strip->stages[0].passes[1];
    CU_ASSERT_FALSE(tri_plan_same_rows(whole, strip));
    strip->stages[0].passes[0] = pass;
    CU_ASSERT_TRUE(tri_plan_same_rows(whole, strip));
    tri_plan_free(strip);
    static const char *const others[] = {"matrix:rr=0.5,gaussian:sigma=2.5,sobel",
                                         "matrix:rr=0.6,gaussian:sigma=2,sobel",
                                         "matrix:rr=0.5,gaussian:sigma=2", "resize:scale=2"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        strip = plan_of(others[i], 40, 3, 3);
        CU_ASSERT_FALSE(tri_plan_same_rows(whole, strip));
        tri_plan_free(strip);
    }
    tri_plan_free(whole);
}

int test_cut_suite(void)
{
    CU_pSuite suite = CU_add_suite("cut", NULL, NULL);
    return !(suite && CU_add_test(suite, "words that tell a row", test_words) &&
             CU_add_test(suite, "the dialect's words", test_dialect) &&
             CU_add_test(suite, "pipelines that are cut, and others", test_pipelines) &&
             CU_add_test(suite, "kernels that are not there yet", test_new_kernels) &&
             CU_add_test(suite, "plans of strips", test_same_rows));
}
