/* test_image_set.c - labelled images in memory. */
#include "gradus.h"

#include "../../core/shape_check.h"
#include "../../data/image_set.h"
#include "../support/test.h"

static gra_tensor *bytes(gra_shape shape)
{
    return gra_to(gra_reshape(gra_arange(0, (double)gra__numel(&shape), 1), shape), GRA_UINT8);
}

GRA_TEST(an_image_set_gives_single_images)
{
    gra_tensor *x, *y;
    gra_dataset *const set =
        gra__image_set("set", bytes(GRA_SHAPE(3, 1, 2)), bytes(GRA_SHAPE(3)), NULL);
    ck_assert_int_eq(gra_dataset_size(set), 3);
    ck_assert_int_eq(gra_dataset_get(set, 2, &x, &y), 0);
    GRA_ASSERT_SHAPE(x, 1, 1, 2);
    GRA_ASSERT_VALUES(x, 4 / 255.0, 5 / 255.0);
    ck_assert_int_eq(gra_tensor_ndim(y), 0);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    ck_assert_int_eq(gra_item_int(y), 2);
    ck_assert_int_eq(gra_dataset_get(set, 3, &x, &y), -1);
    GRA_ASSERT_ERROR("gra_dataset_get: example 3 of the data set of images lies outside 0 to 2");
    gra_free(set);
}

GRA_TEST(an_image_set_gives_batches_that_are_not_square)
{
    gra_tensor *x, *y;
    gra_data *const data = gra_loader(
        gra__image_set("set", bytes(GRA_SHAPE(3, 1, 2)), bytes(GRA_SHAPE(3)), NULL), .batch = 2);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 2, 1, 1, 2);
    GRA_ASSERT_VALUES(x, 0, 1 / 255.0, 2 / 255.0, 3 / 255.0);
    GRA_ASSERT_VALUES(y, 0, 1);
    gra_free(data);
}

GRA_TEST(an_image_set_keeps_its_tensors)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_dataset *const set =
        gra__image_set("set", bytes(GRA_SHAPE(3, 1, 2)), bytes(GRA_SHAPE(3)), NULL);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 3);
    gra_free(set);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(an_image_set_rejects_other_shapes_and_dtypes)
{
    gra_tensor *const images = bytes(GRA_SHAPE(3, 2, 2)), *const labels = bytes(GRA_SHAPE(3));
    ck_assert_ptr_null(gra__image_set("set", images, bytes(GRA_SHAPE(2)), NULL));
    GRA_ASSERT_ERROR(
        "set: the images are uint8 [3, 2, 2], the labels uint8 [2]; uint8 [N, H, W] and "
        "[N] are needed");
    ck_assert_ptr_null(gra__image_set("set", gra_to(images, GRA_FLOAT32), labels, NULL));
    GRA_ASSERT_ERROR("set: the images are float32 [3, 2, 2], the labels uint8 [3]; uint8 [N, H, W] "
                     "and [N] are needed");
    ck_assert_ptr_null(gra__image_set("set", images, images, NULL));
    GRA_ASSERT_ERROR(
        "set: the images are uint8 [3, 2, 2], the labels uint8 [3, 2, 2]; uint8 [N, H, "
        "W] and [N] are needed");
    ck_assert_ptr_null(gra__image_set("set", NULL, labels, NULL));
    ck_assert_ptr_null(gra__image_set("set", images, NULL, NULL));
    GRA_ASSERT_NO_ERROR();
}

GRA_TEST_MAIN("image_set", an_image_set_gives_single_images,
              an_image_set_gives_batches_that_are_not_square, an_image_set_keeps_its_tensors,
              an_image_set_rejects_other_shapes_and_dtypes)
