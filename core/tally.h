/* tally.h - what each thread counts for the whole process: living objects and bytes in use.
 *
 * A counter that all threads share costs more than the rest of a small allocation.  So each thread has
 * its own, in a list, and whoever asks for the total adds them up.  The peak needs the total at every
 * moment: a thread brings its bytes to the process's total before they have moved it by 64 KiB, and
 * remembers how high they stood meanwhile, so that with one thread at work the peak is exact.
 */
#ifndef GRA_CORE_TALLY_H
#define GRA_CORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thread_local.h"

typedef struct gra__tally {
    int64_t live;      /* atomic; objects made on this thread, less those that went here */
    ptrdiff_t bytes;   /* atomic; the same for bytes, since they were last settled */
    ptrdiff_t highest; /* of bytes since then */
    bool listed;       /* the total knows of it */
    struct gra__tally *next;
} gra__tally;

extern GRA__HOT gra__tally gra__tally_here;

void gra__tally_list(void);   /* makes this thread's tally known */
void gra__tally_settle(void); /* brings its bytes to the total */

/* Counts objects, or bytes of at most 64 KiB (negative: that went). */
static inline void gra__tally_object(int change)
{
    gra__tally *const t = &gra__tally_here;
    if (__builtin_expect(!t->listed, 0))
        gra__tally_list();
    __atomic_store_n(&t->live, t->live + change, __ATOMIC_RELAXED);
}

static inline void gra__tally_bytes(ptrdiff_t change)
{
    enum { FEW = 1 << 16 };
    gra__tally *const t = &gra__tally_here;
    if (__builtin_expect(!t->listed, 0))
        gra__tally_list();
    const ptrdiff_t bytes = t->bytes + change;
    __atomic_store_n(&t->bytes, bytes, __ATOMIC_RELAXED);
    t->highest = bytes > t->highest ? bytes : t->highest;
    if (__builtin_expect(bytes > FEW || bytes < -FEW, 0))
        gra__tally_settle();
}

/* Counts any number of bytes. */
void gra__tally_many(ptrdiff_t change);

/* Totals of the process. */
int64_t gra__total_live(void);
size_t gra__total_bytes(void);
size_t gra__peak_bytes(void);
void gra__reset_peak_bytes(void); /* to what is in use now */

#endif
