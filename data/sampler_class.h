/* sampler_class.h - what loaders need to know of a sampler. */
#ifndef GRA_DATA_SAMPLER_CLASS_H
#define GRA_DATA_SAMPLER_CLASS_H

#include "data/sampler.h"

const gra_sampler_class *gra__sampler_class(const gra_sampler *s);

/* Takes a sampler over for a container; false with an error for NULL and for one that is another's. */
bool gra__sampler_take(const char *op, gra_sampler *s);

#endif
