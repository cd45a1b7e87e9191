/* dataset_class.h - what the loader needs to know of a data set. */
#ifndef GRA_DATA_DATASET_CLASS_H
#define GRA_DATA_DATASET_CLASS_H

#include "data/dataset.h"

const gra_dataset_class *gra__dataset_class(const gra_dataset *set);

/* Whether a loader can take it over: none has yet. */
bool gra__dataset_is_free(const gra_dataset *set);

#endif
