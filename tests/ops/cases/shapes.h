/* shapes.h - cases of the shape, index and product ops; their twins are in tests/pytorch/cases/shapes.py.
 *
 * CASE(name, expression): the expression gives a tensor from gra_tensor **in.
 */
#ifndef GRA_TESTS_OPS_CASES_SHAPES_H
#define GRA_TESTS_OPS_CASES_SHAPES_H

/* Part k of a split or a chunk. */
static inline gra_tensor *shapes_split(gra_tensor *x, int64_t size, int64_t dim, int k)
{
    gra_tensor *parts[8];
    return k < gra_split(x, size, dim, parts, 8) ? parts[k] : NULL;
}

static inline gra_tensor *shapes_chunk(gra_tensor *x, int64_t chunks, int64_t dim, int k)
{
    gra_tensor *parts[8];
    return k < gra_chunk(x, chunks, dim, parts, 8) ? parts[k] : NULL;
}

/* The sum of the squares of all parts, so that the gradients of all parts meet. */
static inline gra_tensor *shapes_split_all(gra_tensor *x, int64_t size, int64_t dim)
{
    gra_tensor *parts[8], *sum = NULL;
    const int count = gra_split(x, size, dim, parts, 8);
    for (int i = 0; i < count; i++) {
        gra_tensor *const term = gra_sum(gra_mul(parts[i], parts[i]), GRA_DIMS(dim));
        sum = sum ? gra_add(sum, term) : term;
    }
    return sum;
}

#endif

#ifdef CASE
CASE(view, gra_view(in[0], GRA_SHAPE(3, 4)))
CASE(view_infer, gra_view(in[0], GRA_SHAPE(4, -1)))
CASE(view_scalar, gra_view(in[0], GRA_SHAPE(1, 1, 1)))
CASE(view_to_scalar, gra_view(in[0], GRA_SCALAR))
CASE(view_of_permuted, gra_view(gra_permute(in[0], GRA_DIMS(2, 0, 1)), GRA_SHAPE(4, 6)))
CASE(view_empty, gra_view(in[0], GRA_SHAPE(3, 0, 2)))
CASE(view_strided, gra_view(in[0], GRA_SHAPE(2, 3, 2, 1)))
CASE(reshape_view, gra_reshape(in[0], GRA_SHAPE(-1)))
CASE(reshape_copy, gra_reshape(in[0], GRA_SHAPE(2, 6)))
CASE(reshape_expanded, gra_reshape(gra_expand(in[0], GRA_SHAPE(3, 4)), GRA_SHAPE(2, 6)))
CASE(reshape_empty, gra_reshape(in[0], GRA_SHAPE(5, 0)))
CASE(flatten_all, gra_flatten(in[0], 0, -1))
CASE(flatten_middle, gra_flatten(in[0], 1, 2))
CASE(flatten_one, gra_flatten(in[0], -1, -1))
CASE(flatten_scalar, gra_flatten(in[0], 0, -1))
CASE(flatten_transposed, gra_flatten(in[0], 1, -1))
CASE(permute, gra_permute(in[0], GRA_DIMS(2, 0, 1)))
CASE(permute_negative, gra_permute(in[0], GRA_DIMS(-1, 0, -2)))
CASE(permute_scalar, gra_permute(in[0], GRA_ALL_DIMS))
CASE(permute_squared,
     gra_mul(gra_permute(in[0], GRA_DIMS(1, 2, 0)), gra_permute(in[0], GRA_DIMS(1, 2, 0))))
CASE(transpose, gra_transpose(in[0], 0, 1))
CASE(transpose_negative, gra_transpose(in[0], -1, 0))
CASE(transpose_same, gra_transpose(in[0], 1, 1))
CASE(transpose_scalar, gra_transpose(in[0], 0, -1))
CASE(transpose_product, gra_mul(gra_transpose(in[0], 0, 1), in[1]))
CASE(squeeze_all, gra_squeeze(in[0], GRA_ALL_DIMS))
CASE(squeeze_some, gra_squeeze(in[0], GRA_DIMS(0, -1)))
CASE(squeeze_noop, gra_squeeze(in[0], GRA_DIMS(1)))
CASE(squeeze_scalar, gra_squeeze(in[0], GRA_DIMS(0)))
CASE(unsqueeze_first, gra_unsqueeze(in[0], 0))
CASE(unsqueeze_last, gra_unsqueeze(in[0], -1))
CASE(unsqueeze_middle, gra_unsqueeze(in[0], 1))
CASE(unsqueeze_scalar, gra_unsqueeze(in[0], 0))
CASE(unsqueeze_outer, gra_mul(gra_unsqueeze(in[0], 1), gra_unsqueeze(in[1], 0)))
CASE(narrow, gra_narrow(in[0], 1, 1, 2))
CASE(narrow_negative_dim, gra_narrow(in[0], -2, 1, 1))
CASE(narrow_empty, gra_narrow(in[0], 0, 2, 0))
CASE(narrow_squared, gra_mul(gra_narrow(in[0], 0, 0, 2), gra_narrow(in[0], 0, 1, 2)))
CASE(select_first, gra_select(in[0], 0, 1))
CASE(select_last, gra_select(in[0], -1, -1))
CASE(select_vector, gra_select(in[0], 0, 2))
CASE(select_product, gra_mul(gra_select(in[0], 1, 0), gra_select(in[0], 1, 2)))
CASE(expand, gra_expand(in[0], GRA_SHAPE(3, 4)))
CASE(expand_leading, gra_expand(in[0], GRA_SHAPE(2, -1, 4)))
CASE(expand_scalar, gra_expand(in[0], GRA_SHAPE(2, 3)))
CASE(expand_zero, gra_expand(in[0], GRA_SHAPE(0, 3)))
CASE(expand_product, gra_mul(gra_expand(in[0], GRA_SHAPE(3, 4)), in[1]))
CASE(repeat, gra_repeat(in[0], GRA_SHAPE(2, 3)))
CASE(repeat_leading, gra_repeat(in[0], GRA_SHAPE(2, 1, 5)))
CASE(repeat_scalar, gra_repeat(in[0], GRA_SHAPE(3, 2)))
CASE(repeat_zero, gra_repeat(in[0], GRA_SHAPE(2, 0)))
CASE(repeat_once, gra_repeat(in[0], GRA_SHAPE(1, 1)))
CASE(repeat_transposed, gra_repeat(in[0], GRA_SHAPE(1, 2)))
CASE(repeat_product, gra_mul(gra_repeat(in[0], GRA_SHAPE(3, 1)), in[1]))
CASE(flip, gra_flip(in[0], GRA_DIMS(0)))
CASE(flip_two, gra_flip(in[0], GRA_DIMS(-1, 0)))
CASE(flip_transposed, gra_flip(in[0], GRA_DIMS(1)))
CASE(flip_empty, gra_flip(in[0], GRA_DIMS(0, 1)))
CASE(flip_product, gra_mul(gra_flip(in[0], GRA_DIMS(1)), in[0]))
CASE(split_first, shapes_split(in[0], 3, 1, 0))
CASE(split_smaller_last, shapes_split(in[0], 3, 1, 2))
CASE(split_all, shapes_split_all(in[0], 2, 1))
CASE(chunk_first, shapes_chunk(in[0], 3, -1, 0))
CASE(chunk_smaller_last, shapes_chunk(in[0], 3, -1, 2))
CASE(cat, gra_cat((gra_tensor *[]){in[0], in[1]}, 2, 0))
CASE(cat_last, gra_cat((gra_tensor *[]){in[0], in[1], in[2]}, 3, -1))
CASE(cat_one, gra_cat(in, 1, 1))
CASE(cat_transposed, gra_cat((gra_tensor *[]){in[0], in[1]}, 2, 1))
CASE(cat_size_zero, gra_cat((gra_tensor *[]){in[0], in[1]}, 2, 0))
CASE(cat_empty_vector, gra_cat((gra_tensor *[]){in[0], in[1]}, 2, 1))
CASE(cat_twice, gra_cat((gra_tensor *[]){in[0], in[0]}, 2, 1))
CASE(cat_product, gra_mul(gra_cat((gra_tensor *[]){in[0], in[1]}, 2, 1), in[2]))
CASE(stack_first, gra_stack((gra_tensor *[]){in[0], in[1]}, 2, 0))
CASE(stack_last, gra_stack((gra_tensor *[]){in[0], in[1]}, 2, -1))
CASE(stack_middle, gra_stack((gra_tensor *[]){in[0], in[1], in[0]}, 3, 1))
CASE(stack_scalars, gra_stack((gra_tensor *[]){in[0], in[1]}, 2, 0))
CASE(stack_product, gra_mul(gra_stack((gra_tensor *[]){in[0], in[1]}, 2, 0), in[2]))
CASE(one_hot, gra_one_hot(in[0], 5))
CASE(one_hot_infer, gra_one_hot(in[0], -1))
CASE(gather, gra_gather(in[0], 1, in[1]))
CASE(gather_first, gra_gather(in[0], 0, in[1]))
CASE(gather_smaller_index, gra_gather(in[0], 2, in[1]))
CASE(gather_transposed, gra_gather(in[0], -1, in[1]))
CASE(gather_empty, gra_gather(in[0], 1, in[1]))
CASE(gather_vector, gra_gather(in[0], 0, in[1]))
CASE(gather_product, gra_mul(gra_gather(in[0], 1, in[1]), gra_gather(in[0], 1, in[2])))
CASE(index_select_first, gra_index_select(in[0], 0, in[1]))
CASE(index_select_middle, gra_index_select(in[0], 1, in[1]))
CASE(index_select_last, gra_index_select(in[0], -1, in[1]))
CASE(index_select_transposed, gra_index_select(in[0], 0, in[1]))
CASE(index_select_empty, gra_index_select(in[0], 0, in[1]))
CASE(index_select_product,
     gra_mul(gra_index_select(in[0], 0, in[1]), gra_index_select(in[0], 0, in[2])))
CASE(matmul, gra_matmul(in[0], in[1]))
CASE(matmul_dot, gra_matmul(in[0], in[1]))
CASE(matmul_matrix_vector, gra_matmul(in[0], in[1]))
CASE(matmul_vector_matrix, gra_matmul(in[0], in[1]))
CASE(matmul_transposed_a, gra_matmul(in[0], in[1]))
CASE(matmul_transposed_b, gra_matmul(in[0], in[1]))
CASE(matmul_transposed_both, gra_matmul(gra_transpose(in[0], 0, 1), gra_transpose(in[1], 0, 1)))
CASE(matmul_strided, gra_matmul(in[0], in[1]))
CASE(matmul_batched, gra_matmul(in[0], in[1]))
CASE(matmul_batched_transposed, gra_matmul(in[0], in[1]))
CASE(matmul_folded, gra_matmul(in[0], in[1]))
CASE(matmul_folded_transposed, gra_matmul(in[0], in[1]))
CASE(matmul_broadcast, gra_matmul(in[0], in[1]))
CASE(matmul_broadcast_left, gra_matmul(in[0], in[1]))
CASE(matmul_batched_vector, gra_matmul(in[0], in[1]))
CASE(matmul_vector_batched, gra_matmul(in[0], in[1]))
CASE(matmul_batch_of_one, gra_matmul(in[0], in[1]))
CASE(matmul_expanded,
     gra_matmul(gra_expand(in[0], GRA_SHAPE(3, 4)), gra_expand(in[1], GRA_SHAPE(4, 2))))
CASE(matmul_inner_zero, gra_matmul(in[0], in[1]))
CASE(matmul_outer_zero, gra_matmul(in[0], in[1]))
CASE(matmul_batch_zero, gra_matmul(in[0], in[1]))
CASE(matmul_row_column, gra_matmul(in[0], in[1]))
CASE(matmul_column_row, gra_matmul(in[0], in[1]))
CASE(matmul_square, gra_matmul(in[0], in[0]))
CASE(rbf, gra_rbf(in[0], in[1]))
CASE(rbf_vector, gra_rbf(in[0], in[1]))
CASE(rbf_leading_dims, gra_rbf(in[0], in[1]))
CASE(rbf_transposed, gra_rbf(in[0], in[1]))
CASE(rbf_strided, gra_rbf(in[0], in[1]))
CASE(rbf_batch_zero, gra_rbf(in[0], in[1]))
CASE(rbf_no_features, gra_rbf(in[0], in[1]))
CASE(rbf_one_output, gra_rbf(in[0], in[1]))
CASE(linear, gra_linear(in[0], in[1], in[2]))
CASE(linear_no_bias, gra_linear(in[0], in[1], NULL))
CASE(linear_vector, gra_linear(in[0], in[1], in[2]))
CASE(linear_leading_dims, gra_linear(in[0], in[1], in[2]))
CASE(linear_transposed, gra_linear(in[0], in[1], in[2]))
CASE(linear_batch_one, gra_linear(in[0], in[1], in[2]))
CASE(linear_batch_zero, gra_linear(in[0], in[1], in[2]))
CASE(linear_no_features, gra_linear(in[0], in[1], in[2]))
CASE(linear_one_output, gra_linear(in[0], in[1], in[2]))
#endif
