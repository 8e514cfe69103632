/* opencl_drivers.c -- lists the drivers that OpenCL's loader would load, from where the loader
 * reads them; and builds a substitute list when one has to be left out. */
#include "../image/cache_folder.h"
#include "opencl_drivers.h"

#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define VENDORS "/etc/OpenCL/vendors"

static const char *given(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The program itself may define the calls before the library does (tests do), and so may a
 * preloaded driver (Oclgrind). */
void tri_opencl_loader(struct opencl_loader *loader)
{
    Dl_info info, program;
    *loader = (struct opencl_loader){.path = ""};
    if (dladdr((void *)(uintptr_t)clGetPlatformIDs, &info) != 0 &&
        dladdr((void *)(uintptr_t)getauxval(AT_ENTRY), &program) != 0 &&
        info.dli_fbase == program.dli_fbase) {
        void *next = dlsym(RTLD_NEXT, "clGetPlatformIDs");
        if (next == NULL || dladdr(next, &info) == 0)
            return;
    }
    snprintf(loader->path, sizeof loader->path, "%s", info.dli_fname);
    const char *slash = strrchr(loader->path, '/');
    loader->whole = strncmp(slash != NULL ? slash + 1 : loader->path, "libOpenCL.so", 12) != 0;
}

static void add(struct tri_driver_info *drivers, int *count, const char *file, const char *library)
{
    if (*count == DRIVERS_MAX)
        return;
    drivers[*count] = (struct tri_driver_info){.state = TRI_DRIVER_ABSENT};
    snprintf(drivers[*count].file, sizeof drivers[0].file, "%s", file);
    snprintf(drivers[*count].library, sizeof drivers[0].library, "%s", library);
    ++*count;
}

/* The first line of an .icd file is the library. Unreadable and empty files are listed too. */
static void add_file(struct tri_driver_info *drivers, int *count, const char *path)
{
    char line[400] = "";
    const int before = *count;
    FILE *file = fopen(path, "r");
    const char *why = file == NULL ? strerror(errno) : "";
    if (file != NULL && fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        fclose(file);
    for (size_t length = strlen(line); length > 0 && isspace((unsigned char)line[length - 1]);
         length--)
        line[length - 1] = '\0';
    add(drivers, count, path, line);
    if (*count > before && line[0] == '\0')
        snprintf(drivers[before].reason, sizeof drivers[before].reason, "%s",
                 why[0] != '\0' ? why : "it names no library");
}

static int compare_files(const void *a, const void *b)
{
    const struct tri_driver_info *x = a, *y = b;
    return strcmp(x->file, y->file);
}

static bool add_folder(struct tri_driver_info *drivers, int *count, const char *path)
{
    DIR *folder = opendir(path);
    char file[4400];
    const int first = *count;
    if (folder == NULL)
        return false;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const size_t length = strlen(entry->d_name);
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".icd") == 0)
            add_file(drivers, count, file);
    }
    closedir(folder);
    qsort(drivers + first, (size_t)(*count - first), sizeof *drivers, compare_files);
    return true;
}

/* Every entry of a colon-separated list is a library. */
static void add_list(struct tri_driver_info *drivers, int *count, const char *variable,
                     const char *list)
{
    char *copy = strdup(list);
    for (char *rest = copy, *name; rest != NULL && (name = strsep(&rest, ":")) != NULL;) {
        if (name[0] != '\0')
            add(drivers, count, variable, name);
    }
    free(copy);
}

/* OCL_ICD_VENDORS may be a folder, an .icd file, or a library. */
static void add_vendors(struct tri_driver_info *drivers, int *count, const char *value, char *why,
                        size_t size)
{
    const size_t length = strlen(value);
    struct stat status;
    if (stat(value, &status) == 0 && S_ISDIR(status.st_mode)) {
        add_folder(drivers, count, value);
        if (*count == 0)
            snprintf(why, size, "OCL_ICD_VENDORS is the folder '%.300s', which has no .icd file",
                     value);
    } else if (length > 4 && strcmp(value + length - 4, ".icd") == 0) {
        char path[4400];
        snprintf(path, sizeof path, "%s/%s", VENDORS,
                 value); /* where the loader looks for a bare name */
        add_file(drivers, count,
                 access(value, F_OK) != 0 && strchr(value, '/') == NULL && access(path, F_OK) == 0
                     ? path
                     : value);
    } else if (length > 0 && value[length - 1] == '/') {
        snprintf(why, size, "OCL_ICD_VENDORS is '%.300s', which is not a folder", value);
    } else {
        add(drivers, count, "OCL_ICD_VENDORS", value);
    }
}

int tri_opencl_list_drivers(struct tri_driver_info drivers[DRIVERS_MAX], char *why, size_t size)
{
    struct opencl_loader loader;
    const char *vendors = given("OCL_ICD_VENDORS"), *names = given("OCL_ICD_FILENAMES"),
               *folder = given("OPENCL_VENDOR_PATH");
    int count = 0;
    why[0] = '\0';
    tri_opencl_loader(&loader);
    if (loader.whole) {
        add(drivers, &count, "the loader's place", loader.path);
        return count;
    }
    if (vendors != NULL)
        add_vendors(drivers, &count, vendors, why, size);
    else if (!add_folder(drivers, &count, folder != NULL ? folder : VENDORS) || count == 0)
        snprintf(why, size, "%.300s has no .icd file", folder != NULL ? folder : VENDORS);
    if (names != NULL)
        add_list(drivers, &count, "OCL_ICD_FILENAMES", names);
    return count;
}

/* ---- the substitute list ---- */

static bool write_icd(const char *folder, int number, const char *library)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/%02d.icd", folder, number);
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return false;
    const bool written = fprintf(file, "%s\n", library) > 0;
    return fclose(file) == 0 && written;
}

bool tri_opencl_make_vendors(const struct tri_driver_info *drivers, int count, char *path,
                             size_t size)
{
    char parent[4096];
    if (!tri_cache_folder("platforms", parent, sizeof parent) ||
        snprintf(path, size, "%s/vendors-XXXXXX", parent) >= (int)size || mkdtemp(path) == NULL)
        return false;
    bool written = true;
    for (int i = 0; i < count && written; i++)
        written = drivers[i].left_out || drivers[i].library[0] == '\0' ||
                  write_icd(path, i, drivers[i].library);
    if (!written)
        tri_opencl_drop_vendors(path);
    return written;
}

void tri_opencl_drop_vendors(const char *path)
{
    char file[4400];
    for (int i = 0; i < DRIVERS_MAX; i++) {
        snprintf(file, sizeof file, "%s/%02d.icd", path, i);
        unlink(file);
    }
    rmdir(path);
}

void tri_opencl_use_vendors(const char *path)
{
    setenv("OCL_ICD_VENDORS", path, 1);
    unsetenv("OPENCL_VENDOR_PATH");
    unsetenv("OCL_ICD_FILENAMES");
}
