/* timing.c - timed steps, and what they cost the system. */
#include "timing.h"

#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST = 100000 }; /* steps of one request */

static float times[MOST];

double bench_milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static long page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static int run_steps(bench_step *step, const void *work, double seconds)
{
    int count = 0;
    const double end = bench_milliseconds() + 1e3 * seconds;
    while (count < MOST && (count < 1 || bench_milliseconds() < end)) {
        const double start = bench_milliseconds();
        step(work);
        times[count++] = (float)(bench_milliseconds() - start);
    }
    return count;
}

double bench_median(bench_step *step, const void *work, double seconds, bench_counts *counts)
{
    const bool steady = counts->all_steps >= 4;
    if (!steady)
        memset(times, 1, sizeof times); /* so that its pages are there when faults are counted */
    const long faults = page_faults();
    const uint64_t calls = gra_memory_stats().system_calls;
    const int count = run_steps(step, work, seconds);
    counts->all_steps += count;
    if (steady) {
        counts->steps += count;
        counts->faults += page_faults() - faults;
        counts->system_calls += gra_memory_stats().system_calls - calls;
    }
    qsort(times, (size_t)count, sizeof times[0], ascending);
    return times[count / 2];
}

double bench_peak_megabytes(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return (double)kilobytes / 1024;
}
