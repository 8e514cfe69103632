/* cgroup.c -- the cores that this process's control groups allow it. */
#include "cgroup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of a group, and the length of its mount point within it. */
struct group {
    char path[PATH_MAX];
    size_t top;
    bool unified; /* version 2 */
};

static FILE *open_below(const char *root, const char *path)
{
    char full[PATH_MAX];
    const int length = snprintf(full, sizeof full, "%s%s", root, path);
    return length > 0 && length < (int)sizeof full ? fopen(full, "re") : NULL;
}

/* Returns whether `word` is in a comma-separated list. */
static bool is_among(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ",\n"), at += *at == ',') {
        if (strcspn(at, ",\n") == length && strncmp(at, word, length) == 0)
            return true;
        if (*at == '\n')
            break;
    }
    return false;
}

/* Gets the group's name from lines like "4:cpu,cpuacct:/a/b" and "0::/a/b"; version 1 takes
 * precedence if it has the controller. */
static bool find_name(const char *root, const char *controller, char name[PATH_MAX], bool *unified)
{
    FILE *file = open_below(root, "/proc/self/cgroup");
    char line[PATH_MAX + 200];
    bool found = false;
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        char *controllers = strchr(line, ':'),
             *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (path == NULL)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        const bool whole = strcmp(line, "0:") == 0, own = is_among(controllers + 1, controller);
        if (!own && (!whole || found))
            continue;
        found = true;
        *unified = !own;
        snprintf(name, PATH_MAX, "%.*s", PATH_MAX - 1, path);
        if (own)
            break;
    }
    fclose(file);
    return found;
}

/* Decodes octal escapes: a blank in a path is written "\040". */
static void decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* Finds where the hierarchy is mounted and which group is its root there: "/", or in a container
 * perhaps only its own. */
static bool find_mount(const char *root, const char *controller, bool unified,
                       char within[PATH_MAX], char mount[PATH_MAX])
{
    FILE *file = open_below(root, "/proc/self/mountinfo");
    char line[2 * PATH_MAX + 500], type[32], options[300];
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        const char *rest = strstr(line, " - ");
        if (rest == NULL || sscanf(rest, " - %31s %*s %299s", type, options) != 2 ||
            sscanf(line, "%*s %*s %*s %4095s %4095s", within, mount) != 2)
            continue;
        found = unified ? strcmp(type, "cgroup2") == 0
                        : strcmp(type, "cgroup") == 0 && is_among(options, controller);
    }
    if (file != NULL)
        fclose(file);
    decode(within);
    decode(mount);
    return found;
}

static bool find_group(const char *root, const char *controller, struct group *group)
{
    char name[PATH_MAX], within[PATH_MAX] = "/", mount[PATH_MAX] = "";
    if (!find_name(root, controller, name, &group->unified))
        return false;
    if (!find_mount(root, controller, group->unified, within, mount)) {
        strcpy(within, "/");
        snprintf(mount, sizeof mount, "/sys/fs/cgroup%s%s", group->unified ? "" : "/",
                 group->unified ? "" : controller);
    }
    const size_t length = strcmp(within, "/") == 0 ? 0 : strlen(within);
    const bool inside =
        strncmp(name, within, length) == 0 && (name[length] == '/' || name[length] == '\0');
    const char *rest = inside && strcmp(name + length, "/") != 0 ? name + length : "";
    const int top = snprintf(group->path, sizeof group->path, "%s%s", root, mount);
    if (top < 0 || (size_t)top + strlen(rest) >= sizeof group->path)
        return false;
    group->top = (size_t)top;
    strcpy(group->path + top, rest);
    return true;
}

/* Moves to the enclosing group; returns false at the top. */
static bool leave(struct group *group)
{
    char *slash = strrchr(group->path + group->top, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

static bool read_line(const struct group *group, const char *name, char line[4096])
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", group->path, name);
    FILE *file = fopen(path, "re");
    const bool read = file != NULL && fgets(line, 4096, file) != NULL && line[0] != '\n';
    if (file != NULL)
        fclose(file);
    return read;
}

/* Returns the cores' worth of CPU time that a group may use, rounded up; 0: no limit. */
static long quota_of(const struct group *group)
{
    char line[4096];
    long long most = 0, period = 0;
    if (group->unified) {
        if (!read_line(group, "cpu.max", line) || sscanf(line, "%lld %lld", &most, &period) != 2)
            return 0;
    } else if (read_line(group, "cpu.cfs_quota_us", line) && sscanf(line, "%lld", &most) == 1 &&
               read_line(group, "cpu.cfs_period_us", line)) {
        sscanf(line, "%lld", &period);
    }
    return most > 0 && period > 0 ? (long)((most - 1) / period + 1) : 0;
}

static long least_quota(const char *root)
{
    struct group group;
    long least = 0;
    if (!find_group(root, "cpu", &group))
        return 0;
    do {
        const long own = quota_of(&group);
        if (own > 0 && (least == 0 || own < least))
            least = own;
    } while (leave(&group));
    return least;
}

/* Counts the cores of a list like "0-3,8" that are in the set. */
static int count_listed(const char *list, const cpu_set_t *set, size_t size)
{
    int count = 0;
    for (char *at = (char *)list; *at >= '0' && *at <= '9'; at += *at == ',') {
        const long first = strtol(at, &at, 10), last = *at == '-' ? strtol(at + 1, &at, 10) : first;
        for (long core = first; core <= last && (size_t)core < 8 * size; core++)
            count += CPU_ISSET_S((size_t)core, size, set) != 0;
    }
    return count;
}

/* Counts the cores allowed by the nearest group that lists them; the system keeps its list within
 * the enclosing groups'. 0: no group lists any. */
static int within_cpuset(const char *root, const cpu_set_t *set, size_t size)
{
    static const char *const files[] = {"cpuset.cpus.effective", "cpuset.effective_cpus",
                                        "cpuset.cpus"};
    struct group group;
    char line[4096];
    if (!find_group(root, "cpuset", &group))
        return 0;
    do {
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
            if (read_line(&group, files[i], line))
                return count_listed(line, set, size);
    } while (leave(&group));
    return 0;
}

int tri_cgroup_cores(const char *root, const cpu_set_t *set, size_t size)
{
    const long listed = within_cpuset(root, set, size), most = least_quota(root);
    long count = CPU_COUNT_S(size, set);
    if (listed > 0 && listed < count)
        count = listed;
    if (most > 0 && most < count)
        count = most;
    return count < 1 ? 1 : (int)count;
}
