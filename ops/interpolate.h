/* interpolate.h - what interpolate.c shares with the layer. */
#ifndef GRA_OPS_INTERPOLATE_H
#define GRA_OPS_INTERPOLATE_H

#include "core/common.h"

/* A mode's name, which lives as long as the library; NULL with an error, which op names, where there is no
 * such mode. */
const char *gra__interpolate_mode(const char *op, const char *name);

#endif
