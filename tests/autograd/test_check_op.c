/* test_check_op.c - that gra_check_op passes what is right, and finds and names each kind of mistake. */
#include "gradus.h"

#include "tests/support/test.h"

enum { TEXT = 1 << 14 };

/* The verdict on an op as text, and what gra_check_op returned; the error is left pending. */
static int verdict_of(const gra_op *op, char *text)
{
    FILE *const file = fmemopen(text, TEXT, "w");
    const int result = gra_check_op(.op = op, .file = file);
    fclose(file);
    return result;
}

static void assert_passes(const gra_op *op)
{
    char text[TEXT];
    ck_assert_msg(verdict_of(op, text) == 0, "%s\n%s", gra_error(), text);
    ck_assert_msg(!strstr(text, "WRONG"), "%s", text);
}

/* Fails in one check alone, whose line is this. */
static void assert_fails(const gra_op *op, const char *line)
{
    char text[TEXT];
    ck_assert_int_eq(verdict_of(op, text), -1);
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
    const char *const wrong = strstr(text, "  WRONG");
    ck_assert_msg(wrong && strncmp(wrong, line, strlen(line)) == 0, "expected\n%s\nin\n%s", line,
                  text);
    ck_assert_msg(!strstr(wrong + 1, "  WRONG"), "one mistake, several verdicts:\n%s", text);
}

/* ---- y = x^2, in several ways ---- */

static void square_forward(gra_call *c)
{
    c->out[0] = gra_mul(c->in[0], c->in[0]);
}

static void square_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 2));
}

static const gra_op right = {
    .schema = "right(Tensor x) -> Tensor", .forward = square_forward, .vjp = square_vjp};

GRA_TEST(an_op_that_is_right_passes_each_check)
{
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&right, text), 0);
    ck_assert_str_eq(text, "right(Tensor x) -> Tensor\n"
                           "  ok     calls             24 made up from the schema\n"
                           "  ok     outputs\n"
                           "  ok     shared memory\n"
                           "  ok     writes\n"
                           "  ok     gradient\n"
                           "  ok     each input alone\n"
                           "  ok     second gradient\n"
                           "  ok     same bits twice\n"
                           "  ok     threads\n"
                           "  ok     layouts\n"
                           "  ok     empty inputs\n"
                           "  ok     float32\n"
                           "  ok     leaks\n"
                           "right: all of 13 checks passed\n");
}

static void thrice_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 3));
}

GRA_TEST(a_wrong_rule_is_named_with_its_input_its_place_and_both_numbers)
{
    static const gra_op op = {
        .schema = "thrice(Tensor x) -> Tensor", .forward = square_forward, .vjp = thrice_vjp};
    char text[TEXT];
    assert_fails(&op, "  WRONG  gradient          of x at [0, 0] it is ");
    ck_assert_int_eq(verdict_of(&op, text), -1);
    const char *const at = strstr(text, "of x at [0, 0] it is ");
    double rule, numerical;
    ck_assert_int_eq(
        sscanf(at, "of x at [0, 0] it is %lf by the rule and %lf by", &rule, &numerical), 2);
    ck_assert_double_eq_tol(rule / numerical, 1.5, 1e-6);
    ck_assert_ptr_nonnull(strstr(at, "by finite differences, in thrice(x [3, 4])\n"));
    ck_assert_ptr_nonnull(strstr(text, "thrice: 1 of 13 checks failed\n"));
    ck_assert_ptr_nonnull(strstr(gra_error(),
                                 "gra_check_op: thrice fails 1 of 13 checks; gradient: "
                                 "of x at [0, 0] it is "));
    gra_clear_error();
}

static void flat_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_detach(gra_mul_scalar(c->in[0], 2)));
}

GRA_TEST(a_rule_that_cannot_be_differentiated_again_is_found)
{
    static const gra_op op = {
        .schema = "flat(Tensor x) -> Tensor", .forward = square_forward, .vjp = flat_vjp};
    assert_fails(&op, "  WRONG  second gradient   of x at [0, 0] it is 0 by the rule and ");
}

GRA_TEST(a_rule_that_reads_what_is_not_saved_is_found)
{
    static const gra_op op = {.schema = "careless(Tensor x) -> Tensor",
                              .forward = square_forward,
                              .vjp = square_vjp,
                              .saves = GRA_OUT(0)};
    assert_fails(&op,
                 "  WRONG  gradient          the rule fails: mul_scalar: x is NULL; a tensor is "
                 "needed (in the rule of careless); it works where all inputs and outputs are "
                 "saved: .saves must name what it reads, in careless(x [3, 4])\n");
}

static void failing_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g, (void)dx;
    gra_fail("no time");
}

GRA_TEST(a_rule_that_fails_is_found)
{
    static const gra_op op = {
        .schema = "idle(Tensor x) -> Tensor", .forward = square_forward, .vjp = failing_vjp};
    assert_fails(&op,
                 "  WRONG  gradient          the rule fails: no time (in the rule of idle), in "
                 "idle(x [3, 4])\n");
}

GRA_TEST(an_op_without_a_rule_is_checked_for_the_rest)
{
    static const gra_op op = {.schema = "ruleless(Tensor x) -> Tensor", .forward = square_forward};
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), 0);
    ck_assert_ptr_nonnull(strstr(text, "  ok     gradient          none, as the op has no vjp\n"));
    ck_assert_ptr_nonnull(strstr(text, "ruleless: all of 11 checks passed\n"));
}

/* ---- memory ---- */

static void doubling_forward(gra_call *c)
{
    c->out[0] = gra_clone(gra_mul_scalar_(c->in[0], 2));
}

static void doubling_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_mul_scalar(g[0], 2);
}

GRA_TEST(an_input_that_is_written_without_a_mark_is_found)
{
    static const gra_op op = {.schema = "doubling(Tensor x) -> Tensor",
                              .forward = doubling_forward,
                              .saves = GRA_SAVE_NOTHING};
    assert_fails(&op, "  WRONG  writes            x is written, which the schema does not say: its "
                      "element 0 was ");
}

static void spoiling_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const bool was = gra_set_grad(false);
    dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 2));
    gra_zero_(c->in[0]);
    gra_set_grad(was);
}

GRA_TEST(a_rule_that_writes_an_input_is_found)
{
    static const gra_op op = {
        .schema = "spoiling(Tensor x) -> Tensor", .forward = square_forward, .vjp = spoiling_vjp};
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), -1);
    gra_clear_error();
    ck_assert_ptr_nonnull(strstr(text, "  WRONG  writes            x is written, which the schema "
                                       "does not say: its element 0 was "));
}

static void halving_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 0.5);
}

static void halving_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_mul_scalar_(g[0], 0.5);
}

GRA_TEST(a_rule_that_writes_the_gradient_it_is_handed_is_found)
{
    static const gra_op op = {.schema = "halving(Tensor x) -> Tensor",
                              .forward = halving_forward,
                              .vjp = halving_vjp,
                              .saves = GRA_SAVE_NOTHING};
    assert_fails(&op, "  WRONG  writes            the rule writes the gradient of output 0, which "
                      "others read too: its element 0 was 0.75 and is 0.375; work on a gra_clone");
}

static void head_forward(gra_call *c)
{
    c->out[0] = gra_view(c->in[0], gra_tensor_shape(c->in[0]));
}

static void same_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = g[0];
}

GRA_TEST(an_output_in_the_memory_of_an_input_is_found)
{
    static const gra_op op = {.schema = "head(Tensor x) -> Tensor", .forward = head_forward};
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), -1);
    gra_clear_error();
    ck_assert_ptr_nonnull(strstr(
        text,
        "  WRONG  shared memory     output 0 lies in the memory of x, which the schema does not "
        "say; return a gra_clone, or write Tensor(a) for both, in head(x [3, 4])\n"));
    static const gra_op marked = {.schema = "marked(Tensor(a) x) -> Tensor(a)",
                                  .forward = head_forward,
                                  .vjp = same_vjp,
                                  .saves = GRA_SAVE_NOTHING};
    ck_assert_msg(verdict_of(&marked, text) == 0 || strstr(text, "it refuses"), "%s", text);
    gra_clear_error();
}

static void twin_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 2);
    c->out[1] = gra_view(c->out[0], gra_tensor_shape(c->out[0]));
}

GRA_TEST(two_outputs_in_the_same_memory_are_found)
{
    static const gra_op op = {.schema = "twin(Tensor x) -> (Tensor, Tensor)",
                              .forward = twin_forward};
    assert_fails(&op, "  WRONG  shared memory     outputs 0 and 1 share memory, which the schema "
                      "does not say, in twin(x [3, 4])\n");
}

static void apart_forward(gra_call *c)
{
    gra_mul_scalar_(c->in[0], 2);
    c->out[0] = gra_clone(c->in[0]);
}

GRA_TEST(an_op_in_place_must_return_the_tensor_that_it_wrote)
{
    static const gra_op op = {
        .schema = "apart_(Tensor(a!) x) -> Tensor(a!)", .forward = apart_forward, .inplace = true};
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), -1);
    gra_clear_error();
    ck_assert_ptr_nonnull(strstr(text,
                                 "  WRONG  shared memory     output 0 is another tensor than x, "
                                 "which the schema says it is, in apart_(x [3, 4])\n"));
}

static gra_tensor *hoard[1024];
static int hoarded;

static void keeping_forward(gra_call *c)
{
    ck_assert_int_lt(hoarded, 1024);
    hoard[hoarded++] = gra_keep(gra_mul_scalar(c->in[0], 2));
    c->out[0] = gra_mul_scalar(c->in[0], 2);
}

static bool small_sample(gra_sample *s, int i)
{
    s->in[s->n_in++] = gra_ones(GRA_SHAPE(1));
    return i == 0;
}

GRA_TEST(a_leak_is_found)
{
    static const gra_op op = {.schema = "keeping(Tensor x) -> Tensor",
                              .forward = keeping_forward,
                              .vjp = doubling_vjp,
                              .saves = GRA_SAVE_NOTHING,
                              .sample = small_sample};
    hoarded = 0;
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), -1);
    gra_clear_error();
    gra_free_objects((void *const *)hoard, (size_t)hoarded);
    ck_assert_msg(strstr(text,
                         "  WRONG  leaks             1 objects are left after a call: what it "
                         "keeps it must free, in keeping(x [1])\n") != NULL,
                  "%s", text);
}

/* ---- outputs ---- */

static void extra_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 2);
    c->out[1] = gra_mul_scalar(c->in[0], 3);
}

GRA_TEST(an_output_beyond_those_of_the_schema_is_found)
{
    static const gra_op op = {.schema = "extra(Tensor x) -> Tensor", .forward = extra_forward};
    gra_op roomy = op; /* a call in which nothing is overwritten */
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&roomy, text), -1);
    gra_clear_error();
    ck_assert_ptr_nonnull(strstr(text,
                                 "  WRONG  outputs           its forward wrote output 1; outputs "
                                 "are counted from 0, and the schema has 1, in extra("));
}

GRA_TEST(an_output_that_stays_empty_is_found)
{
    static const gra_op op = {.schema = "short(Tensor x) -> (Tensor, Tensor)",
                              .forward = square_forward};
    assert_fails(&op,
                 "  WRONG  calls             none that can be made up from the schema works, the "
                 "first gives \"short: its forward left output 1 empty\"; say with .sample how "
                 "the op is called\n");
}

/* ---- the same bits, layouts, dtypes, threads ---- */

static void counting_forward(gra_call *c)
{
    static double count;
    c->out[0] = gra_mul_scalar(c->in[0], 1 + 1e-9 * count++);
}

GRA_TEST(an_op_that_gives_other_bits_each_time_is_found)
{
    static const gra_op op = {.schema = "counting(Tensor x) -> Tensor",
                              .forward = counting_forward};
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), -1);
    gra_clear_error();
    ck_assert_ptr_nonnull(strstr(text, "  WRONG  same bits twice   output 0 at [0, 0] is "));
}

static void noisy_forward(gra_call *c)
{
    c->out[0] = gra_add(c->in[0], gra_rand(gra_tensor_shape(c->in[0])));
}

GRA_TEST(an_op_that_draws_random_numbers_may_do_so)
{
    static const gra_op op = {.schema = "noisy(Tensor x) -> Tensor",
                              .forward = noisy_forward,
                              .vjp = same_vjp,
                              .saves = GRA_SAVE_NOTHING};
    char text[TEXT];
    ck_assert_msg(verdict_of(&op, text) == 0, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "  ok     same bits twice   the op draws random numbers\n"));
}

static void threaded_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], 1 + 1e-12 * gra_threads());
}

GRA_TEST(an_op_whose_bits_depend_on_the_threads_is_found)
{
    static const gra_op op = {.schema = "threaded(Tensor x) -> Tensor",
                              .forward = threaded_forward};
    gra_set_threads(2);
    if (gra_threads() == 2)
        assert_fails(&op, "  WRONG  threads           with one thread and with two, output 0 at ");
    gra_set_threads(0);
}

/* Reads the elements as they lie in memory. */
static void blind_forward(gra_call *c)
{
    gra_tensor *const y = gra_zeros(gra_tensor_shape(c->in[0]), gra_tensor_dtype(c->in[0]));
    memcpy(gra_tensor_data(y), gra_tensor_data_strided(c->in[0]),
           (size_t)gra_tensor_numel(y) * gra_dtype_size(gra_tensor_dtype(y)));
    c->out[0] = y;
}

GRA_TEST(an_op_that_forgets_the_strides_is_found)
{
    static const gra_op op = {.schema = "blind(Tensor x) -> Tensor", .forward = blind_forward};
    assert_fails(&op,
                 "  WRONG  layouts           row-major and with transposed inputs, output 0 at ");
}

/* Takes each number for one of eight bytes. */
static void wide_forward(gra_call *c)
{
    gra_tensor *const x = gra_contiguous(c->in[0]);
    gra_tensor *const y = gra_zeros(gra_tensor_shape(x), gra_tensor_dtype(x));
    const double *const from = gra_tensor_data(x);
    double *const to = gra_tensor_data(y);
    for (int64_t i = 0; i < gra_tensor_numel(x) / (gra_tensor_dtype(x) == GRA_FLOAT32 ? 2 : 1); i++)
        to[i] = 2 * from[i];
    c->out[0] = y;
}

GRA_TEST(an_op_that_is_wrong_in_float32_is_found)
{
    static const gra_op op = {.schema = "wide(Tensor x) -> Tensor", .forward = wide_forward};
    assert_fails(&op, "  WRONG  float32           in float64 and in float32, output 0 at ");
}

/* ---- several inputs ---- */

static void product_forward(gra_call *c)
{
    c->out[0] = gra_mul(c->in[0], c->in[1]);
}

/* Computes both or none. */
static void greedy_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], c->in[1]);
    dx[1] = c->needs[0] ? gra_mul(g[0], c->in[0]) : gra_zeros_like(c->in[1]);
}

GRA_TEST(a_rule_that_is_wrong_where_one_input_alone_needs_it_is_found)
{
    static const gra_op op = {.schema = "greedy(Tensor x, Tensor w) -> Tensor",
                              .forward = product_forward,
                              .vjp = greedy_vjp};
    assert_fails(&op,
                 "  WRONG  each input alone  with one input that needs it, the gradient of w at ");
}

/* The bias is a row: its gradient is that of the first row only. */
static void first_row_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], c->in[1]);
    dx[1] = gra_mul(g[0], c->in[0]);
    const gra_shape w = gra_call_shape(c, 1);
    if (w.count == 2 && w.size[0] == 1)
        dx[1] = gra_narrow(dx[1], 0, 0, 1);
}

GRA_TEST(a_rule_that_is_wrong_where_an_input_is_broadcast_is_found)
{
    static const gra_op op = {.schema = "rowwise(Tensor x, Tensor w) -> Tensor",
                              .forward = product_forward,
                              .vjp = first_row_vjp};
    char text[TEXT];
    ck_assert_int_eq(verdict_of(&op, text), -1);
    gra_clear_error();
    ck_assert_msg(strstr(text, "  WRONG  gradient          of w at [0, 0] it is ") != NULL, "%s",
                  text);
}

/* Half of a sum over nothing. */
static void fragile_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 2));
    if (gra_tensor_numel(c->in[0]) == 0)
        gra_argmax(c->in[0]);
}

GRA_TEST(a_rule_that_fails_without_elements_is_found)
{
    static const gra_op op = {
        .schema = "fragile(Tensor x) -> Tensor", .forward = square_forward, .vjp = fragile_vjp};
    assert_fails(&op, "  WRONG  empty inputs      argmax: ");
}

/* ---- whose calls ---- */

static void row_forward(gra_call *c)
{
    if (gra_tensor_ndim(c->in[0]) != 1 || gra_tensor_size(c->in[0], 0) % 7)
        gra_fail("row: x is not a row of weeks");
    else
        c->out[0] = gra_mul_scalar(c->in[0], gra_call_float(c, "by"));
}

static void row_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul_scalar(g[0], gra_call_float(c, "by"));
}

static bool row_sample(gra_sample *s, int i)
{
    double *const by = s->args;
    ck_assert_double_eq(*by, 2.5);
    *by = i;
    s->in[0] = gra_randn(GRA_SHAPE(7 * i));
    s->n_in = 1;
    return i < 3;
}

static const gra_op row = {
    .schema = "row(Tensor x, float by=2.5) -> Tensor",
    .forward = row_forward,
    .vjp = row_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(double),
};

GRA_TEST(an_op_that_fits_no_made_up_call_says_how_it_is_called)
{
    assert_fails(&row,
                 "  WRONG  calls             none that can be made up from the schema works, the "
                 "first gives \"row: x is not a row of weeks\"; say with .sample how the op is "
                 "called\n");
    gra_op with = row;
    with.sample = row_sample;
    char text[TEXT];
    ck_assert_msg(verdict_of(&with, text) == 0, "%s", text);
    ck_assert_ptr_nonnull(
        strstr(text, "  ok     calls             3 that the op's author gives\n"));
    ck_assert_int_eq(gra_check_op(.op = &row, .sample = row_sample), 0);
}

static bool no_sample(gra_sample *s, int i)
{
    (void)s, (void)i;
    return false;
}

static bool many_sample(gra_sample *s, int i)
{
    s->n_in = 17;
    return i == 0;
}

static bool failing_sample(gra_sample *s, int i)
{
    (void)s;
    gra_fail("nothing at hand");
    return i == 0;
}

GRA_TEST(a_sample_function_must_give_calls)
{
    gra_op op = right;
    op.sample = no_sample;
    assert_fails(&op, "  WRONG  calls             .sample gave no call\n");
    op.sample = many_sample;
    assert_fails(&op,
                 "  WRONG  calls             .sample gave 17 inputs; at most 16 are possible\n");
    op.sample = failing_sample;
    assert_fails(&op, "  WRONG  calls             .sample failed: nothing at hand\n");
}

GRA_TEST(the_op_is_found_by_its_name)
{
    ck_assert_int_eq(gra_check_op("relu", NULL), 0);
    ck_assert_int_eq(gra_check_op("wren", NULL), -1);
    GRA_ASSERT_ERROR("gra_check_op: there is no op \"wren\"; gra_ops() lists all");
    ck_assert_int_eq(gra_check_op(NULL, NULL), -1);
    GRA_ASSERT_ERROR("gra_check_op: the name of the op is NULL");
}

GRA_TEST(a_check_leaves_random_numbers_threads_and_grad_mode_as_they_were)
{
    gra_manual_seed(5);
    gra_tensor *const expected = gra_rand(GRA_SHAPE(1));
    const double value = gra_item(expected);
    const int threads = gra_threads();
    gra_manual_seed(5);
    gra_set_grad(false);
    assert_passes(&right);
    ck_assert(!gra_grad_enabled());
    gra_set_grad(true);
    ck_assert_double_eq(gra_item(gra_rand(GRA_SHAPE(1))), value);
    ck_assert_int_eq(gra_threads(), threads);
}

GRA_TEST_MAIN(
    "check_op", an_op_that_is_right_passes_each_check,
    a_wrong_rule_is_named_with_its_input_its_place_and_both_numbers,
    a_rule_that_cannot_be_differentiated_again_is_found,
    a_rule_that_reads_what_is_not_saved_is_found, a_rule_that_fails_is_found,
    an_op_without_a_rule_is_checked_for_the_rest, an_input_that_is_written_without_a_mark_is_found,
    a_rule_that_writes_an_input_is_found, a_rule_that_writes_the_gradient_it_is_handed_is_found,
    an_output_in_the_memory_of_an_input_is_found, two_outputs_in_the_same_memory_are_found,
    an_op_in_place_must_return_the_tensor_that_it_wrote, a_leak_is_found,
    an_output_beyond_those_of_the_schema_is_found, an_output_that_stays_empty_is_found,
    an_op_that_gives_other_bits_each_time_is_found, an_op_that_draws_random_numbers_may_do_so,
    an_op_whose_bits_depend_on_the_threads_is_found, an_op_that_forgets_the_strides_is_found,
    an_op_that_is_wrong_in_float32_is_found,
    a_rule_that_is_wrong_where_one_input_alone_needs_it_is_found,
    a_rule_that_is_wrong_where_an_input_is_broadcast_is_found,
    a_rule_that_fails_without_elements_is_found,
    an_op_that_fits_no_made_up_call_says_how_it_is_called, a_sample_function_must_give_calls,
    the_op_is_found_by_its_name, a_check_leaves_random_numbers_threads_and_grad_mode_as_they_were)
