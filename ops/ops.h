/* ops.h - every op: its prototype and its formula.
 *
 * May include: core.  Each op stands in its own file, ops/NAME.c, with its formula, its derivative
 * and its schema.  Names, defaults and results are PyTorch's.
 *
 * In general: binary ops broadcast and promote dtypes; results are new tensors unless the op is
 * called a view or ends in an underscore (in place); a NULL argument gives NULL, and what is wrong
 * gives NULL with an error that names the op.  Letters: x, a, b inputs; y the result; N batch, C
 * channels, H height, W width.
 */
#ifndef GRA_OPS_OPS_H
#define GRA_OPS_OPS_H

#include "../core/op.h"

GRA_BEGIN_DECLS

/* ---- arithmetic, elementwise ---- */
gra_tensor *gra_add(gra_tensor *a, gra_tensor *b); /* a + b */
gra_tensor *gra_sub(gra_tensor *a, gra_tensor *b); /* a - b */
gra_tensor *gra_mul(gra_tensor *a, gra_tensor *b); /* a b */
gra_tensor *gra_div(gra_tensor *a, gra_tensor *b); /* a / b, true division: integers give float32 */
gra_tensor *gra_pow(gra_tensor *a, gra_tensor *b); /* a^b */
gra_tensor *gra_maximum(gra_tensor *a,
                        gra_tensor *b); /* max(a, b); NaN wins; a tie halves the gradient */
gra_tensor *gra_minimum(gra_tensor *a, gra_tensor *b); /* min(a, b) */

/* With a number: a whole one keeps an integer dtype, any other makes integers float32. */
gra_tensor *gra_add_scalar(gra_tensor *x, double value);  /* x + value */
gra_tensor *gra_sub_scalar(gra_tensor *x, double value);  /* x - value */
gra_tensor *gra_rsub_scalar(gra_tensor *x, double value); /* value - x */
gra_tensor *gra_mul_scalar(gra_tensor *x, double value);  /* x value */
gra_tensor *gra_div_scalar(gra_tensor *x, double value);  /* x / value */
gra_tensor *gra_rdiv_scalar(gra_tensor *x, double value); /* value / x */
gra_tensor *gra_pow_scalar(gra_tensor *x, double value);  /* x^value */
gra_tensor *gra_one_minus(gra_tensor *x);                 /* 1 - x */

/* In place: the first argument is overwritten and returned. */
gra_tensor *gra_add_(gra_tensor *x, gra_tensor *b);       /* x += b */
gra_tensor *gra_sub_(gra_tensor *x, gra_tensor *b);       /* x -= b */
gra_tensor *gra_mul_(gra_tensor *x, gra_tensor *b);       /* x *= b */
gra_tensor *gra_div_(gra_tensor *x, gra_tensor *b);       /* x /= b */
gra_tensor *gra_add_scalar_(gra_tensor *x, double value); /* x += value */
gra_tensor *gra_sub_scalar_(gra_tensor *x, double value); /* x -= value */
gra_tensor *gra_mul_scalar_(gra_tensor *x, double value); /* x *= value */
gra_tensor *gra_div_scalar_(gra_tensor *x, double value); /* x /= value */
gra_tensor *gra_copy_(gra_tensor *x, gra_tensor *source); /* x = source, broadcast and converted */
gra_tensor *gra_zero_(gra_tensor *x);                     /* x = 0 */
gra_tensor *gra_fill_(gra_tensor *x, double value);       /* x = value */
gra_tensor *gra_clamp_(gra_tensor *x, double min, double max); /* x = min(max(x, min), max) */
gra_tensor *gra_relu_(gra_tensor *x);                          /* x = max(x, 0) */

/* ---- comparisons: bool results, no gradient ---- */
gra_tensor *gra_eq(gra_tensor *a, gra_tensor *b); /* a == b */
gra_tensor *gra_ne(gra_tensor *a, gra_tensor *b); /* a != b */
gra_tensor *gra_lt(gra_tensor *a, gra_tensor *b); /* a < b */
gra_tensor *gra_le(gra_tensor *a, gra_tensor *b); /* a <= b */
gra_tensor *gra_gt(gra_tensor *a, gra_tensor *b); /* a > b */
gra_tensor *gra_ge(gra_tensor *a, gra_tensor *b); /* a >= b */
gra_tensor *gra_eq_scalar(gra_tensor *x, double value);
gra_tensor *gra_ne_scalar(gra_tensor *x, double value);
gra_tensor *gra_lt_scalar(gra_tensor *x, double value);
gra_tensor *gra_le_scalar(gra_tensor *x, double value);
gra_tensor *gra_gt_scalar(gra_tensor *x, double value);
gra_tensor *gra_ge_scalar(gra_tensor *x, double value);
gra_tensor *gra_logical_not(gra_tensor *x);                /* x == 0 */
gra_tensor *gra_logical_and(gra_tensor *a, gra_tensor *b); /* a != 0 and b != 0 */
gra_tensor *gra_logical_or(gra_tensor *a, gra_tensor *b);  /* a != 0 or b != 0 */
gra_tensor *gra_logical_xor(gra_tensor *a, gra_tensor *b); /* (a != 0) != (b != 0) */
gra_tensor *gra_isfinite(gra_tensor *x);                   /* neither NaN nor infinite */

/* ---- functions of one tensor, elementwise ---- */
gra_tensor *gra_neg(gra_tensor *x);        /* -x */
gra_tensor *gra_abs(gra_tensor *x);        /* |x|, gradient sign(x) */
gra_tensor *gra_sign(gra_tensor *x);       /* -1, 0 or 1, gradient 0 */
gra_tensor *gra_square(gra_tensor *x);     /* x^2 */
gra_tensor *gra_exp(gra_tensor *x);        /* e^x */
gra_tensor *gra_log(gra_tensor *x);        /* ln x */
gra_tensor *gra_sqrt(gra_tensor *x);       /* x^(1/2) */
gra_tensor *gra_rsqrt(gra_tensor *x);      /* x^(-1/2) */
gra_tensor *gra_reciprocal(gra_tensor *x); /* 1 / x */
gra_tensor *gra_expm1(gra_tensor *x);      /* e^x - 1, right for small x too */
gra_tensor *gra_log1p(gra_tensor *x);      /* ln(1 + x), right for small x too */
gra_tensor *gra_erf(gra_tensor *x);        /* 2 / sqrt(pi) integral of e^(-t^2) from 0 to x */
gra_tensor *gra_sin(gra_tensor *x);        /* sin x */
gra_tensor *gra_cos(gra_tensor *x);        /* cos x */
gra_tensor *gra_floor(gra_tensor *x);   /* the next whole number below, gradient 0; integers stay */
gra_tensor *gra_ceil(gra_tensor *x);    /* ... above */
gra_tensor *gra_trunc(gra_tensor *x);   /* ... toward zero */
gra_tensor *gra_round(gra_tensor *x);   /* ... nearest, of two the even one */
gra_tensor *gra_relu(gra_tensor *x);    /* max(x, 0), gradient 0 at 0 */
gra_tensor *gra_sigmoid(gra_tensor *x); /* 1 / (1 + e^-x) */
gra_tensor *gra_tanh(gra_tensor *x);    /* (e^x - e^-x) / (e^x + e^-x) */
gra_tensor *gra_clamp(gra_tensor *x, double min, double max); /* min(max(x, min), max); -INFINITY
                                                                 and INFINITY leave a side open */
gra_tensor *gra_where(gra_tensor *condition, gra_tensor *a, gra_tensor *b); /* condition ? a : b */
/* ---- dropout: x itself where training is false ---- */
gra_tensor *gra_dropout(gra_tensor *x, double p, bool training); /* each element 0 with probability
                                                                    p, else x / (1 - p) */

/* The same for whole channels of x [N, C, L] or [C, L], of [N, C, H, W], and of [N, C, D, H, W] or
 * [C, D, H, W]. */
gra_tensor *gra_dropout1d(gra_tensor *x, double p, bool training);
gra_tensor *gra_dropout2d(gra_tensor *x, double p, bool training);
gra_tensor *gra_dropout3d(gra_tensor *x, double p, bool training);

/* Of numbers with mean 0 and variance 1, which so they keep: each element -1.7581 with probability p, else x,
 * then scaled and shifted; and the same for whole channels of x [N, C, ...]. */
gra_tensor *gra_alpha_dropout(gra_tensor *x, double p, bool training);
gra_tensor *gra_feature_alpha_dropout(gra_tensor *x, double p, bool training);

/* In place. */
gra_tensor *gra_dropout_(gra_tensor *x, double p, bool training);
gra_tensor *gra_dropout1d_(gra_tensor *x, double p, bool training);
gra_tensor *gra_dropout2d_(gra_tensor *x, double p, bool training);
gra_tensor *gra_dropout3d_(gra_tensor *x, double p, bool training);
gra_tensor *gra_alpha_dropout_(gra_tensor *x, double p, bool training);
gra_tensor *gra_feature_alpha_dropout_(gra_tensor *x, double p, bool training);

/* ---- activations, elementwise: floating point only, but for hardtanh and relu6; with .inplace x is
 * overwritten and returned ---- */
typedef struct gra_leaky_relu_options {
    int begin_;
    gra_tensor *x;
    double negative_slope; /* 0.01; in place with a gradient at least 0 */
    bool inplace;          /* false */
} gra_leaky_relu_options;

typedef struct gra_elu_options {
    int begin_;
    gra_tensor *x;
    double alpha; /* 1; in place with a gradient at least 0 */
    bool inplace; /* false */
} gra_elu_options;

typedef struct gra_selu_options {
    int begin_;
    gra_tensor *x;
    bool inplace; /* false */
} gra_selu_options;

typedef struct gra_celu_options {
    int begin_;
    gra_tensor *x;
    double alpha; /* 1; in place with a gradient above 0 */
    bool inplace; /* false */
} gra_celu_options;

typedef struct gra_gelu_options {
    int begin_;
    gra_tensor *x;
    const char *approximate; /* "none"; or "tanh" */
} gra_gelu_options;

typedef struct gra_silu_options {
    int begin_;
    gra_tensor *x;
    bool inplace; /* false */
} gra_silu_options;

typedef struct gra_softplus_options {
    int begin_;
    gra_tensor *x;
    double beta;      /* 1 */
    double threshold; /* 20: where beta x is greater, y = x */
} gra_softplus_options;

typedef struct gra_hardtanh_options {
    int begin_;
    gra_tensor *x;
    double min_val, max_val; /* -1 and 1; rounded toward zero for integers */
    bool inplace;            /* false */
} gra_hardtanh_options;

typedef struct gra_relu6_options {
    int begin_;
    gra_tensor *x;
    bool inplace; /* false */
} gra_relu6_options;

gra_leaky_relu_options gra_leaky_relu_defaults(void);
gra_elu_options gra_elu_defaults(void);
gra_selu_options gra_selu_defaults(void);
gra_celu_options gra_celu_defaults(void);
gra_gelu_options gra_gelu_defaults(void);
gra_silu_options gra_silu_defaults(void);
gra_softplus_options gra_softplus_defaults(void);
gra_hardtanh_options gra_hardtanh_defaults(void);
gra_relu6_options gra_relu6_defaults(void);

gra_tensor *gra_leaky_relu_with(gra_leaky_relu_options o); /* x > 0 ? x : negative_slope x */
gra_tensor *gra_elu_with(gra_elu_options o);               /* x > 0 ? x : alpha (e^x - 1) */
gra_tensor *gra_selu_with(gra_selu_options o);         /* 1.0507 (x > 0 ? x : 1.6733 (e^x - 1)) */
gra_tensor *gra_celu_with(gra_celu_options o);         /* x > 0 ? x : alpha (e^(x / alpha) - 1) */
gra_tensor *gra_gelu_with(gra_gelu_options o);         /* x (1 + erf(x / sqrt 2)) / 2; by tanh:
                                     x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
gra_tensor *gra_silu_with(gra_silu_options o);         /* x / (1 + e^-x) */
gra_tensor *gra_softplus_with(gra_softplus_options o); /* ln(1 + e^(beta x)) / beta */
gra_tensor *gra_hardtanh_with(gra_hardtanh_options o); /* min(max(x, min_val), max_val), gradient 0
                                                          at both bounds */
gra_tensor *gra_relu6_with(gra_relu6_options o); /* min(max(x, 0), 6), gradient 0 at 0 and 6 */
gra_tensor *gra_prelu(gra_tensor *x, gra_tensor *weight); /* x > 0 ? x : weight x; weight [1], or
                                                             [C] for x [N, C, ...] */

#ifndef __cplusplus
#define gra_leaky_relu(...)                                                                        \
    gra_leaky_relu_with(                                                                           \
        GRA_KEYWORDS(gra_leaky_relu_options, .negative_slope = 0.01, .begin_ = 0, __VA_ARGS__))
#define gra_elu(...)                                                                               \
    gra_elu_with(GRA_KEYWORDS(gra_elu_options, .alpha = 1, .begin_ = 0, __VA_ARGS__))
#define gra_selu(...) gra_selu_with(GRA_KEYWORDS(gra_selu_options, .begin_ = 0, __VA_ARGS__))
#define gra_celu(...)                                                                              \
    gra_celu_with(GRA_KEYWORDS(gra_celu_options, .alpha = 1, .begin_ = 0, __VA_ARGS__))
#define gra_gelu(...)                                                                              \
    gra_gelu_with(GRA_KEYWORDS(gra_gelu_options, .approximate = "none", .begin_ = 0, __VA_ARGS__))
#define gra_silu(...) gra_silu_with(GRA_KEYWORDS(gra_silu_options, .begin_ = 0, __VA_ARGS__))
#define gra_softplus(...)                                                                          \
    gra_softplus_with(                                                                             \
        GRA_KEYWORDS(gra_softplus_options, .beta = 1, .threshold = 20, .begin_ = 0, __VA_ARGS__))
#define gra_hardtanh(...)                                                                          \
    gra_hardtanh_with(                                                                             \
        GRA_KEYWORDS(gra_hardtanh_options, .min_val = -1, .max_val = 1, .begin_ = 0, __VA_ARGS__))
#define gra_relu6(...) gra_relu6_with(GRA_KEYWORDS(gra_relu6_options, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- reductions over any dims; no dims given means all ---- */
typedef struct gra_reduce_options {
    int begin_;
    gra_tensor *x;
    gra_dims dims; /* empty: all */
    bool keepdim;  /* false: the reduced dims vanish; true: they stay with size 1 */
} gra_reduce_options;

typedef struct gra_var_options {
    int begin_;
    gra_tensor *x;
    gra_dims dims;
    int64_t correction; /* 1: Bessel's, sum of squares over (n - 1) */
    bool keepdim;
} gra_var_options;

#define GRA_NO_DIM INT64_MIN /* the whole tensor, flattened */

typedef struct gra_arg_options {
    int begin_;
    gra_tensor *x;
    int64_t dim; /* GRA_NO_DIM */
    bool keepdim;
} gra_arg_options;

gra_reduce_options gra_reduce_defaults(void);
gra_var_options gra_var_defaults(void);
gra_arg_options gra_arg_defaults(void);

gra_tensor *gra_sum_with(gra_reduce_options o);       /* sum x; integers and bools give int64 */
gra_tensor *gra_mean_with(gra_reduce_options o);      /* sum x / n; floating point only */
gra_tensor *gra_var_with(gra_var_options o);          /* sum (x - mean)^2 / (n - correction) */
gra_tensor *gra_max_with(gra_reduce_options o);       /* PyTorch's amax: ties share the gradient */
gra_tensor *gra_min_with(gra_reduce_options o);       /* amin */
gra_tensor *gra_prod_with(gra_reduce_options o);      /* product */
gra_tensor *gra_any_with(gra_reduce_options o);       /* bool: some x != 0 */
gra_tensor *gra_all_with(gra_reduce_options o);       /* bool: every x != 0 */
gra_tensor *gra_logsumexp_with(gra_reduce_options o); /* ln sum e^x, without overflow */
gra_tensor *gra_argmax_with(gra_arg_options o);       /* int64 index of the first maximum */
gra_tensor *gra_argmin_with(gra_arg_options o);
gra_tensor *gra_sum_to(gra_tensor *x,
                       gra_shape shape); /* sums the dims that shape broadcasts over */

#ifndef __cplusplus
#define gra_sum(...)                                                                               \
    gra_sum_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,   \
                              __VA_ARGS__))
#define gra_mean(...)                                                                              \
    gra_mean_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,  \
                               __VA_ARGS__))
#define gra_var(...)                                                                               \
    gra_var_with(GRA_KEYWORDS(gra_var_options, .dims = {&gra_dims_kind, 0, {0}}, .correction = 1,  \
                              .begin_ = 0, __VA_ARGS__))
#define gra_max(...)                                                                               \
    gra_max_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,   \
                              __VA_ARGS__))
#define gra_min(...)                                                                               \
    gra_min_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,   \
                              __VA_ARGS__))
#define gra_prod(...)                                                                              \
    gra_prod_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,  \
                               __VA_ARGS__))
#define gra_any(...)                                                                               \
    gra_any_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,   \
                              __VA_ARGS__))
#define gra_all(...)                                                                               \
    gra_all_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}}, .begin_ = 0,   \
                              __VA_ARGS__))
#define gra_logsumexp(...)                                                                         \
    gra_logsumexp_with(GRA_KEYWORDS(gra_reduce_options, .dims = {&gra_dims_kind, 0, {0}},          \
                                    .begin_ = 0, __VA_ARGS__))
#define gra_argmax(...)                                                                            \
    gra_argmax_with(GRA_KEYWORDS(gra_arg_options, .dim = GRA_NO_DIM, .begin_ = 0, __VA_ARGS__))
#define gra_argmin(...)                                                                            \
    gra_argmin_with(GRA_KEYWORDS(gra_arg_options, .dim = GRA_NO_DIM, .begin_ = 0, __VA_ARGS__))
#endif

typedef struct gra_norm_options {
    int begin_;
    gra_tensor *x;
    double
        p; /* 2; any number, INFINITY: the largest |x|, -INFINITY: the smallest, 0: how many are not 0 */
    gra_dims dims; /* empty: all */
    bool keepdim;  /* false */
} gra_norm_options;

typedef struct gra_cosine_similarity_options {
    int begin_;
    gra_tensor *x1, *x2; /* broadcast */
    int64_t dim;         /* 1 */
    double eps;          /* 1e-8: the least length to divide by */
} gra_cosine_similarity_options;

gra_norm_options gra_norm_defaults(void);
gra_cosine_similarity_options gra_cosine_similarity_defaults(void);
gra_tensor *gra_norm_with(
    gra_norm_options o); /* (sum |x|^p)^(1/p); where it is 0 the gradient is 0 */
gra_tensor *gra_cosine_similarity_with(
    gra_cosine_similarity_options o); /* x1 x2 / (|x1| |x2|) along dim */

#ifndef __cplusplus
#define gra_norm(...)                                                                              \
    gra_norm_with(GRA_KEYWORDS(gra_norm_options, .p = 2, .dims = {&gra_dims_kind, 0, {0}},         \
                               .begin_ = 0, __VA_ARGS__))
#define gra_cosine_similarity(...)                                                                 \
    gra_cosine_similarity_with(GRA_KEYWORDS(gra_cosine_similarity_options, .dim = 1, .eps = 1e-8,  \
                                            .begin_ = 0, __VA_ARGS__))
#endif

gra_tensor *gra_cumsum(gra_tensor *x,
                       int64_t dim); /* x_0 + ... + x_i along dim; integers give int64 */
gra_tensor *gra_softmax(gra_tensor *x, int64_t dim);     /* e^x / sum e^x along dim */
gra_tensor *gra_log_softmax(gra_tensor *x, int64_t dim); /* x - ln sum e^x along dim */

/* ---- losses: the mean over all terms, their sum, or the terms themselves ----
 *
 * input and target broadcast where nothing else is said. */
typedef enum gra_reduction {
    GRA_REDUCE_MEAN,
    GRA_REDUCE_SUM,
    GRA_REDUCE_NONE,
    GRA_REDUCE_BATCHMEAN /* of kl_div alone: the sum over the number of samples */
} gra_reduction;

typedef struct gra_cross_entropy_options {
    int begin_;
    gra_tensor *input;       /* logits [N, C] or [C] or [N, C, d1, ...] */
    gra_tensor *target;      /* int64 class indices [N], [] or [N, d1, ...], 0 to C-1; or a
                                probability for each class, in input's shape and dtype */
    gra_reduction reduction; /* GRA_REDUCE_MEAN: over the weights of the targets that count */
    int64_t ignore_index;    /* -100: targets with this value count for nothing */
    gra_tensor *weight;      /* NULL, or [C]: of the classes */
    double label_smoothing;  /* 0: the part of each target that is spread evenly over the classes */
} gra_cross_entropy_options;

typedef struct gra_nll_loss_options {
    int begin_;
    gra_tensor *input;       /* logarithms of probabilities [N, C], [C] or [N, C, d1, ...] */
    gra_tensor *target;      /* int64 class indices [N], [] or [N, d1, ...], 0 to C-1 */
    gra_tensor *weight;      /* NULL, or [C]: of the classes */
    gra_reduction reduction; /* GRA_REDUCE_MEAN: over the weights of the targets that count */
    int64_t ignore_index;    /* -100: targets with this value count for nothing */
} gra_nll_loss_options;

typedef struct gra_map_loss_options {
    int begin_;
    gra_tensor *input;       /* penalties of classes [N, C], [C] or [N, C, d1, ...] */
    gra_tensor *target;      /* int64 class indices [N], [] or [N, d1, ...], 0 to C-1 */
    double j;                /* 1: penalty of a class that stands for rubbish; finite */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_map_loss_options;

typedef struct gra_mse_loss_options {
    int begin_;
    gra_tensor *input, *target;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    gra_tensor *weight;      /* NULL, or one for each term: the mean is then weighted */
} gra_mse_loss_options;

typedef struct gra_l1_loss_options {
    int begin_;
    gra_tensor *input, *target;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    gra_tensor *weight;      /* NULL, or one for each term: the mean is then weighted */
} gra_l1_loss_options;

typedef struct gra_smooth_l1_loss_options {
    int begin_;
    gra_tensor *input, *target;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    double beta;             /* 1: errors below are squared; 0: none, as l1_loss */
} gra_smooth_l1_loss_options;

typedef struct gra_huber_loss_options {
    int begin_;
    gra_tensor *input, *target;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    double delta;            /* 1: errors below are squared */
    gra_tensor *weight;      /* NULL, or one for each term: the mean is that of weight * term */
} gra_huber_loss_options;

typedef struct gra_binary_cross_entropy_options {
    int begin_;
    gra_tensor *input;       /* probabilities, 0 to 1 */
    gra_tensor *target;      /* 0 to 1 */
    gra_tensor *weight;      /* NULL, or what the terms are multiplied with */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_binary_cross_entropy_options;

typedef struct gra_binary_cross_entropy_with_logits_options {
    int begin_;
    gra_tensor *input;       /* logits, of any size */
    gra_tensor *target;      /* 0 to 1 */
    gra_tensor *weight;      /* NULL, or what the terms are multiplied with */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    gra_tensor *pos_weight;  /* NULL, or the weight of the targets that are 1 */
} gra_binary_cross_entropy_with_logits_options;

typedef struct gra_kl_div_options {
    int begin_;
    gra_tensor *input;       /* the logarithm of probabilities */
    gra_tensor *target;      /* probabilities, or with log_target their logarithm */
    gra_reduction reduction; /* GRA_REDUCE_MEAN; the definition is GRA_REDUCE_BATCHMEAN */
    bool log_target;         /* false */
} gra_kl_div_options;

typedef struct gra_poisson_nll_loss_options {
    int begin_;
    gra_tensor *input, *target; /* rates or their logarithm, and counts */
    bool log_input;             /* true */
    bool full;                  /* false; true adds Stirling's approximation of ln target! */
    double eps;                 /* 1e-8, added to the rate where log_input is false */
    gra_reduction reduction;    /* GRA_REDUCE_MEAN */
} gra_poisson_nll_loss_options;

typedef struct gra_gaussian_nll_loss_options {
    int begin_;
    gra_tensor *input, *target; /* means, and samples */
    gra_tensor *var;            /* variances: input's shape, with one size 1 or without the last */
    bool full;                  /* false; true adds ln(2 pi) / 2 */
    double eps;                 /* 1e-6: the least variance */
    gra_reduction reduction;    /* GRA_REDUCE_MEAN */
} gra_gaussian_nll_loss_options;

typedef struct gra_margin_ranking_loss_options {
    int begin_;
    gra_tensor *input1, *input2;
    gra_tensor *target;      /* 1: input1 is to be larger by margin; -1: smaller */
    double margin;           /* 0 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_margin_ranking_loss_options;

typedef struct gra_hinge_embedding_loss_options {
    int begin_;
    gra_tensor *input;       /* distances */
    gra_tensor *target;      /* 1: to be small; -1: to be at least margin */
    double margin;           /* 1 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_hinge_embedding_loss_options;

typedef struct gra_cosine_embedding_loss_options {
    int begin_;
    gra_tensor *input1, *input2; /* [N, D] or [D] */
    gra_tensor *target;          /* [N] or []: 1: to point the same way; -1: cosine <= margin */
    double margin;               /* 0 */
    gra_reduction reduction;     /* GRA_REDUCE_MEAN */
} gra_cosine_embedding_loss_options;

typedef struct gra_soft_margin_loss_options {
    int begin_;
    gra_tensor *input;
    gra_tensor *target;      /* 1 or -1 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_soft_margin_loss_options;

typedef struct gra_multilabel_soft_margin_loss_options {
    int begin_;
    gra_tensor *input;       /* [N, C] or [C] */
    gra_tensor *target;      /* the same: 0 or 1 for each class */
    gra_tensor *weight;      /* NULL, or [C] */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_multilabel_soft_margin_loss_options;

typedef struct gra_multi_margin_loss_options {
    int begin_;
    gra_tensor *input;       /* scores [N, C] or [C] */
    gra_tensor *target;      /* int64 class indices [N] or [] */
    int64_t p;               /* 1 or 2; 1 */
    double margin;           /* 1 */
    gra_tensor *weight;      /* NULL, or [C]: of the target's class */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_multi_margin_loss_options;

typedef struct gra_multilabel_margin_loss_options {
    int begin_;
    gra_tensor *input;       /* scores [N, C] or [C] */
    gra_tensor *target;      /* int64, the same shape: a sample's classes, then -1 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_multilabel_margin_loss_options;

typedef struct gra_triplet_margin_loss_options {
    int begin_;
    gra_tensor *anchor, *positive, *negative; /* [..., D] */
    double margin;                            /* 1 */
    double p;                                 /* 2: of the norm over D; above 0 */
    double eps;                               /* 1e-6: added to each difference */
    bool swap; /* false; true: the negative's distance from positive counts where it is smaller */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_triplet_margin_loss_options;

gra_cross_entropy_options gra_cross_entropy_defaults(void);
gra_nll_loss_options gra_nll_loss_defaults(void);
gra_map_loss_options gra_map_loss_defaults(void);
gra_mse_loss_options gra_mse_loss_defaults(void);
gra_l1_loss_options gra_l1_loss_defaults(void);
gra_smooth_l1_loss_options gra_smooth_l1_loss_defaults(void);
gra_huber_loss_options gra_huber_loss_defaults(void);
gra_binary_cross_entropy_options gra_binary_cross_entropy_defaults(void);
gra_binary_cross_entropy_with_logits_options gra_binary_cross_entropy_with_logits_defaults(void);
gra_kl_div_options gra_kl_div_defaults(void);
gra_poisson_nll_loss_options gra_poisson_nll_loss_defaults(void);
gra_gaussian_nll_loss_options gra_gaussian_nll_loss_defaults(void);
gra_margin_ranking_loss_options gra_margin_ranking_loss_defaults(void);
gra_hinge_embedding_loss_options gra_hinge_embedding_loss_defaults(void);
gra_cosine_embedding_loss_options gra_cosine_embedding_loss_defaults(void);
gra_soft_margin_loss_options gra_soft_margin_loss_defaults(void);
gra_multilabel_soft_margin_loss_options gra_multilabel_soft_margin_loss_defaults(void);
gra_multi_margin_loss_options gra_multi_margin_loss_defaults(void);
gra_multilabel_margin_loss_options gra_multilabel_margin_loss_defaults(void);
gra_triplet_margin_loss_options gra_triplet_margin_loss_defaults(void);

gra_tensor *gra_cross_entropy_with(gra_cross_entropy_options o); /* -log_softmax(input)[target] */
gra_tensor *gra_nll_loss_with(gra_nll_loss_options o);           /* -weight input[target] */
gra_tensor *gra_map_loss_with(gra_map_loss_options o); /* input[target] + ln(e^-j + sum e^-input) */
gra_tensor *gra_mse_loss_with(gra_mse_loss_options o); /* d^2, d = input - target */
gra_tensor *gra_l1_loss_with(gra_l1_loss_options o);   /* |d| */
gra_tensor *gra_smooth_l1_loss_with(
    gra_smooth_l1_loss_options o); /* |d| < beta ? d^2 / (2 beta) : |d| - beta / 2 */
gra_tensor *gra_huber_loss_with(
    gra_huber_loss_options o); /* |d| < delta ? d^2 / 2 : delta (|d| - delta / 2) */
gra_tensor *gra_binary_cross_entropy_with(
    gra_binary_cross_entropy_options o); /* -t ln x - (1 - t) ln(1 - x), logarithms at least -100 */
gra_tensor *gra_binary_cross_entropy_with_logits_with(
    gra_binary_cross_entropy_with_logits_options o); /* the same of x = 1 / (1 + e^-input) */
gra_tensor *gra_kl_div_with(gra_kl_div_options o);   /* target (ln target - input) */
gra_tensor *gra_poisson_nll_loss_with(
    gra_poisson_nll_loss_options o); /* e^input - target input, or input - target ln input */
gra_tensor *gra_gaussian_nll_loss_with(
    gra_gaussian_nll_loss_options o); /* (ln var + d^2 / var) / 2 */
gra_tensor *gra_margin_ranking_loss_with(
    gra_margin_ranking_loss_options o); /* max(0, margin - target (input1 - input2)) */
gra_tensor *gra_hinge_embedding_loss_with(
    gra_hinge_embedding_loss_options o); /* input, or max(0, margin - input) where target is -1 */
gra_tensor *gra_cosine_embedding_loss_with(
    gra_cosine_embedding_loss_options o); /* 1 - cos, or max(0, cos - margin) where target is -1 */
gra_tensor *gra_soft_margin_loss_with(
    gra_soft_margin_loss_options o); /* ln(1 + e^(-target input)) */
gra_tensor *gra_multilabel_soft_margin_loss_with(
    gra_multilabel_soft_margin_loss_options o); /* of logits, the mean over the classes */
gra_tensor *gra_multi_margin_loss_with(
    gra_multi_margin_loss_options o); /* sum_k max(0, margin - input[target] + input[k])^p / C */
gra_tensor *gra_multilabel_margin_loss_with(
    gra_multilabel_margin_loss_options o); /* sum_jk max(0, 1 - input[j] + input[k]) / C */
gra_tensor *gra_triplet_margin_loss_with(
    gra_triplet_margin_loss_options
        o); /* max(0, margin + |anchor - positive| - |anchor - negative|) */

#ifndef __cplusplus
#define gra_cross_entropy(...)                                                                     \
    gra_cross_entropy_with(                                                                        \
        GRA_KEYWORDS(gra_cross_entropy_options, .ignore_index = -100, .begin_ = 0, __VA_ARGS__))
#define gra_map_loss(...)                                                                          \
    gra_map_loss_with(GRA_KEYWORDS(gra_map_loss_options, .j = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nll_loss(...)                                                                          \
    gra_nll_loss_with(                                                                             \
        GRA_KEYWORDS(gra_nll_loss_options, .ignore_index = -100, .begin_ = 0, __VA_ARGS__))
#define gra_mse_loss(...)                                                                          \
    gra_mse_loss_with(GRA_KEYWORDS(gra_mse_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_l1_loss(...)                                                                           \
    gra_l1_loss_with(GRA_KEYWORDS(gra_l1_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_smooth_l1_loss(...)                                                                    \
    gra_smooth_l1_loss_with(                                                                       \
        GRA_KEYWORDS(gra_smooth_l1_loss_options, .beta = 1, .begin_ = 0, __VA_ARGS__))
#define gra_huber_loss(...)                                                                        \
    gra_huber_loss_with(GRA_KEYWORDS(gra_huber_loss_options, .delta = 1, .begin_ = 0, __VA_ARGS__))
#define gra_binary_cross_entropy(...)                                                              \
    gra_binary_cross_entropy_with(                                                                 \
        GRA_KEYWORDS(gra_binary_cross_entropy_options, .begin_ = 0, __VA_ARGS__))
#define gra_binary_cross_entropy_with_logits(...)                                                  \
    gra_binary_cross_entropy_with_logits_with(                                                     \
        GRA_KEYWORDS(gra_binary_cross_entropy_with_logits_options, .begin_ = 0, __VA_ARGS__))
#define gra_kl_div(...) gra_kl_div_with(GRA_KEYWORDS(gra_kl_div_options, .begin_ = 0, __VA_ARGS__))
#define gra_poisson_nll_loss(...)                                                                  \
    gra_poisson_nll_loss_with(GRA_KEYWORDS(gra_poisson_nll_loss_options, .log_input = true,        \
                                           .eps = 1e-8, .begin_ = 0, __VA_ARGS__))
#define gra_gaussian_nll_loss(...)                                                                 \
    gra_gaussian_nll_loss_with(                                                                    \
        GRA_KEYWORDS(gra_gaussian_nll_loss_options, .eps = 1e-6, .begin_ = 0, __VA_ARGS__))
#define gra_margin_ranking_loss(...)                                                               \
    gra_margin_ranking_loss_with(                                                                  \
        GRA_KEYWORDS(gra_margin_ranking_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_hinge_embedding_loss(...)                                                              \
    gra_hinge_embedding_loss_with(                                                                 \
        GRA_KEYWORDS(gra_hinge_embedding_loss_options, .margin = 1, .begin_ = 0, __VA_ARGS__))
#define gra_cosine_embedding_loss(...)                                                             \
    gra_cosine_embedding_loss_with(                                                                \
        GRA_KEYWORDS(gra_cosine_embedding_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_triplet_margin_loss(...)                                                               \
    gra_triplet_margin_loss_with(GRA_KEYWORDS(gra_triplet_margin_loss_options, .margin = 1,        \
                                              .p = 2, .eps = 1e-6, .begin_ = 0, __VA_ARGS__))
#define gra_soft_margin_loss(...)                                                                  \
    gra_soft_margin_loss_with(GRA_KEYWORDS(gra_soft_margin_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_multilabel_soft_margin_loss(...)                                                       \
    gra_multilabel_soft_margin_loss_with(                                                          \
        GRA_KEYWORDS(gra_multilabel_soft_margin_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_multi_margin_loss(...)                                                                 \
    gra_multi_margin_loss_with(GRA_KEYWORDS(gra_multi_margin_loss_options, .p = 1, .margin = 1,    \
                                            .begin_ = 0, __VA_ARGS__))
#define gra_multilabel_margin_loss(...)                                                            \
    gra_multilabel_margin_loss_with(                                                               \
        GRA_KEYWORDS(gra_multilabel_margin_loss_options, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- products ---- */
gra_tensor *gra_matmul(gra_tensor *a, gra_tensor *b); /* as PyTorch: vectors, matrices, batches */
gra_tensor *gra_bmm(gra_tensor *a, gra_tensor *b);    /* [B, M, K] [B, K, N], no broadcasting */
gra_tensor *gra_linear(gra_tensor *x, gra_tensor *w, gra_tensor *bias); /* x w^T + bias: x [..., I],
                                                       w [O, I], bias [O] or NULL, result [..., O] */
gra_tensor *gra_rbf(gra_tensor *x, gra_tensor *w); /* y_i = sum_j (x_j - w_ij)^2: x [..., I],
                                                       w [O, I], result [..., O] */

/* Sums of products by an equation: "ij,jk->ik" is a product of matrices, "bii->bi" diagonals, "ij->" a sum;
 * "..." stands for any dims. At most 8 dims each, 32 operands. */
gra_tensor *gra_einsum_of(const char *equation, gra_tensor *const *operands, int count);
#ifndef __cplusplus
#define gra_einsum(equation, ...)                                                                  \
    gra_einsum_of(equation, (gra_tensor *const[]){__VA_ARGS__},                                    \
                  (int)(sizeof((gra_tensor *const[]){__VA_ARGS__}) / sizeof(gra_tensor *)))
#endif

/* ---- convolution and pooling: x [N, C, H, W] or [C, H, W] ---- */
typedef enum gra_activation { GRA_NO_ACTIVATION, GRA_RELU } gra_activation;

#define GRA_SAME                                                                                   \
    INT64_MIN /* a padding: as many zeros as keep the size, one more behind than before where
                              their number is odd; stride 1 only */

typedef struct gra_conv2d_options {
    int begin_;
    gra_tensor *input;  /* [N, C, H, W] */
    gra_tensor *weight; /* [K, C / groups, R, S] */
    gra_tensor *bias;   /* [K] or NULL */
    int64_t stride;     /* 1 */
    int64_t padding;    /* 0: zeros on each side; GRA_SAME: the result is as large as input */
    int64_t dilation;   /* 1 */
    int64_t groups;     /* 1 */
    gra_activation activation; /* GRA_NO_ACTIVATION; GRA_RELU is fused: y = max(0, y) */
    bool flip_kernel;          /* false; true: w[k,c,R-1-r,S-1-s] in place of w[k,c,r,s] */
    int64_t stride_hw[2];      /* given instead of stride: height, width */
    int64_t padding_hw[2];
    int64_t dilation_hw[2];
} gra_conv2d_options;

typedef struct gra_conv1d_options {
    int begin_;
    gra_tensor *input;         /* [N, C, L] or [C, L] */
    gra_tensor *weight;        /* [K, C / groups, S] */
    gra_tensor *bias;          /* [K] or NULL */
    int64_t stride;            /* 1 */
    int64_t padding;           /* 0, or GRA_SAME */
    int64_t dilation;          /* 1 */
    int64_t groups;            /* 1 */
    gra_activation activation; /* GRA_NO_ACTIVATION */
    bool flip_kernel;          /* false */
} gra_conv1d_options;

typedef struct gra_conv3d_options {
    int begin_;
    gra_tensor *input;     /* [N, C, D, H, W] or [C, D, H, W] */
    gra_tensor *weight;    /* [K, C / groups, T, R, S] */
    gra_tensor *bias;      /* [K] or NULL */
    int64_t stride;        /* 1 */
    int64_t padding;       /* 0, or GRA_SAME */
    int64_t dilation;      /* 1 */
    int64_t groups;        /* 1 */
    int64_t stride_dhw[3]; /* given instead of stride: depth, height, width */
    int64_t padding_dhw[3];
    int64_t dilation_dhw[3];
} gra_conv3d_options;

typedef struct gra_conv_transpose2d_options {
    int begin_;
    gra_tensor *input;      /* [N, C, H, W] or [C, H, W] */
    gra_tensor *weight;     /* [C, K / groups, R, S] */
    gra_tensor *bias;       /* [K] or NULL */
    int64_t stride;         /* 1 */
    int64_t padding;        /* 0: rows and columns that are left out on each side */
    int64_t output_padding; /* 0: rows and columns added at the bottom and at the right; less than
                               the stride or the dilation */
    int64_t groups;         /* 1 */
    int64_t dilation;       /* 1 */
    int64_t stride_hw[2];   /* given instead of stride: height, width */
    int64_t padding_hw[2];
    int64_t output_padding_hw[2];
    int64_t dilation_hw[2];
} gra_conv_transpose2d_options;

typedef struct gra_locally_connected2d_options {
    int begin_;
    gra_tensor *input;    /* [N, C, H, W] or [C, H, W] */
    gra_tensor *weight;   /* [P, Q, K, C, R, S]: P x Q output pixels */
    gra_tensor *bias;     /* [K, P, Q] or NULL */
    int64_t stride;       /* 1 */
    int64_t padding;      /* 0 */
    int64_t dilation;     /* 1 */
    int64_t stride_hw[2]; /* given instead of stride: height, width */
    int64_t padding_hw[2];
    int64_t dilation_hw[2];
} gra_locally_connected2d_options;

typedef struct gra_unfold_options {
    int begin_;
    gra_tensor *input; /* [N, C, H, W] or [C, H, W] */
    int64_t kernel_size;
    int64_t dilation; /* 1 */
    int64_t padding;  /* 0 */
    int64_t stride;   /* 1 */
    int64_t kernel_size_hw[2];
    int64_t dilation_hw[2];
    int64_t padding_hw[2];
    int64_t stride_hw[2];
} gra_unfold_options;

typedef struct gra_fold_options {
    int begin_;
    gra_tensor *input;   /* [N, C R S, P Q] or [C R S, P Q] */
    int64_t output_size; /* of the image */
    int64_t kernel_size;
    int64_t dilation; /* 1 */
    int64_t padding;  /* 0 */
    int64_t stride;   /* 1 */
    int64_t output_size_hw[2];
    int64_t kernel_size_hw[2];
    int64_t dilation_hw[2];
    int64_t padding_hw[2];
    int64_t stride_hw[2];
} gra_fold_options;

typedef struct gra_avg_pool2d_options {
    int begin_;
    gra_tensor *input;
    int64_t kernel_size;
    int64_t stride;            /* 0: kernel_size */
    int64_t padding;           /* 0 */
    bool ceil_mode;            /* false */
    bool count_include_pad;    /* true: zeros of the padding count in the mean */
    int64_t divisor_override;  /* 0: the window's size */
    int64_t kernel_size_hw[2]; /* given instead of kernel_size */
    int64_t stride_hw[2];
    int64_t padding_hw[2];
} gra_avg_pool2d_options;

typedef struct gra_max_pool2d_options {
    int begin_;
    gra_tensor *input;
    int64_t kernel_size;
    int64_t stride;   /* 0: kernel_size */
    int64_t padding;  /* 0; at most half the kernel */
    int64_t dilation; /* 1 */
    bool ceil_mode;   /* false */
    int64_t kernel_size_hw[2];
    int64_t stride_hw[2];
    int64_t padding_hw[2];
    int64_t dilation_hw[2];
} gra_max_pool2d_options;

typedef struct gra_lp_pool2d_options {
    int begin_;
    gra_tensor *input;
    double norm_type; /* p */
    int64_t kernel_size;
    int64_t stride; /* 0: kernel_size */
    bool ceil_mode; /* false */
    int64_t kernel_size_hw[2];
    int64_t stride_hw[2];
} gra_lp_pool2d_options;

typedef struct gra_max_unpool2d_options {
    int begin_;
    gra_tensor *input;
    gra_tensor *indices; /* int64 of input's shape: places i W + j in the plane of the result */
    int64_t kernel_size;
    int64_t stride;  /* 0: kernel_size */
    int64_t padding; /* 0 */
    int64_t
        output_size_hw[2]; /* of the result; not given: (H - 1) stride - 2 padding + kernel_size */
    int64_t kernel_size_hw[2];
    int64_t stride_hw[2];
    int64_t padding_hw[2];
} gra_max_unpool2d_options;

/* Along one dim: x [N, C, L] or [C, L]. */
typedef struct gra_avg_pool1d_options {
    int begin_;
    gra_tensor *input;
    int64_t kernel_size;
    int64_t stride;         /* 0: kernel_size */
    int64_t padding;        /* 0; at most half the kernel */
    bool ceil_mode;         /* false */
    bool count_include_pad; /* true */
} gra_avg_pool1d_options;

typedef struct gra_max_pool1d_options {
    int begin_;
    gra_tensor *input;
    int64_t kernel_size;
    int64_t stride;   /* 0: kernel_size */
    int64_t padding;  /* 0; at most half the kernel */
    int64_t dilation; /* 1 */
    bool ceil_mode;   /* false */
} gra_max_pool1d_options;

typedef struct gra_lp_pool1d_options {
    int begin_;
    gra_tensor *input;
    double norm_type; /* p */
    int64_t kernel_size;
    int64_t stride; /* 0: kernel_size */
    bool ceil_mode; /* false */
} gra_lp_pool1d_options;

/* How float32 convolutions are computed on this thread; returns what it was. GRA_CONV_AUTO takes the
 * fastest way for each shape, among them Winograd's, whose results differ in the last 2 to 4 bits;
 * GRA_CONV_DIRECT adds up the products as they stand in the formula. */
typedef enum gra_conv_algorithm { GRA_CONV_AUTO, GRA_CONV_DIRECT } gra_conv_algorithm;
gra_conv_algorithm gra_set_conv_algorithm(gra_conv_algorithm algorithm);

gra_conv2d_options gra_conv2d_defaults(void);
gra_conv1d_options gra_conv1d_defaults(void);
gra_conv3d_options gra_conv3d_defaults(void);
gra_conv_transpose2d_options gra_conv_transpose2d_defaults(void);
gra_locally_connected2d_options gra_locally_connected2d_defaults(void);
gra_unfold_options gra_unfold_defaults(void);
gra_fold_options gra_fold_defaults(void);
gra_avg_pool2d_options gra_avg_pool2d_defaults(void);
gra_max_pool2d_options gra_max_pool2d_defaults(void);
gra_lp_pool2d_options gra_lp_pool2d_defaults(void);
gra_max_unpool2d_options gra_max_unpool2d_defaults(void);
gra_avg_pool1d_options gra_avg_pool1d_defaults(void);
gra_max_pool1d_options gra_max_pool1d_defaults(void);
gra_lp_pool1d_options gra_lp_pool1d_defaults(void);

/* y[n,k,i,j] = bias[k] + sum_{c,r,s} w[k,c,r,s] x[n, c, i stride + r dilation - padding, ...] */
gra_tensor *gra_conv2d_with(gra_conv2d_options o);
gra_tensor *gra_conv1d_with(gra_conv1d_options o); /* the same along one dim */
gra_tensor *gra_conv3d_with(gra_conv3d_options o); /* and along three */

/* y[n,k, i stride + r dilation - padding, ...] += w[c,k,r,s] x[n,c,i,j]; y += bias[k]: the gradient of
 * conv2d's input, of (H - 1) stride - 2 padding + dilation (R - 1) + output_padding + 1 rows. */
gra_tensor *gra_conv_transpose2d_with(gra_conv_transpose2d_options o);

/* y[n,k,p,q] = bias[k,p,q] + sum_{c,r,s} w[p,q,k,c,r,s] x[n, c, p stride + r dilation - padding, ...]: a
 * convolution whose pixels share no weights. */
gra_tensor *gra_locally_connected2d_with(gra_locally_connected2d_options o);

/* y[n, (c,r,s), (p,q)] = x[n, c, p stride + r dilation - padding, ...]: the windows as columns (im2col);
 * and the images that columns add up to, x[n, c, p stride + r dilation - padding, ...] += y[n, (c,r,s), (p,q)]. */
gra_tensor *gra_unfold_with(gra_unfold_options o);
gra_tensor *gra_fold_with(gra_fold_options o);

gra_tensor *gra_avg_pool2d_with(gra_avg_pool2d_options o); /* mean over each window */
gra_tensor *gra_max_pool2d_with(
    gra_max_pool2d_options o); /* maximum; the first one gets the gradient */

/* The same, and *indices: the place i W + j of each maximum in its plane, int64, for gra_max_unpool2d. */
gra_tensor *gra_max_pool2d_with_indices_with(gra_tensor **indices, gra_max_pool2d_options o);
gra_tensor *gra_max_unpool2d_with(gra_max_unpool2d_options o); /* y[indices[p]] = x[p], else 0 */
gra_tensor *gra_lp_pool2d_with(gra_lp_pool2d_options o); /* (sum of x^p over each window)^(1/p) */

gra_tensor *gra_avg_pool1d_with(gra_avg_pool1d_options o);
gra_tensor *gra_max_pool1d_with(gra_max_pool1d_options o);
gra_tensor *gra_max_pool1d_with_indices_with(gra_tensor **indices, gra_max_pool1d_options o);
gra_tensor *gra_lp_pool1d_with(gra_lp_pool1d_options o);

#ifndef __cplusplus
#define gra_max_pool2d_with_indices(indices, ...)                                                  \
    gra_max_pool2d_with_indices_with(                                                              \
        indices, GRA_KEYWORDS(gra_max_pool2d_options, .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_max_unpool2d(...)                                                                      \
    gra_max_unpool2d_with(GRA_KEYWORDS(gra_max_unpool2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_lp_pool2d(...)                                                                         \
    gra_lp_pool2d_with(GRA_KEYWORDS(gra_lp_pool2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_avg_pool1d(...)                                                                        \
    gra_avg_pool1d_with(                                                                           \
        GRA_KEYWORDS(gra_avg_pool1d_options, .count_include_pad = true, .begin_ = 0, __VA_ARGS__))
#define gra_max_pool1d(...)                                                                        \
    gra_max_pool1d_with(                                                                           \
        GRA_KEYWORDS(gra_max_pool1d_options, .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_max_pool1d_with_indices(indices, ...)                                                  \
    gra_max_pool1d_with_indices_with(                                                              \
        indices, GRA_KEYWORDS(gra_max_pool1d_options, .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_lp_pool1d(...)                                                                         \
    gra_lp_pool1d_with(GRA_KEYWORDS(gra_lp_pool1d_options, .begin_ = 0, __VA_ARGS__))
#define gra_conv2d(...)                                                                            \
    gra_conv2d_with(GRA_KEYWORDS(gra_conv2d_options, .stride = 1, .dilation = 1, .groups = 1,      \
                                 .begin_ = 0, __VA_ARGS__))
#define gra_conv1d(...)                                                                            \
    gra_conv1d_with(GRA_KEYWORDS(gra_conv1d_options, .stride = 1, .dilation = 1, .groups = 1,      \
                                 .begin_ = 0, __VA_ARGS__))
#define gra_conv3d(...)                                                                            \
    gra_conv3d_with(GRA_KEYWORDS(gra_conv3d_options, .stride = 1, .dilation = 1, .groups = 1,      \
                                 .begin_ = 0, __VA_ARGS__))
#define gra_conv_transpose2d(...)                                                                  \
    gra_conv_transpose2d_with(GRA_KEYWORDS(gra_conv_transpose2d_options, .stride = 1, .groups = 1, \
                                           .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_locally_connected2d(...)                                                               \
    gra_locally_connected2d_with(GRA_KEYWORDS(gra_locally_connected2d_options, .stride = 1,        \
                                              .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_unfold(...)                                                                            \
    gra_unfold_with(                                                                               \
        GRA_KEYWORDS(gra_unfold_options, .dilation = 1, .stride = 1, .begin_ = 0, __VA_ARGS__))
#define gra_fold(...)                                                                              \
    gra_fold_with(                                                                                 \
        GRA_KEYWORDS(gra_fold_options, .dilation = 1, .stride = 1, .begin_ = 0, __VA_ARGS__))
#define gra_avg_pool2d(...)                                                                        \
    gra_avg_pool2d_with(                                                                           \
        GRA_KEYWORDS(gra_avg_pool2d_options, .count_include_pad = true, .begin_ = 0, __VA_ARGS__))
#define gra_max_pool2d(...)                                                                        \
    gra_max_pool2d_with(                                                                           \
        GRA_KEYWORDS(gra_max_pool2d_options, .dilation = 1, .begin_ = 0, __VA_ARGS__))
#endif

gra_tensor *gra_adaptive_avg_pool2d(gra_tensor *x, int64_t h,
                                    int64_t w); /* mean over h by w windows that cover the image */
gra_tensor *gra_adaptive_avg_pool1d(gra_tensor *x, int64_t length);

/* The maximum over such windows; *indices, where asked for, are the places of the maxima, as above. */
gra_tensor *gra_adaptive_max_pool2d(gra_tensor *x, int64_t h, int64_t w, gra_tensor **indices);
gra_tensor *gra_adaptive_max_pool1d(gra_tensor *x, int64_t length, gra_tensor **indices);
gra_tensor *gra_zero_pad2d(gra_tensor *x, int64_t left, int64_t right, int64_t top,
                           int64_t bottom); /* zeros around x [.., H, W] */

/* ---- padding: any number of dims, any dtype ---- */

/* How many elements are added to the ends of the last dim, of the one before it and so on: left, right,
 * top, bottom, ...; a negative number crops. */
#define GRA_PADS(...) GRA_DIMS(__VA_ARGS__)

typedef struct gra_pad_options {
    int begin_;
    gra_tensor *input;
    gra_dims pad;     /* GRA_PADS(left, right, ...) */
    const char *mode; /* "constant", "reflect" (the edge not repeated), "replicate" (the edge) or
                         "circular" (from the other end) */
    double value;     /* 0: of the constant */
} gra_pad_options;

gra_pad_options gra_pad_defaults(void);
gra_tensor *gra_pad_with(gra_pad_options o); /* y[i] = x[i - left], and outside of x as mode says */

#ifndef __cplusplus
#define gra_pad(...)                                                                               \
    gra_pad_with(GRA_KEYWORDS(gra_pad_options, .pad = {&gra_dims_kind, 0, {0}},                    \
                              .mode = "constant", .begin_ = 0, __VA_ARGS__))
#endif

/* ---- images of another size ---- */
typedef struct gra_interpolate_options {
    int begin_;
    gra_tensor *input;   /* [N, C, L], [N, C, H, W] or [N, C, D, H, W] */
    gra_shape size;      /* of the dims behind the channels; GRA_SHAPE(n): n for each of them */
    double scale_factor; /* given instead of size: the result is floor(size scale_factor) */
    const char *mode;    /* "nearest", "nearest-exact" (any dtype), "linear" (3 dims),
                                   "bilinear", "bicubic" (4) or "trilinear" (5) */
    bool align_corners;  /* false; true: the outermost pixels' centres lie on each other */
    double scale_factor_dhw[3]; /* given instead: depth, height, width */
} gra_interpolate_options;

gra_interpolate_options gra_interpolate_defaults(void);
gra_tensor *gra_interpolate_with(
    gra_interpolate_options o); /* y[p] = sum_k w[k] x[i + k] around i = (p + 1/2) in/out - 1/2 */

#ifndef __cplusplus
#define gra_interpolate(...)                                                                       \
    gra_interpolate_with(GRA_KEYWORDS(gra_interpolate_options, .size = {&gra_shape_kind, 0, {0}},  \
                                      .mode = "nearest", .begin_ = 0, __VA_ARGS__))
#endif

/* ---- normalisation: x [N, C, ...] ---- */
typedef struct gra_local_response_norm_options {
    int begin_;
    gra_tensor *x; /* at least 3 dims */
    int64_t size;  /* channels of the window */
    double alpha;  /* 1e-4; divided by size in the formula */
    double beta;   /* 0.75 */
    double k;      /* 1 */
} gra_local_response_norm_options;

typedef struct gra_batch_norm_options {
    int begin_;
    gra_tensor *input;
    gra_tensor *running_mean; /* [C], or NULL in training; updated in training */
    gra_tensor *running_var;
    gra_tensor *weight; /* [C] or NULL: 1 */
    gra_tensor *bias;   /* [C] or NULL: 0 */
    bool training;      /* false: m and v are the running ones; true: those of the batch */
    double momentum;    /* 0.1: running += momentum (that of the batch - running) */
    double eps;         /* 1e-5 */
} gra_batch_norm_options;

typedef struct gra_layer_norm_options {
    int begin_;
    gra_tensor *input;
    gra_shape normalized_shape; /* what input's shape ends with, as GRA_SHAPE(32, 32) */
    gra_tensor *weight;         /* of that shape, or NULL: 1 */
    gra_tensor *bias;           /* of that shape, or NULL: 0 */
    double eps;                 /* 1e-5 */
} gra_layer_norm_options;

typedef struct gra_normalize_options {
    int begin_;
    gra_tensor *input;
    double p;    /* 2: of the norm; above 0, INFINITY for the largest */
    int64_t dim; /* 1 */
    double eps;  /* 1e-12: the least norm that is divided by */
} gra_normalize_options;

typedef struct gra_group_norm_options {
    int begin_;
    gra_tensor *input;
    int64_t num_groups; /* divides the channels */
    gra_tensor *weight; /* [C] or NULL: 1 */
    gra_tensor *bias;   /* [C] or NULL: 0 */
    double eps;         /* 1e-5 */
} gra_group_norm_options;

typedef struct gra_instance_norm_options {
    int begin_;
    gra_tensor *input;
    gra_tensor *running_mean; /* [C], or NULL both; updated where use_input_stats is true */
    gra_tensor *running_var;
    gra_tensor *weight;   /* [C] or NULL: 1 */
    gra_tensor *bias;     /* [C] or NULL: 0 */
    bool use_input_stats; /* true; false: m and v are the running ones */
    double momentum;      /* 0.1: running += momentum (the mean over the samples - running) */
    double eps;           /* 1e-5 */
} gra_instance_norm_options;

gra_local_response_norm_options gra_local_response_norm_defaults(void);
gra_batch_norm_options gra_batch_norm_defaults(void);
gra_layer_norm_options gra_layer_norm_defaults(void);
gra_group_norm_options gra_group_norm_defaults(void);
gra_normalize_options gra_normalize_defaults(void);
gra_instance_norm_options gra_instance_norm_defaults(void);

/* x (k + alpha / size * sum of x^2 over the channels -size/2 to (size-1)/2 around it)^-beta */
gra_tensor *gra_local_response_norm_with(gra_local_response_norm_options o);
gra_tensor *gra_batch_norm_with(
    gra_batch_norm_options o); /* weight (x - m) / sqrt(v + eps) + bias */

/* The same with m and v of a sample's last dims, of a group of its channels, and of each of them. */
gra_tensor *gra_layer_norm_with(gra_layer_norm_options o);
gra_tensor *gra_group_norm_with(gra_group_norm_options o);
gra_tensor *gra_instance_norm_with(gra_instance_norm_options o);

gra_tensor *gra_normalize_with(gra_normalize_options o); /* x / max(|x|_p, eps), along dim */

#ifndef __cplusplus
#define gra_local_response_norm(...)                                                               \
    gra_local_response_norm_with(GRA_KEYWORDS(gra_local_response_norm_options, .alpha = 1e-4,      \
                                              .beta = 0.75, .k = 1, .begin_ = 0, __VA_ARGS__))
#define gra_layer_norm(...)                                                                        \
    gra_layer_norm_with(GRA_KEYWORDS(gra_layer_norm_options, .eps = 1e-5, .begin_ = 0, __VA_ARGS__))
#define gra_normalize(...)                                                                         \
    gra_normalize_with(GRA_KEYWORDS(gra_normalize_options, .p = 2, .dim = 1, .eps = 1e-12,         \
                                    .begin_ = 0, __VA_ARGS__))
#define gra_group_norm(...)                                                                        \
    gra_group_norm_with(GRA_KEYWORDS(gra_group_norm_options, .eps = 1e-5, .begin_ = 0, __VA_ARGS__))
#define gra_instance_norm(...)                                                                     \
    gra_instance_norm_with(GRA_KEYWORDS(gra_instance_norm_options, .use_input_stats = true,        \
                                        .momentum = 0.1, .eps = 1e-5, .begin_ = 0, __VA_ARGS__))
#define gra_batch_norm(...)                                                                        \
    gra_batch_norm_with(GRA_KEYWORDS(gra_batch_norm_options, .momentum = 0.1, .eps = 1e-5,         \
                                     .begin_ = 0, __VA_ARGS__))
#endif

/* ---- shapes: views share storage with x ---- */
gra_tensor *gra_view(gra_tensor *x, gra_shape shape);    /* view; one size may be -1; an error where
                                                            the strides do not allow it */
gra_tensor *gra_reshape(gra_tensor *x, gra_shape shape); /* a view where possible, else a copy */
gra_tensor *gra_permute(gra_tensor *x, gra_dims dims);   /* view: dim i of y is dim dims[i] of x */
gra_tensor *gra_transpose(gra_tensor *x, int64_t dim0, int64_t dim1); /* view */
gra_tensor *gra_squeeze(gra_tensor *x, gra_dims dims); /* view without these dims of size 1; an
                                                            empty list: without all of size 1 */
gra_tensor *gra_unsqueeze(gra_tensor *x, int64_t dim); /* view with a dim of size 1 at dim */
gra_tensor *gra_narrow(gra_tensor *x, int64_t dim, int64_t start,
                       int64_t length); /* view; a negative start counts from the end */
gra_tensor *gra_select(gra_tensor *x, int64_t dim, int64_t index); /* view, dim gone */
gra_tensor *gra_expand(gra_tensor *x, gra_shape shape); /* view: dims of size 1 repeat (stride 0);
                                                            -1 keeps a size */

/* View: the elements of x's memory at storage_offset + i stride[0] + j stride[1] + .., counted in elements
 * from the memory's beginning; a storage_offset of -1 is that of x. */
gra_tensor *gra_as_strided(gra_tensor *x, gra_shape size, gra_shape stride, int64_t storage_offset);

gra_tensor *gra_repeat(gra_tensor *x, gra_shape repeats); /* copies x repeats[i] times along i */
gra_tensor *gra_flip(gra_tensor *x, gra_dims dims);       /* reversed along dims, a copy */
gra_tensor *gra_flatten(gra_tensor *x, int64_t start_dim, int64_t end_dim); /* joins the dims */

/* Views of `size` (the last may be smaller) or of `chunks` equal parts along dim; parts has room for
 * capacity of them. Return how many there are, or -1. */
int gra_split(gra_tensor *x, int64_t size, int64_t dim, gra_tensor **parts, int capacity);
int gra_chunk(gra_tensor *x, int64_t chunks, int64_t dim, gra_tensor **parts, int capacity);

gra_tensor *gra_cat(gra_tensor *const *tensors, int count, int64_t dim);   /* joined along dim */
gra_tensor *gra_stack(gra_tensor *const *tensors, int count, int64_t dim); /* along a new dim */

/* ---- indices: int64 tensors ---- */
gra_tensor *gra_one_hot(gra_tensor *x,
                        int64_t classes); /* [...] -> int64 [..., classes]; -1: max+1 */
gra_tensor *gra_gather(gra_tensor *x, int64_t dim,
                       gra_tensor *index); /* y[i][j] = x[index[i][j]][j],
                                                                          for dim 0 */
gra_tensor *gra_index_select(gra_tensor *x, int64_t dim, gra_tensor *index); /* whole slices */
gra_tensor *gra_nonzero(gra_tensor *x); /* [how many, dims]: the indices of what is not 0 */

/* y = x but for y[index[i][j]][j] = source[i][j], or += it, for dim 0; index and source have as many dims
 * as x. The ones that end in an underscore write into x. */
gra_tensor *gra_scatter(gra_tensor *x, int64_t dim, gra_tensor *index, gra_tensor *source);
gra_tensor *gra_scatter_(gra_tensor *x, int64_t dim, gra_tensor *index, gra_tensor *source);
gra_tensor *gra_scatter_add(gra_tensor *x, int64_t dim, gra_tensor *index, gra_tensor *source);
gra_tensor *gra_scatter_add_(gra_tensor *x, int64_t dim, gra_tensor *index, gra_tensor *source);

/* mask ? value : x, in x's dtype; value is a number or a tensor without dims. */
gra_tensor *gra_masked_fill(gra_tensor *x, gra_tensor *mask, double value);
gra_tensor *gra_masked_fill_(gra_tensor *x, gra_tensor *mask, double value);
gra_tensor *gra_masked_fill_tensor(gra_tensor *x, gra_tensor *mask, gra_tensor *value);
gra_tensor *gra_masked_fill_tensor_(gra_tensor *x, gra_tensor *mask, gra_tensor *value);

/* x[i, j, ..], an index tensor for each of the first dims, which broadcast; the dims of the indices come
 * first in the result, then those of x that are left. A bool tensor stands for the indices where it is
 * true, for as many dims as it has. */
gra_tensor *gra_index(gra_tensor *x, gra_tensor *const *indices, int count);
gra_tensor *gra_index_put(gra_tensor *x, gra_tensor *const *indices, int count, gra_tensor *values,
                          bool accumulate); /* x, but for x[i, j, ..] = values, or += values */
gra_tensor *gra_index_put_(gra_tensor *x, gra_tensor *const *indices, int count, gra_tensor *values,
                           bool accumulate); /* the same, written into x */

typedef struct gra_index_add_options {
    int begin_;
    gra_tensor *x;
    int64_t dim;
    gra_tensor *index;  /* integers [n] */
    gra_tensor *source; /* x's shape but for n slices along dim */
    double alpha;       /* 1 */
} gra_index_add_options;

typedef struct gra_sort_options {
    int begin_;
    gra_tensor *x;
    int64_t dim;          /* -1 */
    bool descending;      /* false */
    bool stable;          /* false; the order is stable in either case */
    gra_tensor **indices; /* NULL; receives where each value stood, int64 */
} gra_sort_options;

typedef struct gra_topk_options {
    int begin_;
    gra_tensor *x;
    int64_t k;
    int64_t dim;          /* -1 */
    bool largest;         /* true; false: the smallest */
    bool sorted;          /* true; they are sorted in either case */
    gra_tensor **indices; /* NULL; receives where each value stood, int64 */
} gra_topk_options;

#define GRA_NO_INDEX INT64_MIN /* none */

typedef struct gra_embedding_options {
    int begin_;
    gra_tensor *input;       /* integers, any shape */
    gra_tensor *weight;      /* [rows, features] */
    int64_t padding_idx;     /* GRA_NO_INDEX: a row that gets no gradient; below 0 from the end */
    bool scale_grad_by_freq; /* false; true: gradients over how often each row was looked up */
} gra_embedding_options;

gra_index_add_options gra_index_add_defaults(void);
gra_sort_options gra_sort_defaults(void);
gra_topk_options gra_topk_defaults(void);
gra_embedding_options gra_embedding_defaults(void);

gra_tensor *gra_index_add_with(
    gra_index_add_options o);                     /* x[index[i]] += alpha source[i], for dim 0 */
gra_tensor *gra_sort_with(gra_sort_options o);    /* in order along dim; NaN is greater than all */
gra_tensor *gra_argsort_with(gra_sort_options o); /* the indices that sort x */
gra_tensor *gra_topk_with(gra_topk_options o);    /* the k largest along dim, in falling order */
gra_tensor *gra_embedding_with(gra_embedding_options o); /* weight[input]: [..., features] */

#ifndef __cplusplus
#define gra_index_add(...)                                                                         \
    gra_index_add_with(GRA_KEYWORDS(gra_index_add_options, .alpha = 1, .begin_ = 0, __VA_ARGS__))
#define gra_sort(...)                                                                              \
    gra_sort_with(GRA_KEYWORDS(gra_sort_options, .dim = -1, .begin_ = 0, __VA_ARGS__))
#define gra_argsort(...)                                                                           \
    gra_argsort_with(GRA_KEYWORDS(gra_sort_options, .dim = -1, .begin_ = 0, __VA_ARGS__))
#define gra_topk(...)                                                                              \
    gra_topk_with(GRA_KEYWORDS(gra_topk_options, .dim = -1, .largest = true, .sorted = true,       \
                               .begin_ = 0, __VA_ARGS__))
#define gra_embedding(...)                                                                         \
    gra_embedding_with(GRA_KEYWORDS(gra_embedding_options, .padding_idx = GRA_NO_INDEX,            \
                                    .begin_ = 0, __VA_ARGS__))
#endif

/* ---- copies and conversions ---- */
gra_tensor *gra_clone(gra_tensor *x);            /* a copy, recorded */
gra_tensor *gra_to_channels_last(gra_tensor *x); /* x [N, C, H, W] itself if its elements lie in the
                                                       order N, H, W, C, else a copy in that order */
bool gra_is_channels_last(const gra_tensor *x);  /* whether they do; sizes of 1 don't count */
gra_tensor *gra_contiguous(gra_tensor *x);       /* x itself if row-major, else a copy */
gra_tensor *gra_to(gra_tensor *x, gra_dtype dtype); /* x itself if of that dtype, else converted */
gra_tensor *gra_detach(gra_tensor *x);              /* the same storage, no history */

/* Channels-last: x [N, C, H, W] whose elements lie in memory in the order N, H, W, C; sizes of 1 don't
 * count. Ops on images, elementwise ops and copies keep that layout; no value depends on it. */
gra_tensor *gra_to_channels_last(gra_tensor *x); /* x itself if it is that, else a copy that is */
bool gra_is_channels_last(const gra_tensor *x);

GRA_END_DECLS

#endif
