/* test_views.c - recorded writes into views: who learns of them, what gradients they have, and what is
 * refused. */
#include "gradus.h"

#include "core/node.h"
#include "core/watch.h"
#include "tests/support/test.h"

static gra_tensor *leaf(void)
{
    return gra_requires_grad(gra_vector(1, 2, 3));
}

/* 2 x, which may be written. */
static gra_tensor *twice(gra_tensor *x)
{
    return gra_mul_scalar(x, 2);
}

static gra_tensor *slope(gra_tensor *y, gra_tensor *x)
{
    return gra_grad(gra_sum(y), x, .retain_graph = true);
}

/* exp in place, whose rule reads its result. */
static void exp_forward(gra_call *c)
{
    c->out[0] = gra_copy_(c->in[0], gra_exp(c->in[0]));
}

static void exp_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], c->out[0]);
}

static const gra_op exp_op = {
    .schema = "exp_(Tensor(a!) x) -> Tensor(a!)",
    .forward = exp_forward,
    .vjp = exp_vjp,
    .saves = GRA_OUT(0),
    .inplace = true,
};

static gra_tensor *exp_(gra_tensor *x)
{
    return gra_apply(&exp_op, &x, 1, NULL);
}

/* Its input, with a rule of its own. */
static void reversal_forward(gra_call *c)
{
    c->out[0] = c->in[0];
}

static void reversal_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_neg(g[0]);
}

static const gra_op reversal_op = {
    .schema = "reversal(Tensor(a) x) -> Tensor(a)",
    .forward = reversal_forward,
    .vjp = reversal_vjp,
    .saves = GRA_SAVE_NOTHING,
};

static gra_tensor *reversal(gra_tensor *x)
{
    return gra_apply(&reversal_op, &x, 1, NULL);
}

/* ---- who learns of a write ---- */

GRA_TEST(a_write_into_a_view_gives_its_tensor_a_history)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 3)), *const w = leaf();
    gra_copy_(gra_select(x, 0, 1), w);
    ck_assert(gra_tensor_requires_grad(x) && !gra_is_leaf(x));
    GRA_ASSERT_VALUES(x, 0, 0, 0, 1, 2, 3);
    GRA_ASSERT_VALUES(slope(gra_square(x), w), 2, 4, 6);
}

GRA_TEST(the_rest_of_the_tensor_keeps_its_history)
{
    gra_tensor *const x = leaf(), *const w = gra_requires_grad(gra_vector(4, 5));
    gra_tensor *const y = gra_square(x);
    gra_mul_(gra_narrow(y, 0, 1, 2), w);
    GRA_ASSERT_VALUES(y, 1, 16, 45);
    GRA_ASSERT_VALUES(slope(y, x), 2, 16, 30);
    GRA_ASSERT_VALUES(slope(y, w), 4, 9);
}

GRA_TEST(the_view_and_other_views_learn_of_a_write)
{
    gra_tensor *const x = leaf(), *const y = twice(x);
    gra_tensor *const first = gra_narrow(y, 0, 0, 2), *const last = gra_narrow(y, 0, 1, 2);
    ck_assert_ptr_eq(gra_mul_scalar_(first, 10), first);
    GRA_ASSERT_VALUES(last, 40, 6);
    GRA_ASSERT_VALUES(slope(last, x), 0, 20, 2);
    GRA_ASSERT_VALUES(slope(first, x), 20, 20, 0);
    GRA_ASSERT_VALUES(slope(y, x), 20, 20, 2);
}

GRA_TEST(views_learn_of_a_write_into_their_tensor)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const v = gra_narrow(y, 0, 0, 2);
    gra_mul_(y, x);
    GRA_ASSERT_VALUES(slope(v, x), 4, 8, 0);
    gra_tensor *const zero = gra_zeros(GRA_SHAPE(3)), *const part = gra_narrow(zero, 0, 1, 2);
    ck_assert(!gra_tensor_requires_grad(part));
    gra_add_(zero, x);
    ck_assert(gra_tensor_requires_grad(part) && !gra_is_leaf(part));
    GRA_ASSERT_VALUES(slope(part, x), 0, 1, 1);
}

GRA_TEST(a_view_of_a_view_writes_into_the_first_tensor)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 2, 3)), *const w = leaf();
    gra_tensor *const page = gra_select(x, 0, 1);
    gra_mul_scalar_(gra_add_(gra_select(page, 0, 0), w), 3);
    GRA_ASSERT_VALUES(slope(gra_square(x), w), 18, 36, 54);
    GRA_ASSERT_VALUES(slope(gra_square(page), w), 18, 36, 54);
    GRA_ASSERT_VALUES(page, 3, 6, 9, 0, 0, 0);
}

GRA_TEST(a_loop_fills_the_rows_of_a_tensor)
{
    gra_tensor *const x = gra_empty(GRA_SHAPE(4, 3)), *const w = leaf();
    for (int i = 0; i < 4; i++)
        gra_copy_(gra_select(x, 0, i), gra_mul_scalar(w, i));
    GRA_ASSERT_VALUES(slope(gra_square(x), w), 28, 56, 84);
    gra_copy_(gra_narrow(x, 0, 1, 3), w);
    gra_backward(gra_sum(x));
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 3, 3, 3);
}

GRA_TEST(rows_may_be_made_of_other_rows)
{
    gra_tensor *const w = leaf(), *const x = gra_zeros(GRA_SHAPE(3, 3));
    gra_copy_(gra_select(x, 0, 0), w);
    for (int i = 1; i < 3; i++)
        gra_add_(gra_select(x, 0, i), gra_mul_scalar(gra_select(x, 0, i - 1), 2));
    GRA_ASSERT_VALUES(x, 1, 2, 3, 2, 4, 6, 4, 8, 12);
    GRA_ASSERT_VALUES(slope(x, w), 7, 7, 7);
}

GRA_TEST(writes_that_nothing_records_need_no_history)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 2));
    gra_add_scalar_(gra_select(x, 0, 1), 1);
    ck_assert(!gra_tensor_requires_grad(x));
    gra_tensor *const w = leaf(), *const y = twice(w), *const v = gra_narrow(y, 0, 0, 2);
    gra_set_grad(false);
    gra_zero_(v);
    gra_set_grad(true);
    GRA_ASSERT_VALUES(slope(v, w), 2, 2, 0);
}

GRA_TEST(integers_have_no_history)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3), GRA_INT64);
    gra_copy_(gra_narrow(x, 0, 1, 2), gra_narrow(leaf(), 0, 0, 2));
    GRA_ASSERT_VALUES(x, 0, 1, 2);
    ck_assert(!gra_tensor_requires_grad(x));
}

GRA_TEST(a_view_without_elements_may_be_written)
{
    gra_tensor *const w = leaf(), *const y = twice(w);
    gra_mul_scalar_(gra_narrow(y, 0, 1, 0), 5);
    GRA_ASSERT_VALUES(slope(y, w), 2, 2, 2);
}

GRA_TEST(results_that_lie_in_memory_of_their_own_are_no_views)
{
    gra_tensor *const x = gra_requires_grad(gra_vector(-1, 2)), *const one =
                                                                    gra_ones(GRA_SHAPE(2, 2));
    gra_tensor *const y = gra_relu_(gra_linear(x, one, NULL));
    GRA_ASSERT_VALUES(slope(y, x), 2, 2);
    gra_tensor *const m = gra_mul(gra_unsqueeze(x, 0), gra_vector(1, 2));
    gra_tensor *const copied = gra_reshape(gra_expand(m, GRA_SHAPE(2, 2)), GRA_SHAPE(4));
    GRA_ASSERT_VALUES(slope(gra_mul_scalar_(copied, 3), x), 6, 12);
    GRA_ASSERT_VALUES(m, -1, 4);
}

/* ---- every kind of view, every geometry ---- */

typedef gra_tensor *(*view_fn)(gra_tensor *x);

static gra_tensor *v_view(gra_tensor *x)
{
    return gra_view(x, GRA_SHAPE(3, 2, 4));
}
static gra_tensor *v_reshape(gra_tensor *x)
{
    return gra_reshape(x, GRA_SHAPE(-1));
}
static gra_tensor *v_flatten(gra_tensor *x)
{
    return gra_flatten(x, 0, 1);
}
static gra_tensor *v_select(gra_tensor *x)
{
    return gra_select(x, 1, -1);
}
static gra_tensor *v_narrow(gra_tensor *x)
{
    return gra_narrow(x, 2, 1, 2);
}
static gra_tensor *v_permute(gra_tensor *x)
{
    return gra_permute(x, GRA_DIMS(2, 0, 1));
}
static gra_tensor *v_transpose(gra_tensor *x)
{
    return gra_select(gra_transpose(x, 0, 2), 0, 1);
}
static gra_tensor *v_squeeze(gra_tensor *x)
{
    return gra_squeeze(gra_narrow(x, 0, 1, 1), GRA_DIMS(0));
}
static gra_tensor *v_unsqueeze(gra_tensor *x)
{
    return gra_unsqueeze(x, 1);
}
static gra_tensor *v_expand(gra_tensor *x)
{
    return gra_expand(x, GRA_SHAPE(2, -1, 4));
}
static gra_tensor *v_whole(gra_tensor *x)
{
    return gra_narrow(x, 0, 0, 2);
}
static gra_tensor *v_strided(gra_tensor *x)
{
    return gra_as_strided(x, GRA_SHAPE(3, 2), GRA_SHAPE(2, 9), 1);
}

static const view_fn views[] = {v_view,      v_reshape, v_flatten,   v_select, v_narrow, v_permute,
                                v_transpose, v_squeeze, v_unsqueeze, v_expand, v_whole,  v_strided};
enum { VIEWS = sizeof views / sizeof *views };

/* Memory in row-major order, in another order, and with gaps. */
static gra_tensor *laid_out(gra_tensor *x, int layout)
{
    gra_tensor *const y = gra_mul_scalar(x, 1.5);
    if (layout == 0)
        return y;
    gra_tensor *const other = gra_transpose(gra_contiguous(gra_transpose(y, 0, 2)), 0, 2);
    return layout == 1 ? gra_clone(other)
                       : gra_narrow(gra_cat((gra_tensor *[]){y, y}, 2, 2), 2, 2, 4);
}

/* in[0] [2, 3, 4] is written in a view of its own by what comes of in[1], before and after which it is
 * read. */
static gra_tensor *written(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    const int *const which = context;
    gra_tensor *const y = laid_out(in[0], which[1]), *const v = views[which[0]](y);
    gra_tensor *const first = gra_select(y, 0, 1), *const before =
                                                       gra_sum(gra_mul_scalar(first, 3));
    gra_mul_(v, in[1]);
    gra_add_(gra_select(y, 2, 1), gra_add(in[1], gra_select(first, 1, 2)));
    gra_div_(v, gra_add_scalar(gra_square(in[1]), 1));
    exp_(v);
    return gra_add(before, gra_add(gra_sum(gra_square(first)), gra_sum(gra_mul(v, v))));
}

GRA_TEST(writes_into_views_of_every_kind_agree_with_finite_differences)
{
    for (int view = 0; view < VIEWS; view++)
        for (int layout = 0; layout < 3; layout++) {
            if (views[view] == v_strided && layout == 2)
                continue; /* it would read what lies in the gaps, of which its tensor knows nothing */
            gra_tensor *const in[] = {
                gra_requires_grad(gra_rand(GRA_SHAPE(2, 3, 4), GRA_FLOAT64)),
                gra_requires_grad(gra_rand(GRA_SCALAR, GRA_FLOAT64)),
            };
            const int mark = gra_mark();
            int which[] = {view, layout};
            if (!written(in, 2, which)) { /* no such view of this memory: they say so */
                ck_assert_msg(strstr(gra_error(), "view: ") == gra_error(), "%s", gra_error());
                gra_clear_error();
                ck_assert_int_ne(layout, 0);
            } else {
                gra_gradcheck(written, which, in, 2);
                ck_assert_msg(!gra_error(), "view %d, layout %d: %s", view, layout, gra_error());
                gra_gradgradcheck(written, which, in, 2);
                ck_assert_msg(!gra_error(), "view %d, layout %d: %s", view, layout, gra_error());
            }
            gra_release(mark);
        }
}

GRA_TEST(a_view_of_a_channels_last_tensor_may_be_written)
{
    gra_tensor *const x = gra_requires_grad(gra_ones(GRA_SHAPE(1, 2, 2, 2)));
    gra_tensor *const y = gra_mul_scalar(gra_to_channels_last(x), 2);
    ck_assert(gra_is_channels_last(y));
    gra_mul_scalar_(gra_select(y, 1, 0), 3);
    GRA_ASSERT_VALUES(y, 6, 6, 6, 6, 2, 2, 2, 2);
    GRA_ASSERT_VALUES(slope(y, x), 6, 6, 6, 6, 2, 2, 2, 2);
}

GRA_TEST(bfloat16_views_may_be_written)
{
    gra_tensor *const w = gra_requires_grad(gra_ones(GRA_SHAPE(2), GRA_BFLOAT16));
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 2), GRA_BFLOAT16);
    gra_add_(gra_select(x, 1, 1), gra_mul_scalar(w, 3));
    GRA_ASSERT_VALUES(slope(x, w), 3, 3);
}

/* ---- what is refused ---- */

GRA_TEST(a_view_of_a_leaf_is_not_written_while_ops_are_recorded)
{
    gra_tensor *const x = leaf(), *const v = gra_narrow(x, 0, 0, 2);
    ck_assert_ptr_null(gra_zero_(v));
    GRA_ASSERT_ERROR(
        "zero_: a view of a leaf that requires a gradient cannot be modified in place while ops are "
        "recorded; wrap the call in gra_set_grad(false), or modify a view of a gra_clone of the leaf");
    GRA_ASSERT_VALUES(x, 1, 2, 3);
    gra_set_grad(false);
    gra_zero_(v);
    gra_set_grad(true);
    GRA_ASSERT_VALUES(x, 0, 0, 3);
    GRA_ASSERT_VALUES(slope(gra_mul(v, v), x), 0, 0, 0);
}

GRA_TEST(a_view_of_what_became_a_leaf_is_not_written)
{
    gra_tensor *const x = gra_vector(1, 2), *const v = gra_narrow(x, 0, 0, 1);
    gra_requires_grad(x);
    ck_assert_ptr_null(gra_add_scalar_(v, 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: a view of a leaf that requires a gradient cannot be modified in "
        "place while ops are recorded; wrap the call in gra_set_grad(false), or modify a "
        "view of a gra_clone of the leaf");
}

GRA_TEST(a_view_from_unrecorded_times_is_not_written_by_a_recorded_op)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3));
    gra_set_grad(false);
    gra_tensor *const v = gra_narrow(x, 0, 0, 2);
    gra_set_grad(true);
    gra_tensor *const u = gra_narrow(v, 0, 0, 1), *const w = leaf();
    static const char error[] =
        "add_: a view that was made while recording was off cannot be modified in place while ops are "
        "recorded, as the tensor that it shows would not know; make the view and modify it both while "
        "ops are recorded, or both in gra_set_grad(false)";
    ck_assert_ptr_null(gra_add_(v, gra_narrow(w, 0, 0, 2)));
    GRA_ASSERT_ERROR(error);
    ck_assert_ptr_null(gra_add_(u, gra_narrow(w, 0, 0, 1)));
    GRA_ASSERT_ERROR(error);
    ck_assert_ptr_nonnull(gra_add_scalar_(u, 1)); /* which nothing records */
    gra_add_(x, w);
    ck_assert_ptr_null(gra_exp(v));
    GRA_ASSERT_ERROR(
        "exp: a view is used whose tensor was modified in place by add_ since the view "
        "was made; take the view again after the modification");
    GRA_ASSERT_VALUES(x, 2, 2, 3);
}

/* Else its tensor would have new numbers and an old history. */
GRA_TEST(a_view_of_a_history_from_unrecorded_times_is_not_written_while_ops_are_recorded)
{
    gra_tensor *const x = leaf(), *const y = twice(x);
    gra_set_grad(false);
    gra_tensor *const v = gra_narrow(gra_view(y, GRA_SHAPE(1, 3)), 1, 0, 2);
    gra_add_scalar_(v, 1);
    gra_set_grad(true);
    gra_tensor *const u = gra_narrow(v, 1, 0, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_null(gra_add_scalar_(i ? u : v, 1));
        GRA_ASSERT_ERROR(
            "add_scalar_: a view that was made while recording was off cannot be modified "
            "in place while ops are recorded, as the tensor that it shows would not know; "
            "make the view and modify it both while ops are recorded, or both in "
            "gra_set_grad(false)");
    }
    GRA_ASSERT_VALUES(y, 3, 5, 6);
    GRA_ASSERT_VALUES(slope(y, x), 2, 2, 2);
}

GRA_TEST(the_result_of_an_op_that_is_its_input_is_not_written)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const z = reversal(y);
    static const char error[] =
        "add_scalar_: a tensor cannot be modified in place while ops are recorded if it shares memory "
        "with an input of the op that made it, as the write would go past that op's rule; modify a "
        "gra_clone of it, or set .view of that op if its result is a plain view";
    ck_assert_ptr_null(gra_add_scalar_(z, 1));
    GRA_ASSERT_ERROR(error);
    ck_assert_ptr_null(gra_add_scalar_(gra_narrow(z, 0, 0, 1), 1));
    GRA_ASSERT_ERROR(error);
    GRA_ASSERT_VALUES(slope(z, x), -2, -2, -2);
    GRA_ASSERT_VALUES(slope(gra_add_scalar_(gra_clone(z), 1), x), -2, -2, -2);
    gra_add_scalar_(y, 1);
    ck_assert_int_eq(gra_backward(z, .gradient = gra_ones(GRA_SHAPE(3))), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: a view is used whose tensor was modified in place by add_scalar_ "
        "since the view was made; take the view again after the modification");
}

GRA_TEST(a_view_that_is_a_leaf_of_its_own_does_not_follow_its_tensor)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3)), *const v =
                                                       gra_requires_grad(gra_narrow(x, 0, 0, 2));
    ck_assert_ptr_null(gra_add_scalar_(v, 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: a leaf that requires a gradient cannot be modified in place while "
        "ops are recorded; wrap the call in gra_set_grad(false), or modify a gra_clone of "
        "it");
    gra_tensor *const loss = gra_sum(gra_add_scalar(v, 1));
    gra_add_(x, leaf());
    GRA_ASSERT_VALUES(gra_grad(loss, v, .allow_unused = true), 1, 1);
    ck_assert_ptr_null(gra_exp(v));
    GRA_ASSERT_ERROR(
        "exp: a view is used whose tensor was modified in place by add_ since the view "
        "was made; take the view again after the modification");
    gra_set_requires_grad(v, false);
    ck_assert_ptr_null(gra_add_(v, gra_narrow(leaf(), 0, 0, 2)));
    GRA_ASSERT_ERROR(
        "add_: a view is used whose tensor was modified in place by add_ since the view "
        "was made; take the view again after the modification");
}

GRA_TEST(a_view_that_was_a_leaf_is_not_written_by_a_recorded_op)
{
    gra_tensor *const v = gra_requires_grad(gra_narrow(gra_zeros(GRA_SHAPE(3)), 0, 0, 2));
    gra_set_requires_grad(v, false);
    ck_assert_ptr_null(gra_add_(v, gra_narrow(leaf(), 0, 0, 2)));
    GRA_ASSERT_ERROR(
        "add_: a view that was a leaf of its own cannot be modified in place while ops are "
        "recorded, as the tensor that it shows would not know; modify a gra_clone of it");
}

GRA_TEST(memory_that_elements_share_is_not_written)
{
    gra_tensor *const x = leaf(), *const y = twice(x);
    ck_assert_ptr_null(gra_add_scalar_(gra_expand(gra_narrow(y, 0, 0, 1), GRA_SHAPE(3)), 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: an expanded tensor cannot be modified in place, as several of its "
        "elements share memory; take gra_clone(t) first");
    ck_assert_ptr_null(gra_add_scalar_(gra_as_strided(y, GRA_SHAPE(2, 2), GRA_SHAPE(1, 1), 0), 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: an expanded tensor cannot be modified in place, as several of its "
        "elements share memory; take gra_clone(t) first");
    gra_tensor *const wide = gra_detach(gra_expand(gra_ones(GRA_SHAPE(1, 3)), GRA_SHAPE(2, 3)));
    ck_assert_ptr_null(gra_add_(gra_select(wide, 0, 0), x));
    GRA_ASSERT_ERROR(
        "add_: a view of an expanded tensor cannot be modified in place while ops are "
        "recorded, as several elements of that tensor share memory; take gra_clone of it "
        "first");
}

GRA_TEST(a_write_into_a_view_is_seen_by_who_saved_its_tensor)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const z = gra_square(y);
    gra_add_scalar_(gra_narrow(y, 0, 0, 1), 1);
    ck_assert_int_eq(gra_backward(gra_sum(z)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: square saved its input 0 (float32 [3]) for the backward pass, and "
        "add_scalar_ modified it in place since (version 0, now 1); use the out-of-place "
        "op, or give square a gra_clone");
    gra_tensor *const a = twice(x), *const v = gra_narrow(a, 0, 1, 2);
    exp_(v);
    gra_mul_scalar_(gra_narrow(a, 0, 0, 1), 2);
    ck_assert_int_eq(gra_backward(gra_sum(a)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: exp_ saved its output 0 (float32 [2]) for the backward pass, and "
        "mul_scalar_ modified it in place since (version 2, now 3); use the out-of-place "
        "op, or give exp_ a gra_clone");
}

GRA_TEST(a_detached_tensor_has_a_history_of_its_own)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const d = gra_detach(y);
    gra_mul_(gra_narrow(d, 0, 0, 1), gra_narrow(x, 0, 0, 1));
    ck_assert(gra_tensor_requires_grad(d));
    GRA_ASSERT_VALUES(slope(d, x), 2, 0, 0);
    GRA_ASSERT_VALUES(slope(y, x), 2, 2, 2);
}

/* ---- hooks, retained gradients, gra_grad ---- */

static gra_tensor *look(gra_tensor *grad, void *context)
{
    *(double *)context += gra_item(gra_sum(grad));
    return NULL;
}

GRA_TEST(a_hook_stays_with_the_value_that_it_was_registered_on)
{
    double of_view = 0, of_base = 0, later = 0;
    gra_tensor *const x = leaf(), *const y = twice(x), *const v = gra_narrow(y, 0, 0, 2);
    gra_tensor_hook(v, look, &of_view);
    gra_tensor_hook(y, look, &of_base);
    gra_tensor *const before = gra_sum(gra_mul_scalar(v, 5));
    gra_mul_scalar_(v, 3);
    gra_tensor_hook(v, look, &later);
    gra_backward(gra_add(before, gra_add(gra_sum(y), gra_sum(v))));
    ck_assert_double_eq(of_view, 10);
    ck_assert_double_eq(of_base, 10 + 6 + 1 + 6);
    ck_assert_double_eq(later, 2);
}

GRA_TEST(a_retained_gradient_is_that_of_the_last_value)
{
    gra_tensor *const x = leaf(), *const y = gra_retain_grad(twice(x));
    gra_tensor *const v = gra_retain_grad(gra_narrow(y, 0, 0, 2));
    gra_tensor *const before = gra_sum(gra_mul_scalar(v, 5));
    gra_mul_scalar_(v, 3);
    gra_backward(gra_add(before, gra_sum(y)));
    ck_assert_ptr_null(gra_tensor_grad(v)); /* nothing used it since */
    GRA_ASSERT_VALUES(gra_tensor_grad(y), 1, 1, 1);
    gra_tensor_zero_grad(y);
    gra_backward(gra_sum(gra_mul_scalar(v, 2)), .retain_graph = true);
    GRA_ASSERT_VALUES(gra_tensor_grad(v), 2, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(y), 2, 2, 0);
}

GRA_TEST(gra_grad_asks_for_the_last_value_of_a_view_and_of_its_tensor)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const v = gra_narrow(y, 0, 0, 2);
    gra_tensor *const before = gra_sum(gra_mul_scalar(y, 5));
    gra_tensor *const of_v = gra_sum(gra_mul_scalar(v, 5));
    gra_mul_scalar_(v, 3);
    ck_assert_ptr_null(gra_grad(before, y, .retain_graph = true));
    GRA_ASSERT_ERROR("gra_grad: the outputs do not depend on input 0; pass .allow_unused = true to "
                     "get zeros for it");
    ck_assert_ptr_null(gra_grad(of_v, v, .retain_graph = true));
    GRA_ASSERT_ERROR("gra_grad: the outputs do not depend on input 0; pass .allow_unused = true to "
                     "get zeros for it");
    GRA_ASSERT_VALUES(slope(gra_square(v), v), 12, 24);
    GRA_ASSERT_VALUES(slope(gra_square(v), y), 12, 24, 0);
    GRA_ASSERT_VALUES(slope(gra_square(y), y), 12, 24, 12);
}

GRA_TEST(a_view_may_be_asked_for_its_history_in_any_mode)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const v = gra_narrow(y, 0, 0, 2);
    gra_tensor *const u = gra_narrow(y, 0, 1, 2);
    gra_mul_scalar_(y, 3);
    gra_set_inference(true);
    ck_assert(gra_tensor_requires_grad(v));
    gra_set_inference(false);
    gra_set_grad(false);
    ck_assert(!gra_is_leaf(u));
    gra_set_grad(true);
    GRA_ASSERT_VALUES(slope(v, x), 6, 6, 0);
    GRA_ASSERT_VALUES(slope(u, x), 0, 6, 6);
}

GRA_TEST(backward_begins_at_a_view_whose_tensor_was_written)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const v = gra_view(y, GRA_SHAPE(3));
    gra_mul_scalar_(y, 3);
    gra_tensor_touch(v); /* which changes no history */
    gra_backward(v, .gradient = gra_ones(GRA_SHAPE(3)));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 6, 6, 6);
}

GRA_TEST(a_saved_result_in_a_view_is_differentiated_again)
{
    gra_tensor *const x = gra_requires_grad(gra_vector(0.5, 1)), *const y = gra_mul_scalar(x, 1);
    exp_(gra_narrow(y, 0, 0, 1));
    gra_tensor *const dx = gra_grad(gra_sum(y), x, .create_graph = true);
    GRA_ASSERT_VALUES(dx, exp(0.5), 1);
    GRA_ASSERT_VALUES(slope(dx, x), exp(0.5), 0);
}

/* ---- what is kept, and for how long ---- */

GRA_TEST(the_pieces_may_be_freed_in_any_order)
{
    enum { PIECES = 4 };
    for (int first = 0; first < PIECES; first++) {
        gra_tensor *const w = leaf(), *const base = gra_keep(gra_zeros(GRA_SHAPE(2, 3)));
        gra_tensor *const row = gra_keep(gra_select(base, 0, 0));
        gra_tensor *const part = gra_keep(gra_narrow(row, 0, 0, 2));
        gra_add_(row, w);
        gra_tensor *const sum = gra_keep(gra_sum(gra_mul(part, part)));
        gra_tensor *const piece[PIECES] = {base, row, part, sum};
        gra_release(0);
        for (int i = 0; i < PIECES; i++) {
            gra_tensor *const gone = piece[(first + i) % PIECES];
            ck_assert(gra_tensor_requires_grad(gone));
            gra_free(gone);
        }
        ck_assert_int_eq(gra_live(), gra_test_live);
    }
}

GRA_TEST(a_long_chain_of_writes_leaves_nothing_alive)
{
    gra_tensor *const w = leaf();
    const int mark = gra_mark();
    gra_tensor *const x = gra_zeros(GRA_SHAPE(4, 3)), *const row = gra_select(x, 0, 2);
    for (int i = 0; i < 200; i++) {
        const int inner = gra_mark();
        gra_add_(gra_select(x, 0, i % 4), w);
        gra_mul_scalar_(row, 0.5);
        gra_release(inner);
    }
    gra_backward(gra_sum(x));
    gra_release(mark);
    ck_assert_int_eq(gra_live(), gra_test_live + 2); /* w and its gradient */
}

GRA_TEST(a_write_of_a_leaf_that_is_a_view_of_the_tensor_closes_no_circle)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3)), *const v =
                                                       gra_requires_grad(gra_narrow(x, 0, 0, 2));
    gra_add_(gra_narrow(x, 0, 1, 2), gra_mul(v, gra_vector(2, 3)));
    GRA_ASSERT_VALUES(slope(x, v), 2, 3);
}

GRA_TEST(a_tensor_that_gets_other_memory_leaves_its_views_behind)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2)), *const v = gra_narrow(x, 0, 0, 1),
                      *const w = leaf();
    gra__replace(x, gra_zeros(GRA_SHAPE(2), GRA_FLOAT64));
    gra_add_(v, gra_narrow(w, 0, 0, 1));
    ck_assert(!gra_tensor_requires_grad(x));
    GRA_ASSERT_VALUES(x, 0, 0);
    GRA_ASSERT_VALUES(slope(v, w), 1, 0, 0);
}

static int puts_seen;

static void count_puts(const gra__event *event)
{
    if (event->what == GRA__OP && event->begins)
        puts_seen += strcmp(gra_op_name(event->call->op), "as_strided_put") == 0;
}

GRA_TEST(a_gradient_that_nobody_else_holds_is_overwritten_row_by_row)
{
    gra_tensor *const w = leaf(), *const x = gra_zeros(GRA_SHAPE(50, 3));
    for (int i = 0; i < 50; i++)
        gra_copy_(gra_select(x, 0, i), w);
    puts_seen = 0;
    gra__watch = count_puts;
    gra_backward(gra_sum(gra_square(x)));
    gra__watch = NULL;
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 100, 200, 300);
    ck_assert_int_eq(puts_seen, 0);
}

/* The same steps, with and without .fused_backward: a parameter is read through views of it, and what
 * comes of it is written into views. */
static gra_tensor *stepped(bool fused)
{
    gra_tensor *const w = leaf();
    gra_optim *const sgd = gra_sgd(.tensors = &w, .count = 1, .lr = 0.01, .fused_backward = fused);
    gra_tensor *const head = gra_narrow(w, 0, 0, 2);
    for (int i = 0; i < 3; i++) {
        gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3));
        gra_mul_(gra_narrow(gra_select(x, 0, 1), 0, 1, 2), head);
        gra_mul_(gra_select(x, 0, 0), w);
        gra_add_(gra_select(x, 1, 2), gra_square(head));
        gra_zero_grad(sgd);
        gra_backward(gra_sum(gra_square(x)));
        gra_step(sgd);
    }
    gra_free(sgd);
    return w;
}

GRA_TEST(a_step_in_the_backward_pass_takes_writes_into_views)
{
    gra_tensor *const apart = stepped(false), *const fused = stepped(true);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(gra_tensor_at(apart, GRA_SHAPE(i)), gra_tensor_at(fused, GRA_SHAPE(i)));
    ck_assert_double_ne(gra_tensor_at(apart, GRA_SHAPE(0)), 1);
}

/* ---- as_strided ---- */

static const gra_op *op_named(const char *name)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(gra_op_name(ops[i]), name) == 0)
            return ops[i];
    return NULL;
}

GRA_TEST(as_strided_checks_its_arguments)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_as_strided(x, GRA_SHAPE(2, 2), GRA_SHAPE(1), 0));
    GRA_ASSERT_ERROR(
        "as_strided: size [2, 2] has 2 dims and stride [1] has 1; each dim needs a stride");
    ck_assert_ptr_null(gra_as_strided(x, GRA_SHAPE(2), GRA_SHAPE(-1), 1));
    GRA_ASSERT_ERROR("as_strided: stride [-1] and storage_offset 1 must not be negative");
    ck_assert_ptr_null(gra_as_strided(x, GRA_SHAPE(2), GRA_SHAPE(1), -2));
    GRA_ASSERT_ERROR("as_strided: stride [1] and storage_offset -2 must not be negative");
    ck_assert_ptr_null(gra_as_strided(x, GRA_SHAPE(2, 3), GRA_SHAPE(4, 1), 0));
    GRA_ASSERT_ERROR(
        "as_strided: size [2, 3] with stride [4, 1] from storage_offset 0 reaches beyond "
        "the 6 elements of the tensor's memory");
    ck_assert_ptr_null(gra_as_strided(x, GRA_SHAPE(2), GRA_SHAPE(INT64_MAX), 1));
    GRA_ASSERT_ERROR("as_strided: size [2] with stride [9223372036854775807] from storage_offset 1 "
                     "reaches beyond the 6 elements of the tensor's memory");
    ck_assert_ptr_nonnull(gra_as_strided(x, GRA_SHAPE(0, 9), GRA_SHAPE(1, 1), 6));
    gra_tensor *const row = gra_select(x, 0, 1);
    ck_assert_ptr_eq(gra_tensor_data(gra_as_strided(row, GRA_SHAPE(2), GRA_SHAPE(1), -1)),
                     gra_tensor_data(row));
}

/* The ops of its gradient are called by name as well. */
GRA_TEST(the_ops_behind_as_strided_check_their_arguments)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 2)), *const part = gra_ones(GRA_SHAPE(2));
    const struct {
        gra_shape x_stride, stride;
        int64_t offset;
    } puts[] = {
        {GRA_SHAPE(2), GRA_SHAPE(1), 0},
        {GRA_SHAPE(2, 1), GRA_SHAPE(-1), 0},
        {GRA_SHAPE(2, 1), GRA_SHAPE(INT64_MAX), 0},
        {GRA_SHAPE(1, 1), GRA_SHAPE(1), 0},
        {GRA_SHAPE(2, 1), GRA_SHAPE(0), 0},
        {GRA_SHAPE(2, 1), GRA_SHAPE(1), INT64_MIN},
    };
    const char *const errors[] = {
        "as_strided_put: x has size [2, 2] and stride [2]; a stride for each dim is needed, none negative",
        "as_strided_put: part has size [2] and stride [-1]; a stride for each dim is needed, none negative",
        ("as_strided_put: part has size [2] and stride [9223372036854775807]; a stride for each dim is "
         "needed, none negative"),
        "as_strided_put: x meets an element twice; it is not known which one counts",
        "as_strided_put: part meets an element twice; it is not known which one counts",
        "as_strided_put: no memory is large enough for an offset of -9223372036854775808",
    };
    for (int i = 0; i < 6; i++) {
        ck_assert_ptr_null(
            gra_apply(op_named("as_strided_put"), (gra_tensor *[]){x, part}, 2, &puts[i]));
        GRA_ASSERT_ERROR(errors[i]);
    }
    const struct {
        gra_shape x_size, x_stride, size, stride;
        int64_t offset;
        bool transposed;
    } back = {GRA_SHAPE(2, 2), GRA_SHAPE(2, 1), GRA_SHAPE(3), GRA_SHAPE(1), 0, false};
    ck_assert_ptr_null(gra_apply(op_named("as_strided_backward"), &part, 1, &back));
    GRA_ASSERT_ERROR("as_strided_backward: g has shape [2]; [3] is needed");
}

/* As in PyTorch. */
GRA_TEST(as_strided_gives_no_gradient_to_what_its_tensor_does_not_show)
{
    gra_tensor *const x = gra_requires_grad(gra_ones(GRA_SHAPE(3, 2)));
    gra_tensor *const rows = gra_narrow(x, 0, 1, 2);
    gra_tensor *const y = gra_as_strided(rows, GRA_SHAPE(5), GRA_SHAPE(1), 0);
    GRA_ASSERT_VALUES(slope(y, x), 0, 0, 1, 1, 1, 0);
}

GRA_TEST(every_op_whose_schema_says_view_is_one)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(!strstr(ops[i]->schema, "Tensor(a)") || ops[i]->view, "%s", ops[i]->schema);
}

GRA_TEST_MAIN("views", a_write_into_a_view_gives_its_tensor_a_history,
              the_rest_of_the_tensor_keeps_its_history, the_view_and_other_views_learn_of_a_write,
              views_learn_of_a_write_into_their_tensor,
              a_view_of_a_view_writes_into_the_first_tensor, a_loop_fills_the_rows_of_a_tensor,
              rows_may_be_made_of_other_rows, writes_that_nothing_records_need_no_history,
              integers_have_no_history, a_view_without_elements_may_be_written,
              results_that_lie_in_memory_of_their_own_are_no_views,
              writes_into_views_of_every_kind_agree_with_finite_differences,
              a_view_of_a_channels_last_tensor_may_be_written, bfloat16_views_may_be_written,
              a_view_of_a_leaf_is_not_written_while_ops_are_recorded,
              a_view_of_what_became_a_leaf_is_not_written,
              a_view_from_unrecorded_times_is_not_written_by_a_recorded_op,
              a_view_of_a_history_from_unrecorded_times_is_not_written_while_ops_are_recorded,
              the_result_of_an_op_that_is_its_input_is_not_written,
              a_view_that_is_a_leaf_of_its_own_does_not_follow_its_tensor,
              a_view_that_was_a_leaf_is_not_written_by_a_recorded_op,
              memory_that_elements_share_is_not_written,
              a_write_into_a_view_is_seen_by_who_saved_its_tensor,
              a_detached_tensor_has_a_history_of_its_own,
              a_hook_stays_with_the_value_that_it_was_registered_on,
              a_retained_gradient_is_that_of_the_last_value,
              gra_grad_asks_for_the_last_value_of_a_view_and_of_its_tensor,
              a_view_may_be_asked_for_its_history_in_any_mode,
              backward_begins_at_a_view_whose_tensor_was_written,
              a_saved_result_in_a_view_is_differentiated_again,
              the_pieces_may_be_freed_in_any_order, a_long_chain_of_writes_leaves_nothing_alive,
              a_write_of_a_leaf_that_is_a_view_of_the_tensor_closes_no_circle,
              a_tensor_that_gets_other_memory_leaves_its_views_behind,
              a_gradient_that_nobody_else_holds_is_overwritten_row_by_row,
              a_step_in_the_backward_pass_takes_writes_into_views, as_strided_checks_its_arguments,
              the_ops_behind_as_strided_check_their_arguments,
              as_strided_gives_no_gradient_to_what_its_tensor_does_not_show,
              every_op_whose_schema_says_view_is_one)
