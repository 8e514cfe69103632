/* progress_file.h -- which parts of a picture are written, beside the file that they are written
 * to, for --resume. */
#ifndef TRI_PROGRESS_FILE_H
#define TRI_PROGRESS_FILE_H

#include "../triptych.h"

struct tri_progress_file {
    char *part, *list; /* OUTPUT.part has the rows, OUTPUT.parts the numbers of those written */
    FILE *file;
    bool *done; /* [part] */
    long count, finished;
};

/* `kind` names what is computed: an earlier run is continued only if it had the same. `resume`
 * false: it begins anew. */
enum tri_status tri_progress_open(const char *output, const char *kind, long count, bool resume,
                                  struct tri_progress_file *progress, struct tri_error *error);
/* Adds a part that is written. */
enum tri_status tri_progress_add(struct tri_progress_file *progress, long part,
                                 struct tri_error *error);
/* If all is written, gives the file its name; else leaves it for the next run. */
enum tri_status tri_progress_close(struct tri_progress_file *progress, const char *output,
                                   bool whole, struct tri_error *error);

#endif
