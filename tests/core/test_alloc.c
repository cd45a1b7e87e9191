/* test_alloc.c - the caching allocator: alignment, size classes, statistics, reuse.
 *
 * Built with and without pooling; what differs is asked of the library at run time.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/scope.h"

#include "core/alloc.h"
#include "core/alloc_cache.h"
#include "core/create.h"
#include "../support/test.h"

enum { LARGE = 1 << 20 }; /* bytes of a block that is cached by the process */

/* Whether this build keeps freed blocks. */
static bool pooling(void)
{
    gra_memory_trim();
    gra__dealloc(gra__alloc(LARGE), LARGE);
    const bool kept = gra_memory_stats().cached > 0;
    gra_memory_trim();
    return kept;
}

GRA_TEST(blocks_are_aligned_to_64_bytes)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 500, 513, 4096, 65537, LARGE, LARGE + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *const block = gra__alloc(sizes[i]);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        memset(block, 0xff, sizes[i]);
        gra__dealloc(block, sizes[i]);
    }
}

GRA_TEST(a_zeroed_block_is_zero_even_when_it_is_reused)
{
    for (int round = 0; round < 2; round++) {
        unsigned char *const block = gra__alloc_zeroed(1000);
        for (int i = 0; i < 1000; i++)
            ck_assert_uint_eq(block[i], 0);
        memset(block, 0xff, 1000);
        gra__dealloc(block, 1000);
    }
}

/* Bytes that a request counts for. */
static size_t rounded(size_t size)
{
    const size_t before = gra_memory_stats().allocated;
    void *const block = gra__alloc(size);
    ck_assert_ptr_nonnull(block);
    const size_t bytes = gra_memory_stats().allocated - before;
    gra__dealloc(block, size);
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
    return bytes;
}

GRA_TEST(a_request_is_rounded_up_to_its_class)
{
    static const size_t expected[][2] = {
        {0, 64},
        {1, 64},
        {64, 64},
        {65, 128},
        {512, 512},
        {513, 576},
        {577, 640},
        {960, 960},
        {1024, 1024},
        {1025, 1152},
        {1153, 1280},
        {2048, 2048},
        {2049, 2304},
        {4097, 4608},
        {65536, 65536},
        {65537, 73728},
        {1000000, 1048576},
        {1048577, 1048640},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_uint_eq(rounded(expected[i][0]), expected[i][1]);
}

GRA_TEST(at_most_an_eighth_is_lost)
{
    for (size_t size = 513; size < 40000; size += 7) {
        const size_t bytes = rounded(size);
        ck_assert_uint_ge(bytes, size);
        ck_assert_uint_le(bytes, (size + 63) / 64 * 64 * 9 / 8);
    }
}

GRA_TEST(the_peak_is_the_largest_use_since_its_reset)
{
    gra_memory_reset_peak();
    const gra_memory start = gra_memory_stats();
    ck_assert_uint_eq(start.peak, start.allocated);
    void *const a = gra__alloc(LARGE), *const b = gra__alloc(LARGE);
    gra__dealloc(a, LARGE);
    ck_assert_uint_eq(gra_memory_stats().allocated, start.allocated + LARGE);
    ck_assert_uint_eq(gra_memory_stats().peak, start.allocated + 2 * LARGE);
    gra_memory_reset_peak();
    ck_assert_uint_eq(gra_memory_stats().peak, start.allocated + LARGE);
    gra__dealloc(b, LARGE);
    ck_assert_uint_eq(gra_memory_stats().peak, start.allocated + LARGE);
}

static void check_reuse(size_t size)
{
    gra_memory_trim();
    void *const first = gra__alloc(size);
    const uint64_t calls = gra_memory_stats().system_calls;
    gra__dealloc(first, size);
    void *const second = gra__alloc(size);
    const uint64_t made = gra_memory_stats().system_calls - calls;
    gra__dealloc(second, size);
    ck_assert_uint_eq(made, pooling() ? 0 : 1);
}

GRA_TEST(a_freed_block_serves_the_next_request_of_its_class)
{
    check_reuse(1);
    check_reuse(1000);
    check_reuse(65536);
    check_reuse(65537);
    check_reuse(LARGE);
}

GRA_TEST(another_class_asks_the_system)
{
    gra_memory_trim();
    gra__dealloc(gra__alloc(1000), 1000);
    const uint64_t calls = gra_memory_stats().system_calls;
    gra__dealloc(gra__alloc(2000), 2000);
    ck_assert_uint_eq(gra_memory_stats().system_calls, calls + 1);
}

GRA_TEST(the_process_wide_cache_is_counted_and_trimmed)
{
    const bool kept = pooling();
    ck_assert_uint_eq(gra_memory_stats().cached, 0);
    gra__dealloc(gra__alloc(LARGE), LARGE);
    ck_assert_uint_eq(gra_memory_stats().cached, kept ? LARGE : 0);
    gra_memory_trim();
    ck_assert_uint_eq(gra_memory_stats().cached, 0);
    const uint64_t calls = gra_memory_stats().system_calls;
    gra__dealloc(gra__alloc(LARGE), LARGE);
    ck_assert_uint_eq(gra_memory_stats().system_calls, calls + 1);
    gra_memory_trim();
}

GRA_TEST(trimming_gives_back_the_small_blocks_of_this_thread)
{
    gra__dealloc(gra__alloc(100), 100);
    gra_memory_trim();
    const uint64_t calls = gra_memory_stats().system_calls;
    gra__dealloc(gra__alloc(100), 100);
    ck_assert_uint_eq(gra_memory_stats().system_calls, calls + 1);
}

static void *allocate_and_free(void *unused)
{
    (void)unused;
    gra__dealloc(gra__alloc(LARGE), LARGE);
    gra__dealloc(gra__alloc(100), 100);
    return NULL;
}

GRA_TEST(large_blocks_are_shared_between_threads)
{
    const bool kept = pooling();
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, allocate_and_free, NULL), 0);
    pthread_join(thread, NULL);
    const uint64_t calls = gra_memory_stats().system_calls;
    gra__dealloc(gra__alloc(LARGE), LARGE);
    ck_assert_uint_eq(gra_memory_stats().system_calls, calls + (kept ? 0 : 1));
    gra_memory_trim();
}

GRA_TEST(freed_neighbours_serve_one_larger_request)
{
    gra_memory_trim();
    void *const a = gra__alloc(3 * LARGE), *const b = gra__alloc(5 * LARGE);
    void *const behind = gra__alloc(2 * LARGE);
    gra__dealloc(a, 3 * LARGE);
    gra__dealloc(b, 5 * LARGE);
    const uint64_t calls = gra_memory_stats().system_calls;
    void *const c = gra__alloc(8 * LARGE);
    const uint64_t made = gra_memory_stats().system_calls - calls;
    gra__dealloc(c, 8 * LARGE);
    gra__dealloc(behind, 2 * LARGE);
    ck_assert_uint_eq(made, pooling() ? 0 : 1);
    gra_memory_trim();
}

/* Blocks of many sizes, each filled with its own byte, which must still be there when it is freed. */
GRA_TEST(large_blocks_do_not_overlap)
{
    enum { BLOCKS = 24, ROUNDS = 400 };
    unsigned char *block[BLOCKS] = {NULL};
    size_t size[BLOCKS] = {0};
    unsigned state = 1;
    for (int round = 0; round < ROUNDS; round++) {
        state = state * 1664525u + 1013904223u;
        const int i = (int)(state >> 8) % BLOCKS;
        for (size_t k = 0; block[i] && k < size[i]; k += 4096)
            ck_assert_uint_eq(block[i][k], (unsigned char)i);
        gra__dealloc(block[i], size[i]);
        size[i] = LARGE + 1 + (state >> 12);
        block[i] = gra__alloc(size[i]);
        ck_assert_ptr_nonnull(block[i]);
        ck_assert_uint_eq((uintptr_t)block[i] % 64, 0);
        memset(block[i], i, size[i]);
    }
    for (int i = 0; i < BLOCKS; i++)
        gra__dealloc(block[i], size[i]);
    gra_memory_trim();
    ck_assert_uint_eq(gra_memory_stats().cached, 0);
}

static void *allocate_many(void *blocks)
{
    for (int i = 0; i < 1000; i++)
        ((void **)blocks)[i] = gra__alloc(10000);
    return NULL;
}

GRA_TEST(small_blocks_that_another_thread_freed_are_used_again)
{
    const bool kept = pooling();
    const uint64_t calls = gra_memory_stats().system_calls;
    for (int round = 0; round < 10; round++) {
        void *blocks[1000];
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, allocate_many, blocks), 0);
        pthread_join(thread, NULL);
        for (int i = 0; i < 1000; i++)
            gra__dealloc(blocks[i], 10000);
    }
    const uint64_t made = gra_memory_stats().system_calls - calls;
    ck_assert_uint_le(made, kept ? 2000 : 10000);
    gra_memory_trim();
}

static void *churn(void *seed)
{
    unsigned state = *(unsigned *)seed;
    for (int i = 0; i < 2000; i++) {
        state = state * 1664525u + 1013904223u;
        const size_t size = state >> (12 + state % 16);
        unsigned char *const block = gra__alloc(size);
        if (!block)
            return "no memory";
        memset(block, (int)(state & 255), size);
        for (size_t at = 0; at < size; at += 997)
            if (block[at] != (state & 255))
                return "a block was handed out twice";
        gra__dealloc(block, size);
    }
    return NULL;
}

GRA_TEST(threads_allocate_at_the_same_time)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    const size_t before = gra_memory_stats().allocated;
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, &seeds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        pthread_join(threads[i], &complaint);
        ck_assert_msg(!complaint, "%s", (char *)complaint);
    }
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
    gra_memory_trim();
}

GRA_TEST(more_than_there_is_is_refused)
{
    char expected[128];
    const size_t before = gra_memory_stats().allocated;
    snprintf(expected, sizeof expected,
             "out of memory: %zu bytes were asked for while %zu are in use", SIZE_MAX, before);
    ck_assert_ptr_null(gra__alloc(SIZE_MAX));
    GRA_ASSERT_ERROR(expected);
    ck_assert_ptr_null(gra__alloc_zeroed(SIZE_MAX / 2));
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
    ck_assert_ptr_null(gra__alloc((size_t)1 << 60));
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
}

GRA_TEST(a_tensor_too_large_is_an_error_and_leaves_nothing)
{
    const int64_t live = gra_live();
    const size_t before = gra_memory_stats().allocated;
    ck_assert_ptr_null(gra_zeros(GRA_SHAPE((int64_t)1 << 60)));
    ck_assert_ptr_eq(strstr(gra_error(),
                            "gra_zeros: out of memory for a tensor of shape [1152921504606846976]: "
                            "4611686018427387904 bytes were asked for while "),
                     gra_error());
    gra_clear_error();
    ck_assert_int_eq(gra_live(), live);
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
}

GRA_TEST(freeing_NULL_does_nothing)
{
    const size_t before = gra_memory_stats().allocated;
    gra__dealloc(NULL, 100);
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
}

GRA_TEST(a_loop_that_repeats_itself_makes_no_system_call)
{
    uint64_t calls = 0;
    for (int step = 0; step < 5; step++) {
        const int mark = gra_mark();
        for (int64_t n = 1; n <= 100000; n *= 10)
            gra_zeros(GRA_SHAPE(n));
        gra_release(mark);
        if (step == 0)
            calls = gra_memory_stats().system_calls;
    }
    if (pooling())
        ck_assert_uint_le(gra_memory_stats().system_calls, calls + 1); /* pooling() makes one */
}

GRA_TEST(memory_in_use_is_back_when_its_tensors_are_released)
{
    const size_t before = gra_memory_stats().allocated;
    const int mark = gra_mark();
    gra_zeros(GRA_SHAPE(1000, 100));
    ck_assert_uint_ge(gra_memory_stats().allocated, before + 400000);
    gra_release(mark);
    ck_assert_uint_eq(gra_memory_stats().allocated, before);
}

static pthread_barrier_t meeting;

/* Holds 100 bytes while the process forks. */
static void *hold_some(void *unused)
{
    void *const block = gra__alloc(100);
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
    gra__dealloc(block, 100);
    return unused;
}

/* In a child: a thread of its own has the memory of the one that stayed behind. */
static bool counts_as_before(size_t before)
{
    pthread_t thread;
    alarm(20);
    if (pthread_create(&thread, NULL, allocate_and_free, NULL) != 0)
        return false;
    pthread_join(thread, NULL);
    return gra_memory_stats().allocated == before;
}

GRA_TEST(a_child_process_counts_what_other_threads_of_its_parent_hold)
{
    pthread_t thread;
    int status = -1;
    pthread_barrier_init(&meeting, NULL, 2);
    gra__dealloc(gra__alloc(100), 100);
    ck_assert_int_eq(pthread_create(&thread, NULL, hold_some, NULL), 0);
    pthread_barrier_wait(&meeting);
    const size_t before = gra_memory_stats().allocated;
    const pid_t child = fork();
    if (child == 0)
        _exit(counts_as_before(before) ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    pthread_barrier_wait(&meeting);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&meeting);
    ck_assert_uint_lt(gra_memory_stats().allocated, before);
}

GRA_TEST_MAIN("alloc", blocks_are_aligned_to_64_bytes,
              a_zeroed_block_is_zero_even_when_it_is_reused, a_request_is_rounded_up_to_its_class,
              at_most_an_eighth_is_lost, the_peak_is_the_largest_use_since_its_reset,
              a_freed_block_serves_the_next_request_of_its_class, another_class_asks_the_system,
              the_process_wide_cache_is_counted_and_trimmed,
              trimming_gives_back_the_small_blocks_of_this_thread,
              large_blocks_are_shared_between_threads, freed_neighbours_serve_one_larger_request,
              large_blocks_do_not_overlap, small_blocks_that_another_thread_freed_are_used_again,
              threads_allocate_at_the_same_time, more_than_there_is_is_refused,
              a_tensor_too_large_is_an_error_and_leaves_nothing, freeing_NULL_does_nothing,
              a_loop_that_repeats_itself_makes_no_system_call,
              memory_in_use_is_back_when_its_tensors_are_released,
              a_child_process_counts_what_other_threads_of_its_parent_hold)
