"""Layer, group and instance norm; the C expressions are in tests/ops/cases/norms.h."""
import torch
import torch.nn.functional as F

from support import T, case

TRANSPOSED = {"layout": "transposed"}
STRIDED = {"layout": "strided"}
CHANNELS_LAST = {"layout": "channels_last"}


def layer(*shape, **options):
    return lambda x, *weights: F.layer_norm(x, shape, *weights, **options)


def group(groups, **options):
    return lambda x, *weights: F.group_norm(x, groups, *weights, **options)


def instance(x, w=None, b=None, **options):
    return F.instance_norm(x, weight=w, bias=b, **options)


case("layer_norm", layer(6), T(4, 6), T(6), T(6))
case("layer_norm_plain", layer(6), T(4, 6))
case("layer_norm_weight_only", layer(6), T(4, 6), T(6))
case("layer_norm_bias_only", lambda x, b: F.layer_norm(x, (6,), bias=b), T(4, 6), T(6))
case("layer_norm_two_dims", layer(3, 4), T(2, 3, 4), T(3, 4), T(3, 4))
case("layer_norm_all_dims", layer(2, 3, 4, eps=0.1), T(2, 3, 4))
case("layer_norm_transposed", layer(6, eps=1e-2), T(4, 6, **TRANSPOSED), T(6, **STRIDED), T(6))
case("layer_norm_strided", layer(6), T(2, 2, 6, **STRIDED), T(6), T(6, **STRIDED))
case("layer_norm_channels_last", layer(3, 2, 4), T(2, 3, 2, 4, **CHANNELS_LAST), T(3, 2, 4))
case("layer_norm_one", layer(1), T(3, 1), T(1), T(1))
case("layer_norm_no_rows", layer(6), T(0, 6), T(6), T(6))
case("layer_norm_vector", layer(9), T(9))
case("group_norm", group(2), T(2, 4, 2, 3), T(4), T(4))
case("group_norm_plain", group(3), T(2, 6, 2, 3))
case("group_norm_weight_only", group(2), T(2, 4, 3), T(4))
# PyTorch's group_norm has no gradient for a bias without a weight.
case("group_norm_bias_only", lambda x, b: F.group_norm(x, 2) + b[:, None], T(2, 4, 3), T(4))
case("group_norm_one_group", group(1, eps=0.01), T(2, 4, 2, 3), T(4), T(4))
case("group_norm_of_channels", group(4), T(2, 4, 2, 3), T(4, **STRIDED), T(4))
case("group_norm_channels_last", group(2), T(2, 6, 2, 3, **CHANNELS_LAST), T(6), T(6))
case("group_norm_channels_last_plain", group(6), T(2, 6, 2, 3, **CHANNELS_LAST))
case("group_norm_2d", group(2), T(3, 6), T(6), T(6))
case("group_norm_3d", group(2), T(2, 4, 2, 1, 2), T(4), T(4))
case("group_norm_strided", group(2), T(2, 4, 3, **STRIDED), T(4), T(4))
case("group_norm_empty", group(2), T(0, 4, 3), T(4), T(4))
case("instance_norm", instance, T(2, 3, 2, 3), T(3), T(3))
case("instance_norm_plain", lambda x: F.instance_norm(x, eps=0.1), T(2, 3, 2, 3))
case("instance_norm_channels_last", instance, T(2, 3, 2, 3, **CHANNELS_LAST), T(3), T(3))
case("instance_norm_1d", instance, T(2, 3, 5, **TRANSPOSED), T(3), T(3))
case("instance_norm_3d", instance, T(2, 2, 2, 1, 3))


def running(x, w, b, mean, var):
    return F.instance_norm(x, mean, var, w, b, use_input_stats=False)


def moves(x, mean, var):
    mean, var = mean.clone(), var.clone()
    F.instance_norm(x, mean, var, momentum=0.3)
    F.instance_norm(2 * x, mean, var)
    return torch.cat((mean, var))


STATISTICS = T(3, grad=False), T(3, kind="positive", grad=False)
case("instance_norm_running", running, T(2, 3, 2, 2), T(3), T(3), *STATISTICS)
case("instance_norm_moves", moves, T(2, 3, 4, grad=False), *STATISTICS)
case("batch_norm_3d", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), T(2, 3, 2, 1, 2), T(3), T(3))
case("batch_norm_1d", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), T(5, 3, **STRIDED), T(3), T(3))


def dropouts(name, function, *shape):
    case(f"{name}_eval", lambda x: function(x, 0.5, False).square(), T(*shape))
    case(f"{name}_p0", lambda x: function(x, 0.0, True).square(), T(*shape))
    case(f"{name}_p1", lambda x: x + function(x, 1.0, True), T(*shape))
    case(f"{name}_in_place", lambda x: function(x.square(), 1.0, True), T(*shape))
    case(f"{name}_in_place_eval", lambda x: function(x.square(), 0.5, False), T(*shape))


dropouts("dropout1d", F.dropout1d, 2, 3, 4)
dropouts("dropout3d", F.dropout3d, 2, 1, 2, 2)
dropouts("alpha_dropout", F.alpha_dropout, 3, 4)
dropouts("feature_alpha_dropout", F.feature_alpha_dropout, 2, 3, 2)
case("dropout_in_place", lambda x: torch.dropout(x.square(), 1.0, True), T(3, 4))
case("dropout_in_place_p0", lambda x: torch.dropout(x.square(), 0.0, True), T(3, 4))
case("dropout2d_in_place", lambda x: F.dropout2d(x.square(), 1.0, True), T(2, 2, 1, 3))
case("dropout2d_in_place_eval", lambda x: F.dropout2d(x.square(), 0.5, False), T(2, 2, 1, 3))

case("normalize", F.normalize, T(3, 4))
case("normalize_p1_first", lambda x: F.normalize(x, 1.0, 0), T(3, 4))
case("normalize_p3_last", lambda x: F.normalize(x, 3.0, -1), T(2, 3, 4))
case("normalize_p4", lambda x: F.normalize(x, 4.0), T(3, 4))
case("normalize_max", lambda x: F.normalize(x, float("inf")), T(3, 4, kind="distinct"))
case("normalize_eps", lambda x: F.normalize(x, eps=100.0), T(3, 4))
case("normalize_channels_last", F.normalize, T(2, 3, 2, 2, **CHANNELS_LAST))
case("normalize_strided", lambda x: F.normalize(x, dim=0), T(5, 3, **STRIDED))
case("normalize_empty", F.normalize, T(0, 3))
