/* opencl_choose.c -- selects OpenCL devices by the text after "opencl:", gives them stable names,
 * lists all. */
#include "opencl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNITS_MAX 99999
#define PRECISE_TYPES \
    (CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_CUSTOM)

/* ---- types: a bit field ---- */

static const struct {
    cl_device_type bit;
    const char *name;
} types[] = {
    {CL_DEVICE_TYPE_CPU, "CPU"},
    {CL_DEVICE_TYPE_GPU, "GPU"},
    {CL_DEVICE_TYPE_ACCELERATOR, "accelerator"},
    {CL_DEVICE_TYPE_CUSTOM, "custom"},
};
enum { TYPES = sizeof types / sizeof types[0] };

void tri_opencl_describe_type(cl_device_type type, char *text, size_t size)
{
    size_t used = 0;
    snprintf(text, size, "other");
    for (int i = 0; i < TYPES && used < size; i++) {
        if (type & types[i].bit)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     types[i].name);
    }
}

bool tri_opencl_is_cpu(cl_device_type type)
{
    return (type & PRECISE_TYPES) == CL_DEVICE_TYPE_CPU;
}

/* The bit for a type name; 0 if the name is no type. */
static cl_device_type type_named(const char *name)
{
    for (int i = 0; i < TYPES; i++) {
        if (strcasecmp(name, types[i].name) == 0)
            return types[i].bit;
    }
    return 0;
}

/* ---- names ---- */

/* "Intel(R) OpenCL" becomes "intel-opencl": no marks, no capitals, and '-' for everything between
 * words, so that shells need no quotes and '/', ':', '#' and '+' keep their own meanings. Non-ASCII
 * bytes stay. */
static void simplify(const char *name, size_t length, char *to, size_t size)
{
    static const char *const marks[] = {"(R)", "(TM)", "(C)"};
    size_t used = 0;
    bool between = false;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        const unsigned char c = (unsigned char)name[i];
        size_t mark = 0;
        for (int m = 0; m < 3; m++) {
            if (strncasecmp(name + i, marks[m], strlen(marks[m])) == 0)
                mark = strlen(marks[m]);
        }
        if (mark > 0) {
            i += mark - 1;
        } else if (!isalnum(c) && c < 0x80) {
            between = true;
        } else {
            if (between && used > 0)
                to[used++] = '-';
            between = false;
            to[used++] = (char)(c < 0x80 ? tolower(c) : c);
        }
    }
    to[used] = '\0';
}

#define NAME 160
struct names {
    char platform[NAME], device[NAME], version[NAME];
    int number; /* among those with the same names, from 1 */
};

static void name_device(const struct opencl_found *found, struct names *names)
{
    const struct tri_device_info *info = &found->info;
    simplify(info->platform, strlen(info->platform), names->platform, NAME);
    simplify(info->name, strlen(info->name), names->device, NAME);
    simplify(info->version, strlen(info->version), names->version, NAME);
    if (names->platform[0] == '\0')
        strcpy(names->platform, "unnamed");
    if (names->device[0] == '\0')
        strcpy(names->device, "unnamed");
}

/* The order of devices with the same names: by driver version, then by place in the platform. */
static bool comes_before(const struct opencl_found *one, const struct opencl_found *other)
{
    const int order = strcmp(one->info.driver, other->info.driver);
    if (order != 0)
        return order < 0;
    if (one->device_number != other->device_number)
        return one->device_number < other->device_number;
    return one < other; /* as found */
}

/* The number of a device among those with the same names, from 1. */
static int number_of(const struct opencl_found *found, int count, int which, bool *alone)
{
    struct names names, other;
    int number = 1;
    *alone = true;
    name_device(&found[which], &names);
    for (int i = 0; i < count; i++) {
        name_device(&found[i], &other);
        if (i == which || strcmp(names.platform, other.platform) != 0 ||
            strcmp(names.device, other.device) != 0)
            continue;
        *alone = false;
        number += comes_before(&found[i], &found[which]);
    }
    return number;
}

void tri_opencl_set_selectors(struct opencl_found *found, int count)
{
    for (int i = 0; i < count; i++) {
        struct names names;
        bool alone;
        const int number = number_of(found, count, i, &alone);
        char *selector = found[i].info.selector;
        name_device(&found[i], &names);
        snprintf(selector, sizeof found[i].info.selector, "opencl:%s:%s", names.platform,
                 names.device);
        if (!alone)
            snprintf(selector + strlen(selector), sizeof found[i].info.selector - strlen(selector),
                     "#%d", number);
    }
}

/* ---- the request ---- */

enum tri_status tri_opencl_parse(const char *text, struct opencl_selection *selection,
                                 struct tri_error *error)
{
    const char *slash = strrchr(text, '/');
    const size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    *selection = (struct opencl_selection){.units = 0};
    if (length >= sizeof selection->name)
        return tri_fail(error, TRI_USAGE, "'opencl:%.60s...' is longer than any device name", text);
    memcpy(selection->name, text, length);
    if (slash == NULL)
        return TRI_OK;
    char *end = NULL;
    const long units = isdigit((unsigned char)slash[1]) ? strtol(slash + 1, &end, 10) : 0;
    if (end == NULL || *end != '\0' || units < 1 || units > UNITS_MAX)
        return tri_fail(error, TRI_USAGE,
                        "'opencl:%s': a number of compute units, 1 to %d, must follow '/'", text,
                        UNITS_MAX);
    selection->units = (int)units;
    return TRI_OK;
}

struct wanted {
    const char *text;
    char whole[NAME], platform[NAME],
        device[NAME]; /* simplified: the whole text, and the parts around its first ':' */
    bool pair;
    int number; /* after '#'; 0: none */
};

static void understand(const char *text, struct wanted *wanted)
{
    size_t length = strlen(text);
    const char *hash = strrchr(text, '#');
    *wanted = (struct wanted){.text = text};
    if (hash != NULL && isdigit((unsigned char)hash[1]) &&
        hash[1 + strspn(hash + 1, "0123456789")] == '\0') {
        wanted->number = atoi(hash + 1);
        length = (size_t)(hash - text);
    }
    simplify(text, length, wanted->whole, NAME);
    const char *colon = memchr(text, ':', length);
    if (colon == NULL)
        return;
    simplify(text, (size_t)(colon - text), wanted->platform, NAME);
    simplify(colon + 1, length - (size_t)(colon + 1 - text), wanted->device, NAME);
    wanted->pair = wanted->platform[0] != '\0' && wanted->device[0] != '\0';
}

static bool is_id(const char *text)
{
    const size_t platform = strspn(text, "0123456789");
    const char *rest = text + platform;
    return platform > 0 && rest[0] == '.' && rest[1] != '\0' &&
           strspn(rest + 1, "0123456789") == strlen(rest + 1);
}

/* From least to most ambiguous: the first that matches any device decides. */
enum fit {
    FIT_BOTH,
    FIT_DEVICE,
    FIT_PLATFORM,
    FIT_PARTS,
    FIT_IN_PLATFORM,
    FIT_IN_DEVICE,
    FIT_IN_VERSION,
    FITS
};

static bool fits(const struct names *names, const struct wanted *wanted, enum fit fit)
{
    switch (fit) {
    case FIT_BOTH:
        return wanted->pair && strcmp(names->platform, wanted->platform) == 0 &&
               strcmp(names->device, wanted->device) == 0;
    case FIT_DEVICE:
        return strcmp(names->device, wanted->whole) == 0;
    case FIT_PLATFORM:
        return strcmp(names->platform, wanted->whole) == 0;
    case FIT_PARTS:
        return wanted->pair && strstr(names->platform, wanted->platform) != NULL &&
               strstr(names->device, wanted->device) != NULL;
    case FIT_IN_PLATFORM:
        return strstr(names->platform, wanted->whole) != NULL;
    case FIT_IN_DEVICE:
        return strstr(names->device, wanted->whole) != NULL;
    case FIT_IN_VERSION: /* POCL has its usual name only there */
        return strstr(names->version, wanted->whole) != NULL;
    default:
        return false;
    }
}

/* ---- the choice ---- */

/* Fails with the message and a line for each device in `among`, or for all; a long list is cut. */
__attribute__((format(printf, 6, 7))) static enum tri_status
fail_with_list(struct tri_error *error, enum tri_status status, const struct opencl_found *found,
               int count, const bool *among, const char *format, ...)
{
    char text[sizeof error->text], line[sizeof text];
    va_list arguments;
    va_start(arguments, format);
    size_t used = (size_t)vsnprintf(text, 400, format, arguments);
    va_end(arguments);
    used = used < 400 ? used : 399;
    for (int i = 0; i < count; i++) {
        static const char rest[] = "\n  ... ('triptych devices' lists all)";
        const struct tri_device_info *info = &found[i].info;
        if (among != NULL && !among[i])
            continue;
        snprintf(line, sizeof line, "\n  %s is %s, %s of %s", info->selector, info->id, info->name,
                 info->platform);
        const bool fits_in = used + strlen(line) + sizeof rest < sizeof text;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", fits_in ? line : rest);
        if (!fits_in)
            break;
    }
    return tri_fail(error, status, "%s", text);
}

/* The first that is only of this type, else the first that is also of it: a simulator may claim
 * every type. */
static int choose_type(const struct opencl_found *found, int count, cl_device_type type,
                       int *fitting)
{
    int chosen = -1;
    bool alone = false;
    *fitting = 0;
    for (int i = 0; i < count; i++) {
        const bool only = (found[i].type & PRECISE_TYPES) == type;
        if (!(found[i].type & type))
            continue;
        if (chosen < 0 || (only && !alone)) {
            chosen = i;
            alone = only;
        }
        ++*fitting;
    }
    return chosen;
}

/* The first GPU if there is one, else the first device. */
static int choose_any(const struct opencl_found *found, int count, int *fitting)
{
    const int chosen = choose_type(found, count, CL_DEVICE_TYPE_GPU, fitting);
    const bool gpu = chosen >= 0 && (found[chosen].type & PRECISE_TYPES) == CL_DEVICE_TYPE_GPU;
    *fitting = count;
    return gpu ? chosen : 0;
}

static enum tri_status choose_named(const struct opencl_found *found, int count, const char *name,
                                    int *chosen, struct tri_error *error)
{
    struct wanted wanted;
    bool among[DEVICES_MAX];
    int matches = 0;
    understand(name, &wanted);
    if (wanted.whole[0] == '\0')
        return tri_fail(error, TRI_USAGE, "'opencl:%s' names no device", name);
    for (int fit = FIT_BOTH; fit < FITS && matches == 0; fit++) {
        for (int i = 0; i < count; i++) {
            struct names names;
            bool alone;
            name_device(&found[i], &names);
            among[i] = fits(&names, &wanted, (enum fit)fit) &&
                       (wanted.number == 0 || wanted.number == number_of(found, count, i, &alone));
            if (among[i] && matches++ == 0)
                *chosen = i;
        }
    }
    if (matches == 0)
        return fail_with_list(error, TRI_NO_DEVICE, found, count, NULL,
                              "no OpenCL device matches '%.100s'; available:", name);
    if (matches > 1)
        return fail_with_list(error, TRI_USAGE, found, count, among,
                              "'opencl:%.100s' matches %d OpenCL devices; name one of them:", name,
                              matches);
    return TRI_OK;
}

enum tri_status tri_opencl_choose(const struct opencl_found *found, int count, const char *name,
                                  int *chosen, int *fitting, struct tri_error *error)
{
    const cl_device_type type = type_named(name);
    char whole[NAME];
    *fitting = 1;
    *chosen = 0;
    simplify(name, strlen(name), whole, sizeof whole);
    if (whole[0] != '\0' && strspn(whole, "0123456789") == strlen(whole))
        return fail_with_list(
            error, TRI_USAGE, found, count, NULL,
            "'opencl:%.100s' is ambiguous: a number alone may be a platform's or a device's; use "
            "PLATFORM.DEVICE, such as 0.0, or better a name%s",
            name, count > 0 ? ":" : "");
    if (count == 0)
        return tri_opencl_fail_none(error);
    if (name[0] == '\0') {
        *chosen = choose_any(found, count, fitting);
        return TRI_OK;
    }
    if (type != 0) {
        *chosen = choose_type(found, count, type, fitting);
        return *chosen >= 0
                   ? TRI_OK
                   : tri_fail(error, TRI_NO_DEVICE,
                              "no OpenCL device matches '%s'; 'triptych devices' lists all", name);
    }
    if (!is_id(name))
        return choose_named(found, count, name, chosen, error);
    for (int i = 0; i < count; i++) {
        *chosen = i;
        if (strcmp(found[i].info.id, name) == 0)
            return TRI_OK;
    }
    return fail_with_list(error, TRI_NO_DEVICE, found, count, NULL,
                          "there is no OpenCL device %.100s; available:", name);
}

/* ---- for the rest of the program ---- */

static enum tri_status open_chosen(const struct opencl_found *found, int count,
                                   const struct opencl_selection *selection,
                                   struct tri_backend **backend, struct tri_error *error)
{
    struct opencl *cl;
    int chosen, fitting;
    enum tri_status status =
        tri_opencl_choose(found, count, selection->name, &chosen, &fitting, error);
    if (status == TRI_OK)
        status = tri_opencl_open_device(&found[chosen], selection->units, &cl, error);
    if (status != TRI_OK)
        return status;
    if (fitting > 1)
        tri_backend_add_note(&cl->base, "%d devices match 'opencl%s%s'; using %s: '%s'", fitting,
                             selection->name[0] ? ":" : "", selection->name, found[chosen].info.id,
                             found[chosen].info.selector);
    *backend = &cl->base;
    return TRI_OK;
}

enum tri_status tri_opencl_open(const char *text, struct tri_backend **backend,
                                struct tri_error *error)
{
    struct opencl_selection selection;
    struct opencl_found *found = calloc(DEVICES_MAX, sizeof *found);
    if (found == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a list of devices");
    enum tri_status status = tri_opencl_parse(text, &selection, error);
    if (status == TRI_OK)
        status = open_chosen(found, tri_opencl_find(found), &selection, backend, error);
    free(found);
    return status;
}

/* A device that cannot be used gets a reason; only a request that is wrong for all devices is an
 * error. */
static enum tri_status try_device(const struct opencl_found *found, struct tri_device_info *info,
                                  struct tri_error *error)
{
    struct opencl *cl;
    struct tri_error why;
    const enum tri_status status = tri_opencl_open_device(found, 0, &cl, &why);
    *info = found->info;
    info->usable = status == TRI_OK;
    if (!info->usable) {
        snprintf(info->reason, sizeof info->reason, "%s", why.text);
        return status == TRI_USAGE ? tri_fail(error, status, "%s", why.text) : TRI_OK;
    }
    snprintf(info->dialect, sizeof info->dialect, "%s", cl->base.info.isa);
    snprintf(info->note, sizeof info->note, "%.*s", (int)sizeof info->note - 1, cl->base.note);
    memcpy(info->probes, cl->base.info.probes, sizeof info->probes);
    cl->base.close(&cl->base);
    return TRI_OK;
}

enum tri_status tri_devices(struct tri_device_info **devices, int *count, struct tri_error *error)
{
    struct opencl_found *found = calloc(DEVICES_MAX, sizeof *found);
    enum tri_status status = TRI_OK;
    *devices = calloc(DEVICES_MAX, sizeof **devices);
    *count = 0;
    if (found == NULL || *devices == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for a list of devices");
    const int there = status == TRI_OK ? tri_opencl_find(found) : 0;
    for (int i = 0; i < there && status == TRI_OK; i++)
        status = try_device(&found[i], &(*devices)[i], error);
    if (status == TRI_OK) {
        *count = there;
    } else {
        free(*devices);
        *devices = NULL;
    }
    free(found);
    return status;
}
