/* cpu.c - how many cores, and how much memory, this process has. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/thread.h"

static int affinity_count(void)
{
    /* More cores than a cpu_set_t holds is refused; then what is online counts. */
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t got = fread(text, 1, size - 1, file);
    text[got] = '\0';
    fclose(file);
    return got != 0;
}

/* quota / period rounded up, or 0 for no limit. */
static int cores_of_quota(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    long long cores = (quota + period - 1) / period;
    return cores > 65536 ? 0 : (int)cores;
}

/* The version 2 hierarchy: the least "quota period" of this group and all above it. */
static int cgroup2_limit(const char *group)
{
    char folder[1024], path[1100], text[128];
    int least = 0;
    snprintf(folder, sizeof folder, "/sys/fs/cgroup%s", group);
    while (strlen(folder) >= strlen("/sys/fs/cgroup")) {
        long long quota, period;
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        if (read_text(path, text, sizeof text) && sscanf(text, "%lld %lld", &quota, &period) == 2) {
            int cores = cores_of_quota(quota, period);
            if (cores != 0 && (least == 0 || cores < least))
                least = cores;
        }
        *strrchr(folder, '/') = '\0';
    }
    return least;
}

static int cgroup1_limit(void)
{
    char quota[64], period[64];
    if (!read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, sizeof quota) ||
        !read_text("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, sizeof period))
        return 0;
    return cores_of_quota(atoll(quota), atoll(period));
}

static int cgroup_limit(void)
{
    char text[4096];
    if (!read_text("/proc/self/cgroup", text, sizeof text))
        return 0;
    char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    int limit = 0;
    if (line != NULL) {
        char *group = strstr(line, "::") + 2;
        group[strcspn(group, "\n")] = '\0';
        limit = cgroup2_limit(strcmp(group, "/") == 0 ? "" : group);
    }
    return limit != 0 ? limit : cgroup1_limit();
}

int cpu_count(void)
{
    int cores = affinity_count();
    int limit = cgroup_limit();
    if (limit != 0 && limit < cores)
        cores = limit;
    return cores < 1 ? 1 : cores;
}

int64_t memory_resident_size(void)
{
    char text[128];
    long long total, resident;
    if (!read_text("/proc/self/statm", text, sizeof text) || sscanf(text, "%lld %lld", &total, &resident) != 2)
        return 0;
    return resident * sysconf(_SC_PAGESIZE);
}

int64_t memory_peak_size(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (int64_t)usage.ru_maxrss * 1024;
}
