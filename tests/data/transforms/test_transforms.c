/* The transforms that come with the library: their numbers, in every layout, what they draw, and what they
 * refuse. torchvision's numbers are compared in tests/pytorch/check_transforms.py. */
#include "gradus.h"

#include "../pictures.h"

/* Applies a transform once and frees it. */
static gra_tensor *apply_once(gra_transform *t, gra_tensor *x)
{
    gra_tensor *const y = gra_transform_apply(t, x);
    gra_free(t);
    return y;
}

static void same(const gra_tensor *a, const gra_tensor *b, double apart)
{
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert(gra_shape_equal(gra_tensor_shape(a), gra_tensor_shape(b)));
    const gra_shape shape = gra_tensor_shape(a);
    for (int64_t i = 0; i < gra_tensor_numel(a); i++) {
        const gra_shape index = gra_test_index(shape, i);
        ck_assert_double_le(fabs(gra_tensor_at(a, index) - gra_tensor_at(b, index)), apart);
    }
}

static gra_tensor *floats_of(gra_tensor *x)
{
    return apply_once(gra_transforms_to_tensor(), x);
}

/* ---- numbers ---- */

GRA_TEST(to_tensor_divides_bytes_by_255)
{
    const uint8_t bytes[] = {0, 51, 255, 102, 204, 153};
    gra_tensor *const x = gra_from_data(bytes, GRA_SHAPE(3, 1, 2), .dtype = GRA_UINT8);
    gra_tensor *const y = apply_once(gra_transforms_to_tensor(), channels_last_of(x));
    GRA_ASSERT_VALUES(y, 0, 0.2, 1, 0.4, 0.8, 0.6);
    ck_assert(gra_is_contiguous(y));
    ck_assert_ptr_eq(apply_once(gra_transforms_to_tensor(), y), y);
}

GRA_TEST(normalize_subtracts_the_mean_and_divides_by_the_std_of_each_channel)
{
    gra_tensor *const x = gra_from_data(((float[]){1, 2, 3, 4}), GRA_SHAPE(2, 1, 2));
    GRA_ASSERT_VALUES(apply_once(gra_transforms_normalize({1, 2}, {2, 4}), x), 0, 0.5, 0.25, 0.5);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_normalize({1}, {0.5}), x), 0, 2, 4, 6);
    gra_tensor *const batch = gra_stack(((gra_tensor *[]){x, x}), 2, 0);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_normalize({1, 2}, {2, 4}), batch), 0, 0.5, 0.25,
                      0.5, 0, 0.5, 0.25, 0.5);
}

GRA_TEST(to_tensor_and_normalize_in_one_pass_give_the_same_bits)
{
    gra_tensor *const x = channels_last_of(picture(3, 20, 31));
    gra_tensor *const both =
        apply_once(gra_compose(gra_transforms_to_tensor(),
                               gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD)),
                   x);
    gra_tensor *const one =
        apply_once(gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD), floats_of(x));
    same(both, one, 0);
}

/* ---- sizes ---- */

GRA_TEST(resize_averages_under_a_triangle)
{
    const uint8_t bytes[] = {0, 80, 160, 240};
    gra_tensor *const x = gra_from_data(bytes, GRA_SHAPE(1, 1, 4), .dtype = GRA_UINT8);
    /* Scale 2: the triangle around 1 has the weights 3/4, 3/4 and 1/4 for the first three. */
    GRA_ASSERT_VALUES(apply_once(gra_transforms_resize(.height = 1, .width = 2), x), 57, 183);
    gra_tensor *const two = gra_from_data(((float[]){0, 1}), GRA_SHAPE(1, 1, 2));
    GRA_ASSERT_VALUES(apply_once(gra_transforms_resize(.height = 1, .width = 4), two), 0, 0.25,
                      0.75, 1);
}

GRA_TEST(resize_by_the_shorter_side_keeps_the_ratio)
{
    static const int sizes[][4] = {
        {30, 40, 15, 20}, {40, 30, 20, 15}, {10, 37, 15, 55}, {15, 15, 15, 15}};
    for (int i = 0; i < 4; i++) {
        gra_tensor *const x = picture(1, sizes[i][0], sizes[i][1]);
        GRA_ASSERT_SHAPE(apply_once(gra_transforms_resize(15), x), 1, sizes[i][2], sizes[i][3]);
    }
    gra_tensor *const x = picture(1, 30, 40);
    ck_assert_ptr_eq(apply_once(gra_transforms_resize(30), x), x);
}

GRA_TEST(every_layout_gives_the_same_pixels)
{
    gra_transform *const transforms[] = {
        gra_transforms_resize(13),
        gra_transforms_resize(.height = 50, .width = 7),
        gra_transforms_center_crop(9),
        gra_transforms_random_horizontal_flip(.p = 1),
        gra_transforms_random_vertical_flip(.p = 1),
        gra_transforms_pad(3, .mode = GRA_TRANSFORMS_REFLECT),
        gra_transforms_grayscale(3),
        gra_transforms_random_crop(15, .padding = 2),
        gra_transforms_random_resized_crop(11),
        gra_transforms_color_jitter(0.4, 0.4, 0.4, 0.2),
        gra_transforms_pca_lighting(),
        gra_transforms_random_affine(30, {0.1, 0.2}, {0.8, 1.2}, 10, .bilinear = true),
        gra_transforms_elastic(),
        gra_transforms_random_erasing(.p = 1, .value = 9),
        gra_transforms_five_crop(8),
        gra_transforms_ten_crop(8),
    };
    gra_tensor *const x = picture(3, 18, 25);
    gra_tensor *const layouts[] = {
        channels_last_of(x),
        gra_permute(gra_contiguous(gra_permute(x, GRA_DIMS(2, 1, 0))), GRA_DIMS(2, 1, 0)),
    };
    for (size_t t = 0; t < sizeof transforms / sizeof transforms[0]; t++) {
        gra_manual_seed(3);
        gra_tensor *const plain = gra_transform_apply(transforms[t], x);
        for (int i = 0; i < 2; i++) {
            gra_manual_seed(3);
            same(gra_transform_apply(transforms[t], layouts[i]), plain, 0);
        }
        gra_manual_seed(3); /* the same seed, the same bits */
        same(gra_transform_apply(transforms[t], x), plain, 0);
        gra_free(transforms[t]);
    }
    same(x, picture(3, 18, 25), 0); /* none of them wrote it */
}

GRA_TEST(center_crop_takes_the_middle)
{
    gra_tensor *const y = apply_once(gra_transforms_center_crop(2), picture(1, 4, 6));
    GRA_ASSERT_VALUES(y, picture_at(0, 1, 2), picture_at(0, 1, 3), picture_at(0, 2, 2),
                      picture_at(0, 2, 3));
}

GRA_TEST(five_and_ten_crops_are_corners_and_middle_and_the_same_mirrored)
{
    gra_tensor *const x = gra_from_data(((float[]){1, 2, 3, 4, 5, 6, 7, 8, 9}), GRA_SHAPE(1, 3, 3));
    gra_tensor *const five = apply_once(gra_transforms_five_crop(1), x);
    GRA_ASSERT_SHAPE(five, 5, 1, 1, 1);
    GRA_ASSERT_VALUES(five, 1, 3, 7, 9, 5);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_ten_crop(1), x), 1, 3, 7, 9, 5, 3, 1, 9, 7, 5);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_ten_crop(1, .vertical_flip = true), x), 1, 3, 7, 9,
                      5, 7, 9, 1, 3, 5);
    gra_tensor *const all =
        apply_once(gra_compose(gra_transforms_ten_crop(8), gra_transforms_to_tensor(),
                               gra_transforms_normalize({0.5}, {0.5})),
                   channels_last_of(picture(3, 12, 10)));
    GRA_ASSERT_SHAPE(all, 10, 3, 8, 8);
}

GRA_TEST(pad_fills_reflects_or_repeats_the_edge)
{
    gra_tensor *const x = gra_from_data(((float[]){1, 2, 3}), GRA_SHAPE(1, 1, 3));
    GRA_ASSERT_VALUES(apply_once(gra_transforms_pad(.left = 1, .right = 2, .fill = 9), x), 9, 1, 2,
                      3, 9, 9);
    GRA_ASSERT_VALUES(
        apply_once(gra_transforms_pad(.left = 2, .right = 2, .mode = GRA_TRANSFORMS_REFLECT), x), 3,
        2, 1, 2, 3, 2, 1);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_pad(1, .mode = GRA_TRANSFORMS_EDGE), x), 1, 1, 2, 3,
                      3, 1, 1, 2, 3, 3, 1, 1, 2, 3, 3);
}

/* ---- by chance ---- */

GRA_TEST(a_flip_of_probability_1_mirrors)
{
    gra_tensor *const x = gra_from_data(((float[]){1, 2, 3, 4, 5, 6}), GRA_SHAPE(1, 2, 3));
    GRA_ASSERT_VALUES(apply_once(gra_transforms_random_horizontal_flip(.p = 1), x), 3, 2, 1, 6, 5,
                      4);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_random_vertical_flip(.p = 1), x), 4, 5, 6, 1, 2, 3);
    ck_assert_ptr_eq(apply_once(gra_transforms_random_horizontal_flip(.p = 0), x), x);
}

GRA_TEST(a_flip_happens_as_often_as_its_probability_says)
{
    gra_transform *const t = gra_transforms_random_horizontal_flip(.p = 0.3);
    gra_tensor *const x = gra_from_data(((float[]){0, 1}), GRA_SHAPE(1, 1, 2));
    int flips = 0;
    for (int i = 0; i < 4000; i++) {
        const int mark = gra_mark();
        flips += gra_tensor_at(gra_transform_apply(t, x), GRA_SHAPE(0, 0, 0)) == 1;
        gra_release(mark);
    }
    ck_assert_int_gt(flips, 1200 - 5 * 29); /* 5 deviations */
    ck_assert_int_lt(flips, 1200 + 5 * 29);
    gra_free(t);
}

GRA_TEST(a_random_crop_reaches_every_place_equally_often)
{
    gra_transform *const t = gra_transforms_random_crop(4, .padding = 1);
    int seen[3][3] = {{0}};
    gra_tensor *const x = gra_reshape(gra_arange(1, 17, 1), GRA_SHAPE(1, 4, 4));
    gra_tensor *const image = gra_to(x, GRA_FLOAT32);
    for (int i = 0; i < 1800; i++) {
        const int mark = gra_mark();
        const int at = (int)gra_tensor_at(gra_transform_apply(t, image), GRA_SHAPE(0, 1, 1)) - 1;
        seen[at / 4][at % 4]++;
        gra_release(mark);
    }
    for (int i = 0; i < 9; i++) { /* 200 each, deviation 13 */
        ck_assert_int_gt(seen[i / 3][i % 3], 135);
        ck_assert_int_lt(seen[i / 3][i % 3], 265);
    }
    gra_free(t);
}

GRA_TEST(a_random_crop_pads_what_is_too_small_if_told)
{
    gra_tensor *const y = apply_once(
        gra_transforms_random_crop(5, .pad_if_needed = true, .fill = 7), picture(1, 2, 2));
    GRA_ASSERT_SHAPE(y, 1, 5, 5);
}

/* The image's numbers are the places of its pixels, so that the part can be read off. */
GRA_TEST(random_resized_crop_draws_areas_and_ratios_as_told)
{
    gra_transform *const t = gra_transforms_random_resized_crop(2, .scale = {0.25, 0.5});
    gra_tensor *const x = gra_empty(GRA_SHAPE(2, 120, 100));
    float *const p = gra_tensor_data(x);
    for (int i = 0; i < 120 * 100; i++) {
        p[i] = (float)(i % 100);
        p[12000 + i] = (float)(i / 100);
    }
    double area = 0, across = 0, down = 0;
    for (int i = 0; i < 600; i++) {
        const int mark = gra_mark();
        gra_tensor *const y = gra_transform_apply(t, x);
        /* The means under both halves' triangles, which end at the edges, lie 17/42 of the side apart. */
        const double left = gra_tensor_at(y, GRA_SHAPE(0, 0, 0));
        const double right = gra_tensor_at(y, GRA_SHAPE(0, 0, 1));
        const double top = gra_tensor_at(y, GRA_SHAPE(1, 0, 0));
        const double bottom = gra_tensor_at(y, GRA_SHAPE(1, 1, 0));
        const double w = (right - left) * 42 / 17, h = (bottom - top) * 42 / 17;
        ck_assert_double_gt(w, 35);
        ck_assert_double_lt(w, 100);
        ck_assert_double_gt(w / h, 0.70);
        ck_assert_double_lt(w / h, 1.43);
        area += w * h / 12000 / 600;
        across += (left + right) / 2 / 600;
        down += (top + bottom) / 2 / 600;
        gra_release(mark);
    }
    ck_assert_double_gt(area, 0.33);
    ck_assert_double_lt(area, 0.42);
    ck_assert_double_gt(across, 46);
    ck_assert_double_lt(across, 53);
    ck_assert_double_gt(down, 56);
    ck_assert_double_lt(down, 63);
    gra_free(t);
}

GRA_TEST(random_resized_crop_falls_back_to_the_middle)
{
    gra_tensor *const x = picture(3, 20, 45);
    gra_transform *const t =
        gra_transforms_random_resized_crop(10, .scale = {1, 1}, .ratio = {1, 1});
    gra_tensor *const middle = apply_once(gra_transforms_center_crop(20), x);
    same(apply_once(t, x), apply_once(gra_transforms_resize(10), middle), 0);
}

GRA_TEST(grayscale_weighs_the_colours)
{
    const uint8_t bytes[] = {255, 0, 0, 0, 255, 0, 0, 0, 255};
    gra_tensor *const x = gra_from_data(bytes, GRA_SHAPE(3, 1, 3), .dtype = GRA_UINT8);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_grayscale(), x), 76, 150, 29);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_grayscale(3), channels_last_of(x)), 76, 150, 29, 76,
                      150, 29, 76, 150, 29);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_grayscale(), floats_of(x)), 0.2989, 0.587, 0.114);
}

GRA_TEST(jitter_stays_within_its_reach)
{
    gra_tensor *const x = gra_full(GRA_SHAPE(3, 2, 2), 100, .dtype = GRA_UINT8);
    gra_transform *const t = gra_transforms_color_jitter(.brightness = 0.5);
    double least = 255, most = 0, mean = 0;
    for (int i = 0; i < 2000; i++) {
        const int mark = gra_mark();
        const double value = gra_tensor_at(gra_transform_apply(t, x), GRA_SHAPE(0, 0, 0));
        least = fmin(least, value);
        most = fmax(most, value);
        mean += value / 2000;
        gra_release(mark);
    }
    ck_assert_double_ge(least, 50);
    ck_assert_double_le(least, 52);
    ck_assert_double_le(most, 150);
    ck_assert_double_ge(most, 148);
    ck_assert_double_le(fabs(mean - 99.5), 3.3); /* cut off to whole numbers; 5 deviations */
    gra_free(t);
}

GRA_TEST(jitter_of_nothing_changes_nothing_and_greys_have_no_hue)
{
    gra_tensor *const x = picture(3, 5, 6), *const grey = gra_full(GRA_SHAPE(3, 2, 2), 0.25);
    ck_assert_ptr_eq(apply_once(gra_transforms_color_jitter(.brightness = 0), x), x);
    same(apply_once(gra_transforms_color_jitter(.hue = 0.5), grey), grey, 1e-6);
    same(apply_once(gra_transforms_color_jitter(.saturation = 0.9), grey), grey, 1e-4);
    same(apply_once(gra_transforms_color_jitter(.contrast = 0.9), grey), grey, 1e-4);
}

/* One draw moves all pixels by the same colour; over many draws, the colours' deviations are those that
 * the components give: sqrt(sum over j of (vector[c][j] * value[j] * 0.1)^2). */
GRA_TEST(pca_lighting_adds_the_principal_colours_of_imagenet)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3, 1, 2));
    gra_transform *const t = gra_transforms_pca_lighting();
    double square[3] = {0};
    for (int i = 0; i < 3000; i++) {
        const int mark = gra_mark();
        gra_tensor *const y = gra_transform_apply(t, x);
        for (int c = 0; c < 3; c++) {
            const double shift = gra_tensor_at(y, GRA_SHAPE(c, 0, 0));
            ck_assert_double_eq(shift, gra_tensor_at(y, GRA_SHAPE(c, 0, 1)));
            square[c] += shift * shift / 3000;
        }
        gra_release(mark);
    }
    static const double expected[] = {0.012419, 0.012638, 0.012762};
    for (int c = 0; c < 3; c++)
        ck_assert_double_le(fabs(sqrt(square[c]) - expected[c]), 0.07 * expected[c]);
    gra_tensor *const white = gra_full(GRA_SHAPE(3, 1, 1), 255, .dtype = GRA_UINT8);
    GRA_ASSERT_VALUES(apply_once(gra_transforms_pca_lighting(.std = 0), white), 255, 255, 255);
    gra_free(t);
}

GRA_TEST(erasing_writes_one_rectangle)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 30, 40));
    gra_transform *const t = gra_transforms_random_erasing(.p = 1, .value = 1);
    for (int i = 0; i < 50; i++) {
        gra_tensor *const y = gra_transform_apply(t, x);
        const double area = gra_item(gra_sum(y)) / 2400;
        ck_assert_double_gt(area, 0.015);
        ck_assert_double_lt(area, 0.36);
        /* As many rows and columns as a rectangle of that area has. */
        gra_tensor *const rows =
            gra_ne(gra_sum(y, .dims = GRA_DIMS(0, 2)), gra_scalar(0, GRA_FLOAT32));
        gra_tensor *const columns =
            gra_ne(gra_sum(y, .dims = GRA_DIMS(0, 1)), gra_scalar(0, GRA_FLOAT32));
        ck_assert_double_eq_tol(gra_item(gra_sum(rows)) * gra_item(gra_sum(columns)), 1200 * area,
                                1e-3);
    }
    gra_free(t);
    gra_tensor *const noise = apply_once(gra_transforms_random_erasing(.p = 1, .noise = true), x);
    ck_assert_double_gt(gra_item(gra_sum(gra_abs(noise))), 1);
}

GRA_TEST(an_affine_map_of_nothing_changes_nothing_and_one_of_2_doubles)
{
    gra_tensor *const x = picture(3, 6, 8);
    ck_assert_ptr_ne(apply_once(gra_transforms_random_affine(.degrees = 0), x), NULL);
    same(apply_once(gra_transforms_random_affine(.degrees = 0), x), x, 0);
    same(apply_once(gra_transforms_random_affine(.degrees = 0, .bilinear = true), x), x, 0);
    /* Larger by 2: each pixel of the middle becomes four. */
    gra_tensor *const y = apply_once(gra_transforms_random_affine(.scale = {2, 2}), x);
    for (int c = 0; c < 3; c++)
        for (int row = 0; row < 6; row++)
            for (int i = 0; i < 8; i++)
                ck_assert_int_eq(pixel_of(y, c, row, i), picture_at(c, (row + 3) / 2, (i + 4) / 2));
}

GRA_TEST(a_map_beyond_all_numbers_leads_outside)
{
    gra_tensor *const x = floats_of(picture(1, 4, 4));
    const double least = 1e-320; /* 1 / least is no number */
    gra_tensor *const y = apply_once(
        gra_transforms_random_affine(.scale = {least, least}, .fill = 7, .bilinear = true), x);
    GRA_ASSERT_VALUES(gra_sum(gra_eq_scalar(y, 7)), 16);
}

GRA_TEST(an_elastic_distortion_of_alpha_0_changes_nothing)
{
    gra_tensor *const x = picture(1, 28, 28);
    same(apply_once(gra_transforms_elastic(.alpha = 0), x), x, 0);
    gra_tensor *const y = apply_once(gra_transforms_elastic(), floats_of(x));
    gra_tensor *const d = gra_abs(gra_sub(y, floats_of(x)));
    ck_assert_double_gt(gra_item(gra_mean(d)), 0.005);
}

/* Uniform numbers in -1 .. 1 have the variance 1/3; a Gaussian of deviation s leaves 1 / (4 pi s^2) of it. On a
 * ramp, what a pixel becomes tells how far away it comes from. */
GRA_TEST(elastic_displacements_have_the_size_that_simard_s_field_has)
{
    gra_tensor *const x =
        gra_expand(gra_reshape(gra_to(gra_arange(0, 64, 1), GRA_FLOAT32), GRA_SHAPE(1, 1, 64)),
                   GRA_SHAPE(1, 64, 64));
    gra_transform *const t = gra_transforms_elastic(.alpha = 20, .sigma = 3);
    double square = 0;
    for (int i = 0; i < 40; i++) {
        const int mark = gra_mark();
        gra_tensor *const y = gra_transform_apply(t, x);
        for (int row = 16; row < 48; row += 8)
            for (int column = 16; column < 48; column += 8) {
                const double d = gra_tensor_at(y, GRA_SHAPE(0, row, column)) - column;
                square += d * d / (40 * 16);
            }
        gra_release(mark);
    }
    const double expected = 20 / sqrt(3) / (2 * sqrt(M_PI) * 3);
    ck_assert_double_le(fabs(sqrt(square) - expected), 0.12 * expected);
    gra_free(t);
}

/* ---- compose, one's own, files ---- */

static gra_tensor *doubled(gra_tensor *x, void *context)
{
    ++*(int *)context;
    return gra_mul_scalar(x, 2);
}

static gra_tensor *nothing(gra_tensor *x, void *context)
{
    (void)x;
    (void)context;
    return NULL;
}

GRA_TEST(a_compose_applies_all_in_order_and_owns_them)
{
    int calls = 0;
    gra_transform *const part = gra_transforms_lambda(doubled, &calls);
    gra_transform *const t = gra_compose(part, gra_transforms_normalize({1}, {2}));
    gra_tensor *const x = gra_from_data(((float[]){1, 2}), GRA_SHAPE(1, 1, 2));
    GRA_ASSERT_VALUES(gra_transform_apply(t, x), 0.5, 1.5);
    ck_assert_int_eq(calls, 1);
    gra_free(part);
    GRA_ASSERT_ERROR(
        "gra_free: this transform is not yours to free: it belongs to its compose or data set");
    ck_assert_ptr_null(gra_compose(part));
    GRA_ASSERT_ERROR("gra_compose: transform 0 belongs to another compose or data set already");
    gra_free(t);
}

GRA_TEST(a_compose_that_fails_frees_what_it_was_given)
{
    ck_assert_ptr_null(gra_compose(gra_transforms_to_tensor(), NULL, gra_transforms_resize(3)));
    GRA_ASSERT_ERROR("gra_compose: transform 1 of 3 is NULL");
    gra_transform *const t = gra_transforms_to_tensor();
    ck_assert_ptr_null(gra_compose(t, t));
    GRA_ASSERT_ERROR("gra_compose: transforms 0 and 1 are the same object");
    ck_assert_ptr_null(gra_compose(gra_transforms_resize(-1), gra_transforms_to_tensor()));
    GRA_ASSERT_ERROR(
        "gra_transforms_resize: size -1, height 0 and width 0 are no size; either .size "
        "or .height and .width are needed, at least 1");
    ck_assert_ptr_null(gra_compose_of(NULL, 0));
    GRA_ASSERT_ERROR("gra_compose: there is no transform; at least one is needed");
}

GRA_TEST(a_transform_that_gives_nothing_is_an_error_and_null_gives_null)
{
    ck_assert_ptr_null(apply_once(gra_transforms_lambda(nothing, NULL), picture(1, 2, 2)));
    GRA_ASSERT_ERROR("gra_transform_apply: the transform lambda gave nothing and no reason");
    ck_assert_ptr_null(gra_transforms_lambda(NULL, NULL));
    GRA_ASSERT_ERROR("gra_transforms_lambda: the function is NULL");
    ck_assert_ptr_null(apply_once(gra_transforms_to_tensor(), NULL));
    ck_assert_ptr_null(gra_transform_apply(NULL, picture(1, 2, 2)));
    ck_assert_ptr_null(gra_transform_new(NULL, 0));
    GRA_ASSERT_ERROR("gra_transform_new: a class with a name and the function apply is needed");
}

/* From a file, with only a part of it decoded, and from the whole image. */
GRA_TEST(transforms_of_a_file_are_those_of_its_image)
{
    file_bytes f;
    make_jpeg(&f, 90, 120, (jpeg_options){.channels = 3, .orientation = 6});
    const gra_encoded_image image = {.bytes = f.bytes, .size = f.size, .name = "it"};
    gra_transform *const transforms[] = {
        gra_transforms_resize(60),
        gra_compose(gra_transforms_resize(50), gra_transforms_center_crop(40),
                    gra_transforms_to_tensor()),
        gra_compose(gra_transforms_resize(50),
                    gra_transforms_center_crop(.height = 20, .width = 50)),
        gra_transforms_random_resized_crop(48),
        gra_transforms_random_resized_crop(.height = 30, .width = 60),
        gra_compose(gra_transforms_random_resized_crop(48),
                    gra_transforms_random_horizontal_flip()),
        gra_transforms_center_crop(30),
        gra_compose(gra_transforms_to_tensor(), gra_transforms_normalize({0.5}, {0.5})),
    };
    gra_tensor *const whole = gra_decode_image(f.bytes, f.size);
    for (size_t t = 0; t < sizeof transforms / sizeof transforms[0]; t++) {
        for (uint64_t seed = 0; seed < 10; seed++) {
            gra_manual_seed(seed);
            gra_tensor *const a = gra_transform_image(transforms[t], &image);
            gra_manual_seed(seed);
            same(a, gra_transform_apply(transforms[t], whole), 0);
        }
        gra_free(transforms[t]);
    }
    same(gra_transform_image(NULL, &image), floats_of(whole), 0);
    ck_assert_ptr_null(gra_transform_image(NULL, NULL));
}

/* The most memory that a transform of a file takes at a time. */
static size_t peak_of(const gra_transform *t, const gra_encoded_image *image, gra_tensor **x)
{
    const size_t before = gra_memory_stats().allocated;
    gra_memory_reset_peak();
    *x = gra_transform_image(t, image);
    return gra_memory_stats().peak - before;
}

/* A middle that is cut out while decoding, and numbers made in one pass, show in the memory. */
GRA_TEST(a_compose_within_a_compose_takes_no_more_than_its_parts_in_a_row)
{
    file_bytes f;
    gra_tensor *a, *b;
    make_jpeg(&f, 300, 400, (jpeg_options){.channels = 3});
    const gra_encoded_image image = {.bytes = f.bytes, .size = f.size, .name = "it"};
    gra_transform *const row =
        gra_compose(gra_transforms_resize(290), gra_transforms_center_crop(64),
                    gra_transforms_to_tensor(), gra_transforms_normalize({0.5}, {0.5}));
    gra_transform *const nested = gra_compose(
        gra_compose(gra_transforms_resize(290)),
        gra_compose(gra_transforms_center_crop(64), gra_compose(gra_transforms_to_tensor())),
        gra_transforms_normalize({0.5}, {0.5}));
    peak_of(row, &image, &a); /* what is made once and stays */
    ck_assert_uint_eq(peak_of(nested, &image, &b), peak_of(row, &image, &a));
    same(a, b, 0);
    gra_free(row, nested);
}

GRA_TEST(a_damaged_file_is_an_error_of_each_transform_that_decodes)
{
    const gra_encoded_image image = {.bytes = "no image", .size = 8, .name = "a/b.jpg"};
    gra_transform *const transforms[] = {
        gra_transforms_resize(8),
        gra_compose(gra_transforms_resize(8), gra_transforms_center_crop(8)),
        gra_transforms_random_resized_crop(8)};
    for (int t = 0; t < 3; t++) {
        ck_assert_ptr_null(gra_transform_image(transforms[t], &image));
        GRA_ASSERT_ERROR("gra_transform_image: a/b.jpg: the file is neither a JPEG nor a PNG, "
                         "whatever its name says");
        gra_free(transforms[t]);
    }
}

/* ---- mistakes ---- */

static void refuses(gra_transform *t, gra_tensor *x, const char *error)
{
    const int mark = gra_mark();
    ck_assert_ptr_null(gra_transform_apply(t, x));
    ck_assert_int_eq(gra_mark(), mark);
    GRA_ASSERT_ERROR(error);
    gra_free(t);
}

GRA_TEST(transforms_refuse_images_that_do_not_fit)
{
    refuses(gra_transforms_center_crop(5), picture(3, 4, 9),
            "gra_transforms_center_crop: the image is 4 x 9, smaller than the crop of 5 x 5; "
            "gra_transforms_resize makes it larger");
    refuses(gra_transforms_ten_crop(5), picture(3, 9, 4),
            "gra_transforms_ten_crop: the image is 9 x 4, smaller than the crop of 5 x 5; "
            "gra_transforms_resize makes it larger");
    refuses(gra_transforms_random_crop(5, .padding = 1), picture(3, 2, 9),
            "gra_transforms_random_crop: the image is 4 x 11 with its padding, smaller than the "
            "crop of 5 x 5; .pad_if_needed = true makes it larger");
    refuses(gra_transforms_pad(4, .mode = GRA_TRANSFORMS_REFLECT), picture(3, 4, 9),
            "gra_transforms_pad: an image of 4 x 9 has not enough pixels to reflect for a padding "
            "of 4 down and 4 across; less than its sides are possible");
    refuses(gra_transforms_normalize({0.5}, {0.5}), picture(3, 4, 4),
            "gra_transforms_normalize: x is uint8 [3, 4, 4]; float32 [C, H, W] or [N, C, H, W] is "
            "needed, which gra_transforms_to_tensor() makes");
    refuses(gra_transforms_normalize({0.5, 0.5}, {0.5, 0.5}), gra_zeros(GRA_SHAPE(3, 4, 4)),
            "gra_transforms_normalize: x has 3 channels, mean and std are given for 2");
    refuses(gra_transforms_color_jitter(.hue = 0.1), picture(1, 4, 4),
            "gra_transforms_color_jitter: x has 1 channels; 3 are needed: red, green and blue");
    refuses(gra_transforms_pca_lighting(), picture(2, 4, 4),
            "gra_transforms_pca_lighting: x has 2 channels; 3 are needed: red, green and blue");
    refuses(gra_transforms_grayscale(), picture(2, 4, 4),
            "gra_transforms_grayscale: x has 2 channels; 3 are needed: red, green and blue");
    refuses(gra_transforms_random_erasing(.noise = true), picture(1, 4, 4),
            "gra_transforms_random_erasing: .noise makes normal numbers, which uint8 cannot hold; "
            "gra_transforms_to_tensor() before it makes float32");
    refuses(gra_transforms_resize(INT32_MAX), picture(1, 1, 9),
            "gra_transforms_resize: the image is 1 x 9: with 2147483647 for its shorter side, the "
            "longer would have 19327352823 pixels; give .height and .width");
}

GRA_TEST(transforms_refuse_what_is_no_image)
{
    gra_transform *const transforms[] = {
        gra_transforms_resize(2),        gra_transforms_center_crop(2),
        gra_transforms_five_crop(2),     gra_transforms_ten_crop(2),
        gra_transforms_pad(1),           gra_transforms_random_crop(2),
        gra_transforms_random_affine(),  gra_transforms_random_resized_crop(2),
        gra_transforms_elastic(),        gra_transforms_random_horizontal_flip(.p = 0),
        gra_transforms_random_erasing(), gra_transforms_random_vertical_flip(),
        gra_transforms_grayscale(),      gra_transforms_pca_lighting(),
    };
    static const char *const names[] = {"resize",
                                        "center_crop",
                                        "five_crop",
                                        "ten_crop",
                                        "pad",
                                        "random_crop",
                                        "random_affine",
                                        "random_resized_crop",
                                        "elastic",
                                        "random_horizontal_flip",
                                        "random_erasing",
                                        "random_vertical_flip",
                                        "grayscale",
                                        "pca_lighting"};
    for (int i = 0; i < 14; i++)
        refuses(transforms[i], gra_zeros(GRA_SHAPE(4, 4)),
                text_of("gra_transforms_%s: x is float32 [4, 4]; an image is needed: uint8 or "
                        "float32 [C, H, W]",
                        names[i]));
    refuses(gra_transforms_resize(2), gra_zeros(GRA_SHAPE(1, 2, 2), .dtype = GRA_INT64),
            "gra_transforms_resize: x is int64 [1, 2, 2]; an image is needed: uint8 or float32 "
            "[C, H, W]");
    refuses(gra_transforms_resize(2), gra_zeros(GRA_SHAPE(3, 0, 2)),
            "gra_transforms_resize: x is float32 [3, 0, 2]; an image is needed: uint8 or float32 "
            "[C, H, W]");
    refuses(
        gra_transforms_to_tensor(), gra_zeros(GRA_SHAPE(2, 2)),
        "gra_transforms_to_tensor: x is float32 [2, 2]; uint8 or float32 [C, H, W] or [N, C, H, "
        "W] is needed");
}

GRA_TEST(constructors_refuse_options_that_make_no_sense)
{
#define REFUSES(constructor, error)                                                                \
    do {                                                                                           \
        ck_assert_ptr_null(constructor);                                                           \
        GRA_ASSERT_ERROR(error);                                                                   \
    } while (0)
    REFUSES(gra_transforms_center_crop(),
            "gra_transforms_center_crop: size 0, height 0 and width 0 "
            "are no size; either .size or .height and .width are "
            "needed, at least 1");
    REFUSES(gra_transforms_random_resized_crop(3, .height = 4),
            "gra_transforms_random_resized_crop: size 3, height 4 and width 0 are no size; either "
            ".size or .height and .width are needed, at least 1");
    REFUSES(
        gra_transforms_random_resized_crop(3, .scale = {0.5, 0.2}),
        "gra_transforms_random_resized_crop: scale {0.5, 0.2} is no range; two numbers above 0, "
        "at most 1 are needed, the lower one first");
    REFUSES(gra_transforms_random_resized_crop(3, .ratio = {0, 2}),
            "gra_transforms_random_resized_crop: ratio {0, 2} is no range; two numbers above 0 are "
            "needed, the lower one first");
    REFUSES(gra_transforms_random_horizontal_flip(1.5),
            "gra_transforms_random_horizontal_flip: p = 1.5 is no probability; 0 to 1 is needed");
    REFUSES(gra_transforms_random_vertical_flip(-0.5),
            "gra_transforms_random_vertical_flip: p = -0.5 is no probability; 0 to 1 is needed");
    REFUSES(gra_transforms_random_erasing(NAN),
            "gra_transforms_random_erasing: p = nan is no probability; 0 to 1 is needed");
    REFUSES(gra_transforms_pad(-1),
            "gra_transforms_pad: a padding of -1 pixels is out of range; at "
            "least 0 is needed");
    REFUSES(gra_transforms_pad(1, .mode = (gra_transforms_pad_mode)3),
            "gra_transforms_pad: mode 3 with fill 0 is no way to pad");
    REFUSES(gra_transforms_grayscale(2),
            "gra_transforms_grayscale: 2 channels cannot be made; 1 or 3 can");
    REFUSES(gra_transforms_color_jitter(.contrast = -1),
            "gra_transforms_color_jitter: contrast -1 is out of range; a number of at least 0 is "
            "needed");
    REFUSES(
        gra_transforms_color_jitter(.hue = 0.6),
        "gra_transforms_color_jitter: hue 0.6 is out of range; at most 0.5, half of the circle, "
        "is possible");
    REFUSES(
        gra_transforms_pca_lighting(.std = INFINITY),
        "gra_transforms_pca_lighting: std inf is out of range; a number of at least 0 is needed");
    REFUSES(gra_transforms_random_affine(.translate = {2, 0}),
            "gra_transforms_random_affine: translate {2, 0} is out of range; 0 to 1 is needed for "
            "both");
    REFUSES(gra_transforms_random_affine(.shear = 90),
            "gra_transforms_random_affine: shear 90 is out of range; less than 90 degrees are "
            "possible");
    REFUSES(gra_transforms_elastic(.sigma = 0),
            "gra_transforms_elastic: sigma 0 is out of range; a number above 0, at most 1000 is "
            "needed");
    REFUSES(gra_transforms_normalize({0.5, 0.5}, {0.5}),
            "gra_transforms_normalize: the std of channel 1 is 0; a number above 0 is needed for "
            "each channel that has a mean");
    REFUSES(
        gra_transforms_normalize({0.5}, {1e-60}),
        "gra_transforms_normalize: the std of channel 0 is 1e-60; a number above 0 is needed for "
        "each channel that has a mean");
    REFUSES(gra_transforms_normalize({0.5}, {-1}),
            "gra_transforms_normalize: the std of channel 0 is -1; a number above 0 is needed for "
            "each channel that has a mean");
#undef REFUSES
}

GRA_TEST_MAIN(
    "transforms", to_tensor_divides_bytes_by_255,
    normalize_subtracts_the_mean_and_divides_by_the_std_of_each_channel,
    to_tensor_and_normalize_in_one_pass_give_the_same_bits, resize_averages_under_a_triangle,
    resize_by_the_shorter_side_keeps_the_ratio, every_layout_gives_the_same_pixels,
    center_crop_takes_the_middle, five_and_ten_crops_are_corners_and_middle_and_the_same_mirrored,
    pad_fills_reflects_or_repeats_the_edge, a_flip_of_probability_1_mirrors,
    a_flip_happens_as_often_as_its_probability_says,
    a_random_crop_reaches_every_place_equally_often, a_random_crop_pads_what_is_too_small_if_told,
    random_resized_crop_draws_areas_and_ratios_as_told,
    random_resized_crop_falls_back_to_the_middle, grayscale_weighs_the_colours,
    jitter_stays_within_its_reach, jitter_of_nothing_changes_nothing_and_greys_have_no_hue,
    pca_lighting_adds_the_principal_colours_of_imagenet, erasing_writes_one_rectangle,
    an_affine_map_of_nothing_changes_nothing_and_one_of_2_doubles,
    a_map_beyond_all_numbers_leads_outside, an_elastic_distortion_of_alpha_0_changes_nothing,
    elastic_displacements_have_the_size_that_simard_s_field_has,
    a_compose_applies_all_in_order_and_owns_them, a_compose_that_fails_frees_what_it_was_given,
    a_transform_that_gives_nothing_is_an_error_and_null_gives_null,
    transforms_of_a_file_are_those_of_its_image,
    a_compose_within_a_compose_takes_no_more_than_its_parts_in_a_row,
    a_damaged_file_is_an_error_of_each_transform_that_decodes,
    transforms_refuse_images_that_do_not_fit, transforms_refuse_what_is_no_image,
    constructors_refuse_options_that_make_no_sense)
