/* alloc_cache.h - the library's own memory: 64-byte aligned blocks. */
#ifndef GRA_CORE_ALLOC_CACHE_H
#define GRA_CORE_ALLOC_CACHE_H

#include "alloc.h"
#include "shape.h"

/* A block of at least size bytes, aligned to 64, not cleared; NULL with an error when the system has
 * none. The size must be handed back on free. */
void *gra__alloc(size_t size);
void *gra__alloc_zeroed(size_t size);
void gra__dealloc(void *block, size_t size);

/* The same for what tensors and scratch lie in, which a dry run has no memory for. */
void *gra__alloc_data(size_t size);
void *gra__alloc_elements(const char *op, const gra_shape *shape, size_t size); /* of a tensor */

/* The bytes that a request takes; 0 where no machine has so many. */
size_t gra__alloc_rounded(size_t size);

#endif
