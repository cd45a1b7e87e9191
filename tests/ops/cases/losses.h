/* losses.h - losses; their twins are in tests/pytorch/cases/losses.py.
 *
 * CASE(name, expression): the expression gives a tensor from gra_tensor **in.
 */
#ifdef CASE
/* Absolute errors and squares. */
CASE(l1_loss, gra_l1_loss(in[0], in[1]))
CASE(l1_loss_sum, gra_l1_loss(in[0], in[1], GRA_REDUCE_SUM))
CASE(l1_loss_none_strided, gra_l1_loss(in[0], in[1], GRA_REDUCE_NONE))
CASE(l1_loss_weight, gra_l1_loss(in[0], in[1], .weight = in[2]))
CASE(l1_loss_weight_sum, gra_l1_loss(in[0], in[1], GRA_REDUCE_SUM, in[2]))
CASE(l1_loss_broadcast, gra_l1_loss(in[0], in[1]))
CASE(l1_loss_empty, gra_l1_loss(in[0], in[1], GRA_REDUCE_SUM))
CASE(mse_loss_weight, gra_mse_loss(in[0], in[1], .weight = in[2]))
CASE(mse_loss_weight_none, gra_mse_loss(in[0], in[1], GRA_REDUCE_NONE, in[2]))
CASE(mse_loss_scalar, gra_mse_loss(in[0], in[1]))
CASE(smooth_l1_loss, gra_smooth_l1_loss(in[0], in[1]))
CASE(smooth_l1_loss_beta, gra_smooth_l1_loss(in[0], in[1], .beta = 0.3))
CASE(smooth_l1_loss_beta_0, gra_smooth_l1_loss(in[0], in[1], GRA_REDUCE_SUM, 0))
CASE(smooth_l1_loss_none_broadcast, gra_smooth_l1_loss(in[0], in[1], GRA_REDUCE_NONE))
CASE(smooth_l1_loss_channels_last, gra_smooth_l1_loss(in[0], in[1], GRA_REDUCE_NONE, 2))
CASE(smooth_l1_loss_empty, gra_smooth_l1_loss(in[0], in[1], GRA_REDUCE_SUM))
CASE(huber_loss, gra_huber_loss(in[0], in[1]))
CASE(huber_loss_delta_sum, gra_huber_loss(in[0], in[1], GRA_REDUCE_SUM, 0.4))
CASE(huber_loss_none_transposed, gra_huber_loss(in[0], in[1], GRA_REDUCE_NONE, 2.5))
CASE(huber_loss_weight, gra_huber_loss(in[0], in[1], .weight = in[2]))
CASE(huber_loss_one, gra_huber_loss(in[0], in[1]))

/* Classes. */
CASE(nll_loss, gra_nll_loss(in[0], in[1]))
CASE(nll_loss_weight, gra_nll_loss(in[0], in[1], in[2]))
CASE(nll_loss_weight_sum, gra_nll_loss(in[0], in[1], in[2], GRA_REDUCE_SUM))
CASE(nll_loss_none_ignore, gra_nll_loss(in[0], in[1], in[2], GRA_REDUCE_NONE, 1))
CASE(nll_loss_one, gra_nll_loss(in[0], in[1]))
CASE(nll_loss_images, gra_nll_loss(in[0], in[1], in[2], .ignore_index = 0))
CASE(nll_loss_channels_last, gra_nll_loss(in[0], in[1], in[2], GRA_REDUCE_NONE))
CASE(nll_loss_empty, gra_nll_loss(in[0], in[1], .reduction = GRA_REDUCE_SUM))
CASE(map_loss, gra_map_loss(in[0], in[1]))
CASE(map_loss_j_sum, gra_map_loss(in[0], in[1], 4, GRA_REDUCE_SUM))
CASE(map_loss_negative_j_none_strided, gra_map_loss(in[0], in[1], -1.5, GRA_REDUCE_NONE))
CASE(map_loss_one, gra_map_loss(in[0], in[1]))
CASE(map_loss_images, gra_map_loss(in[0], in[1], .j = 0))
CASE(map_loss_channels_last, gra_map_loss(in[0], in[1], .reduction = GRA_REDUCE_NONE))
CASE(map_loss_empty, gra_map_loss(in[0], in[1], .reduction = GRA_REDUCE_SUM))
CASE(cross_entropy_weight, gra_cross_entropy(in[0], in[1], .weight = in[2]))
CASE(cross_entropy_weight_sum_ignore, gra_cross_entropy(in[0], in[1], GRA_REDUCE_SUM, 2, in[2]))
CASE(cross_entropy_weight_none, gra_cross_entropy(in[0], in[1], GRA_REDUCE_NONE, .weight = in[2]))
CASE(cross_entropy_smoothing, gra_cross_entropy(in[0], in[1], .label_smoothing = 0.1))
CASE(cross_entropy_smoothing_none_ignore,
     gra_cross_entropy(in[0], in[1], GRA_REDUCE_NONE, 1, .label_smoothing = 0.3))
CASE(cross_entropy_smoothing_weight,
     gra_cross_entropy(in[0], in[1], .weight = in[2], .label_smoothing = 0.2, .ignore_index = 0))
CASE(cross_entropy_smoothing_one,
     gra_cross_entropy(in[0], in[1], .weight = in[2], .label_smoothing = 0.2))
CASE(cross_entropy_smoothing_images,
     gra_cross_entropy(in[0], in[1], .weight = in[2], .label_smoothing = 0.2))
CASE(cross_entropy_probabilities, gra_cross_entropy(in[0], in[1]))
CASE(cross_entropy_probabilities_weight, gra_cross_entropy(in[0], in[1], .weight = in[2]))
CASE(cross_entropy_probabilities_smoothing,
     gra_cross_entropy(in[0], in[1], GRA_REDUCE_NONE, .weight = in[2], .label_smoothing = 0.2))
CASE(cross_entropy_probabilities_one, gra_cross_entropy(in[0], in[1], .label_smoothing = 0.2))
CASE(cross_entropy_probabilities_images,
     gra_cross_entropy(in[0], in[1], GRA_REDUCE_SUM, .weight = in[2]))
CASE(cross_entropy_probabilities_empty, gra_cross_entropy(in[0], in[1], GRA_REDUCE_SUM))

/* Two classes. */
CASE(bce, gra_binary_cross_entropy(in[0], in[1]))
CASE(bce_sum, gra_binary_cross_entropy(in[0], in[1], .reduction = GRA_REDUCE_SUM))
CASE(bce_weight_none, gra_binary_cross_entropy(in[0], in[1], in[2], GRA_REDUCE_NONE))
CASE(bce_weight, gra_binary_cross_entropy(in[0], in[1], in[2]))
CASE(bce_strided, gra_binary_cross_entropy(in[0], in[1]))
CASE(bce_empty, gra_binary_cross_entropy(in[0], in[1], .reduction = GRA_REDUCE_SUM))
CASE(bce_logits, gra_binary_cross_entropy_with_logits(in[0], in[1]))
CASE(bce_logits_large, gra_binary_cross_entropy_with_logits(gra_mul_scalar(in[0], 30), in[1],
                                                            .reduction = GRA_REDUCE_NONE))
CASE(bce_logits_sum,
     gra_binary_cross_entropy_with_logits(in[0], in[1], .reduction = GRA_REDUCE_SUM))
CASE(bce_logits_weight, gra_binary_cross_entropy_with_logits(in[0], in[1], in[2]))
CASE(bce_logits_pos_weight, gra_binary_cross_entropy_with_logits(in[0], in[1], .pos_weight = in[2]))
CASE(bce_logits_weights_none,
     gra_binary_cross_entropy_with_logits(in[0], in[1], in[2], GRA_REDUCE_NONE, in[3]))
CASE(bce_logits_strided, gra_binary_cross_entropy_with_logits(in[0], in[1]))
CASE(bce_logits_empty,
     gra_binary_cross_entropy_with_logits(in[0], in[1], .reduction = GRA_REDUCE_SUM))

/* Distributions. */
CASE(kl_div, gra_kl_div(in[0], in[1]))
CASE(kl_div_batchmean, gra_kl_div(in[0], in[1], GRA_REDUCE_BATCHMEAN))
CASE(kl_div_sum_strided, gra_kl_div(in[0], in[1], GRA_REDUCE_SUM))
CASE(kl_div_none_broadcast, gra_kl_div(in[0], in[1], GRA_REDUCE_NONE))
CASE(kl_div_zeros, gra_kl_div(in[0], gra_to(in[1], gra_tensor_dtype(in[0]))))
CASE(kl_div_log_target, gra_kl_div(in[0], in[1], .log_target = true))
CASE(kl_div_log_target_none, gra_kl_div(in[0], in[1], GRA_REDUCE_NONE, true))
CASE(kl_div_log_target_batchmean, gra_kl_div(in[0], in[1], GRA_REDUCE_BATCHMEAN, true))
CASE(kl_div_no_dims, gra_kl_div(in[0], in[1], GRA_REDUCE_BATCHMEAN))
CASE(kl_div_empty, gra_kl_div(in[0], in[1], GRA_REDUCE_SUM))
CASE(poisson_nll_loss, gra_poisson_nll_loss(in[0], in[1]))
CASE(poisson_nll_loss_rate, gra_poisson_nll_loss(in[0], in[1], false, .reduction = GRA_REDUCE_SUM))
CASE(poisson_nll_loss_rate_eps,
     gra_poisson_nll_loss(in[0], in[1], false, .eps = 0.25, .reduction = GRA_REDUCE_NONE))
CASE(poisson_nll_loss_full, gra_poisson_nll_loss(in[0], gra_mul_scalar(in[1], 2), .full = true,
                                                 .reduction = GRA_REDUCE_NONE))
CASE(gaussian_nll_loss, gra_gaussian_nll_loss(in[0], in[1], in[2]))
CASE(gaussian_nll_loss_full, gra_gaussian_nll_loss(in[0], in[1], in[2], true))
CASE(gaussian_nll_loss_sum_shared,
     gra_gaussian_nll_loss(in[0], in[1], in[2], .reduction = GRA_REDUCE_SUM))
CASE(gaussian_nll_loss_none_shared_1,
     gra_gaussian_nll_loss(in[0], in[1], in[2], .reduction = GRA_REDUCE_NONE))
CASE(gaussian_nll_loss_strided, gra_gaussian_nll_loss(in[0], in[1], in[2]))

/* Margins. */
CASE(margin_ranking_loss, gra_margin_ranking_loss(in[0], in[1], signs(in[2], in[0])))
CASE(margin_ranking_loss_margin,
     gra_margin_ranking_loss(in[0], in[1], signs(in[2], in[0]), 0.7, GRA_REDUCE_NONE))
CASE(margin_ranking_loss_broadcast,
     gra_margin_ranking_loss(in[0], in[1], signs(in[2], in[0]), 0.1, GRA_REDUCE_SUM))
CASE(hinge_embedding_loss, gra_hinge_embedding_loss(in[0], signs(in[1], in[0])))
CASE(hinge_embedding_loss_margin,
     gra_hinge_embedding_loss(in[0], signs(in[1], in[0]), 0.3, GRA_REDUCE_NONE))
CASE(hinge_embedding_loss_strided,
     gra_hinge_embedding_loss(in[0], signs(in[1], in[0]), 2, GRA_REDUCE_SUM))
CASE(cosine_embedding_loss, gra_cosine_embedding_loss(in[0], in[1], signs(in[2], in[0])))
CASE(cosine_embedding_loss_margin,
     gra_cosine_embedding_loss(in[0], in[1], signs(in[2], in[0]), 0.2, GRA_REDUCE_NONE))
CASE(cosine_embedding_loss_one,
     gra_cosine_embedding_loss(in[0], in[1], signs(in[2], in[0]), -0.5, GRA_REDUCE_SUM))
CASE(soft_margin_loss, gra_soft_margin_loss(in[0], signs(in[1], in[0])))
CASE(soft_margin_loss_sum, gra_soft_margin_loss(in[0], signs(in[1], in[0]), GRA_REDUCE_SUM))
CASE(soft_margin_loss_none,
     gra_soft_margin_loss(gra_mul_scalar(in[0], 20), signs(in[1], in[0]), GRA_REDUCE_NONE))
CASE(multilabel_soft_margin_loss, gra_multilabel_soft_margin_loss(in[0], in[1]))
CASE(multilabel_soft_margin_loss_weight,
     gra_multilabel_soft_margin_loss(in[0], in[1], in[2], GRA_REDUCE_NONE))
CASE(multilabel_soft_margin_loss_one,
     gra_multilabel_soft_margin_loss(in[0], in[1], .reduction = GRA_REDUCE_SUM))
CASE(multi_margin_loss, gra_multi_margin_loss(in[0], in[1]))
CASE(multi_margin_loss_p2, gra_multi_margin_loss(in[0], in[1], 2, 0.5))
CASE(multi_margin_loss_weight,
     gra_multi_margin_loss(in[0], in[1], .weight = in[2], .reduction = GRA_REDUCE_NONE))
CASE(multi_margin_loss_p2_weight_sum,
     gra_multi_margin_loss(in[0], in[1], 2, 1, in[2], GRA_REDUCE_SUM))
CASE(multi_margin_loss_one, gra_multi_margin_loss(in[0], in[1]))
CASE(multilabel_margin_loss, gra_multilabel_margin_loss(in[0], label_lists(in[1])))
CASE(multilabel_margin_loss_sum,
     gra_multilabel_margin_loss(in[0], label_lists(in[1]), GRA_REDUCE_SUM))
CASE(multilabel_margin_loss_none,
     gra_multilabel_margin_loss(in[0], label_lists(in[1]), GRA_REDUCE_NONE))
CASE(multilabel_margin_loss_one, gra_multilabel_margin_loss(in[0], label_lists(in[1])))
CASE(triplet_margin_loss, gra_triplet_margin_loss(in[0], in[1], in[2]))
CASE(triplet_margin_loss_swap,
     gra_triplet_margin_loss(in[0], in[1], in[2], 2, .swap = true, .reduction = GRA_REDUCE_NONE))
CASE(triplet_margin_loss_p1, gra_triplet_margin_loss(in[0], in[1], in[2], 0.3, 1, 0.1))
CASE(triplet_margin_loss_p3, gra_triplet_margin_loss(in[0], in[1], in[2], .p = 3))
CASE(triplet_margin_loss_max,
     gra_triplet_margin_loss(in[0], in[1], in[2], .p = INFINITY, .reduction = GRA_REDUCE_SUM))
CASE(triplet_margin_loss_broadcast, gra_triplet_margin_loss(in[0], in[1], in[2]))
#else

/* 1 where the tensor is 1 and -1 where it is 0, in the dtype of `like`. */
static gra_tensor *signs(gra_tensor *bits, gra_tensor *like)
{
    return gra_to(gra_sub_scalar(gra_mul_scalar(bits, 2), 1), gra_tensor_dtype(like));
}

/* The labels of each sample, of which those beside the first two are taken away by a -1. */
static gra_tensor *label_lists(gra_tensor *labels)
{
    const int64_t last = gra_tensor_ndim(labels) - 1, n = gra_tensor_shape(labels).size[last];
    gra_tensor *const list = gra_clone(labels);
    gra_fill_(gra_narrow(list, last, 2, n - 2), -1);
    return list;
}
#endif
