/* indexing.h - the cases of tests/pytorch/cases/indexing.py in C; see there for the inputs. */
#ifndef GRA_TESTS_OPS_CASES_INDEXING_H
#define GRA_TESTS_OPS_CASES_INDEXING_H

/* An int64 tensor of a shape. */
#define CASE_INTS(shape, ...)                                                                      \
    gra_from_data(((const int64_t[]){__VA_ARGS__}), shape, .dtype = GRA_INT64)

static inline gra_tensor *case_mask(void)
{
    return gra_to(gra_vector(1, 0, 1), GRA_BOOL);
}

static inline gra_tensor *case_positive(gra_tensor *x)
{
    return gra_gt_scalar(gra_detach(x), 0);
}

/* The indices of sort and topk. */
static inline gra_tensor *case_indices_of_sort(gra_tensor *x, int64_t dim, bool descending)
{
    gra_tensor *indices = NULL;
    gra_sort(x, dim, descending, .stable = true, .indices = &indices);
    return indices;
}

static inline gra_tensor *case_indices_of_topk(gra_tensor *x, int64_t k)
{
    gra_tensor *indices = NULL;
    gra_topk(x, k, .indices = &indices);
    return indices;
}

#define CASE_INDEX(x, ...)                                                                         \
    gra_index(x, (gra_tensor *[]){__VA_ARGS__},                                                    \
              (int)(sizeof((gra_tensor *[]){__VA_ARGS__}) / sizeof(gra_tensor *)))
#define CASE_PUT(x, values, accumulate, ...)                                                       \
    gra_index_put(x, (gra_tensor *[]){__VA_ARGS__},                                                \
                  (int)(sizeof((gra_tensor *[]){__VA_ARGS__}) / sizeof(gra_tensor *)), values,     \
                  accumulate)

#endif

#ifdef CASE
CASE(masked_fill, gra_square(gra_masked_fill(in[0], in[1], -1.5)))
CASE(masked_fill_broadcast_mask, gra_masked_fill(in[0], in[1], 2))
CASE(masked_fill_broadcast_x, gra_masked_fill(in[0], in[1], 2))
CASE(masked_fill_empty, gra_masked_fill(in[0], in[1], 2))
CASE(masked_fill_int, gra_masked_fill(in[0], in[1], 7))
CASE(masked_fill_tensor, gra_square(gra_masked_fill_tensor(in[0], in[1], in[2])))
CASE(masked_fill_inplace, gra_square(gra_masked_fill_(case_result(in[0]), in[1], 2)))
CASE(masked_fill_tensor_inplace,
     gra_square(gra_masked_fill_tensor_(case_result(in[0]), in[1], in[2])))

/* cumsum. */
CASE(cumsum_0, gra_square(gra_cumsum(in[0], 0)))
CASE(cumsum_1, gra_cumsum(in[0], 1))
CASE(cumsum_middle, gra_square(gra_cumsum(in[0], -2)))
CASE(cumsum_transposed, gra_cumsum(in[0], 0))
CASE(cumsum_zero_dim, gra_cumsum(in[0], 0))
CASE(cumsum_one, gra_cumsum(in[0], 1))
CASE(cumsum_empty, gra_cumsum(in[0], 1))
CASE(cumsum_int, gra_cumsum(in[0], 0))
CASE(cumsum_bool, gra_cumsum(in[0], 0))
CASE(cumsum_backward, case_gradient(gra_square(gra_cumsum(in[0], 0)), in[1], in[0]))

/* sort, argsort, topk. */
CASE(sort, gra_square(gra_sort(in[0])))
CASE(sort_0, gra_sort(in[0], 0))
CASE(sort_descending, gra_sort(in[0], 1, .descending = true))
CASE(sort_many, gra_sort(in[0]))
CASE(sort_indices, case_indices_of_sort(in[0], -1, false))
CASE(sort_indices_descending, case_indices_of_sort(in[0], 0, true))
CASE(sort_int, gra_sort(in[0], .stable = true))
CASE(sort_bool, case_indices_of_sort(in[0], -1, false))
CASE(sort_zero_dim, gra_sort(in[0]))
CASE(sort_empty, gra_sort(in[0]))
CASE(sort_one, gra_sort(in[0], 1))
CASE(argsort, gra_argsort(in[0]))
CASE(argsort_descending, gra_argsort(in[0], 0, true))
CASE(topk, gra_square(gra_topk(in[0], 3)))
CASE(topk_of_many, gra_topk(in[0], 4))
CASE(topk_indices, case_indices_of_topk(in[0], 5))
CASE(topk_smallest, gra_topk(in[0], 2, 0, .largest = false))
CASE(topk_all, gra_topk(in[0], 4))
CASE(topk_none, gra_topk(in[0], 0))

/* scatter, scatter_add. */
CASE(scatter_add, gra_square(gra_scatter_add(in[0], 0, in[1], in[2])))
CASE(scatter_add_1, gra_scatter_add(in[0], 1, in[1], in[2]))
CASE(scatter_add_int, gra_scatter_add(in[0], 0, in[1], in[2]))
CASE(scatter_add_empty, gra_scatter_add(in[0], 0, in[1], in[2]))
CASE(scatter_add_inplace, gra_square(gra_scatter_add_(case_result(in[0]), 0, in[1], in[2])))
CASE(scatter, gra_square(gra_scatter(in[0], 0, CASE_INTS(GRA_SHAPE(2, 2), 3, 1, 0, 2), in[1])))
CASE(scatter_inplace,
     gra_square(gra_scatter_(case_result(in[0]), 1, CASE_INTS(GRA_SHAPE(2, 2), 3, 1, 0, 2), in[1])))

/* index, index_put, index_add, nonzero. */
CASE(index_one, gra_square(CASE_INDEX(in[0], in[1])))
CASE(index_two, CASE_INDEX(in[0], in[1], in[2]))
CASE(index_mask, gra_square(CASE_INDEX(in[0], case_mask())))
CASE(index_mask_all, CASE_INDEX(in[0], case_positive(in[0])))
CASE(index_mask_and_index, CASE_INDEX(in[0], case_mask(), CASE_INTS(GRA_SHAPE(2), 1, 3)))
CASE(index_transposed, CASE_INDEX(in[0], in[1]))
CASE(index_empty, CASE_INDEX(in[0], gra_zeros(GRA_SHAPE(0), .dtype = GRA_INT64)))
CASE(index_put, gra_square(CASE_PUT(in[0], in[1], false, CASE_INTS(GRA_SHAPE(2), 3, 0))))
CASE(index_put_broadcast, gra_square(CASE_PUT(in[0], in[1], false, CASE_INTS(GRA_SHAPE(2), 3, 0),
                                              CASE_INTS(GRA_SHAPE(2), -1, 1))))
CASE(index_put_one_value, gra_square(CASE_PUT(in[0], in[1], false, case_positive(in[0]))))
CASE(index_put_accumulate, gra_square(CASE_PUT(in[0], in[2], true, in[1])))
CASE(index_put_int, CASE_PUT(in[0], in[1], true, CASE_INTS(GRA_SHAPE(2), 1, 1)))
CASE(index_put_inplace,
     gra_square(gra_index_put_(case_result(in[0]), (gra_tensor *[]){CASE_INTS(GRA_SHAPE(2), 3, 0)},
                               1, in[1], false)))
CASE(index_add, gra_square(gra_index_add(in[0], 0, in[1], in[2])))
CASE(index_add_alpha, gra_index_add(in[0], 1, in[1], in[2], -0.5))
CASE(nonzero, gra_nonzero(in[0]))
CASE(nonzero_int, gra_nonzero(in[0]))

/* embedding. */
CASE(embedding, gra_square(gra_embedding(in[1], in[0])))
CASE(embedding_one, gra_embedding(in[1], in[0]))
CASE(embedding_empty, gra_embedding(in[1], in[0]))

/* bmm, einsum. */
CASE(bmm, gra_bmm(in[0], in[1]))
CASE(bmm_transposed, gra_bmm(in[0], in[1]))
CASE(bmm_empty, gra_bmm(in[0], in[1]))
CASE(einsum_matmul, gra_einsum("ij,jk->ik", in[0], in[1]))
CASE(einsum_implicit, gra_einsum("ij,jk", in[0], in[1]))
CASE(einsum_spaces, gra_einsum(" i j , j k -> k i ", in[0], in[1]))
CASE(einsum_batch, gra_einsum("bij,bjk->bik", in[0], in[1]))
CASE(einsum_attention, gra_einsum("bqhd,bkhd->bhqk", in[0], in[1]))
CASE(einsum_dot, gra_einsum("i,i->", in[0], in[1]))
CASE(einsum_outer, gra_einsum("i,j->ij", in[0], in[1]))
CASE(einsum_mul, gra_einsum("ij,ij->ij", in[0], in[1]))
CASE(einsum_bilinear, gra_einsum("bi,oij,bj->bo", in[0], in[1], in[2]))
CASE(einsum_chain, gra_einsum("ij,jk,kl", in[0], in[1], in[2]))
CASE(einsum_sum, gra_einsum("ij->", in[0]))
CASE(einsum_sum_one, gra_einsum("ij->j", in[0]))
CASE(einsum_transpose, gra_einsum("ba", in[0]))
CASE(einsum_permute, gra_einsum("ijk->kij", in[0]))
CASE(einsum_trace, gra_einsum("ii->", in[0]))
CASE(einsum_diagonal, gra_einsum("ii->i", in[0]))
CASE(einsum_batch_diagonal, gra_einsum("...ii->...i", in[0]))
CASE(einsum_triple, gra_einsum("iii->i", in[0]))
CASE(einsum_trace_implicit, gra_einsum("ii", in[0]))
CASE(einsum_capitals, gra_einsum("bA,Ac", in[0], in[1]))
CASE(einsum_ellipsis, gra_einsum("...ij,...jk->...ik", in[0], in[1]))
CASE(einsum_ellipsis_implicit, gra_einsum("...ij,jk", in[0], in[1]))
CASE(einsum_ellipsis_broadcast, gra_einsum("...ij,...jk", in[0], in[1]))
CASE(einsum_ellipsis_summed, gra_einsum("...i->i", in[0]))
CASE(einsum_ellipsis_last, gra_einsum("i...,i->...", in[0], in[1]))
CASE(einsum_no_dims, gra_einsum(",i->i", in[0], in[1]))
CASE(einsum_no_dims_out, gra_einsum("i,,->", in[0], in[1], in[2]))
CASE(einsum_size_one, gra_einsum("ij,jk->ik", in[0], in[1]))
CASE(einsum_size_one_kept, gra_einsum("ij,ij->ij", in[0], in[1]))
CASE(einsum_summed_alone, gra_einsum("ij,kl->i", in[0], in[1]))
CASE(einsum_empty, gra_einsum("ij,jk->ik", in[0], in[1]))
CASE(einsum_diagonal_product, gra_einsum("ii,ij->j", in[0], in[1]))
CASE(einsum_transposed, gra_einsum("ij,jk->ik", in[0], in[1]))
CASE(einsum_int, gra_einsum("ij,jk->ik", in[0], in[1]))

/* norm, cosine_similarity. */
CASE(norm_1, gra_norm(in[0], 1))
CASE(norm_1_dim, gra_square(gra_norm(in[0], 1, GRA_DIMS(1))))
CASE(norm_2, gra_norm(in[0], 2))
CASE(norm_2_dim, gra_square(gra_norm(in[0], 2, GRA_DIMS(1))))
CASE(norm_3, gra_norm(in[0], 3))
CASE(norm_3_dim, gra_square(gra_norm(in[0], 3, GRA_DIMS(1))))
CASE(norm_half, gra_norm(in[0], 0.5))
CASE(norm_half_dim, gra_square(gra_norm(in[0], 0.5, GRA_DIMS(1))))
CASE(norm_1_5, gra_norm(in[0], 1.5))
CASE(norm_1_5_dim, gra_square(gra_norm(in[0], 1.5, GRA_DIMS(1))))
CASE(norm_0, gra_norm(in[0], 0))
CASE(norm_0_dim, gra_square(gra_norm(in[0], 0, GRA_DIMS(1))))
CASE(norm_inf, gra_norm(in[0], INFINITY))
CASE(norm_inf_dim, gra_square(gra_norm(in[0], INFINITY, GRA_DIMS(1))))
CASE(norm_minus_inf, gra_norm(in[0], -INFINITY))
CASE(norm_minus_inf_dim, gra_square(gra_norm(in[0], -INFINITY, GRA_DIMS(1))))
CASE(norm_minus_1, gra_norm(in[0], -1))
CASE(norm_minus_1_dim, gra_square(gra_norm(in[0], -1, GRA_DIMS(1))))
CASE(norm_keepdim, gra_norm(in[0], .dims = GRA_DIMS(0, 2), .keepdim = true))
CASE(norm_one, gra_norm(in[0], .dims = GRA_DIMS(1)))
CASE(norm_empty, gra_norm(in[0], .dims = GRA_DIMS(1)))
CASE(norm_zero_dim, gra_norm(in[0]))
CASE(cosine_similarity, gra_cosine_similarity(in[0], in[1]))
CASE(cosine_similarity_broadcast, gra_cosine_similarity(in[0], in[1], -1))
CASE(cosine_similarity_0, gra_cosine_similarity(in[0], in[1], 0, 1e-3))
#endif
