/* opencl_driver_verdict.c -- keeps what was learnt about a driver on disk, under everything it may
 * depend on, so that the next start need not try it again. */
#include "../parallel/cpu.h"
#include "../image/cache_folder.h"
#include "commit.h"
#include "opencl_drivers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BAD_SECONDS 600  /* after which a bad result is tried again */
#define LOCK_SECONDS 120 /* allowed to another process for trying a driver */
#define KEPT_MOST 100    /* verdicts */
#define END_OF_KEY "--"

extern char **environ;

struct key {
    char *text;
    size_t used;
    bool full; /* then no verdict is kept */
};

__attribute__((format(printf, 2, 3))) static void put(struct key *key, const char *format, ...)
{
    char line[4000];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof line || key->used + (size_t)length + 2 > KEY_SIZE) {
        key->full = true;
        return;
    }
    for (int i = 0; i < length; i++) /* a value of the environment may have several lines */
        key->text[key->used++] = line[i] == '\n' ? ' ' : line[i];
    key->text[key->used++] = '\n';
    key->text[key->used] = '\0';
}

static void put_file(struct key *key, const char *what, const char *path)
{
    struct stat status;
    if (path[0] == '\0' || stat(path, &status) != 0)
        put(key, "%s %s absent", what, path);
    else
        put(key, "%s %s %lld %lld.%09ld %o %ld", what, path, (long long)status.st_size,
            (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_mode,
            (long)status.st_uid);
}

/* What drivers and their loader, compiler and linker read. */
static bool matters(const char *variable)
{
    static const char *const beginnings[] = {
        "POCL_",
        "OCL_",
        "OPENCL_",
        "OCLGRIND_",
        "CL_",
        "CUDA_",
        "NVIDIA_",
        "RUSTICL_",
        "MESA_",
        "GALLIUM_",
        "LIBGL_",
        "LP_",
        "INTEL_",
        "IGC_",
        "NEO",
        "ZE_",
        "LLVM_",
        "LD_",
        "ROCR_",
        "HSA_",
        "HIP_",
        "GPU_",
        "AMD_",
        "TBB",
        "OMP_",
        "KMP_",
        "DISPLAY=",
        "HOME=",
        "TMPDIR=",
        "XDG_CACHE_HOME=",
        "TRIPTYCH_OPENCL_",
        "TRIPTYCH_CACHE_DIR=",
        "SYCL_",
        "ICD_",
        "ASAN_OPTIONS=",
    };
    /* The limit matters only for drivers that hang, and is stored separately; children are told
     * directly where their driver is. */
    static const char *const apart[] = {"TRIPTYCH_OPENCL_SECONDS=", "OCL_ICD_VENDORS=",
                                        "OCL_ICD_FILENAMES=", "OPENCL_VENDOR_PATH="};
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        if (strncmp(variable, apart[i], strlen(apart[i])) == 0)
            return false;
    }
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (strncmp(variable, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

/* POCL runs the first ld on PATH and ends the process if there is none. */
static void put_linker(struct key *key)
{
    char path[4000], file[4200] = "";
    const char *whole = getenv("PATH");
    snprintf(path, sizeof path, "%s", whole != NULL ? whole : "");
    for (char *rest = path, *folder; (folder = strsep(&rest, ":")) != NULL;) {
        snprintf(file, sizeof file, "%s/ld", folder);
        if (access(file, X_OK) == 0)
            break;
        file[0] = '\0';
    }
    put_file(key, "linker", file);
}

static void put_boot(struct key *key)
{
    char boot[60] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file != NULL && fgets(boot, sizeof boot, file) == NULL)
        boot[0] = '\0';
    if (file != NULL)
        fclose(file);
    put(key, "boot %.36s", boot);
}

static void put_system(struct key *key)
{
    static const int limits[] = {RLIMIT_AS,     RLIMIT_DATA,  RLIMIT_STACK,  RLIMIT_NPROC,
                                 RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_MEMLOCK};
    struct rlimit limit;
    const char *cache = getenv("POCL_CACHE_DIR");
    put_boot(key);
    put_file(key, "libraries", "/etc/ld.so.cache");
    put(key, "sys %d dri %d nvidia %d kfd %d", access("/sys/devices/system/cpu", R_OK) == 0,
        access("/dev/dri", R_OK) == 0, access("/dev/nvidiactl", R_OK | W_OK) == 0,
        access("/dev/kfd", R_OK | W_OK) == 0);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (getrlimit((__rlimit_resource_t)limits[i], &limit) == 0)
            put(key, "limit %d %llu", limits[i], (unsigned long long)limit.rlim_cur);
    }
    put_linker(key);
    /* Its time changes whenever POCL writes there; what counts is its type and whether it is
     * writable. */
    struct stat status;
    const bool there = cache != NULL && stat(cache, &status) == 0;
    put(key, "pocl-cache %o %d", there ? status.st_mode & S_IFMT : 0,
        there && access(cache, W_OK | X_OK) == 0);
}

void tri_verdict_key(const struct tri_driver_info *driver, const char *helper, char text[KEY_SIZE])
{
    struct key key = {.text = text};
    struct opencl_loader loader;
    text[0] = '\0';
    tri_opencl_loader(&loader);
    put(&key, "triptych %s %s", TRI_VERSION, TRI_COMMIT);
    put_file(&key, "helper", helper);
    put(&key, "user %ld %ld cores %d", (long)geteuid(), (long)getegid(), tri_cpu_workers());
    put_file(&key, "loader", loader.path);
    put_file(&key, "file", driver->file);
    put(&key, "library %s", driver->library);
    put_system(&key);
    for (char **variable = environ; *variable != NULL; variable++) {
        if (matters(*variable))
            put(&key, "%s", *variable);
    }
    if (key.full)
        text[0] = '\0';
}

/* FNV-1a; the whole key is compared afterwards. */
static bool find_path(const char *key, char *path, size_t size)
{
    char folder[4096];
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = key; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return key[0] != '\0' && tri_cache_folder("platforms", folder, sizeof folder) &&
           snprintf(path, size, "%s/%016llx.verdict", folder, (unsigned long long)hash) < (int)size;
}

/* The library itself, where it was found: known only after it has been loaded once. */
static void describe_library(const char *path, char *text, size_t size)
{
    struct stat status;
    text[0] = '\0';
    if (path[0] != '\0' && stat(path, &status) == 0)
        snprintf(text, size, "%lld %lld.%09ld", (long long)status.st_size,
                 (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/* The rest of a file, after the driver. */
struct saved {
    struct opencl_reading reading;
    char found[100]; /* the library, as it was then */
    long long written;
    double limit;
    bool ended;
};

/* Returns whether the file begins with the whole key; reads up to its end. */
static bool read_key(FILE *file, const char *key)
{
    char line[4200];
    while (fgets(line, sizeof line, file) != NULL) {
        const size_t length = strcspn(line, "\n");
        if (strncmp(line, END_OF_KEY "\n", 3) == 0 && key[0] == '\0')
            return true;
        if (strncmp(key, line, length + 1) != 0)
            return false;
        key += length + 1;
    }
    return false;
}

static bool read_line(struct saved *saved, const char *line)
{
    saved->ended = strcmp(line, "end ") == 0;
    if (strncmp(line, "found ", 6) == 0)
        snprintf(saved->found, sizeof saved->found, "%.99s", line + 6);
    else if (strncmp(line, "written ", 8) == 0)
        saved->written = atoll(line + 8);
    else if (strncmp(line, "limit ", 6) == 0)
        saved->limit = strtod(line + 6, NULL);
    else
        return saved->ended || tri_report_read(&saved->reading, line);
    return true;
}

/* Returns whether the verdict still holds. */
static bool is_good(const struct saved *saved, const struct tri_driver_info *driver)
{
    char now[100];
    const long long age = (long long)time(NULL) - saved->written;
    describe_library(driver->path, now, sizeof now);
    if (driver->state == TRI_DRIVER_HUNG && saved->limit < tri_opencl_limit())
        return false;
    return strcmp(saved->found, now) == 0 &&
           (driver->state == TRI_DRIVER_GOOD || (age >= 0 && age < BAD_SECONDS));
}

/* Every line counts: a file that is cut short or contains anything else is ignored. */
static bool read_lines(FILE *file, const char *key, struct tri_driver_info *driver)
{
    struct saved saved = {.reading = {.driver = driver, .device = -1}, .found = "?"};
    char line[4200];
    if (!read_key(file, key))
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!read_line(&saved, line))
            return false;
    }
    return saved.ended && !saved.reading.no_memory && is_good(&saved, driver);
}

bool tri_verdict_load(const char *key, struct tri_driver_info *driver)
{
    char path[4200];
    struct tri_driver_info read = *driver;
    FILE *file = find_path(key, path, sizeof path) ? fopen(path, "re") : NULL;
    if (file == NULL)
        return false;
    const bool good = read_lines(file, key, &read);
    fclose(file);
    if (!good) {
        free(read.devices);
        return false;
    }
    *driver = read;
    driver->remembered = true;
    return true;
}

static int is_verdict(const struct dirent *entry)
{
    return strstr(entry->d_name, ".verdict") != NULL;
}

/* Removes verdicts from environments long gone: if there are too many, all of them. */
static void clear_old(void)
{
    char folder[4096], path[4400];
    struct dirent **entries;
    const int count = tri_cache_folder("platforms", folder, sizeof folder)
                          ? scandir(folder, &entries, is_verdict, NULL)
                          : -1;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (count > KEPT_MOST)
            unlink(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void tri_verdict_store(const char *key, const struct tri_driver_info *driver)
{
    char path[4200], fresh[4300], found[100];
    if (!find_path(key, path, sizeof path))
        return;
    clear_old();
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    unlink(fresh);
    FILE *file = fopen(fresh, "wxe");
    if (file == NULL)
        return;
    describe_library(driver->path, found, sizeof found);
    fprintf(file, "%s%s\nfound %s\nwritten %lld\nlimit %g\n", key, END_OF_KEY, found,
            (long long)time(NULL), tri_opencl_limit());
    tri_report_driver(file, driver);
    fprintf(file, "end \n");
    const bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed || rename(fresh, path) != 0)
        unlink(fresh);
}

int tri_verdict_lock(void)
{
    char folder[4096];
    const struct timespec pause = {0, 20000000};
    const int64_t limit = tri_now_ns() + LOCK_SECONDS * INT64_C(1000000000);
    const int file = tri_cache_folder("platforms", folder, sizeof folder)
                         ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                         : -1;
    while (file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0 && tri_now_ns() < limit)
        nanosleep(&pause, NULL);
    return file;
}

void tri_verdict_unlock(int file)
{
    if (file >= 0)
        close(file);
}
