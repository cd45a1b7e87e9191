/* alloc.c - the caching, aligned allocator.
 *
 * Blocks of more than 1 MiB come from the arena.  A smaller request is rounded up to its size class:
 * multiples of 64 bytes to 512, then eight classes to a doubling, so that at most an eighth is lost.
 *
 *     class   0   1   2 ...   7 |   8    9 ...   15 |   16 ...
 *     bytes  64 128 192 ... 512 | 576  640 ... 1024 | 1152 ...
 *
 * A free block holds the link to the next one of its class.  A thread keeps small blocks for itself up
 * to a limit; above it they go to the process, or a thread that frees what another one makes would
 * keep them all.
 */
#include "alloc_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "dry_run.h"
#include "error.h"
#include "error_path.h"
#include "tally.h"

enum { ALIGNMENT = 64, FEW_BYTES = 1024 }; /* up to there classes are multiples of the alignment */
enum { CLASSES = 8 * 12, SMALL_CLASSES = 8 * 8 }; /* up to 1 MiB; small: up to 64 KiB */
enum { LARGEST = 1 << 20 };                       /* of the last class */
enum { LOCAL_BYTES = 1 << 20 };                   /* that a thread keeps of each class */

typedef struct block {
    struct block *next;
} block;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t cached;
static uint64_t system_calls;

static size_t class_of(size_t size)
{
    const size_t units = size ? (size + ALIGNMENT - 1) / ALIGNMENT : 1;
    if (units <= 8)
        return units - 1;
    const unsigned octave =
        63u - (unsigned)__builtin_clzll(units - 1); /* units in (2^o, 2^(o+1)] */
    const size_t eighth = (size_t)1 << (octave - 3);
    const size_t steps = (units - ((size_t)1 << octave) + eighth - 1) / eighth; /* 1 to 8 */
    return 8 * (octave - 2) + steps - 1;
}

static size_t class_bytes(size_t class)
{
    if (class < 8)
        return (class + 1) * ALIGNMENT;
    const size_t octave = class / 8 + 2;
    return (((size_t)1 << octave) + (class % 8 + 1) * ((size_t)1 << (octave - 3))) * ALIGNMENT;
}

static void count(ptrdiff_t bytes)
{
    enum { FEW = 1 << 15 };
    if (bytes > -FEW && bytes < FEW)
        gra__tally_bytes(bytes);
    else
        gra__tally_many(bytes);
}

static void *from_system(size_t bytes)
{
    __atomic_fetch_add(&system_calls, 1, __ATOMIC_RELAXED);
    void *found = NULL;
    return posix_memalign(&found, ALIGNMENT, bytes) ? NULL : found;
}

#ifdef GRA_POOLING

static block *shared[CLASSES];

/* What a thread keeps of one class. */
typedef struct shelf {
    block *first;
    size_t bytes;
} shelf;

static GRA__HOT shelf *local; /* SMALL_CLASSES of them, once something is on them; else NULL */
static pthread_key_t local_key;
static pthread_once_t local_once = PTHREAD_ONCE_INIT;

static void free_chain(block **head)
{
    while (*head) {
        block *const next = (*head)->next;
        free(*head);
        *head = next;
    }
}

static void empty_local(void)
{
    for (size_t i = 0; local && i < SMALL_CLASSES; i++) {
        free_chain(&local[i].first);
        local[i].bytes = 0;
    }
}

static void free_local(void *unused)
{
    (void)unused;
    empty_local();
    free(local);
    local = NULL;
}

static void make_key(void)
{
    pthread_key_create(&local_key, free_local);
}

static void make_local(void)
{
    if (!(local = calloc(SMALL_CLASSES, sizeof *local))) /* then nothing is kept */
        return;
    pthread_once(&local_once, make_key);
    pthread_setspecific(local_key, local);
}

static inline void *take_local(size_t class, size_t bytes)
{
    block *const found = local ? local[class].first : NULL;
    if (found) {
        local[class].first = found->next;
        local[class].bytes -= bytes;
    }
    return found;
}

static inline bool put_local(size_t class, size_t bytes, block *freed)
{
    if (!local || local[class].bytes + bytes > LOCAL_BYTES)
        return false;
    freed->next = local[class].first;
    local[class].first = freed;
    local[class].bytes += bytes;
    return true;
}

static void *take_cached(size_t bytes)
{
    const size_t class = class_of(bytes);
    block *found = class < SMALL_CLASSES ? take_local(class, bytes) : NULL;
    if (found)
        return found;
    pthread_mutex_lock(&lock);
    if ((found = shared[class])) {
        shared[class] = found->next;
        cached -= bytes;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void *take_large(size_t bytes)
{
    pthread_mutex_lock(&lock);
    void *const found = gra__arena_alloc(bytes);
    pthread_mutex_unlock(&lock);
    return found
               ? found
               : from_system(bytes); /* where a limit on addresses left the arena a part of them */
}

static void *take(size_t bytes)
{
    if (bytes > LARGEST)
        return take_large(bytes);
    void *const found = take_cached(bytes);
    return found ? found : from_system(bytes);
}

static void put_cached(size_t class, size_t bytes, block *freed)
{
    if (!local)
        make_local();
    if (class < SMALL_CLASSES && put_local(class, bytes, freed))
        return;
    pthread_mutex_lock(&lock);
    freed->next = shared[class];
    shared[class] = freed;
    cached += bytes;
    pthread_mutex_unlock(&lock);
}

static void put(size_t bytes, void *freed)
{
    if (bytes <= LARGEST) {
        put_cached(class_of(bytes), bytes, freed);
        return;
    }
    pthread_mutex_lock(&lock);
    const bool packed = gra__arena_holds(freed);
    if (packed)
        gra__arena_free(freed);
    pthread_mutex_unlock(&lock);
    if (!packed)
        free(freed);
}

void gra_memory_trim(void)
{
    empty_local();
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CLASSES; i++)
        free_chain(&shared[i]);
    cached = 0;
    gra__arena_trim();
    pthread_mutex_unlock(&lock);
}

#else

static void *take(size_t bytes)
{
    return from_system(bytes);
}

static void put(size_t bytes, void *freed)
{
    (void)bytes;
    free(freed);
}

void gra_memory_trim(void)
{
}

#endif

size_t gra__alloc_rounded(size_t size)
{
    if (size > (SIZE_MAX >> 2))
        return 0;
    return size <= LARGEST ? class_bytes(class_of(size))
                           : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The two ways that nearly all handles, nodes and small tensors go: a thread's own blocks of a few
 * sizes. NULL and false where there is none, no room, or a dry run. */
static inline void *fast_alloc(size_t size)
{
#ifdef GRA_POOLING
    const size_t class = (size - 1) / ALIGNMENT, bytes = (class + 1) * ALIGNMENT;
    if (size - 1 >= FEW_BYTES || gra__dry_run())
        return NULL;
    void *const found = take_local(class, bytes);
    if (found)
        gra__tally_bytes((ptrdiff_t)bytes);
    return found;
#else
    (void)size;
    return NULL;
#endif
}

static inline bool fast_dealloc(void *freed, size_t size)
{
#ifdef GRA_POOLING
    const size_t class = (size - 1) / ALIGNMENT, bytes = (class + 1) * ALIGNMENT;
    if (size - 1 >= FEW_BYTES || gra__dry_run() || gra__is_dry(freed) ||
        !put_local(class, bytes, freed))
        return false;
    gra__tally_bytes(-(ptrdiff_t)bytes);
    return true;
#else
    (void)freed;
    (void)size;
    return false;
#endif
}

/* NULL, without an error, where the system has no more. */
static void *allocate(size_t size)
{
    const size_t bytes = gra__alloc_rounded(size);
    void *found = bytes ? take(bytes) : NULL;
    if (!found && bytes) {
        gra_memory_trim(); /* what is cached in other classes may be just what is missing */
        found = take(bytes);
    }
    if (!found)
        return NULL;
    count((ptrdiff_t)bytes);
    if (gra__dry_run())
        gra__dry_count((ptrdiff_t)bytes);
    return found;
}

static void *allocate_data(size_t size)
{
    const size_t bytes = gra__alloc_rounded(size);
    return !gra__dry_run() ? allocate(size) : bytes ? gra__dry_alloc(bytes) : NULL;
}

/* The end of a message. */
static const char *shortage(size_t size, char text[96])
{
    snprintf(text, 96, "%zu bytes were asked for while %zu are in use", size, gra__total_bytes());
    return text;
}

void *gra__alloc(size_t size)
{
    void *const fast = fast_alloc(size);
    if (__builtin_expect(fast != NULL, 1))
        return fast;
    char text[96];
    void *const found = allocate(size);
    return found ? found : gra_fail("out of memory: %s", shortage(size, text));
}

void *gra__alloc_data(size_t size)
{
    char text[96];
    void *const found = allocate_data(size);
    return found ? found : gra_fail("out of memory: %s", shortage(size, text));
}

void *gra__alloc_elements(const char *op, const gra_shape *shape, size_t size)
{
    void *const fast = fast_alloc(size);
    if (__builtin_expect(fast != NULL, 1))
        return fast;
    char text[96], sizes[GRA_SHAPE_TEXT];
    void *const found = allocate_data(size);
    return found ? found
                 : gra_fail("%.*s: out of memory for a tensor of shape %s: %s", GRA__NAME(op),
                            gra_shape_text(*shape, sizes), shortage(size, text));
}

void *gra__alloc_zeroed(size_t size)
{
    void *const found = gra__alloc(size);
    return found ? memset(found, 0, size) : NULL;
}

void gra__dealloc(void *freed, size_t size)
{
    if (!freed || fast_dealloc(freed, size))
        return;
    const size_t bytes = gra__alloc_rounded(size);
    if (gra__dry_run())
        gra__dry_count(-(ptrdiff_t)bytes);
    if (gra__is_dry(freed)) {
        gra__dry_dealloc();
        return;
    }
    count(-(ptrdiff_t)bytes);
    put(bytes, freed);
}

gra_memory gra_memory_stats(void)
{
    pthread_mutex_lock(&lock);
    const gra_memory stats = {
        .allocated = gra__total_bytes(),
        .peak = gra__peak_bytes(),
        .cached = cached + gra__arena_cached(),
        .system_calls =
            __atomic_load_n(&system_calls, __ATOMIC_RELAXED) + gra__arena_system_calls(),
    };
    pthread_mutex_unlock(&lock);
    return stats;
}

void gra_memory_reset_peak(void)
{
    gra__reset_peak_bytes();
}
