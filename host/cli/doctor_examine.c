/* doctor_examine.c -- what triptych doctor examines, and its advice. This process calls no OpenCL
 * function: drivers are tried in other processes. */
#include "cli/cli.h"
#include "cli/doctor.h"

#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* ---- advice ---- */

__attribute__((format(printf, 3, 4))) static void advise(struct doctor *doctor, const char *command,
                                                         const char *format, ...)
{
    if (doctor->advice_count == ADVICE_MAX)
        return;
    struct doctor_advice *advice = &doctor->advice[doctor->advice_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(advice->what, sizeof advice->what, format, arguments);
    va_end(arguments);
    snprintf(advice->command, sizeof advice->command, "%s", command);
}

static bool find_on_path(const char *program, char path[4200])
{
    char folders[4000];
    const char *whole = getenv("PATH");
    snprintf(folders, sizeof folders, "%s", whole != NULL ? whole : "/usr/bin:/bin");
    for (char *rest = folders, *folder; (folder = strsep(&rest, ":")) != NULL;) {
        snprintf(path, 4200, "%s/%s", folder, program);
        if (access(path, X_OK) == 0)
            return true;
    }
    path[0] = '\0';
    return false;
}

enum package { POCL, BINUTILS, NVIDIA, INTEL, MESA };

/* Returns the install command of this system's package manager; "" if the manager is unknown or
 * lacks the package. */
static const char *install(enum package package)
{
    static const struct {
        const char *program, *commands[5];
    } managers[] = {
        {"apt-get",
         {"apt-get install pocl-opencl-icd", "apt-get install binutils",
          "apt-get install nvidia-opencl-icd", "apt-get install intel-opencl-icd",
          "apt-get install mesa-opencl-icd"}},
        {"dnf",
         {"dnf install pocl", "dnf install binutils", "", "dnf install intel-compute-runtime",
          "dnf install mesa-libOpenCL"}},
        {"pacman",
         {"pacman -S pocl", "pacman -S binutils", "pacman -S opencl-nvidia",
          "pacman -S intel-compute-runtime", "pacman -S opencl-mesa"}},
        {"zypper",
         {"zypper install pocl", "zypper install binutils", "", "zypper install intel-opencl",
          "zypper install Mesa-libRusticlOpenCL"}},
    };
    char path[40];
    for (size_t i = 0; i < sizeof managers / sizeof managers[0]; i++)
        if (snprintf(path, sizeof path, "/usr/bin/%s", managers[i].program) > 0 &&
            access(path, X_OK) == 0)
            return managers[i].commands[package];
    return "";
}

/* ---- the machine ---- */

static void read_system(struct doctor *doctor)
{
    char line[200];
    FILE *file = fopen("/etc/os-release", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "PRETTY_NAME=\"", 13) == 0)
            snprintf(doctor->system, sizeof doctor->system, "%.*s", (int)strcspn(line + 13, "\"\n"),
                     line + 13);
    if (file != NULL)
        fclose(file);
}

static void find_tools(struct doctor *doctor)
{
    static const struct doctor_tool tools[] = {
        {"ld", "POCL links kernels with it", ""},
        {"clang", "builds triptych's kernels; not needed to run them", ""},
        {"clinfo", "lists what the loader finds; not needed", ""},
    };
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        doctor->tools[i] = tools[i];
        find_on_path(tools[i].name, doctor->tools[i].path);
    }
    doctor->tool_count = sizeof tools / sizeof tools[0];
}

static void add_nodes(struct doctor *doctor, const char *pattern)
{
    glob_t found;
    struct stat status;
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && doctor->node_count < NODES_MAX; i++) {
        if (stat(found.gl_pathv[i], &status) != 0 || !S_ISCHR(status.st_mode))
            continue;
        struct doctor_node *node = &doctor->nodes[doctor->node_count++];
        const struct group *group = getgrgid(status.st_gid);
        snprintf(node->path, sizeof node->path, "%s", found.gl_pathv[i]);
        snprintf(node->group, sizeof node->group, "%s", group != NULL ? group->gr_name : "?");
        node->usable = access(found.gl_pathv[i], R_OK | W_OK) == 0;
        if (!node->usable) {
            char command[200];
            snprintf(command, sizeof command, "usermod -aG %s USER, and log in again", node->group);
            advise(doctor, command, "%s is not accessible to this user; it belongs to the group %s",
                   node->path, node->group);
        }
    }
    globfree(&found);
}

/* ---- the cache folder ---- */

static struct {
    long long bytes;
    int files;
} counted;

static int count_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)path;
    (void)place;
    if (type == FTW_F) {
        counted.bytes += status->st_size;
        counted.files++;
    }
    return 0;
}

static void look_at_cache(struct doctor *doctor)
{
    tri_cache_state(&doctor->cache);
    memset(&counted, 0, sizeof counted);
    if (doctor->cache.root[0])
        nftw(doctor->cache.root, count_file, 16, FTW_PHYS);
    doctor->cache_bytes = counted.bytes;
    doctor->cache_files = counted.files;
    if (!doctor->cache.root[0])
        advise(doctor, "export TRIPTYCH_CACHE_DIR=FOLDER",
               "compiled programs cannot be kept: %.400s", doctor->cache.why);
    else if (doctor->cache.temporary)
        advise(doctor, "export TRIPTYCH_CACHE_DIR=FOLDER",
               "each start compiles all programs and tries all drivers again: %.400s",
               doctor->cache.why);
}

/* ---- missing drivers ---- */

static bool has_driver(const struct doctor *doctor, const char *part)
{
    for (int i = 0; i < doctor->driver_count; i++)
        if (strcasestr(doctor->drivers[i].library, part) != NULL ||
            strcasestr(doctor->drivers[i].path, part) != NULL)
            return true;
    return false;
}

/* Returns whether a display controller or accelerator of that vendor is on the PCI bus. */
static bool has_gpu_of(const char *vendor)
{
    glob_t found;
    bool there = false;
    char path[300], line[20];
    if (glob("/sys/bus/pci/devices/*/class", 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc && !there; i++) {
        for (int k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "%.*s%s",
                     (int)(strrchr(found.gl_pathv[i], '/') - found.gl_pathv[i]), found.gl_pathv[i],
                     k ? "/vendor" : "/class");
            FILE *file = fopen(path, "r");
            if (file == NULL || fgets(line, sizeof line, file) == NULL)
                line[0] = '\0';
            if (file != NULL)
                fclose(file);
            if (k == 0 && strncmp(line, "0x03", 4) != 0 && strncmp(line, "0x12", 4) != 0)
                break;
            there |= k == 1 && strncmp(line, vendor, 6) == 0;
        }
    }
    globfree(&found);
    return there;
}

/* A container may have NVIDIA's library, but no .icd file that names it. */
static void advise_nvidia(struct doctor *doctor)
{
    static const char *const folders[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                          "/usr/lib64", "/usr/lib", "/usr/local/nvidia/lib64"};
    char path[300], command[200];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/libnvidia-opencl.so.1", folders[i]);
        if (access(path, R_OK) != 0)
            continue;
        snprintf(command, sizeof command,
                 "mkdir -p /etc/OpenCL/vendors; echo %.120s > /etc/OpenCL/vendors/nvidia.icd",
                 path);
        advise(doctor, command, "NVIDIA's driver is present (%s), but no .icd file names it", path);
        return;
    }
    advise(doctor, install(NVIDIA), "there is an NVIDIA GPU, but no OpenCL driver for it");
}

static void advise_drivers(struct doctor *doctor)
{
    if (!has_driver(doctor, "nvidia") &&
        (has_gpu_of("0x10de") || access("/dev/nvidiactl", F_OK) == 0))
        advise_nvidia(doctor);
    if (!has_driver(doctor, "igdrcl") && !has_driver(doctor, "rusticl") && has_gpu_of("0x8086"))
        advise(doctor, install(INTEL), "there is an Intel GPU, but no OpenCL driver for it");
    if (!has_driver(doctor, "amdocl") && !has_driver(doctor, "mesa") &&
        !has_driver(doctor, "rusticl") && has_gpu_of("0x1002"))
        advise(doctor, install(MESA), "there is an AMD GPU, but no OpenCL driver for it");
    if (doctor->driver_count == 0 && doctor->none[0])
        advise(doctor, getenv("OCL_ICD_VENDORS") != NULL ? "unset OCL_ICD_VENDORS" : install(POCL),
               "there is no OpenCL driver: %s", doctor->none);
    else if (doctor->usable == 0 && !has_driver(doctor, "pocl"))
        advise(doctor, install(POCL), "no OpenCL device can be used; POCL provides one on the CPU");
}

static void advise_driver(struct doctor *doctor, const struct tri_driver_info *driver)
{
    const char *command =
        strstr(driver->hint, "binutils") != NULL || strstr(driver->reason, "binutils") != NULL
            ? install(BINUTILS)
            : "";
    if (driver->state == TRI_DRIVER_EMPTY && strcasestr(driver->library, "rusticl") != NULL &&
        getenv("RUSTICL_ENABLE") == NULL)
        advise(doctor, "export RUSTICL_ENABLE=radeonsi,iris,nouveau,llvmpipe",
               "%.200s shows a device only if RUSTICL_ENABLE names its driver", driver->library);
    else if (driver->state != TRI_DRIVER_GOOD && driver->state != TRI_DRIVER_EMPTY)
        advise(doctor, command, "%.150s: %.250s%s%.90s", driver->file, driver->reason,
               driver->hint[0] ? "; " : "", driver->hint);
}

/* ---- */

/* Call this before triptych sets variables of its own for drivers. */
static void find_variables(struct doctor *doctor)
{
    static const char *const beginnings[] = {
        "TRIPTYCH_", "OCL_", "OPENCL_",         "POCL_", "RUSTICL_", "CUDA_",  "NVIDIA_",
        "LD_",       "ICD_", "XDG_CACHE_HOME=", "HOME=", "PATH=",    "TMPDIR="};
    for (char **variable = environ; *variable; variable++)
        for (size_t i = 0;
             i < sizeof beginnings / sizeof beginnings[0] && doctor->variable_count < VARIABLES_MAX;
             i++)
            if (strncmp(*variable, beginnings[i], strlen(beginnings[i])) == 0)
                doctor->variables[doctor->variable_count++] = *variable;
}

enum tri_status doctor_examine(struct doctor *doctor, struct tri_error *error)
{
    struct tri_driver_info *listed = calloc(DRIVERS_MAX, sizeof *listed);

    memset(doctor, 0, sizeof *doctor);
    find_variables(doctor); /* the user's */
    cli_set_opencl_environment(NULL, 0);
    enum tri_status status =
        listed != NULL ? tri_drivers(true, &doctor->drivers, &doctor->driver_count, error)
                       : tri_fail(error, TRI_FAILED, "out of memory for a list of drivers");
    if (status == TRI_OK)
        tri_opencl_list_drivers(listed, doctor->none, sizeof doctor->none);
    free(listed);
    if (status != TRI_OK)
        return status;
    tri_environment_read(&doctor->environment);
    read_system(doctor);
    tri_opencl_loader(&doctor->loader);
    tri_opencl_find_helper(doctor->helper, sizeof doctor->helper);
    doctor->loader_name = "";
    for (int i = 0; i < doctor->driver_count; i++)
        if (doctor->drivers[i].loader[0])
            doctor->loader_name = doctor->drivers[i].loader;
    for (int i = 0; i < doctor->driver_count; i++)
        for (int k = 0; k < doctor->drivers[i].device_count; k++)
            doctor->usable += doctor->drivers[i].devices[k].usable;
    find_tools(doctor);
    for (int i = 0; i < doctor->driver_count; i++)
        advise_driver(doctor, &doctor->drivers[i]);
    advise_drivers(doctor);
    add_nodes(doctor, "/dev/dri/renderD*");
    add_nodes(doctor, "/dev/nvidia[0-9c]*");
    add_nodes(doctor, "/dev/kfd");
    look_at_cache(doctor);
    doctor->program_count =
        tri_opencl_list_kept(doctor->programs, PROGRAMS_MAX, &doctor->programs_right);
    return TRI_OK;
}

void doctor_free(struct doctor *doctor)
{
    tri_drivers_free(doctor->drivers, doctor->driver_count);
}
