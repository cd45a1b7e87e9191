/* dataset_class.h - what loaders and containers need to know of a data set. */
#ifndef GRA_DATA_DATASET_CLASS_H
#define GRA_DATA_DATASET_CLASS_H

#include "data/dataset.h"

const gra_dataset_class *gra__dataset_class(const gra_dataset *set);

/* Takes a set over for a container; false with an error for NULL, and for one that has no owner who could
 * give it away. */
bool gra__dataset_take(const char *op, gra_dataset *set);

/* One pass through a stream. */
typedef struct gra__reader {
    const gra_dataset *set;
    void *state; /* the class's reader; NULL where it has not begun */
} gra__reader;

/* Begin it; -1 with an error, and nothing to end. */
int gra__reader_begin(gra__reader *reader, const gra_dataset *set);

/* The next example in the current scope: 1, 0 at the end, -1 with an error. */
int gra__reader_next(gra__reader *reader, gra_tensor **x, gra_tensor **y);
void gra__reader_end(gra__reader *reader); /* fine where it has not begun */

/* Says which worker this thread is. */
void gra__worker_set(int index, int count);

#endif
