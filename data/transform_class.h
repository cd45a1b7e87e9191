/* transform_class.h - what data sets and composes need to know of a transform. */
#ifndef GRA_DATA_TRANSFORM_CLASS_H
#define GRA_DATA_TRANSFORM_CLASS_H

#include "data/transform.h"

const gra_transform_class *gra__transform_class(const gra_transform *t);

/* Whether a container can take it over: none has yet. */
bool gra__transform_is_free(const gra_transform *t);

#endif
