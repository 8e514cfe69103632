/* native_check.h -- runs the passes of kernel files with checks. */
#ifndef TRI_NATIVE_CHECK_H
#define TRI_NATIVE_CHECK_H

#include "../pipeline/own_calls.h"
#include "backend.h"

#define TRI_FINDINGS_MAX 32
#define TRI_FINDING_TEXT 300

/* Faults, each once: of a rule and a line, the first. */
struct tri_finding {
    enum tri_own_rule rule;
    unsigned line;    /* 0: of the dialect, on the pass's behalf */
    const char *pass; /* NULL: none */
    const char *file;
    int y; /* of the row that the pass made */
    long found, low, high;
    const char *word; /* of OWN_WORD */
};
struct tri_findings {
    struct tri_finding list[TRI_FINDINGS_MAX];
    int count;
};

/* "./a.cl:12: reads the row at dy 2, but ..." */
void tri_finding_text(const struct tri_finding *finding, char text[TRI_FINDING_TEXT]);
/* Whether reading goes astray, which may crash a run without checks. */
bool tri_finding_astray(const struct tri_finding *finding);

/* Sequential scalar, which runs passes of kernel files with checks, and adds what they find. */
enum tri_status tri_check_open(struct tri_findings *findings, struct tri_backend **backend,
                               struct tri_error *error);

/* For native.c: rows y0 to y1 - 1 of a stage, as walk_strip makes them. */
struct tri_check_strip {
    const struct tri_plan *plan;
    const struct tri_stage *stage;
    struct tri_findings *findings;
    void (*const *runs)(const struct tri_row *);
};
void tri_check_strip(const struct tri_check_strip *strip, uchar **base, const uchar **table, int y0,
                     int y1);
/* The row function with checks of a pass of a kernel file. */
enum tri_status tri_check_run(const struct tri_pass *pass, int bits,
                              void (**run)(const struct tri_row *), struct tri_error *error);

#endif
