/* gradus.h - Gradus: a computation-graph autodiff framework in C.
 *
 *     #include <gradus.h>
 *
 *     gra_tensor *x = gra_requires_grad(gra_vector(1, 2, 3));
 *     gra_tensor *y = gra_sum(gra_mul(x, x));
 *     gra_backward(y);
 *     gra_print(gra_tensor_grad(x));                       tensor([2., 4., 6.])
 *
 * This header is for users; inside the library each file includes just what it needs.  The headers
 * below are the manual, from the bottom up.
 */
#ifndef GRADUS_H
#define GRADUS_H

#include "core/alloc.h"
#include "core/common.h"
#include "core/create.h"
#include "core/dtype.h"
#include "core/error.h"
#include "core/grad_mode.h"
#include "core/invoke.h"
#include "core/lines.h"
#include "core/object.h"
#include "core/op.h"
#include "core/plugin.h"
#include "core/print.h"
#include "core/profile.h"
#include "core/random.h"
#include "core/registry.h"
#include "core/scope.h"
#include "core/shape.h"
#include "core/tensor.h"
#include "core/threads.h"
#include "core/value.h"

#include "ops/ops.h"

#include "autograd/anomaly.h"
#include "autograd/backward.h"
#include "autograd/check_op.h"
#include "autograd/checkpoint.h"
#include "autograd/curvature.h"
#include "autograd/function.h"
#include "autograd/functional.h"
#include "autograd/gradcheck.h"
#include "autograd/graph.h"
#include "autograd/hooks.h"
#include "autograd/plain.h"
#include "autograd/saved_tensors.h"

#include "nn/init.h"
#include "nn/layers.h"
#include "nn/lecun_layers.h"
#include "nn/models/alexnet.h"
#include "nn/models/lenet5.h"
#include "nn/models/lenet5_1998.h"
#include "nn/models/vgg.h"
#include "nn/module.h"
#include "nn/module_hooks.h"
#include "nn/summary.h"

#include "optim/clip.h"
#include "optim/diagonal_lm.h"
#include "optim/optim.h"
#include "optim/optimizers.h"
#include "optim/schedulers.h"

#include "data/cifar.h"
#include "data/collate.h"
#include "data/combine.h"
#include "data/dataset.h"
#include "data/digit_set.h"
#include "data/fake_data.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/image_folder.h"
#include "data/image_set_options.h"
#include "data/loader.h"
#include "data/mnist.h"
#include "data/sampler.h"
#include "data/transform.h"
#include "data/transform_dataset.h"
#include "data/transforms.h"

#include "io/npy.h"
#include "io/run_log.h"
#include "io/safetensors.h"
#include "io/training_state.h"

#include "viz/graph_dot.h"

#include "train/epoch.h"
#include "train/interrupt.h"
#include "train/meter.h"
#include "train/metrics.h"
#include "train/progress.h"
#include "train/summary_writer.h"

#ifdef GRA_LINES
#include "gradus_lines.h"
#endif

#endif
