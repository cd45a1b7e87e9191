/* test_profile.c - what gra_profile counts: calls, bytes, flops and self times. */
#include <pthread.h>
#include <time.h>

#include "gradus.h"

#include "tests/support/test.h"

enum { MOST = 64 };

static gra_profile_row rows[MOST];
static int count;

/* Ends a profile and keeps its rows. */
static void end(gra_profile *p)
{
    ck_assert_int_eq(gra_profile_stop(p), 0);
    count = gra_profile_rows(p, rows, MOST);
    ck_assert_int_ge(count, 1);
    ck_assert_int_le(count, MOST);
}

/* The row of a name, which must be there once and, where shapes are given, with these. */
static const gra_profile_row *row_of(const char *name, const char *shapes)
{
    const gra_profile_row *found = NULL;
    for (int i = 0; i < count; i++)
        if (!strcmp(rows[i].name, name) && (!shapes || !strcmp(rows[i].shapes, shapes))) {
            ck_assert_msg(!found, "%s has two rows", name);
            found = &rows[i];
        }
    ck_assert_msg(found != NULL, "there is no row %s %s", name, shapes ? shapes : "");
    return found;
}

static bool has_row(const char *name)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(rows[i].name, name))
            return true;
    return false;
}

static void check_row(const char *name, uint64_t calls, double bytes, double flops)
{
    const gra_profile_row *const row = row_of(name, NULL);
    ck_assert_msg(row->calls == calls && row->bytes == bytes && row->flops == flops,
                  "%s: %llu calls, %g bytes, %g flops; expected %llu, %g, %g", name,
                  (unsigned long long)row->calls, row->bytes, row->flops, (unsigned long long)calls,
                  bytes, flops);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void wait_milliseconds(int64_t milliseconds)
{
    const double until = seconds() + 1e-3 * (double)milliseconds;
    while (seconds() < until)
        ;
}

/* ---- counts ---- */

GRA_TEST(calls_bytes_and_flops_of_a_training_step_are_those_counted_by_hand)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(5, 3));
    gra_tensor *const w = gra_ones(GRA_SHAPE(2, 3), .requires_grad = true);
    gra_tensor *const b = gra_ones(GRA_SHAPE(2), .requires_grad = true);
    gra_optim *const opt =
        gra_sgd(.tensors = ((gra_tensor *[]){w, b}), .count = 2, .lr = 0.1, .momentum = 0.9);
    gra_profile *const p = gra_profile_start();
    for (int i = 0; i < 3; i++) {
        gra_tensor *const y = gra_linear(x, w, b);
        gra_zero_grad(opt);
        gra_backward(gra_sum(y));
        gra_step(opt);
    }
    end(p);
    /* x 60 bytes, w 24, b 8, y 40; 2 x 5 x 2 x 3 flops. dw = g^T x has as many; g is one number,
     * repeated. */
    check_row("linear", 3, 3 * (60 + 24 + 8 + 40), 3 * 60);
    check_row("matmul", 3, 3 * (4 + 60 + 24), 3 * 60);
    check_row("linear vjp", 3, 0, 0);
    check_row("sum vjp", 3, 0, 0);
    check_row("gra_backward", 3, 0, 0);
    check_row("SGD", 6, 3 * 5 * (24 + 8),
              0); /* weight and momentum read and written, gradient read */
    check_row("(other)", 0, 0, 0);
    ck_assert(!has_row("gradient sums"));
    gra_free(p, opt);
}

GRA_TEST(bytes_are_those_of_inputs_and_outputs)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(4, 3)), *const row = gra_ones(GRA_SHAPE(3));
    gra_tensor *const wide = gra_expand(row, GRA_SHAPE(4, 3));
    gra_tensor *const integers = gra_to(row, GRA_INT64);
    gra_profile *const p = gra_profile_start();
    gra_add(x, row);                    /* 48 + 12 + 48: what is broadcast counts once, */
    gra_sub(x, wide);                   /* also where it was expanded before */
    gra_mul_(x, x);                     /* in place: read, read and written */
    gra_transpose(x, 0, 1);             /* a view */
    gra_to(integers, GRA_FLOAT64);      /* 24 + 24 */
    gra_exp(gra_ones(GRA_SHAPE(0, 3))); /* no element */
    end(p);
    check_row("add", 1, 48 + 12 + 48, 0);
    check_row("sub", 1, 48 + 12 + 48, 0);
    check_row("mul_", 1, 3 * 48, 0);
    check_row("transpose", 1, 0, 0);
    check_row("to", 1, 48, 0);
    check_row("exp", 1, 0, 0);
    gra_free(p);
}

GRA_TEST(flops_of_convolutions_and_products_are_two_for_each_multiply_add)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 4, 6, 5), .requires_grad = true);
    gra_tensor *const w = gra_ones(GRA_SHAPE(6, 2, 3, 3), .requires_grad = true);
    gra_profile *const p = gra_profile_start();
    gra_backward(gra_sum(gra_conv2d(x, w, .padding = 1, .groups = 2)));
    gra_matmul(gra_ones(GRA_SHAPE(7, 2, 3)), gra_ones(GRA_SHAPE(3, 4)));
    gra_matmul(gra_ones(GRA_SHAPE(3)), gra_ones(GRA_SHAPE(3)));
    end(p);
    const double conv = 2.0 * 2 * 6 * 6 * 5 * 2 * 3 * 3;
    ck_assert_double_eq(row_of("conv2d", NULL)->flops, conv);
    ck_assert_double_eq(row_of("conv2d_backward_input", NULL)->flops, conv);
    ck_assert_double_eq(row_of("conv2d_backward_weight", NULL)->flops, conv);
    ck_assert_double_eq(row_of("matmul", NULL)->flops, 2 * 7 * 2 * 3 * 4 + 2 * 3);
    gra_free(p);
}

GRA_TEST(sums_and_copies_of_gradients_have_rows)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(4, 3), .requires_grad = true);
    gra_tensor *const turned = gra_ones(GRA_SHAPE(3, 4));
    gra_profile *const p = gra_profile_start();
    gra_backward(gra_sum(gra_mul(gra_transpose(x, 0, 1), turned))); /* a gradient in other order */
    gra_backward(gra_sum(gra_square(x)));                           /* one that is added to it */
    end(p);
    check_row("gradient copies", 1, 2 * 48, 0);
    check_row("gradient sums", 1, 3 * 48, 0);
    check_row("gra_backward", 2, 0, 0);
    gra_free(p);
}

GRA_TEST(by_shape_gives_a_row_to_each_combination)
{
    gra_tensor *const a = gra_ones(GRA_SHAPE(2, 3)), *const b = gra_ones(GRA_SHAPE(3, 4));
    gra_profile *const p = gra_profile_start(.by_shape = true);
    for (int i = 0; i < 2; i++)
        gra_linear(gra_matmul(a, b), gra_ones(GRA_SHAPE(1, 4)), NULL);
    gra_matmul(b, gra_ones(GRA_SHAPE(4, 5)));
    gra_sum(a);
    gra_sum(a, .dims = GRA_DIMS(1));
    end(p);
    ck_assert_uint_eq(row_of("matmul", "[2, 3] [3, 4] -> [2, 4]")->calls, 2);
    ck_assert_uint_eq(row_of("matmul", "[3, 4] [4, 5] -> [3, 5]")->calls, 1);
    ck_assert_uint_eq(row_of("linear", "[2, 4] [1, 4] -> [2, 1]")->calls, 2);
    ck_assert_uint_eq(row_of("sum", "[2, 3] -> []")->calls, 1);
    ck_assert_uint_eq(row_of("sum", "[2, 3] -> [2]")->calls, 1);
    gra_free(p);
}

/* ---- times ---- */

static void slow_forward(gra_call *c)
{
    wait_milliseconds(gra_call_int(c, "milliseconds"));
    c->out[0] = gra_add_scalar(c->in[0], 1);
}

static double slow_flops(const gra_call *c)
{
    return (double)gra_tensor_numel(c->in[0]);
}

static const gra_op slow = {
    .schema = "slow(Tensor x, int milliseconds) -> Tensor",
    .forward = slow_forward,
    .args_size = sizeof(int64_t),
    .flops = slow_flops,
};

static void around_forward(gra_call *c)
{
    wait_milliseconds(10);
    c->out[0] = gra_apply(&slow, c->in, 1, &(int64_t){20});
}

static const gra_op around = {
    .schema = "around(Tensor x) -> Tensor",
    .forward = around_forward,
};

GRA_TEST(an_op_inside_of_another_counts_for_itself_and_the_rows_add_up)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(3));
    const double start = seconds();
    gra_profile *const p = gra_profile_start();
    wait_milliseconds(5);
    gra_apply(&around, &x, 1, NULL);
    end(p);
    const double wall = seconds() - start, total = gra_profile_seconds(p);
    ck_assert_double_ge(row_of("around", NULL)->seconds, 0.010);
    ck_assert_double_ge(row_of("slow", NULL)->seconds, 0.020);
    ck_assert_double_ge(row_of("(other)", NULL)->seconds, 0.005);
    ck_assert_uint_eq(row_of("add_scalar", NULL)->calls, 1);
    check_row("slow", 1, 24, 3);
    ck_assert_double_le(total, wall);
    double sum = 0, shares = 0;
    for (int i = 0; i < count; i++) {
        sum += rows[i].seconds;
        shares += rows[i].share;
        ck_assert(i == 0 || i == count - 1 || rows[i].seconds <= rows[i - 1].seconds);
    }
    ck_assert_double_eq_tol(sum, total, 1e-9);
    ck_assert_double_eq_tol(shares, 1, 1e-9);
    gra_free(p);
}

/* ---- odd courses ---- */

GRA_TEST(a_call_that_fails_has_ended)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2));
    gra_profile *const p = gra_profile_start();
    ck_assert_ptr_null(gra_add(x, gra_ones(GRA_SHAPE(3))));
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
    gra_add(x, x);
    end(p);
    check_row("add", 2, 3 * 8, 0); /* the failed one has no bytes */
    gra_free(p);
}

static void nested_forward(gra_call *c)
{
    const int64_t deeper = gra_call_int(c, "times") - 1;
    c->out[0] = deeper ? gra_apply(c->op, c->in, 1, &deeper) : gra_clone(c->in[0]);
}

static const gra_op nested = {
    .schema = "nested(Tensor x, int times) -> Tensor",
    .forward = nested_forward,
    .args_size = sizeof(int64_t),
};

GRA_TEST(calls_far_inside_of_each_other_count_as_the_one_around_them)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(2));
    gra_profile *const p = gra_profile_start();
    gra_apply(&nested, &x, 1, &(int64_t){200});
    gra_clone(x);
    end(p);
    ck_assert_uint_eq(row_of("nested", NULL)->calls, 64);
    ck_assert_uint_eq(row_of("clone", NULL)->calls, 1);
    gra_free(p);
}

static gra_profile *from_inside;

static void starting_forward(gra_call *c)
{
    from_inside = gra_profile_start();
    c->out[0] = gra_neg(c->in[0]);
}

static void stopping_forward(gra_call *c)
{
    c->out[0] = gra_neg(c->in[0]);
    gra_profile_stop(from_inside);
}

GRA_TEST(a_profile_may_start_and_stop_inside_of_an_op)
{
    static const gra_op starting = {.schema = "starting(Tensor x) -> Tensor",
                                    .forward = starting_forward};
    static const gra_op stopping = {.schema = "stopping(Tensor x) -> Tensor",
                                    .forward = stopping_forward};
    gra_tensor *x = gra_ones(GRA_SHAPE(2));
    gra_apply(&starting, &x, 1, NULL);
    gra_apply(&stopping, &x, 1, NULL);
    count = gra_profile_rows(from_inside, rows, MOST);
    ck_assert_int_eq(count, 2); /* neg and (other): the other two were under way at an end */
    check_row("neg", 2, 2 * 16, 0);
    gra_free(from_inside);
}

static void *compute(void *context)
{
    gra_exp(gra_ones(GRA_SHAPE(2)));
    gra_profile *const p = gra_profile_start();
    *(bool *)context = !p;
    gra_clear_error();
    return NULL;
}

GRA_TEST(other_threads_are_not_counted_and_have_no_profile_meanwhile)
{
    pthread_t thread;
    bool refused = false;
    gra_profile *const p = gra_profile_start();
    ck_assert_int_eq(pthread_create(&thread, NULL, compute, &refused), 0);
    pthread_join(thread, NULL);
    end(p);
    ck_assert(refused);
    ck_assert_int_eq(count, 1);
    gra_free(p);
}

GRA_TEST(one_profile_runs_at_a_time_and_one_that_is_freed_has_ended)
{
    gra_profile *p = gra_profile_start();
    ck_assert_ptr_null(gra_profile_start());
    GRA_ASSERT_ERROR("gra_profile_start: a profile is running already; gra_profile_stop or "
                     "gra_free that one first");
    gra_free(p);
    p = gra_profile_start();
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(gra_profile_stop(p), 0);
    gra_exp(gra_ones(GRA_SHAPE(2)));
    ck_assert_int_eq(gra_profile_rows(p, NULL, 0), 1);
    gra_free(p);
}

GRA_TEST(what_makes_no_sense_is_an_error)
{
    gra_profile *const p = gra_profile_start();
    ck_assert_int_eq(gra_profile_rows(p, rows, MOST), -1);
    GRA_ASSERT_ERROR("gra_profile_rows: the profile is running; call gra_profile_stop first");
    ck_assert_int_eq(gra_profile_print(p, stdout), -1);
    GRA_ASSERT_ERROR("gra_profile_print: the profile is running; call gra_profile_stop first");
    ck_assert(isnan(gra_profile_seconds(p)));
    GRA_ASSERT_ERROR("gra_profile_seconds: the profile is running; call gra_profile_stop first");
    ck_assert_int_eq(gra_profile_stop(p), 0);
    ck_assert_int_eq(gra_profile_stop(p), -1);
    GRA_ASSERT_ERROR("gra_profile_stop: the profile has ended already");
    ck_assert_int_eq(gra_profile_print(p, NULL), -1);
    GRA_ASSERT_ERROR("gra_profile_print: the file is NULL");
    ck_assert_int_eq(gra_profile_stop(NULL), -1);
    GRA_ASSERT_ERROR("gra_profile_stop: the profile is NULL");
    ck_assert_int_eq(gra_profile_rows(NULL, rows, MOST), -1);
    GRA_ASSERT_ERROR("gra_profile_rows: the profile is NULL");
    gra_free(p);
}

GRA_TEST(the_table_has_a_line_for_each_row)
{
    gra_profile *const p = gra_profile_start(.by_shape = true);
    gra_matmul(gra_ones(GRA_SHAPE(2, 3)), gra_ones(GRA_SHAPE(3, 4)));
    end(p);
    char *text = NULL;
    size_t size;
    FILE *const file = open_memstream(&text, &size);
    ck_assert_int_eq(gra_profile_print(p, file), 0);
    fclose(file);
    static const char head[] =
        "op          calls          ms    us/call    share      GB/s   GFLOP/s  shapes\nmatmul ";
    ck_assert_msg(!strncmp(text, head, sizeof head - 1), "the table begins with\n%s", text);
    ck_assert_ptr_nonnull(strstr(text, "  [2, 3] [3, 4] -> [2, 4]\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n(other) "));
    ck_assert_ptr_nonnull(strstr(text, "\ntotal "));
    ck_assert_ptr_nonnull(strstr(text, "  100.0 %\n"));
    free(text);
    gra_free(p);
}

GRA_TEST_MAIN("profile", calls_bytes_and_flops_of_a_training_step_are_those_counted_by_hand,
              bytes_are_those_of_inputs_and_outputs,
              flops_of_convolutions_and_products_are_two_for_each_multiply_add,
              sums_and_copies_of_gradients_have_rows, by_shape_gives_a_row_to_each_combination,
              an_op_inside_of_another_counts_for_itself_and_the_rows_add_up,
              a_call_that_fails_has_ended,
              calls_far_inside_of_each_other_count_as_the_one_around_them,
              a_profile_may_start_and_stop_inside_of_an_op,
              other_threads_are_not_counted_and_have_no_profile_meanwhile,
              one_profile_runs_at_a_time_and_one_that_is_freed_has_ended,
              what_makes_no_sense_is_an_error, the_table_has_a_line_for_each_row)
