/* test_metrics.c - accuracy, the confusion matrix and early stopping, counted by hand. */
#include "gradus.h"

#include "../support/test.h"

static gra_tensor *classes_of(int64_t count, const int64_t *classes)
{
    gra_tensor *const t = gra_empty(GRA_SHAPE(count), .dtype = GRA_INT64);
    if (count)
        memcpy(gra_tensor_data(t), classes, (size_t)count * sizeof *classes);
    return t;
}

#define CLASSES(...)                                                                               \
    classes_of(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

/* The three rows put their classes in the orders 2 1 0, 0 1 2 and 1 2 0. */
static gra_tensor *three_rows(void)
{
    return gra_reshape(gra_vector(0, 1, 2, /**/ 5, 3, 1, /**/ -3, 0, -1), GRA_SHAPE(3, 3));
}

GRA_TEST(accuracy_is_the_share_of_targets_among_the_largest)
{
    gra_tensor *x = three_rows(), *y = CLASSES(1, 0, 0);
    ck_assert_double_eq_tol(gra_accuracy(x, y), 1.0 / 3, 1e-15);
    ck_assert_double_eq_tol(gra_accuracy(x, y, .topk = 2), 2.0 / 3, 1e-15);
    ck_assert_double_eq(gra_accuracy(x, y, .topk = 3), 1);
    ck_assert_double_eq(gra_accuracy(x, CLASSES(2, 0, 1)), 1);
}

GRA_TEST(accuracy_reads_any_strides_and_dtypes)
{
    gra_tensor *x = gra_transpose(gra_contiguous(gra_transpose(three_rows(), 0, 1)), 0, 1);
    ck_assert(!gra_is_contiguous(x));
    gra_tensor *y = CLASSES(2, 0, 1);
    ck_assert_double_eq(gra_accuracy(x, gra_to(y, GRA_UINT8)), 1);
    ck_assert_double_eq(gra_accuracy(gra_to(x, GRA_BFLOAT16), y), 1);
    ck_assert_double_eq(gra_accuracy(gra_requires_grad(gra_to(x, GRA_FLOAT64)), y), 1);
}

/* A network that says the same of every class is right for the first class only, not always. */
GRA_TEST(equal_logits_come_in_the_order_of_their_classes)
{
    gra_tensor *x = gra_zeros(GRA_SHAPE(4, 4)), *y = CLASSES(0, 1, 2, 3);
    ck_assert_double_eq(gra_accuracy(x, y), 0.25);
    ck_assert_double_eq(gra_accuracy(x, y, .topk = 3), 0.75);
}

GRA_TEST(a_target_whose_logit_is_nan_is_wrong)
{
    gra_tensor *x = gra_reshape(gra_vector(NAN, NAN, 0, 1, NAN, 0), GRA_SHAPE(3, 2));
    ck_assert_double_eq(gra_accuracy(x, CLASSES(0, 1, 1), .topk = 2), 2.0 / 3);
    ck_assert_double_eq(gra_accuracy(x, CLASSES(0, 1, 1)), 1.0 / 3);
}

GRA_TEST(accuracy_rejects_what_is_none)
{
    gra_tensor *x = three_rows(), *y = CLASSES(1, 0, 0);
    ck_assert(isnan(gra_accuracy(x, y, .topk = 5)));
    GRA_ASSERT_ERROR("gra_accuracy: topk 5 is out of range; the logits are of 3 classes, so that 1 "
                     "to 3 are possible");
    ck_assert(isnan(gra_accuracy(x, y, .topk = 0)));
    GRA_ASSERT_ERROR("gra_accuracy: topk 0 is out of range; the logits are of 3 classes, so that 1 "
                     "to 3 are possible");
    ck_assert(isnan(gra_accuracy(x, CLASSES(1, 3, 0))));
    GRA_ASSERT_ERROR("gra_accuracy: target 3 of example 1 lies outside 0 to 2");
    ck_assert(isnan(gra_accuracy(x, CLASSES(1, 0, -1))));
    GRA_ASSERT_ERROR("gra_accuracy: target -1 of example 2 lies outside 0 to 2");
    ck_assert(isnan(gra_accuracy(x, CLASSES(1, 0))));
    GRA_ASSERT_ERROR("gra_accuracy: logits are of shape [3, 3] and targets of shape [2]; as many "
                     "targets as rows are needed");
    ck_assert(isnan(gra_accuracy(y, y)));
    GRA_ASSERT_ERROR("gra_accuracy: logits are int64 [3]; [N, C] of a floating type is needed");
    ck_assert(isnan(gra_accuracy(x, x)));
    GRA_ASSERT_ERROR("gra_accuracy: targets are float32 [3, 3]; the classes of N examples are "
                     "needed, [N] of int64");
    ck_assert(isnan(gra_accuracy(gra_zeros(GRA_SHAPE(0, 3)), classes_of(0, NULL))));
    GRA_ASSERT_ERROR("gra_accuracy: there is no example");
    ck_assert(isnan(gra_accuracy(NULL, y)));
}

/* ---- confusion ---- */

static gra_confusion *two_classes(void)
{
    static const char *const names[] = {"cat", "dog"};
    gra_confusion *const t = gra_confusion_new(2, .names = names);
    ck_assert_int_eq(gra_confusion_update(t, CLASSES(0, 0, 0, 1), CLASSES(0, 0, 1, 1)), 0);
    ck_assert_int_eq(gra_confusion_update(t, CLASSES(1), CLASSES(0)), 0);
    return t; /* cats: 2 right, 1 taken for a dog; dogs: 1 right, 1 taken for a cat */
}

GRA_TEST(confusion_counts_rows_of_true_classes)
{
    gra_confusion *t = two_classes();
    GRA_ASSERT_VALUES(gra_confusion_matrix(t, GRA_CONFUSION_COUNTS), 2, 1, 1, 1);
    const double third = 1.0 / 3;
    GRA_ASSERT_VALUES(gra_confusion_matrix(t, GRA_CONFUSION_OF_TRUE), 2 * third, third, 0.5, 0.5);
    GRA_ASSERT_VALUES(gra_confusion_matrix(t, GRA_CONFUSION_OF_PREDICTED), 2 * third, 0.5, third,
                      0.5);
    GRA_ASSERT_VALUES(gra_confusion_matrix(t, GRA_CONFUSION_OF_ALL), 0.4, 0.2, 0.2, 0.2);
    ck_assert_double_eq(gra_confusion_accuracy(t), 0.6);
    ck_assert_double_eq_tol(gra_confusion_precision(t, 0), 2 * third, 1e-15);
    ck_assert_double_eq_tol(gra_confusion_recall(t, 0), 2 * third, 1e-15);
    ck_assert_double_eq(gra_confusion_recall(t, 1), 0.5);
    gra_free(t);
}

GRA_TEST(confusion_takes_logits)
{
    gra_confusion *t = gra_confusion_new(3);
    gra_confusion_update(t, three_rows(), CLASSES(2, 0, 0));
    GRA_ASSERT_VALUES(gra_confusion_matrix(t, GRA_CONFUSION_COUNTS), 1, 1, 0, 0, 0, 0, 0, 0, 1);
    ck_assert(isnan(gra_confusion_recall(t, 1)));
    ck_assert_double_eq(gra_confusion_precision(t, 1), 0);
    gra_free(t);
}

static char *printed(const gra_confusion *t)
{
    char *text = NULL;
    size_t size;
    FILE *const file = open_memstream(&text, &size);
    ck_assert_int_eq(gra_confusion_print(t, file), 0);
    fclose(file);
    return text;
}

GRA_TEST(confusion_prints_a_table)
{
    gra_confusion *t = two_classes();
    char *text = printed(t);
    ck_assert_str_eq(text, "true \\ predicted\n"
                           "       cat   dog   recall %\n"
                           " cat     2     1       66.7\n"
                           " dog     1     1       50.0\n"
                           "precision %\n"
                           "      66.7  50.0\n"
                           "accuracy 60.00 % of 5 examples\n");
    free(text);
    gra_free(t);
}

GRA_TEST(confusion_of_many_classes_prints_a_line_for_each)
{
    gra_confusion *t = gra_confusion_new(21);
    gra_confusion_update(t, CLASSES(3, 7, 7), CLASSES(3, 3, 3));
    char *text = printed(t);
    ck_assert_ptr_nonnull(strstr(text,
                                 "true  examples  recall %  precision %  most often taken for\n"
                                 "   0         0         -            -\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n   3         3      33.3        100.0  7 (2)\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n   7         0         -          0.0\n"));
    free(text);
    gra_free(t);
}

GRA_TEST(confusion_rejects_what_does_not_fit)
{
    ck_assert_ptr_null(gra_confusion_new(0));
    GRA_ASSERT_ERROR("gra_confusion_new: 0 classes are out of range; 1 to 10000 are possible");
    ck_assert_ptr_null(gra_confusion_new(2, .names = (const char *const[]){"a", NULL}));
    GRA_ASSERT_ERROR("gra_confusion_new: name 1 is NULL");
    gra_confusion *t = two_classes();
    ck_assert_int_eq(gra_confusion_update(t, three_rows(), CLASSES(0, 1, 1)), -1);
    GRA_ASSERT_ERROR("gra_confusion_update: the logits are of 3 classes and the matrix is of 2");
    ck_assert_int_eq(gra_confusion_update(t, CLASSES(0, 2), CLASSES(0, 1)), -1);
    GRA_ASSERT_ERROR("gra_confusion_update: prediction 2 of example 1 lies outside 0 to 1");
    ck_assert_int_eq(gra_confusion_update(t, CLASSES(0, 1), CLASSES(0, 2)), -1);
    GRA_ASSERT_ERROR("gra_confusion_update: target 2 of example 1 lies outside 0 to 1");
    gra_tensor *square = gra_zeros(GRA_SHAPE(2, 2), .dtype = GRA_INT64);
    ck_assert_int_eq(gra_confusion_update(t, square, CLASSES(0, 1)), -1);
    GRA_ASSERT_ERROR("gra_confusion_update: predictions are int64 [2, 2]; logits [N, C] of a "
                     "floating type or classes [N] of int64 are needed");
    ck_assert(isnan(gra_confusion_recall(t, 2)));
    GRA_ASSERT_ERROR("gra_confusion_recall: class 2 lies outside 0 to 1");
    ck_assert(isnan(gra_confusion_precision(t, -1)));
    GRA_ASSERT_ERROR("gra_confusion_precision: class -1 lies outside 0 to 1");
    ck_assert_ptr_null(gra_confusion_matrix(t, (gra_confusion_share)7));
    GRA_ASSERT_ERROR("gra_confusion_matrix: share 7 is unknown; see gra_confusion_share");
    ck_assert_int_eq(gra_confusion_print(t, NULL), -1);
    GRA_ASSERT_ERROR("gra_confusion_print: the file is NULL");
    ck_assert_int_eq(gra_confusion_print(NULL, stdout), -1);
    GRA_ASSERT_ERROR("gra_confusion_print: the matrix is NULL");
    GRA_ASSERT_VALUES(gra_confusion_matrix(t, GRA_CONFUSION_COUNTS), 2, 1, 1, 1);
    gra_free(t);
}

GRA_TEST(a_table_on_a_full_disk_is_an_error)
{
    FILE *const full = fopen("/dev/full", "w");
    if (!full)
        GRA_SKIP("there is no /dev/full");
    gra_confusion *t = two_classes();
    ck_assert_int_eq(gra_confusion_print(t, full), -1);
    GRA_ASSERT_ERROR(
        "gra_confusion_print: the table could not be written: No space left on device");
    gra_free(t);
    fclose(full);
}

/* ---- early stopping ---- */

GRA_TEST(it_stops_after_more_than_patience_bad_epochs)
{
    gra_early_stopping stop = {.patience = 2};
    const double losses[] = {1, 0.5, 0.6, 0.5, 0.4, 0.4, NAN, 0.41};
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(gra_early_stop(&stop, losses[i]), i == 7);
    ck_assert_double_eq(stop.best, 0.4);
    ck_assert_int_eq(stop.best_epoch, 5);
    ck_assert_int_eq(stop.num_bad_epochs, 3);
}

GRA_TEST(a_small_gain_is_none)
{
    gra_early_stopping stop = {.min_delta = 0.125, .mode = GRA_METRIC_MAX};
    ck_assert(!gra_early_stop(&stop, 0.5));
    ck_assert(!gra_early_stop(&stop, 0.75));
    ck_assert(gra_early_stop(&stop, 0.875));
    ck_assert(!gra_early_stop(&stop, 1));
}

GRA_TEST(nan_from_the_beginning_stops_too)
{
    gra_early_stopping stop = {.patience = 1};
    ck_assert(!gra_early_stop(&stop, NAN));
    ck_assert(gra_early_stop(&stop, NAN));
    ck_assert(!gra_early_stop(&stop, 3));
}

GRA_TEST(wrong_stopping_is_an_error)
{
    ck_assert(gra_early_stop(NULL, 1));
    GRA_ASSERT_ERROR("gra_early_stop: the struct is NULL");
    ck_assert(gra_early_stop(&(gra_early_stopping){.patience = -1}, 1));
    GRA_ASSERT_ERROR("gra_early_stop: patience -1 is negative");
    ck_assert(gra_early_stop(&(gra_early_stopping){.min_delta = -1}, 1));
    GRA_ASSERT_ERROR("gra_early_stop: min_delta -1 is out of range; at least 0 is needed");
    ck_assert(gra_early_stop(&(gra_early_stopping){.mode = (gra_metric_mode)5}, 1));
    GRA_ASSERT_ERROR(
        "gra_early_stop: mode 5 is unknown; GRA_METRIC_MIN or GRA_METRIC_MAX is needed");
}

GRA_TEST_MAIN("metrics", accuracy_is_the_share_of_targets_among_the_largest,
              accuracy_reads_any_strides_and_dtypes,
              equal_logits_come_in_the_order_of_their_classes, a_target_whose_logit_is_nan_is_wrong,
              accuracy_rejects_what_is_none, confusion_counts_rows_of_true_classes,
              confusion_takes_logits, confusion_prints_a_table,
              confusion_of_many_classes_prints_a_line_for_each, confusion_rejects_what_does_not_fit,
              a_table_on_a_full_disk_is_an_error, it_stops_after_more_than_patience_bad_epochs,
              a_small_gain_is_none, nan_from_the_beginning_stops_too, wrong_stopping_is_an_error)
