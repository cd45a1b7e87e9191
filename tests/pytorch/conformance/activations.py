"""Samples of activations, and of functions of one tensor that came with them."""
import torch
import torch.nn.functional as F
from elementwise import binary, unary
from samples import ALL, FLOATS, S, T, op, slope

for name, function, kind in (
        ("sin", torch.sin, "normal"), ("cos", torch.cos, "normal"), ("erf", torch.erf, "normal"), ("expm1", torch.expm1, "normal"),
        ("log1p", torch.log1p, "positive"), ("rsqrt", torch.rsqrt, "positive"), ("reciprocal", torch.reciprocal, "positive")):
    op(name, function, *unary(kind), dtypes=ALL)
for name in ("floor", "ceil", "round", "trunc"):
    op(name, getattr(torch, name), *unary(), S(T(9, kind="distinct")), dtypes=ALL)
for name in ("logical_and", "logical_or", "logical_xor"):
    op(name, getattr(torch, name), *binary("normal"), S(T(3, 4, kind="bool"), T(4, kind="bool")), dtypes=ALL)


def elu(x, alpha=1.0, scale=1.0, input_scale=1.0):
    return torch.ops.aten.elu(x, alpha, scale, input_scale)


options = ({}, {"alpha": 0.5}, {"alpha": 1.6732632423543772, "scale": 1.0507009873554805}, {"alpha": 2.0, "scale": 0.5, "input_scale": 0.7})
op("elu", elu, *unary("distinct"), *[S(T(3, 4, kind="distinct"), **o) for o in options])
op("elu_", lambda x, **o: torch.ops.aten.elu_(x, *{"alpha": 1.0, "scale": 1.0, "input_scale": 1.0, **o}.values()),
   *[S(T(*shape, kind="distinct"), **o) for o in options[:3] for shape in ((3, 4), (0, 2), (2, 3, 4, 5))], writes=True)
op("elu_backward", lambda g, x, alpha, scale, input_scale, is_result: slope(g, x, lambda x: elu(x, alpha, scale, input_scale)),
   *[S(T(3, 4), T(3, 4, kind="distinct"), **{"alpha": 1.0, "scale": 1.0, "input_scale": 1.0, **o}, is_result=False) for o in options])
op("leaky_relu", F.leaky_relu, *unary("distinct"), *[S(T(3, 4, kind="distinct"), negative_slope=v) for v in (0.2, 0.0, 1.5)])
op("leaky_relu_", F.leaky_relu_, *[S(T(3, 4, kind="distinct"), negative_slope=v) for v in (0.01, 0.2)], writes=True)
op("leaky_relu_backward", lambda g, x, negative_slope: torch.where(x > 0, g, g * negative_slope),
   *[S(T(3, 4), T(3, 4, kind="distinct"), negative_slope=v) for v in (0.01, 0.2)])
op("hardtanh", F.hardtanh, *unary("distinct"), *[S(T(3, 4, kind="distinct"), min_val=a, max_val=b) for a, b in ((-0.3, 0.4), (0.0, 6.0))])
op("hardtanh_", F.hardtanh_, *[S(T(3, 4, kind="distinct"), min_val=a, max_val=b) for a, b in ((-0.3, 0.4), (0.0, 6.0))], writes=True)
op("hardtanh_backward", lambda g, x, min_val, max_val: g * ((x > min_val) & (x < max_val)),
   *[S(T(3, 4), T(3, 4, kind="distinct"), min_val=a, max_val=b) for a, b in ((-0.3, 0.4), (0.0, 6.0))])
op("silu", F.silu, *unary())
op("silu_", lambda x: torch.ops.aten.silu_(x), *[S(T(*shape)) for shape in ((3, 4), (2, 3, 4, 5), (0,))], writes=True)
op("silu_backward", lambda g, x: slope(g, x, F.silu), S(T(3, 4), T(3, 4)), S(T(2, 3, 4, 5), T(2, 3, 4, 5)))
op("gelu", F.gelu, *unary(), *[S(T(*shape), approximate="tanh") for shape in ((3, 4), (2, 3, 4, 5), (0,), (257,))])
op("gelu_erf", F.gelu, *unary())
op("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), *unary())
op("gelu_erf_backward", lambda g, x: slope(g, x, F.gelu), S(T(3, 4), T(3, 4)), S(T(2, 3, 4, 5), T(2, 3, 4, 5)))
op("gelu_tanh_backward", lambda g, x: slope(g, x, lambda x: F.gelu(x, approximate="tanh")), S(T(3, 4), T(3, 4)), S(T(1), T(1)))
op("softplus", F.softplus, *unary(), *[S(T(3, 4), **o) for o in ({"beta": 2.0}, {"beta": 0.5, "threshold": 0.3}, {"threshold": -1.0})])
op("softplus_backward", lambda g, x, beta, threshold: slope(g, x, lambda x: F.softplus(x, beta, threshold)),
   *[S(T(3, 4), T(3, 4), beta=b, threshold=t) for b, t in ((1.0, 20.0), (0.5, 0.3))])
op("prelu", F.prelu, S(T(3, 4, kind="distinct"), T(1)), S(T(2, 4, 3, kind="distinct"), T(4)), S(T(2, 3, 4, 5, kind="distinct"), T(3)),
   S(T(5, kind="distinct"), T(1)), S(T(0, 3, kind="distinct"), T(3)))
op("prelu_backward", lambda g, x, weight: torch.where(x > 0, g, g * weight), S(T(2, 4, 3), T(2, 4, 3, kind="distinct"), T(4, 1)),
   S(T(3, 4), T(3, 4, kind="distinct"), T(1)))
op("prelu_backward_weight", lambda g, x: g * torch.where(x > 0, torch.zeros_like(x), x), S(T(2, 4, 3), T(2, 4, 3, kind="distinct")))
