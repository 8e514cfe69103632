/* opencl_dump.c -- writes program texts into a folder, for people and tools to read. */
#include "opencl.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH = 120, NUMBERS = 1000 };

/* Joins pass names; if a stage has too many, only the first ones. */
static void put_name(char name[NAME_LENGTH], const struct tri_stage *stage)
{
    size_t length = 0;
    name[0] = '\0';
    for (int i = 0; i < stage->pass_count; i++) {
        const char *pass = stage->passes[i]->name;
        if (length + strlen(pass) + 2 > NAME_LENGTH)
            break;
        length +=
            (size_t)snprintf(name + length, NAME_LENGTH - length, "%s%s", i > 0 ? "-" : "", pass);
    }
}

/* The number after the highest in the folder, which may hold programs of earlier runs; 0: no
 * folder, or no number is free. */
static int next_number(const char *folder)
{
    int next = 1;
    DIR *files = opendir(folder);
    if (files == NULL)
        return 0;
    for (const struct dirent *file; (file = readdir(files)) != NULL;) {
        const int number = atoi(file->d_name);
        if (number >= next)
            next = number + 1;
    }
    closedir(files);
    return next < NUMBERS ? next : 0;
}

enum tri_status tri_opencl_dump(const struct opencl *cl, const struct tri_stage *stage,
                                const char *source, struct tri_error *error)
{
    const char *folder = getenv("TRIPTYCH_OPENCL_DUMP");
    char name[NAME_LENGTH], path[4096];
    if (folder == NULL || folder[0] == '\0')
        return TRI_OK;
    put_name(name, stage);
    const int number = next_number(folder);
    if (number == 0)
        return tri_fail(error, TRI_FAILED,
                        "TRIPTYCH_OPENCL_DUMP: %s is not a folder, or already holds %d programs",
                        folder, NUMBERS - 1);
    snprintf(path, sizeof path, "%s/%03d-%s.cl", folder, number, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return tri_fail(error, TRI_FAILED, "TRIPTYCH_OPENCL_DUMP: cannot write %s: %s", path,
                        strerror(errno));
    fprintf(file, "/* %s; options: %s */\n%s", cl->base.info.device, cl->options, source);
    if (ferror(file) | (fclose(file) != 0))
        return tri_fail(error, TRI_FAILED, "TRIPTYCH_OPENCL_DUMP: cannot write %s", path);
    return TRI_OK;
}
