/* Sharing independent items among threads.
 *
 * May include: core/dry_run.h.
 *
 *     EACH_ITEM(threads, count, scale_row(x, item));      calls scale_row(x, 0), ..., scale_row(x, count - 1)
 *
 * One thread does not enter OpenMP at all: a team of one costs a large part of a microsecond.  In a dry
 * run there are no items.
 */
#ifndef GRA_OPS_KERNELS_PARALLEL_H
#define GRA_OPS_KERNELS_PARALLEL_H

#include <stdint.h>

#include "core/dry_run.h"

#ifdef _OPENMP
#include <omp.h>
#define PARALLEL_FOR _Pragma("omp parallel for num_threads(threads_) schedule(static)")
#define PARALLEL_FOR_IN_TURN _Pragma("omp parallel for num_threads(threads_) schedule(dynamic)")
#else
#define PARALLEL_FOR
#define PARALLEL_FOR_IN_TURN
#endif

/* Equal shares, for items that take microseconds; and whoever is free takes the next, for items that take so long that a
 * thread which is held up would hold up all. */
#define EACH_ITEM(threads, count, call) EACH_ITEM_BY(PARALLEL_FOR, threads, count, call)
#define EACH_LONG_ITEM(threads, count, call)                                                       \
    EACH_ITEM_BY(PARALLEL_FOR_IN_TURN, threads, count, call)

#define EACH_ITEM_BY(parallel_for, threads, count, call)                                           \
    do {                                                                                           \
        const int threads_ = (threads);                                                            \
        const int64_t count_ = gra__dry_run() ? 0 : (count);                                       \
        if (threads_ <= 1 || count_ == 0) {                                                        \
            for (int64_t item = 0; item < count_; item++)                                          \
                call;                                                                              \
        } else {                                                                                   \
            parallel_for for (int64_t item = 0; item < count_; item++) call;                       \
        }                                                                                          \
    } while (0)

/* Which of the threads runs this item, for its part of a workspace. */
static inline int gra__thread_index(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

#endif
