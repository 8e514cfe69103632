/* opencl_program_cache.c -- what is kept on disk of OpenCL programs: their verdicts, and the
 * binaries where that pays. */
#include "opencl_drivers.h"
#include "opencl_job.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

static char *make_key(const struct opencl *cl, const char *source)
{
    char *key;
    return asprintf(&key, "%s%s\n%s", cl->identity, cl->options, source) < 0 ? NULL : key;
}

static void store(struct opencl *cl, const char *source, const void *data, size_t size)
{
    const bool worked = cl->cache.folder[0] != '\0';
    char *key = worked ? make_key(cl, source) : NULL;
    if (key != NULL)
        tri_disk_cache_store(&cl->cache, key, data, size);
    if (worked && cl->cache.complaint[0] != '\0')
        tri_backend_add_note(&cl->base, "%s", cl->cache.complaint);
    free(key);
}

static bool load(struct opencl *cl, const char *source, void **data, size_t *size)
{
    char *key = make_key(cl, source);
    const bool found = key != NULL && tri_disk_cache_load(&cl->cache, key, data, size);
    free(key);
    return found;
}

bool tri_opencl_recall(struct opencl *cl, const char *source, void *data, size_t size)
{
    void *kept;
    size_t kept_size;
    if (!load(cl, source, &kept, &kept_size))
        return false;
    if (kept_size == size)
        memcpy(data, kept, size);
    free(kept);
    return kept_size == size;
}

void tri_opencl_remember(struct opencl *cl, const char *source, const void *data, size_t size)
{
    store(cl, source, data, size);
}

/* ---- on disk: a verdict, and the program it is about ---- */

struct kept_program {
    char mark[8]; /* distinguishes it from results of probes */
    uint32_t verdict, form, unbuilt;
    char kernels[sizeof((struct opencl_program *)0)->kernels];
    unsigned char binary[];
};

static bool is_verdict(const struct kept_program *kept, size_t size)
{
    return size >= sizeof *kept && strncmp(kept->mark, "verdict", sizeof kept->mark) == 0 &&
           kept->form < FORMS && memchr(kept->kernels, 0, sizeof kept->kernels) != NULL;
}

/* The binary as the driver writes it, for the driver to read. POCL has its own cache and compiles
 * for a work-group size only at first use; unpacking our binary takes it longer than finding its
 * own, so there only the verdict is kept. */
static size_t binary_size(const struct opencl *cl, cl_program program)
{
    size_t size = 0;
    if (strstr(cl->identity, "\nPortable Computing Language\n") != NULL ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS)
        return 0;
    return size;
}

void tri_opencl_keep_entry(struct opencl *cl, const struct opencl_program *entry)
{
    const size_t size = entry->program != NULL ? binary_size(cl, entry->program) : 0;
    struct kept_program *kept = malloc(sizeof *kept + size);
    if (kept == NULL)
        return; /* it will be qualified again */
    unsigned char *binary = kept->binary;
    *kept = (struct kept_program){.mark = "verdict",
                                  .verdict = entry->verdict,
                                  .form = entry->form,
                                  .unbuilt = entry->unbuilt};
    memcpy(kept->kernels, entry->kernels, sizeof kept->kernels);
    const bool whole = size == 0 || clGetProgramInfo(entry->program, CL_PROGRAM_BINARIES,
                                                     sizeof binary, &binary, NULL) == CL_SUCCESS;
    store(cl, entry->source, kept, sizeof *kept + (whole ? size : 0));
    free(kept);
}

static cl_program load_binary(struct opencl *cl, const unsigned char *binary, size_t size)
{
    const int64_t start = tri_now_ns();
    cl_int status, code;
    tri_signals_keep();
    cl_program program = size > 0 ? clCreateProgramWithBinary(cl->context, 1, &cl->device, &size,
                                                              &binary, &status, &code)
                                  : NULL;
    if (program != NULL &&
        (code != CL_SUCCESS || status != CL_SUCCESS ||
         clBuildProgram(program, 1, &cl->device, cl->options, NULL, NULL) != CL_SUCCESS)) {
        clReleaseProgram(program);
        program = NULL;
    }
    tri_signals_put_back();
    cl->base.programs.loaded += program != NULL;
    cl->base.programs.load_ns += tri_now_ns() - start;
    return program;
}

void tri_opencl_load_entry(struct opencl *cl, struct opencl_program *entry)
{
    void *data;
    size_t size;
    if (!load(cl, entry->source, &data, &size))
        return;
    const struct kept_program *kept = data;
    if (is_verdict(kept, size) &&
        (kept->verdict == VERDICT_RIGHT || kept->verdict == VERDICT_WRONG)) {
        entry->verdict = kept->verdict;
        entry->form = kept->form;
        entry->unbuilt = kept->unbuilt;
        entry->refused = size > sizeof *kept;
        if (entry->verdict == VERDICT_RIGHT &&
            (entry->program = load_binary(cl, kept->binary, size - sizeof *kept)) != NULL)
            entry->refused = false;
    }
    free(data);
}

/* ---- for a report ---- */

struct listing {
    struct tri_opencl_kept *list;
    int room, count, *right;
};

/* Line `number` of the device's identity, which starts the key. */
static void copy_line(const char *key, int number, char *to, size_t size)
{
    for (; number > 0 && *key != '\0'; number--) {
        key += strcspn(key, "\n");
        key += *key == '\n';
    }
    snprintf(to, size, "%.*s", (int)strcspn(key, "\n"), key);
}

static void list_one(const char *key, const void *data, size_t size, void *context)
{
    struct listing *listing = context;
    const struct kept_program *kept = data;
    if (strncmp(key, KEPT_VERSION, strlen(KEPT_VERSION)) != 0 || !is_verdict(kept, size))
        return;
    if (kept->verdict == VERDICT_RIGHT && kept->form == FORM_PLAIN)
        ++*listing->right;
    else if (listing->count++ < listing->room) {
        struct tri_opencl_kept *one = &listing->list[listing->count - 1];
        copy_line(key, 3, one->device, sizeof one->device);
        copy_line(key, 6, one->driver, sizeof one->driver);
        memcpy(one->kernels, kept->kernels, sizeof one->kernels);
        one->form = kept->form;
        one->unbuilt = kept->unbuilt;
        one->refused = kept->verdict == VERDICT_WRONG;
    }
}

int tri_opencl_list_kept(struct tri_opencl_kept *list, int room, int *right)
{
    struct tri_disk_cache cache;
    struct listing listing = {list, room, 0, right};
    *right = 0;
    tri_disk_cache_open(&cache, "programs", "OpenCL programs");
    tri_disk_cache_each(&cache, list_one, &listing);
    return listing.count;
}
