/* opencl_driver_text.c -- a driver and its devices as lines of text: a child's report, and the
 * format on disk. */
#include "opencl_drivers.h"

#include <stdlib.h>
#include <string.h>

/* A value is one line: control characters become spaces. */
void tri_report_line(FILE *to, const char *word, const char *value)
{
    fprintf(to, "%s ", word);
    for (; *value != '\0'; value++)
        putc((unsigned char)*value < 32 || *value == 127 ? ' ' : *value, to);
    putc('\n', to);
}

void tri_report_device(FILE *to, const struct tri_device_info *device)
{
    tri_report_line(to, "id", device->id);
    tri_report_line(to, "selector", device->selector);
    tri_report_line(to, "platform", device->platform);
    tri_report_line(to, "name", device->name);
    tri_report_line(to, "driver", device->driver);
    tri_report_line(to, "version", device->version);
    tri_report_line(to, "type", device->type);
    tri_report_line(to, "dialect", device->dialect);
    tri_report_line(to, "why", device->reason);
    tri_report_line(to, "note", device->note);
    fprintf(to, "probes");
    for (int i = 0; i < TRI_PROBES; i++)
        fprintf(to, " %d", (int)device->probes[i]);
    fprintf(to, "\nunits %d\nmemory %llu\nusable %d\ncrashes %d\nno-lanes %d\n",
            device->compute_units, (unsigned long long)device->memory, device->usable,
            device->crashes, device->no_lanes);
}

void tri_report_driver(FILE *to, const struct tri_driver_info *driver)
{
    tri_report_line(to, "path", driver->path);
    fprintf(to, "platforms %d\nstate %d\nleft-out %d\n", driver->platforms, (int)driver->state,
            driver->left_out);
    tri_report_line(to, "reason", driver->reason);
    tri_report_line(to, "hint", driver->hint);
    tri_report_line(to, "output", driver->output);
    tri_report_line(to, "loader", driver->loader);
    for (int i = 0; i < driver->device_count; i++) {
        fprintf(to, "device %d\n", i);
        tri_report_device(to, &driver->devices[i]);
    }
}

/* Makes room for device `number`; earlier ones that were not reported stay empty. */
static void take_device(struct opencl_reading *reading, long number)
{
    struct tri_driver_info *driver = reading->driver;
    if (number < 0 || number >= DEVICES_MAX)
        return;
    if (number >= driver->device_count) {
        struct tri_device_info *more =
            realloc(driver->devices, (size_t)(number + 1) * sizeof *more);
        if (more == NULL) {
            reading->no_memory = true;
            return;
        }
        memset(more + driver->device_count, 0,
               (size_t)(number + 1 - driver->device_count) * sizeof *more);
        driver->devices = more;
        driver->device_count = (int)number + 1;
    }
    reading->device = (int)number;
}

struct field {
    const char *word;
    char *text;
    size_t size;
};

static bool fill(const struct field *fields, size_t count, const char *word, const char *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].word, word) == 0) {
            snprintf(fields[i].text, fields[i].size, "%s", value);
            return true;
        }
    }
    return false;
}
#define FIELD(word, text) \
    { \
        word, text, sizeof(text) \
    }
#define FIELDS(fields) fields, sizeof fields / sizeof fields[0]

static void read_probes(struct tri_device_info *device, const char *value)
{
    for (int i = 0; i < TRI_PROBES && *value != '\0'; i++) {
        char *end;
        const long verdict = strtol(value, &end, 10);
        if (end == value)
            break;
        device->probes[i] = verdict > TRI_PROBE_NONE && verdict <= TRI_PROBE_FAILED
                                ? (enum tri_probe_verdict)verdict
                                : TRI_PROBE_NONE;
        value = end;
    }
}

static bool read_device(struct tri_device_info *device, const char *word, const char *value)
{
    const struct field fields[] = {
        FIELD("id", device->id),
        FIELD("platform", device->platform),
        FIELD("name", device->name),
        FIELD("driver", device->driver),
        FIELD("version", device->version),
        FIELD("type", device->type),
        FIELD("dialect", device->dialect),
        FIELD("why", device->reason),
        FIELD("selector", device->selector),
        FIELD("note", device->note),
    };
    if (fill(FIELDS(fields), word, value))
        return true;
    if (strcmp(word, "probes") == 0)
        read_probes(device, value);
    else if (strcmp(word, "units") == 0)
        device->compute_units = atoi(value);
    else if (strcmp(word, "memory") == 0)
        device->memory = strtoull(value, NULL, 10);
    else if (strcmp(word, "usable") == 0)
        device->usable = atoi(value) != 0;
    else if (strcmp(word, "crashes") == 0)
        device->crashes = atoi(value) != 0;
    else if (strcmp(word, "no-lanes") == 0)
        device->no_lanes = atoi(value) != 0;
    else
        return false;
    return true;
}

static bool read_driver(struct opencl_reading *reading, const char *word, const char *value)
{
    struct tri_driver_info *driver = reading->driver;
    const struct field fields[] = {
        FIELD("path", driver->path),  FIELD("reason", driver->reason),
        FIELD("hint", driver->hint),  FIELD("output", driver->output),
        FIELD("step", reading->step), FIELD("loader", driver->loader),
    };
    const int number = atoi(value);
    if (fill(FIELDS(fields), word, value))
        return true;
    if (strcmp(word, "platforms") == 0)
        driver->platforms = number;
    else if (strcmp(word, "state") == 0 && number >= TRI_DRIVER_GOOD && number <= TRI_DRIVER_HUNG)
        driver->state = (enum tri_driver_state)number;
    else if (strcmp(word, "left-out") == 0)
        driver->left_out = number != 0;
    else if (strcmp(word, "device") == 0)
        take_device(reading, number);
    else
        return false;
    return true;
}

bool tri_report_read(struct opencl_reading *reading, const char *line)
{
    char word[40];
    const char *space = strchr(line, ' ');
    if (space == NULL || space == line || (size_t)(space - line) >= sizeof word)
        return false;
    memcpy(word, line, (size_t)(space - line));
    word[space - line] = '\0';
    return read_driver(reading, word, space + 1) ||
           (reading->device >= 0 &&
            read_device(&reading->driver->devices[reading->device], word, space + 1));
}
