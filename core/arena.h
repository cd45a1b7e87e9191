/* arena.h - large blocks, packed one behind the other in one range of addresses.
 *
 *     void *block = gra__arena_alloc(bytes);
 *     gra__arena_free(block);
 *
 * A request takes a free segment that holds it and leaves the rest of it free; freed neighbours become
 * one. So the memory of a step's gradients serves the next step's activations, whatever their sizes are,
 * and the process holds little more than it ever used at once. Size classes, which small blocks have,
 * would keep a pool for each size.
 *
 *     | header, block | header, block | header, free ...... | header, block |  not asked for yet
 *
 * Memory is given back by gra__arena_trim alone. Not safe for threads: alloc.c holds its lock around
 * each call.
 */
#ifndef GRA_CORE_ARENA_H
#define GRA_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block aligned to 64 bytes, of a multiple of 64 bytes; NULL where the system has no more memory. */
void *gra__arena_alloc(size_t bytes);
void gra__arena_free(void *block);

/* Whether a block is the arena's. */
bool gra__arena_holds(const void *block);

/* Gives the memory of free segments back to the system. */
void gra__arena_trim(void);

/* Bytes of free segments that hold memory, and how often the system was asked for more. */
size_t gra__arena_cached(void);
uint64_t gra__arena_system_calls(void);

#endif
