/* cluster_parts.h -- the parts of the module: MPI, and libtiff by rows. */
#ifndef TRI_CLUSTER_PARTS_H
#define TRI_CLUSTER_PARTS_H

#include "cluster.h"
#include "row_file.h"

enum tri_status tri_mpi_connect(struct tri_link **link, struct tri_error *error);

enum tri_status tri_row_tiff_open(const char *path, struct tri_row_reader **reader,
                                  struct tri_error *error);
enum tri_status tri_row_tiff_create(const char *path, const struct tri_shape *shape,
                                    struct tri_row_writer **writer, struct tri_error *error);

#endif
