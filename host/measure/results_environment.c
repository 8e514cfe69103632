/* results_environment.c -- what a file of results states about the machine and the run, as texts
 * that can be compared. */
#include "measure/results.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

/* Adds a property, unless it is unknown, which an empty text stands for. */
__attribute__((format(printf, 3, 4))) static void add(struct tri_results *results, const char *name,
                                                      const char *format, ...)
{
    struct tri_results_property *property = &results->properties[results->property_count];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(property->value, sizeof property->value, format, arguments);
    va_end(arguments);
    property->name = name;
    results->property_count +=
        property->value[0] != '\0' && results->property_count + 1 < TRI_PROPERTIES_MAX;
}

static void add_cores(struct tri_results *results, const json_t *environment)
{
    const json_t *online = json_object_get(environment, "cores_online");
    const double load = json_number_value(json_object_get(environment, "load"));

    results->cores = (int)json_integer_value(json_object_get(environment, "cores"));
    if (results->cores > 0 && json_is_integer(online))
        add(results, "cores", "%d of %lld", results->cores, json_integer_value(online));
    if (json_is_number(json_object_get(environment, "load"))) {
        if (load > 0.5 * json_number_value(online))
            add(results, "before the run", "busy: load %.1f", load);
        else
            add(results, "before the run", "quiet");
    }
}

static void add_memory(struct tri_results *results, const json_t *environment)
{
    const json_t *bytes = json_object_get(environment, "memory_bytes");

    if (json_is_integer(bytes))
        add(results, "memory", "%.1f GiB", json_number_value(bytes) / (1 << 30));
}

static void add_isas(struct tri_results *results, const json_t *environment)
{
    const json_t *isas = json_object_get(environment, "isas");
    char list[TRI_PROPERTY] = "";

    for (size_t i = 0; i < json_array_size(isas); i++) {
        const char *isa = json_string_value(json_array_get(isas, i));
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? " " : "", isa != NULL ? isa : "");
    }
    add(results, "ISAs", "%s", list);
}

static void add_devices(struct tri_results *results, const json_t *environment)
{
    const json_t *devices = json_object_get(environment, "opencl");
    char list[TRI_PROPERTY] = "";

    for (size_t i = 0; i < json_array_size(devices); i++) {
        const json_t *device = json_array_get(devices, i);
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s, %s, driver %s", i > 0 ? "; " : "",
                 text_of(device, "name"), text_of(device, "platform"), text_of(device, "driver"));
    }
    add(results, "OpenCL", "%s", json_is_array(devices) && list[0] == '\0' ? "none used" : list);
}

static void add_run(struct tri_results *results)
{
    const json_t *root = results->root, *suite = json_object_get(root, "suite"),
                 *seconds = json_object_get(root, "seconds");

    if (json_is_object(suite))
        add(results, "suite", "%s, version %lld", text_of(suite, "name"),
            json_integer_value(json_object_get(suite, "version")));
    if (json_is_number(seconds))
        add(results, "time per row", "%g s", json_number_value(seconds));
    add(results, "reference", "%s", text_of(root, "reference"));
}

void tri_results_read_properties(struct tri_results *results)
{
    const json_t *environment = json_object_get(results->root, "environment");

    results->cpu = text_of(environment, "cpu");
    results->date = text_of(results->root, "date");
    add(results, "triptych", "%s%s%s", text_of(results->root, "triptych"),
        text_of(environment, "commit")[0] != '\0' ? ", commit " : "",
        text_of(environment, "commit"));
    add(results, "compiler", "%s", text_of(environment, "compiler"));
    add(results, "CPU", "%s", results->cpu);
    add_cores(results, environment);
    add_isas(results, environment);
    add_memory(results, environment);
    add(results, "system", "%s", text_of(environment, "kernel"));
    add_devices(results, environment);
    add_run(results);
}

const char *tri_results_property(const struct tri_results *results, const char *name)
{
    for (int i = 0; i < results->property_count; i++)
        if (strcmp(results->properties[i].name, name) == 0)
            return results->properties[i].value;
    return "";
}
