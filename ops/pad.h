/* pad.h - what pad.c shares with the layers that pad. */
#ifndef GRA_OPS_PAD_H
#define GRA_OPS_PAD_H

#include "core/common.h"

/* A padding mode's name, which lives as long as the library; NULL with an error, which op names, where there is no
 * such mode. */
const char *gra__pad_mode(const char *op, const char *name);

#endif
