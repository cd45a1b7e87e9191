/* confusion_struct.h - the counts behind a confusion matrix. */
#ifndef GRA_TRAIN_CONFUSION_STRUCT_H
#define GRA_TRAIN_CONFUSION_STRUCT_H

#include "core/object_struct.h"
#include "train/metrics.h"

struct gra_confusion {
    gra_object head;
    int64_t classes;
    int64_t *cells; /* classes x classes: [true][predicted] */
    char **names;   /* classes of them, or NULL */
};

/* The examples of a row and a column; -1 stands for all of them. */
double gra__confusion_sum(const gra_confusion *t, int64_t row, int64_t column);

#endif
