/* dry_run.h - running a network for the memory that it would take, without the memory and the work.
 *
 *     if (!gra__dry_run_begin())
 *         return false;
 *     gra_forward(net, x);                     ends at once, whatever the size of x
 *     const size_t peak = gra__dry_run_end();
 *
 * Between begin and end, on this thread, what tensors and scratch would lie in has addresses but no
 * memory of its own: one small piece of memory stands behind all of them, again and again.  So reading
 * and writing does no harm, and what is read means nothing.  Allocations are counted as real ones would
 * be.  Ops make their results as ever, and the loops over their elements are left out wherever the
 * library has them: who writes such a loop asks gra__dry_run() before it.  So must be asked before
 *
 *     - values from a tensor are checked, or used as indices;
 *     - something is written that was there before: buffers, the state of a generator;
 *     - a result is kept for later calls.
 *
 * An op that does not ask, such as a user's own, computes with the meaningless numbers.
 */
#ifndef GRA_CORE_DRY_RUN_H
#define GRA_CORE_DRY_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins a dry run on this thread; false with an error where one is under way or the system gives no
 * addresses. */
bool gra__dry_run_begin(void);

/* Ends it. Returns the most bytes that were allocated at once since its beginning, less what was freed
 * of what was there before. */
size_t gra__dry_run_end(void);

extern int gra__dry_runs; /* threads that are in one; atomic */
bool gra__dry_run_here(void);
extern const char *gra__dry_start; /* of its addresses; atomic, set once */
bool gra__dry_holds(const void *block);

/* Whether this thread is in a dry run. Costs the look at one number where no thread is. */
static inline bool gra__dry_run(void)
{
    return __atomic_load_n(&gra__dry_runs, __ATOMIC_RELAXED) && gra__dry_run_here();
}

/* ---- for alloc.c ---- */

/* Addresses for that many bytes, aligned to 64; NULL where there are not so many. */
void *gra__dry_alloc(size_t bytes);
void gra__dry_dealloc(void);

/* Whether gra__dry_alloc gave this address. */
static inline bool gra__is_dry(const void *block)
{
    return __atomic_load_n(&gra__dry_start, __ATOMIC_RELAXED) && gra__dry_holds(block);
}

/* Counts bytes that were allocated, or freed (negative), during this thread's dry run. */
void gra__dry_count(ptrdiff_t bytes);

#endif
