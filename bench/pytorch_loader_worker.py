"""loader_worker.c's work with PyTorch's DataLoader.

    pytorch_loader_worker.py FOLDER WORK WORKERS BATCH PIPELINE

PIPELINE is torchvision (its transforms of Pillow's images, as its references have them), or pillow: Pillow and NumPy
alone, with Pillow's draft mode, a resize of a box, and the rest as few array operations as it takes.
"""
import math
import random
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from timing import answer

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def torchvision_pipeline(work):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/pytorch"))
    import vision  # noqa: F401  before torchvision
    from torchvision import transforms as T

    first = [T.RandomResizedCrop(224), T.RandomHorizontalFlip()] if work == "train" else [T.Resize(256), T.CenterCrop(224)]
    transform = T.Compose([*first, T.ToTensor(), T.Normalize(MEAN, STD)])

    def load(path):
        with open(path, "rb") as file:
            return transform(Image.open(file).convert("RGB"))
    return load


def random_box(width, height):
    """As torchvision's RandomResizedCrop draws it."""
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            return left, top, left + w, top + h
    side = min(width, height)
    return (width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2


def center_box(width, height):
    """The part that remains of a resize of the shorter side to 256 and a crop of 224."""
    side = min(width, height) * 224 / 256
    return (width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2


def pillow_pipeline(work):
    scale = (1 / (255 * np.array(STD))).astype(np.float32)
    shift = (np.array(MEAN) / np.array(STD)).astype(np.float32)

    def load(path):
        with open(path, "rb") as file:
            image = Image.open(file)
            left, top, right, bottom = (random_box if work == "train" else center_box)(*image.size)
            shrink = min(right - left, bottom - top) / (2 * 224)
            if shrink >= 2:
                width, _ = image.size
                image.draft("RGB", (int(image.width / shrink), int(image.height / shrink)))
                left, top, right, bottom = (edge * image.width / width for edge in (left, top, right, bottom))
            image = image.convert("RGB").resize((224, 224), Image.BILINEAR, box=(left, top, right, bottom))
        x = np.asarray(image) * scale - shift
        if work == "train" and random.random() < 0.5:
            x = x[:, ::-1]
        return torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))
    return load


class Photographs(torch.utils.data.Dataset):
    def __init__(self, folder, load):
        self.paths = sorted(path for path in Path(folder).glob("*/*") if path.is_file())
        self.load = load

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        return self.load(self.paths[i]), 0


def main():
    folder, work, workers, batch, pipeline = sys.argv[1:]
    torch.set_num_threads(1)
    load = {"torchvision": torchvision_pipeline, "pillow": pillow_pipeline}[pipeline](work)
    photographs = Photographs(folder, load)
    loader = torch.utils.data.DataLoader(photographs, batch_size=int(batch), shuffle=True, num_workers=int(workers),
                                         persistent_workers=int(workers) > 0)

    def epoch():
        for _ in loader:
            pass

    answer(lambda request: epoch, len(photographs))


main()
