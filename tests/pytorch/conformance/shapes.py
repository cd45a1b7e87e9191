"""Samples of reductions, softmax, shape ops, joins, picks and products."""
import torch
import torch.nn.functional as F
from samples import ALL, FLOATS, Given, S, T, op

LOWEST = -(1 << 63)


def reductions(kind="normal", empty=True, single=True, long=300):
    if single:
        yield S(T(kind=kind))
    yield from (S(T(3, 4, kind=kind)), S(T(3, 4, kind=kind), dims=[0]), S(T(3, 4, kind=kind), dims=[-1], keepdim=True),
                S(T(2, 3, 4, kind=kind), dims=[0, 2]), S(T(2, 3, 4, kind=kind), dims=1),
                S(T(1, 1, kind=kind), dims=[1]), S(T(2, 3, 4, 5, kind=kind), dims=[2, 3]),
                S(T(2, 3, 4, 5, kind=kind), dims=[1], keepdim=True), S(T(long, kind=kind)), S(T(33, 70, kind=kind), dims=[0]),
                S(T(33, 70, kind=kind), dims=[1]), S(T(3, 0, kind=kind), dims=[0]))
    if empty:
        yield from (S(T(0, kind=kind)), S(T(3, 0, kind=kind), dims=[1]), S(T(0, 3, kind=kind), dims=[0], keepdim=True))


def over(function, **extra):
    def reference(x, dims=(), keepdim=False, **arguments):
        dims = [dims] if isinstance(dims, int) else list(dims)
        return function(x, dims or list(range(x.dim())), keepdim, **arguments)
    return reference


def product(x, dims, keepdim):
    for dim in sorted((d % max(1, x.dim()) for d in dims), reverse=True):
        x = x.prod(dim, keepdim=keepdim)
    return x


op("sum", over(lambda x, d, k: x.sum(d, keepdim=k)), *reductions(), dtypes=ALL)
op("mean", over(lambda x, d, k: x.mean(d, keepdim=k)), *reductions())
op("var", over(lambda x, d, k, correction=1: x.var(d, correction=correction, keepdim=k)), *reductions(empty=False, single=False),
   S(T(3, 4), dims=[1], correction=0), S(T(2, 3, 4), correction=2, keepdim=True))
op("max", over(lambda x, d, k: torch.amax(x, d, keepdim=k)), *reductions("distinct", empty=False), dtypes=ALL)
op("min", over(lambda x, d, k: torch.amin(x, d, keepdim=k)), *reductions("distinct", empty=False), dtypes=ALL)
op("prod", over(product), *reductions("positive", long=30))
# Ours are bool always, PyTorch's uint8 for uint8.
op("any", over(lambda x, d, k: torch.any(x, d, keepdim=k).bool() if d else x != 0), *reductions(), dtypes=ALL)
op("all", over(lambda x, d, k: torch.all(x, d, keepdim=k).bool() if d else x != 0), *reductions(), dtypes=ALL)
op("logsumexp", over(lambda x, d, k: torch.logsumexp(x, d, keepdim=k)), *reductions(empty=False))
for name in ("argmax", "argmin"):
    op(name, lambda x, dim=LOWEST, keepdim=False, f=getattr(torch, name): f(x, None if dim == LOWEST else dim, keepdim=keepdim),
       S(T(3, 4, kind="distinct")), S(T(3, 4, kind="distinct"), dim=0), S(T(3, 4, kind="distinct"), dim=-1, keepdim=True),
       S(T(kind="distinct")), S(T(2, 3, 4, 5, kind="distinct"), dim=1), S(T(300, kind="distinct"), dim=0),
       S(T(0, 3, kind="distinct"), dim=1))
op("sum_to", lambda x, shape: x.sum_to_size(shape), S(T(3, 4), shape=[4]), S(T(3, 4), shape=[3, 1]), S(T(2, 3, 4), shape=[]),
   S(T(2, 3, 4), shape=[3, 1]), S(T(3, 4), shape=[3, 4]), S(T(0, 3), shape=[3]))
op("prod_except", lambda x, dim: torch.stack([torch.cat([x.narrow(dim, 0, i), x.narrow(dim, i + 1, x.shape[dim] - i - 1)], dim)
                                               .prod(dim) for i in range(x.shape[dim])], dim),
   S(T(3, 4), dim=0), S(T(3, 4), dim=1), S(T(2, 1, 5), dim=1), S(T(2, 3, 4), dim=-1))

for name in ("softmax", "log_softmax"):
    op(name, getattr(torch, name), S(T(3, 4), dim=1), S(T(3, 4), dim=0), S(T(2, 3, 4, 5), dim=1), S(T(2, 3, 4), dim=-1), S(T(5), dim=0),
       S(T(), dim=0), S(T(1, 1), dim=1), S(T(0, 3), dim=1), S(T(4, 130), dim=1))
op("softmax_backward", lambda g, y, dim: y * (g - (g * y).sum(dim, keepdim=True)), S(T(3, 4), T(3, 4, kind="probabilities"), dim=1),
   S(T(2, 3, 4), T(2, 3, 4, kind="probabilities"), dim=1))
op("log_softmax_backward", lambda g, y, dim: g - y.exp() * g.sum(dim, keepdim=True), S(T(3, 4), T(3, 4), dim=1),
   S(T(2, 3, 4), T(2, 3, 4), dim=1))

# Views and shapes.
op("view", lambda x, shape: x.view(shape), S(T(3, 4), shape=[2, 6], layouts=False), S(T(3, 4), shape=[-1], layouts=False),
   S(T(2, 3, 4), shape=[6, -1], layouts=False), S(T(1), shape=[], layouts=False), S(T(0, 3), shape=[3, 0], layouts=False), dtypes=ALL)
op("reshape", lambda x, shape: x.reshape(shape), S(T(3, 4), shape=[2, 6]), S(T(3, 4), shape=[-1]), S(T(2, 3, 4), shape=[6, -1]),
   S(T(1), shape=[]), S(T(0, 3), shape=[3, 0]), S(T(2, 3, 4, 5), shape=[2, 12, 5]), dtypes=ALL)
op("flatten", torch.flatten, S(T(2, 3, 4)), S(T(2, 3, 4), start_dim=1), S(T(2, 3, 4, 5), start_dim=1, end_dim=2), S(T()), S(T(0, 3)),
   dtypes=ALL)
op("permute", torch.permute, S(T(2, 3, 4), dims=[2, 0, 1]), S(T(2, 3, 4, 5), dims=[0, 2, 3, 1]), S(T(3, 0), dims=[-1, 0]), S(T(2, 3), dims=[0, 1]),
   dtypes=ALL)
op("transpose", torch.transpose, S(T(3, 4), dim0=0, dim1=1), S(T(2, 3, 4), dim0=-1, dim1=0), S(T(2, 0, 3), dim0=1, dim1=1), dtypes=ALL)
op("squeeze", lambda x, dims=(): x.squeeze(tuple(dims)) if dims else x.squeeze(), S(T(1, 3, 1)), S(T(1, 3, 1), dims=[0]),
   S(T(1, 3, 1), dims=[-1, 0]), S(T(2, 3), dims=[0]), S(T(1, 0)), dtypes=ALL)
op("unsqueeze", torch.unsqueeze, S(T(3, 4), dim=0), S(T(3, 4), dim=-1), S(T(), dim=0), S(T(0, 2), dim=1), dtypes=ALL)
op("expand", lambda x, shape: x.expand(shape), S(T(3, 1), shape=[3, 4]), S(T(3, 1), shape=[2, -1, 4]), S(T(), shape=[2, 3]),
   S(T(1, 3), shape=[0, 3]), S(T(2, 1, 4), shape=[2, 3, 4]), dtypes=ALL)
op("narrow", torch.narrow, S(T(3, 4), dim=0, start=1, length=2), S(T(3, 4), dim=-1, start=0, length=0), S(T(2, 3, 4, 5), dim=1, start=2, length=1),
   S(T(5), dim=0, start=-2, length=2), dtypes=ALL)
op("select", torch.select, S(T(3, 4), dim=0, index=1), S(T(3, 4), dim=-1, index=-1), S(T(2, 3, 4, 5), dim=1, index=0), S(T(5), dim=0, index=4),
   dtypes=ALL)
op("flip", lambda x, dims=(): x.flip(list(dims) or list(range(x.dim()))), S(T(3, 4)), S(T(3, 4), dims=[0]), S(T(2, 3, 4, 5), dims=[-1, 1]), S(T(0, 3), dims=[1]),
   S(T(1, 5), dims=[0]), dtypes=ALL)
op("repeat", lambda x, repeats: x.repeat(repeats), S(T(3, 4), repeats=[2, 1]), S(T(3), repeats=[2, 3]), S(T(2, 1), repeats=[0, 2]),
   S(T(2, 3, 4), repeats=[1, 2, 2]), S(T(), repeats=[3]), dtypes=ALL)
op("to", lambda x, dtype: x.to(dtype), *[S(T(3, 4), dtype=d) for d in FLOATS], *[S(T(2, 3), dtype=d) for d in ALL[3:]], dtypes=ALL)
op("to_channels_last", lambda x: x.contiguous(memory_format=torch.channels_last), S(T(2, 3, 4, 5)), S(T(1, 1, 2, 2)), S(T(0, 2, 3, 3)))
op("as_strided", lambda x, size, stride, storage_offset=-1: torch.as_strided(x, size, stride, max(0, storage_offset)),
   S(T(3, 4), size=[2, 2], stride=[4, 1], storage_offset=1, layouts=False), S(T(12), size=[3, 5], stride=[2, 1], layouts=False),
   S(T(3, 4), size=[4, 3], stride=[1, 4], layouts=False), S(T(5), size=[2, 3], stride=[0, 1], layouts=False))


def walk_back(g, x_size, x_stride, size, stride, offset, transposed=False):
    x = torch.zeros(x_size, dtype=g.dtype, requires_grad=True)
    return torch.autograd.grad(torch.as_strided(x, size, stride, offset), x, g, create_graph=True)[0]


op("as_strided_backward", walk_back, S(T(2, 2), x_size=[3, 4], x_stride=[4, 1], size=[2, 2], stride=[4, 1], offset=1, layouts=False),
   S(T(3, 5), x_size=[12], x_stride=[1], size=[3, 5], stride=[2, 1], offset=0, layouts=False))


def put(x, part, x_stride, stride, offset):
    flat = x.clone().reshape(-1)
    where = torch.as_strided(torch.arange(flat.numel()), part.shape, stride, offset).reshape(-1)
    return flat.index_copy(0, where, part.reshape(-1)).reshape(x.shape)


op("as_strided_put", put, S(T(3, 4), T(2, 2), x_stride=[4, 1], stride=[4, 1], offset=1, layouts=False),
   S(T(3, 4), T(4, 3), x_stride=[4, 1], stride=[1, 4], offset=0, layouts=False))

# Joins and picks.
op("cat", lambda tensors, dim=0: torch.cat(tensors, dim), S([T(2, 3), T(4, 3)]), S([T(2, 3), T(2, 1), T(2, 0)], dim=1), S([T(3)]), S([T(0), T(3)]),
   S([T(2, 3, 4, 5), T(2, 1, 4, 5)], dim=1), S([T(2, 3), T(2, 2)], dim=-1), dtypes=ALL)
op("stack", lambda tensors, dim=0: torch.stack(tensors, dim), S([T(2, 3), T(2, 3)]), S([T(2, 3)] * 3, dim=-1), S([T()]), S([T(0, 2), T(0, 2)], dim=1),
   dtypes=ALL)
op("gather", lambda x, index, dim: torch.gather(x, dim, index), S(T(3, 4), T(2, 4, kind="int:0:3"), dim=0), S(T(3, 4), T(3, 6, kind="int:0:4"), dim=1),
   S(T(2, 3, 4), T(1, 3, 4, kind="int:0:2"), dim=0), S(T(3, 4), T(0, 4, kind="int:0:3"), dim=0), S(T(5), T(7, kind="int:0:5"), dim=-1), dtypes=ALL)
op("gather_backward", lambda g, index, shape, dim: torch.zeros(shape, dtype=g.dtype).scatter_add(dim, index, g),
   S(T(2, 4), T(2, 4, kind="int:0:3"), shape=[3, 4], dim=0), S(T(3, 6), T(3, 6, kind="int:0:4"), shape=[3, 4], dim=1))
op("index_select", lambda x, index, dim: torch.index_select(x, dim, index), S(T(3, 4), T(5, kind="int:0:3"), dim=0), S(T(3, 4), T(2, kind="int:0:4"), dim=1),
   S(T(2, 3, 4), T(0, kind="int:0:3"), dim=1), S(T(6), T(1, kind="int:0:6"), dim=0), dtypes=ALL)
op("index_select_backward", lambda g, index, shape, dim: torch.zeros(shape, dtype=g.dtype).index_add(dim, index, g),
   S(T(5, 4), T(5, kind="int:0:3"), shape=[3, 4], dim=0), S(T(3, 2), T(2, kind="int:0:4"), shape=[3, 4], dim=1))
op("narrow_backward", lambda g, shape, dim, start: torch.zeros(shape, dtype=g.dtype).index_add(dim, torch.arange(start, start + g.shape[dim]), g),
   S(T(2, 4), shape=[3, 4], dim=0, start=1), S(T(3, 0), shape=[3, 4], dim=1, start=2))
op("one_hot", lambda x, classes=-1: F.one_hot(x, classes), S(T(4, kind="int:0:5")), S(T(2, 3, kind="int:0:3"), classes=7), S(T(kind="int:0:3"), classes=3),
   S(T(0, kind="int:0:3"), classes=3), dtypes=(torch.float64,))

# Products.
op("matmul", torch.matmul, *[S(T(*a), T(*b)) for a, b in (
    ((3, 4), (4, 5)), ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)),
    ((0, 4), (4, 3)), ((3, 0), (0, 2)), ((1, 1), (1, 1)), ((33, 17), (17, 40)), ((4,), (2, 4, 3)), ((2, 3, 4), (4,)))])
op("rbf", lambda x, w: (x.unsqueeze(-2) - w).square().sum(-1), S(T(3, 4), T(5, 4)), S(T(4), T(2, 4)), S(T(2, 3, 4), T(5, 4)), S(T(0, 4), T(3, 4)))
op("linear", F.linear, S(T(3, 4), T(5, 4), T(5)), S(T(3, 4), T(5, 4), None), S(T(4), T(2, 4), T(2)), S(T(2, 3, 4), T(5, 4), T(5)), S(T(0, 4), T(3, 4), T(3)),
   S(T(40, 70), T(33, 70), T(33)), S(T(1, 1), T(1, 1), T(1)))
