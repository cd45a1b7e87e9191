/* threads.h - how many threads a kernel may use.
 *
 * Results have the same bits for any number of threads.  The default is OMP_NUM_THREADS, or the
 * number of processors this process may run on.  Set it while no other thread runs an op: an op's
 * scratch memory is made for the number that it found.
 */
#ifndef GRA_CORE_THREADS_H
#define GRA_CORE_THREADS_H

#include "common.h"

GRA_BEGIN_DECLS

/* Sets the number of kernel threads, at least 1; 0 goes back to the default. Returns 0, or -1 with
 * an error for a negative number. */
int gra_set_threads(int threads);
int gra_threads(void);

GRA_END_DECLS

/* For kernels: the threads that a loop on this thread may use; 1 inside a parallel region and
 * where the library was built without OpenMP. */
int gra__threads(void);

#endif
