"""Ops with indices and masks, sorting, sums along a dim, einsum and norms."""
import torch
import torch.nn.functional as F
from support import T, case, gradient, result

INF = float("inf")

# masked_fill.
case("masked_fill", lambda x, m: x.masked_fill(m, -1.5).square(), T(3, 4), T(3, 4, kind="bool"))
case("masked_fill_broadcast_mask", lambda x, m: x.masked_fill(m, 2), T(2, 3, 4, layout="transposed"), T(4, kind="bool"))
case("masked_fill_broadcast_x", lambda x, m: x.masked_fill(m, 2), T(4), T(3, 4, kind="bool"))
case("masked_fill_empty", lambda x, m: x.masked_fill(m, 2), T(0, 3), T(3, kind="bool"))
case("masked_fill_int", lambda x, m: x.masked_fill(m, 7), T(3, 4, kind="int:-5:6"), T(3, 1, kind="bool"))
case("masked_fill_tensor", lambda x, m, v: x.masked_fill(m, v).square(), T(3, 4), T(3, 1, kind="bool"), T())
case("masked_fill_inplace", lambda x, m: result(x).masked_fill_(m, 2).square(), T(3, 4), T(4, kind="bool"))
case("masked_fill_tensor_inplace", lambda x, m, v: result(x).masked_fill_(m, v).square(), T(3, 4), T(4, kind="bool"),
     T())

# cumsum.
case("cumsum_0", lambda x: x.cumsum(0).square(), T(3, 4))
case("cumsum_1", lambda x: x.cumsum(1), T(3, 4))
case("cumsum_middle", lambda x: x.cumsum(-2).square(), T(2, 3, 70))
case("cumsum_transposed", lambda x: x.cumsum(0), T(3, 4, layout="transposed"))
case("cumsum_zero_dim", lambda x: x.cumsum(0), T())
case("cumsum_one", lambda x: x.cumsum(1), T(3, 1))
case("cumsum_empty", lambda x: x.cumsum(1), T(2, 0, 3))
case("cumsum_int", lambda x: x.cumsum(0), T(5, 2, kind="int:-5:6"))
case("cumsum_bool", lambda x: x.cumsum(0), T(5, 2, kind="bool"))
case("cumsum_backward", lambda x, w: gradient(x.cumsum(0).square(), w, x), T(3, 4), T(3, 4))

# sort, argsort, topk.
case("sort", lambda x: x.sort()[0].square(), T(3, 8, kind="distinct"))
case("sort_0", lambda x: x.sort(0)[0], T(4, 2, 3, kind="distinct"))
case("sort_descending", lambda x: x.sort(1, descending=True)[0], T(2, 6, 2, kind="distinct", layout="transposed"))
case("sort_many", lambda x: x.sort()[0], T(2, 100, kind="distinct"))
case("sort_indices", lambda x: x.sort(stable=True)[1], T(3, 40, kind="int:-5:6"))
case("sort_indices_descending", lambda x: x.sort(dim=0, descending=True, stable=True)[1], T(50, 3, kind="int:-5:6"))
case("sort_int", lambda x: x.sort(stable=True)[0], T(3, 40, kind="int:-500:600"))
case("sort_bool", lambda x: x.sort(stable=True)[1], T(40, kind="bool"))
case("sort_zero_dim", lambda x: x.sort()[0], T())
case("sort_empty", lambda x: x.sort()[0], T(2, 0))
case("sort_one", lambda x: x.sort(1)[0], T(3, 1))
case("argsort", lambda x: x.argsort(), T(3, 8, kind="distinct", grad=False))
case("argsort_descending", lambda x: x.argsort(0, descending=True), T(6, 4, kind="distinct", grad=False))
case("topk", lambda x: x.topk(3)[0].square(), T(2, 6, kind="distinct"))
case("topk_of_many", lambda x: x.topk(4)[0], T(2, 60, kind="distinct"))
case("topk_indices", lambda x: x.topk(5)[1], T(2, 60, kind="distinct", grad=False))
case("topk_smallest", lambda x: x.topk(2, 0, largest=False)[0], T(5, 2, kind="distinct", layout="transposed"))
case("topk_all", lambda x: x.topk(4)[0], T(3, 4, kind="distinct"))
case("topk_none", lambda x: x.topk(0)[0], T(3, 4, kind="distinct"))

# scatter, scatter_add.
INDEX = "int:0:4"
case("scatter_add", lambda x, i, s: x.scatter_add(0, i, s).square(), T(4, 3), T(5, 3, kind=INDEX), T(5, 3))
case("scatter_add_1", lambda x, i, s: x.scatter_add(1, i, s), T(3, 4, layout="transposed"), T(2, 3, kind=INDEX),
     T(2, 3, layout="strided"))
case("scatter_add_int", lambda x, i, s: x.scatter_add(0, i, s), T(4, kind=INDEX), T(7, kind=INDEX), T(7, kind=INDEX))
case("scatter_add_empty", lambda x, i, s: x.scatter_add(0, i, s), T(4, 3), T(0, 3, kind=INDEX), T(0, 3))
case("scatter_add_inplace", lambda x, i, s: result(x).scatter_add_(0, i, s).square(), T(4, 3), T(5, 3, kind=INDEX),
     T(5, 3))
case("scatter", lambda x, s: x.scatter(0, torch.tensor([[3, 1], [0, 2]]), s).square(), T(4, 3), T(2, 2))
case("scatter_inplace", lambda x, s: result(x).scatter_(1, torch.tensor([[3, 1], [0, 2]]), s).square(), T(3, 4), T(2, 2))

# index, index_put, index_add, nonzero.
case("index_one", lambda x, i: x[i].square(), T(4, 3), T(5, kind=INDEX))
case("index_two", lambda x, i, j: x[i, j], T(4, 4, 2), T(3, 1, kind=INDEX), T(5, kind="int:-4:4"))
case("index_mask", lambda x: x[torch.tensor([True, False, True])].square(), T(3, 4))
case("index_mask_all", lambda x: x[x.detach() > 0], T(4, 6, kind="distinct"))
case("index_mask_and_index", lambda x: x[torch.tensor([True, False, True]), torch.tensor([1, 3])], T(3, 4))
case("index_transposed", lambda x, i: x[i], T(4, 3, layout="transposed"), T(2, 2, kind=INDEX))
case("index_empty", lambda x: x[torch.zeros(0, dtype=torch.int64)], T(4, 3))
case("index_put", lambda x, v: x.index_put((torch.tensor([3, 0]),), v).square(), T(4, 3), T(2, 3))
case("index_put_broadcast", lambda x, v: x.index_put((torch.tensor([3, 0]), torch.tensor([-1, 1])), v).square(),
     T(4, 3, 2), T(2))
case("index_put_one_value", lambda x, v: x.index_put((x.detach() > 0,), v).square(), T(4, 6, kind="distinct"), T())
case("index_put_accumulate", lambda x, i, v: x.index_put((i,), v, accumulate=True).square(), T(4, 3), T(6, kind=INDEX),
     T(6, 3))
case("index_put_int", lambda x, v: x.index_put((torch.tensor([1, 1]),), v, True), T(3, kind=INDEX), T(2, kind=INDEX))
case("index_put_inplace", lambda x, v: result(x).index_put_((torch.tensor([3, 0]),), v).square(), T(4, 3), T(2, 3))
case("index_add", lambda x, i, s: x.index_add(0, i, s).square(), T(4, 3), T(6, kind=INDEX), T(6, 3))
case("index_add_alpha", lambda x, i, s: x.index_add(1, i, s, alpha=-0.5), T(3, 4), T(2, kind=INDEX), T(3, 2))
case("nonzero", lambda x: x.nonzero(), T(3, 4, 2, kind="bool"))
case("nonzero_int", lambda x: x.nonzero(), T(9, kind="int:-1:2"))

# embedding.
case("embedding", lambda w, i: F.embedding(i, w).square(), T(4, 3), T(2, 5, kind=INDEX))
case("embedding_one", lambda w, i: F.embedding(i, w), T(4, 3), T(kind=INDEX))
case("embedding_empty", lambda w, i: F.embedding(i, w), T(4, 3), T(0, 2, kind=INDEX))

# bmm, einsum.
case("bmm", torch.bmm, T(2, 3, 4), T(2, 4, 5))
case("bmm_transposed", torch.bmm, T(2, 3, 4, layout="transposed"), T(2, 4, 5, layout="strided"))
case("bmm_empty", torch.bmm, T(2, 3, 0), T(2, 0, 5))
EINSUMS = {
    "matmul": ("ij,jk->ik", (3, 4), (4, 5)), "implicit": ("ij,jk", (3, 4), (4, 5)), "spaces": (" i j , j k -> k i ", (3, 4), (4, 5)),
    "batch": ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)), "attention": ("bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)),
    "dot": ("i,i->", (5,), (5,)), "outer": ("i,j->ij", (3,), (4,)), "mul": ("ij,ij->ij", (3, 4), (3, 4)),
    "bilinear": ("bi,oij,bj->bo", (2, 3), (4, 3, 5), (2, 5)), "chain": ("ij,jk,kl", (2, 3), (3, 4), (4, 2)),
    "sum": ("ij->", (3, 4)), "sum_one": ("ij->j", (3, 4)), "transpose": ("ba", (3, 4)), "permute": ("ijk->kij", (2, 3, 4)),
    "trace": ("ii->", (4, 4)), "diagonal": ("ii->i", (4, 4)), "batch_diagonal": ("...ii->...i", (2, 3, 4, 4)),
    "triple": ("iii->i", (3, 3, 3)), "trace_implicit": ("ii", (4, 4)), "capitals": ("bA,Ac", (3, 4), (4, 2)),
    "ellipsis": ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)), "ellipsis_implicit": ("...ij,jk", (2, 3, 4), (4, 5)),
    "ellipsis_broadcast": ("...ij,...jk", (2, 1, 3, 4), (5, 4, 2)), "ellipsis_summed": ("...i->i", (2, 3, 4)),
    "ellipsis_last": ("i...,i->...", (3, 4, 2), (3,)), "no_dims": (",i->i", (), (4,)), "no_dims_out": ("i,,->", (4,), (), ()),
    "size_one": ("ij,jk->ik", (3, 1), (4, 5)), "size_one_kept": ("ij,ij->ij", (3, 1), (3, 4)), "summed_alone": ("ij,kl->i", (3, 4), (2, 5)),
    "empty": ("ij,jk->ik", (3, 0), (0, 5)), "diagonal_product": ("ii,ij->j", (3, 3), (3, 4)),
}
for name, (equation, *shapes) in EINSUMS.items():
    case(f"einsum_{name}", lambda *operands, e=equation: torch.einsum(e, *operands), *[T(*s) for s in shapes])
case("einsum_transposed", lambda a, b: torch.einsum("ij,jk->ik", a, b), T(3, 4, layout="transposed"), T(4, 5, layout="strided"))
case("einsum_int", lambda a, b: torch.einsum("ij,jk->ik", a, b), T(3, 4, kind="int:-5:6"), T(4, 5, kind="int:-5:6"))

# norm, cosine_similarity.
for name, p in {"1": 1, "2": 2, "3": 3, "half": 0.5, "1_5": 1.5, "0": 0, "inf": INF, "minus_inf": -INF, "minus_1": -1}.items():
    case(f"norm_{name}", lambda x, p=p: x.norm(p), T(4, 6, kind="positive"))
    case(f"norm_{name}_dim", lambda x, p=p: torch.norm(x, p, dim=1).square(), T(4, 6, layout="transposed"))
case("norm_keepdim", lambda x: torch.norm(x, 2, dim=(0, 2), keepdim=True), T(2, 3, 4))
case("norm_one", lambda x: torch.norm(x, 2, dim=1), T(4, 1, kind="distinct"))
case("norm_empty", lambda x: torch.norm(x, 2, dim=1), T(3, 0))
case("norm_zero_dim", lambda x: x.norm(), T(kind="positive"))
case("cosine_similarity", F.cosine_similarity, T(3, 4), T(3, 4))
case("cosine_similarity_broadcast", lambda a, b: F.cosine_similarity(a, b, dim=-1), T(3, 1, 4), T(2, 4))
case("cosine_similarity_0", lambda a, b: F.cosine_similarity(a, b, dim=0, eps=1e-3), T(5, 2, layout="transposed"), T(5, 2))
