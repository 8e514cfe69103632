/* opencl_driver_try.c -- tries a driver in a child process: starts it, waits with a limit, and
 * reports the outcome. */
#include "../parallel/cpu.h"
#include "../child.h"
#include "../trace/trace.h"
#include "../image/cache_folder.h"
#include "opencl_drivers.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_USUAL 60 /* a first compile on a busy machine takes 20 */
#define SECONDS_MOST 600
#define ROUNDS_MOST 8 /* so many steps may be left out before the driver is */

extern char **environ;

struct child {
    pid_t pid;
    int report, output; /* to read from */
    int status;         /* from waitpid; -1: someone else collected it */
    bool hung;
    char line[4200]; /* of the report, still incomplete */
    size_t line_length;
};

/* ---- which program ---- */

/* Modules are in a folder of that name. */
static bool try_helper(char *path, size_t size, const char *folder, const char *below)
{
    struct stat status;
    return folder[0] != '\0' && snprintf(path, size, "%s%s", folder, below) < (int)size &&
           access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static void cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
    else
        path[0] = '\0';
}

/* In this order: the user's choice, this program, a program next to this one or to the library. */
void tri_opencl_find_helper(char *path, size_t size)
{
    char program[PATH_MAX], library[PATH_MAX] = "";
    const char *own = secure_getenv("TRIPTYCH_PROGRAM");
    Dl_info info;
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length < 0 ? 0 : length] = '\0';
    const char *name = strrchr(program, '/');
    if (own != NULL && try_helper(path, size, own, ""))
        return;
    if (name != NULL && strcmp(name, "/triptych") == 0 && try_helper(path, size, program, ""))
        return;
    cut_name(program);
    if (dladdr((void *)(uintptr_t)tri_opencl_find_helper, &info) != 0)
        snprintf(library, sizeof library, "%s", info.dli_fname);
    cut_name(library);
    const struct {
        const char *folder, *below;
    } places[] = {{program, "/triptych"},
                  {program, "/../triptych"},
                  {library, "/triptych"},
                  {library, "/../bin/triptych"},
                  {library, "/../../bin/triptych"}, /* of lib/x86_64-linux-gnu */
                  {TRI_MODULEDIR, "/../../bin/triptych"},
                  {TRI_MODULEDIR, "/../../../bin/triptych"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].folder[0] == '/' && try_helper(path, size, places[i].folder, places[i].below))
            return;
    }
    path[0] = '\0';
}

/* ---- starting it ---- */

static int start_program(struct child *child, const char *helper, char *const arguments[],
                         const int ends[3])
{
    struct tri_spawn spawn;
    int code = tri_spawn_begin(&spawn, POSIX_SPAWN_SETPGROUP);
    if (code != 0)
        return code;
    code = posix_spawnattr_setpgroup(&spawn.attributes, 0);
    code = code != 0 ? code : posix_spawn_file_actions_adddup2(&spawn.actions, ends[0], 0);
    code = code != 0 ? code : posix_spawn_file_actions_adddup2(&spawn.actions, ends[1], 1);
    code = code != 0 ? code : posix_spawn_file_actions_adddup2(&spawn.actions, ends[1], 2);
    code =
        code != 0 ? code : posix_spawn_file_actions_adddup2(&spawn.actions, ends[2], REPORT_FILE);
    code = code != 0 ? code
                     : posix_spawn(&child->pid, helper, &spawn.actions, &spawn.attributes,
                                   arguments, environ);
    tri_spawn_end(&spawn);
    return code;
}

/* For a library used without the program. The C library keeps memory, streams and loading working
 * in a fork of a process with threads; any other lock that another thread holds stays locked, and
 * only the time limit helps. */
static int start_fork(struct child *child, char *const arguments[], const int ends[3])
{
    child->pid = fork();
    if (child->pid != 0)
        return child->pid < 0 ? errno : 0;
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < 65; i++)
        signal(i, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setpgid(0, 0) != 0 || dup2(ends[0], 0) < 0 || dup2(ends[1], 1) < 0 ||
        dup2(ends[1], 2) < 0 || dup2(ends[2], REPORT_FILE) < 0)
        _exit(TRI_FAILED);
    const int status = tri_opencl_child(arguments[2], arguments[3], arguments[4]);
    fflush(NULL);
    _exit(status);
}

/* Above the child's standard streams and its report, so that dup2 to one of them overwrites no
 * other. */
static int raise_file(int file)
{
    const int higher = fcntl(file, F_DUPFD_CLOEXEC, 10);
    close(file);
    return higher;
}

static bool make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    ends[0] = raise_file(ends[0]);
    ends[1] = raise_file(ends[1]);
    return ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

static int start(struct child *child, const char *helper, char *const arguments[])
{
    int output[2] = {-1, -1}, report[2] = {-1, -1};
    const int null = raise_file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int code = null < 0 || !make_pipe(output) || !make_pipe(report) ? errno : 0;
    if (code == 0) {
        const int ends[3] = {null, output[1], report[1]};
        code = helper[0] != '\0' ? start_program(child, helper, arguments, ends)
                                 : start_fork(child, arguments, ends);
    }
    close(null);
    close(output[1]);
    close(report[1]);
    child->report = report[0];
    child->output = output[0];
    if (code != 0) {
        close(report[0]);
        close(output[0]);
    }
    return code;
}

/* ---- listening to it ---- */

static void take_report(struct child *child, struct opencl_reading *reading)
{
    char text[4096];
    for (ssize_t length; (length = read(child->report, text, sizeof text)) > 0;) {
        for (ssize_t i = 0; i < length; i++) {
            if (text[i] != '\n') {
                if (child->line_length < sizeof child->line - 1)
                    child->line[child->line_length++] = text[i];
                continue;
            }
            child->line[child->line_length] = '\0';
            child->line_length = 0;
            tri_report_read(reading, child->line); /* a newer helper may report more */
        }
    }
}

/* Keeps the end of the child's output. */
static void take_output(struct child *child, char *output, size_t size)
{
    char text[4096];
    for (ssize_t length; (length = read(child->output, text, sizeof text)) > 0;) {
        const char *from = text;
        size_t more = (size_t)length, had = strlen(output);
        if (more > size - 1) {
            from += more - (size - 1);
            more = size - 1;
        }
        if (had + more > size - 1) {
            const size_t lost = had + more - (size - 1);
            memmove(output, output + lost, had - lost + 1);
            had -= lost;
        }
        for (size_t i = 0; i < more; i++)
            output[had + i] = from[i] != '\0' ? from[i] : ' ';
        output[had + more] = '\0';
    }
}

static bool ended(struct child *child)
{
    const pid_t pid = waitpid(child->pid, &child->status, WNOHANG);
    if (pid < 0 && errno == ECHILD)
        child->status = -1;
    return pid == child->pid || (pid < 0 && errno == ECHILD);
}

/* One that cannot be killed (it waits for hardware) is left behind. */
static void kill_group(struct child *child)
{
    const struct timespec pause = {0, 10000000};
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    for (int i = 0; i < 200 && !ended(child); i++)
        nanosleep(&pause, NULL);
}

double tri_opencl_limit(void)
{
    const char *text = getenv("TRIPTYCH_OPENCL_SECONDS");
    const double given = text != NULL ? strtod(text, NULL) : 0;
    return given > 0 ? (given < SECONDS_MOST ? given : SECONDS_MOST) : SECONDS_USUAL;
}

static void listen_to(struct child *child, struct opencl_reading *reading)
{
    struct pollfd files[2] = {{child->report, POLLIN, 0}, {child->output, POLLIN, 0}};
    const int64_t limit = tri_now_ns() + (int64_t)(tri_opencl_limit() * 1e9);
    int pause = 1;
    for (bool done = false; !done;) {
        /* Processes it started may keep its streams open after it ends: so use a timeout, too. */
        const int ready = poll(files, 2, pause);
        pause = ready > 0 || pause >= 20 ? 20 : pause * 2;
        done = ended(child);
        take_report(child, reading);
        take_output(child, reading->driver->output, sizeof reading->driver->output);
        for (int i = 0; i < 2; i++) {
            if ((files[i].revents & (POLLHUP | POLLERR)) != 0) {
                files[i].fd = -1;
                pause = 1;
            }
        }
        if (!done && tri_now_ns() > limit) {
            child->hung = done = true;
            kill_group(child);
        }
    }
    close(child->report);
    close(child->output);
}

/* ---- the outcome ---- */

static void last_line(const char *output, char *line, size_t size)
{
    size_t end = strlen(output);
    while (end > 0 && (unsigned char)output[end - 1] <= ' ')
        end--;
    size_t begin = end;
    while (begin > 0 && output[begin - 1] != '\n')
        begin--;
    snprintf(line, size, "%.*s", (int)(end - begin < size ? end - begin : size - 1),
             output + begin);
}

static void say_step(const struct opencl_reading *reading, char *text, size_t size)
{
    static const struct {
        const char *step, *text;
    } steps[] = {
        {"load", "when its library was loaded"},
        {"list", "when its devices were listed"},
        {"context", "when a context was created on"},
        {"lanes", "when its compiler was tried with vectors on"},
        {"test", "in the probes of"},
        {"compile", "when a program was built on"},
        {"close", "when it was closed:"},
        {"end", "when the process ended"},
    };
    const struct tri_driver_info *driver = reading->driver;
    const bool on_device = reading->device >= 0 && strcmp(reading->step, "end") != 0;
    const char *when = "before its first step";
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].step, reading->step) == 0)
            when = steps[i].text;
    }
    snprintf(text, size, "%s%s%.150s", when, on_device ? " " : "",
             on_device ? driver->devices[reading->device].name : "");
}

static bool on_path(const char *program)
{
    char path[4000], file[4200];
    snprintf(path, sizeof path, "%s", getenv("PATH") != NULL ? getenv("PATH") : "");
    for (char *rest = path, *folder; (folder = strsep(&rest, ":")) != NULL;) {
        snprintf(file, sizeof file, "%s/%s", folder, program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* Known causes, if present. */
static void find_hint(struct tri_driver_info *driver)
{
    const char *cache = getenv("POCL_CACHE_DIR");
    const bool pocl =
        strstr(driver->library, "pocl") != NULL || strstr(driver->path, "pocl") != NULL;
    char *hint = driver->hint;
    if (access("/sys/devices/system/cpu", R_OK) != 0)
        snprintf(hint, sizeof driver->hint, "/sys is not mounted");
    else if (pocl && !on_path("ld") && strstr(driver->reason, "binutils") == NULL)
        snprintf(hint, sizeof driver->hint,
                 "it needs the linker 'ld', which is not on PATH: apt-get install binutils");
    else if (pocl && cache != NULL && access(cache, W_OK | X_OK) != 0)
        snprintf(hint, sizeof driver->hint, "POCL_CACHE_DIR is '%.150s': %s", cache,
                 strerror(errno));
    else if (driver->state == TRI_DRIVER_HUNG)
        snprintf(hint, sizeof driver->hint, "TRIPTYCH_OPENCL_SECONDS sets the limit");
}

/* "ended the process with signal 6 (Aborted) in the probes of X: its last words". */
static void say_end(const struct child *child, const struct opencl_reading *reading, char *text,
                    size_t size)
{
    char when[300], words[300], how[100];
    say_step(reading, when, sizeof when);
    last_line(reading->driver->output, words, sizeof words);
    if (child->hung)
        snprintf(how, sizeof how, "did not return within %g s", tri_opencl_limit());
    else if (child->status != -1 && WIFSIGNALED(child->status))
        snprintf(how, sizeof how, "ended the process with signal %d (%s)", WTERMSIG(child->status),
                 strsignal(WTERMSIG(child->status)));
    else if (child->status != -1)
        snprintf(how, sizeof how, "ended the process with exit code %d",
                 WEXITSTATUS(child->status));
    else
        snprintf(how, sizeof how, "ended the process");
    snprintf(text, size, "it %s %s%s%s", how, when, words[0] != '\0' ? ": " : "", words);
}

static bool went_well(const struct child *child, const struct opencl_reading *reading)
{
    return !child->hung && strcmp(reading->step, "end") == 0 &&
           (child->status == -1 || child->status == 0);
}

static void judge(struct tri_driver_info *driver)
{
    const struct tri_device_info *bad = NULL;
    int usable = 0;
    if (driver->state == TRI_DRIVER_ABSENT)
        return;
    for (int i = 0; i < driver->device_count; i++) {
        usable += driver->devices[i].usable;
        if (!driver->devices[i].usable && bad == NULL)
            bad = &driver->devices[i];
    }
    driver->state = usable > 0                 ? TRI_DRIVER_GOOD
                    : driver->device_count > 0 ? TRI_DRIVER_FAILED
                                               : TRI_DRIVER_EMPTY;
    if (usable == 0 && bad != NULL)
        snprintf(driver->reason, sizeof driver->reason, "%s", bad->reason);
    else if (usable == 0)
        snprintf(driver->reason, sizeof driver->reason, "it has no %s",
                 driver->platforms == 0 ? "platform" : "device");
}

/* ---- rounds: each leaves out what ended the previous one ---- */

struct rounds {
    char skips[300];
    struct {
        int device;
        bool lanes;
        char why[1000];
    } ends[ROUNDS_MOST];
    int count;
};

/* Whether something can be left out so that the rest of the driver is usable. */
static bool leave_out(struct rounds *rounds, const struct opencl_reading *reading, const char *why)
{
    const bool lanes = strcmp(reading->step, "lanes") == 0;
    if (reading->device < 0 || strcmp(reading->step, "end") == 0 ||
        rounds->count == ROUNDS_MOST - 1)
        return false;
    const size_t used = strlen(rounds->skips);
    snprintf(rounds->skips + used, sizeof rounds->skips - used, "%s:%d,",
             lanes ? "lanes" : "device", reading->device);
    rounds->ends[rounds->count].device = reading->device;
    rounds->ends[rounds->count].lanes = lanes;
    snprintf(rounds->ends[rounds->count++].why, sizeof rounds->ends[0].why, "%s", why);
    return true;
}

/* Records what had to be left out. The driver is loaded without it, unless nothing usable remains.
 */
static void add_ends(struct tri_driver_info *driver, const struct rounds *rounds)
{
    bool crashes = false;
    for (int i = 0; i < rounds->count; i++) {
        if (rounds->ends[i].device >= driver->device_count)
            continue;
        struct tri_device_info *device = &driver->devices[rounds->ends[i].device];
        device->no_lanes |= rounds->ends[i].lanes;
        device->crashes |= !rounds->ends[i].lanes;
        crashes |= device->crashes;
        if (!rounds->ends[i].lanes)
            snprintf(device->reason, sizeof device->reason, "%s", rounds->ends[i].why);
    }
    judge(driver);
    if (rounds->count > 0 && driver->state == TRI_DRIVER_GOOD)
        snprintf(driver->reason, sizeof driver->reason, "%.980s", rounds->ends[0].why);
    if (crashes && driver->state == TRI_DRIVER_FAILED) {
        driver->state = TRI_DRIVER_CRASHED;
        driver->left_out = true;
    }
}

static void forget_devices(struct tri_driver_info *driver)
{
    free(driver->devices);
    driver->devices = NULL;
    driver->device_count = 0;
}

/* Returns whether another round is needed. */
static bool try_once(struct tri_driver_info *driver, const char *helper, const char *vendors,
                     struct rounds *rounds)
{
    char command[] = PROBE_COMMAND, name[] = "triptych";
    char *const arguments[] = {name,          command, driver->library, (char *)vendors,
                               rounds->skips, NULL};
    struct opencl_reading reading = {.driver = driver, .device = -1};
    struct child child = {.status = 0};
    char why[1000];
    forget_devices(driver);
    driver->state = TRI_DRIVER_EMPTY;
    driver->platforms = 0;
    driver->path[0] = driver->output[0] = '\0';
    const int code = start(&child, helper, arguments);
    if (code != 0) {
        driver->state = TRI_DRIVER_FAILED;
        driver->left_out = true;
        snprintf(driver->reason, sizeof driver->reason,
                 "it could not be tried: cannot start a process: %s", strerror(code));
        return false;
    }
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_OTHER, "try driver");
    listen_to(&child, &reading);
    tri_trace_end(mark);
    if (went_well(&child, &reading)) {
        if (rounds->count == 0)
            driver->output[0] = '\0';
        add_ends(driver, rounds);
        return false;
    }
    say_end(&child, &reading, why, sizeof why);
    if (!child.hung && leave_out(rounds, &reading, why))
        return true;
    driver->state = child.hung ? TRI_DRIVER_HUNG : TRI_DRIVER_CRASHED;
    driver->left_out = true;
    snprintf(driver->reason, sizeof driver->reason, "%s", why);
    return false;
}

/* A driver already in this process, because the program uses OpenCL itself, has shown that it can
 * be loaded. */
static bool is_loaded(const char *library)
{
    void *object = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    if (object != NULL)
        dlclose(object);
    return object != NULL;
}

void tri_opencl_try_driver(struct tri_driver_info *driver, const char *helper)
{
    char vendors[4200] = "", output[sizeof driver->output] = "";
    struct rounds rounds = {.skips = ""};
    struct opencl_loader loader;
    tri_opencl_loader(&loader);
    driver->left_out = false;
    if (driver->library[0] == '\0')
        return; /* the list gave the reason */
    if (helper[0] == '\0' && (loader.whole || is_loaded(driver->library))) {
        driver->state = TRI_DRIVER_GOOD;
        return;
    }
    driver->reason[0] = driver->hint[0] = '\0';
    if (!loader.whole && !tri_opencl_make_vendors(driver, 1, vendors, sizeof vendors)) {
        driver->state = TRI_DRIVER_FAILED;
        driver->left_out = true;
        snprintf(driver->reason, sizeof driver->reason,
                 "it could not be tried: no folder is writable");
        return;
    }
    while (try_once(driver, helper, vendors, &rounds)) {
        if (output[0] == '\0')
            memcpy(output, driver->output, sizeof output);
    }
    if (output[0] != '\0')
        memcpy(driver->output, output, sizeof output);
    if (vendors[0] != '\0')
        tri_opencl_drop_vendors(vendors);
    if (driver->left_out || rounds.count > 0 || driver->state == TRI_DRIVER_FAILED)
        find_hint(driver);
}
