/* test_lab_quiz.c -- quizzes: how they are drawn, asked, judged and stored. How they are graded is
 * in test_lab_grade.c. */
#include "lab/quiz.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <string.h>

int test_lab_quiz_suite(void);

/* ---- drawing ---- */

static int experiment_count(void)
{
    int count = 0;

    while (tri_lab_experiments[count] != NULL)
        count++;
    return count;
}

/* Whether each number below count is in the list once. */
static bool is_permutation(const int *list, int count)
{
    unsigned seen = 0;

    for (int i = 0; i < count; i++)
        seen |= list[i] >= 0 && list[i] < count ? 1U << list[i] : 0;
    return seen == (1U << count) - 1;
}

static int index_of(const struct tri_lab_experiment *experiment)
{
    int index = 0;

    while (tri_lab_experiments[index] != experiment)
        index++;
    return index;
}

static void test_draw(void)
{
    static struct tri_quiz quiz, again;
    const int count = experiment_count();
    unsigned first = 0, first_answer = 0;

    for (uint32_t seed = 1; seed <= 300; seed++) {
        int order[TRI_QUIZ_MAX];
        tri_quiz_draw(&quiz, tri_lab_experiments, count, seed);
        tri_quiz_draw(&again, tri_lab_experiments, count, seed);
        CU_ASSERT_EQUAL(memcmp(&quiz, &again, sizeof quiz), 0);
        for (int i = 0; i < count; i++) {
            order[i] = index_of(quiz.questions[i].experiment);
            CU_ASSERT_TRUE(is_permutation(quiz.questions[i].order, quiz.questions[i].answer_count));
            CU_ASSERT_EQUAL(quiz.questions[i].expected, -1);
        }
        CU_ASSERT_TRUE(is_permutation(order, count));
        first |= 1U << order[0];
        first_answer |= 1U << quiz.questions[0].order[0];
    }
    CU_ASSERT_EQUAL(first, (1U << count) - 1); /* each of them comes first for some seed */
    CU_ASSERT_EQUAL(first_answer, 15);
}

static void test_conclude(void)
{
    static struct tri_quiz quiz;
    struct tri_lab_run run = {.cores = 2, .others = 1.5, .answer = 1};

    tri_quiz_draw(&quiz, tri_lab_experiments, 1, 1);
    tri_lab_say(&run, TRI_LAB_UNCLEAR, "so it %s", "is");
    tri_quiz_conclude(&quiz.questions[0], &run);
    CU_ASSERT_EQUAL(quiz.questions[0].measured, 1);
    CU_ASSERT_TRUE(quiz.questions[0].busy);
    CU_ASSERT_EQUAL_FATAL(quiz.questions[0].finding_count, 1);
    CU_ASSERT_STRING_EQUAL(quiz.questions[0].findings[0].text, "so it is");
    run.others = 0;
    tri_quiz_conclude(&quiz.questions[0], &run);
    CU_ASSERT_FALSE(quiz.questions[0].busy);
}

static void test_judge(void)
{
    static struct tri_quiz quiz;
    static const struct {
        int expected, measured;
        enum tri_quiz_verdict verdict;
    } cases[] = {{1, 1, TRI_QUIZ_RIGHT},
                 {0, 1, TRI_QUIZ_WRONG},
                 {-1, 1, TRI_QUIZ_SKIPPED},
                 {0, -1, TRI_QUIZ_UNCLEAR},
                 {-1, -1, TRI_QUIZ_UNCLEAR}};

    tri_quiz_draw(&quiz, tri_lab_experiments, 5, 1);
    for (int i = 0; i < 5; i++) {
        quiz.questions[i].expected = cases[i].expected;
        quiz.questions[i].measured = cases[i].measured;
        CU_ASSERT_EQUAL(tri_quiz_judge(&quiz.questions[i]), cases[i].verdict);
    }
    struct tri_quiz_score score = tri_quiz_count(&quiz);
    CU_ASSERT_EQUAL(tri_quiz_told(&score), 3);
    CU_ASSERT_STRING_EQUAL(tri_quiz_score_text(&score).text,
                           "1 of 3 right, 1 skipped, 2 could not be told");
    score = (struct tri_quiz_score){{[TRI_QUIZ_RIGHT] = 4, [TRI_QUIZ_WRONG] = 6}};
    CU_ASSERT_STRING_EQUAL(tri_quiz_score_text(&score).text, "4 of 10 right");
}

/* ---- files ---- */

static json_t *made_file(void)
{
    static struct tri_quiz quiz;
    const struct tri_environment environment = {
        .cpu = "Some CPU", .commit = "abc", .date = "2026-01-02T03:04:05Z", .cores = 4};

    tri_quiz_draw(&quiz, tri_lab_experiments, 3, 9);
    quiz.student = "Ada L\xc3\xb6ve \"1\"\\";
    quiz.questions[0].expected = quiz.questions[0].measured = 1;
    quiz.questions[1].expected = 0;
    quiz.questions[1].measured = 1;
    return tri_quiz_json(&quiz, &environment, 2);
}

/* Writes and releases it, and reads it back. */
static enum tri_status read_back(json_t *root, size_t flags, struct tri_quiz_result *result,
                                 struct tri_error *error)
{
    CU_ASSERT_EQUAL(json_dump_file(root, shell_path("made.json"), flags), 0);
    json_decref(root);
    return tri_quiz_read(shell_path("made.json"), result, error);
}

static void set_digest(json_t *root)
{
    uint64_t digest;

    CU_ASSERT_TRUE_FATAL(tri_quiz_digest(root, &digest));
    json_object_set_new(root, "digest", tri_digest_json(digest));
}

static void test_round_trip(void)
{
    static struct tri_quiz_result result;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(read_back(made_file(), JSON_INDENT(1), &result, &error), TRI_OK);
    CU_ASSERT_FALSE(result.changed);
    CU_ASSERT_STRING_EQUAL(result.student, "Ada L\xc3\xb6ve \"1\"\\");
    CU_ASSERT_STRING_EQUAL(result.cpu, "Some CPU");
    CU_ASSERT_STRING_EQUAL(result.date, "2026-01-02T03:04:05Z");
    CU_ASSERT_STRING_EQUAL(result.version, TRI_VERSION);
    CU_ASSERT(result.cores == 4 && result.workers == 2 && result.seed == 9 && result.count == 3);
    CU_ASSERT_EQUAL(result.answers[0].verdict, TRI_QUIZ_RIGHT);
    CU_ASSERT_EQUAL(result.answers[1].verdict, TRI_QUIZ_WRONG);
    CU_ASSERT_EQUAL(result.answers[2].verdict, TRI_QUIZ_UNCLEAR);
    /* Another layout of the same contents is no change. */
    CU_ASSERT_EQUAL(
        read_back(made_file(), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII, &result, &error),
        TRI_OK);
    CU_ASSERT_FALSE(result.changed);
}

/* Sets a member of a question, or with -1 of the file. */
static json_t *file_with(int question, const char *name, json_t *value)
{
    json_t *root = made_file();
    json_t *of =
        question < 0 ? root : json_array_get(json_object_get(root, "questions"), (size_t)question);

    CU_ASSERT_EQUAL(json_object_set_new(of, name, value), 0);
    return root;
}

static json_t *without(int question, const char *name)
{
    json_t *root = file_with(question, name, json_null());

    json_object_del(
        question < 0 ? root : json_array_get(json_object_get(root, "questions"), (size_t)question),
        name);
    return root;
}

static void expect_changed(json_t *root)
{
    static struct tri_quiz_result result;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(read_back(root, 0, &result, &error), TRI_OK);
    CU_ASSERT_TRUE(result.changed);
}

static void test_changes(void)
{
    expect_changed(file_with(-1, "student", json_string("Ada")));
    expect_changed(file_with(-1, "seed", json_integer(10)));
    expect_changed(file_with(-1, "more", json_true()));
    expect_changed(file_with(-1, "digest", json_string("0123456789abcdef")));
    expect_changed(file_with(0, "verdict", json_string("wrong")));
    expect_changed(file_with(0, "expected", json_null()));
    /* A digest that fits does not make a verdict or a score right. */
    json_t *root = file_with(1, "verdict", json_string("right"));
    set_digest(root);
    expect_changed(root);
    root = made_file();
    json_object_set_new(json_object_get(root, "score"), "right", json_integer(2));
    set_digest(root);
    expect_changed(root);
}

static void expect_damaged(json_t *root, const char *why)
{
    static struct tri_quiz_result result;
    struct tri_error error = {TRI_OK, ""};

    CU_ASSERT_EQUAL(read_back(root, 0, &result, &error), TRI_FAILED);
    if (strstr(error.text, why) == NULL) {
        printf("\n    expected '%s', got '%s'\n", why, error.text);
        CU_FAIL("another message");
    }
}

static void test_damage(void)
{
    json_t *root = made_file(), *list = json_object_get(root, "questions");

    json_array_append(list, json_array_get(list, 0));
    expect_damaged(root, "'experiment' of question 4 is not asked once");
    expect_damaged(file_with(-1, "schema", json_integer(2)),
                   "has schema 2; triptych " TRI_VERSION " reads schemas up to 1: use a newer one");
    expect_damaged(file_with(-1, "schema", json_true()), "'schema' is not a whole number");
    expect_damaged(file_with(-1, "kind", json_string("lab")), "has no results of 'triptych lab");
    expect_damaged(json_array(), "has no results of 'triptych lab --quiz'");
    expect_damaged(file_with(-1, "questions", json_array()), "'questions' is not a list of 1 to");
    expect_damaged(file_with(-1, "questions", json_object()), "'questions' is not a list of 1 to");
    expect_damaged(file_with(-1, "machine", json_null()), "'machine' is not an object");
    expect_damaged(file_with(-1, "student", json_integer(1)), "'student' is not a text");
    expect_damaged(file_with(-1, "seed", json_real(1.5)), "'seed' is not a whole number");
    expect_damaged(file_with(1, "expected", json_string("maybe")),
                   "'expected' of question 2 is not one of the answers");
    expect_damaged(file_with(1, "measured", json_integer(1)), "'measured' of question 2 is not");
    expect_damaged(file_with(1, "answers", json_null()), "'expected' of question 2 is not");
    static const char *const members[] = {"kind", "seed", "date", "machine", "questions", "digest"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        expect_damaged(without(-1, members[i]), members[i][0] == 'k' ? "has no" : members[i]);
    static const char *const parts[] = {"experiment", "question", "verdict"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        expect_damaged(without(2, parts[i]), "of question 3 is not a text");
}

/* What a terminal would take for a command is not passed on. */
static void test_control_characters(void)
{
    static struct tri_quiz_result result;
    struct tri_error error;
    json_t *root = file_with(-1, "student",
                             json_string("a\x1b[2Jb\nc\x7f\xc2\x9b"
                                         "d\xc3\xa9"));

    CU_ASSERT_EQUAL_FATAL(read_back(root, 0, &result, &error), TRI_OK);
    CU_ASSERT_STRING_EQUAL(result.student, "a?[2Jb?c??d\xc3\xa9");
}

/* ---- the program ---- */

static void test_usage(void)
{
    EXPECT("$T lab --quiz --predict", 2, "",
           "triptych: lab: --quiz does not go with --predict; remove one of them (see *");
    EXPECT("$T lab --quiz --trace a.svg", 2, "", "*--quiz does not go with --trace*");
    EXPECT("$T lab order --seed 5", 2, "", "triptych: lab: --seed is for --quiz (see *");
    EXPECT("$T lab order --student Ada", 2, "", "triptych: lab: --student is for --quiz (see *");
    EXPECT("$T lab --quiz --seed 0", 2, "", "*'0' for --seed; expected 1 to 4294967295*");
    EXPECT("$T lab --quiz --student ''", 2, "", "*--student must have 1 to 100 bytes*");
    EXPECT("$T lab --quiz --student \"$(printf 'a\\tb')\"", 2, "", "*without control characters*");
    EXPECT("$T lab --quiz --student \"$(printf 'a\\377b')\"", 2, "", "*must be UTF-8*");
    EXPECT("$T lab --quiz nothing", 2, "", "triptych: lab: unknown experiment 'nothing'*");
    EXPECT("$T lab --quiz order order", 2, "", "*asks each question once; 'order' is named twice*");
    EXPECT("$T lab --quiz --json /nowhere/a.json", 1, "",
           "triptych: cannot write /nowhere/a.json: *");
}

/* The claims and plans give the answers away. */
static void test_asks_first(void)
{
    EXPECT(
        "printf 'x\\nab\\n A \\n\\n' | $T lab --quiz order race --quick --seed 7 > one; "
        "grep -c 'Type a letter from a to' one; grep -c -e '^claim' -e '^run' one; "
        "grep -c -e '^question' -e '^expected' -e '^measured' one; grep -c '^expected  skip' one; "
        "sed -n '/^Measuring/,$p' one | grep -c -e 'What do you' -e ' of 2  '; "
        "tail -n 1 one | grep -c ' of [12] right, 1 skipped'; awk 'length > 80' one",
        0, "2\n0\n6\n1\n0\n1\n", "");
    EXPECT("printf 'x\\nab\\n A \\n\\n' | $T lab --quiz order race --quick --seed 7 > two; "
           "sed '/^Measuring/,$d' one > a; sed '/^Measuring/,$d' two | cmp - a; "
           "test -s a && grep -c 'seed 7 asks' a; rm one two a",
           0, "1\n", "");
}

/* Python computes the digest from the documented form. */
static const char check[] =
    "import json\n"
    "d = json.load(open('q.json', encoding='utf-8'))\n"
    "q = d['questions'][0]\n"
    "assert (d['kind'], d['schema'], d['student'], d['seed']) == ('lab-quiz', 1, 'Ada L', 5)\n"
    "assert sorted(d) == ['date', 'digest', 'kind', 'machine', 'questions', 'schema', 'score', "
    "'seed', 'student']\n"
    "m = d['machine']\n"
    "assert sorted(m) == ['commit', 'cores', 'cpu', 'triptych', 'workers'] and m['workers'] == 2\n"
    "assert len(d['questions']) == 1 and q['experiment'] == 'order'\n"
    "assert q['question'].endswith('?') and sorted(q['answers']) == ['no', 'yes']\n"
    "assert q['expected'] == q['answers'][1] and q['measured'] == 'no'\n"
    "right = q['expected'] == 'no'\n"
    "assert q['verdict'] == ('right' if right else 'wrong')\n"
    "assert d['score'] == {'right': int(right), 'of': 1, 'skipped': 0, 'unclear': 0}\n"
    "assert all(f['verdict'] == 'shown' and f['text'] for f in q['findings'])\n"
    "assert len(q['findings']) == 3 and q['busy'] in (True, False)\n"
    "assert ('Other programs used' in open('out').read()) == q['busy']\n"
    "digest, h = d.pop('digest'), 0xcbf29ce484222325\n"
    "text = json.dumps(d, sort_keys=True, separators=(',', ':'), ensure_ascii=False)\n"
    "for b in text.encode(): h = (h ^ b) * 0x100000001b3 % 2 ** 64\n"
    "assert digest == '%016x' % h, (digest, h)\n"
    "out = open('out').read()\n"
    "assert 'b) ' + q['expected'] in out and '; ' + q['verdict'] in out\n"
    "print('checked')\n";

/* The file says what was shown, typed and measured. That floats add up differently is certain. */
static void test_json(void)
{
    FILE *file = fopen(shell_path("check.py"), "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(check, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
    EXPECT("echo b | $T lab --quiz order --quick --workers 2 --seed 5 --student 'Ada L' --json "
           "q.json > out; tail -n 1 out; python3 check.py",
           0, "* of 1 right\nchecked\n", "");
    /* Standard output has the JSON alone; without --seed the clock draws one, which is stored. */
    EXPECT("echo a | $T lab --quiz order --quick --json - 2> out > q.json; "
           "python3 -c \"import json; d = json.load(open('q.json')); print(d['student'], "
           "'seed %d asks' % d['seed'] in open('out').read(), 1 <= d['seed'] < 1000000)\"",
           0, "None True True\n", "");
    EXPECT("rm q.json out check.py", 0, "", "");
}

/* The end of the input skips what is left. */
static void test_end_of_input(void)
{
    EXPECT("$T lab --quiz order --quick < /dev/null | tail -n 1", 0, "0 of 1 right, 1 skipped\n",
           "");
    EXPECT("$T lab --quiz order --quick --json q.json <&- > out; code=$?; grep -c Measuring out; "
           "rm out; test -e q.json || exit $code",
           1, "0\n", "triptych: cannot read standard input: Bad file descriptor\n");
    EXPECT("printf b | $T lab --quiz order --quick | grep -c '^expected  [ny]'", 0, "1\n", "");
}

static void test_terminal(void)
{
    EXPECT("TYPED='q\\nb\\n' TERM=xterm python3 $ROOT/tests/terminal.py 80 $T lab --quiz order "
           "--quick > asked; grep -c -e 'Type a letter from a to b' -e '^measured  no; ' asked; "
           "rm asked",
           0, "2\n", "");
}

/* A quiz that is left, or cannot be written, leaves no file. */
static void test_interruption(void)
{
    EXPECT("sleep 3 | timeout -s INT 1 $T lab --quiz order --json q.json > out; grep -c 'What do "
           "you' out; rm out; test -e q.json",
           1, "1\n", "");
    EXPECT("yes a | timeout -s INT 2 $T lab --quiz race laws simd --json q.json > out; grep "
           "-c Measuring out; rm out; test -e q.json",
           1, "1\n", "");
    EXPECT("echo a | $T lab --quiz order --quick --json /dev/full | tail -n 1", 0, "* of 1 right\n",
           "triptych: cannot write /dev/full: No space left on device\n");
}

int test_lab_quiz_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab quiz", shell_begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "the order is drawn", test_draw);
    CU_add_test(suite, "what was measured is taken over", test_conclude);
    CU_add_test(suite, "verdicts and score", test_judge);
    CU_add_test(suite, "files are read back", test_round_trip);
    CU_add_test(suite, "changes are noticed", test_changes);
    CU_add_test(suite, "damaged files", test_damage);
    CU_add_test(suite, "control characters", test_control_characters);
    CU_add_test(suite, "usage", test_usage);
    CU_add_test(suite, "asks first, in the same order for a seed", test_asks_first);
    CU_add_test(suite, "what is stored", test_json);
    CU_add_test(suite, "end of input", test_end_of_input);
    CU_add_test(suite, "a terminal", test_terminal);
    CU_add_test(suite, "interruption", test_interruption);
    return 0;
}
