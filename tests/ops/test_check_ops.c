/* test_check_ops.c - gra_check_op over every built-in op.
 *
 * The calls are those that the cases of tests/ops/cases make, with recorded inputs: each case is run
 * forward and twice backward, and every call of an op on the way, of the ops that rules are made of too,
 * is noted.  An op that no case calls fails, so a new op is checked without a word here.
 */
#include "gradus.h"

#include "core/node.h"
#include "core/watch.h"
#include "tests/support/test.h"

#include "cases/recorded.h"

enum { MAX_OPS = 1024, CALLS = 4, ELEMENTS = 400 };

/* ---- calls that were noted ---- */

typedef struct {
    int n_in;
    gra_tensor *in[GRA_SAMPLE_INPUTS]; /* kept */
    void *args;
} call;

static call noted[MAX_OPS][CALLS];
static int count_of[MAX_OPS];
static const gra_op *const *ops;
static size_t op_count;
static bool noting, second_round;

static int index_of(const gra_op *op)
{
    for (size_t i = 0; i < op_count; i++)
        if (ops[i] == op)
            return (int)i;
    return -1;
}

/* Small enough for finite differences, without a tensor twice, and with something to differentiate; in a
 * second round, for ops that had no such call, without. */
static bool is_usable(const gra_call *c)
{
    int64_t elements = 0;
    bool any = !c->op->vjp || second_round;
    if (c->n_in > GRA_SAMPLE_INPUTS)
        return false;
    for (int i = 0; i < c->n_in; i++) {
        elements += c->in[i] ? gra_tensor_numel(c->in[i]) : 0;
        any |= c->in[i] && gra_tensor_requires_grad(c->in[i]);
        for (int j = 0; j < i; j++)
            if (c->in[i] && c->in[i] == c->in[j])
                return false;
    }
    return any && elements <= ELEMENTS;
}

/* The same shapes and arguments as an earlier call are not worth a second one. */
static bool is_known(const call *known, const gra_call *c)
{
    bool same =
        known->n_in == c->n_in && (!c->args || !memcmp(known->args, c->args, c->op->args_size));
    for (int i = 0; i < c->n_in && same; i++) {
        const gra_tensor *const a = known->in[i], *const b = c->in[i];
        same = !a == !b && (!a || (gra_shape_equal(a->shape, b->shape) &&
                                   gra_tensor_requires_grad(a) == gra_tensor_requires_grad(b)));
    }
    return same;
}

static gra_tensor *kept_copy(gra_tensor *x, bool requires_grad)
{
    if (!x)
        return NULL;
    const int mark = gra_mark();
    gra_tensor *const copy = gra_keep(gra_clone(gra_detach(x)));
    gra_release(mark);
    return gra_set_requires_grad(copy, requires_grad && gra_dtype_is_floating(x->dtype));
}

static void note_call(int op, const gra_call *c)
{
    call *const to = &noted[op][count_of[op]++];
    *to = (call){.n_in = c->n_in};
    for (int i = 0; i < c->n_in; i++)
        to->in[i] = kept_copy(c->in[i], c->in[i] && c->in[i]->requires_grad);
    if (c->op->args_size) {
        to->args = malloc(c->op->args_size);
        memcpy(to->args, c->args, c->op->args_size);
    }
}

static void note(const gra__event *event)
{
    if (!noting || event->what != GRA__OP || !event->begins || gra_error())
        return;
    const gra_call *const c = event->call;
    const int op = index_of(c->op);
    bool wanted = op >= 0 && count_of[op] < (second_round ? 1 : CALLS) && is_usable(c);
    for (int i = 0; wanted && i < count_of[op]; i++)
        wanted = !is_known(&noted[op][i], c);
    if (!wanted)
        return;
    noting = false;
    const bool was = gra_set_grad(false);
    note_call(op, c);
    gra_set_grad(was);
    noting = true;
}

/* ---- running the cases ---- */

static void run_case(const op_case *c)
{
    gra_tensor *wanted[MAX_IN], *dx[MAX_IN];
    int count = 0;
    run_of r = inputs_of(c, GRA_FLOAT64);
    noting = true;
    gra_tensor *const y = evaluate(r.in, r.count, &r);
    for (int i = 0; i < r.count; i++)
        if (gra_tensor_requires_grad(r.in[i]))
            wanted[count++] = r.in[i];
    if (y && count && gra_tensor_requires_grad(y)) {
        gra_tensor *const loss = gra_sum(gra_square(y));
        gra_tensor *sum = NULL;
        if (gra_grad_many(&loss, 1, wanted, count, dx, .create_graph = true,
                          .allow_unused = true) == 0)
            for (int i = 0; i < count; i++)
                sum = sum ? gra_add(sum, gra_sum(gra_square(dx[i]))) : gra_sum(gra_square(dx[i]));
        if (sum && gra_tensor_requires_grad(sum))
            gra_backward(sum);
    }
    noting = false;
    ck_assert_msg(!gra_error(), "%s: %s", c->name, gra_error());
}

START_TEST(a_case_runs)
{
    second_round = _i >= CASES;
    run_case(&cases[_i % CASES]);
}
END_TEST

/* ---- checking ---- */

/* Moves numbers a little, where a case has ties or zeros: finite differences need no kink nearby. */
static void move(gra_sample *s)
{
    for (int i = 0; i < s->n_in; i++)
        if (gra_dtype_is_floating(s->in[i]->dtype))
            s->in[i] = gra_set_requires_grad(
                gra_add(gra_detach(s->in[i]),
                        gra_mul_scalar(gra_rand(s->in[i]->shape, .dtype = GRA_FLOAT64), 0.05)),
                s->in[i]->requires_grad);
}

/* Reads its input for the sake of the second derivative only; its value comes from log_p. */
static void first_input_only(gra_sample *s)
{
    for (int i = 0; i < s->n_in; i++)
        s->in[i] = gra_set_requires_grad(gra_detach(s->in[i]), i == 0);
}

static const struct {
    const char *op;
    void (*adjust)(gra_sample *s);
} adjusted[] = {
    {"cross_entropy_backward", first_input_only},
    {"maximum", move},
    {"minimum", move},
    {"relu_backward", move},
};

/* Ops that are no function of their inputs' elements in float64, and where they are tested. */
static const struct {
    const char *op, *why;
} left_out[] = {
    {"as_strided", "reads memory around its input: tests/autograd/test_views.c"},
    {"conv2d_max_pool2d", "float32 alone: tests/ops/test_conv2d_max_pool2d.c"},
    {"conv2d_max_pool2d_backward", "float32 alone: tests/ops/test_conv2d_max_pool2d.c"},
};

static bool is_left_out(const gra_op *op)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strcmp(gra_op_name(op), left_out[i].op) == 0)
            return true;
    return false;
}

static bool sample(gra_sample *s, int i)
{
    const int op = *(const int *)s->context;
    if (i >= count_of[op])
        return false;
    const call *const c = &noted[op][i];
    s->n_in = c->n_in;
    memcpy(s->in, c->in, sizeof c->in);
    if (s->args)
        memcpy(s->args, c->args, s->op->args_size);
    for (size_t k = 0; k < sizeof adjusted / sizeof *adjusted; k++)
        if (strcmp(gra_op_name(s->op), adjusted[k].op) == 0)
            adjusted[k].adjust(s);
    return true;
}

START_TEST(an_op_passes_gra_check_op)
{
    char text[1 << 14];
    if (is_left_out(ops[_i]))
        return;
    ck_assert_msg(count_of[_i] > 0, "no case calls %s", gra_op_name(ops[_i]));
    FILE *const file = fmemopen(text, sizeof text, "w");
    int op = _i;
    const int result = gra_check_op(.op = ops[_i], .file = file, .sample = sample, .context = &op);
    fclose(file);
    gra_clear_error();
    ck_assert_msg(result == 0, "%s", text);
}
END_TEST

static void forget(void)
{
    for (size_t i = 0; i < op_count; i++)
        for (int k = 0; k < count_of[i]; k++) {
            gra_free_objects((void *const *)noted[i][k].in, (size_t)noted[i][k].n_in);
            free(noted[i][k].args);
        }
    close_recorded();
}

static void setup(void)
{
    gra_manual_seed(1);
}

static void teardown(void)
{
    gra_clear_error();
    gra_release(0);
}

int main(void)
{
    if (!open_recorded(GRA_RECORDED))
        return 1;
    ops = gra_ops(&op_count);
    if (op_count > MAX_OPS)
        return 1;
    gra__watch = note;
    Suite *const suite = suite_create("check_ops");
    TCase *const tcase = tcase_create("check_ops");
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_case_runs, 0, 2 * CASES);
    tcase_add_loop_test(tcase, an_op_passes_gra_check_op, 0, (int)op_count);
    suite_add_tcase(suite, tcase);
    const int failed = gra_test_run(suite, CK_NOFORK);
    forget();
    return failed > 0;
}
