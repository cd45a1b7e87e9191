/* watch.h - seeing which ops run, for tests and profiles. */
#ifndef GRA_CORE_WATCH_H
#define GRA_CORE_WATCH_H

#include "op.h"

typedef enum { GRA__CALLED, GRA__DIFFERENTIATED } gra__event;

/* Called, where it is set, when an op is applied and when its rule runs. Process-wide. */
extern void (*gra__watch)(const gra_op *op, gra__event event);

#endif
