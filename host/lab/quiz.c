/* quiz.c -- draws the order of questions and answers, and judges the answers. */
#include "lab/quiz.h"

#include <string.h>

static const char *const words[TRI_QUIZ_VERDICTS] = {[TRI_QUIZ_RIGHT] = "right",
                                                     [TRI_QUIZ_WRONG] = "wrong",
                                                     [TRI_QUIZ_SKIPPED] = "skipped",
                                                     [TRI_QUIZ_UNCLEAR] = "unclear"};

const char *tri_quiz_word(enum tri_quiz_verdict verdict)
{
    return words[verdict];
}

/* ---- the order ---- */

/* SplitMix64: seeds that differ by one give unrelated numbers. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t bits = *state += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

/* A permutation of 0 to count - 1. */
static void draw_order(int *order, int count, uint64_t *state)
{
    for (int i = 0; i < count; i++) {
        const int at = (int)(next_random(state) % (uint64_t)(i + 1));
        if (at != i)
            order[i] = order[at];
        order[at] = i;
    }
}

void tri_quiz_draw(struct tri_quiz *quiz, const struct tri_lab_experiment *const *experiments,
                   int count, uint32_t seed)
{
    uint64_t state = seed;
    int order[TRI_QUIZ_MAX];

    quiz->seed = seed;
    quiz->count = count;
    draw_order(order, count, &state);
    for (int i = 0; i < count; i++) {
        struct tri_quiz_question *question = &quiz->questions[i];
        *question = (struct tri_quiz_question){
            .experiment = experiments[order[i]], .expected = -1, .measured = -1};
        while (question->experiment->answers[question->answer_count] != NULL)
            question->answer_count++;
        draw_order(question->order, question->answer_count, &state);
    }
}

/* ---- the score ---- */

void tri_quiz_conclude(struct tri_quiz_question *question, const struct tri_lab_run *run)
{
    question->measured = run->answer;
    question->busy = tri_lab_was_busy(run);
    question->finding_count = run->finding_count;
    memcpy(question->findings, run->findings, sizeof question->findings);
}

enum tri_quiz_verdict tri_quiz_judge(const struct tri_quiz_question *question)
{
    if (question->measured < 0)
        return TRI_QUIZ_UNCLEAR;
    if (question->expected < 0)
        return TRI_QUIZ_SKIPPED;
    return question->expected == question->measured ? TRI_QUIZ_RIGHT : TRI_QUIZ_WRONG;
}

struct tri_quiz_score tri_quiz_count(const struct tri_quiz *quiz)
{
    struct tri_quiz_score score = {{0}};

    for (int i = 0; i < quiz->count; i++)
        score.verdicts[tri_quiz_judge(&quiz->questions[i])]++;
    return score;
}

int tri_quiz_told(const struct tri_quiz_score *score)
{
    return score->verdicts[TRI_QUIZ_RIGHT] + score->verdicts[TRI_QUIZ_WRONG] +
           score->verdicts[TRI_QUIZ_SKIPPED];
}

struct tri_lab_text tri_quiz_score_text(const struct tri_quiz_score *score)
{
    struct tri_lab_text text;
    const int skipped = score->verdicts[TRI_QUIZ_SKIPPED],
              unclear = score->verdicts[TRI_QUIZ_UNCLEAR];
    int length = snprintf(text.text, sizeof text.text, "%d of %d right",
                          score->verdicts[TRI_QUIZ_RIGHT], tri_quiz_told(score));

    if (skipped > 0)
        length += snprintf(text.text + length, sizeof text.text - (size_t)length, ", %d skipped",
                           skipped);
    if (unclear > 0)
        snprintf(text.text + length, sizeof text.text - (size_t)length, ", %d could not be told",
                 unclear);
    return text;
}
