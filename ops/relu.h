/* relu.h - the rectifier's gradient, for ops that have it fused. */
#ifndef GRA_OPS_RELU_H
#define GRA_OPS_RELU_H

#include "core/tensor.h"

/* g where y > 0, else 0; recorded. */
gra_tensor *gra__relu_backward(gra_tensor *g, gra_tensor *y);

#endif
