"""Samples of masks, indices, orders, running sums, and products by name."""
import math

import torch
import torch.nn.functional as F
from samples import ALL, FLOATS, Given, S, T, op

INT = lambda low, high, *shape: T(*shape, kind=f"int:{low}:{high}")
BOOL = lambda *shape: T(*shape, kind="bool")

masks = [((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 3, 4), (3, 1)), ((), ()), ((0, 3), (3,)), ((2, 3, 4, 5), (3, 1, 5))]
op("masked_fill", lambda x, mask, value: x.masked_fill(mask, value), *[S(T(*a), BOOL(*b), value=2.0) for a, b in masks], S(T(4), BOOL(3, 4), value=-1.5, only=FLOATS),
   S(T(3, 4), BOOL(3, 4), value=math.inf, only=FLOATS), dtypes=FLOATS)
op("masked_fill_", lambda x, mask, value: x.masked_fill_(mask, value), *[S(T(*a), BOOL(*b), value=2.0) for a, b in masks], writes=True)
op("masked_fill_tensor", lambda x, mask, value: x.masked_fill(mask, value), *[S(T(*a), BOOL(*b), T()) for a, b in masks])
op("masked_fill_tensor_", lambda x, mask, value: x.masked_fill_(mask, value), *[S(T(*a), BOOL(*b), T()) for a, b in masks], writes=True)


def by_permutation(n, *shape):
    """Indices that differ along the last dim, so that no element is written twice."""
    return Given(lambda *_: torch.stack([torch.randperm(n)[:shape[-1]] for _ in range(math.prod(shape[:-1]))]).reshape(shape))


op("scatter", lambda x, index, source, dim: x.scatter(dim, index, source), S(T(3, 5), by_permutation(5, 3, 4), T(3, 4), dim=1),
   S(T(3, 5), by_permutation(5, 2, 5), T(2, 5), dim=-1), S(T(6), by_permutation(6, 4), T(4), dim=0), dtypes=ALL)
op("scatter_", lambda x, index, source, dim: x.scatter_(dim, index, source), S(T(3, 5), by_permutation(5, 3, 4), T(3, 4), dim=1), S(T(6), by_permutation(6, 4), T(4), dim=0), writes=True)
op("scatter_add", lambda x, index, source, dim: x.scatter_add(dim, index, source), S(T(3, 5), INT(0, 5, 3, 7), T(3, 7), dim=1), S(T(3, 5), INT(0, 3, 2, 4), T(2, 4), dim=0),
   S(T(2, 3, 4), INT(0, 3, 2, 5, 4), T(2, 5, 4), dim=1), S(T(6), INT(0, 6, 0), T(0), dim=0), dtypes=FLOATS + (torch.int64, torch.int32))
op("scatter_add_", lambda x, index, source, dim: x.scatter_add_(dim, index, source), S(T(3, 5), INT(0, 5, 3, 7), T(3, 7), dim=1), S(T(6), INT(0, 6, 4), T(4), dim=0), writes=True)
op("index_add", lambda x, index, source, dim, alpha=1.0: x.index_add(dim, index, source, alpha=alpha), S(T(3, 4), INT(0, 3, 5), T(5, 4), dim=0), S(T(3, 4), INT(0, 4, 2), T(3, 2), dim=1),
   S(T(2, 3, 4), INT(0, 3, 6), T(2, 6, 4), dim=-2, alpha=0.5), S(T(5), INT(0, 5, 0), T(0), dim=0))
op("index", lambda x, indices: x[tuple(indices)], S(T(3, 4), [INT(0, 3, 5)]), S(T(3, 4), [INT(0, 3, 5), INT(-4, 4, 5)]), S(T(3, 4, 2), [INT(0, 3, 2, 1), INT(0, 4, 3)]),
   S(T(3, 4), [BOOL(3)]), S(T(3, 4), [BOOL(3, 4)]), S(T(2, 3, 4, 5), [INT(0, 2, 3), INT(0, 3, 3)]), S(T(3, 4), [INT(0, 3, 0)]), dtypes=ALL)
op("index_put", lambda x, indices, values, accumulate=False: x.index_put(tuple(indices), values, accumulate),
   S(T(5, 4), [by_permutation(5, 3)], T(3, 4)), S(T(5, 4), [INT(0, 5, 7)], T(7, 4), accumulate=True), S(T(5, 4), [INT(0, 5, 7), INT(0, 4, 7)], T(7), accumulate=True),
   S(T(5, 4), [by_permutation(5, 3)], T()), S(T(5, 4), [BOOL(5)], T(4)), S(T(5, 4), [INT(0, 5, 2, 3)], T(3, 4), accumulate=True))
op("index_put_rows", lambda x, index, values, accumulate=False: x.index_put((index,), values, accumulate), S(T(5, 4), by_permutation(5, 3), T(3, 4)),
   S(T(5, 4), INT(0, 5, 7), T(7, 4), accumulate=True))
op("nonzero", torch.nonzero, S(BOOL(3, 4)), S(INT(-1, 2, 2, 3, 4)), S(BOOL(0, 3)), S(INT(0, 1, 5)), S(T(3, 4)))
# PyTorch's second derivative with scale_grad_by_freq leaves the scale out.
op("embedding", lambda weight, indices, padding_idx=-1, scale_grad_by_freq=False: F.embedding(indices, weight, None if padding_idx == -1 else padding_idx, scale_grad_by_freq=scale_grad_by_freq),
   S(T(5, 3), INT(0, 5, 4)), S(T(5, 3), INT(0, 5, 2, 3)), S(T(5, 3), INT(0, 5, 12), padding_idx=2), S(T(5, 3), INT(0, 5, 12), scale_grad_by_freq=True, second=False), S(T(5, 3), INT(0, 5)),
   S(T(5, 3), INT(0, 5, 0), second=False), dtypes=(torch.float64, torch.float32))

orders = [((3, 4), {}), ((3, 4), {"dim": 0}), ((3, 4), {"descending": True}), ((2, 3, 4, 5), {"dim": 1}), ((300,), {"dim": 0}), ((), {}), ((0, 3), {}), ((3, 40), {"stable": True})]
op("sort", lambda x, dim=-1, descending=False, stable=False: torch.sort(x, dim=dim, descending=descending, stable=True), *[S(T(*shape, kind="distinct"), **o) for shape, o in orders], dtypes=ALL)
op("argsort", lambda x, dim=-1, descending=False, stable=False: torch.argsort(x, dim=dim, descending=descending, stable=True), *[S(T(*shape, kind="distinct"), **o) for shape, o in orders], dtypes=ALL)
# Along an expanded dim all are alike, and any of them may be the first.
op("topk", torch.topk, *[S(T(*shape, kind="distinct"), layouts=o.get("dim") != 0, **o) for shape, o in (
    ((3, 5), {"k": 2}), ((3, 5), {"k": 5, "largest": False}), ((4, 3), {"k": 2, "dim": 0}), ((3, 5), {"k": 0}), ((30,), {"k": 7, "dim": 0}))],
   dtypes=(torch.float64, torch.float32))
op("cumsum", torch.cumsum, S(T(3, 4), dim=0), S(T(3, 4), dim=-1), S(T(2, 3, 4, 5), dim=1), S(T(), dim=0), S(T(0, 3), dim=0), S(T(300), dim=0), dtypes=ALL)
op("cumsum_backward", lambda g, dim: g.flip(dim).cumsum(dim).flip(dim), S(T(3, 4), dim=0), S(T(2, 3, 4), dim=-1))

op("bmm", torch.bmm, S(T(2, 3, 4), T(2, 4, 5)), S(T(1, 1, 1), T(1, 1, 1)), S(T(0, 3, 4), T(0, 4, 2)), S(T(2, 3, 0), T(2, 0, 4)), S(T(3, 20, 30), T(3, 30, 17)))
op("einsum", lambda operands, equation: torch.einsum(equation, *operands), *[S([T(*shape) for shape in shapes], equation=e) for e, *shapes in (
    ("ij,jk->ik", (3, 4), (4, 5)), ("ij,jk", (3, 4), (4, 5)), ("ii->i", (4, 4)), ("ii", (4, 4)), ("ij->ji", (3, 4)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("i,j->ij", (3,), (4,)), ("...ij,...jk->...ik", (2, 3, 4), (4, 5)), ("ij,ij->", (3, 4), (3, 4)), ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)), ("i,i", (5,), (5,)),
    ("nchw,kc->nkhw", (2, 3, 4, 5), (6, 3)))])
norms = [S(T(*shape, kind="distinct"), p=p, **o) for p in (2.0, 1.0, 3.0, math.inf, -math.inf) for shape, o in (((3, 4), {}), ((3, 4), {"dims": [0]}), ((2, 3, 4), {"dims": [0, 2], "keepdim": True}), ((5,), {}))]
op("norm", lambda x, p=2.0, dims=(), keepdim=False: torch.linalg.vector_norm(x, p, list(dims) or None, keepdim=keepdim), S(T(3, 4)), *norms,
   S(T(3, 4, kind="distinct"), p=0.0), S(T(0, 3), dims=[0]))
op("cosine_similarity", lambda x1, x2, dim=1, eps=1e-8: F.cosine_similarity(x1, x2, dim, eps), S(T(3, 4), T(3, 4)), S(T(3, 4), T(3, 4), dim=0), S(T(2, 3, 4), T(3, 4), dim=-1),
   S(T(2, 3, 4, 5), T(2, 3, 4, 5)), S(T(3, 4), T(3, 4), eps=0.5))
