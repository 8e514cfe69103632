/* quiz_json.c -- a quiz as a file, with a digest of all the rest of it. */
#include "lab/quiz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const found[] = {
    [TRI_LAB_SHOWN] = "shown", [TRI_LAB_REFUTED] = "refuted", [TRI_LAB_UNCLEAR] = "unclear"};

static json_t *answer_json(const struct tri_quiz_question *question, int answer)
{
    return answer >= 0 ? json_string(question->experiment->answers[answer]) : json_null();
}

static json_t *question_json(const struct tri_quiz_question *question)
{
    json_t *answers = json_array(), *findings = json_array();

    for (int i = 0; i < question->answer_count; i++)
        json_array_append_new(answers, answer_json(question, question->order[i]));
    for (int i = 0; i < question->finding_count; i++)
        json_array_append_new(findings, json_pack("{s:s, s:o}", "verdict",
                                                  found[question->findings[i].verdict], "text",
                                                  tri_text_json(question->findings[i].text)));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:b, s:o}", "experiment",
                     question->experiment->name, "question", question->experiment->question,
                     "answers", answers, "expected", answer_json(question, question->expected),
                     "measured", answer_json(question, question->measured), "verdict",
                     tri_quiz_word(tri_quiz_judge(question)), "busy", question->busy, "findings",
                     findings);
}

static json_t *score_json(const struct tri_quiz_score *score)
{
    return json_pack("{s:i, s:i, s:i, s:i}", "right", score->verdicts[TRI_QUIZ_RIGHT], "of",
                     tri_quiz_told(score), "skipped", score->verdicts[TRI_QUIZ_SKIPPED], "unclear",
                     score->verdicts[TRI_QUIZ_UNCLEAR]);
}

static json_t *machine_json(const struct tri_environment *environment, int workers)
{
    return json_pack("{s:o, s:i, s:i, s:s, s:s}", "cpu", tri_text_json(environment->cpu), "cores",
                     environment->cores, "workers", workers, "triptych", TRI_VERSION, "commit",
                     environment->commit);
}

bool tri_quiz_digest(json_t *root, uint64_t *digest)
{
    json_t *rest = json_copy(root);

    json_object_del(rest, "digest");
    char *text = json_dumps(rest, JSON_SORT_KEYS | JSON_COMPACT);
    json_decref(rest);
    if (text == NULL)
        return false;
    *digest = tri_digest_bytes(TRI_DIGEST_EMPTY, text, strlen(text));
    free(text);
    return true;
}

static uint64_t digest_text(const char *text)
{
    return tri_digest_bytes(TRI_DIGEST_EMPTY, text, strlen(text));
}

/* A sum does not depend on the order of the answers. */
uint64_t tri_quiz_wording(const char *question, const char *const answers[], int count)
{
    uint64_t parts[2] = {digest_text(question), 0};

    for (int i = 0; i < count; i++)
        parts[1] += digest_text(answers[i]);
    return tri_digest_bytes(TRI_DIGEST_EMPTY, parts, sizeof parts);
}

json_t *tri_quiz_json(const struct tri_quiz *quiz, const struct tri_environment *environment,
                      int workers)
{
    const struct tri_quiz_score score = tri_quiz_count(quiz);
    json_t *questions = json_array();
    uint64_t digest;

    for (int i = 0; i < quiz->count; i++)
        json_array_append_new(questions, question_json(&quiz->questions[i]));
    json_t *root = json_pack(
        "{s:s, s:i, s:o, s:I, s:s, s:o, s:o, s:o}", "kind", "lab-quiz", "schema", TRI_QUIZ_SCHEMA,
        "student", tri_text_json(quiz->student != NULL ? quiz->student : ""), "seed",
        (json_int_t)quiz->seed, "date", environment->date, "machine",
        machine_json(environment, workers), "questions", questions, "score", score_json(&score));
    if (root == NULL || !tri_quiz_digest(root, &digest)) {
        json_decref(root);
        return NULL;
    }
    json_object_set_new(root, "digest", tri_digest_json(digest));
    return root;
}
