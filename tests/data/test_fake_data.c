/* test_fake_data.c - random images: the same for the same number, all bytes and labels equally likely. */
#include "gradus.h"

#include "../support/test.h"

GRA_TEST(fake_images_are_a_function_of_their_number)
{
    gra_tensor *x, *y, *x2, *y2;
    gra_dataset *const a = gra_fake_data_dataset(.size = 5, .image_size = GRA_SHAPE(3, 5, 7));
    gra_dataset *const b = gra_fake_data_dataset(.size = 9, .image_size = GRA_SHAPE(3, 5, 7));
    gra_dataset *const c =
        gra_fake_data_dataset(.size = 9, .image_size = GRA_SHAPE(3, 5, 7), .random_offset = 1);
    ck_assert_int_eq(gra_dataset_get(a, 3, &x, &y), 0);
    ck_assert_int_eq(gra_dataset_get(b, 3, &x2, &y2), 0);
    GRA_ASSERT_SHAPE(x, 3, 5, 7);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_FLOAT32);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    ck_assert_mem_eq(gra_tensor_data(x), gra_tensor_data(x2), 105 * sizeof(float));
    ck_assert_int_eq(gra_item_int(y), gra_item_int(y2));
    ck_assert_int_eq(gra_dataset_get(b, 4, &x2, &y2), 0);
    ck_assert_mem_ne(gra_tensor_data(x), gra_tensor_data(x2), 105 * sizeof(float));
    ck_assert_int_eq(gra_dataset_get(c, 3, &x2, &y2), 0);
    ck_assert_mem_ne(gra_tensor_data(x), gra_tensor_data(x2), 105 * sizeof(float));
    gra_free(a, b, c);
}

/* Of 200,000 bytes the mean is 0.5 and the deviation that of 0 .. 255 / 255; of 2000 labels each of 4
 * comes 500 times, give or take 5 deviations of 19.4. */
GRA_TEST(fake_images_and_labels_are_uniform)
{
    gra_tensor *x, *y;
    double sum = 0, squares = 0;
    int seen[4] = {0};
    gra_data *const data =
        gra_fake_data(.size = 2000, .image_size = GRA_SHAPE(1, 10, 10), .classes = 4, .batch = 500);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        const float *const pixel = gra_tensor_data(x);
        for (int i = 0; i < 50000; i++) {
            ck_assert(pixel[i] >= 0 && pixel[i] <= 1);
            sum += pixel[i];
            squares += (double)pixel[i] * pixel[i];
        }
        for (int i = 0; i < 500; i++)
            seen[((const int64_t *)gra_tensor_data(y))[i]]++;
    }
    const double mean = sum / 200000;
    ck_assert_double_eq_tol(mean, 0.5, 0.004);
    ck_assert_double_eq_tol(sqrt(squares / 200000 - mean * mean), sqrt(65535 / 12.0) / 255, 0.002);
    for (int k = 0; k < 4; k++)
        ck_assert_int_le(abs(seen[k] - 500), 97);
    gra_free(data);
}

GRA_TEST(fake_images_are_torchvisions_by_default)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_fake_data(.transform = gra_transforms_center_crop(8));
    ck_assert_int_eq(gra_data_size(data), 1000);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 1, 3, 8, 8);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_UINT8);
    gra_free(data);
    gra_dataset *const set = gra_fake_data_dataset();
    ck_assert_int_eq(gra_dataset_get(set, 0, &x, &y), 0);
    GRA_ASSERT_SHAPE(x, 3, 224, 224);
    gra_free(set);
    ck_assert_int_eq(gra_fake_data_dataset_defaults().classes, 10);
    ck_assert_int_eq(gra_fake_data_defaults().batch, 1);
}

GRA_TEST(fake_data_rejects_sizes_that_no_image_has)
{
    ck_assert_ptr_null(gra_fake_data(.size = 0, .transform = gra_transforms_to_tensor()));
    GRA_ASSERT_ERROR("gra_fake_data: size 0 and classes 10 must both be at least 1");
    ck_assert_ptr_null(gra_fake_data_dataset(.classes = -1));
    GRA_ASSERT_ERROR("gra_fake_data: size 1000 and classes -1 must both be at least 1");
    ck_assert_ptr_null(gra_fake_data(.image_size = GRA_SHAPE(3, 32)));
    GRA_ASSERT_ERROR(
        "gra_fake_data: image_size is [3, 32]; three positive sizes [C, H, W] are needed");
    ck_assert_ptr_null(gra_fake_data(.image_size = GRA_SHAPE(3, 0, 32)));
    GRA_ASSERT_ERROR(
        "gra_fake_data: image_size is [3, 0, 32]; three positive sizes [C, H, W] are needed");
}

GRA_TEST_MAIN("fake_data", fake_images_are_a_function_of_their_number,
              fake_images_and_labels_are_uniform, fake_images_are_torchvisions_by_default,
              fake_data_rejects_sizes_that_no_image_has)
