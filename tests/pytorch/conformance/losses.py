"""Samples of losses."""
import torch
import torch.nn.functional as F
from samples import FLOATS, Given, S, T, op, slope

REDUCTIONS = ("mean", "sum", "none")


def named(function):
    """With the reduction as a number, as in a schema."""
    return lambda *inputs, reduction=0, **o: function(*inputs, reduction=REDUCTIONS[reduction], **o)


def each(*inputs, shapes=None, **o):
    return [S(*inputs, reduction=r, **o) for r in range(3)]


def two(kind="normal", other="normal", **o):
    return [S(T(*shape, kind=kind), T(*shape, kind=other), reduction=r, **o) for r in range(3) for shape in ((3, 4), (5,), (2, 3, 4, 5), (1, 1))]


op("mse_loss", named(lambda a, b, weight=None, **o: F.mse_loss(a, b, weight=weight, **o) if weight is not None else F.mse_loss(a, b, **o)), *two())
op("l1_loss", named(lambda a, b, weight=None, **o: F.l1_loss(a, b, **o)), *two())
op("smooth_l1_loss", named(F.smooth_l1_loss), *two(), *two(beta=0.5))
op("huber_loss", named(lambda a, b, weight=None, **o: F.huber_loss(a, b, **o)), *two(), *two(delta=0.5))
op("binary_cross_entropy", named(lambda a, b, weight=None, **o: F.binary_cross_entropy(a, b, weight, **o)), *two("uniform", "uniform"),
   *each(T(3, 4, kind="uniform"), T(3, 4, kind="uniform"), T(3, 4, kind="positive", grad=False)))
op("binary_cross_entropy_with_logits", named(lambda a, b, weight=None, pos=None, **o: F.binary_cross_entropy_with_logits(a, b, weight, pos_weight=pos, **o)),
   *two("normal", "uniform"), *each(T(3, 4), T(3, 4, kind="uniform"), T(3, 4, kind="positive", grad=False), T(4, kind="positive", grad=False)))
op("kl_div", named(F.kl_div), *[S(T(3, 4), T(3, 4, kind="uniform"), reduction=r) for r in range(3)],
   *[S(T(3, 4), T(3, 4), reduction=r, log_target=True) for r in range(3)])
op("poisson_nll_loss", named(F.poisson_nll_loss), *[S(T(3, 4), T(3, 4, kind="positive", grad=False), reduction=r) for r in range(3)],
   S(T(3, 4, kind="positive"), T(3, 4, kind="positive", grad=False), log_input=False))
op("gaussian_nll_loss", named(F.gaussian_nll_loss), *[S(T(3, 4), T(3, 4), T(3, 4, kind="positive"), reduction=r) for r in range(3)],
   S(T(3, 4), T(3, 4), T(3, 4, kind="positive"), full=True))
op("soft_margin_loss", named(F.soft_margin_loss), *[S(T(*shape), T(*shape, kind="sign", grad=False), reduction=r) for r in range(3) for shape in ((3, 4), (5,), (2, 3, 4, 5))])
op("hinge_embedding_loss", named(F.hinge_embedding_loss), *[S(T(3, 4), T(3, 4, kind="sign", grad=False), reduction=r, margin=0.7) for r in range(3)])
op("margin_ranking_loss", named(F.margin_ranking_loss), *[S(T(5), T(5), T(5, kind="sign", grad=False), reduction=r, margin=0.3) for r in range(3)])
op("cosine_embedding_loss", named(F.cosine_embedding_loss), *[S(T(5, 4), T(5, 4), T(5, kind="sign", grad=False), reduction=r, margin=-0.3) for r in range(3)])
op("multi_margin_loss", named(lambda a, t, weight=None, **o: F.multi_margin_loss(a, t, weight=weight, **o)),
   *[S(T(4, 5), T(4, kind="int:0:5"), None, reduction=r, p=p, second=False) for r in range(3) for p in (1, 2)],
   S(T(4, 5), T(4, kind="int:0:5"), T(5, kind="positive", grad=False), second=False))
op("multilabel_margin_loss", named(F.multilabel_margin_loss),
   *[S(T(2, 4), Given(torch.tensor([[3, 0, -1, 1], [1, -1, 0, 0]])), reduction=r, second=False, layouts=False) for r in range(3)])
op("multilabel_soft_margin_loss", named(lambda a, t, weight=None, **o: F.multilabel_soft_margin_loss(a, t, weight, **o)),
   *[S(T(4, 5), T(4, 5, kind="uniform", grad=False), None, reduction=r) for r in range(3)],
   S(T(4, 5), T(4, 5, kind="uniform", grad=False), T(5, kind="positive", grad=False)))

CLASSES = [(T(4, 5), T(4, kind="int:0:5")), (T(5), T(kind="int:0:5")), (T(2, 5, 3), T(2, 3, kind="int:0:5")), (T(2, 5, 3, 2), T(2, 3, 2, kind="int:0:5"))]
weighted = (T(4, 5), T(4, kind="int:0:5"), T(5, kind="positive", grad=False))
op("cross_entropy", named(lambda a, t, weight=None, **o: F.cross_entropy(a, t, weight, **o)), *[S(*c, reduction=r) for c in CLASSES for r in range(3)],
   *[S(*weighted, reduction=r, label_smoothing=e) for r in range(3) for e in (0.0, 0.2)], S(*CLASSES[0], ignore_index=2),
   *[S(T(4, 5), T(4, 5, kind="probabilities", grad=False), reduction=r, label_smoothing=e) for r in range(3) for e in (0.0, 0.1)])
op("nll_loss", named(lambda a, t, weight=None, **o: F.nll_loss(a, t, weight, **o)), *[S(*c, reduction=r) for c in CLASSES for r in range(3)],
   *[S(*weighted, reduction=r) for r in range(3)], S(*CLASSES[0], ignore_index=2))


op("cross_entropy_backward", lambda g, x, t, log_p, weight=None, reduction=0, ignore_index=-100, label_smoothing=0.0: slope(
    g, x, lambda x: F.cross_entropy(x, t, weight, reduction=REDUCTIONS[reduction], ignore_index=ignore_index, label_smoothing=label_smoothing)),
   *[S(T(*(() if r < 2 else (4,))), T(4, 5), T(4, kind="int:0:5"), Given(lambda g, x, t: x.log_softmax(1), follows=True), reduction=r, only=FLOATS[:2])
     for r in range(3)])
op("nll_loss_backward", lambda g, t, weight, shape, reduction=0, ignore_index=-100: slope(
    g, torch.zeros(shape, dtype=g.dtype), lambda x: F.nll_loss(x, t, weight, reduction=REDUCTIONS[reduction], ignore_index=ignore_index)),
   *[S(T(*(() if r < 2 else (4,))), T(4, kind="int:0:5"), None, shape=[4, 5], reduction=r) for r in range(3)],
   S(T(), T(4, kind="int:0:5"), T(5, kind="positive", grad=False), shape=[4, 5]))

# Element by element, what the losses are made of.
terms = lambda kind="normal", other="normal", **o: [S(T(3, 4, kind=kind), T(3, 4, kind=other), **o), S(T(2, 3, 4, 5, kind=kind), T(2, 3, 4, 5, kind=other), **o)]
op("square_terms", lambda x, t: (x - t) ** 2, *terms())
op("entropy_terms", lambda x, t: F.binary_cross_entropy(x, t, reduction="none"), *terms("uniform", "uniform"))
op("logit_entropy_terms", lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"), *terms("normal", "uniform"))
op("divergence_terms", lambda x, t, log_target=False: F.kl_div(x, t, reduction="none", log_target=log_target), *terms("normal", "uniform"), *terms(log_target=True))
op("huber_terms", lambda x, t, a, c: c / a * F.huber_loss(x, t, reduction="none", delta=a), *terms(a=0.5, c=2.0), *terms(a=1.0, c=1.0))

op("triplet_margin_loss", named(F.triplet_margin_loss), *[S(T(4, 5), T(4, 5), T(4, 5), reduction=r, margin=3.0, swap=w, only=FLOATS[:2]) for r in range(3) for w in (False, True)],
   S(T(5), T(5), T(5), margin=3.0), S(T(4, 5), T(4, 5), T(4, 5), margin=3.0, p=3.0))


def map_loss(input, target, j=1.0, reduction=0):
    dim = 0 if input.dim() == 1 else 1
    right = input.gather(dim, target.unsqueeze(dim)).squeeze(dim)
    loss = right + torch.log(torch.exp(input.new_tensor(-j)) + torch.exp(-input).sum(dim))
    return (loss.mean, loss.sum, lambda: loss)[reduction]()


op("map_loss", map_loss, *[S(*c, reduction=r) for c in CLASSES for r in range(3)], S(*CLASSES[0], j=-2.5), S(*CLASSES[2], j=4))
