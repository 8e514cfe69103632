/* devices.c -- triptych devices: the CPU and the OpenCL devices. */
#include "cli/cli.h"
#include "measure/measure.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Prints "16 of 17 passed", then a line for each probe that did not pass. */
static void print_probes(const struct tri_device_info *device)
{
    int passed = 0;

    for (int i = 0; i < TRI_PROBES; i++)
        passed += device->probes[i] == TRI_PROBE_PASSED;
    printf("    probes     %d of %d passed\n", passed, TRI_PROBES);
    for (int i = 0; i < TRI_PROBES; i++)
        if (device->probes[i] != TRI_PROBE_PASSED)
            printf("      %s: %s (%s)\n", tri_probe_name(i), tri_probe_word(device->probes[i]),
                   tri_probe_sentence(i));
}

static void print_text(const struct tri_device_info *devices, int count)
{
    printf("CPU\n  model      %s\n  cores      %d\n  --isa     ", tri_cpu_model(),
           tri_cpu_workers());
    for (int i = 0; i < tri_isa_count(); i++)
        printf(" %s", tri_isa_name(i));
    printf("\n\nOpenCL\n");
    if (count == 0)
        printf("  no device; 'sh setup.sh deps' installs POCL, which runs OpenCL on the CPU "
               "('triptych doctor' shows what is present)\n");
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
        for (const char *line = device->note; *line;
             line += strcspn(line, "\n"), line += *line == '\n')
            printf("    note       %.*s\n", (int)strcspn(line, "\n"), line);
    }
    if (count > 0)
        printf("\n--on also accepts the numbers (opencl:%s), but they change with the installed "
               "platforms.\n",
               devices[0].id);
}

static void print_json(const struct tri_device_info *devices, int count)
{
    json_t *root = json_object(), *cpu = json_object(), *isa = json_array(), *list = json_array();

    for (int i = 0; i < tri_isa_count(); i++)
        json_array_append_new(isa, json_string(tri_isa_name(i)));
    json_object_set_new(cpu, "model", tri_text_json(tri_cpu_model()));
    json_object_set_new(cpu, "cores", json_integer(tri_cpu_workers()));
    json_object_set_new(cpu, "isa", isa);
    for (int i = 0; i < count; i++)
        json_array_append_new(list, tri_device_info_json(&devices[i]));
    json_object_set_new(root, "cpu", cpu);
    json_object_set_new(root, "opencl", list);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static const char intro[] =
    "Examples:\n"
    "  triptych devices\n"
    "  triptych devices --json\n"
    "\n"
    "Usage: triptych devices [--json]\n"
    "\n"
    "Lists the CPU with the instruction sets for --isa, and every OpenCL device with\n"
    "its name for --on, its number for --on opencl:P.D, and the arithmetic that it\n"
    "was probed for. Prefer names: numbers follow the order in which platforms are\n"
    "found, which changes with what is installed.\n";

struct request {
    bool json;
};

static const struct cli_option options[] = {
    {"json", 0, NULL, "print JSON", CLI_SETS_FLAG(struct request, json)}, {0}};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

static int run_devices(int argc, char **argv)
{
    struct tri_device_info *devices = NULL;
    struct tri_error error;
    struct request request = {0};
    int code, count = 0;

    if (!cli_parse(&cli_command_devices, argc, argv, &request, &code))
        return code;
    if (optind < argc)
        return cli_usage("devices", "unexpected argument '%s'", argv[optind]);

    /* Report the CPU even if OpenCL fails. */
    cli_set_opencl_environment(NULL, 0);
    enum tri_status status = tri_devices(&devices, &count, &error);
    if (status != TRI_OK) {
        devices = NULL;
        count = 0;
        cli_fail(&error);
    }
    cli_note_drivers(NULL);
    if (request.json)
        print_json(devices, count);
    else
        print_text(devices, count);
    free(devices);
    return status;
}

const struct cli_command cli_command_devices = {.name = "devices",
                                                .summary = "list the CPU and the OpenCL devices",
                                                .intro = intro,
                                                .groups = groups,
                                                .run = run_devices};
