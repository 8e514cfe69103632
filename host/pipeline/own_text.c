/* own_text.c -- the text that is compiled for a kernel file: the dialect, which is embedded in the
 * program, and the file itself. */
#include "own.h"
#include "registry.h"

#include <stdlib.h>
#include <string.h>

/* As kernel.h includes them. */
static const char *const before[] = {"triptych.h",           "cpu.h",     "row_arguments.h",
                                     "kernel_description.h", "figures.h", "own_calls.h"};
static const char *const lanes[] = {"lanes.h",      "lanes_dot.h",      "lanes_sad.h",
                                    "lanes_sum.h",  "lanes_lookup.h",   "lanes_pick.h",
                                    "lanes_near.h", "lanes_quotient.h", "lanes_weigh.h"};
static const char *const after[] = {"body_words.h", "own_symbols.h", "row_functions.h", "cover.h",
                                    "patches.h",    "rank_trees.h",  "ranks.h",         "regions.h",
                                    "runs.h",       "own_check.h"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void put_files(FILE *to, const char *const files[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        fputs(tri_source_find(files[i]), to);
}

static void put_dialect(FILE *to)
{
    fputs("#line 1 \"kernel.h\"\n#define TRI_OWN\n", to);
    put_files(to, before, COUNT(before));
    fputs("#if defined(SINGLE) || !defined(__clang__)\n", to);
    fputs(tri_source_find("one_lane.h"), to);
    fputs("#else\n#define LANES (LANES_BYTES * 8 / BITS)\n", to);
    put_files(to, lanes, COUNT(lanes));
    fputs("#endif\n", to);
    put_files(to, after, COUNT(after));
}

static uint64_t digest(const char *text, size_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return sum;
}

/* Whether a line includes a file in quotes; *kernel: the dialect. */
static bool is_include(const char *line, bool *kernel)
{
    line += strspn(line, " \t");
    if (*line != '#')
        return false;
    line += 1 + strspn(line + 1, " \t");
    if (strncmp(line, "include", 7) != 0)
        return false;
    line += 7 + strspn(line + 7, " \t");
    *kernel = strncmp(line, "\"kernel.h\"", 10) == 0;
    return *line == '"';
}

/* A path as a string of C. */
static void put_string(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', to);
        fputc(*text == '\n' ? '?' : *text, to);
    }
    fputc('"', to);
}

/* Without the line that includes the dialect; its line stays, empty, so that lines keep their
 * numbers. */
static enum tri_status put_text(FILE *to, FILE *source, const char *path, const char *text,
                                struct tri_error *error)
{
    int number = 1;
    bool dialect = false;
    fputs("#line 1 ", to);
    put_string(to, path);
    fputc('\n', to);
    for (const char *line = text; *line != '\0'; number++) {
        const size_t length = strcspn(line, "\n");
        bool kernel;
        if (!is_include(line, &kernel)) {
            fwrite(line, 1, length, to);
            fwrite(line, 1, length, source);
        } else if (!kernel) {
            return tri_fail(error, TRI_USAGE,
                            "%s:%d: a kernel file is one text: of files in quotes it can include "
                            "\"kernel.h\" alone",
                            path, number);
        }
        dialect |= is_include(line, &kernel) && kernel;
        fputc('\n', to);
        fputc('\n', source);
        line += length + (line[length] == '\n');
    }
    return dialect ? TRI_OK
                   : tri_fail(error, TRI_USAGE,
                              "%s: the line #include \"kernel.h\" is missing: is it a kernel file?",
                              path);
}

static enum tri_status finish(FILE *to, FILE *source, enum tri_status status,
                              struct tri_own_text *made, struct tri_error *error)
{
    const bool failed = ferror(to) | ferror(source) | (fclose(to) != 0) | (fclose(source) != 0);
    if (failed && status == TRI_OK)
        status = tri_fail(error, TRI_FAILED, "out of memory for a kernel file");
    if (status != TRI_OK) {
        free(made->c);
        free(made->source);
        *made = (struct tri_own_text){0};
    }
    return status;
}

enum tri_status tri_own_text_make(const char *path, const char *text, struct tri_own_text *made,
                                  struct tri_error *error)
{
    size_t size, source_size;
    *made = (struct tri_own_text){0};
    FILE *to = open_memstream(&made->c, &size);
    FILE *source = to != NULL ? open_memstream(&made->source, &source_size) : NULL;
    if (source == NULL) {
        if (to != NULL)
            fclose(to);
        free(made->c);
        made->c = NULL;
        return tri_fail(error, TRI_FAILED, "out of memory for a kernel file");
    }
    put_dialect(to);
    fflush(to);
    made->dialect = ferror(to) ? 0 : digest(made->c, size);
    return finish(to, source, put_text(to, source, path, text, error), made, error);
}

char *tri_own_spell(const char *name, const char *call, const char *pipeline)
{
    const size_t length = strlen(name);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return NULL;
    for (const char *step = pipeline;; step++) {
        const size_t all = strcspn(step, ","), word = strcspn(step, ",:");
        const bool same = word == length && strncmp(step, name, length) == 0;
        fprintf(to, "%s%.*s", same ? call : "", (int)(all - (same ? length : 0)),
                step + (same ? length : 0));
        step += all;
        if (*step == '\0')
            break;
        fputc(',', to);
    }
    const bool failed = ferror(to);
    if (fclose(to) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}
