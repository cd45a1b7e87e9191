/* test_arena.c - large blocks in one range of addresses, also in builds whose tensors do not lie there. */
#include "gradus.h"

#include "core/arena.h"
#include "tests/support/test.h"

enum { MB = 1 << 20 };

GRA_TEST(blocks_follow_each_other_and_the_first_free_one_is_taken)
{
    char *const a = gra__arena_alloc(8 * MB), *const b = gra__arena_alloc(8 * MB);
    char *const c = gra__arena_alloc(8 * MB);
    ck_assert(a && a < b && b < c);
    ck_assert_uint_eq((uintptr_t)a % 64, 0);
    gra__arena_free(b);
    gra__arena_free(a);
    ck_assert_ptr_eq(gra__arena_alloc(16 * MB), a); /* neighbours became one */
    char *const d = gra__arena_alloc(5 * MB);
    ck_assert(d > c);
    gra__arena_free(a);
    gra__arena_free(c);
    gra__arena_free(d);
}

GRA_TEST(a_small_block_spares_the_large_ones)
{
    char *const large = gra__arena_alloc(16 * MB), *const wall = gra__arena_alloc(2 * MB);
    char *const small = gra__arena_alloc(3 * MB), *const end = gra__arena_alloc(2 * MB);
    gra__arena_free(large);
    gra__arena_free(small);
    ck_assert_ptr_eq(gra__arena_alloc(3 * MB), small);
    gra__arena_free(small);
    gra__arena_free(wall);
    gra__arena_free(end);
}

GRA_TEST(what_is_free_is_used_again_without_the_system_and_given_back_on_request)
{
    gra__arena_trim();
    char *const a = gra__arena_alloc(40 * MB);
    const uint64_t calls = gra__arena_system_calls();
    gra__arena_free(a);
    ck_assert_uint_ge(gra__arena_cached(), 40 * MB);
    gra__arena_free(gra__arena_alloc(30 * MB));
    ck_assert_uint_eq(gra__arena_system_calls(), calls);
    gra__arena_trim();
    ck_assert_uint_eq(gra__arena_cached(), 0);
}

GRA_TEST(the_arena_knows_its_blocks)
{
    char *const a = gra__arena_alloc(2 * MB);
    int other;
    ck_assert(gra__arena_holds(a));
    ck_assert(!gra__arena_holds(&other));
    gra__arena_free(a);
}

GRA_TEST(more_than_the_addresses_is_refused)
{
    ck_assert_ptr_null(gra__arena_alloc((size_t)1 << 60));
    char *const a = gra__arena_alloc(2 * MB);
    ck_assert_ptr_nonnull(a);
    gra__arena_free(a);
}

/* Each block is filled with a byte of its own, which must be there when it is freed. */
GRA_TEST(blocks_of_many_sizes_do_not_overlap)
{
    enum { BLOCKS = 24, ROUNDS = 600 };
    unsigned char *block[BLOCKS] = {NULL};
    size_t size[BLOCKS] = {0};
    unsigned state = 1;
    for (int round = 0; round < ROUNDS; round++) {
        state = state * 1664525u + 1013904223u;
        const int i = (int)(state >> 8) % BLOCKS;
        for (size_t k = 0; block[i] && k < size[i]; k += 4096)
            ck_assert_uint_eq(block[i][k], (unsigned char)i);
        if (block[i])
            gra__arena_free(block[i]);
        size[i] = (MB + (state >> 11)) / 64 * 64;
        block[i] = gra__arena_alloc(size[i]);
        ck_assert_ptr_nonnull(block[i]);
        for (size_t k = 0; k < size[i]; k += 4096)
            block[i][k] = (unsigned char)i;
        if (round % 100 == 99)
            gra__arena_trim();
    }
    for (int i = 0; i < BLOCKS; i++)
        if (block[i])
            gra__arena_free(block[i]);
}

GRA_TEST_MAIN("arena", blocks_follow_each_other_and_the_first_free_one_is_taken,
              a_small_block_spares_the_large_ones,
              what_is_free_is_used_again_without_the_system_and_given_back_on_request,
              the_arena_knows_its_blocks, more_than_the_addresses_is_refused,
              blocks_of_many_sizes_do_not_overlap)
