/* temporary_folder.h -- folders for files that nobody wants to keep. */
#ifndef TRIPTYCH_IMAGE_TEMPORARY_FOLDER_H
#define TRIPTYCH_IMAGE_TEMPORARY_FOLDER_H

#include "triptych.h"

/* Makes a folder "triptych-WHAT-XXXXXX" in TMPDIR, else in /tmp, that only this user may use.
 * TRI_FAILED: it cannot be made, or no memory. Any thread. */
enum tri_status tri_temporary_folder_make(const char *what, char **path, struct tri_error *error);
/* Removes the folder with the files in it, also while others still write there, and frees the path.
 * It must have no folders in it. May be NULL. */
void tri_temporary_folder_remove(char *path);
/* Removes all folders that were made and not yet removed; for a program that ends. When it has
 * returned, none is made or removed any more. */
void tri_temporary_folders_abandon(void);

#endif
