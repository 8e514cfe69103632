/* cluster_setup.c -- how a process becomes a rank of triptych cluster. */
#include "cli/cluster_setup.h"
#include "cli/cli.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_cluster_is_started(void)
{
    int rank, size;

    return tri_cluster_started(&rank, &size);
}

static bool is_in_path(const char *program)
{
    const char *path = getenv("PATH");
    char name[4096];

    for (const char *at = path; at != NULL && *at != '\0';) {
        const int length = (int)strcspn(at, ":");
        snprintf(name, sizeof name, "%.*s/%s", length, at, program);
        if (access(name, X_OK) == 0)
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

int cli_cluster_tell_start(const char *command, const char *how)
{
    const struct tri_cluster_module *module;
    struct tri_error error;

    module = tri_cluster_load(&error);
    if (module == NULL)
        return cli_fail(&error);
    const bool mpich = strcmp(module->library, "MPICH") == 0;
    return cli_usage(command,
                     "it is started by mpirun, as one process for each rank: mpirun -n 4 triptych "
                     "%s ...; with --hostfile FILE on the machines that a file lists%s",
                     how,
                     is_in_path(mpich ? "mpirun.mpich" : "mpirun") || is_in_path("mpirun") ? ""
                     : mpich ? "; mpirun is missing: apt-get install mpich"
                             : "; mpirun is missing: apt-get install openmpi-bin");
}

void cli_cluster_hush(struct cli_cluster *cluster, bool hushed)
{
    int rank, size;

    if (!tri_cluster_started(&rank, &size) || rank == 0)
        return;
    if (!hushed && cluster->stderr_kept > 0) {
        dup2(cluster->stderr_kept, STDERR_FILENO);
        close(cluster->stderr_kept);
        cluster->stderr_kept = 0;
    } else if (hushed) {
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        cluster->stderr_kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (nowhere >= 0 && cluster->stderr_kept > 0)
            dup2(nowhere, STDERR_FILENO);
        if (nowhere >= 0)
            close(nowhere);
    }
}

int cli_cluster_prepare(struct cli_cluster *cluster, const char *pipeline)
{
    if (cli_pipeline_parse(pipeline, &cluster->pipeline, &cluster->error) != TRI_OK ||
        (cluster->module = tri_cluster_load(&cluster->error)) == NULL)
        return cli_fail(&cluster->error);
    return TRI_OK;
}

int cli_cluster_connect(struct cli_cluster *cluster)
{
    if (cluster->module == NULL)
        cluster->module = tri_cluster_load(&cluster->error);
    if (cluster->module != NULL &&
        tri_cluster_connect(cluster->module, &cluster->link, &cluster->error) == TRI_OK)
        return TRI_OK;
    cli_cluster_hush(cluster, true);
    const int code = cli_fail(&cluster->error);
    cli_cluster_hush(cluster, false);
    cli_cluster_close(cluster);
    return code;
}

/* The ranks of a machine take the backends in turns. */
void cli_cluster_open(struct cli_cluster *cluster, const struct cli_list *on, const char *isa,
                      uint64_t jobs, bool quiet)
{
    const struct tri_link *link = cluster->link;
    const int threads = tri_cluster_threads(link);

    if (on->count > 0)
        snprintf(cluster->on, sizeof cluster->on, "%s", on->values[link->local_rank % on->count]);
    else
        snprintf(cluster->on, sizeof cluster->on, "threads:%d", threads);
    const struct cli_run_request request = {
        .on = cluster->on, .isa = isa, .jobs = jobs, .quiet = quiet || link->rank > 0};
    cluster->opened = cli_engine_open(&request, &cluster->engine, &cluster->error);
}

void cli_cluster_close(struct cli_cluster *cluster)
{
    if (cluster->link != NULL && cluster->engine.backend != NULL)
        cli_engine_close(&cluster->engine);
    tri_pipeline_free(cluster->pipeline);
    if (cluster->link != NULL)
        cluster->link->close(cluster->link);
}
