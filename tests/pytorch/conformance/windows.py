"""Samples of convolution, pooling, padding, interpolation and normalisation."""
import torch
import torch.nn.functional as F
from samples import FLOATS, Given, S, T, op


def pair(value):
    return list(value) if isinstance(value, (list, tuple)) else value


def backward_of(function, shape, g):
    """The gradient of a function that is linear, at g, recorded."""
    x = torch.zeros(shape, dtype=g.dtype, requires_grad=True)
    return torch.autograd.grad(function(x), x, g, create_graph=True)[0]


def conv2d(input, weight, bias=None, relu=False, flip_kernel=False, **options):
    y = F.conv2d(input, weight.flip(-1, -2) if flip_kernel else weight, bias, **options)
    return y.relu() if relu else y


def conv1d(input, weight, bias=None, relu=False, flip_kernel=False, **options):
    y = F.conv1d(input, weight.flip(-1) if flip_kernel else weight, bias, **options)
    return y.relu() if relu else y


op("conv2d", conv2d, S(T(2, 3, 6, 7), T(4, 3, 3, 3), T(4)), S(T(2, 3, 6, 7), T(4, 3, 3, 3)), S(T(1, 1, 5, 5), T(1, 1, 5, 5), T(1)),
   S(T(2, 4, 6, 7), T(6, 2, 3, 2), T(6), groups=2, padding=1), S(T(2, 3, 8, 9), T(4, 3, 3, 3), stride=[2, 1], padding=[0, 2]),
   S(T(1, 2, 9, 9), T(3, 2, 3, 3), dilation=2), S(T(2, 3, 5, 5), T(4, 3, 1, 1), T(4)), S(T(0, 3, 5, 5), T(4, 3, 3, 3), T(4)),
   S(T(2, 3, 7, 7), T(4, 3, 3, 3), T(4), flip_kernel=True), S(T(2, 3, 7, 7), T(4, 3, 3, 3), T(4), relu=True, padding=1),
   S(T(2, 4, 6, 6), T(4, 1, 3, 3), groups=4), S(T(2, 16, 20, 20), T(16, 16, 3, 3), T(16), padding=1))
op("conv1d", conv1d, S(T(2, 3, 9), T(4, 3, 3), T(4)), S(T(2, 3, 9), T(4, 3, 3), stride=2, padding=1), S(T(1, 2, 9), T(3, 2, 2), dilation=3),
   S(T(2, 4, 7), T(4, 2, 3), T(4), groups=2), S(T(2, 3, 9), T(4, 3, 3), T(4), flip_kernel=True), S(T(1, 1, 1), T(1, 1, 1), T(1)))
op("conv_transpose2d", lambda input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1:
   F.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation),
   S(T(2, 3, 4, 5), T(3, 2, 3, 3), T(2)), S(T(2, 3, 4, 5), T(3, 2, 3, 3), None, stride=2, padding=1, output_padding=1),
   S(T(2, 4, 4, 4), T(4, 2, 2, 3), T(4), groups=2), S(T(1, 2, 4, 4), T(2, 3, 3, 3), dilation=2), S(T(1, 1, 1, 1), T(1, 1, 1, 1), T(1)))
plain = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
op("conv2d_backward_input", lambda g, weight, shape, relu=False, **o: backward_of(lambda x: F.conv2d(x, weight, **o), shape, g),
   S(T(2, 4, 4, 5), T(4, 3, 3, 3), shape=[2, 3, 6, 7], **plain),
   S(T(2, 4, 3, 4), T(4, 3, 3, 3), shape=[2, 3, 5, 7], **{**plain, "stride": 2, "padding": 1}))
op("conv2d_backward_weight", lambda g, input, shape, relu=False, **o: backward_of(lambda w: F.conv2d(input, w, **o), shape, g),
   S(T(2, 4, 4, 5), T(2, 3, 6, 7), shape=[4, 3, 3, 3], **plain),
   S(T(2, 4, 3, 4), T(2, 3, 5, 7), shape=[4, 3, 3, 3], **{**plain, "stride": 2, "padding": 1}))
op("conv2d_backward_weight_bias", lambda g, input, shape, relu=False, **o:
   (backward_of(lambda w: F.conv2d(input, w, **o), shape, g).detach(), g.sum((0, 2, 3)).detach()),
   S(T(2, 4, 4, 5, grad=False), T(2, 3, 6, 7, grad=False), shape=[4, 3, 3, 3], **plain))
VOLUME = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
op("conv3d", F.conv3d, S(T(2, 3, 4, 5, 6), T(4, 3, 2, 3, 3), T(4)), S(T(1, 2, 4, 5, 5), T(4, 1, 3, 2, 3), groups=2, padding=1, stride=2),
   S(T(1, 2, 6, 6, 6), T(3, 2, 2, 2, 2), dilation=[1, 2, 3]), S(T(1, 1, 1, 1, 1), T(1, 1, 1, 1, 1), T(1)))
op("conv3d_backward_input", lambda g, weight, shape, **o: backward_of(lambda x: F.conv3d(x, weight, **o), shape, g),
   S(T(2, 4, 3, 3, 4), T(4, 3, 2, 3, 3), shape=[2, 3, 4, 5, 6], **VOLUME))
op("conv3d_backward_weight", lambda g, input, shape, **o: backward_of(lambda w: F.conv3d(input, w, **o), shape, g),
   S(T(2, 4, 3, 3, 4), T(2, 3, 4, 5, 6), shape=[4, 3, 2, 3, 3], **VOLUME))
op("conv2d_backward_bias", lambda g: g.sum((0, 2, 3)), S(T(2, 4, 4, 5)), S(T(1, 1, 1, 1)), S(T(0, 2, 3, 3)))
op("locally_connected2d", lambda input, weight, bias=None, stride=1, padding=0, dilation=1: torch.einsum(
    "nxpq,pqkx->nkpq", F.unfold(input, weight.shape[-2:], dilation, padding, stride).reshape(input.shape[0], -1, *weight.shape[:2]),
    weight.flatten(3)) + (0 if bias is None else bias),
   S(T(2, 3, 5, 6), T(3, 4, 2, 3, 3, 3), T(2, 3, 4)), S(T(2, 2, 4, 4), T(2, 2, 3, 2, 2, 2), stride=2), S(T(1, 1, 2, 2), T(2, 2, 1, 1, 3, 3), padding=1))


def fused(input, weight, bias, stride, padding, dilation, groups, relu, kernel_size, pool_stride, pool_padding, pool_dilation, ceil_mode):
    y = F.conv2d(input, weight, bias, stride, padding, dilation, groups)
    return F.max_pool2d(y.relu() if relu else y, kernel_size, pool_stride, pool_padding, pool_dilation, ceil_mode)


pooled = {"stride": 1, "padding": 1, "dilation": 1, "groups": 1, "relu": True, "kernel_size": 2, "pool_stride": 2, "pool_padding": 0,
          "pool_dilation": 1, "ceil_mode": False}
op("conv2d_max_pool2d", fused, S(T(2, 16, 8, 8), T(16, 16, 3, 3), T(16), **pooled), S(T(2, 16, 9, 7), T(32, 16, 3, 3), T(32), **{**pooled, "relu": False}),
   S(T(1, 16, 8, 8), T(16, 16, 3, 3), None, **pooled), dtypes=(torch.float32,))


def fused_backward(g, winners, input, weight, stride, padding, dilation, groups, input_shape, weight_shape, **_):
    """Each g goes to its winner's place in a window of 2 x 2, and back through the convolution."""
    rows, columns = torch.meshgrid(torch.arange(g.shape[2]), torch.arange(g.shape[3]), indexing="ij")
    place = winners.to(torch.int64)
    where = (2 * rows + place // 2) * (2 * g.shape[3]) + 2 * columns + place % 2
    ds = torch.zeros(*g.shape[:2], 4 * g.shape[2] * g.shape[3], dtype=g.dtype).scatter_add(2, where.flatten(2), g.flatten(2))
    ds = ds.reshape(*g.shape[:2], 2 * g.shape[2], 2 * g.shape[3])
    x, w = input.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()
    return *torch.autograd.grad(F.conv2d(x, w, None, stride, padding, dilation, groups), (x, w), ds), ds.sum((0, 2, 3))


op("conv2d_max_pool2d_backward", fused_backward,
   S(T(2, 16, 4, 4, grad=False), Given(lambda g: torch.randint(0, 4, g.shape, dtype=torch.uint8)), T(2, 16, 8, 8, grad=False),
     T(16, 16, 3, 3, grad=False), input_wanted=True, weight_wanted=True, bias_wanted=True, input_shape=[2, 16, 8, 8],
     weight_shape=[16, 16, 3, 3], **pooled), dtypes=(torch.float32,))


# Pooling.
WINDOWS = ({"kernel_size": 2, "stride": 2}, {"kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 0]},
           {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, {"kernel_size": 1, "stride": 1}, {"kernel_size": [2, 3]})
IMAGES = ((2, 3, 6, 7), (1, 1, 5, 5), (0, 2, 6, 6))
op("avg_pool2d", lambda input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=0:
   F.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override or None),
   *[S(T(*shape), **w) for w in WINDOWS for shape in IMAGES], S(T(2, 3, 6, 7), **WINDOWS[2], count_include_pad=False),
   S(T(2, 3, 6, 7), **WINDOWS[1], divisor_override=5))
op("avg_pool2d_backward", lambda g, shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: backward_of(
    lambda x: F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override or None), shape, g),
   S(T(2, 3, 3, 3), shape=[2, 3, 6, 6], kernel_size=2, stride=2, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=0))
op("max_pool2d", F.max_pool2d, *[S(T(*shape, kind="distinct"), **w) for w in WINDOWS for shape in IMAGES],
   S(T(2, 3, 9, 9, kind="distinct"), kernel_size=2, stride=1, dilation=2))
op("max_pool2d_with_indices", lambda input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False:
   F.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True),
   *[S(T(*shape, kind="distinct"), **w) for w in WINDOWS for shape in IMAGES])
op("max_pool2d_backward", lambda g, winners, shape, **_: torch.zeros(shape, dtype=g.dtype).flatten(2).scatter_add(2, winners.flatten(2), g.flatten(2)).reshape(shape),
   S(T(2, 3, 3, 3), T(2, 3, 3, 3, kind="int:0:36"), shape=[2, 3, 6, 6], kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False))
op("max_unpool2d", lambda input, indices, output_size: F.max_unpool2d(input, indices, 2, output_size=output_size),
   S(T(2, 3, 3, 3), Given(lambda x: torch.arange(9).mul(4).reshape(3, 3).expand(2, 3, 3, 3).clone()), output_size=[6, 6]))
op("adaptive_avg_pool2d", lambda x, output_size: F.adaptive_avg_pool2d(x, output_size), S(T(2, 3, 6, 7), output_size=[2, 3]), S(T(2, 3, 6, 7), output_size=1),
   S(T(2, 3, 4, 5), output_size=[6, 7]), S(T(1, 1, 1, 1), output_size=[1, 1]))
op("adaptive_avg_pool2d_backward", lambda g, size: backward_of(lambda x: F.adaptive_avg_pool2d(x, g.shape[2:]), [*g.shape[:2], *size], g),
   S(T(2, 3, 2, 3), size=[6, 7]), S(T(1, 1, 1, 1), size=[3, 3]))
op("adaptive_max_pool2d", lambda input, output_size: F.adaptive_max_pool2d(input, output_size, True), S(T(2, 3, 6, 7, kind="distinct"), output_size=[2, 3]),
   S(T(2, 3, 6, 7, kind="distinct"), output_size=[1, 1]))
op("adaptive_avg_pool1d", lambda input, output_size: F.adaptive_avg_pool1d(input, output_size), S(T(2, 3, 7), output_size=[3]), S(T(2, 3, 7), output_size=[1]))
op("adaptive_max_pool1d", lambda input, output_size: F.adaptive_max_pool1d(input, output_size[0], True), S(T(2, 3, 7, kind="distinct"), output_size=[3]))
op("lp_pool2d", lambda input, norm_type, kernel_size, stride=None, ceil_mode=False: F.lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode),
   S(T(2, 3, 6, 6, kind="positive"), norm_type=2.0, kernel_size=[2, 2]), S(T(2, 3, 7, 7, kind="positive"), norm_type=3.0, kernel_size=[3, 2], stride=[2, 2]))
op("lp_pool1d", lambda input, norm_type, kernel_size, stride=None, ceil_mode=False: F.lp_pool1d(input, norm_type, kernel_size[0], stride and stride[0], ceil_mode),
   S(T(2, 3, 6, kind="positive"), norm_type=2.0, kernel_size=[2]), S(T(2, 3, 7, kind="positive"), norm_type=3.0, kernel_size=[3], stride=[2]))
op("avg_pool1d", lambda input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True:
   F.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad),
   S(T(2, 3, 7), kernel_size=[2]), S(T(2, 3, 7), kernel_size=[3], stride=[2], padding=[1]), S(T(2, 3, 8), kernel_size=[3], stride=[2], ceil_mode=True))
for name, indices in (("max_pool1d", False), ("max_pool1d_with_indices", True)):
    op(name, lambda input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, i=indices:
       F.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, i),
       S(T(2, 3, 7, kind="distinct"), kernel_size=[2]), S(T(2, 3, 7, kind="distinct"), kernel_size=[3], stride=[2], padding=[1]),
       S(T(2, 3, 9, kind="distinct"), kernel_size=[2], stride=[2], dilation=[2], ceil_mode=True))

# Padding, patches, sizes.
op("zero_pad2d", lambda x, left, right, top, bottom: F.pad(x, (left, right, top, bottom)), S(T(2, 3, 4, 5), left=1, right=2, top=0, bottom=3),
   S(T(1, 1, 1, 1), left=1, right=1, top=1, bottom=1))
op("pad", lambda input, pad, mode="constant", value=0: F.pad(input, pad, mode, value), S(T(2, 3, 4, 5), pad=[1, 2, 0, 3]), S(T(2, 3, 4), pad=[2, -1], value=1.5),
   S(T(2, 3), pad=[1, 1, 2, 0]), *[S(T(2, 3, 4, 5), pad=[1, 2, 2, 1], mode=m) for m in ("reflect", "replicate", "circular")],
   *[S(T(2, 3, 6), pad=[2, 1], mode=m) for m in ("reflect", "replicate", "circular")], S(T(1, 2, 3, 3, 3), pad=[1, 1, 1, 1, 1, 1], mode="replicate"))
op("pad_backward", lambda g, shape, pad, mode: backward_of(lambda x: F.pad(x, pad, mode), shape, g),
   *[S(T(2, 3, 7, 8), shape=[2, 3, 4, 5], pad=[1, 2, 2, 1], mode=m) for m in ("reflect", "replicate", "circular")])
op("unfold", F.unfold, S(T(2, 3, 5, 6), kernel_size=[3, 2]), S(T(2, 3, 5, 6), kernel_size=2, padding=1, stride=2), S(T(1, 1, 7, 7), kernel_size=3, dilation=2))
op("fold", F.fold, S(T(2, 18, 15), output_size=[5, 6], kernel_size=[3, 2]), S(T(2, 12, 12), output_size=[5, 6], kernel_size=2, padding=1, stride=2))


def resize(input, size, mode="nearest", align_corners=False, **_):
    return F.interpolate(input, size, mode=mode, align_corners=align_corners if mode in ("linear", "bilinear", "bicubic", "trilinear") else None)


op("interpolate", resize, *[S(T(2, 3, 4, 5), size=[7, 3], mode=m) for m in ("nearest", "nearest-exact", "bilinear", "bicubic")],
   *[S(T(2, 3, 4, 5), size=[7, 3], mode=m, align_corners=True) for m in ("bilinear", "bicubic")], S(T(2, 3, 5), size=[8], mode="linear"),
   S(T(2, 3, 5), size=[3]), S(T(1, 2, 2, 3, 4), size=[3, 4, 5], mode="trilinear"))
op("interpolate_backward", lambda g, shape, mode, align_corners: backward_of(lambda x: resize(x, g.shape[2:], mode, align_corners), shape, g),
   *[S(T(2, 3, 7, 3), shape=[2, 3, 4, 5], mode=m, align_corners=False) for m in ("nearest", "bilinear", "bicubic")])

# Normalisation.
op("local_response_norm", lambda x, size, alpha=1e-4, beta=0.75, k=1.0: F.local_response_norm(x, size, alpha, beta, k), S(T(2, 6, 3, 4), size=5),
   S(T(2, 6, 3, 4), size=2, alpha=0.5, beta=0.6, k=2.0), S(T(1, 1, 2, 2), size=3))


def batch_norm(input, weight=None, bias=None, running_mean=None, running_var=None, training=False, momentum=0.1, eps=1e-5):
    return F.batch_norm(input, running_mean if running_mean is None else running_mean.clone(),
                        running_var if running_var is None else running_var.clone(), weight, bias, training, momentum, eps)


stats = (T(3, grad=False), T(3, kind="positive", grad=False))
FULL = (torch.float64, torch.float32)
op("batch_norm", batch_norm, S(T(4, 3, 5, 6), T(3, kind="positive"), T(3), None, None, training=True, rtol=1e-4),
   S(T(4, 3), T(3, kind="positive"), T(3), None, None, training=True, rtol=1e-4), S(T(4, 3, 5, 6), None, None, None, None, training=True, eps=0.1),
   S(T(4, 3, 5, 6), T(3, kind="positive"), T(3), *stats, training=False), S(T(4, 3, 7), T(3, kind="positive"), T(3), *stats, training=False, layouts=False), dtypes=FULL)


WEIGHTS = (T(6, kind="positive"), T(6))
op("layer_norm", lambda input, weight=None, bias=None, normalized_shape=(), eps=1e-5: F.layer_norm(input, normalized_shape, weight, bias, eps),
   S(T(4, 6), *WEIGHTS, normalized_shape=[6], rtol=1e-4), S(T(2, 3, 6), *WEIGHTS, normalized_shape=[6], rtol=1e-4), S(T(2, 3, 6), None, None, normalized_shape=[3, 6], eps=0.1),
   S(T(2, 3, 4, 6), T(4, 6), T(4, 6), normalized_shape=[4, 6], rtol=1e-4), dtypes=FULL)
op("group_norm", lambda input, weight=None, bias=None, num_groups=1, eps=1e-5: F.group_norm(input, num_groups, weight, bias, eps),
   S(T(2, 6, 3, 4), *WEIGHTS, num_groups=3, rtol=1e-4), S(T(2, 6, 5), *WEIGHTS, num_groups=1, rtol=1e-4), S(T(2, 6, 3, 4), None, None, num_groups=2, eps=0.1), dtypes=FULL)
op("instance_norm", lambda input, weight=None, bias=None, mean=None, var=None, use_input_stats=True, momentum=0.1, eps=1e-5:
   F.instance_norm(input, mean, var, weight, bias, use_input_stats, momentum, eps), S(T(2, 6, 3, 4), *WEIGHTS, None, None, rtol=1e-4),
   S(T(2, 6, 7), None, None, None, None, eps=0.1), dtypes=FULL)
op("normalize", lambda input, p=2.0, dim=1, eps=1e-12: F.normalize(input, p, dim, eps), S(T(3, 4)), S(T(3, 4), dim=0), S(T(2, 3, 4), p=3.0), S(T(3, 4, kind="distinct"), p=1.0), S(T(3, 4), eps=5.0))
