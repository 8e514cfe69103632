/* suite.c -- suites: text files of pipelines and sizes that are measured in one run. */
#include "measure/sweep.h"

#include "parallel/cpu.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".txt"
enum { LINE = 4096, ENTRIES_MAX = 1000, WORDS = 4 };

struct reader {
    const char *path;
    int line;
    struct tri_suite *suite;
    struct tri_error *error;
};

/* Adds the file and the line to `why`. */
static enum tri_status fail_at(const struct reader *reader, const char *why)
{
    char text[sizeof reader->error->text];

    snprintf(text, sizeof text, "%s", why); /* `why` may be the error's own text */
    return tri_fail(reader->error, TRI_USAGE, "%s:%d: %.800s", reader->path, reader->line, text);
}

/* ---- lines ---- */

static enum tri_status read_head(const struct reader *reader, char *const words[WORDS])
{
    char *end = NULL;
    const long version = words[2] != NULL ? strtol(words[2], &end, 10) : 0;

    if (strcmp(words[0], "suite") != 0 || end == NULL || *end != '\0' || version < 1 ||
        version > 1000000 || words[3] != NULL)
        return fail_at(reader, "a suite begins with 'suite NAME VERSION', the version a number "
                               "from 1");
    if (strlen(words[1]) >= sizeof reader->suite->name)
        return fail_at(reader, "the suite's name is too long");
    strcpy(reader->suite->name, words[1]);
    reader->suite->version = (int)version;
    return TRI_OK;
}

static enum tri_status read_seconds(const struct reader *reader, const char *text)
{
    char *end;

    reader->suite->seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(reader->suite->seconds >= 0.001) ||
        reader->suite->seconds > 3600)
        return fail_at(reader, "'time' needs a number of seconds from 0.001 to 3600");
    return TRI_OK;
}

static enum tri_status read_workers(const struct reader *reader, const char *text)
{
    return tri_worker_counts_parse(text, tri_cpu_workers(), &reader->suite->workers,
                                   reader->error) == TRI_OK
               ? TRI_OK
               : fail_at(reader, reader->error->text);
}

static enum tri_status read_samples(const struct reader *reader, const char *word,
                                    struct tri_shape *shape)
{
    static const char *const names[TRI_PLANES_MAX] = {"gray", "graya", "rgb", "rgba"};
    const size_t letters = word != NULL ? strcspn(word, "0123456789") : 0;

    shape->planes = word != NULL ? 0 : 3;
    shape->bits = word == NULL || strcmp(word + letters, "8") == 0 ? 8
                  : strcmp(word + letters, "16") == 0              ? 16
                                                                   : 0;
    for (int i = 0; word != NULL && i < TRI_PLANES_MAX; i++)
        if (strlen(names[i]) == letters && strncmp(word, names[i], letters) == 0)
            shape->planes = i + 1;
    if (shape->planes == 0 || shape->bits == 0)
        return fail_at(reader, "samples are one of gray8, graya8, rgb8, rgba8, gray16, graya16, "
                               "rgb16 and rgba16");
    return TRI_OK;
}

static enum tri_status add_entry(const struct reader *reader, const char *pipeline,
                                 const struct tri_shape *shape)
{
    struct tri_suite *suite = reader->suite;

    if (suite->count == ENTRIES_MAX)
        return fail_at(reader, "a suite has at most 1000 pictures");
    for (int i = 0; i < suite->count; i++)
        if (strcmp(suite->entries[i].pipeline, pipeline) == 0 &&
            tri_shape_equal(&suite->entries[i].shape, shape))
            return fail_at(reader, "this pipeline has this size already");
    struct tri_suite_entry *more =
        realloc(suite->entries, (size_t)(suite->count + 1) * sizeof *more);
    if (more == NULL)
        return tri_fail(reader->error, TRI_FAILED, "out of memory for a suite");
    suite->entries = more;
    more[suite->count] = (struct tri_suite_entry){strdup(pipeline), *shape};
    return more[suite->count++].pipeline != NULL
               ? TRI_OK
               : tri_fail(reader->error, TRI_FAILED, "out of memory for a suite");
}

/* Returns whether the pipeline accepts pictures of these planes and bits, whatever their size. */
static enum tri_status check_pipeline(const struct reader *reader, const char *text,
                                      const struct tri_shape *shape)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_shape out;

    if (tri_pipeline_parse(text, &pipeline, reader->error) != TRI_OK)
        return fail_at(reader, reader->error->text);
    tri_pipeline_limit(pipeline, UINT64_MAX); /* the caller's is checked when it is measured */
    const enum tri_status status = tri_pipeline_shape(pipeline, shape, &out, reader->error);
    tri_pipeline_free(pipeline);
    return status == TRI_OK ? TRI_OK : fail_at(reader, reader->error->text);
}

static enum tri_status read_entries(const struct reader *reader, char *const words[WORDS])
{
    struct tri_sizes sizes;
    struct tri_shape samples;
    enum tri_status status = read_samples(reader, words[2], &samples);

    if (status == TRI_OK && tri_sizes_parse(words[1], &sizes, reader->error) != TRI_OK)
        status = fail_at(reader, reader->error->text);
    for (int i = 0; status == TRI_OK && i < sizes.count; i++) {
        sizes.list[i].planes = samples.planes;
        sizes.list[i].bits = samples.bits;
        status = check_pipeline(reader, words[0], &sizes.list[i]);
        if (status == TRI_OK)
            status = add_entry(reader, words[0], &sizes.list[i]);
    }
    return status;
}

static enum tri_status read_line(const struct reader *reader, char *line)
{
    char *words[WORDS] = {NULL}, *at = line;
    int count = 0;

    line[strcspn(line, "#\r\n")] = '\0';
    for (char *word; (word = strsep(&at, " \t")) != NULL;)
        if (*word != '\0' && count < WORDS)
            words[count++] = word;
    if (count == 0)
        return TRI_OK;
    if (reader->suite->version == 0)
        return count < 3 ? fail_at(reader, "a suite begins with 'suite NAME VERSION'")
                         : read_head(reader, words);
    if (count == 2 && strcmp(words[0], "time") == 0)
        return read_seconds(reader, words[1]);
    if (count == 2 && strcmp(words[0], "workers") == 0)
        return read_workers(reader, words[1]);
    if (count < 2 || count == WORDS)
        return fail_at(reader, "a line is 'PIPELINE SIZES [SAMPLES]', such as 'sobel "
                               "256,1920x1080 rgb8', 'time SECONDS' or 'workers NUMBERS'");
    return read_entries(reader, words);
}

/* ---- files ---- */

static enum tri_status read_lines(struct reader *reader, FILE *file)
{
    enum tri_status status = TRI_OK;
    char line[LINE];

    while (status == TRI_OK && fgets(line, sizeof line, file) != NULL) {
        reader->line++;
        status = strchr(line, '\n') == NULL && !feof(file)
                     ? fail_at(reader, "the line is too long, or this is no text")
                     : read_line(reader, line);
    }
    if (status == TRI_OK && ferror(file))
        return tri_fail(reader->error, TRI_FAILED, "cannot read %s: %s", reader->path,
                        strerror(errno));
    if (status == TRI_OK && reader->suite->count == 0)
        return tri_fail(reader->error, TRI_USAGE, "%s: the suite has no pipelines", reader->path);
    return status;
}

static enum tri_status read_file(const char *path, struct tri_suite *suite, struct tri_error *error)
{
    struct reader reader = {path, 0, suite, error};
    struct stat kind;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return tri_fail(error, TRI_FAILED, "cannot read %s: %s", path, strerror(errno));
    if (fstat(fileno(file), &kind) == 0 && S_ISDIR(kind.st_mode)) {
        fclose(file);
        return tri_fail(error, TRI_FAILED, "cannot read %s: it is a folder", path);
    }
    const enum tri_status status = read_lines(&reader, file);
    fclose(file);
    return status;
}

/* Where suites are: in the source tree, as seen from here and from the program, which is built one
 * or two folders below it, and where they were installed. */
static const char *const folders[] = {
    "bench/suites",
    "/../bench/suites",
    "/../../bench/suites",
#ifdef TRI_DATADIR
    TRI_DATADIR "/suites",
#endif
};
enum { FOLDERS = sizeof folders / sizeof folders[0] };

static void folder_at(int index, char path[PATH_MAX])
{
    char program[PATH_MAX];
    const bool beside = strncmp(folders[index], "/..", 3) == 0;
    const ssize_t length = beside ? readlink("/proc/self/exe", program, PATH_MAX - 1) : 0;

    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = '\0';
    if (snprintf(path, PATH_MAX, "%s%s", program, folders[index]) >= PATH_MAX)
        path[0] = '\0';
}

/* Finds the file of a shipped suite. */
static bool find_shipped(const char *name, char path[PATH_MAX])
{
    char folder[PATH_MAX];

    for (int i = 0; i < FOLDERS; i++) {
        struct stat kind;
        folder_at(i, folder);
        const int length = snprintf(path, PATH_MAX, "%s/%s" ENDING, folder, name);
        if (length < PATH_MAX && stat(path, &kind) == 0 && S_ISREG(kind.st_mode))
            return true;
    }
    return false;
}

void tri_suite_names(char *names, size_t size)
{
    char path[PATH_MAX];

    names[0] = '\0';
    for (int i = 0; i < FOLDERS && names[0] == '\0'; i++) {
        folder_at(i, path);
        DIR *folder = opendir(path);
        for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
            const char *dot = strrchr(entry->d_name, '.');
            const size_t used = strlen(names);
            if (dot != NULL && strcmp(dot, ENDING) == 0)
                snprintf(names + used, size - used, "%s%.*s", used > 0 ? "|" : "",
                         (int)(dot - entry->d_name), entry->d_name);
        }
        if (folder != NULL)
            closedir(folder);
    }
}

enum tri_status tri_suite_read(const char *name, struct tri_suite *suite, struct tri_error *error)
{
    char path[PATH_MAX], names[400];
    const bool named = strpbrk(name, "./") == NULL;

    memset(suite, 0, sizeof *suite);
    if (!named)
        return read_file(name, suite, error);
    if (find_shipped(name, path))
        return read_file(path, suite, error);
    tri_suite_names(names, sizeof names);
    for (char *bar; (bar = strchr(names, '|')) != NULL;)
        *bar = ' ';
    return tri_fail(error, TRI_USAGE,
                    "unknown suite '%s'; %s%s, and the path of a suite's file has a dot or a slash",
                    name, names[0] ? "there is: " : "none is installed", names);
}

void tri_suite_free(struct tri_suite *suite)
{
    for (int i = 0; i < suite->count; i++)
        free(suite->entries[i].pipeline);
    free(suite->entries);
    memset(suite, 0, sizeof *suite);
}
