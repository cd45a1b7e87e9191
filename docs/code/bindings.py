"""bindings.py LIBRARY - Gradus from Python by ctypes: a convolution, and the gradient of its sum."""
import ctypes as c
import sys

TENSOR, INT, FLOAT32 = 1, 3, 0  # of gra_value_kind and gra_dtype


class Value(c.Structure):
    _fields_ = [("name", c.c_char_p), ("kind", c.c_int), ("count", c.c_int), ("bits", c.c_int64)]


lib = c.CDLL(sys.argv[1])
lib.gra_error.restype = c.c_char_p
lib.gra_plain_tensor.restype = c.c_void_p
lib.gra_tensor_size.restype = lib.gra_tensor_numel.restype = c.c_int64
lib.gra_tensor_data.restype = c.POINTER(c.c_float)


def tensor(data, *sizes):
    return lib.gra_plain_tensor((c.c_float * len(data))(*data), FLOAT32, (c.c_int64 * len(sizes))(*sizes), len(sizes), True)


def invoke(name, *tensors, **numbers):
    values = [Value(None, TENSOR, 0, t) for t in tensors]
    values += [Value(key.encode(), INT, 0, number) for key, number in numbers.items()]
    result = Value()
    if lib.gra_invoke(name.encode(), (Value * len(values))(*values), len(values), c.byref(result)) < 0:
        raise ValueError(lib.gra_error().decode())
    return result.bits


x, w = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3), tensor([1, 2, 3, 4], 1, 1, 2, 2)
y = invoke("conv2d", x, w, stride=2, padding=1)
dx = (c.c_void_p * 2)()
lib.gra_plain_grad((c.c_void_p * 1)(invoke("sum", y)), None, 1, (c.c_void_p * 2)(x, w), 2, False, dx)
for name, t in (("y", y), ("dx", dx[0]), ("dw", dx[1])):
    t = c.c_void_p(t)
    shape = [lib.gra_tensor_size(t, i) for i in range(lib.gra_tensor_ndim(t))]
    print(name, shape, lib.gra_tensor_data(t)[:lib.gra_tensor_numel(t)])
