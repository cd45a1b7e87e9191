/* conv2d_max_pool2d.h - a convolution with the pooling that follows it. */
#ifndef GRA_OPS_CONV2D_MAX_POOL2D_H
#define GRA_OPS_CONV2D_MAX_POOL2D_H

#include "ops/ops.h"

/* max_pool2d(conv2d(..)); the input is the convolution's, that of the pooling is left out. Errors are
 * those of the two. */
gra_tensor *gra__conv2d_max_pool2d(gra_conv2d_options conv, gra_max_pool2d_options pool);

/* Whether that runs as one; otherwise, and where something is wrong, as two ops. */
bool gra__conv2d_max_pool2d_fits(gra_conv2d_options conv, gra_max_pool2d_options pool);

#endif
