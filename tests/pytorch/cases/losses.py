"""Losses; the C expressions are in tests/ops/cases/losses.h."""
import math

import torch
import torch.nn.functional as F

from support import T, case

TRANSPOSED = {"layout": "transposed"}
STRIDED = {"layout": "strided"}
CONSTANT = {"kind": "uniform", "grad": False}


def reduced(function, reduction="mean", **options):
    return lambda *inputs: function(*inputs, reduction=reduction, **options)


def weighted(function, reduction="mean", **options):
    """The third tensor is the weight."""
    return lambda a, b, w: function(a, b, weight=w, reduction=reduction, **options)


def broadcast(function, reduction="mean", **options):
    return lambda a, b: function(*torch.broadcast_tensors(a, b), reduction=reduction, **options)


def signs(bits):
    return bits.double() * 2 - 1


case("l1_loss", F.l1_loss, T(3, 4), T(3, 4))
case("l1_loss_sum", reduced(F.l1_loss, "sum"), T(3, 4), T(3, 4))
case("l1_loss_none_strided", reduced(F.l1_loss, "none"), T(3, 4, **STRIDED), T(3, 4, **TRANSPOSED))
case("l1_loss_weight", weighted(F.l1_loss), T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("l1_loss_weight_sum", weighted(F.l1_loss, "sum"), T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("l1_loss_broadcast", broadcast(F.l1_loss), T(3, 1, 4), T(2, 1))
case("l1_loss_empty", reduced(F.l1_loss, "sum"), T(0, 4), T(0, 4))
case("mse_loss_weight", weighted(F.mse_loss), T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("mse_loss_weight_none", weighted(F.mse_loss, "none"), T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("mse_loss_scalar", F.mse_loss, T(), T())
case("smooth_l1_loss", F.smooth_l1_loss, T(5, 4), T(5, 4))
case("smooth_l1_loss_beta", reduced(F.smooth_l1_loss, beta=0.3), T(5, 4), T(5, 4))
case("smooth_l1_loss_beta_0", reduced(F.smooth_l1_loss, "sum", beta=0.0), T(3, 4), T(3, 4))
case("smooth_l1_loss_none_broadcast", broadcast(F.smooth_l1_loss, "none"), T(5, 1), T(3))
case("smooth_l1_loss_channels_last", reduced(F.smooth_l1_loss, "none", beta=2.0),
     T(2, 3, 2, 4, layout="channels_last"), T(2, 3, 2, 4, layout="channels_last"))
case("smooth_l1_loss_empty", reduced(F.smooth_l1_loss, "sum"), T(3, 0), T(3, 0))
case("huber_loss", F.huber_loss, T(5, 4), T(5, 4))
case("huber_loss_delta_sum", reduced(F.huber_loss, "sum", delta=0.4), T(5, 4), T(5, 4))
case("huber_loss_none_transposed", reduced(F.huber_loss, "none", delta=2.5), T(5, 4, **TRANSPOSED), T(5, 4))
case("huber_loss_weight", weighted(F.huber_loss), T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("huber_loss_one", F.huber_loss, T(1), T(1))


INDEX = {"kind": "int:0:3"}
WEIGHT = T(3, **CONSTANT)
case("nll_loss", F.nll_loss, T(5, 3), T(5, **INDEX))
case("nll_loss_weight", weighted(F.nll_loss), T(5, 3, **STRIDED), T(5, **INDEX), WEIGHT)
case("nll_loss_weight_sum", weighted(F.nll_loss, "sum"), T(5, 3, **TRANSPOSED), T(5, **INDEX), WEIGHT)
case("nll_loss_none_ignore", weighted(F.nll_loss, "none", ignore_index=1), T(7, 3), T(7, **INDEX), WEIGHT)
case("nll_loss_one", F.nll_loss, T(3), T(**INDEX))
case("nll_loss_images", weighted(F.nll_loss, ignore_index=0), T(2, 3, 2, 3), T(2, 2, 3, **INDEX), WEIGHT)
case("nll_loss_channels_last", weighted(F.nll_loss, "none"), T(2, 3, 2, 3, layout="channels_last"),
     T(2, 2, 3, **INDEX), WEIGHT)
case("nll_loss_empty", reduced(F.nll_loss, "sum"), T(0, 3), T(0, **INDEX))

CE = F.cross_entropy


def map_loss(j=1.0, reduction="mean"):
    """Equation 9 of LeCun et al., 1998."""
    def loss(y, target):
        dim = 0 if y.dim() == 1 else 1
        right = y.gather(dim, target.unsqueeze(dim)).squeeze(dim)
        loss = right + torch.log(math.exp(-j) + torch.exp(-y).sum(dim))
        return {"mean": loss.mean, "sum": loss.sum, "none": lambda: loss}[reduction]()
    return loss


case("map_loss", map_loss(), T(5, 3), T(5, **INDEX))
case("map_loss_j_sum", map_loss(4, "sum"), T(5, 3, **TRANSPOSED), T(5, **INDEX))
case("map_loss_negative_j_none_strided", map_loss(-1.5, "none"), T(5, 3, **STRIDED), T(5, **INDEX))
case("map_loss_one", map_loss(), T(3), T(**INDEX))
case("map_loss_images", map_loss(0), T(2, 3, 2, 3), T(2, 2, 3, **INDEX))
case("map_loss_channels_last", map_loss(reduction="none"), T(2, 3, 2, 4, layout="channels_last"), T(2, 2, 4, **INDEX))
case("map_loss_empty", map_loss(reduction="sum"), T(0, 3), T(0, **INDEX))

case("cross_entropy_weight", weighted(CE), T(5, 3), T(5, **INDEX), WEIGHT)
case("cross_entropy_weight_sum_ignore", weighted(CE, "sum", ignore_index=2), T(7, 3), T(7, **INDEX), WEIGHT)
case("cross_entropy_weight_none", weighted(CE, "none"), T(5, 3, **TRANSPOSED), T(5, **INDEX), WEIGHT)
case("cross_entropy_smoothing", reduced(CE, label_smoothing=0.1), T(5, 3), T(5, **INDEX))
case("cross_entropy_smoothing_none_ignore", reduced(CE, "none", ignore_index=1, label_smoothing=0.3),
     T(7, 3), T(7, **INDEX))
case("cross_entropy_smoothing_weight", weighted(CE, ignore_index=0, label_smoothing=0.2),
     T(7, 3), T(7, **INDEX), WEIGHT)
case("cross_entropy_smoothing_one", weighted(CE, label_smoothing=0.2), T(3), T(**INDEX), WEIGHT)
case("cross_entropy_smoothing_images", weighted(CE, label_smoothing=0.2),
     T(2, 3, 2, 3, layout="channels_last"), T(2, 2, 3, **INDEX), WEIGHT)
case("cross_entropy_probabilities", CE, T(5, 3), T(5, 3, kind="uniform"))
case("cross_entropy_probabilities_weight", weighted(CE), T(5, 3), T(5, 3, kind="uniform"), T(3, kind="uniform"))
case("cross_entropy_probabilities_smoothing", weighted(CE, "none", label_smoothing=0.2),
     T(5, 3, **STRIDED), T(5, 3, kind="uniform", **TRANSPOSED), T(3, kind="uniform"))
case("cross_entropy_probabilities_one", reduced(CE, label_smoothing=0.2), T(3), T(3, kind="uniform"))
case("cross_entropy_probabilities_images", weighted(CE, "sum"), T(2, 3, 2, 3), T(2, 3, 2, 3, kind="uniform"),
     T(3, kind="uniform"))
case("cross_entropy_probabilities_empty", reduced(CE, "sum"), T(0, 3), T(0, 3, kind="uniform"))


def probabilities(*shape, **options):
    return T(*shape, kind="uniform", **options)


BCE, LOGITS = F.binary_cross_entropy, F.binary_cross_entropy_with_logits
case("bce", BCE, probabilities(5, 4), probabilities(5, 4))
case("bce_sum", reduced(BCE, "sum"), probabilities(5, 4), probabilities(5, 4))
case("bce_weight_none", weighted(BCE, "none"), probabilities(3, 4), probabilities(3, 4), T(4, **CONSTANT))
case("bce_weight", weighted(BCE), probabilities(3, 4), probabilities(3, 4), T(3, 1, **CONSTANT))
case("bce_strided", BCE, probabilities(3, 4, **STRIDED), probabilities(3, 4, **TRANSPOSED))
case("bce_empty", reduced(BCE, "sum"), probabilities(0, 4), probabilities(0, 4))
case("bce_logits", LOGITS, T(5, 4), probabilities(5, 4))
case("bce_logits_large", lambda x, t: LOGITS(30 * x, t, reduction="none"), T(5, 4), probabilities(5, 4))
case("bce_logits_sum", reduced(LOGITS, "sum"), T(5, 4), probabilities(5, 4))
case("bce_logits_weight", weighted(LOGITS), T(3, 4), probabilities(3, 4), T(4, **CONSTANT))
case("bce_logits_pos_weight", lambda x, t, q: LOGITS(x, t, pos_weight=q), T(3, 4), probabilities(3, 4),
     T(4, **CONSTANT))
case("bce_logits_weights_none", lambda x, t, w, q: LOGITS(x, t, w, pos_weight=q, reduction="none"),
     T(3, 4), probabilities(3, 4), T(3, 4, **CONSTANT), T(4, **CONSTANT))
case("bce_logits_strided", LOGITS, T(3, 4, **STRIDED), probabilities(3, 4, **TRANSPOSED))
case("bce_logits_empty", reduced(LOGITS, "sum"), T(0), probabilities(0))

case("kl_div", F.kl_div, T(3, 4), T(3, 4, kind="positive"))
case("kl_div_batchmean", reduced(F.kl_div, "batchmean"), T(3, 4), T(3, 4, kind="positive"))
case("kl_div_sum_strided", reduced(F.kl_div, "sum"), T(3, 4, **STRIDED), T(3, 4, kind="positive", **TRANSPOSED))
case("kl_div_none_broadcast", reduced(F.kl_div, "none"), T(3, 1), T(4, kind="positive"))
case("kl_div_zeros", lambda x, t: F.kl_div(x, t.double()), T(3, 4), T(3, 4, kind="bool"))
case("kl_div_log_target", reduced(F.kl_div, log_target=True), T(3, 4), T(3, 4))
case("kl_div_log_target_none", reduced(F.kl_div, "none", log_target=True), T(3, 1), T(4))
case("kl_div_log_target_batchmean", reduced(F.kl_div, "batchmean", log_target=True), T(3, 4), T(3, 4))
case("kl_div_no_dims", reduced(F.kl_div, "batchmean"), T(), T(kind="positive"))
case("kl_div_empty", reduced(F.kl_div, "sum"), T(0, 4), T(0, 4, kind="positive"))
case("poisson_nll_loss", F.poisson_nll_loss, T(3, 4), T(3, 4, kind="positive"))
case("poisson_nll_loss_rate", reduced(F.poisson_nll_loss, "sum", log_input=False),
     T(3, 4, kind="positive"), T(3, 4, kind="positive"))
case("poisson_nll_loss_rate_eps", reduced(F.poisson_nll_loss, "none", log_input=False, eps=0.25),
     T(3, 4, kind="positive"), T(3, 4, kind="positive"))
case("poisson_nll_loss_full", lambda x, t: F.poisson_nll_loss(x, 2 * t, full=True, reduction="none"),
     T(3, 4), T(3, 4, kind="positive"))
case("gaussian_nll_loss", F.gaussian_nll_loss, T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("gaussian_nll_loss_full", reduced(F.gaussian_nll_loss, full=True), T(3, 4), T(3, 4), T(3, 4, kind="positive"))
case("gaussian_nll_loss_sum_shared", reduced(F.gaussian_nll_loss, "sum"), T(3, 4), T(3, 4), T(3, kind="positive"))
case("gaussian_nll_loss_none_shared_1", reduced(F.gaussian_nll_loss, "none"), T(3, 4, 2), T(3, 4, 2),
     T(3, 1, 2, kind="positive"))
case("gaussian_nll_loss_strided", F.gaussian_nll_loss, T(3, 4, **STRIDED), T(3, 4, **TRANSPOSED),
     T(3, 4, kind="positive", **STRIDED))

BITS = {"kind": "int:0:2"}


def signed(function, reduction="mean", **options):
    """The last tensor is the target, 0 or 1 for -1 and 1."""
    return lambda *inputs: function(*inputs[:-1], signs(inputs[-1]), reduction=reduction, **options)


case("margin_ranking_loss", signed(F.margin_ranking_loss), T(6), T(6), T(6, **BITS))
case("margin_ranking_loss_margin", signed(F.margin_ranking_loss, "none", margin=0.7),
     T(3, 4, **STRIDED), T(3, 4, **TRANSPOSED), T(3, 4, **BITS))
case("margin_ranking_loss_broadcast", signed(F.margin_ranking_loss, "sum", margin=0.1), T(3, 4), T(3, 1), T(1, 4, **BITS))
case("hinge_embedding_loss", signed(F.hinge_embedding_loss), T(3, 4), T(3, 4, **BITS))
case("hinge_embedding_loss_margin", signed(F.hinge_embedding_loss, "none", margin=0.3), T(3, 4), T(3, 4, **BITS))
case("hinge_embedding_loss_strided", signed(F.hinge_embedding_loss, "sum", margin=2.0),
     T(3, 4, **STRIDED), T(3, 4, **BITS, **TRANSPOSED))
case("cosine_embedding_loss", signed(F.cosine_embedding_loss), T(6, 4), T(6, 4), T(6, **BITS))
case("cosine_embedding_loss_margin", signed(F.cosine_embedding_loss, "none", margin=0.2),
     T(6, 4, **STRIDED), T(6, 4, **TRANSPOSED), T(6, **BITS))
case("cosine_embedding_loss_one", signed(F.cosine_embedding_loss, "sum", margin=-0.5), T(4), T(4), T(**BITS))
case("soft_margin_loss", signed(F.soft_margin_loss), T(3, 4), T(3, 4, **BITS))
case("soft_margin_loss_sum", signed(F.soft_margin_loss, "sum"), T(3, 4, **STRIDED), T(3, 4, **BITS))
case("soft_margin_loss_none", lambda x, t: F.soft_margin_loss(20 * x, signs(t), reduction="none"),
     T(3, 4), T(3, 4, **BITS))
case("multilabel_soft_margin_loss", F.multilabel_soft_margin_loss, T(3, 4), probabilities(3, 4))
case("multilabel_soft_margin_loss_weight", weighted(F.multilabel_soft_margin_loss, "none"),
     T(3, 4), probabilities(3, 4), T(4, **CONSTANT))
case("multilabel_soft_margin_loss_one", reduced(F.multilabel_soft_margin_loss, "sum"), T(4), probabilities(4))

CLASSES = {"kind": "int:0:4"}
case("multi_margin_loss", F.multi_margin_loss, T(5, 4), T(5, **CLASSES))
case("multi_margin_loss_p2", reduced(F.multi_margin_loss, p=2, margin=0.5), T(5, 4, **STRIDED), T(5, **CLASSES))
case("multi_margin_loss_weight", weighted(F.multi_margin_loss, "none"), T(5, 4), T(5, **CLASSES), T(4, **CONSTANT))
case("multi_margin_loss_p2_weight_sum", weighted(F.multi_margin_loss, "sum", p=2),
     T(5, 4), T(5, **CLASSES), T(4, **CONSTANT))
case("multi_margin_loss_one", F.multi_margin_loss, T(4), T(**CLASSES))


def with_lists(reduction="mean"):
    def loss(x, labels):
        lists = labels.clone()
        lists[..., 2:] = -1
        return F.multilabel_margin_loss(x, lists, reduction=reduction)
    return loss


case("multilabel_margin_loss", with_lists(), T(5, 4), T(5, 4, **CLASSES))
case("multilabel_margin_loss_sum", with_lists("sum"), T(5, 4, **STRIDED), T(5, 4, **CLASSES))
case("multilabel_margin_loss_none", with_lists("none"), T(5, 4), T(5, 4, **CLASSES))
case("multilabel_margin_loss_one", with_lists(), T(4), T(4, **CLASSES))

TRIPLET = F.triplet_margin_loss
case("triplet_margin_loss", TRIPLET, T(5, 4), T(5, 4), T(5, 4))
case("triplet_margin_loss_swap", reduced(TRIPLET, "none", margin=2.0, swap=True),
     T(5, 4, **STRIDED), T(5, 4, **TRANSPOSED), T(5, 4))
case("triplet_margin_loss_p1", reduced(TRIPLET, margin=0.3, p=1.0, eps=0.1), T(5, 4), T(5, 4), T(5, 4))
case("triplet_margin_loss_p3", reduced(TRIPLET, p=3.0), T(5, 4), T(5, 4), T(5, 4))
case("triplet_margin_loss_max", reduced(TRIPLET, "sum", p=float("inf")),
     *(T(5, 4, kind="distinct") for _ in range(3)))
case("triplet_margin_loss_broadcast", TRIPLET, T(2, 5, 4), T(1, 5, 4), T(2, 1, 4))
