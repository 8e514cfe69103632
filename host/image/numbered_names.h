/* numbered_names.h -- file names with a number: "frame-%04d.png". */
#ifndef TRI_NUMBERED_NAMES_H
#define TRI_NUMBERED_NAMES_H

#include "../triptych.h"

/* The text before and after the number, with '%' for "%%", and the number's minimum digits. */
struct tri_numbered {
    char *before, *after;
    int digits;
};

/* Returns whether `path` stands for many files: its last component has one "%d" or "%0Nd" (N from 1
 * to 9) and no other '%' but "%%", and no file has exactly this name. "%d" before a letter or digit
 * does not count: "100%done.png". */
bool tri_numbered_is(const char *path);
/* Splits such a path; free the result with tri_numbered_free. Returns false if out of memory. */
bool tri_numbered_new(const char *path, struct tri_numbered *numbered);
void tri_numbered_free(struct tri_numbered *numbered);

/* Returns the path for a number, which the caller frees; NULL if out of memory. */
char *tri_numbered_path(const struct tri_numbered *numbered, long number);
/* Gets the numbers whose files are in the folder, ascending; the caller frees them. `name` is for
 * messages. */
enum tri_status tri_numbered_find(const struct tri_numbered *numbered, const char *name,
                                  long **numbers, size_t *count, struct tri_error *error);
/* Returns the number in the last component of `path`; -1 if it is not one of these names. */
long tri_numbered_of(const struct tri_numbered *numbered, const char *path);

/* Returns the file that a path without a number stands for: the path itself if that file exists,
 * else with '%' for each "%%" of its last component. The caller frees it; NULL if out of memory. */
char *tri_plain_path(const char *path);

#endif
