/* verify_files.h -- what `verify` does besides for pipelines with kernel files. */
#ifndef TRIPTYCH_CLI_VERIFY_FILES_H
#define TRIPTYCH_CLI_VERIFY_FILES_H

#include "triptych.h"

#include <jansson.h>

/* Whether a kernel of the pipeline comes from a file. */
bool cli_has_kernel_file(const struct tri_pipeline *pipeline);

/* Pictures of many shapes with random and extreme samples; frames of one shape follow each other.
 * At most CLI_FUZZ_MAX. */
enum { CLI_FUZZ_MAX = 400 };
enum tri_status cli_fuzz_pictures(struct tri_image **images, int *count, struct tri_error *error);

/* The pipeline, and where it is one kernel file without parameters, the ends of each parameter. The
 * caller frees each. Returns the count. */
enum { CLI_VARIANTS_MAX = 64 };
int cli_variants(const char *text, const struct tri_pipeline *pipeline,
                 char *variants[CLI_VARIANTS_MAX]);

/* Checks the known answers and the rules of exactness. */
struct cli_file_checks {
    json_t *json;         /* appended to; NULL: not wanted */
    bool text;            /* printed */
    bool astray;          /* out: some read memory that is not theirs: do not run it otherwise */
    int faults, findings; /* out: of both kinds, and of those that are about rules */
};
enum tri_status cli_check_files(const struct tri_pipeline *pipeline, char *const variants[],
                                int variant_count, struct tri_image *const *images, int count,
                                struct cli_file_checks *checks, struct tri_error *error);

#endif
