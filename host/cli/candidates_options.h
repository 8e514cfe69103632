/* candidates_options.h -- the options of bench and verify that select what to compare. */
#ifndef TRIPTYCH_CLI_CANDIDATES_OPTIONS_H
#define TRIPTYCH_CLI_CANDIDATES_OPTIONS_H

#include "cli/option.h"
#include "measure/measure.h"

#define CLI_BACKENDS "sequential|threads|opencl|opencl:gpu|opencl:cpu" /* for shells */

/* The values they set. */
struct cli_candidates {
    struct cli_list on, isa;
    uint64_t max_pixels;
    const char *json, *trace;
};

extern const struct cli_option cli_candidates_options[];

/* The result points into `candidates`; the caller sets the remaining members. */
struct tri_candidates_request cli_candidates_request(const struct cli_candidates *candidates);
/* For completion: adds the instruction sets that --isa accepts. */
void cli_isa_words(char words[CLI_WORDS_MAX]);
/* Returns whether the first operand is a picture, so that no pipeline is given: no kernel's name
 * has a dot. */
bool cli_is_picture(const char *operand);
/* Whether it is a pipeline rather than a picture or a video, by its first word or its name. */
bool cli_is_pipeline(const char *operand);
/* Returns whether a file can be written there, or into that folder, to find out before a long
 * measurement. Creates nothing. NULL and "-" can. */
enum tri_status cli_check_writable(const char *path, struct tri_error *error);
/* The same, but a folder cannot. */
enum tri_status cli_check_file(const char *path, struct tri_error *error);
/* tri_json_write that an interruption does not cut short. Takes ownership of `json`. */
enum tri_status cli_write_json(const char *path, struct json_t *json, struct tri_error *error);

#endif
