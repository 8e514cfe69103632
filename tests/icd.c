/* icd.c -- runs the program with the test driver, and reads the driver's log. */
#include "icd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A busy machine is slow at times; a run takes less than a second. */
#define LIMIT "300"

static char library[PATH_MAX];

const char *icd_begin(void)
{
    const char *program = getenv("TRIPTYCH") != NULL ? getenv("TRIPTYCH") : "build/triptych",
               *slash = strrchr(program, '/');
    char path[PATH_MAX], command[PATH_MAX + 300];
    snprintf(path, sizeof path, "%.*stests/icd.so", slash != NULL ? (int)(slash + 1 - program) : 0,
             program);
    if (realpath(path, library) == NULL)
        return "the test driver has not been built (make $(BUILD)/tests/icd.so)";
    snprintf(
        command, sizeof command,
        "mkdir -p fake both && echo '%.3000s' > fake/fake.icd && cp fake/fake.icd both/a.icd && "
        "p=$(grep -l pocl /etc/OpenCL/vendors/*.icd | head -n 1) && test -n \"$p\" && cp \"$p\" "
        "both/b.icd",
        library);
    if (shell_run(command)->code != 0)
        return "there is no POCL to wrap";
    return icd_run("", "$T devices")->code == 0 && icd_count("clGetDeviceIDs") > 0
               ? NULL
               : "POCL cannot be loaded";
}

static const struct shell_result *run(const char *drivers, const char *settings,
                                      const char *command)
{
    char text[8000];
    snprintf(text, sizeof text,
             "rm -rf log cache; mkdir -p warm && cp -r warm cache; "
             "export OCL_ICD_VENDORS=$PWD/%s/ XDG_CACHE_HOME=$PWD/cache ICD_LOG=$PWD/log "
             "TRIPTYCH_OPENCL_PROBE=no; unset TRIPTYCH_CACHE_DIR; "
             "env %s timeout -k 5 " LIMIT " %s",
             drivers, settings, command);
    return shell_run(text);
}

const struct shell_result *icd_run(const char *settings, const char *command)
{
    return run("fake", settings, command);
}

const struct shell_result *icd_run_beside(const char *settings, const char *command)
{
    return run("both", settings, command);
}

const struct shell_result *icd_warm(const char *settings, const char *command)
{
    char text[4000];
    /* In the same folder, which is part of the key of a verdict. */
    snprintf(text, sizeof text,
             "sh -c '%.3000s; code=$?; rm -rf warm; cp -r cache warm; exit $code'", command);
    return run("fake", settings, text);
}

/* Counts lines with `text`, of the process `own`, or of all if 0. `first` gets the call of the
 * first one, unless NULL. */
static int read_log(const char *text, long own, char first[100], long *last)
{
    FILE *log = fopen(shell_path("log"), "r");
    char line[500];
    int count = 0;
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        const long process = strtol(line, NULL, 10);
        if (last != NULL)
            *last = process;
        if (strstr(line, text) == NULL || (own != 0 && process != own))
            continue;
        if (count++ == 0 && first != NULL && sscanf(line, "%*d %99s", first) != 1)
            first[0] = '\0';
    }
    if (log != NULL)
        fclose(log);
    return count;
}

/* Children end before the program does. */
static long own_process(void)
{
    long last = -1;
    read_log("", 0, NULL, &last);
    return last;
}

int icd_count_failed(const char *call)
{
    FILE *log = fopen(shell_path("log"), "r");
    const long own = own_process();
    char line[500];
    int count = 0;
    while (log != NULL && fgets(line, sizeof line, log) != NULL)
        count += strtol(line, NULL, 10) == own && strstr(line, call) != NULL &&
                 strstr(line, " fails") != NULL;
    if (log != NULL)
        fclose(log);
    return count;
}

int icd_count(const char *text)
{
    return read_log(text, 0, NULL, NULL);
}

int icd_count_own(const char *text)
{
    return read_log(text, own_process(), NULL, NULL);
}

const char *icd_first(const char *text)
{
    static char call[100];
    call[0] = '\0';
    read_log(text, own_process(), call, NULL);
    return call;
}

bool icd_released(void)
{
    static const char none[] =
        " left 0 0 contexts, 0 queues, 0 buffers, 0 programs, 0 kernels, 0 events\n";
    return icd_count_own(none) == 1 && icd_count(none) == icd_count(" left ");
}
