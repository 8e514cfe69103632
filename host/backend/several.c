/* several.c -- a backend that distributes work to several others: opens them by name and keeps
 * statistics. */
#include "several.h"
#include "../parallel/cpu.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- statistics ---- */

void tri_several_tell(struct several *s, const char *format, ...)
{
    char text[1200];
    va_list arguments;
    if (s->options.note == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&s->telling);
    s->options.note(s->options.listener, text);
    pthread_mutex_unlock(&s->telling);
}

void tri_several_pass_note(struct several *s, int number)
{
    struct part *part = &s->parts[number];
    const char *line = part->backend->note + part->told;
    while (part->serial && *line != '\0') {
        const size_t length = strcspn(line, "\n");
        tri_several_tell(s, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
        part->told = (size_t)(line - part->backend->note);
    }
}

int tri_several_live(const struct several *s, struct kind *kind)
{
    int live = 0;
    for (int i = 0; i < s->count; i++) {
        kind->strips.out[i] = kind->pictures.out[i] = s->parts[i].lost || kind->unable[i];
        live += !kind->strips.out[i];
    }
    return live;
}

static const char *name_of(const struct several *s, int part)
{
    return s->parts[part].backend->info.name;
}

static void list_live(const struct several *s, const struct kind *kind, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (int i = 0; i < s->count && used < size; i++) {
        if (!kind->strips.out[i])
            used += (size_t)snprintf(list + used, size - used, "%s%s", used > 0 ? " and " : "",
                                     name_of(s, i));
    }
}

void tri_several_lose(struct several *s, struct kind *kind, int part, const struct tri_error *error)
{
    char others[300];
    tri_trace_lock(&s->lock, "the deal");
    const bool device = error->status == TRI_NO_DEVICE,
               news = !s->parts[part].lost && !kind->unable[part];
    s->parts[part].lost |= device;
    kind->unable[part] = true;
    if (s->first.status == TRI_OK)
        s->first = *error;
    const int live = tri_several_live(s, kind);
    list_live(s, kind, others, sizeof others);
    pthread_mutex_unlock(&s->lock);
    if (!news)
        return;
    tri_several_tell(s, "%s (%.100s) failed and is left out%s%.60s: %.*s; %s%s", name_of(s, part),
                     s->parts[part].backend->info.device, device ? "" : " of ",
                     device ? "" : kind->text, (int)strcspn(error->text, "\n"), error->text,
                     live > 0 ? "its work is redone by " : "no backend is left",
                     live > 0 ? others : "");
}

enum tri_status tri_several_first(struct several *s, struct tri_error *error)
{
    tri_trace_lock(&s->lock, "the deal");
    const struct tri_error first = s->first;
    pthread_mutex_unlock(&s->lock);
    if (error != NULL)
        *error = first;
    return first.status;
}

bool tri_several_begin(struct several *s)
{
    tri_trace_lock(&s->lock, "the deal");
    const bool only = s->running++ == 0;
    if (only)
        s->since = tri_now_ns();
    pthread_mutex_unlock(&s->lock);
    return only;
}

void tri_several_end(struct several *s)
{
    tri_trace_lock(&s->lock, "the deal");
    if (--s->running == 0)
        s->wall_ns += tri_now_ns() - s->since;
    pthread_mutex_unlock(&s->lock);
}

void tri_several_count(struct several *s, struct kind *kind, int part, double work, double pictures,
                       int64_t ns)
{
    s->parts[part].pictures += pictures;
    s->parts[part].busy_ns += ns;
    for (int i = 0; i < s->count; i++)
        s->alone_ns[i] += kind->alone[i] > 0 ? work * kind->alone[i] : (double)INFINITY;
    s->dealt = true;
}

static int shares(const struct tri_backend *backend, struct tri_share *to, int most)
{
    struct several *s = (struct several *)backend;
    tri_trace_lock(&s->lock, "the deal");
    for (int i = 0; i < s->count && i < most; i++) {
        const struct part *part = &s->parts[i];
        to[i] = (struct tri_share){&part->backend->info, part->pictures, part->busy_ns, part->lost};
    }
    pthread_mutex_unlock(&s->lock);
    return s->count;
}

static double gain(const struct tri_backend *backend, int *fastest)
{
    struct several *s = (struct several *)backend;
    double result = (double)NAN;
    tri_trace_lock(&s->lock, "the deal");
    for (int i = 0; i < s->count && s->dealt; i++) {
        if (isfinite(s->alone_ns[i]) && (*fastest < 0 || s->alone_ns[i] < s->alone_ns[*fastest]))
            *fastest = i;
    }
    if (*fastest >= 0 && s->wall_ns > 0)
        result = s->alone_ns[*fastest] / (double)s->wall_ns;
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- the note at the end ---- */

/* Reports images that could not be shared and all went to one part. If there are several kinds,
 * only the first. */
static void tell_whole(struct several *s)
{
    for (const struct kind *kind = s->kinds; kind != NULL; kind = kind->next) {
        int used = -1, users = 0;
        for (int i = 0; i < s->count; i++) {
            users += kind->whole[i] > 0;
            used = kind->whole[i] > 0 ? i : used;
        }
        if (kind->why[0] == '\0' || users != 1)
            continue;
        tri_several_tell(s, "%s is not shared, because %s; %s, the fastest, did all the work",
                         kind->text, kind->why, name_of(s, used));
        return;
    }
}

/* ---- opening and closing ---- */

static void close_several(struct tri_backend *backend)
{
    struct several *s = (struct several *)backend;
    tell_whole(s);
    for (struct kind *kind; (kind = s->kinds) != NULL;) {
        s->kinds = kind->next;
        free(kind->text);
        free(kind);
    }
    tri_pool_free(s->crew);
    for (int i = 0; i < s->count; i++) {
        tri_backend_close(s->parts[i].backend);
        pthread_mutex_destroy(&s->parts[i].lock);
    }
    pthread_rwlock_destroy(&s->gate);
    pthread_mutex_destroy(&s->telling);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static enum tri_status add(struct several *s, const char *on, const char *name,
                           struct tri_error *error)
{
    struct tri_backend *backend = NULL;
    if (s->count == TRI_PARTS_MAX)
        return tri_fail(error, TRI_USAGE, "backend '%.200s': at most %d backends can share work",
                        on, TRI_PARTS_MAX);
    if (name[0] == '\0')
        return tri_fail(error, TRI_USAGE,
                        "backend '%.200s': a name is missing before or after a '+'", on);
    if (strcmp(name, "all") == 0 || strcmp(name, "auto") == 0)
        return tri_fail(error, TRI_USAGE,
                        "backend '%.200s': '%s' stands alone and cannot be combined", on, name);
    const enum tri_status status = tri_backend_open(name, &s->options, &backend, error);
    if (status != TRI_OK)
        return status;
    for (int i = 0; i < s->count; i++) {
        if (strcmp(name_of(s, i), backend->info.name) == 0) {
            tri_fail(error, TRI_USAGE, "backend '%.200s': %s is named twice", on,
                     backend->info.name);
            tri_backend_close(backend);
            return TRI_USAGE;
        }
    }
    struct part *part = &s->parts[s->count++];
    part->backend = backend;
    part->serial = backend->info.opencl;
    pthread_mutex_init(&part->lock, NULL);
    return TRI_OK;
}

const char *tri_several_plus(const char *on)
{
    static const char *const words[] = {"sequential", "threads", "opencl", "auto", "all", "+"};
    const bool device = strncmp(on, "opencl:", 7) == 0;
    for (const char *plus = strchr(on, '+'); plus != NULL; plus = strchr(plus + 1, '+')) {
        bool separates = !device || plus[1] == '\0';
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            separates |= strncmp(plus + 1, words[i], strlen(words[i])) == 0;
        if (separates)
            return plus;
    }
    return NULL;
}

static enum tri_status add_named(struct several *s, const char *on, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (const char *rest = on; rest != NULL && status == TRI_OK;) {
        const char *plus = tri_several_plus(rest);
        char *name = plus != NULL ? strndup(rest, (size_t)(plus - rest)) : strdup(rest);
        status = name != NULL ? add(s, on, name, error)
                              : tri_fail(error, TRI_FAILED, "out of memory for a backend");
        free(name);
        rest = plus != NULL ? plus + 1 : NULL;
    }
    return status;
}

/* Threads and every usable device; the others get a note. */
static enum tri_status add_all(struct several *s, struct tri_error *error)
{
    struct tri_device_info *devices = NULL;
    struct tri_error why;
    char *note = s->base.note;
    int count = 0;
    size_t used = 0;
    enum tri_status status = add(s, "all", "threads", error);
    if (status == TRI_OK)
        status = tri_devices(&devices, &count, error);
    for (int i = 0; i < count && status == TRI_OK; i++) {
        char on[64];
        snprintf(on, sizeof on, "opencl:%s", devices[i].id);
        if (s->count < TRI_PARTS_MAX && devices[i].usable && add(s, "all", on, &why) == TRI_OK)
            continue;
        const char *text = s->count == TRI_PARTS_MAX ? "there are too many backends"
                           : devices[i].usable       ? why.text
                                                     : devices[i].reason;
        if (used < sizeof s->base.note)
            used += (size_t)snprintf(
                note + used, sizeof s->base.note - used, "%s%s (%.60s): %.*s",
                used > 0 ? "; " : "all leaves out ", on, devices[i].name,
                (int)strcspn(text, "\n") < 150 ? (int)strcspn(text, "\n") : 150, text);
    }
    free(devices);
    if (status == TRI_OK && s->count == 1 && used < sizeof s->base.note)
        snprintf(note + used, sizeof s->base.note - used, "%sall is only %s: no OpenCL device %s",
                 used > 0 ? "; " : "", name_of(s, 0), count > 0 ? "is usable" : "is present");
    return status;
}

/* Joins names and devices; workers are the sum. */
static void describe(struct several *s)
{
    struct tri_backend_info *info = &s->base.info;
    size_t name = 0, selector = 0, device = 0, driver = 0;
    for (int i = 0; i < s->count; i++) {
        const struct tri_backend_info *of = &s->parts[i].backend->info;
        const char *between = i > 0 ? " + " : "";
        if (name < sizeof info->name)
            name += (size_t)snprintf(info->name + name, sizeof info->name - name, "%s%s",
                                     i > 0 ? "+" : "", of->name);
        if (selector < sizeof info->selector)
            selector +=
                (size_t)snprintf(info->selector + selector, sizeof info->selector - selector,
                                 "%s%s", i > 0 ? "+" : "", of->selector);
        if (device < sizeof info->device)
            device += (size_t)snprintf(info->device + device, sizeof info->device - device,
                                       "%s%.70s", between, of->device);
        if (driver < sizeof info->driver && of->driver[0] != '\0')
            driver += (size_t)snprintf(info->driver + driver, sizeof info->driver - driver,
                                       "%s%.70s", driver > 0 ? " + " : "", of->driver);
        info->workers += of->workers;
        if (info->isa[0] == '\0' ||
            (!of->opencl && s->parts[s->order[0]].backend == s->parts[i].backend))
            snprintf(info->isa, sizeof info->isa, "%s", of->isa);
    }
    if (selector >=
        sizeof info->selector) /* too long: today's numbers are better than half a name */
        snprintf(info->selector, sizeof info->selector, "%s", info->name);
    info->parts = s->count;
}

/* Puts a part on the CPU first. */
static void find_order(struct several *s)
{
    int first = 0;
    for (int i = s->count - 1; i >= 0; i--)
        first = s->parts[i].backend->info.opencl ? first : i;
    s->order[0] = first;
    for (int i = 0, at = 1; i < s->count; i++) {
        if (i != first)
            s->order[at++] = i;
    }
}

static bool make_locks(struct several *s)
{
    pthread_rwlockattr_t how;
    pthread_rwlockattr_init(&how);
    /* Otherwise a stream of images could keep out a thread that needs to measure. */
    pthread_rwlockattr_setkind_np(&how, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    const bool made = pthread_rwlock_init(&s->gate, &how) == 0 &&
                      pthread_mutex_init(&s->telling, NULL) == 0 &&
                      pthread_mutex_init(&s->lock, NULL) == 0;
    pthread_rwlockattr_destroy(&how);
    return made;
}

/* The only part works as if it had been named directly. */
static void leave_one(struct several *s, struct tri_backend **backend)
{
    *backend = s->parts[0].backend;
    snprintf((*backend)->note, sizeof(*backend)->note, "%s", s->base.note);
    pthread_mutex_destroy(&s->parts[0].lock);
    s->count = 0;
    close_several(&s->base);
}

enum tri_status tri_several_open(const char *on, const struct tri_backend_options *options,
                                 struct tri_backend **backend, struct tri_error *error)
{
    struct several *s = calloc(1, sizeof *s);
    if (s == NULL || !make_locks(s)) {
        free(s);
        return tri_fail(error, TRI_FAILED, "out of memory for a backend");
    }
    const char *rows = getenv("TRIPTYCH_SEVERAL_ROWS");
    s->rows = rows != NULL ? atoi(rows) : 0;
    s->options = *options;
    s->base = (struct tri_backend){.prepare = tri_several_prepare,
                                   .lend = tri_several_lend,
                                   .run = tri_several_run,
                                   .fetch = tri_several_fetch,
                                   .release = tri_several_release,
                                   .upload = tri_several_upload,
                                   .download = tri_several_download,
                                   .release_inflight = tri_several_release_inflight,
                                   .shares = shares,
                                   .gain = gain,
                                   .close = close_several};
    enum tri_status status = strcmp(on, "all") == 0 ? add_all(s, error) : add_named(s, on, error);
    if (status == TRI_OK && s->count > 1)
        status = tri_pool_new(s->count, &s->crew, error);
    if (status != TRI_OK) {
        close_several(&s->base);
        return status;
    }
    if (s->count == 1) {
        leave_one(s, backend);
        return TRI_OK;
    }
    find_order(s);
    describe(s);
    *backend = &s->base;
    return TRI_OK;
}
