/* threads.c - the number of kernel threads. */
#include "threads.h"

#include "error.h"

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>

#include "thread_local.h"

static GRA__HOT int chosen;    /* 0: the default */
static GRA__HOT bool has_team; /* OpenMP keeps one for this thread */
static GRA__HOT bool alone;    /* the team stayed in the process that forked */

/* The thread whose default is a team: the address of its `chosen`. Atomic; NULL: there is none. */
static const int *first;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void resign(void *self)
{
    const int *expected = self;
    __atomic_compare_exchange_n(&first, &expected, NULL, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Only the thread that forked goes on in the child: OpenMP would wait for a team that is not there. */
static void after_fork(void)
{
    first = NULL;
    alone |= has_team;
}

static void prepare(void)
{
    pthread_key_create(&key, resign);
    pthread_atfork(NULL, NULL, after_fork);
}

static bool become_first(void)
{
    const int *holder = NULL;
    pthread_once(&once, prepare);
    if (!__atomic_compare_exchange_n(&first, &holder, &chosen, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return false;
    pthread_setspecific(key, &chosen);
    return true;
}

static void choose(int threads)
{
    chosen = threads;
}

int gra_threads(void)
{
    const int *const holder = __atomic_load_n(&first, __ATOMIC_RELAXED);
    if (alone)
        return 1;
    return chosen ? chosen : !holder || holder == &chosen ? omp_get_max_threads() : 1;
}

int gra__threads(void)
{
    if (omp_in_parallel())
        return 1;
    if (!chosen && !__atomic_load_n(&first, __ATOMIC_RELAXED) && !become_first())
        return 1;
    const int threads = gra_threads();
    if (threads > 1 && !has_team) {
        pthread_once(&once, prepare);
        has_team = true;
    }
    return threads;
}

#else

static void choose(int threads)
{
    (void)threads;
}

int gra_threads(void)
{
    return 1;
}

int gra__threads(void)
{
    return 1;
}

#endif

int gra_set_threads(int threads)
{
    if (threads < 0) {
        gra_fail("gra_set_threads: %d threads were asked for; at least 1 is needed (0: default)",
                 threads);
        return -1;
    }
    choose(threads);
    return 0;
}
