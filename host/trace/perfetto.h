/* perfetto.h -- writes a recording as a trace of Perfetto (https://ui.perfetto.dev), while it is
 * made. */
#ifndef TRI_PERFETTO_H
#define TRI_PERFETTO_H

#include "trace.h"

struct tri_perfetto;

/* Begins a trace in `file`, which stays the caller's; `name` is for messages and not copied.
 * TRI_FAILED: no memory, or built without libprotobuf-c. */
enum tri_status tri_perfetto_new(FILE *file, const char *name, struct tri_perfetto **perfetto,
                                 struct tri_error *error);
/* For tri_trace_start. After the first failure it writes nothing more. */
struct tri_trace_reader tri_perfetto_reader(struct tri_perfetto *perfetto);
/* After tri_trace_stop: writes the rest and frees all but the file. TRI_FAILED: something could not
 * be written. With `summary` NULL only frees. */
enum tri_status tri_perfetto_end(struct tri_perfetto *perfetto,
                                 const struct tri_trace_summary *summary, struct tri_error *error);

#endif
