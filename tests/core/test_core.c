/* test_core.c - schemas, the calling of ops, the life of graph nodes, the number of threads. */
#include "core/scope.h"

#include "core/create.h"
#include "core/node.h"
#include "core/threads.h"
#include "../support/test.h"

/* y = factor * x + shift, with an argument of each kind. */
typedef struct scale_args {
    bool negate;
    double factor;
    int64_t shift;
    int64_t pair[2];
    gra_dims dims;
    gra_dtype dtype;
    const char *mode;
    bool last;
} scale_args;

static const char scale_schema[] =
    "scale(Tensor x, Tensor? bias, bool negate=False, *, float factor=1.0, int shift=0, "
    "int[2] pair=[1, 1], int[] dims=[], ScalarType dtype=float32, str mode='a', bool last=True) "
    "-> Tensor";

static int forwards;       /* calls of scale_forward */
static bool forward_needs; /* what it saw in needs[0] */
static bool forward_grad;  /* what it saw of the grad mode */

static void scale_forward(gra_call *c)
{
    forwards++;
    forward_needs = c->needs[0];
    forward_grad = gra_grad_enabled();
    gra_zeros(GRA_SHAPE(9)); /* temporaries */
    gra_zeros(GRA_SHAPE(9));
    gra_tensor *const y = c->out[0] = gra_empty_like(c->in[0]);
    const double factor = gra_call_float(c, "factor") * (gra_call_bool(c, "negate") ? -1 : 1);
    for (int64_t i = 0; y && i < y->numel; i++)
        gra__store(y, i, factor * gra__load(c->in[0], i) + (double)gra_call_int(c, "shift"));
}

static const gra_op scale_op = {
    .schema = scale_schema,
    .forward = scale_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scale_args),
};

static gra_tensor *scale(gra_tensor *x, double factor, int64_t shift)
{
    const scale_args args = {.factor = factor, .shift = shift};
    gra_tensor *const inputs[] = {x, NULL};
    return gra_apply(&scale_op, inputs, 2, &args);
}

static gra_tensor *leaf(void)
{
    return gra_requires_grad(gra_vector(1, 2));
}

GRA_TEST(the_name_of_an_op_ends_at_the_parenthesis)
{
    ck_assert_str_eq(gra_op_name(&scale_op), "scale");
}

GRA_TEST(apply_calls_forward_with_its_arguments)
{
    GRA_ASSERT_VALUES(scale(gra_vector(1, 2), 3, 10), 13, 16);
    const scale_args args = {.negate = true, .factor = 2};
    gra_tensor *const inputs[] = {gra_vector(1, 2), NULL};
    GRA_ASSERT_VALUES(gra_apply(&scale_op, inputs, 2, &args), -2, -4);
}

GRA_TEST(temporaries_of_forward_are_released)
{
    gra_tensor *const x = gra_vector(1, 2);
    const int64_t live = gra_live();
    const int mark = gra_mark();
    scale(x, 2, 0);
    ck_assert_int_eq(gra_live(), live + 1);
    ck_assert_int_eq(gra_mark(), mark + 1);
}

GRA_TEST(a_call_without_gradients_is_not_recorded)
{
    gra_tensor *const y = scale(gra_vector(1, 2), 2, 0);
    ck_assert(gra_is_leaf(y) && !gra_tensor_requires_grad(y));
    ck_assert(!forward_needs && !forward_grad);
}

GRA_TEST(a_call_on_what_requires_a_gradient_is_recorded)
{
    gra_tensor *const x = leaf(), *const y = scale(x, 2, 5), *const z = scale(y, 3, 0);
    ck_assert(!gra_is_leaf(y) && gra_tensor_requires_grad(y));
    ck_assert(forward_needs && !forward_grad); /* what forward calls is not recorded itself */
    ck_assert_ptr_eq(y->node->op, &scale_op);
    ck_assert_ptr_eq(y->node->edges[0].leaf, x);
    ck_assert_ptr_null(y->node->edges[0].node);
    ck_assert_ptr_eq(z->node->edges[0].node, y->node);
    ck_assert_ptr_null(z->node->edges[0].leaf);
    ck_assert_uint_gt(z->node->sequence, y->node->sequence);
    ck_assert_ptr_eq(y->node->results[0].tensor, y);
}

GRA_TEST(the_node_keeps_a_copy_of_the_arguments)
{
    scale_args args = {.factor = 2, .shift = 5};
    gra_tensor *const inputs[] = {leaf(), NULL};
    gra_tensor *const y = gra_apply(&scale_op, inputs, 2, &args);
    args.factor = 99;
    const gra_call c = {.op = &scale_op, .args = y->node->args, .node = y->node};
    ck_assert(gra_call_float(&c, "factor") == 2);
    ck_assert_int_eq(gra_call_int(&c, "shift"), 5);
    ck_assert(gra_shape_equal(gra_call_shape(&c, 0), GRA_SHAPE(2)));
    ck_assert_int_eq(gra_call_dtype(&c, 0), GRA_FLOAT32);
    ck_assert_int_eq(gra_call_shape(&c, 1).count, -1);
}

GRA_TEST(an_argument_that_the_schema_lacks_is_an_error)
{
    static const gra_op op = {.schema = "half(Tensor x, float by=2) -> Tensor",
                              .forward = scale_forward,
                              .args_size = sizeof(double)};
    const double args = 2;
    const gra_call c = {.op = &op, .args = &args};
    ck_assert(gra_call_float(&c, "by") == 2);
    ck_assert_int_eq(gra_call_int(&c, "by"), 0);
    GRA_ASSERT_ERROR("half: there is no int argument named 'by' in its schema: half(Tensor x, "
                     "float by=2) -> Tensor");
    ck_assert(!gra_call_bool(&c, "to"));
    GRA_ASSERT_ERROR("half: there is no bool argument named 'to' in its schema: half(Tensor x, "
                     "float by=2) -> Tensor");
}

GRA_TEST(nothing_is_recorded_while_the_grad_mode_is_off)
{
    ck_assert(gra_grad_enabled());
    ck_assert(gra_set_grad(false));
    gra_tensor *const y = scale(leaf(), 2, 0);
    ck_assert(!gra_grad_enabled());
    ck_assert(!gra_set_grad(true));
    ck_assert(gra_is_leaf(y) && !gra_tensor_requires_grad(y) && !forward_needs);
}

GRA_TEST(a_required_input_must_be_there)
{
    forwards = 0;
    ck_assert_ptr_null(scale(NULL, 2, 0));
    GRA_ASSERT_ERROR("scale: x is NULL; a tensor is needed");
    ck_assert_int_eq(forwards, 0);
}

GRA_TEST(NULL_gives_NULL_silently_while_an_error_is_pending)
{
    forwards = 0;
    gra_tensor *const x = gra_vector(1);
    gra_fail("an earlier mistake");
    ck_assert_ptr_null(scale(NULL, 2, 0));
    ck_assert_ptr_null(scale(x, 2, 0));
    ck_assert_int_eq(forwards, 0);
    GRA_ASSERT_ERROR("an earlier mistake");
}

static void empty_forward(gra_call *c)
{
    gra_zeros_like(c->in[0]);
}

GRA_TEST(a_forward_that_makes_nothing_is_an_error)
{
    static const gra_op op = {.schema = "lazy(Tensor x) -> Tensor", .forward = empty_forward};
    gra_tensor *x = leaf();
    const int64_t live = gra_live();
    ck_assert_ptr_null(gra_apply(&op, &x, 1, NULL));
    GRA_ASSERT_ERROR("lazy: its forward left output 0 empty");
    ck_assert_int_eq(gra_live(), live);
}

static void failing_forward(gra_call *c)
{
    c->out[0] = gra_zeros_like(c->in[0]);
    gra_fail("broken: no luck");
}

GRA_TEST(a_forward_that_fails_leaves_nothing)
{
    static const gra_op op = {.schema = "broken(Tensor x) -> Tensor", .forward = failing_forward};
    gra_tensor *x = leaf();
    const int64_t live = gra_live();
    ck_assert_ptr_null(gra_apply(&op, &x, 1, NULL));
    GRA_ASSERT_ERROR("broken: no luck");
    ck_assert_int_eq(gra_live(), live);
    ck_assert(gra_grad_enabled());
}

static void split_forward(gra_call *c)
{
    c->out[0] = gra_full_like(c->in[0], 1);
    c->out[1] = gra_zeros(GRA_SHAPE(1), .dtype = GRA_INT64);
    c->out[2] = gra_full_like(c->in[0], 2);
    gra_zeros(GRA_SHAPE(5));
}

static const gra_op split_op = {.schema = "split(Tensor x) -> (Tensor, Tensor, Tensor)",
                                .forward = split_forward,
                                .saves = GRA_OUT(2)};

GRA_TEST(outputs_that_are_not_floating_have_no_history)
{
    gra_tensor *x = leaf(), *out[3];
    ck_assert_int_eq(gra_apply_many(&split_op, &x, 1, NULL, out, 3), 0);
    ck_assert(!gra_is_leaf(out[0]) && gra_is_leaf(out[1]) && !gra_is_leaf(out[2]));
    ck_assert_ptr_eq(out[0]->node, out[2]->node);
    ck_assert_int_eq(out[0]->output, 0);
    ck_assert_int_eq(out[2]->output, 2);
    ck_assert_ptr_null(out[0]->node->results[0].saved);
    ck_assert_ptr_eq(out[0]->node->results[2].saved->storage, out[2]->storage);
}

GRA_TEST(all_outputs_are_NULL_after_a_mistake)
{
    gra_tensor *x = NULL, *out[3] = {(gra_tensor *)&x, (gra_tensor *)&x, (gra_tensor *)&x};
    ck_assert_int_eq(gra_apply_many(&split_op, &x, 1, NULL, out, 3), -1);
    GRA_ASSERT_ERROR("split: x is NULL; a tensor is needed");
    ck_assert(!out[0] && !out[1] && !out[2]);
}

GRA_TEST(a_node_lives_as_long_as_an_output_or_a_later_node)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const y = gra_keep(scale(scale(leaf(), 2, 0), 3, 0));
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 4); /* y, two nodes, the leaf */
    ck_assert_ptr_null(y->node->edges[0].node->results[0].tensor);
    gra_free(y);
    ck_assert_int_eq(gra_live(), live);
}

static void square_forward(gra_call *c)
{
    c->out[0] = gra_zeros_like(c->in[0]);
}

static const gra_op square_op = {.schema = "square(Tensor x) -> Tensor", .forward = square_forward};

GRA_TEST(a_node_saves_its_inputs_without_a_circle)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *x = leaf();
    gra_tensor *y = gra_apply(&square_op, &x, 1, NULL);
    gra_tensor *const z = gra_apply(&square_op, &y, 1, NULL);
    ck_assert_ptr_eq(y->node->edges[0].saved, x); /* a leaf serves itself */
    ck_assert_ptr_eq(z->node->edges[0].saved->storage, y->storage);
    ck_assert_ptr_ne(z->node->edges[0].saved, y);
    gra__node_free_saved(z->node);
    ck_assert_ptr_null(z->node->edges[0].saved);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(a_chain_of_many_nodes_is_freed_without_recursion)
{
    const int64_t live = gra_live();
    gra_tensor *x = gra_keep(leaf());
    for (int i = 0; i < 200000; i++) {
        const int mark = gra_mark();
        gra_tensor *const y = gra_keep(gra_apply(&square_op, &x, 1, NULL));
        gra_release(mark);
        gra_free(x);
        x = y;
    }
    gra_free(x);
    gra_release(0);
    ck_assert_int_eq(gra_live(), live);
}

static void negate_forward(gra_call *c)
{
    c->out[0] = c->in[0];
    for (int64_t i = 0; i < c->in[0]->numel; i++)
        gra__store(c->in[0], i, -gra__load(c->in[0], i));
}

static const gra_op negate_op = {.schema = "neg_(Tensor(a!) x) -> Tensor(a!)",
                                 .forward = negate_forward,
                                 .saves = GRA_SAVE_NOTHING,
                                 .inplace = true};

static gra_tensor *negate_(gra_tensor *x)
{
    return gra_apply(&negate_op, &x, 1, NULL);
}

GRA_TEST(an_op_in_place_returns_its_input_and_moves_the_version)
{
    gra_tensor *const x = gra_vector(1, 2);
    const uint32_t version = x->storage->version;
    ck_assert_ptr_eq(negate_(x), x);
    GRA_ASSERT_VALUES(x, -1, -2);
    ck_assert_uint_eq(x->storage->version, version + 1);
}

GRA_TEST(an_op_in_place_gives_a_result_a_new_node)
{
    gra_tensor *const y = scale(leaf(), 2, 0);
    gra_node *const before = y->node;
    negate_(y);
    GRA_ASSERT_VALUES(y, -2, -4);
    ck_assert_ptr_ne(y->node, before);
    ck_assert_ptr_eq(y->node->op, &negate_op);
    ck_assert_ptr_eq(y->node->edges[0].node, before);
}

GRA_TEST(a_leaf_cannot_be_written_while_ops_are_recorded)
{
    gra_tensor *const x = leaf();
    ck_assert_ptr_null(negate_(x));
    GRA_ASSERT_ERROR("neg_: a leaf that requires a gradient cannot be modified in place while ops "
                     "are recorded; wrap the call in gra_set_grad(false), or modify a gra_clone of "
                     "it");
    GRA_ASSERT_VALUES(x, 1, 2);
    gra_set_grad(false);
    ck_assert_ptr_eq(negate_(x), x);
    gra_set_grad(true);
    GRA_ASSERT_VALUES(x, -1, -2);
}

GRA_TEST(an_expanded_tensor_cannot_be_written)
{
    const int64_t stride[] = {0};
    ck_assert_ptr_null(negate_(gra__view(gra_vector(1), GRA_SHAPE(3), stride, 0)));
    GRA_ASSERT_ERROR("neg_: an expanded tensor cannot be modified in place, as several of its "
                     "elements share memory; take gra_clone(t) first");
    gra_tensor *const single = gra__view(gra_vector(1), GRA_SHAPE(1), stride, 0);
    ck_assert_ptr_eq(negate_(single), single);
}

GRA_TEST(a_view_made_before_a_recorded_write_is_stale)
{
    const int64_t stride[] = {1};
    gra_tensor *const y = scale(leaf(), 2, 0);
    gra_tensor *const view = gra__view(y, GRA_SHAPE(1), stride, 0);
    ck_assert_ptr_nonnull(scale(view, 1, 0));
    negate_(y);
    ck_assert_ptr_null(scale(view, 1, 0));
    GRA_ASSERT_ERROR("scale: a view is used whose tensor was modified in place by neg_ since the "
                     "view was made; take the view again after the modification");
    ck_assert_ptr_nonnull(scale(gra__view(y, GRA_SHAPE(1), stride, 0), 1, 0));
}

static void composite_forward(gra_call *c)
{
    c->out[0] = scale(scale(c->in[0], 2, 0), 3, 0);
}

GRA_TEST(a_composite_op_has_no_node_of_its_own)
{
    static const gra_op op = {
        .schema = "sixfold(Tensor x) -> Tensor", .forward = composite_forward, .composite = true};
    gra_tensor *x = leaf();
    gra_tensor *const y = gra_apply(&op, &x, 1, NULL);
    GRA_ASSERT_VALUES(y, 6, 12);
    ck_assert_ptr_eq(y->node->op, &scale_op);
    ck_assert_ptr_eq(y->node->edges[0].node->op, &scale_op);
    gra_set_grad(false);
    ck_assert(gra_is_leaf(gra_apply(&op, &x, 1, NULL)));
    gra_set_grad(true);
}

GRA_TEST(threads_can_be_chosen)
{
    ck_assert_int_ge(gra_threads(), 1);
    ck_assert_int_eq(gra_set_threads(3), 0);
    const int chosen = gra_threads(); /* 1 where the library was built without OpenMP */
    ck_assert(chosen == 3 || chosen == 1);
    ck_assert_int_eq(gra__threads(), chosen);
    ck_assert_int_eq(gra_set_threads(0), 0);
    ck_assert_int_ge(gra_threads(), 1);
}

GRA_TEST(a_negative_number_of_threads_is_rejected)
{
    ck_assert_int_eq(gra_set_threads(-2), -1);
    GRA_ASSERT_ERROR("gra_set_threads: -2 threads were asked for; at least 1 is needed (0: "
                     "default)");
}

GRA_TEST_MAIN("core", the_name_of_an_op_ends_at_the_parenthesis,
              apply_calls_forward_with_its_arguments, temporaries_of_forward_are_released,
              a_call_without_gradients_is_not_recorded,
              a_call_on_what_requires_a_gradient_is_recorded,
              the_node_keeps_a_copy_of_the_arguments, an_argument_that_the_schema_lacks_is_an_error,
              nothing_is_recorded_while_the_grad_mode_is_off, a_required_input_must_be_there,
              NULL_gives_NULL_silently_while_an_error_is_pending,
              a_forward_that_makes_nothing_is_an_error, a_forward_that_fails_leaves_nothing,
              outputs_that_are_not_floating_have_no_history, all_outputs_are_NULL_after_a_mistake,
              a_node_lives_as_long_as_an_output_or_a_later_node,
              a_node_saves_its_inputs_without_a_circle,
              a_chain_of_many_nodes_is_freed_without_recursion,
              an_op_in_place_returns_its_input_and_moves_the_version,
              an_op_in_place_gives_a_result_a_new_node,
              a_leaf_cannot_be_written_while_ops_are_recorded, an_expanded_tensor_cannot_be_written,
              a_view_made_before_a_recorded_write_is_stale, a_composite_op_has_no_node_of_its_own,
              threads_can_be_chosen, a_negative_number_of_threads_is_rejected)
