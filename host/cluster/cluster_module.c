/* cluster_module.c -- what this module provides to cluster.c. */
#include "cluster_parts.h"

#include <mpi.h>
#include <string.h>

static const struct tri_cluster_module module = {
#ifdef OPEN_MPI
    .library = "Open MPI",
#elif defined(MPICH_VERSION)
    .library = "MPICH",
#else
    .library = "MPI",
#endif
    .connect = tri_mpi_connect,
#ifdef TRI_CLUSTER_TIFF
    .open_tiff = tri_row_tiff_open,
    .create_tiff = tri_row_tiff_create,
#endif
};
TRI_MODULE_BEGIN(module)
