"""Activations, and the functions of one tensor that came with them."""
import torch
import torch.nn.functional as F
from support import T, case, gradient, result

# leaky_relu.
case("leaky_relu", F.leaky_relu, T(3, 4, kind="distinct"))
case("leaky_relu_slope", lambda x: F.leaky_relu(x, 0.3).square(), T(3, 4, kind="distinct", layout="transposed"))
case("leaky_relu_negative_slope", lambda x: F.leaky_relu(x, -0.5), T(3, 4, kind="distinct", layout="strided"))
case("leaky_relu_empty", F.leaky_relu, T(0, 3))
case("leaky_relu_zero_dim", F.leaky_relu, T())
case("leaky_relu_inplace", lambda x: F.leaky_relu(result(x), 0.3, True).square(), T(3, 4, kind="distinct"))
case("leaky_relu_backward", lambda x, w: gradient(F.leaky_relu(x, 0.3).square(), w, x), T(3, 4, kind="distinct"),
     T(3, 4))

# elu, selu, celu.
case("elu", F.elu, T(3, 4, kind="distinct"))
case("elu_alpha", lambda x: F.elu(x, 0.7).square(), T(3, 4, kind="distinct", layout="transposed"))
case("elu_negative_alpha", lambda x: F.elu(x, -0.7), T(3, 4, kind="distinct", layout="strided"))
case("elu_one_element", F.elu, T(1, 1))
case("elu_empty", F.elu, T(2, 0))
case("elu_inplace", lambda x: F.elu(result(x), 0.7, True).square(), T(3, 4, kind="distinct"))
case("elu_backward", lambda x, w: gradient(F.elu(x, 0.7), w, x), T(3, 4, kind="distinct"), T(3, 4))
case("elu_backward_inplace", lambda x, w: gradient(F.elu(result(x), 0.7, True), w, x), T(3, 4, kind="distinct"),
     T(3, 4))
case("selu", F.selu, T(3, 4, kind="distinct"))
case("selu_inplace", lambda x: F.selu(result(x), True).square(), T(3, 4, kind="distinct"))
case("celu", lambda x: F.celu(x, 2), T(3, 4, kind="distinct"))
case("celu_default", F.celu, T(3, 4, kind="distinct"))
case("celu_inplace", lambda x: F.celu(result(x), 0.5, True).square(), T(3, 4, kind="distinct"))

# gelu.
case("gelu", F.gelu, T(3, 4))
case("gelu_transposed", lambda x: F.gelu(x * 3), T(3, 4, layout="transposed"))
case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), T(3, 4))
case("gelu_tanh_strided", lambda x: F.gelu(x * 3, approximate="tanh"), T(3, 4, layout="strided"))
case("gelu_empty", F.gelu, T(0))
case("gelu_zero_dim", F.gelu, T())
case("gelu_backward", lambda x, w: gradient(F.gelu(x), w, x), T(3, 4), T(3, 4))
case("gelu_tanh_backward", lambda x, w: gradient(F.gelu(x, approximate="tanh"), w, x), T(3, 4), T(3, 4))

# silu.
case("silu", F.silu, T(3, 4))
case("silu_transposed", lambda x: F.silu(x * 3), T(3, 4, layout="transposed"))
case("silu_strided", lambda x: F.silu(x * 3), T(7, layout="strided"))
case("silu_empty", F.silu, T(0, 2))
case("silu_inplace", lambda x: F.silu(result(x), True).square(), T(3, 4))
case("silu_backward", lambda x, w: gradient(F.silu(x), w, x), T(3, 4), T(3, 4))

# softplus.
case("softplus", F.softplus, T(3, 4))
case("softplus_beta", lambda x: F.softplus(x, 2.5), T(3, 4, layout="transposed"))
case("softplus_negative_beta", lambda x: F.softplus(x, -0.5), T(3, 4, layout="strided"))
case("softplus_threshold", lambda x: F.softplus(x, 2, 1), T(4, 6, kind="distinct"))
case("softplus_empty", F.softplus, T(0, 2))
case("softplus_backward", lambda x, w: gradient(F.softplus(x, 2, 1), w, x), T(4, 6, kind="distinct"), T(4, 6))

# hardtanh, relu6.
case("hardtanh", F.hardtanh, T(4, 6, kind="distinct"))
case("hardtanh_bounds", lambda x: F.hardtanh(x, -0.5, 1.25).square(), T(4, 6, kind="distinct", layout="transposed"))
case("hardtanh_int", lambda x: F.hardtanh(x, -2.5, 3.5), T(5, 5, kind="int:-6:7"))
case("hardtanh_empty", F.hardtanh, T(0, 2))
case("hardtanh_inplace", lambda x: F.hardtanh(result(x), -0.5, 1.25, True).square(), T(4, 6, kind="distinct"))
case("hardtanh_backward", lambda x, w: gradient(F.hardtanh(x).square(), w, x), T(4, 6, kind="distinct"), T(4, 6))
case("relu6", lambda x: F.relu6(x * 5), T(4, 6, kind="distinct"))
case("relu6_int", F.relu6, T(5, 5, kind="int:-3:12"))
case("relu6_inplace", lambda x: F.relu6(x * 5, True).square(), T(4, 6, kind="distinct"))

# prelu.
case("prelu_channels", F.prelu, T(2, 3, 4, kind="distinct"), T(3))
case("prelu_one", F.prelu, T(2, 3, kind="distinct"), T(1))
case("prelu_zero_dim_weight", F.prelu, T(2, 3, kind="distinct"), T())
case("prelu_zero_dim", F.prelu, T(), T(1))
case("prelu_vector", F.prelu, T(6, kind="distinct"), T(1))
case("prelu_matrix", F.prelu, T(4, 3, kind="distinct", layout="transposed"), T(3, layout="strided"))
case("prelu_images", lambda x, w: F.prelu(x, w).square(), T(2, 3, 4, 5, kind="distinct", layout="channels_last"), T(3))
case("prelu_empty", F.prelu, T(0, 3), T(3))
case("prelu_constant_weight", F.prelu, T(2, 3, kind="distinct"), T(3, grad=False))
case("prelu_constant_x", F.prelu, T(2, 3, kind="distinct", grad=False), T(3))
case("prelu_backward", lambda x, w, g: gradient(F.prelu(x, w), g, x), T(2, 3, 4, kind="distinct"), T(3), T(2, 3, 4))
case("prelu_backward_weight", lambda x, w, g: gradient(F.prelu(x, w), g, w), T(2, 3, 4, kind="distinct"), T(3),
     T(2, 3, 4))

# Functions of one tensor.
case("erf", torch.erf, T(3, 4))
case("erf_transposed", lambda x: torch.erf(x * 2), T(3, 4, layout="transposed"))
case("sin", lambda x: torch.sin(x * 10), T(3, 4))
case("sin_strided", torch.sin, T(7, layout="strided"))
case("cos", lambda x: torch.cos(x * 10), T(3, 4))
case("cos_transposed", torch.cos, T(3, 4, layout="transposed"))
case("rsqrt", torch.rsqrt, T(3, 4, kind="positive"))
case("reciprocal", torch.reciprocal, T(3, 4, kind="positive"))
case("expm1", torch.expm1, T(3, 4))
case("log1p", torch.log1p, T(3, 4, kind="positive"))
case("floor", lambda x: torch.floor(x) * x, T(4, 6, kind="distinct"))
case("floor_int", torch.floor, T(5, kind="int:-5:9"))
case("ceil", lambda x: torch.ceil(x) * x, T(4, 6, kind="distinct", layout="transposed"))
case("ceil_int", torch.ceil, T(5, kind="int:-5:9"))
case("trunc", lambda x: torch.trunc(x) * x, T(4, 6, kind="distinct"))
case("trunc_int", torch.trunc, T(5, kind="int:-5:9"))
case("round", lambda x: torch.round(x) * x, T(4, 6, kind="distinct", layout="strided"))
case("round_int", torch.round, T(5, kind="int:-5:9"))

# Logic.
case("logical_and", torch.logical_and, T(4, 5, kind="int:-1:2"), T(5, kind="bool"))
case("logical_or", torch.logical_or, T(4, 5, kind="int:-1:2"), T(4, 1, kind="int:-1:2"))
case("logical_xor", torch.logical_xor, T(4, 5, kind="int:-1:2"), T(4, 5, kind="int:-1:2", layout="transposed"))
