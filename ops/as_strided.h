/* as_strided.h - regions of a tensor: for the gradient of an op that wrote into a view.
 *
 *     y [4, 3]                  g   whole      gradient of y after the write
 *     v = y[1]; v.mul_(w)       get            its region: what the rule of mul_ is given
 *                               put            what the rule made of it, in its place: gradient of y before
 */
#ifndef GRA_OPS_AS_STRIDED_H
#define GRA_OPS_AS_STRIDED_H

#include "core/views.h"

/* The elements of whole, of the base's shape, in the region: a copy. Recorded. */
gra_tensor *gra__region_get(gra_tensor *whole, const gra__region *region);

/* whole with part in its region. Recorded; where nothing is recorded and nothing else holds whole, it is
 * overwritten. */
gra_tensor *gra__region_put(gra_tensor *whole, gra_tensor *part, const gra__region *region);

/* The base that view is a region of: a handle on the same memory, without history. */
gra_tensor *gra__region_base(const gra__region *region, gra_tensor *view);

#endif
