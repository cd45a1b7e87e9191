#!/usr/bin/env python3
"""NumPy reads the library's .npy files, and the other way round.

Run by ./run-tests --with-pytorch; GRADUS_BUILD names the build folder.
"""
import sys

import numpy as np
from numpy.lib import format as npy

from checks import Tool, run_checks

tool = Tool("npy_tool")

DTYPES = [np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_]
SHAPES = [(), (1,), (5,), (2, 3), (0, 4), (2, 1, 3), (1, 2, 1, 2, 1, 2, 1, 2)]


def samples():
    random = np.random.default_rng(1)
    for dtype in DTYPES:
        for shape in SHAPES:
            yield np.asarray(random.integers(0, 256, shape) / 2).astype(dtype)


def agree(expected, got):
    assert got.dtype == expected.dtype, f"the dtype is {got.dtype}, expected {expected.dtype}"
    assert got.shape == expected.shape, f"the shape is {got.shape}, expected {expected.shape}"
    assert np.array_equal(got, expected), f"{expected.dtype} {expected.shape} differs"


def parse(line):
    """The array of the tool's list."""
    head, _, elements = line.partition("]")
    dtype, _, shape = head.partition(" [")
    sizes = [int(size) for size in shape.split(",") if size.strip()]
    return np.array([float(value) for value in elements.split()]).astype(dtype).reshape(sizes)


def check_ours_reads_theirs(folder):
    for array in samples():
        for version in [(1, 0), (2, 0), (3, 0)]:
            with open(folder / "theirs.npy", "wb") as file:
                npy.write_array(file, array, version)
            agree(array, parse(tool("list", folder / "theirs.npy")))


def check_theirs_reads_ours(folder):
    for array in samples():
        np.save(folder / "theirs.npy", array)
        tool("copy", folder / "theirs.npy", folder / "ours.npy")
        agree(array, np.load(folder / "ours.npy", allow_pickle=False))
        with open(folder / "ours.npy", "rb") as file:
            assert npy.read_magic(file) == (1, 0)
            npy.read_array_header_1_0(file)
            assert file.tell() % npy.ARRAY_ALIGN == 0, f"the data begin at byte {file.tell()}"


def check_what_numpy_writes_and_we_do_not_read_is_named(folder):
    expected = {
        "is big-endian": np.zeros(3, ">f4"),
        "is in column-major order": np.asfortranarray(np.zeros((2, 3))),
        "'<f2' is not supported": np.zeros(3, np.float16),
        "'<c8' is not supported": np.zeros(3, np.complex64),
        "'<U1' is not supported": np.array(["a"]),
        "is a structured one": np.zeros(2, [("a", "<f4"), ("b", "<i8")]),
        "has 9 dims": np.zeros((1,) * 9),
    }
    for text, array in expected.items():
        np.save(folder / "other.npy", array)
        try:
            tool("list", folder / "other.npy")
        except RuntimeError as error:
            assert text in str(error), f"the error is {error}"
            continue
        raise AssertionError(f"an array of {array.dtype} was read")


if __name__ == "__main__":
    sys.exit(run_checks(globals()))
