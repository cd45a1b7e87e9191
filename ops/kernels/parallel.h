/* Sharing independent items among threads.
 *
 * May include: nothing of Gradus.
 *
 *     EACH_ITEM(threads, count, scale_row(x, item));      calls scale_row(x, 0), ..., scale_row(x, count - 1)
 *
 * One thread does not enter OpenMP at all: a team of one costs a large part of a microsecond.
 */
#ifndef GRA_OPS_KERNELS_PARALLEL_H
#define GRA_OPS_KERNELS_PARALLEL_H

#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#define PARALLEL_FOR _Pragma("omp parallel for num_threads(threads_) schedule(static)")
#else
#define PARALLEL_FOR
#endif

#define EACH_ITEM(threads, count, call)                                                            \
    do {                                                                                           \
        const int threads_ = (threads);                                                            \
        const int64_t count_ = (count);                                                            \
        if (threads_ <= 1) {                                                                       \
            for (int64_t item = 0; item < count_; item++)                                          \
                call;                                                                              \
        } else {                                                                                   \
            PARALLEL_FOR                                                                           \
            for (int64_t item = 0; item < count_; item++)                                          \
                call;                                                                              \
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
