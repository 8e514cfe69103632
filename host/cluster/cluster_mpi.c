/* cluster_mpi.c -- ranks over MPI.
 *
 * MPI's own waiting turns on the core until something comes. Here ranks may be more than cores, and
 * cores belong to those who compute: every wait tests, then sleeps. */
#include "cluster_parts.h"

#include "../parallel/cpu.h"

#include <mpi.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sending {
    MPI_Request request;
    unsigned char *data;
    struct sending *next;
};

struct mpi {
    struct tri_link link;
    struct sending *sendings;
};

static enum tri_status failed(struct mpi *mpi, const char *what, int code, struct tri_error *error)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    mpi->link.broken = true;
    MPI_Error_string(code, text, &length);
    return tri_fail(error, TRI_FAILED, "rank %d on %s: MPI cannot %s: %s", mpi->link.rank,
                    mpi->link.host, what, text);
}

static void sleep_ns(long ns)
{
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* 20 microseconds, then longer and longer. */
static long longer(long ns)
{
    return ns == 0 ? 20000 : ns < 1000000 ? 2 * ns : ns;
}

/* ---- parcels ---- */

/* Frees what has left. */
static enum tri_status sweep(struct mpi *mpi, struct tri_error *error)
{
    for (struct sending **at = &mpi->sendings; *at != NULL;) {
        struct sending *one = *at;
        int done = 0;
        const int code = MPI_Test(&one->request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS)
            return failed(mpi, "send", code, error);
        if (!done) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        free(one->data);
        free(one);
    }
    return TRI_OK;
}

static enum tri_status send_parcel(struct tri_link *link, int to, struct tri_parcel *parcel,
                                   struct tri_error *error)
{
    struct mpi *mpi = (struct mpi *)link;
    struct sending *one = parcel->size <= INT_MAX ? malloc(sizeof *one) : NULL;
    if (one == NULL) {
        free(parcel->data);
        return tri_fail(error, TRI_FAILED, "cannot send a message of %zu bytes", parcel->size);
    }
    *one = (struct sending){.data = parcel->data, .next = mpi->sendings};
    mpi->sendings = one;
    link->traffic.messages++;
    link->traffic.bytes += (int64_t)parcel->size;
    const int code =
        MPI_Isend(parcel->data, (int)parcel->size, MPI_BYTE, to, 0, MPI_COMM_WORLD, &one->request);
    *parcel = (struct tri_parcel){0};
    return code == MPI_SUCCESS ? sweep(mpi, error) : failed(mpi, "send", code, error);
}

static enum tri_status take(struct mpi *mpi, const MPI_Status *found, struct tri_parcel *parcel,
                            struct tri_error *error)
{
    int size = 0;
    MPI_Get_count(found, MPI_BYTE, &size);
    *parcel = (struct tri_parcel){malloc((size_t)size + 1), (size_t)size};
    if (parcel->data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a message of %d bytes", size);
    MPI_Request request;
    int code =
        MPI_Irecv(parcel->data, size, MPI_BYTE, found->MPI_SOURCE, 0, MPI_COMM_WORLD, &request);
    long pause = 0;
    for (int done = 0; code == MPI_SUCCESS;) {
        code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done)
            break;
        sched_yield();
        sleep_ns(pause = longer(pause));
    }
    if (code == MPI_SUCCESS)
        return TRI_OK;
    free(parcel->data);
    *parcel = (struct tri_parcel){0};
    return failed(mpi, "receive", code, error);
}

static enum tri_status receive(struct tri_link *link, int64_t wait_ns, int *from,
                               struct tri_parcel *parcel, struct tri_error *error)
{
    struct mpi *mpi = (struct mpi *)link;
    const int64_t until = tri_now_ns() + wait_ns;
    *from = -1;
    for (long pause = 0;;) {
        MPI_Status found;
        int there = 0;
        if (sweep(mpi, error) != TRI_OK)
            return TRI_FAILED;
        const int code = MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &there, &found);
        if (code != MPI_SUCCESS)
            return failed(mpi, "look for messages", code, error);
        if (there) {
            *from = found.MPI_SOURCE;
            return take(mpi, &found, parcel, error);
        }
        if (tri_now_ns() >= until)
            return TRI_OK;
        sleep_ns(pause = longer(pause));
    }
}

static enum tri_status flush(struct tri_link *link, struct tri_error *error)
{
    struct mpi *mpi = (struct mpi *)link;
    enum tri_status status = sweep(mpi, error);
    for (long pause = 0; status == TRI_OK && mpi->sendings != NULL;) {
        sleep_ns(pause = longer(pause));
        status = sweep(mpi, error);
    }
    return status;
}

/* Whole numbers: the order in which MPI adds does not matter. */
static enum tri_status sum(struct tri_link *link, uint64_t *numbers, size_t count,
                           struct tri_error *error)
{
    struct mpi *mpi = (struct mpi *)link;
    MPI_Request request;
    if (count > INT_MAX)
        return tri_fail(error, TRI_FAILED, "too many counts: %zu", count);
    int code = MPI_Iallreduce(MPI_IN_PLACE, numbers, (int)count, MPI_UINT64_T, MPI_SUM,
                              MPI_COMM_WORLD, &request);
    long pause = 0;
    for (int done = 0; code == MPI_SUCCESS;) {
        code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done)
            break;
        sleep_ns(pause = longer(pause));
    }
    return code == MPI_SUCCESS ? TRI_OK : failed(mpi, "add counts", code, error);
}

/* ---- beginning and end ---- */

static void close_mpi(struct tri_link *link)
{
    struct mpi *mpi = (struct mpi *)link;
    struct tri_error error;
    if (link->broken || flush(link, &error) != TRI_OK)
        MPI_Abort(MPI_COMM_WORLD, TRI_FAILED);
    /* Those that come first would turn while they wait for the last. */
    MPI_Request request;
    int done = MPI_Ibarrier(MPI_COMM_WORLD, &request) != MPI_SUCCESS;
    for (long pause = 0; !done && MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS;)
        sleep_ns(pause = longer(pause));
    MPI_Finalize();
    free(mpi);
}

/* How many ranks of this machine may use the same cores as this one. */
static int count_sharers(MPI_Comm machine, int size)
{
    cpu_set_t own;
    CPU_ZERO(&own);
    sched_getaffinity(0, sizeof own, &own);
    cpu_set_t *all = calloc((size_t)size, sizeof *all);
    int sharers = 0;
    if (all == NULL || MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE,
                                     machine) != MPI_SUCCESS) {
        free(all);
        return size;
    }
    for (int i = 0; i < size; i++)
        sharers += CPU_EQUAL(&own, &all[i]) != 0;
    free(all);
    return sharers;
}

static void describe(struct tri_link *link)
{
    MPI_Comm machine;
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    MPI_Comm_rank(MPI_COMM_WORLD, &link->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &link->size);
    MPI_Get_library_version(version, &length);
    /* "Open MPI v4.1.4, package: ..." or "MPICH Version:\t4.0.2\n..." */
    const char *mpich = strstr(version, "MPICH Version:");
    if (mpich != NULL)
        snprintf(link->library, sizeof link->library, "MPICH %.*s",
                 (int)strcspn(mpich + 14 + strspn(mpich + 14, "\t "), "\n"),
                 mpich + 14 + strspn(mpich + 14, "\t "));
    else
        snprintf(link->library, sizeof link->library, "%.*s", (int)strcspn(version, ",\n"),
                 version);
    char name[MPI_MAX_PROCESSOR_NAME] = "";
    MPI_Get_processor_name(name, &length);
    snprintf(link->host, sizeof link->host, "%s", name);
    link->local_size = 1;
    link->sharers = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, link->rank, MPI_INFO_NULL,
                            &machine) != MPI_SUCCESS)
        return;
    MPI_Comm_rank(machine, &link->local_rank);
    MPI_Comm_size(machine, &link->local_size);
    link->sharers = count_sharers(machine, link->local_size);
    MPI_Comm_free(&machine);
}

enum tri_status tri_mpi_connect(struct tri_link **link, struct tri_error *error)
{
    int level = 0;
    /* One thread at a time calls MPI, but not always the same. */
    const int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    struct mpi *mpi = code == MPI_SUCCESS ? calloc(1, sizeof *mpi) : NULL;
    if (mpi == NULL)
        return tri_fail(error, TRI_FAILED, "MPI cannot start");
    mpi->link = (struct tri_link){
        .send = send_parcel, .receive = receive, .flush = flush, .sum = sum, .close = close_mpi};
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    describe(&mpi->link);
    *link = &mpi->link;
    if (level >= MPI_THREAD_SERIALIZED)
        return TRI_OK;
    return tri_fail(error, TRI_FAILED, "this MPI cannot be called by several threads: %s",
                    mpi->link.library);
}
