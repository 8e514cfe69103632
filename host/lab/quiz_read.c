/* quiz_read.c -- reads files of quizzes back: of students, so anything may be in them. */
#include "lab/quiz.h"

#include <jansson.h>
#include <string.h>

/* Sixty questions with their findings have a tenth of it. */
#define FILE_MAX ((size_t)4 << 20)
static const char what[] = "results of 'triptych lab --quiz'";

struct reader {
    const char *path;
    struct tri_error *error;
    int question; /* from 1, for messages */
};

static enum tri_status damaged(const struct reader *reader, const char *name, const char *not_what)
{
    if (reader->question > 0)
        return tri_fail(reader->error, TRI_FAILED, "%s is damaged: '%s' of question %d is not %s",
                        reader->path, name, reader->question, not_what);
    return tri_fail(reader->error, TRI_FAILED, "%s is damaged: '%s' is not %s", reader->path, name,
                    not_what);
}

/* ---- members; these return false after reporting that one is not what it must be ---- */

/* Whether a terminal could take the character for a command: C0, DEL, or C1 in UTF-8. */
static bool is_control(const char *at)
{
    const unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];

    return first < 32 || first == 127 || (first == 0xC2 && second < 0xA0);
}

/* Copies as much as fits, without control characters, and no part of a character. */
static void copy_plain(char *to, size_t room, const char *text)
{
    size_t length = 0;

    while (*text != '\0') {
        size_t bytes = 1;
        while ((text[bytes] & 0xC0) == 0x80)
            bytes++;
        if (length + bytes >= room)
            break;
        if (is_control(text)) {
            to[length++] = '?';
        } else {
            memcpy(to + length, text, bytes);
            length += bytes;
        }
        text += bytes;
    }
    to[length] = '\0';
}

static bool get_text(const struct reader *reader, const json_t *object, const char *name, char *to,
                     size_t room)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_string(value))
        return damaged(reader, name, "a text"), false;
    copy_plain(to, room, json_string_value(value));
    return true;
}

/* Also null, which is "". */
static bool get_text_or_null(const struct reader *reader, const json_t *object, const char *name,
                             char *to, size_t room)
{
    to[0] = '\0';
    return json_is_null(json_object_get(object, name)) || get_text(reader, object, name, to, room);
}

static bool get_number(const struct reader *reader, const json_t *object, const char *name,
                       int64_t least, int64_t most, int64_t *number)
{
    const json_t *value = json_object_get(object, name);
    char not_what[80];

    *number = json_integer_value(value);
    if (json_is_integer(value) && *number >= least && *number <= most)
        return true;
    snprintf(not_what, sizeof not_what, "a whole number from %lld to %lld", (long long)least,
             (long long)most);
    return damaged(reader, name, not_what), false;
}

/* ---- questions ---- */

/* The place of an answer among those to choose from; -1: null. */
static bool get_answer(const struct reader *reader, const json_t *object, const char *name,
                       int *answer)
{
    const json_t *value = json_object_get(object, name),
                 *answers = json_object_get(object, "answers");

    *answer = -1;
    if (json_is_null(value))
        return true;
    for (size_t i = 0; i < json_array_size(answers) && json_is_string(value); i++)
        if (json_equal(value, json_array_get(answers, i))) {
            *answer = (int)i;
            return true;
        }
    return damaged(reader, name, "one of the answers"), false;
}

/* Answers beyond those that a question can have are not looked at: it is worded differently anyway.
 */
static uint64_t wording_of(const json_t *object)
{
    const json_t *list = json_object_get(object, "answers");
    const char *answers[TRI_LAB_ANSWERS_MAX + 1];
    int count = 0;

    for (size_t i = 0; i < json_array_size(list) && count <= TRI_LAB_ANSWERS_MAX; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL)
            answers[count++] = text;
    }
    return tri_quiz_wording(json_string_value(json_object_get(object, "question")), answers, count);
}

/* Judges anew, and notes a verdict that does not follow. */
static bool read_question(const struct reader *reader, const json_t *object,
                          struct tri_quiz_result *result)
{
    struct tri_quiz_answer *answer = &result->answers[result->count];
    struct tri_quiz_question question;
    char word[16];

    if (!get_text(reader, object, "experiment", answer->experiment, sizeof answer->experiment) ||
        !get_text(reader, object, "question", answer->question, sizeof answer->question) ||
        !get_text(reader, object, "verdict", word, sizeof word) ||
        !get_answer(reader, object, "expected", &question.expected) ||
        !get_answer(reader, object, "measured", &question.measured))
        return false;
    for (int i = 0; i < result->count; i++)
        if (strcmp(result->answers[i].experiment, answer->experiment) == 0)
            return damaged(reader, "experiment", "asked once"), false;
    answer->wording = wording_of(object);
    answer->verdict = tri_quiz_judge(&question);
    result->score.verdicts[answer->verdict]++;
    if (strcmp(word, tri_quiz_word(answer->verdict)) != 0)
        result->changed = true;
    result->count++;
    return true;
}

static bool read_questions(struct reader *reader, const json_t *root,
                           struct tri_quiz_result *result)
{
    const json_t *list = json_object_get(root, "questions");

    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > TRI_QUIZ_MAX)
        return damaged(reader, "questions", "a list of 1 to 64"), false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        reader->question = (int)i + 1;
        if (!read_question(reader, json_array_get(list, i), result))
            return false;
    }
    reader->question = 0;
    return true;
}

/* ---- the file ---- */

static bool read_machine(const struct reader *reader, const json_t *root,
                         struct tri_quiz_result *result)
{
    const json_t *machine = json_object_get(root, "machine");
    int64_t cores, workers;

    if (!json_is_object(machine))
        return damaged(reader, "machine", "an object"), false;
    if (!get_text_or_null(reader, machine, "cpu", result->cpu, sizeof result->cpu) ||
        !get_text(reader, machine, "triptych", result->version, sizeof result->version) ||
        !get_number(reader, machine, "cores", 1, 1 << 20, &cores) ||
        !get_number(reader, machine, "workers", 1, 1 << 20, &workers))
        return false;
    result->cores = (int)cores;
    result->workers = (int)workers;
    return true;
}

static bool is_quiz(const struct reader *reader, const json_t *root)
{
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *schema = json_object_get(root, "schema");

    if (kind == NULL || strcmp(kind, "lab-quiz") != 0) {
        tri_fail(reader->error, TRI_FAILED, "%s has no %s", reader->path, what);
        return false;
    }
    if (json_is_integer(schema) && json_integer_value(schema) > TRI_QUIZ_SCHEMA) {
        tri_fail(reader->error, TRI_FAILED,
                 "%s has schema %lld; triptych %s reads schemas up to %d: use a newer one",
                 reader->path, (long long)json_integer_value(schema), TRI_VERSION, TRI_QUIZ_SCHEMA);
        return false;
    }
    int64_t number;
    return get_number(reader, root, "schema", 1, TRI_QUIZ_SCHEMA, &number);
}

/* The score that the file claims must be that of its verdicts. */
static bool same_score(const json_t *root, const struct tri_quiz_score *score)
{
    const json_t *object = json_object_get(root, "score");
    const json_t *of = json_object_get(object, "of");

    for (int i = 0; i < TRI_QUIZ_VERDICTS; i++) {
        const json_t *count = json_object_get(object, tri_quiz_word(i));
        if (i != TRI_QUIZ_WRONG &&
            (!json_is_integer(count) || json_integer_value(count) != score->verdicts[i]))
            return false;
    }
    return json_is_integer(of) && json_integer_value(of) == tri_quiz_told(score);
}

static bool read_all(struct reader *reader, json_t *root, struct tri_quiz_result *result)
{
    char digest[20], right_text[20];
    uint64_t right;

    if (!is_quiz(reader, root) ||
        !get_text_or_null(reader, root, "student", result->student, sizeof result->student) ||
        !get_text(reader, root, "date", result->date, sizeof result->date) ||
        !get_text(reader, root, "digest", digest, sizeof digest) ||
        !get_number(reader, root, "seed", 0, TRI_QUIZ_SEED_MAX, &result->seed) ||
        !read_machine(reader, root, result) || !read_questions(reader, root, result))
        return false;
    if (!tri_quiz_digest(root, &right)) {
        tri_fail(reader->error, TRI_FAILED, "cannot read %s: out of memory", reader->path);
        return false;
    }
    result->digest = right;
    snprintf(right_text, sizeof right_text, "%016llx", (unsigned long long)right);
    if (strcmp(digest, right_text) != 0 || !same_score(root, &result->score))
        result->changed = true;
    return true;
}

enum tri_status tri_quiz_read(const char *path, struct tri_quiz_result *result,
                              struct tri_error *error)
{
    struct reader reader = {.path = strcmp(path, "-") == 0 ? "standard input" : path,
                            .error = error};
    json_t *root;

    *result = (struct tri_quiz_result){0};
    if (tri_json_read(path, what, FILE_MAX, &root, error) != TRI_OK)
        return TRI_FAILED;
    const bool sound = read_all(&reader, root, result);
    json_decref(root);
    return sound ? TRI_OK : TRI_FAILED;
}
