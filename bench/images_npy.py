#!/usr/bin/env python3
"""Turns a folder of photographs into two arrays that gra_load_npy reads.

    scripts/setup images
    .venv/bin/python bench/images_npy.py FOLDER_OR_TAR OUT

FOLDER_OR_TAR holds one folder for each class, with JPEG or PNG images of one size in it, at any depth
(cifar10/train.tar.gz: train/airplane/0000.jpg, ...).  Written are

    OUT-x.npy   uint8 [N, 3, H, W], RGB; grey images have their channel three times
    OUT-y.npy   int64 [N], the class: 0 for the first folder's name in alphabetical order

with the images in the order of their paths.
"""
import io
import sys
import tarfile
from pathlib import Path, PurePosixPath

try:
    import numpy as np
    from PIL import Image
except ImportError as error:
    sys.exit(f"images_npy.py: {error.name} is missing; run scripts/setup images, and then this with .venv/bin/python")

ENDINGS = {".jpg", ".jpeg", ".png"}


def is_image(name):
    return PurePosixPath(name).suffix.lower() in ENDINGS


def files_of(source):
    """(path, bytes) of each image in a folder or an archive."""
    if source.is_dir():
        for path in source.rglob("*"):
            if path.is_file() and is_image(path.name):
                yield path.relative_to(source).as_posix(), path.read_bytes()
        return
    with tarfile.open(source) as archive:
        for member in archive:
            if member.isfile() and is_image(member.name):
                yield member.name, archive.extractfile(member).read()


def pixels_of(name, content):
    try:
        with Image.open(io.BytesIO(content)) as image:
            return np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    except OSError as error:
        sys.exit(f"images_npy.py: {name} is no image that Pillow can read: {error}")


def load(source):
    """The images and their classes, in the order of the paths."""
    found = sorted(files_of(source))
    if not found:
        sys.exit(f"images_npy.py: {source} holds no .jpg, .jpeg or .png file")
    folders = [PurePosixPath(name).parent.name for name, _ in found]
    classes = sorted(set(folders))
    shape = pixels_of(*found[0]).shape
    x = np.empty((len(found), *shape), np.uint8)
    for image, (name, content) in zip(x, found):
        pixels = pixels_of(name, content)
        if pixels.shape != shape:
            sys.exit(f"images_npy.py: {name} is {pixels.shape[2]} x {pixels.shape[1]} pixels and {found[0][0]} is "
                     f"{shape[2]} x {shape[1]}; all images must have the same size")
        image[:] = pixels
    y = np.array([classes.index(folder) for folder in folders], np.int64)
    return x, y, classes


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: images_npy.py FOLDER_OR_TAR OUT")
    source, out = Path(sys.argv[1]), sys.argv[2]
    if not source.exists():
        sys.exit(f"images_npy.py: there is no {source}")
    x, y, classes = load(source)
    np.save(f"{out}-x.npy", x)
    np.save(f"{out}-y.npy", y)
    print(f"{out}-x.npy {list(x.shape)}, {out}-y.npy: {len(classes)} classes: {', '.join(classes)}")


if __name__ == "__main__":
    main()
