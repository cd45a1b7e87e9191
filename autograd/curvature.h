/* curvature.h - an estimate of the diagonal of the Hessian: d2 loss / dw^2 for each number w.
 *
 *     gra_tensor *loss = gra_mse_loss(gra_forward(net, x), y);
 *     gra_tensor *h;
 *     gra_curvature(loss, &w, 1, &h);              h has the shape of w, and no element below 0
 *
 * It is a walk like that of gra_backward, with another rule for each op: LeCun's, from "Gradient-based
 * learning applied to document recognition" (1998), appendix C.  A weighted sum y = sum_k w_k x_k with
 * the second derivative h of y has
 *
 *     d2/dw_k^2 = h x_k^2            d2/dx_k^2 = h w_k^2
 *
 * and a squashing function y = f(x) has h f'(x)^2: the term with f'' is left out, which keeps all numbers
 * from becoming negative (Gauss and Newton), and so is what two outputs have to do with each other
 * (the diagonal).  A shared weight has the sum over its uses.  The walk begins with the gradient of the
 * loss; where it meets the op that makes losses of outputs, such as mse_loss or cross_entropy, that op says
 * what the second derivatives are: 2 g for squares.  So sums, means and constant factors behind it count once.
 *
 * It is exact for a network of one output and one path from each weight to it, but for f''.
 * Each op declares its kind (core/op.h); one that does not is an error that names it.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_CURVATURE_H
#define GRA_AUTOGRAD_CURVATURE_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* results[i] is the diagonal second derivative of loss, a tensor of one element, by inputs[i]: zeros where
 * it depends on that by affine functions only, or not at all. The graph is kept, so that gra_backward
 * can walk it afterwards. No hook runs. Returns 0, or -1 with an error and NULLs. */
int gra_curvature(gra_tensor *loss, gra_tensor *const *inputs, int count, gra_tensor **results);

GRA_END_DECLS

#endif
