/* test_channels_last.c - tensors that lie channels-last: who makes them, who keeps them, and that no value
 * depends on it. */
#include "gradus.h"

#include "core/tensor_struct.h"
#include "tests/support/test.h"

/* Distinct numbers without an order. */
static gra_tensor *image(int64_t n, int64_t c, int64_t h, int64_t w)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(n, c, h, w));
    float *const p = gra_tensor_data(x);
    for (int64_t i = 0; i < gra_tensor_numel(x); i++)
        p[i] = (float)((i * 7919) % 1009) / 64 - 8;
    return x;
}

static void assert_equal(gra_tensor *got, gra_tensor *expected, double tolerance)
{
    ck_assert_msg(got && expected, "%s", gra_error() ? gra_error() : "NULL");
    ck_assert(gra_shape_equal(gra_tensor_shape(got), gra_tensor_shape(expected)));
    gra_tensor *const a = gra_contiguous(got), *const b = gra_contiguous(expected);
    for (int64_t i = 0; i < gra_tensor_numel(a); i++) {
        const double x = gra__load(a, i), y = gra__load(b, i);
        ck_assert_msg(gra_test_close(x, y, tolerance, tolerance), "element %d is %g, expected %g",
                      (int)i, x, y);
    }
}

/* Lies channels-last and not row-major, with these values. */
static void assert_kept(gra_tensor *got, gra_tensor *expected, double tolerance)
{
    assert_equal(got, expected, tolerance);
    ck_assert(gra_is_channels_last(got));
    ck_assert(!got->contiguous);
}

GRA_TEST(to_channels_last_changes_the_strides_only)
{
    gra_tensor *const x = image(2, 3, 4, 5), *const y = gra_to_channels_last(x);
    ck_assert(!gra_is_channels_last(x));
    assert_kept(y, x, 0);
    ck_assert_int_eq(gra_tensor_stride(y, 0), 60);
    ck_assert_int_eq(gra_tensor_stride(y, 1), 1);
    ck_assert_int_eq(gra_tensor_stride(y, 2), 15);
    ck_assert_int_eq(gra_tensor_stride(y, 3), 3);
    ck_assert_ptr_eq(gra_to_channels_last(y), y);
    ck_assert_ptr_null(gra_tensor_data(y));
    gra_clear_error();
}

GRA_TEST(to_channels_last_turns_blocks_of_every_size_around_and_back)
{
    const int64_t sizes[][4] = {{1, 2, 1, 2},   {2, 64, 7, 9},    {1, 65, 33, 31}, {3, 17, 5, 13},
                                {1, 3, 64, 64}, {2, 130, 20, 56}, {1, 1030, 3, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        gra_tensor *const x = image(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
        gra_tensor *const y = gra_to_channels_last(x), *const back = gra_contiguous(y);
        for (int64_t n = 0; n < gra_tensor_numel(x); n++) {
            const int64_t w = sizes[i][3], h = sizes[i][2], c = sizes[i][1];
            const int64_t at[4] = {n / w / h / c, n / w / h % c, n / w % h, n % w};
            const int64_t place = ((at[0] * h + at[2]) * w + at[3]) * c + at[1];
            ck_assert(((const float *)gra_tensor_data_strided(y))[place] ==
                      ((const float *)gra_tensor_data(x))[n]);
        }
        ck_assert(memcmp(gra_tensor_data(back), gra_tensor_data(x),
                         (size_t)gra_tensor_numel(x) * sizeof(float)) == 0);
    }
}

GRA_TEST(to_channels_last_has_the_same_bits_for_any_number_of_threads)
{
    gra_tensor *const x = image(3, 70, 40, 41), *const first = gra_to_channels_last(x);
    for (int threads = 2; threads <= 8; threads++) {
        gra_set_threads(threads);
        assert_equal(gra_to_channels_last(x), first, 0);
        assert_equal(gra_contiguous(first), x, 0);
    }
    gra_set_threads(1);
}

GRA_TEST(a_tensor_with_one_channel_or_one_pixel_is_both)
{
    gra_tensor *const one = image(2, 1, 3, 4), *const pixel = image(2, 5, 1, 1);
    ck_assert(gra_is_channels_last(one) && gra_is_channels_last(pixel));
    ck_assert_ptr_eq(gra_to_channels_last(one), one);
    ck_assert_ptr_eq(gra_to_channels_last(pixel), pixel);
    ck_assert(gra_is_channels_last(gra_zeros(GRA_SHAPE(0, 3, 4, 5))));
    ck_assert(!gra_is_channels_last(gra_zeros(GRA_SHAPE(3, 4, 5))));
    ck_assert(!gra_is_channels_last(NULL));
}

GRA_TEST(to_channels_last_passes_other_dtypes_and_the_gradient)
{
    gra_tensor *const x = gra_to(image(2, 3, 4, 5), GRA_INT64);
    assert_kept(gra_to_channels_last(x), x, 0);
    gra_tensor *const leaf = gra_requires_grad(image(2, 3, 4, 5));
    gra_tensor *const y = gra_square(gra_to_channels_last(leaf));
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    assert_equal(gra_tensor_grad(leaf), gra_mul_scalar(gra_detach(leaf), 2), 1e-6);
    ck_assert(gra_tensor_grad(leaf)->contiguous);
}

GRA_TEST(to_channels_last_rejects_other_numbers_of_dims)
{
    ck_assert_ptr_null(gra_to_channels_last(gra_zeros(GRA_SHAPE(2, 3, 4))));
    GRA_ASSERT_ERROR("to_channels_last: x has shape [2, 3, 4]; [N, C, H, W] is needed");
    ck_assert_ptr_null(gra_to_channels_last(NULL));
    gra_clear_error();
}

GRA_TEST(elementwise_ops_keep_the_layout)
{
    gra_tensor *const x = image(2, 3, 4, 5), *const y = gra_to_channels_last(x);
    gra_tensor *const bias = gra_view(gra_vector(1, 2, 3), GRA_SHAPE(3, 1, 1));
    assert_kept(gra_relu(y), gra_relu(x), 0);
    assert_kept(gra_add(y, y), gra_add(x, x), 0);
    assert_kept(gra_add(y, x), gra_add(x, x), 0);
    assert_kept(gra_add(y, bias), gra_add(x, bias), 0);
    assert_kept(gra_add(bias, y), gra_add(bias, x), 0);
    assert_kept(gra_mul_scalar(y, 2), gra_mul_scalar(x, 2), 0);
    assert_kept(gra_gt_scalar(y, 0), gra_gt_scalar(x, 0), 0);
    assert_kept(gra_where(gra_gt_scalar(y, 0), y, gra_neg(y)), gra_abs(x), 0);
    assert_kept(gra_clamp(y, -1, 1), gra_clamp(x, -1, 1), 0);
    ck_assert(gra_add(x, y)->contiguous); /* the first one decides */
}

GRA_TEST(copies_keep_the_layout_and_contiguous_does_not)
{
    gra_tensor *const x = image(2, 3, 4, 5), *const y = gra_to_channels_last(x);
    assert_kept(gra_clone(y), x, 0);
    assert_kept(gra_to(y, GRA_FLOAT64), x, 0);
    assert_kept(gra_zeros_like(y), gra_zeros_like(x), 0);
    assert_kept(gra_ones_like(y), gra_ones_like(x), 0);
    ck_assert(gra_contiguous(y)->contiguous);
    assert_equal(gra_contiguous(y), x, 0);
    gra_tensor *const gaps = gra_narrow(y, 1, 0, 2);
    ck_assert(gra_clone(gaps)->contiguous); /* with gaps nothing is kept */
    assert_equal(gra_clone(gaps), gra_narrow(x, 1, 0, 2), 0);
    gra_tensor *const expanded = gra_expand(gra_ones(GRA_SHAPE(1, 3)), GRA_SHAPE(2, 3));
    ck_assert(gra_clone(expanded)->contiguous && gra_relu(expanded)->contiguous);
}

GRA_TEST(ops_in_place_write_into_any_layout)
{
    gra_tensor *const x = image(2, 3, 4, 5), *const y = gra_clone(gra_to_channels_last(x));
    gra_add_(y, x);
    gra_mul_scalar_(y, 3);
    gra_relu_(y);
    assert_kept(y, gra_relu(gra_mul_scalar(x, 6)), 1e-6);
    gra_tensor *const plain = gra_clone(x);
    gra_copy_(plain, y);
    ck_assert(plain->contiguous);
    assert_equal(plain, y, 0);
}

GRA_TEST(reshaping_gives_row_major_order)
{
    gra_tensor *const x = image(2, 3, 4, 5), *const y = gra_to_channels_last(x);
    gra_tensor *const flat = gra_flatten(y, 1, 3);
    ck_assert(flat->contiguous);
    assert_equal(flat, gra_flatten(x, 1, 3), 0);
    assert_equal(gra_reshape(y, GRA_SHAPE(6, 20)), gra_reshape(x, GRA_SHAPE(6, 20)), 0);
    ck_assert_ptr_null(gra_view(y, GRA_SHAPE(6, 20)));
    gra_clear_error();
}

GRA_TEST(dropout_keeps_the_layout)
{
    gra_tensor *const y = gra_to_channels_last(gra_ones(GRA_SHAPE(2, 3, 40, 50)));
    gra_manual_seed(7);
    gra_tensor *const dropped = gra_dropout(y, 0.5, true);
    ck_assert(gra_is_channels_last(dropped) && !dropped->contiguous);
    const double mean = gra_item(gra_mean(dropped));
    ck_assert(mean > 0.9 && mean < 1.1);
    assert_equal(gra_mul(dropped, gra_sub_scalar(dropped, 2)), gra_zeros_like(y), 0); /* 0 or 2 */
}

GRA_TEST(reductions_do_not_depend_on_the_layout)
{
    gra_tensor *const x = image(4, 5, 6, 7), *const y = gra_to_channels_last(x);
    const gra_dims dims[] = {GRA_DIMS(0, 2, 3), GRA_DIMS(1), GRA_DIMS(2, 3), GRA_DIMS(0),
                             GRA_ALL_DIMS};
    for (size_t i = 0; i < sizeof dims / sizeof dims[0]; i++) {
        assert_equal(gra_sum(y, .dims = dims[i]), gra_sum(x, .dims = dims[i]), 1e-6);
        assert_equal(gra_max(y, .dims = dims[i]), gra_max(x, .dims = dims[i]), 0);
        assert_equal(gra_var(y, .dims = dims[i]), gra_var(x, .dims = dims[i]), 1e-6);
    }
    assert_equal(gra_argmax(y, 1), gra_argmax(x, 1), 0);
}

GRA_TEST(gradients_are_added_up_in_any_layout)
{
    gra_tensor *const leaf = gra_requires_grad(gra_clone(gra_to_channels_last(image(2, 3, 4, 5))));
    for (int i = 0; i < 2; i++) {
        gra_tensor *const y = gra_add(gra_square(leaf), gra_mul_scalar(gra_contiguous(leaf), 3));
        ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    }
    gra_tensor *const once = gra_add_scalar(gra_mul_scalar(gra_detach(leaf), 2), 3);
    assert_kept(gra_tensor_grad(leaf), gra_mul_scalar(once, 2), 1e-5);
}

/* y = f(x) and the gradient of sum(y w) for both layouts of x; the result keeps the layout. */
static void check_op(gra_tensor *(*f)(gra_tensor *), gra_tensor *x, double tolerance)
{
    gra_tensor *const plain = gra_requires_grad(gra_clone(x));
    gra_tensor *const turned = gra_requires_grad(gra_clone(gra_to_channels_last(x)));
    gra_tensor *const a = f(plain), *const b = f(turned);
    ck_assert_msg(a && b, "%s", gra_error());
    ck_assert(a->contiguous);
    assert_kept(b, a, tolerance);
    const gra_shape s = gra_tensor_shape(a);
    gra_tensor *const w = image(s.size[0], s.size[1], s.size[2], s.size[3]);
    ck_assert_int_eq(gra_backward(a, .gradient = w), 0);
    ck_assert_int_eq(gra_backward(b, .gradient = w), 0);
    assert_kept(gra_tensor_grad(turned), gra_tensor_grad(plain), tolerance);
}

static gra_tensor *softmax(gra_tensor *x)
{
    return gra_softmax(x, 1);
}

static gra_tensor *log_softmax(gra_tensor *x)
{
    return gra_log_softmax(x, 1);
}

static gra_tensor *twice_cat(gra_tensor *x)
{
    return gra_cat((gra_tensor *[]){x, gra_neg(x)}, 2, 1);
}

static gra_tensor *average(gra_tensor *x)
{
    return gra_avg_pool2d(x, 3, .stride = 2, .padding = 1);
}

static gra_tensor *maximum(gra_tensor *x)
{
    return gra_max_pool2d(x, 3, .stride = 2, .padding = 1);
}

static gra_tensor *maximum_2x2(gra_tensor *x)
{
    return gra_max_pool2d(x, 2);
}

static gra_tensor *adaptive(gra_tensor *x)
{
    return gra_adaptive_avg_pool2d(x, 3, 4);
}

static gra_tensor *padded(gra_tensor *x)
{
    return gra_zero_pad2d(x, 1, 2, 3, 0);
}

static gra_tensor *response_norm(gra_tensor *x)
{
    return gra_local_response_norm(x, 5, .alpha = 0.1, .k = 2);
}

static gra_tensor *batch_norm(gra_tensor *x)
{
    return gra_batch_norm(x, .training = true);
}

static gra_tensor *batch_norm_eval(gra_tensor *x)
{
    const gra_shape shape = GRA_SHAPE(gra_tensor_shape(x).size[1]);
    return gra_batch_norm(x, gra_full(shape, 0.5), gra_full(shape, 2));
}

GRA_TEST(ops_on_images_keep_the_layout)
{
    gra_tensor *(*const ops[])(gra_tensor *) = {
        softmax,  log_softmax, twice_cat,     average,    maximum,         maximum_2x2,
        adaptive, padded,      response_norm, batch_norm, batch_norm_eval,
    };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        check_op(ops[i], image(2, 3, 8, 9), 1e-5);
        check_op(ops[i], image(1, 37, 5, 6), 1e-5);
    }
}

GRA_TEST(max_pool2d_with_a_large_window_works_in_any_layout)
{
    gra_tensor *const x = image(1, 3, 20, 20), *const y = gra_to_channels_last(x);
    assert_equal(gra_max_pool2d(y, 17, .stride = 1), gra_max_pool2d(x, 17, .stride = 1), 0);
}

GRA_TEST(dropout2d_drops_whole_channels_in_any_layout)
{
    gra_tensor *const x = gra_to_channels_last(gra_ones(GRA_SHAPE(8, 16, 3, 3)));
    gra_manual_seed(3);
    gra_tensor *const y = gra_dropout2d(x, 0.5, true);
    ck_assert(gra_is_channels_last(y) && !y->contiguous);
    gra_tensor *const sums = gra_sum(y, .dims = GRA_DIMS(2, 3));
    assert_equal(gra_mul(sums, gra_sub_scalar(sums, 18)), gra_zeros_like(sums), 0); /* 0 or 18 */
    const double mean = gra_item(gra_mean(y));
    ck_assert(mean > 0.6 && mean < 1.4);
}

GRA_TEST(batch_norm_moves_its_running_statistics)
{
    gra_tensor *const x = gra_requires_grad(image(4, 3, 5, 5));
    gra_tensor *const mean = gra_zeros(GRA_SHAPE(3)), *const var = gra_ones(GRA_SHAPE(3));
    gra_tensor *const y = gra_batch_norm(x, mean, var, .training = true, .momentum = 0.25);
    const gra_dims dims = GRA_DIMS(0, 2, 3);
    gra_tensor *const d = gra_detach(x);
    assert_equal(mean, gra_mul_scalar(gra_mean(d, .dims = dims), 0.25), 1e-5);
    assert_equal(var, gra_add_scalar(gra_mul_scalar(gra_var(d, .dims = dims), 0.25), 0.75), 1e-5);
    gra_batch_norm(x, mean, var, .training = true); /* y's graph does not read them */
    ck_assert_int_eq(gra_backward(gra_sum(gra_square(y))), 0);
}

GRA_TEST(ops_on_images_say_what_is_wrong)
{
    gra_tensor *const x = image(1, 3, 1, 1);
    ck_assert_ptr_null(gra_batch_norm(x, .training = true));
    GRA_ASSERT_ERROR(
        "batch_norm: x of shape [1, 3, 1, 1] has 1 values for each channel; more than one "
        "is needed in training");
    ck_assert_ptr_null(gra_batch_norm(x));
    GRA_ASSERT_ERROR(
        "batch_norm: running_mean and running_var are needed where .training is false");
    ck_assert_ptr_null(gra_batch_norm(gra_zeros(GRA_SHAPE(2, 3)), .weight = gra_ones(GRA_SHAPE(2)),
                                      .training = true));
    GRA_ASSERT_ERROR("batch_norm: weight has shape [2]; x has 3 channels, so [3] is needed");
    ck_assert_ptr_null(gra_local_response_norm(gra_zeros(GRA_SHAPE(2, 3)), 5));
    GRA_ASSERT_ERROR("local_response_norm: x has shape [2, 3]; [N, C, ...] with at least 3 dims is "
                     "needed");
    ck_assert_ptr_null(gra_local_response_norm(x, 0));
    GRA_ASSERT_ERROR("local_response_norm: size 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_zero_pad2d(x, 1, -1, 0, 0));
    GRA_ASSERT_ERROR(
        "zero_pad2d: padding (left 1, right -1, top 0, bottom 0) is out of range; 0 or "
        "more is needed on each side");
    ck_assert_ptr_null(gra_adaptive_avg_pool2d(x, 0, 2));
    GRA_ASSERT_ERROR(
        "adaptive_avg_pool2d: an image of shape [1, 3, 1, 1] cannot be pooled to 0 x 2; "
        "at least one pixel is needed on both sides");
    ck_assert_ptr_null(gra_dropout2d(gra_zeros(GRA_SHAPE(2, 3)), 0.5, true));
    GRA_ASSERT_ERROR("dropout2d: x has shape [2, 3]; [N, C, H, W] is needed");
}

GRA_TEST_MAIN("channels_last", to_channels_last_changes_the_strides_only,
              to_channels_last_turns_blocks_of_every_size_around_and_back,
              to_channels_last_has_the_same_bits_for_any_number_of_threads,
              a_tensor_with_one_channel_or_one_pixel_is_both,
              to_channels_last_passes_other_dtypes_and_the_gradient,
              to_channels_last_rejects_other_numbers_of_dims, elementwise_ops_keep_the_layout,
              copies_keep_the_layout_and_contiguous_does_not, ops_in_place_write_into_any_layout,
              reshaping_gives_row_major_order, dropout_keeps_the_layout,
              reductions_do_not_depend_on_the_layout, gradients_are_added_up_in_any_layout,
              ops_on_images_keep_the_layout, dropout2d_drops_whole_channels_in_any_layout,
              batch_norm_moves_its_running_statistics, ops_on_images_say_what_is_wrong,
              max_pool2d_with_a_large_window_works_in_any_layout)
