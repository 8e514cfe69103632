/* agree.h -- what all ranks do together between two kinds of work. */
#ifndef TRI_CLUSTER_AGREE_H
#define TRI_CLUSTER_AGREE_H

#include "cluster.h"

/* All ranks go on, or none: returns TRI_OK if all gave that. The error of the first that failed is
 * on rank 0. */
enum tri_status tri_link_agree(struct tri_link *link, enum tri_status status,
                               struct tri_error *error);
/* Adds up what all ranks have read and sent, for the summary. */
enum tri_status tri_cluster_count(struct tri_cluster_job *job, int64_t read, int64_t halo,
                                  struct tri_error *error);

#endif
