/* test_loader_state.c - going on in the middle of an epoch. */
#include "numbers.h"

static gra_data *make(int kind, int workers)
{
    gra_sampler *const sampler =
        kind == 2 ? gra_random_sampler(50, .count = 33, .replacement = true) : NULL;
    gra_sampler *const batches = kind == 3 ? gra_batch_sampler(gra_random_sampler(50), 7) : NULL;
    return kind == 3
               ? gra_loader(numbers_of(50), .seed = 4, .workers = workers, .batch_sampler = batches)
               : gra_loader(numbers_of(50), .seed = 4, .batch = 4, .shuffle = kind == 1,
                            .workers = workers, .sampler = sampler);
}

GRA_TEST(a_loader_goes_on_in_the_middle_of_an_epoch)
{
    static reading before, rest[3], got;
    for (int kind = 0; kind < 4; kind++)
        for (int workers = 0; workers < 3; workers += 2) {
            gra_data *const first = make(kind, workers);
            read_batches(first, &before, MOST);
            if (kind == 0)
                gra_data_shuffle(first);
            read_batches(first, &before, 3);
            const gra_data_state state = gra_data_get_state(first);
            ck_assert_int_eq(state.epoch, kind == 0 ? 2 : 1);
            ck_assert_int_eq(state.batch, 3);
            ck_assert(state.shuffled == (kind < 2));
            for (int k = 0; k < 3; k++)
                read_batches(first, &rest[k], MOST);
            gra_data *const second = make(kind, 2 - workers);
            read_batches(second, &got, workers); /* wherever it stands */
            ck_assert_int_eq(gra_data_set_state(second, state), 0);
            for (int k = 0; k < 3; k++) {
                read_batches(second, &got, MOST);
                ck_assert(same_reading(&got, &rest[k]));
            }
            gra_free(first, second);
        }
}

GRA_TEST(a_state_at_the_end_of_an_epoch_goes_on_with_the_next)
{
    static reading r, expected;
    gra_data *const data = gra_loader(numbers_of(10), .batch = 5, .shuffle = true);
    read_batches(data, &r, 2); /* all of it, but for the false at the end */
    gra_data_state state = gra_data_get_state(data);
    ck_assert_int_eq(state.batch, 2);
    read_batches(data, &r, MOST);
    ck_assert_int_eq(r.count, 0);
    read_batches(data, &expected, MOST);
    ck_assert_int_eq(gra_data_set_state(data, state), 0);
    read_batches(data, &r, MOST);
    ck_assert_int_eq(r.count, 0);
    state = gra_data_get_state(data);
    ck_assert_int_eq(state.epoch, 1);
    ck_assert_int_eq(state.batch, 0);
    read_batches(data, &r, MOST);
    ck_assert(same_reading(&r, &expected));
    gra_free(data);
}

static int begun; /* how often count's readers began */

static int count_begin(const gra_dataset *set, void *state)
{
    (void)set, (void)state;
    begun++;
    return 0;
}

/* Numbers below 20, of which each worker takes a share. */
static int count_next(const gra_dataset *set, void *state, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    int64_t *const at = state;
    const int64_t i = gra_worker_index() + gra_worker_count() * (*at)++;
    if (i >= 20)
        return 0;
    *x = gra_vector(gra_draw_uniform(0, 1), 0, 0);
    *y = gra_scalar((double)i, GRA_INT64);
    return 1;
}

GRA_TEST(a_stream_goes_on_where_it_stopped)
{
    static const gra_dataset_class count_class = {
        .name = "count", .reader_size = sizeof(int64_t), .next = count_next};
    static reading before, rest[2], got;
    for (int workers = 0; workers < 4; workers++) {
        gra_data *const first =
            gra_loader(gra_dataset_new(&count_class, 0), .batch = 3, .workers = workers);
        read_batches(first, &before, 4);
        const gra_data_state state = gra_data_get_state(first);
        ck_assert_int_eq(state.batch, 4);
        read_batches(first, &rest[0], MOST);
        read_batches(first, &rest[1], MOST);
        gra_data *const second =
            gra_loader(gra_dataset_new(&count_class, 0), .batch = 3, .workers = workers);
        ck_assert_int_eq(gra_data_set_state(second, state), 0);
        ck_assert_int_eq(gra_data_get_state(second).batch, 4); /* before it is read as well */
        for (int k = 0; k < 2; k++) {
            read_batches(second, &got, MOST);
            ck_assert(same_reading(&got, &rest[k]));
        }
        gra_free(first, second);
    }
}

GRA_TEST(a_state_that_cannot_be_does_not_read_a_stream_again)
{
    static const gra_dataset_class count_class = {
        .name = "count", .reader_size = sizeof(int64_t), .begin = count_begin, .next = count_next};
    static reading got;
    gra_data *const data = gra_loader(gra_dataset_new(&count_class, 0), .batch = 3);
    begun = 0;
    read_batches(data, &got, 2);
    ck_assert_int_eq(gra_data_set_state(data, (gra_data_state){.batch = -1}), -1);
    GRA_ASSERT_ERROR("gra_data_set_state: epoch 0, batch -1 is out of range; both count from 0");
    read_batches(data, &got, 2);
    ck_assert_int_eq(got.labels[0], 6);
    ck_assert_int_eq(begun, 1);
    gra_free(data);
}

GRA_TEST(a_state_that_cannot_be_is_an_error_and_changes_nothing)
{
    static reading expected, got;
    for (int workers = 0; workers < 2; workers++) {
        gra_data *const a = gra_loader(numbers_of(50), .batch = 5, .workers = workers);
        gra_data *const b = gra_loader(numbers_of(50), .batch = 5);
        read_batches(a, &got, 3);
        read_batches(b, &got, 3);
        ck_assert_int_eq(gra_data_set_state(a, (gra_data_state){.epoch = 3, .batch = 11}), -1);
        GRA_ASSERT_ERROR("gra_data_set_state: an epoch has 10 batches, and the state is behind "
                         "batch 11; make the loader with the options that it had then");
        ck_assert_int_eq(gra_data_set_state(a, (gra_data_state){.epoch = -1}), -1);
        GRA_ASSERT_ERROR(
            "gra_data_set_state: epoch -1, batch 0 is out of range; both count from 0");
        read_batches(a, &got, MOST);
        read_batches(b, &expected, MOST);
        ck_assert(same_reading(&got, &expected));
        gra_free(a, b);
    }
    ck_assert_int_eq(gra_data_set_state(NULL, (gra_data_state){0}), -1);
    ck_assert_int_eq(gra_data_get_state(NULL).epoch, 0);
    GRA_ASSERT_NO_ERROR();
}

GRA_TEST_MAIN("loader_state", a_loader_goes_on_in_the_middle_of_an_epoch,
              a_state_at_the_end_of_an_epoch_goes_on_with_the_next,
              a_stream_goes_on_where_it_stopped,
              a_state_that_cannot_be_does_not_read_a_stream_again,
              a_state_that_cannot_be_is_an_error_and_changes_nothing)
