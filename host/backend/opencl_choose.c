/* opencl_choose.c -- OpenCL devices by what follows "opencl:", and the list of all. */
#include "opencl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, part, length) == 0)
            return true;
    }
    return length == 0;
}

static bool fits(const struct opencl_found *found, const char *selection)
{
    if (strcasecmp(selection, "gpu") == 0 || strcasecmp(selection, "cpu") == 0)
        return strcasecmp(found->info.type, selection) == 0;
    if (isdigit((unsigned char)selection[0]) && strchr(selection, '.') != NULL)
        return strcmp(found->info.id, selection) == 0;
    return contains(found->info.name, selection) || contains(found->info.platform, selection);
}

static enum tri_status choose(const struct opencl_found *found, int count, const char *selection, int *chosen,
                              struct tri_error *error)
{
    char list[700] = "";
    int matches = 0;
    const bool first_of_kind = selection[0] == '\0' || strcasecmp(selection, "gpu") == 0 || strcasecmp(selection, "cpu") == 0;
    if (count == 0)
        return tri_fail(error, TRI_NO_DEVICE, "there is no OpenCL device: install a driver, or pocl-opencl-icd for the CPU");
    for (int i = 0, used = 0; i < count; i++) {
        if (!fits(&found[i], selection))
            continue;
        if (matches++ == 0)
            *chosen = i;
        if (used < (int)sizeof list - 200)
            used += snprintf(list + used, sizeof list - (size_t)used, "%s%s (%.80s)", used > 0 ? ", " : "", found[i].info.id,
                             found[i].info.name);
    }
    if (matches == 0)
        return tri_fail(error, TRI_NO_DEVICE, "no OpenCL device fits '%s'; 'triptych devices' lists them", selection);
    if (matches > 1 && !first_of_kind)
        return tri_fail(error, TRI_USAGE, "'%s' fits %d OpenCL devices: %s; name one", selection, matches, list);
    return TRI_OK;
}

enum tri_status tri_opencl_open(const char *selection, struct tri_backend **backend, struct tri_error *error)
{
    struct opencl_found *found = calloc(DEVICES_MAX, sizeof *found);
    char name[200];
    int units = 0, chosen = 0;
    if (found == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a list of devices");
    snprintf(name, sizeof name, "%s", selection);
    char *slash = strrchr(name, '/');
    enum tri_status status = TRI_OK;
    if (slash != NULL) {
        char *end = slash + 1;
        const long wanted = isdigit((unsigned char)slash[1]) ? strtol(slash + 1, &end, 10) : 0;
        *slash = '\0';
        units = wanted > 0 && wanted < 100000 ? (int)wanted : 0;
        if (units == 0 || *end != '\0')
            status = tri_fail(error, TRI_USAGE, "'opencl:%s': a number of compute units must follow '/'", selection);
    }
    if (status == TRI_OK)
        status = choose(found, tri_opencl_find(found), name, &chosen, error);
    if (status == TRI_OK) {
        struct opencl *cl;
        status = tri_opencl_open_device(&found[chosen], units, &cl, error);
        if (status == TRI_OK)
            *backend = &cl->base;
    }
    free(found);
    return status;
}

enum tri_status tri_devices(struct tri_device_info **devices, int *count, struct tri_error *error)
{
    struct opencl_found *found = calloc(DEVICES_MAX, sizeof *found);
    *devices = calloc(DEVICES_MAX, sizeof **devices);
    *count = 0;
    if (found == NULL || *devices == NULL) {
        free(found);
        free(*devices);
        return tri_fail(error, TRI_FAILED, "no memory for a list of devices");
    }
    *count = tri_opencl_find(found);
    for (int i = 0; i < *count; i++) {
        struct tri_device_info *info = &(*devices)[i];
        struct tri_error why;
        struct opencl *cl;
        *info = found[i].info;
        info->usable = tri_opencl_open_device(&found[i], 0, &cl, &why) == TRI_OK;
        if (info->usable) {
            snprintf(info->dialect, sizeof info->dialect, "%s", cl->base.info.isa);
            memcpy(info->probes, cl->base.info.probes, sizeof info->probes);
            cl->base.close(&cl->base);
        } else {
            snprintf(info->reason, sizeof info->reason, "%s", why.text);
        }
    }
    free(found);
    return TRI_OK;
}
