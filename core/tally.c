/* tally.c - the tallies of all threads, and the totals. */
#include "tally.h"

#include <pthread.h>

GRA__HOT gra__tally gra__tally_here;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static gra__tally *first;
static int64_t live;          /* of threads that ended */
static ptrdiff_t total, peak; /* atomic: settled bytes */
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A thread ends: another destructor may count again after this one, and be listed again. */
static void unlist(void *tally)
{
    gra__tally *const t = tally;
    gra__tally_settle();
    pthread_mutex_lock(&lock);
    gra__tally **at = &first;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    live += t->live;
    pthread_mutex_unlock(&lock);
    *t = (gra__tally){0};
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

/* In the child only the thread that forked goes on, and the memory of the others' tallies is given to new
 * threads: what they counted is added up, as when they end. */
static void after_fork_in_child(void)
{
    gra__tally *const own = &gra__tally_here;
    for (const gra__tally *t = first; t; t = t->next)
        if (t != own) {
            live += t->live;
            total += t->bytes;
        }
    first = own->listed ? own : NULL;
    own->next = NULL;
    pthread_mutex_unlock(&lock);
}

static void make_key(void)
{
    pthread_key_create(&key, unlist);
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

void gra__tally_list(void)
{
    gra__tally *const t = &gra__tally_here;
    pthread_once(&once, make_key);
    pthread_setspecific(key, t);
    t->listed = true;
    pthread_mutex_lock(&lock);
    t->next = first;
    first = t;
    pthread_mutex_unlock(&lock);
}

static void raise_peak(ptrdiff_t reached)
{
    ptrdiff_t seen = __atomic_load_n(&peak, __ATOMIC_RELAXED);
    while (reached > seen && !__atomic_compare_exchange_n(&peak, &seen, reached, true,
                                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

void gra__tally_settle(void)
{
    gra__tally *const t = &gra__tally_here;
    const ptrdiff_t before = __atomic_fetch_add(&total, t->bytes, __ATOMIC_RELAXED);
    raise_peak(before + t->highest);
    __atomic_store_n(&t->bytes, 0, __ATOMIC_RELAXED);
    t->highest = 0;
}

void gra__tally_many(ptrdiff_t change)
{
    gra__tally_settle();
    raise_peak(__atomic_add_fetch(&total, change, __ATOMIC_RELAXED));
}

int64_t gra__total_live(void)
{
    pthread_mutex_lock(&lock);
    int64_t sum = live;
    for (const gra__tally *t = first; t; t = t->next)
        sum += __atomic_load_n(&t->live, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
    return sum;
}

size_t gra__total_bytes(void)
{
    pthread_mutex_lock(&lock);
    ptrdiff_t sum = __atomic_load_n(&total, __ATOMIC_RELAXED);
    for (const gra__tally *t = first; t; t = t->next)
        sum += __atomic_load_n(&t->bytes, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
    return sum > 0 ? (size_t)sum : 0;
}

size_t gra__peak_bytes(void)
{
    gra__tally_settle();
    return (size_t)__atomic_load_n(&peak, __ATOMIC_RELAXED);
}

void gra__reset_peak_bytes(void)
{
    gra__tally_settle();
    __atomic_store_n(&peak, (ptrdiff_t)gra__total_bytes(), __ATOMIC_RELAXED);
}
