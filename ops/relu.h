/* relu.h - the rectifier's gradient, for ops that have it fused. */
#ifndef GRA_OPS_RELU_H
#define GRA_OPS_RELU_H

#include "core/tensor.h"

/* g where y > 0, else 0; recorded. For a vjp's own g and for the last time it reads it: while nothing is
 * recorded, g itself is overwritten and returned where nothing else holds it. */
gra_tensor *gra__relu_backward(gra_tensor *g, gra_tensor *y);

#endif
