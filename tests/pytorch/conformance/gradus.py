"""Gradus by ctypes: tensors from and to PyTorch, ops by name, gradients. What a binding would do."""
import ctypes as c

import torch

NONE, TENSOR, TENSORS, INT, FLOAT, BOOL, INTS, DTYPE, STRING = range(9)
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool)


class Failure(Exception):
    """Gradus's own error."""


class Value(c.Structure):
    _fields_ = [("name", c.c_char_p), ("kind", c.c_int), ("count", c.c_int), ("bits", c.c_int64)]


class Op(c.Structure):
    """The beginning of gra_op."""
    _fields_ = [("schema", c.c_char_p)]


def pointers(tensors):
    return (c.c_void_p * max(1, len(tensors)))(*tensors)


class Gradus:
    def __init__(self, path):
        self.lib = lib = c.CDLL(str(path))
        for name in ("gra_error",):
            getattr(lib, name).restype = c.c_char_p
        for name in ("gra_plain_tensor", "gra_tensor_data", "gra_find_op"):
            getattr(lib, name).restype = c.c_void_p
        for name in ("gra_tensor_size", "gra_tensor_numel", "gra_live"):
            getattr(lib, name).restype = c.c_int64
        for name in ("gra_tensor_requires_grad", "gra_set_grad"):
            getattr(lib, name).restype = c.c_bool
        lib.gra_ops.restype = c.POINTER(c.POINTER(Op))

    def schemas(self):
        """{name: schema} of all ops."""
        count = c.c_size_t()
        ops = self.lib.gra_ops(c.byref(count))
        schemas = [ops[i].contents.schema.decode() for i in range(count.value)]
        return {schema.split("(")[0]: schema for schema in schemas}

    def check(self, fine):
        if not fine:
            text = self.lib.gra_error()
            self.lib.gra_clear_error()
            raise Failure(text.decode() if text else "no error is pending")
        return fine

    def tensor(self, t, requires_grad=False):
        """A copy of a PyTorch tensor, row-major."""
        t = t.detach().contiguous()
        sizes = (c.c_int64 * max(1, t.dim()))(*t.shape)
        return self.check(self.lib.gra_plain_tensor(c.c_void_p(t.data_ptr() or 1), DTYPES.index(t.dtype), sizes, t.dim(),
                                                    requires_grad))

    def read(self, t):
        """A copy of a Gradus tensor of any layout."""
        row_major = self.invoke("contiguous", [(None, TENSOR, t)], 1)[0]
        lib, p = self.lib, c.c_void_p(row_major)
        shape = [lib.gra_tensor_size(p, i) for i in range(lib.gra_tensor_ndim(p))]
        result = torch.empty(shape, dtype=DTYPES[lib.gra_tensor_dtype(p)])
        if result.numel():
            c.memmove(result.data_ptr(), self.check(lib.gra_tensor_data(p)), result.numel() * result.element_size())
        return result

    def invoke(self, name, values, outputs):
        """values: (parameter or None, kind, value); returns the results."""
        kept, boxes = [], []
        for parameter, kind, value in values:
            box = Value(parameter.encode() if parameter else None, kind)
            if kind == FLOAT:
                box.bits = c.c_int64.from_buffer(c.c_double(value)).value
            elif kind in (TENSORS, INTS):
                box.count = len(value)
                array = pointers(value) if kind == TENSORS else (c.c_int64 * max(1, len(value)))(*value)
                kept.append(array)
                box.bits = c.addressof(array)
            elif kind == STRING:
                kept.append(c.create_string_buffer(value.encode()))
                box.bits = c.addressof(kept[-1])
            elif kind != NONE:
                box.bits = int(value or 0)
            boxes.append(box)
        results = (Value * outputs)()
        self.check(self.lib.gra_invoke(name.encode(), (Value * max(1, len(boxes)))(*boxes), len(boxes), results) == 0)
        return [result.bits for result in results]

    def requires_grad(self, t):
        return self.lib.gra_tensor_requires_grad(c.c_void_p(t))

    def grad(self, outputs, seeds, inputs, create_graph):
        results = pointers(inputs)
        self.check(self.lib.gra_plain_grad(pointers(outputs), pointers(seeds), len(outputs), pointers(inputs), len(inputs),
                                           create_graph, results) == 0)
        return list(results)[:len(inputs)]
