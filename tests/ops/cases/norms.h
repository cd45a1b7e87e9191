/* norms.h - layer, group and instance norm; their twins are in tests/pytorch/cases/norms.py.
 *
 * CASE(name, expression): the expression gives a tensor from gra_tensor **in.
 */
#ifdef CASE
CASE(layer_norm, gra_layer_norm(in[0], GRA_SHAPE(6), in[1], in[2]))
CASE(layer_norm_plain, gra_layer_norm(in[0], GRA_SHAPE(6)))
CASE(layer_norm_weight_only, gra_layer_norm(in[0], GRA_SHAPE(6), in[1]))
CASE(layer_norm_bias_only, gra_layer_norm(in[0], GRA_SHAPE(6), .bias = in[1]))
CASE(layer_norm_two_dims, gra_layer_norm(in[0], GRA_SHAPE(3, 4), in[1], in[2]))
CASE(layer_norm_all_dims, gra_layer_norm(in[0], GRA_SHAPE(2, 3, 4), .eps = 0.1))
CASE(layer_norm_transposed, gra_layer_norm(in[0], GRA_SHAPE(6), in[1], in[2], 1e-2))
CASE(layer_norm_strided, gra_layer_norm(in[0], GRA_SHAPE(6), in[1], in[2]))
CASE(layer_norm_channels_last, gra_layer_norm(in[0], GRA_SHAPE(3, 2, 4), in[1]))
CASE(layer_norm_one, gra_layer_norm(in[0], GRA_SHAPE(1), in[1], in[2]))
CASE(layer_norm_no_rows, gra_layer_norm(in[0], GRA_SHAPE(6), in[1], in[2]))
CASE(layer_norm_vector, gra_layer_norm(in[0], GRA_SHAPE(9)))
CASE(group_norm, gra_group_norm(in[0], 2, in[1], in[2]))
CASE(group_norm_plain, gra_group_norm(in[0], 3))
CASE(group_norm_weight_only, gra_group_norm(in[0], 2, in[1]))
CASE(group_norm_bias_only, gra_group_norm(in[0], 2, .bias = in[1]))
CASE(group_norm_one_group, gra_group_norm(in[0], 1, in[1], in[2], 0.01))
CASE(group_norm_of_channels, gra_group_norm(in[0], 4, in[1], in[2]))
CASE(group_norm_channels_last, gra_group_norm(in[0], 2, in[1], in[2]))
CASE(group_norm_channels_last_plain, gra_group_norm(in[0], 6))
CASE(group_norm_2d, gra_group_norm(in[0], 2, in[1], in[2]))
CASE(group_norm_3d, gra_group_norm(in[0], 2, in[1], in[2]))
CASE(group_norm_strided, gra_group_norm(in[0], 2, in[1], in[2]))
CASE(group_norm_empty, gra_group_norm(in[0], 2, in[1], in[2]))
CASE(instance_norm, gra_instance_norm(in[0], .weight = in[1], .bias = in[2]))
CASE(instance_norm_plain, gra_instance_norm(in[0], .eps = 0.1))
CASE(instance_norm_channels_last, gra_instance_norm(in[0], .weight = in[1], .bias = in[2]))
CASE(instance_norm_1d, gra_instance_norm(in[0], .weight = in[1], .bias = in[2]))
CASE(instance_norm_3d, gra_instance_norm(in[0]))
CASE(instance_norm_running, gra_instance_norm(in[0], in[3], in[4], in[1], in[2], false))
CASE(instance_norm_moves, instance_norm_moves(in))
CASE(batch_norm_3d, gra_batch_norm(in[0], .weight = in[1], .bias = in[2], .training = true))
CASE(batch_norm_1d, gra_batch_norm(in[0], .weight = in[1], .bias = in[2], .training = true))
CASE(normalize, gra_normalize(in[0]))
CASE(normalize_p1_first, gra_normalize(in[0], 1, 0))
CASE(normalize_p3_last, gra_normalize(in[0], 3, -1))
CASE(normalize_p4, gra_normalize(in[0], 4))
CASE(normalize_max, gra_normalize(in[0], INFINITY))
CASE(normalize_eps, gra_normalize(in[0], .eps = 100))
CASE(normalize_channels_last, gra_normalize(in[0]))
CASE(normalize_strided, gra_normalize(in[0], .dim = 0))
CASE(normalize_empty, gra_normalize(in[0]))

/* Dropout, as far as it is not left to chance; in place on a copy. */
#define DROPOUTS(name)                                                                             \
    CASE(name##_eval, gra_square(gra_##name(in[0], 0.5, false)))                                   \
    CASE(name##_p0, gra_square(gra_##name(in[0], 0, true)))                                        \
    CASE(name##_p1, gra_add(in[0], gra_##name(in[0], 1, true)))                                    \
    CASE(name##_in_place, gra_##name##_(gra_square(in[0]), 1, true))                               \
    CASE(name##_in_place_eval, gra_##name##_(gra_square(in[0]), 0.5, false))
DROPOUTS(dropout1d)
DROPOUTS(dropout3d)
DROPOUTS(alpha_dropout)
DROPOUTS(feature_alpha_dropout)
CASE(dropout_in_place, gra_dropout_(gra_square(in[0]), 1, true))
CASE(dropout_in_place_p0, gra_dropout_(gra_square(in[0]), 0, true))
CASE(dropout2d_in_place, gra_dropout2d_(gra_square(in[0]), 1, true))
CASE(dropout2d_in_place_eval, gra_dropout2d_(gra_square(in[0]), 0.5, false))
#undef DROPOUTS
#else

/* The running statistics after two calls. */
static gra_tensor *instance_norm_moves(gra_tensor **in)
{
    gra_tensor *const mean = gra_clone(in[1]), *const var = gra_clone(in[2]);
    gra_instance_norm(in[0], mean, var, .momentum = 0.3);
    gra_instance_norm(gra_mul_scalar(in[0], 2), mean, var);
    return gra_cat((gra_tensor *[]){mean, var}, 2, 0);
}
#endif
