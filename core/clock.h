/* clock.h - the clock that durations are measured with. */
#ifndef GRA_CORE_CLOCK_H
#define GRA_CORE_CLOCK_H

#include <time.h>

/* Seconds since some moment in the past; never set back. */
static inline double gra__seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
