/* dry_run.c - addresses without memory.
 *
 * A range of addresses is reserved once.  Its front is mapped as it is needed, in pieces that are all
 * the same piece of a file in memory, of which only what is written takes up memory:
 *
 *     | piece | piece | piece |  reserved, cannot be read ...
 *         \       |       /
 *           the same 64 MiB
 *
 * Blocks follow each other; after 256 GiB they begin anew, as by then the first ones are most likely
 * gone, and it does no harm where they are not.  When the last dry run has ended, and no block is left,
 * the file goes.
 */
#include "dry_run.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"

static const size_t piece = (size_t)64 << 20, round_trip = (size_t)256 << 30;

typedef struct dry_state {
    bool here;
    ptrdiff_t allocated, peak; /* since the beginning */
} dry_state;

int gra__dry_runs;
static _Thread_local dry_state state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
const char *gra__dry_start;
static size_t reserved, mapped, used; /* bytes from start */
static int file = -1;
static int64_t blocks; /* atomic: not freed yet */

bool gra__dry_run_here(void)
{
    return state.here;
}

/* As many addresses as there are, up to 64 TiB. */
static bool reserve(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    for (size_t bytes = (size_t)64 << 40; !gra__dry_start && bytes >= piece; bytes /= 2) {
        void *const found = mmap(NULL, bytes, PROT_NONE, flags, -1, 0);
        if (found == MAP_FAILED)
            continue;
        reserved = bytes;
        __atomic_store_n(&gra__dry_start, found, __ATOMIC_RELEASE);
    }
    return gra__dry_start != NULL;
}

static bool open_file(void)
{
    file = file < 0 ? memfd_create("gradus dry run", MFD_CLOEXEC) : file;
    return file >= 0 && ftruncate(file, (off_t)piece) == 0;
}

/* Makes the first bytes of the range readable. */
static bool map_to(size_t bytes)
{
    for (; mapped < bytes; mapped += piece)
        if (mapped + piece > reserved ||
            mmap((char *)gra__dry_start + mapped, piece, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
            return false;
    return true;
}

static void give_back(void)
{
    if (mapped)
        mmap((char *)gra__dry_start, mapped, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    mapped = used = 0;
    if (file >= 0)
        close(file);
    file = -1;
}

bool gra__dry_run_begin(void)
{
    pthread_mutex_lock(&lock);
    const bool ready = !state.here && reserve() && open_file();
    if (ready)
        __atomic_add_fetch(&gra__dry_runs, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
    if (!ready)
        gra_fail("dry run: %s", state.here ? "one is under way on this thread already"
                                           : "the system gives no addresses for it");
    else
        state = (dry_state){.here = true};
    return ready;
}

size_t gra__dry_run_end(void)
{
    state.here = false;
    pthread_mutex_lock(&lock);
    if (__atomic_sub_fetch(&gra__dry_runs, 1, __ATOMIC_RELAXED) == 0 &&
        __atomic_load_n(&blocks, __ATOMIC_RELAXED) == 0)
        give_back();
    pthread_mutex_unlock(&lock);
    return (size_t)state.peak;
}

void *gra__dry_alloc(size_t bytes)
{
    char *found = NULL;
    pthread_mutex_lock(&lock);
    if (bytes < reserved && used > 0 && (used > round_trip || bytes > reserved - used))
        used = 0;
    if (bytes <= reserved - used && map_to(used + bytes)) {
        found = (char *)gra__dry_start + used;
        used += bytes;
    }
    pthread_mutex_unlock(&lock);
    if (found) {
        __atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
        gra__dry_count((ptrdiff_t)bytes);
    }
    return found;
}

void gra__dry_dealloc(void)
{
    __atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
}

bool gra__dry_holds(const void *block)
{
    const char *const from = __atomic_load_n(&gra__dry_start, __ATOMIC_ACQUIRE);
    return (uintptr_t)block - (uintptr_t)from < reserved;
}

void gra__dry_count(ptrdiff_t bytes)
{
    state.allocated += bytes;
    state.peak = state.allocated > state.peak ? state.allocated : state.peak;
}
