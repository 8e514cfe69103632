/* opencl_dump.c -- writes program texts, and what they read besides pictures, into a folder, for
 * people and tools to read. */
#include "opencl_job.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH = 120, PATH_LENGTH = 4096, NUMBERS = 1000 };

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

static enum tri_status cannot(const char *path, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "TRIPTYCH_OPENCL_DUMP: cannot write %s: %s", path,
                    strerror(errno));
}

static enum tri_status put_bytes(const char *path, const char *ending, const void *bytes,
                                 size_t size, struct tri_error *error)
{
    char name[PATH_LENGTH + 20];
    snprintf(name, sizeof name, "%s.%s", path, ending);
    FILE *file = fopen(name, "w");
    if (file == NULL)
        return cannot(name, error);
    const bool done = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && done ? TRI_OK : cannot(name, error);
}

/* What a launch would read. */
static enum tri_status put_data(const struct opencl *cl, const struct tri_plan *plan,
                                const struct tri_stage *stage, const char *path,
                                struct tri_error *error)
{
    struct tile_stage *tiles;
    enum tri_status status = tri_opencl_tiles(cl, plan, (int)(stage - plan->stages), &tiles, error);
    if (status != TRI_OK)
        return status;
    const size_t size = (size_t)tiles->table_size * sizeof(struct tile_channel);
    struct tile_channel *table = malloc(size + 1);
    if (table != NULL) {
        tri_tile_table(plan, tiles, table);
        status = put_bytes(path, "table", table, size, error);
        if (status == TRI_OK)
            status =
                put_bytes(path, "constants", plan->constants, (size_t)plan->constants_size, error);
    } else {
        status = tri_fail(error, TRI_FAILED, "out of memory for a table of channels");
    }
    free(table);
    tri_tile_free(tiles);
    return status;
}

enum tri_status tri_opencl_dump(const struct opencl *cl, const struct tri_plan *plan,
                                const struct tri_stage *stage, const char *source,
                                struct tri_error *error)
{
    const char *folder = getenv("TRIPTYCH_OPENCL_DUMP");
    char name[NAME_LENGTH], path[PATH_LENGTH], text[PATH_LENGTH + 20];
    if (folder == NULL || folder[0] == '\0')
        return TRI_OK;
    put_name(name, stage);
    const int number = next_number(folder);
    if (number == 0)
        return tri_fail(error, TRI_FAILED,
                        "TRIPTYCH_OPENCL_DUMP: %s is not a folder, or already holds %d programs",
                        folder, NUMBERS - 1);
    snprintf(path, sizeof path, "%s/%03d-%s", folder, number, name);
    snprintf(text, sizeof text, "%s.cl", path);
    FILE *file = fopen(text, "w");
    if (file == NULL)
        return cannot(text, error);
    fprintf(file, "/* %s; options: %s */\n%s", cl->base.info.device, cl->options, source);
    if (ferror(file) | (fclose(file) != 0))
        return tri_fail(error, TRI_FAILED, "TRIPTYCH_OPENCL_DUMP: cannot write %s", text);
    return cl->lanes ? TRI_OK : put_data(cl, plan, stage, path, error);
}
