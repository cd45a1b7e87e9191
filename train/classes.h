/* classes.h - logits and targets as accuracy and the confusion matrix read them. */
#ifndef GRA_TRAIN_CLASSES_H
#define GRA_TRAIN_CLASSES_H

#include "core/tensor_struct.h"

/* Whether targets are [N] of a whole type and logits [N, C] of a floating one, or, where `predicted`,
 * [N] of a whole type; neither is NULL. False with an error that names op. */
bool gra__classes_check(const char *op, const gra_tensor *logits, const gra_tensor *targets,
                        bool predicted);

/* The class in element i of a tensor [N]; -1 with an error where it lies outside 0 .. classes - 1. */
int64_t gra__class_at(const char *op, const char *what, const gra_tensor *t, int64_t i,
                      int64_t classes);

/* How many classes come before class c in row i of the logits. */
int64_t gra__class_rank(const gra_tensor *logits, int64_t i, int64_t c);

#endif
