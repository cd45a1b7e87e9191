/* timing.h - what the Gradus workers of bench/compare share: timed steps, and what they cost the system. */
#ifndef GRA_BENCH_TIMING_H
#define GRA_BENCH_TIMING_H

#include <stdint.h>

typedef void bench_step(const void *work);

/* Sums over the steady state: over all requests that began after four steps at least. */
typedef struct bench_counts {
    long all_steps;        /* the first ones too */
    long steps;            /* of the steady state; the rest belongs to these */
    long faults;           /* page faults that needed no disk */
    uint64_t system_calls; /* for memory, by gra_memory_stats */
} bench_counts;

double bench_milliseconds(void);

/* The median time of a step in milliseconds, measured for that long but for one step at least. */
double bench_median(bench_step *step, const void *work, double seconds, bench_counts *counts);

/* The largest resident memory of this process so far, in MB. */
double bench_peak_megabytes(void);

#endif
