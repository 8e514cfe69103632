/* compare_kinds.c -- what a row ran on, in words that mean the same on every machine: exactly
 * ("threads:2 avx2"), and by its role ("threads", as many as the machine has cores). */
#include "measure/compare.h"

#include <stdlib.h>
#include <string.h>

const char *const tri_mean_kinds[] = {"sequential scalar", "sequential", "threads",
                                      "OpenCL CPU",        "OpenCL GPU", "OpenCL device",
                                      "several",           "fastest",    NULL};

/* Which of several rows of a file stands for a kind. */
enum choice { THE_FIRST, THE_FASTEST, MOST_WORKERS };

/* How well a kind names what ran: instruction sets are exact, but a device is known by its type. */
enum rank { EXACT, ROLE, DEVICE_NAME, WHOLE_MACHINE };

static const char *device_kind(const struct tri_results_row *row)
{
    return row->ran_on == TRI_RAN_GPU          ? "OpenCL GPU"
           : row->ran_on == TRI_RAN_CPU_DEVICE ? "OpenCL CPU"
                                               : "OpenCL device";
}

/* ---- sets ---- */

static struct tri_kind_set *find(struct tri_kinds *kinds, const char *kind)
{
    for (int i = 0; i < kinds->count; i++)
        if (strcmp(kinds->sets[i].kind, kind) == 0)
            return &kinds->sets[i];
    return NULL;
}

static struct tri_kind_set *make(struct tri_kinds *kinds, enum rank rank, const char *kind,
                                 int file_count)
{
    if (kinds->count == kinds->room) {
        const int room = kinds->room > 0 ? 2 * kinds->room : 16;
        struct tri_kind_set *sets = realloc(kinds->sets, (size_t)room * sizeof *sets);
        if (sets == NULL)
            return NULL;
        kinds->sets = sets;
        kinds->room = room;
    }
    struct tri_kind_set *set = &kinds->sets[kinds->count];
    set->rows = calloc((size_t)file_count, sizeof(const struct tri_results_row *));
    if (set->rows == NULL)
        return NULL;
    snprintf(set->kind, sizeof set->kind, "%s", kind);
    set->rank = (int)rank;
    kinds->count++;
    return set;
}

static bool better(const struct tri_results_row *row, const struct tri_results_row *than,
                   enum choice choice)
{
    if (than == NULL)
        return true;
    if (choice == THE_FIRST || (choice == MOST_WORKERS && row->workers < than->workers))
        return false;
    return (choice == MOST_WORKERS && row->workers > than->workers) || row->median < than->median;
}

/* Adds the row to the set of this kind. Returns false if memory runs out. */
static bool put(struct tri_kinds *kinds, int file_count, const struct tri_matched *at,
                enum choice choice, enum rank rank, const char *kind)
{
    char whole[sizeof kinds->sets->kind];

    snprintf(whole, sizeof whole, "%.*s%s", (int)sizeof whole - 16, kind,
             at->row->by_frames ? ", frames" : "");
    struct tri_kind_set *set = find(kinds, whole);
    if (set == NULL)
        set = make(kinds, rank, whole, file_count);
    if (set != NULL && better(at->row, set->rows[at->file], choice))
        set->rows[at->file] = at->row;
    return set != NULL;
}

/* ---- rows ---- */

/* Devices have other numbers on other machines: "threads:2+opencl:1.0" is "threads:2+OpenCL". */
static void name_parts(const char *backend, char kind[80])
{
    size_t used = 0;

    kind[0] = '\0';
    for (const char *part = backend; part != NULL && used < 60;) {
        const int length = (int)strcspn(part, "+");
        const bool opencl = strncmp(part, "opencl", 6) == 0;
        used += (size_t)snprintf(kind + used, 80 - used, "%s%.*s", used > 0 ? "+" : "",
                                 opencl        ? 6
                                 : length < 40 ? length
                                               : 40,
                                 opencl ? "OpenCL" : part);
        part = part[length] == '+' ? part + length + 1 : NULL;
    }
}

static bool put_cpu(struct tri_kinds *kinds, int file_count, const struct tri_matched *at)
{
    const struct tri_results_row *row = at->row;
    const bool threads = row->ran_on == TRI_RAN_THREADS;
    char exact[80];

    snprintf(exact, sizeof exact, "%.40s %.30s", row->backend, row->isa);
    return put(kinds, file_count, at, THE_FIRST, EXACT, exact) &&
           (!threads || put(kinds, file_count, at, THE_FASTEST, ROLE, row->backend)) &&
           put(kinds, file_count, at, threads ? MOST_WORKERS : THE_FASTEST, ROLE,
               threads ? "threads" : "sequential");
}

static bool put_device(struct tri_kinds *kinds, int file_count, const struct tri_matched *at)
{
    const struct tri_results_row *row = at->row;
    char kind[80];

    if (row->part) {
        snprintf(kind, sizeof kind, "%s%.20s", device_kind(row), strchr(row->backend, '/'));
        return put(kinds, file_count, at, THE_FASTEST, ROLE, kind);
    }
    snprintf(kind, sizeof kind, "%.60s", row->device[0] != '\0' ? row->device : row->backend);
    return put(kinds, file_count, at, THE_FASTEST, ROLE, device_kind(row)) &&
           put(kinds, file_count, at, THE_FIRST, DEVICE_NAME, kind);
}

static bool put_several(struct tri_kinds *kinds, int file_count, const struct tri_matched *at)
{
    char kind[80];

    name_parts(at->row->backend, kind);
    return put(kinds, file_count, at, THE_FIRST, EXACT, kind) &&
           put(kinds, file_count, at, THE_FASTEST, ROLE, "several");
}

static bool put_row(struct tri_kinds *kinds, int file_count, const struct tri_matched *at)
{
    const enum tri_ran_on on = at->row->ran_on;

    if (on == TRI_RAN_SEQUENTIAL || on == TRI_RAN_THREADS)
        return put_cpu(kinds, file_count, at);
    return on == TRI_RAN_SEVERAL ? put_several(kinds, file_count, at)
                                 : put_device(kinds, file_count, at);
}

/* The machine as a whole. Frames in parallel are one way among others. */
static bool put_fastest(struct tri_kinds *kinds, int file_count, const struct tri_matched *at)
{
    struct tri_kind_set *set = find(kinds, "fastest");

    if (set == NULL)
        set = make(kinds, WHOLE_MACHINE, "fastest", file_count);
    if (set != NULL && better(at->row, set->rows[at->file], THE_FASTEST))
        set->rows[at->file] = at->row;
    return set != NULL;
}

bool tri_kinds_find(const struct tri_matched *rows, int count, int file_count,
                    struct tri_kinds *kinds)
{
    *kinds = (struct tri_kinds){0};
    for (int i = 0; i < count; i++)
        if (rows[i].row->usable && !put_row(kinds, file_count, &rows[i]))
            return false;
    for (int i = 0; i < count; i++)
        if (rows[i].row->usable && !put_fastest(kinds, file_count, &rows[i]))
            return false;
    return true;
}

void tri_kinds_free(struct tri_kinds *kinds)
{
    for (int i = 0; i < kinds->count; i++)
        free(kinds->sets[i].rows);
    free(kinds->sets);
    *kinds = (struct tri_kinds){0};
}
