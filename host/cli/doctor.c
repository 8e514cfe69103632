/* doctor.c -- triptych doctor: what OpenCL needs, what is present or missing, and which drivers
 * fail. */
#include "cli/cli.h"
#include "cli/doctor.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

/* A report must not reveal the user's name: the home folder becomes "~". */
static void print_path(const char *text, bool report)
{
    const char *home = getenv("HOME");
    const size_t length = home != NULL && strlen(home) > 1 ? strlen(home) : 0;

    for (; *text; text++) {
        if (report && length && strncmp(text, home, length) == 0) {
            putchar('~');
            text += length - 1;
        } else {
            putchar(*text);
        }
    }
}

static void print_line(const char *what, const char *value, bool report)
{
    printf("    %-10s ", what);
    print_path(value, report);
    putchar('\n');
}

static void print_probes(const struct tri_device_info *device)
{
    int passed = 0;

    for (int i = 0; i < TRI_PROBES; i++)
        passed += device->probes[i] == TRI_PROBE_PASSED;
    printf("      probes     %d of %d passed\n", passed, TRI_PROBES);
    for (int i = 0; i < TRI_PROBES; i++)
        if (device->probes[i] != TRI_PROBE_PASSED)
            printf("        %s: %s (%s)\n", tri_probe_name(i), tri_probe_word(device->probes[i]),
                   tri_probe_sentence(i));
}

static void print_device(const struct tri_device_info *device)
{
    printf("    device     %s\n", device->name);
    printf("      --on       %s\n", device->selector);
    printf("      platform   %s, %s\n", device->platform, device->version);
    printf("      driver     %s\n", device->driver);
    printf("      is         %s, %d units, %.1f GiB\n", device->type, device->compute_units,
           (double)device->memory / (1 << 30));
    printf("      usable     %s%s\n",
           device->usable ? "yes" : "no: ", device->usable ? "" : device->reason);
    if (device->usable) {
        printf("      dialect    %s%s\n", device->dialect,
               device->no_lanes ? "; its compiler crashes on lanes" : "");
        print_probes(device);
    }
    if (device->note[0])
        printf("      note       %s\n", device->note);
}

static void print_driver(const struct tri_driver_info *driver, bool report)
{
    printf("  %s: %s%s\n", driver->file, tri_driver_state_name(driver->state),
           driver->left_out ? ", left out" : "");
    if (driver->library[0])
        print_line("library", driver->library, report);
    if (driver->path[0] && strcmp(driver->path, driver->library) != 0)
        print_line("path", driver->path, report);
    if (driver->reason[0])
        print_line("reason", driver->reason, report);
    if (driver->hint[0])
        print_line("hint", driver->hint, report);
    if (report && driver->output[0])
        print_line("output", driver->output, report);
    for (int i = 0; i < driver->device_count; i++)
        print_device(&driver->devices[i]);
}

static void print_machine(const struct doctor *doctor)
{
    const struct tri_environment *environment = &doctor->environment;

    printf("triptych %s, commit %s, %s\n", TRI_VERSION, environment->commit, environment->compiler);
    printf("%s, %d of %d cores,", environment->cpu, environment->cores, environment->cores_online);
    for (int i = 0; i < tri_isa_count(); i++)
        printf(" %s", tri_isa_name(i));
    printf("\n%s%s%s\n", environment->kernel, doctor->system[0] ? ", " : "", doctor->system);
}

static void print_places(const struct doctor *doctor, bool report)
{
    printf("\nTools\n");
    for (int i = 0; i < doctor->tool_count; i++)
        printf("  %-8s %s (%s)\n", doctor->tools[i].name,
               doctor->tools[i].path[0] ? doctor->tools[i].path : "not on PATH",
               doctor->tools[i].purpose);
    printf("\nDevice files\n");
    for (int i = 0; i < doctor->node_count; i++)
        printf("  %s  %s, group %s\n", doctor->nodes[i].path,
               doctor->nodes[i].usable ? "accessible to this user" : "NOT accessible to this user",
               doctor->nodes[i].group);
    if (doctor->node_count == 0)
        printf("  no /dev/dri, /dev/nvidia*, /dev/kfd\n");
    printf("\nCache\n  ");
    print_path(doctor->cache.root[0] ? doctor->cache.root : "none", report);
    printf("%s, %.1f MB in %d file%s\n", doctor->cache.temporary ? ", for this process only" : "",
           (double)doctor->cache_bytes / 1e6, doctor->cache_files,
           doctor->cache_files == 1 ? "" : "s");
    if (doctor->cache.not_chosen[0]) {
        printf("  POCL_CACHE_DIR is not used: ");
        print_path(doctor->cache.not_chosen, report);
        putchar('\n');
    }
    if (doctor->cache.why[0]) {
        printf("  reason: ");
        print_path(doctor->cache.why, report);
        putchar('\n');
    }
}

static const char *form_words(const struct tri_opencl_kept *program)
{
    if (program->refused)
        return "refused: every form gives wrong bytes";
    if (program->form == FORM_SAFE)
        return program->unbuilt ? "built in the safe form: the plain one does not compile"
                                : "built in the safe form: the plain one gives wrong bytes";
    return "built without compiler optimisation: with it, wrong bytes or no build";
}

static int listed_programs(const struct doctor *doctor)
{
    return doctor->program_count < PROGRAMS_MAX ? doctor->program_count : PROGRAMS_MAX;
}

static void print_programs(const struct doctor *doctor)
{
    printf("\nPrograms compared with scalar\n  %d correct\n", doctor->programs_right);
    for (int i = 0; i < listed_programs(doctor); i++)
        printf("  %s on %s (%s): %s\n", doctor->programs[i].kernels, doctor->programs[i].device,
               doctor->programs[i].driver, form_words(&doctor->programs[i]));
    if (doctor->program_count > PROGRAMS_MAX)
        printf("  and %d more\n", doctor->program_count - PROGRAMS_MAX);
}

static void print_environment(const struct doctor *doctor)
{
    printf("\nEnvironment\n");
    for (int i = 0; i < doctor->variable_count; i++) {
        printf("  ");
        print_path(doctor->variables[i], true);
        putchar('\n');
    }
}

void doctor_print_text(const struct doctor *doctor, bool report)
{
    if (report)
        printf("```\n");
    print_machine(doctor);
    printf("\nOpenCL\n  loader     %s%s%s%s\n", doctor->loader_name,
           doctor->loader_name[0] ? ", " : "", doctor->loader.path,
           doctor->loader.whole ? ", which is itself a driver" : "");
    printf("  tried by   ");
    print_path(doctor->helper[0] ? doctor->helper : "forks of this process", report);
    putchar('\n');
    if (doctor->driver_count == 0)
        printf("  no driver: %s\n", doctor->none);
    for (int i = 0; i < doctor->driver_count; i++)
        print_driver(&doctor->drivers[i], report);
    print_places(doctor, report);
    print_programs(doctor);
    if (report)
        print_environment(doctor);
    printf("\n");
    for (int i = 0; i < doctor->advice_count; i++) {
        if (i == 0)
            printf("What to do\n");
        printf("  %s\n", doctor->advice[i].what);
        if (doctor->advice[i].command[0])
            printf("    %s\n", doctor->advice[i].command);
    }
    printf("%s%d OpenCL device%s can be used.\n", doctor->advice_count ? "\n" : "", doctor->usable,
           doctor->usable == 1 ? "" : "s");
    if (report)
        printf("```\n");
}

/* ---- JSON ---- */

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, tri_text_json(text));
}

static json_t *driver_json(const struct tri_driver_info *driver)
{
    json_t *object = json_object(), *devices = json_array();

    set_text(object, "file", driver->file);
    set_text(object, "library", driver->library);
    set_text(object, "path", driver->path);
    set_text(object, "state", tri_driver_state_name(driver->state));
    json_object_set_new(object, "left_out", json_boolean(driver->left_out));
    set_text(object, "reason", driver->reason);
    set_text(object, "hint", driver->hint);
    set_text(object, "output", driver->output);
    for (int i = 0; i < driver->device_count; i++)
        json_array_append_new(devices, tri_device_info_json(&driver->devices[i]));
    json_object_set_new(object, "devices", devices);
    return object;
}

static json_t *programs_json(const struct doctor *doctor)
{
    static const char *const forms[FORMS] = {"plain", "safe", "unoptimised"};
    json_t *object = json_object(), *list = json_array();

    for (int i = 0; i < listed_programs(doctor); i++) {
        json_t *program = json_object();
        set_text(program, "kernels", doctor->programs[i].kernels);
        set_text(program, "device", doctor->programs[i].device);
        set_text(program, "driver", doctor->programs[i].driver);
        set_text(program, "form",
                 doctor->programs[i].refused ? "" : forms[doctor->programs[i].form]);
        json_object_set_new(program, "refused", json_boolean(doctor->programs[i].refused));
        json_array_append_new(list, program);
    }
    json_object_set_new(object, "not_right", json_integer(doctor->program_count));
    json_object_set_new(object, "right", json_integer(doctor->programs_right));
    json_object_set_new(object, "others", list);
    return object;
}

static json_t *places_json(const struct doctor *doctor)
{
    json_t *object = json_object(), *tools = json_object(), *nodes = json_array(),
           *cache = json_object();

    for (int i = 0; i < doctor->tool_count; i++)
        set_text(tools, doctor->tools[i].name, doctor->tools[i].path);
    for (int i = 0; i < doctor->node_count; i++) {
        json_t *node = json_object();
        set_text(node, "path", doctor->nodes[i].path);
        set_text(node, "group", doctor->nodes[i].group);
        json_object_set_new(node, "usable", json_boolean(doctor->nodes[i].usable));
        json_array_append_new(nodes, node);
    }
    set_text(cache, "path", doctor->cache.root);
    json_object_set_new(cache, "temporary", json_boolean(doctor->cache.temporary));
    set_text(cache, "why", doctor->cache.why);
    json_object_set_new(cache, "bytes", json_integer(doctor->cache_bytes));
    json_object_set_new(cache, "files", json_integer(doctor->cache_files));
    json_object_set_new(object, "tools", tools);
    json_object_set_new(object, "device_files", nodes);
    json_object_set_new(object, "cache", cache);
    return object;
}

void doctor_print_json(const struct doctor *doctor)
{
    json_t *root = places_json(doctor), *loader = json_object(), *drivers = json_array(),
           *advice = json_array();

    set_text(root, "version", TRI_VERSION);
    set_text(root, "commit", doctor->environment.commit);
    set_text(root, "cpu", doctor->environment.cpu);
    set_text(root, "kernel", doctor->environment.kernel);
    set_text(root, "system", doctor->system);
    set_text(loader, "name", doctor->loader_name);
    set_text(loader, "path", doctor->loader.path);
    json_object_set_new(root, "loader", loader);
    for (int i = 0; i < doctor->driver_count; i++)
        json_array_append_new(drivers, driver_json(&doctor->drivers[i]));
    json_object_set_new(root, "drivers", drivers);
    json_object_set_new(root, "programs", programs_json(doctor));
    for (int i = 0; i < doctor->advice_count; i++) {
        json_t *entry = json_object();
        set_text(entry, "what", doctor->advice[i].what);
        set_text(entry, "command", doctor->advice[i].command);
        json_array_append_new(advice, entry);
    }
    json_object_set_new(root, "advice", advice);
    json_object_set_new(root, "usable_devices", json_integer(doctor->usable));
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* ---- the command ---- */

static const char intro[] =
    "Examples:\n"
    "  triptych doctor\n"
    "  triptych doctor --report > report.txt\n"
    "\n"
    "Usage: triptych doctor [--json | --report]\n"
    "\n"
    "Tries every OpenCL driver anew, each in a separate process, so that one that\n"
    "crashes or hangs is named and does no harm. Prints the loader, the .icd files\n"
    "and what they load, the devices and their probes, what is missing and the\n"
    "command that installs it. run, bench and verify use these results from then on.\n"
    "The exit code is 0 if a device can be used, else 4.\n";

struct request {
    bool json, report;
};

static const struct cli_option options[] = {
    {"json", 0, NULL, "print JSON", CLI_SETS_FLAG(struct request, json)},
    {"report", 0, NULL,
     "print what a bug report needs, ready to paste: also the output of drivers, and the "
     "environment",
     CLI_SETS_FLAG(struct request, report)},
    {0},
};
static const struct cli_option_group groups[] = {{.heading = "Options", .options = options}, {0}};

static int run_doctor(int argc, char **argv)
{
    struct request request = {0};
    struct tri_error error;
    int code;

    if (!cli_parse(&cli_command_doctor, argc, argv, &request, &code))
        return code;
    if (optind < argc)
        return cli_usage("doctor", "unexpected argument '%s'", argv[optind]);
    if (request.json && request.report)
        return cli_usage("doctor", "--json and --report cannot be combined");

    struct doctor *doctor = malloc(sizeof *doctor);
    if (doctor == NULL) {
        tri_fail(&error, TRI_FAILED, "out of memory");
        return cli_fail(&error);
    }
    int status = doctor_examine(doctor, &error);
    if (status != TRI_OK) {
        cli_fail(&error);
    } else {
        if (request.json)
            doctor_print_json(doctor);
        else
            doctor_print_text(doctor, request.report);
        status = doctor->usable > 0 ? TRI_OK : TRI_NO_DEVICE;
    }
    doctor_free(doctor);
    free(doctor);
    return status;
}

const struct cli_command cli_command_doctor = {
    .name = "doctor",
    .summary = "diagnose OpenCL: what is missing, and which drivers fail",
    .intro = intro,
    .groups = groups,
    .run = run_doctor};
