/* metrics.h - how good a classifier is: accuracy, the confusion matrix, and when to stop.
 *
 *     gra_meter top1 = {0}, top5 = {0};
 *     gra_confusion *table = gra_confusion_new(10);
 *     for (...) {
 *         gra_meter_add(&top1, gra_accuracy(logits, y), n);
 *         gra_meter_add(&top5, gra_accuracy(logits, y, .topk = 5), n);
 *         gra_confusion_update(table, logits, y);
 *     }
 *     gra_confusion_print(table, stdout);
 *     gra_free(table);
 *
 * Classes are 0 .. C - 1; targets are whole numbers. Where logits are equal, the class of the smaller
 * number comes first, as with gra_argmax; NaN counts as larger than any number, and as a target's
 * logit it is wrong, so that a broken network is not taken for a good one.
 * May include: core, ops, autograd, nn, optim, data, io.
 */
#ifndef GRA_TRAIN_METRICS_H
#define GRA_TRAIN_METRICS_H

#include <stdio.h>

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* ---- accuracy ---- */

typedef struct gra_accuracy_options {
    int begin_;
    gra_tensor *logits;  /* [N, C], of a floating type */
    gra_tensor *targets; /* [N], of a whole type, in 0 .. C - 1 */
    int64_t topk;        /* 1: the target is among the k largest logits; at most C */
} gra_accuracy_options;

gra_accuracy_options gra_accuracy_defaults(void);

/* The share of examples, 0 .. 1, that are right; NaN with an error, or for a NULL argument. Nothing
 * is recorded. */
double gra_accuracy_with(gra_accuracy_options options);

#ifndef __cplusplus
#define gra_accuracy(...)                                                                          \
    gra_accuracy_with(GRA_KEYWORDS(gra_accuracy_options, .topk = 1, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- confusion matrix ---- */

typedef struct gra_confusion gra_confusion;

typedef enum gra_confusion_share {
    GRA_CONFUSION_COUNTS,       /* examples */
    GRA_CONFUSION_OF_TRUE,      /* shares of each row: the diagonal is the recall */
    GRA_CONFUSION_OF_PREDICTED, /* shares of each column: the diagonal is the precision */
    GRA_CONFUSION_OF_ALL,       /* shares of all examples */
} gra_confusion_share;

typedef struct gra_confusion_options {
    int begin_;
    int64_t classes;          /* 1 .. 10,000 */
    const char *const *names; /* NULL: the numbers; else one for each class, copied */
} gra_confusion_options;

gra_confusion_options gra_confusion_defaults(void);

/* An object to be freed; NULL with an error where the number of classes is out of range. */
gra_confusion *gra_confusion_with(gra_confusion_options options);

#ifndef __cplusplus
#define gra_confusion_new(...)                                                                     \
    gra_confusion_with(GRA_KEYWORDS(gra_confusion_options, .begin_ = 0, __VA_ARGS__))
#endif

/* Adds examples: logits [N, C], or predicted classes [N] of a whole type; targets [N]. Returns 0, or
 * -1 with an error, and nothing was added. */
int gra_confusion_update(gra_confusion *table, const gra_tensor *logits, const gra_tensor *targets);

/* The matrix [C, C]: row i holds the examples of class i, column j those that were taken for class j.
 * int64 counts, or float64 shares; a share of nothing is 0. */
gra_tensor *gra_confusion_matrix(const gra_confusion *table, gra_confusion_share share);

double gra_confusion_accuracy(const gra_confusion *table); /* NaN: no example */
double gra_confusion_precision(const gra_confusion *table,
                               int64_t class_);                          /* NaN: never predicted */
double gra_confusion_recall(const gra_confusion *table, int64_t class_); /* NaN: no example of it */

/* Prints the matrix with recall and precision; for more than 20 classes a line for each, with the
 * class that it is most often taken for. Returns 0, or -1 with an error. */
int gra_confusion_print(const gra_confusion *table, FILE *file);

/* ---- early stopping ---- */

typedef enum gra_metric_mode { GRA_METRIC_MIN, GRA_METRIC_MAX } gra_metric_mode;

/* A plain struct: write the first three, and leave the others 0.
 *
 *     gra_early_stopping stop = {.patience = 5, .mode = GRA_METRIC_MAX};
 *     ...
 *     if (gra_early_stop(&stop, accuracy))
 *         break;
 *     if (stop.num_bad_epochs == 0)
 *         gra_save(net, "best.safetensors");
 */
typedef struct gra_early_stopping {
    int64_t patience;       /* epochs that may be no better, one after the other */
    double min_delta;       /* by how much an epoch is better at least to count as such, from 0 */
    gra_metric_mode mode;   /* GRA_METRIC_MIN: smaller is better */
    double best;            /* the best metric so far */
    int64_t num_epochs;     /* how many there were */
    int64_t best_epoch;     /* the number of the best one, from 1 */
    int64_t num_bad_epochs; /* since the best one */
} gra_early_stopping;

/* Looks at the metric of an epoch. True once more than `patience` epochs in a row were no better than the
 * best, as gra_reduce_lr_on_plateau counts; NaN is no better. True as well with an error, for a NULL
 * struct or a negative patience or min_delta. */
bool gra_early_stop(gra_early_stopping *stop, double metric);

GRA_END_DECLS

#endif
