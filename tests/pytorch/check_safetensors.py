#!/usr/bin/env python3
"""PyTorch's safetensors package reads the library's files, and the other way round.

Run by ./run-tests --with-pytorch; GRADUS_BUILD names the build folder.
"""
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from checks import Tool, run_checks

tool = Tool("safetensors_tool")

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool]


def samples():
    torch.manual_seed(1)
    tensors = {str(dtype).removeprefix("torch."): (4 * torch.randn(2, 3)).to(dtype) for dtype in DTYPES}
    tensors["empty"] = torch.zeros(2, 0, 3)
    tensors["scalar"] = torch.tensor(-1.5)
    tensors["layer.0.weight"] = torch.randn(3, 2, 5)
    tensors["größe \"1\""] = torch.arange(4, dtype=torch.int64)
    return tensors


def lenet5():
    nn = torch.nn
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))


def agree(expected, got):
    assert expected.keys() == got.keys(), f"names {sorted(got)}, expected {sorted(expected)}"
    for name, tensor in expected.items():
        assert got[name].dtype == tensor.dtype, f"{name} has dtype {got[name].dtype}, expected {tensor.dtype}"
        assert torch.equal(got[name], tensor), f"{name} differs"


def parse(line):
    """A line of the tool's list: (name, tensor)."""
    head, _, tail = line.partition(" [")
    name, _, dtype = head.rpartition(" ")
    shape, _, elements = tail.partition("]")
    sizes = [int(size) for size in shape.split(",") if size.strip()]
    values = torch.tensor([float(value) for value in elements.split()], dtype=torch.float64)
    return name, values.to(getattr(torch, dtype)).reshape(sizes)


def check_ours_read_theirs(folder):
    save_file(samples(), folder / "theirs.safetensors", metadata={"made by": "PyTorch"})
    lines = tool("list", folder / "theirs.safetensors").splitlines()
    agree(samples(), dict(map(parse, lines)))


def check_theirs_read_ours(folder):
    save_file(samples(), folder / "theirs.safetensors")
    tool("copy", folder / "theirs.safetensors", folder / "ours.safetensors")
    agree(samples(), load_file(folder / "ours.safetensors"))


def check_our_header_is_well_formed(folder):
    tool("lenet5", folder / "net.safetensors", 1)
    with safe_open(folder / "net.safetensors", framework="pt") as file:
        assert file.metadata() == {"format": "pt"}, f"the metadata is {file.metadata()}"
        assert len(file.keys()) == 10, f"the keys are {file.keys()}"
    begin = int.from_bytes((folder / "net.safetensors").read_bytes()[:8], "little")
    assert begin % 8 == 0, f"the header has {begin} bytes"


def check_lenet5_has_the_keys_and_results_of_the_same_sequential(folder):
    tool("lenet5", folder / "net.safetensors", 1)
    net = lenet5()
    net.load_state_dict(load_file(folder / "net.safetensors"), strict=True)
    x = torch.linspace(-1, 1, 784).reshape(1, 784)
    _, got = parse(tool("logits", folder / "net.safetensors"))
    torch.testing.assert_close(got, net(x).detach(), rtol=1e-4, atol=1e-5)


def check_lenet5_loads_pytorchs_state_dict(folder):
    torch.manual_seed(2)
    net = lenet5()
    save_file(net.state_dict(), folder / "net.safetensors")
    _, got = parse(tool("logits", folder / "net.safetensors"))
    expected = net(torch.linspace(-1, 1, 784).reshape(1, 784)).detach()
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


def check_float64_state_dicts_are_converted(folder):
    torch.manual_seed(3)
    net = lenet5().double()
    save_file(net.state_dict(), folder / "net.safetensors")
    _, got = parse(tool("logits", folder / "net.safetensors"))
    expected = net(torch.linspace(-1, 1, 784, dtype=torch.float64).reshape(1, 784)).detach().float()
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


def check_both_reject_the_same_broken_files(folder):
    path = folder / "broken.safetensors"
    save_file({"a": torch.zeros(3), "b": torch.ones(2)}, path)
    whole = path.read_bytes()
    broken = {
        "cut": whole[:-1],
        "longer": whole + b"x",
        "without its end of the header": whole[:20],
        "with a shape of another size": whole.replace(b"[3]", b"[4]"),
        "with a gap": whole.replace(b"[0,12]", b"[0,10]"),
        "with an unknown dtype": whole.replace(b"F32", b"F33"),
        "with a header that is no JSON": whole.replace(b"{\"", b"{'", 1),
    }
    for name, content in broken.items():
        path.write_bytes(content)
        for reader in (load_file, lambda file: tool("list", file)):
            try:
                reader(path)
            except Exception:  # whichever the reader has
                continue
            raise AssertionError(f"a file {name} was read")


if __name__ == "__main__":
    sys.exit(run_checks(globals()))
