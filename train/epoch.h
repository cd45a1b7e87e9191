/* epoch.h - one pass over a data set: to train on it, or to measure.
 *
 *     for (int epoch = 1; epoch <= 10; epoch++) {
 *         gra_epoch a = gra_train_epoch(net, train, opt, .description = "train");
 *         gra_epoch b = gra_evaluate(net, test, .description = "test");
 *         printf("%d  loss %.3f  test %.2f %%\n", epoch, a.loss, 100 * b.top1);
 *     }
 *
 * This is the loop that most scripts for classifiers have: a bar, the loss, the share of right answers.
 * examples/lenet5.c spells one out; a script that needs another writes its own.
 * May include: core, ops, autograd, nn, optim, data, io.
 */
#ifndef GRA_TRAIN_EPOCH_H
#define GRA_TRAIN_EPOCH_H

#include "../data/loader.h"
#include "../nn/module.h"
#include "../optim/optim.h"
#include "../optim/schedulers.h"

GRA_BEGIN_DECLS

typedef struct gra_epoch_options {
    int begin_;
    gra_module *module;       /* classifies: logits [N, classes] */
    gra_data *data;           /* x, and y int64 [N] */
    gra_optim *optim;         /* of gra_train_epoch only */
    gra_scheduler *scheduler; /* NULL; stepped after each batch */
    gra_module
        *loss; /* NULL: cross entropy; else called with logits and y, a mean over the batch */
    const char *description; /* NULL: no progress bar; else its name */
    int64_t steps;           /* 0: the whole epoch; else at most so many batches */
} gra_epoch_options;

/* What a pass found, over the examples that it saw; all of it NaN and 0 with an error, and where none came: a
 * .drop_last of less than a batch, a .skip_errors of every example. */
typedef struct gra_epoch {
    double loss; /* mean over the examples, each before the step that it took part in */
    double top1,
        top5; /* share of the examples whose class has the largest logit, one of the five largest */
    int64_t examples;    /* how many were seen */
    double seconds;      /* how long it took, and of that: */
    double data_seconds; /* waiting for the next batch */
} gra_epoch;

gra_epoch_options gra_epoch_defaults(void);

/* Trains in training mode: forward, loss, backward, a step. Goes on where the loader stands, so that a
 * run can be resumed in the middle of an epoch; ends early, with its step done, after an interrupt
 * (gra_interrupted). */
gra_epoch gra_train_epoch_with(gra_epoch_options options);

/* Measures from the loader's first batch on, in evaluation mode, without recording; afterwards each part
 * of the module is in the mode that it was in.
 * Where x has one dim more than a batch of images, [N, views, C, H, W] as gra_transforms_ten_crop makes
 * them, the probabilities of an image's views are averaged. */
gra_epoch gra_evaluate_with(gra_epoch_options options);

#ifndef __cplusplus
/* gra_train_epoch(module, data, optim, ...) */
#define gra_train_epoch(...)                                                                       \
    gra_train_epoch_with(GRA_KEYWORDS(gra_epoch_options, .begin_ = 0, __VA_ARGS__))
/* gra_evaluate(module, data, ...) */
#define gra_evaluate(...)                                                                          \
    gra_evaluate_with(GRA_KEYWORDS(gra_epoch_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
