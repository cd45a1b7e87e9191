/* transform_dataset.h - a data set with its examples transformed.
 *
 *     gra_dataset *more = gra_transform_dataset(set, gra_transforms_random_crop(28, .padding = 2));
 *
 * For sets that have no .transform of their own.  What a random transform draws depends on the loader's
 * seed, the epoch and the example's index, as the loader sets the thread's default generator for each.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_DATA_TRANSFORM_DATASET_H
#define GRA_DATA_TRANSFORM_DATASET_H

#include "dataset.h"
#include "transform.h"

GRA_BEGIN_DECLS

/* The set with x as the transform makes it, and y as it was; of a stream a stream. Takes over both, also
 * when it fails. */
gra_dataset *gra_transform_dataset(gra_dataset *set, gra_transform *transform);

GRA_END_DECLS

#endif
