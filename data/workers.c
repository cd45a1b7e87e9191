/* workers.c - threads that make a loader's batches ahead. */
#include "data/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/op.h"
#include "core/threads.h"

typedef enum slot_state {
    OPEN,    /* to be made */
    CLAIMED, /* by a worker */
    READY,
    FAILED, /* with an error that nobody has been told yet */
    TOLD,   /* the error has been told; opens when the batch is asked for again */
    ENDED,  /* the worker's part of the stream ended before this batch */
} slot_state;

typedef struct slot {
    slot_state state;
    gra__batch batch;
    char *error; /* owned, by malloc: of FAILED */
} slot;

struct gra__pool {
    const gra__recipe *recipe;
    gra__plan plan;
    int workers, started; /* started: threads that run */
    pthread_t *threads;
    gra__stream *streams; /* one for each worker, of a stream */
    slot *slots;
    int64_t slot_count;

    pthread_mutex_t lock;
    pthread_cond_t work;  /* a batch may be claimed, or a pause has ended */
    pthread_cond_t ready; /* the batch that is next is made */
    pthread_cond_t idle;  /* all that are busy stand still, or none is */
    int64_t position;     /* of the batch that is next */
    int busy;             /* workers in the middle of a batch */
    int still;            /* those of them that wait between two examples */
    int ended;            /* parts of the stream whose end the consumer has reached */
    bool resting;         /* atomic: nothing is to be made */
    bool stopping;        /* atomic: threads end */
    bool pausing;         /* atomic: workers wait between two examples */
    struct gra__pool *next;
};

/* What a thread begins with. */
typedef struct worker {
    gra__pool *pool;
    int index;
} worker;

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static gra__pool *list; /* of all pools, for forks and the end of the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local const gra__pool *own; /* that this thread works for */

static bool flag(const bool *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void set_flag(bool *value, bool to)
{
    __atomic_store_n(value, to, __ATOMIC_RELAXED);
}

/* ---- the worker ---- */

static slot *slot_of(const gra__pool *p, int64_t batch)
{
    return &p->slots[batch % p->slot_count];
}

/* The batch that worker w is to make, or -1. The lock is held. */
static int64_t claim(const gra__pool *p, int w)
{
    if (flag(&p->resting) || flag(&p->pausing) || (p->streams && p->streams[w].told_end))
        return -1;
    const int64_t left = p->plan.batches - p->position;
    const int64_t reach = left < p->slot_count ? left : p->slot_count;
    for (int64_t b = p->position; b < p->position + reach; b++) {
        if (p->streams && b % p->workers != w)
            continue;
        const slot_state state = slot_of(p, b)->state;
        if (state == OPEN)
            return b;
        if (p->streams && state != READY) /* a stream is read on when the error has been told */
            return -1;
    }
    return -1;
}

/* Wakes who waits for workers to come to rest. The lock is held. */
static void tell_if_still(gra__pool *p)
{
    if (p->busy == p->still)
        pthread_cond_broadcast(&p->idle);
}

/* Whether to go on with an example; waits while the process forks. */
static bool go_on(void *context)
{
    gra__pool *const p = context;
    if (__builtin_expect(flag(&p->pausing), 0)) {
        pthread_mutex_lock(&p->lock);
        p->still++;
        tell_if_still(p);
        while (flag(&p->pausing) && !flag(&p->resting))
            pthread_cond_wait(&p->work, &p->lock);
        p->still--;
        pthread_mutex_unlock(&p->lock);
    }
    return !flag(&p->resting);
}

static gra__outcome make(gra__pool *p, int w, int64_t batch, gra__batch *out)
{
    const gra__gate gate = {go_on, p};
    int64_t count;
    if (p->streams)
        return gra__batch_read(p->recipe, p->plan.epoch, &p->streams[w], &gate, out);
    const int64_t *const indices = gra__plan_batch(&p->plan, batch, &count);
    return gra__batch_make(p->recipe, p->plan.epoch, indices, count, &gate, out);
}

/* Takes the pending error of this thread along. */
static char *take_error(void)
{
    char *const text = gra_error() ? strdup(gra_error()) : NULL;
    gra_clear_error();
    return text;
}

/* Claims batches until the pool stops. The lock is held, but for the making. */
static void work(gra__pool *p, int w)
{
    static const slot_state becomes[] = {
        [GRA__MADE] = READY, [GRA__ENDED] = ENDED, [GRA__FAILED] = FAILED, [GRA__STOPPED] = OPEN};
    while (!flag(&p->stopping)) {
        const int64_t batch = claim(p, w);
        if (batch < 0) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        slot *const s = slot_of(p, batch);
        s->state = CLAIMED;
        p->busy++;
        pthread_mutex_unlock(&p->lock);
        gra__batch made = {0};
        const gra__outcome result = make(p, w, batch, &made);
        char *const error = take_error();
        pthread_mutex_lock(&p->lock);
        s->batch = made;
        s->error = error;
        s->state = becomes[result];
        p->busy--;
        tell_if_still(p);
        if (batch == p->position)
            pthread_cond_signal(&p->ready);
    }
}

static void *run(void *context)
{
    const worker self = *(worker *)context;
    free(context);
    gra__pool *const p = self.pool;
    own = p;
    gra_set_threads(1);
    gra__worker_set(self.index, p->workers);
    pthread_mutex_lock(&p->lock);
    work(p, self.index);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- starting and stopping ---- */

static bool start_one(gra__pool *p)
{
    worker *const w = malloc(sizeof *w);
    if (!w)
        return gra_fail("out of memory: %zu bytes were asked for", sizeof *w);
    *w = (worker){p, p->started};
    const int failure = pthread_create(&p->threads[p->started], NULL, run, w);
    if (failure) {
        free(w);
        return gra_fail("gra_data_next: thread %d of %d workers could not be started: %s; use "
                        "fewer .workers",
                        p->started + 1, p->workers, strerror(failure));
    }
    p->started++;
    return true;
}

/* Signals are for the threads of the program. */
static bool start(gra__pool *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool fine = true;
    while (fine && p->started < p->workers)
        fine = start_one(p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fine;
}

/* Waits until no worker is in the middle of an example, or of a whole batch; with a limit, that long. The
 * lock is held. */
static bool wait_idle(gra__pool *p, bool of_batch, const struct timespec *limit)
{
    while (p->busy > (of_batch ? 0 : p->still))
        if (!limit)
            pthread_cond_wait(&p->idle, &p->lock);
        else if (pthread_cond_timedwait(&p->idle, &p->lock, limit) == ETIMEDOUT)
            return false;
    return true;
}

/* Has batches that are being made given up, also those of workers that stand still while the process forks.
 * The lock is held. */
static bool come_to_rest(gra__pool *p, const struct timespec *limit)
{
    set_flag(&p->resting, true);
    pthread_cond_broadcast(&p->work);
    return wait_idle(p, true, limit);
}

static struct timespec in_a_second(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec++;
    return t;
}

/* Ends the threads. With a limit, those of a pool that does not come to rest by then are left alone. */
static void stop(gra__pool *p, const struct timespec *limit)
{
    pthread_mutex_lock(&p->lock);
    set_flag(&p->stopping, true);
    const bool idle = come_to_rest(p, limit);
    const int started = p->started;
    p->started = 0;
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < started && idle; i++)
        pthread_join(p->threads[i], NULL);
    set_flag(&p->stopping, false);
}

/* ---- forks and the end of the process ---- */

/* Workers stand between two examples then, where they hold no lock; one that takes long over an example is
 * not waited for, as it may never end. */
static void before_fork(void)
{
    const struct timespec limit = in_a_second();
    pthread_mutex_lock(&list_lock);
    for (gra__pool *p = list; p; p = p->next) {
        pthread_mutex_lock(&p->lock);
        set_flag(&p->pausing, true);
        if (!own)
            wait_idle(p, false, &limit);
    }
}

static void end_pause(gra__pool *p)
{
    set_flag(&p->pausing, false);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
}

static void after_fork(void)
{
    for (gra__pool *p = list; p; p = p->next)
        end_pause(p);
    pthread_mutex_unlock(&list_lock);
}

static bool init_locks(gra__pool *p)
{
    return pthread_mutex_init(&p->lock, NULL) == 0 && pthread_cond_init(&p->work, NULL) == 0 &&
           pthread_cond_init(&p->ready, NULL) == 0 && pthread_cond_init(&p->idle, NULL) == 0;
}

/* The threads stayed in the parent, with what they had claimed. */
static void after_fork_in_child(void)
{
    for (gra__pool *p = list; p; p = p->next) {
        init_locks(p);
        p->started = p->busy = p->still = 0;
        set_flag(&p->pausing, false);
        for (int64_t i = 0; i < p->slot_count; i++)
            if (p->slots[i].state == CLAIMED)
                p->slots[i].state = OPEN;
    }
    pthread_mutex_init(&list_lock, NULL);
    own = NULL;
}

static void prepare(void)
{
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* Threads that went on would use what the process is taking down. */
__attribute__((destructor)) static void stop_at_exit(void)
{
    const struct timespec limit = in_a_second();
    for (gra__pool *p = own ? NULL : list; p; p = p->next)
        stop(p, &limit);
}

static void enlist(gra__pool *p)
{
    pthread_once(&once, prepare);
    pthread_mutex_lock(&list_lock);
    p->next = list;
    list = p;
    pthread_mutex_unlock(&list_lock);
}

static void unlist(const gra__pool *p)
{
    pthread_mutex_lock(&list_lock);
    gra__pool **link = &list;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    pthread_mutex_unlock(&list_lock);
}

/* ---- the pool ---- */

static void free_pool(gra__pool *p)
{
    gra__dealloc(p->threads, (size_t)p->workers * sizeof *p->threads);
    gra__dealloc(p->streams, (size_t)p->workers * sizeof *p->streams);
    gra__dealloc(p->slots, (size_t)p->slot_count * sizeof *p->slots);
    gra__dealloc(p, sizeof *p);
}

gra__pool *gra__pool_new(const gra__recipe *recipe, int workers, int prefetch)
{
    gra__pool *const p = gra__alloc_zeroed(sizeof *p);
    if (!p)
        return NULL;
    p->recipe = recipe;
    p->workers = workers;
    p->slot_count = (int64_t)workers * prefetch;
    p->resting = true;
    p->threads = gra__alloc_zeroed((size_t)workers * sizeof *p->threads);
    p->slots = gra__alloc_zeroed((size_t)p->slot_count * sizeof *p->slots);
    if (gra_dataset_is_stream(recipe->set))
        p->streams = gra__alloc_zeroed((size_t)workers * sizeof *p->streams);
    if (!gra_error() && !init_locks(p))
        gra_fail("gra_loader: the system has no lock for the workers");
    if (gra_error()) {
        free_pool(p);
        return NULL;
    }
    enlist(p);
    return p;
}

static void clear_slot(slot *s)
{
    gra__batch_drop(&s->batch);
    free(s->error);
    *s = (slot){0};
}

/* Forgets all that was made. No worker is busy. */
static void clear(gra__pool *p)
{
    for (int64_t i = 0; i < p->slot_count; i++)
        clear_slot(&p->slots[i]);
    for (int w = 0; p->streams && w < p->workers; w++)
        gra__stream_end(&p->streams[w]);
}

void gra__pool_free(gra__pool *p)
{
    if (!p)
        return;
    unlist(p);
    stop(p, NULL);
    clear(p);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->ready);
    pthread_cond_destroy(&p->idle);
    free_pool(p);
}

void gra__pool_rest(gra__pool *p)
{
    pthread_mutex_lock(&p->lock);
    come_to_rest(p, NULL);
    clear(p);
    pthread_mutex_unlock(&p->lock);
}

void gra__pool_begin(gra__pool *p, const gra__plan *plan, int64_t first)
{
    pthread_mutex_lock(&p->lock);
    p->plan = *plan;
    p->position = first;
    p->ended = 0;
    for (int w = 0; p->streams && w < p->workers; w++) {
        p->streams[w].number = w;
        p->streams[w].step = p->workers;
    }
    set_flag(&p->resting, false);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
}

/* Whether batch b would be in a part of the stream that has ended. The lock is held. */
static bool part_has_ended(const gra__pool *p, int64_t b)
{
    return p->streams && p->streams[b % p->workers].told_end;
}

/* Waits for the slot of the next batch. The lock is held. */
static slot *wait_for_next(gra__pool *p)
{
    slot *const s = slot_of(p, p->position);
    if (s->state == TOLD) {
        s->state = OPEN;
        pthread_cond_broadcast(&p->work);
    }
    while (s->state == OPEN || s->state == CLAIMED)
        pthread_cond_wait(&p->ready, &p->lock);
    return s;
}

/* Goes on to the batch behind the next one. The lock is held. */
static void advance(gra__pool *p)
{
    p->position++;
    pthread_cond_broadcast(&p->work);
}

static gra__outcome next_batch(gra__pool *p, gra__batch *out)
{
    while (p->ended < p->workers && p->position < p->plan.batches) {
        if (part_has_ended(p, p->position)) {
            advance(p);
            continue;
        }
        slot *const s = wait_for_next(p);
        *out = s->batch;
        s->batch = (gra__batch){0};
        if (s->state == FAILED) {
            gra__error_set(s->error ? s->error : "gra_data_next: out of memory");
            free(s->error);
            *s = (slot){.state = TOLD};
            return GRA__FAILED;
        }
        const bool ended = s->state == ENDED;
        s->state = OPEN;
        if (!ended) {
            advance(p);
            return GRA__MADE;
        }
        p->streams[p->position % p->workers].told_end = true;
        p->ended++;
        advance(p);
        if (out->skipped)
            return GRA__MADE;
    }
    return GRA__ENDED;
}

gra__outcome gra__pool_next(gra__pool *p, gra__batch *out)
{
    if (p->started < p->workers && !start(p))
        return GRA__FAILED;
    pthread_mutex_lock(&p->lock);
    const gra__outcome result = next_batch(p, out);
    pthread_mutex_unlock(&p->lock);
    return result;
}
