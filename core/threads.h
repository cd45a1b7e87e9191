/* threads.h - how many threads a kernel may use.
 *
 * Results have the same bits for any number of threads.  The first thread that runs something large
 * gets OMP_NUM_THREADS, or the number of processors that this process may run on.  While it lives,
 * each further thread of the program works alone by default, as teams for all of them would be more
 * threads than processors; a thread that wants a team asks for it.
 *
 *     gra_set_threads(4);      kernels of the calling thread use 4 threads from now on
 *
 * In the child of a fork the thread that goes on works alone, whatever it asks for, if it had a team, as
 * that stayed with the parent; threads that the child begins may have teams.
 *
 * Any number of threads may run ops, modules and backward passes at once.  Scope, pending error, grad
 * mode and generator belong to each thread.  Tensors and modules can be shared as long as nobody writes to
 * them; gradients of a shared leaf are added up, in the order in which the passes arrive.  A graph is
 * walked by one thread at a time.
 */
#ifndef GRA_CORE_THREADS_H
#define GRA_CORE_THREADS_H

#include "common.h"

GRA_BEGIN_DECLS

/* Sets the number of kernel threads of the calling thread, at least 1; 0 goes back to the default.
 * Returns 0, or -1 with an error for a negative number. */
int gra_set_threads(int threads);
int gra_threads(void); /* of the calling thread */

GRA_END_DECLS

/* For kernels: the threads that a loop on this thread may use; 1 inside a parallel region and
 * where the library was built without OpenMP. */
int gra__threads(void);

#endif
