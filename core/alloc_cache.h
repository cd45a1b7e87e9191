/* alloc_cache.h - the library's own memory: 64-byte aligned blocks. */
#ifndef GRA_CORE_ALLOC_CACHE_H
#define GRA_CORE_ALLOC_CACHE_H

#include "alloc.h"

/* A block of at least size bytes, aligned to 64, not cleared; NULL with an error when the system has
 * none. The size must be handed back on free. */
void *gra__alloc(size_t size);
void *gra__alloc_zeroed(size_t size);
void gra__dealloc(void *block, size_t size);

#endif
