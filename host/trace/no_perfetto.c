/* no_perfetto.c -- in place of perfetto*.c where libprotobuf-c is missing. */
#include "perfetto.h"

enum tri_status tri_perfetto_new(FILE *file, const char *name, struct tri_perfetto **perfetto,
                                 struct tri_error *error)
{
    (void)file;
    *perfetto = NULL;
    return tri_fail(error, TRI_FAILED,
                    "cannot write %s: this triptych was built without libprotobuf-c; install "
                    "libprotobuf-c-dev and protobuf-c-compiler, then build it again",
                    name);
}

struct tri_trace_reader tri_perfetto_reader(struct tri_perfetto *perfetto)
{
    return (struct tri_trace_reader){NULL, perfetto};
}

enum tri_status tri_perfetto_end(struct tri_perfetto *perfetto,
                                 const struct tri_trace_summary *summary, struct tri_error *error)
{
    (void)perfetto;
    (void)summary;
    (void)error;
    return TRI_OK;
}
