/* alloc.h - statistics of the caching allocator.
 *
 * Freed blocks are kept for the next request, so a training loop that repeats itself makes no system
 * call for memory.  Small blocks are cached by each thread, in size classes, and larger ones by the
 * process; those of more than 1 MiB lie packed in one range of addresses, in huge pages where the
 * system offers them.  A build with -Dpooling=false caches nothing, so that sanitizers see every block.
 */
#ifndef GRA_CORE_ALLOC_H
#define GRA_CORE_ALLOC_H

#include "common.h"

GRA_BEGIN_DECLS

typedef struct gra_memory {
    size_t allocated;      /* bytes in use by tensors, nodes and scratch, as rounded */
    size_t peak;           /* the largest `allocated` since start or gra_memory_reset_peak() */
    size_t cached;         /* bytes kept for reuse by the process-wide cache */
    uint64_t system_calls; /* how often memory was asked of the system */
} gra_memory;

gra_memory gra_memory_stats(void);
void gra_memory_reset_peak(void);

/* Gives the cached blocks of the process and of this thread back to the system. */
void gra_memory_trim(void);

GRA_END_DECLS

#endif
