/* learn.h -- the parts of `triptych learn`. */
#ifndef TRIPTYCH_CLI_LEARN_H
#define TRIPTYCH_CLI_LEARN_H

#include "cli/inputs.h"
#include "cluster/cluster.h"
#include "learn/learn.h"

enum cli_learn_descent { CLI_LEARN_CONJUGATE, CLI_LEARN_STEEPEST };

struct cli_learn_request {
    int side;
    bool colours, quiet, mpi;
    const char *output, *json, *on;
    uint64_t steps, patience, seed, max_pixels;
    enum cli_learn_descent descent;
};

struct cli_learn_files {
    struct cli_inputs inputs[2]; /* of folders */
    struct cli_learn_names {
        const char *before, *after;
    } * list;
    int count;
};

/* Several backends: pairs are dealt to them. */
enum { CLI_LEARN_BACKENDS_MAX = 16 };
struct cli_learn_backends {
    struct tri_backend *list[CLI_LEARN_BACKENDS_MAX];
    int count;
};

/* With ranks, each calls all that follows, reads the pairs that are its own, and then has the sums
 * of all: so each fits the same bits, and rank 0 writes them. An error of one is the error of all.
 */
struct cli_learn_work {
    const struct cli_learn_request *request;
    struct cli_learn_files files;
    struct cli_learn_backends backends;
    struct tri_link *link; /* NULL: one process learns */
};

/* learn_pairs.c */
struct cli_learn_pair {
    struct tri_image *before, *after;
};
typedef enum tri_status (*cli_learn_use)(void *of, int number, const struct cli_learn_pair *pair,
                                         struct tri_error *error);
/* Sums all pairs, each on some backend. */
enum tri_status cli_learn_sums(const struct cli_learn_work *work, struct tri_learn_set *set,
                               struct tri_error *error);
/* Reads all pairs of this rank, one after another. */
enum tri_status cli_learn_each(const struct cli_learn_work *work, cli_learn_use use, void *of,
                               struct tri_error *error);
/* Reads the first pair, on all ranks. */
enum tri_status cli_learn_first(const struct cli_learn_work *work, cli_learn_use use, void *of,
                                struct tri_error *error);

/* learn_ranks.c: what ranks have in common; without a link, all of it is there already. */
bool cli_learn_is_own(const struct tri_link *link, int number);
enum tri_status cli_learn_agree(struct tri_link *link, enum tri_status status,
                                struct tri_error *error);
/* TRI_FAILED: the ranks see other files. */
enum tri_status cli_learn_compare_names(struct tri_link *link, const struct cli_learn_files *files,
                                        struct tri_error *error);
/* Gets the pairs of other ranks. */
enum tri_status cli_learn_add_pairs(struct tri_link *link, struct tri_learn_set *set,
                                    struct tri_error *error);
enum tri_status cli_learn_add_tones(struct tri_link *link, struct tri_learn_tones *tones,
                                    struct tri_error *error);
enum tri_status cli_learn_add_errors(struct tri_link *link, struct tri_learn_errors *errors,
                                     struct tri_error *error);

/* learn_fit.c: learns from the pairs, checks the result and writes it. */
enum tri_status cli_learn_pairs(const struct cli_learn_work *work, struct tri_error *error);

/* learn_report.c */
struct cli_learn_outcome {
    const struct tri_learn_result *result;
    const char *pipeline;
    struct tri_learn_errors errors; /* on blocks that were kept, or if there are none on all */
    bool kept;
};
/* Prints a step of the descent on standard error; `quiet` is a bool. */
void cli_learn_tell(void *quiet, const struct tri_learn_step *step);
void cli_learn_summary(const struct cli_learn_outcome *outcome);
enum tri_status cli_learn_write(const struct cli_learn_request *request,
                                const struct cli_learn_outcome *outcome, struct tri_error *error);

#endif
