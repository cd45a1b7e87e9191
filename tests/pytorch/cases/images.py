"""Cases of normalisation, padding, adaptive pooling, and of channels-last tensors; their twins are in
tests/ops/cases/images.h."""

import torch
import torch.nn.functional as F

from support import T, case


def turned(*shape, **options):
    return T(*shape, layout="channels_last", **options)


case("to_channels_last", lambda x: x.square(), T(2, 3, 2, 4))
case("channels_last_clone", lambda x: x.clone() * 2, turned(2, 3, 2, 2))
case("channels_last_relu", lambda x: x.relu(), turned(2, 3, 2, 2, kind="distinct"))
case("channels_last_add", lambda x, b: x * 2 + b.view(3, 1, 1), turned(2, 3, 2, 2), T(3))
case("channels_last_mixed", lambda x, y: x * y, turned(2, 3, 2, 2), T(2, 3, 2, 2))
case("channels_last_sum", lambda x: x.square().sum((0, 2, 3)), turned(2, 3, 2, 4))
case("channels_last_var", lambda x: x.var((0, 2, 3)), turned(2, 3, 2, 4))
case("channels_last_softmax", lambda x: x.softmax(1), turned(2, 3, 2, 2))
case("channels_last_log_softmax", lambda x: x.log_softmax(1), turned(2, 3, 2, 2))
case("channels_last_cat", lambda x, y: torch.cat([x, y], 1).square(), turned(2, 3, 2, 2), turned(2, 2, 2, 2))
case("channels_last_flatten", lambda x: x.flatten(1).square(), turned(2, 3, 2, 2))
case("channels_last_conv2d", lambda x, w, b: F.conv2d(x, w, b, padding=1), turned(2, 3, 4, 3), T(2, 3, 3, 3), T(2))
case("conv2d_relu_max_pool2d", lambda x, w, b: F.max_pool2d(F.conv2d(x, w, b, padding=1).relu(), 2), turned(3, 3, 6, 6), T(16, 3, 3, 3), T(16))
case("conv2d_max_pool2d_overlapping", lambda x, w: F.max_pool2d(F.conv2d(x, w, stride=2, padding=2, groups=2), 3, stride=2, padding=1, ceil_mode=True), turned(2, 4, 9, 8), T(32, 2, 3, 3))
case("channels_last_avg_pool2d", lambda x: F.avg_pool2d(x, 3, stride=2, padding=1), turned(2, 3, 5, 4))
case("channels_last_avg_pool2d_ceil", lambda x: F.avg_pool2d(x, (3, 2), stride=2, ceil_mode=True, count_include_pad=False), turned(1, 5, 6, 5))
case("channels_last_avg_pool2d_divisor", lambda x: F.avg_pool2d(x, 2, divisor_override=3), turned(1, 2, 4, 4))
case("channels_last_max_pool2d", lambda x: F.max_pool2d(x, 2), turned(2, 3, 4, 4, kind="distinct"))
case("channels_last_max_pool2d_overlapping", lambda x: F.max_pool2d(x, 3, stride=2), turned(1, 2, 5, 5, kind="distinct"))
case("channels_last_max_pool2d_options", lambda x: F.max_pool2d(x, (2, 3), stride=(1, 2), padding=(1, 1), dilation=(2, 1), ceil_mode=True), turned(1, 2, 5, 5, kind="distinct"))

case("local_response_norm_defaults", lambda x: F.local_response_norm(x, 5), T(2, 7, 2, 2))
case("local_response_norm_strong", lambda x: F.local_response_norm(x, 5, alpha=2, beta=0.75, k=2), turned(2, 7, 2, 2))
case("local_response_norm_even", lambda x: F.local_response_norm(x, 4, alpha=3, beta=0.6, k=0.5), T(2, 5, 2, 2))
case("local_response_norm_wide", lambda x: F.local_response_norm(x, 9, alpha=3), turned(1, 3, 2, 2))
case("local_response_norm_one", lambda x: F.local_response_norm(x, 1, alpha=0.5, beta=2), T(2, 3, 4))
case("local_response_norm_5d", lambda x: F.local_response_norm(x, 3, alpha=0.5), T(1, 3, 2, 2, 2, layout="transposed"))

case("adaptive_avg_pool2d_uneven", lambda x: F.adaptive_avg_pool2d(x, (2, 3)), T(2, 2, 5, 7))
case("adaptive_avg_pool2d_channels_last", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), turned(2, 3, 5, 4))
case("adaptive_avg_pool2d_even", lambda x: F.adaptive_avg_pool2d(x, (2, 3)), turned(1, 2, 4, 6))
case("adaptive_avg_pool2d_same", lambda x: F.adaptive_avg_pool2d(x, 3), T(1, 2, 3, 3))
case("adaptive_avg_pool2d_larger", lambda x: F.adaptive_avg_pool2d(x, (3, 5)), T(1, 2, 2, 3))
case("adaptive_avg_pool2d_one", lambda x: F.adaptive_avg_pool2d(x, 1), turned(2, 3, 3, 4))
case("adaptive_avg_pool2d_no_batch", lambda x: F.adaptive_avg_pool2d(x, 2), T(2, 3, 5, layout="transposed"))

case("zero_pad2d_sides", lambda x: F.pad(x, (1, 2, 0, 3)).square(), T(2, 2, 3, 2))
case("zero_pad2d_channels_last", lambda x: F.pad(x, (2, 0, 1, 1)).square(), turned(2, 3, 2, 2))
case("zero_pad2d_image", lambda x: F.pad(x, (1, 0, 2, 0)).square(), T(2, 3, 2, layout="transposed"))
case("zero_pad2d_none", lambda x: F.pad(x, (0, 0, 0, 0)).square(), T(2, 3))

mean, var = T(3, grad=False), T(3, kind="positive", grad=False)


def running(x, w, b, mean, var):
    mean, var = mean.detach().clone(), var.detach().clone()
    F.batch_norm(x, mean, var, w, b, training=True, momentum=0.3, eps=1e-3)
    return torch.cat([mean, var])


case("batch_norm_eval", lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b).square(), T(2, 3, 2, 2), T(3), T(3), mean, var)
case("batch_norm_eval_channels_last", lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b).square(), turned(2, 3, 2, 2), T(3), T(3), mean, var)
case("batch_norm_eval_plain", lambda x, m, v: F.batch_norm(x, m, v).square(), T(4, 3), mean, var)
case("batch_norm_training", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), T(2, 3, 2, 4), T(3), T(3))
case("batch_norm_training_channels_last", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), turned(2, 3, 2, 4), T(3), T(3))
case("batch_norm_training_plain", lambda x: F.batch_norm(x, None, None, training=True, eps=0.1), T(3, 2, 3, layout="transposed"))
case("batch_norm_training_matrix", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), T(5, 3), T(3), T(3))
case("batch_norm_running", running, turned(2, 3, 2, 2), T(3), T(3), mean, var)

case("dropout2d_eval", lambda x: F.dropout2d(x, 0.5, False).square(), T(2, 2, 2, 2))
case("dropout2d_p0", lambda x: F.dropout2d(x, 0, True).square(), turned(2, 2, 2, 2))
case("dropout2d_p1", lambda x: x + F.dropout2d(x, 1, True), T(2, 2, 2, 2))
