/* cluster.c -- loads the module that knows MPI, and what all kinds of work share. */
#include "cluster.h"
#include "agree.h"
#include "deal_internal.h"

#include "../module.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

static int number_of(const char *variable, int otherwise)
{
    const char *text = getenv(variable);
    return text != NULL && text[0] >= '0' && text[0] <= '9' ? atoi(text) : otherwise;
}

/* Open MPI's mpirun and Slurm's PMIx and PMI2 set these, MPICH's mpiexec the last pair. */
bool tri_cluster_started(int *rank, int *size)
{
    static const char *const variables[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                               {"PMI_RANK", "PMI_SIZE"},
                                               {"SLURM_PROCID", "SLURM_NTASKS"}};
    *rank = *size = 0;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        *rank = number_of(variables[i][0], -1);
        *size = number_of(variables[i][1], 0);
        if (*rank >= 0 && *size > 0)
            return true;
    }
    *rank = *size = 0;
    return false;
}

/* Not Slurm's variables: a batch script has them too, which is one process. */
int tri_cluster_mpirun_size(void)
{
    return number_of("OMPI_COMM_WORLD_SIZE", number_of("PMI_SIZE", 1));
}

const struct tri_cluster_module *tri_cluster_load(struct tri_error *error)
{
#ifdef TRI_CLUSTER
    return tri_module_load("cluster", error);
#else
    tri_fail(error, TRI_FAILED,
             "this triptych was built without MPI; install libopenmpi-dev and openmpi-bin, or "
             "libmpich-dev and mpich, and build it again");
    return NULL;
#endif
}

/* A process that mpirun of another MPI started would believe to be alone, and do all the work; as
 * would all the others. */
enum tri_status tri_cluster_connect(const struct tri_cluster_module *module, struct tri_link **link,
                                    struct tri_error *error)
{
    int rank, size;
    tri_cluster_started(&rank, &size);
    const enum tri_status status = module->connect(link, error);
    if (status != TRI_OK || size < 2 || (*link)->size > 1)
        return status;
    return tri_fail(error, TRI_FAILED,
                    "%d processes were started, but %s does not connect them; start them with "
                    "its own mpirun (triptych was built with %s)",
                    size, (*link)->library, module->library);
}

int tri_cluster_threads(const struct tri_link *link)
{
    const int cores = tri_cpu_workers(), share = cores / (link->sharers > 0 ? link->sharers : 1);
    return share > 0 ? share : 1;
}

/* ---- agreement ---- */

static enum tri_status hear_all(struct tri_link *link, enum tri_status status,
                                struct tri_error *error)
{
    int first = status == TRI_OK ? link->size : 0;
    for (int left = link->size - 1; left > 0;) {
        struct tri_parcel parcel = {0};
        struct tri_deal_head head;
        struct tri_error failure, broken;
        int from;
        if (link->receive(link, 1000000000, &from, &parcel, &broken) != TRI_OK ||
            (from >= 0 && tri_deal_open(&parcel, &head, &failure, &broken) != TRI_OK)) {
            *error = broken;
            return TRI_FAILED;
        }
        tri_parcel_drop(&parcel);
        if (from < 0)
            continue;
        left--;
        if (head.status != TRI_OK && from < first) {
            first = from;
            status =
                tri_fail(error, (enum tri_status)head.status, "rank %d: %s", from, failure.text);
        }
    }
    return status;
}

enum tri_status tri_link_agree(struct tri_link *link, enum tri_status status,
                               struct tri_error *error)
{
    struct tri_deal_head head = {.status = status};
    struct tri_parcel parcel = {0};
    struct tri_error failure = {0};
    if (link->size < 2)
        return status;
    if (link->rank == 0) {
        status = hear_all(link, status, error);
        head.status = status;
        parcel = (struct tri_parcel){(unsigned char *)&head, sizeof head};
        return tri_link_spread(link, &parcel, &failure) == TRI_OK ? status : TRI_FAILED;
    }
    if (status != TRI_OK)
        failure = *error;
    if (tri_deal_send(link, 0, &head, &failure, &parcel, error) != TRI_OK ||
        tri_link_spread(link, &parcel, error) != TRI_OK)
        return TRI_FAILED;
    if (parcel.size == sizeof head)
        memcpy(&head, parcel.data, sizeof head);
    tri_parcel_drop(&parcel);
    return (enum tri_status)head.status;
}

/* Rank 0 adds up what all have sent. */
enum tri_status tri_cluster_count(struct tri_cluster_job *job, int64_t read, int64_t halo,
                                  struct tri_error *error)
{
    struct tri_cluster_summary *summary = &job->summary;
    uint64_t sums[4] = {(uint64_t)read, (uint64_t)halo, (uint64_t)job->link->traffic.messages,
                        (uint64_t)job->link->traffic.bytes};
    const enum tri_status status = job->link->sum(job->link, sums, 4, error);
    summary->waited_ns = job->link->traffic.waited_ns;
    summary->read_bytes = (int64_t)sums[0];
    summary->halo_bytes = (int64_t)sums[1];
    summary->messages = (int64_t)sums[2];
    summary->message_bytes = (int64_t)sums[3];
    return status;
}
