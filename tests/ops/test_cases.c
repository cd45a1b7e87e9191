/* test_cases.c - every op against PyTorch and against finite differences, from one table.
 *
 * tests/ops/cases/ holds the C expressions, tests/pytorch/cases/ the PyTorch ones; what PyTorch made of
 * random inputs was recorded (tests/pytorch/record.py).  For each case: values and gradients in
 * float64 and float32 against the recorded ones, then gradcheck and gradgradcheck in float64 on the
 * same inputs.  An op that no case reaches, or whose rule no case runs, fails the last test.
 *
 * The folder of recorded cases is GRA_CASES or its place in the source tree; it has one file for each
 * file of cases.
 */
#include "gradus.h"

#include "core/watch.h"
#include "tests/support/test.h"

#include "cases/recorded.h"

/* ---- which ops were seen ---- */

static bool called[512], differentiated[512];

static void note(const gra__event *event)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    for (size_t i = 0; event->call && i < count; i++)
        if (ops[i] == event->call->op)
            (event->what == GRA__OP ? called : differentiated)[i] = true;
}

/* ---- checks ---- */

static void assert_same(const op_case *c, const char *what, const gra_tensor *got,
                        const gra_tensor *expected, double rtol, double atol)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    ck_assert_msg(got != NULL, "%s: %s is missing: %s", c->name, what,
                  gra_error() ? gra_error() : "(no error)");
    ck_assert_msg(gra_shape_equal(gra_tensor_shape(got), gra_tensor_shape(expected)),
                  "%s: %s has shape %s, PyTorch's %s", c->name, what,
                  gra_shape_text(gra_tensor_shape(got), a),
                  gra_shape_text(gra_tensor_shape(expected), b));
    for (int64_t i = 0; i < gra_tensor_numel(expected); i++) {
        const gra_shape index = gra_test_index(gra_tensor_shape(expected), i);
        const double x = gra_tensor_at(got, index), y = gra_tensor_at(expected, index);
        ck_assert_msg(gra_test_close(x, y, rtol, atol), "%s: %s is %.12g at %s, PyTorch's %.12g",
                      c->name, what, x, gra_shape_text(index, a), y);
    }
}

static void check_against_pytorch(const op_case *c, gra_dtype dtype, double rtol, double atol)
{
    run_of r = inputs_of(c, dtype);
    gra_tensor *const out = evaluate(r.in, r.count, &r), *const seed = part(c->name, "seed");
    gra_tensor *const expected = part(c->name, "out");
    ck_assert_msg(expected != NULL, "%s was not recorded", c->name);
    assert_same(c, "the output", out, expected, rtol, atol);
    const gra_dtype wanted =
        gra_dtype_is_floating(gra_tensor_dtype(expected)) ? dtype : gra_tensor_dtype(expected);
    ck_assert_msg(gra_tensor_dtype(out) == wanted, "%s: the output has dtype %s, not %s", c->name,
                  gra_dtype_name(gra_tensor_dtype(out)), gra_dtype_name(wanted));
    if (!seed)
        return;
    ck_assert_msg(gra_backward(out, .gradient = seed) == 0, "%s: %s", c->name, gra_error());
    for (int i = 0; i < r.count; i++) {
        char what[NAME];
        snprintf(what, sizeof what, "grad%d", i);
        gra_tensor *const gradient = part(c->name, what);
        gra_tensor *const got = gra_tensor_grad(r.in[i]);
        if (gradient) /* no gradient is a gradient of zeros */
            assert_same(c, what, got ? got : gra_zeros_like(r.in[i]), gradient, rtol, atol);
    }
}

START_TEST(an_op_agrees_with_pytorch)
{
    check_against_pytorch(&cases[_i], GRA_FLOAT64, 1e-9, 1e-11);
    check_against_pytorch(&cases[_i], GRA_FLOAT32, 1e-4, 2e-5);
}
END_TEST

START_TEST(an_op_passes_gradcheck_and_gradgradcheck)
{
    const op_case *const c = &cases[_i];
    run_of r = inputs_of(c, GRA_FLOAT64);
    if (!part(c->name, "seed"))
        return;
    ck_assert_msg(gra_gradcheck(evaluate, &r, r.in, r.count) == 0, "%s: %s", c->name, gra_error());
    ck_assert_msg(gra_gradgradcheck(evaluate, &r, r.in, r.count, .atol = 1e-4) == 0, "%s: %s",
                  c->name, gra_error());
}
END_TEST

START_TEST(no_op_is_missing_from_the_table)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_le(count, sizeof called);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(called[i], "no case calls %s", gra_op_name(ops[i]));
        ck_assert_msg(differentiated[i] || !ops[i]->vjp, "no case runs the rule of %s",
                      gra_op_name(ops[i]));
    }
}
END_TEST

/* Ops and cases both ways: what was recorded and has no C twin would go untested. */
static void assert_has_twin(const char *key)
{
    const size_t length = strcspn(key, "/");
    bool found = false;
    for (int k = 0; k < CASES && !found; k++)
        found = strlen(cases[k].name) == length && !strncmp(cases[k].name, key, length);
    ck_assert_msg(found, "the recorded case %.*s has no C twin", (int)length, key);
}

START_TEST(no_recorded_case_is_missing_from_the_table)
{
    for (int f = 0; f < file_count; f++)
        for (int i = 0; i < gra_tensor_file_count(recorded[f]); i++)
            assert_has_twin(gra_tensor_file_name(recorded[f], i));
}
END_TEST

int main(void)
{
    const char *const folder = getenv("GRA_CASES");
    if (!open_recorded(folder ? folder : GRA_RECORDED))
        return 1;
    gra__watch = note;
    Suite *const suite = suite_create("cases");
    TCase *const tcase = tcase_create("cases");
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, gra_test_setup, gra_test_teardown);
    tcase_add_loop_test(tcase, an_op_agrees_with_pytorch, 0, CASES);
    tcase_add_loop_test(tcase, an_op_passes_gradcheck_and_gradgradcheck, 0, CASES);
    tcase_add_test(tcase, no_op_is_missing_from_the_table);
    tcase_add_test(tcase, no_recorded_case_is_missing_from_the_table);
    suite_add_tcase(suite, tcase);
    const int failed = gra_test_run(suite, CK_NOFORK);
    close_recorded();
    return failed > 0;
}
