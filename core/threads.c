/* threads.c - the number of kernel threads. */
#include "threads.h"

#include "error.h"

#ifdef _OPENMP
#include <omp.h>
#endif

static int chosen; /* 0: OpenMP's default */

int gra_set_threads(int threads)
{
    if (threads < 0) {
        gra_fail("gra_set_threads: %d threads were asked for; at least 1 is needed (0: default)",
                 threads);
        return -1;
    }
    __atomic_store_n(&chosen, threads, __ATOMIC_RELAXED);
    return 0;
}

int gra_threads(void)
{
#ifdef _OPENMP
    const int threads = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    return threads ? threads : omp_get_max_threads();
#else
    return 1;
#endif
}

int gra__threads(void)
{
#ifdef _OPENMP
    return omp_in_parallel() ? 1 : gra_threads();
#else
    return 1;
#endif
}
