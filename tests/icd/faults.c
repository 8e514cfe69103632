/* faults.c -- counts calls, and makes those named by the environment fail, hang, abort or wait. */
#include "faults.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RULES = 16, CALLS = 100 };

/* CALL:N:VALUE:once, separated by commas. */
struct rule {
    char call[60];
    long from;
    long value;
    bool once, used;
};

struct rules {
    struct rule list[RULES];
    int count;
};

static struct rules failing, hanging, aborting, delaying, replacing;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int logfile = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for the counts */
static struct {
    const char *call;
    long count;
} counts[CALLS];
static long all;

const char *icd_setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

long long icd_number(const char *name, long long otherwise)
{
    const char *value = icd_setting(name);
    return value != NULL ? strtoll(value, NULL, 0) : otherwise;
}

bool icd_is(const char *name, const char *value)
{
    const char *given = icd_setting(name);
    return given != NULL && strcmp(given, value) == 0;
}

/* A test that asks for something unsupported must not pass. */
static void refuse(const char *name, const char *text)
{
    fprintf(stderr, "icd.so: %s: '%s' is not understood\n", name, text);
    _exit(99);
}

static void read_rule(const char *name, char *text, struct rule *rule)
{
    char *rest = text, *call = strsep(&rest, ":"), *from = strsep(&rest, ":"),
         *value = strsep(&rest, ":");
    *rule = (struct rule){.from = 1};
    if (call[0] == '\0' || strlen(call) >= sizeof rule->call)
        refuse(name, text);
    strcpy(rule->call, call);
    if (from != NULL)
        rule->from = strtol(from, NULL, 10);
    if (value != NULL)
        rule->value = strtol(value, NULL, 0);
    rule->once = rest != NULL && strcmp(rest, "once") == 0;
    if (rule->from < 1 || (rest != NULL && !rule->once))
        refuse(name, text);
}

static void read_rules(const char *name, struct rules *rules, long value)
{
    char text[2000];
    if (icd_setting(name) == NULL)
        return;
    if ((size_t)snprintf(text, sizeof text, "%s", icd_setting(name)) >= sizeof text)
        refuse(name, "(too long)");
    for (char *rest = text, *one; (one = strsep(&rest, ",")) != NULL;) {
        if (rules->count == RULES)
            refuse(name, one);
        struct rule *rule = &rules->list[rules->count++];
        read_rule(name, one, rule);
        if (rule->value == 0)
            rule->value = value;
    }
}

static void read_all(void)
{
    const char *path = icd_setting("ICD_LOG");
    read_rules("ICD_FAIL", &failing, CL_OUT_OF_RESOURCES);
    read_rules("ICD_HANG", &hanging, 0);
    read_rules("ICD_ABORT", &aborting, 0);
    read_rules("ICD_DELAY", &delaying, 1000);
    read_rules("ICD_SIGNALS", &replacing, 0);
    if (path != NULL && (logfile = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        refuse("ICD_LOG", path);
}

/* The rule that matches the call's count, or NULL. */
static struct rule *find(struct rules *rules, const char *call, long count, long total)
{
    for (int i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->list[i];
        const bool any = strcmp(rule->call, "any") == 0;
        if ((!any && strcmp(rule->call, call) != 0) || (any ? total : count) < rule->from)
            continue;
        if (rule->once && rule->used)
            continue;
        rule->used = true;
        return rule;
    }
    return NULL;
}

static long count_call(const char *call)
{
    for (int i = 0; i < CALLS; i++) {
        if (counts[i].call == NULL)
            counts[i].call = call;
        if (strcmp(counts[i].call, call) == 0)
            return ++counts[i].count;
    }
    return 0;
}

static void handle(int number)
{
    (void)number;
}

/* Like POCL and Intel's runtime when they start. */
static void replace_handlers(void)
{
    static const int taken[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP,
                                SIGABRT, SIGBUS,  SIGFPE,  SIGUSR1, SIGSEGV,
                                SIGUSR2, SIGPIPE, SIGTERM, SIGXCPU, SIGXFSZ};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        signal(taken[i], handle);
}

cl_int icd_begin(const char *call)
{
    const bool pseudo = strncmp(call, "cl", 2) != 0;
    pthread_once(&once, read_all);
    pthread_mutex_lock(&lock);
    const long count = count_call(call), total = pseudo ? 0 : ++all;
    const struct rule *delay = find(&delaying, call, count, total),
                      *hang = find(&hanging, call, count, total);
    const struct rule *end = find(&aborting, call, count, total),
                      *fail = find(&failing, call, count, total);
    const bool replace = find(&replacing, call, count, total) != NULL;
    const long wait = delay != NULL ? delay->value : 0;
    const cl_int code = fail != NULL ? (cl_int)fail->value : CL_SUCCESS;
    pthread_mutex_unlock(&lock);
    if (replace)
        replace_handlers();
    if (wait > 0)
        nanosleep(&(struct timespec){wait / 1000000, wait % 1000000 * 1000}, NULL);
    if (end != NULL) {
        icd_end(call, 0, "aborts");
        abort();
    }
    if (hang != NULL && !pseudo) {
        icd_end(call, 0, "hangs");
        for (;;)
            pause();
    }
    if (hang != NULL)
        return 1;
    return code;
}

cl_int icd_end(const char *call, cl_int code, const char *more)
{
    char line[400];
    if (logfile < 0)
        return code;
    const int length = snprintf(line, sizeof line, "%ld %s %d%s%.200s\n", (long)getpid(), call,
                                code, more[0] ? " " : "", more);
    if (write(logfile, line, (size_t)length) != length)
        refuse("ICD_LOG", "(cannot be written)");
    return code;
}

/* "kernel" means what runs, not the call that launches it. */
cl_int icd_kernel(void)
{
    return icd_begin("kernel");
}

static void __attribute__((constructor)) load(void)
{
    if (icd_begin("load") == 1)
        for (;;)
            pause();
}
