"""Cases of as_strided, and of writes into views; their twins are in tests/ops/cases/views.h."""

import torch

from support import T, case


def cross(row, column):
    x = torch.zeros(3, 4, dtype=row.dtype)
    first, second = x[:, 0], x[1]
    second.copy_(row)
    before = second * 3
    first.mul_(column + first[1:2])
    return torch.cat([before, first, second, x.reshape(-1)])


def nested(x, w):
    y = x * 2
    part = y[:, 1:4]
    turned = part.T
    corner = turned[:2]
    corner.add_(w).div_(w)
    return torch.cat([y.reshape(-1), turned.reshape(-1), corner.reshape(-1)])


def shift(x):
    y = x * 2
    y[1:3] = y[0:2].clone()
    return y


def relu(x):
    y = x * 2
    v = y[:, :2]
    y[:, 2:3].mul_(3)
    v.relu_()
    return y


def strided(x):
    y = x * 2
    y.as_strided((2, 2), (4, 2), 1).mul_(y[0].clone())
    return y


case("as_strided", lambda x: x.as_strided((2, 2), (1, 3), 0), T(2, 3))
case("as_strided_offset", lambda x: x.as_strided((2, 2), (2, 1), 2), T(2, 3))
case("as_strided_own_offset", lambda x: x[1:3].as_strided((2, 2), (2, 1)), T(3, 3))
case("as_strided_inside_a_view", lambda x: x[1:3].as_strided((2, 2), (4, 1), 5), T(3, 4))
case("as_strided_windows", lambda x: x.as_strided((5, 3), (1, 1), 0), T(7))
case("as_strided_repeated", lambda x: x.as_strided((2, 3, 2), (2, 0, 1), 1), T(5))
case("as_strided_of_transposed", lambda x: x.T.as_strided((2, 3), (4, 1), 1), T(2, 4))
case("as_strided_of_expanded", lambda x: x.expand(3, 4).as_strided((2, 2), (1, 1), 0), T(1, 4))
case("as_strided_of_strided", lambda x: x[:, 1].as_strided((2,), (6,), 1), T(3, 3))
case("as_strided_scalar", lambda x: x.as_strided((), (), 3), T(2, 3))
case("as_strided_empty", lambda x: x.as_strided((0, 2), (2, 1), 0), T(2, 3))
case("as_strided_of_empty", lambda x: x.as_strided((2, 0), (1, 1), 0), T(0, 3))
case("as_strided_size_one", lambda x: x.as_strided((1, 2, 1), (9, 1, 7), 0), T(2, 1))
case("as_strided_squared", lambda x: x.as_strided((3, 2), (1, 2), 0).square(), T(5))
case("views_cross", cross, T(4), T(3))
case("views_nested", nested, T(3, 5), T(3, kind="positive"))
case("views_shift", shift, T(4, 2))
case("views_relu", relu, T(3, 4, kind="distinct"))
case("views_strided", strided, T(4, 2))
