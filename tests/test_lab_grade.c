/* test_lab_grade.c -- a class of quizzes, made here, in a table. */
#include "lab/grade.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <string.h>

int test_lab_grade_suite(void);

enum { STUDENTS = 40, QUESTIONS = 6 };

static const struct tri_lab_experiment *asked[QUESTIONS];

static int begin(void)
{
    static const char *const names[QUESTIONS] = {"concurrency", "deadlock", "enables",
                                                 "grain",       "laws",     "memory"};

    for (int i = 0; i < QUESTIONS; i++)
        asked[i] = tri_lab_find(names[i]);
    return shell_begin();
}

/* Of student i, on a machine that can tell all but the last question: the first question is right
 * for all, the next for all but each second, then for each third... */
static void fill_in(struct tri_quiz *quiz, int student)
{
    for (int i = 0; i < quiz->count; i++) {
        struct tri_quiz_question *question = &quiz->questions[i];
        int number = 0; /* of the question, however the quiz is shuffled */
        while (asked[number] != question->experiment)
            number++;
        question->measured = number == QUESTIONS - 1 ? -1 : 1;
        question->expected = student % (number + 1) == 0 ? 1 : number == 1 ? -1 : 0;
    }
}

static json_t *made_file(int student)
{
    static struct tri_quiz quiz;
    const struct tri_environment environment = {
        .cpu = "Some CPU", .commit = "abc", .date = "2026-01-02T03:04:05Z", .cores = 4};
    char name[40];

    snprintf(name, sizeof name, "Student %02d", student);
    tri_quiz_draw(&quiz, asked, QUESTIONS, (uint32_t)student + 1);
    quiz.student = name;
    fill_in(&quiz, student);
    return tri_quiz_json(&quiz, &environment, 4);
}

static void write_file(json_t *root, const char *name)
{
    CU_ASSERT_EQUAL_FATAL(json_dump_file(root, shell_path(name), JSON_INDENT(1)), 0);
    json_decref(root);
}

/* The folder class/: names in another order than students. */
static void make_class(void)
{
    char name[40];

    CU_ASSERT_EQUAL_FATAL(shell_run("rm -rf class && mkdir class")->code, 0);
    for (int i = 0; i < STUDENTS; i++) {
        snprintf(name, sizeof name, "class/%02d.json", STUDENTS - i);
        write_file(made_file(i), name);
    }
}

/* ---- the table ---- */

static void test_text(void)
{
    make_class();
    EXPECT("timeout 5 $T lab grade class > t; grep -c '^Student' t; head -n 4 t; "
           "awk 'length > 80' t; grep average t; grep -c 'changed after' t",
           1,
           "40\n"
           "student              score  ? ABCDEF machine                  date       digest\n"
           "Student 00          5 of 5  1 +++++? Some, 4 cores            2026-01-02 fits\n"
           "Student 01          1 of 5  1 +.---? Some, 4 cores            2026-01-02 fits\n"
           "Student 02          2 of 5  1 ++---? Some, 4 cores            2026-01-02 fits\n"
           "On average 46 % of what could be told is right, over 40 files.\n0\n",
           "");
    /* Of 40: 40, 20, 14, 10, 8 are right; nobody could be told the last. */
    EXPECT("sed -n '/^Hardest/,$p' t | grep -o '^[A-F] [a-z]* *[0-9]* of [0-9]* *[0-9]*'; rm t", 0,
           "E laws             8 of 40    0\n"
           "D grain           10 of 40    0\n"
           "C enables         14 of 40    0\n"
           "B deadlock        20 of 40    0\n"
           "A concurrency     40 of 40    0\n"
           "F memory            0 of 0   40\n",
           "");
}

static void test_csv(void)
{
    make_class();
    EXPECT("$T lab grade --csv class > t; wc -l < t; head -n 3 t; tail -n 1 t; rm t", 0,
           "41\n"
           "student,file,right,of,skipped,unclear,digest,reworded,concurrency,deadlock,enables,"
           "grain,laws,"
           "memory,date,cpu,triptych,cores,workers,seed\n"
           "Student 00,class/40.json,5,5,0,1,fits,,right,right,right,right,right,unclear,"
           "2026-01-02T03:04:05Z,Some CPU," TRI_VERSION ",4,4,1\n"
           "Student 01,class/39.json,1,5,1,1,fits,,right,skipped,wrong,wrong,wrong,unclear,"
           "2026-01-02T03:04:05Z,Some CPU," TRI_VERSION ",4,4,2\n"
           "Student 39,class/01.json,2,5,1,1,fits,,right,skipped,right,wrong,wrong,unclear,"
           "2026-01-02T03:04:05Z,Some CPU," TRI_VERSION ",4,4,40\n",
           "");
}

static void test_json(void)
{
    make_class();
    EXPECT("$T lab grade class --json g.json | grep -c '^Student'; python3 -c \"\n"
           "import json\n"
           "g = json.load(open('g.json'))\n"
           "f = g['files'][1]\n"
           "print(g['kind'], g['schema'], g['counted'], round(g['average'], 6), len(g['files']))\n"
           "print(f['file'], f['student'], f['score'], f['changed'], f['seed'])\n"
           "print(f['answers']['deadlock'], f['machine']['cores'])\n"
           "print([(q['experiment'], q['score']['right']) for q in g['questions']])\"",
           0,
           "40\nlab-grade 1 40 0.46 40\n"
           "class/39.json Student 01 {'right': 1, 'of': 5, 'skipped': 1, 'unclear': 1} False 2\n"
           "skipped 4\n"
           "[('laws', 8), ('grain', 10), ('enables', 14), ('deadlock', 20), ('concurrency', 40), "
           "('memory', 0)]\n",
           "");
    EXPECT("$T lab grade class --json - | cmp - g.json; rm g.json", 0, "", "");
}

/* ---- files that are not as they should be ---- */

/* Students 38 and 39 are in class/02.json and class/01.json. */
static void test_changed(void)
{
    make_class();
    EXPECT("sed -i 's/\"verdict\": \"wrong\"/\"verdict\": \"right\"/' class/01.json; "
           "sed -i 's/Student 38/Student 37/' class/02.json; "
           "$T lab grade class > t; echo $?; grep -c fits t; grep -e '^Student.*changed' t; "
           "grep -e average -e counted t; grep -o '^A con.* of [0-9]*' t; rm t",
           0,
           "0\n38\n"
           "Student 37          2 of 5  1 ++---? Some, 4 cores            2026-01-02 changed\n"
           "Student 39          2 of 5  1 +.+--? Some, 4 cores            2026-01-02 changed\n"
           "On average 46 % of what could be told is right, over 38 files.\n"
           "2 files were changed after the quiz, and are not counted.\n"
           "A concurrency     38 of 38\n",
           "");
}

/* The others are graded. */
static void test_broken(void)
{
    make_class();
    EXPECT("cd class; head -c 900 01.json > t; mv t 01.json; : > 02.json; echo hello > 03.json; "
           "sed -i 's/\"schema\": 1/\"schema\": 2/' 04.json; rm 05.json; mkdir 05.json; "
           "ln -sf nowhere 07.json; cd ..; "
           "$T devices --json > class/08.json; $T lab grade class > t; code=$?; "
           "grep -c '^Student' t; grep average t; rm t; exit $code",
           1, "33\nOn average * over 33 files.\n",
           "triptych: class/01.json is truncated: it ends within line *\n"
           "triptych: class/02.json is empty\n"
           "triptych: class/03.json has no results of 'triptych lab --quiz': line 1: *\n"
           "triptych: class/04.json has schema 2; triptych * reads schemas up to 1: use a newer "
           "one\n"
           "triptych: cannot read class/05.json: Is a directory\n"
           "triptych: cannot read class/07.json: No such file or directory\n"
           "triptych: class/08.json has no results of 'triptych lab --quiz'\n");
    EXPECT("mkdir none; $T lab grade none class/09.json nowhere.json | grep -c '^Student'; rm -r "
           "none",
           0, "1\n",
           "triptych: the folder none has no .json files\n"
           "triptych: cannot read nowhere.json: No such file or directory\n");
    EXPECT("$T lab grade class/01.json", 1, "", "triptych: class/01.json is truncated: *");
    EXPECT("yes '[' | head -c 6000000 > class/09.json; $T lab grade class/09.json", 1, "",
           "triptych: cannot read class/09.json: it is larger than any file of results\n");
}

/* What hangs, loops, or cannot be read. As root permissions do not hold, so /proc/self/mem stands
 * for what can be opened and not read. */
static void test_hostile(void)
{
    make_class();
    EXPECT(
        "ln -sf loop.json class/loop.json; ln -s loop loop; mkfifo class/pipe.json; ln -s "
        "/proc/self/mem class/memory.json; timeout 20 $T lab grade class loop > t; code=$?; grep "
        "-c '^Student' t; rm t loop class/loop.json class/memory.json; exit $code",
        1, "40\n",
        "triptych: note: class/pipe.json is left out: it is a pipe, a socket or a device\n"
        "triptych: cannot read class/loop.json: Too many levels of symbolic links\n"
        "triptych: cannot read class/memory.json: Input/output error\n"
        "triptych: cannot read loop: Too many levels of symbolic links\n");
    EXPECT("mkdir pipes; mv class/pipe.json pipes; timeout 20 $T lab grade pipes; code=$?; rm -r "
           "pipes; exit $code",
           1, "",
           "triptych: note: pipes/pipe.json is left out: *\n"
           "triptych: the folder pipes has no .json files\n");
    EXPECT("chmod 0 class/01.json class; timeout 20 $T lab grade class/01.json > t; code=$?; chmod "
           "700 class class/01.json; test $code = 1 || grep -q '^Student 39' t; rm t",
           0, "", "*");
    EXPECT("printf 'a\\0b' > class/01.json; timeout 20 $T lab grade class/01.json", 1, "",
           "triptych: class/01.json has no results of 'triptych lab --quiz': line 1: *\n");
}

/* Also with a file in other lines, and a folder next to its file. */
static void test_twice(void)
{
    make_class();
    EXPECT(
        "cp class/03.json copy.json; python3 -c \"import json; json.dump(json.load(open("
        "'class/04.json')), open('lines.json', 'w'))\"; $T lab grade class copy.json "
        "class/05.json ./class/06.json lines.json copy.json > t; code=$?; grep -c '^Student' t; "
        "grep average t; rm t copy.json lines.json; exit $code",
        0, "40\nOn average 46 % of what could be told is right, over 40 files.\n",
        "triptych: note: copy.json has the same contents as class/03.json, and counts once\n"
        "triptych: note: class/05.json is named twice, and counts once\n"
        "triptych: note: ./class/06.json has the same contents as class/06.json, and counts once\n"
        "triptych: note: lines.json has the same contents as class/04.json, and counts once\n"
        "triptych: note: copy.json has the same contents as class/03.json, and counts once\n");
    EXPECT("$T lab grade class/05.json class/05.json --json - | grep -c '\"file\"'", 0, "1\n",
           "triptych: note: class/05.json is named twice, and counts once\n");
}

/* ---- questions in other words ---- */

static json_t *question_of(json_t *root, const char *experiment)
{
    json_t *list = json_object_get(root, "questions");
    size_t at = 0;

    while (strcmp(json_string_value(json_object_get(json_array_get(list, at), "experiment")),
                  experiment) != 0)
        at++;
    return json_array_get(list, at);
}

/* A file of an older version, with its digest made anew. */
static void write_older(json_t *root, const char *name)
{
    uint64_t digest;

    json_object_set_new(json_object_get(root, "machine"), "triptych", json_string("0.0.9"));
    CU_ASSERT(tri_quiz_digest(root, &digest));
    json_object_set_new(root, "digest", tri_digest_json(digest));
    write_file(root, name);
}

static void test_reworded(void)
{
    json_t *question = made_file(5), *answers = made_file(6), *unknown = made_file(7),
           *other = made_file(8);

    make_class();
    json_object_set_new(question_of(question, "laws"), "question", json_string("How far?"));
    json_array_append_new(json_object_get(question_of(answers, "grain"), "answers"),
                          json_string("one more"));
    json_object_set_new(question_of(answers, "laws"), "question", json_string("How far?"));
    json_object_set_new(question_of(unknown, "laws"), "experiment", json_string("limits"));
    json_object_set_new(question_of(other, "laws"), "question", json_string("How far?"));
    json_object_set_new(question_of(other, "laws"), "experiment", json_string("limits"));
    write_older(question, "class/35.json");
    write_older(answers, "class/34.json");
    write_older(unknown, "class/33.json");
    write_older(other, "class/32.json");
    EXPECT("$T lab grade class > t; grep -c fits t; grep words t; rm t", 0,
           "40\n"
           "class/35.json, of triptych 0.0.9, has other words than this version in: laws\n"
           "class/34.json, of triptych 0.0.9, has other words than this version in: grain, laws\n"
           "class/32.json, of triptych 0.0.9, has other words than other files in: limits\n",
           "");
    EXPECT("$T lab grade class --csv | cut -d , -f 2,8 | grep -e ',.'", 0,
           "file,reworded\nclass/35.json,laws\nclass/34.json,grain laws\nclass/32.json,limits\n",
           "");
    EXPECT(
        "$T lab grade class --json - | python3 -c \"import json, sys; print([x['reworded'] for x "
        "in json.load(sys.stdin)['files'][4:9]])\"",
        0, "[[], ['laws'], ['grain', 'laws'], [], ['limits']]\n", "");
}

static void test_usage(void)
{
    make_class();
    EXPECT("$T lab grade", 2, "",
           "triptych: lab grade: needs a folder or files of 'triptych lab --quiz --json' (see "
           "'triptych lab grade --help')\n");
    EXPECT("$T lab grade class --csv --json a.json", 2, "", "*--csv does not go with --json*");
    EXPECT("$T lab grade class --quiz", 2, "", "triptych: lab grade: unknown option '--quiz'*");
    EXPECT("$T lab grade class --json /nowhere/a.json", 1, "", "*cannot write /nowhere/a.json: *");
    EXPECT("$T lab grade class --json class/01.json", 2, "", "*class/01.json*");
    EXPECT("$T lab grade class > /dev/full", 1, "", "triptych: cannot write standard output*");
    EXPECT("$T lab grade --help | head -n 1", 0, "Examples:\n", "");
}

/* ---- unusual students ---- */

/* Of one student both are listed, in the order of their dates; of one who gave no name the file is
 * named. */
static void test_names(void)
{
    json_t *later = made_file(7), *nameless = made_file(8), *formula = made_file(9);

    json_object_set_new(later, "date", json_string("2026-02-02T03:04:05Z"));
    json_object_set_new(nameless, "student", json_null());
    json_object_set_new(formula, "student", json_string("=1+1, a \"name\" that is far too long"));
    EXPECT("mkdir few", 0, "", "");
    write_file(made_file(7), "few/z.json");
    write_file(later, "few/a.json");
    write_file(nameless, "few/nameless.json");
    write_file(formula, "few/formula.json");
    EXPECT("$T lab grade few > t; grep -o -e '^Student 07 .* 2026-0[12]' t; "
           "grep -c '^nameless.json ' t; awk 'length > 80' t; rm t",
           0, "Student 07 *2026-01\nStudent 07 *2026-02\n1\n", "");
    EXPECT("$T lab grade few --csv | cut -c 1-60 | grep -e formula -e nameless", 0,
           "\"'=1+1, a \"\"name\"\" that is far too long\",few/formula.json,*\n"
           ",few/nameless.json,*\n",
           "");
    EXPECT("$T lab grade - < few/z.json | grep -c '^Student 07'; rm -r few", 0, "1\n", "");
}

/* Files of other versions may have other questions. */
static void test_many_questions(void)
{
    char name[40];

    EXPECT("rm -rf many; mkdir many", 0, "", "");
    for (int i = 0; i < 9; i++) {
        json_t *root = made_file(i), *list = json_object_get(root, "questions");
        for (size_t q = 0; q < json_array_size(list); q++) {
            snprintf(name, sizeof name, "question-%d-%zu", i, q);
            json_object_set_new(json_array_get(list, q), "experiment", json_string(name));
        }
        snprintf(name, sizeof name, "many/%d.json", i);
        write_file(root, name);
    }
    EXPECT("$T lab grade many", 1, "",
           "triptych: many/8.json: the files have more than 52 different questions; grade fewer at "
           "a time\n");
    EXPECT("rm many/8.json; $T lab grade many > t; awk 'length > 80' t; grep -c '^[A-Za-v] quest' "
           "t; $T lab grade many --csv | head -n 1 | tr , '\\n' | grep -c quest; rm -r t many",
           0, "48\n48\n", "");
}

int test_lab_grade_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab grade", begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "text", test_text);
    CU_add_test(suite, "CSV", test_csv);
    CU_add_test(suite, "JSON", test_json);
    CU_add_test(suite, "changed files", test_changed);
    CU_add_test(suite, "broken files", test_broken);
    CU_add_test(suite, "hostile files", test_hostile);
    CU_add_test(suite, "files that are there twice", test_twice);
    CU_add_test(suite, "other words", test_reworded);
    CU_add_test(suite, "usage", test_usage);
    CU_add_test(suite, "names", test_names);
    CU_add_test(suite, "many questions", test_many_questions);
    return 0;
}
