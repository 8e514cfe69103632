/* devices.c -- triptych devices: the CPU and the OpenCL devices. */
#include "cli/cli.h"
#include "measure/measure.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* "17 passed", and those that did not, a line each. */
static void print_probes(const struct tri_device_info *device)
{
    int passed = 0;

    for (int i = 0; i < TRI_PROBES; i++)
        passed += device->probes[i] == TRI_PROBE_PASSED;
    printf("    probes     %d of %d passed\n", passed, TRI_PROBES);
    for (int i = 0; i < TRI_PROBES; i++)
        if (device->probes[i] != TRI_PROBE_PASSED)
            printf("      %s: %s (%s)\n", tri_probe_name(i), tri_probe_word(device->probes[i]), tri_probe_sentence(i));
}

static void print_text(const struct tri_device_info *devices, int count)
{
    printf("CPU\n  model      %s\n  cores      %d\n  --isa     ", tri_cpu_model(), tri_cpu_workers());
    for (int i = 0; i < tri_isa_count(); i++)
        printf(" %s", tri_isa_name(i));
    printf("\n\nOpenCL\n");
    if (count == 0)
        printf("  no device; 'sh setup.sh deps' installs POCL, which runs OpenCL on the CPU ('triptych doctor' says what is there)\n");
    for (int i = 0; i < count; i++) {
        const struct tri_device_info *device = &devices[i];

        printf("%s  %s  %s\n", i ? "\n" : "", device->id, device->name);
        printf("    --on       %s\n", device->selector);
        printf("    type       %s\n", device->type);
        printf("    platform   %s\n", device->platform);
        printf("    version    %s\n", device->version);
        printf("    driver     %s\n", device->driver);
        printf("    units      %d\n", device->compute_units);
        printf("    memory     %.1f GiB\n", (double)device->memory / (1 << 30));
        printf("    dialect    %s\n", device->dialect);
        if (device->usable)
            print_probes(device);
        else
            printf("    unusable   %s\n", device->reason);
        for (const char *line = device->note; *line; line += strcspn(line, "\n"), line += *line == '\n')
            printf("    note       %.*s\n", (int)strcspn(line, "\n"), line);
    }
    if (count > 0)
        printf("\n--on takes the numbers too (opencl:%s), but they change with the platforms that are installed.\n", devices[0].id);
}

/* What a driver says of itself need not be UTF-8, and JSON has to be. */
static json_t *text_or_null(const char *text)
{
    json_t *value = json_string(text);

    return value ? value : json_null();
}

static json_t *device_json(const struct tri_device_info *device)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", text_or_null(device->id));
    json_object_set_new(object, "selector", text_or_null(device->selector));
    json_object_set_new(object, "name", text_or_null(device->name));
    json_object_set_new(object, "type", text_or_null(device->type));
    json_object_set_new(object, "platform", text_or_null(device->platform));
    json_object_set_new(object, "version", text_or_null(device->version));
    json_object_set_new(object, "driver", text_or_null(device->driver));
    json_object_set_new(object, "compute_units", json_integer(device->compute_units));
    json_object_set_new(object, "memory_bytes", json_integer((json_int_t)device->memory));
    json_object_set_new(object, "dialect", text_or_null(device->dialect));
    json_object_set_new(object, "probes", device->usable ? tri_probes_json(device->probes) : json_null());
    json_object_set_new(object, "usable", json_boolean(device->usable));
    json_object_set_new(object, "reason", device->usable ? json_null() : text_or_null(device->reason));
    json_object_set_new(object, "note", device->note[0] ? text_or_null(device->note) : json_null());
    return object;
}

static void print_json(const struct tri_device_info *devices, int count)
{
    json_t *root = json_object(), *cpu = json_object(), *isa = json_array(), *list = json_array();

    for (int i = 0; i < tri_isa_count(); i++)
        json_array_append_new(isa, json_string(tri_isa_name(i)));
    json_object_set_new(cpu, "model", text_or_null(tri_cpu_model()));
    json_object_set_new(cpu, "cores", json_integer(tri_cpu_workers()));
    json_object_set_new(cpu, "isa", isa);
    for (int i = 0; i < count; i++)
        json_array_append_new(list, device_json(&devices[i]));
    json_object_set_new(root, "cpu", cpu);
    json_object_set_new(root, "opencl", list);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

const struct option cli_devices_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

int cli_devices(int argc, char **argv)
{
    struct tri_device_info *devices = NULL;
    struct tri_error error;
    bool json = false;
    int option, count = 0;

    while ((option = cli_option(argc, argv, "h", cli_devices_options)) != -1) {
        if (option == 'h')
            return cli_help(cli_help_devices);
        if (option != 'j')
            return TRI_USAGE;
        json = true;
    }
    if (optind < argc)
        return cli_usage("devices", "takes no '%s'", argv[optind]);

    /* The CPU is worth telling even where OpenCL fails. */
    enum tri_status status = tri_devices(&devices, &count, &error);
    if (status != TRI_OK) {
        devices = NULL;
        count = 0;
        cli_fail(&error);
    }
    cli_note_drivers(NULL);
    if (json)
        print_json(devices, count);
    else
        print_text(devices, count);
    free(devices);
    return status;
}
