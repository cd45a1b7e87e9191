#!/usr/bin/env python3
"""Data sets against torchvision's: the order and the classes of image folders, the numbers of MNIST and CIFAR.

Run by ./run-tests --with-pytorch; GRADUS_BUILD names the build folder.
"""
import gzip
import os
import pickle
import random
import subprocess
import sys

import numpy as np
import vision  # noqa: F401  before torchvision
from PIL import Image
from torchvision import datasets

from checks import Tool, run_checks

tool = Tool("data_sets_tool")

NAMES = ["a", "B", "a-b", "a b", "\u00e9", "z.1", "A_", "10", "9", "a+"]


def grow(folder, draw, value, depth=0):
    """Images and other files, and folders with more of them."""
    for name in draw.sample(NAMES, draw.randint(1, 3)):
        ending = draw.choice([".png", ".PNG", ".png", ".txt", ".gif"])
        image = Image.new("L", (2, 2), next(value) % 256)
        image.save(folder / f"{name}{ending}", format="PNG")
    for name in draw.sample(NAMES, draw.randint(0, 2) if depth < 2 else 0):
        (folder / name).mkdir()
        grow(folder / name, draw, value, depth + 1)


def plant(root, seed):
    draw, value = random.Random(seed), iter(range(10 ** 6))
    for name in draw.sample(NAMES, draw.randint(1, 5)):
        (root / name).mkdir(parents=True)
        grow(root / name, draw, value)
        Image.new("L", (2, 2), next(value) % 256).save(root / name / "sure.png")
    Image.new("L", (2, 2)).save(root / "top.png")


def check_image_folders_are_torchvisions(folder):
    for seed in range(20):
        root = folder / f"tree{seed}"
        plant(root, seed)
        theirs = datasets.ImageFolder(root)
        expected = [f"{label} {theirs[i][0].getpixel((0, 0))[0]} {os.path.relpath(path, root)}"
                    for i, (path, label) in enumerate(theirs.samples)]
        expected += [f"class {name}" for name in theirs.classes]
        archives = [folder / f"{seed}.tar", folder / f"{seed}.tar.gz"]
        subprocess.run(["tar", "-cf", archives[0], "-C", root, "."], check=True)
        (root / "top.png").unlink()  # beside classes there is nothing to be entered
        subprocess.run(["tar", "-czf", archives[1], "-C", folder, root.name], check=True)
        for path in [root, *archives]:
            got = tool("folder", path).splitlines()
            assert got == expected, f"{path.name}: {got[:3]} ..., expected {expected[:3]} ..."


def put_idx(path, array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def compare(folder, name, where, train, images, labels):
    x, y = folder / "x.npy", folder / "y.npy"
    tool(name, where, "train" if train else "test", x, y)
    assert np.array_equal(np.load(x), images), f"{name}: the images differ"
    assert np.array_equal(np.load(y), labels), f"{name}: the labels differ"


def check_mnist_and_its_like_are_torchvisions(folder):
    numbers = np.random.default_rng(1)
    for name, kind in (("mnist", datasets.MNIST), ("fashion_mnist", datasets.FashionMNIST), ("kmnist", datasets.KMNIST)):
        raw = folder / name / kind.__name__ / "raw"
        raw.mkdir(parents=True)
        for part, count in (("train", 50), ("t10k", 20)):
            put_idx(raw / f"{part}-images-idx3-ubyte", numbers.integers(0, 256, (count, 28, 28), dtype=np.uint8))
            put_idx(raw / f"{part}-labels-idx1-ubyte", numbers.integers(0, 10, count, dtype=np.uint8))
        for train in (True, False):
            theirs = kind(folder / name, train=train)
            compare(folder, name, raw, train, theirs.data.numpy()[:, None], theirs.targets.numpy())
        for path in raw.iterdir():  # torchvision wants the plain ones
            (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        compare(folder, name, folder, False, theirs.data.numpy()[:, None], theirs.targets.numpy())


class Cifar10(datasets.CIFAR10):
    """Files of our own: their checksums are not the published ones."""

    def _check_integrity(self):
        return True

    def _load_meta(self):
        self.classes = []


class Cifar100(Cifar10, datasets.CIFAR100):
    pass


def put_cifar(root, kind, python_name, binary_name, numbers, count, coarse):
    """The same images in the form that torchvision reads and in the one that Gradus does."""
    data = numbers.integers(0, 256, (count, 3072), dtype=np.uint8)
    labels = numbers.integers(0, 100 if coarse else 10, count, dtype=np.uint8)
    (root / kind.base_folder).mkdir(exist_ok=True)
    with open(root / kind.base_folder / python_name, "wb") as file:
        pickle.dump({"data": data, "fine_labels" if coarse else "labels": labels.tolist()}, file)
    columns = [numbers.integers(0, 20, (count, 1), dtype=np.uint8)] if coarse else []
    binary_name.parent.mkdir(exist_ok=True)
    np.concatenate([*columns, labels[:, None], data], 1).tofile(binary_name)


def check_cifar_is_torchvisions(folder):
    numbers = np.random.default_rng(2)
    ours = folder / "cifar-10-batches-bin"
    for i in range(1, 6):
        put_cifar(folder, Cifar10, f"data_batch_{i}", ours / f"data_batch_{i}.bin", numbers, 10000, False)
    put_cifar(folder, Cifar10, "test_batch", ours / "test_batch.bin", numbers, 10000, False)
    ours = folder / "cifar-100-binary"
    put_cifar(folder, Cifar100, "train", ours / "train.bin", numbers, 50000, True)
    put_cifar(folder, Cifar100, "test", ours / "test.bin", numbers, 10000, True)
    for name, kind in (("cifar10", Cifar10), ("cifar100", Cifar100)):
        for train in (True, False):
            theirs = kind(folder, train=train)
            compare(folder, name, folder, train, theirs.data.transpose(0, 3, 1, 2), np.array(theirs.targets))


if __name__ == "__main__":
    sys.exit(run_checks(dict(globals())))
