/* test_digits_difficulty.c - the digits are no toy: a linear classifier stays below 93 % on them.
 *
 * Softmax regression, logits = x w^T + b, by gradient descent on 8000 digits, measured on 2000 that it
 * has not seen. That LeNet-5 passes 98 % is for the examples to show.
 */
#include "gradus.h"

#include "../support/test.h"

enum { CLASSES = 10, PIXELS = 28 * 28, TRAIN = 8000, TEST = 2000, BATCH = 50, EPOCHS = 12 };

static gra_tensor *logits(gra_tensor *x, gra_tensor *w, gra_tensor *b)
{
    return gra_linear(gra_flatten(x, 1, -1), w, b);
}

static void descend(gra_tensor *t, double rate)
{
    gra_sub_(t, gra_mul_scalar(gra_tensor_grad(t), rate));
    gra_tensor_zero_grad(t);
}

static void train_epoch(gra_data *data, gra_tensor *w, gra_tensor *b, double rate)
{
    gra_tensor *x, *y;
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        gra_backward(gra_cross_entropy(logits(x, w, b), y));
        const bool was = gra_set_grad(false);
        descend(w, rate);
        descend(b, rate);
        gra_set_grad(was);
    }
}

static double accuracy(gra_data *data, gra_tensor *w, gra_tensor *b)
{
    double hits = 0;
    gra_tensor *x, *y;
    const bool was = gra_set_grad(false);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        hits += gra_item(gra_sum(gra_eq(gra_argmax(logits(x, w, b), .dim = 1), y)));
    gra_set_grad(was);
    return hits / (double)gra_data_size(data);
}

GRA_TEST(a_linear_classifier_learns_the_digits_but_not_well)
{
    gra_data *const train =
        gra_digits(.train = true, .batch = BATCH, .count = TRAIN, .shuffle = true, .seed = 1);
    gra_data *const test = gra_digits(.batch = 500, .count = TEST);
    gra_tensor *const w = gra_zeros(GRA_SHAPE(CLASSES, PIXELS), .requires_grad = true);
    gra_tensor *const b = gra_zeros(GRA_SHAPE(CLASSES), .requires_grad = true);
    double best = 0;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        train_epoch(train, w, b, 0.1);
        best = fmax(best, accuracy(test, w, b));
    }
    GRA_ASSERT_NO_ERROR();
    printf("linear classifier: %.2f %% at best, %.2f %% of what it was trained on\n", 100 * best,
           100 * accuracy(train, w, b));
    ck_assert_double_gt(best, 0.6);
    ck_assert_double_lt(best, 0.93);
    gra_free(train, test);
}

GRA_TEST_MAIN("digits_difficulty", a_linear_classifier_learns_the_digits_but_not_well)
