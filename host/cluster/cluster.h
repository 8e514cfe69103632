/* cluster.h -- work that is dealt to the ranks of an MPI job: pictures, frames of a clip, or parts
 * of one picture too large for memory. docs/cluster.md says how it works. */
#ifndef TRI_CLUSTER_H
#define TRI_CLUSTER_H

#include "../batch/batch.h"
#include "../triptych.h"

/* Bytes on their way; malloc'ed. */
struct tri_parcel {
    unsigned char *data;
    size_t size;
};

/* What ranks have told each other. */
struct tri_traffic {
    int64_t messages, bytes; /* that this rank has sent */
    int64_t waited_ns;       /* of this rank, for its last work, for others */
};

/* How ranks talk. Rank 0 talks to all, all others to rank 0. One thread at a time. The module of
 * MPI has one, link_local.c has another for processes of one machine. */
struct tri_link {
    int rank, size;
    int local_rank, local_size; /* among the ranks of the same machine */
    int sharers;                /* ranks that may use the same cores as this one, itself included */
    char host[256];
    char library[128]; /* "Open MPI 4.1.4" */
    struct tri_traffic traffic;
    /* Takes the parcel over, and returns at once. Parcels arrive in order. */
    enum tri_status (*send)(struct tri_link *link, int to, struct tri_parcel *parcel,
                            struct tri_error *error);
    /* Waits for at most `wait_ns` for a parcel of any rank; *from is -1 if there was none. The
     * thread sleeps meanwhile. */
    enum tri_status (*receive)(struct tri_link *link, int64_t wait_ns, int *from,
                               struct tri_parcel *parcel, struct tri_error *error);
    /* Waits until all parcels have left. */
    enum tri_status (*flush)(struct tri_link *link, struct tri_error *error);
    /* Replaces the numbers of all ranks by their sums. All ranks call it. */
    enum tri_status (*sum)(struct tri_link *link, uint64_t *numbers, size_t count,
                           struct tri_error *error);
    bool broken; /* ranks no longer know what others do */
    /* All ranks call it. If the link is broken, it ends the processes of all. */
    void (*close)(struct tri_link *link);
};

/* link_local.c: forks `size` - 1 processes that are ranks 1 and up of this machine; the caller is
 * rank 0. Returns in all of them. `close` ends those of other ranks, without exit handlers. */
enum tri_status tri_link_fork(int size, struct tri_link **link, struct tri_error *error);

/* ---- row_file.h has these ---- */
struct tri_row_reader;
struct tri_row_writer;

/* What the module provides. */
struct tri_cluster_module {
    const char *library; /* "Open MPI" or "MPICH" */
    enum tri_status (*connect)(struct tri_link **link, struct tri_error *error);
    /* NULL: it was built without libtiff. */
    enum tri_status (*open_tiff)(const char *path, struct tri_row_reader **reader,
                                 struct tri_error *error);
    enum tri_status (*create_tiff)(const char *path, const struct tri_shape *shape,
                                   struct tri_row_writer **writer, struct tri_error *error);
};

/* Whether this process was started as one of several by mpirun or srun, by its environment. `rank`
 * is its number there; both 0 if not. */
bool tri_cluster_started(int *rank, int *size);
/* How many processes mpirun started this one with; 1 if it did not. */
int tri_cluster_mpirun_size(void);
/* Loads the module. NULL: it is not there, with the reason. */
const struct tri_cluster_module *tri_cluster_load(struct tri_error *error);
/* Connects with the other ranks. */
enum tri_status tri_cluster_connect(const struct tri_cluster_module *module, struct tri_link **link,
                                    struct tri_error *error);
/* Threads for this rank: its share of the cores it may use. */
int tri_cluster_threads(const struct tri_link *link);

/* ---- the three kinds of work; all ranks call them with the same options ---- */

struct tri_cluster_summary {
    long items, done, failed, kept; /* kept: finished by an earlier run */
    int64_t wall_ns;
    int64_t read_bytes, halo_bytes; /* of one picture, by all ranks: all, and read by others too */
    int64_t messages, message_bytes;
    int64_t waited_ns; /* of rank 0's computing thread, for tasks */
    long rank_items_least, rank_items_most;
};

struct tri_cluster_job {
    struct tri_link *link;
    const struct tri_cluster_module *module;
    const struct tri_pipeline *pipeline;
    struct tri_backend *backend;
    struct tri_pool *pool; /* NULL: one thread */
    int jobs;              /* files in flight on this rank */
    bool resume;           /* what an earlier run has finished is kept */
    bool strip;
    uint64_t max_pixels;
    struct tri_write_options write;
    int rows; /* of a part of one picture; 0: as suits its width */
    /* On rank 0: notes, and what failed; from any thread. */
    void (*note)(const char *text);
    void (*fail)(const struct tri_error *error);
    struct tri_cluster_summary summary; /* filled in on rank 0 */
};

/* Each rank reads and writes files of its own. `files` matter on rank 0 alone. */
enum tri_status tri_cluster_pictures(struct tri_cluster_job *job,
                                     const struct tri_batch_file *files, int count,
                                     struct tri_error *error);
/* Rank 0 reads and writes the clip. */
enum tri_status tri_cluster_clip(struct tri_cluster_job *job, const char *from, const char *to,
                                 struct tri_error *error);
/* Each rank reads its rows of the file; those of a PNM file it writes too. */
enum tri_status tri_cluster_large(struct tri_cluster_job *job, const char *from, const char *to,
                                  struct tri_error *error);
/* Whether both can be read and written in rows. */
bool tri_cluster_rows_fit(const char *from, const char *to);

#endif
