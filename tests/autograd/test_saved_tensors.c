/* test_saved_tensors.c - what nodes save, compressed, in files, and wrong. */
#include <unistd.h>

#include "gradus.h"

#include "tests/support/test.h"

/* What a pair of hooks did. */
typedef struct tally {
    int packed, unpacked, dropped;
    int64_t bytes; /* that are packed now */
} tally;

/* ---- bfloat16 ---- */

static void *to_bfloat16(gra_tensor *t, void *context)
{
    tally *const n = context;
    n->packed++;
    return gra_keep(gra_dtype_is_floating(gra_tensor_dtype(t)) ? gra_to(t, GRA_BFLOAT16) : t);
}

static gra_tensor *from_bfloat16(void *packed, void *context)
{
    tally *const n = context;
    n->unpacked++;
    return gra_tensor_dtype(packed) == GRA_BFLOAT16 ? gra_to(packed, GRA_FLOAT32) : packed;
}

static void drop_tensor(void *packed, void *context)
{
    tally *const n = context;
    n->dropped++;
    gra_free(packed);
}

GRA_TEST(saved_tensors_can_be_compressed)
{
    tally n = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(1.0009765625)), *w = gra_vector(3);
    ck_assert_int_eq(gra_push_saved_tensor_hooks(to_bfloat16, from_bfloat16, drop_tensor, &n), 0);
    gra_tensor *y = gra_mul(gra_mul(x, x), w);
    ck_assert_int_eq(gra_pop_saved_tensor_hooks(), 0);
    ck_assert_int_eq(n.packed, 3);
    gra_backward(y);
    ck_assert_int_eq(n.unpacked, 3);
    ck_assert_int_eq(n.dropped, 3);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 6); /* bfloat16 has eight bits of 1.00098 */
    tally after = n;
    gra_backward(gra_mul(x, x));
    ck_assert_int_eq(after.packed, n.packed);
}

/* Each square saves what it is given, and nothing else holds that. */
static gra_tensor *squares(gra_tensor *x)
{
    const int mark = gra_mark();
    for (int i = 0; i < 8; i++)
        x = gra_release_keep(mark, gra_square(gra_add_scalar(gra_mul_scalar(x, 0.25), 0.9)));
    return x;
}

GRA_TEST(compressed_results_take_half_of_the_memory_and_give_near_gradients)
{
    tally n = {0};
    gra_tensor *x = gra_rand(GRA_SHAPE(64, 1024), .requires_grad = true), *dx[2];
    size_t held[2];
    for (int i = 0; i < 2; i++) {
        const size_t before = gra_memory_stats().allocated;
        if (i)
            gra_push_saved_tensor_hooks(to_bfloat16, from_bfloat16, drop_tensor, &n);
        gra_tensor *y = gra_sum(squares(x));
        if (i)
            gra_pop_saved_tensor_hooks();
        held[i] = gra_memory_stats().allocated - before;
        dx[i] = gra_grad(y, x);
    }
    ck_assert_int_eq(n.packed, 8);
    ck_assert_int_eq(n.dropped, 8);
    ck_assert_msg((double)held[1] < 0.6 * (double)held[0], "%zu and %zu bytes", held[1], held[0]);
    const double norm = gra_item(gra_sum(gra_square(dx[0])));
    const double off = gra_item(gra_sum(gra_square(gra_sub(dx[0], dx[1]))));
    ck_assert_double_lt(off, 1e-3 * norm);
    ck_assert_double_gt(off, 0);
}

/* ---- files ---- */

typedef struct files {
    char folder[32];
    int made, open;
} files;

static void *to_file(gra_tensor *t, void *context)
{
    files *const f = context;
    char path[96];
    snprintf(path, sizeof path, "%s/%d.npy", f->folder, f->made++);
    f->open++;
    return gra_save_npy(t, path) < 0 ? NULL : strdup(path);
}

static gra_tensor *from_file(void *packed, void *context)
{
    (void)context;
    return gra_load_npy(packed);
}

static void drop_file(void *packed, void *context)
{
    files *const f = context;
    f->open--;
    unlink(packed);
    free(packed);
}

GRA_TEST(saved_tensors_can_be_offloaded_to_files)
{
    files f = {.folder = "/tmp/gra-saved-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(f.folder));
    gra_tensor *x = gra_randn(GRA_SHAPE(4, 3), .requires_grad = true);
    gra_tensor *w = gra_randn(GRA_SHAPE(3, 5), .requires_grad = true);
    gra_tensor *plain[2], *offloaded[2], *inputs[] = {x, w};
    gra_tensor *y = gra_sum(gra_sigmoid(gra_matmul(x, w)));
    gra_grad_many(&y, 1, inputs, 2, plain);
    gra_push_saved_tensor_hooks(to_file, from_file, drop_file, &f);
    y = gra_sum(gra_sigmoid(gra_matmul(x, w)));
    gra_pop_saved_tensor_hooks();
    ck_assert_int_eq(f.open, 3);
    ck_assert_int_eq(gra_grad_many(&y, 1, inputs, 2, offloaded), 0);
    ck_assert_int_eq(f.open, 0);
    for (int i = 0; i < 2; i++)
        for (int64_t k = 0; k < gra_tensor_numel(plain[i]); k++) {
            const gra_shape at = gra_test_index(gra_tensor_shape(plain[i]), k);
            ck_assert_double_eq(gra_tensor_at(plain[i], at), gra_tensor_at(offloaded[i], at));
        }
    ck_assert_int_eq(rmdir(f.folder), 0);
}

/* ---- second derivatives, nesting, retain_graph ---- */

static void *copy(gra_tensor *t, void *context)
{
    tally *const n = context;
    n->packed++;
    return gra_keep(gra_clone(t));
}

static gra_tensor *uncopy(void *packed, void *context)
{
    tally *const n = context;
    n->unpacked++;
    return packed;
}

static gra_tensor *packing_function(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    gra_push_saved_tensor_hooks(copy, uncopy, drop_tensor, context);
    gra_tensor *h = gra_mul(in[0], in[1]), *y = gra_mul(gra_sigmoid(h), gra_exp(in[0]));
    y = gra_mul(y, h);
    gra_pop_saved_tensor_hooks();
    return y;
}

GRA_TEST(unpacked_tensors_have_their_history_in_second_derivatives)
{
    tally n = {0};
    gra_tensor *in[] = {gra_randn(GRA_SHAPE(3), .dtype = GRA_FLOAT64, .requires_grad = true),
                        gra_randn(GRA_SHAPE(3), .dtype = GRA_FLOAT64, .requires_grad = true)};
    ck_assert_int_eq(gra_gradcheck(packing_function, &n, in, 2), 0);
    ck_assert_int_eq(gra_gradgradcheck(packing_function, &n, in, 2), 0);
    ck_assert_int_gt(n.unpacked, 0);
    ck_assert_int_eq(n.packed, n.dropped);
}

/* The rules of relu_ and mul_ read what was packed of a region of y. */
static gra_tensor *packing_views(gra_tensor *const *in, int count, void *context)
{
    (void)count;
    gra_push_saved_tensor_hooks(copy, uncopy, drop_tensor, context);
    gra_tensor *y = gra_mul(in[0], in[0]);
    gra_relu_(gra_select(y, 0, 1));
    gra_mul_(gra_narrow(y, 0, 1, 2), in[1]);
    y = gra_mul(y, y);
    gra_pop_saved_tensor_hooks();
    return y;
}

GRA_TEST(writes_into_views_are_packed_with_their_history)
{
    tally n = {0};
    gra_tensor *in[] = {gra_randn(GRA_SHAPE(3, 2), .dtype = GRA_FLOAT64, .requires_grad = true),
                        gra_randn(GRA_SHAPE(2), .dtype = GRA_FLOAT64, .requires_grad = true)};
    ck_assert_int_eq(gra_gradcheck(packing_views, &n, in, 2), 0);
    ck_assert_int_eq(gra_gradgradcheck(packing_views, &n, in, 2), 0);
    ck_assert_int_eq(n.packed, n.dropped);
}

GRA_TEST(the_innermost_pair_is_asked)
{
    tally a = {0}, b = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(2));
    gra_push_saved_tensor_hooks(copy, uncopy, drop_tensor, &a);
    gra_tensor *y = gra_square(x);
    gra_push_saved_tensor_hooks(copy, uncopy, drop_tensor, &b);
    y = gra_square(y);
    gra_pop_saved_tensor_hooks();
    y = gra_square(y);
    gra_pop_saved_tensor_hooks();
    ck_assert_int_eq(a.packed, 2);
    ck_assert_int_eq(b.packed, 1);
    GRA_ASSERT_VALUES(gra_grad(y, x, .retain_graph = true), 8 * 128);
    GRA_ASSERT_VALUES(gra_grad(y, x), 8 * 128);
    ck_assert_int_eq(a.unpacked, 4);
    ck_assert_int_eq(b.unpacked, 2);
    ck_assert_int_eq(a.dropped, 2);
    ck_assert_int_eq(b.dropped, 1);
}

GRA_TEST(a_packed_graph_that_is_never_walked_is_dropped)
{
    tally n = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(2));
    const int mark = gra_mark();
    gra_push_saved_tensor_hooks(copy, uncopy, drop_tensor, &n);
    gra_square(gra_square(x));
    gra_pop_saved_tensor_hooks();
    gra_release(mark);
    ck_assert_int_eq(n.packed, 2);
    ck_assert_int_eq(n.dropped, 2);
}

GRA_TEST(nothing_is_packed_while_nothing_is_recorded)
{
    tally n = {0};
    gra_tensor *x = gra_requires_grad(gra_vector(2));
    gra_push_saved_tensor_hooks(copy, uncopy, drop_tensor, &n);
    gra_square(gra_vector(1));
    gra_set_grad(false);
    gra_square(x);
    gra_set_grad(true);
    gra_pop_saved_tensor_hooks();
    ck_assert_int_eq(n.packed, 0);
}

/* ---- errors ---- */

static void *fail_to_pack(gra_tensor *t, void *context)
{
    (void)t, (void)context;
    return gra_fail("the disk is full");
}

static void *pack_nothing(gra_tensor *t, void *context)
{
    (void)t, (void)context;
    return NULL;
}

static gra_tensor *unpack_nothing(void *packed, void *context)
{
    (void)packed, (void)context;
    return NULL;
}

static gra_tensor *unpack_another(void *packed, void *context)
{
    (void)packed, (void)context;
    return gra_zeros(GRA_SHAPE(4), GRA_FLOAT64);
}

GRA_TEST(what_pack_fails_with_is_the_error_of_the_op)
{
    gra_tensor *x = gra_requires_grad(gra_vector(2));
    gra_push_saved_tensor_hooks(fail_to_pack, uncopy);
    ck_assert_ptr_null(gra_square(x));
    gra_pop_saved_tensor_hooks();
    GRA_ASSERT_ERROR("the disk is full");
    gra_push_saved_tensor_hooks(pack_nothing, uncopy);
    ck_assert_ptr_null(gra_sigmoid(x));
    gra_pop_saved_tensor_hooks();
    GRA_ASSERT_ERROR("saved-tensor hooks: pack returned NULL; something to unpack is needed");
}

GRA_TEST(unpack_must_give_what_was_packed)
{
    static tally n; /* the graph drops what is packed after the test */
    gra_tensor *x = gra_requires_grad(gra_vector(2));
    gra_push_saved_tensor_hooks(copy, unpack_nothing, drop_tensor, &n);
    gra_tensor *y = gra_square(x);
    gra_pop_saved_tensor_hooks();
    ck_assert_int_eq(gra_backward(y), -1);
    GRA_ASSERT_ERROR(
        "saved-tensor hooks: unpack returned NULL; the tensor that was packed is needed");
    gra_push_saved_tensor_hooks(copy, unpack_another, drop_tensor, &n);
    y = gra_square(x);
    gra_pop_saved_tensor_hooks();
    ck_assert_int_eq(gra_backward(y), -1);
    GRA_ASSERT_ERROR(
        "saved-tensor hooks: a tensor of float32 [1] was packed, and unpack returned one "
        "of float64 [4]");
}

static gra_tensor *pops(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    gra_pop_saved_tensor_hooks();
    return in[0];
}

GRA_TEST(pushing_and_popping_are_checked)
{
    ck_assert_int_eq(gra_push_saved_tensor_hooks(NULL, uncopy), -1);
    GRA_ASSERT_ERROR("gra_push_saved_tensor_hooks: pack is NULL; a function is needed");
    ck_assert_int_eq(gra_push_saved_tensor_hooks(copy, NULL), -1);
    GRA_ASSERT_ERROR("gra_push_saved_tensor_hooks: unpack is NULL; a function is needed");
    ck_assert_int_eq(gra_pop_saved_tensor_hooks(), -1);
    GRA_ASSERT_ERROR("gra_pop_saved_tensor_hooks: this thread has no saved-tensor hooks");
    gra_tensor *x = gra_requires_grad(gra_vector(1));
    ck_assert_ptr_null(gra_checkpoint(pops, &x, 1, NULL));
    GRA_ASSERT_ERROR("gra_pop_saved_tensor_hooks: this thread has no saved-tensor hooks");
}

GRA_TEST_MAIN("saved_tensors", saved_tensors_can_be_compressed,
              compressed_results_take_half_of_the_memory_and_give_near_gradients,
              saved_tensors_can_be_offloaded_to_files,
              unpacked_tensors_have_their_history_in_second_derivatives,
              writes_into_views_are_packed_with_their_history, the_innermost_pair_is_asked,
              a_packed_graph_that_is_never_walked_is_dropped,
              nothing_is_packed_while_nothing_is_recorded,
              what_pack_fails_with_is_the_error_of_the_op, unpack_must_give_what_was_packed,
              pushing_and_popping_are_checked)
