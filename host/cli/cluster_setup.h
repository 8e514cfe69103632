/* cluster_setup.h -- how a process becomes a rank of triptych cluster. */
#ifndef TRIPTYCH_CLI_CLUSTER_SETUP_H
#define TRIPTYCH_CLI_CLUSTER_SETUP_H

#include "cli/option.h"
#include "cli/run.h"
#include "cluster/cluster.h"

struct cli_cluster {
    int stderr_kept; /* 0: it is in its place */
    const struct tri_cluster_module *module;
    struct tri_pipeline *pipeline;
    struct tri_link *link;
    struct cli_engine engine;
    enum tri_status opened; /* of the engine */
    struct tri_error error;
    char on[300];
};

/* Whether mpirun or srun started this process. */
bool cli_cluster_is_started(void);
/* Says how to start `triptych HOW ...`, of which `command` is a part; returns the exit code. */
int cli_cluster_tell_start(const char *command, const char *how);
/* On ranks other than 0: keeps messages back that rank 0 gives as well, or lets them out again. */
void cli_cluster_hush(struct cli_cluster *cluster, bool hushed);
/* Parses the pipeline and loads the module; returns the exit code, after reporting what failed. */
int cli_cluster_prepare(struct cli_cluster *cluster, const char *pipeline);
/* Loads the module, if that is not done, and connects with the other ranks; returns the exit code,
 * after rank 0 has reported what failed, and then all is closed. */
int cli_cluster_connect(struct cli_cluster *cluster);
/* Leaves what failed in `error`. */
void cli_cluster_open(struct cli_cluster *cluster, const struct cli_list *on, const char *isa,
                      uint64_t jobs, bool quiet);
void cli_cluster_close(struct cli_cluster *cluster);

#endif
