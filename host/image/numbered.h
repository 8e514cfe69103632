/* numbered.h -- names of files with a number in them: "frame-%04d.png". */
#ifndef TRI_NUMBERED_H
#define TRI_NUMBERED_H

#include "../triptych.h"

/* The text in front of the number and after it, with '%' for "%%"; the number has so many digits at least. */
struct tri_numbered {
    char *before, *after;
    int digits;
};

/* Whether `path` stands for many files: its last component has one "%d" or "%0Nd" (N from 1 to 9) and no other '%' but
 * "%%", and there is no file of just this name. "%d" with a letter or digit behind it is none: "100%done.png". */
bool tri_numbered_is(const char *path);
/* Of such a path. False: no memory. Ends with tri_numbered_free. */
bool tri_numbered_new(const char *path, struct tri_numbered *numbered);
void tri_numbered_free(struct tri_numbered *numbered);

/* The file of a number; NULL: no memory. */
char *tri_numbered_path(const struct tri_numbered *numbered, long number);
/* The numbers whose files are in the folder, ascending; the caller frees them. `name` is for messages. */
enum tri_status tri_numbered_find(const struct tri_numbered *numbered, const char *name, long **numbers, size_t *count,
                                  struct tri_error *error);
/* The number that the last component of `path` has; -1: it is not one of these names. */
long tri_numbered_of(const struct tri_numbered *numbered, const char *path);

/* The one file that `path` stands for, where it is not numbered: as it is if there is such a file, else with '%' for each
 * "%%" of its last component. NULL: no memory. */
char *tri_plain_path(const char *path);

#endif
