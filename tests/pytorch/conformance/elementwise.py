"""Samples of the ops that go element by element."""
import math

import torch
import torch.nn.functional as F
from samples import ALL, FLOATS, Given, S, T, op


def unary(kind="normal"):
    return [S(T(3, 4, kind=kind)), S(T(2, 3, 4, 5, kind=kind)), S(T(kind=kind)), S(T(1, kind=kind)), S(T(0, kind=kind)),
            S(T(2, 0, 3, kind=kind)), S(T(1, 1, 5, kind=kind)), S(T(257, kind=kind)), S(T(33, 65, kind=kind))]


def binary(kind="normal", other=None):
    other = other or kind
    pairs = [((3, 4), (3, 4)), ((3, 1, 4), (5, 4)), ((4, 1), (2, 1, 3)), ((), (3,)), ((3,), ()), ((), ()), ((1, 1), (1,)),
             ((0, 3), (3,)), ((2, 1, 0), (1, 4, 1)), ((2, 3, 4, 5), (3, 1, 1)), ((17, 33), (33,)), ((260,), (260,))]
    return [S(T(*a, kind=kind), T(*b, kind=other)) for a, b in pairs]


def written(kind="normal", other=None):
    other = other or kind
    pairs = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((2, 3, 4), ()), ((), ()), ((0, 3), (3,)), ((1, 5), (5,)),
             ((2, 3, 4, 5), (3, 1, 1))]
    return [S(T(*a, kind=kind), T(*b, kind=other)) for a, b in pairs]


def by_number(*values, kind="normal"):
    return [S(T(*shape, kind=kind), value=value) for shape in ((3, 4), (), (0, 2), (1, 1), (2, 3, 4, 5), (130,)) for value in values]


# A whole number keeps an integer dtype (docs/explanation/architecture.md), so fractions only meet floats.
def number(function):
    return lambda x, value: function(x, int(value) if value == int(value) else value)


for name, function, kind in (
        ("neg", torch.neg, "normal"), ("abs", torch.abs, "distinct"), ("sign", torch.sign, "distinct"),
        ("square", torch.square, "normal"), ("exp", torch.exp, "normal"), ("log", torch.log, "positive"),
        ("sqrt", torch.sqrt, "positive"), ("relu", torch.relu, "distinct"), ("sigmoid", torch.sigmoid, "normal"),
        ("tanh", torch.tanh, "normal"), ("one_minus", lambda x: 1 - x, "normal"), ("clone", torch.clone, "normal"),
        ("isfinite", torch.isfinite, "normal"), ("logical_not", torch.logical_not, "normal"),
        ("contiguous", lambda x: x.contiguous(), "normal")):
    op(name, function, *unary(kind), dtypes=ALL)
op("relu_", torch.relu_, *unary("distinct"), writes=True)
op("zero_", torch.zero_, *unary(), dtypes=ALL, writes=True)
op("fill_", torch.fill_, *by_number(2, 1), S(T(3, 4), value=-1.5, only=FLOATS), dtypes=ALL, writes=True)

for name, function in (("add", torch.add), ("sub", torch.sub), ("mul", torch.mul)):
    op(name, function, *binary(), dtypes=ALL)
    op(name + "_", getattr(torch.Tensor, name + "_"), *written(), dtypes=ALL, writes=True)
op("div", torch.div, *binary("normal", "positive"), dtypes=ALL)
op("div_", torch.Tensor.div_, *written("normal", "positive"), dtypes=FLOATS, writes=True)
op("copy_", torch.Tensor.copy_, *written(), dtypes=ALL, writes=True)
op("pow", torch.pow, *binary("positive", "normal"))
op("maximum", torch.maximum, *binary(), dtypes=ALL)
op("minimum", torch.minimum, *binary(), dtypes=ALL)
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    op(name, getattr(torch, name), *binary(), dtypes=ALL)
    op(name + "_scalar", number(getattr(torch, name)), *by_number(0, 1, -2), dtypes=ALL)

for name, function in (("add_scalar", torch.add), ("sub_scalar", torch.sub), ("mul_scalar", torch.mul)):
    op(name, number(function), *by_number(2, -3, 0), *[S(T(3, 4), value=v, only=FLOATS) for v in (0.5, math.pi, 1e-3)],
       dtypes=ALL)
    op(name + "_", number(getattr(torch.Tensor, name.split("_")[0] + "_")), *by_number(2, -3),
       *[S(T(3, 4), value=0.25)], dtypes=FLOATS, writes=True)
op("rsub_scalar", number(lambda x, value: value - x), *by_number(2, -3), dtypes=FLOATS + (torch.int64, torch.int32))
op("div_scalar", number(torch.div), *by_number(2, -4, 0.3), dtypes=FLOATS)
op("div_scalar_", number(torch.Tensor.div_), *by_number(2, -4, 0.3), writes=True)
op("rdiv_scalar", number(lambda x, value: value / x), *by_number(2, -4, 0.3, kind="positive"))
op("pow_scalar", number(torch.pow), *by_number(2, 3, 1, 0, kind="positive"), *by_number(0.5, -1, -2, 2.5, kind="positive"))

op("clamp", lambda x, min=-math.inf, max=math.inf: torch.clamp(x, min, max),
   *[S(T(*shape), min=a, max=b) for shape in ((3, 4), (), (0,), (2, 3, 4, 5)) for a, b in ((-0.5, 0.5), (-1.0, math.inf), (0.0, 2.0))],
   S(T(3, 4), min=0.1), S(T(3, 4), max=0.1), S(T(3, 4)))
op("clamp_", lambda x, min=-math.inf, max=math.inf: torch.clamp_(x, min, max),
   S(T(3, 4), min=-0.5, max=0.5), S(T(2, 3, 4, 5), min=-math.inf, max=0.25), writes=True)
op("clamp_backward", lambda g, x, min, max: g * ((x >= min) & (x <= max)),
   S(T(3, 4), T(3, 4, grad=False), min=-0.5, max=0.5), S(T(0), T(0, grad=False), min=0.0, max=1.0))
op("where", torch.where, *[S(T(*c, kind="bool"), T(*a), T(*b)) for c, a, b in (
    ((3, 4), (3, 4), (3, 4)), ((3, 1), (4,), (2, 1, 1)), ((), (3,), (3,)), ((0, 3), (3,), (1,)), ((2, 1, 4, 5), (3, 1, 5), (4, 1)))],
   dtypes=ALL)

op("relu_backward", lambda g, y: g * (y > 0), S(T(3, 4), T(3, 4, kind="distinct", grad=False)), S(T(0, 2), T(0, 2, grad=False)))
# Only called while no rule is recorded.
op("relu_backward_", lambda g, y: g.mul_(y > 0), S(T(3, 4, grad=False), T(3, 4, kind="distinct", grad=False)),
   S(T(2, 3, 4, 5, grad=False), T(2, 3, 4, 5, kind="distinct", grad=False)), writes=True)
op("sigmoid_backward", lambda g, y: g * y * (1 - y), S(T(3, 4), T(3, 4, kind="uniform")), S(T(1), T(1, kind="uniform")))
op("tanh_backward", lambda g, y: g * (1 - y * y), S(T(3, 4), T(3, 4, kind="uniform")), S(T(1), T(1, kind="uniform")))



def kept(out, x, p=0.5, training=True):
    return x * (out.double() != 0) / (1 - p) if training and p else x * 1


LOWEST = -1.7580993408473766  # the limit of selu


def kept_alpha(out, x, p=0.5, training=False):
    if not training or not p:
        return x * 1
    scale = ((1 - p) * (1 + p * LOWEST * LOWEST)) ** -0.5
    lost = scale * LOWEST * (1 - p)
    return torch.where(torch.isclose(out.double(), torch.tensor(lost, dtype=torch.float64), rtol=1e-5), torch.tensor(lost, dtype=x.dtype),
                       scale * (x - p * LOWEST))


def dropouts(*shape):
    return [S(T(*shape), p=p, training=t) for p, t in ((0.5, False), (0.0, True), (0.25, True), (0.5, True), (0.75, True))] + [S(T(0, *shape[1:]), training=True)]


for name, reference, shape in (("dropout", kept, (20, 30)), ("dropout1d", kept, (3, 20, 4)), ("dropout2d", kept, (2, 20, 3, 4)), ("dropout3d", kept, (2, 20, 2, 3, 2)),
                               ("alpha_dropout", kept_alpha, (20, 30)), ("feature_alpha_dropout", kept_alpha, (2, 20, 3, 4))):
    op(name, reference, *dropouts(*shape), by_output=True, dtypes=(torch.float64, torch.float32))
    op(name + "_", reference, *dropouts(*shape), by_output=True, dtypes=(torch.float64, torch.float32), writes=True)
