/* patterns_job.c -- the pictures that all patterns get, and whether all made the same of them. */
#include "lab/patterns_job.h"

#include "image/temporary_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PICTURES = 16, PICTURES_QUICK = 8, PICTURES_MOST = 10000 };

/* ---- pictures ---- */

static bool make_room(struct tri_patterns_run *run, int count)
{
    run->names = calloc(2 * (size_t)count, sizeof *run->names);
    run->pictures = calloc((size_t)count, sizeof *run->pictures);
    run->expected = calloc((size_t)count, sizeof *run->expected);
    run->digests = calloc((size_t)count, sizeof *run->digests);
    return run->names != NULL && run->pictures != NULL && run->expected != NULL &&
           run->digests != NULL;
}

/* The next picture has this name, which is taken over; its result goes into the folder. */
static enum tri_status add_picture(struct tri_patterns_run *run, char *from,
                                   struct tri_error *error)
{
    const char *extension = tri_format_find("png") != NULL ? "png" : "ppm";
    const int number = run->count;
    char *to;
    struct stat status;

    if (from == NULL || asprintf(&to, "%s/%d.%s", run->folder, number, extension) < 0) {
        free(from);
        return tri_fail(error, TRI_FAILED, "out of memory for names");
    }
    run->names[2 * number] = from;
    run->names[2 * number + 1] = to;
    run->count++;
    run->pictures[number] = (struct tri_thumbnail){.from = from, .to = to, .number = number};
    run->bytes += stat(from, &status) == 0 ? status.st_size : 0;
    return TRI_OK;
}

/* As photographs come: of several sizes. */
static enum tri_status make_picture(struct tri_patterns_run *run, int number,
                                    struct tri_error *error)
{
    const struct tri_shape shape = {1600 - 160 * (number % 3), 1200 - 80 * (number % 4), 3, 8};
    const bool jpeg = tri_format_find("jpeg") != NULL, png = tri_format_find("png") != NULL;
    struct tri_image *image;
    char *path;
    enum tri_status status = tri_picture_generate(&shape, (unsigned)number + 1, &image, error);

    if (status != TRI_OK)
        return status;
    if (asprintf(&path, "%s/picture-%02d.%s", run->folder, number + 1,
                 jpeg  ? "jpg"
                 : png ? "png"
                       : "ppm") < 0) {
        tri_image_free(image);
        return tri_fail(error, TRI_FAILED, "out of memory for names");
    }
    status = tri_image_write(path, image, NULL, error);
    tri_image_free(image);
    if (status != TRI_OK) {
        free(path);
        return status;
    }
    return add_picture(run, path, error);
}

static enum tri_status make_pictures(struct tri_patterns_run *run, struct tri_error *error)
{
    const int count = run->settings.quick ? PICTURES_QUICK : PICTURES;
    enum tri_status status = TRI_OK;

    if (!make_room(run, count))
        return tri_fail(error, TRI_FAILED, "out of memory for pictures");
    for (int i = 0; i < count && status == TRI_OK; i++)
        status = make_picture(run, i, error);
    return status;
}

static int is_picture(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && tri_format_of_path(entry->d_name) != NULL;
}

static enum tri_status find_pictures(struct tri_patterns_run *run, struct tri_error *error)
{
    const char *folder = run->settings.folder;
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_picture, alphasort);
    enum tri_status status = TRI_OK;

    if (count < 0)
        return tri_fail(error, TRI_FAILED, "cannot read the folder %s: %s", folder,
                        strerror(errno));
    if (count == 0)
        status = tri_fail(error, TRI_FAILED, "no picture files in %s", folder);
    else if (count > PICTURES_MOST)
        status = tri_fail(error, TRI_USAGE, "%s has %d pictures; the lab takes at most %d", folder,
                          count, PICTURES_MOST);
    else if (!make_room(run, count))
        status = tri_fail(error, TRI_FAILED, "out of memory for %d pictures", count);
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (status == TRI_OK && asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
            path = NULL;
        if (status == TRI_OK)
            status = add_picture(run, path, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum tri_status tri_patterns_prepare(struct tri_patterns_run *run, struct tri_error *error)
{
    const enum tri_status status = tri_temporary_folder_make("lab", &run->folder, error);

    if (status != TRI_OK)
        return status;
    return run->settings.folder != NULL ? find_pictures(run, error) : make_pictures(run, error);
}

void tri_patterns_clear(struct tri_patterns_run *run)
{
    tri_temporary_folder_remove(run->folder);
    for (int i = 0; i < 2 * run->count; i++)
        free(run->names[i]);
    free(run->names);
    free(run->pictures);
    free(run->expected);
    free(run->digests);
}

/* ---- before and after a run ---- */

void tri_patterns_renew(struct tri_patterns_run *run, struct tri_thumbnail_tools *tools,
                        _Atomic int64_t *first)
{
    for (int i = 0; i < run->count; i++) {
        const struct tri_thumbnail old = run->pictures[i];
        unlink(old.to);
        run->pictures[i] = (struct tri_thumbnail){
            .from = old.from, .to = old.to, .number = old.number, .tools = tools, .first = first};
    }
}

/* FNV-1a of a file's bytes; 0: it cannot be read. */
static uint64_t digest_of(const char *path)
{
    FILE *file = fopen(path, "re");
    uint64_t digest = UINT64_C(0xcbf29ce484222325);

    if (file == NULL)
        return 0;
    for (int byte; (byte = getc(file)) != EOF;)
        digest = (digest ^ (uint64_t)byte) * UINT64_C(0x100000001b3);
    if (ferror(file))
        digest = 0;
    fclose(file);
    return digest;
}

static void remember(struct tri_patterns_run *run, int number, uint64_t digest)
{
    const struct tri_thumbnail *picture = &run->pictures[number];

    run->expected[number] = *picture;
    run->digests[number] = digest;
    if (picture->error.status == TRI_OK)
        return;
    if (run->failures++ == 0)
        run->failed = picture->error;
}

static enum tri_status check_picture(struct tri_patterns_run *run, int number, const char *name,
                                     struct tri_error *error)
{
    const struct tri_thumbnail *picture = &run->pictures[number],
                               *expected = &run->expected[number];
    const uint64_t digest = picture->done ? digest_of(picture->to) : 0;

    if (picture->done == (picture->error.status != TRI_OK))
        return tri_fail(error, TRI_DIFFERS, "%s did not finish %s", name, picture->from);
    if (!picture->done && access(picture->to, F_OK) == 0)
        return tri_fail(error, TRI_DIFFERS, "%s failed on %s and left a result", name,
                        picture->from);
    if (expected->from == NULL) {
        remember(run, number, digest);
        return TRI_OK;
    }
    if (picture->error.status != expected->error.status) { /* as when memory gets short */
        const bool now = picture->error.status != TRI_OK;
        const struct tri_error *why = now ? &picture->error : &expected->error;
        return tri_fail(error, why->status, "only in %s: %s", now ? name : tri_patterns[0].name,
                        why->text);
    }
    return digest == run->digests[number]
               ? TRI_OK
               : tri_fail(error, TRI_DIFFERS, "%s and %s made different bytes of %s",
                          tri_patterns[0].name, name, picture->from);
}

enum tri_status tri_patterns_check(struct tri_patterns_run *run, const char *name,
                                   struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < run->count && status == TRI_OK; i++)
        status = check_picture(run, i, name, error);
    return status;
}
